//! The raw limits of this machine, measured in the same run: what no server of this kind can be cheaper than.
//!
//! The handshake runs in memory, in batches, so that the processor time of each side is known apart. The group commit is
//! the bare file: append, fdatasync.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::Fault;
use super::enrol::{self, Device};
use super::process::Cores;
use super::sheet::{as_f64, percentile};
use crate::clock;

/// Handshakes whose steps are done together, so that reading the processor time costs nothing in comparison.
const BATCH: usize = 100;
/// Batches under way at the same time.
const GROUPS: usize = 2;
/// Bytes of one record of the group commit: about one reading with its key.
const RECORD_BYTES: usize = 230;

/// Full mutual TLS 1.3 handshakes in memory.
pub(super) struct Handshakes {
    server: Arc<ServerConfig>,
    clients: Vec<Arc<ClientConfig>>,
}

impl Handshakes {
    /// With the certificates of these devices, and a server certificate of the same kind as the real one.
    pub(super) fn of(devices: &[Device], ca: &CertificateDer<'static>, classic: bool) -> Result<Self, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("handshakes in memory", why);
        let mut provider: CryptoProvider = aws_lc_rs::default_provider();
        if classic {
            provider.kx_groups = vec![aws_lc_rs::kx_group::X25519];
        }
        let provider = Arc::new(provider);
        let key = KeyPair::generate().map_err(|why| fault(&why))?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(|why| fault(&why))?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let own = params.self_signed(&key).map_err(|why| fault(&why))?;
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone()).map_err(|why| fault(&why))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|why| fault(&why))?
            .with_client_cert_verifier(verifier.map_err(|why| fault(&why))?)
            .with_single_cert(vec![own.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .map_err(|why| fault(&why))?;
        server.alpn_protocols = vec![b"mqtt".to_vec()];
        server.send_tls13_tickets = 0;
        server.session_storage = Arc::new(NoServerSessionStorage {});
        let client = |device: &Device| device.tls_with(std::slice::from_ref(own.der()), &provider);
        let clients = devices.iter().take(BATCH).map(client).collect::<Result<_, Fault>>()?;
        Ok(Self { server: Arc::new(server), clients })
    }

    /// Processor time of the server's side of one handshake, of so many batches. The server's side runs on the server's
    /// core while the clients' side keeps the other one busy, as in a real run.
    pub(super) fn server_cpu(&self, batches: usize, cores: &Cores) -> Result<Duration, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("handshakes in memory", why);
        let (to_server, inbox) = sync_channel::<Vec<Pair>>(GROUPS);
        let (to_clients, outbox) = sync_channel::<Vec<Pair>>(GROUPS);
        let config = Arc::clone(&self.server);
        let used = std::thread::scope(|scope| {
            let server = scope.spawn(move || {
                cores.pin_thread_to_server();
                let mut used = Duration::ZERO;
                for mut group in inbox {
                    let before = clock::thread_cpu();
                    for pair in &mut group {
                        pair.server_step(&config).map_err(|why| why.to_string())?;
                    }
                    used += clock::thread_cpu().saturating_sub(before);
                    if to_clients.send(group).is_err() {
                        break;
                    }
                }
                Ok::<Duration, String>(used)
            });
            let fed = self.feed(batches, &to_server, &outbox);
            // Both ends of both channels must go, so that the server's side ends.
            drop((to_server, outbox));
            let used = server.join().map_err(|_| fault(&"the server's side panicked"))?.map_err(|why| fault(&why))?;
            fed.map(|()| used)
        })?;
        let count = u32::try_from(batches * self.clients.len()).unwrap_or(u32::MAX).max(1);
        Ok(used / count)
    }

    /// The clients' side: some batches are under way at the same time, so that neither side waits for long.
    fn feed(&self, batches: usize, server: &SyncSender<Vec<Pair>>, back: &Receiver<Vec<Pair>>) -> Result<(), Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("handshakes in memory", why);
        let gone = |_| fault(&"the server's side gave up");
        let mut begun = 0;
        while begun < batches.min(GROUPS) {
            server.send(self.begin()?).map_err(gone)?;
            begun += 1;
        }
        let mut done = 0;
        while done < batches {
            let mut group = back.recv().map_err(|_| fault(&"the server's side gave up"))?;
            if group.iter().all(|pair| pair.server.as_ref().is_some_and(|server| !server.is_handshaking())) {
                done += 1;
                if begun == batches {
                    continue;
                }
                begun += 1;
                group = self.begin()?;
            } else if group.iter().any(|pair| pair.to_client.is_empty()) {
                return Err(fault(&"a handshake did not end"));
            } else {
                for pair in &mut group {
                    pair.client_step().map_err(|why| fault(&why))?;
                }
            }
            server.send(group).map_err(gone)?;
        }
        Ok(())
    }

    /// New clients with their first flight.
    fn begin(&self) -> Result<Vec<Pair>, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("handshakes in memory", why);
        let name = ServerName::try_from("localhost").map_err(|why| fault(&why))?;
        let start = |config: &Arc<ClientConfig>| {
            let client = ClientConnection::new(Arc::clone(config), name.clone()).map_err(|why| fault(&why))?;
            let mut pair = Pair { client, server: None, to_server: Vec::new(), to_client: Vec::new() };
            pair.client_step().map_err(|why| fault(&why))?;
            Ok(pair)
        };
        self.clients.iter().map(start).collect()
    }
}

struct Pair {
    client: ClientConnection,
    server: Option<ServerConnection>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

impl Pair {
    fn client_step(&mut self) -> Outcome {
        let mut bytes = self.to_client.as_slice();
        while !bytes.is_empty() {
            self.client.read_tls(&mut bytes)?;
            self.client.process_new_packets()?;
        }
        self.to_client.clear();
        while self.client.wants_write() {
            self.client.write_tls(&mut self.to_server)?;
        }
        Ok(())
    }

    fn server_step(&mut self, config: &Arc<ServerConfig>) -> Outcome {
        let server = match &mut self.server {
            Some(server) => server,
            none => none.insert(ServerConnection::new(Arc::clone(config))?),
        };
        let mut bytes = self.to_server.as_slice();
        while !bytes.is_empty() {
            server.read_tls(&mut bytes)?;
            server.process_new_packets()?;
        }
        self.to_server.clear();
        while server.wants_write() {
            server.write_tls(&mut self.to_client)?;
        }
        Ok(())
    }
}

/// What the bare file gives.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(super) struct GroupCommit {
    /// Records of one commit.
    pub(super) batch: usize,
    /// Records for each second.
    pub(super) per_second: f64,
    /// Half of the commits took no longer.
    pub(super) sync_ms_p50: f64,
    /// Processor time of one record.
    pub(super) cpu_us: f64,
}

/// Appends records in batches, each made durable before the next.
pub(super) fn group_commit(dir: &Path, batch: usize, commits: u32) -> Result<GroupCommit, Fault> {
    let path = dir.join("group-commit");
    let fault = |why: std::io::Error| Fault::new("group commit", why);
    let mut file = File::create(&path).map_err(fault)?;
    let records = vec![0x5a; RECORD_BYTES * batch];
    let mut waits = Vec::new();
    let (begun, cpu) = (clock::elapsed(), clock::thread_cpu());
    for _ in 0..commits {
        let start = clock::elapsed();
        file.write_all(&records).map_err(fault)?;
        file.sync_data().map_err(fault)?;
        waits.push(clock::elapsed().saturating_sub(start));
    }
    let cpu = clock::thread_cpu().saturating_sub(cpu);
    let took = clock::elapsed().saturating_sub(begun);
    let _ = std::fs::remove_file(&path);
    waits.sort_unstable();
    let records = as_f64(u64::from(commits) * batch as u64);
    Ok(GroupCommit {
        batch,
        per_second: records / took.as_secs_f64().max(1e-9),
        sync_ms_p50: percentile(&waits, 50).as_secs_f64() * 1e3,
        cpu_us: cpu.as_secs_f64() * 1e6 / records,
    })
}

/// The name of the key exchange that both ends prefer.
pub(super) fn key_exchange() -> String {
    enrol::PROVIDER.kx_groups.first().map_or_else(String::new, |group| format!("{:?}", group.name()))
}

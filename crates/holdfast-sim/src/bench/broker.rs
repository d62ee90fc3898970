//! The yardstick: mosquitto with mutual TLS, and a backend behind it that validates and stores.
//!
//! Tuned in its favour: nothing on disk, no access lists, no limits on queues, no delay of small packets. What it
//! acknowledges is not durable; the backend stores it later.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use super::ingest::Run;
use super::load::Load;
use super::process::{Cores, Running, Scratch, idle};
use super::{Fault, say};
use crate::clock;

/// Time the backend has to store what was acknowledged, without storing anything more, before we give up.
const STALL: Duration = Duration::from_secs(15);
/// Time until broker and backend are connected.
const START_WITHIN: Duration = Duration::from_secs(20);

/// Where mosquitto is.
pub(super) fn find() -> Result<PathBuf, Fault> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join("mosquitto")).find(|file| file.is_file()).ok_or_else(|| {
        let how = "not installed, and without this yardstick the bench says nothing; install it with: apt-get install mosquitto";
        Fault::new("mosquitto", how)
    })
}

/// What mosquitto says it is.
pub(super) async fn version(program: &Path) -> String {
    // It prints its version with its help and ends with an error.
    let said = Command::new(program).arg("-h").stdin(Stdio::null()).kill_on_drop(true).output().await;
    let text = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("mosquitto").to_owned()
}

/// The broker alone.
pub(super) struct Broker {
    program: PathBuf,
    cores: Cores,
    pub(super) running: Running,
    pub(super) address: String,
    /// The CA of the broker's certificate.
    pub(super) ca: CertificateDer<'static>,
    dir: PathBuf,
}

impl Broker {
    pub(super) async fn start(
        program: &Path,
        scratch: &Scratch,
        cores: &Cores,
        devices_ca: &CertificateDer<'static>,
    ) -> Result<Self, Fault> {
        let dir = scratch.path("broker");
        std::fs::create_dir(&dir).map_err(|why| Fault::new("broker", why))?;
        let ca = certificates(&dir, devices_ca).map_err(|why| Fault::new("the broker's certificates", why))?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let config = dir.join("mosquitto.conf");
        std::fs::write(&config, configuration(&dir, &address)).map_err(|why| Fault::new("mosquitto.conf", why))?;
        let running = run(program, cores, &dir)?;
        let (program, cores) = (program.to_owned(), cores.clone());
        let mut broker = Self { program, cores, running, address, ca, dir };
        listening(&mut broker.running, &broker.address).await?;
        Ok(broker)
    }

    /// Starts again after it was stopped or killed, at the same address.
    pub(super) async fn again(&mut self) -> Result<(), Fault> {
        self.running = run(&self.program, &self.cores, &self.dir)?;
        listening(&mut self.running, &self.address).await
    }
}

fn run(program: &Path, cores: &Cores, dir: &Path) -> Result<Running, Fault> {
    let mut command = cores.command(program);
    command.arg("-c").arg(dir.join("mosquitto.conf")).stdout(Stdio::null()).stderr(log(dir, "mosquitto.log")?);
    Running::start("mosquitto", command)
}

/// Broker and backend.
pub(super) struct Pipeline {
    pub(super) broker: Broker,
    sink: Running,
    stored: watch::Receiver<u64>,
}

impl Pipeline {
    pub(super) async fn start(
        program: &Path,
        scratch: &Scratch,
        cores: &Cores,
        devices_ca: &CertificateDer<'static>,
    ) -> Result<Self, Fault> {
        say("starting mosquitto and its backend");
        let broker = Broker::start(program, scratch, cores, devices_ca).await?;
        let own = std::env::current_exe().map_err(|why| Fault::new("this program's place", why))?;
        let mut command = cores.command(&own);
        command.arg("sink").arg("--broker").arg(&broker.address).arg("--dir").arg(&broker.dir);
        command.stdout(Stdio::piped()).stderr(log(&broker.dir, "sink.log")?);
        let mut sink = Running::start("backend", command)?;
        let (counter, stored) = watch::channel(0);
        let mut lines = BufReader::new(sink.stdout()?).lines();
        let ready = tokio::time::timeout(START_WITHIN, lines.next_line()).await;
        if !matches!(ready, Ok(Ok(Some(line))) if line == "ready") {
            let said = std::fs::read_to_string(broker.dir.join("sink.log")).unwrap_or_default();
            return Err(Fault::new("backend", format!("did not subscribe: {}", said.trim())));
        }
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(count) = line.parse() {
                    counter.send_replace(count);
                }
            }
        });
        Ok(Self { broker, sink, stored })
    }

    /// One run of the load; it ends when the backend has stored everything that was acknowledged.
    pub(super) async fn run(&mut self, load: &mut Load) -> Result<Run, Fault> {
        self.broker.running.alive()?;
        self.sink.alive()?;
        let fleet = load.connect(&self.broker.address).await?;
        let before = idle(&[&self.broker.running, &self.sink]).await?;
        let stored_before = *self.stored.borrow_and_update();
        let (sent, stored) =
            tokio::join!(load.publish(fleet), all_stored(self.stored.clone(), stored_before + load.messages()));
        let sent = sent?;
        let after = idle(&[&self.broker.running, &self.sink]).await?;
        let (stored, at) = stored;
        Ok(Run::new(&sent, stored - stored_before, at.saturating_sub(sent.started), after.saturating_sub(before)))
    }

    pub(super) async fn stop(&mut self) {
        for process in [&mut self.sink, &mut self.broker.running] {
            if let Err(why) = process.stop().await {
                say(&why.to_string());
            }
        }
    }
}

/// Waits until the backend has stored so many rows, or stores nothing for a while; says how many, and when the last.
async fn all_stored(mut stored: watch::Receiver<u64>, goal: u64) -> (u64, Duration) {
    let mut last = (*stored.borrow_and_update(), clock::elapsed());
    while last.0 < goal {
        match tokio::time::timeout(STALL, stored.changed()).await {
            Ok(Ok(())) => last = (*stored.borrow_and_update(), clock::elapsed()),
            _ => break,
        }
    }
    last
}

pub(super) async fn listening(broker: &mut Running, address: &str) -> Result<(), Fault> {
    let begun = clock::elapsed();
    while clock::elapsed().saturating_sub(begun) < START_WITHIN {
        broker.alive()?;
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(Fault::new(address, "nobody listens"))
}

fn log(dir: &Path, name: &str) -> Result<Stdio, Fault> {
    std::fs::File::create(dir.join(name)).map(Stdio::from).map_err(|why| Fault::new(name, why))
}

pub(super) fn free_port() -> Result<u16, Fault> {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    socket.map(|address| address.port()).map_err(|why| Fault::new("a free port", why))
}

/// mosquitto.conf(5).
fn configuration(dir: &Path, address: &str) -> String {
    let port = address.rsplit_once(':').map_or("", |(_, port)| port);
    let dir = dir.display();
    format!(
        "user root\nlistener {port} 127.0.0.1\ncafile {dir}/clients.pem\ncertfile {dir}/broker.crt\nkeyfile {dir}/broker.key\n\
         require_certificate true\nallow_anonymous true\ntls_version tlsv1.3\npersistence false\nmax_inflight_messages 0\n\
         max_queued_messages 0\nmax_connections -1\nset_tcp_nodelay true\nlog_dest stderr\nlog_type error\n"
    )
}

/// A CA for this run, the broker's certificate and the backend's; the broker also accepts the devices' CA.
fn certificates(
    dir: &Path,
    devices_ca: &CertificateDer<'static>,
) -> Result<CertificateDer<'static>, Box<dyn std::error::Error>> {
    let ca_key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "bench broker CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca = params.self_signed(&ca_key)?;
    let issuer = Issuer::new(params, ca_key);
    for (name, usage) in
        [("broker", ExtendedKeyUsagePurpose::ServerAuth), ("sink", ExtendedKeyUsagePurpose::ClientAuth)]
    {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &issuer)?;
        std::fs::write(dir.join(format!("{name}.crt")), certificate.pem())?;
        std::fs::write(dir.join(format!("{name}.key")), key.serialize_pem())?;
    }
    let devices = holdfast_server::authority::secret_file::pem("CERTIFICATE", devices_ca);
    std::fs::write(dir.join("ca.crt"), ca.pem())?;
    std::fs::write(dir.join("clients.pem"), format!("{}{}", ca.pem(), devices.as_str()))?;
    Ok(ca.der().clone())
}

//! A simulated device's way from the factory to its operational certificate, with keys of its own (RFC 7030).

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::id::DeviceId;
use holdfast_server::authority::secret_file;
use holdfast_server::factory::Station;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinSet;

use super::{Fault, say};
use crate::clock;

/// Enrolments at the same time.
const AT_ONCE: usize = 8;
/// `SignedData` (RFC 5652 §5.1) as an object identifier, DER.
const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// A device as it leaves the factory.
pub(super) struct Made {
    pub(super) id: DeviceId,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

/// An enrolled device.
pub(super) struct Device {
    pub(super) id: DeviceId,
    key: Vec<u8>,
    chain: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Made {
    /// The device makes its key and asks; the station vouches. Leaves what the station's manifest needs in `dir`.
    pub(super) fn at_the_factory(station: &Station, dir: &Path, id: &str) -> Result<Self, Fault> {
        let fault = |why: &dyn fmt::Display| Fault::new(id, why);
        let device: DeviceId = id.parse().map_err(|why| fault(&why))?;
        let key = KeyPair::generate().map_err(|why| fault(&why))?;
        let pem = request(&key)?.pem().map_err(|why| fault(&why))?;
        let certificate = station.sign(pem.as_bytes(), &device, clock::now()).map_err(|why| fault(&why))?;
        std::fs::create_dir_all(dir.join("keys")).map_err(|why| fault(&why))?;
        std::fs::write(dir.join("keys/factory.crt"), &certificate).map_err(|why| fault(&why))?;
        // Nobody claims a simulated device.
        secret_file::create(&dir.join("claim-code"), &[b'A'; 32]).map_err(|why| fault(&why))?;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|why| fault(&why))?;
        Ok(Self { id: device, key, certificate })
    }

    async fn enrol(self, door: Arc<str>, ca: CertificateDer<'static>) -> Result<Device, Fault> {
        let fault = |why: &dyn fmt::Display| Fault::new(self.id.as_str(), why);
        let factory = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let tls = tls(&[ca], vec![self.certificate.clone()], factory.into(), b"http/1.1")?;
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build();
        let http = http.map_err(|why| fault(&why))?;
        let key = KeyPair::generate().map_err(|why| fault(&why))?;
        let body = STANDARD.encode(request(&key)?.der());
        let url = format!("https://{door}/.well-known/est/simpleenroll");
        let answer = http.post(url).header("content-type", "application/pkcs10").body(body).send().await;
        let answer = answer.map_err(|why| fault(&why))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|why| fault(&why))?;
        if !status.is_success() {
            return Err(fault(&format!("not enrolled: {status} {text}")));
        }
        let der = STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).map_err(|why| fault(&why))?;
        let own = certificates(&der).into_iter().flatten().find(|der| {
            let spki = key.subject_public_key_info();
            der.windows(spki.len()).any(|part| part == spki)
        });
        let leaf = own.ok_or_else(|| fault(&"no certificate of this device in the answer"))?;
        Ok(Device { id: self.id, key: key.serialize_der(), chain: vec![CertificateDer::from(leaf)] })
    }
}

impl Device {
    /// Its TLS identity towards any of these CAs.
    pub(super) fn tls(&self, cas: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Fault> {
        let key = PrivatePkcs8KeyDer::from(self.key.clone());
        tls(cas, self.chain.clone(), key.into(), b"mqtt").map(Arc::new)
    }
}

fn request(key: &KeyPair) -> Result<rcgen::CertificateSigningRequest, Fault> {
    CertificateParams::default().serialize_request(key).map_err(|why| Fault::new("certification request", why))
}

/// TLS 1.3 alone, with a client certificate and without resumption.
pub(super) fn tls(
    cas: &[CertificateDer<'static>],
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    alpn: &[u8],
) -> Result<ClientConfig, Fault> {
    let fault = |why: rustls::Error| Fault::new("TLS", why);
    let mut roots = RootCertStore::empty();
    for ca in cas {
        roots.add(ca.clone()).map_err(fault)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(fault)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(fault)?;
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Enrols all devices, some at a time.
pub(super) async fn all(made: Vec<Made>, door: &str, ca: &CertificateDer<'static>) -> Result<Vec<Device>, Fault> {
    let door: Arc<str> = door.replace("127.0.0.1", "localhost").into();
    let count = made.len();
    let (mut waiting, mut under_way) = (made.into_iter(), JoinSet::new());
    for made in waiting.by_ref().take(AT_ONCE) {
        under_way.spawn(made.enrol(Arc::clone(&door), ca.clone()));
    }
    let mut enrolled = Vec::with_capacity(count);
    while let Some(done) = under_way.join_next().await {
        enrolled.push(done.map_err(|why| Fault::new("enrolment", why))??);
        if enrolled.len().is_multiple_of(250) {
            say(&format!("{} of {count} enrolled", enrolled.len()));
        }
        if let Some(made) = waiting.next() {
            under_way.spawn(made.enrol(Arc::clone(&door), ca.clone()));
        }
    }
    enrolled.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(enrolled)
}

/// The certificates of a certs-only message (RFC 8551 §3.8), DER.
fn certificates(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (content_info, _) = element(der, 0x30)?;
    let (explicit, _) = element(content_info.strip_prefix(SIGNED_DATA)?, 0xa0)?;
    let (signed_data, _) = element(explicit, 0x30)?;
    let (_, rest) = element(signed_data, 0x02)?;
    let (_, rest) = element(rest, 0x31)?;
    let (_, rest) = element(rest, 0x30)?;
    let (mut set, _) = element(rest, 0xa0)?;
    let mut found = Vec::new();
    while !set.is_empty() {
        let (_, rest) = element(set, 0x30)?;
        found.push(set.get(..set.len() - rest.len())?.to_vec());
        set = rest;
    }
    Some(found)
}

/// The content of the element at the start, if it has this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

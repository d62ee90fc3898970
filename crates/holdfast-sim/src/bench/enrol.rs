//! A simulated device's way from the factory to its operational certificate, with keys of its own (RFC 7030).

use std::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::id::DeviceId;
use holdfast_server::authority::secret_file;
use holdfast_server::factory::Station;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::Fault;
use crate::clock;

/// One for all, for there are thousands of configurations.
pub(super) static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
/// Enrolments at the same time.
const AT_ONCE: usize = 8;
/// `SignedData` (RFC 5652 §5.1) as an object identifier, DER.
const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// A device as it leaves the factory.
pub(super) struct Made {
    pub(super) id: DeviceId,
    /// Whether it is of the product that comes back first.
    pub(super) safety: bool,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

/// An enrolled device.
#[derive(Serialize, Deserialize)]
pub(super) struct Device {
    #[serde(with = "as_text")]
    pub(super) id: DeviceId,
    pub(super) safety: bool,
    #[serde(with = "as_base64")]
    key: Vec<u8>,
    #[serde(with = "as_base64")]
    certificate: Vec<u8>,
}

mod as_text {
    use holdfast_core::id::DeviceId;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(id: &DeviceId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(id.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DeviceId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A letter of base32 (RFC 4648, section 6) for the low five bits of a byte.
const fn letter(byte: u8) -> u8 {
    match byte & 31 {
        low @ 0..=25 => b'A' + low,
        high => b'2' + (high - 26),
    }
}

impl Made {
    /// The device makes its key and asks; the station vouches. Leaves what the station's manifest needs in `dir`.
    pub(super) fn at_the_factory(station: &Station, dir: &Path, id: &str, safety: bool) -> Result<Self, Fault> {
        let fault = |why: &dyn fmt::Display| Fault::new(id, why);
        let device: DeviceId = id.parse().map_err(|why| fault(&why))?;
        let key = KeyPair::generate().map_err(|why| fault(&why))?;
        let pem = request(&key)?.pem().map_err(|why| fault(&why))?;
        let certificate = station.sign(pem.as_bytes(), &device, clock::now()).map_err(|why| fault(&why))?;
        std::fs::create_dir_all(dir.join("keys")).map_err(|why| fault(&why))?;
        std::fs::write(dir.join("keys/factory.crt"), &certificate).map_err(|why| fault(&why))?;
        // Nobody claims a simulated device, but no two units have one code.
        let mut code = [0; 32];
        getrandom::fill(&mut code).map_err(|why| fault(&why))?;
        let code = code.map(letter);
        secret_file::create(&dir.join("claim-code"), &code).map_err(|why| fault(&why))?;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|why| fault(&why))?;
        Ok(Self { id: device, safety, key, certificate })
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
        Ok(Device { id: self.id, safety: self.safety, key: key.serialize_der(), certificate: leaf })
    }
}

impl Device {
    /// Its TLS identity towards any of these CAs.
    pub(super) fn tls(&self, cas: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Fault> {
        self.tls_with(cas, &PROVIDER)
    }

    /// The same with another set of algorithms.
    pub(super) fn tls_with(
        &self,
        cas: &[CertificateDer<'static>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<ClientConfig>, Fault> {
        let key = PrivatePkcs8KeyDer::from(self.key.clone());
        config(provider, cas, vec![self.certificate()], key.into(), b"mqtt").map(Arc::new)
    }

    /// Its operational certificate.
    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from(self.certificate.clone())
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
    config(&PROVIDER, cas, chain, key, alpn)
}

fn config(
    provider: &Arc<CryptoProvider>,
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
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
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
    let bar = super::bar("devices enrolled", count as u64);
    while let Some(done) = under_way.join_next().await {
        enrolled.push(done.map_err(|why| Fault::new("enrolment", why))??);
        bar.inc(1);
        if let Some(made) = waiting.next() {
            under_way.spawn(made.enrol(Arc::clone(&door), ca.clone()));
        }
    }
    bar.finish_and_clear();
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

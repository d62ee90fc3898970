//! For tests: a house with all three CAs, devices with real identities, and a client that speaks HTTP/1.1 over TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use rcgen::{CertificateParams, Issuer, KeyPair, PublicKeyData, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Doors, TrustedCas};
use crate::authority::{
    Authority, AuthorityConfig, CA_LIFE, Issued, RequestedKey, SERIAL_BYTES, Validity, ca_certificate, idevid,
};

pub(crate) fn now() -> Timestamp {
    crate::clock::now()
}

pub(crate) fn device() -> DeviceId {
    "hearth-0001".parse().unwrap()
}

#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
}

impl Clone for Credential {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: KeyPair::try_from(self.key.serialized_der()).unwrap() }
    }
}

pub(crate) struct House {
    pub(crate) authority: Arc<Authority>,
    pub(crate) factory: Issuer<'static, KeyPair>,
    pub(crate) factory_der: CertificateDer<'static>,
    pub(crate) doors: Arc<Doors>,
    pub(crate) dir: tempfile::TempDir,
}

pub(crate) fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let keys: &Path = &dir.path().join("keys");
    let authority = Arc::new(Authority::open_or_create(AuthorityConfig::new(keys), now()).unwrap());
    let key = KeyPair::generate().unwrap();
    let factory_der =
        ca_certificate(("Factory", Some("Hearth Ltd")), &key, &[3; SERIAL_BYTES], Validity::from(now(), CA_LIFE))
            .unwrap();
    let factory = Issuer::from_ca_cert_der(&factory_der, key).unwrap();
    let trusted = TrustedCas { factory: vec![factory_der.clone()], operational: vec![] };
    let doors = Arc::new(Doors::new(Arc::clone(&authority), &trusted).unwrap());
    House { authority, factory, factory_der, doors, dir }
}

impl House {
    pub(crate) fn factory_identity(&self) -> Credential {
        self.factory_identity_of(&device())
    }

    pub(crate) fn factory_identity_of(&self, device: &DeviceId) -> Credential {
        let key = KeyPair::generate().unwrap();
        let spki = key.subject_public_key_info();
        let der = idevid(&self.factory, device, "Hearth Ltd", &spki, (&[5; SERIAL_BYTES], now())).unwrap();
        Credential { chain: vec![der], key }
    }

    pub(crate) fn operational_identity(&self) -> Credential {
        self.operational_identity_of(&device()).0
    }

    /// An operational identity, and the row that the store would have of it.
    pub(crate) fn operational_identity_of(&self, device: &DeviceId) -> (Credential, Issued) {
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let requested = RequestedKey::from_request(request.der()).unwrap();
        let issued = self.authority.issue(device, &requested, &crate::clock::random(), now()).unwrap();
        (Credential { chain: vec![issued.der.clone()], key }, issued)
    }

    /// A certificate that the factory CA signed and that looks like an operational one.
    pub(crate) fn disguised_identity(&self) -> Credential {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI("urn:holdfast:device:hearth-0001".try_into().unwrap())];
        let number = rcgen::DnType::CustomDnType(vec![2, 5, 4, 5]);
        params.distinguished_name.push(number, "hearth-0001");
        Credential { chain: vec![params.signed_by(&key, &self.factory).unwrap().into()], key }
    }
}

pub(crate) fn client(house: &House, credential: Option<Credential>, alpn: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(house.authority.ca_certificate()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&house.doors.provider))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match credential {
        None => builder.with_no_client_auth(),
        Some(Credential { chain, key }) => {
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }
}

/// One request on a connection of its own; `Connection: close` is added.
pub(crate) async fn request(client: &TlsConnector, to: SocketAddr, head: &str, body: &[u8]) -> std::io::Result<Reply> {
    let stream = TcpStream::connect(to).await?;
    let mut stream = client.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let text = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n{length}\r\n");
    stream.write_all(text.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let at = answer.windows(4).position(|w| w == b"\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8(answer[..at].to_vec()).unwrap();
    let body = answer[at + 4..].to_vec();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
    let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") { unchunk(&body) } else { body };
    Ok(Reply { status, head, body })
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let at = rest.windows(2).position(|w| w == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        if length == 0 {
            return out;
        }
        out.extend_from_slice(&rest[at + 2..at + 2 + length]);
        rest = &rest[at + 4 + length..];
    }
}

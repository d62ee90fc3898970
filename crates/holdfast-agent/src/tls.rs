//! TLS 1.3 alone, our own authorities alone: the operational CAs of the newest trust document, nothing of the system.

use std::sync::Arc;

use holdfast_core::time::Timestamp;
use holdfast_core::trust::TrustDocument;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};

use crate::clock;
use crate::fault::Fault;
use crate::keys::PrivateKey;

/// A key and the certificates that speak for it.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The private key.
    pub(crate) key: PrivateKey,
    /// Its certificate first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
}

/// The device's clock, but never before a time that a verified statement has proven.
#[derive(Debug)]
struct Clock {
    floor: Timestamp,
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = clock::now().max(self.floor);
        let secs = u64::try_from(now.as_micros() / 1_000_000).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(secs)))
    }
}

/// A TLS configuration of this device.
pub(crate) fn config(trust: &TrustDocument, identity: &Identity, floor: Timestamp, alpn: &[u8]) -> Result<ClientConfig, Fault> {
    let refused = |why: rustls::Error| Fault::crypto("configure TLS", why);
    let mut roots = RootCertStore::empty();
    for authority in &trust.content().operational_cas {
        roots.add(CertificateDer::from(authority.clone())).map_err(refused)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(Clock { floor }))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .with_root_certificates(roots)
        .with_client_auth_cert(identity.chain.clone(), identity.key.for_tls())
        .map_err(refused)?;
    if !alpn.is_empty() {
        config.alpn_protocols = vec![alpn.to_vec()];
    }
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

//! TLS 1.3 at the three doors: which certificates are accepted where, and what is negotiated.
//!
//! Configurations are immutable and swapped whole when the trust document changes. Session resumption is off on both
//! device doors: a resumed session would skip the client certificate and with it the revocation check (RFC 9846 §4.6).

#[cfg(test)]
pub(crate) mod fixture;
pub mod peer;
pub mod witness;

use std::fmt;
use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;

use crate::authority::{Authority, CertificateError};
use peer::{Issuers, Peer, PeerError};
use witness::Witness;

/// ALPN of MQTT (RFC 7301 registry).
pub const ALPN_MQTT: &[u8] = b"mqtt";
/// ALPN of HTTP/2 (RFC 9113 §3.2).
pub const ALPN_H2: &[u8] = b"h2";
/// ALPN of HTTP/1.1 (RFC 7301 §6).
pub const ALPN_HTTP1: &[u8] = b"http/1.1";

/// Why TLS cannot be configured.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A CA certificate cannot be a trust anchor.
    #[error("a CA certificate cannot be used")]
    Anchor(#[from] CertificateError),
    /// rustls refused the parts.
    #[error("TLS cannot be configured")]
    Config(#[from] rustls::Error),
    /// rustls refused the trust anchors.
    #[error("client verification cannot be configured")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

impl TlsError {
    /// Stable name for reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Anchor(_) => "ca-certificate-unusable",
            Self::Config(_) | Self::Verifier(_) => "tls-not-configurable",
        }
    }
}

/// CA certificates that the current trust document names.
#[derive(Debug, Clone, Default)]
pub struct TrustedCas {
    /// Factory CAs.
    pub factory: Vec<CertificateDer<'static>>,
    /// Operational CAs besides the server's own, such as the one before it.
    pub operational: Vec<CertificateDer<'static>>,
}

/// What the doors accept now.
struct Accepted {
    people: Arc<ServerConfig>,
    devices: Arc<ServerConfig>,
    mqtt: Arc<ServerConfig>,
    operational: Issuers,
    factory: Issuers,
}

/// The TLS configurations of the three doors.
pub struct Doors {
    authority: Arc<Authority>,
    provider: Arc<CryptoProvider>,
    accepted: ArcSwap<Accepted>,
    witness: Witness,
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Doors {
    /// Configures the doors.
    ///
    /// # Errors
    /// [`TlsError`] if a CA certificate cannot be used.
    pub fn new(authority: Arc<Authority>, trusted: &TrustedCas) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let accepted = Accepted::new(&authority, &provider, trusted)?;
        Ok(Self { authority, provider, accepted: ArcSwap::from_pointee(accepted), witness: Witness::default() })
    }

    /// Accepts what a new trust document names; connections made before stay until they are closed.
    ///
    /// # Errors
    /// [`TlsError`]; the doors stay as they were then.
    pub fn reload(&self, trusted: &TrustedCas) -> Result<(), TlsError> {
        self.accepted.store(Arc::new(Accepted::new(&self.authority, &self.provider, trusted)?));
        Ok(())
    }

    /// What was negotiated since the server started.
    pub const fn witness(&self) -> &Witness {
        &self.witness
    }

    /// The people's door: no client certificate.
    #[must_use]
    pub fn people(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.accepted.load().people)
    }

    /// The devices' HTTPS door: factory or operational identity.
    #[must_use]
    pub fn devices(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.accepted.load().devices)
    }

    /// The MQTT door: operational identity only.
    #[must_use]
    pub fn mqtt(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.accepted.load().mqtt)
    }

    /// Who presented this chain at one of the device doors.
    ///
    /// # Errors
    /// [`PeerError`], by name.
    pub fn peer(&self, chain: &[CertificateDer<'_>]) -> Result<Peer, PeerError> {
        let accepted = self.accepted.load();
        Peer::from_chain(chain, &accepted.operational, &accepted.factory)
    }
}

impl Accepted {
    fn new(authority: &Arc<Authority>, provider: &Arc<CryptoProvider>, trusted: &TrustedCas) -> Result<Self, TlsError> {
        let operational = authority.accepted_cas(&trusted.operational);
        let everyone: Vec<_> = operational.iter().chain(&trusted.factory).cloned().collect();
        let verifier = |anchors: &[CertificateDer<'static>]| -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
            let mut roots = RootCertStore::empty();
            for anchor in anchors {
                roots.add(anchor.clone())?;
            }
            Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?)
        };
        let build = |verifier: Option<Arc<dyn ClientCertVerifier>>, alpn: &[&[u8]]| -> Result<_, TlsError> {
            let builder =
                ServerConfig::builder_with_provider(Arc::clone(provider)).with_protocol_versions(&[&TLS13])?;
            let device_door = verifier.is_some();
            let builder = match verifier {
                Some(verifier) => builder.with_client_cert_verifier(verifier),
                None => builder.with_no_client_auth(),
            };
            let mut config = builder.with_cert_resolver(Arc::new(DoorCertificate(Arc::clone(authority))));
            config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
            if device_door {
                config.send_tls13_tickets = 0;
                config.session_storage = Arc::new(NoServerSessionStorage {});
            }
            Ok(Arc::new(config))
        };
        let http = [ALPN_H2, ALPN_HTTP1];
        Ok(Self {
            people: build(None, &http)?,
            devices: build(Some(verifier(&everyone)?), &http)?,
            mqtt: build(Some(verifier(&operational)?), &[ALPN_MQTT])?,
            operational: Issuers::new(&operational)?,
            factory: Issuers::new(&trusted.factory)?,
        })
    }
}

/// Shows the doors' certificate of the moment, so that renewing it needs no new configuration.
struct DoorCertificate(Arc<Authority>);

impl fmt::Debug for DoorCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DoorCertificate")
    }
}

impl ResolvesServerCert for DoorCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.door())
    }
}

/// The stable name of a failed handshake, for counters.
#[must_use]
pub fn refusal_name(why: &io::Error) -> &'static str {
    use rustls::CertificateError as Certificate;
    match why.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::NoCertificatesPresented) => "tls-client-certificate-missing",
        Some(rustls::Error::InvalidCertificate(Certificate::UnknownIssuer)) => "tls-client-certificate-untrusted",
        Some(rustls::Error::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. })) => {
            "tls-client-certificate-expired"
        }
        Some(rustls::Error::InvalidCertificate(_)) => "tls-client-certificate-invalid",
        Some(rustls::Error::PeerIncompatible(_)) => "tls-peer-incompatible",
        Some(rustls::Error::NoApplicationProtocol) => "tls-alpn-mismatch",
        Some(_) => "tls-handshake-failed",
        None => "tls-connection-lost",
    }
}

#[cfg(test)]
mod tests;

//! TLS 1.3 alone, our own authorities alone: the operational CAs of the newest trust document, nothing of the system.

use std::sync::Arc;

use holdfast_core::time::Timestamp;
use holdfast_core::trust::TrustDocument;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::clock;
use crate::est;
use crate::fault::Fault;
use crate::keys::RemoteKey;

/// A key and the certificates that speak for it.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The way to the private key.
    pub(crate) key: RemoteKey,
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

/// Verifies as rustls does, also on a device whose clock is behind: that a certificate of our own authority is not valid
/// yet proves that the clock is wrong, for the authority signed it already. Then its first moment counts as the time.
#[derive(Debug)]
struct Verifier(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use rustls::Error::InvalidCertificate;
        let verdict = self.0.verify_server_cert(leaf, between, name, ocsp, now);
        match verdict {
            Err(InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })) => {
                let begins =
                    std::iter::once(leaf).chain(between).filter_map(|c| est::validity(c).map(|(begin, _)| begin)).max();
                let begins = begins.and_then(|begin| u64::try_from(begin).ok()).filter(|begin| *begin > now.as_secs());
                let Some(begins) = begins else { return verdict };
                let begins = UnixTime::since_unix_epoch(std::time::Duration::from_secs(begins));
                self.0.verify_server_cert(leaf, between, name, ocsp, begins)
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// A TLS configuration of this device.
pub(crate) fn config(
    trust: &TrustDocument,
    identity: &Identity,
    floor: Timestamp,
    alpn: &[u8],
) -> Result<ClientConfig, Fault> {
    let refused = |why: rustls::Error| Fault::crypto("configure TLS", why);
    let mut roots = RootCertStore::empty();
    for authority in &trust.content().operational_cas {
        roots.add(CertificateDer::from(authority.clone())).map_err(refused)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|why| Fault::crypto("configure TLS", why))?;
    let floor = floor.max(trust.content().created);
    let own = CertifiedKey::new(identity.chain.clone(), Arc::new(identity.key.clone()));
    own.keys_match().map_err(refused)?;
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(Clock { floor }))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier(verifier)))
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    if !alpn.is_empty() {
        config.alpn_protocols = vec![alpn.to_vec()];
    }
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

    /// What a device whose clock reads `now`, in seconds since 1970, says of a server certificate of the years 2026 and 2027.
    fn check(own_authority: bool, now: u64, expected: Result<(), &str>) {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let authority = || {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let (trusted, other) = (authority(), authority());
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2028, 1, 1));
        let issuer = if own_authority { &trusted } else { &other };
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(trusted.der().clone()).unwrap();
        let verifier =
            Verifier(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap());
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now));
        let name = ServerName::try_from("localhost").unwrap();
        let verdict =
            verifier.verify_server_cert(leaf.der(), &[], &name, &[], now).map(drop).map_err(|why| format!("{why:?}"));
        match expected {
            Ok(()) => assert_eq!(verdict, Ok(())),
            Err(word) => assert!(verdict.as_ref().is_err_and(|why| why.contains(word)), "{verdict:?}"),
        }
    }

    #[test]
    fn a_clock_that_is_behind_keeps_no_device_out_and_lets_no_other_server_in() {
        check(true, 1_790_000_000, Ok(()));
        check(true, 0, Ok(()));
        check(true, 1_830_400_000, Err("Expired"));
        check(false, 1_790_000_000, Err("BadSignature"));
        check(false, 0, Err("BadSignature"));
    }
}

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

/// How the device's clock is read: set back by what it was found to be ahead, and never before a time that a verified
/// statement has proven.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Corrected {
    /// The latest proven time.
    pub(crate) floor: Timestamp,
    /// What the clock was found to be ahead, in microseconds.
    pub(crate) ahead_us: i64,
}

impl TimeProvider for Corrected {
    fn current_time(&self) -> Option<UnixTime> {
        let now = clock::now().as_micros().saturating_sub(self.ahead_us);
        Some(unix(Timestamp::from_micros(now).max(self.floor)))
    }
}

fn unix(time: Timestamp) -> UnixTime {
    let secs = u64::try_from(time.as_micros() / 1_000_000).unwrap_or(0);
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(secs))
}

/// Verifies as rustls does, also on a device whose clock is behind: that a certificate of our own authority is not valid
/// yet proves that the clock is wrong, for the authority signed it already. Then its first moment counts as the time.
#[derive(Debug)]
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    /// Set where nothing but the time is asked: that a certificate is over may then be the fault of the clock. It is judged
    /// at this proven time, or at its first moment if that is later.
    at_least: Option<UnixTime>,
}

impl Verifier {
    /// The time at which to judge again what is not valid at `now`, if there is one.
    fn another_time(&self, why: &CertificateError, chain: &[&CertificateDer<'_>], now: UnixTime) -> Option<UnixTime> {
        let begins = chain.iter().filter_map(|c| est::validity(c).map(|(begin, _)| begin)).max();
        let begins = u64::try_from(begins?).ok()?;
        let begins = UnixTime::since_unix_epoch(std::time::Duration::from_secs(begins));
        let is_early = matches!(why, CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. });
        let is_over = matches!(why, CertificateError::Expired | CertificateError::ExpiredContext { .. });
        if is_early {
            return (begins > now).then_some(begins);
        }
        self.at_least.filter(|_| is_over).map(|floor| floor.max(begins)).filter(|at| *at < now)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.inner.verify_server_cert(leaf, between, name, ocsp, now);
        let Err(rustls::Error::InvalidCertificate(why)) = &verdict else { return verdict };
        let chain: Vec<_> = std::iter::once(leaf).chain(between).collect();
        match self.another_time(why, &chain, now) {
            Some(at) => self.inner.verify_server_cert(leaf, between, name, ocsp, at),
            None => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// A TLS configuration of this device.
pub(crate) fn config(
    trust: &TrustDocument,
    identity: &Identity,
    time: Corrected,
    alpn: &[u8],
) -> Result<ClientConfig, Fault> {
    build(trust, identity, time, alpn, false)
}

/// A TLS configuration for the question what time it is, and for nothing else: it accepts a server's certificate that is over
/// by this device's clock, if it was not over at the latest proven time.
pub(crate) fn config_to_ask_the_time(
    trust: &TrustDocument,
    identity: &Identity,
    time: Corrected,
) -> Result<ClientConfig, Fault> {
    build(trust, identity, time, b"", true)
}

fn build(
    trust: &TrustDocument,
    identity: &Identity,
    time: Corrected,
    alpn: &[u8],
    clock_is_doubted: bool,
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
    let time = Corrected { floor: time.floor.max(trust.content().created), ..time };
    let verifier = Verifier { inner: verifier, at_least: clock_is_doubted.then(|| unix(time.floor)) };
    let own = CertifiedKey::new(identity.chain.clone(), Arc::new(identity.key.clone()));
    own.keys_match().map_err(refused)?;
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(time))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
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

    /// What a device whose clock reads `now`, in seconds since 1970, says of a server certificate of the years 2026 and 2027,
    /// perhaps when it doubts its clock since a proven time.
    fn check(own_authority: bool, now: u64, doubts_since: Option<u64>, expected: Result<(), &str>) {
        let at = |secs| UnixTime::since_unix_epoch(std::time::Duration::from_secs(secs));
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
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let verifier = Verifier { inner, at_least: doubts_since.map(at) };
        let now = at(now);
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
        check(true, 1_790_000_000, None, Ok(()));
        check(true, 0, None, Ok(()));
        check(true, 1_830_400_000, None, Err("Expired"));
        check(false, 1_790_000_000, None, Err("BadSignature"));
        check(false, 0, None, Err("BadSignature"));
    }

    #[test]
    fn only_who_asks_the_time_takes_a_certificate_that_was_not_over_at_the_latest_proven_time() {
        let (in_2025, in_2027, in_2029, in_2030) = (1_750_000_000, 1_815_000_000, 1_878_000_000, 1_900_000_000);
        check(true, in_2030, None, Err("Expired"));
        check(true, in_2030, Some(in_2027), Ok(()));
        // The server's certificate was renewed since: its first moment is later than what is proven.
        check(true, in_2030, Some(in_2025), Ok(()));
        check(true, in_2030, Some(in_2029), Err("Expired"));
        check(false, in_2030, Some(in_2027), Err("BadSignature"));
    }
}

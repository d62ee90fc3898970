//! The local door's own key and self-signed certificate, made on the device. It has nothing to do with the device's
//! identities towards the platform: whoever pairs compares its fingerprint.

use std::sync::Arc;

use holdfast_core::hash::Sha256Digest;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;

/// File of the key, in `local/`.
const KEY: &str = "door.key";
/// File of the certificate, in `local/`.
const CERTIFICATE: &str = "door.crt";

/// The certificate with its fingerprint, and TLS made of it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// SHA-256 of the certificate.
    pub(crate) fingerprint: Sha256Digest,
    /// The name under which the device answers on the local network; says nothing about the device.
    pub(crate) host: String,
    /// TLS 1.3 with this certificate.
    pub(crate) tls: Arc<ServerConfig>,
}

/// The fingerprint, if there is a certificate.
pub(crate) fn fingerprint(layout: &Layout) -> Result<Option<Sha256Digest>, Fault> {
    Ok(certificate(layout)?.map(|leaf| Sha256Digest::of(&leaf)))
}

fn certificate(layout: &Layout) -> Result<Option<CertificateDer<'static>>, Fault> {
    let path = layout.local(CERTIFICATE);
    let Some(pem) = durable::read(&path)? else { return Ok(None) };
    CertificateDer::from_pem_slice(&pem).map(Some).map_err(|_| Fault::content(&path, "holds no certificate"))
}

/// The host name that belongs to a fingerprint.
pub(crate) fn host_of(fingerprint: &Sha256Digest) -> String {
    let text = fingerprint.to_string();
    format!("holdfast-{}.local", text.get(..8).unwrap_or_default())
}

/// Reads the identity, or makes it. A damaged one is replaced: every controller has to pair again then.
pub(crate) fn load_or_make(layout: &Layout) -> Result<Identity, Fault> {
    match load(layout) {
        Ok(Some(identity)) => Ok(identity),
        Ok(None) | Err(Fault::Content { .. } | Fault::Crypto { .. }) => {
            make(layout)?;
            load(layout)?.ok_or_else(|| Fault::content(&layout.local(CERTIFICATE), "vanished"))
        }
        Err(fault) => Err(fault),
    }
}

fn load(layout: &Layout) -> Result<Option<Identity>, Fault> {
    let path = layout.local(KEY);
    let Some(pem) = durable::read(&path)?.map(Zeroizing::new) else { return Ok(None) };
    let key = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| Fault::content(&path, "not a PKCS#8 PEM key"))?;
    let Some(leaf) = certificate(layout)? else { return Ok(None) };
    let fingerprint = Sha256Digest::of(&leaf);
    let refused = |why: rustls::Error| Fault::crypto("configure the local door", why);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key.into())
        .map_err(refused)?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls.send_tls13_tickets = 0;
    tls.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(Some(Identity { fingerprint, host: host_of(&fingerprint), tls: Arc::new(tls) }))
}

fn make(layout: &Layout) -> Result<(), Fault> {
    let made = |why: rcgen::Error| Fault::crypto("make the local certificate", why);
    durable::remove(&layout.local(CERTIFICATE))?;
    durable::remove(&layout.local(KEY))?;
    let key = KeyPair::generate().map_err(made)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "holdfast local door");
    // A device without a clock has to be able to show it, and it is trusted by its fingerprint, not by its dates.
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 12, 31));
    let certificate = params.self_signed(&key).map_err(made)?;
    let pem = Zeroizing::new(key.serialize_pem());
    durable::write_new(&layout.local(KEY), pem.as_bytes())?;
    durable::write(&layout.local(CERTIFICATE), certificate.pem().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_made_once_and_a_damaged_one_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        assert_eq!(fingerprint(&layout).unwrap(), None);
        let one = load_or_make(&layout).unwrap();
        assert_eq!(load_or_make(&layout).unwrap().fingerprint, one.fingerprint);
        assert_eq!(fingerprint(&layout).unwrap(), Some(one.fingerprint));
        std::fs::write(layout.local(CERTIFICATE), b"torn").unwrap();
        assert_ne!(load_or_make(&layout).unwrap().fingerprint, one.fingerprint);
    }
}

//! The certificate of the server's own doors: which CA issued it, its chain, when it renews.

use std::path::Path;
use std::sync::Arc;

use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::certificate::{self, CertificateError, SERIAL_BYTES, Validity, validity_of};
use super::ring::Ring;
use super::secret_file;
use super::vault::Vault;
use super::{AuthorityError, CERTIFICATE, CERTIFICATE_LIFE, NAMES_MAX, PRIVATE_KEY};

const DOOR_KEY: &str = "door.key";
const DOOR_CERT: &str = "door.crt";

/// The doors' key and certificate.
pub(super) struct Door {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) validity: Validity,
    /// Key of the CA that issued it.
    pub(super) issuer: KeyThumbprint,
}

impl Door {
    /// The stored certificate, if it is whole, from one of our CAs that still counts and for these names.
    pub(super) fn load(dir: &Path, vault: &Vault, ring: &Ring, names: &[String]) -> Option<Self> {
        let leaf = secret_file::read_pem(&dir.join(DOOR_CERT), CERTIFICATE).ok()?;
        let key = vault.read(&dir.join(DOOR_KEY), PRIVATE_KEY).ok()?;
        let leaf = CertificateDer::from(leaf.to_vec());
        let issuing = ring.cas().filter(|(_, ca)| ca.issuer.is_some());
        let mut issuing = issuing.filter(|(_, ca)| certificate::is_door_of(&leaf, &ca.der, names));
        let issuer = issuing.next()?.0.key;
        Self::from_parts(leaf, ring, issuer, &key).ok()
    }

    /// Makes a new key and certificate.
    pub(super) fn renew(
        dir: &Path,
        vault: &Vault,
        ring: &Ring,
        (issuer, names): (KeyThumbprint, &[String]),
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let ca = ring.cas().find(|(standing, _)| standing.key == issuer).and_then(|(_, ca)| ca.issuer.as_ref());
        let ca = ca.ok_or(CertificateError::Unusable)?;
        let key = KeyPair::generate().map_err(CertificateError::from)?;
        let serial = crate::clock::random::<SERIAL_BYTES>();
        let leaf = certificate::door(ca, names, &key, &serial, Validity::from(now, CERTIFICATE_LIFE))?;
        let secret = Zeroizing::new(key.serialize_der());
        vault.replace(&dir.join(DOOR_KEY), PRIVATE_KEY, &secret)?;
        secret_file::replace_secret(&dir.join(DOOR_CERT), secret_file::pem(CERTIFICATE, &leaf).as_bytes())?;
        Ok(Self::from_parts(leaf, ring, issuer, &secret)?)
    }

    fn from_parts(
        leaf: CertificateDer<'static>,
        ring: &Ring,
        issuer: KeyThumbprint,
        key: &[u8],
    ) -> Result<Self, CertificateError> {
        let validity = validity_of(&leaf)?;
        let key = PrivateKeyDer::Pkcs8(key.to_vec().into());
        let signer = rustls::crypto::aws_lc_rs::sign::any_ecdsa_type(&key).map_err(|_| CertificateError::Unusable)?;
        let mut chain = vec![leaf];
        chain.extend(ring.chain_of(issuer));
        let certified = CertifiedKey::new(chain, signer);
        certified.keys_match().map_err(|_| CertificateError::Unusable)?;
        Ok(Self { key: Arc::new(certified), validity, issuer })
    }
}

/// Always these three, then the configured ones.
pub(super) fn names(configured: &[String]) -> Result<Vec<String>, AuthorityError> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    for name in configured {
        if rustls::pki_types::ServerName::try_from(name.as_str()).is_err() {
            return Err(AuthorityError::BadNames);
        }
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if names.len() > NAMES_MAX { Err(AuthorityError::BadNames) } else { Ok(names) }
}

//! Private keys on disk: P-256, PKCS#8 PEM, mode 0600, made once and never overwritten. Nothing here is ever shown.

use std::fmt;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use holdfast_core::cose::{PublicKey, SignError, Signer};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use crate::durable;
use crate::fault::Fault;

/// Object identifier of the serialNumber attribute (RFC 4519 §2.31).
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

/// A private key read from its file.
pub(crate) struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(hidden)")
    }
}

impl PrivateKey {
    /// Makes a key and writes it to a file that must not exist yet.
    pub(crate) fn create(path: &Path) -> Result<Self, Fault> {
        let pair = KeyPair::generate().map_err(|why| Fault::crypto("make a key", why))?;
        let pem = Zeroizing::new(pair.serialize_pem());
        durable::write_new(path, pem.as_bytes())?;
        Self::load(path)?.ok_or_else(|| Fault::content(path, "vanished"))
    }

    /// Reads a key; `None` if the file is not there.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>, Fault> {
        let Some(pem) = durable::read(path)?.map(Zeroizing::new) else { return Ok(None) };
        Self::from_pem(&pem).map(Some).ok_or_else(|| Fault::content(path, "not a PKCS#8 PEM key"))
    }

    /// The key in a file's text.
    pub(crate) fn from_pem(pem: &[u8]) -> Option<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        Some(Self { pkcs8: Zeroizing::new(key.secret_pkcs8_der().to_vec()) })
    }

    /// The key as TLS wants it.
    pub(crate) fn for_tls(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.pkcs8.to_vec()).into()
    }

    /// The key's `SubjectPublicKeyInfo`, DER.
    pub(crate) fn spki(&self) -> Result<Vec<u8>, Fault> {
        use rcgen::PublicKeyData as _;
        Ok(self.pair()?.subject_public_key_info())
    }

    /// A certificate request for this device (PKCS#10), as DER and PEM.
    pub(crate) fn request(&self, device: &str, organization: Option<&str>) -> Result<(Vec<u8>, String), Fault> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        if let Some(organization) = organization {
            name.push(DnType::OrganizationName, organization);
        }
        name.push(DnType::CustomDnType(SERIAL_NUMBER.to_vec()), device);
        params.distinguished_name = name;
        let request =
            params.serialize_request(&self.pair()?).map_err(|why| Fault::crypto("sign a certificate request", why))?;
        let pem = request.pem().map_err(|why| Fault::crypto("write a certificate request", why))?;
        Ok((request.der().to_vec(), pem))
    }

    fn pair(&self) -> Result<KeyPair, Fault> {
        KeyPair::try_from(self.pkcs8.as_slice()).map_err(|_| Fault::crypto("read a key", "not a P-256 key"))
    }

    /// The key as a signer of evidence.
    pub(crate) fn signer(&self) -> Result<EvidenceKey, Fault> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.pkcs8)
            .map_err(|_| Fault::crypto("read a key", "not a P-256 key"))?;
        let public = PublicKey::p256_from_sec1(pair.public_key().as_ref())
            .map_err(|why| Fault::crypto("read a key", why.name()))?;
        Ok(EvidenceKey { pair, public })
    }
}

/// The factory key in its second use: it signs evidence.
pub(crate) struct EvidenceKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl fmt::Debug for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EvidenceKey({})", self.public.key_id())
    }
}

impl Signer for EvidenceKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| SignError::KeyUnavailable)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Reads a PEM file of certificates, leaf first; `None` if the file is not there.
pub(crate) fn load_chain(path: &Path) -> Result<Option<Vec<CertificateDer<'static>>>, Fault> {
    let Some(pem) = durable::read(path)? else { return Ok(None) };
    chain_from_pem(&pem).map(Some).ok_or_else(|| Fault::content(path, "holds no PEM certificate"))
}

/// The certificates in a file's text; `None` if there is none, or one cannot be read.
pub(crate) fn chain_from_pem(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    chain.ok().filter(|chain| !chain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_signs_what_its_public_half_verifies_and_shows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let key = PrivateKey::create(&dir.path().join("factory.key")).unwrap();
        let signer = key.signer().unwrap();
        let signature = signer.sign(b"evidence").unwrap();
        signer.public_key().verify(b"evidence", &signature).unwrap();
        assert!(signer.public_key().verify(b"other", &signature).is_err());
        assert_eq!(format!("{key:?}"), "PrivateKey(hidden)");
        assert_eq!(signer.public_key().to_spki_der(), key.spki().unwrap());
        assert!(PrivateKey::create(&dir.path().join("factory.key")).is_err(), "a key is never overwritten");
    }
}

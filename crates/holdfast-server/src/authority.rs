//! The keys that a server holds: operational CA, freshness key, ledger key, and the certificate of its own doors.
//!
//! They are made at the first start, never replaced, and refused if anyone else could have read them. This module
//! issues certificates; who may get one is decided elsewhere, and no rule is applied here.

mod certificate;
mod counter;
mod request;
mod terms;
pub mod secret_file;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use holdfast_core::cose::SoftwareKey;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_core::ledger::note::{KeyName, NoteSigner};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{CertificateState, DeviceCertificate, KeyThumbprint};
use rcgen::{Issuer, KeyPair, PublicKeyData};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use zeroize::Zeroizing;

pub use certificate::{CertificateError, SERIAL_BYTES, Validity};
pub(crate) use certificate::{DEVICE_URN, ca_certificate, idevid, parse, serial_text, spki_of, validity_of};
use counter::RisingCounter;
pub use request::{REQUEST_BYTES_MAX, RequestError, RequestedKey};
use secret_file::SecretFileError;
pub use terms::{DEVICE_LIFE_MAX, DEVICE_LIFE_MIN, KeyTerms};

/// Life of the operational CA: ten years.
pub const CA_LIFE: Millis = Millis::from_secs(10 * 365 * 86_400);
/// Life of an operational device certificate and of the doors' own: 90 days (DESIGN §5).
pub const CERTIFICATE_LIFE: Millis = Millis::from_secs(90 * 86_400);
/// Most names in the doors' certificate.
pub const NAMES_MAX: usize = 32;

const CA_KEY: &str = "operational-ca.key";
const CA_CERT: &str = "operational-ca.crt";
const FRESHNESS_KEY: &str = "freshness.key";
const LEDGER_KEY: &str = "ledger.key";
const COUNTER: &str = "statement-counter";
const DOOR_KEY: &str = "door.key";
const DOOR_CERT: &str = "door.crt";
const PRIVATE_KEY: &str = "PRIVATE KEY";
const CERTIFICATE: &str = "CERTIFICATE";
/// PKCS#8 before an Ed25519 seed (RFC 8410 §7).
const ED25519_PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Why the server's keys cannot be used.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// A key file is missing, malformed, or not its owner's alone.
    #[error("a key file cannot be used")]
    File(#[from] SecretFileError),
    /// A certificate could not be made or read.
    #[error("a certificate cannot be made or read")]
    Certificate(#[from] CertificateError),
    /// Not the kind of key that belongs in this file.
    #[error("{0} does not hold the kind of key that belongs there")]
    WrongKey(PathBuf),
    /// The certificate of the operational CA is not for its key.
    #[error("the operational CA's certificate and key do not belong together")]
    Mismatch,
    /// More than [`NAMES_MAX`] names, or one that is neither a host name nor an address.
    #[error("the names for the server's certificate are too many or not names")]
    BadNames,
}

impl AuthorityError {
    /// Stable name for reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::File(inner) => inner.name(),
            Self::Certificate(inner) => inner.name(),
            Self::WrongKey(_) => "key-of-wrong-kind",
            Self::Mismatch => "ca-key-mismatch",
            Self::BadNames => "server-names-unusable",
        }
    }
}

/// How an authority is opened.
#[derive(Debug, Clone)]
pub struct AuthorityConfig {
    /// Directory of key files, mode 0700.
    pub dir: PathBuf,
    /// Host names and addresses of the doors, besides `localhost`, `127.0.0.1` and `::1`.
    pub names: Vec<String>,
    /// What the maker has decided about keys.
    pub terms: KeyTerms,
}

impl AuthorityConfig {
    /// The usual configuration for a directory.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), names: Vec::new(), terms: KeyTerms::default() }
    }
}

/// An operational certificate that was just issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub der: CertificateDer<'static>,
    /// Its row for the store.
    pub record: DeviceCertificate,
    /// Key of the CA that signed it.
    pub issuer: KeyThumbprint,
}

/// The server's keys, loaded.
pub struct Authority {
    config: AuthorityConfig,
    ca: Issuer<'static, KeyPair>,
    ca_der: CertificateDer<'static>,
    freshness: SoftwareKey,
    ledger_seed: Zeroizing<[u8; 32]>,
    statements: RisingCounter,
    door: ArcSwap<Door>,
}

struct Door {
    key: Arc<CertifiedKey>,
    validity: Validity,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("dir", &self.config.dir)
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Opens the keys of a server, or makes them if there are none yet.
    ///
    /// The CA's certificate is written last: a first start that was cut off is completed by the next one, and a key
    /// that is missing later is never replaced by a new one.
    ///
    /// # Errors
    /// [`AuthorityError`]; nothing is changed then, except that a first start may be half done.
    pub fn open_or_create(config: AuthorityConfig, now: Timestamp) -> Result<Self, AuthorityError> {
        let dir = config.dir.clone();
        secret_file::open_dir(&dir)?;
        let complete = dir.join(CA_CERT).exists();
        if !complete {
            Self::create(&dir, now)?;
        }
        let ca_der = CertificateDer::from(secret_file::read_pem(&dir.join(CA_CERT), CERTIFICATE)?.to_vec());
        let ca_key = read_p256(&dir.join(CA_KEY))?;
        if spki_of(&ca_der)? != ca_key.subject_public_key_info() {
            return Err(AuthorityError::Mismatch);
        }
        let ca = Issuer::from_ca_cert_der(&ca_der, ca_key).map_err(CertificateError::from)?;
        let freshness = SoftwareKey::ed25519(&*read_ed25519(&dir.join(FRESHNESS_KEY))?);
        let ledger_seed = read_ed25519(&dir.join(LEDGER_KEY))?;
        let statements = RisingCounter::open(dir.join(COUNTER))?;
        let names = door_names(&config.names)?;
        let door = match Door::load(&dir, &ca_der, &names) {
            Some(door) if !door.validity.renewal_due(now) => door,
            _ => Door::renew(&dir, &ca, &ca_der, &names, now)?,
        };
        Ok(Self { config, ca, ca_der, freshness, ledger_seed, statements, door: ArcSwap::from_pointee(door) })
    }

    fn create(dir: &Path, now: Timestamp) -> Result<(), AuthorityError> {
        for name in [FRESHNESS_KEY, LEDGER_KEY] {
            if !dir.join(name).exists() {
                let seed = Zeroizing::new(crate::clock::random::<32>());
                create_ed25519(&dir.join(name), &seed)?;
            }
        }
        if !dir.join(CA_KEY).exists() {
            create_p256(&dir.join(CA_KEY))?;
        }
        let key = read_p256(&dir.join(CA_KEY))?;
        let serial = crate::clock::random::<SERIAL_BYTES>();
        let certificate =
            ca_certificate(("Holdfast operational CA", None), &key, &serial, Validity::from(now, CA_LIFE))?;
        secret_file::create(&dir.join(CA_CERT), secret_file::pem(CERTIFICATE, &certificate).as_bytes())?;
        Ok(())
    }

    /// Certifies a device's operational key: client authentication, named by device id, nothing the request asked for.
    ///
    /// # Errors
    /// [`CertificateError`] if signing fails.
    pub fn issue(
        &self,
        device: &DeviceId,
        key: &RequestedKey,
        serial: &[u8; SERIAL_BYTES],
        now: Timestamp,
    ) -> Result<Issued, CertificateError> {
        let validity = Validity::from(now, self.config.terms.device_life);
        let der = certificate::ldevid(&self.ca, device, key.spki(), serial, validity)?;
        let record = DeviceCertificate {
            device: device.clone(),
            serial: serial_text(&certificate::serial_bytes(serial)),
            key: key.thumbprint(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            state: CertificateState::Issued,
        };
        Ok(Issued { der, record, issuer: self.ca_key() })
    }

    /// What the maker has decided about keys.
    #[must_use]
    pub const fn terms(&self) -> &KeyTerms {
        &self.config.terms
    }

    /// Thumbprint of the operational CA's key.
    #[must_use]
    pub fn ca_key(&self) -> KeyThumbprint {
        KeyThumbprint(*Sha256Digest::of(&self.ca.key().subject_public_key_info()).as_bytes())
    }

    /// The operational CA's certificate.
    #[must_use]
    pub const fn ca_certificate(&self) -> &CertificateDer<'static> {
        &self.ca_der
    }

    /// The operational CA's certificate as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        secret_file::pem(CERTIFICATE, &self.ca_der).to_string()
    }

    /// The key that signs timestamp statements.
    #[must_use]
    pub const fn freshness(&self) -> &SoftwareKey {
        &self.freshness
    }

    /// The key that signs ledger checkpoints, under the name that stands in them.
    #[must_use]
    pub fn ledger_signer(&self, name: KeyName) -> NoteSigner {
        NoteSigner::new(name, &self.ledger_seed)
    }

    /// The counter of the next timestamp statement: higher than every one before, also after a crash or a clock that
    /// was set back.
    ///
    /// # Errors
    /// [`SecretFileError`] if its floor cannot be written; no number is given then.
    pub fn next_statement(&self, now: Timestamp) -> Result<u64, SecretFileError> {
        self.statements.next(now)
    }

    /// The certificate and key of the server's doors, as they are now.
    #[must_use]
    pub fn door(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.door.load().key)
    }

    /// When [`Self::renew_door_if_due`] has something to do.
    #[must_use]
    pub fn door_renewal(&self) -> Timestamp {
        self.door.load().validity.renewal()
    }

    /// Replaces the doors' certificate and key after two thirds of their life; new connections see the new one.
    ///
    /// # Errors
    /// [`AuthorityError`]; the old certificate stays in use then.
    pub fn renew_door_if_due(&self, now: Timestamp) -> Result<bool, AuthorityError> {
        if !self.door.load().validity.renewal_due(now) {
            return Ok(false);
        }
        let names = door_names(&self.config.names)?;
        let door = Door::renew(&self.config.dir, &self.ca, &self.ca_der, &names, now)?;
        self.door.store(Arc::new(door));
        Ok(true)
    }
}

impl Door {
    /// The stored certificate, if it is whole, from this CA and for these names.
    fn load(dir: &Path, ca: &CertificateDer<'_>, names: &[String]) -> Option<Self> {
        let chain = secret_file::read_pem(&dir.join(DOOR_CERT), CERTIFICATE).ok()?;
        let key = secret_file::read_pem(&dir.join(DOOR_KEY), PRIVATE_KEY).ok()?;
        let certificate = CertificateDer::from(chain.to_vec());
        let fits = certificate::is_door_of(&certificate, ca, names);
        if !fits {
            return None;
        }
        Self::from_parts(certificate, ca, &key).ok()
    }

    fn renew(
        dir: &Path,
        ca: &Issuer<'_, KeyPair>,
        ca_der: &CertificateDer<'_>,
        names: &[String],
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate().map_err(CertificateError::from)?;
        let serial = crate::clock::random::<SERIAL_BYTES>();
        let certificate = certificate::door(ca, names, &key, &serial, Validity::from(now, CERTIFICATE_LIFE))?;
        let secret = Zeroizing::new(key.serialize_der());
        secret_file::replace_secret(&dir.join(DOOR_KEY), secret_file::pem(PRIVATE_KEY, &secret).as_bytes())?;
        secret_file::replace_secret(&dir.join(DOOR_CERT), secret_file::pem(CERTIFICATE, &certificate).as_bytes())?;
        Ok(Self::from_parts(certificate, ca_der, &secret)?)
    }

    fn from_parts(
        certificate: CertificateDer<'static>,
        ca: &CertificateDer<'_>,
        key: &[u8],
    ) -> Result<Self, CertificateError> {
        let validity = validity_of(&certificate)?;
        let key = PrivateKeyDer::Pkcs8(key.to_vec().into());
        let signer = rustls::crypto::aws_lc_rs::sign::any_ecdsa_type(&key).map_err(|_| CertificateError::Unusable)?;
        let certified = CertifiedKey::new(vec![certificate, ca.clone().into_owned()], signer);
        certified.keys_match().map_err(|_| CertificateError::Unusable)?;
        Ok(Self { key: Arc::new(certified), validity })
    }
}

/// Always these three, then the configured ones.
fn door_names(configured: &[String]) -> Result<Vec<String>, AuthorityError> {
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

/// Makes a P-256 key file (PKCS#8 PEM, 0600).
pub(crate) fn create_p256(path: &Path) -> Result<(), AuthorityError> {
    let key = KeyPair::generate().map_err(CertificateError::from)?;
    let secret = Zeroizing::new(key.serialize_der());
    Ok(secret_file::create(path, secret_file::pem(PRIVATE_KEY, &secret).as_bytes())?)
}

/// Reads a P-256 key file.
pub(crate) fn read_p256(path: &Path) -> Result<KeyPair, AuthorityError> {
    let secret = secret_file::read_pem(path, PRIVATE_KEY)?;
    let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from(secret.as_slice());
    KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_ECDSA_P256_SHA256)
        .map_err(|_| AuthorityError::WrongKey(path.to_owned()))
}

/// Makes an Ed25519 key file (PKCS#8 PEM, 0600) from a seed.
fn create_ed25519(path: &Path, seed: &[u8; 32]) -> Result<(), AuthorityError> {
    let secret = Zeroizing::new([ED25519_PKCS8_HEAD.as_slice(), seed].concat());
    Ok(secret_file::create(path, secret_file::pem(PRIVATE_KEY, &secret).as_bytes())?)
}

/// Reads the seed of an Ed25519 key file.
fn read_ed25519(path: &Path) -> Result<Zeroizing<[u8; 32]>, AuthorityError> {
    let secret = secret_file::read_pem(path, PRIVATE_KEY)?;
    let seed = secret.strip_prefix(&ED25519_PKCS8_HEAD).and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    seed.map(Zeroizing::new).ok_or_else(|| AuthorityError::WrongKey(path.to_owned()))
}

/// Reads a public PEM certificate file.
pub(crate) fn read_certificate(path: &Path) -> Result<CertificateDer<'static>, AuthorityError> {
    let text = fs::read(path).map_err(|source| SecretFileError::Io { path: path.to_owned(), source })?;
    let der = secret_file::from_pem(CERTIFICATE, &text)
        .ok_or_else(|| SecretFileError::NotPem { path: path.to_owned(), label: CERTIFICATE })?;
    Ok(CertificateDer::from(der.to_vec()))
}

#[cfg(test)]
mod tests;

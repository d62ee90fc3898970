//! The keys that a server holds: operational CA, freshness key, ledger key, and the certificate of its own doors.
//!
//! They are made at the first start and refused if anyone else could have read them; the first two can be followed by new
//! ones, with an overlap. This module issues certificates; who may get one is decided elsewhere, and no rule is applied
//! here.

mod certificate;
mod change;
mod counter;
mod crl;
mod door;
mod request;
mod ring;
pub mod secret_file;
mod terms;
pub mod people_key;
pub mod vault;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use holdfast_core::cose::{PublicKey, Signer as _, SoftwareKey};
use holdfast_core::id::DeviceId;
use holdfast_core::ledger::note::{KeyName, NoteSigner};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{CertificateState, DeviceCertificate, KeyThumbprint};
use holdfast_domain::keys::{KeyState, ServerKey};
use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use thiserror::Error;
use zeroize::Zeroizing;

pub use certificate::{CertificateError, SERIAL_BYTES, Validity};
pub(crate) use certificate::{DEVICE_URN, ca_certificate, idevid, parse, serial_text, spki_of, validity_of};
pub use change::Prepared;
use counter::RisingCounter;
pub use crl::{CRL_ENTRIES_MAX, CRL_EVERY, CRL_LIFE};
use door::Door;
use people_key::PeopleKey;
pub use request::{REQUEST_BYTES_MAX, RequestError, RequestedKey};
use ring::{Ca, Ring};
use secret_file::SecretFileError;
pub use terms::{DEVICE_LIFE_MAX, DEVICE_LIFE_MIN, KeyTerms};
use vault::{SealError, Vault};

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
    /// The keys are sealed, and cannot be opened with what was given.
    #[error("the keys cannot be opened")]
    Seal(#[from] SealError),
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
            Self::Seal(inner) => inner.name(),
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
    vault: Vault,
    people_key: PeopleKey,
    ring: ArcSwap<Ring>,
    ledger_seed: Zeroizing<[u8; 32]>,
    ledger_created: Option<Timestamp>,
    statements: RisingCounter,
    door: ArcSwap<Door>,
    /// Held while keys are changed, so that one change does not undo another.
    changing: Mutex<()>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("dir", &self.config.dir)
            .field("vault", &self.vault)
            .field("keys", &self.standing())
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
        let vault = Vault::open(&dir, config.terms.seal.as_ref())?;
        if !dir.join(CA_CERT).exists() {
            Self::create(&dir, &vault, now)?;
        }
        let ring = Ring::open(&dir, &vault)?;
        let people_key = PeopleKey::open(&dir, &vault)?;
        let ledger_seed = ring::read_seed(&dir.join(LEDGER_KEY), &vault)?;
        let ledger_created = ring.cas().next().map(|(first, _)| first.created);
        let statements = RisingCounter::open(dir.join(COUNTER))?;
        let names = door::names(&config.names)?;
        let active = ring.ca(KeyState::Active).ok_or(CertificateError::Unusable)?.0.key;
        let door = match Door::load(&dir, &vault, &ring, &names) {
            Some(door) if !door.validity.renewal_due(now) => door,
            Some(door) => Door::renew(&dir, &vault, &ring, (door.issuer, &names), now)?,
            None => Door::renew(&dir, &vault, &ring, (active, &names), now)?,
        };
        let (ring, door, changing) = (ArcSwap::from_pointee(ring), ArcSwap::from_pointee(door), Mutex::new(()));
        Ok(Self { config, vault, people_key, ring, ledger_seed, ledger_created, statements, door, changing })
    }

    fn create(dir: &Path, vault: &Vault, now: Timestamp) -> Result<(), AuthorityError> {
        for name in [FRESHNESS_KEY, LEDGER_KEY] {
            if !dir.join(name).exists() {
                let seed = Zeroizing::new(crate::clock::random::<32>());
                vault.create(&dir.join(name), PRIVATE_KEY, &ed25519_pkcs8(&seed))?;
            }
        }
        let path = dir.join(CA_KEY);
        if !path.exists() {
            let key = KeyPair::generate().map_err(CertificateError::from)?;
            vault.create(&path, PRIVATE_KEY, &Zeroizing::new(key.serialize_der()))?;
        }
        let key = p256_from_pkcs8(&vault.read(&path, PRIVATE_KEY)?, &path)?;
        let serial = crate::clock::random::<SERIAL_BYTES>();
        let certificate = certificate::operational_ca(&key, &serial, Validity::from(now, CA_LIFE))?;
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
        let ring = self.ring.load();
        let (standing, ca) = ring.ca(KeyState::Active).ok_or(CertificateError::Unusable)?;
        let signer = ca.issuer.as_ref().ok_or(CertificateError::Unusable)?;
        let validity = Validity::from(now, self.config.terms.device_life);
        let der = certificate::ldevid(signer, device, key.spki(), serial, validity)?;
        let record = DeviceCertificate {
            device: device.clone(),
            serial: serial_text(&certificate::serial_bytes(serial)),
            key: key.thumbprint(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            state: CertificateState::Issued,
        };
        Ok(Issued { der, record, issuer: standing.key })
    }

    /// What the maker has decided about keys.
    #[must_use]
    pub const fn terms(&self) -> &KeyTerms {
        &self.config.terms
    }

    fn active_ca(&self) -> Option<Arc<Ca>> {
        self.ring.load().ca(KeyState::Active).map(|(_, ca)| Arc::clone(ca))
    }

    /// The certificate of the operational CA in use.
    #[must_use]
    pub fn ca_certificate(&self) -> CertificateDer<'static> {
        self.active_ca().map_or_else(|| CertificateDer::from(Vec::new()), |ca| ca.der.clone())
    }

    /// Every operational CA that counts, and the next one: the one in use first.
    #[must_use]
    pub fn ca_certificates(&self) -> Vec<CertificateDer<'static>> {
        let ring = self.ring.load();
        let of = |state| ring.ca(state).map(|(_, ca)| ca.der.clone());
        [KeyState::Active, KeyState::Next, KeyState::Retiring].into_iter().filter_map(of).collect()
    }

    /// The certificate of the operational CA in use, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        secret_file::pem(CERTIFICATE, &self.ca_certificate()).to_string()
    }

    /// The key that signs timestamp statements for devices that know no particular one.
    #[must_use]
    pub fn freshness(&self) -> Arc<SoftwareKey> {
        let ring = self.ring.load();
        let mut active = ring.freshness().filter(|(standing, _)| standing.state == KeyState::Active);
        active.next().map_or_else(|| Arc::new(SoftwareKey::ed25519(&self.ledger_seed)), |(_, key)| Arc::clone(key))
    }

    /// The key that signs timestamp statements for devices whose trust document names this one, if it is still ours.
    #[must_use]
    pub fn freshness_named(&self, named: &PublicKey) -> Option<Arc<SoftwareKey>> {
        let ring = self.ring.load();
        ring.freshness().find(|(_, key)| key.public_key() == *named).map(|(_, key)| Arc::clone(key))
    }

    /// The freshness key that the maker's next trust document should name.
    #[must_use]
    pub fn freshness_to_name(&self) -> PublicKey {
        let ring = self.ring.load();
        let next = ring.freshness().find(|(standing, _)| standing.state == KeyState::Next);
        next.map_or_else(|| self.freshness().public_key(), |(_, key)| key.public_key())
    }

    /// The key that signs ledger checkpoints, under the name that stands in them.
    #[must_use]
    pub fn ledger_signer(&self, name: KeyName) -> NoteSigner {
        NoteSigner::new(name, &self.ledger_seed)
    }

    /// When the ledger's key was made.
    #[must_use]
    pub const fn ledger_created(&self) -> Option<Timestamp> {
        self.ledger_created
    }

    /// The key that seals people's secrets in the store.
    #[must_use]
    pub const fn people_key(&self) -> &PeopleKey {
        &self.people_key
    }

    /// Whether the key files are sealed.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        self.vault.is_sealed()
    }

    /// Where every key stands that follows another or is followed.
    #[must_use]
    pub fn standing(&self) -> Vec<ServerKey> {
        self.ring.load().keys.iter().map(|held| held.standing).collect()
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

    /// Validity of the doors' certificate, and the CA that issued it.
    #[must_use]
    pub fn door_validity(&self) -> (Validity, KeyThumbprint) {
        let door = self.door.load();
        (door.validity, door.issuer)
    }
}

/// Makes a P-256 key file in clear (PKCS#8 PEM, 0600).
pub(crate) fn create_p256(path: &Path) -> Result<(), AuthorityError> {
    let key = KeyPair::generate().map_err(CertificateError::from)?;
    let secret = Zeroizing::new(key.serialize_der());
    Ok(secret_file::create(path, secret_file::pem(PRIVATE_KEY, &secret).as_bytes())?)
}

/// Reads a P-256 key file in clear.
pub(crate) fn read_p256(path: &Path) -> Result<KeyPair, AuthorityError> {
    p256_from_pkcs8(&secret_file::read_pem(path, PRIVATE_KEY)?, path)
}

fn p256_from_pkcs8(secret: &[u8], path: &Path) -> Result<KeyPair, AuthorityError> {
    let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from(secret);
    KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_ECDSA_P256_SHA256)
        .map_err(|_| AuthorityError::WrongKey(path.to_owned()))
}

/// An Ed25519 seed as PKCS#8.
fn ed25519_pkcs8(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([ED25519_PKCS8_HEAD.as_slice(), seed].concat())
}

/// The seed in an Ed25519 key's PKCS#8.
fn ed25519_seed(secret: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let seed = secret.strip_prefix(&ED25519_PKCS8_HEAD)?;
    <[u8; 32]>::try_from(seed).ok().map(Zeroizing::new)
}

/// Whether a file of the folder of keys may lie where others read: it is sealed, a certificate, or one of the files here that
/// hold no secret. What is not known counts as a secret.
pub(crate) fn is_harmless(path: &Path, text: &[u8]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let known = matches!(name, Some(ring::RING | vault::SEAL | COUNTER));
    known || [vault::SEALED, CERTIFICATE].iter().any(|label| secret_file::from_pem(label, text).is_some())
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

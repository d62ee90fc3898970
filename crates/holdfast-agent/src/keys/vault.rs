//! The vault: a private directory with the keys of one device, and the answers to what is asked of them.
//!
//! It reads nothing outside its directory, except a secret of the board if it was told where that is. Who may ask is the
//! process's to decide, what may be signed is `purpose`'s.

use std::cell::RefCell;
use std::fmt;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use holdfast_core::id::DeviceId;
use rcgen::{CertificateParams, DistinguishedName, DnType, PublicKeyData, SignatureAlgorithm, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::seal::{self, SealingKey};
use super::{KeySlot, POINT_AT, Purpose, Request, der_of, file};
use crate::durable;
use crate::fault::Fault;

/// The vault's own file of terms.
pub(super) const TERMS: &str = "vault.toml";
/// Object identifier of the serialNumber attribute (RFC 4519 §2.31).
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

/// Where private keys live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Store {
    /// In files that the key process alone can read.
    #[default]
    File,
    /// In a TPM 2.0: files hold only what this TPM, and no other, can use.
    Tpm,
}

/// `vault.toml`: what the factory decided about the device's keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    /// Stands in certificate requests.
    pub(crate) device_id: String,
    /// Stands in the factory's certificate request.
    pub(crate) maker: String,
    /// Where keys live.
    #[serde(default)]
    pub(crate) store: Store,
    /// How a TPM is reached, as libtss2 writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tcti: Option<String>,
    /// A file that only this board offers (such as fuses read through nvmem): key files are sealed to its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_secret: Option<PathBuf>,
}

/// Why the key process does not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    RequestMalformed,
    RequestTooLong,
    SlotUnknown,
    PurposeUnknown,
    SlotNotForPurpose,
    NotClientVerify,
    NotEvidence,
    KeyMissing,
    KeyDamaged,
    /// Only a build with TPM support meets it.
    KeyForeign,
    KeyExists,
    SecretTooLong,
    SecretNameBad,
    SealedDamaged,
    StoreFailed,
    PeerNotAllowed,
}

impl Refusal {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RequestMalformed => "key-request-malformed",
            Self::RequestTooLong => "key-request-too-long",
            Self::SlotUnknown => "key-slot-unknown",
            Self::PurposeUnknown => "key-purpose-unknown",
            Self::SlotNotForPurpose => "key-not-for-purpose",
            Self::NotClientVerify => "message-not-client-verify",
            Self::NotEvidence => "message-not-evidence",
            Self::KeyMissing => "key-missing",
            Self::KeyDamaged => "key-damaged",
            Self::KeyForeign => "key-not-of-this-hardware",
            Self::KeyExists => "key-exists",
            Self::SecretTooLong => "secret-too-long",
            Self::SecretNameBad => "secret-name-bad",
            Self::SealedDamaged => "sealed-damaged",
            Self::StoreFailed => "key-store-failed",
            Self::PeerNotAllowed => "key-peer-not-allowed",
        }
    }
}

/// A place where keys live. Keys are P-256; a key that was made is never replaced, only erased.
pub(crate) trait Provider: Send {
    /// What protects the keys: `file`, `file-sealed` or `tpm`.
    fn protection(&self) -> &'static str;
    /// The key's `SubjectPublicKeyInfo`, DER.
    fn public(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal>;
    /// Makes a key; gives its `SubjectPublicKeyInfo`.
    fn make(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal>;
    /// Destroys a key, if it is there.
    fn erase(&mut self, slot: KeySlot) -> Result<(), Refusal>;
    /// Signs with ECDSA over SHA-256; r and s, 32 bytes each.
    fn sign(&mut self, slot: KeySlot, message: &[u8]) -> Result<[u8; 64], Refusal>;
    /// The key that seals secrets; made at its first use.
    fn sealing_key(&mut self) -> Result<SealingKey, Refusal>;
    /// Destroys it.
    fn erase_sealing_key(&mut self) -> Result<(), Refusal>;
}

/// The keys of one device.
pub(crate) struct Vault {
    terms: Terms,
    device: DeviceId,
    provider: Box<dyn Provider>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({}, {})", self.device, self.provider.protection())
    }
}

impl Vault {
    /// Makes an empty vault in a directory that has none yet.
    pub(crate) fn create(dir: &Path, terms: &Terms) -> Result<Self, Fault> {
        let path = dir.join(TERMS);
        let text = toml::to_string(terms).map_err(|why| Fault::content(&path, why))?;
        Terms::parse(&text).map_err(|why| Fault::content(&path, why))?;
        durable::create_dir(dir)?;
        durable::write_new(&path, text.as_bytes())?;
        Self::open(dir)
    }

    /// Whether there is a vault.
    pub(crate) fn is_at(dir: &Path) -> bool {
        dir.join(TERMS).exists()
    }

    /// Opens the vault of a directory that nobody else can look into.
    pub(crate) fn open(dir: &Path) -> Result<Self, Fault> {
        let about = std::fs::metadata(dir).map_err(Fault::files("open", dir))?;
        let own = rustix::process::geteuid().as_raw();
        if about.uid() != own || about.permissions().mode() & 0o077 != 0 {
            tracing::error!(vault.path = %dir.display(), "the vault must belong to the key process alone, mode 0700");
            return Err(Fault::refused("vault-not-private"));
        }
        let path = dir.join(TERMS);
        let bytes = durable::read(&path)?.ok_or_else(|| Fault::content(&path, "not there; `init` writes it"))?;
        let text = String::from_utf8(bytes).map_err(|why| Fault::content(&path, why))?;
        let terms = Terms::parse(&text).map_err(|why| Fault::content(&path, why))?;
        let device = terms.device_id.parse().map_err(|why| Fault::content(&path, why))?;
        Ok(Self { device, provider: provider(dir, &terms)?, terms })
    }

    /// What protects the keys.
    pub(crate) fn protection(&self) -> &'static str {
        self.provider.protection()
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, request: Request<'_>) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let nothing = |()| Vec::new();
        let answer = match request {
            Request::Hello => {
                format!("{{\"device\":\"{}\",\"protection\":\"{}\"}}", self.device, self.protection()).into_bytes()
            }
            Request::Public(slot) => self.provider.public(slot)?,
            Request::Make(slot) => self.make_if_missing(operational(slot)?)?,
            Request::Erase(slot) => self.provider.erase(operational(slot)?).map(nothing)?,
            Request::Certify(slot) => self.request(operational(slot)?, None)?,
            Request::Sign(slot, purpose, message) => {
                purpose.check(slot, message)?;
                let signature = self.provider.sign(slot, message)?;
                match purpose {
                    Purpose::TlsClientVerify => der_of(&signature),
                    Purpose::Evidence => signature.to_vec(),
                }
            }
            Request::Seal(name, plain) => seal::seal(&self.provider.sealing_key()?, secret_name(name)?, plain)?,
            Request::Unseal(name, sealed) => {
                return seal::unseal(&self.provider.sealing_key()?, secret_name(name)?, sealed);
            }
            Request::Wipe => {
                for slot in KeySlot::ALL.into_iter().filter(|slot| *slot != KeySlot::Factory) {
                    self.provider.erase(slot)?;
                }
                self.provider.erase_sealing_key().map(nothing)?
            }
        };
        Ok(Zeroizing::new(answer))
    }

    /// At the factory: the one key that is never replaced, and its certificate request as PEM.
    pub(crate) fn make_factory_key(&mut self) -> Result<String, Refusal> {
        self.provider.make(KeySlot::Factory)?;
        let maker = self.terms.maker.clone();
        let der = self.request(KeySlot::Factory, Some(&maker))?;
        Ok(crate::credential::pem("CERTIFICATE REQUEST", &der))
    }

    fn make_if_missing(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal> {
        match self.provider.public(slot) {
            Err(Refusal::KeyMissing) => self.provider.make(slot),
            other => other,
        }
    }

    /// A certificate request (PKCS#10, RFC 2986) that names this device and nothing else.
    fn request(&mut self, slot: KeySlot, organization: Option<&str>) -> Result<Vec<u8>, Refusal> {
        let spki = self.provider.public(slot)?;
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        if let Some(organization) = organization {
            name.push(DnType::OrganizationName, organization);
        }
        name.push(DnType::CustomDnType(SERIAL_NUMBER.to_vec()), self.device.as_str());
        params.distinguished_name = name;
        let point = spki.get(POINT_AT..).unwrap_or_default();
        let subject = Subject { provider: RefCell::new(self.provider.as_mut()), slot, point };
        let request = params.serialize_request(&subject).map_err(|why| {
            tracing::error!(reason = %why, "no certificate request");
            Refusal::StoreFailed
        })?;
        Ok(request.der().to_vec())
    }
}

impl Terms {
    #[cfg(test)]
    pub(crate) fn of(device: &str) -> Self {
        let (device_id, maker) = (device.to_owned(), "hearth.example".to_owned());
        Self { device_id, maker, store: Store::File, tcti: None, device_secret: None }
    }

    /// Reads the file's text; the error is a sentence for whoever wrote it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let terms: Self = toml::from_str(text).map_err(|why| why.to_string())?;
        let _: DeviceId = terms.device_id.parse().map_err(|why| format!("device_id: {why}"))?;
        if terms.store == Store::Tpm && terms.device_secret.is_some() {
            return Err("device_secret: a TPM needs none".to_owned());
        }
        Ok(terms)
    }
}

/// The factory key is made once, at the factory; nobody asks for it here.
const fn operational(slot: KeySlot) -> Result<KeySlot, Refusal> {
    match slot {
        KeySlot::Factory => Err(Refusal::SlotNotForPurpose),
        KeySlot::Operational(_) => Ok(slot),
    }
}

/// Lower-case letters, digits and inner hyphens, as in `wifi` or `door-pin`.
pub(crate) fn secret_name(name: &str) -> Result<&str, Refusal> {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if name.len() <= 48 && name.split('-').all(word) { Ok(name) } else { Err(Refusal::SecretNameBad) }
}

fn provider(dir: &Path, terms: &Terms) -> Result<Box<dyn Provider>, Fault> {
    match terms.store {
        Store::File => Ok(Box::new(file::Files::open(dir, terms)?)),
        #[cfg(feature = "tpm")]
        Store::Tpm => Ok(Box::new(super::tpm::Tpm::open(dir, terms)?)),
        #[cfg(not(feature = "tpm"))]
        Store::Tpm => Err(Fault::refused("built-without-tpm")),
    }
}

/// A key in the vault, as the writer of requests sees it.
struct Subject<'a> {
    provider: RefCell<&'a mut dyn Provider>,
    slot: KeySlot,
    point: &'a [u8],
}

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Subject<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.provider.borrow_mut().sign(self.slot, message);
        signature.map(|signature| der_of(&signature)).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

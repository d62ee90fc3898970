//! The factory station: a CA that vouches for keys made inside devices, and the manifest of a batch.
//!
//! Works on files alone; it never meets the server. It refuses to vouch for two keys under one device id, and the
//! manifest it writes holds thumbprints and salted hashes, no secret.

mod label;
mod manifest;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::fleet::batch::ListedDevice;
use holdfast_domain::telemetry::KeyProtection;
use rcgen::{Issuer, KeyPair, PublicKeyData};
use rustls::pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::oid_registry::OID_X509_ORGANIZATION_NAME;

use crate::authority::secret_file::{self, SecretFileError};
use crate::authority::{
    AuthorityError, CertificateError, RequestError, RequestedKey, SERIAL_BYTES, Validity, ca_certificate, create_p256,
    idevid, parse, read_certificate, read_p256, spki_of,
};
use crate::tls::peer::{Issuers, Peer, PeerError, subject_device};

pub use label::{Label, LabelError};
pub use manifest::{DEVICES_MAX, FactoryManifest, MANIFEST_BYTES_MAX, ManifestError, claim_hash, claim_text};

/// Life of a factory CA: thirty years, longer than the products it vouches for are supported.
pub const FACTORY_CA_LIFE: Millis = Millis::from_secs(30 * 365 * 86_400);
/// Longest maker's name, in bytes (X.520 upper bound of an organization name).
pub const MAKER_BYTES_MAX: usize = 64;
/// The CA's certificate in the station's directory; it goes into the trust document.
pub const CA_CERT_FILE: &str = "factory-ca.pem";
const CA_KEY_FILE: &str = "factory-ca.key";
const ISSUED_DIR: &str = "issued";

/// Why the factory station refuses or fails.
#[derive(Debug, Error)]
pub enum FactoryError {
    /// There is a factory CA in this directory already.
    #[error("{0} holds a factory CA already; it is not replaced")]
    Exists(PathBuf),
    /// A maker's name that cannot stand in a certificate.
    #[error("the maker's name must have 1 to 64 printable characters")]
    BadMaker,
    /// The request is not PEM, or refused by its content.
    #[error("the certification request is refused")]
    Request(#[from] RequestError),
    /// Another key was certified for this device id before.
    #[error("device {0} already has a factory identity with another key")]
    DeviceIssued(DeviceId),
    /// This key was certified for another device before.
    #[error("this key already belongs to device {0}: keys must be made in each device")]
    KeyIssued(DeviceId),
    /// A device's certificate is not from this station, or names no device.
    #[error("{path}: not a factory certificate of this station")]
    Foreign {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: PeerError,
    },
    /// The key files of the station, or a device's files.
    #[error(transparent)]
    Files(#[from] AuthorityError),
    /// What a manifest would hold is not acceptable.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl FactoryError {
    /// Stable name for reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Exists(_) => "factory-ca-exists",
            Self::BadMaker => "maker-name-unusable",
            Self::Request(inner) => inner.name(),
            Self::DeviceIssued(_) => "device-id-issued-before",
            Self::KeyIssued(_) => "device-key-issued-before",
            Self::Foreign { .. } => "factory-certificate-foreign",
            Self::Files(inner) => inner.name(),
            Self::Manifest(inner) => inner.name(),
        }
    }
}

impl From<SecretFileError> for FactoryError {
    fn from(inner: SecretFileError) -> Self {
        Self::Files(inner.into())
    }
}

impl From<CertificateError> for FactoryError {
    fn from(inner: CertificateError) -> Self {
        Self::Files(inner.into())
    }
}

/// An opened factory station.
pub struct Station {
    dir: PathBuf,
    ca: Issuer<'static, KeyPair>,
    ca_der: CertificateDer<'static>,
    maker: String,
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station").field("dir", &self.dir).field("maker", &self.maker).finish_non_exhaustive()
    }
}

/// Makes a factory CA in an empty directory.
///
/// # Errors
/// [`FactoryError`], by name.
pub fn init(dir: &Path, maker: &str, now: Timestamp) -> Result<Station, FactoryError> {
    if maker.is_empty() || maker.len() > MAKER_BYTES_MAX || maker.chars().any(char::is_control) {
        return Err(FactoryError::BadMaker);
    }
    secret_file::open_dir(dir)?;
    let certificate = dir.join(CA_CERT_FILE);
    if certificate.exists() {
        return Err(FactoryError::Exists(dir.to_owned()));
    }
    if !dir.join(CA_KEY_FILE).exists() {
        create_p256(&dir.join(CA_KEY_FILE))?;
    }
    let key = read_p256(&dir.join(CA_KEY_FILE))?;
    let serial = crate::clock::random::<SERIAL_BYTES>();
    let validity = Validity::from(now, FACTORY_CA_LIFE);
    let der = ca_certificate(("Factory CA", Some(maker)), &key, &serial, validity)?;
    secret_file::open_dir(&dir.join(ISSUED_DIR))?;
    secret_file::replace_public(&certificate, secret_file::pem("CERTIFICATE", &der).as_bytes())?;
    Station::open(dir)
}

impl Station {
    /// Opens a station that [`init`] made.
    ///
    /// # Errors
    /// [`FactoryError`] if a file is missing, foreign or readable by others.
    pub fn open(dir: &Path) -> Result<Self, FactoryError> {
        secret_file::open_dir(dir)?;
        let key = read_p256(&dir.join(CA_KEY_FILE))?;
        let ca_der = read_certificate(&dir.join(CA_CERT_FILE))?;
        if spki_of(&ca_der)? != key.subject_public_key_info() {
            return Err(AuthorityError::Mismatch.into());
        }
        let maker = {
            let parsed = parse(&ca_der)?;
            let mut names = parsed.subject().iter_by_oid(&OID_X509_ORGANIZATION_NAME);
            names.next().and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned()
        };
        let ca = Issuer::from_ca_cert_der(&ca_der, key).map_err(CertificateError::from)?;
        Ok(Self { dir: dir.to_owned(), ca, ca_der, maker })
    }

    /// The CA's certificate, for the trust document.
    #[must_use]
    pub const fn ca_certificate(&self) -> &CertificateDer<'static> {
        &self.ca_der
    }

    /// The maker's name in the certificates.
    #[must_use]
    pub fn maker(&self) -> &str {
        &self.maker
    }

    /// Vouches for a device's key: gives its factory certificate as PEM. The same key and id give the same
    /// certificate again.
    ///
    /// # Errors
    /// [`FactoryError`]; nothing is issued then.
    pub fn sign(&self, request_pem: &[u8], device: &DeviceId, now: Timestamp) -> Result<String, FactoryError> {
        let request = secret_file::from_pem("CERTIFICATE REQUEST", request_pem).ok_or(RequestError::Malformed)?;
        let key = RequestedKey::from_request(&request)?;
        let by_device = self.dir.join(ISSUED_DIR).join(format!("{device}.crt"));
        if by_device.exists() {
            let before = read_certificate(&by_device)?;
            if spki_of(&before)? != key.spki() {
                return Err(FactoryError::DeviceIssued(device.clone()));
            }
            return Ok(secret_file::pem("CERTIFICATE", &before).to_string());
        }
        // Reserving the key first: two devices that share one are caught even if the station is cut off in between.
        self.reserve_key(key.thumbprint(), device)?;
        let serial = crate::clock::random::<SERIAL_BYTES>();
        let der = idevid(&self.ca, device, &self.maker, key.spki(), (&serial, now))?;
        let pem = secret_file::pem("CERTIFICATE", &der).to_string();
        secret_file::create(&by_device, pem.as_bytes())?;
        Ok(pem)
    }

    fn reserve_key(&self, key: KeyThumbprint, device: &DeviceId) -> Result<(), FactoryError> {
        let by_key = self.dir.join(ISSUED_DIR).join(format!("{}.key-of", Sha256Digest::from_bytes(key.0)));
        match secret_file::create(&by_key, device.as_str().as_bytes()) {
            Err(SecretFileError::Exists(_)) => {
                let owner = secret_file::read(&by_key)?;
                match std::str::from_utf8(&owner).ok().and_then(|id| id.parse::<DeviceId>().ok()) {
                    Some(owner) if owner == *device => Ok(()),
                    Some(owner) => Err(FactoryError::KeyIssued(owner)),
                    None => Err(SecretFileError::NotPem { path: by_key, label: "device id" }.into()),
                }
            }
            outcome => Ok(outcome?),
        }
    }

    /// Records that the station saw this device's factory key in a TPM 2.0: its endorsement certificate and a quote.
    ///
    /// # Errors
    /// [`FactoryError`] if the mark cannot be written.
    pub fn saw_tpm(&self, device: &DeviceId) -> Result<(), FactoryError> {
        Ok(secret_file::replace_secret(&self.tpm_mark(device), b"tpm\n")?)
    }

    fn tpm_mark(&self, device: &DeviceId) -> PathBuf {
        self.dir.join(ISSUED_DIR).join(format!("{device}.tpm"))
    }

    fn protection_of(&self, device: &DeviceId) -> KeyProtection {
        if self.tpm_mark(device).exists() { KeyProtection::Hardware } else { KeyProtection::File }
    }

    /// Lists the devices whose directories are given: each holds `keys/factory.crt` from this station and the secret
    /// file `claim-code`, of which only a salted hash goes into the manifest.
    ///
    /// # Errors
    /// [`FactoryError`], for the first directory that is refused.
    pub fn manifest(
        &self,
        batch: holdfast_core::id::BatchId,
        product: &holdfast_core::id::ProductId,
        device_dirs: &[PathBuf],
        now: Timestamp,
    ) -> Result<FactoryManifest, FactoryError> {
        let issuers = Issuers::new(std::slice::from_ref(&self.ca_der))?;
        let mut devices = Vec::with_capacity(device_dirs.len());
        for dir in device_dirs {
            let path = dir.join("keys/factory.crt");
            let certificate = read_certificate(&path)?;
            let peer = Peer::from_chain(&[certificate], &Issuers::default(), &issuers)
                .map_err(|source| FactoryError::Foreign { path, source })?;
            let code = secret_file::read(&dir.join("claim-code"))?;
            let salt = crate::clock::random::<16>();
            let code = claim_text(&code)?;
            let protection = self.protection_of(peer.device());
            devices.push(ListedDevice {
                id: peer.device().clone(),
                key: peer.key(),
                claim_salt: salt,
                claim_hash: code.hash(&salt),
                claim_lookup: Some(code.lookup()),
                protection,
            });
        }
        let factory_ca = *Sha256Digest::of(&self.ca_der).as_bytes();
        Ok(FactoryManifest::new(batch, product.clone(), now, factory_ca, devices)?)
    }
}

/// The device that a factory certificate names, if there is one to be read.
pub(crate) fn device_of(certificate: &Path) -> Option<DeviceId> {
    let certificate = read_certificate(certificate).ok()?;
    subject_device(&parse(&certificate).ok()?).ok()
}

/// Reads a public file of at most `bytes_max` bytes.
///
/// # Errors
/// [`SecretFileError::OverLong`], or the file system's own faults.
pub(crate) fn read_public(path: &Path, bytes_max: u64) -> Result<Vec<u8>, SecretFileError> {
    let io = |source| SecretFileError::Io { path: path.to_owned(), source };
    if fs::metadata(path).map_err(io)?.len() > bytes_max {
        return Err(SecretFileError::OverLong(path.to_owned()));
    }
    fs::read(path).map_err(io)
}

#[cfg(test)]
mod tests;

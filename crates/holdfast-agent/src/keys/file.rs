//! Keys in files: mode 0600 in a private directory; sealed to a secret of the board where there is one.
//!
//! Without such a secret whoever reads the flash reads the keys: the weakest protection, and called `file`.

use std::path::{Path, PathBuf};

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rcgen::KeyPair;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use super::seal::{self, SealingKey};
use super::vault::Provider;
use super::{KeySlot, Refusal, Terms, spki_of};
use crate::clock;
use crate::durable;
use crate::fault::Fault;

/// The key of sealed secrets, and its name where it is sealed itself.
const SEALING_KEY: &str = "seal.key";
/// Fewest bytes of a board's secret.
const DEVICE_SECRET_BYTES_MIN: usize = 16;
/// Separates this use of the board's secret from all others.
const DERIVATION: &[u8] = b"holdfast key files 1";

/// Keys as files of one directory.
pub(super) struct Files {
    dir: PathBuf,
    board: Option<SealingKey>,
}

impl Files {
    pub(super) fn open(dir: &Path, terms: &Terms) -> Result<Self, Fault> {
        let board = match &terms.device_secret {
            None => None,
            Some(path) => {
                let secret = durable::read(path)?.map(Zeroizing::new);
                let secret = secret.filter(|secret| secret.len() >= DEVICE_SECRET_BYTES_MIN);
                let secret = secret.ok_or_else(|| Fault::content(path, "not there, or too short for a secret"))?;
                Some(derive(&secret, terms.device_id.as_bytes())?)
            }
        };
        Ok(Self { dir: dir.to_path_buf(), board })
    }

    fn path(&self, slot: KeySlot) -> PathBuf {
        self.dir.join(format!("{}.key", slot.name()))
    }

    /// Reads a file, and opens it if it is sealed to the board.
    fn read(&self, path: &Path, name: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let bytes = durable::read(path).map_err(|fault| failed(&fault))?.map(Zeroizing::new);
        let bytes = bytes.ok_or(Refusal::KeyMissing)?;
        match &self.board {
            None => Ok(bytes),
            Some(board) => seal::unseal(board, name, &bytes).map_err(|_| Refusal::KeyDamaged),
        }
    }

    /// Writes a file that must not be there, sealed to the board if there is a secret.
    fn write(&self, path: &Path, name: &str, secret: &[u8]) -> Result<(), Refusal> {
        if path.exists() {
            return Err(Refusal::KeyExists);
        }
        match &self.board {
            None => durable::write(path, secret),
            Some(board) => durable::write(path, &seal::seal(board, name, secret)?),
        }
        .map_err(|fault| failed(&fault))
    }

    fn pair(&self, slot: KeySlot) -> Result<EcdsaKeyPair, Refusal> {
        let pem = self.read(&self.path(slot), slot.name())?;
        let pkcs8 = pkcs8_of_pem(&pem).ok_or(Refusal::KeyDamaged)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).map_err(|_| Refusal::KeyDamaged)
    }
}

/// A private key in a file's text.
pub(crate) fn pkcs8_of_pem(pem: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
    Some(Zeroizing::new(key.secret_pkcs8_der().to_vec()))
}

/// Logs why a file could not be used: the asking process learns only that.
fn failed(fault: &Fault) -> Refusal {
    tracing::error!(fault.name = fault.name(), fault.text = %crate::fault::chain(fault), "key store");
    if matches!(fault, Fault::Content { .. }) { Refusal::KeyDamaged } else { Refusal::StoreFailed }
}

struct KeyBytes;

impl KeyType for KeyBytes {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF-SHA-256 (RFC 5869) with the device's id as salt.
fn derive(secret: &[u8], salt: &[u8]) -> Result<SealingKey, Fault> {
    let mut key = SealingKey::new([0; 32]);
    let filled = Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[DERIVATION], KeyBytes)
        .and_then(|material| material.fill(key.as_mut_slice()));
    filled.map(|()| key).map_err(|_| Fault::crypto("derive a key", "HKDF failed"))
}

impl Provider for Files {
    fn protection(&self) -> &'static str {
        if self.board.is_some() { "file-sealed" } else { "file" }
    }

    fn public(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal> {
        spki_of(self.pair(slot)?.public_key().as_ref()).ok_or(Refusal::KeyDamaged)
    }

    fn make(&mut self, slot: KeySlot) -> Result<Vec<u8>, Refusal> {
        let pair = KeyPair::generate().map_err(|_| Refusal::StoreFailed)?;
        let pem = Zeroizing::new(pair.serialize_pem());
        self.write(&self.path(slot), slot.name(), pem.as_bytes())?;
        self.public(slot)
    }

    fn erase(&mut self, slot: KeySlot) -> Result<(), Refusal> {
        durable::remove(&self.path(slot)).map_err(|fault| failed(&fault))
    }

    fn sign(&mut self, slot: KeySlot, message: &[u8]) -> Result<[u8; 64], Refusal> {
        let signature = self.pair(slot)?.sign(&SystemRandom::new(), message).map_err(|_| Refusal::StoreFailed)?;
        signature.as_ref().try_into().map_err(|_| Refusal::StoreFailed)
    }

    fn sealing_key(&mut self) -> Result<SealingKey, Refusal> {
        let path = self.dir.join(SEALING_KEY);
        match self.read(&path, SEALING_KEY) {
            Ok(bytes) => bytes.as_slice().try_into().map(SealingKey::new).map_err(|_| Refusal::KeyDamaged),
            Err(Refusal::KeyMissing) => {
                let key = SealingKey::new(clock::random());
                self.write(&path, SEALING_KEY, key.as_slice())?;
                Ok(key)
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn erase_sealing_key(&mut self) -> Result<(), Refusal> {
        durable::remove(&self.dir.join(SEALING_KEY)).map_err(|fault| failed(&fault))
    }
}

//! Secrets of the server at rest: in clear files that only it can read, or sealed.
//!
//! Sealed means envelope encryption: each file is encrypted with a data key (AES-256-GCM, bound to the file's name); the
//! data key is wrapped by a key that lies outside the state folder, so that a copy of the folder opens nothing. The outer
//! key comes from a file, or from a passphrase in a file; never from an argument.

use std::fmt;
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::pbkdf2;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secret_file::{self, SecretFileError, from_hex, hex};

/// PEM label of a sealed file.
pub(super) const SEALED: &str = "HOLDFAST SEALED KEY";
/// The file that holds the wrapped data key.
pub(super) const SEAL: &str = "seal.json";
/// What the data key is bound to.
const DATA_KEY_AAD: &[u8] = b"holdfast data key 1";
/// Version of the seal file's form.
const FORM: u32 = 1;
/// Rounds of PBKDF2-HMAC-SHA512 for a passphrase: about half a second of work.
const ROUNDS: u32 = 800_000;
/// Most rounds that are believed: a changed seal file must not stop the start for hours.
const ROUNDS_MAX: u32 = 10_000_000;
/// Fewest characters of a passphrase.
const PASSPHRASE_CHARS_MIN: usize = 15;
/// Bytes of either key.
const KEY_BYTES: usize = 32;

/// Where the outer key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealSource {
    /// A file of 32 random bytes, as they are or as 64 hexadecimal digits.
    KeyFile(PathBuf),
    /// A file whose first line is a passphrase.
    PassphraseFile(PathBuf),
}

/// Why sealed secrets cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// The keys are sealed and nothing was given to open them.
    #[error("the keys are sealed: give --seal-key-file or --seal-passphrase-file")]
    Missing,
    /// Not the key that sealed them.
    #[error("this is not the key that sealed the server's keys, or a sealed file was changed")]
    Wrong,
    /// The file holds neither 32 bytes nor 64 digits.
    #[error("{0} holds neither 32 bytes nor 64 hexadecimal digits")]
    NotAKey(PathBuf),
    /// Too short.
    #[error("{0} holds a passphrase of fewer than 15 characters")]
    Weak(PathBuf),
    /// The seal file cannot be understood.
    #[error("{0} is not a seal")]
    Malformed(PathBuf),
    /// The keys are not sealed.
    #[error("the keys are not sealed")]
    NotSealed,
}

impl SealError {
    /// Stable name for reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::File(inner) => inner.name(),
            Self::Missing => "seal-key-missing",
            Self::Wrong => "seal-key-wrong",
            Self::NotAKey(_) => "seal-key-malformed",
            Self::Weak(_) => "seal-passphrase-weak",
            Self::Malformed(_) => "seal-malformed",
            Self::NotSealed => "keys-not-sealed",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    form: u32,
    /// `key-file`, or `PBKDF2-HMAC-SHA512`.
    from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    /// Nonce and encrypted data key.
    wrapped: String,
}

/// How secrets lie in one folder.
pub(super) struct Vault(Option<Box<RandomizedNonceKey>>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_sealed() { "Vault(sealed)" } else { "Vault(clear)" })
    }
}

impl Vault {
    /// Opens the vault of a folder of keys, and seals it first if a source is given and it was not sealed before.
    pub(super) fn open(dir: &Path, source: Option<&SealSource>) -> Result<Self, SealError> {
        let path = dir.join(SEAL);
        match (path.exists(), source) {
            (false, None) => Ok(Self(None)),
            (true, None) => Err(SealError::Missing),
            (true, Some(source)) => {
                let data_key = unwrap(&path, source)?;
                let vault = Self::with(&data_key)?;
                vault.seal_what_is_clear(dir)?;
                Ok(vault)
            }
            (false, Some(source)) => {
                let data_key = Zeroizing::new(crate::clock::random::<KEY_BYTES>());
                wrap(&path, source, &data_key)?;
                let vault = Self::with(&data_key)?;
                vault.seal_what_is_clear(dir)?;
                Ok(vault)
            }
        }
    }

    fn with(data_key: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, data_key).map_err(|_| SealError::Wrong)?;
        Ok(Self(Some(Box::new(key))))
    }

    pub(super) const fn is_sealed(&self) -> bool {
        self.0.is_some()
    }

    /// Reads a secret, sealed or clear as this vault keeps it.
    pub(super) fn read(&self, path: &Path, label: &'static str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let Some(key) = &self.0 else { return Ok(secret_file::read_pem(path, label)?) };
        let sealed = secret_file::read_pem(path, SEALED)?;
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::Wrong)?;
        open_box(key, nonce, body, &bound_to(path, label))
    }

    /// Makes a secret file that was not there.
    pub(super) fn create(&self, path: &Path, label: &'static str, secret: &[u8]) -> Result<(), SealError> {
        Ok(secret_file::create(path, self.text(path, label, secret)?.as_bytes())?)
    }

    /// Puts a secret in the place of the one that is there.
    pub(super) fn replace(&self, path: &Path, label: &'static str, secret: &[u8]) -> Result<(), SealError> {
        Ok(secret_file::replace_secret(path, self.text(path, label, secret)?.as_bytes())?)
    }

    fn text(&self, path: &Path, label: &'static str, secret: &[u8]) -> Result<Zeroizing<String>, SealError> {
        let Some(key) = &self.0 else { return Ok(secret_file::pem(label, secret)) };
        Ok(secret_file::pem(SEALED, &seal_box(key, secret, &bound_to(path, label))?))
    }

    /// Seals every clear key of the folder. A start that was cut off in between is completed by the next one.
    fn seal_what_is_clear(&self, dir: &Path) -> Result<(), SealError> {
        let listed = fs::read_dir(dir).map_err(|source| SecretFileError::Io { path: dir.to_owned(), source })?;
        for entry in listed.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|kind| kind != "key") {
                continue;
            }
            if let Some(clear) = secret_file::from_pem(super::PRIVATE_KEY, &secret_file::read(&path)?) {
                self.replace(&path, super::PRIVATE_KEY, &clear)?;
                tracing::info!(key.file = %path.display(), "key sealed");
            }
        }
        Ok(())
    }
}

/// Wraps the data key of a folder with another outer key, in one step; the sealed files stay as they are.
///
/// # Errors
/// [`SealError`]; the old key still opens the folder then.
pub fn rewrap(dir: &Path, old: &SealSource, new: &SealSource) -> Result<(), SealError> {
    let path = dir.join(SEAL);
    if !path.exists() {
        return Err(SealError::NotSealed);
    }
    let data_key = unwrap(&path, old)?;
    wrap(&path, new, &data_key)
}

/// A file's content is bound to its name and kind, so that files cannot be exchanged for each other.
fn bound_to(path: &Path, label: &str) -> Vec<u8> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    [label.as_bytes(), b"\n", name.as_bytes()].concat()
}

fn seal_box(key: &RandomizedNonceKey, secret: &[u8], aad: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut body = secret.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(aad), &mut body).map_err(|_| SealError::Wrong)?;
    Ok([nonce.as_ref().as_slice(), &body].concat())
}

fn open_box(key: &RandomizedNonceKey, nonce: &[u8], body: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Wrong)?;
    let mut body = Zeroizing::new(body.to_vec());
    let opened = key.open_in_place(nonce, Aad::from(aad), &mut body).map_err(|_| SealError::Wrong)?.len();
    body.truncate(opened);
    Ok(body)
}

fn wrap(path: &Path, source: &SealSource, data_key: &[u8; KEY_BYTES]) -> Result<(), SealError> {
    let (from, rounds, salt, outer) = match source {
        SealSource::KeyFile(file) => ("key-file", None, None, key_in(file)?),
        SealSource::PassphraseFile(file) => {
            let salt = crate::clock::random::<16>();
            ("PBKDF2-HMAC-SHA512", Some(ROUNDS), Some(hex(&salt)), stretched(file, ROUNDS, &salt)?)
        }
    };
    let key = RandomizedNonceKey::new(&AES_256_GCM, outer.as_slice()).map_err(|_| SealError::Wrong)?;
    let wrapped = hex(&seal_box(&key, data_key, DATA_KEY_AAD)?);
    let seal = Seal { form: FORM, from: from.to_owned(), rounds, salt, wrapped };
    let text = serde_json::to_string_pretty(&seal).map_err(|_| SealError::Malformed(path.to_owned()))?;
    Ok(secret_file::replace_secret(path, text.as_bytes())?)
}

fn unwrap(path: &Path, source: &SealSource) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let malformed = || SealError::Malformed(path.to_owned());
    let seal: Seal = serde_json::from_slice(&secret_file::read(path)?).map_err(|_| malformed())?;
    if seal.form != FORM {
        return Err(malformed());
    }
    let outer = match (source, seal.from.as_str()) {
        (SealSource::KeyFile(file), "key-file") => key_in(file)?,
        (SealSource::PassphraseFile(file), "PBKDF2-HMAC-SHA512") => {
            let rounds = seal.rounds.filter(|rounds| (ROUNDS..=ROUNDS_MAX).contains(rounds)).ok_or_else(malformed)?;
            let salt = seal.salt.as_deref().and_then(from_hex).ok_or_else(malformed)?;
            stretched(file, rounds, &salt)?
        }
        (SealSource::KeyFile(_) | SealSource::PassphraseFile(_), _) => return Err(SealError::Wrong),
    };
    let key = RandomizedNonceKey::new(&AES_256_GCM, outer.as_slice()).map_err(|_| SealError::Wrong)?;
    let wrapped = from_hex(&seal.wrapped).ok_or_else(malformed)?;
    let (nonce, body) = wrapped.split_at_checked(NONCE_LEN).ok_or_else(malformed)?;
    let opened = open_box(&key, nonce, body, DATA_KEY_AAD)?;
    <[u8; KEY_BYTES]>::try_from(opened.as_slice()).map(Zeroizing::new).map_err(|_| SealError::Wrong)
}

fn key_in(file: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let content = secret_file::read(file)?;
    // 32 bytes are the key itself, whatever they look like.
    let text = std::str::from_utf8(&content).ok().filter(|_| content.len() != KEY_BYTES);
    let digits = text.and_then(|text| from_hex(text.trim())).map(Zeroizing::new);
    let bytes = digits.as_deref().map_or(content.as_slice(), Vec::as_slice);
    <[u8; KEY_BYTES]>::try_from(bytes).map(Zeroizing::new).map_err(|_| SealError::NotAKey(file.to_owned()))
}

fn stretched(file: &Path, rounds: u32, salt: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let content = secret_file::read(file)?;
    let passphrase = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let passphrase = passphrase.strip_suffix(b"\r").unwrap_or(passphrase);
    if String::from_utf8_lossy(passphrase).chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(SealError::Weak(file.to_owned()));
    }
    let rounds = NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MIN);
    let mut outer = Zeroizing::new([0; KEY_BYTES]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, salt, passphrase, outer.as_mut_slice());
    Ok(outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = dir.join(name);
        secret_file::create(&path, content).unwrap();
        path
    }

    #[test]
    fn a_clear_folder_is_sealed_once_and_opens_with_its_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        secret_file::open_dir(&keys).unwrap();
        Vault::open(&keys, None)
            .unwrap()
            .create(&keys.join("a.key"), "PRIVATE KEY", b"a secret of some length")
            .unwrap();
        let right = SealSource::KeyFile(source(dir.path(), "kek", &[7; 32]));
        let wrong = SealSource::KeyFile(source(dir.path(), "other", "08".repeat(32).as_bytes()));
        let vault = Vault::open(&keys, Some(&right)).unwrap();
        assert!(vault.is_sealed());
        let text = fs::read_to_string(keys.join("a.key")).unwrap();
        assert!(text.contains(SEALED) && !text.contains("BEGIN PRIVATE KEY"));
        let again = Vault::open(&keys, Some(&right)).unwrap();
        assert_eq!(again.read(&keys.join("a.key"), "PRIVATE KEY").unwrap().as_slice(), b"a secret of some length");
        assert_eq!(Vault::open(&keys, Some(&wrong)).unwrap_err().name(), "seal-key-wrong");
        assert_eq!(Vault::open(&keys, None).unwrap_err().name(), "seal-key-missing");
    }

    #[test]
    fn sealed_files_cannot_be_exchanged_or_changed_and_the_same_secret_never_looks_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        secret_file::open_dir(&keys).unwrap();
        let vault = Vault::open(&keys, Some(&SealSource::KeyFile(source(dir.path(), "kek", &[7; 32])))).unwrap();
        let (a, b) = (keys.join("a.key"), keys.join("b.key"));
        vault.create(&a, "PRIVATE KEY", b"one").unwrap();
        vault.create(&b, "PRIVATE KEY", b"one").unwrap();
        assert_ne!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
        fs::copy(&a, &b).unwrap();
        assert_eq!(vault.read(&b, "PRIVATE KEY").unwrap_err().name(), "seal-key-wrong");
        assert_eq!(vault.read(&a, "PRIVATE KEY").unwrap().as_slice(), b"one");
    }

    #[test]
    fn a_passphrase_seals_and_can_be_changed_without_touching_the_keys() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        secret_file::open_dir(&keys).unwrap();
        let short = SealSource::PassphraseFile(source(dir.path(), "short", b"fourteen chars"));
        assert_eq!(Vault::open(&keys, Some(&short)).unwrap_err().name(), "seal-passphrase-weak");
        let old = SealSource::PassphraseFile(source(dir.path(), "old", b"correct horse battery staple\n"));
        let new = SealSource::KeyFile(source(dir.path(), "new", &[9; 32]));
        Vault::open(&keys, Some(&old)).unwrap().create(&keys.join("a.key"), "PRIVATE KEY", b"one").unwrap();
        let before = fs::read(keys.join("a.key")).unwrap();
        rewrap(&keys, &old, &new).unwrap();
        assert_eq!(fs::read(keys.join("a.key")).unwrap(), before);
        assert_eq!(Vault::open(&keys, Some(&old)).unwrap_err().name(), "seal-key-wrong");
        let vault = Vault::open(&keys, Some(&new)).unwrap();
        assert_eq!(vault.read(&keys.join("a.key"), "PRIVATE KEY").unwrap().as_slice(), b"one");
        assert_eq!(rewrap(&keys, &old, &new).unwrap_err().name(), "seal-key-wrong");
    }
}

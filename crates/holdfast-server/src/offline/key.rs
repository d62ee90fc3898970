//! A maker's keys as files: JSON, one key each, with the role it was made for. The private file is its owner's alone;
//! the `.pub` file beside it is what others need.

use std::fmt;
use std::path::{Path, PathBuf};

use holdfast_core::cose::{KeyId, PublicKey, Signer, SoftwareKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{OfflineError, create_public};
use crate::authority::secret_file::{self, from_hex, hex};
use crate::factory::read_public;

/// What kind of file this is; the form of both files.
const KIND: &str = "holdfast-maker-key/1";
/// Largest key file.
const KEY_FILE_BYTES_MAX: u64 = 4 * 1024;

/// What a key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyRole {
    /// Trust documents.
    Root,
    /// Releases.
    Release,
}

impl KeyRole {
    /// The role's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Release => "release",
        }
    }
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for KeyRole {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "root" => Ok(Self::Root),
            "release" => Ok(Self::Release),
            other => Err(format!("`{other}` is no role; roles are root and release")),
        }
    }
}

/// What may be told of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// What it may sign.
    pub role: KeyRole,
    /// The public key.
    pub public: PublicKey,
    /// Its file.
    pub path: PathBuf,
    /// Whether that file holds the private key.
    pub private: bool,
}

impl KeyInfo {
    /// The key's thumbprint (RFC 9679).
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.public.key_id()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    kind: &'a str,
    role: KeyRole,
    key_id: &'a str,
    public_key: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<&'a str>,
}

/// Makes an Ed25519 key: `path` with the private key, mode 0600, and `path.pub` without it.
///
/// # Errors
/// [`OfflineError`] if one of the files is there or cannot be written.
pub fn create_key(path: &Path, role: KeyRole) -> Result<KeyInfo, OfflineError> {
    let public_path = public_path(path);
    if public_path.exists() {
        return Err(OfflineError::Exists(public_path));
    }
    let seed = Zeroizing::new(crate::clock::random::<32>());
    let public = SoftwareKey::ed25519(&seed).public_key();
    let seed_text = Zeroizing::new(hex(seed.as_slice()));
    let (key_id, public_text) = (public.key_id().to_string(), hex(&public.to_cose_key()));
    let wire = |seed| Wire { kind: KIND, role, key_id: &key_id, public_key: &public_text, seed };
    let not_a_key = |_| OfflineError::NotAKey(path.to_owned());
    let secret = Zeroizing::new(serde_json::to_vec_pretty(&wire(Some(seed_text.as_str()))).map_err(not_a_key)?);
    secret_file::create(path, &secret)?;
    create_public(&public_path, &serde_json::to_vec_pretty(&wire(None)).map_err(not_a_key)?)?;
    Ok(KeyInfo { role, public, path: path.to_owned(), private: true })
}

/// What a key file says, private or public.
///
/// # Errors
/// [`OfflineError`] if it is not a key file, or a private one that others can read.
pub fn show_key(path: &Path) -> Result<KeyInfo, OfflineError> {
    Ok(read(path)?.0)
}

/// The private key of a file, for this role.
///
/// # Errors
/// [`OfflineError`]; [`OfflineError::OtherRole`] for a key of another role.
pub fn load_signer(path: &Path, role: KeyRole) -> Result<SoftwareKey, OfflineError> {
    let (info, key) = read(path)?;
    if info.role != role {
        return Err(OfflineError::OtherRole { path: path.to_owned(), found: info.role, needed: role });
    }
    key.ok_or_else(|| OfflineError::PublicOnly(path.to_owned()))
}

/// The public key of a file, for this role.
pub(super) fn load_public(path: &Path, role: KeyRole) -> Result<PublicKey, OfflineError> {
    let info = show_key(path)?;
    if info.role != role {
        return Err(OfflineError::OtherRole { path: path.to_owned(), found: info.role, needed: role });
    }
    Ok(info.public)
}

fn public_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".pub");
    path.with_file_name(name)
}

/// A key file's text whose parts agree. The seed is not looked at yet.
pub(crate) struct Text<'a> {
    pub(crate) role: KeyRole,
    pub(crate) public: PublicKey,
    seed: Option<&'a str>,
}

impl<'a> Text<'a> {
    pub(crate) fn read(text: &'a [u8]) -> Option<Self> {
        let wire: Wire<'a> = serde_json::from_slice(text).ok()?;
        let public = PublicKey::from_cose_key(&from_hex(wire.public_key)?).ok()?;
        let is_whole = wire.kind == KIND && public.key_id().to_string() == wire.key_id;
        is_whole.then_some(Self { role: wire.role, public, seed: wire.seed })
    }

    /// The private key, if the seed is that of the public key.
    pub(crate) fn private(&self) -> Option<SoftwareKey> {
        let seed = Zeroizing::new(from_hex(self.seed?)?);
        let seed: &[u8; 32] = seed.as_slice().try_into().ok()?;
        Some(SoftwareKey::ed25519(seed)).filter(|key| key.public_key() == self.public)
    }
}

fn read(path: &Path) -> Result<(KeyInfo, Option<SoftwareKey>), OfflineError> {
    let not_a_key = || OfflineError::NotAKey(path.to_owned());
    let bytes = Zeroizing::new(read_public(path, KEY_FILE_BYTES_MAX)?);
    let text = Text::read(&bytes).ok_or_else(not_a_key)?;
    let key = if text.seed.is_some() {
        // Only now it is known to be a secret; read it again by the way that checks who else can read it.
        secret_file::read(path)?;
        Some(text.private().ok_or_else(not_a_key)?)
    } else {
        None
    };
    Ok((KeyInfo { role: text.role, public: text.public, path: path.to_owned(), private: key.is_some() }, key))
}

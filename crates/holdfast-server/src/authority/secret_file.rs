//! Files that hold secrets: made once, never replaced, readable by their owner alone, on disk before they are used.
//!
//! Also atomic writing of public files beside them. It knows bytes and PEM; it does not know what the keys are for.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// Largest secret file that is read, in bytes.
pub const SECRET_BYTES_MAX: u64 = 16 * 1024;
/// Mode of a directory of secrets.
const DIR_MODE: u32 = 0o700;
/// Mode of a secret file.
const FILE_MODE: u32 = 0o600;
/// Any right of group or others.
const FOREIGN_RIGHTS: u32 = 0o077;
/// Characters in one line of PEM (RFC 7468 §2).
const PEM_LINE_CHARS: usize = 64;

/// Why a secret file cannot be made or used.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// The file is there already; secrets are never replaced.
    #[error("{0} exists already and is not replaced")]
    Exists(PathBuf),
    /// Group or others have rights on it, or it belongs to another user.
    #[error("{path} has mode {mode:03o} or another owner; only its owner may have rights on it")]
    ReadableByOthers {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Larger than [`SECRET_BYTES_MAX`].
    #[error("{0} is larger than a key file can be")]
    OverLong(PathBuf),
    /// Not the PEM section that belongs there.
    #[error("{path} does not hold one {label}")]
    NotPem {
        /// The file.
        path: PathBuf,
        /// The section that was looked for.
        label: &'static str,
    },
    /// The file system said no.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

impl SecretFileError {
    /// Stable name for reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Exists(_) => "file-exists",
            Self::ReadableByOthers { .. } => "file-readable-by-others",
            Self::OverLong(_) => "file-over-long",
            Self::NotPem { .. } => "file-malformed",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "file-missing",
            Self::Io { .. } => "file-io",
        }
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> SecretFileError + '_ {
    move |source| SecretFileError::Io { path: path.to_owned(), source }
}

fn check_owner_only(path: &Path, metadata: &fs::Metadata) -> Result<(), SecretFileError> {
    let foreign = metadata.mode() & FOREIGN_RIGHTS != 0 || metadata.uid() != rustix::process::geteuid().as_raw();
    if foreign {
        return Err(SecretFileError::ReadableByOthers { path: path.to_owned(), mode: metadata.mode() & 0o777 });
    }
    Ok(())
}

/// Makes a directory for secrets, or checks the one that is there.
///
/// # Errors
/// [`SecretFileError::ReadableByOthers`] if others have rights on it; the file system's own faults.
pub fn open_dir(path: &Path) -> Result<(), SecretFileError> {
    match DirBuilder::new().mode(DIR_MODE).create(path) {
        Ok(()) => sync_parent(path)?,
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().mode(DIR_MODE).recursive(true).create(path).map_err(io_at(path))?;
        }
        Err(why) => return Err(io_at(path)(why)),
    }
    check_owner_only(path, &fs::metadata(path).map_err(io_at(path))?)
}

/// Makes a secret file that was not there; it is on disk when this returns.
///
/// # Errors
/// [`SecretFileError::Exists`], or the file system's own faults; nothing is left behind then.
pub fn create(path: &Path, secret: &[u8]) -> Result<(), SecretFileError> {
    // Written under another name first: a crash never leaves half a key under the final one.
    let draft = draft_of(path);
    let _ = fs::remove_file(&draft);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&draft).map_err(io_at(&draft))?;
    let outcome = write_synced(&mut file, secret).map_err(io_at(&draft)).and_then(|()| {
        // A hard link fails if the name is taken, which a rename would not.
        fs::hard_link(&draft, path).map_err(|why| {
            let taken = why.kind() == io::ErrorKind::AlreadyExists;
            if taken { SecretFileError::Exists(path.to_owned()) } else { io_at(path)(why) }
        })
    });
    fs::remove_file(&draft).map_err(io_at(&draft))?;
    outcome?;
    sync_parent(path)
}

/// Reads a secret file.
///
/// # Errors
/// [`SecretFileError::ReadableByOthers`], [`SecretFileError::OverLong`], or the file system's own faults.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(io_at(path))?;
    let metadata = file.metadata().map_err(io_at(path))?;
    check_owner_only(path, &metadata)?;
    let mut secret = Zeroizing::new(Vec::with_capacity(4096));
    file.take(SECRET_BYTES_MAX + 1).read_to_end(&mut secret).map_err(io_at(path))?;
    if secret.len() as u64 > SECRET_BYTES_MAX {
        return Err(SecretFileError::OverLong(path.to_owned()));
    }
    Ok(secret)
}

/// Replaces a public file in one step: readers see the old content or the new one.
///
/// # Errors
/// The file system's own faults; the old content stays then.
pub fn replace_public(path: &Path, content: &[u8]) -> Result<(), SecretFileError> {
    replace(path, content, 0o644)
}

/// Replaces a secret file in one step.
///
/// # Errors
/// The file system's own faults; the old content stays then.
pub fn replace_secret(path: &Path, secret: &[u8]) -> Result<(), SecretFileError> {
    replace(path, secret, FILE_MODE)
}

fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), SecretFileError> {
    let draft = draft_of(path);
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft).map_err(io_at(&draft))?;
    write_synced(&mut file, content).and_then(|()| fs::rename(&draft, path)).map_err(io_at(path))?;
    sync_parent(path)
}

fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".draft");
    path.with_file_name(name)
}

fn write_synced(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

fn sync_parent(path: &Path) -> Result<(), SecretFileError> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(io_at(parent))
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes that lower-case hexadecimal digits stand for.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| pair.iter().try_fold(0_u8, |sum, byte| Some(sum << 4 | nibble(*byte)?))).collect()
}

/// One section of PEM (RFC 7468).
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(body.len() * 2 + 128));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(PEM_LINE_CHARS).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The content of the only PEM section of `text`, which must have this label (RFC 7468, strict: no text around it).
#[must_use]
pub fn from_pem(label: &str, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let inner = text.strip_prefix("-----BEGIN ")?.strip_prefix(label)?.strip_prefix("-----")?;
    let inner = inner.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    let body: Zeroizing<String> = Zeroizing::new(inner.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}

/// Reads a secret PEM file with one section of this label.
///
/// # Errors
/// Those of [`read`], and [`SecretFileError::NotPem`].
pub fn read_pem(path: &Path, label: &'static str) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let text = read(path)?;
    from_pem(label, &text).ok_or_else(|| SecretFileError::NotPem { path: path.to_owned(), label })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_read_by_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("deep/keys");
        open_dir(&keys).unwrap();
        let path = keys.join("a.key");
        create(&path, b"secret").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&keys).unwrap().mode() & 0o777, 0o700);
        assert_eq!(create(&path, b"other").unwrap_err().name(), "file-exists");
        assert_eq!(read(&path).unwrap().as_slice(), b"secret");
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn wider_rights_and_symbolic_links_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        create(&path, b"secret").unwrap();
        let link = dir.path().join("link.key");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read(&link).unwrap_err().name(), "file-io");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read(&path).unwrap_err().name(), "file-readable-by-others");
        let wide = dir.path().join("wide");
        fs::create_dir(&wide).unwrap();
        fs::set_permissions(&wide, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(open_dir(&wide).unwrap_err().name(), "file-readable-by-others");
        assert_eq!(read(&dir.path().join("none")).unwrap_err().name(), "file-missing");
    }

    #[test]
    fn pem_reads_back_and_refuses_other_labels_and_stray_text() {
        let der: Vec<u8> = (0..=200).collect();
        let text = pem("PRIVATE KEY", &der);
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(from_pem("PRIVATE KEY", text.as_bytes()).unwrap().as_slice(), der);
        assert!(from_pem("CERTIFICATE", text.as_bytes()).is_none());
        assert!(from_pem("PRIVATE KEY", format!("{}{}", text.as_str(), text.as_str()).as_bytes()).is_none());
        assert!(from_pem("PRIVATE KEY", b"-----BEGIN PRIVATE KEY-----").is_none());
    }
}

//! A software image: its digest and size, and whether the programs that a release names are in it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use holdfast_core::hash::{Hasher, Sha256Digest};

use super::OfflineError;
use crate::authority::secret_file::SecretFileError;

/// One block of a tar file (POSIX.1-2017, pax, "ustar Interchange Format").
const BLOCK_BYTES: usize = 512;
/// Most entries that are looked at.
const ENTRIES_MAX: usize = 100_000;

/// What is known of an image after reading it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// SHA-256 of the whole file.
    pub digest: Sha256Digest,
    /// Its size.
    pub bytes: u64,
    /// Names of its ordinary files.
    pub files: BTreeSet<String>,
}

/// Reads an image whole.
///
/// # Errors
/// [`OfflineError::ImageLacks`] if it is not a tar file; the file system's own faults.
pub fn read_image(path: &Path) -> Result<ImageFacts, OfflineError> {
    let io = |source| SecretFileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let mut reader = Hashed { file: io::BufReader::with_capacity(1 << 16, file), hasher: Hasher::new(), bytes: 0 };
    let files = list(&mut reader).map_err(io)?;
    io::copy(&mut reader, &mut io::sink()).map_err(io)?;
    let files = files.ok_or_else(|| OfflineError::ImageLacks("a readable list of files".to_owned()))?;
    Ok(ImageFacts { digest: reader.hasher.finish(), bytes: reader.bytes, files })
}

struct Hashed<R> {
    file: R,
    hasher: Hasher,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        self.hasher.update(buf.get(..n).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(n as u64);
        Ok(n)
    }
}

/// The names of ordinary files, or nothing if this is not a tar file.
pub(crate) fn list(reader: &mut impl Read) -> io::Result<Option<BTreeSet<String>>> {
    let mut files = BTreeSet::new();
    for _ in 0..ENTRIES_MAX {
        let mut block = [0; BLOCK_BYTES];
        match reader.read_exact(&mut block) {
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            outcome => outcome?,
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(Some(files));
        }
        let Some(entry) = Entry::read(&block) else { return Ok(None) };
        if entry.ordinary {
            files.insert(entry.name);
        }
        let padded = entry.bytes.div_ceil(BLOCK_BYTES as u64).saturating_mul(BLOCK_BYTES as u64);
        if io::copy(&mut reader.by_ref().take(padded), &mut io::sink())? != padded {
            return Ok(None);
        }
    }
    Ok(None)
}

struct Entry {
    name: String,
    bytes: u64,
    ordinary: bool,
}

impl Entry {
    fn read(block: &[u8; BLOCK_BYTES]) -> Option<Self> {
        let text = |from: usize, to: usize| {
            let field = block.get(from..to).unwrap_or_default();
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            std::str::from_utf8(field.get(..end).unwrap_or_default()).ok()
        };
        let octal = |from, to| u64::from_str_radix(text(from, to)?.trim(), 8).ok();
        // The checksum counts its own field as spaces.
        let sum: u64 =
            block.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u64::from(*b) }).sum();
        if octal(148, 156)? != sum {
            return None;
        }
        let name = text(0, 100)?;
        let prefix = if text(257, 262) == Some("ustar") { text(345, 500)? } else { "" };
        let full = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let ordinary = matches!(block.get(156), Some(0 | b'0'));
        Some(Self { name: full.strip_prefix("./").unwrap_or(&full).to_owned(), bytes: octal(124, 136)?, ordinary })
    }
}

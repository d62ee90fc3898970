//! Artifacts by their digest, one file each. A name in this directory is a promise: the whole content, checked, on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_core::hash::{Hasher, Sha256Digest};

/// Why a blob was not kept.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The content has another digest.
    #[error("the content has the digest {0}, not the announced one")]
    Digest(Sha256Digest),
    /// The content is larger than allowed; holds the limit in bytes.
    #[error("the content is larger than {0} bytes")]
    TooLarge(u64),
    /// A file could not be read or written.
    #[error("a file could not be read or written")]
    Io(#[from] io::Error),
}

impl BlobError {
    /// The stable word for this error.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Digest(_) => "artifact-digest-mismatch",
            Self::TooLarge(_) => "artifact-too-large",
            Self::Io(_) => "store-file",
        }
    }
}

/// A directory of blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    dir: Arc<PathBuf>,
    started: Arc<AtomicU64>,
}

impl Blobs {
    /// Opens the directory, makes it if it is not there, and removes what unfinished writers left behind. One process
    /// may have it open.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the directory cannot be used.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        for folder in fs::read_dir(dir)? {
            let folder = folder?.path();
            if !folder.is_dir() {
                continue;
            }
            for file in fs::read_dir(&folder)? {
                let file = file?.path();
                if file.extension().is_some_and(|ending| ending == "part") {
                    fs::remove_file(file)?;
                }
            }
        }
        Ok(Self { dir: Arc::new(dir.to_path_buf()), started: Arc::default() })
    }

    fn place(&self, digest: &Sha256Digest) -> (PathBuf, PathBuf) {
        let name = digest.to_string();
        let (folder, file) = name.split_at_checked(2).unwrap_or(("00", &name));
        let folder = self.dir.join(folder);
        let file = folder.join(file);
        (folder, file)
    }

    /// Begins to take the content with this digest, of at most `bytes_max` bytes.
    ///
    /// # Errors
    ///
    /// [`BlobError::Io`] if the file cannot be made.
    pub fn put(&self, digest: Sha256Digest, bytes_max: u64) -> Result<BlobWriter, BlobError> {
        let (folder, file) = self.place(&digest);
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            File::open(&*self.dir)?.sync_all()?;
        }
        let part = file.with_extension(format!("{}.part", self.started.fetch_add(1, Ordering::Relaxed)));
        let out = OpenOptions::new().write(true).create_new(true).open(&part)?;
        let unfinished = Part(Some(part));
        Ok(BlobWriter { digest, folder, file, unfinished, out, hasher: Hasher::new(), bytes: 0, bytes_max })
    }

    /// Whether the content is here.
    #[must_use]
    pub fn exists(&self, digest: &Sha256Digest) -> bool {
        self.place(digest).1.is_file()
    }

    /// How many bytes the content has; `None` if it is not here.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the file cannot be read.
    pub fn len(&self, digest: &Sha256Digest) -> io::Result<Option<u64>> {
        match fs::metadata(self.place(digest).1) {
            Ok(meta) => Ok(Some(meta.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the content from byte `start`, at most `bytes` of it; `None` if it is not here.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the file cannot be read.
    pub fn open_range(&self, digest: &Sha256Digest, start: u64, bytes: u64) -> io::Result<Option<io::Take<File>>> {
        match File::open(self.place(digest).1) {
            Ok(mut file) => {
                file.seek(SeekFrom::Start(start))?;
                Ok(Some(file.take(bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Takes a blob piece by piece. Dropped before [`Self::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    digest: Sha256Digest,
    folder: PathBuf,
    file: PathBuf,
    unfinished: Part,
    out: File,
    hasher: Hasher,
    bytes: u64,
    bytes_max: u64,
}

/// What was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// How many bytes.
    pub bytes: u64,
    /// Whether it was there before.
    pub already: bool,
}

impl BlobWriter {
    /// Adds the next piece.
    ///
    /// # Errors
    ///
    /// [`BlobError::TooLarge`] once the limit is passed, [`BlobError::Io`] if the file cannot be written.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), BlobError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if self.bytes > self.bytes_max {
            return Err(BlobError::TooLarge(self.bytes_max));
        }
        self.hasher.update(piece);
        self.out.write_all(piece)?;
        Ok(())
    }

    /// Compares the digest and gives the content its name; it survives a power cut from here on.
    ///
    /// # Errors
    ///
    /// [`BlobError::Digest`] if the content is another one, [`BlobError::TooLarge`] if the limit was passed,
    /// [`BlobError::Io`] if the file cannot be written.
    pub fn finish(mut self) -> Result<Kept, BlobError> {
        if self.bytes > self.bytes_max {
            return Err(BlobError::TooLarge(self.bytes_max));
        }
        let digest = self.hasher.finish();
        if digest != self.digest {
            return Err(BlobError::Digest(digest));
        }
        self.out.sync_all()?;
        let already = self.file.is_file();
        if let Some(part) = &self.unfinished.0 {
            fs::rename(part, &self.file)?;
        }
        self.unfinished.0 = None;
        File::open(&self.folder)?.sync_all()?;
        Ok(Kept { bytes: self.bytes, already })
    }
}

/// A file that goes away unless it was finished.
#[derive(Debug)]
struct Part(Option<PathBuf>);

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(part) = self.0.take()
            && let Err(error) = fs::remove_file(&part)
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "an unfinished blob stays until the next start");
        }
    }
}

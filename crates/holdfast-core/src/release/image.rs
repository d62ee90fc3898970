//! Checking an image while it arrives: length and digest, nothing kept in memory.

use core::fmt;

use super::ReleaseFacts;
use crate::hash::{Hasher, Sha256Digest};

/// Why bytes are not the image of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageRefusal {
    /// More bytes than the manifest states; known as soon as the first one too many arrives.
    OverLong,
    /// Fewer bytes than the manifest states; holds how many are missing.
    Truncated(u64),
    /// The right number of bytes, but not the right ones.
    WrongDigest,
}

impl ImageRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OverLong => "image-over-long",
            Self::Truncated(_) => "image-truncated",
            Self::WrongDigest => "image-wrong-digest",
        }
    }
}

impl fmt::Display for ImageRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverLong => f.write_str("the image is longer than its manifest states"),
            Self::Truncated(missing) => write!(f, "{missing} bytes of the image are missing"),
            Self::WrongDigest => f.write_str("the image has another digest than its manifest states"),
        }
    }
}

impl core::error::Error for ImageRefusal {}

/// An image that is being received or read back.
#[derive(Debug, Clone)]
pub struct ImageCheck {
    expected: Sha256Digest,
    missing: u64,
    hasher: Hasher,
}

impl ImageCheck {
    /// Nothing received yet of the image that `facts` state. Feed a resumed download from its first byte again.
    #[must_use]
    pub fn new(facts: &ReleaseFacts) -> Self {
        Self::of(facts.image_digest, facts.image_bytes)
    }

    /// Nothing received yet of an image with this digest and size.
    #[must_use]
    pub fn of(digest: Sha256Digest, bytes: u64) -> Self {
        Self { expected: digest, missing: bytes, hasher: Hasher::new() }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `OverLong` as soon as there are too many; what came before is worthless then.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), ImageRefusal> {
        self.missing = self.missing.checked_sub(bytes.len() as u64).ok_or(ImageRefusal::OverLong)?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// How many bytes are still to come.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// Judges the whole image.
    ///
    /// # Errors
    /// Too few bytes, or a wrong digest.
    pub fn finish(self) -> Result<(), ImageRefusal> {
        if self.missing > 0 {
            Err(ImageRefusal::Truncated(self.missing))
        } else if self.hasher.finish() == self.expected {
            Ok(())
        } else {
            Err(ImageRefusal::WrongDigest)
        }
    }
}

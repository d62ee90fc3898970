//! What a release states about itself, each part within its limits.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::hash::Sha256Digest;
use crate::suit::{ClassId, VendorId};
use crate::time::Millis;

/// Most bytes of a version text.
pub const VERSION_BYTES_MAX: usize = 32;
/// Most characters of the description for owners.
pub const DESCRIPTION_CHARS_MAX: usize = 280;
/// Most bytes of a path inside an image.
pub const PATH_BYTES_MAX: usize = 128;
/// Most bytes of an image: 2 GiB.
pub const IMAGE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Shortest deadline of the health check.
pub const HEALTH_DEADLINE_MIN: Millis = Millis(100);
/// Longest deadline of the health check: one hour.
pub const HEALTH_DEADLINE_MAX: Millis = Millis(3_600_000);

/// Which fact is outside its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactError {
    /// The version is empty, too long, or has other characters than letters, digits, `.`, `-`, `+` and `_`.
    Version,
    /// The description is empty, too long, or has control characters.
    Description,
    /// A path that is absolute, leaves the image, is too long, or has other characters than a plain file name.
    Path,
    /// An image of no bytes, or of more than [`IMAGE_BYTES_MAX`].
    ImageSize,
    /// A deadline outside [`HEALTH_DEADLINE_MIN`] to [`HEALTH_DEADLINE_MAX`].
    HealthDeadline,
    /// A security floor above the release's own sequence number.
    SecurityFloor,
    /// Sequence number zero, which stands for "nothing installed".
    Sequence,
    /// A kind of release that is not known.
    Kind,
}

impl FactError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Version => "bad-version-text",
            Self::Description => "bad-description",
            Self::Path => "bad-program-path",
            Self::ImageSize => "bad-image-size",
            Self::HealthDeadline => "bad-health-deadline",
            Self::SecurityFloor => "security-floor-above-sequence",
            Self::Sequence => "sequence-zero",
            Self::Kind => "unknown-release-kind",
        }
    }
}

impl fmt::Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for FactError {}

/// Why a release exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseKind {
    /// New or changed functions.
    Feature,
    /// Fixes a vulnerability: installs by default and may raise the security floor.
    Security,
}

impl ReleaseKind {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Feature => 0,
            Self::Security => 1,
        }
    }

    pub(super) const fn numbered(number: u64) -> Result<Self, FactError> {
        match number {
            0 => Ok(Self::Feature),
            1 => Ok(Self::Security),
            _ => Err(FactError::Kind),
        }
    }
}

/// A program inside the image: plain names separated by `/`, never leaving the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramPath(String);

impl ProgramPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProgramPath {
    type Err = FactError;
    fn from_str(text: &str) -> Result<Self, FactError> {
        let byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
        let segment = |name: &str| !name.is_empty() && name.bytes().all(byte) && !name.bytes().all(|b| b == b'.');
        let good = text.len() <= PATH_BYTES_MAX && text.split('/').all(segment);
        if good { Ok(Self(text.into())) } else { Err(FactError::Path) }
    }
}

impl fmt::Display for ProgramPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a trial start shows that it went well. Reaching the server is demanded beside this and cannot be waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthContract {
    /// How long the trial start may take until everything is healthy.
    pub deadline: Millis,
    /// The program that checks, and ends with success.
    pub program: ProgramPath,
}

/// What a release states. Anyone can state it; [`ReleaseManifest`](super::ReleaseManifest) has passed the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFacts {
    /// Whose devices.
    pub vendor: VendorId,
    /// Which class of device.
    pub class: ClassId,
    /// Rises with every release of the class, from 1.
    pub sequence: u64,
    /// Digest of the image; also its name in every store.
    pub image_digest: Sha256Digest,
    /// Size of the image in bytes.
    pub image_bytes: u64,
    /// Version text for people.
    pub version: String,
    /// Why it exists.
    pub kind: ReleaseKind,
    /// Lowest sequence number a device may run once this release is confirmed; counts for security releases only.
    pub security_floor: u64,
    /// What changes, in plain words for owners.
    pub description: String,
    /// How a trial start shows that it went well.
    pub health: HealthContract,
    /// The program to run.
    pub app: ProgramPath,
}

impl ReleaseFacts {
    /// Passes the facts on if all are within their limits.
    pub(super) fn within_limits(self) -> Result<Self, FactError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_');
        let description = &self.description;
        let failed = if self.sequence == 0 {
            Some(FactError::Sequence)
        } else if self.image_bytes == 0 || self.image_bytes > IMAGE_BYTES_MAX {
            Some(FactError::ImageSize)
        } else if !(1..=VERSION_BYTES_MAX).contains(&self.version.len()) || !self.version.bytes().all(word) {
            Some(FactError::Version)
        } else if self.security_floor > self.sequence {
            Some(FactError::SecurityFloor)
        } else if !(1..=DESCRIPTION_CHARS_MAX).contains(&description.chars().count())
            || description.chars().any(char::is_control)
        {
            Some(FactError::Description)
        } else if !(HEALTH_DEADLINE_MIN..=HEALTH_DEADLINE_MAX).contains(&self.health.deadline) {
            Some(FactError::HealthDeadline)
        } else {
            None
        };
        failed.map_or(Ok(self), Err)
    }
}

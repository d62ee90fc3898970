//! Releases: our small profile "hf-1" of a SUIT manifest, its making, signing and checking.
//!
//! The profile is a template: a manifest is ours exactly when it equals the one that `ReleaseFacts` would make. So
//! nothing is interpreted, and device and server accept the same envelopes, with the same code.
//! What to do with an accepted release is the business of the update machine, not of this module.
//!
//! An envelope is made by [`ReleaseFacts::to_unsigned_envelope`], signed by one [`add_signature`] after another, and
//! checked by [`verify_release`].

mod build;
mod facts;
mod image;
mod profile;
mod verify;

use core::fmt;

use crate::cbor::Fault;
use crate::cose::CoseError;
use crate::suit::SuitError;
use crate::trust::Tally;

pub use build::{SigningError, add_signature};
pub use facts::{
    DESCRIPTION_CHARS_MAX, FactError, HEALTH_DEADLINE_MAX, HEALTH_DEADLINE_MIN, HealthContract, IMAGE_BYTES_MAX,
    PATH_BYTES_MAX, ProgramPath, ReleaseFacts, ReleaseKind, VERSION_BYTES_MAX,
};
pub use image::{ImageCheck, ImageRefusal};
pub use profile::{EXTENSION_KEY, ReleaseManifest};
pub use verify::{Compatibility, Floors, count_signatures, verify_release};

/// Why an envelope is not a release for this device, or not publishable for this product.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReleaseRefusal {
    /// The envelope ends too early.
    Truncated,
    /// The envelope is larger than its limit, or bytes follow it.
    OverLong,
    /// Not a well-formed envelope in another way.
    Malformed(SuitError),
    /// The manifest is not the one whose digest was signed, or a severed member is not the one of the manifest.
    WrongDigest,
    /// An authentication block that is not a `COSE_Sign1` message.
    MalformedSignature(CoseError),
    /// A signature that names a trusted key does not verify.
    WrongSignature,
    /// Fewer distinct release signers than the threshold; repeated signatures are counted beside.
    TooFewSignatures(Tally),
    /// The sequence number is lower than the one in use.
    OlderSequence {
        /// The sequence number in use.
        current: u64,
        /// The manifest's.
        found: u64,
    },
    /// The sequence number is below the security floor.
    BelowSecurityFloor {
        /// The floor.
        floor: u64,
        /// The manifest's sequence number.
        found: u64,
    },
    /// Another maker's software.
    WrongVendor,
    /// Software for another class of device.
    WrongClass,
    /// A command that this program does not know.
    UnknownCommand(i64),
    /// A parameter that this program does not know.
    UnknownParameter(i64),
    /// A key of envelope or manifest that this program does not know.
    UnknownKey(i64),
    /// A member of our extension that this program does not know.
    UnknownExtension(i64),
    /// A correct manifest that is not of our profile; holds the part that differs.
    NotOurProfile(&'static str),
    /// A fact outside its limits.
    BadFact(FactError),
}

impl ReleaseRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::OverLong => "over-long",
            Self::Malformed(inner) => inner.name(),
            Self::WrongDigest => "wrong-digest",
            Self::MalformedSignature(_) => "malformed-signature",
            Self::WrongSignature => "wrong-signature",
            Self::TooFewSignatures(_) => "too-few-signatures",
            Self::OlderSequence { .. } => "older-sequence",
            Self::BelowSecurityFloor { .. } => "below-security-floor",
            Self::WrongVendor => "wrong-vendor",
            Self::WrongClass => "wrong-class",
            Self::UnknownCommand(_) => "unknown-command",
            Self::UnknownParameter(_) => "unknown-parameter",
            Self::UnknownKey(_) => "unknown-key",
            Self::UnknownExtension(_) => "unknown-extension",
            Self::NotOurProfile(_) => "not-our-profile",
            Self::BadFact(inner) => inner.name(),
        }
    }
}

impl fmt::Display for ReleaseRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Malformed(inner) => write!(f, ": {inner}"),
            Self::MalformedSignature(inner) => write!(f, ": {inner}"),
            Self::TooFewSignatures(tally) => write!(f, " ({tally})"),
            Self::OlderSequence { current, found } => write!(f, " ({found} is lower than {current})"),
            Self::BelowSecurityFloor { floor, found } => write!(f, " ({found} is below {floor})"),
            Self::UnknownCommand(n) | Self::UnknownParameter(n) | Self::UnknownKey(n) | Self::UnknownExtension(n) => {
                write!(f, " ({n})")
            }
            Self::NotOurProfile(part) => write!(f, " ({part})"),
            Self::Truncated
            | Self::OverLong
            | Self::WrongDigest
            | Self::WrongSignature
            | Self::WrongVendor
            | Self::WrongClass
            | Self::BadFact(_) => Ok(()),
        }
    }
}

impl core::error::Error for ReleaseRefusal {}

impl From<SuitError> for ReleaseRefusal {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other refusal of an envelope keeps its own name")]
    fn from(inner: SuitError) -> Self {
        match inner {
            SuitError::Malformed(cbor) if cbor.fault == Fault::Truncated => Self::Truncated,
            SuitError::Malformed(cbor) if matches!(cbor.fault, Fault::OverLong | Fault::TrailingBytes) => {
                Self::OverLong
            }
            SuitError::WrongDigest | SuitError::WrongMemberDigest(_) => Self::WrongDigest,
            SuitError::UnknownCommand(n) => Self::UnknownCommand(n),
            SuitError::UnknownParameter(n) => Self::UnknownParameter(n),
            SuitError::UnknownKey(n) => Self::UnknownKey(n),
            other => Self::Malformed(other),
        }
    }
}

impl From<FactError> for ReleaseRefusal {
    fn from(inner: FactError) -> Self {
        Self::BadFact(inner)
    }
}

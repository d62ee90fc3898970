//! Who may say what: the maker's trust document, and how one version follows another (TUF 1.0.34 §5.3).
//!
//! A `TrustDocument` exists only after its signatures were checked. Signing happens offline, one signer at a time.
//! Time is never asked here: a device that slept for years follows the chain step by step.

mod document;
mod role;
mod sign;

use core::fmt;

use crate::cbor::CborError;
use crate::cose::{CoseError, KeyError};

pub use document::{TrustContent, TrustDocument};
pub use role::{Role, RoleError, Tally};
pub use sign::{SigningError, add_signature};

/// Most bytes of one signed trust document.
pub const TRUST_BYTES_MAX: usize = 16 * 1024;
/// Most keys of one role.
pub const ROLE_KEYS_MAX: usize = 16;
/// Most certificates of one kind.
pub const CERTIFICATES_MAX: usize = 8;
/// Most bytes of one certificate.
pub const CERTIFICATE_BYTES_MAX: usize = 4 * 1024;
/// Most bytes of the maker's domain name (RFC 1035 §2.3.4).
pub const DOMAIN_BYTES_MAX: usize = 253;

/// Why a trust document is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustRefusal {
    /// More bytes than [`TRUST_BYTES_MAX`].
    OverLong,
    /// Not a signed document.
    Message(CoseError),
    /// The signed content has another shape.
    Malformed(CborError),
    /// A key that cannot be used.
    Key(KeyError),
    /// A role whose threshold or keys make no sense.
    Role(RoleError),
    /// A member that this program does not know.
    UnknownKey(i64),
    /// A member that must be there is not.
    Missing(i64),
    /// The domain name of the maker is not one.
    BadDomain,
    /// A certificate too many, empty or too large.
    BadCertificate,
    /// The freshness key, which is online, is also a root or release key, which are not.
    FreshnessKeyNotSeparate,
    /// Another version than the one that follows.
    VersionNotNext {
        /// The version that would follow.
        expected: u64,
        /// The document's version.
        found: u64,
    },
    /// Another maker's document.
    OtherMaker,
    /// The new root keys are not the ones that the version before has announced.
    RootNotAnnounced,
    /// A signature by a root key is wrong.
    WrongSignature,
    /// Fewer distinct root keys of the current version signed than its threshold.
    TooFewOfCurrent(Tally),
    /// Fewer distinct root keys of the new version signed than its threshold.
    TooFewOfNew(Tally),
}

impl TrustRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OverLong => "trust-over-long",
            Self::Message(inner) => inner.name(),
            Self::Malformed(inner) => inner.name(),
            Self::Key(inner) => inner.name(),
            Self::Role(inner) => inner.name(),
            Self::UnknownKey(_) => "unknown-key",
            Self::Missing(_) => "missing-member",
            Self::BadDomain => "bad-domain",
            Self::BadCertificate => "bad-certificate",
            Self::FreshnessKeyNotSeparate => "freshness-key-not-separate",
            Self::VersionNotNext { .. } => "trust-version-not-next",
            Self::OtherMaker => "other-maker",
            Self::RootNotAnnounced => "root-not-announced",
            Self::WrongSignature => "wrong-signature",
            Self::TooFewOfCurrent(_) => "too-few-of-current-root",
            Self::TooFewOfNew(_) => "too-few-of-new-root",
        }
    }
}

impl fmt::Display for TrustRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::UnknownKey(key) | Self::Missing(key) => write!(f, " ({key})"),
            Self::VersionNotNext { expected, found } => write!(f, " (expected {expected}, found {found})"),
            Self::TooFewOfCurrent(tally) | Self::TooFewOfNew(tally) => write!(f, " ({tally})"),
            Self::OverLong
            | Self::Message(_)
            | Self::Malformed(_)
            | Self::Key(_)
            | Self::Role(_)
            | Self::BadDomain
            | Self::BadCertificate
            | Self::FreshnessKeyNotSeparate
            | Self::OtherMaker
            | Self::RootNotAnnounced
            | Self::WrongSignature => Ok(()),
        }
    }
}

impl core::error::Error for TrustRefusal {}

impl From<CborError> for TrustRefusal {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

impl From<CoseError> for TrustRefusal {
    fn from(inner: CoseError) -> Self {
        Self::Message(inner)
    }
}

impl From<KeyError> for TrustRefusal {
    fn from(inner: KeyError) -> Self {
        Self::Key(inner)
    }
}

impl From<RoleError> for TrustRefusal {
    fn from(inner: RoleError) -> Self {
        Self::Role(inner)
    }
}

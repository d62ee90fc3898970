//! Signatures: `COSE_Sign` and `COSE_Sign1` (RFC 9052 §4), keys as `COSE_Key`, key ids as thumbprints (RFC 9679).
//!
//! The algorithm is pinned to the key; a header may only agree with it. Signed are ESP256 and Ed25519 (RFC 9864);
//! the older identifiers ES256 and `EdDSA` are accepted only where a caller asks for it, and never written.
//! Keys may live elsewhere: everything that signs takes a `Signer`. Who is trusted for what is decided in `trust`.

mod algorithm;
mod header;
mod key;
mod sign;
mod sign1;
mod signer;
mod structure;
mod verified;

use core::fmt;

use crate::cbor::CborError;

pub use algorithm::{Algorithm, AlgorithmPolicy};
pub use key::{Ed25519Key, KEY_BYTES_MAX, KeyError, KeyId, P256Key, PublicKey};
pub use sign::{AppendError, Sign, append_signature, unsigned};
pub use sign1::{Sign1, sign1_attached, sign1_detached};
pub use signer::{SignError, Signer, SoftwareKey};
pub use structure::Claim;
pub use verified::Verified;

/// Most bytes of one COSE message that is read.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Most signatures in one `COSE_Sign` message.
pub const SIGNATURES_MAX: usize = 16;
/// Most entries in one header bucket.
pub const HEADER_ENTRIES_MAX: usize = 16;

/// Why a COSE message or one of its signatures is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoseError {
    /// The bytes are not a COSE message.
    Malformed(CborError),
    /// The message carries another tag than the one asked for.
    WrongTag(u64),
    /// A label stands in the protected and in the unprotected header.
    LabelTwice,
    /// A critical label that this program does not know, or that is not in the protected header.
    UnknownCritical,
    /// The list of critical labels stands outside the protected header.
    CriticalUnprotected,
    /// No algorithm is named where it must be.
    NoAlgorithm,
    /// An algorithm that this program does not have.
    UnsupportedAlgorithm,
    /// A known algorithm that the policy does not allow here.
    AlgorithmNotAllowed,
    /// The header names another algorithm than the one the key is made for.
    WrongAlgorithmForKey,
    /// The payload is neither attached nor given, or both.
    NoPayload,
    /// The signature does not belong to this message and key.
    WrongSignature,
}

impl CoseError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(inner) => inner.name(),
            Self::WrongTag(_) => "wrong-tag",
            Self::LabelTwice => "label-twice",
            Self::UnknownCritical => "unknown-critical",
            Self::CriticalUnprotected => "critical-unprotected",
            Self::NoAlgorithm => "no-algorithm",
            Self::UnsupportedAlgorithm => "unsupported-algorithm",
            Self::AlgorithmNotAllowed => "algorithm-not-allowed",
            Self::WrongAlgorithmForKey => "wrong-algorithm-for-key",
            Self::NoPayload => "no-payload",
            Self::WrongSignature => "wrong-signature",
        }
    }
}

impl fmt::Display for CoseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(_) => f.write_str("the bytes are not a COSE message"),
            Self::WrongTag(tag) => write!(f, "the message has tag {tag}, which is not the one expected"),
            Self::LabelTwice => f.write_str("a label stands in both headers"),
            Self::UnknownCritical => f.write_str("a critical header is not understood or not protected"),
            Self::CriticalUnprotected => f.write_str("the list of critical labels is not protected"),
            Self::NoAlgorithm => f.write_str("no algorithm is named in the protected header"),
            Self::UnsupportedAlgorithm => f.write_str("the algorithm is not supported"),
            Self::AlgorithmNotAllowed => f.write_str("the algorithm is not allowed here"),
            Self::WrongAlgorithmForKey => f.write_str("the header names another algorithm than the key's"),
            Self::NoPayload => f.write_str("there is not exactly one payload"),
            Self::WrongSignature => f.write_str("the signature is wrong"),
        }
    }
}

impl core::error::Error for CoseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Malformed(inner) = self { Some(inner) } else { None }
    }
}

impl From<CborError> for CoseError {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

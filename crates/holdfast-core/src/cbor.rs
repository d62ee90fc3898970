//! Bytes to values and back, for deterministically encoded CBOR only (RFC 8949 §4.2).
//!
//! `scan` is the strict pass over untrusted bytes: after it nothing later needs to ask whether lengths fit, keys
//! repeat or nesting ends. `Reader` then takes values out one by one (on minicbor), `Writer` puts them in.
//! This module knows no format; COSE, SUIT and the statements build on it.

mod reader;
mod scan;
mod writer;

use core::fmt;

pub use reader::{Kind, Reader};
pub use writer::{Writer, item};

/// Deepest nesting of arrays, maps and tags in one encoded item.
pub const DEPTH_MAX: usize = 16;

/// How strictly the order of map keys is checked. Repeated keys are refused either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrder {
    /// Bytewise ascending encoded keys (RFC 8949 §4.2.1).
    Sorted,
    /// Any order, for formats whose own order differs, such as the SUIT envelope.
    Any,
}

/// What an encoded item must satisfy before anything reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Most bytes of the whole item.
    pub bytes_max: usize,
    /// Order of map keys.
    pub keys: KeyOrder,
}

impl Rules {
    /// Fully deterministic encoding of at most `bytes_max` bytes.
    #[must_use]
    pub const fn deterministic(bytes_max: usize) -> Self {
        Self { bytes_max, keys: KeyOrder::Sorted }
    }

    /// Deterministic except that map keys may come in any order.
    #[must_use]
    pub const fn any_key_order(bytes_max: usize) -> Self {
        Self { bytes_max, keys: KeyOrder::Any }
    }
}

/// What is wrong with an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The input ends inside an item.
    Truncated,
    /// Bytes follow the item.
    TrailingBytes,
    /// The item is larger than its limit.
    OverLong,
    /// Nesting is deeper than [`DEPTH_MAX`].
    TooDeep,
    /// A string, array or map without a length.
    IndefiniteLength,
    /// An integer, length or float that has a shorter form.
    NotShortest,
    /// A key twice in one map.
    DuplicateKey,
    /// Keys not in ascending order.
    UnsortedKeys,
    /// Text that is not UTF-8.
    InvalidText,
    /// A reserved head or simple value.
    Reserved,
    /// Another type than the format asks for here.
    UnexpectedType,
    /// An integer, length or count outside what the format allows here.
    OutOfRange,
}

impl Fault {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "cbor-truncated",
            Self::TrailingBytes => "cbor-trailing-bytes",
            Self::OverLong => "cbor-over-long",
            Self::TooDeep => "cbor-too-deep",
            Self::IndefiniteLength => "cbor-indefinite-length",
            Self::NotShortest => "cbor-not-shortest",
            Self::DuplicateKey => "cbor-duplicate-key",
            Self::UnsortedKeys => "cbor-unsorted-keys",
            Self::InvalidText => "cbor-invalid-text",
            Self::Reserved => "cbor-reserved",
            Self::UnexpectedType => "cbor-unexpected-type",
            Self::OutOfRange => "cbor-out-of-range",
        }
    }
}

/// Why bytes are not the CBOR that was asked for, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CborError {
    /// What is wrong.
    pub fault: Fault,
    /// Byte position in the item that was opened.
    pub at: usize,
}

impl CborError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.fault.name()
    }
}

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.fault.name(), self.at)
    }
}

impl core::error::Error for CborError {}

/// Checks that `bytes` are exactly one item within `rules`.
///
/// # Errors
/// The first fault and its position. Source: RFC 8949 §3, §4.2 and §5.6.
pub fn check(bytes: &[u8], rules: Rules) -> Result<(), CborError> {
    scan::whole(bytes, rules)
}

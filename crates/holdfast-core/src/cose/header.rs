//! Header buckets (RFC 9052 §3): which labels are there, and the few whose values are used.

use alloc::vec::Vec;

use super::{AlgorithmPolicy, CoseError, HEADER_ENTRIES_MAX, MESSAGE_BYTES_MAX};
use crate::cbor::{CborError, Kind, Reader, Rules, Writer};

const ALG: Label<'_> = Label::Id(1);
const CRIT: Label<'_> = Label::Id(2);
const CONTENT_TYPE: Label<'_> = Label::Id(3);
const KID: Label<'_> = Label::Id(4);

/// Most bytes of a text label or text value in a header.
const TEXT_BYTES_MAX: usize = 256;

/// The name of a header parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label<'b> {
    /// A registered or private number.
    Id(i64),
    /// A text name.
    Text(&'b str),
}

/// The value of the algorithm header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlgorithmName<'b> {
    /// A registered number.
    Id(i64),
    /// A text name.
    Text(&'b str),
}

/// One header bucket.
#[derive(Debug, Clone, Default)]
pub(super) struct Header<'b> {
    algorithm: Option<AlgorithmName<'b>>,
    kid: Option<&'b [u8]>,
    labels: Vec<Label<'b>>,
    critical: Option<Vec<Label<'b>>>,
}

impl<'b> Header<'b> {
    /// Reads a map of headers.
    pub(super) fn parse(bytes: &'b [u8]) -> Result<Self, CborError> {
        let mut reader = Reader::open(bytes, Rules::any_key_order(MESSAGE_BYTES_MAX))?;
        let mut header = Self::default();
        for _ in 0..reader.map(HEADER_ENTRIES_MAX)? {
            let label = label(&mut reader)?;
            match label {
                ALG => {
                    header.algorithm = Some(match self::label(&mut reader)? {
                        Label::Id(id) => AlgorithmName::Id(id),
                        Label::Text(text) => AlgorithmName::Text(text),
                    });
                }
                CRIT => {
                    let count = reader.array(HEADER_ENTRIES_MAX)?;
                    let list: Result<Vec<_>, _> = (0..count).map(|_| self::label(&mut reader)).collect();
                    header.critical = Some(list?);
                }
                KID => header.kid = Some(reader.bytes()?),
                Label::Id(_) | Label::Text(_) => {
                    reader.raw()?;
                }
            }
            header.labels.push(label);
        }
        reader.end()?;
        Ok(header)
    }
}

/// The protected and unprotected bucket of one layer, after the rules between them were checked.
#[derive(Debug, Clone)]
pub(super) struct Buckets<'b> {
    /// The protected bucket as it is signed: an empty map becomes an empty string (RFC 9052 §4.4).
    pub(super) protected_bytes: &'b [u8],
    protected: Header<'b>,
    unprotected: Header<'b>,
}

impl<'b> Buckets<'b> {
    /// Reads the two buckets, which come first in every COSE structure.
    pub(super) fn read(reader: &mut Reader<'b>) -> Result<Self, CoseError> {
        let bytes = reader.bytes()?;
        let protected = if bytes.is_empty() { Header::default() } else { Header::parse(bytes)? };
        let unprotected = Header::parse(reader.raw()?)?;
        if unprotected.critical.is_some() {
            return Err(CoseError::CriticalUnprotected);
        }
        if unprotected.labels.iter().any(|label| protected.labels.contains(label)) {
            return Err(CoseError::LabelTwice);
        }
        if let Some(critical) = &protected.critical {
            let known = |label: &Label<'_>| {
                matches!(*label, ALG | CRIT | CONTENT_TYPE | KID) && protected.labels.contains(label)
            };
            if critical.is_empty() || !critical.iter().all(known) {
                return Err(CoseError::UnknownCritical);
            }
        }
        let protected_bytes = if protected.labels.is_empty() { &[] } else { bytes };
        Ok(Self { protected_bytes, protected, unprotected })
    }

    /// The named algorithm, from the place that the policy allows.
    pub(super) fn algorithm(&self, policy: AlgorithmPolicy) -> Result<AlgorithmName<'b>, CoseError> {
        let fallback = match policy {
            AlgorithmPolicy::FullySpecified => None,
            AlgorithmPolicy::WithOlder => self.unprotected.algorithm,
        };
        self.protected.algorithm.or(fallback).ok_or(CoseError::NoAlgorithm)
    }

    /// The key identifier of either bucket.
    pub(super) fn kid(&self) -> Option<&'b [u8]> {
        self.protected.kid.or(self.unprotected.kid)
    }
}

fn label<'b>(reader: &mut Reader<'b>) -> Result<Label<'b>, CborError> {
    if reader.peek() == Kind::Text { reader.text(TEXT_BYTES_MAX).map(Label::Text) } else { reader.i64().map(Label::Id) }
}

/// The protected bucket that this program writes: the algorithm alone.
pub(super) fn protected_with(algorithm: super::Algorithm) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.map(1).u64(1).i64(algorithm.id());
    writer.into_bytes()
}

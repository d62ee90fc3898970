//! The signed label of a product: what its maker claims of one version, what shows it, and until when that counts.
//!
//! Signed by the freshness key that the trust document names, over a context of its own, so that a label is never taken for
//! a timestamp statement or the other way round. A label ends no later than the first piece of its evidence grows stale:
//! nobody has to take it back. Owns the bytes and their verifier; what is claimed is decided elsewhere.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{CborError, Fault, Reader, Rules, Writer, item};
use crate::cose::{self, AlgorithmPolicy, CoseError, Sign1, SignError, Signer, Verified};
use crate::hash::Sha256Digest;
use crate::id::ProductId;
use crate::time::{Millis, Timestamp};
use crate::trust::TrustDocument;

/// Most bytes of one signed label.
pub const LABEL_BYTES_MAX: usize = 16 * 1024;
/// Most claims of one label.
pub const CLAIMS_MAX: usize = 64;
/// Most pieces of evidence of one label.
pub const EVIDENCE_MAX: usize = 32;
/// Most bytes of one text in a label.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// The longest life of a label, however fresh its evidence is: 7 days.
pub const LIFE_MAX: Millis = Millis::from_secs(7 * 86_400);
/// What is signed beside the content (RFC 9052 §4.4, external data).
pub const CONTEXT: &[u8] = b"holdfast label 1";

/// What a maker says of one version of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The product.
    pub product: ProductId,
    /// What shops call it.
    pub name: String,
    /// The version of its software; empty if it has none that can be replaced.
    pub version: String,
    /// Digest of that version's manifest.
    pub manifest: Option<Sha256Digest>,
    /// Where the product's public page is.
    pub address: String,
    /// When it was signed.
    pub issued: Timestamp,
    /// It says nothing from then on.
    pub expires: Timestamp,
    /// The trust document that names its signer.
    pub trust_version: u64,
    /// Names and values.
    pub claims: Vec<(String, String)>,
    /// What shows them.
    pub evidence: Vec<Evidence>,
}

/// One thing that shows what a label claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// A stable word, such as `support-promise`.
    pub what: String,
    /// Where anybody can look.
    pub link: String,
    /// When it was shown.
    pub at: Timestamp,
    /// It is stale from then on.
    pub until: Timestamp,
}

/// Why a label does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelRefusal {
    /// Not a signed message.
    Message(CoseError),
    /// The content has another shape.
    Malformed(CborError),
    /// Signed by another key than the one that the trust document names.
    UnknownSigner,
    /// The signature is wrong.
    WrongSignature,
    /// It lives longer than a label may, or than its evidence.
    OutlivesEvidence,
    /// From a time that is not yet.
    NotYet,
    /// It has lapsed.
    Lapsed {
        /// When.
        at: Timestamp,
    },
}

impl LabelRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Message(inner) => inner.name(),
            Self::Malformed(inner) => inner.name(),
            Self::UnknownSigner => "unknown-signer",
            Self::WrongSignature => "wrong-signature",
            Self::OutlivesEvidence => "label-outlives-evidence",
            Self::NotYet => "label-not-yet",
            Self::Lapsed { .. } => "label-lapsed",
        }
    }
}

impl fmt::Display for LabelRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lapsed { at } => write!(f, "{} ({at})", self.name()),
            Self::UnknownSigner => f.write_str("unknown-signer (another trust document may name it)"),
            Self::Message(_) | Self::Malformed(_) | Self::WrongSignature | Self::OutlivesEvidence | Self::NotYet => {
                f.write_str(self.name())
            }
        }
    }
}

impl core::error::Error for LabelRefusal {}

impl From<CborError> for LabelRefusal {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

const OUT_OF_RANGE: CborError = CborError { fault: Fault::OutOfRange, at: 0 };

impl Label {
    /// The end of a label that is signed now: its longest life, or the first end of its evidence.
    #[must_use]
    pub fn end(now: Timestamp, evidence: &[Evidence]) -> Timestamp {
        evidence.iter().map(|one| one.until).fold(now.plus(LIFE_MAX), Timestamp::min)
    }

    /// Signs the label with the freshness key.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn sign(&self, freshness: &dyn Signer) -> Result<Vec<u8>, SignError> {
        cose::sign1_attached(freshness, CONTEXT, &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.map(9 + usize::from(self.manifest.is_some()));
            w.u64(1).text(self.product.as_str()).u64(2).text(&self.name).u64(3).text(&self.version);
            w.u64(4).text(&self.address).u64(5).i64(self.issued.as_micros()).u64(6).i64(self.expires.as_micros());
            w.u64(7).u64(self.trust_version).u64(8).array(self.claims.len());
            for (name, value) in &self.claims {
                w.array(2).text(name).text(value);
            }
            w.u64(9).array(self.evidence.len());
            self.evidence.iter().for_each(|one| one.write(w));
            if let Some(manifest) = &self.manifest {
                w.u64(10).bytes(manifest.as_bytes());
            }
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::open(bytes, Rules::deterministic(LABEL_BYTES_MAX))?;
        let pairs = r.map(10)?;
        key(&mut r, 1)?;
        let product = r.text(ProductId::BYTES_MAX)?.parse().map_err(|_| OUT_OF_RANGE)?;
        let (name, version, address) = (text(&mut r, 2)?, text(&mut r, 3)?, text(&mut r, 4)?);
        let (issued, expires) = (time(&mut r, 5)?, time(&mut r, 6)?);
        key(&mut r, 7)?;
        let trust_version = r.u64()?;
        key(&mut r, 8)?;
        let mut claims = Vec::new();
        for _ in 0..r.array(CLAIMS_MAX)? {
            r.array_of(2)?;
            claims.push((r.text(TEXT_BYTES_MAX)?.into(), r.text(TEXT_BYTES_MAX)?.into()));
        }
        key(&mut r, 9)?;
        let mut evidence = Vec::new();
        for _ in 0..r.array(EVIDENCE_MAX)? {
            evidence.push(Evidence::read(&mut r)?);
        }
        let manifest = if pairs > 9 {
            key(&mut r, 10)?;
            Some(Sha256Digest::from_bytes(r.byte_array()?))
        } else {
            None
        };
        r.end()?;
        Ok(Self { product, name, version, manifest, address, issued, expires, trust_version, claims, evidence })
    }
}

impl Evidence {
    fn write(&self, w: &mut Writer) {
        w.array(4).text(&self.what).text(&self.link).i64(self.at.as_micros()).i64(self.until.as_micros());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.array_of(4)?;
        let (what, link) = (r.text(TEXT_BYTES_MAX)?.into(), r.text(TEXT_BYTES_MAX)?.into());
        Ok(Self { what, link, at: moment(r)?, until: moment(r)? })
    }
}

fn key(reader: &mut Reader<'_>, expected: u64) -> Result<(), CborError> {
    if reader.u64()? == expected { Ok(()) } else { Err(OUT_OF_RANGE) }
}

fn text(reader: &mut Reader<'_>, at: u64) -> Result<String, CborError> {
    key(reader, at)?;
    reader.text(TEXT_BYTES_MAX).map(Into::into)
}

fn time(reader: &mut Reader<'_>, at: u64) -> Result<Timestamp, CborError> {
    key(reader, at)?;
    moment(reader)
}

fn moment(reader: &mut Reader<'_>) -> Result<Timestamp, CborError> {
    i64::try_from(reader.u64()?).map(Timestamp::from_micros).map_err(|_| OUT_OF_RANGE)
}

/// Checks a label: signature by the freshness key of `trust`, then that it outlives neither a label's life nor its evidence,
/// then the time. Needs no server.
///
/// # Errors
/// The first reason why it does not count, in that order.
pub fn verify_label(bytes: &[u8], trust: &TrustDocument, now: Timestamp) -> Result<Verified<Label>, LabelRefusal> {
    crate::cbor::check(bytes, Rules::any_key_order(LABEL_BYTES_MAX))?;
    let message = Sign1::parse(bytes).map_err(LabelRefusal::Message)?;
    let signer = &trust.content().freshness;
    if message.kid() != Some(signer.key_id().as_bytes().as_slice()) {
        return Err(LabelRefusal::UnknownSigner);
    }
    let payload = message.verify_attached(signer, AlgorithmPolicy::FullySpecified, CONTEXT).map_err(|why| {
        if why == CoseError::WrongSignature { LabelRefusal::WrongSignature } else { LabelRefusal::Message(why) }
    })?;
    let label = Label::read(payload)?;
    if label.expires > Label::end(label.issued, &label.evidence) {
        return Err(LabelRefusal::OutlivesEvidence);
    }
    if now >= label.expires {
        return Err(LabelRefusal::Lapsed { at: label.expires });
    }
    if now < label.issued {
        return Err(LabelRefusal::NotYet);
    }
    Ok(Verified::assertion(label))
}

//! The timestamp statement: what the server says is current for one device, bound to that device's nonce.
//!
//! Signed by the freshness key alone, it can choose among genuine releases but cannot make one (TUF 1.0.34 §5.4).
//! Counter and time only rise; whoever keeps the floors takes them from here.

use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{CborError, Fault, Reader, Rules, item};
use crate::cose::{self, AlgorithmPolicy, CoseError, Sign1, SignError, Signer, Verified};
use crate::hash::Sha256Digest;
use crate::id::{DeploymentId, DeviceId};
use crate::time::Timestamp;
use crate::trust::TrustDocument;

/// Most bytes of one signed statement.
pub const STATEMENT_BYTES_MAX: usize = 1_024;

/// A value that is used once, chosen by whoever asks: 16 to 64 random bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// Fewest bytes.
    pub const BYTES_MIN: usize = 16;
    /// Most bytes (RFC 9711 §4.1 sets the same upper limit).
    pub const BYTES_MAX: usize = 64;

    /// Takes random bytes.
    ///
    /// # Errors
    /// A length outside the limits.
    pub fn new(bytes: &[u8]) -> Result<Self, BadNonce> {
        if (Self::BYTES_MIN..=Self::BYTES_MAX).contains(&bytes.len()) { Ok(Self(bytes.into())) } else { Err(BadNonce) }
    }

    /// The nonce's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A nonce of a length outside the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadNonce;

impl fmt::Display for BadNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a nonce has {} to {} bytes", Nonce::BYTES_MIN, Nonce::BYTES_MAX)
    }
}

impl core::error::Error for BadNonce {}

/// What a device should run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Digest of the manifest.
    pub manifest_digest: Sha256Digest,
    /// Its sequence number.
    pub sequence: u64,
    /// Which deployment offers it.
    pub deployment: DeploymentId,
    /// Generation of the deployment's plan.
    pub generation: u64,
}

/// What is current, for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampStatement {
    /// Version of the newest trust document.
    pub trust_version: u64,
    /// The server's time.
    pub time: Timestamp,
    /// Rises with every statement of the server.
    pub counter: u64,
    /// The nonce that the device sent.
    pub nonce: Nonce,
    /// The device that asked.
    pub device: DeviceId,
    /// What it should run, if anything is assigned.
    pub assignment: Option<Assignment>,
}

/// What a device asks of a statement before it believes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation<'a> {
    /// This device.
    pub device: &'a DeviceId,
    /// The nonce that it sent.
    pub nonce: &'a Nonce,
    /// Highest counter it has seen; the statement's must be higher.
    pub counter_floor: u64,
    /// Latest trusted time it has seen; the statement's must not be earlier.
    pub time_floor: Timestamp,
}

/// Why a statement is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementRefusal {
    /// Not a signed message.
    Message(CoseError),
    /// The content has another shape.
    Malformed(CborError),
    /// Signed by another key than the freshness key: perhaps a newer trust document has to be fetched first.
    UnknownSigner,
    /// The signature is wrong.
    WrongSignature,
    /// For another device.
    OtherDevice,
    /// Answers another question.
    WrongNonce,
    /// The counter has not risen.
    CounterNotRisen {
        /// Highest counter seen.
        floor: u64,
        /// The statement's.
        found: u64,
    },
    /// Earlier than a time that was already proven.
    TimeBackwards,
    /// The server knows an older trust document than the device.
    OlderTrust {
        /// The device's version.
        current: u64,
        /// The statement's.
        found: u64,
    },
}

impl StatementRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Message(inner) => inner.name(),
            Self::Malformed(inner) => inner.name(),
            Self::UnknownSigner => "unknown-signer",
            Self::WrongSignature => "wrong-signature",
            Self::OtherDevice => "other-device",
            Self::WrongNonce => "wrong-nonce",
            Self::CounterNotRisen { .. } => "counter-not-risen",
            Self::TimeBackwards => "time-backwards",
            Self::OlderTrust { .. } => "older-trust",
        }
    }
}

impl fmt::Display for StatementRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::CounterNotRisen { floor, found } => write!(f, " ({found}, seen {floor})"),
            Self::OlderTrust { current, found } => write!(f, " ({found}, have {current})"),
            Self::Message(_)
            | Self::Malformed(_)
            | Self::UnknownSigner
            | Self::WrongSignature
            | Self::OtherDevice
            | Self::WrongNonce
            | Self::TimeBackwards => Ok(()),
        }
    }
}

impl core::error::Error for StatementRefusal {}

impl From<CborError> for StatementRefusal {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

impl TimestampStatement {
    /// Signs the statement with the freshness key.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn sign(&self, freshness: &dyn Signer) -> Result<Vec<u8>, SignError> {
        cose::sign1_attached(freshness, b"", &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.map(5 + usize::from(self.assignment.is_some()));
            w.u64(1).u64(self.trust_version).u64(2).i64(self.time.as_micros()).u64(3).u64(self.counter);
            w.u64(4).bytes(self.nonce.as_bytes()).u64(5).text(self.device.as_str());
            if let Some(assignment) = &self.assignment {
                w.u64(6).map(4).u64(1).bytes(assignment.manifest_digest.as_bytes());
                w.u64(2).u64(assignment.sequence).u64(3).text(&alloc::format!("{}", assignment.deployment));
                w.u64(4).u64(assignment.generation);
            }
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::open(bytes, Rules::deterministic(STATEMENT_BYTES_MAX))?;
        let pairs = reader.map(6)?;
        key(&mut reader, 1)?;
        let trust_version = reader.u64()?;
        key(&mut reader, 2)?;
        let time = i64::try_from(reader.u64()?).map(Timestamp::from_micros).map_err(|_| OUT_OF_RANGE)?;
        key(&mut reader, 3)?;
        let counter = reader.u64()?;
        key(&mut reader, 4)?;
        let nonce = Nonce::new(reader.bytes()?).map_err(|_| OUT_OF_RANGE)?;
        key(&mut reader, 5)?;
        let device = reader.text(DeviceId::BYTES_MAX)?.parse().map_err(|_| OUT_OF_RANGE)?;
        let assignment = if pairs > 5 {
            key(&mut reader, 6)?;
            Some(Assignment::read(&mut reader)?)
        } else {
            None
        };
        reader.end()?;
        Ok(Self { trust_version, time, counter, nonce, device, assignment })
    }
}

const OUT_OF_RANGE: CborError = CborError { fault: Fault::OutOfRange, at: 0 };

fn key(reader: &mut Reader<'_>, expected: u64) -> Result<(), CborError> {
    if reader.u64()? == expected { Ok(()) } else { Err(OUT_OF_RANGE) }
}

impl Assignment {
    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        if reader.map(4)? != 4 {
            return Err(OUT_OF_RANGE);
        }
        key(reader, 1)?;
        let manifest_digest = Sha256Digest::from_bytes(reader.byte_array()?);
        key(reader, 2)?;
        let sequence = reader.u64()?;
        key(reader, 3)?;
        let deployment = reader.text(36)?.parse().map_err(|_| OUT_OF_RANGE)?;
        key(reader, 4)?;
        Ok(Self { manifest_digest, sequence, deployment, generation: reader.u64()? })
    }
}

/// Checks a statement: signature by the freshness key, then device, nonce, trust version, counter and time.
///
/// # Errors
/// The first reason not to believe it, in that order.
pub fn verify_statement(
    bytes: &[u8],
    trust: &TrustDocument,
    expected: &Expectation<'_>,
) -> Result<Verified<TimestampStatement>, StatementRefusal> {
    let rules = Rules::any_key_order(STATEMENT_BYTES_MAX);
    crate::cbor::check(bytes, rules)?;
    let message = Sign1::parse(bytes).map_err(StatementRefusal::Message)?;
    let freshness = &trust.content().freshness;
    if message.kid() != Some(freshness.key_id().as_bytes().as_slice()) {
        return Err(StatementRefusal::UnknownSigner);
    }
    let payload = message.verify_attached(freshness, AlgorithmPolicy::FullySpecified, b"").map_err(|e| {
        if e == CoseError::WrongSignature { StatementRefusal::WrongSignature } else { StatementRefusal::Message(e) }
    })?;
    let statement = TimestampStatement::read(payload)?;
    if statement.device != *expected.device {
        return Err(StatementRefusal::OtherDevice);
    }
    if statement.nonce != *expected.nonce {
        return Err(StatementRefusal::WrongNonce);
    }
    if statement.trust_version < trust.version() {
        return Err(StatementRefusal::OlderTrust { current: trust.version(), found: statement.trust_version });
    }
    if statement.counter <= expected.counter_floor {
        return Err(StatementRefusal::CounterNotRisen { floor: expected.counter_floor, found: statement.counter });
    }
    if statement.time < expected.time_floor {
        return Err(StatementRefusal::TimeBackwards);
    }
    Ok(Verified::assertion(statement))
}

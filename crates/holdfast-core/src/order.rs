//! Orders to one device, signed above TLS: whoever only carries messages can drop one, but not make, change or redirect it.
//!
//! A `COSE_Sign1` (RFC 9052 §4.2) by the freshness key of the trust document: a command with the end of its life, or what the
//! shadow wants changed with its version. External data keeps one kind of order, and a timestamp statement, from being read
//! as another. That a command is carried out once, and no older version of a shadow applied, is the agent's part.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{CborError, Fault, Reader, Rules, item};
use crate::cose::{self, AlgorithmPolicy, CoseError, PublicKey, Sign1, SignError, Signer, Verified};
use crate::id::{CommandId, DeviceId};
use crate::time::Timestamp;

/// Most bytes of one signed order.
pub const ORDER_BYTES_MAX: usize = 16 * 1024;
/// Longest name of an action, in bytes.
pub const ACTION_BYTES_MAX: usize = 64;
/// Longest input of an action, in bytes of JSON text.
pub const INPUT_BYTES_MAX: usize = 8 * 1024;
/// Longest wishes of a shadow, in bytes of JSON text.
pub const FIELDS_BYTES_MAX: usize = 12 * 1024;
/// What is signed with a command and nothing else (RFC 9052 §4.3).
const COMMAND: &[u8] = b"holdfast-order-1";
/// What is signed with a shadow's wishes and nothing else.
const DESIRED: &[u8] = b"holdfast-desired-1";

/// A command for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOrder {
    /// The device that is to carry it out.
    pub device: DeviceId,
    /// The command.
    pub id: CommandId,
    /// The action's name in the product's model.
    pub action: String,
    /// Its input: one JSON object, as text.
    pub input: String,
    /// From then on it must not be carried out.
    pub expires: Timestamp,
}

/// What the shadow of one device wants changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredOrder {
    /// The device that is to change.
    pub device: DeviceId,
    /// Version of the desired state; only rises.
    pub version: u64,
    /// Fields that differ from what the device reported: one JSON object, as text.
    pub fields: String,
}

/// Why an order is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderRefusal {
    /// Not a signed message.
    Message(CoseError),
    /// The content has another shape.
    Malformed(CborError),
    /// Signed by another key than the expected one: perhaps a newer trust document has to be fetched first.
    UnknownSigner,
    /// The signature is wrong, or is one over something that is no order.
    WrongSignature,
    /// For another device.
    OtherDevice,
}

impl OrderRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Message(inner) => inner.name(),
            Self::Malformed(inner) => inner.name(),
            Self::UnknownSigner => "order-unknown-signer",
            Self::WrongSignature => "order-wrong-signature",
            Self::OtherDevice => "order-for-another-device",
        }
    }
}

impl fmt::Display for OrderRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order refused: {}", self.name())
    }
}

impl core::error::Error for OrderRefusal {}

impl From<CborError> for OrderRefusal {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

impl CommandOrder {
    /// Signs the order.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn sign(&self, freshness: &dyn Signer) -> Result<Vec<u8>, SignError> {
        cose::sign1_attached(freshness, COMMAND, &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        item(|w| {
            w.map(5).u64(1).text(self.device.as_str()).u64(2).text(&alloc::format!("{}", self.id));
            w.u64(3).text(&self.action).u64(4).text(&self.input).u64(5).i64(self.expires.as_micros());
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::open(bytes, Rules::deterministic(ORDER_BYTES_MAX))?;
        if reader.map(5)? != 5 {
            return Err(OUT_OF_RANGE);
        }
        key(&mut reader, 1)?;
        let device = reader.text(DeviceId::BYTES_MAX)?.parse().map_err(|_| OUT_OF_RANGE)?;
        key(&mut reader, 2)?;
        let id = reader.text(36)?.parse().map_err(|_| OUT_OF_RANGE)?;
        key(&mut reader, 3)?;
        let action = reader.text(ACTION_BYTES_MAX)?.into();
        key(&mut reader, 4)?;
        let input = reader.text(INPUT_BYTES_MAX)?.into();
        key(&mut reader, 5)?;
        let expires = i64::try_from(reader.u64()?).map(Timestamp::from_micros).map_err(|_| OUT_OF_RANGE)?;
        reader.end()?;
        Ok(Self { device, id, action, input, expires })
    }
}

impl DesiredOrder {
    /// Signs the order.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn sign(&self, freshness: &dyn Signer) -> Result<Vec<u8>, SignError> {
        let content = item(|w| {
            w.map(3).u64(1).text(self.device.as_str()).u64(2).u64(self.version).u64(3).text(&self.fields);
        });
        cose::sign1_attached(freshness, DESIRED, &content)
    }

    fn read(bytes: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::open(bytes, Rules::deterministic(ORDER_BYTES_MAX))?;
        if reader.map(3)? != 3 {
            return Err(OUT_OF_RANGE);
        }
        key(&mut reader, 1)?;
        let device = reader.text(DeviceId::BYTES_MAX)?.parse().map_err(|_| OUT_OF_RANGE)?;
        key(&mut reader, 2)?;
        let version = reader.u64()?;
        key(&mut reader, 3)?;
        let fields = reader.text(FIELDS_BYTES_MAX)?.into();
        reader.end()?;
        Ok(Self { device, version, fields })
    }
}

const OUT_OF_RANGE: CborError = CborError { fault: Fault::OutOfRange, at: 0 };

fn key(reader: &mut Reader<'_>, expected: u64) -> Result<(), CborError> {
    if reader.u64()? == expected { Ok(()) } else { Err(OUT_OF_RANGE) }
}

/// Checks that a command was ordered for this device by `signer`, the freshness key of the trust document in force. Whether its life is over is not
/// judged here: an expired order is answered, not refused.
///
/// # Errors
/// The first reason not to carry it out: shape, signer, signature, device.
pub fn verify_order(
    bytes: &[u8],
    signer: &PublicKey,
    device: &DeviceId,
) -> Result<Verified<CommandOrder>, OrderRefusal> {
    let order = CommandOrder::read(&content(bytes, signer, COMMAND)?)?;
    if order.device == *device { Ok(Verified::assertion(order)) } else { Err(OrderRefusal::OtherDevice) }
}

/// Checks that the shadow's wishes were ordered for this device by `signer`, the freshness key of the trust document in force. Whether the version is newer
/// than what the device applied is not judged here.
///
/// # Errors
/// The first reason not to apply them: shape, signer, signature, device.
pub fn verify_desired(
    bytes: &[u8],
    signer: &PublicKey,
    device: &DeviceId,
) -> Result<Verified<DesiredOrder>, OrderRefusal> {
    let order = DesiredOrder::read(&content(bytes, signer, DESIRED)?)?;
    if order.device == *device { Ok(Verified::assertion(order)) } else { Err(OrderRefusal::OtherDevice) }
}

/// What was signed by the freshness key, as this kind of order.
fn content(bytes: &[u8], signer: &PublicKey, context: &[u8]) -> Result<Vec<u8>, OrderRefusal> {
    crate::cbor::check(bytes, Rules::any_key_order(ORDER_BYTES_MAX))?;
    let message = Sign1::parse(bytes).map_err(OrderRefusal::Message)?;
    if message.kid() != Some(signer.key_id().as_bytes().as_slice()) {
        return Err(OrderRefusal::UnknownSigner);
    }
    let verified = message.verify_attached(signer, AlgorithmPolicy::FullySpecified, context);
    verified.map(Vec::from).map_err(|fault| {
        if fault == CoseError::WrongSignature { OrderRefusal::WrongSignature } else { OrderRefusal::Message(fault) }
    })
}

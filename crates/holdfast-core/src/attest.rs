//! Evidence of what a device runs: an EAT (RFC 9711), signed by its factory key, in a CMW record (RFC 9999).
//!
//! Here evidence is made, and checked as a message: whose key, which nonce, which shape. What it means is decided
//! by the room `integrity`, which compares it with the signed manifests.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{CborError, Fault, Reader, Rules, item};
use crate::cose::{self, AlgorithmPolicy, CoseError, KeyId, PublicKey, Sign1, SignError, Signer, Verified};
use crate::hash::Sha256Digest;
use crate::statement::Nonce;
use crate::update::boot::Slot;

/// Most bytes of one wrapped piece of evidence.
pub const EVIDENCE_BYTES_MAX: usize = 4 * 1024;
/// Media type of a CWT-encoded EAT (RFC 9782 §2).
pub const MEDIA_TYPE: &str = "application/eat+cwt";
/// The profile that these claims follow (RFC 9711 §4.3.2).
pub const PROFILE: &str = "tag:holdfast.dev,2026:eat-1";

/// "Evidence" among the kinds of conceptual message (RFC 9999).
const CMW_EVIDENCE: u64 = 4;
const UEID_RANDOM: u8 = 0x01;
/// "multipartnumeric" among the version schemes of `CoSWID` (RFC 9393).
const VERSION_SCHEME: u64 = 1;
const VERSION_BYTES_MAX: usize = 32;

const NONCE: i64 = 10;
const UEID: i64 = 256;
const UPTIME: i64 = 261;
const PROFILE_CLAIM: i64 = 265;
const BOOT_COUNT: i64 = 267;
const SOFTWARE_VERSION: i64 = 271;
const RUNNING: i64 = -70_001;

/// Whether the running image is there to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootState {
    /// Confirmed healthy.
    Committed,
    /// On trial.
    Trying,
}

/// What a device measured and states about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The nonce of the challenge.
    pub nonce: Nonce,
    /// Seconds since the device started.
    pub uptime_s: u64,
    /// How often it has started.
    pub boot_count: u64,
    /// Version text of the running release.
    pub version: String,
    /// Slot of the running image.
    pub slot: Slot,
    /// Digest of the running image, measured just now.
    pub image_digest: Sha256Digest,
    /// Digest of the manifest that belongs to it.
    pub manifest_digest: Sha256Digest,
    /// Sequence number of that manifest.
    pub sequence: u64,
    /// The device's security floor.
    pub security_floor: u64,
    /// Whether the running image is there to stay.
    pub boot_state: BootState,
}

/// Why evidence is refused as a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceRefusal {
    /// Not a conceptual message of the expected type.
    Wrapper,
    /// Not a signed message.
    Message(CoseError),
    /// The claims have another shape.
    Malformed(CborError),
    /// Signed by another key than this device's factory key.
    UnknownSigner,
    /// The signature is wrong.
    WrongSignature,
    /// Another profile.
    WrongProfile,
    /// The claimed identity is not that of the key.
    WrongIdentity,
    /// Answers another challenge.
    WrongNonce,
}

impl EvidenceRefusal {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Wrapper => "wrong-evidence-wrapper",
            Self::Message(inner) => inner.name(),
            Self::Malformed(inner) => inner.name(),
            Self::UnknownSigner => "unknown-signer",
            Self::WrongSignature => "wrong-signature",
            Self::WrongProfile => "wrong-profile",
            Self::WrongIdentity => "wrong-identity",
            Self::WrongNonce => "wrong-nonce",
        }
    }
}

impl fmt::Display for EvidenceRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evidence refused: {}", self.name())
    }
}

impl core::error::Error for EvidenceRefusal {}

impl From<CborError> for EvidenceRefusal {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

/// The device's identity in evidence: type byte and the first sixteen bytes of its key's thumbprint (RFC 9711 §4.2.1).
fn ueid(key: KeyId) -> [u8; 17] {
    let mut out = [UEID_RANDOM; 17];
    out.iter_mut().skip(1).zip(key.as_bytes()).for_each(|(slot, byte)| *slot = *byte);
    out
}

impl Evidence {
    /// Signs the evidence with the factory key and wraps it.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn sign(&self, factory: &dyn Signer) -> Result<Vec<u8>, SignError> {
        let claims = self.encode(factory.public_key().key_id());
        let token = cose::sign1_attached(factory, b"", &claims)?;
        Ok(item(|w| {
            w.array(3).text(MEDIA_TYPE).bytes(&token).u64(CMW_EVIDENCE);
        }))
    }

    fn encode(&self, key: KeyId) -> Vec<u8> {
        let trying = matches!(self.boot_state, BootState::Trying);
        item(|w| {
            w.map(7).i64(NONCE).bytes(self.nonce.as_bytes()).i64(UEID).bytes(&ueid(key));
            w.i64(UPTIME).u64(self.uptime_s).i64(PROFILE_CLAIM).text(PROFILE).i64(BOOT_COUNT).u64(self.boot_count);
            w.i64(SOFTWARE_VERSION).array(2).text(&self.version).u64(VERSION_SCHEME);
            w.i64(RUNNING).map(6).u64(1).text(self.slot.name()).u64(2).bytes(self.image_digest.as_bytes());
            w.u64(3).bytes(self.manifest_digest.as_bytes()).u64(4).u64(self.sequence);
            w.u64(5).u64(self.security_floor).u64(6).u64(u64::from(trying));
        })
    }

    fn read(bytes: &[u8], key: KeyId) -> Result<Self, EvidenceRefusal> {
        let mut reader = Reader::open(bytes, Rules::deterministic(EVIDENCE_BYTES_MAX))?;
        exactly(reader.map(7)?, 7)?;
        label(&mut reader, NONCE)?;
        let nonce = Nonce::new(reader.bytes()?).map_err(|_| OUT_OF_RANGE)?;
        label(&mut reader, UEID)?;
        if reader.bytes()? != ueid(key) {
            return Err(EvidenceRefusal::WrongIdentity);
        }
        label(&mut reader, UPTIME)?;
        let uptime_s = reader.u64()?;
        label(&mut reader, PROFILE_CLAIM)?;
        if reader.text(256)? != PROFILE {
            return Err(EvidenceRefusal::WrongProfile);
        }
        label(&mut reader, BOOT_COUNT)?;
        let boot_count = reader.u64()?;
        label(&mut reader, SOFTWARE_VERSION)?;
        reader.array_of(2)?;
        let version = reader.text(VERSION_BYTES_MAX)?.into();
        exactly(reader.u64()?, VERSION_SCHEME)?;
        label(&mut reader, RUNNING)?;
        exactly(reader.map(6)?, 6)?;
        label(&mut reader, 1)?;
        let slot = match reader.text(1)? {
            "a" => Slot::A,
            "b" => Slot::B,
            _ => return Err(OUT_OF_RANGE.into()),
        };
        label(&mut reader, 2)?;
        let image_digest = Sha256Digest::from_bytes(reader.byte_array()?);
        label(&mut reader, 3)?;
        let manifest_digest = Sha256Digest::from_bytes(reader.byte_array()?);
        label(&mut reader, 4)?;
        let sequence = reader.u64()?;
        label(&mut reader, 5)?;
        let security_floor = reader.u64()?;
        label(&mut reader, 6)?;
        let boot_state = match reader.u64()? {
            0 => BootState::Committed,
            1 => BootState::Trying,
            _ => return Err(OUT_OF_RANGE.into()),
        };
        reader.end()?;
        Ok(Self {
            nonce,
            uptime_s,
            boot_count,
            version,
            slot,
            image_digest,
            manifest_digest,
            sequence,
            security_floor,
            boot_state,
        })
    }
}

const OUT_OF_RANGE: CborError = CborError { fault: Fault::OutOfRange, at: 0 };

fn exactly<T: PartialEq + Copy>(found: T, expected: T) -> Result<(), CborError> {
    if found == expected { Ok(()) } else { Err(OUT_OF_RANGE) }
}

fn label(reader: &mut Reader<'_>, expected: i64) -> Result<(), CborError> {
    exactly(reader.i64()?, expected)
}

/// Checks evidence as a message: wrapper, signature by the device's factory key, shape, identity, nonce.
///
/// # Errors
/// The first reason to refuse, in that order.
pub fn verify_evidence(
    bytes: &[u8],
    factory: &PublicKey,
    nonce: &Nonce,
) -> Result<Verified<Evidence>, EvidenceRefusal> {
    let mut reader = Reader::open(bytes, Rules::any_key_order(EVIDENCE_BYTES_MAX))?;
    // RFC 9999 record: type, value, and optionally which kinds of message the value holds.
    let count = reader.array(3)?;
    if count < 2 || reader.text(256)? != MEDIA_TYPE {
        return Err(EvidenceRefusal::Wrapper);
    }
    let token = reader.bytes()?;
    if count == 3 && reader.u64()? != CMW_EVIDENCE {
        return Err(EvidenceRefusal::Wrapper);
    }
    reader.end()?;
    let message = Sign1::parse(token).map_err(EvidenceRefusal::Message)?;
    let key = factory.key_id();
    if message.kid() != Some(key.as_bytes().as_slice()) {
        return Err(EvidenceRefusal::UnknownSigner);
    }
    let claims = message.verify_attached(factory, AlgorithmPolicy::FullySpecified, b"").map_err(|e| {
        if e == CoseError::WrongSignature { EvidenceRefusal::WrongSignature } else { EvidenceRefusal::Message(e) }
    })?;
    let evidence = Evidence::read(claims, key)?;
    if evidence.nonce == *nonce { Ok(Verified::assertion(evidence)) } else { Err(EvidenceRefusal::WrongNonce) }
}

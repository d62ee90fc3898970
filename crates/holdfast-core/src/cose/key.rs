//! Public keys: checked when read, encoded as `COSE_Key` (RFC 9052 §7) or SPKI, named by thumbprint (RFC 9679).
//!
//! Private parts are never read here; a key that carries one is refused.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use p256::ecdsa::signature::Verifier as _;

use super::{Algorithm, CoseError};
use crate::cbor::{CborError, Kind, Reader, Rules, Writer, item};
use crate::hash::{NotADigest, Sha256Digest, hex32};

/// Most bytes of one encoded `COSE_Key`.
pub const KEY_BYTES_MAX: usize = 512;

const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const CRV_P256: i64 = 1;
const CRV_ED25519: i64 = 6;
const OP_VERIFY: i64 = 2;

/// `SubjectPublicKeyInfo` up to the point, for P-256 (RFC 5480 §2).
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// `SubjectPublicKeyInfo` up to the key, for Ed25519 (RFC 8410 §4).
const SPKI_ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why bytes are not a public key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are not a `COSE_Key` or SPKI.
    Malformed(CborError),
    /// A required member is missing.
    Incomplete,
    /// A type, curve or algorithm that this program does not have.
    UnsupportedAlgorithm,
    /// The point is not on the curve, or has small order.
    BadPoint,
    /// The key is not meant for verifying.
    NotForVerifying,
    /// The bytes carry a private key.
    PrivatePart,
    /// A member that is not known.
    UnknownMember,
}

impl KeyError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(inner) => inner.name(),
            Self::Incomplete => "key-incomplete",
            Self::UnsupportedAlgorithm => "unsupported-algorithm",
            Self::BadPoint => "key-bad-point",
            Self::NotForVerifying => "key-not-for-verifying",
            Self::PrivatePart => "key-has-private-part",
            Self::UnknownMember => "key-unknown-member",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a usable public key: {}", self.name())
    }
}

impl core::error::Error for KeyError {}

impl From<CborError> for KeyError {
    fn from(inner: CborError) -> Self {
        Self::Malformed(inner)
    }
}

/// The SHA-256 thumbprint of a key (RFC 9679); shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// Takes 32 bytes that are already a thumbprint.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The thumbprint's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Sha256Digest::from_bytes(self.0), f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        hex32(text).map(Self)
    }
}

/// A point on P-256, checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct P256Key {
    x: [u8; 32],
    y: [u8; 32],
}

/// An Ed25519 public key, checked and not of small order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ed25519Key([u8; 32]);

/// A public key together with the one algorithm it is used with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicKey {
    /// Verifies ESP256.
    P256(P256Key),
    /// Verifies Ed25519.
    Ed25519(Ed25519Key),
}

impl PublicKey {
    /// A P-256 key from its coordinates.
    ///
    /// # Errors
    /// A point that is not on the curve.
    pub fn p256(x: [u8; 32], y: [u8; 32]) -> Result<Self, KeyError> {
        let key = P256Key { x, y };
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.sec1()).map_err(|_| KeyError::BadPoint)?;
        Ok(Self::P256(key))
    }

    /// A P-256 key from its uncompressed SEC1 point: 65 bytes, the first is 4.
    ///
    /// # Errors
    /// Another form, or a point that is not on the curve.
    pub fn p256_from_sec1(point: &[u8]) -> Result<Self, KeyError> {
        match point.split_first() {
            Some((4, rest)) => {
                let (x, y) = rest.split_at_checked(32).ok_or(KeyError::Incomplete)?;
                let half = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::BadPoint);
                Self::p256(half(x)?, half(y)?)
            }
            _ => Err(KeyError::BadPoint),
        }
    }

    /// An Ed25519 key from its 32 bytes.
    ///
    /// # Errors
    /// A point that is not on the curve or has small order.
    pub fn ed25519(bytes: [u8; 32]) -> Result<Self, KeyError> {
        match ed25519_dalek::VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self::Ed25519(Ed25519Key(bytes))),
            _ => Err(KeyError::BadPoint),
        }
    }

    /// The public half of an Ed25519 key made from a seed: a clamped scalar times the base point is always good.
    pub(super) fn of_own_seed(secret: &ed25519_dalek::SigningKey) -> Self {
        Self::Ed25519(Ed25519Key(secret.verifying_key().to_bytes()))
    }

    /// The one algorithm this key is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::Esp256,
            Self::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The SHA-256 thumbprint over the required members (RFC 9679 §4).
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let required = item(|w| self.write_members(w, None));
        KeyId(*Sha256Digest::of(&required).as_bytes())
    }

    /// Encodes the key with its algorithm.
    #[must_use]
    pub fn to_cose_key(&self) -> Vec<u8> {
        item(|w| self.write_members(w, Some(self.algorithm())))
    }

    fn write_members(&self, writer: &mut Writer, algorithm: Option<Algorithm>) {
        let extra = usize::from(algorithm.is_some());
        let (kty, count) = match self {
            Self::P256(_) => (KTY_EC2, 4),
            Self::Ed25519(_) => (KTY_OKP, 3),
        };
        writer.map(count + extra).u64(1).i64(kty);
        if let Some(algorithm) = algorithm {
            writer.u64(3).i64(algorithm.id());
        }
        match self {
            Self::P256(key) => writer.i64(-1).i64(CRV_P256).i64(-2).bytes(&key.x).i64(-3).bytes(&key.y),
            Self::Ed25519(key) => writer.i64(-1).i64(CRV_ED25519).i64(-2).bytes(&key.0),
        };
    }

    /// Reads a `COSE_Key`.
    ///
    /// # Errors
    /// Malformed, incomplete, private, unsupported or unknown members; a bad point.
    pub fn from_cose_key(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader::open(bytes, Rules::any_key_order(KEY_BYTES_MAX))?;
        let members = Members::read(&mut reader)?;
        members.key()
    }

    /// Encodes the key as DER `SubjectPublicKeyInfo`, as certificates carry it.
    #[must_use]
    pub fn to_spki_der(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::P256(key) => {
                out.extend_from_slice(&SPKI_P256);
                out.extend_from_slice(&key.sec1());
            }
            Self::Ed25519(key) => {
                out.extend_from_slice(&SPKI_ED25519);
                out.extend_from_slice(&key.0);
            }
        }
        out
    }

    /// Reads a DER `SubjectPublicKeyInfo` with an uncompressed P-256 point or an Ed25519 key.
    ///
    /// # Errors
    /// Another type of key, or a bad point.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        if let Some(point) = der.strip_prefix(&SPKI_P256) {
            Self::p256_from_sec1(point)
        } else if let Some(key) = der.strip_prefix(&SPKI_ED25519) {
            Self::ed25519(key.try_into().map_err(|_| KeyError::BadPoint)?)
        } else {
            Err(KeyError::UnsupportedAlgorithm)
        }
    }

    /// Checks a raw signature over `message` with this key's algorithm.
    ///
    /// # Errors
    /// `WrongSignature`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CoseError> {
        let right = match self {
            Self::P256(key) => key.verifies(message, signature),
            Self::Ed25519(key) => key.verifies(message, signature),
        };
        if right { Ok(()) } else { Err(CoseError::WrongSignature) }
    }
}

impl P256Key {
    fn sec1(&self) -> [u8; 65] {
        let mut out = [4_u8; 65];
        let coordinates = self.x.iter().chain(&self.y);
        out.iter_mut().skip(1).zip(coordinates).for_each(|(slot, byte)| *slot = *byte);
        out
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.sec1());
        let signature = p256::ecdsa::Signature::from_slice(signature);
        matches!((key, signature), (Ok(key), Ok(signature)) if key.verify(message, &signature).is_ok())
    }
}

impl Ed25519Key {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0);
        let signature = ed25519_dalek::Signature::from_slice(signature);
        matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_strict(message, &signature).is_ok())
    }
}

#[derive(Default)]
struct Members {
    kty: Option<i64>,
    algorithm: Option<i64>,
    curve: Option<i64>,
    x: Option<[u8; 32]>,
    y: Option<[u8; 32]>,
}

impl Members {
    fn read(reader: &mut Reader<'_>) -> Result<Self, KeyError> {
        let mut members = Self::default();
        // An unsupported curve has coordinates of other lengths; they are judged after the curve is known.
        let coordinate = |reader: &mut Reader<'_>| -> Result<Option<[u8; 32]>, KeyError> {
            if reader.peek() == Kind::Bytes { Ok(reader.bytes()?.try_into().ok()) } else { Err(KeyError::BadPoint) }
        };
        for _ in 0..reader.map(8)? {
            match reader.i64()? {
                1 => members.kty = Some(reader.i64()?),
                2 => {
                    reader.bytes()?;
                }
                3 => members.algorithm = Some(reader.i64()?),
                4 => {
                    let mut verifies = false;
                    for _ in 0..reader.array(8)? {
                        verifies |= reader.i64()? == OP_VERIFY;
                    }
                    if !verifies {
                        return Err(KeyError::NotForVerifying);
                    }
                }
                -1 => members.curve = Some(reader.i64()?),
                -2 => members.x = coordinate(reader)?,
                -3 => members.y = coordinate(reader)?,
                -4 => return Err(KeyError::PrivatePart),
                _ => return Err(KeyError::UnknownMember),
            }
        }
        reader.end()?;
        Ok(members)
    }

    fn key(self) -> Result<PublicKey, KeyError> {
        let kty = self.kty.ok_or(KeyError::Incomplete)?;
        let curve = self.curve.ok_or(KeyError::Incomplete)?;
        let key = match (kty, curve) {
            (KTY_EC2, CRV_P256) => {
                PublicKey::p256(self.x.ok_or(KeyError::BadPoint)?, self.y.ok_or(KeyError::BadPoint)?)?
            }
            (KTY_OKP, CRV_ED25519) if self.y.is_none() => PublicKey::ed25519(self.x.ok_or(KeyError::BadPoint)?)?,
            (KTY_OKP, CRV_ED25519) => return Err(KeyError::UnknownMember),
            _ => return Err(KeyError::UnsupportedAlgorithm),
        };
        let matches = match (key.algorithm(), self.algorithm) {
            (_, None) => true,
            (Algorithm::Esp256, Some(id)) => id == -9 || id == -7,
            (Algorithm::Ed25519, Some(id)) => id == -19 || id == -8,
        };
        if matches { Ok(key) } else { Err(KeyError::UnsupportedAlgorithm) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cose::{Signer, SoftwareKey};
    use alloc::string::ToString;

    fn bytes32(hex: &str) -> [u8; 32] {
        hex32(hex).unwrap()
    }

    #[test]
    fn the_thumbprint_is_the_one_in_rfc_9679() {
        let key = PublicKey::p256(
            bytes32("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
            bytes32("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"),
        );
        let text = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";
        assert_eq!(key.unwrap().key_id().to_string(), text);
    }

    #[test]
    fn keys_read_back_from_both_encodings() {
        for key in [SoftwareKey::p256(&[7; 32]).unwrap().public_key(), SoftwareKey::ed25519(&[7; 32]).public_key()] {
            assert_eq!(PublicKey::from_cose_key(&key.to_cose_key()), Ok(key.clone()));
            assert_eq!(PublicKey::from_spki_der(&key.to_spki_der()), Ok(key.clone()));
            assert_eq!(key.key_id().to_string().parse(), Ok(key.key_id()));
        }
    }
}

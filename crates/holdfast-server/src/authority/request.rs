//! Certification requests (PKCS#10, RFC 2986): the public key is taken out, and nothing else is even read.
//!
//! What a request asks for (subject, names, key usage, CA rights) is the issuer's to say, so extensions are never
//! parsed: whoever holds a `RequestedKey` knows that its owner signed for it, and that is all it may know.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use der::asn1::BitStringRef;
use der::{Decode, Header, Reader, SliceReader, Tag};
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::fleet::KeyThumbprint;
use thiserror::Error;

/// Largest certification request, in bytes of DER.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024;

/// `SubjectPublicKeyInfo` up to the point: id-ecPublicKey, prime256v1, uncompressed (RFC 5480 §2).
const P256_SPKI_HEAD: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// `AlgorithmIdentifier` of ecdsa-with-SHA256 (RFC 5758 §3.2).
const ECDSA_WITH_SHA256: [u8; 12] = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// Length of the whole P-256 `SubjectPublicKeyInfo`, in bytes.
pub(crate) const P256_SPKI_BYTES: usize = 91;
/// Bytes of it before the uncompressed point.
const POINT_AT: usize = 26;

/// Why a certification request is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RequestError {
    /// Not one PKCS#10 request, or larger than [`REQUEST_BYTES_MAX`].
    #[error("the certification request is not well-formed")]
    Malformed,
    /// Another key than an uncompressed P-256 one, or another signature algorithm than ECDSA with SHA-256.
    #[error("only P-256 keys with ECDSA and SHA-256 are certified")]
    KeyUnsupported,
    /// The request is not signed by the key it asks for.
    #[error("the request is not signed by its own key")]
    SignatureWrong,
}

impl RequestError {
    /// Stable name for counters and refusals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "csr-malformed",
            Self::KeyUnsupported => "csr-key-unsupported",
            Self::SignatureWrong => "csr-signature-wrong",
        }
    }
}

/// A public key whose holder signed a request for it. Made by [`RequestedKey::from_request`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedKey {
    spki: [u8; P256_SPKI_BYTES],
}

impl RequestedKey {
    /// Takes the public key out of a request and checks that its holder signed (RFC 2986 §4.2).
    ///
    /// # Errors
    /// [`RequestError`], in the order of its variants.
    pub fn from_request(request: &[u8]) -> Result<Self, RequestError> {
        if request.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::Malformed);
        }
        let parts = Parts::parse(request).map_err(|_| RequestError::Malformed)?;
        if parts.signature_algorithm != ECDSA_WITH_SHA256 || !parts.spki.starts_with(&P256_SPKI_HEAD) {
            return Err(RequestError::KeyUnsupported);
        }
        let spki: [u8; P256_SPKI_BYTES] = parts.spki.try_into().map_err(|_| RequestError::KeyUnsupported)?;
        let (_, point) = spki.split_at(POINT_AT);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(parts.info, parts.signature)
            .map_err(|_| RequestError::SignatureWrong)?;
        Ok(Self { spki })
    }

    /// The key as `SubjectPublicKeyInfo`, DER.
    #[must_use]
    pub const fn spki(&self) -> &[u8; P256_SPKI_BYTES] {
        &self.spki
    }

    /// SHA-256 of the key's `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn thumbprint(&self) -> KeyThumbprint {
        KeyThumbprint(*Sha256Digest::of(&self.spki).as_bytes())
    }
}

struct Parts<'a> {
    info: &'a [u8],
    spki: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn parse(request: &'a [u8]) -> der::Result<Self> {
        let mut outer = content(request, Tag::Sequence)?;
        let info = outer.tlv_bytes()?;
        let signature_algorithm = outer.tlv_bytes()?;
        let signature = BitStringRef::decode(&mut outer)?;
        outer.finish()?;
        let signature = signature.as_bytes().ok_or(der::ErrorKind::Failed)?;
        let mut fields = content(info, Tag::Sequence)?;
        let version = u8::decode(&mut fields)?;
        let subject = fields.tlv_bytes()?;
        let spki = fields.tlv_bytes()?;
        let attributes = fields.tlv_bytes()?;
        fields.finish()?;
        let shaped = version == 0 && subject.first() == Some(&0x30) && attributes.first() == Some(&0xa0);
        if !shaped || spki.first() != Some(&0x30) {
            return Err(der::ErrorKind::Failed.into());
        }
        Ok(Self { info, spki, signature_algorithm, signature })
    }
}

/// A reader over the content of the one element that `element` is.
fn content(element: &[u8], tag: Tag) -> der::Result<SliceReader<'_>> {
    let mut reader = SliceReader::new(element)?;
    let header = Header::decode(&mut reader)?;
    header.tag().assert_eq(tag)?;
    let body = reader.read_slice(header.length())?;
    reader.finish()?;
    SliceReader::new(body)
}

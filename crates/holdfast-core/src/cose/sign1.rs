//! `COSE_Sign1`: one signer (RFC 9052 §4.2, tag 18).

use alloc::vec::Vec;

use super::header::{Buckets, protected_with};
use super::signer::sign_checked;
use super::structure::{one_payload, sig_structure};
use super::{AlgorithmPolicy, Claim, CoseError, MESSAGE_BYTES_MAX, PublicKey, SignError, Signer};
use crate::cbor::{Kind, Reader, Rules, Writer};

const TAG: u64 = 18;

/// A parsed `COSE_Sign1` message whose signature is not yet checked.
///
/// ```
/// use holdfast_core::cose::{AlgorithmPolicy, Sign1, Signer, SoftwareKey, sign1_attached};
/// let key = SoftwareKey::ed25519(&[7; 32]);
/// let message = sign1_attached(&key, b"", b"payload").unwrap();
/// let read = Sign1::parse(&message).unwrap();
/// assert_eq!(read.verify_attached(&key.public_key(), AlgorithmPolicy::FullySpecified, b""), Ok(&b"payload"[..]));
/// ```
#[derive(Debug, Clone)]
pub struct Sign1<'b> {
    buckets: Buckets<'b>,
    payload: Option<&'b [u8]>,
    signature: &'b [u8],
}

impl<'b> Sign1<'b> {
    /// Reads a tagged message.
    ///
    /// # Errors
    /// Malformed bytes, another tag, or headers that break the rules of RFC 9052 §3.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, CoseError> {
        let mut reader = Reader::open(bytes, Rules::any_key_order(MESSAGE_BYTES_MAX))?;
        match reader.tag()? {
            TAG => Self::read(reader),
            other => Err(CoseError::WrongTag(other)),
        }
    }

    /// Reads a message without a tag, where the context says what it is (RFC 9052 §2).
    ///
    /// # Errors
    /// Malformed bytes, or headers that break the rules of RFC 9052 §3.
    pub fn parse_untagged(bytes: &'b [u8]) -> Result<Self, CoseError> {
        Self::read(Reader::open(bytes, Rules::any_key_order(MESSAGE_BYTES_MAX))?)
    }

    fn read(mut reader: Reader<'b>) -> Result<Self, CoseError> {
        reader.array_of(4)?;
        let buckets = Buckets::read(&mut reader)?;
        let payload = optional_bytes(&mut reader)?;
        let signature = reader.bytes()?;
        reader.end()?;
        Ok(Self { buckets, payload, signature })
    }

    /// The key identifier: a hint which key to try.
    #[must_use]
    pub fn kid(&self) -> Option<&'b [u8]> {
        self.buckets.kid()
    }

    /// The signature over the attached or the given payload, ready to be checked.
    ///
    /// # Errors
    /// Not exactly one payload.
    pub fn claim(&self, aad: &[u8], detached: Option<&[u8]>) -> Result<Claim<'b>, CoseError> {
        let payload = one_payload(self.payload, detached)?;
        let message = sig_structure(self.buckets.protected_bytes, None, aad, payload);
        Ok(Claim::new(self.buckets.clone(), message, self.signature))
    }

    /// Checks the signature over the attached payload and gives the payload.
    ///
    /// # Errors
    /// No attached payload; no, another or a not allowed algorithm; a wrong signature.
    pub fn verify_attached(&self, key: &PublicKey, policy: AlgorithmPolicy, aad: &[u8]) -> Result<&'b [u8], CoseError> {
        self.claim(aad, None)?.verify(key, policy)?;
        self.payload.ok_or(CoseError::NoPayload)
    }
}

/// A byte string, or `null`.
pub(super) fn optional_bytes<'b>(reader: &mut Reader<'b>) -> Result<Option<&'b [u8]>, CoseError> {
    if reader.peek() == Kind::Null {
        reader.null()?;
        Ok(None)
    } else {
        Ok(Some(reader.bytes()?))
    }
}

/// Signs `payload` and puts it into the message.
///
/// # Errors
/// The key cannot be used.
pub fn sign1_attached(signer: &dyn Signer, aad: &[u8], payload: &[u8]) -> Result<Vec<u8>, SignError> {
    sign1(signer, aad, payload, true)
}

/// Signs `payload` and leaves it out of the message.
///
/// # Errors
/// The key cannot be used.
pub fn sign1_detached(signer: &dyn Signer, aad: &[u8], payload: &[u8]) -> Result<Vec<u8>, SignError> {
    sign1(signer, aad, payload, false)
}

fn sign1(signer: &dyn Signer, aad: &[u8], payload: &[u8], attached: bool) -> Result<Vec<u8>, SignError> {
    let key = signer.public_key();
    let protected = protected_with(key.algorithm());
    let signature = sign_checked(signer, &sig_structure(&protected, None, aad, payload))?;
    let mut writer = Writer::new();
    writer.tag(TAG).array(4).bytes(&protected);
    writer.map(1).u64(4).bytes(key.key_id().as_bytes());
    if attached {
        writer.bytes(payload);
    } else {
        writer.null();
    }
    writer.bytes(&signature);
    Ok(writer.into_bytes())
}

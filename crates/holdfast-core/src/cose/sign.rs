//! `COSE_Sign`: any number of signers over one payload (RFC 9052 §4.1, tag 98), added one at a time.

use alloc::vec::Vec;

use super::header::{Buckets, protected_with};
use super::sign1::optional_bytes;
use super::signer::sign_checked;
use super::structure::{one_payload, sig_structure};
use super::{Claim, CoseError, MESSAGE_BYTES_MAX, SIGNATURES_MAX, SignError, Signer};
use crate::cbor::{Reader, Rules, Writer};

const TAG: u64 = 98;

#[derive(Debug, Clone)]
struct Block<'b> {
    buckets: Buckets<'b>,
    signature: &'b [u8],
    raw: &'b [u8],
}

/// A parsed `COSE_Sign` message whose signatures are not yet checked.
#[derive(Debug, Clone)]
pub struct Sign<'b> {
    body: Buckets<'b>,
    payload: Option<&'b [u8]>,
    blocks: Vec<Block<'b>>,
}

impl<'b> Sign<'b> {
    /// Reads a tagged message; it may have no signatures yet.
    ///
    /// # Errors
    /// Malformed bytes, another tag, too many signatures, or headers that break the rules of RFC 9052 §3.
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
    /// Malformed bytes, too many signatures, or headers that break the rules of RFC 9052 §3.
    pub fn parse_untagged(bytes: &'b [u8]) -> Result<Self, CoseError> {
        Self::read(Reader::open(bytes, Rules::any_key_order(MESSAGE_BYTES_MAX))?)
    }

    fn read(mut reader: Reader<'b>) -> Result<Self, CoseError> {
        reader.array_of(4)?;
        let body = Buckets::read(&mut reader)?;
        let payload = optional_bytes(&mut reader)?;
        let count = reader.array(SIGNATURES_MAX)?;
        let mut blocks = Vec::with_capacity(count);
        for _ in 0..count {
            let raw = reader.raw()?;
            let mut inner = Reader::open(raw, Rules::any_key_order(MESSAGE_BYTES_MAX))?;
            inner.array_of(3)?;
            let buckets = Buckets::read(&mut inner)?;
            blocks.push(Block { buckets, signature: inner.bytes()?, raw });
        }
        reader.end()?;
        Ok(Self { body, payload, blocks })
    }

    /// The attached payload, of which nothing is proven.
    #[must_use]
    pub const fn unverified_payload(&self) -> Option<&'b [u8]> {
        self.payload
    }

    /// The signatures over the attached or the given payload, ready to be checked.
    ///
    /// # Errors
    /// Not exactly one payload.
    pub fn claims(&self, aad: &[u8], detached: Option<&[u8]>) -> Result<Vec<Claim<'b>>, CoseError> {
        let payload = one_payload(self.payload, detached)?;
        let claim = |block: &Block<'b>| {
            let signer = Some(block.buckets.protected_bytes);
            let message = sig_structure(self.body.protected_bytes, signer, aad, payload);
            Claim::new(block.buckets.clone(), message, block.signature)
        };
        Ok(self.blocks.iter().map(claim).collect())
    }

    fn encode(&self, added: Option<&[u8]>) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.tag(TAG).array(4).bytes(self.body.protected_bytes).map(0);
        match self.payload {
            Some(payload) => writer.bytes(payload),
            None => writer.null(),
        };
        writer.array(self.blocks.len() + usize::from(added.is_some()));
        for block in &self.blocks {
            writer.raw(block.raw);
        }
        if let Some(block) = added {
            writer.raw(block);
        }
        writer.into_bytes()
    }
}

/// A message around `payload` without any signature yet.
#[must_use]
pub fn unsigned(payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tag(TAG).array(4).bytes(&[]).map(0).bytes(payload).array(0);
    writer.into_bytes()
}

/// Why a signature was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendError {
    /// The message cannot be read.
    Message(CoseError),
    /// The key could not sign.
    Key(SignError),
    /// The key has signed this message before.
    AlreadySigned,
    /// There is no room for another signature.
    Full,
}

/// Adds one signature to a message that [`unsigned`] began, so that signers need not meet.
///
/// # Errors
/// An unreadable message, a key that cannot sign or has signed already, too many signatures.
pub fn append_signature(message: &[u8], signer: &dyn Signer, aad: &[u8]) -> Result<Vec<u8>, AppendError> {
    let parsed = Sign::parse(message).map_err(AppendError::Message)?;
    let payload = parsed.payload.ok_or(AppendError::Message(CoseError::NoPayload))?;
    if parsed.blocks.len() >= SIGNATURES_MAX {
        return Err(AppendError::Full);
    }
    let key = signer.public_key();
    if parsed.blocks.iter().any(|block| block.buckets.kid() == Some(key.key_id().as_bytes().as_slice())) {
        return Err(AppendError::AlreadySigned);
    }
    let protected = protected_with(key.algorithm());
    let to_sign = sig_structure(parsed.body.protected_bytes, Some(&protected), aad, payload);
    let signature = sign_checked(signer, &to_sign).map_err(AppendError::Key)?;
    let mut block = Writer::new();
    block.array(3).bytes(&protected).map(1).u64(4).bytes(key.key_id().as_bytes()).bytes(&signature);
    Ok(parsed.encode(Some(&block.into_bytes())))
}

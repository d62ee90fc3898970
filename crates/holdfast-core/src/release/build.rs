//! Making a release: facts become an unsigned envelope, and signers add their signatures one at a time.

use alloc::vec::Vec;
use core::fmt;

use super::facts::{FactError, ReleaseFacts};
use super::{ReleaseManifest, ReleaseRefusal};
use crate::cose::{self, Sign1, SignError, Signer};
use crate::suit::{BLOCKS_MAX, ENVELOPE_BYTES_MAX, Envelope, Sealed};

impl ReleaseFacts {
    /// The envelope that states these facts, which nobody has signed yet.
    ///
    /// # Errors
    /// A fact outside its limits.
    pub fn to_unsigned_envelope(&self) -> Result<Vec<u8>, FactError> {
        let facts = self.clone().within_limits()?;
        Ok(Envelope::unsigned(facts.to_manifest(), Vec::new()).encode())
    }
}

/// Why a signature was not added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningError {
    /// The envelope would be refused by every device.
    Envelope(ReleaseRefusal),
    /// The key could not sign.
    Key(SignError),
    /// The key has signed before.
    AlreadySigned,
    /// There is no room for another signature.
    Full,
}

impl SigningError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Envelope(inner) => inner.name(),
            Self::Key(inner) => inner.name(),
            Self::AlreadySigned => "already-signed",
            Self::Full => "signatures-full",
        }
    }
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not signed: {}", self.name())
    }
}

impl core::error::Error for SigningError {}

/// Adds the signature of one key. Checks the digest and the whole profile first (draft-ietf-suit-manifest-37 §8.3):
/// nobody signs blindly.
///
/// # Errors
/// An envelope that every device would refuse; a key that cannot sign or has signed before.
pub fn add_signature(envelope: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SigningError> {
    let sealed = Sealed::parse(envelope).map_err(|e| SigningError::Envelope(e.into()))?;
    let opened = sealed.open().map_err(|e| SigningError::Envelope(e.into()))?;
    ReleaseManifest::of_envelope(&opened).map_err(SigningError::Envelope)?;
    if sealed.blocks().len() >= BLOCKS_MAX {
        return Err(SigningError::Full);
    }
    let id = signer.public_key().key_id();
    for block in sealed.blocks() {
        let block = Sign1::parse(block).map_err(|e| SigningError::Envelope(ReleaseRefusal::MalformedSignature(e)))?;
        if block.kid() == Some(id.as_bytes().as_slice()) {
            return Err(SigningError::AlreadySigned);
        }
    }
    let block = cose::sign1_detached(signer, b"", sealed.signed_bytes()).map_err(SigningError::Key)?;
    let grown = sealed.with_block(&block);
    if grown.len() > ENVELOPE_BYTES_MAX { Err(SigningError::Full) } else { Ok(grown) }
}

//! Adding one offline signature to a trust document.

use alloc::vec::Vec;
use core::fmt;

use super::document::read_unverified;
use super::{TRUST_BYTES_MAX, TrustRefusal};
use crate::cose::{self, AppendError, CoseError, SignError, Signer};

/// Why a signature was not added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningError {
    /// The document would be refused by whoever reads it.
    Document(TrustRefusal),
    /// The message cannot be read.
    Message(CoseError),
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
            Self::Document(inner) => inner.name(),
            Self::Message(inner) => inner.name(),
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

impl From<AppendError> for SigningError {
    fn from(inner: AppendError) -> Self {
        match inner {
            AppendError::Message(inner) => Self::Message(inner),
            AppendError::Key(inner) => Self::Key(inner),
            AppendError::AlreadySigned => Self::AlreadySigned,
            AppendError::Full => Self::Full,
        }
    }
}

/// Adds the signature of one key, current root or new root alike. Reads the document first: nobody signs blindly.
///
/// # Errors
/// A document that no verifier would take; a key that cannot sign or has signed before.
pub fn add_signature(document: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SigningError> {
    read_unverified(document).map_err(SigningError::Document)?;
    let grown = cose::append_signature(document, signer, b"")?;
    if grown.len() > TRUST_BYTES_MAX { Err(SigningError::Full) } else { Ok(grown) }
}

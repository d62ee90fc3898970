//! The bytes that are signed (RFC 9052 §4.4), and one signature that waits to be checked against a key.

use alloc::vec::Vec;

use super::header::Buckets;
use super::{Algorithm, AlgorithmPolicy, CoseError, PublicKey};
use crate::cbor::item;

/// `Sig_structure` for `COSE_Sign1`, or for one signer of `COSE_Sign` when `signer` is given.
pub(super) fn sig_structure(body: &[u8], signer: Option<&[u8]>, aad: &[u8], payload: &[u8]) -> Vec<u8> {
    item(|w| {
        match signer {
            None => w.array(4).text("Signature1").bytes(body),
            Some(signer) => w.array(5).text("Signature").bytes(body).bytes(signer),
        };
        w.bytes(aad).bytes(payload);
    })
}

/// A signature with all it takes to check it, except the key. It claims; it proves nothing yet.
#[derive(Debug, Clone)]
pub struct Claim<'b> {
    buckets: Buckets<'b>,
    message: Vec<u8>,
    signature: &'b [u8],
}

impl<'b> Claim<'b> {
    pub(super) const fn new(buckets: Buckets<'b>, message: Vec<u8>, signature: &'b [u8]) -> Self {
        Self { buckets, message, signature }
    }

    /// The key identifier: a hint.
    #[must_use]
    pub fn kid(&self) -> Option<&'b [u8]> {
        self.buckets.kid()
    }

    /// Checks the signature with `key`.
    ///
    /// # Errors
    /// No, another or a not allowed algorithm; a wrong signature.
    pub fn verify(&self, key: &PublicKey, policy: AlgorithmPolicy) -> Result<(), CoseError> {
        let algorithm = Algorithm::named(self.buckets.algorithm(policy)?, policy)?;
        if algorithm != key.algorithm() {
            return Err(CoseError::WrongAlgorithmForKey);
        }
        key.verify(&self.message, self.signature)
    }
}

/// Picks the one payload: attached, or given by the caller.
pub(super) fn one_payload<'a>(attached: Option<&'a [u8]>, detached: Option<&'a [u8]>) -> Result<&'a [u8], CoseError> {
    match (attached, detached) {
        (Some(payload), None) | (None, Some(payload)) => Ok(payload),
        _ => Err(CoseError::NoPayload),
    }
}

//! Making signatures. The key may be here, in a TPM, in another process: callers see only `Signer`.

use alloc::vec::Vec;
use core::fmt;

use p256::ecdsa::signature::Signer as _;

use super::{KeyError, PublicKey};

/// Why a key could not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The place where the key lives did not answer or refused.
    KeyUnavailable,
    /// What came back is not a signature by the expected key.
    WrongAnswer,
}

impl SignError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::KeyUnavailable => "key-unavailable",
            Self::WrongAnswer => "wrong-signature-from-key",
        }
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyUnavailable => f.write_str("the signing key is not available"),
            Self::WrongAnswer => f.write_str("the signing key's answer does not verify"),
        }
    }
}

impl core::error::Error for SignError {}

/// Something that holds a private key.
pub trait Signer {
    /// The public half, which also fixes the algorithm.
    fn public_key(&self) -> PublicKey;

    /// Signs `message` (not a hash of it). The answer is raw: 64 bytes, for ECDSA r then s.
    ///
    /// # Errors
    /// The key cannot be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

enum Secret {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// A private key in this program's memory; wiped when dropped, never shown.
pub struct SoftwareKey {
    secret: Secret,
    public: PublicKey,
}

impl SoftwareKey {
    /// An Ed25519 key from its 32-byte seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn ed25519(seed: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = PublicKey::of_own_seed(&secret);
        Self { secret: Secret::Ed25519(secret), public }
    }

    /// A P-256 key from its secret scalar, big-endian.
    ///
    /// # Errors
    /// Zero, or a number not below the order of the group.
    pub fn p256(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = p256::ecdsa::SigningKey::from_slice(scalar).map_err(|_| KeyError::BadPoint)?;
        let public = PublicKey::p256_from_sec1(secret.verifying_key().to_sec1_point(false).as_bytes())?;
        Ok(Self { secret: Secret::P256(secret), public })
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(match &self.secret {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).map_err(|_| SignError::KeyUnavailable)?;
                signature.to_bytes().to_vec()
            }
            Secret::Ed25519(key) => key.try_sign(message).map_err(|_| SignError::KeyUnavailable)?.to_bytes().to_vec(),
        })
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({})", self.public.key_id())
    }
}

/// Signs and checks the answer, so that a faulty key never produces a message that nobody can verify.
pub(crate) fn sign_checked(signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, SignError> {
    let signature = signer.sign(message)?;
    signer.public_key().verify(message, &signature).map_err(|_| SignError::WrongAnswer)?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_output_shows_the_thumbprint_and_no_secret() {
        let key = SoftwareKey::ed25519(&[0xab; 32]);
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("SoftwareKey({})", key.public_key().key_id()));
    }

    #[test]
    fn zero_and_too_large_scalars_are_refused() {
        assert!(SoftwareKey::p256(&[0; 32]).is_err());
        assert!(SoftwareKey::p256(&[0xff; 32]).is_err());
    }

    struct Broken(SoftwareKey);

    impl Signer for Broken {
        fn public_key(&self) -> PublicKey {
            self.0.public_key()
        }
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
            let mut signature = self.0.sign(message)?;
            signature[5] ^= 1;
            Ok(signature)
        }
    }

    #[test]
    fn a_faulty_key_is_noticed_before_its_signature_leaves() {
        let broken = Broken(SoftwareKey::ed25519(&[1; 32]));
        assert_eq!(sign_checked(&broken, b"m"), Err(SignError::WrongAnswer));
    }
}

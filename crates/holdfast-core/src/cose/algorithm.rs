//! Which signature algorithms exist here, and which of their identifiers are accepted (RFC 9053 §2, RFC 9864 §2).

use super::CoseError;
use super::header::AlgorithmName;

/// A fully specified signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256; identifier -9.
    Esp256,
    /// `EdDSA` on Curve25519; identifier -19.
    Ed25519,
}

/// Which identifiers a verifier accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlgorithmPolicy {
    /// Only the fully specified identifiers of RFC 9864, in the protected header.
    #[default]
    FullySpecified,
    /// Also ES256 (-7) and `EdDSA` (-8), and the algorithm in the unprotected header, as older messages have it.
    WithOlder,
}

impl Algorithm {
    /// The identifier that is written (RFC 9864 §2).
    #[must_use]
    pub const fn id(self) -> i64 {
        match self {
            Self::Esp256 => -9,
            Self::Ed25519 => -19,
        }
    }

    /// The algorithm that a header means, if this program has it and the policy allows it.
    pub(super) fn named(name: AlgorithmName<'_>, policy: AlgorithmPolicy) -> Result<Self, CoseError> {
        let AlgorithmName::Id(id) = name else { return Err(CoseError::UnsupportedAlgorithm) };
        let older = |algorithm| match policy {
            AlgorithmPolicy::WithOlder => Ok(algorithm),
            AlgorithmPolicy::FullySpecified => Err(CoseError::AlgorithmNotAllowed),
        };
        match id {
            -9 => Ok(Self::Esp256),
            -19 => Ok(Self::Ed25519),
            -7 => older(Self::Esp256),
            -8 => older(Self::Ed25519),
            _ => Err(CoseError::UnsupportedAlgorithm),
        }
    }
}

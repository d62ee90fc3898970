//! A role: a set of keys and how many of them must sign. One key counts once, by its thumbprint.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::{ROLE_KEYS_MAX, TrustRefusal};
use crate::cbor::{Reader, Writer, item};
use crate::cose::{AlgorithmPolicy, Claim, KeyId, PublicKey};
use crate::hash::Sha256Digest;

/// Why keys and threshold do not make a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleError {
    /// No key, or more than [`ROLE_KEYS_MAX`].
    KeyCount(usize),
    /// The threshold is zero or more than there are keys.
    Threshold(u64),
    /// The same key twice.
    KeyTwice,
}

impl RoleError {
    /// Stable name for counters and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::KeyCount(_) => "role-key-count",
            Self::Threshold(_) => "role-threshold",
            Self::KeyTwice => "role-key-twice",
        }
    }
}

impl fmt::Display for RoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyCount(count) => write!(f, "a role has 1 to {ROLE_KEYS_MAX} keys, not {count}"),
            Self::Threshold(threshold) => write!(f, "a threshold of {threshold} does not fit the number of keys"),
            Self::KeyTwice => f.write_str("a role has the same key twice"),
        }
    }
}

impl core::error::Error for RoleError {}

/// Keys, and how many of them must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    threshold: usize,
    keys: Vec<PublicKey>,
}

/// What the signatures on a message amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many distinct keys must sign.
    pub needed: usize,
    /// Distinct keys of the role whose signature is right.
    pub distinct: usize,
    /// Further right signatures by a key that was already counted.
    pub repeated: usize,
    /// Signatures by keys that the role does not have, or with algorithms that this program does not have.
    pub unknown: usize,
    /// Signatures that name a key of the role and do not verify.
    pub wrong: usize,
}

impl Tally {
    /// Whether enough distinct keys signed.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.distinct >= self.needed
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, distinct, repeated, unknown, wrong } = self;
        write!(f, "{distinct} of {needed} needed; {repeated} repeated, {unknown} unknown, {wrong} wrong")
    }
}

impl Role {
    /// A role.
    ///
    /// # Errors
    /// No keys, too many, one twice, or a threshold that does not fit.
    pub fn new(threshold: u64, keys: Vec<PublicKey>) -> Result<Self, RoleError> {
        if keys.is_empty() || keys.len() > ROLE_KEYS_MAX {
            return Err(RoleError::KeyCount(keys.len()));
        }
        let distinct: BTreeSet<KeyId> = keys.iter().map(PublicKey::key_id).collect();
        if distinct.len() != keys.len() {
            return Err(RoleError::KeyTwice);
        }
        match usize::try_from(threshold) {
            Ok(needed @ 1..) if needed <= keys.len() => Ok(Self { threshold: needed, keys }),
            _ => Err(RoleError::Threshold(threshold)),
        }
    }

    /// How many distinct keys must sign.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The key with this thumbprint.
    #[must_use]
    pub fn key(&self, id: &[u8]) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.key_id().as_bytes() == id)
    }

    /// Digest over the encoded role; a trust document may announce that of the next root role.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&item(|w| self.write(w)))
    }

    /// Checks each claim with the key that it names. The work is bounded by one verification a claim.
    #[must_use]
    pub fn tally(&self, claims: &[Claim<'_>]) -> Tally {
        let mut tally = Tally { needed: self.threshold, ..Tally::default() };
        let mut counted = BTreeSet::new();
        for claim in claims {
            let Some(key) = claim.kid().and_then(|kid| self.key(kid)) else {
                tally.unknown += 1;
                continue;
            };
            if claim.verify(key, AlgorithmPolicy::FullySpecified).is_err() {
                tally.wrong += 1;
            } else if counted.insert(key.key_id()) {
                tally.distinct += 1;
            } else {
                tally.repeated += 1;
            }
        }
        tally
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, TrustRefusal> {
        reader.array_of(2)?;
        let threshold = reader.u64()?;
        let count = reader.array(ROLE_KEYS_MAX)?;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            keys.push(PublicKey::from_cose_key(reader.raw()?)?);
        }
        Ok(Self::new(threshold, keys)?)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.array(2).u64(self.threshold as u64).array(self.keys.len());
        self.keys.iter().for_each(|key| {
            writer.raw(&key.to_cose_key());
        });
    }
}

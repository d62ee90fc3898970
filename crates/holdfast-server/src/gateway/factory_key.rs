//! Finds the public key that signed a piece of evidence, where only the SHA-256 of that key is on record.
//!
//! A factory manifest lists key thumbprints, so the key itself is recovered from the ECDSA signature (SEC 1 v2 §4.1.6)
//! and is believed only if its `SubjectPublicKeyInfo` hashes to the thumbprint on record. The evidence is then verified
//! with it like any other; nothing is concluded from the recovery alone.

use holdfast_core::attest::EVIDENCE_BYTES_MAX;
use holdfast_core::cbor::{CborError, Fault, Reader, Rules, item};
use holdfast_core::cose::PublicKey;
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::fleet::KeyThumbprint;
use p256::ecdsa::{RecoveryId, Signature, VerifyingKey};

/// Tag of `COSE_Sign1` (RFC 9052 §4.2).
const SIGN1: u64 = 18;

/// Why no key was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The bytes are no signed evidence; holds the stable name of what is wrong.
    Malformed(&'static str),
    /// Another key signed it.
    Other,
}

/// The key with this thumbprint that signed the evidence.
pub(super) fn recover(evidence: &[u8], on_record: KeyThumbprint) -> Result<PublicKey, NoKey> {
    let (message, signature) = signed_part(evidence).map_err(|error| NoKey::Malformed(error.name()))?;
    let signature = Signature::from_slice(signature).map_err(|_| NoKey::Other)?;
    let digest = Sha256Digest::of(&message);
    let found = RECOVERY_IDS.iter().find_map(|id| {
        let id = RecoveryId::from_byte(*id)?;
        let key = VerifyingKey::recover_from_prehash(digest.as_bytes(), &signature, id).ok()?;
        let key = PublicKey::p256_from_sec1(key.to_sec1_point(false).as_bytes()).ok()?;
        let thumbprint = Sha256Digest::of(&key.to_spki_der());
        (*thumbprint.as_bytes() == on_record.0).then_some(key)
    });
    found.ok_or(NoKey::Other)
}

/// Both parities of the point; the two with a reduced x are as good as impossible on this curve, and cost little.
const RECOVERY_IDS: [u8; 4] = [0, 1, 2, 3];

/// What was signed (RFC 9052 §4.4) and the signature, from the record form of a conceptual message wrapper (RFC 9999).
fn signed_part(evidence: &[u8]) -> Result<(Vec<u8>, &[u8]), CborError> {
    let mut record = Reader::open(evidence, Rules::any_key_order(EVIDENCE_BYTES_MAX))?;
    record.array(3)?;
    record.raw()?;
    let mut token = Reader::open(record.bytes()?, Rules::any_key_order(EVIDENCE_BYTES_MAX))?;
    if token.tag()? != SIGN1 {
        return Err(CborError { fault: Fault::UnexpectedType, at: 0 });
    }
    token.array_of(4)?;
    let protected = token.bytes()?;
    token.raw()?;
    let payload = token.bytes()?;
    let signature = token.bytes()?;
    let message = item(|w| {
        w.array(4).text("Signature1").bytes(protected).bytes(b"").bytes(payload);
    });
    Ok((message, signature))
}

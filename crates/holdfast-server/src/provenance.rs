//! Whose signature readings carry: finds the device's key on record that made it, and checks stored readings again.
//!
//! The device table holds thumbprints of keys, so the key itself is recovered from the ECDSA signature (SEC 1 v2 §4.1.6)
//! and believed only if it hashes to a thumbprint on record; then the signature is verified with it like any other.

use std::collections::BTreeMap;

use holdfast_core::cbor::{CborError, Fault, Reader, Rules, item};
use holdfast_core::cose::PublicKey;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::telemetry::TelemetryMessage;
use holdfast_core::telemetry::signed::{
    READINGS_AAD, SIGNATURE_BYTES_MAX, reading_digest, signed_body, verify_readings,
};
use holdfast_domain::fleet::{CertificateState, KeyThumbprint};
use holdfast_store::telemetry::{Message, Proof, ProofRow};
use holdfast_store::{Store, StoreError};
use p256::ecdsa::{RecoveryId, Signature, VerifyingKey};

/// Tag of `COSE_Sign1` (RFC 9052 §4.2).
const SIGN1: u64 = 18;
/// Both parities of the point; the two with a reduced x are as good as impossible on this curve, and cost little.
const RECOVERY_IDS: [u8; 4] = [0, 1, 2, 3];
/// Signatures read at once when stored readings are checked again.
const PROOFS_AT_ONCE: u32 = 200;
/// Most signatures looked at in one check.
const PROOFS_MAX: usize = 5_000;
/// Most counters listed of each kind of trouble.
const LISTED_MAX: usize = 100;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSigned {
    /// It is no `COSE_Sign1` without its payload.
    Malformed,
    /// No key of the device made it.
    Wrong,
}

/// Keys a device may sign readings with: of its certificates that are in force, and its factory key.
pub(crate) fn keys_of(store: &Store, device: &DeviceId) -> Result<Vec<KeyThumbprint>, StoreError> {
    let mut keys: Vec<_> = store
        .certificates(device)?
        .into_iter()
        .filter(|known| matches!(known.state, CertificateState::Issued | CertificateState::Proven))
        .map(|known| known.key)
        .collect();
    keys.extend(store.device(device)?.map(|device| device.factory_key));
    Ok(keys)
}

/// Checks a device's signature over readings and gives what is kept of it.
pub(crate) fn proven(
    (device, stream): (&DeviceId, &StreamId),
    readings: &[TelemetryMessage],
    signature: &[u8],
    keys: &[KeyThumbprint],
) -> Result<ProofRow, NotSigned> {
    let digests: Vec<_> = readings.iter().map(|reading| reading_digest(device, stream, reading)).collect();
    let key = signer(signature, &signed_body(&digests), keys)?;
    verify_readings(signature, &key, &digests).map_err(|_| NotSigned::Wrong)?;
    Ok(ProofRow {
        readings: readings.iter().map(|reading| reading.counter).zip(digests).collect(),
        signature: signature.to_vec(),
        key: key.to_spki_der(),
        forwarder: None,
    })
}

/// The key on record that made a detached signature over `body`.
fn signer(message: &[u8], body: &[u8], keys: &[KeyThumbprint]) -> Result<PublicKey, NotSigned> {
    let (protected, signature) = parts(message).map_err(|_| NotSigned::Malformed)?;
    let signature = Signature::from_slice(signature).map_err(|_| NotSigned::Malformed)?;
    // RFC 9052 §4.4.
    let signed = item(|w| {
        w.array(4).text("Signature1").bytes(protected).bytes(READINGS_AAD).bytes(body);
    });
    let digest = Sha256Digest::of(&signed);
    let found = RECOVERY_IDS.iter().find_map(|id| {
        let id = RecoveryId::from_byte(*id)?;
        let key = VerifyingKey::recover_from_prehash(digest.as_bytes(), &signature, id).ok()?;
        let key = PublicKey::p256_from_sec1(key.to_sec1_point(false).as_bytes()).ok()?;
        let thumbprint = KeyThumbprint(*Sha256Digest::of(&key.to_spki_der()).as_bytes());
        keys.contains(&thumbprint).then_some(key)
    });
    found.ok_or(NotSigned::Wrong)
}

/// The protected header and the signature.
fn parts(message: &[u8]) -> Result<(&[u8], &[u8]), CborError> {
    let mut reader = Reader::open(message, Rules::any_key_order(SIGNATURE_BYTES_MAX))?;
    if reader.tag()? != SIGN1 {
        return Err(CborError { fault: Fault::UnexpectedType, at: 0 });
    }
    reader.array_of(4)?;
    let protected = reader.bytes()?;
    reader.raw()?;
    reader.null()?;
    let signature = reader.bytes()?;
    reader.end()?;
    Ok((protected, signature))
}

/// What a later check of stored readings found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Checked {
    /// Signatures that were looked at.
    pub(crate) signatures: u64,
    /// Readings that are as they were signed.
    pub(crate) verified: u64,
    /// Readings that are not as they were signed; at most 100 are listed.
    pub(crate) altered: Vec<u64>,
    /// Signed readings that are not stored any more, such as after their retention.
    pub(crate) absent: u64,
    /// Signatures that do not hold, or whose key the device never had: the first counter of each; at most 100.
    pub(crate) broken: Vec<u64>,
    /// Readings by the device that passed them on.
    pub(crate) forwarded: BTreeMap<DeviceId, u64>,
    /// Whether there are more signatures than one check looks at.
    pub(crate) more: bool,
}

/// Checks stored readings of a stream against the signatures that came with them.
pub(crate) fn check(store: &Store, device: &DeviceId, stream: &StreamId) -> Result<Checked, StoreError> {
    let mut checked = Checked::default();
    let mut keys: Vec<_> = store.certificates(device)?.into_iter().map(|known| known.key).collect();
    keys.extend(store.device(device)?.map(|device| device.factory_key));
    let mut after = 0;
    loop {
        let proofs = store.telemetry_proofs(device, stream, (0, u64::MAX), (after, PROOFS_AT_ONCE))?;
        let Some(last) = proofs.last() else { return Ok(checked) };
        after = last.id;
        for proof in &proofs {
            check_one(store, (device, stream), proof, &keys, &mut checked)?;
        }
        if checked.signatures >= PROOFS_MAX as u64 {
            checked.more = true;
            return Ok(checked);
        }
    }
}

fn check_one(
    store: &Store,
    (device, stream): (&DeviceId, &StreamId),
    Proof { row, .. }: &Proof,
    keys: &[KeyThumbprint],
    checked: &mut Checked,
) -> Result<(), StoreError> {
    checked.signatures += 1;
    let digests: Vec<_> = row.readings.iter().map(|(_, digest)| *digest).collect();
    let on_record = keys.contains(&KeyThumbprint(*Sha256Digest::of(&row.key).as_bytes()));
    let key = PublicKey::from_spki_der(&row.key).ok().filter(|_| on_record);
    if key.is_none_or(|key| verify_readings(&row.signature, &key, &digests).is_err()) {
        list(&mut checked.broken, row.readings.first().map_or(0, |(counter, _)| *counter));
        return Ok(());
    }
    for (counter, digest) in &row.readings {
        match store.telemetry_message(device, stream, *counter)? {
            None => checked.absent += 1,
            Some(stored) if as_signed(device, stream, &stored) == Some(*digest) => checked.verified += 1,
            Some(_) => list(&mut checked.altered, *counter),
        }
        if let Some(forwarder) = &row.forwarder {
            *checked.forwarded.entry(forwarder.clone()).or_insert(0) += 1;
        }
    }
    Ok(())
}

fn list(counters: &mut Vec<u64>, counter: u64) {
    if counters.len() < LISTED_MAX {
        counters.push(counter);
    }
}

/// The digest of a stored reading.
fn as_signed(device: &DeviceId, stream: &StreamId, stored: &Message) -> Option<Sha256Digest> {
    let quality = stored.quality.as_ref().map(|quality| format!(",\"q\":{quality}")).unwrap_or_default();
    let (counter, at, fields) = (stored.counter, stored.device_time.as_micros(), &stored.fields);
    let json = format!("{{\"c\":{counter},\"t\":{at},\"f\":{fields}{quality}}}");
    Some(reading_digest(device, stream, &TelemetryMessage::parse(json.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use holdfast_core::cose::{Signer as _, SoftwareKey};
    use holdfast_core::telemetry::signed::sign_readings;

    use super::*;

    #[test]
    fn a_signature_counts_only_for_a_key_on_record_and_the_readings_it_covers() {
        let (device, stream) = ("leaf-0001".parse().unwrap(), "climate".parse().unwrap());
        let reading =
            |n: u64| TelemetryMessage::parse(format!(r#"{{"c":{n},"t":5,"f":{{"a":{n}.5}}}}"#).as_bytes()).unwrap();
        let pack = [reading(1), reading(2)];
        let key = SoftwareKey::p256(&[9; 32]).unwrap();
        let thumbprint = KeyThumbprint(*Sha256Digest::of(&key.public_key().to_spki_der()).as_bytes());
        let signature = sign_readings(&key, &device, &stream, &pack).unwrap();
        let prove = |readings: &[TelemetryMessage], signature: &[u8], keys: &[KeyThumbprint]| {
            proven((&device, &stream), readings, signature, keys).map(|proof| proof.readings.len())
        };
        let other = KeyThumbprint([1; 32]);
        assert_eq!(prove(&pack, &signature, &[other, thumbprint]), Ok(2));
        assert_eq!(prove(&pack, &signature, &[other]), Err(NotSigned::Wrong));
        assert_eq!(prove(&pack[..1], &signature, &[thumbprint]), Err(NotSigned::Wrong));
        assert_eq!(prove(&pack, &signature[1..], &[thumbprint]), Err(NotSigned::Malformed));
        assert_eq!(prove(&pack, b"\xd2\x84", &[thumbprint]), Err(NotSigned::Malformed));
        for at in 0..signature.len() {
            let mut broken = signature.clone();
            broken[at] ^= 1;
            // The key identifier is a hint that nothing rests on.
            if let Ok(2) = prove(&pack, &broken, &[thumbprint]) {
                assert!((7..46).contains(&at), "byte {at} is covered");
            }
        }
    }
}

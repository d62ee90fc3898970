//! Signatures of devices over readings: one covers a reading or a whole pack, and outlives the message that carried it.
//!
//! Signed are not the bytes of a payload but digests of what it says, in deterministic CBOR (RFC 8949 §4.2), so that a
//! stored reading can be verified years later from its columns. A number without a fraction counts as an integer, so
//! that JSON's `21.0` and `21` are one value. The signature is a detached `COSE_Sign1` (RFC 9052 §4.2).

use alloc::vec::Vec;

use super::{FieldValue, INTEGER_MAX, TelemetryMessage};
use crate::cbor::{Writer, item};
use crate::cose::{AlgorithmPolicy, CoseError, PublicKey, Sign1, SignError, Signer, sign1_detached};
use crate::hash::Sha256Digest;
use crate::id::{DeviceId, StreamId};

/// What keeps these signatures apart from all others of the same key (RFC 9052 §4.3).
pub const READINGS_AAD: &[u8] = b"holdfast-readings-1";
/// First item of what a digest is made of.
const READING: &str = "holdfast-reading-1";
/// Most bytes of a signature.
pub const SIGNATURE_BYTES_MAX: usize = 512;

/// The digest of one reading of a device and stream.
///
/// It covers the CBOR array `["holdfast-reading-1", device, stream, counter, time, fields, qualities]`.
#[must_use]
pub fn reading_digest(device: &DeviceId, stream: &StreamId, reading: &TelemetryMessage) -> Sha256Digest {
    let fields = reading.fields.iter().map(|(name, value)| (text(name), item(|w| write_value(value, w)))).collect();
    let qualities = reading.quality.iter().map(|(name, quality)| (text(name), text(quality.word()))).collect();
    let signed = item(|w| {
        w.array(7).text(READING).text(device.as_str()).text(stream.as_str());
        w.u64(reading.counter).i64(reading.at.as_micros());
        w.sorted(fields).sorted(qualities);
    });
    Sha256Digest::of(&signed)
}

fn text(text: &str) -> Vec<u8> {
    item(|w| {
        w.text(text);
    })
}

fn write_value(value: &FieldValue, writer: &mut Writer) {
    match value {
        FieldValue::Bool(truth) => writer.bool(*truth),
        FieldValue::Integer(n) => writer.i64(*n),
        FieldValue::Number(x) => match whole(*x) {
            Some(n) => writer.i64(n),
            None => writer.raw(&[0xfb]).raw(&x.to_be_bytes()),
        },
        FieldValue::Text(text) => writer.text(text),
    };
}

/// The integer that a number without a fraction is.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "kept to what f64 holds exactly")]
fn whole(x: f64) -> Option<i64> {
    if x.abs() > INTEGER_MAX as f64 {
        return None;
    }
    let n = x as i64;
    // A fraction is lost by the cast, so that the way back differs. Minus zero becomes zero.
    let exact = n as f64;
    let zero = n == 0 && x.to_bits() << 1 == 0;
    (zero || exact.total_cmp(&x).is_eq()).then_some(n)
}

/// What a signature covers: the digests of its readings, one after the other.
#[must_use]
pub fn signed_body(digests: &[Sha256Digest]) -> Vec<u8> {
    digests.iter().flat_map(Sha256Digest::as_bytes).copied().collect()
}

/// Signs readings of one device and stream, in their order.
///
/// # Errors
/// The key cannot be used.
pub fn sign_readings(
    signer: &dyn Signer,
    device: &DeviceId,
    stream: &StreamId,
    readings: &[TelemetryMessage],
) -> Result<Vec<u8>, SignError> {
    let digests: Vec<_> = readings.iter().map(|reading| reading_digest(device, stream, reading)).collect();
    sign1_detached(signer, READINGS_AAD, &signed_body(&digests))
}

/// Checks a signature over digests of readings.
///
/// # Errors
/// Malformed bytes, another algorithm, a wrong signature.
pub fn verify_readings(signature: &[u8], key: &PublicKey, digests: &[Sha256Digest]) -> Result<(), CoseError> {
    let body = signed_body(digests);
    Sign1::parse(signature)?.claim(READINGS_AAD, Some(&body))?.verify(key, AlgorithmPolicy::FullySpecified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cose::SoftwareKey;

    fn reading(fields: &str) -> TelemetryMessage {
        let json = alloc::format!(r#"{{"c":1,"t":2,"f":{fields},"q":{{"a":"good"}}}}"#);
        TelemetryMessage::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn one_signature_covers_a_pack_and_nothing_else() {
        let (device, stream) = ("hearth-0001".parse().unwrap(), "climate".parse().unwrap());
        let pack = [reading(r#"{"a":1,"b":2.5}"#), reading(r#"{"a":-3,"b":"x"}"#)];
        let key = SoftwareKey::p256(&[7; 32]).unwrap();
        let signature = sign_readings(&key, &device, &stream, &pack).unwrap();
        assert!(signature.len() <= SIGNATURE_BYTES_MAX);
        let digests = |device: &DeviceId, pack: &[TelemetryMessage]| -> Vec<_> {
            pack.iter().map(|reading| reading_digest(device, &stream, reading)).collect()
        };
        let good = digests(&device, &pack);
        assert_eq!(verify_readings(&signature, &key.public_key(), &good), Ok(()));
        for wrong in [
            digests(&"hearth-0002".parse().unwrap(), &pack),
            digests(&device, &pack[..1]),
            digests(&device, &[pack[1].clone(), pack[0].clone()]),
            digests(&device, &[reading(r#"{"a":1,"b":2.6}"#), pack[1].clone()]),
        ] {
            assert_eq!(verify_readings(&signature, &key.public_key(), &wrong), Err(CoseError::WrongSignature));
        }
        let other = SoftwareKey::p256(&[8; 32]).unwrap();
        assert!(verify_readings(&signature, &other.public_key(), &good).is_err());
    }

    #[test]
    fn the_same_number_has_the_same_digest_however_it_is_written() {
        let (device, stream) = ("hearth-0001".parse().unwrap(), "climate".parse().unwrap());
        let digest = |fields: &str| reading_digest(&device, &stream, &reading(fields));
        assert_eq!(digest(r#"{"a":21}"#), digest(r#"{"a":21.0}"#));
        assert_eq!(digest(r#"{"a":0}"#), digest(r#"{"a":-0.0}"#));
        assert_eq!(digest(r#"{"a":1e3}"#), digest(r#"{"a":1000}"#));
        assert_ne!(digest(r#"{"a":21}"#), digest(r#"{"a":21.5}"#));
        assert_ne!(digest(r#"{"a":1}"#), digest(r#"{"a":"1"}"#));
        assert_ne!(digest(r#"{"a":1e300}"#), digest(r#"{"a":-1e300}"#));
    }
}

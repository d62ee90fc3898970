//! Targets for CBOR and everything that is signed in it.
//!
//! Where a signature stands before the content, the target also signs the input itself, so that the content's reader is
//! reached by bytes that nobody signed.

use holdfast_core::attest::{self, verify_evidence};
use holdfast_core::cbor::{self, CborError, Kind, Reader, Rules, Writer};
use holdfast_core::cose::{self, AlgorithmPolicy, PublicKey, Sign, Sign1, Signer as _};
use holdfast_core::label::{self, Label, verify_label};
use holdfast_core::release::{self, Floors, ReleaseManifest, verify_release};
use holdfast_core::statement::{Expectation, verify_statement};
use holdfast_core::suit::Sealed;
use holdfast_core::time::Timestamp;
use holdfast_core::trust::{self, TrustContent, TrustDocument};

use super::maker::{FACTORY, FACTORY_PUBLIC, FRESHNESS, RELEASE, TRUST, device, key, nonce};

const BYTES_MAX: usize = 64 * 1024;

/// What is well-formed can be walked to its end; what is deterministic comes out the same when written again.
pub(super) fn cbor(data: &[u8]) {
    let (strict, any) = (Rules::deterministic(BYTES_MAX), Rules::any_key_order(BYTES_MAX));
    let is_strict = cbor::check(data, strict).is_ok();
    assert!(!is_strict || cbor::check(data, any).is_ok(), "the looser rules refuse what the stricter accept");
    if let Ok(mut reader) = Reader::open(data, any) {
        let mut writer = Writer::new();
        assert_eq!(copy(&mut reader, &mut writer), Ok(()), "a checked item cannot be read");
        assert_eq!(reader.end(), Ok(()));
        assert_eq!(writer.into_bytes(), data, "written otherwise than read");
    }
    if let Ok(mut reader) = Reader::open(data, strict) {
        assert_eq!(reader.raw(), Ok(data));
    }
    // Readers asked for what is not there.
    if let Ok(reader) = Reader::open(data, any) {
        let _ = (reader.clone().u64(), reader.clone().i64(), reader.clone().bytes(), reader.clone().text(8));
        let _ = (reader.clone().map(4), reader.clone().array(4), reader.clone().tag(), reader.clone().null());
        let _ = (reader.clone().bool(), reader.clone().byte_array::<4>());
    }
}

/// Reads one item and writes it again; the check bounds the depth.
#[expect(clippy::wildcard_enum_match_arm, reason = "what has no method of its own is copied as it is")]
fn copy(reader: &mut Reader<'_>, writer: &mut Writer) -> Result<(), CborError> {
    match reader.peek() {
        Kind::Unsigned => {
            writer.u64(reader.u64()?);
        }
        Kind::Bytes => {
            writer.bytes(reader.bytes()?);
        }
        Kind::Text => {
            writer.text(reader.text(BYTES_MAX)?);
        }
        Kind::Array => {
            let count = reader.array(BYTES_MAX)?;
            writer.array(count);
            for _ in 0..count {
                copy(reader, writer)?;
            }
        }
        Kind::Map => {
            let count = reader.map(BYTES_MAX)?;
            writer.map(count);
            for _ in 0..count * 2 {
                copy(reader, writer)?;
            }
        }
        Kind::Tag => {
            writer.tag(reader.tag()?);
            copy(reader, writer)?;
        }
        Kind::Bool => {
            writer.bool(reader.bool()?);
        }
        Kind::Null => {
            reader.null()?;
            writer.null();
        }
        Kind::Negative => match reader.clone().i64() {
            Ok(value) => {
                reader.i64()?;
                writer.i64(value);
            }
            // Below the range of 64 signed bits.
            Err(_) => {
                writer.raw(reader.raw()?);
            }
        },
        _ => {
            writer.raw(reader.raw()?);
        }
    }
    Ok(())
}

pub(super) fn cose_sign(data: &[u8]) {
    for parsed in [Sign::parse(data), Sign::parse_untagged(data)].into_iter().flatten() {
        let detached = if parsed.unverified_payload().is_some() { None } else { Some(data) };
        for claim in parsed.claims(b"", detached).into_iter().flatten() {
            let _ = claim.kid();
            let _ = claim.verify(&key(2).public_key(), AlgorithmPolicy::FullySpecified);
        }
    }
    if let Ok(more) = cose::append_signature(data, &key(2), b"") {
        let count =
            |bytes: &[u8]| Sign::parse(bytes).and_then(|sign| sign.claims(b"", None)).map(|claims| claims.len());
        assert_eq!(count(&more), count(data).map(|count| count + 1), "a signature was added otherwise than parsed");
    }
}

pub(super) fn cose_sign1(data: &[u8]) {
    for parsed in [Sign1::parse(data), Sign1::parse_untagged(data)].into_iter().flatten() {
        let _ = parsed.kid();
        let _ = parsed.claim(b"", None);
        let _ = parsed.claim(b"", Some(data));
        for key in [&key(2).public_key(), &FACTORY_PUBLIC] {
            let _ = parsed.verify_attached(key, AlgorithmPolicy::FullySpecified, b"");
        }
    }
}

pub(super) fn cose_key(data: &[u8]) {
    if let Ok(key) = PublicKey::from_cose_key(data) {
        assert_eq!(PublicKey::from_cose_key(&key.to_cose_key()).as_ref(), Ok(&key));
        assert_eq!(PublicKey::from_spki_der(&key.to_spki_der()).as_ref(), Ok(&key));
        assert_eq!(key.key_id().to_string().parse(), Ok(key.key_id()));
        let _ = key.verify(data, &[0; 64]);
    }
}

pub(super) fn spki(data: &[u8]) {
    if let Ok(key) = PublicKey::from_spki_der(data) {
        assert_eq!(key.to_spki_der(), data, "two forms of one key");
    }
}

/// What opens is written again as the same bytes, so that no two envelopes mean the same.
pub(super) fn suit(data: &[u8]) {
    let Ok(sealed) = Sealed::parse(data) else { return };
    if let Ok(envelope) = sealed.open() {
        assert_eq!(envelope.encode(), data, "an envelope has two forms");
        assert_eq!(envelope.digest, sealed.digest());
    }
}

pub(super) fn trust(data: &[u8]) {
    let read = TrustContent::read_unverified(data);
    if let Ok((content, _)) = &read {
        // A full document leaves no room for its own frame in another form; that one is refused.
        if let Ok(unsigned) = content.to_unsigned() {
            let again = TrustContent::read_unverified(&unsigned);
            assert_eq!(again.as_ref().map(|(content, _)| content), Ok(content));
        }
        if let Ok(signed) = trust::add_signature(data, &key(2)) {
            assert!(TrustContent::read_unverified(&signed).is_ok());
        }
    }
    if let Ok(opened) = TrustDocument::open_first(data) {
        assert!(read.is_ok_and(|(content, tally)| content == *opened.content() && tally.is_enough()));
        let _ = opened.vendor();
    }
    let _ = TRUST.succeed(data);
}

pub(super) fn release(data: &[u8]) {
    let floors = Floors { sequence: 3, security: 2 };
    let read = ReleaseManifest::read_unverified(data);
    if let Ok(manifest) = &read {
        let again = manifest.to_unsigned_envelope().map(|bytes| ReleaseManifest::read_unverified(&bytes));
        assert!(matches!(&again, Ok(Ok(other)) if **other == **manifest), "facts are written otherwise than read");
        let _ = manifest.artifact_uri();
    }
    if let Ok(verified) = verify_release(data, &TRUST, &device(), &floors) {
        assert_eq!(read.as_ref(), Ok(&*verified), "verified, but not readable");
    }
    let _ = release::count_signatures(data, &TRUST);
    let signed = RELEASE.iter().take(2).try_fold(data.to_vec(), |bytes, n| release::add_signature(&bytes, &key(*n)));
    if let Ok(signed) = signed {
        let _ = verify_release(&signed, &TRUST, &device(), &floors);
    }
}

/// Whether it is worth a signature: what is no deterministic CBOR is refused before it is read, which `cbor` shows.
fn is_content(data: &[u8]) -> bool {
    cbor::check(data, Rules::deterministic(attest::EVIDENCE_BYTES_MAX)).is_ok()
}

pub(super) fn statement(data: &[u8]) {
    let (nonce, floor) = (nonce(), Timestamp::from_micros(1));
    let Ok(id) = "hearth-0001".parse() else { return };
    let expected = Expectation { device: &id, nonce: &nonce, counter_floor: 1, time_floor: floor };
    let freshness = key(FRESHNESS);
    let _ = verify_statement(data, &TRUST, &expected);
    if !is_content(data) {
        return;
    }
    let Ok(signed) = cose::sign1_attached(&freshness, b"", data) else { return };
    if let Ok(statement) = verify_statement(&signed, &TRUST, &expected) {
        let again = statement.sign(&freshness);
        assert_eq!(again.as_deref(), Ok(signed.as_slice()), "a statement has two forms");
    }
}

pub(super) fn label(data: &[u8]) {
    let now = Timestamp::from_micros(1_795_408_200_000_001);
    let freshness = key(FRESHNESS);
    let _ = verify_label(data, &TRUST, now);
    if !is_content(data) {
        return;
    }
    let Ok(signed) = cose::sign1_attached(&freshness, label::CONTEXT, data) else { return };
    if let Ok(found) = verify_label(&signed, &TRUST, now) {
        assert_eq!(found.sign(&freshness).as_deref(), Ok(signed.as_slice()), "a label has two forms");
        assert!(found.expires <= Label::end(found.issued, &found.evidence), "a label outlives its evidence");
    }
}

pub(super) fn evidence(data: &[u8]) {
    let nonce = nonce();
    let _ = verify_evidence(data, &FACTORY_PUBLIC, &nonce);
    if !is_content(data) {
        return;
    }
    let Ok(token) = cose::sign1_attached(&*FACTORY, b"", data) else { return };
    let wrapped = cbor::item(|w| {
        w.array(3).text(attest::MEDIA_TYPE).bytes(&token).u64(4);
    });
    if let Ok(evidence) = verify_evidence(&wrapped, &FACTORY_PUBLIC, &nonce) {
        let again = evidence.sign(&*FACTORY);
        assert_eq!(again.as_deref(), Ok(wrapped.as_slice()), "evidence has two forms");
    }
}

//! Evidence as a message: made by the factory key over the challenge's nonce, in the wrapper and profile that we name.

use holdfast_core::attest::{BootState, Evidence, MEDIA_TYPE, verify_evidence};
use holdfast_core::cbor::{Reader, Rules, item};
use holdfast_core::cose::{Signer, Verified, sign1_attached};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::statement::Nonce;
use holdfast_core::update::boot::Slot;
use proptest::prelude::*;

use crate::makers::key;

const FACTORY: u8 = 1;

fn nonce() -> Nonce {
    Nonce::new(&[9; 16]).unwrap()
}

fn evidence() -> Evidence {
    Evidence {
        nonce: nonce(),
        uptime_s: 86_400,
        boot_count: 12,
        version: "2.1.0".into(),
        slot: Slot::B,
        image_digest: Sha256Digest::of(b"image"),
        manifest_digest: Sha256Digest::of(b"manifest"),
        sequence: 7,
        security_floor: 5,
        boot_state: BootState::Committed,
    }
}

fn verify(bytes: &[u8]) -> Result<Evidence, &'static str> {
    verify_evidence(bytes, &key(FACTORY).public_key(), &nonce()).map(Verified::into_inner).map_err(|e| e.name())
}

/// The wrapper around a token.
fn wrapped(kind: &str, token: &[u8], indicator: Option<u64>) -> Vec<u8> {
    item(|w| {
        w.array(2 + usize::from(indicator.is_some())).text(kind).bytes(token);
        if let Some(indicator) = indicator {
            w.u64(indicator);
        }
    })
}

fn token() -> Vec<u8> {
    let bytes = evidence().sign(&key(FACTORY)).unwrap();
    let mut reader = Reader::open(&bytes, Rules::deterministic(4096)).unwrap();
    reader.array(3).unwrap();
    reader.text(64).unwrap();
    reader.bytes().unwrap().to_vec()
}

#[test]
fn evidence_reads_back_in_both_forms_of_the_wrapper() {
    for boot_state in [BootState::Committed, BootState::Trying] {
        for slot in [Slot::A, Slot::B] {
            let made = Evidence { boot_state, slot, ..evidence() };
            assert_eq!(verify(&made.sign(&key(FACTORY)).unwrap()), Ok(made));
        }
    }
    assert_eq!(verify(&wrapped(MEDIA_TYPE, &token(), None)), Ok(evidence()));
}

#[test]
fn another_wrapper_key_nonce_or_profile_is_refused_by_name() {
    assert_eq!(verify(&wrapped("application/eat+jwt", &token(), Some(4))), Err("wrong-evidence-wrapper"));
    assert_eq!(verify(&wrapped(MEDIA_TYPE, &token(), Some(8))), Err("wrong-evidence-wrapper"));
    assert_eq!(verify(&evidence().sign(&key(2)).unwrap()), Err("unknown-signer"));
    let stale = Evidence { nonce: Nonce::new(&[8; 16]).unwrap(), ..evidence() };
    assert_eq!(verify(&stale.sign(&key(FACTORY)).unwrap()), Err("wrong-nonce"));
    let mut wrong = evidence().sign(&key(FACTORY)).unwrap();
    let at = wrong.len() - 2;
    wrong[at] ^= 1;
    assert_eq!(verify(&wrong), Err("wrong-signature"));

    let id = key(FACTORY).public_key().key_id();
    let ueid = [&[1][..], &id.as_bytes()[..16]].concat();
    let claims = |ueid: &[u8], profile: &str| {
        let payload = item(|w| {
            w.map(7).u64(10).bytes(&[9; 16]).u64(256).bytes(ueid).u64(261).u64(1).u64(265).text(profile);
            w.u64(267).u64(1).u64(271).array(2).text("1").u64(1).i64(-70_001).map(0);
        });
        wrapped(MEDIA_TYPE, &sign1_attached(&key(FACTORY), b"", &payload).unwrap(), Some(4))
    };
    assert_eq!(verify(&claims(&ueid, "tag:other")), Err("wrong-profile"));
    assert_eq!(verify(&claims(&[1; 17], "tag:holdfast.dev,2026:eat-1")), Err("wrong-identity"));
    assert_eq!(verify(&claims(&ueid, "tag:holdfast.dev,2026:eat-1")), Err("cbor-out-of-range"));
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    let whole = evidence().sign(&key(FACTORY)).unwrap();
    for at in 0..whole.len() {
        assert_eq!(verify(&whole[..at]), Err("cbor-truncated"));
        let mut changed = whole.clone();
        changed[at] ^= 0x01;
        assert!(verify(&changed).is_err(), "byte {at}");
    }
}

proptest! {
    #[test]
    fn any_evidence_reads_back(uptime_s: u64, boot_count: u64, version in "[0-9a-z.+-]{1,32}", image: [u8; 32], sequence: u64) {
        let image_digest = Sha256Digest::from_bytes(image);
        let made = Evidence { uptime_s, boot_count, version, image_digest, sequence, ..evidence() };
        prop_assert_eq!(verify(&made.sign(&key(FACTORY)).unwrap()), Ok(made));
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&bytes).is_err());
        let signed = sign1_attached(&key(FACTORY), b"", &bytes).unwrap();
        prop_assert!(verify(&wrapped(MEDIA_TYPE, &signed, Some(4))).is_err());
    }
}

//! Signed labels: by the key that the trust document names, for as long as their evidence is fresh, and for nothing else.

use holdfast_core::cose::{Verified, sign1_attached};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::label::{CONTEXT, Evidence, LIFE_MAX, Label, verify_label};
use holdfast_core::statement::{Expectation, Nonce, verify_statement};
use holdfast_core::time::{Millis, Timestamp};

use crate::makers::{key, trusted};

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);
const DAY: Millis = Millis::from_secs(86_400);

fn evidence(what: &str, days: u64) -> Evidence {
    let until = NOW.plus(Millis(DAY.0 * days));
    Evidence { what: what.into(), link: "https://hearth.example/p/hearth-thermostat".into(), at: NOW, until }
}

fn label() -> Label {
    let evidence = vec![evidence("support-promise", 300), evidence("firmware-proved", 3)];
    Label {
        product: "hearth-thermostat".parse().unwrap(),
        name: "Hearth thermostat".into(),
        version: "2.1.0".into(),
        manifest: Some(Sha256Digest::of(b"manifest")),
        address: "https://hearth.example/p/hearth-thermostat".into(),
        issued: NOW,
        expires: Label::end(NOW, &evidence),
        trust_version: 1,
        claims: vec![("support-until".into(), "2034-12-31".into()), ("microphone".into(), "no".into())],
        evidence,
    }
}

fn verify(bytes: &[u8], now: Timestamp) -> Result<Label, &'static str> {
    verify_label(bytes, &trusted(), now).map(Verified::into_inner).map_err(|why| why.name())
}

#[test]
fn a_label_reads_back_until_the_first_of_its_evidence_is_stale() {
    let signed = label().sign(&key(20)).unwrap();
    assert_eq!(verify(&signed, NOW), Ok(label()));
    assert_eq!(label().expires, NOW.plus(Millis(DAY.0 * 3)), "the firmware's proof ends first");
    assert_eq!(verify(&signed, NOW.plus(Millis(DAY.0 * 3 - 1))), Ok(label()));
    assert_eq!(verify(&signed, NOW.plus(Millis(DAY.0 * 3))), Err("label-lapsed"));
    assert_eq!(verify(&signed, Timestamp::from_micros(NOW.as_micros() - 1)), Err("label-not-yet"));
    let unchanging = Label { manifest: None, version: String::new(), ..label() };
    assert_eq!(verify(&unchanging.sign(&key(20)).unwrap(), NOW), Ok(unchanging));
}

#[test]
fn a_label_with_lasting_evidence_ends_after_a_week_all_the_same() {
    let evidence = vec![evidence("support-promise", 300)];
    let end = Label::end(NOW, &evidence);
    assert_eq!(end, NOW.plus(LIFE_MAX));
    let longer = Label { evidence: evidence.clone(), expires: end.plus(Millis(1)), ..label() };
    assert_eq!(verify(&longer.sign(&key(20)).unwrap(), NOW), Err("label-outlives-evidence"));
    let stale = Label { expires: NOW.plus(DAY), ..label() };
    let stale = Label { evidence: vec![Evidence { until: NOW, ..evidence[0].clone() }], ..stale };
    assert_eq!(verify(&stale.sign(&key(20)).unwrap(), NOW), Err("label-outlives-evidence"));
}

#[test]
fn nobody_else_signs_labels_and_no_changed_one_counts() {
    for other in [1, 11, 21] {
        assert_eq!(verify(&label().sign(&key(other)).unwrap(), NOW), Err("unknown-signer"));
    }
    let good = label().sign(&key(20)).unwrap();
    for at in [good.len() - 1, good.len() / 2] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(verify(&bad, NOW).is_err());
    }
    let bare = sign1_attached(&key(20), b"", b"\xa0").unwrap();
    assert_eq!(verify(&bare, NOW), Err("wrong-signature"), "signed for another purpose");
}

#[test]
fn a_label_is_no_statement_although_one_key_signs_both() {
    let (device, nonce) = ("hearth-0001".parse().unwrap(), Nonce::new(&[7; 32]).unwrap());
    let expected = Expectation { device: &device, nonce: &nonce, counter_floor: 0, time_floor: NOW };
    let signed = Label { claims: Vec::new(), evidence: Vec::new(), ..label() }.sign(&key(20)).unwrap();
    assert_eq!(verify_statement(&signed, &trusted(), &expected).unwrap_err().name(), "wrong-signature");
    let in_context = sign1_attached(&key(20), CONTEXT, b"\xa0").unwrap();
    assert_eq!(verify(&in_context, NOW), Err("cbor-truncated"));
}

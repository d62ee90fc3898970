//! The chain of trust documents: thresholds, succession, and every named refusal.

use holdfast_core::cbor::item;
use holdfast_core::cose::{self, Signer};
use holdfast_core::suit::VendorId;
use holdfast_core::trust::{self, Role, RoleError, TRUST_BYTES_MAX, TrustContent, TrustDocument};
use proptest::prelude::*;

use crate::makers::{DOMAIN, content, key, role, signed, trusted};

fn first(bytes: &[u8]) -> Result<u64, &'static str> {
    TrustDocument::open_first(bytes).map(|d| d.version()).map_err(|e| e.name())
}

/// Version 2 with two new root keys beside one old.
fn second() -> TrustContent {
    TrustContent { version: 2, root: role(2, &[3, 4, 5]), ..content() }
}

fn next(content: &TrustContent, signers: &[u8]) -> Result<u64, &'static str> {
    trusted().succeed(&signed(content, signers)).map(|d| d.version()).map_err(|e| e.name())
}

#[test]
fn the_first_document_needs_the_threshold_of_its_own_root() {
    assert_eq!(first(&signed(&content(), &[1, 3])), Ok(1));
    assert_eq!(first(&signed(&content(), &[1, 2, 3])), Ok(1));
    assert_eq!(first(&signed(&content(), &[])), Err("too-few-of-new-root"));
    assert_eq!(first(&signed(&content(), &[1])), Err("too-few-of-new-root"));
    assert_eq!(first(&signed(&content(), &[1, 11, 12])), Err("too-few-of-new-root"));
    let document = trusted();
    assert_eq!(document.content(), &content());
    assert_eq!(document.vendor(), VendorId::of_domain(DOMAIN));
}

#[test]
fn a_partly_signed_document_shows_what_it_claims_and_what_is_missing() {
    let (claimed, tally) = TrustContent::read_unverified(&signed(&content(), &[1, 11])).unwrap();
    assert_eq!(claimed, content());
    assert_eq!(tally.to_string(), "1 of 2 needed; 0 repeated, 1 unknown, 0 wrong");
}

#[test]
fn the_next_document_needs_both_thresholds() {
    assert_eq!(next(&second(), &[1, 2, 4, 5]), Ok(2));
    // Key 3 is in both roots and counts for each, once.
    assert_eq!(next(&second(), &[1, 3, 4]), Ok(2));
    assert_eq!(next(&second(), &[3, 4, 5]), Err("too-few-of-current-root"));
    assert_eq!(next(&second(), &[1, 2, 4]), Err("too-few-of-new-root"));
    assert_eq!(next(&second(), &[4, 5]), Err("too-few-of-current-root"));
}

#[test]
fn versions_rise_by_exactly_one() {
    for version in [1, 3, u64::MAX] {
        assert_eq!(next(&TrustContent { version, ..content() }, &[1, 2]), Err("trust-version-not-next"));
    }
    assert_eq!(next(&TrustContent { version: 2, ..content() }, &[1, 2]), Ok(2));
}

#[test]
fn another_maker_and_an_unannounced_root_are_refused() {
    let other = TrustContent { version: 2, maker_domain: "other.example".into(), ..content() };
    assert_eq!(next(&other, &[1, 2]), Err("other-maker"));

    let announcing = TrustContent { next_root: Some(second().root.digest()), ..content() };
    let current = TrustDocument::open_first(&signed(&announcing, &[1, 2])).unwrap();
    assert!(current.succeed(&signed(&second(), &[1, 3, 4])).is_ok());
    let unannounced = TrustContent { version: 2, ..content() };
    let refused = current.succeed(&signed(&unannounced, &[1, 2])).unwrap_err();
    assert_eq!(refused.name(), "root-not-announced");
}

#[test]
fn one_key_counts_once_however_often_it_signs() {
    let once = signed(&content(), &[1]);
    let twice = trust::add_signature(&once, &key(1)).unwrap_err();
    assert_eq!(twice.name(), "already-signed");
    // Written by hand, with the same signature block twice.
    let payload = cose::Sign::parse(&once).unwrap().unverified_payload().unwrap().to_vec();
    let before = item(|w| {
        w.tag(98).array(4).bytes(&[]).map(0).bytes(&payload).array(1);
    });
    let block = &once[before.len()..];
    let doubled = item(|w| {
        w.tag(98).array(4).bytes(&[]).map(0).bytes(&payload).array(2).raw(block).raw(block);
    });
    let refused = TrustDocument::open_first(&doubled).unwrap_err();
    assert_eq!(refused.to_string(), "too-few-of-new-root (1 of 2 needed; 1 repeated, 0 unknown, 0 wrong)");
}

#[test]
fn a_sleeping_device_follows_sixty_four_rotations() {
    let mut current = trusted();
    for version in 2..66_u8 {
        let root = [version, version + 1, version + 2];
        let before = [version - 1, version, version + 1];
        let content = TrustContent {
            version: u64::from(version),
            root: role(2, &root),
            freshness: key(99).public_key(),
            ..content()
        };
        let signers = [before[1], before[2]];
        current = current.succeed(&signed(&content, &signers)).unwrap();
    }
    assert_eq!(current.version(), 65);
}

#[test]
fn contents_outside_their_limits_are_refused_before_anyone_signs() {
    for (content, name) in [
        (TrustContent { version: 0, ..content() }, "trust-version-not-next"),
        (TrustContent { maker_domain: "Hearth.example".into(), ..content() }, "bad-domain"),
        (TrustContent { maker_domain: "hearth".into(), ..content() }, "bad-domain"),
        (TrustContent { maker_domain: "hearth..example".into(), ..content() }, "bad-domain"),
        (TrustContent { maker_domain: "-hearth.example".into(), ..content() }, "bad-domain"),
        (TrustContent { freshness: key(11).public_key(), ..content() }, "freshness-key-not-separate"),
        (TrustContent { freshness: key(1).public_key(), ..content() }, "freshness-key-not-separate"),
        (TrustContent { factory_cas: vec![vec![]], ..content() }, "bad-certificate"),
        (TrustContent { factory_cas: vec![vec![0; 4_097]], ..content() }, "bad-certificate"),
        (TrustContent { factory_cas: vec![vec![0]; 9], ..content() }, "cbor-out-of-range"),
        (TrustContent { factory_cas: vec![vec![0; 4_096]; 4], ..content() }, "cbor-over-long"),
    ] {
        assert_eq!(content.to_unsigned().unwrap_err().name(), name);
    }
    let many = |count: u8| (0..count).map(|n| key(n).public_key()).collect::<Vec<_>>();
    assert_eq!(Role::new(0, many(2)).unwrap_err(), RoleError::Threshold(0));
    assert_eq!(Role::new(3, many(2)).unwrap_err(), RoleError::Threshold(3));
    assert_eq!(Role::new(1, many(0)).unwrap_err(), RoleError::KeyCount(0));
    assert_eq!(Role::new(1, many(17)).unwrap_err(), RoleError::KeyCount(17));
    assert_eq!(Role::new(1, [many(1), many(1)].concat()).unwrap_err(), RoleError::KeyTwice);
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    let whole = signed(&content(), &[1, 2]);
    for length in 0..whole.len() {
        assert_eq!(first(&whole[..length]), Err("cbor-truncated"));
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x01;
        assert!(first(&changed).is_err(), "byte {at}");
    }
    assert_eq!(first(&vec![0; TRUST_BYTES_MAX + 1]), Err("trust-over-long"));
}

#[test]
fn unknown_and_missing_members_are_refused_by_name() {
    let payload = cose::Sign::parse(&signed(&content(), &[])).unwrap().unverified_payload().unwrap().to_vec();
    let wrapped = |payload: &[u8]| cose::unsigned(payload);
    let mut unknown = payload.clone();
    unknown[0] += 1;
    unknown.extend([0x0a, 0x00]);
    assert_eq!(first(&wrapped(&unknown)), Err("unknown-key"));
    let mut missing = payload.clone();
    missing[0] -= 1;
    missing.truncate(payload.len() - 10);
    assert_eq!(first(&wrapped(&missing)), Err("missing-member"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(first(&bytes).is_err());
        prop_assert!(first(&cose::unsigned(&bytes)).is_err());
        prop_assert!(trusted().succeed(&bytes).is_err());
    }

    #[test]
    fn any_content_reads_back(version in 1_u64.., micros in 0_i64.., certificate in proptest::collection::vec(any::<u8>(), 1..200)) {
        let made = TrustContent {
            version,
            created: holdfast_core::time::Timestamp::from_micros(micros),
            operational_cas: vec![certificate],
            ..content()
        };
        let opened = TrustDocument::open_first(&signed(&made, &[2, 3])).unwrap();
        prop_assert_eq!(opened.content(), &made);
    }
}

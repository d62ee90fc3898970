//! A maker with keys, trust documents and releases, as the other test modules need them.

use std::sync::LazyLock;

use holdfast_core::cose::{Signer, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::{self, Compatibility, HealthContract, ReleaseFacts, ReleaseKind};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::trust::{self, Role, TrustContent, TrustDocument};

pub(crate) const DOMAIN: &str = "hearth.example";
pub(crate) const PRODUCT: &str = "hearth-thermostat";
pub(crate) const IMAGE: &[u8] = b"the bytes of an image";

/// Key number `n`; even ones are Ed25519, odd ones P-256.
pub(crate) fn key(n: u8) -> SoftwareKey {
    if n.is_multiple_of(2) { SoftwareKey::ed25519(&[n + 1; 32]) } else { SoftwareKey::p256(&[n + 1; 32]).unwrap() }
}

pub(crate) fn role(threshold: u64, keys: &[u8]) -> Role {
    Role::new(threshold, keys.iter().map(|n| key(*n).public_key()).collect()).unwrap()
}

/// Version 1: root 2 of keys 1, 2, 3; release 2 of keys 11, 12, 13; freshness key 20.
pub(crate) fn content() -> TrustContent {
    TrustContent {
        version: 1,
        maker_domain: DOMAIN.into(),
        root: role(2, &[1, 2, 3]),
        release: role(2, &[11, 12, 13]),
        freshness: key(20).public_key(),
        operational_cas: vec![b"operational".to_vec()],
        factory_cas: vec![b"factory one".to_vec(), b"factory two".to_vec()],
        created: Timestamp::from_micros(1_795_408_200_000_000),
        next_root: None,
    }
}

pub(crate) fn signed(content: &TrustContent, signers: &[u8]) -> Vec<u8> {
    let unsigned = content.to_unsigned().unwrap();
    signers.iter().fold(unsigned, |document, n| trust::add_signature(&document, &key(*n)).unwrap())
}

pub(crate) fn trusted() -> TrustDocument {
    static OPENED: LazyLock<TrustDocument> =
        LazyLock::new(|| TrustDocument::open_first(&signed(&content(), &[1, 2])).unwrap());
    OPENED.clone()
}

pub(crate) fn device() -> Compatibility {
    Compatibility::of_product(DOMAIN, PRODUCT)
}

pub(crate) fn facts() -> ReleaseFacts {
    ReleaseFacts {
        vendor: device().vendor,
        class: device().class,
        sequence: 7,
        image_digest: Sha256Digest::of(IMAGE),
        image_bytes: IMAGE.len() as u64,
        version: "2.1.0-rc.1".into(),
        kind: ReleaseKind::Security,
        security_floor: 5,
        description: "Closes a hole in the radio. Restarts once, in under a minute.".into(),
        health: HealthContract { deadline: Millis(30_000), program: "bin/health".parse().unwrap() },
        app: "bin/app".parse().unwrap(),
    }
}

pub(crate) fn release(facts: &ReleaseFacts, signers: &[u8]) -> Vec<u8> {
    let unsigned = facts.to_unsigned_envelope().unwrap();
    signers.iter().fold(unsigned, |envelope, n| release::add_signature(&envelope, &key(*n)).unwrap())
}

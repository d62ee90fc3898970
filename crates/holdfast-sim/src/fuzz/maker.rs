//! A maker with fixed keys: what signed objects are checked against, and what seeds are signed with.

use std::sync::LazyLock;

use holdfast_core::cose::{PublicKey, Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::{self, Compatibility, HealthContract, ReleaseFacts, ReleaseKind};
use holdfast_core::statement::Nonce;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::trust::{self, Role, TrustContent, TrustDocument};

pub(super) const DOMAIN: &str = "hearth.example";
pub(super) const PRODUCT: &str = "hearth-thermostat";
pub(super) const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);
/// The freshness key's number.
pub(super) const FRESHNESS: u8 = 20;
const ROOT: [u8; 3] = [2, 4, 6];
pub(super) const RELEASE: [u8; 3] = [12, 14, 16];

/// Key number `n`.
pub(super) fn key(n: u8) -> SoftwareKey {
    SoftwareKey::ed25519(&[n; 32])
}

/// The factory key of the device in the seeds.
#[expect(clippy::expect_used, reason = "a fixed scalar below the order of P-256")]
pub(super) static FACTORY: LazyLock<SoftwareKey> = LazyLock::new(|| SoftwareKey::p256(&[7; 32]).expect("a P-256 key"));

/// Its public half.
pub(super) static FACTORY_PUBLIC: LazyLock<PublicKey> = LazyLock::new(|| FACTORY.public_key());

#[expect(clippy::expect_used, reason = "fixed keys, all different")]
fn role(keys: [u8; 3]) -> Role {
    Role::new(2, keys.iter().map(|n| key(*n).public_key()).collect()).expect("a role")
}

/// Version 1: root and release 2 of 3.
#[expect(clippy::expect_used, reason = "a fixed document within all limits")]
pub(super) fn trust_document() -> Vec<u8> {
    let content = TrustContent {
        version: 1,
        maker_domain: DOMAIN.into(),
        root: role(ROOT),
        release: role(RELEASE),
        freshness: key(FRESHNESS).public_key(),
        operational_cas: vec![b"operational".to_vec()],
        factory_cas: vec![b"factory".to_vec()],
        created: NOW,
        next_root: None,
    };
    let unsigned = content.to_unsigned().expect("a document");
    let signed = ROOT.iter().take(2).try_fold(unsigned, |document, n| trust::add_signature(&document, &key(*n)));
    signed.expect("two signatures")
}

#[expect(clippy::expect_used, reason = "made by `trust_document`")]
pub(super) static TRUST: LazyLock<TrustDocument> =
    LazyLock::new(|| TrustDocument::open_first(&trust_document()).expect("a trust document"));

pub(super) fn device() -> Compatibility {
    Compatibility::of_product(DOMAIN, PRODUCT)
}

#[expect(clippy::expect_used, reason = "sixteen bytes are a nonce")]
pub(super) fn nonce() -> Nonce {
    Nonce::new(&[5; 16]).expect("a nonce")
}

/// A release signed by two of three.
#[expect(clippy::expect_used, reason = "fixed facts within all limits")]
pub(crate) fn release_envelope() -> Vec<u8> {
    let facts = ReleaseFacts {
        vendor: device().vendor,
        class: device().class,
        sequence: 7,
        image_digest: Sha256Digest::of(b"image"),
        image_bytes: 5,
        version: "2.1.0".into(),
        kind: ReleaseKind::Security,
        security_floor: 5,
        description: "Closes a hole in the radio.".into(),
        health: HealthContract { deadline: Millis(30_000), program: "bin/health".parse().expect("a path") },
        app: "bin/app".parse().expect("a path"),
    };
    let unsigned = facts.to_unsigned_envelope().expect("an envelope");
    let signed = RELEASE.iter().take(2).try_fold(unsigned, |envelope, n| release::add_signature(&envelope, &key(*n)));
    signed.expect("two signatures")
}

//! Releases: the round trip, every named refusal, and the image that streams in.

use holdfast_core::cbor::item;
use holdfast_core::cose::{Sign1, sign1_detached};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::{
    self, Compatibility, Floors, ImageCheck, ImageRefusal, ProgramPath, ReleaseFacts, ReleaseKind, ReleaseManifest,
    ReleaseRefusal, count_signatures, verify_release,
};
use holdfast_core::suit::{
    Command, ComponentId, Condition, Directive, Envelope, Manifest, Member, Parameter, Reporting, Sealed, Sequence,
    Severable,
};
use holdfast_core::time::Millis;
use proptest::prelude::*;

use crate::makers::{DOMAIN, IMAGE, device, facts, key, release, trusted};

const NO_FLOORS: Floors = Floors { sequence: 0, security: 0 };

fn verify(envelope: &[u8]) -> Result<(), ReleaseRefusal> {
    verify_release(envelope, &trusted(), &device(), &NO_FLOORS).map(|_| ())
}

fn name(envelope: &[u8]) -> &'static str {
    verify(envelope).map_or_else(|refused| refused.name(), |()| "accepted")
}

/// Signs an envelope that our own tools would refuse to sign.
fn sign_anyway(envelope: &[u8]) -> Vec<u8> {
    [11, 12].iter().fold(envelope.to_vec(), |envelope, n| {
        let sealed = Sealed::parse(&envelope).unwrap();
        sealed.with_block(&sign1_detached(&key(*n), b"", sealed.signed_bytes()).unwrap())
    })
}

fn manifest() -> Manifest {
    Sealed::parse(&release(&facts(), &[])).unwrap().open().unwrap().manifest
}

#[test]
fn a_release_signed_by_the_threshold_is_accepted_and_says_what_was_put_in() {
    for signers in [&[11, 12][..], &[12, 13], &[13, 11], &[11, 12, 13]] {
        let envelope = release(&facts(), signers);
        let verified = verify_release(&envelope, &trusted(), &device(), &NO_FLOORS).unwrap();
        let expected = facts();
        assert_eq!(**verified, expected);
        assert_eq!(verified.artifact_uri(), format!("artifacts/{}", expected.image_digest));
        assert_eq!(verified.digest(), Sealed::parse(&envelope).unwrap().digest());
    }
}

#[test]
fn the_manifest_digest_does_not_change_with_signatures() {
    let none = ReleaseManifest::read_unverified(&release(&facts(), &[])).unwrap();
    let two = ReleaseManifest::read_unverified(&release(&facts(), &[11, 12])).unwrap();
    assert_eq!(none, two);
}

#[test]
fn too_few_foreign_and_repeated_signers_are_refused_and_counted() {
    let check = |envelope: &[u8], text: &str| assert_eq!(verify(envelope).unwrap_err().to_string(), text);
    let facts = facts();
    check(&release(&facts, &[]), "too-few-signatures (0 of 2 needed; 0 repeated, 0 unknown, 0 wrong)");
    check(&release(&facts, &[11]), "too-few-signatures (1 of 2 needed; 0 repeated, 0 unknown, 0 wrong)");
    check(&release(&facts, &[11, 1, 2]), "too-few-signatures (1 of 2 needed; 0 repeated, 2 unknown, 0 wrong)");
    // The freshness key and the root keys may not release.
    check(&release(&facts, &[20, 3]), "too-few-signatures (0 of 2 needed; 0 repeated, 2 unknown, 0 wrong)");

    let once = release(&facts, &[11]);
    assert_eq!(release::add_signature(&once, &key(11)), Err(release::SigningError::AlreadySigned));
    let sealed = Sealed::parse(&once).unwrap();
    let twice = sealed.with_block(sealed.blocks()[0]);
    check(&twice, "too-few-signatures (1 of 2 needed; 1 repeated, 0 unknown, 0 wrong)");
    let again = sealed.with_block(&sign1_detached(&key(11), b"", sealed.signed_bytes()).unwrap());
    assert_eq!(name(&again), "too-few-signatures");
    assert_eq!(count_signatures(&twice, &trusted()).unwrap().repeated, 1);
}

#[test]
fn a_wrong_signature_by_a_trusted_key_is_refused_even_beside_enough_right_ones() {
    let sealed_bytes = release(&facts(), &[11, 12]);
    let sealed = Sealed::parse(&sealed_bytes).unwrap();
    let foreign = sign1_detached(&key(13), b"", b"something else").unwrap();
    assert_eq!(name(&sealed.with_block(&foreign)), "wrong-signature");
    let bound = sign1_detached(&key(13), b"another context", sealed.signed_bytes()).unwrap();
    assert_eq!(name(&sealed.with_block(&bound)), "wrong-signature");
    // An attached payload is not a signature over this digest.
    let attached = holdfast_core::cose::sign1_attached(&key(13), b"", sealed.signed_bytes()).unwrap();
    assert_eq!(name(&sealed.with_block(&attached)), "malformed-signature");
    assert_eq!(name(&sealed.with_block(&[0x80])), "malformed-signature");
}

#[test]
fn older_identifiers_are_not_accepted_for_releases() {
    let bytes = release(&facts(), &[12]);
    let sealed = Sealed::parse(&bytes).unwrap();
    let mut block = sealed.blocks()[0].to_vec();
    // Ed25519 (-19, 0x32) becomes EdDSA (-8, 0x27).
    let at = block.iter().position(|b| *b == 0x32).unwrap();
    block[at] = 0x27;
    assert!(Sign1::parse(&block).is_ok());
    assert_eq!(name(&Sealed::parse(&release(&facts(), &[11, 13])).unwrap().with_block(&block)), "wrong-signature");
}

#[test]
fn floors_and_compatibility_are_checked_by_name() {
    let envelope = release(&facts(), &[11, 12]);
    let check = |device: &Compatibility, sequence, security, expected: &str| {
        let found = verify_release(&envelope, &trusted(), device, &Floors { sequence, security });
        assert_eq!(found.map_or_else(|e| e.name(), |_| "accepted"), expected);
    };
    check(&device(), 7, 7, "accepted");
    check(&device(), 8, 0, "older-sequence");
    check(&device(), 0, 8, "below-security-floor");
    check(&Compatibility::of_product("other.example", "hearth-thermostat"), 0, 0, "wrong-vendor");
    check(&Compatibility::of_product(DOMAIN, "hearth-camera"), 0, 0, "wrong-class");
    // Age is judged before compatibility, and signatures before both.
    check(&Compatibility::of_product("other.example", "x1"), 8, 0, "older-sequence");
    let unsigned = release(&facts(), &[]);
    let found = verify_release(&unsigned, &trusted(), &device(), &Floors { sequence: 8, security: 8 });
    assert_eq!(found.unwrap_err().name(), "too-few-signatures");
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    let whole = release(&facts(), &[11, 12]);
    for length in 0..whole.len() {
        assert_eq!(name(&whole[..length]), "truncated");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x01;
        assert_ne!(name(&changed), "accepted", "byte {at}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert_eq!(name(&longer), "over-long");
    assert_eq!(name(&vec![0; 65_537]), "over-long");
}

#[test]
fn a_changed_manifest_under_the_old_signatures_has_the_wrong_digest() {
    let mut opened = Sealed::parse(&release(&facts(), &[11, 12])).unwrap().open().unwrap();
    opened.manifest.sequence_number += 1;
    assert_eq!(name(&opened.encode()), "wrong-digest");
    // With the digest corrected, the signatures are wrong.
    let blocks = opened.blocks;
    let mut moved = Envelope::unsigned(opened.manifest, vec![]);
    moved.blocks = blocks;
    assert_eq!(name(&moved.encode()), "wrong-signature");
}

#[test]
fn correctly_signed_manifests_that_are_not_our_profile_are_refused() {
    let check = |change: &dyn Fn(&mut Manifest), expected: &str| {
        let mut manifest = manifest();
        change(&mut manifest);
        let unsigned = Envelope::unsigned(manifest, vec![]).encode();
        let found = verify(&sign_anyway(&unsigned)).map_or_else(|e| e.to_string(), |()| "accepted".into());
        assert_eq!(found, expected);
        if expected != "accepted" {
            assert!(release::add_signature(&unsigned, &key(11)).is_err(), "{expected}: our tools do not sign it");
        }
    };
    let fetch = || Command::Directive(Directive::Fetch(Reporting::ON_FAILURE));
    check(&|_| {}, "accepted");
    check(&|m| m.load = m.validate.clone(), "not-our-profile (manifest)");
    check(&|m| m.reference_uri = Some("https://x.example".into()), "not-our-profile (manifest)");
    check(&|m| m.payload_fetch = m.install.clone(), "not-our-profile (manifest)");
    check(&|m| m.validate = None, "not-our-profile (validate)");
    check(&|m| m.invoke = None, "not-our-profile (invoke)");
    check(&|m| m.install = None, "not-our-profile (install)");
    check(&|m| m.install = Some(Severable::Severed(Sha256Digest::of(b""))), "not-our-profile (install)");
    check(&|m| m.install = Some(Severable::Here(Sequence(vec![fetch()]))), "not-our-profile (install)");
    check(&|m| m.common.components = vec![ComponentId(vec![b"boot".to_vec()])], "not-our-profile (components)");
    check(&|m| m.common.shared = None, "not-our-profile (shared-sequence)");
    check(&|m| m.private.clear(), "not-our-profile (extension)");
    check(&|m| m.private.push((-258, vec![0x00])), "unknown-key (-258)");
    check(&|m| m.private[0].1 = vec![0xa0], "not-our-profile (extension)");
    check(&|m| m.private[0].1 = vec![0xa1, 0x0a, 0x00], "unknown-extension (10)");
    check(&|m| m.private[0].1 = vec![0x00], "cbor-unexpected-type: cbor-unexpected-type at byte 0");
    check(
        &|m| {
            m.private[0].1[0] += 1;
            m.private[0].1.extend([0x07, 0x00]);
        },
        "unknown-extension (7)",
    );
    // Without its compatibility conditions a manifest would fit any device.
    check(
        &|m| {
            let shared = m.common.shared.as_mut().unwrap();
            shared.0.retain(|c| !matches!(c, Command::Condition(Condition::ClassIdentifier, _)));
        },
        "not-our-profile (shared-sequence)",
    );
    check(
        &|m| {
            let Command::Directive(Directive::OverrideParameters(parameters)) =
                &mut m.common.shared.as_mut().unwrap().0[0]
            else {
                panic!("the parameters come first")
            };
            parameters.push(Parameter::Uri("https://x.example/image".into()));
        },
        "not-our-profile (shared-sequence)",
    );
}

#[test]
fn unknown_commands_and_parameters_are_refused_by_name_although_signed() {
    let with_install = |install: &[u8]| {
        let manifest = manifest();
        let encoded = manifest.encode();
        let Some(Severable::Here(own)) = manifest.install else { panic!("own install section") };
        let own = own.encode();
        let own = item(|w| {
            w.bytes(&own);
        });
        let at = encoded.windows(own.len()).position(|w| w == own).unwrap();
        let new = item(|w| {
            w.bytes(install);
        });
        let changed = [&encoded[..at], &new, &encoded[at + own.len()..]].concat();
        let wrapped = item(|w| {
            w.bytes(&changed);
        });
        let digest = item(|w| {
            w.array(2).i64(-16).bytes(Sha256Digest::of(&wrapped).as_bytes());
        });
        let authentication = item(|w| {
            w.array(1).bytes(&digest);
        });
        let envelope = item(|w| {
            w.tag(107).map(2).u64(2).bytes(&authentication).u64(3).raw(&wrapped);
        });
        name(&sign_anyway(&envelope))
    };
    assert_eq!(with_install(&[0x82, 0x18, 0x40, 0x0f]), "unknown-command");
    assert_eq!(with_install(&[0x82, 0x39, 0x01, 0x00, 0xf6]), "unknown-command");
    assert_eq!(with_install(&[0x82, 0x14, 0xa1, 0x18, 0x40, 0x00]), "unknown-parameter");
    assert_eq!(with_install(&[0x82, 0x15, 0x02]), "not-our-profile");
}

#[test]
fn severed_sections_and_payloads_beside_the_manifest_are_refused() {
    let payload = Member::Payload("#image".into(), IMAGE.to_vec());
    let envelope = Envelope::unsigned(manifest(), vec![payload]).encode();
    assert_eq!(verify(&sign_anyway(&envelope)).unwrap_err().to_string(), "not-our-profile (members)");
    let section = Member::Install(manifest().validate.unwrap());
    let envelope = Envelope::unsigned(manifest(), vec![section]).encode();
    assert_eq!(name(&sign_anyway(&envelope)), "unexpected-member");
}

#[test]
fn facts_outside_their_limits_never_become_an_envelope() {
    let check = |change: &dyn Fn(&mut ReleaseFacts), expected: &str| {
        let mut facts = facts();
        change(&mut facts);
        let found = facts.to_unsigned_envelope().map_or_else(|e| e.name(), |_| "accepted");
        assert_eq!(found, expected);
    };
    check(&|f| f.kind = ReleaseKind::Feature, "accepted");
    check(&|f| f.description = "ü".repeat(280), "accepted");
    check(&|f| f.description = "ü".repeat(281), "bad-description");
    check(&|f| f.description = String::new(), "bad-description");
    check(&|f| f.description = "two\nlines".into(), "bad-description");
    check(&|f| f.version = String::new(), "bad-version-text");
    check(&|f| f.version = "1".repeat(33), "bad-version-text");
    check(&|f| f.version = "1 2".into(), "bad-version-text");
    check(&|f| f.sequence = 0, "sequence-zero");
    check(&|f| f.security_floor = 8, "security-floor-above-sequence");
    check(&|f| f.image_bytes = 0, "bad-image-size");
    check(&|f| f.image_bytes = u64::MAX, "bad-image-size");
    check(&|f| f.health.deadline = Millis(0), "bad-health-deadline");
    check(&|f| f.health.deadline = Millis(3_600_001), "bad-health-deadline");
    for bad in ["", "/bin/app", "bin//app", "bin/../app", "..", ".", "bin/app/", "bin app", "bin\\app", "bin/\0"] {
        assert!(bad.parse::<ProgramPath>().is_err(), "{bad}");
    }
    assert!("opt/My_app-1.2+b/run.sh".parse::<ProgramPath>().is_ok());
    assert!("a".repeat(129).parse::<ProgramPath>().is_err());
}

#[test]
fn an_image_is_checked_while_it_arrives() {
    let check = |pieces: &[&[u8]]| {
        let mut image = ImageCheck::new(&facts());
        pieces.iter().try_for_each(|piece| image.update(piece))?;
        image.finish()
    };
    assert_eq!(check(&[IMAGE]), Ok(()));
    assert_eq!(check(&[&IMAGE[..4], b"", &IMAGE[4..]]), Ok(()));
    assert_eq!(check(&[&IMAGE[..4]]), Err(ImageRefusal::Truncated(IMAGE.len() as u64 - 4)));
    assert_eq!(check(&[IMAGE, b"x"]), Err(ImageRefusal::OverLong));
    assert_eq!(check(&[&IMAGE[1..], b"x"]), Err(ImageRefusal::WrongDigest));
    let mut image = ImageCheck::new(&facts());
    assert_eq!(image.update(&[0; 4096]), Err(ImageRefusal::OverLong), "before anything more is received");
}

proptest! {
    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&bytes).is_err());
        let _ = ReleaseManifest::read_unverified(&bytes);
    }

    #[test]
    fn any_facts_within_limits_read_back(
        sequence in 1_u64..=u64::MAX, floor in 0_u64..=u64::MAX, bytes in 1_u64..=(2 << 30),
        version in "[0-9A-Za-z.+_-]{1,32}", description in "[ -~äöü✓]{1,280}", deadline in 100_u64..=3_600_000,
    ) {
        let made = ReleaseFacts {
            sequence,
            security_floor: floor.min(sequence),
            image_bytes: bytes,
            version,
            description,
            health: release::HealthContract { deadline: Millis(deadline), ..facts().health },
            ..facts()
        };
        let read = ReleaseManifest::read_unverified(&made.to_unsigned_envelope().unwrap()).unwrap();
        prop_assert_eq!(&*read, &made);
    }
}

//! The twelve envelopes of draft-ietf-suit-manifest-37: read, digest, verify, write back; and what they become broken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::cbor::item;
use holdfast_core::cose::{AlgorithmPolicy, PublicKey, Sign1, Signer, SoftwareKey};
use holdfast_core::suit::{Command, Condition, Directive, Envelope, Member, Sealed, Severable, SuitError};
use proptest::prelude::*;

use crate::vectors::{files, hex, path, to_hex};

fn envelopes() -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let text = std::fs::read_to_string(path(&name)).unwrap();
        (name, hex(&text))
    };
    files("suit").into_iter().filter(|name| name.contains("/example")).map(read).collect()
}

fn envelope(name: &str) -> Vec<u8> {
    envelopes().into_iter().find(|(file, _)| file.ends_with(name)).unwrap().1
}

/// The key of the draft's examples: the 32 bytes after the PKCS#8 and SEC1 heads.
fn example_key() -> PublicKey {
    let pem = std::fs::read_to_string(path("suit/private_key.pem")).unwrap();
    let der = STANDARD.decode(pem.lines().filter(|l| !l.starts_with('-')).collect::<String>()).unwrap();
    let scalar: [u8; 32] = der[36..68].try_into().unwrap();
    let key = SoftwareKey::p256(&scalar).unwrap().public_key();
    assert!(der.ends_with(&key.to_spki_der()[26..]), "the file's own public key");
    key
}

/// Digest, every signature, then the content, in the draft's order.
fn accept(bytes: &[u8], key: &PublicKey) -> Result<Envelope, String> {
    let sealed = Sealed::parse(bytes).map_err(|e| e.to_string())?;
    sealed.check_digest().map_err(|e| e.to_string())?;
    for block in sealed.blocks() {
        let block = Sign1::parse(block).map_err(|e| e.to_string())?;
        let claim = block.claim(b"", Some(sealed.signed_bytes())).map_err(|e| e.to_string())?;
        claim.verify(key, AlgorithmPolicy::WithOlder).map_err(|e| e.to_string())?;
    }
    sealed.open().map_err(|e| e.to_string())
}

#[test]
fn all_twelve_envelopes_are_read_verified_and_written_back_byte_for_byte() {
    let key = example_key();
    let all = envelopes();
    assert_eq!(all.len(), 12);
    let mut signatures = 0;
    for (name, bytes) in all {
        let read = accept(&bytes, &key).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read.encode(), bytes, "{name}");
        assert_eq!(read.blocks.len(), usize::from(name.contains(".signed")), "{name}");
        signatures += read.blocks.len();
    }
    assert_eq!(signatures, 7);
}

#[test]
fn the_tree_has_what_the_draft_prints() {
    let two = Sealed::parse(&envelope("example2.signed.hex")).unwrap().open().unwrap();
    assert_eq!(two.manifest.sequence_number, 2);
    assert_eq!(two.manifest.reference_uri.as_deref(), Some("https://git.io/JJYoj"));
    assert!(matches!(two.manifest.install, Some(Severable::Severed(_))));
    assert!(matches!(&two.members[..], [Member::Install(_), Member::Text(_)]));
    let severed = Sealed::parse(&envelope("example2.signed-severed.hex")).unwrap().open().unwrap();
    assert_eq!((severed.manifest, severed.members.len()), (two.manifest, 0));

    let three = Sealed::parse(&envelope("example3.signed.hex")).unwrap().open().unwrap();
    let shared = three.manifest.common.shared.unwrap();
    let Command::Directive(Directive::TryEach { sequences, or_nothing }) = &shared.0[1] else { panic!("try-each") };
    assert_eq!((sequences.len(), *or_nothing), (2, false));
    assert!(matches!(sequences[0].0[1], Command::Condition(Condition::ComponentSlot, _)));
}

#[test]
fn every_truncation_of_every_envelope_is_refused() {
    for (name, bytes) in envelopes() {
        for length in 0..bytes.len() {
            let refused = Sealed::parse(&bytes[..length]).unwrap_err();
            assert_eq!(refused.name(), "cbor-truncated", "{name} cut to {length}");
        }
    }
}

#[test]
fn every_single_byte_change_of_a_signed_envelope_is_refused() {
    let key = example_key();
    for (name, bytes) in envelopes().into_iter().filter(|(name, _)| name.contains(".signed")) {
        for at in 0..bytes.len() {
            // Changing the tag number 107 to that of another message is caught by name; so is everything else.
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                assert!(accept(&changed, &key).is_err(), "{name} byte {at} flipped by {flip:02x}");
            }
        }
    }
}

/// An envelope around hand-written manifest bytes, with a right digest and no signature.
fn around(manifest: &[u8]) -> Vec<u8> {
    let wrapped = item(|w| {
        w.bytes(manifest);
    });
    let digest = item(|w| {
        w.array(2).i64(-16).bytes(holdfast_core::hash::Sha256Digest::of(&wrapped).as_bytes());
    });
    let authentication = item(|w| {
        w.array(1).bytes(&digest);
    });
    item(|w| {
        w.tag(107).map(2).u64(2).bytes(&authentication).u64(3).bytes(manifest);
    })
}

/// A manifest with one component, a shared sequence and a validate sequence, given as hexadecimal.
fn manifest(shared: &str, validate: &str) -> Vec<u8> {
    let common = item(|w| {
        w.map(2).u64(2).array(1).array(1).bytes(&[0]).u64(4).bytes(&hex(shared));
    });
    item(|w| {
        w.map(4).u64(1).u64(1).u64(2).u64(1).u64(3).bytes(&common).u64(7).bytes(&hex(validate));
    })
}

fn refusal(manifest: &[u8]) -> &'static str {
    match Sealed::parse(&around(manifest)).and_then(|sealed| sealed.open()) {
        Ok(_) => "accepted",
        Err(refused) => refused.name(),
    }
}

#[test]
fn sequences_that_break_a_rule_are_refused_by_name() {
    let nested = |times: usize| {
        let mut inner = hex("82010f");
        for _ in 0..times {
            inner = item(|w| {
                w.array(2).u64(32).bytes(&inner);
            });
        }
        to_hex(&inner)
    };
    let long = |commands: usize| {
        to_hex(&item(|w| {
            w.array(commands * 2);
            for _ in 0..commands {
                w.u64(3).u64(15);
            }
        }))
    };
    for (shared, validate, name) in [
        ("82010f", "82030f", "accepted"),
        ("82010f", "820c00", "accepted"),
        ("82010f", "820cf5", "accepted"),
        ("82010f", "820c8100", "accepted"),
        ("82010f", "8218400f", "unknown-command"),
        ("82010f", "8239010000", "unknown-command"),
        ("82010f", "8214a1184000", "unknown-parameter"),
        ("82010f", "8214a1390100 00", "unknown-parameter"),
        ("82010f", "8214a0", "missing-member"),
        ("82010f", "8214a20e010e01", "cbor-duplicate-key"),
        ("82010f", "8214a20e010501", "cbor-unsorted-keys"),
        ("82010f", "8214a1034482382a40", "unsupported-digest"),
        ("82010f", "8214a10540", "cbor-unexpected-type"),
        ("82010f", "8214a11601", "component-index-out-of-range"),
        ("82010f", "820c01", "component-index-out-of-range"),
        ("82010f", "820c8101", "component-index-out-of-range"),
        ("82010f", "820c80", "cbor-out-of-range"),
        ("82010f", "820cf4", "cbor-out-of-range"),
        ("82010f", "820310", "cbor-out-of-range"),
        ("82010f", "80", "cbor-out-of-range"),
        ("82010f", "8103", "cbor-out-of-range"),
        ("82010f", "820f8143820 10f", "cbor-out-of-range"),
        ("82010f", "820f8343820 10f4382010ff6", "accepted"),
        ("82010f", "820f8343820 10ff64382010f", "cbor-unexpected-type"),
        ("821502", "82030f", "not-in-shared-sequence"),
        ("82182043821502", "82030f", "not-in-shared-sequence"),
        ("82010f", &nested(3), "accepted"),
        ("82010f", &nested(4), "sequences-too-deep"),
        ("82010f", &long(255), "accepted"),
        ("82010f", &long(256), "too-many-commands"),
    ] {
        assert_eq!(refusal(&manifest(shared, validate)), name, "{shared} {validate}");
    }
}

#[test]
fn manifests_that_break_a_rule_are_refused_by_name() {
    let whole = |text: &str| refusal(&hex(text));
    assert_eq!(whole("a3010102010346a10281814100"), "accepted");
    assert_eq!(whole("a3010202010346a10281814100"), "unsupported-manifest-version");
    assert_eq!(whole("a202010346a10281814100"), "missing-member");
    assert_eq!(whole("a20101 0201"), "missing-member");
    assert_eq!(whole("a3010102010341a0"), "missing-member");
    assert_eq!(whole("a4010102010346a102818141000500"), "unknown-key");
    assert_eq!(whole("a4010102010346a1028181410018184 0"), "unknown-key");
    assert_eq!(whole("a4010102010346a1028181410038ff40"), "unknown-key");
    assert_eq!(whole("a4010102010346a1028181410039010040"), "accepted");
    assert_eq!(whole("a3010102010349a202818141000500 00"), "cbor-trailing-bytes");
    assert_eq!(whole("a3010102010348a202818141000500"), "unknown-key");
    assert_eq!(
        whole("a30101020103581ea10289814100814100814100814100814100814100814100814100814100"),
        "cbor-out-of-range"
    );
    assert_eq!(whole("a4010102010349a1028281410081410107438 2030f"), "no-component-index");
    assert_eq!(whole("a4010102010346a102818141001743a16078"), "cbor-truncated");
    assert_eq!(whole("a4010102010346a102818141001748a162656ea1181800"), "unknown-key");
}

#[test]
fn frames_that_break_a_rule_are_refused_by_name() {
    let name = |text: &str| Sealed::parse(&hex(text)).unwrap_err().name();
    assert_eq!(name("d86ca0"), "not-an-envelope");
    assert_eq!(name("a0"), "cbor-unexpected-type");
    assert_eq!(name("d86ba0"), "envelope-out-of-order");
    assert_eq!(name("d86ba203400240"), "envelope-out-of-order");
    assert_eq!(name("d86ba2024180054 0"), "envelope-out-of-order");
    assert_eq!(name("d86ba20241800340"), "missing-member");
    assert_eq!(name("d86ba302418003400540"), "unknown-key");
    assert_eq!(name("d86ba202418003400340"), "cbor-trailing-bytes");
    assert_eq!(Sealed::parse(&vec![0; 65_537]).unwrap_err().name(), "cbor-over-long");
}

#[test]
fn a_changed_or_unannounced_member_is_refused() {
    let mut two = Sealed::parse(&envelope("example2.signed.hex")).unwrap().open().unwrap();
    let Some(Member::Text(text)) = two.members.get_mut(1) else { panic!("the text member") };
    text.0[0].manifest[0].1.push('!');
    let refused = Sealed::parse(&two.encode()).unwrap().open();
    assert_eq!(refused, Err(SuitError::WrongMemberDigest(23)));

    let mut one = Sealed::parse(&envelope("example1.signed.hex")).unwrap().open().unwrap();
    one.members.extend(two.members);
    let refused = Sealed::parse(&one.encode()).unwrap().open();
    assert_eq!(refused, Err(SuitError::UnexpectedMember(20)));
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Sealed::parse(&bytes).and_then(|sealed| sealed.open());
        let _ = Sealed::parse(&around(&bytes)).and_then(|sealed| sealed.open());
    }

    #[test]
    fn a_changed_manifest_with_a_matching_digest_is_refused_or_written_back_exactly(
        which in 0_usize..12, at in 0_usize..2000, value: u8,
    ) {
        let (_, bytes) = envelopes().swap_remove(which);
        let mut manifest = Sealed::parse(&bytes).unwrap().open().unwrap().manifest.encode();
        let at = at % manifest.len();
        manifest[at] = value;
        let changed = around(&manifest);
        if let Ok(read) = Sealed::parse(&changed).and_then(|sealed| sealed.open()) {
            prop_assert_eq!(read.encode(), changed);
        }
    }
}

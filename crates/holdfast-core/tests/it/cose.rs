//! The COSE working group's signature examples: supported ones verify, `fail` ones fail, others are named unsupported.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_core::cbor::item;
use holdfast_core::cose::{
    self, AlgorithmPolicy, CoseError, KeyError, PublicKey, Sign, Sign1, Signer, SoftwareKey, append_signature,
    sign1_attached, sign1_detached, unsigned,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::vectors::{files, hex, json, to_hex};

const OLDER: AlgorithmPolicy = AlgorithmPolicy::WithOlder;

fn coordinate(key: &Value, name: &str) -> Vec<u8> {
    match key[format!("{name}_hex")].as_str() {
        Some(text) => hex(text),
        None => URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap(),
    }
}

/// The example's key as `COSE_Key`, whatever its curve.
fn public_key(key: &Value) -> Result<PublicKey, KeyError> {
    let (kty, curve) = match key["crv"].as_str() {
        Some("P-256") => (2, 1),
        Some("P-384") => (2, 2),
        Some("P-521") => (2, 3),
        Some("Ed25519") => (1, 6),
        Some("Ed448") => (1, 7),
        _ => (3, 0),
    };
    let bytes = item(|w| {
        w.map(if kty == 2 { 4 } else { 3 }).u64(1).u64(kty).i64(-1).u64(curve);
        w.i64(-2).bytes(&if kty == 3 { Vec::new() } else { coordinate(key, "x") });
        if kty == 2 {
            w.i64(-3).bytes(&coordinate(key, "y"));
        }
    });
    PublicKey::from_cose_key(&bytes)
}

/// Verifies every signature of an example and gives the name of the first refusal.
fn verify(example: &Value, policy: AlgorithmPolicy) -> Result<(), &'static str> {
    let bytes = hex(example["output"]["cbor"].as_str().unwrap());
    let many = example["input"].get("sign");
    let signers = match many {
        Some(sign) => sign["signers"].as_array().unwrap().clone(),
        None => vec![example["input"]["sign0"].clone()],
    };
    let external = hex(signers[0]["external"].as_str().or(many.and_then(|s| s["external"].as_str())).unwrap_or(""));
    let tagged = bytes[0] >> 5 == 6;
    let claims = if many.is_some() {
        let parsed = if tagged { Sign::parse(&bytes) } else { Sign::parse_untagged(&bytes) };
        let sign = parsed.map_err(|e| e.name())?;
        sign.claims(&external, None).map_err(|e| e.name())?
    } else {
        let parsed = if tagged { Sign1::parse(&bytes) } else { Sign1::parse_untagged(&bytes) };
        vec![parsed.map_err(|e| e.name())?.claim(&external, None).map_err(|e| e.name())?]
    };
    assert_eq!(claims.len(), signers.len());
    for (claim, signer) in claims.iter().zip(&signers) {
        let key = public_key(&signer["key"]).map_err(|e| e.name())?;
        claim.verify(&key, policy).map_err(|e| e.name())?;
    }
    Ok(())
}

#[test]
fn every_working_group_example_has_its_expected_result() {
    let expected = |name: &str| match name {
        "sign-tests/sign-fail-01.json" | "sign1-tests/sign-fail-01.json" => Err("wrong-tag"),
        "RFC8152/Appendix_C_1_4.json" => Err("unknown-critical"),
        // A header that names another algorithm, and one signer of two with ES512.
        _ if name.contains("-fail-03") || name.contains("-fail-04") || name.ends_with("C_1_2.json") => {
            Err("unsupported-algorithm")
        }
        _ if name.contains("-fail-") => Err("wrong-signature"),
        // P-256 with SHA-256 and Ed25519 are the first of their folders; the others have larger curves or RSA.
        _ if name.contains("-examples/") && (name.starts_with("rsa") || !name.ends_with("-01.json")) => {
            Err("unsupported-algorithm")
        }
        _ => Ok(()),
    };
    let (mut verified, mut refused) = (0, 0);
    for folder in ["sign-tests", "sign1-tests", "ecdsa-examples", "eddsa-examples", "rsa-pss-examples", "RFC8152"] {
        for file in files(&format!("cose/{folder}")) {
            let example = json(&file);
            let name = file.strip_prefix("cose/").unwrap();
            let result = verify(&example, OLDER);
            assert_eq!(result, expected(name), "{name}");
            assert!(!(example["fail"] == true && result.is_ok()), "{name} says it must fail");
            if result.is_ok() {
                verified += 1;
            } else {
                refused += 1;
            }
            // None of these old examples passes the policy for what is written today.
            assert!(verify(&example, AlgorithmPolicy::FullySpecified).is_err(), "{name}");
        }
    }
    assert!(verified >= 14 && refused >= 20, "{verified} verified, {refused} refused");
}

fn keys() -> [SoftwareKey; 2] {
    [SoftwareKey::p256(&[3; 32]).unwrap(), SoftwareKey::ed25519(&[3; 32])]
}

#[test]
fn keys_off_the_curve_private_or_for_another_purpose_are_refused_by_name() {
    let x = to_hex(&SoftwareKey::ed25519(&[7; 32]).public_key().to_spki_der()[12..]);
    let zero = "00".repeat(32);
    let check = |text: String, name: &str| {
        assert_eq!(PublicKey::from_cose_key(&hex(&text)).unwrap_err().name(), name, "{text}");
    };
    assert!(PublicKey::from_cose_key(&hex(&format!("a301012006215820{x}"))).is_ok());
    check(format!("a301012006215820{zero}"), "key-bad-point");
    check(format!("a401012006215820{x}235820{x}"), "key-has-private-part");
    check(format!("a401012006215820{x}225820{x}"), "key-unknown-member");
    check(format!("a40101048101 2006215820{x}"), "key-not-for-verifying");
    check(format!("a4010103282006215820{x}"), "unsupported-algorithm");
    check(format!("a3010120072158 39{}", "01".repeat(57)), "unsupported-algorithm");
    check("a201012006".into(), "key-bad-point");
    check("a10101".into(), "key-incomplete");
    check("a201010906".into(), "key-unknown-member");
    check(format!("a401022001215820{x}225820{x}"), "key-bad-point");
    check(format!("a401022001215820{x}22f5"), "key-bad-point");
    check(format!("a401012006215820{x}2006"), "cbor-duplicate-key");
}

#[test]
fn what_is_signed_here_verifies_under_the_strict_policy_and_only_with_its_key() {
    for (key, other) in keys().iter().zip(keys().iter().rev()) {
        let message = sign1_attached(key, b"aad", b"payload").unwrap();
        let parsed = Sign1::parse(&message).unwrap();
        assert_eq!(parsed.kid(), Some(&key.public_key().key_id().as_bytes()[..]));
        let strict = AlgorithmPolicy::FullySpecified;
        assert_eq!(parsed.verify_attached(&key.public_key(), strict, b"aad"), Ok(&b"payload"[..]));
        assert_eq!(parsed.verify_attached(&key.public_key(), strict, b""), Err(CoseError::WrongSignature));
        let crossed = parsed.verify_attached(&other.public_key(), strict, b"aad");
        assert_eq!(crossed, Err(CoseError::WrongAlgorithmForKey));
    }
}

#[test]
fn a_detached_message_needs_exactly_one_payload() {
    let [key, _] = keys();
    let detached = sign1_detached(&key, b"", b"payload").unwrap();
    let attached = sign1_attached(&key, b"", b"payload").unwrap();
    let claim = |bytes, payload| Sign1::parse(bytes).unwrap().claim(b"", payload);
    assert_eq!(claim(&detached, None).unwrap_err().name(), "no-payload");
    assert_eq!(claim(&attached, Some(b"payload")).unwrap_err().name(), "no-payload");
    let right = claim(&detached, Some(b"payload")).unwrap();
    assert_eq!(right.verify(&key.public_key(), AlgorithmPolicy::FullySpecified), Ok(()));
}

#[test]
fn signatures_are_added_one_at_a_time_and_none_twice() {
    let [first, second] = keys();
    let empty = unsigned(b"payload");
    let one = append_signature(&empty, &first, b"").unwrap();
    let two = append_signature(&one, &second, b"").unwrap();
    assert_eq!(append_signature(&two, &first, b""), Err(cose::AppendError::AlreadySigned));
    let parsed = Sign::parse(&two).unwrap();
    for (claim, key) in parsed.claims(b"", None).unwrap().iter().zip([&first, &second]) {
        assert_eq!(claim.verify(&key.public_key(), AlgorithmPolicy::FullySpecified), Ok(()));
    }
}

#[test]
fn headers_that_break_the_rules_are_refused_by_name() {
    let [key, _] = keys();
    let build = |protected: &[u8], unprotected: &[u8]| {
        item(|w| {
            w.tag(18).array(4).bytes(protected).raw(unprotected).bytes(b"p").bytes(&[0; 64]);
        })
    };
    let check = |protected: &str, unprotected: &str, name: &str| {
        let bytes = build(&hex(protected), &hex(unprotected));
        let found = Sign1::parse(&bytes)
            .and_then(|m| m.verify_attached(&key.public_key(), AlgorithmPolicy::FullySpecified, b"").map(<[u8]>::len));
        assert_eq!(found.unwrap_err().name(), name, "{protected} {unprotected}");
    };
    check("a10128", "a0", "wrong-signature");
    check("a10128", "a10128", "label-twice");
    check("a10126", "a0", "algorithm-not-allowed");
    check("a10132", "a0", "wrong-algorithm-for-key");
    check("a1013822", "a0", "unsupported-algorithm");
    check("", "a10128", "no-algorithm");
    check("a0", "a0", "no-algorithm");
    check("a10128", "a1028101", "critical-unprotected");
    check("a2012802811863", "a0", "unknown-critical");
    check("a301280281186318630 0", "a0", "unknown-critical");
    check("a20128028104", "a0", "unknown-critical");
    check("a201280280", "a0", "unknown-critical");
    check("a20128028101", "a0", "wrong-signature");
    check("a2012801 28", "a0", "cbor-duplicate-key");
    check("a1012800", "a0", "cbor-trailing-bytes");
    check("80", "a0", "cbor-unexpected-type");
    check("a10128", "80", "cbor-unexpected-type");
    check("a101f6", "a0", "cbor-unexpected-type");
}

proptest! {
    #[test]
    fn any_payload_signs_and_verifies(payload in proptest::collection::vec(any::<u8>(), 0..300), seed: [u8; 32]) {
        let key = SoftwareKey::ed25519(&seed);
        let message = sign1_attached(&key, b"", &payload).unwrap();
        let parsed = Sign1::parse(&message).unwrap();
        let found = parsed.verify_attached(&key.public_key(), AlgorithmPolicy::FullySpecified, b"");
        prop_assert_eq!(found, Ok(&payload[..]));
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Sign1::parse(&bytes);
        let _ = Sign1::parse_untagged(&bytes);
        let _ = Sign::parse_untagged(&bytes);
        let _ = PublicKey::from_cose_key(&bytes);
        let _ = PublicKey::from_spki_der(&bytes);
    }

    #[test]
    fn a_changed_byte_of_a_message_never_verifies(at in 0_usize..1000, flip in 1_u8..=255) {
        let [key, _] = keys();
        let mut message = sign1_attached(&key, b"", b"payload").unwrap();
        let at = at % message.len();
        message[at] ^= flip;
        let unprotected = 7..43;
        let verified = Sign1::parse(&message).is_ok_and(|m| {
            m.verify_attached(&key.public_key(), AlgorithmPolicy::FullySpecified, b"").is_ok()
        });
        // The unprotected bucket holds the key identifier, a hint: changing it changes nothing that is signed.
        prop_assert!(!verified || unprotected.contains(&at), "byte {}", at);
    }
}

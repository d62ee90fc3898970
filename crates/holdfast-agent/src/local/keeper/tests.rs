//! Pairings and tokens under hostile and ordinary use.

use holdfast_core::cose::{Signer as _, SoftwareKey};

use super::*;

const FP: Sha256Digest = Sha256Digest::from_bytes([7; 32]);
const MINUTE: u64 = 60_000;

fn keeper() -> Keeper {
    Keeper::new(FP, Controllers::default(), Millis(60 * MINUTE), Millis(2 * MINUTE))
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ed25519(seed: u8) -> (SoftwareKey, Value) {
    let key = SoftwareKey::ed25519(&[seed; 32]);
    let spki = key.public_key().to_spki_der();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(&spki[spki.len() - 32..]) });
    (key, jwk)
}

fn first_link(jwk: &Value, nonce: [u8; 32]) -> FirstLink {
    serde_json::from_value(json!({
        "name": "Ana's phone\u{7}", "key": jwk, "commitment": b64(Sha256Digest::of(&nonce).as_bytes()),
        "permissions": ["control", "read"],
    }))
    .unwrap()
}

fn at(ms: u64) -> (Millis, Timestamp) {
    (Millis(ms), Timestamp::from_micros(5))
}

/// Pairs the key of this seed; the keeper's clock reads 0.
fn paired(keeper: &mut Keeper, seed: u8) -> SoftwareKey {
    let (key, jwk) = ed25519(seed);
    let begun = keeper.begin(first_link(&jwk, [seed; 32]), [seed ^ 0xff; 32], Millis(0)).unwrap();
    let waiting = keeper.open(begun["pairing"].as_str().unwrap(), &b64(&[seed; 32]), Millis(0)).unwrap();
    keeper.confirm(Some(&waiting.code), at(0)).unwrap();
    key
}

fn signed(keeper: &mut Keeper, key: &SoftwareKey, nonce: u8, now: u64) -> SignIn {
    keeper.nonce([nonce; 32], Millis(now));
    let signature = key.sign(&to_sign(&FP, &[nonce; 32])).unwrap();
    SignIn { controller: key.public_key().key_id().to_string(), nonce: b64(&[nonce; 32]), signature: b64(&signature) }
}

#[test]
fn a_controller_that_a_person_confirmed_gets_tokens_and_nobody_else() {
    let mut keeper = keeper();
    let key = paired(&mut keeper, 1);
    let ask = signed(&mut keeper, &key, 9, 0);
    let token = keeper.sign_in(&ask, [3; 32], Millis(0)).unwrap()["token"].as_str().unwrap().to_owned();
    let known = keeper.who(&token, Millis(0)).unwrap();
    assert_eq!(known.name, "Ana's phone", "without control characters");
    assert!(known.may(Permission::Read) && known.may(Permission::Control) && !known.may(Permission::Manage));
    assert_eq!(keeper.sign_in(&ask, [4; 32], Millis(0)), Err("sign-in-refused"), "a nonce counts once");
    let stranger = SoftwareKey::ed25519(&[2; 32]);
    let ask = signed(&mut keeper, &stranger, 10, 0);
    assert_eq!(keeper.sign_in(&ask, [4; 32], Millis(0)), Err("sign-in-refused"));
    let forged = SignIn { controller: key.public_key().key_id().to_string(), ..signed(&mut keeper, &stranger, 11, 0) };
    assert_eq!(keeper.sign_in(&forged, [4; 32], Millis(0)), Err("sign-in-refused"));
    let late = signed(&mut keeper, &key, 12, 0);
    assert_eq!(keeper.sign_in(&late, [4; 32], NONCE_FOR), Err("sign-in-refused"));
    assert_eq!(keeper.who("guess", Millis(0)), None);
}

#[test]
fn a_token_ends_by_time_and_with_its_controller() {
    let mut keeper = keeper();
    let key = paired(&mut keeper, 1);
    let ask = signed(&mut keeper, &key, 9, 0);
    let token = keeper.sign_in(&ask, [3; 32], Millis(0)).unwrap()["token"].as_str().unwrap().to_owned();
    assert!(keeper.who(&token, Millis(60 * MINUTE - 1)).is_some());
    assert!(keeper.who(&token, Millis(60 * MINUTE)).is_none());
    let ask = signed(&mut keeper, &key, 9, 0);
    let token = keeper.sign_in(&ask, [3; 32], Millis(0)).unwrap()["token"].as_str().unwrap().to_owned();
    let id = key.public_key().key_id().to_string();
    assert_eq!(keeper.revoke(&id[..4]), Err("controller-unknown"), "too short to be meant");
    assert_eq!(keeper.revoke(&id[..12]).unwrap().id, id);
    assert!(keeper.who(&token, Millis(0)).is_none());
    let ask = signed(&mut keeper, &key, 9, 0);
    assert_eq!(keeper.sign_in(&ask, [3; 32], Millis(0)), Err("sign-in-refused"));
}

#[test]
fn a_controller_has_few_tokens_at_a_time_and_only_their_hashes_are_kept() {
    let mut keeper = keeper();
    let key = paired(&mut keeper, 1);
    let mut tokens = Vec::new();
    for n in 0..6 {
        let ask = signed(&mut keeper, &key, 20 + n, u64::from(n));
        let given = keeper.sign_in(&ask, [n; 32], Millis(u64::from(n))).unwrap();
        tokens.push(given["token"].as_str().unwrap().to_owned());
    }
    let good: Vec<bool> = tokens.iter().map(|token| keeper.who(token, Millis(9)).is_some()).collect();
    assert_eq!(good, [false, false, true, true, true, true]);
    let shown = format!("{keeper:?}");
    assert!(tokens.iter().all(|token| !shown.contains(token.as_str())));
}

#[test]
fn a_first_link_without_confirmation_in_time_is_denied() {
    let mut keeper = keeper();
    let (_, jwk) = ed25519(1);
    let begun = keeper.begin(first_link(&jwk, [1; 32]), [8; 32], Millis(0)).unwrap();
    let id = begun["pairing"].as_str().unwrap().to_owned();
    assert_eq!(keeper.confirm(None, at(0)), Err("nothing-to-confirm"), "before the controller opened its nonce");
    keeper.open(&id, &b64(&[1; 32]), Millis(0)).unwrap();
    assert_eq!(keeper.begin(first_link(&jwk, [2; 32]), [9; 32], Millis(5)).unwrap_err(), "pairing-busy");
    assert_eq!(keeper.standing(&id, Millis(5)).unwrap(), json!({"state": "waiting"}));
    assert_eq!(keeper.deadline(), Some(Millis(2 * MINUTE)));
    assert_eq!(keeper.take_ran_out(Millis(2 * MINUTE)).as_deref(), Some("Ana's phone"));
    assert_eq!(keeper.standing(&id, Millis(2 * MINUTE)).unwrap(), json!({"state": "denied"}));
    assert_eq!(keeper.confirm(None, at(2 * MINUTE)), Err("nothing-to-confirm"));
    assert!(keeper.controllers.0.is_empty());
    assert!(keeper.begin(first_link(&jwk, [2; 32]), [9; 32], Millis(2 * MINUTE)).is_ok());
}

#[test]
fn a_wrong_code_three_times_denies_and_the_wrong_nonce_at_once() {
    let mut keeper = keeper();
    let (_, jwk) = ed25519(1);
    keeper.begin(first_link(&jwk, [1; 32]), [8; 32], Millis(0)).unwrap();
    let waiting = keeper.open(&b64(&[8; 32]), &b64(&[1; 32]), Millis(0)).unwrap();
    let wrong = if waiting.code == "000000" { "000001" } else { "000000" };
    for _ in 0..3 {
        assert_eq!(keeper.confirm(Some(wrong), at(0)), Err("wrong-code"));
    }
    assert_eq!(keeper.confirm(Some(&waiting.code), at(0)), Err("nothing-to-confirm"));
    keeper.begin(first_link(&jwk, [1; 32]), [9; 32], Millis(0)).unwrap();
    assert_eq!(keeper.open(&b64(&[9; 32]), &b64(&[2; 32]), Millis(0)), Err("pairing-unknown"));
    assert_eq!(keeper.open(&b64(&[9; 32]), &b64(&[1; 32]), Millis(0)), Err("pairing-unknown"), "denied");
    assert_eq!(keeper.deny(), None, "denied already");
}

#[test]
fn a_controller_that_does_not_open_its_commitment_cannot_draw_another_id_before_the_time_is_over() {
    let mut keeper = keeper();
    let (_, jwk) = ed25519(1);
    keeper.begin(first_link(&jwk, [1; 32]), [8; 32], Millis(0)).unwrap();
    assert_eq!(keeper.open(&b64(&[8; 32]), &b64(&[2; 32]), Millis(0)), Err("pairing-unknown"));
    assert_eq!(keeper.standing(&b64(&[8; 32]), Millis(1)).unwrap(), json!({"state": "denied"}));
    let again = |keeper: &mut Keeper, now| keeper.begin(first_link(&jwk, [1; 32]), [9; 32], Millis(now)).map(drop);
    assert_eq!(again(&mut keeper, 2 * MINUTE - 1), Err("pairing-busy"));
    assert_eq!(again(&mut keeper, 2 * MINUTE), Ok(()));
}

#[test]
fn a_first_link_that_ran_out_is_told_also_if_another_request_came_first() {
    let mut keeper = keeper();
    let (_, jwk) = ed25519(1);
    keeper.begin(first_link(&jwk, [1; 32]), [8; 32], Millis(0)).unwrap();
    keeper.open(&b64(&[8; 32]), &b64(&[1; 32]), Millis(0)).unwrap();
    keeper.nonce([5; 32], Millis(2 * MINUTE));
    assert_eq!(keeper.take_ran_out(Millis(2 * MINUTE)).as_deref(), Some("Ana's phone"));
    assert_eq!(keeper.take_ran_out(Millis(2 * MINUTE)), None, "once");
}

#[test]
fn the_digits_depend_on_everything_that_either_side_saw() {
    let key = |seed| SoftwareKey::ed25519(&[seed; 32]).public_key();
    let base = code(&FP, &key(1), &[1; 32], &[1; 32]);
    let others = [
        code(&Sha256Digest::from_bytes([8; 32]), &key(1), &[1; 32], &[1; 32]),
        code(&FP, &key(2), &[1; 32], &[1; 32]),
        code(&FP, &key(1), &[2; 32], &[1; 32]),
        code(&FP, &key(1), &[1; 32], &[2; 32]),
    ];
    assert!(others.iter().all(|other| *other != base), "{base} {others:?}");
}

#[test]
fn a_key_that_is_paired_again_replaces_itself_and_the_number_is_limited() {
    let mut keeper = keeper();
    for seed in 1..=u8::try_from(CONTROLLERS_MAX).unwrap() {
        paired(&mut keeper, seed);
    }
    paired(&mut keeper, 1);
    assert_eq!(keeper.controllers.0.len(), CONTROLLERS_MAX);
    let (_, jwk) = ed25519(99);
    assert_eq!(keeper.begin(first_link(&jwk, [1; 32]), [8; 32], Millis(0)).unwrap_err(), "too-many-controllers");
    for bad in [
        json!({"kty": "EC", "crv": "P-256", "x": b64(&[1; 32])}),
        json!({"kty": "EC", "crv": "P-256", "x": b64(&[1; 32]), "y": b64(&[1; 32])}),
        json!({"kty": "RSA", "crv": "P-256", "x": "AA"}),
    ] {
        assert_eq!(keeper.begin(first_link(&bad, [1; 32]), [8; 32], Millis(0)).unwrap_err(), "body-malformed", "{bad}");
    }
}

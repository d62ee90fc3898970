//! Passwords: which are taken, and what a try proves.

use holdfast_core::id::{AlertId, PersonId, SessionId};

use super::*;
use crate::fixture::{NOW, person};

const WORDS: &str = "violet harbour spoon eleven";

fn someone(role: Role) -> Person {
    Person { id: person(), name: "Someone".to_owned(), role, created: NOW }
}

fn password(long: bool) -> Password {
    let login = "ola.nord".parse().expect("a sign-in name");
    Password { person: person(), login, hash: "$argon2id$".to_owned(), long, changed: NOW }
}

fn factor() -> SecondFactor {
    SecondFactor { person: person(), sealed: vec![1], confirmed: Some(NOW), step: 10 }
}

#[test]
fn a_password_alone_has_fifteen_characters_and_beside_a_second_factor_eight() {
    let weighed = |text: &str, factor| weigh(text, 4, &[], factor).map_err(PasswordRefusal::name);
    assert_eq!(weighed(WORDS, false), Ok(GoodEnough { long: true }));
    assert_eq!(weighed("kq7#mV2p!xT9zr", false), Err("password-short"), "14 characters");
    assert_eq!(weighed("kq7#mV2p!xT9zr", true), Ok(GoodEnough { long: false }));
    assert_eq!(weighed("kq7#mV2", true), Err("password-short"));
    assert_eq!(weighed(&"ä".repeat(300), true), Err("password-long"));
}

#[test]
fn what_is_listed_or_easy_to_guess_is_refused_however_long() {
    let weighed = |text: &str, score| weigh(text, score, &["Hearth".to_owned()], true).map_err(PasswordRefusal::name);
    assert_eq!(weighed("7ujMko0admin", 4), Err("password-listed"));
    assert_eq!(weighed("xc3511xc3511xc3511", 4), Err("password-listed"));
    assert_eq!(weighed("hearth-hearth-2026", 4), Err("password-listed"));
    assert_eq!(weighed(WORDS, SCORE_MIN - 1), Err("password-guessable"));
}

#[test]
fn a_sign_in_name_is_small_plain_and_no_address() {
    assert_eq!("  Ola.Nord ".parse::<Login>().map(|login| login.to_string()), Ok("ola.nord".to_owned()));
    for bad in ["", "ab", "1ola", "ola@example.com", "ola nord", "ölä", &"a".repeat(41)] {
        assert_eq!(bad.parse::<Login>(), Err(LoginMalformed), "{bad}");
    }
}

fn judged(tried: &Tried<'_>) -> Result<SessionKind, (&'static str, bool)> {
    match judge(tried, NOW) {
        Outcome::Proven { kind, .. } => Ok(kind),
        Outcome::Refused(why, kept) => Err((why.name(), kept.is_some())),
    }
}

#[test]
fn only_a_long_password_counts_alone_and_a_second_factor_is_always_asked_for() {
    let (owner, long, short, factor) = (someone(Role::Owner), password(true), password(false), factor());
    let tried = |password, factor, step| Tried {
        person: Some(&owner),
        standing: Standing::default(),
        password: Some(password),
        matches: true,
        factor,
        step,
        alert: AlertId::new(NOW, [1; 10]),
    };
    assert_eq!(judged(&tried(&long, None, None)), Ok(SessionKind::Password));
    assert_eq!(judged(&tried(&short, None, None)), Err(("sign-in-wrong", false)));
    assert_eq!(judged(&tried(&short, Some(&factor), Some(11))), Ok(SessionKind::PasswordTotp));
    assert_eq!(judged(&tried(&long, Some(&factor), None)), Err(("sign-in-wrong", false)), "the code is missing");
    assert_eq!(judged(&tried(&long, Some(&factor), Some(10))), Err(("sign-in-wrong", false)), "the step was used");
}

#[test]
fn an_unknown_name_reads_like_a_wrong_password_and_only_staff_failures_are_kept() {
    let (owner, staff, long) = (someone(Role::Owner), someone(Role::Support), password(true));
    let nobody = Tried {
        person: None,
        standing: Standing::default(),
        password: None,
        matches: false,
        factor: None,
        step: None,
        alert: AlertId::new(NOW, [1; 10]),
    };
    assert_eq!(judged(&nobody), Err(("sign-in-wrong", false)));
    let wrong = Tried { person: Some(&owner), password: Some(&long), ..nobody };
    assert_eq!(judged(&wrong), Err(("sign-in-wrong", false)));
    assert_eq!(judged(&Tried { person: Some(&staff), ..wrong }), Err(("sign-in-wrong", true)));
}

#[test]
fn none_of_the_staff_comes_in_by_a_password_alone_however_long() {
    let (long, factor) = (password(true), factor());
    for role in Role::ALL {
        assert_eq!(may_have(role, false).is_ok(), !role.is_staff());
        assert!(may_have(role, true).is_ok());
        let person = someone(role);
        let tried = Tried {
            person: Some(&person),
            standing: Standing::default(),
            password: Some(&long),
            matches: true,
            factor: None,
            step: None,
            alert: AlertId::new(NOW, [1; 10]),
        };
        assert_eq!(judged(&tried).is_ok(), !role.is_staff(), "{role:?}");
        let both = Tried { factor: Some(&factor), step: Some(11), ..tried };
        assert_eq!(judged(&both), Ok(SessionKind::PasswordTotp), "{role:?}");
    }
}

#[test]
fn a_removed_password_leaves_a_passkey_behind() {
    let owner = someone(Role::Owner);
    let ways = Ways { password: true, long_password: true, ..Ways::default() };
    assert_eq!(remove(&owner, &ways, NOW), Err(PasswordRefusal::LastWay));
    assert!(remove(&owner, &Ways { passkeys: 1, ..ways }, NOW).is_ok());
    assert_eq!(remove(&owner, &Ways::default(), NOW), Err(PasswordRefusal::Absent));
}

#[test]
fn a_hash_is_not_in_the_debug_output() {
    let set =
        set(&someone(Role::Owner), "ola".parse().unwrap(), "$argon2id$x".to_owned(), GoodEnough { long: true }, NOW);
    assert!(!format!("{set:?}").contains("argon2id"));
    let opening = Opening {
        id: SessionId::new(NOW, [1; 10]),
        secret_hash: [0; 32],
        kind: SessionKind::Password,
        browser: String::new(),
    };
    let stranger = Person { id: PersonId::new(NOW, [9; 10]), ..someone(Role::Owner) };
    assert!(sign_in(&stranger, Vec::new(), &opening, NOW).line.is_some());
}

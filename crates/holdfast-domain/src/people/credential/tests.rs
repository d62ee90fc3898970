//! Passkeys and second factors: limits, the last way in, steps that count once.

use holdfast_core::id::PersonId;

use super::super::account::{Lock, LockReason};
use super::*;
use crate::fixture::{NOW, later, opening, owner, passkey, person};

#[test]
fn a_passkey_is_added_with_its_label_a_line_and_a_notice() {
    let decision = add_passkey(0, Passkey { label: " Phone ".to_owned(), ..passkey() }, NOW).expect("added");
    let [Change::Account(AccountChange::AddPasskey(added)), Change::AddNotice(notice)] = decision.changes.as_slice()
    else {
        panic!("{decision:?}")
    };
    assert_eq!((added.label.as_str(), notice.kind), ("Phone", NoticeKind::PasskeyAdded));
    assert_eq!(add_passkey(PASSKEYS_MAX, passkey(), NOW), Err(CredentialRefusal::TooMany));
    let unnamed = Passkey { label: "\n".to_owned(), ..passkey() };
    assert_eq!(add_passkey(0, unnamed, NOW), Err(CredentialRefusal::Label));
}

#[test]
fn the_last_way_in_cannot_be_removed_and_somebody_elses_never() {
    let one = Ways { passkeys: 1, ..Ways::default() };
    let remove = |ways: &Ways, passkey: Option<&Passkey>| remove_passkey(&owner(), ways, passkey, NOW).map(drop);
    assert_eq!(remove(&one, Some(&passkey())), Err(CredentialRefusal::LastWay));
    assert_eq!(remove(&Ways { passkeys: 2, ..one }, Some(&passkey())), Ok(()));
    let short = Ways { password: true, ..one };
    assert_eq!(remove(&short, Some(&passkey())), Err(CredentialRefusal::LastWay), "a short password alone is no way");
    assert_eq!(remove(&Ways { second_factor: true, ..short }, Some(&passkey())), Ok(()));
    assert_eq!(remove(&Ways { long_password: true, ..short }, Some(&passkey())), Ok(()));
    let foreign = Passkey { person: PersonId::new(NOW, [1; 10]), ..passkey() };
    assert_eq!(remove(&Ways { passkeys: 5, ..one }, Some(&foreign)), Err(CredentialRefusal::NotYours));
    assert_eq!(remove(&one, None), Err(CredentialRefusal::NotYours));
}

#[test]
fn a_locked_account_opens_for_no_passkey() {
    let passkey = passkey();
    let shown = Shown { passkey: &passkey, document: None };
    let lock = |reason| Standing { locked: Some(Lock { since: NOW, reason }), ..Standing::default() };
    let sign_in = |standing| sign_in_by_passkey(&owner(), &standing, None, &shown, &opening(), NOW).map(drop);
    assert_eq!(sign_in(Standing::default()), Ok(()));
    assert_eq!(sign_in(lock(LockReason::Order)), Err(CredentialRefusal::Locked));
    let removed = Standing { removed: Some(NOW), ..Standing::default() };
    assert_eq!(sign_in(removed), Err(CredentialRefusal::Locked));
}

#[test]
fn a_copied_passkey_is_told_and_kept_and_opens_nothing() {
    let decision = copied(&passkey(), &[], NOW);
    assert!(decision.line.is_some());
    let [Change::AddNotice(told)] = decision.changes.as_slice() else { panic!("{decision:?}") };
    assert_eq!(told.kind, NoticeKind::PasskeyCopied);
    let told = [told.clone()];
    assert_eq!(copied(&passkey(), &told, NOW.plus(Millis(1))), Decision::default(), "not again and again");
    assert!(copied(&passkey(), &told, NOW.plus(COPIED_TOLD_EVERY)).line.is_some());
}

#[test]
fn a_second_factor_counts_after_its_first_code_and_no_step_counts_twice() {
    let begun = SecondFactor { person: person(), sealed: vec![1], confirmed: None, step: 0 };
    let confirm = |factor: Option<&SecondFactor>, step| confirm_second_factor(&owner(), factor, step, NOW);
    assert_eq!(confirm(Some(&begun), None), Err(CredentialRefusal::Code));
    assert_eq!(confirm(None, Some(7)), Err(CredentialRefusal::NoSecondFactor));
    let decision = confirm(Some(&begun), Some(7)).expect("confirmed");
    let Some(Change::Account(AccountChange::SetSecondFactor(factor))) = decision.changes.first() else { panic!() };
    assert_eq!((factor.confirmed, factor.step), (Some(NOW), 7));
    assert_eq!(confirm(Some(factor), Some(8)), Err(CredentialRefusal::NoSecondFactor), "it is confirmed already");
    assert_eq!(step_of(factor, Some(7)), Err(CredentialRefusal::Code), "the step was used");
    assert_eq!(step_of(factor, Some(6)), Err(CredentialRefusal::Code), "an older one still less");
    assert_eq!(step_of(factor, Some(8)), Ok(8));
}

#[test]
fn the_second_factor_stays_while_a_short_password_needs_it() {
    let ways = Ways { passkeys: 1, password: true, second_factor: true, ..Ways::default() };
    assert_eq!(remove_second_factor(&owner(), &ways, NOW), Err(CredentialRefusal::SecondFactorNeeded));
    assert!(remove_second_factor(&owner(), &Ways { long_password: true, ..ways }, NOW).is_ok());
    assert_eq!(remove_second_factor(&owner(), &Ways::default(), NOW), Err(CredentialRefusal::NoSecondFactor));
}

#[test]
fn an_owner_signs_up_with_a_first_passkey_and_is_signed_in() {
    let decision = sign_up(&owner(), passkey(), &opening(), later(1)).expect("signed up");
    assert!(matches!(
        decision.changes.as_slice(),
        [Change::AddPerson(_), Change::Account(AccountChange::AddPasskey(_)), Change::AddSession(_)]
    ));
    let nameless = Person { name: String::new(), ..owner() };
    assert_eq!(sign_up(&nameless, passkey(), &opening(), NOW), Err(CredentialRefusal::Label));
}

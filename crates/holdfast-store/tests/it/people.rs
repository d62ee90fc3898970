//! Notices, addresses, mail and ways in: told once and bounded, written to where they should, and nothing equal at rest.

use holdfast_core::id::{NoticeId, PasskeyId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::people::account::{AccountChange, Lock, LockReason, Passkey, Password, Recovery, Standing};
use holdfast_domain::people::contact::{Asked, Contact, ContactChange, Wish};
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_store::notices::{MailState, Tried};

use crate::fixture::{Home, at, person, person_id};

fn with_people() -> Home {
    let home = Home::empty();
    for n in 1..=2 {
        home.put(Change::AddPerson(person(n)));
    }
    home
}

fn contact(n: u8, address: Option<&str>, wish: Option<&str>) -> Change {
    Change::Contact(ContactChange::Put(Contact {
        person: person_id(n),
        language: "de".to_owned(),
        verified: address.map(|text| (text.parse().unwrap(), at(1))),
        wish: wish.map(|text| Wish { address: text.parse().unwrap(), expires: at(9) }),
        asked: Asked { since: at(0), times: 1 },
    }))
}

fn notice(n: u8, kind: NoticeKind, hours: i64) -> Notice {
    Notice::new(person_id(n), kind, at(hours)).fact("device", "hearth-00001")
}

fn told(home: &Home, notice: Notice) {
    home.put(Change::AddNotice(notice));
}

fn addresses(home: &Home, n: u8) -> Vec<String> {
    let mails = home.store.mail_of(person_id(n), 200).unwrap();
    let mut all: Vec<String> = mails.iter().map(|mail| mail.address.as_str().to_owned()).collect();
    all.sort();
    all
}

#[test]
fn a_notice_told_twice_is_one_and_is_read_by_its_person_alone() {
    let home = with_people();
    told(&home, notice(1, NoticeKind::UpdateInstalled, 2));
    told(&home, notice(1, NoticeKind::UpdateInstalled, 2));
    told(&home, notice(1, NoticeKind::Quarantined, 3));
    told(&home, notice(2, NoticeKind::Quarantined, 3));
    let all = home.store.notices(person_id(1), None, 10).unwrap();
    let kinds: Vec<NoticeKind> = all.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [NoticeKind::Quarantined, NoticeKind::UpdateInstalled], "newest first");
    assert_eq!(home.store.notices(person_id(1), Some(all[0].id), 10).unwrap().len(), 1, "page by page");
    assert_eq!(home.store.unread_notices(person_id(1)).unwrap(), 2);
    home.store.read_notices(person_id(1), Some(all[1].id), at(4)).unwrap();
    assert_eq!(home.store.unread_notices(person_id(1)).unwrap(), 1);
    home.store.read_notices(person_id(1), None, at(5)).unwrap();
    assert_eq!(home.store.unread_notices(person_id(1)).unwrap(), 0);
    assert_eq!(home.store.unread_notices(person_id(2)).unwrap(), 1, "somebody else's stay unread");
    assert_eq!(home.store.notice(all[0].id).unwrap().unwrap().facts["device"], "hearth-00001");
}

#[test]
fn a_device_that_says_the_same_without_end_fills_neither_pages_nor_mailbox() {
    let home = with_people();
    home.put(contact(1, Some("ada@mail.example"), None));
    for second in 0..300_u64 {
        let flaps = Notice::new(person_id(1), NoticeKind::Quarantined, at(2).plus(Millis::from_secs(second)));
        told(&home, flaps);
    }
    let kept = home.store.notices(person_id(1), None, 1_000).unwrap().len();
    let mails = home.store.mail_of(person_id(1), 1_000).unwrap().len();
    assert_eq!((kept, mails), (60, 40));
    told(&home, Notice::new(person_id(1), NoticeKind::PasskeyAdded, at(3)));
    let newest = home.store.notices(person_id(1), None, 1).unwrap();
    assert_eq!(newest[0].kind, NoticeKind::PasskeyAdded, "what is about the account is told always");
    assert_eq!(home.store.mail_of(person_id(1), 1_000).unwrap().len(), mails + 1);
    told(&home, Notice::new(person_id(1), NoticeKind::Quarantined, at(2 + 48)));
    assert_eq!(home.store.mail_of(person_id(1), 1_000).unwrap().len(), mails + 2, "two days later it is news again");
}

#[test]
fn old_notices_go_and_those_whose_mail_still_waits_stay() {
    let home = with_people();
    told(&home, notice(1, NoticeKind::UpdateInstalled, 2));
    home.put(contact(1, Some("ada@mail.example"), None));
    told(&home, notice(1, NoticeKind::Quarantined, 2));
    assert_eq!(home.store.forget_notices(at(100), at(50)).unwrap(), 1);
    let left = home.store.notices(person_id(1), None, 10).unwrap();
    assert_eq!(left.iter().map(|notice| notice.kind).collect::<Vec<_>>(), [NoticeKind::Quarantined]);
    let mail = home.store.mail_of(person_id(1), 1).unwrap().remove(0);
    let sent = Tried { id: mail.id, state: MailState::Sent, next: at(3), tries: 1, answer: Some("taken") };
    home.store.mail_tried(&sent).unwrap();
    home.store.mail_forget(at(60)).unwrap();
    assert_eq!(home.store.forget_notices(at(100), at(50)).unwrap(), 1);
}

#[test]
fn one_person_keeps_a_bounded_number_of_notices() {
    let home = with_people();
    let changes = (0..2_300_i64).map(|n| {
        let when = Timestamp::from_micros(at(0).as_micros() + n * 1_000_000);
        Change::AddNotice(Notice::new(person_id(1), NoticeKind::SignInNewBrowser, when))
    });
    home.store.commit(Decision::quiet(changes.collect())).unwrap();
    let kept = home.store.notices(person_id(1), None, 10_000).unwrap();
    assert!(kept.len() <= 2_000 && kept.len() > 1_800, "{}", kept.len());
    assert_eq!(kept[0].at.as_micros(), at(0).as_micros() + 2_299 * 1_000_000, "the newest stay");
}

#[test]
fn what_is_about_the_account_goes_to_the_address_from_before_for_its_time_and_nothing_else_does() {
    let home = with_people();
    home.put(contact(1, Some("old@mail.example"), None));
    home.put(contact(1, Some("new@mail.example"), None));
    let address = "old@mail.example".parse().unwrap();
    home.put(Change::Contact(ContactChange::KeepFormer { person: person_id(1), address, until: at(7 * 24) }));
    told(&home, notice(1, NoticeKind::PasskeyAdded, 5));
    assert_eq!(addresses(&home, 1), ["new@mail.example", "old@mail.example"]);
    told(&home, notice(1, NoticeKind::Quarantined, 6));
    assert_eq!(addresses(&home, 1).len(), 3, "what a device does is nobody's business at the old address");
    told(&home, notice(1, NoticeKind::PasswordChanged, 7 * 24));
    assert_eq!(addresses(&home, 1).len(), 4, "and its time is over");
    home.put(contact(1, None, None));
    let former = "new@mail.example".parse().unwrap();
    home.put(Change::Contact(ContactChange::KeepFormer { person: person_id(1), address: former, until: at(20 * 24) }));
    told(&home, notice(1, NoticeKind::RecoveryUsed, 10 * 24));
    assert_eq!(addresses(&home, 1).len(), 5, "also when the address was removed");
    home.put(contact(1, Some("new@mail.example"), None));
    told(&home, notice(1, NoticeKind::RecoveryUsed, 11 * 24));
    assert_eq!(addresses(&home, 1).len(), 6, "one that came back is no former one");
}

#[test]
fn a_mail_is_tried_in_its_time_and_what_was_sent_is_not_sent_again() {
    let home = with_people();
    home.put(contact(1, Some("ada@mail.example"), Some("next@mail.example")));
    told(&home, notice(1, NoticeKind::Quarantined, 3));
    home.put(Change::Contact(ContactChange::SendLink { person: person_id(1), at: at(3) }));
    assert!(home.store.mail_due(at(2), 10).unwrap().is_empty());
    let due = home.store.mail_due(at(3), 10).unwrap();
    assert_eq!((due.len(), due[0].notice.is_some(), due[1].notice), (2, true, None));
    let put = |state, next| {
        home.store.mail_tried(&Tried { id: due[0].id, state, next, tries: 1, answer: Some("greylisted") }).unwrap();
    };
    put(MailState::Waiting, at(4));
    assert_eq!(home.store.mail_due(at(3), 10).unwrap().len(), 1);
    assert_eq!(home.store.mail_due(at(4), 10).unwrap().len(), 2);
    put(MailState::Sent, at(4));
    assert_eq!(home.store.mail_counts().unwrap().sent, 1);
    // Another wish: the link to the first one is not sent any more, and confirms nothing.
    assert!(home.store.set_contact_link(person_id(1), &"next@mail.example".parse().unwrap(), [9; 32]).unwrap());
    assert!(home.store.contact_by_link(&[9; 32]).unwrap().is_some());
    home.put(contact(1, Some("ada@mail.example"), Some("third@mail.example")));
    assert_eq!(home.store.contact_by_link(&[9; 32]).unwrap(), None);
    assert!(!home.store.set_contact_link(person_id(1), &"next@mail.example".parse().unwrap(), [9; 32]).unwrap());
    assert!(home.store.mail_due(at(9), 10).unwrap().is_empty());
}

#[test]
fn a_link_that_says_not_me_is_kept_as_a_hash_for_its_time_and_ends_with_the_others() {
    let home = with_people();
    let about = notice(1, NoticeKind::PasskeyAdded, 2);
    told(&home, about.clone());
    let add = |hash, id: NoticeId| home.store.add_objection(hash, id, at(9)).unwrap();
    add([1; 32], about.id);
    add([2; 32], about.id);
    assert_eq!(home.store.objection(&[1; 32], at(3)).unwrap().map(|notice| notice.id), Some(about.id));
    assert_eq!(home.store.objection(&[7; 32], at(3)).unwrap(), None);
    assert_eq!(home.store.objection(&[1; 32], at(9)).unwrap(), None, "too late");
    assert_eq!(home.store.forget_notices(at(3), at(8)).unwrap(), 0, "a notice stays while its link counts");
    home.store.end_objections(person_id(1)).unwrap();
    assert_eq!(home.store.objection(&[2; 32], at(3)).unwrap(), None, "every copy of it");
}

fn passkey(n: u8, whose: u8, created: i64) -> Passkey {
    Passkey {
        id: PasskeyId::new(at(created), [n; 10]),
        person: person_id(whose),
        credential: vec![n; 32],
        label: "Phone".to_owned(),
        document: "{}".to_owned(),
        created: at(created),
        used: None,
        counts_from: at(created),
    }
}

fn account(change: AccountChange) -> Change {
    Change::Account(change)
}

#[test]
fn a_passkey_is_one_persons_alone_and_new_ones_go_or_sleep_by_their_age() {
    let home = with_people();
    for one in [passkey(1, 1, 1), passkey(2, 1, 5), passkey(3, 2, 5)] {
        home.put(account(AccountChange::AddPasskey(one)));
    }
    let copy = Passkey { id: PasskeyId::new(at(9), [9; 10]), credential: vec![1; 32], ..passkey(9, 2, 9) };
    assert_eq!(home.refused(account(AccountChange::AddPasskey(copy))), "passkey-known");
    assert_eq!(home.store.passkeys_before(person_id(1), at(5), at(6)).unwrap(), 1);
    let since = at(5);
    home.put(account(AccountChange::DelayNewPasskeys { person: person_id(1), since, until: at(20) }));
    let counts: Vec<Timestamp> =
        home.store.passkeys_of(person_id(1)).unwrap().into_iter().map(|one| one.counts_from).collect();
    assert_eq!(counts, [at(1), at(20)]);
    home.put(account(AccountChange::RemoveNewPasskeys { person: person_id(1), since }));
    assert_eq!(home.store.passkeys_of(person_id(1)).unwrap().len(), 1);
    assert_eq!(home.store.passkeys_of(person_id(2)).unwrap().len(), 1, "somebody else's stay");
}

#[test]
fn a_recovery_code_counts_once_and_a_recovery_ends_once() {
    let home = with_people();
    let codes = AccountChange::PutRecoveryCodes { person: person_id(1), hashes: vec![[1; 32], [2; 32]], at: at(1) };
    home.put(account(codes));
    assert_eq!(home.store.recovery_code(&[1; 32]).unwrap(), Some(person_id(1)));
    home.put(account(AccountChange::UseRecoveryCode { hash: [1; 32], at: at(2) }));
    assert_eq!(home.store.recovery_code(&[1; 32]).unwrap(), None);
    let again = account(AccountChange::UseRecoveryCode { hash: [1; 32], at: at(3) });
    assert_eq!(home.refused(again), "recovery-code-wrong");
    home.put(account(AccountChange::PutRecovery(Recovery { person: person_id(1), begun: at(2), until: at(26) })));
    assert_eq!(home.store.recovery(person_id(1)).unwrap().unwrap().until, at(26));
    home.put(account(AccountChange::EndRecovery(person_id(1))));
    assert_eq!(home.refused(account(AccountChange::EndRecovery(person_id(1)))), "recovery-absent");
    let none = AccountChange::PutRecoveryCodes { person: person_id(1), hashes: Vec::new(), at: at(4) };
    home.put(account(none));
    assert_eq!(home.store.recovery_code(&[2; 32]).unwrap(), None, "a new sheet voids the old one");
}

#[test]
fn a_sign_in_name_is_one_persons_and_a_lock_reads_back() {
    let home = with_people();
    let password = |n: u8| Password {
        person: person_id(n),
        login: "ola.nord".parse().unwrap(),
        hash: format!("$argon2id${n}"),
        long: true,
        changed: at(1),
    };
    home.put(account(AccountChange::SetPassword(password(1))));
    assert_eq!(home.refused(account(AccountChange::SetPassword(password(2)))), "sign-in-name-taken");
    for reason in [LockReason::Failures, LockReason::Order, LockReason::NotMe] {
        let to = Standing { failures: 3, locked: Some(Lock { since: at(2), reason }), removed: None };
        home.put(account(AccountChange::SetStanding { person: person_id(1), to }));
        assert_eq!(home.store.standing(person_id(1)).unwrap(), to);
    }
    assert_eq!(home.store.standing(person_id(2)).unwrap(), Standing::default());
    home.put(account(AccountChange::RemovePassword(person_id(1))));
    assert_eq!(home.store.password_of(person_id(1)).unwrap(), None);
}

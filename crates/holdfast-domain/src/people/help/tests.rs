//! Requests: their clock, who may say what, and what never leaves the store.

use super::*;
use crate::fixture::{NOW, alert_id, device_id, later, person};

const HOUR: u64 = 3_600;

fn staff() -> PersonId {
    PersonId::new(NOW, [9; 10])
}

fn id() -> HelpId {
    HelpId::new(NOW, [4; 10])
}

fn opened() -> Request {
    let device = device_id(1);
    let asked = Asked { device: Some(&device), topic: Topic::Complaint, text: "It hums at night." };
    let decision = open(id(), asked, 0, person(), NOW).expect("opened");
    request(&decision)
}

fn request(decision: &Decision) -> Request {
    let found = decision.changes.iter().find_map(|change| {
        let Change::Help(HelpChange::Open(request) | HelpChange::Put(request)) = change else { return None };
        Some(request.clone())
    });
    found.expect("a request")
}

#[test]
fn a_request_has_its_clock_from_the_first_moment_and_its_asker_is_told() {
    let request = opened();
    assert_eq!((request.due, request.left(NOW)), (later(72 * HOUR), Some(ANSWER_WITHIN)));
    let asked = Asked { device: None, topic: Topic::Help, text: "x" };
    let decision = open(id(), asked, 0, person(), NOW).expect("opened");
    assert!(
        decision
            .changes
            .iter()
            .any(|change| matches!(change, Change::AddNotice(told) if told.kind == NoticeKind::HelpReceived))
    );
}

#[test]
fn what_people_write_is_neither_in_the_ledger_nor_in_a_notice_nor_in_a_debug_text() {
    let asked = Asked { device: None, topic: Topic::Data, text: "Ursula Musterfrau, Lindenweg 5" };
    let decision = open(id(), asked, 0, person(), NOW).expect("opened");
    let seen = format!("{} {:?}", decision.line.clone().expect("a line"), decision);
    assert!(!seen.contains("Musterfrau"), "{seen}");
}

#[test]
fn texts_have_limits_and_nothing_unseen() {
    let say = |text: &str| add(&opened(), text, NOW).map(drop).map_err(HelpRefusal::name);
    assert_eq!(say("Two\r\nlines,\tand ä"), Ok(()));
    assert_eq!(say("  \n "), Err("help-text-length"));
    assert_eq!(say(&"ä".repeat(TEXT_CHARS_MAX)), Ok(()));
    assert_eq!(say(&"ä".repeat(TEXT_CHARS_MAX + 1)), Err("help-text-length"));
    for unseen in ["\u{1b}[2J", "a\u{202e}b", "a\u{0}b"] {
        assert_eq!(say(unseen), Err("help-text-unseen"), "{unseen:?}");
    }
    let asked = Asked { device: None, topic: Topic::Help, text: "x" };
    assert_eq!(open(id(), asked, OPEN_MAX, person(), NOW), Err(HelpRefusal::TooManyOpen));
    let full = Request { messages: MESSAGES_MAX, ..opened() };
    assert_eq!(add(&full, "x", NOW), Err(HelpRefusal::TooManyMessages));
}

#[test]
fn the_first_answer_stops_the_clock_and_a_question_after_it_does_not_start_it_again() {
    let answered = request(&answer(&opened(), "We look into it.", None, staff(), later(HOUR)).expect("answered"));
    assert_eq!((answered.stands, answered.answered), (Stands::Answered, Some(later(HOUR))));
    assert_eq!(answered.left(later(HOUR)), None);
    let asked_again = request(&add(&answered, "And?", later(2 * HOUR)).expect("added"));
    assert_eq!((asked_again.stands, asked_again.messages), (Stands::WaitsForMaker, 3));
    assert_eq!(overdue(&asked_again, &[], alert_id(), later(400 * HOUR)), None);
}

#[test]
fn a_missed_clock_is_told_once_to_each_of_the_staff_and_is_an_alert() {
    let request_late = opened();
    let due = later(72 * HOUR);
    assert_eq!(overdue(&request_late, &[staff()], alert_id(), Timestamp::from_micros(due.as_micros() - 1)), None);
    let decision = overdue(&request_late, &[staff(), person()], alert_id(), due).expect("told");
    let told = decision.changes.iter().filter(|change| matches!(change, Change::AddNotice(_))).count();
    let alerts = decision.changes.iter().filter(|change| matches!(change, Change::OpenAlert(_))).count();
    assert_eq!((told, alerts), (2, 1));
    assert_eq!(overdue(&request(&decision), &[staff()], alert_id(), later(100 * HOUR)), None, "told once");
}

#[test]
fn an_answer_closes_the_alert_about_its_lateness() {
    let decision = overdue(&opened(), &[], alert_id(), later(72 * HOUR)).expect("told");
    let Some(Change::OpenAlert(alert)) = decision.changes.get(1) else { panic!("{decision:?}") };
    let answered = answer(&request(&decision), "Sorry.", Some(alert), staff(), later(80 * HOUR)).expect("answered");
    assert!(
        answered
            .changes
            .iter()
            .any(|change| matches!(change, Change::CloseAlert { alert, .. } if *alert == alert_id()))
    );
}

#[test]
fn closing_needs_an_outcome_that_fits_whoever_closes() {
    let answered = request(&answer(&opened(), "Done.", None, staff(), later(1)).expect("answered"));
    assert_eq!(close(&opened(), Outcome::Solved, staff(), NOW), Err(HelpRefusal::NotAnswered));
    assert_eq!(close(&answered, Outcome::Withdrawn, staff(), NOW), Err(HelpRefusal::OutcomeOfOthers));
    assert_eq!(close(&answered, Outcome::Refused, person(), NOW), Err(HelpRefusal::OutcomeOfOthers));
    assert!(close(&opened(), Outcome::Withdrawn, person(), NOW).is_ok(), "one may take one's own back at any time");
    let closed = request(&close(&answered, Outcome::Replaced, staff(), later(2)).expect("closed"));
    assert_eq!(closed.stands, Stands::Closed { outcome: Outcome::Replaced, at: later(2) });
    assert_eq!(close(&closed, Outcome::Solved, staff(), later(3)), Err(HelpRefusal::Closed));
    assert_eq!(add(&closed, "But", later(3)), Err(HelpRefusal::Closed));
}

#[test]
fn it_opens_again_within_fourteen_days_with_a_new_promise() {
    let closed =
        Request { stands: Stands::Closed { outcome: Outcome::Refused, at: NOW }, answered: Some(NOW), ..opened() };
    let last = NOW.plus(REOPEN_WITHIN);
    let again = request(&reopen(&closed, "I disagree.", last).expect("opened again"));
    assert_eq!((again.stands, again.due, again.answered), (Stands::WaitsForMaker, last.plus(ANSWER_WITHIN), None));
    assert_eq!(reopen(&closed, "x", last.plus(Millis(1))), Err(HelpRefusal::TooOld));
    assert_eq!(reopen(&opened(), "x", NOW), Err(HelpRefusal::NotClosed));
}

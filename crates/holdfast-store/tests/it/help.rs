//! Requests, choices about updates and what listens, as they are stored and read back.

use holdfast_core::id::HelpId;
use holdfast_domain::decision::Change;
use holdfast_domain::people::help::{HelpChange, Message, Outcome, Request, Stands, Topic};
use holdfast_domain::updates::choice::{Choice, Chosen, Wish};
use holdfast_domain::updates::{Execution, ExecutionState};

use crate::fixture::{Home, at, deployment, deployment_id, device_id, person, person_id, release, release_id};

fn id(n: u8) -> HelpId {
    HelpId::new(at(i64::from(n)), [n; 10])
}

fn request(n: u8) -> Request {
    Request {
        id: id(n),
        person: person_id(1),
        device: Some(device_id(0)),
        topic: Topic::Defect,
        opened: at(1),
        due: at(73),
        answered: None,
        overdue: None,
        stands: Stands::WaitsForMaker,
        messages: 1,
    }
}

fn home() -> Home {
    let home = Home::with_devices(3);
    home.put(Change::AddPerson(person(1)));
    home
}

fn message(number: u32, text: &str) -> Message {
    Message { request: id(1), number, author: person_id(1), staff: false, at: at(1), text: text.to_owned() }
}

#[test]
fn a_request_and_its_conversation_read_back_as_they_were_written() {
    let home = home();
    home.put(Change::Help(HelpChange::Open(request(1))));
    home.put(Change::Help(HelpChange::Say(message(0, "It hums.\nAt night."))));
    home.put(Change::Help(HelpChange::Say(message(1, "Still."))));
    assert_eq!(home.refused(Change::Help(HelpChange::Say(message(1, "Both at once.")))), "help-changed");
    assert_eq!(home.store.help_request(id(1)).unwrap(), Some(request(1)));
    assert_eq!(home.store.help_messages(id(1)).unwrap(), [message(0, "It hums.\nAt night."), message(1, "Still.")]);
    assert_eq!((home.store.help_open_of(person_id(1)).unwrap(), home.store.help_waiting().unwrap()), (1, 1));
    let closed = Request { stands: Stands::Closed { outcome: Outcome::Replaced, at: at(9) }, ..request(1) };
    home.put(Change::Help(HelpChange::Put(closed.clone())));
    assert_eq!(home.store.help_of(person_id(1), None, 10).unwrap(), [closed]);
    assert!(home.store.help_requests(true, None, 10).unwrap().is_empty());
    assert_eq!(home.store.help_requests(false, None, 10).unwrap().len(), 1);
}

#[test]
fn only_a_missed_promise_that_nobody_was_told_of_is_late() {
    let home = home();
    home.put(Change::Help(HelpChange::Open(request(1))));
    home.put(Change::Help(HelpChange::Open(Request { answered: Some(at(2)), stands: Stands::Answered, ..request(2) })));
    home.put(Change::Help(HelpChange::Open(Request { overdue: Some(at(74)), ..request(3) })));
    assert!(home.store.help_late(at(72), 10).unwrap().is_empty());
    assert_eq!(home.store.help_late(at(73), 10).unwrap(), [request(1)]);
}

#[test]
fn a_later_choice_takes_the_place_of_an_earlier_one() {
    let home = home();
    home.put(Change::AddRelease(release(2)));
    let choice = |wish, hour| Choice {
        device: device_id(0),
        release: release_id(2),
        manifest_digest: [2; 32],
        chosen: Chosen { wish, person: person_id(1), session: None, at: at(hour) },
    };
    for (hour, wish) in [
        (1, Wish::Never),
        (2, Wish::Later { until: at(9) }),
        (3, Wish::Now),
        (4, Wish::Tonight { offset_minutes: -480 }),
    ] {
        home.put(Change::SetChoice(choice(wish, hour)));
        assert_eq!(home.store.choice(&device_id(0), release_id(2)).unwrap(), Some(choice(wish, hour).chosen));
    }
    assert_eq!(home.store.choice(&device_id(1), release_id(2)).unwrap(), None);
    assert!(home.store.waiting_choices("", 10).unwrap().is_empty(), "no deployment offers it yet");
    let (deployment, executions) = deployment(2);
    home.put(Change::AddDeployment { deployment, executions });
    assert_eq!(home.store.waiting_choices("", 10).unwrap().len(), 1);
}

#[test]
fn only_a_declined_run_can_be_queued_again() {
    let home = home();
    home.put(Change::AddPerson(person(2)));
    home.put(Change::AddRelease(release(2)));
    let (deployment, executions) = deployment(2);
    home.put(Change::AddDeployment { deployment, executions });
    let set = |device: u32, state| {
        let execution = home.store.execution(deployment_id(2), &device_id(device)).unwrap().unwrap();
        Change::SetExecution(Execution { state, ..execution })
    };
    home.put(set(0, ExecutionState::Declined));
    assert_eq!(home.refused(set(0, ExecutionState::Succeeded)), "execution-final");
    home.put(set(0, ExecutionState::Queued));
    home.put(set(1, ExecutionState::Failed("no-room".to_owned())));
    assert_eq!(home.refused(set(1, ExecutionState::Queued)), "execution-final");
}

#[test]
fn what_listens_is_kept_with_since_when() {
    let home = home();
    let set = |active, hour| Change::SetSensing {
        device: device_id(0),
        property: "recording".to_owned(),
        active,
        since: at(hour),
    };
    home.put(set(false, 1));
    home.put(set(true, 2));
    let [sensing] = &home.store.sensing(&device_id(0)).unwrap()[..] else { panic!("one") };
    assert_eq!((sensing.property.as_str(), sensing.active, sensing.since), ("recording", true, at(2)));
    assert_eq!(home.store.told("owners").unwrap(), None);
    home.store.move_told("owners", 7).unwrap();
    assert_eq!(home.store.told("owners").unwrap(), Some(7));
}

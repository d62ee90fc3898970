//! Homes: one owner for each device whatever is committed, claims that wait one at a time, and nothing left of a home that
//! ended.

use holdfast_core::id::{ClaimId, InvitationId};
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::Command;
use holdfast_domain::homes::recall::{Recall, RecallReason};
use holdfast_domain::homes::{
    Claim, ClaimEnd, ClaimState, Digits, HomeChange, Invitation, Member, Ownership, PairedController, Release, Rights,
};
use holdfast_domain::people::{Person, Role};
use holdfast_domain::updates::choice::{Choice, Chosen, Wish};
use holdfast_store::telemetry::{EventRow, TelemetryRow};
use holdfast_store::wait;

use crate::fixture::{Home, at, command_id, device_id, person_id, release, release_id};

fn lived_in() -> Home {
    let home = Home::with_devices(2);
    for n in 1..=3 {
        let person = Person { id: person_id(n), name: format!("Person {n}"), role: Role::Owner, created: at(0) };
        home.put(Change::AddPerson(person));
    }
    home
}

fn owned_by(n: u8) -> Change {
    let ownership = Ownership { device: device_id(0), person: person_id(n), since: at(2), nickname: None };
    Change::Home(HomeChange::AddOwnership(ownership))
}

fn asked(n: u8) -> [Change; 2] {
    let command = Command {
        id: command_id(n),
        device: device_id(0),
        action: "holdfast:claim-confirm".to_owned(),
        input: "{\"digits\":\"482913\"}".to_owned(),
        created: at(1),
        expires: at(2),
        outcome: None,
        ended: None,
    };
    let claim = Claim {
        id: ClaimId::new(at(1), [n; 10]),
        device: device_id(0),
        person: person_id(n),
        command: command_id(n),
        digits: Digits::parse("482913").unwrap(),
        begun: at(1),
        state: ClaimState::WaitingForDevice { until: at(2) },
    };
    [Change::AddCommand(command), Change::Home(HomeChange::AddClaim(claim))]
}

#[test]
fn a_device_has_one_owner_and_only_their_ownership_ends() {
    let home = lived_in();
    home.put(owned_by(1));
    assert_eq!(home.refused(owned_by(2)), "device-owned");
    let end = |n| Change::Home(HomeChange::EndOwnership { device: device_id(0), person: person_id(n) });
    assert_eq!(home.refused(end(2)), "owner-changed");
    home.put(end(1));
    assert_eq!(home.store.ownership(&device_id(0)).unwrap(), None);
    home.put(owned_by(2));
    assert_eq!(home.store.ownerships_of(person_id(2)).unwrap().len(), 1);
}

#[test]
fn one_claim_waits_at_a_device_and_one_that_is_over_stays_over() {
    let home = lived_in();
    let [command, claim] = asked(1);
    home.put(command);
    home.put(claim);
    let [command, second] = asked(2);
    home.put(command);
    assert_eq!(home.refused(second.clone()), "claim-waits");
    let id = ClaimId::new(at(1), [1; 10]);
    let to = ClaimState::Refused { why: ClaimEnd::Denied, at: at(1) };
    home.put(Change::Home(HomeChange::SetClaim { claim: id, to }));
    let done = Change::Home(HomeChange::SetClaim { claim: id, to: ClaimState::Done { at: at(1) } });
    assert_eq!(home.refused(done), "claim-over");
    home.put(second);
    assert_eq!(home.store.claim(id).unwrap().unwrap().state, to);
    assert_eq!(home.store.claim_by_command(command_id(2)).unwrap().unwrap().person, person_id(2));
    assert_eq!(home.store.open_claim(&device_id(0)).unwrap().unwrap().person, person_id(2));
}

#[test]
fn an_invitation_is_used_once_and_a_household_is_forgotten_whole() {
    let home = lived_in();
    home.put(owned_by(1));
    let invitation = Invitation {
        id: InvitationId::new(at(1), [1; 10]),
        secret_hash: [5; 32],
        device: device_id(0),
        by: person_id(1),
        rights: Rights { see_data: true, ..Rights::default() },
        created: at(1),
        expires: at(9),
    };
    home.put(Change::Home(HomeChange::AddInvitation(invitation.clone())));
    assert_eq!(home.store.invitation_by_hash(&[5; 32]).unwrap().as_ref(), Some(&invitation));
    let use_up = Change::Home(HomeChange::EndInvitation { id: invitation.id });
    home.put(use_up.clone());
    assert_eq!(home.refused(use_up), "invitation-unknown");
    let member = Member { device: device_id(0), person: person_id(2), rights: invitation.rights, since: at(2) };
    home.put(Change::Home(HomeChange::PutMember(member.clone())));
    let more = Member { rights: Rights::ALL, ..member };
    home.put(Change::Home(HomeChange::PutMember(more.clone())));
    assert_eq!(home.store.members(&device_id(0)).unwrap(), [more]);
    let phone = PairedController {
        id: "ab".repeat(32),
        name: "A phone".to_owned(),
        permissions: "read".to_owned(),
        paired: at(1),
    };
    home.put(Change::Home(HomeChange::SetControllers { device: device_id(0), controllers: vec![phone] }));
    home.put(Change::Home(HomeChange::ClearHousehold { device: device_id(0) }));
    assert!(home.store.members(&device_id(0)).unwrap().is_empty());
    assert!(home.store.controllers(&device_id(0)).unwrap().is_empty());
}

#[test]
fn nothing_that_a_home_measured_or_was_told_is_left_and_the_next_home_keeps_its_own() {
    let home = lived_in();
    let reading = |device: u32, counter, received| TelemetryRow {
        device: device_id(device),
        stream: "climate".parse().unwrap(),
        counter,
        device_time: received,
        received,
        fields: "{\"temperature\":21}".to_owned(),
        quality: None,
    };
    wait(home.store.append_telemetry(vec![reading(0, 1, at(3)), reading(0, 2, at(7)), reading(1, 1, at(3))])).unwrap();
    let event = |device: u32, received| EventRow {
        device: device_id(device),
        counter: 1,
        kind: "door-opened".to_owned(),
        text: "at home".to_owned(),
        device_time: received,
        received,
    };
    wait(home.store.append_events(vec![event(0, at(3)), event(1, at(3))])).unwrap();
    assert!(home.store.sweep_home(&device_id(0), at(5), at(5)).unwrap() >= 2);
    assert_eq!(home.store.sweep_home(&device_id(0), at(5), at(5)).unwrap(), 0, "done once is done");
    assert!(home.store.events(&device_id(0), None, 10).unwrap().is_empty());
    assert_eq!(home.store.events(&device_id(1), None, 10).unwrap().len(), 1, "another device's home");
    let release =
        Release { order: command_id(9), device: device_id(0), begun: at(5), held: None, wiped: None, swept: None };
    home.put(Change::Home(HomeChange::AddRelease(release.clone())));
    assert_eq!(home.store.open_releases(5).unwrap(), [release]);
    home.put(Change::Home(HomeChange::SetWiped { order: command_id(9), at: at(6) }));
    home.put(Change::Home(HomeChange::SetSwept { order: command_id(9), at: at(6) }));
    assert!(home.store.open_releases(5).unwrap().is_empty());
    assert_eq!(home.refused(Change::Home(HomeChange::SetWiped { order: command_id(9), at: at(7) })), "release-unknown");
}

#[test]
fn what_the_next_owner_chooses_before_the_device_is_wiped_is_theirs_and_stays() {
    let home = lived_in();
    home.put(Change::AddRelease(release(2)));
    let chose = |device: u32, release: u8, hour: i64, by: u8| {
        let chosen = Chosen { wish: Wish::Never, person: person_id(by), session: None, at: at(hour) };
        let (device, release, manifest_digest) = (device_id(device), release_id(release), [release; 32]);
        Change::SetChoice(Choice { device, release, manifest_digest, chosen })
    };
    // Owner 1 chose at hour 3, gave the device away at hour 5; owner 2 chooses at hour 6, the device is wiped at hour 8.
    home.put(chose(0, 2, 3, 1));
    let listens = |hour| Change::SetSensing {
        device: device_id(0),
        property: "listening".to_owned(),
        active: true,
        since: at(hour),
    };
    home.put(listens(4));
    home.store.sweep_home(&device_id(0), at(5), at(6)).unwrap();
    assert_eq!(home.store.choice(&device_id(0), release_id(2)).unwrap(), None, "the old owner's");
    home.put(chose(0, 2, 6, 2));
    home.put(listens(7));
    home.store.sweep_home(&device_id(0), at(5), at(8)).unwrap();
    assert_eq!(home.store.choice(&device_id(0), release_id(2)).unwrap().map(|one| one.person), Some(person_id(2)));
    assert!(home.store.sensing(&device_id(0)).unwrap().is_empty(), "what the device said is still of the old home");
}

#[test]
fn one_end_of_an_ownership_waits_at_a_time_and_goes_with_the_household() {
    let home = lived_in();
    home.put(owned_by(1));
    let recall =
        Recall { owner: person_id(1), by: person_id(3), reason: RecallReason::Returned, asked: at(3), until: at(75) };
    let add = Change::Home(HomeChange::AddRecall { device: device_id(0), recall });
    home.put(add.clone());
    assert_eq!(home.refused(add.clone()), "recall-waits");
    assert_eq!(home.store.recall(&device_id(0)).unwrap(), Some(recall));
    assert!(home.store.recalls_due(at(74), 9).unwrap().is_empty());
    assert_eq!(home.store.recalls_due(at(75), 9).unwrap(), [device_id(0)]);
    let end = Change::Home(HomeChange::EndRecall { device: device_id(0) });
    home.put(end.clone());
    assert_eq!(home.refused(end), "recall-unknown");
    home.put(add);
    home.put(Change::Home(HomeChange::ClearHousehold { device: device_id(0) }));
    assert_eq!(home.store.recall(&device_id(0)).unwrap(), None, "the next owner has nothing to do with it");
}

//! Whatever people do in whatever order: never two owners, a code never counts twice, and nobody who was removed has a
//! right.

use holdfast_core::id::{ClaimId, CommandId, InvitationId, PersonId};
use holdfast_core::time::{Millis, Timestamp};
use proptest::prelude::*;

use super::claim::{self, Answered, ClaimFacts, NewClaim};
use super::household::{self, Household};
use super::release::{self, By, Estate};
use super::*;
use crate::decision::{Change, Decision};
use crate::fixture::{self, NOW};
use crate::fleet::command::Answer;
use crate::fleet::{CertificateState, Device, DeviceCertificate, KeyThumbprint, Shadow};
use crate::people::{Person, Role};
use crate::telemetry::value::FieldMap;

const PEOPLE: u8 = 4;

#[derive(Debug, Clone)]
enum Step {
    Claim(u8),
    Answer(bool),
    Wait(u64),
    Mature,
    Object(u8),
    Withdraw(u8),
    Release(u8),
    Transfer(u8, u8),
    Invite(u8),
    Accept(u8),
    Remove(u8, u8),
    Wiped,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..PEOPLE;
    let step = prop_oneof![
        3 => who.clone().prop_map(Step::Claim),
        4 => any::<bool>().prop_map(Step::Answer),
        2 => prop_oneof![Just(10), Just(200), Just(80 * 3_600), Just(8 * 86_400)].prop_map(Step::Wait),
        1 => Just(Step::Mature),
        1 => who.clone().prop_map(Step::Object),
        1 => who.clone().prop_map(Step::Withdraw),
        1 => who.clone().prop_map(Step::Release),
        1 => (who.clone(), who.clone()).prop_map(|(from, to)| Step::Transfer(from, to)),
        2 => who.clone().prop_map(Step::Invite),
        2 => who.clone().prop_map(Step::Accept),
        1 => (who.clone(), who).prop_map(|(by, whom)| Step::Remove(by, whom)),
        2 => Just(Step::Wiped),
    ];
    proptest::collection::vec(step, 1..60)
}

/// What the store would hold of one device.
#[derive(Debug)]
struct World {
    now: Timestamp,
    next: u8,
    device: Device,
    owner: Option<Ownership>,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
    claims: Vec<Claim>,
    release: Option<Release>,
}

fn id(n: u8) -> PersonId {
    PersonId::new(NOW, [n; 10])
}

fn someone(n: u8) -> Person {
    Person { id: id(n), name: format!("Person {n}"), role: Role::Owner, created: NOW }
}

impl World {
    fn new() -> Self {
        let device = Device { online_until: Some(Timestamp::from_micros(i64::MAX)), ..fixture::device() };
        let (members, invitations, claims) = (Vec::new(), Vec::new(), Vec::new());
        Self { now: NOW, next: 0, device, owner: None, members, invitations, claims, release: None }
    }

    fn random(&mut self) -> [u8; 10] {
        self.next = self.next.wrapping_add(1);
        [self.next; 10]
    }

    fn open(&self) -> Option<&Claim> {
        let open = |claim: &&Claim| {
            matches!(claim.state, ClaimState::WaitingForDevice { .. } | ClaimState::WaitingPeriod { .. })
        };
        assert!(self.claims.iter().filter(open).count() <= 1, "two claims wait at one device");
        self.claims.iter().find(open)
    }

    fn apply(&mut self, decision: Decision) {
        for change in decision.changes {
            let Change::Home(change) = change else { continue };
            match change {
                HomeChange::AddClaim(claim) => {
                    assert!(self.open().is_none());
                    self.claims.push(claim);
                }
                HomeChange::SetClaim { claim, to } => {
                    let claim = self.claims.iter_mut().find(|known| known.id == claim).expect("a claim");
                    assert!(!matches!(claim.state, ClaimState::Done { .. }), "a code counted twice");
                    claim.state = to;
                }
                HomeChange::AddOwnership(ownership) => {
                    assert!(self.owner.is_none(), "two owners");
                    self.members.retain(|member| member.person != ownership.person);
                    self.owner = Some(ownership);
                }
                HomeChange::EndOwnership { person, .. } => {
                    assert_eq!(self.owner.take().map(|owner| owner.person), Some(person));
                }
                HomeChange::SetNickname { to, .. } => self.owner.as_mut().expect("an owner").nickname = to,
                HomeChange::PutMember(member) => self.members.push(member),
                HomeChange::RemoveMember { person, .. } => self.members.retain(|member| member.person != person),
                HomeChange::AddInvitation(invitation) => self.invitations.push(invitation),
                HomeChange::EndInvitation { id } => {
                    let before = self.invitations.len();
                    self.invitations.retain(|invitation| invitation.id != id);
                    assert_eq!(self.invitations.len() + 1, before, "an invitation was used twice");
                }
                HomeChange::ClearHousehold { .. } => {
                    self.members.clear();
                    self.invitations.clear();
                }
                HomeChange::AddRelease(release) => self.release = Some(release),
                HomeChange::SetWiped { at, .. } => self.release.as_mut().expect("a release").wiped = Some(at),
                HomeChange::SetSwept { .. }
                | HomeChange::SetControllers { .. }
                | HomeChange::AddRecall { .. }
                | HomeChange::EndRecall { .. }
                | HomeChange::ShowNotice { .. } => {}
            }
        }
    }

    fn take(&mut self, step: &Step) {
        let (now, random) = (self.now, self.random());
        let order = CommandId::new(now, random);
        let decision = match *step {
            Step::Claim(who) => self.claim(who, random),
            Step::Answer(yes) => self.answer(yes),
            Step::Wait(secs) => {
                self.now = now.plus(Millis::from_secs(secs));
                None
            }
            Step::Mature => self.open().and_then(|claim| self.with_estate(|e| claim::mature(claim, e, order, now))),
            Step::Object(who) => self.open().and_then(|c| claim::object(c, self.owner.as_ref(), &id(who), now).ok()),
            Step::Withdraw(who) => self.open().and_then(|c| claim::withdraw(c, &id(who), now).ok()),
            Step::Release(who) => self.with_estate(|e| release::release(e, order, By::Owner(id(who)), now).ok()),
            Step::Transfer(from, to) => self.with_estate(|e| release::transfer(e, id(to), order, &id(from), now).ok()),
            Step::Invite(who) => {
                let new = (InvitationId::new(now, random), [random[0]; 32]);
                let rights = Rights { see_data: true, ..Rights::default() };
                household::invite(&self.household(), new, rights, &id(who), now).ok()
            }
            Step::Accept(who) => {
                household::accept(&self.household(), self.invitations.first(), &someone(who), now).ok()
            }
            Step::Remove(by, whom) => {
                let decision = household::remove(&self.household(), &id(whom), &id(by), now).ok();
                if let Some(decision) = decision {
                    self.apply(decision);
                    assert_eq!(self.place(whom), None, "a removed member has a place");
                }
                None
            }
            Step::Wiped => self.wiped(),
        };
        if let Some(decision) = decision {
            self.apply(decision);
        }
    }

    fn claim(&self, who: u8, random: [u8; 10]) -> Option<Decision> {
        let facts = ClaimFacts {
            device: &self.device,
            owner: self.owner.as_ref(),
            open: self.open(),
            release: self.release.as_ref(),
            mine: 0,
        };
        let (id, command) = (ClaimId::new(self.now, random), CommandId::new(self.now, random));
        let new = NewClaim { id, command, digits: Digits::from_random([7; 8]) };
        claim::begin(&facts, new, &someone(who), self.now).ok()
    }

    fn answer(&self, yes: bool) -> Option<Decision> {
        let claim = self.claims.last()?;
        let answer = if yes {
            Answer::Done(FieldMap::parse(r#"{"by":"button"}"#).expect("fields"))
        } else {
            Answer::Failed("denied".parse().expect("a reason"))
        };
        let facts = Answered { claim, owner: self.owner.as_ref(), product: "Lamp" };
        let confirmed_late = !claim.asks_at(self.now);
        let decision = claim::answered(&facts, &answer, Decision::default(), self.now);
        assert!(!confirmed_late || decision == Decision::default(), "a late yes counted");
        Some(decision)
    }

    fn wiped(&self) -> Option<Decision> {
        let waiting = self.release.as_ref()?;
        let old = fixture::certificate(CertificateState::Proven);
        let new = DeviceCertificate { key: KeyThumbprint([0x1e; 32]), ..old.clone() };
        let receipt = |held: &DeviceCertificate| {
            release::wiped(Some(waiting), waiting.order, std::slice::from_ref(held), Decision::default(), self.now)
        };
        assert!(receipt(&old).is_err(), "a receipt under the old key counted");
        receipt(&new).ok()
    }

    fn with_estate<T>(&self, ask: impl FnOnce(&Estate<'_>) -> Option<T>) -> Option<T> {
        let shadow = Shadow::default();
        ask(&Estate {
            device: &self.device.id,
            owner: self.owner.as_ref(),
            members: &self.members,
            shadow: &shadow,
            held: Some(fixture::certificate(CertificateState::Proven).key),
            commands: &[],
            claim: self.open(),
            product: "Lamp",
        })
    }

    fn household(&self) -> Household<'_> {
        let (owner, members, invitations) = (self.owner.as_ref(), &self.members, &self.invitations);
        Household { device: &self.device.id, owner, members, invitations, product: "Lamp" }
    }

    fn place(&self, who: u8) -> Option<Place> {
        let member = self.members.iter().find(|member| member.person == id(who));
        place_of(id(who), self.owner.as_ref(), member)
    }

    fn check(&self) {
        let owners = (0..PEOPLE).filter(|who| self.place(*who).is_some_and(Place::is_owner)).count();
        assert!(owners <= 1);
        if self.owner.is_none() {
            assert!((0..PEOPLE).all(|who| self.place(who).is_none()), "a place without an owner");
        }
        if let Some(owner) = &self.owner {
            assert!(self.members.iter().all(|member| member.person != owner.person));
        }
        assert!(
            self.claims
                .iter()
                .all(|claim| !matches!(claim.state, ClaimState::WaitingPeriod { .. }) || self.owner.is_some()),
            "a contested claim without an owner"
        );
    }
}

proptest! {
    #[test]
    fn there_are_never_two_owners_a_code_never_counts_twice_and_a_removed_member_has_no_right(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            world.check();
        }
    }
}

fn claimed_by(who: u8) -> World {
    let mut world = World::new();
    world.take(&Step::Claim(who));
    world.take(&Step::Answer(true));
    assert_eq!(world.place(who), Some(Place::Owner));
    world
}

#[test]
fn a_second_claim_needs_somebody_at_the_device_and_seventy_two_hours() {
    let mut world = claimed_by(0);
    world.take(&Step::Claim(1));
    world.take(&Step::Answer(true));
    assert_eq!(world.place(0), Some(Place::Owner), "nothing changes at once");
    world.take(&Step::Wait(71 * 3_600));
    world.take(&Step::Mature);
    assert_eq!(world.place(1), None);
    world.take(&Step::Wait(3_600));
    world.take(&Step::Mature);
    assert_eq!((world.place(0), world.place(1)), (None, Some(Place::Owner)));
    assert!(world.release.is_some_and(|release| release.wiped.is_none()), "the device has to erase itself");
}

#[test]
fn an_owner_who_objects_keeps_the_device() {
    let mut world = claimed_by(0);
    world.take(&Step::Claim(1));
    world.take(&Step::Answer(true));
    world.take(&Step::Object(2));
    world.take(&Step::Object(0));
    world.take(&Step::Wait(80 * 3_600));
    world.take(&Step::Mature);
    assert_eq!((world.place(0), world.place(1)), (Some(Place::Owner), None));
}

#[test]
fn a_released_device_is_claimed_again_only_after_it_has_erased_itself() {
    let mut world = claimed_by(0);
    world.take(&Step::Wait(10));
    world.take(&Step::Release(0));
    assert_eq!(world.place(0), None);
    let refused = |world: &World| world.claim(1, [200; 10]).is_none();
    assert!(refused(&world));
    world.take(&Step::Wiped);
    assert!(!refused(&world));
}

#[test]
fn staff_and_the_owner_cannot_claim_and_an_offline_device_is_named() {
    let world = claimed_by(0);
    let begin = |device: &Device, by: &Person, owner: Option<&Ownership>| {
        let facts = ClaimFacts { device, owner, open: None, release: None, mine: 0 };
        let new = NewClaim {
            id: ClaimId::new(NOW, [1; 10]),
            command: CommandId::new(NOW, [1; 10]),
            digits: Digits::from_random([0; 8]),
        };
        claim::begin(&facts, new, by, NOW).map_err(claim::ClaimRefusal::name)
    };
    let staff = Person { role: Role::Administrator, ..someone(1) };
    assert_eq!(begin(&world.device, &staff, None), Err("claim-by-staff"));
    assert_eq!(begin(&world.device, &someone(0), world.owner.as_ref()), Err("already-yours"));
    let offline = Device { online_until: Some(NOW), ..world.device.clone() };
    assert_eq!(begin(&offline, &someone(1), None), Err("device-offline"));
    let boxed = Device { enrolment: crate::fleet::Enrolment::Preauthorised, ..world.device.clone() };
    assert_eq!(begin(&boxed, &someone(1), None), Err("device-not-ready"));
}

#[test]
fn an_invitation_of_an_earlier_owner_does_not_count() {
    let mut world = claimed_by(0);
    world.take(&Step::Invite(0));
    let kept = world.invitations.first().cloned().expect("an invitation");
    world.take(&Step::Wait(10));
    world.take(&Step::Release(0));
    world.take(&Step::Wiped);
    world.take(&Step::Claim(0));
    world.take(&Step::Answer(true));
    assert!(household::accept(&world.household(), Some(&kept), &someone(2), world.now).is_err());
}

#[test]
fn what_the_agent_carries_out_itself_cannot_be_declared_by_a_model() {
    for action in [CLAIM_CONFIRM, OWNER_RESET, REVOKE_CONTROLLER] {
        assert!(release::is_of_the_platform(action));
        let model = fixture::THERMOSTAT.replace("\"identify\"", &format!("\"{action}\""));
        assert_ne!(model, fixture::THERMOSTAT);
        assert!(crate::telemetry::Model::compile(&model).is_err(), "{action}");
    }
}

fn asked(owned: bool) -> (World, Claim) {
    let mut world = World::new();
    if owned {
        world.owner = Some(Ownership { device: world.device.id.clone(), person: id(1), since: NOW, nickname: None });
    }
    world.apply(world.claim(2, [5; 10]).expect("asked"));
    let claim = world.claims.last().expect("a claim").clone();
    (world, claim)
}

fn agreed(world: &World, claim: &Claim, said: &str) -> ClaimState {
    let facts = Answered { claim, owner: world.owner.as_ref(), product: "Lamp" };
    let answer = Answer::Done(FieldMap::parse(said).expect("fields"));
    let decision = claim::answered(&facts, &answer, Decision::default(), world.now);
    let to = decision.changes.iter().find_map(|change| {
        let Change::Home(HomeChange::SetClaim { to, .. }) = change else { return None };
        Some(*to)
    });
    to.expect("an end")
}

#[test]
fn a_device_that_has_an_owner_is_claimed_by_whoever_touches_it_and_not_over_the_local_network() {
    let (world, claim) = asked(true);
    for far in [r#"{"by":"local-page"}"#, "{}", r#"{"by":"anything"}"#] {
        let state = agreed(&world, &claim, far);
        assert!(matches!(state, ClaimState::Refused { why: ClaimEnd::NotPresent, .. }), "{far}: {state:?}");
    }
    for near in [r#"{"by":"button"}"#, r#"{"by":"console"}"#] {
        let state = agreed(&world, &claim, near);
        assert_eq!(state, ClaimState::WaitingPeriod { until: world.now.plus(claim::CONTEST_FOR) }, "{near}");
    }
    let (world, claim) = asked(false);
    assert!(matches!(agreed(&world, &claim, r#"{"by":"local-page"}"#), ClaimState::Done { .. }), "nobody's device");
}

#[test]
fn the_device_is_told_when_only_a_touch_counts() {
    for owned in [true, false] {
        let (world, _) = asked(owned);
        let order = world.claim(3, [6; 10]);
        assert!(order.is_none(), "one at a time");
    }
    let input = |owned: bool| {
        let mut world = World::new();
        if owned {
            world.owner =
                Some(Ownership { device: world.device.id.clone(), person: id(1), since: NOW, nickname: None });
        }
        let decision = world.claim(2, [5; 10]).expect("asked");
        decision.changes.into_iter().find_map(|change| {
            let Change::AddCommand(command) = change else { return None };
            Some(command.input)
        })
    };
    assert!(input(true).expect("an order").contains("\"presence\":true"));
    assert!(!input(false).expect("an order").contains("presence"));
}

#[test]
fn a_copy_of_the_factory_identity_is_no_less_suspicious_while_a_device_erases_itself() {
    let held = fixture::certificate(CertificateState::Proven);
    let device = fixture::device_id(1);
    let order = CommandId::new(NOW, [3; 10]);
    let open = Release { order, device, begun: NOW, held: Some(held.key), wiped: None, swept: None };
    let over = Release { wiped: Some(NOW), ..open.clone() };
    assert_eq!(release::in_the_way(Some(&held), Some(&open), false), Some(&held), "a stranger with the factory key");
    assert_eq!(release::in_the_way(Some(&held), Some(&open), true), None, "the device that was given the order");
    assert_eq!(release::in_the_way(Some(&held), Some(&over), true), Some(&held), "the secret is of no use later");
    assert_eq!(release::in_the_way(Some(&held), None, true), Some(&held));
}

/// One row for each part; columns: owner, then members with control, updates, data, each alone, and with all three.
const PARTS: &str = "
    Story        xxxxx
    Updates      xxxxx
    Residents    xxxxx
    Readings     x..xx
    Sensing      x..xx
    Battery      x..xx
    Settings     xx.xx
    Orders       xx..x
    Choice       x.x.x
    Invitations  x....
    Controllers  x....
    Contest      x....";

#[test]
fn everybody_of_a_household_sees_exactly_the_parts_of_the_table() {
    let none = Rights::default();
    let places = [
        Place::Owner,
        Place::Member(Rights { control: true, ..none }),
        Place::Member(Rights { manage_updates: true, ..none }),
        Place::Member(Rights { see_data: true, ..none }),
        Place::Member(Rights::ALL),
    ];
    let rows: Vec<String> =
        PARTS.trim().lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let actual = Part::ALL.map(|part| {
        let marks: String = places.iter().map(|place| if place.sees(part) { 'x' } else { '.' }).collect();
        format!("{part:?} {marks}")
    });
    assert_eq!(rows, actual);
}

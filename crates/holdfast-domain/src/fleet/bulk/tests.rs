//! Tests of acts on many devices.

use holdfast_core::id::CommandId;

use super::*;
use crate::fixture::{NOW, THERMOSTAT, device, device_id, later, person};
use crate::fleet::origin::{Of, Origin};
use crate::fleet::{Device, Enrolment, Quarantine, Shadow};
use crate::integrity::appraisal::BY_PERSON;
use crate::telemetry::Model;

fn order(act: BulkAct) -> Order {
    let devices = vec![device_id(2), device_id(1), device_id(2)];
    Order { act, chosen: "product:hearth".to_owned(), devices, reason: "A recall.".to_owned(), confirmed: 2 }
}

fn id() -> BulkId {
    BulkId::new(NOW, [5; 10])
}

fn begun(act: BulkAct) -> Bulk {
    start(order(act), (&person(), Role::FleetOperator), id(), NOW).expect("begun").0
}

fn refused(order: Order) -> &'static str {
    start(order, (&person(), Role::FleetOperator), id(), NOW).expect_err("refused").name()
}

fn patch(json: &str) -> BulkAct {
    BulkAct::Desired(FieldPatch::parse(json).expect("a patch"))
}

struct World {
    device: Device,
    shadow: Shadow,
    model: Model,
    origins: Vec<Origin>,
}

impl World {
    fn new() -> Self {
        let model = Model::compile(THERMOSTAT).expect("compiles");
        Self { device: device(), shadow: Shadow::default(), model, origins: Vec::new() }
    }

    /// The same, as it is kept after these decisions: the last one counts.
    fn after(self, decisions: &[&Decision]) -> Self {
        let mut origins: Vec<Origin> = Vec::new();
        for change in decisions.iter().flat_map(|decision| &decision.changes) {
            if let Change::SetOrigin(origin) = change {
                origins.retain(|known| known.of != origin.of);
                origins.push(origin.clone());
            }
        }
        Self { origins, ..self }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            device: &self.device,
            model: Some(&self.model),
            shadow: &self.shadow,
            open_commands: 0,
            group: None,
            origins: &self.origins,
            entitled: true,
        }
    }

    fn act(&self, bulk: &Bulk) -> (Decision, Item) {
        item_of(carry_out(bulk, &self.facts(), CommandId::new(NOW, [1; 10]), NOW).0)
    }

    fn back(&self, bulk: &Bulk, item: &Item) -> Item {
        item_of(take_back(bulk, item, &self.facts(), CommandId::new(NOW, [1; 10]), later(9)).0).1
    }
}

fn item_of(decision: Decision) -> (Decision, Item) {
    let Some(Change::Bulk(BulkChange::Settle(item))) = decision.changes.last() else { panic!("{decision:?}") };
    let item = item.clone();
    (decision, item)
}

#[test]
fn an_act_begins_with_each_device_once_and_only_with_the_number_that_was_shown() {
    let (bulk, decision) =
        start(order(BulkAct::Quarantine), (&person(), Role::FleetOperator), id(), NOW).expect("begun");
    let Some(Change::Bulk(BulkChange::Start { devices, .. })) = decision.changes.first() else { panic!() };
    assert_eq!(devices, &[device_id(1), device_id(2)]);
    assert_eq!(bulk.devices, 2);
    assert_eq!(refused(Order { confirmed: 3, ..order(BulkAct::Quarantine) }), "count-not-confirmed");
    assert_eq!(refused(Order { devices: Vec::new(), confirmed: 0, ..order(BulkAct::Quarantine) }), "no-devices");
    assert_eq!(refused(order(patch("{}"))), "nothing-to-do");
    let devices: Vec<DeviceId> = (0..=u32::try_from(DEVICES_MAX).expect("fits")).map(device_id).collect();
    let confirmed = devices.len() as u64;
    assert_eq!(refused(Order { devices, confirmed, ..order(BulkAct::Quarantine) }), "too-many-devices");
}

#[test]
fn what_has_no_way_back_needs_a_reason_and_is_not_taken_back() {
    assert_eq!(refused(Order { reason: "  ".to_owned(), ..order(BulkAct::Revoke) }), "reason-missing");
    assert_eq!(refused(Order { reason: "x".repeat(281), ..order(BulkAct::Quarantine) }), "reason-missing");
    let by = (&person(), Role::FleetOperator);
    assert_eq!(undo(&begun(BulkAct::Revoke), by, NOW), Err(BulkRefusal::NoWayBack));
    let undone = Bulk { state: BulkState::Undone, ..begun(BulkAct::Quarantine) };
    assert_eq!(undo(&undone, by, NOW), Err(BulkRefusal::Undone));
}

#[test]
fn a_role_does_to_many_only_what_it_may_do_to_one() {
    for (role, may) in [(Role::Security, true), (Role::FleetOperator, true), (Role::Assessor, false)] {
        let begun = start(order(BulkAct::Quarantine), (&person(), role), id(), NOW);
        assert_eq!(begun.is_ok(), may, "{role:?}");
    }
    let settings = start(order(patch(r#"{"childLock":true}"#)), (&person(), Role::Security), id(), NOW);
    assert_eq!(settings.map(drop), Err(BulkRefusal::RoleMayNot));
}

#[test]
fn each_device_is_judged_by_the_rule_for_one_and_a_refusal_is_kept_by_name() {
    let bulk = begun(BulkAct::Quarantine);
    let (decision, item) = World::new().act(&bulk);
    assert_eq!(item.state, ItemState::Changed);
    assert_eq!(decision.line.expect("a line").kind, kind::DEVICE_QUARANTINED, "the rule's own line");
    let revoked = World { device: Device { enrolment: Enrolment::Revoked, ..device() }, ..World::new() };
    let (decision, item) = revoked.act(&bulk);
    assert_eq!((item.state, item.why.as_deref()), (ItemState::Refused, Some("device-revoked")));
    assert_eq!(decision.line, None);
}

fn somebody_else() -> PersonId {
    PersonId::new(NOW, [0x77; 10])
}

#[test]
fn undo_lifts_only_the_quarantine_that_the_act_set() {
    let bulk = begun(BulkAct::Quarantine);
    let (ours, item) = World::new().act(&bulk);
    let held = |since, reason: &str| {
        let quarantine = Some(Quarantine { since, reason: reason.to_owned() });
        World { device: Device { quarantine, ..device() }, ..World::new() }
    };
    assert_eq!(held(NOW, BY_PERSON).after(&[&ours]).back(&bulk, &item).state, ItemState::Restored);
    let set = |by: PersonId, at| {
        let origin = Origin { device: device_id(1), of: Of::Quarantine, by, at };
        Decision::quiet(vec![Change::SetOrigin(origin)])
    };
    // The same moment by somebody else, another moment by the same, the device's own evidence, nobody any more.
    for other in [
        held(NOW, BY_PERSON).after(&[&ours, &set(somebody_else(), NOW)]),
        held(later(1), BY_PERSON).after(&[&ours, &set(person(), later(1))]),
        held(NOW, "slot-digest-unknown"),
        World::new(),
    ] {
        let kept = other.back(&bulk, &item);
        assert_eq!((kept.state, kept.why.as_deref()), (ItemState::Kept, Some("changed-since")));
    }
}

#[test]
fn undo_of_a_release_does_not_undo_that_somebody_else_let_the_device_out_later() {
    let bulk = begun(BulkAct::Release);
    let quarantine = Some(Quarantine { since: NOW, reason: BY_PERSON.to_owned() });
    let held = World { device: Device { quarantine, ..device() }, ..World::new() };
    let (ours, item) = held.act(&bulk);
    assert_eq!(World::new().after(&[&ours]).back(&bulk, &item).state, ItemState::Restored);
    let theirs = Origin { device: device_id(1), of: Of::Quarantine, by: somebody_else(), at: later(2) };
    let theirs = Decision::quiet(vec![Change::SetOrigin(theirs)]);
    assert_eq!(World::new().after(&[&ours, &theirs]).back(&bulk, &item).state, ItemState::Kept);
}

#[test]
fn undo_of_settings_restores_what_is_still_as_the_act_left_it() {
    let bulk = begun(patch(r#"{"childLock":true,"targetTemperature":19.0}"#));
    let before = Shadow { version: 3, desired: r#"{"targetTemperature":22.5}"#.to_owned(), ..Shadow::default() };
    let (ours, item) = World { shadow: before, ..World::new() }.act(&bulk);
    assert_eq!(item.before.as_deref(), Some(r#"{"childLock":null,"targetTemperature":22.5}"#));
    let after = |desired: &str| Shadow { version: 4, desired: desired.to_owned(), ..Shadow::default() };
    // Somebody chose another temperature meanwhile.
    let world =
        World { shadow: after(r#"{"childLock":true,"targetTemperature":20.0}"#), ..World::new() }.after(&[&ours]);
    let (decision, item) = item_of(take_back(&bulk, &item, &world.facts(), CommandId::new(NOW, [1; 10]), later(9)).0);
    assert_eq!(item.state, ItemState::Restored);
    let Some(Change::SetDesired { desired, .. }) = decision.changes.first() else { panic!("{decision:?}") };
    assert_eq!(desired, r#"{"targetTemperature":20}"#);
    let other = World { shadow: after(r#"{"targetTemperature":20.0}"#), ..World::new() }.after(&[&ours]);
    assert_eq!(other.back(&bulk, &item).why.as_deref(), Some("changed-since"));
}

#[test]
fn undo_of_settings_leaves_what_somebody_else_set_to_the_same_meanwhile() {
    let bulk = begun(patch(r#"{"childLock":true}"#));
    let (ours, item) = World::new().act(&bulk);
    let shadow = Shadow { version: 1, desired: r#"{"childLock":true}"#.to_owned(), ..Shadow::default() };
    let world = World { shadow: shadow.clone(), ..World::new() };
    let wish = FieldPatch::parse(r#"{"childLock":true}"#).expect("a patch");
    // One by one, and by an act on many that finds it so already.
    let theirs = crate::fleet::shadow::set_desired(
        &world.device,
        &world.shadow,
        &world.model,
        &wish,
        &somebody_else(),
        later(2),
    );
    let theirs = theirs.expect("decided");
    assert_eq!(theirs.line, None, "nothing changes");
    let many = Bulk { by: somebody_else(), ..begun(patch(r#"{"childLock":true}"#)) };
    let (same, _) = item_of(carry_out(&many, &world.facts(), CommandId::new(NOW, [1; 10]), later(2)).0);
    for later_act in [&theirs, &same] {
        let kept = World { shadow: shadow.clone(), ..World::new() }.after(&[&ours, later_act]).back(&bulk, &item);
        assert_eq!((kept.state, kept.why.as_deref()), (ItemState::Kept, Some("changed-since")));
    }
    assert_eq!(world.after(&[&ours]).back(&bulk, &item).state, ItemState::Restored);
}

#[test]
fn settings_of_a_home_that_is_gone_come_not_back() {
    let bulk = begun(patch(r#"{"childLock":true}"#));
    let (ours, item) = World::new().act(&bulk);
    let shadow = Shadow { version: 1, desired: r#"{"childLock":true}"#.to_owned(), ..Shadow::default() };
    let swept = Item { before: None, ..item };
    let kept = World { shadow, ..World::new() }.after(&[&ours]).back(&bulk, &swept);
    assert_eq!((kept.state, kept.why.as_deref()), (ItemState::Kept, Some("home-changed")));
}

#[test]
fn a_wish_that_is_fulfilled_already_changes_nothing() {
    let bulk = begun(patch(r#"{"childLock":true}"#));
    let shadow = Shadow { version: 1, desired: r#"{"childLock":true}"#.to_owned(), ..Shadow::default() };
    let (_, item) = World { shadow, ..World::new() }.act(&bulk);
    assert_eq!((item.state, item.why.as_deref()), (ItemState::Refused, Some("nothing-to-change")));
}

#[test]
fn a_run_ends_once_forwards_and_once_back() {
    let running = begun(BulkAct::Quarantine);
    let ended = |bulk: &Bulk| match finish(bulk, later(3)).map(|decision| decision.changes) {
        Some(changes) => match changes.as_slice() {
            [Change::Bulk(BulkChange::Move(next))] => Some((**next).clone()),
            other => panic!("{other:?}"),
        },
        None => None,
    };
    let done = ended(&running).expect("ends");
    assert_eq!((done.state, done.done, ended(&done)), (BulkState::Done, Some(later(3)), None));
    let undone = ended(&Bulk { state: BulkState::Undoing, ..done }).expect("ends");
    assert_eq!((undone.state, ended(&undone)), (BulkState::Undone, None));
}

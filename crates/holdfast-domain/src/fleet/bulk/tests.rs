//! Tests of acts on many devices.

use holdfast_core::id::CommandId;

use super::*;
use crate::fixture::{NOW, THERMOSTAT, device, device_id, later, person};
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
}

impl World {
    fn new() -> Self {
        Self { device: device(), shadow: Shadow::default(), model: Model::compile(THERMOSTAT).expect("compiles") }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            device: &self.device,
            model: Some(&self.model),
            shadow: &self.shadow,
            open_commands: 0,
            group: None,
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

#[test]
fn undo_lifts_only_the_quarantine_that_the_act_set() {
    let bulk = begun(BulkAct::Quarantine);
    let (_, item) = World::new().act(&bulk);
    let held = |since, reason: &str| {
        let quarantine = Some(Quarantine { since, reason: reason.to_owned() });
        World { device: Device { quarantine, ..device() }, ..World::new() }
    };
    assert_eq!(held(NOW, BY_PERSON).back(&bulk, &item).state, ItemState::Restored);
    for other in [held(later(1), BY_PERSON), held(NOW, "slot-digest-unknown"), World::new()] {
        let kept = other.back(&bulk, &item);
        assert_eq!((kept.state, kept.why.as_deref()), (ItemState::Kept, Some("changed-since")));
    }
}

#[test]
fn undo_of_settings_restores_what_is_still_as_the_act_left_it() {
    let bulk = begun(patch(r#"{"childLock":true,"targetTemperature":19.0}"#));
    let before = Shadow { version: 3, desired: r#"{"targetTemperature":22.5}"#.to_owned(), ..Shadow::default() };
    let (_, item) = World { shadow: before, ..World::new() }.act(&bulk);
    assert_eq!(item.before.as_deref(), Some(r#"{"childLock":null,"targetTemperature":22.5}"#));
    let after = |desired: &str| Shadow { version: 4, desired: desired.to_owned(), ..Shadow::default() };
    // Somebody chose another temperature meanwhile.
    let world = World { shadow: after(r#"{"childLock":true,"targetTemperature":20.0}"#), ..World::new() };
    let (decision, item) = item_of(take_back(&bulk, &item, &world.facts(), CommandId::new(NOW, [1; 10]), later(9)).0);
    assert_eq!(item.state, ItemState::Restored);
    let Some(Change::SetDesired { desired, .. }) = decision.changes.first() else { panic!("{decision:?}") };
    assert_eq!(desired, r#"{"targetTemperature":20}"#);
    let other = World { shadow: after(r#"{"targetTemperature":20.0}"#), ..World::new() };
    assert_eq!(other.back(&bulk, &item).why.as_deref(), Some("changed-since"));
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

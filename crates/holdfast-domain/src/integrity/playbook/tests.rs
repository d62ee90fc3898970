//! Runs of playbooks, forwards and back, and what rules do by themselves.

use super::*;
use crate::fixture::{NOW, device, fleet, later, person, product};
use crate::integrity::finding::tests::finding;

fn id(n: u8) -> ActionId {
    ActionId::new(NOW, [n; 10])
}

fn facts<'a>(finding: Option<&'a Finding>, product: Option<&'a ProductId>, devices: u64) -> StartFacts<'a> {
    StartFacts { finding, product, devices }
}

fn order(play: Play, scope: Scope, confirmed: Option<u64>) -> Order {
    Order { play, scope, reason: "It floods us.".to_owned(), confirmed }
}

fn standing(device: Device, throttle: Option<SetThrottle>) -> Standing {
    Standing { device, throttle }
}

use crate::fleet::{Device, Quarantine};

fn action_in(decision: &Decision) -> Action {
    let found = decision.changes.iter().find_map(|change| {
        if let Change::Findings(FindingChange::PutAction(action)) = change {
            Some(action.as_ref().clone())
        } else {
            None
        }
    });
    found.expect("an action")
}

#[test]
fn an_order_needs_a_reason_a_fitting_finding_and_for_a_model_the_number_of_devices_shown() {
    let (by, found, product) = (person(), finding(), product().id);
    let model = Scope::Model(product.clone());
    let ask = |order, facts: &StartFacts<'_>| start(order, facts, (id(1), &by), NOW).map(|_| ());
    let plain = facts(Some(&found), Some(&product), 40);
    assert_eq!(ask(order(Play::Quarantine, model.clone(), Some(39)), &plain), Err(PlaybookRefusal::CountNotConfirmed));
    assert_eq!(ask(order(Play::Quarantine, model.clone(), Some(40)), &plain), Ok(()));
    assert_eq!(ask(order(Play::Tell, model.clone(), Some(40)), &plain), Err(PlaybookRefusal::NothingToDo));
    let empty = Order { reason: "  ".to_owned(), ..order(Play::Quarantine, model.clone(), Some(40)) };
    assert_eq!(ask(empty, &plain), Err(PlaybookRefusal::ReasonMissing));
    let other = Scope::Device("other-0001".parse().expect("an id"));
    assert_eq!(ask(order(Play::Quarantine, other, None), &plain), Err(PlaybookRefusal::ScopeForeign));
    let nothing = Play::Throttle(Throttle { packets_per_second: 0, bytes_per_second: 128 });
    assert_eq!(ask(order(nothing, model, Some(40)), &plain), Err(PlaybookRefusal::BudgetTooSmall));
}

#[test]
fn a_model_is_quarantined_in_steps_and_undo_restores_exactly_what_the_run_changed() {
    let product = product().id;
    let ordered = order(Play::Quarantine, Scope::Model(product.clone()), Some(3));
    let (action, _) = start(ordered, &facts(None, None, 3), (id(1), &person()), NOW).expect("started");
    let mut devices = fleet(3);
    devices[1].quarantine = Some(Quarantine { since: NOW, reason: "by-person".to_owned() });
    let all: Vec<_> = devices.iter().map(|device| standing(device.clone(), None)).collect();
    let first = advance(&action, &all[..2], false, later(1));
    let after = action_in(&first);
    assert_eq!((after.changed, after.left, after.cursor.as_ref()), (1, 1, Some(&devices[1].id)));
    let done = action_in(&advance(&after, &all[2..], true, later(2)));
    assert_eq!((done.changed, done.state, done.took()), (2, ActionState::Done, Some(Millis(2_000))));

    // Meanwhile the third was let out and quarantined anew by a person: that is theirs.
    let contained = |device: &Device, since, reason: &str| Device {
        quarantine: Some(Quarantine { since, reason: reason.to_owned() }),
        ..device.clone()
    };
    let touch =
        |device: &Device, at| Touch { action: id(1), device: device.id.clone(), at, before: None, restored: None };
    let undoing = action_in(&undo(&done, &person(), later(3)).expect("undone"));
    let ours = contained(&devices[0], later(1), crate::integrity::appraisal::BY_PLAYBOOK);
    let theirs = contained(&devices[2], later(3), "by-person");
    let touched =
        [(touch(&devices[0], later(1)), standing(ours, None)), (touch(&devices[2], later(2)), standing(theirs, None))];
    let back = take_back(&undoing, &touched, true, later(4));
    let lifted: Vec<_> = back.changes.iter().filter(|change| matches!(change, Change::SetQuarantine { .. })).collect();
    assert_eq!(lifted, [&Change::SetQuarantine { device: devices[0].id.clone(), to: None }]);
    assert_eq!((action_in(&back).restored, action_in(&back).state), (1, ActionState::Undone));
    assert_eq!(undo(&action_in(&back), &person(), later(5)), Err(PlaybookRefusal::Undone));
}

#[test]
fn a_throttle_gives_the_earlier_budget_back_and_never_widens_one() {
    let tight = SetThrottle { throttle: Throttle { packets_per_second: 1, bytes_per_second: 200 }, action: id(9) };
    let scope = Scope::Device(device().id);
    let play = Play::Throttle(Throttle { packets_per_second: 5, bytes_per_second: 150 });
    let (action, _) = start(order(play, scope, None), &facts(None, None, 1), (id(1), &person()), NOW).expect("started");
    let lowered = advance(&action, &[standing(device(), Some(tight))], true, later(1));
    let touch = lowered.changes.iter().find_map(|change| {
        if let Change::Findings(FindingChange::PutTouch(touch)) = change { Some(touch.clone()) } else { None }
    });
    let touch = touch.expect("a touch");
    assert_eq!(touch.before, Some(tight));
    let undoing = action_in(&undo(&action_in(&lowered), &person(), later(2)).expect("undone"));
    let ours = Some(SetThrottle { throttle: Throttle::default(), action: id(1) });
    let back = take_back(&undoing, &[(touch, standing(device(), ours))], true, later(3));
    let given = Change::Findings(FindingChange::SetThrottle { device: device().id, to: Some(tight) });
    assert!(back.changes.contains(&given), "{back:?}");

    let wider = Play::Throttle(Throttle { packets_per_second: 50, bytes_per_second: 5_000 });
    let action = Action { play: wider, ..action };
    let left = action_in(&advance(&action, &[standing(device(), Some(tight))], true, later(1)));
    assert_eq!((left.changed, left.left), (0, 1));
}

#[test]
fn a_rule_acts_on_single_devices_from_its_severity_on_and_not_without_end() {
    let (found, product) = (finding(), product().id);
    let rule = |kind, severity, play| Rule { product: product.clone(), kind, severity, play };
    let act =
        |rules: &[Rule], lately| by_rule(&found, &product, (rules, lately), id(1), NOW).map(|(action, _)| action.play);
    let quarantine = Play::Quarantine;
    assert_eq!(act(&[], 0), None, "people are told, and nothing else");
    assert_eq!(act(&[rule(None, Severity::Warning, quarantine)], 0), Some(quarantine));
    assert_eq!(act(&[rule(None, Severity::Critical, quarantine)], 0), None);
    let own = rule(Some(FindingKind::MessageRateHigh), Severity::Notice, Play::Throttle(Throttle::default()));
    assert_eq!(act(&[rule(None, Severity::Notice, quarantine), own], 0), Some(Play::Throttle(Throttle::default())));
    assert_eq!(act(&[rule(None, Severity::Warning, quarantine)], AUTOMATIC_PER_HOUR_MAX), None);
    let fleet_wide = Finding { subject: Subject::Model(product.clone()), ..found.clone() };
    let rules = [rule(None, Severity::Notice, quarantine)];
    assert_eq!(by_rule(&fleet_wide, &product, (&rules, 0), id(1), NOW), None, "a whole model is a person's order");
}

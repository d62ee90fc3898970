//! Behaviour of the reconciler's step; the simulated fleet is a list of executions, nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::plan::{PlanFacts, Share, Wish, WishedPhase, create_deployment};
use super::*;
use crate::fixture::{NOW, alert_id, deployment, deployment_id, fleet, later, person, release};
use holdfast_core::time::Millis;

fn planned(size: u32, percents: &[u8], threshold: u8, min_devices: u32) -> (Deployment, Vec<Execution>) {
    let phases =
        percents.iter().map(|percent| WishedPhase { share: Share::Percent(*percent), success_percent: 90 }).collect();
    let wish = Wish { phases, abort_threshold_percent: threshold, min_devices, deadline: Millis::from_secs(600) };
    let (release, fleet) = (release(2), fleet(size));
    let facts = PlanFacts { release: &release, fleet: &fleet, open: &[], group: None };
    let decision = create_deployment(deployment_id(1), &facts, &wish, &person(), NOW).expect("planned");
    match decision.changes.into_iter().next_back() {
        Some(Change::AddDeployment { deployment, executions }) => (deployment, executions),
        other => panic!("{other:?}"),
    }
}

/// What the store does with a decision of this room.
fn apply(deployment: &mut Deployment, executions: &mut [Execution], decision: &Decision) {
    for change in &decision.changes {
        if let Change::SetDeploymentState { to, .. } = change {
            deployment.state = to.clone();
        } else if let Change::SetExecution(next) = change {
            let slot = executions.iter_mut().find(|execution| execution.device == next.device);
            *slot.expect("a device of the deployment") = next.clone();
        } else {
            assert!(matches!(change, Change::OpenAlert(_)), "{change:?}");
        }
    }
}

fn set(executions: &mut [Execution], phase: u32, count: usize, state: &ExecutionState) {
    let open = executions.iter_mut().filter(|execution| execution.phase == phase && !execution.state.is_final());
    open.take(count).for_each(|execution| execution.state = state.clone());
}

/// A step of a deployment to the whole fleet.
fn moved(deployment: &Deployment, executions: &[Execution], now: Timestamp) -> Option<Decision> {
    let progress = Progress::of(deployment, executions, now);
    advance(deployment, &progress, |_| panic!("the plan names every device"), alert_id(), now)
}

fn step(deployment: &Deployment, executions: &[Execution]) -> Option<Decision> {
    moved(deployment, executions, later(1))
}

fn rolled_back() -> ExecutionState {
    ExecutionState::RolledBack("health-check-failed".to_owned())
}

#[test]
fn the_next_phase_starts_when_enough_of_this_one_succeeded() {
    let (mut deployment, mut executions) = planned(100, &[10, 100], 50, 5);
    set(&mut executions, 0, 8, &ExecutionState::Succeeded);
    assert_eq!(step(&deployment, &executions), None, "8 of 10 is below 90 percent");
    set(&mut executions, 0, 1, &ExecutionState::Succeeded);
    let decision = step(&deployment, &executions).expect("a step");
    assert_eq!(decision.line.as_ref().map(|line| line.kind), Some("deployment-phase-started"));
    assert_eq!(decision.effects.len(), 90, "each device of the phase is nudged");
    apply(&mut deployment, &mut executions, &decision);
    assert_eq!(deployment.state, DeploymentState::Running { phase: 1 });
    assert_eq!(step(&deployment, &executions), None);
}

#[test]
fn a_deployment_completes_when_every_run_has_ended() {
    let (mut deployment, mut executions) = planned(10, &[100], 50, 5);
    set(&mut executions, 0, 8, &ExecutionState::Succeeded);
    set(&mut executions, 0, 1, &rolled_back());
    assert_eq!(step(&deployment, &executions), None, "one device has not asked yet");
    set(&mut executions, 0, 1, &ExecutionState::Declined);
    let decision = step(&deployment, &executions).expect("a step");
    apply(&mut deployment, &mut executions, &decision);
    assert_eq!(deployment.state, DeploymentState::Completed);
    assert_eq!(moved(&deployment, &executions, later(999_999)), None, "an ended deployment stays ended");
}

#[test]
fn owners_who_decline_neither_help_nor_hinder() {
    let (deployment, mut executions) = planned(100, &[10, 100], 50, 5);
    set(&mut executions, 0, 9, &ExecutionState::Declined);
    assert_eq!(step(&deployment, &executions), None);
    set(&mut executions, 0, 1, &ExecutionState::Succeeded);
    assert!(step(&deployment, &executions).is_some());
}

#[test]
fn a_home_that_never_answers_does_not_hold_a_phase_for_ever() {
    let (deployment, mut executions) = planned(100, &[10, 100], 50, 5);
    set(&mut executions, 0, 5, &ExecutionState::Succeeded);
    let mut progress = Progress::of(&deployment, &executions, later(1));
    let step = |progress: &Progress| advance(&deployment, progress, |_| None, alert_id(), later(1));
    assert_eq!(step(&progress), None, "five of ten are below 90 percent");
    progress.phases[0].silent = 5;
    let decision = step(&progress).expect("a step");
    assert_eq!(decision.line.expect("a line").kind, kind::DEPLOYMENT_PHASE_STARTED);
    // One that failed still counts against those who answered.
    set(&mut executions, 0, 1, &rolled_back());
    progress.phases = Progress::of(&deployment, &executions, later(1)).phases;
    progress.phases[0].silent = 4;
    assert!(step(&progress).expect("a step").changes.iter().any(|change| matches!(change, Change::OpenAlert(_))));
}

#[test]
fn a_deployment_completes_without_the_homes_that_never_answered() {
    let (mut deployment, mut executions) = planned(10, &[100], 50, 5);
    set(&mut executions, 0, 8, &ExecutionState::Succeeded);
    let mut progress = Progress::of(&deployment, &executions, later(1));
    progress.phases[0].silent = 2;
    let decision = advance(&deployment, &progress, |_| None, alert_id(), later(1)).expect("a step");
    assert!(decision.line.as_ref().expect("a line").to_string().contains(r#""silent":"2""#), "{decision:?}");
    apply(&mut deployment, &mut executions, &decision);
    assert_eq!(deployment.state, DeploymentState::Completed);
}

#[test]
fn a_phase_of_a_group_starts_with_the_devices_that_are_in_it_then() {
    let (mut deployment, mut executions) = planned(10, &[10, 100], 50, 5);
    deployment.group = Some("beta-testers".parse().expect("a group"));
    deployment.plan.phases[1].devices.clear();
    executions.truncate(1);
    let step = |deployment: &Deployment, executions: &[Execution], joins: Option<Vec<DeviceId>>| {
        let progress = Progress::of(deployment, executions, later(1));
        advance(
            deployment,
            &progress,
            |phase| {
                assert_eq!(phase, 1);
                joins
            },
            alert_id(),
            later(1),
        )
    };
    assert_eq!(step(&deployment, &executions, None), None);
    set(&mut executions, 0, 1, &ExecutionState::Succeeded);
    assert_eq!(step(&deployment, &executions, None), None, "nobody can tell who is in the group just now");
    let devices = vec![crate::fixture::device_id(71), crate::fixture::device_id(72)];
    let decision = step(&deployment, &executions, Some(devices)).expect("a step");
    let [Change::SetDeploymentState { to, .. }, Change::AddRuns { phase: 1, executions: joined, .. }] =
        decision.changes.as_slice()
    else {
        panic!("{decision:?}")
    };
    assert_eq!((to, joined.len()), (&DeploymentState::Running { phase: 1 }, 2));
    assert_eq!(decision.effects.len(), 2, "each of them is nudged");
    deployment.state = to.clone();
    executions.extend(joined.iter().cloned());
    assert_eq!(step(&deployment, &executions, None), None, "it waits for them");
    // A group that has nobody new ends with whom it reached.
    executions.truncate(1);
    let ended = step(&deployment, &executions, None).expect("a step");
    assert_eq!(ended.line.expect("a line").kind, kind::DEPLOYMENT_COMPLETED);
}

#[test]
fn too_many_bad_runs_stop_the_deployment_and_tell_a_person() {
    let (mut deployment, mut executions) = planned(1_000, &[10, 100], 20, 10);
    set(&mut executions, 0, 1, &rolled_back());
    set(&mut executions, 0, 1, &ExecutionState::Failed("no-space".to_owned()));
    set(&mut executions, 0, 7, &ExecutionState::Succeeded);
    assert_eq!(step(&deployment, &executions), None, "nine are too few to judge by");
    set(&mut executions, 0, 1, &ExecutionState::Succeeded);
    let decision = step(&deployment, &executions).expect("a step");
    assert!(decision.changes.iter().any(|change| matches!(change, Change::OpenAlert(alert)
        if alert.kind == "deployment-aborted" && alert.severity == Severity::Critical)));
    apply(&mut deployment, &mut executions, &decision);
    assert_eq!(deployment.state, DeploymentState::Aborted { reason: "abort-threshold-reached".to_owned() });
    assert_eq!(step(&deployment, &executions), None);
}

#[test]
fn a_small_phase_that_cannot_succeed_any_more_stops_the_deployment() {
    let (mut deployment, mut executions) = planned(8, &[1, 100], 50, 5);
    set(&mut executions, 0, 1, &rolled_back());
    let decision = step(&deployment, &executions).expect("a step");
    apply(&mut deployment, &mut executions, &decision);
    assert_eq!(deployment.state, DeploymentState::Aborted { reason: "phase-unsuccessful".to_owned() });
}

#[test]
fn silent_installations_pause_the_deployment_until_a_person_looked() {
    let (mut deployment, mut executions) = planned(100, &[10, 100], 50, 5);
    set(&mut executions, 0, 3, &ExecutionState::Installing);
    assert_eq!(moved(&deployment, &executions, later(599)), None);
    let decision = moved(&deployment, &executions, later(600)).expect("a step");
    apply(&mut deployment, &mut executions, &decision);
    assert_eq!(deployment.state, DeploymentState::Paused { phase: 0 });
    assert_eq!(Tally::of(&executions).unknown, 3, "devices that never began are not late");
    assert_eq!(moved(&deployment, &executions, later(9_999)), None);
    let resumed = resume(&deployment, &person(), later(700)).expect("resumed");
    apply(&mut deployment, &mut executions, &resumed);
    assert_eq!(moved(&deployment, &executions, later(9_999)), None, "the same silence stops it once");
}

#[test]
fn people_pause_resume_and_abort_only_what_can_be() {
    let running = deployment(1);
    let at = |state| Deployment { state, ..running.clone() };
    let (paused, completed) = (at(DeploymentState::Paused { phase: 0 }), at(DeploymentState::Completed));
    let by = person();
    assert!(pause(&running, &by, NOW).is_ok() && resume(&paused, &by, NOW).is_ok());
    assert!(abort(&running, &by, NOW).is_ok() && abort(&paused, &by, NOW).is_ok());
    assert_eq!(pause(&paused, &by, NOW), Err(DeploymentRefusal::NotRunning));
    assert_eq!(resume(&running, &by, NOW), Err(DeploymentRefusal::NotPaused));
    for ended in [pause(&completed, &by, NOW), resume(&completed, &by, NOW), abort(&completed, &by, NOW)] {
        assert_eq!(ended, Err(DeploymentRefusal::Ended));
    }
    assert_eq!(step(&paused, &[]), None);
}

#[test]
fn a_release_that_fails_everywhere_stops_before_two_percent_of_the_fleet() {
    let (mut deployment, mut executions) = planned(10_000, &[1, 10, 100], 10, 20);
    let mut touched = BTreeSet::new();
    for round in 0_u64.. {
        let DeploymentState::Running { phase } = deployment.state else { break };
        assert!(round < 10_000, "the deployment never stopped");
        // Seven more devices of the phase in progress come, try, and roll back.
        for execution in executions.iter_mut().filter(|e| e.phase <= phase && !e.state.is_final()).take(7) {
            touched.insert(execution.device.clone());
            execution.state = rolled_back();
        }
        if let Some(decision) = step(&deployment, &executions) {
            apply(&mut deployment, &mut executions, &decision);
        }
    }
    assert!(matches!(deployment.state, DeploymentState::Aborted { .. }), "{:?}", deployment.state);
    assert!(touched.len() < 200, "{} devices were touched", touched.len());
}

fn any_state() -> impl Strategy<Value = ExecutionState> {
    prop_oneof![
        4 => Just(ExecutionState::Queued),
        1 => Just(ExecutionState::Downloading),
        1 => Just(ExecutionState::Installing),
        1 => Just(ExecutionState::Rebooting),
        6 => Just(ExecutionState::Succeeded),
        1 => Just(ExecutionState::Failed("no-space".to_owned())),
        1 => Just(rolled_back()),
        1 => Just(ExecutionState::Declined),
        1 => Just(ExecutionState::Unknown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_step_asked_for_twice_is_taken_once(
        states in prop::collection::vec(any_state(), 1..60),
        phase in 0_u32..3,
        seconds in 0_u64..1_200,
        threshold in 1_u8..=100,
    ) {
        let size = u32::try_from(states.len()).expect("small");
        let (mut deployment, mut executions) = planned(size, &[10, 40, 100], threshold, 5);
        let last = u32::try_from(deployment.plan.phases.len() - 1).expect("small");
        deployment.state = DeploymentState::Running { phase: phase.min(last) };
        for (execution, state) in executions.iter_mut().zip(states) {
            execution.state = state;
        }
        if let Some(decision) = moved(&deployment, &executions, later(seconds)) {
            apply(&mut deployment, &mut executions, &decision);
            prop_assert_eq!(moved(&deployment, &executions, later(seconds)), None);
        }
    }

    #[test]
    fn every_device_stands_in_exactly_one_phase(size in 1_u32..400, first in 1_u8..50, second in 50_u8..100) {
        let (deployment, executions) = planned(size, &[first, second, 100], 10, 5);
        let devices: BTreeSet<_> = deployment.plan.phases.iter().flat_map(|phase| &phase.devices).collect();
        prop_assert_eq!(devices.len(), executions.len());
        prop_assert_eq!(executions.len(), size as usize);
    }
}

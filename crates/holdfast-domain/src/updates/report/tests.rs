//! Behaviour of reports.

use super::*;
use crate::fixture::{NOW, alert_id, deployment, deployment_id, device, device_id, execution, later, release, running};

fn why() -> Reason {
    "health-check-failed".parse().expect("a reason")
}

fn said(step: ReportedStep) -> UpdateReport {
    let (sequence, digest) = (Some(2), Some(release(2).artifact_digest));
    UpdateReport { deployment: deployment_id(1), generation: 1, step, percent: 0, sequence, digest }
}

fn after(state: ExecutionState, report: &UpdateReport) -> Result<Decision, &'static str> {
    after_on(&device(), state, report, &[])
}

fn after_on(
    device: &Device,
    state: ExecutionState,
    said: &UpdateReport,
    alerts: &[Alert],
) -> Result<Decision, &'static str> {
    let (deployment, release, execution) = (deployment(1), release(2), execution(1, state));
    let facts = ReportFacts {
        device,
        deployment: Some(&deployment),
        release: Some(&release),
        execution: Some(&execution),
        alerts,
    };
    report(&facts, said, alert_id(), later(9)).map_err(ReportRefusal::name)
}

fn state_in(decision: &Decision) -> &ExecutionState {
    match decision.changes.last() {
        Some(Change::SetExecution(execution)) => &execution.state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_goes_from_download_to_success() {
    let mut state = ExecutionState::Queued;
    for step in [ReportedStep::Downloading, ReportedStep::Installing, ReportedStep::Rebooting, ReportedStep::Succeeded]
    {
        let decision = after(state, &said(step.clone())).expect("believed");
        state = state_in(&decision).clone();
        assert_eq!(state, state_after(&step));
        let is_end = step == ReportedStep::Succeeded;
        assert_eq!(decision.line.is_some(), is_end, "only ends are history");
        assert_eq!(decision.effects.contains(&Effect::WakeDeployment(deployment_id(1))), is_end);
    }
}

#[test]
fn download_progress_is_kept_and_a_repeat_decides_nothing() {
    let half = UpdateReport { percent: 50, ..said(ReportedStep::Downloading) };
    let decision = after(ExecutionState::Queued, &half).expect("believed");
    assert!(matches!(decision.changes.as_slice(), [Change::SetExecution(Execution { percent: 50, .. })]));
    let none = UpdateReport { percent: 0, ..half };
    assert_eq!(after(ExecutionState::Downloading, &none), Ok(Decision::default()));
}

#[test]
fn success_needs_the_very_image_of_the_release() {
    let good = said(ReportedStep::Succeeded);
    for report in [
        UpdateReport { digest: Some([0; 32]), ..good.clone() },
        UpdateReport { digest: None, ..good.clone() },
        UpdateReport { sequence: Some(1), ..good.clone() },
        UpdateReport { sequence: None, ..good },
    ] {
        assert_eq!(after(ExecutionState::Rebooting, &report), Err("digest-mismatch"));
    }
}

#[test]
fn a_roll_back_is_told_once_and_settled_by_a_later_success() {
    let decision = after(ExecutionState::Rebooting, &said(ReportedStep::RolledBack(why()))).expect("believed");
    let Some(Change::OpenAlert(alert)) = decision.changes.first() else { panic!() };
    assert_eq!((alert.kind.as_str(), alert.device.as_ref()), ("update-rolled-back", Some(&device().id)));
    let known = [alert.clone()];
    let again = after_on(&device(), ExecutionState::Rebooting, &said(ReportedStep::RolledBack(why())), &known);
    assert_eq!(again.expect("believed").changes.len(), 1, "no second alert");
    let success = after_on(&device(), ExecutionState::Rebooting, &said(ReportedStep::Succeeded), &known);
    assert!(matches!(success.expect("believed").changes.first(), Some(Change::CloseAlert { by: None, .. })));
}

#[test]
fn an_ended_run_stays_ended() {
    let text = || String::from(why());
    for ended in [
        ExecutionState::Succeeded,
        ExecutionState::Failed(text()),
        ExecutionState::RolledBack(text()),
        ExecutionState::Declined,
    ] {
        for step in [ReportedStep::Downloading, ReportedStep::Rebooting] {
            assert_eq!(after(ended.clone(), &said(step)), Err("late-report"), "{ended:?}");
        }
    }
    assert_eq!(after(ExecutionState::Declined, &said(ReportedStep::Succeeded)), Err("late-report"));
    assert_eq!(after(ExecutionState::Declined, &said(ReportedStep::Declined)), Ok(Decision::default()));
}

#[test]
fn a_device_that_fell_back_after_success_may_begin_again() {
    let fell_back = Device { software: Some(running(1)), ..device() };
    let begins = said(ReportedStep::Downloading);
    assert!(after_on(&fell_back, ExecutionState::Succeeded, &begins, &[]).is_ok());
    let current = Device { software: Some(running(2)), ..device() };
    assert_eq!(after_on(&current, ExecutionState::Succeeded, &begins, &[]), Err("late-report"));
}

#[test]
fn a_trial_start_does_not_lead_back_to_the_download() {
    for step in [ReportedStep::Downloading, ReportedStep::Installing, ReportedStep::Declined] {
        assert_eq!(after(ExecutionState::Rebooting, &said(step)), Err("illegal-transition"));
    }
    assert!(after(ExecutionState::Installing, &said(ReportedStep::Downloading)).is_ok(), "a power cut restarts it");
    assert!(after(ExecutionState::Unknown, &said(ReportedStep::Succeeded)).is_ok(), "the silent one was well");
}

#[test]
fn reports_about_other_plans_or_deployments_are_refused_by_name() {
    let good = said(ReportedStep::Downloading);
    let queued = ExecutionState::Queued;
    let at = |report| after(queued.clone(), &report);
    assert_eq!(at(UpdateReport { deployment: deployment_id(2), ..good.clone() }), Err("foreign-deployment"));
    assert_eq!(at(UpdateReport { generation: 0, ..good.clone() }), Err("older-generation"));
    assert_eq!(at(UpdateReport { generation: 2, ..good.clone() }), Err("unknown-generation"));
    assert_eq!(at(UpdateReport { percent: 101, ..good.clone() }), Err("percentage-out-of-range"));
    let other = Device { id: device_id(2), ..device() };
    assert_eq!(after_on(&other, queued.clone(), &good, &[]), Err("foreign-deployment"));

    let (device, release) = (device(), release(2));
    let late = Execution { phase: 1, ..execution(1, queued) };
    let deployment = deployment(1);
    let facts = ReportFacts {
        device: &device,
        deployment: Some(&deployment),
        release: Some(&release),
        execution: Some(&late),
        alerts: &[],
    };
    assert_eq!(report(&facts, &good, alert_id(), NOW), Err(ReportRefusal::PhaseNotStarted));
    let nobody = ReportFacts { execution: None, ..facts };
    assert_eq!(report(&nobody, &good, alert_id(), NOW), Err(ReportRefusal::ForeignDeployment));
}

#[test]
fn what_happened_on_a_device_counts_also_after_the_deployment_ended() {
    let (device, release, running) = (device(), release(2), execution(1, ExecutionState::Rebooting));
    let ended = Deployment { state: DeploymentState::Aborted { reason: "by-person".to_owned() }, ..deployment(1) };
    let facts = ReportFacts {
        device: &device,
        deployment: Some(&ended),
        release: Some(&release),
        execution: Some(&running),
        alerts: &[],
    };
    assert!(report(&facts, &said(ReportedStep::Succeeded), alert_id(), NOW).is_ok());
}

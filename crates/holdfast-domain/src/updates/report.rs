//! What a device reports about its run of a deployment, and whether it may be believed.

use holdfast_core::id::{AlertId, DeploymentId};
use holdfast_core::time::Timestamp;

use super::{Deployment, DeploymentState, Execution, ExecutionState, Release};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::Device;
use crate::integrity::{Alert, Severity, alert_kind, open_alert};
use crate::reason::Reason;

/// A step as the device names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportedStep {
    /// Fetching.
    Downloading,
    /// Writing and checking the spare slot.
    Installing,
    /// Trial start.
    Rebooting,
    /// Runs the release, health confirmed.
    Succeeded,
    /// Did not come to a trial start.
    Failed(Reason),
    /// Went back by itself.
    RolledBack(Reason),
    /// The owner said no.
    Declined,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateReport {
    /// The deployment it is about.
    pub deployment: DeploymentId,
    /// The plan's generation that the device follows.
    pub generation: u32,
    /// The step.
    pub step: ReportedStep,
    /// How far a download is, in percent.
    pub percent: u8,
    /// The sequence number it runs now.
    pub sequence: Option<u64>,
    /// SHA-256 of the image it runs now.
    pub digest: Option<[u8; 32]>,
}

/// What is known when a report arrives.
#[derive(Debug, Clone, Copy)]
pub struct ReportFacts<'a> {
    /// The device that reports; mutual TLS proved it.
    pub device: &'a Device,
    /// The deployment it names.
    pub deployment: Option<&'a Deployment>,
    /// That deployment's release.
    pub release: Option<&'a Release>,
    /// The device's run of it.
    pub execution: Option<&'a Execution>,
    /// Open alerts about the device.
    pub alerts: &'a [Alert],
}

/// Why a report is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportRefusal {
    /// The device has no part in that deployment.
    #[error("the device has no part in this deployment")]
    ForeignDeployment,
    /// It follows a plan that was replaced.
    #[error("the report follows a plan that was replaced")]
    OlderGeneration,
    /// It follows a plan that does not exist.
    #[error("the report follows a plan that does not exist")]
    UnknownGeneration,
    /// Its phase has not started: it was never offered the release.
    #[error("the device's phase has not started")]
    PhaseNotStarted,
    /// Its run has ended.
    #[error("the device's run has ended")]
    Late,
    /// The step cannot follow the one before.
    #[error("this step cannot follow the one before")]
    IllegalTransition,
    /// More than 100 percent.
    #[error("a percentage is at most 100")]
    Percentage,
    /// It claims success with another image or sequence number than the release's, or with none.
    #[error("success is claimed for another image than the release's")]
    DigestMismatch,
}

impl ReportRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForeignDeployment => "foreign-deployment",
            Self::OlderGeneration => "older-generation",
            Self::UnknownGeneration => "unknown-generation",
            Self::PhaseNotStarted => "phase-not-started",
            Self::Late => "late-report",
            Self::IllegalTransition => "illegal-transition",
            Self::Percentage => "percentage-out-of-range",
            Self::DigestMismatch => "digest-mismatch",
        }
    }
}

/// Decides what a report changes; one that repeats what is known decides nothing. `alert` is the id of the alert, should
/// one be needed.
///
/// A device that had begun may report after its deployment was paused or ended: what happened on it is true all the same.
///
/// # Errors
///
/// [`ReportRefusal`] names why the report is not believed.
pub fn report(
    facts: &ReportFacts<'_>,
    report: &UpdateReport,
    alert: AlertId,
    now: Timestamp,
) -> Result<Decision, ReportRefusal> {
    let (Some(deployment), Some(release), Some(execution)) = (facts.deployment, facts.release, facts.execution) else {
        return Err(ReportRefusal::ForeignDeployment);
    };
    let hangs_together = deployment.id == report.deployment
        && execution.deployment == report.deployment
        && execution.device == facts.device.id
        && release.id == deployment.release;
    if !hangs_together {
        return Err(ReportRefusal::ForeignDeployment);
    }
    check_report(facts.device, deployment, release, execution, report)?;
    let to = state_after(&report.step);
    let percent = percent_after(&report.step, report.percent);
    if to == execution.state && percent == execution.percent {
        return Ok(Decision::default());
    }
    let next = Execution { state: to, percent, changed: now, ..execution.clone() };
    let mut decision = Decision { line: line(&next, release, now), ..Decision::quiet(vec![]) };
    let ended = next.state.is_final();
    let known = open_alert(facts.alerts, alert_kind::UPDATE_ROLLED_BACK);
    match (&next.state, known) {
        (ExecutionState::RolledBack(why), None) => {
            decision.changes.push(Change::OpenAlert(rolled_back_alert(&next, release, why, alert, now)));
        }
        (ExecutionState::Succeeded, Some(known)) => {
            decision.changes.push(Change::CloseAlert { alert: known.id, at: now, by: None });
        }
        _ => {}
    }
    let device = next.device.clone();
    decision.changes.push(Change::SetExecution(next));
    if ended {
        decision = decision.with_effect(Effect::WakeDeployment(deployment.id)).with_effect(Effect::Challenge(device));
    }
    Ok(decision)
}

fn check_report(
    device: &Device,
    deployment: &Deployment,
    release: &Release,
    execution: &Execution,
    report: &UpdateReport,
) -> Result<(), ReportRefusal> {
    if report.generation < deployment.plan.generation {
        return Err(ReportRefusal::OlderGeneration);
    }
    if report.generation > deployment.plan.generation {
        return Err(ReportRefusal::UnknownGeneration);
    }
    if report.percent > 100 {
        return Err(ReportRefusal::Percentage);
    }
    let started = match deployment.state {
        DeploymentState::Running { phase } | DeploymentState::Paused { phase } => execution.phase <= phase,
        DeploymentState::Aborted { .. } | DeploymentState::Completed => true,
        DeploymentState::AwaitingApproval => false,
    };
    if !started {
        return Err(ReportRefusal::PhaseNotStarted);
    }
    check_transition(device, release, execution, &report.step)?;
    let proves = report.sequence == Some(release.sequence) && report.digest == Some(release.artifact_digest);
    if report.step == ReportedStep::Succeeded && !proves {
        return Err(ReportRefusal::DigestMismatch);
    }
    Ok(())
}

/// Which step may follow which. Reports can be lost, so steps may be skipped; a power cut restarts download and install; a
/// trial start ends in success or in going back.
fn check_transition(
    device: &Device,
    release: &Release,
    execution: &Execution,
    step: &ReportedStep,
) -> Result<(), ReportRefusal> {
    let begins = matches!(step, ReportedStep::Downloading | ReportedStep::Installing);
    match &execution.state {
        ExecutionState::Rebooting if begins || *step == ReportedStep::Declined => Err(ReportRefusal::IllegalTransition),
        ExecutionState::Queued
        | ExecutionState::Downloading
        | ExecutionState::Installing
        | ExecutionState::Rebooting
        | ExecutionState::Unknown => Ok(()),
        ended if state_after(step) == *ended => Ok(()),
        ExecutionState::Succeeded => {
            let fell_back = device.software.as_ref().is_some_and(|software| software.sequence < release.sequence);
            if begins && fell_back { Ok(()) } else { Err(ReportRefusal::Late) }
        }
        ExecutionState::Failed(_) | ExecutionState::RolledBack(_) | ExecutionState::Declined => {
            Err(ReportRefusal::Late)
        }
    }
}

fn state_after(step: &ReportedStep) -> ExecutionState {
    match step {
        ReportedStep::Downloading => ExecutionState::Downloading,
        ReportedStep::Installing => ExecutionState::Installing,
        ReportedStep::Rebooting => ExecutionState::Rebooting,
        ReportedStep::Succeeded => ExecutionState::Succeeded,
        ReportedStep::Failed(why) => ExecutionState::Failed(why.to_string()),
        ReportedStep::RolledBack(why) => ExecutionState::RolledBack(why.to_string()),
        ReportedStep::Declined => ExecutionState::Declined,
    }
}

/// Only a download has a percentage; what follows it has the whole, and what ended early keeps none.
const fn percent_after(step: &ReportedStep, percent: u8) -> u8 {
    match step {
        ReportedStep::Downloading => percent,
        ReportedStep::Installing | ReportedStep::Rebooting | ReportedStep::Succeeded | ReportedStep::RolledBack(_) => {
            100
        }
        ReportedStep::Failed(_) | ReportedStep::Declined => 0,
    }
}

fn line(execution: &Execution, release: &Release, now: Timestamp) -> Option<LedgerLine> {
    let kind = match execution.state {
        ExecutionState::Succeeded => kind::UPDATE_SUCCEEDED,
        ExecutionState::Failed(_) => kind::UPDATE_FAILED,
        ExecutionState::RolledBack(_) => kind::UPDATE_ROLLED_BACK,
        ExecutionState::Declined => kind::UPDATE_DECLINED,
        ExecutionState::Queued
        | ExecutionState::Downloading
        | ExecutionState::Installing
        | ExecutionState::Rebooting
        | ExecutionState::Unknown => return None,
    };
    Some(
        LedgerLine::new(kind, now)
            .fact("device", &execution.device)
            .fact("deployment", &execution.deployment)
            .fact("release", &release.id)
            .fact("sequence", release.sequence),
    )
}

fn rolled_back_alert(execution: &Execution, release: &Release, why: &str, id: AlertId, now: Timestamp) -> Alert {
    Alert {
        id,
        device: Some(execution.device.clone()),
        kind: alert_kind::UPDATE_ROLLED_BACK.to_owned(),
        severity: Severity::Warning,
        text: format!(
            "{} tried version {} and went back to the one before by itself ({why}). It works, and is not offered this \
             version again. Look for the cause before more devices get it.",
            execution.device, release.version
        ),
        opened: now,
        closed: None,
    }
}

#[cfg(test)]
mod tests;

//! The reconciler's step of a deployment, and a person's pause, resume and abort.
//!
//! [`advance`] reads stored state only and moves at most once; asked again with what it decided, it decides nothing. It
//! never reopens an ended deployment. It works on counts: a fleet is not read to move a deployment.

use std::cmp::Ordering;

use holdfast_core::id::{AlertId, DeviceId, PersonId};
use holdfast_core::time::Timestamp;

use super::plan::queued;
use super::{Deployment, DeploymentState, Execution, ExecutionState, RolloutPlan};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// Most devices nudged when a phase starts; the others of a large phase come with their own regular check, which spreads
/// the downloads.
pub const NUDGES_MAX: usize = 1_000;

/// Why a person's order to a deployment does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeploymentRefusal {
    /// It has ended.
    #[error("the deployment has ended")]
    Ended,
    /// Only a running one can be paused.
    #[error("the deployment is not running")]
    NotRunning,
    /// Only a paused one can be resumed.
    #[error("the deployment is not paused")]
    NotPaused,
}

impl DeploymentRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "deployment-ended",
            Self::NotRunning => "deployment-not-running",
            Self::NotPaused => "deployment-not-paused",
        }
    }
}

/// How many executions are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All.
    pub total: u64,
    /// Succeeded.
    pub succeeded: u64,
    /// Failed before a trial start.
    pub failed: u64,
    /// Rolled back.
    pub rolled_back: u64,
    /// Declined by owners; they count neither for nor against the release.
    pub declined: u64,
    /// Made no progress in time.
    pub unknown: u64,
    /// Still waiting for the yes of a home that had its time to answer ([`ANSWER_WITHIN`](super::choice::ANSWER_WITHIN));
    /// like the declined ones they count neither for nor against the release, and may still be installed.
    pub silent: u64,
}

impl Tally {
    /// Counts executions.
    #[must_use]
    pub fn of<'a>(executions: impl IntoIterator<Item = &'a Execution>) -> Self {
        let mut tally = Self::default();
        executions.into_iter().for_each(|execution| tally.add(&execution.state));
        tally
    }

    /// Counts one execution.
    pub const fn add(&mut self, state: &ExecutionState) {
        self.total += 1;
        match state {
            ExecutionState::Succeeded => self.succeeded += 1,
            ExecutionState::Failed(_) => self.failed += 1,
            ExecutionState::RolledBack(_) => self.rolled_back += 1,
            ExecutionState::Declined => self.declined += 1,
            ExecutionState::Unknown => self.unknown += 1,
            ExecutionState::Queued
            | ExecutionState::Downloading
            | ExecutionState::Installing
            | ExecutionState::Rebooting => {}
        }
    }

    /// Executions that failed or rolled back.
    #[must_use]
    pub const fn bad(&self) -> u64 {
        self.failed + self.rolled_back
    }

    /// Executions that say something about the release: succeeded, failed or rolled back.
    #[must_use]
    pub const fn finished(&self) -> u64 {
        self.succeeded + self.bad()
    }

    /// Executions that nobody waits for any more.
    const fn ended(&self) -> u64 {
        self.finished() + self.declined + self.silent
    }

    /// Successes needed for `percent`, owners' refusals and silence aside.
    const fn needed(&self, percent: u8) -> u64 {
        ((self.total - self.declined - self.silent) * percent as u64).div_ceil(100)
    }

    /// The sum of two.
    #[must_use]
    pub const fn and(self, other: &Self) -> Self {
        Self {
            total: self.total + other.total,
            succeeded: self.succeeded + other.succeeded,
            failed: self.failed + other.failed,
            rolled_back: self.rolled_back + other.rolled_back,
            declined: self.declined + other.declined,
            unknown: self.unknown + other.unknown,
            silent: self.silent + other.silent,
        }
    }
}

/// How far a deployment is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// One tally for each phase of the plan, in order.
    pub phases: Vec<Tally>,
    /// Executions that made no progress within the plan's deadline.
    pub late: Vec<Execution>,
}

impl Progress {
    /// What executions come to.
    #[must_use]
    pub fn of(deployment: &Deployment, executions: &[Execution], now: Timestamp) -> Self {
        let mut phases = vec![Tally::default(); deployment.plan.phases.len()];
        for execution in executions {
            let at = usize::try_from(execution.phase).unwrap_or(usize::MAX);
            if let Some(tally) = phases.get_mut(at) {
                tally.add(&execution.state);
            }
        }
        let late = executions.iter().filter(|execution| is_late(execution, &deployment.plan, now));
        Self { phases, late: late.cloned().collect() }
    }
}

/// Moves a running deployment one step, if there is one to do.
///
/// In this order: the abort threshold; executions past their deadline become unknown and pause the deployment; a phase
/// that cannot succeed any more ends it; phases that have succeeded give way to the next; the end. `alert` is the id of the
/// alert, should one be needed. A device that has not asked yet is not late: it is switched off, not broken. A device whose
/// home was asked and did not answer in time does not hold its phase.
///
/// `joins` finds the devices of a phase of a deployment to a group, when that phase starts; `None` if it cannot tell now,
/// and then the phase does not start.
#[must_use]
pub fn advance(
    deployment: &Deployment,
    progress: &Progress,
    joins: impl FnOnce(u32) -> Option<Vec<DeviceId>>,
    alert: AlertId,
    now: Timestamp,
) -> Option<Decision> {
    let phase = match deployment.state {
        DeploymentState::Running { phase } => phase,
        DeploymentState::AwaitingApproval
        | DeploymentState::Paused { .. }
        | DeploymentState::Aborted { .. }
        | DeploymentState::Completed => return None,
    };
    let plan = &deployment.plan;
    let step = Step { deployment, alert, now };
    let all = progress.phases.iter().fold(Tally::default(), Tally::and);
    if all.finished() >= u64::from(plan.min_devices)
        && all.bad() * 100 >= u64::from(plan.abort_threshold_percent) * all.finished()
    {
        return Some(step.abort("abort-threshold-reached", &all));
    }
    if !progress.late.is_empty() {
        return Some(step.stall(phase, &progress.late));
    }
    step.go_on(phase, progress, &all, joins)
}

fn is_late(execution: &Execution, plan: &RolloutPlan, now: Timestamp) -> bool {
    let under_way = match execution.state {
        ExecutionState::Downloading | ExecutionState::Installing | ExecutionState::Rebooting => true,
        ExecutionState::Queued
        | ExecutionState::Succeeded
        | ExecutionState::Failed(_)
        | ExecutionState::RolledBack(_)
        | ExecutionState::Declined
        | ExecutionState::Unknown => false,
    };
    under_way && execution.changed.plus(plan.deadline) <= now
}

/// What every outcome of one step needs.
struct Step<'a> {
    deployment: &'a Deployment,
    alert: AlertId,
    now: Timestamp,
}

impl Step<'_> {
    fn go_on(
        &self,
        from: u32,
        progress: &Progress,
        all: &Tally,
        joins: impl FnOnce(u32) -> Option<Vec<DeviceId>>,
    ) -> Option<Decision> {
        let plan = &self.deployment.plan;
        let mut phase = from;
        for (number, (tally, wished)) in (0_u32..).zip(progress.phases.iter().zip(&plan.phases)) {
            let is_last = usize::try_from(number).is_ok_and(|number| number + 1 == plan.phases.len());
            if number < phase || is_last {
                continue;
            }
            let needed = tally.needed(wished.success_percent);
            if tally.succeeded >= needed {
                phase = number + 1;
                // Who is in the next phase of a group is not known before it starts.
                if self.deployment.group.is_some() {
                    break;
                }
                continue;
            }
            let still_possible = tally.succeeded + (tally.total - tally.ended());
            if still_possible < needed {
                return Some(self.abort("phase-unsuccessful", all));
            }
            break;
        }
        let is_last = |phase: u32| usize::try_from(phase).is_ok_and(|phase| phase + 1 >= plan.phases.len());
        let open_group = self.deployment.group.is_some() && phase > from;
        if is_last(phase) && all.ended() == all.total && !open_group {
            return Some(self.complete(all));
        }
        match phase.cmp(&from) {
            Ordering::Greater if open_group => joins(phase).map(|devices| self.start_group_phase(phase, &devices)),
            Ordering::Greater => Some(self.start_phase(phase)),
            Ordering::Equal | Ordering::Less => None,
        }
    }

    fn line(&self, kind: &'static str) -> LedgerLine {
        LedgerLine::new(kind, self.now).fact("deployment", &self.deployment.id)
    }

    fn set_state(&self, to: DeploymentState) -> Change {
        Change::SetDeploymentState { deployment: self.deployment.id, to, at: self.now }
    }

    fn open_alert(&self, kind: &str, severity: Severity, text: String) -> Change {
        let kind = kind.to_owned();
        Change::OpenAlert(Alert { id: self.alert, device: None, kind, severity, text, opened: self.now, closed: None })
    }

    fn start_phase(&self, phase: u32) -> Decision {
        let line = self.line(kind::DEPLOYMENT_PHASE_STARTED).fact("phase", u64::from(phase));
        let mut decision = Decision::new(vec![self.set_state(DeploymentState::Running { phase })], line);
        decision.effects = nudges(&self.deployment.plan, phase);
        decision
    }

    fn start_group_phase(&self, phase: u32, devices: &[DeviceId]) -> Decision {
        let deployment = self.deployment.id;
        let line = self
            .line(kind::DEPLOYMENT_PHASE_STARTED)
            .fact("phase", u64::from(phase))
            .fact("devices", u64::try_from(devices.len()).unwrap_or(u64::MAX));
        let executions = queued(deployment, phase, devices, self.now);
        let changes =
            vec![self.set_state(DeploymentState::Running { phase }), Change::AddRuns { deployment, phase, executions }];
        let mut decision = Decision::new(changes, line);
        decision.effects = devices.iter().take(NUDGES_MAX).cloned().map(Effect::NudgeUpdate).collect();
        decision
    }

    fn complete(&self, all: &Tally) -> Decision {
        let line = self
            .line(kind::DEPLOYMENT_COMPLETED)
            .fact("succeeded", all.succeeded)
            .fact("failed", all.failed)
            .fact("rolled-back", all.rolled_back)
            .fact("declined", all.declined)
            .fact("silent", all.silent);
        Decision::new(vec![self.set_state(DeploymentState::Completed)], line)
    }

    fn abort(&self, reason: &'static str, all: &Tally) -> Decision {
        let text = format!(
            "Deployment {} stopped itself: {} of {} devices that finished failed or rolled back; {} of {} were reached. No \
             further device is offered this release. Look at the named reasons on the deployment's page, then publish a \
             fixed release.",
            self.deployment.id,
            all.bad(),
            all.finished(),
            all.finished(),
            all.total
        );
        let line = self
            .line(kind::DEPLOYMENT_ABORTED)
            .fact("reason", reason)
            .fact("finished", all.finished())
            .fact("failed", all.failed)
            .fact("rolled-back", all.rolled_back);
        let to = DeploymentState::Aborted { reason: reason.to_owned() };
        let alert = self.open_alert(alert_kind::DEPLOYMENT_ABORTED, Severity::Critical, text);
        Decision::new(vec![self.set_state(to), alert], line)
    }

    fn stall(&self, phase: u32, late: &[Execution]) -> Decision {
        let text = format!(
            "Deployment {} is paused: {} devices began to install the release and were then silent for longer than its \
             deadline. They may be stuck. Find out before you resume or abort it.",
            self.deployment.id,
            late.len()
        );
        let count = u64::try_from(late.len()).unwrap_or(u64::MAX);
        let line = self.line(kind::DEPLOYMENT_STALLED).fact("phase", u64::from(phase)).fact("devices", count);
        let mut changes = vec![
            self.set_state(DeploymentState::Paused { phase }),
            self.open_alert(alert_kind::DEPLOYMENT_STALLED, Severity::Critical, text),
        ];
        changes.extend(late.iter().map(|execution| {
            let state = ExecutionState::Unknown;
            Change::SetExecution(Execution { state, changed: self.now, ..execution.clone() })
        }));
        Decision::new(changes, line)
    }
}

/// Nudges for the devices of a phase that has just started.
pub(super) fn nudges(plan: &RolloutPlan, phase: u32) -> Vec<Effect> {
    let started = usize::try_from(phase).ok().and_then(|phase| plan.phases.get(phase));
    let devices = started.map_or(&[][..], |phase| &phase.devices);
    devices.iter().take(NUDGES_MAX).cloned().map(Effect::NudgeUpdate).collect()
}

/// Decides to pause: no further device is offered the release.
///
/// # Errors
///
/// [`DeploymentRefusal`] if it is not running.
pub fn pause(deployment: &Deployment, by: &PersonId, now: Timestamp) -> Result<Decision, DeploymentRefusal> {
    let phase = match deployment.state {
        DeploymentState::Running { phase } => phase,
        DeploymentState::Aborted { .. } | DeploymentState::Completed => return Err(DeploymentRefusal::Ended),
        DeploymentState::AwaitingApproval | DeploymentState::Paused { .. } => {
            return Err(DeploymentRefusal::NotRunning);
        }
    };
    Ok(ordered(deployment, DeploymentState::Paused { phase }, kind::DEPLOYMENT_PAUSED, by, now))
}

/// Decides to go on where a deployment was paused.
///
/// # Errors
///
/// [`DeploymentRefusal`] if it is not paused.
pub fn resume(deployment: &Deployment, by: &PersonId, now: Timestamp) -> Result<Decision, DeploymentRefusal> {
    let phase = match deployment.state {
        DeploymentState::Paused { phase } => phase,
        DeploymentState::Aborted { .. } | DeploymentState::Completed => return Err(DeploymentRefusal::Ended),
        DeploymentState::AwaitingApproval | DeploymentState::Running { .. } => {
            return Err(DeploymentRefusal::NotPaused);
        }
    };
    let mut decision = ordered(deployment, DeploymentState::Running { phase }, kind::DEPLOYMENT_RESUMED, by, now);
    decision.effects.extend(nudges(&deployment.plan, phase));
    Ok(decision)
}

/// Decides to end a deployment; devices that installed the release keep it.
///
/// # Errors
///
/// [`DeploymentRefusal::Ended`].
pub fn abort(deployment: &Deployment, by: &PersonId, now: Timestamp) -> Result<Decision, DeploymentRefusal> {
    if deployment.state.is_final() {
        return Err(DeploymentRefusal::Ended);
    }
    let to = DeploymentState::Aborted { reason: "by-person".to_owned() };
    Ok(ordered(deployment, to, kind::DEPLOYMENT_ABORTED, by, now))
}

fn ordered(
    deployment: &Deployment,
    to: DeploymentState,
    kind: &'static str,
    by: &PersonId,
    now: Timestamp,
) -> Decision {
    let line = LedgerLine::new(kind, now).fact("deployment", &deployment.id).fact("person", by);
    Decision::new(vec![Change::SetDeploymentState { deployment: deployment.id, to, at: now }], line)
        .with_effect(Effect::WakeDeployment(deployment.id))
}

#[cfg(test)]
mod tests;

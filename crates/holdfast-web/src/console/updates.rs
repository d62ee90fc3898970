//! Pages of releases and deployments.

mod deployments;
mod releases;
mod rollout;

use holdfast_domain::updates::{DeploymentState, Execution, ExecutionState, Release};

use super::Desk;
use super::pictures::{self, Stack};
use super::words::{Size, When, size};
use crate::api::{kind_word, reason_of};
use crate::backend::fleet::ExecutionCounts;
use crate::backend::updates::DeploymentView;
use crate::door::routes::Routes;
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    deployments::routes(releases::routes(routes))
}

/// The stable word of a deployment's state.
pub(crate) const fn state_word(state: &DeploymentState) -> &'static str {
    match state {
        DeploymentState::AwaitingApproval => "awaiting_approval",
        DeploymentState::Running { .. } => "running",
        DeploymentState::Paused { .. } => "paused",
        DeploymentState::Aborted { .. } => "aborted",
        DeploymentState::Completed => "completed",
    }
}

const fn state_class(state: &DeploymentState) -> &'static str {
    match state {
        DeploymentState::AwaitingApproval => "quiet",
        DeploymentState::Running { .. } => "busy",
        DeploymentState::Paused { .. } => "warn",
        DeploymentState::Aborted { .. } => "bad",
        DeploymentState::Completed => "ok",
    }
}

/// One release in a list.
pub(crate) struct ReleaseLine {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) version: String,
    pub(crate) sequence: u64,
    pub(crate) kind: &'static str,
    pub(crate) signers: u32,
    pub(crate) bytes: Size,
    pub(crate) published: When,
    pub(crate) withdrawn: bool,
}

impl ReleaseLine {
    pub(crate) fn new(release: &Release, desk: &Desk) -> Self {
        Self {
            id: release.id.to_string(),
            product: release.product.to_string(),
            version: release.version.clone(),
            sequence: release.sequence,
            kind: kind_word(release.kind),
            signers: release.signers,
            bytes: size(desk.l, release.artifact_bytes),
            published: desk.when(release.published),
            withdrawn: release.withdrawn,
        }
    }
}

/// One deployment in a list.
pub(crate) struct DeploymentLine {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) version: String,
    pub(crate) group: Option<String>,
    pub(crate) state: String,
    pub(crate) class: &'static str,
    pub(crate) phase: String,
    pub(crate) stack: Stack,
    pub(crate) succeeded: u64,
    pub(crate) bad: u64,
    pub(crate) total: u64,
    pub(crate) created: When,
}

impl DeploymentLine {
    pub(crate) fn new(view: DeploymentView, desk: &Desk) -> Self {
        let counts = total(&view);
        Self {
            id: view.id.to_string(),
            product: view.product.to_string(),
            group: view.group.as_ref().map(ToString::to_string),
            state: desk.l.term(state_word(&view.state)),
            class: state_class(&view.state),
            phase: phase_words(desk.l, &view),
            stack: pictures::executions(desk.l, &counts),
            succeeded: counts.succeeded,
            bad: counts.failed + counts.rolled_back,
            total: counts.total(),
            created: desk.when(view.created),
            version: view.version,
        }
    }
}

/// All phases' executions together.
fn total(view: &DeploymentView) -> ExecutionCounts {
    view.phases.iter().fold(ExecutionCounts::default(), |sum, phase| {
        let counts = phase.counts;
        ExecutionCounts {
            queued: sum.queued + counts.queued,
            downloading: sum.downloading + counts.downloading,
            installing: sum.installing + counts.installing,
            rebooting: sum.rebooting + counts.rebooting,
            succeeded: sum.succeeded + counts.succeeded,
            failed: sum.failed + counts.failed,
            rolled_back: sum.rolled_back + counts.rolled_back,
            declined: sum.declined + counts.declined,
            unknown: sum.unknown + counts.unknown,
        }
    })
}

fn phase_words(l: Lang, view: &DeploymentView) -> String {
    let of = view.phases.len();
    match &view.state {
        DeploymentState::Running { phase } => l.with2("update-in-phase", ("n", phase + 1), ("of", of)),
        DeploymentState::Paused { phase } => l.with2("update-paused-in", ("n", phase + 1), ("of", of)),
        DeploymentState::Aborted { reason: why } => l.term(why),
        DeploymentState::AwaitingApproval => l.say("update-waits-person"),
        DeploymentState::Completed => l.say("update-every-phase"),
    }
}

/// One device's run in a list.
pub(crate) struct ExecutionLine {
    pub(crate) deployment: String,
    pub(crate) device: String,
    pub(crate) phase: u32,
    pub(crate) state: String,
    pub(crate) class: &'static str,
    pub(crate) percent: Option<u8>,
    pub(crate) reason: String,
    pub(crate) changed: When,
}

impl ExecutionLine {
    pub(crate) fn new(execution: &Execution, desk: &Desk) -> Self {
        Self {
            deployment: execution.deployment.to_string(),
            device: execution.device.to_string(),
            phase: execution.phase + 1,
            class: execution_class(&execution.state),
            percent: matches!(execution.state, ExecutionState::Downloading).then_some(execution.percent),
            reason: reason_of(&execution.state).map(|why| desk.l.term(why)).unwrap_or_default(),
            state: desk.l.term(execution.state.name()),
            changed: desk.when(execution.changed),
        }
    }
}

const fn execution_class(state: &ExecutionState) -> &'static str {
    match state {
        ExecutionState::Queued => "quiet",
        ExecutionState::Downloading | ExecutionState::Installing | ExecutionState::Rebooting => "busy",
        ExecutionState::Succeeded => "ok",
        ExecutionState::Failed(_) => "bad",
        ExecutionState::RolledBack(_) | ExecutionState::Unknown | ExecutionState::Declined => "warn",
    }
}

//! The planner: from a wish (“one device in a hundred first”) to an immutable plan that names every device.
//!
//! Devices are ordered by a hash of deployment and device, so that no unit is always the canary. One pass over the fleet.

use std::collections::BTreeSet;

use holdfast_core::hash::Hasher;
use holdfast_core::id::{DeploymentId, DeviceId, GroupId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::progress::nudges;
use super::{Deployment, DeploymentState, Execution, ExecutionState, Phase, Release, RolloutPlan};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::{Device, Enrolment};

/// Most phases of a plan.
pub const PHASES_MAX: usize = 16;
/// Shortest deadline of an execution without progress.
pub const DEADLINE_MIN: Millis = Millis::from_secs(5);
/// Longest deadline of an execution without progress: 30 days.
pub const DEADLINE_MAX: Millis = Millis::from_secs(30 * 86_400);

/// Who is in a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// So many percent of the fleet are reached when this phase is done, earlier phases included; the last such phase
    /// says 100.
    Percent(u8),
    /// These devices.
    Devices(Vec<DeviceId>),
}

/// One phase as a person wishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishedPhase {
    /// Who is in it.
    pub share: Share,
    /// Share of its devices that must have succeeded before the next phase starts, in percent.
    pub success_percent: u8,
}

/// A roll-out as a person wishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Phases in order.
    pub phases: Vec<WishedPhase>,
    /// See [`RolloutPlan::abort_threshold_percent`].
    pub abort_threshold_percent: u8,
    /// See [`RolloutPlan::min_devices`].
    pub min_devices: u32,
    /// See [`RolloutPlan::deadline`].
    pub deadline: Millis,
}

/// What the store knows beside the wish.
#[derive(Debug, Clone, Copy)]
pub struct PlanFacts<'a> {
    /// The release to roll out.
    pub release: &'a Release,
    /// The devices of its product; of a group, those that are in it now.
    pub fleet: &'a [Device],
    /// The group to whose devices it goes, if not to all.
    pub group: Option<&'a GroupId>,
    /// Deployments of the product that have not ended, each with its release's sequence number.
    pub open: &'a [(Deployment, u64)],
}

/// Why a deployment is not created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefusal {
    /// The release was withdrawn.
    #[error("the release was withdrawn")]
    ReleaseWithdrawn,
    /// A deployment of this or a newer release is open.
    #[error("a deployment of this or a newer release of the product is open")]
    NewerDeploymentOpen,
    /// No phase, or more than [`PHASES_MAX`].
    #[error("a plan has 1 to {PHASES_MAX} phases")]
    PhaseCount,
    /// A percentage outside 1 to 100, or one that does not rise from phase to phase.
    #[error("percentages lie between 1 and 100, and shares rise from phase to phase")]
    Percentage,
    /// Shares that leave devices out.
    #[error("the last share must be 100 percent, or name its devices")]
    RemainderLeftOut,
    /// The deadline is outside its limits, or no device is needed for the threshold.
    #[error("the deadline lies between five seconds and thirty days, and min_devices is at least 1")]
    Limits,
    /// A listed device that is not in the fleet, not enrolled, or runs this or a newer release.
    #[error("device {0} is not one that this release can be rolled out to")]
    DeviceNotEligible(DeviceId),
    /// A device in two phases.
    #[error("device {0} is listed twice")]
    DeviceTwice(DeviceId),
    /// Nobody is left to update.
    #[error("no device of the product needs this release")]
    NoDevices,
    /// Named devices in a deployment to a group.
    #[error("a deployment to a group has shares of the group, not named devices")]
    GroupByShares,
}

impl PlanRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ReleaseWithdrawn => "release-withdrawn",
            Self::NewerDeploymentOpen => "newer-deployment-open",
            Self::PhaseCount => "phase-count",
            Self::Percentage => "percentage-out-of-range",
            Self::RemainderLeftOut => "remainder-left-out",
            Self::Limits => "limits-out-of-range",
            Self::DeviceNotEligible(_) => "device-not-eligible",
            Self::DeviceTwice(_) => "device-listed-twice",
            Self::NoDevices => "no-devices",
            Self::GroupByShares => "group-by-shares",
        }
    }
}

/// Decides to roll a release out. Open deployments of older releases end: their devices get the newer one.
///
/// # Errors
///
/// [`PlanRefusal`] names what is wrong with the wish.
pub fn create_deployment(
    id: DeploymentId,
    facts: &PlanFacts<'_>,
    wish: &Wish,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, PlanRefusal> {
    let release = facts.release;
    if release.withdrawn {
        return Err(PlanRefusal::ReleaseWithdrawn);
    }
    if facts.open.iter().any(|(open, sequence)| !open.state.is_final() && *sequence >= release.sequence) {
        return Err(PlanRefusal::NewerDeploymentOpen);
    }
    check_wish(wish)?;
    let mut phases = match facts.group {
        Some(_) => group_phases(id, release, facts.fleet, &wish.phases)?,
        None => fill_phases(id, release, facts.fleet, &wish.phases)?,
    };
    if let Some(first) = phases.first_mut() {
        first.started = Some(now);
    }
    let executions = queue(id, &phases, now);
    let mut line = LedgerLine::new(kind::DEPLOYMENT_CREATED, now)
        .fact("deployment", &id)
        .fact("release", &release.id)
        .fact("devices", u64::try_from(executions.len()).unwrap_or(u64::MAX))
        .fact("phases", u64::try_from(phases.len()).unwrap_or(u64::MAX))
        .fact("person", by);
    if let Some(group) = facts.group {
        line = line.fact("group", group);
    }
    let plan = RolloutPlan {
        generation: 1,
        phases,
        abort_threshold_percent: wish.abort_threshold_percent,
        min_devices: wish.min_devices,
        deadline: wish.deadline,
    };
    let effects = nudges(&plan, 0);
    let deployment = Deployment {
        id,
        release: release.id,
        product: release.product.clone(),
        group: facts.group.cloned(),
        plan,
        state: DeploymentState::Running { phase: 0 },
        created_by: *by,
        created: now,
    };
    let superseded = facts.open.iter().filter(|(open, _)| !open.state.is_final()).map(|(open, _)| open.id);
    let mut changes: Vec<Change> = superseded.map(|id| supersede(id, now)).collect();
    changes.push(Change::AddDeployment { deployment, executions });
    let mut decision = Decision::new(changes, line);
    decision.effects = effects;
    Ok(decision.with_effect(Effect::WakeDeployment(id)))
}

fn supersede(deployment: DeploymentId, at: Timestamp) -> Change {
    Change::SetDeploymentState { deployment, to: DeploymentState::Aborted { reason: "superseded".to_owned() }, at }
}

fn check_wish(wish: &Wish) -> Result<(), PlanRefusal> {
    let percent = |n: u8| (1..=100).contains(&n);
    if wish.phases.is_empty() || wish.phases.len() > PHASES_MAX {
        return Err(PlanRefusal::PhaseCount);
    }
    if !percent(wish.abort_threshold_percent) || !wish.phases.iter().all(|phase| percent(phase.success_percent)) {
        return Err(PlanRefusal::Percentage);
    }
    if wish.min_devices == 0 || !(DEADLINE_MIN..=DEADLINE_MAX).contains(&wish.deadline) {
        return Err(PlanRefusal::Limits);
    }
    let mut reached = 0;
    for phase in &wish.phases {
        if let Share::Percent(share) = phase.share {
            if !percent(share) || share <= reached {
                return Err(PlanRefusal::Percentage);
            }
            reached = share;
        }
    }
    let last_is_share = matches!(wish.phases.last(), Some(WishedPhase { share: Share::Percent(_), .. }));
    if last_is_share && reached != 100 { Err(PlanRefusal::RemainderLeftOut) } else { Ok(()) }
}

/// Names the devices of each phase; phases that stay empty in a small fleet are left out.
fn fill_phases(
    id: DeploymentId,
    release: &Release,
    fleet: &[Device],
    wished: &[WishedPhase],
) -> Result<Vec<Phase>, PlanRefusal> {
    let eligible: BTreeSet<&DeviceId> =
        fleet.iter().filter(|device| needs(device, release)).map(|device| &device.id).collect();
    let mut listed = BTreeSet::new();
    for device in wished.iter().flat_map(|phase| phase.share.devices()) {
        if !eligible.contains(device) {
            return Err(PlanRefusal::DeviceNotEligible(device.clone()));
        }
        if !listed.insert(device) {
            return Err(PlanRefusal::DeviceTwice(device.clone()));
        }
    }
    let by_lot: BTreeSet<([u8; 32], &DeviceId)> =
        eligible.iter().filter(|device| !listed.contains(*device)).map(|device| (lot(id, device), *device)).collect();
    let mut waiting = by_lot.into_iter().map(|(_, device)| device.clone());
    let mut reached = 0_usize;
    let mut phases = Vec::with_capacity(wished.len());
    for phase in wished {
        let devices: Vec<DeviceId> = match &phase.share {
            Share::Devices(devices) => devices.clone(),
            Share::Percent(percent) => {
                let target = eligible.len().saturating_mul(usize::from(*percent)).div_ceil(100);
                waiting.by_ref().take(target.saturating_sub(reached)).collect()
            }
        };
        reached = reached.saturating_add(devices.len());
        if !devices.is_empty() {
            phases.push(phase_of(devices, phase, None));
        }
    }
    if phases.is_empty() { Err(PlanRefusal::NoDevices) } else { Ok(phases) }
}

const fn phase_of(devices: Vec<DeviceId>, wished: &WishedPhase, share_percent: Option<u8>) -> Phase {
    Phase { devices, success_percent: wished.success_percent, share_percent, started: None }
}

/// The phases of a deployment to a group: the first one's devices are found now, the others' when they start.
fn group_phases(
    id: DeploymentId,
    release: &Release,
    members: &[Device],
    wished: &[WishedPhase],
) -> Result<Vec<Phase>, PlanRefusal> {
    let mut phases = Vec::with_capacity(wished.len());
    for phase in wished {
        let Share::Percent(percent) = phase.share else { return Err(PlanRefusal::GroupByShares) };
        let devices = match phases.len() {
            0 => joiners(id, release, members, &BTreeSet::new(), percent),
            _ => Vec::new(),
        };
        phases.push(phase_of(devices, phase, Some(percent)));
    }
    let reaches_somebody = phases.first().is_some_and(|phase: &Phase| !phase.devices.is_empty());
    if reaches_somebody { Ok(phases) } else { Err(PlanRefusal::NoDevices) }
}

/// Which members of a group join a deployment so that it reaches `percent` of the group; `known` are in it already.
///
/// The lot is drawn by deployment and device alone: whoever is in the group all the time comes in the same order whenever it
/// is asked.
#[must_use]
pub fn joiners(
    id: DeploymentId,
    release: &Release,
    members: &[Device],
    known: &BTreeSet<DeviceId>,
    percent: u8,
) -> Vec<DeviceId> {
    let fresh = members.iter().filter(|device| needs(device, release) && !known.contains(&device.id));
    let by_lot: BTreeSet<([u8; 32], &DeviceId)> = fresh.map(|device| (lot(id, &device.id), &device.id)).collect();
    let all = known.len().saturating_add(by_lot.len());
    let target = all.saturating_mul(usize::from(percent)).div_ceil(100);
    by_lot.into_iter().map(|(_, device)| device.clone()).take(target.saturating_sub(known.len())).collect()
}

impl Share {
    fn devices(&self) -> &[DeviceId] {
        match self {
            Self::Devices(devices) => devices,
            Self::Percent(_) => &[],
        }
    }
}

fn needs(device: &Device, release: &Release) -> bool {
    device.product == release.product
        && device.enrolment == Enrolment::Accepted
        && device.software.as_ref().is_none_or(|software| software.sequence < release.sequence)
}

fn lot(deployment: DeploymentId, device: &DeviceId) -> [u8; 32] {
    let mut hasher = Hasher::new();
    hasher.update(deployment.to_string().as_bytes());
    hasher.update(device.as_str().as_bytes());
    *hasher.finish().as_bytes()
}

fn queue(deployment: DeploymentId, phases: &[Phase], now: Timestamp) -> Vec<Execution> {
    let numbered = phases.iter().zip(0_u32..);
    numbered.flat_map(|(phase, number)| queued(deployment, number, &phase.devices, now)).collect()
}

/// Runs of these devices that wait for their turn.
#[must_use]
pub fn queued(deployment: DeploymentId, phase: u32, devices: &[DeviceId], now: Timestamp) -> Vec<Execution> {
    let run = |device: &DeviceId| Execution {
        deployment,
        device: device.clone(),
        phase,
        state: ExecutionState::Queued,
        percent: 0,
        changed: now,
    };
    devices.iter().map(run).collect()
}

#[cfg(test)]
mod tests;

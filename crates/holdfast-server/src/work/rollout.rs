//! Moves running deployments. Looks at counts first: a deployment's runs are read one by one only after a count has
//! changed, a run is past its deadline, or a home's time to answer is over. Each change of counts is kept for the picture.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use holdfast_core::id::DeploymentId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::updates::{Deployment, DeploymentState};
use holdfast_store::updates::{ExecutionCount, Moment};
use holdfast_store::{CommitError, StoreError};

use crate::app::{House, chain};
use crate::clock;

/// Shortest time between two looks for homes whose time to answer is over: it is counted in days.
const HOMES_EVERY: Millis = Millis::from_secs(60);
/// Shortest time between two kept moments of a deployment.
const MOMENT_MIN: Millis = Millis::from_secs(2);
/// A deployment keeps a moment for each such part of its time.
const MOMENTS: u64 = 200;

/// State and counts of a deployment at which there was nothing to do. Only a short cut: it is made anew after a start.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    state: DeploymentState,
    counts: Vec<ExecutionCount>,
    /// Homes whose time to answer is over, by phase.
    silent: Vec<(u32, u64)>,
}

/// What is known of a deployment from the last look.
#[derive(Debug)]
struct Idle {
    seen: Seen,
    homes_at: Timestamp,
    kept_at: Timestamp,
}

/// The reconciler of deployments.
#[derive(Debug, Default)]
pub(crate) struct Rollout(Mutex<BTreeMap<DeploymentId, Idle>>);

impl Rollout {
    /// Moves every deployment as far as it goes now.
    pub(crate) fn step(&self, house: &House) {
        let running = match house.store.active_deployments() {
            Ok(running) => running,
            Err(why) => return tracing::error!(why = %chain(&why), "deployments cannot be read"),
        };
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|id, _| running.iter().any(|deployment| deployment.id == *id));
        for deployment in running {
            if let Err(why) = settle(house, &mut idle, &deployment) {
                tracing::error!(deployment = %deployment.id, why = %chain(&why), "a deployment cannot be read");
            }
        }
    }
}

fn settle(house: &House, idle: &mut BTreeMap<DeploymentId, Idle>, deployment: &Deployment) -> Result<(), StoreError> {
    let id = deployment.id;
    // Each round moves the deployment on to a later state, so this ends.
    for round in 0_u32.. {
        let now = clock::now();
        let before = idle.get(&id);
        let Some((seen, homes_at)) = look(house, id, before, now)? else {
            // Its last step is part of the picture.
            return if round > 0 { keep(house, deployment, &house.store.execution_counts(id)?, now) } else { Ok(()) };
        };
        let same = before.is_some_and(|before| before.seen == seen);
        if same && !is_late(house, deployment)? {
            return Ok(());
        }
        let mut kept_at = before.map_or(Timestamp::from_micros(i64::MIN), |before| before.kept_at);
        let moved = before.is_none_or(|before| before.seen.counts != seen.counts);
        if moved && now >= kept_at.plus(between(deployment, now)) {
            keep(house, deployment, &seen.counts, now)?;
            kept_at = now;
        }
        match house.advance_deployment(id) {
            Ok(true) => {}
            Ok(false) => {
                idle.insert(id, Idle { seen, homes_at, kept_at });
                return Ok(());
            }
            Err(why) => {
                tracing::warn!(deployment = %id, why = %why, "a deployment could not be moved; it is tried again");
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What there is to see of a running deployment, and when its homes were looked at; nothing if it does not run.
fn look(
    house: &House,
    id: DeploymentId,
    before: Option<&Idle>,
    now: Timestamp,
) -> Result<Option<(Seen, Timestamp)>, StoreError> {
    let Some(deployment) = house.store.deployment_head(id)? else { return Ok(None) };
    match deployment.state {
        DeploymentState::Running { .. } => {
            let (silent, homes_at) = match before {
                Some(before) if now < before.homes_at.plus(HOMES_EVERY) => {
                    (before.seen.silent.clone(), before.homes_at)
                }
                _ => (house.silent_homes(&deployment, now)?, now),
            };
            let counts = house.store.execution_counts(id)?;
            Ok(Some((Seen { state: deployment.state, counts, silent }, homes_at)))
        }
        DeploymentState::AwaitingApproval
        | DeploymentState::Paused { .. }
        | DeploymentState::Aborted { .. }
        | DeploymentState::Completed => Ok(None),
    }
}

/// The longer it runs, the further apart the moments that are kept.
fn between(deployment: &Deployment, now: Timestamp) -> Millis {
    let run = now.since(deployment.created);
    Millis(run.0 / MOMENTS).max(MOMENT_MIN)
}

fn keep(house: &House, deployment: &Deployment, counts: &[ExecutionCount], at: Timestamp) -> Result<(), StoreError> {
    let mut moment = Moment { at, waiting: 0, under_way: 0, succeeded: 0, failed: 0, rolled_back: 0, aside: 0 };
    for count in counts {
        let place = match count.state.as_str() {
            "queued" => &mut moment.waiting,
            "succeeded" => &mut moment.succeeded,
            "failed" => &mut moment.failed,
            "rolled_back" => &mut moment.rolled_back,
            "declined" | "unknown" => &mut moment.aside,
            _ => &mut moment.under_way,
        };
        *place += count.devices;
    }
    match house.store.keep_moment(deployment.id, moment) {
        // A moment that is kept already needs no second one.
        Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(CommitError::Fault(why)) => Err(why),
    }
}

fn is_late(house: &House, deployment: &Deployment) -> Result<bool, StoreError> {
    let deadline_us = i64::try_from(deployment.plan.deadline.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let since = Timestamp::from_micros(clock::now().as_micros().saturating_sub(deadline_us));
    Ok(!house.store.stalled_executions(deployment.id, u32::MAX, since, 1)?.is_empty())
}

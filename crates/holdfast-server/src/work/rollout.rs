//! Moves running deployments. Looks at counts first: a deployment's runs are read one by one only after a count has
//! changed or a run is past its deadline, not because time went by.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use holdfast_core::id::DeploymentId;
use holdfast_core::time::Timestamp;
use holdfast_domain::updates::{Deployment, DeploymentState};
use holdfast_store::StoreError;
use holdfast_store::updates::ExecutionCount;

use crate::app::{House, chain};
use crate::clock;

/// State and counts of a deployment at which there was nothing to do. Only a short cut: it is made anew after a start.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    state: DeploymentState,
    counts: Vec<ExecutionCount>,
}

/// The reconciler of deployments.
#[derive(Debug, Default)]
pub(crate) struct Rollout(Mutex<BTreeMap<DeploymentId, Seen>>);

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

fn settle(house: &House, idle: &mut BTreeMap<DeploymentId, Seen>, deployment: &Deployment) -> Result<(), StoreError> {
    let id = deployment.id;
    // Each round moves the deployment on to a later state, so this ends.
    loop {
        let Some(seen) = look(house, id)? else { return Ok(()) };
        let same = idle.get(&id) == Some(&seen);
        if same && !is_late(house, deployment)? {
            return Ok(());
        }
        match house.advance_deployment(id) {
            Ok(true) => {}
            Ok(false) => {
                idle.insert(id, seen);
                return Ok(());
            }
            Err(why) => {
                tracing::warn!(deployment = %id, why = %why, "a deployment could not be moved; it is tried again");
                return Ok(());
            }
        }
    }
}

/// What there is to see of a running deployment; nothing if it does not run.
fn look(house: &House, id: DeploymentId) -> Result<Option<Seen>, StoreError> {
    let Some(deployment) = house.store.deployment_head(id)? else { return Ok(None) };
    match deployment.state {
        DeploymentState::Running { .. } => {
            Ok(Some(Seen { state: deployment.state, counts: house.store.execution_counts(id)? }))
        }
        DeploymentState::AwaitingApproval
        | DeploymentState::Paused { .. }
        | DeploymentState::Aborted { .. }
        | DeploymentState::Completed => Ok(None),
    }
}

fn is_late(house: &House, deployment: &Deployment) -> Result<bool, StoreError> {
    let deadline_us = i64::try_from(deployment.plan.deadline.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let since = Timestamp::from_micros(clock::now().as_micros().saturating_sub(deadline_us));
    Ok(!house.store.stalled_executions(deployment.id, u32::MAX, since, 1)?.is_empty())
}

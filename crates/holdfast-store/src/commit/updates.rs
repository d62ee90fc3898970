//! Changes to trust documents, releases, deployments and executions.

use std::collections::BTreeMap;

use holdfast_core::id::{DeploymentId, DeviceId, GroupId, ReleaseId};
use holdfast_core::time::Timestamp;
use holdfast_domain::updates::{Deployment, DeploymentState, Execution, ExecutionState, Release, TrustVersion};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::{self, exactly, int, one};
use crate::sql;
use crate::updates::execution_row;
use crate::words::Word;
use crate::writer::Desk;

const DEVICE_TWICE: On =
    On { key: "deployment-device-twice", unique: "deployment-device-twice", foreign: "device-unknown" };

impl Desk {
    pub(super) fn add_trust(&self, trust: &TrustVersion) -> Result<(), CommitError> {
        let highest: u64 = exactly(&self.conn, (sql::TRUST_HIGHEST, "trust_version"), [], row::number)?;
        if highest.checked_add(1) != Some(trust.version) {
            return Err(CommitError::Conflict("trust-version-not-next"));
        }
        self.execute(sql::TRUST_ADD, params![int(trust.version)?, trust.document, trust.accepted.as_micros()])?;
        Ok(())
    }

    pub(super) fn add_release(&self, release: &Release) -> Result<(), CommitError> {
        let sequence = int(release.sequence)?;
        if sequence <= self.highest((sql::RELEASE_HIGHEST, "release"), release.product.as_str())? {
            return Err(CommitError::Conflict("release-sequence-not-newer"));
        }
        let on = On { key: "release-known", unique: "release-manifest-known", foreign: "product-unknown" };
        let row = params![
            release.id.to_string(),
            release.product.as_str(),
            release.version,
            sequence,
            release.kind.word(),
            int(release.security_floor)?,
            release.description,
            release.manifest_digest,
            release.artifact_digest,
            int(release.artifact_bytes)?,
            release.signers,
            release.envelope,
            release.published.as_micros(),
            release.withdrawn,
        ];
        self.add(sql::RELEASE_ADD, row, on)
    }

    pub(super) fn withdraw_release(&self, release: ReleaseId) -> Result<(), CommitError> {
        self.must(sql::RELEASE_WITHDRAW, [release.to_string()], "release-unknown")
    }

    pub(super) fn add_deployment(&self, deployment: &Deployment, runs: &[Execution]) -> Result<(), CommitError> {
        let on = On { key: "deployment-known", unique: "deployment-known", foreign: "release-unknown" };
        let (id, plan) = (deployment.id.to_string(), &deployment.plan);
        let (state, phase, reason) = state_columns(&deployment.state);
        let row = params![
            id,
            deployment.release.to_string(),
            deployment.product.as_str(),
            deployment.group.as_ref().map(GroupId::as_str),
            plan.generation,
            plan.abort_threshold_percent,
            plan.min_devices,
            int(plan.deadline.0)?,
            state,
            phase,
            reason,
            deployment.created_by.to_string(),
            deployment.created.as_micros(),
        ];
        self.add(sql::DEPLOYMENT_ADD, row, on)?;
        for (number, phase) in (0_u32..).zip(&plan.phases) {
            let started = phase.started.map(Timestamp::as_micros);
            self.execute(sql::PHASE_ADD, params![id, number, phase.success_percent, phase.share_percent, started])?;
            self.name_devices(&id, number, 0, phase.devices.iter())?;
        }
        self.add_runs_of(deployment.id, runs)
    }

    /// Devices of a group join as their phase starts.
    pub(super) fn add_runs(&self, deployment: DeploymentId, phase: u32, runs: &[Execution]) -> Result<(), CommitError> {
        let id = deployment.to_string();
        if one(&self.conn, (sql::PHASE_KNOWN, "deployment_phase"), params![id, phase], row::number::<u32>)?.is_none() {
            return Err(CommitError::Conflict("deployment-unknown"));
        }
        let counted = (sql::PHASE_DEVICES_COUNT, "deployment_device");
        let from: i64 = exactly(&self.conn, counted, params![id, phase], row::number)?;
        self.name_devices(&id, phase, from, runs.iter().map(|run| &run.device))?;
        self.add_runs_of(deployment, runs)
    }

    fn name_devices<'a>(
        &self,
        id: &str,
        phase: u32,
        from: i64,
        devices: impl Iterator<Item = &'a DeviceId>,
    ) -> Result<(), CommitError> {
        for (position, device) in (from..).zip(devices) {
            self.add(sql::PHASE_DEVICE_ADD, params![id, phase, position, device.as_str()], DEVICE_TWICE)?;
        }
        Ok(())
    }

    fn add_runs_of(&self, deployment: DeploymentId, runs: &[Execution]) -> Result<(), CommitError> {
        let id = deployment.to_string();
        let mut tally: BTreeMap<(u32, &'static str), i64> = BTreeMap::new();
        for run in runs {
            if run.deployment != deployment {
                return Err(CommitError::Conflict("execution-of-another-deployment"));
            }
            let (phase, state, reason) = (run.phase, run.state.name(), reason_of(&run.state));
            let (device, changed) = (run.device.as_str(), run.changed.as_micros());
            let row = params![id, device, phase, state, reason, run.percent, changed];
            self.add(sql::EXECUTION_ADD, row, DEVICE_TWICE)?;
            *tally.entry((phase, state)).or_default() += 1;
        }
        for ((phase, state), devices) in tally {
            self.execute(sql::EXECUTION_TALLY, params![id, phase, state, devices])?;
        }
        Ok(())
    }

    pub(super) fn set_deployment_state(
        &self,
        id: DeploymentId,
        to: &DeploymentState,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let (state, phase, reason) = state_columns(to);
        let id = id.to_string();
        if self.touched(sql::DEPLOYMENT_STATE, params![state, phase, reason, id])? {
            if let DeploymentState::Running { phase } = to {
                self.execute(sql::PHASE_START, params![at.as_micros(), id, phase])?;
            }
            return Ok(());
        }
        let known = one(&self.conn, (sql::DEPLOYMENT, "deployment"), [&id], row::text)?.is_some();
        Err(CommitError::Conflict(if known { "deployment-ended" } else { "deployment-unknown" }))
    }

    /// Replaces an execution; a final state stays, and saying it again changes nothing. Only a declined one may be queued
    /// again: its owner may think better of it.
    pub(super) fn set_execution(&self, execution: &Execution) -> Result<(), CommitError> {
        let Execution { deployment, device, phase, state, percent, changed } = execution;
        let deployment = deployment.to_string();
        let key = params![deployment, device.as_str()];
        let stored = one(&self.conn, (sql::EXECUTION, "execution"), key, execution_row)?;
        let stored = stored.ok_or(CommitError::Conflict("execution-unknown"))?;
        let anew = stored.state == ExecutionState::Declined && *state == ExecutionState::Queued;
        if stored.state.is_final() && !anew {
            let again = stored.state == *state;
            return if again { Ok(()) } else { Err(CommitError::Conflict("execution-final")) };
        }
        let (word, reason, changed) = (state.name(), reason_of(state), changed.as_micros());
        let row = params![phase, word, reason, percent, changed, deployment, device.as_str()];
        self.must(sql::EXECUTION_SET, row, "execution-unknown")?;
        if (stored.phase, stored.state.name()) != (*phase, word) {
            self.execute(sql::EXECUTION_TALLY, params![deployment, stored.phase, stored.state.name(), -1])?;
            self.execute(sql::EXECUTION_TALLY, params![deployment, phase, word, 1])?;
        }
        Ok(())
    }
}

fn state_columns(state: &DeploymentState) -> (&'static str, Option<u32>, Option<&str>) {
    match state {
        DeploymentState::AwaitingApproval => ("awaiting-approval", None, None),
        DeploymentState::Running { phase } => ("running", Some(*phase), None),
        DeploymentState::Paused { phase } => ("paused", Some(*phase), None),
        DeploymentState::Aborted { reason } => ("aborted", None, Some(reason)),
        DeploymentState::Completed => ("completed", None, None),
    }
}

fn reason_of(state: &ExecutionState) -> Option<&str> {
    match state {
        ExecutionState::Failed(reason) | ExecutionState::RolledBack(reason) => Some(reason),
        ExecutionState::Queued
        | ExecutionState::Downloading
        | ExecutionState::Installing
        | ExecutionState::Rebooting
        | ExecutionState::Succeeded
        | ExecutionState::Declined
        | ExecutionState::Unknown => None,
    }
}

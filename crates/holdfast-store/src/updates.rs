//! Reads of trust documents, releases, deployments and executions.

use holdfast_core::id::{DeploymentId, DeviceId, ProductId, ReleaseId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::updates::{
    Deployment, DeploymentState, Execution, ExecutionState, Phase, Release, ReleaseKind, RolloutPlan, TrustVersion,
};
use rusqlite::{Connection, Params, params};

use crate::error::{CommitError, StoreError};
use crate::fleet::NEWEST;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql::{self, Statement};
use crate::store::{Store, wait};

/// How many executions of one phase are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionCount {
    /// The phase, from 0.
    pub phase: u32,
    /// The state's stable word, as `ExecutionState::name` says it.
    pub state: String,
    /// How many.
    pub devices: u64,
}

/// Most moments that are kept of one deployment.
pub const MOMENTS_MAX: u64 = 240;

/// How a deployment stood at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// Devices that waited.
    pub waiting: u64,
    /// Devices that fetched, installed or tried it.
    pub under_way: u64,
    /// Devices that run it and are healthy.
    pub succeeded: u64,
    /// Devices that did not come to try it.
    pub failed: u64,
    /// Devices that went back.
    pub rolled_back: u64,
    /// Devices whose homes said no, and devices that fell silent.
    pub aside: u64,
}

/// A device's run with what it runs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The run.
    pub execution: Execution,
    /// Its deployment, the plan's device lists left empty.
    pub deployment: Deployment,
    /// The deployment's release.
    pub release: Release,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// The trust document in force.
    pub fn trust_latest(&self) -> Result<Option<TrustVersion>, StoreError> {
        self.read(|conn| one(conn, (sql::TRUST_LATEST, "trust_version"), [], trust_row))
    }

    /// One version of the trust document.
    pub fn trust(&self, version: u64) -> Result<Option<TrustVersion>, StoreError> {
        let Ok(version) = i64::try_from(version) else { return Ok(None) };
        self.read(|conn| one(conn, (sql::TRUST, "trust_version"), [version], trust_row))
    }

    /// Releases of one product or all, newest first, before `before` if given.
    pub fn releases(
        &self,
        product: Option<&ProductId>,
        before: Option<ReleaseId>,
        limit: u32,
    ) -> Result<Vec<Release>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let asked = params![product.map(ProductId::as_str), before, limit];
        self.read(|conn| all(conn, (sql::RELEASES, "release"), asked, release_row))
    }

    /// One release.
    pub fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError> {
        self.read(|conn| one(conn, (sql::RELEASE, "release"), [id.to_string()], release_row))
    }

    /// The release with this manifest.
    pub fn release_by_manifest_digest(&self, digest: &[u8; 32]) -> Result<Option<Release>, StoreError> {
        self.read(|conn| one(conn, (sql::RELEASE_BY_MANIFEST, "release"), [digest], release_row))
    }

    /// The releases that install this image, highest sequence first.
    pub fn releases_by_image_digest(&self, digest: &[u8; 32]) -> Result<Vec<Release>, StoreError> {
        self.read(|conn| all(conn, (sql::RELEASES_BY_ARTIFACT, "release"), [digest], release_row))
    }

    /// The product's release with the highest sequence that is not withdrawn.
    pub fn newest_release(&self, product: &ProductId) -> Result<Option<Release>, StoreError> {
        self.read(|conn| one(conn, (sql::RELEASE_NEWEST, "release"), [product.as_str()], release_row))
    }

    /// Deployments with their plans, newest first, before `before` if given. The plans' device lists are left empty;
    /// [`Self::deployment`] has them.
    pub fn deployments(&self, before: Option<DeploymentId>, limit: u32) -> Result<Vec<Deployment>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        self.read(|conn| deployments(conn, sql::DEPLOYMENTS, params![before, limit]))
    }

    /// Deployments of a release, newest first, without their plans' device lists.
    pub fn deployments_of_release(&self, release: ReleaseId) -> Result<Vec<Deployment>, StoreError> {
        self.read(|conn| deployments(conn, sql::DEPLOYMENTS_OF_RELEASE, [release.to_string()]))
    }

    /// Deployments that have not ended, oldest first, without their plans' device lists.
    pub fn active_deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        self.read(|conn| deployments(conn, sql::DEPLOYMENTS_ACTIVE, []))
    }

    /// One deployment with its whole plan.
    pub fn deployment(&self, id: DeploymentId) -> Result<Option<Deployment>, StoreError> {
        self.read(|conn| {
            let key = id.to_string();
            let Some(mut deployment) = one(conn, (sql::DEPLOYMENT, "deployment"), [&key], deployment_row)? else {
                return Ok(None);
            };
            deployment.plan.phases = phases(conn, &key)?;
            fill_phases(conn, &mut deployment, u32::MAX)?;
            Ok(Some(deployment))
        })
    }

    /// One deployment with its plan and, of each phase, the first devices: all that a step of it needs.
    pub fn deployment_to_move(&self, id: DeploymentId, devices: u32) -> Result<Option<Deployment>, StoreError> {
        self.read(|conn| {
            let Some(mut deployment) = deployments(conn, sql::DEPLOYMENT, [id.to_string()])?.pop() else {
                return Ok(None);
            };
            fill_phases(conn, &mut deployment, devices)?;
            Ok(Some(deployment))
        })
    }

    /// Every device that a deployment names or has named.
    pub fn deployment_devices(&self, id: DeploymentId) -> Result<Vec<DeviceId>, StoreError> {
        self.read(|conn| all(conn, (sql::DEPLOYMENT_DEVICES, "deployment_device"), [id.to_string()], row::parsed))
    }

    /// How many homes of which phase up to `phase` were asked before `asked` and have not said yes by `now`, though the
    /// device waits for it. Nobody has to say yes to a security release, but may put it off.
    pub fn silent_homes(
        &self,
        deployment: &Deployment,
        (phase, kind): (u32, ReleaseKind),
        asked: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(u32, u64)>, StoreError> {
        let unasked = u8::from(kind == ReleaseKind::Feature);
        let (id, release) = (deployment.id.to_string(), deployment.release.to_string());
        let asked = params![asked.as_micros(), release, id, phase, unasked, now.as_micros()];
        self.read(|conn| all(conn, (sql::SILENT_HOMES, "execution"), asked, |f| Ok((f.number()?, f.number()?))))
    }

    /// How a deployment stood over time, oldest first.
    pub fn moments(&self, id: DeploymentId) -> Result<Vec<Moment>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::MOMENTS, "deployment_moment"), [id.to_string()], |f| {
                Ok(Moment {
                    at: f.time()?,
                    waiting: f.number()?,
                    under_way: f.number()?,
                    succeeded: f.number()?,
                    failed: f.number()?,
                    rolled_back: f.number()?,
                    aside: f.number()?,
                })
            })
        })
    }

    /// Keeps how a deployment stands; at [`MOMENTS_MAX`] every second one goes.
    pub fn keep_moment(&self, id: DeploymentId, moment: Moment) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            let id = id.to_string();
            let kept: u64 = exactly(&desk.conn, (sql::MOMENTS_COUNT, "deployment_moment"), [&id], row::number)?;
            if kept >= MOMENTS_MAX {
                desk.execute(sql::MOMENTS_THIN, [&id])?;
            }
            let Moment { at, waiting, under_way, succeeded, failed, rolled_back, aside } = moment;
            let counts = [waiting, under_way, succeeded, failed, rolled_back, aside].map(row::int);
            let [waiting, under_way, succeeded, failed, rolled_back, aside] = counts;
            let row = params![id, at.as_micros(), waiting?, under_way?, succeeded?, failed?, rolled_back?, aside?];
            desk.execute(sql::MOMENT_ADD, row)?;
            Ok(())
        }))
    }

    /// One deployment with its plan, the plan's device lists left empty.
    pub fn deployment_head(&self, id: DeploymentId) -> Result<Option<Deployment>, StoreError> {
        Ok(self.read(|conn| deployments(conn, sql::DEPLOYMENT, [id.to_string()]))?.pop())
    }

    /// Executions of a deployment by device, rising, after `after` and only in the state with this word if given.
    pub fn executions(
        &self,
        deployment: DeploymentId,
        state: Option<&str>,
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<Execution>, StoreError> {
        let (id, after) = (deployment.to_string(), after.map_or("", DeviceId::as_str));
        self.read(|conn| match state {
            None => all(conn, (sql::EXECUTIONS, "execution"), params![id, after, limit], execution_row),
            Some(state) => {
                let asked = params![id, state, after, limit];
                let mut found = all(conn, (sql::EXECUTIONS_IN_STATE, "execution"), asked, execution_row)?;
                found.sort_by(|a, b| a.device.cmp(&b.device));
                Ok(found)
            }
        })
    }

    /// One device's run of one deployment.
    pub fn execution(&self, deployment: DeploymentId, device: &DeviceId) -> Result<Option<Execution>, StoreError> {
        let key = params![deployment.to_string(), device.as_str()];
        self.read(|conn| one(conn, (sql::EXECUTION, "execution"), key, execution_row))
    }

    /// Executions of the first phases up to `phase` that began and made no progress since `since`.
    pub fn stalled_executions(
        &self,
        deployment: DeploymentId,
        phase: u32,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Execution>, StoreError> {
        let asked = params![deployment.to_string(), phase, since.as_micros(), limit];
        self.read(|conn| all(conn, (sql::EXECUTIONS_STALLED, "execution"), asked, execution_row))
    }

    /// How many executions of a deployment are in which phase and state.
    pub fn execution_counts(&self, deployment: DeploymentId) -> Result<Vec<ExecutionCount>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::EXECUTION_COUNTS, "execution"), [deployment.to_string()], |f| {
                Ok(ExecutionCount { phase: f.number()?, state: f.text()?, devices: f.number()? })
            })
        })
    }

    /// A device's runs, newest deployment first.
    pub fn executions_of_device(&self, device: &DeviceId, limit: u32) -> Result<Vec<Execution>, StoreError> {
        let asked = params![device.as_str(), limit];
        self.read(|conn| all(conn, (sql::EXECUTIONS_OF_DEVICE, "execution"), asked, execution_row))
    }

    /// A device's run of the newest deployment that names it.
    pub fn newest_run(&self, device: &DeviceId) -> Result<Option<Run>, StoreError> {
        self.read(|conn| {
            let newest = params![device.as_str(), 1];
            let found = one(conn, (sql::EXECUTIONS_OF_DEVICE, "execution"), newest, execution_row)?;
            found.map(|execution| run(conn, execution)).transpose()
        })
    }

    /// A device's run of one deployment.
    pub fn run(&self, deployment: DeploymentId, device: &DeviceId) -> Result<Option<Run>, StoreError> {
        self.read(|conn| {
            let key = params![deployment.to_string(), device.as_str()];
            let found = one(conn, (sql::EXECUTION, "execution"), key, execution_row)?;
            found.map(|execution| run(conn, execution)).transpose()
        })
    }

    /// How many releases have fewer signers than this.
    pub fn releases_signed_by_fewer(&self, than: u32) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::RELEASES_SIGNED_BY_FEWER, "release"), [than], row::number))
    }
}

fn run(conn: &Connection, execution: Execution) -> Result<Run, StoreError> {
    let missing = |table| StoreError::Inconsistent {
        table,
        key: execution.deployment.to_string(),
        why: "is missing though an execution refers to it".to_owned(),
    };
    let found = deployments(conn, sql::DEPLOYMENT, [execution.deployment.to_string()])?.pop();
    let deployment = found.ok_or_else(|| missing("deployment"))?;
    let key = [deployment.release.to_string()];
    let release = one(conn, (sql::RELEASE, "release"), key, release_row)?.ok_or_else(|| missing("release"))?;
    Ok(Run { execution, deployment, release })
}

fn trust_row(f: &mut Fields<'_>) -> Result<TrustVersion, StoreError> {
    Ok(TrustVersion { version: f.number()?, document: f.blob()?, accepted: f.time()? })
}

fn release_row(f: &mut Fields<'_>) -> Result<Release, StoreError> {
    Ok(Release {
        id: f.parsed()?,
        product: f.parsed()?,
        version: f.text()?,
        sequence: f.number()?,
        kind: f.word()?,
        security_floor: f.number()?,
        description: f.text()?,
        manifest_digest: f.bytes()?,
        artifact_digest: f.bytes()?,
        artifact_bytes: f.number()?,
        signers: f.number()?,
        envelope: f.blob()?,
        published: f.time()?,
        withdrawn: f.flag()?,
    })
}

fn deployments(conn: &Connection, which: Statement, asked: impl Params) -> Result<Vec<Deployment>, StoreError> {
    let mut found = all(conn, (which, "deployment"), asked, deployment_row)?;
    for deployment in &mut found {
        deployment.plan.phases = phases(conn, &deployment.id.to_string())?;
    }
    Ok(found)
}

/// Phases of a plan, their device lists still empty.
fn phases(conn: &Connection, deployment: &str) -> Result<Vec<Phase>, StoreError> {
    all(conn, (sql::PHASES, "deployment_phase"), [deployment], |f| {
        Ok(Phase {
            devices: Vec::new(),
            success_percent: f.number()?,
            share_percent: f.optional(Fields::number)?,
            started: f.optional(Fields::time)?,
        })
    })
}

fn fill_phases(conn: &Connection, deployment: &mut Deployment, devices: u32) -> Result<(), StoreError> {
    let key = deployment.id.to_string();
    for (number, phase) in (0_i64..).zip(&mut deployment.plan.phases) {
        let from = (sql::PHASE_DEVICES, "deployment_device");
        phase.devices = all(conn, from, params![key, number, devices], row::parsed)?;
    }
    Ok(())
}

fn deployment_row(f: &mut Fields<'_>) -> Result<Deployment, StoreError> {
    let (id, release, product, group) = (f.parsed()?, f.parsed()?, f.parsed()?, f.optional(Fields::parsed)?);
    let plan = RolloutPlan {
        generation: f.number()?,
        phases: Vec::new(),
        abort_threshold_percent: f.number()?,
        min_devices: f.number()?,
        deadline: Millis(f.number()?),
    };
    let state = deployment_state(f)?;
    Ok(Deployment { id, release, product, group, plan, state, created_by: f.parsed()?, created: f.time()? })
}

fn deployment_state(f: &mut Fields<'_>) -> Result<DeploymentState, StoreError> {
    let (word, phase, reason) = (f.str()?, f.optional(Fields::number)?, f.optional(Fields::text)?);
    match (word, phase, reason) {
        ("awaiting-approval", None, None) => Ok(DeploymentState::AwaitingApproval),
        ("running", Some(phase), None) => Ok(DeploymentState::Running { phase }),
        ("paused", Some(phase), None) => Ok(DeploymentState::Paused { phase }),
        ("aborted", None, Some(reason)) => Ok(DeploymentState::Aborted { reason }),
        ("completed", None, None) => Ok(DeploymentState::Completed),
        _ => Err(f.inconsistent("and its neighbours fit no deployment state")),
    }
}

pub(crate) fn execution_row(f: &mut Fields<'_>) -> Result<Execution, StoreError> {
    let (deployment, device, phase) = (f.parsed()?, f.parsed()?, f.number()?);
    let state = match (f.str()?, f.optional(Fields::text)?) {
        ("queued", None) => ExecutionState::Queued,
        ("downloading", None) => ExecutionState::Downloading,
        ("installing", None) => ExecutionState::Installing,
        ("rebooting", None) => ExecutionState::Rebooting,
        ("succeeded", None) => ExecutionState::Succeeded,
        ("failed", Some(reason)) => ExecutionState::Failed(reason),
        ("rolled_back", Some(reason)) => ExecutionState::RolledBack(reason),
        ("declined", None) => ExecutionState::Declined,
        ("unknown", None) => ExecutionState::Unknown,
        _ => return Err(f.inconsistent("and state fit no execution state")),
    };
    Ok(Execution { deployment, device, phase, state, percent: f.number()?, changed: f.time()? })
}

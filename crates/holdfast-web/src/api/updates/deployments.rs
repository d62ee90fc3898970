//! Interface of deployments: make, follow, pause, resume, abort.

use axum::extract::State;
use holdfast_core::id::DeploymentId;
use holdfast_core::time::Millis;
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::DeploymentState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ExecutionRow;
use crate::api::{List, Reply, us};
use crate::backend::fleet::ExecutionCounts;
use crate::backend::updates::{
    DeploymentOrder, DeploymentView, NewDeployment, NewPhase, PhaseSize, PhaseView, RolloutMoment,
};
use crate::console::updates::state_word;
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const ADD: About = About::new("Roll a release out, phase by phase.").more(
    "Each phase has either `percent` or `devices`, and goes on to the next when `success_percent` of it succeeded. It stops by \
     itself when more than `abort_threshold_percent` failed, counted from `min_devices` on. With `group` it goes to the devices \
     of a group alone, as the group stands when each phase starts. A home that was asked and does not answer within seven days \
     holds its phase no longer.",
);
const STATES: &[&str] =
    &["queued", "downloading", "installing", "rebooting", "succeeded", "failed", "rolled_back", "declined", "unknown"];
const EXECUTIONS: &[Ask] = &[Ask::of("state", Kind::Word(STATES), "Only in this state."), Ask::AFTER, Ask::LIMIT];

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, steer) = (Access::May(Act::ViewFleet), Access::May(Act::SteerDeployment));
    routes
        .api_get("/api/v1/deployments", look, deployments, About::new("Deployments, newest first.").query(Ask::PAGE))
        .api_post("/api/v1/deployments", Access::May(Act::CreateDeployment), add_deployment, ADD)
        .api_get("/api/v1/deployments/{id}", look, deployment, "One deployment with its phases.")
        .api_get(
            "/api/v1/deployments/{id}/executions",
            look,
            executions,
            About::new("A deployment's run on each device.").query(EXECUTIONS),
        )
        .api_post("/api/v1/deployments/{id}/pause", steer, pause, "Begin no further device.")
        .api_post("/api/v1/deployments/{id}/resume", steer, resume, "Go on after a pause.")
        .api_post(
            "/api/v1/deployments/{id}/abort",
            Access::Fresh(Act::SteerDeployment),
            abort,
            "End a deployment before its time.",
        )
}

#[derive(Serialize, ToSchema)]
struct CountsDoc {
    queued: u64,
    downloading: u64,
    installing: u64,
    rebooting: u64,
    succeeded: u64,
    failed: u64,
    rolled_back: u64,
    declined: u64,
    unknown: u64,
}

impl From<ExecutionCounts> for CountsDoc {
    fn from(counts: ExecutionCounts) -> Self {
        Self {
            queued: counts.queued,
            downloading: counts.downloading,
            installing: counts.installing,
            rebooting: counts.rebooting,
            succeeded: counts.succeeded,
            failed: counts.failed,
            rolled_back: counts.rolled_back,
            declined: counts.declined,
            unknown: counts.unknown,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PhaseDoc {
    devices: u64,
    share_percent: Option<u8>,
    started_us: Option<i64>,
    silent_homes: u64,
    success_percent: u8,
    counts: CountsDoc,
}

impl From<PhaseView> for PhaseDoc {
    fn from(phase: PhaseView) -> Self {
        Self {
            devices: phase.counts.total(),
            share_percent: phase.share_percent,
            started_us: phase.started.map(us),
            silent_homes: phase.silent,
            success_percent: phase.success_percent,
            counts: phase.counts.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DeploymentRow {
    id: String,
    release: String,
    version: String,
    product: String,
    group: Option<String>,
    state: &'static str,
    phase: Option<u32>,
    reason: Option<String>,
    generation: u32,
    abort_threshold_percent: u8,
    min_devices: u32,
    deadline_s: u64,
    created_by: String,
    created_us: i64,
    phases: Vec<PhaseDoc>,
    moments: Vec<MomentDoc>,
}

/// How it stood at a moment; only where one deployment is asked for.
#[derive(Serialize, ToSchema)]
struct MomentDoc {
    at_us: i64,
    waiting: u64,
    under_way: u64,
    succeeded: u64,
    failed: u64,
    rolled_back: u64,
    aside: u64,
}

impl From<RolloutMoment> for MomentDoc {
    fn from(moment: RolloutMoment) -> Self {
        let RolloutMoment { at, waiting, under_way, succeeded, failed, rolled_back, aside } = moment;
        Self { at_us: us(at), waiting, under_way, succeeded, failed, rolled_back, aside }
    }
}

impl From<DeploymentView> for DeploymentRow {
    fn from(view: DeploymentView) -> Self {
        let (phase, reason) = match &view.state {
            DeploymentState::Running { phase } | DeploymentState::Paused { phase } => (Some(*phase), None),
            DeploymentState::Aborted { reason } => (None, Some(reason.clone())),
            DeploymentState::AwaitingApproval | DeploymentState::Completed => (None, None),
        };
        Self {
            id: view.id.to_string(),
            release: view.release.to_string(),
            state: state_word(&view.state),
            version: view.version,
            product: view.product.to_string(),
            group: view.group.map(|group| group.to_string()),
            phase,
            reason,
            generation: view.generation,
            abort_threshold_percent: view.abort_threshold_percent,
            min_devices: view.min_devices,
            deadline_s: view.deadline.0 / 1000,
            created_by: view.created_by.to_string(),
            created_us: us(view.created),
            phases: view.phases.into_iter().map(PhaseDoc::from).collect(),
            moments: view.moments.into_iter().map(MomentDoc::from).collect(),
        }
    }
}

async fn deployments(State(app): State<App>, Asked(query): Asked) -> Reply<List<DeploymentRow>> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.deployments(&page)).await?, DeploymentRow::from))
}

async fn deployment(State(app): State<App>, Id(id): Id<DeploymentId>) -> Reply<DeploymentRow> {
    Ok(axum::Json(app.ask(move |b| b.deployment(id)).await?.ok_or_else(no_deployment)?.into()))
}

/// There is no such deployment.
pub(crate) fn no_deployment() -> Problem {
    Problem::absent("deployment-unknown", "There is no such deployment.")
}

async fn executions(
    State(app): State<App>,
    Id(id): Id<DeploymentId>,
    Asked(query): Asked,
) -> Reply<List<ExecutionRow>> {
    let query = query.only(&["state", "after", "limit"])?;
    let (state, page) = (query.text("state").map(str::to_owned), query.page()?);
    let page = app.ask(move |b| b.executions(id, state.as_deref(), &page)).await?;
    Ok(List::of(page, ExecutionRow::from))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhaseBody {
    percent: Option<u8>,
    devices: Option<u32>,
    success_percent: u8,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeploymentBody {
    release: String,
    group: Option<String>,
    phases: Vec<PhaseBody>,
    abort_threshold_percent: u8,
    min_devices: u32,
    deadline_s: u64,
}

impl DeploymentBody {
    fn wanted(self) -> Result<NewDeployment, Problem> {
        let phase = |phase: PhaseBody| {
            let size = match (phase.percent, phase.devices) {
                (Some(percent), None) => PhaseSize::Percent(percent),
                (None, Some(devices)) => PhaseSize::Devices(devices),
                (Some(_), Some(_)) | (None, None) => {
                    return Err(Problem::malformed("phase-size-unclear", "A phase has either percent or devices."));
                }
            };
            Ok(NewPhase { size, success_percent: phase.success_percent })
        };
        let group = self.group.map(|group| group.parse());
        let group = group.transpose().map_err(|e| Problem::malformed("id-malformed", format!("group: {e}")))?;
        Ok(NewDeployment {
            group,
            release: self.release.parse().map_err(|e| Problem::malformed("id-malformed", format!("release: {e}")))?,
            phases: self.phases.into_iter().map(phase).collect::<Result<_, _>>()?,
            abort_threshold_percent: self.abort_threshold_percent,
            min_devices: self.min_devices,
            deadline: Millis::from_secs(self.deadline_s),
        })
    }
}

async fn add_deployment(
    State(app): State<App>,
    Who(by): Who,
    Json(body): Json<DeploymentBody>,
) -> Reply<DeploymentRow> {
    let new = body.wanted()?;
    Ok(axum::Json(app.ask(move |b| b.add_deployment(&by, &new)).await?.into()))
}

async fn pause(State(app): State<App>, Who(by): Who, Id(id): Id<DeploymentId>) -> Reply<DeploymentRow> {
    Ok(axum::Json(app.ask(move |b| b.order_deployment(&by, id, DeploymentOrder::Pause)).await?.into()))
}

async fn resume(State(app): State<App>, Who(by): Who, Id(id): Id<DeploymentId>) -> Reply<DeploymentRow> {
    Ok(axum::Json(app.ask(move |b| b.order_deployment(&by, id, DeploymentOrder::Resume)).await?.into()))
}

async fn abort(State(app): State<App>, Who(by): Who, Id(id): Id<DeploymentId>) -> Reply<DeploymentRow> {
    Ok(axum::Json(app.ask(move |b| b.order_deployment(&by, id, DeploymentOrder::Abort)).await?.into()))
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(in crate::api) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<DeploymentBody>(bytes));
}

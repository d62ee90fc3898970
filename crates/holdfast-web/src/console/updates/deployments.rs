//! The list of deployments, and the page of one with its phases and its executions.

use askama::Template;
use holdfast_core::id::DeploymentId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::{DeploymentState, Execution};

use super::super::fleet::encoded;
use super::super::pictures::{self, Stack};
use super::super::words::{When, span, when};
use super::super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use super::rollout::Rollout;
use super::{DeploymentLine, ExecutionLine, total};
use crate::api::no_deployment;
use crate::backend::Page;
use crate::backend::updates::{DeploymentOrder, DeploymentView};
use crate::door::extract::{Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/console/deployments", Access::May(Act::ViewFleet), deployments)
        .get("/console/deployments/{id}", Access::May(Act::ViewFleet), deployment)
        .post("/console/deployments/{id}/pause", Access::May(Act::SteerDeployment), pause)
        .post("/console/deployments/{id}/resume", Access::May(Act::SteerDeployment), resume)
        .post("/console/deployments/{id}/abort", Access::Fresh(Act::SteerDeployment), abort)
}

#[derive(Template)]
#[template(path = "updates/deployments.html")]
struct DeploymentsPage {
    frame: Frame,
    deployments: Vec<DeploymentLine>,
    next: Option<String>,
}

async fn deployments(desk: Desk) -> PageReply {
    let ask = desk.query.page()?;
    let found = desk.ask(move |b| b.deployments(&ask)).await?;
    page(&DeploymentsPage {
        frame: desk.frame(desk.l.say("console-nav-deployments"), "deployments").await?.live("deployment=all"),
        next: found.next.map(|after| format!("/console/deployments?after={}", encoded(&after))),
        deployments: found.rows.into_iter().map(|view| DeploymentLine::new(view, &desk)).collect(),
    })
}

/// One phase with its picture.
struct PhaseLine {
    n: usize,
    class: &'static str,
    word: &'static str,
    success_percent: u8,
    succeeded: u64,
    total: u64,
    stack: Stack,
    /// When it started.
    started: Option<When>,
    /// Homes that had their time to answer.
    silent: u64,
    /// What it will take of a group, before it has started.
    share: Option<u8>,
}

#[derive(Template)]
#[template(path = "updates/deployment.html")]
struct DeploymentPage {
    frame: Frame,
    line: DeploymentLine,
    release: String,
    generation: u32,
    abort_threshold_percent: u8,
    min_devices: u32,
    deadline: String,
    created_by: String,
    phases: Vec<PhaseLine>,
    rollout: Rollout,
    executions: Vec<ExecutionLine>,
    next: Option<String>,
    states: Vec<(&'static str, u64)>,
    picked: String,
    running: bool,
    paused: bool,
    may_deploy: bool,
    attempt: Attempt,
}

/// Where a phase stands, told from the deployment's state and the phase's place.
fn phase_lines(l: Lang, view: &DeploymentView, now: Timestamp) -> Vec<PhaseLine> {
    let line = |(at, phase): (usize, &crate::backend::updates::PhaseView)| {
        let place = |current: &u32| usize::try_from(*current).unwrap_or(usize::MAX).cmp(&at);
        let (class, word) = match &view.state {
            DeploymentState::Completed => ("ok", "update-phase-done"),
            DeploymentState::AwaitingApproval => ("quiet", "update-phase-waits"),
            DeploymentState::Aborted { .. } => ("bad", "update-phase-ended"),
            DeploymentState::Running { phase } | DeploymentState::Paused { phase } => match place(phase) {
                std::cmp::Ordering::Greater => ("ok", "update-phase-done"),
                std::cmp::Ordering::Equal => ("busy", "update-phase-running"),
                std::cmp::Ordering::Less => ("quiet", "update-phase-waits"),
            },
        };
        PhaseLine {
            n: at + 1,
            class,
            word,
            success_percent: phase.success_percent,
            succeeded: phase.counts.succeeded,
            total: phase.counts.total(),
            stack: pictures::executions(l, &phase.counts),
            started: phase.started.map(|at| when(l, at, now)),
            silent: phase.silent,
            share: phase.share_percent.filter(|_| phase.started.is_none()),
        }
    };
    view.phases.iter().enumerate().map(line).collect()
}

impl DeploymentPage {
    fn new(frame: Frame, view: DeploymentView, list: Page<Execution>, desk: &Desk, attempt: Attempt) -> Self {
        let counts = total(&view);
        let states = vec![
            ("succeeded", counts.succeeded),
            ("rolled_back", counts.rolled_back),
            ("failed", counts.failed),
            ("rebooting", counts.rebooting),
            ("installing", counts.installing),
            ("downloading", counts.downloading),
            ("queued", counts.queued),
            ("declined", counts.declined),
            ("unknown", counts.unknown),
        ];
        let picked = desk.query.typed("state").to_owned();
        let next = |after: String| {
            format!("/console/deployments/{}?state={}&after={}", view.id, encoded(&picked), encoded(&after))
        };
        Self {
            frame,
            release: view.release.to_string(),
            generation: view.generation,
            abort_threshold_percent: view.abort_threshold_percent,
            min_devices: view.min_devices,
            deadline: span(desk.l, view.deadline),
            created_by: view.created_by_name.clone(),
            phases: phase_lines(desk.l, &view, desk.now),
            rollout: Rollout::new(desk.l, &view, &counts, desk.now),
            next: list.next.map(next),
            executions: list.rows.iter().map(|execution| ExecutionLine::new(execution, desk)).collect(),
            states: states.into_iter().filter(|(_, n)| *n > 0).collect(),
            running: matches!(view.state, DeploymentState::Running { .. }),
            paused: matches!(view.state, DeploymentState::Paused { .. }),
            may_deploy: desk.may(Act::SteerDeployment),
            line: DeploymentLine::new(view, desk),
            picked,
            attempt,
        }
    }
}

async fn deployment(desk: Desk, Id(id): Id<DeploymentId>) -> PageReply {
    deployment_page(desk, id, Attempt::default()).await
}

async fn deployment_page(desk: Desk, id: DeploymentId, attempt: Attempt) -> PageReply {
    let (state, ask) = (desk.query.text("state").map(str::to_owned), desk.query.page()?);
    let (view, list) = desk.ask(move |b| Ok((b.deployment(id)?, b.executions(id, state.as_deref(), &ask)?))).await?;
    let view = view.ok_or_else(no_deployment)?;
    let title = desk.l.with2("update-title", ("product", &view.product), ("version", &view.version));
    let frame = desk.frame(title, "deployments").await?.live_unless(&attempt, format!("deployment={id}"));
    page_with(attempt.status(), &DeploymentPage::new(frame, view, list, &desk, attempt))
}

async fn order(desk: Desk, id: DeploymentId, order: DeploymentOrder, done: &'static str) -> PageReply {
    let by = desk.caller.clone();
    match desk.ask(move |b| b.order_deployment(&by, id, order)).await {
        Ok(_) => Ok(go(&format!("/console/deployments/{id}"), done)),
        Err(problem) => refused(desk, id, problem).await,
    }
}

async fn refused(desk: Desk, id: DeploymentId, problem: Problem) -> PageReply {
    if problem.reference.is_some() {
        return Err(problem);
    }
    let attempt = desk.refused("order", crate::door::extract::Fields::default(), problem);
    deployment_page(desk, id, attempt).await
}

async fn pause(desk: Desk, Id(id): Id<DeploymentId>, Sent(_): Sent) -> PageReply {
    order(desk, id, DeploymentOrder::Pause, "paused").await
}

async fn resume(desk: Desk, Id(id): Id<DeploymentId>, Sent(_): Sent) -> PageReply {
    order(desk, id, DeploymentOrder::Resume, "resumed").await
}

async fn abort(desk: Desk, Id(id): Id<DeploymentId>, Sent(_): Sent) -> PageReply {
    order(desk, id, DeploymentOrder::Abort, "aborted").await
}

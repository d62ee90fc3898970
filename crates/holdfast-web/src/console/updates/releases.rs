//! The list of releases, and the page of one release with the form that rolls it out.

use askama::Template;
use holdfast_core::id::ReleaseId;
use holdfast_core::time::Millis;
use holdfast_domain::fleet::dossier::Text;
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::note::Note;
use serde_json::json;

use super::super::words::{Size, When, hex, size, span};
use super::super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use super::{DeploymentLine, ReleaseLine};
use crate::api::no_release;
use crate::backend::PageAsk;
use crate::backend::updates::{NewDeployment, NewPhase, PhaseSize, ReleaseView, TrustView};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Html;
use crate::public::note::NoteView;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/console/releases", Access::May(Act::ViewFleet), releases)
        .get("/console/releases/{id}", Access::May(Act::ViewFleet), release)
        .post("/console/releases/{id}/deploy", Access::May(Act::CreateDeployment), deploy)
        .post("/console/releases/{id}/note", Access::May(Act::PublishRelease), explain)
}

/// The trust document in the words of the page.
struct TrustLine {
    version: u64,
    said: Html,
    root: String,
    release: String,
    release_keys: Vec<String>,
}

impl TrustLine {
    fn new(view: &TrustView, desk: &Desk) -> Self {
        let threshold = |set: &crate::backend::updates::KeySet| {
            desk.l.with2("update-of", ("n", set.threshold), ("of", set.keys.len()))
        };
        Self {
            version: view.trust.version,
            said: desk.l.at2("update-trust", desk.when(view.trust.accepted), ("maker", &view.maker_domain)),
            root: threshold(&view.root),
            release: threshold(&view.release),
            release_keys: view.release.keys.iter().map(|key| hex(key)).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "updates/releases.html")]
struct ReleasesPage {
    frame: Frame,
    releases: Vec<ReleaseLine>,
    next: Option<String>,
    trust: Option<TrustLine>,
}

async fn releases(desk: Desk) -> PageReply {
    let ask = desk.query.page()?;
    let (found, trust) = desk.ask(move |b| Ok((b.releases(None, &ask)?, b.trust(None)?))).await?;
    page(&ReleasesPage {
        frame: desk.frame(desk.l.say("console-nav-releases"), "releases").await?,
        next: found.next.map(|after| format!("/console/releases?after={}", super::super::fleet::encoded(&after))),
        releases: found.rows.iter().map(|release| ReleaseLine::new(release, &desk)).collect(),
        trust: trust.map(|view| TrustLine::new(&view, &desk)),
    })
}

/// Groups that the form offers.
const GROUPS_OFFERED: u16 = 100;
/// Phases that the form offers; empty ones are left out.
const PHASE_ROWS: usize = 4;

/// One row of the form's phases.
struct PhaseRow {
    n: usize,
    size: &'static str,
    unit: &'static str,
    success: &'static str,
}

/// What stands in the form at first: a tenth, then a third, then everybody.
const PHASE_DEFAULTS: [PhaseRow; PHASE_ROWS] = [
    PhaseRow { n: 1, size: "10", unit: "percent", success: "90" },
    PhaseRow { n: 2, size: "30", unit: "percent", success: "95" },
    PhaseRow { n: 3, size: "100", unit: "percent", success: "95" },
    PhaseRow { n: 4, size: "", unit: "percent", success: "" },
];

/// One version of the note, for its history.
struct NoteLine {
    version: u32,
    at: When,
}

/// What stands in the form of the note at first.
#[derive(Default)]
struct NoteForm {
    risk: String,
    risk_de: String,
    urgency: String,
    minutes: String,
    to_do: String,
    more: String,
    more_de: String,
    advisories: String,
}

impl NoteForm {
    fn of(note: Option<&Note>) -> Self {
        let Some(note) = note else { return Self::default() };
        let own = |text: &Text, tag: &str| {
            text.iter().find(|(language, _)| *language == tag).map(|(_, words)| words.to_owned()).unwrap_or_default()
        };
        Self {
            risk: own(&note.risk, "en"),
            risk_de: own(&note.risk, "de"),
            urgency: note.urgency.word().to_owned(),
            minutes: note.interruption_minutes.to_string(),
            to_do: note.to_do.word().to_owned(),
            more: own(&note.to_do_words, "en"),
            more_de: own(&note.to_do_words, "de"),
            advisories: note.advisories.join(", "),
        }
    }
}

#[derive(Template)]
#[template(path = "updates/release.html")]
struct ReleasePage {
    frame: Frame,
    line: ReleaseLine,
    description: String,
    security_floor: u64,
    manifest_digest: String,
    artifact_digest: String,
    artifact_bytes: Size,
    artifact_stored: bool,
    signer_keys: Vec<String>,
    signers_needed: u32,
    running: u64,
    devices: u64,
    health: Option<(String, String)>,
    deployments: Vec<DeploymentLine>,
    note: Option<NoteView>,
    kept: Vec<NoteLine>,
    form: NoteForm,
    may_explain: bool,
    may_deploy: bool,
    phases: &'static [PhaseRow],
    groups: Vec<String>,
    attempt: Attempt,
}

impl ReleasePage {
    fn kind_meaning(&self) -> &'static str {
        match self.line.kind {
            "security" => "update-kind-security",
            _ => "update-kind-feature",
        }
    }

    fn new(frame: Frame, view: ReleaseView, groups: Vec<String>, desk: &Desk, attempt: Attempt) -> Self {
        let release = &view.release;
        Self {
            frame,
            line: ReleaseLine::new(release, desk),
            description: release.description.clone(),
            security_floor: release.security_floor,
            manifest_digest: hex(&release.manifest_digest),
            artifact_digest: hex(&release.artifact_digest),
            artifact_bytes: size(desk.l, release.artifact_bytes),
            artifact_stored: view.artifact_stored,
            signer_keys: view.signer_keys.iter().map(|key| hex(key)).collect(),
            signers_needed: view.signers_needed,
            running: view.running,
            devices: view.devices,
            health: view.health.map(|(program, within)| (program, span(desk.l, within))),
            deployments: view.deployments.into_iter().map(|view| DeploymentLine::new(view, desk)).collect(),
            note: view.notes.first().map(|kept| NoteView::new(desk.l, &kept.note)),
            kept: view.notes.iter().map(|kept| NoteLine { version: kept.version, at: desk.when(kept.at) }).collect(),
            form: NoteForm::of(view.notes.first().map(|kept| &kept.note)),
            may_explain: desk.may(Act::PublishRelease),
            may_deploy: desk.may(Act::CreateDeployment) && !release.withdrawn,
            phases: &PHASE_DEFAULTS,
            groups,
            attempt,
        }
    }
}

async fn release(desk: Desk, Id(id): Id<ReleaseId>) -> PageReply {
    release_page(desk, id, Attempt::default()).await
}

async fn release_page(desk: Desk, id: ReleaseId, attempt: Attempt) -> PageReply {
    let (view, groups) =
        desk.ask(move |b| Ok((b.release(id)?, b.groups(&PageAsk::first(GROUPS_OFFERED))?.rows))).await?;
    let view = view.ok_or_else(no_release)?;
    let groups = groups.iter().map(|view| view.group.id.to_string()).collect();
    let title = format!("{} {}", view.release.product, view.release.version);
    let frame = desk.frame(title, "releases").await?;
    page_with(attempt.status(), &ReleasePage::new(frame, view, groups, &desk, attempt))
}

async fn deploy(desk: Desk, Id(id): Id<ReleaseId>, Sent(fields): Sent) -> PageReply {
    match try_deploy(&desk, id, &fields).await {
        Ok(made) => Ok(go(&format!("/console/deployments/{made}"), "deployed")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("deploy", fields, problem);
            release_page(desk, id, attempt).await
        }
    }
}

async fn try_deploy(desk: &Desk, id: ReleaseId, fields: &Fields) -> Result<String, Problem> {
    let (by, new) = (desk.caller.clone(), wanted(id, fields)?);
    Ok(desk.ask(move |b| b.add_deployment(&by, &new)).await?.id.to_string())
}

/// Reads the form; minutes there are seconds in the plan.
fn wanted(release: ReleaseId, fields: &Fields) -> Result<NewDeployment, Problem> {
    let mut phases = Vec::new();
    for row in 1..=PHASE_ROWS {
        let Some(size) = fields.parsed::<u32>(&format!("size{row}"))? else { continue };
        let size = if fields.typed(&format!("unit{row}")) == "devices" {
            PhaseSize::Devices(size)
        } else {
            PhaseSize::Percent(u8::try_from(size).unwrap_or(u8::MAX))
        };
        phases.push(NewPhase { size, success_percent: fields.parsed(&format!("success{row}"))?.unwrap_or(100) });
    }
    let minutes: u64 = fields.needed("deadline_min")?;
    Ok(NewDeployment {
        release,
        group: fields.parsed("group")?,
        phases,
        abort_threshold_percent: fields.needed("abort_threshold_percent")?,
        min_devices: fields.needed("min_devices")?,
        deadline: Millis::from_secs(minutes.saturating_mul(60)),
    })
}

async fn explain(desk: Desk, Id(id): Id<ReleaseId>, Sent(fields): Sent) -> PageReply {
    match try_explain(&desk, id, &fields).await {
        Ok(()) => Ok(go(&format!("/console/releases/{id}"), "explained")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("explain", fields, problem);
            release_page(desk, id, attempt).await
        }
    }
}

async fn try_explain(desk: &Desk, id: ReleaseId, fields: &Fields) -> Result<(), Problem> {
    let view = desk.ask(move |b| b.release(id)).await?.ok_or_else(no_release)?;
    let text = |name: &str| fields.typed(name).trim().to_owned();
    let advisories = text("advisories");
    let list: Vec<&str> = advisories.split([',', ' ', '\n']).map(str::trim).filter(|one| !one.is_empty()).collect();
    let minutes: u32 = fields.needed("interruption_minutes")?;
    let note = json!({
        "risk": {"en": text("risk"), "de": text("risk_de")},
        "urgency": text("urgency"),
        "interruption_minutes": minutes,
        "to_do": text("to_do"),
        "to_do_words": {"en": text("to_do_words"), "de": text("to_do_words_de")},
        "advisories": list,
    });
    let (by, digest, note) = (desk.caller.clone(), view.release.manifest_digest, note.to_string());
    desk.ask(move |b| b.put_release_note(&by, digest, &note)).await.map(drop)
}

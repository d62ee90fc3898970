//! Interface of the room `updates`: trust documents, releases, deployments. Artifacts have their own file.

pub(super) mod artifacts;
mod deployments;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use holdfast_core::id::{ProductId, ReleaseId};
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::{Execution, ExecutionState, Release, ReleaseKind, TrustVersion};
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, hex, us};
use crate::backend::updates::{KeySet, TrustView};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Body, Id, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

pub(crate) use deployments::no_deployment;

/// Most bytes of a trust document.
const TRUST_BYTES_MAX: usize = 16 * 1024;
/// Most bytes of a SUIT envelope.
const ENVELOPE_BYTES_MAX: usize = 256 * 1024;
/// Media types in which a COSE object may come (RFC 9052 §10, SUIT manifest §12).
const COSE_TYPES: [&str; 3] = ["application/cose", "application/suit-envelope+cose", "application/octet-stream"];

const ADD_TRUST: About = About::new("Upload the next trust document.")
    .more("A COSE object signed by the keys of the one before; its version is one higher.")
    .takes(&COSE_TYPES);
const TRUST: About = About::new("A trust document as it was signed.").gives(&["application/cose"]);
const RELEASES: &[Ask] = &[Ask::of("product", Kind::Slug, "Only of this product."), Ask::AFTER, Ask::LIMIT];
const ADD_RELEASE: About = About::new("Publish a release.")
    .more("A SUIT envelope signed by enough release keys; its artifact must be stored before, and so must what owners read about it (`/api/v1/release-notes/{digest}`): refused with `release-note-missing` else.")
    .query(&[Ask::of("product", Kind::Slug, "Of which product.").needed()])
    .takes(&COSE_TYPES);
const ENVELOPE: About = About::new("A release's envelope as it was signed.").gives(&["application/suit-envelope+cose"]);

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewFleet);
    let routes = routes
        .api_get("/api/v1/trust", look, trust, About::new("Who may sign what, as of now.").refuses(&[404]))
        .api_post("/api/v1/trust", Access::May(Act::UploadTrust), add_trust, ADD_TRUST)
        .api_get("/api/v1/trust/{version}", look, trust_version, TRUST)
        .api_get("/api/v1/releases", look, releases, About::new("Releases, newest first.").query(RELEASES))
        .api_post("/api/v1/releases", Access::May(Act::PublishRelease), add_release, ADD_RELEASE)
        .api_get("/api/v1/releases/{id}", look, release, "One release: signers, artifact, how many devices run it.")
        .api_get("/api/v1/releases/{id}/envelope", look, envelope, ENVELOPE);
    let routes = artifacts::routes(routes);
    deployments::routes(routes)
}

#[derive(Serialize, ToSchema)]
struct KeySetDoc {
    threshold: u32,
    keys: Vec<String>,
}

impl From<&KeySet> for KeySetDoc {
    fn from(set: &KeySet) -> Self {
        Self { threshold: set.threshold, keys: set.keys.iter().map(|key| hex(key)).collect() }
    }
}

#[derive(Serialize, ToSchema)]
struct TrustDoc {
    version: u64,
    accepted_us: i64,
    maker_domain: String,
    root: KeySetDoc,
    release: KeySetDoc,
    freshness_key: String,
}

impl From<&TrustView> for TrustDoc {
    fn from(view: &TrustView) -> Self {
        Self {
            version: view.trust.version,
            accepted_us: us(view.trust.accepted),
            maker_domain: view.maker_domain.clone(),
            root: KeySetDoc::from(&view.root),
            release: KeySetDoc::from(&view.release),
            freshness_key: hex(&view.freshness_key),
        }
    }
}

async fn trust(State(app): State<App>) -> Reply<TrustDoc> {
    let view = app.ask(|b| b.trust(None)).await?.ok_or_else(no_trust)?;
    Ok(axum::Json(TrustDoc::from(&view)))
}

fn no_trust() -> Problem {
    Problem::absent("trust-unknown", "There is no such trust document. Upload one: holdfast trust upload FILE")
}

/// The signed document itself, as bytes.
async fn trust_version(State(app): State<App>, Id(version): Id<u64>) -> Result<Response, Problem> {
    let view = app.ask(move |b| b.trust(Some(version))).await?.ok_or_else(no_trust)?;
    Ok(([(CONTENT_TYPE, "application/cose")], view.trust.document).into_response())
}

#[derive(Serialize, ToSchema)]
struct TrustMade {
    version: u64,
    accepted_us: i64,
}

impl From<TrustVersion> for TrustMade {
    fn from(trust: TrustVersion) -> Self {
        Self { version: trust.version, accepted_us: us(trust.accepted) }
    }
}

async fn add_trust(State(app): State<App>, Who(by): Who, body: Body<TRUST_BYTES_MAX>) -> Reply<TrustMade> {
    let document = body.of_type(&COSE_TYPES)?;
    Ok(axum::Json(app.ask(move |b| b.add_trust(&by, &document)).await?.into()))
}

/// The word of a release's kind.
pub(crate) const fn kind_word(kind: ReleaseKind) -> &'static str {
    match kind {
        ReleaseKind::Security => "security",
        ReleaseKind::Feature => "feature",
    }
}

#[derive(Serialize, ToSchema)]
struct ReleaseRow {
    id: String,
    product: String,
    version: String,
    sequence: u64,
    kind: &'static str,
    security_floor: u64,
    description: String,
    manifest_digest: String,
    artifact_digest: String,
    artifact_bytes: u64,
    signers: u32,
    published_us: i64,
    withdrawn: bool,
}

impl From<&Release> for ReleaseRow {
    fn from(release: &Release) -> Self {
        Self {
            id: release.id.to_string(),
            product: release.product.to_string(),
            version: release.version.clone(),
            sequence: release.sequence,
            kind: kind_word(release.kind),
            security_floor: release.security_floor,
            description: release.description.clone(),
            manifest_digest: hex(&release.manifest_digest),
            artifact_digest: hex(&release.artifact_digest),
            artifact_bytes: release.artifact_bytes,
            signers: release.signers,
            published_us: us(release.published),
            withdrawn: release.withdrawn,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ReleaseDoc {
    #[serde(flatten)]
    row: ReleaseRow,
    signer_keys: Vec<String>,
    signers_needed: u32,
    artifact_stored: bool,
    running: u64,
    devices: u64,
    /// What owners read about it; null for releases from before there were notes.
    note: Option<Value>,
    /// Version of that note.
    note_version: u32,
}

async fn releases(State(app): State<App>, Asked(query): Asked) -> Reply<List<ReleaseRow>> {
    let query = query.only(&["product", "after", "limit"])?;
    let (product, page) = (query.parsed::<ProductId>("product")?, query.page()?);
    let page = app.ask(move |b| b.releases(product.as_ref(), &page)).await?;
    Ok(List::of(page, |release| ReleaseRow::from(&release)))
}

async fn release(State(app): State<App>, Id(id): Id<ReleaseId>) -> Reply<ReleaseDoc> {
    let view = app.ask(move |b| b.release(id)).await?.ok_or_else(no_release)?;
    Ok(axum::Json(ReleaseDoc {
        row: ReleaseRow::from(&view.release),
        signer_keys: view.signer_keys.iter().map(|key| hex(key)).collect(),
        signers_needed: view.signers_needed,
        artifact_stored: view.artifact_stored,
        running: view.running,
        devices: view.devices,
        note: view.notes.first().map(|kept| document(&kept.note.text())),
        note_version: view.notes.first().map_or(0, |kept| kept.version),
    }))
}

/// There is no such release.
pub(crate) fn no_release() -> Problem {
    Problem::absent("release-unknown", "There is no such release.")
}

async fn envelope(State(app): State<App>, Id(id): Id<ReleaseId>) -> Result<Response, Problem> {
    let view = app.ask(move |b| b.release(id)).await?.ok_or_else(no_release)?;
    Ok(([(CONTENT_TYPE, "application/suit-envelope+cose")], view.release.envelope).into_response())
}

async fn add_release(
    State(app): State<App>,
    Who(by): Who,
    Asked(query): Asked,
    body: Body<ENVELOPE_BYTES_MAX>,
) -> Reply<ReleaseRow> {
    let product: ProductId = query.only(&["product"])?.needed("product")?;
    let envelope = body.of_type(&COSE_TYPES)?;
    let release = app.ask(move |b| b.add_release(&by, &product, &envelope)).await?;
    Ok(axum::Json(ReleaseRow::from(&release)))
}

/// One device's run.
#[derive(Serialize, ToSchema)]
pub(super) struct ExecutionRow {
    deployment: String,
    device: String,
    phase: u32,
    state: &'static str,
    reason: Option<String>,
    percent: u8,
    changed_us: i64,
}

impl From<Execution> for ExecutionRow {
    fn from(execution: Execution) -> Self {
        Self {
            deployment: execution.deployment.to_string(),
            device: execution.device.to_string(),
            phase: execution.phase,
            state: execution.state.name(),
            reason: reason_of(&execution.state).map(str::to_owned),
            percent: execution.percent,
            changed_us: us(execution.changed),
        }
    }
}

/// The named reason of an execution that did not go well.
pub(crate) fn reason_of(state: &ExecutionState) -> Option<&str> {
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

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    deployments::read_bodies(bytes);
}

//! What surrounds the values of a stream: gaps and quality, signatures, refused messages, logs, retention.

use axum::extract::State;
use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_domain::people::access::{Act, may};
use holdfast_domain::telemetry::score::Score;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{List, Reply, us};
use super::Listed;
use crate::backend::telemetry::{Account, AsideView, FaultView, LogView, RetentionView};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Id, Ids, Who};
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, read) = (Access::May(Act::ViewFleet), Access::May(Act::ReadTelemetry));
    let page = |summary: &'static str| About::new(summary).query(Ask::PAGE);
    routes
        .api_get(
            "/api/v1/devices/{id}/telemetry/{stream}/account",
            look,
            account,
            "Gaps, repeats and quality of a stream.",
        )
        .api_get(
            "/api/v1/devices/{id}/telemetry/{stream}/signatures",
            Access::May(Act::ViewEvidence),
            signatures,
            "Check the signatures of a stream's messages again.",
        )
        .api_get("/api/v1/devices/{id}/aside", read, asides, page("Messages that were refused and kept aside."))
        .api_get("/api/v1/devices/{id}/faults", look, faults, page("Which values were refused, counted by reason."))
        .api_get("/api/v1/devices/{id}/log", read, log, page("A device's log, newest first."))
        .api_post(
            "/api/v1/products/{id}/replay",
            Access::May(Act::PutProduct),
            replay,
            "Judge again what was kept aside, by the product's present model.",
        )
        .api_get("/api/v1/retention", look, retention, page("How long each stream is kept and what was deleted."))
}

/// A stream's quality, in percent.
#[derive(Serialize, ToSchema)]
pub(super) struct ScoreDoc {
    overall: u8,
    completeness: u8,
    timeliness: u8,
    validity: u8,
    consistency: u8,
    stale: bool,
}

impl From<Score> for ScoreDoc {
    fn from(score: Score) -> Self {
        let Score { completeness, timeliness, validity, consistency, overall, stale } = score;
        Self { overall, completeness, timeliness, validity, consistency, stale }
    }
}

#[derive(Serialize, ToSchema)]
struct GapDoc {
    first: u64,
    last: u64,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AccountDoc {
    /// First and last counter of each run without a gap.
    #[schema(value_type = Vec<Vec<u64>>)]
    runs: Vec<(u64, u64)>,
    gaps: Vec<GapDoc>,
    missing: u64,
    shed: u64,
    unlisted: u64,
    repeats: u64,
    quality: ScoreDoc,
    quality_of_readings: u64,
}

impl From<Account> for AccountDoc {
    fn from(account: Account) -> Self {
        let gap = |gap: holdfast_domain::telemetry::gaps::Gap| GapDoc {
            first: gap.span.first,
            last: gap.span.last,
            count: gap.span.len(),
            reason: gap.reason,
        };
        Self {
            runs: account.runs.into_iter().map(|run| (run.first, run.last)).collect(),
            gaps: account.gaps.into_iter().map(gap).collect(),
            missing: account.missing,
            shed: account.shed,
            unlisted: account.unlisted,
            repeats: account.repeats,
            quality: account.score.into(),
            quality_of_readings: account.looked_at,
        }
    }
}

async fn account(
    State(app): State<App>,
    Ids(device, stream): Ids<DeviceId, StreamId>,
    Asked(query): Asked,
) -> Reply<AccountDoc> {
    query.only(&[])?;
    Ok(axum::Json(app.ask(move |b| b.account(&device, &stream)).await?.into()))
}

#[derive(Serialize, ToSchema)]
struct SignaturesDoc {
    signatures: u64,
    verified: u64,
    altered: Vec<u64>,
    absent: u64,
    broken: Vec<u64>,
    /// Through which device, and how many.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    forwarded: Vec<(String, u64)>,
    more: bool,
}

async fn signatures(
    State(app): State<App>,
    Ids(device, stream): Ids<DeviceId, StreamId>,
    Asked(query): Asked,
) -> Reply<SignaturesDoc> {
    query.only(&[])?;
    let found = app.ask(move |b| b.check_signatures(&device, &stream)).await?;
    Ok(axum::Json(SignaturesDoc {
        signatures: found.signatures,
        verified: found.verified,
        altered: found.altered,
        absent: found.absent,
        broken: found.broken,
        forwarded: found.forwarded,
        more: found.more,
    }))
}

#[derive(Serialize, ToSchema)]
struct AsideRow {
    id: i64,
    stream: String,
    reason: String,
    field: Option<String>,
    waits: bool,
    received_us: i64,
    payload: Option<String>,
}

impl From<AsideView> for AsideRow {
    fn from(aside: AsideView) -> Self {
        let AsideView { id, stream, reason, field, waits, received, payload } = aside;
        Self { id, stream, reason, field, waits, received_us: us(received), payload }
    }
}

async fn asides(
    State(app): State<App>,
    Who(caller): Who,
    Id(device): Id<DeviceId>,
    Asked(query): Asked,
) -> Listed<AsideRow> {
    let page = query.only(&["after", "limit"])?.page()?;
    let clear = may(caller.person.role, Act::ReadSensitive);
    Ok(List::of(app.ask(move |b| b.asides(&device, &page, clear)).await?, AsideRow::from))
}

#[derive(Serialize, ToSchema)]
struct FaultRow {
    stream: String,
    field: String,
    reason: String,
    count: u64,
    last_us: i64,
}

async fn faults(State(app): State<App>, Id(device): Id<DeviceId>, Asked(query): Asked) -> Listed<FaultRow> {
    let row = |fault: FaultView| FaultRow {
        stream: fault.stream,
        field: fault.field,
        reason: fault.reason,
        count: fault.count,
        last_us: us(fault.last),
    };
    let faults = app.ask(move |b| b.faults(&device)).await?;
    let key = |row: &FaultRow| format!("{}.{}.{}", row.stream, row.field, row.reason);
    List::cut(faults.into_iter().map(row).collect(), &query.page()?, key)
}

#[derive(Serialize, ToSchema)]
struct LogRow {
    counter: u64,
    line: u32,
    level: String,
    code: String,
    text: String,
    at_us: i64,
    received_us: i64,
}

impl From<LogView> for LogRow {
    fn from(line: LogView) -> Self {
        Self {
            counter: line.counter,
            line: line.line,
            level: line.level,
            code: line.code,
            text: line.text,
            at_us: us(line.at),
            received_us: us(line.received),
        }
    }
}

async fn log(State(app): State<App>, Id(device): Id<DeviceId>, Asked(query): Asked) -> Listed<LogRow> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.device_log(&device, &page)).await?, LogRow::from))
}

#[derive(Serialize, ToSchema)]
struct ReplayedDoc {
    stored: u64,
    repeats: u64,
    waiting: u64,
}

async fn replay(State(app): State<App>, Who(by): Who, Id(product): Id<ProductId>) -> Reply<ReplayedDoc> {
    let done = app.ask(move |b| b.replay(&by, &product)).await?;
    Ok(axum::Json(ReplayedDoc { stored: done.stored, repeats: done.repeats, waiting: done.waiting }))
}

#[derive(Serialize, ToSchema)]
struct RetentionRow {
    product: String,
    stream: String,
    keep_ms: u64,
    deleted: u64,
    deleted_last: u64,
    last_run_us: Option<i64>,
    next_run_us: Option<i64>,
}

async fn retention(State(app): State<App>, Asked(query): Asked) -> Listed<RetentionRow> {
    let row = |run: RetentionView| RetentionRow {
        product: run.product.to_string(),
        stream: run.stream,
        keep_ms: run.keep_ms,
        deleted: run.deleted,
        deleted_last: run.deleted_last,
        last_run_us: run.last_run.map(us),
        next_run_us: run.next_run.map(us),
    };
    let runs = app.ask(crate::backend::telemetry::Telemetry::retention).await?;
    List::cut(runs.into_iter().map(row).collect(), &query.page()?, |row| format!("{}.{}", row.product, row.stream))
}

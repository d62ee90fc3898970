//! Interface of the ledger and of the room `conformity`.

use axum::extract::State;
use holdfast_domain::people::access::Act;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, hex, us};
use crate::backend::history::{ConformityRow, History, LedgerEntry};
use crate::console::conformity::status_word;
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::Asked;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const ENTRIES: About = About::new("Ledger entries, oldest first.").query(&[
    Ask::of("from", Kind::Number(0, i64::MAX), "Index of the first entry; the same as `after`."),
    Ask::AFTER,
    Ask::LIMIT,
]);

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewEvidence);
    routes
        .api_get("/api/v1/authority", Access::Public, authority, "The installation's CA and public keys.")
        .api_get("/api/v1/ledger/checkpoint", look, checkpoint, "The signed head of the ledger.")
        .api_get("/api/v1/ledger/entries", look, entries, ENTRIES)
        .api_get("/api/v1/conformity", look, conformity, "The status of every requirement, computed from facts.")
}

#[derive(Serialize, ToSchema)]
struct AuthorityDoc {
    ca_pem: String,
    cas_pem: Vec<String>,
    freshness_key: String,
    ledger_key: String,
    ledger_origin: String,
}

async fn authority(State(app): State<App>) -> Reply<AuthorityDoc> {
    let authority = app.ask(History::authority).await?;
    Ok(axum::Json(AuthorityDoc {
        ca_pem: authority.ca_pem,
        cas_pem: authority.cas_pem,
        freshness_key: authority.freshness_key,
        ledger_key: authority.ledger_key,
        ledger_origin: authority.ledger_origin,
    }))
}

#[derive(Serialize, ToSchema)]
struct CheckpointDoc {
    note: String,
    size: u64,
    root: String,
}

async fn checkpoint(State(app): State<App>) -> Reply<CheckpointDoc> {
    let head = app.ask(History::checkpoint).await?;
    Ok(axum::Json(CheckpointDoc { note: head.note, size: head.size, root: hex(&head.root) }))
}

/// An entry; `leaf` is the exact text that is hashed, `line` the same as JSON.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryRow {
    index: u64,
    at_us: i64,
    kind: String,
    leaf: String,
    leaf_hash: String,
    line: Value,
}

impl From<LedgerEntry> for EntryRow {
    fn from(entry: LedgerEntry) -> Self {
        Self {
            index: entry.index,
            at_us: us(entry.at),
            kind: entry.kind,
            line: document(&entry.leaf),
            leaf: entry.leaf,
            leaf_hash: hex(&entry.leaf_hash),
        }
    }
}

async fn entries(State(app): State<App>, Asked(query): Asked) -> Reply<List<EntryRow>> {
    let (from, rows) = (query.parsed("after")?.or(query.parsed("from")?).unwrap_or(0), query.page()?.rows);
    let page = app.ask(move |b| b.ledger_entries(from, rows)).await?;
    let full = page.len() == usize::from(rows);
    let next = page.last().filter(|_| full).map(|entry| (entry.index + 1).to_string());
    Ok(axum::Json(List { items: page.into_iter().map(EntryRow::from).collect(), next }))
}

#[derive(Serialize, ToSchema)]
struct RequirementRow {
    id: String,
    text: String,
    level: String,
    capability: String,
    status: &'static str,
    evidence: String,
    as_of_us: Option<i64>,
}

impl From<ConformityRow> for RequirementRow {
    fn from(row: ConformityRow) -> Self {
        Self {
            id: row.id,
            text: row.text,
            level: row.level,
            capability: row.capability,
            status: status_word(row.status),
            evidence: row.evidence,
            as_of_us: row.as_of.map(us),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ConformityDoc {
    catalogue: String,
    at_us: i64,
    items: Vec<RequirementRow>,
}

/// The whole catalogue in one answer: it has a few hundred rows.
async fn conformity(State(app): State<App>) -> Result<axum::Json<ConformityDoc>, Problem> {
    let report = app.ask(History::conformity).await?;
    Ok(axum::Json(ConformityDoc {
        catalogue: report.catalogue,
        at_us: us(report.at),
        items: report.rows.into_iter().map(RequirementRow::from).collect(),
    }))
}

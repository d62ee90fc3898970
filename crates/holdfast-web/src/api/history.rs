//! Interface of the ledger and of the room `conformity`.

use axum::extract::State;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::kind;
use holdfast_domain::people::access::Act;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, hex, us};
use crate::backend::history::{ConformityRow, History, LedgerAsk, LedgerEntry, LedgerOf};
use crate::console::conformity::status_word;
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Fields, Id};
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
        .api_get("/api/v1/ledger/search", look, search, SEARCH)
        .api_get("/api/v1/ledger/entries/{index}", look, proven, "One entry with its inclusion proof.")
        .api_get("/api/v1/conformity", look, conformity, "The status of every requirement, computed from facts.")
}

const SEARCH: About =
    About::new("Entries of the ledger, newest first.").more("At most one of `device`, `person` and `kind`.").query(&[
        Ask::of("device", Kind::Slug, "Only entries that name this device."),
        Ask::of("person", Kind::Text, "Only entries that name this person."),
        Ask::of("kind", Kind::Text, "Only entries of this kind, such as `device-enrolled`."),
        Ask::of("before_us", Kind::Number(0, i64::MAX), "Only entries from before this moment."),
        Ask::AFTER,
        Ask::LIMIT,
    ]);

/// Reads which entries are meant.
pub(crate) fn ledger_ask(query: &Fields) -> Result<LedgerAsk, Problem> {
    let of = match (query.parsed("device")?, query.parsed("person")?, query.text("kind")) {
        (None, None, None) => LedgerOf::All,
        (Some(device), None, None) => LedgerOf::Device(device),
        (None, Some(person), None) => LedgerOf::Person(person),
        (None, None, Some(kind)) if kind::ALL.contains(&kind) => LedgerOf::Kind(kind.to_owned()),
        (None, None, Some(_)) => {
            return Err(Problem::malformed("kind-unknown", "The ledger has no entries of such a kind."));
        }
        _ => return Err(Problem::malformed("field-malformed", "Give one of `device`, `person` and `kind`.")),
    };
    Ok(LedgerAsk { of, before: query.parsed("before_us")?.map(Timestamp::from_micros) })
}

async fn search(State(app): State<App>, Asked(query): Asked) -> Reply<List<EntryRow>> {
    let (ask, page) = (ledger_ask(&query)?, query.page()?);
    Ok(List::of(app.ask(move |b| b.ledger_search(&ask, &page)).await?, EntryRow::from))
}

#[derive(Serialize, ToSchema)]
struct ProvenDoc {
    entry: EntryRow,
    checkpoint: String,
    size: u64,
    root: String,
    /// Hashes from the leaf up to the root (RFC 6962 §2.1.1); null if the head is older than the entry.
    path: Option<Vec<String>>,
}

async fn proven(State(app): State<App>, Id(index): Id<u64>) -> Reply<ProvenDoc> {
    let proof = app.ask(move |b| b.ledger_entry(index)).await?.ok_or_else(no_entry)?;
    Ok(axum::Json(ProvenDoc {
        entry: proof.entry.into(),
        checkpoint: proof.head.note,
        size: proof.head.size,
        root: hex(&proof.head.root),
        path: proof.path.map(|path| path.iter().map(|hash| hex(hash)).collect()),
    }))
}

/// There is no such entry.
pub(crate) fn no_entry() -> Problem {
    Problem::absent("entry-unknown", "The ledger has no such entry.")
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

//! The ledger explorer: its signed head, its entries by kind, device, person and time, and the proof of each entry.
//!
//! Every page says how to check it without trusting this server.

use askama::Template;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::kind;
use holdfast_domain::fleet::dossier::Day;
use holdfast_domain::people::access::Act;
use serde_json::{Map, Value};

use super::device::EntryLine;
use super::fleet::encoded;
use super::words::{hex, why};
use super::{Desk, Frame, PageReply, page};
use crate::api::{ledger_ask, no_entry};
use crate::backend::PageAsk;
use crate::backend::history::{Authority, Checkpoint, EntryProof};
use crate::door::extract::{Fields, Id};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewEvidence);
    routes.get("/console/ledger", look, ledger).get("/console/ledger/{index}", look, entry)
}

/// Entries on one page.
const ROWS: u16 = 50;

#[derive(Template)]
#[template(path = "ledger/ledger.html")]
struct LedgerPage {
    frame: Frame,
    head: Checkpoint,
    root: String,
    size: String,
    authority: Authority,
    query: Fields,
    wrong: Option<String>,
    entries: Vec<EntryLine>,
    next: Option<String>,
    filtered: bool,
    paged: bool,
}

impl LedgerPage {
    fn picked(&self, field: &str, value: &str) -> bool {
        self.query.typed(field) == value
    }
}

/// The day of the address, as the moment at which it is over.
fn day_end(query: &Fields) -> Result<Option<Timestamp>, Problem> {
    Ok(query.parsed::<Day>("until")?.map(Day::end))
}

fn next_address(query: &Fields, after: &str) -> String {
    let kept = ["kind", "device", "person", "until"];
    let kept = kept.iter().filter_map(|name| query.text(name).map(|value| format!("{name}={}&", encoded(value))));
    format!("/console/ledger?{}after={}", kept.collect::<String>(), encoded(after))
}

async fn ledger(desk: Desk) -> PageReply {
    let ask = PageAsk { after: desk.query.text("after").map(str::to_owned), rows: ROWS };
    let paged = ask.after.is_some();
    let filtered = ["kind", "device", "person", "until"].iter().any(|name| desk.query.text(name).is_some());
    let wanted = ledger_ask(&desk.query).and_then(|wanted| Ok((wanted, day_end(&desk.query)?)));
    let (head, authority) = desk.ask(|b| Ok((b.checkpoint()?, b.authority()?))).await?;
    let (found, wrong) = match wanted {
        Ok((mut wanted, until)) => {
            wanted.before = until;
            (Some(desk.ask(move |b| b.ledger_search(&wanted, &ask)).await?), None)
        }
        Err(problem) => (None, Some(why(desk.l, &problem))),
    };
    let (rows, next) = found.map(|page| (page.rows, page.next)).unwrap_or_default();
    page(&LedgerPage {
        frame: desk.frame(desk.l.say("console-nav-ledger"), "ledger").await?,
        root: hex(&head.root),
        size: desk.l.number(head.size),
        next: next.map(|after| next_address(&desk.query, &after)),
        entries: rows.into_iter().map(|entry| EntryLine::new(entry, &desk)).collect(),
        query: desk.query,
        wrong,
        filtered,
        paged,
        authority,
        head,
    })
}

/// One fact of an entry, with where it leads.
struct FactLine {
    name: String,
    value: String,
    address: Option<String>,
}

#[derive(Template)]
#[template(path = "ledger/entry.html")]
struct EntryPage {
    frame: Frame,
    line: EntryLine,
    hash: String,
    facts: Vec<FactLine>,
    path: Option<Vec<String>>,
    size: u64,
    root: String,
    authority: Authority,
    before: Option<u64>,
    after: Option<u64>,
}

fn facts(l: Lang, leaf: &str) -> Vec<FactLine> {
    let map: Map<String, Value> = serde_json::from_str(leaf).unwrap_or_default();
    let line = |(name, value): (&String, &Value)| {
        let value = value.as_str()?.to_owned();
        let address = match name.as_str() {
            "device" => Some(format!("/console/devices/{value}")),
            "product" => Some(format!("/console/products/{value}")),
            "release" => Some(format!("/console/releases/{value}")),
            "deployment" => Some(format!("/console/deployments/{value}")),
            "finding" => Some(format!("/console/findings/{value}")),
            "group" => Some(format!("/console/groups/{value}")),
            "bulk" => Some(format!("/console/bulk/{value}")),
            "person" => Some(format!("/console/ledger?person={value}")),
            _ => None,
        };
        (name != "kind").then(|| FactLine { name: l.term(name), value, address })
    };
    map.iter().filter_map(line).collect()
}

async fn entry(desk: Desk, Id(index): Id<u64>) -> PageReply {
    let (proof, authority) = desk.ask(move |b| Ok((b.ledger_entry(index)?, b.authority()?))).await?;
    let EntryProof { entry, head, path } = proof.ok_or_else(no_entry)?;
    let facts = facts(desk.l, &entry.leaf);
    let hash = hex(&entry.leaf_hash);
    page(&EntryPage {
        frame: desk.frame(desk.l.with("ledger-entry", "n", index), "ledger").await?,
        line: EntryLine::new(entry, &desk),
        hash,
        facts,
        path: path.map(|path| path.iter().map(|hash| hex(hash)).collect()),
        size: head.size,
        root: hex(&head.root),
        authority,
        before: index.checked_sub(1),
        after: (index + 1 < head.size).then_some(index + 1),
    })
}

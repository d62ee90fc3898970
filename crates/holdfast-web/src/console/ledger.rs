//! The ledger explorer: its signed head, its entries, and how to check both without trusting this page.

use askama::Template;
use holdfast_domain::people::access::Act;

use super::device::EntryLine;
use super::words::{grouped, hex};
use super::{Desk, Frame, PageReply, page};
use crate::backend::history::{Authority, Checkpoint};
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/ledger", Access::May(Act::ViewEvidence), ledger)
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
    entries: Vec<EntryLine>,
    older: Option<u64>,
    newer: Option<u64>,
}

async fn ledger(desk: Desk) -> PageReply {
    let asked: Option<u64> = desk.query.parsed("from")?;
    let (head, authority, entries, from) = desk
        .ask(move |b| {
            let head = b.checkpoint()?;
            let from = asked.unwrap_or_else(|| head.size.saturating_sub(u64::from(ROWS)));
            Ok((head, b.authority()?, b.ledger_entries(from, ROWS)?, from))
        })
        .await?;
    let after = from.saturating_add(u64::from(ROWS));
    let mut entries: Vec<_> = entries.into_iter().map(|entry| EntryLine::new(entry, &desk)).collect();
    entries.reverse();
    page(&LedgerPage {
        frame: desk.frame("Ledger", "ledger").await?,
        root: hex(&head.root),
        size: grouped(head.size),
        older: (from > 0).then(|| from.saturating_sub(u64::from(ROWS))),
        newer: (after < head.size).then_some(after),
        entries,
        authority,
        head,
    })
}

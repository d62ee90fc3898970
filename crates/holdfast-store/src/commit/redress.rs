//! Changes to complaints and the register of breaches.

use holdfast_core::id::{AlertId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::breach::{Breach, BreachChange};
use holdfast_domain::people::complaint::{Complaint, ComplaintChange};
use holdfast_domain::people::help::Stands;
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::redress::account_text;
use crate::row::int;
use crate::sql;
use crate::writer::Desk;

impl Desk {
    pub(super) fn change_complaint(&self, change: &ComplaintChange) -> Result<(), CommitError> {
        match change {
            ComplaintChange::Open(complaint) => self.open_complaint(complaint),
            ComplaintChange::Say(said) => {
                let on = On { key: "help-changed", unique: "help-changed", foreign: "complaint-unknown" };
                let author = said.author.map(|author| author.to_string());
                let row = params![said.complaint.to_string(), said.number, author, said.at.as_micros(), said.text];
                self.add(sql::COMPLAINT_SAY, row, on)
            }
            ComplaintChange::Put(complaint) => {
                let (outcome, closed) = end_columns(complaint.stands);
                let row = params![
                    complaint.answered.map(Timestamp::as_micros),
                    complaint.stands.word(),
                    outcome,
                    closed,
                    complaint.messages,
                    complaint.alert.as_ref().map(AlertId::to_string),
                    complaint.id.to_string(),
                ];
                self.must(sql::COMPLAINT_PUT, row, "complaint-unknown")
            }
        }
    }

    fn open_complaint(&self, complaint: &Complaint) -> Result<(), CommitError> {
        let on = On { key: "complaint-known", unique: "complaint-known", foreign: "product-unknown" };
        let (outcome, closed) = end_columns(complaint.stands);
        let row = params![
            complaint.id.to_string(),
            complaint.secret_hash,
            complaint.matter.word(),
            complaint.product.as_ref().map(ProductId::as_str),
            complaint.opened.as_micros(),
            complaint.due.as_micros(),
            complaint.answered.map(Timestamp::as_micros),
            complaint.stands.word(),
            outcome,
            closed,
            complaint.messages,
            complaint.alert.as_ref().map(AlertId::to_string),
        ];
        self.add(sql::COMPLAINT_ADD, row, on)
    }

    pub(super) fn change_breach(&self, change: &BreachChange) -> Result<(), CommitError> {
        let BreachChange { breach, act, by, at } = change;
        let Breach { id, version, noticed, due, risk, products, account, notified, reference, told, closed, alert } =
            breach;
        let id = id.to_string();
        let products = serde_json::json!(products.iter().map(ProductId::as_str).collect::<Vec<_>>()).to_string();
        let account = account_text(account);
        let (notified, closed) = (notified.map(Timestamp::as_micros), closed.map(Timestamp::as_micros));
        let told_at = told.map(|(at, _)| at.as_micros());
        let count = told.map(|(_, count)| int(count)).transpose()?;
        let alert = alert.as_ref().map(AlertId::to_string);
        let (next, before) = (int(*version)?, int(version.saturating_sub(1))?);
        if *version == 1 {
            let on = On { key: "breach-known", unique: "breach-known", foreign: "alert-unknown" };
            let (noticed, due) = (noticed.as_micros(), due.as_micros());
            let row = params![
                id,
                next,
                noticed,
                due,
                risk.word(),
                products,
                account,
                notified,
                reference,
                told_at,
                count,
                closed,
                alert
            ];
            self.add(sql::BREACH_ADD, row, on)?;
        } else {
            let row = params![
                next,
                risk.word(),
                products,
                account,
                notified,
                reference,
                told_at,
                count,
                closed,
                alert,
                id,
                before
            ];
            self.must(sql::BREACH_PUT, row, "breach-version-conflict")?;
        }
        let (Some(act), Some(by)) = (act, by) else { return Ok(()) };
        let on = On { key: "breach-version-conflict", unique: "breach-version-conflict", foreign: "person-unknown" };
        self.add(sql::BREACH_LINE_ADD, params![id, next, act.word(), at.as_micros(), by.to_string()], on)
    }
}

fn end_columns(stands: Stands) -> (Option<&'static str>, Option<i64>) {
    match stands {
        Stands::Closed { outcome, at } => (Some(outcome.word()), Some(at.as_micros())),
        Stands::WaitsForMaker | Stands::Answered => (None, None),
    }
}

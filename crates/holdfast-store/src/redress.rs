//! Reads of complaints about privacy, and the register of breaches.

use holdfast_core::id::{BreachId, ComplaintId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::breach::{Account, Breach, BreachAct, Risk};
use holdfast_domain::people::complaint::{Complaint, Matter, Said};
use holdfast_domain::people::help::{Outcome, Stands};
use rusqlite::params;
use serde_json::{Map, Value, json};

use crate::error::StoreError;
use crate::fleet::NEWEST;
use crate::row::{Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;

/// One line of a breach's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachLine {
    /// The version it made.
    pub version: u64,
    /// What was done.
    pub act: BreachAct,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
}

/// What is counted about complaints and breaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RedressFacts {
    /// Complaints.
    pub complaints: u64,
    /// Those answered in time.
    pub answered_in_time: u64,
    /// Those answered late, or late now.
    pub late: u64,
    /// Breaches in the register.
    pub breaches: u64,
    /// Those of which the authority was told late, or should have been told by now.
    pub breaches_late: u64,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// One complaint.
    pub fn complaint(&self, id: ComplaintId) -> Result<Option<Complaint>, StoreError> {
        self.read(|conn| one(conn, (sql::COMPLAINT, "complaint"), [id.to_string()], complaint_row))
    }

    /// The complaint whose secret has this hash.
    pub fn complaint_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Complaint>, StoreError> {
        self.read(|conn| one(conn, (sql::COMPLAINT_BY_HASH, "complaint"), [hash], complaint_row))
    }

    /// Complaints, newest first, before `before` if given; only those that are not closed if `open_only`.
    pub fn complaints(
        &self,
        open_only: bool,
        before: Option<ComplaintId>,
        limit: u32,
    ) -> Result<Vec<Complaint>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let which = if open_only { sql::COMPLAINTS_OPEN } else { sql::COMPLAINTS_ALL };
        self.read(|conn| all(conn, (which, "complaint"), params![before, limit], complaint_row))
    }

    /// Complaints whose promise was missed by `now` and nobody was told, the oldest promise first.
    pub fn complaints_late(&self, now: Timestamp, limit: u32) -> Result<Vec<Complaint>, StoreError> {
        let asked = params![now.as_micros(), limit];
        self.read(|conn| all(conn, (sql::COMPLAINTS_LATE, "complaint"), asked, complaint_row))
    }

    /// A complaint's messages, oldest first.
    pub fn complaint_messages(&self, id: ComplaintId) -> Result<Vec<Said>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::COMPLAINT_MESSAGES, "complaint_message"), [id.to_string()], |f| {
                Ok(Said {
                    complaint: f.parsed()?,
                    number: f.number()?,
                    author: f.optional(Fields::parsed)?,
                    at: f.time()?,
                    text: f.text()?,
                })
            })
        })
    }

    /// One entry of the register of breaches.
    pub fn breach(&self, id: BreachId) -> Result<Option<Breach>, StoreError> {
        self.read(|conn| one(conn, (sql::BREACH, "breach"), [id.to_string()], breach_row))
    }

    /// The register of breaches, newest first, before `before` if given.
    pub fn breaches(&self, before: Option<BreachId>, limit: u32) -> Result<Vec<Breach>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        self.read(|conn| all(conn, (sql::BREACHES, "breach"), params![before, limit], breach_row))
    }

    /// Breaches that are not closed, oldest first.
    pub fn breaches_open(&self, limit: u32) -> Result<Vec<Breach>, StoreError> {
        self.read(|conn| all(conn, (sql::BREACHES_OPEN, "breach"), [limit], breach_row))
    }

    /// History of a breach, newest first.
    pub fn breach_lines(&self, id: BreachId, limit: u32) -> Result<Vec<BreachLine>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::BREACH_LINES, "breach_line"), params![id.to_string(), limit], |f| {
                let version = f.number()?;
                let act = BreachAct::from_word(f.str()?).ok_or_else(|| f.inconsistent("is an unknown word"))?;
                Ok(BreachLine { version, act, at: f.time()?, by: f.parsed()? })
            })
        })
    }

    /// What is counted about complaints and breaches.
    pub fn redress_facts(&self, now: Timestamp) -> Result<RedressFacts, StoreError> {
        let now = now.as_micros();
        let (complaints, answered_in_time, late) = self.read(|conn| {
            exactly(conn, (sql::COMPLAINT_FACTS, "complaint"), [now], |f| Ok((f.number()?, f.number()?, f.number()?)))
        })?;
        let (breaches, breaches_late) =
            self.read(|conn| exactly(conn, (sql::BREACH_FACTS, "breach"), [now], |f| Ok((f.number()?, f.number()?))))?;
        Ok(RedressFacts { complaints, answered_in_time, late, breaches, breaches_late })
    }
}

fn members(f: &mut Fields<'_>) -> Result<Map<String, Value>, StoreError> {
    let text = f.str()?;
    let parsed: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    parsed.ok_or_else(|| f.inconsistent("is no JSON object"))
}

fn complaint_row(f: &mut Fields<'_>) -> Result<Complaint, StoreError> {
    let (id, secret_hash) = (f.parsed()?, f.bytes()?);
    let matter = Matter::from_word(f.str()?).ok_or_else(|| f.inconsistent("is an unknown word"))?;
    let (product, opened, due) = (f.optional(Fields::parsed)?, f.time()?, f.time()?);
    let answered = f.optional(Fields::time)?;
    let (state, outcome, closed) = (f.text()?, f.optional(Fields::text)?, f.optional(Fields::time)?);
    let stands = match (state.as_str(), outcome.as_deref().map(Outcome::from_word), closed) {
        ("waiting", None, None) => Stands::WaitsForMaker,
        ("answered", None, None) => Stands::Answered,
        ("closed", Some(Some(outcome)), Some(at)) => Stands::Closed { outcome, at },
        _ => return Err(f.inconsistent("and its neighbours fit no state of a complaint")),
    };
    let (messages, alert) = (f.number()?, f.optional(Fields::parsed)?);
    Ok(Complaint { id, secret_hash, matter, product, opened, due, answered, stands, messages, alert })
}

/// What is known of a breach as JSON.
pub(crate) fn account_text(account: &Account) -> String {
    let Account { nature, people, records, contact, consequences, measures, reasons, advice } = account;
    json!({
        "nature": nature, "people": people, "records": records, "contact": contact, "consequences": consequences,
        "measures": measures, "reasons": reasons, "advice": advice,
    })
    .to_string()
}

fn breach_row(f: &mut Fields<'_>) -> Result<Breach, StoreError> {
    let (id, version, noticed, due) = (f.parsed()?, f.number()?, f.time()?, f.time()?);
    let risk = Risk::from_word(f.str()?).ok_or_else(|| f.inconsistent("is an unknown word"))?;
    let listed: Vec<String> = serde_json::from_str(f.str()?).map_err(|_| f.inconsistent("is no list"))?;
    let products = listed.iter().map(|one| one.parse()).collect::<Result<_, _>>();
    let products = products.map_err(|_| f.inconsistent("holds no product ids"))?;
    let members = members(f)?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| members.get(name).and_then(Value::as_u64);
    let account = Account {
        nature: text("nature"),
        people: number("people"),
        records: number("records"),
        contact: text("contact"),
        consequences: text("consequences"),
        measures: text("measures"),
        reasons: text("reasons"),
        advice: text("advice"),
    };
    let (notified, reference) = (f.optional(Fields::time)?, f.text()?);
    let told = f.optional(Fields::time)?.zip(f.optional(Fields::number)?);
    let (closed, alert) = (f.optional(Fields::time)?, f.optional(Fields::parsed)?);
    Ok(Breach { id, version, noticed, due, risk, products, account, notified, reference, told, closed, alert })
}

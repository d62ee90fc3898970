//! Reads of requests for help.

use holdfast_core::id::{HelpId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::help::{Message, Outcome, Request, Stands, Topic};
use rusqlite::params;

use crate::error::StoreError;
use crate::fleet::NEWEST;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::Store;

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// One request.
    pub fn help_request(&self, id: HelpId) -> Result<Option<Request>, StoreError> {
        self.read(|conn| one(conn, (sql::HELP_REQUEST, "help_request"), [id.to_string()], request_row))
    }

    /// A person's requests, newest first, before `before` if given.
    pub fn help_of(&self, person: PersonId, before: Option<HelpId>, limit: u32) -> Result<Vec<Request>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let asked = params![person.to_string(), before, limit];
        self.read(|conn| all(conn, (sql::HELP_OF, "help_request"), asked, request_row))
    }

    /// Everybody's requests, newest first, before `before` if given; only those that are not closed if `open_only`.
    pub fn help_requests(
        &self,
        open_only: bool,
        before: Option<HelpId>,
        limit: u32,
    ) -> Result<Vec<Request>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let which = if open_only { sql::HELP_OPEN } else { sql::HELP_ALL };
        self.read(|conn| all(conn, (which, "help_request"), params![before, limit], request_row))
    }

    /// Requests whose promise was missed by `now` and nobody was told, the oldest promise first.
    pub fn help_late(&self, now: Timestamp, limit: u32) -> Result<Vec<Request>, StoreError> {
        self.read(|conn| all(conn, (sql::HELP_LATE, "help_request"), params![now.as_micros(), limit], request_row))
    }

    /// How many requests of a person are open.
    pub fn help_open_of(&self, person: PersonId) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::HELP_OPEN_OF, "help_request"), [person.to_string()], row::number))
    }

    /// How many requests wait for the maker.
    pub fn help_waiting(&self) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::HELP_WAITING, "help_request"), [], row::number))
    }

    /// A request's messages, oldest first.
    pub fn help_messages(&self, request: HelpId) -> Result<Vec<Message>, StoreError> {
        self.read(|conn| all(conn, (sql::HELP_MESSAGES, "help_message"), [request.to_string()], message_row))
    }
}

fn request_row(f: &mut Fields<'_>) -> Result<Request, StoreError> {
    let (id, person, device) = (f.parsed()?, f.parsed()?, f.optional(Fields::parsed)?);
    let topic = Topic::from_word(f.str()?).ok_or_else(|| f.inconsistent("is an unknown word"))?;
    let (opened, due) = (f.time()?, f.time()?);
    let (answered, overdue) = (f.optional(Fields::time)?, f.optional(Fields::time)?);
    let (state, outcome, closed) = (f.text()?, f.optional(Fields::text)?, f.optional(Fields::time)?);
    let stands = match (state.as_str(), outcome.as_deref().map(Outcome::from_word), closed) {
        ("waiting", None, None) => Stands::WaitsForMaker,
        ("answered", None, None) => Stands::Answered,
        ("closed", Some(Some(outcome)), Some(at)) => Stands::Closed { outcome, at },
        _ => return Err(f.inconsistent("and its neighbours fit no state of a request")),
    };
    Ok(Request { id, person, device, topic, opened, due, answered, overdue, stands, messages: f.number()? })
}

fn message_row(f: &mut Fields<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        request: f.parsed()?,
        number: f.number()?,
        author: f.parsed()?,
        staff: f.flag()?,
        at: f.time()?,
        text: f.text()?,
    })
}

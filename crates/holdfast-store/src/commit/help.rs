//! Changes to requests for help, choices about updates, and what listens in a home.

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::help::{HelpChange, Message, Request, Stands};
use holdfast_domain::updates::choice::{Choice, Wish};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::sql;
use crate::writer::Desk;

impl Desk {
    pub(super) fn change_help(&self, change: &HelpChange) -> Result<(), CommitError> {
        match change {
            HelpChange::Open(request) => self.open_request(request),
            HelpChange::Say(message) => self.add_message(message),
            HelpChange::Put(request) => self.put_request(request),
        }
    }

    fn open_request(&self, request: &Request) -> Result<(), CommitError> {
        let on = On { key: "help-known", unique: "help-known", foreign: "help-about-unknown" };
        let (outcome, closed) = end_columns(request.stands);
        let row = params![
            request.id.to_string(),
            request.person.to_string(),
            request.device.as_ref().map(DeviceId::as_str),
            request.topic.word(),
            request.opened.as_micros(),
            request.due.as_micros(),
            request.answered.map(Timestamp::as_micros),
            request.overdue.map(Timestamp::as_micros),
            request.stands.word(),
            outcome,
            closed,
            request.messages,
        ];
        self.add(sql::HELP_ADD, row, on)
    }

    /// A number that is taken: somebody else wrote at the same moment.
    fn add_message(&self, message: &Message) -> Result<(), CommitError> {
        let on = On { key: "help-changed", unique: "help-changed", foreign: "help-unknown" };
        let Message { request, number, author, staff, at, text } = message;
        let row = params![request.to_string(), number, author.to_string(), staff, at.as_micros(), text];
        self.add(sql::HELP_MESSAGE_ADD, row, on)
    }

    fn put_request(&self, request: &Request) -> Result<(), CommitError> {
        let (outcome, closed) = end_columns(request.stands);
        let row = params![
            request.due.as_micros(),
            request.answered.map(Timestamp::as_micros),
            request.overdue.map(Timestamp::as_micros),
            request.stands.word(),
            outcome,
            closed,
            request.messages,
            request.id.to_string(),
        ];
        self.must(sql::HELP_PUT, row, "help-unknown")
    }

    pub(super) fn set_choice(&self, choice: &Choice) -> Result<(), CommitError> {
        let on = On { key: "choice-known", unique: "choice-known", foreign: "choice-about-unknown" };
        let chosen = &choice.chosen;
        let (offset, until) = match chosen.wish {
            Wish::Tonight { offset_minutes } => (Some(offset_minutes), None),
            Wish::Later { until } => (None, Some(until.as_micros())),
            Wish::Now | Wish::Never => (None, None),
        };
        let row = params![
            choice.device.as_str(),
            choice.release.to_string(),
            choice.manifest_digest,
            chosen.wish.word(),
            offset,
            until,
            chosen.person.to_string(),
            chosen.session.map(|session| session.to_string()),
            chosen.at.as_micros(),
        ];
        self.add(sql::CHOICE_PUT, row, on)
    }

    pub(super) fn set_sensing(
        &self,
        device: &DeviceId,
        property: &str,
        active: bool,
        since: Timestamp,
    ) -> Result<(), CommitError> {
        let on = On { key: "sensing-known", unique: "sensing-known", foreign: "device-unknown" };
        self.add(sql::SENSING_PUT, params![device.as_str(), property, active, since.as_micros()], on)
    }
}

fn end_columns(stands: Stands) -> (Option<&'static str>, Option<i64>) {
    match stands {
        Stands::Closed { outcome, at } => (Some(outcome.word()), Some(at.as_micros())),
        Stands::WaitsForMaker | Stands::Answered => (None, None),
    }
}

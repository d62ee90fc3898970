//! The desk for help and redress: somebody asks, the maker's people answer within a promised time, an outcome ends it.
//!
//! The clock is data: a request says by when its first answer is due, and one that is late is told to the staff once. What
//! people write is personal: it stands in the store alone, never in the ledger and never in a notice.

use holdfast_core::id::{AlertId, DeviceId, HelpId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::notice::{Notice, NoticeKind};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// By when the first answer is promised: 72 hours.
pub const ANSWER_WITHIN: Millis = Millis::from_secs(72 * 3_600);
/// How long after its end a request may be opened again: 14 days.
pub const REOPEN_WITHIN: Millis = Millis::from_secs(14 * 86_400);
/// Most characters of one message.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Most messages of one request.
pub const MESSAGES_MAX: u32 = 200;
/// Most requests of one person that are open at once.
pub const OPEN_MAX: u64 = 10;

crate::words::word_lists! {
    /// What somebody asks for.
    Topic {
        /// How something is done.
        Help = "help",
        /// Something is broken, or does not do what was promised.
        Defect = "defect",
        /// What is known of them: to see it, correct it, take it along, have it erased.
        Data = "data",
        /// Something went wrong, and they want it put right.
        Complaint = "complaint",
    }
    /// How a request ended.
    Outcome {
        /// It works now.
        Solved = "solved",
        /// It was explained.
        Explained = "explained",
        /// The unit was repaired or replaced.
        Replaced = "replaced",
        /// Money was given back.
        Refunded = "refunded",
        /// What was asked about data was done.
        DataDone = "data-done",
        /// The maker says no, and why.
        Refused = "refused",
        /// Whoever asked took it back.
        Withdrawn = "withdrawn",
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// The maker has to say something.
    WaitsForMaker,
    /// The maker has answered.
    Answered,
    /// It is over.
    Closed {
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
}

impl Stands {
    /// The stable kebab-case word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WaitsForMaker => "waiting",
            Self::Answered => "answered",
            Self::Closed { .. } => "closed",
        }
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: HelpId,
    /// Who asks.
    pub person: PersonId,
    /// About which of their devices.
    pub device: Option<DeviceId>,
    /// What for.
    pub topic: Topic,
    /// When it was opened.
    pub opened: Timestamp,
    /// By when the first answer is promised; a new promise begins when it is opened again.
    pub due: Timestamp,
    /// When the first answer came.
    pub answered: Option<Timestamp>,
    /// When the staff was told that it is late.
    pub overdue: Option<Timestamp>,
    /// Where it stands.
    pub stands: Stands,
    /// How many messages it has.
    pub messages: u32,
}

impl Request {
    /// How much of the promised time is left; `None` once somebody has answered.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Millis> {
        (self.answered.is_none() && self.stands == Stands::WaitsForMaker).then(|| self.due.since(now))
    }

    /// Whether an answer is late.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.left(now).is_some() && self.due <= now
    }

    /// Until when whoever asked may open it again; `None` while it is open.
    #[must_use]
    pub const fn reopens_until(&self) -> Option<Timestamp> {
        match self.stands {
            Stands::Closed { at, .. } => Some(at.plus(REOPEN_WITHIN)),
            Stands::WaitsForMaker | Stands::Answered => None,
        }
    }
}

/// One message of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Of which request.
    pub request: HelpId,
    /// Its number, from 0.
    pub number: u32,
    /// Who wrote it.
    pub author: PersonId,
    /// Whether that is one of the maker's people.
    pub staff: bool,
    /// When.
    pub at: Timestamp,
    /// What; personal.
    pub text: String,
}

impl std::fmt::Debug for Message {
    /// Without the text: it is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("request", &self.request).field("number", &self.number).finish_non_exhaustive()
    }
}

/// A change of requests. The store carries each out within the decision's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpChange {
    /// Adds a request.
    Open(Request),
    /// Adds a message; a number that is taken is refused (`help-changed`).
    Say(Message),
    /// Replaces where a request stands: answer, clock, state.
    Put(Request),
}

/// Why a request does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelpRefusal {
    /// Nothing was written, or too much.
    #[error("a message has 1 to {TEXT_CHARS_MAX} characters")]
    Text,
    /// Characters that are not seen or steer a terminal.
    #[error("the message has a character that cannot be shown")]
    Unseen,
    /// Too many are open.
    #[error("at most {OPEN_MAX} requests are open at once; write in one of them")]
    TooManyOpen,
    /// Too many messages.
    #[error("this request has {MESSAGES_MAX} messages; close it and open another")]
    TooManyMessages,
    /// It is over.
    #[error("the request is closed; open it again first")]
    Closed,
    /// It is not over.
    #[error("the request is not closed")]
    NotClosed,
    /// It ended too long ago.
    #[error("a request can be opened again for fourteen days; open a new one")]
    TooOld,
    /// An outcome that only the other side can say.
    #[error("only whoever asked can take a request back, and only the maker can say another outcome")]
    OutcomeOfOthers,
    /// The maker has said nothing yet.
    #[error("a request is not closed before it was answered")]
    NotAnswered,
}

impl HelpRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "help-text-length",
            Self::Unseen => "help-text-unseen",
            Self::TooManyOpen => "help-too-many-open",
            Self::TooManyMessages => "help-too-many-messages",
            Self::Closed => "help-closed",
            Self::NotClosed => "help-not-closed",
            Self::TooOld => "help-too-old",
            Self::OutcomeOfOthers => "help-outcome-of-others",
            Self::NotAnswered => "help-not-answered",
        }
    }
}

/// A text as it may be kept: line breaks are fine, other control characters and ones that turn text around are not.
pub(super) fn kept(text: &str) -> Result<String, HelpRefusal> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Err(HelpRefusal::Text);
    }
    if text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || turns(c)) {
        return Err(HelpRefusal::Unseen);
    }
    Ok(text.to_owned())
}

fn line(kind: &'static str, request: &Request, now: Timestamp) -> LedgerLine {
    LedgerLine::new(kind, now).fact("request", &request.id).fact("topic", request.topic.word())
}

/// What somebody who opens a request says.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// About which of their devices.
    pub device: Option<&'a DeviceId>,
    /// What for.
    pub topic: Topic,
    /// In their words.
    pub text: &'a str,
}

/// Decides to open a request; `open` is how many of the person's are open.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn open(id: HelpId, asked: Asked<'_>, open: u64, by: PersonId, now: Timestamp) -> Result<Decision, HelpRefusal> {
    let text = kept(asked.text)?;
    if open >= OPEN_MAX {
        return Err(HelpRefusal::TooManyOpen);
    }
    let request = Request {
        id,
        person: by,
        device: asked.device.cloned(),
        topic: asked.topic,
        opened: now,
        due: now.plus(ANSWER_WITHIN),
        answered: None,
        overdue: None,
        stands: Stands::WaitsForMaker,
        messages: 1,
    };
    let message = Message { request: id, number: 0, author: by, staff: false, at: now, text };
    let told = notice(&request, by, NoticeKind::HelpReceived, now);
    let line = line(kind::HELP_OPENED, &request, now).fact("person", &by);
    Ok(Decision::new(vec![Change::Help(HelpChange::Open(request)), Change::Help(HelpChange::Say(message))], line)
        .with_change(Change::AddNotice(told)))
}

/// Decides what whoever asked adds; the maker has to look again.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn add(request: &Request, text: &str, now: Timestamp) -> Result<Decision, HelpRefusal> {
    let message = next(request, text, request.person, false, now)?;
    let put =
        Request { stands: Stands::WaitsForMaker, messages: request.messages.saturating_add(1), ..request.clone() };
    Ok(Decision::quiet(vec![Change::Help(HelpChange::Say(message)), Change::Help(HelpChange::Put(put))]))
}

/// Decides an answer of the maker's people; `alert` is the open alert about its lateness, if there is one.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn answer(
    request: &Request,
    text: &str,
    alert: Option<&Alert>,
    by: PersonId,
    now: Timestamp,
) -> Result<Decision, HelpRefusal> {
    let message = next(request, text, by, true, now)?;
    let put = Request {
        stands: Stands::Answered,
        answered: request.answered.or(Some(now)),
        messages: request.messages.saturating_add(1),
        ..request.clone()
    };
    let line = line(kind::HELP_ANSWERED, request, now).fact("person", &by);
    let told = notice(request, request.person, NoticeKind::HelpAnswered, now);
    let mut decision =
        Decision::new(vec![Change::Help(HelpChange::Say(message)), Change::Help(HelpChange::Put(put))], line)
            .with_change(Change::AddNotice(told));
    if let Some(alert) = alert {
        decision = decision.with_change(Change::CloseAlert { alert: alert.id, at: now, by: Some(by) });
    }
    Ok(decision)
}

fn next(request: &Request, text: &str, author: PersonId, staff: bool, now: Timestamp) -> Result<Message, HelpRefusal> {
    if matches!(request.stands, Stands::Closed { .. }) {
        return Err(HelpRefusal::Closed);
    }
    if request.messages >= MESSAGES_MAX {
        return Err(HelpRefusal::TooManyMessages);
    }
    Ok(Message { request: request.id, number: request.messages, author, staff, at: now, text: kept(text)? })
}

/// Decides to end a request. Whoever asked takes it back; the maker's people end it with an outcome, after an answer.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn close(request: &Request, outcome: Outcome, by: PersonId, now: Timestamp) -> Result<Decision, HelpRefusal> {
    if matches!(request.stands, Stands::Closed { .. }) {
        return Err(HelpRefusal::Closed);
    }
    let own = request.person == by;
    if own != (outcome == Outcome::Withdrawn) && !(own && outcome == Outcome::Solved) {
        return Err(HelpRefusal::OutcomeOfOthers);
    }
    if !own && request.answered.is_none() {
        return Err(HelpRefusal::NotAnswered);
    }
    let put = Request { stands: Stands::Closed { outcome, at: now }, ..request.clone() };
    let line = line(kind::HELP_CLOSED, request, now).fact("outcome", outcome.word()).fact("person", &by);
    Ok(Decision::new(vec![Change::Help(HelpChange::Put(put))], line))
}

/// Decides that whoever asked opens a request again, with their reason; the promise begins anew.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn reopen(request: &Request, text: &str, now: Timestamp) -> Result<Decision, HelpRefusal> {
    let until = request.reopens_until().ok_or(HelpRefusal::NotClosed)?;
    if now > until {
        return Err(HelpRefusal::TooOld);
    }
    let open = Request {
        stands: Stands::WaitsForMaker,
        due: now.plus(ANSWER_WITHIN),
        answered: None,
        overdue: None,
        ..request.clone()
    };
    let message = next(&open, text, request.person, false, now)?;
    let put = Request { messages: request.messages.saturating_add(1), ..open };
    let line = line(kind::HELP_REOPENED, request, now).fact("person", &request.person);
    Ok(Decision::new(vec![Change::Help(HelpChange::Say(message)), Change::Help(HelpChange::Put(put))], line))
}

/// Tells the staff that a promise was not kept; `None` if there is nothing to tell or it was told.
#[must_use]
pub fn overdue(request: &Request, staff: &[PersonId], alert: AlertId, now: Timestamp) -> Option<Decision> {
    if !request.is_late(now) || request.overdue.is_some() {
        return None;
    }
    let put = Request { overdue: Some(now), ..request.clone() };
    let text = format!(
        "Request {} ({}) has waited longer than the 72 hours that were promised. Answer it under Help.",
        request.id,
        request.topic.word()
    );
    let opened = Alert {
        id: alert,
        device: request.device.clone(),
        kind: alert_kind::HELP_OVERDUE.to_owned(),
        severity: Severity::Warning,
        text,
        opened: now,
        closed: None,
    };
    let mut decision = Decision::new(
        vec![Change::Help(HelpChange::Put(put)), Change::OpenAlert(opened)],
        line(kind::HELP_OVERDUE, request, now),
    );
    decision
        .changes
        .extend(staff.iter().map(|one| Change::AddNotice(notice(request, *one, NoticeKind::HelpOverdue, request.due))));
    Some(decision)
}

fn notice(request: &Request, whom: PersonId, what: NoticeKind, at: Timestamp) -> Notice {
    Notice::new(whom, what, at).fact("case", request.id)
}

#[cfg(test)]
mod tests;

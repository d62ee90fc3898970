//! Complaints about privacy from anybody: no account, no name, no address. Whoever complains keeps a secret link to follow it.
//!
//! The clock and the words of outcomes are those of the help desk. What is written is personal: it stands in the store alone.

use holdfast_core::id::{AlertId, ComplaintId, PersonId, ProductId};
use holdfast_core::time::Timestamp;

use super::help::{ANSWER_WITHIN, HelpRefusal, MESSAGES_MAX, Outcome, Stands, kept};
use super::notice::{Notice, NoticeKind};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

crate::words::word_lists! {
    /// What a complaint is about.
    Matter {
        /// What is known of somebody: to see, correct or erase it.
        Data = "data",
        /// Somebody receives data who should not.
        Sharing = "sharing",
        /// A device listens, watches or reports more than it says.
        Watching = "watching",
        /// A child's data.
        Child = "child",
        /// Anything else about privacy.
        Other = "other",
    }
}

/// A complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Its id.
    pub id: ComplaintId,
    /// SHA-256 of the secret in its link.
    pub secret_hash: [u8; 32],
    /// About what.
    pub matter: Matter,
    /// About which product, if it was said.
    pub product: Option<ProductId>,
    /// When it came.
    pub opened: Timestamp,
    /// By when the first answer is promised.
    pub due: Timestamp,
    /// When the first answer was given.
    pub answered: Option<Timestamp>,
    /// Where it stands.
    pub stands: Stands,
    /// How many messages it has.
    pub messages: u32,
    /// The alert about its lateness; there is one at most.
    pub alert: Option<AlertId>,
}

impl Complaint {
    /// Whether an answer is late.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.answered.is_none() && self.stands == Stands::WaitsForMaker && self.due <= now
    }
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    /// Of which complaint.
    pub complaint: ComplaintId,
    /// Its number, from 0.
    pub number: u32,
    /// Who of the maker's people wrote it; `None` is whoever complained.
    pub author: Option<PersonId>,
    /// When.
    pub at: Timestamp,
    /// What; personal.
    pub text: String,
}

impl std::fmt::Debug for Said {
    /// Without the text: it is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Said").field("complaint", &self.complaint).field("number", &self.number).finish_non_exhaustive()
    }
}

/// A change of complaints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComplaintChange {
    /// Adds a complaint.
    Open(Complaint),
    /// Adds a message; a number that is taken is refused (`help-changed`).
    Say(Said),
    /// Replaces where it stands.
    Put(Complaint),
}

/// What somebody complains about.
#[derive(Clone, Copy)]
pub struct Complained<'a> {
    /// About what.
    pub matter: Matter,
    /// About which product.
    pub product: Option<&'a ProductId>,
    /// In their words.
    pub text: &'a str,
    /// SHA-256 of the secret in the link that they keep.
    pub secret_hash: [u8; 32],
}

fn put(to: Complaint) -> Change {
    Change::Complaint(ComplaintChange::Put(to))
}

fn line(kind: &'static str, about: &Complaint, now: Timestamp) -> LedgerLine {
    LedgerLine::new(kind, now).fact("complaint", &about.id).fact("matter", about.matter.word())
}

/// Decides to take a complaint.
///
/// # Errors
///
/// [`HelpRefusal`] if it cannot be read.
pub fn open(id: ComplaintId, what: Complained<'_>, now: Timestamp) -> Result<Decision, HelpRefusal> {
    let said = Said { complaint: id, number: 0, author: None, at: now, text: kept(what.text)? };
    let complaint = Complaint {
        id,
        secret_hash: what.secret_hash,
        matter: what.matter,
        product: what.product.cloned(),
        opened: now,
        due: now.plus(ANSWER_WITHIN),
        answered: None,
        stands: Stands::WaitsForMaker,
        messages: 1,
        alert: None,
    };
    let line = line(kind::COMPLAINT_OPENED, &complaint, now);
    let changes =
        vec![Change::Complaint(ComplaintChange::Open(complaint)), Change::Complaint(ComplaintChange::Say(said))];
    Ok(Decision::new(changes, line))
}

fn next(about: &Complaint, text: &str, author: Option<PersonId>, now: Timestamp) -> Result<Said, HelpRefusal> {
    if matches!(about.stands, Stands::Closed { .. }) {
        return Err(HelpRefusal::Closed);
    }
    if about.messages >= MESSAGES_MAX {
        return Err(HelpRefusal::TooManyMessages);
    }
    Ok(Said { complaint: about.id, number: about.messages, author, at: now, text: kept(text)? })
}

/// Decides what whoever complained adds, by the secret link.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn add(about: &Complaint, text: &str, now: Timestamp) -> Result<Decision, HelpRefusal> {
    let said = next(about, text, None, now)?;
    let messages = about.messages.saturating_add(1);
    let to = Complaint { stands: Stands::WaitsForMaker, messages, ..about.clone() };
    Ok(Decision::quiet(vec![Change::Complaint(ComplaintChange::Say(said)), put(to)]))
}

/// Decides an answer of the maker's people.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn answer(about: &Complaint, text: &str, by: PersonId, now: Timestamp) -> Result<Decision, HelpRefusal> {
    let said = next(about, text, Some(by), now)?;
    let to = Complaint {
        stands: Stands::Answered,
        answered: about.answered.or(Some(now)),
        messages: about.messages.saturating_add(1),
        ..about.clone()
    };
    let changes = vec![Change::Complaint(ComplaintChange::Say(said)), put(to)];
    let decision = Decision::new(changes, line(kind::COMPLAINT_ANSWERED, about, now).fact("person", &by));
    let first = about.alert.filter(|_| about.answered.is_none());
    Ok(match first {
        Some(alert) => decision.with_change(Change::CloseAlert { alert, at: now, by: Some(by) }),
        None => decision,
    })
}

/// Decides to end a complaint with an outcome, after it was answered.
///
/// # Errors
///
/// [`HelpRefusal`] names why not.
pub fn close(about: &Complaint, outcome: Outcome, by: PersonId, now: Timestamp) -> Result<Decision, HelpRefusal> {
    if matches!(about.stands, Stands::Closed { .. }) {
        return Err(HelpRefusal::Closed);
    }
    if outcome == Outcome::Withdrawn {
        return Err(HelpRefusal::OutcomeOfOthers);
    }
    if about.answered.is_none() {
        return Err(HelpRefusal::NotAnswered);
    }
    let to = Complaint { stands: Stands::Closed { outcome, at: now }, ..about.clone() };
    let line = line(kind::COMPLAINT_CLOSED, about, now).fact("outcome", outcome.word()).fact("person", &by);
    Ok(Decision::new(vec![put(to)], line))
}

/// Tells the staff that a promise was not kept; `None` if there is nothing to tell or it was told.
#[must_use]
pub fn overdue(about: &Complaint, staff: &[PersonId], alert: AlertId, now: Timestamp) -> Option<Decision> {
    if !about.is_late(now) || about.alert.is_some() {
        return None;
    }
    let opened = Alert {
        id: alert,
        device: None,
        kind: alert_kind::COMPLAINT_OVERDUE.to_owned(),
        severity: Severity::Warning,
        text: format!(
            "The complaint about privacy {} has waited longer than the 72 hours that were promised. Answer it under Help.",
            about.id
        ),
        opened: now,
        closed: None,
    };
    let to = Complaint { alert: Some(alert), ..about.clone() };
    let mut decision =
        Decision::new(vec![Change::OpenAlert(opened), put(to)], line(kind::COMPLAINT_OVERDUE, about, now));
    let told = |one: &PersonId| {
        Change::AddNotice(Notice::new(*one, NoticeKind::HelpOverdue, about.due).fact("case", about.id))
    };
    decision.changes.extend(staff.iter().map(told));
    Some(decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_core::time::Millis;

    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

    fn complaint() -> Complaint {
        let what = Complained { matter: Matter::Watching, product: None, text: "It hears me.", secret_hash: [9; 32] };
        let decision = open(ComplaintId::new(NOW, [1; 10]), what, NOW).expect("taken");
        let line = decision.line.expect("a line").to_string();
        assert!(!line.contains("hears") && line.contains("watching"), "{line}");
        let Change::Complaint(ComplaintChange::Open(opened)) = decision.changes[0].clone() else { panic!("none") };
        opened
    }

    fn after(decision: &Decision) -> Complaint {
        let put = decision.changes.iter().find_map(|change| {
            let Change::Complaint(ComplaintChange::Put(to)) = change else { return None };
            Some(to.clone())
        });
        put.expect("a change")
    }

    #[test]
    fn a_complaint_is_late_after_72_hours_told_once_and_the_answer_closes_the_alert() {
        let (complaint, staff, alert) = (complaint(), [PersonId::new(NOW, [2; 10])], AlertId::new(NOW, [3; 10]));
        let due = NOW.plus(Millis::from_secs(72 * 3_600));
        assert_eq!(complaint.due, due);
        assert!(overdue(&complaint, &staff, alert, Timestamp::from_micros(due.as_micros() - 1)).is_none());
        let told = after(&overdue(&complaint, &staff, alert, due).expect("told"));
        assert!(overdue(&told, &staff, alert, due).is_none());
        let answered = answer(&told, "It does not; here is what it sends.", staff[0], due).expect("answered");
        assert!(answered.changes.iter().any(|change| matches!(change, Change::CloseAlert { .. })));
        assert_eq!(after(&answered).stands, Stands::Answered);
    }

    #[test]
    fn only_an_answered_complaint_is_closed_and_a_closed_one_takes_no_more_words() {
        let (complaint, by) = (complaint(), PersonId::new(NOW, [2; 10]));
        assert_eq!(close(&complaint, Outcome::Explained, by, NOW), Err(HelpRefusal::NotAnswered));
        let answered = after(&answer(&complaint, "We looked.", by, NOW).expect("answered"));
        let again = after(&add(&answered, "Look again.", NOW).expect("added"));
        assert_eq!(again.stands, Stands::WaitsForMaker);
        let closed = after(&close(&again, Outcome::Solved, by, NOW).expect("closed"));
        assert_eq!(add(&closed, "One more.", NOW), Err(HelpRefusal::Closed));
    }
}

//! The register of breaches of personal data: each with the clock of the supervisory authority, the report it gets, and what the
//! people concerned were told.
//!
//! Sources: GDPR Art. 33 (72 hours, contents of the report, the register) and Art. 34 (telling the people at high risk).

use std::fmt::Write as _;

use holdfast_core::id::{AlertId, BreachId, PersonId, ProductId};
use holdfast_core::time::{Millis, Timestamp};

use super::notice::{Notice, NoticeKind};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// By when the authority is told, counted from when the breach was noticed: 72 hours (GDPR Art. 33(1)).
pub const NOTIFY_WITHIN: Millis = Millis::from_secs(72 * 3_600);
/// Most characters of one text.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Most products of one breach.
pub const PRODUCTS_MAX: usize = 64;

crate::words::word_lists! {
    /// What a breach may do to the people concerned.
    Risk {
        /// None is likely; the authority need not be told, and the register says why.
        Unlikely = "unlikely",
        /// Some; the authority is told.
        Some = "some",
        /// A high one; the people are told too.
        High = "high",
    }
    /// What was done in the register.
    BreachAct {
        /// Entered.
        Noted = "noted",
        /// Corrected or completed.
        Amended = "amended",
        /// The authority was told.
        Notified = "notified",
        /// The people concerned were told.
        OwnersTold = "owners-told",
        /// Closed.
        Closed = "closed",
    }
}

/// What is known of a breach; the parts of the report.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// What happened, and which kinds of data and people it concerns (Art. 33(3)(a)).
    pub nature: String,
    /// About how many people.
    pub people: Option<u64>,
    /// About how many records.
    pub records: Option<u64>,
    /// Whom to ask (Art. 33(3)(b)).
    pub contact: String,
    /// What is likely to follow (Art. 33(3)(c)).
    pub consequences: String,
    /// What was done and will be (Art. 33(3)(d)).
    pub measures: String,
    /// Why no risk is likely, or why the report came late.
    pub reasons: String,
    /// What the people concerned read, in plain words (Art. 34(2)).
    pub advice: String,
}

impl Account {
    fn texts(&self) -> [&str; 6] {
        [&self.nature, &self.contact, &self.consequences, &self.measures, &self.reasons, &self.advice]
    }
}

impl std::fmt::Debug for Account {
    /// Without the texts: people may be named in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// A breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Its id.
    pub id: BreachId,
    /// Counts every change, from 1.
    pub version: u64,
    /// When the maker noticed it; the clock runs from then.
    pub noticed: Timestamp,
    /// By when the authority is to be told.
    pub due: Timestamp,
    /// What it may do.
    pub risk: Risk,
    /// Products whose owners it concerns.
    pub products: Vec<ProductId>,
    /// What is known.
    pub account: Account,
    /// When the authority was told.
    pub notified: Option<Timestamp>,
    /// The authority's reference.
    pub reference: String,
    /// When the people concerned were told, and how many they were.
    pub told: Option<(Timestamp, u64)>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// The alert about the missed clock.
    pub alert: Option<AlertId>,
}

impl Breach {
    /// How much of the 72 hours is left; `None` once the authority was told or need not be.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Millis> {
        (self.notified.is_none() && self.risk != Risk::Unlikely).then(|| self.due.since(now))
    }

    /// Whether the authority should have been told by now.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.left(now).is_some() && self.due <= now
    }
}

/// A change of the register: the entry afterwards, and its line of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachChange {
    /// The entry.
    pub breach: Breach,
    /// What was done; `None` if only the alert was noted.
    pub act: Option<BreachAct>,
    /// By whom.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

/// Why the register does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BreachRefusal {
    /// Nothing is said, or too much.
    #[error("say what happened; each text has at most {TEXT_CHARS_MAX} characters that can be shown")]
    Text,
    /// Too many products.
    #[error("at most {PRODUCTS_MAX} products")]
    Products,
    /// From the future.
    #[error("it cannot have been noticed after now")]
    Noticed,
    /// Another change came first.
    #[error("the entry is at version {0} now; look again")]
    VersionConflict(u64),
    /// It is closed.
    #[error("the entry is closed; note another breach")]
    Closed,
    /// Contact, consequences or measures are missing.
    #[error("the report needs contact, consequences and measures (GDPR Art. 33(3))")]
    Incomplete,
    /// Told later than 72 hours without a reason.
    #[error("after 72 hours the report says why it is late (GDPR Art. 33(1))")]
    LateWithoutReason,
    /// No risk without a reason.
    #[error("say why no risk is likely (GDPR Art. 33(1) and (5))")]
    UnlikelyWithoutReason,
    /// The authority was told already.
    #[error("the authority was told already")]
    NotifiedAlready,
    /// The people were told already.
    #[error("the people concerned were told already")]
    ToldAlready,
    /// No words for the people concerned.
    #[error("write what the people concerned read and do (GDPR Art. 34(2))")]
    NoAdvice,
    /// The authority was not told.
    #[error("tell the authority first")]
    NotNotified,
    /// The people at high risk were not told.
    #[error("tell the people concerned first: their risk is high (GDPR Art. 34(1))")]
    NotTold,
}

impl BreachRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "breach-text",
            Self::Products => "breach-products",
            Self::Noticed => "breach-noticed",
            Self::VersionConflict(_) => "breach-version-conflict",
            Self::Closed => "breach-closed",
            Self::Incomplete => "breach-report-incomplete",
            Self::LateWithoutReason => "breach-late-without-reason",
            Self::UnlikelyWithoutReason => "breach-unlikely-without-reason",
            Self::NotifiedAlready => "breach-notified-already",
            Self::ToldAlready => "breach-told-already",
            Self::NoAdvice => "breach-without-advice",
            Self::NotNotified => "breach-not-notified",
            Self::NotTold => "breach-people-not-told",
        }
    }
}

/// What somebody enters or corrects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was noticed.
    pub noticed: Timestamp,
    /// What it may do.
    pub risk: Risk,
    /// Products whose owners it concerns.
    pub products: Vec<ProductId>,
    /// What is known.
    pub account: Account,
}

fn read(entry: &Entry, now: Timestamp) -> Result<(), BreachRefusal> {
    let fits = |text: &str| {
        text.chars().count() <= TEXT_CHARS_MAX
            && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
    };
    if entry.account.nature.trim().is_empty() || !entry.account.texts().into_iter().all(fits) {
        return Err(BreachRefusal::Text);
    }
    if entry.products.len() > PRODUCTS_MAX {
        return Err(BreachRefusal::Products);
    }
    if entry.noticed > now {
        return Err(BreachRefusal::Noticed);
    }
    if entry.risk == Risk::Unlikely && entry.account.reasons.trim().is_empty() {
        return Err(BreachRefusal::UnlikelyWithoutReason);
    }
    Ok(())
}

fn changed(breach: Breach, act: BreachAct, by: PersonId, now: Timestamp) -> Decision {
    let ledger_kind = match act {
        BreachAct::Noted => kind::BREACH_NOTED,
        BreachAct::Amended => kind::BREACH_AMENDED,
        BreachAct::Notified => kind::BREACH_NOTIFIED,
        BreachAct::OwnersTold => kind::BREACH_OWNERS_TOLD,
        BreachAct::Closed => kind::BREACH_CLOSED,
    };
    let line = LedgerLine::new(ledger_kind, now)
        .fact("breach", &breach.id)
        .fact("version", breach.version)
        .fact("risk", breach.risk.word())
        .fact("person", &by);
    let closes = breach.alert.filter(|_| matches!(act, BreachAct::Notified | BreachAct::Closed));
    let change = BreachChange { breach, act: Some(act), by: Some(by), at: now };
    let decision = Decision::new(vec![Change::Breach(Box::new(change))], line);
    match closes {
        Some(alert) => decision.with_change(Change::CloseAlert { alert, at: now, by: Some(by) }),
        None => decision,
    }
}

fn open_at(breach: &Breach, from_version: Option<u64>) -> Result<(), BreachRefusal> {
    if from_version.is_some_and(|version| version != breach.version) {
        return Err(BreachRefusal::VersionConflict(breach.version));
    }
    if breach.closed.is_some() { Err(BreachRefusal::Closed) } else { Ok(()) }
}

/// Decides to enter a breach; the clock runs from when it was noticed.
///
/// # Errors
///
/// [`BreachRefusal`] names why not.
pub fn note(id: BreachId, entry: Entry, by: PersonId, now: Timestamp) -> Result<Decision, BreachRefusal> {
    read(&entry, now)?;
    let breach = Breach {
        id,
        version: 1,
        noticed: entry.noticed,
        due: entry.noticed.plus(NOTIFY_WITHIN),
        risk: entry.risk,
        products: entry.products,
        account: entry.account,
        notified: None,
        reference: String::new(),
        told: None,
        closed: None,
        alert: None,
    };
    Ok(changed(breach, BreachAct::Noted, by, now))
}

/// Decides to correct an entry. When it was noticed stays: the clock is not turned back.
///
/// # Errors
///
/// [`BreachRefusal`] names why not.
pub fn amend(
    breach: &Breach,
    entry: Entry,
    from_version: Option<u64>,
    by: PersonId,
    now: Timestamp,
) -> Result<Decision, BreachRefusal> {
    open_at(breach, from_version)?;
    let entry = Entry { noticed: breach.noticed, ..entry };
    read(&entry, now)?;
    let next = Breach {
        version: breach.version.saturating_add(1),
        risk: entry.risk,
        products: entry.products,
        account: entry.account,
        ..breach.clone()
    };
    Ok(changed(next, BreachAct::Amended, by, now))
}

/// Decides that the authority was told now, with its reference.
///
/// # Errors
///
/// [`BreachRefusal`] if the report lacks a part, or comes late without a reason.
pub fn notified(breach: &Breach, reference: &str, by: PersonId, now: Timestamp) -> Result<Decision, BreachRefusal> {
    open_at(breach, None)?;
    if breach.notified.is_some() {
        return Err(BreachRefusal::NotifiedAlready);
    }
    let Account { contact, consequences, measures, reasons, .. } = &breach.account;
    if [contact, consequences, measures].into_iter().any(|part| part.trim().is_empty()) {
        return Err(BreachRefusal::Incomplete);
    }
    if breach.due <= now && reasons.trim().is_empty() {
        return Err(BreachRefusal::LateWithoutReason);
    }
    let reference: String = reference.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    let version = breach.version.saturating_add(1);
    Ok(changed(Breach { notified: Some(now), reference, version, ..breach.clone() }, BreachAct::Notified, by, now))
}

/// Decides to tell the owners of the products concerned, each once.
///
/// # Errors
///
/// [`BreachRefusal`] if they were told, or there are no words for them.
pub fn tell_owners(
    breach: &Breach,
    owners: &[PersonId],
    by: PersonId,
    now: Timestamp,
) -> Result<Decision, BreachRefusal> {
    open_at(breach, None)?;
    if breach.told.is_some() {
        return Err(BreachRefusal::ToldAlready);
    }
    if breach.account.advice.trim().is_empty() {
        return Err(BreachRefusal::NoAdvice);
    }
    let (count, version) = (u64::try_from(owners.len()).unwrap_or(u64::MAX), breach.version.saturating_add(1));
    let next = Breach { told: Some((now, count)), version, ..breach.clone() };
    let mut decision = changed(next, BreachAct::OwnersTold, by, now);
    let advice = breach.account.advice.replace(['\r', '\n'], " ");
    let told = |one: &PersonId| {
        let notice = Notice::new(*one, NoticeKind::DataBreach, now).fact("case", breach.id);
        Change::AddNotice(notice.fact("reason", &advice))
    };
    decision.changes.extend(owners.iter().map(told));
    Ok(decision)
}

/// Decides to close an entry: the authority was told or need not be, and so were people at high risk.
///
/// # Errors
///
/// [`BreachRefusal`] names what is still to be done.
pub fn close(breach: &Breach, by: PersonId, now: Timestamp) -> Result<Decision, BreachRefusal> {
    open_at(breach, None)?;
    if breach.notified.is_none() && breach.risk != Risk::Unlikely {
        return Err(BreachRefusal::NotNotified);
    }
    if breach.told.is_none() && breach.risk == Risk::High {
        return Err(BreachRefusal::NotTold);
    }
    let version = breach.version.saturating_add(1);
    Ok(changed(Breach { closed: Some(now), version, ..breach.clone() }, BreachAct::Closed, by, now))
}

/// Raises the alarm that the 72 hours are over; `None` if they are not, or it was raised.
#[must_use]
pub fn overdue(breach: &Breach, alert: AlertId, now: Timestamp) -> Option<Decision> {
    if !breach.is_late(now) || breach.alert.is_some() || breach.closed.is_some() {
        return None;
    }
    let opened = Alert {
        id: alert,
        device: None,
        kind: alert_kind::BREACH_OVERDUE.to_owned(),
        severity: Severity::Critical,
        text: format!(
            "72 hours have passed since the breach {} was noticed, and the authority was not told.",
            breach.id
        ),
        opened: now,
        closed: None,
    };
    let line = LedgerLine::new(kind::BREACH_OVERDUE, now).fact("breach", &breach.id);
    let next = Breach { alert: Some(alert), version: breach.version.saturating_add(1), ..breach.clone() };
    let change = BreachChange { breach: next, act: None, by: None, at: now };
    Some(Decision::new(vec![Change::OpenAlert(opened), Change::Breach(Box::new(change))], line))
}

/// The report to the authority as plain text, in the order of GDPR Art. 33(3).
#[must_use]
pub fn report(breach: &Breach, maker: &str, authority: &str) -> String {
    let Account { nature, people, records, contact, consequences, measures, reasons, advice } = &breach.account;
    let about = |number: &Option<u64>| number.map_or_else(|| "not known yet".to_owned(), |n| format!("about {n}"));
    let products: Vec<&str> = breach.products.iter().map(ProductId::as_str).collect();
    let mut text = format!(
        "NOTIFICATION OF A PERSONAL DATA BREACH (GDPR Art. 33)\n\nTo: {authority}\nFrom: {maker}\nEntry: {} (version {})\n",
        breach.id, breach.version
    );
    let mut line = |title: &str, said: &str| {
        let said = if said.trim().is_empty() { "not said" } else { said.trim() };
        let _never_fails = write!(text, "\n{title}\n  {}\n", said.replace('\n', "\n  "));
    };
    line("Noticed", &breach.noticed.to_string());
    line("72 hours end", &breach.due.to_string());
    line("Told to the authority", &breach.notified.map_or_else(|| "not yet".to_owned(), |at| at.to_string()));
    line("(a) Nature of the breach, kinds of data and people", nature);
    line("(a) People concerned", &about(people));
    line("(a) Records concerned", &about(records));
    line("(a) Products", &products.join(", "));
    line("(b) Contact", contact);
    line("(c) Likely consequences", consequences);
    line("(d) Measures taken and proposed", measures);
    line("Risk", breach.risk.word());
    line("Reasons for delay, or why no risk is likely", reasons);
    let told = breach.told.map(|(at, count)| format!("told at {at}: {count} people\n{advice}"));
    line("Art. 34: people concerned", &told.unwrap_or_else(|| "not told".to_owned()));
    text
}

#[cfg(test)]
mod tests;

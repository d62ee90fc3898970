//! What a detector found, with its evidence, and what a person says about it.
//!
//! One fault that goes on is one finding: it is opened once, with an alert, and then only seen again. Whoever calls it
//! expected closes it, and the detector learns it. What is done about it is [`super::playbook`]'s.

mod evidence;
mod words;

use std::fmt;
use std::str::FromStr;

use holdfast_core::id::{AlertId, DeviceId, FindingId, PersonId, ProductId};
use holdfast_core::time::{Millis, Timestamp};

use super::{Alert, Severity};
use crate::decision::{Change, Decision, Fact, LedgerLine, kind};

pub use evidence::{Evidence, NoEvidence};
pub use words::FindingKind;

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One device.
    Device(DeviceId),
    /// Many devices of one product at once.
    Model(ProductId),
    /// A person's use of the server.
    Person(PersonId),
    /// The server's doors, by nobody known.
    Doors,
}

impl Subject {
    /// The stable word of its kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Device(_) => "device",
            Self::Model(_) => "model",
            Self::Person(_) => "person",
            Self::Doors => "doors",
        }
    }

    /// The device, if it is one.
    #[must_use]
    pub const fn device(&self) -> Option<&DeviceId> {
        match self {
            Self::Device(device) => Some(device),
            Self::Model(_) | Self::Person(_) | Self::Doors => None,
        }
    }

    fn fact(&self) -> (&'static str, Fact) {
        match self {
            Self::Device(device) => ("device", device.into()),
            Self::Model(product) => ("product", product.into()),
            Self::Person(person) => ("person", person.into()),
            Self::Doors => ("service", Fact::from("doors")),
        }
    }
}

impl fmt::Display for Subject {
    /// `device:hearth-0001`, `model:hearth-thermostat`, `person:…`, `doors:`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(device) => write!(f, "device:{device}"),
            Self::Model(product) => write!(f, "model:{product}"),
            Self::Person(person) => write!(f, "person:{person}"),
            Self::Doors => f.write_str("doors:"),
        }
    }
}

/// A text that names no subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a subject is device:ID, model:ID, person:ID or doors:")]
pub struct NotASubject;

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let (word, id) = text.split_once(':').ok_or(NotASubject)?;
        match word {
            "device" => id.parse().map(Self::Device).map_err(|_| NotASubject),
            "model" => id.parse().map(Self::Model).map_err(|_| NotASubject),
            "person" => id.parse().map(Self::Person).map_err(|_| NotASubject),
            "doors" if id.is_empty() => Ok(Self::Doors),
            _ => Err(NotASubject),
        }
    }
}

/// How far people are with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    /// Nobody has looked.
    Open,
    /// A person looks into it.
    Acknowledged,
    /// A person called it expected; the detector learns it.
    Dismissed,
    /// A playbook was started for it.
    Acted,
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// About what.
    pub subject: Subject,
    /// What.
    pub kind: FindingKind,
    /// How urgent.
    pub severity: Severity,
    /// When it began, as far as can be told.
    pub began: Timestamp,
    /// When it was found.
    pub opened: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// How often it was seen.
    pub times: u32,
    /// How far people are with it.
    pub state: FindingState,
    /// Who said so last; `None` for the server itself.
    pub state_by: Option<PersonId>,
    /// When.
    pub state_at: Timestamp,
    /// The alert that was opened with it.
    pub alert: AlertId,
    /// What it rests on.
    pub evidence: Evidence,
    /// When it was contained: every device of its playbook was dealt with.
    pub contained: Option<Timestamp>,
}

impl Finding {
    /// Time from its beginning to its discovery.
    #[must_use]
    pub const fn time_to_detect(&self) -> Millis {
        self.opened.since(self.began)
    }

    /// Time from its discovery to containment, if it is contained.
    #[must_use]
    pub fn time_to_contain(&self) -> Option<Millis> {
        self.contained.map(|at| at.since(self.opened))
    }

    /// Whether it still needs somebody.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, FindingState::Open | FindingState::Acknowledged | FindingState::Acted)
    }
}

/// A change of findings, playbooks or budgets.
#[derive(Debug, Clone, PartialEq)]
pub enum FindingChange {
    /// Adds a finding.
    Add(Box<Finding>),
    /// It was seen again.
    Seen {
        /// Which.
        finding: FindingId,
        /// When.
        at: Timestamp,
    },
    /// Moves a finding.
    SetState {
        /// Which.
        finding: FindingId,
        /// Where to.
        to: FindingState,
        /// By whom.
        by: Option<PersonId>,
        /// When.
        at: Timestamp,
    },
    /// Its playbook has dealt with every device.
    Contained {
        /// Which.
        finding: FindingId,
        /// When.
        at: Timestamp,
    },
    /// Adds or replaces a run of a playbook.
    PutAction(Box<super::playbook::Action>),
    /// Records what a run changed on one device, or that it was taken back.
    PutTouch(super::playbook::Touch),
    /// Sets or lifts a device's lowered budget.
    SetThrottle {
        /// The device.
        device: DeviceId,
        /// `None` lifts it.
        to: Option<super::playbook::SetThrottle>,
    },
    /// Adds, replaces or removes a standing rule of a product.
    PutRule(super::playbook::Rule),
}

/// What was found, before it has an id.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// About what.
    pub subject: Subject,
    /// What.
    pub kind: FindingKind,
    /// When it began.
    pub began: Timestamp,
    /// What it rests on.
    pub evidence: Evidence,
}

/// Opens a finding, with its alert, in one decision.
#[must_use]
pub fn open(found: Found, (id, alert): (FindingId, AlertId), now: Timestamp) -> (Finding, Decision) {
    let Found { subject, kind: what, began, evidence } = found;
    let severity = what.severity();
    let finding = Finding {
        id,
        severity,
        began: began.min(now),
        opened: now,
        last: now,
        times: 1,
        state: FindingState::Open,
        state_by: None,
        state_at: now,
        alert,
        evidence,
        contained: None,
        kind: what,
        subject,
    };
    let about = match &finding.subject {
        Subject::Device(device) => device.to_string(),
        Subject::Model(product) => format!("Many devices of {product}"),
        Subject::Person(_) => "A person's access".to_owned(),
        Subject::Doors => "The doors".to_owned(),
    };
    let told = Alert {
        id: alert,
        device: finding.subject.device().cloned(),
        kind: what.name().to_owned(),
        severity,
        text: format!("{about}: {} {}", finding.evidence.sentence(what), what.advice()),
        opened: now,
        closed: None,
    };
    let mut line = LedgerLine::new(kind::FINDING_OPENED, now)
        .fact("finding", &id)
        .fact("alert", &alert)
        .fact("anomaly", what.name());
    let (name, about) = finding.subject.fact();
    line.facts.insert(name, about);
    let changes = vec![Change::OpenAlert(told), Change::Findings(FindingChange::Add(Box::new(finding.clone())))];
    (finding, Decision::new(changes, line))
}

/// Why an order about a finding does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FindingRefusal {
    /// A person said already that it is expected.
    #[error("the finding was dismissed already")]
    Dismissed,
    /// Somebody looks into it already, or something was done.
    #[error("the finding is acknowledged already")]
    Acknowledged,
}

impl FindingRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dismissed => "finding-dismissed",
            Self::Acknowledged => "finding-acknowledged",
        }
    }
}

fn moved(finding: &Finding, to: FindingState, by: &PersonId, now: Timestamp) -> Change {
    Change::Findings(FindingChange::SetState { finding: finding.id, to, by: Some(*by), at: now })
}

/// A person looks into it.
///
/// # Errors
///
/// [`FindingRefusal`] if somebody does already, or it is over.
pub fn acknowledge(finding: &Finding, by: &PersonId, now: Timestamp) -> Result<Decision, FindingRefusal> {
    match finding.state {
        FindingState::Open => {}
        FindingState::Dismissed => return Err(FindingRefusal::Dismissed),
        FindingState::Acknowledged | FindingState::Acted => return Err(FindingRefusal::Acknowledged),
    }
    let line = LedgerLine::new(kind::FINDING_ACKNOWLEDGED, now).fact("finding", &finding.id).fact("person", by);
    Ok(Decision::new(vec![moved(finding, FindingState::Acknowledged, by, now)], line))
}

/// A person calls it expected: it is closed with its alert, and the detector learns it. `alert_open` says whether the alert
/// still is.
///
/// # Errors
///
/// [`FindingRefusal::Dismissed`].
pub fn dismiss(finding: &Finding, alert_open: bool, by: &PersonId, now: Timestamp) -> Result<Decision, FindingRefusal> {
    if finding.state == FindingState::Dismissed {
        return Err(FindingRefusal::Dismissed);
    }
    let line = LedgerLine::new(kind::FINDING_DISMISSED, now).fact("finding", &finding.id).fact("person", by);
    let mut decision = Decision::new(vec![moved(finding, FindingState::Dismissed, by, now)], line);
    if alert_open {
        decision.changes.push(Change::CloseAlert { alert: finding.alert, at: now, by: Some(*by) });
    }
    Ok(decision)
}

#[cfg(test)]
pub(crate) mod tests;

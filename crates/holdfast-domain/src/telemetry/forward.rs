//! Aggregators may forward what other devices signed, and author nothing in their name.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_core::time::Timestamp;

use super::Role;
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::fleet::{Device, Enrolment};
use crate::integrity::{Alert, Severity, alert_kind};

/// Why something is not forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForwardRefusal {
    /// The sender's product is no aggregator.
    #[error("only products with the role aggregator may forward")]
    NotAnAggregator,
    /// It would forward itself; its own readings have their own topic.
    #[error("a device's own readings are not forwarded")]
    Itself,
    /// There is no author's signature.
    #[error("what is forwarded must be signed by its author")]
    Unsigned,
    /// No such author, or one that may not speak.
    #[error("the author is not an accepted device")]
    AuthorNotAccepted,
    /// The author is in quarantine.
    #[error("the author is in quarantine")]
    AuthorQuarantined,
    /// The signature is not the author's.
    #[error("the signature is not the author's")]
    Forged,
}

impl ForwardRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAnAggregator => "forward-not-aggregator",
            Self::Itself => "forward-itself",
            Self::Unsigned => "forward-unsigned",
            Self::AuthorNotAccepted => "forward-author-not-accepted",
            Self::AuthorQuarantined => "forward-author-quarantined",
            Self::Forged => "forward-forged",
        }
    }
}

/// Whether a device of this role may pass on something of `author`, before its signature is looked at.
///
/// # Errors
///
/// [`ForwardRefusal`], the first that applies.
pub fn may_forward(role: Role, sender: &DeviceId, author: Option<&Device>, signed: bool) -> Result<(), ForwardRefusal> {
    if role != Role::Aggregator {
        return Err(ForwardRefusal::NotAnAggregator);
    }
    if !signed {
        return Err(ForwardRefusal::Unsigned);
    }
    let author = author.filter(|author| author.enrolment == Enrolment::Accepted);
    let author = author.ok_or(ForwardRefusal::AuthorNotAccepted)?;
    if author.id == *sender {
        return Err(ForwardRefusal::Itself);
    }
    if author.quarantine.is_some() { Err(ForwardRefusal::AuthorQuarantined) } else { Ok(()) }
}

/// An aggregator passed on something that its author did not sign: people are told, history keeps it.
#[must_use]
pub fn forged(aggregator: DeviceId, author: &DeviceId, alert: AlertId, now: Timestamp) -> Decision {
    let line = LedgerLine::new(kind::FORWARD_FORGED, now)
        .fact("device", &aggregator)
        .fact("author", author)
        .fact("alert", &alert);
    let text = format!(
        "It passed on readings of {author} that {author} did not sign. An aggregator may forward but not author: contain \
         it until it is clear who made them."
    );
    let alert = Alert {
        id: alert,
        device: Some(aggregator),
        kind: alert_kind::FORWARD_FORGED.to_owned(),
        severity: Severity::Critical,
        text,
        opened: now,
        closed: None,
    };
    Decision::new(vec![Change::OpenAlert(alert)], line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{KeyThumbprint, Quarantine};

    fn device(id: &str) -> Device {
        Device {
            id: id.parse().expect("an id"),
            product: "leaf".parse().expect("an id"),
            batch: holdfast_core::id::BatchId::new(Timestamp::from_micros(1), [1; 10]),
            factory_key: KeyThumbprint([1; 32]),
            enrolment: Enrolment::Accepted,
            quarantine: None,
            software: None,
            created: Timestamp::from_micros(1),
            last_seen: None,
            online_until: None,
        }
    }

    #[test]
    fn only_an_aggregator_forwards_and_only_what_an_accepted_author_signed() {
        let (hub, leaf) = (device("hub-0001"), device("leaf-0001"));
        let pending = Device { enrolment: Enrolment::Revoked, ..leaf.clone() };
        let contained = Device {
            quarantine: Some(Quarantine { reason: "wrong-image".to_owned(), since: Timestamp::from_micros(2) }),
            ..leaf.clone()
        };
        let may = |role, author: Option<&Device>, signed| {
            may_forward(role, &hub.id, author, signed).map_err(ForwardRefusal::name)
        };
        assert_eq!(may(Role::Aggregator, Some(&leaf), true), Ok(()));
        assert_eq!(may(Role::Device, Some(&leaf), true), Err("forward-not-aggregator"));
        assert_eq!(may(Role::Aggregator, Some(&leaf), false), Err("forward-unsigned"));
        assert_eq!(may(Role::Aggregator, None, true), Err("forward-author-not-accepted"));
        assert_eq!(may(Role::Aggregator, Some(&pending), true), Err("forward-author-not-accepted"));
        assert_eq!(may(Role::Aggregator, Some(&contained), true), Err("forward-author-quarantined"));
        assert_eq!(may(Role::Aggregator, Some(&hub), true), Err("forward-itself"));
    }

    #[test]
    fn a_forgery_opens_an_alert_about_the_aggregator_and_leaves_a_line() {
        let alert = AlertId::new(Timestamp::from_micros(5), [3; 10]);
        let author = "leaf-0001".parse().expect("an id");
        let decision = forged("hub-0001".parse().expect("an id"), &author, alert, Timestamp::from_micros(5));
        let [Change::OpenAlert(opened)] = &decision.changes[..] else { panic!("one alert") };
        assert_eq!(opened.device.as_ref().map(DeviceId::as_str), Some("hub-0001"));
        assert!(decision.line.is_some());
    }
}

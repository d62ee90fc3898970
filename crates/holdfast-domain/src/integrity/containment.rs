//! What a person may order about a quarantine and about alerts, and what the device is told of it.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;

use super::Alert;
use super::appraisal::{BY_PERSON, is_by_person};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::origin::{Of, Origin};
use crate::fleet::{Device, Enrolment, Quarantine};

/// Why an order does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContainmentRefusal {
    /// It is quarantined already.
    #[error("the device is quarantined already")]
    AlreadyQuarantined,
    /// It is not quarantined.
    #[error("the device is not quarantined")]
    NotQuarantined,
    /// It is revoked: there is nothing to contain.
    #[error("the device is revoked")]
    DeviceRevoked,
    /// Its evidence caused the quarantine; a person's word does not replace good evidence.
    #[error("only fresh good evidence lifts this quarantine")]
    EvidenceNeeded,
    /// It is closed already.
    #[error("the alert is closed already")]
    AlertClosed,
}

impl ContainmentRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlreadyQuarantined => "already-quarantined",
            Self::NotQuarantined => "not-quarantined",
            Self::DeviceRevoked => "device-revoked",
            Self::EvidenceNeeded => "evidence-needed",
            Self::AlertClosed => "alert-already-closed",
        }
    }
}

/// What the device is told on its policy topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether it is contained.
    pub quarantined: bool,
    /// The named reason, if it is.
    pub reason: Option<String>,
    /// Whether it should start its last good version: only when its own evidence is the reason.
    pub recover: bool,
}

/// The policy of a device as its facts stand.
#[must_use]
pub fn policy(device: &Device) -> Policy {
    let quarantine = device.quarantine.as_ref();
    Policy {
        quarantined: quarantine.is_some(),
        reason: quarantine.map(|quarantine| quarantine.reason.clone()),
        recover: quarantine.is_some_and(|quarantine| !is_by_person(quarantine)),
    }
}

/// Decides a person's order to contain a device. Evidence does not lift it.
///
/// # Errors
///
/// [`ContainmentRefusal`] names why it does not apply.
pub fn quarantine(device: &Device, by: &PersonId, now: Timestamp) -> Result<Decision, ContainmentRefusal> {
    if device.enrolment == Enrolment::Revoked {
        return Err(ContainmentRefusal::DeviceRevoked);
    }
    if device.quarantine.is_some() {
        return Err(ContainmentRefusal::AlreadyQuarantined);
    }
    let to = Some(Quarantine { since: now, reason: BY_PERSON.to_owned() });
    let line = LedgerLine::new(kind::DEVICE_QUARANTINED, now).fact("device", &device.id).fact("person", by);
    let change = Change::SetQuarantine { device: device.id.clone(), to };
    let decision = Decision::new(vec![change, set_by(device, by, now)], line);
    Ok(decision.with_effect(Effect::PushPolicy(device.id.clone())))
}

fn set_by(device: &Device, by: &PersonId, at: Timestamp) -> Change {
    Change::SetOrigin(Origin { device: device.id.clone(), of: Of::Quarantine, by: *by, at })
}

/// Decides a person's order to let a device out of a quarantine that a person ordered. It must prove itself at once.
///
/// # Errors
///
/// [`ContainmentRefusal`] names why it does not apply.
pub fn release(device: &Device, by: &PersonId, now: Timestamp) -> Result<Decision, ContainmentRefusal> {
    let quarantine = device.quarantine.as_ref().ok_or(ContainmentRefusal::NotQuarantined)?;
    if !is_by_person(quarantine) {
        return Err(ContainmentRefusal::EvidenceNeeded);
    }
    let line = LedgerLine::new(kind::DEVICE_RELEASED, now).fact("device", &device.id).fact("person", by);
    let lifted = Change::SetQuarantine { device: device.id.clone(), to: None };
    let mut decision = Decision::new(vec![lifted, set_by(device, by, now)], line);
    decision.effects = vec![
        Effect::Challenge(device.id.clone()),
        Effect::PushPolicy(device.id.clone()),
        Effect::PushShadow(device.id.clone()),
        Effect::PushCommands(device.id.clone()),
    ];
    Ok(decision)
}

/// Decides that a person has dealt with an alert.
///
/// # Errors
///
/// [`ContainmentRefusal::AlertClosed`].
pub fn close_alert(alert: &Alert, by: &PersonId, now: Timestamp) -> Result<Decision, ContainmentRefusal> {
    if alert.closed.is_some() {
        return Err(ContainmentRefusal::AlertClosed);
    }
    let line = LedgerLine::new(kind::ALERT_CLOSED, now).fact("alert", &alert.id).fact("person", by);
    Ok(Decision::new(vec![Change::CloseAlert { alert: alert.id, at: now, by: Some(*by) }], line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, alert_id, device, later, person};
    use crate::integrity::Severity;

    fn contained(reason: &str) -> Device {
        Device { quarantine: Some(Quarantine { since: NOW, reason: reason.to_owned() }), ..device() }
    }

    #[test]
    fn a_person_contains_a_device_and_lets_it_out_again() {
        let decision = quarantine(&device(), &person(), later(1)).expect("decided");
        assert_eq!(decision.effects, [Effect::PushPolicy(device().id)]);
        let decision = release(&contained(BY_PERSON), &person(), later(2)).expect("decided");
        assert_eq!(decision.effects.first(), Some(&Effect::Challenge(device().id)), "it must prove itself at once");
    }

    #[test]
    fn orders_that_do_not_apply_are_refused_by_name() {
        let by = person();
        let revoked = Device { enrolment: Enrolment::Revoked, ..device() };
        assert_eq!(quarantine(&revoked, &by, NOW), Err(ContainmentRefusal::DeviceRevoked));
        assert_eq!(quarantine(&contained("x"), &by, NOW), Err(ContainmentRefusal::AlreadyQuarantined));
        assert_eq!(release(&device(), &by, NOW), Err(ContainmentRefusal::NotQuarantined));
        assert_eq!(release(&contained("slot-digest-unknown"), &by, NOW), Err(ContainmentRefusal::EvidenceNeeded));
    }

    #[test]
    fn a_device_is_told_to_recover_only_if_its_evidence_is_the_reason() {
        assert_eq!(policy(&device()), Policy { quarantined: false, reason: None, recover: false });
        assert!(!policy(&contained(BY_PERSON)).recover);
        assert!(policy(&contained("slot-digest-unknown")).recover);
    }

    #[test]
    fn an_alert_is_closed_once() {
        let alert = Alert {
            id: alert_id(),
            device: None,
            kind: "clone-suspected".to_owned(),
            severity: Severity::Critical,
            text: "Look.".to_owned(),
            opened: NOW,
            closed: None,
        };
        assert!(close_alert(&alert, &person(), later(1)).is_ok());
        let closed = Alert { closed: Some(NOW), ..alert };
        assert_eq!(close_alert(&closed, &person(), later(1)), Err(ContainmentRefusal::AlertClosed));
    }
}

//! Who gets an operational certificate, who loses it, and how a device starts anew.
//!
//! A second holder of an identity is refused and told to a person. Leave to enrol again is the state `Preauthorised`
//! with every earlier certificate revoked: whoever still holds an old key is locked out before the new one exists.

use holdfast_core::id::{AlertId, DeviceId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::{CertificateState, Device, DeviceCertificate, Enrolment, KeyThumbprint};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind, open_alert};

/// How long an operational certificate is valid: 90 days.
pub const CERTIFICATE_LIFE: Millis = Millis::from_secs(90 * 86_400);

/// What is known when a device asks for its first operational certificate (RFC 7030 §4.2.1).
#[derive(Debug, Clone, Copy)]
pub struct EnrolmentFacts<'a> {
    /// The device its factory certificate names.
    pub device: Option<&'a Device>,
    /// Key of the factory certificate, which mutual TLS proved.
    pub presented: KeyThumbprint,
    /// Key of the certificate request.
    pub requested: KeyThumbprint,
    /// The device's proven certificate, if it has one.
    pub proven: Option<&'a DeviceCertificate>,
    /// Open alerts about the device.
    pub alerts: &'a [Alert],
}

/// Why no certificate is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentRefusal {
    /// No batch lists the device.
    #[error("no factory batch lists this device")]
    UnknownDevice,
    /// The batch lists another factory key.
    #[error("the factory key is not the one its batch lists")]
    FactoryKeyMismatch,
    /// A person waits to decide.
    #[error("a person has yet to accept this device")]
    Pending,
    /// A person said no.
    #[error("a person rejected this device")]
    Rejected,
    /// It was revoked.
    #[error("the device was revoked")]
    DeviceRevoked,
    /// Another key already connects under this identity.
    #[error("another key is in use under this identity")]
    IdentityInUse,
}

impl EnrolmentRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownDevice => "unknown-device",
            Self::FactoryKeyMismatch => "factory-key-mismatch",
            Self::Pending => "enrolment-pending",
            Self::Rejected => "enrolment-rejected",
            Self::DeviceRevoked => "device-revoked",
            Self::IdentityInUse => "identity-in-use",
        }
    }
}

/// A refusal, and what must be committed because of it.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolmentRefused {
    /// What the device is told.
    pub refusal: EnrolmentRefusal,
    /// The alert and its ledger line, if the refusal is a sign of an attack and no such alert is open yet.
    pub decision: Option<Box<Decision>>,
}

/// Decides whether the device may have an operational certificate; then [`certificate_issued`] records it.
///
/// `alert` is the id of the alert, should one be needed.
///
/// # Errors
///
/// [`EnrolmentRefused`], with the alert of a suspected clone.
pub fn decide_enrolment<'a>(
    facts: &EnrolmentFacts<'a>,
    alert: AlertId,
    now: Timestamp,
) -> Result<&'a Device, EnrolmentRefused> {
    let plain = |refusal| EnrolmentRefused { refusal, decision: None };
    let device = facts.device.ok_or_else(|| plain(EnrolmentRefusal::UnknownDevice))?;
    if device.factory_key != facts.presented {
        return Err(EnrolmentRefused {
            refusal: EnrolmentRefusal::FactoryKeyMismatch,
            decision: suspicion(facts, device, alert, now, &FORGED),
        });
    }
    match device.enrolment {
        Enrolment::Pending => return Err(plain(EnrolmentRefusal::Pending)),
        Enrolment::Rejected => return Err(plain(EnrolmentRefusal::Rejected)),
        Enrolment::Revoked => return Err(plain(EnrolmentRefusal::DeviceRevoked)),
        Enrolment::Preauthorised | Enrolment::Accepted => {}
    }
    let lives = |held: &&DeviceCertificate| held.state == CertificateState::Proven && held.not_after > now;
    if facts.proven.filter(lives).is_some_and(|held| held.key != facts.requested) {
        return Err(EnrolmentRefused {
            refusal: EnrolmentRefusal::IdentityInUse,
            decision: suspicion(facts, device, alert, now, &CLONED),
        });
    }
    Ok(device)
}

/// What a suspicious request is called, and what a person reads about it.
struct Suspicion {
    line: &'static str,
    alert: &'static str,
    text: &'static str,
}

const FORGED: Suspicion = Suspicion {
    line: kind::FACTORY_KEY_MISMATCH,
    alert: alert_kind::FACTORY_KEY_MISMATCH,
    text: "Someone holds a factory certificate for this device with a key that its batch does not list. The request was \
           refused. Find out what else the factory CA signed.",
};

const CLONED: Suspicion = Suspicion {
    line: kind::CLONE_SUSPECTED,
    alert: alert_kind::CLONE_SUSPECTED,
    text: "A second key asked to connect under this device's identity while the first is in use. The request was refused \
           and the device works on. If the owner had it repaired or reset, allow re-enrolment; if not, its factory key \
           was copied: revoke the device.",
};

fn suspicion(
    facts: &EnrolmentFacts<'_>,
    device: &Device,
    alert: AlertId,
    now: Timestamp,
    what: &Suspicion,
) -> Option<Box<Decision>> {
    if open_alert(facts.alerts, what.alert).is_some() {
        return None;
    }
    let opened = Alert {
        id: alert,
        device: Some(device.id.clone()),
        kind: what.alert.to_owned(),
        severity: Severity::Critical,
        text: what.text.to_owned(),
        opened: now,
        closed: None,
    };
    let line = LedgerLine::new(what.line, now)
        .fact("device", &device.id)
        .fact("presented", &facts.presented)
        .fact("requested", &facts.requested)
        .fact("alert", &alert);
    Some(Box::new(Decision::new(vec![Change::OpenAlert(opened)], line)))
}

/// Records a certificate that the operational CA issued after [`decide_enrolment`], or after an admitted connection for
/// a renewal.
#[must_use]
pub fn certificate_issued(device: &Device, certificate: DeviceCertificate, now: Timestamp) -> Decision {
    let first = device.enrolment != Enrolment::Accepted;
    let line = LedgerLine::new(if first { kind::DEVICE_ENROLLED } else { kind::CERTIFICATE_RENEWED }, now)
        .fact("device", &device.id)
        .fact("key", &certificate.key);
    let mut changes = Vec::with_capacity(2);
    if first {
        changes.push(Change::SetEnrolment { device: device.id.clone(), to: Enrolment::Accepted });
    }
    changes.push(Change::AddCertificate(DeviceCertificate { state: CertificateState::Issued, ..certificate }));
    Decision::new(changes, line)
}

/// Why a person's decision about a device's enrolment does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FleetRefusal {
    /// It is revoked already.
    #[error("the device is revoked already")]
    AlreadyRevoked,
    /// It may enrol already.
    #[error("the device may enrol already")]
    MayEnrolAlready,
}

impl FleetRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlreadyRevoked => "already-revoked",
            Self::MayEnrolAlready => "may-enrol-already",
        }
    }
}

/// Revokes a device: its certificates are worthless and its sessions end.
///
/// # Errors
///
/// [`FleetRefusal::AlreadyRevoked`].
pub fn revoke(device: &Device, by: &PersonId, now: Timestamp) -> Result<Decision, FleetRefusal> {
    if device.enrolment == Enrolment::Revoked {
        return Err(FleetRefusal::AlreadyRevoked);
    }
    Ok(cut_off(&device.id, Enrolment::Revoked, kind::DEVICE_REVOKED, by, now))
}

/// Lets a device enrol anew, also a revoked one: after a repair, a reset or a cleared suspicion.
///
/// # Errors
///
/// [`FleetRefusal::MayEnrolAlready`].
pub fn allow_reenrolment(device: &Device, by: &PersonId, now: Timestamp) -> Result<Decision, FleetRefusal> {
    if device.enrolment == Enrolment::Preauthorised {
        return Err(FleetRefusal::MayEnrolAlready);
    }
    Ok(cut_off(&device.id, Enrolment::Preauthorised, kind::REENROLMENT_ALLOWED, by, now))
}

fn cut_off(device: &DeviceId, to: Enrolment, kind: &'static str, by: &PersonId, now: Timestamp) -> Decision {
    let line = LedgerLine::new(kind, now).fact("device", device).fact("person", by);
    let changes = vec![
        Change::SetEnrolment { device: device.clone(), to },
        Change::RevokeCertificates { device: device.clone(), at: now },
    ];
    Decision::new(changes, line).with_effect(Effect::Disconnect(device.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, alert_id, certificate, device, later, person};

    const COPY: KeyThumbprint = KeyThumbprint([0xcc; 32]);

    fn enrol(
        device: Option<&Device>,
        proven: Option<&DeviceCertificate>,
        requested: KeyThumbprint,
    ) -> Result<(), EnrolmentRefused> {
        let presented = device.map_or(COPY, |device| device.factory_key);
        let facts = EnrolmentFacts { device, presented, requested, proven, alerts: &[] };
        decide_enrolment(&facts, alert_id(), NOW).map(drop)
    }

    #[test]
    fn a_listed_device_may_enrol() {
        let listed = Device { enrolment: Enrolment::Preauthorised, ..device() };
        assert_eq!(enrol(Some(&listed), None, COPY), Ok(()));
    }

    #[test]
    fn enrolment_is_refused_by_name() {
        let at = |enrolment| Device { enrolment, ..device() };
        let name = |device: Option<&Device>| enrol(device, None, COPY).map_err(|refused| refused.refusal.name());
        assert_eq!(name(None), Err("unknown-device"));
        assert_eq!(name(Some(&at(Enrolment::Pending))), Err("enrolment-pending"));
        assert_eq!(name(Some(&at(Enrolment::Rejected))), Err("enrolment-rejected"));
        assert_eq!(name(Some(&at(Enrolment::Revoked))), Err("device-revoked"));
    }

    #[test]
    fn a_second_key_under_a_live_identity_is_refused_and_raises_one_alarm() {
        let (device, held) = (device(), certificate(CertificateState::Proven));
        let refused = enrol(Some(&device), Some(&held), COPY).expect_err("refused");
        assert_eq!(refused.refusal, EnrolmentRefusal::IdentityInUse);
        let decision = *refused.decision.expect("an alarm");
        let [Change::OpenAlert(alert)] = decision.changes.as_slice() else { panic!() };
        assert_eq!((alert.kind.as_str(), alert.severity), ("clone-suspected", Severity::Critical));

        let alerts = [alert.clone()];
        let presented = device.factory_key;
        let facts =
            EnrolmentFacts { device: Some(&device), presented, requested: COPY, proven: Some(&held), alerts: &alerts };
        let again = decide_enrolment(&facts, alert_id(), NOW).expect_err("refused");
        assert_eq!((again.refusal, again.decision), (EnrolmentRefusal::IdentityInUse, None));
    }

    #[test]
    fn an_unproven_or_expired_certificate_or_the_same_key_does_not_stand_in_the_way() {
        let device = device();
        let proven = certificate(CertificateState::Proven);
        let expired = DeviceCertificate { not_after: NOW, ..proven.clone() };
        assert_eq!(enrol(Some(&device), Some(&certificate(CertificateState::Issued)), COPY), Ok(()));
        assert_eq!(enrol(Some(&device), Some(&certificate(CertificateState::Revoked)), COPY), Ok(()));
        assert_eq!(enrol(Some(&device), Some(&expired), COPY), Ok(()));
        assert_eq!(enrol(Some(&device), Some(&proven), proven.key), Ok(()));
    }

    #[test]
    fn a_factory_certificate_with_a_foreign_key_raises_an_alarm() {
        let device = device();
        let facts =
            EnrolmentFacts { device: Some(&device), presented: COPY, requested: COPY, proven: None, alerts: &[] };
        let refused = decide_enrolment(&facts, alert_id(), NOW).expect_err("refused");
        assert_eq!(refused.refusal.name(), "factory-key-mismatch");
        assert_eq!(
            refused.decision.and_then(|decision| decision.line).map(|line| line.kind),
            Some("factory-key-mismatch")
        );
    }

    #[test]
    fn the_first_certificate_accepts_the_device_and_the_next_one_renews() {
        let listed = Device { enrolment: Enrolment::Preauthorised, ..device() };
        let first = certificate_issued(&listed, certificate(CertificateState::Proven), NOW);
        assert_eq!(first.line.map(|line| line.kind), Some("device-enrolled"));
        let [Change::SetEnrolment { to: Enrolment::Accepted, .. }, Change::AddCertificate(added)] =
            first.changes.as_slice()
        else {
            panic!()
        };
        assert_eq!(added.state, CertificateState::Issued, "nothing is proven by being issued");
        let next = certificate_issued(&device(), certificate(CertificateState::Issued), NOW);
        assert_eq!(next.line.map(|line| line.kind), Some("certificate-renewed"));
        assert_eq!(next.changes.len(), 1);
    }

    #[test]
    fn revoking_and_starting_anew_both_cut_the_old_keys_off() {
        let device = device();
        for (decision, state) in [
            (revoke(&device, &person(), later(1)), Enrolment::Revoked),
            (allow_reenrolment(&device, &person(), later(1)), Enrolment::Preauthorised),
        ] {
            let decision = decision.expect("decided");
            assert!(decision.changes.contains(&Change::SetEnrolment { device: device.id.clone(), to: state }));
            assert!(decision.changes.contains(&Change::RevokeCertificates { device: device.id.clone(), at: later(1) }));
            assert_eq!(decision.effects, [Effect::Disconnect(device.id.clone())]);
        }
        let revoked = Device { enrolment: Enrolment::Revoked, ..device.clone() };
        assert_eq!(revoke(&revoked, &person(), NOW), Err(FleetRefusal::AlreadyRevoked));
        assert!(allow_reenrolment(&revoked, &person(), NOW).is_ok());
        let listed = Device { enrolment: Enrolment::Preauthorised, ..device };
        assert_eq!(allow_reenrolment(&listed, &person(), NOW), Err(FleetRefusal::MayEnrolAlready));
    }
}

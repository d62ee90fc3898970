//! Who gets an operational certificate, who loses it, and how a device starts anew.
//!
//! A second holder of an identity is refused and told to a person. Leave to enrol again is the state `Preauthorised`
//! with every earlier certificate revoked: whoever still holds an old key is locked out before the new one exists.

use holdfast_core::id::{AlertId, DeviceId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::{CertificateState, Device, DeviceCertificate, Enrolment, KeyThumbprint};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind, open_alert};
use crate::keys::renewal::{Ground, ReturnPolicy, is_live};
use crate::telemetry::KeyProtection;

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
    /// How its factory key is protected, as the factory station said.
    pub protection: KeyProtection,
    /// How the product's model demands it to be.
    pub protection_min: KeyProtection,
    /// What the maker has decided about devices that come back.
    pub policy: ReturnPolicy,
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
    /// The model demands a factory key in hardware, and the factory station did not see one.
    #[error("the model demands better protection of the factory key than this device has")]
    KeyProtectionTooLow,
    /// Its last certificate ended longer ago than the maker lets devices come back by themselves.
    #[error("the device was away for longer than it may come back by itself; a person has to allow it")]
    AwayTooLong,
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
            Self::KeyProtectionTooLow => "key-protection-too-low",
            Self::AwayTooLong => "away-too-long",
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

/// A device that may have an operational certificate, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entitled<'a> {
    /// The device.
    pub device: &'a Device,
    /// On what ground.
    pub ground: Ground,
}

/// Decides whether the device may have an operational certificate; then [`enrolled`] records it.
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
) -> Result<Entitled<'a>, EnrolmentRefused> {
    let plain = |refusal| EnrolmentRefused { refusal, decision: None };
    let device = facts.device.ok_or_else(|| plain(EnrolmentRefusal::UnknownDevice))?;
    let told = |refusal, what| EnrolmentRefused { refusal, decision: suspicion(facts, device, alert, now, what) };
    if device.factory_key != facts.presented {
        return Err(told(EnrolmentRefusal::FactoryKeyMismatch, &FORGED));
    }
    match device.enrolment {
        Enrolment::Pending => return Err(plain(EnrolmentRefusal::Pending)),
        Enrolment::Rejected => return Err(plain(EnrolmentRefusal::Rejected)),
        Enrolment::Revoked => return Err(plain(EnrolmentRefusal::DeviceRevoked)),
        Enrolment::Preauthorised | Enrolment::Accepted => {}
    }
    if facts.protection < facts.protection_min {
        return Err(plain(EnrolmentRefusal::KeyProtectionTooLow));
    }
    let ground = match facts.proven {
        Some(held) if held.state == CertificateState::Proven && held.not_after <= now => {
            if !facts.policy.after_expiry.allows(held.not_after, now) {
                return Err(told(EnrolmentRefusal::AwayTooLong, &AWAY));
            }
            Ground::AfterExpiry
        }
        Some(held) if is_live(held, now) && held.key != facts.requested => {
            let online = device.online_until.is_some_and(|until| until > now);
            let allowed = facts.policy.lost_key.allows(facts.protection, device.last_seen, online, now)
                && open_alert(facts.alerts, alert_kind::KEY_REPLACED).is_none();
            if !allowed {
                return Err(told(EnrolmentRefusal::IdentityInUse, &CLONED));
            }
            Ground::LostKey
        }
        Some(_) | None => Ground::Listed,
    };
    Ok(Entitled { device, ground })
}

/// Decides whether a device may be told the time under its factory identity, which it needs when its clock is so wrong that
/// it accepts no certificate, its own included. It gets no right by it.
///
/// # Errors
///
/// [`EnrolmentRefusal`] if this is not the device that its batch lists, or it may not come in at all.
pub fn decide_time(device: Option<&Device>, presented: KeyThumbprint) -> Result<&Device, EnrolmentRefusal> {
    let device = device.ok_or(EnrolmentRefusal::UnknownDevice)?;
    if device.factory_key != presented {
        return Err(EnrolmentRefusal::FactoryKeyMismatch);
    }
    match device.enrolment {
        Enrolment::Pending => Err(EnrolmentRefusal::Pending),
        Enrolment::Rejected => Err(EnrolmentRefusal::Rejected),
        Enrolment::Revoked => Err(EnrolmentRefusal::DeviceRevoked),
        Enrolment::Preauthorised | Enrolment::Accepted => Ok(device),
    }
}

/// What a suspicious request is called, and what a person reads about it.
struct Suspicion {
    line: &'static str,
    alert: &'static str,
    severity: Severity,
    text: &'static str,
}

const FORGED: Suspicion = Suspicion {
    line: kind::FACTORY_KEY_MISMATCH,
    alert: alert_kind::FACTORY_KEY_MISMATCH,
    severity: Severity::Critical,
    text: "Someone holds a factory certificate for this device with a key that its batch does not list. The request was \
           refused. Find out what else the factory CA signed.",
};

const CLONED: Suspicion = Suspicion {
    line: kind::CLONE_SUSPECTED,
    alert: alert_kind::CLONE_SUSPECTED,
    severity: Severity::Critical,
    text: "A second key asked to connect under this device's identity while the first is in use. The request was refused \
           and the device works on. If the owner had it repaired or reset, allow re-enrolment; if not, its factory key \
           was copied: revoke the device.",
};

const AWAY: Suspicion = Suspicion {
    line: kind::RETURN_REFUSED,
    alert: alert_kind::AWAY_TOO_LONG,
    severity: Severity::Warning,
    text: "This device came back after longer than devices may return by themselves (`holdfast serve \
           --renew-after-expiry`). If its owner still has it, allow re-enrolment; if not, revoke it.",
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
        severity: what.severity,
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

/// Records the certificate that was issued to a device after [`decide_enrolment`]. A replaced key is told to a person:
/// until the alert is closed no second one is replaced.
#[must_use]
pub fn enrolled(entitled: &Entitled<'_>, certificate: DeviceCertificate, alert: AlertId, now: Timestamp) -> Decision {
    let mut decision = certificate_issued(entitled.device, certificate, now);
    if entitled.ground == Ground::Listed {
        return decision;
    }
    decision.line = decision.line.map(|line| line.fact("ground", entitled.ground.name()));
    if entitled.ground == Ground::LostKey {
        decision.line = decision.line.map(|line| line.fact("alert", &alert));
        decision.changes.push(Change::OpenAlert(Alert {
            id: alert,
            device: Some(entitled.device.id.clone()),
            kind: alert_kind::KEY_REPLACED.to_owned(),
            severity: Severity::Notice,
            text: REPLACED.to_owned(),
            opened: now,
            closed: None,
        }));
    }
    decision
}

/// What a person reads about a replaced key.
const REPLACED: &str = "The device asked for another operational key with its factory identity while the old certificate \
     was still good and nobody used it. It got one. If its storage was damaged or exchanged, close this alert; if not, \
     revoke the device.";

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
    use crate::keys::renewal::{AfterExpiry, LostKey};

    const COPY: KeyThumbprint = KeyThumbprint([0xcc; 32]);
    const FACTS: EnrolmentFacts<'static> = EnrolmentFacts {
        device: None,
        presented: COPY,
        requested: COPY,
        proven: None,
        alerts: &[],
        protection: KeyProtection::File,
        protection_min: KeyProtection::File,
        policy: ReturnPolicy { after_expiry: AfterExpiry::Always, lost_key: LostKey::Hardware },
    };

    fn enrol(
        device: Option<&Device>,
        proven: Option<&DeviceCertificate>,
        requested: KeyThumbprint,
    ) -> Result<(), EnrolmentRefused> {
        let presented = device.map_or(COPY, |device| device.factory_key);
        let facts = EnrolmentFacts { device, presented, requested, proven, ..FACTS };
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
        let facts = EnrolmentFacts { device: Some(&device), presented, proven: Some(&held), alerts: &alerts, ..FACTS };
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
    fn a_device_that_slept_past_its_certificate_comes_back_as_far_as_the_policy_goes() {
        let device = device();
        let expired = DeviceCertificate { not_after: NOW, ..certificate(CertificateState::Proven) };
        let at = |after_expiry, now| {
            let policy = ReturnPolicy { after_expiry, ..ReturnPolicy::default() };
            let presented = device.factory_key;
            let facts = EnrolmentFacts { device: Some(&device), presented, proven: Some(&expired), policy, ..FACTS };
            decide_enrolment(&facts, alert_id(), now).map(|entitled| entitled.ground)
        };
        let four_months = later(120 * 86_400);
        assert_eq!(at(ReturnPolicy::default().after_expiry, four_months), Ok(Ground::AfterExpiry));
        let own_key = EnrolmentFacts {
            device: Some(&device),
            presented: device.factory_key,
            requested: expired.key,
            proven: Some(&expired),
            policy: ReturnPolicy { after_expiry: AfterExpiry::Never, ..ReturnPolicy::default() },
            ..FACTS
        };
        let with_its_own_key = decide_enrolment(&own_key, alert_id(), four_months).map(drop).map_err(|no| no.refusal);
        assert_eq!(with_its_own_key, Err(EnrolmentRefusal::AwayTooLong), "the old key is no way around the policy");
        let refused = at(AfterExpiry::Never, four_months).expect_err("refused");
        assert_eq!(refused.refusal.name(), "away-too-long");
        let told = refused.decision.expect("told");
        assert!(matches!(told.changes.as_slice(), [Change::OpenAlert(Alert { severity: Severity::Warning, .. })]));
        let issued = certificate(CertificateState::Issued);
        let entitled = Entitled { device: &device, ground: Ground::AfterExpiry };
        let line = enrolled(&entitled, issued, alert_id(), NOW).line.expect("a line");
        assert!(line.to_string().contains(r#""ground":"after-expiry""#));
    }

    #[test]
    fn a_lost_key_of_a_hardware_device_is_replaced_once_and_then_a_person_decides() {
        let gone = Device { last_seen: Some(NOW), online_until: Some(NOW), ..device() };
        let held = certificate(CertificateState::Proven);
        let ask = |protection, alerts: &[Alert]| {
            let presented = gone.factory_key;
            let facts =
                EnrolmentFacts { device: Some(&gone), presented, proven: Some(&held), protection, alerts, ..FACTS };
            decide_enrolment(&facts, alert_id(), later(60)).map(|entitled| entitled.ground).map_err(|no| no.refusal)
        };
        assert_eq!(ask(KeyProtection::Hardware, &[]), Ok(Ground::LostKey));
        assert_eq!(ask(KeyProtection::File, &[]), Err(EnrolmentRefusal::IdentityInUse));
        let entitled = Entitled { device: &gone, ground: Ground::LostKey };
        let decision = enrolled(&entitled, certificate(CertificateState::Issued), alert_id(), NOW);
        let Some(Change::OpenAlert(alert)) = decision.changes.last() else { panic!() };
        assert_eq!((alert.kind.as_str(), alert.severity), ("key-replaced", Severity::Notice));
        let open = [alert.clone()];
        assert_eq!(ask(KeyProtection::Hardware, &open), Err(EnrolmentRefusal::IdentityInUse));
    }

    #[test]
    fn a_model_that_demands_hardware_gets_no_device_with_a_key_in_a_file() {
        let listed = Device { enrolment: Enrolment::Preauthorised, ..device() };
        let ask = |protection, protection_min| {
            let presented = listed.factory_key;
            let facts = EnrolmentFacts { device: Some(&listed), presented, protection, protection_min, ..FACTS };
            decide_enrolment(&facts, alert_id(), NOW).map(drop).map_err(|no| no.refusal.name())
        };
        assert_eq!(ask(KeyProtection::File, KeyProtection::Hardware), Err("key-protection-too-low"));
        assert_eq!(ask(KeyProtection::Hardware, KeyProtection::Hardware), Ok(()));
        assert_eq!(ask(KeyProtection::Hardware, KeyProtection::File), Ok(()));
    }

    #[test]
    fn a_factory_certificate_with_a_foreign_key_raises_an_alarm() {
        let device = device();
        let facts = EnrolmentFacts { device: Some(&device), ..FACTS };
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

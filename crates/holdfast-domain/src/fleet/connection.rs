//! Who may connect with an operational certificate, and how far the device may then reach.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_core::time::Timestamp;
use holdfast_core::topic::Scope;

use super::{CertificateState, Device, DeviceCertificate, Enrolment};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// What is known when a device connects.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionFacts<'a> {
    /// The device that the certificate names.
    pub device: Option<&'a Device>,
    /// The certificate by its serial number.
    pub certificate: Option<&'a DeviceCertificate>,
}

/// The same facts without the records around them, for whoever keeps many in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where the device stands with the server.
    pub enrolment: Enrolment,
    /// Whether it is contained.
    pub quarantined: bool,
    /// The certificate, if it was issued to this device.
    pub certificate: Option<CertificateStanding>,
}

/// What decides whether a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateStanding {
    /// Its state.
    pub state: CertificateState,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
}

/// A connection that may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// How much of its tree the device may use.
    pub may: Scope,
    /// This is the first connection of the certificate: commit [`certificate_proven`] before answering.
    pub proves: bool,
}

/// Why a connection may not stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionRefusal {
    /// No such device.
    #[error("no such device is known")]
    DeviceUnknown,
    /// The device is revoked, rejected, or has yet to enrol.
    #[error("the device may not connect")]
    DeviceRevoked,
    /// The CA never issued it to this device.
    #[error("the certificate was not issued to this device")]
    CertificateUnknown,
    /// It was revoked.
    #[error("the certificate was revoked")]
    CertificateRevoked,
    /// A newer one was proven.
    #[error("a newer certificate is in use")]
    CertificateSuperseded,
    /// Its time is over, or has not begun.
    #[error("the certificate is not valid at this time")]
    CertificateExpired,
}

impl ConnectionRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceUnknown => "device-unknown",
            Self::DeviceRevoked => "device-revoked",
            Self::CertificateUnknown => "certificate-unknown",
            Self::CertificateRevoked => "certificate-revoked",
            Self::CertificateSuperseded => "certificate-superseded",
            Self::CertificateExpired => "certificate-expired",
        }
    }
}

/// Decides whether a connection may stay. Also asked again for open ones when facts change.
///
/// # Errors
///
/// [`ConnectionRefusal`] names why not.
pub fn decide_connection(facts: &ConnectionFacts<'_>, now: Timestamp) -> Result<Admission, ConnectionRefusal> {
    let device = facts.device.ok_or(ConnectionRefusal::DeviceUnknown)?;
    let certificate = facts.certificate.filter(|certificate| certificate.device == device.id);
    let standing = Standing {
        enrolment: device.enrolment,
        quarantined: device.quarantine.is_some(),
        certificate: certificate.map(|known| CertificateStanding {
            state: known.state,
            not_before: known.not_before,
            not_after: known.not_after,
        }),
    };
    decide_standing(&standing, now)
}

/// [`decide_connection`] for a device that is known.
///
/// # Errors
///
/// [`ConnectionRefusal`] names why not.
pub fn decide_standing(standing: &Standing, now: Timestamp) -> Result<Admission, ConnectionRefusal> {
    let certificate = standing.certificate.ok_or(ConnectionRefusal::CertificateUnknown)?;
    match standing.enrolment {
        Enrolment::Accepted => {}
        Enrolment::Pending | Enrolment::Rejected | Enrolment::Preauthorised | Enrolment::Revoked => {
            return Err(ConnectionRefusal::DeviceRevoked);
        }
    }
    let proves = match certificate.state {
        CertificateState::Issued => true,
        CertificateState::Proven => false,
        CertificateState::Superseded => return Err(ConnectionRefusal::CertificateSuperseded),
        CertificateState::Revoked => return Err(ConnectionRefusal::CertificateRevoked),
    };
    if now < certificate.not_before || now >= certificate.not_after {
        return Err(ConnectionRefusal::CertificateExpired);
    }
    let may = if standing.quarantined { Scope::Quarantine } else { Scope::Full };
    Ok(Admission { may, proves })
}

/// Records the first connection of a certificate: from now on it alone is good.
#[must_use]
pub fn certificate_proven(certificate: &DeviceCertificate, now: Timestamp) -> Decision {
    let device = certificate.device.clone();
    let line = LedgerLine::new(kind::CERTIFICATE_PROVEN, now).fact("device", &device).fact("key", &certificate.key);
    Decision::new(vec![Change::ProveCertificate { device, serial: certificate.serial.clone(), at: now }], line)
}

/// Records that a device's key may have been copied: connections with its certificate push each other out. `open` are the
/// device's open alerts; people who were told already are not told again.
#[must_use]
pub fn clone_suspected(device: &DeviceId, open: &[Alert], id: AlertId, now: Timestamp) -> Decision {
    if open.iter().any(|alert| alert.kind == alert_kind::CLONE_SUSPECTED && alert.closed.is_none()) {
        return Decision::default();
    }
    let line = LedgerLine::new(kind::CLONE_SUSPECTED, now).fact("device", device).fact("alert", &id);
    let alert = Alert {
        id,
        device: Some(device.clone()),
        kind: alert_kind::CLONE_SUSPECTED.to_owned(),
        severity: Severity::Critical,
        text:
            "Connections with this device's certificate push each other out. If it is not a device that restarts over \
               and over, its key was copied: revoke the device."
                .to_owned(),
        opened: now,
        closed: None,
    };
    Decision::new(vec![Change::OpenAlert(alert)], line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, certificate, device, device_id, later};
    use crate::fleet::Quarantine;

    fn connect(
        device: Option<&Device>,
        certificate: Option<&DeviceCertificate>,
        now: Timestamp,
    ) -> Result<Admission, &'static str> {
        decide_connection(&ConnectionFacts { device, certificate }, now).map_err(ConnectionRefusal::name)
    }

    #[test]
    fn a_proven_certificate_of_an_accepted_device_is_admitted() {
        let admitted = connect(Some(&device()), Some(&certificate(CertificateState::Proven)), NOW);
        assert_eq!(admitted, Ok(Admission { may: Scope::Full, proves: false }));
    }

    #[test]
    fn a_first_connection_proves_the_certificate() {
        let issued = certificate(CertificateState::Issued);
        assert_eq!(connect(Some(&device()), Some(&issued), NOW).map(|admission| admission.proves), Ok(true));
        let decision = certificate_proven(&issued, NOW);
        assert!(matches!(decision.changes.as_slice(), [Change::ProveCertificate { .. }]));
    }

    #[test]
    fn a_quarantined_device_connects_but_reaches_only_the_way_back() {
        let quarantine = Some(Quarantine { since: NOW, reason: "slot-digest-unknown".to_owned() });
        let contained = Device { quarantine, ..device() };
        let admitted = connect(Some(&contained), Some(&certificate(CertificateState::Proven)), NOW);
        assert_eq!(admitted.map(|admission| admission.may), Ok(Scope::Quarantine));
    }

    #[test]
    fn connections_are_refused_by_name() {
        let proven = certificate(CertificateState::Proven);
        let at = |enrolment| Device { enrolment, ..device() };
        let foreign = DeviceCertificate { device: device_id(99), ..proven.clone() };
        let end = proven.not_after;
        for (device, certificate, now, name) in [
            (None, Some(&proven), NOW, "device-unknown"),
            (Some(&device()), None, NOW, "certificate-unknown"),
            (Some(&device()), Some(&foreign), NOW, "certificate-unknown"),
            (Some(&at(Enrolment::Revoked)), Some(&proven), NOW, "device-revoked"),
            (Some(&at(Enrolment::Preauthorised)), Some(&proven), NOW, "device-revoked"),
            (Some(&at(Enrolment::Rejected)), Some(&proven), NOW, "device-revoked"),
            (Some(&device()), Some(&certificate(CertificateState::Revoked)), NOW, "certificate-revoked"),
            (Some(&device()), Some(&certificate(CertificateState::Superseded)), NOW, "certificate-superseded"),
            (Some(&device()), Some(&proven), end, "certificate-expired"),
            (Some(&device()), Some(&proven), Timestamp::from_micros(0), "certificate-expired"),
        ] {
            assert_eq!(connect(device, certificate, now), Err(name));
        }
        assert!(connect(Some(&device()), Some(&proven), later(1)).is_ok());
    }

    #[test]
    fn a_suspected_clone_is_told_once_as_long_as_its_alert_is_open() {
        let id = AlertId::new(NOW, [7; 10]);
        let told = clone_suspected(&device_id(1), &[], id, NOW);
        let [Change::OpenAlert(alert)] = told.changes.as_slice() else { panic!("{told:?}") };
        assert_eq!((alert.kind.as_str(), alert.severity), ("clone-suspected", Severity::Critical));
        assert_eq!(told.line.map(|line| line.kind), Some(kind::CLONE_SUSPECTED));
        let again = AlertId::new(NOW, [8; 10]);
        assert_eq!(clone_suspected(&device_id(1), std::slice::from_ref(alert), again, NOW), Decision::default());
        let closed = Alert { closed: Some(NOW), ..alert.clone() };
        assert_eq!(clone_suspected(&device_id(1), &[closed], again, NOW).changes.len(), 1);
    }
}

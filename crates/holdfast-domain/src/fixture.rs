//! Facts that many tests of this crate start from. Compiled for tests only.

use holdfast_core::id::{AlertId, BatchId, DeviceId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use crate::fleet::{CertificateState, Device, DeviceCertificate, Enrolment, KeyThumbprint, Product};

pub(crate) const THERMOSTAT: &str = include_str!("../../../examples/hearth-thermostat.tm.json");
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

pub(crate) fn later(secs: u64) -> Timestamp {
    NOW.plus(Millis::from_secs(secs))
}

pub(crate) fn device_id(n: u32) -> DeviceId {
    format!("hearth-{n:06}").parse().expect("a device id")
}

pub(crate) fn person() -> PersonId {
    PersonId::new(NOW, [7; 10])
}

pub(crate) fn alert_id() -> AlertId {
    AlertId::new(NOW, [8; 10])
}

pub(crate) fn product() -> Product {
    Product {
        id: "hearth-thermostat".parse().expect("a product id"),
        title: "Hearth thermostat".to_owned(),
        vendor_domain: "hearth.example".to_owned(),
        thing_model: THERMOSTAT.to_owned(),
        created: NOW,
    }
}

/// An enrolled device in good standing.
pub(crate) fn device() -> Device {
    Device {
        id: device_id(1),
        product: product().id,
        batch: BatchId::new(NOW, [3; 10]),
        factory_key: KeyThumbprint([0xfa; 32]),
        enrolment: Enrolment::Accepted,
        quarantine: None,
        software: None,
        created: NOW,
        last_seen: None,
        online_until: None,
    }
}

/// A certificate of [`device`], valid now.
pub(crate) fn certificate(state: CertificateState) -> DeviceCertificate {
    DeviceCertificate {
        device: device_id(1),
        serial: "0a1b".to_owned(),
        key: KeyThumbprint([0xce; 32]),
        not_before: NOW,
        not_after: later(90 * 86_400),
        state,
    }
}

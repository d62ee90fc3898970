//! Facts that many tests of this crate start from. Compiled for tests only.

use holdfast_core::id::{AlertId, BatchId, DeploymentId, DeviceId, PersonId, ReleaseId, SessionId};
use holdfast_core::time::{Millis, Timestamp};

use crate::fleet::{CertificateState, Device, DeviceCertificate, Enrolment, KeyThumbprint, Product, Software};
use crate::people::account::Passkey;
use crate::people::credential::passkey_id;
use crate::people::session::{Opening, SessionKind};
use crate::people::{Person, Role};
use crate::updates::{
    Deployment, DeploymentState, Execution, ExecutionState, Phase, Release, ReleaseKind, RolloutPlan,
};

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

/// The owner that [`person`] names.
pub(crate) fn owner() -> Person {
    Person { id: person(), name: "Ola".to_owned(), role: Role::Owner, created: NOW }
}

/// A passkey of [`person`], which counts at once.
pub(crate) fn passkey() -> Passkey {
    Passkey {
        id: passkey_id(NOW, [1; 10]),
        person: person(),
        credential: vec![1; 32],
        label: "Phone".to_owned(),
        document: "{}".to_owned(),
        created: NOW,
        used: None,
        counts_from: NOW,
    }
}

/// A session about to begin, by passkey.
pub(crate) fn opening() -> Opening {
    let id = SessionId::new(NOW, [2; 10]);
    Opening { id, secret_hash: [2; 32], kind: SessionKind::Passkey, browser: String::new() }
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

pub(crate) fn fleet(size: u32) -> Vec<Device> {
    (1..=size).map(|n| Device { id: device_id(n), ..device() }).collect()
}

/// A feature release of [`product`] with this sequence number.
pub(crate) fn release(sequence: u64) -> Release {
    let digest = |kind: u8| {
        let mut digest = [kind; 32];
        digest[..8].copy_from_slice(&sequence.to_be_bytes());
        digest
    };
    Release {
        id: ReleaseId::new(NOW, [u8::try_from(sequence % 200).unwrap_or(0); 10]),
        product: product().id,
        version: format!("1.{sequence}.0"),
        sequence,
        kind: ReleaseKind::Feature,
        security_floor: 0,
        description: "Warmer.".to_owned(),
        manifest_digest: digest(0x3a),
        artifact_digest: digest(0xa7),
        artifact_bytes: 4_000_000,
        signers: 2,
        envelope: vec![1, 2, 3],
        published: NOW,
        withdrawn: false,
    }
}

/// What runs on a device that has the release of this sequence number.
pub(crate) fn running(sequence: u64) -> Software {
    Software {
        version: format!("1.{sequence}.0"),
        sequence,
        image_digest: release(sequence).artifact_digest,
        slot: 'a',
        at: NOW,
    }
}

pub(crate) fn deployment_id(n: u8) -> DeploymentId {
    DeploymentId::new(NOW, [n; 10])
}

/// A deployment of release 2, running its only phase with [`device`] alone.
pub(crate) fn deployment(n: u8) -> Deployment {
    Deployment {
        id: deployment_id(n),
        release: release(2).id,
        product: product().id,
        group: None,
        plan: RolloutPlan {
            generation: 1,
            phases: vec![Phase {
                devices: vec![device_id(1)],
                success_percent: 90,
                share_percent: None,
                started: Some(NOW),
            }],
            abort_threshold_percent: 20,
            min_devices: 5,
            deadline: Millis::from_secs(600),
        },
        state: DeploymentState::Running { phase: 0 },
        created_by: person(),
        created: NOW,
    }
}

/// The run of [`device`] in deployment `n`.
pub(crate) fn execution(n: u8, state: ExecutionState) -> Execution {
    Execution { deployment: deployment_id(n), device: device_id(1), phase: 0, state, percent: 0, changed: NOW }
}

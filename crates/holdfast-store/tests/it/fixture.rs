//! A store in a directory that goes away, and the smallest values of each kind.

use std::path::Path;

use holdfast_core::id::{
    AlertId, BatchId, CommandId, DeploymentId, DeviceId, PersonId, ProductId, ReleaseId, SessionId, TokenId,
};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision, LedgerLine};
use holdfast_domain::fleet::{
    CertificateState, ClaimCode, Command, Device, DeviceCertificate, Enrolment, FactoryBatch, KeyThumbprint, Product,
};
use holdfast_domain::people::{Person, Role};
use holdfast_domain::updates::{
    Deployment, DeploymentState, Execution, ExecutionState, Phase, Release, ReleaseKind, RolloutPlan,
};
use holdfast_store::Store;
use tempfile::TempDir;

pub(crate) const HOUR: i64 = 3_600_000_000;

/// A store and the directory it lives in.
pub(crate) struct Home {
    pub(crate) store: Store,
    pub(crate) dir: TempDir,
}

impl Home {
    pub(crate) fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        Self { store: Store::open(dir.path()).unwrap(), dir }
    }

    /// With one product and so many devices of one batch.
    pub(crate) fn with_devices(count: u32) -> Self {
        let home = Self::empty();
        home.put(Change::PutProduct(product()));
        home.put(batch(1, 0..count));
        home
    }

    pub(crate) fn put(&self, change: Change) {
        self.store.commit(Decision::quiet(vec![change])).unwrap();
    }

    pub(crate) fn refused(&self, change: Change) -> &'static str {
        self.store.commit(Decision::quiet(vec![change])).unwrap_err().name()
    }

    /// The files as a power cut would leave them: copied while the store is open, without its shared memory.
    pub(crate) fn copied_as_killed(&self) -> Self {
        let dir = TempDir::new().unwrap();
        for file in ["holdfast.db", "holdfast.db-wal"] {
            let from: &Path = &self.dir.path().join(file);
            if from.exists() {
                std::fs::copy(from, dir.path().join(file)).unwrap();
            }
        }
        Self { store: Store::open(dir.path()).unwrap(), dir }
    }
}

pub(crate) fn at(hours: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + hours * HOUR)
}

macro_rules! id {
    ($($name:ident -> $type:ty;)*) => {$(
        pub(crate) fn $name(n: u8) -> $type {
            <$type>::new(at(i64::from(n)), [n; 10])
        }
    )*};
}

id! {
    alert -> AlertId;
    batch_id -> BatchId;
    command_id -> CommandId;
    deployment_id -> DeploymentId;
    person_id -> PersonId;
    release_id -> ReleaseId;
    session_id -> SessionId;
    token_id -> TokenId;
}

pub(crate) fn device_id(n: u32) -> DeviceId {
    format!("hearth-{n:05}").parse().unwrap()
}

pub(crate) fn product_id() -> ProductId {
    "hearth-thermostat".parse().unwrap()
}

pub(crate) fn product() -> Product {
    Product {
        id: product_id(),
        title: "Hearth".to_owned(),
        vendor_domain: "hearth.example".to_owned(),
        thing_model: "{}".to_owned(),
        created: at(0),
    }
}

pub(crate) fn key(n: u32) -> KeyThumbprint {
    let mut bytes = [0xab; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    KeyThumbprint(bytes)
}

pub(crate) fn device(batch: u8, n: u32) -> Device {
    Device {
        id: device_id(n),
        product: product_id(),
        batch: batch_id(batch),
        factory_key: key(n),
        enrolment: Enrolment::Preauthorised,
        quarantine: None,
        software: None,
        created: at(1),
        last_seen: None,
        online_until: None,
    }
}

pub(crate) fn batch(id: u8, numbers: std::ops::Range<u32>) -> Change {
    let devices: Vec<Device> = numbers.map(|n| device(id, n)).collect();
    Change::AddBatch {
        batch: FactoryBatch {
            id: batch_id(id),
            product: product_id(),
            devices: u32::try_from(devices.len()).unwrap(),
            manifest_digest: [id; 32],
            imported: at(1),
        },
        claims: devices
            .iter()
            .map(|device| ClaimCode { device: device.id.clone(), salt: [7; 16], hash: [8; 32], lookup: None })
            .collect(),
        devices,
    }
}

pub(crate) fn certificate(device: u32, serial: &str, from: i64) -> DeviceCertificate {
    DeviceCertificate {
        device: device_id(device),
        serial: serial.to_owned(),
        key: key(900 + device),
        not_before: at(from),
        not_after: at(from + 90 * 24),
        state: CertificateState::Issued,
    }
}

pub(crate) fn command(n: u8, device: u32) -> Command {
    Command {
        id: command_id(n),
        device: device_id(device),
        action: "set-target".to_owned(),
        input: "{\"celsius\":21}".to_owned(),
        created: at(2),
        expires: at(3),
        outcome: None,
        ended: None,
    }
}

pub(crate) fn release(n: u8) -> Release {
    Release {
        id: release_id(n),
        product: product_id(),
        version: format!("1.{n}.0"),
        sequence: u64::from(n),
        kind: ReleaseKind::Security,
        security_floor: 1,
        description: "Fixes a leak".to_owned(),
        manifest_digest: [n; 32],
        artifact_digest: [0xa0 | n; 32],
        artifact_bytes: 1 << 40,
        signers: 2,
        envelope: vec![1, 2, 3],
        published: at(4),
        withdrawn: false,
    }
}

/// A deployment of release `n` to two phases: devices 0 and 1, then device 2.
pub(crate) fn deployment(n: u8) -> (Deployment, Vec<Execution>) {
    let phases = [vec![1, 0], vec![2]];
    let executions = (0_u32..)
        .zip(&phases)
        .flat_map(|(phase, devices)| devices.iter().map(move |d| (phase, *d)))
        .map(|(phase, d)| Execution {
            deployment: deployment_id(n),
            device: device_id(d),
            phase,
            state: ExecutionState::Queued,
            percent: 0,
            changed: at(5),
        })
        .collect();
    let plan = RolloutPlan {
        generation: 1,
        phases: phases
            .map(|devices| Phase {
                devices: devices.into_iter().map(device_id).collect(),
                success_percent: 90,
                share_percent: None,
                started: None,
            })
            .into(),
        abort_threshold_percent: 20,
        min_devices: 2,
        deadline: Millis(60_000),
    };
    let deployment = Deployment {
        id: deployment_id(n),
        release: release_id(n),
        product: product_id(),
        group: None,
        plan,
        state: DeploymentState::Running { phase: 0 },
        created_by: person_id(1),
        created: at(5),
    };
    (deployment, executions)
}

pub(crate) fn person(n: u8) -> Person {
    Person { id: person_id(n), name: "Ada".to_owned(), role: Role::FleetOperator, created: at(1) }
}

pub(crate) fn line(n: u32) -> LedgerLine {
    LedgerLine::new("device-enrolled", at(i64::from(n))).fact("device", &device_id(n))
}

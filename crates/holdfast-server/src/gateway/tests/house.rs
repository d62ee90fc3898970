//! A server with one open door, and devices that were enrolled at it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{BatchId, DeviceId, StreamId};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::{Device, DeviceCertificate, Enrolment, FactoryBatch, KeyThumbprint, Product};
use holdfast_store::Store;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::authority::{Authority, AuthorityConfig, RequestedKey, SERIAL_BYTES};
use crate::clock;
use crate::doorstep::{Doorstep, Terms};
use crate::gateway::{Config, Connections, GatewayParts, Metrics, Models, Returning, listen, serve};
use crate::tls::{Doors, TrustedCas};

/// The model of every device here.
const MODEL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hearth-thermostat.tm.json"));

/// What a device holds.
pub(super) struct Credential {
    pub(super) device: DeviceId,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: KeyPair,
    pub(super) record: DeviceCertificate,
}

impl Credential {
    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()))
    }
}

pub(super) struct House {
    pub(super) authority: Arc<Authority>,
    pub(super) store: Store,
    pub(super) connections: Connections,
    pub(super) address: SocketAddr,
    pub(super) dir: tempfile::TempDir,
    batch: BatchId,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl House {
    pub(super) fn open() -> Self {
        Self::open_with(Config::default())
    }

    pub(super) fn open_with(config: Config) -> Self {
        Self::open_behind(config, Terms::MQTT)
    }

    pub(super) fn open_behind(config: Config, terms: Terms) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = clock::now();
        let authority = Authority::open_or_create(AuthorityConfig::new(dir.path().join("keys")), now).unwrap();
        let authority = Arc::new(authority);
        let doors = Arc::new(Doors::new(Arc::clone(&authority), &TrustedCas::default()).unwrap());
        let store = Store::open(dir.path()).unwrap();
        let product = Product {
            id: "hearth-thermostat".parse().unwrap(),
            title: "Hearth thermostat".to_owned(),
            vendor_domain: "hearth.example".to_owned(),
            thing_model: MODEL.to_owned(),
            created: now,
        };
        let batch = BatchId::new(now, clock::random());
        let listed = FactoryBatch {
            id: batch,
            product: product.id.clone(),
            devices: 0,
            manifest_digest: [0; 32],
            imported: now,
        };
        let changes =
            vec![Change::PutProduct(product), Change::AddBatch { batch: listed, devices: vec![], claims: vec![] }];
        store.commit(Decision::quiet(changes)).unwrap();
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Connections::new();
        let (stop, stopped) = oneshot::channel();
        let parts = GatewayParts {
            listener,
            doors,
            authority: Arc::clone(&authority),
            store: store.clone(),
            models: Models::default(),
            connections: connections.clone(),
            returning: Returning::new(terms.handshakes_per_second),
            doorstep: Doorstep::new(terms),
            config,
        };
        let served = tokio::spawn(serve(parts, async {
            let _ = stopped.await;
        }));
        Self { authority, store, connections, address, dir, batch, stop: Some(stop), served }
    }

    /// A device with an operational certificate, as enrolment leaves it.
    pub(super) fn device(&self, id: &str) -> Credential {
        self.device_with(id, KeyThumbprint(*Sha256Digest::of(id.as_bytes()).as_bytes()))
    }

    pub(super) fn device_with(&self, id: &str, factory_key: KeyThumbprint) -> Credential {
        let now = clock::now();
        let credential = self.stranger(id);
        let device = Device {
            id: credential.device.clone(),
            product: "hearth-thermostat".parse().unwrap(),
            batch: self.batch,
            factory_key,
            enrolment: Enrolment::Preauthorised,
            quarantine: None,
            software: None,
            created: now,
            last_seen: None,
            online_until: None,
        };
        let batch = FactoryBatch {
            id: BatchId::new(now, clock::random()),
            product: device.product.clone(),
            devices: 1,
            manifest_digest: clock::random(),
            imported: now,
        };
        let device = Device { batch: batch.id, ..device };
        self.commit(vec![
            Change::AddBatch { batch, devices: vec![device], claims: vec![] },
            Change::SetEnrolment { device: credential.device.clone(), to: Enrolment::Accepted },
            Change::AddCertificate(credential.record.clone()),
        ]);
        credential
    }

    /// A certificate of the right authority that no store knows.
    pub(super) fn stranger(&self, id: &str) -> Credential {
        let device: DeviceId = id.parse().unwrap();
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let requested = RequestedKey::from_request(request.der()).unwrap();
        let serial = clock::random::<SERIAL_BYTES>();
        let issued = self.authority.issue(&device, &requested, &serial, clock::now()).unwrap();
        Credential { device, chain: vec![issued.der], key, record: issued.record }
    }

    pub(super) fn commit(&self, changes: Vec<Change>) {
        self.store.commit(Decision::quiet(changes)).unwrap();
    }

    /// How many messages of the device's stream are stored.
    pub(super) fn stored(&self, device: &DeviceId, stream: &str) -> u64 {
        let stream: StreamId = stream.parse().unwrap();
        self.store.telemetry_count(device, &stream).unwrap()
    }

    pub(super) fn refused(&self) -> BTreeMap<&'static str, u64> {
        self.connections.refusals().snapshot()
    }

    pub(super) fn metrics(&self) -> Metrics {
        self.connections.metrics()
    }

    /// Tells the server to stop; it ends when everything is drained.
    pub(super) fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    pub(super) async fn stopped(mut self) -> (Store, tempfile::TempDir) {
        self.begin_stop();
        self.served.await.unwrap();
        (self.store, self.dir)
    }
}

//! The door over real TLS on loopback, with a real store: enrolment, renewal, every named refusal, statements, files.

use std::net::SocketAddr;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::cbor::item;
use holdfast_core::cose::{Signer, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{BatchId, DeploymentId, DeviceId, PersonId, ProductId, ReleaseId};
use holdfast_core::statement::{Expectation, Nonce, TimestampStatement, verify_statement};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::trust::{Role, TrustContent, TrustDocument};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::{CertificateState, Device, Enrolment, FactoryBatch, KeyThumbprint, Product};
use holdfast_domain::updates::{
    Deployment, DeploymentState, Execution, ExecutionState, Phase, Release, ReleaseKind, RolloutPlan, TrustVersion,
};
use holdfast_store::integrity::AlertFilter;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use tokio::sync::oneshot;

use super::*;
use crate::https::{Door, Limits, Listener, bind};
use crate::tls::ALPN_HTTP1;
use crate::tls::fixture::{Credential, House, Reply, client, device, house, now, request};

#[derive(Default)]
struct Counted(Mutex<Vec<&'static str>>);

impl Refusals for Counted {
    fn count(&self, door: &'static str, name: &'static str) {
        assert_eq!(door, "devices");
        self.0.lock().unwrap().push(name);
    }
}

pub(super) struct Served {
    pub(super) house: House,
    pub(super) parts: Parts,
    counted: Arc<Counted>,
    address: SocketAddr,
    factory: Credential,
    _stop: oneshot::Sender<()>,
}

const IMAGE: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn product() -> ProductId {
    "hearth-thermostat".parse().unwrap()
}

fn thumbprint(key: &KeyPair) -> KeyThumbprint {
    KeyThumbprint(*Sha256Digest::of(&key.subject_public_key_info()).as_bytes())
}

pub(super) async fn served() -> Served {
    let house = house();
    let store = Store::open(&house.dir.path().join("state")).unwrap();
    let blobs = Arc::new(Blobs::open(&house.dir.path().join("blobs")).unwrap());
    let counted = Arc::new(Counted::default());
    let parts = Parts {
        store,
        blobs,
        models: Models::default(),
        authority: Arc::clone(&house.authority),
        outbox: Arc::new(Notify::new()),
        refusals: Arc::clone(&counted) as Arc<_>,
    };
    let tcp = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let listener = Listener {
        door: Door::Devices,
        doors: Arc::clone(&house.doors),
        limits: Limits::DEVICES,
        doorstep: crate::doorstep::Doorstep::new(crate::doorstep::Terms::DEVICES),
        refusals: Arc::clone(&counted) as Arc<_>,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let door = router(parts.clone());
    tokio::spawn(async move {
        listener
            .serve(tcp, door, async move {
                let _ = stopped.await;
            })
            .await;
    });
    let factory = house.factory_identity();
    let served = Served { house, parts, counted, address, factory, _stop: stop };
    served.list(&device(), thumbprint(&served.factory.key));
    served
}

impl Served {
    fn commit(&self, changes: Vec<Change>) {
        self.parts.store.commit(Decision::quiet(changes)).unwrap();
    }

    /// Lists a device in a batch of its own.
    fn list(&self, id: &DeviceId, factory_key: KeyThumbprint) {
        let batch = BatchId::new(now(), crate::clock::random());
        let made = Product {
            id: product(),
            title: "Thermostat".to_owned(),
            vendor_domain: "hearth.example".to_owned(),
            thing_model: "{}".to_owned(),
            created: now(),
        };
        let listed = Device {
            id: id.clone(),
            product: product(),
            batch,
            factory_key,
            enrolment: Enrolment::Preauthorised,
            quarantine: None,
            software: None,
            created: now(),
            last_seen: None,
            online_until: None,
        };
        let batch = FactoryBatch {
            id: batch,
            product: product(),
            devices: 1,
            manifest_digest: crate::clock::random(),
            imported: now(),
        };
        self.commit(vec![Change::PutProduct(made), Change::AddBatch { batch, devices: vec![listed], claims: vec![] }]);
    }

    async fn ask(&self, who: &Credential, head: &str, body: &[u8]) -> Reply {
        let client = client(&self.house, Some(who.clone()), ALPN_HTTP1);
        request(&client, self.address, head, body).await.unwrap()
    }

    async fn post_request(&self, who: &Credential, path: &str, body: &[u8]) -> Reply {
        self.ask(who, &format!("POST {path} HTTP/1.1\r\nContent-Type: application/pkcs10"), body).await
    }

    async fn certify(&self, who: &Credential, path: &str) -> Result<Credential, String> {
        let key = KeyPair::generate().unwrap();
        let reply = self.post_request(who, path, STANDARD.encode(csr(&key)).as_bytes()).await;
        if reply.status != 200 {
            return Err(refusal(&reply));
        }
        assert_eq!(reply.header("content-type"), Some("application/pkcs7-mime; smime-type=certs-only"));
        let pkcs7 = STANDARD.decode(&reply.body).unwrap();
        Ok(Credential { chain: vec![only_certificate(&pkcs7)], key })
    }

    async fn enrol(&self, who: &Credential) -> Result<Credential, String> {
        self.certify(who, "/.well-known/est/simpleenroll").await
    }

    pub(super) async fn enrolled(&self) -> Credential {
        self.enrol(&self.factory).await.unwrap()
    }

    fn state_of(&self, who: &Credential) -> CertificateState {
        let peer = self.house.doors.peer(&who.chain).unwrap();
        self.parts.store.certificate_by_serial(peer.serial()).unwrap().unwrap().state
    }

    fn states(&self) -> Vec<CertificateState> {
        self.parts.store.certificates(&device()).unwrap().iter().map(|held| held.state).collect()
    }
}

pub(super) fn revoke(served: &Served) {
    served.commit(vec![Change::SetEnrolment { device: device(), to: Enrolment::Revoked }]);
}

fn csr(key: &KeyPair) -> Vec<u8> {
    CertificateParams::default().serialize_request(key).unwrap().der().to_vec()
}

/// Our PKCS#7 is read back by stock tools in its own test; here the one certificate is cut out.
fn only_certificate(pkcs7: &[u8]) -> rustls::pki_types::CertificateDer<'static> {
    let at = (0..pkcs7.len()).find(|at| crate::authority::parse(longest(&pkcs7[*at..])).is_ok()).unwrap();
    longest(&pkcs7[at..]).to_vec().into()
}

fn longest(bytes: &[u8]) -> &[u8] {
    match bytes {
        [0x30, 0x82, high, low, ..] => {
            let end = 4 + usize::from(*high) * 256 + usize::from(*low);
            bytes.get(..end).unwrap_or_default()
        }
        _ => &[],
    }
}

fn refusal(reply: &Reply) -> String {
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{}", reply.head);
    let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(problem["status"], reply.status);
    problem["type"].as_str().unwrap().strip_prefix("urn:holdfast:refusal:").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_device_enrols_with_its_factory_identity_and_works_with_its_operational_one() {
    let served = served().await;
    let operational = served.enrolled().await;
    let held = served.parts.store.certificates(&device()).unwrap();
    assert_eq!(served.states(), [CertificateState::Issued]);
    assert_eq!(held[0].key, thumbprint(&operational.key));
    assert_eq!(served.parts.store.device(&device()).unwrap().unwrap().enrolment, Enrolment::Accepted);
    let peer = served.house.doors.peer(&operational.chain).unwrap();
    assert_eq!((peer.device(), peer.serial()), (&device(), held[0].serial.as_str()));
    let reply = served.ask(&operational, "GET /device/v1/trust/1 HTTP/1.1", b"").await;
    assert_eq!(refusal(&reply), "no-such-trust-version");
    assert_eq!(served.states(), [CertificateState::Proven], "the first use proves a certificate");
    let lines = served.parts.store.ledger_leaves(0, 10).unwrap().len();
    assert_eq!(lines, 2, "enrolled and proven are in the ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_is_told_to_a_factory_identity_over_its_nonce_and_to_nobody_else() {
    let served = served().await;
    let nonce = Nonce::new(&[7; 32]).unwrap();
    let question = |nonce: &Nonce| {
        item(|w| {
            w.map(2).u64(1).bytes(nonce.as_bytes()).u64(2).u64(1);
        })
    };
    let head = "POST /device/v1/time HTTP/1.1\r\nContent-Type: application/cbor";
    let (factory, asked) = (served.factory.clone(), question(&nonce));
    assert_eq!(refusal(&served.ask(&factory, head, &asked).await), "trust-missing");
    let trust = served.put_trust();
    served.put_release();
    let told = statement(&served.ask(&factory, head, &asked).await, &trust, nonce.as_bytes(), 0);
    assert_eq!(told.assignment, None);
    assert!(crate::clock::now().since(told.time) < Millis::from_secs(60));
    assert_eq!(refusal(&served.ask(&factory, head, b"x").await), "time-malformed");
    let operational = served.enrolled().await;
    assert_eq!(refusal(&served.ask(&operational, head, &asked).await), "factory-identity-needed");
    let forged = served.house.factory_identity();
    assert_eq!(refusal(&served.ask(&forged, head, &asked).await), "factory-key-mismatch");
    let stranger = served.house.factory_identity_of(&"hearth-9999".parse().unwrap());
    assert_eq!(refusal(&served.ask(&stranger, head, &asked).await), "unknown-device");
    revoke(&served);
    assert_eq!(refusal(&served.ask(&factory, head, &asked).await), "device-revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_certificates_and_attributes_are_answered_as_est_says() {
    let served = served().await;
    let reply = served.ask(&served.factory, "GET /.well-known/est/cacerts HTTP/1.1", b"").await;
    let ca = only_certificate(&STANDARD.decode(&reply.body).unwrap());
    assert_eq!((reply.status, ca), (200, served.house.authority.ca_certificate()));
    let reply = served.ask(&served.factory, "GET /.well-known/est/csrattrs HTTP/1.1", b"").await;
    assert_eq!((reply.status, reply.body.as_slice()), (204, b"".as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_keeps_the_old_certificate_until_the_new_one_is_proven() {
    let served = served().await;
    let first = served.enrolled().await;
    let second = served.certify(&first, "/.well-known/est/simplereenroll").await.unwrap();
    let states = || (served.state_of(&first), served.state_of(&second));
    assert_eq!(states(), (CertificateState::Proven, CertificateState::Issued));
    let ask = |who: Credential| {
        let served = &served;
        async move { refusal(&served.ask(&who, "GET /device/v1/trust/1 HTTP/1.1", b"").await) }
    };
    assert_eq!(ask(first.clone()).await, "no-such-trust-version");
    assert_eq!(ask(second.clone()).await, "no-such-trust-version");
    assert_eq!(states(), (CertificateState::Superseded, CertificateState::Proven));
    assert_eq!(ask(first.clone()).await, "certificate-superseded");
    assert_eq!(ask(second.clone()).await, "no-such-trust-version");
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolment_is_refused_by_name_and_leaves_nothing_behind() {
    let served = served().await;
    let stranger: DeviceId = "hearth-9999".parse().unwrap();
    assert_eq!(served.enrol(&served.house.factory_identity_of(&stranger)).await.unwrap_err(), "unknown-device");
    // The factory CA signed a second key for a listed device.
    assert_eq!(served.enrol(&served.house.factory_identity()).await.unwrap_err(), "factory-key-mismatch");
    let own_key = STANDARD.encode(csr(&served.factory.key));
    let reply = served.post_request(&served.factory, "/.well-known/est/simpleenroll", own_key.as_bytes()).await;
    assert_eq!(refusal(&reply), "csr-key-is-factory-key");
    assert_eq!(
        served.certify(&served.factory, "/.well-known/est/simplereenroll").await.unwrap_err(),
        "operational-identity-needed"
    );
    revoke(&served);
    assert_eq!(served.enrol(&served.factory).await.unwrap_err(), "device-revoked");
    assert!(served.states().is_empty());
    let alerts = served.parts.store.alerts(&AlertFilter::default(), None, 10).unwrap();
    assert_eq!(alerts.iter().map(|a| a.kind.as_str()).collect::<Vec<_>>(), ["factory-key-mismatch"]);
    let counted = served.counted.0.lock().unwrap().clone();
    assert_eq!(
        counted,
        [
            "unknown-device",
            "factory-key-mismatch",
            "csr-key-is-factory-key",
            "operational-identity-needed",
            "device-revoked"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_requests_are_refused_by_name() {
    let served = served().await;
    let key = KeyPair::generate().unwrap();
    let good = csr(&key);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let other = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    for (body, name) in [
        (b"not base64!".to_vec(), "csr-malformed"),
        (STANDARD.encode(b"not a request").into_bytes(), "csr-malformed"),
        (STANDARD.encode(&good[..good.len() - 1]).into_bytes(), "csr-malformed"),
        (b"".to_vec(), "csr-malformed"),
        (STANDARD.encode(csr(&other)).into_bytes(), "csr-key-unsupported"),
        (STANDARD.encode(csr(&rsa)).into_bytes(), "csr-key-unsupported"),
        (STANDARD.encode(&forged).into_bytes(), "csr-signature-wrong"),
        (vec![b'A'; 8 * 1024 + 1], "body-over-long"),
    ] {
        let reply = served.post_request(&served.factory, "/.well-known/est/simpleenroll", &body).await;
        assert_eq!(refusal(&reply), name);
    }
    let head = "POST /.well-known/est/simpleenroll HTTP/1.1\r\nContent-Type: text/plain";
    assert_eq!(refusal(&served.ask(&served.factory, head, b"x").await), "content-type-unsupported");
    assert!(served.states().is_empty());
    // Line breaks in base64 are no reason to refuse (RFC 8951 §3.1).
    let wrapped = STANDARD.encode(&good).as_bytes().chunks(64).collect::<Vec<_>>().join(b"\r\n".as_slice());
    assert_eq!(served.post_request(&served.factory, "/.well-known/est/simpleenroll", &wrapped).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_identity_is_refused_and_raises_one_alarm() {
    let served = served().await;
    let first = served.enrolled().await;
    assert_eq!(refusal(&served.ask(&first, "GET /device/v1/trust/1 HTTP/1.1", b"").await), "no-such-trust-version");
    for _ in 0..2 {
        assert_eq!(served.enrol(&served.factory).await.unwrap_err(), "identity-in-use");
    }
    let alerts = served.parts.store.alerts(&AlertFilter::default(), None, 10).unwrap();
    assert_eq!(alerts.iter().map(|a| a.kind.as_str()).collect::<Vec<_>>(), ["clone-suspected"]);
    assert_eq!(served.states(), [CertificateState::Proven], "the first one works on");
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_are_kept_to_their_use_and_revocation_counts_at_every_request() {
    let served = served().await;
    let operational = served.enrolled().await;
    let path = "GET /device/v1/trust/1 HTTP/1.1";
    assert_eq!(refusal(&served.ask(&served.factory, path, b"").await), "operational-identity-needed");
    assert_eq!(served.enrol(&operational).await.unwrap_err(), "factory-identity-needed");
    let unknown = served.house.operational_identity_of(&device()).0;
    assert_eq!(refusal(&served.ask(&unknown, path, b"").await), "certificate-unknown");
    assert_eq!(refusal(&served.ask(&operational, "GET /device/v2 HTTP/1.1", b"").await), "no-such-resource");
    assert_eq!(
        refusal(&served.ask(&operational, "DELETE /device/v1/trust/1 HTTP/1.1", b"").await),
        "method-not-allowed"
    );
    revoke(&served);
    assert_eq!(refusal(&served.ask(&operational, path, b"").await), "device-revoked");
    assert_eq!(served.certify(&operational, "/.well-known/est/simplereenroll").await.unwrap_err(), "device-revoked");
}

impl Served {
    /// A trust document of this server's freshness key, with its own root.
    fn put_trust(&self) -> TrustDocument {
        let key = SoftwareKey::ed25519(&[1; 32]);
        let role = || Role::new(1, vec![key.public_key()]).unwrap();
        let content = TrustContent {
            version: 1,
            maker_domain: "hearth.example".to_owned(),
            root: role(),
            release: role(),
            freshness: self.house.authority.freshness().public_key(),
            operational_cas: vec![self.house.authority.ca_certificate().to_vec()],
            factory_cas: vec![self.house.factory_der.to_vec()],
            created: now(),
            next_root: None,
        };
        let document = holdfast_core::trust::add_signature(&content.to_unsigned().unwrap(), &key).unwrap();
        let row = TrustVersion { version: 1, document: document.clone(), accepted: now() };
        self.commit(vec![Change::AddTrust(row)]);
        TrustDocument::open_first(&document).unwrap()
    }

    /// A release with [`IMAGE`], rolled out to the device.
    fn put_release(&self) -> (Release, DeploymentId) {
        let digest = Sha256Digest::of(IMAGE);
        let mut blob = self.parts.blobs.put(digest, 1_000).unwrap();
        blob.write(IMAGE).unwrap();
        blob.finish().unwrap();
        let release = Release {
            id: ReleaseId::new(now(), crate::clock::random()),
            product: product(),
            version: "2.0.0".to_owned(),
            sequence: 2,
            kind: ReleaseKind::Feature,
            security_floor: 0,
            description: "Second.".to_owned(),
            manifest_digest: [0xaa; 32],
            artifact_digest: *digest.as_bytes(),
            artifact_bytes: IMAGE.len() as u64,
            signers: 1,
            envelope: b"envelope".to_vec(),
            published: now(),
            withdrawn: false,
        };
        let id = DeploymentId::new(now(), crate::clock::random());
        let person = PersonId::new(now(), crate::clock::random());
        let plan = RolloutPlan {
            generation: 1,
            phases: vec![Phase { devices: vec![device()], success_percent: 100, share_percent: None, started: None }],
            abort_threshold_percent: 50,
            min_devices: 1,
            deadline: Millis::from_secs(60),
        };
        let deployment = Deployment {
            id,
            release: release.id,
            product: product(),
            group: None,
            plan,
            state: DeploymentState::Running { phase: 0 },
            created_by: person,
            created: now(),
        };
        let state = ExecutionState::Queued;
        let executions =
            vec![Execution { deployment: id, device: device(), phase: 0, state, percent: 0, changed: now() }];
        let someone = holdfast_domain::people::Person {
            id: person,
            name: "Ada".to_owned(),
            role: holdfast_domain::people::Role::Administrator,
            created: now(),
        };
        self.commit(vec![
            Change::AddPerson(someone),
            Change::AddRelease(release.clone()),
            Change::AddDeployment { deployment, executions },
        ]);
        (release, id)
    }

    async fn check(&self, who: &Credential, nonce: &[u8], runs: u64) -> Reply {
        let question = item(|w| {
            w.map(4).u64(1).bytes(nonce).u64(2).u64(1).u64(3).u64(runs).u64(4).bytes(&[0; 32]);
        });
        self.ask(who, "POST /device/v1/update/check HTTP/1.1\r\nContent-Type: application/cbor", &question).await
    }
}

fn statement(reply: &Reply, trust: &TrustDocument, nonce: &[u8], counter_floor: u64) -> TimestampStatement {
    assert_eq!(reply.status, 200, "{}", reply.head);
    assert!(reply.header("content-type").unwrap().starts_with("application/cose"));
    let (device, nonce) = (device(), Nonce::new(nonce).unwrap());
    let expected = Expectation { device: &device, nonce: &nonce, counter_floor, time_floor: Timestamp::from_micros(0) };
    (*verify_statement(&reply.body, trust, &expected).unwrap()).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_fresh_for_its_nonce_rises_and_names_the_assignment() {
    let served = served().await;
    let operational = served.enrolled().await;
    assert_eq!(refusal(&served.check(&operational, &[7; 32], 1).await), "trust-missing");
    let trust = served.put_trust();
    let first = statement(&served.check(&operational, &[7; 32], 1).await, &trust, &[7; 32], 0);
    assert_eq!((first.trust_version, first.assignment), (1, None));
    let (release, deployment) = served.put_release();
    let second = statement(&served.check(&operational, &[8; 16], 1).await, &trust, &[8; 16], first.counter);
    let offered = second.assignment.unwrap();
    assert_eq!(offered.manifest_digest, Sha256Digest::from_bytes(release.manifest_digest));
    assert_eq!((offered.deployment, offered.sequence, offered.generation), (deployment, 2, 1));
    let third = statement(&served.check(&operational, &[9; 16], 2).await, &trust, &[9; 16], second.counter);
    assert_eq!(third.assignment, None, "whoever runs it is not offered it");
    assert_eq!(refusal(&served.check(&operational, &[9; 15], 2).await), "check-malformed");
    let long = served.ask(&operational, "POST /device/v1/update/check HTTP/1.1", &[0; 257]).await;
    assert_eq!(refusal(&long), "body-over-long");
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_documents_and_manifests_are_given_to_devices_of_their_product() {
    let served = served().await;
    let operational = served.enrolled().await;
    served.put_trust();
    let (release, _) = served.put_release();
    let trust = served.ask(&operational, "GET /device/v1/trust/1 HTTP/1.1", b"").await;
    assert_eq!(trust.status, 200);
    TrustDocument::open_first(&trust.body).unwrap();
    let path = format!("GET /device/v1/manifests/{} HTTP/1.1", "aa".repeat(32));
    let manifest = served.ask(&operational, &path, b"").await;
    assert_eq!((manifest.status, manifest.body.as_slice()), (200, b"envelope".as_slice()));
    assert_eq!(manifest.header("content-type"), Some("application/suit-envelope+cose"));
    for bad in ["ab".repeat(32), "AA".repeat(32), "aa".repeat(31), "..%2f..".to_owned()] {
        let reply = served.ask(&operational, &format!("GET /device/v1/manifests/{bad} HTTP/1.1"), b"").await;
        assert_eq!(refusal(&reply), "no-such-manifest", "{bad}");
    }
    served.commit(vec![Change::WithdrawRelease { release: release.id }]);
    assert_eq!(refusal(&served.ask(&operational, &path, b"").await), "no-such-manifest");
    let path = format!("GET /device/v1/artifacts/{} HTTP/1.1", Sha256Digest::of(IMAGE));
    assert_eq!(refusal(&served.ask(&operational, &path, b"").await), "no-such-artifact");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_is_given_whole_or_from_where_a_download_was_cut_off() {
    let served = served().await;
    let operational = served.enrolled().await;
    served.put_release();
    let digest = Sha256Digest::of(IMAGE);
    let get = |extra: &str| {
        let (served, operational) = (&served, &operational);
        let head = format!("GET /device/v1/artifacts/{digest} HTTP/1.1{extra}");
        async move { served.ask(operational, &head, b"").await }
    };
    let whole = get("").await;
    assert_eq!((whole.status, whole.body.as_slice()), (200, IMAGE));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-length"), Some("36"));
    let tag = whole.header("etag").unwrap().to_owned();
    assert_eq!(tag, format!("\"{digest}\""));
    let rest = get(&format!("\r\nRange: bytes=10-\r\nIf-Range: {tag}")).await;
    assert_eq!((rest.status, rest.body.as_slice()), (206, &IMAGE[10..]));
    assert_eq!(rest.header("content-range"), Some("bytes 10-35/36"));
    let one = get("\r\nRange: bytes=0-0").await;
    assert_eq!((one.status, one.body.as_slice()), (206, &IMAGE[..1]));
    let other = get("\r\nRange: bytes=10-\r\nIf-Range: \"other\"").await;
    assert_eq!((other.status, other.body.len()), (200, 36));
    let outside = get("\r\nRange: bytes=36-").await;
    assert_eq!(outside.header("content-range"), Some("bytes */36"));
    assert_eq!((outside.status, refusal(&outside).as_str()), (416, "range-not-satisfiable"));
    assert_eq!(get(&format!("\r\nIf-None-Match: {tag}")).await.status, 304);
    let unknown = format!("GET /device/v1/artifacts/{} HTTP/1.1", "ab".repeat(32));
    assert_eq!(refusal(&served.ask(&operational, &unknown, b"").await), "no-such-artifact");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_cannot_fill_the_ledger_with_certificates() {
    let served = served().await;
    let mut last = Ok(());
    for _ in 0..=60 {
        last = served.enrol(&served.factory).await.map(drop);
    }
    assert_eq!(last.unwrap_err(), "enrolment-too-often");
    assert_eq!(served.states().len(), 60);
}

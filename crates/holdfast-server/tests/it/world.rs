//! One server with its state in a temporary folder, its maker, and an administrator. Each test has its own.

use std::time::Duration;

use holdfast_core::release::{ReleaseFacts, ReleaseManifest};
use holdfast_core::time::Millis;
use holdfast_domain::fleet::enrolment::CERTIFICATE_LIFE;
use holdfast_server::authority::KeyTerms;
use holdfast_server::doorstep::Admission;
use holdfast_server::settings;
use holdfast_server::wiring::{Config, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::{Api, Reply};
use crate::device::Unit;
use crate::maker::{self, MAKER, Maker, PRODUCT, document, image};

/// The example model, as it ships.
pub(crate) const MODEL: &str = include_str!("../../../../examples/hearth-thermostat.tm.json");
/// The media type of signed CBOR.
pub(crate) const COSE: &str = "application/cose";
/// How long a condition may take to come true on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Everything a test may touch.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) maker: Maker,
    server: Option<Server>,
    admission: Admission,
    device_life: Millis,
    /// The administrator, by token.
    pub(crate) admin: Api,
    pub(crate) ca_pem: String,
    /// The link that the first start gave.
    pub(crate) invitation: String,
}

impl World {
    /// A server on empty state; the administrator has signed in.
    pub(crate) async fn new() -> Self {
        Self::signed_in(Self::uninvited().await).await
    }

    async fn signed_in(world: Self) -> Self {
        let browser = world.nobody();
        browser.sign_in(&world.invitation).await.ok();
        let token = browser.new_token().await;
        Self { admin: world.nobody().with_token(&token), ..world }
    }

    /// A server on empty state whose first link was not used yet.
    pub(crate) async fn uninvited() -> Self {
        Self::admitting(Admission::default(), CERTIFICATE_LIFE).await
    }

    /// A server with this configuration file; the administrator has signed in.
    pub(crate) async fn configured(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("state")).unwrap();
        std::fs::write(dir.path().join("state").join(settings::FILE), settings).unwrap();
        Self::signed_in(Self::in_folder(dir, Admission::default(), CERTIFICATE_LIFE).await).await
    }

    async fn admitting(admission: Admission, device_life: Millis) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), admission, device_life).await
    }

    async fn in_folder(dir: TempDir, admission: Admission, device_life: Millis) -> Self {
        let maker = Maker::new(&dir.path().join("maker"));
        let server = start(&dir, admission, device_life).await;
        let ca_pem = std::fs::read_to_string(dir.path().join("state/ca.pem")).unwrap();
        let invitation = server.invitation().unwrap().to_owned();
        let admin = Api::nobody(base(&server), &ca_pem);
        Self { dir, maker, server: Some(server), admission, device_life, admin, ca_pem, invitation }
    }

    /// A server with trust document 1 and the product.
    pub(crate) async fn with_product() -> Self {
        Self::paced(Admission::default()).await
    }

    /// The same, admitting devices like this.
    pub(crate) async fn paced(admission: Admission) -> Self {
        Self::with_terms(admission, CERTIFICATE_LIFE).await
    }

    /// The same, with device certificates that live so long.
    pub(crate) async fn with_device_life(life: Millis) -> Self {
        Self::with_terms(Admission::default(), life).await
    }

    async fn with_terms(admission: Admission, device_life: Millis) -> Self {
        let world = Self::signed_in(Self::admitting(admission, device_life).await).await;
        let content = world.maker.content(&world.authority().await);
        let first = document(&content, &[&world.maker.root[0], &world.maker.root[1]]);
        world.admin.bytes(Method::POST, "/api/v1/trust", COSE, first).await.ok();
        world.put_product(PRODUCT, MODEL).await.ok();
        world
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.dir.path().join("state")
    }

    /// Ends the server in order.
    pub(crate) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Starts the server on the state that is there; its ports are other ones.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        let server = start(&self.dir, self.admission, self.device_life).await;
        self.admin.base = base(&server);
        self.server = Some(server);
    }

    /// Somebody without any proof.
    pub(crate) fn nobody(&self) -> Api {
        Api::nobody(self.admin.base.clone(), &self.ca_pem)
    }

    /// A new person with this role, by token.
    pub(crate) async fn person(&self, role: &str) -> Api {
        let body = json!({"name": format!("One {role}"), "role": role});
        let link = self.admin.post("/api/v1/sign-in-links", body).await.ok();
        let browser = self.nobody();
        browser.sign_in(link["url"].as_str().unwrap()).await.ok();
        let token = browser.new_token().await;
        self.nobody().with_token(&token)
    }

    /// What the server says of its own keys, as its file.
    pub(crate) async fn authority(&self) -> String {
        self.admin.get("/api/v1/authority").await.ok().to_string()
    }

    pub(crate) async fn put_product(&self, id: &str, model: &str) -> Reply {
        let body = json!({"title": "Thermostat", "vendor_domain": MAKER, "thing_model": model});
        Api::send(self.admin.request(Method::PUT, &format!("/api/v1/products/{id}")).json(&body)).await
    }

    pub(crate) async fn put_artifact(&self, digest: &str, bytes: Vec<u8>) -> Reply {
        let path = format!("/api/v1/artifacts/{digest}");
        self.admin.bytes(Method::PUT, &path, "application/octet-stream", bytes).await
    }

    pub(crate) async fn publish(&self, envelope: Vec<u8>) -> Reply {
        self.admin.bytes(Method::POST, &format!("/api/v1/releases?product={PRODUCT}"), COSE, envelope).await
    }

    /// Says for owners why a release is needed.
    pub(crate) async fn explain(&self, facts: &ReleaseFacts) -> Reply {
        let note = json!({"note": {"risk": {"en": "Somebody could read along."}, "urgency": "soon",
            "interruption_minutes": 2, "to_do": "keep-powered", "advisories": ["HEARTH-2026-1"]}});
        let manifest = ReleaseManifest::read_unverified(&self.maker.signed(facts)).unwrap();
        let path = format!("/api/v1/release-notes/{}", manifest.digest());
        Api::send(self.admin.request(Method::PUT, &path).json(&note)).await
    }

    /// A release with this sequence number, with its artifact; gives back its id.
    pub(crate) async fn release(&self, sequence: u64) -> String {
        let image = image(&sequence.to_string());
        let facts = maker::release(sequence, &image);
        self.put_artifact(&facts.image_digest.to_string(), image).await.ok();
        self.explain(&facts).await.ok();
        let made = self.publish(self.maker.signed(&facts)).await.ok();
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn import(&self, manifest: &Value) -> Reply {
        self.admin.bytes(Method::POST, "/api/v1/batches", "application/json", manifest.to_string().into_bytes()).await
    }

    /// A batch of `count` units that are listed and not enrolled.
    pub(crate) async fn units(&self, count: usize) -> Vec<Unit> {
        let units: Vec<Unit> = (1..=count).map(|n| Unit::make(&self.maker, &format!("hearth-{n:04}"))).collect();
        self.import(&crate::batches::manifest(&self.maker, &units)).await.ok();
        units
    }

    /// The same units, enrolled.
    pub(crate) async fn fleet(&self, count: usize) -> Vec<Unit> {
        let mut units = self.units(count).await;
        for unit in &mut units {
            unit.enrol(self).await;
        }
        units
    }

    /// How many lines the ledger has.
    pub(crate) async fn lines(&self) -> u64 {
        self.admin.get("/api/v1/ledger/checkpoint").await.ok()["size"].as_u64().unwrap()
    }

    /// Kinds of the ledger's lines from this place on.
    pub(crate) async fn kinds_from(&self, from: u64) -> Vec<String> {
        let page = self.admin.get(&format!("/api/v1/ledger/entries?from={from}&limit=500")).await.ok();
        page["items"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// How often the interface has refused something by this name.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        let rows = self.admin.get("/api/v1/refusals").await.ok();
        let rows = rows["items"].as_array().unwrap();
        let row = rows.iter().find(|row| row["door"] == "api" && row["name"] == name);
        row.map_or(0, |row| row["count"].as_u64().unwrap())
    }

    /// Everything an order could have changed, as the interface shows it.
    pub(crate) async fn everything(&self) -> Value {
        let mut all = serde_json::Map::new();
        for path in
            ["ledger/checkpoint", "trust", "products", "batches", "devices", "releases", "deployments", "alerts"]
        {
            let reply = self.admin.get(&format!("/api/v1/{path}")).await;
            let seen = if reply.status == 200 { reply.body } else { Value::from(reply.name()) };
            all.insert(path.to_owned(), seen);
        }
        Value::Object(all)
    }

    /// Checks one refusal: status and name, counted once, and nothing else is different from before.
    pub(crate) async fn refused(&self, what: &str, (status, name): (u16, &str), order: impl Future<Output = Reply>) {
        let (before, counted) = (self.everything().await, self.counted(name).await);
        let reply = order.await;
        assert_eq!((reply.status, reply.name()), (status, name), "{what}: {}", reply.body);
        assert_eq!(self.counted(name).await, counted + 1, "{what}: not counted");
        assert_eq!(self.everything().await, before, "{what}: left a trace");
    }
}

async fn start(dir: &TempDir, admission: Admission, device_life: Millis) -> Server {
    let any = "127.0.0.1:0".parse().unwrap();
    let config = Config {
        state: dir.path().join("state"),
        people: any,
        devices: any,
        mqtt: any,
        names: Vec::new(),
        attest_interval_s: 600,
        keys: KeyTerms { device_life, ..KeyTerms::default() },
        admission,
        settings: settings::Settings::read(None, &dir.path().join("state")).unwrap(),
    };
    Server::start(config).await.unwrap()
}

fn base(server: &Server) -> String {
    format!("https://localhost:{}", server.addresses().people.port())
}

/// Looks until there is an answer, and fails after [`PATIENCE`].
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    until_within(PATIENCE, what, look).await
}

/// Looks until there is an answer, and fails after so long.
pub(crate) async fn until_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let seen = tokio::time::timeout(patience, looking).await;
    seen.unwrap_or_else(|_| panic!("waited {patience:?} in vain for {what}"))
}

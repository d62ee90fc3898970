//! The server under test: the real program on empty state, set up with its own commands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_server::factory::{self, Station};
use holdfast_store::Store;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::enrol::{self, Device};
use super::load::Load;
use super::process::{Cores, Running, Scratch, idle, output};
use super::report::{Kept, Run};
use super::{Fault, MODEL, say};
use crate::clock;

const MAKER: &str = "hearth.example";
const PRODUCT: &str = "hearth-thermostat";
/// Time the server has until it listens and has printed its one-time link.
const START_WITHIN: Duration = Duration::from_secs(30);
/// Counters read from the store at once.
const COUNTERS_AT_ONCE: u32 = 10_000;

/// The server and the maker's folder.
pub(super) struct House {
    holdfast: PathBuf,
    server: Running,
    state: PathBuf,
    profile: PathBuf,
    devices: String,
    mqtt: String,
    pub(super) operational_ca: CertificateDer<'static>,
}

impl House {
    pub(super) async fn start(given: Option<&Path>, scratch: &Scratch, cores: &Cores) -> Result<Self, Fault> {
        let holdfast = find(given)?;
        let state = scratch.path("server");
        let mut command = cores.command(&holdfast);
        command.arg("serve").arg("--state").arg(&state);
        command.args(["--people", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"]);
        // No challenges during a run: evidence is not what is measured.
        command.args(["--attest-interval", "86400", "--exit-with-parent"]);
        let log = std::fs::File::create(scratch.path("server.log")).map_err(|why| Fault::new("server.log", why))?;
        command.stdout(Stdio::piped()).stderr(Stdio::from(log)).env("HOLDFAST_LOG", "warn");
        say("starting holdfast serve on empty state");
        let mut server = Running::start("holdfast serve", command)?;
        let link = tokio::time::timeout(START_WITHIN, link(&mut server)).await;
        let link = link.map_err(|_| Fault::new("holdfast serve", "printed no one-time link"))??;
        let addresses = addresses(&mut server, &state).await?;
        let address = |name: &str| {
            let text = addresses.get(name).and_then(serde_json::Value::as_str);
            text.map(str::to_owned).ok_or_else(|| Fault::new("addresses.json", format!("has no {name}")))
        };
        let (devices, mqtt) = (address("devices")?, address("mqtt")?);
        let ca = std::fs::read(state.join("ca.pem")).map_err(|why| Fault::new("ca.pem", why))?;
        let operational_ca = CertificateDer::from_pem_slice(&ca).map_err(|why| Fault::new("ca.pem", why))?;
        let profile = scratch.path("profile.toml");
        let house = Self { holdfast, server, state, profile, devices, mqtt, operational_ca };
        let ca = house.state.join("ca.pem").to_string_lossy().into_owned();
        house.holdfast(&["login", "--link", &link, "--ca", &ca]).await?;
        Ok(house)
    }

    /// Runs a command as a maker would.
    async fn holdfast(&self, args: &[&str]) -> Result<(), Fault> {
        let mut command = Command::new(&self.holdfast);
        command.args(args).args(["-o", "json"]).arg("--profile").arg(&self.profile);
        output(&format!("holdfast {}", args.join(" ")), command).await.map(|_| ())
    }

    /// Makes the maker's keys, the product and a batch, then enrols each device with its own keys.
    pub(super) async fn enrol(&self, scratch: &Scratch, count: u16) -> Result<Vec<Device>, Fault> {
        let path = |rest: &str| scratch.path(rest).to_string_lossy().into_owned();
        let station =
            factory::init(&scratch.path("factory"), MAKER, clock::now()).map_err(|why| Fault::new("factory", why))?;
        let (root, release) = (path("root.key"), path("release.key"));
        self.holdfast(&["key", "create", "--role", "root", "--out", &root]).await?;
        self.holdfast(&["key", "create", "--role", "release", "--out", &release]).await?;
        let (authority, document) = (path("authority.json"), path("trust-1.cose"));
        self.holdfast(&["trust", "authority", "--out", &authority]).await?;
        let ca = scratch.path("factory").join(factory::CA_CERT_FILE).to_string_lossy().into_owned();
        let create = [
            "trust",
            "create",
            "--maker",
            MAKER,
            "--authority",
            &authority,
            "--factory-ca",
            &ca,
            "--root",
            &root,
            "--root-threshold",
            "1",
            "--release",
            &release,
            "--release-threshold",
            "1",
            "--out",
            &document,
        ];
        self.holdfast(&create).await?;
        self.holdfast(&["trust", "sign", &document, "--key", &root]).await?;
        self.holdfast(&["trust", "upload", &document]).await?;
        let model = path("model.tm.json");
        std::fs::write(&model, MODEL).map_err(|why| Fault::new(&model, why))?;
        self.holdfast(&["product", "create", PRODUCT, "--model", &model, "--vendor-domain", MAKER]).await?;
        let made = make(&station, scratch, count)?;
        let manifest = path("batch.json");
        write_manifest(&station, scratch, &made, &manifest)?;
        self.holdfast(&["batch", "import", &manifest]).await?;
        enrol::all(made, &self.devices, &self.operational_ca).await
    }

    /// One run of the load against this server.
    pub(super) async fn run(&mut self, load: &mut Load) -> Result<Run, Fault> {
        self.server.alive()?;
        let fleet = load.connect(&self.mqtt).await?;
        let before = idle(&[&self.server]).await?;
        let sent = load.publish(fleet).await?;
        let after = idle(&[&self.server]).await?;
        load.acknowledged(&sent);
        let done = sent.ended.saturating_sub(sent.started);
        Ok(Run::new(&sent, sent.answered(), done, after - before))
    }

    pub(super) async fn stop(&mut self) -> Result<(), Fault> {
        self.server.stop().await
    }

    /// Compares what the devices saw acknowledged with what is stored. Only after the server has stopped.
    pub(super) fn count(&self, load: &Load) -> Result<Kept, Fault> {
        let fault = |why: holdfast_store::StoreError| Fault::new("the server's store", why);
        let store = Store::open(&self.state).map_err(fault)?;
        let stream: StreamId = load.stream().clone();
        let mut kept = Kept::default();
        for (device, acked) in load.all_acknowledged() {
            let stored = counters(&store, device, &stream).map_err(fault)?;
            kept.stored += stored.len() as u64;
            kept.twice += stored.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count() as u64;
            kept.acknowledged += acked.len() as u64;
            kept.lost += acked.iter().filter(|counter| stored.binary_search(counter).is_err()).count() as u64;
        }
        Ok(kept)
    }
}

fn counters(store: &Store, device: &DeviceId, stream: &StreamId) -> Result<Vec<u64>, holdfast_store::StoreError> {
    let mut all: Vec<u64> = Vec::new();
    loop {
        let page = store.telemetry_counters(device, stream, all.last().copied(), COUNTERS_AT_ONCE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn find(given: Option<&Path>) -> Result<PathBuf, Fault> {
    let beside = || std::env::current_exe().map(|own| own.with_file_name("holdfast"));
    let path = match given {
        Some(path) => path.to_owned(),
        None => beside().map_err(|why| Fault::new("this program's place", why))?,
    };
    if path.is_file() {
        return Ok(path);
    }
    let how = "not there; build it: cargo build --release -p holdfast-server";
    Err(Fault::new(&path.display().to_string(), how))
}

/// The one-time link that the first start prints.
async fn link(server: &mut Running) -> Result<String, Fault> {
    let mut lines = BufReader::new(server.stdout()?).lines();
    while let Some(line) = lines.next_line().await.map_err(|why| Fault::new("holdfast serve", why))? {
        let found = line.split_ascii_whitespace().find(|word| word.contains("/sign-in?link="));
        if let Some(link) = found.map(str::to_owned) {
            // Whatever it prints later must not meet a closed pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(link);
        }
    }
    Err(Fault::new("holdfast serve", "ended without a one-time link"))
}

async fn addresses(server: &mut Running, state: &Path) -> Result<serde_json::Value, Fault> {
    let begun = clock::elapsed();
    while clock::elapsed().saturating_sub(begun) < START_WITHIN {
        server.alive()?;
        let text = std::fs::read(state.join("addresses.json")).ok();
        if let Some(read) = text.and_then(|text| serde_json::from_slice(&text).ok()) {
            return Ok(read);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(Fault::new("holdfast serve", "wrote no addresses.json"))
}

fn make(station: &Station, scratch: &Scratch, count: u16) -> Result<Vec<enrol::Made>, Fault> {
    let one = |n: u16| {
        let dir = scratch.path("devices").join(format!("sim-{n:05}"));
        enrol::Made::at_the_factory(station, &dir, &format!("sim-{n:05}"))
    };
    (1..=count).map(one).collect()
}

fn write_manifest(station: &Station, scratch: &Scratch, made: &[enrol::Made], file: &str) -> Result<(), Fault> {
    let dirs: Vec<PathBuf> = made.iter().map(|made| scratch.path("devices").join(made.id.as_str())).collect();
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|why| Fault::new("random bytes", why))?;
    let batch = holdfast_core::id::BatchId::new(clock::now(), random);
    let product = PRODUCT.parse().map_err(|why| Fault::new(PRODUCT, why))?;
    let manifest = station.manifest(batch, &product, &dirs, clock::now()).map_err(|why| Fault::new("batch", why))?;
    let text = manifest.to_json().map_err(|why| Fault::new("batch", why))?;
    std::fs::write(file, text).map_err(|why| Fault::new(file, why))
}

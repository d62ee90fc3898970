//! The real agent against the real server: its credential from the first one on, renewed in time, after a long sleep, and
//! after its key was lost. Certificates live some seconds here instead of 90 days; nothing else is different.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_server::clock;
use holdfast_server::factory::claim_text;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::batches;
use crate::maker::{MAKER, PRODUCT, document, image, image_with, release};
use crate::world::{World, until, until_within};

/// Life of a certificate.
const LIFE: Millis = Millis::from_secs(9);

/// Salt of every claim code here.
const SALT: [u8; 16] = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

/// The agent's program, built from what is there now.
fn program() -> PathBuf {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--offline", "-p", "holdfast-agent"]).status();
    assert!(built.unwrap().success());
    Path::new(env!("CARGO_BIN_EXE_holdfast")).with_file_name("holdfast-agent")
}

/// A device from the factory, with the real program.
pub(crate) struct Home {
    program: PathBuf,
    pub(crate) dir: PathBuf,
    id: DeviceId,
    agent: Option<Child>,
}

impl Home {
    /// Makes and lists a device of this world.
    async fn made(world: &World) -> Self {
        Self::with_image(world, image("1")).await
    }

    /// The same, with this software.
    pub(crate) async fn with_image(world: &World, image: Vec<u8>) -> Self {
        let home = Self {
            program: program(),
            dir: world.dir.path().join("home"),
            id: "hearth-0001".parse().unwrap(),
            agent: None,
        };
        let (devices, mqtt) = (world.server().addresses().devices.port(), world.server().addresses().mqtt.port());
        home.command(&["init", "--device-id", home.id.as_str(), "--product", PRODUCT, "--maker", MAKER])
            .args(["--devices-url", &format!("https://localhost:{devices}")])
            .args(["--mqtt-addr", &format!("localhost:{mqtt}"), "--reconnect-max-ms", "500"])
            .succeeds();
        let request = std::fs::read(home.dir.join("keys/factory.csr.pem")).unwrap();
        let pem = world.maker.station.sign(&request, &home.id, clock::now()).unwrap();
        std::fs::write(home.dir.join("keys/factory.crt"), &pem).unwrap();
        let content = world.maker.content(&world.authority().await);
        let trust = document(&content, &[&world.maker.root[0], &world.maker.root[1]]);
        std::fs::write(home.dir.join("trust/1.cose"), trust).unwrap();
        let (tar, suit) = (world.dir.path().join("image.tar"), world.dir.path().join("release.suit"));
        std::fs::write(&suit, world.maker.signed(&release(1, &image))).unwrap();
        std::fs::write(&tar, image).unwrap();
        home.command(&["install-factory"]).arg("--image").arg(tar).arg("--manifest").arg(suit).succeeds();
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
        let code = claim_text(&std::fs::read(home.dir.join("claim-code")).unwrap()).unwrap();
        let mut manifest = batches::manifest(&world.maker, &[]);
        manifest["devices"] = json!([{
            "id": home.id.to_string(), "key": Sha256Digest::of(parsed.public_key().raw).to_string(),
            "claim_salt": "00112233445566778899aabbccddeeff", "claim_hash": hex(&code.hash(&SALT)),
            "claim_lookup": hex(&code.lookup()),
        }]);
        world.import(&manifest).await.ok();
        home
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).arg("--dir").arg(&self.dir).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&mut self) {
        let log = std::fs::File::create(self.dir.join("agent.log")).unwrap();
        let mut command = self.command(&["run", "--exit-with-parent"]);
        self.agent = Some(command.stderr(log).stdout(Stdio::null()).spawn().unwrap());
    }

    pub(crate) fn stop(&mut self) {
        let mut agent = self.agent.take().unwrap();
        let pid = rustix::process::Pid::from_child(&agent);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(agent.wait().unwrap().success());
    }

    fn status(&self) -> Value {
        let output = self.command(&["status", "-o", "json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    /// The operational key's digest in a slot, from its certificate.
    pub(crate) fn key(&self, slot: &str) -> String {
        let pem = std::fs::read(self.dir.join(format!("keys/ldevid-{slot}.crt"))).unwrap();
        let certificate = CertificateDer::from_pem_slice(&pem).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
        Sha256Digest::of(parsed.public_key().raw).to_string()
    }

    /// The proven slot, once it is another one than `before`.
    pub(crate) async fn proven(&self, before: Option<&str>) -> String {
        let log = || std::fs::read_to_string(self.dir.join("agent.log")).unwrap();
        let look = || async {
            let slot = self.status()["credential_slot"].as_str().map(str::to_owned);
            slot.filter(|slot| Some(slot.as_str()) != before)
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(40), until("a proven credential", look));
        waited.await.unwrap_or_else(|_| panic!("{}", log()))
    }

    /// When the proven certificate is over.
    fn expires(&self, slot: &str) -> Timestamp {
        let pem = std::fs::read(self.dir.join(format!("keys/ldevid-{slot}.crt"))).unwrap();
        let certificate = CertificateDer::from_pem_slice(&pem).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
        Timestamp::from_micros(parsed.validity().not_after.timestamp() * 1_000_000)
    }

    async fn sleep_until_expired(&self, slot: &str) {
        let end = self.expires(slot).plus(Millis::from_secs(1));
        until("the certificate's end", || async { (clock::now() > end).then_some(()) }).await;
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            let _ = agent.kill();
            let _ = agent.wait();
        }
    }
}

trait Succeeds {
    fn succeeds(&mut self);
}

impl Succeeds for Command {
    fn succeeds(&mut self) {
        let output = self.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|known| *known == kind).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_renewed_with_a_fresh_key_before_it_ends_and_the_device_stays() {
    let world = World::with_device_life(LIFE).await;
    let mut home = Home::made(&world).await;
    home.start();
    assert_eq!(home.proven(None).await, "a");
    let first = (home.key("a"), home.expires("a"));
    assert_eq!(home.proven(Some("a")).await, "b");
    assert!(clock::now() < first.1, "in time");
    assert_ne!(home.key("b"), first.0);
    assert_eq!(home.proven(Some("b")).await, "a");
    assert_ne!(home.key("a"), first.0, "the first key is gone");
    home.stop();
    let kinds = world.kinds_from(0).await;
    assert_eq!(count(&kinds, "device-enrolled"), 1);
    assert!(count(&kinds, "certificate-renewed") >= 2 && count(&kinds, "certificate-proven") >= 3, "{kinds:?}");
    assert_eq!(count(&kinds, "clone-suspected"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_slept_past_its_certificate_comes_back_with_its_own_key_and_then_gets_a_fresh_one() {
    let world = World::with_device_life(LIFE).await;
    let mut home = Home::made(&world).await;
    home.start();
    assert_eq!(home.proven(None).await, "a");
    home.stop();
    let (slot, key) = ("a", home.key("a"));
    home.sleep_until_expired(slot).await;
    home.start();
    until("a new certificate for the old key", || async {
        (home.expires(slot) > clock::now() && home.key(slot) == key).then_some(())
    })
    .await;
    assert_eq!(home.proven(Some(slot)).await, "b", "a fresh key follows at once");
    assert_ne!(home.key("b"), key);
    home.stop();
    assert_eq!(count(&world.kinds_from(0).await, "clone-suspected"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_key_was_damaged_is_kept_out_while_its_certificate_lives_and_comes_back_after() {
    let world = World::with_device_life(LIFE).await;
    let mut home = Home::made(&world).await;
    home.start();
    assert_eq!(home.proven(None).await, "a");
    home.stop();
    std::fs::write(home.dir.join("vault/ldevid-a.key"), b"torn").unwrap();
    home.start();
    until("the alarm", || async { (count(&world.kinds_from(0).await, "clone-suspected") == 1).then_some(()) }).await;
    assert!(clock::now() < home.expires("a"), "another key is refused while the first one lives");
    assert_eq!(home.proven(Some("a")).await, "b", "and then the policy lets the device come back");
    home.stop();
}

/// What an image with a core function declares of it.
const WITH_CORE: &str = r#"{"core":{"program":"bin/core","silent_ms_max":4000,"gap_ms_max":5000}}"#;
/// The declared gap, in milliseconds.
const GAP_MS_MAX: u64 = 5_000;
/// A core function: ten times a second it notes where it runs and when, in milliseconds, and says that it is alive.
const CORE: &str = "#!/bin/sh
while :; do echo \"$0 $(date +%s%3N)\" >> $HOLDFAST_DATA/beats; echo '{\"alive\":true}'; sleep 0.1; done
";

#[tokio::test(flavor = "multi_thread")]
async fn while_an_update_of_the_platform_installs_the_core_function_is_never_silent_longer_than_its_declared_gap() {
    let world = World::with_product().await;
    let application = "#!/bin/sh\nexec sleep 600\n";
    let with_core =
        |tag| image_with(application, &[("holdfast.json", WITH_CORE), ("bin/core", CORE), ("bin/tag", tag)]);
    let mut home = Home::with_image(&world, with_core("1")).await;
    home.start();
    assert_eq!(home.proven(None).await, "a");
    let beats = || -> Vec<(bool, u64)> {
        let text = std::fs::read_to_string(home.dir.join("data/beats")).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(from, at)| (from.contains("/run/b/"), at.parse().unwrap())).collect()
    };
    until("the core function", || async { (beats().len() > 5).then_some(()) }).await;

    let second = with_core("2");
    let facts = release(2, &second);
    world.put_artifact(&facts.image_digest.to_string(), second).await.ok();
    world.explain(&facts).await.ok();
    let made = world.publish(world.maker.signed(&facts)).await.ok();
    let order = json!({
        "release": made["id"], "phases": [{"percent": 100, "success_percent": 100}], "abort_threshold_percent": 50,
        "min_devices": 1, "deadline_s": 3600,
    });
    let id = world.admin.post("/api/v1/deployments", order).await.ok()["id"].as_str().unwrap().to_owned();
    let state = || async { world.admin.get(&format!("/api/v1/deployments/{id}")).await.ok()["state"].clone() };
    let log = || std::fs::read_to_string(home.dir.join("agent.log")).unwrap();
    let two_minutes = std::time::Duration::from_mins(2);
    let done =
        until_within(two_minutes, "the deployment's end", || async { (state().await == "completed").then_some(()) });
    let waited = tokio::time::timeout(std::time::Duration::from_mins(1), done).await;
    waited.unwrap_or_else(|_| panic!("{}", log()));
    let after = beats().len();
    until("more signs of life", || async { (beats().len() > after + 5).then_some(()) }).await;
    let beats = beats();
    home.stop();
    assert!(!beats[0].0 && beats.last().unwrap().0, "the new release's core function took over");
    let longest = beats.windows(2).map(|two| two[1].1.saturating_sub(two[0].1)).max().unwrap();
    assert!(longest <= GAP_MS_MAX, "silent for {longest} ms");
    assert!(home.status()["committed"] == "b", "{}", home.status());
}

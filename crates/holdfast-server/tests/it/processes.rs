//! A house of real processes: the built server, built agents, and the commands a maker types. Each test has its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::maker::{MAKER, PRODUCT};
use crate::world::until_within;

/// How long a process may take to come to something: certificates live for many seconds here.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);

/// Everything a test may touch.
pub(crate) struct House {
    pub(crate) dir: TempDir,
    agent: PathBuf,
    server: Option<Child>,
    /// Arguments of `serve` besides folder and ports.
    pub(crate) serve_args: Vec<String>,
    addresses: Value,
}

impl House {
    /// A server that runs, an administrator signed in, the maker's keys, trust document 1, the product and release 1.
    pub(crate) async fn new(serve_args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for part in ["logs", "maker", "state"] {
            fs::create_dir(dir.path().join(part)).unwrap();
        }
        let serve_args = serve_args.iter().map(|word| (*word).to_owned()).collect();
        let mut house = Self { dir, agent: build_agent().await, server: None, serve_args, addresses: Value::Null };
        house.start().await;
        let link = house.invitation();
        house.run(&["login", "--link", &link, "--ca", &house.path("state/ca.pem")]).await;
        house.make_maker().await;
        house
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        self.dir.path().join(rest).to_str().unwrap().to_owned()
    }

    /// The link that the first start printed.
    pub(crate) fn invitation(&self) -> String {
        let said = fs::read_to_string(self.path("said.txt")).unwrap();
        said.split_whitespace().find(|word| word.contains("/sign-in?link=")).unwrap().to_owned()
    }

    pub(crate) fn address(&self, door: &str) -> String {
        self.addresses[door].as_str().unwrap().to_owned()
    }

    pub(crate) fn server_pid(&self) -> u32 {
        self.server.as_ref().unwrap().id().unwrap()
    }

    /// Starts the server on the state that is there, at the same ports as before.
    pub(crate) async fn start(&mut self) {
        let port = |door: &str| self.addresses[door].as_str().unwrap_or("127.0.0.1:0").to_owned();
        let (state, addresses) = (self.path("state"), self.path("state/addresses.json"));
        let _ = fs::remove_file(&addresses);
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.args(["serve", "--state", &state, "--exit-with-parent"]);
        command.args(["--people", &port("people"), "--devices", &port("devices"), "--mqtt", &port("mqtt")]);
        command.args(&self.serve_args);
        self.server = Some(spawn(&mut command, &self.path("said.txt"), &self.path("logs/server.log")));
        self.addresses = until_within(PATIENCE, "the server", || async {
            fs::read(&addresses).ok().and_then(|text| serde_json::from_slice(&text).ok())
        })
        .await;
    }

    /// SIGTERM, and the end.
    pub(crate) async fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(server.id().unwrap(), rustix::process::Signal::TERM);
            server.wait().await.unwrap();
        }
    }

    /// The server process, for a test that ends it in another way.
    pub(crate) fn take_server(&mut self) -> Child {
        self.server.take().unwrap()
    }

    /// Runs a `holdfast` command that must succeed; its JSON answer.
    pub(crate) async fn run(&self, args: &[&str]) -> Value {
        match self.attempt(args).await {
            Ok(answer) => answer,
            Err(said) => panic!("{args:?}: {said}"),
        }
    }

    /// Runs a `holdfast` command; what it said on standard error if it failed.
    pub(crate) async fn attempt(&self, args: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.args(args).args(["-o", "json", "--profile", &self.path("profile.toml")]);
        let done = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        if done.status.success() {
            Ok(serde_json::from_slice(&done.stdout).unwrap_or(Value::Null))
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }

    async fn make_maker(&self) {
        for (role, name) in [("root", "ada"), ("release", "dia")] {
            self.run(&["key", "create", "--role", role, "--out", &self.path(&format!("maker/{name}.key"))]).await;
        }
        self.run(&["factory", "init", "--dir", &self.path("factory"), "--maker", MAKER]).await;
        self.trust(1).await;
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hearth-thermostat.tm.json");
        self.run(&["product", "create", PRODUCT, "--model", model, "--vendor-domain", MAKER]).await;
        let (image, suit) = (self.path("maker/image.tar"), self.path("maker/release.suit"));
        fs::write(&image, image_tar()).unwrap();
        let facts = ["--product", PRODUCT, "--maker", MAKER, "--sequence", "1", "--release-version", "1.0.0"];
        let more = ["--kind", "feature", "--description", "First.", "--health-deadline", "20", "--out", &suit];
        self.run(&[&["release", "create", "--image", &image][..], &facts, &more].concat()).await;
        self.run(&["release", "sign", &suit, "--key", &self.path("maker/dia.key")]).await;
        let mut upload = vec!["release", "upload", &suit, "--image", &image, "--product", PRODUCT];
        upload.extend(["--risk", "None.", "--urgency", "whenever", "--interruption", "1", "--to-do", "nothing"]);
        self.run(&upload).await;
    }

    /// Draws up, signs and uploads the trust document of this version, naming what the server asks to be named.
    pub(crate) async fn trust(&self, version: u64) {
        let (document, authority) = (format!("maker/trust-{version}.cose"), format!("maker/authority-{version}.json"));
        let (document, authority) = (self.path(&document), self.path(&authority));
        self.run(&["trust", "authority", "--out", &authority]).await;
        let (ca, root, release) =
            (self.path("factory/factory-ca.pem"), self.path("maker/ada.key"), self.path("maker/dia.key"));
        let mut create = vec!["trust", "create", "--maker", MAKER, "--authority", &authority, "--factory-ca", &ca];
        create.extend(["--root", &root, "--release", &release, "--root-threshold", "1", "--release-threshold", "1"]);
        let before = self.path(&format!("maker/trust-{}.cose", version - 1));
        if version > 1 {
            create.extend(["--previous", &before]);
        }
        create.extend(["--out", &document]);
        self.run(&create).await;
        self.run(&["trust", "sign", &document, "--key", &root]).await;
        self.run(&["trust", "upload", &document]).await;
    }

    /// Makes a device as the factory does and imports its batch; `more` are further words of `factory sign`.
    pub(crate) async fn device(&self, id: &str, more: &[&str]) {
        let home = self.path(id);
        let url = format!("https://{}", self.address("devices").replace("127.0.0.1", "localhost"));
        let mqtt = self.address("mqtt").replace("127.0.0.1", "localhost");
        let names = ["init", "--dir", &home, "--device-id", id, "--product", PRODUCT, "--maker", MAKER];
        let places = ["--devices-url", &url, "--mqtt-addr", &mqtt, "--reconnect-max-ms", "2000", "--poll-ms", "1000"];
        self.agent_command(&[&names[..], &places].concat()).await;
        let inside = |rest: &str| format!("{home}/{rest}");
        let (csr, crt, station) = (inside("keys/factory.csr.pem"), inside("keys/factory.crt"), self.path("factory"));
        let sign = ["factory", "sign", "--dir", &station, "--csr", &csr, "--device-id", id, "--out", &crt];
        self.run(&[&sign[..], more].concat()).await;
        fs::create_dir_all(inside("trust")).unwrap();
        fs::copy(self.path("maker/trust-1.cose"), inside("trust/1.cose")).unwrap();
        let (image, suit) = (self.path("maker/image.tar"), self.path("maker/release.suit"));
        self.agent_command(&["install-factory", "--dir", &home, "--image", &image, "--manifest", &suit]).await;
        let batch = self.path(&format!("{id}.batch.json"));
        self.run(&["factory", "manifest", "--dir", &station, "--product", PRODUCT, "--device", &home, "--out", &batch])
            .await;
        self.run(&["batch", "import", &batch]).await;
    }

    async fn agent_command(&self, args: &[&str]) {
        let done = Command::new(&self.agent).args(args).stdin(Stdio::null()).output().await.unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Starts a device's agent; it is killed when the value is dropped.
    pub(crate) fn agent(&self, id: &str) -> Child {
        let mut command = Command::new(&self.agent);
        command.args(["run", "--dir", &self.path(id), "--exit-with-parent"]);
        spawn(&mut command, &self.path(&format!("logs/{id}.out")), &self.path(&format!("logs/{id}.log")))
    }

    /// Waits until a device is online.
    pub(crate) async fn online(&self, id: &str) {
        until_within(PATIENCE, &format!("{id} online"), || async {
            let shown = self.run(&["device", "list"]).await;
            let rows = shown.as_array().unwrap();
            rows.iter().any(|row| row["id"] == id && row["online"] == true).then_some(())
        })
        .await;
    }

    /// What `authority show` says of the key of this role in this state.
    pub(crate) async fn server_key(&self, role: &str, state: &str) -> Option<Value> {
        let shown = self.run(&["authority", "show"]).await;
        let rows = shown.as_array().unwrap().clone();
        rows.into_iter().find(|row| row["role"] == role && row["state"] == state)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(pid) = self.server.as_ref().and_then(Child::id) {
            signal(pid, rustix::process::Signal::KILL);
        }
    }
}

/// Ends an agent in order.
pub(crate) async fn end(mut agent: Child) {
    signal(agent.id().unwrap(), rustix::process::Signal::TERM);
    agent.wait().await.unwrap();
}

pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

fn spawn(command: &mut Command, out: &str, log: &str) -> Child {
    let append = |path: &str| fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    command.env("NO_COLOR", "1").env("HOLDFAST_LOG", "trace").env("RUST_LOG", "trace");
    command.stdin(Stdio::null()).stdout(append(out)).stderr(append(log)).kill_on_drop(true).spawn().unwrap()
}

/// The agent's program, built from this source: it belongs to another package, so that Cargo does not make it by itself.
async fn build_agent() -> PathBuf {
    let holdfast = Path::new(env!("CARGO_BIN_EXE_holdfast"));
    let target = holdfast.parent().and_then(Path::parent).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--package", "holdfast-agent", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .await
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    holdfast.with_file_name("holdfast-agent")
}

/// The smallest image: an application that stays, and a health program that is content.
fn image_tar() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in [("bin/app", "#!/bin/sh\nexec sleep 100000\n"), ("bin/health", "#!/bin/sh\nexit 0\n")] {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        header.set_mtime(0);
        header.set_cksum();
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

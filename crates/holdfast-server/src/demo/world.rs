//! The demo's world: one folder, one server process, the agents, and what the steps need to know of each other.

use std::fmt::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{must, until};
use super::tools::{Running, Tools, at};
use crate::authority::secret_file::hex;
use crate::cli::{Failure, Output};
use crate::clock;

/// Product of the demo.
pub(super) const PRODUCT: &str = "hearth-thermostat";
/// The demo maker's domain.
pub(super) const MAKER: &str = "hearth.example";

/// One device of the demo: its home is a folder.
pub(super) struct Home {
    pub(super) id: String,
    pub(super) dir: PathBuf,
    pub(super) agent: Option<Running>,
}

/// Everything a step may touch.
pub(super) struct World {
    pub(super) dir: PathBuf,
    pub(super) keep: bool,
    pub(super) tools: Tools,
    pub(super) server: Option<Running>,
    pub(super) people: String,
    pub(super) devices: String,
    pub(super) mqtt: String,
    pub(super) homes: Vec<Home>,
    pub(super) release_1: String,
    pub(super) release_2: String,
}

impl World {
    /// Makes the folder and names the devices; starts nothing yet.
    pub(super) fn prepare(keep: Option<PathBuf>, devices: u16) -> Result<Self, Failure> {
        let kept = keep.is_some();
        let dir = keep.unwrap_or_else(|| {
            let tag = hex(&clock::random::<6>());
            std::env::temp_dir().join(format!("holdfast-demo-{tag}"))
        });
        if dir.exists() {
            return Err(Failure::usage(format!("{} is there already; name a new folder", dir.display())));
        }
        for part in ["", "maker", "homes", "server", "logs"] {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir.join(part))
                .map_err(|why| Failure::usage(format!("{}: {why}", dir.display())))?;
        }
        let dir = dir.canonicalize().map_err(Failure::fault)?;
        let tools = Tools::find(dir.join("maker/profile.toml"))?;
        let homes = (1..=devices)
            .map(|n| {
                let id = format!("hearth-{n:04}");
                Home { dir: dir.join("homes").join(&id), id, agent: None }
            })
            .collect();
        Ok(Self {
            dir,
            keep: kept,
            tools,
            server: None,
            people: String::new(),
            devices: String::new(),
            mqtt: String::new(),
            homes,
            release_1: String::new(),
            release_2: String::new(),
        })
    }

    /// A path in the world's folder, as text for a command line.
    pub(super) fn path(&self, rest: &str) -> String {
        self.dir.join(rest).to_string_lossy().into_owned()
    }

    /// Starts the server and waits until it listens. The first start takes free ports; later ones take the same again.
    pub(super) async fn start_server(&mut self) -> Result<(), Failure> {
        let any = |address: &str| if address.is_empty() { "127.0.0.1:0".to_owned() } else { address.to_owned() };
        let state = self.path("server");
        let (people, devices, mqtt) = (any(&self.people), any(&self.devices), any(&self.mqtt));
        let addresses = self.dir.join("server/addresses.json");
        let _ = std::fs::remove_file(&addresses);
        let args = [
            "serve",
            "--state",
            &state,
            "--people",
            &people,
            "--devices",
            &devices,
            "--mqtt",
            &mqtt,
            "--attest-interval",
            "4",
            "--exit-with-parent",
        ];
        self.server = Some(Running::start(&self.tools.holdfast, &args, &self.dir.join("logs/server.log"))?);
        let found: Value = until("the server to listen", Duration::from_secs(30), || async {
            Ok(std::fs::read(&addresses).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()))
        })
        .await?;
        let address = |name: &str| at(&found, name).as_str().unwrap_or_default().to_owned();
        (self.people, self.devices, self.mqtt) = (address("/people"), address("/devices"), address("/mqtt"));
        must(!self.people.is_empty(), || "the server wrote no addresses".to_owned())
    }

    /// Starts one device's agent.
    pub(super) fn start_agent(&mut self, index: usize) -> Result<(), Failure> {
        let Some(home) = self.homes.get_mut(index) else { return Ok(()) };
        let dir = home.dir.to_string_lossy().into_owned();
        let log = self.dir.join("logs").join(format!("{}.log", home.id));
        let args = ["run", "--dir", &dir, "--exit-with-parent"];
        home.agent = Some(Running::start(&self.tools.agent, &args, &log)?);
        Ok(())
    }

    /// The device with this index, as the management interface shows it.
    pub(super) async fn device(&self, index: usize) -> Result<Value, Failure> {
        self.tools.holdfast(&["device", "show", self.id(index)]).await
    }

    /// The id of the device with this index.
    pub(super) fn id(&self, index: usize) -> &str {
        self.homes.get(index).map_or("", |home| home.id.as_str())
    }

    /// The home folder of the device with this index.
    pub(super) fn home(&self, index: usize) -> PathBuf {
        self.homes.get(index).map_or_else(PathBuf::new, |home| home.dir.clone())
    }

    /// A new one-time link for a browser.
    pub(super) async fn console(&self) -> Result<Value, Failure> {
        let link = self.tools.holdfast(&["link"]).await?;
        Ok(json!({"console": at(&link, "/url"), "ca": self.path("server/ca.pem"), "folder": self.path("")}))
    }

    /// Tells the person where to go on.
    pub(super) fn invite(&self, out: Output, end: &Value) {
        if !out.is_json() {
            let url = at(end, "/console").as_str().unwrap_or_default();
            crate::cli::progress(&format!(
                "\nEverything keeps running. Open the console (the link works once; your browser will warn of the\n\
                 server's own CA, {}):\n\n  {url}\n\nCommands work too: export HOLDFAST_PROFILE={}\nCtrl-C ends it{}.",
                self.path("server/ca.pem"),
                self.tools.profile.display(),
                if self.keep { " and keeps the folder" } else { " and leaves nothing behind" },
            ));
        }
    }

    /// The end of the logs, for a failure's report.
    pub(super) fn explain(&mut self) -> String {
        let mut text = String::new();
        if self.server.as_mut().and_then(Running::ended).is_some() {
            text.push_str(&tail(&self.dir.join("logs/server.log"), "server"));
        }
        for home in &mut self.homes {
            if let Some(status) = home.agent.as_mut().and_then(Running::ended) {
                let log = self.dir.join("logs").join(format!("{}.log", home.id));
                text.push_str(&tail(&log, &format!("{} (ended: {status})", home.id)));
            }
        }
        if self.keep {
            let _ = write!(text, "\nThe folder is kept: {}", self.dir.display());
        }
        text
    }

    /// Stops every process and removes the folder unless it is to be kept.
    pub(super) async fn stop(&mut self) {
        for home in &mut self.homes {
            if let Some(mut agent) = home.agent.take() {
                agent.stop().await;
            }
        }
        if let Some(mut server) = self.server.take() {
            server.stop().await;
        }
        if !self.keep {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

fn tail(log: &Path, who: &str) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(12).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    format!("\n--- {who} said last:\n{}", lines.join("\n"))
}

//! The server under test: the real program on a copy of a prepared state, started again on the same ports after a crash.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_store::Store;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::broker::{free_port, listening};
use super::ingest::{Kept, Run};
use super::load::Load;
use super::prepared::Prepared;
use super::process::{Cores, Running, Scratch, idle, output};
use super::{Fault, say};
use crate::clock;

/// Time the server has until all doors are open.
const START_WITHIN: Duration = Duration::from_mins(1);
/// Counters read from the store at once.
const COUNTERS_AT_ONCE: u32 = 10_000;
/// No challenges during a run: evidence is not what is measured.
pub(super) const NO_CHALLENGES_SECS: u32 = 86_400;

/// Where the server's doors are.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    pub(super) people: String,
    pub(super) devices: String,
    pub(super) mqtt: String,
}

impl Doors {
    fn free() -> Result<Self, Fault> {
        let one = || free_port().map(|port| format!("127.0.0.1:{port}"));
        Ok(Self { people: one()?, devices: one()?, mqtt: one()? })
    }
}

/// The server and the maker's folder.
pub(super) struct House {
    holdfast: PathBuf,
    cores: Cores,
    pub(super) running: Running,
    pub(super) state: PathBuf,
    profile: PathBuf,
    log: PathBuf,
    attest_interval: u32,
    pub(super) doors: Doors,
}

impl House {
    /// Starts on a copy of a prepared state, where a person has signed in and the devices are enrolled.
    pub(super) async fn open(prepared: &Prepared, scratch: &Scratch, cores: &Cores) -> Result<Self, Fault> {
        Self::open_asking(prepared, scratch, cores, NO_CHALLENGES_SECS).await
    }

    /// The same, with devices asked for evidence every so many seconds.
    pub(super) async fn open_asking(
        prepared: &Prepared,
        scratch: &Scratch,
        cores: &Cores,
        attest_interval: u32,
    ) -> Result<Self, Fault> {
        let (state, profile) = (scratch.path("server"), scratch.path("profile.toml"));
        copy_folder(&prepared.state(), &state).map_err(|why| Fault::new("copy of the prepared state", why))?;
        let doors = Doors::free()?;
        let text = std::fs::read_to_string(prepared.profile()).map_err(|why| Fault::new("profile.toml", why))?;
        let port = doors.people.rsplit_once(':').map_or("", |(_, port)| port);
        let moved = text.lines().map(|line| {
            let ours = line.starts_with("server = ");
            if ours { format!("server = \"https://localhost:{port}\"\n") } else { format!("{line}\n") }
        });
        holdfast_server::authority::secret_file::create(&profile, moved.collect::<String>().as_bytes())
            .map_err(|why| Fault::new("profile.toml", why))?;
        let log = scratch.path("server.log");
        let running = spawn(&prepared.holdfast, &state, &doors, (cores, &log, attest_interval))?;
        let (holdfast, cores) = (prepared.holdfast.clone(), cores.clone());
        let mut house = Self { holdfast, cores, running, state, profile, log, attest_interval, doors };
        house.listening().await.map_err(|why| {
            Fault::new("the prepared state does not open (remove target/bench/fleet-* to have it made again)", why)
        })?;
        Ok(house)
    }

    /// Starts on the state in a folder that [`House::found`] made, where somebody has signed in.
    pub(super) async fn open_folder(dir: &Path, holdfast: &Path, cores: &Cores) -> Result<Self, Fault> {
        let (state, profile, log) = (dir.join("state"), dir.join("profile.toml"), dir.join("server.log"));
        let doors = Doors::free()?;
        let running = spawn(holdfast, &state, &doors, (cores, &log, NO_CHALLENGES_SECS))?;
        let (holdfast, cores) = (holdfast.to_owned(), cores.clone());
        let attest_interval = NO_CHALLENGES_SECS;
        let mut house = Self { holdfast, cores, running, state, profile, log, attest_interval, doors };
        house.listening().await?;
        Ok(house)
    }

    /// Starts on empty state and signs the first person in.
    pub(super) async fn found(holdfast: &Path, dir: &Path, cores: &Cores) -> Result<Self, Fault> {
        let (state, profile, log) = (dir.join("state"), dir.join("profile.toml"), dir.join("server.log"));
        let doors = Doors::free()?;
        let mut running = spawn(holdfast, &state, &doors, (cores, &log, NO_CHALLENGES_SECS))?;
        let link = tokio::time::timeout(START_WITHIN, link(&mut running)).await;
        let link = link.map_err(|_| Fault::new("holdfast serve", "printed no one-time link"))??;
        let (holdfast, cores) = (holdfast.to_owned(), cores.clone());
        let attest_interval = NO_CHALLENGES_SECS;
        let mut house = Self { holdfast, cores, running, state, profile, log, attest_interval, doors };
        house.listening().await?;
        let ca = house.state.join("ca.pem").to_string_lossy().into_owned();
        house.holdfast(&["login", "--link", &link, "--ca", &ca]).await?;
        Ok(house)
    }

    /// Starts again after it was stopped or killed, on the same state and the same ports.
    pub(super) async fn again(&mut self) -> Result<(), Fault> {
        self.running = self.start()?;
        self.listening().await
    }

    /// Waits until every door is open.
    async fn listening(&mut self) -> Result<(), Fault> {
        for door in [&self.doors.people, &self.doors.devices, &self.doors.mqtt] {
            listening(&mut self.running, door).await.map_err(|why| {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(3).collect();
                Fault::new(&why.to_string(), last.join(" / "))
            })?;
        }
        Ok(())
    }

    /// Runs a command as a maker would; its JSON answer.
    pub(super) async fn holdfast(&self, args: &[&str]) -> Result<Vec<u8>, Fault> {
        let mut command = Command::new(&self.holdfast);
        command.args(args).args(["-o", "json"]).arg("--profile").arg(&self.profile);
        output(&format!("holdfast {}", args.join(" ")), command).await
    }

    /// The token of the person who signed in.
    pub(super) fn token(&self) -> Result<String, Fault> {
        let text = std::fs::read_to_string(&self.profile).map_err(|why| Fault::new("profile.toml", why))?;
        let token = text.lines().find_map(|line| line.strip_prefix("token = "));
        token.map(|token| token.trim_matches('"').to_owned()).ok_or_else(|| Fault::new("profile.toml", "has no token"))
    }

    /// The same without waiting for it here.
    pub(super) fn order(
        &self,
        noun: &str,
        args: &[&str],
    ) -> impl Future<Output = Result<Vec<u8>, Fault>> + Send + 'static {
        let mut command = Command::new(&self.holdfast);
        command.arg(noun).args(args).args(["-o", "json"]).arg("--profile").arg(&self.profile);
        output("holdfast", command)
    }

    /// Starts again, and is killed so much later, whether the doors are open by then or not.
    pub(super) async fn start_and_kill(&mut self, after: Duration) -> Result<(), Fault> {
        self.running = self.start()?;
        tokio::time::sleep(after).await;
        self.running.kill().await
    }

    fn start(&self) -> Result<Running, Fault> {
        spawn(&self.holdfast, &self.state, &self.doors, (&self.cores, &self.log, self.attest_interval))
    }

    /// One run of the load against this server.
    pub(super) async fn run(&mut self, load: &mut Load) -> Result<Run, Fault> {
        self.running.alive()?;
        let fleet = load.connect(&self.doors.mqtt).await?;
        let before = idle(&[&self.running]).await?;
        let sent = load.publish(fleet).await?;
        let after = idle(&[&self.running]).await?;
        load.acknowledged(&sent);
        let done = sent.ended.saturating_sub(sent.started);
        Ok(Run::new(&sent, sent.answered(), done, after.saturating_sub(before)))
    }

    pub(super) async fn stop(&mut self) -> Result<(), Fault> {
        self.running.stop().await
    }

    /// Compares what the devices saw acknowledged with what is stored. Only after the server has stopped.
    pub(super) fn count(&self, load: &Load) -> Result<Kept, Fault> {
        self.compare(load.stream(), load.all_acknowledged())
    }

    /// Compares counters that were acknowledged with those stored. Only after the server has stopped.
    pub(super) fn compare<'a>(
        &self,
        stream: &StreamId,
        acknowledged: impl Iterator<Item = (&'a DeviceId, &'a [u64])>,
    ) -> Result<Kept, Fault> {
        let fault = |why: holdfast_store::StoreError| Fault::new("the server's store", why);
        let store = Store::open(&self.state).map_err(fault)?;
        let mut kept = Kept::default();
        for (device, acked) in acknowledged {
            kept.add(&counters(&store, device, stream).map_err(fault)?, acked);
        }
        Ok(kept)
    }
}

fn spawn(
    holdfast: &Path,
    state: &Path,
    doors: &Doors,
    (cores, log, attest_interval): (&Cores, &Path, u32),
) -> Result<Running, Fault> {
    let mut command = cores.command(holdfast);
    command.arg("serve").arg("--state").arg(state);
    command.args(["--people", &doors.people, "--devices", &doors.devices, "--mqtt", &doors.mqtt]);
    command.args(["--attest-interval", &attest_interval.to_string(), "--exit-with-parent"]);
    let log = std::fs::File::options().create(true).append(true).open(log);
    let log = log.map_err(|why| Fault::new("server.log", why))?;
    command.stdout(Stdio::piped()).stderr(Stdio::from(log)).env("HOLDFAST_LOG", "warn");
    Running::start("holdfast serve", command)
}

/// Copies files and folders; the store of a server that was stopped in order is complete in its files.
pub(super) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
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

/// The program to measure.
pub(super) fn find(given: Option<&Path>) -> Result<PathBuf, Fault> {
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
    let begun = clock::elapsed();
    let mut lines = BufReader::new(server.stdout()?).lines();
    while let Some(line) = lines.next_line().await.map_err(|why| Fault::new("holdfast serve", why))? {
        let found = line.split_ascii_whitespace().find(|word| word.contains("/sign-in?link="));
        if let Some(link) = found.map(str::to_owned) {
            // Whatever it prints later must not meet a closed pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            say(&format!("holdfast serve is up after {} ms", clock::elapsed().saturating_sub(begun).as_millis()));
            return Ok(link);
        }
    }
    Err(Fault::new("holdfast serve", "ended without a one-time link"))
}

//! What keeps a device going: watchdog, core function, factory reset; with the real program.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::update::boot::{BootState, Slot, Trial};
use holdfast_core::update::copies;
use holdfast_core::update::journal::{Job, Journal, Target};

use crate::device::{Device, agent, read_lines};
use crate::door::events;

const SLEEPER: &str = "echo up > $HOLDFAST_DATA/told; exec sleep 600";

/// A service manager, as far as `sd_notify(3)` goes.
struct Manager(UnixDatagram);

impl Manager {
    fn new(device: &Device) -> (Self, String) {
        let path = device.path("notify.sock");
        let socket = UnixDatagram::bind(&path).unwrap();
        (Self(socket), path.to_str().unwrap().to_owned())
    }

    /// The next thing it is told, if anything is within the time.
    fn told(&self, within: Duration) -> Option<String> {
        self.0.set_read_timeout(Some(within)).unwrap();
        let mut bytes = [0; 512];
        let read = self.0.recv(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes[..read]).trim().to_owned())
    }
}

#[test]
fn a_loop_that_is_stuck_gives_no_sign_of_life_and_is_started_again() {
    let device = Device::made();
    device.install(1, SLEEPER);
    let (manager, socket) = Manager::new(&device);
    let environment = [("NOTIFY_SOCKET", socket.as_str()), ("WATCHDOG_USEC", "600000")];
    let long = Duration::from_mins(1);
    let mut running = device.run_in(&environment, &[]);
    assert_eq!(manager.told(long).as_deref(), Some("READY=1"));
    for _ in 0..4 {
        assert_eq!(manager.told(long).as_deref(), Some("WATCHDOG=1"));
    }
    running.freeze();
    // What was under way when it stopped may still arrive; then nothing comes, for longer than is allowed.
    let silent = (0..5).any(|_| manager.told(Duration::from_secs(2)).is_none());
    assert!(silent, "a stopped loop gives signs of life");
    running.kill();
    let mut running = device.run_in(&environment, &[]);
    assert_eq!(manager.told(long).as_deref(), Some("READY=1"));
    running.stop();
    let last = std::iter::from_fn(|| manager.told(Duration::from_millis(100))).last();
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
}

/// Says that it is alive ten times a second, and on the pipe that it began.
const CORE: &str = r#"echo "core $0" > $HOLDFAST_DATA/told
while :; do echo '{"alive":true}'; sleep 0.1; done"#;
const WITH_CORE: &str = r#"{"core":{"program":"bin/core","silent_ms_max":1500,"gap_ms_max":4000}}"#;

/// Puts a device into the state after an update was written and armed: slot b is to be tried.
fn arm(device: &Device, image: &[u8]) {
    let target = Target {
        manifest: [7; 32],
        image: *Sha256Digest::of(image).as_bytes(),
        image_bytes: image.len() as u64,
        sequence: 2,
        security_floor: 0,
        health_ms_max: 60_000,
        deployment: "018bcfe5-6800-7fff-bfff-ffffffffffff".to_owned(),
        generation: 1,
    };
    let journal = Journal { job: Some(Job { target, slot: Slot::B }), ..Journal::default() };
    std::fs::write(device.path("state/update.0"), copies::encode(2, &serde_json::to_vec(&journal).unwrap())).unwrap();
    let trial = Some(Trial { slot: Slot::B, sequence: 2, attempts_left: 3 });
    let boot = BootState { generation: 8, committed_sequence: 1, trial, ..BootState::FIRST };
    let (place, bytes) = boot.encode();
    std::fs::write(device.path(&format!("state/boot.{place}")), bytes).unwrap();
}

#[test]
fn a_core_function_that_falls_silent_on_trial_brings_the_earlier_release_back() {
    let device = Device::made();
    let files = |core: &'static str| [("holdfast.json", WITH_CORE), ("bin/core", core)];
    device.install_release(&Device::release_with(1, "exec sleep 600", &files(CORE)));
    let silent = "echo \"core $0\" > $HOLDFAST_DATA/told; exec sleep 600";
    let release = Device::release_with(2, "exec sleep 600", &files(silent));
    device.fill_slot_b_with(&release);
    arm(&device, &release.image);
    let mut running = device.run();
    let both_ends = std::fs::File::options().read(true).write(true).open(device.told()).unwrap();
    let mut began = BufReader::new(both_ends).lines().map(Result::unwrap);
    assert!(began.next().unwrap().contains("/run/b/bin/core"));
    // It may have been tried once more before the earlier release was ready.
    assert!(began.by_ref().take(2).any(|line| line.contains("/run/a/bin/core")), "the earlier release");
    running.stop();
    let status = device.status();
    assert_eq!((status["committed"].as_str(), status["bad_sequence"].as_u64()), (Some("a"), Some(2)));
    assert_eq!(status["unreported_outcome"], "rolled_back");
    let queued = events(&device);
    assert!(queued.contains("core-function-silent"), "{queued}");
}

#[test]
fn a_core_function_outlives_its_application() {
    let device = Device::made();
    let app = "echo app > $HOLDFAST_DATA/told; exit 3";
    device.install_release(&Device::release_with(1, app, &[("holdfast.json", WITH_CORE), ("bin/core", CORE)]));
    let mut running = device.run();
    let lines = read_lines(&device.told(), 4);
    assert_eq!(lines.iter().filter(|line| line.starts_with("core")).count(), 1, "{lines:?}");
    running.stop();
    assert!(events(&device).contains("application-ended"));
}

#[test]
fn the_application_may_use_no_more_than_it_declared() {
    let device = Device::made();
    let app = "ulimit -v > $HOLDFAST_DATA/told; ulimit -n > $HOLDFAST_DATA/told; exec sleep 600";
    let limits = r#"{"limits":{"memory_mib":512,"files":64}}"#;
    device.install_release(&Device::release_with(1, app, &[("holdfast.json", limits)]));
    let mut running = device.run();
    assert_eq!(read_lines(&device.told(), 2), [(512 * 1024).to_string(), "64".to_owned()]);
    running.stop();
}

#[test]
fn a_reset_that_is_killed_at_any_moment_is_whole_after_the_next_start() {
    for round in 0..12_u32 {
        let device = Device::made();
        std::fs::remove_file(device.told()).unwrap();
        for number in 0..200 {
            std::fs::write(device.path(&format!("data/photo-{number}")), vec![b'p'; 20_000]).unwrap();
        }
        std::fs::write(device.path("keys/ldevid-a.crt"), b"operational").unwrap();
        std::fs::write(device.path("state/shadow.0"), b"wishes").unwrap();
        let factory = std::fs::read(device.path("keys/factory.crt")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-agent"));
        let mut child = command.args(["reset", "--yes", "--dir", &device.dir()]).stdout(Stdio::null()).spawn().unwrap();
        // Each round kills when so many files are gone.
        let gone = |left: usize| {
            !device.path("keys/ldevid-a.crt").exists()
                && std::fs::read_dir(device.path("data")).map_or(0, Iterator::count) <= left
        };
        let left = 200_usize.saturating_sub(20 * round as usize);
        while !gone(left) && child.try_wait().unwrap().is_none() {}
        let _ = child.kill();
        child.wait().unwrap();
        let mut again = agent(&["reset", "--yes", "--dir", &device.dir()]);
        assert!(again.status.success(), "{again:?}");
        assert_eq!(std::fs::read_dir(device.path("data")).unwrap().count(), 0);
        assert!(!device.path("state/shadow.0").exists() && !device.path("state/reset").exists());
        assert_eq!(std::fs::read(device.path("keys/factory.crt")).unwrap(), factory, "the factory identity stays");
        again = agent(&["reset", "--dir", &device.dir()]);
        assert_eq!(again.status.code(), Some(2), "not without saying that it is meant");
    }
}

#[test]
fn a_running_agent_resets_itself_and_runs_on() {
    let device = Device::made();
    device.install(
        1,
        "[ -e $HOLDFAST_DATA/mine ] && echo used > $HOLDFAST_DATA/../told || echo new > $HOLDFAST_DATA/../told; \
        : > $HOLDFAST_DATA/mine; exec sleep 600",
    );
    assert!(Command::new("mkfifo").arg(device.path("told")).status().unwrap().success());
    let both_ends = std::fs::File::options().read(true).write(true).open(device.path("told")).unwrap();
    let mut lines = BufReader::new(both_ends).lines().map(Result::unwrap);
    let mut running = device.run();
    assert_eq!(lines.next().as_deref(), Some("new"));
    let said = agent(&["reset", "--yes", "--dir", &device.dir()]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("allow-reenrolment"), "{said:?}");
    assert_eq!(lines.next().as_deref(), Some("new"), "its data is gone");
    running.stop();
    assert!(events(&device).contains("factory-reset"));
}

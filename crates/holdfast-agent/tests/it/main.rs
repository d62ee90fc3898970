//! The agent as its user meets it: the real program, its exit codes, its files, and an application that really runs.
//!
//! No server here: what is shown is that the core function needs none. With a server, `holdfast demo` shows the rest.

#[cfg(test)]
mod device;
#[cfg(test)]
mod door;
#[cfg(test)]
mod endurance;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod page;

use device::{Device, agent, read_line, read_line_and_wait_for_end, read_lines, refused};

/// Makes a release that must not be installed.
type Change = fn(&mut device::Release);

/// Says that it is up, and holds the pipe open for as long as any part of it lives.
const HOLDING: &str = "exec 3> $HOLDFAST_DATA/told; echo up-1 >&3; sleep 600 & exec sleep 600";

#[test]
fn the_application_runs_without_any_server_and_all_of_it_ends_with_the_agent() {
    let device = Device::made();
    device.install(1, HOLDING);
    let mut running = device.run();
    assert_eq!(read_line_and_wait_for_end(&device.told(), || running.stop()), "up-1");
}

#[test]
fn the_application_dies_with_an_agent_that_is_killed() {
    let device = Device::made();
    device.install(1, HOLDING);
    let mut running = device.run();
    assert_eq!(read_line_and_wait_for_end(&device.told(), || running.kill()), "up-1");
}

#[test]
fn an_application_that_dies_is_started_again() {
    let device = Device::made();
    device.install(1, "echo up-1 > $HOLDFAST_DATA/told; exit 7");
    let mut running = device.run();
    assert_eq!(read_lines(&device.told(), 3), ["up-1"; 3]);
    running.stop();
}

#[test]
fn a_slot_that_was_changed_while_off_is_not_started_and_the_known_good_one_is() {
    let device = Device::made();
    device.install(1, "echo up-1 > $HOLDFAST_DATA/told; exec sleep 600");
    device.fill_slot_b(2, "echo up-2 > $HOLDFAST_DATA/told; exec sleep 600");
    device.damage("slots/a/image");
    let mut running = device.run();
    assert_eq!(read_line(&device.told()), "up-2");
    running.stop();
    let status = device.status();
    assert_eq!((status["committed"].as_str(), status["committed_sequence"].as_u64()), (Some("b"), Some(2)));
}

#[test]
fn damaged_boot_state_still_starts_the_device() {
    let device = Device::made();
    device.install(1, "echo up-1 > $HOLDFAST_DATA/told; exec sleep 600");
    device.damage("state/boot.1");
    let mut running = device.run();
    assert_eq!(read_line(&device.told()), "up-1");
    running.stop();
}

#[test]
fn a_release_that_does_not_verify_is_not_installed() {
    let device = Device::made();
    let cases: [(&str, Change); 5] = [
        ("too-few-signatures", |release| release.signers = 1),
        ("wrong-class", |release| release.product = "porch-camera"),
        ("wrong-vendor", |release| release.maker = "other.example"),
        ("wrong-digest", |release| release.image[700] ^= 1),
        ("over-long", |release| release.image.extend([0; 512])),
    ];
    for (name, change) in cases {
        let mut release = Device::release(1, "exit 0");
        change(&mut release);
        let outcome = device.try_install(&release);
        assert!(refused(&outcome, 5).contains(name), "{name}: {outcome:?}");
        assert_eq!(device.status()["slots"][0]["state"], "slot-empty", "{name}: nothing stays");
    }
}

#[test]
fn a_second_agent_in_the_same_directory_is_refused() {
    let device = Device::made();
    device.install(1, "echo up-1 > $HOLDFAST_DATA/told; exec sleep 600");
    let mut running = device.run();
    read_line(&device.told());
    let second = agent(&["run", "--dir", &device.dir()]);
    assert!(refused(&second, 3).contains("agent-already-running"));
    running.stop();
}

#[test]
fn wrong_usage_says_so() {
    assert_eq!(agent(&["run"]).status.code(), Some(2));
    assert_eq!(agent(&["fly"]).status.code(), Some(2));
    let help = agent(&["--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"));
}

//! The key process as the system sees it: its own process and user, locked down, deaf to strangers, and never missing long.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal};

use crate::device::{Device, Running, agent, read_line, refused};

/// Two users of every Debian system, standing in for the two that a package makes.
const USERS: [&str; 4] = ["--user", "nobody", "--keys-user", "daemon"];

/// Asks for the secret of the Wi-Fi, tells what comes back, waits to be told to go on, and asks again.
const ASKING: &str = r#"
ask() { echo '{"secret":"wifi"}'; read answer; echo "$answer" > $HOLDFAST_DATA/told; }
ask; read go < $HOLDFAST_DATA/go; ask; exec sleep 600"#;

/// The key process of a running agent.
fn key_process(agent: &Running) -> Pid {
    let pid = agent.pid().as_raw_nonzero();
    // Each thread has its own children, and any thread may start the key process again.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|thread| thread.unwrap().path());
    let children: Vec<String> =
        threads.map(|thread| std::fs::read_to_string(thread.join("children")).unwrap_or_default()).collect();
    let children = children.join(" ");
    let is_keys = |pid: &&str| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).nth(1) == Some(b"keys")
    };
    let pid = children.split_whitespace().find(is_keys).unwrap_or_else(|| panic!("no key process among {children:?}"));
    Pid::from_raw(pid.parse().unwrap()).unwrap()
}

/// A line of `/proc/…/status`.
fn status_line(pid: Pid, name: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// `secret put`, with the secret on standard input.
fn put_secret(device: &Device, secret: &[u8], change: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-agent"));
    command.args(["secret", "put", "wifi", "--dir", &device.dir()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    change(&mut command);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(secret).unwrap();
    child.wait_with_output().unwrap()
}

/// Every byte of every file below a directory.
fn image(dir: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
        if kind.is_dir() {
            all.extend(image(&path));
        } else if kind.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

fn holds(image: &[u8], text: &str) -> bool {
    image.windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

/// Sends a frame and reads the answer's.
fn exchange(stream: &mut UnixStream, frame: &[u8]) -> String {
    stream.write_all(&u32::try_from(frame.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(frame).unwrap();
    answer(stream)
}

fn answer(stream: &mut UnixStream) -> String {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_application_gets_its_secret_also_after_the_key_process_was_killed() {
    let device = Device::made();
    device.install(1, ASKING);
    assert!(put_secret(&device, b"correct horse", |_| ()).status.success());
    let go = device.path("data/go");
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
    let mut running = device.run();
    let expected = r#"{"secret":{"name":"wifi","value":"correct horse"}}"#;
    assert_eq!(read_line(&device.told()), expected);
    let first = key_process(&running);
    rustix::process::kill_process(first, Signal::KILL).unwrap();
    std::fs::write(&go, b"go\n").unwrap();
    assert_eq!(read_line(&device.told()), expected);
    assert_ne!(key_process(&running), first);
    running.stop();
}

#[test]
fn the_key_process_ends_with_an_agent_that_is_killed() {
    let device = Device::made();
    device.install(1, "echo up-1 > $HOLDFAST_DATA/told; exec sleep 600");
    let mut running = device.run();
    read_line(&device.told());
    let keys = key_process(&running);
    let handle = rustix::process::pidfd_open(keys, rustix::process::PidfdFlags::empty()).unwrap();
    running.kill();
    let mut ended = [rustix::event::PollFd::new(&handle, rustix::event::PollFlags::IN)];
    rustix::event::poll(&mut ended, None).unwrap();
}

#[test]
fn the_key_process_leaves_no_core_and_gains_no_rights() {
    let device = Device::made();
    let socket = device.path("keys.sock");
    let keys = device.keys(&socket, &[]);
    assert_eq!(status_line(keys.pid(), "NoNewPrivs:"), "1");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", keys.pid().as_raw_nonzero())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
}

#[test]
fn what_is_no_request_is_refused_by_name_and_the_next_request_is_answered() {
    let device = Device::made();
    let socket = device.path("keys.sock");
    let _keys = device.keys(&socket, &[]);
    let mut stream = UnixStream::connect(&socket).unwrap();
    assert!(exchange(&mut stream, b"\xff\xff").contains("key-request-malformed"));
    assert!(exchange(&mut stream, b"\x82\x01\x64root").contains("key-slot-unknown"));
    assert!(exchange(&mut stream, b"\x81\x00").contains("hearth-0001"));
    let mut long = UnixStream::connect(&socket).unwrap();
    long.write_all(&u32::MAX.to_be_bytes()).unwrap();
    assert!(answer(&mut long).contains("key-request-too-long"));
    assert_eq!(long.read(&mut [0; 1]).unwrap(), 0, "and that is the end of this connection");
    assert!(exchange(&mut stream, b"\x81\x00").contains("hearth-0001"));
}

#[test]
fn a_user_who_may_not_ask_is_turned_away() {
    if !is_root() {
        return;
    }
    let device = Device::made();
    std::fs::set_permissions(device.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(device.path("").parent().unwrap(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let socket = device.path("keys.sock");
    let _keys = device.keys(&socket, &["--peer-user", "nobody"]);
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    std::fs::set_permissions(device.path("secrets"), std::fs::Permissions::from_mode(0o777)).unwrap();
    let put = |uid: u32| {
        put_secret(&device, b"correct horse", |command| {
            command.uid(uid).gid(uid).env("HOLDFAST_KEYS_SOCKET", &socket);
        })
    };
    assert!(refused(&put(1), 3).contains("key-peer-not-allowed"));
    assert!(put(65_534).status.success());
}

#[test]
fn started_as_root_both_processes_get_a_user_of_their_own_and_the_network_has_no_way_to_the_keys() {
    if !is_root() {
        return;
    }
    let device = Device::made();
    device.install(1, ASKING);
    assert!(put_secret(&device, b"correct horse", |_| ()).status.success());
    std::fs::set_permissions(device.path("").parent().unwrap(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let mut running = device.run_with(&USERS);
    assert!(read_line(&device.told()).contains("correct horse"), "the two work together");
    let keys = key_process(&running);
    assert_eq!((status_line(running.pid(), "Uid:"), status_line(keys, "Uid:")), ("65534".to_owned(), "1".to_owned()));
    for pid in [running.pid(), keys] {
        let groups = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
        assert!(groups.lines().any(|line| line.trim_end() == "Groups:"), "no group of root stays");
    }
    let vault = std::fs::metadata(device.path("vault")).unwrap();
    assert_eq!((vault.uid(), vault.mode() & 0o777), (1, 0o700));
    assert_eq!(std::fs::metadata(device.path("state")).unwrap().uid(), 65_534);
    let read = Command::new("cat").arg(device.path("vault/factory.key")).uid(65_534).gid(65_534).output().unwrap();
    assert!(!read.status.success() && read.stdout.is_empty());
    let about = std::fs::metadata(format!("/proc/{}/status", keys.as_raw_nonzero())).unwrap();
    assert_eq!(about.uid(), 0, "the key process is not dumpable: not even its own user can look into it");
    running.stop();
}

#[test]
fn an_agent_that_cannot_start_its_lost_key_process_again_ends_so_that_both_are_started_again() {
    if !is_root() {
        return;
    }
    let device = Device::made();
    device.install(1, ASKING);
    assert!(put_secret(&device, b"correct horse", |_| ()).status.success());
    let go = device.path("data/go");
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
    std::fs::set_permissions(device.path("").parent().unwrap(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let mut running = device.run_with(&USERS);
    assert!(read_line(&device.told()).contains("correct horse"));
    rustix::process::kill_process(key_process(&running), Signal::KILL).unwrap();
    std::fs::write(&go, b"go\n").unwrap();
    assert_eq!(running.ends_with(), Some(3));
}

#[test]
fn what_the_factory_makes_in_a_directory_that_was_given_away_before_is_handed_over_all_the_same_and_only_once() {
    if !is_root() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let dir = home.path().join("agent");
    // A start before the factory had made anything gave the empty directory away.
    std::fs::create_dir(&dir).unwrap();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o711)).unwrap();
    std::os::unix::fs::chown(&dir, Some(65_534), Some(65_534)).unwrap();
    let place = ["--dir", dir.to_str().unwrap()];
    let init = ["init", "--device-id", "hearth-0001", "--product", "hearth-thermostat", "--maker", "hearth.example"];
    let doors = ["--devices-url", "https://localhost:1", "--mqtt-addr", "localhost:1"];
    let made = agent(&[&init[..], &doors, &place].concat());
    assert!(made.status.success(), "{made:?}");
    let hand_over = || assert!(agent(&[&["hand-over"][..], &place, &USERS].concat()).status.success());
    hand_over();
    let owner = |name: &str| std::fs::metadata(dir.join(name)).unwrap().uid();
    assert_eq!((owner("vault/factory.key"), owner("vault/vault.toml")), (1, 1));
    assert_eq!((owner("agent.toml"), owner("keys/factory.csr.pem"), owner("")), (65_534, 65_534, 65_534));
    // From now on root gives nothing away there, whoever put it there.
    std::fs::write(dir.join("state/later"), b"").unwrap();
    hand_over();
    assert_eq!(owner("state/later"), 0);
}

#[test]
fn the_flash_of_a_device_with_a_board_secret_shows_neither_keys_nor_secrets() {
    let board = tempfile::tempdir().unwrap();
    let fuses = board.path().join("nvmem");
    std::fs::write(&fuses, [7; 32]).unwrap();
    let device = Device::made_with(&["--device-secret", fuses.to_str().unwrap()]);
    assert!(put_secret(&device, b"correct horse", |_| ()).status.success());
    let flash = image(&device.path(""));
    assert!(holds(&flash, "hearth-0001"), "the search finds what is there");
    for planted in ["correct horse", "PRIVATE KEY"] {
        assert!(!holds(&flash, planted), "{planted} lies on the flash");
    }
    std::fs::write(&fuses, [8; 32]).unwrap();
    let elsewhere = put_secret(&device, b"x", |_| ());
    assert!(refused(&elsewhere, 3).contains("key-damaged"), "another board opens nothing");
}

#[test]
fn a_tpm_without_support_for_it_is_named() {
    if cfg!(feature = "tpm") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("agent");
    let init = ["init", "--dir", dir.to_str().unwrap(), "--device-id", "hearth-0001", "--product", "hearth-thermostat"];
    let outcome = agent(&[&init[..], &["--key-store", "tpm"]].concat());
    assert!(refused(&outcome, 3).contains("built-without-tpm"));
}

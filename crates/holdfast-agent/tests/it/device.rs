//! A device fresh from a test factory, with keys, trust document, certificate and signed images of its own.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::{HealthContract, ReleaseFacts, ReleaseKind, add_signature};
use holdfast_core::suit::{ClassId, VendorId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::trust::{self, Role, TrustContent};
use rustix::process::{Pid, Signal};

const MAKER: &str = "hearth.example";
const PRODUCT: &str = "hearth-thermostat";

/// Runs the agent's program to its end.
pub(crate) fn agent(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast-agent")).args(args).stdin(Stdio::null()).output().unwrap()
}

/// What a refused command said.
pub(crate) fn refused(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits for a line in a named pipe.
pub(crate) fn read_line(pipe: &PathBuf) -> String {
    let mut line = String::new();
    BufReader::new(std::fs::File::open(pipe).unwrap()).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Waits for so many lines in a named pipe, whoever writes them.
pub(crate) fn read_lines(pipe: &PathBuf, count: usize) -> Vec<String> {
    let both_ends = std::fs::File::options().read(true).write(true).open(pipe).unwrap();
    BufReader::new(both_ends).lines().take(count).map(Result::unwrap).collect()
}

/// Waits for a line in a named pipe, then until every process that holds it open for writing has ended.
pub(crate) fn read_line_and_wait_for_end(pipe: &PathBuf, then: impl FnOnce()) -> String {
    let mut reader = BufReader::new(std::fs::File::open(pipe).unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    then();
    assert_eq!(reader.read_line(&mut String::new()).unwrap(), 0, "the end of the pipe");
    line.trim_end().to_owned()
}

/// A signed image.
pub(crate) struct Release {
    pub(crate) sequence: u64,
    pub(crate) image: Vec<u8>,
    pub(crate) signed_image: Vec<u8>,
    pub(crate) signers: usize,
    pub(crate) maker: &'static str,
    pub(crate) product: &'static str,
}

/// A running agent, ended at the latest when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn stop(&mut self) {
        rustix::process::kill_process(self.pid(), Signal::TERM).unwrap();
        assert!(self.0.wait().unwrap().success());
    }

    /// The exit code with which it ends by itself.
    pub(crate) fn ends_with(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Stops the process where it stands, as a loop that is stuck.
    pub(crate) fn freeze(&self) {
        rustix::process::kill_process(self.pid(), Signal::STOP).unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) struct Device {
    home: tempfile::TempDir,
    signers: [SoftwareKey; 2],
}

impl Device {
    /// Initialised, with trust document and a factory certificate; no image yet.
    pub(crate) fn made() -> Self {
        Self::made_with(&[])
    }

    /// The same with further arguments of `init`.
    pub(crate) fn made_with(more: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let signers = [SoftwareKey::ed25519(&[11; 32]), SoftwareKey::ed25519(&[12; 32])];
        let device = Self { home, signers };
        let dir = device.dir();
        let init = [
            "init",
            "--dir",
            &dir,
            "--device-id",
            "hearth-0001",
            "--product",
            PRODUCT,
            "--maker",
            MAKER,
            "--devices-url",
            "https://localhost:1",
            "--mqtt-addr",
            "localhost:1",
        ];
        let init = agent(&[&init, more].concat());
        assert!(init.status.success(), "{init:?}");
        let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let role =
            || Role::new(2, device.signers.iter().map(holdfast_core::cose::Signer::public_key).collect()).unwrap();
        let content = TrustContent {
            version: 1,
            maker_domain: MAKER.to_owned(),
            root: role(),
            release: role(),
            freshness: SoftwareKey::ed25519(&[13; 32]).public_key(),
            operational_cas: vec![authority.cert.der().to_vec()],
            factory_cas: vec![authority.cert.der().to_vec()],
            created: Timestamp::from_micros(1_790_000_000_000_000),
            next_root: None,
        };
        let mut document = content.to_unsigned().unwrap();
        for signer in &device.signers {
            document = trust::add_signature(&document, signer).unwrap();
        }
        std::fs::write(device.path("trust/1.cose"), document).unwrap();
        std::fs::write(device.path("keys/factory.crt"), authority.cert.pem()).unwrap();
        assert!(Command::new("mkfifo").arg(device.told()).status().unwrap().success());
        device
    }

    pub(crate) fn dir(&self) -> String {
        self.home.path().join("agent").to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("agent").join(name)
    }

    /// The pipe through which the application tells the test.
    pub(crate) fn told(&self) -> PathBuf {
        self.path("data/told")
    }

    /// An image whose application is this shell script.
    pub(crate) fn release(sequence: u64, script: &str) -> Release {
        Self::release_with(sequence, script, &[])
    }

    /// The same with more files; those under `bin/` are shell scripts.
    pub(crate) fn release_with(sequence: u64, script: &str, more: &[(&str, &str)]) -> Release {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, text) in [("bin/app", script), ("bin/health", "exit 0")].iter().chain(more) {
            let is_script = name.starts_with("bin/");
            let content = if is_script { format!("#!/bin/sh\n{text}\n") } else { (*text).to_owned() };
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            header.set_cksum();
            tar.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        let image = tar.into_inner().unwrap();
        Release { sequence, signed_image: image.clone(), image, signers: 2, maker: MAKER, product: PRODUCT }
    }

    fn envelope(&self, release: &Release) -> Vec<u8> {
        let vendor = VendorId::of_domain(release.maker);
        let facts = ReleaseFacts {
            vendor,
            class: ClassId::of_product(vendor, release.product),
            sequence: release.sequence,
            image_digest: Sha256Digest::of(&release.signed_image),
            image_bytes: release.signed_image.len() as u64,
            version: format!("{}.0.0", release.sequence),
            kind: ReleaseKind::Feature,
            security_floor: 0,
            description: "For a test.".to_owned(),
            health: HealthContract { deadline: Millis(10_000), program: "bin/health".parse().unwrap() },
            app: "bin/app".parse().unwrap(),
        };
        let mut envelope = facts.to_unsigned_envelope().unwrap();
        for signer in self.signers.iter().take(release.signers) {
            envelope = add_signature(&envelope, signer).unwrap();
        }
        envelope
    }

    /// `install-factory` with this release.
    pub(crate) fn try_install(&self, release: &Release) -> Output {
        let (image, manifest) = (self.home.path().join("image.tar"), self.home.path().join("release.suit"));
        std::fs::write(&image, &release.image).unwrap();
        std::fs::write(&manifest, self.envelope(release)).unwrap();
        let (image, manifest) = (image.to_str().unwrap(), manifest.to_str().unwrap());
        agent(&["install-factory", "--dir", &self.dir(), "--image", image, "--manifest", manifest])
    }

    pub(crate) fn install(&self, sequence: u64, script: &str) {
        self.install_release(&Self::release(sequence, script));
    }

    pub(crate) fn install_release(&self, release: &Release) {
        let outcome = self.try_install(release);
        assert!(outcome.status.success(), "{outcome:?}");
    }

    /// Adds lines to `agent.toml`.
    pub(crate) fn configure(&self, lines: &str) {
        let path = self.path("agent.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{text}\n{lines}")).unwrap();
    }

    /// A complete image in slot b, as an earlier update left it.
    pub(crate) fn fill_slot_b(&self, sequence: u64, script: &str) {
        self.fill_slot_b_with(&Self::release(sequence, script));
    }

    /// The same with this release.
    pub(crate) fn fill_slot_b_with(&self, release: &Release) {
        std::fs::write(self.path("slots/b/image"), &release.image).unwrap();
        std::fs::write(self.path("slots/b/manifest.suit"), self.envelope(release)).unwrap();
    }

    /// Flips a bit in the middle of a file.
    pub(crate) fn damage(&self, name: &str) {
        let path = self.path(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn run(&self) -> Running {
        self.run_with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn run_with(&self, more: &[&str]) -> Running {
        self.run_in(&[], more)
    }

    /// The same with further environment and arguments.
    pub(crate) fn run_in(&self, environment: &[(&str, &str)], more: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-agent"));
        command.args(["run", "--dir", &self.dir(), "--exit-with-parent"]).args(more);
        command.stdin(Stdio::null()).stderr(Stdio::null()).envs(environment.iter().copied());
        Running(command.process_group(0).spawn().unwrap())
    }

    /// A key process of its own, once it listens.
    pub(crate) fn keys(&self, socket: &std::path::Path, more: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-agent"));
        command.args(["keys", "--dir", &self.dir(), "--socket"]).arg(socket).args(more);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("key process listens") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the key process ended");
        }
        child.stderr = Some(log.into_inner());
        Running(child)
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        let output = agent(&["status", "--dir", &self.dir(), "-o", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }
}

//! The programs a demo runs as a user would: `holdfast` commands, the server, the agents. Nothing outlives the demo.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::cli::Failure;

/// Where the programs are and which profile the commands use.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) holdfast: PathBuf,
    pub(super) agent: PathBuf,
    pub(super) profile: PathBuf,
}

impl Tools {
    /// This program, and the agent beside it.
    pub(super) fn find(profile: PathBuf) -> Result<Self, Failure> {
        let holdfast = std::env::current_exe().map_err(Failure::fault)?;
        let agent = holdfast.with_file_name("holdfast-agent");
        if !agent.is_file() {
            let text = format!("{} is missing; build it: cargo build -p holdfast-agent", agent.display());
            return Err(Failure::usage(text));
        }
        Ok(Self { holdfast, agent, profile })
    }

    /// Runs a `holdfast` command to its end and returns the JSON it printed.
    pub(super) async fn holdfast(&self, args: &[&str]) -> Result<Value, Failure> {
        let mut command = Command::new(&self.holdfast);
        command.args(args).args(["-o", "json"]).arg("--profile").arg(&self.profile);
        run(command, &format!("holdfast {}", args.join(" "))).await
    }

    /// The same programs for somebody else, who keeps a profile of their own.
    pub(super) fn of(&self, profile: PathBuf) -> Self {
        Self { profile, ..self.clone() }
    }

    /// Runs a `holdfast-agent` command to its end.
    pub(super) async fn agent(&self, args: &[&str]) -> Result<Value, Failure> {
        let mut command = Command::new(&self.agent);
        command.args(args);
        run(command, &format!("holdfast-agent {}", args.join(" "))).await
    }
}

/// A member of an answer by JSON pointer (RFC 6901); null if it is not there.
pub(super) fn at<'a>(answer: &'a Value, pointer: &str) -> &'a Value {
    answer.pointer(pointer).unwrap_or(&Value::Null)
}

async fn run(mut command: Command, shown: &str) -> Result<Value, Failure> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let done = command.output().await.map_err(|why| Failure::fault(format!("{shown}: {why}")))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(Failure::fault(format!("`{shown}` ended with {}: {}", done.status, said.trim())));
    }
    Ok(serde_json::from_slice(&done.stdout).unwrap_or(Value::Null))
}

/// A program that runs beside the demo. It is told to end when this value is dropped, and dies with the demo in any case.
pub(super) struct Running {
    child: Child,
}

impl Running {
    /// Starts the program; what it says goes to `log`.
    pub(super) fn start(program: &Path, args: &[&str], log: &Path) -> Result<Self, Failure> {
        let shown = log.display();
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
        let file = file.map_err(|why| Failure::fault(format!("{shown}: {why}")))?;
        let errors = file.try_clone().map_err(Failure::fault)?;
        let child = Command::new(program)
            .args(args)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::from(file))
            .stderr(Stdio::from(errors))
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| Failure::fault(format!("{}: {why}", program.display())))?;
        Ok(Self { child })
    }

    /// SIGKILL, as a power cut would.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill().await.map_err(Failure::fault)
    }

    /// SIGTERM, then the end; SIGKILL if it takes longer than ten seconds.
    pub(super) async fn stop(&mut self) {
        if let Some(pid) =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(std::time::Duration::from_secs(10), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    /// The exit status, if it has ended by itself.
    pub(super) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

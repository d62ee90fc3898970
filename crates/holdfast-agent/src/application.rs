//! The application: started from a verified image, spoken to by lines, watched, started again when it dies.
//!
//! It runs in its own process group, which is stopped as a whole, and dies with the agent (`guard`). What its lines mean
//! is not decided here.

use std::process::Stdio;
use std::time::Duration;

use holdfast_core::time::Millis;
use holdfast_core::update::boot::Slot;
use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::clock;
use crate::config::Config;
use crate::declared::Use;
use crate::fault::Fault;
use crate::layout::Layout;

/// Longest line of the application.
pub(crate) const LINE_BYTES_MAX: u64 = 16 * 1024;
/// Lines to the application that may wait.
const LINES_WAITING_MAX: usize = 64;
/// Time between the request to end and the end by force.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// First and longest wait before a new start.
const RESTART_MS: (u64, u64) = (250, 30_000);
/// A run of this length is stable: the next wait is the first again.
const STABLE: Millis = Millis(60_000);

/// What the application did.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It printed this line.
    Line(String),
    /// It ended; the text says how.
    Ended(String),
}

/// A message of one incarnation; older ones are ignored.
#[derive(Debug)]
pub(crate) struct FromApplication {
    /// Which start it belongs to.
    pub(crate) incarnation: u64,
    /// What happened.
    pub(crate) heard: Heard,
}

/// What is started.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// From which slot.
    pub(crate) slot: Slot,
    /// Path inside the unpacked image.
    pub(crate) app: String,
    /// What it may use.
    pub(crate) limits: Use,
}

#[derive(Debug)]
struct Process {
    group: Option<Pid>,
    input: mpsc::Sender<String>,
    watcher: tokio::task::JoinHandle<()>,
    since: Millis,
}

/// The supervised application.
#[derive(Debug)]
pub(crate) struct Application {
    layout: Layout,
    environment: Vec<(String, String)>,
    program: Option<Program>,
    process: Option<Process>,
    incarnation: u64,
    wait_ms: u64,
    restart_at: Option<Millis>,
    heard: mpsc::Sender<FromApplication>,
}

impl Application {
    pub(crate) fn new(layout: &Layout, config: &Config, heard: mpsc::Sender<FromApplication>) -> Self {
        Self {
            layout: layout.clone(),
            environment: environment(layout, config),
            program: None,
            process: None,
            incarnation: 0,
            wait_ms: RESTART_MS.0,
            restart_at: None,
            heard,
        }
    }

    /// Whether its process is there.
    pub(crate) fn is_alive(&self) -> bool {
        self.process.as_ref().is_some_and(|process| !process.watcher.is_finished())
    }

    /// Which start the current process belongs to.
    pub(crate) const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// When [`Self::restart`] is due.
    pub(crate) const fn restart_at(&self) -> Option<Millis> {
        self.restart_at
    }

    /// Starts a program that was unpacked into `run/{slot}`.
    pub(crate) fn start(&mut self, program: Program) -> Result<(), Fault> {
        self.program = Some(program);
        self.wait_ms = RESTART_MS.0;
        self.restart()
    }

    /// Starts the program again.
    pub(crate) fn restart(&mut self) -> Result<(), Fault> {
        self.restart_at = None;
        let Some(program) = self.program.clone() else { return Ok(()) };
        // Where even the start fails, for want of memory perhaps, another one follows too.
        self.spawn(&program).inspect_err(|_| self.restart_later())
    }

    fn spawn(&mut self, program: &Program) -> Result<(), Fault> {
        let dir = self.layout.run(program.slot.name());
        let path = dir.join(&program.app);
        let mut child = guarded(&path, &dir, &self.environment, program.limits)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Fault::files("start", &path))?;
        self.incarnation += 1;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let (input, lines) = mpsc::channel(LINES_WAITING_MAX);
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(write_lines(stdin, lines));
        }
        let watcher = tokio::spawn(watch(child, self.incarnation, self.heard.clone()));
        self.process = Some(Process { group, input, watcher, since: clock::monotonic() });
        tracing::info!(app.slot = program.slot.name(), app.incarnation = self.incarnation, "application started");
        Ok(())
    }

    /// Notes that the process ended by itself: another start follows after a wait that doubles.
    pub(crate) fn ended(&mut self, how: &str) {
        let now = clock::monotonic();
        if let Some(process) = self.process.take() {
            if now.0.saturating_sub(process.since.0) >= STABLE.0 {
                self.wait_ms = RESTART_MS.0;
            }
            end_group(process.group, Signal::KILL);
        }
        tracing::warn!(app.ended = how, app.restart_in_ms = self.wait_ms, "application ended");
        self.restart_later();
    }

    fn restart_later(&mut self) {
        self.restart_at = Some(Millis(clock::monotonic().0.saturating_add(self.wait_ms)));
        self.wait_ms = (self.wait_ms * 2).min(RESTART_MS.1);
    }

    /// Gives the application a line; says whether it was taken.
    pub(crate) fn tell(&self, line: &serde_json::Value) -> bool {
        self.process.as_ref().is_some_and(|process| process.input.try_send(format!("{line}\n")).is_ok())
    }

    /// Asks the whole process group to end, then makes it.
    pub(crate) async fn stop(&mut self) {
        self.restart_at = None;
        if let Some(mut process) = self.process.take() {
            end_group(process.group, Signal::TERM);
            drop(process.input);
            let _ = tokio::time::timeout(STOP_WITHIN, &mut process.watcher).await;
            end_group(process.group, Signal::KILL);
            process.watcher.abort();
        }
    }
}

fn end_group(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

fn environment(layout: &Layout, config: &Config) -> Vec<(String, String)> {
    let mut all = vec![("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())];
    if let Ok(interval) = std::env::var("HOLDFAST_INTERVAL") {
        all.push(("HOLDFAST_INTERVAL".to_owned(), interval));
    }
    all.extend(config.application_env.clone());
    all.push(("HOLDFAST_DATA".to_owned(), layout.data().to_string_lossy().into_owned()));
    all.push(("HOLDFAST_DEVICE".to_owned(), config.device.to_string()));
    all
}

/// A command that starts `program` through the guard, so that it ends with the agent whatever happens to the agent.
fn guarded(program: &std::path::Path, dir: &std::path::Path, environment: &[(String, String)], limits: Use) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["guard-child", "--agent", &std::process::id().to_string()])
        .args(["--limits", &serde_json::to_string(&limits).unwrap_or_default(), "--"])
        .arg(program)
        .env_clear()
        .envs(environment.iter().map(|(key, value)| (key, value)))
        .current_dir(dir)
        .process_group(0)
        .kill_on_drop(true);
    command
}

async fn write_lines(mut stdin: ChildStdin, mut lines: mpsc::Receiver<String>) {
    while let Some(line) = lines.recv().await {
        if stdin.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn watch(mut child: Child, incarnation: u64, heard: mpsc::Sender<FromApplication>) {
    let tell = |what| heard.send(FromApplication { incarnation, heard: what });
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        loop {
            match next_line(&mut reader, &mut line).await {
                Printed::Line(text) => {
                    if tell(Heard::Line(text)).await.is_err() {
                        break;
                    }
                }
                Printed::Unreadable => {}
                Printed::TooLong => {
                    tracing::warn!(
                        line.bytes_max = LINE_BYTES_MAX,
                        "line of the application is too long; application ended"
                    );
                    let _ = child.start_kill();
                    break;
                }
                Printed::End => break,
            }
        }
    }
    let how = child.wait().await.map_or_else(|why| why.to_string(), |status| status.to_string());
    let _ = tell(Heard::Ended(how)).await;
}

/// What stands next in the application's output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Printed {
    /// A line, without its end.
    Line(String),
    /// Not UTF-8, or cut off by the end of the output.
    Unreadable,
    /// More than [`LINE_BYTES_MAX`] bytes without an end.
    TooLong,
    /// The output is closed.
    End,
}

/// Reads the next line; `line` lends its memory.
pub(crate) async fn next_line(reader: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> Printed {
    line.clear();
    let read = reader.take(LINE_BYTES_MAX).read_until(b'\n', line).await;
    if !matches!(read, Ok(count) if count > 0) {
        Printed::End
    } else if line.last() == Some(&b'\n') {
        std::str::from_utf8(line).map_or(Printed::Unreadable, |text| Printed::Line(text.trim_end().to_owned()))
    } else if line.len() as u64 >= LINE_BYTES_MAX {
        Printed::TooLong
    } else {
        Printed::Unreadable
    }
}

/// Runs the health program of an unpacked slot: it must end with success within the time.
pub(crate) async fn probe(
    layout: &Layout,
    config: &Config,
    slot: Slot,
    program: &str,
    within: Duration,
) -> Result<(), Fault> {
    let dir = layout.run(slot.name());
    let path = dir.join(program);
    let mut child = guarded(&path, &dir, &environment(layout, config), Use::default())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|_| Fault::refused("health-program-missing"))?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let stderr = child.stderr.take();
    let said = async {
        let mut text = Vec::new();
        if let Some(stderr) = stderr {
            let _ = stderr.take(512).read_to_end(&mut text).await;
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    };
    let ended = tokio::time::timeout(within, async { tokio::join!(child.wait(), said) }).await;
    end_group(group, Signal::KILL);
    match ended {
        Ok((Ok(status), _)) if status.success() => Ok(()),
        Ok((_, said)) => {
            tracing::warn!(health.said = said, "health check failed");
            Err(Fault::refused("health-check-failed"))
        }
        Err(_) => Err(Fault::refused("health-deadline")),
    }
}

/// The guard: leads the process group, runs the program in it, and ends the whole group when the agent is gone, however
/// that came. Returns the exit code of the program, with 128 added to a signal that ended it.
pub(crate) fn guard(agent: i32, limits: &str, program: &std::path::Path) -> Result<u8, Fault> {
    let limits: Use = serde_json::from_str(limits).map_err(|why| Fault::content(program, why))?;
    // The agent's death arrives as the signal that is also its request to end; `has_agent` tells the two apart.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
    let has_agent = || rustix::process::getppid().map(Pid::as_raw_nonzero).map(std::num::NonZero::get) == Some(agent);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::files("guard", program))?;
    runtime.block_on(async {
        let mut told = signal(SignalKind::terminate()).map_err(Fault::files("guard", program))?;
        if !has_agent() {
            return Err(Fault::refused("agent-is-gone"));
        }
        keep_within(limits).map_err(Fault::files("limit", program))?;
        let mut child = Command::new(program).spawn().map_err(Fault::files("start", program))?;
        loop {
            tokio::select! {
                ended = child.wait() => return ended.map(exit_code).map_err(Fault::files("wait for", program)),
                _ = told.recv() => if !has_agent() {
                    let _ = rustix::process::kill_current_process_group(Signal::KILL);
                },
            }
        }
    })
}

/// Limits this process, and with it what it starts (`setrlimit(2)`).
fn keep_within(limits: Use) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let mib = |mib: Option<u64>| mib.map(|mib| mib.saturating_mul(1024 * 1024));
    for (what, limit) in [
        (Resource::As, mib(limits.memory_mib)),
        (Resource::Cpu, limits.cpu_s),
        (Resource::Fsize, mib(limits.file_mib)),
        (Resource::Nofile, limits.files),
        (Resource::Core, Some(0)),
    ] {
        if limit.is_some() {
            setrlimit(what, Rlimit { current: limit, maximum: limit })?;
        }
    }
    Ok(())
}

fn exit_code(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| signal | 0x80));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

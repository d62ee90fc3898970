//! Processes of the bench: where they run, what processor time they used, and that nothing of them stays behind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command as Plain, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::{Fault, say};

/// Time a process has to end by itself after SIGTERM.
const END_WITHIN: Duration = Duration::from_secs(20);
/// Processor time that an idle process may use within [`IDLE_WINDOW`].
const IDLE_CPU: Duration = Duration::from_millis(6);
/// How long a process is watched before it counts as idle.
const IDLE_WINDOW: Duration = Duration::from_millis(300);
/// How often a process is watched until we give up.
const IDLE_WINDOWS_MAX: usize = 60;

/// A folder that is removed when the bench ends, however it ends.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn make() -> Result<Self, Fault> {
        let mut tag = [0; 8];
        getrandom::fill(&mut tag).map_err(|why| Fault::new("random bytes", why))?;
        let dir = std::env::temp_dir().join(format!("holdfast-bench-{:016x}", u64::from_le_bytes(tag)));
        std::fs::create_dir(&dir).map_err(|why| Fault::new(&dir.display().to_string(), why))?;
        Ok(Self(dir))
    }

    pub(super) fn path(&self, rest: &str) -> PathBuf {
        self.0.join(rest)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_dir_all(&self.0) {
            say(&format!("{} stays behind: {why}", self.0.display()));
        }
    }
}

/// Which cores the two sides get.
#[derive(Debug, Clone)]
pub(super) struct Cores {
    /// The server's, or the broker's and the sink's; `None` if nothing is pinned.
    server: Option<String>,
    /// What a reader must know.
    pub(super) note: String,
}

impl Cores {
    /// Puts this process, the load, on the second core of those it may use; servers will get the first.
    pub(super) fn choose(unpinned: bool) -> Result<Self, Fault> {
        let unpinned_because = |note: &str| Ok(Self { server: None, note: note.to_owned() });
        if unpinned {
            return unpinned_because("not pinned, as asked");
        }
        let status =
            std::fs::read_to_string("/proc/self/status").map_err(|why| Fault::new("/proc/self/status", why))?;
        let listed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
        let allowed = numbers(listed.trim());
        let [first, second, ..] = allowed.as_slice() else {
            return unpinned_because("one core only: the load takes processor time from what is measured");
        };
        let this = std::process::id().to_string();
        let placed = Plain::new("taskset")
            .args(["-a", "-c", "-p", &second.to_string(), &this])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match placed {
            Ok(status) if status.success() => Ok(Self {
                server: Some(first.to_string()),
                note: format!("server, or broker and backend, on core {first}; load on core {second}"),
            }),
            _ => unpinned_because("not pinned: the program `taskset` (package util-linux) is missing"),
        }
    }

    /// Puts the thread that asks on the server's core; where that does not work it stays where it is.
    pub(super) fn pin_thread_to_server(&self) {
        let Some(core) = &self.server else { return };
        let thread = std::fs::read_link("/proc/thread-self").unwrap_or_default();
        let id = thread.file_name().unwrap_or_default();
        let mut command = Plain::new("taskset");
        let _ = command.args(["-c", "-p", core]).arg(id).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    /// A command that runs on the server's core.
    pub(super) fn command(&self, program: &Path) -> Command {
        match &self.server {
            None => Command::new(program),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", core]).arg(program);
                command
            }
        }
    }
}

/// `0-2,5` as numbers.
fn numbers(list: &str) -> Vec<u32> {
    let range = |part: &str| -> Option<std::ops::RangeInclusive<u32>> {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.parse().ok()?..=to.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

/// A process that is measured; killed when this value is dropped.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pid: u32,
    name: &'static str,
    /// Processor time of each thread when it was last seen.
    seen: Mutex<BTreeMap<OsString, u64>>,
}

impl Running {
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self, Fault> {
        let child = command.stdin(Stdio::null()).process_group(0).kill_on_drop(true).spawn();
        let child = child.map_err(|why| Fault::new(name, why))?;
        let pid = child.id().ok_or_else(|| Fault::new(name, "ended at once"))?;
        Ok(Self { child, pid, name, seen: Mutex::default() })
    }

    pub(super) fn stdout(&mut self) -> Result<tokio::process::ChildStdout, Fault> {
        self.child.stdout.take().ok_or_else(|| Fault::new(self.name, "its output cannot be read"))
    }

    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// An error if the process has ended.
    pub(super) fn alive(&mut self) -> Result<(), Fault> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Fault::new(self.name, format!("ended early: {status}"))),
            Err(why) => Err(Fault::new(self.name, why)),
        }
    }

    /// Processor time used so far by all threads: the scheduler's own counters, in nanoseconds (proc(5), schedstat).
    pub(super) fn cpu(&self) -> Result<Duration, Fault> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid)).map_err(|why| Fault::new(self.name, why))?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.filter_map(Result::ok) {
            // A thread may end while we look; what it had used when last seen stays counted.
            let Ok(text) = std::fs::read_to_string(task.path().join("schedstat")) else { continue };
            let used = text.split_ascii_whitespace().next().and_then(|ns| ns.parse::<u64>().ok());
            if let Some(used) = used {
                seen.insert(task.file_name(), used);
            }
        }
        Ok(Duration::from_nanos(seen.values().sum()))
    }

    /// Memory that is in RAM, in bytes (proc(5), `smaps_rollup`).
    pub(super) fn resident(&self) -> Result<u64, Fault> {
        let path = format!("/proc/{}/smaps_rollup", self.pid);
        let text = std::fs::read_to_string(&path).map_err(|why| Fault::new(self.name, why))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kib = line.and_then(|rest| rest.split_ascii_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
        kib.map(|kib| kib * 1_024).ok_or_else(|| Fault::new(&path, "not as proc(5) says"))
    }

    /// SIGKILL, and waits until it is gone.
    pub(super) async fn kill(&mut self) -> Result<(), Fault> {
        self.child.kill().await.map_err(|why| Fault::new(self.name, why))
    }

    /// SIGTERM, then waits; SIGKILL if that does not help.
    pub(super) async fn stop(&mut self) -> Result<(), Fault> {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)
                .map_err(|why| Fault::new(self.name, why))?;
        }
        match tokio::time::timeout(END_WITHIN, self.child.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) => Err(Fault::new(self.name, why)),
            Err(_) => {
                self.child.kill().await.map_err(|why| Fault::new(self.name, why))?;
                Err(Fault::new(self.name, "did not end in order; killed"))
            }
        }
    }
}

/// Waits until none of the processes does anything more, so that work put off is counted too; says what they used so far.
pub(super) async fn idle(processes: &[&Running]) -> Result<Duration, Fault> {
    let used = || processes.iter().map(|process| process.cpu()).sum::<Result<Duration, Fault>>();
    let mut before = used()?;
    for _ in 0..IDLE_WINDOWS_MAX {
        tokio::time::sleep(IDLE_WINDOW).await;
        let after = used()?;
        if after.saturating_sub(before) <= IDLE_CPU {
            return Ok(after);
        }
        before = after;
    }
    Ok(before)
}

/// Runs a command to its end and gives what it printed.
pub(super) fn output(
    name: &str,
    mut command: Command,
) -> impl Future<Output = Result<Vec<u8>, Fault>> + Send + 'static {
    let name = name.to_owned();
    async move {
        let done = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
        let done = done.map_err(|why| Fault::new(&name, why))?;
        if done.status.success() {
            return Ok(done.stdout);
        }
        Err(Fault::new(&name, String::from_utf8_lossy(&done.stderr).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cores_is_read() {
        assert_eq!(numbers("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(numbers("7"), [7]);
        assert_eq!(numbers(""), [0; 0]);
    }

    #[test]
    fn a_scratch_folder_goes_away_with_its_content() {
        let scratch = Scratch::make().unwrap();
        let path = scratch.path("file");
        std::fs::write(&path, "x").unwrap();
        drop(scratch);
        assert!(!path.exists() && !path.parent().unwrap().exists());
    }
}

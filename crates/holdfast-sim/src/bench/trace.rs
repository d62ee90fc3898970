//! Watches the running server with strace: each acknowledgement must be written after a sync that ended after the message
//! was read. A look at the order of system calls, not at what the disk does.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use holdfast_core::id::StreamId;
use holdfast_core::topic::UpChannel;
use tokio::process::Command;
use tokio::sync::watch;

use super::guest::Guest;
use super::process::{Running, Scratch};
use super::reporter::{self, Orders};
use super::{Fault, say};
use crate::clock;

/// How long one device reports under observation.
const WATCHED: Duration = Duration::from_secs(4);
/// Time between two messages: each is a commit of its own.
const EVERY: Duration = Duration::from_millis(100);
/// Time for strace to attach and to let go.
const ATTACH_WITHIN: Duration = Duration::from_secs(10);
/// The calls that matter.
const CALLS: &str = "trace=fdatasync,fsync,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,io_uring_enter";

/// A read shorter than this holds no message with a telemetry pack: it is an acknowledgement of the device's own.
const SHORTEST_MESSAGE: i64 = 60;
/// A PUBACK of MQTT 5 without a reason, four bytes, in a record of TLS 1.3 (header 5, content type 1, tag 16).
const PUBACK_RECORD: i64 = 26;

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Acknowledgements written to the device after a message was read from it.
    pub(super) answers: u64,
    /// Those with a whole sync between reading and writing.
    pub(super) after_sync: u64,
    /// The trace from the reading to the writing of each that came too early.
    pub(super) early: Vec<String>,
}

/// Lets one device report while strace looks.
pub(super) async fn syncs_before_answers(
    server: &Running,
    guest: &Guest,
    address: &str,
    scratch: &Scratch,
) -> Result<Order, Fault> {
    say("watching the order of sync and acknowledgement with strace");
    let line = guest.connect(address).await.map_err(|why| Fault::new(guest.id.as_str(), why))?;
    let port = line.local_port();
    let file = scratch.path("strace.txt");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-yy", "-e", CALLS, "-p", &server.pid().to_string(), "-o"]).arg(&file);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
    let how = "not installed; install it with: apt-get install strace (or say --no-strace)";
    let mut strace = child.map_err(|_| Fault::new("strace", how))?;
    let begun = clock::elapsed();
    while std::fs::metadata(&file).map_or(0, |meta| meta.len()) == 0 {
        if clock::elapsed().saturating_sub(begun) > ATTACH_WITHIN {
            return Err(Fault::new("strace", "did not attach; it needs the right to trace (root)"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (stop, stopped) = watch::channel(false);
    let stream: StreamId = "climate".parse().map_err(|why| Fault::new("climate", why))?;
    let orders = Orders {
        address: address.to_owned(),
        channel: UpChannel::Telemetry(stream),
        in_flight: 1,
        every: EVERY,
        burst: 1,
        base_us: reporter::base_us(i64::from(u32::MAX / 1_000)),
        stop: stopped,
        acknowledged: AtomicU64::new(0),
        first: 1,
        losses: AtomicU64::new(0),
    };
    let end = async {
        tokio::time::sleep(WATCHED).await;
        stop.send_replace(true);
    };
    let (seen, ()) = tokio::join!(reporter::report_on(line, guest.clone(), Arc::new(orders)), end);
    if let Some(pid) = strace.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
    }
    let _ = tokio::time::timeout(ATTACH_WITHIN, strace.wait()).await;
    let order = read(&file, port)?;
    for early in &order.early {
        say(&format!("an acknowledgement before its sync:\n{early}"));
    }
    let acknowledged = seen.acknowledged.len() as u64;
    if acknowledged == 0 || order.answers < acknowledged {
        let text = format!("{acknowledged} acknowledgements, but {} answers in the trace", order.answers);
        return Err(Fault::new("strace", text));
    }
    Ok(order)
}

fn read(file: &Path, port: u16) -> Result<Order, Fault> {
    let text = std::fs::read(file).map_err(|why| Fault::new("strace", why))?;
    Ok(judge(&String::from_utf8_lossy(&text), port))
}

/// Reads the trace of `strace -f -yy`: sockets are shown with both ends' ports. A call that another thread's call interrupted in
/// the trace is put together again: a reading counts when it ended, a writing when it began.
fn judge(trace: &str, port: u16) -> Order {
    let device = format!(":{port}]");
    let mut order = Order::default();
    // Something was read and not answered; a sync that began and ended since.
    let (mut waiting, mut synced) = (false, false);
    // Threads with a sync under way that began after the message was read.
    let mut syncing: Vec<&str> = Vec::new();
    // Calls on the device's socket whose end is not told yet, with what was synced when they began.
    let mut halves: HashMap<&str, (&str, bool)> = HashMap::new();
    let mut since: Vec<&str> = Vec::new();
    for line in trace.lines() {
        since.push(line);
        let (thread, rest) = line.split_once(' ').unwrap_or((line, ""));
        let told = rest.trim_start();
        if told.contains(&device) && told.ends_with("<unfinished ...>") {
            halves.insert(thread, (told, synced));
            continue;
        }
        let resumed = told.starts_with("<... ");
        let (call, synced_then) = match halves.remove(thread) {
            Some(half) if resumed => half,
            _ => (told, synced),
        };
        let ours = call.contains(&device);
        let sync = call.starts_with("fdatasync(") || call.starts_with("fsync(");
        if sync && waiting {
            if call.ends_with("= 0") { synced = true } else { syncing.push(thread) }
        } else if call.starts_with("<... fdatasync resumed") || call.starts_with("<... fsync resumed") {
            let known = syncing.iter().position(|other| *other == thread);
            if let Some(at) = known {
                syncing.swap_remove(at);
                synced |= call.ends_with("= 0");
            }
        } else if ours && is_read(call) {
            if result(told).is_some_and(|count| count >= SHORTEST_MESSAGE) && !waiting {
                (waiting, synced) = (true, false);
                syncing.clear();
                since = vec![line];
            }
        } else if ours && is_write(call) && waiting && result(told) == Some(PUBACK_RECORD) {
            order.answers += 1;
            order.after_sync += u64::from(synced_then);
            if !synced_then {
                order.early.push(since.join("\n"));
            }
            waiting = false;
        }
    }
    order
}

fn is_read(call: &str) -> bool {
    ["read(", "readv(", "recvfrom(", "recvmsg("].iter().any(|name| call.starts_with(name))
}

fn is_write(call: &str) -> bool {
    ["write(", "writev(", "sendto(", "sendmsg("].iter().any(|name| call.starts_with(name))
}

fn result(call: &str) -> Option<i64> {
    call.rsplit_once("= ")?.1.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "12 recvfrom(23<TCP:[127.0.0.1:8883->127.0.0.1:50412]>, \"x\", 4096, 0, NULL, NULL) = 230\n";
    const WRITE: &str = "12 writev(23<TCP:[127.0.0.1:8883->127.0.0.1:50412]>, [{...}], 1) = 26\n";

    fn check(middle: &str, after_sync: u64) {
        let trace = format!("{READ}{middle}{WRITE}");
        let early = if after_sync == 0 { vec![trace.trim_end().to_owned()] } else { Vec::new() };
        assert_eq!(judge(&trace, 50_412), Order { answers: 1, after_sync, early }, "{trace}");
    }

    #[test]
    fn an_answer_counts_only_after_a_whole_sync_that_began_after_the_reading() {
        check("14 fdatasync(9</state/holdfast.db-wal>) = 0\n", 1);
        check("14 fdatasync(9</x> <unfinished ...>\n14 <... fdatasync resumed>) = 0\n", 1);
        check("", 0);
        check("14 fdatasync(9</x> <unfinished ...>\n", 0);
        check("14 <... fdatasync resumed>) = 0\n", 0);
        check("14 fdatasync(9</x>) = -1 EIO (Input/output error)\n", 0);
    }

    #[test]
    fn a_call_that_the_trace_tells_in_two_halves_is_one_call() {
        let begun = "12 writev(23<TCP:[127.0.0.1:8883->127.0.0.1:50412]>, [{...}], 1 <unfinished ...>\n";
        let sync = "14 fdatasync(9</x>) = 0\n";
        let ended = "12 <... writev resumed>) = 26\n";
        let kept = judge(&format!("{READ}{sync}{begun}{ended}"), 50_412);
        assert_eq!((kept.answers, kept.after_sync), (1, 1));
        let broken = judge(&format!("{READ}{begun}{sync}{ended}"), 50_412);
        assert_eq!((broken.answers, broken.after_sync), (1, 0), "the sync ended after the writing began");
        let begun = "12 recvfrom(23<TCP:[127.0.0.1:8883->127.0.0.1:50412]>,  <unfinished ...>\n";
        let ended = "12 <... recvfrom resumed>\"x\", 4096, 0, NULL, NULL) = 230\n";
        let kept = judge(&format!("{begun}{ended}{sync}{WRITE}"), 50_412);
        assert_eq!((kept.answers, kept.after_sync), (1, 1));
    }

    #[test]
    fn other_sockets_and_empty_reads_say_nothing() {
        let other = READ.replace("50412", "50413");
        assert_eq!(judge(&format!("{other}{WRITE}"), 50_412), Order::default());
        let empty = READ.replace("= 230", "= -1 EAGAIN (Resource temporarily unavailable)");
        assert_eq!(judge(&format!("{empty}{WRITE}"), 50_412), Order::default());
        let short = READ.replace("= 230", "= 26");
        assert_eq!(judge(&format!("{short}{WRITE}"), 50_412), Order::default(), "the device's own acknowledgement");
        let long = WRITE.replace("= 26", "= 190");
        assert_eq!(judge(&format!("{READ}{long}"), 50_412), Order::default(), "a message to the device");
    }
}

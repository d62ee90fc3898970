//! The only place of this crate that reads clocks.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use holdfast_core::time::{Millis, Timestamp};

#[expect(clippy::disallowed_methods, reason = "this module is the clock")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Time since this process first asked; never goes back.
#[must_use]
pub fn elapsed() -> Duration {
    START.elapsed()
}

/// Processor time that this thread has used.
#[must_use]
pub fn thread_cpu() -> Duration {
    // Reading the process's own `stat` brings the counter of the running thread up to date.
    let _ = std::fs::read("/proc/self/stat");
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_ascii_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// Time since this process first asked, for the machines of `holdfast-core`.
#[must_use]
pub fn monotonic() -> Millis {
    Millis(u64::try_from(elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Time of day.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this module is the clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

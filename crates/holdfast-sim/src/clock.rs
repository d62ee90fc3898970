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

/// The same for the machines of `holdfast-core`.
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

//! The one place of the agent that reads clocks and draws random bytes.

use std::sync::OnceLock;
use std::time::Duration;

use holdfast_core::time::{Millis, Timestamp};

/// Wall-clock time in UTC. A clock before 1970 reads as 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this module is where time enters the agent")]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Milliseconds since the first call in this process; never goes back.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this module is where time enters the agent")]
pub(crate) fn monotonic() -> Millis {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    Millis(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Waits until the monotonic clock reads `at`; for ever if there is nothing to wait for.
pub(crate) async fn until(at: Option<Millis>) {
    match at {
        Some(at) => tokio::time::sleep(Duration::from_millis(at.0.saturating_sub(monotonic().0))).await,
        None => std::future::pending().await,
    }
}

/// Random bytes from the operating system.
///
/// # Panics
///
/// If the operating system has no randomness: no key and no nonce is safe without it.
#[must_use]
#[expect(clippy::panic, reason = "without randomness no key and no nonce is safe")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if let Err(why) = getrandom::fill(&mut bytes) {
        panic!("the operating system gave no random bytes: {why}");
    }
    bytes
}

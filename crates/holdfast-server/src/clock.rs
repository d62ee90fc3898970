//! The one place of the server that reads clocks and draws random bytes.

use std::sync::OnceLock;

use holdfast_core::time::{Millis, Timestamp};

/// Wall-clock time in UTC. A clock before 1970 reads as 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this module is where time enters the server")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Milliseconds since the first call in this process; never goes back.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this module is where time enters the server")]
pub fn monotonic() -> Millis {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    Millis(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Random bytes from the operating system.
///
/// # Panics
///
/// If the operating system has no randomness: nothing here is safe to go on without it.
#[must_use]
#[expect(clippy::panic, reason = "without randomness no key, nonce or link is safe")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if let Err(why) = getrandom::fill(&mut bytes) {
        panic!("the operating system gave no random bytes: {why}");
    }
    bytes
}

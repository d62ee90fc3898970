//! How much one device may send: token buckets for packets and for bytes.
//!
//! A device over its budget is not read until it has earned enough again, so the network holds it back and nothing that
//! it sent is lost. Knows no sockets; time is a parameter.

use holdfast_core::time::Millis;

/// What a connection may do for long, and at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Packets for each second.
    pub packets_per_second: u32,
    /// Packets at once after a quiet time.
    pub packets_burst: u32,
    /// Bytes for each second.
    pub bytes_per_second: u32,
    /// Bytes at once after a quiet time.
    pub bytes_burst: u32,
}

impl Default for Budgets {
    /// Generous: a camera's worth of readings, far above any honest thermostat.
    fn default() -> Self {
        Self { packets_per_second: 1_000, packets_burst: 4_000, bytes_per_second: 1 << 20, bytes_burst: 4 << 20 }
    }
}

/// One bucket; holds thousandths of tokens so that no time is lost to rounding. May go below zero by one read.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    milli_tokens: i64,
}

impl Bucket {
    fn refill(&mut self, per_second: u32, burst: u32, elapsed: Millis) {
        // One token for each second is one thousandth of a token for each millisecond.
        let elapsed_ms = i64::try_from(elapsed.0).unwrap_or(i64::MAX);
        let earned = elapsed_ms.saturating_mul(i64::from(per_second));
        self.milli_tokens = self.milli_tokens.saturating_add(earned).min(i64::from(burst) * 1_000);
    }

    fn spend(&mut self, tokens: usize) {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
        self.milli_tokens = self.milli_tokens.saturating_sub(tokens.saturating_mul(1_000));
    }

    /// Time until the bucket is above zero again, if it is not.
    fn wait(self, per_second: u32) -> Option<Millis> {
        let missing = u64::try_from(self.milli_tokens.saturating_neg().saturating_add(1)).ok()?;
        Some(Millis(missing.div_ceil(u64::from(per_second.max(1)))))
    }
}

/// The account of one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    packets: Bucket,
    bytes: Bucket,
    at: Millis,
}

impl Account {
    pub(super) fn new(budgets: &Budgets, now: Millis) -> Self {
        Self {
            packets: Bucket { milli_tokens: i64::from(budgets.packets_burst) * 1_000 },
            bytes: Bucket { milli_tokens: i64::from(budgets.bytes_burst) * 1_000 },
            at: now,
        }
    }

    /// Books what was read; says how long nothing more may be read, if the device is over its budget now.
    pub(super) fn spend(&mut self, budgets: &Budgets, packets: usize, bytes: usize, now: Millis) -> Option<Millis> {
        let elapsed = Millis(now.0.saturating_sub(self.at.0));
        self.at = now;
        self.packets.refill(budgets.packets_per_second, budgets.packets_burst, elapsed);
        self.bytes.refill(budgets.bytes_per_second, budgets.bytes_burst, elapsed);
        self.packets.spend(packets);
        self.bytes.spend(bytes);
        self.packets.wait(budgets.packets_per_second).max(self.bytes.wait(budgets.bytes_per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Budgets =
        Budgets { packets_per_second: 10, packets_burst: 20, bytes_per_second: 1_000, bytes_burst: 5_000 };

    #[test]
    fn a_burst_is_free_and_what_follows_has_to_be_earned() {
        let mut account = Account::new(&SMALL, Millis(0));
        assert_eq!(account.spend(&SMALL, 19, 100, Millis(0)), None);
        assert_eq!(account.spend(&SMALL, 1, 1, Millis(0)), Some(Millis(1)), "empty: one millisecond earns a hundredth");
        assert_eq!(account.spend(&SMALL, 10, 1, Millis(0)), Some(Millis(1_001)));
        assert_eq!(account.spend(&SMALL, 0, 0, Millis(1_001)), None);
    }

    #[test]
    fn the_scarcer_budget_decides() {
        let mut account = Account::new(&SMALL, Millis(0));
        assert_eq!(account.spend(&SMALL, 1, 7_000, Millis(0)), Some(Millis(2_001)));
    }

    #[test]
    fn a_quiet_year_earns_no_more_than_one_burst() {
        let mut account = Account::new(&SMALL, Millis(0));
        account.spend(&SMALL, 0, 0, Millis(u64::MAX));
        assert!(account.spend(&SMALL, 21, 0, Millis(u64::MAX)).is_some());
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_earns_nothing() {
        let mut account = Account::new(&SMALL, Millis(1_000));
        assert!(account.spend(&SMALL, 30, 0, Millis(500)).is_some());
        assert!(account.spend(&SMALL, 0, 0, Millis(500)).is_some());
    }
}

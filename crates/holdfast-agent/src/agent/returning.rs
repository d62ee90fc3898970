//! What an outage leaves behind: when it began and why, what the platform said about coming back, and the event that tells
//! it afterwards.
//!
//! The record survives a power cut, which is itself an outage. Does not connect (`connection`).

use holdfast_core::backoff::ReturnHint;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

use super::Agent;
use crate::durable::Record;
use crate::layout::Layout;

/// While connected, the record says at least this often that the device is alive: so exactly is the begin of a power cut
/// known.
const ALIVE_EVERY: Millis = Millis(10 * 60 * 1_000);
/// Time that the platform has, after all subscriptions, to say what its policy is. What waits is told after that.
const POLICY_WITHIN: Millis = Millis(3_000);

/// Why a device was not connected. The order is from far to near: the nearest cause that was seen counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outage {
    /// The server did not answer, or ended the connection.
    Server,
    /// The server's certificate is not of this time.
    Time,
    /// Names do not resolve.
    Dns,
    /// The device's own network is not there.
    LocalNetwork,
    /// The device itself was without power.
    Power,
}

impl Outage {
    const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Time => "time",
            Self::Dns => "dns",
            Self::LocalNetwork => "local-network",
            Self::Power => "power",
        }
    }
}

/// The record `state/returning.*`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Returned {
    /// Set while there is a connection, and taken back when it ends: if it is found at a start, the power was cut.
    connected: bool,
    /// When the device was last known to be alive and connected, in microseconds.
    alive_us: i64,
    /// Since when it is not connected, in microseconds.
    since_us: Option<i64>,
    /// Why, as far as is known.
    why: Option<Outage>,
    /// The window that the platform last gave, in milliseconds.
    window_ms: Option<(u64, u64)>,
}

/// The state of coming back.
#[derive(Debug)]
pub(super) struct Returning {
    record: Record<Returned>,
    tries: u64,
    policy_by: Option<Millis>,
    alive_at: Millis,
}

impl Returning {
    pub(super) fn load(layout: &Layout) -> Self {
        let mut record = Record::<Returned>::load(layout, "returning");
        if std::mem::take(&mut record.value.connected) {
            record.value.since_us = Some(record.value.alive_us);
            record.value.why = Some(Outage::Power);
        }
        Self { record, tries: 0, policy_by: None, alive_at: Millis(0) }
    }

    /// Whether this start follows a power cut: neighbours start in the same moment.
    pub(super) fn after_power_cut(&self) -> bool {
        self.record.value.since_us.is_some() && self.record.value.why == Some(Outage::Power)
    }

    /// The window that the platform last gave.
    pub(super) fn window(&self) -> Option<ReturnHint> {
        let (first, last) = self.record.value.window_ms?;
        ReturnHint::window(&format!("{first}-{last}"))
    }

    /// Whether the platform may still be expected to say its policy first.
    pub(super) fn awaits_policy(&self, now: Millis) -> bool {
        self.policy_by.is_some_and(|by| by > now)
    }

    /// When that is over.
    pub(super) const fn deadline(&self) -> Option<Millis> {
        self.policy_by
    }

    /// The platform has said its policy, or its time is over.
    pub(super) const fn policy_said(&mut self) {
        self.policy_by = None;
    }
}

impl Agent {
    /// The platform said when to come back; kept for the case of a power cut.
    pub(super) fn told_to_return(&mut self, hint: ReturnHint, for_good: bool) {
        self.connection.hinted(hint);
        let window = (hint.first().0, hint.last().0);
        if for_good && self.returning.record.value.window_ms != Some(window) {
            self.returning.record.value.window_ms = Some(window);
            let kept = self.returning.record.save();
            self.note("keep the window for coming back", kept);
        }
    }

    /// The connection stands: the outage before it, if there was one, is told as an event.
    pub(super) fn outage_over(&mut self, now: Millis) {
        let returning = &mut self.returning;
        returning.policy_by = Some(Millis(now.0.saturating_add(POLICY_WITHIN.0)));
        let tries = std::mem::take(&mut returning.tries);
        let value = &mut returning.record.value;
        let over = value.since_us.take().zip(value.why.take());
        self.mark_alive(now);
        if let Some((since, why)) = over {
            let end = self.trusted_now();
            self.happened("outage", &told(why, Timestamp::from_micros(since), end, tries));
        }
    }

    /// An established connection was lost, or a try to connect failed.
    pub(super) fn outage(&mut self, why: Outage, was_connected: bool) {
        let now = self.trusted_now();
        let returning = &mut self.returning;
        returning.policy_by = None;
        if !was_connected {
            returning.tries = returning.tries.saturating_add(1);
        }
        let value = &mut returning.record.value;
        let known = (value.connected, value.since_us, value.why);
        value.connected = false;
        if was_connected {
            value.since_us = Some(now.as_micros());
        }
        if value.since_us.is_some() {
            value.why = value.why.max(Some(why));
        }
        if known != (value.connected, value.since_us, value.why) {
            let kept = self.returning.record.save();
            self.note("keep the begin of an outage", kept);
        }
    }

    /// The agent itself took leave: that is no outage.
    pub(super) fn left_on_purpose(&mut self) {
        self.returning.policy_by = None;
        if std::mem::take(&mut self.returning.record.value.connected) {
            let kept = self.returning.record.save();
            self.note("keep that the connection was closed", kept);
        }
    }

    /// Says from time to time that the device is alive and connected.
    pub(super) fn mark_alive_if_due(&mut self, now: Millis) {
        if self.returning.alive_at <= now {
            self.mark_alive(now);
        }
    }

    fn mark_alive(&mut self, now: Millis) {
        let at = self.trusted_now();
        let returning = &mut self.returning;
        returning.alive_at = Millis(now.0.saturating_add(ALIVE_EVERY.0));
        returning.record.value.connected = true;
        returning.record.value.alive_us = at.as_micros();
        let kept = self.returning.record.save();
        self.note("keep that the device is connected", kept);
    }
}

/// One line about an outage: class, begin and end in microseconds since 1970, length, and tries that failed.
fn told(why: Outage, since: Timestamp, end: Timestamp, tries: u64) -> String {
    format!(
        "class={} start={} end={} seconds={} tries={tries}",
        why.word(),
        since.as_micros(),
        end.as_micros(),
        end.since(since).0 / 1_000
    )
}

/// A seed that differs between devices even where the random source of a young system does not.
pub(super) fn seed(device: &DeviceId, random: [u8; 8]) -> u64 {
    let mixed = [b"holdfast-return:", device.as_str().as_bytes(), b":", &random].concat();
    let digest = Sha256Digest::of(&mixed);
    digest.as_bytes().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_draw_differently_even_with_the_same_random_bytes() {
        let of = |id: &str, random| seed(&id.parse().unwrap(), random);
        assert_ne!(of("hearth-0001", [0; 8]), of("hearth-0002", [0; 8]));
        assert_ne!(of("hearth-0001", [0; 8]), of("hearth-0001", [1; 8]));
    }

    #[test]
    fn the_nearest_cause_counts_and_an_outage_is_told_in_one_line() {
        assert!(Outage::Power > Outage::LocalNetwork && Outage::LocalNetwork > Outage::Dns);
        assert!(Outage::Dns > Outage::Time && Outage::Time > Outage::Server);
        let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
        assert_eq!(
            told(Outage::Dns, at(100), at(160), 3),
            "class=dns start=100000000 end=160000000 seconds=60 tries=3"
        );
    }

    #[test]
    fn a_start_that_finds_itself_connected_follows_a_power_cut() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let mut before = Returning::load(&layout);
        assert!(!before.after_power_cut(), "a first start");
        before.record.value = Returned { connected: true, alive_us: 5, window_ms: Some((0, 9)), ..Returned::default() };
        before.record.save().unwrap();
        let after = Returning::load(&layout);
        assert!(after.after_power_cut());
        assert_eq!(after.record.value.since_us, Some(5));
        assert_eq!(after.window(), ReturnHint::window("0-9"));
    }
}

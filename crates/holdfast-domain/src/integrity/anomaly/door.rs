//! The server's own doors, by the same statistics: what one person or token asks and takes, and sign-ins that fail.

use super::gauge::{Gauge, Tuning};
use super::pack::{Packer, Unpacker};
use super::{Hit, Settings, figure, rooted, unrooted};
use crate::integrity::finding::FindingKind;

/// First byte of packed state.
const VERSION: u8 = 1;
/// Fewer calls in a window are never news.
const CALLS_MIN: u32 = 300;
/// Less taken in an hour is never news, whatever the history.
const BYTES_MIN: f32 = 16.0 * 1024.0 * 1024.0;
/// So many times the most that was ever taken in an hour is news.
const TIMES_USUAL: f32 = 10.0;
/// Failed sign-ins, leaking away, at which it is news.
const FAILURES_LIMIT: f32 = 10.0;
/// Share of the leaky counts that stays from window to window.
const LEAK: f32 = 0.95;
const CALLS: Tuning = Tuning { floor: 2.0, rate: 0.01, jump: 12.0, lasting: 1, slack: 2.0, limit: 120.0 };

/// What was asked in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceUse {
    /// Calls.
    pub calls: u32,
    /// Bytes of answers.
    pub bytes: u64,
    /// Proofs of identity that did not count.
    pub failures: u32,
}

/// The state of one person's use, or of the doors.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ServiceWatch {
    calls: Gauge,
    hour: f32,
    most: f32,
    failures: f32,
}

impl ServiceWatch {
    /// Takes one window; says what is wrong with it.
    pub fn step(&mut self, seen: ServiceUse, settings: &Settings) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut put = |kind, observed: f32, expected: f32, spread: f32, strength: f32| {
            hits.push(Hit { kind, field: None, track: 0, observed, expected, spread, strength, since: 1 });
        };
        // A person who was away keeps their norm: windows without a call teach nothing.
        if seen.calls > 0 {
            let at = self.calls.step(rooted(seen.calls), 0.0, &CALLS, settings.warm_windows / 4);
            let alone = !self.calls.is_warm(settings.warm_windows / 4) && seen.calls >= CALLS_MIN * 10;
            if seen.calls >= CALLS_MIN && (alone || at.up().is_some()) {
                let expected = unrooted(at.expected);
                put(FindingKind::ApiCallsHigh, figure(seen.calls), expected, at.spread, at.up().unwrap_or(1.0));
            }
        }
        let long = f32::from(settings.long_windows.max(1));
        let bytes = figure(u32::try_from(seen.bytes).unwrap_or(u32::MAX));
        self.hour = self.hour * (1.0 - 1.0 / long) + bytes;
        let usual = (self.most * TIMES_USUAL).max(BYTES_MIN);
        if self.hour >= usual && seen.bytes > 0 {
            put(FindingKind::ExportVolumeHigh, self.hour, self.most, usual, self.hour / usual);
        } else {
            self.most = (self.most * 0.999_99).max(self.hour);
        }
        self.failures = (self.failures * LEAK + figure(seen.failures)).min(FAILURES_LIMIT * 10.0);
        if seen.failures > 0 && self.failures >= FAILURES_LIMIT {
            put(FindingKind::SignInFailures, self.failures, 0.0, FAILURES_LIMIT, self.failures / FAILURES_LIMIT);
        }
        hits
    }

    /// A person called a finding expected.
    pub fn accept(&mut self, kind: FindingKind) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "of twenty kinds three are found here")]
        match kind {
            FindingKind::ApiCallsHigh => self.calls.settle(),
            FindingKind::ExportVolumeHigh => self.most = self.most.max(self.hour),
            FindingKind::SignInFailures => self.failures = -FAILURES_LIMIT,
            // Nothing else is found of a door.
            _ => {}
        }
    }

    /// The state as bytes.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut to = Packer::default();
        to.u8(VERSION);
        self.calls.pack(&mut to);
        for figure in [self.hour, self.most, self.failures] {
            to.f32(figure);
        }
        to.bytes()
    }

    /// State from bytes; `None` if they are none.
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut from = Unpacker::of(bytes);
        if from.u8()? != VERSION {
            return None;
        }
        let watch =
            Self { calls: Gauge::unpack(&mut from)?, hour: from.f32()?, most: from.f32()?, failures: from.f32()? };
        from.is_empty().then_some(watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(hits: &[Hit]) -> Vec<FindingKind> {
        hits.iter().map(|hit| hit.kind).collect()
    }

    #[test]
    fn a_token_that_takes_ten_times_the_usual_is_found_and_ordinary_work_is_not() {
        let (settings, mut watch) = (Settings::default(), ServiceWatch::default());
        let work = ServiceUse { calls: 20, bytes: 2_000_000, failures: 0 };
        for window in 0..300 {
            // The first hours of a new person fill the hour; what they take is theirs to take up to the floor.
            let hits = watch.step(if window % 10 == 0 { work } else { ServiceUse::default() }, &settings);
            assert_eq!(kinds(&hits), [], "window {window}");
        }
        let theft = ServiceUse { calls: 40, bytes: 200_000_000, failures: 0 };
        assert_eq!(kinds(&watch.step(theft, &settings)), [FindingKind::ExportVolumeHigh]);
        let again = ServiceWatch::unpack(&watch.pack()).expect("read back");
        assert!((again.most - watch.most).abs() < 1.0);
    }

    #[test]
    fn twenty_failed_sign_ins_are_news_and_a_mistyped_link_is_not() {
        let (settings, mut watch) = (Settings::default(), ServiceWatch::default());
        let failed = |failures| ServiceUse { failures, ..ServiceUse::default() };
        assert_eq!(kinds(&watch.step(failed(2), &settings)), []);
        assert_eq!(kinds(&watch.step(failed(20), &settings)), [FindingKind::SignInFailures]);
        watch.accept(FindingKind::SignInFailures);
        assert_eq!(kinds(&watch.step(failed(3), &settings)), []);
    }
}

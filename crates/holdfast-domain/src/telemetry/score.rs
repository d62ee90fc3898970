//! How good a stream's data are: completeness, timeliness, validity and consistency, from what was counted.
//!
//! Each part is a percentage and so is the whole, which is the worst part: data are as good as their weakest side. Owns
//! the rule only; what is counted, and over which window, is the store's and the caller's.

use holdfast_core::time::{Millis, Timestamp};

use super::schema::Stream;

/// A reading that arrives later than this after it was measured is late, unless the stream allows longer.
pub const LATE_AFTER: Millis = Millis::from_secs(60);

/// What was counted of a stream in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Observed {
    /// Stored readings.
    pub readings: u64,
    /// Of these, how many arrived late.
    pub late: u64,
    /// Of these, how many have a value that is not good: suspect, bad or missing.
    pub doubtful: u64,
    /// Readings that were refused and kept aside.
    pub refused: u64,
    /// Counters that never came and nobody explained.
    pub missing: u64,
    /// Counters that the device declared as shed.
    pub shed: u64,
    /// When the newest reading was measured.
    pub newest: Option<Timestamp>,
    /// When the oldest reading of the window was measured.
    pub oldest: Option<Timestamp>,
}

/// A stream's quality, each part from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// How much of what was to come came.
    pub completeness: u8,
    /// How much of it came in time.
    pub timeliness: u8,
    /// How much of it kept to the model.
    pub validity: u8,
    /// How much of it the device itself trusts.
    pub consistency: u8,
    /// The worst of the four.
    pub overall: u8,
    /// Nothing came for more than twice the declared interval; without one it is never stale.
    pub stale: bool,
}

/// When a reading counts as late.
#[must_use]
pub fn late_after(stream: &Stream) -> Millis {
    stream.interval_ms_max.map_or(LATE_AFTER, |interval| Millis(interval.0.saturating_mul(2)).max(LATE_AFTER))
}

/// Whether nothing came for more than twice the declared interval.
#[must_use]
pub fn is_stale(stream: &Stream, newest: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(interval) = stream.interval_ms_max else { return false };
    newest.is_none_or(|newest| now.since(newest) > Millis(interval.0.saturating_mul(2)))
}

/// Judges what was counted.
#[must_use]
pub fn score(stream: &Stream, observed: &Observed, now: Timestamp) -> Score {
    let Observed { readings, late, doubtful, refused, missing, shed, newest, oldest } = *observed;
    let by_counter = share(readings, readings.saturating_add(missing).saturating_add(shed));
    let by_interval = match (stream.interval_ms_max, oldest, newest) {
        (Some(interval), Some(oldest), Some(newest)) if interval.0 > 0 => {
            let due = newest.since(oldest).0 / interval.0;
            share(readings.min(due), due)
        }
        _ => 100,
    };
    let stale = is_stale(stream, newest, now);
    let completeness = by_counter.min(by_interval);
    let timeliness = if stale { 0 } else { share(readings.saturating_sub(late), readings) };
    let validity = share(readings, readings.saturating_add(refused));
    let consistency = share(readings.saturating_sub(doubtful), readings);
    let overall = completeness.min(timeliness).min(validity).min(consistency);
    Score { completeness, timeliness, validity, consistency, overall, stale }
}

/// A percentage, rounded down, so that 100 means all of it. Nothing of nothing is nothing wrong.
fn share(part: u64, whole: u64) -> u8 {
    let percent = part.saturating_mul(100).checked_div(whole).unwrap_or(100);
    u8::try_from(percent.min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::telemetry::Model;

    const MODEL: &str = include_str!("../../../../examples/hearth-thermostat.tm.json");

    fn stream() -> Stream {
        Model::compile(&MODEL.replacen(
            "\"hf:minInterval\": 50,",
            "\"hf:minInterval\": 50, \"hf:maxInterval\": 60000,",
            1,
        ))
        .expect("compiles")
        .stream("climate")
        .expect("declared")
        .clone()
    }

    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

    #[expect(clippy::unnecessary_wraps, reason = "as the field has it")]
    fn ago(seconds: u64) -> Option<Timestamp> {
        Some(Timestamp::from_micros(NOW.as_micros().saturating_sub_unsigned(seconds * 1_000_000)))
    }

    #[test]
    fn each_fault_lowers_its_own_part_and_the_whole() {
        let good = Observed { readings: 100, newest: ago(30), oldest: ago(6_030), ..Observed::default() };
        let judge = |observed: Observed| {
            let s = score(&stream(), &observed, NOW);
            (s.completeness, s.timeliness, s.validity, s.consistency, s.overall, s.stale)
        };
        assert_eq!(judge(good), (100, 100, 100, 100, 100, false));
        assert_eq!(judge(Observed { missing: 25, ..good }), (80, 100, 100, 100, 80, false));
        assert_eq!(judge(Observed { shed: 100, ..good }), (50, 100, 100, 100, 50, false));
        assert_eq!(judge(Observed { late: 10, ..good }), (100, 90, 100, 100, 90, false));
        assert_eq!(judge(Observed { refused: 300, ..good }), (100, 100, 25, 100, 25, false));
        assert_eq!(judge(Observed { doubtful: 40, ..good }), (100, 100, 100, 60, 60, false));
        assert_eq!(judge(Observed { oldest: ago(12_030), ..good }), (50, 100, 100, 100, 50, false), "half the cadence");
        assert_eq!(judge(Observed { newest: ago(121), ..good }), (100, 0, 100, 100, 0, true));
    }

    #[test]
    fn a_stream_without_a_declared_interval_is_never_stale() {
        let stream = Model::compile(MODEL).expect("compiles").stream("climate").expect("declared").clone();
        assert!(!score(&stream, &Observed { readings: 1, newest: ago(9_000_000), ..Observed::default() }, NOW).stale);
        assert_eq!(late_after(&stream), LATE_AFTER);
    }

    proptest! {
        #[test]
        fn a_score_is_a_percentage_and_never_rises_with_a_fault(
            readings in 0_u64..10_000, late in 0_u64..10_000, doubtful in 0_u64..10_000, refused: u64, missing: u64, shed: u64,
        ) {
            let seen = Observed { readings, late, doubtful, refused, missing, shed, newest: ago(1), oldest: ago(10) };
            let one = score(&stream(), &seen, NOW);
            prop_assert!(one.overall <= 100 && one.completeness <= 100);
            let worse = Observed { missing: missing.saturating_add(1), refused: refused.saturating_add(1), late: late + 1, ..seen };
            prop_assert!(score(&stream(), &worse, NOW).overall <= one.overall);
        }
    }
}

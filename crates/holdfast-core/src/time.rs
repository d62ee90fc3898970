//! Time as a value: integer microseconds since 1970-01-01T00:00:00Z, and spans in milliseconds.

use core::fmt;

/// A moment: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This moment plus a span; stays at the end of time instead of wrapping.
    #[must_use]
    #[expect(clippy::cast_possible_wrap, reason = "saturated to i64::MAX just before")]
    pub const fn plus(self, span: Millis) -> Self {
        let micros = span.0.saturating_mul(1_000);
        let micros = if micros > i64::MAX as u64 { i64::MAX } else { micros as i64 };
        Self(self.0.saturating_add(micros))
    }

    /// The span from `earlier` to this moment; zero if `earlier` is later.
    #[must_use]
    #[expect(clippy::cast_sign_loss, reason = "negative spans are cut to zero before the cast")]
    pub const fn since(self, earlier: Self) -> Millis {
        let micros = self.0.saturating_sub(earlier.0);
        Millis(if micros < 0 { 0 } else { micros as u64 / 1_000 })
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-23T04:30:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY_US: i64 = 86_400_000_000;
        let days = self.0.div_euclid(DAY_US);
        let in_day = self.0.rem_euclid(DAY_US);
        // Howard Hinnant's days-to-civil: eras of 400 years, years starting in March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let doe = shifted.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        let (hour, minute) = (in_day / 3_600_000_000, in_day / 60_000_000 % 60);
        let (second, ms) = (in_day / 1_000_000 % 60, in_day / 1_000 % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

/// A span of whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    /// A span of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn moments_print_as_rfc_3339() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_795_408_200_123_456, "2026-11-23T04:30:00.123Z"),
            (-1_000, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from_micros(micros).to_string(), text);
        }
    }

    #[test]
    fn spans_never_wrap() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.plus(Millis(u64::MAX)), end);
        assert_eq!(Timestamp::from_micros(0).since(end), Millis(0));
    }
}

//! A calendar day, without a time of day: what is printed on a box.

use std::fmt;
use std::str::FromStr;

use holdfast_core::time::Timestamp;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;
/// First year that a day may lie in.
pub const YEAR_MIN: i32 = 2000;
/// Last year that a day may lie in.
pub const YEAR_MAX: i32 = 2199;

/// A day of the proleptic Gregorian calendar (ISO 8601 `2031-12-31`), within [`YEAR_MIN`] and [`YEAR_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Days since 1970-01-01.
    number: i32,
}

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as 2031-12-31, in the years {YEAR_MIN} to {YEAR_MAX}")]
pub struct DayError;

impl Day {
    /// The day of this year, month and day of the month, if there is one.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let known = (YEAR_MIN..=YEAR_MAX).contains(&year) && (1..=12).contains(&month);
        if !known || day == 0 || day > month_days(year, month) {
            return None;
        }
        // Howard Hinnant's civil-to-days, for years after 0: eras of 400 years, years starting in March.
        let (month, day) = (i32::try_from(month).ok()?, i32::try_from(day).ok()?);
        let shifted = if month <= 2 { year - 1 } else { year };
        let (era, yoe) = (shifted / 400, shifted % 400);
        let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        Some(Self { number: era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468 })
    }

    /// The day of a moment, in UTC; a moment outside the calendar is at its edge.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let number = i32::try_from(at.as_micros().div_euclid(DAY_US)).unwrap_or(i32::MAX);
        Self { number: number.clamp(FIRST, LAST) }
    }

    /// The day with this number since 1970-01-01, if it lies in the calendar.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        (FIRST..=LAST).contains(&number).then_some(Self { number })
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.number
    }

    /// When the day begins, in UTC.
    #[must_use]
    pub fn begin(self) -> Timestamp {
        Timestamp::from_micros(i64::from(self.number) * DAY_US)
    }

    /// When the day is over, in UTC.
    #[must_use]
    pub fn end(self) -> Timestamp {
        Timestamp::from_micros((i64::from(self.number) + 1) * DAY_US)
    }

    /// Whole days from `earlier` to this one; negative if `earlier` is later.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.number - earlier.number
    }

    /// Year, month and day of the month.
    #[must_use]
    pub const fn civil(self) -> (i32, i32, i32) {
        let shifted = self.number + 719_468;
        let (era, doe) = (shifted / 146_097, shifted % 146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, doy - (153 * mp + 2) / 5 + 1)
    }

    /// The same day so many months earlier, or the last day of that month if it has fewer days.
    #[must_use]
    pub fn months_before(self, months: u32) -> Self {
        let (year, month, day) = self.civil();
        let index = year * 12 + month - 1 - i32::try_from(months).unwrap_or(i32::MAX / 2);
        let (year, month) = (index.div_euclid(12), u32::try_from(index.rem_euclid(12) + 1).unwrap_or(1));
        let day = u32::try_from(day).unwrap_or(1).min(month_days(year, month));
        Self::new(year, month, day).unwrap_or(Self { number: FIRST })
    }

    /// The day as one number that people can read, such as 20311231; for the ledger.
    #[must_use]
    pub fn digits(self) -> u64 {
        let (year, month, day) = self.civil();
        u64::try_from(year * 10_000 + month * 100 + day).unwrap_or_default()
    }
}

/// 2000-01-01.
const FIRST: i32 = 10_957;
/// 2199-12-31.
const LAST: i32 = 84_005;

const fn month_days(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let digits = |part: &str, len: usize| {
            let plain = part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok()).flatten().ok_or(DayError)
        };
        let (year, rest) = text.split_once('-').ok_or(DayError)?;
        let (month, day) = rest.split_once('-').ok_or(DayError)?;
        let year = i32::try_from(digits(year, 4)?).map_err(|_| DayError)?;
        Self::new(year, digits(month, 2)?, digits(day, 2)?).ok_or(DayError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn the_edges_of_the_calendar_are_days_and_what_lies_beyond_is_not() {
        assert_eq!((day("2000-01-01").number(), day("2199-12-31").number()), (FIRST, LAST));
        for no in [
            "1999-12-31",
            "2200-01-01",
            "2031-02-29",
            "2031-13-01",
            "2031-00-01",
            "2031-1-1",
            "20311231",
            "",
            "+031-12-31",
        ] {
            assert_eq!(no.parse::<Day>(), Err(DayError), "{no}");
        }
        assert_eq!(Day::of(Timestamp::from_micros(i64::MAX)).to_string(), "2199-12-31");
        assert_eq!(Day::of(Timestamp::from_micros(i64::MIN)).to_string(), "2000-01-01");
    }

    #[test]
    fn a_day_ends_when_the_next_one_begins() {
        assert_eq!(day("2028-02-29").end().to_string(), "2028-03-01T00:00:00.000Z");
        assert_eq!(Day::of(day("2028-02-29").begin()), day("2028-02-29"));
        assert_eq!(day("2031-12-31").digits(), 20_311_231);
    }

    #[test]
    fn months_before_stay_in_the_month_that_is_meant() {
        for (months, expected) in [(1, "2028-02-29"), (6, "2027-09-30"), (12, "2027-03-31"), (3, "2027-12-31")] {
            assert_eq!(day("2028-03-31").months_before(months).to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn every_day_prints_and_reads_back(number in FIRST..=LAST) {
            let day = Day::from_number(number).expect("in the calendar");
            prop_assert_eq!(day.to_string().parse::<Day>(), Ok(day));
        }
    }
}

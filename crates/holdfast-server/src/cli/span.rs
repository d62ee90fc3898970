//! Spans of time as people write them on a command line: `30s`, `15m`, `12h`, `90d`.

use holdfast_core::time::Millis;

/// Seconds of one unit.
const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

/// Reads a span within limits: a whole number and one of `s`, `m`, `h`, `d`.
pub(super) fn within(text: &str, least: Millis, most: Millis) -> Result<Millis, String> {
    let span = read(text).ok_or_else(|| "say a whole number and a unit, such as 30s, 15m, 12h or 90d".to_owned())?;
    if span < least || span > most {
        return Err(format!("between {} and {}", written(least), written(most)));
    }
    Ok(span)
}

/// Reads a span.
pub(super) fn read(text: &str) -> Option<Millis> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    count.checked_mul(*seconds)?.checked_mul(1_000).map(Millis)
}

/// A span as [`read`] takes it, in the largest unit that fits.
pub(super) fn written(span: Millis) -> String {
    let seconds = span.0 / 1_000;
    let fits = UNITS.iter().rev().find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit));
    fits.map_or_else(|| format!("{seconds}s"), |(name, unit)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_unit_and_nothing_else() {
        assert_eq!(read("30s"), Some(Millis(30_000)));
        assert_eq!(read("90d"), Some(Millis::from_secs(90 * 86_400)));
        for bad in ["", "s", "90", "-1d", "1.5h", "1 d", "9w", "99999999999999999999d", "18446744073709551615d"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!([1, 60, 86_400, 90].map(|s| written(Millis::from_secs(s))), ["1s", "1m", "1d", "90s"]);
        assert!(within("1s", Millis(2_000), Millis(9_000)).unwrap_err().contains("between 2s and 9s"));
    }
}

//! One byte range of a representation whose length is known (RFC 9110 §14), and the conditions around it (§13).

use http::HeaderMap;
use http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};

/// What part of the representation is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// From the first byte to the last one, both included.
    Part {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// Nothing of it: the device has it already.
    NotModified,
    /// A range that lies outside.
    Unsatisfiable,
}

/// Reads what is wanted of `length` bytes with this strong entity tag.
///
/// Several ranges, other units and malformed ranges are ignored, which RFC 9110 §14.2 allows.
pub(crate) fn wanted(headers: &HeaderMap, length: u64, tag: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(known) = text(IF_NONE_MATCH) {
        let matches = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag;
        if known.split(',').any(|one| matches(one.trim())) {
            return Wanted::NotModified;
        }
    }
    // A weak tag or a date never equals our strong tag, so the whole is sent (§13.1.5).
    if headers.contains_key(IF_RANGE) && text(IF_RANGE) != Some(tag) {
        return Wanted::Whole;
    }
    text(RANGE).and_then(|range| part(range, length)).unwrap_or(Wanted::Whole)
}

fn part(range: &str, length: u64) -> Option<Wanted> {
    let (unit, spec) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || spec.contains(',') {
        return None;
    }
    let (first, last) = spec.trim().split_once('-')?;
    let number = |digits: &str| -> Option<u64> {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit are further than any end.
        plain.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let end = length.checked_sub(1);
    let (first, last) = match (first.is_empty(), last.is_empty()) {
        (true, _) => {
            let count = number(last)?;
            if count == 0 {
                return Some(Wanted::Unsatisfiable);
            }
            (length.saturating_sub(count), u64::MAX)
        }
        (false, true) => (number(first)?, u64::MAX),
        (false, false) => (number(first)?, number(last)?),
    };
    if last < first {
        return None;
    }
    match end {
        Some(end) if first <= end => Some(Wanted::Part { first, last: last.min(end) }),
        _ => Some(Wanted::Unsatisfiable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: Option<&str>, extra: &[(&'static str, &str)]) -> Wanted {
        let mut headers = HeaderMap::new();
        if let Some(range) = range {
            headers.insert(RANGE, range.parse().unwrap());
        }
        for (name, value) in extra {
            headers.insert(*name, value.parse().unwrap());
        }
        wanted(&headers, 100, "\"tag\"")
    }

    #[test]
    fn one_range_is_cut_to_the_representation() {
        let part = |first, last| Wanted::Part { first, last };
        for (range, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-99", part(0, 99)),
            ("bytes=10-", part(10, 99)),
            ("bytes=90-1000", part(90, 99)),
            ("bytes=-10", part(90, 99)),
            ("bytes=-1000", part(0, 99)),
            ("Bytes=5-6", part(5, 6)),
            ("bytes=99-99999999999999999999999", part(99, 99)),
            ("bytes=100-", Wanted::Unsatisfiable),
            ("bytes=99999999999999999999999-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=6-5", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(asked(Some(range), &[]), expected, "{range}");
        }
        assert_eq!(asked(None, &[]), Wanted::Whole);
    }

    #[test]
    fn a_range_counts_only_for_the_representation_it_was_begun_with() {
        let range = Some("bytes=10-");
        assert_eq!(asked(range, &[("if-range", "\"tag\"")]), Wanted::Part { first: 10, last: 99 });
        for other in ["\"other\"", "W/\"tag\"", "Mon, 23 Nov 2026 00:00:00 GMT"] {
            assert_eq!(asked(range, &[("if-range", other)]), Wanted::Whole, "{other}");
        }
    }

    #[test]
    fn what_is_known_already_is_not_sent_again() {
        for known in ["\"tag\"", "W/\"tag\"", "\"a\", \"tag\"", "*"] {
            assert_eq!(asked(Some("bytes=0-1"), &[("if-none-match", known)]), Wanted::NotModified, "{known}");
        }
        assert_eq!(asked(None, &[("if-none-match", "\"other\"")]), Wanted::Whole);
    }
}

//! Values in the words of people: moments, sizes, digests. Each writes safe HTML made of figures and fixed words only.
//!
//! Owns no text a person or a device wrote; that always goes through the templates' escaping.

use std::borrow::Borrow;
use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use holdfast_core::time::{Millis, Timestamp};

/// A moment: how long ago in words, with the exact time for reading aloud and on hover.
pub(crate) struct When {
    at: Timestamp,
    now: Timestamp,
}

/// A moment seen from `now`.
pub(crate) const fn when(at: Timestamp, now: Timestamp) -> When {
    When { at, now }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if self.at > self.now {
            format!("in {}", span(self.at.since(self.now)))
        } else {
            let gone = self.now.since(self.at);
            if gone.0 < 5_000 { "just now".to_owned() } else { format!("{} ago", span(gone)) }
        };
        write!(f, "<time datetime=\"{}\" title=\"{}\">{words}</time>", self.at, calendar(self.at))
    }
}

impl HtmlSafe for When {}

/// A moment as a date: `23 Nov 2026`.
pub(crate) struct Day(Timestamp);

/// The day of a moment.
pub(crate) const fn day(at: Timestamp) -> Day {
    Day(at)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = calendar(self.0);
        let (date, _) = full.split_once(',').unwrap_or((&full, ""));
        write!(f, "<time datetime=\"{}\" title=\"{full}\">{date}</time>", self.0)
    }
}

impl HtmlSafe for Day {}

/// `23 Nov 2026, 04:30:12 UTC`.
pub(crate) fn calendar(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|m| m.parse::<usize>().ok()).and_then(|m| MONTHS.get(m.wrapping_sub(1)));
    let day = day.unwrap_or_default().trim_start_matches('0');
    let clock = time.split('.').next().unwrap_or_default();
    format!("{day} {} {}, {clock} UTC", month.unwrap_or(&""), year.unwrap_or_default())
}

/// A span in its largest unit: `3 minutes`.
pub(crate) fn span(span: Millis) -> String {
    let seconds = span.0 / 1_000;
    let (n, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        172_800..5_184_000 => (seconds / 86_400, "day"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    plural(n, unit)
}

/// `1 device`, `2 devices`.
pub(crate) fn plural(n: impl Borrow<u64>, noun: &str) -> String {
    let n = *n.borrow();
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(n))
}

/// Thousands apart: `140,000`.
pub(crate) fn grouped(n: impl Borrow<u64>) -> String {
    let digits = n.borrow().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size: `4.2 MB`, with the exact number on hover.
pub(crate) struct Size(u64);

/// A number of bytes in words.
pub(crate) const fn size(bytes: u64) -> Size {
    Size(bytes)
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = grouped(self.0);
        let tenths = |unit: u64| {
            let tenths = self.0.saturating_mul(10) / unit;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let words = match self.0 {
            0..1_000 => format!("{} bytes", self.0),
            1_000..1_000_000 => format!("{} kB", tenths(1_000)),
            1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
            _ => format!("{} GB", tenths(1_000_000_000)),
        };
        write!(f, "<span title=\"{exact} bytes\">{words}</span>")
    }
}

impl HtmlSafe for Size {}

/// A digest or key id: its first and last figures, all of it on hover and for copying.
pub(crate) struct Digest([u8; 32]);

/// Bytes as a short digest.
pub(crate) const fn digest(bytes: [u8; 32]) -> Digest {
    Digest(bytes)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = hex(&self.0);
        let (head, tail) = (full.get(..8).unwrap_or(&full), full.get(full.len().saturating_sub(4)..).unwrap_or(""));
        write!(f, "<code class=\"digest\" title=\"{full}\">{head}…{tail}</code>")
    }
}

impl HtmlSafe for Digest {}

/// All of a digest.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _never_fails = write!(text, "{byte:02x}");
    }
    text
}

/// A named reason as words: `slot-digest-unknown` becomes `slot digest unknown`.
pub(crate) fn reason(name: &str) -> String {
    name.replace(['-', '_'], " ")
}

/// A figure of telemetry with at most two decimals.
pub(crate) fn figure(n: f64) -> String {
    let text = format!("{n:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

    #[test]
    fn moments_are_told_in_the_largest_unit_and_dated_exactly() {
        let ago = |us| when(Timestamp::from_micros(NOW.as_micros() - us), NOW).to_string();
        assert!(ago(1_000_000).contains(">just now<"));
        assert!(ago(61_000_000).contains(">1 minute ago<"), "{}", ago(61_000_000));
        assert!(ago(-7_200_000_000).contains(">in 2 hours<"));
        assert!(ago(0).contains("title=\"23 Nov 2026, 04:30:00 UTC\""), "{}", ago(0));
    }

    #[test]
    fn sizes_and_numbers_are_grouped_for_reading() {
        assert_eq!(grouped(140_000), "140,000");
        assert_eq!(grouped(999), "999");
        assert!(size(4_230_000).to_string().contains("4.2 MB"));
        assert_eq!(plural(1, "device"), "1 device");
        assert_eq!(figure(21.50), "21.5");
        assert_eq!(figure(-0.001), "0");
    }
}

//! Values in the words of people: moments, sizes, digests. Each writes safe HTML made of figures and fixed words only.
//!
//! Owns no text a person or a device wrote; that always goes through the templates' escaping.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use holdfast_core::time::{Millis, Timestamp};

use crate::door::problem::Problem;
use crate::lang::Lang;

/// A moment: how long ago in words, with the exact time for reading aloud and on hover.
pub(crate) struct When {
    l: Lang,
    at: Timestamp,
    now: Timestamp,
}

/// A moment seen from `now`.
pub(crate) const fn when(l: Lang, at: Timestamp, now: Timestamp) -> When {
    When { l, at, now }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if self.at > self.now {
            spanned(self.l, "in", self.at.since(self.now))
        } else {
            let gone = self.now.since(self.at);
            if gone.0 < 5_000 { self.l.say("when-just-now") } else { spanned(self.l, "ago", gone) }
        };
        write!(f, "<time datetime=\"{}\" title=\"{}\">{words}</time>", self.at, calendar(self.l, self.at))
    }
}

impl HtmlSafe for When {}

/// A moment as a date: `23 Nov 2026`.
pub(crate) struct Day {
    l: Lang,
    at: Timestamp,
}

/// The day of a moment.
pub(crate) const fn day(l: Lang, at: Timestamp) -> Day {
    Day { l, at }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, _) = date_and_clock(self.l, self.at);
        write!(f, "<time datetime=\"{}\" title=\"{}\">{date}</time>", self.at, calendar(self.l, self.at))
    }
}

impl HtmlSafe for Day {}

/// `23 Nov 2026, 04:30:12 UTC`.
pub(crate) fn calendar(l: Lang, at: Timestamp) -> String {
    let (date, clock) = date_and_clock(l, at);
    l.with2("when-calendar", ("date", date), ("clock", clock))
}

fn date_and_clock(l: Lang, at: Timestamp) -> (String, String) {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let mut parts = date.split('-').map(|part| part.trim_start_matches('0'));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = l.say(&format!("when-month-{}", month.unwrap_or_default()));
    let (day, year) = (day.unwrap_or_default(), year.unwrap_or_default());
    let date = l.fill("when-date", &[("day", &day), ("month", &month), ("year", &year)]);
    (date, time.split('.').next().unwrap_or_default().to_owned())
}

/// A span in its largest unit: `3 minutes`.
pub(crate) fn span(l: Lang, span: Millis) -> String {
    spanned(l, "for", span)
}

/// A span in its largest unit, after the word that stands for how it is meant: `for`, `ago`, `in`.
fn spanned(l: Lang, sense: &str, span: Millis) -> String {
    let seconds = span.0 / 1_000;
    let (n, unit) = match seconds {
        0..60 => (seconds, "seconds"),
        60..3_600 => (seconds / 60, "minutes"),
        3_600..172_800 => (seconds / 3_600, "hours"),
        172_800..5_184_000 => (seconds / 86_400, "days"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "months"),
        _ => (seconds / 31_536_000, "years"),
    };
    l.count(&format!("when-{sense}-{unit}"), n)
}

/// A size: `4.2 MB`, with the exact number on hover.
pub(crate) struct Size {
    l: Lang,
    bytes: u64,
}

/// A number of bytes in words.
pub(crate) const fn size(l: Lang, bytes: u64) -> Size {
    Size { l, bytes }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.l.with("console-bytes", "count", self.bytes);
        let tenths = |unit: u64, name: &str| {
            let tenths = self.bytes.saturating_mul(10) / unit;
            format!("{} {name}", self.l.number(format_args!("{}.{}", tenths / 10, tenths % 10)))
        };
        let words = match self.bytes {
            0..1_000 => exact.clone(),
            1_000..1_000_000 => tenths(1_000, "kB"),
            1_000_000..1_000_000_000 => tenths(1_000_000, "MB"),
            _ => tenths(1_000_000_000, "GB"),
        };
        write!(f, "<span title=\"{exact}\">{words}</span>")
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

/// Why something was refused, in the reader's language where there are words for it.
pub(crate) fn why(l: Lang, problem: &Problem) -> String {
    why_named(l, problem.name, &problem.detail)
}

/// The same by the refusal's stable name; `detail` is what the server says of this one case, in English.
pub(crate) fn why_named(l: Lang, name: &str, detail: &str) -> String {
    if l == Lang::default() {
        return detail.to_owned();
    }
    let key = format!("no-{name}");
    let said = l.with(&key, "detail", detail);
    if said == key { detail.to_owned() } else { said }
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
        let (en, de) = (Lang::default(), Lang::from_tag("de").unwrap());
        let ago = |l, us| when(l, Timestamp::from_micros(NOW.as_micros() - us), NOW).to_string();
        assert!(ago(en, 1_000_000).contains(">just now<"));
        assert!(ago(en, 61_000_000).contains(">1 minute ago<"), "{}", ago(en, 61_000_000));
        assert!(ago(de, 3 * 86_400_000_000).contains(">vor 3 Tagen<"), "{}", ago(de, 3 * 86_400_000_000));
        assert!(ago(en, -7_200_000_000).contains(">in 2 hours<"));
        assert!(ago(en, 0).contains("title=\"23 Nov 2026, 04:30:00 UTC\""), "{}", ago(en, 0));
        assert!(day(de, NOW).to_string().contains(">23. Nov. 2026<"), "{}", day(de, NOW));
        assert_eq!(span(de, Millis(3 * 86_400_000)), "3 Tage");
    }

    #[test]
    fn sizes_and_numbers_are_grouped_for_reading() {
        let (en, de) = (Lang::default(), Lang::from_tag("de").unwrap());
        assert!(size(en, 4_230_000).to_string().contains("title=\"4,230,000 bytes\">4.2 MB"));
        assert!(size(de, 4_230_000).to_string().contains("title=\"4.230.000 Bytes\">4,2 MB"));
        assert_eq!(figure(21.50), "21.5");
        assert_eq!(figure(-0.001), "0");
    }
}

//! Days, spans and sizes in the words of the reader's language.

use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::dossier::Day;

use crate::lang::Lang;

const MONTHS: [&str; 12] = [
    "public-month-1",
    "public-month-2",
    "public-month-3",
    "public-month-4",
    "public-month-5",
    "public-month-6",
    "public-month-7",
    "public-month-8",
    "public-month-9",
    "public-month-10",
    "public-month-11",
    "public-month-12",
];

/// `31 December 2034`.
pub(crate) fn day(l: Lang, day: Day) -> String {
    let (year, month, number) = day.civil();
    let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).map_or_else(String::new, |key| l.say(key));
    l.fill("public-date", &[("day", &number), ("month", &name), ("year", &year)])
}

/// The day of a moment.
pub(crate) fn day_of(l: Lang, at: Timestamp) -> String {
    day(l, Day::of(at))
}

/// How long until a day, that day included: `8 years and 1 month`, `23 days`.
pub(crate) fn left(l: Lang, now: Timestamp, until: Day) -> String {
    let today = Day::of(now);
    let days = until.days_since(today) + 1;
    if days < 62 {
        return l.count("public-days", u32::try_from(days).unwrap_or(0));
    }
    let months = (0..12_u32 * 300).take_while(|months| until.months_before(months + 1) >= today).count();
    both(l, months)
}

fn both(l: Lang, months: usize) -> String {
    let (years, months) = (months / 12, months % 12);
    match (years, months) {
        (0, months) => l.count("public-months", months),
        (years, 0) => l.count("public-years", years),
        (years, months) => {
            let (years, months) = (l.count("public-years", years), l.count("public-months", months));
            l.with2("public-and", ("a", years), ("b", months))
        }
    }
}

/// A span that data are kept: `30 days`.
pub(crate) fn span(l: Lang, span: Millis) -> String {
    match span.0 / 1_000 {
        seconds if seconds < 7_200 => l.count("public-minutes", seconds.div_ceil(60)),
        seconds if seconds < 172_800 => l.count("public-hours", seconds / 3_600),
        seconds => l.count("public-days", seconds / 86_400),
    }
}

/// Months of warranty: `3 years`.
pub(crate) fn months(l: Lang, months: u32) -> String {
    both(l, usize::try_from(months).unwrap_or(0))
}

/// A size in megabytes or kilobytes, with the language's comma.
pub(crate) fn size(l: Lang, bytes: u64) -> String {
    let (unit, name) = if bytes >= 1_000_000 { (1_000_000, "MB") } else { (1_000, "kB") };
    let tenths = bytes.saturating_mul(10).div_ceil(unit);
    format!("{}{}{} {name}", tenths / 10, l.say("public-comma"), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse::<Day>().unwrap().begin()
    }

    #[test]
    fn days_and_spans_read_like_the_language() {
        let (en, de) = (Lang::default(), Lang::from_tag("de").unwrap());
        let until: Day = "2034-12-31".parse().unwrap();
        assert_eq!((day(en, until), day(de, until)), ("31 December 2034".to_owned(), "31. Dezember 2034".to_owned()));
        assert_eq!(left(en, moment("2026-11-23"), until), "8 years and 1 month");
        assert_eq!(left(de, moment("2032-12-31"), until), "2 Jahre");
        assert_eq!(left(en, moment("2034-12-31"), until), "1 day");
        assert_eq!(left(en, moment("2034-10-31"), until), "2 months");
        assert_eq!((size(en, 6_300_000), size(de, 6_300_000)), ("6.3 MB".to_owned(), "6,3 MB".to_owned()));
        assert_eq!((span(en, Millis(30 * 86_400_000)), months(de, 36)), ("30 days".to_owned(), "3 Jahre".to_owned()));
    }
}

//! Words of these pages in the reader's language: days, rights, refusals.

use holdfast_core::time::Timestamp;
use holdfast_domain::homes::Rights;

use crate::backend::homes::SetUp;
use crate::door::problem::Problem;
use crate::lang::Lang;

/// A day, from its text `2031-03-31` or that of a moment.
pub(super) fn day(l: Lang, iso: &str) -> String {
    let mut parts = iso.get(..10).unwrap_or(iso).split('-').map(|part| part.trim_start_matches('0'));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let months = l.say("claim-months");
    let month = month.and_then(|m| m.parse::<usize>().ok()).and_then(|m| months.split(' ').nth(m.wrapping_sub(1)));
    let (day, month, year) = (day.unwrap_or_default(), month.unwrap_or_default(), year.unwrap_or_default());
    l.fill("claim-day", &[("day", &day), ("month", &month), ("year", &year)])
}

/// A moment: day and time of day, in UTC.
pub(super) fn moment(l: Lang, at: Timestamp) -> String {
    let iso = at.to_string();
    let clock: String = iso.chars().skip(11).take(5).collect();
    l.with2("claim-moment", ("day", day(l, &iso)), ("clock", clock))
}

/// Why something was refused, in the reader's language where there are words for it.
pub(super) fn why(l: Lang, problem: &Problem) -> String {
    let key = format!("claim-no-{}", problem.name);
    let said = l.say(&key);
    if said == key { problem.detail.clone() } else { said }
}

/// What a member may do, one sentence each.
pub(super) fn rights_words(l: Lang, rights: Rights) -> Vec<String> {
    let each = [
        (rights.control, "claim-right-control"),
        (rights.manage_updates, "claim-right-updates"),
        (rights.see_data, "claim-right-data"),
    ];
    each.into_iter().filter(|(has, _)| *has).map(|(_, key)| l.say(key)).collect()
}

/// What the device does to be noticed, in the reader's language or the first one there is.
pub(super) fn signal(l: Lang, set_up: &SetUp) -> Option<String> {
    let own = set_up.signals.iter().find(|(tag, _)| tag == l.tag());
    own.or_else(|| set_up.signals.iter().find(|(tag, _)| tag == "en")).map(|(_, words)| words.clone())
}

/// Six digits in two groups, as both sides show them.
pub(super) fn grouped(digits: &str) -> String {
    let (first, second) = digits.split_at_checked(3).unwrap_or((digits, ""));
    format!("{first} {second}")
}

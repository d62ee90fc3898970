//! Words of these pages in the reader's language: refusals, moments, kinds of sessions.

use holdfast_core::time::Timestamp;
use holdfast_domain::people::session::SessionKind;

use crate::door::problem::Problem;
use crate::lang::Lang;

/// Why something was refused, in the reader's language where there are words for it.
pub(super) fn why(l: Lang, problem: &Problem) -> String {
    let key = format!("account-no-{}", problem.name);
    let said = l.say(&key);
    if said == key { problem.detail.clone() } else { said }
}

/// A moment: day and time of day, in UTC.
pub(super) fn moment(l: Lang, at: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let mut parts = date.split('-').map(|part| part.trim_start_matches('0'));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let months = l.say("account-months");
    let month = month.and_then(|m| m.parse::<usize>().ok()).and_then(|m| months.split(' ').nth(m.wrapping_sub(1)));
    let clock: String = time.chars().take(5).collect();
    let (day, month, year) = (day.unwrap_or_default(), month.unwrap_or_default(), year.unwrap_or_default());
    l.fill("account-moment", &[("day", &day), ("month", &month), ("year", &year), ("clock", &clock)])
}

/// By what a session was opened.
pub(super) fn kind(l: Lang, kind: SessionKind) -> String {
    l.say(&format!("account-kind-{}", kind.word()))
}

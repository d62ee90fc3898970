//! What these pages say: lines of a device's story, moments, states, and why something was refused.

use std::fmt::Display;

use holdfast_core::time::Timestamp;
use holdfast_domain::homes::story::{Figure, Line, Reach, Urgency, Where};
use holdfast_domain::people::help::{Request, Stands};
use holdfast_domain::updates::ExecutionState;

use crate::backend::fleet::{FieldView, Reading};
use crate::console::words::figure;
use crate::door::problem::Problem;
use crate::lang::Lang;
use crate::public::words::day_of;

/// Why something was refused, in the reader's language where there are words for it.
pub(crate) fn why(l: Lang, problem: &Problem) -> String {
    let key = format!("home-no-{}", problem.name);
    let said = l.say(&key);
    if said == key { problem.detail.clone() } else { said }
}

/// The sentence after something was done; the address carries only the word.
pub(super) fn done(l: Lang, word: &str) -> Option<String> {
    const WORDS: [&str; 17] = [
        "set",
        "ordered",
        "chosen-now",
        "chosen-tonight",
        "chosen-later",
        "chosen-never",
        "renamed",
        "rights",
        "removed",
        "cancelled",
        "revoked",
        "read",
        "asked",
        "added",
        "ended",
        "left",
        "repaired",
    ];
    WORDS.contains(&word).then(|| l.say(&format!("home-done-{word}")))
}

/// One line of a story as its page shows it.
pub(super) struct Told {
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) step: Option<String>,
    pub(super) link: Option<(String, String)>,
}

impl Told {
    pub(super) fn of(l: Lang, device: &str, line: &Line, now: Timestamp) -> Self {
        let figures: Vec<(&str, String)> = line
            .figures
            .iter()
            .map(|(name, figure)| {
                let text = match figure {
                    Figure::Text(text) => text.clone(),
                    Figure::Number(n) => n.to_string(),
                    Figure::Moment(at) => moment(l, *at, now),
                };
                (*name, text)
            })
            .collect();
        let values: Vec<(&str, &dyn Display)> =
            figures.iter().map(|(name, text)| (*name, text as &dyn Display)).collect();
        Self {
            class: class(line.urgency),
            text: l.fill(line.word, &values),
            step: line.next.map(|next| l.fill(next.word, &values)),
            link: line.next.and_then(|next| link(l, device, next.place)),
        }
    }
}

pub(super) fn link(l: Lang, device: &str, place: Where) -> Option<(String, String)> {
    let (path, word) = match place {
        Where::AtDevice => return None,
        Where::Updates => (format!("/home/devices/{device}/updates"), "home-go-updates"),
        Where::People => (format!("/home/devices/{device}/people"), "home-go-people"),
        Where::Support => ("/home/support".to_owned(), "home-go-support"),
        Where::Help => (format!("/home/help?device={device}"), "home-go-help"),
        Where::Account => ("/account".to_owned(), "home-account-go"),
    };
    Some((path, l.say(word)))
}

/// The colour of an urgency.
pub(super) const fn class(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Danger => "bad",
        Urgency::Attention => "warn",
        Urgency::Choice | Urgency::Busy => "busy",
        Urgency::Fine => "ok",
    }
}

/// The state of a device in one or two words.
pub(super) fn badge(l: Lang, urgency: Urgency, reach: Reach) -> String {
    l.say(match (urgency, reach) {
        (Urgency::Danger, _) => "home-state-danger",
        (_, Reach::Never) => "home-state-never",
        (Urgency::Attention, _) => "home-state-attention",
        (_, Reach::Away(_)) => "home-state-away",
        (Urgency::Choice, _) => "home-state-choice",
        (Urgency::Busy, _) => "home-state-busy",
        (Urgency::Fine, _) => "home-state-fine",
    })
}

/// How long ago or in how long, in the reader's language; a day beyond a week.
pub(super) fn moment(l: Lang, at: Timestamp, now: Timestamp) -> String {
    let (past, gap) = if at > now { (false, at.since(now)) } else { (true, now.since(at)) };
    let seconds = gap.0 / 1_000;
    let (key, count) = match seconds {
        0..45 if past => return l.say("home-just-now"),
        0..3_570 => ("minutes", seconds.div_ceil(60)),
        3_570..86_400 => ("hours", seconds.saturating_add(1_800) / 3_600),
        86_400..604_800 => ("days", seconds.saturating_add(43_200) / 86_400),
        _ => return day_of(l, at),
    };
    l.count(&format!("home-{}-{key}", if past { "ago" } else { "in" }), count)
}

/// A step of an update.
pub(super) fn execution(l: Lang, state: &ExecutionState) -> (String, &'static str) {
    let class = match state {
        ExecutionState::Succeeded => "ok",
        ExecutionState::Failed(_) | ExecutionState::RolledBack(_) | ExecutionState::Unknown => "warn",
        ExecutionState::Downloading | ExecutionState::Installing | ExecutionState::Rebooting => "busy",
        ExecutionState::Queued | ExecutionState::Declined => "quiet",
    };
    (l.say(&format!("home-run-{}", state.name().replace('_', "-"))), class)
}

/// A value with its unit.
pub(super) fn reading(l: Lang, field: Option<&FieldView>, reading: &Reading) -> String {
    let text = match reading {
        Reading::Number(n) => figure(*n).replace('.', &l.say("public-comma")),
        Reading::Flag(on) => l.say(if *on { "common-yes" } else { "common-no" }),
        Reading::Text(text) => text.clone(),
        Reading::Redacted => l.say("home-hidden"),
    };
    match field.and_then(|field| field.unit.as_deref()) {
        Some(unit) => format!("{text}\u{a0}{unit}"),
        None => text,
    }
}

/// Where a request stands, in a word and its colour; how much of the promise is left.
pub(crate) fn stands(l: Lang, request: &Request, now: Timestamp) -> (String, &'static str) {
    match request.stands {
        Stands::Closed { outcome, .. } => (l.say(&format!("home-outcome-{}", outcome.word())), "quiet"),
        Stands::Answered => (l.say("home-help-answered"), "ok"),
        Stands::WaitsForMaker if request.is_late(now) => (l.say("home-help-late"), "warn"),
        Stands::WaitsForMaker => (l.say("home-help-waiting"), "busy"),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_core::time::Millis;
    use holdfast_domain::homes::check;
    use holdfast_domain::homes::story::WORDS;
    use holdfast_domain::people::help::{Outcome, Topic};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

    #[test]
    fn everything_that_a_story_or_a_request_can_say_has_its_words() {
        let topics = Topic::ALL.iter().map(|topic| format!("home-topic-{}", topic.word()));
        let outcomes = Outcome::ALL.iter().map(|outcome| format!("home-outcome-{}", outcome.word()));
        let verdicts = ["open", "unknown", "good"];
        let checks = check::WORDS.iter().flat_map(|word| {
            verdicts.iter().map(move |verdict| format!("{word}-{verdict}")).chain([(*word).to_owned()])
        });
        let words = WORDS.iter().map(|word| (*word).to_owned());
        for key in words.chain(topics).chain(outcomes).chain(checks) {
            for (tag, _) in Lang::all() {
                let l = Lang::from_tag(tag).unwrap();
                assert_ne!(l.say(&key), key, "{tag}");
            }
        }
    }

    #[test]
    fn moments_read_like_the_language() {
        let (en, de) = (Lang::default(), Lang::from_tag("de").unwrap());
        let ago = |seconds: i64| Timestamp::from_micros(NOW.as_micros() - seconds * 1_000_000);
        assert_eq!(moment(en, ago(10), NOW), "just now");
        assert_eq!(moment(en, ago(61), NOW), "2 minutes ago");
        assert_eq!(moment(de, ago(3_600), NOW), "vor 1 Stunde");
        assert_eq!(moment(en, NOW.plus(Millis::from_secs(2 * 86_400)), NOW), "in 2 days");
        assert_eq!(moment(de, ago(30 * 86_400), NOW), "24. Oktober 2026");
    }
}

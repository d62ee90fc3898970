//! What is with a device, for the people it lives with: an ordered list of lines, the most urgent first, each with what to
//! do. Facts in, words out: a word is the key of a text in the reader's language.
//!
//! Owns the order and what counts as needing somebody. Never empty; what needs somebody always says what to do.

use holdfast_core::time::{Millis, Timestamp};

use crate::updates::choice::Standing;
use crate::updates::{ExecutionState, ReleaseKind};

/// A device that has been away for so long is worth a look: one hour. Shorter absences are ordinary at home.
pub const AWAY_NOTED: Millis = Millis::from_secs(3_600);
/// A battery at or below so many percent wants to be charged or replaced soon.
pub const BATTERY_LOW_PERCENT: u8 = 15;
/// Support that ends within so many days is said among what is new.
pub const SUPPORT_SOON_DAYS: i32 = 365;

/// How urgent a line is; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Somebody should look now.
    Danger,
    /// Somebody should do something.
    Attention,
    /// Somebody may choose.
    Choice,
    /// Something goes on by itself.
    Busy,
    /// To know.
    Fine,
}

impl Urgency {
    /// Whether somebody is asked to do something.
    #[must_use]
    pub const fn asks(self) -> bool {
        matches!(self, Self::Danger | Self::Attention | Self::Choice)
    }

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Attention => "attention",
            Self::Choice => "choice",
            Self::Busy => "busy",
            Self::Fine => "fine",
        }
    }
}

/// A figure of a line, by the name that its text uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// A version or another text of the maker's.
    Text(String),
    /// A number.
    Number(i64),
    /// A moment.
    Moment(Timestamp),
}

/// Where a next step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// At the device itself.
    AtDevice,
    /// On the page of its updates.
    Updates,
    /// On the page of its people.
    People,
    /// On the page about support.
    Support,
    /// At the help desk.
    Help,
    /// On the page of one's own account.
    Account,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStep {
    /// Key of its text.
    pub word: &'static str,
    /// Where.
    pub place: Where,
}

/// One line of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How urgent.
    pub urgency: Urgency,
    /// Key of its text.
    pub word: &'static str,
    /// What the text tells.
    pub figures: Vec<(&'static str, Figure)>,
    /// What to do.
    pub next: Option<NextStep>,
}

/// Whether a device is reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Its lease runs.
    Online,
    /// Since then nothing came.
    Away(Timestamp),
    /// It was never here.
    Never,
}

/// Why a device is contained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contained {
    /// It runs something that its maker did not publish.
    Software,
    /// One of the maker's people ordered it.
    ByPerson,
    /// It behaved in a way that it should not.
    Behaviour,
}

/// The update that concerns a device now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateNow {
    /// Its version.
    pub version: String,
    /// Why it exists.
    pub kind: ReleaseKind,
    /// The device's run of it.
    pub state: ExecutionState,
    /// How far a download is.
    pub percent: u8,
    /// What the home said to it.
    pub standing: Standing,
    /// When the run last changed.
    pub changed: Timestamp,
}

/// All that is known of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// Whether it is reachable.
    pub reach: Reach,
    /// What runs on it.
    pub version: Option<String>,
    /// Whether it is contained, why, and since when.
    pub contained: Option<(Contained, Timestamp)>,
    /// Whether somebody else seems to use its identity.
    pub cloned: bool,
    /// Whether its certificates were taken away.
    pub revoked: bool,
    /// Whether the maker's detectors found something unusual that is not settled.
    pub unusual: bool,
    /// Somebody else asks for it; until when the owner may object. Only for the owner.
    pub contested: Option<Timestamp>,
    /// The maker's people want to end the ownership; until when the owner can stop it. Only for the owner.
    pub recalled: Option<Timestamp>,
    /// What the owner still has to wait for at the device, such as a pairing.
    pub asks_at_device: bool,
    /// The update that concerns it now.
    pub update: Option<UpdateNow>,
    /// Days until its support ends, negative afterwards.
    pub support_days: Option<i32>,
    /// Charge of its battery in percent, if it says it.
    pub battery: Option<u8>,
    /// Settings that it has not taken over yet.
    pub settings_wait: u32,
}

/// How long after its end a finished update is still told.
const UPDATE_TOLD: Millis = Millis::from_secs(7 * 86_400);

/// Every word that a line or a step can have; each has its text in every language.
pub const WORDS: &[&str] = &[
    "home-line-revoked",
    "home-line-cloned",
    "home-line-contained-software",
    "home-line-contained-person",
    "home-line-contained-behaviour",
    "home-line-contested",
    "home-line-recalled",
    "home-line-unusual",
    "home-line-never",
    "home-line-away",
    "home-line-away-short",
    "home-line-asks",
    "home-line-battery",
    "home-line-support-ended",
    "home-line-support-soon",
    "home-line-update-failed",
    "home-line-update-rolled-back",
    "home-line-update-waits",
    "home-line-update-ready",
    "home-line-update-night",
    "home-line-update-later",
    "home-line-update-refused",
    "home-line-security-refused",
    "home-line-update-downloading",
    "home-line-update-installing",
    "home-line-update-restarting",
    "home-line-update-silent",
    "home-line-update-done",
    "home-line-settings-wait",
    "home-line-works",
    "home-line-works-version",
    "home-step-revoked",
    "home-step-cloned",
    "home-step-contained-software",
    "home-step-contained-person",
    "home-step-contained-behaviour",
    "home-step-contested",
    "home-step-recalled",
    "home-step-unusual",
    "home-step-never",
    "home-step-away",
    "home-step-asks",
    "home-step-battery",
    "home-step-support-ended",
    "home-step-support-soon",
    "home-step-update-failed",
    "home-step-update-rolled-back",
    "home-step-update-waits",
    "home-step-update-changed",
    "home-step-security-refused",
    "home-step-update-silent",
];

/// The story of a device, the most urgent line first.
#[must_use]
pub fn story(facts: &Facts, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    dangers(facts, &mut lines);
    needs(facts, now, &mut lines);
    if let Some(update) = &facts.update {
        lines.extend(update_line(update, now));
    }
    if facts.settings_wait > 0 {
        let wait = Figure::Number(i64::from(facts.settings_wait));
        lines.push(line(Urgency::Busy, "home-line-settings-wait", vec![("count", wait)], None));
    }
    if !lines.iter().any(|line| line.urgency <= Urgency::Attention) {
        lines.push(match &facts.version {
            Some(version) => {
                let version = ("version", Figure::Text(version.clone()));
                line(Urgency::Fine, "home-line-works-version", vec![version], None)
            }
            None => line(Urgency::Fine, "home-line-works", Vec::new(), None),
        });
    }
    lines.sort_by_key(|line| line.urgency);
    lines
}

/// The most urgent of all.
#[must_use]
pub fn urgency(lines: &[Line]) -> Urgency {
    lines.first().map_or(Urgency::Fine, |line| line.urgency)
}

fn dangers(facts: &Facts, lines: &mut Vec<Line>) {
    if facts.revoked {
        lines.push(danger("home-line-revoked", Vec::new(), "home-step-revoked", Where::Help));
    }
    if facts.cloned {
        lines.push(danger("home-line-cloned", Vec::new(), "home-step-cloned", Where::Help));
    }
    if let Some((why, since)) = facts.contained {
        let (word, step, place) = match why {
            Contained::Software => ("home-line-contained-software", "home-step-contained-software", Where::AtDevice),
            Contained::ByPerson => ("home-line-contained-person", "home-step-contained-person", Where::Help),
            Contained::Behaviour => ("home-line-contained-behaviour", "home-step-contained-behaviour", Where::AtDevice),
        };
        lines.push(danger(word, vec![("since", Figure::Moment(since))], step, place));
    }
    if let Some(until) = facts.contested {
        let until = vec![("until", Figure::Moment(until))];
        lines.push(danger("home-line-contested", until, "home-step-contested", Where::People));
    }
    if let Some(until) = facts.recalled {
        let until = vec![("until", Figure::Moment(until))];
        lines.push(danger("home-line-recalled", until, "home-step-recalled", Where::People));
    }
}

fn needs(facts: &Facts, now: Timestamp, lines: &mut Vec<Line>) {
    let mut need = |word, figures, step, place| {
        lines.push(line(Urgency::Attention, word, figures, Some(NextStep { word: step, place })));
    };
    if facts.unusual && facts.contained.is_none() {
        need("home-line-unusual", Vec::new(), "home-step-unusual", Where::AtDevice);
    }
    if facts.asks_at_device {
        need("home-line-asks", Vec::new(), "home-step-asks", Where::AtDevice);
    }
    if let Some(percent) = facts.battery.filter(|percent| *percent <= BATTERY_LOW_PERCENT) {
        let percent = vec![("percent", Figure::Number(i64::from(percent)))];
        need("home-line-battery", percent, "home-step-battery", Where::AtDevice);
    }
    let mut short_absence = None;
    match facts.reach {
        Reach::Online => {}
        _ if facts.revoked => {}
        Reach::Never => need("home-line-never", Vec::new(), "home-step-never", Where::AtDevice),
        Reach::Away(since) if now.since(since) >= AWAY_NOTED => {
            need("home-line-away", vec![("since", Figure::Moment(since))], "home-step-away", Where::AtDevice);
        }
        Reach::Away(since) => short_absence = Some(since),
    }
    match facts.support_days {
        Some(days) if days < 0 => {
            need("home-line-support-ended", Vec::new(), "home-step-support-ended", Where::Support);
        }
        Some(days) if days <= SUPPORT_SOON_DAYS => {
            let step = NextStep { word: "home-step-support-soon", place: Where::Support };
            let days = vec![("days", Figure::Number(i64::from(days)))];
            lines.push(line(Urgency::Fine, "home-line-support-soon", days, Some(step)));
        }
        Some(_) | None => {}
    }
    if let Some(since) = short_absence {
        let since = vec![("since", Figure::Moment(since))];
        lines.push(line(Urgency::Busy, "home-line-away-short", since, None));
    }
}

fn update_line(update: &UpdateNow, now: Timestamp) -> Option<Line> {
    let version = ("version", Figure::Text(update.version.clone()));
    let step = |word| Some(NextStep { word, place: Where::Updates });
    let busy = |word, more: Vec<_>| Some(line(Urgency::Busy, word, [vec![version.clone()], more].concat(), None));
    let recent = now.since(update.changed) < UPDATE_TOLD;
    match &update.state {
        ExecutionState::Queued => Some(waiting(update, version)),
        ExecutionState::Downloading => {
            busy("home-line-update-downloading", vec![("percent", Figure::Number(i64::from(update.percent)))])
        }
        ExecutionState::Installing => busy("home-line-update-installing", Vec::new()),
        ExecutionState::Rebooting => busy("home-line-update-restarting", Vec::new()),
        ExecutionState::Unknown => {
            let next = step("home-step-update-silent");
            Some(line(Urgency::Attention, "home-line-update-silent", vec![version], next))
        }
        ExecutionState::Failed(_) => {
            let next = step("home-step-update-failed");
            Some(line(Urgency::Attention, "home-line-update-failed", vec![version], next))
        }
        ExecutionState::RolledBack(_) => {
            let next = step("home-step-update-rolled-back");
            Some(line(Urgency::Attention, "home-line-update-rolled-back", vec![version], next))
        }
        ExecutionState::Declined if update.kind == ReleaseKind::Security => {
            let next = step("home-step-security-refused");
            Some(line(Urgency::Attention, "home-line-security-refused", vec![version], next))
        }
        ExecutionState::Declined => recent
            .then(|| line(Urgency::Fine, "home-line-update-refused", vec![version], step("home-step-update-changed"))),
        ExecutionState::Succeeded => recent.then(|| {
            line(Urgency::Fine, "home-line-update-done", vec![version, ("at", Figure::Moment(update.changed))], None)
        }),
    }
}

fn waiting(update: &UpdateNow, version: (&'static str, Figure)) -> Line {
    let change = Some(NextStep { word: "home-step-update-changed", place: Where::Updates });
    match update.standing {
        Standing::Goes => line(Urgency::Busy, "home-line-update-ready", vec![version], None),
        Standing::WaitsForYes => {
            let step = NextStep { word: "home-step-update-waits", place: Where::Updates };
            line(Urgency::Choice, "home-line-update-waits", vec![version], Some(step))
        }
        Standing::WaitsForNight(_) => line(Urgency::Busy, "home-line-update-night", vec![version], change),
        Standing::PutOff(until) => {
            line(Urgency::Busy, "home-line-update-later", vec![version, ("until", Figure::Moment(until))], change)
        }
        Standing::Refused => line(Urgency::Fine, "home-line-update-refused", vec![version], change),
    }
}

fn danger(word: &'static str, figures: Vec<(&'static str, Figure)>, step: &'static str, place: Where) -> Line {
    line(Urgency::Danger, word, figures, Some(NextStep { word: step, place }))
}

const fn line(
    urgency: Urgency,
    word: &'static str,
    figures: Vec<(&'static str, Figure)>,
    next: Option<NextStep>,
) -> Line {
    Line { urgency, word, figures, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later};

    fn fine() -> Facts {
        Facts {
            reach: Reach::Online,
            version: Some("1.2.0".to_owned()),
            contained: None,
            cloned: false,
            revoked: false,
            unusual: false,
            contested: None,
            recalled: None,
            asks_at_device: false,
            update: None,
            support_days: Some(2_000),
            battery: Some(80),
            settings_wait: 0,
        }
    }

    fn words(facts: &Facts) -> Vec<&'static str> {
        story(facts, NOW).iter().map(|line| line.word).collect()
    }

    fn update(state: ExecutionState, kind: ReleaseKind, standing: Standing) -> UpdateNow {
        UpdateNow { version: "1.3.0".to_owned(), kind, state, percent: 40, standing, changed: NOW }
    }

    /// Every combination of what can be with a device.
    fn all() -> Vec<Facts> {
        let why = || "x".to_owned();
        let states = [
            ExecutionState::Queued,
            ExecutionState::Downloading,
            ExecutionState::Installing,
            ExecutionState::Rebooting,
            ExecutionState::Succeeded,
            ExecutionState::Failed(why()),
            ExecutionState::RolledBack(why()),
            ExecutionState::Declined,
            ExecutionState::Unknown,
        ];
        let standings = [
            Standing::Goes,
            Standing::WaitsForYes,
            Standing::WaitsForNight(later(1)),
            Standing::PutOff(later(1)),
            Standing::Refused,
        ];
        let mut updates = vec![None];
        for state in &states {
            for kind in [ReleaseKind::Security, ReleaseKind::Feature] {
                updates.extend(standings.iter().map(|standing| Some(update(state.clone(), kind, *standing))));
            }
        }
        let ago = |secs: i64| Timestamp::from_micros(NOW.as_micros() - secs * 1_000_000);
        let reaches = [Reach::Online, Reach::Away(ago(60)), Reach::Away(ago(90_000)), Reach::Never];
        let contained = [None, Some(Contained::Software), Some(Contained::ByPerson), Some(Contained::Behaviour)];
        let mut all = Vec::new();
        for update in &updates {
            for reach in reaches {
                for why in contained {
                    for flags in 0..64_u32 {
                        let flag = |bit: u32| flags & (1 << bit) != 0;
                        all.push(Facts {
                            reach,
                            update: update.clone(),
                            contained: why.map(|why| (why, NOW)),
                            cloned: flag(0),
                            revoked: flag(1),
                            unusual: flag(2),
                            contested: flag(3).then(|| later(60)),
                            recalled: (flag(3) && flag(1)).then(|| later(90)),
                            asks_at_device: flag(4),
                            support_days: flag(5).then_some(if flag(0) { -1 } else { 30 }),
                            battery: flag(4).then_some(if flag(5) { 5 } else { 50 }),
                            settings_wait: u32::from(flag(2)),
                            version: flag(5).then(|| "1.0.0".to_owned()),
                        });
                    }
                }
            }
        }
        all
    }

    #[test]
    fn a_story_is_never_empty_begins_with_the_most_urgent_and_says_what_to_do() {
        for facts in all() {
            let lines = story(&facts, NOW);
            assert!(!lines.is_empty(), "{facts:?}");
            assert!(lines.is_sorted_by_key(|line| line.urgency), "{lines:?}");
            for line in &lines {
                assert!(!line.urgency.asks() || line.next.is_some(), "{line:?}");
                assert!(WORDS.contains(&line.word), "{}", line.word);
                assert!(line.next.is_none_or(|next| WORDS.contains(&next.word)), "{line:?}");
            }
            let fine = lines.iter().any(|line| line.word.starts_with("home-line-works"));
            assert!(!fine || lines.iter().all(|line| line.urgency > Urgency::Attention), "{lines:?}");
        }
    }

    #[test]
    fn every_word_can_be_said() {
        let mut said: std::collections::BTreeSet<&str> = std::collections::BTreeSet::new();
        for facts in all() {
            for line in story(&facts, NOW) {
                said.insert(line.word);
                said.extend(line.next.map(|next| next.word));
            }
        }
        let never: Vec<_> = WORDS.iter().filter(|word| !said.contains(*word)).collect();
        assert!(never.is_empty(), "{never:?}");
    }

    #[test]
    fn a_device_that_is_well_has_one_line() {
        assert_eq!(words(&fine()), ["home-line-works-version"]);
        assert_eq!(words(&Facts { version: None, ..fine() }), ["home-line-works"]);
    }

    #[test]
    fn a_short_absence_is_told_and_a_long_one_asks_for_a_look() {
        let away = |secs: i64| {
            let since = Timestamp::from_micros(NOW.as_micros() - secs * 1_000_000);
            words(&Facts { reach: Reach::Away(since), ..fine() })
        };
        assert_eq!(away(3_599), ["home-line-away-short", "home-line-works-version"]);
        assert_eq!(away(3_600), ["home-line-away"]);
    }

    #[test]
    fn danger_stands_before_everything_else() {
        let facts = Facts {
            contained: Some((Contained::Software, NOW)),
            battery: Some(3),
            update: Some(update(ExecutionState::Queued, ReleaseKind::Feature, Standing::WaitsForYes)),
            support_days: Some(20),
            ..fine()
        };
        let expected =
            ["home-line-contained-software", "home-line-battery", "home-line-update-waits", "home-line-support-soon"];
        assert_eq!(words(&facts), expected);
    }
}

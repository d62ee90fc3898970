//! "Check my set-up": whether everything that protects a device and its people is as it should be, in words, and what one
//! tap repairs. Facts in, words out, as in `story`.

use super::story::{Facts, NextStep, Reach, Where};
use crate::updates::ExecutionState;
use crate::updates::ReleaseKind;
use holdfast_core::time::{Millis, Timestamp};

/// A device that was not heard for so long cannot be checked: a day.
const HEARD_WITHIN: Millis = Millis::from_secs(86_400);

/// How a point stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Somebody should do something.
    Open,
    /// It cannot be seen from here.
    Unknown,
    /// As it should be.
    Good,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Good => "good",
        }
    }
}

/// One point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Key of its text; the same key with `-open`, `-unknown` or `-good` says how it stands.
    pub word: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// Where to do something, if it is open.
    pub next: Option<NextStep>,
}

/// Every word that a point can have.
pub const WORDS: &[&str] =
    &["home-check-software", "home-check-updates", "home-check-support", "home-check-heard", "home-check-recovery"];

/// The points that do not depend on the model's settings, those that are open first. `recoverable` is whether the reader's
/// account has a second way in; `None` if that is not theirs to see.
#[must_use]
pub fn check(facts: &Facts, recoverable: Option<bool>, now: Timestamp) -> Vec<Point> {
    let heard = match facts.reach {
        Reach::Online => true,
        Reach::Away(since) => now.since(since) < HEARD_WITHIN,
        Reach::Never => false,
    };
    let point = |word, good: bool, known: bool, place| {
        let verdict = match (good, known) {
            (false, _) => Verdict::Open,
            (true, false) => Verdict::Unknown,
            (true, true) => Verdict::Good,
        };
        let step = NextStep { word: "home-check-go", place };
        Point { word, verdict, next: (verdict == Verdict::Open).then_some(step) }
    };
    let refused = facts.update.as_ref().is_some_and(|update| match &update.state {
        ExecutionState::Failed(_) | ExecutionState::RolledBack(_) | ExecutionState::Unknown => true,
        ExecutionState::Declined => update.kind == ReleaseKind::Security,
        ExecutionState::Queued
        | ExecutionState::Downloading
        | ExecutionState::Installing
        | ExecutionState::Rebooting
        | ExecutionState::Succeeded => false,
    });
    let sound = facts.contained.is_none() && !facts.cloned && !facts.revoked && !facts.unusual;
    let supported = facts.support_days.is_none_or(|days| days >= 0);
    let mut points = vec![
        point("home-check-software", sound, heard, Where::Help),
        point("home-check-updates", !refused, heard, Where::Updates),
        point("home-check-support", supported, facts.support_days.is_some(), Where::Support),
        point("home-check-heard", heard, true, Where::AtDevice),
    ];
    points.extend(recoverable.map(|good| point("home-check-recovery", good, true, Where::Account)));
    points.sort_by_key(|point| point.verdict);
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::NOW;
    use crate::homes::story::{Contained, UpdateNow};
    use crate::updates::choice::Standing;

    fn fine() -> Facts {
        Facts {
            reach: Reach::Online,
            version: None,
            contained: None,
            cloned: false,
            revoked: false,
            unusual: false,
            contested: None,
            recalled: None,
            asks_at_device: false,
            update: None,
            support_days: Some(900),
            battery: None,
            settings_wait: 0,
        }
    }

    fn open(facts: &Facts, recoverable: Option<bool>) -> Vec<&'static str> {
        let points = check(facts, recoverable, NOW);
        assert!(points.iter().all(|point| WORDS.contains(&point.word)));
        assert!(points.iter().all(|point| (point.verdict == Verdict::Open) == point.next.is_some()));
        points.iter().filter(|point| point.verdict == Verdict::Open).map(|point| point.word).collect()
    }

    #[test]
    fn what_is_as_it_should_be_asks_for_nothing() {
        assert!(open(&fine(), Some(true)).is_empty());
        assert_eq!(check(&fine(), None, NOW).len(), 4, "somebody else's account is not theirs to check");
    }

    #[test]
    fn each_thing_that_is_wrong_is_an_open_point_before_the_good_ones() {
        let refused = UpdateNow {
            version: "2".to_owned(),
            kind: ReleaseKind::Security,
            state: ExecutionState::Declined,
            percent: 0,
            standing: Standing::Refused,
            changed: NOW,
        };
        for (facts, word) in [
            (Facts { contained: Some((Contained::Behaviour, NOW)), ..fine() }, "home-check-software"),
            (Facts { update: Some(refused), ..fine() }, "home-check-updates"),
            (Facts { support_days: Some(-1), ..fine() }, "home-check-support"),
            (Facts { reach: Reach::Never, ..fine() }, "home-check-heard"),
        ] {
            assert_eq!(open(&facts, Some(true)), [word]);
            assert_eq!(check(&facts, Some(true), NOW)[0].word, word);
        }
        assert_eq!(open(&fine(), Some(false)), ["home-check-recovery"]);
    }

    #[test]
    fn of_a_device_that_is_silent_it_is_not_said_that_all_is_well() {
        let silent = Facts { reach: Reach::Away(Timestamp::from_micros(0)), ..fine() };
        let points = check(&silent, None, NOW);
        let of = |word| points.iter().find(|point| point.word == word).expect("a point").verdict;
        assert_eq!((of("home-check-software"), of("home-check-heard")), (Verdict::Unknown, Verdict::Open));
    }
}

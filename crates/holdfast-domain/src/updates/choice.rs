//! What an owner says to an update: now, tonight, later, or not this one. And what that means when the device asks.
//!
//! A security release installs by itself unless somebody of the home postponed or refused it; a feature waits for a yes.
//! A device that belongs to nobody has nobody to ask: it takes what its deployment offers. A choice counts for one release
//! only, by its manifest, and is kept with who chose, in which session, and when.

use holdfast_core::id::{DeviceId, PersonId, ReleaseId, SessionId};
use holdfast_core::time::{Millis, Timestamp};

use super::{Execution, ExecutionState, Release, ReleaseKind};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};

/// Longest time by which an update is put off at once: seven days.
pub const LATER_MAX: Millis = Millis::from_secs(7 * 86_400);
/// How long a home has to answer before its device no longer holds a phase of a roll-out: seven days from the start of the
/// phase, or from when they got the device. It may still say yes later.
pub const ANSWER_WITHIN: Millis = Millis::from_secs(7 * 86_400);
/// Minute of the day at which a night begins.
pub const NIGHT_FROM_MINUTE: i64 = 60;
/// Minute of the day at which a night ends.
pub const NIGHT_UNTIL_MINUTE: i64 = 300;
/// Furthest time zone from UTC, in minutes (the Line Islands are at +14 hours).
pub const OFFSET_MINUTES_MAX: i16 = 14 * 60;

/// Microseconds of a minute.
const MINUTE_US: i64 = 60_000_000;
/// Minutes of a day.
const DAY_MINUTES: i64 = 1_440;

/// What somebody of the home chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// As soon as the device asks.
    Now,
    /// Between one and five o'clock at night, by the clock of a place so many minutes ahead of UTC.
    Tonight {
        /// Minutes ahead of UTC, negative to the west.
        offset_minutes: i16,
    },
    /// Not before this moment.
    Later {
        /// From then on as if nobody had chosen.
        until: Timestamp,
    },
    /// Not this release at all.
    Never,
}

impl Wish {
    /// The stable kebab-case word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Tonight { .. } => "tonight",
            Self::Later { .. } => "later",
            Self::Never => "never",
        }
    }
}

/// A choice as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// What.
    pub wish: Wish,
    /// By whom.
    pub person: PersonId,
    /// In which session; `None` for an API token.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
}

/// A choice about one release for one device, to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The device.
    pub device: DeviceId,
    /// The release.
    pub release: ReleaseId,
    /// SHA-256 of its SUIT manifest: what the yes or no is about.
    pub manifest_digest: [u8; 32],
    /// The choice.
    pub chosen: Chosen,
}

/// Whether anybody has a say, and what they said of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    /// The device belongs to nobody.
    Nobodys,
    /// It belongs to somebody; holds their choice, if there is one.
    Homes(Option<Chosen>),
}

/// What a say means at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The device may have it.
    Goes,
    /// A feature that nobody said yes to yet.
    WaitsForYes,
    /// Not before the next night, which begins then.
    WaitsForNight(Timestamp),
    /// Put off until then.
    PutOff(Timestamp),
    /// Not wanted.
    Refused,
}

/// What a say about a release of this kind means now.
#[must_use]
pub fn standing(release: ReleaseKind, say: Say, now: Timestamp) -> Standing {
    let unasked = match release {
        ReleaseKind::Security => Standing::Goes,
        ReleaseKind::Feature => Standing::WaitsForYes,
    };
    match say {
        Say::Nobodys => Standing::Goes,
        Say::Homes(None) => unasked,
        Say::Homes(Some(chosen)) => match chosen.wish {
            Wish::Now => Standing::Goes,
            Wish::Tonight { offset_minutes } => match night_from(offset_minutes, now) {
                None => Standing::Goes,
                Some(begins) => Standing::WaitsForNight(begins),
            },
            Wish::Later { until } if until > now => Standing::PutOff(until),
            Wish::Later { .. } => unasked,
            Wish::Never => Standing::Refused,
        },
    }
}

/// When the next night begins; `None` while it is night.
fn night_from(offset_minutes: i16, now: Timestamp) -> Option<Timestamp> {
    let local = now.as_micros().saturating_add(i64::from(offset_minutes).saturating_mul(MINUTE_US));
    let (day, minute) =
        (local.div_euclid(DAY_MINUTES * MINUTE_US), local.rem_euclid(DAY_MINUTES * MINUTE_US) / MINUTE_US);
    if (NIGHT_FROM_MINUTE..NIGHT_UNTIL_MINUTE).contains(&minute) {
        return None;
    }
    let next = if minute < NIGHT_FROM_MINUTE { day } else { day.saturating_add(1) };
    let begins = next.saturating_mul(DAY_MINUTES).saturating_add(NIGHT_FROM_MINUTE - i64::from(offset_minutes));
    Some(Timestamp::from_micros(begins.saturating_mul(MINUTE_US)))
}

/// Days after a no to a security update on which its home is reminded, the last one for good.
pub const REMINDED_AFTER_DAYS: [u64; 3] = [7, 30, 90];

/// The newest moment by `now` at which somebody who refused a security update at `refused` is reminded of it; `None` before
/// the first one and long after the last one. Told twice it is one notice, because it is made of this moment.
#[must_use]
pub fn reminder(refused: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let after = |days: u64| refused.plus(Millis::from_secs(days * 86_400));
    let newest = REMINDED_AFTER_DAYS.into_iter().map(after).rfind(|at| *at <= now)?;
    (now < newest.plus(Millis::from_secs(30 * 86_400))).then_some(newest)
}

/// Why a choice is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceRefusal {
    /// Nothing is offered to the device.
    #[error("no update waits for this device")]
    NothingOffered,
    /// Another release is offered than the one that was chosen about.
    #[error("another update is offered now; look again")]
    AnotherRelease,
    /// The device has begun.
    #[error("the device has begun already; it finishes or goes back by itself")]
    Begun,
    /// Later than [`LATER_MAX`], or in the past.
    #[error("an update is put off by seven days at most")]
    TooLate,
    /// No time zone is that far from UTC.
    #[error("the time zone is no further than fourteen hours from UTC")]
    Offset,
}

impl ChoiceRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NothingOffered => "update-none",
            Self::AnotherRelease => "update-changed",
            Self::Begun => "update-begun",
            Self::TooLate => "update-too-late",
            Self::Offset => "offset-out-of-range",
        }
    }
}

/// What is known when somebody chooses.
#[derive(Debug, Clone, Copy)]
pub struct ChoiceFacts<'a> {
    /// What is offered: the newest deployment that names the device and has started for it.
    pub offered: Option<(&'a Execution, &'a Release)>,
    /// The release that the person saw.
    pub seen: ReleaseId,
}

/// Decides a person's choice about the update that is offered to their device. That they may is checked before.
///
/// A no ends the device's run as declined; a later yes opens it again.
///
/// # Errors
///
/// [`ChoiceRefusal`] names why not.
pub fn choose(
    facts: &ChoiceFacts<'_>,
    wish: Wish,
    by: PersonId,
    session: Option<SessionId>,
    now: Timestamp,
) -> Result<Decision, ChoiceRefusal> {
    let (execution, release) = facts.offered.ok_or(ChoiceRefusal::NothingOffered)?;
    if release.id != facts.seen {
        return Err(ChoiceRefusal::AnotherRelease);
    }
    check_wish(wish, now)?;
    let to = match (&execution.state, wish) {
        (ExecutionState::Queued, Wish::Never) => Some(ExecutionState::Declined),
        (ExecutionState::Declined, Wish::Now | Wish::Tonight { .. } | Wish::Later { .. }) => {
            Some(ExecutionState::Queued)
        }
        (ExecutionState::Queued | ExecutionState::Declined, _) => None,
        (
            ExecutionState::Downloading
            | ExecutionState::Installing
            | ExecutionState::Rebooting
            | ExecutionState::Succeeded
            | ExecutionState::Failed(_)
            | ExecutionState::RolledBack(_)
            | ExecutionState::Unknown,
            _,
        ) => return Err(ChoiceRefusal::Begun),
    };
    let device = &execution.device;
    let line = LedgerLine::new(kind::UPDATE_CHOSEN, now)
        .fact("device", device)
        .fact("deployment", &execution.deployment)
        .fact("release", &release.id)
        .fact("manifest", &release.manifest_digest)
        .fact("wish", wish.word())
        .fact("person", &by);
    let choice = Choice {
        device: device.clone(),
        release: release.id,
        manifest_digest: release.manifest_digest,
        chosen: Chosen { wish, person: by, session, at: now },
    };
    let mut decision = Decision::new(vec![Change::SetChoice(choice)], line);
    if let Some(state) = to {
        decision = decision
            .with_change(Change::SetExecution(Execution { state, percent: 0, changed: now, ..execution.clone() }))
            .with_effect(Effect::WakeDeployment(execution.deployment));
    }
    let goes = standing(release.kind, Say::Homes(Some(Chosen { wish, person: by, session, at: now })), now);
    Ok(if goes == Standing::Goes { decision.with_effect(Effect::NudgeUpdate(device.clone())) } else { decision })
}

fn check_wish(wish: Wish, now: Timestamp) -> Result<(), ChoiceRefusal> {
    match wish {
        Wish::Tonight { offset_minutes } if offset_minutes.unsigned_abs() > OFFSET_MINUTES_MAX.unsigned_abs() => {
            Err(ChoiceRefusal::Offset)
        }
        Wish::Later { until } if until <= now || until > now.plus(LATER_MAX) => Err(ChoiceRefusal::TooLate),
        Wish::Now | Wish::Never | Wish::Tonight { .. } | Wish::Later { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, execution, later, person, release};

    fn chosen(wish: Wish) -> Say {
        Say::Homes(Some(Chosen { wish, person: person(), session: None, at: NOW }))
    }

    fn day_at(hour: u64) -> Timestamp {
        // NOW is 04:30 UTC.
        Timestamp::from_micros(NOW.as_micros() - 270 * MINUTE_US).plus(Millis::from_secs(hour * 3_600))
    }

    #[test]
    fn a_no_to_a_security_update_is_brought_to_mind_three_times_and_then_no_more() {
        let at = |days: u64| NOW.plus(Millis::from_secs(days * 86_400));
        for (day, told) in
            [(0, None), (6, None), (7, Some(7)), (29, Some(7)), (30, Some(30)), (90, Some(90)), (119, Some(90))]
        {
            assert_eq!(reminder(NOW, at(day)), told.map(at), "{day}");
        }
        assert!((120..4_000).all(|day| reminder(NOW, at(day)).is_none()));
    }

    #[test]
    fn security_goes_by_itself_a_feature_waits_for_a_yes_and_nobodys_device_takes_both() {
        for release in [ReleaseKind::Security, ReleaseKind::Feature] {
            assert_eq!(standing(release, Say::Nobodys, NOW), Standing::Goes);
            assert_eq!(standing(release, chosen(Wish::Now), NOW), Standing::Goes);
            assert_eq!(standing(release, chosen(Wish::Never), NOW), Standing::Refused);
            assert_eq!(standing(release, chosen(Wish::Later { until: later(1) }), NOW), Standing::PutOff(later(1)));
        }
        assert_eq!(standing(ReleaseKind::Security, Say::Homes(None), NOW), Standing::Goes);
        assert_eq!(standing(ReleaseKind::Feature, Say::Homes(None), NOW), Standing::WaitsForYes);
    }

    #[test]
    fn what_was_put_off_is_asked_again_or_goes_when_its_time_is_over() {
        let say = chosen(Wish::Later { until: later(60) });
        assert_eq!(standing(ReleaseKind::Security, say, later(60)), Standing::Goes);
        assert_eq!(standing(ReleaseKind::Feature, say, later(60)), Standing::WaitsForYes);
    }

    #[test]
    fn tonight_is_one_to_five_by_the_homes_own_clock() {
        let at = |hour, offset_minutes| {
            standing(ReleaseKind::Feature, chosen(Wish::Tonight { offset_minutes }), day_at(hour))
        };
        assert_eq!(at(1, 0), Standing::Goes);
        assert_eq!(at(5, 0), Standing::WaitsForNight(day_at(25)));
        assert_eq!(at(0, 0), Standing::WaitsForNight(day_at(1)));
        assert_eq!(at(0, 60), Standing::Goes, "one o'clock in Berlin");
        assert_eq!(at(12, 60), Standing::WaitsForNight(day_at(24)));
        assert_eq!(at(9, -480), Standing::Goes, "one o'clock in California");
        assert_eq!(at(13, -480), Standing::WaitsForNight(day_at(33)));
    }

    fn choice(state: ExecutionState, wish: Wish) -> Result<Decision, &'static str> {
        let (execution, release) = (execution(1, state), release(2));
        let facts = ChoiceFacts { offered: Some((&execution, &release)), seen: release.id };
        choose(&facts, wish, person(), None, NOW).map_err(ChoiceRefusal::name)
    }

    #[test]
    fn a_yes_is_kept_with_its_digest_and_the_device_is_told_to_look() {
        let decision = choice(ExecutionState::Queued, Wish::Now).expect("chosen");
        let [Change::SetChoice(kept)] = decision.changes.as_slice() else { panic!("{decision:?}") };
        assert_eq!((kept.manifest_digest, kept.chosen.person), (release(2).manifest_digest, person()));
        assert_eq!(decision.effects, [Effect::NudgeUpdate(kept.device.clone())]);
        assert!(decision.line.expect("a line").to_string().contains(r#""wish":"now""#));
    }

    #[test]
    fn a_no_ends_the_run_and_a_later_yes_opens_it_again() {
        let declined = choice(ExecutionState::Queued, Wish::Never).expect("chosen");
        assert!(matches!(&declined.changes[1], Change::SetExecution(run) if run.state == ExecutionState::Declined));
        assert!(!declined.effects.iter().any(|effect| matches!(effect, Effect::NudgeUpdate(_))));
        let again = choice(ExecutionState::Declined, Wish::Now).expect("chosen");
        assert!(matches!(&again.changes[1], Change::SetExecution(run) if run.state == ExecutionState::Queued));
    }

    #[test]
    fn choices_that_do_not_apply_are_refused_by_name() {
        assert_eq!(choice(ExecutionState::Downloading, Wish::Never), Err("update-begun"));
        assert_eq!(choice(ExecutionState::Succeeded, Wish::Now), Err("update-begun"));
        assert_eq!(choice(ExecutionState::Queued, Wish::Later { until: NOW }), Err("update-too-late"));
        let far = Wish::Later { until: NOW.plus(LATER_MAX).plus(Millis(1)) };
        assert_eq!(choice(ExecutionState::Queued, far), Err("update-too-late"));
        assert_eq!(choice(ExecutionState::Queued, Wish::Tonight { offset_minutes: 841 }), Err("offset-out-of-range"));
        assert_eq!(
            choice(ExecutionState::Queued, Wish::Tonight { offset_minutes: i16::MIN }),
            Err("offset-out-of-range")
        );
        let (execution, release) = (execution(1, ExecutionState::Queued), release(2));
        let other = ChoiceFacts { offered: Some((&execution, &release)), seen: crate::fixture::release(3).id };
        assert_eq!(choose(&other, Wish::Now, person(), None, NOW), Err(ChoiceRefusal::AnotherRelease));
        let nothing = ChoiceFacts { offered: None, seen: release.id };
        assert_eq!(choose(&nothing, Wish::Now, person(), None, NOW), Err(ChoiceRefusal::NothingOffered));
    }
}

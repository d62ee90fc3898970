//! The maker's people end an ownership: with a reason, told to the owner at once, after a time in which the owner can stop
//! it. Two of them together need not wait; history keeps both.

use holdfast_core::id::{CommandId, DeviceId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::claim::home;
use super::release::{self, By, Estate, ReleaseRefusal};
use super::{HomeChange, Ownership};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::people::Person;
use crate::people::notice::{self, Notice, NoticeKind};

/// How long an owner can stop it: 72 hours, as with somebody who holds the device.
pub const RECALL_FOR: Millis = Millis::from_secs(72 * 3_600);

/// Why the maker's people end an ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecallReason {
    /// The unit came back.
    Returned,
    /// Its owner asked for it and cannot do it.
    OwnerAsked,
    /// Its owner has died or cannot be reached, and somebody else has a right to it.
    Estate,
    /// An authority ordered it.
    Authority,
}

impl RecallReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Returned, Self::OwnerAsked, Self::Estate, Self::Authority];

    /// The stable kebab-case word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Returned => "unit-returned",
            Self::OwnerAsked => "owner-asked",
            Self::Estate => "estate",
            Self::Authority => "authority",
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// An end of an ownership that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// Whose ownership.
    pub owner: PersonId,
    /// Who of the maker's people.
    pub by: PersonId,
    /// Why.
    pub reason: RecallReason,
    /// Since when.
    pub asked: Timestamp,
    /// Until when the owner can stop it.
    pub until: Timestamp,
}

/// Why it is not asked for, stopped or done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecallRefusal {
    /// Nobody owns it.
    #[error("the device has no owner")]
    NoOwner,
    /// One waits already.
    #[error("an end of this ownership was asked for already and waits")]
    Waits,
    /// None waits.
    #[error("no end of this ownership was asked for")]
    None,
    /// The same person may not be both.
    #[error("somebody else of the staff has to agree; whoever asked cannot")]
    SamePerson,
    /// It is somebody else's device.
    #[error("only the owner of the device can stop this")]
    NotTheOwner,
    /// The release itself was refused.
    #[error(transparent)]
    Release(#[from] ReleaseRefusal),
}

impl RecallRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOwner => "device-unowned",
            Self::Waits => "recall-waits",
            Self::None => "recall-unknown",
            Self::SamePerson => "recall-same-person",
            Self::NotTheOwner => "not-the-owner",
            Self::Release(why) => why.name(),
        }
    }
}

/// Decides to ask for the end of an ownership: the owner is told, nothing else changes yet.
///
/// # Errors
///
/// [`RecallRefusal::NoOwner`], [`RecallRefusal::Waits`].
pub fn ask(
    (owner, product): (Option<&Ownership>, &str),
    waits: Option<&Recall>,
    reason: RecallReason,
    by: &Person,
    now: Timestamp,
) -> Result<Decision, RecallRefusal> {
    let owner = owner.ok_or(RecallRefusal::NoOwner)?;
    if waits.is_some() {
        return Err(RecallRefusal::Waits);
    }
    let until = now.plus(RECALL_FOR);
    let recall = Recall { owner: owner.person, by: by.id, reason, asked: now, until };
    let notice = Notice::new(owner.person, NoticeKind::RecallAsked, now)
        .fact("product", product)
        .fact("device", owner.device.as_str())
        .fact("until", notice::moment(until));
    let line = line(kind::RECALL_ASKED, &owner.device, &by.id, now).fact("owner", &owner.person);
    let add = home(HomeChange::AddRecall { device: owner.device.clone(), recall });
    Ok(Decision::new(vec![add, Change::AddNotice(notice)], line.fact("reason", reason.word())))
}

/// Decides that it does not happen: its owner says no, or the staff take it back (`staff`).
///
/// # Errors
///
/// [`RecallRefusal::None`], [`RecallRefusal::NotTheOwner`].
pub fn stop(
    device: &DeviceId,
    waits: Option<&Recall>,
    by: &PersonId,
    staff: bool,
    now: Timestamp,
) -> Result<Decision, RecallRefusal> {
    let recall = waits.ok_or(RecallRefusal::None)?;
    if !staff && recall.owner != *by {
        return Err(RecallRefusal::NotTheOwner);
    }
    let line = line(kind::RECALL_STOPPED, device, by, now).fact("who", if staff { "staff" } else { "owner" });
    Ok(Decision::new(vec![home(HomeChange::EndRecall { device: device.clone() })], line))
}

/// Decides to end the ownership at once, because a second person of the staff takes the responsibility too.
///
/// # Errors
///
/// [`RecallRefusal::None`], [`RecallRefusal::SamePerson`], [`RecallRefusal::Release`].
pub fn hasten(
    estate: &Estate<'_>,
    waits: Option<&Recall>,
    order: CommandId,
    by: &Person,
    now: Timestamp,
) -> Result<Decision, RecallRefusal> {
    let recall = waits.ok_or(RecallRefusal::None)?;
    if recall.by == by.id {
        return Err(RecallRefusal::SamePerson);
    }
    let mut decision = ended(estate, recall, order, now)?;
    decision.line = decision.line.map(|line| line.fact("second-person", &by.id));
    Ok(decision)
}

/// Decides what follows when the owner's time is over: the ownership ends. Nothing while it runs, or if it is another
/// owner's by now.
#[must_use]
pub fn mature(estate: &Estate<'_>, recall: &Recall, order: CommandId, now: Timestamp) -> Option<Decision> {
    if recall.until > now {
        return None;
    }
    let theirs = estate.owner.is_some_and(|owner| owner.person == recall.owner);
    if theirs { ended(estate, recall, order, now).ok() } else { None }
}

fn ended(estate: &Estate<'_>, recall: &Recall, order: CommandId, now: Timestamp) -> Result<Decision, RecallRefusal> {
    let mut decision = release::release(estate, order, By::Staff(recall.by), now)?;
    decision.line = decision.line.map(|line| line.fact("reason", recall.reason.word()));
    Ok(decision)
}

fn line(kind: &'static str, device: &DeviceId, by: &PersonId, now: Timestamp) -> LedgerLine {
    LedgerLine::new(kind, now).fact("device", device).fact("person", by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, device_id, later, person};
    use crate::fleet::Shadow;
    use crate::people::Role;

    fn staff(n: u8) -> Person {
        Person { id: PersonId::new(NOW, [n; 10]), name: "Sam".to_owned(), role: Role::Security, created: NOW }
    }

    fn owned() -> Ownership {
        Ownership { device: device_id(1), person: person(), since: NOW, nickname: None }
    }

    fn waiting() -> Recall {
        let until = NOW.plus(RECALL_FOR);
        Recall { owner: person(), by: staff(1).id, reason: RecallReason::Returned, asked: NOW, until }
    }

    fn at<T>(owner: Option<&Ownership>, rule: impl FnOnce(&Estate<'_>, CommandId) -> T) -> T {
        let device = device_id(1);
        let shadow = Shadow::default();
        let estate = Estate {
            device: &device,
            owner,
            members: &[],
            shadow: &shadow,
            held: None,
            commands: &[],
            claim: None,
            product: "Lamp",
        };
        rule(&estate, CommandId::new(NOW, [9; 10]))
    }

    #[test]
    fn an_owner_is_told_why_and_until_when_before_anything_is_taken() {
        let owner = owned();
        let decision = ask((Some(&owner), "Lamp"), None, RecallReason::Authority, &staff(1), NOW).expect("asked");
        let [Change::Home(HomeChange::AddRecall { recall, .. }), Change::AddNotice(told)] = decision.changes.as_slice()
        else {
            panic!("{decision:?}")
        };
        assert_eq!((recall.until, told.person, told.kind), (NOW.plus(RECALL_FOR), person(), NoticeKind::RecallAsked));
        assert!(decision.line.expect("kept").to_string().contains("\"reason\":\"authority\""));
        assert_eq!(
            ask((Some(&owner), "Lamp"), Some(&waiting()), RecallReason::Returned, &staff(2), NOW),
            Err(RecallRefusal::Waits)
        );
        assert_eq!(ask((None, "Lamp"), None, RecallReason::Returned, &staff(1), NOW), Err(RecallRefusal::NoOwner));
    }

    #[test]
    fn nothing_ends_before_the_time_is_over_and_the_owner_can_stop_it() {
        let owner = owned();
        let recall = waiting();
        let before = later(72 * 3_600 - 1);
        assert_eq!(at(Some(&owner), |estate, order| mature(estate, &recall, order, before)), None);
        let over = at(Some(&owner), |estate, order| mature(estate, &recall, order, later(72 * 3_600)));
        let ends = home(HomeChange::EndOwnership { device: device_id(1), person: person() });
        assert!(over.expect("over").changes.contains(&ends));
        let next = Ownership { person: staff(8).id, ..owned() };
        assert_eq!(at(Some(&next), |estate, order| mature(estate, &recall, order, later(99 * 3_600))), None);
        assert!(stop(&device_id(1), Some(&recall), &person(), false, NOW).is_ok());
        let stranger = stop(&device_id(1), Some(&recall), &staff(8).id, false, NOW);
        assert_eq!(stranger, Err(RecallRefusal::NotTheOwner));
        assert_eq!(stop(&device_id(1), None, &person(), false, NOW), Err(RecallRefusal::None));
    }

    #[test]
    fn only_a_second_person_ends_an_ownership_at_once_and_history_names_both() {
        let owner = owned();
        let recall = waiting();
        let alone = at(Some(&owner), |estate, order| hasten(estate, Some(&recall), order, &staff(1), NOW));
        assert_eq!(alone, Err(RecallRefusal::SamePerson));
        let both = at(Some(&owner), |estate, order| hasten(estate, Some(&recall), order, &staff(2), NOW)).expect("two");
        let line = both.line.expect("kept").to_string();
        for said in [staff(1).id.to_string(), staff(2).id.to_string(), "unit-returned".to_owned()] {
            assert!(line.contains(&said), "{line}");
        }
        let none = at(Some(&owner), |estate, order| hasten(estate, None, order, &staff(2), NOW));
        assert_eq!(none, Err(RecallRefusal::None));
    }
}

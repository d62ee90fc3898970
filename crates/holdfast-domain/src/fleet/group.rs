//! Groups of devices: by hand, or by a filter.
//!
//! Owns what a group is and what may be done to it. Who is in a group by filter is asked of the store each time.

use holdfast_core::id::{DeviceId, GroupId, PersonId};
use holdfast_core::time::Timestamp;

use super::filter::Filter;
use super::origin::{Of, Origin};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Most characters of what is said about a group.
pub const ABOUT_CHARS_MAX: usize = 200;
/// Most groups.
pub const GROUPS_MAX: usize = 1_000;
/// Most devices that are put in or taken out at once.
pub const DEVICES_MAX: usize = 10_000;

/// A named set of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, which filters use.
    pub id: GroupId,
    /// What it is for, in a person's words; may be empty.
    pub about: String,
    /// Who is in it.
    pub members: Members,
    /// When it was made.
    pub created: Timestamp,
    /// By whom.
    pub created_by: PersonId,
}

/// Who is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// Those that people put in.
    Listed,
    /// Whoever fits, at each moment.
    Fitting(Filter),
}

/// A change of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    /// Adds a group, or replaces what it is for and its filter; its members stay.
    Put(Group),
    /// Removes a group; its devices stay.
    Remove(GroupId),
    /// Puts devices in; one that is in already stays so.
    Add {
        /// Where.
        group: GroupId,
        /// Which.
        devices: Vec<DeviceId>,
    },
    /// Takes devices out; one that is not in stays so.
    Take {
        /// Where from.
        group: GroupId,
        /// Which.
        devices: Vec<DeviceId>,
    },
}

/// Why a group does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupRefusal {
    /// Too much is said about it.
    #[error("what is said about a group has at most {ABOUT_CHARS_MAX} characters on one line")]
    AboutLength,
    /// A filter that names groups could name itself.
    #[error("the filter of a group names no group")]
    FilterNamesGroup,
    /// A filter without terms.
    #[error("the filter of a group has at least one term")]
    FilterEmpty,
    /// A group does not change its kind: what uses it would mean something else.
    #[error("a group by hand does not become one by filter, nor the other way round; make another one")]
    KindDiffers,
    /// There are too many.
    #[error("there are {GROUPS_MAX} groups; remove one first")]
    TooMany,
    /// Nobody is put into a group by filter.
    #[error("who is in this group is told by its filter")]
    ByFilter,
    /// No devices, or too many at once.
    #[error("put 1 to {DEVICES_MAX} devices in or out at once")]
    DeviceCount,
    /// It is in the group already.
    #[error("the device is in the group already")]
    MemberAlready,
    /// It is not in the group.
    #[error("the device is not in the group")]
    NoMember,
}

impl GroupRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AboutLength => "group-about-length",
            Self::FilterNamesGroup => "group-filter-names-group",
            Self::FilterEmpty => "group-filter-empty",
            Self::KindDiffers => "group-kind-differs",
            Self::TooMany => "groups-too-many",
            Self::ByFilter => "group-by-filter",
            Self::DeviceCount => "group-device-count",
            Self::MemberAlready => "group-member-already",
            Self::NoMember => "group-no-member",
        }
    }
}

/// A group as a person wishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its name.
    pub id: GroupId,
    /// What it is for.
    pub about: String,
    /// Who is in it.
    pub members: Members,
}

/// Makes a group, or changes what it is for and its filter. `existing` is the group of this name, `count` how many there are.
///
/// # Errors
///
/// [`GroupRefusal`] names what does not fit.
pub fn put(
    wish: Wish,
    existing: Option<&Group>,
    count: usize,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, GroupRefusal> {
    let Wish { id, about, members } = wish;
    let about = about.trim().to_owned();
    if about.chars().count() > ABOUT_CHARS_MAX || about.chars().any(char::is_control) {
        return Err(GroupRefusal::AboutLength);
    }
    if let Members::Fitting(filter) = &members {
        if filter.is_all() {
            return Err(GroupRefusal::FilterEmpty);
        }
        if filter.groups().next().is_some() {
            return Err(GroupRefusal::FilterNamesGroup);
        }
    }
    let (created, created_by) = match existing {
        None if count >= GROUPS_MAX => return Err(GroupRefusal::TooMany),
        None => (now, *by),
        Some(group) if matches!(group.members, Members::Listed) != matches!(members, Members::Listed) => {
            return Err(GroupRefusal::KindDiffers);
        }
        Some(group) => (group.created, group.created_by),
    };
    let line = LedgerLine::new(kind::GROUP_PUT, now).fact("group", &id).fact("person", by);
    let group = Group { id, about, members, created, created_by };
    Ok(Decision::new(vec![Change::Group(GroupChange::Put(group))], line))
}

/// Removes a group. Its devices stay as they are.
#[must_use]
pub fn remove(group: &Group, by: &PersonId, now: Timestamp) -> Decision {
    let line = LedgerLine::new(kind::GROUP_REMOVED, now).fact("group", &group.id).fact("person", by);
    Decision::new(vec![Change::Group(GroupChange::Remove(group.id.clone()))], line)
}

/// Puts devices into a group or takes them out.
///
/// # Errors
///
/// [`GroupRefusal`] names what does not fit.
pub fn change_members(
    group: &Group,
    devices: Vec<DeviceId>,
    into: bool,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, GroupRefusal> {
    if matches!(group.members, Members::Fitting(_)) {
        return Err(GroupRefusal::ByFilter);
    }
    if devices.is_empty() || devices.len() > DEVICES_MAX {
        return Err(GroupRefusal::DeviceCount);
    }
    let line = LedgerLine::new(kind::GROUP_MEMBERS_CHANGED, now)
        .fact("group", &group.id)
        .fact(if into { "added" } else { "taken" }, u64::try_from(devices.len()).unwrap_or(u64::MAX))
        .fact("person", by);
    let group = group.id.clone();
    let origins = devices.iter().map(|device| {
        let (device, of) = (device.clone(), Of::Group(group.clone()));
        Change::SetOrigin(Origin { device, of, by: *by, at: now })
    });
    let origins: Vec<Change> = origins.collect();
    let change = if into { GroupChange::Add { group, devices } } else { GroupChange::Take { group, devices } };
    Ok(Decision::new(std::iter::once(Change::Group(change)).chain(origins).collect(), line))
}

/// Puts one device in or takes it out; `member` says whether it is in.
///
/// # Errors
///
/// [`GroupRefusal::MemberAlready`] or [`GroupRefusal::NoMember`], and those of [`change_members`].
pub fn change_member(
    (group, member): (&Group, bool),
    device: &DeviceId,
    into: bool,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, GroupRefusal> {
    match (member, into) {
        (true, true) => Err(GroupRefusal::MemberAlready),
        (false, false) => Err(GroupRefusal::NoMember),
        (true, false) | (false, true) => change_members(group, vec![device.clone()], into, by, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, device, later, person};

    fn wish(filter: Option<&str>) -> Wish {
        let members = filter.map_or(Members::Listed, |text| Members::Fitting(Filter::parse(text).expect("a filter")));
        Wish { id: "beta-testers".parse().expect("an id"), about: " First to try ".to_owned(), members }
    }

    fn made(filter: Option<&str>) -> Group {
        let decision = put(wish(filter), None, 0, &person(), NOW).expect("made");
        let [Change::Group(GroupChange::Put(group))] = decision.changes.as_slice() else { panic!("{decision:?}") };
        group.clone()
    }

    #[test]
    fn a_group_is_made_once_and_keeps_its_birth_when_it_changes() {
        let first = made(None);
        assert_eq!(first.about, "First to try");
        let decision = put(wish(None), Some(&first), 1, &person(), later(9)).expect("changed");
        let [Change::Group(GroupChange::Put(group))] = decision.changes.as_slice() else { panic!("{decision:?}") };
        assert_eq!(group.created, NOW);
    }

    #[test]
    fn a_filter_that_names_groups_or_means_everybody_makes_no_group() {
        let refused = |text| put(wish(Some(text)), None, 0, &person(), NOW).expect_err(text);
        assert_eq!(refused("group:others online:yes"), GroupRefusal::FilterNamesGroup);
        assert_eq!(refused(" "), GroupRefusal::FilterEmpty);
    }

    #[test]
    fn a_group_does_not_change_its_kind_and_there_are_not_endlessly_many() {
        let by_hand = made(None);
        let other = put(wish(Some("online:yes")), Some(&by_hand), 1, &person(), NOW);
        assert_eq!(other, Err(GroupRefusal::KindDiffers));
        assert_eq!(put(wish(None), None, GROUPS_MAX, &person(), NOW), Err(GroupRefusal::TooMany));
        assert!(put(wish(None), Some(&by_hand), GROUPS_MAX, &person(), NOW).is_ok());
    }

    #[test]
    fn nobody_is_put_into_a_group_by_filter_and_nobody_twice() {
        let (by, id) = (person(), device().id);
        let fitting = made(Some("online:yes"));
        assert_eq!(change_members(&fitting, vec![id.clone()], true, &by, NOW), Err(GroupRefusal::ByFilter));
        let group = made(None);
        assert_eq!(change_members(&group, Vec::new(), true, &by, NOW), Err(GroupRefusal::DeviceCount));
        assert_eq!(change_member((&group, true), &id, true, &by, NOW), Err(GroupRefusal::MemberAlready));
        assert_eq!(change_member((&group, false), &id, false, &by, NOW), Err(GroupRefusal::NoMember));
        assert!(change_member((&group, false), &id, true, &by, NOW).is_ok());
    }
}

//! Others of the household: invited by a link that works once, with limited rights; taken out; leaving.

use holdfast_core::id::{DeviceId, InvitationId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::claim::home;
use super::{HomeChange, Invitation, Member, Ownership, Rights};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::people::notice::{Notice, NoticeKind};
use crate::people::{Person, Role};

/// How long an invitation can be accepted: seven days.
pub const INVITATION_FOR: Millis = Millis::from_secs(7 * 86_400);
/// Most people of a household beside the owner.
pub const MEMBERS_MAX: usize = 16;
/// Most open invitations of one device.
pub const INVITATIONS_MAX: usize = 8;
/// Most characters of what an owner calls a device.
pub const NICKNAME_CHARS_MAX: usize = 40;

/// Why a household stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HouseholdRefusal {
    /// Only the owner decides who has a place.
    #[error("only the owner of the device can do this")]
    NotTheOwner,
    /// The link is not one of ours, was used, taken back, or is too old. All four look the same.
    #[error("this invitation does not count any more: ask for a new one")]
    InvitationUnknown,
    /// The maker's people join by a private account.
    #[error("households are for private accounts; sign out and use your own")]
    NotAConsumer,
    /// They have a place already.
    #[error("you have a place at this device already")]
    HasAPlace,
    /// A place without any right is none.
    #[error("choose at least one thing that this person may do")]
    NoRight,
    /// Too many people.
    #[error("a household has at most {MEMBERS_MAX} members beside the owner")]
    TooManyMembers,
    /// Too many invitations.
    #[error("{INVITATIONS_MAX} invitations wait already: take one back first")]
    TooManyInvitations,
    /// There is no such member.
    #[error("this person has no place at this device")]
    MemberUnknown,
    /// Too long, or with characters that cannot be shown.
    #[error("a name has 1 to {NICKNAME_CHARS_MAX} characters")]
    Nickname,
}

impl HouseholdRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotTheOwner => "not-the-owner",
            Self::InvitationUnknown => "invitation-unknown",
            Self::NotAConsumer => "join-by-staff",
            Self::HasAPlace => "place-held",
            Self::NoRight => "no-right-given",
            Self::TooManyMembers => "members-too-many",
            Self::TooManyInvitations => "invitations-too-many",
            Self::MemberUnknown => "member-unknown",
            Self::Nickname => "nickname-malformed",
        }
    }
}

/// A household as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Household<'a> {
    /// The device.
    pub device: &'a DeviceId,
    /// Its owner.
    pub owner: Option<&'a Ownership>,
    /// Everybody else.
    pub members: &'a [Member],
    /// Invitations, also those that are too old.
    pub invitations: &'a [Invitation],
    /// The product's title, for notices.
    pub product: &'a str,
}

impl Household<'_> {
    fn owned_by(&self, person: &PersonId) -> Result<&Ownership, HouseholdRefusal> {
        let owner = self.owner.filter(|owner| owner.person == *person && owner.device == *self.device);
        owner.ok_or(HouseholdRefusal::NotTheOwner)
    }

    fn about(&self, person: PersonId, kind: NoticeKind, now: Timestamp) -> Change {
        Change::AddNotice(
            Notice::new(person, kind, now).fact("product", self.product).fact("device", self.device.as_str()),
        )
    }
}

/// Decides to invite somebody; whoever opens the link first joins.
///
/// # Errors
///
/// [`HouseholdRefusal`].
pub fn invite(
    household: &Household<'_>,
    (id, secret_hash): (InvitationId, [u8; 32]),
    rights: Rights,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, HouseholdRefusal> {
    household.owned_by(by)?;
    if rights == Rights::default() {
        return Err(HouseholdRefusal::NoRight);
    }
    if household.members.len() >= MEMBERS_MAX {
        return Err(HouseholdRefusal::TooManyMembers);
    }
    let (old, open): (Vec<_>, Vec<_>) = household.invitations.iter().partition(|old| old.expires <= now);
    if open.len() >= INVITATIONS_MAX {
        return Err(HouseholdRefusal::TooManyInvitations);
    }
    let device = household.device.clone();
    let expires = now.plus(INVITATION_FOR);
    let invitation = Invitation { id, secret_hash, device, by: *by, rights, created: now, expires };
    let mut changes: Vec<Change> = old.iter().map(|old| home(HomeChange::EndInvitation { id: old.id })).collect();
    changes.push(home(HomeChange::AddInvitation(invitation)));
    changes.push(household.about(*by, NoticeKind::MemberInvited, now));
    let line = LedgerLine::new(kind::MEMBER_INVITED, now).fact("device", household.device).fact("invitation", &id);
    Ok(Decision::new(changes, line.fact("person", by)))
}

/// Decides to take an invitation back.
///
/// # Errors
///
/// [`HouseholdRefusal::NotTheOwner`], [`HouseholdRefusal::InvitationUnknown`].
pub fn cancel_invitation(
    household: &Household<'_>,
    id: InvitationId,
    by: &PersonId,
) -> Result<Decision, HouseholdRefusal> {
    household.owned_by(by)?;
    if !household.invitations.iter().any(|invitation| invitation.id == id) {
        return Err(HouseholdRefusal::InvitationUnknown);
    }
    Ok(Decision::quiet(vec![home(HomeChange::EndInvitation { id })]))
}

/// Whether an invitation still counts: not too old, and made by whoever owns the device now.
#[must_use]
pub fn counts(invitation: &Invitation, owner: Option<&Ownership>, now: Timestamp) -> bool {
    let by_owner = owner.is_some_and(|owner| {
        owner.person == invitation.by && owner.device == invitation.device && owner.since <= invitation.created
    });
    by_owner && invitation.expires > now
}

/// Decides to join by an invitation, which is used up by it.
///
/// # Errors
///
/// [`HouseholdRefusal`].
pub fn accept(
    household: &Household<'_>,
    invitation: Option<&Invitation>,
    by: &Person,
    now: Timestamp,
) -> Result<Decision, HouseholdRefusal> {
    let invitation = invitation.filter(|open| open.device == *household.device && counts(open, household.owner, now));
    let (invitation, owner) = invitation.zip(household.owner).ok_or(HouseholdRefusal::InvitationUnknown)?;
    if by.role != Role::Owner {
        return Err(HouseholdRefusal::NotAConsumer);
    }
    if owner.person == by.id || household.members.iter().any(|member| member.person == by.id) {
        return Err(HouseholdRefusal::HasAPlace);
    }
    if household.members.len() >= MEMBERS_MAX {
        return Err(HouseholdRefusal::TooManyMembers);
    }
    let member = Member { device: invitation.device.clone(), person: by.id, rights: invitation.rights, since: now };
    let changes = vec![
        home(HomeChange::EndInvitation { id: invitation.id }),
        home(HomeChange::PutMember(member)),
        household.about(owner.person, NoticeKind::MemberJoined, now),
    ];
    let line = LedgerLine::new(kind::MEMBER_JOINED, now)
        .fact("device", household.device)
        .fact("invitation", &invitation.id)
        .fact("person", &by.id);
    Ok(Decision::new(changes, line))
}

/// Decides to give a member other rights.
///
/// # Errors
///
/// [`HouseholdRefusal`].
pub fn set_rights(
    household: &Household<'_>,
    whom: &PersonId,
    rights: Rights,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, HouseholdRefusal> {
    household.owned_by(by)?;
    if rights == Rights::default() {
        return Err(HouseholdRefusal::NoRight);
    }
    let member = household.members.iter().find(|member| member.person == *whom);
    let member = Member { rights, ..member.ok_or(HouseholdRefusal::MemberUnknown)?.clone() };
    let line = LedgerLine::new(kind::MEMBER_RIGHTS_SET, now)
        .fact("device", household.device)
        .fact("member", whom)
        .fact("person", by);
    Ok(Decision::new(vec![home(HomeChange::PutMember(member))], line))
}

/// Decides that somebody has no place any more: the owner takes them out, or they leave.
///
/// # Errors
///
/// [`HouseholdRefusal::NotTheOwner`], [`HouseholdRefusal::MemberUnknown`].
pub fn remove(
    household: &Household<'_>,
    whom: &PersonId,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, HouseholdRefusal> {
    if whom != by {
        household.owned_by(by)?;
    }
    if !household.members.iter().any(|member| member.person == *whom) {
        return Err(HouseholdRefusal::MemberUnknown);
    }
    let mut changes = vec![home(HomeChange::RemoveMember { device: household.device.clone(), person: *whom })];
    let told = if whom == by { household.owner.map(|owner| owner.person) } else { Some(*whom) };
    changes.extend(told.map(|person| household.about(person, NoticeKind::MemberRemoved, now)));
    let line = LedgerLine::new(kind::MEMBER_REMOVED, now)
        .fact("device", household.device)
        .fact("member", whom)
        .fact("person", by);
    Ok(Decision::new(changes, line))
}

/// Decides what the owner calls the device; nothing gives it back the product's title. No history keeps the name.
///
/// # Errors
///
/// [`HouseholdRefusal::NotTheOwner`], [`HouseholdRefusal::Nickname`].
pub fn rename(household: &Household<'_>, name: &str, by: &PersonId) -> Result<Decision, HouseholdRefusal> {
    household.owned_by(by)?;
    let name = name.trim();
    if name.chars().count() > NICKNAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(HouseholdRefusal::Nickname);
    }
    let to = (!name.is_empty()).then(|| name.to_owned());
    Ok(Decision::quiet(vec![home(HomeChange::SetNickname { device: household.device.clone(), to })]))
}

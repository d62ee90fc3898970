//! Whose device it is: claim by the code on its label, ownership, household, invitations, release and transfer.
//!
//! This file holds the words; the rules stand beside it. A device has one owner at most; others of the household have a
//! [`Place`] with [`Rights`]. What belongs to a home is deleted with the ownership, on the device and here: `release`.

pub mod check;
pub mod claim;
pub mod code;
pub mod household;
pub mod pairing;
pub mod recall;
pub mod release;
pub mod shown;
pub mod story;
pub mod telling;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, CommandId, DeviceId, InvitationId, PersonId, ProductId};
use holdfast_core::time::Timestamp;

use crate::fleet::KeyThumbprint;

/// Start of the names of orders that the agent carries out itself. No Thing Model can declare such an action.
pub const PLATFORM_ACTION: &str = "holdfast:";
/// Order: ask the person at the device whether it may be claimed.
pub const CLAIM_CONFIRM: &str = "holdfast:claim-confirm";
/// Order: erase what belongs to the owner, and begin anew.
pub const OWNER_RESET: &str = "holdfast:owner-reset";
/// Order: end a paired controller of the local network.
pub const REVOKE_CONTROLLER: &str = "holdfast:revoke-controller";

/// What a member of a household may do with one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Change settings and give orders.
    pub control: bool,
    /// Choose when updates are installed.
    pub manage_updates: bool,
    /// See what it measured.
    pub see_data: bool,
}

impl Rights {
    /// Every right.
    pub const ALL: Self = Self { control: true, manage_updates: true, see_data: true };
}

/// What a person is to one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is theirs.
    Owner,
    /// They are of the household.
    Member(Rights),
}

impl Place {
    /// What this place lets a person do.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match self {
            Self::Owner => Rights::ALL,
            Self::Member(rights) => rights,
        }
    }

    /// Whether somebody with this place sees this part of the pages of a home.
    #[must_use]
    pub const fn sees(self, part: Part) -> bool {
        let rights = self.rights();
        match part {
            Part::Story | Part::Updates | Part::Residents => true,
            Part::Readings | Part::Sensing | Part::Battery => rights.see_data,
            Part::Settings => rights.control || rights.see_data,
            Part::Orders => rights.control,
            Part::Choice => rights.manage_updates,
            Part::Invitations | Part::Controllers | Part::Contest => self.is_owner(),
        }
    }

    /// Whether the device is theirs.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        matches!(self, Self::Owner)
    }
}

/// A part of the pages of a home; who sees which is one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How the device is, in words: reachable, updating, in quarantine.
    Story,
    /// What is offered and what was installed.
    Updates,
    /// Who lives with the device, by name.
    Residents,
    /// What it measured, how much, and when.
    Readings,
    /// What listens, and whether it does at this moment.
    Sensing,
    /// The charge of its battery: how much somebody uses it.
    Battery,
    /// Its settings and what they are set to.
    Settings,
    /// Orders to it.
    Orders,
    /// The choice about updates.
    Choice,
    /// Open invitations.
    Invitations,
    /// Phones and services on the local network, by name.
    Controllers,
    /// Somebody else who asks for the device.
    Contest,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 12] = [
        Self::Story,
        Self::Updates,
        Self::Residents,
        Self::Readings,
        Self::Sensing,
        Self::Battery,
        Self::Settings,
        Self::Orders,
        Self::Choice,
        Self::Invitations,
        Self::Controllers,
        Self::Contest,
    ];
}

/// A person's ownership of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// Since when.
    pub since: Timestamp,
    /// What they call it; personal.
    pub nickname: Option<String>,
}

/// Somebody of the household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The device.
    pub device: DeviceId,
    /// Who.
    pub person: PersonId,
    /// What they may do.
    pub rights: Rights,
    /// Since when.
    pub since: Timestamp,
}

/// An open invitation; a used one is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id; not a secret.
    pub id: InvitationId,
    /// SHA-256 of its link's secret.
    pub secret_hash: [u8; 32],
    /// To which device.
    pub device: DeviceId,
    /// Who invites.
    pub by: PersonId,
    /// With which rights.
    pub rights: Rights,
    /// Since when.
    pub created: Timestamp,
    /// Useless from then on.
    pub expires: Timestamp,
}

/// Six digits that both sides show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digits(String);

impl Digits {
    /// How many there are.
    pub const COUNT: usize = 6;

    /// Digits from eight random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 8]) -> Self {
        Self(format!("{:06}", u64::from_be_bytes(random) % 1_000_000))
    }

    /// Reads digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == Self::COUNT && text.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// As text, without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody's wish to be the owner of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The device.
    pub device: DeviceId,
    /// Who.
    pub person: PersonId,
    /// The order that asks at the device.
    pub command: CommandId,
    /// What both sides show.
    pub digits: Digits,
    /// When it was begun.
    pub begun: Timestamp,
    /// Where it stands.
    pub state: ClaimState,
}

/// Where a claim stands, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// Somebody has to confirm at the device before then.
    WaitingForDevice {
        /// Until when.
        until: Timestamp,
    },
    /// Confirmed at the device, which has an owner; they are told and may object before then.
    WaitingPeriod {
        /// Until when.
        until: Timestamp,
    },
    /// The device is theirs.
    Done {
        /// Since when.
        at: Timestamp,
    },
    /// It came to nothing.
    Refused {
        /// Why.
        why: ClaimEnd,
        /// When.
        at: Timestamp,
    },
}

/// Why a claim came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimEnd {
    /// Somebody at the device said no.
    Denied,
    /// Nobody confirmed in time.
    NotConfirmed,
    /// Another question waited at the device.
    DeviceBusy,
    /// The device could not ask.
    DeviceFailed,
    /// The owner objected.
    Objected,
    /// The device got another owner or lost its owner meanwhile: the code has to be used again.
    Overtaken,
    /// Whoever claimed took it back.
    Withdrawn,
    /// The device has an owner, and whoever agreed did not touch it.
    NotPresent,
}

impl ClaimEnd {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Denied,
        Self::NotConfirmed,
        Self::DeviceBusy,
        Self::DeviceFailed,
        Self::Objected,
        Self::Overtaken,
        Self::Withdrawn,
        Self::NotPresent,
    ];

    /// The stable kebab-case word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::NotConfirmed => "not-confirmed",
            Self::DeviceBusy => "device-busy",
            Self::DeviceFailed => "device-failed",
            Self::Objected => "objected",
            Self::Overtaken => "overtaken",
            Self::Withdrawn => "withdrawn",
            Self::NotPresent => "not-present",
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.word() == word)
    }
}

/// The end of an ownership, until nothing of the home is left on the device and here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The order that wipes the device.
    pub order: CommandId,
    /// The device.
    pub device: DeviceId,
    /// When the ownership ended.
    pub begun: Timestamp,
    /// The operational key that the device had then, if it had one.
    pub held: Option<KeyThumbprint>,
    /// When the device said that it is wiped.
    pub wiped: Option<Timestamp>,
    /// When what the service kept of the home was deleted.
    pub swept: Option<Timestamp>,
}

/// A phone or service that is paired with a device on its local network, as the device told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedController {
    /// Thumbprint of its key.
    pub id: String,
    /// What it calls itself; personal.
    pub name: String,
    /// Words of what it may do, such as `read control`.
    pub permissions: String,
    /// When it was confirmed at the device, by the device's clock.
    pub paired: Timestamp,
}

/// A change of homes. The store carries each out within the decision's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeChange {
    /// Adds a claim; a second one that waits at the same device is refused (`claim-waits`).
    AddClaim(Claim),
    /// Moves a claim that is still open; one that is over is refused (`claim-over`).
    SetClaim {
        /// Which.
        claim: ClaimId,
        /// Where to.
        to: ClaimState,
    },
    /// Gives a device an owner; one that has an owner is refused (`device-owned`).
    AddOwnership(Ownership),
    /// Ends this person's ownership; another owner's is refused (`owner-changed`).
    EndOwnership {
        /// Of which device.
        device: DeviceId,
        /// Whose.
        person: PersonId,
    },
    /// Sets what the owner calls a device.
    SetNickname {
        /// The device.
        device: DeviceId,
        /// `None` for no name of its own.
        to: Option<String>,
    },
    /// Adds somebody to a household, or gives them other rights.
    PutMember(Member),
    /// Takes somebody out of a household (`member-unknown`).
    RemoveMember {
        /// Of which device.
        device: DeviceId,
        /// Whom.
        person: PersonId,
    },
    /// Adds an invitation.
    AddInvitation(Invitation),
    /// Ends an invitation by using it or taking it back; one that is gone is refused (`invitation-unknown`).
    EndInvitation {
        /// Which.
        id: InvitationId,
    },
    /// Forgets everybody of a household: members, invitations, paired controllers, and whoever wants to end it.
    ClearHousehold {
        /// Of which device.
        device: DeviceId,
    },
    /// Keeps that the maker's people want to end the ownership; a second one is refused (`recall-waits`).
    AddRecall {
        /// Of which device.
        device: DeviceId,
        /// What waits.
        recall: recall::Recall,
    },
    /// Ends that wish; one that is gone is refused (`recall-unknown`).
    EndRecall {
        /// Of which device.
        device: DeviceId,
    },
    /// Keeps which privacy notice was shown before a claim.
    ShowNotice {
        /// Before which.
        claim: ClaimId,
        /// The notice of which product.
        product: ProductId,
        /// Its version.
        notice: Sha256Digest,
        /// When.
        at: Timestamp,
    },
    /// Opens a release; one that waited for the same device is over.
    AddRelease(Release),
    /// The device said that it is wiped.
    SetWiped {
        /// The release's order.
        order: CommandId,
        /// When.
        at: Timestamp,
    },
    /// What the service kept of the home is deleted.
    SetSwept {
        /// The release's order.
        order: CommandId,
        /// When.
        at: Timestamp,
    },
    /// Replaces the list of paired controllers.
    SetControllers {
        /// Of which device.
        device: DeviceId,
        /// All of them.
        controllers: Vec<PairedController>,
    },
}

/// What a person is to a device, from its ownership and their membership.
#[must_use]
pub fn place_of(person: PersonId, owner: Option<&Ownership>, member: Option<&Member>) -> Option<Place> {
    let owner = owner?;
    if owner.person == person {
        return Some(Place::Owner);
    }
    let member = member.filter(|member| member.person == person && member.device == owner.device)?;
    Some(Place::Member(member.rights))
}

#[cfg(test)]
mod tests;

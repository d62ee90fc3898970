//! The end of an ownership: one act that takes the old owner off the device and out of the service.
//!
//! One decision ends the ownership, the household, the wishes and the open orders, and orders the device to erase itself;
//! a reconciler deletes what the service measured and logged in that home; the device's receipt closes it. It counts only
//! under an operational key that is another one than at the release: the old one goes with the old owner.

use holdfast_core::id::{CommandId, DeviceId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::claim::home;
use super::{
    Claim, ClaimEnd, ClaimState, HomeChange, Member, OWNER_RESET, Ownership, PLATFORM_ACTION, REVOKE_CONTROLLER,
    Release,
};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::{CertificateState, Command, CommandOutcome, DeviceCertificate, KeyThumbprint, Shadow};
use crate::people::notice::{Notice, NoticeKind};

/// How long the order to erase waits for its device: ten years.
pub const ERASE_WITHIN: Millis = Millis::from_secs(10 * 366 * 86_400);
/// How the orders end that the earlier owner gave.
const ORDER_OVER: &str = "owner-changed";

/// Everything that belongs to a device's home.
#[derive(Debug, Clone, Copy)]
pub struct Estate<'a> {
    /// The device.
    pub device: &'a DeviceId,
    /// Its owner.
    pub owner: Option<&'a Ownership>,
    /// Everybody else of the household.
    pub members: &'a [Member],
    /// Its shadow.
    pub shadow: &'a Shadow,
    /// Its proven operational key, if it has one.
    pub held: Option<KeyThumbprint>,
    /// Orders that it has not answered.
    pub commands: &'a [Command],
    /// The claim that is not over.
    pub claim: Option<&'a Claim>,
    /// The product's title, for notices.
    pub product: &'a str,
}

/// Why an ownership does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// Nobody owns it.
    #[error("the device has no owner")]
    NoOwner,
    /// It is somebody else's.
    #[error("only the owner can give the device away")]
    NotTheOwner,
    /// It can be handed on only to somebody of the household.
    #[error("the new owner has to be of the household; anybody else claims the device after you released it")]
    NotAMember,
    /// No such release waits.
    #[error("no release waits for this device to be erased")]
    NoRelease,
    /// The device speaks with the certificate that it had before.
    #[error("the receipt has to come under a new key")]
    OldCertificate,
}

impl ReleaseRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOwner => "device-unowned",
            Self::NotTheOwner => "not-the-owner",
            Self::NotAMember => "not-a-member",
            Self::NoRelease => "release-unknown",
            Self::OldCertificate => "receipt-under-old-certificate",
        }
    }
}

/// Who ends an ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The owner.
    Owner(PersonId),
    /// One of the maker's people, for a unit that came back; the owner is told.
    Staff(PersonId),
}

/// Decides to release the device: nobody owns it any more, and its code can be used again once it is wiped.
///
/// # Errors
///
/// [`ReleaseRefusal::NoOwner`], [`ReleaseRefusal::NotTheOwner`].
pub fn release(estate: &Estate<'_>, order: CommandId, by: By, now: Timestamp) -> Result<Decision, ReleaseRefusal> {
    let owner = estate.owner.ok_or(ReleaseRefusal::NoOwner)?;
    let person = match by {
        By::Owner(person) if person != owner.person => return Err(ReleaseRefusal::NotTheOwner),
        By::Owner(person) | By::Staff(person) => person,
    };
    let mut decision = wipe(estate, owner, order, NoticeKind::DeviceReleased, now);
    let line =
        LedgerLine::new(kind::OWNERSHIP_RELEASED, now).fact("device", estate.device).fact("owner", &owner.person);
    decision.line = Some(line.fact("person", &person).fact("order", &order));
    Ok(decision)
}

/// Decides to hand the device on to somebody of the household, who owns it at once; everything of the old owner goes as
/// with [`release`].
///
/// # Errors
///
/// [`ReleaseRefusal::NoOwner`], [`ReleaseRefusal::NotTheOwner`], [`ReleaseRefusal::NotAMember`].
pub fn transfer(
    estate: &Estate<'_>,
    to: PersonId,
    order: CommandId,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ReleaseRefusal> {
    let owner = estate.owner.ok_or(ReleaseRefusal::NoOwner)?;
    if owner.person != *by {
        return Err(ReleaseRefusal::NotTheOwner);
    }
    if !estate.members.iter().any(|member| member.person == to) {
        return Err(ReleaseRefusal::NotAMember);
    }
    let mut decision = wipe(estate, owner, order, NoticeKind::DeviceTransferred, now);
    let next = Ownership { device: estate.device.clone(), person: to, since: now, nickname: None };
    decision.changes.push(home(HomeChange::AddOwnership(next)));
    decision.changes.push(Change::AddNotice(about(to, NoticeKind::DeviceClaimed, estate, now)));
    let line = LedgerLine::new(kind::OWNERSHIP_TRANSFERRED, now).fact("device", estate.device);
    decision.line = Some(line.fact("owner", &owner.person).fact("person", &to).fact("order", &order));
    Ok(decision)
}

/// The part that every end of an ownership has in common; without a ledger line.
pub(super) fn wipe(
    estate: &Estate<'_>,
    owner: &Ownership,
    order: CommandId,
    told: NoticeKind,
    now: Timestamp,
) -> Decision {
    let device = estate.device.clone();
    let mut changes: Vec<Change> = estate.commands.iter().map(|command| over(command, now)).collect();
    if let Some(claim) = estate.claim {
        let to = ClaimState::Refused { why: ClaimEnd::Overtaken, at: now };
        changes.push(home(HomeChange::SetClaim { claim: claim.id, to }));
    }
    changes.extend([
        home(HomeChange::EndOwnership { device: device.clone(), person: owner.person }),
        home(HomeChange::ClearHousehold { device: device.clone() }),
        Change::SetDesired { device: device.clone(), from_version: estate.shadow.version, desired: "{}".to_owned() },
        Change::AddCommand(Command {
            id: order,
            device: device.clone(),
            action: OWNER_RESET.to_owned(),
            input: "{}".to_owned(),
            created: now,
            expires: now.plus(ERASE_WITHIN),
            outcome: None,
            ended: None,
        }),
        home(HomeChange::AddRelease(Release {
            order,
            device: device.clone(),
            begun: now,
            held: estate.held,
            wiped: None,
            swept: None,
        })),
        Change::AddNotice(about(owner.person, told, estate, now)),
    ]);
    let lost = estate.members.iter().map(|member| about(member.person, NoticeKind::MemberRemoved, estate, now));
    changes.extend(lost.map(Change::AddNotice));
    let effects = vec![Effect::PushShadow(device.clone()), Effect::PushCommands(device)];
    Decision { changes, line: None, effects }
}

fn over(command: &Command, now: Timestamp) -> Change {
    let outcome = CommandOutcome::Failed(ORDER_OVER.to_owned());
    Change::EndCommand { command: command.id, outcome, at: now }
}

fn about(person: PersonId, kind: NoticeKind, estate: &Estate<'_>, now: Timestamp) -> Notice {
    Notice::new(person, kind, now).fact("product", estate.product).fact("device", estate.device.as_str())
}

/// The operational certificate that stands in the way of another one. A device that has to erase itself comes back with a
/// new key; `returns` says that it showed the secret of that very order, which only the holder of the old key was given. A
/// copy of its factory identity alone is as suspicious as at any other time.
#[must_use]
pub fn in_the_way<'a>(
    held: Option<&'a DeviceCertificate>,
    release: Option<&Release>,
    returns: bool,
) -> Option<&'a DeviceCertificate> {
    let erases = release.is_some_and(|release| release.wiped.is_none());
    held.filter(|_| !(erases && returns))
}

/// Decides that the device is wiped; `ended` ends the order.
///
/// # Errors
///
/// [`ReleaseRefusal::NoRelease`], [`ReleaseRefusal::OldCertificate`].
pub fn wiped(
    release: Option<&Release>,
    order: CommandId,
    held: &[DeviceCertificate],
    mut ended: Decision,
    now: Timestamp,
) -> Result<Decision, ReleaseRefusal> {
    let waits = |release: &&Release| release.order == order && release.wiped.is_none();
    let release = release.filter(waits).ok_or(ReleaseRefusal::NoRelease)?;
    let proven = held.iter().find(|certificate| certificate.state == CertificateState::Proven);
    if proven.is_none_or(|certificate| Some(certificate.key) == release.held) {
        return Err(ReleaseRefusal::OldCertificate);
    }
    ended.changes.push(home(HomeChange::SetWiped { order, at: now }));
    ended.line = Some(LedgerLine::new(kind::DEVICE_WIPED, now).fact("device", &release.device).fact("order", &order));
    Ok(ended)
}

/// Decides that nothing is left here of the home: the reconciler deleted it.
#[must_use]
pub fn swept(release: &Release, rows: u64, now: Timestamp) -> Decision {
    let line = LedgerLine::new(kind::HOME_DATA_DELETED, now)
        .fact("device", &release.device)
        .fact("order", &release.order)
        .fact("rows", rows);
    Decision::new(vec![home(HomeChange::SetSwept { order: release.order, at: now })], line)
}

/// Whether an order is one of the platform's own, which no person gives.
#[must_use]
pub fn is_of_the_platform(action: &str) -> bool {
    action.starts_with(PLATFORM_ACTION)
}

/// Decides to end a paired controller of the local network; the device does it as soon as it is connected.
///
/// # Errors
///
/// [`ReleaseRefusal::NotTheOwner`].
pub fn revoke_controller(
    owner: Option<&Ownership>,
    device: &DeviceId,
    (controller, order): (&str, CommandId),
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ReleaseRefusal> {
    if owner.is_none_or(|owner| owner.person != *by || owner.device != *device) {
        return Err(ReleaseRefusal::NotTheOwner);
    }
    let command = Command {
        id: order,
        device: device.clone(),
        action: REVOKE_CONTROLLER.to_owned(),
        input: format!("{{\"controller\":\"{controller}\"}}"),
        created: now,
        expires: now.plus(Millis::from_secs(30 * 86_400)),
        outcome: None,
        ended: None,
    };
    let line = LedgerLine::new(kind::CONTROLLER_REVOKED, now)
        .fact("device", device)
        .fact("command", &order)
        .fact("person", by);
    Ok(Decision::new(vec![Change::AddCommand(command)], line).with_effect(Effect::PushCommands(device.clone())))
}

//! A claim: begun with the code of the label, confirmed at the device, done; or contested and done after a waiting time.
//!
//! What a person learns before somebody confirmed at the device is the same whether it has an owner or not. A device that has
//! one is told to believe only whoever touches it: to reach it over the local network proves nobody's presence.

use holdfast_core::id::{ClaimId, CommandId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::release::{self, Estate};
use super::{CLAIM_CONFIRM, Claim, ClaimEnd, ClaimState, Digits, HomeChange, Ownership, Release};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::command::Answer;
use crate::fleet::{Command, Device, Enrolment};
use crate::people::notice::{Notice, NoticeKind};
use crate::people::{Person, Role};
use crate::telemetry::value::{FieldMap, Value};

/// How long somebody has to confirm at the device.
pub const CONFIRM_WITHIN: Millis = Millis::from_secs(120);
/// A yes that was given in time may take so much longer to arrive.
pub const CONFIRM_GRACE: Millis = Millis::from_secs(30);
/// How long an owner can object to somebody who holds their device: 72 hours.
pub const CONTEST_FOR: Millis = Millis::from_secs(72 * 3_600);
/// Member of the device's answer that says how somebody agreed.
pub const AGREED_BY: &str = "by";
/// Ways to agree that need the device in somebody's hands: its button (or its power), its own command line.
pub const BY_HAND: [&str; 2] = ["button", "console"];
/// Most claims of one person that wait.
pub const CLAIMS_OPEN_MAX: usize = 8;

/// What is known when somebody comes with a code.
#[derive(Debug, Clone, Copy)]
pub struct ClaimFacts<'a> {
    /// The device of the code.
    pub device: &'a Device,
    /// Its owner.
    pub owner: Option<&'a Ownership>,
    /// The claim of this device that is not over.
    pub open: Option<&'a Claim>,
    /// The release that waits for the device to be wiped.
    pub release: Option<&'a Release>,
    /// How many claims of this person wait.
    pub mine: usize,
}

/// What a new claim is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaim {
    /// Its id.
    pub id: ClaimId,
    /// The id of the order that asks at the device.
    pub command: CommandId,
    /// What both sides show.
    pub digits: Digits,
}

/// Why a claim is not begun, changed or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// The maker's people own no devices by their work account.
    #[error("devices belong to private accounts; sign out and use your own")]
    NotAConsumer,
    /// It is theirs.
    #[error("the device is yours already")]
    AlreadyYours,
    /// It has never been connected, or may not connect.
    #[error("the device has not been connected yet: switch it on and connect it to the internet")]
    DeviceNotReady,
    /// It is not connected.
    #[error("the device is not connected: switch it on, see that it has internet, and try again")]
    DeviceOffline,
    /// It is contained.
    #[error("the device is in quarantine until it has proved its software again")]
    DeviceQuarantined,
    /// An earlier owner's data is still on it.
    #[error("the device still has to erase its earlier owner's data: leave it switched on and connected")]
    DeviceNotErased,
    /// Somebody asks at the device at this moment.
    #[error("somebody else is claiming this device at this moment: do not confirm, and try again in two minutes")]
    ClaimWaits,
    /// Too many wait.
    #[error("{CLAIMS_OPEN_MAX} claims of yours wait already")]
    TooMany,
    /// It is over.
    #[error("this claim is over")]
    Over,
    /// Only the owner may object.
    #[error("only the owner of the device can object")]
    NotTheOwner,
}

impl ClaimRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAConsumer => "claim-by-staff",
            Self::AlreadyYours => "already-yours",
            Self::DeviceNotReady => "device-not-ready",
            Self::DeviceOffline => "device-offline",
            Self::DeviceQuarantined => "device-quarantined",
            Self::DeviceNotErased => "device-not-erased",
            Self::ClaimWaits => "claim-waits",
            Self::TooMany => "claims-too-many",
            Self::Over => "claim-over",
            Self::NotTheOwner => "not-the-owner",
        }
    }
}

impl Claim {
    /// Whether it waits for the device at this time.
    #[must_use]
    pub fn asks_at(&self, now: Timestamp) -> bool {
        matches!(self.state, ClaimState::WaitingForDevice { until } if until.plus(CONFIRM_GRACE) > now)
    }

    /// Where it stands at this time: a question that nobody answered is over without anybody saying so.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> ClaimState {
        match self.state {
            ClaimState::WaitingForDevice { until } if !self.asks_at(now) => {
                ClaimState::Refused { why: ClaimEnd::NotConfirmed, at: until }
            }
            state @ (ClaimState::WaitingForDevice { .. }
            | ClaimState::WaitingPeriod { .. }
            | ClaimState::Done { .. }
            | ClaimState::Refused { .. }) => state,
        }
    }
}

/// Decides to ask at the device whether this person may be its owner.
///
/// # Errors
///
/// [`ClaimRefusal`] says what to do first.
pub fn begin(facts: &ClaimFacts<'_>, new: NewClaim, by: &Person, now: Timestamp) -> Result<Decision, ClaimRefusal> {
    let ClaimFacts { device, owner, open, release, mine } = *facts;
    if by.role != Role::Owner {
        return Err(ClaimRefusal::NotAConsumer);
    }
    if owner.is_some_and(|owner| owner.person == by.id) {
        return Err(ClaimRefusal::AlreadyYours);
    }
    if device.enrolment != Enrolment::Accepted && release.is_none() {
        return Err(ClaimRefusal::DeviceNotReady);
    }
    if device.quarantine.is_some() {
        return Err(ClaimRefusal::DeviceQuarantined);
    }
    if release.is_some_and(|release| release.wiped.is_none()) {
        return Err(ClaimRefusal::DeviceNotErased);
    }
    if device.online_until.is_none_or(|until| until <= now) {
        return Err(ClaimRefusal::DeviceOffline);
    }
    let mut changes = Vec::new();
    match open.map(|open| (open, open.stands(now))) {
        None => {}
        Some((open, over @ (ClaimState::Refused { .. } | ClaimState::Done { .. }))) => {
            changes.push(home(HomeChange::SetClaim { claim: open.id, to: over }));
        }
        Some((_, ClaimState::WaitingForDevice { .. } | ClaimState::WaitingPeriod { .. })) => {
            return Err(ClaimRefusal::ClaimWaits);
        }
    }
    if mine >= CLAIMS_OPEN_MAX {
        return Err(ClaimRefusal::TooMany);
    }
    let until = now.plus(CONFIRM_WITHIN);
    let command = Command {
        id: new.command,
        device: device.id.clone(),
        action: CLAIM_CONFIRM.to_owned(),
        input: question(&new.digits, owner.is_some()),
        created: now,
        expires: until,
        outcome: None,
        ended: None,
    };
    let claim = Claim {
        id: new.id,
        device: device.id.clone(),
        person: by.id,
        command: new.command,
        digits: new.digits,
        begun: now,
        state: ClaimState::WaitingForDevice { until },
    };
    let line = LedgerLine::new(kind::CLAIM_BEGUN, now)
        .fact("device", &device.id)
        .fact("claim", &claim.id)
        .fact("person", &by.id);
    changes.extend([Change::AddCommand(command), home(HomeChange::AddClaim(claim))]);
    Ok(Decision::new(changes, line).with_effect(Effect::PushCommands(device.id.clone())))
}

/// What is known when the device answers.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The claim that the order belongs to.
    pub claim: &'a Claim,
    /// The device's owner now.
    pub owner: Option<&'a Ownership>,
    /// The product's title, for notices.
    pub product: &'a str,
}

/// Decides what follows from the device's answer. `ended` ends the order, and stays as it is if the claim is over.
#[must_use]
pub fn answered(facts: &Answered<'_>, answer: &Answer, mut ended: Decision, now: Timestamp) -> Decision {
    let Answered { claim, owner, product } = *facts;
    let (ClaimState::WaitingForDevice { .. }, true) = (claim.state, claim.asks_at(now)) else { return ended };
    let line = |kind| LedgerLine::new(kind, now).fact("device", &claim.device).fact("claim", &claim.id);
    let to = match (answer, owner) {
        (Answer::Failed(reason), _) => {
            let why = match reason.as_str() {
                "denied" => ClaimEnd::Denied,
                "not-confirmed" | "command-expired" => ClaimEnd::NotConfirmed,
                "question-waits" => ClaimEnd::DeviceBusy,
                _ => ClaimEnd::DeviceFailed,
            };
            ended.line = Some(line(kind::CLAIM_ENDED).fact("why", why.word()));
            ClaimState::Refused { why, at: now }
        }
        (Answer::Done(_), None) => {
            ended.changes.extend(taken(claim, product, now));
            ended.line = Some(line(kind::DEVICE_CLAIMED).fact("person", &claim.person));
            ClaimState::Done { at: now }
        }
        (Answer::Done(said), Some(_)) if !by_hand(said) => {
            ended.line = Some(line(kind::CLAIM_ENDED).fact("why", ClaimEnd::NotPresent.word()));
            ClaimState::Refused { why: ClaimEnd::NotPresent, at: now }
        }
        (Answer::Done(_), Some(owner)) => {
            let until = now.plus(CONTEST_FOR);
            for person in [owner.person, claim.person] {
                let notice = about(person, NoticeKind::ClaimContested, claim, product, now).fact("until", day(until));
                ended.changes.push(Change::AddNotice(notice));
            }
            ended.line = Some(line(kind::CLAIM_CONTESTED).fact("person", &claim.person).fact("owner", &owner.person));
            ClaimState::WaitingPeriod { until }
        }
    };
    ended.changes.push(home(HomeChange::SetClaim { claim: claim.id, to }));
    ended
}

/// The order's input: what the device shows, and whether it may believe only whoever touches it.
fn question(digits: &Digits, owned: bool) -> String {
    let presence = if owned { ",\"presence\":true" } else { "" };
    format!("{{\"digits\":\"{}\"{presence}}}", digits.as_str())
}

/// Whether somebody agreed with the device in their hands.
fn by_hand(said: &FieldMap) -> bool {
    matches!(said.value(AGREED_BY), Some(Value::Text(by)) if BY_HAND.contains(&by.as_str()))
}

/// Decides a contested claim whose waiting time is over: the device and the service forget the earlier owner, and the
/// device is the new one's. Nothing follows while the time runs or if the claim is over.
#[must_use]
pub fn mature(claim: &Claim, estate: &Estate<'_>, order: CommandId, now: Timestamp) -> Option<Decision> {
    let ClaimState::WaitingPeriod { until } = claim.state else { return None };
    if until > now {
        return None;
    }
    let mut changes = vec![home(HomeChange::SetClaim { claim: claim.id, to: ClaimState::Done { at: now } })];
    let mut line = LedgerLine::new(kind::DEVICE_CLAIMED, now)
        .fact("device", &claim.device)
        .fact("claim", &claim.id)
        .fact("person", &claim.person);
    let mut effects = Vec::new();
    if let Some(owner) = estate.owner {
        line = line.fact("owner", &owner.person);
        let others = Estate { claim: None, ..*estate };
        let wiped = release::wipe(&others, owner, order, NoticeKind::DeviceTransferred, now);
        changes.extend(wiped.changes);
        effects = wiped.effects;
    }
    changes.extend(taken(claim, estate.product, now));
    Some(Decision { changes, line: Some(line), effects })
}

/// Decides that the owner keeps the device: whoever else held it does not get it.
///
/// # Errors
///
/// [`ClaimRefusal::NotTheOwner`], [`ClaimRefusal::Over`].
pub fn object(
    claim: &Claim,
    owner: Option<&Ownership>,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ClaimRefusal> {
    if owner.is_none_or(|owner| owner.person != *by || owner.device != claim.device) {
        return Err(ClaimRefusal::NotTheOwner);
    }
    end(claim, ClaimEnd::Objected, by, now)
}

/// Decides that whoever claims takes it back.
///
/// # Errors
///
/// [`ClaimRefusal::Over`].
pub fn withdraw(claim: &Claim, by: &PersonId, now: Timestamp) -> Result<Decision, ClaimRefusal> {
    if claim.person != *by {
        return Err(ClaimRefusal::Over);
    }
    end(claim, ClaimEnd::Withdrawn, by, now)
}

fn end(claim: &Claim, why: ClaimEnd, by: &PersonId, now: Timestamp) -> Result<Decision, ClaimRefusal> {
    match claim.stands(now) {
        ClaimState::Done { .. } | ClaimState::Refused { .. } => return Err(ClaimRefusal::Over),
        ClaimState::WaitingForDevice { .. } | ClaimState::WaitingPeriod { .. } => {}
    }
    let line = LedgerLine::new(kind::CLAIM_ENDED, now)
        .fact("device", &claim.device)
        .fact("claim", &claim.id)
        .fact("person", by)
        .fact("why", why.word());
    let to = ClaimState::Refused { why, at: now };
    Ok(Decision::new(vec![home(HomeChange::SetClaim { claim: claim.id, to })], line))
}

/// What makes the device the claimant's.
fn taken(claim: &Claim, product: &str, now: Timestamp) -> [Change; 2] {
    let ownership = Ownership { device: claim.device.clone(), person: claim.person, since: now, nickname: None };
    let notice = about(claim.person, NoticeKind::DeviceClaimed, claim, product, now);
    [home(HomeChange::AddOwnership(ownership)), Change::AddNotice(notice)]
}

fn about(person: PersonId, kind: NoticeKind, claim: &Claim, product: &str, now: Timestamp) -> Notice {
    Notice::new(person, kind, now).fact("product", product).fact("device", claim.device.as_str())
}

/// The day of a moment, as a notice tells it.
fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

pub(super) const fn home(change: HomeChange) -> Change {
    Change::Home(change)
}

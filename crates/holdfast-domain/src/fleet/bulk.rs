//! One act on many devices: ordered once with the number a person was shown, carried out device by device, taken back.
//!
//! Owns no rule about a device: each is dealt with by the function that deals with one (`steps`). The list of devices is
//! fixed when it is ordered, and each device's end is kept with it, so that a run survives a kill at any line.

mod steps;

use holdfast_core::id::{BulkId, DeviceId, GroupId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::shadow::ShadowRefusal;
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::people::Role;
use crate::people::access;
use crate::telemetry::value::{FieldMap, FieldPatch, MapError};

pub use steps::{Done, Facts, Refused, carry_out, judge, take_back};

/// Most devices of one act.
pub const DEVICES_MAX: usize = 100_000;
/// Devices of one step.
pub const STEP_DEVICES_MAX: usize = 64;
/// Most characters of a reason.
pub const REASON_CHARS_MAX: usize = 280;

/// What is done to each device.
#[derive(Debug, Clone, PartialEq)]
pub enum BulkAct {
    /// It may prove itself and take updates, and nothing else.
    Quarantine,
    /// A quarantine that a person ordered ends.
    Release,
    /// It is given a command.
    Command {
        /// The action's name in the product's model.
        action: String,
        /// Its input.
        input: FieldMap,
        /// How long it may wait for the device.
        life: Millis,
    },
    /// What is wanted of it changes.
    Desired(FieldPatch),
    /// It is put into a group.
    Join(GroupId),
    /// It is taken out of a group.
    Leave(GroupId),
    /// It may enrol once more.
    AllowReenrolment,
    /// Its certificates are taken away for good.
    Revoke,
}

impl BulkAct {
    /// The stable word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Release => "release",
            Self::Command { .. } => "command",
            Self::Desired(_) => "desired",
            Self::Join(_) => "join",
            Self::Leave(_) => "leave",
            Self::AllowReenrolment => "allow-reenrolment",
            Self::Revoke => "revoke",
        }
    }

    /// Whether there is an inverse.
    #[must_use]
    pub const fn can_be_undone(&self) -> bool {
        match self {
            Self::Quarantine | Self::Release | Self::Desired(_) | Self::Join(_) | Self::Leave(_) => true,
            Self::Command { .. } | Self::AllowReenrolment | Self::Revoke => false,
        }
    }

    /// What a person must be allowed to do one by one.
    #[must_use]
    pub const fn needs(&self) -> access::Act {
        match self {
            Self::Quarantine | Self::Release => access::Act::ContainDevice,
            Self::Command { .. } => access::Act::GiveCommand,
            Self::Desired(_) => access::Act::SetShadow,
            Self::Join(_) | Self::Leave(_) => access::Act::ManageGroups,
            Self::AllowReenrolment => access::Act::AllowReenrolment,
            Self::Revoke => access::Act::RevokeDevice,
        }
    }

    /// Whether the device's row alone tells what comes of it.
    #[must_use]
    pub const fn is_told_by_the_row(&self) -> bool {
        matches!(self, Self::Quarantine | Self::Release | Self::AllowReenrolment | Self::Revoke)
    }

    /// The group it is about.
    #[must_use]
    pub const fn group(&self) -> Option<&GroupId> {
        match self {
            Self::Join(group) | Self::Leave(group) => Some(group),
            Self::Quarantine
            | Self::Release
            | Self::Command { .. }
            | Self::Desired(_)
            | Self::AllowReenrolment
            | Self::Revoke => None,
        }
    }
}

/// How far an act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkState {
    /// Devices wait for it.
    Running,
    /// All were dealt with.
    Done,
    /// It is taken back.
    Undoing,
    /// All of it was taken back.
    Undone,
}

/// One act on many devices.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// Its id.
    pub id: BulkId,
    /// What is done.
    pub act: BulkAct,
    /// How the devices were chosen: a filter's text, or empty where they were ticked one by one.
    pub chosen: String,
    /// Why, in the words of who ordered it; may be empty.
    pub reason: String,
    /// Who ordered it.
    pub by: PersonId,
    /// When.
    pub ordered: Timestamp,
    /// How far it is.
    pub state: BulkState,
    /// How many devices it is for.
    pub devices: u32,
    /// Devices that it changed.
    pub changed: u32,
    /// Devices that the rules left as they were.
    pub refused: u32,
    /// Devices whose change was taken back.
    pub restored: u32,
    /// Devices whose change was not taken back: they were changed again meanwhile.
    pub kept: u32,
    /// When all were dealt with.
    pub done: Option<Timestamp>,
    /// Who took it back.
    pub undone_by: Option<PersonId>,
    /// When all of it was taken back.
    pub undone: Option<Timestamp>,
}

/// How one device of an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// Its turn has not come.
    Waiting,
    /// It was changed.
    Changed,
    /// The rules said no.
    Refused,
    /// It was changed, and that was taken back.
    Restored,
    /// It was changed, and that was not taken back.
    Kept,
}

impl ItemState {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Changed => "changed",
            Self::Refused => "refused",
            Self::Restored => "restored",
            Self::Kept => "kept",
        }
    }
}

/// One device of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The act.
    pub bulk: BulkId,
    /// The device.
    pub device: DeviceId,
    /// How it stands.
    pub state: ItemState,
    /// Why it was refused or kept, by name.
    pub why: Option<String>,
    /// What undo needs to know of how it was before; a merge patch.
    pub before: Option<String>,
    /// When it was dealt with last.
    pub at: Option<Timestamp>,
}

/// A change of acts on many devices.
#[derive(Debug, Clone, PartialEq)]
pub enum BulkChange {
    /// Keeps a new act with its devices, each waiting.
    Start {
        /// The act.
        bulk: Box<Bulk>,
        /// Its devices.
        devices: Vec<DeviceId>,
    },
    /// Moves an act to another state.
    Move(Box<Bulk>),
    /// Keeps how one device ended and counts it; refused if it is in that state already.
    Settle(Item),
}

/// What a person orders.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What is done.
    pub act: BulkAct,
    /// How the devices were chosen; see [`Bulk::chosen`].
    pub chosen: String,
    /// To whom.
    pub devices: Vec<DeviceId>,
    /// Why.
    pub reason: String,
    /// How many devices the person was shown.
    pub confirmed: u64,
}

/// Why an act does not begin or is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BulkRefusal {
    /// The role may not do it to one device either.
    #[error("your role may not do this to a device")]
    RoleMayNot,
    /// Nobody is chosen.
    #[error("no device is chosen")]
    NoDevices,
    /// Too many are chosen.
    #[error("one act is for at most {DEVICES_MAX} devices; narrow the filter")]
    TooManyDevices,
    /// Another number than the person was shown.
    #[error("{now} devices are meant now and {confirmed} were confirmed; look at the preview again")]
    CountNotConfirmed {
        /// How many are meant now.
        now: u64,
        /// How many were confirmed.
        confirmed: u64,
    },
    /// A reason that is too long, or missing where something cannot be undone.
    #[error("say why, in at most {REASON_CHARS_MAX} characters on one line")]
    ReasonMissing,
    /// A wish that changes nothing.
    #[error("nothing is changed; name at least one setting")]
    NothingToDo,
    /// There is no way back.
    #[error("this act has no way back")]
    NoWayBack,
    /// It was taken back already.
    #[error("it was taken back already")]
    Undone,
}

impl BulkRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RoleMayNot => "role-may-not",
            Self::NoDevices => "no-devices",
            Self::TooManyDevices => "too-many-devices",
            Self::CountNotConfirmed { .. } => "count-not-confirmed",
            Self::ReasonMissing => "reason-missing",
            Self::NothingToDo => "nothing-to-do",
            Self::NoWayBack => "no-way-back",
            Self::Undone => "bulk-undone",
        }
    }
}

/// Begins an act on many devices.
///
/// # Errors
///
/// [`BulkRefusal`] names why it does not begin.
pub fn start(
    order: Order,
    (by, role): (&PersonId, Role),
    id: BulkId,
    now: Timestamp,
) -> Result<(Bulk, Decision), BulkRefusal> {
    let Order { act, chosen, mut devices, reason, confirmed } = order;
    if !access::may(role, act.needs()) {
        return Err(BulkRefusal::RoleMayNot);
    }
    if matches!(&act, BulkAct::Desired(patch) if patch.is_empty()) {
        return Err(BulkRefusal::NothingToDo);
    }
    devices.sort();
    devices.dedup();
    if devices.is_empty() {
        return Err(BulkRefusal::NoDevices);
    }
    if devices.len() > DEVICES_MAX {
        return Err(BulkRefusal::TooManyDevices);
    }
    let count = u32::try_from(devices.len()).unwrap_or(u32::MAX);
    if u64::from(count) != confirmed {
        return Err(BulkRefusal::CountNotConfirmed { now: u64::from(count), confirmed });
    }
    let reason = reason.trim().to_owned();
    let unsaid = reason.is_empty() && !act.can_be_undone();
    if unsaid || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(BulkRefusal::ReasonMissing);
    }
    let line = LedgerLine::new(kind::BULK_ORDERED, now)
        .fact("bulk", &id)
        .fact("act", act.word())
        .fact("devices", u64::from(count))
        .fact("person", by);
    let bulk = Bulk {
        id,
        act,
        chosen,
        reason,
        by: *by,
        ordered: now,
        state: BulkState::Running,
        devices: count,
        changed: 0,
        refused: 0,
        restored: 0,
        kept: 0,
        done: None,
        undone_by: None,
        undone: None,
    };
    let change = Change::Bulk(BulkChange::Start { bulk: Box::new(bulk.clone()), devices });
    Ok((bulk, Decision::new(vec![change], line).with_effect(Effect::WakeBulk(id))))
}

/// Takes an act back: what it changed is restored, device by device. One that still runs stops.
///
/// # Errors
///
/// [`BulkRefusal::NoWayBack`] or [`BulkRefusal::Undone`].
pub fn undo(bulk: &Bulk, (by, role): (&PersonId, Role), now: Timestamp) -> Result<Decision, BulkRefusal> {
    if !access::may(role, bulk.act.needs()) {
        return Err(BulkRefusal::RoleMayNot);
    }
    if !bulk.act.can_be_undone() {
        return Err(BulkRefusal::NoWayBack);
    }
    match bulk.state {
        BulkState::Running | BulkState::Done => {}
        BulkState::Undoing | BulkState::Undone => return Err(BulkRefusal::Undone),
    }
    let line = LedgerLine::new(kind::BULK_UNDO_ORDERED, now).fact("bulk", &bulk.id).fact("person", by);
    let next = Bulk { state: BulkState::Undoing, undone_by: Some(*by), ..bulk.clone() };
    Ok(Decision::new(vec![Change::Bulk(BulkChange::Move(Box::new(next)))], line).with_effect(Effect::WakeBulk(bulk.id)))
}

/// Ends an act that has no device left to deal with; `None` if it has ended.
#[must_use]
pub fn finish(bulk: &Bulk, now: Timestamp) -> Option<Decision> {
    let count = |n: u32| u64::from(n);
    let (next, line) = match bulk.state {
        BulkState::Running => (
            Bulk { state: BulkState::Done, done: Some(now), ..bulk.clone() },
            LedgerLine::new(kind::BULK_DONE, now)
                .fact("changed", count(bulk.changed))
                .fact("refused", count(bulk.refused)),
        ),
        BulkState::Undoing => (
            Bulk { state: BulkState::Undone, undone: Some(now), ..bulk.clone() },
            LedgerLine::new(kind::BULK_UNDONE, now)
                .fact("restored", count(bulk.restored))
                .fact("kept", count(bulk.kept)),
        ),
        BulkState::Done | BulkState::Undone => return None,
    };
    let line = line.fact("bulk", &bulk.id);
    Some(Decision::new(vec![Change::Bulk(BulkChange::Move(Box::new(next)))], line))
}

impl From<MapError> for Refused {
    fn from(why: MapError) -> Self {
        let why = ShadowRefusal::Document(why);
        Self { name: why.name(), text: why.to_string() }
    }
}

#[cfg(test)]
mod tests;

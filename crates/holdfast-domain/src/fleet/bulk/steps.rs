//! One device of an act, forwards or back, by the function that deals with one device.

use holdfast_core::id::{CommandId, PersonId};
use holdfast_core::time::Timestamp;

use super::{Bulk, BulkAct, BulkChange, Item, ItemState};
use crate::decision::{Change, Decision};
use crate::fleet::command::{self, issue_command};
use crate::fleet::enrolment::{allow_reenrolment, revoke};
use crate::fleet::group::{Group, change_member};
use crate::fleet::origin::{Of, Origin};
use crate::fleet::shadow::set_desired;
use crate::fleet::{Device, Shadow};
use crate::integrity::containment;
use crate::telemetry::Model;
use crate::telemetry::value::{FieldMap, FieldPatch, Value};

/// Name of the refusal to set what is set.
const NOTHING_TO_CHANGE: &str = "nothing-to-change";

/// A device as it stands when its turn comes.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The device.
    pub device: &'a Device,
    /// Its product's model, for what needs it.
    pub model: Option<&'a Model>,
    /// Its shadow, for what needs it.
    pub shadow: &'a Shadow,
    /// How many commands wait for it.
    pub open_commands: usize,
    /// The group of the act, and whether the device is in it.
    pub group: Option<(&'a Group, bool)>,
    /// Who set what of the device last, as far as it is known; read where an act is taken back.
    pub origins: &'a [Origin],
    /// Whether whoever ordered the act may still do it.
    pub entitled: bool,
}

impl Facts<'_> {
    /// Whether nobody has set this since that act did, not even to the same.
    fn is_of(&self, of: &Of, bulk: &Bulk, item: &Item) -> bool {
        self.origins.iter().any(|origin| origin.of == *of && origin.by == bulk.by && Some(origin.at) == item.at)
    }
}

/// Why a device is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stable name of the rule's refusal.
    pub name: &'static str,
    /// What it says.
    pub text: String,
}

macro_rules! refused_from {
    ($($name:ty),*) => {$(
        impl From<$name> for Refused {
            fn from(why: $name) -> Self {
                Self { name: why.name(), text: why.to_string() }
            }
        }
    )*};
}
refused_from!(
    containment::ContainmentRefusal,
    command::CommandRefusal,
    crate::fleet::enrolment::FleetRefusal,
    crate::fleet::group::GroupRefusal,
    crate::fleet::shadow::ShadowRefusal
);

impl Refused {
    fn of(name: &'static str, text: &str) -> Self {
        Self { name, text: text.to_owned() }
    }
}

/// What comes of one device.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The rule's decision.
    pub decision: Decision,
    /// What undo will need.
    pub before: Option<String>,
}

/// What an act would do to a device; the single-device rule decides.
///
/// # Errors
///
/// [`Refused`] with that rule's refusal.
pub fn judge(
    act: &BulkAct,
    facts: &Facts<'_>,
    command: CommandId,
    by: &PersonId,
    now: Timestamp,
) -> Result<Done, Refused> {
    if !facts.entitled {
        return Err(Refused::of("role-may-not", "whoever ordered this may not do it any more"));
    }
    let device = facts.device;
    let without = |decision: Decision| Done { decision, before: None };
    let model = || facts.model.ok_or_else(|| Refused::of("product-unknown", "the product has no model"));
    match act {
        BulkAct::Quarantine => Ok(without(containment::quarantine(device, by, now)?)),
        BulkAct::Release => Ok(without(containment::release(device, by, now)?)),
        BulkAct::AllowReenrolment => Ok(without(allow_reenrolment(device, by, now)?)),
        BulkAct::Revoke => Ok(without(revoke(device, by, now)?)),
        BulkAct::Command { action, input, life } => {
            let order = command::Order { id: command, action: action.clone(), input: input.clone(), life: *life };
            Ok(without(issue_command(device, model()?, facts.open_commands, order, by, now)?))
        }
        BulkAct::Desired(patch) => {
            let decision = set_desired(device, facts.shadow, model()?, patch, by, now)?;
            if decision.line.is_none() {
                return Err(Refused::of(NOTHING_TO_CHANGE, "the device is wanted so already"));
            }
            let desired = FieldMap::parse(&facts.shadow.desired)?;
            let before: FieldPatch =
                patch.changes().map(|(name, _)| (name.to_owned(), desired.value(name).cloned())).collect();
            Ok(Done { decision, before: Some(before.to_string()) })
        }
        BulkAct::Join(_) | BulkAct::Leave(_) => {
            let group = facts.group.ok_or_else(|| Refused::of("group-unknown", "the group is not there any more"))?;
            let into = matches!(act, BulkAct::Join(_));
            Ok(without(change_member(group, &device.id, into, by, now)?))
        }
    }
}

/// Deals with one device of a run: changes it, or keeps why not. Always one decision, in which the run counts it.
///
#[must_use]
pub fn carry_out(
    bulk: &Bulk,
    facts: &Facts<'_>,
    command: CommandId,
    now: Timestamp,
) -> (Decision, Option<&'static str>) {
    let (decision, state, why, before) = match judge(&bulk.act, facts, command, &bulk.by, now) {
        Ok(Done { decision, before }) => (decision, ItemState::Changed, None, before),
        Err(why) => (confirmed(bulk, facts, &why, now), ItemState::Refused, Some(why.name), None),
    };
    (settled(decision, bulk, facts, (state, why, before), now), why)
}

/// What is wanted so already is wanted by this act as well: taking an earlier act back leaves it.
fn confirmed(bulk: &Bulk, facts: &Facts<'_>, why: &Refused, now: Timestamp) -> Decision {
    let BulkAct::Desired(patch) = &bulk.act else { return Decision::default() };
    if why.name != NOTHING_TO_CHANGE {
        return Decision::default();
    }
    let origin = |(field, _): (&str, Option<&Value>)| {
        let (device, of) = (facts.device.id.clone(), Of::Desired(field.to_owned()));
        Change::SetOrigin(Origin { device, of, by: bulk.by, at: now })
    };
    Decision::quiet(patch.changes().map(origin).collect())
}

/// Takes one device's change back, as it stands; what somebody set meanwhile stays as they left it, also where they set
/// the same.
#[must_use]
pub fn take_back(
    bulk: &Bulk,
    item: &Item,
    facts: &Facts<'_>,
    command: CommandId,
    now: Timestamp,
) -> (Decision, Option<&'static str>) {
    let by = bulk.undone_by.as_ref().unwrap_or(&bulk.by);
    let (decision, state, why) = match restore(bulk, item, facts, (command, by), now) {
        Ok(decision) => (decision, ItemState::Restored, None),
        Err(why) => (Decision::default(), ItemState::Kept, Some(why.name)),
    };
    (settled(decision, bulk, facts, (state, why, item.before.clone()), now), why)
}

fn settled(
    decision: Decision,
    bulk: &Bulk,
    facts: &Facts<'_>,
    (state, why, before): (ItemState, Option<&'static str>, Option<String>),
    now: Timestamp,
) -> Decision {
    let device = facts.device.id.clone();
    let item = Item { bulk: bulk.id, device, state, why: why.map(str::to_owned), before, at: Some(now) };
    decision.with_change(Change::Bulk(BulkChange::Settle(item)))
}

fn restore(
    bulk: &Bulk,
    item: &Item,
    facts: &Facts<'_>,
    (command, by): (CommandId, &PersonId),
    now: Timestamp,
) -> Result<Decision, Refused> {
    let ours = |of: Of| {
        let since = Refused::of("changed-since", "somebody set this for the device again meanwhile");
        if facts.is_of(&of, bulk, item) { Ok(()) } else { Err(since) }
    };
    let inverse = match &bulk.act {
        BulkAct::Quarantine => {
            ours(Of::Quarantine)?;
            BulkAct::Release
        }
        BulkAct::Release => {
            ours(Of::Quarantine)?;
            BulkAct::Quarantine
        }
        BulkAct::Join(group) => {
            ours(Of::Group(group.clone()))?;
            BulkAct::Leave(group.clone())
        }
        BulkAct::Leave(group) => {
            ours(Of::Group(group.clone()))?;
            BulkAct::Join(group.clone())
        }
        BulkAct::Desired(patch) => BulkAct::Desired(back(bulk, patch, item, facts)?),
        BulkAct::Command { .. } | BulkAct::AllowReenrolment | BulkAct::Revoke => {
            return Err(Refused::of("no-way-back", "this act has no way back"));
        }
    };
    judge(&inverse, facts, command, by, now).map(|done| done.decision)
}

/// The fields that the act set and nobody has set since, as they were before.
fn back(bulk: &Bulk, patch: &FieldPatch, item: &Item, facts: &Facts<'_>) -> Result<FieldPatch, Refused> {
    // Gone with the home it was of.
    let Some(before) = item.before.as_deref() else {
        return Err(Refused::of("home-changed", "the device belongs to another home now"));
    };
    let (desired, before) = (FieldMap::parse(&facts.shadow.desired)?, FieldPatch::parse(before)?);
    let stands = |name: &str| {
        let set = patch.changes().any(|(set, to)| set == name && desired.value(name) == to);
        set && facts.is_of(&Of::Desired(name.to_owned()), bulk, item)
    };
    let back: FieldPatch = before
        .changes()
        .filter(|(name, _)| stands(name))
        .map(|(name, value)| (name.to_owned(), value.cloned()))
        .collect();
    if back.is_empty() {
        return Err(Refused::of("changed-since", "somebody set this for the device again meanwhile"));
    }
    Ok(back)
}

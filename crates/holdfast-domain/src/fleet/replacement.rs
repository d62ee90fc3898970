//! One unit takes the place of another: what was wanted of the old one is wanted of the new one, and the old one is out.
//!
//! History stays where it was made; the link between the two says where to look.

use holdfast_core::id::{DeviceId, PersonId};
use holdfast_core::time::Timestamp;

use super::{Command, CommandOutcome, Device, Enrolment, Shadow};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::telemetry::Model;
use crate::telemetry::value::FieldMap;

/// Which unit took the place of which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The unit that is out.
    pub old: DeviceId,
    /// The unit in its place.
    pub new: DeviceId,
    /// Since when.
    pub at: Timestamp,
}

/// Why a unit does not take the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplacementRefusal {
    /// A unit cannot replace itself.
    #[error("a unit cannot take its own place")]
    Same,
    /// The new unit is not enrolled.
    #[error("the new unit is not enrolled; start it first")]
    NotEnrolled,
    /// The new unit is contained.
    #[error("the new unit is quarantined")]
    Quarantined,
    /// One of them is part of another replacement.
    #[error("one of the two was part of a replacement before")]
    Before,
    /// The new unit was asked for something already; that would be lost.
    #[error("something is wanted of the new unit already; take that back first")]
    InUse,
    /// The new product does not know what was wanted of the old unit.
    #[error("the new unit's product does not have all that was wanted of the old one")]
    ModelDiffers,
}

impl ReplacementRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same-device",
            Self::NotEnrolled => "device-not-enrolled",
            Self::Quarantined => "device-quarantined",
            Self::Before => "replaced-before",
            Self::InUse => "device-in-use",
            Self::ModelDiffers => "model-differs",
        }
    }
}

/// What is known of the two units.
#[derive(Debug, Clone, Copy)]
pub struct ReplacementFacts<'a> {
    /// The unit that goes.
    pub old: &'a Device,
    /// What is wanted of it.
    pub old_shadow: &'a Shadow,
    /// Its open commands.
    pub old_commands: &'a [Command],
    /// The unit that takes its place.
    pub new: &'a Device,
    /// What is wanted of that already.
    pub new_shadow: &'a Shadow,
    /// The model of the new unit's product.
    pub new_model: &'a Model,
    /// Whether either was part of a replacement before.
    pub linked: bool,
}

/// Decides that `new` takes the place of `old`: the wishes move over, the old one is revoked and its open commands end.
///
/// # Errors
///
/// [`ReplacementRefusal`] names why not.
pub fn replace(facts: &ReplacementFacts<'_>, by: &PersonId, now: Timestamp) -> Result<Decision, ReplacementRefusal> {
    let ReplacementFacts { old, old_shadow, old_commands, new, new_shadow, new_model, linked } = *facts;
    if old.id == new.id {
        return Err(ReplacementRefusal::Same);
    }
    if new.enrolment != Enrolment::Accepted {
        return Err(ReplacementRefusal::NotEnrolled);
    }
    if new.quarantine.is_some() {
        return Err(ReplacementRefusal::Quarantined);
    }
    if linked {
        return Err(ReplacementRefusal::Before);
    }
    let wanted = FieldMap::parse(&old_shadow.desired).map_err(|_| ReplacementRefusal::ModelDiffers)?;
    let already = FieldMap::parse(&new_shadow.desired).map_err(|_| ReplacementRefusal::InUse)?;
    if !already.is_empty() && already != wanted {
        return Err(ReplacementRefusal::InUse);
    }
    new_model.check_desired(&wanted).map_err(|_| ReplacementRefusal::ModelDiffers)?;
    let line =
        LedgerLine::new(kind::DEVICE_REPLACED, now).fact("device", &new.id).fact("old", &old.id).fact("person", by);
    let mut changes = Vec::new();
    if already != wanted {
        let (device, from_version) = (new.id.clone(), new_shadow.version);
        changes.push(Change::SetDesired { device, from_version, desired: wanted.to_string() });
    }
    changes.extend(old_commands.iter().filter(|command| command.outcome.is_none()).map(|command| {
        let outcome = CommandOutcome::Failed("device-replaced".to_owned());
        Change::EndCommand { command: command.id, outcome, at: now }
    }));
    changes.push(Change::RevokeCertificates { device: old.id.clone(), at: now });
    changes.push(Change::SetEnrolment { device: old.id.clone(), to: Enrolment::Revoked });
    changes.push(Change::AddReplacement(Replacement { old: old.id.clone(), new: new.id.clone(), at: now }));
    let decision = Decision::new(changes, line);
    Ok(decision.with_effect(Effect::Disconnect(old.id.clone())).with_effect(Effect::PushShadow(new.id.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, THERMOSTAT, device, device_id, person};
    use crate::fleet::Quarantine;

    fn shadow(desired: &str) -> Shadow {
        Shadow { desired: desired.to_owned(), ..Shadow::default() }
    }

    fn check(old: &Device, new: &Device, shadows: (&str, &str), linked: bool) -> Result<Decision, &'static str> {
        let model = Model::compile(THERMOSTAT).unwrap();
        let (old_shadow, new_shadow) = (shadow(shadows.0), shadow(shadows.1));
        let facts = ReplacementFacts {
            old,
            old_shadow: &old_shadow,
            old_commands: &[],
            new,
            new_shadow: &new_shadow,
            new_model: &model,
            linked,
        };
        replace(&facts, &person(), NOW).map_err(ReplacementRefusal::name)
    }

    #[test]
    fn wishes_move_over_and_the_old_unit_is_out() {
        let new = Device { id: device_id(2), ..device() };
        let decision = check(&device(), &new, (r#"{"targetTemperature":21.5}"#, "{}"), false).unwrap();
        let [Change::SetDesired { device: to, desired, .. }, Change::RevokeCertificates { device: out, .. }, ..] =
            decision.changes.as_slice()
        else {
            panic!("{decision:?}")
        };
        assert_eq!((to, desired.as_str(), out), (&new.id, r#"{"targetTemperature":21.5}"#, &device().id));
        assert!(decision.effects.contains(&Effect::Disconnect(device().id)));
        assert!(decision.effects.contains(&Effect::PushShadow(new.id)));
    }

    #[test]
    fn nothing_is_lost_by_a_replacement_that_does_not_fit() {
        let new = Device { id: device_id(2), ..device() };
        let wanted = (r#"{"targetTemperature":21.5}"#, "{}");
        let waiting = Device { enrolment: Enrolment::Preauthorised, ..new.clone() };
        let quarantine = Some(Quarantine { since: NOW, reason: "by-person".to_owned() });
        let contained = Device { quarantine, ..new.clone() };
        assert_eq!(check(&device(), &device(), wanted, false), Err("same-device"));
        assert_eq!(check(&device(), &waiting, wanted, false), Err("device-not-enrolled"));
        assert_eq!(check(&device(), &contained, wanted, false), Err("device-quarantined"));
        assert_eq!(check(&device(), &new, wanted, true), Err("replaced-before"));
        assert_eq!(check(&device(), &new, (wanted.0, r#"{"targetTemperature":5.0}"#), false), Err("device-in-use"));
        assert_eq!(check(&device(), &new, (r#"{"siren":true}"#, "{}"), false), Err("model-differs"));
    }
}

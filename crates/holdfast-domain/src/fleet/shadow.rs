//! The shadow of a device: what is wanted, what is, and the difference that is still to be done.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;

use super::origin::{Of, Origin};
use super::{Device, Enrolment, Shadow};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::telemetry::value::{FieldMap, FieldPatch, MapError, Value};
use crate::telemetry::{FieldRefusal, Model};

/// Why a shadow does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShadowRefusal {
    /// The device is revoked or was rejected.
    #[error("the device is not part of the fleet any more")]
    DeviceRevoked,
    /// One field does not fit the model.
    #[error(transparent)]
    Field(#[from] FieldRefusal),
    /// The document would outgrow its limits.
    #[error(transparent)]
    Document(#[from] MapError),
    /// A report about an older version than the device reported before.
    #[error("the device has reported about a newer version already")]
    Stale,
}

impl ShadowRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::DeviceRevoked => "device-revoked",
            Self::Field(refusal) => refusal.problem.name(),
            Self::Document(error) => error.name(),
            Self::Stale => "stale-report",
        }
    }
}

/// The desired document after a patch (RFC 7396 §2, for flat documents).
#[must_use]
pub fn merge_patch(desired: &FieldMap, patch: &FieldPatch) -> FieldMap {
    desired.patched(patch)
}

/// The desired fields that the device does not report as such; what it still has to do.
#[must_use]
pub fn delta(desired: &FieldMap, reported: &FieldMap) -> FieldMap {
    let differs = |(name, value): &(&str, &_)| reported.value(name) != Some(*value);
    desired.iter().filter(differs).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// Decides a person's change of the desired side. A patch that changes nothing leaves one thing behind: that this person
/// wants it so as well.
///
/// # Errors
///
/// [`ShadowRefusal`] names what does not fit.
pub fn set_desired(
    device: &Device,
    shadow: &Shadow,
    model: &Model,
    patch: &FieldPatch,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, ShadowRefusal> {
    match device.enrolment {
        Enrolment::Revoked | Enrolment::Rejected => return Err(ShadowRefusal::DeviceRevoked),
        Enrolment::Accepted | Enrolment::Preauthorised | Enrolment::Pending => {}
    }
    let before = FieldMap::parse(&shadow.desired)?;
    let after = merge_patch(&before, patch);
    model.check_desired(&after)?;
    let fields = patch.changes().map(|(field, _)| {
        let (device, of) = (device.id.clone(), Of::Desired(field.to_owned()));
        Change::SetOrigin(Origin { device, of, by: *by, at: now })
    });
    if after == before {
        return Ok(Decision::quiet(fields.collect()));
    }
    let desired = after.to_string();
    FieldMap::parse(&desired)?;
    let line = LedgerLine::new(kind::SHADOW_DESIRED, now)
        .fact("device", &device.id)
        .fact("version", shadow.version.saturating_add(1))
        .fact("person", by);
    let change = Change::SetDesired { device: device.id.clone(), from_version: shadow.version, desired };
    let changes = std::iter::once(change).chain(fields).collect();
    Ok(Decision::new(changes, line).with_effect(Effect::PushShadow(device.id.clone())))
}

/// Decides what a device reports: the whole reported side, at the version it has applied.
///
/// A version above the server's is taken as the server's: after a restore from backup the device knows a later one, and
/// the difference is computed from the fields anyway.
///
/// # Errors
///
/// [`ShadowRefusal`] names what does not fit.
pub fn apply_reported(
    device: &Device,
    shadow: &Shadow,
    model: &Model,
    version: u64,
    reported: &FieldMap,
    now: Timestamp,
) -> Result<Decision, ShadowRefusal> {
    let applied_version = version.min(shadow.version);
    if applied_version < shadow.applied_version {
        return Err(ShadowRefusal::Stale);
    }
    model.check_reported(reported)?;
    let mut changes = sensed(device, shadow, model, reported, now);
    let reported = reported.to_string();
    changes.insert(0, Change::SetReported { device: device.id.clone(), applied_version, reported, at: now });
    Ok(Decision::quiet(changes))
}

/// What began or ended to listen, watch or locate with this report. What was never reported on begins as it is reported.
fn sensed(device: &Device, shadow: &Shadow, model: &Model, reported: &FieldMap, now: Timestamp) -> Vec<Change> {
    let before = FieldMap::parse(&shadow.reported).unwrap_or_default();
    let state = |map: &FieldMap, name: &str| match map.value(name) {
        Some(Value::Boolean(on)) => Some(*on),
        Some(_) | None => None,
    };
    let listening = model.properties().iter().filter(|property| property.listens.is_some());
    listening
        .filter_map(|property| {
            let name = &property.field.name;
            let active = state(reported, name)?;
            (state(&before, name) != Some(active)).then(|| Change::SetSensing {
                device: device.id.clone(),
                property: name.clone(),
                active,
                since: now,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, THERMOSTAT, device, person};

    fn map(json: &str) -> FieldMap {
        FieldMap::parse(json).expect("a flat map")
    }

    fn shadow(version: u64, desired: &str, applied_version: u64) -> Shadow {
        Shadow { version, desired: desired.to_owned(), applied_version, ..Shadow::default() }
    }

    fn set(shadow: &Shadow, patch: &str) -> Result<Decision, &'static str> {
        let model = Model::compile(THERMOSTAT).expect("compiles");
        let patch = FieldPatch::parse(patch).expect("a patch");
        set_desired(&device(), shadow, &model, &patch, &person(), NOW).map_err(|refusal| refusal.name())
    }

    #[test]
    fn a_patch_sets_replaces_and_removes_fields() {
        let patch = FieldPatch::parse(r#"{"a":2,"b":null,"c":"new"}"#).expect("a patch");
        assert_eq!(merge_patch(&map(r#"{"a":1,"b":1,"d":1}"#), &patch), map(r#"{"a":2,"c":"new","d":1}"#));
    }

    #[test]
    fn the_delta_is_what_the_device_does_not_report() {
        let delta = |desired, reported| delta(&map(desired), &map(reported)).to_string();
        assert_eq!(delta(r#"{"a":1,"b":2.0,"c":true}"#, r#"{"a":1,"b":2,"z":9}"#), r#"{"c":true}"#);
        assert_eq!(delta("{}", r#"{"z":9}"#), "{}");
    }

    #[test]
    fn a_change_is_made_against_the_version_it_was_based_on_and_pushed() {
        let decision = set(&shadow(4, r#"{"childLock":true}"#, 0), r#"{"targetTemperature":21.5}"#).expect("decided");
        let [Change::SetDesired { from_version, desired, .. }, ..] = decision.changes.as_slice() else { panic!() };
        assert_eq!((*from_version, desired.as_str()), (4, r#"{"childLock":true,"targetTemperature":21.5}"#));
        assert_eq!(decision.effects, [Effect::PushShadow(device().id)]);
    }

    #[test]
    fn a_patch_that_changes_nothing_keeps_only_who_wants_it_so_as_well() {
        let same = set(&shadow(4, r#"{"targetTemperature":21}"#, 0), r#"{"targetTemperature":21.0,"mode":null}"#);
        let same = same.expect("decided");
        assert_eq!((same.line, same.effects), (None, Vec::new()));
        assert!(same.changes.iter().all(|change| matches!(change, Change::SetOrigin(_))) && same.changes.len() == 2);
    }

    #[test]
    fn what_the_model_does_not_allow_is_not_desired() {
        assert_eq!(set(&shadow(0, "", 0), r#"{"radioChannel":1}"#), Err("read-only-field"));
        assert_eq!(set(&shadow(0, "", 0), r#"{"targetTemperature":99}"#), Err("out-of-range"));
        assert_eq!(set(&shadow(0, "", 0), r#"{"nonsense":1}"#), Err("undeclared-field"));
    }

    #[test]
    fn a_report_is_applied_unless_it_is_older_than_the_last() {
        let model = Model::compile(THERMOSTAT).expect("compiles");
        let apply = |version, json: &str| {
            apply_reported(&device(), &shadow(5, "", 3), &model, version, &map(json), NOW).map_err(|r| r.name())
        };
        assert_eq!(apply(2, "{}"), Err("stale-report"));
        assert_eq!(apply(3, r#"{"nonsense":1}"#), Err("undeclared-field"));
        let decision = apply(9, r#"{"valveCalibrated":true}"#).expect("applied");
        assert!(matches!(decision.changes.as_slice(), [Change::SetReported { applied_version: 5, .. }]));
        assert_eq!(decision.line, None, "daily traffic is no history");
    }

    #[test]
    fn a_report_keeps_since_when_something_listens() {
        let listening = THERMOSTAT.replacen(
            r#""childLock": {"#,
            r#""recording": { "title": "Microphone", "type": "boolean", "readOnly": true, "hf:listens": "microphone" },
               "childLock": {"#,
            1,
        );
        let model = Model::compile(&listening).expect("compiles");
        let report = |before: &str, now: &str| {
            let shadow = Shadow { reported: before.to_owned(), ..shadow(1, "", 0) };
            apply_reported(&device(), &shadow, &model, 1, &map(now), NOW).expect("applied").changes
        };
        let began = report("{}", r#"{"recording":true}"#);
        assert!(
            matches!(&began[1], Change::SetSensing { active: true, since: NOW, property, .. } if property == "recording")
        );
        assert_eq!(report(r#"{"recording":true}"#, r#"{"recording":true}"#).len(), 1, "it goes on since then");
        assert!(matches!(
            report(r#"{"recording":true}"#, r#"{"recording":false}"#)[1],
            Change::SetSensing { active: false, .. }
        ));
        for wrong in [
            r#""recording": { "type": "boolean", "hf:listens": "camera" }"#,
            r#""recording": { "type": "integer", "readOnly": true, "hf:listens": "camera" }"#,
        ] {
            let text = THERMOSTAT.replacen(r#""childLock": {"#, &format!(r#"{wrong}, "childLock": {{"#), 1);
            assert_eq!(Model::compile(&text).expect_err("refused").name(), "keyword-for-other-type");
        }
    }
}

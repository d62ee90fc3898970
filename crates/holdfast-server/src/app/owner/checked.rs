//! "Check my set-up", its one-tap repair, dangers that are told before, and what a device sent lately: gathered from the
//! store, judged by the rules.

use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::Shadow;
use holdfast_domain::homes::check::check as points_of;
use holdfast_domain::telemetry::guard::{self, Guard, Stands};
use holdfast_domain::telemetry::schema::Property;
use holdfast_domain::telemetry::value::{FieldMap, FieldPatch, MapError};
use holdfast_web::backend::fleet::DesiredChange;
use holdfast_web::backend::owner::{CheckView, GuardedSetting, Owners as _, SummaryView, Traffic};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind};

use super::super::{House, refuse, stored};
use super::needs;
use crate::clock;

/// The span of a summary: 30 days.
const SUMMARY: Millis = Millis::from_secs(30 * 86_400);

fn shown(property: &Property, guard: &Guard, stands: Stands) -> GuardedSetting {
    GuardedSetting {
        name: property.field.name.clone(),
        title: property.field.title.clone().unwrap_or_else(|| property.field.name.clone()),
        stands,
        protects: guard.protects.clone(),
        risk: guard.risk.clone(),
        steps: guard.steps.clone(),
    }
}

fn sides(shadow: &Shadow) -> (FieldMap, FieldMap) {
    let map = |text: &str| FieldMap::parse(text).unwrap_or_default();
    (map(&shadow.desired), map(&shadow.reported))
}

pub(super) fn risks(
    house: &House,
    by: &Caller,
    device: &DeviceId,
    change: &DesiredChange,
) -> Answer<Vec<GuardedSetting>> {
    let (my, _) = house.my_own(by, device)?;
    let model = house.model_of(&my.product)?;
    let (desired, _) = sides(&house.store.shadow(device).map_err(stored)?);
    let malformed = |why: MapError| refuse(RefusalKind::Malformed, why.name(), why.to_string());
    let patch = FieldPatch::parse(&change.patch).map_err(malformed)?;
    let dangers = guard::risks(&model, &desired, &patch);
    Ok(dangers.into_iter().map(|(property, guard)| shown(property, guard, Stands::Open)).collect())
}

pub(super) fn check(house: &House, by: &Caller, device: &DeviceId) -> Answer<CheckView> {
    let now = clock::now();
    let (my, rights) = house.my_own(by, device)?;
    let facts = house.facts_of(&house.device_or_absent(device)?, &my, now)?;
    let ways = house.store.ways(by.person.id, now).map_err(stored)?;
    let recoverable = ways.recovery_codes > 0 || ways.passkeys > 1;
    let ours = !house.speaks_of_another_home(device)?;
    let shadow = if ours { house.store.shadow(device).map_err(stored)? } else { Shadow::default() };
    let (desired, reported) = sides(&shadow);
    let model = house.model_of(&my.product)?;
    let settings: Vec<GuardedSetting> = guard::standing(&model, &desired, &reported)
        .map(|(property, guard, stands)| shown(property, guard, stands))
        .collect();
    let open = settings.iter().any(|setting| setting.stands == Stands::Open);
    Ok(CheckView {
        points: points_of(&facts, Some(recoverable), now),
        repairable: open && rights.control,
        device: house.told(my)?,
        settings,
    })
}

pub(super) fn repair(house: &House, by: &Caller, device: &DeviceId) -> Answer<Shadow> {
    let (my, rights) = house.my_own(by, device)?;
    needs(rights.control)?;
    let model = house.model_of(&my.product)?;
    let shadow = house.store.shadow(device).map_err(stored)?;
    let (desired, reported) = sides(&shadow);
    let patch = guard::repair(&model, &desired, &reported);
    if patch.is_empty() {
        return Ok(shadow);
    }
    let change = DesiredChange { from_version: Some(shadow.version), patch: patch.to_string() };
    house.set_at_home(by, device, &change, &[])
}

pub(super) fn summary(house: &House, by: &Caller, device: &DeviceId) -> Answer<SummaryView> {
    let (my, _) = house.my_own(by, device)?;
    let view = house.home_device(by, device)?;
    let to = clock::now();
    let month = Timestamp::from_micros(to.as_micros().saturating_sub(micros(SUMMARY)));
    // What was before somebody came is not theirs to know.
    let from = month.max(my.since);
    let model = house.model_of(&my.product)?;
    let streams = view.sent.iter().map(|sent| {
        let (messages, bytes) = house.store.telemetry_traffic(device, &sent.stream, from, to).map_err(stored)?;
        let personal = model.streams().iter().any(|s| s.name == sent.stream.as_str() && s.is_personal());
        Ok(Traffic { stream: sent.stream.clone(), title: sent.title.clone(), personal, messages, bytes })
    });
    let streams = streams.collect::<Answer<Vec<_>>>()?;
    Ok(SummaryView { device: view.device, from, to, streams, sensing: view.sensing })
}

fn micros(span: Millis) -> i64 {
    i64::try_from(span.0.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

//! What the detectors have learnt, on disk: read at the start, written in turns, taught by what people dismiss.

use std::collections::BTreeMap;
use std::ops::Bound;

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::anomaly::Settings;
use holdfast_domain::integrity::anomaly::device::DeviceWatch;
use holdfast_domain::integrity::anomaly::door::ServiceWatch;
use holdfast_domain::integrity::finding::{Finding, FindingKind, Subject};
use holdfast_store::{StoreError, wait};

use super::{DEVICES_AT_ONCE, State, Watched, telling};
use crate::app::{House, chain};
use crate::clock;

/// States that are written in one window; a larger fleet takes several.
const WRITTEN_MAX: usize = 2_000;
/// Dismissals that are learnt in one window.
const DISMISSALS_MAX: u32 = 500;
/// After a start, dismissals of so long ago are learnt once more: a kill may have come before.
const LOOK_BACK_US: i64 = 3_600_000_000;
/// Where the key for hashing networks is kept.
const KEY: &str = "network-key:";

/// Gives the devices' door its key for networks and the lowered budgets; before it opens.
pub(super) fn prepare(house: &House) -> Result<(), StoreError> {
    let observer = house.connections.observer();
    let kept = house.store.detector_state(KEY)?.and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = kept.unwrap_or_else(|| {
        let fresh: [u8; 32] = clock::random();
        if let Err(why) = wait(house.store.keep_detectors(vec![(KEY.to_owned(), fresh.to_vec())], clock::now())) {
            tracing::error!(why = %chain(&why), "the key for networks cannot be kept");
        }
        fresh
    });
    observer.set_key(key);
    for (device, throttle) in house.store.throttles()? {
        observer.throttle(&device, Some(&throttle));
    }
    Ok(())
}

/// Reads everything that was learnt.
pub(super) fn load(house: &House, state: &mut State, now: Timestamp) -> Result<(), StoreError> {
    let mut kept = BTreeMap::new();
    let mut after = String::new();
    loop {
        let rows = house.store.detector_states(&after, DEVICES_AT_ONCE)?;
        let Some((last, _)) = rows.last() else { break };
        after.clone_from(last);
        kept.extend(rows);
    }
    kept.remove(KEY);
    let mut after: Option<DeviceId> = None;
    loop {
        let rows = house.store.watched_devices(after.as_ref(), DEVICES_AT_ONCE)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.device.clone());
        for row in rows {
            let bytes = kept.remove(&Subject::Device(row.device.clone()).to_string());
            let watch = bytes.and_then(|bytes| DeviceWatch::unpack(&bytes)).unwrap_or_default();
            state.devices.insert(row.device, Watched { product: row.product, watch });
        }
    }
    for (subject, bytes) in kept {
        if let (Ok(subject @ (Subject::Person(_) | Subject::Doors)), Some(watch)) =
            (subject.parse::<Subject>(), ServiceWatch::unpack(&bytes))
        {
            state.services.insert(subject, watch);
        }
    }
    state.learnt_until = Timestamp::from_micros(now.as_micros().saturating_sub(LOOK_BACK_US));
    Ok(())
}

/// Writes what has changed: as much as one window allows, going round, or all of it.
pub(super) fn keep(house: &House, state: &mut State, now: Timestamp, all: bool) {
    loop {
        let from = state.written.take().map_or(Bound::Unbounded, Bound::Excluded);
        let batch: Vec<Subject> = state.dirty.range((from, Bound::Unbounded)).take(WRITTEN_MAX).cloned().collect();
        let bytes = |subject: &Subject| match subject {
            Subject::Device(device) => state.devices.get(device).map(|watched| watched.watch.pack()),
            Subject::Person(_) | Subject::Doors => state.services.get(subject).map(ServiceWatch::pack),
            Subject::Model(_) => None,
        };
        let states: Vec<_> = batch.iter().filter_map(|subject| Some((subject.to_string(), bytes(subject)?))).collect();
        if let Err(why) = wait(house.store.keep_detectors(states, now)) {
            return tracing::error!(why = %chain(&why), "what the detectors learnt cannot be written; it is tried again");
        }
        for subject in &batch {
            state.dirty.remove(subject);
        }
        state.written = batch.last().filter(|_| batch.len() == WRITTEN_MAX).cloned();
        if !all || state.dirty.is_empty() {
            return;
        }
    }
}

/// Learns what people called expected since the last time.
pub(super) fn learn(house: &House, state: &mut State, settings: &Settings) -> Result<(), StoreError> {
    let dismissed = house.store.findings_dismissed(state.learnt_until, DISMISSALS_MAX)?;
    for finding in &dismissed {
        state.learnt_until = state.learnt_until.max(finding.state_at);
        accept(state, finding, settings);
    }
    Ok(())
}

fn accept(state: &mut State, finding: &Finding, settings: &Settings) {
    let kind: FindingKind = finding.kind;
    match &finding.subject {
        Subject::Device(device) => {
            if let Some(watched) = state.devices.get_mut(device) {
                let field = finding.evidence.field.as_deref().map(telling::field_key);
                watched.watch.accept(kind, field, settings);
                if let Some(cohort) = state.cohorts.get_mut(&watched.product) {
                    cohort.forget(device, kind);
                }
                state.dirty.insert(finding.subject.clone());
            }
        }
        Subject::Model(product) => {
            for (device, watched) in state.devices.iter_mut().filter(|(_, watched)| watched.product == *product) {
                watched.watch.accept(kind, finding.evidence.field.as_deref().map(telling::field_key), settings);
                state.dirty.insert(Subject::Device(device.clone()));
            }
            state.cohorts.remove(product);
        }
        Subject::Person(_) | Subject::Doors => {
            if let Some(watch) = state.services.get_mut(&finding.subject) {
                watch.accept(kind);
                state.dirty.insert(finding.subject.clone());
            }
        }
    }
}

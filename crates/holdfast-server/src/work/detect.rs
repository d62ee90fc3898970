//! The detectors at work: each window they see what every device did, and open findings.
//!
//! What they have learnt is in memory and written down in turns, so that a kill costs minutes of learning and no finding.
//! Rules are the domain's; the counts come from the devices' door (`gateway::observe`) and from the people's door.

mod learnt;
mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use holdfast_core::id::{DeviceId, PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::anomaly::cohort::{Cohort, Verdict, apart};
use holdfast_domain::integrity::anomaly::device::DeviceWatch;
use holdfast_domain::integrity::anomaly::door::{ServiceUse, ServiceWatch};
use holdfast_domain::integrity::anomaly::{Hit, Observation, Settings};
use holdfast_domain::integrity::finding::Subject;
use holdfast_store::StoreError;

use crate::app::{House, chain};
use crate::clock;

/// Devices that are read at once.
const DEVICES_AT_ONCE: u32 = 5_000;
/// People whose use is followed at the same time.
const PEOPLE_MAX: usize = 10_000;

/// Gives the devices' door its key for networks and the lowered budgets; before it opens.
pub(crate) fn prepare(house: &House) -> Result<(), StoreError> {
    learnt::prepare(house)
}

/// The detectors of the whole house.
#[derive(Debug, Default)]
pub(crate) struct Detect {
    settings: Mutex<Settings>,
    used: Mutex<BTreeMap<Subject, ServiceUse>>,
    state: Mutex<State>,
}

/// What was learnt, and what waits.
#[derive(Debug, Default)]
struct State {
    loaded: bool,
    window: u64,
    devices: BTreeMap<DeviceId, Watched>,
    cohorts: BTreeMap<ProductId, Cohort>,
    services: BTreeMap<Subject, ServiceWatch>,
    /// Dismissals up to here are learnt.
    learnt_until: Timestamp,
    /// Subjects whose state is to be written.
    dirty: BTreeSet<Subject>,
    /// The last of those that were written; the others have their turn next.
    written: Option<Subject>,
}

#[derive(Debug)]
struct Watched {
    product: ProductId,
    watch: DeviceWatch,
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Detect {
    /// Sets how long windows are and how much is learnt first.
    pub(crate) fn set(&self, settings: Settings) {
        *locked(&self.settings) = settings;
    }

    /// How the detectors are set.
    pub(crate) fn settings(&self) -> Settings {
        *locked(&self.settings)
    }

    /// Counts one answered request of a person.
    pub(crate) fn used(&self, person: PersonId, bytes: u64) {
        let mut used = locked(&self.used);
        let subject = Subject::Person(person);
        if used.len() < PEOPLE_MAX || used.contains_key(&subject) {
            let seen = used.entry(subject).or_default();
            (seen.calls, seen.bytes) = (seen.calls.saturating_add(1), seen.bytes.saturating_add(bytes));
        }
    }

    /// Counts a refusal at the people's door, if it is of a proof of identity.
    pub(crate) fn refused(&self, name: &str) {
        if matches!(name, "token-refused" | "link-refused" | "link-unknown" | "link-used" | "link-expired") {
            let mut used = locked(&self.used);
            let seen = used.entry(Subject::Doors).or_default();
            seen.failures = seen.failures.saturating_add(1);
        }
    }

    /// Looks at the last window, once it is over.
    pub(crate) fn step(&self, house: &House) {
        let settings = self.settings();
        let now = clock::now();
        let window = u64::try_from(now.as_micros()).unwrap_or(0) / 1_000 / settings.window_ms.max(1);
        let mut state = locked(&self.state);
        if !state.loaded {
            match learnt::load(house, &mut state, now) {
                Ok(()) => state.loaded = true,
                Err(why) => return tracing::error!(why = %chain(&why), "the detectors' state cannot be read"),
            }
            state.window = window;
            return;
        }
        if state.window == window {
            return;
        }
        state.window = window;
        let seen = house.connections.observer().take();
        if let Err(why) = state.look(house, seen, (window, &settings)) {
            tracing::error!(why = %chain(&why), "devices cannot be read; the window is passed over");
        }
        let used = std::mem::take(&mut *locked(&self.used));
        state.look_at_services(house, &used, &settings);
        if let Err(why) = learnt::learn(house, &mut state, &settings) {
            tracing::error!(why = %chain(&why), "dismissed findings cannot be read");
        }
        learnt::keep(house, &mut state, now, false);
    }

    /// Writes down everything that was learnt.
    pub(crate) fn end(&self, house: &House) {
        learnt::keep(house, &mut locked(&self.state), clock::now(), true);
    }
}

impl State {
    fn look(
        &mut self,
        house: &House,
        mut seen: BTreeMap<DeviceId, Observation>,
        (window, settings): (u64, &Settings),
    ) -> Result<(), StoreError> {
        let mut fleets: BTreeMap<ProductId, usize> = BTreeMap::new();
        let mut known = BTreeSet::new();
        let mut after: Option<DeviceId> = None;
        loop {
            let rows = house.store.watched_devices(after.as_ref(), DEVICES_AT_ONCE)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.device.clone());
            for row in rows {
                let mut observed = seen.remove(&row.device).unwrap_or_default();
                observed.software = row.software;
                *fleets.entry(row.product.clone()).or_default() += 1;
                let entry = self.devices.entry(row.device.clone());
                let watched =
                    entry.or_insert_with(|| Watched { product: row.product.clone(), watch: DeviceWatch::default() });
                for hit in watched.watch.step(&observed, window, settings) {
                    self.cohorts.entry(row.product.clone()).or_default().note(&row.device, hit, window);
                }
                self.dirty.insert(Subject::Device(row.device.clone()));
                known.insert(row.device);
            }
        }
        self.devices.retain(|device, _| known.contains(device));
        if window.is_multiple_of(u64::from(settings.long_windows.max(1))) {
            self.compare(window, settings);
        }
        for (product, cohort) in &mut self.cohorts {
            for verdict in cohort.settle(window, fleets.get(product).copied().unwrap_or(0)) {
                let (subject, device, devices, hit) = match verdict {
                    Verdict::Device(device, hit) => (Subject::Device(device.clone()), device, 1, hit),
                    Verdict::Model(count, device, hit) => (Subject::Model(product.clone()), device, count, hit),
                };
                let series =
                    self.devices.get(&device).map(|watched| watched.watch.track(hit.track)).unwrap_or_default();
                telling::tell(house, (subject, product), telling::Shown { hit, devices, series }, settings);
            }
        }
        Ok(())
    }

    /// Devices that are far from all others of their product.
    fn compare(&mut self, window: u64, settings: &Settings) {
        let mut norms: BTreeMap<ProductId, Vec<(DeviceId, [f32; 2])>> = BTreeMap::new();
        for (device, watched) in self.devices.iter().filter(|(_, watched)| watched.watch.is_warm(settings)) {
            norms.entry(watched.product.clone()).or_default().push((device.clone(), watched.watch.norms()));
        }
        for (product, norms) in norms {
            for (device, hit) in apart(&norms) {
                self.cohorts.entry(product.clone()).or_default().note(&device, hit, window);
            }
        }
    }

    fn look_at_services(&mut self, house: &House, used: &BTreeMap<Subject, ServiceUse>, settings: &Settings) {
        for subject in used.keys() {
            if self.services.len() < PEOPLE_MAX {
                self.services.entry(subject.clone()).or_default();
            }
        }
        for (subject, watch) in &mut self.services {
            let seen = used.get(subject).copied().unwrap_or_default();
            if seen != ServiceUse::default() {
                self.dirty.insert(subject.clone());
            }
            for hit in watch.step(seen, settings) {
                tell_service(house, subject, hit, settings);
            }
        }
    }
}

fn tell_service(house: &House, subject: &Subject, hit: Hit, settings: &Settings) {
    let shown = telling::Shown { hit, devices: 0, series: Vec::new() };
    telling::tell_plain(house, subject, shown, settings);
}

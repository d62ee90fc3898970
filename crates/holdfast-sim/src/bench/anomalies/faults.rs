//! Injected faults: what is found, how soon, and how often something is told that is none.

use std::collections::BTreeMap;

use holdfast_core::id::DeviceId;
use holdfast_domain::integrity::anomaly::cohort::{Cohort, Verdict};
use holdfast_domain::integrity::anomaly::device::DeviceWatch;
use holdfast_domain::integrity::anomaly::{Observation, Settings};
use holdfast_domain::integrity::finding::FindingKind;
use serde::Serialize;

use super::fleet::{DAY, Device, Events, Fault, Scale};
use super::naive::ThreeSigma;
use super::share;

/// A finding that goes on is one, as long as it was seen within a day.
const OVER_AFTER: u32 = DAY;
/// A fault may be found so long after its end: slow sums and held hits take their time.
const AFTERWARDS: u32 = 90;

/// All figures of the fleet.
#[derive(Debug, Serialize)]
pub(super) struct Scores {
    pub(super) seed: u64,
    pub(super) devices: u32,
    pub(super) days: u32,
    pub(super) device_years: f64,
    pub(super) state_bytes: usize,
    pub(super) faults: Vec<Row>,
    pub(super) ours: Side,
    pub(super) naive: Side,
    pub(super) benign: Vec<&'static str>,
    pub(super) false_alarms: Vec<String>,
}

/// One fault.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) fault: &'static str,
    pub(super) injected: u32,
    pub(super) ours: Found,
    pub(super) naive: Found,
}

/// How often and how soon.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Found {
    pub(super) found: u32,
    pub(super) delay_minutes: Option<f64>,
}

/// One detector's totals.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Side {
    pub(super) precision: f64,
    pub(super) recall: f64,
    pub(super) false_per_device_year: f64,
}

/// Something that a detector told.
#[derive(Debug, Clone)]
struct Told {
    device: Option<usize>,
    kind: &'static str,
    window: u32,
}

fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::Stuck => "stuck sensor",
        Fault::Noisy => "noisy sensor",
        Fault::Spike => "single spike",
        Fault::Drift => "slow drift",
        Fault::Missing => "missing messages",
        Fault::Late => "late by five minutes",
        Fault::Reordered => "reordered",
        Fault::Duplicated => "duplicated",
        Fault::Flood => "flood",
        Fault::SlowExfiltration => "slow exfiltration (+30 %)",
        Fault::ClockJump => "clock jump (10 minutes)",
        Fault::ReconnectStorm => "reconnect storm",
        Fault::NewEndpoint => "new endpoint",
        Fault::Silent => "gone silent",
        Fault::AuthFailures => "authentication failures",
    }
}

/// Kinds that say what the fault is.
fn names_it(fault: Fault, kind: &str) -> bool {
    use FindingKind as K;
    let kinds: &[FindingKind] = match fault {
        Fault::Stuck => &[K::SensorStuck],
        Fault::Noisy => &[K::ValueNoisy, K::ValueSpike],
        Fault::Spike => &[K::ValueSpike],
        Fault::Drift => &[K::ValueDrift],
        Fault::Missing => &[K::ReadingsMissing, K::MessageRateLow],
        Fault::Late => &[K::DeliveryDelayed, K::ClockJump],
        Fault::Reordered => &[K::ReadingsReordered],
        Fault::Duplicated => &[K::ReadingsRepeated],
        Fault::Flood => &[K::MessageRateHigh, K::VolumeHigh],
        Fault::SlowExfiltration => &[K::SlowExfiltration, K::VolumeHigh],
        Fault::ClockJump => &[K::ClockJump, K::ClockSkew],
        Fault::ReconnectStorm => &[K::ReconnectStorm],
        Fault::NewEndpoint => &[K::NewEndpoint],
        Fault::Silent => &[K::DeviceSilent],
        Fault::AuthFailures => &[K::AuthFailures, K::RefusalsHigh],
    };
    kinds.iter().any(|known| known.name() == kind)
}

/// Simulates the fleet once and lets both detectors look at the same windows.
pub(super) fn score(scale: Scale) -> Scores {
    let events = Events::of(scale.days);
    let mut devices: Vec<Device> = (0..scale.devices).map(|n| Device::new(scale, n, &events)).collect();
    let (mut ours, mut naive) = (Ours::new(scale.devices), Naive::new(scale.devices));
    for window in 0..scale.days * DAY {
        for (at, device) in devices.iter_mut().enumerate() {
            let seen = device.window(window, &events);
            ours.look(at, &seen, window);
            naive.look(at, &seen, window);
        }
        ours.settle(window);
    }
    let state_bytes = ours.watches.iter().map(|watch| watch.pack().len()).max().unwrap_or(0);
    let device_years = f64::from(scale.devices) * f64::from(scale.days) / 365.0;
    let (our_rows, our_side, wrong) = judge(&devices, &ours.told, device_years, names_it);
    // Three sigma has no names for what it sees: whatever it says of the device while the fault lasts counts.
    let (naive_rows, naive_side, _) = judge(&devices, &naive.told, device_years, |_, _| true);
    let faults = Fault::ALL.into_iter().map(|fault| Row {
        fault: name(fault),
        injected: devices
            .iter()
            .filter(|device| device.fault.is_some_and(|at| at.fault == fault))
            .count()
            .try_into()
            .unwrap_or(0),
        ours: our_rows.get(&fault).copied().unwrap_or_default(),
        naive: naive_rows.get(&fault).copied().unwrap_or_default(),
    });
    Scores {
        seed: scale.seed,
        devices: scale.devices,
        days: scale.days,
        device_years,
        state_bytes,
        faults: faults.collect(),
        ours: our_side,
        naive: naive_side,
        benign: Events::names(),
        false_alarms: wrong,
    }
}

struct Ours {
    settings: Settings,
    watches: Vec<DeviceWatch>,
    ids: Vec<DeviceId>,
    cohort: Cohort,
    last: BTreeMap<(Option<usize>, FindingKind), u32>,
    told: Vec<Told>,
}

impl Ours {
    fn new(devices: u32) -> Self {
        Self {
            settings: Settings::default(),
            watches: (0..devices).map(|_| DeviceWatch::default()).collect(),
            ids: (0..devices).filter_map(|n| format!("sim-{n:06}").parse().ok()).collect(),
            cohort: Cohort::default(),
            last: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    fn look(&mut self, at: usize, seen: &Observation, window: u32) {
        let (Some(watch), Some(id)) = (self.watches.get_mut(at), self.ids.get(at)) else { return };
        for hit in watch.step(seen, u64::from(window), &self.settings) {
            self.cohort.note(id, hit, u64::from(window));
        }
    }

    fn settle(&mut self, window: u32) {
        for verdict in self.cohort.settle(u64::from(window), self.watches.len()) {
            let (device, kind) = match verdict {
                Verdict::Device(device, hit) => (self.ids.iter().position(|id| *id == device), hit.kind),
                Verdict::Model(_, _, hit) => (None, hit.kind),
            };
            let before = self.last.insert((device, kind), window);
            if before.is_none_or(|before| window - before > OVER_AFTER) {
                self.told.push(Told { device, kind: kind.name(), window });
            }
        }
    }
}

/// Three sigma on the same figures.
struct Naive {
    figures: Vec<[ThreeSigma; 10]>,
    last: BTreeMap<(usize, usize), u32>,
    told: Vec<Told>,
}

impl Naive {
    fn new(devices: u32) -> Self {
        Self {
            figures: (0..devices).map(|_| [ThreeSigma::default(); 10]).collect(),
            last: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    fn look(&mut self, at: usize, seen: &Observation, window: u32) {
        let Some(figures) = self.figures.get_mut(at) else { return };
        let field = |key: u16| seen.fields.iter().find(|field| field.key == key).map(|field| f64::from(field.mean));
        #[expect(clippy::cast_precision_loss, reason = "a lag of hours at most")]
        let lag = seen.lag_ms.map(|lag| lag as f64);
        let all = [
            Some(f64::from(seen.messages)),
            Some(f64::from(seen.bytes)),
            Some(f64::from(seen.refused)),
            Some(f64::from(seen.connects)),
            Some(f64::from(seen.missing)),
            Some(f64::from(seen.repeated + seen.reordered)),
            lag,
            field(1),
            field(2),
            field(3),
        ];
        for (track, (sigma, value)) in figures.iter_mut().zip(all).enumerate() {
            let Some(value) = value else { continue };
            if sigma.step(value, 2_880) < 1.0 {
                continue;
            }
            let before = self.last.insert((at, track), window);
            if before.is_none_or(|before| window - before > OVER_AFTER) {
                self.told.push(Told { device: Some(at), kind: "three-sigma", window });
            }
        }
    }
}

type Judged = (BTreeMap<Fault, Found>, Side, Vec<String>);

fn judge(devices: &[Device], told: &[Told], device_years: f64, fits: impl Fn(Fault, &str) -> bool) -> Judged {
    let mut delays: BTreeMap<Fault, Vec<f64>> = BTreeMap::new();
    let (mut injected, mut found, mut right) = (0_u32, 0_u32, 0_u32);
    let mut wrong: Vec<&Told> = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        let Some(fault) = device.fault else { continue };
        injected += 1;
        let until = fault.from + fault.fault.lasts() + AFTERWARDS;
        let mine = told.iter().filter(|told| told.device == Some(at) && (fault.from..until).contains(&told.window));
        if let Some(first) = mine.filter(|told| fits(fault.fault, told.kind)).map(|told| told.window).min() {
            found += 1;
            delays.entry(fault.fault).or_default().push(f64::from(first - fault.from));
        }
    }
    for told in told {
        let fault = told.device.and_then(|at| devices.get(at)).and_then(|device| device.fault);
        // Until a day after its end a fault echoes: its end is a change, too.
        let echo = |at: u32, lasts: u32| (at..at + lasts + DAY).contains(&told.window);
        match fault {
            Some(fault) if echo(fault.from, fault.fault.lasts()) => right += 1,
            _ => wrong.push(told),
        }
    }
    let rows = delays.into_iter().map(|(fault, mut delays)| {
        delays.sort_by(f64::total_cmp);
        let count = u32::try_from(delays.len()).unwrap_or(u32::MAX);
        (fault, Found { found: count, delay_minutes: delays.get(delays.len() / 2).copied() })
    });
    let false_alarms = u32::try_from(wrong.len()).unwrap_or(u32::MAX);
    let side = Side {
        precision: share(right, right + false_alarms),
        recall: share(found, injected),
        false_per_device_year: f64::from(false_alarms) / device_years,
    };
    let shown = wrong.into_iter().map(|told| {
        let device = told.device.map_or_else(|| "whole model".to_owned(), |at| format!("device {at}"));
        let (day, minute) = (told.window / DAY, told.window % DAY);
        format!("{device}: {} on day {day} at {:02}:{:02}", told.kind, minute / 60, minute % 60)
    });
    (rows.collect(), side, shown.collect())
}

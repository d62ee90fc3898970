//! The fleet of one product: what one device does is a finding of its own, what many do at once is one finding of the model.
//!
//! An outage of power or network looks like many silent devices; it is told only when half of the fleet is gone. Devices
//! are compared with each other too, so that one that was never as the others is found without a history.

use std::collections::BTreeMap;

use holdfast_core::id::DeviceId;

use super::Hit;
use crate::integrity::finding::FindingKind;

/// Hits are of one cause if they come within so many windows.
const SPAN_WINDOWS: u64 = 30;
/// A hit waits so long for others of its kind.
const HOLD_WINDOWS: u64 = 3;
/// A hit that goes on is told again after so many windows.
const AGAIN_WINDOWS: u64 = 10;
/// Fewest devices that make a model's finding.
const TOGETHER_MIN: usize = 3;
/// Share of the fleet that makes a model's finding, percent.
const TOGETHER_PERCENT: usize = 20;
/// Devices that make an outage, whatever the fleet.
const OUTAGE_DEVICES: usize = 5;
/// Share of the fleet from which an outage is told, percent.
const OUTAGE_TOLD_PERCENT: usize = 50;
/// Most devices whose hits of one kind are kept at the same time.
const KEPT_MAX: usize = 100_000;
/// Fewest devices to compare with.
const PEERS_MIN: usize = 10;
/// Spreads from the others' median at which a device is apart.
const APART: f32 = 12.0;

/// A hit that waits or goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Waiting {
    hit: Hit,
    first: u64,
    last: u64,
    told: Option<u64>,
    /// Many do it: it is the model's, and stays so until it is over.
    shared: bool,
}

/// Hits of one product's devices.
#[derive(Debug, Clone, Default)]
pub struct Cohort {
    kinds: BTreeMap<FindingKind, BTreeMap<DeviceId, Waiting>>,
    models_told: BTreeMap<FindingKind, u64>,
}

/// Whose finding it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// One device's.
    Device(DeviceId, Hit),
    /// The model's: so many devices do it. Holds the strongest hit and its device.
    Model(u32, DeviceId, Hit),
}

impl Cohort {
    /// Notes a hit of a device.
    pub fn note(&mut self, device: &DeviceId, hit: Hit, window: u64) {
        let of_kind = self.kinds.entry(hit.kind).or_default();
        if let Some(waiting) = of_kind.get_mut(device) {
            waiting.last = window;
            if hit.strength > waiting.hit.strength {
                waiting.hit = Hit { since: waiting.hit.since, ..hit };
            }
        } else if of_kind.len() < KEPT_MAX {
            of_kind.insert(device.clone(), Waiting { hit, first: window, last: window, told: None, shared: false });
        }
    }

    /// Says whose the hits are, once they have waited. `devices` is the size of the fleet.
    pub fn settle(&mut self, window: u64, devices: usize) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (kind, waiting) in &mut self.kinds {
            waiting.retain(|_, hit| window.saturating_sub(hit.last) <= SPAN_WINDOWS);
            if many(*kind, waiting, devices, window) {
                verdicts.extend(model(*kind, waiting, (devices, window), &mut self.models_told));
                continue;
            }
            for (device, hit) in waiting.iter_mut() {
                let held = kind.is_immediate() || window >= hit.first + HOLD_WINDOWS;
                let due = !hit.shared && hit.told.is_none_or(|told| window >= told + AGAIN_WINDOWS && hit.last > told);
                if held && due {
                    hit.told = Some(window);
                    verdicts.push(Verdict::Device(device.clone(), hit.hit));
                }
            }
        }
        self.kinds.retain(|_, waiting| !waiting.is_empty());
        verdicts
    }

    /// A person called a device's finding expected: what waits of it is forgotten.
    pub fn forget(&mut self, device: &DeviceId, kind: FindingKind) {
        if let Some(waiting) = self.kinds.get_mut(&kind) {
            waiting.remove(device);
        }
    }
}

/// Whether what began within one span is many devices' affair.
fn many(kind: FindingKind, waiting: &BTreeMap<DeviceId, Waiting>, devices: usize, window: u64) -> bool {
    let fresh = |hit: &&Waiting| hit.shared || hit.told.is_none() || window.saturating_sub(hit.first) <= SPAN_WINDOWS;
    let count = waiting.values().filter(fresh).count();
    let share = devices.saturating_mul(TOGETHER_PERCENT) / 100;
    if count < TOGETHER_MIN {
        false
    } else if kind.is_outage_shaped() {
        count >= share.clamp(TOGETHER_MIN, OUTAGE_DEVICES)
    } else {
        count >= share.max(TOGETHER_MIN)
    }
}

fn model(
    kind: FindingKind,
    waiting: &mut BTreeMap<DeviceId, Waiting>,
    (devices, window): (usize, u64),
    told: &mut BTreeMap<FindingKind, u64>,
) -> Option<Verdict> {
    let count = waiting.len();
    for hit in waiting.values_mut() {
        // It does not become a finding of its own when the others are over.
        hit.shared |= hit.told.is_none();
    }
    if kind.is_outage_shaped() && count.saturating_mul(100) < devices.saturating_mul(OUTAGE_TOLD_PERCENT) {
        return None;
    }
    if told.get(&kind).is_some_and(|before| window < before + AGAIN_WINDOWS) {
        return None;
    }
    told.insert(kind, window);
    let strongest = waiting.iter().max_by(|(_, a), (_, b)| a.hit.strength.total_cmp(&b.hit.strength))?;
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Some(Verdict::Model(count, strongest.0.clone(), strongest.1.hit))
}

/// Devices that are far from all others of their product, by the norms of their figures ([`super::device::DeviceWatch::norms`]).
#[must_use]
pub fn apart(norms: &[(DeviceId, [f32; 2])]) -> Vec<(DeviceId, Hit)> {
    /// Least spread between devices: of messages on their square-root scale, of bytes on their logarithmic one.
    const FLOORS: [f32; 2] = [1.5, 0.35];
    const KINDS: [FindingKind; 2] = [FindingKind::MessageRateHigh, FindingKind::VolumeHigh];
    let mut found = Vec::new();
    if norms.len() < PEERS_MIN {
        return found;
    }
    for (at, (kind, floor)) in KINDS.into_iter().zip(FLOORS).enumerate() {
        let figures = |(_, figures): &(DeviceId, [f32; 2])| figures.get(at).copied().unwrap_or(0.0);
        let Some(middle) = median(norms.iter().map(figures).collect()) else { continue };
        let off = norms.iter().map(figures).map(|x| (x - middle).abs()).collect();
        let spread = (median(off).unwrap_or(0.0) * 1.4826).max(floor);
        for entry in norms {
            let z = (figures(entry) - middle) / spread;
            if z >= APART {
                let back = |x: f32| if at == 0 { super::unrooted(x) } else { x.exp_m1() };
                let (observed, expected) = (back(figures(entry)), back(middle));
                let (spread, strength) = (back(middle + spread) - expected, z / APART);
                let hit = Hit { kind, field: None, track: at, observed, expected, spread, strength, since: 1 };
                found.push((entry.0.clone(), hit));
            }
        }
    }
    found
}

fn median(mut figures: Vec<f32>) -> Option<f32> {
    figures.sort_by(f32::total_cmp);
    figures.get(figures.len() / 2).copied().filter(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::device_id;

    fn hit(kind: FindingKind) -> Hit {
        Hit { kind, field: None, track: 0, observed: 9.0, expected: 1.0, spread: 1.0, strength: 2.0, since: 2 }
    }

    fn settled(kind: FindingKind, hits: u32, devices: usize) -> Vec<Verdict> {
        let mut cohort = Cohort::default();
        (1..=hits).for_each(|n| cohort.note(&device_id(n), hit(kind), 100));
        (100..110).flat_map(|window| cohort.settle(window, devices)).collect()
    }

    #[test]
    fn one_device_is_its_own_finding_after_it_waited_for_others() {
        let verdicts = settled(FindingKind::MessageRateHigh, 1, 100);
        assert_eq!(verdicts, [Verdict::Device(device_id(1), hit(FindingKind::MessageRateHigh))]);
    }

    #[test]
    fn ten_thousand_devices_are_one_finding() {
        let verdicts = settled(FindingKind::MessageRateHigh, 10_000, 10_000);
        assert!(matches!(verdicts.as_slice(), [Verdict::Model(10_000, ..)]), "{}", verdicts.len());
    }

    #[test]
    fn a_power_cut_is_nobodys_finding_unless_half_of_the_fleet_is_gone() {
        assert_eq!(settled(FindingKind::DeviceSilent, 40, 100), []);
        assert!(matches!(settled(FindingKind::DeviceSilent, 60, 100).as_slice(), [Verdict::Model(60, ..)]));
        assert_eq!(settled(FindingKind::DeviceSilent, 2, 100).len(), 2);
    }

    #[test]
    fn a_device_far_from_all_others_is_found_without_a_history() {
        let norms: Vec<_> = (1..=40).map(|n| (device_id(n), [if n == 7 { 90.0 } else { 5.0 }, 9.0])).collect();
        let found = apart(&norms);
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].0, found[0].1.kind), (&device_id(7), FindingKind::MessageRateHigh));
        assert_eq!(apart(&norms[..9]), [], "too few to compare");
    }
}

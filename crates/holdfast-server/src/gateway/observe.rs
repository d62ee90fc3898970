//! What each device does, as plain counts for the detectors, and the lowered budgets that a playbook has set.
//!
//! A connection adds to counts of its own, once a turn; they are collected once a window. No lock is ever held while
//! something waits, and nobody waits for a detector. What a message says is not kept: of a few numeric fields the least,
//! the greatest and the mean of a window, of an address a keyed hash of its network.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use holdfast_core::hash::{Hasher, Sha256Digest};
use holdfast_core::id::DeviceId;
use holdfast_core::telemetry::senml::TIME_COUNTERS_FROM;
use holdfast_domain::integrity::anomaly::{ENDPOINTS_MAX, FieldSummary, Observation, narrow};
use holdfast_domain::integrity::playbook::{SetThrottle, Throttle};
use holdfast_store::telemetry::TelemetryRow;

use super::budget::Budgets;

/// Readings of one connection whose fields are looked at in one window.
const SAMPLES_MAX: u32 = 32;
/// Numeric fields of one connection that are followed.
const FIELDS_MAX: usize = 8;
/// Streams of one connection whose last counter is remembered.
const STREAMS_MAX: usize = 8;
/// Devices that left counts behind when their connection ended.
const LOOSE_MAX: usize = 100_000;
/// A throttled device may send so many seconds' worth at once.
const BURST_SECONDS: u32 = 5;

/// Counts of all connections, and budgets; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Observer(Arc<Inner>);

/// A connection that counts, and whose it is.
type Tapped = (DeviceId, Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
struct Inner {
    taps: Mutex<BTreeMap<u64, Tapped>>,
    numbers: AtomicU64,
    /// Counts of connections that are over, and of devices that were refused.
    loose: Mutex<BTreeMap<DeviceId, Tally>>,
    throttles: RwLock<BTreeMap<DeviceId, Budgets>>,
    throttles_changed: AtomicU64,
    key: OnceLock<[u8; 32]>,
}

/// What one connection has done since it was last collected. Empty while nothing happens, so that idle costs little.
#[derive(Debug, Default)]
struct Slot {
    tally: Option<Box<Tally>>,
    connected: bool,
}

/// Counts of one window.
#[derive(Debug, Clone, Default)]
struct Tally {
    seen: Observation,
    fields: Vec<Field>,
    samples: u32,
}

#[derive(Debug, Clone, Copy)]
struct Field {
    key: u16,
    sum: f64,
    count: u32,
    low: f64,
    high: f64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        let (seen, more) = (&mut self.seen, &other.seen);
        for (count, more) in [
            (&mut seen.messages, more.messages),
            (&mut seen.bytes, more.bytes),
            (&mut seen.refused, more.refused),
            (&mut seen.undeclared, more.undeclared),
            (&mut seen.over_rate, more.over_rate),
            (&mut seen.identity_refused, more.identity_refused),
            (&mut seen.connects, more.connects),
            (&mut seen.missing, more.missing),
            (&mut seen.repeated, more.repeated),
            (&mut seen.reordered, more.reordered),
        ] {
            *count = count.saturating_add(more);
        }
        for network in &more.endpoints {
            came_from(seen, *network);
        }
        seen.topics |= more.topics;
        seen.lag_ms = [seen.lag_ms, more.lag_ms].into_iter().flatten().min();
        seen.connected |= more.connected;
        for field in &other.fields {
            self.field(field.key, field.sum, field.count, (field.low, field.high));
        }
    }

    fn field(&mut self, key: u16, sum: f64, count: u32, (low, high): (f64, f64)) {
        if let Some(known) = self.fields.iter_mut().find(|known| known.key == key) {
            (known.sum, known.count) = (known.sum + sum, known.count.saturating_add(count));
            (known.low, known.high) = (known.low.min(low), known.high.max(high));
        } else if self.fields.len() < FIELDS_MAX {
            self.fields.push(Field { key, sum, count, low, high });
        }
    }

    fn finished(mut self) -> Observation {
        self.seen.fields = self.fields.iter().map(Field::summary).collect();
        self.seen
    }
}

impl Field {
    fn summary(&self) -> FieldSummary {
        let mean = narrow(self.sum / f64::from(self.count.max(1)));
        FieldSummary { key: self.key, mean, low: narrow(self.low), high: narrow(self.high) }
    }
}

fn came_from(seen: &mut Observation, network: u32) {
    if !seen.endpoints.contains(&network) && seen.endpoints.len() < ENDPOINTS_MAX {
        seen.endpoints.push(network);
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observer {
    /// The key under which networks are hashed; told once, before the door opens.
    pub fn set_key(&self, key: [u8; 32]) {
        // A second one is ignored: what was learnt is under the first.
        let _ = self.0.key.set(key);
    }

    /// Takes what every device has done since the last call.
    #[must_use]
    pub fn take(&self) -> BTreeMap<DeviceId, Observation> {
        let mut all = std::mem::take(&mut *locked(&self.0.loose));
        let taps: Vec<_> = locked(&self.0.taps).values().cloned().collect();
        for (device, slot) in taps {
            let (tally, connected) = {
                let mut slot = locked(&slot);
                (slot.tally.take(), slot.connected)
            };
            if tally.is_none() && !connected {
                continue;
            }
            let sum = all.entry(device).or_default();
            sum.add(&tally.map_or_else(Tally::default, |tally| *tally));
            sum.seen.connected |= connected;
        }
        all.into_iter().map(|(device, tally)| (device, tally.finished())).collect()
    }

    /// Sets or lifts the lowered budget of a device; its connection uses it from its next turn on.
    pub fn throttle(&self, device: &DeviceId, to: Option<&SetThrottle>) {
        let mut all = self.0.throttles.write().unwrap_or_else(PoisonError::into_inner);
        match to {
            Some(to) => all.insert(device.clone(), lowered(to.throttle)),
            None => all.remove(device),
        };
        drop(all);
        self.0.throttles_changed.fetch_add(1, Ordering::Release);
    }

    /// The lowered budget of a device, if it has one.
    #[must_use]
    pub fn throttled(&self, device: &DeviceId) -> Option<Budgets> {
        self.0.throttles.read().unwrap_or_else(PoisonError::into_inner).get(device).copied()
    }

    /// Counts a refusal of a device.
    pub(super) fn refused(&self, device: &DeviceId, name: &'static str) {
        let mut loose = locked(&self.0.loose);
        if loose.len() >= LOOSE_MAX && !loose.contains_key(device) {
            return;
        }
        let seen = &mut loose.entry(device.clone()).or_default().seen;
        let count = match class(name) {
            Class::Undeclared => Some(&mut seen.undeclared),
            Class::OverRate => Some(&mut seen.over_rate),
            Class::Identity => Some(&mut seen.identity_refused),
            Class::Other => None,
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
        seen.refused = seen.refused.saturating_add(1);
    }

    /// A place for a connection's counts.
    pub(super) fn tap(&self, device: &DeviceId, ordinary: Budgets) -> Tap {
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        let slot = Arc::new(Mutex::new(Slot::default()));
        locked(&self.0.taps).insert(number, (device.clone(), Arc::clone(&slot)));
        let budgets = self.throttled(device).unwrap_or(ordinary);
        let changed = self.0.throttles_changed.load(Ordering::Acquire);
        Tap {
            observer: self.clone(),
            device: device.clone(),
            number,
            slot,
            counters: Vec::new(),
            ordinary,
            budgets,
            changed,
        }
    }

    /// A keyed hash of the network that an address belongs to: /24 for IPv4, /48 for IPv6.
    fn network(&self, address: IpAddr) -> u32 {
        let bytes: [u8; 6] = match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                [4, a, b, c, 0, 0]
            }
            IpAddr::V6(v6) => {
                let mut network = [0; 6];
                network.iter_mut().zip(v6.octets()).for_each(|(byte, octet)| *byte = octet);
                network
            }
        };
        let mut hasher = Hasher::new();
        hasher.update(self.0.key.get_or_init(|| [0; 32]));
        hasher.update(&bytes);
        leading(&hasher.finish())
    }
}

fn leading(digest: &Sha256Digest) -> u32 {
    let [a, b, c, d, ..] = *digest.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn lowered(throttle: Throttle) -> Budgets {
    let Throttle { packets_per_second, bytes_per_second } = throttle;
    Budgets {
        packets_per_second,
        packets_burst: packets_per_second.saturating_mul(BURST_SECONDS),
        bytes_per_second,
        bytes_burst: bytes_per_second.saturating_mul(BURST_SECONDS),
    }
}

enum Class {
    Undeclared,
    OverRate,
    Identity,
    Other,
}

fn class(name: &str) -> Class {
    match name {
        "undeclared-stream"
        | "undeclared-field"
        | "undeclared-action"
        | "unknown-topic"
        | "foreign-device-tree"
        | "wrong-direction" => Class::Undeclared,
        "rate-exceeded" | "receive-maximum-exceeded" => Class::OverRate,
        "device-revoked"
        | "device-unknown"
        | "certificate-unknown"
        | "certificate-revoked"
        | "certificate-superseded"
        | "certificate-expired"
        | "takeovers-too-many"
        | "client-id-not-device" => Class::Identity,
        _ => Class::Other,
    }
}

/// A small hash of a name, for keeping figures apart without keeping names (FNV-1a, folded).
#[must_use]
pub(crate) fn name_hash(parts: [&str; 2]) -> u16 {
    let bytes = parts[0].bytes().chain([b'.']).chain(parts[1].bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let [a, b, c, d] = hash.to_be_bytes();
    u16::from_be_bytes([a ^ c, b ^ d])
}

/// One connection's counts and budget.
#[derive(Debug)]
pub(super) struct Tap {
    observer: Observer,
    device: DeviceId,
    number: u64,
    slot: Arc<Mutex<Slot>>,
    /// The highest counter of each stream on this connection.
    counters: Vec<(u16, u64)>,
    ordinary: Budgets,
    budgets: Budgets,
    changed: u64,
}

impl Tap {
    /// The device's session is open.
    pub(super) fn connected(&self, address: IpAddr) {
        let network = self.observer.network(address);
        let mut slot = locked(&self.slot);
        slot.connected = true;
        let seen = &mut slot.tally.get_or_insert_default().seen;
        seen.connects = seen.connects.saturating_add(1);
        came_from(seen, network);
    }

    /// Adds what one turn has read; gives the budget in force.
    pub(super) fn turn(&mut self, messages: usize, bytes: usize) -> &Budgets {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        {
            let mut slot = locked(&self.slot);
            let seen = &mut slot.tally.get_or_insert_default().seen;
            seen.messages = seen.messages.saturating_add(count(messages));
            seen.bytes = seen.bytes.saturating_add(count(bytes));
        }
        let changed = self.observer.0.throttles_changed.load(Ordering::Acquire);
        if self.changed != changed {
            self.changed = changed;
            self.budgets = self.observer.throttled(&self.device).unwrap_or(self.ordinary);
        }
        &self.budgets
    }

    /// Adds what is behind the messages of one turn: order of counters, lag, and a summary of numeric fields.
    pub(super) fn took(&mut self, rows: &[TelemetryRow]) {
        self.took_all(rows.iter().map(|row| Reading {
            stream: row.stream.as_str(),
            counter: row.counter,
            lag_ms: row.received.as_micros().saturating_sub(row.device_time.as_micros()) / 1_000,
            fields: &row.fields,
        }));
    }

    fn took_all<'a>(&mut self, readings: impl Iterator<Item = Reading<'a>>) {
        let mut slot = locked(&self.slot);
        let tally = slot.tally.get_or_insert_default();
        let mut last = None;
        for reading in readings {
            let stream = name_hash([reading.stream, ""]);
            tally.seen.topics |= 1 << (stream % 32);
            tally.seen.lag_ms = Some(tally.seen.lag_ms.map_or(reading.lag_ms, |least| least.min(reading.lag_ms)));
            order(&mut self.counters, &mut tally.seen, (stream, reading.counter));
            last = Some(reading);
        }
        if let Some(reading) = last
            && tally.samples < SAMPLES_MAX
        {
            tally.samples += 1;
            sample(tally, &reading);
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        locked(&self.observer.0.taps).remove(&self.number);
        let Some(tally) = locked(&self.slot).tally.take() else { return };
        let mut loose = locked(&self.observer.0.loose);
        if loose.len() < LOOSE_MAX || loose.contains_key(&self.device) {
            loose.entry(self.device.clone()).or_default().add(&tally);
        }
    }
}

fn order(counters: &mut Vec<(u16, u64)>, seen: &mut Observation, (stream, counter): (u16, u64)) {
    if counter >= TIME_COUNTERS_FROM {
        // A clock in the place of a counter: nothing is missing between two of them.
        return;
    }
    let Some((_, last)) = counters.iter_mut().find(|(known, _)| *known == stream) else {
        if counters.len() < STREAMS_MAX {
            counters.push((stream, counter));
        }
        return;
    };
    match counter.cmp(last) {
        std::cmp::Ordering::Greater => {
            let skipped = u32::try_from(counter - *last - 1).unwrap_or(u32::MAX);
            seen.missing = seen.missing.saturating_add(skipped);
            *last = counter;
        }
        std::cmp::Ordering::Equal => seen.repeated = seen.repeated.saturating_add(1),
        std::cmp::Ordering::Less => seen.reordered = seen.reordered.saturating_add(1),
    }
}

/// What is looked at of one message.
struct Reading<'a> {
    stream: &'a str,
    counter: u64,
    lag_ms: i64,
    fields: &'a str,
}

fn sample(tally: &mut Tally, reading: &Reading<'_>) {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(reading.fields) else { return };
    for (name, value) in &fields {
        if let Some(x) = value.as_f64().filter(|x| x.is_finite()) {
            tally.field(name_hash([reading.stream, name]), x, 1, (x, x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_core::id::ActionId;
    use holdfast_core::time::Timestamp;

    fn device() -> DeviceId {
        "hearth-0001".parse().unwrap()
    }

    fn reading(counter: u64, lag_s: i64, fields: &str) -> Reading<'_> {
        Reading { stream: "climate", counter, lag_ms: lag_s * 1_000, fields }
    }

    #[test]
    fn counts_are_taken_once_and_outlive_their_connection() {
        let observer = Observer::default();
        let mut tap = observer.tap(&device(), Budgets::default());
        tap.connected("192.0.2.7".parse().unwrap());
        tap.turn(3, 400);
        tap.took_all([reading(1, 2, r#"{"temperature":20,"mode":"frost"}"#)].into_iter());
        let warmer = r#"{"temperature":22.0}"#;
        tap.took_all([reading(5, 1, warmer), reading(5, 1, warmer), reading(2, 1, warmer)].into_iter());
        drop(tap);
        observer.refused(&device(), "rate-exceeded");
        let all = observer.take();
        let seen = all.get(&device()).unwrap();
        assert_eq!((seen.messages, seen.bytes, seen.connects, seen.over_rate), (3, 400, 1, 1));
        assert_eq!((seen.missing, seen.repeated, seen.reordered, seen.lag_ms), (3, 1, 1, Some(1_000)));
        assert_eq!(seen.fields.len(), 1, "text is not followed");
        assert!((seen.fields[0].mean - 21.0).abs() < 1e-6);
        assert!(observer.take().is_empty());
    }

    #[test]
    fn addresses_of_one_network_are_one_and_are_not_kept() {
        let observer = Observer::default();
        observer.set_key([7; 32]);
        let network = |address: &str| observer.network(address.parse().unwrap());
        assert_eq!(network("192.0.2.7"), network("192.0.2.200"));
        assert_eq!(network("192.0.2.7"), network("::ffff:192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("198.51.100.7"));
        let other = Observer::default();
        assert_ne!(network("192.0.2.7"), other.network("192.0.2.7".parse().unwrap()), "another key, another hash");
    }

    #[test]
    fn a_lowered_budget_reaches_an_open_connection_at_its_next_turn_and_leaves_it_again() {
        let observer = Observer::default();
        let mut tap = observer.tap(&device(), Budgets::default());
        assert_eq!(*tap.turn(1, 1), Budgets::default());
        let action = ActionId::new(Timestamp::from_micros(0), [1; 10]);
        observer.throttle(&device(), Some(&SetThrottle { throttle: Throttle::default(), action }));
        assert_eq!(tap.turn(1, 1).packets_per_second, 1);
        assert_eq!(observer.tap(&device(), Budgets::default()).budgets.packets_per_second, 1);
        observer.throttle(&device(), None);
        assert_eq!(*tap.turn(1, 1), Budgets::default());
    }
}

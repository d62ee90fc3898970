//! Everything that is followed of one device: its rates, its clock, its addresses, its numeric fields.

mod kept;
mod trace;

use super::gauge::{Gauge, Reading, Tuning};
use super::value::{Round, ValueGauge};
use super::{ENDPOINTS_MAX, FIELDS_MAX, Hit, Observation, Settings, figure, narrow, rooted, unrooted};
use crate::integrity::finding::FindingKind;
use trace::Trace;

/// Figures that are gauges.
const GAUGES: usize = 7;
/// Tracks of the picture: one for each gauge, then one for each field.
pub const TRACKS: usize = GAUGES + FIELDS_MAX;

/// Places in [`DeviceWatch::gauges`] and first tracks of the picture.
mod track {
    pub(super) const MESSAGES: usize = 0;
    pub(super) const BYTES: usize = 1;
    pub(super) const REFUSED: usize = 2;
    pub(super) const CONNECTS: usize = 3;
    pub(super) const LAG: usize = 4;
    pub(super) const MISSING: usize = 5;
    pub(super) const DISORDER: usize = 6;
    pub(super) const FIELDS: usize = super::GAUGES;
}

/// Tunings of the gauges, in the order of their places.
const TUNINGS: [Tuning; GAUGES] = [
    Tuning { floor: 1.0, rate: 0.002, jump: 7.0, lasting: 2, slack: 1.5, limit: 40.0 },
    // Bytes of an hour, on a logarithmic scale: a twentieth more is noise, and what goes on for hours is not.
    Tuning { floor: 0.04, rate: 0.003, jump: 12.0, lasting: 2, slack: 1.0, limit: 14.0 },
    Tuning { floor: 1.0, rate: 0.002, jump: 6.0, lasting: 2, slack: 1.0, limit: 25.0 },
    Tuning { floor: 1.0, rate: 0.002, jump: 6.0, lasting: 2, slack: 1.0, limit: 20.0 },
    // Lag in units of ten seconds, compressed.
    Tuning { floor: 0.25, rate: 0.002, jump: 8.0, lasting: 3, slack: 1.5, limit: 40.0 },
    Tuning { floor: 1.0, rate: 0.002, jump: 6.0, lasting: 2, slack: 1.0, limit: 20.0 },
    Tuning { floor: 1.0, rate: 0.002, jump: 6.0, lasting: 2, slack: 1.0, limit: 20.0 },
];

/// Leaky counts of what should not happen at all; each window forgets this share.
const LEAK: f32 = 0.97;
/// A leaky count at which it is news.
const LEAK_LIMIT: f32 = 8.0;
/// Windows in which a device that was away may catch up, beyond the time it was away.
const CATCH_UP: u16 = 10;
/// A device that was known from so many networks is one that moves about.
const ROAMS_FROM: usize = 4;
/// A silence must be so many times as long as any before it.
const SILENT_TIMES: u16 = 3;
/// Lag is followed in units of so many milliseconds.
const LAG_UNIT_MS: f64 = 10_000.0;

/// All detectors of one device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceWatch {
    gauges: [Gauge; GAUGES],
    fields: Vec<ValueGauge>,
    round: Round,
    endpoints: Vec<u32>,
    topics: u32,
    software: u64,
    windows: u32,
    quiet: u16,
    quiet_most: u16,
    catching_up: u16,
    hour_bytes: f32,
    hour_windows: u16,
    hour_spoiled: bool,
    breaches: f32,
    undeclared: f32,
    identity: f32,
    trace: Trace,
}

impl Default for DeviceWatch {
    fn default() -> Self {
        Self {
            gauges: [Gauge::default(); GAUGES],
            fields: Vec::new(),
            round: Round::default(),
            endpoints: Vec::new(),
            topics: 0,
            software: 0,
            windows: 0,
            quiet: 0,
            quiet_most: 0,
            catching_up: 0,
            hour_bytes: 0.0,
            hour_windows: 0,
            hour_spoiled: false,
            breaches: 0.0,
            undeclared: 0.0,
            identity: 0.0,
            trace: Trace::default(),
        }
    }
}

/// Where hits of one window are put, and what they need.
struct Finds<'a> {
    hits: Vec<Hit>,
    row: [f32; TRACKS],
    settings: &'a Settings,
    judged: bool,
}

impl Finds<'_> {
    fn put(&mut self, kind: FindingKind, track: usize, at: &Reading, (observed, strength): (f32, f32)) {
        if self.judged {
            let (expected, spread) = (at.expected, at.spread);
            self.hits.push(Hit { kind, field: None, track, observed, expected, spread, strength, since: at.since });
        }
    }

    /// A rule without a norm of its own: it should be nought.
    fn rule(&mut self, kind: FindingKind, track: usize, (observed, limit): (f32, f32)) {
        if self.judged {
            let (expected, spread, strength) = (0.0, limit, observed / limit);
            self.hits.push(Hit { kind, field: None, track, observed, expected, spread, strength, since: 1 });
        }
    }
}

impl DeviceWatch {
    /// Most bytes of packed state.
    pub const BYTES_MAX: usize =
        1 + GAUGES * Gauge::BYTES + 1 + FIELDS_MAX * ValueGauge::BYTES + Round::BYTES + 1 + 4 * ENDPOINTS_MAX + 40;

    /// Takes one window; says what is wrong with it.
    pub fn step(&mut self, seen: &Observation, window: u64, settings: &Settings) -> Vec<Hit> {
        let judged = self.windows >= u32::from(settings.warm_windows);
        let mut finds = Finds { hits: Vec::new(), row: [0.0; TRACKS], settings, judged };
        self.software(seen, &mut finds);
        self.silence(seen, &mut finds);
        self.rates(seen, window, &mut finds);
        self.volume(seen, &mut finds);
        self.order(seen, &mut finds);
        self.clock(seen, &mut finds);
        self.doors(seen, &mut finds);
        self.values(seen, window, &mut finds);
        self.trace.put(&finds.row);
        self.windows = self.windows.saturating_add(1);
        self.catching_up = self.catching_up.saturating_sub(1);
        finds.hits
    }

    /// Whether enough was seen of this device to judge it.
    #[must_use]
    pub fn is_warm(&self, settings: &Settings) -> bool {
        self.windows >= u32::from(settings.warm_windows)
    }

    /// The norm of a figure, for comparing devices of one product: messages in a window, and bytes in an hour (logarithm).
    #[must_use]
    pub const fn norms(&self) -> [f32; 2] {
        [self.gauges[track::MESSAGES].level(), self.gauges[track::BYTES].level()]
    }

    /// The last windows of a track, in spreads from what was expected, oldest first.
    #[must_use]
    pub fn track(&self, track: usize) -> Vec<f32> {
        self.trace.track(track)
    }

    /// A person said that a finding is as expected.
    pub fn accept(&mut self, kind: FindingKind, field: Option<u16>, settings: &Settings) {
        if let Some(key) = field {
            self.fields.iter_mut().filter(|known| known.key == key).for_each(|known| known.accept(kind, settings));
            return;
        }
        let settle = |gauges: &mut [Gauge; GAUGES], at: usize| {
            if let Some(gauge) = gauges.get_mut(at) {
                gauge.settle();
            }
        };
        match kind {
            FindingKind::MessageRateHigh | FindingKind::MessageRateLow => settle(&mut self.gauges, track::MESSAGES),
            FindingKind::SlowExfiltration | FindingKind::VolumeHigh => settle(&mut self.gauges, track::BYTES),
            FindingKind::RefusalsHigh => settle(&mut self.gauges, track::REFUSED),
            FindingKind::ReconnectStorm => settle(&mut self.gauges, track::CONNECTS),
            FindingKind::ClockSkew | FindingKind::ClockJump | FindingKind::DeliveryDelayed => {
                settle(&mut self.gauges, track::LAG);
            }
            FindingKind::ReadingsMissing => settle(&mut self.gauges, track::MISSING),
            FindingKind::ReadingsRepeated | FindingKind::ReadingsReordered => settle(&mut self.gauges, track::DISORDER),
            FindingKind::DeviceSilent => self.quiet_most = self.quiet_most.max(self.quiet),
            FindingKind::ProfileBreach => self.breaches = -LEAK_LIMIT,
            FindingKind::NewTopic => self.undeclared = -LEAK_LIMIT,
            FindingKind::AuthFailures => self.identity = -LEAK_LIMIT,
            FindingKind::NewEndpoint
            | FindingKind::VersionDrift
            | FindingKind::ValueSpike
            | FindingKind::ValueDrift
            | FindingKind::ValueNoisy
            | FindingKind::SensorStuck
            | FindingKind::ApiCallsHigh
            | FindingKind::ExportVolumeHigh
            | FindingKind::SignInFailures => {}
        }
    }

    fn gauge(&mut self, at: usize, seen: f32, offsets: (f32, f32), settings: &Settings) -> Option<Reading> {
        let tuning = TUNINGS.get(at)?;
        // Slow sums have their own, longer time.
        let warm = if at == track::BYTES {
            24.max(settings.warm_windows / settings.long_windows.max(1))
        } else {
            settings.warm_windows
        };
        self.gauges.get_mut(at).map(|gauge| gauge.step_near(seen, offsets, tuning, warm))
    }

    fn software(&mut self, seen: &Observation, finds: &mut Finds<'_>) {
        let Some(sequence) = seen.software.filter(|now| *now != self.software) else { return };
        if sequence < self.software {
            let (was, is) = (narrow_wide(self.software), narrow_wide(sequence));
            let at = Reading { z: 0.0, expected: was, spread: 0.0, jump: None, shift: None, since: 1, score: 1.0 };
            finds.put(FindingKind::VersionDrift, track::MESSAGES, &at, (is, 1.0));
        }
        let first = self.software == 0;
        self.software = sequence;
        if !first {
            // New software has other rates and sizes: they are learnt, not reported. What is measured is the same.
            self.gauges.iter_mut().for_each(Gauge::settle);
            (self.hour_spoiled, self.topics) = (true, 0);
            self.windows = 0;
            finds.judged = false;
        }
    }

    fn silence(&mut self, seen: &Observation, finds: &mut Finds<'_>) {
        if seen.messages == 0 {
            self.quiet = self.quiet.saturating_add(1);
            let limit = finds.settings.silent_windows.max(self.quiet_most.saturating_mul(SILENT_TIMES));
            let spoke = self.gauges[track::MESSAGES].is_warm(finds.settings.warm_windows);
            if spoke && self.quiet >= limit {
                finds.rule(FindingKind::DeviceSilent, track::MESSAGES, (f32::from(self.quiet), f32::from(limit)));
                if let Some(hit) = finds.hits.last_mut() {
                    (hit.since, hit.expected, hit.spread) = (self.quiet, f32::from(self.quiet_most), f32::from(limit));
                }
            }
            return;
        }
        if self.quiet > self.quiet_most.saturating_add(2) {
            // It was away: what it kept comes now, late and all at once.
            self.catching_up = (self.quiet / 2).min(240).saturating_add(CATCH_UP);
        }
        if self.quiet < finds.settings.silent_windows {
            self.quiet_most = self.quiet_most.max(self.quiet);
        }
        self.quiet = 0;
    }

    fn rates(&mut self, seen: &Observation, window: u64, finds: &mut Finds<'_>) {
        let settings = *finds.settings;
        let away = self.quiet > self.quiet_most;
        if !away && self.catching_up == 0 {
            let root = rooted(seen.messages);
            let hour = settings.hour_of(window);
            let off = root - self.gauges[track::MESSAGES].level();
            let offset = self.round.expected(hour, off);
            if let Some(at) = self.gauge(track::MESSAGES, root, (offset, self.round.at(hour)), &settings) {
                self.round.learn(hour, off, (TUNINGS[track::MESSAGES].rate * 2.0).min(0.1), at.spread);
                finds.row[track::MESSAGES] = at.z;
                let plain =
                    Reading { expected: unrooted(at.expected), spread: at.spread * (at.expected / 2.0).max(1.0), ..at };
                if let Some(by) = at.up() {
                    finds.put(FindingKind::MessageRateHigh, track::MESSAGES, &plain, (figure(seen.messages), by));
                }
                if let Some(by) = at.down() {
                    finds.put(FindingKind::MessageRateLow, track::MESSAGES, &plain, (figure(seen.messages), by));
                }
            }
        }
        for (kind, at, count) in [
            (FindingKind::RefusalsHigh, track::REFUSED, seen.refused),
            (FindingKind::ReconnectStorm, track::CONNECTS, seen.connects),
        ] {
            if let Some(reading) = self.gauge(at, rooted(count), (0.0, 0.0), &settings) {
                finds.counted(kind, at, &reading, count);
            }
        }
    }

    fn volume(&mut self, seen: &Observation, finds: &mut Finds<'_>) {
        let settings = *finds.settings;
        self.hour_bytes += figure(seen.bytes);
        self.hour_windows = self.hour_windows.saturating_add(1);
        self.hour_spoiled |= self.catching_up > 0 || self.quiet > self.quiet_most;
        if self.hour_windows < settings.long_windows {
            return;
        }
        let (bytes, spoiled) = (self.hour_bytes, self.hour_spoiled);
        (self.hour_bytes, self.hour_windows, self.hour_spoiled) = (0.0, 0, false);
        if spoiled {
            return;
        }
        let Some(at) = self.gauge(track::BYTES, bytes.ln_1p(), (0.0, 0.0), &settings) else { return };
        finds.row[track::BYTES] = at.z;
        let expected = at.expected.exp_m1();
        let since = at.since.max(1).saturating_mul(settings.long_windows);
        let plain = Reading { expected, spread: expected * at.spread, since, ..at };
        if let Some((super::gauge::Way::Up, by)) = at.jump {
            finds.put(FindingKind::VolumeHigh, track::BYTES, &plain, (bytes, by));
        }
        if let Some((super::gauge::Way::Up, by)) = at.shift {
            finds.put(FindingKind::SlowExfiltration, track::BYTES, &plain, (bytes, by));
        }
    }

    fn order(&mut self, seen: &Observation, finds: &mut Finds<'_>) {
        let settings = *finds.settings;
        if let Some(at) = self.gauge(track::MISSING, rooted(seen.missing), (0.0, 0.0), &settings)
            && self.catching_up == 0
        {
            finds.counted(FindingKind::ReadingsMissing, track::MISSING, &at, seen.missing);
        }
        let disorder = seen.repeated.saturating_add(seen.reordered);
        if let Some(at) = self.gauge(track::DISORDER, rooted(disorder), (0.0, 0.0), &settings)
            && self.catching_up == 0
        {
            let repeated = seen.repeated >= seen.reordered;
            let kind = if repeated { FindingKind::ReadingsRepeated } else { FindingKind::ReadingsReordered };
            finds.counted(kind, track::DISORDER, &at, disorder);
        }
    }

    fn clock(&mut self, seen: &Observation, finds: &mut Finds<'_>) {
        let Some(lag_ms) = seen.lag_ms else { return };
        if self.catching_up > 0 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a lag of centuries may be off by a second")]
        let lag = narrow((lag_ms as f64 / LAG_UNIT_MS).asinh());
        let settings = *finds.settings;
        let Some(at) = self.gauge(track::LAG, lag, (0.0, 0.0), &settings) else { return };
        finds.row[track::LAG] = at.z;
        let ms = |lag: f32| narrow(f64::from(lag).sinh() * LAG_UNIT_MS);
        let plain = Reading { expected: ms(at.expected), spread: ms(at.spread), ..at };
        let observed = ms(lag);
        match at.worst() {
            None => {}
            Some((super::gauge::Way::Up, by)) => {
                // A message that is held back for an hour leaves an hour of silence before it; a clock that is set does not.
                let late = at.jump.is_none() || self.was_away(lag_ms, &settings);
                let kind = if late { FindingKind::DeliveryDelayed } else { FindingKind::ClockJump };
                finds.put(kind, track::LAG, &plain, (observed, by));
            }
            Some((super::gauge::Way::Down, by)) => {
                let kind = if at.jump.is_some() { FindingKind::ClockJump } else { FindingKind::ClockSkew };
                finds.put(kind, track::LAG, &plain, (observed, by));
            }
        }
    }

    /// Whether the device's last silences would explain this lag.
    fn was_away(&self, lag_ms: i64, settings: &Settings) -> bool {
        let quiet = u64::from(self.quiet_most).saturating_mul(settings.window_ms);
        u64::try_from(lag_ms).is_ok_and(|lag| quiet.saturating_mul(2) >= lag)
    }

    fn doors(&mut self, seen: &Observation, finds: &mut Finds<'_>) {
        for network in &seen.endpoints {
            if self.endpoints.contains(network) {
                continue;
            }
            let known = self.endpoints.len();
            if (1..ROAMS_FROM).contains(&known) {
                finds.rule(FindingKind::NewEndpoint, track::CONNECTS, (1.0, 1.0));
                if let Some(hit) = finds.hits.last_mut().filter(|hit| hit.kind == FindingKind::NewEndpoint) {
                    hit.expected = figure(u32::try_from(known).unwrap_or(u32::MAX));
                    hit.observed = hit.expected + 1.0;
                }
            }
            if known == ENDPOINTS_MAX {
                self.endpoints.remove(0);
            }
            self.endpoints.push(*network);
        }
        let fresh = seen.topics & !self.topics;
        if fresh != 0 && self.topics != 0 {
            finds.rule(FindingKind::NewTopic, track::MESSAGES, (figure(fresh.count_ones()), 1.0));
        }
        self.topics |= seen.topics;
        for (kind, count, leaky) in [
            (FindingKind::ProfileBreach, seen.over_rate, &mut self.breaches),
            (FindingKind::NewTopic, seen.undeclared, &mut self.undeclared),
            (FindingKind::AuthFailures, seen.identity_refused, &mut self.identity),
        ] {
            *leaky = (*leaky * LEAK + figure(count)).min(LEAK_LIMIT * 4.0);
            if count > 0 && *leaky >= LEAK_LIMIT {
                finds.rule(kind, track::REFUSED, (*leaky, LEAK_LIMIT));
            }
        }
    }

    fn values(&mut self, seen: &Observation, window: u64, finds: &mut Finds<'_>) {
        for field in &seen.fields {
            let known = self.fields.iter().position(|known| known.key == field.key);
            let at = known.or_else(|| {
                let room = self.fields.len() < FIELDS_MAX;
                room.then(|| self.fields.push(ValueGauge::new(field.key)))?;
                Some(self.fields.len() - 1)
            });
            let Some((at, gauge)) = at.and_then(|at| self.fields.get_mut(at).map(|gauge| (at, gauge))) else {
                continue;
            };
            let mut hits = Vec::new();
            let reading = gauge.step(field, (window, finds.settings), &mut hits);
            let track = track::FIELDS + at;
            if let Some(place) = finds.row.get_mut(track) {
                *place = reading.near.z;
            }
            if finds.judged {
                finds.hits.extend(hits.into_iter().map(|hit| Hit { track, ..hit }));
            }
        }
    }
}

impl Finds<'_> {
    /// A count that rose above its norm.
    fn counted(&mut self, kind: FindingKind, track: usize, at: &Reading, count: u32) {
        if let Some(place) = self.row.get_mut(track) {
            *place = at.z;
        }
        if let Some(by) = at.up() {
            let spread = at.spread * (at.expected / 2.0).max(1.0);
            let plain = Reading { expected: unrooted(at.expected), spread, ..*at };
            self.put(kind, track, &plain, (figure(count), by));
        }
    }
}

fn narrow_wide(sequence: u64) -> f32 {
    figure(u32::try_from(sequence).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;

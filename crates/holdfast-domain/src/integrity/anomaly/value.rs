//! One numeric field followed for good: spikes, slow drift, noise, and a sensor that says the same for ever.
//!
//! The daily round is learnt hour by hour and taken off first. A neighbouring hour's norm is good enough, so that summer time
//! is no news.

use super::gauge::{Gauge, Reading, Tuning};
use super::pack::{Packer, Unpacker};
use super::{FieldSummary, Hit, Settings, figure};
use crate::integrity::finding::FindingKind;

/// Hours of the daily round.
const HOURS: usize = 24;
/// A value that stood still for so many times its longest time so far is stuck.
const STUCK_TIMES: u16 = 4;
/// Nothing is stuck before so many times the windows of one slow summary.
const STUCK_LONGS_MIN: u16 = 3;

/// The round of a day: what to expect on top of the level in each hour.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Round([f32; HOURS]);

impl Round {
    /// Bytes of a packed round.
    pub const BYTES: usize = 4 + HOURS;

    /// This hour's norm.
    #[must_use]
    pub fn at(&self, hour: usize) -> f32 {
        self.0.get(hour % HOURS).copied().unwrap_or(0.0)
    }

    /// What is expected at this hour: of it and its neighbours the one that is nearest to what was seen.
    #[must_use]
    pub fn expected(&self, hour: usize, seen_off_level: f32) -> f32 {
        let near = [self.at(hour), self.at(hour + HOURS - 1), self.at(hour + 1)];
        let (low, high) = near.iter().fold((f32::MAX, f32::MIN), |(low, high), at| (low.min(*at), high.max(*at)));
        if seen_off_level.is_finite() { seen_off_level.clamp(low, high) } else { self.at(hour) }
    }

    /// Moves this hour's norm towards what was seen.
    pub fn learn(&mut self, hour: usize, off: f32, rate: f32, spread: f32) {
        if let Some(norm) = self.0.get_mut(hour % HOURS)
            && off.is_finite()
        {
            *norm += rate * (off - *norm).clamp(-4.0 * spread, 4.0 * spread);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most 127 by the grain")]
    pub(super) fn pack(&self, to: &mut Packer) {
        let most = self.0.iter().fold(0.0_f32, |most, at| most.max(at.abs()));
        let grain = if most > 0.0 { most / 127.0 } else { 1.0 };
        to.f32(grain);
        to.i8s(&self.0.map(|at| (at / grain).round() as i8));
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let grain = from.f32()?;
        from.i8s::<HOURS>().map(|all| Self(all.map(|at| f32::from(at) * grain)))
    }
}

/// The state of one field.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ValueGauge {
    /// Hash of stream and field.
    pub key: u16,
    near: Gauge,
    wobble: Gauge,
    slow: Gauge,
    round: Round,
    last: f32,
    still: u16,
    still_most: u16,
    sum: f32,
    count: u16,
    /// The slow summary before.
    before: f32,
    /// The least step it ever made: a whole percent of a battery is no jump.
    grain: f32,
}

/// What a field's gauge says of one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueReading {
    /// The window's value against its norm.
    pub near: Reading,
    /// The nearest any of its detectors came to its threshold: 1 is at it.
    pub score: f32,
}

impl ValueGauge {
    /// Bytes of a packed field.
    pub const BYTES: usize = 3 * Gauge::BYTES + Round::BYTES + 22;

    /// A field that was not seen yet.
    #[must_use]
    pub fn new(key: u16) -> Self {
        Self { key, ..Self::default() }
    }

    fn tuning(settings: &Settings, level: f32, grain: f32) -> (Tuning, Tuning, Tuning) {
        let day = 86_400_000 / settings.window_ms.max(1);
        let day = figure(u32::try_from(day).unwrap_or(u32::MAX)).max(24.0);
        let floor = (level.abs() * 1e-3).max(1e-4).max(grain);
        let near = Tuning { floor, rate: 2.0 / day, jump: 9.0, lasting: 1, slack: 1.5, limit: 60.0 };
        let wobble = Tuning { floor: 0.5, rate: 4.0 / day, jump: 9.0, lasting: 3, slack: 1.0, limit: 30.0 };
        let slow = Tuning { floor, rate: 1.0 / 240.0, jump: 12.0, lasting: 3, slack: 0.8, limit: 10.0 };
        (near, wobble, slow)
    }

    /// Takes one window's summary.
    pub fn step(
        &mut self,
        seen: &FieldSummary,
        (window, settings): (u64, &Settings),
        hits: &mut Vec<Hit>,
    ) -> ValueReading {
        let step = (seen.mean - self.last).abs();
        if step > 0.0 && self.near.level() != 0.0 {
            self.grain = if self.grain > 0.0 { self.grain.min(step) } else { step };
        }
        let (near, wobble, slow) = Self::tuning(settings, self.near.level(), self.grain);
        let warm = settings.value_warm_windows;
        let hour = settings.hour_of(window);
        let offset = self.round.expected(hour, seen.mean - self.near.level());
        let spread = self.near.spread(&near);
        let reading = self.near.step_near(seen.mean, (offset, self.round.at(hour)), &near, warm);
        self.learn_round(hour, seen.mean, (spread, near.rate / 2.0), warm);
        let moved = (seen.high - seen.low).abs().max((seen.mean - self.last).abs());
        let rough = self.wobble.step((moved + spread * 0.05).ln(), 0.0, &wobble, warm);
        let stuck = self.stands_still(seen, settings);
        let far = self.summary(seen.mean - offset, &slow, settings);
        self.last = seen.mean;
        let hit = |kind, strength, at: &Reading| Hit {
            kind,
            field: Some(seen.key),
            track: 0,
            observed: seen.mean,
            expected: at.expected,
            spread: at.spread,
            strength,
            since: at.since,
        };
        if let Some((_, by)) = reading.jump {
            hits.push(hit(FindingKind::ValueSpike, by, &reading));
        }
        if let Some((_, by)) = reading.shift {
            hits.push(hit(FindingKind::ValueDrift, by, &reading));
        }
        if let Some(far) = far
            && let Some((_, by)) = far.worst()
        {
            let since = far.since.saturating_mul(settings.long_windows);
            let at = Reading { since, ..reading };
            hits.push(hit(FindingKind::ValueDrift, by, &at));
        }
        if let Some(by) = rough.up() {
            hits.push(hit(FindingKind::ValueNoisy, by, &Reading { since: rough.since, ..reading }));
        }
        if let Some(by) = stuck {
            hits.push(hit(FindingKind::SensorStuck, by, &Reading { since: self.still, ..reading }));
        }
        let score = [reading.score, rough.score, far.map_or(0.0, |far| far.score), stuck.unwrap_or(0.0)];
        ValueReading { near: reading, score: score.into_iter().fold(0.0, f32::max) }
    }

    /// Learns this hour's norm: quickly in the first days, slowly for good. `a_window` is one window as a share of a day.
    fn learn_round(&mut self, hour: usize, seen: f32, (spread, a_window): (f32, f32), warm: u16) {
        let days = f32::from(self.near.age()) * a_window;
        let once_an_hour = 3.0 * a_window * figure(u32::try_from(HOURS).unwrap_or(24));
        let rate = (once_an_hour / (1.0 + days)).max(a_window * 8.0).min(0.3);
        let step_most = if self.near.is_warm(warm) { spread } else { f32::MAX / 8.0 };
        self.round.learn(hour, seen - self.near.level(), rate, step_most);
    }

    /// How far a value that does not move is past the longest time it ever stood still.
    fn stands_still(&mut self, seen: &FieldSummary, settings: &Settings) -> Option<f32> {
        let same = (seen.low - self.last).abs() <= f32::EPSILON * self.last.abs()
            && (seen.high - seen.low).abs() <= f32::EPSILON * self.last.abs();
        if !same {
            self.still_most = self.still_most.max(self.still);
            self.still = 0;
            return None;
        }
        self.still = self.still.saturating_add(1);
        // A figure that has hardly ever moved is not a sensor that stopped.
        let lively = self.still_most > 0 || self.near.is_warm(settings.value_warm_windows);
        let wobbles = self.wobble.is_warm(settings.value_warm_windows);
        let most = self.still_most.max(1).saturating_mul(STUCK_TIMES);
        let limit = most.max(settings.long_windows.saturating_mul(STUCK_LONGS_MIN));
        (lively && wobbles && self.still >= limit).then(|| f32::from(self.still) / f32::from(limit))
    }

    /// Adds to the slow summary; judges it when it is complete.
    fn summary(&mut self, value: f32, tuning: &Tuning, settings: &Settings) -> Option<Reading> {
        if value.is_finite() {
            self.sum += value;
            self.count = self.count.saturating_add(1);
        }
        if self.count < settings.long_windows {
            return None;
        }
        let mean = self.sum / f32::from(self.count.max(1));
        (self.sum, self.count) = (0.0, 0);
        let before = std::mem::replace(&mut self.before, mean);
        if before == 0.0 {
            return None;
        }
        // How fast it moves is followed, not where it is: a battery that empties has a steady pace.
        let warm = settings.value_warm_windows / settings.long_windows.max(1);
        Some(self.slow.step(mean - before, 0.0, tuning, warm.max(8)))
    }

    /// A person said that this is expected.
    pub fn accept(&mut self, kind: FindingKind, settings: &Settings) {
        let (near, _, slow) = Self::tuning(settings, self.near.level(), self.grain);
        #[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are about where the value is")]
        match kind {
            FindingKind::SensorStuck => self.still_most = self.still_most.max(self.still),
            FindingKind::ValueNoisy => self.wobble.settle(),
            _ => {
                self.near.accept(self.last, &near);
                self.slow.accept(0.0, &slow);
            }
        }
    }

    pub(super) fn pack(&self, to: &mut Packer) {
        to.u16(self.key);
        for gauge in [&self.near, &self.wobble, &self.slow] {
            gauge.pack(to);
        }
        self.round.pack(to);
        to.f32(self.last);
        to.u16(self.still);
        to.u16(self.still_most);
        to.f32(self.sum);
        to.u16(self.count);
        to.f32(self.before);
        to.half(self.grain);
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self {
            key: from.u16()?,
            near: Gauge::unpack(from)?,
            wobble: Gauge::unpack(from)?,
            slow: Gauge::unpack(from)?,
            round: Round::unpack(from)?,
            last: from.f32()?,
            still: from.u16()?,
            still_most: from.u16()?,
            sum: from.f32()?,
            count: from.u16()?,
            before: from.f32()?,
            grain: from.half()?,
        })
    }
}

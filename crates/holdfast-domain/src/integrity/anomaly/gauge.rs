//! One figure followed for good: robust level and spread, jumps, and slow shifts by cumulative sums (Page 1954).
//!
//! Level and spread move by clipped steps, so one wild window moves them no further than an ordinary one. A gauge learns how
//! wild its own figure is: what it saw while it learnt, and what a person called expected, raises its thresholds.

use super::pack::{Packer, Unpacker};

/// Steps of level and spread are cut at so many spreads.
const CLIP: f32 = 3.0;
/// A cumulative sum takes at most so many spreads from one window.
const SUM_CLIP: f32 = 4.0;
/// What was seen at its wildest while all was well, times this, is not yet news.
const MARGIN: f32 = 1.5;
/// What was learnt to be wild is forgotten with this factor each window: by half in about 48 days of minutes.
const FORGET: f32 = 0.999_99;
/// Learning is slowed by this much while something is wrong, so that harm does not become the norm.
const WARY: f32 = 0.1;
/// What a figure does by itself never raises a threshold above this many times its floor.
const PEAK_TIMES_MAX: f32 = 4.0;
/// Share of its limit from which a sum is taken seriously.
const RISING: f32 = 0.3;
/// Below so many spreads all is calm again.
const CALM: f32 = 1.0;

/// How one kind of figure is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Least spread: differences below are noise.
    pub floor: f32,
    /// Share of the newest window in level and spread.
    pub rate: f32,
    /// Spreads from the level that are a jump.
    pub jump: f32,
    /// Windows in a row that a jump must last.
    pub lasting: u8,
    /// Spreads that a cumulative sum forgives in each window.
    pub slack: f32,
    /// Sum at which a shift is news.
    pub limit: f32,
}

/// Which way a figure went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Above what was expected.
    Up,
    /// Below.
    Down,
}

/// What a gauge says of one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Distance from the level in spreads.
    pub z: f32,
    /// The level before this window, with the offset.
    pub expected: f32,
    /// The spread in force.
    pub spread: f32,
    /// A jump that has lasted, and how far above the threshold.
    pub jump: Option<(Way, f32)>,
    /// A slow shift, and how far above the threshold.
    pub shift: Option<(Way, f32)>,
    /// Windows since it began.
    pub since: u16,
    /// How near this window came to a threshold: 1 is at it. Zero while learning.
    pub score: f32,
}

impl Reading {
    /// The stronger of jump and shift.
    #[must_use]
    pub fn worst(&self) -> Option<(Way, f32)> {
        match (self.jump, self.shift) {
            (Some(jump), Some(shift)) => Some(if jump.1 >= shift.1 { jump } else { shift }),
            (jump, shift) => jump.or(shift),
        }
    }

    /// The worst that goes up.
    #[must_use]
    pub fn up(&self) -> Option<f32> {
        [self.jump, self.shift]
            .into_iter()
            .flatten()
            .filter(|(way, _)| *way == Way::Up)
            .map(|(_, by)| by)
            .reduce(f32::max)
    }

    /// The worst that goes down.
    #[must_use]
    pub fn down(&self) -> Option<f32> {
        let all = [self.jump, self.shift].into_iter().flatten();
        all.filter(|(way, _)| *way == Way::Down).map(|(_, by)| by).reduce(f32::max)
    }
}

/// The state of one figure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gauge {
    level: f32,
    spread: f32,
    up: f32,
    down: f32,
    peak: f32,
    top: f32,
    seen: u16,
    streak: u8,
    begun: u8,
    /// The wildest of what goes on now; learnt once it is over without news.
    wild_now: f32,
    sum_now: f32,
}

impl Gauge {
    /// Bytes of a packed gauge.
    pub const BYTES: usize = 16;

    /// Whether enough was seen to judge.
    #[must_use]
    pub const fn is_warm(&self, warm: u16) -> bool {
        self.seen >= warm
    }

    /// Windows that were seen, up to 65,535.
    #[must_use]
    pub const fn age(&self) -> u16 {
        self.seen
    }

    /// The level.
    #[must_use]
    pub const fn level(&self) -> f32 {
        self.level
    }

    /// The spread in force.
    #[must_use]
    pub fn spread(&self, tuning: &Tuning) -> f32 {
        self.spread.max(tuning.floor)
    }

    /// Takes one window. `offset` is what is expected on top of the level, as at this hour of the day.
    pub fn step(&mut self, seen: f32, offset: f32, tuning: &Tuning, warm: u16) -> Reading {
        self.step_near(seen, (offset, offset), tuning, warm)
    }

    /// Takes one window of a figure with a daily round: judged by what is expected near this hour, learnt by this hour's
    /// own norm, so that the tolerance does not make the spread smaller than it is.
    pub fn step_near(&mut self, seen: f32, (near, own): (f32, f32), tuning: &Tuning, warm: u16) -> Reading {
        let figure = if seen.is_finite() { seen - near } else { self.level };
        let offset = near;
        if self.seen == 0 {
            self.level = figure;
            self.spread = tuning.floor;
        }
        let spread = self.spread(tuning);
        let z = (figure - self.level) / spread;
        let mut reading = Reading {
            z,
            expected: self.level + offset,
            spread,
            jump: None,
            shift: None,
            since: u16::from(self.begun),
            score: 0.0,
        };
        self.sum(z, tuning);
        let judged = self.is_warm(warm);
        if judged {
            self.judge(&mut reading, tuning);
        } else {
            self.calm(z, tuning);
            if self.seen < warm / 2 {
                // The level is still being found: what went before says nothing of wildness.
                (self.peak, self.top, self.up, self.down) = (0.0, 0.0, 0.0, 0.0);
                (self.wild_now, self.sum_now) = (0.0, 0.0);
            }
        }
        let learnt = if seen.is_finite() { (seen - own - self.level) / spread } else { 0.0 };
        // What begins to look like a shift is learnt slowly, or a slow enough one would become the norm.
        let rising = judged && self.up.max(self.down) > tuning.limit.max(self.top * MARGIN) * RISING;
        self.learn(learnt, spread, tuning, (warm, rising || reading.worst().is_some()));
        reading
    }

    fn sum(&mut self, z: f32, tuning: &Tuning) {
        let step = z.clamp(-SUM_CLIP, SUM_CLIP);
        self.up = (self.up + step - tuning.slack).max(0.0);
        self.down = (self.down - step - tuning.slack).max(0.0);
        let off = z.abs() >= tuning.slack && self.up.max(self.down) > 0.0;
        self.begun = if off || self.up.max(self.down) > SUM_CLIP { self.begun.saturating_add(1) } else { 0 };
    }

    fn judge(&mut self, reading: &mut Reading, tuning: &Tuning) {
        let way = if reading.z > 0.0 { Way::Up } else { Way::Down };
        let wild = tuning.jump.max(self.peak * MARGIN);
        reading.score = reading.z.abs() / wild;
        self.streak = if reading.z.abs() >= wild { self.streak.saturating_add(1) } else { 0 };
        if self.streak >= tuning.lasting {
            reading.jump = Some((way, reading.z.abs() / wild));
        }
        let limit = tuning.limit.max(self.top * MARGIN);
        let (sum, way) = if self.up >= self.down { (self.up, Way::Up) } else { (self.down, Way::Down) };
        reading.score = reading.score.max(sum / limit);
        if sum >= limit {
            reading.shift = Some((way, sum / limit));
            // Kept from growing without end, so that it is over soon after the cause is.
            let most = limit * 1.2;
            (self.up, self.down) = (self.up.min(most), self.down.min(most));
        }
        if self.streak == 0 && reading.shift.is_none() {
            self.calm(reading.z, tuning);
        } else {
            (self.wild_now, self.sum_now) = (0.0, 0.0);
        }
        reading.since = u16::from(self.begun.max(self.streak));
    }

    /// Remembers how wild it gets while all is well.
    fn calm(&mut self, z: f32, tuning: &Tuning) {
        let sum = self.up.max(self.down);
        self.wild_now = self.wild_now.max(z.abs());
        self.sum_now = self.sum_now.max(sum);
        (self.peak, self.top) = (self.peak * FORGET, self.top * FORGET);
        // Only what is over has been harmless; what still rises may yet become news.
        if z.abs() < CALM {
            self.peak = self.peak.max(self.wild_now.min(tuning.jump * PEAK_TIMES_MAX));
            self.wild_now = 0.0;
        }
        if sum < CALM {
            self.top = self.top.max(self.sum_now.min(tuning.limit * PEAK_TIMES_MAX));
            self.sum_now = 0.0;
        }
    }

    fn learn(&mut self, z: f32, spread: f32, tuning: &Tuning, (warm, alarmed): (u16, bool)) {
        let young = 1.0 / (f32::from(self.seen) + 1.5);
        let mut rate = if self.seen < warm { young.max(tuning.rate) } else { tuning.rate };
        if alarmed {
            rate *= WARY;
        }
        let clip = if self.seen < 8 { CLIP * 8.0 } else { CLIP };
        let step = z.clamp(-clip, clip);
        self.level += rate * step * spread;
        // The mean distance of normal noise is 0.798 of its standard deviation.
        self.spread = (self.spread + rate * (step.abs() * 1.253 * spread - self.spread)).max(0.0);
        self.seen = self.seen.saturating_add(1);
    }

    /// A person said that this is expected: the figure is the new norm and its like no news.
    pub fn accept(&mut self, level: f32, tuning: &Tuning) {
        let spread = self.spread(tuning);
        let z = ((level - self.level) / spread).abs();
        self.peak = self.peak.max(z.min(tuning.jump * PEAK_TIMES_MAX * 4.0));
        self.spread = self.spread.max(spread);
        self.level = level;
        (self.up, self.down, self.streak, self.begun) = (0.0, 0.0, 0, 0);
    }

    /// Learns anew, as after new software; the last level is where it begins.
    pub fn settle(&mut self) {
        (self.up, self.down, self.streak, self.begun, self.seen) = (0.0, 0.0, 0, 0, 0);
        (self.peak, self.top, self.wild_now, self.sum_now) = (0.0, 0.0, 0.0, 0.0);
    }

    pub(super) fn pack(&self, to: &mut Packer) {
        to.f32(self.level);
        to.half(self.spread);
        to.half(self.up);
        to.half(self.down);
        to.half(self.peak);
        to.half(self.top);
        to.u16(self.seen);
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self {
            level: from.f32()?,
            spread: from.half()?,
            up: from.half()?,
            down: from.half()?,
            peak: from.half()?,
            top: from.half()?,
            seen: from.u16()?,
            // A start of the server begins a streak anew.
            streak: 0,
            begun: 0,
            wild_now: 0.0,
            sum_now: 0.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNING: Tuning = Tuning { floor: 1.0, rate: 0.005, jump: 6.0, lasting: 2, slack: 1.0, limit: 20.0 };
    const WARM: u16 = 100;

    /// A small deterministic noise of about one spread.
    fn noise(n: u32) -> f32 {
        let mixed = n.wrapping_mul(2_654_435_761) >> 16;
        super::super::figure(mixed % 1_000) / 288.0 - 1.732
    }

    fn calm(windows: u32) -> Gauge {
        let mut gauge = Gauge::default();
        for n in 0..windows {
            let reading = gauge.step(50.0 + noise(n), 0.0, &TUNING, WARM);
            assert_eq!(reading.worst(), None, "window {n}: {reading:?}");
        }
        gauge
    }

    #[test]
    fn noise_is_never_news() {
        let gauge = calm(50_000);
        assert!((gauge.level() - 50.0).abs() < 1.0, "{gauge:?}");
    }

    #[test]
    fn a_jump_is_news_once_it_has_lasted_and_a_single_wild_window_is_not() {
        let mut gauge = calm(2_000);
        assert_eq!(gauge.step(500.0, 0.0, &TUNING, WARM).jump, None);
        assert_eq!(gauge.step(50.0, 0.0, &TUNING, WARM).worst(), None);
        assert_eq!(gauge.step(500.0, 0.0, &TUNING, WARM).jump, None);
        assert!(matches!(gauge.step(500.0, 0.0, &TUNING, WARM).jump, Some((Way::Up, by)) if by > 1.0));
    }

    #[test]
    fn a_slow_shift_is_found_by_its_sum() {
        let mut gauge = calm(2_000);
        let found = (0..60).find(|n| gauge.step(52.5 + noise(*n), 0.0, &TUNING, WARM).shift.is_some());
        assert!(found.is_some_and(|after| (5..50).contains(&after)), "{found:?}");
    }

    #[test]
    fn what_a_person_calls_expected_is_no_news_again() {
        let mut gauge = calm(2_000);
        gauge.accept(80.0, &TUNING);
        assert!((0..2_000).all(|n| gauge.step(80.0 + noise(n), 0.0, &TUNING, WARM).worst().is_none()));
    }

    #[test]
    fn what_is_not_a_number_changes_nothing_of_the_level() {
        let mut gauge = calm(2_000);
        let before = gauge.level();
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(gauge.step(bad, 0.0, &TUNING, WARM).worst(), None);
        }
        assert!((gauge.level() - before).abs() < 0.01);
    }

    #[test]
    fn a_packed_gauge_goes_on_where_it_was() {
        let gauge = calm(500);
        let mut packer = Packer::default();
        gauge.pack(&mut packer);
        let bytes = packer.bytes();
        assert_eq!(bytes.len(), Gauge::BYTES);
        let again = Gauge::unpack(&mut Unpacker::of(&bytes)).expect("read back");
        assert!((again.level - gauge.level).abs() < 1e-6 && again.seen == gauge.seen);
        assert!((again.spread - gauge.spread).abs() <= gauge.spread * 0.01, "{again:?} {gauge:?}");
    }
}

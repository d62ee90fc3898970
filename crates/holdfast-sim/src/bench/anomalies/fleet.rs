//! A simulated fleet, window by window, from a seed: ordinary days, benign events, and injected faults.

use holdfast_domain::integrity::anomaly::{FieldSummary, Observation, narrow};

/// Windows of one day.
pub(super) const DAY: u32 = 1_440;

/// How much is simulated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) seed: u64,
    pub(super) devices: u32,
    pub(super) days: u32,
}

/// The library of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Stuck,
    Noisy,
    Spike,
    Drift,
    Missing,
    Late,
    Reordered,
    Duplicated,
    Flood,
    SlowExfiltration,
    ClockJump,
    ReconnectStorm,
    NewEndpoint,
    Silent,
    AuthFailures,
}

impl Fault {
    pub(super) const ALL: [Self; 15] = [
        Self::Stuck,
        Self::Noisy,
        Self::Spike,
        Self::Drift,
        Self::Missing,
        Self::Late,
        Self::Reordered,
        Self::Duplicated,
        Self::Flood,
        Self::SlowExfiltration,
        Self::ClockJump,
        Self::ReconnectStorm,
        Self::NewEndpoint,
        Self::Silent,
        Self::AuthFailures,
    ];

    /// How long it goes on, in windows.
    pub(super) const fn lasts(self) -> u32 {
        match self {
            Self::Spike | Self::NewEndpoint => 1,
            Self::Flood | Self::ReconnectStorm | Self::AuthFailures => 30,
            Self::Missing | Self::Reordered | Self::Duplicated | Self::Noisy => 6 * 60,
            Self::Late | Self::ClockJump | Self::Silent => 4 * 60,
            Self::Stuck => 24 * 60,
            Self::Drift | Self::SlowExfiltration => 36 * 60,
        }
    }
}

/// A fault on one device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Injected {
    pub(super) fault: Fault,
    pub(super) from: u32,
}

/// One simulated device.
pub(super) struct Device {
    pub(super) fault: Option<Injected>,
    dice: Dice,
    rate: f64,
    size: f64,
    night: f64,
    warmth: f64,
    lag_ms: f64,
    walk: f64,
    battery: f64,
    held: Option<FieldSummary>,
    network: u32,
    updated_at: u32,
    powerless: bool,
    backlog: u32,
    delayed: u32,
}

/// A small generator (`SplitMix64`, Steele and others 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between nought and one.
    fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }

    /// About normal, from twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    fn count(&mut self, mean: f64) -> u32 {
        let x = (mean + self.normal() * mean.sqrt()).max(0.0).round();
        whole(x)
    }

    fn once_in(&mut self, windows: u64) -> bool {
        self.next().is_multiple_of(windows)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small figures that are not negative")]
fn whole(x: f64) -> u32 {
    x.clamp(0.0, 1e9) as u32
}

/// What happens to many at once, and is no fault.
pub(super) struct Events {
    /// Summer time begins or ends.
    pub(super) clocks_change: u32,
    /// Power is cut for two hours.
    pub(super) power_cut: u32,
    /// The server restarts: everybody comes back.
    pub(super) restart: u32,
    /// The first device gets new software; the others follow.
    pub(super) rollout: u32,
}

/// How long the power is out.
pub(super) const POWER_OUT: u32 = 120;

impl Events {
    pub(super) fn of(days: u32) -> Self {
        let late = |percent: u32, minute: u32| days * percent / 100 * DAY + minute;
        Self {
            clocks_change: late(55, 120),
            power_cut: late(60, 1_110),
            restart: late(70, 600),
            rollout: late(75, 540),
        }
    }

    pub(super) fn names() -> Vec<&'static str> {
        vec![
            "staged firmware rollout",
            "summer time",
            "power cut of 40 % of the fleet",
            "server restart",
            "single reconnects",
            "lost and refused messages now and then",
        ]
    }
}

impl Device {
    pub(super) fn new(scale: Scale, number: u32, events: &Events) -> Self {
        let mut dice = Dice(scale.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(number)));
        // A third of the fleet is left alone; the others have one fault each, in turn.
        let third = number.is_multiple_of(3);
        let kind = usize::try_from((number - number / 3).saturating_sub(1)).unwrap_or(0) % Fault::ALL.len();
        let fault = Fault::ALL.get(kind).copied().filter(|_| !third);
        let from = scale.days * DAY * 80 / 100;
        let spread = scale.days * DAY * 6 / 100;
        let from = from + whole(dice.unit() * f64::from(spread));
        Self {
            fault: fault.map(|fault| Injected { fault, from }),
            rate: 4.0 + dice.unit() * 10.0,
            size: 110.0 + dice.unit() * 60.0,
            night: if number.is_multiple_of(5) { 0.4 } else { 1.0 },
            warmth: 18.0 + dice.unit() * 4.0,
            lag_ms: 60.0 + dice.unit() * 400.0,
            walk: 0.0,
            battery: 100.0,
            held: None,
            network: number,
            updated_at: events.rollout + number * 7 % 600,
            powerless: number % 5 < 2,
            backlog: 0,
            delayed: 0,
            dice,
        }
    }

    fn now(&self, fault: Fault, window: u32) -> bool {
        self.fault.is_some_and(|at| at.fault == fault && (at.from..at.from + fault.lasts()).contains(&window))
    }

    fn since(&self, window: u32) -> f64 {
        self.fault.map_or(0.0, |at| f64::from(window.saturating_sub(at.from)))
    }

    /// What the server sees of one window.
    pub(super) fn window(&mut self, window: u32, events: &Events) -> Observation {
        let dark = self.powerless && (events.power_cut..events.power_cut + POWER_OUT).contains(&window);
        let first = window == 0 || window == events.restart;
        let after = self.powerless && window == events.power_cut + POWER_OUT;
        self.walk = self.walk * 0.98 + self.dice.normal() * 0.03;
        if dark || self.now(Fault::Silent, window) {
            self.backlog = self.backlog.saturating_add(u32::from(dark));
            return Observation::default();
        }
        let local = if window >= events.clocks_change { window + 60 } else { window };
        let hour = f64::from(local % DAY) / 60.0;
        let updated = window >= self.updated_at;
        let night = if (1.0..6.0).contains(&hour) { self.night } else { 1.0 };
        let mut messages = self.dice.count(self.rate * night * if updated { 1.4 } else { 1.0 });
        let mut seen =
            Observation { connected: true, software: Some(if updated { 8 } else { 7 }), ..Observation::default() };
        seen.connects = u32::from(first || after || window == self.updated_at + 2 || self.dice.once_in(3_000));
        if seen.connects > 0 {
            seen.endpoints = vec![self.network];
        }
        seen.refused = u32::from(self.dice.once_in(4_000));
        seen.missing = u32::from(self.dice.once_in(2_500));
        seen.repeated = u32::from(self.dice.once_in(2_500));
        let jitter = self.dice.unit() * 80.0;
        let mut lag = self.lag_ms + jitter;
        if self.backlog > 0 {
            // What was kept comes first, a part of it each minute.
            messages += self.backlog.min(30) * whole(self.rate);
            lag = f64::from(self.backlog) * 60_000.0;
            self.backlog -= self.backlog.min(30);
        }
        self.wrong(window, &mut seen, &mut messages, &mut lag);
        seen.messages = messages;
        let size = self.size * if updated { 1.25 } else { 1.0 };
        let leak = if self.now(Fault::SlowExfiltration, window) { 1.3 } else { 1.0 };
        seen.bytes = whole(f64::from(messages) * (size + self.dice.normal() * 3.0) * leak);
        seen.topics = 1;
        #[expect(clippy::cast_possible_truncation, reason = "a lag of hours at most")]
        let lag = lag as i64;
        seen.lag_ms = Some(lag).filter(|_| messages > 0);
        seen.fields = if messages > 0 { self.fields(window, hour) } else { Vec::new() };
        seen
    }

    /// Lets the device's fault change what is seen.
    fn wrong(&mut self, window: u32, seen: &mut Observation, messages: &mut u32, lag: &mut f64) {
        if self.now(Fault::Flood, window) {
            *messages = messages.saturating_mul(15) + 60;
        }
        if self.now(Fault::Missing, window) {
            let lost = self.dice.count(f64::from(*messages) * 0.4);
            seen.missing += lost;
            *messages = messages.saturating_sub(lost);
        }
        if self.now(Fault::Duplicated, window) {
            seen.repeated += self.dice.count(f64::from(*messages) * 0.5);
        }
        if self.now(Fault::Reordered, window) {
            seen.reordered += self.dice.count(f64::from(*messages) * 0.5);
        }
        if self.now(Fault::Late, window) {
            // Held back for five minutes: first nothing comes, then everything late.
            self.delayed += 1;
            if self.delayed <= 5 {
                *messages = 0;
            }
            *lag += 300_000.0;
        }
        if self.now(Fault::ClockJump, window) {
            *lag -= 600_000.0;
        }
        if self.now(Fault::ReconnectStorm, window) {
            seen.connects += 6;
            seen.endpoints = vec![self.network];
        }
        if self.now(Fault::NewEndpoint, window) {
            seen.connects += 1;
            seen.endpoints = vec![self.network + 1_000_000];
        }
        if self.now(Fault::AuthFailures, window) {
            seen.refused += 3;
            seen.identity_refused += 3;
        }
    }

    fn fields(&mut self, window: u32, hour: f64) -> Vec<FieldSummary> {
        let round = ((hour - 15.0) / 24.0 * std::f64::consts::TAU).cos();
        let mut warm = self.warmth + 1.5 * round + self.walk + self.dice.normal() * 0.05;
        let mut spread = 0.04 + self.dice.unit() * 0.04;
        if self.now(Fault::Noisy, window) {
            warm += self.dice.normal() * 2.5;
            spread *= 12.0;
        }
        if self.now(Fault::Spike, window) {
            warm += 25.0;
        }
        if self.now(Fault::Drift, window) {
            warm += self.since(window) / 60.0 * 0.25;
        }
        let field = |key, mean: f64, spread: f64| FieldSummary {
            key,
            mean: narrow(mean),
            low: narrow(mean - spread),
            high: narrow(mean + spread),
        };
        let mut warm = field(1, warm, spread);
        if self.now(Fault::Stuck, window) {
            warm = *self.held.get_or_insert(FieldSummary { low: warm.mean, high: warm.mean, ..warm });
        }
        self.battery = (self.battery - 0.0006).max(5.0);
        let signal = -60.0 + self.dice.normal() * 2.0;
        vec![warm, field(2, self.battery.floor(), 0.0), field(3, signal, 1.5)]
    }
}

//! Streaming detectors: small fixed state for each device, one window of plain counts at a time, robust statistics.
//!
//! `gauge` follows one figure, `value` one numeric field, `device` all of a device, `cohort` a product's whole fleet. They
//! see counts, sizes and times, never what a message says; of a numeric field they see a window's summary. Everything is a
//! function of what went before and the window: no clock, no randomness. What follows from a hit is `finding`'s.

pub mod cohort;
pub mod device;
pub mod door;
pub mod gauge;

pub mod value;

mod pack;

use super::finding::FindingKind;

/// Most numeric fields of one device that are followed.
pub const FIELDS_MAX: usize = 4;
/// Most addresses of one device that are remembered, as keyed hashes.
pub const ENDPOINTS_MAX: usize = 6;
/// Points of the picture that a finding carries at most.
pub const POINTS_MAX: usize = 48;

/// How detectors are set; one for all devices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Length of one window, in milliseconds.
    pub window_ms: u64,
    /// Windows in which a new device is only learnt.
    pub warm_windows: u16,
    /// Windows in which a new field is only learnt: two days, so that its daily round is known.
    pub value_warm_windows: u16,
    /// Windows without a message after which a device that always spoke is silent, at least.
    pub silent_windows: u16,
    /// Windows of one summary of a field, and of the slow sums.
    pub long_windows: u16,
}

impl Default for Settings {
    /// One minute; two hours of learning; silent after half an hour; slow sums each hour.
    fn default() -> Self {
        Self { window_ms: 60_000, warm_windows: 120, value_warm_windows: 2_880, silent_windows: 30, long_windows: 60 }
    }
}

impl Settings {
    /// The hour of day (UTC) of a window, counted from 1970.
    #[must_use]
    pub fn hour_of(&self, window: u64) -> usize {
        let hours = window.saturating_mul(self.window_ms) / 3_600_000;
        usize::try_from(hours % 24).unwrap_or(0)
    }
}

/// What one device did in one window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// Messages taken.
    pub messages: u32,
    /// Bytes read from the device.
    pub bytes: u32,
    /// Messages or documents refused.
    pub refused: u32,
    /// Of these: for a stream, topic or field that the model does not declare.
    pub undeclared: u32,
    /// Of these: above the rates that the model or the budget allows.
    pub over_rate: u32,
    /// Connections refused for their identity.
    pub identity_refused: u32,
    /// Sessions opened.
    pub connects: u32,
    /// Keyed hashes of the addresses that sessions came from.
    pub endpoints: Vec<u32>,
    /// One bit for each stream that was used, by a hash of its name.
    pub topics: u32,
    /// Server's time minus device's time when a message arrived, milliseconds: the least of the window.
    pub lag_ms: Option<i64>,
    /// Counters that were skipped.
    pub missing: u32,
    /// Counters that came twice.
    pub repeated: u32,
    /// Counters that came after a higher one.
    pub reordered: u32,
    /// Summaries of numeric fields.
    pub fields: Vec<FieldSummary>,
    /// Sequence number of the software that the device proved, if that is known.
    pub software: Option<u64>,
    /// Whether a session is open at the window's end.
    pub connected: bool,
}

/// One numeric field in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSummary {
    /// A hash of stream and field.
    pub key: u16,
    /// Mean of the window's values.
    pub mean: f32,
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
}

/// What a detector found in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// What it is.
    pub kind: FindingKind,
    /// Which field, if it is about one.
    pub field: Option<u16>,
    /// Which figure of the device's trace shows it.
    pub track: usize,
    /// What was seen, in the figure's unit.
    pub observed: f32,
    /// What was expected.
    pub expected: f32,
    /// One spread of the expectation.
    pub spread: f32,
    /// How far above its threshold: 1 is just there.
    pub strength: f32,
    /// Windows since it began, as far as can be told.
    pub since: u16,
}

/// A whole number as a figure; exact below 16 million, and nobody minds above.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "figures of detectors are rounded anyway")]
pub const fn figure(count: u32) -> f32 {
    count as f32
}

/// A figure from a wide one; not finite or out of all reason becomes the nearest reasonable one.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "clamped into the range just before")]
pub fn narrow(wide: f64) -> f32 {
    const FAR: f64 = 1e30;
    if wide.is_nan() { 0.0 } else { wide.clamp(-FAR, FAR) as f32 }
}

/// Square-root scale on which a count has a spread of one (Anscombe 1948).
#[must_use]
pub fn rooted(count: u32) -> f32 {
    2.0 * (figure(count) + 0.375).sqrt()
}

/// Back from [`rooted`].
#[must_use]
pub fn unrooted(root: f32) -> f32 {
    (root * root / 4.0 - 0.375).max(0.0)
}

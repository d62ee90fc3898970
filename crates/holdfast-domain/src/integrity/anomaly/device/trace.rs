//! The last windows of a device's figures, for the picture of a finding.

use super::super::POINTS_MAX;
use super::TRACKS;

/// One step of a trace, in spreads.
const TRACE_STEP: f32 = 0.25;

/// The last windows of each figure, in quarter spreads from what was expected; for pictures, and not kept over a restart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trace {
    points: Box<[[i8; TRACKS]; POINTS_MAX]>,
    next: usize,
    filled: usize,
}

impl Default for Trace {
    fn default() -> Self {
        Self { points: Box::new([[0; TRACKS]; POINTS_MAX]), next: 0, filled: 0 }
    }
}

impl Trace {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to the range of the type just before")]
    /// Adds one window.
    pub(super) fn put(&mut self, row: &[f32; TRACKS]) {
        if let Some(place) = self.points.get_mut(self.next) {
            *place = row.map(|z| (z / TRACE_STEP).clamp(-127.0, 127.0) as i8);
        }
        self.next = (self.next + 1) % POINTS_MAX;
        self.filled = (self.filled + 1).min(POINTS_MAX);
    }

    /// One figure, oldest first.
    pub(super) fn track(&self, track: usize) -> Vec<f32> {
        let first = (self.next + POINTS_MAX - self.filled) % POINTS_MAX;
        let rows = (0..self.filled).filter_map(|n| self.points.get((first + n) % POINTS_MAX));
        rows.filter_map(|row| row.get(track)).map(|z| f32::from(*z) * TRACE_STEP).collect()
    }
}

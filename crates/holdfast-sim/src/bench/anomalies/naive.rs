//! The yardstick: three standard deviations from the mean of all that was seen (Welford's sums).

/// Mean and deviation of one figure.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ThreeSigma {
    count: u32,
    mean: f64,
    sum: f64,
}

impl ThreeSigma {
    /// How far a figure is from the mean, where 1 is three standard deviations; zero while learning.
    pub(super) fn step(&mut self, seen: f64, warm: u32) -> f64 {
        let deviation = (self.sum / f64::from(self.count.max(1))).sqrt().max(1e-9);
        let score = if self.count >= warm.max(2) { (seen - self.mean).abs() / deviation / 3.0 } else { 0.0 };
        self.count = self.count.saturating_add(1);
        let off = seen - self.mean;
        self.mean += off / f64::from(self.count);
        self.sum += off * (seen - self.mean);
        score
    }
}

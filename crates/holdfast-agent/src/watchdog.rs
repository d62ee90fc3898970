//! What the service manager is told (`sd_notify(3)`): ready, stopping, and signs of life.
//!
//! A sign of life is given only from the agent's loop, so a loop that is stuck gives none and is ended and started again.

use std::time::Duration;

use holdfast_core::time::Millis;
use sd_notify::NotifyState;

/// Signs of life of the agent's loop.
#[derive(Debug)]
pub(crate) struct Watchdog {
    every: Option<Millis>,
    next: Millis,
}

impl Watchdog {
    /// Tells that the agent is ready; signs of life follow if the service manager wants them.
    pub(crate) fn ready() -> Self {
        tell(&[NotifyState::Ready]);
        let every = sd_notify::watchdog_enabled().map(interval);
        Self { every, next: Millis(0) }
    }

    /// When [`Self::beat`] is due.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.every.map(|_| self.next)
    }

    /// Gives a sign of life if one is due.
    pub(crate) fn beat(&mut self, now: Millis) {
        if let Some(every) = self.every
            && self.next <= now
        {
            tell(&[NotifyState::Watchdog]);
            self.next = Millis(now.0.saturating_add(every.0));
        }
    }

    /// Tells that the agent stops on purpose.
    pub(crate) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }
}

/// A third of what the service manager allows, so that one late sign costs nothing.
fn interval(limit: Duration) -> Millis {
    Millis(u64::try_from(limit.as_millis() / 3).unwrap_or(u64::MAX).max(1))
}

fn tell(state: &[NotifyState<'_>]) {
    // Without a service manager nobody listens, which is no fault.
    if let Err(why) = sd_notify::notify(state) {
        tracing::debug!(error = %why, "service manager not told");
    }
}

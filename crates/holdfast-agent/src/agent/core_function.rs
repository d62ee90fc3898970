//! The core function: a program of the image that an update never stops, except to hand over to its successor.
//!
//! It runs beside the application under the same supervision, and says that it is alive. While an image is on trial,
//! silence beyond its declared limit brings the earlier program back at once, and the release with it.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Millis;
use holdfast_core::update::boot::Slot;
use serde_json::Value;

use super::Agent;
use crate::application::{Application, FromApplication, Heard, Program};
use crate::clock;
use crate::conversation;
use crate::declared::{Core, Use};
use crate::fault::Fault;
use crate::hooks::{self, Hook};

/// Where a core function comes from.
#[derive(Debug, Clone)]
struct Origin {
    slot: Slot,
    image: Sha256Digest,
    core: Core,
    limits: Use,
}

/// The core function and what is known of its life.
#[derive(Debug)]
pub(super) struct CoreFunction {
    process: Application,
    origin: Option<Origin>,
    before: Option<Origin>,
    /// When the last sign of life came.
    alive: Option<Millis>,
    /// Since when the first one is waited for.
    since: Millis,
    wish_told: u64,
    spoke: u64,
    /// How often in a row it was silent beyond its limit.
    silences: u32,
}

/// Between two starts of a core function that stays silent the wait doubles, up to this.
const PATIENCE_MAX: Millis = Millis(5 * 60 * 1_000);
/// One that has lived so long is taken for well again.
const WELL_AFTER: Millis = Millis(60_000);

impl CoreFunction {
    pub(super) const fn new(process: Application) -> Self {
        Self { process, origin: None, before: None, alive: None, since: Millis(0), wish_told: 0, spoke: 0, silences: 0 }
    }

    /// Whether it runs from the files of this slot.
    pub(super) fn uses(&self, slot: Slot) -> bool {
        self.process.is_alive() && self.origin.as_ref().is_some_and(|origin| origin.slot == slot)
    }

    pub(super) fn keeps(&self, property: &str) -> bool {
        self.origin.as_ref().is_some_and(|origin| origin.core.properties.contains(property))
    }

    pub(super) fn carries_out(&self, action: &str) -> bool {
        self.origin.as_ref().is_some_and(|origin| origin.core.actions.contains(action))
    }

    fn limit(&self) -> Option<Millis> {
        let core = &self.origin.as_ref()?.core;
        Some(match self.alive {
            Some(at) => Millis(at.0.saturating_add(core.silent_ms_max)),
            None => Millis(self.since.0.saturating_add(patience(core.gap_ms_max, self.silences))),
        })
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        self.limit().into_iter().chain(self.process.restart_at()).min()
    }

    pub(super) async fn stop(&mut self) {
        self.process.stop().await;
        self.origin = None;
    }

    fn start(&mut self, origin: Origin) -> Result<(), Fault> {
        (self.alive, self.since) = (None, clock::monotonic());
        let program = Program { slot: origin.slot, app: origin.core.program.clone(), limits: origin.limits };
        self.origin = Some(origin);
        self.process.start(program)
    }
}

impl Agent {
    /// The image of a slot takes over; what it declares as core function follows the one that runs.
    pub(super) async fn hand_over_core(
        &mut self,
        slot: Slot,
        image: Sha256Digest,
        (core, limits): (Option<Core>, Use),
    ) -> Result<(), Fault> {
        let running = &mut self.core_function;
        let Some(core) = core else {
            running.stop().await;
            running.before = None;
            return Ok(());
        };
        if running.process.is_alive() && running.origin.as_ref().is_some_and(|origin| origin.image == image) {
            tracing::info!("the core function runs on");
            return Ok(());
        }
        running.before = running.origin.take();
        running.silences = 0;
        let ended_from = clock::monotonic();
        running.process.stop().await;
        let started = running.start(Origin { slot, image, core, limits });
        running.since = ended_from;
        started
    }

    /// Looks after the core function: starts it again, and acts when it is silent beyond its limit.
    pub(super) async fn look_after_core(&mut self, now: Millis) {
        if self.core_function.process.restart_at().is_some_and(|at| at <= now) {
            let restarted = self.core_function.process.restart();
            self.note("start the core function", restarted);
        }
        if self.core_function.limit().is_none_or(|limit| limit > now) {
            return;
        }
        let on_trial = self.software.is_on_trial();
        let running = &mut self.core_function;
        running.silences = if on_trial { 0 } else { running.silences.saturating_add(1) };
        // One that never comes back is told ever more seldom.
        if running.silences.count_ones() < 2 {
            let next = if on_trial { "the release on trial is given up" } else { "started again" };
            self.alarmed("core-function-silent", next);
        }
        let running = &mut self.core_function;
        if !on_trial && running.process.restart_at().is_some() {
            // It ended by itself, and its next start is due after a wait of its own that doubles.
            (running.alive, running.since) = (None, now);
            return;
        }
        running.process.stop().await;
        let next = match running.before.take().filter(|_| on_trial) {
            Some(before) => Some(before),
            None => running.origin.take(),
        };
        let started = next.map_or(Ok(()), |origin| running.start(origin));
        self.note("start the core function", started);
        if on_trial {
            self.software.core_is_silent(now);
        }
    }

    /// The core function did something.
    pub(super) fn core_did(&mut self, from: FromApplication) {
        if from.incarnation != self.core_function.process.incarnation() {
            return;
        }
        match from.heard {
            Heard::Line(line) => {
                if hooks::read(&line) == Some(Hook::Alive) {
                    self.core_is_alive();
                } else {
                    let said = conversation::said(&line).map_err(Fault::refused);
                    let taken = said.and_then(|said| self.application_said(said, true));
                    self.note("line of the core function", taken);
                }
                self.core_function.spoke = from.incarnation;
                self.tell_core();
            }
            Heard::Ended(how) => {
                self.alarmed("core-function-ended", &how);
                self.core_function.process.ended(&how);
                let core = &self.core_function;
                let over = self.commands.interrupted(|action| core.carries_out(action));
                self.note("end the commands of the core function", over);
            }
        }
    }

    fn core_is_alive(&mut self) {
        let now = clock::monotonic();
        let running = &mut self.core_function;
        let first = running.alive.replace(now).is_none();
        if now.0.saturating_sub(running.since.0) >= WELL_AFTER.0 {
            running.silences = 0;
        }
        if first && let Some(origin) = &running.origin {
            let gap = now.0.saturating_sub(running.since.0);
            let text = format!("slot={} gap_ms={gap} gap_ms_max={}", origin.slot.name(), origin.core.gap_ms_max);
            self.happened("core-function-started", &text);
        }
    }

    /// Tells the core function what is wished of it and what it is ordered to do.
    pub(super) fn tell_core(&mut self) {
        let core = &mut self.core_function;
        let incarnation = core.process.incarnation();
        if core.spoke != incarnation || core.origin.is_none() {
            return;
        }
        if core.wish_told != incarnation
            && let Some(line) = self.shadow.wish(|name| core.keeps(name))
            && core.process.tell(&line)
        {
            core.wish_told = incarnation;
        }
        while let Ok(Some(line)) = self.commands.give(|action| self.core_function.carries_out(action)) {
            let _ = self.core_function.process.tell(&line);
        }
    }

    /// The wish has changed: the core function is told anew.
    pub(super) const fn core_wish_changed(&mut self) {
        self.core_function.wish_told = 0;
    }

    /// Whether what the core function reports now answers a wish.
    pub(super) const fn core_answers(&self) -> bool {
        self.core_function.wish_told != 0 && self.core_function.wish_told == self.core_function.process.incarnation()
    }

    /// Gives the core function a line of the agent's own.
    pub(super) fn say_to_core(&self, line: &Value) -> bool {
        self.core_function.process.tell(line)
    }
}

/// How long the first sign of life is waited for after so many silences.
fn patience(gap_ms_max: u64, silences: u32) -> u64 {
    let doubled = gap_ms_max.saturating_mul(1_u64.checked_shl(silences).unwrap_or(u64::MAX));
    if silences == 0 { gap_ms_max } else { doubled.min(PATIENCE_MAX.0.max(gap_ms_max)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_function_that_stays_silent_is_started_again_ever_more_seldom() {
        let waits: Vec<u64> = [0, 1, 2, 7, 8, 63, 64, u32::MAX].map(|silences| patience(2_000, silences)).to_vec();
        assert_eq!(waits, [2_000, 4_000, 8_000, 256_000, 300_000, 300_000, 300_000, 300_000]);
        assert_eq!(patience(600_000, 3), 600_000, "never less than declared");
    }
}

//! What a device does next about its software: one action at a time, each followed by its result.
//!
//! Order of durable steps: preflight, job recorded, spare slot invalid, download with resume, whole slot re-read, sealed,
//! armed, try consumed, trial start, health and a statement fetched by the new image, boot order committed, floor raised,
//! outcome kept until acknowledged. Wrong turns lead back to the committed slot. A cut after any action restarts
//! [`Machine::new`] on what was saved. Nothing here is trusted to be verified: [`Action::Start`] makes the shell verify.

use alloc::string::String;

use super::boot::{BootState, Slot};
use super::journal::{Job, Journal, Outcome, Report, ReportState, Target};
use crate::time::Millis;

mod advance;
#[cfg(test)]
mod model;

/// Starts that a trial gets before its release counts as bad.
pub const ATTEMPTS: u8 = 3;
/// Downloads of one job that may end in a wrong image before the job fails.
pub const WRONG_IMAGES_MAX: u8 = 3;
/// Wait before an action that failed for a passing cause is asked for again.
pub const RETRY: Millis = Millis(2_000);
/// Longest such wait for downloads, reached by doubling.
pub const FETCH_RETRY_MAX: Millis = Millis(300_000);
/// Longest trial, whatever the manifest says.
pub const TRIAL_MAX: Millis = Millis(3_600_000);

/// Names one issued action; a result with another ticket is too late and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// What the shell must do now. Each ends in one [`Event::Finished`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write the boot state durably.
    SaveBoot(BootState),
    /// Write the journal durably.
    SaveJournal(Journal),
    /// Check that the target fits: space for it in the spare slot.
    Preflight(Target),
    /// Make a slot invalid: take its manifest away. Downloaded bytes of `keep` may stay for a resume.
    Invalidate {
        /// Which slot.
        slot: Slot,
        /// Image whose partial download may be kept.
        keep: Option<[u8; 32]>,
    },
    /// Download what is missing of the image into the slot, with durable progress; tell [`Event::Progress`].
    Fetch(Job),
    /// Re-read the whole slot from the medium and compare it with the target; a mismatch also drops the progress.
    Verify(Job),
    /// Put the verified manifest beside the verified image: the slot is now complete.
    Seal(Job),
    /// Verify the slot (manifest signatures, `floor`, image) and start it in place of what runs now. If it does not
    /// verify, leave running what runs.
    Start {
        /// Which slot.
        slot: Slot,
        /// Lowest sequence that may start.
        floor: u64,
        /// A sequence that must not start: it failed before. 0 for none.
        refused: u64,
    },
    /// Run the trial image's health program.
    Probe(Job),
}

/// What an action gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// It was done.
    Done,
    /// The slot was verified and runs.
    Started {
        /// Its manifest sequence number.
        sequence: u64,
    },
}

/// Why an action did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable kebab-case name.
    pub reason: String,
    /// Whether trying again later may help.
    pub passing: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An action ended.
    Finished {
        /// Which.
        ticket: Ticket,
        /// How.
        result: Result<Success, Failure>,
    },
    /// So many bytes of the image are durably there.
    Progress(u64),
    /// A verified statement, fetched by the image that runs now, assigns this verified release.
    Assigned(Target),
    /// A verified statement assigns nothing.
    Unassigned,
    /// A verified statement was fetched by the image that runs now.
    Reached,
    /// The running slot's image no longer matches its manifest, and this was reported.
    Tampered,
    /// The core function of the image on trial gave no sign of life within its limit (Code of Practice 3.28).
    Silent,
    /// The server acknowledged the report of the outcome.
    Acknowledged,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    StartCommitted,
    StartOther { stranded_if_fails: bool },
    Adopt { sequence: u64 },
    Discard { slot: Slot },
    Running,
    SaveQuietly,
    Preflight(Target),
    RecordJob,
    Clear,
    Fetch,
    Verify,
    Seal,
    Arm,
    Consume,
    StartTrial,
    Trial { until: Millis, healthy: bool, reached: bool },
    Commit,
    Disarm { bad: bool, reason: String },
    Conclude { start: bool },
    Stranded,
}

/// The update machine of one device.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not exclude each other; the steps are an enum")]
pub struct Machine {
    boot: BootState,
    journal: Journal,
    step: Step,
    issued: bool,
    ticket: u64,
    retry_at: Option<Millis>,
    failures: u8,
    wrong_images: u8,
    done_bytes: u64,
    needs_repair: bool,
    parked: bool,
    runs: bool,
    discard: Option<Slot>,
    settled: Option<(String, u64, u64)>,
}

impl Machine {
    /// Continues from what was saved; the first actions start a slot.
    #[must_use]
    pub fn new(boot: BootState, journal: Journal) -> Self {
        let mut machine = Self {
            boot,
            journal,
            step: Step::StartCommitted,
            issued: false,
            ticket: 0,
            retry_at: None,
            failures: 0,
            wrong_images: 0,
            done_bytes: 0,
            needs_repair: false,
            parked: false,
            runs: false,
            discard: None,
            settled: None,
        };
        machine.resume();
        machine
    }

    /// The next action, if one is due and none is being carried out. A new action replaces the one before: the shell
    /// stops carrying that out.
    pub fn poll_action(&mut self) -> Option<(Ticket, Action)> {
        if self.issued || self.retry_at.is_some() {
            return None;
        }
        let action = self.action()?;
        self.issued = true;
        self.ticket += 1;
        Some((Ticket(self.ticket), action))
    }

    /// Advances on `event`; an event that does not fit the state changes nothing.
    pub fn handle(&mut self, event: Event, now: Millis) {
        match event {
            Event::Finished { ticket, result } => {
                if self.issued && ticket == Ticket(self.ticket) {
                    match result {
                        Ok(success) => self.succeeded(success, now),
                        Err(failure) => self.failed(failure, now),
                    }
                }
            }
            Event::Progress(bytes) => {
                if self.step == Step::Fetch {
                    self.done_bytes = bytes;
                    self.failures = 0;
                }
            }
            Event::Assigned(target) => self.assigned(target),
            Event::Unassigned => self.unassigned(),
            Event::Reached => self.reached(),
            Event::Tampered => self.tampered(),
            Event::Silent => self.silent(),
            Event::Acknowledged => self.acknowledged(),
        }
    }

    /// When [`Self::handle_deadline`] must next be called, if at all.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Millis> {
        match (&self.step, self.retry_at) {
            (Step::Trial { until, .. }, None) => Some(*until),
            (Step::Trial { until, .. }, Some(retry)) => Some(retry.min(*until)),
            (_, retry) => retry,
        }
    }

    /// Asks again for an action whose wait is over, and ends a trial that ran out by `now`.
    pub fn handle_deadline(&mut self, now: Millis) {
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            if self.step == Step::Stranded {
                self.enter(Step::StartCommitted);
            }
        }
        if let Step::Trial { until, healthy, .. } = self.step
            && until <= now
        {
            self.trial_ran_out(healthy);
        }
    }

    /// What the server should be told now: the outcome until it is acknowledged, else the job's progress.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        let of = |target: &Target, state, percent, reason| Report {
            deployment: target.deployment.clone(),
            generation: target.generation,
            state,
            percent,
            reason,
            sequence: target.sequence,
            image: target.image,
        };
        if let Some(outcome) = &self.journal.outcome {
            let percent = if outcome.state == ReportState::Failed { 0 } else { 100 };
            return Some(of(&outcome.target, outcome.state, percent, outcome.reason.clone()));
        }
        let target = &self.journal.job.as_ref()?.target;
        let percent =
            u8::try_from(self.done_bytes.saturating_mul(100) / target.image_bytes.max(1)).unwrap_or(100).min(100);
        match &self.step {
            Step::RecordJob | Step::Clear | Step::Fetch => Some(of(target, ReportState::Downloading, percent, None)),
            Step::Verify | Step::Seal => Some(of(target, ReportState::Installing, 100, None)),
            Step::Arm | Step::Consume | Step::StartTrial | Step::Trial { .. } | Step::Commit => {
                Some(of(target, ReportState::Rebooting, 100, None))
            }
            Step::StartCommitted
            | Step::StartOther { .. }
            | Step::Adopt { .. }
            | Step::Discard { .. }
            | Step::Running
            | Step::SaveQuietly
            | Step::Preflight(_)
            | Step::Disarm { .. }
            | Step::Conclude { .. }
            | Step::Stranded => self.parked.then(|| of(target, ReportState::Rebooting, 100, None)),
        }
    }

    /// The boot state as the machine knows it.
    #[must_use]
    pub const fn boot(&self) -> &BootState {
        &self.boot
    }

    /// The journal as the machine knows it.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether the running image is on trial.
    #[must_use]
    pub const fn is_on_trial(&self) -> bool {
        matches!(self.step, Step::Trial { .. } | Step::Commit)
    }

    /// Whether nothing is being done about software at the moment.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.step == Step::Running && self.journal.job.is_none()
    }

    /// Whether neither slot could be started.
    #[must_use]
    pub fn is_stranded(&self) -> bool {
        self.step == Step::Stranded
    }

    fn action(&self) -> Option<Action> {
        let start = |slot| Action::Start { slot, floor: self.journal.floor, refused: self.boot.bad_sequence };
        let of_job = |make: fn(Job) -> Action| self.journal.job.clone().map(make);
        match &self.step {
            Step::Running | Step::Stranded => None,
            Step::StartCommitted => Some(start(self.boot.committed)),
            Step::StartOther { .. } => Some(start(self.boot.committed.other())),
            Step::Adopt { sequence } => Some(Action::SaveBoot(self.adopted(*sequence))),
            Step::Discard { slot } => Some(Action::Invalidate { slot: *slot, keep: None }),
            Step::SaveQuietly | Step::RecordJob | Step::Conclude { .. } => {
                Some(Action::SaveJournal(self.journal.clone()))
            }
            Step::Preflight(target) => Some(Action::Preflight(target.clone())),
            Step::Clear => {
                self.journal.job.as_ref().map(|job| Action::Invalidate { slot: job.slot, keep: Some(job.target.image) })
            }
            Step::Fetch => of_job(Action::Fetch),
            Step::Verify => of_job(Action::Verify),
            Step::Seal => of_job(Action::Seal),
            Step::Arm => Some(Action::SaveBoot(self.armed())),
            Step::Consume => Some(Action::SaveBoot(self.consumed())),
            Step::StartTrial => self.boot.trial.map(|trial| start(trial.slot)),
            Step::Trial { .. } => of_job(Action::Probe),
            Step::Commit => Some(Action::SaveBoot(self.committed())),
            Step::Disarm { bad, .. } => Some(Action::SaveBoot(self.disarmed(*bad))),
        }
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        self.issued = false;
        self.retry_at = None;
        self.failures = 0;
    }
}

impl Outcome {
    const fn of(target: Target, state: ReportState, reason: Option<String>) -> Self {
        Self { target, state, reason }
    }
}

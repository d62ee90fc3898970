//! The transitions of the update machine: what follows from a result, a refusal, a deadline or a restart.

use alloc::string::{String, ToString};

use super::super::boot::{BootState, Trial};
use super::{
    ATTEMPTS, FETCH_RETRY_MAX, Failure, Job, Machine, Millis, Outcome, RETRY, ReportState, Step, Success, TRIAL_MAX,
    Target, WRONG_IMAGES_MAX,
};

impl Machine {
    /// Decides the first step after a start from the two durable records, whichever of them is newer.
    pub(super) fn resume(&mut self) {
        let job = self.journal.job.clone();
        match (self.boot.trial, job) {
            (Some(trial), Some(job)) if trial.slot == job.slot && trial.sequence == job.target.sequence => {
                if trial.attempts_left > 0 {
                    self.enter(Step::Consume);
                } else {
                    self.enter(Step::Disarm { bad: true, reason: "trial-not-confirmed".to_string() });
                }
            }
            (Some(_), _) => self.enter(Step::Disarm { bad: false, reason: String::new() }),
            (None, Some(job)) if self.is_committed(&job) => self.conclude(ReportState::Succeeded, None, true),
            (None, Some(job)) if job.target.sequence <= self.boot.bad_sequence => {
                self.conclude(ReportState::RolledBack, Some("trial-not-confirmed"), true);
            }
            (None, _) => self.enter(Step::StartCommitted),
        }
    }

    fn is_committed(&self, job: &Job) -> bool {
        self.boot.committed == job.slot && self.boot.committed_sequence == job.target.sequence
    }

    pub(super) fn succeeded(&mut self, success: Success, now: Millis) {
        let step = core::mem::replace(&mut self.step, Step::Running);
        self.issued = false;
        self.runs |= matches!(success, Success::Started { .. });
        match (step, success) {
            (Step::StartCommitted, Success::Started { sequence }) => {
                if self.boot.committed_sequence == sequence {
                    self.run_on();
                } else {
                    self.enter(Step::Adopt { sequence });
                }
            }
            (Step::StartOther { .. }, Success::Started { sequence }) => self.fall_back(sequence),
            (Step::Adopt { sequence }, _) => {
                self.boot = self.adopted(sequence);
                self.needs_repair = false;
                self.settled = None;
                self.run_on();
            }
            (Step::Preflight(target), _) => {
                self.journal.job = Some(Job { target, slot: self.boot.committed.other() });
                self.done_bytes = 0;
                self.wrong_images = 0;
                self.enter(Step::RecordJob);
            }
            (Step::RecordJob, _) => self.enter(Step::Clear),
            (Step::Clear, _) => {
                self.discard = None;
                self.enter(Step::Fetch);
            }
            (Step::Fetch, _) => self.enter(Step::Verify),
            (Step::Verify, _) => self.enter(Step::Seal),
            (Step::Seal, _) => self.enter(Step::Arm),
            (Step::Arm, _) => {
                self.boot = self.armed();
                self.enter(Step::Consume);
            }
            (Step::Consume, _) => {
                self.boot = self.consumed();
                self.parked = false;
                self.enter(Step::StartTrial);
            }
            (Step::StartTrial, Success::Started { .. }) => self.begin_trial(now),
            (Step::Trial { until, reached, .. }, _) => {
                self.step = Step::Trial { until, healthy: true, reached };
                self.issued = true;
                self.confirm_if_proven();
            }
            (Step::Commit, _) => {
                self.boot = self.committed();
                self.needs_repair = false;
                self.conclude(ReportState::Succeeded, None, false);
            }
            (Step::Disarm { bad, reason }, _) => self.disarm_saved(bad, &reason),
            (Step::Conclude { start: true }, _) => self.enter(Step::StartCommitted),
            (Step::Conclude { start: false } | Step::Discard { .. } | Step::SaveQuietly, _) => self.run_on(),
            (
                step @ (Step::StartCommitted
                | Step::StartOther { .. }
                | Step::StartTrial
                | Step::Running
                | Step::Stranded),
                _,
            ) => {
                self.step = step;
            }
        }
    }

    /// The other slot runs now, because the committed one could not be started.
    fn fall_back(&mut self, sequence: u64) {
        self.discard = Some(self.boot.committed);
        self.boot.committed = self.boot.committed.other();
        self.boot.trial = self.boot.trial.filter(|trial| trial.slot != self.boot.committed);
        self.enter(Step::Adopt { sequence });
    }

    pub(super) fn failed(&mut self, failure: Failure, now: Millis) {
        match &self.step {
            Step::StartCommitted if !failure.passing => self.enter(Step::StartOther { stranded_if_fails: true }),
            Step::StartOther { stranded_if_fails: false } => self.run_on(),
            Step::StartOther { stranded_if_fails: true } => self.strand(now),
            Step::Preflight(target) => {
                let target = target.clone();
                self.refuse(target, &failure.reason);
            }
            Step::Fetch if !failure.passing => self.conclude(ReportState::Failed, Some(&failure.reason), false),
            Step::Verify if !failure.passing => {
                self.wrong_images += 1;
                if self.wrong_images >= WRONG_IMAGES_MAX {
                    self.conclude(ReportState::Failed, Some(&failure.reason), false);
                } else {
                    self.done_bytes = 0;
                    self.enter(Step::Clear);
                }
            }
            Step::StartTrial if !failure.passing => self.enter(Step::Disarm { bad: false, reason: failure.reason }),
            Step::Trial { .. } => self.enter(Step::Disarm { bad: true, reason: failure.reason }),
            Step::StartCommitted
            | Step::StartTrial
            | Step::Fetch
            | Step::Verify
            | Step::Adopt { .. }
            | Step::Discard { .. }
            | Step::SaveQuietly
            | Step::RecordJob
            | Step::Clear
            | Step::Seal
            | Step::Arm
            | Step::Consume
            | Step::Commit
            | Step::Disarm { .. }
            | Step::Conclude { .. } => self.wait(now),
            Step::Running | Step::Stranded => {}
        }
    }

    fn wait(&mut self, now: Millis) {
        self.issued = false;
        let wait = RETRY.0.saturating_mul(1 << self.failures.min(10)).min(FETCH_RETRY_MAX.0);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(Millis(now.0.saturating_add(wait)));
    }

    /// Neither slot starts: a recorded job may still fill the spare one; otherwise wait for an assignment.
    fn strand(&mut self, now: Millis) {
        self.runs = false;
        if self.journal.job.is_some() && self.boot.trial.is_none() {
            self.run_on();
        } else {
            self.enter(Step::Stranded);
            self.retry_at = Some(Millis(now.0.saturating_add(FETCH_RETRY_MAX.0)));
        }
    }

    /// After a slot runs: goes on with the recorded job, if it still fits.
    fn run_on(&mut self) {
        if let Some(slot) = self.discard.take_if(|_| self.runs) {
            self.enter(Step::Discard { slot });
            return;
        }
        if self.boot.trial.is_some() {
            self.parked = true;
            self.enter(Step::Running);
            return;
        }
        if self.journal.job.as_ref().is_some_and(|job| self.is_committed(job)) {
            self.conclude(ReportState::Succeeded, None, false);
            return;
        }
        let spare = self.boot.committed.other();
        match &mut self.journal.job {
            None if self.runs => self.enter(Step::Running),
            None => self.enter(Step::StartCommitted),
            Some(job) if job.slot == spare => self.enter(Step::Clear),
            Some(job) => {
                job.slot = spare;
                self.enter(Step::RecordJob);
            }
        }
    }

    fn begin_trial(&mut self, now: Millis) {
        let span = self.journal.job.as_ref().map_or(0, |job| job.target.health_ms_max).min(TRIAL_MAX.0);
        self.enter(Step::Trial { until: Millis(now.0.saturating_add(span)), healthy: false, reached: false });
    }

    pub(super) fn trial_ran_out(&mut self, healthy: bool) {
        let attempts_left = self.boot.trial.map_or(0, |trial| trial.attempts_left);
        match (healthy, attempts_left) {
            (false, _) => self.enter(Step::Disarm { bad: true, reason: "health-deadline".to_string() }),
            (true, 0) => self.enter(Step::Disarm { bad: true, reason: "server-not-reached".to_string() }),
            // The image is sound but the network may be down for everybody: back to the committed slot until it is up.
            (true, _) => self.enter(Step::StartCommitted),
        }
    }

    pub(super) fn reached(&mut self) {
        if let Step::Trial { reached, .. } = &mut self.step {
            *reached = true;
            self.confirm_if_proven();
        } else if self.step == Step::Running && self.parked && self.boot.trial.is_some() {
            self.enter(Step::Consume);
        }
    }

    fn confirm_if_proven(&mut self) {
        if matches!(self.step, Step::Trial { healthy: true, reached: true, .. }) {
            self.enter(Step::Commit);
        }
    }

    fn disarm_saved(&mut self, bad: bool, reason: &str) {
        // The slot becomes invalid only after another one runs: until then evidence must find what runs.
        self.discard = self.boot.trial.map(|trial| trial.slot);
        self.boot = self.disarmed(bad);
        self.parked = false;
        let state = if bad { ReportState::RolledBack } else { ReportState::Failed };
        if let Some(job) = self.journal.job.take_if(|_| !reason.is_empty()) {
            self.journal.outcome = Some(Outcome::of(job.target, state, Some(reason.to_string())));
        }
        self.enter(Step::Conclude { start: true });
    }

    fn conclude(&mut self, state: ReportState, reason: Option<&str>, start: bool) {
        if let Some(job) = self.journal.job.take() {
            if state == ReportState::Succeeded {
                self.journal.floor = self.journal.floor.max(job.target.security_floor.min(job.target.sequence));
            }
            self.journal.outcome = Some(Outcome::of(job.target, state, reason.map(ToString::to_string)));
        }
        self.enter(Step::Conclude { start });
    }

    fn refuse(&mut self, target: Target, reason: &str) {
        self.journal.outcome = Some(Outcome::of(target, ReportState::Failed, Some(reason.to_string())));
        self.enter(Step::Conclude { start: false });
    }

    /// Takes, refuses or ignores an assignment. Only a device at rest or still downloading can change its mind.
    pub(super) fn assigned(&mut self, target: Target) {
        let known = |t: &Target| {
            t.deployment == target.deployment && t.generation == target.generation && t.sequence == target.sequence
        };
        let settled = self
            .settled
            .as_ref()
            .is_some_and(|(d, g, s)| *d == target.deployment && *g == target.generation && *s == target.sequence);
        let repairing = self.needs_repair || self.step == Step::Stranded;
        if self.journal.outcome.as_ref().is_some_and(|o| known(&o.target)) || settled && !repairing {
            return;
        }
        if let Some(job) = &self.journal.job {
            let newer = target.sequence > job.target.sequence;
            if self.parked && newer {
                self.enter(Step::Disarm { bad: false, reason: "superseded".to_string() });
            } else if self.may_drop_job() && (newer || !known(&job.target)) {
                self.journal.job = None;
                self.enter(Step::Preflight(target));
            }
            return;
        }
        if !matches!(self.step, Step::Running | Step::Stranded) {
            return;
        }
        match refusal(&self.boot, self.journal.floor, &target, repairing) {
            None => self.enter(Step::Preflight(target)),
            Some("already-installed") => {
                self.journal.outcome = Some(Outcome::of(target, ReportState::Succeeded, None));
                self.enter(Step::Conclude { start: false });
            }
            Some(reason) => self.refuse(target, reason),
        }
    }

    const fn may_drop_job(&self) -> bool {
        matches!(self.step, Step::RecordJob | Step::Clear | Step::Fetch | Step::Verify)
    }

    pub(super) fn unassigned(&mut self) {
        if self.may_drop_job() {
            self.journal.job = None;
            self.enter(Step::SaveQuietly);
        }
    }

    pub(super) fn tampered(&mut self) {
        if matches!(self.step, Step::Trial { .. }) {
            self.enter(Step::Disarm { bad: false, reason: "image-changed".to_string() });
            return;
        }
        self.needs_repair = true;
        if self.step == Step::Running && !self.parked {
            self.enter(Step::StartOther { stranded_if_fails: false });
        }
    }

    pub(super) fn silent(&mut self) {
        if matches!(self.step, Step::Trial { .. }) {
            self.enter(Step::Disarm { bad: true, reason: "core-function-silent".to_string() });
        }
    }

    pub(super) fn acknowledged(&mut self) {
        if let Some(outcome) = self.journal.outcome.take() {
            let target = outcome.target;
            self.settled = Some((target.deployment, target.generation, target.sequence));
            if self.step == Step::Running {
                self.enter(Step::SaveQuietly);
            }
        }
    }

    pub(super) const fn adopted(&self, sequence: u64) -> BootState {
        BootState { committed_sequence: sequence, ..self.next_boot() }
    }

    pub(super) fn armed(&self) -> BootState {
        let trial = self.journal.job.as_ref().map(|job| Trial {
            slot: job.slot,
            sequence: job.target.sequence,
            attempts_left: ATTEMPTS,
        });
        BootState { trial, ..self.next_boot() }
    }

    pub(super) fn consumed(&self) -> BootState {
        let trial = self.boot.trial.map(|t| Trial { attempts_left: t.attempts_left.saturating_sub(1), ..t });
        BootState { trial, ..self.next_boot() }
    }

    pub(super) fn committed(&self) -> BootState {
        match self.boot.trial {
            Some(t) => BootState { committed: t.slot, committed_sequence: t.sequence, trial: None, ..self.next_boot() },
            None => self.next_boot(),
        }
    }

    pub(super) fn disarmed(&self, bad: bool) -> BootState {
        let failed = self.boot.trial.filter(|_| bad).map_or(0, |t| t.sequence);
        BootState { trial: None, bad_sequence: self.boot.bad_sequence.max(failed), ..self.next_boot() }
    }

    const fn next_boot(&self) -> BootState {
        BootState { generation: self.boot.generation.saturating_add(1), ..self.boot }
    }
}

/// Why a target may not be installed, if so.
fn refusal(boot: &BootState, floor: u64, target: &Target, repairing: bool) -> Option<&'static str> {
    if target.sequence < floor {
        Some("below-security-floor")
    } else if target.sequence == boot.bad_sequence {
        Some("known-bad-release")
    } else if repairing {
        None
    } else if target.sequence == boot.committed_sequence {
        Some("already-installed")
    } else if target.sequence < boot.committed_sequence {
        Some("older-release")
    } else if target.sequence < boot.bad_sequence {
        Some("known-bad-release")
    } else {
        None
    }
}

//! The shell of the update machine: carries out its actions, looks for updates, and knows what runs.
//!
//! No opinions here: what comes next is `core::update::machine`, what is acceptable is `slots` and `core`.

mod checking;
mod integrity;

use std::time::Duration;

use holdfast_core::release::ReleaseManifest;
use holdfast_core::statement::Nonce;
use holdfast_core::time::Millis;
use holdfast_core::update::boot::Slot;
use holdfast_core::update::journal::{Job, Journal, Report, ReportState};
use holdfast_core::update::machine::{Action, Event, Failure, Machine, Success, Ticket};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::{Agent, Brought as Bring};
use crate::application::{self, Program};
use crate::clock;
use crate::declared::{self, Declared};
use crate::durable::{self, Record};
use crate::fault::Fault;
use crate::fetch;
use crate::slots::{self, Accepted, Judge};
use crate::{check, unpack};

use holdfast_core::hash::Sha256Digest;

/// What a task of this room brought.
#[derive(Debug)]
pub(super) enum Brought {
    /// An action ended.
    Done(Ticket, Result<(), Fault>),
    /// A slot was verified and unpacked, ready to be started.
    Prepared(Ticket, Slot, Result<Box<Prepared>, Fault>),
    /// So much of a download is durable.
    Progress(u64),
    /// A look for updates ended.
    Looked(Result<Box<check::Answer>, Fault>),
    /// The running image was measured.
    Measured { nonce: Option<Nonce>, start: u64, digest: Result<Sha256Digest, Fault> },
}

/// A slot that was verified and unpacked.
#[derive(Debug)]
pub(super) struct Prepared {
    accepted: Accepted,
    declared: Declared,
}

/// The image that runs.
#[derive(Debug)]
struct Running {
    slot: Slot,
    manifest: ReleaseManifest,
    since: Millis,
}

/// Everything about software that the agent keeps in memory.
#[derive(Debug)]
pub(super) struct Software {
    machine: Machine,
    journal: Record<Journal>,
    running: Option<Running>,
    starts: u64,
    task: Option<AbortHandle>,
    looking: bool,
    look_at: Millis,
    looked_in_start: u64,
    told: Option<Report>,
    refused_offer: Option<Report>,
    refused_before: Option<Report>,
    measuring: bool,
    next_nonce: Option<Nonce>,
    changed_in_start: Option<u64>,
}

impl Software {
    pub(super) const fn new(machine: Machine, journal: Record<Journal>) -> Self {
        Self {
            machine,
            journal,
            running: None,
            starts: 0,
            task: None,
            looking: false,
            look_at: Millis(0),
            looked_in_start: 0,
            told: None,
            refused_offer: None,
            refused_before: None,
            measuring: false,
            next_nonce: None,
            changed_in_start: None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        let look = (!self.looking).then_some(self.look_at);
        self.machine.poll_deadline().into_iter().chain(look).min()
    }

    /// Version of the image that runs.
    pub(super) fn version(&self) -> Option<&str> {
        self.running.as_ref().map(|running| running.manifest.version.as_str())
    }

    /// How far an update is, in percent, while one is being fetched or installed.
    pub(super) fn updating(&self) -> Option<u8> {
        use holdfast_core::update::journal::ReportState;
        let report = self.machine.report()?;
        let goes = [ReportState::Downloading, ReportState::Installing, ReportState::Rebooting];
        goes.contains(&report.state).then_some(report.percent)
    }

    /// Whether the running image is on trial.
    pub(super) const fn is_on_trial(&self) -> bool {
        self.machine.is_on_trial()
    }

    /// The core function gave no sign of life within its limit: a trial ends.
    pub(super) fn core_is_silent(&mut self, now: Millis) {
        self.machine.handle(Event::Silent, now);
    }

    /// Looks for an update as soon as possible.
    pub(super) const fn look_now(&mut self) {
        self.look_at = Millis(0);
    }

    /// The report that the platform has not been told on this connection; it counts as told then.
    pub(super) fn untold_report(&mut self) -> Option<Report> {
        let mut report = self.machine.report().or_else(|| self.refused_offer.clone())?;
        if report.state == ReportState::Downloading {
            report.percent -= report.percent % 10;
        }
        if self.told.as_ref() == Some(&report) {
            return None;
        }
        self.told = Some(report.clone());
        Some(report)
    }

    /// The report did not reach the platform.
    pub(super) fn report_lost(&mut self) {
        self.told = None;
    }

    /// The connection ended.
    pub(super) fn link_closed(&mut self) {
        self.told = None;
        self.next_nonce = None;
    }
}

impl Agent {
    /// The platform has a report; a final one is forgotten.
    pub(super) fn report_acknowledged(&mut self, report: &Report) {
        if !report.state.is_final() {
            return;
        }
        let software = &mut self.software;
        if software.machine.report().as_ref() == Some(report) {
            software.machine.handle(Event::Acknowledged, clock::monotonic());
        } else if software.refused_offer.as_ref() == Some(report) {
            software.refused_before = software.refused_offer.take();
        }
    }

    /// Carries out what the machine asks for, and looks for updates when that is due.
    pub(super) async fn drive_software(&mut self, now: Millis) {
        if self.software.machine.poll_deadline().is_some_and(|at| at <= now) {
            self.software.machine.handle_deadline(now);
        }
        while let Some((ticket, action)) = self.software.machine.poll_action() {
            if let Some(task) = self.software.task.take() {
                task.abort();
            }
            tracing::debug!(update.action = ?action, "update action");
            if let Some(result) = self.carry_out(ticket, action).await {
                self.finished(ticket, result.map(|()| Success::Done));
            }
        }
        self.look_if_due(now);
    }

    fn finished(&mut self, ticket: Ticket, result: Result<Success, Fault>) {
        let result = result.map_err(|fault| {
            tracing::warn!(update.failed = fault.name(), fault.text = %fault, "update action failed");
            Failure { reason: fault.name().to_owned(), passing: fault.is_passing() }
        });
        self.software.machine.handle(Event::Finished { ticket, result }, clock::monotonic());
    }

    /// Does a short action at once and gives its result; a long one is started and brings its result later.
    async fn carry_out(&mut self, ticket: Ticket, action: Action) -> Option<Result<(), Fault>> {
        match action {
            Action::SaveBoot(state) => {
                let (place, bytes) = state.encode();
                Some(durable::write(&self.layout.state(&format!("boot.{place}")), &bytes))
            }
            Action::SaveJournal(journal) => {
                self.software.journal.value = journal;
                self.clear_offers();
                Some(self.software.journal.save())
            }
            Action::Preflight(target) => {
                let spare = self.software.machine.boot().committed.other();
                Some(slots::preflight(&self.layout, spare, &target))
            }
            Action::Invalidate { slot, keep } => Some(slots::invalidate(&self.layout, slot, keep)),
            Action::Seal(job) => Some(self.seal(&job)),
            Action::Fetch(job) => {
                self.start_fetch(ticket, job);
                None
            }
            Action::Verify(job) => {
                let layout = self.layout.clone();
                self.beside(ticket, move || slots::verify_image(&layout, &job));
                None
            }
            Action::Start { slot, floor, refused } => {
                self.prepare(ticket, slot, (floor, refused));
                None
            }
            Action::Probe(job) => {
                tokio::task::yield_now().await;
                self.start_probe(ticket, &job);
                None
            }
        }
    }

    /// Runs blocking work beside the loop.
    fn beside(&mut self, ticket: Ticket, work: impl FnOnce() -> Result<(), Fault> + Send + 'static) {
        let brings = self.brings.clone();
        let task = tokio::spawn(async move {
            let result = tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Fault::refused("task-ended")));
            let _ = brings.send(Bring::Software(Brought::Done(ticket, result))).await;
        });
        self.software.task = Some(task.abort_handle());
    }

    fn start_fetch(&mut self, ticket: Ticket, job: Job) {
        let (layout, door, brings) = (self.layout.clone(), self.door(), self.brings.clone());
        let task = tokio::spawn(async move {
            let (told, mut progress) = mpsc::channel(4);
            let fetching = async {
                match door {
                    Some(door) => fetch::fetch(&door, &layout, &job, &told).await,
                    None => Err(Fault::Network { what: "download an image", why: "no credential yet".to_owned() }),
                }
            };
            tokio::pin!(fetching);
            let result = loop {
                tokio::select! {
                    result = &mut fetching => break result,
                    Some(bytes) = progress.recv() => {
                        let _ = brings.send(Bring::Software(Brought::Progress(bytes))).await;
                    }
                }
            };
            let _ = brings.send(Bring::Software(Brought::Done(ticket, result))).await;
        });
        self.software.task = Some(task.abort_handle());
    }

    fn start_probe(&mut self, ticket: Ticket, job: &Job) {
        let Some(running) = &self.software.running else { return };
        let (slot, program) = (running.slot, running.manifest.health.program.as_str().to_owned());
        let within = Duration::from_millis(job.target.health_ms_max);
        let (layout, config, brings) = (self.layout.clone(), self.config.clone(), self.brings.clone());
        let task = tokio::spawn(async move {
            let result = application::probe(&layout, &config, slot, &program, within).await;
            let _ = brings.send(Bring::Software(Brought::Done(ticket, result))).await;
        });
        self.software.task = Some(task.abort_handle());
    }

    /// Verifies a slot and unpacks it beside what runs; the start itself follows when that is done.
    fn prepare(&mut self, ticket: Ticket, slot: Slot, (floor, refused): (u64, u64)) {
        let (layout, trust, product) =
            (self.layout.clone(), self.trust.document().clone(), self.config.product.to_string());
        let (brings, nothing_runs) = (self.brings.clone(), self.software.running.is_none());
        let on_trial = self.software.machine.boot().trial.is_some_and(|trial| trial.slot == slot);
        let work = move || {
            let judge = Judge { trust: &trust, product: &product, floor };
            let accepted = judge.manifest_of(&layout, slot)?;
            if accepted.manifest.sequence == refused {
                return Err(Fault::unverified("known-bad-release"));
            }
            // A medium that cannot be read holds no verified image.
            let unreadable = |fault| {
                if matches!(fault, Fault::Files { .. }) { Fault::unverified("image-unreadable") } else { fault }
            };
            slots::check_image(&layout, slot, &accepted.manifest).map_err(unreadable)?;
            if nothing_runs {
                // What an earlier start unpacked gives its room back: on a full disk there is no other.
                unpack::clear_within(&layout.run("."))?;
            }
            let fresh = layout.run(&format!("{}.new", slot.name()));
            unpack::unpack(&layout.slot(slot).image, accepted.manifest.image_digest, &fresh)?;
            let declared = match declared::load(&fresh) {
                Ok(declared) => declared,
                Err(_) if on_trial => return Err(Fault::unverified("declaration-malformed")),
                Err(fault) => {
                    tracing::error!(fault.text = %fault, "declaration ignored");
                    Declared::default()
                }
            };
            Ok(Box::new(Prepared { accepted, declared }))
        };
        let task = tokio::spawn(async move {
            let result = tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Fault::refused("task-ended")));
            let _ = brings.send(Bring::Software(Brought::Prepared(ticket, slot, result))).await;
        });
        self.software.task = Some(task.abort_handle());
    }

    /// Starts a prepared slot in place of what runs.
    async fn start_prepared(&mut self, slot: Slot, prepared: Prepared) -> Result<u64, Fault> {
        let Prepared { accepted, declared } = prepared;
        let (dir, fresh) = (self.layout.run(slot.name()), self.layout.run(&format!("{}.new", slot.name())));
        self.application.stop().await;
        let aside = self.layout.run(&format!("{}.old", slot.name()));
        unpack::clear(&aside)?;
        if self.core_function.uses(slot) {
            // The core function runs on: its files stay until it has handed over.
            std::fs::rename(&dir, &aside).map_err(Fault::files("put aside", &dir))?;
        }
        unpack::clear(&dir)?;
        std::fs::rename(&fresh, &dir).map_err(Fault::files("put in place", &dir))?;
        let sequence = accepted.manifest.sequence;
        let core = (declared.core.clone(), declared.limits);
        let handed_over = self.hand_over_core(slot, accepted.manifest.image_digest, core).await;
        self.note("start the core function", handed_over);
        let program = Program { slot, app: accepted.manifest.app.as_str().to_owned(), limits: declared.limits };
        self.declared = declared;
        tracing::info!(
            slot.name = slot.name(),
            release.sequence = sequence,
            release.version = accepted.manifest.version,
            "slot started"
        );
        self.software.starts += 1;
        self.software.running = Some(Running { slot, manifest: accepted.manifest, since: clock::monotonic() });
        self.software.look_now();
        self.record.value.boots += 1;
        let saved = self.record.save();
        self.note("count the start", saved);
        self.application.start(program)?;
        self.greet();
        Ok(sequence)
    }

    /// A task of this room brought something.
    pub(super) async fn software_came(&mut self, brought: Brought) {
        match brought {
            Brought::Done(ticket, result) => {
                let result = result.and_then(|()| {
                    let died = self.software.machine.is_on_trial() && !self.application.is_alive();
                    if died { Err(Fault::refused("application-died")) } else { Ok(Success::Done) }
                });
                self.finished(ticket, result);
            }
            Brought::Prepared(ticket, slot, Ok(prepared)) => {
                let started = self.start_prepared(slot, *prepared).await;
                self.finished(ticket, started.map(|sequence| Success::Started { sequence }));
            }
            Brought::Prepared(ticket, _, Err(fault)) => self.finished(ticket, Err(fault)),
            Brought::Progress(bytes) => self.software.machine.handle(Event::Progress(bytes), clock::monotonic()),
            Brought::Looked(result) => self.looked(result),
            Brought::Measured { nonce, start, digest } => self.measured_image(nonce, start, digest),
        }
    }
}

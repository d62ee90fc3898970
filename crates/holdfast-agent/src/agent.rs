//! The running agent: one loop that owns everything; tasks beside it carry out what takes time and report back.
//!
//! Rooms: `connection` (credential, link, waits), `uplink` (what is said), `downlink` (what is heard from platform and
//! application), `software` (updates and integrity).

mod connection;
mod core_function;
mod downlink;
pub(crate) mod homes;
mod local;
mod page;
mod recent;
mod restoring;
mod returning;
mod signals;
mod software;
#[cfg(test)]
mod tests;
mod uplink;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_core::backoff::{Backoff, BackoffConfig};
use holdfast_core::id::CommandId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::topic::DownChannel;
use holdfast_core::update::journal::{Journal, Report};
use holdfast_core::update::machine::Machine;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::admin::{self, Ordered};
use crate::application::{Application, FromApplication};
use crate::check::TimeAnswer;
use crate::clock;
use crate::commands::Commands;
use crate::config::{Config, Timing};
use crate::conversation::Refusals;
use crate::counters::Counters;
use crate::credential;
use crate::declared::Declared;
use crate::device_state::{DEVICE_RECORD, DeviceRecord};
use crate::durable::{self, Record};
use crate::fault::Fault;
use crate::keys::{Keys, RemoteKey};
use crate::layout::Layout;
use crate::link::FromLink;
use crate::local::strangers::Strangers;
use crate::local::{Asked, identity, server};
use crate::queue::{Queue, Range};
use crate::resolve::Resolver;
use crate::shadow::Shadow;
use crate::tls::Corrected;
use crate::trust::Trust;
use crate::watchdog::Watchdog;

pub(crate) use returning::{Outage, Returned};

use connection::Connection;
use core_function::CoreFunction;
use local::LocalDoor;
use recent::RecentEvents;
use returning::Returning;
use signals::Senses;
use software::Software;

/// Results of tasks that may wait.
const RESULTS_WAITING_MAX: usize = 32;
/// A session of this length is stable: waits start from the shortest again.
const STABLE: Millis = Millis(30_000);
/// Time between two tries at any of the server's doors, whatever the reason.
const KNOCKS_APART: Millis = Millis(250);
/// Acknowledgements are made durable at the latest after this time.
const FLUSH_AFTER: Millis = Millis(200);
/// After a failure, for want of room perhaps, they are tried again after this time.
const FLUSH_AGAIN_AFTER: Millis = Millis(5_000);
/// A clock may be ahead of a verified statement by so much before it is corrected.
const CLOCK_AHEAD_US_MAX: i64 = 60 * 1_000_000;
/// Or when so many have gathered.
const FLUSH_COUNT: usize = 64;
/// What was measured is on the medium at the latest after this time.
const SYNC_AFTER: Millis = Millis(5_000);
/// Requests of the local network, and orders at the device, that may wait.
const ASKED_MAX: usize = 16;

/// A message that is on its way to the platform.
#[derive(Debug)]
enum OnTheWay {
    /// A message of the queue.
    Queued(u64),
    /// A report of an update.
    Report(Report),
    /// What the application reported.
    Shadow,
    /// The result of a command.
    Result(CommandId),
    /// Numbers of a stream that are missing on purpose.
    Shed(Range),
    /// Evidence; whether it says that the image has changed.
    Evidence { changed: bool },
}

/// What a task beside the loop brought.
#[derive(Debug)]
enum Brought {
    /// A credential was received, or not.
    Credential(Result<credential::Received, Fault>),
    /// The platform's time, or not.
    Time(Result<TimeAnswer, Fault>),
    /// From the rooms of software.
    Software(software::Brought),
}

/// The running agent.
#[derive(Debug)]
pub(crate) struct Agent {
    layout: Layout,
    config: Config,
    trust: Trust,
    record: DeviceRecord,
    keys: Arc<Keys>,
    evidence_key: RemoteKey,
    queue: Queue,
    counters: Counters,
    shadow: Shadow,
    commands: Commands,
    refusals: Refusals,
    application: Application,
    core_function: CoreFunction,
    declared: Declared,
    connection: Connection,
    returning: Returning,
    resolver: Resolver,
    software: Software,
    local: Option<LocalDoor>,
    /// A claim that somebody at the device has to decide about.
    claim_asked: Option<homes::ClaimAsked>,
    recent: RecentEvents,
    senses: Senses,
    strangers: Strangers,
    sync_at: Option<Millis>,
    resetting: bool,
    undecided: BTreeSet<String>,
    /// Orders of a signer that no trust document here names, for the case that a newer one does.
    of_unknown_signer: Vec<(DownChannel, Vec<u8>)>,
    log_lines: Vec<serde_json::Value>,
    log_at: Option<Millis>,
    on_the_way: BTreeMap<u64, OnTheWay>,
    next_token: u64,
    flush_at: Option<Millis>,
    hold_until: Option<Millis>,
    quarantined: bool,
    spoke: u64,
    wish_told: u64,
    clock_ahead_us: i64,
    /// A proven time, and when on the monotonic clock it was.
    proven: (Timestamp, Millis),
    brings: mpsc::Sender<Brought>,
    heard: mpsc::Sender<(u64, FromLink)>,
}

/// What the loop listens to.
struct Ears {
    brought: mpsc::Receiver<Brought>,
    link: mpsc::Receiver<(u64, FromLink)>,
    application: mpsc::Receiver<FromApplication>,
    core: mpsc::Receiver<FromApplication>,
    local: mpsc::Receiver<Asked>,
    admin: mpsc::Receiver<Ordered>,
    watchdog: Watchdog,
    terminate: Signal,
    interrupt: Signal,
}

impl Agent {
    /// Runs until told to stop.
    pub(crate) async fn run(layout: &Layout, keys: Arc<Keys>) -> Result<(), Fault> {
        let signals = |kind| signal(kind).map_err(Fault::files("listen for signals in", layout.root()));
        let (terminate, interrupt) = (signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?);
        let (brings, brought) = mpsc::channel(RESULTS_WAITING_MAX);
        let (heard, link) = mpsc::channel(crate::link::WAITING_MAX);
        let (said, application) = mpsc::channel(crate::link::WAITING_MAX);
        let (core_said, core) = mpsc::channel(crate::link::WAITING_MAX);
        let (asks, local) = mpsc::channel(ASKED_MAX);
        let (orders, admin) = mpsc::channel(ASKED_MAX);
        greet(&keys);
        let mut agent = Self::load(layout, keys, (brings, heard), (said, core_said))?;
        let doors = agent.open_doors(asks, orders)?;
        let mut ears =
            Ears { brought, link, application, core, local, admin, terminate, interrupt, watchdog: Watchdog::ready() };
        tracing::info!(device.id = %agent.config.device, trust = ?agent.trust, queue.messages = agent.queue.len(), "agent started");
        while agent.turn(&mut ears).await? {}
        doors.iter().for_each(AbortHandle::abort);
        agent.end(&mut ears).await
    }

    /// Opens the ear for the command line, and the local door if the device has one.
    fn open_doors(
        &mut self,
        asks: mpsc::Sender<Asked>,
        orders: mpsc::Sender<Ordered>,
    ) -> Result<Vec<AbortHandle>, Fault> {
        let mut doors = vec![tokio::spawn(admin::serve(self.layout.clone(), orders)).abort_handle()];
        if let Some(settings) = self.config.local.clone() {
            let identity = identity::load_or_make(&self.layout)?;
            self.local = Some(LocalDoor::open(&self.layout, &settings, identity.clone()));
            self.tell_controllers();
            let door = server::serve(settings, self.config.device.to_string(), identity, asks);
            doors.push(tokio::spawn(door).abort_handle());
        }
        Ok(doors)
    }

    fn load(
        layout: &Layout,
        keys: Arc<Keys>,
        (brings, heard): (mpsc::Sender<Brought>, mpsc::Sender<(u64, FromLink)>),
        (said, core_said): (mpsc::Sender<FromApplication>, mpsc::Sender<FromApplication>),
    ) -> Result<Self, Fault> {
        layout.create()?;
        let config = Config::load(layout)?;
        let trust = Trust::load(layout)?;
        let record = DeviceRecord::load(layout, DEVICE_RECORD);
        let factory = credential::factory_identity(layout, &keys)?;
        let (mut queue, highest) = Queue::load(layout, config.limits.queue_bytes_max)?;
        let mut counters = Counters::load(layout);
        for (stream, from, to) in counters.unused(&highest) {
            queue.lost(&stream, (from, to))?;
        }
        for (stream, used) in highest {
            counters.skip(&stream, used);
        }
        let (zero, one) = durable::read_copies(layout, "boot");
        let boot = holdfast_core::update::boot::BootState::read(&zero, &one);
        let journal = Record::<Journal>::load(layout, "update");
        let machine = Machine::new(boot, journal.value.clone());
        let timing = &config.timing;
        let mut waits = Backoff::new(waits(timing), returning::seed(&config.device, clock::random()));
        let returning = Returning::load(layout);
        let first = if returning.after_power_cut() { waits.first_wait(returning.window()) } else { Millis(0) };
        let first = Millis(clock::monotonic().0.saturating_add(first.0));
        let knocks_apart = Millis(timing.reconnect_ms_min.min(KNOCKS_APART.0));
        let proven = (Timestamp::from_micros(record.value.time_floor_us), clock::monotonic());
        let mut agent = Self {
            layout: layout.clone(),
            application: Application::new(layout, &config, said),
            core_function: CoreFunction::new(Application::new(layout, &config, core_said)),
            declared: Declared::default(),
            local: None,
            claim_asked: None,
            recent: RecentEvents::default(),
            senses: Senses::default(),
            strangers: Strangers::default(),
            sync_at: None,
            resetting: false,
            undecided: BTreeSet::new(),
            of_unknown_signer: Vec::new(),
            log_lines: Vec::new(),
            log_at: None,
            shadow: Shadow::load(layout),
            commands: Commands::load(layout),
            refusals: Refusals::default(),
            connection: Connection::new(waits, first, knocks_apart),
            returning,
            resolver: Resolver::load(layout, config.fallback_addresses.clone()),
            software: Software::new(machine, journal),
            evidence_key: factory.key,
            keys,
            trust,
            record,
            queue,
            counters,
            config,
            on_the_way: BTreeMap::new(),
            next_token: 1,
            flush_at: None,
            hold_until: None,
            quarantined: false,
            spoke: 0,
            wish_told: 0,
            clock_ahead_us: 0,
            proven,
            brings,
            heard,
        };
        agent.tell_of_before();
        Ok(agent)
    }

    /// Does what is due, then waits for the next thing to happen; false when told to stop.
    async fn turn(&mut self, ears: &mut Ears) -> Result<bool, Fault> {
        self.act().await;
        if self.resetting || self.keys.is_gone() {
            return Ok(false);
        }
        ears.watchdog.beat(clock::monotonic());
        let deadline = self.deadline().into_iter().chain(ears.watchdog.deadline()).min();
        tokio::select! {
            _ = ears.terminate.recv() => return Ok(false),
            _ = ears.interrupt.recv() => return Ok(false),
            Some(brought) = ears.brought.recv() => match brought {
                Brought::Credential(result) => self.credential_came(result),
                Brought::Time(result) => self.time_came(result),
                Brought::Software(brought) => self.software_came(brought).await,
            },
            Some((number, what)) = ears.link.recv() => self.link_told(number, what),
            Some(from) = ears.application.recv() => self.application_did(from),
            Some(from) = ears.core.recv() => self.core_did(from),
            Some(asked) = ears.local.recv() => self.asked(asked),
            Some(ordered) = ears.admin.recv() => self.ordered_here(ordered),
            () = clock::until(deadline) => {}
        }
        Ok(true)
    }

    /// Everything that is due now.
    async fn act(&mut self) {
        let now = clock::monotonic();
        let full = self.queue.unflushed() >= FLUSH_COUNT;
        // Further off than usual is a try after one that failed.
        if self.flush_at.is_some_and(|at| at <= now || full && at.0 <= now.0.saturating_add(FLUSH_AFTER.0)) {
            self.flush();
        }
        if self.hold_until.is_some_and(|at| at <= now) {
            self.hold_until = None;
        }
        if !self.returning.awaits_policy(now) {
            self.returning.policy_said();
        }
        if self.application.restart_at().is_some_and(|at| at <= now) {
            let restarted = self.application.restart();
            self.note("start the application", restarted);
            self.greet();
        }
        if self.sync_at.is_some_and(|at| at <= now) {
            self.sync_at = None;
            let synced = self.queue.sync();
            self.note("sync the queue", synced);
        }
        if self.log_at.is_some_and(|at| at <= now) {
            self.close_log();
        }
        self.look_after_core(now).await;
        self.drive_local(now);
        self.drive_claim(now);
        let expired = self.commands.expire(self.trusted_now());
        self.note("expire commands", expired);
        self.drive_software(now).await;
        self.drive_connection(now);
        self.tell_signals();
        self.speak();
    }

    fn deadline(&self) -> Option<Millis> {
        let expiry = self.commands.next_expiry().map(|at| {
            let wait = at.since(self.trusted_now());
            Millis(clock::monotonic().0.saturating_add(wait.0).saturating_add(1))
        });
        [
            self.flush_at,
            self.hold_until,
            self.application.restart_at(),
            self.core_function.deadline(),
            self.local.as_ref().and_then(LocalDoor::deadline),
            self.claim_deadline(),
            self.strangers.deadline(),
            self.sync_at,
            self.log_at,
            expiry,
            self.software.deadline(),
            self.connection.deadline(),
            self.returning.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The device's clock, set back by what it was found to be ahead, but never before a proven time and what has gone by
    /// since: on a device whose clock is behind, time goes on.
    fn trusted_now(&self) -> Timestamp {
        let now = clock::now().as_micros().saturating_sub(self.clock_ahead_us);
        let (proven, at) = self.proven;
        let gone_by_ms = clock::monotonic().0.saturating_sub(at.0);
        let least = proven.as_micros().saturating_add(i64::try_from(gone_by_ms.saturating_mul(1_000)).unwrap_or(0));
        Timestamp::from_micros(now.max(least).max(self.record.value.time_floor_us))
    }

    /// The clock as TLS may read it.
    fn corrected(&self) -> Corrected {
        Corrected { floor: Timestamp::from_micros(self.record.value.time_floor_us), ahead_us: self.clock_ahead_us }
    }

    /// A verified statement of this moment says how late it is: a clock that is far ahead is corrected by it.
    fn compare_clock(&mut self, proven: Timestamp) {
        // Whatever was stamped since the start was off by so much: who reads it is told, before what waits if that may be.
        let off_us = self.trusted_now().as_micros().saturating_sub(proven.as_micros());
        if off_us.saturating_abs() > CLOCK_AHEAD_US_MAX {
            let text = format!("off_ms={} running_ms={}", off_us / 1_000, clock::monotonic().0);
            self.happened("clock-corrected", &text);
        }
        let ahead = clock::now().as_micros().saturating_sub(proven.as_micros());
        let ahead = if ahead > CLOCK_AHEAD_US_MAX { ahead } else { 0 };
        if (ahead == 0) != (self.clock_ahead_us == 0) {
            tracing::warn!(clock.ahead_s = ahead / 1_000_000, "the device's clock compared with a verified statement");
        }
        self.clock_ahead_us = ahead;
        self.proven = (proven, clock::monotonic());
    }

    /// Makes acknowledgements durable.
    fn flush(&mut self) {
        self.flush_at = None;
        let flushed = self.queue.flush();
        if !self.note("write acknowledgements", flushed) {
            self.flush_at = Some(Millis(clock::monotonic().0.saturating_add(FLUSH_AGAIN_AFTER.0)));
        }
    }

    /// Logs a fault that the agent survives; true if there was none.
    fn note(&mut self, what: &str, result: Result<(), Fault>) -> bool {
        match result {
            Ok(()) => true,
            Err(fault) => {
                self.refusals.count(fault.name(), what);
                tracing::debug!(fault.what = what, fault.text = %fault, "not done");
                false
            }
        }
    }

    /// Takes leave: what was acknowledged until now is kept, the application stops, the platform is told.
    async fn end(&mut self, ears: &mut Ears) -> Result<(), Fault> {
        tracing::info!("agent stops");
        Watchdog::stopping();
        self.close_link();
        let grace = clock::until(Some(Millis(clock::monotonic().0 + 1_000)));
        tokio::pin!(grace);
        while self.connection.is_open() {
            tokio::select! {
                Some((number, what)) = ears.link.recv() => self.link_told(number, what),
                () = &mut grace => break,
            }
        }
        self.application.stop().await;
        self.core_function.stop().await;
        self.close_log();
        self.queue.flush()?;
        self.queue.sync()?;
        self.counters.settle()?;
        // Whoever started both starts both again.
        if self.keys.is_gone() { Err(Fault::refused("key-process-gone")) } else { Ok(()) }
    }
}

fn waits(timing: &Timing) -> BackoffConfig {
    BackoffConfig {
        wait_min: Millis(timing.reconnect_ms_min),
        wait_max: Millis(timing.reconnect_ms_max),
        stable_after: STABLE.min(Millis(timing.reconnect_ms_max)),
    }
}

/// Starts the key process, if it is ours to start. Without it the device cannot connect; its application runs.
fn greet(keys: &Keys) {
    match keys.hello() {
        Ok(told) => {
            tracing::info!(keys.protection = told.get("protection").and_then(serde_json::Value::as_str), "keys found");
        }
        Err(fault) => tracing::error!(fault.name = fault.name(), fault.text = %fault, "no keys yet: no connection"),
    }
}

//! What the server does by itself: each loop is woken by time or by a nudge, reads stored state, moves one step and may be
//! killed at any line.

use std::sync::Arc;
use std::time::Duration;

use holdfast_core::id::DeviceId;
use holdfast_domain::decision::Effect;
use holdfast_domain::fleet::command::expire_commands;
use holdfast_web::backend::LiveEvent;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, spawn_blocking};

use crate::app::{House, chain};
use crate::clock;
use rollout::Rollout;

pub(crate) mod checkpoint;
pub(crate) mod detect;
mod homes;
mod bulks;
mod playbooks;
mod keys;
mod mail;
pub(crate) mod pulse;
pub(crate) mod recovery;
pub(crate) mod refusals;
pub(crate) mod retention;
mod rollout;
mod owners;
mod desk;
mod papers;
mod support;

/// Rows taken from the outbox at once; a row has up to a thousand effects.
const ROWS_AT_ONCE: u32 = 256;
/// Commands ended at once.
const COMMANDS_AT_ONCE: u32 = 1_000;
/// The outbox is looked at so often even without a nudge: the MQTT door leaves its effects there.
const OUTBOX: Pace = Pace { period: Duration::from_millis(500), pause: Duration::ZERO };
/// Running deployments are looked at so often for runs past their deadline; after a nudge at once, and then not again for
/// the pause, so that a thousand reports are one look.
const ROLLOUT: Pace = Pace { period: Duration::from_secs(2), pause: Duration::from_millis(200) };
/// Commands past their end and refusal counts are looked at so often.
const CHORES: Pace = Pace { period: Duration::from_secs(2), pause: Duration::ZERO };
/// The fleet is counted.
const COUNT: Pace = Pace { period: Duration::from_secs(30), pause: Duration::ZERO };
/// The doors' certificate, revocation lists, keys past their time.
const KEYS: Pace = Pace { period: Duration::from_secs(5), pause: Duration::ZERO };
/// The ledger's head.
const HEADS: Pace = Pace { period: checkpoint::EVERY, pause: Duration::ZERO };

/// The detectors look whether a window is over.
const WATCH: Pace = Pace { period: Duration::from_millis(250), pause: Duration::ZERO };
/// Contested claims and data of homes that ended.
const HOMES: Pace = Pace { period: Duration::from_secs(5), pause: Duration::ZERO };
/// Runs of playbooks that nobody rang for: after a start.
const PLAYBOOKS: Pace = Pace { period: Duration::from_secs(2), pause: Duration::ZERO };

/// What history says of devices, for those who live with them.
const OWNERS: Pace = Pace { period: Duration::from_secs(2), pause: Duration::ZERO };
/// Choices that wait for a night: a night is four hours long.
const NIGHTS: Pace = Pace { period: Duration::from_mins(5), pause: Duration::ZERO };
/// Security updates that were refused at home.
const REMINDERS: Pace = Pace { period: Duration::from_hours(1), pause: Duration::ZERO };
/// Requests for help that wait too long.
const DESK: Pace = Pace { period: Duration::from_mins(1), pause: Duration::ZERO };
/// Readings past the time that their stream keeps them.
const RETENTION: Pace = Pace { period: retention::EVERY, pause: Duration::ZERO };

/// Mail that is due, also what devices' reports have caused; after a nudge at once.
const MAIL: Pace = Pace { period: Duration::from_secs(5), pause: Duration::ZERO };

/// The end of support of products; after an extension at once.
const SUPPORT: Pace = Pace { period: Duration::from_mins(10), pause: Duration::ZERO };

/// How often a loop looks.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// At least so often.
    period: Duration,
    /// At most so often.
    pause: Duration,
}

/// The running loops. Dropped without [`Work::end`], they end where they wait.
#[derive(Debug)]
pub(crate) struct Work {
    loops: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Work {
    /// Starts every loop.
    pub(crate) fn start(house: &Arc<House>) -> Self {
        let mut work = Self { loops: JoinSet::new(), stop: watch::channel(false).0 };
        let (rollout, nudge, quiet) = (Arc::new(Rollout::default()), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let woken = Arc::clone(&nudge);
        work.repeat(OUTBOX, &house.outbox, house, move |house| deliver(house, &woken));
        work.repeat(ROLLOUT, &nudge, house, move |house| rollout.step(house));
        work.repeat(CHORES, &quiet, house, do_chores);
        work.repeat(WATCH, &quiet, house, |house| house.detect.step(house));
        work.repeat(HOMES, &quiet, house, homes::step);
        work.repeat(PLAYBOOKS, &house.playbooks, house, playbooks::step);
        work.repeat(PLAYBOOKS, &house.bulks, house, bulks::step);
        work.repeat(COUNT, &quiet, house, recovery::count);
        work.repeat(KEYS, &quiet, house, keys::see_to_keys);
        work.repeat(MAIL, &house.post.bell, house, mail::step);
        work.repeat(OWNERS, &quiet, house, owners::tell);
        work.repeat(NIGHTS, &quiet, house, owners::wake);
        work.repeat(REMINDERS, &quiet, house, owners::remind);
        work.repeat(DESK, &quiet, house, desk::step);
        work.repeat(SUPPORT, &house.support, house, |house| {
            support::step(house);
            papers::step(house);
        });
        work.repeat(RETENTION, &quiet, house, retention::run);
        work.repeat(HEADS, &quiet, house, checkpoint::sign);
        let (connections, returning) = (house.connections.clone(), house.returning.clone());
        let watch = recovery::watch(connections, returning, house.doorstep.clone(), house.curve.clone());
        let follow = pulse::follow(house.connections.clone(), house.pulse.clone(), house.news.clone());
        let stopped = stopped(&work.stop);
        work.loops.spawn(async move {
            tokio::select! { () = follow => {}, () = watch => {}, () = stopped => {} }
        });
        work
    }

    /// Lets every step that runs come to its end, then leaves nothing undone that can be done without devices.
    pub(crate) async fn end(mut self, house: &Arc<House>) {
        let _ = self.stop.send(true);
        while self.loops.join_next().await.is_some() {}
        let house = Arc::clone(house);
        let finished = spawn_blocking(move || {
            write_refusals(&house);
            house.detect.end(&house);
            checkpoint::sign(&house);
        });
        if finished.await.is_err() {
            tracing::error!("the last step of the server's own work panicked");
        }
    }

    /// Runs a blocking step now, then at every nudge and at least once each period. A step that fails is tried again then.
    fn repeat(
        &mut self,
        pace: Pace,
        nudge: &Arc<Notify>,
        house: &Arc<House>,
        step: impl Fn(&House) + Send + Sync + 'static,
    ) {
        let (nudge, house, step) = (Arc::clone(nudge), Arc::clone(house), Arc::new(step));
        let stopped = stopped(&self.stop);
        self.loops.spawn(async move {
            let mut stopped = std::pin::pin!(stopped);
            loop {
                let (house, step) = (Arc::clone(&house), Arc::clone(&step));
                if spawn_blocking(move || step(&house)).await.is_err() {
                    tracing::error!("a step of the server's own work panicked; it is tried again");
                }
                let woken = async {
                    tokio::time::sleep(pace.pause).await;
                    let _ = tokio::time::timeout(pace.period.saturating_sub(pace.pause), nudge.notified()).await;
                };
                tokio::select! { () = woken => {}, () = &mut stopped => return }
            }
        });
    }
}

/// Comes to an end when the loops are told to.
fn stopped(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stop = stop.subscribe();
    async move {
        let _ = stop.wait_for(|stopped| *stopped).await;
    }
}

/// Delivers effects; an effect stays in the outbox until it was delivered.
fn deliver(house: &House, deployments: &Notify) {
    loop {
        let posted = match house.store.outbox_pending(ROWS_AT_ONCE) {
            Ok(posted) => posted,
            Err(why) => return tracing::error!(why = %chain(&why), "the outbox cannot be read"),
        };
        let Some(last) = posted.last() else { return };
        for effect in posted.iter().flat_map(|row| &row.effects) {
            carry_out(house, deployments, effect);
        }
        if let Err(why) = house.store.outbox_done(last.id) {
            return tracing::error!(why = %chain(&why), "the outbox cannot be written");
        }
    }
}

/// A device that is not connected learns the same on its next connection, so nothing is lost by having nobody to tell.
fn carry_out(house: &House, deployments: &Notify, effect: &Effect) {
    match effect {
        Effect::WakeDeployment(id) => {
            deployments.notify_one();
            house.tell(LiveEvent::Deployment(*id));
        }
        Effect::PushThrottle(device) => {
            apply_throttle(house, device);
            house.connections.push(effect);
            house.tell(LiveEvent::Device(device.clone()));
        }
        Effect::WakePlaybook(_) => house.playbooks.notify_one(),
        Effect::WakeBulk(_) => house.bulks.notify_one(),
        Effect::PushShadow(device)
        | Effect::PushCommands(device)
        | Effect::NudgeUpdate(device)
        | Effect::Challenge(device)
        | Effect::PushPolicy(device)
        | Effect::Disconnect(device) => {
            house.connections.push(effect);
            house.tell(LiveEvent::Device(device.clone()));
        }
    }
}

/// A device that comes later meets the budget that is stored.
fn apply_throttle(house: &House, device: &DeviceId) {
    match house.store.throttle(device) {
        Ok(throttle) => house.connections.observer().throttle(device, throttle.as_ref()),
        Err(why) => tracing::error!(why = %chain(&why), "a lowered budget cannot be read"),
    }
}

fn do_chores(house: &House) {
    write_refusals(house);
    end_overdue_commands(house);
}

fn write_refusals(house: &House) {
    if let Err(why) = house.write_refusals() {
        tracing::error!(why = %chain(&why), "refusal counts cannot be written; they are kept");
    }
}

/// A command that was answered at the same moment keeps its answer: the store refuses the whole step, and the next one
/// leaves it out.
fn end_overdue_commands(house: &House) {
    let now = clock::now();
    let overdue = match house.store.overdue_commands(now, COMMANDS_AT_ONCE) {
        Ok(overdue) => overdue,
        Err(why) => return tracing::error!(why = %chain(&why), "commands cannot be read"),
    };
    let Some(decision) = expire_commands(&overdue, now) else { return };
    match house.decide(decision) {
        Ok(_) => overdue.into_iter().for_each(|command| house.tell(LiveEvent::Device(command.device))),
        Err(why) => tracing::warn!(why = %why, "commands past their end could not be ended; it is tried again"),
    }
}

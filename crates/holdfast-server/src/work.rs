//! What the server does by itself: each loop is woken by time or by a nudge, reads stored state, moves one step and may be
//! killed at any line.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::decision::Effect;
use holdfast_domain::fleet::command::expire_commands;
use holdfast_web::backend::LiveEvent;
use tokio::sync::Notify;

use crate::app::House;
use crate::clock;

pub mod checkpoint;
pub mod pulse;
pub mod refusals;

/// Effects taken from the outbox at once.
const EFFECTS_AT_ONCE: u32 = 256;
/// Commands ended at once.
const COMMANDS_AT_ONCE: u32 = 1_000;
/// The outbox is looked at so often even without a nudge.
const OUTBOX_EVERY: Duration = Duration::from_secs(2);
/// Running deployments are looked at so often even without a nudge.
const DEPLOYMENTS_EVERY: Duration = Duration::from_millis(500);
/// Commands past their end, refusal counts and the doors' certificate are looked at so often.
const CHORES_EVERY: Duration = Duration::from_secs(5);

/// Starts every loop; they end when the runtime ends, or when `stop` is rung.
pub fn start(house: &Arc<House>, stop: &Arc<Notify>) -> tokio::task::JoinSet<()> {
    let mut loops = tokio::task::JoinSet::new();
    let nudge = Arc::new(Notify::new());
    let outbox = {
        let (house, nudge) = (Arc::clone(house), Arc::clone(&nudge));
        repeat(OUTBOX_EVERY, Arc::clone(&house.outbox), move || deliver(&house, &nudge))
    };
    let deployments = {
        let house = Arc::clone(house);
        repeat(DEPLOYMENTS_EVERY, nudge, move || advance_deployments(&house))
    };
    let chores = {
        let house = Arc::clone(house);
        repeat(CHORES_EVERY, Arc::new(Notify::new()), move || do_chores(&house))
    };
    let heads = {
        let house = Arc::clone(house);
        repeat(checkpoint::EVERY, Arc::new(Notify::new()), move || checkpoint::sign(&house))
    };
    for work in [boxed(outbox), boxed(deployments), boxed(chores), boxed(heads)] {
        let stop = Arc::clone(stop);
        loops.spawn(async move {
            tokio::select! { () = work => {}, () = stop.notified() => {} }
        });
    }
    loops.spawn(pulse::follow(house.connections.clone(), house.pulse.clone(), house.news.clone()));
    loops
}

type Work = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn boxed(work: impl Future<Output = ()> + Send + 'static) -> Work {
    Box::pin(work)
}

/// Runs a blocking step now, then at every nudge and at least once each period. A step that fails is tried again then.
async fn repeat(period: Duration, nudge: Arc<Notify>, step: impl Fn() + Clone + Send + 'static) {
    loop {
        let step = step.clone();
        if tokio::task::spawn_blocking(step).await.is_err() {
            tracing::error!("a step of the server's own work panicked; it is tried again");
        }
        tokio::select! { () = tokio::time::sleep(period) => {}, () = nudge.notified() => {} }
    }
}

/// Delivers effects; an effect stays in the outbox until it was delivered.
fn deliver(house: &House, deployments: &Notify) {
    loop {
        let posted = match house.store.outbox_pending(EFFECTS_AT_ONCE) {
            Ok(posted) => posted,
            Err(why) => return tracing::error!(why = %why, "the outbox cannot be read"),
        };
        if posted.is_empty() {
            return;
        }
        for effect in &posted {
            carry_out(house, deployments, &effect.effect);
        }
        let ids: Vec<i64> = posted.iter().map(|effect| effect.id).collect();
        if let Err(why) = house.store.outbox_done(ids) {
            return tracing::error!(why = %why, "the outbox cannot be written");
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

fn advance_deployments(house: &House) {
    let running = match house.store.active_deployments() {
        Ok(running) => running,
        Err(why) => return tracing::error!(why = %why, "deployments cannot be read"),
    };
    for deployment in running {
        if let Err(why) = house.advance_deployment(&deployment) {
            tracing::warn!(deployment = %deployment.id, why = ?why, "a deployment could not be moved; it is tried again");
        }
    }
}

fn do_chores(house: &House) {
    let now = clock::now();
    let counts = house.refusals.take();
    if !counts.is_empty()
        && let Err(why) = holdfast_store::wait(house.store.count_refusals(counts, now))
    {
        tracing::error!(why = %why, "refusal counts cannot be written");
    }
    match house.store.overdue_commands(now, COMMANDS_AT_ONCE) {
        Ok(open) => {
            if let Some(decision) = expire_commands(&open, now)
                && let Err(why) = house.decide(decision)
            {
                tracing::warn!(why = ?why, "commands past their end could not be ended; it is tried again");
            }
        }
        Err(why) => tracing::error!(why = %why, "commands cannot be read"),
    }
    match house.authority.renew_door_if_due(now) {
        Ok(true) => {
            if let Err(why) = crate::wiring::reload_doors(house) {
                tracing::error!(why = ?why, "the doors keep their old certificate");
            }
        }
        Ok(false) => {}
        Err(why) => tracing::error!(why = %why, "the doors' certificate cannot be renewed"),
    }
}

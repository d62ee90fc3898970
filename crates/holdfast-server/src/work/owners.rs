//! Tells owners what history says of their devices, and wakes devices whose night has come.
//!
//! History is read line by line from where the last look ended. Told twice is told once: a notice's id is made of what it
//! says. A first start begins at the end of history: what was before, nobody needs to be told now.

use std::error::Error;

use holdfast_core::id::{DeploymentId, DeviceId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision, Effect};
use holdfast_domain::homes::telling::{self, Concerns, Named, News, concerns};
use holdfast_domain::updates::choice::{Say, Standing, reminder, standing};
use holdfast_domain::updates::{Deployment, DeploymentState, Release};
use serde_json::Value;

use crate::app::{House, chain};
use crate::clock;

/// Under which name the place in history is kept.
const READER: &str = "owners";
/// Lines of history, devices and choices of one turn.
const AT_ONCE: u32 = 200;

type Failed = Box<dyn Error + Send + Sync>;

/// One look at history.
pub(super) fn tell(house: &House) {
    if let Err(why) = read_on(house) {
        tracing::error!(why = %chain(&*why), "owners cannot be told what happened; it is tried again");
    }
}

/// One look at choices that wait for their time.
pub(super) fn wake(house: &House) {
    if let Err(why) = wake_due(house) {
        tracing::error!(why = %chain(&*why), "devices whose night has come cannot be told; it is tried again");
    }
}

/// One look at security updates that were refused at home: a few reminders, then no more.
pub(super) fn remind(house: &House) {
    if let Err(why) = remind_due(house) {
        tracing::error!(why = %chain(&*why), "homes cannot be reminded of refused updates; it is tried again");
    }
}

fn remind_due(house: &House) -> Result<(), Failed> {
    let (now, mut after) = (clock::now(), String::new());
    loop {
        let refused = house.store.refused_at_home(&after, AT_ONCE)?;
        let Some(last) = refused.last() else { return Ok(()) };
        after = last.device.to_string();
        for one in &refused {
            let Some(at) = reminder(one.at, now) else { continue };
            let Some(home) = house.store.ownership(&one.device)?.filter(|home| home.since <= one.at) else { continue };
            let title = title(house, &one.device)?;
            let named = Named { device: one.device.as_str(), title: &title };
            let notice = telling::still_refused(home.person, named, &one.version, at);
            house.decide(Decision::quiet(vec![Change::AddNotice(notice)]))?;
        }
    }
}

fn read_on(house: &House) -> Result<(), Failed> {
    let Some(mut from) = house.store.told(READER)? else {
        return Ok(house.store.move_told(READER, house.store.ledger_head()?.size)?);
    };
    loop {
        let leaves = house.store.ledger_leaves(from, AT_ONCE)?;
        let Some(last) = leaves.last() else { return Ok(()) };
        let next = last.index.saturating_add(1);
        for leaf in &leaves {
            follow(house, &leaf.line)?;
        }
        house.store.move_told(READER, next)?;
        from = next;
    }
}

fn follow(house: &House, line: &str) -> Result<(), Failed> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Ok(()) };
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let Some(concerns) = text("kind").and_then(concerns) else { return Ok(()) };
    let at = Timestamp::from_micros(line.get("at").and_then(Value::as_i64).unwrap_or_default());
    match concerns {
        Concerns::Device(news) => {
            let Some(device) = text("device").and_then(|id| id.parse().ok()) else { return Ok(()) };
            let release = text("release").and_then(|id| id.parse().ok());
            let release = release.map(|id| house.store.release(id)).transpose()?.flatten();
            tell_home(house, news, &device, release.as_ref(), at)
        }
        Concerns::Deployment => match text("deployment").and_then(|id| id.parse().ok()) {
            Some(deployment) => offer_to_homes(house, deployment),
            None => Ok(()),
        },
    }
}

/// The same decision of a playbook with a notice to each home that it concerns: told with what was done, or neither.
pub(super) fn telling(house: &House, decision: Decision, at: Timestamp) -> Result<Decision, Failed> {
    let mut notices = Vec::new();
    for (device, news) in decision.changes.iter().filter_map(telling::of_playbook) {
        notices.extend(notice_of(house, news, device, None, at)?);
    }
    Ok(notices.into_iter().fold(decision, Decision::with_change))
}

fn tell_home(
    house: &House,
    news: News,
    device: &DeviceId,
    release: Option<&Release>,
    at: Timestamp,
) -> Result<(), Failed> {
    if let Some(notice) = notice_of(house, news, device, release, at)? {
        house.decide(Decision::quiet(vec![notice]))?;
    }
    Ok(())
}

fn notice_of(
    house: &House,
    news: News,
    device: &DeviceId,
    release: Option<&Release>,
    at: Timestamp,
) -> Result<Option<Change>, Failed> {
    // Somebody who came later has nothing to do with it.
    let Some(home) = house.store.ownership(device)?.filter(|home| home.since <= at) else { return Ok(None) };
    let title = title(house, device)?;
    let named = Named { device: device.as_str(), title: &title };
    let note = release.map(|release| house.store.release_note(&release.manifest_digest)).transpose()?.flatten();
    let notice =
        telling::explained(telling::about(news, home.person, named, release, at), note.as_ref().map(|kept| &kept.note));
    Ok(Some(Change::AddNotice(notice)))
}

fn offer_to_homes(house: &House, id: DeploymentId) -> Result<(), Failed> {
    let Some(deployment) = house.store.deployment_head(id)? else { return Ok(()) };
    let Some(phase) = phase(&deployment) else { return Ok(()) };
    let Some(release) = house.store.release(deployment.release)? else { return Ok(()) };
    let note = house.store.release_note(&release.manifest_digest)?.map(|kept| kept.note);
    let mut after = String::new();
    loop {
        let waiting = house.store.owners_waiting(id, phase, &after, AT_ONCE)?;
        let Some((last, _)) = waiting.last() else { return Ok(()) };
        after = last.to_string();
        let mut notices = Vec::new();
        for (device, _) in &waiting {
            let title = title(house, device)?;
            let named = Named { device: device.as_str(), title: &title };
            for person in house.choosers(device)? {
                let notice = telling::offered(person, named, (&release, note.as_ref()), deployment.created);
                notices.push(Change::AddNotice(notice));
            }
        }
        house.decide(Decision::quiet(notices))?;
    }
}

const fn phase(deployment: &Deployment) -> Option<u32> {
    match deployment.state {
        DeploymentState::Running { phase } => Some(phase),
        DeploymentState::AwaitingApproval
        | DeploymentState::Paused { .. }
        | DeploymentState::Aborted { .. }
        | DeploymentState::Completed => None,
    }
}

fn title(house: &House, device: &DeviceId) -> Result<String, Failed> {
    let Some(device) = house.store.device(device)? else { return Ok(String::new()) };
    let product = house.store.product(&device.product)?;
    Ok(product.map_or_else(|| device.product.to_string(), |product| product.title))
}

/// Tells devices to look for news whose home's time has come. One that is told twice looks twice.
fn wake_due(house: &House) -> Result<(), Failed> {
    let (now, mut after) = (clock::now(), String::new());
    loop {
        let waiting = house.store.waiting_choices(&after, AT_ONCE)?;
        let Some(last) = waiting.last() else { return Ok(()) };
        after = last.device.to_string();
        let due = waiting.iter().filter(|one| standing(one.kind, Say::Homes(Some(one.chosen)), now) == Standing::Goes);
        let effects = due.map(|one| Effect::NudgeUpdate(one.device.clone())).collect();
        house.decide(Decision { effects, ..Decision::default() })?;
    }
}

//! What a device says besides telemetry: each document is read at once, judged by the domain and committed before it is
//! acknowledged.

mod attest;
pub(crate) mod homes;
mod update;

use std::sync::{Arc, Mutex};

use holdfast_core::id::{AlertId, CommandId, DeviceId};
use holdfast_core::mqtt::packet::PacketId;
use holdfast_core::telemetry::ShadowMessage;
use holdfast_core::topic::UpChannel;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::command::{Answer, CommandRefusal, finish_command};
use holdfast_domain::fleet::connection::clone_suspected;
use holdfast_domain::fleet::shadow::{ShadowRefusal, apply_reported};
use holdfast_domain::integrity::Alert;
use holdfast_domain::telemetry::Model;
use holdfast_store::integrity::AlertFilter;
use holdfast_store::telemetry::EventRow;
use holdfast_store::{Store, StoreError};

use super::door::Door;
use super::limits::ALERTS_READ_MAX;
use super::nonces::Nonces;
use super::payload;
use super::pending::{Done, Pending, Refused, Stop};
use super::readings::flat;
use super::registry::LiveEvent;
use crate::clock;

/// Who says something, and what it is judged by.
pub(super) struct Asked {
    pub(super) door: Arc<Door>,
    pub(super) device: DeviceId,
    pub(super) model: Arc<Model>,
    pub(super) nonces: Arc<Mutex<Nonces>>,
}

/// Takes one document; what follows from it is put behind what is pending.
pub(super) fn document(
    asked: Asked,
    channel: &UpChannel,
    (id, payload): (Option<PacketId>, &[u8]),
    pending: &mut Pending,
) -> Result<(), Refused> {
    match channel {
        UpChannel::ShadowReported => {
            let message = ShadowMessage::parse(payload).map_err(|refusal| Refused::payload(refusal.name()))?;
            pending.push(async move { Done::Document { id, result: shadow_reported(asked, message).await } });
        }
        UpChannel::CommandResult(command) => {
            let command = *command;
            let answer = payload::command_result(payload).map_err(|refusal| Refused::payload(refusal.name()))?;
            pending.push(async move { Done::Document { id, result: command_result(asked, command, answer).await } });
        }
        UpChannel::UpdateReport => {
            let report = payload::update_report(payload).map_err(|refusal| Refused::payload(refusal.name()))?;
            pending.push(async move { Done::Document { id, result: update::report(asked, report).await } });
        }
        UpChannel::Attest => {
            let evidence = payload.to_vec();
            pending.push(async move { Done::Document { id, result: attest::evidence(asked, evidence).await } });
        }
        UpChannel::Event => {
            let event = payload::event(payload).map_err(|refusal| Refused::payload(refusal.name()))?;
            pending.push(async move { Done::Document { id, result: event_happened(asked, event).await } });
        }
        UpChannel::Log => super::signed::log(asked.door, asked.device, (id, payload), pending)?,
        // Telemetry takes the fast path and never comes here.
        UpChannel::Telemetry(_) | UpChannel::Forward(..) => {
            return Err(Refused::does_not_fit("telemetry-not-a-document"));
        }
    }
    Ok(())
}

async fn shadow_reported(asked: Asked, message: ShadowMessage) -> Result<(), Stop> {
    let Asked { door, device, model, .. } = asked;
    let (of, now) = (device.clone(), clock::now());
    let decision = door.records.read(move |store| {
        let Some(known) = store.device(&device)? else { return Ok(Err(Refused::not_authorized("device-unknown"))) };
        let shadow = store.shadow(&device)?;
        let reported = flat(message.fields);
        Ok(apply_reported(&known, &shadow, &model, message.version, &reported, now).map_err(|refusal| {
            let name = refusal.name();
            match refusal {
                ShadowRefusal::Field(_) | ShadowRefusal::Document(_) => Refused::payload(name),
                ShadowRefusal::DeviceRevoked => Refused::not_authorized(name),
                ShadowRefusal::Stale => Refused::does_not_fit(name),
            }
        }))
    });
    let decision = decision.await??;
    carry_through(&door, of, decision).await
}

async fn command_result(asked: Asked, command: CommandId, answer: Answer) -> Result<(), Stop> {
    let Asked { door, device, .. } = asked;
    let (of, now) = (device.clone(), clock::now());
    let decision = door.records.read(move |store| {
        let known = store.command(command)?;
        let ended = finish_command(known.as_ref(), &device, answer.clone(), now).map_err(|refusal| {
            let foreign = refusal == CommandRefusal::Foreign;
            let refuse = if foreign { Refused::not_authorized } else { Refused::does_not_fit };
            refuse(refusal.name())
        });
        match (ended, known) {
            (Ok(ended), Some(known)) => homes::answered(store, &known, &answer, ended, now),
            (ended, _) => Ok(ended),
        }
    });
    let decision = decision.await?;
    match decision {
        // Said again, because our answer was lost.
        Err(refused) if refused.name == CommandRefusal::Ended.name() => Ok(()),
        Err(refused) => Err(refused.into()),
        Ok(decision) => carry_through(&door, of, decision).await,
    }
}

async fn event_happened(asked: Asked, event: payload::DeviceEvent) -> Result<(), Stop> {
    let Asked { door, device, .. } = asked;
    let (of, told, now) = (device.clone(), event.clone(), clock::now());
    let decision = door.records.read(move |store| homes::event(store, &of, &told, now)).await?;
    carry_through(&door, device.clone(), decision).await?;
    let event = EventRow {
        device,
        counter: event.counter,
        kind: event.kind.into(),
        text: event.text.0,
        device_time: event.at,
        received: clock::now(),
    };
    door.records.append_event(event).await
}

fn open_alerts(store: &Store, device: &DeviceId) -> Result<Vec<Alert>, StoreError> {
    store.alerts(&AlertFilter { open_only: true, device: Some(device.clone()) }, None, ALERTS_READ_MAX)
}

/// Commits a decision about a device, then tells whoever watches it, and carries out its effects at once; the outbox repeats
/// them if we are interrupted.
async fn carry_through(door: &Door, device: DeviceId, decision: Decision) -> Result<(), Stop> {
    let (effects, changes) = (decision.effects.clone(), !decision.changes.is_empty());
    door.records.commit(decision).await?;
    if changes {
        door.connections.tell(LiveEvent::Changed(device));
    }
    for effect in &effects {
        door.connections.push(effect);
    }
    Ok(())
}

/// Tells people that a device's key may have been copied, unless they were told already.
pub(super) async fn clone_alert(door: Arc<Door>, device: DeviceId) -> Done {
    let asked = device.clone();
    let decided = door.records.read(move |store| {
        let now = clock::now();
        Ok(clone_suspected(&asked, &open_alerts(store, &asked)?, AlertId::new(now, clock::random()), now))
    });
    let result = match decided.await {
        Err(fault) => Err(fault.into()),
        Ok(decision) => carry_through(&door, device, decision).await,
    };
    Done::Document { id: None, result }
}

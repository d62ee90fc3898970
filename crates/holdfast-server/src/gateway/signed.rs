//! What takes a look into the store before it is stored: signed readings, forwarded ones, declared sheds, log batches.

use std::sync::Arc;

use holdfast_core::id::{AlertId, DeviceId, StreamId};
use holdfast_core::mqtt::packet::PacketId;
use holdfast_core::telemetry::log::LogBatch;
use holdfast_core::telemetry::{Shed, TelemetryMessage, Upload};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::alert_kind;
use holdfast_domain::telemetry::forward::{ForwardRefusal, forged, may_forward};
use holdfast_domain::telemetry::{LastReading, Model, Role};
use holdfast_store::telemetry::{LogRow, ProofRow};
use holdfast_store::{CommitError, Store, StoreError};

use super::door::Door;
use super::pending::{Done, Pending, Proven, Refused, Stop};
use super::readings::{Came, judge_one, refused, row};
use super::records::refusal_of;
use crate::clock;
use crate::provenance::{NotSigned, keys_of, proven};

/// Readings with the signature that covers them.
pub(super) struct Signed {
    pub(super) author: DeviceId,
    /// Who passed them on, if not the author itself.
    pub(super) forwarder: Option<DeviceId>,
    pub(super) stream: StreamId,
    pub(super) readings: Vec<TelemetryMessage>,
    pub(super) signature: Vec<u8>,
    /// What the next reading of the author is compared with once these hold, and by the models of which generation.
    pub(super) newest: Option<(LastReading, u64)>,
}

/// Checks the signature of readings that the model admitted, and stores both.
pub(super) async fn verified(door: Arc<Door>, signed: Signed, (id, now): (Option<PacketId>, Timestamp)) -> Done {
    let since = clock::monotonic();
    let found = door.records.read(move |store| {
        let proof = prove(store, &signed)?;
        Ok(proof.map(|proof| (signed, proof)))
    });
    match found.await {
        Err(fault) => Done::Document { id, result: Err(fault.into()) },
        Ok(Err(NotSigned::Malformed)) => refuse(id, Refused::payload("signature-malformed")),
        Ok(Err(NotSigned::Wrong)) => refuse(id, Refused::not_authorized("signature-wrong")),
        Ok(Ok((signed, proof))) => store_signed(&door, signed, proof, (id, now, since)).await,
    }
}

fn prove(store: &Store, signed: &Signed) -> Result<Result<ProofRow, NotSigned>, StoreError> {
    let keys = keys_of(store, &signed.author)?;
    let proof = proven((&signed.author, &signed.stream), &signed.readings, &signed.signature, &keys);
    Ok(proof.map(|proof| ProofRow { forwarder: signed.forwarder.clone(), ..proof }))
}

async fn store_signed(
    door: &Door,
    signed: Signed,
    proof: ProofRow,
    (id, now, since): (Option<PacketId>, Timestamp, holdfast_core::time::Millis),
) -> Done {
    let Signed { author, forwarder, stream, readings, newest, .. } = signed;
    let rows: Vec<_> = readings.iter().map(|reading| row(&author, &stream, reading, now)).collect();
    let proven = forwarder.is_none().then(|| {
        let newest = newest.map(|(last, generation)| (stream, last, generation));
        Box::new(Proven { newest, rows: rows.clone() })
    });
    let mut ids = vec![None; rows.len().saturating_sub(1)];
    ids.push(id);
    let appended = door.records.store().append_signed(rows, Some(proof)).await;
    let result = appended.map_err(|why| match why {
        CommitError::Fault(fault) => fault,
        CommitError::Conflict(_) => StoreError::Stopped,
    });
    Done::Telemetry { ids, since, result, proven }
}

const fn refuse(id: Option<PacketId>, refused: Refused) -> Done {
    Done::Document { id, result: Err(Stop::Refused(refused)) }
}

/// Takes what a device passes on for another one.
pub(super) fn forward(
    came: &Came<'_>,
    role: Role,
    (author, stream): (DeviceId, StreamId),
    pending: &mut Pending,
) -> Result<(), Refused> {
    let no = |refusal: ForwardRefusal| Refused::not_authorized(refusal.name());
    if role != Role::Aggregator {
        return Err(no(ForwardRefusal::NotAnAggregator));
    }
    let upload = Upload::parse(came.payload).map_err(|refusal| Refused::payload(refusal.name()))?;
    let (readings, signature) = match upload {
        Upload::Reading { reading, signature: Some(signature) } => (vec![reading], signature),
        Upload::Pack { readings, signature: Some(signature) } => (readings, signature),
        Upload::Reading { .. } | Upload::Pack { .. } | Upload::Senml(_) | Upload::Shed(_) => {
            return Err(no(ForwardRefusal::Unsigned));
        }
    };
    let signed = Signed { author, forwarder: Some(came.device.clone()), stream, readings, signature, newest: None };
    let (door, id, now) = (Arc::clone(came.door), came.id, came.now);
    pending.push(async move { forwarded(door, role, signed, (id, now)).await });
    Ok(())
}

/// What became of something forwarded, before it is stored.
enum Forwarded {
    Good(Signed, ProofRow),
    Refused(Refused),
    Forged { told: bool, signed: Signed },
}

async fn forwarded(door: Arc<Door>, role: Role, signed: Signed, (id, now): (Option<PacketId>, Timestamp)) -> Done {
    let since = clock::monotonic();
    let asked = Arc::clone(&door);
    let found = door.records.read(move |store| judge_forwarded(&asked, store, role, signed, now));
    match found.await {
        Err(fault) => Done::Document { id, result: Err(fault.into()) },
        Ok(Forwarded::Refused(refused)) => refuse(id, refused),
        Ok(Forwarded::Good(signed, proof)) => store_signed(&door, signed, proof, (id, now, since)).await,
        Ok(Forwarded::Forged { told, signed }) => {
            if let (false, Some(aggregator)) = (told, signed.forwarder) {
                let alert = AlertId::new(now, clock::random());
                if let Err(stop) = door.records.commit(forged(aggregator, &signed.author, alert, now)).await {
                    return Done::Document { id, result: Err(stop) };
                }
            }
            refuse(id, Refused::not_authorized(ForwardRefusal::Forged.name()))
        }
    }
}

fn judge_forwarded(
    door: &Door,
    store: &Store,
    role: Role,
    signed: Signed,
    now: Timestamp,
) -> Result<Forwarded, StoreError> {
    let author = store.device(&signed.author)?;
    let Some(sender) = signed.forwarder.clone() else {
        return Ok(Forwarded::Refused(Refused::not_authorized("forward-itself")));
    };
    if let Err(refusal) = may_forward(role, &sender, author.as_ref(), true) {
        return Ok(Forwarded::Refused(Refused::not_authorized(refusal.name())));
    }
    let product = author.map(|author| author.product);
    let model = match &product {
        None => None,
        Some(product) => match door.models.known(product) {
            Some(model) => Some(model),
            None => store.product(product)?.and_then(|known| door.models.load(&known.id, &known.thing_model).ok()),
        },
    };
    let Some(model) = model else { return Ok(Forwarded::Refused(Refused::not_authorized("product-without-model"))) };
    if let Err(refused) = admitted(&model, &signed, now) {
        return Ok(Forwarded::Refused(refused));
    }
    Ok(match prove(store, &signed)? {
        Ok(proof) => Forwarded::Good(signed, proof),
        Err(NotSigned::Malformed) => Forwarded::Refused(Refused::payload("signature-malformed")),
        Err(NotSigned::Wrong) => {
            let told = store.open_alert_of_kind(&sender, alert_kind::FORWARD_FORGED)?.is_some();
            Forwarded::Forged { told, signed }
        }
    })
}

fn admitted(model: &Model, signed: &Signed, now: Timestamp) -> Result<(), Refused> {
    let mut last = None;
    for reading in &signed.readings {
        let next = judge_one(model, &signed.stream, (reading, &[]), (last.as_ref(), true), now);
        last = next.map_err(|refusal| refused(&refusal))?.or(last);
    }
    Ok(())
}

/// Keeps a declaration of sheds.
pub(super) async fn shed(
    door: &Door,
    (device, stream): (DeviceId, StreamId),
    shed: Shed,
    (id, now): (Option<PacketId>, Timestamp),
) -> Done {
    let kept = door.records.store().declare_shed(device, stream, shed, now).await;
    let result = match kept {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refused::not_authorized("device-unknown").into()),
        Err(fault) => Err(stopped(&fault)),
    };
    Done::Document { id, result }
}

/// Takes a batch of log lines.
pub(super) fn log(
    door: Arc<Door>,
    device: DeviceId,
    (id, payload): (Option<PacketId>, &[u8]),
    pending: &mut Pending,
) -> Result<(), Refused> {
    let batch = LogBatch::parse(payload).map_err(|refusal| Refused::payload(refusal.name()))?;
    pending.push(async move {
        let lines = batch.lines.into_iter().map(|line| LogRow {
            level: line.level.word().to_owned(),
            code: line.code,
            text: line.text,
        });
        let kept =
            door.records.store().append_log(device, (batch.counter, batch.at), lines.collect(), clock::now()).await;
        let result = match kept {
            Ok(appended) => refusal_of(appended).map_or(Ok(()), |refused| Err(refused.into())),
            Err(fault) => Err(stopped(&fault)),
        };
        Done::Document { id, result }
    });
    Ok(())
}

fn stopped(fault: &CommitError) -> Stop {
    tracing::error!(error = fault as &dyn std::error::Error, "mqtt.document not stored");
    Stop::Fault
}

//! Admission of telemetry on one connection: payload to rows, with the newest reading of each stream for rules between
//! readings. One reading takes the fast path; packs, signatures, sheds and refusals are put behind what is pending.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_core::mqtt::packet::PacketId;
use holdfast_core::telemetry::{FieldValue as Sent, Fields, Qualities, TelemetryMessage, Upload, senml};
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::schema::FieldProblem;
use holdfast_domain::telemetry::value::{FieldMap, FieldValue, Value};
use holdfast_domain::telemetry::{LastReading, Model, TelemetryInput, TelemetryRefusal};
use holdfast_store::telemetry::{AsideRow, TelemetryRow};

use super::aside::{Allowance, Aside};
use super::door::Door;
use super::limits::STREAMS_KEPT_MAX;
use super::models::{Models, Newest};
use super::observe::Tap;
use super::pending::{Done, Pending, Refused};
use super::signed::{self, Signed};
use crate::clock;

/// What one connection knows about its product and its readings.
#[derive(Debug)]
pub(super) struct Readings {
    product: ProductId,
    model: Arc<Model>,
    generation: u64,
    newest: Newest,
    /// Whose readings these are, and where they are kept until the next connection; set with the first message.
    owner: Option<(DeviceId, Models)>,
    allowance: Allowance,
}

/// One message as it came.
pub(super) struct Came<'a> {
    pub(super) door: &'a Arc<Door>,
    pub(super) device: &'a DeviceId,
    pub(super) id: Option<PacketId>,
    pub(super) payload: &'a [u8],
    pub(super) now: Timestamp,
}

/// One reading with the units that came with it.
type Judged<'a> = (&'a TelemetryMessage, &'a [(&'a str, &'a str)]);

impl Readings {
    pub(super) const fn new(product: ProductId, model: Arc<Model>, generation: u64) -> Self {
        Self { product, model, generation, newest: Vec::new(), owner: None, allowance: Allowance::FULL }
    }

    /// The model in force; takes a newer one if the product changed.
    pub(super) fn model(&mut self, models: &Models) -> &Arc<Model> {
        let generation = models.generation();
        if self.generation != generation {
            self.generation = generation;
            if let Some(model) = models.known(&self.product)
                && !Arc::ptr_eq(&model, &self.model)
            {
                self.model = model;
                // A stream may have other fields now.
                self.newest.clear();
            }
        }
        &self.model
    }

    /// Reads and judges one message of a telemetry topic; nothing of a refused one is stored among the readings. `None`
    /// says that the answer is pending.
    pub(super) fn admit(
        &mut self,
        came: &Came<'_>,
        stream: StreamId,
        pending: &mut Pending,
        tap: &mut Tap,
    ) -> Result<Option<TelemetryRow>, Refused> {
        if self.owner.is_none() {
            self.newest = came.door.models.recall(came.device, self.generation);
            self.owner = Some((came.device.clone(), came.door.models.clone()));
        }
        match Upload::parse(came.payload) {
            Ok(Upload::Reading { reading, signature: None }) => {
                match self.judge(&stream, &[(&reading, &[])], false, came.now) {
                    Ok(newest) => {
                        self.keep(&stream, newest);
                        return Ok(Some(row(came.device, &stream, &reading, came.now)));
                    }
                    Err(refusal) => self.turn_down(came, stream, &refusal, pending)?,
                }
            }
            Ok(Upload::Reading { reading, signature: Some(signature) }) => {
                self.admit_pack(came, stream, (vec![reading], Some(signature)), (pending, tap))?;
            }
            Ok(Upload::Pack { readings, signature }) => {
                self.admit_pack(came, stream, (readings, signature), (pending, tap))?;
            }
            Ok(Upload::Senml(pack)) => self.admit_senml(came, stream, &pack, (pending, tap))?,
            Ok(Upload::Shed(shed)) => {
                if self.model.stream(stream.as_str()).is_none() {
                    return Err(refused(&TelemetryRefusal::UndeclaredStream));
                }
                let (door, device, id, now) = (Arc::clone(came.door), came.device.clone(), came.id, came.now);
                pending.push(async move { signed::shed(&door, (device, stream), shed, (id, now)).await });
            }
            Err(refusal) => {
                let aside = Aside { refused: Refused::payload(refusal.name()), field: None, waits: false };
                self.allowance.keep_aside(came, stream, aside, pending)?;
            }
        }
        Ok(None)
    }

    fn admit_pack(
        &mut self,
        came: &Came<'_>,
        stream: StreamId,
        (readings, signature): (Vec<TelemetryMessage>, Option<Vec<u8>>),
        (pending, tap): (&mut Pending, &mut Tap),
    ) -> Result<(), Refused> {
        let judged: Vec<Judged<'_>> = readings.iter().map(|reading| (reading, &[][..])).collect();
        let newest = match self.judge(&stream, &judged, signature.is_some(), came.now) {
            Ok(newest) => newest,
            Err(refusal) => return self.turn_down(came, stream, &refusal, pending),
        };
        let Some(signature) = signature else {
            self.keep(&stream, newest);
            append(came, (&stream, &readings), (pending, tap));
            return Ok(());
        };
        // Remembered when the signature holds: a pack of somebody else says nothing about what comes next.
        let newest = newest.map(|newest| (newest, self.generation));
        let signed = Signed { author: came.device.clone(), forwarder: None, stream, readings, signature, newest };
        let (door, id, now) = (Arc::clone(came.door), came.id, came.now);
        pending.push(async move { signed::verified(door, signed, (id, now)).await });
        Ok(())
    }

    fn admit_senml(
        &mut self,
        came: &Came<'_>,
        stream: StreamId,
        pack: &senml::Pack,
        (pending, tap): (&mut Pending, &mut Tap),
    ) -> Result<(), Refused> {
        let readings = match pack.readings(came.now) {
            Ok(readings) => readings,
            Err(refusal) => {
                let aside = Aside { refused: Refused::payload(refusal.name()), field: None, waits: false };
                return self.allowance.keep_aside(came, stream, aside, pending);
            }
        };
        let units: Vec<Vec<(&str, &str)>> = readings
            .iter()
            .map(|reading| reading.units.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect())
            .collect();
        let messages: Vec<TelemetryMessage> = readings.iter().map(unsigned_message).collect();
        let judged: Vec<Judged<'_>> = messages.iter().zip(&units).map(|(m, u)| (m, u.as_slice())).collect();
        match self.judge(&stream, &judged, false, came.now) {
            Ok(newest) => self.keep(&stream, newest),
            Err(refusal) => return self.turn_down(came, stream, &refusal, pending),
        }
        append(came, (&stream, &messages), (pending, tap));
        Ok(())
    }

    /// Judges the readings of one message, all or none; gives what the next one is compared with.
    fn judge(
        &self,
        stream: &StreamId,
        readings: &[Judged<'_>],
        signed: bool,
        now: Timestamp,
    ) -> Result<Option<LastReading>, TelemetryRefusal> {
        let known = self.newest.iter().position(|(name, _)| name == stream);
        let mut last = known.and_then(|at| self.newest.get(at)).map(|(_, last)| last);
        let mut newer = None;
        for (reading, units) in readings {
            let admitted = judge_one(&self.model, stream, (reading, units), (last, signed), now)?;
            if admitted.is_some() {
                newer = admitted;
                last = newer.as_ref();
            }
        }
        Ok(newer)
    }

    /// Remembers the newest of signed readings that hold, unless something newer or another model came in between.
    pub(super) fn proven(&mut self, (stream, newest, generation): (StreamId, LastReading, u64)) {
        let known = self.newest.iter().find(|(name, _)| *name == stream);
        if generation == self.generation && known.is_none_or(|(_, known)| newest.follows(known)) {
            self.keep(&stream, Some(newest));
        }
    }

    /// Keeps a refused message aside if it may be, and refuses it.
    fn turn_down(
        &mut self,
        came: &Came<'_>,
        stream: StreamId,
        refusal: &TelemetryRefusal,
        pending: &mut Pending,
    ) -> Result<(), Refused> {
        self.allowance.keep_aside(came, stream, Aside::of(refusal), pending)
    }

    fn keep(&mut self, stream: &StreamId, newer: Option<LastReading>) {
        let Some(newer) = newer else { return };
        if let Some((_, last)) = self.newest.iter_mut().find(|(name, _)| name == stream) {
            *last = newer;
        } else if self.newest.len() < STREAMS_KEPT_MAX {
            // Beyond the limit the slope rule is not applied; the model's own limit of streams lies below it.
            self.newest.push((stream.clone(), newer));
        }
    }
}

impl Drop for Readings {
    /// The connection is over: the next one goes on from here.
    fn drop(&mut self) {
        if let Some((device, models)) = self.owner.take()
            && !self.newest.is_empty()
        {
            models.keep(device, self.generation, std::mem::take(&mut self.newest));
        }
    }
}

/// Judges one reading; gives what the next one is compared with.
pub(super) fn judge_one(
    model: &Model,
    stream: &StreamId,
    (reading, units): Judged<'_>,
    (last, signed): (Option<&LastReading>, bool),
    now: Timestamp,
) -> Result<Option<LastReading>, TelemetryRefusal> {
    let fields: Vec<_> = reading.fields.iter().map(|(name, value)| (name, borrowed(value))).collect();
    let input = TelemetryInput { counter: reading.counter, at: reading.at, fields: &fields };
    let admitted = model.admit(stream.as_str(), &input, last, now)?;
    if admitted.stream.signed && !signed {
        return Err(TelemetryRefusal::SignatureRequired);
    }
    if !units.is_empty() || admitted.stream.wants_quality() {
        model.check_beside(stream.as_str(), &reading.quality, units.iter().copied())?;
    }
    Ok(admitted.last)
}

/// What is stored of an admitted reading.
pub(super) fn row(device: &DeviceId, stream: &StreamId, reading: &TelemetryMessage, now: Timestamp) -> TelemetryRow {
    TelemetryRow {
        device: device.clone(),
        stream: stream.clone(),
        counter: reading.counter,
        device_time: reading.at,
        received: now,
        fields: reading.fields.to_json(),
        quality: (!reading.quality.is_empty()).then(|| reading.quality.to_json()),
    }
}

/// A reading of a `SenML` pack in our form.
pub(super) fn unsigned_message(reading: &senml::Reading) -> TelemetryMessage {
    TelemetryMessage {
        counter: reading.counter,
        at: reading.at,
        fields: reading.fields.clone(),
        quality: Qualities::new(),
    }
}

/// A message that was kept aside and is admitted now.
pub(crate) struct Readmitted {
    /// What is stored of it.
    pub(crate) rows: Vec<TelemetryRow>,
    /// What has to be verified before, if it is signed.
    pub(crate) signed: Option<(Vec<TelemetryMessage>, Vec<u8>)>,
}

/// Judges a message that was kept aside by the model of today, as of the time when it came.
pub(crate) fn readmit(model: &Model, aside: &AsideRow) -> Option<Readmitted> {
    let (readings, units, signature): (Vec<_>, Vec<BTreeMap<String, String>>, _) =
        match Upload::parse(&aside.payload).ok()? {
            Upload::Reading { reading, signature } => (vec![reading], Vec::new(), signature),
            Upload::Pack { readings, signature } => (readings, Vec::new(), signature),
            Upload::Senml(pack) => {
                let readings = pack.readings(aside.received).ok()?;
                (readings.iter().map(unsigned_message).collect(), readings.into_iter().map(|r| r.units).collect(), None)
            }
            Upload::Shed(_) => return None,
        };
    let mut last = None;
    for (at, reading) in readings.iter().enumerate() {
        let units: Vec<(&str, &str)> =
            units.get(at).into_iter().flatten().map(|(name, unit)| (name.as_str(), unit.as_str())).collect();
        let judged = (last.as_ref(), signature.is_some());
        last = judge_one(model, &aside.stream, (reading, &units), judged, aside.received).ok()?.or(last);
    }
    let rows = readings.iter().map(|reading| row(&aside.device, &aside.stream, reading, aside.received)).collect();
    Some(Readmitted { rows, signed: signature.map(|signature| (readings, signature)) })
}

/// Hands the rows of one message to the store; it is acknowledged when all of them are on disk.
fn append(
    came: &Came<'_>,
    (stream, readings): (&StreamId, &[TelemetryMessage]),
    (pending, tap): (&mut Pending, &mut Tap),
) {
    let rows: Vec<_> = readings.iter().map(|reading| row(came.device, stream, reading, came.now)).collect();
    tap.took(&rows);
    let mut ids = vec![None; rows.len().saturating_sub(1)];
    ids.push(came.id);
    let since = clock::monotonic();
    let append = came.door.records.append(rows);
    pending.push(async move { Done::Telemetry { ids, since, result: append.await, proven: None } });
}

pub(super) fn refused(refusal: &TelemetryRefusal) -> Refused {
    match refusal {
        TelemetryRefusal::UndeclaredStream | TelemetryRefusal::SignatureRequired => {
            Refused::not_authorized(refusal.name())
        }
        TelemetryRefusal::RateExceeded => Refused::quota(refusal.name()),
        TelemetryRefusal::ClockInFuture | TelemetryRefusal::Field(_) => Refused::payload(refusal.name()),
    }
}

/// Whether a newer model may admit what this one refuses.
pub(super) const fn may_be_newer(refusal: &TelemetryRefusal) -> bool {
    match refusal {
        TelemetryRefusal::UndeclaredStream => true,
        TelemetryRefusal::Field(refusal) => {
            matches!(refusal.problem, FieldProblem::OutOfRange) || refusal.problem.may_be_newer()
        }
        TelemetryRefusal::ClockInFuture | TelemetryRefusal::RateExceeded | TelemetryRefusal::SignatureRequired => false,
    }
}

fn borrowed(value: &Sent) -> FieldValue<'_> {
    match value {
        Sent::Bool(b) => FieldValue::Boolean(*b),
        Sent::Integer(n) => FieldValue::Integer(*n),
        Sent::Number(x) => FieldValue::Number(*x),
        Sent::Text(text) => FieldValue::Text(text),
    }
}

/// Fields as they came, in the domain's form.
pub(super) fn flat(fields: Fields) -> FieldMap {
    let owned = |value| match value {
        Sent::Bool(b) => Value::Boolean(b),
        Sent::Integer(n) => Value::Integer(n),
        Sent::Number(x) => Value::Number(x),
        Sent::Text(text) => Value::Text(text),
    };
    fields.into_map().into_iter().map(|(name, value)| (name, owned(value))).collect()
}

//! Admission of telemetry on one connection: payload to row, with the newest reading of each stream kept for the slope rule.

use std::sync::Arc;

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_core::telemetry::{FieldValue as Sent, Fields, TelemetryMessage};
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::value::{FieldMap, FieldValue, Value};
use holdfast_domain::telemetry::{LastReading, Model, TelemetryInput, TelemetryRefusal};
use holdfast_store::telemetry::TelemetryRow;

use super::limits::STREAMS_KEPT_MAX;
use super::models::Models;
use super::pending::Refused;

/// What one connection knows about its product and its readings.
#[derive(Debug)]
pub(super) struct Readings {
    product: ProductId,
    model: Arc<Model>,
    generation: u64,
    newest: Vec<(StreamId, LastReading)>,
}

impl Readings {
    pub(super) const fn new(product: ProductId, model: Arc<Model>, generation: u64) -> Self {
        Self { product, model, generation, newest: Vec::new() }
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

    /// Reads and judges one message; nothing of a refused one is kept.
    pub(super) fn admit(
        &mut self,
        device: &DeviceId,
        stream: StreamId,
        payload: &[u8],
        now: Timestamp,
    ) -> Result<TelemetryRow, Refused> {
        let message = TelemetryMessage::parse(payload).map_err(|refusal| Refused::payload(refusal.name()))?;
        let last = self.newest.iter().find(|(name, _)| *name == stream).map(|(_, last)| last);
        let fields: Vec<_> = message.fields.iter().map(|(name, value)| (name, borrowed(value))).collect();
        let input = TelemetryInput { counter: message.counter, at: message.at, fields: &fields };
        let admitted = self.model.admit(stream.as_str(), &input, last, now).map_err(|refusal| refused(&refusal))?;
        if let Some(newer) = admitted.last {
            self.keep(&stream, newer);
        }
        let row = TelemetryRow {
            device: device.clone(),
            stream,
            counter: message.counter,
            device_time: message.at,
            received: now,
            fields: flat(message.fields).to_string(),
        };
        Ok(row)
    }

    fn keep(&mut self, stream: &StreamId, newer: LastReading) {
        if let Some((_, last)) = self.newest.iter_mut().find(|(name, _)| name == stream) {
            *last = newer;
        } else if self.newest.len() < STREAMS_KEPT_MAX {
            // Beyond the limit the slope rule is not applied; the model's own limit of streams lies below it.
            self.newest.push((stream.clone(), newer));
        }
    }
}

fn refused(refusal: &TelemetryRefusal) -> Refused {
    match refusal {
        TelemetryRefusal::UndeclaredStream | TelemetryRefusal::SignatureRequired => {
            Refused::not_authorized(refusal.name())
        }
        TelemetryRefusal::RateExceeded => Refused::quota(refusal.name()),
        TelemetryRefusal::ClockInFuture | TelemetryRefusal::Field(_) => Refused::payload(refusal.name()),
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

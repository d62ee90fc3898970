//! Compiled Thing Models, and the admission of telemetry, shadow fields and command input against them.
//!
//! A product's W3C Thing Model is read once into an immutable [`Model`]; the gateway asks it for every message.
//! What the model does not declare is refused, not stored. Owns no storage, no wire format, no clock.

mod compile;
pub mod forward;
pub mod gaps;
pub mod guard;
mod profile;
pub mod schema;
pub mod score;
mod text;
pub mod unit;
pub mod value;

use holdfast_core::telemetry::Qualities;
use holdfast_core::time::{Millis, Timestamp};

pub use compile::{MODEL_BYTES_MAX, ModelError, ModelProblem};
pub use profile::{Confirm, KeyProtection, Priority, Role};
use schema::{Action, Field, FieldProblem, Property, Stream};
use value::{FieldMap, FieldValue};

/// How far a device's clock may be ahead of the server's. Behind is no fault: after an outage old readings arrive late.
pub const CLOCK_AHEAD_MAX: Millis = Millis::from_secs(5 * 60);
/// Most fields of one stream; admission keeps one bit for each.
pub const STREAM_FIELDS_MAX: usize = 64;

/// Slack for rounding when a change is compared with the slope.
const SLOPE_ROUNDING: f64 = 1.0 + 1e-9;

/// A compiled Thing Model (W3C Web of Things Thing Description 1.1 §10).
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    title: String,
    description: Option<String>,
    vendor_domain: Option<String>,
    priority: Priority,
    key_protection: KeyProtection,
    role: Role,
    confirm: Confirm,
    screen: bool,
    signals: Vec<(String, String)>,
    streams: Vec<Stream>,
    properties: Vec<Property>,
    actions: Vec<Action>,
}

/// One reading as it arrived, after the wire format was parsed.
#[derive(Debug, Clone, Copy)]
pub struct TelemetryInput<'a> {
    /// The device's counter for this stream.
    pub counter: u64,
    /// When the device measured, by its own clock.
    pub at: Timestamp,
    /// The values.
    pub fields: &'a [(&'a str, FieldValue<'a>)],
}

/// What admission must remember of a device's stream: the newest reading admitted.
#[derive(Debug, Clone, PartialEq)]
pub struct LastReading {
    counter: u64,
    at: Timestamp,
    /// The minute of device time in which it lies, and how many readings lie in that minute.
    minute: (i64, u32),
    slopes: Box<[Option<SlopePoint>]>,
}

impl LastReading {
    /// Whether this one is newer, by the device's counter.
    #[must_use]
    pub const fn follows(&self, other: &Self) -> bool {
        self.counter > other.counter
    }
}

/// The newest value of a field whose slope is limited.
#[derive(Debug, Clone, Copy, PartialEq)]
struct SlopePoint {
    at: Timestamp,
    value: f64,
}

/// A reading that may be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted<'m> {
    /// Its stream.
    pub stream: &'m Stream,
    /// What to hand to the next admission of this device and stream; `None` if the counter is not newer than the last
    /// one, so that the message may be a repeat, which the store recognises by device, stream and counter.
    pub last: Option<LastReading>,
}

/// A value that a model refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field {field:?}: {problem}")]
pub struct FieldRefusal {
    /// The field, as the sender named it.
    pub field: String,
    /// What is wrong.
    pub problem: FieldProblem,
}

/// Why a reading is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryRefusal {
    /// The model has no such stream.
    #[error("the model declares no such stream")]
    UndeclaredStream,
    /// The device's time is further ahead than [`CLOCK_AHEAD_MAX`].
    #[error("the device's time is too far in the future")]
    ClockInFuture,
    /// Sooner after the last reading than the model allows.
    #[error("the reading comes sooner than the model allows")]
    RateExceeded,
    /// The model wants readings of this stream signed, and this one is not.
    #[error("the model requires a signature of the device")]
    SignatureRequired,
    /// One field is wrong.
    #[error(transparent)]
    Field(#[from] FieldRefusal),
}

impl TelemetryRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UndeclaredStream => "undeclared-stream",
            Self::ClockInFuture => "clock-in-future",
            Self::RateExceeded => "rate-exceeded",
            Self::SignatureRequired => "signature-required",
            Self::Field(refusal) => refusal.problem.name(),
        }
    }

    /// The field it is about, as the sender named it.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Field(refusal) => Some(&refusal.field),
            Self::UndeclaredStream | Self::ClockInFuture | Self::RateExceeded | Self::SignatureRequired => None,
        }
    }
}

/// Why an order does not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionRefusal {
    /// The model has no such action.
    #[error("the model declares no such action")]
    Undeclared,
    /// One input field is wrong.
    #[error(transparent)]
    Field(#[from] FieldRefusal),
}

impl ActionRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Undeclared => "undeclared-action",
            Self::Field(refusal) => refusal.problem.name(),
        }
    }
}

impl Model {
    /// Compiles a Thing Model, JSON text.
    ///
    /// # Errors
    ///
    /// [`ModelError`] with the JSON pointer of the first part that is malformed, unsupported or unknown.
    pub fn compile(thing_model: &str) -> Result<Self, ModelError> {
        compile::model(thing_model)
    }

    /// What people call the product.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// More words about the product.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The maker's domain, if the model names it (`hf:vendorDomain`).
    #[must_use]
    pub fn vendor_domain(&self) -> Option<&str> {
        self.vendor_domain.as_deref()
    }

    /// How urgent the product is when many devices come back at once (`hf:priority`).
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// How well its devices' keys must be kept at least (`hf:keyProtection`).
    #[must_use]
    pub const fn key_protection(&self) -> KeyProtection {
        self.key_protection
    }

    /// What its devices may do for others (`hf:role`).
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// How somebody beside a device agrees to what it asks (`hf:confirm`).
    #[must_use]
    pub const fn confirm(&self) -> Confirm {
        self.confirm
    }

    /// Whether its devices show text, such as digits (`hf:screen`).
    #[must_use]
    pub const fn screen(&self) -> bool {
        self.screen
    }

    /// What a device does to be noticed while it asks something, by language tag (`hf:signal`).
    #[must_use]
    pub fn signals(&self) -> &[(String, String)] {
        &self.signals
    }

    /// The streams in name order.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The properties in name order.
    #[must_use]
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The actions in name order.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// A declared stream.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        let at = self.streams.binary_search_by(|stream| stream.name.as_str().cmp(name)).ok()?;
        self.streams.get(at)
    }

    /// A declared property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        let at = self.properties.binary_search_by(|property| property.field.name.as_str().cmp(name)).ok()?;
        self.properties.get(at)
    }

    /// A declared action.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// Decides whether a reading may be stored.
    ///
    /// `last` is what the previous admission of this device and stream returned; without it (first reading, or first
    /// after a restart) rate and slope cannot be judged and are not. They are not judged either for a counter at or below
    /// the last one: that is a message sent again, which must not be refused for having been sent before.
    ///
    /// # Errors
    ///
    /// [`TelemetryRefusal`]; nothing of the reading may be kept.
    pub fn admit<'m>(
        &'m self,
        stream: &str,
        input: &TelemetryInput<'_>,
        last: Option<&LastReading>,
        now: Timestamp,
    ) -> Result<Admitted<'m>, TelemetryRefusal> {
        let stream = self.stream(stream).ok_or(TelemetryRefusal::UndeclaredStream)?;
        if input.at > now.plus(CLOCK_AHEAD_MAX) {
            return Err(TelemetryRefusal::ClockInFuture);
        }
        check_fields(&stream.fields, input.fields.iter().copied())?;
        if last.is_some_and(|last| input.counter <= last.counter) {
            return Ok(Admitted { stream, last: None });
        }
        if last.is_some_and(|last| apart(input.at, last.at) < stream.interval_ms_min) {
            return Err(TelemetryRefusal::RateExceeded);
        }
        let minute = minute_of(input.at, last);
        if stream.per_minute_max.is_some_and(|most| minute.1 > most) {
            return Err(TelemetryRefusal::RateExceeded);
        }
        let slopes = slopes(stream, input, last)?;
        Ok(Admitted { stream, last: Some(LastReading { counter: input.counter, at: input.at, minute, slopes }) })
    }

    /// What admission would remember of a stored reading, so that slope and rate are judged across a restart too.
    #[must_use]
    pub fn recall(&self, stream: &str, counter: u64, at: Timestamp, fields: &FieldMap) -> Option<LastReading> {
        let stream = self.stream(stream)?;
        let point = |field: &Field| {
            let value = fields.value(&field.name)?.as_field().as_number()?;
            Some(SlopePoint { at, value })
        };
        let slopes = stream.fields.iter().filter(|field| field.slope_per_s_max.is_some()).map(point).collect();
        Some(LastReading { counter, at, minute: minute_of(at, None), slopes })
    }

    /// Checks what came beside the values of a stream: stated qualities, and units if the format has them.
    ///
    /// # Errors
    ///
    /// [`FieldRefusal`] of the first field whose unit is another one, or whose quality is not stated and must be.
    pub fn check_beside<'a>(
        &self,
        stream: &str,
        qualities: &Qualities,
        units: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), FieldRefusal> {
        let Some(stream) = self.stream(stream) else { return Ok(()) };
        for (name, sent) in units {
            let declared = stream.field(name).and_then(|field| field.unit.as_deref());
            if stream.field(name).is_some() && !unit::same_unit(declared, sent) {
                return Err(FieldRefusal { field: name.to_owned(), problem: FieldProblem::UnitMismatch });
            }
        }
        let silent = |field: &&Field| field.measuring.quality_required && qualities.get(&field.name).is_none();
        match stream.fields.iter().find(silent) {
            None => Ok(()),
            Some(field) => Err(FieldRefusal { field: field.name.clone(), problem: FieldProblem::QualityAbsent }),
        }
    }

    /// Checks the desired side of a shadow: declared, writable, fitting.
    ///
    /// # Errors
    ///
    /// [`FieldRefusal`] of the first field that does not fit.
    pub fn check_desired(&self, desired: &FieldMap) -> Result<(), FieldRefusal> {
        for (name, value) in desired.iter() {
            let refuse = |problem| FieldRefusal { field: name.to_owned(), problem };
            let property = self.property(name).ok_or_else(|| refuse(FieldProblem::Undeclared))?;
            if !property.writable {
                return Err(refuse(FieldProblem::ReadOnly));
            }
            property.field.shape.check(value.as_field()).map_err(refuse)?;
        }
        Ok(())
    }

    /// Checks the reported side of a shadow: declared and fitting.
    ///
    /// # Errors
    ///
    /// [`FieldRefusal`] of the first field that does not fit.
    pub fn check_reported(&self, reported: &FieldMap) -> Result<(), FieldRefusal> {
        for (name, value) in reported.iter() {
            let refuse = |problem| FieldRefusal { field: name.to_owned(), problem };
            let property = self.property(name).ok_or_else(|| refuse(FieldProblem::Undeclared))?;
            property.field.shape.check(value.as_field()).map_err(refuse)?;
        }
        Ok(())
    }

    /// Checks an order's action and input.
    ///
    /// # Errors
    ///
    /// [`ActionRefusal`] if the action is not declared or its input does not fit.
    pub fn check_action_input(&self, action: &str, input: &FieldMap) -> Result<&Action, ActionRefusal> {
        let action = self.action(action).ok_or(ActionRefusal::Undeclared)?;
        let fields = input.iter().map(|(name, value)| (name, value.as_field()));
        check_fields(&action.input, fields)?;
        Ok(action)
    }
}

fn check_fields<'a>(
    declared: &[Field],
    given: impl Iterator<Item = (&'a str, FieldValue<'a>)>,
) -> Result<(), FieldRefusal> {
    let mut seen = 0_u64;
    for (name, value) in given {
        let refuse = |problem| FieldRefusal { field: name.to_owned(), problem };
        let found = declared.iter().enumerate().find(|(_, field)| field.name == name);
        let (at, field) = found.ok_or_else(|| refuse(FieldProblem::Undeclared))?;
        field.shape.check(value).map_err(refuse)?;
        let bit = 1 << (at % STREAM_FIELDS_MAX);
        if seen & bit != 0 {
            return Err(refuse(FieldProblem::Duplicate));
        }
        seen |= bit;
    }
    let absent =
        declared.iter().enumerate().find(|(at, field)| field.required && seen & (1 << (at % STREAM_FIELDS_MAX)) == 0);
    absent.map_or(Ok(()), |(_, field)| Err(FieldRefusal { field: field.name.clone(), problem: FieldProblem::Missing }))
}

/// The newest value of each field with a slope, after comparing it with the one before.
fn slopes(
    stream: &Stream,
    input: &TelemetryInput<'_>,
    last: Option<&LastReading>,
) -> Result<Box<[Option<SlopePoint>]>, FieldRefusal> {
    let limited = stream.fields.iter().filter_map(|field| field.slope_per_s_max.map(|slope| (field, slope)));
    let before = |slot: usize| last.and_then(|last| last.slopes.get(slot).copied().flatten());
    limited
        .enumerate()
        .map(|(slot, (field, slope))| {
            let given = input.fields.iter().find(|(name, _)| *name == field.name);
            let Some(value) = given.and_then(|(_, value)| value.as_number()) else { return Ok(before(slot)) };
            if let Some(earlier) = before(slot)
                && (value - earlier.value).abs() > slope * seconds_apart(input.at, earlier.at) * SLOPE_ROUNDING
            {
                return Err(FieldRefusal { field: field.name.clone(), problem: FieldProblem::SlopeExceeded });
            }
            Ok(Some(SlopePoint { at: input.at, value }))
        })
        .collect()
}

/// The minute of a reading and how many readings it has with this one.
fn minute_of(at: Timestamp, last: Option<&LastReading>) -> (i64, u32) {
    let minute = at.as_micros().div_euclid(60_000_000);
    let before = last.filter(|last| last.minute.0 == minute).map_or(0, |last| last.minute.1);
    (minute, before.saturating_add(1))
}

fn apart(a: Timestamp, b: Timestamp) -> Millis {
    a.since(b).max(b.since(a))
}

#[expect(clippy::cast_precision_loss, reason = "a span beyond 2^53 µs (285 years) may lose a microsecond")]
fn seconds_apart(a: Timestamp, b: Timestamp) -> f64 {
    a.as_micros().abs_diff(b.as_micros()) as f64 / 1e6
}

#[cfg(test)]
mod tests;

//! What a model declares: streams, properties, actions, and the field specifications they are made of.
//!
//! Holds compiled declarations and the check of one value against one of them. Reading them from a Thing Model is
//! [`super::compile`]'s job.

use holdfast_core::time::{Millis, Timestamp};

use super::guard::Guard;
use super::text;
use super::value::{FieldMap, FieldValue, Value, longer_than};

/// What values a field may take.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// True or false.
    Boolean,
    /// A whole number.
    Integer {
        /// Lowest.
        min: i64,
        /// Highest.
        max: i64,
        /// If not empty, only these.
        one_of: Vec<i64>,
    },
    /// Any finite number.
    Number {
        /// Lowest.
        min: f64,
        /// Highest.
        max: f64,
    },
    /// Text.
    Text {
        /// Most characters (Unicode code points).
        chars_max: u32,
        /// If not empty, only these.
        one_of: Vec<String>,
        /// Whether it may look like a program (`hf:text` is `free`).
        free: bool,
    },
}

impl Shape {
    /// Whether `value` fits.
    ///
    /// # Errors
    ///
    /// The first [`FieldProblem`]: type, then range or length, then enumeration.
    pub fn check(&self, value: FieldValue<'_>) -> Result<(), FieldProblem> {
        match (self, value) {
            (Self::Boolean, FieldValue::Boolean(_)) => Ok(()),
            (Self::Integer { min, max, one_of }, value) => {
                let n = whole(value).ok_or(FieldProblem::WrongType)?;
                if n < *min || n > *max {
                    return Err(FieldProblem::OutOfRange);
                }
                if one_of.is_empty() || one_of.contains(&n) { Ok(()) } else { Err(FieldProblem::NotInEnum) }
            }
            (Self::Number { min, max }, value) => {
                let x = value.as_number().ok_or(FieldProblem::WrongType)?;
                if x < *min || x > *max { Err(FieldProblem::OutOfRange) } else { Ok(()) }
            }
            (Self::Text { chars_max, one_of, free }, FieldValue::Text(text)) => {
                if longer_than(text, *chars_max) {
                    return Err(FieldProblem::TextTooLong);
                }
                if one_of.is_empty() {
                    return text::check(text, *free);
                }
                if one_of.iter().any(|word| word == text) { Ok(()) } else { Err(FieldProblem::NotInEnum) }
            }
            (Self::Boolean | Self::Text { .. }, _) => Err(FieldProblem::WrongType),
        }
    }

    /// The stable word of this shape's type (JSON Schema's).
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer { .. } => "integer",
            Self::Number { .. } => "number",
            Self::Text { .. } => "string",
        }
    }
}

/// A number without fraction counts as whole (JSON Schema 2020-12, core §4.2.3).
#[expect(clippy::cast_possible_truncation, reason = "the guard keeps to whole numbers that f64 holds exactly")]
fn whole(value: FieldValue<'_>) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    match value {
        FieldValue::Integer(n) => Some(n),
        FieldValue::Number(x) if x.abs() <= EXACT && x.fract() == 0.0 => Some(x as i64),
        FieldValue::Number(_) | FieldValue::Boolean(_) | FieldValue::Text(_) => None,
    }
}

/// What a value did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// The model does not declare it here.
    #[error("the model does not declare it")]
    Undeclared,
    /// It occurs twice.
    #[error("it occurs twice")]
    Duplicate,
    /// It is required and absent.
    #[error("it is required and absent")]
    Missing,
    /// Another type than declared, or a number that is not finite.
    #[error("its type is not the declared one")]
    WrongType,
    /// Below the minimum or above the maximum.
    #[error("it is outside the declared range")]
    OutOfRange,
    /// Not one of the listed values.
    #[error("it is not one of the declared values")]
    NotInEnum,
    /// Longer than declared.
    #[error("it is longer than declared")]
    TextTooLong,
    /// It changed faster than declared.
    #[error("it changed faster than declared")]
    SlopeExceeded,
    /// Only the device may set it.
    #[error("only the device may set it")]
    ReadOnly,
    /// A text with a control character.
    #[error("it has a control character")]
    ControlCharacter,
    /// A text with a character that is not seen or turns text around.
    #[error("it has an invisible character or one that turns text around")]
    UnseenCharacter,
    /// A text that looks like a program.
    #[error("it looks like markup, a command or another program")]
    Executable,
    /// Sent with another unit than declared.
    #[error("its unit is not the declared one")]
    UnitMismatch,
    /// The model wants its quality stated, and it is not.
    #[error("the model requires its quality to be stated")]
    QualityAbsent,
}

impl FieldProblem {
    /// Whether it may be an answer of a newer model, which a later version of the model would admit.
    #[must_use]
    pub const fn may_be_newer(self) -> bool {
        matches!(self, Self::Undeclared | Self::WrongType | Self::Missing | Self::NotInEnum | Self::TextTooLong)
    }

    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Undeclared => "undeclared-field",
            Self::Duplicate => "duplicate-field",
            Self::Missing => "missing-field",
            Self::WrongType => "wrong-type",
            Self::OutOfRange => "out-of-range",
            Self::NotInEnum => "not-in-enum",
            Self::TextTooLong => "text-too-long",
            Self::SlopeExceeded => "slope-exceeded",
            Self::ReadOnly => "read-only-field",
            Self::ControlCharacter => "text-with-control",
            Self::UnseenCharacter => "text-with-unseen",
            Self::Executable => "text-executable",
            Self::UnitMismatch => "unit-mismatch",
            Self::QualityAbsent => "quality-absent",
        }
    }
}

/// What the maker says about data protection and security of a field or an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// What it is for, in plain words (`hf:purpose`).
    pub purpose: Option<String>,
    /// Relates to a person (`hf:personal`).
    pub personal: bool,
    /// Its loss or forgery would weaken security (`hf:securitySensitive`).
    pub security_sensitive: bool,
    /// How long readings are kept (`hf:retention`); `None` keeps them by the server's default.
    pub retention: Option<Millis>,
}

/// When a sensor must be calibrated again (`hf:calibration`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calibration {
    /// So long after the device was made.
    For(Millis),
    /// At the time that this field of the same stream says, in seconds UTC.
    UntilField(String),
}

/// How well a field is measured, as the maker says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measuring {
    /// Largest error, in the field's unit (`hf:uncertainty`).
    pub uncertainty: Option<f64>,
    /// Smallest step, in the field's unit (`hf:resolution`).
    pub resolution: Option<f64>,
    /// When it must be calibrated again (`hf:calibration`).
    pub calibration: Option<Calibration>,
    /// Each reading must state its quality (`hf:quality`).
    pub quality_required: bool,
}

/// One declared field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
    /// More words.
    pub description: Option<String>,
    /// Its unit, such as `°C`.
    pub unit: Option<String>,
    /// What values it may take.
    pub shape: Shape,
    /// Must be present.
    pub required: bool,
    /// Most absolute change per second (`hf:slope`).
    pub slope_per_s_max: Option<f64>,
    /// How well it is measured.
    pub measuring: Measuring,
    /// The maker's labels, those of the stream included.
    pub labels: Labels,
}

/// One telemetry stream: an `event` of the Thing Model.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// Its name, also the topic level.
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
    /// More words.
    pub description: Option<String>,
    /// Least time between two readings (`hf:minInterval`).
    pub interval_ms_min: Millis,
    /// Most time between two readings, so that silence is seen (`hf:maxInterval`).
    pub interval_ms_max: Option<Millis>,
    /// Most readings of one minute of device time (`hf:maxRate`).
    pub per_minute_max: Option<u32>,
    /// Whether each reading must be signed by the device (`hf:signed`).
    pub signed: bool,
    /// Its fields by name.
    pub fields: Vec<Field>,
}

impl Stream {
    /// A declared field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether any field of it must state its quality.
    #[must_use]
    pub fn wants_quality(&self) -> bool {
        self.fields.iter().any(|field| field.measuring.quality_required)
    }

    /// Whether any field of it is sensitive for security.
    #[must_use]
    pub fn is_security_sensitive(&self) -> bool {
        self.fields.iter().any(|field| field.labels.security_sensitive)
    }

    /// Whether any field of it relates to a person.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.fields.iter().any(|field| field.labels.personal)
    }

    /// When a field must be calibrated again: by the reading's own fields, or by when the device was made.
    #[must_use]
    pub fn calibration_due(&self, field: &Field, reading: &FieldMap, made: Timestamp) -> Option<Timestamp> {
        match field.measuring.calibration.as_ref()? {
            Calibration::For(span) => Some(made.plus(*span)),
            Calibration::UntilField(name) => {
                let seconds = match reading.value(name)? {
                    Value::Integer(n) => *n,
                    Value::Boolean(_) | Value::Number(_) | Value::Text(_) => return None,
                };
                Some(Timestamp::from_micros(seconds.saturating_mul(1_000_000)))
            }
        }
    }

    /// How long its readings are kept: the shortest retention of its fields, since a reading is stored whole.
    #[must_use]
    pub fn retention(&self) -> Option<Millis> {
        self.fields.iter().filter_map(|field| field.labels.retention).min()
    }
}

/// What a device takes in of its surroundings while a property of it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sense {
    /// Sound.
    Microphone,
    /// Pictures.
    Camera,
    /// Where it is.
    Location,
}

impl Sense {
    /// Every sense.
    pub const ALL: [Self; 3] = [Self::Microphone, Self::Camera, Self::Location];

    /// The word that a model writes for it in `hf:listens`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Location => "location",
        }
    }

    /// Reads a word of `hf:listens`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sense| sense.word() == word)
    }
}

/// One shadow field: a `property` of the Thing Model.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The field.
    pub field: Field,
    /// Whether the server may desire a value; `readOnly` properties are only reported.
    pub writable: bool,
    /// What the device takes in while this is true (`hf:listens`).
    pub listens: Option<Sense>,
    /// Which value protects best, and what another one can lead to (`hf:safe` and its words).
    pub guard: Option<Box<Guard>>,
}

/// One command: an `action` of the Thing Model.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
    /// More words.
    pub description: Option<String>,
    /// Fields of its input by name.
    pub input: Vec<Field>,
    /// The maker's labels.
    pub labels: Labels,
}

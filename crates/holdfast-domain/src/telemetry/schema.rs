//! What a model declares: streams, properties, actions, and the field specifications they are made of.
//!
//! Holds compiled declarations and the check of one value against one of them. Reading them from a Thing Model is
//! [`super::compile`]'s job.

use holdfast_core::time::Millis;

use super::value::{FieldValue, longer_than};

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
            (Self::Text { chars_max, one_of }, FieldValue::Text(text)) => {
                if longer_than(text, *chars_max) {
                    return Err(FieldProblem::TextTooLong);
                }
                let listed = one_of.is_empty() || one_of.iter().any(|word| word == text);
                if listed { Ok(()) } else { Err(FieldProblem::NotInEnum) }
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
}

impl FieldProblem {
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
    /// Its fields by name.
    pub fields: Vec<Field>,
}

impl Stream {
    /// A declared field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether any field of it relates to a person.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.fields.iter().any(|field| field.labels.personal)
    }

    /// How long its readings are kept: the shortest retention of its fields, since a reading is stored whole.
    #[must_use]
    pub fn retention(&self) -> Option<Millis> {
        self.fields.iter().filter_map(|field| field.labels.retention).min()
    }
}

/// One shadow field: a `property` of the Thing Model.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The field.
    pub field: Field,
    /// Whether the server may desire a value; `readOnly` properties are only reported.
    pub writable: bool,
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

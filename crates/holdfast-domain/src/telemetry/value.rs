//! Values of declared fields, and flat maps of them: what telemetry, shadows and commands carry.
//!
//! Owns their JSON text form and its limits. Whether a value fits a product is [`super::Model`]'s question.

use std::collections::BTreeMap;
use std::fmt;

use holdfast_core::telemetry::FIELDS_MAX;
use serde_json::Value as Json;

/// Most bytes of a flat map as JSON text.
pub const MAP_BYTES_MAX: usize = 64 * 1024;
/// Most fields of a flat map.
pub const MAP_FIELDS_MAX: usize = FIELDS_MAX;
/// Most characters of one text value, whatever a model says.
pub const TEXT_CHARS_MAX: u32 = 256;

/// One value, borrowed from the message that carried it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// Text.
    Text(&'a str),
}

impl FieldValue<'_> {
    /// The value as a number, if it is one and finite.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "measurements beyond 2^53 lose digits that no range or slope needs")]
    pub const fn as_number(self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(n as f64),
            Self::Number(x) if x.is_finite() => Some(x),
            Self::Number(_) | Self::Boolean(_) | Self::Text(_) => None,
        }
    }
}

/// One value that owns its text.
#[derive(Debug, Clone)]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number with a fraction.
    Number(f64),
    /// Text.
    Text(String),
}

impl Value {
    /// The same value, borrowed.
    #[must_use]
    pub fn as_field(&self) -> FieldValue<'_> {
        match self {
            Self::Boolean(b) => FieldValue::Boolean(*b),
            Self::Integer(n) => FieldValue::Integer(*n),
            Self::Number(x) => FieldValue::Number(*x),
            Self::Text(text) => FieldValue::Text(text),
        }
    }

    pub(super) fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Bool(b) => Some(Self::Boolean(*b)),
            Json::Number(n) => n.as_i64().map(Self::Integer).or_else(|| n.as_f64().map(Self::Number)),
            Json::String(text) if !longer_than(text, TEXT_CHARS_MAX) => Some(Self::Text(text.clone())),
            Json::String(_) | Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }
}

impl PartialEq for Value {
    /// Numbers are equal by value, so `21` as desired and `21.0` as reported do not differ.
    fn eq(&self, other: &Self) -> bool {
        match (self.as_field(), other.as_field()) {
            (FieldValue::Integer(a), FieldValue::Integer(b)) => a == b,
            (FieldValue::Boolean(a), FieldValue::Boolean(b)) => a == b,
            (FieldValue::Text(a), FieldValue::Text(b)) => a == b,
            (a, b) => a.as_number().is_some() && a.as_number() == b.as_number(),
        }
    }
}

impl fmt::Display for Value {
    /// The value as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(b) => write!(f, "{b}"),
            Self::Integer(n) => write!(f, "{n}"),
            // Very large and very small numbers keep their exponent instead of hundreds of digits.
            Self::Number(x) if *x != 0.0 && !(1e-5..1e16).contains(&x.abs()) => write!(f, "{x:?}"),
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => write!(f, "{}", Json::String(text.clone())),
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Boolean(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Integer(n)
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Whether `text` has more than `chars` characters; looks at them only when its bytes leave the question open.
pub(super) fn longer_than(text: &str, chars: u32) -> bool {
    let chars = usize::try_from(chars).unwrap_or(usize::MAX);
    text.len() > chars && text.chars().nth(chars).is_some()
}

/// Why a text is not a flat map of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// More than [`MAP_BYTES_MAX`].
    #[error("the document is longer than {MAP_BYTES_MAX} bytes")]
    TooLarge,
    /// Not a JSON object.
    #[error("the document is not a JSON object")]
    NotAnObject,
    /// More than [`MAP_FIELDS_MAX`] fields.
    #[error("the document has more than {MAP_FIELDS_MAX} fields")]
    TooManyFields,
    /// A value that is no boolean, number or text of bounded length.
    #[error("a field is neither a boolean nor a number nor a short text")]
    NotFlat,
}

impl MapError {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "document-too-large",
            Self::NotAnObject => "document-not-an-object",
            Self::TooManyFields => "document-too-many-fields",
            Self::NotFlat => "document-not-flat",
        }
    }
}

/// A flat map of named values; its text form is one JSON object in name order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldMap(BTreeMap<String, Value>);

/// A change to a flat map: `None` removes the field (RFC 7396, for flat documents).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldPatch(BTreeMap<String, Option<Value>>);

impl FieldMap {
    /// Reads a JSON object; the empty text is the empty map.
    ///
    /// # Errors
    ///
    /// [`MapError`] if it is too large, no object, or not flat.
    pub fn parse(json: &str) -> Result<Self, MapError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let read = |(name, value): (String, Json)| Ok((name, Value::from_json(&value).ok_or(MapError::NotFlat)?));
        object(json)?.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All fields in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same map with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The map after `patch` (RFC 7396 §2, for flat documents).
    #[must_use]
    pub fn patched(&self, patch: &FieldPatch) -> Self {
        let mut map = self.0.clone();
        for (name, value) in &patch.0 {
            match value {
                Some(value) => map.insert(name.clone(), value.clone()),
                None => map.remove(name),
            };
        }
        Self(map)
    }
}

impl FromIterator<(String, Value)> for FieldMap {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl fmt::Display for FieldMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (n, (name, value)) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{}:{value}", Json::String(name.clone()))?;
        }
        f.write_str("}")
    }
}

impl FieldPatch {
    /// Reads a JSON merge patch of a flat document.
    ///
    /// # Errors
    ///
    /// [`MapError`] if it is too large, no object, or not flat.
    pub fn parse(json: &str) -> Result<Self, MapError> {
        let read = |(name, value): (String, Json)| match value {
            Json::Null => Ok((name, None)),
            value @ (Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_)) => {
                Ok((name, Some(Value::from_json(&value).ok_or(MapError::NotFlat)?)))
            }
        };
        object(json)?.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Every field it changes in name order; `None` is one that it removes.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Option<Value>)> for FieldPatch {
    fn from_iter<I: IntoIterator<Item = (String, Option<Value>)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl fmt::Display for FieldPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (n, (name, value)) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{}:", Json::String(name.clone()))?;
            match value {
                Some(value) => value.fmt(f)?,
                None => f.write_str("null")?,
            }
        }
        f.write_str("}")
    }
}

fn object(json: &str) -> Result<serde_json::Map<String, Json>, MapError> {
    if json.len() > MAP_BYTES_MAX {
        return Err(MapError::TooLarge);
    }
    match serde_json::from_str(json) {
        Ok(Json::Object(map)) if map.len() > MAP_FIELDS_MAX => Err(MapError::TooManyFields),
        Ok(Json::Object(map)) => Ok(map),
        Ok(_) | Err(_) => Err(MapError::NotAnObject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_map_reads_back_what_it_prints() {
        let map = FieldMap::default().with("b", 21.5).with("a", "a \"quoted\" text").with("c", true).with("d", -4_i64);
        assert_eq!(map.to_string(), r#"{"a":"a \"quoted\" text","b":21.5,"c":true,"d":-4}"#);
        assert_eq!(FieldMap::parse(&map.to_string()), Ok(map));
        assert_eq!(FieldMap::parse(""), Ok(FieldMap::default()));
    }

    #[test]
    fn numbers_are_equal_by_value() {
        assert_eq!(Value::Integer(21), Value::Number(21.0));
        assert_ne!(Value::Integer(1), Value::Boolean(true));
        assert_ne!(Value::from("1"), Value::Integer(1));
    }

    #[test]
    fn what_is_not_flat_or_too_large_is_refused_by_name() {
        let many: Vec<String> = (0..=MAP_FIELDS_MAX).map(|n| format!("\"f{n}\":1")).collect();
        for (json, name) in [
            ("[]", "document-not-an-object"),
            ("{", "document-not-an-object"),
            (r#"{"a":{}}"#, "document-not-flat"),
            (r#"{"a":[1]}"#, "document-not-flat"),
            (r#"{"a":null}"#, "document-not-flat"),
            (&format!(r#"{{"a":"{}"}}"#, "x".repeat(257)), "document-not-flat"),
            (&" ".repeat(MAP_BYTES_MAX + 1), "document-too-large"),
            (&format!("{{{}}}", many.join(",")), "document-too-many-fields"),
        ] {
            assert_eq!(FieldMap::parse(json).map_err(MapError::name), Err(name), "{}", &json[..json.len().min(40)]);
        }
    }

    #[test]
    fn text_is_measured_in_characters() {
        assert!(!longer_than("éé", 2));
        assert!(longer_than("ééé", 2));
        assert!(!longer_than("", 0));
    }
}

//! Named flat values within limits. A [`Fields`] that exists keeps every rule, however it was made.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::{FIELDS_MAX, INTEGER_MAX, NAME_BYTES_MAX, PayloadRefusal, TEXT_BYTES_MAX};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// True or false.
    Bool(bool),
    /// A whole number, written without fraction and exponent.
    Integer(i64),
    /// Any other number; finite.
    Number(f64),
    /// A text.
    Text(String),
}

impl FieldValue {
    fn check(&self) -> Result<(), PayloadRefusal> {
        match self {
            Self::Integer(n) if n.unsigned_abs() > INTEGER_MAX.unsigned_abs() => Err(PayloadRefusal::IntegerOutOfRange),
            Self::Number(x) if !x.is_finite() => Err(PayloadRefusal::NumberNotFinite),
            Self::Text(text) if text.len() > TEXT_BYTES_MAX => Err(PayloadRefusal::TextTooLong),
            Self::Text(text) if text.contains('\0') => Err(PayloadRefusal::TextWithNull),
            Self::Bool(_) | Self::Integer(_) | Self::Number(_) | Self::Text(_) => Ok(()),
        }
    }
}

/// Whether a name keeps the alphabet and the length of names.
pub(super) fn check_name(name: &str) -> Result<(), PayloadRefusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(plain);
    if fits { Ok(()) } else { Err(PayloadRefusal::FieldName) }
}

/// Values by name, sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    by_name: BTreeMap<String, FieldValue>,
}

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self { by_name: BTreeMap::new() }
    }

    /// Adds or replaces a field; gives back the value it had.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] if name, value or number of fields break a limit; nothing is then changed.
    pub fn insert(&mut self, name: &str, value: FieldValue) -> Result<Option<FieldValue>, PayloadRefusal> {
        check_name(name)?;
        value.check()?;
        if let Some(slot) = self.by_name.get_mut(name) {
            return Ok(Some(core::mem::replace(slot, value)));
        }
        if self.by_name.len() >= FIELDS_MAX {
            return Err(PayloadRefusal::TooManyFields);
        }
        Ok(self.by_name.insert(String::from(name), value))
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.by_name.get(name)
    }

    /// The fields in the order of their names.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &FieldValue)> {
        self.by_name.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The fields as a JSON object, in the order of their names.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        super::json::write_fields(self, &mut out);
        out
    }

    /// The map itself.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, FieldValue> {
        self.by_name
    }
}

impl TryFrom<BTreeMap<String, FieldValue>> for Fields {
    type Error = PayloadRefusal;

    fn try_from(map: BTreeMap<String, FieldValue>) -> Result<Self, PayloadRefusal> {
        let mut fields = Self::new();
        for (name, value) in map {
            fields.insert(&name, value)?;
        }
        Ok(fields)
    }
}

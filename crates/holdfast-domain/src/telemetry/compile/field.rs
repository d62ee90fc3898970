//! Reads one field: the supported subset of JSON Schema, and the labels of our `hf:` terms.

use holdfast_core::telemetry::INTEGER_MAX;
use holdfast_core::time::Millis;

use super::super::schema::{Calibration, Field, Labels, Measuring, Shape};
use super::super::unit::Unit;
use super::super::value::{FieldValue, TEXT_CHARS_MAX};
use super::node::{DESCRIPTION_CHARS_MAX, Node, TITLE_CHARS_MAX};
use super::{ModelError, ModelProblem};

/// Most values of an enumeration.
const ENUM_VALUES_MAX: usize = 64;
/// Most characters of a unit.
const UNIT_CHARS_MAX: usize = 16;
/// Longest time between two calibrations: a hundred years.
const CALIBRATION_DAYS_MAX: u64 = 36_525;

/// Where a field is declared; some keywords belong to one place only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Stream,
    Property,
    Action,
}

/// Labels as written: absent ones are inherited.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelDraft {
    purpose: Option<String>,
    personal: Option<bool>,
    security_sensitive: Option<bool>,
    retention: Option<Millis>,
}

impl LabelDraft {
    /// Takes one of the label terms; any other key is refused.
    pub(super) fn read(&mut self, key: &str, node: &Node<'_>) -> Result<(), ModelError> {
        match key {
            "hf:purpose" => self.purpose = Some(node.text(DESCRIPTION_CHARS_MAX)?),
            "hf:personal" => self.personal = Some(node.flag()?),
            "hf:securitySensitive" => self.security_sensitive = Some(node.flag()?),
            "hf:retention" => self.retention = Some(duration(node)?),
            other => return Err(node.unknown(other)),
        }
        Ok(())
    }

    /// Fills the gaps from `outer`; personal data must say what for and, where it is kept, how long.
    pub(super) fn finish(&self, outer: &Self, place: Place, node: &Node<'_>) -> Result<Labels, ModelError> {
        let labels = Labels {
            purpose: self.purpose.clone().or_else(|| outer.purpose.clone()),
            personal: self.personal.or(outer.personal).unwrap_or(false),
            security_sensitive: self.security_sensitive.or(outer.security_sensitive).unwrap_or(false),
            retention: self.retention.or(outer.retention),
        };
        if labels.personal && labels.purpose.is_none() {
            return Err(node.fail(ModelProblem::PurposeAbsent));
        }
        if labels.personal && place == Place::Stream && labels.retention.is_none() {
            return Err(node.fail(ModelProblem::RetentionAbsent));
        }
        Ok(labels)
    }
}

/// Reads a field schema; also says whether it is writable.
pub(super) fn field(
    name: String,
    node: &Node<'_>,
    place: Place,
    inherited: &LabelDraft,
) -> Result<(Field, bool), ModelError> {
    let mut labels = LabelDraft::default();
    let (mut title, mut description, mut unit, mut slope) = (None, None, None, None);
    let (mut writable, mut measuring) = (true, Measuring::default());
    for (key, part) in node.members()? {
        match key {
            "title" => title = Some(part.text(TITLE_CHARS_MAX)?),
            "description" => description = Some(part.text(DESCRIPTION_CHARS_MAX)?),
            "titles" | "descriptions" => part.texts_by_language()?,
            "@type" => drop(part.text(TITLE_CHARS_MAX)?),
            "unit" => unit = Some(known_unit(&part)?),
            "type" | "minimum" | "maximum" | "enum" | "maxLength" | "hf:text" => {}
            "default" | "hf:listens" | "hf:safe" | "hf:protects" | "hf:risk" | "hf:steps"
                if place == Place::Property => {}
            "readOnly" if place == Place::Property => writable = !part.flag()?,
            "observable" if place == Place::Property => drop(part.flag()?),
            "hf:slope" if place == Place::Stream => slope = Some((part.number()?, part)),
            "hf:uncertainty" | "hf:resolution" | "hf:calibration" | "hf:quality" if place == Place::Stream => {
                measured(&mut measuring, key, &part)?;
            }
            other => labels.read(other, &part)?,
        }
    }
    let shape = shape(node)?;
    let slope_per_s_max = match slope {
        None => None,
        Some((_, part)) if !matches!(shape, Shape::Integer { .. } | Shape::Number { .. }) => {
            return Err(part.fail(ModelProblem::KeywordForOtherType));
        }
        Some((slope, _)) if slope > 0.0 => Some(slope),
        Some((_, part)) => return Err(part.fail(ModelProblem::NumberOutOfRange)),
    };
    if let Some(default) = node.optional("default")? {
        check_default(&shape, &default)?;
    }
    let labels = labels.finish(inherited, place, node)?;
    let field = Field { name, title, description, unit, shape, required: false, slope_per_s_max, measuring, labels };
    Ok((field, writable))
}

/// A unit of the closed list; kept as the maker wrote it.
fn known_unit(node: &Node<'_>) -> Result<String, ModelError> {
    let written = node.text(UNIT_CHARS_MAX)?;
    if Unit::of(&written).is_some() { Ok(written) } else { Err(node.fail(ModelProblem::UnitUnknown)) }
}

/// One of the terms that say how well a field is measured.
fn measured(measuring: &mut Measuring, key: &str, node: &Node<'_>) -> Result<(), ModelError> {
    let positive = || {
        let number = node.number()?;
        if number > 0.0 { Ok(Some(number)) } else { Err(node.fail(ModelProblem::NumberOutOfRange)) }
    };
    match key {
        "hf:uncertainty" => measuring.uncertainty = positive()?,
        "hf:resolution" => measuring.resolution = positive()?,
        "hf:quality" => {
            measuring.quality_required = super::word(node, |word| match word {
                "required" => Some(true),
                "optional" => Some(false),
                _ => None,
            })?;
        }
        _ => measuring.calibration = Some(calibration(node)?),
    }
    Ok(())
}

/// `{"days": 365}` or `{"due": "calibrateBy"}`.
fn calibration(node: &Node<'_>) -> Result<Calibration, ModelError> {
    let mut found = None;
    for (key, part) in node.members()? {
        let one = match key {
            "days" => Calibration::For(Millis::from_secs(part.whole(1, CALIBRATION_DAYS_MAX)?.saturating_mul(86_400))),
            "due" => Calibration::UntilField(part.text(TITLE_CHARS_MAX)?),
            other => return Err(part.unknown(other)),
        };
        if found.replace(one).is_some() {
            return Err(node.fail(ModelProblem::TooMany));
        }
    }
    found.ok_or_else(|| node.fail(ModelProblem::Absent))
}

fn shape(node: &Node<'_>) -> Result<Shape, ModelError> {
    let kind = node.member("type")?;
    let shape = match kind.text(TITLE_CHARS_MAX)?.as_str() {
        "boolean" => only(node, &[]).map(|()| Shape::Boolean),
        "integer" => only(node, &["minimum", "maximum", "enum"]).and_then(|()| integer(node)),
        "number" => only(node, &["minimum", "maximum"]).and_then(|()| number(node)),
        "string" => only(node, &["enum", "maxLength", "hf:text"]).and_then(|()| text(node)),
        _ => Err(kind.fail(ModelProblem::UnsupportedType)),
    }?;
    Ok(shape)
}

/// Refuses a constraint that does not go with the type.
fn only(node: &Node<'_>, allowed: &[&str]) -> Result<(), ModelError> {
    for key in ["minimum", "maximum", "enum", "maxLength", "hf:text"] {
        if let Some(part) = node.optional(key)?
            && !allowed.contains(&key)
        {
            return Err(part.fail(ModelProblem::KeywordForOtherType));
        }
    }
    Ok(())
}

fn integer(node: &Node<'_>) -> Result<Shape, ModelError> {
    let min = node.optional("minimum")?.map_or(Ok(-INTEGER_MAX), |part| part.integer())?;
    let max = node.optional("maximum")?.map_or(Ok(INTEGER_MAX), |part| part.integer())?;
    let one_of = enumeration(node, whole_item)?;
    let inside = one_of.iter().all(|n| (min..=max).contains(n));
    if min > max || !inside {
        return Err(node.fail(ModelProblem::BoundsCrossed));
    }
    Ok(Shape::Integer { min, max, one_of })
}

fn whole_item(item: &Node<'_>) -> Result<i64, ModelError> {
    item.integer()
}

fn number(node: &Node<'_>) -> Result<Shape, ModelError> {
    let min = node.optional("minimum")?.map_or(Ok(f64::MIN), |part| part.number())?;
    let max = node.optional("maximum")?.map_or(Ok(f64::MAX), |part| part.number())?;
    if min > max { Err(node.fail(ModelProblem::BoundsCrossed)) } else { Ok(Shape::Number { min, max }) }
}

fn text(node: &Node<'_>) -> Result<Shape, ModelError> {
    let longest = u64::from(TEXT_CHARS_MAX);
    let chars = node.optional("maxLength")?.map(|part| part.whole(1, longest)).transpose()?;
    let chars_max = chars.and_then(|chars| u32::try_from(chars).ok()).unwrap_or(TEXT_CHARS_MAX);
    let one_of = enumeration(node, |item| item.text(TEXT_CHARS_MAX as usize))?;
    if one_of.iter().any(|word| word.chars().count() > chars_max as usize) {
        return Err(node.fail(ModelProblem::BoundsCrossed));
    }
    let free = node.optional("hf:text")?.map(|part| super::word(&part, free_word)).transpose()?.unwrap_or(false);
    Ok(Shape::Text { chars_max, one_of, free })
}

/// Whether a class of text may look like a program.
fn free_word(word: &str) -> Option<bool> {
    match word {
        "plain" => Some(false),
        "free" => Some(true),
        _ => None,
    }
}

fn enumeration<T: PartialEq>(
    node: &Node<'_>,
    read: impl Fn(&Node<'_>) -> Result<T, ModelError>,
) -> Result<Vec<T>, ModelError> {
    let mut values = Vec::new();
    let Some(list) = node.optional("enum")? else { return Ok(values) };
    let items = list.items()?;
    if items.is_empty() || items.len() > ENUM_VALUES_MAX {
        return Err(list.fail(ModelProblem::EnumMalformed));
    }
    for item in items {
        let value = read(&item).map_err(|_| item.fail(ModelProblem::EnumMalformed))?;
        if values.contains(&value) {
            return Err(item.fail(ModelProblem::EnumMalformed));
        }
        values.push(value);
    }
    Ok(values)
}

fn check_default(shape: &Shape, node: &Node<'_>) -> Result<(), ModelError> {
    let json = node.json();
    let value = if let Some(b) = json.as_bool() {
        FieldValue::Boolean(b)
    } else if let Some(n) = json.as_i64() {
        FieldValue::Integer(n)
    } else if let Some(x) = json.as_f64() {
        FieldValue::Number(x)
    } else if let Some(text) = json.as_str() {
        FieldValue::Text(text)
    } else {
        return Err(node.fail(ModelProblem::WrongKind));
    };
    shape.check(value).map_err(|problem| node.fail(ModelProblem::DefaultRefused(problem)))
}

/// An ISO 8601 duration of fixed length: weeks, days, hours, minutes, seconds. Months and years have no fixed length.
fn duration(node: &Node<'_>) -> Result<Millis, ModelError> {
    let text = node.text(32)?;
    let malformed = || node.fail(ModelProblem::DurationMalformed);
    let rest = text.strip_prefix('P').ok_or_else(malformed)?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    let days = span(date, &[('W', 604_800), ('D', 86_400)]).ok_or_else(malformed)?;
    let hours =
        time.map_or(Some(0), |time| span(time, &[('H', 3_600), ('M', 60), ('S', 1)]).filter(|_| !time.is_empty()));
    let seconds = days.checked_add(hours.ok_or_else(malformed)?).filter(|s| *s > 0).ok_or_else(malformed)?;
    seconds.checked_mul(1_000).map(Millis).ok_or_else(malformed)
}

/// Sums `12D3H`-like text whose designators come in the order given, each at most once.
fn span(text: &str, designators: &[(char, u64)]) -> Option<u64> {
    let mut rest = text;
    let mut sum = 0_u64;
    for (letter, seconds) in designators {
        if let Some((digits, after)) = rest.split_once(*letter) {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let n: u64 = digits.parse().ok().filter(|_| plain)?;
            sum = sum.checked_add(n.checked_mul(*seconds)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(sum)
}

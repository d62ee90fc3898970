//! Reads a Thing Model into a [`Model`]: a W3C Thing Description 1.1 §10 document with our `hf:` terms.
//!
//! Every key is either understood or refused with its JSON pointer (RFC 6901); nothing is skipped in silence, because a
//! maker who writes a limit must get that limit. Fields are read in [`super::compile::field`], JSON in `node`.

mod field;
mod node;

use holdfast_core::id::StreamId;
use holdfast_core::telemetry::{FIELDS_MAX, NAME_BYTES_MAX};
use holdfast_core::time::Millis;
use serde_json::Value as Json;

use super::guard::Guard;
use super::schema::{Action, Calibration, Field, FieldProblem, Property, Sense, Shape, Stream};
use super::value::Value;
use super::{Confirm, KeyProtection, Model, Priority, Role, STREAM_FIELDS_MAX};
use field::{LabelDraft, Place};
use node::Node;

/// Most bytes of a Thing Model.
pub const MODEL_BYTES_MAX: usize = 256 * 1024;
/// Most streams of a model.
const STREAMS_MAX: usize = 32;
/// Most properties of a model; a device reports all of them in one message.
const PROPERTIES_MAX: usize = FIELDS_MAX;
/// Most actions of a model.
const ACTIONS_MAX: usize = 32;
/// Largest `hf:maxRate`.
const PER_MINUTE_MAX: u64 = 60_000;
/// Longest `hf:minInterval` and `hf:maxInterval`: one day.
const INTERVAL_MS_MAX: u64 = 86_400_000;

/// The context every model names (W3C Thing Description 1.1 §5.3.1.1).
const TD_CONTEXT: &str = "https://www.w3.org/2022/wot/td/v1.1";
/// What the prefix `hf` stands for.
const HF_NAMESPACE: &str = "https://holdfast.dev/ns#";

/// A part of a Thing Model that cannot be used, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {pointer:?}: {problem}")]
pub struct ModelError {
    /// JSON pointer (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// What is wrong there.
    pub problem: ModelProblem,
}

impl ModelError {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.problem.name()
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident $name:literal $text:literal;)*) => {
        /// What is wrong with a part of a Thing Model.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum ModelProblem {
            $($(#[$doc])* #[error($text)] $variant,)*
            /// The default value does not fit its own field.
            #[error("the default does not fit: {0}")]
            DefaultRefused(FieldProblem),
        }

        impl ModelProblem {
            /// The stable kebab-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::DefaultRefused(_) => "default-refused",
                }
            }
        }
    };
}

problems! {
    /// More than [`MODEL_BYTES_MAX`].
    TooLarge "model-too-large" "the model is longer than 256 KiB";
    /// Not JSON text.
    NotJson "model-not-json" "the model is not JSON";
    /// Another JSON type than needed here.
    WrongKind "wrong-kind" "this has another JSON type than is needed here";
    /// A required member is absent.
    Absent "member-absent" "this is required and absent";
    /// A keyword of Thing Description or JSON Schema outside the supported subset.
    UnsupportedKeyword "unsupported-keyword" "this keyword is not supported here";
    /// An `hf:` term that does not exist here.
    UnknownTerm "unknown-term" "there is no such hf: term here";
    /// A type outside boolean, integer, number, string (object for whole inputs).
    UnsupportedType "unsupported-type" "only boolean, integer, number and string are supported here";
    /// `@type` is not `tm:ThingModel`.
    NotAThingModel "not-a-thing-model" "@type must be tm:ThingModel";
    /// `@context` lacks the Thing Description 1.1 context or the meaning of `hf`.
    ContextIncomplete "context-incomplete"
        "@context must name https://www.w3.org/2022/wot/td/v1.1 and map hf to https://holdfast.dev/ns#";
    /// A name outside its alphabet.
    NameMalformed "name-malformed" "this name is empty, too long or has a character that is not allowed";
    /// More parts than a model may have.
    TooMany "too-many" "there are more of these than a model may have";
    /// A word outside the closed list of its term.
    WordUnknown "word-unknown" "this term takes one word of a closed list, and this is none of them";
    /// Text longer than allowed.
    TextTooLong "model-text-too-long" "this text is too long or empty";
    /// A number outside what this keyword allows.
    NumberOutOfRange "number-out-of-range" "this number is outside what the keyword allows";
    /// A minimum above its maximum, or an enumeration outside the bounds.
    BoundsCrossed "bounds-crossed" "no value could satisfy these bounds";
    /// A keyword that does not go with the field's type.
    KeywordForOtherType "keyword-for-other-type" "this keyword does not go with the field's type";
    /// An enumeration that is empty or lists a value twice.
    EnumMalformed "enum-malformed" "an enumeration lists at least one value, each once, of the field's type";
    /// A unit outside the closed list.
    UnitUnknown "unit-unknown" "this unit is not one of the known ones; write it as in °C, %, kWh, or its UCUM code";
    /// The longest interval is shorter than the shortest.
    IntervalsCrossed "intervals-crossed" "hf:maxInterval is shorter than hf:minInterval";
    /// A calibration names a field that is not an integer field of its stream.
    CalibrationField "calibration-field" "hf:calibration names a field that is no integer field of this stream";
    /// Not an ISO 8601 duration of fixed length.
    DurationMalformed "duration-malformed"
        "this is not an ISO 8601 duration in weeks, days, hours, minutes and seconds, such as P30D";
    /// `required` names a field that is not declared.
    RequiredUndeclared "required-undeclared" "required names a field that is not declared";
    /// A stream without fields.
    EmptyStream "empty-stream" "a stream declares at least one field";
    /// A personal field whose purpose is not stated.
    PurposeAbsent "purpose-absent" "a personal field or action needs hf:purpose";
    /// A setting that starts at another value than the safe one.
    UnsafeAtStart "unsafe-at-start" "default is another value than hf:safe; whoever does nothing must have the safe one";
    /// A safe value without the words that say what it protects against.
    HelpAbsent "help-absent" "hf:safe needs hf:protects; each of the texts beside it is said in English (en) at least";
    /// A personal field of a stream whose retention is not stated.
    RetentionAbsent "retention-absent" "a personal field of a stream needs hf:retention";
}

pub(super) fn model(text: &str) -> Result<Model, ModelError> {
    let whole = |problem| ModelError { pointer: String::new(), problem };
    if text.len() > MODEL_BYTES_MAX {
        return Err(whole(ModelProblem::TooLarge));
    }
    let json: Json = serde_json::from_str(text).map_err(|_| whole(ModelProblem::NotJson))?;
    let root = Node::root(&json);
    let mut model = Model {
        title: root.member("title")?.text(node::TITLE_CHARS_MAX)?,
        description: None,
        vendor_domain: None,
        priority: Priority::default(),
        key_protection: KeyProtection::default(),
        role: Role::default(),
        confirm: Confirm::default(),
        screen: false,
        signals: Vec::new(),
        streams: Vec::new(),
        properties: Vec::new(),
        actions: Vec::new(),
    };
    context(&root.member("@context")?)?;
    thing_model_type(&root.member("@type")?)?;
    for (key, node) in root.members()? {
        match key {
            "title" | "@context" | "@type" => {}
            "description" => model.description = Some(node.text(node::DESCRIPTION_CHARS_MAX)?),
            "titles" | "descriptions" | "version" => node.texts_by_language()?,
            "id" | "created" | "modified" | "support" => drop(node.text(node::DESCRIPTION_CHARS_MAX)?),
            "links" => links(&node)?,
            "hf:priority" => model.priority = word(&node, Priority::from_word)?,
            "hf:keyProtection" => model.key_protection = word(&node, KeyProtection::from_word)?,
            "hf:role" => model.role = word(&node, Role::from_word)?,
            "hf:confirm" => model.confirm = word(&node, Confirm::from_word)?,
            "hf:screen" => model.screen = node.flag()?,
            "hf:signal" => model.signals = signals(&node)?,
            "hf:vendorDomain" => model.vendor_domain = Some(domain(&node)?),
            "events" => model.streams = node.named(STREAMS_MAX)?.map(stream).collect::<Result<_, _>>()?,
            "properties" => model.properties = node.named(PROPERTIES_MAX)?.map(property).collect::<Result<_, _>>()?,
            "actions" => model.actions = node.named(ACTIONS_MAX)?.map(action).collect::<Result<_, _>>()?,
            other => return Err(node.unknown(other)),
        }
    }
    model.streams.sort_by(|a, b| a.name.cmp(&b.name));
    model.properties.sort_by(|a, b| a.field.name.cmp(&b.field.name));
    model.actions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(model)
}

fn context(node: &Node<'_>) -> Result<(), ModelError> {
    let entries = node.items()?;
    let td = entries.iter().any(|entry| entry.json().as_str() == Some(TD_CONTEXT));
    let hf = entries.iter().any(|entry| entry.json().get("hf").and_then(Json::as_str) == Some(HF_NAMESPACE));
    if td && hf { Ok(()) } else { Err(node.fail(ModelProblem::ContextIncomplete)) }
}

fn thing_model_type(node: &Node<'_>) -> Result<(), ModelError> {
    let is = |json: &Json| json.as_str() == Some("tm:ThingModel");
    let listed = is(node.json()) || node.json().as_array().is_some_and(|types| types.iter().any(is));
    if listed { Ok(()) } else { Err(node.fail(ModelProblem::NotAThingModel)) }
}

/// Links are for people; one that would pull another model in is refused, since it would not be followed.
fn links(node: &Node<'_>) -> Result<(), ModelError> {
    for link in node.items()? {
        for (key, part) in link.members()? {
            match (key, part.text(node::DESCRIPTION_CHARS_MAX)?.as_str()) {
                ("rel", "tm:extends" | "tm:submodel") => return Err(part.fail(ModelProblem::UnsupportedKeyword)),
                ("rel" | "href" | "type" | "hreflang", _) => {}
                (other, _) => return Err(part.unknown(other)),
            }
        }
    }
    Ok(())
}

/// What the device does to be noticed while it asks something, by language.
fn signals(node: &Node<'_>) -> Result<Vec<(String, String)>, ModelError> {
    let said = node.named(node::LANGUAGES_MAX)?;
    said.map(|(language, part)| Ok((language.to_owned(), part.text(node::DESCRIPTION_CHARS_MAX)?))).collect()
}

/// A word of a closed list.
fn word<T>(node: &Node<'_>, read: impl FnOnce(&str) -> Option<T>) -> Result<T, ModelError> {
    read(&node.text(node::TITLE_CHARS_MAX)?).ok_or_else(|| node.fail(ModelProblem::WordUnknown))
}

fn domain(node: &Node<'_>) -> Result<String, ModelError> {
    let text = node.text(253)?;
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let named = text.contains('.') && text.split('.').all(label);
    if named { Ok(text) } else { Err(node.fail(ModelProblem::NameMalformed)) }
}

fn stream((name, node): (&str, Node<'_>)) -> Result<Stream, ModelError> {
    name.parse::<StreamId>().map_err(|_| node.fail(ModelProblem::NameMalformed))?;
    let mut stream = Stream {
        name: name.to_owned(),
        title: None,
        description: None,
        interval_ms_min: Millis(0),
        interval_ms_max: None,
        per_minute_max: None,
        signed: false,
        fields: Vec::new(),
    };
    let mut labels = LabelDraft::default();
    for (key, part) in node.members()? {
        match key {
            "title" => stream.title = Some(part.text(node::TITLE_CHARS_MAX)?),
            "description" => stream.description = Some(part.text(node::DESCRIPTION_CHARS_MAX)?),
            "titles" | "descriptions" => part.texts_by_language()?,
            "@type" => drop(part.text(node::TITLE_CHARS_MAX)?),
            "data" => {}
            "hf:minInterval" => stream.interval_ms_min = Millis(part.whole(0, INTERVAL_MS_MAX)?),
            "hf:maxInterval" => stream.interval_ms_max = Some(Millis(part.whole(1, INTERVAL_MS_MAX)?)),
            "hf:maxRate" => stream.per_minute_max = u32::try_from(part.whole(1, PER_MINUTE_MAX)?).ok(),
            "hf:signed" => {
                stream.signed = word(&part, |word| match word {
                    "required" => Some(true),
                    "optional" => Some(false),
                    _ => None,
                })?;
            }
            other => labels.read(other, &part)?,
        }
    }
    let data = node.member("data")?;
    stream.fields = object(&data, Place::Stream, &labels)?;
    if stream.fields.is_empty() {
        return Err(data.fail(ModelProblem::EmptyStream));
    }
    if stream.interval_ms_max.is_some_and(|longest| longest < stream.interval_ms_min) {
        return Err(node.fail(ModelProblem::IntervalsCrossed));
    }
    let whole = |name: &str| stream.field(name).is_some_and(|field| matches!(field.shape, Shape::Integer { .. }));
    let calibrated = stream.fields.iter().filter_map(|field| field.measuring.calibration.as_ref());
    for calibration in calibrated {
        if let Calibration::UntilField(name) = calibration
            && !whole(name)
        {
            return Err(data.fail(ModelProblem::CalibrationField));
        }
    }
    Ok(stream)
}

fn property((name, node): (&str, Node<'_>)) -> Result<Property, ModelError> {
    let (field, writable) = field::field(field_name(name, &node)?, &node, Place::Property, &LabelDraft::default())?;
    let listens = match node.optional("hf:listens")? {
        // Only the device itself knows, and it either does or does not.
        Some(part) if writable || field.shape != Shape::Boolean => {
            return Err(part.fail(ModelProblem::KeywordForOtherType));
        }
        Some(part) => Some(word(&part, Sense::from_word)?),
        None => None,
    };
    let guard = guard(&node, &field, writable)?;
    Ok(Property { field, writable, listens, guard: guard.map(Box::new) })
}

/// What the model says of a setting that matters: all of it, or none.
fn guard(node: &Node<'_>, field: &Field, writable: bool) -> Result<Option<Guard>, ModelError> {
    let words = |name: &str| node.optional(name)?.map(|part| signals(&part)).transpose().map(Option::unwrap_or_default);
    let (protects, risk, steps) = (words("hf:protects")?, words("hf:risk")?, words("hf:steps")?);
    let Some(part) = node.optional("hf:safe")? else {
        let said = [&protects, &risk, &steps].iter().any(|words| !words.is_empty());
        return if said {
            Err(node.member("hf:safe").err().unwrap_or_else(|| node.fail(ModelProblem::Absent)))
        } else {
            Ok(None)
        };
    };
    if !writable {
        return Err(part.fail(ModelProblem::KeywordForOtherType));
    }
    let safe = Value::from_json(part.json()).ok_or_else(|| part.fail(ModelProblem::WrongKind))?;
    field.shape.check(safe.as_field()).map_err(|problem| part.fail(ModelProblem::DefaultRefused(problem)))?;
    // Whoever does nothing has the safe value.
    let start = node.optional("default")?.and_then(|default| Value::from_json(default.json()));
    if start.is_some_and(|start| start.as_field() != safe.as_field()) {
        return Err(part.fail(ModelProblem::UnsafeAtStart));
    }
    let english = |words: &[(String, String)]| words.is_empty() || words.iter().any(|(tag, _)| tag == "en");
    if protects.is_empty() || ![&protects, &risk, &steps].into_iter().all(|words| english(words)) {
        return Err(part.fail(ModelProblem::HelpAbsent));
    }
    Ok(Some(Guard { safe, protects, risk, steps }))
}

fn action((name, node): (&str, Node<'_>)) -> Result<Action, ModelError> {
    let name = field_name(name, &node)?;
    let (mut title, mut description) = (None, None);
    let mut labels = LabelDraft::default();
    for (key, part) in node.members()? {
        match key {
            "title" => title = Some(part.text(node::TITLE_CHARS_MAX)?),
            "description" => description = Some(part.text(node::DESCRIPTION_CHARS_MAX)?),
            "titles" | "descriptions" => part.texts_by_language()?,
            "@type" => drop(part.text(node::TITLE_CHARS_MAX)?),
            "safe" | "idempotent" | "synchronous" => drop(part.flag()?),
            "input" => {}
            other => labels.read(other, &part)?,
        }
    }
    let input = match node.optional("input")? {
        Some(input) => object(&input, Place::Action, &labels)?,
        None => Vec::new(),
    };
    let labels = labels.finish(&LabelDraft::default(), Place::Action, &node)?;
    Ok(Action { name, title, description, input, labels })
}

/// The fields of an object schema, in name order.
fn object(node: &Node<'_>, place: Place, inherited: &LabelDraft) -> Result<Vec<Field>, ModelError> {
    let mut fields: Vec<Field> = Vec::new();
    if node.member("type")?.text(node::TITLE_CHARS_MAX)? != "object" {
        return Err(node.member("type")?.fail(ModelProblem::UnsupportedType));
    }
    for (key, part) in node.members()? {
        match key {
            "type" | "required" => {}
            "title" | "description" => drop(part.text(node::DESCRIPTION_CHARS_MAX)?),
            "titles" | "descriptions" => part.texts_by_language()?,
            "additionalProperties" if !part.flag()? => {}
            "properties" => {
                for (name, member) in part.named(STREAM_FIELDS_MAX)? {
                    fields.push(field::field(field_name(name, &member)?, &member, place, inherited)?.0);
                }
            }
            other => return Err(part.unknown(other)),
        }
    }
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(required) = node.optional("required")? {
        for name in required.items()? {
            let text = name.text(NAME_BYTES_MAX)?;
            let field = fields.iter_mut().find(|field| field.name == text);
            field.ok_or_else(|| name.fail(ModelProblem::RequiredUndeclared))?.required = true;
        }
    }
    Ok(fields)
}

/// A letter, then letters, digits and `_`.
fn field_name(name: &str, node: &Node<'_>) -> Result<String, ModelError> {
    let fits = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(name.to_owned()) } else { Err(node.fail(ModelProblem::NameMalformed)) }
}

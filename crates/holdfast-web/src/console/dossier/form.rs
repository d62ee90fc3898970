//! A page of a dossier's form: from the document to inputs, and from what was typed back to the document.
//!
//! A name of an input is a place in the document (`labels.0.until`, `texts.summary.de`). Owns no check of an answer: the
//! document's own reader says what is wrong, and where.

use std::collections::BTreeMap;

use holdfast_domain::fleet::dossier::document::DossierError;
use holdfast_domain::fleet::dossier::privacy::Datum;
use holdfast_domain::fleet::dossier::{ENGLISH, LIST_MAX};
use serde_json::{Map, Value, json};

use super::parts::{Kind, Part, Spec};
use crate::door::extract::Fields;
use crate::lang::Lang;

/// One input as it is shown.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) value: String,
    /// `line`, `area`, `day`, `number`, `link` or `choice`.
    pub(super) kind: &'static str,
    /// Language of what is typed, if it is asked for in several.
    pub(super) lang: Option<&'static str>,
    /// Word, what people read, chosen.
    pub(super) options: Vec<(&'static str, String, bool)>,
    pub(super) error: Option<String>,
}

/// What is wrong with an answer, in the reader's language.
pub(super) fn fault(l: Lang, error: &DossierError) -> String {
    l.say(&format!("dossier-fault-{}", error.problem.name()))
}

/// Inputs that stand together.
pub(super) struct Group {
    pub(super) title: Option<String>,
    pub(super) inputs: Vec<Input>,
}

/// The inputs of a page over this document.
pub(super) fn groups(l: Lang, part: &Part, document: &Value, error: Option<&DossierError>) -> Vec<Group> {
    let mut groups = Vec::new();
    for spec in part.specs {
        match spec.kind {
            Kind::Rows(inner) => groups.extend(rows(l, spec, inner, document, error)),
            Kind::Text => groups
                .push(Group { title: Some(l.say(spec.label)), inputs: inputs(l, spec, spec.path, document, error) }),
            Kind::Line | Kind::Link | Kind::Day | Kind::Number | Kind::Area | Kind::Lines | Kind::Choice(_) => {
                groups.push(Group { title: None, inputs: inputs(l, spec, spec.path, document, error) });
            }
        }
    }
    groups
}

/// One group for each entry of a list, and an empty one for the next.
fn rows(l: Lang, spec: &Spec, inner: &[Spec], document: &Value, error: Option<&DossierError>) -> Vec<Group> {
    let there = at(document, spec.path).and_then(Value::as_array).map_or(0, Vec::len);
    (0..(there + 1).min(LIST_MAX))
        .map(|row| {
            let path = |inner: &Spec| format!("{}.{row}.{}", spec.path, inner.path);
            let title = if row < there {
                format!("{} {}", l.say(spec.label), row + 1)
            } else {
                l.with("dossier-one-more", "what", l.say(spec.label))
            };
            let inputs = inner.iter().flat_map(|inner| inputs(l, inner, &path(inner), document, error)).collect();
            Group { title: Some(title), inputs }
        })
        .collect()
}

fn inputs(l: Lang, spec: &Spec, path: &str, document: &Value, error: Option<&DossierError>) -> Vec<Input> {
    let fault_at = |name: &str| {
        let hit = |error: &&DossierError| {
            error.path == name || (spec.kind == Kind::Lines && error.path.starts_with(&format!("{name}.")))
        };
        error.filter(hit).map(|error| fault(l, error))
    };
    let input = |name: String, label: String, kind: &'static str, lang: Option<&'static str>| Input {
        value: at(document, &name).map(typed).unwrap_or_default(),
        error: fault_at(&name),
        hint: l.say(spec.hint),
        options: Vec::new(),
        name,
        label,
        kind,
        lang,
    };
    let plain = |kind| vec![input(path.to_owned(), l.say(spec.label), kind, None)];
    match spec.kind {
        Kind::Line => plain("line"),
        Kind::Link => plain("link"),
        Kind::Day => plain("day"),
        Kind::Number => plain("number"),
        Kind::Area | Kind::Lines => plain("area"),
        Kind::Text => Lang::all()
            .map(|(tag, name)| {
                input(format!("{path}.{tag}"), format!("{}, {name}", l.say(spec.label)), "area", Some(tag))
            })
            .collect(),
        Kind::Choice(words) => {
            let mut choice = input(path.to_owned(), l.say(spec.label), "choice", None);
            let chosen = choice.value.clone();
            choice.options = words.iter().map(|(word, label)| (*word, l.say(label), *word == chosen)).collect();
            vec![choice]
        }
        Kind::Rows(_) => Vec::new(),
    }
}

/// Legal bases as they are chosen.
const BASES: [(&str, &str); 6] = [
    ("consent", "dossier-basis-consent"),
    ("contract", "dossier-basis-contract"),
    ("legal-obligation", "dossier-basis-legal-obligation"),
    ("vital-interests", "dossier-basis-vital-interests"),
    ("public-task", "dossier-basis-public-task"),
    ("legitimate-interests", "dossier-basis-legitimate-interests"),
];

/// What is asked about one personal field of the model; English stands in the model itself.
fn about_field(tag: &str) -> bool {
    tag != ENGLISH
}

/// The inputs about personal fields of the model.
pub(super) fn data_groups(l: Lang, data: &[Datum], document: &Value, error: Option<&DossierError>) -> Vec<Group> {
    let group = |datum: &Datum| {
        let path = format!("fields.{}", datum.path);
        let basis = Spec { path: "", label: "dossier-basis", hint: "", kind: Kind::Choice(&BASES) };
        let mut all = inputs(l, &basis, &format!("{path}.basis"), document, error);
        for (member, label) in [("title", "console-name"), ("purpose", "dossier-what-for")] {
            let spec = Spec { path: "", label, hint: "", kind: Kind::Text };
            let texts = inputs(l, &spec, &format!("{path}.{member}"), document, error);
            all.extend(texts.into_iter().filter(|input| input.lang.is_some_and(about_field)));
        }
        let (_, title) = datum.title.read(l.tag()).unwrap_or(("", &datum.path));
        Group { title: Some(format!("{title} ({})", datum.path)), inputs: all }
    };
    data.iter().filter(|datum| datum.personal).map(group).collect()
}

/// The document with what was typed about personal fields.
pub(super) fn data_merged(mut document: Value, data: &[Datum], sent: &Fields) -> Value {
    for datum in data.iter().filter(|datum| datum.personal) {
        let path = format!("fields.{}", datum.path);
        let mut put_text =
            |name: String| put(&mut document, &name, sent.text(&name).map_or(Value::Null, |text| json!(text)));
        put_text(format!("{path}.basis"));
        for (tag, _) in Lang::all().filter(|(tag, _)| about_field(tag)) {
            put_text(format!("{path}.title.{tag}"));
            put_text(format!("{path}.purpose.{tag}"));
        }
    }
    document
}

/// A value as it is typed.
fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) => entries.iter().map(typed).collect::<Vec<_>>().join("\n"),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
    }
}

/// What stands at a place of the document.
fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |value, step| match value {
        Value::Array(entries) => step.parse::<usize>().ok().and_then(|at| entries.get(at)),
        Value::Object(members) => members.get(step),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The document with the answers of one page in the place of what stood there.
pub(super) fn merged(mut document: Value, part: &Part, sent: &Fields) -> Value {
    for spec in part.specs {
        let value = match spec.kind {
            Kind::Rows(inner) => Value::Array(
                (0..LIST_MAX)
                    .map(|row| entry(inner, |below| format!("{}.{row}.{below}", spec.path), sent))
                    .filter(|entry| entry.as_object().is_some_and(|members| !members.is_empty()))
                    .collect(),
            ),
            Kind::Line
            | Kind::Link
            | Kind::Day
            | Kind::Number
            | Kind::Area
            | Kind::Lines
            | Kind::Text
            | Kind::Choice(_) => answer(spec, spec.path, sent),
        };
        put(&mut document, spec.path, value);
    }
    document
}

fn entry(specs: &[Spec], name: impl Fn(&str) -> String, sent: &Fields) -> Value {
    let answers = specs.iter().map(|spec| (spec.path.to_owned(), answer(spec, &name(spec.path), sent)));
    Value::Object(answers.filter(|(_, value)| !value.is_null()).collect())
}

fn answer(spec: &Spec, name: &str, sent: &Fields) -> Value {
    match spec.kind {
        Kind::Text => {
            let words =
                Lang::all().filter_map(|(tag, _)| Some((tag.to_owned(), json!(sent.text(&format!("{name}.{tag}"))?))));
            let words: Map<String, Value> = words.collect();
            if words.is_empty() { Value::Null } else { Value::Object(words) }
        }
        Kind::Lines => {
            let lines = sent.text(name).map(|text| text.lines().map(str::trim).filter(|line| !line.is_empty()));
            lines.map_or(Value::Null, |lines| lines.map(|line| json!(line)).collect())
        }
        // What is no number stays text, so that the reader says where it is.
        Kind::Number => {
            sent.text(name).map_or(Value::Null, |text| text.parse::<u64>().map_or_else(|_| json!(text), |n| json!(n)))
        }
        Kind::Line | Kind::Link | Kind::Day | Kind::Area | Kind::Choice(_) | Kind::Rows(_) => {
            sent.text(name).map_or(Value::Null, |text| json!(text))
        }
    }
}

/// Puts a value at a place; a nothing takes it away.
fn put(document: &mut Value, path: &str, value: Value) {
    let Value::Object(members) = document else { return };
    match path.split_once('.') {
        None if value.is_null() => drop(members.remove(path)),
        None => drop(members.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let inner = members.entry(first).or_insert_with(|| json!({}));
            put(inner, rest, value);
            if inner.as_object().is_some_and(Map::is_empty) {
                members.remove(first);
            }
        }
    }
}

/// Every answer of a document by its place.
pub(super) fn flat(document: &Value) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    gather(document, "", &mut all);
    all
}

fn gather(value: &Value, path: &str, into: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| gather(value, &below(name), into)),
        Value::Array(entries) if entries.iter().all(Value::is_string) => {
            drop(into.insert(path.to_owned(), typed(value)));
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(at, value)| gather(value, &below(&at.to_string()), into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            drop(into.insert(path.to_owned(), typed(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parts::PARTS;
    use super::*;
    use crate::door::extract::Asked;
    use axum::extract::FromRequestParts;
    use futures_util::FutureExt as _;
    use holdfast_domain::fleet::dossier::Dossier;

    const WHOLE: &str = include_str!("../../../../../examples/hearth-thermostat.dossier.json");

    fn encoded(text: &str) -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    }

    #[test]
    fn a_form_that_is_sent_as_it_was_shown_changes_nothing() {
        let document: Value = serde_json::from_str(WHOLE).unwrap();
        for part in PARTS {
            let one = typed_again(part, &document);
            assert_eq!(merged(document.clone(), part, &one), document, "{}", part.name);
        }
    }

    fn typed_again(part: &'static Part, document: &Value) -> Fields {
        let inputs = groups(Lang::default(), part, document, None).into_iter().flat_map(|group| group.inputs);
        let pairs: Vec<String> = inputs.map(|input| format!("{}={}", input.name, encoded(&input.value))).collect();
        let request = http::Request::get(format!("/?{}", pairs.join("&"))).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        let asked = <Asked as FromRequestParts<()>>::from_request_parts(&mut parts, &());
        asked.now_or_never().unwrap().unwrap().0
    }

    #[test]
    fn every_answer_of_a_dossier_but_single_fields_and_the_usage_description_can_be_typed() {
        let document: Value = serde_json::from_str(WHOLE).unwrap();
        let shown: Vec<String> = PARTS
            .iter()
            .flat_map(|part| groups(Lang::default(), part, &document, None))
            .flat_map(|g| g.inputs)
            .map(|i| i.name)
            .collect();
        for path in flat(&document).keys().filter(|path| !["fields.", "mud."].iter().any(|own| path.starts_with(own))) {
            assert!(shown.contains(path), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_shown_at_its_own_input() {
        let mut document: Value = serde_json::from_str(WHOLE).unwrap();
        put(&mut document, "support.until", json!("for ever"));
        let error = Dossier::parse(&document.to_string()).unwrap_err();
        let part = super::super::parts::part("support").unwrap();
        let wrong: Vec<Input> = groups(Lang::default(), part, &document, Some(&error))
            .into_iter()
            .flat_map(|g| g.inputs)
            .filter(|i| i.error.is_some())
            .collect();
        assert_eq!(
            wrong.iter().map(|i| (i.name.as_str(), i.value.as_str())).collect::<Vec<_>>(),
            [("support.until", "for ever")]
        );
    }

    #[test]
    fn an_answer_that_was_emptied_is_taken_away() {
        let mut document = json!({"security": {"contact": "mailto:a@b.example"}, "name": "x"});
        put(&mut document, "security.contact", Value::Null);
        put(&mut document, "name", Value::Null);
        assert_eq!(document, json!({}));
    }
}

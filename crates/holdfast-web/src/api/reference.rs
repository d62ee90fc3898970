//! The interface for people: one page made of the OpenAPI document at the moment it is asked for.
//!
//! Owns no word about an operation: summaries, access, shapes and refusals are the document's own, which a test holds to the
//! router. Every operation and every shape has an anchor, so that the browser's own search and a link find it. No script.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use serde_json::{Map, Value};

use super::document::text;
use crate::console::{PageReply, page};
use crate::door::App;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/api", Access::Public, reference)
}

/// What a value is, with where its shape is described.
struct Kind {
    words: String,
    shape: Option<String>,
}

/// One parameter, or one member of a shape.
struct Field {
    name: String,
    /// `path`, `query` or `header`; nothing for a member.
    place: String,
    required: bool,
    kind: Kind,
    says: String,
}

/// One body that is taken or given.
struct Body {
    code: String,
    media: String,
    kind: Kind,
    says: String,
}

/// One refusal that an operation can answer with.
struct No {
    code: String,
    says: String,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    act: String,
    roles: String,
    fresh: bool,
    public: bool,
    fields: Vec<Field>,
    takes: Vec<Body>,
    gives: Vec<Body>,
    refusals: Vec<No>,
}

struct Group {
    tag: String,
    operations: Vec<Operation>,
}

struct Shape {
    name: String,
    says: String,
    /// What it is when it has no members of its own.
    kind: Option<Kind>,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "public/api.html")]
struct ReferencePage {
    l: Lang,
    about: Vec<String>,
    count: usize,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

async fn reference(State(app): State<App>, l: Lang) -> PageReply {
    let document: Value = serde_json::from_str(&text(app.operations())).unwrap_or_default();
    let mut tags: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    let mut count = 0;
    for (path, item) in members(at(&document, "paths")) {
        for (method, said) in members(item) {
            let tag = said.pointer("/tags/0").and_then(Value::as_str).unwrap_or("other").to_owned();
            tags.entry(tag).or_default().push(operation(&document, path, method, said));
            count += 1;
        }
    }
    page(&ReferencePage {
        l,
        about: words(at(at(&document, "info"), "description")).split("\n\n").map(str::to_owned).collect(),
        count,
        groups: tags.into_iter().map(|(tag, operations)| Group { tag, operations }).collect(),
        shapes: members(at(at(&document, "components"), "schemas")).map(|(name, schema)| shape(name, schema)).collect(),
    })
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// A member of an object; null if it is not there.
fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn operation(document: &Value, path: &str, method: &str, said: &Value) -> Operation {
    let list = |name: &str| at(said, name).as_array().cloned().unwrap_or_default();
    let roles = list("x-holdfast-roles");
    let (mut gives, mut refusals) = (Vec::new(), Vec::new());
    for (code, answer) in members(at(said, "responses")) {
        let answer = followed(document, answer);
        if code.starts_with('2') || code.starts_with('3') {
            gives.extend(bodies(code, answer));
        } else {
            refusals.push(No { code: code.clone(), says: words(at(answer, "description")) });
        }
    }
    Operation {
        id: words(at(said, "operationId")),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: words(at(said, "summary")),
        description: words(at(said, "description")),
        act: words(at(said, "x-holdfast-act")),
        roles: roles.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        fresh: at(said, "x-holdfast-fresh") == true,
        public: list("security").is_empty(),
        fields: list("parameters").iter().map(|one| parameter(followed(document, one))).collect(),
        takes: bodies("", at(said, "requestBody")),
        gives,
        refusals,
    }
}

/// What a reference inside the document points at.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let place = at(value, "$ref").as_str().and_then(|text| text.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(value)
}

fn bodies(code: &str, said: &Value) -> Vec<Body> {
    let one = |(media, content): (&String, &Value)| Body {
        code: code.to_owned(),
        media: media.clone(),
        kind: kind(at(content, "schema")),
        says: words(at(said, "description")),
    };
    let all: Vec<Body> = members(at(said, "content")).map(one).collect();
    let bare = || Body {
        code: code.to_owned(),
        media: String::new(),
        kind: Kind { words: String::new(), shape: None },
        says: words(at(said, "description")),
    };
    if all.is_empty() && !code.is_empty() { vec![bare()] } else { all }
}

fn parameter(said: &Value) -> Field {
    Field {
        name: words(at(said, "name")),
        place: words(at(said, "in")),
        required: at(said, "required") == true,
        kind: kind(at(said, "schema")),
        says: words(at(said, "description")),
    }
}

fn shape(name: &str, schema: &Value) -> Shape {
    let required: Vec<&str> =
        at(schema, "required").as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let field = |(name, said): (&String, &Value)| Field {
        name: name.clone(),
        place: String::new(),
        required: required.contains(&name.as_str()),
        kind: kind(said),
        says: words(at(said, "description")),
    };
    let fields: Vec<Field> = members(at(schema, "properties")).map(field).collect();
    Shape {
        name: name.to_owned(),
        says: words(at(schema, "description")),
        kind: fields.is_empty().then(|| kind(schema)),
        fields,
    }
}

/// What a schema allows, in the document's own words.
fn kind(schema: &Value) -> Kind {
    if let Some(name) = at(schema, "$ref").as_str().and_then(|text| text.rsplit('/').next()) {
        return Kind { words: name.to_owned(), shape: Some(name.to_owned()) };
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = at(schema, choice).as_array() {
            let all: Vec<Kind> = all.iter().map(kind).collect();
            let shape = all.iter().find_map(|kind| kind.shape.clone());
            return Kind { words: all.into_iter().map(|kind| kind.words).collect::<Vec<_>>().join(" | "), shape };
        }
    }
    let types: Vec<&str> = match at(schema, "type") {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    if types.contains(&"array") {
        let inner = kind(at(schema, "items"));
        return Kind { words: format!("[{}]", inner.words), shape: inner.shape };
    }
    let mut said = types.join(" | ");
    if let Some(words) = at(schema, "enum").as_array() {
        said = words
            .iter()
            .map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(" | ");
    }
    for limit in ["format", "minimum", "maximum", "minLength", "maxLength", "pattern"] {
        if let Some(value) = schema.get(limit) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            said = format!("{said}, {limit} {value}");
        }
    }
    Kind { words: said, shape: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_schema_allows_is_told_with_its_limits_and_its_shape() {
        let said = |schema: Value| kind(&schema).words;
        assert_eq!(said(json!({"type": ["string", "null"], "maxLength": 60})), "string | null, maxLength 60");
        assert_eq!(said(json!({"enum": ["met", "open"], "type": "string"})), "met | open");
        let list = kind(&json!({"type": "array", "items": {"$ref": "#/components/schemas/DeviceRow"}}));
        assert_eq!((list.words.as_str(), list.shape.as_deref()), ("[DeviceRow]", Some("DeviceRow")));
    }
}

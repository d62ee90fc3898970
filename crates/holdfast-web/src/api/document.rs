//! The OpenAPI 3.1 document of the interface, made of the routes themselves; `GET /api/openapi.json` serves it.
//!
//! To document a route: register it with `api_get`, `api_post`, `api_put`, `api_patch` or `api_delete` instead of `get` …, say
//! what it does in one sentence (`About::new("…")` for more: query fields, media types), and derive [`utoipa::ToSchema`]
//! beside `Serialize` or `Deserialize` on its bodies. Method, address, identifiers, body, answer, access, roles and refusals
//! come from the registration and the handler's signature. Then run `cargo xtask openapi`. `api/custody.rs` shows it whole.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::may;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::backend::PageAsk;
use crate::door::App;
use crate::door::about::{About, Ask, Kind, SLUG_CHARS_MAX};
use crate::door::described::{Content, Sketch};
use crate::door::frame::Document;
use crate::door::idempotency::KEY_PATTERN;
use crate::door::routes::{Access, Operation, Routes};

/// Every status that a refusal can have, its name in the document, and what it means (RFC 9110 §15.5).
const REFUSALS: [(u16, &str, &str); 11] = [
    (400, "Malformed", "What was sent is not in the form it should have, or holds a field that is not known here."),
    (401, "NotSignedIn", "Nobody is signed in, or the proof does not count."),
    (403, "Forbidden", "The caller's role does not allow this, or another site caused the write."),
    (404, "Absent", "What this is about is not there."),
    (409, "Conflict", "Another state or version than this was made for, or the same request is still being worked on."),
    (413, "TooLarge", "Over a limit of size or number."),
    (415, "MediaType", "A body of a type that this address does not take."),
    (422, "Unacceptable", "Readable, and against a rule."),
    (429, "TooMany", "Too often, or too many at once; see Retry-After if it is there."),
    (500, "Fault", "A fault of the server. It was logged under the `reference`; nothing was half done."),
    (503, "Busy", "The server is ending or has no room just now."),
];

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api_get(
        "/api/openapi.json",
        Access::Public,
        openapi,
        About::new("This document.").gives(&["application/openapi+json"]),
    )
}

async fn openapi(State(app): State<App>) -> Response {
    let text = text(app.operations());
    ([(CONTENT_TYPE, "application/openapi+json"), (CACHE_CONTROL, "public, max-age=300")], text).into_response()
}

/// The document as text, the same for the same routes.
pub(crate) fn text(operations: &[Operation]) -> String {
    let mut text = serde_json::to_string_pretty(&sorted(document(operations))).unwrap_or_default();
    text.push('\n');
    text
}

/// The document.
fn document(operations: &[Operation]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas = BTreeMap::from([(Document::name().into_owned(), json!(Document::schema()))]);
    for operation in operations {
        let sketch = (operation.sketch)();
        let said = said(operation, &sketch);
        paths.entry(operation.row.path).or_default().insert(operation.row.method.to_ascii_lowercase(), said);
        for (name, schema) in sketch.schemas {
            let schema = json!(schema);
            // A second type of the same name gets a name that no type has: a test looks for it.
            let taken = schemas.get(&name).is_some_and(|earlier| *earlier != schema);
            schemas.insert(if taken { name + "!" } else { name }, schema);
        }
    }
    let refusals: Map<String, Value> = REFUSALS
        .iter()
        .map(|(_, name, says)| {
            let content =
                json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
            ((*name).to_owned(), json!({ "description": says, "content": content }))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "parameters": { "IdempotencyKey": key_parameter() }, "schemas": schemas, "responses": refusals, "securitySchemes": proofs() },
    })
}

/// What holds for the whole interface.
const ABOUT: &str = "\
The JSON interface of one installation: what the console, the owners' pages and the command line do, a program can do here.

Times are microseconds since 1970 in UTC, in members that end in `_us`. Digests are lower-case hexadecimal. A list answers \
`{\"items\": […], \"next\": …}`; give `next` back as `after` to go on, and `limit` for the size of a page; `next` is null on the \
last one. Every refusal is an `application/problem+json` document (RFC 9457) whose `type` ends in a stable name. A field that \
is not declared here is refused, in a query and in a body.

`x-holdfast-act` names what the caller's role must allow; `x-holdfast-roles` lists the roles that do. Where \
`x-holdfast-fresh` is true, a session must have been proven within the last ten minutes (else 401 `confirm-again`), and a token \
must have been made for dangerous acts.";

/// The header by which a request is carried out once.
fn key_parameter() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": KEY,
        "schema": { "type": "string", "pattern": KEY_PATTERN },
    })
}

/// What the key does.
const KEY: &str = "\
A text of the caller's choice, such as a UUID, new for each new request. The same request sent again with the same key within \
24 hours is not carried out again but gets the same answer, with `Idempotency-Replayed: true`. Another request with the key is \
refused with 422 `idempotency-key-reused`; one that comes while the first is worked on with 409 `idempotency-key-under-way`. A \
refused request leaves its key free. Answers that hold a secret, or are longer than 64 KiB, are not kept: sent again they are \
answered with 409 `answer-not-kept`; then take back what was made and make it anew. If the server ended in the middle, the \
answer is 409 `idempotency-end-unknown`. At most 1000 keys of a person are kept at a time.";

/// How a caller proves who they are.
fn proofs() -> Value {
    json!({
        "token": { "type": "http", "scheme": "bearer", "description": "An API token: `hft_…`, made by `holdfast login` or on the page of people." },
        "session": { "type": "apiKey", "in": "cookie", "name": crate::door::guard::COOKIE_NAME, "description": "The session of a browser. Its writes must come from our own pages." },
        "reader": { "type": "http", "scheme": "bearer", "description": "The key of a reader of tags: `hfr_…`." },
    })
}

/// What holds for an answer with a secret.
const SECRET: &str = "The secret stands in this answer and is kept nowhere: sent again with its key, the request is answered with 409 \
     `answer-not-kept`.";

/// One operation.
fn said(operation: &Operation, sketch: &Sketch) -> Value {
    let Operation { row, about, .. } = operation;
    let mut said = json!({
        "operationId": name(row.method, row.path),
        "summary": about.summary,
        "tags": [tag(row.path)],
        "parameters": parameters(operation, sketch),
        "responses": responses(operation, sketch),
    });
    let mut put = |key: &str, value: Value| {
        if let Some(members) = said.as_object_mut() {
            members.insert(key.to_owned(), value);
        }
    };
    let more = [about.more, if about.secret { SECRET } else { "" }].join(" ");
    if !more.trim().is_empty() {
        put("description", json!(more.trim()));
    }
    if let Some(body) = &sketch.body {
        put("requestBody", json!({ "required": true, "content": body_content(body, about) }));
    }
    let (security, act, roles) = access(row.access);
    put("security", security);
    put("x-holdfast-act", json!(act));
    if matches!(row.access, Access::Fresh(_)) {
        put("x-holdfast-fresh", json!(true));
    }
    put("x-holdfast-roles", json!(roles));
    said
}

/// What a caller must have: schemes, act and roles.
fn access(access: Access) -> (Value, String, Vec<&'static str>) {
    let people = json!([{ "token": [] }, { "session": [] }]);
    let every = || Role::ALL.iter().map(|role| role.name()).collect();
    match access {
        Access::Public => (json!([]), "public".to_owned(), every()),
        Access::SignedIn => (people, "signed-in".to_owned(), every()),
        Access::Reader => (json!([{ "reader": [] }]), "reader".to_owned(), Vec::new()),
        Access::May(act) | Access::Fresh(act) => {
            let roles = Role::ALL.iter().filter(|role| may(**role, act)).map(|role| role.name()).collect();
            (people, format!("{act:?}"), roles)
        }
    }
}

/// `GET /api/v1/devices/{id}/shadow` is `get-devices-id-shadow`.
fn name(method: &str, path: &str) -> String {
    let words =
        path.trim_start_matches("/api/").trim_start_matches("v1/").replace(['{', '}'], "").replace(['/', '.'], "-");
    format!("{}-{words}", method.to_ascii_lowercase())
}

/// The noun of an address.
fn tag(path: &str) -> &str {
    path.trim_start_matches("/api/").trim_start_matches("v1/").split('/').next().unwrap_or_default()
}

fn parameters(operation: &Operation, sketch: &Sketch) -> Vec<Value> {
    let named = operation.row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_address = named
        .zip(&sketch.address)
        .map(|(name, schema)| json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    let in_query = operation.about.query.iter().map(|ask| {
        json!({ "name": ask.name, "in": "query", "required": ask.needed, "description": ask.says, "schema": field(ask) })
    });
    let key = operation.row.takes_key().then(|| json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    in_address.chain(in_query).chain(key).collect()
}

fn field(ask: &Ask) -> Value {
    match ask.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Rows => {
            json!({ "type": "integer", "minimum": 1, "maximum": PageAsk::ROWS_MAX, "default": PageAsk::ROWS })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Slug => {
            let (least, most) = (1, SLUG_CHARS_MAX);
            json!({ "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "minLength": least, "maxLength": most })
        }
    }
}

fn body_content(body: &Content, about: &About) -> Value {
    match body {
        Content::Json(schema) => json!({ "application/json": { "schema": schema } }),
        Content::Raw => about.takes.iter().map(|media| ((*media).to_owned(), json!({}))).collect(),
    }
}

fn responses(operation: &Operation, sketch: &Sketch) -> Value {
    let mut responses = Map::new();
    let mut content = Map::new();
    if let Some(Content::Json(schema)) = &sketch.answer {
        content.insert("application/json".to_owned(), json!({ "schema": schema }));
    }
    for media in operation.about.gives {
        content.insert((*media).to_owned(), json!({}));
    }
    responses.insert("200".to_owned(), json!({ "description": "Done.", "content": content }));
    for (status, name, _) in REFUSALS.iter().filter(|(status, ..)| refuses(operation, sketch, *status)) {
        responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    Value::Object(responses)
}

/// Whether an operation can be refused with this status. Follows from method, address, access and body.
pub(crate) fn refuses(operation: &Operation, sketch: &Sketch, status: u16) -> bool {
    let Operation { row, about, .. } = operation;
    let (writes, body) = (row.method != "GET", sketch.body.is_some());
    match status {
        400 | 401 | 429 | 500 | 503 => true,
        403 => writes || row.access != Access::Public,
        404 => writes || row.path.contains('{') || about.refuses.contains(&404),
        409 | 422 => writes || about.refuses.contains(&status),
        413 | 415 => body,
        _ => about.refuses.contains(&status),
    }
}

/// The same with the members of every object in the order of their names, whatever this build keeps them in.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<String, Value> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

#[cfg(test)]
mod tests;

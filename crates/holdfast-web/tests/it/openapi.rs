//! The OpenAPI document, the routes and what is really answered say the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use axum::http::StatusCode;
use holdfast_domain::people::Role;
use holdfast_domain::people::access::may;
use holdfast_web::door::routes::{Access, Row};
use serde_json::Value;

use crate::{As, busy, get, send};

/// The document in the repository, for those who read it there.
const COMMITTED: &str = "../../docs/openapi.json";

fn rows() -> Vec<Row> {
    holdfast_web::route_table(busy()).into_iter().filter(|row| row.path.starts_with("/api/")).collect()
}

pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&holdfast_web::openapi(busy())).unwrap())
}

fn operation(row: &Row) -> &'static Value {
    &document()["paths"][row.path][row.method.to_ascii_lowercase()]
}

#[tokio::test]
async fn the_document_is_served_to_anyone_and_is_the_one_in_the_repository() {
    let reply = send(&busy(), As::Nobody, get("/api/openapi.json")).await;
    assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, "application/openapi+json"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &reply.text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == reply.text, "docs/openapi.json is out of date; run `cargo xtask openapi`");
}

#[test]
fn every_route_of_the_interface_is_in_the_document_and_nothing_else() {
    let routes: BTreeSet<_> = rows().iter().map(|row| (row.path.to_owned(), row.method.to_lowercase())).collect();
    let paths = document()["paths"].as_object().unwrap();
    let said: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())))
        .collect();
    assert_eq!(said.difference(&routes).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "not a route");
    assert_eq!(routes.difference(&said).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "not in the document");
}

#[test]
fn the_document_asks_for_the_access_that_the_guard_asks_for() {
    for row in rows() {
        let said = operation(&row);
        let schemes: BTreeSet<_> = said["security"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|one| one.as_object().unwrap().keys().map(String::as_str))
            .collect();
        let wanted: &[&str] = match row.access {
            Access::Public => &[],
            Access::Reader => &["reader"],
            Access::SignedIn | Access::May(_) | Access::Fresh(_) => &["session", "token"],
        };
        assert_eq!(schemes.into_iter().collect::<Vec<_>>(), wanted, "{row:?}");
        if let Access::May(act) | Access::Fresh(act) = row.access {
            let roles: Vec<_> = Role::ALL.iter().filter(|role| may(**role, act)).map(|role| role.name()).collect();
            assert_eq!(said["x-holdfast-roles"], serde_json::json!(roles), "{row:?}");
            assert_eq!(said["x-holdfast-act"], format!("{act:?}"), "{row:?}");
        }
    }
}

fn look(value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(to) = members.get("$ref").and_then(Value::as_str) {
                assert!(document().pointer(to.trim_start_matches('#')).is_some(), "{to} leads nowhere");
            }
            members.values().for_each(look);
        }
        Value::Array(items) => items.iter().for_each(look),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn each_name_of_a_schema_stands_for_one_schema_and_every_reference_leads_somewhere() {
    let schemas = document()["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "two types are called {name}");
    }
    look(document());
}

#[test]
fn every_operation_says_what_it_does_has_a_name_of_its_own_and_refuses_with_problem_documents() {
    let mut names = BTreeSet::new();
    for row in rows() {
        let said = operation(&row);
        assert!(said["summary"].as_str().is_some_and(|words| words.ends_with('.')), "{row:?}: {}", said["summary"]);
        assert!(names.insert(said["operationId"].to_string()), "{row:?}");
        let holes = row.path.matches('{').count();
        let in_path = said["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "path").count();
        assert_eq!(in_path, holes, "{row:?}");
        let responses = said["responses"].as_object().unwrap();
        assert!(!responses["200"]["content"].as_object().unwrap().is_empty(), "{row:?} does not say what it answers");
        if let Some(body) = said.get("requestBody") {
            assert!(!body["content"].as_object().unwrap().is_empty(), "{row:?} does not say what it takes");
        }
        for (status, response) in responses.iter().filter(|(status, _)| *status != "200") {
            let to = response["$ref"].as_str().unwrap().trim_start_matches('#');
            let content = &document().pointer(to).unwrap()["content"];
            assert!(content.get("application/problem+json").is_some(), "{row:?} {status}");
        }
    }
}

/// The schema of what an operation answers, by its name.
fn answer(row: &Row) -> Option<&'static str> {
    operation(row)["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str()
}

#[test]
fn every_list_goes_page_by_page() {
    for row in rows().iter().filter(|row| row.method == "GET") {
        if !answer(row).is_some_and(|name| name.contains("/ListOf")) {
            continue;
        }
        let asks = operation(row)["parameters"].as_array().unwrap();
        for name in ["after", "limit"] {
            assert!(asks.iter().any(|ask| ask["name"] == name), "{row:?} does not take `{name}`");
        }
    }
}

#[test]
fn an_answer_that_holds_a_secret_says_so_and_is_not_kept_for_its_key() {
    for row in rows().iter().filter(|row| row.method == "POST") {
        let Some(schema) = answer(row).and_then(|name| document().pointer(name.trim_start_matches('#'))) else {
            continue;
        };
        let members = schema["properties"].as_object().cloned().unwrap_or_default();
        let secrets = ["secret", "token", "key", "codes", "url", "link", "password"];
        if let Some(secret) = members.keys().find(|name| secrets.contains(&name.as_str())) {
            let said = operation(row)["description"].as_str().unwrap_or_default();
            assert!(said.contains("answer-not-kept"), "{row:?} answers `{secret}`: say `.secret()`");
        }
    }
}

/// Holds an answer to the document: a status that an operation does not declare fails the test that provoked it.
pub(crate) fn declared(method: &str, path: &str, status: StatusCode) {
    let Some(row) = rows().into_iter().find(|row| row.method == method && fits(row.path, path)) else { return };
    let said = operation(&row);
    assert!(
        said.is_null() || said["responses"].get(status.as_str()).is_some(),
        "{row:?} answered {status}, undeclared"
    );
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}

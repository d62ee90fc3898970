//! A request with a key is carried out once, however often it is sent.

use std::sync::Arc;

use axum::http::StatusCode;
use holdfast_domain::people::Role;

use crate::samples::Sample;
use crate::{As, Reply, busy, json, send};

const COMMANDS: &str = "/api/v1/devices/hearth-0001/commands";
const LOCATE: &str = r#"{"action":"locate"}"#;
const KEY: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

async fn post(sample: &Arc<Sample>, who: As, path: &str, key: &str, body: &str) -> Reply {
    let mut request = json("POST", path, body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    send(sample, who, request).await
}

fn orders(sample: &Sample) -> usize {
    sample.orders.lock().unwrap().len()
}

#[tokio::test]
async fn the_same_request_sent_again_is_carried_out_once_and_answered_the_same() {
    let sample = busy();
    let operator = As::Token(Role::FleetOperator);
    let first = post(&sample, operator, COMMANDS, KEY, LOCATE).await;
    assert_eq!((first.status, orders(&sample)), (StatusCode::OK, 1), "{}", first.text);
    let bare = KEY.trim_matches('"');
    for key in [KEY, bare] {
        let again = post(&sample, operator, COMMANDS, key, LOCATE).await;
        assert_eq!((again.status, &again.text), (StatusCode::OK, &first.text));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), "application/json");
    }
    assert_eq!((first.header("idempotency-replayed"), orders(&sample)), ("", 1));
}

#[tokio::test]
async fn a_key_is_refused_for_another_body_or_another_address() {
    let sample = busy();
    let operator = As::Token(Role::FleetOperator);
    post(&sample, operator, COMMANDS, KEY, LOCATE).await;
    for (path, body) in [(COMMANDS, r#"{"action":"reboot"}"#), ("/api/v1/devices/hearth-0002/commands", LOCATE)] {
        let other = post(&sample, operator, path, KEY, body).await;
        assert_eq!(
            (other.status, other.problem().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused")
        );
    }
    assert_eq!(orders(&sample), 1);
}

#[tokio::test]
async fn a_key_belongs_to_the_person_who_used_it() {
    let sample = busy();
    for role in [Role::FleetOperator, Role::Administrator] {
        let reply = post(&sample, As::Token(role), COMMANDS, KEY, LOCATE).await;
        assert_eq!((reply.status, reply.header("idempotency-replayed")), (StatusCode::OK, ""), "{role:?}");
    }
    assert_eq!(orders(&sample), 2);
}

#[tokio::test]
async fn a_secret_is_in_the_first_answer_and_in_no_other() {
    let sample = busy();
    let body = r#"{"label":"pipeline","days":30}"#;
    let first = post(&sample, As::Session(Role::Administrator), "/api/v1/tokens", KEY, body).await;
    assert!(first.text.contains("hft_"), "{}", first.text);
    let again = post(&sample, As::Session(Role::Administrator), "/api/v1/tokens", KEY, body).await;
    assert_eq!((again.status, again.problem().as_str()), (StatusCode::CONFLICT, "answer-not-kept"));
    assert!(!again.text.contains("hft_"));
    assert_eq!(orders(&sample), 1);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free_and_a_bad_key_is_refused_by_name() {
    let sample = busy();
    let operator = As::Token(Role::FleetOperator);
    let refused = post(&sample, operator, COMMANDS, KEY, r#"{"nothing":1}"#).await;
    assert_eq!(refused.problem(), "json-malformed");
    let mended = post(&sample, operator, COMMANDS, KEY, LOCATE).await;
    assert_eq!(mended.status, StatusCode::OK, "{}", mended.text);
    let bad = post(&sample, operator, COMMANDS, "short", LOCATE).await;
    assert_eq!((bad.status, bad.problem().as_str()), (StatusCode::BAD_REQUEST, "idempotency-key-malformed"));
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_keys() {
    let sample = busy();
    post(&sample, As::Token(Role::FleetOperator), COMMANDS, KEY, LOCATE).await;
    let stranger = post(&sample, As::Nobody, COMMANDS, KEY, LOCATE).await;
    assert_eq!(stranger.problem(), "not-signed-in");
}

//! The JSON interface: what it takes, what it refuses and under which name.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::people::Role;

use crate::{As, busy, get, json, send, with_body};

const ADMIN: As = As::Token(Role::Administrator);

/// Sends a request that must be refused by this name, and says with which status.
async fn refused(request: Request<Body>, name: &'static str) -> u16 {
    let (label, sample) = (format!("{} {}", request.method(), request.uri()), busy());
    let reply = send(&sample, ADMIN, request).await;
    assert_eq!(reply.problem(), name, "{label} {}", reply.text);
    assert!(sample.refused.lock().unwrap().contains(&name), "{label} is not counted");
    assert!(sample.orders.lock().unwrap().is_empty(), "{label} had an effect");
    reply.status.as_u16()
}

#[tokio::test]
async fn bad_input_is_refused_by_name_counted_and_without_effect() {
    let release = crate::samples::updates::release_id(1);
    let phase = r#"{"percent":10,"success_percent":90}"#;
    let deployment = |phases: &str, more: &str| {
        format!(
            r#"{{"release":"{release}","phases":[{phases}],"abort_threshold_percent":20,"min_devices":2,"deadline_s":60{more}}}"#
        )
    };
    let cases: Vec<(Request<Body>, &'static str, u16)> = vec![
        (get("/api/v1/devices?stat=accepted"), "field-unknown", 400),
        (get("/api/v1/devices?state=accepted&state=revoked"), "field-repeated", 400),
        (get("/api/v1/devices?state=happy"), "field-malformed", 400),
        (get("/api/v1/devices?limit=0"), "limit-out-of-range", 400),
        (get("/api/v1/devices?limit=501"), "limit-out-of-range", 400),
        (get("/api/v1/devices?limit=many"), "limit-out-of-range", 400),
        (json("POST", "/api/v1/passkeys/sign-in/begin", "[]"), "json-malformed", 400),
        (get("/api/v1/devices/UPPER"), "id-malformed", 400),
        (get("/api/v1/devices/hearth-9999"), "device-unknown", 404),
        (get("/api/v1/devices/hearth-0001/telemetry/CLIMATE"), "id-malformed", 400),
        (get("/api/v1/devices/hearth-0001/telemetry/climate?from=yesterday"), "field-malformed", 400),
        (get("/api/v1/releases/1"), "id-malformed", 400),
        (get("/api/v1/trust/9"), "trust-unknown", 404),
        (with_body("DELETE", "/api/v1/devices", "", ""), "method-not-allowed", 405),
        (with_body("POST", "/api/v1/tokens", "text/plain", "{}"), "content-type-unsupported", 415),
        (json("POST", "/api/v1/tokens", "{"), "json-malformed", 400),
        (json("POST", "/api/v1/tokens", r#"{"label":"x","days":1,"admin":true}"#), "json-malformed", 400),
        (json("POST", "/api/v1/tokens", &"[".repeat(300 * 1024)), "body-too-large", 413),
        (json("POST", "/api/v1/tokens", &"[".repeat(200 * 1024)), "json-malformed", 400),
        (json("POST", "/api/v1/sign-in", r#"{"link":"short"}"#), "link-unknown", 401),
        (json("POST", "/api/v1/sign-in-links", r#"{"name":"Eve"}"#), "link-for-whom", 400),
        (json("POST", "/api/v1/sign-in-links", r#"{"name":"Eve","role":"root"}"#), "role-unknown", 400),
        (with_body("POST", "/api/v1/trust", "application/cose", vec![0; 17 * 1024]), "body-too-large", 413),
        (with_body("POST", "/api/v1/trust", "application/json", "{}"), "content-type-unsupported", 415),
        (with_body("POST", "/api/v1/releases", "application/cose", "x"), "field-missing", 400),
        (
            with_body("POST", "/api/v1/releases?product=hearth-thermostat", "application/cose", ""),
            "envelope-truncated",
            400,
        ),
        (json("POST", "/api/v1/deployments", &deployment(r#"{"success_percent":90}"#, "")), "phase-size-unclear", 400),
        (json("POST", "/api/v1/deployments", &deployment(phase, r#","force":true"#)), "json-malformed", 400),
        (json("POST", "/api/v1/devices/hearth-0001/quarantine", r#"{"reason":""}"#), "reason-length", 400),
        (json("POST", "/api/v1/devices/hearth-0001/release", "{}"), "device-not-quarantined", 409),
        (
            json("PATCH", "/api/v1/devices/hearth-0001/shadow", r#"{"desired":{"target":99}}"#),
            "field-out-of-range",
            422,
        ),
        (json("PATCH", "/api/v1/devices/hearth-0001/shadow", r#"{"desired":[]}"#), "json-malformed", 400),
    ];
    for (request, name, status) in cases {
        let label = format!("{} {} {name}", request.method(), request.uri());
        assert_eq!(refused(request, name).await, status, "{label}");
    }
}

#[tokio::test]
async fn a_fault_of_ours_gives_a_number_and_nothing_of_our_inside() {
    let id = holdfast_core::id::AlertId::new(crate::samples::NOON, [250; 10]);
    let reply = send(&busy(), ADMIN, json("POST", &format!("/api/v1/alerts/{id}/close"), "")).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.problem(), "internal-fault");
    assert!(reply.text.contains("f-250"), "{}", reply.text);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_without_a_gap_or_a_repeat() {
    let (sample, mut seen, mut after) = (busy(), Vec::new(), String::new());
    loop {
        let reply = send(&sample, ADMIN, get(&format!("/api/v1/devices?limit=5{after}"))).await;
        let page: serde_json::Value = serde_json::from_str(&reply.text).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 16);
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn an_artifact_is_kept_only_under_its_own_digest() {
    let bytes = vec![7_u8; 3 * 1024 * 1024 + 5];
    let (right, wrong) = (Sha256Digest::of(&bytes), Sha256Digest::of(b"other"));
    let put = |digest: Sha256Digest| {
        with_body("PUT", &format!("/api/v1/artifacts/{digest}"), "application/octet-stream", bytes.clone())
    };
    let reply = send(&busy(), ADMIN, put(right)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert!(reply.text.contains("\"bytes\":3145733"), "{}", reply.text);
    assert_eq!(refused(put(wrong), "artifact-digest-mismatch").await, 422);
}

#[tokio::test]
async fn a_token_is_shown_once_and_is_the_one_that_counts() {
    let reply = send(&busy(), ADMIN, json("POST", "/api/v1/tokens", r#"{"label":"pipeline","days":30}"#)).await;
    let made: serde_json::Value = serde_json::from_str(&reply.text).unwrap();
    assert!(holdfast_web::secret::Secret::parse_token(made["token"].as_str().unwrap()).is_some());
    let list = send(&busy(), ADMIN, get("/api/v1/tokens")).await.text;
    assert!(!list.contains("hft_"), "{list}");
}

#[tokio::test]
async fn a_thing_model_may_come_as_an_object_or_as_text() {
    for model in [r#"{"title":"T"}"#, r#""{\"title\":\"T\"}""#] {
        let sample = busy();
        let body = format!(r#"{{"title":"T","vendor_domain":"m.example","thing_model":{model}}}"#);
        let reply = send(&sample, ADMIN, json("PUT", "/api/v1/products/tee", &body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(sample.orders.lock().unwrap().as_slice(), [r#"put_product tee {"title":"T"}"#]);
    }
}

#[tokio::test]
async fn only_an_administrator_makes_links_for_others() {
    let body = r#"{"name":"Eve","role":"administrator"}"#;
    let reply = send(&busy(), As::Token(Role::Assessor), json("POST", "/api/v1/sign-in-links", body)).await;
    assert_eq!((reply.status, reply.problem().as_str()), (StatusCode::FORBIDDEN, "role-insufficient"));
    let own = send(&busy(), As::Token(Role::Assessor), json("POST", "/api/v1/sign-in-links", "{}")).await;
    assert_eq!(own.status, StatusCode::OK);
}

#[tokio::test]
async fn the_authority_is_public_and_the_method_list_is_told() {
    assert_eq!(send(&busy(), As::Nobody, get("/api/v1/authority")).await.status, StatusCode::OK);
    let reply = send(&busy(), ADMIN, with_body("DELETE", "/api/v1/devices", "", "")).await;
    assert!(reply.header("allow").contains("GET"), "{:?}", reply.headers);
}

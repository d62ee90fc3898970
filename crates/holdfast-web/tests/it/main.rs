//! The door as a browser, a program and a stranger see it: every route, every page, every refusal.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should stop")]

mod api;
mod authorization;
mod claims;
mod forms;
mod home;
mod html;
mod idempotency;
mod many;
mod openapi;
mod pages;
mod public;
mod samples;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use holdfast_domain::people::Role;
use http_body_util::BodyExt as _;
use samples::{Fill, NOON, Sample, secret_of};
use tower::ServiceExt as _;

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The name in a problem document.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let document: serde_json::Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(document["status"], self.status.as_u16());
        document["type"].as_str().unwrap().strip_prefix("urn:holdfast:refusal:").unwrap().to_owned()
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Nobody,
    Session(Role),
    Token(Role),
}

pub(crate) fn busy() -> Arc<Sample> {
    Arc::new(Sample::new(Fill::Busy, || NOON))
}

/// Sends a request as a browser on our own pages would, or as a program with a token.
pub(crate) async fn send(sample: &Arc<Sample>, who: As, mut request: Request<Body>) -> Reply {
    let headers = request.headers_mut();
    match who {
        As::Nobody => {}
        As::Session(role) => {
            let cookie = format!("__Host-holdfast={}", secret_of(role, false).text());
            headers.insert("cookie", cookie.parse().unwrap());
        }
        As::Token(role) => {
            let token = format!("Bearer {}", secret_of(role, true).token_text());
            headers.insert("authorization", token.parse().unwrap());
        }
    }
    if who != As::Nobody && !headers.contains_key("sec-fetch-site") {
        headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
    }
    let router = holdfast_web::router(Arc::clone(sample) as Arc<dyn holdfast_web::backend::Backend>);
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let response = router.oneshot(request).await.unwrap();
    openapi::declared(&method, &path, response.status());
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn with_body(method: &str, path: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder().method(method).uri(path).header("content-type", media_type).body(body.into()).unwrap()
}

pub(crate) fn json(method: &str, path: &str, body: &str) -> Request<Body> {
    with_body(method, path, "application/json", body.to_owned())
}

pub(crate) fn form(path: &str, body: &str) -> Request<Body> {
    with_body("POST", path, "application/x-www-form-urlencoded", body.to_owned())
}

/// The form token that our pages give to this session.
pub(crate) async fn form_token(sample: &Arc<Sample>, role: Role) -> String {
    let page = send(sample, As::Session(role), get("/console/people")).await.text;
    let at = page.find("name=\"form_token\" value=\"").unwrap() + "name=\"form_token\" value=\"".len();
    page[at..at + 64].to_owned()
}

//! Entry points for the fuzzers, not an interface: each feeds any bytes to private parsers of this door.
//!
//! Each also checks what must hold for input that is accepted.

use axum::body::Body;
use axum::extract::{FromRequest as _, FromRequestParts as _};
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use crate::door::arrival::mark;
use crate::door::extract::{Asked, Fields, Sent};
use crate::door::guard::{bearer, same_origin, session_cookie};
use crate::door::idempotency;
use crate::secret::Secret;

/// The same fields as the query of an address and as a form.
///
/// # Panics
///
/// If one of the two is read as other fields, or a page is larger than it may be.
pub fn fields(data: &[u8]) {
    // Reading a form is bounded in time, which needs a clock to run.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    let form = Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let form = form.body(Body::from(data.to_vec())).ok();
    let form = form.and_then(|form| runtime.block_on(Sent::from_request(form, &())).ok());
    if let Some(Sent(fields)) = &form {
        judge(fields);
    }
    let Ok(query) = Request::get([b"/?", data].concat()).body(()) else { return };
    let asked = runtime.block_on(Asked::from_request_parts(&mut query.into_parts().0, &())).ok();
    // A fragment ends the query of an address and is content in a form.
    if !data.contains(&b'#') {
        assert_eq!(asked.map(|Asked(fields)| fields), form.map(|Sent(fields)| fields));
    }
}

fn judge(fields: &Fields) {
    use crate::backend::PageAsk;
    if let Ok(page) = fields.page() {
        assert!((1..=PageAsk::ROWS_MAX).contains(&page.rows), "a page of {} rows", page.rows);
    }
    let _ = fields.clone().only(&["after", "limit"]);
    let _ = fields.parsed::<u64>("version");
}

/// Headers that say who asks: each line is a cookie line, an authorization, an origin and a key of a request.
///
/// # Panics
///
/// If a foreign origin is taken for ours, or a cookie is read as another secret.
pub fn headers(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        if let Ok(text) = value.to_str() {
            let _ = bearer(text).and_then(Secret::parse_token);
            assert!(!same_origin(text, "hf.example") || text.ends_with("://hf.example"), "a foreign origin");
        }
        headers.append(COOKIE, value.clone());
        judge_key(value);
    }
    if let Some(mark) = mark(&headers) {
        let text = mark.text();
        assert!(data.windows(text.len()).any(|part| part == text.as_bytes()), "a mark that nobody sent");
    }
    if let Some(secret) = session_cookie(&headers) {
        let text = secret.text();
        assert!(data.windows(text.len()).any(|part| part == text.as_bytes()), "a secret that nobody sent");
    }
}

/// A key is read as it was sent, or refused by name; what is read is read the same without its quotes.
fn judge_key(value: HeaderValue) {
    let read = |value: HeaderValue| {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(idempotency::HEADER), value)]);
        idempotency::key(&headers)
    };
    let sent = value.as_bytes().to_vec();
    match read(value) {
        Ok(key) => {
            let key = key.unwrap_or_default();
            assert!(
                (idempotency::KEY_CHARS.0..=idempotency::KEY_CHARS.1).contains(&key.len()),
                "a key out of its limits"
            );
            assert!(sent == key.as_bytes() || sent == format!("\"{key}\"").as_bytes(), "a key that nobody sent");
            let bare = HeaderValue::from_str(&key).map(read);
            assert_eq!(bare.ok().and_then(Result::ok).flatten(), Some(key), "a key with quotes is another one");
        }
        Err(problem) => assert_eq!(problem.name, "idempotency-key-malformed"),
    }
}

/// The JSON bodies of the interface.
pub fn bodies(data: &[u8]) {
    crate::api::read_bodies(data);
}

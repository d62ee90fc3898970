//! Requests with an `Idempotency-Key`: the same request gets the same answer, and is carried out once.
//!
//! Owns reading the header and what is answered from memory. A request that began goes to its end even if its sender is
//! gone, so that the answer is there when it is sent again. Source: draft-ietf-httpapi-idempotency-key-header-07.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::HttpBody as _;
use axum::extract::{FromRequest as _, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use holdfast_core::hash::{Hasher, Sha256Digest};
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;

use super::App;
use super::about::About;
use super::extract::{Body, JSON_BYTES_MAX};
use super::problem::Problem;
use crate::backend::RefusalKind;
use crate::backend::idempotency::{ANSWER_BYTES_MAX, Begun, Kept, Keyed};
use crate::backend::people::Caller;

/// The header's name.
pub(crate) const HEADER: &str = "idempotency-key";
/// Tells that an answer is an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Fewest and most characters of a key.
pub(crate) const KEY_CHARS: (usize, usize) = (8, 64);
/// Which keys there are, as the document says it: a structured string (RFC 8941 §3.3.3), its quotes may be left out.
pub(crate) const KEY_PATTERN: &str = "^(\"[A-Za-z0-9._~:+/=-]{8,64}\"|[A-Za-z0-9._~:+/=-]{8,64})$";
/// Most bytes of a request's body that is compared; the largest that any `POST` takes.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Requests that are being carried out.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<BTreeSet<Mark>>>);

/// Person and key, as they are compared.
type Mark = (String, [u8; 32]);

impl UnderWay {
    fn begin(&self, request: &Keyed) -> Option<Seat> {
        let mark = (request.person.to_string(), request.key_hash);
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mark.clone());
        fresh.then(|| Seat { under_way: self.clone(), mark })
    }
}

/// A request's place among those under way, until it is dropped.
struct Seat {
    under_way: UnderWay,
    mark: Mark,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.mark);
    }
}

/// What the layer needs to know of its route.
#[derive(Clone)]
pub(crate) struct Once {
    pub(crate) app: App,
    pub(crate) about: About,
}

/// Lets a request without a key through, and one with a key once.
pub(crate) async fn once(State(once): State<Once>, request: Request, next: Next) -> Response {
    let key = match key(request.headers()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(key)) => key,
        Err(problem) => return problem.into_response(),
    };
    let Some(caller) = request.extensions().get::<Caller>().cloned() else { return next.run(request).await };
    answer(once, &key, &caller, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(once: Once, key: &str, caller: &Caller, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let copy = Request::from_parts(parts.clone(), body);
    let Body { media_type, bytes } = if caller.person.role.is_staff() {
        Body::<BODY_BYTES_MAX>::from_request(copy, &()).await?
    } else {
        let Body { media_type, bytes } = Body::<JSON_BYTES_MAX>::from_request(copy, &()).await?;
        Body { media_type, bytes }
    };
    let address = parts.uri.path_and_query().map_or("/", |address| address.as_str());
    let keyed = Keyed {
        person: caller.person.id,
        key_hash: *Sha256Digest::of(key.as_bytes()).as_bytes(),
        request_digest: digest(&[parts.method.as_str().as_bytes(), address.as_bytes(), media_type.as_bytes(), &bytes]),
    };
    let Some(seat) = once.app.under_way().begin(&keyed) else { return Err(under_way()) };
    match once.app.ask(move |b| b.begin_request(&keyed)).await? {
        Begun::First => {}
        Begun::Answered(kept) => return again(kept),
        Begun::Open => return Err(unknown_end()),
        Begun::Foreign => return Err(reused()),
        Begun::Full => return Err(full()),
    }
    let request = Request::from_parts(parts, bytes.into());
    // Carried on by itself: a sender that goes away ends neither the work nor the keeping of its answer.
    let work = tokio::spawn(async move {
        let response = carry_out(&once, keyed, request, next).await;
        drop(seat);
        response
    });
    work.await.map_err(|broken| {
        tracing::error!(error = %broken, "a request with a key did not come to an end");
        Problem::fault("request-broken")
    })?
}

async fn carry_out(once: &Once, keyed: Keyed, request: Request, next: Next) -> Result<Response, Problem> {
    let response = next.run(request).await;
    let status = response.status();
    if status.is_server_error() {
        // Whether something was done is not known; the key stays used.
        return Ok(response);
    }
    let (response, kept) =
        if status.is_success() { keep(response, once.about.secret).await? } else { (response, None) };
    once.app.ask(move |b| b.end_request(&keyed, kept)).await?;
    Ok(response)
}

/// Reads what shall be kept of an answer, and puts the answer together again.
async fn keep(response: Response, secret: bool) -> Result<(Response, Option<Kept>), Problem> {
    let status = response.status().as_u16();
    let length = response.body().size_hint().exact();
    let fits = length.is_some_and(|length| length <= ANSWER_BYTES_MAX as u64);
    if secret || !fits || response.headers().contains_key(SET_COOKIE) {
        return Ok((response, Some(Kept { status, content: None })));
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|_| Problem::fault("answer-broken"))?.to_bytes();
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kept = Kept { status, content: Some((media_type.to_owned(), bytes.to_vec())) };
    Ok((Response::from_parts(parts, bytes.into()), Some(kept)))
}

/// An earlier answer.
fn again(kept: Kept) -> Result<Response, Problem> {
    let Some((media_type, bytes)) = kept.content else { return Err(not_kept()) };
    let mut response = Response::new(Bytes::from(bytes).into());
    *response.status_mut() = StatusCode::from_u16(kept.status).map_err(|_| Problem::fault("answer-inconsistent"))?;
    if let Ok(value) = HeaderValue::from_str(&media_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Reads the key, with or without the quotes of a structured string.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let inner = text.map(|text| text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text));
    let fits = |c: char| c.is_ascii_alphanumeric() || "._~:+/=-".contains(c);
    let (least, most) = KEY_CHARS;
    let good = inner.filter(|key| (least..=most).contains(&key.len()) && key.chars().all(fits));
    good.map(|key| Some(key.to_owned())).ok_or_else(|| {
        let detail = format!("An Idempotency-Key is one text of {least} to {most} letters, digits and . _ ~ : + / = -");
        Problem::malformed("idempotency-key-malformed", detail)
    })
}

/// The digest of several texts, each with its length before it.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    *hasher.finish().as_bytes()
}

fn conflict(name: &'static str, detail: &str) -> Problem {
    Problem::new(RefusalKind::Conflict, name, detail)
}

fn under_way() -> Problem {
    conflict("idempotency-key-under-way", "The same request is being worked on. Send it again in a moment.")
}

fn unknown_end() -> Problem {
    let detail = "This request began before and how it ended is not known. Look whether it was done; if not, send it with a new key.";
    conflict("idempotency-end-unknown", detail)
}

fn not_kept() -> Problem {
    let detail = "This was done before. Its answer is not kept, for it held a secret that is shown once, or was too long. \
                  If the answer was lost, take back what was made and make it anew with a new key.";
    conflict("answer-not-kept", detail)
}

fn reused() -> Problem {
    let detail = "This key belongs to another request. Use a new key for each new request.";
    Problem::new(RefusalKind::Unacceptable, "idempotency-key-reused", detail)
}

fn full() -> Problem {
    let detail =
        "Too many keys of yours are kept. Wait until the oldest is a day old, or send the request without a key.";
    Problem::new(RefusalKind::TooMany, "idempotency-keys-too-many", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        key(&headers).map_err(|problem| problem.name)
    }

    #[test]
    fn a_key_is_one_text_with_or_without_quotes() {
        assert_eq!(read(&[]), Ok(None));
        for good in ["\"8e03978e-40d5-43dd\"", "8e03978e-40d5-43dd"] {
            assert_eq!(read(&[good]), Ok(Some("8e03978e-40d5-43dd".to_owned())), "{good}");
        }
        let long = "x".repeat(65);
        for bad in [
            &["short"][..],
            &[&long],
            &["two words"],
            &["\"half-quoted"],
            &["a;parameter=1"],
            &["12345678", "12345678"],
        ] {
            assert_eq!(read(bad), Err("idempotency-key-malformed"), "{bad:?}");
        }
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_is_part_of_the_digest() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }

    #[test]
    fn a_second_request_with_the_key_waits_until_the_first_is_gone() {
        let under_way = UnderWay::default();
        let person = holdfast_core::id::PersonId::new(holdfast_core::time::Timestamp::from_micros(0), [1; 10]);
        let keyed = Keyed { person, key_hash: [1; 32], request_digest: [2; 32] };
        let first = under_way.begin(&keyed);
        assert!(first.is_some() && under_way.begin(&keyed).is_none());
        drop(first);
        assert!(under_way.begin(&keyed).is_some());
    }
}

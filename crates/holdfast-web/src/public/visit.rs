//! One visit to a public page: the reader's language, what they hold already, and an answer without a cookie.
//!
//! Owns entity tags (RFC 9110 §8.8.3, §13.1.2): every public answer has one and may be kept, but is asked for again, so that
//! an extension of support shows at once.

use askama::Template;
use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::ProductId;
use holdfast_core::time::Timestamp;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::backend::dossier::PublicDossier;
use crate::door::App;
use crate::door::problem::Problem;
use crate::lang::Lang;

/// Characters of an entity tag.
const TAG_CHARS: usize = 32;

/// Who reads, and what they hold.
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) l: Lang,
    /// `?lang=de` if the reader chose a language by the address, for links to the next page: no cookie remembers it.
    pub(super) q: String,
    pub(super) now: Timestamp,
    held: Option<String>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Ok(l) = Lang::from_request_parts(parts, app).await;
        let q = Lang::chosen(parts).map_or_else(String::new, |l| format!("?lang={}", l.tag()));
        let held = parts.headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self { app: app.clone(), l, q, now: app.ground().now(), held })
    }
}

impl Visit {
    /// What the public reads about the product of this address. One that is unknown, not public yet or no identifier at all
    /// gives the same answer.
    pub(super) async fn dossier(&self, text: &str) -> Result<PublicDossier, Problem> {
        let nothing = || Problem::absent("product-unknown", "There is no such product here.");
        let id: ProductId = text.parse().map_err(|_| nothing())?;
        self.app.ask(move |b| b.dossier_of(&id)).await?.ok_or_else(nothing)
    }

    /// A page in the reader's language.
    pub(super) fn page<T: Template>(&self, template: &T) -> Result<Response, Problem> {
        let text = template.render().map_err(|error| {
            tracing::error!(%error, "a public page could not be rendered");
            Problem::fault("page-broken")
        })?;
        let mut response = self.answer("text/html; charset=utf-8", text.into_bytes());
        response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
        Ok(response)
    }

    /// A document for programs of other makers and shops, which any page may fetch.
    pub(super) fn document(&self, media_type: &'static str, bytes: Vec<u8>) -> Response {
        let mut response = self.answer(media_type, bytes);
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }

    /// Bytes with their entity tag; nothing but the tag if the reader holds them already.
    fn answer(&self, media_type: &'static str, bytes: Vec<u8>) -> Response {
        let digest = Sha256Digest::of(&bytes).to_string();
        let tag = format!("\"{}\"", digest.get(..TAG_CHARS).unwrap_or(&digest));
        let holds = |held: &String| {
            held.split(',').any(|one| {
                matches!(one.trim().trim_start_matches("W/"), "*") || one.trim().trim_start_matches("W/") == tag
            })
        };
        let mut response = if self.held.as_ref().is_some_and(holds) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, media_type)], bytes).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
        if let Ok(value) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, value);
        }
        response
    }
}

/// The name of a product in the address, unread.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = Path::<String>::from_request_parts(parts, state).await;
        named
            .map(|Path(text)| Self(text))
            .map_err(|_| Problem::absent("product-unknown", "There is no such product here."))
    }
}

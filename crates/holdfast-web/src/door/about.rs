//! What a route of the interface says of itself beside its handler's signature: words, query fields, media types.
//!
//! Owns the check that a query holds no field but the declared ones; the OpenAPI document shows the same list.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::extract::{Asked, Fields};

/// What is said of a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    /// One sentence.
    pub(crate) summary: &'static str,
    /// What else must be known.
    pub(crate) more: &'static str,
    /// Fields of the query. Any other is refused before the handler runs.
    pub(crate) query: &'static [Ask],
    /// Media types of a body that is not JSON.
    pub(crate) takes: &'static [&'static str],
    /// Media types of an answer that the handler writes itself.
    pub(crate) gives: &'static [&'static str],
    /// Statuses of refusals that do not follow from method, address and access.
    pub(crate) refuses: &'static [u16],
    /// Whether the answer holds a secret that is shown this once.
    pub(crate) secret: bool,
}

impl About {
    pub(crate) const fn new(summary: &'static str) -> Self {
        Self { summary, more: "", query: &[], takes: &[], gives: &[], refuses: &[], secret: false }
    }

    pub(crate) const fn more(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    pub(crate) const fn query(self, query: &'static [Ask]) -> Self {
        Self { query, ..self }
    }

    pub(crate) const fn takes(self, takes: &'static [&'static str]) -> Self {
        Self { takes, ..self }
    }

    pub(crate) const fn gives(self, gives: &'static [&'static str]) -> Self {
        Self { gives, ..self }
    }

    pub(crate) const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    pub(crate) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

impl From<&'static str> for About {
    fn from(summary: &'static str) -> Self {
        Self::new(summary)
    }
}

/// A field of a query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) says: &'static str,
    pub(crate) needed: bool,
}

/// What a field of a query holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// How many rows a page has.
    Rows,
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The identifier of a device, product or stream.
    Slug,
    /// The identifier of a record.
    Uuid,
}

impl Ask {
    /// Where a list goes on.
    pub(crate) const AFTER: Self = Self::of("after", Kind::Text, "`next` of the page before.");
    /// How long a page may be.
    pub(crate) const LIMIT: Self = Self::of("limit", Kind::Rows, "Most rows of the page.");
    /// What every list takes.
    pub(crate) const PAGE: &'static [Self] = &[Self::AFTER, Self::LIMIT];

    pub(crate) const fn of(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, says, needed: false }
    }

    pub(crate) const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }
}

/// Refuses a query that holds what the route does not declare, so that a typing error never widens a list.
pub(crate) async fn declared(State(about): State<About>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let known: Vec<&str> = about.query.iter().map(|ask| ask.name).collect();
    let asked = <Asked as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    match asked.and_then(|Asked(fields): Asked| Fields::only(fields, &known)) {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

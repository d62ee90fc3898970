//! What a route of the interface says of itself beside its handler's signature: words, query fields, media types.
//!
//! Owns the check that a query holds no field but the declared ones, and in each what is declared; the OpenAPI document
//! shows the same list.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::extract::{Asked, Fields};
use super::problem::Problem;
use crate::backend::PageAsk;

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

    /// Refuses a value that is not of this field's kind.
    fn check(&self, fields: &Fields) -> Result<(), Problem> {
        if !fields.has(self.name) {
            let missing = || Problem::malformed("field-missing", format!("`{}` is missing.", self.name));
            return if self.needed { Err(missing()) } else { Ok(()) };
        }
        let value = fields.typed(self.name);
        let whole = |least: i64, most: i64| value.parse().is_ok_and(|number| (least..=most).contains(&number));
        let (fits, wanted) = match self.kind {
            Kind::Text => (true, String::new()),
            Kind::Number(least, most) => (whole(least, most), format!("a whole number from {least} to {most}")),
            Kind::Rows if whole(1, PageAsk::ROWS_MAX.into()) => return Ok(()),
            Kind::Rows => {
                let detail = format!("`limit` is 1 to {}.", PageAsk::ROWS_MAX);
                return Err(Problem::malformed("limit-out-of-range", detail));
            }
            Kind::Flag => (matches!(value, "true" | "false"), "true or false".to_owned()),
            Kind::Word(words) => (words.contains(&value), words.join(", ")),
            Kind::Slug => (is_slug(value), "an identifier of small letters, digits and inner hyphens".to_owned()),
        };
        if fits { Ok(()) } else { Err(Problem::malformed("field-malformed", format!("`{}` is {wanted}.", self.name))) }
    }
}

/// Most characters of an identifier that its maker chose.
pub(crate) const SLUG_CHARS_MAX: usize = 64;

fn is_slug(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: char| edge(c) || c == '-';
    text.len() <= SLUG_CHARS_MAX && text.chars().all(inner) && text.starts_with(edge) && text.ends_with(edge)
}

/// Refuses a query that holds what the route does not declare, so that a typing error never widens a list.
pub(crate) async fn declared(State(about): State<About>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let known: Vec<&str> = about.query.iter().map(|ask| ask.name).collect();
    let asked = <Asked as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    let read = asked.and_then(|Asked(fields): Asked| fields.only(&known));
    match read.and_then(|fields| about.query.iter().try_for_each(|ask| ask.check(&fields))) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: Kind, value: &str) -> bool {
        let fields = Fields::new(vec![("x".to_owned(), value.to_owned())]).unwrap();
        Ask::of("x", kind, "").check(&fields).is_ok()
    }

    #[test]
    fn a_value_that_is_not_of_its_fields_kind_is_refused() {
        assert!(judged(Kind::Flag, "true") && !judged(Kind::Flag, "") && !judged(Kind::Flag, "yes"));
        assert!(
            judged(Kind::Number(1, 9), "9") && !judged(Kind::Number(1, 9), "10") && !judged(Kind::Number(1, 9), "")
        );
        assert!(judged(Kind::Word(&["a", "b"]), "b") && !judged(Kind::Word(&["a", "b"]), "null"));
        assert!(judged(Kind::Slug, "hearth-1") && !judged(Kind::Slug, "") && !judged(Kind::Slug, "-x"));
        assert!(judged(Kind::Text, "") && !judged(Kind::Rows, "0"));
    }

    #[test]
    fn a_field_that_is_needed_is_missed_by_name() {
        let missed = Ask::of("x", Kind::Slug, "").needed().check(&Fields::default()).unwrap_err();
        assert_eq!(missed.name, "field-missing");
    }
}

//! Extractors: each reads one part of a request within limits and refuses with a stable name.
//!
//! Owns limits of bodies and queries. Never lets a plain-text rejection of the framework out.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use super::guard::{SessionSecret, form_token};
use super::problem::Problem;
use crate::backend::people::Caller;
use crate::backend::{PageAsk, RefusalKind};

/// Most bytes of a JSON body.
pub(crate) const JSON_BYTES_MAX: usize = 256 * 1024;

/// How long a small body may take to arrive. Single bytes now and then keep a connection open, but not a request.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// A large body gets one more second for each of so many bytes that it may have.
const BODY_BYTES_PER_SECOND_MIN: u64 = 64 * 1024;

/// The time for a body of at most so many bytes.
const fn within(bytes_max: usize) -> Duration {
    BODY_WITHIN.saturating_add(Duration::from_secs(bytes_max as u64 / BODY_BYTES_PER_SECOND_MIN))
}

/// Bounds the time in which a request is read.
async fn in_time<T>(within: Duration, reading: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::time::timeout(within, reading)
        .await
        .unwrap_or_else(|_| Err(Problem::malformed("body-too-slow", "The body took too long to arrive.")))
}

/// The caller; the guard has checked them.
pub(crate) struct Who(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.map(Self).ok_or_else(|| {
            Problem::new(RefusalKind::Unauthenticated, "not-signed-in", "Sign in, or send an API token.")
        })
    }
}

/// The form token of the caller's session; empty for a caller with an API token.
pub(crate) struct Token(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<SessionSecret>().map(|s| form_token(&s.0)).unwrap_or_default()))
    }
}

/// One identifier in the address.
pub(crate) struct Id<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Id<T>
where
    T: FromStr,
    T::Err: fmt::Display,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::malformed("id-malformed", "The address holds no readable identifier."))?;
        parse_id(&text).map(Self)
    }
}

/// Two identifiers in the address.
pub(crate) struct Ids<A, B>(pub(crate) A, pub(crate) B);

impl<A, B, S> FromRequestParts<S> for Ids<A, B>
where
    A: FromStr,
    A::Err: fmt::Display,
    B: FromStr,
    B::Err: fmt::Display,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((a, b)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::malformed("id-malformed", "The address holds no readable identifiers."))?;
        Ok(Self(parse_id(&a)?, parse_id(&b)?))
    }
}

fn parse_id<T>(text: &str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    text.parse().map_err(|error| Problem::malformed("id-malformed", format!("{error}.")))
}

/// Fields of a query or of a form, by name. A name given twice is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Most fields of one query or form.
    const COUNT_MAX: usize = 128;

    pub(crate) fn new(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        if pairs.len() > Self::COUNT_MAX {
            return Err(Problem::malformed("fields-too-many", format!("At most {} fields.", Self::COUNT_MAX)));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if let Some(_earlier) = fields.insert(name.clone(), value) {
                return Err(Problem::malformed("field-repeated", format!("The field `{name}` is given twice.")));
            }
        }
        Ok(Self(fields))
    }

    /// The value of a field; `None` if it is missing or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Every field that is there, by name, rising.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names of all fields, rising.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value of a field as it was typed, for showing it again.
    pub(crate) fn typed(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether the field was sent at all, as a checked box is.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value of a field in its type.
    pub(crate) fn parsed<T>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.text(name)
            .map(str::parse)
            .transpose()
            .map_err(|error| Problem::malformed("field-malformed", format!("`{name}`: {error}.")))
    }

    /// The value of a field in its type; refuses if it is missing.
    pub(crate) fn needed<T>(&self, name: &str) -> Result<T, Problem>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.parsed(name)?.ok_or_else(|| Problem::malformed("field-missing", format!("`{name}` is missing.")))
    }

    /// Refuses names that the address does not know, so that a typing error never widens a list.
    pub(crate) fn only(self, known: &[&str]) -> Result<Self, Problem> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(self),
            Some(name) => Err(Problem::malformed("field-unknown", format!("`{name}` is not known here."))),
        }
    }

    /// `after` and `limit`.
    pub(crate) fn page(&self) -> Result<PageAsk, Problem> {
        let rows = self.parsed("limit")?.unwrap_or(PageAsk::ROWS);
        if rows == 0 || rows > PageAsk::ROWS_MAX {
            let detail = format!("`limit` is 1 to {}.", PageAsk::ROWS_MAX);
            return Err(Problem::malformed("limit-out-of-range", detail));
        }
        Ok(PageAsk { after: self.text("after").map(str::to_owned), rows })
    }
}

/// The query of an address.
pub(crate) struct Asked(pub(crate) Fields);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::malformed("query-malformed", "The query cannot be read."))?;
        Fields::new(pairs).map(Self)
    }
}

/// A form sent by one of our pages: within the limit, and with the session's form token where there is a session.
pub(crate) struct Sent(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let wanted = request.extensions().get::<SessionSecret>().map(|secret| form_token(&secret.0));
        let reading = async {
            Form::<Vec<(String, String)>>::from_request(request, state).await.map_err(|rejection| match rejection {
                FormRejection::InvalidFormContentType(_) => Problem::media_type("application/x-www-form-urlencoded"),
                FormRejection::BytesRejection(_) => {
                    Problem::new(RefusalKind::TooLarge, "body-too-large", "The form is too large.")
                }
                other @ (FormRejection::FailedToDeserializeForm(_)
                | FormRejection::FailedToDeserializeFormBody(_)
                | _) => {
                    tracing::debug!(error = %other, "a form cannot be read");
                    Problem::malformed("form-malformed", "The form cannot be read.")
                }
            })
        };
        let Form(pairs) = in_time(BODY_WITHIN, reading).await?;
        let fields = Fields::new(pairs)?;
        if wanted.is_some_and(|wanted| fields.typed("form_token") != wanted) {
            let detail =
                "The page was open for too long or belongs to another session. Go back, reload it and try again.";
            return Err(Problem::new(RefusalKind::Forbidden, "form-token-wrong", detail));
        }
        Ok(Self(fields))
    }
}

/// A body of at most `MAX` bytes, with its media type without parameters.
pub(crate) struct Body<const MAX: usize> {
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

impl<const MAX: usize, S: Send + Sync> FromRequest<S> for Body<MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let collecting = async {
            Limited::new(request.into_body(), MAX).collect().await.map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    Problem::new(RefusalKind::TooLarge, "body-too-large", format!("At most {MAX} bytes."))
                } else {
                    Problem::malformed("body-broken", "The body ended before it was complete.")
                }
            })
        };
        let collected = in_time(within(MAX), collecting).await?;
        Ok(Self { media_type, bytes: collected.to_bytes() })
    }
}

impl<const MAX: usize> Body<MAX> {
    /// Refuses every media type but these.
    pub(crate) fn of_type(self, accepted: &[&str]) -> Result<Bytes, Problem> {
        if accepted.contains(&self.media_type.as_str()) {
            Ok(self.bytes)
        } else {
            Err(Problem::media_type(&accepted.join(" or ")))
        }
    }
}

/// A JSON body in its type.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Body::<JSON_BYTES_MAX>::from_request(request, state).await?;
        let bytes = body.of_type(&["application/json", "application/merge-patch+json"])?;
        // Every body of this interface is an object; a list would be read as one whose fields have no names.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            return Err(Problem::malformed(
                "json-malformed",
                "The JSON cannot be used: an object is wanted, not a list.",
            ));
        }
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::malformed("json-malformed", format!("The JSON cannot be used: {error}.")))?;
        Ok(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Result<Fields, Problem> {
        Fields::new(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_field_given_twice_or_unknown_is_refused_by_name() {
        assert_eq!(fields(&[("a", "1"), ("a", "2")]).unwrap_err().name, "field-repeated");
        assert_eq!(fields(&[("stat", "x")]).unwrap().only(&["state"]).unwrap_err().name, "field-unknown");
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_refused_by_name() {
        let never = std::future::pending::<Result<(), Problem>>();
        assert_eq!(in_time(Duration::from_millis(10), never).await.unwrap_err().name, "body-too-slow");
        assert_eq!(within(JSON_BYTES_MAX), Duration::from_secs(34));
    }

    #[test]
    fn a_limit_of_zero_or_over_the_most_is_refused() {
        for bad in ["0", "501", "-1", "many"] {
            assert!(fields(&[("limit", bad)]).unwrap().page().is_err(), "{bad}");
        }
        assert_eq!(fields(&[]).unwrap().page(), Ok(PageAsk::first(PageAsk::ROWS)));
    }
}

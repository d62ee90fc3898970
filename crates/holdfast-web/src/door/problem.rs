//! Every no of this door in one type; the frame turns it into problem+json or into a page.
//!
//! Owns the mapping from kinds of refusals to HTTP status. Source: RFC 9457, RFC 9110 §15.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::backend::{Fault, Refusal, RefusalKind, Stop};

/// A named no with its status. As a response it is empty until the frame writes it in the asker's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) name: &'static str,
    pub(crate) detail: String,
    /// Under which number a fault was logged.
    pub(crate) reference: Option<String>,
}

impl Problem {
    pub(crate) fn new(kind: RefusalKind, name: &'static str, detail: impl Into<String>) -> Self {
        Self { status: status(kind), name, detail: detail.into(), reference: None }
    }

    /// What was sent is not in the form it should have.
    pub(crate) fn malformed(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::Malformed, name, detail)
    }

    /// There is no such thing.
    pub(crate) fn absent(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::Absent, name, detail)
    }

    /// Our fault.
    pub(crate) fn fault(reference: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            name: "internal-fault",
            detail: "Something went wrong on our side. It was logged; nothing was half done.".to_owned(),
            reference: Some(reference.into()),
        }
    }

    /// A body of a type that this address does not take (RFC 9110 §15.5.16).
    pub(crate) fn media_type(expected: &str) -> Self {
        Self {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            name: "content-type-unsupported",
            detail: format!("This address takes {expected}."),
            reference: None,
        }
    }

    /// A method that this address does not know (RFC 9110 §15.5.6).
    pub(crate) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            name: "method-not-allowed",
            detail: "This address does not know that method; see the Allow header.".to_owned(),
            reference: None,
        }
    }
}

const fn status(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Malformed => StatusCode::BAD_REQUEST,
        RefusalKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Absent => StatusCode::NOT_FOUND,
        RefusalKind::Conflict => StatusCode::CONFLICT,
        RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalKind::Unacceptable => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.kind, refusal.name, refusal.detail)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::fault(fault.reference)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => refusal.into(),
            Stop::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

//! Every no of this door: a problem document (RFC 9457) with a stable name, counted in one place.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_store::{CommitError, StoreError};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::{DOOR, Refusals};

/// Start of a problem's type.
const TYPE: &str = "urn:holdfast:refusal:";

/// A refusal or a fault, on its way to the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: StatusCode,
    name: &'static str,
    detail: String,
    retry_after_s: Option<u32>,
}

/// The name that a response was refused by; read by [`count`].
#[derive(Debug, Clone, Copy)]
struct Name(&'static str);

impl Refused {
    pub(super) fn new(status: StatusCode, name: &'static str, detail: impl fmt::Display) -> Self {
        Self { status, name, detail: detail.to_string(), retry_after_s: None }
    }

    /// The sender's fault: 400.
    pub(super) fn malformed(name: &'static str, detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, detail)
    }

    /// The rules say no: 403.
    pub(super) fn forbidden(name: &'static str, detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, name, detail)
    }

    /// Nothing of that name for this device: 404.
    pub(super) fn absent(name: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, name, "there is no such thing for this device")
    }

    /// Too much of it: 429.
    pub(super) fn too_often(name: &'static str, retry_after_s: u32) -> Self {
        let detail = "asked for too often; wait before asking again";
        Self { retry_after_s: Some(retry_after_s), ..Self::new(StatusCode::TOO_MANY_REQUESTS, name, detail) }
    }

    /// Ours: 500. The device learns a number, the log has the whole chain under it.
    pub(super) fn fault(why: &(dyn std::error::Error + 'static)) -> Self {
        let reference = crate::authority::secret_file::hex(&crate::clock::random::<5>());
        let mut chain = why.to_string();
        let mut source = why.source();
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(door = DOOR, fault.reference = %reference, fault.chain = %chain, "fault");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", format!("fault {reference}"))
    }
}

impl From<StoreError> for Refused {
    fn from(why: StoreError) -> Self {
        Self::fault(&why)
    }
}

impl From<CommitError> for Refused {
    fn from(why: CommitError) -> Self {
        match why {
            // Another request was faster: the same question has another answer now, so it may be asked again.
            CommitError::Conflict(name) => Self {
                retry_after_s: Some(1),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, name, "the state has changed meanwhile")
            },
            CommitError::Fault(_) => Self::fault(&why),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = json!({
            "type": format!("{TYPE}{}", self.name),
            "title": self.name,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let kind = (CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (self.status, [kind], problem.to_string()).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Name(self.name));
        response
    }
}

/// Counts what was refused; no handler has to think of it.
pub(super) async fn count(State(refusals): State<Arc<dyn Refusals>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if let Some(Name(name)) = response.extensions().get::<Name>() {
        refusals.count(DOOR, name);
    }
    response
}

/// For every other path.
pub(super) async fn no_such_resource() -> Refused {
    Refused::absent("no-such-resource")
}

/// For every other method.
pub(super) async fn method_not_allowed() -> Refused {
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "another method is needed")
}

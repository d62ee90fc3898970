//! The outermost layer: request ids, security headers, and the form of every no.
//!
//! Owns the Content-Security-Policy and what stands in an access line of the log (never a query, never a cookie).
//! Sources: RFC 9457, RFC 6797, CSP 3, W3C COOP/CORP.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::guard::is_api;
use super::problem::Problem;
use crate::console::words::hex;
use crate::lang::Lang;

/// Headers of every response. `form-action` and `connect-src` are our own origin: no third-party request, no inline script.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
];

/// Random bytes in a request id.
const REQUEST_ID_BYTES: usize = 8;

/// Puts the frame around all routes.
pub(crate) fn around(app: App, router: Router) -> Router {
    router.layer(from_fn_with_state(app, frame))
}

async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(&app);
    let asker = asker(request.uri().path());
    let (mut parts, body) = request.into_parts();
    let Ok(l) = Lang::from_request_parts(&mut parts, &()).await;
    let chosen = (asker != Asker::Reader).then(|| Lang::chosen(&parts)).flatten();
    let request = Request::from_parts(parts, body);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        app.ground().count_refusal(problem.name);
        response = written(&problem, &id, (asker, l), &response);
    }
    let status = response.status().as_u16();
    tracing::info!(request.id = %id, http.method = %method, http.route = route, http.status = status, "answered");
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if asker == Asker::Reader {
        // A shop's page may show the code and the label of a product.
        headers
            .insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(Ok(cookie)) = chosen.map(|l| HeaderValue::from_str(&l.cookie())) {
        headers.append(SET_COOKIE, cookie);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Who asks, by the address: what an answer looks like and whether a cookie may be set depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// The JSON interface.
    Program,
    /// The public pages of products, which never set a cookie.
    Reader,
    /// The maker's people.
    Staff,
    /// Everybody else with a browser.
    Person,
}

impl Asker {
    const fn start(self) -> &'static str {
        match self {
            Self::Reader => "/p",
            Self::Staff => "/console",
            Self::Program | Self::Person => "/",
        }
    }
}

fn asker(path: &str) -> Asker {
    let under = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_api(path) {
        Asker::Program
    } else if under("/p") {
        Asker::Reader
    } else if under("/console") {
        Asker::Staff
    } else {
        Asker::Person
    }
}

fn request_id(app: &App) -> String {
    hex(app.ground().random().get(..REQUEST_ID_BYTES).unwrap_or_default())
}

/// Every refusal of this interface (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// `urn:holdfast:refusal:` and the stable name.
    r#type: String,
    /// The name in words.
    title: String,
    status: u16,
    /// One sentence: why, and what can be done.
    detail: &'a str,
    /// The request's id, as the log has it.
    instance: String,
    /// Under which number a fault of the server was logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "public/problem.html")]
struct ProblemPage<'a> {
    l: Lang,
    why: String,
    back: &'static str,
    title: String,
    problem: &'a Problem,
    id: &'a str,
}

/// Writes a problem in the asker's form and keeps headers that were set with it, such as `Allow`.
fn written(problem: &Problem, id: &str, (asker, l): (Asker, Lang), bare: &Response) -> Response {
    let title = problem.name.replace('-', " ");
    let mut response = if asker == Asker::Program {
        let document = Document {
            r#type: format!("urn:holdfast:refusal:{}", problem.name),
            title,
            status: problem.status.as_u16(),
            detail: &problem.detail,
            instance: format!("urn:holdfast:request:{id}"),
            reference: problem.reference.as_deref(),
        };
        let text = serde_json::to_string(&document).unwrap_or_default();
        ([(CONTENT_TYPE, "application/problem+json")], text).into_response()
    } else {
        let why = crate::console::words::why(l, problem);
        let page = ProblemPage { l, why, back: asker.start(), title, problem, id };
        page.render().map_or_else(|_| problem.detail.clone().into_response(), |text| Html(text).into_response())
    };
    *response.status_mut() = problem.status;
    for (name, value) in bare.headers() {
        if name != CONTENT_TYPE && name != http::header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

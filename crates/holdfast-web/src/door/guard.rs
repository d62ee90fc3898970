//! Who asks, may they, and does the write come from our own pages.
//!
//! Owns the session cookie, bearer tokens and the checks against cross-site writes (`Sec-Fetch-Site`, `Origin`, and
//! the token in each form). Source: RFC 6265bis §5.7 (`__Host-`), RFC 6750 §2.1, W3C Fetch Metadata §2.

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_core::hash::Hasher;
use holdfast_domain::fleet::custody::Reader;
use holdfast_domain::people::access::{Act, may};
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method};

use super::App;
use super::arrival::then;
use super::problem::Problem;
use super::routes::Access;
use crate::backend::RefusalKind;
use crate::backend::people::{Caller, Proof};
use crate::secret::Secret;

/// Name of the session cookie; the prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`.
pub(crate) const COOKIE_NAME: &str = "__Host-holdfast";

/// Name of the refusal that asks for a new proof.
pub(crate) const CONFIRM_AGAIN: &str = "confirm-again";

/// A route's access with what is needed to enforce it.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: App,
    pub(crate) access: Access,
}

/// The session's secret as the cookie brought it, for signing out and for form tokens.
#[derive(Debug, Clone)]
pub(crate) struct SessionSecret(pub(crate) Secret);

/// Lets a request through to its handler, or says why not.
pub(crate) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let page = !is_api(request.uri().path());
    let path = request.uri().path();
    let back = then(if is_write(request.method()) { page_of(path) } else { path }).unwrap_or("/console").to_owned();
    match admit(&gate, request).await {
        Ok(request) => {
            let caller = request.extensions().get::<Caller>().cloned();
            let response = next.run(request).await;
            if let Some(caller) = caller {
                gate.app.ground().used(&caller, response.size_hint().exact().unwrap_or_default());
            }
            response
        }
        Err(problem) if page && problem.status == http::StatusCode::UNAUTHORIZED => {
            let door = if problem.name == CONFIRM_AGAIN { "/account/confirm" } else { "/sign-in" };
            Redirect::to(&format!("{door}?then={back}")).into_response()
        }
        Err(problem) => {
            let mut response = problem.clone().into_response();
            if problem.status == http::StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

/// Whether an address belongs to the JSON interface.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

async fn admit(gate: &Gate, mut request: Request) -> Result<Request, Problem> {
    if gate.access == Access::Reader {
        let reader = reader(&gate.app, reader_key(&request)).await?;
        request.extensions_mut().insert(reader);
        return Ok(request);
    }
    let caller = authenticate(&gate.app, &mut request).await?;
    let by_token = matches!(&caller, Some(Caller { proof: Proof::Token(_), .. }));
    if !by_token && is_write(request.method()) {
        same_site(&request)?;
    }
    match (gate.access, &caller) {
        (Access::Public, _) | (Access::SignedIn | Access::Reader, Some(_)) => {}
        (Access::SignedIn | Access::May(_) | Access::Fresh(_) | Access::Reader, None) => {
            return Err(Problem::new(RefusalKind::Unauthenticated, "not-signed-in", "Sign in, or send an API token."));
        }
        (Access::May(act), Some(caller)) => allowed(caller, act, false)?,
        (Access::Fresh(act), Some(caller)) => allowed(caller, act, true)?,
    }
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    Ok(request)
}

/// Whether a caller may do an act: by role, by the scope of their token, and by a new proof if it is dangerous.
fn allowed(caller: &Caller, act: Act, dangerous: bool) -> Result<(), Problem> {
    if !may(caller.person.role, act) {
        let detail = "Your role does not allow this. Ask an administrator.";
        return Err(Problem::new(RefusalKind::Forbidden, "role-insufficient", detail));
    }
    match &caller.proof {
        Proof::Token(_) if !caller.scope.covers(act, dangerous) => {
            let detail = format!("This token's scope is {}, which does not reach that far.", caller.scope);
            Err(Problem::new(RefusalKind::Forbidden, "token-scope-insufficient", detail))
        }
        Proof::Session(_) if dangerous && !caller.fresh => {
            let detail = "Confirm that it is you: prove again who you are, then do this within ten minutes.";
            Err(Problem::new(RefusalKind::Unauthenticated, CONFIRM_AGAIN, detail))
        }
        Proof::Session(_) | Proof::Token(_) => Ok(()),
    }
}

/// The page from which a form was sent: a dangerous form is not sent again by itself after the proof.
fn page_of(path: &str) -> &str {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["console", room @ ("keys" | "people"), ..] => {
            if *room == "keys" {
                "/console/keys"
            } else {
                "/console/people"
            }
        }
        ["account", ..] => "/account",
        [_, _, _, _, ..] => path.rsplit_once('/').map_or("/", |(page, _)| page),
        _ => "/console",
    }
}

/// A request that brings a token is judged by it alone; a wrong one never falls back to the cookie.
async fn authenticate(app: &App, request: &mut Request) -> Result<Option<Caller>, Problem> {
    let now = app.ground().now();
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let refused = || {
            Problem::new(RefusalKind::Unauthenticated, "token-refused", "The API token is unknown, revoked or over.")
        };
        let token = header.to_str().ok().and_then(bearer).and_then(Secret::parse_token).ok_or_else(refused)?;
        return app.ask(move |b| b.token(&token.hash(), now)).await?.map(Some).ok_or_else(refused);
    }
    let Some(secret) = session_cookie(request.headers()) else { return Ok(None) };
    let hash = secret.hash();
    let caller = app.ask(move |b| b.session(&hash, now)).await?;
    if caller.is_some() {
        request.extensions_mut().insert(SessionSecret(secret));
    }
    Ok(caller)
}

/// The reader of tags whose key the request brings. Nobody else's proof counts here, and no cookie does.
async fn reader(app: &App, key: Option<Secret>) -> Result<Reader, Problem> {
    let refused =
        || Problem::new(RefusalKind::Unauthenticated, "reader-unknown", "Send the key of a reader that is in use.");
    let secret = key.ok_or_else(refused)?;
    app.ask(move |b| b.reader_by_hash(&secret.hash())).await?.ok_or_else(refused)
}

fn reader_key(request: &Request) -> Option<Secret> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    Secret::parse_reader(bearer(header)?)
}

pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<Secret> {
    cookie(headers, COOKIE_NAME)
}

/// The secret in the cookie of this name.
pub(crate) fn cookie(headers: &HeaderMap, wanted: &str) -> Option<Secret> {
    let pairs = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .and_then(|(_, value)| Secret::parse(value))
}

fn is_write(method: &Method) -> bool {
    !method.is_safe()
}

/// Refuses a write that a foreign page caused. Browsers send at least one of the two headers with every write; programs
/// that send neither cannot be tricked by a page, and are let through to the interface only.
fn same_site(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => authority(request).is_some_and(|host| same_origin(origin, &host)),
        (None, None) => is_api(request.uri().path()),
    };
    if ours {
        return Ok(());
    }
    Err(Problem::new(RefusalKind::Forbidden, "cross-site-write", "This must be sent from a page of this server."))
}

fn authority(request: &Request) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    host.or_else(|| request.uri().authority().map(http::uri::Authority::as_str)).map(str::to_owned)
}

pub(crate) fn same_origin(origin: &str, host: &str) -> bool {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).is_some_and(|rest| rest == host)
}

/// The token that stands in every form of a session: known to our pages only, and useless without the cookie.
pub(crate) fn form_token(secret: &Secret) -> String {
    let mut hasher = Hasher::new();
    hasher.update(b"holdfast form token v1");
    hasher.update(&secret.hash());
    hasher.finish().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_counts_only_if_it_is_the_whole_host_and_port() {
        assert!(same_origin("https://hf.example:8443", "hf.example:8443"));
        for foreign in ["https://hf.example", "https://hf.example:8443.evil.example", "null", "https://evil.example"] {
            assert!(!same_origin(foreign, "hf.example:8443"), "{foreign}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_and_only_by_its_whole_name() {
        let secret = Secret::from_random([3; 32]);
        let mut headers = HeaderMap::new();
        let line = format!("a=b; x{COOKIE_NAME}=zzz; {COOKIE_NAME}={}", secret.text());
        headers.insert(COOKIE, HeaderValue::from_str(&line).unwrap());
        assert_eq!(session_cookie(&headers), Some(secret));
    }
}

//! Who knocks: network address, kind of browser, and the mark of a browser from which somebody signed in before.
//!
//! Owns the cookie of the mark. It says nothing about anybody; it only spares its browser the delays that strangers cause.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::response::AppendHeaders;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::Session;
use holdfast_domain::people::session::browser_label;
use http::header::{SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::App;
use super::guard::{COOKIE_NAME, cookie};
use super::problem::Problem;
use crate::backend::credentials::Arrival;
use crate::secret::Secret;

/// Name of the cookie with a browser's mark.
pub(crate) const MARK_NAME: &str = "__Host-hf-browser";
/// How long a browser keeps its mark: 400 days, the most that browsers allow.
const MARK_SECONDS: u64 = 400 * 86_400;

/// Request extension: where the connection comes from. The server puts it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor(pub IpAddr);

/// Cookies of an answer.
pub(crate) type Cookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

/// What is known of a request's sender before anybody is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Knock {
    /// From where.
    pub(crate) address: IpAddr,
    browser: String,
    mark: Option<Secret>,
}

impl<S: Sync> FromRequestParts<S> for Knock {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let Visitor(address) = parts.extensions.get().copied().unwrap_or(Visitor(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self { address, browser: browser_label(agent), mark: mark(&parts.headers) })
    }
}

/// The mark that a browser brings.
pub(crate) fn mark(headers: &HeaderMap) -> Option<Secret> {
    cookie(headers, MARK_NAME)
}

impl Knock {
    /// An arrival with a new session's secret, and with a new mark if the browser has none.
    pub(crate) fn arrival(&self, app: &App) -> (Arrival, Keys) {
        let session = Secret::from_random(app.ground().random());
        let mark = self.mark.clone().unwrap_or_else(|| Secret::from_random(app.ground().random()));
        let arrival = Arrival {
            session_hash: session.hash(),
            mark_hash: mark.hash(),
            browser: self.browser.clone(),
            address: self.address,
        };
        (arrival, Keys { session, mark })
    }
}

/// The secrets of an arrival, for its cookies.
#[derive(Debug)]
pub(crate) struct Keys {
    session: Secret,
    mark: Secret,
}

impl Keys {
    /// The cookies of a session that was opened (RFC 6265bis: `__Host-`, `Secure`, `HttpOnly`, `SameSite`).
    pub(crate) fn cookies(&self, session: &Session, now: Timestamp) -> Result<Cookies, Problem> {
        let seconds = session.expires.since(now).0 / 1_000;
        let line = |name: &str, secret: &Secret, seconds: u64, site: &str| {
            let secret = secret.text();
            let text = format!("{name}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={site}");
            HeaderValue::from_str(&text).map_err(|_| Problem::fault("cookie-unwritable"))
        };
        Ok(AppendHeaders(vec![
            (SET_COOKIE, line(COOKIE_NAME, &self.session, seconds, "Lax")?),
            (SET_COOKIE, line(MARK_NAME, &self.mark, MARK_SECONDS, "Strict")?),
        ]))
    }
}

/// Most characters of an address to go on to.
const THEN_CHARS_MAX: usize = 200;

/// Where to go on after signing in: a path of ours, or nothing. Never another site, whatever the query says.
pub(crate) fn then(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '"' | '<' | '>');
    let ours =
        text.starts_with('/') && !text.starts_with("//") && text.len() <= THEN_CHARS_MAX && text.chars().all(plain);
    ours.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_never_leaves_the_house() {
        for ours in ["/", "/console/devices?state=online", "/c/ABCD-1234", "/home/d/1#updates"] {
            assert_eq!(then(ours), Some(ours));
        }
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a b",
            "/a\nb",
            &format!("/{}", "a".repeat(200)),
        ] {
            assert_eq!(then(foreign), None, "{foreign}");
        }
    }
}

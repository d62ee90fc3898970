//! Pages for anyone: what this is, signing in and out, the health probe.
//!
//! Owns the session cookie. Opening a sign-in link shows a button only, so that a preview of the link does not use it up.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::Session;
use http::HeaderValue;
use http::header::SET_COOKIE;

use crate::assets;
use crate::backend::RefusalKind;
use crate::backend::integrity::Integrity;
use crate::backend::people::Caller;
use crate::console::{PageReply, page, page_with};
use crate::door::App;
use crate::door::extract::{Asked, Sent};
use crate::door::guard::{COOKIE_NAME, SessionSecret};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/", Access::Public, home)
        .get("/healthz", Access::Public, healthz)
        .get("/sign-in", Access::Public, sign_in_page)
        .post("/sign-in", Access::Public, sign_in)
        .post("/sign-out", Access::SignedIn, sign_out)
        .get("/static/{version}/{name}", Access::Public, assets::serve)
}

#[derive(Template)]
#[template(path = "public/home.html")]
struct HomePage {
    l: Lang,
    signed_in: bool,
}

async fn home(l: Lang, caller: Option<axum::Extension<Caller>>) -> PageReply {
    page(&HomePage { l, signed_in: caller.is_some() })
}

/// Answers as long as the process answers and its store can be asked.
async fn healthz(State(app): State<App>) -> Result<&'static str, Problem> {
    app.ask(Integrity::open_alerts).await?;
    Ok("ok\n")
}

#[derive(Template)]
#[template(path = "public/sign_in.html")]
struct SignInPage {
    l: Lang,
    link: Option<String>,
    problem: Option<Problem>,
}

async fn sign_in_page(l: Lang, Asked(query): Asked) -> PageReply {
    page(&SignInPage { l, link: query.text("link").map(str::to_owned), problem: None })
}

async fn sign_in(State(app): State<App>, l: Lang, Sent(fields): Sent) -> PageReply {
    match try_sign_in(&app, fields.typed("link")).await {
        Ok(cookie) => Ok(([(SET_COOKIE, cookie)], Redirect::to("/console")).into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            page_with(problem.status, &SignInPage { l, link: None, problem: Some(problem) })
        }
    }
}

/// Takes the secret alone or the whole link, as people paste it.
async fn try_sign_in(app: &App, typed: &str) -> Result<HeaderValue, Problem> {
    let text = typed.trim();
    let text = text.rsplit_once("link=").map_or(text, |(_, secret)| secret);
    let link = Secret::parse(text).ok_or_else(|| {
        Problem::new(RefusalKind::Malformed, "link-unknown", "This is not a sign-in link of ours. Copy all of it.")
    })?;
    let secret = Secret::from_random(app.ground().random());
    let (link_hash, session_hash) = (link.hash(), secret.hash());
    let session = app.ask(move |b| b.redeem_link(&link_hash, &session_hash)).await?;
    session_cookie(&secret, &session, app.ground().now())
}

/// The cookie of a new session (RFC 6265bis: `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`).
pub(crate) fn session_cookie(secret: &Secret, session: &Session, now: Timestamp) -> Result<HeaderValue, Problem> {
    let seconds = session.expires.since(now).0 / 1_000;
    let text = format!("{COOKIE_NAME}={}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax", secret.text());
    HeaderValue::from_str(&text).map_err(|_| Problem::fault("cookie-unwritable"))
}

async fn sign_out(
    State(app): State<App>,
    session: Option<axum::Extension<SessionSecret>>,
    Sent(_): Sent,
) -> Result<Response, Problem> {
    if let Some(axum::Extension(SessionSecret(secret))) = session {
        let hash = secret.hash();
        app.ask(move |b| b.end_session(&hash)).await?;
    }
    let gone = format!("{COOKIE_NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    Ok(([(SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response())
}

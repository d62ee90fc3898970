//! Signing in by the staff's own identity provider, and linking an account there with one's own.
//!
//! Owns the cookie that ties what was begun to the browser that began it, so that nobody is signed in by an answer that
//! somebody else began.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use holdfast_domain::people::access::Act;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::api::account::passkeys::first_page;
use crate::backend::oidc::{Back, OidcDone, OidcWish};
use crate::backend::people::Caller;
use crate::backend::{Backend, RefusalKind};
use crate::console::words::calendar;
use crate::console::{PageReply, go, page, page_with};
use crate::door::App;
use crate::door::arrival::{Knock, then};
use crate::door::extract::{Asked, Sent, Token, Who};
use crate::door::guard::cookie;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

/// Name of the cookie of what was begun.
const COOKIE_NAME: &str = "__Host-hf-oidc";
/// How long it lives.
const COOKIE_SECONDS: u32 = 600;

pub(crate) fn routes(routes: Routes) -> Routes {
    // Every role of the staff may do this, and no other.
    let (own, sure) = (Access::May(Act::ViewFleet), Access::Fresh(Act::ViewFleet));
    routes
        .get("/sign-in/oidc", Access::Public, begin)
        .get("/sign-in/oidc/back", Access::Public, back)
        .get("/account/oidc", own, show)
        .get("/account/oidc/link", sure, link)
        .post("/account/oidc/unlink", sure, unlink)
}

async fn begin(State(app): State<App>, l: Lang, Asked(query): Asked) -> PageReply {
    let then = query.text("then").and_then(then).unwrap_or_default().to_owned();
    leave(app, l, OidcWish::SignIn { then }).await
}

async fn link(State(app): State<App>, l: Lang, Who(by): Who) -> PageReply {
    leave(app, l, OidcWish::Bind(by)).await
}

/// Sends the person to the provider, with a secret in the browser.
async fn leave(app: App, l: Lang, wish: OidcWish) -> PageReply {
    let secret = Secret::from_random(app.ground().random());
    let hash = secret.hash();
    match app.ask(move |b: &dyn Backend| b.begin_oidc(&wish, hash)).await {
        Ok(url) => Ok((own_cookie(&secret.text(), COOKIE_SECONDS)?, Redirect::to(&url)).into_response()),
        Err(problem) => refused(&app, l, problem),
    }
}

async fn back(
    State(app): State<App>,
    l: Lang,
    knock: Knock,
    headers: HeaderMap,
    caller: Option<Extension<Caller>>,
    Asked(query): Asked,
) -> PageReply {
    let (arrival, keys) = knock.arrival(&app);
    let browser = cookie(&headers, COOKIE_NAME).map_or([0; 32], |secret| secret.hash());
    let text = |name| query.text(name).map(str::to_owned);
    let sent = Back { state: text("state").unwrap_or_default(), code: text("code"), issuer: text("iss"), browser };
    let by = caller.map(|Extension(caller)| caller);
    let gone = own_cookie("", 0)?;
    match app.ask(move |b: &dyn Backend| b.finish_oidc(&sent, by.as_ref(), &arrival)).await {
        Ok(OidcDone::SignedIn(signed_in, then)) => {
            let cookies = keys.cookies(&signed_in.session, app.ground().now())?;
            let to = if then.is_empty() { first_page(&signed_in).to_owned() } else { then };
            Ok((gone, cookies, Redirect::to(&to)).into_response())
        }
        Ok(OidcDone::Bound) => Ok((gone, go("/account/oidc", "linked")).into_response()),
        Err(problem) => Ok((gone, refused(&app, l, problem)?).into_response()),
    }
}

fn own_cookie(value: &str, seconds: u32) -> Result<AppendHeaders<[(http::HeaderName, HeaderValue); 1]>, Problem> {
    let text = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    let line = HeaderValue::from_str(&text).map_err(|_| Problem::fault("cookie-unwritable"))?;
    Ok(AppendHeaders([(SET_COOKIE, line)]))
}

#[derive(Template)]
#[template(path = "oidc/refused.html")]
struct RefusedPage {
    l: Lang,
    why: String,
}

fn refused(app: &App, l: Lang, problem: Problem) -> PageReply {
    if problem.reference.is_some() {
        return Err(problem);
    }
    app.ground().count_refusal(problem.name);
    let known = ["oidc-unreachable", "oidc-state-unknown", "oidc-refused", "oidc-token-wrong", "oidc-account-unknown"];
    let why = if known.contains(&problem.name) { l.say(problem.name) } else { problem.detail };
    page_with(problem.status, &RefusedPage { l, why })
}

#[derive(Template)]
#[template(path = "oidc/account.html")]
struct LinkPage {
    l: Lang,
    token: String,
    name: String,
    since: Option<String>,
    done: Option<String>,
}

async fn show(State(app): State<App>, Who(by): Who, Token(token): Token, l: Lang, Asked(query): Asked) -> PageReply {
    let staff = by.person.role.is_staff();
    let (name, since) = app.ask(move |b: &dyn Backend| Ok((b.oidc_name(), b.identity_since(&by)?))).await?;
    let name = name.filter(|_| staff).ok_or_else(|| {
        Problem::new(RefusalKind::Absent, "oidc-not-configured", "This server knows no identity provider for you.")
    })?;
    let done = match query.typed("done") {
        "linked" => Some(l.say("oidc-linked")),
        "unlinked" => Some(l.say("oidc-unlinked")),
        _ => None,
    };
    page(&LinkPage { l, token, name, since: since.map(|at| calendar(l, at)), done })
}

async fn unlink(State(app): State<App>, Who(by): Who, Sent(_): Sent) -> Result<Response, Problem> {
    app.ask(move |b: &dyn Backend| b.unbind_identity(&by)).await?;
    Ok(go("/account/oidc", "unlinked"))
}

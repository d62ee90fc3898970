//! Signing in and out, and getting in again without any way in.
//!
//! Opening a sign-in link shows a button only, so that a preview of the link does not use it up.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_core::time::Timestamp;
use http::header::SET_COOKIE;

use super::words::{moment, why};
use super::{Purpose, SCRIPT, passkey_form};
use crate::api::account::passkeys::first_page;
use crate::backend::RefusalKind;
use crate::backend::credentials::{SignedIn, TypedPassword};
use crate::console::{PageReply, page, page_with};
use crate::door::App;
use crate::door::arrival::{Cookies, Knock, then};
use crate::door::extract::{Asked, Fields, Sent, Token};
use crate::door::guard::{COOKIE_NAME, SessionSecret};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/sign-in", Access::Public, show)
        .post("/sign-in", Access::Public, by_link)
        .post("/sign-in/password", Access::Public, by_password)
        .post("/sign-out", Access::SignedIn, sign_out)
        .get("/recover", Access::Public, recover)
}

#[derive(Template)]
#[template(path = "account/sign_in.html")]
struct SignInPage {
    l: Lang,
    /// The secret of a link that was opened.
    link: Option<String>,
    passkey: String,
    then: String,
    token: String,
    /// What was typed as the sign-in name.
    login: String,
    problem: Option<String>,
    /// What the staff's identity provider is called.
    oidc: Option<String>,
    script: &'static str,
}

impl SignInPage {
    fn new(l: Lang, token: String, fields: &Fields) -> Self {
        let then = fields.text("then").and_then(then).unwrap_or_default().to_owned();
        let passkey = passkey_form(l, Purpose::SignIn, &then);
        let login = fields.typed("login").chars().take(60).collect();
        Self { l, link: None, passkey, then, token, login, problem: None, oidc: None, script: SCRIPT }
    }
}

async fn show(State(app): State<App>, l: Lang, Token(token): Token, Asked(query): Asked) -> PageReply {
    let link = query.text("link").map(str::to_owned);
    let oidc = app.ground().oidc_name();
    page(&SignInPage { link, oidc, ..SignInPage::new(l, token, &query) })
}

async fn by_link(State(app): State<App>, l: Lang, knock: Knock, Token(token): Token, Sent(fields): Sent) -> PageReply {
    let outcome = try_link(&app, &knock, fields.typed("link")).await;
    finish(&app, outcome, SignInPage::new(l, token, &fields))
}

/// Takes the secret alone or the whole link, as people paste it.
async fn try_link(app: &App, knock: &Knock, typed: &str) -> Result<(Cookies, SignedIn), Problem> {
    let text = typed.trim();
    let text = text.rsplit_once("link=").map_or(text, |(_, secret)| secret);
    let link = Secret::parse(text).ok_or_else(|| {
        Problem::new(RefusalKind::Malformed, "link-unknown", "This is not a sign-in link of ours. Copy all of it.")
    })?;
    let (arrival, keys) = knock.arrival(app);
    let link_hash = link.hash();
    let signed_in = app.ask(move |b| b.redeem_link(&link_hash, &arrival)).await?;
    Ok((keys.cookies(&signed_in.session, app.ground().now())?, signed_in))
}

async fn by_password(
    State(app): State<App>,
    l: Lang,
    knock: Knock,
    Token(token): Token,
    Sent(fields): Sent,
) -> PageReply {
    let outcome = try_password(&app, &knock, &fields).await;
    finish(&app, outcome, SignInPage::new(l, token, &fields))
}

async fn try_password(app: &App, knock: &Knock, fields: &Fields) -> Result<(Cookies, SignedIn), Problem> {
    let (arrival, keys) = knock.arrival(app);
    let typed = typed(fields);
    let signed_in = app.ask(move |b| b.sign_in_by_password(&typed, &arrival)).await?;
    Ok((keys.cookies(&signed_in.session, app.ground().now())?, signed_in))
}

/// A password and a code as a form has them.
pub(super) fn typed(fields: &Fields) -> TypedPassword {
    TypedPassword {
        login: fields.text("login").unwrap_or_default().to_owned(),
        password: fields.typed("password").to_owned(),
        code: fields.text("code").map(str::to_owned),
    }
}

fn finish(app: &App, outcome: Result<(Cookies, SignedIn), Problem>, again: SignInPage) -> PageReply {
    match outcome {
        Ok((cookies, signed_in)) => {
            let first = first_page(&signed_in);
            let to = if signed_in.bare || again.then.is_empty() { first } else { &again.then };
            Ok((cookies, Redirect::to(to)).into_response())
        }
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let said = why(again.l, &problem);
            let oidc = app.ground().oidc_name();
            page_with(problem.status, &SignInPage { problem: Some(said), oidc, ..again })
        }
    }
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

#[derive(Template)]
#[template(path = "account/recover.html")]
struct RecoverPage {
    l: Lang,
    passkey: String,
    /// From when the new passkey counts, after the form was carried out.
    waits: Option<String>,
    script: &'static str,
}

async fn recover(l: Lang, Asked(query): Asked) -> PageReply {
    let waits = query.parsed::<i64>("waits").ok().flatten().map(|at| moment(l, Timestamp::from_micros(at)));
    page(&RecoverPage { l, passkey: passkey_form(l, Purpose::Recover, ""), waits, script: SCRIPT })
}

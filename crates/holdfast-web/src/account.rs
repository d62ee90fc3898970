//! Pages of signing in and of one's own account, for consumers and staff alike.
//!
//! Owns the session's cookie together with `door/arrival`, the passkey form that other rooms put on their pages, and the
//! words for refusals. Every page works without script: by link, or by password and code.

mod confirm;
mod not_me;
mod own;
mod secrets;
mod sign_in;
mod words;

use askama::Template;
use axum::extract::FromRequestParts;
use holdfast_core::time::Timestamp;
use http::request::Parts;

use crate::backend::people::Caller;
use crate::backend::{Answer, Backend};
use crate::door::App;
use crate::door::extract::{Asked, Fields, Token, Who};
use crate::door::problem::Problem;
use crate::door::routes::Routes;
use crate::lang::Lang;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = sign_in::routes(routes);
    let routes = confirm::routes(routes);
    let routes = own::routes(routes);
    let routes = secrets::routes(routes);
    not_me::routes(routes)
}

/// What a passkey form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signing in; as a suggestion of the browser too.
    SignIn,
    /// Proving again who one is.
    Confirm,
    /// Adding one more.
    Add,
    /// Making an owner's account with a ticket, `claim:CODE` or `invitation:SECRET`.
    SignUp(String),
    /// Getting in again with a recovery code.
    Recover,
}

impl Purpose {
    const fn word(&self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
            Self::Add => "add",
            Self::SignUp(_) => "sign-up",
            Self::Recover => "recover",
        }
    }
}

#[derive(Template)]
#[template(path = "account/passkey_form.html")]
struct PasskeyForm {
    l: Lang,
    purpose: Purpose,
    then: String,
}

/// The form that begins a passkey's ceremony, as HTML; `then` is where to go on, empty for the usual place. The page
/// must load `passkey.js` ([`SCRIPT`]) at its end.
pub(crate) fn passkey_form(l: Lang, purpose: Purpose, then: &str) -> String {
    PasskeyForm { l, purpose, then: then.to_owned() }.render().unwrap_or_default()
}

/// The script that passkey forms need.
pub(crate) const SCRIPT: &str = "passkey.js";

/// What a page of one's own works with.
struct Own {
    app: App,
    caller: Caller,
    l: Lang,
    query: Fields,
    now: Timestamp,
    /// The form token of the session.
    token: String,
}

impl FromRequestParts<App> for Own {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Who(caller) = Who::from_request_parts(parts, app).await?;
        let Token(token) = Token::from_request_parts(parts, app).await?;
        let Asked(query) = Asked::from_request_parts(parts, app).await?;
        let Ok(l) = Lang::from_request_parts(parts, app).await;
        Ok(Self { app: app.clone(), caller, l, query, now: app.ground().now(), token })
    }
}

impl Own {
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Backend) -> Answer<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.app.ask(question).await
    }
}

//! One's own account: passkeys, password, second factor, recovery, sessions, tokens. Each on one page, with what to do next.

use askama::Template;
use axum::response::Response;
use holdfast_core::id::{PasskeyId, SessionId, TokenId};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::Act;

use super::words::{kind, moment, why};
use super::{Own, Purpose, SCRIPT, passkey_form};
use crate::backend::credentials::Account;
use crate::backend::people::Proof;
use crate::backend::{Answer, Backend};
use crate::console::{PageReply, go, page_with};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let (own, sure) = (Access::May(Act::ManageOwnAccess), Access::Fresh(Act::ManageOwnAccess));
    routes
        .get("/account", own, show)
        .post("/account/passkeys/{id}/rename", own, rename_passkey)
        .post("/account/passkeys/{id}/remove", sure, remove_passkey)
        .post("/account/password", sure, set_password)
        .post("/account/password/remove", sure, remove_password)
        .post("/account/second-factor/remove", sure, remove_factor)
        .post("/account/recovery/cancel", sure, cancel_recovery)
        .post("/account/sessions/{id}/end", own, end_session)
        .post("/account/sessions/end-others", sure, end_others)
        .post("/account/tokens/{id}/revoke", own, revoke_token)
}

struct PasskeyLine {
    id: String,
    label: String,
    created: String,
    used: Option<String>,
    /// When it begins to count, if it does not yet.
    waits: Option<String>,
}

struct SessionLine {
    id: String,
    browser: String,
    kind: String,
    used: String,
    this: bool,
}

struct TokenLine {
    id: String,
    label: String,
    scope: String,
    expires: String,
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    l: Lang,
    name: String,
    home: &'static str,
    token: String,
    done: Option<String>,
    fresh: bool,
    passkey: String,
    passkeys: Vec<PasskeyLine>,
    account: Account,
    codes_left: String,
    recovery: Option<String>,
    sessions: Vec<SessionLine>,
    tokens: Vec<TokenLine>,
    /// Which form was refused, and why.
    refused: Option<(&'static str, String)>,
    /// The sign-in name as it was typed.
    login: String,
    /// What the staff's identity provider is called.
    oidc: Option<String>,
    script: &'static str,
}

impl AccountPage {
    fn error(&self, form: &str) -> Option<&str> {
        self.refused.as_ref().filter(|(at, _)| *at == form).map(|(_, why)| why.as_str())
    }
}

/// Sentences after something was done; the address carries only the word.
const DONE: [&str; 12] = [
    "passkey-added",
    "passkey-renamed",
    "passkey-removed",
    "password-set",
    "password-removed",
    "factor-set",
    "factor-removed",
    "recovery-cancelled",
    "session-ended",
    "sessions-ended",
    "token-revoked",
    "confirmed",
];

async fn show(own: Own) -> PageReply {
    account_page(own, None).await
}

async fn account_page(own: Own, refused: Option<(&'static str, Problem, Fields)>) -> PageReply {
    let (by, l) = (own.caller.clone(), own.l);
    let (account, tokens) = own.ask(move |b| Ok((b.own_account(&by)?, b.tokens(&by)?))).await?;
    let passkeys = account.passkeys.iter().map(|view| PasskeyLine {
        id: view.id.to_string(),
        label: view.label.clone(),
        created: moment(l, view.created),
        used: view.used.map(|at| moment(l, at)),
        waits: (view.counts_from > own.now).then(|| moment(l, view.counts_from)),
    });
    let sessions = account.sessions.iter().map(|(session, _)| SessionLine {
        id: session.id.to_string(),
        browser: session.browser.clone(),
        kind: kind(l, session.kind),
        used: moment(l, session.last_used),
        this: own.caller.proof == Proof::Session(session.id),
    });
    let mine = tokens.into_iter().filter(|token| token.person == own.caller.person.id);
    let tokens = mine.map(|token| TokenLine {
        id: token.id.to_string(),
        label: token.label,
        scope: token.scope.to_string(),
        expires: moment(l, token.expires),
    });
    let done = own.query.text("done").and_then(|word| DONE.into_iter().find(|known| *known == word));
    let status = refused.as_ref().map_or(http::StatusCode::OK, |(_, problem, _)| problem.status);
    let typed = refused.as_ref().map(|(_, _, fields)| fields.typed("login").to_owned()).unwrap_or_default();
    let page = AccountPage {
        l,
        name: own.caller.person.name.clone(),
        home: if own.caller.person.role == Role::Owner { "/home" } else { "/console" },
        done: done.map(|word| l.say(&format!("account-done-{word}"))),
        fresh: own.caller.fresh,
        passkey: passkey_form(l, Purpose::Add, "/account?done=passkey-added"),
        passkeys: passkeys.collect(),
        recovery: account.recovery.as_ref().map(|recovery| moment(l, recovery.until)),
        sessions: sessions.collect(),
        tokens: tokens.collect(),
        refused: refused.map(|(form, problem, _)| (form, why(l, &problem))),
        login: if typed.is_empty() { account.login.clone().unwrap_or_default() } else { typed },
        oidc: own.app.ground().oidc_name().filter(|_| own.caller.person.role.is_staff()),
        codes_left: l.count("account-codes-left", account.ways.recovery_codes),
        account,
        token: own.token.clone(),
        script: SCRIPT,
    };
    page_with(status, &page)
}

/// Carries out an order of a form; shows the page again with the reason if it is refused.
pub(super) async fn order(
    own: Own,
    (form, fields): (&'static str, Fields),
    done: &'static str,
    question: impl FnOnce(&dyn Backend) -> Answer<()> + Send + 'static,
) -> Result<Response, Problem> {
    match own.ask(question).await {
        Ok(()) => Ok(go("/account", done)),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            own.app.ground().count_refusal(problem.name);
            account_page(own, Some((form, problem, fields))).await
        }
    }
}

async fn rename_passkey(own: Own, Id(id): Id<PasskeyId>, Sent(fields): Sent) -> PageReply {
    let (by, label) = (own.caller.clone(), fields.typed("label").to_owned());
    order(own, ("passkeys", fields), "passkey-renamed", move |b| b.rename_passkey(&by, id, &label)).await
}

async fn remove_passkey(own: Own, Id(id): Id<PasskeyId>, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("passkeys", fields), "passkey-removed", move |b| b.remove_passkey(&by, id)).await
}

async fn set_password(own: Own, Sent(fields): Sent) -> PageReply {
    let (by, login) = (own.caller.clone(), fields.typed("login").to_owned());
    let password = fields.typed("password").to_owned();
    order(own, ("password", fields), "password-set", move |b| b.set_password(&by, &login, &password)).await
}

async fn remove_password(own: Own, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("password", fields), "password-removed", move |b| b.remove_password(&by)).await
}

async fn remove_factor(own: Own, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("factor", fields), "factor-removed", move |b| b.remove_second_factor(&by)).await
}

async fn cancel_recovery(own: Own, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("recovery", fields), "recovery-cancelled", move |b| b.cancel_recovery(&by)).await
}

async fn end_session(own: Own, Id(id): Id<SessionId>, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("sessions", fields), "session-ended", move |b| b.end_session_of(&by, id)).await
}

async fn end_others(own: Own, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("sessions", fields), "sessions-ended", move |b| b.end_other_sessions(&by)).await
}

async fn revoke_token(own: Own, Id(id): Id<TokenId>, Sent(fields): Sent) -> PageReply {
    let by = own.caller.clone();
    order(own, ("tokens", fields), "token-revoked", move |b| b.revoke_token(&by, id)).await
}

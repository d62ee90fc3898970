//! Proving again who one is before something dangerous, and the first page after a one-time link: add a passkey now.

use askama::Template;
use axum::response::{IntoResponse, Redirect};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::account::Ways;

use super::sign_in::typed;
use super::words::why;
use super::{Own, Purpose, SCRIPT, passkey_form};
use crate::console::{PageReply, page, page_with};
use crate::door::arrival::{Knock, then};
use crate::door::extract::{Fields, Sent};
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let own = Access::May(Act::ManageOwnAccess);
    routes.get("/account/confirm", own, show).post("/account/confirm", own, by_password).get(
        "/account/first",
        own,
        first,
    )
}

#[derive(Template)]
#[template(path = "account/confirm.html")]
struct ConfirmPage {
    l: Lang,
    passkey: String,
    ways: Ways,
    then: String,
    token: String,
    problem: Option<String>,
    script: &'static str,
}

/// The usual place of a person.
fn home(role: Role) -> &'static str {
    if role == Role::Owner { "/home" } else { "/console" }
}

async fn confirm_page(own: &Own, fields: &Fields) -> Result<ConfirmPage, crate::door::problem::Problem> {
    let by = own.caller.clone();
    let account = own.ask(move |b| b.own_account(&by)).await?;
    let then = fields.text("then").and_then(then).unwrap_or("/account").to_owned();
    Ok(ConfirmPage {
        l: own.l,
        passkey: passkey_form(own.l, Purpose::Confirm, &then),
        ways: account.ways,
        then,
        token: own.token.clone(),
        problem: None,
        script: SCRIPT,
    })
}

async fn show(own: Own) -> PageReply {
    page(&confirm_page(&own, &own.query).await?)
}

async fn by_password(own: Own, knock: Knock, Sent(fields): Sent) -> PageReply {
    let (arrival, keys) = knock.arrival(&own.app);
    let (by, typed) = (own.caller.clone(), typed(&fields));
    let again = confirm_page(&own, &fields).await?;
    match own.ask(move |b| b.confirm_by_password(&by, &typed, &arrival)).await {
        Ok(session) => Ok((keys.cookies(&session, own.now)?, Redirect::to(&again.then)).into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            own.app.ground().count_refusal(problem.name);
            let said = why(own.l, &problem);
            page_with(problem.status, &ConfirmPage { problem: Some(said), ..again })
        }
    }
}

#[derive(Template)]
#[template(path = "account/first.html")]
struct FirstPage {
    l: Lang,
    name: String,
    passkey: String,
    later: &'static str,
    script: &'static str,
}

async fn first(own: Own) -> PageReply {
    let later = home(own.caller.person.role);
    let name = own.caller.person.name.clone();
    page(&FirstPage { l: own.l, name, passkey: passkey_form(own.l, Purpose::Add, later), later, script: SCRIPT })
}

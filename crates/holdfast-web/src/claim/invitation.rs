//! Joining a household: what an invitation offers, before any account; then one tap.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::Act;
use http::StatusCode;

use super::SCRIPT;
use super::words::{moment, rights_words, why};
use crate::account::{self, Purpose, passkey_form};
use crate::backend::homes::InvitationCard;
use crate::backend::people::Caller;
use crate::console::{PageReply, page_with};
use crate::door::App;
use crate::door::extract::{Sent, Token, Who};
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/i/{secret}", Access::Public, show).post("/i/{secret}", Access::May(Act::UseHome), join)
}

/// Who looks at the page.
enum Reader {
    Stranger { passkey: String },
    Owner { token: String },
    Staff,
}

#[derive(Template)]
#[template(path = "claim/invitation.html")]
struct InvitationPage {
    l: Lang,
    secret: String,
    /// `None` if it does not count any more, whatever the reason.
    card: Option<InvitationCard>,
    rights: Vec<String>,
    expires: String,
    reader: Reader,
    problem: Option<String>,
    scripts: [&'static str; 2],
}

async fn show(
    State(app): State<App>,
    l: Lang,
    caller: Option<Extension<Caller>>,
    Token(token): Token,
    Path(text): Path<String>,
) -> PageReply {
    let card = offered(&app, &text).await?;
    let status = if card.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let reader = match caller.map(|Extension(caller)| caller.person.role) {
        None => {
            let (purpose, then) = (Purpose::SignUp(format!("invitation:{text}")), format!("/i/{text}#claim"));
            Reader::Stranger { passkey: passkey_form(l, purpose, &then) }
        }
        Some(Role::Owner) => Reader::Owner { token },
        Some(_) => Reader::Staff,
    };
    page_with(status, &InvitationPage::new(l, text, card, reader))
}

async fn join(
    State(app): State<App>,
    l: Lang,
    Who(by): Who,
    Token(token): Token,
    Path(text): Path<String>,
    Sent(_): Sent,
) -> PageReply {
    let Some(secret) = Secret::parse(&text) else {
        return page_with(StatusCode::NOT_FOUND, &InvitationPage::new(l, text, None, Reader::Owner { token }));
    };
    match app.ask(move |b| b.accept(&by, &secret.hash())).await {
        Ok(_) => Ok(Redirect::to("/home").into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let card = offered(&app, &text).await?;
            let said = why(l, &problem);
            let page = InvitationPage::new(l, text, card, Reader::Owner { token });
            page_with(problem.status, &InvitationPage { problem: Some(said), ..page })
        }
    }
}

/// A text that is no secret of ours and a secret that does not count look the same.
async fn offered(app: &App, text: &str) -> Result<Option<InvitationCard>, crate::door::problem::Problem> {
    let Some(secret) = Secret::parse(text) else { return Ok(None) };
    app.ask(move |b| b.invitation(&secret.hash())).await
}

impl InvitationPage {
    fn new(l: Lang, secret: String, card: Option<InvitationCard>, reader: Reader) -> Self {
        let rights = card.as_ref().map(|card| rights_words(l, card.rights)).unwrap_or_default();
        let expires = card.as_ref().map(|card| moment(l, card.expires)).unwrap_or_default();
        let scripts = [account::SCRIPT, SCRIPT];
        Self { l, secret, card, rights, expires, reader, problem: None, scripts }
    }
}

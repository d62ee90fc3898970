//! The page on which a person says where they are written to, and the one on which a link confirms it.
//!
//! Opening the link changes nothing: programs that look at mail open links too. The button does, without sign-in, for
//! whoever has the link has the address.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::notice::Notice;
use http::StatusCode;

use crate::backend::RefusalKind;
use crate::backend::notices::MailView;
use crate::backend::people::Caller;
use crate::console::words::calendar;
use crate::console::{PageReply, go, page, page_with};
use crate::door::App;
use crate::door::extract::{Asked, Fields, Sent, Token, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::notice;
use crate::secret::Secret;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (own, sure) = (Access::May(Act::ManageOwnAccess), Access::Fresh(Act::ManageOwnAccess));
    routes
        .get("/account/contact", own, show)
        .post("/account/contact", sure, wish)
        .post("/account/contact/remove", sure, remove)
        .get("/account/contact/confirm", Access::Public, ask)
        .post("/account/contact/confirm", Access::Public, confirm)
}

struct MailLine {
    what: String,
    when: String,
    how: String,
}

#[derive(Template)]
#[template(path = "contact/contact.html")]
struct ContactPage {
    l: Lang,
    token: String,
    home: &'static str,
    done: Option<String>,
    sends: bool,
    verified: Option<(String, String)>,
    wish: Option<String>,
    mails: Vec<MailLine>,
    typed: String,
    error: Option<String>,
}

/// What a page of one's own is made for.
struct Sitting {
    app: App,
    by: Caller,
    token: String,
    l: Lang,
}

async fn show(State(app): State<App>, Who(by): Who, Token(token): Token, Asked(query): Asked, l: Lang) -> PageReply {
    let done = match query.typed("done") {
        "address-sent" => Some(l.say("mail-page-sent")),
        "address-removed" => Some(l.say("mail-page-removed")),
        _ => None,
    };
    contact_page(Sitting { app, by, token, l }, done, None).await
}

async fn contact_page(sitting: Sitting, done: Option<String>, refused: Option<(String, Problem)>) -> PageReply {
    let Sitting { app, by, token, l } = sitting;
    let staff = by.person.role.is_staff();
    let asked = app.ask(move |b| Ok((b.contact(&by)?, b.mail_to(&by)?, b.mail_standing()?)));
    let (contact, mails, standing) = asked.await?;
    let (typed, problem) = refused.map_or((String::new(), None), |(typed, problem)| (typed, Some(problem)));
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let contact = contact.as_ref();
    let template = ContactPage {
        l,
        token,
        home: if staff { "/console" } else { "/home" },
        done,
        sends: standing.sends,
        verified: contact.and_then(|c| c.verified.as_ref()).map(|(a, at)| (a.as_str().to_owned(), calendar(l, *at))),
        wish: contact.and_then(|c| c.wish.as_ref()).map(|wish| wish.address.as_str().to_owned()),
        mails: mails.into_iter().map(|mail| line(l, &mail)).collect(),
        typed,
        error: problem.map(|problem| problem.detail),
    };
    page_with(status, &template)
}

fn line(l: Lang, mail: &MailView) -> MailLine {
    let person = holdfast_core::id::PersonId::new(mail.queued, [0; 10]);
    let what = match mail.kind {
        Some(kind) => notice::text(l, &Notice::new(person, kind, mail.queued)).subject,
        None => l.say("mail-page-link-mail"),
    };
    MailLine { what, when: calendar(l, mail.queued), how: l.say(&format!("mail-page-state-{}", mail.state)) }
}

async fn wish(State(app): State<App>, Who(by): Who, Token(token): Token, l: Lang, Sent(fields): Sent) -> PageReply {
    let typed = fields.typed("address").to_owned();
    let asked = (by.clone(), typed.clone());
    let wished = app.ask(move |b| b.wish_contact(&asked.0, &asked.1, l.tag())).await;
    match wished {
        Ok(()) => Ok(go("/account/contact", "address-sent")),
        Err(problem) => again(Sitting { app, by, token, l }, typed, problem).await,
    }
}

async fn remove(State(app): State<App>, Who(by): Who, Token(token): Token, l: Lang, Sent(_): Sent) -> PageReply {
    let asked = by.clone();
    match app.ask(move |b| b.remove_contact(&asked)).await {
        Ok(()) => Ok(go("/account/contact", "address-removed")),
        Err(problem) => again(Sitting { app, by, token, l }, String::new(), problem).await,
    }
}

async fn again(sitting: Sitting, typed: String, problem: Problem) -> PageReply {
    if problem.reference.is_some() {
        return Err(problem);
    }
    sitting.app.ground().count_refusal(problem.name);
    contact_page(sitting, None, Some((typed, problem))).await
}

#[derive(Template)]
#[template(path = "contact/confirm.html")]
struct ConfirmPage {
    l: Lang,
    token: String,
    code: String,
    confirmed: bool,
    error: Option<String>,
}

async fn ask(Asked(query): Asked, Token(token): Token, l: Lang) -> PageReply {
    let code = query.typed("code").to_owned();
    page(&ConfirmPage { l, token, code, confirmed: false, error: None })
}

async fn confirm(State(app): State<App>, Token(token): Token, l: Lang, Sent(fields): Sent) -> PageReply {
    let refused = |problem: Problem| -> Result<Response, Problem> {
        let status = problem.status;
        let error = Some(problem.detail);
        page_with(status, &ConfirmPage { l, token: token.clone(), code: String::new(), confirmed: false, error })
    };
    let Some(secret) = secret(&fields) else {
        let name = "address-link-unknown";
        app.ground().count_refusal(name);
        return refused(Problem::new(RefusalKind::Unacceptable, name, l.say("mail-page-unknown")));
    };
    match app.ask(move |b| b.confirm_contact(&secret.hash())).await {
        Ok(()) => page(&ConfirmPage { l, token, code: String::new(), confirmed: true, error: None }),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            refused(problem)
        }
    }
}

fn secret(fields: &Fields) -> Option<Secret> {
    Secret::parse(fields.typed("code"))
}

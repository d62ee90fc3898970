//! The page behind the link of a notice: whoever reads the mail says that a change of the account was not theirs.
//!
//! Opening the link changes nothing: programs that look at mail open links too. The button does, without sign-in. The page
//! tells nothing of the account and opens nothing of it; it only ends what is going on.

use askama::Template;
use axum::extract::State;
use http::StatusCode;

use crate::console::{PageReply, page, page_with};
use crate::door::App;
use crate::door::extract::{Asked, Fields, Sent, Token};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/account/not-me", Access::Public, ask).post("/account/not-me", Access::Public, object)
}

#[derive(Template)]
#[template(path = "account/not_me.html")]
struct NotMePage {
    l: Lang,
    token: String,
    code: String,
    what: String,
    done: bool,
    error: Option<String>,
}

/// What the page says of a link that does not count.
const UNKNOWN: &str = "objection-link-unknown";

async fn ask(State(app): State<App>, Asked(query): Asked, Token(token): Token, l: Lang) -> PageReply {
    let Some(secret) = secret(&query) else { return unknown(&app, l, token) };
    let hash = secret.hash();
    match app.ask(move |b| b.objection(&hash)).await? {
        Some(kind) => {
            // The kind's bare subject: it names nobody.
            let what = l.say(&format!("mail-{}-subject", kind.word()));
            page(&NotMePage { l, token, code: secret.text(), what, done: false, error: None })
        }
        None => unknown(&app, l, token),
    }
}

async fn object(State(app): State<App>, Token(token): Token, l: Lang, Sent(fields): Sent) -> PageReply {
    let Some(secret) = secret(&fields) else { return unknown(&app, l, token) };
    match app.ask(move |b| b.object(&secret.hash())).await {
        Ok(()) => page(&NotMePage { l, token, code: String::new(), what: String::new(), done: true, error: None }),
        Err(problem) if problem.name == UNKNOWN => unknown(&app, l, token),
        Err(problem) => Err(problem),
    }
}

fn unknown(app: &App, l: Lang, token: String) -> Result<axum::response::Response, Problem> {
    app.ground().count_refusal(UNKNOWN);
    let (code, what) = (String::new(), String::new());
    let error = Some(l.say("account-not-me-unknown"));
    page_with(StatusCode::NOT_FOUND, &NotMePage { l, token, code, what, done: false, error })
}

fn secret(fields: &Fields) -> Option<Secret> {
    Secret::parse(fields.typed("code"))
}

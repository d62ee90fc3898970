//! What the reader was told: every notice in words, with where to go on.

use askama::Template;
use axum::response::{IntoResponse, Redirect};
use holdfast_core::id::NoticeId;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::notice::Notice;

use super::words::moment;
use super::{Frame, Home, show};
use crate::backend::PageAsk;
use crate::backend::notices::Notices;
use crate::console::{Attempt, PageReply};
use crate::door::extract::Sent;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::notice;

/// Notices of one page.
const ROWS: u16 = 30;

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes.get("/home/alerts", home, page).post("/home/alerts/read", home, read)
}

struct NoticeLine {
    subject: String,
    text: Vec<String>,
    at: String,
    new: bool,
    go: Option<String>,
}

#[derive(Template)]
#[template(path = "home/alerts.html")]
struct AlertsPage {
    l: Lang,
    frame: Frame,
    lines: Vec<NoticeLine>,
    newest: Option<String>,
    next: Option<String>,
}

async fn page(home: Home) -> PageReply {
    let by = home.caller.clone();
    let ask = PageAsk { after: home.query.text("after").map(str::to_owned), rows: ROWS };
    let told = home.ask(move |b| Notices::notices(b, &by, &ask)).await?;
    let frame = home.frame(home.l.say("home-alerts-title"), "alerts").await?;
    let newest = told.rows.first().map(|one| one.id.to_string());
    let lines = told.rows.iter().map(|one| line(&home, one)).collect();
    show(&Attempt::default(), &AlertsPage { l: home.l, frame, lines, newest, next: told.next })
}

fn line(home: &Home, told: &Notice) -> NoticeLine {
    let said = notice::text(home.l, told);
    let go = Some(notice::path(told, false)).filter(|path| path != "/home");
    NoticeLine {
        subject: said.subject,
        text: said.paragraphs,
        at: moment(home.l, told.at, home.now),
        new: told.read.is_none(),
        go,
    }
}

async fn read(home: Home, Sent(fields): Sent) -> PageReply {
    let newest: Option<NoticeId> = fields.parsed("newest")?;
    let by = home.caller.clone();
    home.ask(move |b| Notices::read_notices(b, &by, newest)).await?;
    Ok(Redirect::to("/home/alerts?done=read").into_response())
}

//! Interface of the room `notices`: what the caller is told, where they are reached, and how mail stands.

use axum::extract::State;
use holdfast_core::id::NoticeId;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::notice::Notice;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::notice;

const WISH: About = About::new("Wish for notices at an address.")
    .more("A link goes to the address; notices go there only after the link was opened.");
const READ: About =
    About::new("Mark notices as seen.").more("Up to and with `newest`; all of them if it is not given.");

pub(super) fn routes(routes: Routes) -> Routes {
    let (own, sure) = (Access::May(Act::ManageOwnAccess), Access::Fresh(Act::ManageOwnAccess));
    routes
        .api_get("/api/v1/notices", own, notices, About::new("What the caller is told, newest first.").query(Ask::PAGE))
        .api_post("/api/v1/notices/read", own, read, READ)
        .api_get("/api/v1/contact", own, contact, "Where the caller is reached.")
        .api_put("/api/v1/contact", sure, wish, WISH)
        .api_delete("/api/v1/contact", sure, remove, "Have no notices sent any more.")
        .api_get("/api/v1/mail", Access::May(Act::ManagePeople), mail, "How mail to people stands.")
}

#[derive(Serialize, ToSchema)]
struct NoticeRow {
    id: String,
    kind: &'static str,
    /// One line, in the language of the request.
    subject: String,
    /// Paragraphs, in the language of the request.
    text: Vec<String>,
    facts: BTreeMap<String, String>,
    at_us: i64,
    read_us: Option<i64>,
}

async fn notices(State(app): State<App>, Who(by): Who, Asked(query): Asked, l: Lang) -> Reply<List<NoticeRow>> {
    let ask = query.page()?;
    let told = app.ask(move |b| b.notices(&by, &ask)).await?;
    let row = |told: Notice| {
        let said = notice::text(l, &told);
        NoticeRow {
            id: told.id.to_string(),
            kind: told.kind.word(),
            subject: said.subject,
            text: said.paragraphs,
            facts: told.facts,
            at_us: us(told.at),
            read_us: told.read.map(us),
        }
    };
    Ok(List::of(told, row))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    newest: Option<String>,
}

async fn read(State(app): State<App>, Who(by): Who, Json(body): Json<ReadBody>) -> Reply<Done> {
    let newest = body.newest.map(|text| text.parse::<NoticeId>()).transpose();
    let newest = newest.map_err(|why| Problem::malformed("id-malformed", format!("newest: {why}.")))?;
    app.ask(move |b| b.read_notices(&by, newest)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct ContactDoc {
    address: Option<String>,
    since_us: Option<i64>,
    /// An address that waits for its link to be opened.
    waits: Option<String>,
    language: Option<String>,
}

async fn contact(State(app): State<App>, Who(by): Who) -> Reply<ContactDoc> {
    let known = app.ask(move |b| b.contact(&by)).await?;
    let verified = known.as_ref().and_then(|known| known.verified.as_ref());
    Ok(axum::Json(ContactDoc {
        address: verified.map(|(address, _)| address.as_str().to_owned()),
        since_us: verified.map(|(_, since)| us(*since)),
        waits: known.as_ref().and_then(|known| known.wish.as_ref()).map(|wish| wish.address.as_str().to_owned()),
        language: known.as_ref().map(|known| known.language.clone()),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WishBody {
    address: String,
}

async fn wish(State(app): State<App>, Who(by): Who, l: Lang, Json(body): Json<WishBody>) -> Reply<Done> {
    app.ask(move |b| b.wish_contact(&by, &body.address, l.tag())).await?;
    Ok(done())
}

async fn remove(State(app): State<App>, Who(by): Who) -> Reply<Done> {
    app.ask(move |b| b.remove_contact(&by)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct MailDoc {
    /// Whether this installation sends mail at all.
    sends: bool,
    waiting: u64,
    given_up: u64,
    sent: u64,
}

async fn mail(State(app): State<App>) -> Reply<MailDoc> {
    let standing = app.ask(super::super::backend::notices::Notices::mail_standing).await?;
    let (sends, waiting) = (standing.sends, standing.waiting);
    Ok(axum::Json(MailDoc { sends, waiting, given_up: standing.given_up, sent: standing.sent }))
}

//! The help desk: what owners ask, how long they have waited, and the answers of the maker's people.

use askama::Template;
use holdfast_core::id::HelpId;
use holdfast_core::time::Millis;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::help::{Outcome, Request, Stands, TEXT_CHARS_MAX};

use super::words::{When, span};
use super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use crate::api::{help_wants_all, outcome_of};
use crate::backend::PageAsk;
use crate::backend::help::{HelpDesk, Talk};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

/// Requests of one page.
const ROWS: u16 = 50;

pub(super) fn routes(routes: Routes) -> Routes {
    let desk = Access::May(Act::AnswerHelp);
    routes
        .get("/console/help", desk, all)
        .get("/console/help/{id}", desk, one)
        .post("/console/help/{id}/answer", desk, answer)
        .post("/console/help/{id}/close", desk, close)
}

struct RequestLine {
    id: String,
    topic: String,
    device: Option<String>,
    opened: When,
    state: String,
    class: &'static str,
}

impl RequestLine {
    fn of(request: &Request, desk: &Desk) -> Self {
        let (state, class) = stands(request, desk);
        Self {
            id: request.id.to_string(),
            topic: desk.l.say(topic(request)),
            device: request.device.as_ref().map(ToString::to_string),
            opened: desk.when(request.opened),
            state,
            class,
        }
    }
}

const fn topic(request: &Request) -> &'static str {
    use holdfast_domain::people::help::Topic;
    match request.topic {
        Topic::Help => "help-topic-help",
        Topic::Defect => "help-topic-defect",
        Topic::Data => "help-topic-data",
        Topic::Complaint => "help-topic-complaint",
    }
}

/// The state with the clock in it.
fn stands(request: &Request, desk: &Desk) -> (String, &'static str) {
    match (request.stands, request.left(desk.now)) {
        (Stands::Closed { outcome, .. }, _) => (desk.l.term(outcome.word()), "quiet"),
        (Stands::Answered, _) => (desk.l.term("answered"), "ok"),
        (Stands::WaitsForMaker, Some(Millis(0))) => {
            (desk.l.with("help-late", "span", span(desk.l, desk.now.since(request.due))), "bad")
        }
        (Stands::WaitsForMaker, Some(left)) => {
            let class = if left.0 < 24 * 3_600_000 { "warn" } else { "busy" };
            (desk.l.with("help-left", "span", span(desk.l, left)), class)
        }
        (Stands::WaitsForMaker, None) => (desk.l.say("help-again"), "busy"),
    }
}

#[derive(Template)]
#[template(path = "help/help.html")]
struct HelpPage {
    frame: Frame,
    lines: Vec<RequestLine>,
    open_only: bool,
    next: Option<String>,
}

async fn all(desk: Desk) -> PageReply {
    let open_only = !help_wants_all(&desk.query);
    let ask = PageAsk { after: desk.query.text("after").map(str::to_owned), rows: ROWS };
    let found = desk.ask(move |b| HelpDesk::help_requests(b, open_only, &ask)).await?;
    let frame = desk.frame(desk.l.say("console-nav-help"), "help").await?;
    let lines = found.rows.iter().map(|one| RequestLine::of(one, &desk)).collect();
    let more = if open_only { "" } else { "all=yes&" };
    let next = found.next.map(|next| format!("/console/help?{more}after={next}"));
    page(&HelpPage { frame, lines, open_only, next })
}

struct MessageLine {
    who: String,
    staff: bool,
    at: When,
    text: Vec<String>,
}

#[derive(Template)]
#[template(path = "help/talk.html")]
struct TalkPage {
    frame: Frame,
    line: RequestLine,
    messages: Vec<MessageLine>,
    closed: bool,
    answered: bool,
    outcomes: Vec<(&'static str, String)>,
    most: usize,
    attempt: Attempt,
}

async fn one(desk: Desk, Id(id): Id<HelpId>) -> PageReply {
    talk_page(desk, id, Attempt::default()).await
}

async fn talk_page(desk: Desk, id: HelpId, attempt: Attempt) -> PageReply {
    let Talk { request, messages, names } = desk.ask(move |b| HelpDesk::help_talk(b, id)).await?;
    let frame = desk.frame(desk.l.say("help-request"), "help").await?;
    let status = attempt.status();
    let said = messages.into_iter().map(|one| MessageLine {
        who: names.get(&one.author).cloned().unwrap_or_default(),
        staff: one.staff,
        at: desk.when(one.at),
        text: one.text.lines().map(str::to_owned).collect(),
    });
    let outcomes = Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::Withdrawn);
    let page = TalkPage {
        frame,
        messages: said.collect(),
        closed: matches!(request.stands, Stands::Closed { .. }),
        answered: request.answered.is_some(),
        outcomes: outcomes.map(|outcome| (outcome.word(), desk.l.term(outcome.word()))).collect(),
        line: RequestLine::of(&request, &desk),
        most: TEXT_CHARS_MAX,
        attempt,
    };
    page_with(status, &page)
}

async fn answer(desk: Desk, Id(id): Id<HelpId>, Sent(fields): Sent) -> PageReply {
    let (by, text) = (desk.caller.clone(), fields.typed("text").to_owned());
    let result = desk.ask(move |b| HelpDesk::answer_help(b, &by, id, &text)).await;
    settle(desk, id, fields, ("answer", "answered"), result).await
}

async fn close(desk: Desk, Id(id): Id<HelpId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = match outcome_of(fields.typed("outcome")) {
        Ok(outcome) => desk.ask(move |b| HelpDesk::close_help(b, &by, id, outcome)).await,
        Err(problem) => Err(problem),
    };
    settle(desk, id, fields, ("close", "help-closed"), result).await
}

async fn settle(
    desk: Desk,
    id: HelpId,
    fields: Fields,
    (form, done): (&'static str, &'static str),
    result: Result<(), Problem>,
) -> PageReply {
    match result {
        Ok(()) => Ok(go(&format!("/console/help/{id}"), done)),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            let attempt = desk.refused(form, fields, problem);
            talk_page(desk, id, attempt).await
        }
    }
}

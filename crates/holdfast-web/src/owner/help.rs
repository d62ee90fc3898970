//! Asking the maker: open requests with their clock, a form for a new one, and each conversation.

use askama::Template;
use axum::response::{IntoResponse, Redirect};
use holdfast_core::id::{DeviceId, HelpId};
use holdfast_domain::people::access::Act;
use holdfast_domain::people::help::{Outcome, Request, Stands, TEXT_CHARS_MAX, Topic};

use super::words::{moment, stands};
use super::{Ended, Frame, Home, ended};
use crate::backend::PageAsk;
use crate::backend::help::{HelpDesk, NewHelp, Talk};
use crate::backend::homes::Homes;
use crate::console::{Attempt, PageReply, page_with};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

/// Requests of one page.
const ROWS: u16 = 30;

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes
        .get("/home/help", home, page)
        .post("/home/help", home, ask)
        .get("/home/help/{id}", home, talk)
        .post("/home/help/{id}", home, add)
        .post("/home/help/{id}/end", home, end)
}

struct RequestLine {
    id: String,
    topic: String,
    about: Option<String>,
    state: String,
    class: &'static str,
    when: String,
}

#[derive(Template)]
#[template(path = "home/help.html")]
struct HelpPage {
    l: Lang,
    frame: Frame,
    devices: Vec<(String, String, bool)>,
    lines: Vec<RequestLine>,
    next: Option<String>,
    attempt: Attempt,
}

impl HelpPage {
    /// What a request can be about, and whether that is chosen.
    fn topics(&self) -> Vec<(&'static str, String, bool)> {
        let chosen = self.attempt.typed("ask", "topic", Topic::Help.word());
        let topic = |topic: &Topic| {
            let word = topic.word();
            (word, self.l.say(&format!("home-topic-{word}")), word == chosen)
        };
        Topic::ALL.iter().map(topic).collect()
    }
}

async fn page(home: Home) -> PageReply {
    help_page(home, Attempt::default()).await
}

async fn help_page(home: Home, attempt: Attempt) -> PageReply {
    let by = home.caller.clone();
    let ask = PageAsk { after: home.query.text("after").map(str::to_owned), rows: ROWS };
    let (mine, devices) = home.ask(move |b| Ok((HelpDesk::my_help(b, &by, &ask)?, Homes::my_devices(b, &by)?))).await?;
    let chosen = attempt.typed("ask", "device", home.query.text("device").unwrap_or_default());
    let devices: Vec<(String, String, bool)> = devices
        .into_iter()
        .map(|my| {
            let id = my.device.to_string();
            let is_chosen = id == chosen;
            (id, my.nickname.unwrap_or(my.title), is_chosen)
        })
        .collect();
    let name = |id: &DeviceId| devices.iter().find(|(one, ..)| *one == id.to_string()).map(|(_, name, _)| name.clone());
    let lines = mine.rows.iter().map(|one| line(&home, one, one.device.as_ref().and_then(name))).collect();
    let frame = home.frame(home.l.say("home-help-title"), "help").await?;
    let status = attempt.status();
    page_with(status, &HelpPage { l: home.l, frame, devices, lines, next: mine.next, attempt })
}

fn line(home: &Home, request: &Request, about: Option<String>) -> RequestLine {
    let (state, class) = stands(home.l, request, home.now);
    let when = match request.left(home.now) {
        Some(_) if !request.is_late(home.now) => {
            home.l.with("home-help-due", "in", moment(home.l, request.due, home.now))
        }
        Some(_) | None => home.l.with("home-help-asked", "at", moment(home.l, request.opened, home.now)),
    };
    RequestLine {
        id: request.id.to_string(),
        topic: home.l.say(&format!("home-topic-{}", request.topic.word())),
        about,
        state,
        class,
        when,
    }
}

async fn ask(home: Home, Sent(fields): Sent) -> PageReply {
    match try_ask(&home, &fields).await {
        Ok(id) => Ok(Redirect::to(&format!("/home/help/{id}?done=asked")).into_response()),
        Err(problem) => match ended(&home, "/home/help", "ask", fields, Err(problem))? {
            Ended::Well(response) => Ok(response),
            Ended::Again(attempt) => help_page(home, attempt).await,
        },
    }
}

async fn try_ask(home: &Home, fields: &Fields) -> Result<HelpId, Problem> {
    let topic = fields.text("topic").and_then(Topic::from_word);
    let topic = topic.ok_or_else(|| Problem::malformed("topic-unknown", "Choose what it is about."))?;
    let new = NewHelp { device: fields.parsed("device")?, topic, text: fields.typed("text").to_owned() };
    let by = home.caller.clone();
    home.ask(move |b| HelpDesk::ask_help(b, &by, &new)).await
}

struct MessageLine {
    who: String,
    staff: bool,
    at: String,
    text: Vec<String>,
}

#[derive(Template)]
#[template(path = "home/talk.html")]
struct TalkPage {
    l: Lang,
    frame: Frame,
    id: String,
    topic: String,
    state: String,
    class: &'static str,
    clock: Option<String>,
    messages: Vec<MessageLine>,
    closed: bool,
    reopens: Option<String>,
    most: usize,
    attempt: Attempt,
}

async fn talk(home: Home, Id(id): Id<HelpId>) -> PageReply {
    talk_page(home, id, Attempt::default()).await
}

async fn talk_page(home: Home, id: HelpId, attempt: Attempt) -> PageReply {
    let by = home.caller.clone();
    let Talk { request, messages, .. } = home.ask(move |b| HelpDesk::my_talk(b, &by, id)).await?;
    let (l, now) = (home.l, home.now);
    let topic = l.say(&format!("home-topic-{}", request.topic.word()));
    let frame = home.frame(topic.clone(), "help").await?;
    let (state, class) = stands(l, &request, now);
    let status = attempt.status();
    let page = TalkPage {
        l,
        frame,
        id: request.id.to_string(),
        topic,
        state,
        class,
        clock: request.left(now).map(|_| {
            let key = if request.is_late(now) { "home-help-was-due" } else { "home-help-due" };
            l.with(key, "in", moment(l, request.due, now))
        }),
        messages: messages
            .into_iter()
            .map(|one| MessageLine {
                who: l.say(if one.staff { "home-help-maker" } else { "home-help-you" }),
                staff: one.staff,
                at: moment(l, one.at, now),
                text: one.text.lines().map(str::to_owned).collect(),
            })
            .collect(),
        closed: matches!(request.stands, Stands::Closed { .. }),
        reopens: request.reopens_until().filter(|until| *until >= now).map(|until| moment(l, until, now)),
        most: TEXT_CHARS_MAX,
        attempt,
    };
    page_with(status, &page)
}

async fn add(home: Home, Id(id): Id<HelpId>, Sent(fields): Sent) -> PageReply {
    let (by, text) = (home.caller.clone(), fields.typed("text").to_owned());
    let result = home.ask(move |b| HelpDesk::add_help(b, &by, id, &text)).await.map(|()| "added");
    settle(home, id, fields, result).await
}

async fn end(home: Home, Id(id): Id<HelpId>, Sent(fields): Sent) -> PageReply {
    let outcome = if fields.text("outcome") == Some("solved") { Outcome::Solved } else { Outcome::Withdrawn };
    let by = home.caller.clone();
    let result = home.ask(move |b| HelpDesk::end_help(b, &by, id, outcome)).await.map(|()| "ended");
    settle(home, id, fields, result).await
}

async fn settle(home: Home, id: HelpId, fields: Fields, result: Result<&'static str, Problem>) -> PageReply {
    match ended(&home, &format!("/home/help/{id}"), "talk", fields, result)? {
        Ended::Well(response) => Ok(response),
        Ended::Again(attempt) => talk_page(home, id, attempt).await,
    }
}

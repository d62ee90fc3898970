//! Interface of the help desk: one's own requests, and for the maker's people everybody's.

use axum::extract::State;
use holdfast_core::id::{DeviceId, HelpId};
use holdfast_domain::people::access::Act;
use holdfast_domain::people::help::{Message, Outcome, Request, Stands, Topic};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::backend::help::{HelpDesk, NewHelp, Talk};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Fields, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const ALL: About = About::new("Requests of owners, newest first; only open ones unless `all` is given.").query(&[
    Ask::of("all", Kind::Word(&["yes", "no"]), "`yes` for closed ones too."),
    Ask::AFTER,
    Ask::LIMIT,
]);
const CLOSE: About = About::new("End a request with an outcome, after it was answered.").more(
    "`outcome` is `solved`, `explained`, `replaced`, `refunded`, `data-done` or `refused`. Whoever asked may open it again \
     for fourteen days.",
);

pub(super) fn routes(routes: Routes) -> Routes {
    let (home, desk) = (Access::May(Act::UseHome), Access::May(Act::AnswerHelp));
    routes
        .api_get("/api/v1/home/help", home, mine, About::new("One's own requests, newest first.").query(Ask::PAGE))
        .api_post("/api/v1/home/help", home, ask, "Ask the maker for help.")
        .api_get("/api/v1/home/help/{id}", home, my_talk, "One of one's requests with its conversation.")
        .api_post("/api/v1/home/help/{id}/messages", home, add, "Add to one's request; opens a closed one again.")
        .api_post("/api/v1/home/help/{id}/end", home, end, "End one's request: `solved` or `withdrawn`.")
        .api_get("/api/v1/help", desk, all, ALL)
        .api_get("/api/v1/help/{id}", desk, talk, "A request with its conversation.")
        .api_post("/api/v1/help/{id}/answer", desk, answer, "Answer a request.")
        .api_post("/api/v1/help/{id}/close", desk, close, CLOSE)
}

#[derive(Serialize, ToSchema)]
struct RequestRow {
    id: String,
    /// `help`, `defect`, `data` or `complaint`.
    topic: &'static str,
    device: Option<String>,
    /// `waiting`, `answered` or `closed`.
    state: &'static str,
    outcome: Option<&'static str>,
    opened_us: i64,
    /// By when the first answer is promised.
    due_us: i64,
    answered_us: Option<i64>,
    overdue_us: Option<i64>,
    messages: u32,
}

impl From<&Request> for RequestRow {
    fn from(request: &Request) -> Self {
        Self {
            id: request.id.to_string(),
            topic: request.topic.word(),
            device: request.device.as_ref().map(ToString::to_string),
            state: request.stands.word(),
            outcome: match request.stands {
                Stands::Closed { outcome, .. } => Some(outcome.word()),
                Stands::WaitsForMaker | Stands::Answered => None,
            },
            opened_us: us(request.opened),
            due_us: us(request.due),
            answered_us: request.answered.map(us),
            overdue_us: request.overdue.map(us),
            messages: request.messages,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = HelpMessageRow)]
struct MessageRow {
    number: u32,
    staff: bool,
    name: Option<String>,
    at_us: i64,
    text: String,
}

#[derive(Serialize, ToSchema)]
struct TalkDoc {
    #[serde(flatten)]
    request: RequestRow,
    conversation: Vec<MessageRow>,
}

impl TalkDoc {
    /// With names for the staff; whoever asked does not learn who of the maker's people answered.
    fn of(talk: Talk, by_name: bool) -> Self {
        let names = talk.names;
        let row = |one: Message| MessageRow {
            number: one.number,
            staff: one.staff,
            name: names.get(&one.author).filter(|_| by_name).cloned(),
            at_us: us(one.at),
            text: one.text,
        };
        Self { request: (&talk.request).into(), conversation: talk.messages.into_iter().map(row).collect() }
    }
}

async fn mine(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<RequestRow>> {
    let ask = query.page()?;
    let page = app.ask(move |b| HelpDesk::my_help(b, &by, &ask)).await?;
    Ok(List::of(page, |one| RequestRow::from(&one)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskBody {
    topic: String,
    device: Option<String>,
    text: String,
}

impl AskBody {
    fn read(self) -> Result<NewHelp, Problem> {
        let unknown = || Problem::malformed("topic-unknown", "`topic` is help, defect, data or complaint.");
        let topic = Topic::from_word(&self.topic).ok_or_else(unknown)?;
        let device = self.device.as_deref().map(str::parse::<DeviceId>).transpose();
        let device = device.map_err(|why| Problem::malformed("id-malformed", format!("{why}.")))?;
        Ok(NewHelp { device, topic, text: self.text })
    }
}

#[derive(Serialize, ToSchema)]
struct HelpMade {
    id: String,
}

async fn ask(State(app): State<App>, Who(by): Who, Json(body): Json<AskBody>) -> Reply<HelpMade> {
    let new = body.read()?;
    let id = app.ask(move |b| HelpDesk::ask_help(b, &by, &new)).await?;
    Ok(axum::Json(HelpMade { id: id.to_string() }))
}

async fn my_talk(State(app): State<App>, Who(by): Who, Id(id): Id<HelpId>) -> Reply<TalkDoc> {
    Ok(axum::Json(TalkDoc::of(app.ask(move |b| HelpDesk::my_talk(b, &by, id)).await?, false)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextBody {
    text: String,
}

async fn add(State(app): State<App>, Who(by): Who, Id(id): Id<HelpId>, Json(body): Json<TextBody>) -> Reply<Done> {
    app.ask(move |b| HelpDesk::add_help(b, &by, id, &body.text)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OutcomeBody {
    outcome: String,
}

impl OutcomeBody {
    fn read(&self) -> Result<Outcome, Problem> {
        outcome_of(&self.outcome)
    }
}

/// Reads an outcome.
pub(crate) fn outcome_of(word: &str) -> Result<Outcome, Problem> {
    Outcome::from_word(word).ok_or_else(|| {
        let words: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
        Problem::malformed("outcome-unknown", format!("An outcome is one of: {}.", words.join(", ")))
    })
}

async fn end(State(app): State<App>, Who(by): Who, Id(id): Id<HelpId>, Json(body): Json<OutcomeBody>) -> Reply<Done> {
    let outcome = body.read()?;
    app.ask(move |b| HelpDesk::end_help(b, &by, id, outcome)).await?;
    Ok(done())
}

/// Whether a list shows closed requests too.
pub(crate) fn wants_all(query: &Fields) -> bool {
    query.text("all") == Some("yes")
}

async fn all(State(app): State<App>, Asked(query): Asked) -> Reply<List<RequestRow>> {
    let (ask, open_only) = (query.page()?, !wants_all(&query));
    query.only(&["all", "after", "limit"])?;
    let page = app.ask(move |b| HelpDesk::help_requests(b, open_only, &ask)).await?;
    Ok(List::of(page, |one| RequestRow::from(&one)))
}

async fn talk(State(app): State<App>, Id(id): Id<HelpId>) -> Reply<TalkDoc> {
    Ok(axum::Json(TalkDoc::of(app.ask(move |b| HelpDesk::help_talk(b, id)).await?, true)))
}

async fn answer(State(app): State<App>, Who(by): Who, Id(id): Id<HelpId>, Json(body): Json<TextBody>) -> Reply<Done> {
    app.ask(move |b| HelpDesk::answer_help(b, &by, id, &body.text)).await?;
    Ok(done())
}

async fn close(State(app): State<App>, Who(by): Who, Id(id): Id<HelpId>, Json(body): Json<OutcomeBody>) -> Reply<Done> {
    let outcome = body.read()?;
    app.ask(move |b| HelpDesk::close_help(b, &by, id, outcome)).await?;
    Ok(done())
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    if let Ok(body) = serde_json::from_slice::<AskBody>(bytes) {
        drop(body.read());
    }
    if let Ok(body) = serde_json::from_slice::<OutcomeBody>(bytes) {
        drop(body.read());
    }
    drop(serde_json::from_slice::<TextBody>(bytes));
}

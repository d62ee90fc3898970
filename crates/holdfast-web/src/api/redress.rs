//! Interface of the room `redress`, for the maker's people: complaints about privacy, and the register of breaches.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use holdfast_core::id::{BreachId, ComplaintId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::breach::{Account, Breach, Entry, Risk};
use holdfast_domain::people::complaint::Complaint;
use holdfast_domain::people::help::Stands;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::help::{outcome_of, wants_all};
use super::{Done, List, Reply, done, us};
use crate::backend::redress::{ComplaintTalk, Redress};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const COMPLAINTS: About = About::new("Complaints about privacy, newest first; only open ones unless `all` is given.")
    .query(&[Ask::of("all", Kind::Word(&["yes", "no"]), "`yes` for closed ones too."), Ask::AFTER, Ask::LIMIT]);
const NOTE: About = About::new("Enter a breach of personal data.")
    .more("The 72 hours of the supervisory authority (GDPR Art. 33) run from `noticed_us`.")
    .refuses(&[422]);
const TELL: About =
    About::new("Tell the owners of the products concerned (GDPR Art. 34). Each is told once.").refuses(&[409, 422]);

pub(super) fn routes(routes: Routes) -> Routes {
    let (desk, keep) = (Access::May(Act::AnswerHelp), Access::May(Act::HandleBreaches));
    let routes = routes
        .api_get("/api/v1/complaints", desk, complaints, COMPLAINTS)
        .api_get("/api/v1/complaints/{id}", desk, complaint, "A complaint with its conversation.")
        .api_post(
            "/api/v1/complaints/{id}/answer",
            desk,
            answer,
            About::new("Answer a complaint.").refuses(&[409, 422]),
        )
        .api_post(
            "/api/v1/complaints/{id}/close",
            desk,
            close,
            About::new("End a complaint with an outcome, after it was answered.").refuses(&[409, 422]),
        );
    routes
        .api_get(
            "/api/v1/breaches",
            keep,
            breaches,
            About::new("The register of breaches, newest first.").query(Ask::PAGE),
        )
        .api_post("/api/v1/breaches", keep, note, NOTE)
        .api_get("/api/v1/breaches/{id}", keep, breach, "An entry of the register with its history.")
        .api_put("/api/v1/breaches/{id}", keep, amend, About::new("Correct an entry.").refuses(&[409, 422]))
        .api_post(
            "/api/v1/breaches/{id}/notified",
            keep,
            notified,
            About::new("Note that the authority was told now.").refuses(&[409, 422]),
        )
        .api_post("/api/v1/breaches/{id}/owners", keep, tell, TELL)
        .api_post("/api/v1/breaches/{id}/close", keep, close_breach, About::new("Close an entry.").refuses(&[409]))
        .api_get(
            "/api/v1/breaches/{id}/report",
            keep,
            report,
            About::new("The report to the authority, in the order of GDPR Art. 33(3).").gives(&["text/plain"]),
        )
}

#[derive(Serialize, ToSchema)]
struct ComplaintRow {
    id: String,
    matter: &'static str,
    product: Option<String>,
    /// `waiting`, `answered` or `closed`.
    state: &'static str,
    outcome: Option<&'static str>,
    opened_us: i64,
    due_us: i64,
    answered_us: Option<i64>,
    late: bool,
    messages: u32,
}

fn row(app: &App, one: &Complaint) -> ComplaintRow {
    ComplaintRow {
        id: one.id.to_string(),
        matter: one.matter.word(),
        product: one.product.as_ref().map(ProductId::to_string),
        state: one.stands.word(),
        outcome: match one.stands {
            Stands::Closed { outcome, .. } => Some(outcome.word()),
            Stands::WaitsForMaker | Stands::Answered => None,
        },
        opened_us: us(one.opened),
        due_us: us(one.due),
        answered_us: one.answered.map(us),
        late: one.is_late(app.ground().now()),
        messages: one.messages,
    }
}

async fn complaints(State(app): State<App>, Asked(query): Asked) -> Reply<List<ComplaintRow>> {
    let (ask, open_only) = (query.page()?, !wants_all(&query));
    let page = app.ask(move |b| b.complaints(open_only, &ask)).await?;
    Ok(List::of(page, |one| row(&app, &one)))
}

#[derive(Serialize, ToSchema)]
struct ComplaintSaid {
    number: u32,
    staff: bool,
    name: Option<String>,
    at_us: i64,
    text: String,
}

#[derive(Serialize, ToSchema)]
struct ComplaintDoc {
    #[serde(flatten)]
    complaint: ComplaintRow,
    conversation: Vec<ComplaintSaid>,
}

async fn complaint(State(app): State<App>, Id(id): Id<ComplaintId>) -> Reply<ComplaintDoc> {
    let unknown = || Problem::absent("complaint-unknown", "There is no such complaint.");
    let found = app.ask(move |b| Redress::complaint(b, id)).await?.ok_or_else(unknown)?;
    let ComplaintTalk { complaint, said, names } = found;
    let line = |one: holdfast_domain::people::complaint::Said| ComplaintSaid {
        number: one.number,
        staff: one.author.is_some(),
        name: one.author.and_then(|author| names.get(&author).cloned()),
        at_us: us(one.at),
        text: one.text,
    };
    let conversation = said.into_iter().map(line).collect();
    Ok(axum::Json(ComplaintDoc { complaint: row(&app, &complaint), conversation }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintAnswerBody {
    text: String,
}

async fn answer(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ComplaintId>,
    Json(body): Json<ComplaintAnswerBody>,
) -> Reply<Done> {
    app.ask(move |b| b.answer_complaint(&by, id, &body.text)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintCloseBody {
    outcome: String,
}

async fn close(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ComplaintId>,
    Json(body): Json<ComplaintCloseBody>,
) -> Reply<Done> {
    let outcome = outcome_of(&body.outcome)?;
    app.ask(move |b| b.close_complaint(&by, id, outcome)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct BreachRow {
    id: String,
    version: u64,
    /// `unlikely`, `some` or `high`.
    risk: &'static str,
    noticed_us: i64,
    /// By when the authority is to be told.
    due_us: i64,
    late: bool,
    notified_us: Option<i64>,
    reference: String,
    told_us: Option<i64>,
    told_owners: Option<u64>,
    closed_us: Option<i64>,
    products: Vec<String>,
    nature: String,
    people: Option<u64>,
    records: Option<u64>,
    contact: String,
    consequences: String,
    measures: String,
    reasons: String,
    advice: String,
}

fn breach_row(app: &App, breach: Breach) -> BreachRow {
    let Account { nature, people, records, contact, consequences, measures, reasons, advice } = breach.account.clone();
    BreachRow {
        id: breach.id.to_string(),
        version: breach.version,
        risk: breach.risk.word(),
        noticed_us: us(breach.noticed),
        due_us: us(breach.due),
        late: breach.is_late(app.ground().now()),
        notified_us: breach.notified.map(us),
        told_us: breach.told.map(|(at, _)| us(at)),
        told_owners: breach.told.map(|(_, count)| count),
        closed_us: breach.closed.map(us),
        products: breach.products.iter().map(ProductId::to_string).collect(),
        reference: breach.reference,
        nature,
        people,
        records,
        contact,
        consequences,
        measures,
        reasons,
        advice,
    }
}

async fn breaches(State(app): State<App>, Asked(query): Asked) -> Reply<List<BreachRow>> {
    let ask = query.page()?;
    let page = app.ask(move |b| b.breaches(&ask)).await?;
    Ok(List::of(page, |one| breach_row(&app, one)))
}

#[derive(Serialize, ToSchema)]
struct BreachLineRow {
    version: u64,
    act: &'static str,
    at_us: i64,
    who: String,
}

#[derive(Serialize, ToSchema)]
struct BreachDoc {
    #[serde(flatten)]
    breach: BreachRow,
    /// How many owners would be told.
    owners: u64,
    history: Vec<BreachLineRow>,
}

fn no_breach() -> Problem {
    Problem::absent("breach-unknown", "There is no such entry in the register.")
}

async fn breach(State(app): State<App>, Id(id): Id<BreachId>) -> Reply<BreachDoc> {
    let found = app.ask(move |b| Redress::breach(b, id)).await?.ok_or_else(no_breach)?;
    let line = |(version, act, at, who): (u64, holdfast_domain::people::breach::BreachAct, Timestamp, String)| {
        BreachLineRow { version, act: act.word(), at_us: us(at), who }
    };
    let history = found.lines.into_iter().map(line).collect();
    Ok(axum::Json(BreachDoc { breach: breach_row(&app, found.breach), owners: found.owners, history }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BreachBody {
    /// When it was noticed; now if it is left out. It cannot be changed later.
    noticed_us: Option<i64>,
    /// `unlikely`, `some` or `high`.
    risk: String,
    #[serde(default)]
    products: Vec<String>,
    nature: String,
    people: Option<u64>,
    records: Option<u64>,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    consequences: String,
    #[serde(default)]
    measures: String,
    /// Why no risk is likely, or why the report is late.
    #[serde(default)]
    reasons: String,
    /// What the people concerned read.
    #[serde(default)]
    advice: String,
    from_version: Option<u64>,
}

impl BreachBody {
    fn read(self, now: Timestamp) -> Result<(Entry, Option<u64>), Problem> {
        let unknown = || Problem::malformed("risk-unknown", "`risk` is unlikely, some or high.");
        let risk = Risk::from_word(&self.risk).ok_or_else(unknown)?;
        let products: Result<Vec<ProductId>, _> = self.products.iter().map(|one| one.parse()).collect();
        let products = products.map_err(|why| Problem::malformed("id-malformed", format!("{why}.")))?;
        let noticed = self.noticed_us.map_or(now, Timestamp::from_micros);
        let account = Account {
            nature: self.nature,
            people: self.people.filter(|people| i64::try_from(*people).is_ok()),
            records: self.records.filter(|records| i64::try_from(*records).is_ok()),
            contact: self.contact,
            consequences: self.consequences,
            measures: self.measures,
            reasons: self.reasons,
            advice: self.advice,
        };
        Ok((Entry { noticed, risk, products, account }, self.from_version))
    }
}

#[derive(Serialize, ToSchema)]
struct BreachMade {
    id: String,
}

async fn note(State(app): State<App>, Who(by): Who, Json(body): Json<BreachBody>) -> Reply<BreachMade> {
    let (entry, _) = body.read(app.ground().now())?;
    let id = app.ask(move |b| b.note_breach(&by, &entry)).await?;
    Ok(axum::Json(BreachMade { id: id.to_string() }))
}

async fn amend(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<BreachId>,
    Json(body): Json<BreachBody>,
) -> Reply<Done> {
    let (entry, from) = body.read(app.ground().now())?;
    app.ask(move |b| b.amend_breach(&by, id, &entry, from)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NotifiedBody {
    /// The authority's reference.
    #[serde(default)]
    reference: String,
}

async fn notified(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<BreachId>,
    Json(body): Json<NotifiedBody>,
) -> Reply<Done> {
    app.ask(move |b| b.breach_notified(&by, id, &body.reference)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct BreachTold {
    owners: u64,
}

async fn tell(State(app): State<App>, Who(by): Who, Id(id): Id<BreachId>) -> Reply<BreachTold> {
    Ok(axum::Json(BreachTold { owners: app.ask(move |b| b.tell_breach_owners(&by, id)).await? }))
}

async fn close_breach(State(app): State<App>, Who(by): Who, Id(id): Id<BreachId>) -> Reply<Done> {
    app.ask(move |b| b.close_breach(&by, id)).await?;
    Ok(done())
}

pub(crate) async fn report(State(app): State<App>, Id(id): Id<BreachId>) -> Result<Response, Problem> {
    let text = app.ask(move |b| b.breach_report(id)).await?.ok_or_else(no_breach)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<ComplaintAnswerBody>(bytes));
    drop(serde_json::from_slice::<ComplaintCloseBody>(bytes));
    drop(serde_json::from_slice::<NotifiedBody>(bytes));
    if let Ok(body) = serde_json::from_slice::<BreachBody>(bytes) {
        drop(body.read(Timestamp::from_micros(0)));
    }
}

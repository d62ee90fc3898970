//! Complaints about privacy and the register of breaches, for the maker's people.

use askama::Template;
use holdfast_core::id::{BreachId, ComplaintId, ProductId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::people::access::Act;
use holdfast_domain::people::breach::{Account, Breach, Entry, Risk};
use holdfast_domain::people::complaint::Complaint;
use holdfast_domain::people::help::{Outcome, Stands, TEXT_CHARS_MAX};

use super::words::{When, span};
use super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use crate::api::{help_wants_all, outcome_of};
use crate::backend::PageAsk;
use crate::backend::dossier::Dossiers;
use crate::backend::redress::{BreachView, ComplaintTalk, Redress};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

/// Rows of one page.
const ROWS: u16 = 50;
/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

pub(super) fn routes(routes: Routes) -> Routes {
    let (desk, keep) = (Access::May(Act::AnswerHelp), Access::May(Act::HandleBreaches));
    routes
        .get("/console/complaints", desk, complaints)
        .get("/console/complaints/{id}", desk, complaint)
        .post("/console/complaints/{id}/answer", desk, answer)
        .post("/console/complaints/{id}/close", desk, close)
        .get("/console/breaches", keep, breaches)
        .post("/console/breaches", keep, note)
        .get("/console/breaches/{id}", keep, breach)
        .post("/console/breaches/{id}", keep, amend)
        .post("/console/breaches/{id}/notified", keep, notified)
        .post("/console/breaches/{id}/owners", keep, tell)
        .post("/console/breaches/{id}/close", keep, close_breach)
        .get("/console/breaches/{id}/report", keep, crate::api::breach_report)
}

struct ComplaintLine {
    id: String,
    matter: String,
    product: Option<String>,
    opened: When,
    state: String,
    class: &'static str,
}

impl ComplaintLine {
    fn of(one: &Complaint, desk: &Desk) -> Self {
        let (state, class) = match one.stands {
            Stands::Closed { outcome, .. } => (desk.l.term(outcome.word()), "quiet"),
            Stands::Answered => (desk.l.term("answered"), "ok"),
            Stands::WaitsForMaker if one.answered.is_some() => (desk.l.say("help-again"), "busy"),
            Stands::WaitsForMaker => clock(desk, one.due),
        };
        Self {
            id: one.id.to_string(),
            matter: desk.l.term(one.matter.word()),
            product: one.product.as_ref().map(ProductId::to_string),
            opened: desk.when(one.opened),
            state,
            class,
        }
    }
}

/// How much of a promised time is left, with its colour.
fn clock(desk: &Desk, due: Timestamp) -> (String, &'static str) {
    let left = |left| desk.l.with("help-left", "span", span(desk.l, left));
    match due.since(desk.now) {
        Millis(0) => (desk.l.with("help-late", "span", span(desk.l, desk.now.since(due))), "bad"),
        time if time.0 < 24 * HOUR_MS => (left(time), "warn"),
        time => (left(time), "busy"),
    }
}

#[derive(Template)]
#[template(path = "promises/complaints.html")]
struct ComplaintsPage {
    frame: Frame,
    lines: Vec<ComplaintLine>,
    open_only: bool,
    next: Option<String>,
}

async fn complaints(desk: Desk) -> PageReply {
    let open_only = !help_wants_all(&desk.query);
    let ask = PageAsk { after: desk.query.text("after").map(str::to_owned), rows: ROWS };
    let found = desk.ask(move |b| b.complaints(open_only, &ask)).await?;
    let all = if open_only { "" } else { "all=yes&" };
    page(&ComplaintsPage {
        lines: found.rows.iter().map(|one| ComplaintLine::of(one, &desk)).collect(),
        open_only,
        next: found.next.map(|after| format!("/console/complaints?{all}after={after}")),
        frame: desk.frame(desk.l.say("promise-complaints"), "help").await?,
    })
}

struct SaidLine {
    who: String,
    staff: bool,
    at: When,
    text: Vec<String>,
}

#[derive(Template)]
#[template(path = "promises/complaint.html")]
struct ComplaintPage {
    frame: Frame,
    line: ComplaintLine,
    said: Vec<SaidLine>,
    closed: bool,
    answered: bool,
    outcomes: Vec<(&'static str, String)>,
    most: usize,
    attempt: Attempt,
}

async fn complaint(desk: Desk, Id(id): Id<ComplaintId>) -> PageReply {
    complaint_page(desk, id, Attempt::default()).await
}

async fn complaint_page(desk: Desk, id: ComplaintId, attempt: Attempt) -> PageReply {
    let unknown = || Problem::absent("complaint-unknown", "There is no such complaint.");
    let found = desk.ask(move |b| Redress::complaint(b, id)).await?.ok_or_else(unknown)?;
    let ComplaintTalk { complaint, said, names } = found;
    let line = |one: holdfast_domain::people::complaint::Said| SaidLine {
        who: one.author.and_then(|author| names.get(&author).cloned()).unwrap_or_else(|| desk.l.say("promise-whoever")),
        staff: one.author.is_some(),
        at: desk.when(one.at),
        text: one.text.lines().map(str::to_owned).collect(),
    };
    let outcomes = Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::Withdrawn);
    let status = attempt.status();
    let page = ComplaintPage {
        said: said.into_iter().map(line).collect(),
        closed: matches!(complaint.stands, Stands::Closed { .. }),
        answered: complaint.answered.is_some(),
        outcomes: outcomes.map(|outcome| (outcome.word(), desk.l.term(outcome.word()))).collect(),
        line: ComplaintLine::of(&complaint, &desk),
        most: TEXT_CHARS_MAX,
        frame: desk.frame(desk.l.say("promise-complaint"), "help").await?,
        attempt,
    };
    page_with(status, &page)
}

async fn answer(desk: Desk, Id(id): Id<ComplaintId>, Sent(fields): Sent) -> PageReply {
    let (by, text) = (desk.caller.clone(), fields.typed("text").to_owned());
    let result = desk.ask(move |b| b.answer_complaint(&by, id, &text)).await;
    settle_complaint(desk, id, fields, ("answer", "complaint-answered"), result).await
}

async fn close(desk: Desk, Id(id): Id<ComplaintId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = match outcome_of(fields.typed("outcome")) {
        Ok(outcome) => desk.ask(move |b| b.close_complaint(&by, id, outcome)).await,
        Err(problem) => Err(problem),
    };
    settle_complaint(desk, id, fields, ("close", "complaint-closed"), result).await
}

async fn settle_complaint(
    desk: Desk,
    id: ComplaintId,
    fields: Fields,
    (form, done): (&'static str, &'static str),
    result: Result<(), Problem>,
) -> PageReply {
    match result {
        Ok(()) => Ok(go(&format!("/console/complaints/{id}"), done)),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            let attempt = desk.refused(form, fields, problem);
            complaint_page(desk, id, attempt).await
        }
    }
}

struct BreachLine {
    id: String,
    nature: String,
    risk: &'static str,
    noticed: When,
    state: String,
    class: &'static str,
}

fn breach_line(one: &Breach, desk: &Desk) -> BreachLine {
    let (state, class) = match (one.closed, one.notified) {
        (Some(_), _) => (desk.l.say("promise-closed"), "quiet"),
        (None, Some(_)) => (desk.l.say("promise-authority-told"), "ok"),
        (None, None) if one.risk == Risk::Unlikely => (desk.l.say("promise-no-risk"), "quiet"),
        (None, None) => clock(desk, one.due),
    };
    BreachLine {
        id: one.id.to_string(),
        nature: one.account.nature.lines().next().unwrap_or_default().chars().take(80).collect(),
        risk: one.risk.word(),
        noticed: desk.when(one.noticed),
        state,
        class,
    }
}

/// The form of an entry.
struct EntryForm {
    risk: &'static str,
    products: Vec<(String, bool)>,
    texts: Vec<(&'static str, String, String)>,
    people: String,
    records: String,
}

/// Fields of the form: name, title and what is in the entry.
fn texts(l: Lang, account: &Account) -> Vec<(&'static str, String, String)> {
    let Account { nature, contact, consequences, measures, reasons, advice, .. } = account;
    vec![
        ("nature", l.say("promise-nature"), nature.clone()),
        ("contact", l.say("promise-contact"), contact.clone()),
        ("consequences", l.say("promise-consequences"), consequences.clone()),
        ("measures", l.say("promise-measures"), measures.clone()),
        ("reasons", l.say("promise-reasons"), reasons.clone()),
        ("advice", l.say("promise-advice"), advice.clone()),
    ]
}

async fn entry_form(desk: &Desk, breach: Option<&Breach>) -> Result<EntryForm, Problem> {
    let products = desk.ask(Dossiers::dossiers).await?;
    let bare = Account::default();
    let account = breach.map_or(&bare, |breach| &breach.account);
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    let named = |id: &ProductId| breach.is_some_and(|breach| breach.products.contains(id));
    Ok(EntryForm {
        risk: breach.map_or(Risk::Some.word(), |breach| breach.risk.word()),
        products: products.iter().map(|one| (one.product.to_string(), named(&one.product))).collect(),
        texts: texts(desk.l, account),
        people: number(account.people),
        records: number(account.records),
    })
}

#[derive(Template)]
#[template(path = "promises/breaches.html")]
struct BreachesPage {
    frame: Frame,
    lines: Vec<BreachLine>,
    next: Option<String>,
    form: EntryForm,
    action: String,
    version: u64,
    most: usize,
    attempt: Attempt,
}

async fn breaches(desk: Desk) -> PageReply {
    breaches_page(desk, Attempt::default()).await
}

async fn breaches_page(desk: Desk, attempt: Attempt) -> PageReply {
    let ask = PageAsk { after: desk.query.text("after").map(str::to_owned), rows: ROWS };
    let found = desk.ask(move |b| b.breaches(&ask)).await?;
    let status = attempt.status();
    let page = BreachesPage {
        lines: found.rows.iter().map(|one| breach_line(one, &desk)).collect(),
        next: found.next.map(|after| format!("/console/breaches?after={after}")),
        form: entry_form(&desk, None).await?,
        action: "/console/breaches".to_owned(),
        version: 0,
        most: TEXT_CHARS_MAX,
        frame: desk.frame(desk.l.say("console-nav-breaches"), "breaches").await?,
        attempt,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "promises/breach.html")]
struct BreachPage {
    frame: Frame,
    line: BreachLine,
    due: When,
    notified: Option<(When, String)>,
    told: Option<(When, u64)>,
    owners: u64,
    closed: bool,
    history: Vec<(u64, &'static str, When, String)>,
    form: EntryForm,
    action: String,
    version: u64,
    most: usize,
    attempt: Attempt,
}

async fn breach(desk: Desk, Id(id): Id<BreachId>) -> PageReply {
    breach_page(desk, id, Attempt::default()).await
}

async fn breach_page(desk: Desk, id: BreachId, attempt: Attempt) -> PageReply {
    let unknown = || Problem::absent("breach-unknown", "There is no such entry in the register.");
    let BreachView { breach, lines, owners } = desk.ask(move |b| Redress::breach(b, id)).await?.ok_or_else(unknown)?;
    let status = attempt.status();
    let page = BreachPage {
        line: breach_line(&breach, &desk),
        due: desk.when(breach.due),
        notified: breach.notified.map(|at| (desk.when(at), breach.reference.clone())),
        told: breach.told.map(|(at, count)| (desk.when(at), count)),
        owners,
        closed: breach.closed.is_some(),
        history: lines.into_iter().map(|(version, act, at, who)| (version, act.word(), desk.when(at), who)).collect(),
        form: entry_form(&desk, Some(&breach)).await?,
        action: format!("/console/breaches/{id}"),
        version: breach.version,
        most: TEXT_CHARS_MAX,
        frame: desk.frame(desk.l.say("console-nav-breaches"), "breaches").await?,
        attempt,
    };
    page_with(status, &page)
}

fn read(fields: &Fields, now: Timestamp) -> Result<(Entry, Option<u64>), Problem> {
    let risk = fields.text("risk").and_then(Risk::from_word);
    let risk = risk.ok_or_else(|| Problem::malformed("risk-unknown", "Say how high the risk is."))?;
    let products = fields.names().filter_map(|name| name.strip_prefix("product.")?.parse().ok()).collect();
    let text = |name: &str| fields.typed(name).replace("\r\n", "\n");
    let hours: u64 = fields.parsed("hours_ago")?.unwrap_or(0).min(24 * 365);
    let ago = i64::try_from(hours.saturating_mul(HOUR_MS).saturating_mul(1_000)).unwrap_or(0);
    let account = Account {
        nature: text("nature"),
        people: fields.parsed::<u32>("people")?.map(u64::from),
        records: fields.parsed::<u32>("records")?.map(u64::from),
        contact: text("contact"),
        consequences: text("consequences"),
        measures: text("measures"),
        reasons: text("reasons"),
        advice: text("advice"),
    };
    let noticed = Timestamp::from_micros(now.as_micros().saturating_sub(ago));
    Ok((Entry { noticed, risk, products, account }, fields.parsed("version")?))
}

async fn note(desk: Desk, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = match read(&fields, desk.now) {
        Ok((entry, _)) => desk.ask(move |b| b.note_breach(&by, &entry)).await,
        Err(problem) => Err(problem),
    };
    match result {
        Ok(id) => Ok(go(&format!("/console/breaches/{id}"), "breach-noted")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("entry", fields, problem);
            breaches_page(desk, attempt).await
        }
    }
}

async fn amend(desk: Desk, Id(id): Id<BreachId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = match read(&fields, desk.now) {
        Ok((entry, from)) => desk.ask(move |b| b.amend_breach(&by, id, &entry, from)).await,
        Err(problem) => Err(problem),
    };
    settle_breach(desk, id, fields, ("entry", "breach-amended"), result).await
}

async fn notified(desk: Desk, Id(id): Id<BreachId>, Sent(fields): Sent) -> PageReply {
    let (by, reference) = (desk.caller.clone(), fields.typed("reference").to_owned());
    let result = desk.ask(move |b| b.breach_notified(&by, id, &reference)).await;
    settle_breach(desk, id, fields, ("notified", "breach-notified"), result).await
}

async fn tell(desk: Desk, Id(id): Id<BreachId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = desk.ask(move |b| b.tell_breach_owners(&by, id)).await.map(drop);
    settle_breach(desk, id, fields, ("tell", "breach-told"), result).await
}

async fn close_breach(desk: Desk, Id(id): Id<BreachId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = desk.ask(move |b| b.close_breach(&by, id)).await;
    settle_breach(desk, id, fields, ("close", "breach-closed"), result).await
}

async fn settle_breach(
    desk: Desk,
    id: BreachId,
    fields: Fields,
    (form, done): (&'static str, &'static str),
    result: Result<(), Problem>,
) -> PageReply {
    match result {
        Ok(()) => Ok(go(&format!("/console/breaches/{id}"), done)),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            let attempt = desk.refused(form, fields, problem);
            breach_page(desk, id, attempt).await
        }
    }
}

//! Complaints about privacy from anybody: a form without an account, and a secret link to follow the answer.
//!
//! Nothing here is kept by a cache, and no address of the sender is stored.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use holdfast_core::id::{BreachId, ProductId};
use holdfast_domain::papers;
use holdfast_domain::people::breach::Breach;
use holdfast_domain::people::complaint::Matter;
use holdfast_domain::people::help::{Stands, TEXT_CHARS_MAX};

use super::words;
use crate::backend::dossier::Dossiers;
use crate::backend::redress::{ComplaintTalk, NewComplaint, Redress};
use crate::console::{PageReply, page, page_with};
use crate::door::App;
use crate::door::arrival::Knock;
use crate::door::extract::{Asked, Fields, Sent, Token};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/complaint", Access::Public, form)
        .post("/complaint", Access::Public, send)
        .get("/complaint/{secret}", Access::Public, follow)
        .post("/complaint/{secret}", Access::Public, add)
        .get("/data-breach/{id}", Access::Public, breach)
}

#[derive(Template)]
#[template(path = "public/complaint.html")]
struct FormPage {
    l: Lang,
    q: &'static str,
    token: String,
    matters: Vec<(&'static str, String, bool)>,
    products: Vec<(String, String, bool)>,
    text: String,
    problem: Option<String>,
    authority: Vec<String>,
    most: usize,
}

/// Why something was not taken, in the reader's language.
fn why(l: Lang, problem: &Problem) -> String {
    match problem.name {
        "help-text-length" => l.say("public-complaint-text-length"),
        "too-many-tries" => l.say("public-complaint-too-many"),
        "help-closed" => l.say("public-complaint-is-closed"),
        _ => l.with("public-complaint-refused", "why", &problem.detail),
    }
}

/// Lines of the supervisory authority, as the policy on privacy in force names it.
async fn authority(app: &App) -> Result<Vec<String>, Problem> {
    let versions = app.ask(|b| b.paper("privacy")).await?;
    let now = app.ground().now();
    let policy = papers::in_force(&versions, now).map(std::slice::from_ref).unwrap_or_default();
    Ok(papers::authority(policy).map(|said| said.lines().map(str::to_owned).collect()).unwrap_or_default())
}

async fn form_page(
    app: &App,
    l: Lang,
    token: String,
    fields: &Fields,
    problem: Option<String>,
) -> Result<FormPage, Problem> {
    let dossiers = app.ask(Dossiers::public_dossiers).await?;
    let chosen = fields.text("product").unwrap_or_default();
    let product = |id: String, name: String| {
        let is_chosen = id == chosen;
        (id, name, is_chosen)
    };
    let matter = |matter: &Matter| {
        let word = matter.word();
        (word, l.say(&format!("public-complaint-{word}")), fields.text("matter") == Some(word))
    };
    Ok(FormPage {
        l,
        q: "",
        token,
        matters: Matter::ALL.iter().map(matter).collect(),
        products: dossiers.into_iter().map(|d| product(d.product.to_string(), d.public.dossier.name)).collect(),
        text: fields.typed("text").to_owned(),
        problem,
        authority: authority(app).await?,
        most: TEXT_CHARS_MAX,
    })
}

async fn form(State(app): State<App>, l: Lang, Token(token): Token, Asked(asked): Asked) -> PageReply {
    page(&form_page(&app, l, token, &asked, None).await?)
}

fn read(fields: &Fields, secret_hash: [u8; 32]) -> Result<NewComplaint, Problem> {
    let matter = fields.text("matter").and_then(Matter::from_word);
    let matter = matter.ok_or_else(|| Problem::malformed("matter-unknown", "Say what it is about."))?;
    let product: Option<ProductId> = fields.parsed("product")?;
    Ok(NewComplaint { matter, product, text: fields.typed("text").to_owned(), secret_hash })
}

async fn send(State(app): State<App>, l: Lang, knock: Knock, Token(token): Token, Sent(fields): Sent) -> PageReply {
    let secret = Secret::from_random(app.ground().random());
    let outcome = match read(&fields, secret.hash()) {
        Ok(new) => app.ask(move |b| b.complain(&new, knock.address)).await.map(drop),
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("/complaint/{}?done=sent", secret.text())).into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let found = form_page(&app, l, token, &fields, Some(why(l, &problem))).await?;
            page_with(problem.status, &found)
        }
    }
}

struct SaidLine {
    ours: bool,
    at: String,
    parts: Vec<String>,
}

#[derive(Template)]
#[template(path = "public/complaint_talk.html")]
struct TalkPage {
    l: Lang,
    q: &'static str,
    token: String,
    secret: String,
    fresh: bool,
    matter: String,
    state: String,
    tone: &'static str,
    open: bool,
    said: Vec<SaidLine>,
    problem: Option<String>,
    authority: Vec<String>,
    most: usize,
}

fn unknown() -> Problem {
    Problem::absent("complaint-unknown", "There is no complaint at this address.")
}

async fn talk(app: &App, secret: &str) -> Result<(Secret, ComplaintTalk), Problem> {
    let parsed = Secret::parse(secret).ok_or_else(unknown)?;
    let hash = parsed.hash();
    let found = app.ask(move |b| b.complaint_by_secret(&hash)).await?.ok_or_else(unknown)?;
    Ok((parsed, found))
}

async fn talk_page(app: &App, l: Lang, token: String, secret: &str, fresh: bool) -> Result<TalkPage, Problem> {
    let (parsed, ComplaintTalk { complaint, said, .. }) = talk(app, secret).await?;
    let due = words::day_of(l, complaint.due);
    let (state, tone) = match complaint.stands {
        Stands::WaitsForMaker if complaint.answered.is_none() => (l.with("public-complaint-due", "day", due), "warn"),
        Stands::WaitsForMaker => (l.say("public-complaint-waiting"), "warn"),
        Stands::Answered => (l.say("public-complaint-answered"), "ok"),
        Stands::Closed { .. } => (l.say("public-complaint-closed"), "quiet"),
    };
    let line = |one: holdfast_domain::people::complaint::Said| SaidLine {
        ours: one.author.is_some(),
        at: words::day_of(l, one.at),
        parts: one.text.lines().map(str::to_owned).collect(),
    };
    Ok(TalkPage {
        l,
        q: "",
        token,
        secret: parsed.text(),
        fresh,
        matter: l.say(&format!("public-complaint-{}", complaint.matter.word())),
        state,
        tone,
        open: !matches!(complaint.stands, Stands::Closed { .. }),
        said: said.into_iter().map(line).collect(),
        problem: None,
        authority: authority(app).await?,
        most: TEXT_CHARS_MAX,
    })
}

async fn follow(
    State(app): State<App>,
    l: Lang,
    Token(token): Token,
    Path(secret): Path<String>,
    Asked(asked): Asked,
) -> PageReply {
    page(&talk_page(&app, l, token, &secret, asked.text("done") == Some("sent")).await?)
}

async fn add(
    State(app): State<App>,
    l: Lang,
    knock: Knock,
    Token(token): Token,
    Path(secret): Path<String>,
    Sent(fields): Sent,
) -> Result<Response, Problem> {
    let parsed = Secret::parse(&secret).ok_or_else(unknown)?;
    let (hash, text) = (parsed.hash(), fields.typed("text").to_owned());
    match app.ask(move |b| b.add_to_complaint(&hash, &text, knock.address)).await {
        Ok(()) => Ok(Redirect::to(&format!("/complaint/{}", parsed.text())).into_response()),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let found = talk_page(&app, l, token, &secret, false).await?;
            page_with(problem.status, &TalkPage { problem: Some(why(l, &problem)), ..found })
        }
    }
}

#[derive(Template)]
#[template(path = "public/breach.html")]
struct BreachPage {
    l: Lang,
    q: &'static str,
    day: String,
    parts: Vec<(String, Vec<String>)>,
    authority: Vec<String>,
}

/// What the people concerned read about a breach (GDPR Art. 34(2)); there is nothing before they were told.
async fn breach(State(app): State<App>, l: Lang, Path(id): Path<String>) -> PageReply {
    let nothing = || Problem::absent("breach-unknown", "There is nothing at this address.");
    let id: BreachId = id.parse().map_err(|_| nothing())?;
    let view = app.ask(move |b| Redress::breach(b, id)).await?.ok_or_else(nothing)?;
    let Breach { told: Some((at, _)), account, .. } = view.breach else { return Err(nothing()) };
    let parts = [
        ("public-breach-advice", account.advice),
        ("public-breach-consequences", account.consequences),
        ("public-breach-measures", account.measures),
        ("public-breach-contact", account.contact),
    ];
    let said = parts.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let parts = said.map(|(key, text)| (l.say(key), text.lines().map(str::to_owned).collect()));
    page(&BreachPage { l, q: "", day: words::day_of(l, at), parts: parts.collect(), authority: authority(&app).await? })
}

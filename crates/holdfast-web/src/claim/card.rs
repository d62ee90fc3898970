//! What a label leads to: the product, who makes it, until when it is supported and why, what data it takes; then the claim.
//!
//! Sets no cookie and spends nothing. A wrong, an old and a malformed code look the same.

use std::net::IpAddr;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use holdfast_domain::fleet::dossier::Topic;
use holdfast_domain::people::Role;
use holdfast_domain::people::access::Act;
use http::StatusCode;

use super::SCRIPT;
use super::words::{day, why};
use crate::account::{self, Purpose, passkey_form};
use crate::backend::dossier::PublicDossier;
use crate::backend::homes::{ClaimCard, DataTaken};
use crate::backend::people::Caller;
use crate::console::{PageReply, page, page_with};
use crate::door::App;
use crate::door::arrival::Knock;
use crate::door::extract::{Sent, Token, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::public::guide::talk;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/c/{code}", Access::Public, show).post("/c/{code}", Access::May(Act::UseHome), begin)
}

/// Most characters of a code in an address that are looked at.
const CODE_CHARS_MAX: usize = 128;

/// Who looks at the page.
enum Reader {
    /// Nobody yet: the form that makes an account.
    Stranger { passkey: String },
    /// Somebody with a private account.
    Owner { token: String },
    /// One of the maker's people.
    Staff,
}

/// Until when and why the product is supported, as its dossier says.
struct Support {
    until: String,
    iso: String,
    over: bool,
    why: Option<(String, String)>,
    address: String,
    /// With whom it talks, and by which port.
    talks: Vec<(String, String)>,
    /// What sharing data can lead to, and what lessens it.
    risks: Option<(String, String)>,
    steps: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "claim/card.html")]
struct CardPage {
    l: Lang,
    code: String,
    card: ClaimCard,
    maker: String,
    support: Option<Support>,
    data: Vec<DataTaken>,
    /// Whether a setting that matters starts at its safe value.
    safe_start: bool,
    reader: Reader,
    problem: Option<String>,
    scripts: [&'static str; 2],
}

#[derive(Template)]
#[template(path = "claim/unknown.html")]
struct UnknownPage {
    l: Lang,
}

async fn show(
    State(app): State<App>,
    l: Lang,
    knock: Knock,
    caller: Option<Extension<Caller>>,
    Token(token): Token,
    Path(code): Path<String>,
) -> PageReply {
    let reader = reader(l, &code, caller.as_deref(), token);
    match card_page(&app, l, code, knock.address, reader).await? {
        Some(found) => page(&found),
        None => page_with(StatusCode::NOT_FOUND, &UnknownPage { l }),
    }
}

#[expect(clippy::too_many_arguments, reason = "each is an extractor")]
async fn begin(
    State(app): State<App>,
    l: Lang,
    knock: Knock,
    Who(by): Who,
    Token(token): Token,
    Path(code): Path<String>,
    Sent(fields): Sent,
) -> PageReply {
    let (from, asked, who) = (knock.address, code.clone(), by.clone());
    let notice = fields.parsed("notice")?;
    match app.ask(move |b| b.begin_claim(&who, &asked, notice, from)).await {
        Ok(claim) => Ok(Redirect::to(&format!("/claims/{claim}")).into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let reader = reader(l, &code, Some(&by), token);
            match card_page(&app, l, code, from, reader).await? {
                Some(found) => {
                    let said = why(l, &problem);
                    page_with(problem.status, &CardPage { problem: Some(said), ..found })
                }
                None => page_with(StatusCode::NOT_FOUND, &UnknownPage { l }),
            }
        }
    }
}

fn reader(l: Lang, code: &str, caller: Option<&Caller>, token: String) -> Reader {
    match caller.map(|caller| caller.person.role) {
        None => {
            let (purpose, then) = (Purpose::SignUp(format!("claim:{code}")), format!("/c/{code}#claim"));
            Reader::Stranger { passkey: passkey_form(l, purpose, &then) }
        }
        Some(Role::Owner) => Reader::Owner { token },
        Some(_) => Reader::Staff,
    }
}

/// The page of a code; `None` if it is not one of ours.
async fn card_page(
    app: &App,
    l: Lang,
    code: String,
    from: IpAddr,
    reader: Reader,
) -> Result<Option<CardPage>, Problem> {
    if code.chars().count() > CODE_CHARS_MAX {
        return Ok(None);
    }
    let asked = code.clone();
    let Some(card) = app.ask(move |b| b.claim_card(&asked, from)).await? else { return Ok(None) };
    let product = card.product.clone();
    let dossier = app.ask(move |b| b.dossier_of(&product)).await?;
    let (support, data, maker) = facts(l, &card, dossier, app);
    let scripts = [account::SCRIPT, SCRIPT];
    let safe_start = card.model.settings.iter().any(|setting| setting.guard.is_some());
    Ok(Some(CardPage { safe_start, l, code, card, maker, support, data, reader, problem: None, scripts }))
}

/// What the dossier says, or the product itself as long as there is none.
fn facts(
    l: Lang,
    card: &ClaimCard,
    dossier: Option<PublicDossier>,
    app: &App,
) -> (Option<Support>, Vec<DataTaken>, String) {
    let Some(dossier) = dossier else { return (None, card.model.data.clone(), card.maker.clone()) };
    let iso = dossier.public.until.to_string();
    let said = |topic| {
        let (tag, words) = dossier.public.dossier.says(topic, l.tag())?;
        Some((tag.to_owned(), words.to_owned()))
    };
    let support = Support {
        until: day(l, &iso),
        iso,
        over: !dossier.public.is_supported(app.ground().now()),
        why: said(Topic::SupportReason),
        address: format!("/p/{}", dossier.product),
        talks: dossier.public.dossier.mud.iter().flat_map(|mud| &mud.talks).map(|one| talk(l, one)).collect(),
        risks: said(Topic::PrivacyRisks),
        steps: said(Topic::PrivacySteps),
    };
    let taken = |datum: &holdfast_domain::fleet::dossier::privacy::Datum| {
        let read = |text: &holdfast_domain::fleet::dossier::Text| text.read(l.tag()).map(|(_, words)| words.to_owned());
        let (title, purpose) = (read(&datum.title).unwrap_or_default(), read(&datum.purpose));
        datum.personal.then_some(DataTaken { title, purpose, personal: true, sensitive: false })
    };
    let mut data: Vec<DataTaken> = dossier.data.iter().filter_map(taken).collect();
    data.extend(card.model.data.iter().filter(|datum| !datum.personal).cloned());
    (Some(support), data, dossier.public.dossier.maker.name.clone())
}

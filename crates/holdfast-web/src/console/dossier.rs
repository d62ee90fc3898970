//! The maker's work on what the public reads: what is missing, what would change, publishing, extending, history.

mod calendar;
mod form;
mod parts;
mod preview;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::dossier::document::DossierError;
use holdfast_domain::fleet::dossier::rules::Gap;
use holdfast_domain::fleet::dossier::{Dossier, DossierAct, Record};
use holdfast_domain::people::access::Act;
use serde_json::{Value, json};

pub(in crate::console) use calendar::Calendar;
use form::{Group, flat};
use parts::{PARTS, Part};

use super::words::{When, why};
use super::{Attempt, Desk, Frame, PageReply, go, page_with};
use crate::api::{day_of, no_product};
use crate::backend::dossier::{DossierLine, DossierView};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::public::words;

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, order) = (Access::May(Act::ViewFleet), Access::May(Act::PutDossier));
    routes
        .get("/console/products/{id}/dossier", look, dossier)
        .get("/console/products/{id}/dossier/preview", look, preview::overview)
        .get("/console/products/{id}/dossier/preview/{tab}", look, preview::tab)
        .get("/console/products/{id}/dossier/{part}", order, part_page)
        .post("/console/products/{id}/dossier/publish", order, publish)
        .post("/console/products/{id}/dossier/extend", order, extend)
        .post("/console/products/{id}/dossier/{part}", order, save)
}

/// One page of the form in the list of them.
struct PartLine {
    name: &'static str,
    title: String,
    about: String,
    missing: usize,
}

/// Something that must be said before publishing.
struct GapLine {
    label: String,
    part: &'static str,
    why: String,
}

/// One difference between what the public reads and the draft.
struct Difference {
    label: String,
    before: Option<String>,
    after: Option<String>,
}

/// One line of history.
struct HistoryLine {
    version: u64,
    act: String,
    badge: &'static str,
    at: When,
    who: String,
    until: Option<String>,
}

#[derive(Template)]
#[template(path = "products/dossier.html")]
struct DossierPage {
    frame: Frame,
    id: String,
    title: String,
    address: String,
    version: u64,
    until: Option<String>,
    until_iso: String,
    left: Option<String>,
    tone: &'static str,
    since: Option<When>,
    parts: Vec<PartLine>,
    gaps: Vec<GapLine>,
    differences: Vec<Difference>,
    history: Vec<HistoryLine>,
    attempt: Attempt,
    may: bool,
}

const DATA: &str = "data";

async fn dossier(desk: Desk, Id(id): Id<ProductId>) -> PageReply {
    show(desk, id, Attempt::default()).await
}

async fn find(desk: &Desk, id: &ProductId) -> Result<DossierView, Problem> {
    let asked = id.clone();
    desk.ask(move |b| b.dossier(&asked)).await?.ok_or_else(no_product)
}

async fn show(desk: Desk, id: ProductId, attempt: Attempt) -> PageReply {
    let view = find(&desk, &id).await?;
    let asked = id.clone();
    let history = desk.ask(move |b| b.dossier_history(&asked)).await?;
    let public = view.record.as_ref().and_then(|record| record.public.as_ref());
    let l = desk.l;
    let page = DossierPage {
        frame: desk
            .frame(l.with2("dossier-title", ("part", l.say("product-public")), ("product", &view.title)), "products")
            .await?,
        version: view.record.as_ref().map_or(0, |record| record.version),
        until: public.map(|public| words::day(l, public.until)),
        until_iso: public.map(|public| public.until.to_string()).unwrap_or_default(),
        left: public
            .filter(|public| public.is_supported(desk.now))
            .map(|public| words::left(l, desk.now, public.until)),
        tone: public.map_or("quiet", |public| match (public.is_supported(desk.now), public.days_left(desk.now)) {
            (false, _) => "bad",
            (true, 0..=366) => "warn",
            (true, _) => "ok",
        }),
        since: public.map(|public| desk.when(public.changed)),
        parts: part_lines(l, &view),
        gaps: view.gaps.iter().map(|missing| gap(l, missing)).collect(),
        differences: differences(l, view.record.as_ref()),
        history: history.into_iter().map(|line| history_line(line, &desk)).collect(),
        may: desk.may(Act::PutDossier),
        id: id.to_string(),
        title: view.title,
        address: view.address,
        attempt,
    };
    page_with(page.attempt.status(), &page)
}

fn part_lines(l: Lang, view: &DossierView) -> Vec<PartLine> {
    let missing = |name: &str| view.gaps.iter().filter(|gap| parts::part_of(&gap.path) == name).count();
    let own = PARTS.iter().map(|part| PartLine {
        name: part.name,
        title: l.say(part.title),
        about: l.say(part.about),
        missing: missing(part.name),
    });
    let (title, about) = (l.say("dossier-data"), l.say("dossier-data-about"));
    own.chain([PartLine { name: DATA, title, about, missing: 0 }]).collect()
}

fn gap(l: Lang, gap: &Gap) -> GapLine {
    GapLine {
        label: parts::label_of(l, &gap.path),
        part: parts::part_of(&gap.path),
        why: l.say(match gap.why {
            "psti" => "dossier-why-law",
            "privacy" => "dossier-why-data",
            "replacement" => "dossier-why-updates",
            _ => "dossier-why-buyers",
        }),
    }
}

fn differences(l: Lang, record: Option<&Record>) -> Vec<Difference> {
    let Some(record) = record else { return Vec::new() };
    let tree = |dossier: &Dossier| flat(&serde_json::from_str(&dossier.text()).unwrap_or(Value::Null));
    let after = tree(&record.draft);
    let before = record.public.as_ref().map(|public| tree(&public.dossier)).unwrap_or_default();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| Difference {
            label: parts::label_of(l, path),
            before: before.get(path).cloned(),
            after: after.get(path).cloned(),
        })
        .collect()
}

fn history_line(line: DossierLine, desk: &Desk) -> HistoryLine {
    let (act, badge) = match line.act {
        DossierAct::Saved => ("dossier-act-saved", "quiet"),
        DossierAct::Published => ("dossier-act-published", "busy"),
        DossierAct::Extended => ("dossier-act-extended", "ok"),
        DossierAct::Announced => ("dossier-act-announced", "busy"),
        DossierAct::Effective => ("dossier-act-effective", "busy"),
    };
    HistoryLine {
        version: line.version,
        act: desk.l.say(act),
        badge,
        at: desk.when(line.at),
        who: line.who.unwrap_or_else(|| line.by.to_string()),
        until: line.until.map(|day| words::day(desk.l, day)),
    }
}

#[derive(Template)]
#[template(path = "products/dossier_part.html")]
struct PartPage {
    frame: Frame,
    id: String,
    product: String,
    name: &'static str,
    title: String,
    about: String,
    version: String,
    groups: Vec<Group>,
    problem: Option<String>,
    parts: Vec<PartLine>,
}

/// The page of the form that an address names: one of ours, or the one about the model's personal fields.
fn part_of(name: &str) -> Result<Option<&'static Part>, Problem> {
    if name == DATA {
        return Ok(None);
    }
    let unknown = || Problem::absent("address-unknown", "There is nothing at this address.");
    parts::part(name).map(Some).ok_or_else(unknown)
}

/// The product and the page of the form in the address.
type At = Path<(String, String)>;

fn place(at: At) -> Result<(ProductId, Option<&'static Part>), Problem> {
    let Path((id, name)) = at;
    Ok((id.parse().map_err(|_| no_product())?, part_of(&name)?))
}

fn document_of(view: &DossierView) -> Value {
    let text = view.record.as_ref().map(|record| record.draft.text());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| json!({}))
}

async fn part_page(desk: Desk, at: At) -> PageReply {
    let (id, part) = place(at)?;
    let view = find(&desk, &id).await?;
    let document = document_of(&view);
    let version = view.record.as_ref().map_or(0, |record| record.version).to_string();
    render(desk, part, view, (&document, version), None).await
}

/// Why a page of the form was refused: by the document's reader at one place, or by a rule.
enum No {
    There(DossierError),
    Rule(Problem),
}

async fn render(
    desk: Desk,
    part: Option<&'static Part>,
    view: DossierView,
    typed: (&Value, String),
    no: Option<No>,
) -> PageReply {
    let (document, version) = typed;
    let error = no.as_ref().and_then(|no| match no {
        No::There(error) => Some(error),
        No::Rule(_) => None,
    });
    let groups = match part {
        Some(part) => form::groups(desk.l, part, document, error),
        None => form::data_groups(desk.l, &view.data, document, error),
    };
    let problem = no.as_ref().map(|no| match no {
        No::There(error) => desk.l.with2(
            "dossier-fault",
            ("label", parts::label_of(desk.l, &error.path)),
            ("fault", form::fault(desk.l, error)),
        ),
        No::Rule(problem) => why(desk.l, problem),
    });
    let status = no.as_ref().map_or(http::StatusCode::OK, |no| match no {
        No::There(_) => http::StatusCode::UNPROCESSABLE_ENTITY,
        No::Rule(problem) => problem.status,
    });
    let parts = part_lines(desk.l, &view);
    let name = part.map_or(DATA, |part| part.name);
    let own = parts.iter().find(|line| line.name == name);
    let (title, about) = own.map_or_else(Default::default, |line| (line.title.clone(), line.about.clone()));
    let frame =
        desk.frame(desk.l.with2("dossier-title", ("part", &title), ("product", &view.title)), "products").await?;
    let page = PartPage {
        frame,
        id: view.product.to_string(),
        product: view.title,
        name,
        title,
        about,
        version,
        groups,
        problem,
        parts,
    };
    page_with(status, &page)
}

async fn save(desk: Desk, at: At, Sent(sent): Sent) -> PageReply {
    let (id, part) = place(at)?;
    let view = find(&desk, &id).await?;
    let document = match part {
        Some(part) => form::merged(document_of(&view), part, &sent),
        None => form::data_merged(document_of(&view), &view.data, &sent),
    };
    let version = sent.typed("version").to_owned();
    let text = document.to_string();
    if let Err(error) = Dossier::parse(&text) {
        desk.app.ground().count_refusal(error.problem.name());
        return render(desk, part, view, (&document, version), Some(No::There(error))).await;
    }
    let from_version: u64 = sent.needed("version")?;
    let (by, product) = (desk.caller.clone(), id.clone());
    match desk.ask(move |b| b.save_dossier(&by, &product, Some(from_version), &text)).await {
        Ok(_) => Ok(go(&format!("/console/products/{id}/dossier"), "dossier-saved")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            desk.app.ground().count_refusal(problem.name);
            render(desk, part, view, (&document, version), Some(No::Rule(problem))).await
        }
    }
}

async fn publish(desk: Desk, Id(id): Id<ProductId>, Sent(sent): Sent) -> PageReply {
    let from_version: Option<u64> = sent.parsed("version")?;
    let (by, product) = (desk.caller.clone(), id.clone());
    match desk.ask(move |b| b.publish_dossier(&by, &product, from_version)).await {
        Ok(record) => {
            let coming = record.public.as_ref().and_then(|public| public.coming.as_deref());
            let announced = coming.is_some_and(|coming| coming.announced == record.changed);
            let done = if announced { "dossier-announced" } else { "dossier-published" };
            Ok(go(&format!("/console/products/{id}/dossier"), done))
        }
        Err(problem) => refused(desk, id, "publish", sent, problem).await,
    }
}

async fn extend(desk: Desk, Id(id): Id<ProductId>, Sent(sent): Sent) -> PageReply {
    let until = match day_of(sent.typed("until")) {
        Ok(until) => until,
        Err(problem) => return refused(desk, id, "extend", sent, problem).await,
    };
    let (by, product) = (desk.caller.clone(), id.clone());
    match desk.ask(move |b| b.extend_support(&by, &product, until)).await {
        Ok(_) => Ok(go(&format!("/console/products/{id}/dossier"), "support-extended")),
        Err(problem) => refused(desk, id, "extend", sent, problem).await,
    }
}

/// Shows the page again with why not; a fault stays a fault.
async fn refused(desk: Desk, id: ProductId, form: &'static str, sent: Fields, problem: Problem) -> PageReply {
    if problem.reference.is_some() {
        return Err(problem);
    }
    let attempt = desk.refused(form, sent, problem);
    show(desk, id, attempt).await
}

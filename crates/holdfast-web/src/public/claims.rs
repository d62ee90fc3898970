//! The signed label of a product, for anyone: its page, its bytes, its code, and products side by side.

use askama::Template;
use axum::response::Response;
use holdfast_core::label::Evidence;
use holdfast_domain::fleet::dossier::Day;

use super::code;
use super::view::ProductView;
use super::visit::{Named, Visit};
use super::words;
use crate::api::LabelDoc;
use crate::backend::dossier::{Dossiers, PublicDossier};
use crate::backend::proofs::LabelView;
use crate::door::extract::Asked;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

/// Most products side by side.
const SIDE_BY_SIDE: usize = 4;
/// Claims that are compared, in this order.
const COMPARED: [&str; 17] = [
    "models",
    "maker",
    "support-until",
    "support-first-promised",
    "hardware-until",
    "warranty-months",
    "updates",
    "release-signers",
    "credentials",
    "microphone",
    "camera",
    "location",
    "sensors",
    "personal-data-kinds",
    "recipients",
    "acknowledged-within-days",
    "statement",
];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/p/compare", Access::Public, compare)
        .get("/p/{product}/claims", Access::Public, page)
        .get("/p/{product}/claims.json", Access::Public, json)
        .get("/p/{product}/claims.cose", Access::Public, cose)
        .get("/p/{product}/claims.svg", Access::Public, qr)
}

/// A value in the reader's language: days, words of closed lists, figures.
fn value(l: Lang, name: &str, value: &str) -> String {
    match (name, value) {
        ("microphone" | "camera" | "location", "yes") => l.say("public-claims-yes"),
        ("microphone" | "camera" | "location", "no") => l.say("public-claims-no"),
        ("updates", "possible") => l.say("public-claims-updates-possible"),
        ("updates", "impossible") => l.say("public-claims-updates-impossible"),
        ("credentials", "unique-per-device") => l.say("public-credentials-per-device"),
        ("credentials", "user-defined") => l.say("public-credentials-user-defined"),
        ("credentials", "no-password") => l.say("public-credentials-no-password"),
        _ => value.parse::<Day>().map_or_else(|_| value.to_owned(), |day| words::day(l, day)),
    }
}

fn named(l: Lang, claim: &str) -> String {
    l.say(&format!("public-claim-{claim}"))
}

/// What a piece of evidence is called; the word itself for one that has no words.
fn evidence(l: Lang, what: &str) -> String {
    l.say(&format!("public-evidence-{what}"))
}

struct EvidenceLine {
    what: String,
    link: String,
    /// When it was shown and until when that counts.
    fresh: String,
}

#[derive(Template)]
#[template(path = "public/product/claims.html")]
struct ClaimsPage {
    l: Lang,
    q: String,
    tab: &'static str,
    v: ProductView,
    claims: Vec<(String, String)>,
    evidence: Vec<EvidenceLine>,
    /// When and for which version it was signed, and until when it counts.
    signed: Option<(String, String)>,
    /// What is stale or missing, and since when.
    stale: Vec<(String, Option<String>)>,
}

async fn label_of(visit: &Visit, dossier: &PublicDossier) -> Result<LabelView, Problem> {
    let id = dossier.product.clone();
    let nothing = || Problem::absent("product-unknown", "There is no such product here.");
    visit.app.ask(move |b| b.label(&id)).await?.ok_or_else(nothing)
}

async fn page(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let l = visit.l;
    let dossier = visit.dossier(&text).await?;
    let view = label_of(&visit, &dossier).await?;
    let line = |one: &Evidence| EvidenceLine {
        what: evidence(l, &one.what),
        link: one.link.clone(),
        fresh: l.with2("public-claims-fresh", ("at", words::day_of(l, one.at)), ("until", words::day_of(l, one.until))),
    };
    let signed = view.signed.as_ref().map(|(label, _)| label);
    visit.page(&ClaimsPage {
        l,
        q: visit.q.clone(),
        tab: "claims",
        claims: view.claims.iter().map(|(name, said)| (named(l, name), value(l, name, said))).collect(),
        evidence: signed.map(|label| label.evidence.iter().map(line).collect()).unwrap_or_default(),
        signed: signed.map(|label| {
            let day = words::day_of(l, label.issued);
            let said = if label.version.is_empty() {
                l.with("public-claims-signed", "day", day)
            } else {
                l.with2("public-claims-signed-version", ("day", day), ("version", &label.version))
            };
            (said, words::day_of(l, label.expires))
        }),
        stale: view
            .stale
            .iter()
            .map(|one| (evidence(l, &one.what), one.since.map(|at| words::day_of(l, at))))
            .collect(),
        v: ProductView::new(l, visit.now, dossier),
    })
}

async fn json(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let dossier = visit.dossier(&text).await?;
    let view = label_of(&visit, &dossier).await?;
    let doc = serde_json::to_vec(&LabelDoc::of(&dossier.product, view)).map_err(|error| {
        tracing::error!(%error, "a label could not be written");
        Problem::fault("label-unwritable")
    })?;
    Ok(visit.document("application/json", doc))
}

async fn cose(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let dossier = visit.dossier(&text).await?;
    let lapsed = || Problem::absent("label-lapsed", "There is no label now: its evidence is stale or missing.");
    let (_, bytes) = label_of(&visit, &dossier).await?.signed.ok_or_else(lapsed)?;
    Ok(visit.document("application/cose; cose-type=\"cose-sign1\"", bytes))
}

async fn qr(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let dossier = visit.dossier(&text).await?;
    code::picture(&visit, &format!("{}/claims", dossier.address))
}

struct Column {
    id: String,
    name: String,
    /// Until when the label counts; `None` if there is none now.
    until: Option<String>,
}

#[derive(Template)]
#[template(path = "public/product/compare.html")]
struct ComparePage {
    l: Lang,
    q: String,
    columns: Vec<Column>,
    rows: Vec<(String, Vec<String>)>,
    /// Id, name and whether it is shown.
    choice: Vec<(String, String, bool)>,
}

async fn compare(visit: Visit, Asked(asked): Asked) -> Result<Response, Problem> {
    let l = visit.l;
    let all = visit.app.ask(Dossiers::public_dossiers).await?;
    let asked_for = |dossier: &PublicDossier| asked.has(dossier.product.as_str());
    let any = all.iter().any(asked_for);
    let mut choice = Vec::new();
    let (mut columns, mut labels) = (Vec::new(), Vec::new());
    for dossier in &all {
        let shown = (!any || asked_for(dossier)) && columns.len() < SIDE_BY_SIDE;
        let (id, name) = (dossier.product.to_string(), dossier.public.dossier.name.clone());
        choice.push((id.clone(), name.clone(), shown));
        if shown {
            let view = label_of(&visit, dossier).await?;
            let until = view.signed.as_ref().map(|(label, _)| words::day_of(l, label.expires));
            columns.push(Column { id, name, until });
            labels.push(view.claims);
        }
    }
    let said = |claims: &[(String, String)], name: &str| {
        let found = claims.iter().find(|(known, _)| known == name);
        found.map_or_else(|| l.say("public-claims-unsaid"), |(_, said)| value(l, name, said))
    };
    let row = |name: &&str| (named(l, name), labels.iter().map(|claims| said(claims, name)).collect());
    visit.page(&ComparePage { l, q: visit.q.clone(), columns, rows: COMPARED.iter().map(row).collect(), choice })
}

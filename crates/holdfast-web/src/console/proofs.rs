//! Records about a product that people make: what is there, what is missing, photographs; and the state of its label.

use askama::Template;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::proof::{Check, Proof, Said, Task};
use holdfast_domain::people::access::Act;

use super::words::When;
use super::{Attempt, Desk, Frame, PageReply, go, page_with};
use crate::api::no_product;
use crate::door::extract::{Id, Sent};
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, order) = (Access::May(Act::ViewFleet), Access::May(Act::PutDossier));
    routes.get("/console/products/{id}/proofs", look, all).post("/console/products/{id}/proofs", order, keep).get(
        "/console/proofs/{id}/photo",
        look,
        crate::api::proof_photo,
    )
}

struct ProofLine {
    id: String,
    kind: &'static str,
    says: String,
    holds: bool,
    photo: bool,
    who: String,
    at: When,
}

#[derive(Template)]
#[template(path = "promises/proofs.html")]
struct ProofsPage {
    frame: Frame,
    product: String,
    lines: Vec<ProofLine>,
    missing: Vec<String>,
    /// Until when the label counts, or what it lacks.
    label: Result<When, Vec<String>>,
    may_keep: bool,
    attempt: Attempt,
}

/// What is missing, in a sentence.
pub(super) fn missing_words(word: &str) -> &'static str {
    match word {
        "usability-below-threshold" => "promise-missing-test",
        "usability-no-outside-tester" => "promise-missing-outside",
        "interface-not-checked" => "promise-missing-checklist",
        "packaging-no-photograph" => "promise-missing-photograph",
        "packaging-no-link" => "promise-missing-link",
        _ => "promise-missing-other",
    }
}

fn says(l: Lang, said: &Said) -> String {
    match said {
        Said::Usability { tasks, testers, outside, tester } => {
            let from = l.say(if *outside { "promise-outside" } else { "promise-inside" });
            let worst = tasks.iter().filter(|task| task.critical).map(Task::percent).min().unwrap_or(0);
            l.fill("promise-test", &[("tester", tester), ("from", &from), ("testers", testers), ("worst", &worst)])
        }
        Said::Interface { version, checks, scan } => {
            let good = checks.values().filter(|holds| **holds).count();
            let all = Check::ALL.len();
            let scan = scan.as_ref().map_or_else(
                || l.say("promise-no-scan"),
                |scan| {
                    l.fill("promise-scan", &[("tool", &scan.tool), ("pages", &scan.pages), ("found", &scan.violations)])
                },
            );
            l.fill("promise-checks", &[("version", version), ("good", &good), ("all", &all), ("scan", &scan)])
        }
        Said::Photograph { of, photo } => format!("{of}, SHA-256 {photo}"),
        Said::Page { page, found, .. } => match found {
            Some(link) => l.with2("promise-link-found", ("page", page.as_str()), ("link", link)),
            None => l.with("promise-link-missing", "page", page.as_str()),
        },
    }
}

async fn all(desk: Desk, Id(id): Id<ProductId>) -> PageReply {
    proofs_page(desk, id, Attempt::default()).await
}

async fn proofs_page(desk: Desk, id: ProductId, attempt: Attempt) -> PageReply {
    let (product, about) = (id.clone(), id.clone());
    let (found, label) = desk.ask(move |b| Ok((b.proofs(&id)?, b.label(&about)?))).await?;
    let found = found.ok_or_else(no_product)?;
    let line = |(proof, who): (Proof, Option<String>)| ProofLine {
        id: proof.id.to_string(),
        kind: proof.said.kind().word(),
        says: says(desk.l, &proof.said),
        holds: proof.said.holds(),
        photo: proof.said.photo().is_some(),
        who: who.unwrap_or_default(),
        at: desk.when(proof.at),
    };
    let label = match label {
        None => Err(vec!["public-dossier".to_owned()]),
        Some(view) => match view.signed {
            Some((label, _)) => Ok(desk.when(label.expires)),
            None => Err(view.stale.into_iter().map(|one| one.what).collect()),
        },
    };
    let status = attempt.status();
    let page = ProofsPage {
        lines: found.proofs.into_iter().map(line).collect(),
        missing: found.missing.into_iter().map(|word| desk.l.say(missing_words(word))).collect(),
        label,
        may_keep: desk.may(Act::PutDossier),
        frame: desk.frame(desk.l.with("promise-records", "product", &product), "products").await?,
        product: product.to_string(),
        attempt,
    };
    page_with(status, &page)
}

async fn keep(desk: Desk, Id(id): Id<ProductId>, Sent(fields): Sent) -> PageReply {
    let (by, product, text) = (desk.caller.clone(), id.clone(), fields.typed("record").to_owned());
    match desk.ask(move |b| b.keep_proof(&by, &product, &text)).await {
        Ok(_) => Ok(go(&format!("/console/products/{id}/proofs"), "proof-kept")),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("keep", fields, problem);
            proofs_page(desk, id, attempt).await
        }
    }
}

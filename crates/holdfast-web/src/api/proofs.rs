//! Interface of the room `proofs`: records about products that people make, and the signed label.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_core::id::{ProductId, ProofId};
use holdfast_core::label::Evidence;
use holdfast_domain::fleet::proof::{PHOTO_BYTES_MAX, Proof};
use holdfast_domain::people::access::Act;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, no_product, us};
use crate::backend::proofs::LabelView;
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Body, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

/// Most bytes of a photograph, as the body's limit.
#[expect(clippy::cast_possible_truncation, reason = "8 MiB fits every address space")]
const PHOTO_MAX: usize = PHOTO_BYTES_MAX as usize;

const LABEL: About = About::new("The signed label of a product, or which evidence is stale or missing.")
    .more("Signed at this moment, for seven days at most and never longer than its evidence. `cose` is checked offline: holdfast label verify.");
const KEEP: About = About::new("Keep a record about a product.")
    .more("`record` is an object with one member: `usability`, `interface` or `page`. A record is never changed; another look is another record.")
    .refuses(&[422]);
const PHOTO: About = About::new("Keep a photograph of a product's package, PNG or JPEG, with its digest and date.")
    .query(&[Ask::of("of", Kind::Text, "Which package.").needed()])
    .takes(&["image/png", "image/jpeg"])
    .refuses(&[422]);

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, order) = (Access::May(Act::ViewFleet), Access::May(Act::PutDossier));
    routes
        .api_get("/api/v1/products/{id}/signed-label", look, label, LABEL)
        .api_get(
            "/api/v1/products/{id}/proofs",
            look,
            all,
            About::new("Records about a product, newest first.").query(Ask::PAGE),
        )
        .api_get("/api/v1/products/{id}/proofs/missing", look, missing, "What is missing among a product's records.")
        .api_post("/api/v1/products/{id}/proofs", order, keep, KEEP)
        .api_post("/api/v1/products/{id}/photos", order, keep_photo, PHOTO)
        .api_get(
            "/api/v1/proofs/{id}/photo",
            look,
            photo,
            About::new("The photograph of a record.").gives(&["image/png", "image/jpeg"]),
        )
}

/// A label as JSON: what it says, and its signed bytes.
#[derive(Serialize, ToSchema)]
pub(crate) struct LabelDoc {
    product: String,
    name: Option<String>,
    version: Option<String>,
    manifest: Option<String>,
    address: Option<String>,
    issued_us: Option<i64>,
    expires_us: Option<i64>,
    trust_version: Option<u64>,
    /// Stable names and their values.
    claims: std::collections::BTreeMap<String, String>,
    evidence: Vec<EvidenceDoc>,
    /// Stale or missing evidence, because of which there is no label; empty if there is one.
    lapsed: Vec<StaleDoc>,
    /// The signed label (`COSE_Sign1`), base64; null if it has lapsed.
    cose: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct EvidenceDoc {
    what: String,
    link: String,
    at_us: i64,
    fresh_until_us: i64,
}

#[derive(Serialize, ToSchema)]
struct StaleDoc {
    what: String,
    /// Since when; null if it was never there.
    since_us: Option<i64>,
}

impl LabelDoc {
    pub(crate) fn of(product: &ProductId, view: LabelView) -> Self {
        let bare = Self {
            product: product.to_string(),
            name: None,
            version: None,
            manifest: None,
            address: None,
            issued_us: None,
            expires_us: None,
            trust_version: None,
            claims: std::collections::BTreeMap::new(),
            evidence: Vec::new(),
            lapsed: Vec::new(),
            cose: None,
        };
        let stale = view.stale.into_iter().map(|one| StaleDoc { what: one.what, since_us: one.since.map(us) });
        let bare = Self { lapsed: stale.collect(), claims: view.claims.into_iter().collect(), ..bare };
        let Some((label, cose)) = view.signed else { return bare };
        let row = |one: Evidence| EvidenceDoc {
            what: one.what,
            link: one.link,
            at_us: us(one.at),
            fresh_until_us: us(one.until),
        };
        Self {
            name: Some(label.name),
            version: Some(label.version),
            manifest: label.manifest.map(|digest| digest.to_string()),
            address: Some(label.address),
            issued_us: Some(us(label.issued)),
            expires_us: Some(us(label.expires)),
            trust_version: Some(label.trust_version),
            evidence: label.evidence.into_iter().map(row).collect(),
            cose: Some(STANDARD.encode(cose)),
            ..bare
        }
    }
}

async fn label(State(app): State<App>, Id(id): Id<ProductId>) -> Reply<LabelDoc> {
    let product = id.clone();
    let found = app.ask(move |b| b.label(&id)).await?.ok_or_else(no_product)?;
    Ok(axum::Json(LabelDoc::of(&product, found)))
}

#[derive(Serialize, ToSchema)]
struct ProofRow {
    id: String,
    product: String,
    /// `usability`, `interface` or `packaging`.
    kind: &'static str,
    /// Whether it shows by itself what it is made for.
    holds: bool,
    at_us: i64,
    /// Who made it; null if the account is gone.
    who: Option<String>,
    record: Value,
}

fn row(proof: &Proof, who: Option<String>) -> ProofRow {
    ProofRow {
        id: proof.id.to_string(),
        product: proof.product.to_string(),
        kind: proof.said.kind().word(),
        holds: proof.said.holds(),
        at_us: us(proof.at),
        who,
        record: document(&proof.said.text()),
    }
}

async fn all(State(app): State<App>, Id(id): Id<ProductId>, Asked(query): Asked) -> Reply<List<ProofRow>> {
    let found = app.ask(move |b| b.proofs(&id)).await?.ok_or_else(no_product)?;
    let rows = found.proofs.into_iter().map(|(proof, who)| row(&proof, who)).collect();
    List::cut(rows, &query.page()?, |row| row.id.clone())
}

#[derive(Serialize, ToSchema)]
struct MissingDoc {
    /// Stable words, such as `usability-below-threshold`.
    missing: Vec<&'static str>,
}

async fn missing(State(app): State<App>, Id(id): Id<ProductId>) -> Reply<MissingDoc> {
    let found = app.ask(move |b| b.proofs(&id)).await?.ok_or_else(no_product)?;
    Ok(axum::Json(MissingDoc { missing: found.missing }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProofBody {
    record: Value,
}

async fn keep(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ProductId>,
    Json(body): Json<ProofBody>,
) -> Reply<ProofRow> {
    let proof = app.ask(move |b| b.keep_proof(&by, &id, &body.record.to_string())).await?;
    Ok(axum::Json(row(&proof, None)))
}

async fn keep_photo(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ProductId>,
    Asked(query): Asked,
    body: Body<PHOTO_MAX>,
) -> Reply<ProofRow> {
    let of: String = query.needed("of")?;
    let bytes = body.of_type(&["image/png", "image/jpeg"])?;
    let proof = app.ask(move |b| b.keep_photo(&by, &id, &of, &bytes)).await?;
    Ok(axum::Json(row(&proof, None)))
}

pub(crate) async fn photo(State(app): State<App>, Id(id): Id<ProofId>) -> Result<Response, Problem> {
    let nothing = || Problem::absent("photo-unknown", "There is no such photograph.");
    let (media_type, bytes) = app.ask(move |b| b.photo(id)).await?.ok_or_else(nothing)?;
    Ok(([(CONTENT_TYPE, media_type)], bytes).into_response())
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<ProofBody>(bytes));
}

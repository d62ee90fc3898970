//! Interface of dossiers: what the public reads about products.

use axum::extract::State;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::dossier::rules::Gap;
use holdfast_domain::fleet::dossier::{Day, Public, Record};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, no_product, us};
use crate::backend::dossier::{DossierLine, DossierView};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const SHOW: About = About::new("What the public reads about a product, and the draft of it.")
    .more("`public` is null before the product was published. `gaps` names what must be said first, and for whom.");
const PUT: About = About::new("Keep a draft.")
    .more("The public sees nothing of it before it is published. `support.until` may not be before what was promised.")
    .refuses(&[409, 422]);
const PUBLISH: About = About::new("Publish the draft.")
    .more("Refused (`dossier-incomplete`) while something is missing. What was published once stays public for ever.")
    .refuses(&[409, 422]);
const EXTEND: About = About::new("Extend the support of a product.")
    .more("The public reads the new day at once, and owners are told. A day that is not later is refused; a nearer one is kept in the ledger as a try.")
    .refuses(&[409, 422]);

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewFleet);
    let order = Access::May(Act::PutDossier);
    routes
        .api_get("/api/v1/products/{id}/dossier", look, show, SHOW)
        .api_put("/api/v1/products/{id}/dossier", order, put, PUT)
        .api_post("/api/v1/products/{id}/dossier/publish", order, publish, PUBLISH)
        .api_get(
            "/api/v1/products/{id}/dossier/history",
            look,
            history,
            About::new("Every change of a product's dossier, newest first.").query(Ask::PAGE),
        )
        .api_post("/api/v1/products/{id}/support/extend", order, extend, EXTEND)
}

#[derive(Serialize, ToSchema)]
struct DossierDoc {
    product: String,
    /// Counts every change; 0 before the first.
    version: u64,
    /// Where the public reads it.
    address: String,
    draft: Value,
    public: Option<PublicDoc>,
    gaps: Vec<GapDoc>,
}

#[derive(Serialize, ToSchema)]
struct PublicDoc {
    /// Last day with security updates, such as `2034-12-31`.
    support_until: String,
    /// The last day as it was said first.
    support_until_at_first: String,
    since_us: i64,
    changed_us: i64,
    document: Value,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DossierGapDoc)]
struct GapDoc {
    /// Where in the document.
    path: String,
    /// Who needs it: `psti`, `buyer`, `privacy` or `replacement`.
    why: &'static str,
}

impl From<Gap> for GapDoc {
    fn from(gap: Gap) -> Self {
        Self { path: gap.path, why: gap.why }
    }
}

impl From<&Public> for PublicDoc {
    fn from(public: &Public) -> Self {
        Self {
            support_until: public.until.to_string(),
            support_until_at_first: public.first_until.to_string(),
            since_us: us(public.since),
            changed_us: us(public.changed),
            document: document(&public.dossier.text()),
        }
    }
}

impl From<DossierView> for DossierDoc {
    fn from(view: DossierView) -> Self {
        let record = view.record.as_ref();
        Self {
            product: view.product.to_string(),
            version: record.map_or(0, |record| record.version),
            address: view.address,
            draft: record.map_or_else(|| document("{}"), |record| document(&record.draft.text())),
            public: record.and_then(|record| record.public.as_ref()).map(PublicDoc::from),
            gaps: view.gaps.into_iter().map(GapDoc::from).collect(),
        }
    }
}

async fn show(State(app): State<App>, Id(id): Id<ProductId>) -> Reply<DossierDoc> {
    let view = app.ask(move |b| b.dossier(&id)).await?.ok_or_else(no_product)?;
    Ok(axum::Json(view.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DossierBody {
    /// The whole draft, as `draft` is shown.
    dossier: Value,
    /// Refuse (`dossier-version-conflict`) unless this is the current version.
    #[serde(default)]
    from_version: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct DossierKept {
    product: String,
    version: u64,
    support_until: Option<String>,
    public: bool,
}

impl From<Record> for DossierKept {
    fn from(record: Record) -> Self {
        Self {
            product: record.product.to_string(),
            version: record.version,
            support_until: record.public.as_ref().map(|public| public.until.to_string()),
            public: record.public.is_some(),
        }
    }
}

async fn put(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ProductId>,
    Json(body): Json<DossierBody>,
) -> Reply<DossierKept> {
    let text = body.dossier.as_str().map_or_else(|| body.dossier.to_string(), str::to_owned);
    Ok(axum::Json(app.ask(move |b| b.save_dossier(&by, &id, body.from_version, &text)).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    /// Refuse (`dossier-version-conflict`) unless this is the current version.
    #[serde(default)]
    from_version: Option<u64>,
}

async fn publish(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ProductId>,
    Json(body): Json<PublishBody>,
) -> Reply<DossierKept> {
    Ok(axum::Json(app.ask(move |b| b.publish_dossier(&by, &id, body.from_version)).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExtendBody {
    /// The new last day, such as `2036-12-31`.
    until: String,
}

async fn extend(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ProductId>,
    Json(body): Json<ExtendBody>,
) -> Reply<DossierKept> {
    let until = day_of(&body.until)?;
    Ok(axum::Json(app.ask(move |b| b.extend_support(&by, &id, until)).await?.into()))
}

/// A day as somebody wrote it.
pub(crate) fn day_of(text: &str) -> Result<Day, Problem> {
    text.trim().parse().map_err(|why| Problem::malformed("day-malformed", format!("`{}`: {why}.", text.trim())))
}

#[derive(Serialize, ToSchema)]
struct DossierChangeRow {
    version: u64,
    /// `saved`, `published` or `extended`.
    act: &'static str,
    at_us: i64,
    person: String,
    support_until: Option<String>,
    document: Value,
}

impl From<DossierLine> for DossierChangeRow {
    fn from(line: DossierLine) -> Self {
        Self {
            version: line.version,
            act: line.act.word(),
            at_us: us(line.at),
            person: line.by.to_string(),
            support_until: line.until.map(|day| day.to_string()),
            document: document(&line.document),
        }
    }
}

async fn history(State(app): State<App>, Id(id): Id<ProductId>, Asked(query): Asked) -> Reply<List<DossierChangeRow>> {
    let asked = id.clone();
    app.ask(move |b| b.dossier(&asked)).await?.ok_or_else(no_product)?;
    let lines = app.ask(move |b| b.dossier_history(&id)).await?;
    List::cut(lines.into_iter().map(DossierChangeRow::from).collect(), &query.page()?, |row| row.version.to_string())
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<DossierBody>(bytes));
    drop(serde_json::from_slice::<PublishBody>(bytes));
    drop(serde_json::from_slice::<ExtendBody>(bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(holdfast_domain::fleet::dossier::Dossier::parse(text));
    }
}

//! Interface of the maker's papers: policies and bulletins.

use axum::extract::{Path, State};
use holdfast_domain::papers::Paper;
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, us};
use crate::backend::papers::{PaperView, Papers};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const PUT: About = About::new("Keep a new version of a paper.")
    .more(
        "`document.kind` is `policy` (id `security`, `support`, `disclosure`, `privacy` or `retention`) or `bulletin`. \
         They are public at once, and owners whose units they are about are told; a new version of a policy \
         is in force at the earliest thirty days ahead (`policy-too-soon`).",
    )
    .refuses(&[409, 422]);

pub(super) fn routes(routes: Routes) -> Routes {
    let desk = Access::May(Act::PutDossier);
    routes
        .api_get("/api/v1/papers", desk, all, About::new("The newest version of each paper.").query(Ask::PAGE))
        .api_get("/api/v1/papers/{name}", desk, one, "Every version of a paper, newest first.")
        .api_put("/api/v1/papers/{name}", desk, put, PUT)
}

#[derive(Serialize, ToSchema)]
struct PaperDoc {
    id: String,
    version: u64,
    kind: &'static str,
    at_us: i64,
    document: Value,
}

impl From<&Paper> for PaperDoc {
    fn from(paper: &Paper) -> Self {
        Self {
            id: paper.id.clone(),
            version: paper.version,
            kind: paper.document.kind(),
            at_us: us(paper.at),
            document: document(&paper.document.text()),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PaperRow {
    #[serde(flatten)]
    paper: PaperDoc,
    /// Owners who got a notice of this version.
    told: u64,
    /// Whether all whom it is about were told.
    told_all: bool,
    /// Owners of units of its product, or of any.
    owners: u64,
}

impl From<&PaperView> for PaperRow {
    fn from(view: &PaperView) -> Self {
        Self { paper: (&view.paper).into(), told: view.told, told_all: view.told_all, owners: view.owners }
    }
}

async fn all(State(app): State<App>) -> Reply<List<PaperRow>> {
    let papers = app.ask(Papers::papers).await?;
    Ok(axum::Json(List { items: papers.iter().map(PaperRow::from).collect(), next: None }))
}

#[derive(Serialize, ToSchema)]
struct PaperVersions {
    versions: Vec<PaperDoc>,
}

async fn one(State(app): State<App>, Path(name): Path<String>) -> Reply<PaperVersions> {
    let versions = app.ask(move |b| b.paper(&name)).await?;
    if versions.is_empty() {
        return Err(Problem::absent("paper-unknown", "There is no paper of this name."));
    }
    Ok(axum::Json(PaperVersions { versions: versions.iter().map(PaperDoc::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaperBody {
    /// The whole paper.
    document: Value,
    /// Refuse (`paper-version-conflict`) unless this is the newest version; 0 for a new paper.
    #[serde(default)]
    from_version: Option<u64>,
}

async fn put(
    State(app): State<App>,
    Who(by): Who,
    Path(name): Path<String>,
    Json(body): Json<PaperBody>,
) -> Reply<PaperDoc> {
    let text = body.document.to_string();
    let kept = app.ask(move |b| b.put_paper(&by, &name, &text, body.from_version)).await?;
    Ok(axum::Json((&kept).into()))
}

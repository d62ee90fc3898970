//! Interface of the label's card: what a code leads to and what that takes, to be shown before somebody claims it.

use axum::extract::State;
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Reply;
use crate::backend::homes::DataTaken;
use crate::door::App;
use crate::door::about::About;
use crate::door::arrival::Knock;
use crate::door::extract::Json;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const CARD: About = About::new("What a label leads to: the product, and what it takes about its people.")
    .more("The same as the page of the label. A claim begins with the `notice` of this answer.")
    .refuses(&[404, 429]);

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api_post("/api/v1/claims/card", Access::May(Act::UseHome), card, CARD)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimCardBody {
    /// As the label has it.
    code: String,
}

#[derive(Serialize, ToSchema)]
struct ClaimDataRow {
    title: String,
    purpose: Option<String>,
    personal: bool,
}

#[derive(Serialize, ToSchema)]
struct ClaimCardDoc {
    product: String,
    title: String,
    maker: String,
    /// What it takes; to be shown before the claim.
    data: Vec<ClaimDataRow>,
    /// The version of the privacy notice that this is; a claim sends it back as `notice`.
    notice: String,
}

async fn card(State(app): State<App>, knock: Knock, Json(body): Json<ClaimCardBody>) -> Reply<ClaimCardDoc> {
    let found = app.ask(move |b| b.claim_card(&body.code, knock.address)).await?;
    let card = found.ok_or_else(|| Problem::absent("code-unknown", "There is no device with this code."))?;
    let row = |one: DataTaken| ClaimDataRow { title: one.title, purpose: one.purpose, personal: one.personal };
    Ok(axum::Json(ClaimCardDoc {
        product: card.product.to_string(),
        title: card.title,
        maker: card.maker,
        data: card.model.data.into_iter().map(row).collect(),
        notice: card.notice.to_string(),
    }))
}

/// The version of the notice that somebody says was shown.
pub(super) fn notice(said: Option<&str>) -> Result<Option<Sha256Digest>, Problem> {
    let unreadable = |_| Problem::malformed("notice-malformed", "`notice` is a SHA-256 digest in hexadecimal.");
    said.map(str::parse).transpose().map_err(unreadable)
}

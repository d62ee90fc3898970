//! Interface of the room `shops`: retailers, their keys, what they fetched and accepted, units that came back.

use axum::extract::State;
use holdfast_core::id::{ReaderId, ShopId};
use holdfast_domain::fleet::shop::Returned;
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::backend::shops::{ShopView, Shops};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::secret::Secret;

const ADD: About = About::new("Make a key for a retailer.")
    .more("The address in the answer is the retailer's page and feed. It is shown this once.")
    .refuses(&[422])
    .secret();
const UNITS: About = About::new("Units that readers of a retailer saw come back, each with the state of its wipe.")
    .more("`unwiped_sale` is true for one that is on its way to a buyer with an owner's data on it.")
    .query(Ask::PAGE);

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, order) = (Access::May(Act::ViewFleet), Access::May(Act::PutDossier));
    routes
        .api_get("/api/v1/shops", look, all, About::new("Every retailer, oldest first.").query(Ask::PAGE))
        .api_post("/api/v1/shops", order, add, ADD)
        .api_get("/api/v1/shops/{id}", look, one, "A retailer: what it fetched and when, who accepted which duties.")
        .api_post("/api/v1/shops/{id}/retire", order, retire, About::new("End a retailer's key.").refuses(&[409]))
        .api_put(
            "/api/v1/shops/{id}/readers",
            order,
            readers,
            About::new("Say which readers of tags stand in a retailer's rooms.").refuses(&[409, 422]),
        )
        .api_get("/api/v1/shops/{id}/units", look, units, UNITS)
}

#[derive(Serialize, ToSchema)]
struct FetchRow {
    /// `feed`, or a product's id.
    document: String,
    last_us: i64,
}

#[derive(Serialize, ToSchema)]
struct AcceptanceRow {
    version: u32,
    /// Who, as they wrote it.
    who: String,
    at_us: i64,
}

#[derive(Serialize, ToSchema)]
struct ShopRow {
    id: String,
    name: String,
    made_us: i64,
    retired_us: Option<i64>,
    readers: Vec<String>,
    fetched: Vec<FetchRow>,
    accepted: Vec<AcceptanceRow>,
}

impl From<ShopView> for ShopRow {
    fn from(ShopView { shop, fetched, accepted }: ShopView) -> Self {
        Self {
            id: shop.id.to_string(),
            name: shop.name,
            made_us: us(shop.made),
            retired_us: shop.retired.map(us),
            readers: shop.readers.iter().map(ReaderId::to_string).collect(),
            fetched: fetched.into_iter().map(|f| FetchRow { document: f.document, last_us: us(f.at) }).collect(),
            accepted: accepted
                .into_iter()
                .map(|a| AcceptanceRow { version: a.version, who: a.who, at_us: us(a.at) })
                .collect(),
        }
    }
}

async fn all(State(app): State<App>, Asked(query): Asked) -> Reply<List<ShopRow>> {
    let rows = app.ask(Shops::shops).await?;
    List::cut(rows.into_iter().map(ShopRow::from).collect(), &query.page()?, |row| row.id.clone())
}

fn unknown() -> Problem {
    Problem::absent("shop-unknown", "There is no such retailer.")
}

async fn one(State(app): State<App>, Id(id): Id<ShopId>) -> Reply<ShopRow> {
    let found = app.ask(move |b| Shops::shop(b, id)).await?.ok_or_else(unknown)?;
    Ok(axum::Json(found.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShopBody {
    /// What the retailer is called.
    name: String,
}

#[derive(Serialize, ToSchema)]
struct ShopMade {
    id: String,
    /// The retailer's page; `/feed.json` under it is the feed.
    address: String,
}

async fn add(State(app): State<App>, Who(by): Who, Json(body): Json<ShopBody>) -> Reply<ShopMade> {
    let secret = Secret::from_random(app.ground().random());
    let hash = secret.hash();
    let id = app.ask(move |b| b.add_shop(&by, &body.name, &hash)).await?;
    Ok(axum::Json(ShopMade { id: id.to_string(), address: format!("/shop/{}", secret.text()) }))
}

async fn retire(State(app): State<App>, Who(by): Who, Id(id): Id<ShopId>) -> Reply<Done> {
    app.ask(move |b| b.retire_shop(&by, id)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadersBody {
    readers: Vec<String>,
}

async fn readers(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ShopId>,
    Json(body): Json<ReadersBody>,
) -> Reply<Done> {
    let readers: Result<Vec<ReaderId>, _> = body.readers.iter().map(|one| one.parse()).collect();
    let readers = readers.map_err(|why| Problem::malformed("id-malformed", format!("{why}.")))?;
    app.ask(move |b| b.set_shop_readers(&by, id, &readers)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct ReturnedRow {
    device: String,
    product: String,
    back_us: i64,
    /// Where it was seen last.
    station: &'static str,
    seen_us: i64,
    /// `never-owned`, `still-owned`, `waits` or `wiped`.
    wipe: &'static str,
    unwiped_sale: bool,
}

impl From<Returned> for ReturnedRow {
    fn from(unit: Returned) -> Self {
        Self {
            unwiped_sale: unit.is_resold_unwiped(),
            device: unit.device.to_string(),
            product: unit.product.to_string(),
            back_us: us(unit.back),
            station: unit.station.name(),
            seen_us: us(unit.seen),
            wipe: unit.wipe.word(),
        }
    }
}

async fn units(State(app): State<App>, Id(id): Id<ShopId>, Asked(query): Asked) -> Reply<List<ReturnedRow>> {
    let ask = query.page()?;
    app.ask(move |b| Shops::shop(b, id)).await?.ok_or_else(unknown)?;
    Ok(List::of(app.ask(move |b| b.shop_units(id, &ask)).await?, ReturnedRow::from))
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<ShopBody>(bytes));
    drop(serde_json::from_slice::<ReadersBody>(bytes));
}

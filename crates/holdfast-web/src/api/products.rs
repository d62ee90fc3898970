//! Interface of products and factory batches.

use axum::extract::State;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::{FactoryBatch, Product};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{List, Reply, document, hex, us};
use crate::backend::fleet::{Fleet, NewProduct, ProductView};
use crate::door::App;
use crate::door::extract::{Asked, Body, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

/// Most bytes of a factory manifest.
const MANIFEST_BYTES_MAX: usize = 32 * 1024 * 1024;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/products", Access::May(Act::ViewFleet), products)
        .get("/api/v1/products/{id}", Access::May(Act::ViewFleet), product)
        .put("/api/v1/products/{id}", Access::May(Act::PutProduct), put_product)
        .get("/api/v1/batches", Access::May(Act::ViewFleet), batches)
        .post("/api/v1/batches", Access::May(Act::ImportBatch), import_batch)
}

#[derive(Serialize)]
struct ProductRow {
    id: String,
    title: String,
    vendor_domain: String,
    created_us: i64,
    devices: u64,
    releases: u64,
}

impl From<&ProductView> for ProductRow {
    fn from(view: &ProductView) -> Self {
        Self {
            id: view.product.id.to_string(),
            title: view.product.title.clone(),
            vendor_domain: view.product.vendor_domain.clone(),
            created_us: us(view.product.created),
            devices: view.devices,
            releases: view.releases,
        }
    }
}

#[derive(Serialize)]
struct ProductDoc {
    #[serde(flatten)]
    row: ProductRow,
    thing_model: Value,
}

async fn products(State(app): State<App>) -> Reply<List<ProductRow>> {
    let rows = app.ask(Fleet::products).await?;
    Ok(List::whole(rows.iter().map(ProductRow::from).collect()))
}

async fn product(State(app): State<App>, Id(id): Id<ProductId>) -> Reply<ProductDoc> {
    let view = app.ask(move |b| b.product(&id)).await?.ok_or_else(no_product)?;
    Ok(axum::Json(ProductDoc { row: ProductRow::from(&view), thing_model: document(&view.product.thing_model) }))
}

/// There is no such product.
pub(crate) fn no_product() -> Problem {
    Problem::absent("product-unknown", "There is no such product.")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductBody {
    title: String,
    vendor_domain: String,
    thing_model: Value,
}

#[derive(Serialize)]
struct ProductMade {
    id: String,
    title: String,
    vendor_domain: String,
    created_us: i64,
}

impl From<Product> for ProductMade {
    fn from(product: Product) -> Self {
        Self {
            id: product.id.to_string(),
            title: product.title,
            vendor_domain: product.vendor_domain,
            created_us: us(product.created),
        }
    }
}

/// The Thing Model may stand in the body as an object, or as text that holds one.
async fn put_product(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<ProductId>,
    Json(body): Json<ProductBody>,
) -> Reply<ProductMade> {
    let thing_model = body.thing_model.as_str().map_or_else(|| body.thing_model.to_string(), str::to_owned);
    let new = NewProduct { id, title: body.title, vendor_domain: body.vendor_domain, thing_model };
    Ok(axum::Json(app.ask(move |b| b.put_product(&by, &new)).await?.into()))
}

#[derive(Serialize)]
struct BatchRow {
    id: String,
    product: String,
    devices: u32,
    manifest_digest: String,
    imported_us: i64,
}

impl From<FactoryBatch> for BatchRow {
    fn from(batch: FactoryBatch) -> Self {
        Self {
            id: batch.id.to_string(),
            product: batch.product.to_string(),
            devices: batch.devices,
            manifest_digest: hex(&batch.manifest_digest),
            imported_us: us(batch.imported),
        }
    }
}

async fn batches(State(app): State<App>, Asked(query): Asked) -> Reply<List<BatchRow>> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.batches(&page)).await?, BatchRow::from))
}

async fn import_batch(State(app): State<App>, Who(by): Who, body: Body<MANIFEST_BYTES_MAX>) -> Reply<BatchRow> {
    let manifest = body.of_type(&["application/json"])?;
    Ok(axum::Json(app.ask(move |b| b.import_batch(&by, &manifest)).await?.into()))
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<ProductBody>(bytes));
}

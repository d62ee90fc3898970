//! Interface of products and factory batches.

use axum::extract::State;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::{FactoryBatch, Product};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{List, Reply, document, hex, us};
use crate::backend::fleet::{Fleet, NewProduct, ProductView};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Body, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

/// Most bytes of a factory manifest.
const MANIFEST_BYTES_MAX: usize = 32 * 1024 * 1024;

const PUT_PRODUCT: About = About::new("Add a product or replace its model.")
    .more("`thing_model` is a W3C Thing Model, as an object or as text that holds one.");
const IMPORT: About = About::new("Import a factory manifest.")
    .more("As `holdfast factory manifest` writes it; each device in it may then enrol. All of it or nothing.")
    .takes(&["application/json"]);

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewFleet);
    routes
        .api_get("/api/v1/products", look, products, About::new("The products, by id.").query(Ask::PAGE))
        .api_get("/api/v1/products/{id}", look, product, "One product with its model.")
        .api_put("/api/v1/products/{id}", Access::May(Act::PutProduct), put_product, PUT_PRODUCT)
        .api_get("/api/v1/batches", look, batches, About::new("Factory batches, newest first.").query(Ask::PAGE))
        .api_post("/api/v1/batches", Access::May(Act::ImportBatch), import_batch, IMPORT)
}

#[derive(Serialize, ToSchema)]
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

#[derive(Serialize, ToSchema)]
struct ProductDoc {
    #[serde(flatten)]
    row: ProductRow,
    thing_model: Value,
}

async fn products(State(app): State<App>, Asked(query): Asked) -> Reply<List<ProductRow>> {
    let rows = app.ask(Fleet::products).await?;
    List::cut(rows.iter().map(ProductRow::from).collect(), &query.page()?, |row| row.id.clone())
}

async fn product(State(app): State<App>, Id(id): Id<ProductId>) -> Reply<ProductDoc> {
    let view = app.ask(move |b| b.product(&id)).await?.ok_or_else(no_product)?;
    Ok(axum::Json(ProductDoc { row: ProductRow::from(&view), thing_model: document(&view.product.thing_model) }))
}

/// There is no such product.
pub(crate) fn no_product() -> Problem {
    Problem::absent("product-unknown", "There is no such product.")
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProductBody {
    title: String,
    vendor_domain: String,
    thing_model: Value,
}

#[derive(Serialize, ToSchema)]
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

#[derive(Serialize, ToSchema)]
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

//! Pages of products: what their models declare, their batches and releases.

use askama::Template;
use holdfast_core::id::ProductId;
use holdfast_domain::people::access::Act;

use super::dossier::Calendar;
use super::updates::ReleaseLine;
use super::words::{Day, Digest, When, digest};
use super::{Desk, Frame, PageReply, page};
use crate::api::no_product;
use crate::backend::PageAsk;
use crate::backend::fleet::{Fleet, ModelView, ProductView};
use crate::door::extract::Id;
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/products", Access::May(Act::ViewFleet), products).get(
        "/console/products/{id}",
        Access::May(Act::ViewFleet),
        product,
    )
}

/// One product in the list.
struct ProductLine {
    id: String,
    title: String,
    vendor: String,
    devices: u64,
    releases: u64,
    batches: u64,
    created: Day,
}

impl ProductLine {
    fn new(view: &ProductView, desk: &Desk) -> Self {
        Self {
            id: view.product.id.to_string(),
            title: view.product.title.clone(),
            vendor: view.product.vendor_domain.clone(),
            devices: view.devices,
            releases: view.releases,
            batches: view.batches,
            created: desk.day(view.product.created),
        }
    }
}

/// One imported batch.
struct BatchLine {
    id: String,
    devices: u32,
    digest: Digest,
    imported: When,
}

#[derive(Template)]
#[template(path = "products/products.html")]
struct ProductsPage {
    frame: Frame,
    products: Vec<ProductLine>,
    calendar: Calendar,
}

async fn products(desk: Desk) -> PageReply {
    let (found, dossiers) = desk.ask(|b| Ok((Fleet::products(b)?, b.dossiers()?))).await?;
    page(&ProductsPage {
        calendar: Calendar::new(desk.l, &dossiers, desk.now),
        frame: desk.frame(desk.l.say("console-nav-products"), "products").await?,
        products: found.iter().map(|view| ProductLine::new(view, &desk)).collect(),
    })
}

#[derive(Template)]
#[template(path = "products/product.html")]
struct ProductPage {
    frame: Frame,
    line: ProductLine,
    model: ModelView,
    batches: Vec<BatchLine>,
    releases: Vec<ReleaseLine>,
}

/// Rows of each list on a product's page.
const LIST_ROWS: u16 = 20;

async fn product(desk: Desk, Id(id): Id<ProductId>) -> PageReply {
    let asked = id.clone();
    let (view, batches, releases) = desk
        .ask(move |b| {
            let list = PageAsk::first(LIST_ROWS);
            Ok((b.product(&asked)?, b.batches(&PageAsk::first(PageAsk::ROWS_MAX))?, b.releases(Some(&asked), &list)?))
        })
        .await?;
    let view = view.ok_or_else(no_product)?;
    let line = |batch: holdfast_domain::fleet::FactoryBatch| BatchLine {
        id: batch.id.to_string(),
        devices: batch.devices,
        digest: digest(batch.manifest_digest),
        imported: desk.when(batch.imported),
    };
    page(&ProductPage {
        frame: desk.frame(view.product.title.clone(), "products").await?,
        line: ProductLine::new(&view, &desk),
        model: view.model,
        batches: batches.rows.into_iter().filter(|batch| batch.product == id).map(line).collect(),
        releases: releases.rows.iter().map(|release| ReleaseLine::new(release, &desk)).collect(),
    })
}

//! Retailers: their keys, what they fetched and when, who accepted the duties, units that came back.

use askama::Template;
use holdfast_core::id::{ReaderId, ShopId};
use holdfast_domain::fleet::shop::{DUTIES_VERSION, NAME_CHARS_MAX};
use holdfast_domain::people::access::Act;

use super::words::When;
use super::{Attempt, Desk, Frame, PageReply, go, page_with};
use crate::backend::PageAsk;
use crate::backend::custody::CustodyChain;
use crate::backend::shops::{ShopView, Shops};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::secret::Secret;

/// Units of one page.
const ROWS: u16 = 50;

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, order) = (Access::May(Act::ViewFleet), Access::May(Act::PutDossier));
    routes
        .get("/console/shops", look, all)
        .post("/console/shops", order, add)
        .get("/console/shops/{id}", look, one)
        .post("/console/shops/{id}/retire", order, retire)
        .post("/console/shops/{id}/readers", order, readers)
}

struct ShopLine {
    id: String,
    name: String,
    fetched: Option<When>,
    accepted: Option<(String, When)>,
    retired: bool,
}

#[derive(Template)]
#[template(path = "promises/shops.html")]
struct ShopsPage {
    frame: Frame,
    lines: Vec<ShopLine>,
    may_order: bool,
    /// The address of a key that was made just now; shown this once.
    made: Option<String>,
    most: usize,
    attempt: Attempt,
}

async fn all(desk: Desk) -> PageReply {
    shops_page(desk, None, Attempt::default()).await
}

async fn shops_page(desk: Desk, made: Option<String>, attempt: Attempt) -> PageReply {
    let found = desk.ask(Shops::shops).await?;
    let line = |ShopView { shop, fetched, accepted }: ShopView| ShopLine {
        id: shop.id.to_string(),
        fetched: fetched.iter().map(|one| one.at).max().map(|at| desk.when(at)),
        accepted: accepted
            .iter()
            .find(|one| one.version == DUTIES_VERSION)
            .map(|one| (one.who.clone(), desk.when(one.at))),
        retired: shop.retired.is_some(),
        name: shop.name,
    };
    let status = attempt.status();
    let found = ShopsPage {
        lines: found.into_iter().map(line).collect(),
        may_order: desk.may(Act::PutDossier),
        frame: desk.frame(desk.l.say("console-nav-shops"), "shops").await?,
        made,
        most: NAME_CHARS_MAX,
        attempt,
    };
    page_with(status, &found)
}

async fn add(desk: Desk, Sent(fields): Sent) -> PageReply {
    let secret = Secret::from_random(desk.app.ground().random());
    let (by, name, hash) = (desk.caller.clone(), fields.typed("name").to_owned(), secret.hash());
    match desk.ask(move |b| b.add_shop(&by, &name, &hash)).await {
        Ok(_) => shops_page(desk, Some(format!("/shop/{}", secret.text())), Attempt::default()).await,
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("add", fields, problem);
            shops_page(desk, None, attempt).await
        }
    }
}

struct UnitLine {
    device: String,
    product: String,
    back: When,
    station: &'static str,
    wipe: String,
    class: &'static str,
    stop: bool,
}

#[derive(Template)]
#[template(path = "promises/shop.html")]
struct ShopPage {
    frame: Frame,
    id: String,
    name: String,
    retired: bool,
    fetched: Vec<(String, When, u64)>,
    accepted: Vec<(u32, String, When)>,
    /// Readers of the chain, each with whether it stands in the shop's rooms.
    readers: Vec<(String, String, bool)>,
    units: Vec<UnitLine>,
    next: Option<String>,
    may_order: bool,
    attempt: Attempt,
}

async fn one(desk: Desk, Id(id): Id<ShopId>) -> PageReply {
    shop_page(desk, id, Attempt::default()).await
}

async fn shop_page(desk: Desk, id: ShopId, attempt: Attempt) -> PageReply {
    let unknown = || Problem::absent("shop-unknown", "There is no such retailer.");
    let ShopView { shop, fetched, accepted } = desk.ask(move |b| Shops::shop(b, id)).await?.ok_or_else(unknown)?;
    let ask = PageAsk { after: desk.query.text("after").map(str::to_owned), rows: ROWS };
    let (units, known) = desk.ask(move |b| Ok((b.shop_units(id, &ask)?, CustodyChain::readers(b)?))).await?;
    let unit = |unit: holdfast_domain::fleet::shop::Returned| UnitLine {
        class: match (unit.is_resold_unwiped(), unit.wipe.is_clean()) {
            (true, _) => "bad",
            (false, true) => "ok",
            (false, false) => "warn",
        },
        stop: unit.is_resold_unwiped(),
        device: unit.device.to_string(),
        product: unit.product.to_string(),
        back: desk.when(unit.back),
        station: unit.station.name(),
        wipe: desk.l.term(unit.wipe.word()),
    };
    let status = attempt.status();
    let found = ShopPage {
        id: id.to_string(),
        retired: shop.retired.is_some(),
        fetched: fetched.into_iter().map(|one| (one.document, desk.when(one.at), one.times)).collect(),
        accepted: accepted.into_iter().map(|one| (one.version, one.who, desk.when(one.at))).collect(),
        readers: known
            .into_iter()
            .map(|reader| {
                let here = shop.readers.contains(&reader.id);
                (reader.id.to_string(), format!("{}, {}", reader.station.name(), reader.place), here)
            })
            .collect(),
        next: units.next.map(|after| format!("/console/shops/{id}?after={after}")),
        units: units.rows.into_iter().map(unit).collect(),
        may_order: desk.may(Act::PutDossier),
        frame: desk.frame(shop.name.clone(), "shops").await?,
        name: shop.name,
        attempt,
    };
    page_with(status, &found)
}

async fn retire(desk: Desk, Id(id): Id<ShopId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let result = desk.ask(move |b| b.retire_shop(&by, id)).await;
    settle(desk, id, fields, "shop-retired", result).await
}

async fn readers(desk: Desk, Id(id): Id<ShopId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let ticked: Vec<ReaderId> = fields.names().filter_map(|name| name.strip_prefix("reader.")?.parse().ok()).collect();
    let result = desk.ask(move |b| b.set_shop_readers(&by, id, &ticked)).await;
    settle(desk, id, fields, "shop-readers", result).await
}

async fn settle(desk: Desk, id: ShopId, fields: Fields, done: &'static str, result: Result<(), Problem>) -> PageReply {
    match result {
        Ok(()) => Ok(go(&format!("/console/shops/{id}"), done)),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("shop", fields, problem);
            shop_page(desk, id, attempt).await
        }
    }
}

//! A retailer's page, feed and duties, behind the secret address that the maker gave it. There is no login.
//!
//! Everything on it is public besides the shop's own units. When the shop fetched the feed is noted, who did it is not.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use holdfast_domain::fleet::shop::{DUTIES, DUTIES_VERSION, NAME_CHARS_MAX, Returned, Wipe};

use super::feeds;
use super::view::ProductView;
use super::visit::Visit;
use super::words;
use crate::backend::PageAsk;
use crate::backend::dossier::Dossiers;
use crate::backend::shops::ShopView;
use crate::console::{PageReply, page, page_with};
use crate::door::App;
use crate::door::extract::{Asked, Sent, Token};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

/// Units of one page.
const ROWS: u16 = 50;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/shop/{secret}", Access::Public, show).post("/shop/{secret}", Access::Public, accept).get(
        "/shop/{secret}/feed.json",
        Access::Public,
        feed,
    )
}

/// A key that is unknown, ended or no key at all gives the same answer.
async fn shop_of(app: &App, text: &str) -> Result<ShopView, Problem> {
    let nothing = || Problem::absent("shop-unknown", "There is no shop at this address.");
    let hash = Secret::parse(text).ok_or_else(nothing)?.hash();
    app.ask(move |b| b.shop_by_secret(&hash)).await?.ok_or_else(nothing)
}

struct UnitLine {
    device: String,
    product: String,
    back: String,
    station: String,
    wipe: String,
    tone: &'static str,
    stop: bool,
}

struct ProductLine {
    v: ProductView,
    personal: Vec<String>,
}

#[derive(Template)]
#[template(path = "public/shop.html")]
struct ShopPage {
    l: Lang,
    q: &'static str,
    token: String,
    secret: String,
    name: String,
    products: Vec<ProductLine>,
    duties: Vec<(&'static str, String)>,
    version: u32,
    accepted: Option<String>,
    fetched: Option<String>,
    units: Vec<UnitLine>,
    next: Option<String>,
    problem: Option<String>,
    most: usize,
    done: bool,
}

fn unit(l: Lang, one: &Returned) -> UnitLine {
    let (key, tone) = match one.wipe {
        Wipe::NeverOwned => ("public-shop-never-owned", "ok"),
        Wipe::Wiped { .. } => ("public-shop-wiped", "ok"),
        Wipe::Waits { .. } => ("public-shop-waits", "warn"),
        Wipe::StillOwned => ("public-shop-still-owned", "warn"),
    };
    let day = match one.wipe {
        Wipe::Wiped { at } | Wipe::Waits { since: at } => words::day_of(l, at),
        Wipe::NeverOwned | Wipe::StillOwned => String::new(),
    };
    let stop = one.is_resold_unwiped();
    UnitLine {
        device: one.device.to_string(),
        product: one.product.to_string(),
        back: words::day_of(l, one.back),
        station: l.say(&format!("public-station-{}", one.station.name())),
        wipe: l.with(key, "day", day),
        tone: if stop { "bad" } else { tone },
        stop,
    }
}

async fn shop_page(app: &App, l: Lang, token: String, secret: &str, after: Option<&str>) -> Result<ShopPage, Problem> {
    let ShopView { shop, fetched, accepted } = shop_of(app, secret).await?;
    let now = app.ground().now();
    let ask = PageAsk { after: after.map(str::to_owned), rows: ROWS };
    let id = shop.id;
    let units = app.ask(move |b| b.shop_units(id, &ask)).await?;
    let products = app.ask(Dossiers::public_dossiers).await?.into_iter().map(|dossier| {
        let title = |datum: &holdfast_domain::fleet::dossier::privacy::Datum| {
            datum.title.read(l.tag()).map(|(_, words)| words.to_owned())
        };
        let personal = dossier.data.iter().filter(|datum| datum.personal).filter_map(title).collect();
        ProductLine { personal, v: ProductView::new(l, now, dossier) }
    });
    Ok(ShopPage {
        l,
        q: "",
        token,
        secret: secret.to_owned(),
        name: shop.name,
        products: products.collect(),
        duties: DUTIES.iter().map(|duty| (*duty, l.say(&format!("public-duty-{duty}")))).collect(),
        version: DUTIES_VERSION,
        accepted: accepted
            .iter()
            .find(|one| one.version == DUTIES_VERSION)
            .map(|one| l.with2("public-shop-accepted-by", ("who", &one.who), ("day", words::day_of(l, one.at)))),
        fetched: fetched.iter().map(|one| one.at).max().map(|at| words::day_of(l, at)),
        units: units.rows.iter().map(|one| unit(l, one)).collect(),
        next: units.next.map(|after| format!("/shop/{secret}?after={after}")),
        problem: None,
        most: NAME_CHARS_MAX,
        done: false,
    })
}

async fn show(
    State(app): State<App>,
    l: Lang,
    Token(token): Token,
    Path(secret): Path<String>,
    Asked(asked): Asked,
) -> PageReply {
    let found = shop_page(&app, l, token, &secret, asked.text("after")).await?;
    page(&ShopPage { done: asked.text("done") == Some("accepted"), ..found })
}

async fn accept(
    State(app): State<App>,
    l: Lang,
    Token(token): Token,
    Path(secret): Path<String>,
    Sent(fields): Sent,
) -> PageReply {
    let shop = shop_of(&app, &secret).await?.shop;
    let ticked: Vec<&'static str> = DUTIES.into_iter().filter(|duty| fields.has(&format!("duty.{duty}"))).collect();
    let (who, version) = (fields.typed("who").to_owned(), fields.parsed("version")?.unwrap_or(0));
    match app.ask(move |b| b.accept_duties(&shop, &who, version, &ticked)).await {
        Ok(()) => Ok(Redirect::to(&format!("/shop/{secret}?done=accepted")).into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let said = match problem.name {
                "shop-name" => l.say("public-shop-who-missing"),
                "duties-not-all" => l.say("public-shop-not-all"),
                _ => l.say("public-shop-version"),
            };
            let found = shop_page(&app, l, token, &secret, None).await?;
            page_with(problem.status, &ShopPage { problem: Some(said), ..found })
        }
    }
}

/// The feed of all products; that this shop fetched it is noted.
async fn feed(visit: Visit, Path(secret): Path<String>) -> Result<Response, Problem> {
    let shop = shop_of(&visit.app, &secret).await?.shop;
    visit.app.ask(move |b| b.shop_fetched(&shop, "feed")).await?;
    feeds::feed(&visit).await
}

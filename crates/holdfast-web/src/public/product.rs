//! The pages of products for anyone: no sign-in, no cookie, and the same answer for what is not there and what is not public.

use askama::Template;
use axum::response::Response;
use holdfast_core::time::Timestamp;

use super::view::ProductView;
use super::visit::{Named, Visit};
use super::{code, feeds, guide};
use crate::backend::dossier::{Dossiers, PublicDossier};
use crate::console::{PageReply, page};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/p", Access::Public, all)
        .get("/p/feed.json", Access::Public, feeds::json_feed)
        .get("/p/feed.xml", Access::Public, feeds::atom)
        .get("/p/{product}", Access::Public, overview)
        .get("/p/{product}/support", Access::Public, support)
        .get("/p/{product}/privacy", Access::Public, privacy)
        .get("/p/{product}/security", Access::Public, security)
        .get("/p/{product}/statement", Access::Public, statement)
        .get("/p/{product}/retail", Access::Public, retail)
        .get("/p/{product}/setup", Access::Public, guide::setup)
        .get("/p/{product}/delete", Access::Public, guide::delete)
        .get("/p/{product}/qr.svg", Access::Public, code::qr)
        .get("/p/{product}/label.svg", Access::Public, code::label_svg)
        .get("/p/{product}/label.pdf", Access::Public, code::label_pdf)
}

macro_rules! pages {
    ($($handler:ident $page:ident $path:literal;)*) => {$(
        #[derive(Template)]
        #[template(path = $path)]
        struct $page {
            l: Lang,
            q: String,
            tab: &'static str,
            v: ProductView,
        }

        async fn $handler(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
            let v = ProductView::new(visit.l, visit.now, visit.dossier(&text).await?);
            visit.page(&$page { l: visit.l, q: visit.q.clone(), tab: stringify!($handler), v })
        }
    )*};
}

pages! {
    support SupportPage "public/product/support.html";
    privacy PrivacyPage "public/product/privacy.html";
    security SecurityPage "public/product/security.html";
    statement StatementPage "public/product/statement.html";
    retail RetailPage "public/product/retail.html";
}

#[derive(Template)]
#[template(path = "public/product/overview.html")]
struct OverviewPage {
    l: Lang,
    q: String,
    tab: &'static str,
    v: ProductView,
}

/// `/p/hearth-thermostat`, and the same for programs at `/p/hearth-thermostat.jsonld`.
async fn overview(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    if let Some(id) = text.strip_suffix(".jsonld") {
        return Ok(feeds::json_ld(&visit, &visit.dossier(id).await?));
    }
    let v = ProductView::new(visit.l, visit.now, visit.dossier(&text).await?);
    visit.page(&OverviewPage { l: visit.l, q: visit.q.clone(), tab: "overview", v })
}

/// A page of a product that is not public yet, for the maker's people: the same page, marked as a draft, kept by nobody.
/// `None` for a page that there is not.
pub(crate) fn draft(l: Lang, now: Timestamp, dossier: PublicDossier, tab: &str) -> Option<PageReply> {
    let (q, v) = (String::new(), ProductView::of_draft(l, now, dossier));
    Some(match tab {
        "overview" => page(&OverviewPage { l, q, tab: "overview", v }),
        "support" => page(&SupportPage { l, q, tab: "support", v }),
        "privacy" => page(&PrivacyPage { l, q, tab: "privacy", v }),
        "security" => page(&SecurityPage { l, q, tab: "security", v }),
        "statement" => page(&StatementPage { l, q, tab: "statement", v }),
        "retail" => page(&RetailPage { l, q, tab: "retail", v }),
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "public/product/all.html")]
struct AllPage {
    l: Lang,
    q: String,
    products: Vec<ProductView>,
}

async fn all(visit: Visit) -> Result<Response, Problem> {
    let found = visit.app.ask(Dossiers::public_dossiers).await?;
    let products = found.into_iter().map(|dossier| ProductView::new(visit.l, visit.now, dossier)).collect();
    visit.page(&AllPage { l: visit.l, q: visit.q.clone(), products })
}

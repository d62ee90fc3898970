//! HTTP for people: the JSON interface under `/api/v1`, the maker's console and the public pages.
//!
//! Owns parsing of requests, pages, cookies, headers and refusals of this door. Knows no SQL and no rule: everything
//! is asked through the port [`backend::Backend`], which the server implements over the store and the domain. Read
//! `backend` first, then `door` (what every request passes), then `api` and `console`, one file for each room.

pub mod backend;
pub mod door;
pub mod lang;
pub mod notice;
mod oidc;
#[doc(hidden)]
pub mod parsers;
pub mod secret;

mod account;
mod api;
mod assets;
mod claim;
mod contact;
mod console;
mod owner;
mod public;

use std::sync::Arc;

use axum::Router;

use backend::Backend;
use door::App;
use door::routes::{Routes, Row};

/// The whole door: pages, interface and static files, ready to be served over TLS.
pub fn router(backend: Arc<dyn Backend>) -> Router {
    let app = App::new(backend);
    let routes = all(app.clone());
    door::frame::around(app, routes.into_router())
}

/// Every route with who may use it, for documents and for the test that each is covered.
#[must_use]
pub fn route_table(backend: Arc<dyn Backend>) -> Vec<Row> {
    all(App::new(backend)).into_rows()
}

/// The OpenAPI 3.1 document of the interface, as `/api/openapi.json` serves it.
#[must_use]
pub fn openapi(backend: Arc<dyn Backend>) -> String {
    api::document::text(all(App::new(backend)).operations())
}

fn all(app: App) -> Routes {
    let routes = Routes::new(app);
    let routes = public::routes(routes);
    let routes = account::routes(routes);
    let routes = claim::routes(routes);
    let routes = contact::routes(routes);
    let routes = owner::routes(routes);
    let routes = oidc::routes(routes);
    let routes = api::routes(routes);
    console::routes(routes)
}

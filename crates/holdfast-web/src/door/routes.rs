//! The table of routes: no address without saying who may use it.
//!
//! Owns the builder that registers a handler together with its access; what a role may do is the domain's table. The
//! guard enforces the access before the handler runs.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};
use holdfast_domain::people::access::Act;

use super::App;
use super::guard::{Gate, guard};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// A reader of tags with its own key, and nobody else.
    Reader,
    /// Whoever is signed in with a role that may do this.
    May(Act),
}

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// Its address, with parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

/// Routes as they are collected.
pub(crate) struct Routes {
    app: App,
    router: Router<App>,
    rows: Vec<Row>,
}

impl Routes {
    pub(crate) fn new(app: App) -> Self {
        Self { app, router: Router::new(), rows: Vec::new() }
    }

    pub(crate) fn get<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.on(Row { method: "GET", path, access }, MethodFilter::GET, handler)
    }

    pub(crate) fn post<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.on(Row { method: "POST", path, access }, MethodFilter::POST, handler)
    }

    pub(crate) fn put<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.on(Row { method: "PUT", path, access }, MethodFilter::PUT, handler)
    }

    pub(crate) fn patch<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.on(Row { method: "PATCH", path, access }, MethodFilter::PATCH, handler)
    }

    pub(crate) fn delete<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.on(Row { method: "DELETE", path, access }, MethodFilter::DELETE, handler)
    }

    fn on<H, T>(mut self, row: Row, filter: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let gate = Gate { app: self.app.clone(), access: row.access };
        let method = on(filter, handler).route_layer(from_fn_with_state(gate, guard));
        self.router = self.router.route(row.path, method);
        self.rows.push(row);
        self
    }

    pub(crate) fn into_router(self) -> Router {
        let Self { app, router, rows: _ } = self;
        router.fallback(nothing_here).method_not_allowed_fallback(not_that_method).with_state(app)
    }

    pub(crate) fn into_rows(self) -> Vec<Row> {
        self.rows
    }
}

async fn nothing_here() -> super::problem::Problem {
    super::problem::Problem::absent("address-unknown", "There is nothing at this address.")
}

async fn not_that_method() -> super::problem::Problem {
    super::problem::Problem::method()
}

//! The table of routes: no address without saying who may use it.
//!
//! Owns the builder that registers a handler together with its access; what a role may do is the domain's table. The
//! guard enforces the access before the handler runs.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use holdfast_domain::people::access::Act;

use super::App;
use super::about::{About, declared};
use super::described::{Described, Sketch};
use super::guard::{Gate, guard};
use super::idempotency::{Once, once};

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
    /// The same, for what is dangerous: by a proof that is not older than ten minutes, or a token made for it.
    Fresh(Act),
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

impl Row {
    /// Whether a request may come with a key, so that it is carried out once however often it is sent.
    pub(crate) fn takes_key(&self) -> bool {
        self.method == "POST" && !matches!(self.access, Access::Public | Access::Reader)
    }
}

/// A route of the interface, with all that its document is made of.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) row: Row,
    pub(crate) about: About,
    /// What the handler's signature says.
    pub(crate) sketch: fn() -> Sketch,
}

/// Routes as they are collected.
pub(crate) struct Routes {
    app: App,
    router: Router<App>,
    rows: Vec<Row>,
    operations: Vec<Operation>,
}

impl Routes {
    pub(crate) fn new(app: App) -> Self {
        Self { app, router: Router::new(), rows: Vec::new(), operations: Vec::new() }
    }

    /// A route of the interface that reads. `api/document.rs` shows how its document comes about.
    pub(crate) fn api_get<H, T>(self, path: &'static str, access: Access, handler: H, about: impl Into<About>) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.operation(Row { method: "GET", path, access }, MethodFilter::GET, handler, about.into())
    }

    /// A route of the interface that makes or orders something.
    pub(crate) fn api_post<H, T>(self, path: &'static str, access: Access, handler: H, about: impl Into<About>) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.operation(Row { method: "POST", path, access }, MethodFilter::POST, handler, about.into())
    }

    /// A route of the interface that puts something in its place.
    pub(crate) fn api_put<H, T>(self, path: &'static str, access: Access, handler: H, about: impl Into<About>) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.operation(Row { method: "PUT", path, access }, MethodFilter::PUT, handler, about.into())
    }

    /// A route of the interface that changes a part of something.
    pub(crate) fn api_patch<H, T>(self, path: &'static str, access: Access, handler: H, about: impl Into<About>) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.operation(Row { method: "PATCH", path, access }, MethodFilter::PATCH, handler, about.into())
    }

    /// A route of the interface that takes something away.
    pub(crate) fn api_delete<H, T>(
        self,
        path: &'static str,
        access: Access,
        handler: H,
        about: impl Into<About>,
    ) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        self.operation(Row { method: "DELETE", path, access }, MethodFilter::DELETE, handler, about.into())
    }

    fn operation<H, T>(mut self, row: Row, filter: MethodFilter, handler: H, about: About) -> Self
    where
        H: Handler<T, App> + Described<T>,
        T: 'static,
    {
        let mut method = on(filter, handler);
        if row.takes_key() {
            method = method.route_layer(from_fn_with_state(Once { app: self.app.clone(), about }, once));
        }
        let method = method.route_layer(from_fn_with_state(about, declared));
        self.operations.push(Operation { row, about, sketch: Sketch::of::<H, T> });
        self.guarded(row, method)
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

    fn on<H, T>(self, row: Row, filter: MethodFilter, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.guarded(row, on(filter, handler))
    }

    fn guarded(mut self, row: Row, method: MethodRouter<App>) -> Self {
        let gate = Gate { app: self.app.clone(), access: row.access };
        self.router = self.router.route(row.path, method.route_layer(from_fn_with_state(gate, guard)));
        self.rows.push(row);
        self
    }

    pub(crate) fn into_router(self) -> Router {
        let Self { app, router, rows: _, operations } = self;
        app.publish(operations);
        router.fallback(nothing_here).method_not_allowed_fallback(not_that_method).with_state(app)
    }

    pub(crate) fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

async fn nothing_here() -> super::problem::Problem {
    super::problem::Problem::absent("address-unknown", "There is nothing at this address.")
}

async fn not_that_method() -> super::problem::Problem {
    super::problem::Problem::method()
}

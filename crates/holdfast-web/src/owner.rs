//! The consumer's pages: my devices, what is with them, what to do. Made for a phone in one hand.
//!
//! Owns what each of these pages shares. Every page works without script; with it, pages follow what happens. What a person
//! may do with one device is asked of the port each time; a device of somebody else does not exist here.

mod check;
mod device;
mod help;
mod home;
mod leave;
mod live;
mod people;
mod told;
mod updates;
mod words;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_core::time::Timestamp;
use http::request::Parts;

use crate::backend::notices::Notices;
use crate::backend::people::Caller;
use crate::backend::{Answer, Backend};
use crate::console::{Attempt, PageReply, page_with};
use crate::door::App;
use crate::door::extract::{Asked, Fields, Token, Who};
use crate::door::problem::Problem;
use crate::door::routes::Routes;
use crate::lang::Lang;

pub(crate) use words::why;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = home::routes(routes);
    let routes = device::routes(routes);
    let routes = check::routes(routes);
    let routes = updates::routes(routes);
    let routes = people::routes(routes);
    let routes = leave::routes(routes);
    let routes = told::routes(routes);
    let routes = help::routes(routes);
    live::routes(routes)
}

/// What a handler of these pages works with.
struct Home {
    app: App,
    caller: Caller,
    l: Lang,
    query: Fields,
    now: Timestamp,
    token: String,
}

impl FromRequestParts<App> for Home {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Who(caller) = Who::from_request_parts(parts, app).await?;
        let Token(token) = Token::from_request_parts(parts, app).await?;
        let Asked(query) = Asked::from_request_parts(parts, app).await?;
        let Ok(l) = Lang::from_request_parts(parts, app).await;
        Ok(Self { app: app.clone(), caller, l, query, now: app.ground().now(), token })
    }
}

impl Home {
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Backend) -> Answer<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.app.ask(question).await
    }

    /// What the layout needs for a page of this section.
    async fn frame(&self, title: impl Into<String>, section: &'static str) -> Result<Frame, Problem> {
        let by = self.caller.clone();
        let unread = self.ask(move |b| Notices::unread_notices(b, &by)).await?;
        Ok(Frame {
            title: title.into(),
            section,
            unread,
            token: self.token.clone(),
            done: self.query.text("done").and_then(|word| words::done(self.l, word)),
            live: false,
        })
    }

    /// The frame of a page whose form was refused, or that nobody has sent yet.
    async fn frame_of(
        &self,
        title: impl Into<String>,
        section: &'static str,
        attempt: &Attempt,
    ) -> Result<Frame, Problem> {
        let frame = self.frame(title, section).await?;
        Ok(Frame { live: attempt.status().is_success(), ..frame })
    }
}

/// What the layout shows on every page.
struct Frame {
    title: String,
    section: &'static str,
    unread: u64,
    token: String,
    done: Option<String>,
    /// Whether the page follows what happens.
    live: bool,
}

/// How a form ended: back to its page, or the page again with what was typed.
enum Ended {
    Well(Response),
    Again(Attempt),
}

/// Goes to `path` after a form was carried out; a refusal that is not a fault is shown with the form.
fn ended(
    home: &Home,
    path: &str,
    form: &'static str,
    fields: Fields,
    result: Result<&'static str, Problem>,
) -> Result<Ended, Problem> {
    match result {
        Ok(done) => Ok(Ended::Well(Redirect::to(&format!("{path}?done={done}")).into_response())),
        Err(problem) if problem.reference.is_some() || problem.status == http::StatusCode::NOT_FOUND => Err(problem),
        Err(problem) => {
            home.app.ground().count_refusal(problem.name);
            let detail = why(home.l, &problem);
            Ok(Ended::Again(Attempt::refused(form, fields, Problem { detail, ..problem })))
        }
    }
}

/// Renders a page with the status of its attempt.
fn show<T: Template>(attempt: &Attempt, template: &T) -> PageReply {
    page_with(attempt.status(), template)
}

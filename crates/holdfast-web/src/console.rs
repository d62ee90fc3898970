//! The maker's console: server-rendered pages, one file for each room, each page with its template and its view.
//!
//! Owns what every page shares: the desk (caller, form token, notice) and the attempt (a form that was refused and is
//! shown again with its values). Every page works without script.

pub(crate) mod bulk;
pub(crate) mod charts;
pub(crate) mod conformity;
pub(crate) mod custody;
pub(crate) mod device;
pub(crate) mod dossier;
pub(crate) mod findings;
pub(crate) mod fleet;
pub(crate) mod groups;
pub(crate) mod help;
pub(crate) mod integrity;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod people;
pub(crate) mod pictures;
pub(crate) mod products;
pub(crate) mod proofs;
pub(crate) mod redress;
pub(crate) mod returning;
pub(crate) mod settings;
pub(crate) mod shops;
pub(crate) mod updates;
pub(crate) mod words;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::access::{Act, may};
use http::StatusCode;
use http::request::Parts;

use crate::backend::integrity::Integrity;
use crate::backend::people::Caller;
use crate::backend::{Answer, Backend, RefusalKind};
use crate::door::App;
use crate::door::extract::{Asked, Fields, Token, Who};
use crate::door::problem::Problem;
use crate::door::routes::Routes;
use crate::lang::Lang;

/// A page handler's answer.
pub(crate) type PageReply = Result<Response, Problem>;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = fleet::routes(routes);
    let routes = groups::routes(routes);
    let routes = bulk::routes(routes);
    let routes = settings::routes(routes);
    let routes = device::routes(routes);
    let routes = custody::routes(routes);
    let routes = charts::routes(routes);
    let routes = returning::routes(routes);
    let routes = products::routes(routes);
    let routes = dossier::routes(routes);
    let routes = updates::routes(routes);
    let routes = integrity::routes(routes);
    let routes = help::routes(routes);
    let routes = shops::routes(routes);
    let routes = proofs::routes(routes);
    let routes = redress::routes(routes);
    let routes = findings::routes(routes);
    let routes = ledger::routes(routes);
    let routes = keys::routes(routes);
    let routes = conformity::routes(routes);
    let routes = people::routes(routes);
    live::routes(routes)
}

/// What a page handler works with: the backend, the caller, and what the layout shows of them.
pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) caller: Caller,
    pub(crate) query: Fields,
    pub(crate) l: Lang,
    pub(crate) now: Timestamp,
    token: String,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Who(caller) = Who::from_request_parts(parts, app).await?;
        // Behind each route's own access: no page of the console is for a consumer.
        if !caller.person.role.is_staff() {
            let detail = "The console is for the maker's people.";
            return Err(Problem::new(RefusalKind::Forbidden, "role-insufficient", detail));
        }
        let Token(token) = Token::from_request_parts(parts, app).await?;
        let Asked(query) = Asked::from_request_parts(parts, app).await?;
        let Ok(l) = Lang::from_request_parts(parts, app).await;
        Ok(Self { app: app.clone(), caller, query, l, now: app.ground().now(), token })
    }
}

impl Desk {
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Backend) -> Answer<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.app.ask(question).await
    }

    /// What the layout needs for a page of this section.
    pub(crate) async fn frame(&self, title: impl Into<String>, section: &'static str) -> Result<Frame, Problem> {
        let alerts = self.ask(Integrity::open_alerts).await?;
        Ok(Frame {
            title: title.into(),
            section,
            who: self.caller.person.name.clone(),
            l: self.l,
            role: people::role_title(self.l, self.caller.person.role),
            alerts,
            token: self.token.clone(),
            notice: self.query.text("done").and_then(|word| notice(self.l, word)),
            live: String::new(),
        })
    }

    /// A moment as seen now, in the reader's language.
    pub(crate) const fn when(&self, at: Timestamp) -> words::When {
        words::when(self.l, at, self.now)
    }

    /// A moment's day in the reader's language.
    pub(crate) const fn day(&self, at: Timestamp) -> words::Day {
        words::day(self.l, at)
    }

    /// A form that was refused, with why in the reader's language; it is counted.
    pub(crate) fn refused(&self, form: &'static str, fields: Fields, problem: Problem) -> Attempt {
        self.app.ground().count_refusal(problem.name);
        let detail = words::why(self.l, &problem);
        Attempt::refused(form, fields, Problem { detail, ..problem })
    }

    pub(crate) fn may(&self, act: Act) -> bool {
        may(self.caller.person.role, act)
    }
}

/// What the layout shows on every page of the console.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) section: &'static str,
    pub(crate) who: String,
    pub(crate) l: Lang,
    pub(crate) role: String,
    pub(crate) alerts: u64,
    pub(crate) token: String,
    pub(crate) notice: Option<String>,
    /// Query of the live stream that this page listens to; empty for none.
    pub(crate) live: String,
}

impl Frame {
    /// The same frame for a page that shows `attempt`: one with a refused form stays as it is until it is sent again.
    pub(crate) fn live_unless(self, attempt: &Attempt, query: impl Into<String>) -> Self {
        if attempt.problem.is_some() { self } else { self.live(query) }
    }

    /// The same frame, listening to live events that match `query`.
    pub(crate) fn live(mut self, query: impl Into<String>) -> Self {
        self.live = query.into();
        self
    }
}

/// Sentences that a page shows after something was done; the address carries only the word.
fn notice(l: Lang, word: &str) -> Option<String> {
    let key = format!("console-done-{word}");
    let said = l.say(&key);
    (said != key).then_some(said)
}

/// A form that was refused and is shown again. `Default` is a form nobody has sent yet.
#[derive(Default)]
pub(crate) struct Attempt {
    form: &'static str,
    fields: Fields,
    problem: Option<Problem>,
}

impl Attempt {
    pub(crate) const fn refused(form: &'static str, fields: Fields, problem: Problem) -> Self {
        Self { form, fields, problem: Some(problem) }
    }

    /// Why `form` was refused.
    pub(crate) fn error(&self, form: &str) -> Option<&str> {
        self.problem.as_ref().filter(|_| self.form == form).map(|problem| problem.detail.as_str())
    }

    /// What was typed into a field of `form`; otherwise what stood there before.
    pub(crate) fn typed<'a>(&'a self, form: &str, name: &str, before: &'a str) -> &'a str {
        if self.form == form && self.problem.is_some() { self.fields.typed(name) } else { before }
    }

    /// The page's status: that of the refusal, or OK.
    pub(crate) fn status(&self) -> StatusCode {
        self.problem.as_ref().map_or(StatusCode::OK, |problem| problem.status)
    }
}

/// Renders a page.
pub(crate) fn page<T: Template>(template: &T) -> PageReply {
    page_with(StatusCode::OK, template)
}

/// Renders a page with another status.
pub(crate) fn page_with<T: Template>(status: StatusCode, template: &T) -> PageReply {
    match template.render() {
        Ok(text) => Ok((status, Html(text)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Err(Problem::fault("page-broken"))
        }
    }
}

/// Goes to another page after a form was carried out, so that reloading does not send it again.
pub(crate) fn go(path: &str, done: &'static str) -> Response {
    Redirect::to(&format!("{path}?done={done}")).into_response()
}

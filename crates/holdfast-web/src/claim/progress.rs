//! A claim under way: the digits while somebody has to confirm at the device, the waiting time of a contested claim, the
//! set-up when it is done. The page asks again by itself, with its script and without.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use holdfast_core::id::ClaimId;
use holdfast_domain::homes::{ClaimEnd, ClaimState, Place};
use holdfast_domain::people::access::Act;
use holdfast_domain::telemetry::Confirm;

use super::SCRIPT;
use super::steps::{Step, steps};
use super::words::{grouped, moment, signal, why};
use crate::backend::homes::ClaimView;
use crate::console::{PageReply, page_with};
use crate::door::App;
use crate::door::extract::{Id, Sent, Token, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes.get("/claims/{id}", home, show).post("/claims/{id}/again", home, again).post("/claims/{id}/end", home, end)
}

/// What the page says.
enum Now {
    Asking { digits: String, how: String, signal: Option<String>, left: String, online: bool },
    Contested { until: String },
    Done { steps: Vec<Step> },
    Refused { why: String, what: String },
}

impl Now {
    /// One word by which the page's script sees that something changed.
    const fn word(&self) -> &'static str {
        match self {
            Self::Asking { .. } => "asking",
            Self::Contested { .. } => "contested",
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
        }
    }
}

#[derive(Template)]
#[template(path = "claim/progress.html")]
struct ProgressPage {
    l: Lang,
    id: String,
    title: String,
    now: Now,
    problem: Option<String>,
    token: String,
    script: &'static str,
}

async fn show(State(app): State<App>, l: Lang, Who(by): Who, Token(token): Token, Id(id): Id<ClaimId>) -> PageReply {
    let view = app.ask(move |b| b.claim(&by, id)).await?.ok_or_else(no_claim)?;
    render(&app, l, view, token, None).await
}

async fn again(
    State(app): State<App>,
    l: Lang,
    Who(by): Who,
    Token(token): Token,
    Id(id): Id<ClaimId>,
    Sent(_): Sent,
) -> PageReply {
    let who = by.clone();
    match app.ask(move |b| b.ask_again(&who, id)).await {
        Ok(claim) => Ok(Redirect::to(&format!("/claims/{claim}")).into_response()),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            app.ground().count_refusal(problem.name);
            let view = app.ask(move |b| b.claim(&by, id)).await?.ok_or_else(no_claim)?;
            render(&app, l, view, token, Some(problem)).await
        }
    }
}

async fn end(State(app): State<App>, Who(by): Who, Id(id): Id<ClaimId>, Sent(_): Sent) -> PageReply {
    app.ask(move |b| b.end_claim(&by, id)).await?;
    Ok(Redirect::to("/home").into_response())
}

async fn render(app: &App, l: Lang, view: ClaimView, token: String, problem: Option<Problem>) -> PageReply {
    let product = view.product.clone();
    let public = app.ask(move |b| b.dossier_of(&product)).await?.map(|dossier| format!("/p/{}", dossier.product));
    let now = match view.state {
        ClaimState::WaitingForDevice { until } => Now::Asking {
            digits: grouped(view.digits.as_str()),
            how: l.say(match (view.set_up.confirm, view.set_up.shows_digits) {
                (Confirm::Button, true) => "claim-how-button-screen",
                (Confirm::Button, false) => "claim-how-button",
                (Confirm::LocalPage, _) => "claim-how-local-page",
                (Confirm::PowerCycle, _) => "claim-how-power-cycle",
            }),
            signal: signal(l, &view.set_up),
            left: l
                .count("claim-seconds", u32::try_from(until.since(app.ground().now()).0 / 1_000).unwrap_or(u32::MAX)),
            online: view.online,
        },
        ClaimState::WaitingPeriod { until } => Now::Contested { until: moment(l, until) },
        ClaimState::Done { .. } => {
            Now::Done { steps: steps(l, &view.set_up, Place::Owner, public.as_deref(), Some(&view.device)) }
        }
        ClaimState::Refused { why, .. } => Now::Refused {
            why: l.say(&format!("claim-end-{}", why.word())),
            what: l.say(match why {
                ClaimEnd::Denied | ClaimEnd::Withdrawn => "claim-again-if",
                ClaimEnd::NotConfirmed | ClaimEnd::DeviceBusy | ClaimEnd::DeviceFailed | ClaimEnd::NotPresent => {
                    "claim-again-near"
                }
                ClaimEnd::Objected => "claim-again-owner",
                ClaimEnd::Overtaken => "claim-again-code",
            }),
        },
    };
    let said = problem.as_ref().map(|problem| why(l, problem));
    let status = problem.map_or(http::StatusCode::OK, |problem| problem.status);
    let (id, script) = (view.id.to_string(), SCRIPT);
    page_with(status, &ProgressPage { l, id, title: view.title, now, problem: said, token, script })
}

fn no_claim() -> Problem {
    Problem::absent("claim-unknown", "There is no such claim of yours.")
}

//! Pages of alerts and of counted refusals.

use askama::Template;
use holdfast_core::id::AlertId;
use holdfast_domain::people::access::Act;

use super::fleet::{AlertLine, encoded};
use super::words::When;
use super::{Desk, Frame, PageReply, go, page};
use crate::backend::Page;
use crate::door::extract::{Id, Sent};
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/alerts", Access::May(Act::ViewFleet), alerts).post(
        "/console/alerts/{id}/close",
        Access::May(Act::CloseAlert),
        close,
    )
}

/// One counted refusal.
struct RefusalLine {
    door: String,
    name: String,
    count: u64,
    last: Option<When>,
}

#[derive(Template)]
#[template(path = "integrity/alerts.html")]
struct AlertsPage {
    frame: Frame,
    alerts: Vec<AlertLine>,
    open_only: bool,
    /// The only one that is shown.
    one: Option<String>,
    next: Option<String>,
    refusals: Vec<RefusalLine>,
    may_close: bool,
}

async fn alerts(desk: Desk) -> PageReply {
    let open_only = desk.query.typed("show") != "all";
    let ask = desk.query.page()?;
    let one = desk.query.parsed::<AlertId>("id")?;
    let (found, refusals) = desk
        .ask(move |b| {
            let found = match one {
                Some(id) => Page { rows: b.alert(id)?.into_iter().collect(), next: None },
                None => b.alerts(open_only, None, &ask)?,
            };
            Ok((found, b.refusals()?))
        })
        .await?;
    let show = if open_only { "open" } else { "all" };
    let line = |count: crate::backend::integrity::RefusalCount| RefusalLine {
        door: count.door,
        name: count.name,
        count: count.count,
        last: count.last.map(|at| desk.when(at)),
    };
    page(&AlertsPage {
        frame: desk.frame(desk.l.say("console-nav-alerts"), "alerts").await?.live("all"),
        next: found.next.map(|after| format!("/console/alerts?show={show}&after={}", encoded(&after))),
        refusals: refusals.into_iter().map(line).collect(),
        alerts: found.rows.into_iter().map(|alert| AlertLine::new(alert, &desk)).collect(),
        may_close: desk.may(Act::CloseAlert),
        open_only: open_only && one.is_none(),
        one: one.map(|id| id.to_string()),
    })
}

async fn close(desk: Desk, Id(id): Id<AlertId>, Sent(_): Sent) -> PageReply {
    let by = desk.caller.clone();
    desk.ask(move |b| b.close_alert(&by, id)).await?;
    Ok(go("/console/alerts", "closed"))
}

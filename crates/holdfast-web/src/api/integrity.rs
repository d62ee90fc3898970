//! Interface of the room `integrity`: alerts and counted refusals.

use axum::extract::State;
use holdfast_core::id::AlertId;
use holdfast_domain::integrity::{Alert, Severity};
use holdfast_domain::people::access::Act;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::backend::integrity::{Integrity, RefusalCount};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Id, Who};
use crate::door::routes::{Access, Routes};

const ALERTS: &[Ask] = &[
    Ask::of("open", Kind::Flag, "Only those that are open."),
    Ask::of("device", Kind::Slug, "Only of this device."),
    Ask::AFTER,
    Ask::LIMIT,
];

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewFleet);
    routes
        .api_get("/api/v1/alerts", look, alerts, About::new("Alerts, newest first.").query(ALERTS))
        .api_post("/api/v1/alerts/{id}/close", Access::May(Act::CloseAlert), close_alert, "Close an alert.")
        .api_get("/api/v1/refusals", look, refusals, About::new("What the doors refused, by name.").query(Ask::PAGE))
}

/// The word of a severity.
pub(crate) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

#[derive(Serialize, ToSchema)]
struct AlertRow {
    id: String,
    device: Option<String>,
    kind: String,
    severity: &'static str,
    text: String,
    opened_us: i64,
    closed_us: Option<i64>,
}

impl From<Alert> for AlertRow {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id.to_string(),
            device: alert.device.map(|device| device.to_string()),
            kind: alert.kind,
            severity: severity_word(alert.severity),
            text: alert.text,
            opened_us: us(alert.opened),
            closed_us: alert.closed.map(us),
        }
    }
}

async fn alerts(State(app): State<App>, Asked(query): Asked) -> Reply<List<AlertRow>> {
    let query = query.only(&["open", "device", "after", "limit"])?;
    let (open, device, page) = (query.parsed("open")?.unwrap_or(false), query.parsed("device")?, query.page()?);
    Ok(List::of(app.ask(move |b| b.alerts(open, device.as_ref(), &page)).await?, AlertRow::from))
}

async fn close_alert(State(app): State<App>, Who(by): Who, Id(id): Id<AlertId>) -> Reply<Done> {
    app.ask(move |b| b.close_alert(&by, id)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct RefusalRow {
    door: String,
    name: String,
    count: u64,
    last_us: Option<i64>,
}

impl From<RefusalCount> for RefusalRow {
    fn from(count: RefusalCount) -> Self {
        Self { door: count.door, name: count.name, count: count.count, last_us: count.last.map(us) }
    }
}

async fn refusals(State(app): State<App>, Asked(query): Asked) -> Reply<List<RefusalRow>> {
    let rows = app.ask(Integrity::refusals).await?;
    let key = |row: &RefusalRow| format!("{}.{}", row.door, row.name);
    List::cut(rows.into_iter().map(RefusalRow::from).collect(), &query.page()?, key)
}

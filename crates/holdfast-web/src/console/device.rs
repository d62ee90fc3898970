//! The page of one device, and the orders that its forms give.

pub(crate) mod forms;
mod view;

use holdfast_core::id::{DeviceId, StreamId};
use holdfast_domain::integrity::finding::Subject;
use holdfast_domain::people::access::Act;

use super::charts::{Range, TABLE_ROWS};
use super::{Attempt, Desk, PageReply, go, page_with};
use crate::api::{no_device, quarantine_order};
use crate::backend::findings::FindingFilter;
use crate::backend::fleet::{ChartAsk, DeviceOrder, DeviceView, MessageAsk};
use crate::backend::{Answer, Backend, PageAsk, Stop};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
pub(super) use forms::value as form_value;
pub(crate) use view::EntryLine;
pub(super) use view::StreamFacts;
use view::{DevicePage, Facts};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/console/devices/{id}", Access::May(Act::ViewFleet), show)
        .post("/console/devices/{id}/quarantine", Access::May(Act::ContainDevice), quarantine)
        .post("/console/devices/{id}/release", Access::May(Act::ContainDevice), release)
        .post("/console/devices/{id}/revoke", Access::Fresh(Act::RevokeDevice), revoke)
        .post("/console/devices/{id}/allow-reenrolment", Access::May(Act::AllowReenrolment), allow_reenrolment)
        .post("/console/devices/{id}/desired", Access::May(Act::SetShadow), change_desired)
        .post("/console/devices/{id}/command", Access::May(Act::GiveCommand), command)
}

/// Rows of each short list on the page.
const LIST_ROWS: u16 = 10;

async fn show(desk: Desk, Id(id): Id<DeviceId>) -> PageReply {
    device_page(desk, id, Attempt::default()).await
}

async fn device_page(desk: Desk, id: DeviceId, attempt: Attempt) -> PageReply {
    let range = Range::of(&desk.query);
    let (now, wanted) = (desk.now, id.clone());
    let chart = desk.may(Act::ReadTelemetry).then(|| range.chart(now, desk.may(Act::ReadSensitive)));
    let facts = desk.ask(move |b| facts(b, &wanted, chart)).await?.ok_or_else(no_device)?;
    let frame = desk.frame(id.as_str(), "devices").await?.live_unless(&attempt, format!("device={id}"));
    let status = attempt.status();
    page_with(status, &DevicePage::new(frame, facts, &desk, range, attempt))
}

/// Everything the page shows, asked in one go; what the device measured only for whom may read it.
fn facts(b: &dyn Backend, id: &DeviceId, chart: Option<ChartAsk>) -> Answer<Option<Facts>> {
    let Some(view) = b.device(id)? else { return Ok(None) };
    let list = PageAsk::first(LIST_ROWS);
    let streams = chart.map_or(Ok(Vec::new()), |chart| streams(b, &view, chart))?;
    Ok(Some(Facts {
        shadow: b.shadow(id)?.unwrap_or_default(),
        commands: b.commands(id, &list)?.rows,
        appraisals: b.appraisals(id, &list)?.rows,
        alerts: b.alerts(true, Some(id), &list)?.rows,
        findings: b.findings(&open_findings(id), &list)?.rows,
        ledger: b.device_ledger(id, &list)?.rows,
        asides: chart.map_or(Ok(Vec::new()), |chart| b.asides(id, &list, chart.clear).map(|page| page.rows))?,
        faults: b.faults(id)?,
        groups: b.groups_of(id)?,
        log: chart.map_or(Ok(Vec::new()), |_| b.device_log(id, &list).map(|page| page.rows))?,
        streams,
        view,
    }))
}

/// Findings about the device that nobody called expected.
fn open_findings(id: &DeviceId) -> FindingFilter {
    FindingFilter { open_only: true, subject: Some(Subject::Device(id.clone())), ..FindingFilter::default() }
}

fn streams(b: &dyn Backend, view: &DeviceView, chart: ChartAsk) -> Answer<Vec<StreamFacts>> {
    let id = &view.device.id;
    let facts = |stream: &StreamId| -> Result<StreamFacts, Stop> {
        let ask = MessageAsk { from: None, to: None, page: PageAsk::first(TABLE_ROWS), clear: chart.clear };
        Ok(StreamFacts {
            chart: b.chart(id, stream, chart)?,
            last: b.messages(id, stream, &ask)?.rows,
            account: b.account(id, stream)?,
        })
    };
    view.model.streams.iter().map(|stream| facts(&stream.id)).collect()
}

/// Carries out an order and goes back to the page; a refusal shows the page again with what was typed.
async fn order(desk: Desk, id: DeviceId, fields: Fields, asked: Asked) -> PageReply {
    let by = desk.caller.clone();
    let (form, done) = (asked.form, asked.done);
    let outcome = match asked.order {
        Ok(order) => {
            let id = id.clone();
            desk.ask(move |b| b.order_device(&by, &id, &order)).await
        }
        Err(problem) => Err(problem),
    };
    settle(desk, id, fields, Outcome { form, done, result: outcome }).await
}

/// One of the page's orders, as its form gave it.
struct Asked {
    form: &'static str,
    done: &'static str,
    order: Result<DeviceOrder, Problem>,
}

/// How a form ended.
struct Outcome {
    form: &'static str,
    done: &'static str,
    result: Result<(), Problem>,
}

async fn settle(desk: Desk, id: DeviceId, fields: Fields, ended: Outcome) -> PageReply {
    match ended.result {
        Ok(()) => Ok(go(&format!("/console/devices/{id}"), ended.done)),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused(ended.form, fields, problem);
            device_page(desk, id, attempt).await
        }
    }
}

async fn quarantine(desk: Desk, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let order_of = quarantine_order(fields.text("reason"));
    order(desk, id, fields, Asked { form: "quarantine", done: "quarantined", order: order_of }).await
}

async fn release(desk: Desk, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    order(desk, id, fields, Asked { form: "release", done: "released", order: Ok(DeviceOrder::Release) }).await
}

async fn revoke(desk: Desk, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    order(desk, id, fields, Asked { form: "revoke", done: "revoked", order: Ok(DeviceOrder::Revoke) }).await
}

async fn allow_reenrolment(desk: Desk, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let asked = Asked { form: "reenrol", done: "reenrolment-allowed", order: Ok(DeviceOrder::AllowReenrolment) };
    order(desk, id, fields, asked).await
}

async fn change_desired(desk: Desk, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let outcome = try_desired(&desk, &id, &fields).await;
    settle(desk, id, fields, Outcome { form: "desired", done: "desired", result: outcome }).await
}

async fn try_desired(desk: &Desk, id: &DeviceId, fields: &Fields) -> Result<(), Problem> {
    let (by, id, fields) = (desk.caller.clone(), id.clone(), fields.clone());
    let asked = id.clone();
    let view = desk.ask(move |b| b.device(&asked)).await?.ok_or_else(no_device)?;
    let change = forms::desired(desk.l, &view.model, &fields)?;
    desk.ask(move |b| b.change_desired(&by, &id, &change)).await.map(drop)
}

async fn command(desk: Desk, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let outcome = try_command(&desk, &id, &fields).await;
    settle(desk, id, fields, Outcome { form: "command", done: "commanded", result: outcome }).await
}

async fn try_command(desk: &Desk, id: &DeviceId, fields: &Fields) -> Result<(), Problem> {
    let (by, id, asked) = (desk.caller.clone(), id.clone(), id.clone());
    let view = desk.ask(move |b| b.device(&asked)).await?.ok_or_else(no_device)?;
    let new = forms::command(desk.l, &view.model, fields)?;
    desk.ask(move |b| b.add_command(&by, &id, &new)).await.map(drop)
}

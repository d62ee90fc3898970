//! News for open pages, as server-sent events. Holds ids and figures only; the page asks for the rest.
//!
//! A stream ends by itself within a minute, so that a revoked session loses it; the browser comes back by itself.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use holdfast_core::id::{BulkId, DeploymentId, DeviceId};
use holdfast_domain::people::access::Act;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::PageReply;
use crate::backend::{LiveEvent, RefusalKind};
use crate::door::App;
use crate::door::extract::{Asked, Fields, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::door::seats::Seat;

/// How long one stream lives: shorter than the minute in which a revocation must reach it.
const STREAM_SECONDS: u64 = 50;
/// How long a browser waits before it comes back.
const RETRY_MS: u64 = 1_000;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/live", Access::May(Act::ViewFleet), live)
}

/// What a page wants to hear of.
enum Topic {
    All,
    Device(DeviceId),
    Deployment(DeploymentId),
    Deployments,
    Bulk(BulkId),
}

impl Topic {
    fn of(query: &Fields) -> Result<Self, Problem> {
        if let Some(device) = query.parsed("device")? {
            return Ok(Self::Device(device));
        }
        if let Some(bulk) = query.parsed("bulk")? {
            return Ok(Self::Bulk(bulk));
        }
        match query.text("deployment") {
            Some("all") => Ok(Self::Deployments),
            Some(_) => Ok(Self::Deployment(query.needed("deployment")?)),
            None => Ok(Self::All),
        }
    }

    fn wants(&self, event: &LiveEvent) -> bool {
        match event {
            LiveEvent::Device(id) | LiveEvent::Telemetry { device: id, .. } => match self {
                Self::All => matches!(event, LiveEvent::Device(_)),
                Self::Device(mine) => mine == id,
                Self::Deployment(_) | Self::Deployments | Self::Bulk(_) => false,
            },
            LiveEvent::Deployment(id) => match self {
                Self::All | Self::Deployments => true,
                Self::Deployment(mine) => mine == id,
                Self::Device(_) | Self::Bulk(_) => false,
            },
            LiveEvent::Bulk(id) => matches!(self, Self::Bulk(mine) if mine == id),
            LiveEvent::Alert(_) => true,
            LiveEvent::Pulse(_) => matches!(self, Self::All),
        }
    }
}

async fn live(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> PageReply {
    let topic = Topic::of(&query)?;
    let seat = app.live_seat(&by.person).ok_or_else(|| {
        Problem::new(RefusalKind::TooMany, "live-streams-full", "Too many pages are open; this one shows no news.")
    })?;
    let events =
        news(app.ground().events(), topic, seat).take_until(tokio::time::sleep(Duration::from_secs(STREAM_SECONDS)));
    let first = stream::iter([Ok(Event::default().retry(Duration::from_millis(RETRY_MS)).comment("news"))]);
    Ok(Sse::new(first.chain(events)).keep_alive(KeepAlive::default()).into_response())
}

type News = (broadcast::Receiver<LiveEvent>, Topic, Seat);

fn news(
    events: broadcast::Receiver<LiveEvent>,
    topic: Topic,
    seat: Seat,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((events, topic, seat), |(mut events, topic, seat): News| async move {
        loop {
            match events.recv().await {
                Ok(event) if topic.wants(&event) => return Some((Ok(written(&event)), (events, topic, seat))),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    let all = Event::default().event("hf-reload").data("");
                    return Some((Ok(all), (events, topic, seat)));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    })
}

fn written(event: &LiveEvent) -> Event {
    let (name, data) = match event {
        LiveEvent::Device(id) => ("hf-device", id.to_string()),
        LiveEvent::Telemetry { stream, .. } => ("hf-telemetry", stream.to_string()),
        LiveEvent::Alert(id) => ("hf-alert", id.to_string()),
        LiveEvent::Deployment(id) => ("hf-deployment", id.to_string()),
        LiveEvent::Bulk(id) => ("hf-bulk", id.to_string()),
        LiveEvent::Pulse(_) => ("hf-pulse", String::new()),
    };
    Event::default().event(name).data(data)
}

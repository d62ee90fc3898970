//! News for a consumer's open pages: that something of theirs changed, and nothing else. The page asks for the rest.
//!
//! Which devices count is asked when a stream begins; it ends by itself within a minute, and with it a right that is gone.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use holdfast_core::id::DeviceId;
use holdfast_domain::people::access::Act;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Home;
use crate::backend::homes::Homes;
use crate::backend::{LiveEvent, RefusalKind};
use crate::console::PageReply;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::door::seats::Seat;

/// How long one stream lives: shorter than the minute in which a right that was taken away must end.
const STREAM_SECONDS: u64 = 50;
/// How long a browser waits before it comes back.
const RETRY_MS: u64 = 2_000;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/home/live", Access::May(Act::UseHome), live)
}

/// Whether an event is about one of these devices. What names no device may be somebody else's and is not told.
fn mine(event: &LiveEvent, devices: &BTreeSet<DeviceId>) -> bool {
    match event {
        LiveEvent::Device(id) => devices.contains(id),
        LiveEvent::Telemetry { .. }
        | LiveEvent::Alert(_)
        | LiveEvent::Deployment(_)
        | LiveEvent::Bulk(_)
        | LiveEvent::Pulse(_) => false,
    }
}

async fn live(home: Home) -> PageReply {
    let by = home.caller.clone();
    let events = home.app.ground().events();
    let devices = home.ask(move |b| Homes::my_devices(b, &by)).await?;
    let seat = home.app.live_seat(&home.caller.person).ok_or_else(|| {
        Problem::new(RefusalKind::TooMany, "live-streams-full", "Too many pages are open; this one shows no news.")
    })?;
    let devices = devices.into_iter().map(|my| my.device).collect();
    let news = news(events, devices, seat).take_until(tokio::time::sleep(Duration::from_secs(STREAM_SECONDS)));
    let first = stream::iter([Ok(Event::default().retry(Duration::from_millis(RETRY_MS)).comment("news from now on"))]);
    Ok(Sse::new(first.chain(news)).keep_alive(KeepAlive::default()).into_response())
}

type News = (broadcast::Receiver<LiveEvent>, BTreeSet<DeviceId>, Seat);

fn news(
    events: broadcast::Receiver<LiveEvent>,
    devices: BTreeSet<DeviceId>,
    seat: Seat,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((events, devices, seat), |(mut events, devices, seat): News| async move {
        loop {
            match events.recv().await {
                Ok(event) if !mine(&event, &devices) => {}
                // Lost news may have been ours.
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    let event = Event::default().event("hf-home").data("");
                    return Some((Ok(event), (events, devices, seat)));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use holdfast_core::id::{AlertId, DeploymentId};
    use holdfast_core::time::Timestamp;

    use super::*;

    #[test]
    fn nothing_of_somebody_elses_device_is_told() {
        let device = |id: &str| id.parse::<DeviceId>().unwrap();
        let own = BTreeSet::from([device("hearth-0001")]);
        let at = Timestamp::from_micros(0);
        assert!(mine(&LiveEvent::Device(device("hearth-0001")), &own));
        for other in [
            LiveEvent::Device(device("hearth-0002")),
            LiveEvent::Telemetry { device: device("hearth-0002"), stream: "climate".parse().unwrap(), at },
            LiveEvent::Alert(AlertId::new(at, [1; 10])),
            LiveEvent::Deployment(DeploymentId::new(at, [1; 10])),
        ] {
            assert!(!mine(&other, &own), "{other:?}");
        }
    }
}

//! Interface of the room that shows how a fleet comes back after an outage.

use axum::extract::State;
use holdfast_domain::people::access::Act;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Reply, us};
use crate::backend::returning::{Recovery, Second};
use crate::door::App;
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api_get(
        "/api/v1/fleet/recovery",
        Access::May(Act::ViewFleet),
        recovery,
        "How the fleet comes back, second by second.",
    )
}

#[derive(Serialize, ToSchema)]
struct ClassDoc {
    priority: &'static str,
    devices: u32,
    /// Their window after the loss of a connection.
    first_ms: u64,
    last_ms: u64,
    /// Sessions that began, second by second.
    came: Vec<u32>,
}

/// One number for each second, oldest first; the last one ends at `now_us`.
#[derive(Serialize, ToSchema)]
struct RecoveryDoc {
    now_us: i64,
    ceiling_per_second: u32,
    unfinished_per_address: u32,
    classes: Vec<ClassDoc>,
    connected: Vec<u32>,
    failed: Vec<u32>,
    waiting: Vec<u32>,
}

impl From<Recovery> for RecoveryDoc {
    fn from(recovery: Recovery) -> Self {
        let of = |value: fn(&Second) -> u32| recovery.seconds.iter().map(value).collect();
        let class = |(n, class): (usize, &crate::backend::returning::Class)| ClassDoc {
            priority: class.priority.word(),
            devices: class.devices,
            first_ms: class.first.0,
            last_ms: class.last.0,
            came: recovery.seconds.iter().filter_map(|second| second.came.get(n).copied()).collect(),
        };
        Self {
            now_us: us(recovery.now),
            ceiling_per_second: recovery.ceiling_per_second,
            unfinished_per_address: recovery.per_address,
            classes: recovery.classes.iter().enumerate().map(class).collect(),
            connected: of(|second| second.connected),
            failed: of(|second| second.failed),
            waiting: of(|second| second.waiting),
        }
    }
}

async fn recovery(State(app): State<App>) -> Reply<RecoveryDoc> {
    Ok(axum::Json(app.ask(super::super::backend::fleet::Fleet::recovery).await?.into()))
}

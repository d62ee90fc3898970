//! The JSON interface `/api/v1`: one file for each room, each with its wire types.
//!
//! Times are integer microseconds since 1970 in UTC, in members that end in `_us`; digests are lower-case hexadecimal;
//! lists answer `{"items":[…],"next":cursor or null}`. Owns no rule: parses, asks, writes down.

mod custody;
mod findings;
mod fleet;
mod history;
mod integrity;
mod keys;
mod people;
mod products;
mod returning;
mod telemetry;
mod updates;

use holdfast_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::backend::Page;
use crate::console::words::hex;
use crate::door::problem::Problem;
use crate::door::routes::Routes;

/// A handler's answer.
type Reply<T> = Result<axum::Json<T>, Problem>;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = people::routes(routes);
    let routes = products::routes(routes);
    let routes = fleet::routes(routes);
    let routes = returning::routes(routes);
    let routes = custody::routes(routes);
    let routes = telemetry::routes(routes);
    let routes = updates::routes(routes);
    let routes = integrity::routes(routes);
    let routes = findings::routes(routes);
    let routes = keys::routes(routes);
    history::routes(routes)
}

/// A page of a list as it is sent.
#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> List<T> {
    fn of<R>(page: Page<R>, row: impl Fn(R) -> T) -> axum::Json<Self> {
        axum::Json(Self { items: page.rows.into_iter().map(row).collect(), next: page.next })
    }

    fn whole(items: Vec<T>) -> axum::Json<Self> {
        axum::Json(Self { items, next: None })
    }
}

/// An answer without content of its own.
#[derive(Serialize)]
struct Done {
    done: bool,
}

const fn done() -> axum::Json<Done> {
    axum::Json(Done { done: true })
}

fn us(at: Timestamp) -> i64 {
    at.as_micros()
}

/// JSON text that the store keeps, as a value; text that is no JSON is shown as text rather than lost.
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

pub(crate) use findings::{
    action_state_word, filter as finding_filter, finding_state_word, no_finding, play_of, scope_of,
};
pub(crate) use fleet::{FILTER_FIELDS, command_lifetime, filter as device_filter, no_device, quarantine_order};
pub(crate) use integrity::severity_word;
pub(crate) use keys::role_of as key_role;
pub(crate) use products::no_product;
pub(crate) use updates::{kind_word, no_deployment, no_release, reason_of};

/// Reads any bytes as each JSON body of the interface; for the fuzzers.
pub(crate) fn read_bodies(bytes: &[u8]) {
    custody::read_bodies(bytes);
    findings::read_bodies(bytes);
    fleet::read_bodies(bytes);
    keys::read_bodies(bytes);
    people::read_bodies(bytes);
    products::read_bodies(bytes);
    updates::read_bodies(bytes);
}

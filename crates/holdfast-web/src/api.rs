//! The JSON interface `/api/v1`: one file for each room, each with its wire types.
//!
//! Times are integer microseconds since 1970 in UTC, in members that end in `_us`; digests are lower-case hexadecimal;
//! lists answer `{"items":[…],"next":cursor or null}`. Owns no rule: parses, asks, writes down.

pub(crate) mod account;
mod custody;
pub(crate) mod document;
mod reference;
mod dossier;
mod findings;
mod fleet;
mod groups;
mod help;
mod history;
mod homes;
mod integrity;
mod keys;
mod notices;
mod owner;
mod papers;
mod people;
mod products;
mod proofs;
mod redress;
mod returning;
mod shops;
mod telemetry;
mod tidings;
mod updates;

use std::borrow::Cow;

use holdfast_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{Array, Object, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::backend::{Page, PageAsk};
use crate::console::words::hex;
use crate::door::problem::Problem;
use crate::door::routes::Routes;

/// A handler's answer.
type Reply<T> = Result<axum::Json<T>, Problem>;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = document::routes(reference::routes(routes));
    let routes = people::routes(routes);
    let routes = account::routes(routes);
    let routes = products::routes(routes);
    let routes = dossier::routes(routes);
    let routes = papers::routes(routes);
    let routes = fleet::routes(routes);
    let routes = groups::routes(routes);
    let routes = homes::routes(routes);
    let routes = owner::routes(routes);
    let routes = help::routes(routes);
    let routes = proofs::routes(routes);
    let routes = redress::routes(routes);
    let routes = shops::routes(routes);
    let routes = returning::routes(routes);
    let routes = custody::routes(routes);
    let routes = telemetry::routes(routes);
    let routes = tidings::routes(routes);
    let routes = updates::routes(routes);
    let routes = integrity::routes(routes);
    let routes = findings::routes(routes);
    let routes = keys::routes(routes);
    let routes = notices::routes(routes);
    history::routes(routes)
}

/// A page of a list as it is sent.
#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let items = Array::new(Ref::from_schema_name(T::name()));
        let next = Object::builder().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
        let next = next.description(Some("Give it back as `after` for the next page; null on the last one."));
        Object::builder().property("items", items).property("next", next).required("items").required("next").into()
    }
}

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("ListOf{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T> List<T> {
    fn of<R>(page: Page<R>, row: impl Fn(R) -> T) -> axum::Json<Self> {
        axum::Json(Self { items: page.rows.into_iter().map(row).collect(), next: page.next })
    }

    fn whole(items: Vec<T>) -> axum::Json<Self> {
        axum::Json(Self { items, next: None })
    }

    /// A page of a list that is known whole and short; its cursor is the key of the last row shown.
    fn cut(mut items: Vec<T>, page: &PageAsk, key: impl Fn(&T) -> String) -> Reply<Self> {
        if let Some(after) = &page.after {
            let unknown = || Problem::malformed("cursor-malformed", "`after` is not a cursor of this list.");
            let at = items.iter().position(|item| key(item) == *after).ok_or_else(unknown)?;
            items.drain(..=at);
        }
        let rows = usize::from(page.rows);
        let more = items.len() > rows;
        items.truncate(rows);
        let next = items.last().filter(|_| more).map(key);
        Ok(axum::Json(Self { items, next }))
    }
}

/// An answer without content of its own.
#[derive(Serialize, ToSchema)]
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

pub(crate) use dossier::day_of;
pub(crate) use findings::{
    action_state_word, filter as finding_filter, finding_state_word, no_finding, play_of, scope_of,
};
pub(crate) use fleet::{command_lifetime, no_device, quarantine_order};
pub(crate) use groups::{ActParts, act_of, bulk_state_word, filter_of, item_state_of, no_bulk, no_group};
pub(crate) use help::{outcome_of, wants_all as help_wants_all};
pub(crate) use history::{ledger_ask, no_entry};
pub(crate) use integrity::severity_word;
pub(crate) use keys::role_of as key_role;
pub(crate) use people::scope_of as people_scope;
pub(crate) use products::no_product;
pub(crate) use proofs::{LabelDoc, photo as proof_photo};
pub(crate) use redress::report as breach_report;
pub(crate) use updates::{kind_word, no_deployment, no_release, reason_of};

/// Reads any bytes as each JSON body of the interface; for the fuzzers.
pub(crate) fn read_bodies(bytes: &[u8]) {
    account::read_bodies(bytes);
    custody::read_bodies(bytes);
    dossier::read_bodies(bytes);
    findings::read_bodies(bytes);
    fleet::read_bodies(bytes);
    groups::read_bodies(bytes);
    help::read_bodies(bytes);
    homes::read_bodies(bytes);
    owner::read_bodies(bytes);
    keys::read_bodies(bytes);
    people::read_bodies(bytes);
    proofs::read_bodies(bytes);
    redress::read_bodies(bytes);
    shops::read_bodies(bytes);
    products::read_bodies(bytes);
    tidings::read_bodies(bytes);
    updates::read_bodies(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_list_is_given_page_by_page_without_a_row_lost_or_repeated() {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = List::cut((0..7).collect(), &PageAsk { after, rows: 3 }, ToString::to_string).unwrap().0;
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
        let stale = PageAsk { after: Some("9".to_owned()), rows: 3 };
        assert_eq!(List::cut(vec![1], &stale, ToString::to_string).err().unwrap().name, "cursor-malformed");
    }
}

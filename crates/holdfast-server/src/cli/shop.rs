//! `holdfast shop …`: retailers, their keys, what they fetched and accepted, units that came back.

use clap::Subcommand;
use holdfast_core::id::{ReaderId, ShopId};
use reqwest::Method;
use serde_json::json;

use super::answer::member;
use super::client::{Body, Client};
use super::output::Column;
use super::{Failure, Output};

/// Most rows of one listing.
const ROWS_MAX: u64 = 10_000;

const SHOPS: &[Column] = &[
    ("Retailer", "/id"),
    ("Name", "/name"),
    ("Feed fetched", "/fetched/0/last_us"),
    ("Duties accepted by", "/accepted/0/who"),
    ("Ended", "/retired_us"),
];

const UNITS: &[Column] = &[
    ("Unit", "/device"),
    ("Product", "/product"),
    ("Came back", "/back_us"),
    ("Seen last", "/station"),
    ("Wipe", "/wipe"),
    ("Sold unwiped", "/unwiped_sale"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast shop create 'Corner Electrics'
  holdfast shop list
  holdfast shop show 019c…
  holdfast shop readers 019c… desk-4 shelf-1
  holdfast shop units 019c… -o json
  holdfast shop retire 019c…";

/// Verbs of `shop`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a key for a retailer: the address of its page and feed, shown this once.
    Create {
        /// What the retailer is called.
        name: String,
    },
    /// Every retailer, oldest first.
    List,
    /// A retailer: what it fetched and when, who accepted which duties.
    Show {
        /// The retailer.
        id: ShopId,
    },
    /// Say which readers of tags stand in a retailer's rooms; without one, none does.
    Readers {
        /// The retailer.
        id: ShopId,
        /// The readers.
        readers: Vec<ReaderId>,
    },
    /// Units that its readers saw come back, each with the state of its wipe.
    Units {
        /// The retailer.
        id: ShopId,
    },
    /// End a retailer's key.
    Retire {
        /// The retailer.
        id: ShopId,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { name } => {
            let made = client.post("/api/v1/shops", json!({"name": name})).await?;
            let address = member(&made, "address").as_str().unwrap_or_default();
            out.done(&format!("Give {name} this address; it is shown this once: {}{address}", client.base()), &made);
        }
        Verb::List => {
            let rows = client.all("/api/v1/shops?", ROWS_MAX).await?;
            out.list(&rows, SHOPS, "No retailer has a key. Make one: holdfast shop create NAME");
        }
        Verb::Show { id } => out.item(&client.get(&format!("/api/v1/shops/{id}")).await?, SHOPS),
        Verb::Readers { id, readers } => {
            let readers: Vec<String> = readers.iter().map(ToString::to_string).collect();
            let body = Body::Json(json!({"readers": readers}));
            let done = client.send(Method::PUT, &format!("/api/v1/shops/{id}/readers"), Some(body)).await?;
            out.done(&format!("{} readers stand in its rooms.", readers.len()), &done);
        }
        Verb::Units { id } => {
            let rows = client.all(&format!("/api/v1/shops/{id}/units?"), ROWS_MAX).await?;
            out.list(&rows, UNITS, "No unit came back.");
        }
        Verb::Retire { id } => {
            let done = client.post(&format!("/api/v1/shops/{id}/retire"), json!({})).await?;
            out.done("The key opens nothing any more.", &done);
        }
    }
    Ok(())
}

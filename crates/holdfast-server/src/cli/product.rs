//! `holdfast product …`.

use std::path::PathBuf;

use clap::Subcommand;
use holdfast_core::id::ProductId;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{items, member};
use super::client::{Body, Client};
use super::failure::read_file;
use super::output::Column;
use super::{Failure, Output};

/// Largest Thing Model.
const MODEL_BYTES_MAX: u64 = 256 * 1024;

const COLUMNS: &[Column] = &[
    ("Product", "/id"),
    ("Title", "/title"),
    ("Maker's domain", "/vendor_domain"),
    ("Devices", "/devices"),
    ("Releases", "/releases"),
    ("Made", "/created_us"),
];

pub(super) const EXAMPLES: &str = "\
Example:
  holdfast product create hearth-thermostat --model hearth-thermostat.tm.json --vendor-domain hearth.example";

/// Verbs of `product`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a product from its W3C Thing Model, or replace its model.
    Create {
        /// Stable id, such as `hearth-thermostat`.
        id: ProductId,
        /// The Thing Model, JSON.
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        /// The maker's domain; the SUIT vendor id is made from it.
        #[arg(long)]
        vendor_domain: String,
        /// What people call it; the model's title if not given.
        #[arg(long)]
        title: Option<String>,
    },
    /// All products.
    List,
    /// One product with its model.
    Show {
        /// Its id.
        id: ProductId,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Create { id, model, vendor_domain, title } => {
            let text = read_file(&model, MODEL_BYTES_MAX)?;
            let parsed: Value = serde_json::from_slice(&text)
                .map_err(|why| Failure::usage(format!("{}: not JSON: {why}", model.display())))?;
            let title = title
                .or_else(|| member(&parsed, "title").as_str().map(str::to_owned))
                .unwrap_or_else(|| id.to_string());
            let body = json!({"title": title, "vendor_domain": vendor_domain, "thing_model": parsed});
            let made = client.send(Method::PUT, &format!("/api/v1/products/{id}"), Some(Body::Json(body))).await?;
            out.done(&format!("Product {id} is there: {title}"), &made);
        }
        Verb::List => {
            let page = client.get("/api/v1/products").await?;
            let empty = "No product yet. Make one: holdfast product create ID --model FILE --vendor-domain DOMAIN";
            out.list(items(&page), COLUMNS, empty);
        }
        Verb::Show { id } => out.item(&client.get(&format!("/api/v1/products/{id}")).await?, COLUMNS),
    }
    Ok(())
}

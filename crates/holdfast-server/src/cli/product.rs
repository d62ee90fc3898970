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
use super::record;
use super::{Failure, Output};

/// Largest Thing Model.
const MODEL_BYTES_MAX: u64 = 256 * 1024;
/// Largest dossier.
const DOSSIER_BYTES_MAX: u64 = 192 * 1024;

const COLUMNS: &[Column] = &[
    ("Product", "/id"),
    ("Title", "/title"),
    ("Maker's domain", "/vendor_domain"),
    ("Devices", "/devices"),
    ("Releases", "/releases"),
    ("Made", "/created_us"),
];

const DOSSIER_COLUMNS: &[Column] = &[
    ("Product", "/product"),
    ("Version", "/version"),
    ("Public at", "/address"),
    ("Support until", "/public/support_until"),
    ("First promised", "/public/support_until_at_first"),
    ("Public since", "/public/since_us"),
    ("Changed", "/public/changed_us"),
    ("Still to be said", "/missing"),
];

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast product create hearth-thermostat --model hearth-thermostat.tm.json --vendor-domain hearth.example
  holdfast product describe hearth-thermostat examples/hearth-thermostat.dossier.json --publish
  holdfast product public hearth-thermostat
  holdfast product extend hearth-thermostat 2036-12-31        support lasts longer; it can never be made shorter
  holdfast product publish hearth-thermostat
  holdfast product record hearth-thermostat usability.json
  holdfast product record hearth-thermostat interface.json --axe axe-report.json
  holdfast product photo hearth-thermostat box.jpg --of 'Retail box'
  holdfast product check-link hearth-thermostat https://hearth.example/shop/thermostat
  holdfast product records hearth-thermostat
  holdfast product list
  holdfast product show hearth-thermostat";

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
    /// Write what the public reads about a product: keep a draft, and publish it if wanted.
    Describe {
        /// The product.
        id: ProductId,
        /// The dossier, JSON; without it the draft is printed, with `-o json` all of it.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Publish it at once. What was published once stays public for ever.
        #[arg(long, requires = "file")]
        publish: bool,
        /// Only if the dossier is at this version.
        #[arg(long, value_name = "VERSION")]
        if_version: Option<u64>,
    },
    /// Publish the draft of a product's dossier.
    Publish {
        /// The product.
        id: ProductId,
        /// Only if the dossier is at this version.
        #[arg(long, value_name = "VERSION")]
        if_version: Option<u64>,
    },
    /// Extend the support of a product: the public reads the new day at once, and owners are told.
    Extend {
        /// The product.
        id: ProductId,
        /// The new last day, such as 2036-12-31. A nearer day than the promised one is refused.
        #[arg(value_name = "DAY")]
        until: String,
    },
    /// What the public reads about a product, where, and what must still be said before.
    Public {
        /// The product.
        id: ProductId,
    },
    /// Keep a record: a test with people, a checklist of the interface of a release.
    Record {
        /// The product.
        id: ProductId,
        /// The record, JSON with one member: `usability`, `interface` or `page`.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The report of axe-core, whose figures go into the checklist.
        #[arg(long, value_name = "FILE")]
        axe: Option<PathBuf>,
    },
    /// Keep a photograph of the package, with its digest and date.
    Photo {
        /// The product.
        id: ProductId,
        /// PNG or JPEG.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Which package.
        #[arg(long)]
        of: String,
    },
    /// Fetch a page of the maker and look for the link to the product's public page; what was found is kept.
    CheckLink {
        /// The product.
        id: ProductId,
        /// The page, https.
        page: String,
        /// The certificate authorities to trust, PEM; the machine's own if not given.
        #[arg(long, value_name = "FILE")]
        page_ca: Option<PathBuf>,
    },
    /// Records about a product, and what is missing.
    Records {
        /// The product.
        id: ProductId,
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
        Verb::Describe { id, file: None, .. } => {
            let found = client.get(&dossier(&id)).await?;
            out.item(member(&found, "draft"), &[("Name", "/name"), ("Support until", "/support/until")]);
        }
        Verb::Describe { id, file: Some(file), publish, if_version } => {
            let text = read_file(&file, DOSSIER_BYTES_MAX)?;
            let parsed: Value = serde_json::from_slice(&text)
                .map_err(|why| Failure::usage(format!("{}: not JSON: {why}", file.display())))?;
            let body = Body::Json(json!({"dossier": parsed, "from_version": if_version}));
            let kept = client.send(Method::PUT, &dossier(&id), Some(body)).await?;
            if publish {
                let body = Body::Json(json!({"from_version": member(&kept, "version")}));
                let done = client.send(Method::POST, &format!("{}/publish", dossier(&id)), Some(body)).await?;
                out.done(&format!("The public reads it now: /p/{id}"), &done);
            } else {
                out.done(&format!("The draft is kept; holdfast product publish {id} makes it public."), &kept);
            }
        }
        Verb::Publish { id, if_version } => {
            let body = Body::Json(json!({"from_version": if_version}));
            let done = client.send(Method::POST, &format!("{}/publish", dossier(&id)), Some(body)).await?;
            out.done(&format!("The public reads it now: /p/{id}"), &done);
        }
        Verb::Extend { id, until } => {
            let body = Body::Json(json!({"until": until}));
            let path = format!("/api/v1/products/{id}/support/extend");
            let done = client.send(Method::POST, &path, Some(body)).await?;
            out.done(&format!("Support of {id} lasts until {until}; owners are told."), &done);
        }
        Verb::Public { id } => {
            let mut found = client.get(&dossier(&id)).await?;
            let gaps = member(&found, "gaps").as_array().map_or(&[][..], Vec::as_slice);
            let paths: Vec<&str> = gaps.iter().filter_map(|gap| member(gap, "path").as_str()).collect();
            let missing = if paths.is_empty() { "nothing".to_owned() } else { paths.join(", ") };
            if let Some(members) = found.as_object_mut().filter(|_| !out.is_json()) {
                members.insert("missing".to_owned(), json!(missing));
            }
            out.item(&found, DOSSIER_COLUMNS);
        }
        Verb::Record { id, file, axe } => record::keep(&id, &file, axe.as_deref(), client, out).await?,
        Verb::Photo { id, file, of } => record::photo(&id, &file, &of, client, out).await?,
        Verb::CheckLink { id, page, page_ca } => record::check_link(&id, &page, page_ca, client, out).await?,
        Verb::Records { id } => record::list(&id, client, out).await?,
        Verb::List => {
            let page = client.whole("/api/v1/products").await?;
            let empty = "No product yet. Make one: holdfast product create ID --model FILE --vendor-domain DOMAIN";
            out.list(items(&page), COLUMNS, empty);
        }
        Verb::Show { id } => out.item(&client.get(&format!("/api/v1/products/{id}")).await?, COLUMNS),
    }
    Ok(())
}

fn dossier(id: &ProductId) -> String {
    format!("/api/v1/products/{id}/dossier")
}

//! `holdfast key …`: the maker's signing keys, which are files and never meet a server; and the list of all keys, which
//! only the server can give.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::answer::items;
use super::client::Client;
use super::output::Column;
use super::{Exit, Failure, Output};
use crate::app::chain;
use crate::offline::{self, KeyInfo, KeyRole, OfflineError};

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast key create --role root --out ada.key          may sign trust documents
  holdfast key create --role release --out dia.key       may sign releases
  holdfast key show dia.key.pub
  holdfast key list                                      every key the product relies on, and when it changes";

const LISTED: &[Column] = &[
    ("Purpose", "/purpose"),
    ("State", "/state"),
    ("Due", "/due"),
    ("Ends", "/ends_us"),
    ("Next change", "/change_due_us"),
    ("Lies", "/place"),
    ("Owner", "/owner"),
    ("Algorithm", "/algorithm"),
    ("What to do", "/to_do"),
];

/// Verbs of `key`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Every key: purpose, owner, place, validity, next change.
    List,
    /// Make a signing key: FILE (secret, readable by you only) and FILE.pub.
    Create {
        /// What it may sign: `root` (trust documents) or `release` (releases).
        #[arg(long)]
        role: KeyRole,
        /// Where the secret key goes; an existing file is never replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// What a key file, secret or public, is for.
    Show {
        /// The file.
        file: PathBuf,
    },
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let keys = Client::open(profile)?.get("/api/v1/keys").await?;
            if out.is_json() {
                out.item(&keys, &[]);
            } else {
                out.list(items(&keys), LISTED, "There are no keys.");
            }
        }
        Verb::Create { role, out: file } => {
            let key = offline::create_key(&file, role).map_err(|why| refused(&why))?;
            let text = format!("{role} key {} made: {} (keep it offline)", key.key_id(), file.display());
            out.done(&text, &record(&key));
        }
        Verb::Show { file } => {
            let key = offline::show_key(&file).map_err(|why| refused(&why))?;
            out.item(&record(&key), &[("Role", "/role"), ("Key id", "/key_id"), ("Secret", "/private")]);
        }
    }
    Ok(())
}

fn record(key: &KeyInfo) -> Value {
    json!({"role": key.role.name(), "key_id": key.key_id().to_string(), "file": key.path, "private": key.private})
}

/// An offline refusal as a failure: verification has its own exit code.
pub(super) fn refused(why: &OfflineError) -> Failure {
    let exit = if why.is_verification() { Exit::Verification } else { Exit::Refused };
    Failure { exit, name: Some(why.name().to_owned()), text: chain(why) }
}

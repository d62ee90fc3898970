//! `holdfast authority …`: changing the server's own keys, and what seals them.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{member, number, text};
use super::client::Client;
use super::failure::write_new;
use super::output::{Column, confirmed};
use super::{Failure, Output};
use crate::authority::vault::{self, SealSource};

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast authority show
  holdfast authority rotate                          make the next operational CA
  holdfast authority rotate --role freshness         or the next freshness key
  holdfast trust authority --out authority.json      then name it in the next trust document, sign and upload that
  holdfast authority activate                        put it to use; the old CA still counts
  holdfast authority retire                          destroy the old key once no device depends on it
  holdfast authority crl --out ca.crl
  holdfast authority reseal --state DIR --seal-key-file old.key --new-seal-key-file new.key    (server stopped)

A next freshness key is put to use by the trust document that names it; `activate` is for the CA.";

const COLUMNS: &[Column] = &[
    ("Role", "/role"),
    ("Key", "/key"),
    ("State", "/state"),
    ("Since", "/since_us"),
    ("In trust document", "/named_in_trust"),
    ("Devices depending", "/devices_depending"),
];

/// Which of the server's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// Issues the devices' certificates.
    OperationalCa,
    /// Signs timestamp statements.
    Freshness,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::OperationalCa => "operational-ca",
            Self::Freshness => "freshness",
        }
    }
}

/// Verbs of `authority`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Where each of the server's keys stands.
    Show,
    /// Make the next key; nothing relies on it until it is named and put to use.
    Rotate {
        /// Which key.
        #[arg(long, value_enum, default_value = "operational-ca")]
        role: Role,
    },
    /// Put the next key to use; the one before it retires and still counts.
    Activate {
        /// Which key.
        #[arg(long, value_enum, default_value = "operational-ca")]
        role: Role,
    },
    /// Destroy the retiring key. Refused while devices depend on it.
    Retire {
        /// Which key.
        #[arg(long, value_enum, default_value = "operational-ca")]
        role: Role,
        /// Also if devices depend on it: they come back with their factory identity.
        #[arg(long)]
        force: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Fetch the newest revocation list (DER).
    Crl {
        /// Where it goes; an existing file is never replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Seal the key files with another outer key; the server must be stopped.
    Reseal(Reseal),
}

/// Arguments of `authority reseal`.
#[derive(Debug, Args)]
pub(super) struct Reseal {
    /// The server's state folder.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_STATE")]
    state: PathBuf,
    #[command(flatten)]
    old: SealArgs,
    /// The new key: a file of 32 bytes or 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", required_unless_present = "new_seal_passphrase_file")]
    new_seal_key_file: Option<PathBuf>,
    /// The new passphrase, in the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "new_seal_key_file")]
    new_seal_passphrase_file: Option<PathBuf>,
}

/// What seals the server's key files.
#[derive(Debug, Clone, Args)]
pub(super) struct SealArgs {
    /// Seal the server's key files with this key: a file of 32 bytes or 64 hexadecimal digits, outside the state folder.
    /// Without it, a systemd credential `holdfast-seal-key` or `holdfast-seal-passphrase` is used if there is one.
    #[arg(long, value_name = "FILE", env = "HOLDFAST_SEAL_KEY_FILE")]
    seal_key_file: Option<PathBuf>,
    /// Or with a passphrase: the first line of this file.
    #[arg(long, value_name = "FILE", env = "HOLDFAST_SEAL_PASSPHRASE_FILE", conflicts_with = "seal_key_file")]
    seal_passphrase_file: Option<PathBuf>,
}

impl SealArgs {
    /// What was given, or what systemd has put where credentials are (systemd.exec(5), `LoadCredential=`).
    pub(super) fn source(self) -> Option<SealSource> {
        if let Some(file) = self.seal_key_file {
            return Some(SealSource::KeyFile(file));
        }
        if let Some(file) = self.seal_passphrase_file {
            return Some(SealSource::PassphraseFile(file));
        }
        let folder = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?);
        let (key, passphrase) = (folder.join("holdfast-seal-key"), folder.join("holdfast-seal-passphrase"));
        if key.is_file() {
            return Some(SealSource::KeyFile(key));
        }
        passphrase.is_file().then_some(SealSource::PassphraseFile(passphrase))
    }
}

/// Runs the verb.
pub(super) async fn run(verb: Verb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    let client = || Client::open(profile.clone());
    match verb {
        Verb::Show => shown(&client()?.get("/api/v1/keys").await?, out),
        Verb::Rotate { role } => {
            let keys = step(&client()?, role, "rotate", json!({})).await?;
            let said = "The next key is made. Name it in the next trust document: holdfast trust authority --out …";
            out.done(said, member(&keys, "server"));
        }
        Verb::Activate { role } => {
            let keys = step(&client()?, role, "activate", json!({})).await?;
            out.done(
                "The next key is in use. The old one still counts; see holdfast authority show.",
                member(&keys, "server"),
            );
        }
        Verb::Retire { role, force, yes } => {
            let client = client()?;
            let keys = client.get("/api/v1/keys").await?;
            let depending = depending(&keys, role);
            let question = format!("Destroy the old {} key? {depending} devices depend on it.", role.name());
            confirmed(&question, yes)?;
            let keys = step(&client, role, "retire", json!({ "anyway": force })).await?;
            out.done("The old key is destroyed.", member(&keys, "server"));
        }
        Verb::Crl { out: file } => {
            let der = client()?.send_raw(Method::GET, "/.well-known/holdfast/ca.crl", None).await?;
            write_new(&file, &der)?;
            let record = json!({"file": file, "bytes": der.len()});
            out.done(&format!("Revocation list written to {}.", file.display()), &record);
        }
        Verb::Reseal(args) => reseal(args, out)?,
    }
    Ok(())
}

async fn step(client: &Client, role: Role, verb: &str, body: Value) -> Result<Value, Failure> {
    client.post(&format!("/api/v1/authority/{}/{verb}", role.name()), body).await
}

fn shown(keys: &Value, out: Output) {
    let server = member(keys, "server").as_array().map_or(&[][..], Vec::as_slice);
    out.list(server, COLUMNS, "The server has no keys.");
}

fn depending(keys: &Value, role: Role) -> u64 {
    let server = member(keys, "server").as_array().map_or(&[][..], Vec::as_slice);
    let retiring = server.iter().find(|key| text(key, "role") == role.name() && text(key, "state") == "retiring");
    retiring.map_or(0, |key| number(key, "devices_depending"))
}

fn reseal(args: Reseal, out: Output) -> Result<(), Failure> {
    let _lock = lock(&args.state)?;
    let old = args.old.source().ok_or_else(|| Failure::usage("say what seals the keys now: --seal-key-file FILE"))?;
    let new = match (args.new_seal_key_file, args.new_seal_passphrase_file) {
        (Some(file), _) => SealSource::KeyFile(file),
        (None, Some(file)) => SealSource::PassphraseFile(file),
        (None, None) => return Err(Failure::usage("say what shall seal them: --new-seal-key-file FILE")),
    };
    vault::rewrap(&args.state.join("keys"), &old, &new)
        .map_err(|why| Failure::refused(why.name(), crate::app::chain(&why)))?;
    out.done("The keys are sealed with the new key. Start the server with it.", &json!({"resealed": true}));
    Ok(())
}

/// Keeps a server from starting meanwhile.
fn lock(state: &Path) -> Result<File, Failure> {
    let lock = File::open(state.join("lock")).map_err(|why| Failure::usage(format!("{}: {why}", state.display())))?;
    let free = lock.try_lock();
    free.map_err(|_| Failure::refused("server-running", "a server runs on this state; stop it first"))?;
    Ok(lock)
}

//! Who you are for a server: `holdfast login`, `logout`, `whoami`, `link`, `token`.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use holdfast_core::id::TokenId;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{items, member, set, text};
use super::client::{Client, Profile};
use super::failure::read_file;
use super::output::{Column, moment};
use super::{Failure, Output};

/// Largest CA file.
const CA_BYTES_MAX: u64 = 64 * 1024;

/// Longest life of a token, in days.
const DAYS_MAX: i64 = 90;

pub(super) const LOGIN_EXAMPLES: &str = "\
Example:
  holdfast login --ca ./state/ca.pem --link 'https://localhost:8443/sign-in?link=…'";
pub(super) const LINK_EXAMPLES: &str = "\
Examples:
  holdfast link                                                for yourself, to open the console
  holdfast link --name 'Ola' --role fleet-operator             for somebody new
  holdfast link --person 0193…                                 for somebody known

Roles: administrator, fleet-operator, release-engineer, security, assessor";
pub(super) const TOKEN_EXAMPLES: &str = "\
Examples:
  holdfast token create --label 'nightly report' --days 30 --scope read
  holdfast token create --label 'fleet robot' --scope view-fleet,contain-device
  holdfast token list
  holdfast token revoke 0193…";

const TOKENS: &[Column] = &[
    ("Token", "/id"),
    ("Label", "/label"),
    ("Scope", "/scope"),
    ("Person", "/person"),
    ("Made", "/created_us"),
    ("Ends", "/expires_us"),
];

/// Arguments of `holdfast login`.
#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// The one-time link that the server printed.
    #[arg(long, value_name = "URL")]
    link: String,
    /// The server's CA certificate (STATE/ca.pem on the server).
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// What the token is for; shown in the list of tokens.
    #[arg(long, default_value = "holdfast command line")]
    label: String,
    /// The token ends after so many days.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
    days: u32,
    /// What the token may do of what you may: `read`, `full` (nothing dangerous), `dangerous` (everything), or acts by name
    /// with commas between.
    #[arg(long, default_value = "dangerous")]
    scope: String,
}

/// Redeems the link, makes an API token and writes the profile (readable by its owner only).
pub(super) async fn login(args: LoginArgs, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    let path = Profile::path(profile)?;
    let ca = read_file(&args.ca, CA_BYTES_MAX)?;
    let (base, secret) = split_link(&args.link)?;
    let client = Client::new(&base, &ca, None)?;
    client.post("/api/v1/sign-in", json!({"link": secret})).await?;
    let made =
        client.post("/api/v1/tokens", json!({"label": args.label, "days": args.days, "scope": args.scope})).await?;
    let token = member(&made, "token").as_str().ok_or_else(|| Failure::fault("the server gave no token"))?;
    let ca = String::from_utf8(ca).map_err(|_| Failure::usage("the CA is not PEM text"))?;
    let token_id = member(&made, "id").as_str().map(str::to_owned);
    write_profile(&path, &Profile { server: base.clone(), ca, token: token.to_owned(), token_id })?;
    let shown = path.display().to_string();
    out.done(
        &format!("Signed in to {base}. Profile: {shown} (token ends {})", moment(member(&made, "expires_us"))),
        &json!({"server": base, "profile": shown, "token_id": member(&made, "id"), "expires_us": member(&made, "expires_us")}),
    );
    Ok(())
}

/// Revokes the profile's token and removes the profile. One that the server does not know any more is removed all the same.
pub(super) async fn logout(profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    let path = Profile::path(profile)?;
    let known = Profile::read(&path)?;
    if let Some(id) = &known.token_id {
        let client = Client::new(&known.server, known.ca.as_bytes(), Some(known.token))?;
        match client.send(Method::DELETE, &format!("/api/v1/tokens/{id}"), None).await {
            Err(failure) if failure.name.as_deref() != Some("token-refused") => return Err(failure),
            _ => {}
        }
    }
    let shown = path.display();
    std::fs::remove_file(&path).map_err(|why| Failure::usage(format!("{shown}: {why}")))?;
    out.done(&format!("Signed out of {}.", known.server), &json!({"server": known.server, "revoked": known.token_id}));
    Ok(())
}

/// Shows whose token the profile holds.
pub(super) async fn whoami(client: &Client, out: Output) -> Result<(), Failure> {
    let mut me = client.get("/api/v1/me").await?;
    set(&mut me, "server", Value::from(client.base()));
    out.item(&me, &[("Name", "/name"), ("Role", "/role"), ("Server", "/server"), ("Person", "/id")]);
    Ok(())
}

/// Arguments of `holdfast link`.
#[derive(Debug, Args)]
pub(super) struct LinkArgs {
    /// For this known person instead of yourself.
    #[arg(long, value_name = "ID", conflicts_with_all = ["name", "role"])]
    person: Option<String>,
    /// For somebody new of this name.
    #[arg(long, requires = "role")]
    name: Option<String>,
    /// Their role.
    #[arg(long, requires = "name")]
    role: Option<String>,
}

/// Makes a new one-time link, to sign in with a browser.
pub(super) async fn link(args: LinkArgs, client: &Client, out: Output) -> Result<(), Failure> {
    let body = match (args.person, args.name, args.role) {
        (Some(person), _, _) => json!({"person": person}),
        (None, Some(name), Some(role)) => json!({"name": name, "role": role}),
        (None, _, _) => json!({}),
    };
    let made = client.post("/api/v1/sign-in-links", body).await?;
    let url = format!("{}{}", client.base(), text(&made, "url"));
    let record = json!({"url": url, "expires_us": member(&made, "expires_us")});
    out.done(&format!("{url}\nWorks once, until {}.", moment(member(&made, "expires_us"))), &record);
    Ok(())
}

/// Verbs of `token`.
#[derive(Debug, Subcommand)]
pub(super) enum TokenVerb {
    /// Make an API token that acts on your behalf; it is shown once.
    Create {
        /// What it is for.
        #[arg(long)]
        label: String,
        /// It ends after so many days.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
        days: u32,
        /// What it may do of what you may: `read`, `full` (nothing dangerous), `dangerous` (everything), or acts by name
        /// with commas between, such as `view-fleet,contain-device`.
        #[arg(long, default_value = "full")]
        scope: String,
    },
    /// Live tokens: yours, or everybody's for an administrator.
    List,
    /// Revoke a token; it ends at once.
    Revoke {
        /// Its id.
        id: TokenId,
    },
}

/// Runs the verb.
pub(super) async fn tokens(verb: TokenVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        TokenVerb::Create { label, days, scope } => {
            let made = client.post("/api/v1/tokens", json!({"label": label, "days": days, "scope": scope})).await?;
            let token = text(&made, "token");
            out.done(&format!("{token}\nShown this once. Ends {}.", moment(member(&made, "expires_us"))), &made);
        }
        TokenVerb::List => {
            let page = client.whole("/api/v1/tokens").await?;
            out.list(items(&page), TOKENS, "No live token.");
        }
        TokenVerb::Revoke { id } => {
            let done = client.send(Method::DELETE, &format!("/api/v1/tokens/{id}"), None).await?;
            out.done(&format!("Token {id} is revoked."), &done);
        }
    }
    Ok(())
}

fn split_link(link: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::usage("the link must look like https://HOST:PORT/sign-in?link=SECRET");
    let (base, query) = link.split_once("/sign-in?").ok_or_else(wrong)?;
    let secret = query.split('&').find_map(|pair| pair.strip_prefix("link=")).ok_or_else(wrong)?;
    if !base.starts_with("https://") {
        return Err(wrong());
    }
    Ok((base.to_owned(), secret.to_owned()))
}

fn write_profile(path: &Path, profile: &Profile) -> Result<(), Failure> {
    let shown = path.display();
    let text = toml::to_string(profile).map_err(Failure::fault)?;
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|why| Failure::usage(format!("{}: {why}", dir.display())))?;
    }
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|why| Failure::usage(format!("{shown}: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_gives_its_server_and_its_secret() {
        let (base, secret) = split_link("https://localhost:8443/sign-in?link=abc").unwrap();
        assert_eq!((base.as_str(), secret.as_str()), ("https://localhost:8443", "abc"));
        for bad in ["http://h/sign-in?link=a", "https://h/sign-in", "https://h/?link=a", ""] {
            assert!(split_link(bad).is_err(), "{bad}");
        }
    }
}

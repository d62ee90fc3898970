//! `holdfast login` and `holdfast link`: from a one-time link to an API token, and to another link for a browser.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::client::{Client, Profile};
use super::failure::read_file;
use super::{Failure, Output};

/// Largest CA file.
const CA_BYTES_MAX: u64 = 64 * 1024;

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
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=90))]
    days: u32,
}

/// Redeems the link, makes an API token and writes the profile (readable by its owner only).
pub(super) async fn login(args: LoginArgs, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    let path = Profile::path(profile)?;
    let ca = read_file(&args.ca, CA_BYTES_MAX)?;
    let (base, secret) = split_link(&args.link)?;
    let client = Client::new(base.clone(), &ca, None)?;
    client.post("/api/v1/sign-in", json!({"link": secret})).await?;
    let made = client.post("/api/v1/tokens", json!({"label": args.label, "days": args.days})).await?;
    let token = made["token"].as_str().ok_or_else(|| Failure::fault("the server gave no token"))?;
    let ca = String::from_utf8(ca).map_err(|_| Failure::usage("the CA is not PEM text"))?;
    write_profile(&path, &Profile { server: base.clone(), ca, token: token.to_owned() })?;
    let shown = path.display().to_string();
    out.done(
        &format!("Signed in to {base}. Profile: {shown} (token ends {})", moment(&made["expires_us"])),
        &json!({"server": base, "profile": shown, "token_id": made["id"], "expires_us": made["expires_us"]}),
    );
    Ok(())
}

/// Makes a new one-time link, to sign in with a browser.
pub(super) async fn link(client: &Client, out: Output) -> Result<(), Failure> {
    let made = client.post("/api/v1/sign-in-links", Value::Object(serde_json::Map::new())).await?;
    let url = format!("{}{}", client.base(), made["url"].as_str().unwrap_or_default());
    let record = json!({"url": url, "expires_us": made["expires_us"]});
    out.done(&format!("{url}\nWorks once, until {}.", moment(&made["expires_us"])), &record);
    Ok(())
}

fn moment(micros: &Value) -> String {
    micros.as_i64().map_or_else(|| "–".to_owned(), |us| holdfast_core::time::Timestamp::from_micros(us).to_string())
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

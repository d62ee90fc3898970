//! `holdfast serve`.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use holdfast_core::time::Millis;
use holdfast_domain::keys::renewal::{AfterExpiry, LostKey, ReturnPolicy};
use tracing_subscriber::EnvFilter;

use super::authority::SealArgs;
use super::{Failure, print, span};
use crate::app::chain;
use crate::authority::{DEVICE_LIFE_MAX, DEVICE_LIFE_MIN, KeyTerms};
use crate::doorstep::Admission;
use crate::settings::Settings;
use crate::wiring::{Config, Server};

/// Shortest silence after which a lost key is replaced: longer than any lease.
const LOST_KEY_SILENCE_MIN: Millis = Millis::from_secs(600);

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast serve --state ./state
  holdfast serve --state /var/lib/holdfast --people 0.0.0.0:8443 --devices 0.0.0.0:8444 --mqtt 0.0.0.0:8883 \\
    --name fleet.hearth.example

At the first start only this machine can reach the server, whatever the addresses say, until the printed link has been used; then the
doors open by themselves. The configuration file (TOML) has [mail] and [oidc]; docs/configuration.md tells all of it.

The state folder is all there is to back up (`holdfast backup`). STATE/addresses.json tells where the doors are, once all are open.
HOLDFAST_LOG sets how much is logged, such as `info,holdfast_server=debug`.";

/// Arguments of `holdfast serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of everything the server keeps; made if it is not there.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_STATE")]
    state: PathBuf,
    /// Address for people: console, interface, public pages (port 0: any free one).
    #[arg(long, default_value = "127.0.0.1:8443")]
    people: SocketAddr,
    /// Address for devices: EST and downloads.
    #[arg(long, default_value = "127.0.0.1:8444")]
    devices: SocketAddr,
    /// Address for devices: MQTT.
    #[arg(long, default_value = "127.0.0.1:8883")]
    mqtt: SocketAddr,
    /// A host name or address that people and devices use for this server; say it once for each.
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// Each device is asked for fresh evidence every so many seconds.
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    attest_interval: u32,
    /// How long the certificates live that devices get: 10s to 800d, as in 30s, 12h, 90d. They renew after two thirds.
    #[arg(long, default_value = "90d", value_name = "SPAN", value_parser = certificate_life)]
    device_certificate_life: Millis,
    /// A device whose certificate has ended comes back without a person: `always`, `never`, or within a span of that
    /// end, such as 730d.
    #[arg(long, default_value = "730d", value_name = "WHEN", value_parser = after_expiry)]
    renew_after_expiry: AfterExpiry,
    /// A device that lost its operational key gets another one without a person: `never`; `hardware`, if its factory key
    /// lies in hardware and it is offline; or a span such as 48h, also for others that were silent so long.
    #[arg(long, default_value = "hardware", value_name = "WHEN", value_parser = lost_key)]
    replace_lost_key: LostKey,
    /// The configuration file: mail, sign-in of the staff. `holdfast.toml` in the state folder if not given.
    #[arg(long, value_name = "FILE", env = "HOLDFAST_CONFIG")]
    config: Option<PathBuf>,
    /// Where people reach this server, such as <https://fleet.hearth.example>; passkeys belong to the name in it. By default
    /// the first --name with the port of --people.
    #[arg(long, value_name = "URL", env = "HOLDFAST_PUBLIC_URL", value_parser = public_url)]
    public_url: Option<String>,
    #[command(flatten)]
    seal: SealArgs,
    /// Handshakes begun in any second at the MQTT door; measured at the start if not given.
    #[arg(long, value_name = "N")]
    admission_per_second: Option<NonZeroU32>,
    /// Unfinished handshakes that one address may have at a device door.
    #[arg(long, default_value_t = Admission::default().unfinished_per_address, value_name = "N")]
    unfinished_per_address: NonZeroU32,
    /// Connections that one address may open in a second at a device door, on and on; after a pause 32 times as many.
    #[arg(long, default_value_t = Admission::default().arrivals_per_address, value_name = "N")]
    arrivals_per_address: NonZeroU32,
    /// End when the process that started this one ends.
    #[arg(long, hide = true)]
    exit_with_parent: bool,
}

/// Serves until SIGTERM or Ctrl-C, then drains the doors.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    if args.exit_with_parent {
        let signal = Some(rustix::process::Signal::TERM);
        rustix::process::set_parent_process_death_signal(signal).map_err(Failure::fault)?;
    }
    log();
    keep_memory_private();
    open_many_files();
    let settings = Settings::read(args.config.as_deref(), &args.state).map_err(|why| Failure::fault(chain(&why)))?;
    let settings = Settings { public_url: args.public_url.or(settings.public_url), ..settings };
    let config = Config {
        settings,
        state: args.state,
        people: args.people,
        devices: args.devices,
        mqtt: args.mqtt,
        names: args.name,
        attest_interval_s: args.attest_interval,
        admission: Admission {
            per_second: args.admission_per_second,
            unfinished_per_address: args.unfinished_per_address,
            arrivals_per_address: args.arrivals_per_address,
        },
        keys: KeyTerms {
            device_life: args.device_certificate_life,
            returning: ReturnPolicy { after_expiry: args.renew_after_expiry, lost_key: args.replace_lost_key },
            seal: args.seal.source(),
        },
    };
    let mut server = Server::start(config).await.map_err(|why| Failure::fault(chain(&why)))?;
    if let Some(link) = server.invitation() {
        let waits = if server.waits() { waits(server.addresses().people.port()) } else { String::new() };
        print(&format!(
            "Nobody has signed in yet. Make yourself administrator with this link; it works once, for 24 hours:\n\n  {link}\n{waits}"
        ));
    }
    let ended = tokio::select! {
        () = told_to_stop() => Ok(()),
        () = server.door_closed() => Err(Failure::fault("a door closed by itself")),
    };
    tracing::info!("stopping: no new connections, draining");
    server.stop().await;
    tracing::info!("stopped");
    ended
}

/// An origin: scheme, name and port, no path (RFC 6454).
fn public_url(text: &str) -> Result<String, String> {
    let origin = text.trim_end_matches('/');
    let rest = origin.strip_prefix("https://").ok_or("it begins with https://")?;
    if rest.is_empty() || rest.contains(['/', '?', '#', '@', ' ']) {
        return Err("it is https://NAME or https://NAME:PORT, without a path".to_owned());
    }
    Ok(origin.to_owned())
}

/// Says what a server waits for whose doors are not open yet.
fn waits(port: u16) -> String {
    format!(
        "\nUntil then only this machine can reach the server; after it all doors open by themselves. From another machine, \
         go through SSH and open the link there:\n\n  ssh -L {port}:localhost:{port} THIS-MACHINE\n"
    )
}

/// As many open files as the system lets this user have: each connection is one.
fn open_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(why) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%why, "the limit on open files stays as it is");
    }
}

/// No core dump, and no look into this process's memory for other programs of the same user: keys are in it.
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let kept = setrlimit(Resource::Core, none).and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(why) = kept {
        tracing::warn!(%why, "core dumps could not be turned off");
    }
}

fn certificate_life(text: &str) -> Result<Millis, String> {
    span::within(text, DEVICE_LIFE_MIN, DEVICE_LIFE_MAX)
}

fn after_expiry(text: &str) -> Result<AfterExpiry, String> {
    match text {
        "always" => Ok(AfterExpiry::Always),
        "never" => Ok(AfterExpiry::Never),
        span => {
            span::read(span).map(AfterExpiry::Within).ok_or_else(|| "`always`, `never`, or a span such as 730d".into())
        }
    }
}

fn lost_key(text: &str) -> Result<LostKey, String> {
    match text {
        "never" => Ok(LostKey::Never),
        "hardware" => Ok(LostKey::Hardware),
        span => span::within(span, LOST_KEY_SILENCE_MIN, DEVICE_LIFE_MAX).map(LostKey::After),
    }
}

/// To standard error; `HOLDFAST_LOG` filters it.
fn log() {
    let filter = EnvFilter::try_from_env("HOLDFAST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    if log.try_init().is_err() {
        tracing::debug!("the log was started before");
    }
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
}

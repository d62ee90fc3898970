//! `holdfast serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use holdfast_core::time::Millis;
use tracing_subscriber::EnvFilter;

use super::{Failure, print, span};
use crate::app::chain;
use crate::authority::{DEVICE_LIFE_MAX, DEVICE_LIFE_MIN, KeyTerms};
use crate::wiring::{Config, Server};

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast serve --state ./state
  holdfast serve --state /var/lib/holdfast --people 0.0.0.0:8443 --devices 0.0.0.0:8444 --mqtt 0.0.0.0:8883 \\
    --name fleet.hearth.example

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
    let config = Config {
        state: args.state,
        people: args.people,
        devices: args.devices,
        mqtt: args.mqtt,
        names: args.name,
        attest_interval_s: args.attest_interval,
        keys: KeyTerms { device_life: args.device_certificate_life, ..KeyTerms::default() },
    };
    let mut server = Server::start(config).await.map_err(|why| Failure::fault(chain(&why)))?;
    if let Some(link) = server.invitation() {
        print(&format!(
            "Nobody has signed in yet. Make yourself administrator with this link; it works once, for 24 hours:\n\n  {link}\n"
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

fn certificate_life(text: &str) -> Result<Millis, String> {
    span::within(text, DEVICE_LIFE_MIN, DEVICE_LIFE_MAX)
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

//! `holdfast serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Failure;
use crate::wiring::{self, Config};

/// Arguments of `holdfast serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
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
    /// End when the process that started this one ends.
    #[arg(long, hide = true)]
    exit_with_parent: bool,
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn run(args: Args) -> Result<(), Failure> {
    if args.exit_with_parent {
        let signal = Some(rustix::process::Signal::TERM);
        rustix::process::set_parent_process_death_signal(signal).map_err(Failure::fault)?;
    }
    let config = Config {
        state: args.state,
        people: args.people,
        devices: args.devices,
        mqtt: args.mqtt,
        names: args.name,
        attest_interval_s: args.attest_interval,
    };
    wiring::serve(config).await
}

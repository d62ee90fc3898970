//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Runs a connected device: identity, telemetry, shadow, updates, integrity.
#[derive(Debug, Parser)]
#[command(
    name = "holdfast-agent",
    version,
    after_help = "Examples:\n  \
        holdfast-agent init --dir /var/lib/holdfast --device-id hearth-0001 --product hearth-thermostat \\\n      \
        --maker hearth.example --devices-url https://devices.hearth.example:8444 --mqtt-addr devices.hearth.example:8883\n  \
        holdfast-agent install-factory --dir /var/lib/holdfast --image image-1.tar --manifest release-1.suit\n  \
        holdfast-agent run --dir /var/lib/holdfast\n  \
        holdfast-agent status --dir /var/lib/holdfast -o json\n\n\
        Exit codes: 0 done, 1 fault, 2 usage, 3 refused by the rules, 4 server not reached, 5 verification failed."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// At the factory: makes the device's key, its certificate request, its claim code and agent.toml.
    Init(Init),
    /// At the factory: verifies the first image and puts it into slot a.
    InstallFactory(InstallFactory),
    /// Enrols if needed, connects, and runs the application until told to stop.
    Run(Run),
    /// Shows what the device remembers.
    Status(Status),
    /// Starts a program that ends with the agent.
    #[command(hide = true)]
    GuardChild(GuardChild),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The agent's directory; made if it is not there.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Lower-case letters, digits and inner hyphens, 4 to 64.
    #[arg(long)]
    pub(crate) device_id: String,
    /// The product's id.
    #[arg(long)]
    pub(crate) product: String,
    /// The maker's name for the certificate request, usually its domain.
    #[arg(long, default_value = "unnamed maker")]
    pub(crate) maker: String,
    /// The devices' HTTPS door.
    #[arg(long, alias = "est-url", default_value = "https://localhost:8444")]
    pub(crate) devices_url: String,
    /// The MQTT door.
    #[arg(long, default_value = "localhost:8883")]
    pub(crate) mqtt_addr: String,
    /// Longest wait before a new connection.
    #[arg(long, default_value_t = 60_000)]
    pub(crate) reconnect_max_ms: u64,
    /// Between two looks for an update without a nudge.
    #[arg(long, default_value_t = 3_600_000)]
    pub(crate) poll_ms: u64,
}

#[derive(Debug, Args)]
pub(crate) struct InstallFactory {
    /// The agent's directory.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// The image, a tar file.
    #[arg(long)]
    pub(crate) image: PathBuf,
    /// Its signed SUIT envelope.
    #[arg(long)]
    pub(crate) manifest: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The agent's directory.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Stops when the process that started the agent ends.
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The agent's directory.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// How it is written.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct GuardChild {
    /// Process id of the agent.
    #[arg(long)]
    pub(crate) agent: i32,
    /// The program.
    pub(crate) program: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}

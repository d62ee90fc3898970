//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::keys::Store;

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
        holdfast-agent status --dir /var/lib/holdfast -o json\n  \
        holdfast-agent local confirm 482913 --dir /var/lib/holdfast\n  \
        holdfast-agent reset --yes --dir /var/lib/holdfast\n  \
        holdfast-agent completion bash > /usr/share/bash-completion/completions/holdfast-agent\n\n\
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
    /// Holds the device's private keys and signs with them for the agent: runs beside it, under a user of its own.
    Keys(Keys),
    /// As root, once: gives the directory to the users that the two processes run as.
    HandOver(HandOver),
    /// Secrets of the device (a Wi-Fi key, a PIN), encrypted on disk, for its application alone.
    Secret(Secret),
    /// Enrols if needed, connects, and runs the application until told to stop.
    Run(Run),
    /// Shows what the device remembers.
    Status(Status),
    /// Phones and hubs on the local network: what waits, confirm, deny, list, revoke.
    #[command(subcommand)]
    Local(Local),
    /// Back to the state of the factory: owner's data, pairings, queue and operational credentials go.
    Reset(Reset),
    /// Writes the completion of a shell to standard output.
    Completion {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Starts a program that ends with the agent.
    #[command(hide = true)]
    GuardChild(GuardChild),
}

#[derive(Debug, Default, Args)]
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
    /// Opens the door on the local network at this port; without it the device listens nowhere.
    #[arg(long)]
    pub(crate) local_port: Option<u16>,
    /// Where private keys live.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) key_store: Store,
    /// How the TPM is reached, as libtss2 writes it.
    #[arg(long, default_value = "device:/dev/tpmrm0", value_name = "TCTI")]
    pub(crate) tcti: String,
    /// A file that this board alone offers, such as fuses read through nvmem: key files are sealed to its content, so
    /// that the flash alone gives nothing away.
    #[arg(long, value_name = "FILE", conflicts_with = "tcti")]
    pub(crate) device_secret: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The key process signs a TLS 1.3 client's proof, its own certificate requests and evidence, and \
                        nothing else;\nno private key ever leaves it. Example, as the user holdfast-keys:\n  \
                        holdfast-agent keys --dir /var/lib/holdfast --peer-user holdfast"
)]
pub(crate) struct Keys {
    /// The agent's directory; the keys are in its folder `vault`.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "/run/holdfast/keys.sock")]
    pub(crate) socket: PathBuf,
    /// The user who may ask, beside root and the key process's own.
    #[arg(long, value_name = "NAME")]
    pub(crate) peer_user: Option<String>,
    /// The standard input is a socket, and whoever holds its other end may ask.
    #[arg(long, hide = true)]
    pub(crate) inherited: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HandOver {
    /// The agent's directory.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// The agent's user.
    #[arg(long, default_value = "holdfast", value_name = "NAME")]
    pub(crate) user: String,
    /// The key process's user.
    #[arg(long, default_value = "holdfast-keys", value_name = "NAME")]
    pub(crate) keys_user: String,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  printf %s 'correct horse' | holdfast-agent secret put wifi --dir /var/lib/holdfast\n\n\
                        The application asks for it with the line {\"secret\":\"wifi\"}."
)]
pub(crate) struct Secret {
    #[command(subcommand)]
    pub(crate) what: SecretCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Encrypts what comes on standard input and keeps it under a name.
    Put(NamedSecret),
    /// Forgets a secret.
    Remove(NamedSecret),
    /// Lists the names.
    List(SecretStore),
}

#[derive(Debug, Args)]
pub(crate) struct NamedSecret {
    /// Lower-case letters, digits and inner hyphens.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) store: SecretStore,
}

#[derive(Debug, Args)]
pub(crate) struct SecretStore {
    /// The agent's directory.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Where the key process listens; without it one is started for this command.
    #[arg(long, env = "HOLDFAST_KEYS_SOCKET", value_name = "PATH")]
    pub(crate) keys_socket: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Local {
    /// Shows what waits for a confirmation at the device.
    Waiting(InDir),
    /// Confirms a pairing by the six digits that both sides show, or a factory reset by `reset`.
    Confirm {
        /// The digits; without them, whatever waits is confirmed.
        code: Option<String>,
        #[command(flatten)]
        place: InDir,
    },
    /// Denies what waits.
    Deny(InDir),
    /// Lists what is paired.
    List(InDir),
    /// Ends a pairing at once.
    Revoke {
        /// The controller's id, or at least its first 8 characters.
        controller: String,
        #[command(flatten)]
        place: InDir,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InDir {
    /// The agent's directory.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// How it is written.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// Says that it is meant: nothing of the owner's comes back.
    #[arg(long, required = true)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) place: SecretStore,
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
    /// Where the key process listens; without it the agent starts its own.
    #[arg(long, env = "HOLDFAST_KEYS_SOCKET", value_name = "PATH")]
    pub(crate) keys_socket: Option<PathBuf>,
    /// Started as root, the agent becomes this user, if it exists.
    #[arg(long, default_value = "holdfast", value_name = "NAME")]
    pub(crate) user: String,
    /// Started as root, the agent's key process becomes this user, if it exists.
    #[arg(long, default_value = "holdfast-keys", value_name = "NAME")]
    pub(crate) keys_user: String,
    /// The standard input is a socket to the key process.
    #[arg(long, hide = true)]
    pub(crate) keys_inherited: bool,
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
    /// What the program may use, as JSON.
    #[arg(long, default_value = "{}")]
    pub(crate) limits: String,
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

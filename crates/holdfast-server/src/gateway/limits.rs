//! Every limit of the devices' MQTT door, with its unit. What an operator may change is in [`super::Config`].

use std::time::Duration;

/// Reads of the store that connections may have under way at the same time; one reader stays free for people.
pub(super) const READS_MAX: usize = 3;
/// Connections the kernel may hold before we accept them. A returning fleet waits here, not in failed tries.
pub(super) const BACKLOG_CONNECTIONS: u32 = 4_096;
/// Pause after the operating system had no file descriptor for a new connection.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Plain text that TLS may hold for one connection in each direction.
pub(super) const TLS_BUFFER_BYTES: usize = 16 * 1024;
/// A device that does not take what we write for so long is dropped.
pub(super) const WRITE_MS_MAX: u64 = 20_000;
/// Plain text that is taken from one connection in one turn.
pub(super) const TURN_BYTES_MAX: usize = 64 * 1024;
/// Batches of one connection that may wait for the store; nothing more is read until one is done.
pub(super) const PENDING_MAX: usize = 32;
/// Time for a peer to take the end of its TLS connection.
pub(super) const GOODBYE_TIME_MAX: Duration = Duration::from_secs(2);
/// Time for outstanding commits and the last packets when the server stops.
pub(super) const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// Age at which a nonce of ours is not accepted in evidence any more.
pub(super) const NONCE_AGE_MS_MAX: u64 = 5 * 60 * 1_000;
/// Nonces of one connection that may be answered: the last, and the one before in case they crossed.
pub(super) const NONCES_OPEN_MAX: usize = 2;
/// Streams of one connection whose last reading is kept for the slope rule; the model has its own limit below this.
pub(super) const STREAMS_KEPT_MAX: usize = 64;
/// Largest document of a device outside telemetry, shadow and evidence.
pub(super) const DOCUMENT_BYTES_MAX: usize = 16 * 1024;
/// Most open commands that are handed to a device in one go.
pub(super) const COMMANDS_PUSHED_MAX: usize = 16;
/// A connection that is heard renews its online lease so often within one keep-alive, which is two thirds of the lease.
pub(super) const TOUCHES_PER_KEEP_ALIVE: u64 = 4;
/// A connection renews its online lease at most this often.
pub(super) const TOUCH_INTERVAL_MS_MIN: u64 = 5_000;
/// A connection that is heard renews its online lease at least this often, so that "last seen" stays of use.
pub(super) const TOUCH_INTERVAL_MS_MAX: u64 = 30_000;
/// Online leases and refusal counts go to the store this often.
pub(super) const FLUSH_INTERVAL: Duration = Duration::from_secs(2);
/// Console followers that fall behind by more than this many events lose the oldest.
pub(super) const LIVE_EVENTS_MAX: usize = 1_024;
/// Window in which take-overs of one device are counted.
pub(super) const TAKEOVER_WINDOW_MS: u64 = 60_000;
/// Take-overs of one device in a window; one more is refused and reported as a suspected clone.
pub(super) const TAKEOVERS_MAX: u32 = 6;
/// Changes of address between take-overs in one window that make a clone likely.
pub(super) const ADDRESS_CHANGES_MAX: u32 = 2;
/// Devices whose take-overs are remembered at the same time.
pub(super) const TAKEOVER_HISTORIES_MAX: usize = 10_000;
/// Open alerts of one device that a rule is shown.
pub(super) const ALERTS_READ_MAX: u32 = 64;

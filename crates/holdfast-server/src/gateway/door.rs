//! What every connection of the door shares: configuration, records, models, leases, and the way out for counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use holdfast_core::mqtt::session::ServerConfig;
use tokio::sync::Notify;

use super::budget::Budgets;
use super::limits::{FLUSH_INTERVAL, WRITE_MS_MAX};
use super::models::Models;
use super::presence::Leases;
use super::records::Records;
use super::registry::{Connections, LiveEvent};
use super::returning::Returning;
use crate::authority::Authority;
use crate::clock;
use crate::doorstep::Doorstep;

/// Name of this door where refusals of several doors are shown together.
pub(super) const DOOR: &str = "mqtt";

/// What an operator may change.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Connections at the same time; one more is refused before its handshake.
    pub connections_max: usize,
    /// How often a connected device is asked for fresh evidence, in milliseconds.
    pub attest_interval_ms: u64,
    /// What one device may send.
    pub budgets: Budgets,
    /// A device that does not take what we write for so long is dropped, in milliseconds.
    pub write_ms_max: u64,
    /// What the MQTT session announces and enforces.
    pub session: ServerConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connections_max: 100_000,
            attest_interval_ms: 10 * 60 * 1_000,
            budgets: Budgets::default(),
            write_ms_max: WRITE_MS_MAX,
            session: ServerConfig::default(),
        }
    }
}

/// The shared part of all connections.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) connections: Connections,
    pub(super) config: Config,
    pub(super) records: Records,
    pub(super) models: Models,
    pub(super) authority: Arc<Authority>,
    pub(super) leases: Leases,
    pub(super) doorstep: Doorstep,
    pub(super) returning: Returning,
    draining: AtomicBool,
    drain_bell: Notify,
}

impl Door {
    pub(super) fn new(
        (connections, doorstep, returning): (Connections, Doorstep, Returning),
        config: Config,
        records: Records,
        (models, authority): (Models, Arc<Authority>),
    ) -> Self {
        Self {
            connections,
            config,
            records,
            models,
            authority,
            doorstep,
            returning,
            leases: Leases::new(),
            draining: AtomicBool::new(false),
            drain_bell: Notify::const_new(),
        }
    }

    /// From now on sessions are closed after their last acknowledgement, new ones included.
    pub(super) fn begin_drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.connections.drain();
        self.drain_bell.notify_waiters();
    }

    /// Resolves when the door begins to drain, at once if it has.
    pub(super) async fn drain_begun(&self) {
        // Made before the flag is looked at, so that no ring between the two is missed.
        let rung = self.drain_bell.notified();
        if !self.is_draining() {
            rung.await;
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Stores leases and counts, and shows the rate of telemetry, until the door is dropped.
    pub(super) async fn keep_books(&self) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let flush_every = FLUSH_INTERVAL.as_secs().max(1);
        let mut seconds = 0_u64;
        let mut before = self.connections.metrics();
        loop {
            second.tick().await;
            seconds += 1;
            let metrics = self.connections.metrics();
            self.connections.tell(LiveEvent::TelemetryRate {
                stored_per_second: metrics.stored.saturating_sub(before.stored),
                connections: metrics.connections,
            });
            before = metrics;
            if seconds.is_multiple_of(flush_every) {
                self.flush().await;
            }
        }
    }

    /// Stores leases and refusal counts now.
    pub(super) async fn flush(&self) {
        let leases = self.leases.take();
        if !leases.is_empty()
            && let Err(fault) = self.records.touch(&leases).await
        {
            tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.leases not stored");
            self.leases.put_back(leases);
        }
        let counts = self.connections.refusals().take_not_stored();
        if !counts.is_empty()
            && let Err(fault) = self.records.count_refusals(&counts, clock::now()).await
        {
            tracing::error!(error = &fault as &dyn std::error::Error, "mqtt.refusals not stored");
            self.connections.refusals().put_back(&counts);
        }
    }
}

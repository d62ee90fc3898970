//! Either side of a bench where both are treated the same: where it listens, how it ends, how it starts again.

use super::Fault;
use super::broker::Broker;
use super::house::House;
use super::process::Running;

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGKILL: no goodbye.
    Kill,
    /// SIGTERM: in order.
    Term,
}

/// Ours, or the yardstick.
pub(super) enum Peer {
    Holdfast(House),
    Mosquitto(Broker),
}

impl Peer {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Holdfast(_) => "holdfast",
            Self::Mosquitto(_) => "mosquitto",
        }
    }

    /// Where devices connect.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Holdfast(house) => &house.doors.mqtt,
            Self::Mosquitto(broker) => &broker.address,
        }
    }

    pub(super) const fn running(&self) -> &Running {
        match self {
            Self::Holdfast(house) => &house.running,
            Self::Mosquitto(broker) => &broker.running,
        }
    }

    const fn running_mut(&mut self) -> &mut Running {
        match self {
            Self::Holdfast(house) => &mut house.running,
            Self::Mosquitto(broker) => &mut broker.running,
        }
    }

    /// Ends the process.
    pub(super) async fn end(&mut self, signal: Signal) -> Result<(), Fault> {
        match signal {
            Signal::Kill => self.running_mut().kill().await,
            Signal::Term => self.running_mut().stop().await,
        }
    }

    /// Starts it again at the same address; done when it listens.
    pub(super) async fn again(&mut self) -> Result<(), Fault> {
        match self {
            Self::Holdfast(house) => house.again().await,
            Self::Mosquitto(broker) => broker.again().await,
        }
    }
}

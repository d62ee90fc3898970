//! The first start: until somebody has used the first link, nothing of this server can be reached from other machines.
//!
//! Owns the way from one door on loopback to all doors as they are wished, without a restart.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use holdfast_store::Store;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Addresses, Config, Sockets, StartError, announce};
use crate::app::{House, chain};
use crate::https;

/// How long the port may take to come free between the narrow door and the wide one.
const HANDOVER: Duration = Duration::from_secs(10);
/// It is tried so often.
const AGAIN: Duration = Duration::from_millis(10);

/// Where the people's door is until the first link is used; `None` if nothing has to wait: somebody has signed in before, or
/// no door is to be reached from other machines anyway.
pub(super) fn narrow(config: &Config, store: &Store) -> Result<Option<SocketAddr>, StartError> {
    let wide = [config.people, config.devices, config.mqtt].iter().any(|address| !address.ip().is_loopback());
    if !wide || store.signed_in_before()? {
        return Ok(None);
    }
    let loopback = match config.people.ip() {
        here if here.is_loopback() => here,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    Ok(Some(SocketAddr::new(loopback, config.people.port())))
}

/// The people's door on loopback, bound.
pub(super) struct Waiting {
    people: tokio::net::TcpListener,
    pub(super) addresses: Addresses,
}

impl Waiting {
    /// Binds the people's door on loopback.
    pub(super) async fn bind(config: &Config, narrow: SocketAddr) -> Result<Self, StartError> {
        let taken = |source| StartError::Port { address: narrow, source };
        let people = https::bind(narrow).await.map_err(taken)?;
        let addresses =
            Addresses { people: people.local_addr().map_err(taken)?, devices: config.devices, mqtt: config.mqtt };
        Ok(Self { people, addresses })
    }

    /// Serves people on this machine until somebody has signed in, then everybody at every door.
    pub(super) fn serve(self, house: &Arc<House>, config: &Config, stop: &watch::Sender<bool>) -> JoinSet<()> {
        let (house, stop) = (Arc::clone(house), stop.clone());
        let wished = SocketAddr::new(config.people.ip(), self.addresses.people.port());
        let config = Config { people: wished, ..config.clone() };
        // Listens before the task begins, so that an order to stop is not missed.
        let stopped = stop.subscribe();
        let mut doors = JoinSet::new();
        doors.spawn(async move {
            if let Err(why) = self.open(house, config, (stop, stopped)).await {
                tracing::error!(why = %chain(&why), "the doors cannot be opened");
            }
        });
        doors
    }

    async fn open(
        self,
        house: Arc<House>,
        config: Config,
        (stop, mut stopped): (watch::Sender<bool>, watch::Receiver<bool>),
    ) -> Result<(), StartError> {
        let (widen, widened) = oneshot::channel::<()>();
        let mut ending = stopped.clone();
        let end = async move {
            tokio::select! { () = said(&mut ending) => {}, _ = widened => {} }
        };
        let mut narrow = JoinSet::new();
        narrow.spawn(super::people(&house).serve(self.people, super::router(&house), end));
        tokio::select! {
            () = said(&mut stopped) => {
                while narrow.join_next().await.is_some() {}
                return Ok(());
            }
            () = house.signed_in.notified() => {}
        }
        drop(widen);
        let sockets = bound(&config).await?;
        announce(&config.state, &sockets.addresses)?;
        tracing::info!("the first link was used: all doors are open");
        let mut doors = sockets.serve(&house, &config, &stop);
        // One that closes by itself ends this task, and with it the server.
        let _ = doors.join_next().await;
        let stops = *stop.borrow();
        if stops {
            while doors.join_next().await.is_some() {}
        }
        Ok(())
    }
}

/// Waits until the server is told to stop.
async fn said(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// All doors as they are wished. The narrow one lets go of its port at once, while it still answers who is inside.
async fn bound(config: &Config) -> Result<Sockets, StartError> {
    let trying = async {
        loop {
            match Sockets::bind(config).await {
                Err(StartError::Port { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => sleep(AGAIN).await,
                other => return other,
            }
        }
    };
    match timeout(HANDOVER, trying).await {
        Ok(done) => done,
        Err(_) => Sockets::bind(config).await,
    }
}

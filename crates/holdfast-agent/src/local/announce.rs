//! Says on the local network that the device is there: `_holdfast._tcp` (RFC 6762, RFC 6763), with id and fingerprint.

use std::net::{IpAddr, SocketAddr};

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use super::identity::Identity;

/// The service's type.
const SERVICE: &str = "_holdfast._tcp.local.";
/// Version of what is spoken.
const VERSION: &str = "1";

/// The announcement; it ends when this is dropped.
pub(crate) struct Announcement(ServiceDaemon);

impl Announcement {
    /// Announces the device at these addresses, on their interfaces alone; `None` if the network does not let it.
    pub(crate) fn start(device: &str, identity: &Identity, addresses: &[SocketAddr], port: u16) -> Option<Self> {
        let ips: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).filter(|ip| !ip.is_loopback()).collect();
        if ips.is_empty() {
            return None;
        }
        let told = Self::announce(device, identity, &ips, port);
        told.inspect_err(|why| tracing::warn!(error = %why, "local door not announced")).ok()
    }

    fn announce(device: &str, identity: &Identity, ips: &[IpAddr], port: u16) -> Result<Self, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(ips.iter().copied().map(IfKind::Addr).collect::<Vec<_>>())?;
        let fingerprint = identity.fingerprint.to_string();
        let facts = [("id", device), ("fp", fingerprint.as_str()), ("v", VERSION)];
        let host = format!("{}.", identity.host);
        let info = ServiceInfo::new(SERVICE, device, &host, ips, port, &facts[..])?;
        daemon.register(info)?;
        Ok(Self(daemon))
    }
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Announcement")
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        let _ = self.0.shutdown();
    }
}

//! How many handshakes a second this machine should be asked for: measured once, when the server starts.

use std::num::NonZeroU32;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::HANDSHAKES_PER_SECOND;
use crate::clock;

/// Time of one measurement.
const MEASURE_MS: u64 = 20;
/// The fastest of so many counts, so that a neighbour's burst of work does not lower the ceiling for good.
const MEASUREMENTS: u32 = 3;
/// Bounds of what is believed.
const CEILING_MIN: u32 = 50;
const CEILING_MAX: u32 = 20_000;
/// Rounds in which a handshake in memory is over; TLS 1.3 needs two.
const ROUNDS_MAX: u32 = 8;

/// Handshakes a second that keep half of this machine free for everything else.
///
/// Measured are handshakes in memory, both ends in one thread. A server does about half of each, so a core can do twice as
/// many as it did here, and half of that is what is given out: what was measured, once for each core. If nothing can be
/// measured it is [`HANDSHAKES_PER_SECOND`].
#[must_use]
pub fn calibrate(server: &Arc<ServerConfig>, authority: &CertificateDer<'static>, name: &str) -> NonZeroU32 {
    let Some(client) = client(authority) else { return HANDSHAKES_PER_SECOND };
    let Ok(name) = ServerName::try_from(name.to_owned()) else { return HANDSHAKES_PER_SECOND };
    let fastest = (0..MEASUREMENTS).filter_map(|_| measure(server, &client, &name)).max();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    fastest
        .map(|per_core| per_core.saturating_mul(cores).clamp(CEILING_MIN, CEILING_MAX))
        .and_then(NonZeroU32::new)
        .unwrap_or(HANDSHAKES_PER_SECOND)
}

fn client(authority: &CertificateDer<'static>) -> Option<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).ok()?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13]).ok()?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Some(Arc::new(config))
}

/// Handshakes a second in one thread.
fn measure(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>, name: &ServerName<'static>) -> Option<u32> {
    let began = clock::monotonic().0;
    let mut done = 0_u64;
    loop {
        shake_hands(server, client, name)?;
        done += 1;
        let took_ms = clock::monotonic().0.saturating_sub(began);
        if took_ms >= MEASURE_MS {
            return u32::try_from(done * 1_000 / took_ms).ok();
        }
    }
}

fn shake_hands(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>, name: &ServerName<'static>) -> Option<()> {
    let mut there = ServerConnection::new(Arc::clone(server)).ok()?;
    let mut here = ClientConnection::new(Arc::clone(client), name.clone()).ok()?;
    let mut wire = Vec::new();
    for _ in 0..ROUNDS_MAX {
        while here.wants_write() {
            here.write_tls(&mut wire).ok()?;
        }
        let mut bytes = wire.as_slice();
        while !bytes.is_empty() {
            there.read_tls(&mut bytes).ok()?;
            there.process_new_packets().ok()?;
        }
        wire.clear();
        if !here.is_handshaking() && !there.is_handshaking() {
            return Some(());
        }
        while there.wants_write() {
            there.write_tls(&mut wire).ok()?;
        }
        let mut bytes = wire.as_slice();
        while !bytes.is_empty() {
            here.read_tls(&mut bytes).ok()?;
            here.process_new_packets().ok()?;
        }
        wire.clear();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::fixture::house;

    #[test]
    fn a_ceiling_is_measured_on_real_handshakes_and_within_bounds() {
        let house = house();
        let (people, authority) = (house.doors.people(), house.authority.ca_certificate());
        assert_eq!(
            shake_hands(&people, &client(&authority).unwrap(), &ServerName::try_from("localhost").unwrap()),
            Some(())
        );
        let ceiling = calibrate(&people, &authority, "localhost").get();
        assert!((CEILING_MIN..=CEILING_MAX).contains(&ceiling), "{ceiling}");
    }

    #[test]
    fn a_door_that_cannot_be_measured_gets_the_standing_ceiling() {
        let (house, other) = (house(), house());
        let ceiling = calibrate(&house.doors.people(), &other.authority.ca_certificate(), "localhost");
        assert_eq!(ceiling, HANDSHAKES_PER_SECOND);
    }
}

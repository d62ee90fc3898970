//! How much one peer may ask of the local door, and how much all of them together. Time is a parameter.

use std::collections::BTreeMap;
use std::net::IpAddr;

use holdfast_core::time::Millis;

/// Requests that a peer may send at once.
const BURST: u64 = 40;
/// Time after which one more may be sent.
const REFILL: Millis = Millis(100);
/// Connections of one peer at a time.
const PEER_CONNECTIONS_MAX: usize = 4;
/// Connections of all peers at a time.
const CONNECTIONS_MAX: usize = 12;
/// Peers that are remembered; the one that was silent longest makes room.
const PEERS_MAX: usize = 64;
/// Failed sign-ins of one peer before it has to wait.
const FAILURES_MAX: u32 = 5;
/// How long it has to wait then, and how long its failures are remembered.
const FAILURES_FOR: Millis = Millis(60_000);

#[derive(Debug, Default)]
struct Peer {
    connections: usize,
    spent_ms: u64,
    seen: Millis,
    failures: u32,
    failed_at: Millis,
}

/// The limits of all peers.
#[derive(Debug, Default)]
pub(crate) struct Rates(BTreeMap<IpAddr, Peer>);

impl Rates {
    /// Counts a connection; false if there are too many.
    pub(crate) fn connect(&mut self, from: IpAddr, now: Millis) -> bool {
        let all: usize = self.0.values().map(|peer| peer.connections).sum();
        let peer = self.peer(from, now);
        let fits = all < CONNECTIONS_MAX && peer.connections < PEER_CONNECTIONS_MAX;
        if fits {
            peer.connections += 1;
        }
        fits
    }

    /// A connection ended.
    pub(crate) fn disconnect(&mut self, from: IpAddr) {
        if let Some(peer) = self.0.get_mut(&from) {
            peer.connections = peer.connections.saturating_sub(1);
        }
    }

    /// Counts a request; false if the peer has to wait.
    pub(crate) fn request(&mut self, from: IpAddr, now: Millis) -> bool {
        let peer = self.peer(from, now);
        let base = peer.spent_ms.max(now.0);
        if base.saturating_sub(now.0) >= BURST * REFILL.0 {
            return false;
        }
        peer.spent_ms = base + REFILL.0;
        true
    }

    /// Whether the peer failed to sign in so often that it has to wait.
    pub(crate) fn must_wait(&self, from: IpAddr, now: Millis) -> bool {
        self.0.get(&from).is_some_and(|peer| {
            peer.failures >= FAILURES_MAX && now.0.saturating_sub(peer.failed_at.0) < FAILURES_FOR.0
        })
    }

    /// Counts a failed sign-in.
    pub(crate) fn failed(&mut self, from: IpAddr, now: Millis) {
        let peer = self.peer(from, now);
        if now.0.saturating_sub(peer.failed_at.0) >= FAILURES_FOR.0 {
            peer.failures = 0;
        }
        peer.failures = peer.failures.saturating_add(1);
        peer.failed_at = now;
    }

    fn peer(&mut self, from: IpAddr, now: Millis) -> &mut Peer {
        if !self.0.contains_key(&from) && self.0.len() >= PEERS_MAX {
            let idle = self.0.iter().filter(|(_, peer)| peer.connections == 0).min_by_key(|(_, peer)| peer.seen);
            if let Some(oldest) = idle.map(|(address, _)| *address) {
                self.0.remove(&oldest);
            }
        }
        let peer = self.0.entry(from).or_default();
        peer.seen = now;
        peer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn a_peer_that_asks_too_fast_waits_and_may_ask_again() {
        let mut rates = Rates::default();
        let now = Millis(1_000_000);
        assert!((0..BURST).all(|_| rates.request(PEER, now)));
        assert!(!rates.request(PEER, now));
        assert!(rates.request(PEER, Millis(now.0 + REFILL.0)));
        assert!(!rates.request(PEER, Millis(now.0 + REFILL.0)));
    }

    #[test]
    fn connections_are_limited_for_each_peer_and_given_back() {
        let mut rates = Rates::default();
        assert!((0..PEER_CONNECTIONS_MAX).all(|_| rates.connect(PEER, Millis(0))));
        assert!(!rates.connect(PEER, Millis(0)));
        rates.disconnect(PEER);
        assert!(rates.connect(PEER, Millis(0)));
    }

    #[test]
    fn a_peer_that_guesses_is_made_to_wait_a_minute() {
        let mut rates = Rates::default();
        (0..FAILURES_MAX).for_each(|_| rates.failed(PEER, Millis(100_000)));
        assert!(rates.must_wait(PEER, Millis(100_001)));
        assert!(!rates.must_wait(PEER, Millis(100_000 + FAILURES_FOR.0)));
    }
}

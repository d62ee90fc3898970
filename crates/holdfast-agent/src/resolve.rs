//! From a server's name to addresses, also while names do not resolve: addresses that proved themselves are kept.
//!
//! An address proves itself when the server there showed, under the name asked for, a certificate of our own authority. So a
//! false answer of a name server is never kept, and a kept address can only be tried: the certificate decides again.
//! Owns no connection.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::{Deserialize, Serialize};

use crate::durable::Record;
use crate::layout::Layout;

/// Time for an answer of the name servers.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Addresses kept for a name.
const KEPT_MAX: usize = 4;
/// Names that are kept.
const NAMES_MAX: usize = 8;
/// Addresses that are tried for a name.
const TRIED_MAX: usize = 8;
/// Of what name servers say, so many are tried: however much they say, proven addresses have their turn.
const ANSWERED_MAX: usize = 4;

/// The record `state/addresses.*`: proven addresses by name, the last proven first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Proven(BTreeMap<String, Vec<IpAddr>>);

impl Proven {
    /// Puts an address first; says whether that is news.
    fn put(&mut self, host: &str, address: IpAddr) -> bool {
        if !self.0.contains_key(host) && self.0.len() >= NAMES_MAX {
            // Names come from the configuration; another one was there before.
            self.0.clear();
        }
        let kept = self.0.entry(host.to_owned()).or_default();
        if kept.first() == Some(&address) {
            return false;
        }
        kept.retain(|known| *known != address);
        kept.insert(0, address);
        kept.truncate(KEPT_MAX);
        true
    }
}

/// What there is to try.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// In this order.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Whether the name servers gave no answer.
    pub(crate) unresolved: bool,
}

type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Lookup = Box<dyn Fn(String, u16) -> Answer + Send + Sync>;

struct Inner {
    proven: Mutex<Record<Proven>>,
    fallback: Vec<IpAddr>,
    lookup: Lookup,
}

/// The resolver; cheap to clone.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Inner>);

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").field("fallback", &self.0.fallback).finish_non_exhaustive()
    }
}

impl Resolver {
    /// Asks the system's name servers; `fallback` are addresses from the configuration.
    pub(crate) fn load(layout: &Layout, fallback: Vec<IpAddr>) -> Self {
        Self::with(layout, fallback, Box::new(|host, port| Box::pin(system(host, port))))
    }

    fn with(layout: &Layout, fallback: Vec<IpAddr>, lookup: Lookup) -> Self {
        Self(Arc::new(Inner { proven: Mutex::new(Record::load(layout, "addresses")), fallback, lookup }))
    }

    /// What to try for this name: what the name servers say, then proven addresses, then those of the configuration.
    pub(crate) async fn find(&self, host: &str, port: u16) -> Found {
        if let Ok(literal) = host.parse() {
            return Found { addresses: vec![SocketAddr::new(literal, port)], unresolved: false };
        }
        let answer = tokio::time::timeout(ANSWER_WITHIN, (self.0.lookup)(host.to_owned(), port)).await;
        let mut addresses = answer.ok().and_then(Result::ok).unwrap_or_default();
        addresses.truncate(ANSWERED_MAX);
        let unresolved = addresses.is_empty();
        let kept = self.proven(host);
        for address in kept.into_iter().chain(self.0.fallback.iter().copied()) {
            let address = SocketAddr::new(address, port);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses.truncate(TRIED_MAX);
        Found { addresses, unresolved }
    }

    /// The server at this address proved itself under this name.
    pub(crate) fn proved(&self, host: &str, address: IpAddr) {
        if host.parse::<IpAddr>().is_ok() {
            return;
        }
        let mut record = self.0.proven.lock().unwrap_or_else(PoisonError::into_inner);
        if record.value.put(host, address)
            && let Err(fault) = record.save()
        {
            tracing::warn!(fault.text = %fault, "a proven address is not kept");
        }
    }

    fn proven(&self, host: &str) -> Vec<IpAddr> {
        let record = self.0.proven.lock().unwrap_or_else(PoisonError::into_inner);
        record.value.0.get(host).cloned().unwrap_or_default()
    }
}

async fn system(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.find(name.as_str(), 0).await;
            if found.addresses.is_empty() {
                return Err("the name does not resolve, and no address of it is known".into());
            }
            Ok(Box::new(found.addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "fleet.hearth.example";

    fn ip(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    fn layout() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        (dir, layout)
    }

    fn answers(addresses: &'static [u8]) -> Lookup {
        Box::new(move |_, port| {
            let found: Vec<SocketAddr> = addresses.iter().map(|n| SocketAddr::new(ip(*n), port)).collect();
            Box::pin(async move {
                if found.is_empty() { Err(io::Error::other("no name server answers")) } else { Ok(found) }
            })
        })
    }

    async fn check(resolver: &Resolver, expected: &[u8], unresolved: bool) {
        let found = resolver.find(HOST, 8883).await;
        let expected: Vec<SocketAddr> = expected.iter().map(|n| SocketAddr::new(ip(*n), 8883)).collect();
        assert_eq!(found, Found { addresses: expected, unresolved });
    }

    #[tokio::test]
    async fn an_address_that_proved_itself_is_tried_after_a_restart_without_name_servers() {
        let (_dir, layout) = layout();
        let resolver = Resolver::with(&layout, Vec::new(), answers(&[7, 8]));
        check(&resolver, &[7, 8], false).await;
        resolver.proved(HOST, ip(8));
        let later = Resolver::with(&layout, vec![ip(99)], answers(&[]));
        check(&later, &[8, 99], true).await;
        check(&Resolver::with(&layout, Vec::new(), answers(&[66])), &[66, 8], false).await;
    }

    #[tokio::test]
    async fn name_servers_that_say_a_lot_do_not_crowd_out_a_proven_address() {
        let (_dir, layout) = layout();
        let resolver = Resolver::with(&layout, vec![ip(99)], answers(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
        resolver.proved(HOST, ip(70));
        check(&resolver, &[1, 2, 3, 4, 70, 99], false).await;
    }

    #[tokio::test]
    async fn what_name_servers_say_is_not_kept_before_it_proved_itself() {
        let (_dir, layout) = layout();
        check(&Resolver::with(&layout, Vec::new(), answers(&[66])), &[66], false).await;
        check(&Resolver::with(&layout, Vec::new(), answers(&[])), &[], true).await;
    }

    #[tokio::test]
    async fn an_address_in_the_configuration_needs_no_name_servers() {
        let (_dir, layout) = layout();
        let found = Resolver::with(&layout, vec![ip(9)], answers(&[1])).find("192.0.2.5", 1).await;
        assert_eq!(found, Found { addresses: vec![SocketAddr::new(ip(5), 1)], unresolved: false });
    }

    #[test]
    fn few_addresses_are_kept_and_the_last_proven_is_first() {
        let mut proven = Proven::default();
        for n in [1, 2, 3, 4, 5, 2] {
            assert!(proven.put(HOST, ip(n)));
        }
        assert!(!proven.put(HOST, ip(2)), "written once, not at every connection");
        assert_eq!(proven.0.get(HOST).unwrap(), &[ip(2), ip(5), ip(4), ip(3)]);
        for n in 0..20 {
            proven.put(&format!("{n}.example"), ip(1));
        }
        assert!(proven.0.len() <= NAMES_MAX);
    }
}

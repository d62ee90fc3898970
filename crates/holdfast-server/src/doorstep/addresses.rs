//! What each address has at the door: a bounded table without any identity in it.
//!
//! An address is an IPv4 address or an IPv6 network of 64 bits, which one household or host can fill alone. An address is
//! forgotten as soon as it has nothing open and its burst is whole again. When the table is full, further addresses share
//! one row: they are less well protected from each other, but nobody is shut out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use holdfast_core::time::Millis;
use tokio::sync::Semaphore;

use super::pace::Pace;
use super::semaphore;

/// Addresses remembered at the same time; a row is about 150 bytes.
const ADDRESSES_MAX: usize = 65_536;
/// Rested rows are looked for at most this often while the table is full.
const SWEEP_MS: u64 = 1_000;

/// Whose share a connection counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prefix {
    /// One IPv4 address.
    V4(u32),
    /// The first 64 bits of an IPv6 address.
    V6(u64),
    /// Everybody who found the table full.
    Crowd,
}

impl Prefix {
    /// The prefix of an address; an IPv4 address in IPv6 form (RFC 4291 §2.5.5.2) is an IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6(u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX)),
        }
    }
}

/// What one address may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    pub(super) seats: u32,
    /// Handshakes at the same time.
    pub(super) at_once: u32,
    /// Of the whole door; an address may have as many as are left.
    pub(super) waiting: u32,
    pub(super) connections: u32,
    pub(super) arrivals_per_second: NonZeroU32,
    pub(super) arrivals_burst: u32,
}

/// What a connection gets from its address.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    /// The row it counts in.
    pub(super) place: Prefix,
    pub(super) seats: Arc<Semaphore>,
    pub(super) at_once: Arc<Semaphore>,
    /// Whether a safety device lives there.
    pub(super) favoured: bool,
}

#[derive(Debug)]
struct Row {
    open: u32,
    waiting: u32,
    seats: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    pace: Pace,
    favoured_until: Millis,
}

impl Row {
    fn new(shares: &Shares) -> Self {
        Self {
            open: 0,
            waiting: 0,
            seats: semaphore(shares.seats),
            at_once: semaphore(shares.at_once),
            pace: Pace::with_burst(shares.arrivals_per_second.get(), shares.arrivals_burst),
            favoured_until: Millis(0),
        }
    }

    fn is_idle(&self, now: Millis) -> bool {
        self.open == 0 && self.favoured_until <= now && self.pace.is_rested(now.0.saturating_mul(1_000))
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct Addresses {
    shares: Shares,
    rows: BTreeMap<Prefix, Row>,
    waiting: u32,
    swept: Millis,
    rows_max: usize,
}

impl Addresses {
    pub(super) const fn new(shares: Shares) -> Self {
        Self { shares, rows: BTreeMap::new(), waiting: 0, swept: Millis(0), rows_max: ADDRESSES_MAX }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// One more connection of this address, which waits for a seat; or the name of the limit it is over.
    pub(super) fn arrive(&mut self, prefix: Prefix, now: Millis) -> Result<Arrived, &'static str> {
        let place = self.place(prefix, now);
        let free = self.shares.waiting.saturating_sub(self.waiting);
        let shares = self.shares;
        let row = self.rows.entry(place).or_insert_with(|| Row::new(&shares));
        let in_crowd = place == Prefix::Crowd;
        if !in_crowd && row.open >= shares.connections {
            return Err("address-connections-full");
        }
        if free == 0 || (!in_crowd && row.waiting >= free) {
            return Err("address-queue-full");
        }
        if !in_crowd && row.pace.reserve(now.0.saturating_mul(1_000), 0).is_none() {
            return Err("address-too-fast");
        }
        row.open += 1;
        row.waiting += 1;
        self.waiting += 1;
        let (seats, at_once) = (Arc::clone(&row.seats), Arc::clone(&row.at_once));
        Ok(Arrived { place, seats, at_once, favoured: row.favoured_until > now })
    }

    /// A connection does not wait any more.
    pub(super) fn seated(&mut self, place: Prefix) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(row) = self.rows.get_mut(&place) {
            row.waiting = row.waiting.saturating_sub(1);
        }
    }

    /// A connection ended.
    pub(super) fn leave(&mut self, place: Prefix, now: Millis) {
        let Some(row) = self.rows.get_mut(&place) else { return };
        row.open = row.open.saturating_sub(1);
        if row.is_idle(now) {
            self.rows.remove(&place);
        }
    }

    /// Remembers that a safety device lives at this address, if there is room.
    pub(super) fn favour(&mut self, prefix: Prefix, until: Millis) {
        if let Some(row) = self.rows.get_mut(&prefix) {
            row.favoured_until = until;
        }
    }

    /// The row that a new connection counts in.
    fn place(&mut self, prefix: Prefix, now: Millis) -> Prefix {
        if self.rows.contains_key(&prefix) {
            return prefix;
        }
        if self.rows.len() >= self.rows_max && now.0 >= self.swept.0.saturating_add(SWEEP_MS) {
            self.swept = now;
            self.rows.retain(|_, row| !row.is_idle(now));
        }
        if self.rows.len() < self.rows_max { prefix } else { Prefix::Crowd }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(100_000);

    fn table(shares: Shares) -> Addresses {
        Addresses::new(shares)
    }

    const AMPLE: Shares = Shares {
        seats: 4,
        at_once: 2,
        waiting: 100,
        connections: 1_000,
        arrivals_per_second: NonZeroU32::new(10).unwrap(),
        arrivals_burst: 1_000,
    };

    fn host(n: u32) -> Prefix {
        Prefix::V4(n)
    }

    fn arrivals(table: &mut Addresses, prefix: Prefix) -> (usize, &'static str) {
        for n in 0..10_000 {
            if let Err(name) = table.arrive(prefix, NOW) {
                return (n, name);
            }
        }
        panic!("no limit");
    }

    #[test]
    fn hosts_of_one_network_of_sixty_four_bits_are_one_and_mapped_addresses_are_themselves() {
        let of = |text: &str| Prefix::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn each_host_that_takes_what_it_can_leaves_as_much_to_the_next() {
        let mut table = table(AMPLE);
        assert_eq!(arrivals(&mut table, host(1)), (50, "address-queue-full"));
        assert_eq!(arrivals(&mut table, host(2)), (25, "address-queue-full"));
        assert_eq!(arrivals(&mut table, host(3)), (13, "address-queue-full"));
        assert!(table.arrive(host(4), NOW).is_ok());
    }

    #[test]
    fn a_host_over_its_rate_or_number_is_refused_by_name_and_others_are_not() {
        let mut fast = table(Shares { arrivals_burst: 5, ..AMPLE });
        assert_eq!(arrivals(&mut fast, host(1)), (6, "address-too-fast"));
        assert!(fast.arrive(host(2), NOW).is_ok());
        assert!(fast.arrive(host(1), Millis(NOW.0 + 100)).is_ok());
        let mut many = table(Shares { connections: 7, ..AMPLE });
        assert_eq!(arrivals(&mut many, host(1)), (7, "address-connections-full"));
        assert!(many.arrive(host(2), NOW).is_ok());
    }

    #[test]
    fn a_full_table_shuts_nobody_out_and_forgets_who_is_gone() {
        let mut table = Addresses { rows_max: 3, ..table(AMPLE) };
        let places: Vec<Prefix> = (1..=9).map(|n| table.arrive(host(n), NOW).unwrap().place).collect();
        assert_eq!(table.len(), 4, "three hosts and the crowd");
        for place in places {
            table.seated(place);
            table.leave(place, NOW);
        }
        let later = Millis(NOW.0 + 200_000);
        table.arrive(host(10), later).unwrap();
        table.leave(host(10), Millis(later.0 + 200_000));
        assert!(table.len() <= 1, "{table:?}");
        assert_eq!(table.waiting, 1);
    }

    #[test]
    fn an_address_keeps_its_standing_for_as_long_as_it_was_given() {
        let mut table = table(AMPLE);
        assert!(!table.arrive(host(1), NOW).unwrap().favoured);
        table.favour(host(1), Millis(NOW.0 + 300_000));
        table.leave(host(1), Millis(NOW.0 + 200_000));
        assert!(table.arrive(host(1), Millis(NOW.0 + 200_000)).unwrap().favoured);
        assert!(!table.arrive(host(1), Millis(NOW.0 + 400_000)).unwrap().favoured);
    }
}

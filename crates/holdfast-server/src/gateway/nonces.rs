//! The nonces of one connection: made by us, answered once, and soon.
//!
//! Evidence over a nonce that is not in here is refused, whatever it says (RFC 9711 §4.1: freshness).

use holdfast_core::time::Millis;

use super::limits::{NONCE_AGE_MS_MAX, NONCES_OPEN_MAX};

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 32;

/// Why evidence over a nonce is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NonceRefusal {
    /// Not ours, not of this connection, or answered already.
    Unknown,
    /// Ours, and too old.
    Expired,
}

impl NonceRefusal {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "nonce-unknown",
            Self::Expired => "nonce-expired",
        }
    }
}

/// Nonces that may still be answered, oldest first.
#[derive(Debug, Default)]
pub(super) struct Nonces([Option<([u8; NONCE_BYTES], Millis)>; NONCES_OPEN_MAX]);

impl Nonces {
    /// Adds a nonce that is being sent; the oldest makes room.
    pub(super) fn issue(&mut self, nonce: [u8; NONCE_BYTES], now: Millis) {
        self.0.rotate_left(1);
        if let Some(slot) = self.0.last_mut() {
            *slot = Some((nonce, now));
        }
    }

    /// Those that may be answered, newest first.
    pub(super) fn open(&self) -> Vec<[u8; NONCE_BYTES]> {
        self.0.iter().rev().flatten().map(|(nonce, _)| *nonce).collect()
    }

    /// Uses a nonce up.
    pub(super) fn redeem(&mut self, nonce: &[u8], now: Millis) -> Result<(), NonceRefusal> {
        let is_it = |slot: &&mut Option<([u8; NONCE_BYTES], Millis)>| slot.is_some_and(|(known, _)| known == nonce);
        let found = self.0.iter_mut().find(is_it).and_then(Option::take);
        let (_, issued) = found.ok_or(NonceRefusal::Unknown)?;
        if now.0.saturating_sub(issued.0) > NONCE_AGE_MS_MAX {
            return Err(NonceRefusal::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_answered_once_and_in_time_or_not_at_all() {
        let mut nonces = Nonces::default();
        assert_eq!(nonces.redeem(&[0; 32], Millis(0)), Err(NonceRefusal::Unknown));
        nonces.issue([1; 32], Millis(0));
        nonces.issue([2; 32], Millis(10));
        assert_eq!(nonces.redeem(&[1; 32], Millis(11)), Ok(()), "the one before may have crossed");
        assert_eq!(nonces.redeem(&[1; 32], Millis(11)), Err(NonceRefusal::Unknown));
        assert_eq!(nonces.redeem(&[2; 32], Millis(11 + NONCE_AGE_MS_MAX)), Err(NonceRefusal::Expired));
        assert_eq!(nonces.redeem(&[2; 32], Millis(0)), Err(NonceRefusal::Unknown), "also used up");
    }

    #[test]
    fn only_the_last_two_nonces_are_open() {
        let mut nonces = Nonces::default();
        for n in 1..=3 {
            nonces.issue([n; 32], Millis(0));
        }
        assert_eq!(nonces.redeem(&[1; 32], Millis(0)), Err(NonceRefusal::Unknown));
        assert_eq!(nonces.redeem(&[2; 32], Millis(0)), Ok(()));
    }
}

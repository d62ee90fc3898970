//! Changing keys that are in use: the next CA or freshness key, its first use, the end of the old one; the doors'
//! certificate; revocation lists.
//!
//! Each step is decided and in the ledger before it is taken here.

use std::sync::{Arc, MutexGuard, PoisonError};

use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::keys::{KeyState, ServerKey, ServerRole};
use holdfast_store::keys::Fallen;
use rustls::pki_types::CertificateDer;

use super::ring::{Held, Ring};
use super::{Authority, AuthorityError, CertificateError, Door, crl, door, spki_of};

/// A next key whose files are on disk, and which nobody names yet.
pub struct Prepared(Held);

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Prepared").field(&self.0.standing).finish()
    }
}

impl Prepared {
    /// The key, as it will stand.
    #[must_use]
    pub const fn key(&self) -> KeyThumbprint {
        self.0.standing.key
    }
}

impl Authority {
    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next key of a role on disk; [`Self::take_next`] puts it beside the others.
    ///
    /// # Errors
    /// [`AuthorityError`] if it cannot be made or written.
    pub fn make_next(&self, role: ServerRole, now: Timestamp) -> Result<Prepared, AuthorityError> {
        self.ring.load().make(role, &self.config.dir, &self.vault, now).map(Prepared)
    }

    /// Keeps a key that was made as the next one.
    ///
    /// # Errors
    /// [`AuthorityError`] if that cannot be written; the keys stand as before then.
    pub fn take_next(&self, prepared: Prepared) -> Result<(), AuthorityError> {
        let _change = self.change();
        let mut keys = self.ring.load().keys.clone();
        keys.push(prepared.0);
        self.keep(Ring { keys })
    }

    /// Puts the next key of a role to use; the one before it retires.
    ///
    /// # Errors
    /// [`AuthorityError`] if that cannot be written; the keys stand as before then.
    pub fn activate(&self, role: ServerRole, now: Timestamp) -> Result<(), AuthorityError> {
        let _change = self.change();
        let steps = [(KeyState::Active, KeyState::Retiring), (KeyState::Next, KeyState::Active)];
        self.keep(self.ring.load().moved(role, &steps, now))
    }

    /// Destroys the retiring key of a role; the doors leave it first.
    ///
    /// # Errors
    /// [`AuthorityError`] if that cannot be written.
    pub fn retire(&self, role: ServerRole, now: Timestamp) -> Result<(), AuthorityError> {
        let _change = self.change();
        if role == ServerRole::OperationalCa {
            self.settle(KeyState::Active, now)?;
        }
        self.keep(self.ring.load().moved(role, &[(KeyState::Retiring, KeyState::Retired)], now))?;
        self.ring.load().sweep(&self.config.dir)
    }

    fn keep(&self, ring: Ring) -> Result<(), AuthorityError> {
        ring.save(&self.config.dir)?;
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    /// Sees to the doors' certificate: while devices are `behind` (they know only the CA that retires) it is that CA's,
    /// else that of the CA in use; and it is replaced after two thirds of its life. Says whether it was replaced.
    ///
    /// # Errors
    /// [`AuthorityError`]; the old certificate stays in use then.
    pub fn see_to_door(&self, behind: bool, now: Timestamp) -> Result<bool, AuthorityError> {
        let _change = self.change();
        let retiring = behind && self.ring.load().ca(KeyState::Retiring).is_some();
        self.settle(if retiring { KeyState::Retiring } else { KeyState::Active }, now)
    }

    fn settle(&self, state: KeyState, now: Timestamp) -> Result<bool, AuthorityError> {
        let ring = self.ring.load();
        let issuer = ring.ca(state).ok_or(CertificateError::Unusable)?.0.key;
        let door = self.door.load();
        if door.issuer == issuer && !door.validity.renewal_due(now) {
            return Ok(false);
        }
        let names = door::names(&self.config.names)?;
        let door = Door::renew(&self.config.dir, &self.vault, &ring, (issuer, &names), now)?;
        self.door.store(Arc::new(door));
        Ok(true)
    }

    /// The CAs whose signature makes an operational identity: ours that count, and others that the trust document names,
    /// as far as they are not ones that we have destroyed or not yet begun to use.
    #[must_use]
    pub fn accepted_cas(&self, named: &[CertificateDer<'static>]) -> Vec<CertificateDer<'static>> {
        let ring = self.ring.load();
        let ours = |der: &CertificateDer<'_>| ring.cas().find(|(_, ca)| spki_of(&ca.der).ok() == spki_of(der).ok());
        let counts = |key: &ServerKey| matches!(key.state, KeyState::Active | KeyState::Retiring);
        let mut accepted: Vec<_> = ring.cas().filter(|(key, _)| counts(key)).map(|(_, ca)| ca.der.clone()).collect();
        accepted.extend(named.iter().filter(|der| ours(der).is_none()).cloned());
        accepted
    }

    /// Every CA of ours with its certificate, oldest first, destroyed ones included.
    #[must_use]
    pub fn cas(&self) -> Vec<(ServerKey, CertificateDer<'static>)> {
        self.ring.load().cas().map(|(key, ca)| (*key, ca.der.clone())).collect()
    }

    /// Whether a CA's certificate is of this key.
    #[must_use]
    pub fn names_key(&self, der: &[u8], key: KeyThumbprint) -> bool {
        self.ring.load().cas().any(|(standing, ca)| standing.key == key && ca.der.as_ref() == der)
    }

    /// Makes a revocation list of one of our CAs.
    ///
    /// # Errors
    /// [`CertificateError`] if that CA cannot sign any more.
    pub fn sign_crl(
        &self,
        ca: KeyThumbprint,
        fallen: &[Fallen],
        number: u64,
        (this_update, next_update): (Timestamp, Timestamp),
    ) -> Result<Vec<u8>, CertificateError> {
        let ring = self.ring.load();
        let found = ring.cas().find(|(standing, _)| standing.key == ca);
        let signer = found.and_then(|(_, ca)| ca.issuer.as_ref()).ok_or(CertificateError::Unusable)?;
        crl::list(signer, fallen, number, (this_update, next_update))
    }
}

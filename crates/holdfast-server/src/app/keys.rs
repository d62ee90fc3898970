//! Keys as people see and change them: the inventory, the steps of a key change, revocation lists.

use holdfast_core::cose::{PublicKey, Signer as _};
use holdfast_core::id::PersonId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::trust::{TrustContent, TrustDocument};
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::keys::inventory::{Inventory, KeyEntry, Place, Purpose};
use holdfast_domain::keys::policy::{Use, permits};
use holdfast_domain::keys::{KeyState, ServerKey, ServerRole, authority as rules};
use holdfast_store::StoreError;
use holdfast_store::keys::{OfCa, StoredCrl};
use holdfast_web::backend::keys::{ChangeStep, CrlView, Keys, KeysView, ServerKeyView};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::{House, fault, refuse, stored};
use crate::authority::secret_file::hex;
use crate::authority::{AuthorityError, Validity, parse, spki_of, validity_of};
use crate::clock;

/// A CA should be followed by another one so long before its end: devices need the time to learn of it.
const CA_OVERLAP: Millis = Millis::from_secs(2 * 365 * 86_400);
/// A freshness key lives on a server, so it is changed every two years.
const FRESHNESS_LIFE: Millis = Millis::from_secs(2 * 365 * 86_400);
/// P-256 with SHA-256, as the crypto policy names it.
const ECDSA: &str = "ecdsa-with-SHA256 (P-256)";

impl Keys for House {
    fn keys(&self) -> Answer<KeysView> {
        let now = clock::now();
        let server = self.authority.standing();
        let view = |key: &ServerKey| {
            Ok(ServerKeyView { key: *key, depending: self.depending(key, now)?, named: self.is_named(key) })
        };
        let retiring = self.retiring_ca();
        let fleet = self.store.fleet_keys(self.first_ca(), retiring, now).map_err(stored)?;
        let tokens = self.store.token_counts(now).map_err(stored)?;
        Ok(KeysView {
            inventory: Inventory { keys: self.entries(), fleet },
            server: server.iter().map(view).collect::<Result<_, StoreError>>().map_err(stored)?,
            crls: self.store.crls().map_err(stored)?.iter().map(crl_view).collect(),
            tokens: tokens.good,
            first_token_end: tokens.first_end,
            sealed: self.authority.is_sealed(),
        })
    }

    fn change_key(&self, by: &Caller, role: ServerRole, step: ChangeStep) -> Answer<KeysView> {
        let _turn = self.turns.updates.take();
        let (now, held) = (clock::now(), self.authority.standing());
        let person = &by.person.id;
        match step {
            ChangeStep::Rotate => {
                // The rule first, with a key that is not made yet: a refusal must leave no file.
                rules::rotate(&held, role, KeyThumbprint([0; 32]), person, now).map_err(refused)?;
                let next = self.authority.make_next(role, now).map_err(|why| unmade(&why))?;
                self.decide(rules::rotate(&held, role, next.key(), person, now).map_err(refused)?)?;
                self.authority.take_next(next).map_err(|why| unmade(&why))?;
            }
            ChangeStep::Activate => {
                let named =
                    held.iter().any(|key| key.role == role && key.state == KeyState::Next && self.is_named(key));
                self.decide(rules::activate(&held, role, named, Some(person), now).map_err(refused)?)?;
                self.authority.activate(role, now).map_err(|why| unmade(&why))?;
            }
            ChangeStep::Retire { anyway } => {
                let old = held.iter().find(|key| key.role == role && key.state == KeyState::Retiring);
                let depending = old.map_or(Ok(0), |old| self.depending(old, now)).map_err(stored)?;
                let decided = rules::retire(&held, role, (depending, anyway), person, now);
                let (key, decision) = decided.map_err(refused)?;
                if role == ServerRole::OperationalCa {
                    // The last list of a CA has to be good for as long as anyone may meet one of its certificates.
                    self.publish_crl(key, self.authority.terms().device_life, now)?;
                }
                self.decide(decision)?;
                self.authority.retire(role, now).map_err(|why| unmade(&why))?;
            }
        }
        self.doors.reload(&self.trust.cas()).map_err(|why| fault(&why))?;
        self.keys()
    }

    fn crl(&self, issuer: Option<KeyThumbprint>) -> Answer<Option<Vec<u8>>> {
        let Some(issuer) = issuer.or_else(|| self.active_ca()) else { return Ok(None) };
        Ok(self.store.crl(issuer).map_err(stored)?.map(|crl| crl.der))
    }
}

fn crl_view(crl: &StoredCrl) -> CrlView {
    CrlView {
        issuer: crl.issuer,
        number: crl.number,
        this_update: crl.this_update,
        next_update: crl.next_update,
        entries: crl.entries,
    }
}

fn refused(why: rules::RotationRefusal) -> Stop {
    refuse(RefusalKind::Conflict, why.name(), why.to_string())
}

fn unmade(why: &AuthorityError) -> Stop {
    fault(why)
}

impl House {
    /// The CA that signed every certificate of which nobody wrote down who signed it.
    pub(crate) fn first_ca(&self) -> KeyThumbprint {
        self.authority.cas().first().map_or(KeyThumbprint([0; 32]), |(key, _)| key.key)
    }

    fn ca_in(&self, state: KeyState) -> Option<KeyThumbprint> {
        self.authority.cas().iter().find(|(key, _)| key.state == state).map(|(key, _)| key.key)
    }

    fn active_ca(&self) -> Option<KeyThumbprint> {
        self.ca_in(KeyState::Active)
    }

    pub(super) fn retiring_ca(&self) -> Option<KeyThumbprint> {
        self.ca_in(KeyState::Retiring)
    }

    /// How many devices would have to come back with their factory identity, or would not believe the server for a while,
    /// if this key were gone.
    fn depending(&self, key: &ServerKey, now: Timestamp) -> Result<u64, StoreError> {
        match (key.role, key.state) {
            (_, KeyState::Next | KeyState::Retired) => Ok(0),
            (ServerRole::OperationalCa, _) => {
                self.store.devices_with_certificate_of(OfCa { ca: key.key, first: self.first_ca() }, now)
            }
            (ServerRole::Freshness, KeyState::Active) => self.store.devices_behind_trust(u64::MAX),
            (ServerRole::Freshness, KeyState::Retiring) => {
                self.store.devices_behind_trust(self.named_since(|content| {
                    Some(content.freshness.key_id())
                        == self
                            .authority
                            .standing()
                            .iter()
                            .find(|key| key.role == ServerRole::Freshness && key.state == KeyState::Active)
                            .map(|key| holdfast_core::cose::KeyId::from_bytes(key.key.0))
                })?)
            }
        }
    }

    /// The first trust document of the unbroken run up to the newest one of which this holds; the one after the newest if
    /// it does not hold of that.
    fn named_since(&self, holds: impl Fn(&TrustContent) -> bool) -> Result<u64, StoreError> {
        let newest = self.trust.document().map_or(0, |document| document.version());
        let mut since = newest.saturating_add(1);
        for version in (1..=newest).rev() {
            let Some(stored) = self.store.trust(version)? else { break };
            let read = TrustContent::read_unverified(&stored.document);
            if !read.is_ok_and(|(content, _)| holds(&content)) {
                break;
            }
            since = version;
        }
        Ok(since)
    }

    /// Accepted devices that do not know the CA in use yet, as far as they have said. Asked only while another retires.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub(crate) fn devices_behind(&self) -> Result<u64, StoreError> {
        if self.retiring_ca().is_none() {
            return Ok(0);
        }
        let active = self.authority.ca_certificate();
        let since = self.named_since(|content| content.operational_cas.iter().any(|der| der == active.as_ref()))?;
        self.store.devices_behind_trust(since)
    }

    /// Whether the trust document in force names a key.
    fn is_named(&self, key: &ServerKey) -> bool {
        let Some(document) = self.trust.document() else { return false };
        match key.role {
            ServerRole::OperationalCa => {
                document.content().operational_cas.iter().any(|der| self.authority.names_key(der, key.key))
            }
            ServerRole::Freshness => *document.content().freshness.key_id().as_bytes() == key.key.0,
        }
    }

    /// Refuses a trust document that names a key of an algorithm that the crypto policy does not permit, or not any more.
    pub(super) fn permits_keys(content: &TrustContent, now: Timestamp) -> Answer<()> {
        let named = content.root.keys().iter().chain(content.release.keys()).chain([&content.freshness]);
        for key in named {
            permits(algorithm_name(key), Use::Documents, now)
                .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        }
        Ok(())
    }

    /// A trust document names one freshness key: from the moment it is in force, that one signs.
    pub(super) fn follow_freshness(&self, document: &TrustDocument, by: Option<&PersonId>) -> Answer<()> {
        if document.content().freshness == self.authority.freshness().public_key() {
            return Ok(());
        }
        let (held, now, role) = (self.authority.standing(), clock::now(), ServerRole::Freshness);
        self.decide(rules::activate(&held, role, true, by, now).map_err(refused)?)?;
        self.authority.activate(role, now).map_err(|why| unmade(&why))
    }

    /// The key that signs what is current and what devices are ordered to do.
    #[must_use]
    pub fn freshness_in_use(&self) -> PublicKey {
        self.authority.freshness().public_key()
    }

    /// Makes up for a server that ended between accepting a trust document and following it.
    ///
    /// # Errors
    ///
    /// If the store or the keys' folder fails; it is tried again.
    pub(crate) fn follow_trust_in_force(&self) -> Answer<()> {
        let _turn = self.turns.updates.take();
        match self.trust.document() {
            Some(document) => self.follow_freshness(&document, None),
            None => Ok(()),
        }
    }

    /// Signs and keeps a revocation list if there is reason to: something fell since the last one, a day has passed, or
    /// there is none.
    ///
    /// # Errors
    ///
    /// If the store or the CA fails.
    pub(crate) fn publish_crls(&self) -> Answer<()> {
        let now = clock::now();
        for ca in [self.active_ca(), self.retiring_ca()].into_iter().flatten() {
            let due = match self.store.crl(ca).map_err(stored)? {
                None => true,
                Some(last) => {
                    last.this_update.plus(crate::authority::CRL_EVERY) <= now
                        || self.store.fallen_since(self.of(ca), last.this_update, now).map_err(stored)? > 0
                            && self.changed_since(&last, now)?
                }
            };
            if due {
                self.publish_crl(ca, crate::authority::CRL_LIFE, now)?;
            }
        }
        Ok(())
    }

    fn of(&self, ca: KeyThumbprint) -> OfCa {
        OfCa { ca, first: self.first_ca() }
    }

    /// Whether the list would say something else now.
    fn changed_since(&self, last: &StoredCrl, now: Timestamp) -> Answer<bool> {
        let fallen = self.store.fallen_certificates(self.of(last.issuer), now, crate::authority::CRL_ENTRIES_MAX);
        let fallen = fallen.map_err(stored)?;
        Ok(fallen.len() as u64 != last.entries || fallen.iter().any(|one| one.at > last.this_update))
    }

    fn publish_crl(&self, ca: KeyThumbprint, life: Millis, now: Timestamp) -> Answer<()> {
        let fallen = self.store.fallen_certificates(self.of(ca), now, crate::authority::CRL_ENTRIES_MAX);
        let fallen = fallen.map_err(stored)?;
        let last = self.store.crl(ca).map_err(stored)?;
        let number = last.map_or(0, |last| last.number).saturating_add(1);
        let until = now.plus(Millis(life.0.max(crate::authority::CRL_LIFE.0)));
        let der = self.authority.sign_crl(ca, &fallen, number, (now, until)).map_err(|why| fault(&why))?;
        let entries = fallen.len() as u64;
        let crl = StoredCrl { issuer: ca, number, this_update: now, next_update: until, entries, der };
        self.store.put_crl(crl).map_err(super::conflict)
    }

    /// Every key of maker, factory and server, with what is known of it.
    pub(crate) fn entries(&self) -> Vec<KeyEntry> {
        let mut entries = self.named_by_the_maker();
        let place = if self.authority.is_sealed() { Place::SealedServerFile } else { Place::ServerFile };
        let cas = self.authority.cas();
        for key in self.authority.standing() {
            let der = cas.iter().find(|(ca, _)| ca.key == key.key).map(|(_, der)| der);
            let ends = der.and_then(|der| validity_of(der).ok()).map(|validity| validity.not_after);
            let purpose = match key.role {
                ServerRole::OperationalCa => Purpose::OperationalCa,
                ServerRole::Freshness => Purpose::Freshness,
            };
            let change_due = match (key.role, key.state) {
                (_, KeyState::Next | KeyState::Retired | KeyState::Retiring) => None,
                (ServerRole::OperationalCa, KeyState::Active) => ends.map(|ends| before(ends, CA_OVERLAP)),
                (ServerRole::Freshness, KeyState::Active) => Some(key.created.plus(FRESHNESS_LIFE)),
            };
            entries.push(KeyEntry {
                id: hex(&key.key.0),
                purpose,
                place,
                algorithm: if key.role == ServerRole::Freshness { "Ed25519" } else { ECDSA },
                created: Some(key.created),
                ends,
                last_used: None,
                change_due,
                state: key.state,
            });
        }
        entries.extend(self.own_keys(place));
        entries
    }

    fn own_keys(&self, place: Place) -> Vec<KeyEntry> {
        let (Validity { not_before, not_after }, _) = self.authority.door_validity();
        let door = self.authority.door();
        let leaf = door.cert.first().and_then(|leaf| spki_of(leaf).ok().map(digest));
        let ledger = crate::work::checkpoint::signer(self).ok().map(|signer| digest(signer.verifier().public_key()));
        let entry = |purpose: Purpose, id, algorithm, created, ends| KeyEntry {
            id,
            purpose,
            place,
            algorithm,
            created,
            ends,
            last_used: None,
            change_due: ends,
            state: KeyState::Active,
        };
        let created = self.authority.ledger_created();
        let mut keys = vec![
            entry(Purpose::Ledger, ledger.unwrap_or_default(), "Ed25519", created, None),
            entry(Purpose::Door, leaf.unwrap_or_default(), ECDSA, Some(not_before), Some(not_after)),
        ];
        if self.authority.is_sealed() {
            let sealing = entry(Purpose::SealingKey, "–".to_owned(), "AES-256-GCM", None, None);
            keys.push(KeyEntry { place: Place::OutsideState, ..sealing });
        }
        keys
    }

    /// What the trust document in force names and no server holds.
    fn named_by_the_maker(&self) -> Vec<KeyEntry> {
        let Some(document) = self.trust.document() else { return Vec::new() };
        let content = document.content();
        let entry = |purpose: Purpose, id, algorithm, created, ends| KeyEntry {
            id,
            purpose,
            place: purpose.place(),
            algorithm,
            created,
            ends,
            last_used: None,
            change_due: None,
            state: KeyState::Active,
        };
        let named = |purpose: Purpose, keys: &[PublicKey]| -> Vec<KeyEntry> {
            let one = |key: &PublicKey| {
                entry(purpose, hex(key.key_id().as_bytes()), algorithm_name(key), Some(content.created), None)
            };
            keys.iter().map(one).collect()
        };
        let mut entries = named(Purpose::MakerRoot, content.root.keys());
        entries.extend(named(Purpose::ReleaseSigner, content.release.keys()));
        for der in &content.factory_cas {
            let Ok(certificate) = parse(der) else { continue };
            let at = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
            let (from, until) = (certificate.validity().not_before, certificate.validity().not_after);
            let id = digest(certificate.tbs_certificate.subject_pki.raw);
            let (from, until) = (at(from.timestamp()), at(until.timestamp()));
            entries.push(entry(Purpose::FactoryCa, id, ECDSA, Some(from), Some(until)));
        }
        entries
    }
}

fn algorithm_name(key: &PublicKey) -> &'static str {
    match key.algorithm() {
        holdfast_core::cose::Algorithm::Ed25519 => "Ed25519",
        holdfast_core::cose::Algorithm::Esp256 => "ESP256",
    }
}

fn digest(bytes: &[u8]) -> String {
    holdfast_core::hash::Sha256Digest::of(bytes).to_string()
}

fn before(at: Timestamp, span: Millis) -> Timestamp {
    let back = i64::try_from(span.0.saturating_mul(1_000)).unwrap_or(0);
    Timestamp::from_micros(at.as_micros().saturating_sub(back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doors_offer_nothing_that_the_crypto_policy_does_not_permit() {
        let (provider, now) = (rustls::crypto::aws_lc_rs::default_provider(), clock::now());
        let suites = provider.cipher_suites.iter().filter(|suite| suite.tls13().is_some());
        for suite in suites {
            let name = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
            assert_eq!(permits(&name, Use::Traffic, now), Ok(()), "{name}");
        }
        for group in &provider.kx_groups {
            let name = format!("{:?}", group.name());
            let name = if name.starts_with("secp") { name.to_lowercase() } else { name };
            assert_eq!(permits(&name, Use::KeyAgreement, now), Ok(()), "{name}");
        }
    }
}

//! Reads about keys: how they are protected, which devices depend on which CA, revocation lists, the fleet's certificates.
//!
//! A certificate without a recorded issuer is from the server's first CA, so questions about issuers take its key too.

use std::collections::BTreeMap;

use holdfast_core::id::{DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::{CertificateState, KeyThumbprint};
use holdfast_domain::keys::inventory::{FleetKeys, SOON};
use holdfast_domain::telemetry::KeyProtection;
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, exactly, int, one};
use crate::sql;
use crate::store::{Store, wait};

/// Certificates deleted at once.
const CERTIFICATES_AT_ONCE: u32 = 200;

/// Which CA is asked about.
#[derive(Debug, Clone, Copy)]
pub struct OfCa {
    /// Its key.
    pub ca: KeyThumbprint,
    /// The key of the server's first CA.
    pub first: KeyThumbprint,
}

/// A certificate that does not count any more, before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallen {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// Revoked or superseded.
    pub state: CertificateState,
    /// Since when.
    pub at: Timestamp,
}

/// A revocation list as it is published.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredCrl {
    /// Key of the CA that signed it.
    pub issuer: KeyThumbprint,
    /// Its number, which rises.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When there will be another one at the latest.
    pub next_update: Timestamp,
    /// How many certificates it lists.
    pub entries: u64,
    /// The list, DER.
    pub der: Vec<u8>,
}

impl std::fmt::Debug for StoredCrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, entries, .. } = self;
        f.debug_struct("StoredCrl").field("number", number).field("entries", entries).finish_non_exhaustive()
    }
}

/// API tokens that are still good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCounts {
    /// How many.
    pub good: u64,
    /// The first of them to end.
    pub first_end: Option<Timestamp>,
    /// The youngest of them.
    pub newest: Option<Timestamp>,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// How the factory station saw a device's factory key protected.
    pub fn key_protection(&self, device: &DeviceId) -> Result<KeyProtection, StoreError> {
        let count: u64 =
            self.read(|conn| exactly(conn, (sql::HARDWARE, "hardware_key"), [device.as_str()], row::number))?;
        Ok(if count > 0 { KeyProtection::Hardware } else { KeyProtection::File })
    }

    /// The newest trust document that a device said it holds.
    pub fn device_trust(&self, device: &DeviceId) -> Result<Option<u64>, StoreError> {
        self.read(|conn| one(conn, (sql::DEVICE_TRUST, "device_trust"), [device.as_str()], row::number))
    }

    /// How many accepted devices have not said that they hold this trust document or a later one.
    pub fn devices_behind_trust(&self, version: u64) -> Result<u64, StoreError> {
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        self.read(|conn| exactly(conn, (sql::DEVICES_BEHIND, "device"), [version], row::number))
    }

    /// How many devices hold a certificate of this CA that still counts.
    pub fn devices_with_certificate_of(&self, of: OfCa, now: Timestamp) -> Result<u64, StoreError> {
        let asked = params![now.as_micros(), of.first.0, of.ca.0];
        self.read(|conn| exactly(conn, (sql::CA_DEPENDENTS, "certificate"), asked, row::number))
    }

    /// Certificates of this CA that were revoked or superseded before their end, by serial number.
    pub fn fallen_certificates(&self, of: OfCa, now: Timestamp, limit: u32) -> Result<Vec<Fallen>, StoreError> {
        let asked = params![now.as_micros(), of.first.0, of.ca.0, limit];
        self.read(|conn| {
            all(conn, (sql::CA_FALLEN, "certificate"), asked, |f| {
                Ok(Fallen { serial: f.text()?, state: f.word()?, at: f.time()? })
            })
        })
    }

    /// How many of them there are since `since`.
    pub fn fallen_since(&self, of: OfCa, since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let asked = params![now.as_micros(), of.first.0, of.ca.0, since.as_micros()];
        self.read(|conn| exactly(conn, (sql::CA_FALLEN_SINCE, "certificate"), asked, row::number))
    }

    /// Deletes certificates that were superseded or revoked and were over before then, unless readings that came while
    /// one counted are kept with their signature: its key is needed to check that. Says how many went.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn expire_certificates(&self, over_before: Timestamp) -> Result<u64, CommitError> {
        let mut deleted = 0_u64;
        loop {
            let asked = params![over_before.as_micros(), CERTIFICATES_AT_ONCE];
            let over = self.read(|conn| all(conn, (sql::CERTIFICATES_OVER, "certificate"), asked, row::text))?;
            let count = over.len() as u64;
            wait(self.write(move |desk| {
                for serial in &over {
                    desk.execute(sql::CERTIFICATE_ISSUER_DROP, [serial])?;
                    desk.execute(sql::CERTIFICATE_DROP, [serial])?;
                }
                Ok(())
            }))?;
            deleted = deleted.saturating_add(count);
            if count < u64::from(CERTIFICATES_AT_ONCE) {
                return Ok(deleted);
            }
        }
    }

    /// The newest revocation list of a CA.
    pub fn crl(&self, issuer: KeyThumbprint) -> Result<Option<StoredCrl>, StoreError> {
        self.read(|conn| one(conn, (sql::CRL, "crl"), [issuer.0], crl_row))
    }

    /// The newest revocation list of every CA.
    pub fn crls(&self) -> Result<Vec<StoredCrl>, StoreError> {
        self.read(|conn| all(conn, (sql::CRLS, "crl"), [], crl_row))
    }

    /// Keeps a revocation list. Refused as `crl-older` if one with this number or a higher one is kept.
    pub fn put_crl(&self, crl: StoredCrl) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            let StoredCrl { issuer, number, this_update, next_update, entries, der } = crl;
            let (from, until) = (this_update.as_micros(), next_update.as_micros());
            let row = params![issuer.0, int(number)?, from, until, int(entries)?, der];
            if desk.execute(sql::CRL_PUT, row)? == 1 { Ok(()) } else { Err(CommitError::Conflict("crl-older")) }
        }))
    }

    /// The fleet's operational certificates by product; `retiring` is the CA that goes, if one does.
    pub fn fleet_keys(
        &self,
        first: KeyThumbprint,
        retiring: Option<KeyThumbprint>,
        now: Timestamp,
    ) -> Result<Vec<FleetKeys>, StoreError> {
        let retiring = retiring.map_or([0; 32], |key| key.0);
        let asked = params![now.as_micros(), now.plus(SOON).as_micros(), first.0, retiring];
        self.read(|conn| {
            let hardware = all(conn, (sql::HARDWARE_COUNTS, "hardware_key"), [], |f| Ok((f.parsed()?, f.number()?)))?;
            let hardware: BTreeMap<ProductId, u64> = hardware.into_iter().collect();
            all(conn, (sql::FLEET_KEYS, "certificate"), asked, |f| {
                let product: ProductId = f.parsed()?;
                Ok(FleetKeys {
                    hardware: hardware.get(&product).copied().unwrap_or(0),
                    product,
                    proven: f.number()?,
                    unused: f.number()?,
                    ending: f.number()?,
                    ended: f.number()?,
                    oldest: f.optional(Fields::time)?,
                    retiring_ca: f.number()?,
                })
            })
        })
    }

    /// API tokens that are good at `now`, in figures.
    pub fn token_counts(&self, now: Timestamp) -> Result<TokenCounts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::TOKENS_ENDING, "api_token"), [now.as_micros()], |f| {
                Ok(TokenCounts {
                    good: f.number()?,
                    first_end: f.optional(Fields::time)?,
                    newest: f.optional(Fields::time)?,
                })
            })
        })
    }
}

fn crl_row(f: &mut Fields<'_>) -> Result<StoredCrl, StoreError> {
    Ok(StoredCrl {
        issuer: KeyThumbprint(f.bytes()?),
        number: f.number()?,
        this_update: f.time()?,
        next_update: f.time()?,
        entries: f.number()?,
        der: f.blob()?,
    })
}

//! Reads of retailers, records about products, and privacy notices that were shown.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, DeviceId, ProductId, ProofId, ShopId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::proof::{Proof, Said};
use holdfast_domain::fleet::shop::{Acceptance, Fetched, Shop};
use rusqlite::params;

use crate::error::StoreError;
use crate::row::{Fields, all, exactly, one, parsed};
use crate::sql;
use crate::store::Store;

/// A unit that readers of a shop saw come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// The unit.
    pub device: DeviceId,
    /// Of which product.
    pub product: ProductId,
    /// When first.
    pub at: Timestamp,
}

/// What is counted about retailers that have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShopFacts {
    /// Retailers.
    pub shops: u64,
    /// Those of them that fetched something.
    pub fetching: u64,
    /// Those of them for which somebody accepted the duties in this version.
    pub accepted: u64,
}

/// What is counted about privacy notices and claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeFacts {
    /// Claims with the notice that was shown.
    pub shown: u64,
    /// Claims begun since the first of those, without one.
    pub without: u64,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// Every retailer, oldest first.
    pub fn shops(&self) -> Result<Vec<Shop>, StoreError> {
        let shops = self.read(|conn| all(conn, (sql::SHOPS_ALL, "shop"), [], shop_row))?;
        shops.into_iter().map(|shop| self.with_readers(shop)).collect()
    }

    /// One retailer.
    pub fn shop(&self, id: ShopId) -> Result<Option<Shop>, StoreError> {
        let found = self.read(|conn| one(conn, (sql::SHOP, "shop"), [id.to_string()], shop_row))?;
        found.map(|shop| self.with_readers(shop)).transpose()
    }

    /// The retailer whose secret has this hash.
    pub fn shop_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Shop>, StoreError> {
        let found = self.read(|conn| one(conn, (sql::SHOP_BY_HASH, "shop"), [hash], shop_row))?;
        found.map(|shop| self.with_readers(shop)).transpose()
    }

    fn with_readers(&self, shop: Shop) -> Result<Shop, StoreError> {
        let id = shop.id.to_string();
        let readers = self.read(|conn| all(conn, (sql::SHOP_READERS, "shop_reader"), [id], parsed))?;
        Ok(Shop { readers, ..shop })
    }

    /// What a retailer fetched, and when last.
    pub fn shop_fetches(&self, shop: ShopId, limit: u32) -> Result<Vec<Fetched>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::SHOP_FETCHES, "shop_fetch"), params![shop.to_string(), limit], |f| {
                Ok(Fetched { document: f.text()?, at: f.time()?, times: f.number()? })
            })
        })
    }

    /// When a retailer last fetched this document.
    pub fn shop_fetch(&self, shop: ShopId, document: &str) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| one(conn, (sql::SHOP_FETCH, "shop_fetch"), params![shop.to_string(), document], moment))
    }

    /// Who accepted the duties for a retailer, newest first.
    pub fn shop_acceptances(&self, shop: ShopId, limit: u32) -> Result<Vec<Acceptance>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::SHOP_ACCEPTANCES, "shop_acceptance"), params![shop.to_string(), limit], |f| {
                Ok(Acceptance { shop: f.parsed()?, version: f.number()?, who: f.text()?, at: f.time()? })
            })
        })
    }

    /// Units that readers of a retailer saw come back, by id, from after `after` on.
    pub fn shop_back(&self, shop: ShopId, after: &str, limit: u32) -> Result<Vec<Back>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::SHOP_BACK, "sighting"), params![shop.to_string(), after, limit], |f| {
                Ok(Back { device: f.parsed()?, product: f.parsed()?, at: f.time()? })
            })
        })
    }

    /// When any reader first saw a unit come back.
    pub fn unit_back(&self, device: &DeviceId) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| one(conn, (sql::UNIT_BACK, "sighting"), [device.as_str()], moment))
    }

    /// What is counted about retailers.
    pub fn shop_facts(&self, duties_version: u32) -> Result<ShopFacts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::SHOP_FACTS, "shop"), [duties_version], |f| {
                Ok(ShopFacts { shops: f.number()?, fetching: f.number()?, accepted: f.number()? })
            })
        })
    }

    /// Records about a product, newest first.
    pub fn product_proofs(&self, product: &ProductId, limit: u32) -> Result<Vec<Proof>, StoreError> {
        self.read(|conn| all(conn, (sql::PRODUCT_PROOFS, "product_proof"), params![product.as_str(), limit], proof_row))
    }

    /// One record.
    pub fn product_proof(&self, id: ProofId) -> Result<Option<Proof>, StoreError> {
        self.read(|conn| one(conn, (sql::PRODUCT_PROOF, "product_proof"), [id.to_string()], proof_row))
    }

    /// When a unit of the product last proved that it runs the image with this digest.
    pub fn firmware_proved(&self, product: &ProductId, image: &[u8; 32]) -> Result<Option<Timestamp>, StoreError> {
        let asked = params![product.as_str(), image];
        self.read(|conn| one(conn, (sql::FIRMWARE_PROVED, "appraisal"), asked, moment))
    }

    /// The privacy notice that was shown before a claim.
    pub fn claim_notice(&self, claim: ClaimId) -> Result<Option<Sha256Digest>, StoreError> {
        self.read(|conn| {
            one(conn, (sql::CLAIM_NOTICE, "claim_notice"), [claim.to_string()], |f| {
                f.bytes().map(Sha256Digest::from_bytes)
            })
        })
    }

    /// What is counted about privacy notices and claims.
    pub fn notice_facts(&self) -> Result<NoticeFacts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::CLAIM_NOTICE_FACTS, "claim_notice"), [], |f| {
                Ok(NoticeFacts { shown: f.number()?, without: f.number()? })
            })
        })
    }
}

fn shop_row(f: &mut Fields<'_>) -> Result<Shop, StoreError> {
    Ok(Shop {
        id: f.parsed()?,
        name: f.text()?,
        secret_hash: f.bytes()?,
        made: f.time()?,
        retired: f.optional(Fields::time)?,
        readers: Vec::new(),
    })
}

fn proof_row(f: &mut Fields<'_>) -> Result<Proof, StoreError> {
    let (id, product) = (f.parsed()?, f.parsed()?);
    let document = f.str()?;
    let said = Said::parse(document).map_err(|why| f.inconsistent(&format!("cannot be read: {why}")))?;
    Ok(Proof { id, product, said, at: f.time()?, by: f.parsed()? })
}

fn moment(f: &mut Fields<'_>) -> Result<Timestamp, StoreError> {
    f.time()
}

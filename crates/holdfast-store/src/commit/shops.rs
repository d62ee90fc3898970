//! Changes to retailers, records about products, and privacy notices that were shown.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::proof::Proof;
use holdfast_domain::fleet::shop::{Acceptance, Shop, ShopChange};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::sql;
use crate::writer::Desk;

impl Desk {
    pub(super) fn change_shop(&self, change: &ShopChange) -> Result<(), CommitError> {
        let on = On { key: "shop-known", unique: "shop-known", foreign: "shop-or-reader-unknown" };
        match change {
            ShopChange::Add(Shop { id, name, secret_hash, made, retired: _, readers: _ }) => {
                self.add(sql::SHOP_ADD, params![id.to_string(), name, secret_hash, made.as_micros()], on)
            }
            ShopChange::Retire { shop, at } => {
                self.must(sql::SHOP_RETIRE, params![at.as_micros(), shop.to_string()], "shop-retired")
            }
            ShopChange::Readers { shop, readers } => {
                let shop = shop.to_string();
                self.execute(sql::SHOP_READERS_CLEAR, [&shop])?;
                readers.iter().try_for_each(|reader| self.add(sql::SHOP_READER_ADD, params![shop, reader.as_str()], on))
            }
            ShopChange::Fetched { shop, document, at } => {
                self.add(sql::SHOP_FETCH_PUT, params![shop.to_string(), document, at.as_micros()], on)
            }
            ShopChange::Accept(Acceptance { shop, version, who, at }) => {
                let on = On { key: "duties-accepted-already", ..on };
                self.add(sql::SHOP_ACCEPT, params![shop.to_string(), at.as_micros(), version, who], on)
            }
        }
    }

    pub(super) fn keep_proof(&self, proof: &Proof) -> Result<(), CommitError> {
        let on = On { key: "proof-known", unique: "proof-known", foreign: "product-unknown" };
        let Proof { id, product, said, at, by } = proof;
        let (kind, document) = (said.kind().word(), said.text());
        let row = params![id.to_string(), product.as_str(), kind, document, at.as_micros(), by.to_string()];
        self.add(sql::PRODUCT_PROOF_ADD, row, on)
    }

    pub(super) fn add_claim_notice(
        &self,
        claim: ClaimId,
        product: &ProductId,
        notice: &Sha256Digest,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let on = On { key: "claim-known", unique: "claim-known", foreign: "claim-unknown" };
        let row = params![claim.to_string(), product.as_str(), notice.as_bytes(), at.as_micros()];
        self.add(sql::CLAIM_NOTICE_ADD, row, on)
    }
}

//! Importing a factory batch: what the store knows of it is looked up in bulk, whatever its size.

use std::collections::BTreeSet;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::DeviceId;
use holdfast_domain::fleet::batch::{BatchFacts, import_batch};
use holdfast_domain::fleet::{FactoryBatch, KeyThumbprint};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Page, PageAsk, RefusalKind};

use super::paging::{cursor, cut};
use super::{House, absent, chain, refuse, stored};
use crate::clock;
use crate::factory::FactoryManifest;

impl House {
    pub(super) fn take_batch(&self, by: &Caller, manifest: &[u8]) -> Answer<FactoryBatch> {
        let parsed =
            FactoryManifest::parse(manifest).map_err(|why| refuse(RefusalKind::Malformed, why.name(), chain(&why)))?;
        let _turn = self.turns.batches.take();
        let (id, factory_ca) = (parsed.batch(), *parsed.factory_ca());
        let offered = parsed.offered(manifest);
        let product = self.store.product(&offered.product).map_err(stored)?;
        let ids: Vec<DeviceId> = offered.devices.iter().map(|listed| listed.id.clone()).collect();
        let keys: Vec<KeyThumbprint> = offered.devices.iter().map(|listed| listed.key).collect();
        let mut codes_taken = BTreeSet::new();
        for code in offered.devices.iter().filter_map(|listed| listed.claim_lookup) {
            if !self.store.claim_codes(&code).map_err(stored)?.is_empty() {
                codes_taken.insert(code);
            }
        }
        let facts = BatchFacts {
            product: product.as_ref(),
            imported: self.store.batch(id).map_err(stored)?.is_some(),
            factory_ca_trusted: self.trusts_factory_ca(&factory_ca),
            ids_taken: self.store.known_devices(&ids).map_err(stored)?.into_iter().collect(),
            keys_taken: self.store.known_factory_keys(&keys).map_err(stored)?.into_iter().collect(),
            codes_taken,
        };
        let decision = import_batch(&facts, offered, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), chain(&why)))?;
        self.decide(decision)?;
        let made = self.store.batch(id).map_err(stored)?;
        made.ok_or_else(|| absent("batch-unknown", format_args!("batch {id}")))
    }

    /// Imported batches, newest first.
    pub(super) fn batches_page(&self, page: &PageAsk) -> Answer<Page<FactoryBatch>> {
        let mut rows = self.store.batches().map_err(stored)?;
        if let Some(before) = cursor(page)? {
            rows.retain(|batch| batch.id < before);
        }
        Ok(cut(rows, page, |batch| batch.id.to_string()))
    }

    fn trusts_factory_ca(&self, digest: &[u8; 32]) -> bool {
        let Some(document) = self.trust.document() else { return false };
        document.content().factory_cas.iter().any(|der| Sha256Digest::of(der).as_bytes() == digest)
    }
}

//! The ledger and the conformity report, as people read them.

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::conformity::{self, Catalogue};
use holdfast_store::ledger::{Leaf, LedgerOf as Of};
use holdfast_web::backend::history::{
    Authority, Checkpoint, Conformity, ConformityRow, EntryProof, History, LedgerAsk, LedgerEntry, LedgerOf,
};
use holdfast_web::backend::{Answer, Page, PageAsk};
use rustls::pki_types::CertificateDer;

use super::paging::{cursor, cut, one_more};
use super::{House, fault, stored};
use crate::authority::secret_file::{hex, pem};
use crate::clock;
use crate::work::checkpoint;

mod facts;

impl History for House {
    fn authority(&self) -> Answer<Authority> {
        let signer = checkpoint::signer(self).map_err(|why| fault(&why))?;
        let freshness = self.authority.freshness_to_name().to_cose_key();
        let pem = |der: &CertificateDer<'_>| pem("CERTIFICATE", der).to_string();
        Ok(Authority {
            ca_pem: self.authority.ca_pem(),
            cas_pem: self.authority.ca_certificates().iter().map(pem).collect(),
            freshness_key: hex(&freshness),
            ledger_key: signer.verifier().to_string(),
            ledger_origin: checkpoint::ORIGIN.to_owned(),
        })
    }

    fn checkpoint(&self) -> Answer<Checkpoint> {
        let head = checkpoint::newest(self).map_err(|why| fault(why.as_ref()))?;
        Ok(Checkpoint { note: head.note, size: head.size, root: head.root })
    }

    fn ledger_entries(&self, from: u64, rows: u16) -> Answer<Vec<LedgerEntry>> {
        let leaves = self.store.ledger_leaves(from, u32::from(rows)).map_err(stored)?;
        Ok(leaves.into_iter().map(entry).collect())
    }

    fn ledger_search(&self, ask: &LedgerAsk, page: &PageAsk) -> Answer<Page<LedgerEntry>> {
        let of = match &ask.of {
            LedgerOf::All => Of::All,
            LedgerOf::Device(device) => Of::Device(device.clone()),
            LedgerOf::Person(person) => Of::Person(*person),
            LedgerOf::Kind(kind) => Of::Kind(kind.clone()),
        };
        let after = cursor::<u64>(page)?;
        let by_time = ask.before.map(|at| self.store.ledger_place(at)).transpose().map_err(stored)?;
        let before = after.into_iter().chain(by_time).min();
        let leaves = self.store.ledger_search(&of, before, one_more(page)).map_err(stored)?;
        let page = cut(leaves, page, |leaf| leaf.index.to_string());
        Ok(Page { rows: page.rows.into_iter().map(entry).collect(), next: page.next })
    }

    fn ledger_entry(&self, index: u64) -> Answer<Option<EntryProof>> {
        let Some(leaf) =
            self.store.ledger_leaves(index, 1).map_err(stored)?.into_iter().find(|leaf| leaf.index == index)
        else {
            return Ok(None);
        };
        let head = self.checkpoint()?;
        let path = if index < head.size { self.store.inclusion_proof(index, head.size).map_err(stored)? } else { None };
        Ok(Some(EntryProof { entry: entry(leaf), head, path }))
    }

    fn device_ledger(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<LedgerEntry>> {
        let before = cursor::<u64>(page)?;
        let leaves = self.store.ledger_leaves_of(id, before, one_more(page)).map_err(stored)?;
        let page = cut(leaves, page, |leaf| leaf.index.to_string());
        Ok(Page { rows: page.rows.into_iter().map(entry).collect(), next: page.next })
    }

    fn conformity(&self) -> Answer<Conformity> {
        let now = clock::now();
        let catalogue = Catalogue::current();
        let rows = conformity::assess(&self.facts()?).into_iter().map(|assessed| ConformityRow {
            id: assessed.requirement.id.clone(),
            text: assessed.requirement.text.clone(),
            level: assessed.requirement.level.clone(),
            capability: assessed.requirement.capability.clone(),
            status: assessed.status,
            as_of: (!assessed.evidence.is_empty()).then_some(now),
            evidence: assessed.evidence,
        });
        Ok(Conformity {
            catalogue: catalogue.edition.clone(),
            at: now,
            capabilities: catalogue.capabilities.clone(),
            rows: rows.collect(),
        })
    }
}

fn entry(leaf: Leaf) -> LedgerEntry {
    let line: serde_json::Value = serde_json::from_str(&leaf.line).unwrap_or_default();
    let at = line.get("at").and_then(serde_json::Value::as_i64).unwrap_or_default();
    let kind = line.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    LedgerEntry { index: leaf.index, at: Timestamp::from_micros(at), kind, leaf: leaf.line, leaf_hash: leaf.hash }
}

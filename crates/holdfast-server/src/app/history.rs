//! The ledger and the conformity report, as people read them.

use holdfast_core::cose::{PublicKey, Signer as _};
use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_domain::conformity::{self, Catalogue, Facts};
use holdfast_store::ledger::Leaf;
use holdfast_web::backend::history::{Authority, Checkpoint, Conformity, ConformityRow, History, LedgerEntry};
use holdfast_web::backend::{Answer, Page, PageAsk};
use rustls::pki_types::CertificateDer;

use super::paging::{cursor, cut, one_more};
use super::{House, fault, stored};
use crate::authority::secret_file::{hex, pem};
use crate::clock;
use crate::tls::witness::DoorName;
use crate::work::checkpoint;

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

impl House {
    fn facts(&self) -> Answer<Facts> {
        let counted = self.store.facts().map_err(stored)?;
        let trust = self.trust.document();
        let needed = trust.as_ref().map_or(0, |trust| trust.content().release.threshold());
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        let release_keys_on_server = match trust {
            None => 0,
            Some(trust) => {
                let ledger = checkpoint::signer(self).map_err(|why| fault(&why))?.verifier();
                let ledger = PublicKey::ed25519(*ledger.public_key()).ok();
                let freshness = self.authority.freshness().public_key();
                let ours = |key: &&PublicKey| **key == freshness || Some(*key) == ledger.as_ref();
                trust.content().release.keys().iter().filter(ours).count()
            }
        };
        let seen = self.doors.witness().testimony();
        Ok(Facts {
            devices: counted.devices,
            factory_keys: counted.factory_keys,
            devices_enrolled: counted.devices_enrolled,
            certificates_proven: counted.certificates_proven,
            telemetry_stored: counted.telemetry_stored,
            refusals: counted.refusals,
            releases: counted.releases,
            releases_under_threshold: self.store.releases_signed_by_fewer(needed).map_err(stored)?,
            release_keys_on_server: u64::try_from(release_keys_on_server).unwrap_or(u64::MAX),
            executions_succeeded: counted.executions_succeeded,
            executions_rolled_back: counted.executions_rolled_back,
            integrity_alerts: counted.alerts_integrity,
            contradictions: counted.appraisals_contraindicated,
            recoveries: counted.alerts_integrity.saturating_sub(counted.devices_quarantined),
            ledger_lines: counted.ledger_lines,
            listeners: DoorName::ALL.len() as u64,
            listeners_seen: seen.doors_seen,
            listeners_tls13: seen.doors_tls13,
            handshakes: seen.handshakes,
        })
    }
}

fn entry(leaf: Leaf) -> LedgerEntry {
    let line: serde_json::Value = serde_json::from_str(&leaf.line).unwrap_or_default();
    let at = line.get("at").and_then(serde_json::Value::as_i64).unwrap_or_default();
    let kind = line.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    LedgerEntry { index: leaf.index, at: Timestamp::from_micros(at), kind, leaf: leaf.line, leaf_hash: leaf.hash }
}

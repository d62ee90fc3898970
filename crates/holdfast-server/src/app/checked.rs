//! How the version that a device runs was checked: its signers, the device's proof, the line of history that published it.

use holdfast_core::id::{DeviceId, ReleaseId};
use holdfast_domain::decision::kind;
use holdfast_domain::integrity::Verdict;
use holdfast_store::ledger::LedgerOf;
use holdfast_web::backend::Answer;
use holdfast_web::backend::owner::{Installed, LogEntry};

use super::{House, fault, stored};

/// Lines of history that are looked through at once.
const LINES_AT_ONCE: u32 = 500;

impl House {
    /// What is known of the version that a device runs; `None` if it is of no release that we know.
    pub(super) fn installed(&self, device: &DeviceId) -> Answer<Option<Installed>> {
        let Some(software) = self.store.device(device).map_err(stored)?.and_then(|device| device.software) else {
            return Ok(None);
        };
        let releases = self.store.releases_by_image_digest(&software.image_digest).map_err(stored)?;
        let Some(release) = releases.into_iter().find(|release| release.sequence == software.sequence) else {
            return Ok(None);
        };
        let newest = self.store.appraisals(device, None, 1).map_err(stored)?.pop();
        let appraised = newest.map(|kept| {
            let appraisal = kept.appraisal;
            let same = appraisal.image_digest == release.artifact_digest;
            (same && appraisal.verdict == Verdict::Affirming, appraisal.at)
        });
        let signers = crate::offline::signers(&release.envelope).map_err(|why| fault(&why))?;
        let needed = self.trust.document().map_or(0, |trust| trust.content().release.threshold());
        Ok(Some(Installed {
            entry: self.published_in(release.id)?,
            release: release.id,
            version: release.version,
            appraised,
            signer_keys: signers.iter().map(|key| *key.as_bytes()).collect(),
            signers_needed: u32::try_from(needed).unwrap_or(u32::MAX),
            manifest_digest: release.manifest_digest,
            artifact_digest: release.artifact_digest,
        }))
    }

    /// The line of history in which a release was published.
    fn published_in(&self, release: ReleaseId) -> Answer<Option<LogEntry>> {
        let (of, named) = (LedgerOf::Kind(kind::RELEASE_PUBLISHED.to_owned()), release.to_string());
        let mut before = None;
        loop {
            let leaves = self.store.ledger_search(&of, before, LINES_AT_ONCE).map_err(stored)?;
            let Some(last) = leaves.last() else { return Ok(None) };
            before = Some(last.index);
            let publishes = |line: &str| {
                let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
                line.get("release").and_then(serde_json::Value::as_str) == Some(named.as_str())
            };
            if let Some(leaf) = leaves.into_iter().find(|leaf| publishes(&leaf.line)) {
                return Ok(Some(LogEntry { index: leaf.index, hash: leaf.hash, line: leaf.line }));
            }
        }
    }
}

//! The sample's answers about trust, releases and deployments.

use holdfast_core::hash::{Hasher, Sha256Digest};
use holdfast_core::id::{DeploymentId, DeviceId, PersonId, ProductId, ReleaseId};
use holdfast_core::time::Millis;
use holdfast_domain::updates::{DeploymentState, Execution, ExecutionState, Release, ReleaseKind, TrustVersion};
use holdfast_web::backend::fleet::ExecutionCounts;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{
    ArtifactSink, DeploymentOrder, DeploymentView, KeySet, NewDeployment, PhaseView, ReleaseView, StoredArtifact,
    TrustView, Updates,
};
use holdfast_web::backend::{Answer, Ground as _, Page, PageAsk, RefusalKind};

use super::devices::{camera, thermostat};
use super::{NOON, Sample, refuse};

struct Sink {
    wanted: Sha256Digest,
    hasher: Hasher,
    bytes: u64,
}

impl ArtifactSink for Sink {
    fn write(&mut self, piece: &[u8]) -> Answer<()> {
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }
    fn finish(self: Box<Self>) -> Answer<StoredArtifact> {
        if self.hasher.finish() != self.wanted {
            return refuse(RefusalKind::Unacceptable, "artifact-digest-mismatch", "The bytes have another digest.");
        }
        Ok(StoredArtifact { digest: self.wanted, bytes: self.bytes, already: false })
    }
}

pub(crate) fn release_id(n: u8) -> ReleaseId {
    ReleaseId::new(NOON, [n; 10])
}

pub(crate) fn deployment_id(n: u8) -> DeploymentId {
    DeploymentId::new(NOON, [n; 10])
}

impl Sample {
    fn all_releases(&self) -> Vec<Release> {
        let one = |n: u8, product, version: &str, sequence, kind, description: &str| Release {
            id: release_id(n),
            product,
            version: version.to_owned(),
            sequence,
            kind,
            security_floor: 2,
            description: description.to_owned(),
            manifest_digest: [0x90 + n; 32],
            artifact_digest: [0x2a + n; 32],
            artifact_bytes: 6_291_456 + u64::from(n) * 12_345,
            signers: 2,
            envelope: vec![0xd8, 0x6b],
            published: self.ago(u64::from(n) * 3_600 * 7),
            withdrawn: n == 3,
        };
        if self.empty() {
            return Vec::new();
        }
        vec![
            one(
                1,
                thermostat(),
                "1.2.0",
                3,
                ReleaseKind::Security,
                "Closes a hole in the local network interface. Heating goes on during the update.",
            ),
            one(2, thermostat(), "1.1.0", 2, ReleaseKind::Feature, "Quieter valve at night."),
            one(3, thermostat(), "1.0.4", 1, ReleaseKind::Feature, "First release."),
            one(4, camera(), "3.0.1", 9, ReleaseKind::Security, "Fixes certificate checks."),
        ]
    }

    fn all_deployments(&self) -> Vec<DeploymentView> {
        let phase = |success_percent, counts| PhaseView {
            success_percent,
            share_percent: None,
            started: Some(self.ago(1_400)),
            silent: 0,
            counts,
        };
        let one = |n: u8, version: &str, state, phases| DeploymentView {
            id: deployment_id(n),
            release: release_id(n),
            version: version.to_owned(),
            product: thermostat(),
            group: (n == 4).then(|| "beta-testers".parse().unwrap()),
            state,
            generation: 1,
            abort_threshold_percent: 20,
            min_devices: 2,
            deadline: Millis::from_secs(3_600),
            created_by: PersonId::new(NOON, [1; 10]),
            created_by_name: "Bram de Wit".to_owned(),
            created: self.ago(1_500 * u64::from(n)),
            phases,
            moments: Vec::new(),
        };
        if self.empty() {
            return Vec::new();
        }
        vec![
            one(
                1,
                "1.2.0",
                DeploymentState::Running { phase: 1 },
                vec![
                    phase(90, ExecutionCounts { succeeded: 3, ..Default::default() }),
                    phase(
                        95,
                        ExecutionCounts {
                            succeeded: 2,
                            rolled_back: 1,
                            downloading: 1,
                            installing: 1,
                            ..Default::default()
                        },
                    ),
                    phase(95, ExecutionCounts { queued: 3, ..Default::default() }),
                ],
            ),
            one(
                2,
                "1.1.0",
                DeploymentState::Completed,
                vec![phase(90, ExecutionCounts { succeeded: 11, ..Default::default() })],
            ),
            one(
                3,
                "1.0.9",
                DeploymentState::Aborted { reason: "abort-threshold-reached".to_owned() },
                vec![phase(90, ExecutionCounts { succeeded: 1, failed: 2, queued: 1, ..Default::default() })],
            ),
            one(
                4,
                "1.0.8",
                DeploymentState::Paused { phase: 0 },
                vec![phase(90, ExecutionCounts { queued: 4, ..Default::default() })],
            ),
        ]
    }

    pub(super) fn executions_of(&self, id: &DeviceId) -> Vec<Execution> {
        let rows = self.all_executions();
        rows.into_iter().filter(|execution| execution.device == *id).collect()
    }

    fn all_executions(&self) -> Vec<Execution> {
        let states = [
            (0, ExecutionState::Succeeded),
            (0, ExecutionState::Succeeded),
            (0, ExecutionState::Succeeded),
            (1, ExecutionState::Installing),
            (1, ExecutionState::Succeeded),
            (1, ExecutionState::RolledBack("health-check-failed".to_owned())),
            (1, ExecutionState::Succeeded),
            (1, ExecutionState::Downloading),
            (2, ExecutionState::Queued),
            (2, ExecutionState::Queued),
            (2, ExecutionState::Queued),
        ];
        let one = |(n, (phase, state)): (usize, (u32, ExecutionState))| Execution {
            deployment: deployment_id(1),
            device: format!("hearth-{:04}", n + 1).parse().unwrap(),
            phase,
            percent: if state == ExecutionState::Downloading { 62 } else { 0 },
            state,
            changed: self.ago(40 * (n as u64 + 1)),
        };
        states.into_iter().enumerate().map(one).collect()
    }
}

impl Updates for Sample {
    fn trust(&self, version: Option<u64>) -> Answer<Option<TrustView>> {
        if self.empty() || version.is_some_and(|v| v != 1) {
            return Ok(None);
        }
        Ok(Some(TrustView {
            trust: TrustVersion { version: 1, document: vec![0xd8, 0x62], accepted: self.ago(86_400 * 8) },
            maker_domain: "hearthworks.example".to_owned(),
            root: KeySet { threshold: 2, keys: vec![[0x11; 32], [0x12; 32], [0x13; 32]] },
            release: KeySet { threshold: 2, keys: vec![[0x21; 32], [0x22; 32], [0x23; 32]] },
            freshness_key: [0x31; 32],
        }))
    }
    fn add_trust(&self, _: &Caller, document: &[u8]) -> Answer<TrustVersion> {
        self.note("add_trust");
        Ok(TrustVersion { version: 2, document: document.to_vec(), accepted: self.now() })
    }
    fn begin_artifact(&self, _: &Caller, digest: Sha256Digest) -> Answer<Box<dyn ArtifactSink>> {
        Ok(Box::new(Sink { wanted: digest, hasher: Hasher::new(), bytes: 0 }))
    }
    fn add_release(&self, _: &Caller, _: &ProductId, envelope: &[u8]) -> Answer<Release> {
        if envelope.is_empty() {
            return refuse(RefusalKind::Malformed, "envelope-truncated", "The envelope ends too early.");
        }
        self.note("add_release");
        Ok(self.all_releases().remove(0))
    }
    fn releases(&self, product: Option<&ProductId>, _: &PageAsk) -> Answer<Page<Release>> {
        let rows = self.all_releases().into_iter().filter(|release| product.is_none_or(|p| release.product == *p));
        Ok(Page::whole(rows.collect()))
    }
    fn release(&self, id: ReleaseId) -> Answer<Option<ReleaseView>> {
        let Some(release) = self.all_releases().into_iter().find(|release| release.id == id) else { return Ok(None) };
        Ok(Some(ReleaseView {
            signer_keys: vec![[0x21; 32], [0x23; 32]],
            signers_needed: 2,
            artifact_stored: release.sequence != 2,
            running: 5,
            devices: 12,
            health: Some(("bin/health".to_owned(), Millis::from_secs(60))),
            deployments: self.all_deployments().into_iter().filter(|view| view.release == id).collect(),
            notes: if release.sequence == 1 { Vec::new() } else { super::tidings::notes(release.manifest_digest) },
            release,
        }))
    }
    fn add_deployment(&self, _: &Caller, new: &NewDeployment) -> Answer<DeploymentView> {
        if new.abort_threshold_percent == 0 {
            return refuse(
                RefusalKind::Unacceptable,
                "abort-threshold-zero",
                "A threshold of 0 would stop at the first failure; choose 1 or more.",
            );
        }
        let to = new.group.as_ref().map(|group| format!(" to {group}")).unwrap_or_default();
        self.note(format!("add_deployment {} phases, {} s{to}", new.phases.len(), new.deadline.0 / 1_000));
        Ok(self.all_deployments().remove(0))
    }
    fn deployments(&self, _: &PageAsk) -> Answer<Page<DeploymentView>> {
        Ok(Page::whole(self.all_deployments()))
    }
    fn deployment(&self, id: DeploymentId) -> Answer<Option<DeploymentView>> {
        Ok(self.all_deployments().into_iter().find(|view| view.id == id))
    }
    fn executions(&self, _: DeploymentId, state: Option<&str>, _: &PageAsk) -> Answer<Page<Execution>> {
        let rows = if self.empty() { Vec::new() } else { self.all_executions() };
        Ok(Page::whole(rows.into_iter().filter(|run| state.is_none_or(|state| run.state.name() == state)).collect()))
    }
    fn order_deployment(&self, _: &Caller, id: DeploymentId, order: DeploymentOrder) -> Answer<DeploymentView> {
        let Some(view) = self.deployment(id)? else {
            return refuse(RefusalKind::Absent, "deployment-unknown", "There is no such deployment.");
        };
        if view.state == DeploymentState::Completed {
            return refuse(
                RefusalKind::Conflict,
                "deployment-state-wrong",
                "This deployment is completed; nothing is left to order.",
            );
        }
        self.note(format!("{order:?}"));
        Ok(view)
    }
}

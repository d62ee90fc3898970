//! Judges what a device measured of itself against the maker's published releases (RFC 9334 §8, the verifier's part).
//!
//! Contradicting evidence contains a device; fresh affirming evidence lifts a containment that evidence caused, and only
//! that. What a person ordered, a person takes back. A withdrawn release stays a good reference: it is not forged, and its
//! devices must work until they have a better one. Nonce and signature were checked before.

use holdfast_core::id::AlertId;
use holdfast_core::time::Timestamp;

use super::{Alert, Appraisal, Severity, Verdict, alert_kind, open_alert};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::{Device, Quarantine, Software};
use crate::updates::Release;

/// The reason of a quarantine that a person ordered.
pub const BY_PERSON: &str = "by-person";
/// The reason of a quarantine that a playbook set: good evidence does not lift it, for it was not evidence that caused it.
pub const BY_PLAYBOOK: &str = "by-playbook";

/// What a device's verified evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceClaims {
    /// Running slot, `a` or `b`.
    pub slot: char,
    /// SHA-256 of the running slot's image, freshly measured.
    pub image_digest: [u8; 32],
    /// SHA-256 of the manifest that the device installed it by.
    pub manifest_digest: [u8; 32],
    /// That manifest's sequence number.
    pub sequence: u64,
    /// The device's security floor.
    pub security_floor: u64,
}

/// What is known when evidence arrives.
#[derive(Debug, Clone, Copy)]
pub struct AppraisalFacts<'a> {
    /// The device; its factory key signed the evidence.
    pub device: &'a Device,
    /// What it says.
    pub claims: EvidenceClaims,
    /// SHA-256 of the evidence as received.
    pub evidence_digest: [u8; 32],
    /// Every release of the device's product, withdrawn ones included.
    pub releases: &'a [Release],
    /// Open alerts about the device.
    pub alerts: &'a [Alert],
}

/// What is wrong with evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// The running image is none that the maker published.
    SlotDigestUnknown,
    /// The image was published, but by another manifest or sequence number than the device claims.
    ManifestMismatch,
    /// What runs is below the device's own security floor.
    BelowFloor,
}

impl Contradiction {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SlotDigestUnknown => "slot-digest-unknown",
            Self::ManifestMismatch => "manifest-mismatch",
            Self::BelowFloor => "below-floor",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::SlotDigestUnknown => "runs software that was never published",
            Self::ManifestMismatch => "runs a published image under the manifest of another",
            Self::BelowFloor => "runs a version that a security release has ruled out",
        }
    }
}

/// Judges evidence and decides what follows. `alert` is the id of the alert, should one be needed.
#[must_use]
pub fn appraise(facts: &AppraisalFacts<'_>, alert: AlertId, now: Timestamp) -> (Verdict, Decision) {
    match compare(&facts.claims, facts.releases) {
        Ok(release) => (Verdict::Affirming, affirm(facts, release, now)),
        Err(what) => (Verdict::Contraindicated(what.name().to_owned()), contradict(facts, what, alert, now)),
    }
}

fn compare<'a>(claims: &EvidenceClaims, releases: &'a [Release]) -> Result<&'a Release, Contradiction> {
    let mut known = releases.iter().filter(|release| release.artifact_digest == claims.image_digest).peekable();
    if known.peek().is_none() {
        return Err(Contradiction::SlotDigestUnknown);
    }
    let same =
        |release: &&Release| release.manifest_digest == claims.manifest_digest && release.sequence == claims.sequence;
    let release = known.find(same).ok_or(Contradiction::ManifestMismatch)?;
    if claims.sequence < claims.security_floor { Err(Contradiction::BelowFloor) } else { Ok(release) }
}

fn appraisal(facts: &AppraisalFacts<'_>, verdict: Verdict, now: Timestamp) -> Change {
    Change::AddAppraisal(Appraisal {
        device: facts.device.id.clone(),
        verdict,
        evidence_digest: facts.evidence_digest,
        image_digest: facts.claims.image_digest,
        at: now,
    })
}

fn line(facts: &AppraisalFacts<'_>, kind: &'static str, now: Timestamp) -> LedgerLine {
    LedgerLine::new(kind, now)
        .fact("device", &facts.device.id)
        .fact("evidence", &facts.evidence_digest)
        .fact("image", &facts.claims.image_digest)
}

fn affirm(facts: &AppraisalFacts<'_>, release: &Release, now: Timestamp) -> Decision {
    let device = &facts.device.id;
    let mut decision = Decision::quiet(vec![appraisal(facts, Verdict::Affirming, now)]);
    let runs = Software {
        version: release.version.clone(),
        sequence: release.sequence,
        image_digest: release.artifact_digest,
        slot: facts.claims.slot,
        at: now,
    };
    let known = facts.device.software.as_ref();
    if known.is_none_or(|known| Software { at: now, ..known.clone() } != runs) {
        decision.changes.push(Change::SetSoftware { device: device.clone(), software: runs });
    }
    if let Some(told) = open_alert(facts.alerts, alert_kind::INTEGRITY_CONTRADICTED) {
        decision.changes.push(Change::CloseAlert { alert: told.id, at: now, by: None });
    }
    if facts.device.quarantine.as_ref().is_some_and(|quarantine| !is_by_person(quarantine)) {
        decision.changes.push(Change::SetQuarantine { device: device.clone(), to: None });
        decision.line = Some(line(facts, kind::EVIDENCE_AFFIRMED, now).fact("sequence", release.sequence));
        decision.effects = vec![
            Effect::PushPolicy(device.clone()),
            Effect::PushShadow(device.clone()),
            Effect::PushCommands(device.clone()),
        ];
    }
    decision
}

fn contradict(facts: &AppraisalFacts<'_>, what: Contradiction, id: AlertId, now: Timestamp) -> Decision {
    let device = &facts.device.id;
    let verdict = Verdict::Contraindicated(what.name().to_owned());
    let mut decision = Decision::quiet(vec![appraisal(facts, verdict, now)]);
    if facts.device.quarantine.is_none() {
        let to = Some(Quarantine { since: now, reason: what.name().to_owned() });
        decision.changes.push(Change::SetQuarantine { device: device.clone(), to });
        decision.effects.push(Effect::PushPolicy(device.clone()));
    } else if open_alert(facts.alerts, alert_kind::INTEGRITY_CONTRADICTED).is_some() || !by_person(facts.device) {
        return decision;
    }
    decision.line = Some(line(facts, kind::EVIDENCE_CONTRADICTED, now).fact("reason", what.name()).fact("alert", &id));
    decision.changes.push(Change::OpenAlert(Alert {
        id,
        device: Some(device.clone()),
        kind: alert_kind::INTEGRITY_CONTRADICTED.to_owned(),
        severity: Severity::Critical,
        text: alert_text(facts.device, what),
        opened: now,
        closed: None,
    }));
    decision
}

fn alert_text(device: &Device, what: Contradiction) -> String {
    let next = if by_person(device) {
        "It is quarantined by a person's order and stays so until a person lets it out."
    } else {
        "It is quarantined: it may send evidence, events and update reports, and nothing else. It was told to start its \
         last good version; fresh good evidence lifts the quarantine by itself. If it does not within a few minutes, \
         inspect the unit."
    };
    format!("{} {} ({}). {next}", device.id, what.what(), what.name())
}

/// Whether a person ordered this quarantine, directly or by a playbook: then a person takes it back, and evidence does not.
#[must_use]
pub fn is_by_person(quarantine: &Quarantine) -> bool {
    quarantine.reason == BY_PERSON || quarantine.reason == BY_PLAYBOOK
}

fn by_person(device: &Device) -> bool {
    device.quarantine.as_ref().is_some_and(is_by_person)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, alert_id, device, later, release, running};

    fn claims(sequence: u64) -> EvidenceClaims {
        let release = release(sequence);
        EvidenceClaims {
            slot: 'a',
            image_digest: release.artifact_digest,
            manifest_digest: release.manifest_digest,
            sequence,
            security_floor: 0,
        }
    }

    fn judge(device: &Device, claims: EvidenceClaims, alerts: &[Alert]) -> (Verdict, Decision) {
        let releases = [release(1), Release { withdrawn: true, ..release(2) }];
        let facts = AppraisalFacts { device, claims, evidence_digest: [0xee; 32], releases: &releases, alerts };
        appraise(&facts, alert_id(), later(5))
    }

    fn tampered() -> EvidenceClaims {
        EvidenceClaims { image_digest: [0xbd; 32], ..claims(1) }
    }

    fn quarantined(reason: &str) -> Device {
        Device { quarantine: Some(Quarantine { since: NOW, reason: reason.to_owned() }), ..device() }
    }

    fn alert_in(decision: &Decision) -> Option<Alert> {
        let alert = |change: &Change| if let Change::OpenAlert(alert) = change { Some(alert.clone()) } else { None };
        decision.changes.iter().find_map(alert)
    }

    /// The reason of the quarantine that is set, `lifted`, or `kept`.
    fn quarantine_in(decision: &Decision) -> String {
        let set = |change: &Change| if let Change::SetQuarantine { to, .. } = change { Some(to.clone()) } else { None };
        let reason = |to: Option<Quarantine>| to.map_or("lifted".to_owned(), |quarantine| quarantine.reason);
        decision.changes.iter().find_map(set).map_or("kept".to_owned(), reason)
    }

    #[test]
    fn evidence_of_a_published_release_is_affirming_and_shows_what_runs() {
        let (verdict, decision) = judge(&device(), claims(1), &[]);
        assert_eq!(verdict, Verdict::Affirming);
        assert!(matches!(&decision.changes[1], Change::SetSoftware { software, .. } if software.version == "1.1.0"));
        assert_eq!((decision.line, decision.effects), (None, vec![]), "good evidence every few minutes is no history");
        let known = Device { software: Some(running(1)), ..device() };
        assert_eq!(judge(&known, claims(1), &[]).1.changes.len(), 1, "what has not changed is not written again");
        assert_eq!(judge(&device(), claims(2), &[]).0, Verdict::Affirming, "a withdrawn release is genuine");
    }

    #[test]
    fn each_contradiction_has_its_name() {
        for (claims, name) in [
            (tampered(), "slot-digest-unknown"),
            (EvidenceClaims { manifest_digest: [0; 32], ..claims(1) }, "manifest-mismatch"),
            (EvidenceClaims { sequence: 2, ..claims(1) }, "manifest-mismatch"),
            (EvidenceClaims { security_floor: 2, ..claims(1) }, "below-floor"),
        ] {
            let (verdict, decision) = judge(&device(), claims, &[]);
            assert_eq!(verdict, Verdict::Contraindicated(name.to_owned()));
            assert_eq!(quarantine_in(&decision), name);
        }
        let (verdict, _) = judge(&device(), EvidenceClaims { security_floor: 1, ..claims(1) }, &[]);
        assert_eq!(verdict, Verdict::Affirming, "at the floor is not below it");
    }

    #[test]
    fn contradicting_evidence_contains_the_device_and_tells_a_person_once() {
        let (_, decision) = judge(&device(), tampered(), &[]);
        let alert = alert_in(&decision).expect("an alert");
        assert_eq!((alert.kind.as_str(), alert.severity), ("integrity-contradicted", Severity::Critical));
        assert!(alert.text.contains("quarantined"), "{}", alert.text);
        assert_eq!(
            decision.effects,
            [Effect::PushPolicy(device().id)],
            "it stays connected, or it could not come back"
        );
        assert_eq!(decision.line.map(|line| line.kind), Some("evidence-contradicted"));

        let (_, again) = judge(&quarantined("slot-digest-unknown"), tampered(), &[alert]);
        assert_eq!((again.changes.len(), again.line), (1, None), "only the appraisal");
    }

    #[test]
    fn fresh_good_evidence_lifts_what_evidence_caused() {
        let contained = quarantined("slot-digest-unknown");
        let alert = alert_in(&judge(&device(), tampered(), &[]).1).expect("an alert");
        let (_, decision) = judge(&contained, claims(1), std::slice::from_ref(&alert));
        assert_eq!(quarantine_in(&decision), "lifted");
        assert!(decision.changes.contains(&Change::CloseAlert { alert: alert.id, at: later(5), by: None }));
        assert!(decision.effects.contains(&Effect::PushPolicy(device().id)));
        assert_eq!(decision.line.map(|line| line.kind), Some("evidence-affirmed"));
    }

    #[test]
    fn evidence_does_not_touch_what_a_person_ordered() {
        let contained = quarantined(BY_PERSON);
        assert_eq!(quarantine_in(&judge(&contained, claims(1), &[]).1), "kept");
        let (_, decision) = judge(&contained, tampered(), &[]);
        assert_eq!(quarantine_in(&decision), "kept");
        let alert = alert_in(&decision).expect("a person is told all the same");
        assert_eq!(judge(&contained, tampered(), &[alert]).1.changes.len(), 1);
    }
}

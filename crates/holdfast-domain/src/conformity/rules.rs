//! From facts to status. A rule is added only when its facts prove the whole requirement, not a part of it.

use super::{Facts, Status};

/// What facts say of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// How it stands.
    pub status: Status,
    /// The facts, in one sentence.
    pub evidence: String,
}

type Rule = (&'static [&'static str], fn(&Facts) -> Option<Proof>);

/// Requirements that share their facts share a rule.
const RULES: &[Rule] = &[
    (&["CoP-1.1"], no_device_password),
    (&["CoP-5.1", "MOZ-ENC-2", "MOZ-ENC-4"], every_listener_is_tls13),
    (&["CoP-3.12"], updates_over_mutual_tls),
    (&["MOZ-UPD-6", "FUA-3"], releases_by_threshold),
    (&["FUA-11"], no_signing_key_on_the_server),
    (&["CoP-7.2"], tampering_alerts),
    (&["CoP-7.4", "CoP-7.5"], recovery_from_known_good),
];

pub(super) fn judge(id: &str, facts: &Facts) -> Option<Proof> {
    RULES.iter().find(|(ids, _)| ids.contains(&id)).and_then(|(_, rule)| rule(facts))
}

#[cfg(test)]
pub(super) fn spoken_of() -> impl Iterator<Item = &'static str> {
    RULES.iter().flat_map(|(ids, _)| ids.iter().copied())
}

const fn met(evidence: String) -> Proof {
    Proof { status: Status::Met, evidence }
}

const fn not_met(evidence: String) -> Proof {
    Proof { status: Status::NotMet, evidence }
}

/// Guideline 1: there is no password on a device at all; each has its own key.
fn no_device_password(f: &Facts) -> Option<Proof> {
    if f.devices_enrolled == 0 {
        return None;
    }
    if f.factory_keys != f.devices {
        return Some(not_met(format!("{} devices share {} factory keys", f.devices, f.factory_keys)));
    }
    Some(met(format!(
        "no device has a password: {} devices with {} distinct factory keys, {} enrolled with a certificate of their own",
        f.devices, f.factory_keys, f.devices_enrolled
    )))
}

/// Guideline 5; Mozilla standard 1.
fn every_listener_is_tls13(f: &Facts) -> Option<Proof> {
    if f.listeners == 0 || f.listeners_seen < f.listeners {
        return None;
    }
    let text = format!(
        "{} of {} listeners negotiated TLS 1.3 only, in {} handshakes since the server started",
        f.listeners_tls13, f.listeners, f.handshakes
    );
    Some(if f.listeners == f.listeners_tls13 { met(text) } else { not_met(text) })
}

/// Guideline 3: patches come over a secure channel.
fn updates_over_mutual_tls(f: &Facts) -> Option<Proof> {
    if f.executions_succeeded == 0 || f.listeners_seen == 0 || f.listeners_seen != f.listeners_tls13 {
        return None;
    }
    Some(met(format!("{} devices fetched and installed a release over mutual TLS 1.3", f.executions_succeeded)))
}

/// RFC 9124 `REQ.SEC.AUTHENTIC`, `REQ.SEC.AUTH.EXEC`.
fn releases_by_threshold(f: &Facts) -> Option<Proof> {
    if f.executions_succeeded == 0 {
        return None;
    }
    if f.releases_under_threshold > 0 {
        return Some(not_met(format!("{} releases have too few signers", f.releases_under_threshold)));
    }
    Some(met(format!(
        "{} releases, each with the threshold of signers; {} devices verified signature and image digest before they installed",
        f.releases, f.executions_succeeded
    )))
}

/// RFC 9019 §6; RFC 9124 `REQ.SEC.KEY.PROTECTION`.
fn no_signing_key_on_the_server(f: &Facts) -> Option<Proof> {
    if f.releases == 0 {
        return None;
    }
    if f.release_keys_on_server > 0 {
        return Some(not_met(format!("this server holds {} release-signing keys", f.release_keys_on_server)));
    }
    Some(met(format!("none of the keys that signed {} releases is on this server", f.releases)))
}

/// Guideline 7: an unauthorised change is told to the administrator.
fn tampering_alerts(f: &Facts) -> Option<Proof> {
    if f.contradictions == 0 || f.integrity_alerts == 0 {
        return None;
    }
    Some(met(format!("{} contradictions raised {} alerts to the administrator", f.contradictions, f.integrity_alerts)))
}

/// Guideline 7: recovery rests on a known good version, kept on the device.
fn recovery_from_known_good(f: &Facts) -> Option<Proof> {
    if f.recoveries == 0 || f.executions_rolled_back == 0 {
        return None;
    }
    Some(met(format!(
        "{} devices went back to their kept version by themselves, {} contradicted devices are out of quarantine again",
        f.executions_rolled_back, f.recoveries
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived() -> Facts {
        Facts {
            devices: 8,
            factory_keys: 8,
            devices_enrolled: 8,
            certificates_proven: 8,
            telemetry_stored: 100,
            releases: 2,
            executions_succeeded: 7,
            executions_rolled_back: 1,
            integrity_alerts: 1,
            contradictions: 1,
            recoveries: 1,
            ledger_lines: 40,
            listeners: 3,
            listeners_seen: 3,
            listeners_tls13: 3,
            handshakes: 30,
            ..Facts::default()
        }
    }

    #[test]
    fn each_rule_is_met_by_a_fleet_that_lived_through_it() {
        for id in spoken_of() {
            assert_eq!(judge(id, &lived()).map(|p| p.status), Some(Status::Met), "{id}");
        }
    }

    #[test]
    fn one_bad_fact_turns_a_requirement_to_not_met() {
        for (id, facts) in [
            ("CoP-1.1", Facts { factory_keys: 7, ..lived() }),
            ("CoP-5.1", Facts { listeners_tls13: 2, ..lived() }),
            ("FUA-3", Facts { releases_under_threshold: 1, ..lived() }),
            ("FUA-11", Facts { release_keys_on_server: 1, ..lived() }),
        ] {
            assert_eq!(judge(id, &facts).map(|p| p.status), Some(Status::NotMet), "{id}");
        }
    }

    #[test]
    fn what_did_not_happen_yet_is_open() {
        for (id, facts) in [
            ("CoP-5.1", Facts { listeners_seen: 2, ..lived() }),
            ("CoP-7.2", Facts { contradictions: 0, ..lived() }),
            ("CoP-7.4", Facts { recoveries: 0, ..lived() }),
            ("CoP-3.12", Facts { executions_succeeded: 0, ..lived() }),
        ] {
            assert_eq!(judge(id, &facts), None, "{id}");
        }
    }
}

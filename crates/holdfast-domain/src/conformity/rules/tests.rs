//! A fleet that lived through each rule, and each fact that turns one.

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
        devices_accepted: 7,
        tags: 2,
        tag_clone_alerts: 1,
        forwards_proven: 12,
        forgery_alerts: 1,
        server_keys_sealed: true,
        root_threshold: 2,
        release_threshold: 2,
        certificates_renewed: 3,
        cas: 2,
        cas_with_fresh_crl: 2,
        devices_revoked: 1,
        revoked_refused: 4,
        isolated_by_rule: 1,
        containment_ms_max: 1_250,
        detection_ms_max: 30_000,
        series: 9,
        signatures_wrong: 1,
        gaps: 1,
        telemetry_repeated: 5,
        products: 2,
        products_public: 2,
        products_with_warranty: 2,
        policies: 5,
        policy_changes_told: 1,
        policy_notices: 3,
        actions_told: 1,
        action_notices: 2,
        guarded_settings: 2,
        products_not_updatable: 1,
        products_with_plan: 1,
        products_with_terms: 2,
        support_extended: 1,
        support_shortening_refused: 1,
        labels_in_force: 2,
        shops: 2,
        shops_fetching: 2,
        shops_accepted: 2,
        complaints_answered: 3,
        breaches: 1,
        claims_noticed: 4,
        products_packaged: 2,
        products_tested: 2,
        interfaces_checked: 2,
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
        ("CoP-5.4", Facts { keys_overdue: 1, ..lived() }),
        ("CoP-5.4", Facts { revoked_seen_late: 1, ..lived() }),
        ("CoP-10.4", Facts { containment_ms_max: 60_001, ..lived() }),
        ("NIST-SEC-10", Facts { seen_without_certificate: 1, ..lived() }),
        ("CoP-3.5", Facts { support_shortened: 1, ..lived() }),
        ("CoP-3.6", Facts { products_unexplained: 1, ..lived() }),
        ("CoP-3.25", Facts { products_with_plan: 0, ..lived() }),
        ("MOZ-PRI-6", Facts { products_paid_early: 1, ..lived() }),
        ("MOZ-GEN-2", Facts { policies_lapsed: 1, ..lived() }),
        ("CoP-12.6", Facts { unguarded_settings: 1, ..lived() }),
        ("GSMA-6.6", Facts { complaints_late: 1, ..lived() }),
        ("GSMA-6.6", Facts { breaches_late: 1, ..lived() }),
        ("MOZ-PRI-1", Facts { claims_unnoticed: 1, ..lived() }),
    ] {
        assert_eq!(judge(id, &facts).map(|p| p.status), Some(Status::NotMet), "{id}");
    }
}

#[test]
fn what_did_not_happen_yet_is_open() {
    for (id, facts) in vec![
        ("CoP-5.1", Facts { listeners_seen: 2, ..lived() }),
        ("CoP-7.2", Facts { contradictions: 0, ..lived() }),
        ("CoP-7.4", Facts { recoveries: 0, ..lived() }),
        ("CoP-3.12", Facts { executions_succeeded: 0, ..lived() }),
        ("CoP-5.4", Facts { revoked_refused: 0, ..lived() }),
        ("CoP-5.4", Facts { certificates_renewed: 0, ..lived() }),
        ("CoP-5.4", Facts { certificates_ended: 1, ..lived() }),
        ("CoP-5.4", Facts { cas_with_fresh_crl: 1, ..lived() }),
        ("CoP-5.4", Facts { root_threshold: 1, ..lived() }),
        ("CoP-5.4", Facts { server_keys_sealed: false, ..lived() }),
        ("CoP-10.4", Facts { isolated_by_rule: 0, containment_ms_max: 0, ..lived() }),
        ("CoP-10.4", Facts { isolation_pending: 1, ..lived() }),
        ("NIST-TST-3", Facts { series_unsigned: 1, ..lived() }),
        ("NIST-TST-3", Facts { signatures_wrong: 0, ..lived() }),
        ("NIST-TST-3", Facts { gaps: 0, ..lived() }),
        ("NIST-TST-3", Facts { telemetry_repeated: 0, ..lived() }),
        ("NIST-SEC-8", Facts { forwards_proven: 0, ..lived() }),
        ("NIST-SEC-8", Facts { forgery_alerts: 0, ..lived() }),
        ("NIST-SEC-10", Facts { tag_clone_alerts: 0, ..lived() }),
        ("CoP-3.4", Facts { products_public: 1, ..lived() }),
        ("CoP-3.5", Facts { products_public: 1, ..lived() }),
        ("CoP-3.5", Facts { support_extended: 0, ..lived() }),
        ("CoP-3.5", Facts { support_shortening_refused: 0, ..lived() }),
        ("CoP-3.6", Facts { products_public: 1, ..lived() }),
        ("MOZ-PRI-5", Facts { products_with_warranty: 1, ..lived() }),
        ("MOZ-PRI-6", Facts { products_with_terms: 1, ..lived() }),
        ("CoP-3.19", Facts { products_not_updatable: 0, products_with_plan: 0, ..lived() }),
        ("MOZ-GEN-2", Facts { policies: 4, ..lived() }),
        ("GSMA-6.3", Facts { policy_notices: 0, ..lived() }),
        ("MOZ-VUL-6", Facts { action_notices: 0, ..lived() }),
        ("CoP-12.6", Facts { guarded_settings: 0, ..lived() }),
    ] {
        assert_eq!(judge(id, &facts), None, "{id}");
    }
}

#[test]
fn what_the_maker_did_not_show_yet_is_open() {
    for (id, facts) in [
        ("MOZ-GEN-7", Facts { labels_in_force: 1, ..lived() }),
        ("CoP-3.17", Facts { shops_fetching: 1, ..lived() }),
        ("CoP-8.11", Facts { shops_accepted: 1, ..lived() }),
        ("GSMA-6.6", Facts { complaints_answered: 0, ..lived() }),
        ("GSMA-6.6", Facts { policies: 4, ..lived() }),
        ("MOZ-PRI-1", Facts { claims_noticed: 0, ..lived() }),
        ("MOZ-PRI-4", Facts { products_packaged: 1, ..lived() }),
        ("NIST-USA-1", Facts { products_tested: 1, ..lived() }),
        ("CoP-12.3", Facts { interfaces_checked: 1, ..lived() }),
    ] {
        assert_eq!(judge(id, &facts), None, "{id}");
    }
}

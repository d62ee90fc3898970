//! From facts to status. A rule is added only when its facts prove the whole requirement, not a part of it.

use holdfast_core::time::Millis;

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
    (&["CoP-5.4"], keys_are_kept_renewed_and_revoked),
    (&["CoP-10.4"], isolated_by_rule_in_time),
    (&["NIST-TST-3"], changed_lost_and_repeated_messages_are_named),
    (&["NIST-SEC-8"], aggregators_do_not_author),
    (&["NIST-SEC-10"], tags_are_names_only),
    (&["CoP-3.4"], every_product_is_public),
    (&["CoP-3.5"], support_is_never_shortened),
    (&["CoP-3.6"], support_is_explained),
    (&["MOZ-PRI-5"], warranty_stands_beside_support),
    (&["MOZ-PRI-6"], terms_are_told_and_updates_are_free),
    (&["CoP-3.19", "CoP-3.25"], what_cannot_be_updated_has_a_plan),
    (&["MOZ-GEN-2"], policies_are_public_and_looked_at),
    (&["GSMA-6.3"], changes_are_told_ahead),
    (&["MOZ-VUL-6"], notices_can_be_acted_on),
    (&["CoP-12.6"], settings_that_matter_have_help),
    (&["MOZ-GEN-7"], labels_are_signed_and_fresh),
    (&["CoP-3.17"], retailers_fetch_support_dates),
    (&["CoP-8.11"], retailers_accept_their_duties),
    (&["GSMA-6.6"], complaints_are_answered_in_time),
    (&["MOZ-PRI-1"], notices_come_before_claims),
    (&["MOZ-PRI-4"], packages_carry_the_link),
    (&["NIST-USA-1"], products_were_tested_with_people),
    (&["CoP-12.3"], interfaces_were_checked),
];

/// How fast a device has to be contained once a standing rule says so.
const CONTAINED_WITHIN: Millis = Millis::from_secs(60);
/// Signers from whom on nobody acts alone.
const DUAL_CONTROL: u64 = 2;

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

/// Guideline 5. Proven by what became of revoked, renewed and ending keys, by fresh revocation lists, sealed key files
/// and thresholds of signers. How holders keep their offline keys is not counted.
fn keys_are_kept_renewed_and_revoked(f: &Facts) -> Option<Proof> {
    if f.keys_overdue > 0 {
        return Some(not_met(format!("{} keys are past the end of their time", f.keys_overdue)));
    }
    if f.revoked_seen_late > 0 {
        return Some(not_met(format!(
            "{} revoked devices were connected later than a minute after it",
            f.revoked_seen_late
        )));
    }
    let revoked = f.devices_revoked > 0 && f.revoked_refused > 0 && f.cas > 0 && f.cas_with_fresh_crl == f.cas;
    let renewed = f.certificates_renewed > 0 && f.certificates_ended == 0;
    let shared = f.root_threshold.min(f.release_threshold) >= DUAL_CONTROL;
    if !(revoked && renewed && shared && f.server_keys_sealed) {
        return None;
    }
    Some(met(format!(
        "no key is past its end; {} certificates were renewed in time; {} revoked devices were gone within a minute and \
         refused {} times; {} revocation lists are fresh; the server's key files are sealed; {} root and {} release keys \
         sign together",
        f.certificates_renewed,
        f.devices_revoked,
        f.revoked_refused,
        f.cas_with_fresh_crl,
        f.root_threshold,
        f.release_threshold
    )))
}

/// Guideline 10. Proven by quarantines that a standing rule ordered, and how long each took. Whether everything unusual is
/// found at all is not counted.
fn isolated_by_rule_in_time(f: &Facts) -> Option<Proof> {
    if f.containment_ms_max > CONTAINED_WITHIN.0 {
        return Some(not_met(format!(
            "the slowest isolation by a rule took {}, more than {}",
            seconds(f.containment_ms_max),
            seconds(CONTAINED_WITHIN.0)
        )));
    }
    if f.isolated_by_rule == 0 || f.isolation_pending > 0 {
        return None;
    }
    Some(met(format!(
        "{} findings were isolated by a standing rule, the slowest {} after its discovery (at most {}) and found {} after \
         its begin",
        f.isolated_by_rule,
        seconds(f.containment_ms_max),
        seconds(CONTAINED_WITHIN.0),
        seconds(f.detection_ms_max)
    )))
}

/// NIST SP 800-183, testing. Proven by signatures in every series and by one of each: a wrong signature refused, a gap
/// listed, a repeat not stored twice. A message cut off together with all that came after it is not seen as a gap.
fn changed_lost_and_repeated_messages_are_named(f: &Facts) -> Option<Proof> {
    if f.series == 0 || f.series_unsigned > 0 {
        return None;
    }
    if f.signatures_wrong == 0 || f.gaps == 0 || f.telemetry_repeated == 0 {
        return None;
    }
    Some(met(format!(
        "all {} series are signed by their devices; {} changed messages were refused, {} gaps are listed, {} repeats were \
         not stored twice",
        f.series, f.signatures_wrong, f.gaps, f.telemetry_repeated
    )))
}

/// NIST SP 800-183, security. Proven by readings that were passed on with their author's signature, and by an aggregator
/// that was reported because it had none. Whether an aggregator leaves readings out is a matter of gaps.
fn aggregators_do_not_author(f: &Facts) -> Option<Proof> {
    if f.forwards_proven == 0 || f.forgery_alerts == 0 {
        return None;
    }
    Some(met(format!(
        "{} batches came through an aggregator with their author's signature; {} times an aggregator passed on what its \
         author did not sign, was refused and reported",
        f.forwards_proven, f.forgery_alerts
    )))
}

/// NIST SP 800-183, security. Proven by bound tags, one that was seen at two places and reported, and no device ever
/// connected without a certificate. Copies that never pass a reader are not seen.
fn tags_are_names_only(f: &Facts) -> Option<Proof> {
    if f.seen_without_certificate > 0 {
        return Some(not_met(format!(
            "{} devices were connected without ever having had a certificate",
            f.seen_without_certificate
        )));
    }
    if f.tags == 0 || f.tag_clone_alerts == 0 || f.certificates_proven == 0 {
        return None;
    }
    Some(met(format!(
        "{} tags are bound to units; {} were seen at two places at once and reported; every connected device had a \
         certificate, none came in by its tag",
        f.tags, f.tag_clone_alerts
    )))
}

/// Guideline 3. Proven by a public page and feed for every product; they are public by construction and stay when a product goes.
fn every_product_is_public(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_public < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products have a public page with the last day of support, which nobody can take away",
        f.products
    )))
}

/// Guideline 3. Proven by a date for every product, one that was extended, one try to shorten that was refused, and a history
/// without a nearer day.
fn support_is_never_shortened(f: &Facts) -> Option<Proof> {
    if f.support_shortened > 0 {
        return Some(not_met(format!("{} promises of support were made shorter", f.support_shortened)));
    }
    let tried = f.support_extended > 0 && f.support_shortening_refused > 0;
    if f.products == 0 || f.products_public < f.products || !tried {
        return None;
    }
    Some(met(format!(
        "all {} products state a last day of support; {} were extended, none was ever shortened, {} tries to were refused and \
         are in the ledger",
        f.products, f.support_extended, f.support_shortening_refused
    )))
}

/// Guideline 3. Proven by a reason beside the day of every product; a dossier without one is not published.
fn support_is_explained(f: &Facts) -> Option<Proof> {
    if f.products_unexplained > 0 {
        return Some(not_met(format!(
            "{} public products give no reason for the length of support",
            f.products_unexplained
        )));
    }
    if f.products == 0 || f.products_public < f.products {
        return None;
    }
    Some(met(format!("all {} products say why support lasts as long as it does, beside the day", f.products)))
}

/// Mozilla standard, privacy. Proven by two separate dates of every product; page, feed and the shop's text show both.
fn warranty_stands_beside_support(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_with_warranty < f.products {
        return None;
    }
    Some(met(format!("all {} products state warranty and last day of support, apart and side by side", f.products)))
}

/// Mozilla standard, privacy. Proven by terms of every product with what stops without them; a dossier whose updates cost
/// something before the end of support is not published.
fn terms_are_told_and_updates_are_free(f: &Facts) -> Option<Proof> {
    if f.products_paid_early > 0 {
        return Some(not_met(format!(
            "{} products want money for updates before their support ends",
            f.products_paid_early
        )));
    }
    if f.products == 0 || f.products_with_terms < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products say what they cost later and what stops without it; updates are free until the last day",
        f.products
    )))
}

/// Guideline 3. Proven by the plan of every public product that cannot be updated.
fn what_cannot_be_updated_has_a_plan(f: &Facts) -> Option<Proof> {
    if f.products_not_updatable == 0 {
        return None;
    }
    if f.products_with_plan < f.products_not_updatable {
        let without = f.products_not_updatable - f.products_with_plan;
        return Some(not_met(format!("{without} products that cannot be updated have no whole plan of replacement")));
    }
    Some(met(format!(
        "all {} products that cannot be updated say why, how units are replaced and until when, with dates",
        f.products_not_updatable
    )))
}

/// Mozilla standard, general. Proven by five public policies with an owner, and none whose review was missed.
fn policies_are_public_and_looked_at(f: &Facts) -> Option<Proof> {
    if f.policies_lapsed > 0 {
        return Some(not_met(format!(
            "the review of {} policies was missed, which their pages show",
            f.policies_lapsed
        )));
    }
    if f.policies < crate::papers::POLICIES.len() as u64 {
        return None;
    }
    Some(met(format!(
        "{} policies are public, each with an owner, a version and the day of its next review",
        f.policies
    )))
}

/// GSMA guidelines, privacy. Proven by a change of a policy of which every owner was told; that it is in force a month later
/// at the earliest is kept by the rule that takes it.
fn changes_are_told_ahead(f: &Facts) -> Option<Proof> {
    if f.policy_changes_told == 0 || f.policy_notices == 0 {
        return None;
    }
    Some(met(format!(
        "{} changes of policies were told to owners in {} notices, at least thirty days before they are in force",
        f.policy_changes_told, f.policy_notices
    )))
}

/// Mozilla standard, vulnerabilities. Proven by a bulletin with steps, deadline and check by serial number that reached owners.
fn notices_can_be_acted_on(f: &Facts) -> Option<Proof> {
    if f.actions_told == 0 || f.action_notices == 0 {
        return None;
    }
    Some(met(format!(
        "{} bulletins with steps, a deadline and a check by serial number reached owners in {} notices",
        f.actions_told, f.action_notices
    )))
}

/// Guideline 12. Proven by every such setting of every model.
fn settings_that_matter_have_help(f: &Facts) -> Option<Proof> {
    if f.unguarded_settings > 0 {
        return Some(not_met(format!("{} settings that matter for security have no help", f.unguarded_settings)));
    }
    if f.guarded_settings == 0 {
        return None;
    }
    Some(met(format!(
        "all {} settings that matter for security say what they protect against and are part of the check of a set-up",
        f.guarded_settings
    )))
}

/// Mozilla standard. Proven by a label of every public product that is signed at this moment: one with stale evidence is not.
fn labels_are_signed_and_fresh(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_public < f.products || f.labels_in_force < f.products {
        return None;
    }
    Some(met(format!("all {} products have a signed label whose evidence is fresh at this moment", f.products)))
}

/// Guideline 3. Proven by retailers that fetched the dates by their own key, each of them.
fn retailers_fetch_support_dates(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_public < f.products || f.shops == 0 || f.shops_fetching < f.shops {
        return None;
    }
    Some(met(format!("all {} retailers fetch the last days of support; it is kept when each did last", f.shops)))
}

/// Guideline 8. Proven by an acceptance of the present duties for every retailer.
fn retailers_accept_their_duties(f: &Facts) -> Option<Proof> {
    if f.shops == 0 || f.shops_accepted < f.shops {
        return None;
    }
    Some(met(format!("for all {} retailers somebody accepted the duties as they are now, by name and date", f.shops)))
}

/// GSMA privacy guideline. Proven by complaints that were answered in time, and a register in which no clock was missed.
fn complaints_are_answered_in_time(f: &Facts) -> Option<Proof> {
    if f.complaints_late > 0 || f.breaches_late > 0 {
        return Some(not_met(format!(
            "{} complaints waited longer than promised, {} breaches were told to the authority late or not yet",
            f.complaints_late, f.breaches_late
        )));
    }
    if f.complaints_answered == 0 || f.policies_lapsed > 0 || f.policies < crate::papers::POLICIES.len() as u64 {
        return None;
    }
    Some(met(format!(
        "{} complaints were answered within 72 hours, none is late; none of {} breaches missed the authority's clock",
        f.complaints_answered, f.breaches
    )))
}

/// Mozilla standard, privacy. Proven by claims each of which names the notice that was shown before.
fn notices_come_before_claims(f: &Facts) -> Option<Proof> {
    if f.claims_unnoticed > 0 {
        return Some(not_met(format!("{} claims began without the privacy notice", f.claims_unnoticed)));
    }
    if f.products == 0 || f.products_public < f.products || f.claims_noticed == 0 {
        return None;
    }
    Some(met(format!("all {} claims name the version of the privacy notice that was shown before", f.claims_noticed)))
}

/// Mozilla standard, privacy. Proven by a photograph of each package and a page of the maker with the link.
fn packages_carry_the_link(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_packaged < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products have a photograph of their package, with digest and date, and a page on which their link was found",
        f.products
    )))
}

/// NISTIR 8228 and its companions. Proven by a test with people of every product, and one by an outside tester.
fn products_were_tested_with_people(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_tested < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products were tested with at least five people, of whom four in five came to the end of each critical task, \
         also by an outside tester",
        f.products
    )))
}

/// Guideline 12. Proven by a complete checklist with a clean accessibility scan for the newest release of every product.
fn interfaces_were_checked(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.releases == 0 || f.interfaces_checked < f.products {
        return None;
    }
    Some(met(format!(
        "for all {} products the interface of the newest release was checked against the whole list, without one \
         violation in the accessibility scan",
        f.products
    )))
}

/// Milliseconds as seconds, rounded up to tenths.
fn seconds(ms: u64) -> String {
    let tenths = ms.div_ceil(100);
    format!("{}.{} s", tenths / 10, tenths % 10)
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
}

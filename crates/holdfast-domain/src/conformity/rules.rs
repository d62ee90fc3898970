//! From facts to status. A rule is added only when its facts prove the whole requirement, not a part of it.

mod devices;
mod promises;
#[cfg(test)]
mod tests;

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
    (&["CoP-1.1"], devices::no_device_password),
    (&["CoP-5.1", "MOZ-ENC-2", "MOZ-ENC-4"], devices::every_listener_is_tls13),
    (&["CoP-3.12"], devices::updates_over_mutual_tls),
    (&["MOZ-UPD-6", "FUA-3"], devices::releases_by_threshold),
    (&["FUA-11"], devices::no_signing_key_on_the_server),
    (&["CoP-7.2"], devices::tampering_alerts),
    (&["CoP-7.4", "CoP-7.5"], devices::recovery_from_known_good),
    (&["CoP-5.4"], devices::keys_are_kept_renewed_and_revoked),
    (&["CoP-10.4"], devices::isolated_by_rule_in_time),
    (&["NIST-TST-3"], devices::changed_lost_and_repeated_messages_are_named),
    (&["NIST-SEC-8"], devices::aggregators_do_not_author),
    (&["NIST-SEC-10"], devices::tags_are_names_only),
    (&["CoP-3.4"], promises::every_product_is_public),
    (&["CoP-3.5"], promises::support_is_never_shortened),
    (&["CoP-3.6"], promises::support_is_explained),
    (&["MOZ-PRI-5"], promises::warranty_stands_beside_support),
    (&["MOZ-PRI-6"], promises::terms_are_told_and_updates_are_free),
    (&["CoP-3.19", "CoP-3.25"], promises::what_cannot_be_updated_has_a_plan),
    (&["MOZ-GEN-2"], promises::policies_are_public_and_looked_at),
    (&["GSMA-6.3"], promises::changes_are_told_ahead),
    (&["MOZ-VUL-6"], promises::notices_can_be_acted_on),
    (&["CoP-12.6"], promises::settings_that_matter_have_help),
    (&["MOZ-GEN-7"], promises::labels_are_signed_and_fresh),
    (&["CoP-3.17"], promises::retailers_fetch_support_dates),
    (&["CoP-8.11"], promises::retailers_accept_their_duties),
    (&["GSMA-6.6"], promises::complaints_are_answered_in_time),
    (&["MOZ-PRI-1"], promises::notices_come_before_claims),
    (&["MOZ-PRI-4"], promises::packages_carry_the_link),
    (&["NIST-USA-1"], promises::products_were_tested_with_people),
    (&["CoP-12.3"], promises::interfaces_were_checked),
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

//! The catalogue of requirements, and the status of each, computed from facts about the living fleet.
//!
//! Owns the catalogue as data, the facts that may be counted and the rules from facts to status. Does not count: the
//! store does. A requirement that no rule speaks of is `Open`; a rule says `Met` only while its facts hold.

use std::sync::OnceLock;

use serde_json::Value;

mod rules;

pub use rules::Proof;

const EDITION_2026_11: &str = include_str!("../catalogue/requirements-2026-11.json");

/// How a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Facts show it.
    Met,
    /// Another measure reaches the same outcome; a person said why.
    MetOtherwise,
    /// Facts show that it is not met.
    NotMet,
    /// It does not apply; a person said why.
    NotApplicable,
    /// Nothing shows it yet.
    Open,
}

/// One requirement of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its id, such as `CoP-3.1`.
    pub id: String,
    /// What it asks, in our words.
    pub text: String,
    /// `shall`, `should`, `may` or `informative`.
    pub level: String,
    /// Its home among the capabilities, such as `C05`.
    pub capability: String,
    /// How an outsider would check it.
    pub verify: String,
}

/// An edition of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Year and month of the edition.
    pub edition: String,
    /// Ids and titles of the capabilities, in order.
    pub capabilities: Vec<(String, String)>,
    /// Requirements, in the order of their sources.
    pub requirements: Vec<Requirement>,
}

impl Catalogue {
    /// The edition in force. It is compiled in, and a test reads it whole.
    #[must_use]
    pub fn current() -> &'static Self {
        static CURRENT: OnceLock<Catalogue> = OnceLock::new();
        CURRENT.get_or_init(|| Self::read(EDITION_2026_11))
    }

    fn read(text: &str) -> Self {
        let file: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        let word = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let rows = |name: &str| file.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        Self {
            edition: word(&file, "edition"),
            capabilities: rows("capabilities").iter().map(|c| (word(c, "id"), word(c, "title"))).collect(),
            requirements: rows("requirements")
                .iter()
                .map(|row| Requirement {
                    id: word(row, "id"),
                    text: word(row, "text"),
                    level: word(row, "level"),
                    capability: word(row, "capability"),
                    verify: word(row, "verify"),
                })
                .collect(),
        }
    }
}

/// What can be counted in a running installation. Every figure is of now, over the whole store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Devices made known.
    pub devices: u64,
    /// Distinct factory keys among them.
    pub factory_keys: u64,
    /// Devices that were enrolled with their own certificate.
    pub devices_enrolled: u64,
    /// Operational certificates that were used for a connection.
    pub certificates_proven: u64,
    /// Telemetry messages admitted by a model and stored.
    pub telemetry_stored: u64,
    /// Messages, requests and identities refused by name.
    pub refusals: u64,
    /// Releases published.
    pub releases: u64,
    /// Releases published with fewer distinct signers than the trust document asks for.
    pub releases_under_threshold: u64,
    /// Release signers' keys that this server holds itself.
    pub release_keys_on_server: u64,
    /// Executions that ended with the release running and healthy.
    pub executions_succeeded: u64,
    /// Executions that ended with the device back on its former software by itself.
    pub executions_rolled_back: u64,
    /// Alerts about contradicted integrity ever opened.
    pub integrity_alerts: u64,
    /// Appraisals of evidence that found a contradiction.
    pub contradictions: u64,
    /// Contradicted devices that are out of quarantine again.
    pub recoveries: u64,
    /// Lines of the ledger.
    pub ledger_lines: u64,
    /// Listeners of the server.
    pub listeners: u64,
    /// Listeners that finished a handshake since the server started.
    pub listeners_seen: u64,
    /// Those of them whose every handshake was TLS 1.3.
    pub listeners_tls13: u64,
    /// Handshakes that they finished since the server started.
    pub handshakes: u64,
    /// Devices whose certificate is good, as far as their enrolment goes.
    pub devices_accepted: u64,
    /// Devices that were seen connected and never had a certificate.
    pub seen_without_certificate: u64,
    /// Tags bound to units.
    pub tags: u64,
    /// Alerts about one tag at two places ever opened.
    pub tag_clone_alerts: u64,
    /// Signed batches that an aggregator passed on and that are stored with their author's signature, of the newest.
    pub forwards_proven: u64,
    /// Alerts about an aggregator that passed on what its author did not sign, ever opened.
    pub forgery_alerts: u64,
    /// Whether the server's key files are sealed.
    pub server_keys_sealed: bool,
    /// Signers that a trust document needs.
    pub root_threshold: u64,
    /// Signers that a release needs.
    pub release_threshold: u64,
    /// Keys of maker, factory and server past the end of their time.
    pub keys_overdue: u64,
    /// Accepted devices whose certificate has ended.
    pub certificates_ended: u64,
    /// Certificates that gave way to a newer one before their end, other than for a lost key.
    pub certificates_renewed: u64,
    /// CAs whose certificates devices hold or may hold.
    pub cas: u64,
    /// Those of them with a revocation list that has not ended.
    pub cas_with_fresh_crl: u64,
    /// Revoked devices.
    pub devices_revoked: u64,
    /// Tries of revoked devices or with revoked certificates that were refused by name.
    pub revoked_refused: u64,
    /// Revoked devices that were seen connected later than a minute after their revocation.
    pub revoked_seen_late: u64,
    /// Findings whose quarantine a standing rule ordered and that are contained.
    pub isolated_by_rule: u64,
    /// Findings whose quarantine a standing rule ordered and that are not contained.
    pub isolation_pending: u64,
    /// Longest time of theirs from discovery to containment, in milliseconds.
    pub containment_ms_max: u64,
    /// Longest time of theirs from begin to discovery, in milliseconds.
    pub detection_ms_max: u64,
    /// Series of messages.
    pub series: u64,
    /// Series without one signature of the device.
    pub series_unsigned: u64,
    /// Messages whose signature is not their author's, refused by name.
    pub signatures_wrong: u64,
    /// Gaps between stored messages that no device declared.
    pub gaps: u64,
    /// Messages that came again and were not stored twice.
    pub telemetry_repeated: u64,
    /// Products.
    pub products: u64,
    /// Those of them that anyone can read about, with the last day of support.
    pub products_public: u64,
    /// Public products without a reason for the length of support.
    pub products_unexplained: u64,
    /// Public products that state their warranty beside the end of support.
    pub products_with_warranty: u64,
    /// Of the maker's five policies, those that anybody can read.
    pub policies: u64,
    /// Those of them whose review was missed.
    pub policies_lapsed: u64,
    /// Changes of policies of which every owner was told, a month ahead by rule.
    pub policy_changes_told: u64,
    /// Notices to owners about them.
    pub policy_notices: u64,
    /// Bulletins that ask owners to act, with steps, deadline and check, and that reached somebody.
    pub actions_told: u64,
    /// Notices to owners about them.
    pub action_notices: u64,
    /// Settings that people can change and that are labelled as sensitive for security or have a safe value.
    pub guarded_settings: u64,
    /// Those of them without a safe value, words on what it protects against, and a place in the check.
    pub unguarded_settings: u64,
    /// Public products whose units cannot be updated.
    pub products_not_updatable: u64,
    /// Those of them with reason, plan of replacement, end of hardware support and dates of techniques.
    pub products_with_plan: u64,
    /// Public products that say what they cost later, and what stops without it.
    pub products_with_terms: u64,
    /// Public products whose updates would cost something before the end of support.
    pub products_paid_early: u64,
    /// Promises of support that were made longer.
    pub support_extended: u64,
    /// Promises of support that were made shorter, by history.
    pub support_shortened: u64,
    /// Tries to make a promise of support shorter that were refused and are in the ledger.
    pub support_shortening_refused: u64,
    /// Public products whose signed label counts now.
    pub labels_in_force: u64,
    /// Retailers with a key.
    pub shops: u64,
    /// Those of them that fetched support dates.
    pub shops_fetching: u64,
    /// Those of them for which somebody accepted the duties as they are now.
    pub shops_accepted: u64,
    /// Complaints about privacy that were answered in the promised time.
    pub complaints_answered: u64,
    /// Complaints about privacy that were answered late, or are late now.
    pub complaints_late: u64,
    /// Breaches in the register.
    pub breaches: u64,
    /// Breaches of which the authority was told late, or is to be told by now.
    pub breaches_late: u64,
    /// Claims with the privacy notice that was shown before.
    pub claims_noticed: u64,
    /// Claims without one, since there is the first with one.
    pub claims_unnoticed: u64,
    /// Public products with a photograph of the package and a page on which the link was found.
    pub products_packaged: u64,
    /// Public products with a test with people that came to its threshold, and one by an outside tester.
    pub products_tested: u64,
    /// Public products whose newest release has a complete checklist of its interface.
    pub interfaces_checked: u64,
}

/// One requirement's status and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Which requirement.
    pub requirement: &'static Requirement,
    /// How it stands.
    pub status: Status,
    /// The facts behind it; empty while open.
    pub evidence: String,
}

/// The status of every requirement of the current edition.
#[must_use]
pub fn assess(facts: &Facts) -> Vec<Assessment> {
    Catalogue::current()
        .requirements
        .iter()
        .map(|requirement| match rules::judge(&requirement.id, facts) {
            Some(Proof { status, evidence }) => Assessment { requirement, status, evidence },
            None => Assessment { requirement, status: Status::Open, evidence: String::new() },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_catalogue_is_whole() {
        let catalogue = Catalogue::current();
        assert_eq!(catalogue.requirements.len(), 382);
        assert_eq!(catalogue.capabilities.len(), 14);
        let ids: BTreeSet<&str> = catalogue.requirements.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids.len(), 382, "ids are unique");
        let capabilities: BTreeSet<&str> = catalogue.capabilities.iter().map(|(id, _)| id.as_str()).collect();
        for row in &catalogue.requirements {
            assert!(!row.text.is_empty() && !row.verify.is_empty(), "{}", row.id);
            assert!(["shall", "should", "may", "informative"].contains(&row.level.as_str()), "{}", row.id);
            assert!(capabilities.contains(row.capability.as_str()), "{}", row.id);
        }
    }

    #[test]
    fn an_empty_installation_has_met_nothing() {
        assert!(assess(&Facts::default()).iter().all(|a| a.status == Status::Open && a.evidence.is_empty()));
    }

    #[test]
    fn every_rule_speaks_of_a_requirement_of_the_catalogue() {
        let ids: BTreeSet<&str> = Catalogue::current().requirements.iter().map(|r| r.id.as_str()).collect();
        for id in rules::spoken_of() {
            assert!(ids.contains(id), "{id}");
        }
    }
}

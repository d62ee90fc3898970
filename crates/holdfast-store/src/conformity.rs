//! The counts from which conformity is computed. No opinion: what they prove is decided in `domain`.

use crate::error::StoreError;
use crate::row::exactly;
use crate::sql;
use crate::store::Store;

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How much there is of everything that requirements ask about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Facts {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Store {
            /// Counts everything.
            ///
            /// # Errors
            ///
            /// [`StoreError`] if the store fails.
            pub fn facts(&self) -> Result<Facts, StoreError> {
                self.read(|conn| {
                    exactly(conn, (sql::FACTS, "facts"), [], |f| Ok(Facts { $($name: f.number()?,)* }))
                })
            }
        }
    };
}

// In the order of the columns of the statement `FACTS`.
facts! {
    /// Products.
    products,
    /// Devices.
    devices,
    /// Devices with an operational certificate.
    devices_accepted,
    /// Devices that may not connect any more.
    devices_revoked,
    /// Devices in quarantine now.
    devices_quarantined,
    /// Different factory keys; equals `devices` where no key is shared.
    factory_keys,
    /// Devices that ever got an operational certificate.
    devices_enrolled,
    /// Claim codes known by their salted hash.
    claim_codes,
    /// Operational certificates issued.
    certificates,
    /// Operational certificates in use.
    certificates_proven,
    /// Operational certificates revoked.
    certificates_revoked,
    /// Highest version of the trust document.
    trust_version,
    /// Releases.
    releases,
    /// Releases that fix a vulnerability.
    releases_security,
    /// Fewest signers of any release; 0 without releases.
    signers_min,
    /// Deployments.
    deployments,
    /// Deployments that were completed.
    deployments_completed,
    /// Deployments that were stopped.
    deployments_aborted,
    /// Devices' runs that ended well.
    executions_succeeded,
    /// Devices' runs that did not come to a trial start.
    executions_failed,
    /// Devices' runs that went back by themselves.
    executions_rolled_back,
    /// Appraisals that found everything as published.
    appraisals_affirming,
    /// Appraisals that found a contradiction.
    appraisals_contraindicated,
    /// Alerts about contradicted integrity.
    alerts_integrity,
    /// Alerts.
    alerts,
    /// Alerts that are open.
    alerts_open,
    /// Commands.
    commands,
    /// Commands that were carried out.
    commands_succeeded,
    /// Telemetry messages stored, also those whose retention is over.
    telemetry_stored,
    /// Telemetry messages that came again and were not stored twice.
    telemetry_repeated,
    /// Events that devices reported.
    events,
    /// Refusals of all doors.
    refusals,
    /// People with an account.
    people,
    /// Lines of the ledger.
    ledger_lines,
    /// Lines that the newest signed head covers.
    ledger_signed,
    /// Quarantines that good evidence lifted.
    quarantines_lifted,
    /// Alerts about a key that was replaced because it was lost.
    alerts_key_replaced,
    /// Alerts about one tag at two places.
    alerts_tag_clone,
    /// Alerts about an aggregator that forged.
    alerts_forgery,
    /// Devices that were seen and never had a certificate.
    seen_without_certificate,
    /// Tags bound to units.
    tags,
    /// Signed batches that an aggregator passed on, among the newest 100,000.
    forwards_proven,
    /// Certificates that gave way to a newer one before their end.
    superseded_early,
    /// Refused tries of revoked devices or with revoked certificates.
    revoked_refused,
    /// Revoked devices that were seen later than a minute after their revocation.
    revoked_seen_late,
    /// Findings that a rule isolated.
    isolated_by_rule,
    /// Findings that a rule is about to isolate.
    isolation_pending,
    /// Longest time from discovery to containment of those, in microseconds.
    containment_us_max,
    /// Longest time from begin to discovery of those, in microseconds.
    detection_us_max,
    /// Series of messages.
    series,
    /// Series without a signature.
    series_unsigned,
    /// Refused messages with a signature that is not their author's.
    signatures_wrong,
    /// Gaps between stored messages that no device declared.
    gaps,
}

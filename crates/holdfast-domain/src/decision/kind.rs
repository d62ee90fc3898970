//! The one list of ledger line kinds. A kind, once released, keeps its meaning for ever: old lines stay readable.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*

        /// Every kind, in the order of this list.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

kinds! {
    /// A product was added or its model replaced.
    PRODUCT_PUT = "product-put";
    /// A draft of what the public reads about a product was saved.
    DOSSIER_SAVED = "dossier-saved";
    /// What the public reads about a product was published.
    DOSSIER_PUBLISHED = "dossier-published";
    /// The last day of a product's support moved later.
    SUPPORT_EXTENDED = "support-extended";
    /// An order to move the last day of a product's support nearer was refused.
    SUPPORT_SHORTENING_REFUSED = "support-shortening-refused";
    /// A version of the maker's trust document was accepted.
    TRUST_ACCEPTED = "trust-accepted";
    /// A factory batch was imported.
    BATCH_IMPORTED = "batch-imported";
    /// A device got its first operational certificate.
    DEVICE_ENROLLED = "device-enrolled";
    /// A device got its next operational certificate.
    CERTIFICATE_RENEWED = "certificate-renewed";
    /// A certificate was used for its first connection.
    CERTIFICATE_PROVEN = "certificate-proven";
    /// A second holder of a device's identity asked for a certificate.
    CLONE_SUSPECTED = "clone-suspected";
    /// An aggregator passed on readings that their author did not sign.
    FORWARD_FORGED = "forward-forged";
    /// A factory certificate named a device with another key than its batch lists.
    FACTORY_KEY_MISMATCH = "factory-key-mismatch";
    /// A device was revoked.
    DEVICE_REVOKED = "device-revoked";
    /// A device may enrol anew.
    REENROLMENT_ALLOWED = "reenrolment-allowed";
    /// A desired shadow changed.
    SHADOW_DESIRED = "shadow-desired";
    /// A command was given.
    COMMAND_ISSUED = "command-issued";
    /// A command ended by the device's answer.
    COMMAND_FINISHED = "command-finished";
    /// Commands ended because nobody carried them out in time.
    COMMANDS_EXPIRED = "commands-expired";
    /// A release was published.
    RELEASE_PUBLISHED = "release-published";
    /// What owners read about a release was written, or written anew.
    RELEASE_NOTE_PUT = "release-note-put";
    /// A release was withdrawn.
    RELEASE_WITHDRAWN = "release-withdrawn";
    /// A deployment was created.
    DEPLOYMENT_CREATED = "deployment-created";
    /// A deployment went on to its next phase.
    DEPLOYMENT_PHASE_STARTED = "deployment-phase-started";
    /// A person paused a deployment.
    DEPLOYMENT_PAUSED = "deployment-paused";
    /// A deployment stopped because executions made no progress.
    DEPLOYMENT_STALLED = "deployment-stalled";
    /// A person resumed a deployment.
    DEPLOYMENT_RESUMED = "deployment-resumed";
    /// A deployment was ended by a person or by its threshold.
    DEPLOYMENT_ABORTED = "deployment-aborted";
    /// Every phase of a deployment is done.
    DEPLOYMENT_COMPLETED = "deployment-completed";
    /// A device runs a release and confirmed its health.
    UPDATE_SUCCEEDED = "update-succeeded";
    /// A device could not install a release.
    UPDATE_FAILED = "update-failed";
    /// A device went back to its earlier release by itself.
    UPDATE_ROLLED_BACK = "update-rolled-back";
    /// An owner said no to a release.
    UPDATE_DECLINED = "update-declined";
    /// Somebody of the home chose what becomes of an update.
    UPDATE_CHOSEN = "update-chosen";
    /// Somebody asked the maker for help.
    HELP_OPENED = "help-opened";
    /// The maker answered somebody.
    HELP_ANSWERED = "help-answered";
    /// A request for help ended.
    HELP_CLOSED = "help-closed";
    /// A request for help was opened again.
    HELP_REOPENED = "help-reopened";
    /// A request for help was not answered in the promised time.
    HELP_OVERDUE = "help-overdue";
    /// Evidence matched a published release for the first time since it last did not.
    EVIDENCE_AFFIRMED = "evidence-affirmed";
    /// Evidence contradicted every published release.
    EVIDENCE_CONTRADICTED = "evidence-contradicted";
    /// A person quarantined a device.
    DEVICE_QUARANTINED = "device-quarantined";
    /// A person let a device out of quarantine.
    DEVICE_RELEASED = "device-released";
    /// A detector found something.
    FINDING_OPENED = "finding-opened";
    /// A person looks into a finding.
    FINDING_ACKNOWLEDGED = "finding-acknowledged";
    /// A person called a finding expected.
    FINDING_DISMISSED = "finding-dismissed";
    /// A playbook was started.
    PLAYBOOK_STARTED = "playbook-started";
    /// A playbook has dealt with some devices.
    PLAYBOOK_STEP = "playbook-step";
    /// A person ordered that a playbook is taken back.
    PLAYBOOK_UNDO_ORDERED = "playbook-undo-ordered";
    /// What a playbook had changed on some devices was restored.
    PLAYBOOK_UNDONE = "playbook-undone";
    /// A standing rule of a product was set.
    PLAYBOOK_RULE_SET = "playbook-rule-set";
    /// A group of devices was made or changed.
    GROUP_PUT = "group-put";
    /// A group of devices was removed.
    GROUP_REMOVED = "group-removed";
    /// Devices were put into a group or taken out.
    GROUP_MEMBERS_CHANGED = "group-members-changed";
    /// An act on many devices was ordered.
    BULK_ORDERED = "bulk-ordered";
    /// An act on many devices has come to its end.
    BULK_DONE = "bulk-done";
    /// A person ordered that an act on many devices is taken back.
    BULK_UNDO_ORDERED = "bulk-undo-ordered";
    /// An act on many devices was taken back.
    BULK_UNDONE = "bulk-undone";
    /// An alert was closed by a person.
    ALERT_CLOSED = "alert-closed";
    /// A person's account was made.
    PERSON_ADDED = "person-added";
    /// A sign-in link was made.
    SIGN_IN_LINK_MADE = "sign-in-link-made";
    /// A person signed in.
    SIGNED_IN = "signed-in";
    /// A person signed out, or a session was ended.
    SESSION_ENDED = "session-ended";
    /// An API token was made.
    TOKEN_MADE = "token-made";
    /// An API token was revoked.
    TOKEN_REVOKED = "token-revoked";
    /// The next one of the server's keys was made.
    SERVER_KEY_MADE = "server-key-made";
    /// The next one of the server's keys is in use.
    SERVER_KEY_ACTIVATED = "server-key-activated";
    /// A key of the server that was replaced is destroyed.
    SERVER_KEY_DESTROYED = "server-key-destroyed";
    /// One of the keys is past the end of its time.
    KEY_OVERDUE = "key-overdue";
    /// A device came back after longer than it may come back by itself.
    RETURN_REFUSED = "return-refused";
    /// A reader of tags was registered.
    READER_ADDED = "reader-added";
    /// A reader of tags was taken out of use.
    READER_RETIRED = "reader-retired";
    /// A tag was bound to a unit.
    TAG_BOUND = "tag-bound";
    /// A person proved again who they are.
    IDENTITY_CONFIRMED = "identity-confirmed";
    /// Sessions of a person were ended.
    SESSIONS_ENDED = "sessions-ended";
    /// A passkey was added.
    PASSKEY_ADDED = "passkey-added";
    /// A passkey was removed.
    PASSKEY_REMOVED = "passkey-removed";
    /// A passkey's counter went back.
    PASSKEY_SUSPECTED = "passkey-suspected";
    /// A password was set or changed.
    PASSWORD_SET = "password-set";
    /// A password was removed.
    PASSWORD_REMOVED = "password-removed";
    /// A second factor was confirmed.
    SECOND_FACTOR_SET = "second-factor-set";
    /// A second factor was removed.
    SECOND_FACTOR_REMOVED = "second-factor-removed";
    /// Recovery codes were made.
    RECOVERY_CODES_MADE = "recovery-codes-made";
    /// A recovery code was used.
    RECOVERY_BEGUN = "recovery-begun";
    /// A recovery was stopped by its person.
    RECOVERY_CANCELLED = "recovery-cancelled";
    /// An account was locked.
    PERSON_LOCKED = "person-locked";
    /// An account was unlocked.
    PERSON_UNLOCKED = "person-unlocked";
    /// A person got another role.
    ROLE_CHANGED = "role-changed";
    /// A member of the staff was removed.
    PERSON_REMOVED = "person-removed";
    /// An account at the staff's identity provider was linked with a person.
    IDENTITY_BOUND = "identity-bound";
    /// A person's account at the staff's identity provider was let go.
    IDENTITY_UNBOUND = "identity-unbound";
    /// A person confirmed an address for notices.
    CONTACT_CONFIRMED = "contact-confirmed";
    /// A person's address for notices was removed.
    CONTACT_REMOVED = "contact-removed";
    /// One unit took the place of another.
    DEVICE_REPLACED = "device-replaced";
    /// Somebody used the code of a label; the device is asked.
    CLAIM_BEGUN = "claim-begun";
    /// A device got an owner.
    DEVICE_CLAIMED = "device-claimed";
    /// Somebody who holds a device claims it although it has an owner.
    CLAIM_CONTESTED = "claim-contested";
    /// A claim came to nothing.
    CLAIM_ENDED = "claim-ended";
    /// An ownership ended; the device is nobody's.
    OWNERSHIP_RELEASED = "ownership-released";
    /// An ownership passed to somebody of the household.
    OWNERSHIP_TRANSFERRED = "ownership-transferred";
    /// A device said that nothing of its earlier owner is on it.
    DEVICE_WIPED = "device-wiped";
    /// What the service kept of a home was deleted.
    HOME_DATA_DELETED = "home-data-deleted";
    /// Somebody was invited into a household.
    MEMBER_INVITED = "member-invited";
    /// Somebody joined a household.
    MEMBER_JOINED = "member-joined";
    /// A member of a household has other rights.
    MEMBER_RIGHTS_SET = "member-rights-set";
    /// Somebody has no place in a household any more.
    MEMBER_REMOVED = "member-removed";
    /// A paired controller of the local network was ended from afar.
    CONTROLLER_REVOKED = "controller-revoked";
    /// The maker's people asked for the end of an ownership.
    RECALL_ASKED = "recall-asked";
    /// The end of an ownership that the maker's people asked for was stopped.
    RECALL_STOPPED = "recall-stopped";
    /// A person said that a change of their account was not theirs.
    ACCOUNT_FROZEN = "account-frozen";
    /// What is promised about a product will be otherwise; the change waits for its notice period.
    PROMISE_CHANGE_ANNOUNCED = "promise-change-announced";
    /// A change of a promise that was announced took effect.
    PROMISE_CHANGE_EFFECTIVE = "promise-change-effective";
    /// One password was tried at many accounts.
    PASSWORD_SPRAYED = "password-sprayed";
    /// A version of a policy or a bulletin was kept.
    PAPER_KEPT = "paper-kept";
    /// One of the maker's people saw whose device it is, and said why.
    OWNER_SEEN = "owner-seen";
    /// Somebody complained about privacy.
    COMPLAINT_OPENED = "complaint-opened";
    /// The maker answered a complaint about privacy.
    COMPLAINT_ANSWERED = "complaint-answered";
    /// A complaint about privacy ended.
    COMPLAINT_CLOSED = "complaint-closed";
    /// A complaint about privacy was not answered in the promised time.
    COMPLAINT_OVERDUE = "complaint-overdue";
    /// A breach of personal data was entered in the register.
    BREACH_NOTED = "breach-noted";
    /// An entry of the register of breaches was corrected.
    BREACH_AMENDED = "breach-amended";
    /// The authority was told of a breach.
    BREACH_NOTIFIED = "breach-notified";
    /// The people concerned were told of a breach.
    BREACH_OWNERS_TOLD = "breach-owners-told";
    /// An entry of the register of breaches was closed.
    BREACH_CLOSED = "breach-closed";
    /// The authority was not told of a breach in time.
    BREACH_OVERDUE = "breach-overdue";
    /// A retailer got a key.
    SHOP_ADDED = "shop-added";
    /// A retailer's key was ended.
    SHOP_RETIRED = "shop-retired";
    /// Somebody accepted the duties for a shop.
    DUTIES_ACCEPTED = "duties-accepted";
    /// A unit that came back is sold again and was not wiped.
    RESOLD_UNWIPED = "resold-unwiped";
    /// A record about a product was kept.
    PROOF_KEPT = "proof-kept";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn kinds_are_unique_and_kebab_case() {
        let unique: BTreeSet<&str> = ALL.iter().copied().collect();
        assert_eq!(unique.len(), ALL.len());
        for kind in ALL {
            assert!(kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{kind}");
            assert!(!kind.starts_with('-') && !kind.ends_with('-') && !kind.contains("--"), "{kind}");
        }
    }
}

//! The stored words of closed enums, both ways.

use holdfast_domain::fleet::custody::{Band, Doubt, Station, TagKind};
use holdfast_domain::fleet::{CertificateState, Enrolment};
use holdfast_domain::integrity::Severity;
use holdfast_domain::integrity::finding::FindingState;
use holdfast_domain::integrity::playbook::ActionState;
use holdfast_domain::people::Role;
use holdfast_domain::people::account::LockReason;
use holdfast_domain::people::session::SessionKind;
use holdfast_domain::updates::ReleaseKind;

/// An enum whose variants are stored as words.
pub(crate) trait Word: Sized {
    fn word(self) -> &'static str;
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($name:ty { $($variant:ident = $word:literal),* })*) => {$(
        impl Word for $name {
            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

words! {
    Enrolment {
        Pending = "pending", Accepted = "accepted", Rejected = "rejected", Preauthorised = "preauthorised",
        Revoked = "revoked"
    }
    CertificateState { Issued = "issued", Proven = "proven", Superseded = "superseded", Revoked = "revoked" }
    ReleaseKind { Security = "security", Feature = "feature" }
    Station {
        Factory = "factory", Distribution = "distribution", Shop = "shop", Return = "return",
        Refurbishment = "refurbishment", Recycling = "recycling"
    }
    Band { Uhf865 = "uhf-865", Uhf902 = "uhf-902", Hf13 = "hf-13.56", Optical = "optical" }
    TagKind { Epc = "epc", Uid = "uid", Printed = "printed" }
    Doubt { TwoPlaces = "two-places", Skipped = "skipped", AfterRecycling = "after-recycling" }
    Severity { Notice = "notice", Warning = "warning", Critical = "critical" }
    FindingState { Open = "open", Acknowledged = "acknowledged", Dismissed = "dismissed", Acted = "acted" }
    ActionState { Running = "running", Done = "done", Undoing = "undoing", Undone = "undone" }
    SessionKind {
        Link = "link", Passkey = "passkey", Password = "password", PasswordTotp = "password-totp", Oidc = "oidc",
        Recovery = "recovery"
    }
    LockReason { Failures = "failures", Order = "order", NotMe = "not-me" }
    Role {
        Administrator = "administrator", FleetOperator = "fleet-operator", ReleaseEngineer = "release-engineer",
        Security = "security", Assessor = "assessor", PrivacyOfficer = "privacy-officer", Support = "support",
        Owner = "owner"
    }
}

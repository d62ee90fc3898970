//! What the public, retailers and buyers read about a product: support period with its reason, who makes it, privacy, labels.
//!
//! This file holds the words. `document` reads and writes them as JSON text, `rules` decides what may change (the support
//! end never comes nearer; other `promise`s become weaker only after a notice period), `privacy` makes the notice from the product's model, `telling` says when owners are told.

mod day;
pub mod document;
pub mod network;
pub mod privacy;
pub mod promise;
pub mod rules;
pub mod telling;
mod text;

use std::collections::BTreeMap;

use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;

pub use day::{Day, DayError, YEAR_MAX, YEAR_MIN};
pub use text::{ENGLISH, LINK_BYTES_MAX, Link, LinkError, TEXT_CHARS_MAX, Text, WordProblem};

/// Most characters of one line, such as a name.
pub const LINE_CHARS_MAX: usize = 200;
/// Most entries of each list of a dossier.
pub const LIST_MAX: usize = 12;

/// All that is said about one product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dossier {
    /// Its name in shops.
    pub name: String,
    /// Type or model numbers, as on the type plate.
    pub models: Vec<String>,
    /// Who makes it.
    pub maker: Party,
    /// Where the maker can be visited on the web.
    pub website: Option<Link>,
    /// Authorised representatives and importers.
    pub representatives: Vec<Party>,
    /// Where flaws are reported, and how fast somebody answers.
    pub security: Security,
    /// When the first unit was supplied.
    pub first_supplied: Option<Day>,
    /// Not sold any more since then.
    pub discontinued: Option<Day>,
    /// Last day with security updates.
    pub support_until: Option<Day>,
    /// Last day on which hardware is repaired or replaced.
    pub hardware_until: Option<Day>,
    /// Warranty, in months from purchase.
    pub warranty_months: Option<u32>,
    /// Whether units can be updated at all.
    pub updates: Option<Updates>,
    /// When techniques that the product rests on must be replaced.
    pub sunsets: Vec<Sunset>,
    /// What opens a unit as it leaves the factory.
    pub credentials: Option<Credentials>,
    /// What it senses.
    pub sensors: Vec<Sensor>,
    /// Who receives personal data.
    pub recipients: Vec<Recipient>,
    /// What is added to the model's labels of single personal fields, by `stream/field`.
    pub fields: BTreeMap<String, FieldWords>,
    /// With whom it talks: its manufacturer usage description (RFC 8520).
    pub mud: Option<network::Mud>,
    /// From when on updates may cost something; never before the last day of support.
    pub paid_from: Option<Day>,
    /// Documents elsewhere.
    pub links: BTreeMap<LinkKind, Link>,
    /// Labels and certificates that it holds.
    pub labels: Vec<Label>,
    /// Languages of manual and pages, as codes.
    pub languages: Vec<String>,
    /// What belongs to it.
    pub accessories: Vec<String>,
    /// The statement of compliance (PSTI Regulations 2023, Schedule 4).
    pub statement: Option<Statement>,
    /// Everything that is said in sentences.
    pub texts: BTreeMap<Topic, Text>,
}

impl Dossier {
    /// What is said about `topic` in this language, with the language it is in.
    #[must_use]
    pub fn says(&self, topic: Topic, language: &str) -> Option<(&str, &str)> {
        self.texts.get(&topic).and_then(|text| text.read(language))
    }

    /// Whether sensors of this kind are built in.
    #[must_use]
    pub fn senses(&self, kind: SensorKind) -> bool {
        self.sensors.iter().any(|sensor| sensor.kind == kind)
    }
}

/// A company with its postal address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its postal address, one or more lines.
    pub address: String,
    /// Where it is reached.
    pub contact: Option<Link>,
}

/// Where flaws are reported (PSTI Schedule 1 paragraph 2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// Where reports go.
    pub contact: Option<Link>,
    /// The policy on disclosure.
    pub policy: Option<Link>,
    /// Days until a report is acknowledged.
    pub acknowledge_days: Option<u32>,
    /// Days between news to the reporter until it is resolved.
    pub news_days: Option<u32>,
}

/// A technique that ends before the product does, or with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sunset {
    /// When.
    pub on: Day,
    /// What ends, and what to do.
    pub what: Text,
}

/// Something built in that senses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensor {
    /// Of which kind.
    pub kind: SensorKind,
    /// What it notices, and when.
    pub what: Text,
    /// How it is switched off.
    pub off: Text,
}

/// Who receives personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub name: String,
    /// In which country.
    pub country: String,
    /// What for.
    pub what: Text,
}

/// What a maker adds about one personal field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldWords {
    /// The legal basis (GDPR Art. 6(1)).
    pub basis: Option<Basis>,
    /// Its name in the reader's language.
    pub title: Text,
    /// Its purpose in the reader's language.
    pub purpose: Text,
}

/// A label or certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Who gives it, such as `JC-STAR`.
    pub scheme: String,
    /// Which step of it.
    pub level: String,
    /// Its number.
    pub number: String,
    /// For which software versions it counts.
    pub versions: String,
    /// Until when.
    pub until: Option<Day>,
    /// Where it can be checked.
    pub link: Option<Link>,
}

/// What the statement of compliance says beyond the rest of the dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Type and batch that it covers.
    pub batch: String,
    /// Whether the security requirements themselves are complied with, or conditions that are deemed to be.
    pub by: Compliance,
    /// Which standards and paragraphs it rests on.
    pub standards: String,
    /// Who signs.
    pub signatory: String,
    /// Their function.
    pub function: String,
    /// Where it is signed.
    pub place: String,
    /// When.
    pub date: Day,
}

crate::words::word_lists! {
    /// Whether units can be updated.
    Updates {
        /// They can.
        Possible = "possible",
        /// They cannot; they are replaced instead.
        Impossible = "impossible",
    }
    /// What opens a unit as it leaves the factory.
    Credentials {
        /// Each unit has its own, and no two are alike.
        PerDevice = "unique-per-device",
        /// There is none until the owner sets one.
        UserDefined = "user-defined",
        /// No password at all: units prove themselves by keys.
        NoPassword = "no-password",
    }
    /// A kind of sensor that people want to know of.
    SensorKind {
        /// Hears.
        Microphone = "microphone",
        /// Sees.
        Camera = "camera",
        /// Knows where it is.
        Location = "location",
        /// Notices whether somebody is there.
        Presence = "presence",
        /// Notices other devices by radio.
        Radio = "radio",
        /// Anything else.
        Other = "other",
    }
    /// Legal basis of processing personal data (GDPR Art. 6(1)).
    Basis {
        /// (a)
        Consent = "consent",
        /// (b)
        Contract = "contract",
        /// (c)
        LegalObligation = "legal-obligation",
        /// (d)
        VitalInterests = "vital-interests",
        /// (e)
        PublicTask = "public-task",
        /// (f)
        LegitimateInterests = "legitimate-interests",
    }
    /// What a statement of compliance rests on (PSTI Regulations 2023, regulations 3 and 4).
    Compliance {
        /// The security requirements of Schedule 1.
        Requirements = "requirements",
        /// The conditions of Schedule 2.
        Conditions = "conditions",
    }
    /// A document elsewhere.
    LinkKind {
        /// The software bill of materials.
        Sbom = "sbom",
        /// The manufacturer usage description (RFC 8520).
        Mud = "mud",
        /// The manual.
        Manual = "manual",
        /// Help of the maker.
        Help = "help",
        /// Test reports.
        Reports = "reports",
    }
    /// What a dossier speaks about in sentences.
    Topic {
        /// What the product is.
        Summary = "summary",
        /// Why support lasts as long as it does.
        SupportReason = "support-reason",
        /// What happens when it ends.
        SupportAfter = "support-after",
        /// How often updates come.
        UpdateCadence = "update-cadence",
        /// What the owner must do for updates to arrive.
        UpdateDuty = "update-duty",
        /// Why units cannot be updated.
        NoUpdateWhy = "no-update-why",
        /// How units are replaced: conditions, period and method.
        ReplacementPlan = "replacement-plan",
        /// More about credentials.
        CredentialsNote = "credentials-note",
        /// What works without the internet.
        Offline = "offline",
        /// How it is set up securely.
        Setup = "setup",
        /// Privacy beyond the table.
        PrivacyNote = "privacy-note",
        /// What sharing data can lead to.
        PrivacyRisks = "privacy-risks",
        /// What lessens it.
        PrivacySteps = "privacy-steps",
        /// The owner's rights and how to use them.
        PrivacyRights = "privacy-rights",
        /// Whom to turn to when something went wrong, the authority included.
        Redress = "redress",
        /// How an owner deletes their data.
        Deletion = "deletion",
        /// Subscriptions: price and period.
        Terms = "terms",
        /// What stops working when a subscription ends.
        TermsLapse = "terms-lapse",
    }
}

/// A dossier as it is kept: what is being written, and what the public reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub product: ProductId,
    /// Counts every change, from 1.
    pub version: u64,
    /// What is being written; the public does not see it.
    pub draft: Dossier,
    /// What the public reads. Once there, it stays for ever.
    pub public: Option<Public>,
    /// When it last changed.
    pub changed: Timestamp,
}

/// What the public reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// All that is said.
    pub dossier: Dossier,
    /// Last day with security updates; never comes nearer.
    pub until: Day,
    /// The last day as it was said first, for the statement of compliance.
    pub first_until: Day,
    /// When the product was made public.
    pub since: Timestamp,
    /// When this text was made public.
    pub changed: Timestamp,
    /// What will be said instead, once its notice period is over.
    pub coming: Option<Box<promise::Coming>>,
}

impl Public {
    /// Whether support still lasts at `now`.
    #[must_use]
    pub fn is_supported(&self, now: Timestamp) -> bool {
        now < self.until.end()
    }

    /// Days of support left at `now`, today included; 0 when it is over.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> u32 {
        u32::try_from(self.until.days_since(Day::of(now)).saturating_add(1)).unwrap_or(0)
    }
}

crate::words::word_lists! {
    /// What was done to a dossier.
    DossierAct {
        /// The draft was saved.
        Saved = "saved",
        /// The draft was made public.
        Published = "published",
        /// Support was extended.
        Extended = "extended",
        /// A change of promises was announced.
        Announced = "announced",
        /// An announced change took effect.
        Effective = "effective",
    }
}

/// One change of a dossier, as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierChange {
    /// The dossier afterwards.
    pub record: Record,
    /// The version that it was decided against, 0 for none; another current version refuses the commit.
    pub from_version: u64,
    /// What was done.
    pub act: DossierAct,
    /// By whom.
    pub by: PersonId,
}

#[cfg(test)]
mod tests;

//! What may change in a dossier. The last day of support can be extended and never comes nearer, by no route.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;

use super::document::DossierError;
use super::{Day, Dossier, DossierAct, DossierChange, ENGLISH, Public, Record, SensorKind, Topic, Updates, promise};
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::telemetry::{Model, guard};

/// Why a dossier stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DossierRefusal {
    /// The document cannot be used.
    #[error("the dossier cannot be used")]
    Document(#[from] DossierError),
    /// It changed since it was read.
    #[error("the dossier is at version {0} now; look again")]
    VersionConflict(u64),
    /// The last day of support would come nearer.
    #[error("support was promised until {promised}; the day can move later and never come nearer")]
    Shortened {
        /// What was promised.
        promised: Day,
        /// What was asked for.
        asked: Option<Day>,
    },
    /// The day is the promised one already.
    #[error("support lasts until {0} already")]
    NotExtended(Day),
    /// The public reads nothing yet.
    #[error("the product is not public yet; there is no promise to extend")]
    NotPublic,
    /// What was first made public cannot be said otherwise later.
    #[error("the day of first supply is in the statement of compliance and does not change once it is public")]
    FirstSupplyChanged,
    /// Something must be said first.
    #[error("not ready for the public: {}", list(.0))]
    Incomplete(Vec<Gap>),
    /// The draft is what the public reads already.
    #[error("the public reads this already")]
    Unchanged,
}

impl DossierRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Document(error) => error.problem.name(),
            Self::VersionConflict(_) => "dossier-version-conflict",
            Self::Shortened { .. } => "support-never-shortened",
            Self::NotExtended(_) => "support-not-extended",
            Self::NotPublic => "dossier-not-public",
            Self::FirstSupplyChanged => "first-supply-fixed",
            Self::Incomplete(_) => "dossier-incomplete",
            Self::Unchanged => "dossier-unchanged",
        }
    }
}

fn list(gaps: &[Gap]) -> String {
    gaps.iter().map(|gap| gap.path.as_str()).collect::<Vec<_>>().join(", ")
}

/// Something that must be said before the public reads a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where in the document, such as `texts.support-reason.en`.
    pub path: String,
    /// Why it is needed, a word: `psti`, `buyer`, `privacy`, `replacement`, `set-up`.
    pub why: &'static str,
}

/// Decides to keep `draft` for `product`. The public sees nothing of it.
///
/// # Errors
///
/// [`DossierRefusal`]: another version is current, or the promise would be broken.
pub fn save(
    existing: Option<&Record>,
    product: &ProductId,
    draft: Dossier,
    from_version: Option<u64>,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, DossierRefusal> {
    let current = existing.map_or(0, |record| record.version);
    if from_version.is_some_and(|version| version != current) {
        return Err(DossierRefusal::VersionConflict(current));
    }
    let public = existing.and_then(|record| record.public.clone());
    if let Some(public) = &public {
        keeps_promises(public, &draft)?;
    }
    let record = Record { product: product.clone(), version: current + 1, draft, public, changed: now };
    let line = LedgerLine::new(kind::DOSSIER_SAVED, now)
        .fact("product", product)
        .fact("version", record.version)
        .fact("document", Sha256Digest::of(record.draft.text().as_bytes()).as_bytes())
        .fact("person", by);
    Ok(changed(record, current, DossierAct::Saved, by, line))
}

/// Decides to make the draft public. One that weakens a promise is announced instead, and counts after its notice period;
/// one that weakens none counts at once, and takes the place of what was announced.
///
/// # Errors
///
/// [`DossierRefusal`]: another version is current, something must be said first, or a promise would be broken.
pub fn publish(
    record: &Record,
    model: &Model,
    from_version: Option<u64>,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, DossierRefusal> {
    if from_version.is_some_and(|version| version != record.version) {
        return Err(DossierRefusal::VersionConflict(record.version));
    }
    let gaps = gaps(&record.draft, model);
    let (Some(until), true) = (record.draft.support_until, gaps.is_empty()) else {
        return Err(DossierRefusal::Incomplete(gaps));
    };
    if let Some(public) = &record.public {
        keeps_promises(public, &record.draft)?;
        if public.dossier == record.draft && public.coming.is_none() {
            return Err(DossierRefusal::Unchanged);
        }
        if !promise::weakened(&public.dossier, &record.draft, ENGLISH).is_empty() {
            if public.coming.as_ref().is_some_and(|coming| coming.dossier == record.draft) {
                return Err(DossierRefusal::Unchanged);
            }
            return Ok(promise::announce(record, public, by, now));
        }
    }
    let before = record.public.as_ref();
    let public = Public {
        dossier: record.draft.clone(),
        until,
        first_until: before.map_or(until, |public| public.first_until),
        since: before.map_or(now, |public| public.since),
        changed: now,
        coming: None,
    };
    let extends = before.is_some_and(|public| public.until < until);
    let mut line = LedgerLine::new(if extends { kind::SUPPORT_EXTENDED } else { kind::DOSSIER_PUBLISHED }, now)
        .fact("product", &record.product)
        .fact("version", record.version + 1)
        .fact("document", Sha256Digest::of(record.draft.text().as_bytes()).as_bytes())
        .fact("until", until.digits())
        .fact("person", by);
    if let Some(public) = before.filter(|_| extends) {
        line = line.fact("from", public.until.digits());
    }
    if before.is_some_and(|public| public.coming.is_some()) {
        line = line.fact("withdrawn", "announced-change");
    }
    let act = if extends { DossierAct::Extended } else { DossierAct::Published };
    let next = Record { public: Some(public), version: record.version + 1, changed: now, ..record.clone() };
    Ok(changed(next, record.version, act, by, line))
}

/// Decides to extend support until `until`: the public reads it at once, and an unfinished draft keeps the rest of its text.
///
/// # Errors
///
/// [`DossierRefusal`]: nothing is public, or `until` is not later than what is promised.
pub fn extend(record: &Record, until: Day, by: &PersonId, now: Timestamp) -> Result<Decision, DossierRefusal> {
    let public = record.public.as_ref().ok_or(DossierRefusal::NotPublic)?;
    if until < public.until {
        return Err(DossierRefusal::Shortened { promised: public.until, asked: Some(until) });
    }
    if until == public.until {
        return Err(DossierRefusal::NotExtended(until));
    }
    let dossier = Dossier { support_until: Some(until), ..public.dossier.clone() };
    let line = LedgerLine::new(kind::SUPPORT_EXTENDED, now)
        .fact("product", &record.product)
        .fact("version", record.version + 1)
        .fact("document", Sha256Digest::of(dossier.text().as_bytes()).as_bytes())
        .fact("from", public.until.digits())
        .fact("until", until.digits())
        .fact("person", by);
    let draft = Dossier { support_until: record.draft.support_until.max(Some(until)), ..record.draft.clone() };
    let next = Record {
        product: record.product.clone(),
        version: record.version + 1,
        draft,
        public: Some(Public { dossier, until, changed: now, ..public.clone() }),
        changed: now,
    };
    Ok(changed(next, record.version, DossierAct::Extended, by, line))
}

/// History's line of an order that would have broken the promise. Nothing else changes.
#[must_use]
pub fn shortening_refused(
    product: &ProductId,
    promised: Day,
    asked: Option<Day>,
    by: &PersonId,
    now: Timestamp,
) -> Decision {
    let line = LedgerLine::new(kind::SUPPORT_SHORTENING_REFUSED, now)
        .fact("product", product)
        .fact("promised", promised.digits())
        .fact("asked", asked.map_or(0, Day::digits))
        .fact("person", by);
    Decision::new(Vec::new(), line)
}

/// What must still be said before the public may read `dossier`.
#[must_use]
pub fn gaps(dossier: &Dossier, model: &Model) -> Vec<Gap> {
    let text = |topic: Topic| dossier.texts.get(&topic).is_some_and(|text| text.has(ENGLISH));
    let mut gaps = Vec::new();
    let mut need = |there: bool, path: &str, why: &'static str| {
        if !there {
            gaps.push(Gap { path: path.to_owned(), why });
        }
    };
    need(!dossier.name.is_empty(), "name", "psti");
    need(!dossier.models.is_empty(), "models", "psti");
    need(!dossier.maker.name.is_empty(), "maker.name", "psti");
    need(!dossier.maker.address.is_empty(), "maker.address", "psti");
    need(dossier.maker.contact.is_some(), "maker.contact", "buyer");
    need(dossier.security.contact.is_some(), "security.contact", "psti");
    need(dossier.security.acknowledge_days.is_some(), "security.acknowledge_days", "psti");
    need(dossier.security.news_days.is_some(), "security.news_days", "psti");
    need(dossier.first_supplied.is_some(), "first_supplied", "psti");
    need(dossier.support_until.is_some(), "support.until", "psti");
    need(dossier.updates.is_some(), "support.updates", "buyer");
    need(dossier.credentials.is_some(), "credentials", "psti");
    for topic in [Topic::Summary, Topic::SupportReason, Topic::SupportAfter, Topic::Deletion, Topic::Redress] {
        need(text(topic), &format!("texts.{}.{ENGLISH}", topic.word()), "buyer");
    }
    let by_update: &[Topic] = match dossier.updates {
        Some(Updates::Impossible) => &[Topic::NoUpdateWhy, Topic::ReplacementPlan],
        Some(Updates::Possible) => &[Topic::UpdateCadence, Topic::UpdateDuty],
        None => &[],
    };
    for topic in by_update {
        need(text(*topic), &format!("texts.{}.{ENGLISH}", topic.word()), "replacement");
    }
    if dossier.updates == Some(Updates::Impossible) {
        need(dossier.hardware_until.is_some(), "support.hardware_until", "replacement");
        need(!dossier.sunsets.is_empty(), "sunsets", "replacement");
    }
    if super::privacy::notice(model, dossier).iter().any(|datum| datum.personal) {
        need(text(Topic::PrivacyRights), "texts.privacy-rights.en", "privacy");
    }
    need(!text(Topic::Terms) || text(Topic::TermsLapse), "texts.terms-lapse.en", "buyer");
    need(dossier.paid_from.is_none_or(|day| Some(day) > dossier.support_until), "support.paid_from", "buyer");
    for property in guard::without_help(model) {
        need(false, &format!("model.properties.{}.hf:protects", property.field.name), "set-up");
    }
    let listening = [SensorKind::Microphone, SensorKind::Camera].into_iter();
    for (at, sensor) in dossier.sensors.iter().enumerate() {
        let off = sensor.off.has(ENGLISH) || !listening.clone().any(|kind| kind == sensor.kind);
        need(off, &format!("sensors.{at}.off.en"), "privacy");
    }
    gaps
}

fn keeps_promises(public: &Public, draft: &Dossier) -> Result<(), DossierRefusal> {
    if draft.support_until < Some(public.until) {
        return Err(DossierRefusal::Shortened { promised: public.until, asked: draft.support_until });
    }
    if draft.first_supplied != public.dossier.first_supplied {
        return Err(DossierRefusal::FirstSupplyChanged);
    }
    Ok(())
}

fn changed(record: Record, from_version: u64, act: DossierAct, by: &PersonId, line: LedgerLine) -> Decision {
    Decision::new(vec![Change::PutDossier(Box::new(DossierChange { record, from_version, act, by: *by }))], line)
}

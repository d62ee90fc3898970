//! Promises beside the end of support: warranty, repair, updates, how fast somebody answers, what is said about replacement,
//! subscriptions and privacy. They may become weaker only after a notice period, shown before and after.
//!
//! The end of support is not among them: it never comes nearer at all (`rules`). Whether new words promise less than old ones
//! nobody can compute, so each change of such words waits; words in one more language do not.

use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::{Millis, Timestamp};

use super::{Day, Dossier, DossierAct, DossierChange, Public, Record, Text, Topic, Updates};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// How long before it counts a change is announced: 30 days.
pub const NOTICE_PERIOD: Millis = Millis::from_secs(30 * 86_400);

/// What is said about these is a promise.
pub const PROMISED: [Topic; 9] = [
    Topic::SupportAfter,
    Topic::UpdateCadence,
    Topic::ReplacementPlan,
    Topic::Terms,
    Topic::Offline,
    Topic::PrivacyNote,
    Topic::PrivacyRights,
    Topic::Redress,
    Topic::Deletion,
];

/// A change that was announced and does not count yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// What will be said.
    pub dossier: Dossier,
    /// When it was announced.
    pub announced: Timestamp,
    /// When it begins to count.
    pub from: Timestamp,
    /// By whom.
    pub by: PersonId,
}

/// One promise that will be otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakened {
    /// Where in the document, such as `warranty.months` or `texts.terms`.
    pub path: String,
    /// What is said now.
    pub before: String,
    /// What will be said; empty for nothing.
    pub after: String,
}

/// Every promise of `before` that `after` does not keep as it is; words in this language where there are any.
#[must_use]
pub fn weakened(before: &Dossier, after: &Dossier, language: &str) -> Vec<Weakened> {
    let mut found = Vec::new();
    let mut note = |path: &str, before: String, after: String| {
        found.push(Weakened { path: path.to_owned(), before, after });
    };
    if after.warranty_months < before.warranty_months {
        note("warranty.months", number(before.warranty_months), number(after.warranty_months));
    }
    if after.hardware_until < before.hardware_until {
        note("support.hardware_until", day(before.hardware_until), day(after.hardware_until));
    }
    if before.updates == Some(Updates::Possible) && after.updates != before.updates {
        let word = |updates: Option<Updates>| updates.map(Updates::word).unwrap_or_default().to_owned();
        note("support.updates", word(before.updates), word(after.updates));
    }
    for (path, old, new) in [
        ("security.acknowledge_days", before.security.acknowledge_days, after.security.acknowledge_days),
        ("security.news_days", before.security.news_days, after.security.news_days),
    ] {
        if old.is_some_and(|old| new.is_none_or(|new| new > old)) {
            note(path, number(old), number(new));
        }
    }
    for sunset in after.sunsets.iter().filter(|sunset| !before.sunsets.contains(sunset)) {
        let words = sunset.what.read(language).map(|(_, words)| words).unwrap_or_default();
        note("sunsets", String::new(), format!("{} {words}", sunset.on));
    }
    for recipient in after.recipients.iter().filter(|one| !before.recipients.contains(one)) {
        note("recipients", String::new(), format!("{} ({})", recipient.name, recipient.country));
    }
    for topic in PROMISED {
        let empty = Text::default();
        let (old, new) = (before.texts.get(&topic).unwrap_or(&empty), after.texts.get(&topic).unwrap_or(&empty));
        let kept = old.iter().all(|(tag, words)| new.iter().any(|said| said == (tag, words)));
        if !kept {
            let read = |text: &Text| text.read(language).map(|(_, words)| words.to_owned()).unwrap_or_default();
            note(&format!("texts.{}", topic.word()), read(old), read(new));
        }
    }
    found
}

fn number(figure: Option<u32>) -> String {
    figure.map(|figure| figure.to_string()).unwrap_or_default()
}

fn day(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Decides to announce the draft: the public goes on reading what it reads, and what will be otherwise beside it.
pub(super) fn announce(record: &Record, public: &Public, by: &PersonId, now: Timestamp) -> Decision {
    let from = now.plus(NOTICE_PERIOD);
    let coming = Coming { dossier: record.draft.clone(), announced: now, from, by: *by };
    let public = Public { coming: Some(Box::new(coming)), ..public.clone() };
    let next = Record { public: Some(public), version: record.version + 1, changed: now, ..record.clone() };
    let line = line(kind::PROMISE_CHANGE_ANNOUNCED, &record.product, &next, now).fact("person", by);
    put(next, record.version, DossierAct::Announced, *by, line)
}

/// Decides that an announced change counts from now on. Nothing while its notice period runs, and nothing that would bring
/// the end of support nearer: support that was extended meanwhile stays extended.
#[must_use]
pub fn take_effect(record: &Record, now: Timestamp) -> Option<Decision> {
    let public = record.public.as_ref()?;
    let coming = public.coming.as_deref().filter(|coming| coming.from <= now)?;
    let until = coming.dossier.support_until.unwrap_or(public.until).max(public.until);
    let dossier = Dossier { support_until: Some(until), ..coming.dossier.clone() };
    let effective = Public { dossier, until, changed: now, coming: None, ..public.clone() };
    let next = Record { public: Some(effective), version: record.version + 1, changed: now, ..record.clone() };
    let line = line(kind::PROMISE_CHANGE_EFFECTIVE, &record.product, &next, now).fact("person", &coming.by);
    Some(put(next, record.version, DossierAct::Effective, coming.by, line))
}

fn line(kind: &'static str, product: &ProductId, next: &Record, now: Timestamp) -> LedgerLine {
    LedgerLine::new(kind, now).fact("product", product).fact("version", next.version)
}

fn put(record: Record, from_version: u64, act: DossierAct, by: PersonId, line: LedgerLine) -> Decision {
    Decision::new(vec![Change::PutDossier(Box::new(DossierChange { record, from_version, act, by }))], line)
}

//! What a product's signed label may claim, and on which evidence: with a stale or missing piece there is no label.
//!
//! Owns how long each kind of evidence is fresh. Signing and the bytes are in `holdfast_core::label`.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::label::{Evidence, Label, TEXT_BYTES_MAX};
use holdfast_core::time::{Millis, Timestamp};

use super::dossier::{Day, Public, Record, SensorKind, Updates};
use super::proof::{COUNTS_FOR, Proof, Said};
use crate::papers::{Document, Paper};
use crate::updates::Release;

/// What the public reads about a product is looked through at least once a year.
pub const DOSSIER_FRESH: Millis = Millis::from_secs(366 * 86_400);
/// A unit proved the firmware with fresh evidence within 30 days.
pub const FIRMWARE_FRESH: Millis = Millis::from_secs(30 * 86_400);
/// Policies that a label rests on.
pub const POLICIES: [&str; 3] = ["security", "support", "disclosure"];

/// What is known of a product.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the public reads.
    pub record: &'a Record,
    /// How many kinds of personal data its model admits.
    pub personal: usize,
    /// Its newest release that is offered.
    pub release: Option<&'a Release>,
    /// When a unit last proved that it runs exactly that release.
    pub proved: Option<Timestamp>,
    /// The version in force of every policy of the maker.
    pub policies: &'a [Paper],
    /// Records about the product.
    pub proofs: &'a [Proof],
    /// Where the public page is.
    pub address: &'a str,
    /// The trust document that names the signer.
    pub trust_version: u64,
}

/// One piece of evidence that is stale or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Which.
    pub what: String,
    /// Since when; `None` if it was never there.
    pub since: Option<Timestamp>,
}

/// Why there is no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no label: {}", self.0.iter().map(|one| one.what.as_str()).collect::<Vec<_>>().join(", "))]
pub struct Lapsed(pub Vec<Stale>);

/// Collects evidence, fresh and stale.
struct Gathered<'a> {
    address: &'a str,
    now: Timestamp,
    fresh: Vec<Evidence>,
    stale: Vec<Stale>,
}

impl Gathered<'_> {
    /// A piece that a label needs.
    fn need(&mut self, what: &str, page: &str, shown: Option<(Timestamp, Timestamp)>) {
        match shown {
            Some((at, until)) if self.now < until => self.add(what, page, at, until),
            Some((_, until)) => self.stale.push(Stale { what: what.to_owned(), since: Some(until) }),
            None => self.stale.push(Stale { what: what.to_owned(), since: None }),
        }
    }

    fn add(&mut self, what: &str, page: &str, at: Timestamp, until: Timestamp) {
        let root = self.address.split_once("/p/").map_or("", |(root, _)| root);
        let link =
            if page.starts_with("/policies") { format!("{root}{page}") } else { format!("{}{page}", self.address) };
        self.fresh.push(Evidence { what: what.to_owned(), link, at, until });
    }
}

/// Decides what the label of a product says now.
///
/// # Errors
///
/// [`Lapsed`] names every piece of evidence that is stale or missing.
pub fn issue(facts: &Facts<'_>, now: Timestamp) -> Result<Label, Lapsed> {
    let none = || Lapsed(vec![Stale { what: "public-dossier".to_owned(), since: None }]);
    let public = facts.record.public.as_ref().ok_or_else(none)?;
    let mut found = Gathered { address: facts.address, now, fresh: Vec::new(), stale: Vec::new() };
    found.need("public-dossier", "", Some((public.changed, public.changed.plus(DOSSIER_FRESH))));
    found.need("support-promise", "/support", Some((public.since, public.until.end())));
    if public.dossier.updates == Some(Updates::Possible) {
        found.need("release", "/security", facts.release.map(|release| (release.published, public.until.end())));
        let proved = facts.proved.map(|at| (at, at.plus(FIRMWARE_FRESH)));
        found.need("firmware-proved", "/security", proved.filter(|_| facts.release.is_some()));
    }
    for id in POLICIES {
        let paper = facts.policies.iter().find(|paper| paper.id == id);
        let shown = paper.and_then(|paper| match &paper.document {
            Document::Policy(policy) if policy.is_in_force(now) => Some((paper.at, policy.review.end())),
            Document::Policy(_) | Document::Bulletin(_) => None,
        });
        found.need(&format!("policy-{id}"), &format!("/policies/{id}"), shown);
    }
    for proof in facts.proofs.iter().filter(|proof| proof.said.holds() && now < proof.at.plus(COUNTS_FOR)) {
        let what = match &proof.said {
            Said::Usability { .. } => "usability-test",
            Said::Interface { version, .. } if facts.release.is_some_and(|r| r.version == *version) => {
                "interface-check"
            }
            Said::Interface { .. } | Said::Photograph { .. } | Said::Page { .. } => continue,
        };
        if found.fresh.iter().all(|one| one.what != what) {
            found.add(what, "/claims", proof.at, proof.at.plus(COUNTS_FOR));
        }
    }
    if !found.stale.is_empty() {
        return Err(Lapsed(found.stale));
    }
    Ok(Label {
        product: facts.record.product.clone(),
        name: public.dossier.name.clone(),
        version: facts.release.map(|release| release.version.clone()).unwrap_or_default(),
        manifest: facts.release.map(|release| Sha256Digest::from_bytes(release.manifest_digest)),
        address: facts.address.to_owned(),
        issued: now,
        expires: Label::end(now, &found.fresh),
        trust_version: facts.trust_version,
        claims: claims(public, facts),
        evidence: found.fresh,
    })
}

/// What is claimed; names are stable, values are words, days and figures.
#[must_use]
pub fn claims(public: &Public, facts: &Facts<'_>) -> Vec<(String, String)> {
    let dossier = &public.dossier;
    let built_in = |kind| if dossier.senses(kind) { "yes" } else { "no" }.to_owned();
    let said = |day: Option<Day>| day.map(|day| day.to_string());
    let sensors: Vec<&str> = dossier.sensors.iter().map(|sensor| sensor.kind.word()).collect();
    let statement = dossier.statement.as_ref().map(|one| format!("{} {}", one.by.word(), one.date));
    let all = [
        ("models", Some(dossier.models.join(", "))),
        ("maker", Some(dossier.maker.name.clone())),
        ("support-until", Some(public.until.to_string())),
        ("support-first-promised", Some(public.first_until.to_string())),
        ("hardware-until", said(dossier.hardware_until)),
        ("warranty-months", dossier.warranty_months.map(|months| months.to_string())),
        ("updates", dossier.updates.map(|updates| updates.word().to_owned())),
        ("release-signers", facts.release.map(|release| release.signers.to_string())),
        ("credentials", dossier.credentials.map(|credentials| credentials.word().to_owned())),
        ("microphone", Some(built_in(SensorKind::Microphone))),
        ("camera", Some(built_in(SensorKind::Camera))),
        ("location", Some(built_in(SensorKind::Location))),
        ("sensors", Some(sensors.join(", "))),
        ("personal-data-kinds", Some(facts.personal.to_string())),
        ("recipients", Some(dossier.recipients.len().to_string())),
        ("security-contact", dossier.security.contact.as_ref().map(|link| link.as_str().to_owned())),
        ("acknowledged-within-days", dossier.security.acknowledge_days.map(|days| days.to_string())),
        ("statement", statement),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), cut(value.filter(|value| !value.is_empty())?))))
        .collect()
}

/// A value no longer than a label takes.
fn cut(mut value: String) -> String {
    let end = (0..=TEXT_BYTES_MAX.min(value.len())).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    value.truncate(end);
    value
}

#[cfg(test)]
mod tests;

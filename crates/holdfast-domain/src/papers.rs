//! What the maker says to everybody beside a product's dossier, and keeps in version after version: policies with a day on
//! which they are looked at again, bulletins that people can act on.
//!
//! `document` reads and writes them. Nothing here is taken back: a later version takes the place of an earlier one, which
//! stays readable. Anybody may read them; breaches of personal data are in `people::breach`.

pub mod document;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeviceId, PersonId, ProductId};
use holdfast_core::time::Timestamp;

use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::fleet::dossier::{Day, ENGLISH, Link, Text};
use crate::people::notice::{Notice, NoticeKind};
use document::PaperError;

/// A new version of a policy is in force at the earliest after so many days: people must be able to leave before.
pub const NOTICE_DAYS: i32 = 30;
/// A policy is looked at again at the latest after so many days: two years.
pub const REVIEW_DAYS_MAX: i32 = 731;

/// One version of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its name: lower-case letters, digits and hyphens, such as `privacy` or `heater-recall`.
    pub id: String,
    /// Counts its versions, from 1.
    pub version: u64,
    /// What it says.
    pub document: Document,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
}

/// What a paper says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// How the maker does something, always.
    Policy(Policy),
    /// What happened, and what to do.
    Bulletin(Bulletin),
}

/// A policy. Its id is one of [`POLICIES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The function that answers for it.
    pub owner: String,
    /// All of it.
    pub text: Text,
    /// What is different from the version before.
    pub change: Text,
    /// From when on it is in force.
    pub effective: Day,
    /// When it is looked at again.
    pub review: Day,
    /// The supervisory authority to which people may complain, in the policy on privacy: name and address, line by line.
    pub authority: String,
}

/// The policies that a maker has, by id.
pub const POLICIES: [&str; 5] = ["security", "support", "disclosure", "privacy", "retention"];

/// Something that people should know, and can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulletin {
    /// What kind of news it is.
    pub what: What,
    /// Whose units it is about; all products' if none is named.
    pub product: Option<ProductId>,
    /// Which units, by the start of their ids; all if none is named.
    pub serials: Vec<String>,
    /// One line.
    pub title: Text,
    /// What happened.
    pub happened: Text,
    /// What to do now, one step after the other.
    pub steps: Vec<Text>,
    /// Until when.
    pub deadline: Option<Day>,
    /// Whom to ask.
    pub contact: Link,
}

/// What kind of news a bulletin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A flaw.
    Advisory,
    /// A service that did not work.
    Outage,
    /// Something that its owner has to do, because no update does it.
    Action,
    /// Something is done in another way from now on.
    Change,
}

impl What {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Advisory, Self::Outage, Self::Action, Self::Change];

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Outage => "outage",
            Self::Action => "action",
            Self::Change => "change",
        }
    }
}

impl Bulletin {
    /// Whether a unit of this id is among those it is about, as far as its id tells. Looks nothing up.
    #[must_use]
    pub fn concerns_id(&self, device: &str) -> bool {
        self.serials.is_empty() || self.serials.iter().any(|start| device.starts_with(start.as_str()))
    }

    /// Whether it is about this unit.
    #[must_use]
    pub fn concerns(&self, device: &DeviceId, product: &ProductId) -> bool {
        self.product.as_ref().is_none_or(|about| about == product) && self.concerns_id(device.as_str())
    }
}

impl Policy {
    /// Whether it should have been looked at again.
    #[must_use]
    pub fn is_lapsed(&self, now: Timestamp) -> bool {
        self.review < Day::of(now)
    }

    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.effective <= Day::of(now)
    }
}

/// Of the versions of one policy, the newest first, the one in force; with none in force yet, the oldest.
#[must_use]
pub fn in_force(versions: &[Paper], now: Timestamp) -> Option<&Paper> {
    let holds = |paper: &&Paper| matches!(&paper.document, Document::Policy(policy) if policy.is_in_force(now));
    versions.iter().find(holds).or_else(|| versions.last())
}

/// The supervisory authority, as the policy on privacy names it; the first of these papers that is that policy counts.
#[must_use]
pub fn authority(papers: &[Paper]) -> Option<&str> {
    let privacy = papers.iter().find(|paper| paper.id == "privacy")?;
    let Document::Policy(policy) = &privacy.document else { return None };
    Some(policy.authority.as_str()).filter(|authority| !authority.is_empty())
}

/// Why a paper stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperRefusal {
    /// The document cannot be used.
    #[error(transparent)]
    Document(#[from] PaperError),
    /// Another version is the newest.
    #[error("the paper is at version {0} now; look again")]
    VersionConflict(u64),
    /// It is of another kind than before.
    #[error("a paper of this name is of another kind")]
    OtherKind,
    /// Something must be said first.
    #[error("not ready: {0}")]
    Incomplete(&'static str),
    /// A new version of a policy would be in force too soon.
    #[error("a new version is in force at the earliest {NOTICE_DAYS} days after people were told")]
    TooSoon,
}

impl PaperRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Document(_) => "paper-malformed",
            Self::VersionConflict(_) => "paper-version-conflict",
            Self::OtherKind => "paper-other-kind",
            Self::Incomplete(_) => "paper-incomplete",
            Self::TooSoon => "policy-too-soon",
        }
    }
}

/// Decides to keep a new version of a paper; what is public is so at once, and those concerned are told.
///
/// # Errors
///
/// [`PaperRefusal`] names what stands against it.
pub fn put(
    existing: Option<&Paper>,
    id: &str,
    document: Document,
    from_version: Option<u64>,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, PaperRefusal> {
    let current = existing.map_or(0, |paper| paper.version);
    if from_version.is_some_and(|version| version != current) {
        return Err(PaperRefusal::VersionConflict(current));
    }
    document::check_id(id)?;
    if existing.is_some_and(|paper| paper.document.kind() != document.kind()) {
        return Err(PaperRefusal::OtherKind);
    }
    match &document {
        Document::Policy(policy) => check_policy(existing.is_some(), id, policy, now)?,
        Document::Bulletin(bulletin) => check_bulletin(bulletin)?,
    }
    let paper = Paper { id: id.to_owned(), version: current + 1, document, at: now, by: *by };
    let line = LedgerLine::new(kind::PAPER_KEPT, now)
        .fact("paper", Sha256Digest::of(id.as_bytes()).as_bytes())
        .fact("kind", paper.document.kind())
        .fact("version", paper.version)
        .fact("document", Sha256Digest::of(paper.document.text().as_bytes()).as_bytes())
        .fact("person", by);
    Ok(Decision::new(vec![Change::AddPaper(Box::new(paper))], line))
}

fn check_policy(known: bool, id: &str, policy: &Policy, now: Timestamp) -> Result<(), PaperRefusal> {
    if !POLICIES.contains(&id) {
        return Err(PaperRefusal::Incomplete("a policy is security, support, disclosure, privacy or retention"));
    }
    if !policy.text.has(ENGLISH) || policy.owner.is_empty() {
        return Err(PaperRefusal::Incomplete("a policy has a text (en at least) and an owner"));
    }
    let today = Day::of(now);
    if known && !policy.change.has(ENGLISH) {
        return Err(PaperRefusal::Incomplete("a new version says what is different (change.en)"));
    }
    if known && policy.effective.days_since(today) < NOTICE_DAYS {
        return Err(PaperRefusal::TooSoon);
    }
    let reviewed = policy.review.days_since(policy.effective);
    if reviewed <= 0 || reviewed > REVIEW_DAYS_MAX || policy.review < today {
        return Err(PaperRefusal::Incomplete("it is looked at again within two years after it is in force"));
    }
    Ok(())
}

fn check_bulletin(bulletin: &Bulletin) -> Result<(), PaperRefusal> {
    if !bulletin.title.has(ENGLISH) || !bulletin.happened.has(ENGLISH) {
        return Err(PaperRefusal::Incomplete("a bulletin says in one line and then at length what happened (en)"));
    }
    if bulletin.steps.iter().any(|step| !step.has(ENGLISH)) {
        return Err(PaperRefusal::Incomplete("each step is said in English (en) at least"));
    }
    if bulletin.what == What::Action && (bulletin.steps.is_empty() || bulletin.deadline.is_none()) {
        return Err(PaperRefusal::Incomplete("who has to act needs steps and a deadline"));
    }
    Ok(())
}

impl Document {
    /// The stable word of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Policy(_) => "policy",
            Self::Bulletin(_) => "bulletin",
        }
    }

    /// The product that it is about.
    #[must_use]
    pub const fn product(&self) -> Option<&ProductId> {
        match self {
            Self::Policy(_) => None,
            Self::Bulletin(bulletin) => bulletin.product.as_ref(),
        }
    }
}

/// What an owner is told of a paper. The same owner told twice gets one notice.
#[must_use]
pub fn notice(paper: &Paper, owner: PersonId) -> Option<Notice> {
    let (kind, title, folder) = match &paper.document {
        Document::Bulletin(bulletin) => (NoticeKind::Bulletin, bulletin.title.read(ENGLISH)?.1.to_owned(), "notices"),
        Document::Policy(policy) if paper.version > 1 => {
            (NoticeKind::PolicyChanges, policy.effective.to_string(), "policies")
        }
        Document::Policy(_) => return None,
    };
    let place = format!("{folder}/{}", paper.id);
    Some(Notice::new(owner, kind, paper.at).fact("title", title).fact("place", place))
}

#[cfg(test)]
mod tests;

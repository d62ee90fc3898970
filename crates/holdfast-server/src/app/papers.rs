//! The maker's papers of the port.

use holdfast_core::time::Timestamp;
use holdfast_domain::papers::{self, Document, POLICIES, Paper, PaperRefusal, in_force};
use holdfast_web::backend::papers::{PaperView, Papers};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind};

use super::{House, refuse, stored};
use crate::clock;

/// Most papers of one listing.
const PAPERS_MAX: u32 = 500;

impl Papers for House {
    fn public_papers(&self) -> Answer<Vec<Paper>> {
        self.store.papers(PAPERS_MAX).map_err(stored)
    }

    fn papers(&self) -> Answer<Vec<PaperView>> {
        let all = self.store.papers(PAPERS_MAX).map_err(stored)?;
        let view = |paper: Paper| {
            let (told, told_all) = self.store.paper_told(&paper.id, paper.version).map_err(stored)?;
            let owners = self.store.owners_count(paper.document.product()).map_err(stored)?;
            Ok(PaperView { paper, told, told_all, owners })
        };
        all.into_iter().map(view).collect()
    }

    fn paper(&self, id: &str) -> Answer<Vec<Paper>> {
        self.store.paper_versions(id).map_err(stored)
    }

    fn put_paper(&self, by: &Caller, id: &str, text: &str, from_version: Option<u64>) -> Answer<Paper> {
        let _turn = self.turns.products.take();
        let known = self.store.paper_versions(id).map_err(stored)?;
        let document = Document::parse(text).map_err(|why| not_kept(&why.into()))?;
        let decision = papers::put(known.first(), id, document, from_version, &by.person.id, clock::now());
        self.decide(decision.map_err(|why| not_kept(&why))?)?;
        self.support.notify_one();
        let kept = self.store.paper_versions(id).map_err(stored)?;
        kept.into_iter().next().ok_or_else(|| super::absent("paper-unknown", "paper of this name"))
    }
}

impl House {
    /// The version in force of every policy that anybody can read.
    pub(super) fn policies_in_force(&self, now: Timestamp) -> Answer<Vec<Paper>> {
        let mut found = Vec::new();
        for id in POLICIES {
            let versions = self.store.paper_versions(id).map_err(stored)?;
            found.extend(in_force(&versions, now).cloned());
        }
        Ok(found)
    }
}

fn not_kept(why: &PaperRefusal) -> holdfast_web::backend::Stop {
    let kind = match why {
        PaperRefusal::VersionConflict(_) | PaperRefusal::OtherKind => RefusalKind::Conflict,
        PaperRefusal::Document(_) | PaperRefusal::Incomplete(_) | PaperRefusal::TooSoon => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

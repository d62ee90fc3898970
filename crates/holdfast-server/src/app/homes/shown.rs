//! The privacy notice that stood before whoever claims: compared with the one in force, and kept with the claim.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Change;
use holdfast_domain::homes::shown::{self, ShownRefusal};
use holdfast_web::backend::{Answer, RefusalKind};

use super::{House, refuse};

impl House {
    /// What keeps that the notice was shown before this claim.
    pub(super) fn notice_shown(
        &self,
        claim: ClaimId,
        product: &ProductId,
        notice: Option<Sha256Digest>,
        now: Timestamp,
    ) -> Answer<Change> {
        let in_force = self.notice_in_force(product)?;
        shown::shown(claim, product, &in_force, notice.as_ref(), now).map_err(|why| {
            let kind = match why {
                ShownRefusal::NotShown => RefusalKind::Unacceptable,
                ShownRefusal::Changed => RefusalKind::Conflict,
            };
            refuse(kind, why.name(), why.to_string())
        })
    }
}

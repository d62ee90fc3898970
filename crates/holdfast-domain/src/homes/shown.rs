//! No claim before the privacy notice in force was shown: whoever claims says which version stood before them.
//!
//! Nothing personal is taken of a device that nobody claimed, so this comes before the first personal datum.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, ProductId};
use holdfast_core::time::Timestamp;

use super::HomeChange;
use crate::decision::Change;

/// Why a claim does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShownRefusal {
    /// Nothing says that a notice was shown.
    #[error("a claim begins with the privacy notice: send the version that was shown, as the label's page has it")]
    NotShown,
    /// Another version is in force.
    #[error("the privacy notice has changed meanwhile; read it again on the label's page")]
    Changed,
}

impl ShownRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotShown => "privacy-notice-not-shown",
            Self::Changed => "privacy-notice-changed",
        }
    }
}

/// What to keep of the notice that was shown before a claim.
///
/// # Errors
///
/// [`ShownRefusal`] if none was shown, or another version than the one in force.
pub fn shown(
    claim: ClaimId,
    product: &ProductId,
    in_force: &Sha256Digest,
    shown: Option<&Sha256Digest>,
    now: Timestamp,
) -> Result<Change, ShownRefusal> {
    let shown = shown.ok_or(ShownRefusal::NotShown)?;
    if shown != in_force {
        return Err(ShownRefusal::Changed);
    }
    Ok(Change::Home(HomeChange::ShowNotice { claim, product: product.clone(), notice: *shown, at: now }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_notice_in_force_opens_a_claim() {
        let now = Timestamp::from_micros(1_795_408_200_000_000);
        let (claim, product) = (ClaimId::new(now, [1; 10]), "hearth-thermostat".parse().expect("an id"));
        let (old, new) = (Sha256Digest::of(b"old"), Sha256Digest::of(b"new"));
        let judge = |seen: Option<&Sha256Digest>| shown(claim, &product, &new, seen, now).map_err(ShownRefusal::name);
        assert_eq!(judge(None), Err("privacy-notice-not-shown"));
        assert_eq!(judge(Some(&old)), Err("privacy-notice-changed"));
        let kept = judge(Some(&new)).expect("shown");
        assert!(matches!(kept, Change::Home(HomeChange::ShowNotice { notice, .. }) if notice == new));
    }
}

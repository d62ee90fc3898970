//! What the maker tells buyers, owners and retailers, and keeps: support, policies, labels, notices, redress, records.

use super::{Facts, Proof, met, not_met};

/// Guideline 3. Proven by a public page and feed for every product; they are public by construction and stay when a product goes.
pub(super) fn every_product_is_public(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_public < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products have a public page with the last day of support, which nobody can take away",
        f.products
    )))
}

/// Guideline 3. Proven by a date for every product, one that was extended, one try to shorten that was refused, and a history
/// without a nearer day.
pub(super) fn support_is_never_shortened(f: &Facts) -> Option<Proof> {
    if f.support_shortened > 0 {
        return Some(not_met(format!("{} promises of support were made shorter", f.support_shortened)));
    }
    let tried = f.support_extended > 0 && f.support_shortening_refused > 0;
    if f.products == 0 || f.products_public < f.products || !tried {
        return None;
    }
    Some(met(format!(
        "all {} products state a last day of support; {} were extended, none was ever shortened, {} tries to were refused and \
         are in the ledger",
        f.products, f.support_extended, f.support_shortening_refused
    )))
}

/// Guideline 3. Proven by a reason beside the day of every product; a dossier without one is not published.
pub(super) fn support_is_explained(f: &Facts) -> Option<Proof> {
    if f.products_unexplained > 0 {
        return Some(not_met(format!(
            "{} public products give no reason for the length of support",
            f.products_unexplained
        )));
    }
    if f.products == 0 || f.products_public < f.products {
        return None;
    }
    Some(met(format!("all {} products say why support lasts as long as it does, beside the day", f.products)))
}

/// Mozilla standard, privacy. Proven by two separate dates of every product; page, feed and the shop's text show both.
pub(super) fn warranty_stands_beside_support(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_with_warranty < f.products {
        return None;
    }
    Some(met(format!("all {} products state warranty and last day of support, apart and side by side", f.products)))
}

/// Mozilla standard, privacy. Proven by terms of every product with what stops without them; a dossier whose updates cost
/// something before the end of support is not published.
pub(super) fn terms_are_told_and_updates_are_free(f: &Facts) -> Option<Proof> {
    if f.products_paid_early > 0 {
        return Some(not_met(format!(
            "{} products want money for updates before their support ends",
            f.products_paid_early
        )));
    }
    if f.products == 0 || f.products_with_terms < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products say what they cost later and what stops without it; updates are free until the last day",
        f.products
    )))
}

/// Guideline 3. Proven by the plan of every public product that cannot be updated.
pub(super) fn what_cannot_be_updated_has_a_plan(f: &Facts) -> Option<Proof> {
    if f.products_not_updatable == 0 {
        return None;
    }
    if f.products_with_plan < f.products_not_updatable {
        let without = f.products_not_updatable - f.products_with_plan;
        return Some(not_met(format!("{without} products that cannot be updated have no whole plan of replacement")));
    }
    Some(met(format!(
        "all {} products that cannot be updated say why, how units are replaced and until when, with dates",
        f.products_not_updatable
    )))
}

/// Mozilla standard, general. Proven by five public policies with an owner, and none whose review was missed.
pub(super) fn policies_are_public_and_looked_at(f: &Facts) -> Option<Proof> {
    if f.policies_lapsed > 0 {
        return Some(not_met(format!(
            "the review of {} policies was missed, which their pages show",
            f.policies_lapsed
        )));
    }
    if f.policies < crate::papers::POLICIES.len() as u64 {
        return None;
    }
    Some(met(format!(
        "{} policies are public, each with an owner, a version and the day of its next review",
        f.policies
    )))
}

/// GSMA guidelines, privacy. Proven by a change of a policy of which every owner was told; that it is in force a month later
/// at the earliest is kept by the rule that takes it.
pub(super) fn changes_are_told_ahead(f: &Facts) -> Option<Proof> {
    if f.policy_changes_told == 0 || f.policy_notices == 0 {
        return None;
    }
    Some(met(format!(
        "{} changes of policies were told to owners in {} notices, at least thirty days before they are in force",
        f.policy_changes_told, f.policy_notices
    )))
}

/// Mozilla standard, vulnerabilities. Proven by a bulletin with steps, deadline and check by serial number that reached owners.
pub(super) fn notices_can_be_acted_on(f: &Facts) -> Option<Proof> {
    if f.actions_told == 0 || f.action_notices == 0 {
        return None;
    }
    Some(met(format!(
        "{} bulletins with steps, a deadline and a check by serial number reached owners in {} notices",
        f.actions_told, f.action_notices
    )))
}

/// Guideline 12. Proven by every such setting of every model.
pub(super) fn settings_that_matter_have_help(f: &Facts) -> Option<Proof> {
    if f.unguarded_settings > 0 {
        return Some(not_met(format!("{} settings that matter for security have no help", f.unguarded_settings)));
    }
    if f.guarded_settings == 0 {
        return None;
    }
    Some(met(format!(
        "all {} settings that matter for security say what they protect against and are part of the check of a set-up",
        f.guarded_settings
    )))
}

/// Mozilla standard. Proven by a label of every public product that is signed at this moment: one with stale evidence is not.
pub(super) fn labels_are_signed_and_fresh(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_public < f.products || f.labels_in_force < f.products {
        return None;
    }
    Some(met(format!("all {} products have a signed label whose evidence is fresh at this moment", f.products)))
}

/// Guideline 3. Proven by retailers that fetched the dates by their own key, each of them.
pub(super) fn retailers_fetch_support_dates(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_public < f.products || f.shops == 0 || f.shops_fetching < f.shops {
        return None;
    }
    Some(met(format!("all {} retailers fetch the last days of support; it is kept when each did last", f.shops)))
}

/// Guideline 8. Proven by an acceptance of the present duties for every retailer.
pub(super) fn retailers_accept_their_duties(f: &Facts) -> Option<Proof> {
    if f.shops == 0 || f.shops_accepted < f.shops {
        return None;
    }
    Some(met(format!("for all {} retailers somebody accepted the duties as they are now, by name and date", f.shops)))
}

/// GSMA privacy guideline. Proven by complaints that were answered in time, and a register in which no clock was missed.
pub(super) fn complaints_are_answered_in_time(f: &Facts) -> Option<Proof> {
    if f.complaints_late > 0 || f.breaches_late > 0 {
        return Some(not_met(format!(
            "{} complaints waited longer than promised, {} breaches were told to the authority late or not yet",
            f.complaints_late, f.breaches_late
        )));
    }
    if f.complaints_answered == 0 || f.policies_lapsed > 0 || f.policies < crate::papers::POLICIES.len() as u64 {
        return None;
    }
    Some(met(format!(
        "{} complaints were answered within 72 hours, none is late; none of {} breaches missed the authority's clock",
        f.complaints_answered, f.breaches
    )))
}

/// Mozilla standard, privacy. Proven by claims each of which names the notice that was shown before.
pub(super) fn notices_come_before_claims(f: &Facts) -> Option<Proof> {
    if f.claims_unnoticed > 0 {
        return Some(not_met(format!("{} claims began without the privacy notice", f.claims_unnoticed)));
    }
    if f.products == 0 || f.products_public < f.products || f.claims_noticed == 0 {
        return None;
    }
    Some(met(format!("all {} claims name the version of the privacy notice that was shown before", f.claims_noticed)))
}

/// Mozilla standard, privacy. Proven by a photograph of each package and a page of the maker with the link.
pub(super) fn packages_carry_the_link(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_packaged < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products have a photograph of their package, with digest and date, and a page on which their link was found",
        f.products
    )))
}

/// NISTIR 8228 and its companions. Proven by a test with people of every product, and one by an outside tester.
pub(super) fn products_were_tested_with_people(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.products_tested < f.products {
        return None;
    }
    Some(met(format!(
        "all {} products were tested with at least five people, of whom four in five came to the end of each critical task, \
         also by an outside tester",
        f.products
    )))
}

/// Guideline 12. Proven by a complete checklist with a clean accessibility scan for the newest release of every product.
pub(super) fn interfaces_were_checked(f: &Facts) -> Option<Proof> {
    if f.products == 0 || f.releases == 0 || f.interfaces_checked < f.products {
        return None;
    }
    Some(met(format!(
        "for all {} products the interface of the newest release was checked against the whole list, without one \
         violation in the accessibility scan",
        f.products
    )))
}

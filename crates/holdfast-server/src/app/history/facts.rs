//! The facts behind the conformity report: what the store counts, what the keys' inventory shows, what the doors saw.
//!
//! Does not judge; `domain` does.

use holdfast_core::cose::{PublicKey, Signer as _};
use holdfast_domain::conformity::Facts;
use holdfast_domain::fleet::dossier::{Dossier, Public, Topic, Updates};
use holdfast_domain::fleet::shop::DUTIES_VERSION;
use holdfast_domain::keys::KeyState;
use holdfast_domain::keys::inventory::Due;
use holdfast_domain::papers::{Document, POLICIES, What, in_force};
use holdfast_domain::telemetry::guard;
use holdfast_store::StoreError;
use holdfast_web::backend::proofs::Proofs as _;

use super::super::{Answer, House, fault, stored};
use crate::clock;
use crate::tls::witness::DoorName;
use crate::work::checkpoint;

/// Most papers that are looked through.
const PAPERS_MAX: u32 = 1_000;
/// Microseconds of a millisecond.
const MICROS: u64 = 1_000;

impl House {
    /// Everything that requirements ask about, as of now.
    pub(super) fn facts(&self) -> Answer<Facts> {
        let counted = self.store.facts().map_err(stored)?;
        let mut facts = Facts {
            devices: counted.devices,
            factory_keys: counted.factory_keys,
            devices_enrolled: counted.devices_enrolled,
            certificates_proven: counted.certificates_proven,
            telemetry_stored: counted.telemetry_stored,
            refusals: counted.refusals,
            releases: counted.releases,
            executions_succeeded: counted.executions_succeeded,
            executions_rolled_back: counted.executions_rolled_back,
            integrity_alerts: counted.alerts_integrity,
            contradictions: counted.appraisals_contraindicated,
            recoveries: counted.quarantines_lifted,
            ledger_lines: counted.ledger_lines,
            devices_accepted: counted.devices_accepted,
            seen_without_certificate: counted.seen_without_certificate,
            tags: counted.tags,
            tag_clone_alerts: counted.alerts_tag_clone,
            forwards_proven: counted.forwards_proven,
            forgery_alerts: counted.alerts_forgery,
            certificates_renewed: counted.superseded_early.saturating_sub(counted.alerts_key_replaced),
            devices_revoked: counted.devices_revoked,
            revoked_refused: counted.revoked_refused,
            revoked_seen_late: counted.revoked_seen_late,
            isolated_by_rule: counted.isolated_by_rule,
            isolation_pending: counted.isolation_pending,
            containment_ms_max: counted.containment_us_max.div_ceil(MICROS),
            detection_ms_max: counted.detection_us_max.div_ceil(MICROS),
            series: counted.series,
            series_unsigned: counted.series_unsigned,
            signatures_wrong: counted.signatures_wrong,
            gaps: counted.gaps,
            telemetry_repeated: counted.telemetry_repeated,
            ..Facts::default()
        };
        self.add_support(&mut facts, counted.products)?;
        self.add_papers(&mut facts)?;
        self.add_settings(&mut facts)?;
        self.add_promises(&mut facts)?;
        self.add_doors(&mut facts);
        self.add_signers(&mut facts)?;
        self.add_keys(&mut facts).map_err(stored)?;
        Ok(facts)
    }

    /// What the public reads about products, and how promises of support were kept.
    fn add_support(&self, facts: &mut Facts, products: u64) -> Answer<()> {
        let public: Vec<_> =
            self.store.public_dossiers().map_err(stored)?.into_iter().filter_map(|d| d.public).collect();
        let unexplained = |public: &&Public| !public.dossier.texts.contains_key(&Topic::SupportReason);
        let history = self.store.support_facts().map_err(stored)?;
        facts.products = products;
        facts.products_public = public.len() as u64;
        facts.products_unexplained = public.iter().filter(unexplained).count() as u64;
        facts.products_with_warranty = public.iter().filter(|p| p.dossier.warranty_months.is_some()).count() as u64;
        let dossiers = || public.iter().map(|public| &public.dossier);
        let said = |dossier: &Dossier, topics: &[Topic]| topics.iter().all(|topic| dossier.texts.contains_key(topic));
        let fixed = || dossiers().filter(|dossier| dossier.updates == Some(Updates::Impossible));
        let planned = |dossier: &&Dossier| {
            said(dossier, &[Topic::NoUpdateWhy, Topic::ReplacementPlan])
                && dossier.hardware_until.is_some()
                && !dossier.sunsets.is_empty()
        };
        facts.products_not_updatable = count(fixed());
        facts.products_with_plan = count(fixed().filter(planned));
        facts.products_with_terms = count(dossiers().filter(|one| said(one, &[Topic::Terms, Topic::TermsLapse])));
        let early = |one: &&Dossier| one.paid_from.is_some_and(|day| Some(day) <= one.support_until);
        facts.products_paid_early = count(dossiers().filter(early));
        facts.support_extended = history.extended;
        facts.support_shortened = history.shortened;
        facts.support_shortening_refused = history.shortening_refused;
        Ok(())
    }

    /// What the maker says to everybody, and whom it reached.
    fn add_papers(&self, facts: &mut Facts) -> Answer<()> {
        let now = clock::now();
        for id in POLICIES {
            let versions = self.store.paper_versions(id).map_err(stored)?;
            if let Some(Document::Policy(policy)) = in_force(&versions, now).map(|paper| &paper.document) {
                facts.policies += 1;
                facts.policies_lapsed += u64::from(policy.is_lapsed(now));
            }
        }
        let changes = self.store.paper_facts().map_err(stored)?;
        facts.policy_changes_told = changes.changes_told;
        facts.policy_notices = changes.told;
        for paper in self.store.papers(PAPERS_MAX).map_err(stored)? {
            let acts = matches!(&paper.document, Document::Bulletin(bulletin) if bulletin.what == What::Action);
            let (told, _) = self.store.paper_told(&paper.id, paper.version).map_err(stored)?;
            if acts && told > 0 {
                facts.actions_told += 1;
                facts.action_notices += told;
            }
        }
        Ok(())
    }

    /// Which settings matter, and which of them say why.
    fn add_settings(&self, facts: &mut Facts) -> Answer<()> {
        for product in self.store.products().map_err(stored)? {
            let Some(model) = self.models.known(&product.id) else { continue };
            let without = count(guard::without_help(&model));
            let guarded = count(model.properties().iter().filter(|property| property.guard.is_some()));
            facts.guarded_settings += guarded + without;
            facts.unguarded_settings += without;
        }
        Ok(())
    }

    /// Labels, retailers, redress, and records that people made.
    fn add_promises(&self, facts: &mut Facts) -> Answer<()> {
        let now = clock::now();
        facts.labels_in_force = self.labels_in_force()?;
        let shops = self.store.shop_facts(DUTIES_VERSION).map_err(stored)?;
        (facts.shops, facts.shops_fetching, facts.shops_accepted) = (shops.shops, shops.fetching, shops.accepted);
        let redress = self.store.redress_facts(now).map_err(stored)?;
        (facts.complaints_answered, facts.complaints_late) = (redress.answered_in_time, redress.late);
        (facts.breaches, facts.breaches_late) = (redress.breaches, redress.breaches_late);
        let notices = self.store.notice_facts().map_err(stored)?;
        (facts.claims_noticed, facts.claims_unnoticed) = (notices.shown, notices.without);
        for record in self.store.public_dossiers().map_err(stored)? {
            let missing = self.proofs(&record.product)?.map(|view| view.missing).unwrap_or_default();
            let lacks = |part: &str| missing.iter().any(|word| word.starts_with(part));
            facts.products_packaged += u64::from(!lacks("packaging"));
            facts.products_tested += u64::from(!lacks("usability"));
            facts.interfaces_checked += u64::from(!lacks("interface"));
        }
        Ok(())
    }

    fn add_doors(&self, facts: &mut Facts) {
        let seen = self.doors.witness().testimony();
        facts.listeners = DoorName::ALL.len() as u64;
        facts.listeners_seen = seen.doors_seen;
        facts.listeners_tls13 = seen.doors_tls13;
        facts.handshakes = seen.handshakes;
    }

    /// Who signs trust documents and releases, and whether one of them is this server.
    fn add_signers(&self, facts: &mut Facts) -> Answer<()> {
        let Some(trust) = self.trust.document() else { return Ok(()) };
        let (root, release) = (&trust.content().root, &trust.content().release);
        let ledger = checkpoint::signer(self).map_err(|why| fault(&why))?.verifier();
        let ledger = PublicKey::ed25519(*ledger.public_key()).ok();
        let freshness = self.authority.freshness().public_key();
        let ours = |key: &&PublicKey| **key == freshness || Some(*key) == ledger.as_ref();
        let needed = u32::try_from(release.threshold()).unwrap_or(u32::MAX);
        facts.releases_under_threshold = self.store.releases_signed_by_fewer(needed).map_err(stored)?;
        facts.release_keys_on_server = count(release.keys().iter().filter(ours));
        facts.root_threshold = u64::try_from(root.threshold()).unwrap_or(u64::MAX);
        facts.release_threshold = u64::from(needed);
        Ok(())
    }

    /// What the inventory of keys and the published revocation lists show.
    fn add_keys(&self, facts: &mut Facts) -> Result<(), StoreError> {
        let now = clock::now();
        let fleet = self.store.fleet_keys(self.first_ca(), self.retiring_ca(), now)?;
        let crls = self.store.crls()?;
        let cas = self.authority.cas();
        let live = || cas.iter().filter(|(ca, _)| matches!(ca.state, KeyState::Active | KeyState::Retiring));
        let fresh = |issuer| crls.iter().any(|crl| crl.issuer == issuer && crl.next_update > now);
        facts.server_keys_sealed = self.authority.is_sealed();
        facts.keys_overdue = count(self.entries().iter().filter(|key| key.due(now) == Due::Overdue));
        facts.certificates_ended = fleet.iter().map(|product| product.ended).sum();
        facts.cas = count(live());
        facts.cas_with_fresh_crl = count(live().filter(|(ca, _)| fresh(ca.key)));
        Ok(())
    }
}

fn count(of: impl Iterator) -> u64 {
    u64::try_from(of.count()).unwrap_or(u64::MAX)
}

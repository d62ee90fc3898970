//! The dossiers of the port: what the public reads about products, and the maker's work on it.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::ProductId;
use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::Product;
use holdfast_domain::fleet::dossier::rules::{self, DossierRefusal};
use holdfast_domain::fleet::dossier::{Day, Dossier, Record, privacy, promise};
use holdfast_domain::updates::Release;
use holdfast_web::backend::dossier::{DossierLine, DossierView, Dossiers, Promise, PublicDossier, PublicUpdate};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::{House, absent, chain, refuse, stored};
use crate::clock;

/// Lines of history shown.
const LINES_SHOWN: u32 = 100;

impl Dossiers for House {
    fn public_dossiers(&self) -> Answer<Vec<PublicDossier>> {
        let records = self.store.public_dossiers().map_err(stored)?;
        records.into_iter().filter_map(|record| self.public_view(record, 1).transpose()).collect()
    }

    fn dossier_of(&self, product: &ProductId) -> Answer<Option<PublicDossier>> {
        let Some(record) = self.store.dossier(product).map_err(stored)? else { return Ok(None) };
        self.public_view(record, PublicDossier::UPDATES_MAX)
    }

    fn support_end(&self, product: &ProductId) -> Answer<Option<Day>> {
        self.store.support_end(product).map_err(stored)
    }

    fn dossiers(&self) -> Answer<Vec<DossierView>> {
        let products = self.store.products().map_err(stored)?;
        products.into_iter().map(|product| self.dossier_view(product)).collect()
    }

    fn dossier(&self, product: &ProductId) -> Answer<Option<DossierView>> {
        let found = self.store.product(product).map_err(stored)?;
        found.map(|product| self.dossier_view(product)).transpose()
    }

    fn dossier_history(&self, product: &ProductId) -> Answer<Vec<DossierLine>> {
        let lines = self.store.dossier_lines(product, LINES_SHOWN).map_err(stored)?;
        lines
            .into_iter()
            .map(|line| {
                let who = self.store.person(line.by).map_err(stored)?.map(|person| person.name);
                Ok(DossierLine {
                    version: line.version,
                    act: line.act,
                    at: line.at,
                    by: line.by,
                    who,
                    until: line.until,
                    document: line.document,
                })
            })
            .collect()
    }

    fn save_dossier(&self, by: &Caller, product: &ProductId, from_version: Option<u64>, text: &str) -> Answer<Record> {
        let _turn = self.turns.products.take();
        self.product_or_absent(product)?;
        let existing = self.store.dossier(product).map_err(stored)?;
        let draft = Dossier::parse(text).map_err(|why| self.dossier_no(by, product, &why.into()))?;
        let decision = rules::save(existing.as_ref(), product, draft, from_version, &by.person.id, clock::now());
        self.keep_dossier(by, product, decision)
    }

    fn publish_dossier(&self, by: &Caller, product: &ProductId, from_version: Option<u64>) -> Answer<Record> {
        let _turn = self.turns.products.take();
        self.product_or_absent(product)?;
        let record = self.dossier_or_absent(product)?;
        let model = self.model_of(product)?;
        let decision = rules::publish(&record, &model, from_version, &by.person.id, clock::now());
        self.keep_dossier(by, product, decision)
    }

    fn extend_support(&self, by: &Caller, product: &ProductId, until: Day) -> Answer<Record> {
        let _turn = self.turns.products.take();
        self.product_or_absent(product)?;
        let record = self.dossier_or_absent(product)?;
        let decision = rules::extend(&record, until, &by.person.id, clock::now());
        self.keep_dossier(by, product, decision)
    }
}

impl House {
    /// Lets every announced change count whose notice period is over.
    pub(crate) fn see_to_promises(&self) -> Answer<()> {
        let _turn = self.turns.products.take();
        let now = clock::now();
        for record in self.store.dossiers_due(now).map_err(stored)? {
            if let Some(decision) = promise::take_effect(&record, now) {
                self.decide(decision)?;
            }
        }
        Ok(())
    }

    pub(super) fn product_or_absent(&self, product: &ProductId) -> Answer<Product> {
        let found = self.store.product(product).map_err(stored)?;
        found.ok_or_else(|| absent("product-unknown", format_args!("product {product}")))
    }

    fn dossier_or_absent(&self, product: &ProductId) -> Answer<Record> {
        let found = self.store.dossier(product).map_err(stored)?;
        found.ok_or_else(|| absent("dossier-unknown", format_args!("dossier of {product} yet; save one first")))
    }

    fn keep_dossier(
        &self,
        by: &Caller,
        product: &ProductId,
        decision: Result<Decision, DossierRefusal>,
    ) -> Answer<Record> {
        self.decide(decision.map_err(|why| self.dossier_no(by, product, &why))?)?;
        self.support.notify_one();
        self.dossier_or_absent(product)
    }

    /// A refusal as the port's; a try to break the promise is kept in the ledger as well.
    fn dossier_no(&self, by: &Caller, product: &ProductId, why: &DossierRefusal) -> Stop {
        if let DossierRefusal::Shortened { promised, asked } = why {
            let line = rules::shortening_refused(product, *promised, *asked, &by.person.id, clock::now());
            if let Err(stop) = self.decide(line) {
                return stop;
            }
        }
        let kind = match why {
            DossierRefusal::VersionConflict(_) | DossierRefusal::NotPublic | DossierRefusal::Unchanged => {
                RefusalKind::Conflict
            }
            DossierRefusal::Document(_)
            | DossierRefusal::Shortened { .. }
            | DossierRefusal::NotExtended(_)
            | DossierRefusal::FirstSupplyChanged
            | DossierRefusal::Incomplete(_) => RefusalKind::Unacceptable,
        };
        refuse(kind, why.name(), chain(why))
    }

    fn dossier_view(&self, product: Product) -> Answer<DossierView> {
        let record = self.store.dossier(&product.id).map_err(stored)?;
        let model = self.models.known(&product.id);
        let draft = record.as_ref().map(|record| record.draft.clone()).unwrap_or_default();
        let gaps = model.as_ref().map(|model| rules::gaps(&draft, model)).unwrap_or_default();
        let data = model.map(|model| privacy::notice(&model, &draft)).unwrap_or_default();
        Ok(DossierView {
            address: self.public_address(&product.id),
            product: product.id,
            title: product.title,
            record,
            gaps,
            data,
        })
    }

    /// The version of a product's privacy notice in force: of its public page, or of its model before there is one.
    pub(super) fn notice_in_force(&self, product: &ProductId) -> Answer<Sha256Digest> {
        let record = self.store.dossier(product).map_err(stored)?;
        let said = record.and_then(|record| record.public).map(|public| public.dossier).unwrap_or_default();
        let model = self.models.known(product);
        let data = model.map(|model| privacy::notice(&model, &said)).unwrap_or_default();
        Ok(privacy::version(&data, &said))
    }

    fn public_view(&self, record: Record, updates: usize) -> Answer<Option<PublicDossier>> {
        let Record { product, public: Some(public), .. } = record else { return Ok(None) };
        let model = self.models.known(&product);
        let data = model.map(|model| privacy::notice(&model, &public.dossier)).unwrap_or_default();
        let promises = self.store.promises(&product).map_err(stored)?;
        let shown = u32::try_from(updates).unwrap_or(u32::MAX);
        let releases = self.store.releases(Some(&product), None, shown).map_err(stored)?;
        Ok(Some(PublicDossier {
            address: self.public_address(&product),
            data,
            promises: promises.into_iter().map(|(at, until)| Promise { at, until }).collect(),
            updates: releases.into_iter().map(|release| self.public_update(release)).collect::<Answer<_>>()?,
            product,
            public,
        }))
    }

    fn public_update(&self, release: Release) -> Answer<PublicUpdate> {
        let note = self.store.release_note(&release.manifest_digest).map_err(stored)?;
        Ok(PublicUpdate {
            version: release.version,
            published: release.published,
            kind: release.kind,
            description: release.description,
            bytes: release.artifact_bytes,
            signers: release.signers,
            withdrawn: release.withdrawn,
            note: note.map(|kept| kept.note),
        })
    }

    pub(super) fn public_address(&self, product: &ProductId) -> String {
        format!("{}/p/{product}", self.address.trim_end_matches('/'))
    }
}

//! The sample's answers about what the public reads: a thermostat that is public, a camera whose support ends soon.

use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::promise::Coming;
use holdfast_domain::fleet::dossier::rules::gaps;
use holdfast_domain::fleet::dossier::{Day, Dossier, DossierAct, Public, Record, Text, Topic, privacy};
use holdfast_domain::telemetry::Model;
use holdfast_domain::updates::ReleaseKind;
use holdfast_web::backend::dossier::{DossierLine, DossierView, Dossiers, Promise, PublicDossier, PublicUpdate};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind};

use super::devices::{camera, thermostat};
use super::{NOON, Sample, person, refuse};

const ROOT: &str = "https://hearth.example";

/// A product whose dossier is a draft only.
pub(crate) fn lamp() -> ProductId {
    "attic-lamp".parse().unwrap()
}

fn texts(product: &ProductId) -> (&'static str, &'static str) {
    if *product == camera() {
        (
            include_str!("../../../../../examples/porch-camera.dossier.json"),
            include_str!("../../../../../examples/porch-camera.tm.json"),
        )
    } else {
        (
            include_str!("../../../../../examples/hearth-thermostat.dossier.json"),
            include_str!("../../../../../examples/hearth-thermostat.tm.json"),
        )
    }
}

fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_micros(NOON.as_micros() - days * 86_400_000_000)
}

fn record(product: &ProductId) -> Record {
    let dossier = Dossier::parse(texts(product).0).unwrap();
    if *product == lamp() {
        let draft = Dossier { name: "Attic lamp".to_owned(), ..Dossier::default() };
        return Record { product: product.clone(), version: 1, draft, public: None, changed: days_ago(1) };
    }
    let until = dossier.support_until.unwrap();
    let first_until = if *product == thermostat() { "2032-12-31".parse().unwrap() } else { until };
    let mut coming = dossier.clone();
    coming.warranty_months = Some(12);
    let terms = "From then on, remote control for more than four people needs a subscription.";
    coming.texts.insert(Topic::Terms, Text::default().with("en", terms).unwrap());
    let coming =
        Coming { dossier: coming, announced: days_ago(3), from: days_ago(-27), by: PersonId::new(NOON, [1; 10]) };
    let public = Public {
        dossier: dossier.clone(),
        until,
        first_until,
        since: days_ago(80),
        changed: days_ago(20),
        coming: (*product == thermostat()).then(|| Box::new(coming)),
    };
    let draft = Dossier { accessories: vec!["Mounting ring".to_owned()], ..dossier };
    Record { product: product.clone(), version: 4, draft, public: Some(public), changed: days_ago(2) }
}

fn public(product: &ProductId) -> PublicDossier {
    let public = record(product).public.unwrap();
    let model = Model::compile(texts(product).1).unwrap();
    let update = |version: &str, days, kind, words: &str, withdrawn| PublicUpdate {
        version: version.to_owned(),
        published: days_ago(days),
        kind,
        description: words.to_owned(),
        bytes: 6_300_000,
        signers: 2,
        withdrawn,
        note: (days < 60).then(super::tidings::note),
    };
    PublicDossier {
        product: product.clone(),
        data: privacy::notice(&model, &public.dossier),
        promises: if public.first_until == public.until {
            vec![Promise { at: public.since, until: public.until }]
        } else {
            vec![
                Promise { at: public.since, until: public.first_until },
                Promise { at: public.changed, until: public.until },
            ]
        },
        updates: vec![
            update(
                "1.2.0",
                3,
                ReleaseKind::Security,
                "Closes a hole in how the schedule is read. Heating goes on during the update.",
                false,
            ),
            update("1.1.0", 30, ReleaseKind::Feature, "The display dims at night.", true),
            update("1.0.0", 70, ReleaseKind::Feature, "First release.", false),
        ],
        address: format!("{ROOT}/p/{product}"),
        public,
    }
}

impl Dossiers for Sample {
    fn public_dossiers(&self) -> Answer<Vec<PublicDossier>> {
        Ok(if self.empty() { Vec::new() } else { vec![public(&thermostat()), public(&camera())] })
    }

    fn dossier_of(&self, product: &ProductId) -> Answer<Option<PublicDossier>> {
        Ok(self.public_dossiers()?.into_iter().find(|found| found.product == *product))
    }

    fn support_end(&self, product: &ProductId) -> Answer<Option<Day>> {
        Ok(self.dossier_of(product)?.map(|found| found.public.until))
    }

    fn dossiers(&self) -> Answer<Vec<DossierView>> {
        let all = if self.empty() { Vec::new() } else { vec![lamp(), thermostat(), camera()] };
        Ok(all.iter().filter_map(|product| self.dossier(product).unwrap()).collect())
    }

    fn dossier(&self, product: &ProductId) -> Answer<Option<DossierView>> {
        if self.empty() || ![lamp(), thermostat(), camera()].contains(product) {
            return Ok(None);
        }
        let record = record(product);
        let model = Model::compile(texts(product).1).unwrap();
        Ok(Some(DossierView {
            product: product.clone(),
            title: record.draft.name.clone(),
            gaps: gaps(&record.draft, &model),
            data: privacy::notice(&model, &record.draft),
            address: format!("{ROOT}/p/{product}"),
            record: Some(record),
        }))
    }

    fn dossier_history(&self, product: &ProductId) -> Answer<Vec<DossierLine>> {
        let line = |(version, act, days, until): (u64, DossierAct, i64, Option<&str>)| DossierLine {
            version,
            act,
            at: days_ago(days),
            by: person(0).id,
            who: Some(person(0).name),
            until: until.map(|day| day.parse().unwrap()),
            document: texts(product).0.to_owned(),
        };
        Ok([
            (4, DossierAct::Saved, 2, Some("2034-12-31")),
            (3, DossierAct::Extended, 20, Some("2034-12-31")),
            (2, DossierAct::Published, 80, Some("2032-12-31")),
            (1, DossierAct::Saved, 81, None),
        ]
        .map(line)
        .to_vec())
    }

    fn save_dossier(&self, by: &Caller, product: &ProductId, from_version: Option<u64>, text: &str) -> Answer<Record> {
        let draft = Dossier::parse(text).map_err(|why| {
            refuse::<()>(RefusalKind::Unacceptable, why.problem.name(), &why.to_string()).unwrap_err()
        })?;
        if from_version.is_some_and(|version| version != 4) {
            return refuse(RefusalKind::Conflict, "dossier-version-conflict", "it is at version 4 now");
        }
        self.note(format!("save-dossier {} {product} {from_version:?} {}", by.person.role.name(), draft.name));
        Ok(Record { draft, ..record(product) })
    }

    fn publish_dossier(&self, by: &Caller, product: &ProductId, from_version: Option<u64>) -> Answer<Record> {
        self.note(format!("publish-dossier {} {product} {from_version:?}", by.person.role.name()));
        Ok(record(product))
    }

    fn extend_support(&self, by: &Caller, product: &ProductId, until: Day) -> Answer<Record> {
        if until < record(product).public.unwrap().until {
            return refuse(
                RefusalKind::Unacceptable,
                "support-never-shortened",
                "support was promised until 2034-12-31",
            );
        }
        self.note(format!("extend-support {} {product} {until}", by.person.role.name()));
        Ok(record(product))
    }
}

//! Dossiers: kept, read back, never shortened by any order of changes, and owners told once.

use holdfast_core::id::ProductId;
use holdfast_core::time::Millis;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::dossier::promise::Coming;
use holdfast_domain::fleet::dossier::telling::{Tidings, due};
use holdfast_domain::fleet::dossier::{Day, Dossier, DossierAct, DossierChange, Public, Record};
use holdfast_domain::people::{Person, Role};

use crate::fixture::{Home, at, person_id, product};

const WHOLE: &str = include_str!("../../../../examples/hearth-thermostat.dossier.json");

fn home() -> Home {
    let home = Home::empty();
    home.put(Change::PutProduct(product()));
    let person = Person { id: person_id(1), name: "Ada".to_owned(), role: Role::Administrator, created: at(0) };
    home.put(Change::AddPerson(person));
    home
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn change(version: u64, until: Option<&str>, act: DossierAct) -> Change {
    let dossier = Dossier { support_until: until.map(day), ..Dossier::parse(WHOLE).unwrap() };
    let now = at(i64::try_from(version).unwrap());
    let public = until.map(|until| Public {
        dossier: dossier.clone(),
        until: day(until),
        first_until: day("2031-12-31"),
        since: at(2),
        changed: now,
        coming: None,
    });
    let record = Record { product: product().id, version, draft: dossier, public, changed: now };
    Change::PutDossier(Box::new(DossierChange { record, from_version: version - 1, act, by: person_id(1) }))
}

#[test]
fn a_dossier_reads_back_with_its_history_and_its_promises() {
    let home = home();
    home.put(change(1, None, DossierAct::Saved));
    home.put(change(2, Some("2031-12-31"), DossierAct::Published));
    home.put(change(3, Some("2034-12-31"), DossierAct::Extended));
    let record = home.store.dossier(&product().id).unwrap().unwrap();
    let public = record.public.unwrap();
    assert_eq!((record.version, public.until, public.first_until), (3, day("2034-12-31"), day("2031-12-31")));
    assert_eq!(public.dossier.texts, Dossier::parse(WHOLE).unwrap().texts);
    assert_eq!(home.store.support_end(&product().id).unwrap(), Some(day("2034-12-31")));
    let lines = home.store.dossier_lines(&product().id, 10).unwrap();
    assert_eq!(
        lines.iter().map(|line| (line.version, line.act)).collect::<Vec<_>>(),
        [(3, DossierAct::Extended), (2, DossierAct::Published), (1, DossierAct::Saved)]
    );
    let promises = home.store.promises(&product().id).unwrap();
    assert_eq!(promises, [(at(2), day("2031-12-31")), (at(3), day("2034-12-31"))]);
    let facts = home.store.support_facts().unwrap();
    assert_eq!((facts.extended, facts.shortened, facts.shortening_refused), (1, 0, 0));
}

#[test]
fn a_nearer_day_or_none_is_refused_by_the_store_itself_and_nothing_is_half_applied() {
    let home = home();
    home.put(change(1, Some("2031-12-31"), DossierAct::Published));
    assert_eq!(home.refused(change(2, Some("2031-12-30"), DossierAct::Published)), "support-never-shortened");
    assert_eq!(home.refused(change(2, None, DossierAct::Saved)), "support-never-shortened");
    assert_eq!(home.refused(change(3, Some("2040-12-31"), DossierAct::Extended)), "dossier-version-conflict");
    assert_eq!(home.refused(change(1, Some("2040-12-31"), DossierAct::Published)), "dossier-version-conflict");
    assert_eq!(home.store.support_end(&product().id).unwrap(), Some(day("2031-12-31")));
    assert_eq!(home.store.dossier_lines(&product().id, 10).unwrap().len(), 1);
}

#[test]
fn the_first_promise_and_the_first_day_in_public_never_change() {
    let home = home();
    home.put(change(1, Some("2031-12-31"), DossierAct::Published));
    let Change::PutDossier(mut later) = change(2, Some("2035-12-31"), DossierAct::Extended) else {
        panic!("another change")
    };
    let public = later.record.public.as_mut().unwrap();
    public.first_until = day("2035-12-31");
    public.since = at(99);
    home.put(Change::PutDossier(later));
    let public = home.store.dossier(&product().id).unwrap().unwrap().public.unwrap();
    assert_eq!((public.first_until, public.since), (day("2031-12-31"), at(2)));
}

#[test]
fn an_unknown_product_has_no_dossier_and_gets_none() {
    let home = home();
    let Change::PutDossier(mut other) = change(1, None, DossierAct::Saved) else { panic!("another change") };
    other.record.product = "no-such-product".parse::<ProductId>().unwrap();
    assert_eq!(home.refused(Change::PutDossier(other)), "product-or-person-unknown");
    assert_eq!(home.store.dossier(&product().id).unwrap(), None);
}

#[test]
fn an_extension_begins_a_telling_that_goes_on_where_it_stood_and_ends_once() {
    let home = home();
    home.put(change(1, Some("2031-12-31"), DossierAct::Published));
    assert!(home.store.tellings().unwrap().is_empty());
    home.put(change(2, Some("2034-12-31"), DossierAct::Extended));
    let open = home.store.tellings().unwrap();
    assert_eq!((open.len(), open[0].occasion.what, open[0].after.as_str()), (1, Tidings::Extended, ""));
    home.store.move_telling(&open[0].occasion, "somebody", false).unwrap();
    assert_eq!(home.store.tellings().unwrap()[0].after, "somebody");
    home.store.begin_telling(open[0].occasion.clone()).unwrap();
    assert_eq!(home.store.tellings().unwrap()[0].after, "somebody");
    home.store.move_telling(&open[0].occasion, "somebody", true).unwrap();
    home.store.begin_telling(open[0].occasion.clone()).unwrap();
    assert!(home.store.tellings().unwrap().is_empty());
}

#[test]
fn what_is_due_near_the_end_is_begun_once_for_each_step() {
    let home = home();
    home.put(change(1, Some("2031-12-31"), DossierAct::Published));
    let public = home.store.dossier(&product().id).unwrap().unwrap().public.unwrap();
    for (days_before, open) in [(400, 0), (300, 1), (200, 1), (100, 2), (10, 3), (-1, 4)] {
        let now = day("2031-12-31").begin();
        let span = Millis::from_secs(86_400 * u64::try_from(i64::abs(days_before)).unwrap());
        let now = if days_before < 0 { now.plus(span).plus(Millis(1)) } else { back(now, span) };
        if let Some(occasion) = due(&product().id, &public, now) {
            home.store.begin_telling(occasion).unwrap();
        }
        assert_eq!(home.store.tellings().unwrap().len(), open, "{days_before}");
    }
}

fn back(from: holdfast_core::time::Timestamp, span: Millis) -> holdfast_core::time::Timestamp {
    holdfast_core::time::Timestamp::from_micros(from.as_micros() - i64::try_from(span.0).unwrap() * 1_000)
}

#[test]
fn a_line_about_a_refused_try_is_counted() {
    let home = home();
    let line = holdfast_domain::fleet::dossier::rules::shortening_refused(
        &product().id,
        day("2031-12-31"),
        None,
        &person_id(1),
        at(1),
    );
    home.store.commit(Decision { effects: Vec::new(), ..line }).unwrap();
    assert_eq!(home.store.support_facts().unwrap().shortening_refused, 1);
}

#[test]
fn a_change_that_was_announced_reads_back_is_due_in_its_time_and_owners_are_told_of_it_once() {
    let home = home();
    home.put(change(1, None, DossierAct::Saved));
    home.put(change(2, Some("2031-12-31"), DossierAct::Published));
    let mut announced = change(3, Some("2031-12-31"), DossierAct::Announced);
    let Change::PutDossier(put) = &mut announced else { panic!() };
    let dossier = Dossier { warranty_months: Some(1), ..put.record.draft.clone() };
    let coming = Coming { dossier, announced: at(3), from: at(100), by: person_id(1) };
    put.record.public.as_mut().unwrap().coming = Some(Box::new(coming.clone()));
    home.put(announced);
    let public = home.store.dossier(&product().id).unwrap().unwrap().public.unwrap();
    assert_eq!(public.coming.as_deref(), Some(&coming));
    assert!(home.store.dossiers_due(at(99)).unwrap().is_empty());
    assert_eq!(home.store.dossiers_due(at(100)).unwrap().len(), 1);
    let tellings = home.store.tellings().unwrap();
    assert_eq!(tellings.iter().map(|one| one.occasion.what).collect::<Vec<_>>(), [Tidings::PromiseChanges]);
    let lines = home.store.dossier_lines(&product().id, 1).unwrap();
    assert!(lines[0].document.contains("\"warranty_months\":1"), "history keeps what was announced");
    home.put(change(4, Some("2031-12-31"), DossierAct::Effective));
    assert_eq!(home.store.dossier(&product().id).unwrap().unwrap().public.unwrap().coming, None);
}

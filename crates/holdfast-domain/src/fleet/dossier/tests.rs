//! The promise is kept by every route, and nothing half said is made public.

use proptest::prelude::*;

use super::promise::{NOTICE_PERIOD, take_effect, weakened};
use super::rules::{DossierRefusal, extend, gaps, publish, save, shortening_refused};
use super::*;
use crate::decision::{Change, Decision};
use crate::fixture::{NOW, THERMOSTAT, later, person, product};
use crate::telemetry::Model;

pub(super) const WHOLE: &str = include_str!("../../../../../examples/hearth-thermostat.dossier.json");

fn model() -> Model {
    Model::compile(THERMOSTAT).expect("a model")
}

fn whole() -> Dossier {
    Dossier::parse(WHOLE).expect("a dossier")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn until(day: Option<Day>) -> Dossier {
    Dossier { support_until: day, ..whole() }
}

fn after(decision: &Decision) -> DossierChange {
    match decision.changes.as_slice() {
        [Change::PutDossier(change)] => (**change).clone(),
        other => panic!("{other:?}"),
    }
}

fn saved(existing: Option<&Record>, draft: Dossier) -> Result<Record, DossierRefusal> {
    save(existing, &product().id, draft, None, &person(), NOW).map(|d| after(&d).record)
}

fn public() -> Record {
    let draft = saved(None, until(Some(day("2031-12-31")))).expect("saved");
    after(&publish(&draft, &model(), None, &person(), NOW).expect("published")).record
}

fn name<T: std::fmt::Debug>(outcome: Result<T, DossierRefusal>) -> &'static str {
    outcome.expect_err("refused").name()
}

#[test]
fn nothing_is_public_before_everything_that_a_buyer_needs_is_said() {
    let empty = saved(None, Dossier::default()).expect("saved");
    let DossierRefusal::Incomplete(found) = publish(&empty, &model(), None, &person(), NOW).expect_err("refused")
    else {
        panic!("another refusal")
    };
    for path in [
        "support.until",
        "texts.support-reason.en",
        "maker.address",
        "security.contact",
        "credentials",
        "texts.privacy-rights.en",
    ] {
        assert!(found.iter().any(|gap| gap.path == path), "{path}");
    }
    assert!(gaps(&whole(), &model()).is_empty(), "{:?}", gaps(&whole(), &model()));
}

#[test]
fn a_product_that_cannot_be_updated_is_not_made_public_without_a_plan_and_a_schedule() {
    let mut dossier =
        Dossier { updates: Some(Updates::Impossible), sunsets: Vec::new(), hardware_until: None, ..whole() };
    dossier.texts.remove(&Topic::ReplacementPlan);
    dossier.texts.remove(&Topic::NoUpdateWhy);
    let paths: Vec<String> = gaps(&dossier, &model()).into_iter().map(|gap| gap.path).collect();
    assert_eq!(paths, ["texts.no-update-why.en", "texts.replacement-plan.en", "support.hardware_until", "sunsets"]);
}

#[test]
fn what_listens_or_sees_must_say_how_it_is_switched_off() {
    let mut dossier = whole();
    let what = Text::default().with("en", "Hears the wake word.").expect("a text");
    dossier.sensors = vec![Sensor { kind: SensorKind::Microphone, what, off: Text::default() }];
    assert_eq!(gaps(&dossier, &model()).first().map(|gap| gap.path.as_str()), Some("sensors.0.off.en"));
}

#[test]
fn support_is_extended_at_once_and_a_draft_keeps_the_rest_of_its_text() {
    let record = saved(Some(&public()), Dossier { name: "New name".to_owned(), ..until(Some(day("2031-12-31"))) })
        .expect("saved");
    let decision = extend(&record, day("2033-06-30"), &person(), later(5)).expect("extended");
    let change = after(&decision);
    let public = change.record.public.as_ref().expect("public");
    assert_eq!((public.until, public.dossier.support_until), (day("2033-06-30"), Some(day("2033-06-30"))));
    assert_eq!((public.first_until, public.dossier.name.as_str()), (day("2031-12-31"), "Hearth thermostat"));
    assert_eq!(
        (change.record.draft.name.as_str(), change.record.draft.support_until),
        ("New name", Some(day("2033-06-30")))
    );
    let line = decision.line.expect("a line").to_string();
    assert!(line.contains(r#""kind":"support-extended""#) && line.contains(r#""from":"20311231""#), "{line}");
    assert!(line.contains(r#""until":"20330630""#), "{line}");
    assert_eq!(change.act, DossierAct::Extended);
}

#[test]
fn a_nearer_day_is_refused_by_name_on_every_route_and_history_keeps_the_try() {
    let record = public();
    assert_eq!(name(extend(&record, day("2031-12-30"), &person(), NOW)), "support-never-shortened");
    assert_eq!(name(extend(&record, day("2031-12-31"), &person(), NOW)), "support-not-extended");
    assert_eq!(name(saved(Some(&record), until(Some(day("2031-12-30"))))), "support-never-shortened");
    assert_eq!(name(saved(Some(&record), until(None))), "support-never-shortened");
    let behind = Record { draft: until(Some(day("2031-01-01"))), ..record.clone() };
    assert_eq!(name(publish(&behind, &model(), None, &person(), NOW)), "support-never-shortened");
    let line = shortening_refused(&record.product, day("2031-12-31"), None, &person(), NOW);
    assert!(line.changes.is_empty() && line.line.expect("a line").to_string().contains("20311231"));
}

#[test]
fn a_version_that_is_no_longer_current_is_refused() {
    let record = public();
    assert_eq!(
        name(save(Some(&record), &record.product, whole(), Some(1), &person(), NOW)),
        "dossier-version-conflict"
    );
    assert_eq!(name(publish(&record, &model(), Some(1), &person(), NOW)), "dossier-version-conflict");
    assert_eq!(name(publish(&record, &model(), Some(2), &person(), NOW)), "dossier-unchanged");
    let new = save(None, &record.product, whole(), Some(0), &person(), NOW).expect("the first one");
    assert_eq!((after(&new).from_version, after(&new).record.version), (0, 1));
}

#[test]
fn an_extension_by_publishing_a_draft_is_an_extension_in_history_too() {
    let draft = saved(Some(&public()), until(Some(day("2035-01-01")))).expect("saved");
    let decision = publish(&draft, &model(), None, &person(), NOW).expect("published");
    assert_eq!(after(&decision).act, DossierAct::Extended);
    assert_eq!(decision.line.as_ref().map(|line| line.kind), Some("support-extended"));
}

#[test]
fn the_day_of_first_supply_does_not_change_once_it_is_public() {
    let later_supply = Dossier { first_supplied: Some(day("2029-01-01")), ..until(Some(day("2031-12-31"))) };
    assert_eq!(name(saved(Some(&public()), later_supply)), "first-supply-fixed");
}

#[test]
fn the_last_day_is_a_day_with_support() {
    let public = public().public.expect("public");
    let on = |text: &str| day(text).begin();
    assert_eq!((public.is_supported(on("2031-12-31")), public.days_left(on("2031-12-31"))), (true, 1));
    assert_eq!((public.is_supported(on("2032-01-01")), public.days_left(on("2032-01-01"))), (false, 0));
    assert_eq!(public.days_left(on("2031-12-01")), 31);
}

/// One try to change a dossier.
#[derive(Debug, Clone)]
enum Try {
    Save(Option<i32>),
    Publish,
    Extend(i32),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let day = 20_000..40_000_i32;
    let one = prop_oneof![
        proptest::option::of(day.clone()).prop_map(Try::Save),
        Just(Try::Publish),
        day.prop_map(Try::Extend),
    ];
    proptest::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn whatever_is_tried_the_promised_day_never_comes_nearer(tries in tries()) {
        let mut record: Option<Record> = None;
        let model = model();
        for (at, one) in tries.into_iter().enumerate() {
            let now = later(at as u64);
            let decision = match (&record, one) {
                (_, Try::Save(number)) => {
                    save(record.as_ref(), &product().id, until(number.and_then(Day::from_number)), None, &person(), now)
                }
                (Some(record), Try::Publish) => publish(record, &model, None, &person(), now),
                (Some(record), Try::Extend(number)) => {
                    extend(record, Day::from_number(number).expect("in the calendar"), &person(), now)
                }
                (None, _) => continue,
            };
            let Ok(decision) = decision else { continue };
            let next = after(&decision).record;
            let before = record.as_ref().and_then(|record| record.public.as_ref());
            prop_assert!(next.public.as_ref().map(|p| p.until) >= before.map(|p| p.until));
            if let (Some(public), Some(before)) = (&next.public, before) {
                prop_assert_eq!(public.first_until, before.first_until);
                prop_assert_eq!(public.dossier.support_until, Some(public.until));
                let moved = public.until > before.until;
                prop_assert_eq!(moved, decision.line.as_ref().is_some_and(|line| line.kind == "support-extended"));
            }
            prop_assert_eq!(next.version, record.as_ref().map_or(0, |record| record.version) + 1);
            record = Some(next);
        }
    }
}

/// The public record with this draft, published again.
fn published_over(record: &Record, draft: Dossier) -> DossierChange {
    let draft = saved(Some(record), draft).expect("saved");
    after(&publish(&draft, &model(), None, &person(), later(10)).expect("decided"))
}

#[test]
fn a_weaker_promise_waits_for_its_notice_period_and_is_shown_before_and_after() {
    let record = public();
    let now_said = record.public.as_ref().expect("public").dossier.clone();
    let text = |words: &str| Text::default().with(ENGLISH, words).expect("words");
    let mut worse = now_said.clone();
    worse.warranty_months = Some(1);
    worse.texts.insert(Topic::Terms, text("From now on a subscription is needed for remote control."));
    worse.texts.insert(Topic::UpdateCadence, text("Once a year."));
    worse.security.acknowledge_days = Some(90);
    let change = published_over(&record, worse.clone());
    let shown = change.record.public.as_ref().expect("public");
    assert_eq!((change.act, &shown.dossier), (DossierAct::Announced, &now_said), "the public reads what it read");
    let coming = shown.coming.as_deref().expect("announced");
    assert_eq!(coming.from, later(10).plus(NOTICE_PERIOD));
    let paths: Vec<String> = weakened(&now_said, &coming.dossier, ENGLISH).into_iter().map(|one| one.path).collect();
    for path in ["warranty.months", "security.acknowledge_days", "texts.update-cadence", "texts.terms"] {
        assert!(paths.iter().any(|known| known == path), "{path}: {paths:?}");
    }
    let early = Timestamp::from_micros(coming.from.as_micros() - 1);
    assert_eq!(take_effect(&change.record, early), None, "not before");
    let effective = after(&take_effect(&change.record, coming.from).expect("in time"));
    let said = effective.record.public.expect("public");
    assert_eq!((said.dossier.warranty_months, said.coming), (Some(1), None));
}

#[test]
fn what_promises_no_less_counts_at_once_and_takes_an_announced_change_back() {
    let record = public();
    let now_said = record.public.as_ref().expect("public").dossier.clone();
    let mut better = now_said.clone();
    better.warranty_months = now_said.warranty_months.map(|months| months + 12);
    better.accessories.push("A stand".to_owned());
    let worse = Dossier { warranty_months: Some(1), ..now_said.clone() };
    let announced = published_over(&record, worse);
    assert_eq!(published_over(&record, better.clone()).act, DossierAct::Published);
    let back = published_over(&announced.record, better);
    assert_eq!(back.act, DossierAct::Published);
    assert_eq!(back.record.public.expect("public").coming, None);
    let same = published_over(&announced.record, now_said);
    assert_eq!(same.record.public.expect("public").coming, None, "also to what it was");
}

#[test]
fn support_that_is_extended_while_a_change_waits_stays_extended() {
    let record = public();
    let now_said = record.public.as_ref().expect("public").dossier.clone();
    let announced = published_over(&record, Dossier { warranty_months: Some(1), ..now_said });
    let longer = after(&extend(&announced.record, day("2040-12-31"), &person(), later(20)).expect("extended"));
    let coming = longer.record.public.as_ref().and_then(|public| public.coming.as_ref()).expect("still announced");
    let effective = after(&take_effect(&longer.record, coming.from).expect("in time")).record.public.expect("public");
    assert_eq!((effective.until, effective.dossier.support_until), (day("2040-12-31"), Some(day("2040-12-31"))));
}

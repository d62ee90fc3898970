//! Retailers, complaints, breaches and records: what was decided reads back, and what contradicts it is refused.

use holdfast_core::id::{AlertId, BreachId, ComplaintId, ProofId, ShopId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::proof::{self, Proof, Said};
use holdfast_domain::fleet::shop::{self, DUTIES, DUTIES_VERSION, FETCH_EVERY};
use holdfast_domain::people::Person;
use holdfast_domain::people::breach::{self, Account, BreachAct, Entry, Risk};
use holdfast_domain::people::complaint::{self, Complained, Matter};

use crate::fixture::{Home, person as person_of, product};

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

fn person() -> Person {
    person_of(1)
}

fn house() -> Home {
    let home = Home::with_devices(1);
    home.put(Change::AddPerson(person()));
    home
}

fn conflict<T: std::fmt::Debug>(outcome: Result<T, holdfast_store::CommitError>) -> String {
    outcome.unwrap_err().to_string()
}

#[test]
fn a_shop_keeps_what_it_fetched_and_who_accepted_its_duties() {
    let home = house();
    let (store, by) = (&home.store, person().id);
    let id = ShopId::new(NOW, [7; 10]);
    store.commit(shop::add(id, "Corner", [9; 32], &by, NOW).unwrap()).unwrap();
    let kept = store.shop_by_hash(&[9; 32]).unwrap().unwrap();
    assert_eq!((kept.id, kept.retired), (id, None));
    assert_eq!(store.shop_facts(DUTIES_VERSION).unwrap().fetching, 0);
    store.commit(shop::fetched(&kept, "feed", None, NOW).unwrap()).unwrap();
    let later = NOW.plus(FETCH_EVERY);
    let last = store.shop_fetch(id, "feed").unwrap();
    store.commit(shop::fetched(&kept, "feed", last, later).unwrap()).unwrap();
    let fetches = store.shop_fetches(id, 10).unwrap();
    assert_eq!((fetches.len(), fetches[0].at, fetches[0].times), (1, later, 2));
    store.commit(shop::accept(&kept, "B. Keeper", DUTIES_VERSION, &DUTIES, NOW).unwrap()).unwrap();
    assert_eq!(store.shop_acceptances(id, 10).unwrap()[0].who, "B. Keeper");
    let facts = store.shop_facts(DUTIES_VERSION).unwrap();
    assert_eq!((facts.shops, facts.fetching, facts.accepted), (1, 1, 1));
    assert_eq!(store.shop_facts(DUTIES_VERSION + 1).unwrap().accepted, 0, "new duties are not accepted yet");
    let end = shop::retire(&kept, &by, later).unwrap();
    store.commit(end.clone()).unwrap();
    assert!(conflict(store.commit(end)).contains("shop-retired"));
    assert_eq!(store.shop_facts(DUTIES_VERSION).unwrap().shops, 0);
}

#[test]
fn a_complaint_is_found_by_its_secret_and_late_until_it_was_told() {
    let home = house();
    let store = &home.store;
    let id = ComplaintId::new(NOW, [3; 10]);
    let product = product().id;
    let what = Complained { matter: Matter::Child, product: Some(&product), text: "Why?", secret_hash: [4; 32] };
    store.commit(complaint::open(id, what, NOW).unwrap()).unwrap();
    let kept = store.complaint_by_hash(&[4; 32]).unwrap().unwrap();
    assert_eq!((kept.matter, kept.product.clone()), (Matter::Child, Some(product)));
    assert!(store.complaints_late(Timestamp::from_micros(kept.due.as_micros() - 1), 9).unwrap().is_empty());
    assert_eq!(store.redress_facts(kept.due).unwrap().late, 1);
    store.commit(complaint::overdue(&kept, &[], AlertId::new(NOW, [1; 10]), kept.due).unwrap()).unwrap();
    assert!(store.complaints_late(kept.due, 9).unwrap().is_empty());
    let kept = store.complaint(id).unwrap().unwrap();
    store.commit(complaint::answer(&kept, "Because.", person().id, NOW).unwrap()).unwrap();
    let said = store.complaint_messages(id).unwrap();
    assert_eq!((said.len(), said[0].author, said[1].author), (2, None, Some(person().id)));
    assert_eq!(store.complaints(true, None, 9).unwrap().len(), 1);
    let kept = store.complaint(id).unwrap().unwrap();
    assert!(kept.answered.is_some());
    let again = complaint::answer(&complaint_at(&kept, 1), "Late.", person().id, NOW).unwrap();
    assert!(conflict(store.commit(again)).contains("help-changed"), "somebody answered meanwhile");
}

fn complaint_at(kept: &complaint::Complaint, messages: u32) -> complaint::Complaint {
    complaint::Complaint { messages, ..kept.clone() }
}

#[test]
fn a_breach_has_history_and_the_second_of_two_changes_is_refused() {
    let home = house();
    let (store, by) = (&home.store, person().id);
    let id = BreachId::new(NOW, [5; 10]);
    let account = Account { nature: "A list was readable.".into(), people: Some(3), ..Account::default() };
    let entry = Entry { noticed: NOW, risk: Risk::Some, products: vec![product().id], account };
    store.commit(breach::note(id, entry.clone(), by, NOW).unwrap()).unwrap();
    let kept = store.breach(id).unwrap().unwrap();
    assert_eq!((kept.account.clone(), kept.products.clone()), (entry.account.clone(), entry.products.clone()));
    let change = breach::amend(&kept, entry, None, by, NOW).unwrap();
    store.commit(change.clone()).unwrap();
    assert!(conflict(store.commit(change)).contains("breach-version-conflict"));
    let acts: Vec<BreachAct> = store.breach_lines(id, 9).unwrap().iter().map(|line| line.act).collect();
    assert_eq!(acts, [BreachAct::Amended, BreachAct::Noted]);
    assert_eq!(store.redress_facts(kept.due).unwrap().breaches_late, 1);
    let kept = store.breach(id).unwrap().unwrap();
    store.commit(breach::overdue(&kept, AlertId::new(NOW, [1; 10]), kept.due).unwrap()).unwrap();
    assert!(store.breaches_open(9).unwrap()[0].alert.is_some());
}

#[test]
fn records_about_a_product_read_back_newest_first() {
    let home = house();
    let text =
        r#"{"usability":{"tester":"Lab","testers":5,"tasks":[{"name":"a","critical":true,"tried":5,"succeeded":5}]}}"#;
    for n in [1, 2] {
        let (id, said) = (ProofId::new(NOW, [n; 10]), Said::parse(text).unwrap());
        let proof = Proof { id, product: product().id, said, at: NOW, by: person().id };
        home.store.commit(proof::keep(proof, &[]).unwrap()).unwrap();
    }
    let kept = home.store.product_proofs(&product().id, 9).unwrap();
    assert_eq!(
        kept.iter().map(|one| one.id).collect::<Vec<_>>(),
        [ProofId::new(NOW, [2; 10]), ProofId::new(NOW, [1; 10])]
    );
    assert_eq!(home.store.product_proof(kept[0].id).unwrap().as_ref(), Some(&kept[0]));
    assert_eq!(home.store.firmware_proved(&product().id, &[1; 32]).unwrap(), None);
    assert_eq!(home.store.notice_facts().unwrap().shown, 0);
}

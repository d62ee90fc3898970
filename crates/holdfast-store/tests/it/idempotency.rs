//! Requests with a key: one begins, its answer stays, and a day later nothing is left.

use holdfast_core::id::PersonId;
use holdfast_domain::decision::Change;
use holdfast_store::idempotency::{Beginning, KeptAnswer, KeptRequest, RequestKey};

use crate::fixture::*;

fn answer() -> KeptAnswer {
    KeptAnswer { status: 200, content: Some(("application/json".to_owned(), b"{}".to_vec())) }
}

fn key(person: PersonId, n: u8) -> RequestKey {
    RequestKey { person, key_hash: [n; 32] }
}

#[test]
fn of_two_requests_with_a_key_one_begins_and_the_other_reads_how_it_was_answered() {
    let home = Home::empty();
    home.put(Change::AddPerson(person(1)));
    let one = key(person_id(1), 1);
    let begin = || home.store.begin_request(one, [7; 32], 10, at(1)).unwrap();
    assert_eq!(begin(), Beginning::First);
    let open = KeptRequest { request_digest: [7; 32], began: at(1), answer: None };
    assert_eq!(begin(), Beginning::Before(open.clone()));
    home.store.end_request(one, answer()).unwrap();
    assert_eq!(begin(), Beginning::Before(KeptRequest { answer: Some(answer()), ..open.clone() }));
    home.store.forget_request(one).unwrap();
    assert_eq!(
        begin(),
        Beginning::Before(KeptRequest { answer: Some(answer()), ..open }),
        "an answer is not forgotten"
    );
}

#[test]
fn a_request_that_changed_nothing_frees_its_key_and_keys_are_bounded_and_expire() {
    let home = Home::empty();
    home.put(Change::AddPerson(person(1)));
    let begin = |n: u8, now: i64| home.store.begin_request(key(person_id(1), n), [7; 32], 2, at(now)).unwrap();
    assert_eq!((begin(1, 1), begin(2, 2), begin(3, 3)), (Beginning::First, Beginning::First, Beginning::Full));
    home.store.forget_request(key(person_id(1), 2)).unwrap();
    assert_eq!(begin(3, 3), Beginning::First);
    assert_eq!(home.store.expire_requests(at(1)).unwrap(), 1);
    assert_eq!((begin(1, 4), home.store.expire_requests(at(9)).unwrap()), (Beginning::First, 2));
}

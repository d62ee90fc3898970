//! Trust documents that must not come into force.

use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::trust::{TRUST_BYTES_MAX, TrustContent};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::updates::TrustVersion;
use holdfast_server::clock;
use holdfast_store::Store;
use reqwest::Method;
use serde_json::json;

use crate::api::Reply;
use crate::maker::{document, role, stranger};
use crate::world::{COSE, World, until};

async fn upload(world: &World, document: Vec<u8>) -> Reply {
    world.admin.bytes(Method::POST, "/api/v1/trust", COSE, document).await
}

/// The content with one thing changed.
fn with(content: &TrustContent, change: impl FnOnce(&mut TrustContent)) -> TrustContent {
    let mut changed = content.clone();
    change(&mut changed);
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_trust_document_is_signed_by_its_own_root_and_names_this_server() {
    let world = World::new().await;
    let content = world.maker.content(&world.authority().await);
    let root: Vec<&SoftwareKey> = world.maker.root.iter().collect();
    let good = document(&content, &root[..2]);
    let signed = |changed: TrustContent| document(&changed, &root[..2]);
    let mut wrong_signature = good.clone();
    *wrong_signature.last_mut().unwrap() ^= 1;
    let cases: Vec<(&str, u16, &str, Vec<u8>)> = vec![
        ("one signature of two", 422, "too-few-of-new-root", document(&content, &root[..1])),
        ("nobody's signature", 422, "too-few-of-new-root", document(&content, &[])),
        ("a stranger's second signature", 422, "too-few-of-new-root", document(&content, &[root[0], &stranger()])),
        ("a changed signature", 422, "wrong-signature", wrong_signature),
        ("version 2 first", 409, "trust-version-gap", signed(with(&content, |c| c.version = 2))),
        ("another server's CA", 422, "operational-ca-not-named", {
            signed(with(&content, |c| c.operational_cas.clone_from(&c.factory_cas)))
        }),
        ("another server's freshness key", 422, "freshness-key-not-named", {
            signed(with(&content, |c| c.freshness = stranger().public_key()))
        }),
        ("a factory CA that is no certificate", 422, "ca-certificate-unusable", {
            signed(with(&content, |c| c.factory_cas = vec![b"not a certificate".to_vec()]))
        }),
        ("more bytes than any document", 413, "body-too-large", vec![0; TRUST_BYTES_MAX + 1]),
    ];
    for (what, status, name, document) in cases {
        world.refused(what, (status, name), upload(&world, document)).await;
    }
    for cut in [0, 1, good.len() / 2, good.len() - 1] {
        let reply = upload(&world, good[..cut].to_vec()).await;
        assert_eq!(reply.status, 422, "cut at {cut}: {}", reply.body);
    }
    assert_eq!(upload(&world, good).await.ok()["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_trust_document_follows_the_one_in_force_and_survives_a_restart() {
    let mut world = World::with_product().await;
    let content = world.maker.content(&world.authority().await);
    let root: Vec<&SoftwareKey> = world.maker.root.iter().collect();
    let second = with(&content, |c| c.version = 2);
    let new_root: Vec<SoftwareKey> = (0..3).map(|_| stranger()).collect();
    let taken_over = with(&second, |c| c.root = role(2, &new_root));
    let cases: Vec<(&str, u16, &str, Vec<u8>)> = vec![
        ("the same version again", 422, "trust-version-not-next", document(&content, &root[..2])),
        ("a version left out", 422, "trust-version-not-next", {
            document(&with(&content, |c| c.version = 3), &root[..2])
        }),
        ("one signature of two", 422, "too-few-of-current-root", document(&second, &root[..1])),
        ("signed by its own new root only", 422, "too-few-of-current-root", {
            document(&taken_over, &[&new_root[0], &new_root[1]])
        }),
        ("not signed by its new root", 422, "too-few-of-new-root", document(&taken_over, &root[..2])),
        ("another maker", 422, "other-maker", {
            document(&with(&second, |c| "other.example".clone_into(&mut c.maker_domain)), &root[..2])
        }),
    ];
    for (what, status, name, document) in cases {
        world.refused(what, (status, name), upload(&world, document)).await;
    }
    let handed_over = document(&taken_over, &[root[0], root[1], &new_root[0], &new_root[1]]);
    assert_eq!(upload(&world, handed_over).await.ok()["version"], 2);
    world.restart().await;
    let third = with(&taken_over, |c| c.version = 3);
    let by_old_root = upload(&world, document(&third, &[&world.maker.root[0], &world.maker.root[1]]));
    world.refused("by the root that handed over", (422, "too-few-of-current-root"), by_old_root).await;
    assert_eq!(upload(&world, document(&third, &[&new_root[1], &new_root[2]])).await.ok()["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_documents_at_once_one_comes_into_force() {
    let world = World::with_product().await;
    let content = with(&world.maker.content(&world.authority().await), |c| c.version = 2);
    let root = &world.maker.root;
    let (a, b) = (document(&content, &[&root[0], &root[1]]), document(&content, &[&root[1], &root[2]]));
    let lines = world.lines().await;
    let (a, b) = tokio::join!(upload(&world, a), upload(&world, b));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422], "{a:?} {b:?}");
    assert_eq!(world.kinds_from(lines).await, ["trust-accepted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_died_before_it_followed_its_trust_document_follows_it_at_the_next_start() {
    let mut world = World::with_product().await;
    world.admin.post("/api/v1/authority/freshness/rotate", json!({})).await.ok();
    let content = with(&world.maker.content(&world.authority().await), |c| c.version = 2);
    let (named, root) = (content.freshness.clone(), &world.maker.root);
    let second = document(&content, &[&root[0], &root[1]]);
    assert_ne!(world.server().house().freshness_in_use(), named);
    world.stop().await;
    // The last thing the killed server did: it committed the document.
    let store = Store::open(&world.state()).unwrap();
    let version = TrustVersion { version: 2, document: second, accepted: clock::now() };
    store.commit(Decision::quiet(vec![Change::AddTrust(version)])).unwrap();
    let at = store.ledger_head().unwrap().size;
    drop(store);
    world.restart().await;
    until("the key that the document names", || async {
        (world.server().house().freshness_in_use() == named).then_some(())
    })
    .await;
    assert_eq!(world.kinds_from(at).await, ["server-key-activated"]);
}

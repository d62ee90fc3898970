//! Releases that must not be published: each is refused by its name, counted, and without a trace.

use holdfast_core::cbor::item;
use holdfast_core::cose;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::{Compatibility, ReleaseFacts};
use holdfast_core::suit::Sealed;
use serde_json::json;

use crate::api::Api;
use crate::maker::{self, MAKER, Maker, PRODUCT, image, signed_by, stranger};
use crate::world::{COSE, World};

/// The envelope with the last byte of its last signature changed.
fn wrong_signature(envelope: &[u8]) -> Vec<u8> {
    let sealed = Sealed::parse(envelope).unwrap();
    let block = sealed.blocks().last().unwrap().to_vec();
    let at = envelope.windows(block.len()).position(|window| window == block).unwrap();
    let mut changed = envelope.to_vec();
    changed[at + block.len() - 1] ^= 1;
    changed
}

/// The envelope with the first of its signatures once more.
fn signed_twice_by_one(maker: &Maker, facts: &ReleaseFacts) -> Vec<u8> {
    let once = signed_by(facts, &maker.release[..1]);
    let sealed = Sealed::parse(&once).unwrap();
    sealed.with_block(sealed.blocks()[0])
}

/// A rightly signed envelope around a manifest whose invoke section has a command that nobody knows.
fn unknown_command(maker: &Maker, facts: &ReleaseFacts) -> Vec<u8> {
    let good = facts.to_unsigned_envelope().unwrap();
    // The invoke section is the sequence [23, …]: directive-invoke, then what to report. -1 is a command of no standard.
    let invoke = [0x43, 0x82, 0x17];
    let at = good.windows(3).position(|window| window == invoke).unwrap();
    // The manifest is the last member and runs to the end: key 3, then a byte string with two bytes of length.
    let start = good.windows(2).position(|window| window == [0x03, 0x59]).unwrap() + 4;
    let mut manifest = good[start..].to_vec();
    manifest[at - start + 2] = 0x20;
    let digest = Sha256Digest::of(&item(|w| {
        w.bytes(&manifest);
    }));
    let signed = item(|w| {
        w.array(2).i64(-16).bytes(digest.as_bytes());
    });
    let blocks = maker.release[..2].iter().map(|key| cose::sign1_detached(key, b"", &signed).unwrap());
    let wrapper = item(|w| {
        w.array(3).bytes(&signed);
        for block in blocks {
            w.bytes(&block);
        }
    });
    item(|w| {
        w.tag(107).map(2).i64(2).bytes(&wrapper).i64(3).bytes(&manifest);
    })
}

/// What is wrong, the status, the name, the envelope.
type Case = (&'static str, u16, &'static str, Vec<u8>);

/// A house that runs release 5, and a release 6 whose artifact is there.
async fn next_release() -> (World, ReleaseFacts) {
    let world = World::with_product().await;
    world.release(5).await;
    let bytes = image("the next one");
    let facts = maker::release(6, &bytes);
    world.put_artifact(&facts.image_digest.to_string(), bytes).await.ok();
    (world, facts)
}

/// Each case is refused; the release itself, whole, is published: nothing of the above stands in its way.
async fn check(world: &World, cases: Vec<Case>, good: &ReleaseFacts) {
    for (what, status, name, envelope) in cases {
        world.refused(what, (status, name), world.publish(envelope)).await;
    }
    world.explain(good).await.ok();
    world.publish(world.maker.signed(good)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_without_two_good_signatures_over_exactly_its_bytes_is_refused() {
    let (world, good) = next_release().await;
    let maker = &world.maker;
    let envelope = maker.signed(&good);
    let once = signed_by(&good, &maker.release[..1]);
    let text = b"Keeps the room warm.";
    let at = envelope.windows(text.len()).position(|window| window == text).unwrap();
    let mut changed_text = envelope.clone();
    changed_text[at] = b'k';
    let with_stranger = holdfast_core::release::add_signature(&once, &stranger()).unwrap();
    let cases = vec![
        ("a changed signature", 422, "wrong-signature", wrong_signature(&envelope)),
        ("one signature of two", 422, "too-few-signatures", once),
        ("no signature", 422, "too-few-signatures", signed_by(&good, &[])),
        ("one signer twice", 422, "too-few-signatures", signed_twice_by_one(maker, &good)),
        ("a stranger's second signature", 422, "too-few-signatures", with_stranger),
        ("root keys instead of release keys", 422, "too-few-signatures", signed_by(&good, &maker.root[..2])),
        ("a changed text", 422, "wrong-digest", changed_text),
        ("a byte too few", 422, "truncated", envelope[..envelope.len() - 1].to_vec()),
        ("nothing", 422, "truncated", Vec::new()),
        ("a byte too many", 422, "over-long", [envelope, vec![0]].concat()),
        ("more bytes than any envelope", 413, "body-too-large", vec![0; 256 * 1024 + 1]),
        ("a command that nobody knows", 422, "unknown-command", unknown_command(maker, &good)),
    ];
    check(&world, cases, &good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rightly_signed_release_that_breaks_a_rule_is_refused() {
    let (world, good) = next_release().await;
    let with = |change: fn(&mut ReleaseFacts)| {
        let mut facts = good.clone();
        change(&mut facts);
        world.maker.signed(&facts)
    };
    let other_vendor = with(|facts| facts.vendor = Compatibility::of_product("other.example", PRODUCT).vendor);
    let other_class = with(|facts| facts.class = Compatibility::of_product(MAKER, "porch-camera").class);
    let cases = vec![
        ("an older sequence", 422, "older-sequence", with(|facts| facts.sequence = 4)),
        ("the same sequence again", 422, "sequence-not-newer", with(|facts| facts.sequence = 5)),
        ("another maker", 422, "wrong-vendor", other_vendor),
        ("another class", 422, "wrong-class", other_class),
        ("a floor raised by a feature", 422, "floor-raised-by-feature", with(|facts| facts.security_floor = 6)),
        ("another size than the artifact has", 422, "artifact-size-differs", with(|facts| facts.image_bytes += 1)),
        (
            "an artifact that is not there",
            422,
            "artifact-absent",
            with(|facts| {
                facts.image_digest = Sha256Digest::of(b"nowhere");
            }),
        ),
    ];
    check(&world, cases, &good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_needs_its_product_a_trust_document_and_its_media_type() {
    let world = World::new().await;
    let bytes = image("1");
    let envelope = world.maker.signed(&maker::release(1, &bytes));
    let of = |product: &str, media_type: &'static str| {
        let (path, envelope) = (format!("/api/v1/releases?product={product}"), envelope.clone());
        let admin = world.admin.clone();
        async move { admin.bytes(reqwest::Method::POST, &path, media_type, envelope).await }
    };
    world.refused("no product", (404, "product-unknown"), of(PRODUCT, COSE)).await;
    world.put_product(PRODUCT, crate::world::MODEL).await.ok();
    world.refused("no trust document", (409, "trust-document-missing"), of(PRODUCT, COSE)).await;
    world.refused("JSON", (415, "content-type-unsupported"), of(PRODUCT, "application/json")).await;
    world.refused("no readable product", (400, "field-malformed"), of("Not%20an%20id", COSE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_that_is_not_what_its_address_says_is_not_kept() {
    let world = World::with_product().await;
    let bytes = image("1");
    let facts = maker::release(1, &bytes);
    let digest = facts.image_digest.to_string();
    let mut changed = bytes.clone();
    changed[0] ^= 1;
    for (what, wrong) in [("a changed byte", changed), ("a byte too few", bytes[1..].to_vec()), ("nothing", Vec::new())]
    {
        world.refused(what, (422, "artifact-digest-mismatch"), world.put_artifact(&digest, wrong)).await;
    }
    world.refused("no digest", (400, "id-malformed"), world.put_artifact("abc", bytes.clone())).await;
    world.refused("still not there", (422, "artifact-absent"), world.publish(world.maker.signed(&facts))).await;
    assert_eq!(world.put_artifact(&digest, bytes.clone()).await.ok()["already"], json!(false));
    assert_eq!(world.put_artifact(&digest, bytes).await.ok()["already"], json!(true), "a repeat is no new artifact");
    world.explain(&facts).await.ok();
    world.publish(world.maker.signed(&facts)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_not_published_before_owners_can_read_why_it_is_needed_and_what_to_do() {
    let world = World::with_product().await;
    let bytes = image("1");
    let facts = maker::release(1, &bytes);
    world.put_artifact(&facts.image_digest.to_string(), bytes).await.ok();
    let envelope = world.maker.signed(&facts);
    world.refused("no note", (422, "release-note-missing"), world.publish(envelope.clone())).await;
    let manifest = holdfast_core::release::ReleaseManifest::read_unverified(&envelope).unwrap().digest().to_string();
    let path = format!("/api/v1/release-notes/{manifest}");
    let put = |note: serde_json::Value| {
        let (admin, path) = (world.admin.clone(), path.clone());
        async move { Api::send(admin.request(reqwest::Method::PUT, &path).json(&json!({ "note": note }))).await }
    };
    let whole = json!({"risk": {"en": "Somebody could read along."}, "urgency": "now", "interruption_minutes": 3,
        "to_do": "restart"});
    let mut without = whole.clone();
    without.as_object_mut().unwrap().remove("to_do");
    world.refused("nothing to do said", (422, "member-absent"), put(without)).await;
    let before = world.lines().await;
    assert_eq!(put(whole.clone()).await.ok()["version"], 1);
    assert_eq!(put(whole.clone()).await.ok()["version"], 1, "the same words are kept once");
    let made = world.publish(envelope).await.ok();
    let mut other = whole;
    other["interruption_minutes"] = json!(5);
    assert_eq!(put(other).await.ok()["version"], 2);
    assert_eq!(world.kinds_from(before).await, ["release-note-put", "release-published", "release-note-put"]);
    let shown = world.admin.get(&format!("/api/v1/releases/{}", made["id"].as_str().unwrap())).await.ok();
    assert_eq!((&shown["note"]["interruption_minutes"], &shown["note_version"]), (&json!(5), &json!(2)));
    let kept = world.admin.get(&path).await.ok();
    assert_eq!(kept["items"].as_array().unwrap().len(), 2, "{kept}");
}

//! The ledger as an outsider checks it: entries and checkpoint over the interface, hashes and signature with the core.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::ledger::checkpoint::Checkpoint;
use holdfast_core::ledger::note::NoteVerifier;
use holdfast_core::ledger::tree::{Frontier, leaf_hash};
use serde_json::{Value, json};

use crate::world::World;

/// The root over these lines.
fn root(leaves: &[String]) -> [u8; 32] {
    let mut tree = Frontier::new();
    for leaf in leaves {
        tree.push(leaf_hash(leaf.as_bytes()), |_, _| Ok::<(), std::convert::Infallible>(())).unwrap();
    }
    tree.root()
}

async fn leaves(world: &World, size: u64) -> Vec<String> {
    let mut leaves = Vec::new();
    while (leaves.len() as u64) < size {
        let path = format!("/api/v1/ledger/entries?from={}&limit=7", leaves.len());
        let page = world.admin.get(&path).await.ok();
        let rows = page["items"].as_array().unwrap().clone();
        assert!(!rows.is_empty());
        leaves.extend(rows.iter().map(|row| row["leaf"].as_str().unwrap().to_owned()));
    }
    leaves.truncate(usize::try_from(size).unwrap());
    leaves
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_can_check_every_line_and_no_head_contradicts_an_earlier_one() {
    let world = World::with_product().await;
    world.fleet(2).await;
    let authority = world.admin.get("/api/v1/authority").await.ok();
    let key: NoteVerifier = authority["ledger_key"].as_str().unwrap().parse().unwrap();
    let origin = authority["ledger_origin"].as_str().unwrap().parse().unwrap();
    let mut earlier: Option<(u64, [u8; 32])> = None;
    for n in 0..4 {
        world.admin.post("/api/v1/tokens", json!({"label": format!("token {n}"), "days": 1})).await.ok();
        let shown = world.admin.get("/api/v1/ledger/checkpoint").await.ok();
        let head = Checkpoint::open(shown["note"].as_str().unwrap(), &key, &origin).unwrap();
        assert_eq!(shown["size"], json!(head.size), "what is shown is what is signed");
        assert_eq!(shown["root"], json!(Sha256Digest::from_bytes(head.root).to_string()));
        let leaves = leaves(&world, head.size).await;
        assert_eq!(root(&leaves), head.root);
        if let Some((size, root_then)) = earlier {
            assert!(head.size > size, "the new token has its line");
            assert_eq!(root(&leaves[..usize::try_from(size).unwrap()]), root_then);
        }
        earlier = Some((head.size, head.root));
        let line: Value = serde_json::from_str(leaves.last().unwrap()).unwrap();
        assert_eq!(line["kind"], "token-made");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_goes_on_after_a_restart_with_the_same_key() {
    let mut world = World::new().await;
    let authority = world.authority().await;
    let size = world.lines().await;
    let before = leaves(&world, size).await;
    world.restart().await;
    assert_eq!(world.authority().await, authority);
    assert_eq!(world.lines().await, size, "a restart is no event of history");
    world.admin.post("/api/v1/tokens", json!({"label": "after", "days": 1})).await.ok();
    assert_eq!(leaves(&world, size + 1).await[..before.len()], before[..]);
}

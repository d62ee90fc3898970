//! What an owner is told and may check, with the real agent: a quarantine by a playbook, a bulletin about their unit, a policy
//! that changes, the check of a set-up, figures of a month that equal what is stored.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, Reply};
use crate::claim::{claim, code_of, made, somebody, stands};
use crate::world::{World, until};

/// An application with a button that is always pressed; it measures three times when it is told to blink.
const APP: &str = "#!/bin/sh
while read -r line; do
  case \"$line\" in
    *'\"what\":\"claim\"'*) echo '{\"button\":\"confirm\"}';;
    *'\"action\":\"identify\"'*) for t in 20.5 21.5 22.5; do
      echo \"{\\\"stream\\\":\\\"climate\\\",\\\"fields\\\":{\\\"temperature\\\":$t}}\"; sleep 0.2; done;;
  esac
done
";
const DEVICE: &str = "/api/v1/home/devices/hearth-0001";

async fn put(world: &World, name: &str, document: Value) -> Reply {
    let request = world.admin.request(Method::PUT, &format!("/api/v1/papers/{name}"));
    Api::send(request.json(&json!({"document": document}))).await
}

/// The newest notice of this kind, as soon as there is one.
async fn told(who: &Api, kind: &str) -> Value {
    until(&format!("a notice {kind}"), || async {
        let notices = who.get("/api/v1/notices").await.ok();
        let found = notices["items"].as_array()?.iter().find(|one| one["kind"] == kind).cloned();
        found
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_told_what_concerns_them_and_can_check_it() {
    let world = World::with_product().await;
    let mut home = made(&world, APP).await;
    home.start();
    home.proven(None).await;
    let (ada, ben) = (somebody(&world, "Ada").await, somebody(&world, "Ben").await);
    let first = claim(&ada, &code_of(&home)).await;
    stands(&ada, &first, "done").await;

    // A playbook shuts the device off: its owner is told why, and again when it is let out.
    let run = json!({"play": "quarantine", "device": "hearth-0001", "reason": "odd traffic"});
    let run = world.admin.post("/api/v1/playbooks", run).await.ok();
    told(&ada, "quarantined").await;
    let story = ada.get(DEVICE).await.ok();
    assert!(story.to_string().contains("home-line-contained-behaviour"), "{story}");
    let check = ada.get(&format!("{DEVICE}/check")).await.ok();
    assert!(check["points"].to_string().contains(r#""verdict":"open","word":"home-check-software""#), "{check}");
    let undo = format!("/api/v1/playbooks/{}/undo", run["id"].as_str().unwrap());
    world.admin.post(&undo, json!({})).await.ok();
    told(&ada, "quarantine-lifted").await;

    // A bulletin reaches whose unit it is about, and nobody else; anyone can check a serial number.
    let bulletin = |serial: &str| {
        json!({"kind": "bulletin", "what": "action", "serials": [serial], "title": {"en": "Change the battery"},
            "happened": {"en": "It may leak."}, "steps": [{"en": "Open it."}], "deadline": "2030-01-31",
            "contact": "mailto:help@hearth.example"})
    };
    let mut without = bulletin("hearth-00*");
    without.as_object_mut().unwrap().remove("steps");
    assert_eq!(put(&world, "recall", without).await.name(), "paper-incomplete");
    put(&world, "other", bulletin("porch-*")).await.ok();
    put(&world, "recall", bulletin("hearth-00*")).await.ok();
    told(&ada, "bulletin").await;
    let papers = until("papers that were told to everybody", || async {
        let papers = world.admin.get("/api/v1/papers").await.ok();
        let all = papers["items"].as_array().unwrap().clone();
        all.iter().all(|paper| paper["told_all"] == true).then_some(all)
    })
    .await;
    let told_of = |id: &str| papers.iter().find(|paper| paper["id"] == id).unwrap()["told"].clone();
    assert_eq!((told_of("recall"), told_of("other")), (json!(1), json!(0)));
    assert!(ben.get("/api/v1/notices").await.ok()["items"].to_string().find("bulletin").is_none());

    // A policy changes a month ahead at the earliest.
    let policy = |change: Value, effective: &str| {
        json!({"kind": "policy", "owner": "Privacy officer", "text": {"en": "We keep little."}, "change": change,
            "effective": effective, "review": "2030-06-30"})
    };
    put(&world, "privacy", policy(json!({}), "2029-01-01")).await.ok();
    let soon = put(&world, "privacy", policy(json!({"en": "Less."}), "2020-01-01")).await;
    assert_eq!(soon.name(), "policy-too-soon");
    put(&world, "privacy", policy(json!({"en": "Less."}), "2029-06-01")).await.ok();
    told(&ada, "policy-changes").await;

    // A breach is the staff's, with the clock of the authority.
    let breach = json!({"kind": "breach", "found_us": 1_790_000_000_000_000_i64, "what": "A backup was lost.",
        "data": "names", "authority": "ICO"});
    put(&world, "backup", breach).await.ok();
    let papers = world.admin.get("/api/v1/papers").await.ok();
    assert!(papers.to_string().contains(&(1_790_000_000_000_000_i64 + 72 * 3_600 * 1_000_000).to_string()));
    let public = world.nobody().get("/notices/backup").await;
    assert_eq!(public.status, 404, "nobody else reads it");

    // What it sent is counted as it is stored.
    ada.post(&format!("{DEVICE}/commands"), json!({"action": "identify", "input": {}})).await.ok();
    let summary = until("three readings in the figures", || async {
        let summary = ada.get(&format!("{DEVICE}/summary")).await.ok();
        (summary["streams"].to_string().contains(r#""messages":3"#)).then_some(summary)
    })
    .await;
    let view = ada.get(DEVICE).await.ok();
    for stream in summary["streams"].as_array().unwrap() {
        let stored = view["sent"].as_array().unwrap().iter().find(|one| one["stream"] == stream["stream"]).unwrap();
        assert_eq!(stream["messages"], stored["readings"], "{summary}");
    }
    assert_eq!(ben.get(&format!("{DEVICE}/summary")).await.name(), "device-unknown");
}

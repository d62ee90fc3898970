//! Documents: reported shadow, command results, events; and what a device is told after it subscribed.

use holdfast_core::id::CommandId;
use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::time::Millis;
use holdfast_core::topic::DownChannel;
use holdfast_domain::decision::{Change, Effect};
use holdfast_domain::fleet::{Command, CommandOutcome};

use super::client::{Client, Heard};
use super::house::{Credential, House};
use crate::clock;

fn command(credential: &Credential) -> Command {
    let now = clock::now();
    Command {
        id: CommandId::new(now, clock::random()),
        device: credential.device.clone(),
        action: "identify".to_owned(),
        input: r#"{"seconds":5}"#.to_owned(),
        created: now,
        expires: now.plus(Millis::from_secs(60)),
        outcome: None,
        ended: None,
    }
}

#[tokio::test]
async fn a_device_that_subscribes_hears_its_policy_a_challenge_its_shadow_its_commands_and_a_nudge() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let command = command(&credential);
    let device = credential.device.clone();
    house.commit(vec![
        Change::AddCommand(command.clone()),
        Change::SetDesired { device: device.clone(), from_version: 0, desired: r#"{"mode":"manual"}"#.to_owned() },
    ]);
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    let mut told = Vec::new();
    for _ in 0..5 {
        match client.hear().await {
            Heard::Publish(topic, payload, Some(_)) => {
                let (_, path) = topic.split_once("hearth-0001/").unwrap();
                told.push((path.to_owned(), payload));
            }
            heard => panic!("{heard:?}"),
        }
    }
    let paths: Vec<_> = told.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["policy", "challenge", "shadow/delta", "command", "update"]);
    let json = |at: usize| serde_json::from_str::<serde_json::Value>(&told[at].1).unwrap();
    assert_eq!(json(0), serde_json::json!({ "quarantined": false, "reason": null, "recover": false }));
    assert_eq!(json(1)["nonce"].as_str().map(str::len), Some(64));
    assert_eq!(json(2), serde_json::json!({ "v": 1, "f": { "mode": "manual" } }));
    assert_eq!(json(3)["id"], command.id.to_string());
    assert_eq!(json(3)["input"]["seconds"], 5);
    assert_eq!(json(3)["expires"], command.expires.as_micros());

    let reported = client.publish("shadow/reported", r#"{"v":1,"f":{"mode":"manual"}}"#).await;
    assert!(matches!(reported, Heard::PubAck(_, ReasonCode::Success, _)), "{reported:?}");
    let shadow = house.store.shadow(&device).unwrap();
    assert_eq!((shadow.applied_version, shadow.reported.as_str()), (1, r#"{"mode":"manual"}"#));

    let path = format!("command/{}/result", command.id);
    for _ in 0..2 {
        let heard = client.publish(&path, r#"{"ok":true,"output":{"blinked":5}}"#).await;
        assert!(matches!(heard, Heard::PubAck(_, ReasonCode::Success, _)), "also when it is said again: {heard:?}");
    }
    let ended = house.store.command(command.id).unwrap().unwrap();
    assert_eq!(ended.outcome, Some(CommandOutcome::Succeeded(r#"{"blinked":5}"#.to_owned())));
}

#[tokio::test]
async fn an_order_reaches_an_open_session_once() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    let first = command(&credential);
    house.commit(vec![Change::AddCommand(first.clone())]);
    for _ in 0..2 {
        assert!(house.connections.push(&Effect::PushCommands(credential.device.clone())));
    }
    assert_eq!(client.told(DownChannel::Command).await["id"], first.id.to_string());
    let second = command(&credential);
    house.commit(vec![Change::AddCommand(second.clone())]);
    house.connections.push(&Effect::PushCommands(credential.device.clone()));
    assert_eq!(client.told(DownChannel::Command).await["id"], second.id.to_string());
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_refused_by_name_and_changes_nothing() {
    use ReasonCode::{ImplementationSpecific, NotAuthorized, PayloadFormatInvalid};
    let house = House::open();
    let (credential, other) = (house.device("hearth-0001"), house.device("hearth-0002"));
    let foreign = command(&other);
    house.commit(vec![Change::AddCommand(foreign.clone())]);
    let mut client = Client::connected(&house, &credential).await;
    let result = format!("command/{}/result", foreign.id);
    let unknown = format!("command/{}/result", CommandId::new(clock::now(), [1; 10]));
    let report = r#"{"deployment":"018bcfe5-6800-7fff-bfff-ffffffffffff","generation":1,"state":"downloading"}"#;
    for (path, payload, reason, name) in [
        ("shadow/reported", r#"{"v":0,"f":{"colour":1}}"#, PayloadFormatInvalid, "undeclared-field"),
        ("shadow/reported", r#"{"f":{}}"#, PayloadFormatInvalid, "envelope-key-missing"),
        (&result, r#"{"ok":true}"#, NotAuthorized, "foreign-command"),
        (&unknown, r#"{"ok":true}"#, ImplementationSpecific, "unknown-command"),
        (&unknown, r#"{"ok":1}"#, PayloadFormatInvalid, "payload-malformed"),
        ("update/report", report, NotAuthorized, "foreign-deployment"),
        ("update/report", "{}", PayloadFormatInvalid, "payload-malformed"),
        ("event", r#"{"c":1}"#, PayloadFormatInvalid, "payload-malformed"),
    ] {
        let heard = client.publish(path, payload).await;
        let Heard::PubAck(_, code, words) = heard else { panic!("{heard:?}") };
        assert_eq!((code, words.as_str()), (reason, name), "{path} {payload}");
    }
    assert_eq!(house.store.command(foreign.id).unwrap().unwrap().outcome, None);
    assert_eq!(house.store.shadow(&credential.device).unwrap().reported_at, None);
    assert_eq!(house.store.events(&credential.device, None, 10).unwrap(), []);
}

#[tokio::test]
async fn an_event_is_stored_once_however_often_it_is_said() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    for _ in 0..2 {
        let heard = client.publish("event", r#"{"c":9,"t":5,"kind":"lid-opened","text":"the lid is open"}"#).await;
        assert!(matches!(heard, Heard::PubAck(_, ReasonCode::Success, _)), "{heard:?}");
    }
    let events = house.store.events(&credential.device, None, 10).unwrap();
    assert_eq!(
        events.iter().map(|event| (event.counter, event.kind.as_str())).collect::<Vec<_>>(),
        [(9, "lid-opened")]
    );
}

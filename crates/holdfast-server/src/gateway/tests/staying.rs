//! Open sessions: pushed out by a newer one, narrowed, ended, drained.

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::mqtt::session::ServerConfig;
use holdfast_core::topic::DownChannel;
use holdfast_domain::decision::{Change, Effect};
use holdfast_domain::fleet::Quarantine;
use holdfast_store::integrity::AlertFilter;

use super::client::{Client, Heard, reading};
use super::house::House;
use crate::clock;
use crate::gateway::limits::TAKEOVERS_MAX;
use crate::gateway::{Budgets, Config, LiveEvent};

#[tokio::test]
async fn a_second_connection_of_one_device_pushes_the_first_one_out() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut first = Client::connected(&house, &credential).await;
    let mut second = Client::connected(&house, &credential).await;
    assert!(matches!(first.hear().await, Heard::Disconnect(ReasonCode::SessionTakenOver, _)));
    assert_eq!(first.hear().await, Heard::Closed);
    assert!(matches!(second.publish("telemetry/climate", &reading(1)).await, Heard::PubAck(_, ReasonCode::Success, _)));
    assert!(house.connections.is_online(&credential.device));
    assert_eq!(house.connections.count(), 1);
}

#[tokio::test]
async fn connections_that_keep_pushing_each_other_out_are_stopped_and_reported() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut held = vec![];
    for _ in 0..=TAKEOVERS_MAX {
        held.push(Client::connected(&house, &credential).await);
    }
    let mut refused = Client::connected(&house, &credential).await;
    assert!(matches!(refused.hear().await, Heard::Disconnect(ReasonCode::ConnectionRateExceeded, _)));
    assert_eq!(refused.hear().await, Heard::Closed, "after the alert is stored");
    assert_eq!(house.refused().get("takeovers-too-many"), Some(&1));
    let filter = AlertFilter { open_only: true, device: Some(credential.device.clone()) };
    let alerts = house.store.alerts(&filter, None, 10).unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.kind.as_str()).collect::<Vec<_>>(), ["clone-suspected"]);
    let last = held.last_mut().unwrap();
    assert!(matches!(last.publish("telemetry/climate", &reading(1)).await, Heard::PubAck(_, ReasonCode::Success, _)));
}

#[tokio::test]
async fn a_quarantine_narrows_the_open_session_at_once_and_its_end_widens_it() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let device = credential.device.clone();
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    assert_eq!(client.told(DownChannel::Policy).await["quarantined"], false);
    let set = |to| house.commit(vec![Change::SetQuarantine { device: device.clone(), to }]);

    set(Some(Quarantine { since: clock::now(), reason: "slot-digest-unknown".to_owned() }));
    assert!(house.connections.push(&Effect::PushPolicy(device.clone())));
    let policy = client.told(DownChannel::Policy).await;
    assert_eq!((&policy["quarantined"], &policy["reason"]), (&true.into(), &"slot-digest-unknown".into()));
    let Heard::PubAck(_, ReasonCode::NotAuthorized, words) = client.publish("telemetry/climate", &reading(1)).await
    else {
        panic!("to be refused")
    };
    assert_eq!(words, "quarantined");
    let event = r#"{"c":1,"t":5,"kind":"lid-opened","text":"the lid is open"}"#;
    assert!(matches!(client.publish("event", event).await, Heard::PubAck(_, ReasonCode::Success, _)));
    assert_eq!(house.stored(&device, "climate"), 0);

    set(None);
    house.connections.push(&Effect::PushPolicy(device.clone()));
    assert_eq!(client.told(DownChannel::Policy).await["quarantined"], false);
    assert!(matches!(client.publish("telemetry/climate", &reading(1)).await, Heard::PubAck(_, ReasonCode::Success, _)));
}

#[tokio::test]
async fn a_quarantined_device_that_connects_hears_its_policy_and_may_not_report() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let to = Some(Quarantine { since: clock::now(), reason: "by-person".to_owned() });
    house.commit(vec![Change::SetQuarantine { device: credential.device.clone(), to }]);
    let mut client = Client::connected(&house, &credential).await;
    client.subscribe().await;
    let policy = client.told(DownChannel::Policy).await;
    assert_eq!((&policy["quarantined"], &policy["recover"]), (&true.into(), &false.into()));
    let refused = client.publish("shadow/reported", r#"{"v":0,"f":{}}"#).await;
    assert!(matches!(refused, Heard::PubAck(_, ReasonCode::NotAuthorized, _)));
}

#[tokio::test]
async fn a_revocation_ends_the_open_session() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    house.connections.push(&Effect::Disconnect(credential.device.clone()));
    assert!(matches!(client.hear().await, Heard::Disconnect(ReasonCode::AdministrativeAction, _)));
    assert_eq!(client.hear().await, Heard::Closed);
    assert!(!house.connections.is_online(&credential.device));
}

#[tokio::test]
async fn a_stopping_server_acknowledges_what_it_stored_and_then_says_goodbye() {
    let mut house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let mut burst = Vec::new();
    for counter in 1..=50 {
        burst.extend_from_slice(&client.message("telemetry/climate", &reading(counter)).1);
    }
    client.send_bytes(&burst).await;
    let mut acknowledged = 0;
    loop {
        match client.hear().await {
            Heard::PubAck(id, ReasonCode::Success, _) => {
                acknowledged += 1;
                assert_eq!(id, acknowledged);
                house.begin_stop();
            }
            Heard::Disconnect(reason, _) => break assert_eq!(reason, ReasonCode::ServerShuttingDown),
            heard => panic!("{heard:?}"),
        }
    }
    assert_eq!(client.hear().await, Heard::Closed);
    let device = credential.device.clone();
    let (store, _dir) = house.stopped().await;
    assert_eq!(store.telemetry_count(&device, &"climate".parse().unwrap()).unwrap(), u64::from(acknowledged));
    let online = store.device(&device).unwrap().unwrap().online_until;
    assert!(online.is_some_and(|until| until <= clock::now()), "the lease ends with the session");
}

#[tokio::test]
async fn refusals_are_stored_by_name_when_the_server_stops() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    client.publish("telemetry/climate", "{").await;
    let (store, _dir) = house.stopped().await;
    let counts = store.refusals().unwrap();
    let stored: Vec<_> = counts.iter().map(|one| (one.door.as_str(), one.name.as_str(), one.count)).collect();
    assert_eq!(stored, [("mqtt", "payload-syntax", 1)]);
}

#[tokio::test]
async fn a_device_over_its_budget_is_held_back_and_loses_nothing() {
    let budgets = Budgets { packets_per_second: 100, packets_burst: 5, ..Budgets::default() };
    let house = House::open_with(Config { budgets, ..Config::default() });
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let mut burst = Vec::new();
    for counter in 1..=30 {
        burst.extend_from_slice(&client.message("telemetry/climate", &reading(counter)).1);
    }
    client.send_bytes(&burst).await;
    for id in 1..=30 {
        assert_eq!(client.hear().await, Heard::PubAck(id, ReasonCode::Success, String::new()));
    }
    let after = client.publish("telemetry/climate", &reading(31)).await;
    assert_eq!(after, Heard::PubAck(31, ReasonCode::Success, String::new()));
    assert_eq!(house.stored(&credential.device, "climate"), 31);
    assert!(house.metrics().paused > 0);
}

#[tokio::test]
async fn a_stopping_server_does_not_wait_for_who_never_says_anything() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let silent = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let mut wordless = Client::reach(&house, &credential).await.unwrap();
    let began = clock::monotonic();
    house.stopped().await;
    assert!(clock::monotonic().0 - began.0 < 5_000, "well below the time for a handshake");
    assert_eq!(wordless.hear().await, Heard::Closed);
    drop(silent);
}

#[tokio::test]
async fn what_was_said_before_leaving_is_still_heard() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut events = house.connections.follow();
    let mut client = Client::connected(&house, &credential).await;
    let (_, mut bytes) = client.message("event", r#"{"c":1,"t":5,"kind":"going","text":"good night"}"#);
    bytes.extend_from_slice(&[0xe0, 0]);
    client.send_bytes(&bytes).await;
    while events.recv().await.unwrap() != LiveEvent::Offline(credential.device.clone()) {}
    assert_eq!(house.store.events(&credential.device, None, 10).unwrap().len(), 1);
}

#[tokio::test]
async fn who_watches_sees_devices_come_and_go_and_what_is_refused() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut events = house.connections.follow();
    let mut client = Client::connected(&house, &credential).await;
    client.publish("telemetry/climate", "{").await;
    drop(client);
    let mut seen = Vec::new();
    while seen.last() != Some(&LiveEvent::Offline(credential.device.clone())) {
        let event = events.recv().await.unwrap();
        if !matches!(event, LiveEvent::TelemetryRate { .. }) {
            seen.push(event);
        }
    }
    let device = credential.device.clone();
    let refused = LiveEvent::Refused { device: Some(device.clone()), name: "payload-syntax" };
    assert_eq!(seen, [LiveEvent::Online(device.clone()), refused, LiveEvent::Offline(device)]);
}

#[tokio::test]
async fn a_device_that_asks_and_never_listens_is_dropped_by_name() {
    let budgets = Budgets { bytes_per_second: 1 << 30, bytes_burst: 1 << 30, ..Budgets::default() };
    let house = House::open_with(Config { budgets, write_ms_max: 200, ..Config::default() });
    let credential = house.device("hearth-0001");
    let mut events = house.connections.follow();
    let mut client = Client::connected(&house, &credential).await;
    // Every two bytes are a ping, and ask for two bytes back.
    let pings = [0xc0, 0].repeat(8 * 1024);
    let flood = async {
        loop {
            client.send_bytes(&pings).await;
            tokio::task::yield_now().await;
        }
    };
    let dropped = async { while events.recv().await.unwrap() != LiveEvent::Offline(credential.device.clone()) {} };
    tokio::select! { () = flood => {}, () = dropped => {} }
    assert_eq!(house.refused().get("slow-reader"), Some(&1), "{:?}", house.refused());
}

#[tokio::test]
async fn half_a_packet_is_no_sign_of_life() {
    let session = ServerConfig { keep_alive_secs_max: 1, ..ServerConfig::default() };
    let house = House::open_with(Config { session, ..Config::default() });
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let (_, bytes) = client.message("telemetry/climate", &reading(1));
    let begun = clock::monotonic();
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(20));
    let drip = async {
        for byte in &bytes[..bytes.len() - 1] {
            pace.tick().await;
            client.send_bytes(std::slice::from_ref(byte)).await;
        }
        client.hear().await
    };
    assert!(matches!(drip.await, Heard::Disconnect(ReasonCode::KeepAliveTimeout, _)));
    assert!(clock::monotonic().0 - begun.0 >= 1_400, "one and a half times the keep-alive");
}

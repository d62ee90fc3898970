//! Messages: stored before they are acknowledged, or refused by name and not stored.

use holdfast_core::mqtt::packet::{Delivery, Packet, PacketId, Publish, Version};
use holdfast_core::mqtt::property::Properties;
use holdfast_core::mqtt::reason::ReasonCode;

use super::client::{Client, Heard, reading};
use super::house::House;

#[tokio::test]
async fn what_is_acknowledged_is_stored_and_a_repeat_is_stored_once() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let mut burst = Vec::new();
    for counter in 1..=40 {
        let (_, bytes) = client.message("telemetry/climate", &reading(counter));
        burst.extend_from_slice(&bytes);
    }
    client.send_bytes(&burst).await;
    for id in 1..=40 {
        assert_eq!(client.hear().await, Heard::PubAck(id, ReasonCode::Success, String::new()), "in order");
    }
    assert_eq!(house.stored(&credential.device, "climate"), 40);
    assert_eq!(
        client.publish("telemetry/climate", &reading(7)).await,
        Heard::PubAck(41, ReasonCode::Success, String::new())
    );
    assert_eq!(house.stored(&credential.device, "climate"), 40);
    let metrics = house.metrics();
    assert_eq!((metrics.stored, metrics.repeats, metrics.refused), (40, 1, 0));
    assert!(metrics.commits < 41, "messages of one turn are one batch");
}

#[tokio::test]
async fn a_message_against_the_model_is_refused_by_name_and_the_next_one_is_taken() {
    use ReasonCode::{NotAuthorized, PayloadFormatInvalid, TopicNameInvalid};
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let now = crate::clock::now().as_micros();
    let later = now + 3_600_000_000;
    let climate = |fields: &str| format!(r#"{{"c":1,"t":{now},"f":{fields}}}"#);
    for (path, payload, reason, name) in [
        ("telemetry/climate", climate(r#"{"temperature":20,"colour":1}"#), PayloadFormatInvalid, "undeclared-field"),
        ("telemetry/climate", climate(r#"{"temperature":"warm"}"#), PayloadFormatInvalid, "wrong-type"),
        ("telemetry/climate", climate(r#"{"temperature":400}"#), PayloadFormatInvalid, "out-of-range"),
        ("telemetry/climate", climate(r#"{"humidity":40}"#), PayloadFormatInvalid, "missing-field"),
        ("telemetry/climate", climate(r#"{"temperature":{}}"#), PayloadFormatInvalid, "value-not-flat"),
        ("telemetry/climate", "{".to_owned(), PayloadFormatInvalid, "payload-syntax"),
        ("telemetry/climate", String::new(), PayloadFormatInvalid, "payload-not-json-or-cbor"),
        (
            "telemetry/climate",
            format!(r#"{{"c":1,"t":{later},"f":{{"temperature":20}}}}"#),
            PayloadFormatInvalid,
            "clock-in-future",
        ),
        ("telemetry/secrets", climate(r#"{"temperature":20}"#), NotAuthorized, "undeclared-stream"),
        ("log", "{}".to_owned(), PayloadFormatInvalid, "envelope-key-missing"),
        ("nonsense", "{}".to_owned(), TopicNameInvalid, "unknown-topic"),
        ("shadow/delta", "{}".to_owned(), NotAuthorized, "wrong-direction"),
    ] {
        let before = house.refused().get(name).copied().unwrap_or(0);
        let Heard::PubAck(_, heard, words) = client.publish(path, &payload).await else { panic!("{name}") };
        assert_eq!((heard, words.as_str()), (reason, name), "{payload}");
        assert_eq!(house.refused().get(name), Some(&(before + 1)), "counted once");
        assert_eq!(house.stored(&credential.device, "climate"), 0, "{payload}");
    }
    let Heard::PubAck(_, ReasonCode::Success, _) = client.publish("telemetry/climate", &reading(1)).await else {
        panic!("the connection was to stay")
    };
    assert_eq!(house.stored(&credential.device, "climate"), 1);
}

#[tokio::test]
async fn another_devices_tree_is_out_of_reach() {
    let house = House::open();
    let (mine, other) = (house.device("hearth-0001"), house.device("hearth-0002"));
    let mut client = Client::connected(&house, &mine).await;
    let (id, bytes) = client.message_to("hf/v1/hearth-0002/telemetry/climate", reading(1).as_bytes());
    client.send_bytes(&bytes).await;
    let words = "foreign-device-tree".to_owned();
    assert_eq!(client.hear().await, Heard::PubAck(id, ReasonCode::NotAuthorized, words));
    assert_eq!(house.stored(&other.device, "climate") + house.stored(&mine.device, "climate"), 0);
    assert_eq!(house.refused().get("foreign-device-tree"), Some(&1));
}

#[tokio::test]
async fn a_device_of_3_1_1_is_not_stuck_on_a_message_that_is_refused() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected_as(&house, &credential, Version::V311).await;
    assert_eq!(
        client.publish("telemetry/climate", &reading(1)).await,
        Heard::PubAck(1, ReasonCode::Success, String::new())
    );
    let refused = client.publish("telemetry/climate", r#"{"c":2,"t":1,"f":{}}"#).await;
    assert_eq!(refused, Heard::PubAck(2, ReasonCode::Success, String::new()), "3.1.1 has no other word");
    for name in ["missing-field", "acknowledged-but-refused"] {
        assert_eq!(house.refused().get(name), Some(&1), "{name}");
    }
    let next = client.publish("telemetry/climate", &reading(3)).await;
    assert_eq!(next, Heard::PubAck(3, ReasonCode::Success, String::new()));
    assert_eq!(house.stored(&credential.device, "climate"), 2);
}

#[tokio::test]
async fn an_unacknowledged_quality_of_service_is_stored_or_counted_all_the_same() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let topic = "hf/v1/hearth-0001/telemetry/climate";
    for payload in [reading(1), "{}".to_owned()] {
        client
            .send(&Packet::Publish(Publish {
                delivery: Delivery::AtMostOnce,
                retain: false,
                topic,
                properties: Properties::NONE,
                payload: payload.as_bytes(),
            }))
            .await;
    }
    // The answer to a later message comes after both.
    client.publish("telemetry/climate", &reading(2)).await;
    assert_eq!(house.stored(&credential.device, "climate"), 2);
    assert_eq!(house.refused().get("envelope-key-missing"), Some(&1));
}

#[tokio::test]
async fn what_connack_announced_as_missing_ends_the_connection_by_its_name() {
    let house = House::open();
    for (n, reason) in [ReasonCode::QosNotSupported, ReasonCode::RetainNotSupported, ReasonCode::PacketTooLarge]
        .into_iter()
        .enumerate()
    {
        let credential = house.device(&format!("hearth-00{n}"));
        let mut client = Client::connected(&house, &credential).await;
        let packet_id = PacketId(std::num::NonZeroU16::MIN);
        let topic = format!("hf/v1/{}/telemetry/climate", credential.device);
        let large = vec![b' '; 70_000];
        let small = reading(1);
        let publish = Publish {
            delivery: if reason == ReasonCode::QosNotSupported {
                Delivery::ExactlyOnce { packet_id, dup: false }
            } else {
                Delivery::AtLeastOnce { packet_id, dup: false }
            },
            retain: reason == ReasonCode::RetainNotSupported,
            topic: &topic,
            properties: Properties::NONE,
            payload: if reason == ReasonCode::PacketTooLarge { &large } else { small.as_bytes() },
        };
        client.send(&Packet::Publish(publish)).await;
        let Heard::Disconnect(heard, words) = client.hear().await else { panic!("{reason:?}") };
        assert_eq!(heard, reason);
        assert_eq!(house.refused().get(words.as_str()), Some(&1), "{words}");
        assert_eq!(client.hear().await, Heard::Closed);
        assert_eq!(house.stored(&credential.device, "climate"), 0);
    }
}

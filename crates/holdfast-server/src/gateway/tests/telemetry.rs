//! Messages: stored before they are acknowledged, or refused by name and not stored.

use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::mqtt::packet::{Delivery, Packet, PacketId, Publish, Version};
use holdfast_core::mqtt::property::Properties;
use holdfast_core::mqtt::reason::ReasonCode;

use holdfast_domain::fleet::KeyThumbprint;

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

#[tokio::test]
async fn what_the_model_refuses_is_kept_aside_before_the_device_hears_its_no() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let now = crate::clock::now().as_micros();
    let hot = format!(r#"{{"c":1,"t":{now},"f":{{"temperature":999}}}}"#);
    let Heard::PubAck(_, _, words) = client.publish("telemetry/climate", &hot).await else { panic!("an answer") };
    assert_eq!(words, "out-of-range");
    let kept = house.store.asides(&credential.device, None, 10).unwrap();
    assert_eq!((kept.len(), kept[0].row.field.as_deref()), (1, Some("temperature")));
    assert_eq!(kept[0].row.payload, hot.as_bytes());
    let faults = house.store.telemetry_faults(&credential.device).unwrap();
    assert_eq!((faults[0].reason.as_str(), faults[0].count), ("out-of-range", 1));
    assert_eq!(house.stored(&credential.device, "climate"), 0);
}

#[tokio::test]
async fn a_list_is_senml_and_its_units_are_the_declared_ones() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let pack = |unit: &str| {
        format!(
            r#"[{{"hfc":1,"bn":"urn:dev:x:","n":"temperature","u":"{unit}","t":-60,"v":20.5}},{{"n":"temperature","u":"{unit}","v":21}}]"#
        )
    };
    let Heard::PubAck(_, _, words) = client.publish("telemetry/climate", &pack("K")).await else { panic!("an answer") };
    assert_eq!((words.as_str(), house.stored(&credential.device, "climate")), ("unit-mismatch", 0));
    let Heard::PubAck(_, reason, _) = client.publish("telemetry/climate", &pack("Cel")).await else {
        panic!("an answer")
    };
    assert_eq!((reason, house.stored(&credential.device, "climate")), (ReasonCode::Success, 2));
}

#[tokio::test]
async fn a_signed_pack_is_stored_with_its_signature_and_a_changed_row_is_found_later() {
    let house = House::open();
    let signer = SoftwareKey::p256(&[7; 32]).unwrap();
    let thumbprint = Sha256Digest::of(&signer.public_key().to_spki_der());
    let credential = house.device_with("hearth-0001", KeyThumbprint(*thumbprint.as_bytes()));
    let mut client = Client::connected(&house, &credential).await;
    let now = crate::clock::now().as_micros();
    let one = |c: i64| {
        format!(r#"{{"c":{c},"t":{},"f":{{"temperature":2{c}.5}},"q":{{"temperature":"good"}}}}"#, now + c * 1_000_000)
    };
    let readings: Vec<_> =
        (1..=3).map(|c| holdfast_core::telemetry::TelemetryMessage::parse(one(c).as_bytes()).unwrap()).collect();
    let stream = "climate".parse().unwrap();
    let signature =
        holdfast_core::telemetry::signed::sign_readings(&signer, &credential.device, &stream, &readings).unwrap();
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&signature)
    };
    let pack = |third: &str| format!(r#"{{"p":[{},{},{third}],"s":"{encoded}"}}"#, one(1), one(2));
    let forged = one(3).replace("23.5", "23.6");
    let Heard::PubAck(_, _, words) = client.publish("telemetry/climate", &pack(&forged)).await else {
        panic!("an answer")
    };
    assert_eq!((words.as_str(), house.stored(&credential.device, "climate")), ("signature-wrong", 0));
    // The rules between readings saw nothing of the forged pack.
    let Heard::PubAck(_, reason, words) = client.publish("telemetry/climate", &pack(&one(3))).await else {
        panic!("an answer")
    };
    assert_eq!((reason, words.as_str()), (ReasonCode::Success, ""));
    let check = || crate::provenance::check(&house.store, &credential.device, &stream).unwrap();
    assert_eq!((check().signatures, check().verified), (1, 3));
    assert_eq!(change_behind_its_back(&house), 1);
    assert_eq!((check().verified, check().altered), (2, vec![2]));
}

/// Changes a stored row behind the server's back.
fn change_behind_its_back(house: &House) -> usize {
    let tool = std::process::Command::new("python3")
        .arg("-c")
        .arg("import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=10)\nn=c.execute(\"update telemetry_fresh set fields='{\\\"temperature\\\":99.5}' where counter=2\").rowcount\nc.commit()\nprint(n)")
        .arg(house.store.path())
        .output()
        .unwrap();
    String::from_utf8(tool.stdout).unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn log_lines_and_sheds_are_kept_and_only_aggregators_forward() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let log = r#"{"c":1,"t":5,"l":[{"level":"security","code":"sign-in-failed","text":"\u001b[2J<script>"}]}"#;
    let Heard::PubAck(_, reason, _) = client.publish("log", log).await else { panic!("an answer") };
    assert_eq!(reason, ReasonCode::Success);
    let lines = house.store.device_log(&credential.device, None, 5).unwrap();
    assert_eq!(lines[0].row.text, "\u{241b}[2J<script>");
    for counter in [1, 9] {
        client.publish("telemetry/climate", &reading(counter)).await;
    }
    let Heard::PubAck(_, reason, _) = client.publish("telemetry/climate", r#"{"x":[[3,5]],"w":"queue-full"}"#).await
    else {
        panic!("an answer")
    };
    assert_eq!(reason, ReasonCode::Success);
    let received = house.store.telemetry_received(&credential.device, &"climate".parse().unwrap()).unwrap();
    assert_eq!((received.shed(), received.missing()), (3, 4));
    let Heard::PubAck(_, reason, words) = client.publish("forward/leaf-0001/climate", &reading(1)).await else {
        panic!("an answer")
    };
    assert_eq!((reason, words.as_str()), (ReasonCode::NotAuthorized, "forward-not-aggregator"));
}

#[tokio::test]
async fn detectors_see_readings_of_a_pack_and_of_senml_like_single_ones() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let mut client = Client::connected(&house, &credential).await;
    let now = crate::clock::now().as_micros();
    let senml = r#"[{"hfc":3,"n":"temperature","u":"Cel","t":-9,"v":20},{"n":"temperature","u":"Cel","v":20}]"#;
    let one = |c: i64| format!(r#"{{"c":{c},"t":{},"f":{{"temperature":20}}}}"#, now + c * 60_000);
    let pack = format!(r#"{{"p":[{},{}]}}"#, one(6), one(7));
    // What was before 3 is unknown; 5 is left out between the list and the pack, and the pack comes again. A clock that
    // stands for a counter says nothing about what is missing.
    let by_clock = r#"[{"n":"temperature","u":"Cel","t":2,"v":20}]"#;
    for (payload, lost, again) in [
        (senml, 0, 0),
        (pack.as_str(), 1, 0),
        (pack.as_str(), 0, 2),
        (&by_clock.replace("\"t\":2", "\"t\":1"), 0, 0),
        (by_clock, 0, 0),
    ] {
        let Heard::PubAck(_, reason, words) = client.publish("telemetry/climate", payload).await else { panic!("no") };
        assert_eq!((reason, words.as_str()), (ReasonCode::Success, ""));
        let seen = house.connections.observer().take().remove(&credential.device).unwrap();
        assert_eq!((seen.missing, seen.repeated + seen.reordered), (lost, again), "{payload}");
    }
}

//! The devices of the sample and the models of its products.

use holdfast_core::id::{BatchId, DeviceId, ProductId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{Device, Enrolment, KeyThumbprint, Quarantine, Software};
use holdfast_web::backend::fleet::{ActionView, FieldKind, FieldView, ModelView, StreamView};

use super::{NOON, Sample};
use holdfast_web::backend::Ground as _;

pub(crate) const TAMPERED: &str = "hearth-0004";

pub(crate) fn thermostat() -> ProductId {
    "hearth-thermostat".parse().unwrap()
}

pub(crate) fn camera() -> ProductId {
    "porch-camera".parse().unwrap()
}

pub(crate) fn field(name: &str, title: &str, unit: Option<&str>, kind: FieldKind) -> FieldView {
    FieldView {
        name: name.to_owned(),
        title: title.to_owned(),
        unit: unit.map(str::to_owned),
        kind,
        personal: name == "presence",
        sensitive: false,
    }
}

pub(crate) fn model() -> ModelView {
    let number = |min, max| FieldKind::Number { min: Some(min), max: Some(max) };
    let target = || field("target", "Target temperature", Some("°C"), number(5.0, 30.0));
    ModelView {
        streams: vec![
            StreamView {
                id: "climate".parse().unwrap(),
                title: "Climate".to_owned(),
                fields: vec![
                    field("temperature", "Temperature", Some("°C"), number(-20.0, 60.0)),
                    field("humidity", "Humidity", Some("%"), number(0.0, 100.0)),
                    field("valve", "Valve", Some("%"), number(0.0, 100.0)),
                    field("presence", "Somebody is at home", None, FieldKind::Boolean),
                ],
            },
            StreamView {
                id: "health".parse().unwrap(),
                title: "Health of the unit".to_owned(),
                fields: vec![field("battery", "Battery", Some("V"), number(0.0, 4.0))],
            },
        ],
        settings: vec![
            target(),
            field("mode", "Mode", None, FieldKind::Choice(vec!["auto".into(), "eco".into(), "off".into()])),
            field("child_lock", "Child lock", None, FieldKind::Boolean),
            field("label", "Label on the display", None, FieldKind::Text { chars_max: 24 }),
        ],
        actions: vec![
            ActionView { name: "identify".to_owned(), title: "Blink to be found".to_owned(), inputs: Vec::new() },
            ActionView {
                name: "boost".to_owned(),
                title: "Heat at once".to_owned(),
                inputs: vec![
                    target(),
                    field("minutes", "For", Some("minutes"), FieldKind::Integer { min: Some(1), max: Some(120) }),
                ],
            },
        ],
    }
}

impl Sample {
    pub(super) fn all_devices(&self) -> Vec<Device> {
        if self.empty() {
            return Vec::new();
        }
        (1..=16).map(|n| self.sample_device(n)).collect()
    }

    fn sample_device(&self, n: u8) -> Device {
        let id: DeviceId = if n < 13 { format!("hearth-{n:04}") } else { format!("porch-{n:04}") }.parse().unwrap();
        let unseen = matches!(n, 12 | 16);
        let online = !unseen && !matches!(n, 9 | 11);
        let new = matches!(n, 1 | 2 | 3 | 5 | 7);
        let software = Software {
            version: if n > 12 {
                "3.0.1"
            } else if new {
                "1.2.0"
            } else if n == 10 {
                "1.0.4"
            } else {
                "1.1.0"
            }
            .to_owned(),
            sequence: if new { 3 } else { 2 },
            image_digest: [0x2a + n % 3; 32],
            slot: if new { 'b' } else { 'a' },
            at: self.ago(600 + u64::from(n)),
        };
        Device {
            quarantine: (id.as_str() == TAMPERED)
                .then(|| Quarantine { since: self.ago(95), reason: "slot-digest-unknown".to_owned() }),
            product: if n < 13 { thermostat() } else { camera() },
            id,
            batch: BatchId::new(NOON, [if n < 13 { 7 } else { 8 }; 10]),
            factory_key: KeyThumbprint([n.wrapping_mul(37); 32]),
            enrolment: match n {
                12 | 16 => Enrolment::Preauthorised,
                11 => Enrolment::Revoked,
                _ => Enrolment::Accepted,
            },
            software: (!unseen).then_some(software),
            created: self.ago(86_400 * 6),
            last_seen: (!unseen).then(|| self.ago(if online { u64::from(n) } else { 9_000 * u64::from(n) })),
            online_until: online.then(|| -> Timestamp { self.now().plus(Millis::from_secs(60)) }),
        }
    }
}

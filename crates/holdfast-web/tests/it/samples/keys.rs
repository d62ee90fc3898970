//! The sample's keys: one of each kind, one overdue, one change half done.

use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::keys::inventory::{FleetKeys, Inventory, KeyEntry, Purpose};
use holdfast_domain::keys::{KeyState, ServerKey, ServerRole};
use holdfast_web::backend::keys::{ChangeStep, CrlView, Keys, KeysView, ServerKeyView};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Ground as _};

use super::Sample;

const DAY: u64 = 86_400;

impl Sample {
    fn key(&self, purpose: Purpose, n: u8, state: KeyState, made: u64, ends: Option<Timestamp>) -> KeyEntry {
        KeyEntry {
            id: format!("{n:02x}").repeat(32),
            purpose,
            place: purpose.place(),
            algorithm: "ecdsa-with-SHA256 (P-256)",
            created: Some(self.ago(made * DAY)),
            ends,
            last_used: None,
            change_due: ends,
            state,
        }
    }
}

impl Keys for Sample {
    fn keys(&self) -> Answer<KeysView> {
        let later = |days: u64| Some(self.now().plus(Millis::from_secs(days * DAY)));
        let (active, retiring) = (KeyState::Active, KeyState::Retiring);
        let server = |role, n, state, depending| ServerKeyView {
            key: ServerKey { role, key: KeyThumbprint([n; 32]), state, created: self.now(), since: self.now() },
            depending,
            named: true,
        };
        let keys = vec![
            self.key(Purpose::MakerRoot, 1, active, 400, None),
            self.key(Purpose::FactoryCa, 3, active, 300, later(4000)),
            self.key(Purpose::OperationalCa, 4, retiring, 380, later(1000)),
            self.key(Purpose::OperationalCa, 5, active, 20, later(3600)),
            self.key(Purpose::Freshness, 6, active, 800, Some(self.ago(DAY))),
            self.key(Purpose::Door, 7, active, 60, later(30)),
        ];
        let fleet = FleetKeys {
            product: "hearth-thermostat".parse().unwrap(),
            proven: 9_812,
            unused: 3,
            ending: 204,
            ended: 17,
            oldest: Some(self.ago(61 * DAY)),
            hardware: 6_000,
            retiring_ca: 1,
        };
        let crl = CrlView {
            issuer: KeyThumbprint([5; 32]),
            number: 4,
            this_update: self.ago(600),
            next_update: self.now().plus(Millis::from_secs(7 * DAY)),
            entries: 12,
        };
        Ok(KeysView {
            inventory: Inventory { keys, fleet: if self.empty() { vec![] } else { vec![fleet] } },
            server: vec![
                server(ServerRole::OperationalCa, 4, retiring, 1),
                server(ServerRole::OperationalCa, 5, active, 0),
                server(ServerRole::Freshness, 6, active, 0),
            ],
            crls: if self.empty() { vec![] } else { vec![crl] },
            tokens: 2,
            first_token_end: later(3),
            sealed: false,
        })
    }

    fn change_key(&self, _: &Caller, role: ServerRole, step: ChangeStep) -> Answer<KeysView> {
        self.note(format!("{step:?} {}", role.name()));
        self.keys()
    }

    fn crl(&self, _: Option<KeyThumbprint>) -> Answer<Option<Vec<u8>>> {
        Ok(Some(vec![0x30, 0x00]))
    }
}

//! Every key the product relies on: what for, whose, where, until when, and what to do next. And the alert when one is
//! past the end of its time.

use holdfast_core::id::{AlertId, ProductId};
use holdfast_core::time::{Millis, Timestamp};

use super::KeyState;
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind, open_alert};

/// A key whose time ends within this is due soon.
pub const SOON: Millis = Millis::from_secs(30 * 86_400);

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Signs trust documents.
    MakerRoot,
    /// Signs releases.
    ReleaseSigner,
    /// Vouches for factory identities.
    FactoryCa,
    /// Issues operational certificates.
    OperationalCa,
    /// Signs timestamp statements.
    Freshness,
    /// Signs the ledger's head.
    Ledger,
    /// Proves the server at its doors.
    Door,
    /// Seals the server's key files.
    SealingKey,
}

impl Purpose {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MakerRoot => "maker-root",
            Self::ReleaseSigner => "release-signer",
            Self::FactoryCa => "factory-ca",
            Self::OperationalCa => "operational-ca",
            Self::Freshness => "freshness",
            Self::Ledger => "ledger",
            Self::Door => "server-door",
            Self::SealingKey => "sealing-key",
        }
    }

    /// What people read.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::MakerRoot => "Maker's root key",
            Self::ReleaseSigner => "Release signer",
            Self::FactoryCa => "Factory CA",
            Self::OperationalCa => "Operational CA",
            Self::Freshness => "Freshness key",
            Self::Ledger => "Ledger key",
            Self::Door => "Server certificate",
            Self::SealingKey => "Sealing key",
        }
    }

    /// Who answers for it.
    #[must_use]
    pub const fn owner(self) -> &'static str {
        match self {
            Self::MakerRoot => "root key holders",
            Self::ReleaseSigner => "release engineers",
            Self::FactoryCa => "factory",
            Self::OperationalCa | Self::Freshness | Self::Ledger | Self::Door | Self::SealingKey => "administrator",
        }
    }

    /// Where the private key lies.
    #[must_use]
    pub const fn place(self) -> Place {
        match self {
            Self::MakerRoot | Self::ReleaseSigner => Place::Offline,
            Self::FactoryCa => Place::FactoryStation,
            Self::OperationalCa | Self::Freshness | Self::Ledger | Self::Door => Place::ServerFile,
            Self::SealingKey => Place::OutsideState,
        }
    }

    /// What to do when its time ends.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::MakerRoot | Self::ReleaseSigner => {
                "Make a new key offline (`holdfast key create`), name it in the next trust document and upload that."
            }
            Self::FactoryCa => {
                "Make a new factory CA (`holdfast factory init`) and name both in the next trust document."
            }
            Self::OperationalCa => "Run `holdfast authority rotate`, then name both CAs in the next trust document.",
            Self::Freshness => {
                "Run `holdfast authority rotate --role freshness`, then name the new key in the next trust document."
            }
            Self::Ledger => "The ledger's key has no end; announce a new one in the ledger before changing it.",
            Self::Door => {
                "It renews by itself after two thirds of its life: look into the server's log why it did not."
            }
            Self::SealingKey => "Start the server with a sealing key, or change it with `holdfast authority reseal`.",
        }
    }
}

/// Where a private key lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// With its holder, on no server.
    Offline,
    /// At the factory station.
    FactoryStation,
    /// In a file of the server that only it can read.
    ServerFile,
    /// In such a file, sealed by a key that lies outside the state folder.
    SealedServerFile,
    /// Outside the state folder, given at the start.
    OutsideState,
}

impl Place {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::FactoryStation => "factory-station",
            Self::ServerFile => "server-file",
            Self::SealedServerFile => "server-file-sealed",
            Self::OutsideState => "outside-state",
        }
    }
}

/// One key, or one generation of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// Its thumbprint, lower-case hexadecimal.
    pub id: String,
    /// What for.
    pub purpose: Purpose,
    /// Where its private half lies.
    pub place: Place,
    /// Its algorithm.
    pub algorithm: &'static str,
    /// When it was made, if that is known.
    pub created: Option<Timestamp>,
    /// When its certificate or permission ends, if ever.
    pub ends: Option<Timestamp>,
    /// When it was last used, if that is known.
    pub last_used: Option<Timestamp>,
    /// When it should be changed, if ever.
    pub change_due: Option<Timestamp>,
    /// Where it stands.
    pub state: KeyState,
}

/// How urgent a key's change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Nothing to do.
    Fine,
    /// Within [`SOON`].
    Soon,
    /// Its time is over.
    Overdue,
}

impl Due {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Soon => "soon",
            Self::Overdue => "overdue",
        }
    }
}

impl KeyEntry {
    /// How urgent its change is. A destroyed key asks for nothing.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Due {
        if self.state == KeyState::Retired {
            return Due::Fine;
        }
        match [self.ends, self.change_due].into_iter().flatten().min() {
            Some(end) if end <= now => Due::Overdue,
            Some(end) if end <= now.plus(SOON) => Due::Soon,
            _ => Due::Fine,
        }
    }
}

/// The operational certificates of one product's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetKeys {
    /// The product.
    pub product: ProductId,
    /// Live certificates that were used.
    pub proven: u64,
    /// Certificates that were issued and not used yet.
    pub unused: u64,
    /// Live ones that end within [`SOON`].
    pub ending: u64,
    /// Accepted devices whose newest certificate has ended: they come back with their factory identity.
    pub ended: u64,
    /// Begin of the oldest live one.
    pub oldest: Option<Timestamp>,
    /// Devices whose factory key the station saw in hardware.
    pub hardware: u64,
    /// Devices that are not enrolled with a CA that stays: they hold a certificate of a retiring one.
    pub retiring_ca: u64,
}

/// All keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Keys of maker, factory and server.
    pub keys: Vec<KeyEntry>,
    /// Keys of devices, by product.
    pub fleet: Vec<FleetKeys>,
}

/// Opens an alert when a key is past its time, and closes it when none is any more. `None` if nothing changes.
#[must_use]
pub fn watch(keys: &[KeyEntry], alerts: &[Alert], alert: AlertId, now: Timestamp) -> Option<Decision> {
    let overdue = keys.iter().find(|key| key.due(now) == Due::Overdue);
    match (overdue, open_alert(alerts, alert_kind::KEY_OVERDUE)) {
        (Some(key), None) => {
            let opened = Alert {
                id: alert,
                device: None,
                kind: alert_kind::KEY_OVERDUE.to_owned(),
                severity: Severity::Critical,
                text: format!("{} is past the end of its time. {}", key.purpose.title(), key.purpose.remedy()),
                opened: now,
                closed: None,
            };
            let line =
                LedgerLine::new(kind::KEY_OVERDUE, now).fact("purpose", key.purpose.name()).fact("alert", &alert);
            Some(Decision::new(vec![Change::OpenAlert(opened)], line))
        }
        (None, Some(open)) => Some(Decision::quiet(vec![Change::CloseAlert { alert: open.id, at: now, by: None }])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, alert_id, later};

    const DAY: u64 = 86_400;

    fn key(ends: Option<Timestamp>, change_due: Option<Timestamp>, state: KeyState) -> KeyEntry {
        KeyEntry {
            id: "0a".repeat(32),
            purpose: Purpose::OperationalCa,
            place: Place::ServerFile,
            algorithm: "ecdsa-with-SHA256 (P-256)",
            created: Some(NOW),
            ends,
            last_used: None,
            change_due,
            state,
        }
    }

    #[test]
    fn a_key_is_overdue_at_its_end_soon_a_month_before_and_never_once_destroyed() {
        for (ends, change, state, due) in [
            (None, None, KeyState::Active, Due::Fine),
            (Some(later(31 * DAY)), None, KeyState::Active, Due::Fine),
            (Some(later(30 * DAY)), None, KeyState::Active, Due::Soon),
            (Some(later(400 * DAY)), Some(later(DAY)), KeyState::Active, Due::Soon),
            (Some(NOW), None, KeyState::Active, Due::Overdue),
            (Some(later(DAY)), Some(NOW), KeyState::Retiring, Due::Overdue),
            (Some(NOW), None, KeyState::Retired, Due::Fine),
        ] {
            assert_eq!(key(ends, change, state).due(NOW), due, "{ends:?} {change:?} {state:?}");
        }
    }

    #[test]
    fn a_key_past_its_end_is_one_alert_that_closes_when_the_key_was_changed() {
        let (good, bad) = (key(None, None, KeyState::Active), key(Some(NOW), None, KeyState::Active));
        assert_eq!(watch(std::slice::from_ref(&good), &[], alert_id(), NOW), None);
        let opened = watch(&[good.clone(), bad.clone()], &[], alert_id(), NOW).expect("an alert");
        let [Change::OpenAlert(alert)] = opened.changes.as_slice() else { panic!() };
        assert!(alert.text.contains("holdfast authority rotate"), "{}", alert.text);
        let open = [alert.clone()];
        assert_eq!(watch(&[bad], &open, alert_id(), NOW), None);
        let closed = watch(&[good], &open, alert_id(), NOW).expect("closed");
        assert!(matches!(closed.changes.as_slice(), [Change::CloseAlert { by: None, .. }]));
    }
}

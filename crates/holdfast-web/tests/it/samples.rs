//! A backend of made-up data, for looking at every page and for tests of the door. Orders are recorded, not carried out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up data that is right by construction"
)]

#[path = "samples/credentials.rs"]
mod credentials;
#[path = "samples/custody.rs"]
mod custody;
#[path = "samples/devices.rs"]
mod devices;
#[path = "samples/dossier.rs"]
mod dossier;
#[path = "samples/findings.rs"]
pub(crate) mod findings;
#[path = "samples/fleet.rs"]
mod fleet;
#[path = "samples/homes.rs"]
pub(crate) mod homes;
#[path = "samples/groups.rs"]
pub(crate) mod groups;
#[path = "samples/history.rs"]
mod history;
#[path = "samples/idempotency.rs"]
mod idempotency;
#[path = "samples/keys.rs"]
mod keys;
#[path = "samples/notices.rs"]
mod notices;
#[path = "samples/promises.rs"]
mod promises;
#[path = "samples/owner.rs"]
pub(crate) mod owner;
#[path = "samples/oidc.rs"]
mod oidc;
#[path = "samples/papers.rs"]
mod papers;
#[path = "samples/telemetry.rs"]
mod telemetry;
#[path = "samples/tidings.rs"]
pub(crate) mod tidings;
#[path = "samples/updates.rs"]
pub(crate) mod updates;

use std::sync::Mutex;

use holdfast_core::id::{AlertId, DeviceId, PersonId, SessionId, TokenId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::integrity::{Alert, Appraisal, Severity, Verdict};
use holdfast_domain::people::scope::Scope;
use holdfast_domain::people::{ApiToken, Person, Role, SignInLink};
use holdfast_web::backend::credentials::{Arrival, SignedIn};
use holdfast_web::backend::integrity::{Integrity, RefusalCount};
use holdfast_web::backend::people::{Caller, LinkFor, NewLink, NewToken, People, Proof};
use holdfast_web::backend::{Answer, Fault, Ground, LiveEvent, Page, PageAsk, Refusal, RefusalKind, Stop};
use holdfast_web::secret::Secret;
use tokio::sync::broadcast;

/// An alert's id, which is nothing else's.
pub(crate) fn alert_id(n: u8) -> AlertId {
    AlertId::new(NOON, [n.saturating_add(100); 10])
}

/// 23 Nov 2026, 04:30 UTC.
pub(crate) const NOON: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

pub(crate) const ROLES: [Role; 8] = Role::ALL;

/// How much the sample knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Nothing yet, as after the first start.
    Empty,
    /// A fleet in the middle of a roll-out, with one tampered device.
    Busy,
}

pub(crate) struct Sample {
    pub(crate) fill: Fill,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) orders: Mutex<Vec<String>>,
    pub(crate) refused: Mutex<Vec<&'static str>>,
    pub(crate) news: broadcast::Sender<LiveEvent>,
    opened: Mutex<Vec<[u8; 32]>>,
    dice: Mutex<u8>,
    kept: Mutex<std::collections::BTreeMap<(String, [u8; 32]), idempotency::Known>>,
}

impl Sample {
    pub(crate) fn new(fill: Fill, clock: fn() -> Timestamp) -> Self {
        let (news, _) = broadcast::channel(64);
        Self {
            fill,
            clock,
            orders: Mutex::default(),
            refused: Mutex::default(),
            news,
            opened: Mutex::default(),
            dice: Mutex::new(0x40),
            kept: Mutex::default(),
        }
    }

    fn note(&self, order: impl Into<String>) {
        self.orders.lock().unwrap().push(order.into());
    }

    fn ago(&self, seconds: u64) -> Timestamp {
        Timestamp::from_micros(self.now().as_micros() - i64::try_from(seconds).unwrap() * 1_000_000)
    }

    fn empty(&self) -> bool {
        self.fill == Fill::Empty
    }
}

/// The secret of a session (or, plus 100, of a token) of the person with this role.
pub(crate) fn secret_of(role: Role, token: bool) -> Secret {
    let n = u8::try_from(ROLES.iter().position(|r| *r == role).unwrap()).unwrap() + 1;
    Secret::from_random([if token { n + 100 } else { n }; 32])
}

/// The secret of an administrator's session whose proof is older than ten minutes.
pub(crate) fn stale_secret() -> Secret {
    Secret::from_random([60; 32])
}

/// The secrets of an administrator's tokens with these scopes.
pub(crate) const NARROW: [(u8, &str); 3] = [(61, "read"), (62, "full"), (63, "view-fleet,revoke-device")];

fn narrow_scope(hash: &[u8; 32]) -> Option<Scope> {
    let narrow = NARROW.iter().find(|(n, _)| Secret::from_random([*n; 32]).hash() == *hash)?;
    narrow.1.parse().ok()
}

/// A link that works.
pub(crate) fn good_link() -> Secret {
    Secret::from_random([77; 32])
}

pub(crate) fn refuse<T>(kind: RefusalKind, name: &'static str, detail: &str) -> Answer<T> {
    Err(Stop::Refused(Refusal { kind, name, detail: detail.to_owned() }))
}

fn person(at: usize) -> Person {
    let names = [
        "Ada Okafor",
        "Bram de Wit",
        "Chiyo Tanaka",
        "Dorte Lind",
        "Emil Novak",
        "Fatou Sarr",
        "Goran Ilic",
        "Hana Park",
    ];
    Person {
        id: PersonId::new(NOON, [u8::try_from(at).unwrap(); 10]),
        name: names[at].to_owned(),
        role: ROLES[at],
        created: Timestamp::from_micros(NOON.as_micros() - 40 * 86_400_000_000),
    }
}

fn caller(hash: &[u8; 32], token: bool) -> Option<Caller> {
    let at = ROLES.iter().position(|role| secret_of(*role, token).hash() == *hash)?;
    let proof =
        if token { Proof::Token(TokenId::new(NOON, [1; 10])) } else { Proof::Session(SessionId::new(NOON, [1; 10])) };
    Some(Caller { person: person(at), proof, fresh: true, scope: Scope::Dangerous })
}

impl Ground for Sample {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }
    fn random(&self) -> [u8; 32] {
        let mut dice = self.dice.lock().unwrap();
        *dice = dice.wrapping_add(1);
        [*dice; 32]
    }
    fn events(&self) -> broadcast::Receiver<LiveEvent> {
        self.news.subscribe()
    }
}

impl People for Sample {
    fn session(&self, secret_hash: &[u8; 32], _: Timestamp) -> Answer<Option<Caller>> {
        if *secret_hash == stale_secret().hash() {
            let caller = caller(&secret_of(Role::Administrator, false).hash(), false);
            return Ok(caller.map(|caller| Caller { fresh: false, ..caller }));
        }
        if self.opened.lock().unwrap().contains(secret_hash) {
            return Ok(caller(&secret_of(Role::Administrator, false).hash(), false));
        }
        Ok(caller(secret_hash, false))
    }
    fn token(&self, secret_hash: &[u8; 32], _: Timestamp) -> Answer<Option<Caller>> {
        if let Some(scope) = narrow_scope(secret_hash) {
            let caller = caller(&secret_of(Role::Administrator, true).hash(), true);
            return Ok(caller.map(|caller| Caller { scope, ..caller }));
        }
        Ok(caller(secret_hash, true))
    }
    fn redeem_link(&self, link_hash: &[u8; 32], arrival: &Arrival) -> Answer<SignedIn> {
        if *link_hash != good_link().hash() {
            return refuse(RefusalKind::Unauthenticated, "link-used", "This link was used already. Ask for a new one.");
        }
        self.note("redeem_link");
        self.opened.lock().unwrap().push(arrival.session_hash);
        let session = credentials::session(self, 1, 0, 0);
        Ok(SignedIn { session, person: person(0), bare: false })
    }
    fn end_session(&self, _: &[u8; 32]) -> Answer<()> {
        self.note("end_session");
        Ok(())
    }
    fn consumers_count(&self) -> Answer<u64> {
        Ok(if self.empty() { 0 } else { 1_207 })
    }
    fn people(&self, _: Option<&str>) -> Answer<Vec<Person>> {
        Ok(if self.empty() { vec![person(0)] } else { (0..5).map(person).collect() })
    }
    fn person(&self, id: PersonId) -> Answer<Option<Person>> {
        Ok((0..5).map(person).find(|person| person.id == id))
    }
    fn add_link(&self, _: &Caller, new: &NewLink) -> Answer<SignInLink> {
        self.note("add_link");
        let id = match &new.whom {
            LinkFor::Person(id) => *id,
            LinkFor::Newcomer { .. } => person(4).id,
        };
        let expires = self.now().plus(Millis::from_secs(86_400));
        Ok(SignInLink { secret_hash: new.secret_hash, person: id, expires, used: None })
    }
    fn tokens(&self, _: &Caller) -> Answer<Vec<ApiToken>> {
        let token = |n: u8, label: &str| ApiToken {
            id: TokenId::new(NOON, [n; 10]),
            secret_hash: [n; 32],
            person: person(usize::from(n)).id,
            label: label.to_owned(),
            scope: Scope::Full,
            created: self.ago(86_400 * 3),
            expires: self.now().plus(Millis::from_secs(86_400 * 27)),
            revoked: None,
        };
        Ok(if self.empty() { Vec::new() } else { vec![token(0, "Ada's command line"), token(2, "Release pipeline")] })
    }
    fn add_token(&self, by: &Caller, new: &NewToken) -> Answer<ApiToken> {
        self.note("add_token");
        Ok(ApiToken {
            id: TokenId::new(NOON, [9; 10]),
            secret_hash: new.secret_hash,
            person: by.person.id,
            label: new.label.clone(),
            scope: new.scope.clone(),
            created: self.now(),
            expires: self.now().plus(Millis::from_secs(86_400 * u64::from(new.days))),
            revoked: None,
        })
    }
    fn revoke_token(&self, _: &Caller, _: TokenId) -> Answer<()> {
        self.note("revoke_token");
        Ok(())
    }
}

impl Integrity for Sample {
    fn appraisals(&self, id: &DeviceId, _: &PageAsk) -> Answer<Page<Appraisal>> {
        let one = |seconds, verdict, image| Appraisal {
            device: id.clone(),
            verdict,
            evidence_digest: [4; 32],
            image_digest: [image; 32],
            at: self.ago(seconds),
        };
        let mut rows = vec![one(620, Verdict::Affirming, 0x2a), one(1_220, Verdict::Affirming, 0x2a)];
        if id.as_str() == devices::TAMPERED {
            rows.insert(0, one(95, Verdict::Contraindicated("slot-digest-unknown".to_owned()), 0xe7));
        }
        Ok(Page::whole(if self.empty() { Vec::new() } else { rows }))
    }
    fn alerts(&self, open_only: bool, device: Option<&DeviceId>, _: &PageAsk) -> Answer<Page<Alert>> {
        let one = |n: u8, on: &str, kind: &str, severity, seconds, text: &str| Alert {
            id: alert_id(n),
            device: Some(on.parse().unwrap()),
            kind: kind.to_owned(),
            severity,
            text: text.to_owned(),
            opened: self.ago(seconds),
            closed: (n > 2).then(|| self.ago(seconds - 600)),
        };
        let rows = vec![
            one(
                1,
                devices::TAMPERED,
                "integrity-contradicted",
                Severity::Critical,
                95,
                "The running image is in no published release. The device is contained and goes back to its known good slot.",
            ),
            one(
                2,
                "hearth-0006",
                "update-rolled-back",
                Severity::Warning,
                840,
                "Its health check failed after the update to 1.2.0, so it went back by itself. Look at its events.",
            ),
            one(
                3,
                "hearth-0011",
                "clone-suspected",
                Severity::Critical,
                90_000,
                "A second key tried to enrol as this device. The first one keeps working; the second was refused.",
            ),
        ];
        let wanted = |alert: &Alert| {
            (!open_only || alert.closed.is_none()) && device.is_none_or(|d| alert.device.as_ref() == Some(d))
        };
        Ok(Page::whole(if self.empty() { Vec::new() } else { rows.into_iter().filter(wanted).collect() }))
    }
    fn alert(&self, id: AlertId) -> Answer<Option<Alert>> {
        let all = self.alerts(false, None, &PageAsk::first(9))?.rows;
        Ok(all.into_iter().find(|alert| alert.id == id))
    }
    fn open_alerts(&self) -> Answer<u64> {
        Ok(if self.empty() { 0 } else { 2 })
    }
    fn close_alert(&self, _: &Caller, id: AlertId) -> Answer<()> {
        if id == AlertId::new(NOON, [250; 10]) {
            return Err(Stop::Fault(Fault { reference: "f-250".to_owned() }));
        }
        self.note("close_alert");
        Ok(())
    }
    fn refusals(&self) -> Answer<Vec<RefusalCount>> {
        let one = |door: &str, name: &str, count, seconds| RefusalCount {
            door: door.to_owned(),
            name: name.to_owned(),
            count,
            last: Some(self.ago(seconds)),
        };
        Ok(if self.empty() {
            Vec::new()
        } else {
            vec![
                one("mqtt", "field-undeclared", 1_204, 30),
                one("mqtt", "quarantined", 37, 4),
                one("est", "identity-in-use", 1, 90_000),
                one("api", "token-refused", 6, 7_300),
            ]
        })
    }
    fn count_refusal(&self, name: &'static str) {
        self.refused.lock().unwrap().push(name);
    }
}

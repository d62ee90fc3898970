//! Who may use the local door: pairings that a person confirmed at the device, nonces, and short-lived tokens. Pure:
//! time and random bytes are parameters; `agent/local.rs` keeps the record and listens.
//!
//! First link: the controller commits to a nonce (SHA-256) and shows its public key; the device answers with a random id;
//! the controller opens its nonce; both show the same six digits, and a person confirms at the device. Nobody between
//! them can choose values so that the digits agree: each is bound before it sees the other's.
//!
//! Later: the controller signs a nonce of the device and gets a token. Tokens are in memory alone, as hashes, and their
//! end is measured by the monotonic clock: a restart ends them all, and a wrong wall clock prolongs none.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_core::cose::PublicKey;
use holdfast_core::hash::{Hasher, Sha256Digest};
use holdfast_core::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most controllers of one device.
pub(crate) const CONTROLLERS_MAX: usize = 16;
/// Tokens of one controller at a time; an older one ends.
const TOKENS_EACH_MAX: usize = 4;
/// Nonces that wait for a signature; the oldest makes room.
const NONCES_MAX: usize = 32;
/// How long a nonce may be signed.
const NONCE_FOR: Millis = Millis(60_000);
/// Wrong codes after which a first link is denied.
const WRONG_CODES_MAX: u8 = 3;
/// Longest name of a controller, in characters.
const NAME_CHARS_MAX: usize = 40;
/// Prefix of what a controller signs to get a token.
const TOKEN_CONTEXT: &[u8] = b"holdfast-local-token-1\0";
/// Prefix of what the six digits are made of.
const CODE_CONTEXT: &[u8] = b"holdfast-local-code-1\0";

/// What a controller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Permission {
    /// See state and events.
    Read,
    /// Change properties and start actions.
    Control,
    /// List and remove controllers, ask for a factory reset.
    Manage,
}

impl Permission {
    /// Its letter in events.
    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Control => 'c',
            Self::Manage => 'm',
        }
    }
}

/// A controller that a person confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Controller {
    /// Thumbprint of its key.
    pub(crate) id: String,
    /// What it calls itself.
    pub(crate) name: String,
    /// Its public key, COSE, base64url.
    key: String,
    /// What it may do.
    pub(crate) permissions: Vec<Permission>,
    /// When it was confirmed, in microseconds, by the device's clock.
    paired_us: i64,
}

impl Controller {
    /// When it was confirmed, in microseconds, by the device's clock.
    pub(crate) const fn paired_us(&self) -> i64 {
        self.paired_us
    }
}

/// The record `state/controllers.*`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Controllers(pub(crate) Vec<Controller>);

/// How a first link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The controller has not opened its nonce.
    Unopened,
    /// Its nonce was not the one that it had committed to. Keeps its place: whoever could begin again at once could try ids
    /// until the digits are the wanted ones.
    Spoiled,
    /// A person has to confirm.
    Waiting,
    Confirmed,
    Denied,
}

impl Standing {
    /// Whether no other first link may begin.
    const fn takes_the_place(self) -> bool {
        matches!(self, Self::Unopened | Self::Spoiled | Self::Waiting)
    }
}

#[derive(Debug, Clone)]
struct Pending {
    id: [u8; 32],
    name: String,
    key: PublicKey,
    commitment: Sha256Digest,
    permissions: Vec<Permission>,
    code: String,
    until: Millis,
    wrong_codes: u8,
    standing: Standing,
}

/// A first link that a person has to decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) name: String,
    /// Thumbprint of its key.
    pub(crate) fingerprint: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) code: String,
    pub(crate) until: Millis,
}

#[derive(Debug)]
struct Token {
    controller: String,
    until: Millis,
}

/// What a controller asks for at its first link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstLink {
    name: String,
    /// A JSON Web Key: P-256 or Ed25519.
    key: Jwk,
    /// SHA-256 of the nonce, base64url.
    commitment: String,
    permissions: Vec<Permission>,
}

#[derive(Debug, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: Option<String>,
}

/// A sign-in of a paired controller.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    controller: String,
    nonce: String,
    signature: String,
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) name: String,
    permissions: Vec<Permission>,
}

impl Known {
    /// A browser that uses the page without script.
    pub(crate) fn visitor(id: &str, name: &str, permissions: &[Permission]) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), permissions: permissions.to_vec() }
    }

    pub(crate) fn may(&self, what: Permission) -> bool {
        self.permissions.contains(&what)
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Keeper {
    fingerprint: Sha256Digest,
    pub(crate) controllers: Controllers,
    pending: Option<Pending>,
    ran_out: Option<String>,
    nonces: Vec<([u8; 32], Millis)>,
    tokens: BTreeMap<Sha256Digest, Token>,
    token_for: Millis,
    confirm_within: Millis,
}

impl Keeper {
    pub(crate) fn new(
        fingerprint: Sha256Digest,
        controllers: Controllers,
        token_for: Millis,
        confirm_within: Millis,
    ) -> Self {
        let (nonces, tokens) = (Vec::new(), BTreeMap::new());
        Self { fingerprint, controllers, pending: None, ran_out: None, nonces, tokens, token_for, confirm_within }
    }

    /// Begins a first link; gives its id. Only one waits at a time.
    pub(crate) fn begin(&mut self, link: FirstLink, id: [u8; 32], now: Millis) -> Result<Value, &'static str> {
        self.expire(now);
        if self.pending.as_ref().is_some_and(|p| p.standing.takes_the_place()) {
            return Err("pairing-busy");
        }
        let key = link.key.read().ok_or("body-malformed")?;
        let commitment = bytes32(&link.commitment).map(Sha256Digest::from_bytes).ok_or("body-malformed")?;
        let name: String = link.name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
        let mut permissions = link.permissions;
        permissions.sort_unstable();
        permissions.dedup();
        if name.trim().is_empty() || permissions.is_empty() {
            return Err("body-malformed");
        }
        let known = key.key_id().to_string();
        if self.controllers.0.len() >= CONTROLLERS_MAX && !self.controllers.0.iter().any(|c| c.id == known) {
            return Err("too-many-controllers");
        }
        let until = Millis(now.0.saturating_add(self.confirm_within.0));
        let (code, standing) = (String::new(), Standing::Unopened);
        self.pending = Some(Pending { id, name, key, commitment, permissions, code, until, wrong_codes: 0, standing });
        Ok(json!({ "pairing": URL_SAFE_NO_PAD.encode(id), "expires_s": self.confirm_within.0 / 1_000 }))
    }

    /// The controller opens its nonce; from now on a person can confirm.
    pub(crate) fn open(&mut self, id: &str, nonce: &str, now: Millis) -> Result<Waiting, &'static str> {
        self.expire(now);
        let nonce = bytes32(nonce).ok_or("body-malformed")?;
        let fingerprint = self.fingerprint;
        let pending = self.find(id).filter(|p| p.standing == Standing::Unopened).ok_or("pairing-unknown")?;
        if Sha256Digest::of(&nonce) != pending.commitment {
            pending.standing = Standing::Spoiled;
            return Err("pairing-unknown");
        }
        pending.code = code(&fingerprint, &pending.key, &pending.id, &nonce);
        pending.standing = Standing::Waiting;
        self.waiting(now).ok_or("pairing-unknown")
    }

    /// The first link that a person has to decide about.
    pub(crate) fn waiting(&mut self, now: Millis) -> Option<Waiting> {
        self.expire(now);
        let pending = self.pending.as_ref().filter(|p| p.standing == Standing::Waiting)?;
        Some(Waiting {
            name: pending.name.clone(),
            fingerprint: pending.key.key_id().to_string(),
            permissions: pending.permissions.clone(),
            code: pending.code.clone(),
            until: pending.until,
        })
    }

    /// What its controller is told about a first link.
    pub(crate) fn standing(&mut self, id: &str, now: Millis) -> Result<Value, &'static str> {
        self.expire(now);
        let pending = self.find(id).ok_or("pairing-unknown")?;
        Ok(match pending.standing {
            Standing::Unopened | Standing::Waiting => json!({ "state": "waiting" }),
            Standing::Spoiled | Standing::Denied => json!({ "state": "denied" }),
            Standing::Confirmed => json!({
                "state": "confirmed", "controller": pending.key.key_id().to_string(),
                "permissions": pending.permissions,
            }),
        })
    }

    /// A person confirms at the device: by the code, or, with a button, what the device showed last.
    pub(crate) fn confirm(
        &mut self,
        code: Option<&str>,
        (now, at): (Millis, Timestamp),
    ) -> Result<Controller, &'static str> {
        self.expire(now);
        let pending = self.pending.as_mut().filter(|p| p.standing == Standing::Waiting).ok_or("nothing-to-confirm")?;
        if code.is_some_and(|code| code.replace([' ', '-'], "") != pending.code) {
            pending.wrong_codes += 1;
            if pending.wrong_codes >= WRONG_CODES_MAX {
                pending.standing = Standing::Denied;
            }
            return Err("wrong-code");
        }
        pending.standing = Standing::Confirmed;
        let controller = Controller {
            id: pending.key.key_id().to_string(),
            name: pending.name.clone(),
            key: URL_SAFE_NO_PAD.encode(pending.key.to_cose_key()),
            permissions: pending.permissions.clone(),
            paired_us: at.as_micros(),
        };
        self.forget(&controller.id);
        self.controllers.0.push(controller.clone());
        Ok(controller)
    }

    /// A person denies at the device. Says what was denied.
    pub(crate) fn deny(&mut self) -> Option<String> {
        let pending = self.pending.as_mut()?;
        let open = matches!(pending.standing, Standing::Unopened | Standing::Waiting);
        open.then(|| {
            pending.standing = Standing::Denied;
            pending.name.clone()
        })
    }

    /// A first link that ran out is denied; what ran out is forgotten.
    fn expire(&mut self, now: Millis) {
        self.nonces.retain(|(_, until)| *until > now);
        self.tokens.retain(|_, token| token.until > now);
        let Some(pending) = self.pending.as_mut().filter(|p| p.until <= now) else { return };
        if pending.standing.takes_the_place() {
            let was_shown = pending.standing == Standing::Waiting;
            pending.standing = Standing::Denied;
            pending.until = Millis(now.0.saturating_add(self.confirm_within.0));
            if was_shown {
                self.ran_out = Some(pending.name.clone());
            }
            return;
        }
        self.pending = None;
    }

    /// The name of a first link that ran out unconfirmed; told once, whoever noticed it first.
    pub(crate) fn take_ran_out(&mut self, now: Millis) -> Option<String> {
        self.expire(now);
        self.ran_out.take()
    }

    /// When [`Self::take_ran_out`] has something to tell.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.pending.as_ref().filter(|p| p.standing == Standing::Waiting).map(|p| p.until)
    }

    /// A nonce to be signed.
    pub(crate) fn nonce(&mut self, nonce: [u8; 32], now: Millis) -> Value {
        self.expire(now);
        if self.nonces.len() >= NONCES_MAX {
            self.nonces.remove(0);
        }
        self.nonces.push((nonce, Millis(now.0.saturating_add(NONCE_FOR.0))));
        json!({ "nonce": URL_SAFE_NO_PAD.encode(nonce), "expires_s": NONCE_FOR.0 / 1_000 })
    }

    /// Gives a token for a signed nonce. An unknown controller and a wrong signature look the same.
    pub(crate) fn sign_in(&mut self, ask: &SignIn, token: [u8; 32], now: Millis) -> Result<Value, &'static str> {
        const REFUSED: &str = "sign-in-refused";
        self.expire(now);
        let nonce = bytes32(&ask.nonce).ok_or(REFUSED)?;
        let at = self.nonces.iter().position(|(known, _)| *known == nonce).ok_or(REFUSED)?;
        self.nonces.remove(at);
        let controller = self.controllers.0.iter().find(|c| c.id == ask.controller).ok_or(REFUSED)?;
        let key = URL_SAFE_NO_PAD.decode(&controller.key).map_err(|_| REFUSED)?;
        let key = PublicKey::from_cose_key(&key).map_err(|_| REFUSED)?;
        let signature = URL_SAFE_NO_PAD.decode(&ask.signature).map_err(|_| REFUSED)?;
        key.verify(&to_sign(&self.fingerprint, &nonce), &signature).map_err(|_| REFUSED)?;
        let (id, permissions) = (controller.id.clone(), controller.permissions.clone());
        let mut own: Vec<(Millis, Sha256Digest)> =
            self.tokens.iter().filter(|(_, t)| t.controller == id).map(|(hash, t)| (t.until, *hash)).collect();
        own.sort();
        for (_, hash) in own.iter().rev().skip(TOKENS_EACH_MAX - 1) {
            self.tokens.remove(hash);
        }
        let text = URL_SAFE_NO_PAD.encode(token);
        let until = Millis(now.0.saturating_add(self.token_for.0));
        self.tokens.insert(Sha256Digest::of(text.as_bytes()), Token { controller: id, until });
        Ok(json!({ "token": text, "expires_s": self.token_for.0 / 1_000, "permissions": permissions }))
    }

    /// Who holds this token.
    pub(crate) fn who(&mut self, token: &str, now: Millis) -> Option<Known> {
        self.expire(now);
        let token = self.tokens.get(&Sha256Digest::of(token.as_bytes()))?;
        let controller = self.controllers.0.iter().find(|c| c.id == token.controller)?;
        Some(Known {
            id: controller.id.clone(),
            name: controller.name.clone(),
            permissions: controller.permissions.clone(),
        })
    }

    /// Removes a controller by its id or the start of it; its tokens end at once.
    pub(crate) fn revoke(&mut self, id: &str) -> Result<Controller, &'static str> {
        let mut fitting = self.controllers.0.iter().filter(|c| id.len() >= 8 && c.id.starts_with(id));
        let (Some(found), None) = (fitting.next(), fitting.next()) else { return Err("controller-unknown") };
        let found = found.clone();
        self.forget(&found.id);
        Ok(found)
    }

    fn forget(&mut self, id: &str) {
        self.controllers.0.retain(|c| c.id != id);
        self.tokens.retain(|_, token| token.controller != id);
    }

    /// All controllers, for a list.
    pub(crate) fn list(&self) -> Value {
        self.controllers
            .0
            .iter()
            .map(|c| {
                json!({
                    "controller": c.id, "name": c.name, "permissions": c.permissions,
                    "paired": Timestamp::from_micros(c.paired_us).to_string(),
                })
            })
            .collect()
    }

    fn find(&mut self, id: &str) -> Option<&mut Pending> {
        let id = bytes32(id)?;
        self.pending.as_mut().filter(|pending| pending.id == id)
    }
}

/// What a controller signs: bound to this device's certificate, so that nobody in between can use it elsewhere.
fn to_sign(fingerprint: &Sha256Digest, nonce: &[u8; 32]) -> Vec<u8> {
    [TOKEN_CONTEXT, fingerprint.as_bytes(), nonce].concat()
}

/// The six digits that both sides show.
fn code(fingerprint: &Sha256Digest, key: &PublicKey, id: &[u8; 32], nonce: &[u8; 32]) -> String {
    let mut hasher = Hasher::new();
    for part in [CODE_CONTEXT, fingerprint.as_bytes(), key.key_id().as_bytes(), id, nonce] {
        hasher.update(part);
    }
    let start = hasher.finish().as_bytes().first_chunk::<4>().copied().unwrap_or_default();
    format!("{:06}", u32::from_be_bytes(start) % 1_000_000)
}

fn bytes32(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

impl Jwk {
    fn read(&self) -> Option<PublicKey> {
        let x = bytes32(&self.x)?;
        match (self.kty.as_str(), self.crv.as_str(), &self.y) {
            ("EC", "P-256", Some(y)) => PublicKey::p256(x, bytes32(y)?).ok(),
            ("OKP", "Ed25519", None) => PublicKey::ed25519(x).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;

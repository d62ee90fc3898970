//! Passkeys: what the browser is asked for, and what its authenticator's answer proves.
//!
//! Source: W3C `WebAuthn` Level 3 §7 (registration and assertion), as webauthn-rs checks it.

use std::net::IpAddr;

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::account::Passkey as Row;
use holdfast_domain::people::credential::{self, CredentialRefusal, PASSKEYS_MAX, Shown};
use holdfast_domain::people::recovery::{self, RecoveryCode};
use holdfast_domain::people::session::SessionKind;
use holdfast_domain::people::standing::{self, Door};
use holdfast_domain::people::throttle::Key;
use holdfast_domain::people::{Person, Role};
use holdfast_web::backend::credentials::{Arrival, Ceremony, Finish, PasskeyView, SignedIn, Ticket, Tickets as _};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind, Stop};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    CreationChallengeResponse, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse, Uuid, Webauthn, WebauthnError,
};

use super::entry::{Begun, Whose, digest_of, place};
use super::{House, not_allowed, only_sessions, refuse, refused, session_of, stored, too_early};
use crate::app::fault;
use crate::clock;

/// Most bytes of what a browser sends to finish a ceremony.
pub(super) const CREDENTIAL_JSON_MAX: usize = 64 * 1_024;
/// How many of a person's newest notices are looked at before a copied passkey is told again.
const TOLD_LOOKED_AT: u32 = 50;
/// Tries at recovery codes from one address go under this word.
const RECOVERY: &str = "recovery-code";
/// Sign-ups from one address go under this word.
const SIGN_UP: &str = "sign-up";
/// Accounts that were made with one code or invitation go under this word.
const ACCOUNTS: &str = "accounts";

impl House {
    pub(super) fn start_sign_in(&self, from: IpAddr) -> Answer<Ceremony> {
        let (options, state) = self.passkeys()?.start_discoverable_authentication().map_err(|why| impossible(&why))?;
        self.begun(Begun::SignIn(state), Whose::Place(place(from)), request_options(&options)?)
    }

    pub(super) fn sign_in_by_passkey(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn> {
        let now = clock::now();
        let Some(Begun::SignIn(state)) = self.entry.finish(&finish.ceremony, now) else { return Err(over()) };
        let webauthn = self.passkeys()?;
        let said: PublicKeyCredential = read(&finish.credential)?;
        let (user, id) = webauthn.identify_discoverable_authentication(&said).map_err(|why| disproved(&why))?;
        let row = self.store.passkey_by_credential(id).map_err(stored)?;
        let row = row.filter(|row| uuid(row.person) == Some(user));
        let row = row.ok_or_else(|| refused(CredentialRefusal::PasskeyUnknown))?;
        let mut passkey = kept(&row)?;
        let proof = match webauthn.finish_discoverable_authentication_v2(&said, state, &passkey) {
            Ok(proof) => proof,
            Err(why) => return Err(self.not_proven(&row, &why, now)),
        };
        let changed = passkey.update_credential(&proof) == Some(true);
        let shown = Shown { passkey: &row, document: changed.then(|| document(&passkey)).transpose()? };
        let _turn = self.turns.people.take();
        let person = self.somebody(row.person)?;
        let standing = self.store.standing(person.id).map_err(stored)?;
        let recovery = self.store.recovery(person.id).map_err(stored)?;
        let kind = if recovery.is_some() { SessionKind::Recovery } else { SessionKind::Passkey };
        let opening = Self::opening(kind, arrival, now);
        let decision = credential::sign_in_by_passkey(&person, &standing, recovery.as_ref(), &shown, &opening, now);
        self.let_in(person, decision.map_err(refused)?, arrival, now)
    }

    /// What follows from an answer that proves nothing; a counter that went back is told and kept.
    fn not_proven(&self, row: &Row, why: &WebauthnError, now: Timestamp) -> Stop {
        if !matches!(why, WebauthnError::CredentialPossibleCompromise) {
            return disproved(why);
        }
        let told = match self.store.notices(row.person, None, TOLD_LOOKED_AT) {
            Ok(told) => told,
            Err(why) => return stored(why),
        };
        match self.decide(credential::copied(row, &told, now)) {
            Ok(_) => refused(CredentialRefusal::PasskeyCopied),
            Err(stop) => stop,
        }
    }

    pub(super) fn start_confirm(&self, by: &Caller) -> Answer<Ceremony> {
        session_of(by).ok_or_else(only_sessions)?;
        let now = clock::now();
        let rows = self.store.passkeys_of(by.person.id).map_err(stored)?;
        let counting = rows.iter().filter(|row| row.counts_from <= now).map(kept);
        let passkeys = counting.collect::<Result<Vec<_>, _>>()?;
        if passkeys.is_empty() {
            return Err(refused(CredentialRefusal::PasskeyUnknown));
        }
        let begun = self.passkeys()?.start_passkey_authentication(&passkeys);
        let (options, state) = begun.map_err(|why| impossible(&why))?;
        self.begun(Begun::Confirm(by.person.id, state), Whose::Person(by.person.id), request_options(&options)?)
    }

    pub(super) fn confirm_by_passkey(&self, by: &Caller, finish: &Finish) -> Answer<()> {
        let now = clock::now();
        let begun = self.entry.finish(&finish.ceremony, now);
        let Some(Begun::Confirm(person, state)) = begun.filter(|_| session_of(by).is_some()) else {
            return Err(over());
        };
        if person != by.person.id {
            return Err(over());
        }
        let said: PublicKeyCredential = read(&finish.credential)?;
        let row = self.store.passkey_by_credential(said.get_credential_id()).map_err(stored)?;
        let row = row.filter(|row| row.person == person).ok_or_else(|| refused(CredentialRefusal::PasskeyUnknown))?;
        let proof = match self.passkeys()?.finish_passkey_authentication(&said, &state) {
            Ok(proof) => proof,
            Err(why) => return Err(self.not_proven(&row, &why, now)),
        };
        let mut passkey = kept(&row)?;
        let changed = passkey.update_credential(&proof) == Some(true);
        let document = changed.then(|| document(&passkey)).transpose()?;
        self.decide(credential::used(row.id, document, now)).map(drop)
    }

    pub(super) fn start_adding(&self, by: &Caller) -> Answer<Ceremony> {
        session_of(by).ok_or_else(only_sessions)?;
        let (options, state) = self.registration(&by.person)?;
        self.begun(Begun::Add(by.person.id, state), Whose::Person(by.person.id), options)
    }

    pub(super) fn add_passkey(&self, by: &Caller, finish: &Finish, label: &str) -> Answer<PasskeyView> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let Some(Begun::Add(person, state)) = self.entry.finish(&finish.ceremony, now) else { return Err(over()) };
        if person != by.person.id {
            return Err(over());
        }
        let row = self.registered(person, finish, &state, label, now)?;
        let held = self.store.passkeys_of(person).map_err(stored)?.len();
        self.decide(credential::add_passkey(held, row.clone(), now).map_err(refused)?)?;
        Ok(view(&row))
    }

    pub(super) fn start_sign_up(&self, ticket: &Ticket, name: &str, from: IpAddr) -> Answer<Ceremony> {
        let now = clock::now();
        self.entry.knock(SIGN_UP, from, now).map_err(too_early)?;
        self.admit_ticket(ticket, from)?;
        let person = PersonId::new(now, clock::random());
        let person =
            Person { id: person, name: credential::named(name).map_err(refused)?, role: Role::Owner, created: now };
        let (options, state) = self.registration(&person)?;
        let begun = Begun::SignUp { person: person.id, name: person.name, ticket: ticket.clone(), state };
        self.begun(begun, Whose::Place(place(from)), options)
    }

    pub(super) fn sign_up(&self, finish: &Finish, arrival: &Arrival) -> Answer<SignedIn> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let begun = self.entry.finish(&finish.ceremony, now);
        let Some(Begun::SignUp { person, name, ticket, state }) = begun else { return Err(over()) };
        self.admit_ticket(&ticket, arrival.address)?;
        // A label makes a few accounts a day for nothing, and then ever more seldom.
        let key = Key::Other(ACCOUNTS, digest_of(&ticket.text));
        self.entry.throttle().knock(&key, now).map_err(too_early)?;
        let row = self.registered(person, finish, &state, "Passkey", now)?;
        let person = Person { id: person, name, role: Role::Owner, created: now };
        let opening = Self::opening(SessionKind::Passkey, arrival, now);
        let decision = credential::sign_up(&person, row, &opening, now).map_err(refused)?;
        let signed_in = self.let_in(person, decision, arrival, now)?;
        self.entry.throttle().forgive(&Key::Other(SIGN_UP, place(arrival.address)));
        Ok(signed_in)
    }

    pub(super) fn start_recovery(&self, typed: &str, from: IpAddr) -> Answer<Ceremony> {
        let now = clock::now();
        self.entry.knock(RECOVERY, from, now).map_err(too_early)?;
        let code = RecoveryCode::parse(typed).ok_or_else(|| refused(CredentialRefusal::RecoveryCode))?.hash();
        let person = self.store.recovery_code(&code).map_err(stored)?;
        let person = self.somebody(person.ok_or_else(|| refused(CredentialRefusal::RecoveryCode))?)?;
        let standing = self.store.standing(person.id).map_err(stored)?;
        standing::admits(&standing, person.role, Door::Passkey).map_err(refused)?;
        // A right code is no guess.
        self.entry.throttle().forgive(&Key::Other(RECOVERY, place(from)));
        let (options, state) = self.registration(&person)?;
        self.begun(Begun::Recover { person: person.id, code, state }, Whose::Place(place(from)), options)
    }

    pub(super) fn recover(&self, finish: &Finish) -> Answer<Timestamp> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let begun = self.entry.finish(&finish.ceremony, now);
        let Some(Begun::Recover { person, code, state }) = begun else { return Err(over()) };
        let row = self.registered(person, finish, &state, "Passkey", now)?;
        let (person, standing) = (self.somebody(person)?, self.store.standing(person).map_err(stored)?);
        self.decide(recovery::begin(&person, &standing, code, row, now).map_err(refused)?)?;
        Ok(now.plus(recovery::DELAY))
    }

    fn passkeys(&self) -> Answer<&Webauthn> {
        self.entry.webauthn().ok_or_else(|| {
            let detail = "passkeys need a host name in this server's address; a network address has none";
            refuse(RefusalKind::Unacceptable, "passkeys-need-a-name", detail)
        })
    }

    fn begun(&self, begun: Begun, whose: Whose, options: Value) -> Answer<Ceremony> {
        let id = self.entry.begin(begun, whose, clock::now());
        let id =
            id.ok_or_else(|| refuse(RefusalKind::TooMany, "too-many-tries", "too many are signing in from there"))?;
        Ok(Ceremony { id, options })
    }

    /// Begins a registration: discoverable, so that nobody types a name to sign in, and none that is there already.
    fn registration(&self, person: &Person) -> Answer<(Value, PasskeyRegistration)> {
        let rows = self.store.passkeys_of(person.id).map_err(stored)?;
        if rows.len() >= PASSKEYS_MAX {
            return Err(refused(CredentialRefusal::TooMany));
        }
        let known = rows.iter().map(|row| row.credential.clone()).collect();
        let user = uuid(person.id).ok_or_else(not_allowed_at_all)?;
        let begun = self.passkeys()?.start_passkey_registration(user, &person.name, &person.name, Some(known));
        let (options, state) = begun.map_err(|why| impossible(&why))?;
        Ok((creation_options(&options)?, state))
    }

    fn registered(
        &self,
        person: PersonId,
        finish: &Finish,
        state: &PasskeyRegistration,
        label: &str,
        now: Timestamp,
    ) -> Answer<Row> {
        let said: RegisterPublicKeyCredential = read(&finish.credential)?;
        let passkey = self.passkeys()?.finish_passkey_registration(&said, state).map_err(|why| disproved(&why))?;
        Ok(Row {
            id: credential::passkey_id(now, clock::random()),
            person,
            credential: passkey.cred_id().clone(),
            label: label.to_owned(),
            document: document(&passkey)?,
            created: now,
            used: None,
            counts_from: now,
        })
    }
}

pub(super) fn view(row: &Row) -> PasskeyView {
    let Row { id, label, created, used, counts_from, .. } = row;
    PasskeyView { id: *id, label: label.clone(), created: *created, used: *used, counts_from: *counts_from }
}

fn uuid(person: PersonId) -> Option<Uuid> {
    Uuid::parse_str(&person.to_string()).ok()
}

fn kept(row: &Row) -> Answer<Passkey> {
    serde_json::from_str(&row.document).map_err(|why| fault(&why))
}

fn document(passkey: &Passkey) -> Answer<String> {
    serde_json::to_string(passkey).map_err(|why| fault(&why))
}

/// Options of a registration: a passkey that the browser finds by itself.
fn creation_options(options: &CreationChallengeResponse) -> Answer<Value> {
    let mut options = serde_json::to_value(options).map_err(|why| fault(&why))?;
    if let Some(choice) = options.pointer_mut("/publicKey/authenticatorSelection").and_then(Value::as_object_mut) {
        choice.insert("residentKey".to_owned(), json!("required"));
        choice.insert("requireResidentKey".to_owned(), json!(true));
    }
    Ok(options)
}

fn request_options(options: &RequestChallengeResponse) -> Answer<Value> {
    serde_json::to_value(options).map_err(|why| fault(&why))
}

fn read<T: serde::de::DeserializeOwned>(credential: &Value) -> Answer<T> {
    parse(&credential.to_string()).ok_or_else(|| {
        refuse(RefusalKind::Malformed, "passkey-malformed", "this is not what navigator.credentials gives")
    })
}

/// Reads what a browser sent to finish a ceremony, within the limit.
pub(super) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    (text.len() <= CREDENTIAL_JSON_MAX).then(|| serde_json::from_str(text).ok()).flatten()
}

fn over() -> Stop {
    refuse(RefusalKind::Unacceptable, "ceremony-over", "this took too long, or was finished before; begin again")
}

fn not_allowed_at_all() -> Stop {
    not_allowed(holdfast_domain::people::sign_in::AccessRefusal::NotAllowed)
}

/// The authenticator's answer does not hold.
fn disproved(why: &WebauthnError) -> Stop {
    tracing::debug!(error = %why, "a passkey's answer does not hold");
    refuse(RefusalKind::Unauthenticated, "passkey-refused", format!("this passkey's answer does not hold: {why}"))
}

/// The library cannot begin.
fn impossible(why: &WebauthnError) -> Stop {
    fault(why)
}

/// Reads any text as both answers of a browser; for the fuzzers.
pub(crate) fn read_answers(text: &str) {
    drop(parse::<PublicKeyCredential>(text));
    drop(parse::<RegisterPublicKeyCredential>(text));
}

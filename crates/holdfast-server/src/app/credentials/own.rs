//! What people change about their own accounts: passkeys, password, second factor, recovery codes, sessions.

use holdfast_core::id::{PasskeyId, SessionId};
use holdfast_domain::decision::Change;
use holdfast_domain::people::account::AccountChange;
use holdfast_domain::people::credential;
use holdfast_domain::people::password::{self, Login, PasswordRefusal};
use holdfast_domain::people::recovery::{self, CODES, RecoveryCode};
use holdfast_domain::people::session;
use holdfast_domain::people::sign_in;
use holdfast_web::backend::credentials::{Account, SecondFactorSetup};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind, Stop};
use zeroize::Zeroizing;

use super::ceremony::view;
use super::{House, absent, factor, hashing, not_allowed, refuse, refused, session_of, stored};
use crate::app::fault;
use crate::clock;

impl House {
    pub(super) fn account_of(&self, by: &Caller) -> Answer<Account> {
        let (now, person) = (clock::now(), by.person.id);
        let sessions = self.store.sessions_of(person, now).map_err(stored)?;
        let open = sessions.into_iter().map(|open| (session::ends(&open, by.person.role), open));
        let recovery = self.store.recovery(person).map_err(stored)?;
        Ok(Account {
            ways: self.store.ways(person, now).map_err(stored)?,
            passkeys: self.store.passkeys_of(person).map_err(stored)?.iter().map(view).collect(),
            login: self.store.password_of(person).map_err(stored)?.map(|password| password.login.to_string()),
            sessions: open.filter(|(ends, _)| *ends > now).map(|(ends, open)| (open, ends)).collect(),
            recovery: recovery.filter(|recovery| recovery.until > now),
        })
    }

    pub(super) fn name_passkey(&self, by: &Caller, id: PasskeyId, label: &str) -> Answer<()> {
        let row = self.store.passkey(id).map_err(stored)?;
        self.decide(credential::rename_passkey(&by.person, row.as_ref(), label).map_err(refused)?).map(drop)
    }

    pub(super) fn drop_passkey(&self, by: &Caller, id: PasskeyId) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let row = self.store.passkey(id).map_err(stored)?;
        let ways = self.store.ways(by.person.id, now).map_err(stored)?;
        self.decide(credential::remove_passkey(&by.person, &ways, row.as_ref(), now).map_err(refused)?).map(drop)
    }

    pub(super) fn put_password(&self, by: &Caller, login: &str, text: &str) -> Answer<()> {
        let login: Login = login.parse().map_err(|why: password::LoginMalformed| {
            refuse(RefusalKind::Unacceptable, "sign-in-name-malformed", why.to_string())
        })?;
        let person = by.person.id;
        let holder = self.store.password_by_login(&login).map_err(stored)?;
        if holder.is_some_and(|holder| holder.person != person) {
            return Err(bad(PasswordRefusal::LoginTaken));
        }
        let words = self.words_of(by, &login)?;
        let ways = self.store.ways(person, clock::now()).map_err(stored)?;
        password::may_have(by.person.role, ways.second_factor).map_err(bad)?;
        // zxcvbn looks at no more than it needs to: a longer text is refused by its length.
        let score = if text.len() <= password::BYTES_MAX { hashing::score(text, &words) } else { 0 };
        let good = password::weigh(text, score, &words, ways.second_factor).map_err(bad)?;
        let hash = self.hash_password(text)?;
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let mut decision = password::set(&by.person, login, hash, good, now);
        let ended = AccountChange::EndSessions { person, except: session_of(by), at: now };
        decision.changes.push(Change::Account(ended));
        self.decide(decision).map(drop)
    }

    /// Words that a password must not consist of: the person's, the products', the makers'.
    fn words_of(&self, by: &Caller, login: &Login) -> Answer<Vec<String>> {
        let mut words = vec![by.person.name.clone(), login.to_string()];
        for product in self.store.products().map_err(stored)? {
            words.extend([product.id.to_string(), product.title, product.vendor_domain]);
        }
        words.extend(self.address.strip_prefix("https://").map(str::to_owned));
        Ok(words)
    }

    pub(super) fn drop_password(&self, by: &Caller) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let ways = self.store.ways(by.person.id, now).map_err(stored)?;
        self.decide(password::remove(&by.person, &ways, now).map_err(bad)?).map(drop)
    }

    pub(super) fn start_factor(&self, by: &Caller) -> Answer<SecondFactorSetup> {
        let (person, _turn) = (by.person.id.to_string(), self.turns.people.take());
        if self.store.second_factor(by.person.id).map_err(stored)?.is_some_and(|held| held.confirmed.is_some()) {
            let detail = "there is a second factor already; remove it first";
            return Err(refuse(RefusalKind::Conflict, "second-factor-there", detail));
        }
        let secret = Zeroizing::new(clock::random::<{ factor::SECRET_BYTES }>());
        let shown = factor::shown(secret.as_slice(), &by.person.name);
        let sealed = self.authority.people_key().seal(&person, secret.as_slice());
        let (Some((text, address, picture)), Some(sealed)) = (shown, sealed) else {
            return Err(fault(&std::fmt::Error));
        };
        self.decide(credential::begin_second_factor(&by.person, sealed))?;
        Ok(SecondFactorSetup { secret: text, address, picture })
    }

    pub(super) fn prove_factor(&self, by: &Caller, code: &str) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let held = self.store.second_factor(by.person.id).map_err(stored)?;
        let step = held.as_ref().and_then(|held| self.step(held, code, now));
        let decision = credential::confirm_second_factor(&by.person, held.as_ref(), step, now);
        self.decide(decision.map_err(refused)?).map(drop)
    }

    pub(super) fn drop_factor(&self, by: &Caller) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let ways = self.store.ways(by.person.id, now).map_err(stored)?;
        self.decide(credential::remove_second_factor(&by.person, &ways, now).map_err(refused)?).map(drop)
    }

    pub(super) fn new_codes(&self, by: &Caller) -> Answer<Vec<String>> {
        let codes: Vec<RecoveryCode> = (0..CODES).map(|_| RecoveryCode::from_random(clock::random())).collect();
        self.decide(recovery::make_codes(&by.person, &codes, clock::now()))?;
        Ok(codes.iter().map(RecoveryCode::text).collect())
    }

    pub(super) fn stop_recovery(&self, by: &Caller) -> Answer<()> {
        let (now, _turn) = (clock::now(), self.turns.people.take());
        let waiting = self.store.recovery(by.person.id).map_err(stored)?;
        self.decide(recovery::cancel(by.person.id, waiting.as_ref(), now).map_err(refused)?).map(drop)
    }

    pub(super) fn end_one(&self, by: &Caller, id: SessionId) -> Answer<()> {
        let found = self.store.session(id).map_err(stored)?;
        // Somebody else's session reads like one that is not there.
        let found = found.filter(|session| session.person == by.person.id);
        let session = found.ok_or_else(|| absent("session-unknown", format_args!("session {id}")))?;
        self.decide(sign_in::end_session(&by.person, &session, clock::now()).map_err(not_allowed)?).map(drop)
    }
}

fn bad(why: PasswordRefusal) -> Stop {
    let kind =
        if matches!(why, PasswordRefusal::LoginTaken) { RefusalKind::Conflict } else { RefusalKind::Unacceptable };
    refuse(kind, why.name(), why.to_string())
}

//! What the server holds in memory while people come in: ceremonies that have begun, throttles, and room for hashing.
//!
//! Everything here is bounded. A restart forgets ceremonies and throttles; locks of the staff are in the store.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::PersonId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::people::spray::{Seen, Spray};
use holdfast_domain::people::throttle::{Key, RetryAfter, Throttle};
use holdfast_web::backend::credentials::Ticket;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration, Url, Webauthn, WebauthnBuilder,
};

use crate::authority::secret_file::hex;
use crate::clock;

/// How long a ceremony may take: 5 minutes.
const CEREMONY_LIFE: Millis = Millis::from_secs(5 * 60);
/// Most ceremonies at once; the one that would end first makes room.
const CEREMONIES_MAX: usize = 4_096;
/// Most ceremonies of one network at once.
const CEREMONIES_PER_PLACE: usize = 64;
/// Most ceremonies of one signed-in person at once.
const CEREMONIES_PER_PERSON: usize = 16;
/// Passwords that are hashed at once: each takes 19 MiB and a processor.
const HASHES_MAX: usize = 2;
/// Passwords that wait to be hashed; more are turned away.
const HASHES_WAITING_MAX: usize = 32;

/// What a ceremony is for, with what is needed to finish it.
pub(super) enum Begun {
    /// Signing in.
    SignIn(DiscoverableAuthentication),
    /// Proving again who one is.
    Confirm(PersonId, PasskeyAuthentication),
    /// Adding a passkey.
    Add(PersonId, PasskeyRegistration),
    /// Making an owner's account.
    SignUp {
        /// The new person.
        person: PersonId,
        /// What to call them.
        name: String,
        /// What allows it.
        ticket: Ticket,
        /// The ceremony.
        state: PasskeyRegistration,
    },
    /// Getting in again.
    Recover {
        /// Who.
        person: PersonId,
        /// By which code.
        code: [u8; 32],
        /// The ceremony.
        state: PasskeyRegistration,
    },
}

/// Whose ceremonies are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of one network.
    Place([u8; 8]),
    /// Of somebody who is signed in.
    Person(PersonId),
}

struct Waiting {
    until: Timestamp,
    whose: Whose,
    begun: Begun,
}

/// The hall behind the people's door.
pub(crate) struct Entry {
    webauthn: Option<Webauthn>,
    ceremonies: Mutex<BTreeMap<String, Waiting>>,
    throttle: Mutex<Throttle>,
    spray: Mutex<Spray>,
    /// Makes digests of what is typed; another one at each start, and nowhere else.
    spray_key: hmac::Key,
    hashing: Mutex<(usize, usize)>,
    hashed: Condvar,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("passkeys", &self.webauthn.is_some()).finish_non_exhaustive()
    }
}

/// A seat for hashing a password.
#[derive(Debug)]
pub(super) struct Seat<'a>(&'a Entry);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut held = self.0.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        held.0 = held.0.saturating_sub(1);
        self.0.hashed.notify_one();
    }
}

impl Entry {
    /// The hall of a server that people reach at `address`, such as `https://fleet.example`. Passkeys need a name there,
    /// not a network address (W3C `WebAuthn` Level 3 §5.1.2, RP ID).
    pub(crate) fn new(address: &str) -> Self {
        Self {
            webauthn: relying_party(address),
            ceremonies: Mutex::default(),
            throttle: Mutex::default(),
            spray: Mutex::default(),
            spray_key: hmac::Key::new(hmac::HMAC_SHA256, &clock::random::<32>()),
            hashing: Mutex::default(),
            hashed: Condvar::new(),
        }
    }

    /// The library that checks passkeys, if the server's address allows any.
    pub(super) const fn webauthn(&self) -> Option<&Webauthn> {
        self.webauthn.as_ref()
    }

    /// Keeps a ceremony until it is finished; the value names it. `None` if this network or person has too many.
    pub(super) fn begin(&self, begun: Begun, whose: Whose, now: Timestamp) -> Option<String> {
        let mut all = self.ceremonies.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, waiting| waiting.until > now);
        let most = match whose {
            Whose::Place(_) => CEREMONIES_PER_PLACE,
            Whose::Person(_) => CEREMONIES_PER_PERSON,
        };
        if all.values().filter(|waiting| waiting.whose == whose).count() >= most {
            return None;
        }
        if all.len() >= CEREMONIES_MAX {
            let first = all.iter().min_by_key(|(_, waiting)| waiting.until).map(|(id, _)| id.clone());
            first.and_then(|id| all.remove(&id));
        }
        let id = hex(&clock::random::<16>());
        all.insert(id.clone(), Waiting { until: now.plus(CEREMONY_LIFE), whose, begun });
        Some(id)
    }

    /// Takes a ceremony out: each is finished once, rightly or not.
    pub(super) fn finish(&self, id: &str, now: Timestamp) -> Option<Begun> {
        let mut all = self.ceremonies.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(id).filter(|waiting| waiting.until > now).map(|waiting| waiting.begun)
    }

    /// The throttles, for a look or a knock.
    pub(crate) fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a browser nobody knows tried this password at this account; neither is kept as it was typed.
    pub(super) fn tried(&self, password: &str, login: &str, now: Timestamp) -> Seen {
        let digest = |text: &str| {
            let mut digest = [0; 32];
            let tag = hmac::sign(&self.spray_key, text.as_bytes());
            digest.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
            digest
        };
        let account = digest(&login.trim().to_ascii_lowercase());
        self.spray.lock().unwrap_or_else(PoisonError::into_inner).tried(digest(password), account, now)
    }

    /// Waits for a seat for hashing; `None` if too many wait already.
    pub(super) fn seat(&self) -> Option<Seat<'_>> {
        let mut held = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        if held.1 >= HASHES_WAITING_MAX {
            return None;
        }
        held.1 += 1;
        while held.0 >= HASHES_MAX {
            held = self.hashed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        held.0 += 1;
        held.1 -= 1;
        Some(Seat(self))
    }

    /// Knocks for something that can be guessed, from an address: every try counts there.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`].
    pub(crate) fn knock(&self, what: &'static str, from: IpAddr, now: Timestamp) -> Result<(), RetryAfter> {
        self.throttle().knock(&Key::Other(what, place(from)), now)
    }
}

/// A text as throttles count it.
pub(crate) fn digest_of(text: &str) -> [u8; 8] {
    let mut short = [0; 8];
    let digest = Sha256Digest::of(text.as_bytes());
    short.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    short
}

/// A network address as throttles count it: an IPv6 network of 64 bits is one place.
pub(crate) fn place(address: IpAddr) -> [u8; 8] {
    let mut place = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(four) => place.iter_mut().skip(4).zip(four.octets()).for_each(|(to, from)| *to = from),
        IpAddr::V6(six) => place.iter_mut().zip(six.octets()).for_each(|(to, from)| *to = from),
    }
    place
}

/// The key of an account for throttles: by what was typed, whether it is anybody's or not.
pub(super) fn account_key(login: &str) -> Key {
    Key::Account(*Sha256Digest::of(login.trim().to_ascii_lowercase().as_bytes()).as_bytes())
}

fn relying_party(address: &str) -> Option<Webauthn> {
    let origin = Url::parse(address).ok()?;
    let host = origin.domain()?.to_owned();
    let built = WebauthnBuilder::new(&host, &origin).and_then(|builder| builder.rp_name("Holdfast").build());
    built.inspect_err(|why| tracing::warn!(error = %why, "passkeys cannot be used at this address")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_and_not_a_number() {
        assert!(Entry::new("https://localhost:8443").webauthn().is_some());
        assert!(Entry::new("https://fleet.hearth.example").webauthn().is_some());
        for bad in ["https://192.0.2.7:8443", "https://[2001:db8::1]", "nonsense"] {
            assert!(Entry::new(bad).webauthn().is_none(), "{bad}");
        }
    }

    #[test]
    fn a_ceremony_is_finished_once_and_in_time() {
        let entry = Entry::new("https://localhost:8443");
        let (now, from) = (Timestamp::from_micros(0), IpAddr::from([192, 0, 2, 7]));
        let state = || entry.webauthn().unwrap().start_discoverable_authentication().unwrap().1;
        let id = entry.begin(Begun::SignIn(state()), Whose::Place(place(from)), now).unwrap();
        assert!(entry.finish(&id, now).is_some());
        assert!(entry.finish(&id, now).is_none(), "once");
        let late = entry.begin(Begun::SignIn(state()), Whose::Place(place(from)), now).unwrap();
        assert!(entry.finish(&late, now.plus(CEREMONY_LIFE)).is_none(), "in time");
        for _ in 0..CEREMONIES_PER_PLACE {
            assert!(entry.begin(Begun::SignIn(state()), Whose::Place(place(from)), now).is_some());
        }
        assert!(
            entry.begin(Begun::SignIn(state()), Whose::Place(place(from)), now).is_none(),
            "one address has its share"
        );
        assert!(entry.begin(Begun::SignIn(state()), Whose::Place(place(IpAddr::from([192, 0, 2, 8]))), now).is_some());
    }

    #[test]
    fn one_home_network_is_one_place() {
        let place = |text: &str| place(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:192.0.2.7"), place("192.0.2.7"));
        assert_ne!(place("192.0.2.7"), place("192.0.2.8"));
    }
}

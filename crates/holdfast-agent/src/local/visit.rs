//! Browsers that use the device's page without script. A person at the device lets each in; it is forgotten at the latest
//! when its time is over, or with a restart. Pure: time and random bytes are parameters.
//!
//! The digits show which browser asks. They do not prove that nobody is between it and the device: only a controller with
//! a key of its own (`keeper`) can. Therefore a visit is short, and what cannot be taken back is asked at the device again.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Millis;

/// Most browsers at a time.
const VISITS_MAX: usize = 8;
/// Wrong digits after which a browser is denied.
const WRONG_MAX: u8 = 3;
/// Longest name of a browser, in characters.
const NAME_CHARS_MAX: usize = 40;
/// Prefix of what a form's token is made of.
const FORM_CONTEXT: &str = "holdfast-page-form-1\0";

/// A browser that a person at the device has to decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) until: Millis,
    secret: Sha256Digest,
    wrong: u8,
}

/// A browser that somebody let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// Start of the digest of its secret.
    pub(crate) id: String,
    pub(crate) name: String,
    secret: Sha256Digest,
    until: Millis,
}

/// How a browser stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is not known.
    Stranger,
    /// It waits: these digits stand on the device too, if it has a display, for so many seconds.
    Waits(String, u64),
    /// It is in.
    In(Visit),
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Visits {
    waiting: Option<Waiting>,
    inside: Vec<Visit>,
    ran_out: Option<String>,
    stay: Millis,
    confirm_within: Millis,
}

impl Visits {
    pub(crate) const fn new(stay: Millis, confirm_within: Millis) -> Self {
        Self { waiting: None, inside: Vec::new(), ran_out: None, stay, confirm_within }
    }

    /// A browser knocks. `secret` is what it will show from now on, `digits` is random.
    pub(crate) fn knock(&mut self, name: &str, secret: &str, digits: u32, now: Millis) -> Result<(), &'static str> {
        self.expire(now);
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
        if name.is_empty() {
            return Err("body-malformed");
        }
        if self.waiting.is_some() {
            return Err("pairing-busy");
        }
        if self.inside.len() >= VISITS_MAX {
            return Err("too-many-controllers");
        }
        let until = Millis(now.0.saturating_add(self.confirm_within.0));
        let (code, secret) = (format!("{:06}", digits % 1_000_000), Sha256Digest::of(secret.as_bytes()));
        self.waiting = Some(Waiting { name, code, until, secret, wrong: 0 });
        Ok(())
    }

    /// How the browser that shows this secret stands.
    pub(crate) fn standing(&mut self, secret: &str, now: Millis) -> Standing {
        self.expire(now);
        let secret = Sha256Digest::of(secret.as_bytes());
        if let Some(visit) = self.inside.iter().find(|visit| visit.secret == secret) {
            return Standing::In(visit.clone());
        }
        match &self.waiting {
            Some(one) if one.secret == secret => {
                Standing::Waits(one.code.clone(), one.until.0.saturating_sub(now.0) / 1_000)
            }
            Some(_) | None => Standing::Stranger,
        }
    }

    /// Who waits.
    pub(crate) fn waiting(&mut self, now: Millis) -> Option<&Waiting> {
        self.expire(now);
        self.waiting.as_ref()
    }

    /// A person at the device lets in who waits: by the digits, or, with a button, whoever was shown. `None` if nobody waits.
    pub(crate) fn confirm(&mut self, code: Option<&str>, now: Millis) -> Option<Result<Visit, &'static str>> {
        self.expire(now);
        let one = self.waiting.as_mut()?;
        if code.is_some_and(|code| code.replace([' ', '-'], "") != one.code) {
            one.wrong += 1;
            if one.wrong >= WRONG_MAX {
                self.waiting = None;
            }
            return Some(Err("wrong-code"));
        }
        let Waiting { name, secret, .. } = self.waiting.take()?;
        let id = secret.to_string().chars().take(12).collect();
        let visit = Visit { id, name, secret, until: Millis(now.0.saturating_add(self.stay.0)) };
        self.inside.push(visit.clone());
        Some(Ok(visit))
    }

    /// A person at the device denies who waits; says who that was.
    pub(crate) fn deny(&mut self) -> Option<String> {
        self.waiting.take().map(|one| one.name)
    }

    /// Puts a browser out; says who that was.
    pub(crate) fn end(&mut self, id: &str) -> Option<String> {
        let at = self.inside.iter().position(|visit| visit.id == id)?;
        Some(self.inside.remove(at).name)
    }

    /// Who is in.
    pub(crate) fn inside(&self) -> &[Visit] {
        &self.inside
    }

    /// The name of a browser that nobody let in; told once.
    pub(crate) fn take_ran_out(&mut self, now: Millis) -> Option<String> {
        self.expire(now);
        self.ran_out.take()
    }

    /// When [`Self::take_ran_out`] has something to tell.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.waiting.as_ref().map(|one| one.until)
    }

    fn expire(&mut self, now: Millis) {
        self.inside.retain(|visit| visit.until > now);
        if let Some(late) = self.waiting.take_if(|one| one.until <= now) {
            self.ran_out = Some(late.name);
        }
    }
}

/// What a form has to hold beside the cookie: another page can bring about that the cookie is sent, and cannot read this.
pub(crate) fn form_token(secret: &str) -> String {
    Sha256Digest::of(format!("{FORM_CONTEXT}{secret}").as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visits() -> Visits {
        Visits::new(Millis(3_600_000), Millis(120_000))
    }

    #[test]
    fn somebody_at_the_device_lets_a_browser_in_and_its_time_ends() {
        let mut visits = visits();
        visits.knock("Kitchen tablet", "secret", 42, Millis(0)).unwrap();
        assert_eq!(visits.standing("secret", Millis(20_000)), Standing::Waits("000042".to_owned(), 100));
        assert_eq!(visits.standing("other", Millis(0)), Standing::Stranger);
        assert_eq!(visits.knock("Another", "other", 1, Millis(0)), Err("pairing-busy"));
        let visit = visits.confirm(Some("000 042"), Millis(30_000)).unwrap().unwrap();
        assert_eq!(visits.standing("secret", Millis(30_001)), Standing::In(visit.clone()));
        assert!(visits.confirm(None, Millis(30_002)).is_none(), "one answer lets one in");
        assert_eq!(visits.standing("secret", Millis(3_630_000)), Standing::Stranger);
    }

    #[test]
    fn wrong_digits_a_no_and_silence_let_nobody_in() {
        let mut visits = visits();
        visits.knock("A", "secret", 42, Millis(0)).unwrap();
        assert!((0..3).all(|_| visits.confirm(Some("000043"), Millis(1)) == Some(Err("wrong-code"))));
        assert_eq!(visits.standing("secret", Millis(2)), Standing::Stranger);
        visits.knock("B", "secret", 42, Millis(3)).unwrap();
        assert_eq!(visits.deny(), Some("B".to_owned()));
        visits.knock("C", "secret", 42, Millis(4)).unwrap();
        assert_eq!(visits.take_ran_out(Millis(120_004)), Some("C".to_owned()));
        assert_eq!(visits.take_ran_out(Millis(120_005)), None);
        assert_eq!(visits.standing("secret", Millis(120_006)), Standing::Stranger);
    }

    #[test]
    fn a_browser_is_put_out_at_once() {
        let mut visits = visits();
        visits.knock("A", "secret", 42, Millis(0)).unwrap();
        let visit = visits.confirm(None, Millis(1)).unwrap().unwrap();
        assert_eq!(visits.end(&visit.id), Some("A".to_owned()));
        assert_eq!(visits.standing("secret", Millis(2)), Standing::Stranger);
        assert_ne!(form_token("secret"), form_token("other"));
    }
}

//! The staff's sign-in by their own identity provider: implements the port on the provider, the store and the rules.

use holdfast_core::time::Timestamp;
use holdfast_domain::people::identity::{self as rules, IdentityRefusal};
use holdfast_domain::people::session::SessionKind;
use holdfast_web::backend::credentials::Arrival;
use holdfast_web::backend::oidc::{Back, OidcDone, OidcWish, StaffSignIn};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::{House, absent, refuse, stored};
use crate::clock;
use crate::oidc::{Declined, Provider, Purpose};

impl StaffSignIn for House {
    fn oidc_name(&self) -> Option<String> {
        self.oidc.as_ref().map(|provider| provider.name.clone())
    }

    fn begin_oidc(&self, wish: &OidcWish, browser: [u8; 32]) -> Answer<String> {
        let provider = self.provider()?;
        let purpose = match wish {
            OidcWish::SignIn { then } => Purpose::SignIn(then.clone()),
            OidcWish::Bind(by) => Purpose::Bind(by.person.id),
        };
        provider.begin(purpose, browser).map_err(declined)
    }

    fn finish_oidc(&self, back: &Back, by: Option<&Caller>, arrival: &Arrival) -> Answer<OidcDone> {
        let provider = self.provider()?;
        let (code, issuer) = (back.code.as_deref(), back.issuer.as_deref());
        let (purpose, subject) = provider.finish(&back.state, code, issuer, &back.browser).map_err(declined)?;
        let known = self.store.identity(&provider.issuer, &subject).map_err(stored)?;
        match purpose {
            Purpose::SignIn(then) => {
                let person = known.ok_or_else(|| {
                    let detail = "this account is not linked with anybody here; sign in by a one-time link and link it on the page of your account";
                    refuse(RefusalKind::Unauthenticated, "oidc-account-unknown", detail)
                })?;
                let signed_in = self.open_session(person.person, SessionKind::Oidc, arrival)?;
                Ok(OidcDone::SignedIn(Box::new(signed_in), then))
            }
            Purpose::Bind(id) => {
                let by = by.filter(|by| by.person.id == id).ok_or_else(|| declined(Declined::Unknown))?;
                let _turn = self.turns.people.take();
                let now = clock::now();
                let decision = rules::bind(&by.person, known.as_ref(), (&provider.issuer, &subject), now);
                self.decide(decision.map_err(refused)?)?;
                Ok(OidcDone::Bound)
            }
        }
    }

    fn identity_since(&self, by: &Caller) -> Answer<Option<Timestamp>> {
        let known = self.store.identity_of(by.person.id).map_err(stored)?;
        Ok(known.map(|known| known.bound))
    }

    fn unbind_identity(&self, by: &Caller) -> Answer<()> {
        let _turn = self.turns.people.take();
        let known = self.store.identity_of(by.person.id).map_err(stored)?;
        self.decide(rules::unbind(known.as_ref(), clock::now()).map_err(refused)?).map(drop)
    }
}

impl House {
    fn provider(&self) -> Answer<&Provider> {
        self.oidc.as_ref().ok_or_else(|| absent("oidc-not-configured", "identity provider"))
    }
}

fn declined(why: Declined) -> Stop {
    let (kind, name, detail) = match why {
        Declined::Unreachable => {
            (RefusalKind::Conflict, "oidc-unreachable", "the identity provider does not answer as it should; try later")
        }
        Declined::Unknown => (
            RefusalKind::Unauthenticated,
            "oidc-state-unknown",
            "this sign-in was not begun here, or too long ago; begin again",
        ),
        Declined::Refused => (RefusalKind::Unauthenticated, "oidc-refused", "the identity provider did not let you in"),
        Declined::Busy => {
            (RefusalKind::TooMany, "oidc-busy", "too many sign-ins were begun just now; try again in a minute")
        }
        Declined::Wrong => {
            (RefusalKind::Unauthenticated, "oidc-token-wrong", "what the identity provider said does not hold")
        }
    };
    refuse(kind, name, detail)
}

fn refused(why: IdentityRefusal) -> Stop {
    let kind = match why {
        IdentityRefusal::NotStaff => RefusalKind::Forbidden,
        IdentityRefusal::Taken => RefusalKind::Conflict,
        IdentityRefusal::Subject | IdentityRefusal::Nothing => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

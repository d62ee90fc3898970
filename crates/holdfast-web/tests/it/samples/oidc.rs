//! The staff's identity provider of the sample.

use holdfast_core::time::Timestamp;
use holdfast_web::backend::credentials::Arrival;
use holdfast_web::backend::oidc::{Back, OidcDone, OidcWish, StaffSignIn};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, RefusalKind};

use super::{Sample, refuse};

impl StaffSignIn for Sample {
    fn oidc_name(&self) -> Option<String> {
        (!self.empty()).then(|| "Hearth accounts".to_owned())
    }

    fn begin_oidc(&self, _: &OidcWish, _: [u8; 32]) -> Answer<String> {
        Ok("https://id.hearth.example/authorize?state=x".to_owned())
    }

    fn finish_oidc(&self, _: &Back, _: Option<&Caller>, _: &Arrival) -> Answer<OidcDone> {
        refuse(RefusalKind::Unauthenticated, "oidc-state-unknown", "begin again")
    }

    fn identity_since(&self, _: &Caller) -> Answer<Option<Timestamp>> {
        Ok((!self.empty()).then(|| self.ago(86_400)))
    }

    fn unbind_identity(&self, by: &Caller) -> Answer<()> {
        self.note(format!("unbind-identity {}", by.person.role.name()));
        Ok(())
    }
}

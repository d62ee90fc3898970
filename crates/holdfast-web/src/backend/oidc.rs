//! Port of the staff's sign-in by their own identity provider.

use holdfast_core::time::Timestamp;

use super::credentials::{Arrival, SignedIn};
use super::people::Caller;
use super::{Answer, Ground};

/// What somebody wants of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OidcWish {
    /// To sign in, and go on at this path; empty for the usual place.
    SignIn {
        /// Where.
        then: String,
    },
    /// To link the account there with this person.
    Bind(Caller),
}

/// With what the provider sent somebody back.
#[derive(Clone, PartialEq, Eq)]
pub struct Back {
    /// What was begun.
    pub state: String,
    /// The code, unless the provider said no.
    pub code: Option<String>,
    /// Who answered (RFC 9207), if it says so.
    pub issuer: Option<String>,
    /// SHA-256 of the secret in the browser's cookie.
    pub browser: [u8; 32],
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum OidcDone {
    /// A session was opened; go on at this path.
    SignedIn(Box<SignedIn>, String),
    /// The account is linked.
    Bound,
}

/// What the pages ask and order about the staff's identity provider.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait StaffSignIn: Ground {
    /// What the provider is called, if there is one.
    fn oidc_name(&self) -> Option<String>;
    /// Begins in the browser with this secret's hash; the address to send the person to.
    /// Refusals: `oidc-not-configured`, `oidc-unreachable`, `oidc-busy`.
    fn begin_oidc(&self, wish: &OidcWish, browser: [u8; 32]) -> Answer<String>;
    /// Finishes. Refusals: `oidc-state-unknown`, `oidc-refused`, `oidc-token-wrong`, `oidc-account-unknown`,
    /// `oidc-account-taken`, `oidc-staff-only`.
    fn finish_oidc(&self, back: &Back, by: Option<&Caller>, arrival: &Arrival) -> Answer<OidcDone>;
    /// Since when an account there is linked with the caller.
    fn identity_since(&self, by: &Caller) -> Answer<Option<Timestamp>>;
    /// Lets go of it. Refusal: `oidc-account-none`.
    fn unbind_identity(&self, by: &Caller) -> Answer<()>;
}

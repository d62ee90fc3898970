//! Port of the room `notices`: what a person is told, and where they are reached.

use holdfast_core::id::NoticeId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::contact::{Address, Contact};
use holdfast_domain::people::notice::{Notice, NoticeKind};

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// How a mail to a person stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailView {
    /// What it tells; `None` for a link that confirms an address.
    pub kind: Option<NoticeKind>,
    /// Where it goes.
    pub address: Address,
    /// When it was queued.
    pub queued: Timestamp,
    /// `waiting`, `sent`, `given-up` or `dropped`.
    pub state: &'static str,
    /// How often it was tried.
    pub tries: u32,
}

/// How mail stands on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailStanding {
    /// Whether this installation sends mail at all.
    pub sends: bool,
    /// To be sent.
    pub waiting: u64,
    /// Given up in the last weeks.
    pub given_up: u64,
    /// Sent in the last weeks.
    pub sent: u64,
}

/// What the pages ask and order about notices and addresses. Everybody sees and changes only their own.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Notices: Ground {
    /// What the caller is told, newest first.
    fn notices(&self, by: &Caller, page: &PageAsk) -> Answer<Page<Notice>>;
    /// How much of it the caller has not seen.
    fn unread_notices(&self, by: &Caller) -> Answer<u64>;
    /// The caller has seen everything up to and with `newest`; everything if that is `None`.
    fn read_notices(&self, by: &Caller, newest: Option<NoticeId>) -> Answer<()>;
    /// Where the caller is reached.
    fn contact(&self, by: &Caller) -> Answer<Option<Contact>>;
    /// The caller wishes to be reached at `address`; a link goes there.
    /// Refusals: `address-malformed`, `address-confirmed-already`, `address-links-too-many`, `mail-not-configured`.
    fn wish_contact(&self, by: &Caller, address: &str, language: &str) -> Answer<()>;
    /// The link of this hash was opened and said yes to. Refusals: `address-link-unknown`, `address-link-expired`.
    fn confirm_contact(&self, secret_hash: &[u8; 32]) -> Answer<()>;
    /// The caller is not written to any more. Refusal: `address-none`.
    fn remove_contact(&self, by: &Caller) -> Answer<()>;
    /// What the notice was about whose link this is; `None` for a link that does not count.
    fn objection(&self, secret_hash: &[u8; 32]) -> Answer<Option<NoticeKind>>;
    /// Whoever holds the link says that what the notice tells was not them. Refusal: `objection-link-unknown`.
    fn object(&self, secret_hash: &[u8; 32]) -> Answer<()>;
    /// The newest mails to the caller.
    fn mail_to(&self, by: &Caller) -> Answer<Vec<MailView>>;
    /// How mail stands on the whole.
    fn mail_standing(&self) -> Answer<MailStanding>;
}

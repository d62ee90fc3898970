//! Where a person wants to be told of notices: an address that they have confirmed, or none.
//!
//! Owns what an address may look like, how it is confirmed, changed and removed. The link's secret is made when the mail
//! leaves, not here; what is stored is its hash.

use std::fmt;
use std::str::FromStr;

use holdfast_core::id::PersonId;
use holdfast_core::time::{Millis, Timestamp};

use super::notice::{Notice, NoticeKind};
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Life of a link that confirms an address: 24 hours.
pub const WISH_LIFE: Millis = Millis::from_secs(24 * 3_600);
/// In this time a person may ask for [`ASKED_MAX`] links.
pub const ASKED_WINDOW: Millis = Millis::from_secs(24 * 3_600);
/// Most links to new addresses that one person may ask for in [`ASKED_WINDOW`].
pub const ASKED_MAX: u32 = 5;
/// How long notices of the account still go to an address that was replaced or removed: seven days. Whoever takes an
/// account over and changes its address first cannot do the rest unseen.
pub const FORMER_FOR: Millis = Millis::from_secs(7 * 86_400);
/// Most bytes of an address (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;
/// Most bytes before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// Most bytes of one part of a domain (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// An e-mail address: a dot-atom, `@`, a domain in lower case (RFC 5322 §3.4.1, without quotes, comments, literals and
/// anything outside ASCII). What can be an address here cannot end a header line or name a second receiver.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

impl Address {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What may be shown to somebody who looks over a shoulder: `a…@example.com`.
    #[must_use]
    pub fn veiled(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or_default();
        let first = local.get(..1).unwrap_or_default();
        format!("{first}…@{domain}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl FromStr for Address {
    type Err = ContactRefusal;

    fn from_str(text: &str) -> Result<Self, ContactRefusal> {
        let (local, domain) = text.split_once('@').ok_or(ContactRefusal::Address)?;
        let domain = domain.to_ascii_lowercase();
        let atom = |part: &str| {
            let inner = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
            !part.is_empty() && part.bytes().all(inner)
        };
        let label = |part: &str| {
            let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            let edges = !part.starts_with('-') && !part.ends_with('-');
            (1..=LABEL_BYTES_MAX).contains(&part.len()) && edges && part.bytes().all(inner)
        };
        let whole = text.len() <= ADDRESS_BYTES_MAX && local.len() <= LOCAL_BYTES_MAX;
        let named = domain.contains('.') && domain.split('.').all(label);
        if whole && named && local.split('.').all(atom) {
            return Ok(Self(format!("{local}@{domain}")));
        }
        Err(ContactRefusal::Address)
    }
}

/// How a person is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub person: PersonId,
    /// Language of what is sent, a tag such as `de`.
    pub language: String,
    /// The address, and since when it is confirmed.
    pub verified: Option<(Address, Timestamp)>,
    /// An address that waits for its confirmation.
    pub wish: Option<Wish>,
    /// How often links were asked for.
    pub asked: Asked,
}

/// An address that somebody says is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which.
    pub address: Address,
    /// The link is void after this.
    pub expires: Timestamp,
}

/// A count with its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Counted since.
    pub since: Timestamp,
    /// How often.
    pub times: u32,
}

/// A change of where somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactChange {
    /// Adds or replaces it.
    Put(Contact),
    /// Notices of the account go to this address too, until then.
    KeepFormer {
        /// Whose.
        person: PersonId,
        /// The address from before.
        address: Address,
        /// Until when.
        until: Timestamp,
    },
    /// Queues the mail with the link to the wished address.
    SendLink {
        /// Whose.
        person: PersonId,
        /// When it was asked for.
        at: Timestamp,
    },
}

/// Why an address is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefusal {
    /// It does not look like one.
    #[error("this is not an e-mail address of the form name@example.com")]
    Address,
    /// It is the one already.
    #[error("this address is confirmed already")]
    Same,
    /// Asked too often.
    #[error("at most {ASKED_MAX} links a day are sent; try again tomorrow")]
    TooOften,
    /// The link is not, or no longer, known.
    #[error("the link is not known or has been used; ask for a new one")]
    LinkUnknown,
    /// The link is too old.
    #[error("the link has expired; ask for a new one")]
    LinkExpired,
    /// There is none to remove.
    #[error("there is no address to remove")]
    Nothing,
}

impl ContactRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address-malformed",
            Self::Same => "address-confirmed-already",
            Self::TooOften => "address-links-too-many",
            Self::LinkUnknown => "address-link-unknown",
            Self::LinkExpired => "address-link-expired",
            Self::Nothing => "address-none",
        }
    }
}

/// Decides that a person wishes to be reached at `address`: a link goes there, nothing else changes until it is opened.
///
/// # Errors
///
/// [`ContactRefusal`] if it is confirmed already, or links were asked for too often.
pub fn wish(
    person: PersonId,
    known: Option<&Contact>,
    address: Address,
    language: &str,
    now: Timestamp,
) -> Result<Decision, ContactRefusal> {
    if known.and_then(|known| known.verified.as_ref()).is_some_and(|(verified, _)| *verified == address) {
        return Err(ContactRefusal::Same);
    }
    let asked = match known.map(|known| known.asked) {
        Some(asked) if now.since(asked.since) < ASKED_WINDOW => Asked { times: asked.times.saturating_add(1), ..asked },
        _ => Asked { since: now, times: 1 },
    };
    if asked.times > ASKED_MAX {
        return Err(ContactRefusal::TooOften);
    }
    let contact = Contact {
        person,
        language: language.to_owned(),
        verified: known.and_then(|known| known.verified.clone()),
        wish: Some(Wish { address, expires: now.plus(WISH_LIFE) }),
        asked,
    };
    let changes = vec![
        Change::Contact(ContactChange::Put(contact)),
        Change::Contact(ContactChange::SendLink { person, at: now }),
    ];
    Ok(Decision::quiet(changes))
}

/// Decides that the wished address is confirmed: `found` is the contact whose link was opened. The address before it and
/// the new one are both told.
///
/// # Errors
///
/// [`ContactRefusal`] if the link is not known or too old.
pub fn confirm(found: Option<&Contact>, now: Timestamp) -> Result<Decision, ContactRefusal> {
    let contact = found.ok_or(ContactRefusal::LinkUnknown)?;
    let wish = contact.wish.as_ref().ok_or(ContactRefusal::LinkUnknown)?;
    if wish.expires <= now {
        return Err(ContactRefusal::LinkExpired);
    }
    let confirmed = Contact { verified: Some((wish.address.clone(), now)), wish: None, ..contact.clone() };
    Ok(changed(contact, confirmed, kind::CONTACT_CONFIRMED, now))
}

/// Decides that a person is not written to any more; the address is told once.
///
/// # Errors
///
/// [`ContactRefusal::Nothing`] if there is neither an address nor a wish.
pub fn remove(known: Option<&Contact>, now: Timestamp) -> Result<Decision, ContactRefusal> {
    let contact = known.filter(|known| known.verified.is_some() || known.wish.is_some());
    let contact = contact.ok_or(ContactRefusal::Nothing)?;
    let without = Contact { verified: None, wish: None, ..contact.clone() };
    if contact.verified.is_none() {
        return Ok(Decision::quiet(vec![Change::Contact(ContactChange::Put(without))]));
    }
    Ok(changed(contact, without, kind::CONTACT_REMOVED, now))
}

/// A notice goes to the address that counts when its change is carried out, so it stands before and after the new one.
fn changed(before: &Contact, after: Contact, line: &'static str, now: Timestamp) -> Decision {
    let notice = Notice::new(before.person, NoticeKind::AddressChanged, now);
    let told = Change::AddNotice(notice);
    let mut changes = vec![told.clone(), Change::Contact(ContactChange::Put(after)), told];
    if let Some((address, _)) = &before.verified {
        let (address, until) = (address.clone(), now.plus(FORMER_FOR));
        changes.push(Change::Contact(ContactChange::KeepFormer { person: before.person, address, until }));
    }
    Decision::new(changes, LedgerLine::new(line, now).fact("person", &before.person))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person};

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn contact(verified: Option<&str>, wish: Option<&str>) -> Contact {
        Contact {
            person: person(),
            language: "de".to_owned(),
            verified: verified.map(|text| (address(text), NOW)),
            wish: wish.map(|text| Wish { address: address(text), expires: later(60) }),
            asked: Asked { since: NOW, times: 1 },
        }
    }

    #[test]
    fn an_address_that_could_break_a_header_or_name_two_receivers_is_none() {
        for good in
            ["a@b.example", "first.last+tag@mail.example.com", "o'neil@EXAMPLE.com", "x_y@xn--bcher-kva.example"]
        {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        let long = format!("{}@b.example", "a".repeat(65));
        let bad = [
            "",
            "@",
            "a",
            "a@",
            "@b.example",
            "a@b",
            "a@b.",
            "a@.b",
            "a@b..c",
            "a@-b.c",
            "a@b-.c",
            ".a@b.c",
            "a.@b.c",
            "a..b@b.c",
            "a b@c.d",
            "a@b.c\r\nBcc: x@y.z",
            "a@b.c\n",
            "a,b@c.d",
            "a@b.c,d@e.f",
            "a@b.c;d",
            "<a@b.c>",
            "\"a\"@b.c",
            "a(b)@c.d",
            "a@[127.0.0.1]",
            "ä@b.c",
            "a@ä.c",
            "a@b@c.d",
            "a\0@b.c",
            "a@b.c ",
            &long,
        ];
        for bad in bad {
            assert_eq!(bad.parse::<Address>(), Err(ContactRefusal::Address), "{bad:?}");
        }
        assert_eq!(address("a@EXAMPLE.com").as_str(), "a@example.com");
    }

    #[test]
    fn an_address_is_never_printed_by_accident() {
        assert_eq!(format!("{:?}", contact(Some("secret@example.com"), None)).find("secret"), None);
        assert_eq!(address("anna@example.com").veiled(), "a…@example.com");
    }

    #[test]
    fn a_wish_sends_a_link_and_leaves_the_confirmed_address_as_it_is() {
        let known = contact(Some("old@a.example"), None);
        let decision = wish(person(), Some(&known), address("new@a.example"), "en", later(5)).unwrap();
        let [Change::Contact(ContactChange::Put(put)), Change::Contact(ContactChange::SendLink { .. })] =
            decision.changes.as_slice()
        else {
            panic!("{decision:?}")
        };
        assert_eq!(put.verified, known.verified);
        assert_eq!(put.wish.as_ref().map(|wish| wish.address.as_str()), Some("new@a.example"));
        assert_eq!(wish(person(), Some(&known), address("old@a.example"), "en", NOW), Err(ContactRefusal::Same));
    }

    #[test]
    fn links_are_counted_and_the_count_ends_with_its_day() {
        let mut known = contact(None, None);
        known.asked = Asked { since: NOW, times: ASKED_MAX };
        let ask = |now| wish(person(), Some(&known), address("new@a.example"), "en", now);
        assert_eq!(ask(later(10)), Err(ContactRefusal::TooOften));
        assert!(ask(NOW.plus(ASKED_WINDOW)).is_ok());
    }

    #[test]
    fn a_change_is_told_before_and_after_it() {
        let decision = confirm(Some(&contact(Some("old@a.example"), Some("new@a.example"))), later(1)).unwrap();
        let [
            Change::AddNotice(old),
            Change::Contact(ContactChange::Put(put)),
            Change::AddNotice(new),
            Change::Contact(ContactChange::KeepFormer { address: former, until, .. }),
        ] = decision.changes.as_slice()
        else {
            panic!("{decision:?}")
        };
        assert_eq!((former.as_str(), *until), ("old@a.example", later(1).plus(FORMER_FOR)));
        assert_eq!((old, old.kind), (new, NoticeKind::AddressChanged));
        assert_eq!(put.verified.as_ref().map(|(address, _)| address.as_str()), Some("new@a.example"));
        assert!(!decision.line.unwrap().to_string().contains('@'));
    }

    #[test]
    fn a_link_that_is_unknown_used_or_old_confirms_nothing() {
        assert_eq!(confirm(None, NOW), Err(ContactRefusal::LinkUnknown));
        assert_eq!(confirm(Some(&contact(Some("a@b.example"), None)), NOW), Err(ContactRefusal::LinkUnknown));
        assert_eq!(confirm(Some(&contact(None, Some("a@b.example"))), later(60)), Err(ContactRefusal::LinkExpired));
    }

    #[test]
    fn a_removed_address_is_told_once_and_a_mere_wish_quietly_forgotten() {
        assert_eq!(remove(Some(&contact(Some("a@b.example"), None)), NOW).unwrap().changes.len(), 4);
        assert_eq!(remove(Some(&contact(None, Some("a@b.example"))), NOW).unwrap().changes.len(), 1);
        assert_eq!(remove(Some(&contact(None, None)), NOW), Err(ContactRefusal::Nothing));
    }
}

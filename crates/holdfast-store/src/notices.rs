//! Reads of notices, addresses and mail; what the mail's reconciler writes down about it.

use std::collections::BTreeMap;

use holdfast_core::id::{NoticeId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::contact::{Address, Asked, Contact, Wish};
use holdfast_domain::people::identity::Identity;
use holdfast_domain::people::notice::{Notice, NoticeKind};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::fleet::NEWEST;
use crate::row::{self, Fields, all, exactly, one};
use crate::sql;
use crate::store::{Store, wait};
use crate::words::Word;

/// One mail: a notice to an address, or the link that confirms one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its place in the queue; never used again.
    pub id: i64,
    /// Whom it tells.
    pub person: PersonId,
    /// What it tells; `None` for the link that confirms the address.
    pub notice: Option<NoticeId>,
    /// Where it goes.
    pub address: Address,
    /// In which language, a tag such as `de`.
    pub language: String,
    /// When it was queued.
    pub queued: Timestamp,
    /// Not tried before this.
    pub next: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// How it stands.
    pub state: MailState,
    /// What came of the last try, a word.
    pub answer: Option<String>,
}

/// How a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It has not been taken yet.
    Waiting,
    /// The mail server took it.
    Sent,
    /// It was tried for long enough, or refused for good.
    GivenUp,
    /// Nobody wants it any more.
    Dropped,
}

impl Word for MailState {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given-up",
            Self::Dropped => "dropped",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Sent, Self::GivenUp, Self::Dropped].into_iter().find(|state| state.word() == word)
    }
}

/// How many mails stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailCounts {
    /// To be sent.
    pub waiting: u64,
    /// Given up in the last weeks.
    pub given_up: u64,
    /// Sent in the last weeks.
    pub sent: u64,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which mail.
    pub id: i64,
    /// How it stands now.
    pub state: MailState,
    /// Not tried again before this.
    pub next: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// What came of it, a word.
    pub answer: Option<&'static str>,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// Notices of a person, newest first, before `before` if given.
    pub fn notices(&self, person: PersonId, before: Option<NoticeId>, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        self.read(|conn| all(conn, (sql::NOTICES_OF, "notice"), params![person.to_string(), before, limit], notice_row))
    }

    /// One notice.
    pub fn notice(&self, id: NoticeId) -> Result<Option<Notice>, StoreError> {
        self.read(|conn| one(conn, (sql::NOTICE, "notice"), [id.to_string()], notice_row))
    }

    /// How many notices a person has not seen.
    pub fn unread_notices(&self, person: PersonId) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::NOTICES_UNREAD, "notice"), [person.to_string()], row::number))
    }

    /// Records that a person has seen their notices up to and with `newest`; all of them if that is `None`.
    pub fn read_notices(&self, person: PersonId, newest: Option<NoticeId>, now: Timestamp) -> Result<(), CommitError> {
        let newest = newest.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        wait(self.write(move |desk| {
            desk.execute(sql::NOTICES_READ, params![now.as_micros(), person.to_string(), newest])?;
            Ok(())
        }))
    }

    /// The person with whom this account at the staff's identity provider is linked.
    pub fn identity(&self, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError> {
        self.read(|conn| one(conn, (sql::IDENTITY, "identity"), [issuer, subject], identity_row))
    }

    /// The account at the staff's identity provider that is linked with a person.
    pub fn identity_of(&self, person: PersonId) -> Result<Option<Identity>, StoreError> {
        self.read(|conn| one(conn, (sql::IDENTITY_OF, "identity"), [person.to_string()], identity_row))
    }

    /// How a person is reached.
    pub fn contact(&self, person: PersonId) -> Result<Option<Contact>, StoreError> {
        self.read(|conn| one(conn, (sql::CONTACT, "contact"), [person.to_string()], contact_row))
    }

    /// Whose link this is.
    pub fn contact_by_link(&self, secret_hash: &[u8; 32]) -> Result<Option<Contact>, StoreError> {
        self.read(|conn| one(conn, (sql::CONTACT_BY_WISH, "contact"), [secret_hash], contact_row))
    }

    /// Records the hash of the link that goes out now to the address a person wishes; says whether they still wish it.
    pub fn set_contact_link(
        &self,
        person: PersonId,
        address: &Address,
        secret_hash: [u8; 32],
    ) -> Result<bool, CommitError> {
        let address = address.as_str().to_owned();
        wait(self.write(move |desk| {
            let changed = desk.execute(sql::CONTACT_HASH, params![secret_hash, person.to_string(), address])?;
            Ok(changed == 1)
        }))
    }

    /// Keeps the hash of a link by which whoever reads a notice says that it was not them.
    pub fn add_objection(&self, hash: [u8; 32], notice: NoticeId, expires: Timestamp) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            desk.execute(sql::OBJECTION_ADD, params![hash, notice.to_string(), expires.as_micros()])?;
            Ok(())
        }))
    }

    /// The notice of such a link, while it can be used.
    pub fn objection(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Notice>, StoreError> {
        let notice: Option<NoticeId> = self
            .read(|conn| one(conn, (sql::OBJECTION, "objection_link"), params![hash, now.as_micros()], row::parsed))?;
        notice.map(|id| self.notice(id)).transpose().map(Option::flatten)
    }

    /// Ends every such link of a person: one was used.
    pub fn end_objections(&self, person: PersonId) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            desk.execute(sql::OBJECTIONS_END, [person.to_string()])?;
            Ok(())
        }))
    }

    /// Forgets links and addresses whose time is over, and notices from before `before`.
    pub fn forget_notices(&self, now: Timestamp, before: Timestamp) -> Result<u64, CommitError> {
        wait(self.write(move |desk| {
            desk.execute(sql::OBJECTIONS_FORGET, [now.as_micros()])?;
            desk.execute(sql::FORMER_FORGET, [now.as_micros()])?;
            Ok(desk.execute(sql::NOTICES_FORGET, [before.as_micros()])? as u64)
        }))
    }

    /// Mail to be sent by `now`, at most `limit`.
    pub fn mail_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.read(|conn| all(conn, (sql::MAIL_DUE, "mail"), params![now.as_micros(), limit], mail_row))
    }

    /// When the next mail is to be tried.
    pub fn mail_next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| exactly(conn, (sql::MAIL_NEXT, "mail"), [], |f| f.optional(Fields::time)))
    }

    /// The newest mails to a person.
    pub fn mail_of(&self, person: PersonId, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.read(|conn| all(conn, (sql::MAIL_OF, "mail"), params![person.to_string(), limit], mail_row))
    }

    /// How many mails stand how.
    pub fn mail_counts(&self) -> Result<MailCounts, StoreError> {
        self.read(|conn| {
            exactly(conn, (sql::MAIL_COUNT, "mail"), [], |f| {
                Ok(MailCounts { waiting: f.number()?, given_up: f.number()?, sent: f.number()? })
            })
        })
    }

    /// Writes down what came of a try.
    pub fn mail_tried(&self, tried: &Tried) -> Result<(), CommitError> {
        let tried = tried.clone();
        wait(self.write(move |desk| {
            let Tried { id, state, next, tries, answer } = tried;
            desk.execute(sql::MAIL_MOVE, params![state.word(), next.as_micros(), tries, answer, id])?;
            Ok(())
        }))
    }

    /// Forgets mail that was queued before `before` and waits no more.
    pub fn mail_forget(&self, before: Timestamp) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            desk.execute(sql::MAIL_FORGET, [before.as_micros()])?;
            Ok(())
        }))
    }
}

/// Facts as lines `name=value`; a value has no line breaks.
pub(crate) fn facts_text(facts: &BTreeMap<String, String>) -> String {
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    facts.iter().flat_map(|(name, value)| [name.clone(), "=".to_owned(), plain(value), "\n".to_owned()]).collect()
}

fn notice_row(f: &mut Fields<'_>) -> Result<Notice, StoreError> {
    let (id, person) = (f.parsed()?, f.parsed()?);
    let kind = NoticeKind::from_word(f.str()?).ok_or_else(|| f.inconsistent("is an unknown word"))?;
    let mut facts = BTreeMap::new();
    for line in f.str()?.lines() {
        let (name, value) = line.split_once('=').ok_or_else(|| f.inconsistent("has a line that is no fact"))?;
        facts.insert(name.to_owned(), value.to_owned());
    }
    Ok(Notice { id, person, kind, facts, at: f.time()?, read: f.optional(Fields::time)? })
}

fn identity_row(f: &mut Fields<'_>) -> Result<Identity, StoreError> {
    Ok(Identity { issuer: f.text()?, subject: f.text()?, person: f.parsed()?, bound: f.time()? })
}

fn contact_row(f: &mut Fields<'_>) -> Result<Contact, StoreError> {
    let (person, language) = (f.parsed()?, f.text()?);
    let (address, since) = (f.optional(Fields::parsed::<Address>)?, f.optional(Fields::time)?);
    let (wished, expires) = (f.optional(Fields::parsed::<Address>)?, f.optional(Fields::time)?);
    let wish = wished.zip(expires).map(|(address, expires)| Wish { address, expires });
    Ok(Contact {
        person,
        language,
        verified: address.zip(since),
        wish,
        asked: Asked { since: f.time()?, times: f.number()? },
    })
}

fn mail_row(f: &mut Fields<'_>) -> Result<Mail, StoreError> {
    Ok(Mail {
        id: f.number()?,
        person: f.parsed()?,
        notice: f.optional(Fields::parsed)?,
        address: f.parsed()?,
        language: f.text()?,
        queued: f.time()?,
        next: f.time()?,
        tries: f.number()?,
        state: f.word()?,
        answer: f.optional(Fields::text)?,
    })
}

//! Changes to notices and addresses. A notice and the mail that carries it are one transaction.

use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;
use holdfast_domain::people::contact::{Contact, ContactChange};
use holdfast_domain::people::identity::{Identity, IdentityChange};
use holdfast_domain::people::notice::{Concern, Notice};
use rusqlite::{Params, params};

use super::On;
use crate::error::CommitError;
use crate::notices::facts_text;
use crate::row::{self, exactly};
use crate::sql;
use crate::writer::Desk;

/// Most notices of one kind for one person within a day, of those that are not about their account: a device that says the
/// same without end, or that flaps, is told some times and then waits on its page.
const KIND_A_DAY: u64 = 60;
/// Most mails for one person within a day, of those that are not about their account; the rest waits on the pages.
const MAILS_A_DAY: u64 = 40;
/// Most notices that are kept of one person; older ones go.
const KEPT_OF_ONE: u64 = 2_000;
/// Notices that go at once then.
const TRIMMED_AT_ONCE: u32 = 100;

fn day_before(at: Timestamp) -> i64 {
    at.as_micros().saturating_sub(86_400_000_000)
}

const ON: On = On { key: "notice-known", unique: "notice-known", foreign: "person-unknown" };

impl Desk {
    pub(super) fn add_notice(&self, notice: &Notice) -> Result<(), CommitError> {
        let Notice { id, person, kind, facts, at, read } = notice;
        let (id, person, read) = (id.to_string(), person.to_string(), read.map(Timestamp::as_micros));
        let row = params![id, person, kind.word(), facts_text(facts), at.as_micros(), read];
        let of_account = kind.concern() == Concern::Account;
        if !of_account
            && self.too_many(sql::NOTICES_LATELY, params![person, kind.word(), day_before(*at)], KIND_A_DAY)?
        {
            return Ok(());
        }
        self.add(sql::NOTICE_ADD, row, ON)?;
        if self.too_many(sql::NOTICES_KEPT, params![person], KEPT_OF_ONE)? {
            self.execute(sql::NOTICES_TRIM, params![person, TRIMMED_AT_ONCE])?;
        }
        if !of_account && self.too_many(sql::MAILS_LATELY, params![person, day_before(*at)], MAILS_A_DAY)? {
            return Ok(());
        }
        self.add(sql::MAIL_NOTICE, params![id, at.as_micros(), person], ON)?;
        if of_account {
            self.add(sql::MAIL_FORMER, params![id, at.as_micros(), person], ON)?;
        }
        Ok(())
    }

    fn too_many(&self, statement: sql::Statement, params: impl Params, most: u64) -> Result<bool, CommitError> {
        Ok(exactly(&self.conn, (statement, "notice"), params, row::number::<u64>)? >= most)
    }

    pub(super) fn change_contact(&self, change: &ContactChange) -> Result<(), CommitError> {
        match change {
            ContactChange::Put(contact) => self.put_contact(contact),
            ContactChange::KeepFormer { person, address, until } => {
                self.add(sql::FORMER_PUT, params![person.to_string(), address.as_str(), until.as_micros()], ON)
            }
            ContactChange::SendLink { person, at } => self.send_link(*person, *at),
        }
    }

    pub(super) fn change_identity(&self, change: &IdentityChange) -> Result<(), CommitError> {
        match change {
            IdentityChange::Bind(identity) => {
                let Identity { issuer, subject, person, bound } = identity;
                let person = person.to_string();
                self.execute(sql::IDENTITY_DROP, [&person])?;
                let on = On { key: "oidc-account-taken", unique: "oidc-account-taken", foreign: "person-unknown" };
                self.add(sql::IDENTITY_ADD, params![issuer, subject, person, bound.as_micros()], on)
            }
            IdentityChange::Unbind(person) => self.must(sql::IDENTITY_DROP, [person.to_string()], "oidc-account-none"),
        }
    }

    fn put_contact(&self, contact: &Contact) -> Result<(), CommitError> {
        let Contact { person, language, verified, wish, asked } = contact;
        let person = person.to_string();
        let row = params![
            person,
            language,
            verified.as_ref().map(|(address, _)| address.as_str()),
            verified.as_ref().map(|(_, since)| since.as_micros()),
            wish.as_ref().map(|wish| wish.address.as_str()),
            wish.as_ref().map(|wish| wish.expires.as_micros()),
            asked.since.as_micros(),
            asked.times,
        ];
        self.add(sql::CONTACT_PUT, row, ON)?;
        if let Some((address, _)) = verified {
            self.execute(sql::FORMER_DROP, params![person, address.as_str()])?;
        }
        // A link to an address that is wished no more is not sent any more.
        self.execute(sql::MAIL_LINKS_DROP, [person])?;
        Ok(())
    }

    fn send_link(&self, person: PersonId, at: Timestamp) -> Result<(), CommitError> {
        self.add(sql::MAIL_LINK, params![at.as_micros(), person.to_string()], ON)
    }
}

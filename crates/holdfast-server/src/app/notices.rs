//! Notices, addresses and how their mail stands. An address arrives as text and becomes an [`Address`] or a refusal.

use holdfast_core::id::NoticeId;
use holdfast_domain::people::contact::{self as rules, Address, Contact, ContactRefusal};
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_store::notices::{Mail, MailState};
use holdfast_web::backend::notices::{MailStanding, MailView, Notices};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, conflict, refuse, stored};
use crate::clock;

/// Mails shown on the page of one's address.
const MAILS_SHOWN: u32 = 20;

impl Notices for House {
    fn notices(&self, by: &Caller, page: &PageAsk) -> Answer<Page<Notice>> {
        let rows = self.store.notices(by.person.id, cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |notice| notice.id.to_string()))
    }

    fn unread_notices(&self, by: &Caller) -> Answer<u64> {
        self.store.unread_notices(by.person.id).map_err(stored)
    }

    fn read_notices(&self, by: &Caller, newest: Option<NoticeId>) -> Answer<()> {
        self.store.read_notices(by.person.id, newest, clock::now()).map_err(conflict)
    }

    fn contact(&self, by: &Caller) -> Answer<Option<Contact>> {
        self.store.contact(by.person.id).map_err(stored)
    }

    fn wish_contact(&self, by: &Caller, address: &str, language: &str) -> Answer<()> {
        if !self.post.sends() {
            let detail = "this installation sends no mail; notices wait on the pages";
            return Err(refuse(RefusalKind::Conflict, "mail-not-configured", detail));
        }
        let address: Address = address.trim().parse().map_err(refused)?;
        let _turn = self.turns.people.take();
        let known = self.store.contact(by.person.id).map_err(stored)?;
        let decision = rules::wish(by.person.id, known.as_ref(), address, language, clock::now()).map_err(refused)?;
        self.decide(decision)?;
        self.post.ring();
        Ok(())
    }

    fn confirm_contact(&self, secret_hash: &[u8; 32]) -> Answer<()> {
        let _turn = self.turns.people.take();
        let found = self.store.contact_by_link(secret_hash).map_err(stored)?;
        self.decide(rules::confirm(found.as_ref(), clock::now()).map_err(refused)?)?;
        self.post.ring();
        Ok(())
    }

    fn remove_contact(&self, by: &Caller) -> Answer<()> {
        let _turn = self.turns.people.take();
        let known = self.store.contact(by.person.id).map_err(stored)?;
        self.decide(rules::remove(known.as_ref(), clock::now()).map_err(refused)?)?;
        self.post.ring();
        Ok(())
    }

    fn objection(&self, secret_hash: &[u8; 32]) -> Answer<Option<NoticeKind>> {
        let notice = self.store.objection(secret_hash, clock::now()).map_err(stored)?;
        Ok(notice.map(|notice| notice.kind))
    }

    fn object(&self, secret_hash: &[u8; 32]) -> Answer<()> {
        self.freeze_by_link(secret_hash)
    }

    fn mail_to(&self, by: &Caller) -> Answer<Vec<MailView>> {
        let mails = self.store.mail_of(by.person.id, MAILS_SHOWN).map_err(stored)?;
        mails.into_iter().map(|mail| self.mail_view(mail)).collect()
    }

    fn mail_standing(&self) -> Answer<MailStanding> {
        let counts = self.store.mail_counts().map_err(stored)?;
        let sends = self.post.sends();
        Ok(MailStanding { sends, waiting: counts.waiting, given_up: counts.given_up, sent: counts.sent })
    }
}

impl House {
    fn mail_view(&self, mail: Mail) -> Answer<MailView> {
        let notice = mail.notice.map(|id| self.store.notice(id).map_err(stored)).transpose()?.flatten();
        let state = match mail.state {
            MailState::Waiting => "waiting",
            MailState::Sent => "sent",
            MailState::GivenUp => "given-up",
            MailState::Dropped => "dropped",
        };
        let kind = notice.map(|notice| notice.kind);
        Ok(MailView { kind, address: mail.address, queued: mail.queued, state, tries: mail.tries })
    }
}

fn refused(why: ContactRefusal) -> Stop {
    let kind = match why {
        ContactRefusal::TooOften => RefusalKind::TooMany,
        ContactRefusal::Address
        | ContactRefusal::Same
        | ContactRefusal::LinkUnknown
        | ContactRefusal::LinkExpired
        | ContactRefusal::Nothing => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

//! Notices and addresses of the sample.

use holdfast_core::id::NoticeId;
use holdfast_domain::people::contact::{Address, Asked, Contact, ContactRefusal, Wish};
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_web::backend::notices::{MailStanding, MailView, Notices};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Ground as _, Page, PageAsk, RefusalKind};

use super::{Sample, refuse};

impl Notices for Sample {
    fn notices(&self, by: &Caller, _: &PageAsk) -> Answer<Page<Notice>> {
        if self.empty() {
            return Ok(Page::whole(Vec::new()));
        }
        let told = |(ago, kind): (u64, &NoticeKind)| {
            Notice::new(by.person.id, *kind, self.ago(3_600 * ago))
                .fact("product", "Hearth thermostat")
                .fact("device", "hearth-000001")
                .fact("version", "1.1.0")
        };
        Ok(Page::whole((1..).zip(NoticeKind::ALL).map(told).collect()))
    }

    fn unread_notices(&self, _: &Caller) -> Answer<u64> {
        Ok(if self.empty() { 0 } else { 3 })
    }

    fn read_notices(&self, by: &Caller, newest: Option<NoticeId>) -> Answer<()> {
        self.note(format!("read-notices {} {newest:?}", by.person.role.name()));
        Ok(())
    }

    fn contact(&self, by: &Caller) -> Answer<Option<Contact>> {
        let contact = Contact {
            person: by.person.id,
            language: "en".to_owned(),
            verified: Some((address("somebody@mail.example"), self.ago(86_400))),
            wish: Some(Wish { address: address("new@mail.example"), expires: self.now() }),
            asked: Asked { since: self.now(), times: 1 },
        };
        Ok((!self.empty()).then_some(contact))
    }

    fn wish_contact(&self, by: &Caller, text: &str, language: &str) -> Answer<()> {
        match text.parse::<Address>() {
            Ok(_) => {
                self.note(format!("wish-contact {} {language}", by.person.role.name()));
                Ok(())
            }
            Err(why) => refuse(RefusalKind::Unacceptable, why.name(), &why.to_string()),
        }
    }

    fn confirm_contact(&self, secret_hash: &[u8; 32]) -> Answer<()> {
        if *secret_hash == super::good_link().hash() {
            self.note("confirm-contact");
            return Ok(());
        }
        let why = ContactRefusal::LinkUnknown;
        refuse(RefusalKind::Unacceptable, why.name(), &why.to_string())
    }

    fn remove_contact(&self, by: &Caller) -> Answer<()> {
        self.note(format!("remove-contact {}", by.person.role.name()));
        Ok(())
    }

    fn objection(&self, secret_hash: &[u8; 32]) -> Answer<Option<NoticeKind>> {
        Ok((*secret_hash == super::good_link().hash()).then_some(NoticeKind::PasskeyAdded))
    }

    fn object(&self, secret_hash: &[u8; 32]) -> Answer<()> {
        if *secret_hash == super::good_link().hash() {
            self.note("object");
            return Ok(());
        }
        refuse(RefusalKind::Unacceptable, "objection-link-unknown", "this link does not count")
    }

    fn mail_to(&self, _: &Caller) -> Answer<Vec<MailView>> {
        let mail = |(at, state): (u64, &'static str)| MailView {
            kind: NoticeKind::ALL.get(usize::try_from(at).unwrap_or(0)).copied(),
            address: address("somebody@mail.example"),
            queued: self.ago(3_600 * at),
            state,
            tries: 1,
        };
        let states = ["waiting", "sent", "given-up", "dropped"];
        Ok(if self.empty() { Vec::new() } else { (1..).zip(states).map(mail).collect() })
    }

    fn mail_standing(&self) -> Answer<MailStanding> {
        let busy = MailStanding { sends: true, waiting: 2, given_up: 1, sent: 40 };
        Ok(if self.empty() { MailStanding::default() } else { busy })
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

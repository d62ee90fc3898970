//! The help desk's room of the port.

use std::collections::BTreeMap;

use holdfast_core::id::{AlertId, HelpId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::{Alert, alert_kind};
use holdfast_domain::people::access::{Act, may};
use holdfast_domain::people::help::{self as rules, Asked, HelpRefusal, Outcome, Request, Stands};
use holdfast_store::integrity::AlertFilter;
use holdfast_web::backend::help::{HelpDesk, NewHelp, Talk};
use holdfast_web::backend::homes::Homes as _;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// Open alerts that are looked through for the one about a request.
const ALERTS_MAX: u32 = 500;

impl HelpDesk for House {
    fn ask_help(&self, by: &Caller, new: &NewHelp) -> Answer<HelpId> {
        let _turn = self.turns.people.take();
        if let Some(device) = &new.device
            && self.my_place(by, device)?.is_none()
        {
            return Err(absent("device-unknown", format_args!("device {device}")));
        }
        let open = self.store.help_open_of(by.person.id).map_err(stored)?;
        let now = clock::now();
        let id = HelpId::new(now, clock::random());
        let asked = Asked { device: new.device.as_ref(), topic: new.topic, text: &new.text };
        self.decide(rules::open(id, asked, open, by.person.id, now).map_err(refused)?)?;
        Ok(id)
    }

    fn my_help(&self, by: &Caller, page: &PageAsk) -> Answer<Page<Request>> {
        let rows = self.store.help_of(by.person.id, cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |request| request.id.to_string()))
    }

    fn my_talk(&self, by: &Caller, id: HelpId) -> Answer<Talk> {
        let request = self.own_request(by, id)?;
        self.talk(request)
    }

    fn add_help(&self, by: &Caller, id: HelpId, text: &str) -> Answer<()> {
        let _turn = self.turns.people.take();
        let request = self.own_request(by, id)?;
        let now = clock::now();
        let decision = match request.stands {
            Stands::Closed { .. } => rules::reopen(&request, text, now),
            Stands::WaitsForMaker | Stands::Answered => rules::add(&request, text, now),
        };
        self.decide(decision.map_err(refused)?).map(drop)
    }

    fn end_help(&self, by: &Caller, id: HelpId, outcome: Outcome) -> Answer<()> {
        let _turn = self.turns.people.take();
        let request = self.own_request(by, id)?;
        self.decide(rules::close(&request, outcome, by.person.id, clock::now()).map_err(refused)?).map(drop)
    }

    fn help_requests(&self, open_only: bool, page: &PageAsk) -> Answer<Page<Request>> {
        let rows = self.store.help_requests(open_only, cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |request| request.id.to_string()))
    }

    fn help_talk(&self, id: HelpId) -> Answer<Talk> {
        let request = self.request(id)?;
        self.talk(request)
    }

    fn help_waiting(&self) -> Answer<u64> {
        self.store.help_waiting().map_err(stored)
    }

    fn answer_help(&self, by: &Caller, id: HelpId, text: &str) -> Answer<()> {
        let _turn = self.turns.people.take();
        let request = self.request(id)?;
        let alert = self.alert_about(id)?;
        self.decide(rules::answer(&request, text, alert.as_ref(), by.person.id, clock::now()).map_err(refused)?)?;
        if let Some(alert) = alert {
            self.tell(LiveEvent::Alert(alert.id));
        }
        Ok(())
    }

    fn close_help(&self, by: &Caller, id: HelpId, outcome: Outcome) -> Answer<()> {
        let _turn = self.turns.people.take();
        let request = self.request(id)?;
        self.decide(rules::close(&request, outcome, by.person.id, clock::now()).map_err(refused)?).map(drop)
    }
}

impl House {
    /// Tells the staff of every promise that was missed; at most `limit` at once.
    pub(crate) fn tell_late_help(&self, limit: u32) -> Answer<()> {
        let now = clock::now();
        let late = self.store.help_late(now, limit).map_err(stored)?;
        if late.is_empty() {
            return Ok(());
        }
        let people = self.store.staff().map_err(stored)?;
        let staff: Vec<PersonId> =
            people.iter().filter(|person| may(person.role, Act::AnswerHelp)).map(|person| person.id).collect();
        for request in late {
            self.tell_one_late(request.id, &staff, now)?;
        }
        Ok(())
    }

    /// Reads the request again in its turn: somebody may have answered meanwhile.
    fn tell_one_late(&self, id: HelpId, staff: &[PersonId], now: Timestamp) -> Answer<()> {
        let _turn = self.turns.people.take();
        let alert = AlertId::new(now, clock::random());
        let Some(decision) = rules::overdue(&self.request(id)?, staff, alert, now) else { return Ok(()) };
        self.decide(decision)?;
        self.tell(LiveEvent::Alert(alert));
        Ok(())
    }

    fn request(&self, id: HelpId) -> Answer<Request> {
        self.store.help_request(id).map_err(stored)?.ok_or_else(|| unknown(id))
    }

    fn own_request(&self, by: &Caller, id: HelpId) -> Answer<Request> {
        let request = self.request(id)?;
        if request.person == by.person.id { Ok(request) } else { Err(unknown(id)) }
    }

    fn talk(&self, request: Request) -> Answer<Talk> {
        let messages = self.store.help_messages(request.id).map_err(stored)?;
        let mut names = BTreeMap::new();
        for author in messages.iter().map(|message| message.author).chain([request.person]) {
            if let std::collections::btree_map::Entry::Vacant(free) = names.entry(author) {
                let person = self.store.person(author).map_err(stored)?;
                free.insert(person.map(|person| person.name).unwrap_or_default());
            }
        }
        Ok(Talk { request, messages, names })
    }

    /// The open alert about the lateness of this request; its text names the request.
    fn alert_about(&self, id: HelpId) -> Answer<Option<Alert>> {
        let filter = AlertFilter { open_only: true, device: None };
        let open = self.store.alerts(&filter, None, ALERTS_MAX).map_err(stored)?;
        let id = id.to_string();
        Ok(open.into_iter().find(|alert| alert.kind == alert_kind::HELP_OVERDUE && alert.text.contains(&id)))
    }
}

fn unknown(id: HelpId) -> Stop {
    absent("help-unknown", format_args!("request {id}"))
}

pub(super) fn refused(why: HelpRefusal) -> Stop {
    let kind = match why {
        HelpRefusal::Text
        | HelpRefusal::Unseen
        | HelpRefusal::TooManyOpen
        | HelpRefusal::TooManyMessages
        | HelpRefusal::OutcomeOfOthers => RefusalKind::Unacceptable,
        HelpRefusal::Closed | HelpRefusal::NotClosed | HelpRefusal::TooOld | HelpRefusal::NotAnswered => {
            RefusalKind::Conflict
        }
    };
    refuse(kind, why.name(), why.to_string())
}

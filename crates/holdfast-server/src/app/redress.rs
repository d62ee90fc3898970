//! Complaints about privacy and the register of breaches, as the port asks for them; and their clocks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use holdfast_core::id::{AlertId, BreachId, ComplaintId, PersonId};
use holdfast_core::time::Timestamp;
use holdfast_domain::papers;
use holdfast_domain::people::access::{Act, may};
use holdfast_domain::people::breach::{self, Breach, BreachRefusal, Entry};
use holdfast_domain::people::complaint::{self, Complained, Complaint};
use holdfast_domain::people::help::Outcome;
use holdfast_domain::people::throttle::Key;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::redress::{BreachView, ComplaintTalk, NewComplaint, Redress};
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::credentials::entry::place;
use super::help::refused as help_refused;
use super::homes::too_many;
use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// What is counted of complaints by address.
const COMPLAINED: &str = "complaint";
/// Lines of a breach's history that are shown.
const LINES_SHOWN: u32 = 200;
/// Owners of one product that are told of a breach at most; more are a fault of the plan, not of the notice.
const OWNERS_MAX: u32 = 100_000;

impl Redress for House {
    fn complain(&self, new: &NewComplaint, from: IpAddr) -> Answer<ComplaintId> {
        let now = clock::now();
        if let Some(product) = &new.product
            && self.store.support_end(product).map_err(stored)?.is_none()
        {
            return Err(absent("product-unknown", "such product"));
        }
        let id = ComplaintId::new(now, clock::random());
        let what = Complained {
            matter: new.matter,
            product: new.product.as_ref(),
            text: &new.text,
            secret_hash: new.secret_hash,
        };
        let decision = complaint::open(id, what, now).map_err(help_refused)?;
        self.knock_to_complain(from, now)?;
        self.decide(decision)?;
        Ok(id)
    }

    fn complaint_by_secret(&self, secret_hash: &[u8; 32]) -> Answer<Option<ComplaintTalk>> {
        let found = self.store.complaint_by_hash(secret_hash).map_err(stored)?;
        found.map(|complaint| self.complaint_talk(complaint)).transpose()
    }

    fn add_to_complaint(&self, secret_hash: &[u8; 32], text: &str, from: IpAddr) -> Answer<()> {
        let _turn = self.turns.people.take();
        let found = self.store.complaint_by_hash(secret_hash).map_err(stored)?;
        let complaint = found.ok_or_else(|| absent("complaint-unknown", "such complaint"))?;
        let now = clock::now();
        let decision = complaint::add(&complaint, text, now).map_err(help_refused)?;
        self.knock_to_complain(from, now)?;
        self.decide(decision).map(drop)
    }

    fn complaints(&self, open_only: bool, page: &PageAsk) -> Answer<Page<Complaint>> {
        let rows = self.store.complaints(open_only, cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |complaint| complaint.id.to_string()))
    }

    fn complaint(&self, id: ComplaintId) -> Answer<Option<ComplaintTalk>> {
        let found = self.store.complaint(id).map_err(stored)?;
        found.map(|complaint| self.complaint_talk(complaint)).transpose()
    }

    fn answer_complaint(&self, by: &Caller, id: ComplaintId, text: &str) -> Answer<()> {
        let _turn = self.turns.people.take();
        let complaint = self.complaint_or_absent(id)?;
        let decision = complaint::answer(&complaint, text, by.person.id, clock::now()).map_err(help_refused)?;
        self.decide(decision)?;
        if let Some(alert) = complaint.alert {
            self.tell(LiveEvent::Alert(alert));
        }
        Ok(())
    }

    fn close_complaint(&self, by: &Caller, id: ComplaintId, outcome: Outcome) -> Answer<()> {
        let _turn = self.turns.people.take();
        let complaint = self.complaint_or_absent(id)?;
        let decision = complaint::close(&complaint, outcome, by.person.id, clock::now()).map_err(help_refused)?;
        self.decide(decision).map(drop)
    }

    fn breaches(&self, page: &PageAsk) -> Answer<Page<Breach>> {
        let rows = self.store.breaches(cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |breach| breach.id.to_string()))
    }

    fn breach(&self, id: BreachId) -> Answer<Option<BreachView>> {
        let Some(breach) = self.store.breach(id).map_err(stored)? else { return Ok(None) };
        let lines = self.store.breach_lines(id, LINES_SHOWN).map_err(stored)?;
        let named = |line: holdfast_store::redress::BreachLine| {
            let who = self.store.person(line.by).map_err(stored)?.map(|person| person.name).unwrap_or_default();
            Ok((line.version, line.act, line.at, who))
        };
        let lines = lines.into_iter().map(named).collect::<Answer<_>>()?;
        let owners = u64::try_from(self.concerned(&breach)?.len()).unwrap_or(u64::MAX);
        Ok(Some(BreachView { breach, lines, owners }))
    }

    fn note_breach(&self, by: &Caller, entry: &Entry) -> Answer<BreachId> {
        self.products_of(entry)?;
        let now = clock::now();
        let id = BreachId::new(now, clock::random());
        self.decide(breach::note(id, entry.clone(), by.person.id, now).map_err(breach_refused)?)?;
        Ok(id)
    }

    fn amend_breach(&self, by: &Caller, id: BreachId, entry: &Entry, from_version: Option<u64>) -> Answer<()> {
        self.products_of(entry)?;
        self.with_breach(id, |breach, now| breach::amend(breach, entry.clone(), from_version, by.person.id, now))
    }

    fn breach_notified(&self, by: &Caller, id: BreachId, reference: &str) -> Answer<()> {
        self.with_breach(id, |breach, now| breach::notified(breach, reference, by.person.id, now))
    }

    fn tell_breach_owners(&self, by: &Caller, id: BreachId) -> Answer<u64> {
        let owners = self.concerned(&self.breach_or_absent(id)?)?;
        self.with_breach(id, |breach, now| breach::tell_owners(breach, &owners, by.person.id, now))?;
        Ok(u64::try_from(owners.len()).unwrap_or(u64::MAX))
    }

    fn close_breach(&self, by: &Caller, id: BreachId) -> Answer<()> {
        self.with_breach(id, |breach, now| breach::close(breach, by.person.id, now))
    }

    fn breach_report(&self, id: BreachId) -> Answer<Option<String>> {
        let Some(found) = self.store.breach(id).map_err(stored)? else { return Ok(None) };
        let policies = self.policies_in_force(clock::now())?;
        let authority = papers::authority(&policies).unwrap_or("(the policy on privacy names none yet)");
        let dossiers = self.store.public_dossiers().map_err(stored)?;
        let maker = dossiers.iter().find_map(|record| record.public.as_ref()).map(|public| &public.dossier.maker);
        let maker = maker.map(|maker| format!("{}, {}", maker.name, maker.address.replace('\n', ", ")));
        Ok(Some(breach::report(&found, maker.as_deref().unwrap_or("(no product is public yet)"), authority)))
    }
}

impl House {
    /// Complaints are counted by address and all together; the address itself is not stored.
    fn knock_to_complain(&self, from: IpAddr, now: Timestamp) -> Answer<()> {
        let mut throttle = self.entry.throttle();
        let key = Key::Other(COMPLAINED, place(from));
        throttle.knock(&key, now).and_then(|()| throttle.knock_as_stranger(COMPLAINED, now)).map_err(too_many)
    }

    fn complaint_or_absent(&self, id: ComplaintId) -> Answer<Complaint> {
        let found = self.store.complaint(id).map_err(stored)?;
        found.ok_or_else(|| absent("complaint-unknown", format_args!("complaint {id}")))
    }

    fn complaint_talk(&self, complaint: Complaint) -> Answer<ComplaintTalk> {
        let said = self.store.complaint_messages(complaint.id).map_err(stored)?;
        let mut names = BTreeMap::new();
        for author in said.iter().filter_map(|one| one.author) {
            let person = self.store.person(author).map_err(stored)?;
            names.insert(author, person.map(|person| person.name).unwrap_or_default());
        }
        Ok(ComplaintTalk { complaint, said, names })
    }

    fn breach_or_absent(&self, id: BreachId) -> Answer<Breach> {
        let found = self.store.breach(id).map_err(stored)?;
        found.ok_or_else(|| absent("breach-unknown", format_args!("breach {id}")))
    }

    fn with_breach(
        &self,
        id: BreachId,
        rule: impl FnOnce(&Breach, Timestamp) -> Result<holdfast_domain::decision::Decision, BreachRefusal>,
    ) -> Answer<()> {
        let _turn = self.turns.people.take();
        let breach = self.breach_or_absent(id)?;
        self.decide(rule(&breach, clock::now()).map_err(breach_refused)?)?;
        if let Some(alert) = breach.alert {
            self.tell(LiveEvent::Alert(alert));
        }
        Ok(())
    }

    fn products_of(&self, entry: &Entry) -> Answer<()> {
        for product in &entry.products {
            if self.store.product(product).map_err(stored)?.is_none() {
                return Err(absent("product-unknown", format_args!("product {product}")));
            }
        }
        Ok(())
    }

    /// Owners of the products concerned, each once.
    fn concerned(&self, breach: &Breach) -> Answer<Vec<PersonId>> {
        let mut owners = BTreeSet::new();
        for product in &breach.products {
            owners.extend(self.store.product_owners(product, "", OWNERS_MAX).map_err(stored)?);
        }
        Ok(owners.into_iter().collect())
    }

    /// Tells the staff of every complaint that waits too long and every breach whose 72 hours are over; at most `limit`.
    pub(crate) fn tell_late_redress(&self, limit: u32) -> Answer<()> {
        let now = clock::now();
        let late = self.store.complaints_late(now, limit).map_err(stored)?;
        let people = if late.is_empty() { Vec::new() } else { self.store.staff().map_err(stored)? };
        let staff: Vec<PersonId> =
            people.iter().filter(|person| may(person.role, Act::AnswerHelp)).map(|person| person.id).collect();
        for waiting in late {
            let _turn = self.turns.people.take();
            let alert = AlertId::new(now, clock::random());
            let again = self.complaint_or_absent(waiting.id)?;
            if let Some(decision) = complaint::overdue(&again, &staff, alert, now) {
                self.decide(decision)?;
                self.tell(LiveEvent::Alert(alert));
            }
        }
        for open in self.store.breaches_open(limit).map_err(stored)? {
            let _turn = self.turns.people.take();
            let alert = AlertId::new(now, clock::random());
            let again = self.breach_or_absent(open.id)?;
            if let Some(decision) = breach::overdue(&again, alert, now) {
                self.decide(decision)?;
                self.tell(LiveEvent::Alert(alert));
            }
        }
        Ok(())
    }
}

fn breach_refused(why: BreachRefusal) -> Stop {
    let kind = match why {
        BreachRefusal::VersionConflict(_)
        | BreachRefusal::Closed
        | BreachRefusal::NotifiedAlready
        | BreachRefusal::ToldAlready
        | BreachRefusal::NotNotified
        | BreachRefusal::NotTold => RefusalKind::Conflict,
        BreachRefusal::Text
        | BreachRefusal::Products
        | BreachRefusal::Noticed
        | BreachRefusal::Incomplete
        | BreachRefusal::LateWithoutReason
        | BreachRefusal::UnlikelyWithoutReason
        | BreachRefusal::NoAdvice => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

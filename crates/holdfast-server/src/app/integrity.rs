//! Appraisals, alerts and counted refusals, as people see them.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_domain::integrity::containment::close_alert;
use holdfast_domain::integrity::{Alert, Appraisal};
use holdfast_store::integrity::AlertFilter;
use holdfast_web::backend::integrity::{Integrity, RefusalCount};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, fault, refuse, stored};
use crate::clock;

impl Integrity for House {
    fn appraisals(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<Appraisal>> {
        let before = cursor::<i64>(page)?;
        let rows = self.store.appraisals(id, before, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |row| row.id.to_string());
        Ok(Page { rows: page.rows.into_iter().map(|row| row.appraisal).collect(), next: page.next })
    }

    fn alerts(&self, open_only: bool, device: Option<&DeviceId>, page: &PageAsk) -> Answer<Page<Alert>> {
        let filter = AlertFilter { open_only, device: device.cloned() };
        let rows = self.store.alerts(&filter, cursor::<AlertId>(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |alert| alert.id.to_string()))
    }

    fn alert(&self, id: AlertId) -> Answer<Option<Alert>> {
        self.store.alert(id).map_err(stored)
    }

    fn open_alerts(&self) -> Answer<u64> {
        self.store.open_alerts().map_err(stored)
    }

    fn close_alert(&self, by: &Caller, id: AlertId) -> Answer<()> {
        let alert = self.store.alert(id).map_err(stored)?;
        let alert = alert.ok_or_else(|| absent("alert-unknown", format_args!("alert {id}")))?;
        let decision = close_alert(&alert, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Conflict, why.name(), why.to_string()))?;
        self.decide(decision)?;
        self.tell(LiveEvent::Alert(id));
        Ok(())
    }

    fn refusals(&self) -> Answer<Vec<RefusalCount>> {
        self.write_refusals().map_err(|why| fault(&why))?;
        let rows = self.store.refusals().map_err(stored)?;
        let count = |row: holdfast_store::integrity::RefusalCount| RefusalCount {
            door: row.door,
            name: row.name,
            count: row.count,
            last: Some(row.last),
        };
        Ok(rows.into_iter().map(count).collect())
    }

    fn count_refusal(&self, name: &'static str) {
        self.detect.refused(name);
        self.refusals.add("api", name);
    }
}

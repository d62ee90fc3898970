//! Findings and playbooks, as people see and order them.

use holdfast_core::id::{ActionId, FindingId, ProductId};
use holdfast_domain::integrity::finding::{self, Finding, FindingRefusal, Subject};
use holdfast_domain::integrity::playbook::{self, Action, Order, PlaybookRefusal, Rule, Scope, StartFacts};
use holdfast_store::findings::{FindingFilter as StoredFilter, ProductStanding};
use holdfast_web::backend::findings::{FindingFilter, FindingView, Findings, Preview};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// Runs shown with a finding.
const ACTIONS_SHOWN: u32 = 20;

impl Findings for House {
    fn findings(&self, filter: &FindingFilter, page: &PageAsk) -> Answer<Page<Finding>> {
        let asked = StoredFilter {
            open_only: filter.open_only,
            subject: filter.subject.clone(),
            state: filter.state,
            kind: filter.kind,
            severity: filter.severity,
        };
        let rows = self.store.findings(&asked, cursor::<FindingId>(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |finding| finding.id.to_string()))
    }

    fn finding(&self, id: FindingId) -> Answer<Option<FindingView>> {
        let Some(finding) = self.store.finding(id).map_err(stored)? else { return Ok(None) };
        let product = self.product_of(&finding)?;
        let actions = self.store.actions(Some(id), None, ACTIONS_SHOWN).map_err(stored)?;
        Ok(Some(FindingView { finding, product, actions }))
    }

    fn open_findings(&self) -> Answer<u64> {
        self.store.open_findings().map_err(stored)
    }

    fn acknowledge_finding(&self, by: &Caller, id: FindingId) -> Answer<()> {
        let finding = self.finding_or_absent(id)?;
        self.decide(finding::acknowledge(&finding, &by.person.id, clock::now()).map_err(about_finding)?)?;
        self.tell(LiveEvent::Alert(finding.alert));
        Ok(())
    }

    fn dismiss_finding(&self, by: &Caller, id: FindingId) -> Answer<()> {
        let finding = self.finding_or_absent(id)?;
        let alert = self.store.alert(finding.alert).map_err(stored)?;
        let open = alert.is_some_and(|alert| alert.closed.is_none());
        self.decide(finding::dismiss(&finding, open, &by.person.id, clock::now()).map_err(about_finding)?)?;
        self.tell(LiveEvent::Alert(finding.alert));
        Ok(())
    }

    fn actions(&self, page: &PageAsk) -> Answer<Page<Action>> {
        let rows = self.store.actions(None, cursor::<ActionId>(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |action| action.id.to_string()))
    }

    fn action(&self, id: ActionId) -> Answer<Option<Action>> {
        self.store.action(id).map_err(stored)
    }

    fn preview_action(&self, scope: &Scope) -> Answer<Preview> {
        match scope {
            Scope::Device(id) => {
                let device = self.device_or_absent(id)?;
                let throttled = self.store.throttle(id).map_err(stored)?.is_some();
                Ok(Preview {
                    devices: 1,
                    online: u64::from(self.connections.is_online(id)),
                    quarantined: u64::from(device.quarantine.is_some()),
                    throttled: u64::from(throttled),
                })
            }
            Scope::Model(product) => {
                let ProductStanding { devices, online, quarantined, throttled } =
                    self.store.product_standing(product, clock::now()).map_err(stored)?;
                if devices == 0 && self.store.product(product).map_err(stored)?.is_none() {
                    return Err(absent("product-unknown", format_args!("product {product}")));
                }
                Ok(Preview { devices, online, quarantined, throttled })
            }
        }
    }

    fn start_action(&self, by: &Caller, finding: Option<FindingId>, order: Order) -> Answer<Action> {
        let found = finding.map(|id| self.finding_or_absent(id)).transpose()?;
        let devices = self.preview_action(&order.scope)?.devices;
        let product = match (&order.scope, &found) {
            (Scope::Device(device), _) => Some(self.device_or_absent(device)?.product),
            (Scope::Model(_), Some(finding)) => self.product_of(finding)?,
            (Scope::Model(_), None) => None,
        };
        let facts = StartFacts { finding: found.as_ref(), product: product.as_ref(), devices };
        let now = clock::now();
        let id = ActionId::new(now, clock::random());
        let (action, decision) = playbook::start(order, &facts, (id, &by.person.id), now).map_err(about_playbook)?;
        self.decide(decision)?;
        self.playbooks.notify_one();
        Ok(action)
    }

    fn undo_action(&self, by: &Caller, id: ActionId) -> Answer<()> {
        // A run that is under way moves under the same turn.
        let _turn = self.turns.devices.take();
        let action = self.store.action(id).map_err(stored)?;
        let action = action.ok_or_else(|| absent("action-unknown", format_args!("playbook run {id}")))?;
        self.decide(playbook::undo(&action, &by.person.id, clock::now()).map_err(about_playbook)?)?;
        self.playbooks.notify_one();
        Ok(())
    }

    fn playbook_rules(&self, product: Option<&ProductId>) -> Answer<Vec<Rule>> {
        self.store.playbook_rules(product).map_err(stored)
    }

    fn put_playbook_rule(&self, by: &Caller, rule: Rule) -> Answer<()> {
        if self.store.product(&rule.product).map_err(stored)?.is_none() {
            return Err(absent("product-unknown", format_args!("product {}", rule.product)));
        }
        self.decide(playbook::put_rule(rule, &by.person.id, clock::now()))?;
        Ok(())
    }

    fn used(&self, by: &Caller, bytes: u64) {
        self.detect.used(by.person.id, bytes);
    }
}

impl House {
    fn finding_or_absent(&self, id: FindingId) -> Answer<Finding> {
        let finding = self.store.finding(id).map_err(stored)?;
        finding.ok_or_else(|| absent("finding-unknown", format_args!("finding {id}")))
    }

    fn product_of(&self, finding: &Finding) -> Answer<Option<ProductId>> {
        match &finding.subject {
            Subject::Device(device) => Ok(self.store.device(device).map_err(stored)?.map(|device| device.product)),
            Subject::Model(product) => Ok(Some(product.clone())),
            Subject::Person(_) | Subject::Doors => Ok(None),
        }
    }
}

fn about_finding(why: FindingRefusal) -> Stop {
    refuse(RefusalKind::Conflict, why.name(), why.to_string())
}

fn about_playbook(why: PlaybookRefusal) -> Stop {
    let kind = match why {
        PlaybookRefusal::NothingToDo
        | PlaybookRefusal::ReasonMissing
        | PlaybookRefusal::ScopeForeign
        | PlaybookRefusal::BudgetTooSmall => RefusalKind::Unacceptable,
        PlaybookRefusal::CountNotConfirmed | PlaybookRefusal::FindingDismissed | PlaybookRefusal::Undone => {
            RefusalKind::Conflict
        }
    };
    refuse(kind, why.name(), why.to_string())
}

//! Made-up findings: a flooding device that was throttled, a slow drift, a leak, and a person who exports too much.

use holdfast_core::id::{ActionId, FindingId, PersonId, ProductId};
use holdfast_domain::integrity::finding::{Evidence, Finding, FindingKind, FindingState, Found, Subject, open};
use holdfast_domain::integrity::playbook::{Action, ActionState, Order, Play, Rule, Scope, Throttle};
use holdfast_web::backend::findings::{FindingFilter, FindingView, Findings, Preview};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Page, PageAsk};

use super::{NOON, Sample};

pub(crate) fn finding_id(n: u8) -> FindingId {
    FindingId::new(NOON, [n; 10])
}

pub(crate) fn action_id(n: u8) -> ActionId {
    ActionId::new(NOON, [n; 10])
}

fn series(calm: usize, last: &[f64]) -> Vec<f64> {
    let calm = (0..calm).map(|n| [0.25, -0.75, 0.5, 1.25, -1.0, 0.0, -0.25][n % 7]);
    calm.chain(last.iter().copied()).collect()
}

impl Sample {
    fn made(&self, n: u8, subject: Subject, kind: FindingKind, seconds: (u64, u64), evidence: Evidence) -> Finding {
        let found = Found { subject, kind, began: self.ago(seconds.0 + seconds.1), evidence };
        open(found, (finding_id(n), super::alert_id(n)), self.ago(seconds.0)).0
    }

    fn all_findings(&self) -> Vec<Finding> {
        let device = |id: &str| Subject::Device(id.parse().unwrap());
        let plain = |observed, expected, spread, series| Evidence {
            observed,
            expected,
            spread,
            window_ms: 60_000,
            series,
            devices: 1,
            ..Evidence::default()
        };
        let flood = plain(912.0, 10.2, 3.4, series(40, &[2.0, 24.5, 29.75, 31.5, 31.0]));
        let mut flood = self.made(1, device("hearth-0003"), FindingKind::MessageRateHigh, (420, 180), flood);
        (flood.state, flood.times, flood.contained) = (FindingState::Acted, 7, Some(self.ago(400)));
        let drift = Evidence {
            field: Some("climate.temperature".to_owned()),
            scaled: true,
            ..plain(14.2, 0.0, 1.0, series(30, &[1.5, 2.0, 3.25, 4.5, 6.0, 8.5, 11.0, 14.25]))
        };
        let drift = self.made(2, device("hearth-0006"), FindingKind::ValueDrift, (5_400, 7_200), drift);
        let many = Evidence { devices: 640, ..plain(88.0, 12.0, 3.0, series(36, &[6.0, 19.0, 22.5])) };
        let product: ProductId = "hearth-thermostat".parse().unwrap();
        let many = self.made(3, Subject::Model(product), FindingKind::RefusalsHigh, (9_000, 240), many);
        let export = plain(214_000_000.0, 1_900_000.0, 19_000_000.0, Vec::new());
        let person = Subject::Person(PersonId::new(NOON, [4; 10]));
        let mut export = self.made(4, person, FindingKind::ExportVolumeHigh, (86_000, 60), export);
        export.state = FindingState::Dismissed;
        vec![flood, drift, many, export]
    }

    fn throttled(&self) -> Action {
        Action {
            id: action_id(1),
            finding: Some(finding_id(1)),
            play: Play::Throttle(Throttle::default()),
            scope: Scope::Device("hearth-0003".parse().unwrap()),
            by: None,
            reason: "Standing rule of hearth-thermostat for message-rate-high.".to_owned(),
            ordered: self.ago(418),
            state: ActionState::Done,
            cursor: None,
            changed: 1,
            left: 0,
            restored: 0,
            done: Some(self.ago(400)),
            undone: None,
        }
    }
}

impl Findings for Sample {
    fn findings(&self, filter: &FindingFilter, _: &PageAsk) -> Answer<Page<Finding>> {
        let wanted = |finding: &Finding| {
            (!filter.open_only || finding.is_open())
                && filter.subject.as_ref().is_none_or(|subject| finding.subject == *subject)
                && filter.state.is_none_or(|state| finding.state == state)
                && filter.kind.is_none_or(|kind| finding.kind == kind)
                && filter.severity.is_none_or(|severity| finding.severity == severity)
        };
        let all = if self.empty() { Vec::new() } else { self.all_findings() };
        Ok(Page::whole(all.into_iter().filter(wanted).collect()))
    }

    fn finding(&self, id: FindingId) -> Answer<Option<FindingView>> {
        let finding = self.all_findings().into_iter().find(|finding| finding.id == id);
        Ok(finding.map(|finding| FindingView {
            product: match &finding.subject {
                Subject::Device(_) | Subject::Model(_) => Some("hearth-thermostat".parse().unwrap()),
                Subject::Person(_) | Subject::Doors => None,
            },
            actions: if id == finding_id(1) { vec![self.throttled()] } else { Vec::new() },
            finding,
        }))
    }

    fn open_findings(&self) -> Answer<u64> {
        Ok(if self.empty() { 0 } else { 3 })
    }

    fn acknowledge_finding(&self, _: &Caller, id: FindingId) -> Answer<()> {
        self.note(format!("acknowledge_finding {id}"));
        Ok(())
    }

    fn dismiss_finding(&self, _: &Caller, id: FindingId) -> Answer<()> {
        self.note(format!("dismiss_finding {id}"));
        Ok(())
    }

    fn actions(&self, _: &PageAsk) -> Answer<Page<Action>> {
        Ok(Page::whole(if self.empty() { Vec::new() } else { vec![self.throttled()] }))
    }

    fn action(&self, id: ActionId) -> Answer<Option<Action>> {
        Ok(Some(self.throttled()).filter(|action| action.id == id))
    }

    fn preview_action(&self, scope: &Scope) -> Answer<Preview> {
        Ok(match scope {
            Scope::Device(_) => Preview { devices: 1, online: 1, quarantined: 0, throttled: 1 },
            Scope::Model(_) => Preview { devices: 12, online: 9, quarantined: 1, throttled: 1 },
        })
    }

    fn start_action(&self, _: &Caller, finding: Option<FindingId>, order: Order) -> Answer<Action> {
        let (play, confirmed) = (order.play.word(), order.confirmed);
        self.note(format!("start_action {} {play} {confirmed:?} {}", finding.is_some(), order.reason));
        Ok(self.throttled())
    }

    fn undo_action(&self, _: &Caller, id: ActionId) -> Answer<()> {
        self.note(format!("undo_action {id}"));
        Ok(())
    }

    fn playbook_rules(&self, _: Option<&ProductId>) -> Answer<Vec<Rule>> {
        Ok(Vec::new())
    }

    fn put_playbook_rule(&self, _: &Caller, rule: Rule) -> Answer<()> {
        self.note(format!("put_playbook_rule {}", rule.play.word()));
        Ok(())
    }

    fn used(&self, _: &Caller, _: u64) {}
}

//! The sample's account of telemetry: a little is missing, a little was refused, somebody failed to sign in.

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_domain::telemetry::gaps::{Gap, Span};
use holdfast_domain::telemetry::score::Score;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::telemetry::{
    Account, AsideView, FaultView, LogView, Replayed, RetentionView, SignatureCheck, Telemetry,
};
use holdfast_web::backend::{Answer, Page, PageAsk};

use super::Sample;

impl Telemetry for Sample {
    fn account(&self, _: &DeviceId, _: &StreamId) -> Answer<Account> {
        let span = |first, last| Span { first, last };
        Ok(Account {
            runs: vec![span(1, 88_000), span(88_010, 88_500), span(88_901, 90_000)],
            gaps: vec![
                Gap { span: span(88_001, 88_009), reason: None },
                Gap { span: span(88_501, 88_900), reason: Some("queue-full".to_owned()) },
            ],
            missing: 9,
            shed: 400,
            unlisted: 0,
            repeats: 3,
            score: Score {
                completeness: 99,
                timeliness: 97,
                validity: 98,
                consistency: 100,
                overall: 97,
                stale: false,
            },
            looked_at: 1_000,
        })
    }
    fn asides(&self, _: &DeviceId, page: &PageAsk, clear: bool) -> Answer<Page<AsideView>> {
        let one = |n: u64| AsideView {
            id: 90 - i64::try_from(n).unwrap(),
            stream: "climate".to_owned(),
            reason: if n == 0 { "undeclared-field" } else { "out-of-range" }.to_owned(),
            field: Some("temperature".to_owned()),
            waits: n == 0,
            received: self.ago(n * 60),
            payload: clear
                .then(|| r#"{"c":7,"f":{"temperature":999,"note":"<script>alert(1)</script>"},"t":1}"#.to_owned()),
        };
        Ok(Page::whole((0..u64::from(page.rows.min(3))).map(one).collect()))
    }
    fn faults(&self, _: &DeviceId) -> Answer<Vec<FaultView>> {
        Ok(vec![FaultView {
            stream: "climate".to_owned(),
            field: "temperature".to_owned(),
            reason: "out-of-range".to_owned(),
            count: 17,
            last: self.ago(60),
        }])
    }
    fn device_log(&self, _: &DeviceId, page: &PageAsk) -> Answer<Page<LogView>> {
        let one = |n: u32| LogView {
            counter: 4,
            line: 2 - n,
            level: if n == 0 { "security" } else { "info" }.to_owned(),
            code: if n == 0 { "sign-in-failed" } else { "start" }.to_owned(),
            text: "</table><script>alert(1)</script> \u{241b}[31mroot".to_owned(),
            at: self.ago(90),
            received: self.ago(89),
        };
        Ok(Page::whole((0..u32::from(page.rows.min(2))).map(one).collect()))
    }
    fn check_signatures(&self, _: &DeviceId, _: &StreamId) -> Answer<SignatureCheck> {
        Ok(SignatureCheck { signatures: 2, verified: 63, altered: vec![17], ..SignatureCheck::default() })
    }
    fn replay(&self, _: &Caller, product: &ProductId) -> Answer<Replayed> {
        self.note(format!("replay {product}"));
        Ok(Replayed { stored: 2, repeats: 0, waiting: 1 })
    }
    fn retention(&self) -> Answer<Vec<RetentionView>> {
        Ok(vec![RetentionView {
            product: "hearth-thermostat".parse().unwrap(),
            stream: "climate".to_owned(),
            keep_ms: 2_592_000_000,
            deleted: 90_000,
            deleted_last: 120,
            last_run: Some(self.ago(100)),
            next_run: None,
        }])
    }
}

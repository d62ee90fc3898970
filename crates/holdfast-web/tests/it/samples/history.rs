//! The sample's ledger and catalogue.

use holdfast_core::id::DeviceId;
use holdfast_domain::conformity::Status;
use holdfast_web::backend::history::{
    Authority, Checkpoint, Conformity, ConformityRow, EntryProof, History, LedgerAsk, LedgerEntry, LedgerOf,
};
use holdfast_web::backend::{Answer, Ground as _, Page, PageAsk};

use super::Sample;

const ENTRIES: u64 = 131;

const CAPABILITIES: [(&str, &str); 6] = [
    ("C01", "Device identity, enrolment and asset custody"),
    ("C03", "Secure channels, keys and secret custody"),
    ("C05", "Software update service"),
    ("C06", "Device integrity, quarantine and recovery"),
    ("C10", "Trusted time and tamper-evident ledger"),
    ("C13", "Conformity evidence and risk register"),
];

const TEXTS: [&str; 5] = [
    "Every unit has its own unforgeable identity, made in the device and never copied.",
    "Updates are signed by more than one person, and verified by the device before anything is written.",
    "A device that was changed is contained and told to its owner and to the maker.",
    "Keys have an owner, a place and a date of change.",
    "Security decisions are written down so that nobody can edit them afterwards.",
];

impl Sample {
    fn entry(&self, index: u64) -> LedgerEntry {
        let kinds = [
            "device-enrolled",
            "evidence-contradicted",
            "release-published",
            "deployment-started",
            "certificate-issued",
        ];
        let kind = kinds[(index % 5) as usize];
        let at = self.ago((ENTRIES - index) * 61);
        let leaf =
            format!("{{\"at\":{},\"kind\":\"{kind}\",\"device\":\"hearth-{:04}\"}}", at.as_micros(), index % 12 + 1);
        LedgerEntry { index, at, kind: kind.to_owned(), leaf, leaf_hash: [index as u8; 32] }
    }

    fn size(&self) -> u64 {
        if self.empty() { 0 } else { ENTRIES }
    }
}

impl History for Sample {
    fn authority(&self) -> Answer<Authority> {
        Ok(Authority {
            ca_pem: "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n".to_owned(),
            cas_pem: vec!["-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n".to_owned()],
            freshness_key: "a401022001".to_owned(),
            ledger_key: "hearthworks.example/ledger+7f31c2aa+AQJmZGx0aGUga2V5".to_owned(),
            ledger_origin: "hearthworks.example/ledger".to_owned(),
        })
    }
    fn checkpoint(&self) -> Answer<Checkpoint> {
        let note = format!(
            "hearthworks.example/ledger\n{}\nqzV0Zr5yF8oMZ0m1mX6v0c9o1u3zYkQ4n7b2s5d8g1A=\n\n— hearthworks.example/ledger fzHCqkQ3Zm9vYmFyYmF6cXV4\n",
            self.size()
        );
        Ok(Checkpoint { note, size: self.size(), root: [0xab; 32] })
    }
    fn ledger_entries(&self, from: u64, rows: u16) -> Answer<Vec<LedgerEntry>> {
        Ok((from..self.size().min(from + u64::from(rows))).map(|index| self.entry(index)).collect())
    }
    fn ledger_search(&self, ask: &LedgerAsk, page: &PageAsk) -> Answer<Page<LedgerEntry>> {
        let after = page.after.as_deref().map_or(self.size(), |after| after.parse().unwrap());
        let all = (0..after).rev().map(|index| self.entry(index));
        let fits = |entry: &LedgerEntry| match &ask.of {
            LedgerOf::All => true,
            LedgerOf::Kind(kind) => entry.kind == *kind,
            LedgerOf::Device(device) => entry.leaf.contains(device.as_str()),
            LedgerOf::Person(_) => false,
        };
        let mut rows: Vec<_> = all.filter(fits).take(usize::from(page.rows) + 1).collect();
        let more = rows.len() > usize::from(page.rows);
        rows.truncate(usize::from(page.rows));
        let next = if more { rows.last().map(|entry| entry.index.to_string()) } else { None };
        Ok(Page { rows, next })
    }
    fn ledger_entry(&self, index: u64) -> Answer<Option<EntryProof>> {
        if index >= self.size() {
            return Ok(None);
        }
        Ok(Some(EntryProof { entry: self.entry(index), head: self.checkpoint()?, path: Some(vec![[7; 32], [8; 32]]) }))
    }
    fn device_ledger(&self, _: &DeviceId, page: &PageAsk) -> Answer<Page<LedgerEntry>> {
        let rows = (0..self.size()).rev().step_by(12).take(usize::from(page.rows)).map(|index| self.entry(index));
        Ok(Page::whole(rows.collect()))
    }
    fn conformity(&self) -> Answer<Conformity> {
        let row = |n: usize| {
            let status = match n % 16 {
                0..3 => Status::Met,
                3 => Status::MetOtherwise,
                4 if n == 20 => Status::NotMet,
                5 => Status::NotApplicable,
                _ => Status::Open,
            };
            let status = if self.empty() { Status::Open } else { status };
            ConformityRow {
                id: format!("CoP-{}.{}", n / 30 + 1, n % 30 + 1),
                text: TEXTS[n % 5].to_owned(),
                level: ["shall", "should", "may", "informative"][n % 4].to_owned(),
                capability: CAPABILITIES[n % 6].0.to_owned(),
                evidence: match status {
                    Status::Met => "16 devices enrolled, each with its own key; no key was seen twice.".to_owned(),
                    Status::MetOtherwise => "Shown by the maker's own process, with its reason on record.".to_owned(),
                    Status::NotMet => "One device runs software below the floor.".to_owned(),
                    Status::NotApplicable => "The product has no such interface.".to_owned(),
                    Status::Open => String::new(),
                },
                as_of: (status == Status::Met).then(|| self.ago(60 * n as u64)),
                status,
            }
        };
        Ok(Conformity {
            catalogue: "2026-11".to_owned(),
            at: self.now(),
            capabilities: CAPABILITIES.map(|(id, title)| (id.to_owned(), title.to_owned())).to_vec(),
            rows: (0..382).map(row).collect(),
        })
    }
}

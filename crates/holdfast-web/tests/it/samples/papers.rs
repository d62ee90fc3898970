//! The sample's papers: a privacy policy that changes soon, a security policy that nobody looked at again, a recall.

use holdfast_core::time::Timestamp;
use holdfast_domain::papers::{Document, Paper, put};
use holdfast_web::backend::papers::{PaperView, Papers};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Ground as _, RefusalKind};

use super::{Sample, person, refuse};

const PRIVACY: &str = r#"{"kind":"policy","owner":"Privacy officer","text":{"en":"We keep readings for 30 days."},
    "change":{"en":"30 days instead of 60."},"authority":"The authority\n1 Square","effective":"EFFECTIVE","review":"2027-12-31"}"#;
const SECURITY: &str = r#"{"kind":"policy","owner":"Head of security","text":{"en":"We fix flaws in 30 days."},
    "effective":"2025-01-01","review":"2026-06-30"}"#;
const RECALL: &str = r#"{"kind":"bulletin","what":"action","product":"hearth-thermostat","serials":["hearth-00*"],
    "title":{"en":"Change the battery","de":"Batterie wechseln"},"happened":{"en":"A batch of batteries may leak."},
    "steps":[{"en":"Open the lid."},{"en":"Put in new batteries."}],"deadline":"2027-01-31",
    "contact":"mailto:help@hearth.example"}"#;

impl Sample {
    fn all_papers(&self) -> Vec<Paper> {
        if self.empty() {
            return Vec::new();
        }
        let by = person(5).id;
        let paper = |id: &str, version, text: &str, days: u64| Paper {
            id: id.to_owned(),
            version,
            document: Document::parse(text).unwrap(),
            at: Timestamp::from_micros(self.ago(86_400 * days).as_micros()),
            by,
        };
        vec![
            paper("battery-recall", 1, RECALL, 1),
            paper("privacy", 2, &PRIVACY.replace("EFFECTIVE", "2026-12-31"), 2),
            paper("security", 1, SECURITY, 600),
            paper("privacy", 1, &PRIVACY.replace("EFFECTIVE", "2026-01-01"), 300),
        ]
    }
}

impl Papers for Sample {
    fn public_papers(&self) -> Answer<Vec<Paper>> {
        Ok(self.all_papers())
    }
    fn papers(&self) -> Answer<Vec<PaperView>> {
        let view = |paper| PaperView { paper, told: 812, told_all: true, owners: 1_204 };
        Ok(self.all_papers().into_iter().map(view).collect())
    }
    fn paper(&self, id: &str) -> Answer<Vec<Paper>> {
        Ok(self.all_papers().into_iter().filter(|paper| paper.id == id).collect())
    }
    fn put_paper(&self, by: &Caller, id: &str, text: &str, from_version: Option<u64>) -> Answer<Paper> {
        let known = self.paper(id)?;
        let document = Document::parse(text);
        let Ok(document) = document else {
            return refuse(RefusalKind::Unacceptable, "paper-malformed", "the paper cannot be read");
        };
        let Ok(_) = put(known.first(), id, document.clone(), from_version, &by.person.id, self.now()) else {
            return refuse(RefusalKind::Unacceptable, "paper-incomplete", "not ready");
        };
        self.note(format!("paper {id}"));
        let version = known.first().map_or(1, |paper| paper.version + 1);
        Ok(Paper { id: id.to_owned(), version, document, at: self.now(), by: by.person.id })
    }
}

//! The sample's answers about retailers, records and labels, complaints and breaches.

use std::net::IpAddr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{BreachId, ComplaintId, PersonId, ProductId, ProofId, ReaderId, ShopId};
use holdfast_core::label::{Evidence, Label};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::custody::Station;
use holdfast_domain::fleet::label::Stale;
use holdfast_domain::fleet::proof::{Proof, Said as Record};
use holdfast_domain::fleet::shop::{Acceptance, DUTIES_VERSION, Fetched, Returned, Shop, Wipe};
use holdfast_domain::people::Role;
use holdfast_domain::people::breach::{Account, Breach, BreachAct, Entry, Risk};
use holdfast_domain::people::complaint::{Complaint, Matter, Said};
use holdfast_domain::people::help::{Outcome, Stands};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::proofs::{LabelView, Proofs, ProofsView};
use holdfast_web::backend::redress::{BreachView, ComplaintTalk, NewComplaint, Redress};
use holdfast_web::backend::shops::{ShopView, Shops};
use holdfast_web::backend::{Answer, Page, PageAsk, RefusalKind};
use holdfast_web::secret::Secret;

use super::devices::thermostat;
use super::{NOON, ROLES, Sample, person, refuse};

const DAY: u64 = 86_400;

/// The secret in addresses of shops and complaints: 32 bytes of 0x17.
fn known(hash: &[u8; 32]) -> bool {
    Secret::from_random([0x17; 32]).hash() == *hash
}

fn ahead(seconds: u64) -> Timestamp {
    NOON.plus(Millis(seconds * 1_000))
}

fn officer() -> PersonId {
    let at = ROLES.iter().position(|role| *role == Role::PrivacyOfficer).unwrap();
    person(at).id
}

fn shop(sample: &Sample) -> Shop {
    Shop {
        id: shop_id(),
        name: "Corner Electrics".to_owned(),
        secret_hash: Secret::from_random([0x17; 32]).hash(),
        made: sample.ago(90 * DAY),
        retired: None,
        readers: vec!["dock-2".parse().unwrap()],
    }
}

fn shop_id() -> ShopId {
    "019c0000-0000-7000-8000-000000000001".parse().unwrap()
}

fn shop_view(sample: &Sample) -> ShopView {
    let id = shop_id();
    let accepted = Acceptance { shop: id, version: DUTIES_VERSION, who: "B. Keeper".to_owned(), at: sample.ago(DAY) };
    ShopView {
        shop: shop(sample),
        fetched: vec![Fetched { document: "feed".to_owned(), at: sample.ago(7_200), times: 41 }],
        accepted: vec![accepted],
    }
}

impl Shops for Sample {
    fn shops(&self) -> Answer<Vec<ShopView>> {
        Ok(if self.empty() { Vec::new() } else { vec![shop_view(self)] })
    }
    fn shop(&self, id: ShopId) -> Answer<Option<ShopView>> {
        Ok((id == shop_id()).then(|| shop_view(self)))
    }
    fn add_shop(&self, _: &Caller, name: &str, _: &[u8; 32]) -> Answer<ShopId> {
        if name.trim().is_empty() {
            return refuse(RefusalKind::Unacceptable, "shop-name", "a name has 1 to 120 characters");
        }
        self.note(format!("add shop {name}"));
        Ok(shop_id())
    }
    fn retire_shop(&self, _: &Caller, id: ShopId) -> Answer<()> {
        self.note(format!("retire shop {id}"));
        Ok(())
    }
    fn set_shop_readers(&self, _: &Caller, id: ShopId, readers: &[ReaderId]) -> Answer<()> {
        self.note(format!("{} readers of shop {id}", readers.len()));
        Ok(())
    }
    fn shop_by_secret(&self, secret_hash: &[u8; 32]) -> Answer<Option<ShopView>> {
        Ok(known(secret_hash).then(|| shop_view(self)))
    }
    fn shop_fetched(&self, _: &Shop, document: &str) -> Answer<()> {
        self.note(format!("fetched {document}"));
        Ok(())
    }
    fn shop_units(&self, _: ShopId, _: &PageAsk) -> Answer<Page<Returned>> {
        let unit = |device: &str, station, wipe| Returned {
            device: device.parse().unwrap(),
            product: thermostat(),
            back: self.ago(9 * DAY),
            station,
            seen: self.ago(DAY),
            wipe,
        };
        let all = vec![
            unit("hearth-0003", Station::Refurbishment, Wipe::Wiped { at: self.ago(2 * DAY) }),
            unit("hearth-0005", Station::Return, Wipe::Waits { since: self.ago(DAY) }),
            unit("hearth-0007", Station::Shop, Wipe::StillOwned),
        ];
        Ok(Page::whole(if self.empty() { Vec::new() } else { all }))
    }
    fn accept_duties(&self, _: &Shop, who: &str, _: u32, ticked: &[&str]) -> Answer<()> {
        if ticked.len() < 7 {
            return refuse(RefusalKind::Unacceptable, "duties-not-all", "every duty is accepted, or none");
        }
        self.note(format!("duties accepted by {who}"));
        Ok(())
    }
}

fn proof(sample: &Sample, text: &str) -> Proof {
    Proof {
        id: ProofId::new(sample.ago(DAY), [1; 10]),
        product: thermostat(),
        said: Record::parse(text).unwrap(),
        at: sample.ago(DAY),
        by: officer(),
    }
}

impl Proofs for Sample {
    fn label(&self, product: &ProductId) -> Answer<Option<LabelView>> {
        let claims: Vec<(String, String)> = [
            ("models", "HT-1"),
            ("support-until", "2034-12-31"),
            ("updates", "possible"),
            ("credentials", "unique-per-device"),
            ("microphone", "no"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if *product != thermostat() {
            let stale = |what: &str, since| Stale { what: what.to_owned(), since };
            let stale = vec![stale("firmware-proved", Some(self.ago(DAY))), stale("policy-security", None)];
            return Ok(Some(LabelView { claims, signed: None, stale }));
        }
        let evidence = vec![Evidence {
            what: "support-promise".to_owned(),
            link: "https://hearth.example/p/hearth-thermostat/support".to_owned(),
            at: self.ago(20 * DAY),
            until: ahead(7 * DAY),
        }];
        let label = Label {
            product: product.clone(),
            name: "Hearth thermostat".to_owned(),
            version: "1.2.0".to_owned(),
            manifest: Some(Sha256Digest::of(b"manifest")),
            address: "https://hearth.example/p/hearth-thermostat".to_owned(),
            issued: NOON,
            expires: ahead(7 * DAY),
            trust_version: 1,
            claims: claims.clone(),
            evidence,
        };
        Ok(Some(LabelView { claims, signed: Some((label, vec![0xd2, 0x84])), stale: Vec::new() }))
    }
    fn proofs(&self, product: &ProductId) -> Answer<Option<ProofsView>> {
        if *product != thermostat() {
            return Ok(None);
        }
        if self.empty() {
            return Ok(Some(ProofsView { proofs: Vec::new(), missing: vec!["packaging-no-photograph"] }));
        }
        let test = r#"{"usability":{"tester":"Lab North","testers":6,"outside":true,
            "tasks":[{"name":"Claim it","critical":true,"tried":6,"succeeded":6}]}}"#;
        let photo = format!(r#"{{"photograph":{{"of":"Retail box","photo":"{}"}}}}"#, Sha256Digest::of(b"photo"));
        let ada = Some("Ada Okafor".to_owned());
        let proofs = vec![(proof(self, test), ada.clone()), (proof(self, &photo), ada)];
        Ok(Some(ProofsView { proofs, missing: vec!["interface-not-checked", "packaging-no-link"] }))
    }
    fn keep_proof(&self, _: &Caller, product: &ProductId, text: &str) -> Answer<Proof> {
        match Record::parse(text) {
            Ok(_) => {
                self.note(format!("keep record of {product}"));
                Ok(proof(self, text))
            }
            Err(why) => refuse(RefusalKind::Unacceptable, why.name(), &why.to_string()),
        }
    }
    fn keep_photo(&self, _: &Caller, product: &ProductId, of: &str, _: &[u8]) -> Answer<Proof> {
        self.note(format!("keep photograph of {product}: {of}"));
        let photo = format!(r#"{{"photograph":{{"of":"Retail box","photo":"{}"}}}}"#, Sha256Digest::of(b"photo"));
        Ok(proof(self, &photo))
    }
    fn photo(&self, _: ProofId) -> Answer<Option<(&'static str, Vec<u8>)>> {
        Ok(None)
    }
}

fn complaint(sample: &Sample) -> Complaint {
    let opened = sample.ago(2 * DAY);
    Complaint {
        id: "019c0000-0000-7000-8000-000000000001".parse().unwrap(),
        secret_hash: Secret::from_random([0x17; 32]).hash(),
        matter: Matter::Watching,
        product: Some(thermostat()),
        opened,
        due: ahead(DAY),
        answered: None,
        stands: Stands::WaitsForMaker,
        messages: 1,
        alert: None,
    }
}

fn complaint_talk(sample: &Sample) -> ComplaintTalk {
    let complaint = complaint(sample);
    let said = Said {
        complaint: complaint.id,
        number: 0,
        author: None,
        at: complaint.opened,
        text: "The light is on at night.\nWhy?".to_owned(),
    };
    ComplaintTalk { complaint, said: vec![said], names: std::collections::BTreeMap::new() }
}

fn breach(sample: &Sample, told: bool) -> Breach {
    let noticed = sample.ago(DAY);
    Breach {
        id: breach_id(),
        version: 3,
        noticed,
        due: noticed.plus(Millis(3 * DAY * 1_000)),
        risk: Risk::High,
        products: vec![thermostat()],
        account: Account {
            nature: "A list of households was readable by every member of the staff.".to_owned(),
            people: Some(40),
            contact: "privacy@hearth.example".to_owned(),
            consequences: "Somebody may learn who lives where.".to_owned(),
            measures: "The list is closed.".to_owned(),
            advice: "You need do nothing. We tell you if yours was read.".to_owned(),
            ..Account::default()
        },
        notified: None,
        reference: String::new(),
        told: told.then(|| (sample.ago(3_600), 31)),
        closed: None,
        alert: None,
    }
}

fn breach_id() -> BreachId {
    "019c0000-0000-7000-8000-000000000001".parse().unwrap()
}

impl Redress for Sample {
    fn complain(&self, new: &NewComplaint, _: IpAddr) -> Answer<ComplaintId> {
        if new.text.trim().is_empty() {
            return refuse(RefusalKind::Unacceptable, "help-text-length", "a message has 1 to 4000 characters");
        }
        self.note(format!("complain about {}", new.matter.word()));
        Ok(complaint(self).id)
    }
    fn complaint_by_secret(&self, secret_hash: &[u8; 32]) -> Answer<Option<ComplaintTalk>> {
        Ok(known(secret_hash).then(|| complaint_talk(self)))
    }
    fn add_to_complaint(&self, _: &[u8; 32], _: &str, _: IpAddr) -> Answer<()> {
        self.note("add to complaint");
        Ok(())
    }
    fn complaints(&self, _: bool, _: &PageAsk) -> Answer<Page<Complaint>> {
        Ok(Page::whole(if self.empty() { Vec::new() } else { vec![complaint(self)] }))
    }
    fn complaint(&self, id: ComplaintId) -> Answer<Option<ComplaintTalk>> {
        Ok((id == complaint(self).id).then(|| complaint_talk(self)))
    }
    fn answer_complaint(&self, _: &Caller, id: ComplaintId, _: &str) -> Answer<()> {
        self.note(format!("answer complaint {id}"));
        Ok(())
    }
    fn close_complaint(&self, _: &Caller, id: ComplaintId, outcome: Outcome) -> Answer<()> {
        self.note(format!("close complaint {id} as {}", outcome.word()));
        Ok(())
    }
    fn breaches(&self, _: &PageAsk) -> Answer<Page<Breach>> {
        Ok(Page::whole(if self.empty() { Vec::new() } else { vec![breach(self, false)] }))
    }
    fn breach(&self, id: BreachId) -> Answer<Option<BreachView>> {
        let lines = vec![(1, BreachAct::Noted, self.ago(DAY), "Ada Okafor".to_owned())];
        Ok((id == breach_id()).then(|| BreachView { breach: breach(self, !self.empty()), lines, owners: 31 }))
    }
    fn note_breach(&self, _: &Caller, entry: &Entry) -> Answer<BreachId> {
        if entry.account.nature.trim().is_empty() {
            return refuse(RefusalKind::Unacceptable, "breach-text", "say what happened");
        }
        self.note(format!("note breach of risk {}", entry.risk.word()));
        Ok(breach_id())
    }
    fn amend_breach(&self, _: &Caller, id: BreachId, _: &Entry, _: Option<u64>) -> Answer<()> {
        self.note(format!("amend breach {id}"));
        Ok(())
    }
    fn breach_notified(&self, _: &Caller, id: BreachId, reference: &str) -> Answer<()> {
        self.note(format!("breach {id} notified as {reference}"));
        Ok(())
    }
    fn tell_breach_owners(&self, _: &Caller, id: BreachId) -> Answer<u64> {
        self.note(format!("tell owners of breach {id}"));
        Ok(31)
    }
    fn close_breach(&self, _: &Caller, id: BreachId) -> Answer<()> {
        self.note(format!("close breach {id}"));
        Ok(())
    }
    fn breach_report(&self, id: BreachId) -> Answer<Option<String>> {
        Ok((id == breach_id()).then(|| "NOTIFICATION OF A PERSONAL DATA BREACH\n".to_owned()))
    }
}

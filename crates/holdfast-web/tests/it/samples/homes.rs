//! Made-up homes: one device with an owner, a member, an invitation, a paired phone, and claims in every state.

use std::net::IpAddr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, CommandId, DeviceId, InvitationId, PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::homes::recall::{Recall, RecallReason};
use holdfast_domain::homes::{ClaimEnd, ClaimState, Digits, PairedController, Place, Release, Rights};
use holdfast_web::backend::homes::{
    ClaimCard, ClaimView, Contest, DataTaken, Homes, Household, InvitationCard, Invited, MyDevice, OwnerSeen, Resident,
    SeeReason, SetUp, SettingAtStart,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Ground as _, Refusal, RefusalKind, Stop};

use super::{NOON, Sample};

/// The only code that the sample knows.
pub(crate) const CODE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DEVICE: &str = "hearth-0001";
const SEE: Rights = Rights { control: false, manage_updates: false, see_data: true };

/// Claims 1 to 4 wait, are contested, are done, came to nothing.
pub(crate) fn claim_id(n: u8) -> ClaimId {
    ClaimId::new(NOON, [n; 10])
}

fn nobody() -> Stop {
    let detail = "there is no such device".to_owned();
    Stop::Refused(Refusal { kind: RefusalKind::Absent, name: "device-unknown", detail })
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOON.as_micros() + seconds * 1_000_000)
}

fn release() -> Release {
    Release {
        order: CommandId::new(NOON, [9; 10]),
        device: DEVICE.parse().unwrap(),
        begun: NOON,
        held: None,
        wiped: None,
        swept: None,
    }
}

fn recall() -> Recall {
    Recall {
        owner: PersonId::new(NOON, [1; 10]),
        by: PersonId::new(NOON, [8; 10]),
        reason: RecallReason::OwnerAsked,
        asked: NOON,
        until: later(72 * 3_600),
    }
}

fn resident(n: u8, name: &str, rights: Rights) -> Resident {
    Resident { person: PersonId::new(NOON, [n; 10]), name: name.to_owned(), rights, since: NOON }
}

fn model() -> SetUp {
    SetUp {
        data: vec![DataTaken {
            title: "Room climate".to_owned(),
            purpose: Some("Keep the room at its target.".to_owned()),
            personal: true,
            sensitive: false,
        }],
        settings: vec![SettingAtStart {
            guard: None,
            name: "targetTemperature".to_owned(),
            title: "Target temperature".to_owned(),
            value: Some("20".to_owned()),
        }],
        signals: vec![("en".to_owned(), "The ring glows orange.".to_owned())],
        shows_digits: true,
        ..SetUp::default()
    }
}

impl Sample {
    fn view(n: u8) -> Option<ClaimView> {
        let state = match n {
            1 => ClaimState::WaitingForDevice { until: later(90) },
            2 => ClaimState::WaitingPeriod { until: later(72 * 3_600) },
            3 => ClaimState::Done { at: NOON },
            4 => ClaimState::Refused { why: ClaimEnd::NotConfirmed, at: NOON },
            _ => return None,
        };
        Some(ClaimView {
            id: claim_id(n),
            device: DEVICE.parse().unwrap(),
            product: "hearth-thermostat".parse().unwrap(),
            title: "Hearth thermostat".to_owned(),
            digits: Digits::parse("482913").unwrap(),
            begun: NOON,
            state,
            set_up: model(),
            online: true,
        })
    }

    fn at_home(&self, device: &DeviceId) -> Answer<()> {
        let lives_here = |(id, _): &(&str, &str)| *id == device.as_str();
        if super::owner::AT_HOME.iter().any(lives_here) && !self.empty() { Ok(()) } else { Err(nobody()) }
    }
}

impl Homes for Sample {
    fn claim_card(&self, code: &str, _: IpAddr) -> Answer<Option<ClaimCard>> {
        Ok((code == CODE).then(|| ClaimCard {
            device: DEVICE.parse().unwrap(),
            product: "hearth-thermostat".parse().unwrap(),
            notice: Sha256Digest::of(b"notice"),
            title: "Hearth thermostat".to_owned(),
            maker: "hearth.example".to_owned(),
            model: model(),
        }))
    }
    fn set_up(&self, _: &ProductId) -> Answer<SetUp> {
        Ok(model())
    }
    fn begin_claim(&self, by: &Caller, code: &str, notice: Option<Sha256Digest>, _: IpAddr) -> Answer<ClaimId> {
        if code != CODE {
            let detail = "there is no device with this code".to_owned();
            return Err(Stop::Refused(Refusal { kind: RefusalKind::Absent, name: "code-unknown", detail }));
        }
        if notice != Some(Sha256Digest::of(b"notice")) {
            let detail = "a claim begins with the privacy notice".to_owned();
            let name = "privacy-notice-not-shown";
            return Err(Stop::Refused(Refusal { kind: RefusalKind::Unacceptable, name, detail }));
        }
        self.note(format!("claim by {}", by.person.name));
        Ok(claim_id(1))
    }
    fn ask_again(&self, _: &Caller, claim: ClaimId) -> Answer<ClaimId> {
        self.note(format!("ask again for {claim}"));
        Ok(claim_id(1))
    }
    fn claim(&self, _: &Caller, id: ClaimId) -> Answer<Option<ClaimView>> {
        Ok((1..=4).find(|n| claim_id(*n) == id).and_then(Self::view))
    }
    fn my_claims(&self, _: &Caller) -> Answer<Vec<ClaimView>> {
        Ok((1..=4).filter_map(Self::view).collect())
    }
    fn end_claim(&self, _: &Caller, id: ClaimId) -> Answer<()> {
        self.note(format!("end claim {id}"));
        Ok(())
    }
    fn my_devices(&self, _: &Caller) -> Answer<Vec<MyDevice>> {
        let mine = MyDevice {
            device: DEVICE.parse().unwrap(),
            product: "hearth-thermostat".parse().unwrap(),
            title: "Hearth thermostat".to_owned(),
            nickname: Some("Living room".to_owned()),
            place: Place::Owner,
            since: self.now(),
        };
        Ok(if self.empty() { Vec::new() } else { vec![mine] })
    }
    fn my_place(&self, _: &Caller, device: &DeviceId) -> Answer<Option<Place>> {
        Ok(self.at_home(device).ok().map(|()| Place::Owner))
    }
    fn household(&self, _: &Caller, device: &DeviceId) -> Answer<Household> {
        self.at_home(device)?;
        Ok(Household {
            owner: resident(1, "Ada Okafor", Rights::ALL),
            members: vec![resident(2, "Ben Okafor", SEE)],
            invitations: vec![Invited {
                id: InvitationId::new(NOON, [3; 10]),
                rights: Rights::ALL,
                expires: later(7 * 86_400),
            }],
            controllers: vec![PairedController {
                id: "ab".repeat(32),
                name: "Ada's phone".to_owned(),
                permissions: "read control manage".to_owned(),
                paired: NOON,
            }],
            contested: Some(Contest { claim: claim_id(2), begun: NOON, until: later(72 * 3_600) }),
            recall: Some(recall()),
        })
    }
    fn rename_device(&self, _: &Caller, device: &DeviceId, name: &str) -> Answer<()> {
        self.note(format!("call {device} {name}"));
        self.at_home(device)
    }
    fn invite(&self, _: &Caller, device: &DeviceId, rights: Rights, _: &[u8; 32]) -> Answer<Invited> {
        self.at_home(device)?;
        self.note(format!("invite to {device}"));
        Ok(Invited { id: InvitationId::new(NOON, [3; 10]), rights, expires: later(7 * 86_400) })
    }
    fn cancel_invitation(&self, _: &Caller, device: &DeviceId, id: InvitationId) -> Answer<()> {
        self.note(format!("cancel invitation {id}"));
        self.at_home(device)
    }
    fn invitation(&self, secret_hash: &[u8; 32]) -> Answer<Option<InvitationCard>> {
        let known = holdfast_web::secret::Secret::from_random([0x17; 32]).hash() == *secret_hash;
        let title = "Hearth thermostat".to_owned();
        Ok(known.then(|| InvitationCard { title, rights: SEE, expires: later(7 * 86_400) }))
    }
    fn accept(&self, by: &Caller, _: &[u8; 32]) -> Answer<DeviceId> {
        self.note(format!("{} joins", by.person.name));
        Ok(DEVICE.parse().unwrap())
    }
    fn set_rights(&self, _: &Caller, device: &DeviceId, whom: PersonId, _: Rights) -> Answer<()> {
        self.note(format!("rights of {whom}"));
        self.at_home(device)
    }
    fn remove_member(&self, _: &Caller, device: &DeviceId, whom: PersonId) -> Answer<()> {
        self.note(format!("remove {whom}"));
        self.at_home(device)
    }
    fn revoke_controller(&self, _: &Caller, device: &DeviceId, controller: &str) -> Answer<()> {
        self.note(format!("revoke {controller}"));
        self.at_home(device)
    }
    fn release_device(&self, _: &Caller, device: &DeviceId) -> Answer<Release> {
        self.at_home(device)?;
        self.note(format!("release {device}"));
        Ok(release())
    }
    fn transfer(&self, _: &Caller, device: &DeviceId, to: PersonId) -> Answer<Release> {
        self.at_home(device)?;
        self.note(format!("transfer {device} to {to}"));
        Ok(release())
    }
    fn release_state(&self, _: &Caller, device: &DeviceId) -> Answer<Option<Release>> {
        self.at_home(device).map(|()| None)
    }
    fn owner_of(&self, _: &Caller, device: &DeviceId, reason: SeeReason) -> Answer<OwnerSeen> {
        self.note(format!("owner of {device} seen for {}", reason.word()));
        let owner = (!self.empty()).then(|| resident(1, "Ada Okafor", Rights::ALL));
        Ok(OwnerSeen { owner, members: 1, release: None })
    }
    fn ask_recall(&self, _: &Caller, device: &DeviceId, reason: RecallReason) -> Answer<Recall> {
        self.note(format!("recall {device} for {}", reason.word()));
        Ok(recall())
    }
    fn hasten_recall(&self, _: &Caller, device: &DeviceId) -> Answer<Release> {
        self.note(format!("recall {device} at once"));
        Ok(release())
    }
    fn stop_recall(&self, _: &Caller, device: &DeviceId) -> Answer<()> {
        self.note(format!("stop recall of {device}"));
        self.at_home(device)
    }
}

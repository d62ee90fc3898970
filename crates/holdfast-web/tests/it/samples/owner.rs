//! Made-up stories of a home: a device that asks, one that is well, one that needs somebody; and requests for help.

use std::collections::BTreeMap;

use holdfast_core::id::{DeviceId, HelpId, PersonId, ReleaseId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{Command, Shadow};
use holdfast_domain::homes::Place;
use holdfast_domain::homes::check::check;
use holdfast_domain::homes::story::{Contained, Facts, Reach, UpdateNow, story};
use holdfast_domain::people::help::{Message as Said, Outcome, Request, Stands, Topic};
use holdfast_domain::telemetry::guard::Stands as Set;
use holdfast_domain::telemetry::schema::Sense;
use holdfast_domain::updates::choice::{Standing, Wish};
use holdfast_domain::updates::{ExecutionState, ReleaseKind};
use holdfast_web::backend::fleet::{DesiredChange, Fleet as _, MessageAsk, NewCommand};
use holdfast_web::backend::help::{HelpDesk, NewHelp, Talk};
use holdfast_web::backend::homes::MyDevice;
use holdfast_web::backend::owner::{
    CheckView, GuardedSetting, HomeDevice, HomeDeviceView, HomeUpdates, Installed, LogEntry, Offer, Owners, PastUpdate,
    SensingView, SentView, SummaryView, Traffic,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Ground as _, Page, PageAsk, RefusalKind};

use super::devices::{camera, model, thermostat};
use super::{NOON, Sample, refuse};

/// Devices of the sample's home.
pub(crate) const AT_HOME: [(&str, &str); 3] =
    [("hearth-0001", "Living room"), ("hearth-0002", "Bedroom"), ("porch-0013", "Front door")];

pub(crate) fn help_id(n: u8) -> HelpId {
    HelpId::new(NOON, [n; 10])
}

fn seen() -> ReleaseId {
    ReleaseId::new(NOON, [3; 10])
}

fn facts(at: usize, now: Timestamp) -> Facts {
    let ago = |seconds: i64| Timestamp::from_micros(now.as_micros() - seconds * 1_000_000);
    let update = |state, standing, kind| UpdateNow {
        version: "1.3.0".to_owned(),
        kind,
        state,
        percent: 62,
        standing,
        changed: ago(90),
    };
    let fine = Facts {
        reach: Reach::Online,
        version: Some("1.2.0".to_owned()),
        contained: None,
        cloned: false,
        revoked: false,
        unusual: false,
        contested: None,
        recalled: None,
        asks_at_device: false,
        update: None,
        support_days: Some(2_900),
        battery: Some(81),
        settings_wait: 0,
    };
    match at {
        0 => Facts {
            update: Some(update(ExecutionState::Queued, Standing::WaitsForYes, ReleaseKind::Feature)),
            settings_wait: 1,
            ..fine
        },
        1 => fine,
        _ => Facts {
            contained: Some((Contained::Software, ago(260))),
            update: Some(update(ExecutionState::Downloading, Standing::Goes, ReleaseKind::Security)),
            support_days: Some(110),
            ..fine
        },
    }
}

/// A setting that matters.
fn lock(stands: Set) -> GuardedSetting {
    let words = |text: &str| vec![("en".to_owned(), text.to_owned())];
    GuardedSetting {
        name: "child_lock".to_owned(),
        title: "Child lock".to_owned(),
        stands,
        protects: words("Nobody in the room turns it up by accident."),
        risk: words("A child can burn itself at the radiator."),
        steps: words("Set a lower limit first."),
    }
}

impl Sample {
    fn mine(&self, device: &DeviceId) -> Answer<usize> {
        let at = AT_HOME.iter().position(|(id, _)| *id == device.as_str() && !self.empty());
        match at {
            Some(at) => Ok(at),
            None => refuse(RefusalKind::Absent, "device-unknown", "there is no such device"),
        }
    }

    fn home_of(&self, at: usize) -> HomeDevice {
        let (id, name) = AT_HOME[at];
        let facts = facts(at, self.now());
        HomeDevice {
            my: MyDevice {
                device: id.parse().unwrap(),
                product: if at == 2 { camera() } else { thermostat() },
                title: if at == 2 { "Porch camera" } else { "Hearth thermostat" }.to_owned(),
                nickname: Some(name.to_owned()),
                place: Place::Owner,
                since: self.ago(86_400 * 40),
            },
            lines: story(&facts, self.now()),
            reach: facts.reach,
            version: facts.version,
            listening: u32::from(at == 2),
        }
    }

    fn asked(&self, n: u8) -> Request {
        let opened = self.ago(if n == 1 { 7_200 } else { 86_400 * 5 });
        Request {
            id: help_id(n),
            person: PersonId::new(NOON, [7; 10]),
            device: Some(AT_HOME[0].0.parse().unwrap()),
            topic: if n == 1 { Topic::Defect } else { Topic::Data },
            opened,
            due: opened.plus(Millis::from_secs(72 * 3_600)),
            answered: (n == 2).then(|| self.ago(86_400 * 4)),
            overdue: None,
            stands: match n {
                1 => Stands::WaitsForMaker,
                _ => Stands::Closed { outcome: Outcome::DataDone, at: self.ago(86_400 * 3) },
            },
            messages: 2,
        }
    }

    fn talk(&self, id: HelpId) -> Answer<Talk> {
        let Some(n) = (1..=2).find(|n| help_id(*n) == id && !self.empty()) else {
            return refuse(RefusalKind::Absent, "help-unknown", "there is no such request");
        };
        let request = self.asked(n);
        let (asker, staff) = (request.person, PersonId::new(NOON, [6; 10]));
        let said = |number, author, text: &str| Said {
            request: id,
            number,
            author,
            staff: author == staff,
            at: self.ago(7_000 - u64::from(number) * 600),
            text: text.to_owned(),
        };
        Ok(Talk {
            messages: vec![
                said(0, asker, "The valve hums at night, between two and three o'clock.\nIt began last week."),
                said(1, staff, "Thank you. Does it stop when you press the button once?"),
            ],
            names: BTreeMap::from([(asker, "Hana Park".to_owned()), (staff, "Goran Ilic".to_owned())]),
            request,
        })
    }
}

impl Owners for Sample {
    fn my_home(&self, _: &Caller) -> Answer<Vec<HomeDevice>> {
        Ok(if self.empty() { Vec::new() } else { vec![self.home_of(2), self.home_of(0), self.home_of(1)] })
    }
    fn home_device(&self, _: &Caller, device: &DeviceId) -> Answer<HomeDeviceView> {
        let at = self.mine(device)?;
        let model = model();
        let ask = MessageAsk { from: None, to: None, page: PageAsk::first(1), clear: true };
        let sent = model.streams.iter().map(|stream| SentView {
            stream: stream.id.clone(),
            title: stream.title.clone(),
            readings: 41_202,
            missing: 3,
            fields: stream.fields.clone(),
            newest: self.messages(device, &stream.id, &ask).unwrap().rows.into_iter().next(),
        });
        let sensing = [("Microphone", Sense::Microphone, true), ("Camera", Sense::Camera, false)];
        let sensing = sensing.map(|(title, sense, on)| SensingView {
            title: title.to_owned(),
            sense,
            active: Some((on, self.ago(if on { 130 } else { 9_000 }))),
        });
        Ok(HomeDeviceView {
            sent: sent.collect(),
            sensing: if at == 2 { sensing.into() } else { Vec::new() },
            shadow: Shadow {
                version: 4,
                desired: r#"{"target":21.5,"child_lock":true}"#.to_owned(),
                reported: r#"{"target":20,"child_lock":true,"mode":"auto"}"#.to_owned(),
                applied_version: 3,
                reported_at: Some(self.ago(60)),
            },
            device: self.home_of(at),
            model,
        })
    }
    fn home_updates(&self, _: &Caller, device: &DeviceId) -> Answer<HomeUpdates> {
        let at = self.mine(device)?;
        let update = facts(at, self.now()).update;
        let offered = update.map(|update| Offer {
            release: seen(),
            version: update.version,
            kind: update.kind,
            description: "Warms the room before you come home, and closes a flaw in the radio.".to_owned(),
            bytes: 6_300_000,
            published: self.ago(86_400 * 3),
            signers: 2,
            open: update.state == ExecutionState::Queued,
            state: update.state,
            percent: update.percent,
            standing: update.standing,
            chosen: None,
            note: Some(super::tidings::note()),
        });
        let past = |version: &str, kind, state, days: u64| PastUpdate {
            version: version.to_owned(),
            kind,
            description: "Fixes a leak of memory in the radio.".to_owned(),
            state,
            at: self.ago(86_400 * days),
        };
        Ok(HomeUpdates {
            device: self.home_of(at),
            installed: Some(Installed {
                release: seen(),
                version: "1.2.0".to_owned(),
                appraised: Some((true, self.ago(5_400))),
                signer_keys: vec![[0x21; 32], [0x23; 32]],
                signers_needed: 2,
                manifest_digest: [0x91; 32],
                artifact_digest: [0x2b; 32],
                entry: Some(LogEntry { index: 41, hash: [0x5c; 32], line: "{}".to_owned() }),
            }),
            offered,
            past: vec![
                past("1.2.0", ReleaseKind::Security, ExecutionState::Succeeded, 20),
                past("1.1.0", ReleaseKind::Feature, ExecutionState::RolledBack("health".to_owned()), 60),
            ],
        })
    }
    fn choose_update(&self, _: &Caller, device: &DeviceId, release: ReleaseId, wish: Wish) -> Answer<()> {
        self.mine(device)?;
        if release != seen() {
            return refuse(RefusalKind::Conflict, "update-changed", "another update is offered now; look again");
        }
        self.note(format!("choose {} for {device}", wish.word()));
        Ok(())
    }
    fn risks_at_home(&self, _: &Caller, device: &DeviceId, change: &DesiredChange) -> Answer<Vec<GuardedSetting>> {
        self.mine(device)?;
        Ok(if change.patch.contains("\"child_lock\":false") { vec![lock(Set::Open)] } else { Vec::new() })
    }
    fn home_check(&self, _: &Caller, device: &DeviceId) -> Answer<CheckView> {
        let at = self.mine(device)?;
        Ok(CheckView {
            device: self.home_of(at),
            points: check(&facts(at, self.now()), Some(at != 0), self.now()),
            settings: vec![lock(if at == 0 { Set::Open } else { Set::Safe })],
            repairable: at == 0,
        })
    }
    fn repair_home(&self, _: &Caller, device: &DeviceId) -> Answer<Shadow> {
        self.mine(device)?;
        self.note(format!("repair {device}"));
        Ok(Shadow::default())
    }
    fn home_summary(&self, by: &Caller, device: &DeviceId) -> Answer<SummaryView> {
        let view = self.home_device(by, device)?;
        let traffic = |sent: &SentView| Traffic {
            stream: sent.stream.clone(),
            title: sent.title.clone(),
            personal: true,
            messages: 40_320,
            bytes: 2_419_200,
        };
        Ok(SummaryView {
            from: self.ago(30 * 86_400),
            to: self.now(),
            streams: view.sent.iter().map(traffic).collect(),
            sensing: view.sensing,
            device: view.device,
        })
    }
    fn set_at_home(
        &self,
        _: &Caller,
        device: &DeviceId,
        change: &DesiredChange,
        accepted: &[String],
    ) -> Answer<Shadow> {
        self.mine(device)?;
        if change.patch.contains("\"child_lock\":false") && accepted.is_empty() {
            return refuse(RefusalKind::Conflict, "risk-not-accepted", "child_lock: its danger was not accepted");
        }
        if change.patch.contains("99") {
            return refuse(RefusalKind::Unacceptable, "out-of-range", "field \"target\": outside the declared range");
        }
        self.note(format!("set {} of {device}", change.patch));
        Ok(Shadow::default())
    }
    fn order_at_home(&self, by: &Caller, device: &DeviceId, new: &NewCommand) -> Answer<Command> {
        self.mine(device)?;
        self.add_command(by, device, new)
    }
}

impl HelpDesk for Sample {
    fn ask_help(&self, _: &Caller, new: &NewHelp) -> Answer<HelpId> {
        if let Some(device) = &new.device {
            self.mine(device)?;
        }
        if new.text.trim().is_empty() {
            return refuse(RefusalKind::Unacceptable, "help-text-length", "a message has 1 to 4000 characters");
        }
        self.note(format!("ask {}", new.topic.word()));
        Ok(help_id(1))
    }
    fn my_help(&self, _: &Caller, _: &PageAsk) -> Answer<Page<Request>> {
        Ok(Page::whole(if self.empty() { Vec::new() } else { vec![self.asked(1), self.asked(2)] }))
    }
    fn my_talk(&self, _: &Caller, id: HelpId) -> Answer<Talk> {
        self.talk(id)
    }
    fn add_help(&self, _: &Caller, id: HelpId, _: &str) -> Answer<()> {
        self.talk(id)?;
        self.note(format!("add to {id}"));
        Ok(())
    }
    fn end_help(&self, _: &Caller, id: HelpId, outcome: Outcome) -> Answer<()> {
        self.talk(id)?;
        self.note(format!("end {id} {}", outcome.word()));
        Ok(())
    }
    fn help_requests(&self, open_only: bool, _: &PageAsk) -> Answer<Page<Request>> {
        let all = if self.empty() { Vec::new() } else { vec![self.asked(1), self.asked(2)] };
        Ok(Page::whole(all.into_iter().filter(|one| !open_only || one.reopens_until().is_none()).collect()))
    }
    fn help_talk(&self, id: HelpId) -> Answer<Talk> {
        self.talk(id)
    }
    fn help_waiting(&self) -> Answer<u64> {
        Ok(u64::from(!self.empty()))
    }
    fn answer_help(&self, _: &Caller, id: HelpId, _: &str) -> Answer<()> {
        self.talk(id)?;
        self.note(format!("answer {id}"));
        Ok(())
    }
    fn close_help(&self, _: &Caller, id: HelpId, outcome: Outcome) -> Answer<()> {
        self.talk(id)?;
        self.note(format!("close {id} {}", outcome.word()));
        Ok(())
    }
}

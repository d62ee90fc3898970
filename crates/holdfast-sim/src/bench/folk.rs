//! Who and what a town has beside its devices: owners and a household, their notices and questions, certificates, evidence,
//! orders that ended, products with something to read about, and a roll-out that runs.

use holdfast_core::id::{CommandId, DeploymentId, DeviceId, HelpId, PersonId, ReleaseId, SessionId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::{CertificateState, Command, CommandOutcome, DeviceCertificate, KeyThumbprint};
use holdfast_domain::homes::{HomeChange, Member, Ownership, Rights};
use holdfast_domain::integrity::{Appraisal, Verdict};
use holdfast_domain::people::help::{HelpChange, Message, Request, Stands, Topic};
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_domain::people::session::SessionKind;
use holdfast_domain::people::{Person, Role, Session};
use holdfast_domain::updates::{Deployment, DeploymentState, Execution, ExecutionState, RolloutPlan};
use holdfast_web::secret::Secret;

use super::town::{self, Town, device_id, phase, seeded};
use super::{Fault, bar};

/// One device in three belongs to somebody, who has so many of them.
const DEVICES_OF_OWNER: u32 = 20;
/// Devices of the owner who asks for pages.
const OURS: u32 = 24;
/// Notices and questions of that owner.
const NOTICES: u32 = 300;
const QUESTIONS: u32 = 40;
/// Devices of one change.
const AT_ONCE: u32 = 5_000;
/// Orders that ended, one for each so many devices.
const ORDER_EACH: usize = 5;
const HOUR: Millis = Millis::from_secs(3_600);

type Put<'a> = &'a dyn Fn(Vec<Change>) -> Result<(), Fault>;

/// The secret of the session of the owner who asks for pages; it opens this town alone, which lies on this machine.
pub(super) const fn owner_secret() -> Secret {
    Secret::from_random([0x0e; 32])
}

fn owner(n: u32) -> PersonId {
    seeded(PersonId::new, 1_000 + n)
}

/// The first device of the owner who asks for pages.
pub(super) fn our_device(devices: u32) -> u32 {
    devices / 3
}

impl Town {
    /// Fills the rest of a town.
    pub(super) fn settle(&self, put: Put<'_>, now: Timestamp) -> Result<(), Fault> {
        self.owners(put, now)?;
        self.our_owner(put, now)?;
        self.papers(put, now)?;
        self.running(put, now)
    }

    fn owners(&self, put: Put<'_>, now: Timestamp) -> Result<(), Fault> {
        let mut changes = vec![person(owner(0), now)];
        let ours = our_device(self.devices)..our_device(self.devices) + OURS;
        let mut last = 0;
        for (n, at) in (0..self.devices).filter(|n| n % 3 == 1 && !ours.contains(n)).zip(0_u32..) {
            let who = 1 + at / DEVICES_OF_OWNER;
            if who != last {
                changes.push(person(owner(who), now));
                last = who;
            }
            changes.push(owned(n, owner(who), now)?);
            if changes.len() >= AT_ONCE as usize {
                put(std::mem::take(&mut changes))?;
            }
        }
        put(changes)
    }

    /// The owner who asks for pages: many devices, a member at one of them, notices, questions.
    fn our_owner(&self, put: Put<'_>, now: Timestamp) -> Result<(), Fault> {
        let first = our_device(self.devices);
        let mut changes = Vec::new();
        for n in first..first + OURS {
            changes.push(owned(n, owner(0), now)?);
        }
        let (device, since) = (device_id(first)?, now);
        let rights = Rights { see_data: true, ..Rights::default() };
        changes.push(Change::Home(HomeChange::PutMember(Member { device, person: owner(1), rights, since })));
        for n in 0..NOTICES {
            let at = Timestamp::from_micros(now.as_micros() - i64::from(n) * 60_000_000);
            let notice = Notice::new(owner(0), NoticeKind::UpdateInstalled, at);
            changes
                .push(Change::AddNotice(notice.fact("device", device_id(first + n % OURS)?).fact("version", "1.3.0")));
        }
        for n in 0..QUESTIONS {
            let id = seeded(HelpId::new, n);
            let closed = n % 4 != 0;
            let stands = if closed {
                Stands::Closed { outcome: holdfast_domain::people::help::Outcome::Solved, at: now }
            } else {
                Stands::WaitsForMaker
            };
            let request = Request {
                id,
                person: owner(0),
                device: Some(device_id(first + n % OURS)?),
                topic: Topic::ALL.first().copied().ok_or_else(|| Fault::new("a topic", "there is none"))?,
                opened: now,
                due: now.plus(HOUR),
                answered: None,
                overdue: None,
                stands,
                messages: 1,
            };
            changes.push(Change::Help(HelpChange::Open(request)));
            let text = "Made by the bench".to_owned();
            let message = Message { request: id, number: 0, author: owner(0), staff: false, at: now, text };
            changes.push(Change::Help(HelpChange::Say(message)));
        }
        changes.push(Change::AddSession(Session {
            id: seeded(SessionId::new, 1),
            secret_hash: owner_secret().hash(),
            person: owner(0),
            kind: SessionKind::Link,
            browser: "bench".to_owned(),
            created: now,
            authenticated: now,
            last_used: now,
            expires: now.plus(Millis::from_secs(365 * 86_400)),
            ended: None,
        }));
        put(changes)
    }

    /// A certificate in use for each enrolled device, evidence that it proved itself, and orders that ended.
    fn papers(&self, put: Put<'_>, now: Timestamp) -> Result<(), Fault> {
        let bar = bar("papers", u64::from(self.devices));
        for from in (0..self.devices).step_by(AT_ONCE as usize) {
            let numbers = from..self.devices.min(from + AT_ONCE);
            let mut changes = Vec::new();
            for n in numbers.clone().filter(|n| n % 10 != 9) {
                let device = device_id(n)?;
                let serial = format!("{n:032x}");
                changes.push(Change::AddCertificate(DeviceCertificate {
                    device: device.clone(),
                    serial: serial.clone(),
                    key: KeyThumbprint(town::key(n, 0xcd)),
                    not_before: now,
                    not_after: now.plus(Millis::from_secs(u64::from(30 + n % 300) * 86_400)),
                    state: CertificateState::Issued,
                }));
                changes.push(Change::ProveCertificate { device: device.clone(), serial, at: now });
                changes.push(Change::AddAppraisal(Appraisal {
                    device: device.clone(),
                    verdict: Verdict::Affirming,
                    evidence_digest: town::key(n, 0xef),
                    image_digest: [1; 32],
                    at: now,
                }));
                if (n as usize).is_multiple_of(ORDER_EACH) {
                    changes.extend(order(n, device, now));
                }
            }
            put(changes)?;
            bar.inc(u64::from(numbers.end - numbers.start));
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// A roll-out in its second phase, in which a third of the devices has not asked yet.
    fn running(&self, put: Put<'_>, now: Timestamp) -> Result<(), Fault> {
        let all: Vec<DeviceId> = (0..self.devices).map(device_id).collect::<Result<_, _>>()?;
        let (first, rest) = all.split_at_checked(all.len() / 100).unwrap_or_default();
        let id = seeded(DeploymentId::new, 2);
        let states = [ExecutionState::Succeeded, ExecutionState::Succeeded, ExecutionState::Queued];
        let phases = [(0_u32, first), (1, rest)];
        let mut executions = Vec::with_capacity(all.len());
        for (phase, devices) in phases {
            for (device, state) in devices.iter().zip(states.iter().cycle()) {
                let state = if phase == 0 { ExecutionState::Succeeded } else { state.clone() };
                let device = device.clone();
                executions.push(Execution { deployment: id, device, phase, state, percent: 0, changed: now });
            }
        }
        let plan = RolloutPlan {
            generation: 1,
            phases: phases.map(|(_, devices)| phase(devices, now)).to_vec(),
            abort_threshold_percent: 20,
            min_devices: 2,
            deadline: HOUR,
        };
        let deployment = Deployment {
            id,
            release: seeded(ReleaseId::new, 6),
            product: town::product()?,
            group: None,
            plan,
            state: DeploymentState::Running { phase: 1 },
            created_by: seeded(PersonId::new, 1),
            created: now,
        };
        put(vec![Change::AddDeployment { executions, deployment }])
    }
}

fn person(id: PersonId, created: Timestamp) -> Change {
    Change::AddPerson(Person { id, name: "Made by the bench".to_owned(), role: Role::Owner, created })
}

fn owned(n: u32, person: PersonId, since: Timestamp) -> Result<Change, Fault> {
    let device = device_id(n)?;
    Ok(Change::Home(HomeChange::AddOwnership(Ownership { device, person, since, nickname: None })))
}

fn order(n: u32, device: DeviceId, now: Timestamp) -> [Change; 2] {
    let id = seeded(CommandId::new, n);
    let command = Command {
        id,
        device,
        action: "identify".to_owned(),
        input: "{}".to_owned(),
        created: now,
        expires: now.plus(HOUR),
        outcome: None,
        ended: None,
    };
    let outcome = CommandOutcome::Succeeded("{}".to_owned());
    [Change::AddCommand(command), Change::EndCommand { command: id, outcome, at: now }]
}

//! The consumer's pages of the port: gathers the facts of a device, asks the story, and passes on what its people choose.

mod checked;

use holdfast_core::id::{DeviceId, ReleaseId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::Day;
use holdfast_domain::fleet::shadow::delta;
use holdfast_domain::fleet::{Command, Device, Enrolment, Shadow};
use holdfast_domain::homes::story::{Contained, Facts, Reach, UpdateNow, story, urgency};
use holdfast_domain::homes::{ClaimState, Part, Place, Rights};
use holdfast_domain::integrity::finding::Subject;
use holdfast_domain::integrity::{Severity, alert_kind, appraisal};
use holdfast_domain::telemetry::value::{FieldMap, Value};
use holdfast_domain::updates::choice::{ChoiceFacts, ChoiceRefusal, Say, Wish, choose, standing};
use holdfast_domain::updates::note::Note;
use holdfast_domain::updates::{DeploymentState, ExecutionState};
use holdfast_store::StoreError;
use holdfast_store::findings::FindingFilter;
use holdfast_store::updates::Run;
use holdfast_web::backend::dossier::Dossiers as _;
use holdfast_web::backend::fleet::{DesiredChange, Fleet as _, Message, MessageAsk, NewCommand};
use holdfast_web::backend::homes::{Homes as _, MyDevice};
use holdfast_web::backend::owner::{
    CheckView, GuardedSetting, HomeDevice, HomeDeviceView, HomeUpdates, Offer, Owners, PastUpdate, SensingView,
    SentView, SummaryView,
};
use holdfast_web::backend::people::{Caller, Proof};
use holdfast_web::backend::{Answer, LiveEvent, PageAsk, RefusalKind, Stop};

use super::{House, absent, models, refuse, stored};
use crate::clock;
use crate::devices::check::say;

/// Earlier updates that are shown.
const PAST_SHOWN: u32 = 20;
/// Name of the field in which models tell the charge of a battery.
const BATTERY: &str = "battery";

impl Owners for House {
    fn my_home(&self, by: &Caller) -> Answer<Vec<HomeDevice>> {
        let mine = self.my_devices(by)?;
        let mut home = mine.into_iter().map(|my| self.told(my)).collect::<Answer<Vec<_>>>()?;
        home.sort_by(|a, b| urgency(&a.lines).cmp(&urgency(&b.lines)).then_with(|| a.name().cmp(b.name())));
        Ok(home)
    }

    fn home_device(&self, by: &Caller, device: &DeviceId) -> Answer<HomeDeviceView> {
        let (my, mut rights) = self.my_own(by, device)?;
        let ours = !self.speaks_of_another_home(device)?;
        rights.see_data &= ours;
        let model = self.model_of(&my.product)?;
        let shadow = self.store.shadow(device).map_err(stored)?;
        let known = self.store.sensing(device).map_err(stored)?;
        let sensing = model.properties().iter().filter(|_| rights.see_data).filter_map(|property| {
            let name = &property.field.name;
            Some(SensingView {
                title: property.field.title.clone().unwrap_or_else(|| name.clone()),
                sense: property.listens?,
                active: known.iter().find(|one| one.property == *name).map(|one| (one.active, one.since)),
            })
        });
        let sensing = sensing.collect();
        let mut view = models::view(&model);
        let sent = view.streams.iter().filter(|_| my.place.sees(Part::Readings)).map(|stream| {
            let received = self.store.telemetry_received(device, &stream.id).map_err(stored)?;
            Ok(SentView {
                readings: self.store.telemetry_count(device, &stream.id).map_err(stored)?,
                missing: received.missing(),
                newest: if rights.see_data { self.newest(device, &stream.id)? } else { None },
                stream: stream.id.clone(),
                title: stream.title.clone(),
                fields: stream.fields.clone(),
            })
        });
        let sent = sent.collect::<Answer<Vec<_>>>()?;
        if !my.place.sees(Part::Orders) {
            view.actions.clear();
        }
        let shown = ours && my.place.sees(Part::Settings);
        Ok(HomeDeviceView {
            device: self.told(my)?,
            model: view,
            shadow: if shown { shadow } else { Shadow::default() },
            sensing,
            sent,
        })
    }

    fn home_updates(&self, by: &Caller, device: &DeviceId) -> Answer<HomeUpdates> {
        let (my, rights) = self.my_own(by, device)?;
        let now = clock::now();
        let newest = self.offered(device)?;
        let offered = match &newest {
            Some(run) => {
                let says = say(&self.store, device, run.release.id).map_err(stored)?;
                let open = matches!(run.execution.state, ExecutionState::Queued | ExecutionState::Declined);
                let over = run.execution.state.is_final() && !open;
                let note = self.store.release_note(&run.release.manifest_digest).map_err(stored)?.map(|kept| kept.note);
                (!over).then(|| offer(run, says, open && rights.manage_updates, note, now))
            }
            None => None,
        };
        let mut past = Vec::new();
        for execution in self.store.executions_of_device(device, PAST_SHOWN).map_err(stored)? {
            if !execution.state.is_final()
                || offered.is_some() && newest.as_ref().is_some_and(|run| run.execution == execution)
            {
                continue;
            }
            if let Some(run) = self.store.run(execution.deployment, device).map_err(stored)? {
                past.push(PastUpdate {
                    version: run.release.version,
                    kind: run.release.kind,
                    description: run.release.description,
                    state: execution.state,
                    at: execution.changed,
                });
            }
        }
        Ok(HomeUpdates { installed: self.installed(device)?, device: self.told(my)?, offered, past })
    }

    fn choose_update(&self, by: &Caller, device: &DeviceId, seen: ReleaseId, wish: Wish) -> Answer<()> {
        let (_, rights) = self.my_own(by, device)?;
        needs(rights.manage_updates)?;
        let _turn = self.turns.updates.take();
        let run = self.offered(device)?;
        let facts = ChoiceFacts { offered: run.as_ref().map(|run| (&run.execution, &run.release)), seen };
        let session = match by.proof {
            Proof::Session(session) => Some(session),
            Proof::Token(_) => None,
        };
        self.decide(choose(&facts, wish, by.person.id, session, clock::now()).map_err(not_chosen)?)?;
        self.tell(LiveEvent::Device(device.clone()));
        Ok(())
    }

    fn risks_at_home(&self, by: &Caller, device: &DeviceId, change: &DesiredChange) -> Answer<Vec<GuardedSetting>> {
        checked::risks(self, by, device, change)
    }

    fn home_check(&self, by: &Caller, device: &DeviceId) -> Answer<CheckView> {
        checked::check(self, by, device)
    }

    fn repair_home(&self, by: &Caller, device: &DeviceId) -> Answer<Shadow> {
        checked::repair(self, by, device)
    }

    fn home_summary(&self, by: &Caller, device: &DeviceId) -> Answer<SummaryView> {
        checked::summary(self, by, device)
    }

    fn set_at_home(
        &self,
        by: &Caller,
        device: &DeviceId,
        change: &DesiredChange,
        accepted: &[String],
    ) -> Answer<Shadow> {
        let (_, rights) = self.my_own(by, device)?;
        needs(rights.control)?;
        let dangers = checked::risks(self, by, device, change)?;
        if let Some(danger) = dangers.iter().find(|danger| !accepted.contains(&danger.name)) {
            let detail = format!("{}: its danger was not accepted", danger.name);
            return Err(refuse(RefusalKind::Conflict, "risk-not-accepted", detail));
        }
        let shadow = self.change_desired(by, device, change)?;
        self.tell(LiveEvent::Device(device.clone()));
        Ok(shadow)
    }

    fn order_at_home(&self, by: &Caller, device: &DeviceId, new: &NewCommand) -> Answer<Command> {
        let (_, rights) = self.my_own(by, device)?;
        needs(rights.control)?;
        self.add_command(by, device, new)
    }
}

impl House {
    /// Whether what the device says may still be of an earlier owner's home: it has not been wiped yet.
    fn speaks_of_another_home(&self, device: &DeviceId) -> Answer<bool> {
        let release = self.store.home_release(device).map_err(stored)?;
        Ok(release.is_some_and(|release| release.wiped.is_none()))
    }

    /// Refuses a consumer who lost their place between asking and their turn: nothing they order may reach the next home.
    /// The maker's people are judged by their role.
    pub(super) fn still_controls(&self, by: &Caller, device: &DeviceId) -> Answer<()> {
        if by.person.role.is_staff() {
            return Ok(());
        }
        let place = self.my_place(by, device)?;
        let place = place.ok_or_else(|| absent("device-unknown", format_args!("device {device}")))?;
        needs(place.rights().control)
    }

    /// The device and what the caller may do with it; for a stranger there is no such device.
    fn my_own(&self, by: &Caller, device: &DeviceId) -> Answer<(MyDevice, Rights)> {
        let unknown = || absent("device-unknown", format_args!("device {device}"));
        let place = self.my_place(by, device)?.ok_or_else(unknown)?;
        let owned = self.store.ownership(device).map_err(stored)?.ok_or_else(unknown)?;
        let since = match place {
            Place::Owner => owned.since,
            Place::Member(_) => {
                let member = self.store.member(device, by.person.id).map_err(stored)?;
                member.map_or(owned.since, |member| member.since)
            }
        };
        let unit = self.device_or_absent(device)?;
        let product = self.store.product(&unit.product).map_err(stored)?;
        let title = product.map_or_else(|| unit.product.to_string(), |product| product.title);
        let my = MyDevice { device: unit.id, product: unit.product, title, nickname: owned.nickname, place, since };
        Ok((my, place.rights()))
    }

    /// The newest run whose phase has started; nothing that was stopped before the device began.
    fn offered(&self, device: &DeviceId) -> Answer<Option<Run>> {
        let run = self.store.newest_run(device).map_err(stored)?;
        Ok(run.filter(|run| {
            let started = match run.deployment.state {
                DeploymentState::Running { phase } => run.execution.phase <= phase,
                DeploymentState::Completed => true,
                DeploymentState::AwaitingApproval
                | DeploymentState::Paused { .. }
                | DeploymentState::Aborted { .. } => !matches!(run.execution.state, ExecutionState::Queued),
            };
            started && !run.release.withdrawn
        }))
    }

    fn told(&self, my: MyDevice) -> Answer<HomeDevice> {
        let now = clock::now();
        let device = self.device_or_absent(&my.device)?;
        let facts = self.facts_of(&device, &my, now)?;
        let known = self.store.sensing(&device.id).map_err(stored)?;
        let ours = !self.speaks_of_another_home(&device.id)?;
        let sees = ours && my.place.sees(Part::Sensing);
        let listening = known.iter().filter(|one| sees && one.active).count();
        Ok(HomeDevice {
            lines: story(&facts, now),
            reach: facts.reach,
            version: facts.version,
            listening: u32::try_from(listening).unwrap_or(u32::MAX),
            my,
        })
    }

    fn facts_of(&self, device: &Device, my: &MyDevice, now: Timestamp) -> Answer<Facts> {
        let id = &device.id;
        let claim = self.store.open_claim(id).map_err(stored)?.filter(|_| my.place.sees(Part::Contest));
        let claim = claim.map(|claim| claim.state);
        let findings = FindingFilter {
            open_only: true,
            subject: Some(Subject::Device(id.clone())),
            severity: Some(Severity::Critical),
            ..FindingFilter::default()
        };
        let update = self.offered(id)?.map(|run| -> Result<UpdateNow, StoreError> {
            let says = say(&self.store, id, run.release.id)?;
            Ok(UpdateNow {
                standing: standing(run.release.kind, says, now),
                version: run.release.version,
                kind: run.release.kind,
                state: run.execution.state,
                percent: run.execution.percent,
                changed: run.execution.changed,
            })
        });
        Ok(Facts {
            reach: reach(device, now),
            version: device.software.as_ref().map(|software| software.version.clone()),
            contained: device.quarantine.as_ref().map(|quarantine| (contained(&quarantine.reason), quarantine.since)),
            cloned: self.store.open_alert_of_kind(id, alert_kind::CLONE_SUSPECTED).map_err(stored)?.is_some(),
            revoked: matches!(device.enrolment, Enrolment::Revoked | Enrolment::Rejected),
            unusual: !self.store.findings(&findings, None, 1).map_err(stored)?.is_empty(),
            contested: claim.and_then(|claim| match claim {
                ClaimState::WaitingPeriod { until } => Some(until),
                ClaimState::WaitingForDevice { .. } | ClaimState::Done { .. } | ClaimState::Refused { .. } => None,
            }),
            recalled: match self.store.recall(id).map_err(stored)? {
                Some(recall) if my.place.sees(Part::Contest) => Some(recall.until),
                Some(_) | None => None,
            },
            asks_at_device: claim
                .is_some_and(|claim| matches!(claim, ClaimState::WaitingForDevice { until } if until > now)),
            update: update.transpose().map_err(stored)?,
            support_days: self.support_end(&device.product)?.map(|end| end.number() - Day::of(now).number()),
            battery: if my.place.sees(Part::Battery) { self.battery(device)? } else { None },
            settings_wait: self.settings_wait(id)?,
        })
    }

    /// How many settings the device has not taken over yet.
    fn settings_wait(&self, id: &DeviceId) -> Answer<u32> {
        let shadow = self.store.shadow(id).map_err(stored)?;
        let map = |text: &str| FieldMap::parse(text).unwrap_or_default();
        let waits = delta(&map(&shadow.desired), &map(&shadow.reported)).iter().count();
        Ok(u32::try_from(waits).unwrap_or(u32::MAX))
    }

    /// The charge of the battery, from the newest reading that tells it.
    fn battery(&self, device: &Device) -> Answer<Option<u8>> {
        let Some(model) = self.models.known(&device.product) else { return Ok(None) };
        let tells = |unit: Option<&str>| unit == Some("%");
        let stream =
            model.streams().iter().find(|stream| stream.field(BATTERY).is_some_and(|f| tells(f.unit.as_deref())));
        let Some(stream) = stream.and_then(|stream| stream.name.parse::<StreamId>().ok()) else { return Ok(None) };
        let Some(newest) = self.newest_fields(&device.id, &stream)? else { return Ok(None) };
        Ok(match newest.value(BATTERY) {
            Some(Value::Integer(percent)) => u8::try_from(*percent).ok(),
            Some(Value::Number(_) | Value::Boolean(_) | Value::Text(_)) | None => None,
        })
    }

    fn newest_fields(&self, device: &DeviceId, stream: &StreamId) -> Answer<Option<FieldMap>> {
        use holdfast_store::telemetry::{MessageAsk, Order};
        let ask = MessageAsk {
            from: Timestamp::from_micros(i64::MIN),
            to: Timestamp::from_micros(i64::MAX),
            order: Order::NewestFirst,
            after: None,
            limit: 1,
        };
        let newest = self.store.telemetry(device, stream, &ask).map_err(stored)?;
        Ok(newest.first().and_then(|message| FieldMap::parse(&message.fields).ok()))
    }

    /// The newest reading; it is its people's own, so nothing of it is kept from whoever may see it.
    fn newest(&self, device: &DeviceId, stream: &StreamId) -> Answer<Option<Message>> {
        let ask = MessageAsk { from: None, to: None, page: PageAsk::first(1), clear: true };
        Ok(self.stored_messages(device, stream, &ask)?.rows.pop())
    }

    /// Everybody who may choose about a device's updates: its owner first.
    pub(crate) fn choosers(&self, device: &DeviceId) -> Result<Vec<holdfast_core::id::PersonId>, StoreError> {
        let Some(home) = self.store.ownership(device)? else { return Ok(Vec::new()) };
        let members = self.store.members(device)?;
        let may = members.iter().filter(|member| member.rights.manage_updates).map(|member| member.person);
        Ok(std::iter::once(home.person).chain(may).collect())
    }
}

fn offer(run: &Run, says: Say, open: bool, note: Option<Note>, now: Timestamp) -> Offer {
    let release = &run.release;
    Offer {
        release: release.id,
        version: release.version.clone(),
        kind: release.kind,
        description: release.description.clone(),
        bytes: release.artifact_bytes,
        published: release.published,
        signers: release.signers,
        state: run.execution.state.clone(),
        percent: run.execution.percent,
        standing: standing(release.kind, says, now),
        chosen: match says {
            Say::Homes(chosen) => chosen,
            Say::Nobodys => None,
        },
        note,
        open,
    }
}

fn reach(device: &Device, now: Timestamp) -> Reach {
    match (device.online_until, device.last_seen) {
        (Some(until), _) if until > now => Reach::Online,
        (_, Some(seen)) => Reach::Away(seen),
        (_, None) => Reach::Never,
    }
}

fn contained(reason: &str) -> Contained {
    match reason {
        appraisal::BY_PERSON => Contained::ByPerson,
        appraisal::BY_PLAYBOOK => Contained::Behaviour,
        _ => Contained::Software,
    }
}

fn needs(right: bool) -> Answer<()> {
    let detail = "your place in this household does not reach that far; ask the owner";
    if right { Ok(()) } else { Err(refuse(RefusalKind::Forbidden, "right-missing", detail)) }
}

fn not_chosen(why: ChoiceRefusal) -> Stop {
    let kind = match why {
        ChoiceRefusal::NothingOffered | ChoiceRefusal::AnotherRelease | ChoiceRefusal::Begun => RefusalKind::Conflict,
        ChoiceRefusal::TooLate | ChoiceRefusal::Offset => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

//! The room `homes` of the port: claims, ownership, households, release.
//!
//! Somebody without a place at a device gets the same answer as for a device that does not exist.

mod ended;
mod recall;
mod shown;

use std::net::IpAddr;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, CommandId, DeviceId, InvitationId, PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Decision, LedgerLine, kind};
use holdfast_domain::fleet::{CertificateState, ClaimCode, Command, Device, Enrolment, KeyThumbprint, Shadow};
use holdfast_domain::homes::claim::{self, ClaimFacts, ClaimRefusal, NewClaim};
use holdfast_domain::homes::code::ClaimText;
use holdfast_domain::homes::household::{self, HouseholdRefusal};
use holdfast_domain::homes::recall::{Recall, RecallReason};
use holdfast_domain::homes::release::{self, By, Estate, ReleaseRefusal};
use holdfast_domain::homes::{
    Claim, ClaimState, Digits, Invitation, Member, Ownership, PairedController, Part, Place, Release, Rights, place_of,
};
use holdfast_domain::people::throttle::{Key, RetryAfter};
use holdfast_web::backend::homes::{
    ClaimCard, ClaimView, Contest, Homes, Household, InvitationCard, Invited, MyDevice, OwnerSeen, Resident, SeeReason,
    SetUp,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, RefusalKind, Stop};

use super::credentials::entry::{digest_of, place};
use super::{House, absent, models, refuse, stored};
use crate::clock;

/// What is guessed, as throttles know it.
const GUESSED: &str = "claim";
/// Questions at a device, as throttles know them.
const ASKED: &str = "claim-asked";
/// Newest claims of a person that are looked at.
const CLAIMS_SHOWN: u32 = 20;

impl Homes for House {
    fn claim_card(&self, code: &str, from: IpAddr) -> Answer<Option<ClaimCard>> {
        let Some(device) = self.device_of_code(code, from)? else { return Ok(None) };
        let product = self.store.product(&device.product).map_err(stored)?;
        Ok(Some(ClaimCard {
            title: product.as_ref().map_or_else(|| device.product.to_string(), |product| product.title.clone()),
            maker: product.map(|product| product.vendor_domain).unwrap_or_default(),
            model: self.set_up(&device.product)?,
            notice: self.notice_in_force(&device.product)?,
            device: device.id,
            product: device.product,
        }))
    }

    fn set_up(&self, product: &ProductId) -> Answer<SetUp> {
        let product = self.store.product(product).map_err(stored)?;
        let model = product.as_ref().and_then(|product| self.models.known(&product.id));
        Ok(product.zip(model).map(|(product, model)| models::set_up(&product, &model)).unwrap_or_default())
    }

    fn begin_claim(&self, by: &Caller, code: &str, notice: Option<Sha256Digest>, from: IpAddr) -> Answer<ClaimId> {
        let unknown = || absent("code-unknown", "device with this code");
        let device = self.device_of_code(code, from)?.ok_or_else(unknown)?;
        self.ask_at(by, &device.id, notice)
    }

    fn ask_again(&self, by: &Caller, claim: ClaimId) -> Answer<ClaimId> {
        let claim = self.claim_of(by, claim)?.ok_or_else(|| absent("claim-unknown", "claim of yours"))?;
        let over = matches!(claim.stands(clock::now()), ClaimState::Refused { .. });
        // Only the newest one shows that its holder still has the label at hand.
        let newest = self.store.claims_of(by.person.id, 1).map_err(stored)?;
        if !over || newest.first().is_none_or(|newest| newest.id != claim.id) {
            return Err(claim_refused(ClaimRefusal::Over));
        }
        let shown = self.store.claim_notice(claim.id).map_err(stored)?;
        self.ask_at(by, &claim.device, shown)
    }

    fn claim(&self, by: &Caller, id: ClaimId) -> Answer<Option<ClaimView>> {
        self.claim_of(by, id)?.map(|claim| self.claim_view(claim)).transpose()
    }

    fn my_claims(&self, by: &Caller) -> Answer<Vec<ClaimView>> {
        let claims = self.store.claims_of(by.person.id, CLAIMS_SHOWN).map_err(stored)?;
        claims.into_iter().map(|claim| self.claim_view(claim)).collect()
    }

    fn end_claim(&self, by: &Caller, id: ClaimId) -> Answer<()> {
        let _turn = self.turns.devices.take();
        let unknown = || absent("claim-unknown", "claim of yours or of your device");
        let claim = self.store.claim(id).map_err(stored)?.ok_or_else(unknown)?;
        let now = clock::now();
        let decision = if claim.person == by.person.id {
            claim::withdraw(&claim, &by.person.id, now)
        } else {
            let owner = self.store.ownership(&claim.device).map_err(stored)?;
            claim::object(&claim, owner.as_ref(), &by.person.id, now)
        };
        let decision =
            decision.map_err(|why| if why == ClaimRefusal::NotTheOwner { unknown() } else { claim_refused(why) });
        self.decide(decision?)?;
        self.tell(LiveEvent::Device(claim.device));
        Ok(())
    }

    fn my_devices(&self, by: &Caller) -> Answer<Vec<MyDevice>> {
        let mut mine = Vec::new();
        for owned in self.store.ownerships_of(by.person.id).map_err(stored)? {
            mine.push(self.mine(&owned, Place::Owner, owned.since)?);
        }
        for member in self.store.memberships_of(by.person.id).map_err(stored)? {
            if let Some(owned) = self.store.ownership(&member.device).map_err(stored)? {
                mine.push(self.mine(&owned, Place::Member(member.rights), member.since)?);
            }
        }
        Ok(mine)
    }

    fn my_place(&self, by: &Caller, device: &DeviceId) -> Answer<Option<Place>> {
        let owner = self.store.ownership(device).map_err(stored)?;
        let member = self.store.member(device, by.person.id).map_err(stored)?;
        Ok(place_of(by.person.id, owner.as_ref(), member.as_ref()))
    }

    fn household(&self, by: &Caller, device: &DeviceId) -> Answer<Household> {
        let place = self.placed(by, device)?;
        let rooms = Rooms::read(self, device)?;
        let owner = rooms.owner.as_ref().ok_or_else(|| unknown_device(device))?;
        let now = clock::now();
        let members = rooms.members.iter().map(|member| self.resident(member.person, member.rights, member.since));
        let contested = rooms.claim.as_ref().and_then(|claim| match claim.state {
            ClaimState::WaitingPeriod { until } => Some(Contest { claim: claim.id, begun: claim.begun, until }),
            ClaimState::WaitingForDevice { .. } | ClaimState::Done { .. } | ClaimState::Refused { .. } => None,
        });
        let open = rooms.invitations.iter().filter(|one| household::counts(one, rooms.owner.as_ref(), now));
        Ok(Household {
            owner: self.resident(owner.person, Rights::ALL, owner.since)?,
            members: members.collect::<Answer<_>>()?,
            invitations: if place.sees(Part::Invitations) { open.map(invited).collect() } else { Vec::new() },
            controllers: if place.sees(Part::Controllers) {
                self.store.controllers(device).map_err(stored)?
            } else {
                Vec::new()
            },
            contested: contested.filter(|_| place.sees(Part::Contest)),
            recall: self.store.recall(device).map_err(stored)?.filter(|_| place.sees(Part::Contest)),
        })
    }

    fn rename_device(&self, by: &Caller, device: &DeviceId, name: &str) -> Answer<()> {
        self.at_home(by, device, |rooms| household::rename(&rooms.household(device), name, &by.person.id)).map(drop)
    }

    fn invite(&self, by: &Caller, device: &DeviceId, rights: Rights, secret_hash: &[u8; 32]) -> Answer<Invited> {
        let now = clock::now();
        let new = (InvitationId::new(now, clock::random()), *secret_hash);
        self.at_home(by, device, |rooms| household::invite(&rooms.household(device), new, rights, &by.person.id, now))?;
        let made = self.store.invitation_by_hash(secret_hash).map_err(stored)?;
        made.as_ref().map(invited).ok_or_else(|| absent("invitation-unknown", "invitation"))
    }

    fn cancel_invitation(&self, by: &Caller, device: &DeviceId, id: InvitationId) -> Answer<()> {
        self.at_home(by, device, |rooms| household::cancel_invitation(&rooms.household(device), id, &by.person.id))
            .map(drop)
    }

    fn invitation(&self, secret_hash: &[u8; 32]) -> Answer<Option<InvitationCard>> {
        let Some(invitation) = self.store.invitation_by_hash(secret_hash).map_err(stored)? else { return Ok(None) };
        let owner = self.store.ownership(&invitation.device).map_err(stored)?;
        if !household::counts(&invitation, owner.as_ref(), clock::now()) {
            return Ok(None);
        }
        let title = self.title_of(&invitation.device)?;
        Ok(Some(InvitationCard { title, rights: invitation.rights, expires: invitation.expires }))
    }

    fn accept(&self, by: &Caller, secret_hash: &[u8; 32]) -> Answer<DeviceId> {
        let _turn = self.turns.devices.take();
        let invitation = self.store.invitation_by_hash(secret_hash).map_err(stored)?;
        let unknown = || household_refused(HouseholdRefusal::InvitationUnknown);
        let device = invitation.as_ref().map(|invitation| invitation.device.clone()).ok_or_else(unknown)?;
        let rooms = Rooms::read(self, &device)?;
        let decision = household::accept(&rooms.household(&device), invitation.as_ref(), &by.person, clock::now());
        self.decide(decision.map_err(household_refused)?)?;
        Ok(device)
    }

    fn set_rights(&self, by: &Caller, device: &DeviceId, whom: PersonId, rights: Rights) -> Answer<()> {
        self.at_home(by, device, |rooms| {
            household::set_rights(&rooms.household(device), &whom, rights, &by.person.id, clock::now())
        })
        .map(drop)
    }

    fn remove_member(&self, by: &Caller, device: &DeviceId, whom: PersonId) -> Answer<()> {
        self.at_home(by, device, |rooms| {
            household::remove(&rooms.household(device), &whom, &by.person.id, clock::now())
        })
        .map(drop)
    }

    fn revoke_controller(&self, by: &Caller, device: &DeviceId, controller: &str) -> Answer<()> {
        let _turn = self.turns.devices.take();
        self.placed(by, device)?;
        let known = self.store.controllers(device).map_err(stored)?;
        let known = known.iter().find(|one| one.id == controller);
        let PairedController { id, .. } = known.ok_or_else(|| absent("controller-unknown", "such paired device"))?;
        let owner = self.store.ownership(device).map_err(stored)?;
        let now = clock::now();
        let order = (id.as_str(), CommandId::new(now, clock::random()));
        let decision = release::revoke_controller(owner.as_ref(), device, order, &by.person.id, now);
        self.decide(decision.map_err(release_refused)?).map(drop)
    }

    fn release_device(&self, by: &Caller, device: &DeviceId) -> Answer<Release> {
        self.placed(by, device)?;
        self.end_ownership(device, |estate, order, now| release::release(estate, order, By::Owner(by.person.id), now))
    }

    fn transfer(&self, by: &Caller, device: &DeviceId, to: PersonId) -> Answer<Release> {
        self.placed(by, device)?;
        self.end_ownership(device, |estate, order, now| release::transfer(estate, to, order, &by.person.id, now))
    }

    fn release_state(&self, by: &Caller, device: &DeviceId) -> Answer<Option<Release>> {
        self.placed(by, device)?;
        self.store.home_release(device).map_err(stored)
    }

    fn owner_of(&self, by: &Caller, device: &DeviceId, reason: SeeReason) -> Answer<OwnerSeen> {
        self.device_or_absent(device)?;
        let line = LedgerLine::new(kind::OWNER_SEEN, clock::now())
            .fact("device", device)
            .fact("person", &by.person.id)
            .fact("reason", reason.word());
        // Kept before anything is shown.
        self.decide(Decision::new(Vec::new(), line))?;
        let owner = self.store.ownership(device).map_err(stored)?;
        let owner = owner.map(|owner| self.resident(owner.person, Rights::ALL, owner.since)).transpose()?;
        let members = self.store.members(device).map_err(stored)?.len() as u64;
        Ok(OwnerSeen { owner, members, release: self.store.home_release(device).map_err(stored)? })
    }

    fn ask_recall(&self, by: &Caller, device: &DeviceId, reason: RecallReason) -> Answer<Recall> {
        self.start_recall(by, device, reason)
    }

    fn hasten_recall(&self, by: &Caller, device: &DeviceId) -> Answer<Release> {
        self.finish_recall(by, device)
    }

    fn stop_recall(&self, by: &Caller, device: &DeviceId) -> Answer<()> {
        self.end_recall(by, device)
    }
}

impl House {
    /// The device of a code: found by the look-up, decided by the salted digest. Failed tries are counted by address and all
    /// together; a right code is heard even when strangers have used up their tries, for it cannot have been guessed.
    pub(crate) fn device_of_code(&self, text: &str, from: IpAddr) -> Answer<Option<Device>> {
        let now = clock::now();
        let key = Key::Other(GUESSED, place(from));
        self.entry.throttle().ask(&key, now).map_err(too_many)?;
        let found = match ClaimText::parse(text) {
            Some(code) => {
                let kept: Vec<ClaimCode> = self.store.claim_codes(&code.lookup()).map_err(stored)?;
                kept.into_iter().find(|kept| code.is(kept))
            }
            None => None,
        };
        let device = found.map(|code| self.store.device(&code.device)).transpose().map_err(stored)?.flatten();
        let device = device.filter(|device| !matches!(device.enrolment, Enrolment::Revoked | Enrolment::Rejected));
        if device.is_none() {
            let mut throttle = self.entry.throttle();
            throttle.knock(&key, now).and_then(|()| throttle.knock_as_stranger(GUESSED, now)).map_err(too_many)?;
        }
        Ok(device)
    }

    fn ask_at(&self, by: &Caller, id: &DeviceId, notice: Option<Sha256Digest>) -> Answer<ClaimId> {
        let _turn = self.turns.devices.take();
        let device = self.device_or_absent(id)?;
        let owner = self.store.ownership(id).map_err(stored)?;
        let open = self.store.open_claim(id).map_err(stored)?;
        let release = self.store.home_release(id).map_err(stored)?;
        let now = clock::now();
        let waits = |claim: &&Claim| {
            matches!(claim.stands(now), ClaimState::WaitingForDevice { .. } | ClaimState::WaitingPeriod { .. })
        };
        let mine = self.store.claims_of(by.person.id, CLAIMS_SHOWN).map_err(stored)?.iter().filter(waits).count();
        let facts =
            ClaimFacts { device: &device, owner: owner.as_ref(), open: open.as_ref(), release: release.as_ref(), mine };
        let claim = ClaimId::new(now, clock::random());
        let command = CommandId::new(now, clock::random());
        let new = NewClaim { id: claim, command, digits: Digits::from_random(clock::random()) };
        let decision = claim::begin(&facts, new, &by.person, now).map_err(claim_refused)?;
        let decision = decision.with_change(self.notice_shown(claim, &device.product, notice, now)?);
        // Whoever asks again and again without a yes keeps others from asking: each question waits longer than the last.
        let key = Key::Other(ASKED, digest_of(&format!("{} {id}", by.person.id)));
        self.entry.throttle().knock(&key, now).map_err(too_many)?;
        self.decide(decision)?;
        self.tell(LiveEvent::Device(id.clone()));
        Ok(claim)
    }

    fn claim_of(&self, by: &Caller, id: ClaimId) -> Answer<Option<Claim>> {
        let claim = self.store.claim(id).map_err(stored)?;
        Ok(claim.filter(|claim| claim.person == by.person.id))
    }

    fn claim_view(&self, claim: Claim) -> Answer<ClaimView> {
        let now = clock::now();
        let device = self.device_or_absent(&claim.device)?;
        let set_up = self.set_up(&device.product)?;
        let online = is_online(&device, now);
        Ok(ClaimView {
            id: claim.id,
            title: self.title_of(&claim.device)?,
            product: device.product,
            begun: claim.begun,
            state: claim.stands(now),
            set_up,
            online,
            device: claim.device,
            digits: claim.digits,
        })
    }

    fn title_of(&self, device: &DeviceId) -> Answer<String> {
        let Some(device) = self.store.device(device).map_err(stored)? else { return Ok(String::new()) };
        let product = self.store.product(&device.product).map_err(stored)?;
        Ok(product.map_or_else(|| device.product.to_string(), |product| product.title))
    }

    fn mine(&self, owned: &Ownership, place: Place, since: Timestamp) -> Answer<MyDevice> {
        let device = self.device_or_absent(&owned.device)?;
        Ok(MyDevice {
            title: self.title_of(&owned.device)?,
            device: device.id,
            product: device.product,
            nickname: owned.nickname.clone(),
            place,
            since,
        })
    }

    /// The caller's place, or the answer for somebody who has none.
    fn placed(&self, by: &Caller, device: &DeviceId) -> Answer<Place> {
        self.my_place(by, device)?.ok_or_else(|| unknown_device(device))
    }

    fn resident(&self, person: PersonId, rights: Rights, since: Timestamp) -> Answer<Resident> {
        let name = self.store.person(person).map_err(stored)?.map(|person| person.name).unwrap_or_default();
        Ok(Resident { person, name, rights, since })
    }

    /// Decides about a household in the device's turn.
    fn at_home(
        &self,
        by: &Caller,
        device: &DeviceId,
        rule: impl FnOnce(&Rooms) -> Result<Decision, HouseholdRefusal>,
    ) -> Answer<()> {
        let _turn = self.turns.devices.take();
        self.placed(by, device)?;
        let rooms = Rooms::read(self, device)?;
        self.decide(rule(&rooms).map_err(household_refused)?)?;
        self.tell(LiveEvent::Device(device.clone()));
        Ok(())
    }

    fn end_ownership(
        &self,
        device: &DeviceId,
        rule: impl FnOnce(&Estate<'_>, CommandId, Timestamp) -> Result<Decision, ReleaseRefusal>,
    ) -> Answer<Release> {
        let turn = self.turns.devices.take();
        let rooms = Rooms::read(self, device)?;
        let now = clock::now();
        let order = CommandId::new(now, clock::random());
        self.decide(rule(&rooms.estate(device), order, now).map_err(release_refused)?)?;
        drop(turn);
        self.tell(LiveEvent::Device(device.clone()));
        let made = self.store.home_release(device).map_err(stored)?;
        made.ok_or_else(|| absent("release-unknown", "release"))
    }
}

/// Everything that is stored of a device's home, as the rules need it.
struct Rooms {
    owner: Option<Ownership>,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
    shadow: Shadow,
    held: Option<KeyThumbprint>,
    commands: Vec<Command>,
    claim: Option<Claim>,
    product: String,
}

impl Rooms {
    fn read(house: &House, device: &DeviceId) -> Answer<Self> {
        let held = house.store.certificates(device).map_err(stored)?;
        Ok(Self {
            owner: house.store.ownership(device).map_err(stored)?,
            members: house.store.members(device).map_err(stored)?,
            invitations: house.store.invitations(device).map_err(stored)?,
            shadow: house.store.shadow(device).map_err(stored)?,
            held: held.into_iter().find(|one| one.state == CertificateState::Proven).map(|one| one.key),
            commands: house.store.open_commands(device).map_err(stored)?,
            claim: house.store.open_claim(device).map_err(stored)?,
            product: house.title_of(device)?,
        })
    }

    fn household<'a>(&'a self, device: &'a DeviceId) -> household::Household<'a> {
        household::Household {
            device,
            owner: self.owner.as_ref(),
            members: &self.members,
            invitations: &self.invitations,
            product: &self.product,
        }
    }

    fn estate<'a>(&'a self, device: &'a DeviceId) -> Estate<'a> {
        Estate {
            device,
            owner: self.owner.as_ref(),
            members: &self.members,
            shadow: &self.shadow,
            held: self.held,
            commands: &self.commands,
            claim: self.claim.as_ref(),
            product: &self.product,
        }
    }
}

pub(super) fn too_many(wait: RetryAfter) -> Stop {
    refuse(RefusalKind::TooMany, "too-many-tries", wait.to_string())
}

fn is_online(device: &Device, now: Timestamp) -> bool {
    device.online_until.is_some_and(|until| until > now)
}

const fn invited(invitation: &Invitation) -> Invited {
    Invited { id: invitation.id, rights: invitation.rights, expires: invitation.expires }
}

fn unknown_device(device: &DeviceId) -> Stop {
    absent("device-unknown", format_args!("device {device}"))
}

fn claim_refused(why: ClaimRefusal) -> Stop {
    let kind = match why {
        ClaimRefusal::NotAConsumer => RefusalKind::Forbidden,
        ClaimRefusal::NotTheOwner => RefusalKind::Absent,
        ClaimRefusal::AlreadyYours
        | ClaimRefusal::DeviceNotReady
        | ClaimRefusal::DeviceOffline
        | ClaimRefusal::DeviceQuarantined
        | ClaimRefusal::DeviceNotErased
        | ClaimRefusal::ClaimWaits
        | ClaimRefusal::Over => RefusalKind::Conflict,
        ClaimRefusal::TooMany => RefusalKind::TooMany,
    };
    refuse(kind, why.name(), why.to_string())
}

fn household_refused(why: HouseholdRefusal) -> Stop {
    let kind = match why {
        HouseholdRefusal::NotTheOwner | HouseholdRefusal::NotAConsumer => RefusalKind::Forbidden,
        HouseholdRefusal::InvitationUnknown | HouseholdRefusal::MemberUnknown => RefusalKind::Absent,
        HouseholdRefusal::HasAPlace | HouseholdRefusal::TooManyMembers | HouseholdRefusal::TooManyInvitations => {
            RefusalKind::Conflict
        }
        HouseholdRefusal::NoRight | HouseholdRefusal::Nickname => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

fn release_refused(why: ReleaseRefusal) -> Stop {
    let kind = match why {
        ReleaseRefusal::NotTheOwner => RefusalKind::Forbidden,
        ReleaseRefusal::NoOwner | ReleaseRefusal::NoRelease => RefusalKind::Absent,
        ReleaseRefusal::NotAMember | ReleaseRefusal::OldCertificate => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}

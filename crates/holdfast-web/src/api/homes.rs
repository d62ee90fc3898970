//! Interface of the room `homes`: claims, one's own devices, households, release; whose device it is, for the staff.

mod card;

use axum::extract::State;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ClaimId, DeviceId, InvitationId, PersonId};
use holdfast_domain::homes::recall::{Recall, RecallReason};
use holdfast_domain::homes::{ClaimState, PairedController, Place, Release, Rights};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::backend::homes::{ClaimView, Contest, Household, Invited, MyDevice, OwnerSeen, Resident, SeeReason};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::arrival::Knock;
use crate::door::extract::{Asked, Id, Ids, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::secret::Secret;

const INVITE: About = About::new("Invite somebody into the household of one's device.")
    .more("The address of the answer works once, for seven days. It is shown this once.")
    .secret();
const OWNER: About = About::new("Whose device it is; that it was asked, by whom and why, is kept in the ledger.")
    .query(&[Ask::of("reason", Kind::Word(&["help-asked", "danger", "data-request", "authority"]), "Why.").needed()]);
const RELEASE: About = About::new("Give one's device away. It cannot be taken back.").more(
    "Nobody owns the device then. Everything of the home is deleted here, and the device erases itself when it is \
     connected next; its code can be used again after that.",
);

const RECALL: About = About::new("Ask for the end of an ownership, with a reason.").more(
    "The owner is told at once and can stop it for 72 hours; then the device is released as by its owner. The ledger keeps \
     who asked, and why.",
);
const SECOND: About = About::new("End an ownership at once, as a second person of the staff.")
    .more("Whoever asked for it cannot be that person. The ledger keeps both.");

pub(super) fn routes(routes: Routes) -> Routes {
    let (home, sure) = (Access::May(Act::UseHome), Access::Fresh(Act::UseHome));
    let (see, recall) = (Access::May(Act::SeeOwners), Access::Fresh(Act::RevokeDevice));
    let routes = card::routes(routes)
        .api_post("/api/v1/claims", home, begin, "Claim a device by the code of its label; the device asks.")
        .api_get("/api/v1/claims", home, claims, About::new("One's own newest claims.").query(Ask::PAGE))
        .api_get("/api/v1/claims/{id}", home, claim, "Where one's claim stands.")
        .api_post("/api/v1/claims/{id}/again", home, again, "Ask at the device once more.")
        .api_delete("/api/v1/claims/{id}", home, end, "Take one's claim back, or object to one of one's own device.")
        .api_get(
            "/api/v1/home/devices",
            home,
            devices,
            About::new("Devices at which one has a place.").query(Ask::PAGE),
        )
        .api_get("/api/v1/home/devices/{id}/household", home, household, "Who has access to a device.")
        .api_put("/api/v1/home/devices/{id}/name", home, rename, "Set what the device is called at home.")
        .api_post("/api/v1/home/devices/{id}/invitations", home, invite, INVITE)
        .api_delete("/api/v1/home/devices/{id}/invitations/{invitation}", home, uninvite, "Take an invitation back.");
    routes
        .api_post("/api/v1/home/join", home, join, "Join a household by an invitation.")
        .api_put("/api/v1/home/devices/{id}/members/{person}", home, rights, "Give a member other rights.")
        .api_delete("/api/v1/home/devices/{id}/members/{person}", home, remove, "Take a member out, or leave.")
        .api_delete(
            "/api/v1/home/devices/{id}/controllers/{controller}",
            home,
            unpair,
            "End a phone or service that is paired on the local network.",
        )
        .api_post("/api/v1/home/devices/{id}/release", sure, release, RELEASE)
        .api_post("/api/v1/home/devices/{id}/transfer", sure, transfer, "Hand one's device on to a member.")
        .api_get("/api/v1/devices/{id}/owner", see, owner, OWNER)
        .api_delete("/api/v1/home/devices/{id}/recall", home, stop_recall, "Stop the end of one's ownership.")
        .api_post("/api/v1/devices/{id}/release-owner", recall, ask_recall, RECALL)
        .api_post("/api/v1/devices/{id}/release-owner/second", recall, hasten_recall, SECOND)
        .api_delete(
            "/api/v1/devices/{id}/release-owner",
            recall,
            stop_recall,
            "Take back that the end of an ownership was asked for.",
        )
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClaimCodeBody)]
struct CodeBody {
    /// As the label has it; blanks, hyphens and small letters are no matter.
    code: String,
    /// The version of the privacy notice that was shown: `notice` of the label's card.
    notice: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ClaimMade {
    id: String,
}

async fn begin(State(app): State<App>, Who(by): Who, knock: Knock, Json(body): Json<CodeBody>) -> Reply<ClaimMade> {
    let notice = card::notice(body.notice.as_deref())?;
    let id = app.ask(move |b| b.begin_claim(&by, &body.code, notice, knock.address)).await?;
    Ok(axum::Json(ClaimMade { id: id.to_string() }))
}

async fn again(State(app): State<App>, Who(by): Who, Id(id): Id<ClaimId>) -> Reply<ClaimMade> {
    let id = app.ask(move |b| b.ask_again(&by, id)).await?;
    Ok(axum::Json(ClaimMade { id: id.to_string() }))
}

#[derive(Serialize, ToSchema)]
struct ClaimRow {
    id: String,
    device: String,
    title: String,
    begun_us: i64,
    /// `waiting-for-device`, `waiting-period`, `done` or `refused`.
    state: &'static str,
    /// What both sides show, while the device waits.
    digits: Option<String>,
    until_us: Option<i64>,
    /// Why it came to nothing.
    why: Option<&'static str>,
}

impl From<ClaimView> for ClaimRow {
    fn from(view: ClaimView) -> Self {
        let (state, until, why) = match view.state {
            ClaimState::WaitingForDevice { until } => ("waiting-for-device", Some(until), None),
            ClaimState::WaitingPeriod { until } => ("waiting-period", Some(until), None),
            ClaimState::Done { .. } => ("done", None, None),
            ClaimState::Refused { why, .. } => ("refused", None, Some(why.word())),
        };
        let asks = matches!(view.state, ClaimState::WaitingForDevice { .. });
        Self {
            id: view.id.to_string(),
            device: view.device.to_string(),
            title: view.title,
            begun_us: us(view.begun),
            state,
            digits: asks.then(|| view.digits.as_str().to_owned()),
            until_us: until.map(us),
            why,
        }
    }
}

async fn claims(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<ClaimRow>> {
    let mine = app.ask(move |b| b.my_claims(&by)).await?;
    List::cut(mine.into_iter().map(ClaimRow::from).collect(), &query.page()?, |row| row.id.clone())
}

async fn claim(State(app): State<App>, Who(by): Who, Id(id): Id<ClaimId>) -> Reply<ClaimRow> {
    let view = app.ask(move |b| b.claim(&by, id)).await?;
    view.map(|view| axum::Json(view.into()))
        .ok_or_else(|| Problem::absent("claim-unknown", "There is no such claim of yours."))
}

async fn end(State(app): State<App>, Who(by): Who, Id(id): Id<ClaimId>) -> Reply<Done> {
    app.ask(move |b| b.end_claim(&by, id)).await?;
    Ok(done())
}

#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct RightsBody {
    control: bool,
    manage_updates: bool,
    see_data: bool,
}

impl From<RightsBody> for Rights {
    fn from(body: RightsBody) -> Self {
        Self { control: body.control, manage_updates: body.manage_updates, see_data: body.see_data }
    }
}

impl From<Rights> for RightsBody {
    fn from(rights: Rights) -> Self {
        Self { control: rights.control, manage_updates: rights.manage_updates, see_data: rights.see_data }
    }
}

#[derive(Serialize, ToSchema)]
struct DeviceOfMine {
    device: String,
    product: String,
    title: String,
    nickname: Option<String>,
    /// `owner` or `member`.
    place: &'static str,
    rights: RightsBody,
    since_us: i64,
}

impl From<MyDevice> for DeviceOfMine {
    fn from(mine: MyDevice) -> Self {
        Self {
            device: mine.device.to_string(),
            product: mine.product.to_string(),
            title: mine.title,
            nickname: mine.nickname,
            place: if mine.place == Place::Owner { "owner" } else { "member" },
            rights: mine.place.rights().into(),
            since_us: us(mine.since),
        }
    }
}

async fn devices(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<DeviceOfMine>> {
    let mine = app.ask(move |b| b.my_devices(&by)).await?;
    List::cut(mine.into_iter().map(DeviceOfMine::from).collect(), &query.page()?, |row| row.device.clone())
}

#[derive(Serialize, ToSchema)]
struct ResidentRow {
    person: String,
    name: String,
    rights: RightsBody,
    since_us: i64,
}

impl From<Resident> for ResidentRow {
    fn from(resident: Resident) -> Self {
        Self {
            person: resident.person.to_string(),
            name: resident.name,
            rights: resident.rights.into(),
            since_us: us(resident.since),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct InvitedRow {
    id: String,
    rights: RightsBody,
    expires_us: i64,
}

impl From<Invited> for InvitedRow {
    fn from(invited: Invited) -> Self {
        Self { id: invited.id.to_string(), rights: invited.rights.into(), expires_us: us(invited.expires) }
    }
}

#[derive(Serialize, ToSchema)]
struct ControllerRow {
    id: String,
    name: String,
    permissions: String,
    paired_us: i64,
}

impl From<PairedController> for ControllerRow {
    fn from(paired: PairedController) -> Self {
        let PairedController { id, name, permissions, paired } = paired;
        Self { id, name, permissions, paired_us: us(paired) }
    }
}

#[derive(Serialize, ToSchema)]
struct ContestRow {
    claim: String,
    begun_us: i64,
    until_us: i64,
}

impl From<Contest> for ContestRow {
    fn from(contest: Contest) -> Self {
        Self { claim: contest.claim.to_string(), begun_us: us(contest.begun), until_us: us(contest.until) }
    }
}

#[derive(Serialize, ToSchema)]
struct HouseholdRow {
    owner: ResidentRow,
    members: Vec<ResidentRow>,
    invitations: Vec<InvitedRow>,
    controllers: Vec<ControllerRow>,
    contested: Option<ContestRow>,
    /// The end of the ownership that the maker's people asked for.
    recall: Option<RecallRow>,
}

impl From<Household> for HouseholdRow {
    fn from(household: Household) -> Self {
        Self {
            owner: household.owner.into(),
            members: household.members.into_iter().map(ResidentRow::from).collect(),
            invitations: household.invitations.into_iter().map(InvitedRow::from).collect(),
            controllers: household.controllers.into_iter().map(ControllerRow::from).collect(),
            contested: household.contested.map(ContestRow::from),
            recall: household.recall.map(RecallRow::from),
        }
    }
}

async fn household(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<HouseholdRow> {
    Ok(axum::Json(app.ask(move |b| b.household(&by, &id)).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NameBody {
    /// Empty for the product's title.
    name: String,
}

async fn rename(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>, Json(body): Json<NameBody>) -> Reply<Done> {
    app.ask(move |b| b.rename_device(&by, &id, &body.name)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct InvitationMade {
    id: String,
    /// Where the invited person goes.
    url: String,
    expires_us: i64,
}

async fn invite(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<RightsBody>,
) -> Reply<InvitationMade> {
    let secret = Secret::from_random(app.ground().random());
    let hash = secret.hash();
    let invited = app.ask(move |b| b.invite(&by, &id, body.into(), &hash)).await?;
    let url = format!("/i/{}", secret.text());
    Ok(axum::Json(InvitationMade { id: invited.id.to_string(), url, expires_us: us(invited.expires) }))
}

async fn uninvite(State(app): State<App>, Who(by): Who, Ids(id, one): Ids<DeviceId, InvitationId>) -> Reply<Done> {
    app.ask(move |b| b.cancel_invitation(&by, &id, one)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JoinBody {
    /// The secret of the invitation, the last part of its address.
    invitation: String,
}

#[derive(Serialize, ToSchema)]
struct Joined {
    device: String,
}

async fn join(State(app): State<App>, Who(by): Who, Json(body): Json<JoinBody>) -> Reply<Joined> {
    let unknown = || Problem::absent("invitation-unknown", "This invitation does not count any more.");
    let secret = Secret::parse(&body.invitation).ok_or_else(unknown)?;
    let device = app.ask(move |b| b.accept(&by, &secret.hash())).await?;
    Ok(axum::Json(Joined { device: device.to_string() }))
}

async fn rights(
    State(app): State<App>,
    Who(by): Who,
    Ids(id, person): Ids<DeviceId, PersonId>,
    Json(body): Json<RightsBody>,
) -> Reply<Done> {
    app.ask(move |b| b.set_rights(&by, &id, person, body.into())).await?;
    Ok(done())
}

async fn remove(State(app): State<App>, Who(by): Who, Ids(id, person): Ids<DeviceId, PersonId>) -> Reply<Done> {
    app.ask(move |b| b.remove_member(&by, &id, person)).await?;
    Ok(done())
}

async fn unpair(State(app): State<App>, Who(by): Who, Ids(id, controller): Ids<DeviceId, Sha256Digest>) -> Reply<Done> {
    app.ask(move |b| b.revoke_controller(&by, &id, &controller.to_string())).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
#[schema(as = OwnershipReleaseRow)]
struct ReleaseRow {
    order: String,
    begun_us: i64,
    /// When the device said that nothing of the earlier owner is on it.
    wiped_us: Option<i64>,
    /// When nothing of the earlier home was left here.
    deleted_us: Option<i64>,
}

impl From<Release> for ReleaseRow {
    fn from(release: Release) -> Self {
        Self {
            order: release.order.to_string(),
            begun_us: us(release.begun),
            wiped_us: release.wiped.map(us),
            deleted_us: release.swept.map(us),
        }
    }
}

async fn release(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<ReleaseRow> {
    Ok(axum::Json(app.ask(move |b| b.release_device(&by, &id)).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TransferBody {
    /// The member who gets it.
    to: String,
}

async fn transfer(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<TransferBody>,
) -> Reply<ReleaseRow> {
    let to: PersonId = body.to.parse().map_err(|error| Problem::malformed("id-malformed", format!("to: {error}.")))?;
    Ok(axum::Json(app.ask(move |b| b.transfer(&by, &id, to)).await?.into()))
}

#[derive(Serialize, ToSchema)]
struct OwnerRow {
    owner: Option<ResidentRow>,
    members: u64,
    release: Option<ReleaseRow>,
}

impl From<OwnerSeen> for OwnerRow {
    fn from(seen: OwnerSeen) -> Self {
        Self {
            owner: seen.owner.map(ResidentRow::from),
            members: seen.members,
            release: seen.release.map(ReleaseRow::from),
        }
    }
}

async fn owner(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>, Asked(query): Asked) -> Reply<OwnerRow> {
    let reason = query.text("reason").and_then(SeeReason::from_word);
    let needed = || {
        let words: Vec<&str> = SeeReason::ALL.into_iter().map(SeeReason::word).collect();
        Problem::malformed("reason-missing", format!("Say why: reason is one of {}.", words.join(", ")))
    };
    let reason = reason.ok_or_else(needed)?;
    Ok(axum::Json(app.ask(move |b| b.owner_of(&by, &id, reason)).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecallBody {
    /// `unit-returned`, `owner-asked`, `estate` or `authority`.
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct RecallRow {
    reason: &'static str,
    asked_us: i64,
    /// Until when the owner can stop it.
    until_us: i64,
}

impl From<Recall> for RecallRow {
    fn from(recall: Recall) -> Self {
        Self { reason: recall.reason.word(), asked_us: us(recall.asked), until_us: us(recall.until) }
    }
}

async fn ask_recall(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<RecallBody>,
) -> Reply<RecallRow> {
    let reason = RecallReason::from_word(&body.reason).ok_or_else(|| {
        let words: Vec<&str> = RecallReason::ALL.into_iter().map(RecallReason::word).collect();
        Problem::malformed("reason-missing", format!("Say why: reason is one of {}.", words.join(", ")))
    })?;
    Ok(axum::Json(app.ask(move |b| b.ask_recall(&by, &id, reason)).await?.into()))
}

async fn hasten_recall(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<ReleaseRow> {
    Ok(axum::Json(app.ask(move |b| b.hasten_recall(&by, &id)).await?.into()))
}

async fn stop_recall(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<Done> {
    app.ask(move |b| b.stop_recall(&by, &id)).await?;
    Ok(done())
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<CodeBody>(bytes));
    drop(serde_json::from_slice::<RightsBody>(bytes));
    drop(serde_json::from_slice::<NameBody>(bytes));
    drop(serde_json::from_slice::<JoinBody>(bytes));
    drop(serde_json::from_slice::<TransferBody>(bytes));
    drop(serde_json::from_slice::<RecallBody>(bytes));
}

//! Interface of choosing devices: filters, groups, and acts on many devices with preview and undo.

use axum::extract::State;
use holdfast_core::id::{BulkId, DeviceId, GroupId};
use holdfast_domain::fleet::bulk::{BulkAct, BulkState, Item, ItemState};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::group::{Members, Wish};
use holdfast_domain::people::access::Act;
use holdfast_domain::telemetry::value::{FieldMap, FieldPatch, MapError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Done, List, Reply, command_lifetime, document, done, us};
use crate::backend::groups::{BulkAsk, BulkPreview, BulkView, COUNT_MAX, Chosen, GroupView, Refusals};
use crate::backend::settings::{Settings, Value as Setting};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

const STATES: &[&str] = &["waiting", "changed", "refused", "restored", "kept"];
const ITEMS: &[Ask] = &[Ask::of("state", Kind::Word(STATES), "Only devices that ended so."), Ask::AFTER, Ask::LIMIT];
const PUT: About = About::new("Make a group, or change what it is for and its filter.").more(
    "Without `filter` its devices are put in by hand. With one, whoever fits is in it at each moment; such a filter names no \
     group. A group does not change from one kind to the other.",
);
const PREVIEW: About = About::new("What an act on many devices would do now.").more(
    "Exactly one of `filter` and `devices`. Says how many devices are meant, how many would be changed, and which would be \
     left as they are and why. Acts: quarantine, release, command, desired, join, leave, allow-reenrolment, revoke.",
);
const START: About = About::new("Act on many devices.").more(
    "As in the preview, with `confirm_devices`: the number that it showed. Each device is dealt with by the same rule as \
     alone. Revoking has an address of its own.",
);
const REVOKE: About = About::new("Revoke many devices for good.").more("There is no way back; `reason` is needed.");

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, manage) = (Access::May(Act::ViewFleet), Access::May(Act::ManageGroups));
    routes
        .api_get("/api/v1/groups", look, groups, About::new("Groups of devices, by name.").query(Ask::PAGE))
        .api_get("/api/v1/groups/{id}", look, group, "One group.")
        .api_put("/api/v1/groups/{id}", manage, put_group, PUT)
        .api_delete("/api/v1/groups/{id}", manage, remove_group, "Remove a group; its devices stay as they are.")
        .api_post("/api/v1/groups/{id}/add", manage, add, "Put devices into a group by hand.")
        .api_post("/api/v1/groups/{id}/take", manage, take, "Take devices out of a group by hand.")
        .api_get("/api/v1/devices/{id}/groups", look, groups_of, "Groups by hand that a device is in.")
        .api_post("/api/v1/bulk-preview", manage, preview, PREVIEW)
        .api_get("/api/v1/bulk", look, bulks, About::new("Acts on many devices, newest first.").query(Ask::PAGE))
        .api_post("/api/v1/bulk", manage, start, START)
        .api_post("/api/v1/bulk/revoke", Access::Fresh(Act::RevokeDevice), revoke, REVOKE)
        .api_get("/api/v1/bulk/{id}", look, bulk, "One act on many devices.")
        .api_get("/api/v1/bulk/{id}/devices", look, items, About::new("How each device ended.").query(ITEMS))
        .api_post("/api/v1/bulk/{id}/undo", manage, undo, "Take an act back: what it changed is restored.")
        .api_get("/api/v1/settings", Access::May(Act::ChangeSettings), settings, "What this server runs with.")
}

/// Reads a filter; what is wrong with it is told by name and place.
pub(crate) fn filter_of(text: &str) -> Result<Filter, Problem> {
    Filter::parse(text).map_err(|why| Problem::malformed(why.name(), format!("{why}.")))
}

#[derive(Serialize, ToSchema)]
struct GroupRow {
    id: String,
    about: String,
    /// Null for a group by hand.
    filter: Option<String>,
    devices: u64,
    /// Whether there are more than were counted.
    more: bool,
    created_us: i64,
    created_by: String,
}

impl From<GroupView> for GroupRow {
    fn from(view: GroupView) -> Self {
        let more = view.devices > u64::from(COUNT_MAX) && matches!(view.group.members, Members::Fitting(_));
        Self {
            id: view.group.id.to_string(),
            about: view.group.about,
            filter: match view.group.members {
                Members::Listed => None,
                Members::Fitting(filter) => Some(filter.to_string()),
            },
            devices: view.devices,
            more,
            created_us: us(view.group.created),
            created_by: view.created_by_name,
        }
    }
}

async fn groups(State(app): State<App>, Asked(query): Asked) -> Reply<List<GroupRow>> {
    let page = query.page()?;
    Ok(List::of(app.ask(move |b| b.groups(&page)).await?, GroupRow::from))
}

async fn group(State(app): State<App>, Id(id): Id<GroupId>) -> Reply<GroupRow> {
    Ok(axum::Json(app.ask(move |b| b.group(&id)).await?.ok_or_else(no_group)?.into()))
}

/// There is no such group.
pub(crate) fn no_group() -> Problem {
    Problem::absent("group-unknown", "There is no such group.")
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupBody {
    #[serde(default)]
    about: String,
    filter: Option<String>,
}

async fn put_group(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<GroupId>,
    Json(body): Json<GroupBody>,
) -> Reply<GroupRow> {
    let members = match body.filter.as_deref() {
        None => Members::Listed,
        Some(text) => Members::Fitting(filter_of(text)?),
    };
    let wish = Wish { id, about: body.about, members };
    Ok(axum::Json(app.ask(move |b| b.put_group(&by, wish)).await?.into()))
}

async fn remove_group(State(app): State<App>, Who(by): Who, Id(id): Id<GroupId>) -> Reply<Done> {
    app.ask(move |b| b.remove_group(&by, &id)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MembersBody {
    devices: Vec<String>,
}

fn ids(texts: &[String]) -> Result<Vec<DeviceId>, Problem> {
    let read =
        |text: &String| text.parse().map_err(|why| Problem::malformed("id-malformed", format!("`{text}`: {why}.")));
    texts.iter().map(read).collect()
}

async fn add(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<GroupId>,
    Json(body): Json<MembersBody>,
) -> Reply<GroupRow> {
    let devices = ids(&body.devices)?;
    Ok(axum::Json(app.ask(move |b| b.change_members(&by, &id, devices, true)).await?.into()))
}

async fn take(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<GroupId>,
    Json(body): Json<MembersBody>,
) -> Reply<GroupRow> {
    let devices = ids(&body.devices)?;
    Ok(axum::Json(app.ask(move |b| b.change_members(&by, &id, devices, false)).await?.into()))
}

#[derive(Serialize, ToSchema)]
struct GroupNames {
    items: Vec<String>,
}

async fn groups_of(State(app): State<App>, Id(id): Id<DeviceId>) -> Reply<GroupNames> {
    let groups = app.ask(move |b| b.groups_of(&id)).await?;
    Ok(axum::Json(GroupNames { items: groups.iter().map(ToString::to_string).collect() }))
}

/// An act as a program asks for it. Which of the fields belong to it is told by `act`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    act: String,
    filter: Option<String>,
    devices: Option<Vec<String>>,
    group: Option<String>,
    action: Option<String>,
    input: Option<Map<String, Value>>,
    expires_s: Option<u64>,
    desired: Option<Map<String, Value>>,
    #[serde(default)]
    reason: String,
    confirm_devices: Option<u64>,
}

/// What belongs to an act beside its word.
#[derive(Default)]
pub(crate) struct ActParts {
    pub(crate) group: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) expires_s: Option<u64>,
    pub(crate) desired: Option<String>,
}

/// Reads an act; what does not belong to it is refused rather than ignored.
pub(crate) fn act_of(word: &str, parts: ActParts) -> Result<BulkAct, Problem> {
    let missing = |name: &str| Problem::malformed("field-missing", format!("`{name}` is missing for this act."));
    let malformed = |why: MapError| Problem::malformed(why.name(), format!("{why}."));
    let ActParts { group, action, input, expires_s, desired } = parts;
    let foreign = match word {
        "command" => group.is_some() || desired.is_some(),
        "desired" => group.is_some() || action.is_some() || input.is_some() || expires_s.is_some(),
        "join" | "leave" => desired.is_some() || action.is_some() || input.is_some() || expires_s.is_some(),
        _ => group.is_some() || desired.is_some() || action.is_some() || input.is_some() || expires_s.is_some(),
    };
    if foreign {
        return Err(Problem::malformed("field-unknown", "A field does not belong to this act."));
    }
    let group = || -> Result<GroupId, Problem> {
        let text = group.as_deref().ok_or_else(|| missing("group"))?;
        text.parse().map_err(|why| Problem::malformed("id-malformed", format!("`group`: {why}.")))
    };
    Ok(match word {
        "quarantine" => BulkAct::Quarantine,
        "release" => BulkAct::Release,
        "allow-reenrolment" => BulkAct::AllowReenrolment,
        "revoke" => BulkAct::Revoke,
        "join" => BulkAct::Join(group()?),
        "leave" => BulkAct::Leave(group()?),
        "desired" => {
            let patch = desired.ok_or_else(|| missing("desired"))?;
            BulkAct::Desired(FieldPatch::parse(&patch).map_err(malformed)?)
        }
        "command" => BulkAct::Command {
            action: action.ok_or_else(|| missing("action"))?,
            input: FieldMap::parse(input.as_deref().unwrap_or("{}")).map_err(malformed)?,
            life: command_lifetime(expires_s),
        },
        _ => {
            return Err(Problem::malformed(
                "act-unknown",
                "`act` is quarantine, release, command, desired, join, leave, allow-reenrolment or revoke.",
            ));
        }
    })
}

impl BulkBody {
    fn ask(&self) -> Result<BulkAsk, Problem> {
        let parts = ActParts {
            group: self.group.clone(),
            action: self.action.clone(),
            input: self.input.clone().map(|input| Value::Object(input).to_string()),
            expires_s: self.expires_s,
            desired: self.desired.clone().map(|patch| Value::Object(patch).to_string()),
        };
        let chosen = match (&self.filter, &self.devices) {
            (Some(text), None) => Chosen::Fitting(filter_of(text)?),
            (None, Some(devices)) => Chosen::Ticked(ids(devices)?),
            _ => return Err(Problem::malformed("field-malformed", "Give `filter` or `devices`.")),
        };
        Ok(BulkAsk { act: act_of(&self.act, parts)?, chosen })
    }

    fn confirmed(&self) -> Result<u64, Problem> {
        self.confirm_devices.ok_or_else(|| {
            Problem::malformed("field-missing", "`confirm_devices` is missing: the number that the preview showed.")
        })
    }
}

#[derive(Serialize, ToSchema)]
struct RefusalsDoc {
    name: &'static str,
    text: String,
    devices: u64,
    examples: Vec<String>,
}

impl From<Refusals> for RefusalsDoc {
    fn from(refusals: Refusals) -> Self {
        Self {
            name: refusals.name,
            text: refusals.text,
            devices: refusals.devices,
            examples: refusals.examples.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct BulkPreviewDoc {
    act: &'static str,
    can_be_undone: bool,
    devices: u64,
    online: u64,
    judged: u64,
    changed: u64,
    refused: Vec<RefusalsDoc>,
}

async fn preview(State(app): State<App>, Who(by): Who, Json(body): Json<BulkBody>) -> Reply<BulkPreviewDoc> {
    let ask = body.ask()?;
    let (act, can_be_undone) = (ask.act.word(), ask.act.can_be_undone());
    let preview = app.ask(move |b| b.preview_bulk(&by, &ask)).await?;
    let BulkPreview { devices, online, judged, changed, refused } = preview;
    let refused = refused.into_iter().map(RefusalsDoc::from).collect();
    Ok(axum::Json(BulkPreviewDoc { act, can_be_undone, devices, online, judged, changed, refused }))
}

/// The word of an act's state.
pub(crate) const fn bulk_state_word(state: BulkState) -> &'static str {
    match state {
        BulkState::Running => "running",
        BulkState::Done => "done",
        BulkState::Undoing => "undoing",
        BulkState::Undone => "undone",
    }
}

#[derive(Serialize, ToSchema)]
struct BulkRow {
    id: String,
    act: &'static str,
    group: Option<String>,
    action: Option<String>,
    input: Option<Value>,
    desired: Option<Value>,
    /// The filter by which devices were chosen; empty if they were named one by one.
    filter: String,
    reason: String,
    by: String,
    ordered_us: i64,
    state: &'static str,
    devices: u32,
    changed: u32,
    refused: u32,
    restored: u32,
    kept: u32,
    can_be_undone: bool,
    done_us: Option<i64>,
    undone_us: Option<i64>,
}

impl From<BulkView> for BulkRow {
    fn from(view: BulkView) -> Self {
        let bulk = view.bulk;
        let (action, input, desired) = match &bulk.act {
            BulkAct::Command { action, input, .. } => (Some(action.clone()), Some(document(&input.to_string())), None),
            BulkAct::Desired(patch) => (None, None, Some(document(&patch.to_string()))),
            BulkAct::Quarantine
            | BulkAct::Release
            | BulkAct::Join(_)
            | BulkAct::Leave(_)
            | BulkAct::AllowReenrolment
            | BulkAct::Revoke => (None, None, None),
        };
        Self {
            id: bulk.id.to_string(),
            act: bulk.act.word(),
            group: bulk.act.group().map(ToString::to_string),
            action,
            input,
            desired,
            can_be_undone: bulk.act.can_be_undone() && matches!(bulk.state, BulkState::Running | BulkState::Done),
            filter: bulk.chosen,
            reason: bulk.reason,
            by: view.by_name,
            ordered_us: us(bulk.ordered),
            state: bulk_state_word(bulk.state),
            devices: bulk.devices,
            changed: bulk.changed,
            refused: bulk.refused,
            restored: bulk.restored,
            kept: bulk.kept,
            done_us: bulk.done.map(us),
            undone_us: bulk.undone.map(us),
        }
    }
}

async fn start(State(app): State<App>, Who(by): Who, Json(body): Json<BulkBody>) -> Reply<BulkRow> {
    let (ask, confirmed) = (body.ask()?, body.confirmed()?);
    if ask.act == BulkAct::Revoke {
        return Err(Problem::malformed(
            "act-elsewhere",
            "Revoking many devices has an address of its own: bulk/revoke.",
        ));
    }
    Ok(axum::Json(app.ask(move |b| b.start_bulk(&by, &ask, &body.reason, confirmed)).await?.into()))
}

async fn revoke(State(app): State<App>, Who(by): Who, Json(body): Json<BulkBody>) -> Reply<BulkRow> {
    let (ask, confirmed) = (body.ask()?, body.confirmed()?);
    if ask.act != BulkAct::Revoke {
        return Err(Problem::malformed("act-elsewhere", "This address revokes, and nothing else: `act` is `revoke`."));
    }
    Ok(axum::Json(app.ask(move |b| b.start_bulk(&by, &ask, &body.reason, confirmed)).await?.into()))
}

async fn bulks(State(app): State<App>, Asked(query): Asked) -> Reply<List<BulkRow>> {
    let page = query.page()?;
    Ok(List::of(app.ask(move |b| b.bulks(&page)).await?, BulkRow::from))
}

/// There is no such act.
pub(crate) fn no_bulk() -> Problem {
    Problem::absent("bulk-unknown", "There is no such act on many devices.")
}

async fn bulk(State(app): State<App>, Id(id): Id<BulkId>) -> Reply<BulkRow> {
    Ok(axum::Json(app.ask(move |b| b.bulk(id)).await?.ok_or_else(no_bulk)?.into()))
}

#[derive(Serialize, ToSchema)]
struct BulkItemRow {
    device: String,
    state: &'static str,
    why: Option<String>,
    at_us: Option<i64>,
}

impl From<Item> for BulkItemRow {
    fn from(item: Item) -> Self {
        Self { device: item.device.to_string(), state: item.state.word(), why: item.why, at_us: item.at.map(us) }
    }
}

/// Reads how a device of an act ended.
pub(crate) fn item_state_of(word: &str) -> Result<ItemState, Problem> {
    let all = [ItemState::Waiting, ItemState::Changed, ItemState::Refused, ItemState::Restored, ItemState::Kept];
    all.into_iter()
        .find(|state| state.word() == word)
        .ok_or_else(|| Problem::malformed("state-unknown", "`state` is waiting, changed, refused, restored or kept."))
}

async fn items(State(app): State<App>, Id(id): Id<BulkId>, Asked(query): Asked) -> Reply<List<BulkItemRow>> {
    let (page, state) = (query.page()?, query.text("state").map(item_state_of).transpose()?);
    app.ask(move |b| b.bulk(id)).await?.ok_or_else(no_bulk)?;
    Ok(List::of(app.ask(move |b| b.bulk_items(id, state, &page)).await?, BulkItemRow::from))
}

async fn undo(State(app): State<App>, Who(by): Who, Id(id): Id<BulkId>) -> Reply<BulkRow> {
    Ok(axum::Json(app.ask(move |b| b.undo_bulk(&by, id)).await?.into()))
}

#[derive(Serialize, ToSchema)]
struct SettingRow {
    section: String,
    name: String,
    value: String,
}

#[derive(Serialize, ToSchema)]
struct SettingsDoc {
    items: Vec<SettingRow>,
}

async fn settings(State(app): State<App>) -> Reply<SettingsDoc> {
    let sections = app.ask(Settings::settings).await?;
    let l = Lang::default();
    let rows = sections.into_iter().flat_map(|section| {
        let title = l.say(section.title);
        let row = move |(name, value): (&str, Setting)| SettingRow {
            section: title.clone(),
            name: l.say(name),
            value: value.said(l),
        };
        section.rows.into_iter().map(row)
    });
    Ok(axum::Json(SettingsDoc { items: rows.collect() }))
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<GroupBody>(bytes));
    drop(serde_json::from_slice::<MembersBody>(bytes));
    if let Ok(body) = serde_json::from_slice::<BulkBody>(bytes) {
        drop(body.ask());
    }
}

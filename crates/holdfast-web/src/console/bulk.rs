//! Acts on many devices: choosing, looking at what would happen, ordering, watching, taking back.
//!
//! Choosing and looking are addresses that can be kept; only ordering and taking back change anything.

mod words;

use std::fmt::Write as _;

use askama::Template;
use holdfast_core::id::{BulkId, DeviceId};
use holdfast_domain::fleet::bulk::{BulkAct, BulkState, Item, ItemState};
use holdfast_domain::people::access::Act;
use serde_json::{Map, Value};

use super::fleet::encoded;
use super::pictures::{Part, Stack};
use super::words::{When, why, why_named};
use super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use crate::api::{ActParts, act_of, bulk_state_word, filter_of, item_state_of, no_bulk};
use crate::backend::PageAsk;
use crate::backend::fleet::{ActionView, FieldView};
use crate::backend::groups::{BulkAsk, BulkPreview, BulkView, Chosen};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use words::{particulars, title};

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, manage) = (Access::May(Act::ViewFleet), Access::May(Act::ManageGroups));
    routes
        .get("/console/bulk", look, bulks)
        .get("/console/bulk/new", manage, choose)
        .post("/console/bulk/new", manage, start)
        .post("/console/bulk/revoke", Access::Fresh(Act::RevokeDevice), revoke)
        .get("/console/bulk/{id}", look, show)
        .post("/console/bulk/{id}/undo", manage, undo)
}

/// Rows of a list of devices.
const ITEM_ROWS: u16 = 50;
/// Groups that can be chosen.
const GROUPS: u16 = 200;

/// Whom the address means: ticked boxes, one list, or a filter.
fn chosen(query: &Fields) -> Result<Chosen, Problem> {
    let mut ids: Vec<DeviceId> = Vec::new();
    let read = |word: &str| {
        word.parse::<DeviceId>().map_err(|why| Problem::malformed("id-malformed", format!("“{word}”: {why}.")))
    };
    for word in query.typed("devices").split_whitespace() {
        ids.push(read(word)?);
    }
    for name in query.names().filter_map(|name| name.strip_prefix("tick.")) {
        ids.push(read(name)?);
    }
    let all = query.text("scope") == Some("all");
    if !ids.is_empty() && !all {
        return Ok(Chosen::Ticked(ids));
    }
    if query.text("scope") == Some("ticked") {
        return Err(Problem::malformed("no-devices", "Tick at least one device, or act on all that fit the filter."));
    }
    filter_of(query.typed("filter")).map(Chosen::Fitting)
}

/// The act of the address, if one is chosen.
fn act(l: Lang, query: &Fields, settings: &[FieldView], actions: &[ActionView]) -> Result<Option<BulkAct>, Problem> {
    let Some(word) = query.text("act") else { return Ok(None) };
    let mut parts = ActParts::default();
    match word {
        "join" | "leave" => parts.group = Some(query.needed("group")?),
        "desired" => {
            let mut patch = Map::new();
            for field in settings {
                if let Some(text) = query.text(&format!("set.{}", field.name)) {
                    patch.insert(field.name.clone(), super::device::form_value(l, field, text)?);
                }
            }
            parts.desired = Some(Value::Object(patch).to_string());
        }
        "command" => {
            let name: String = query.needed("action")?;
            let mut input = Map::new();
            for field in actions.iter().filter(|action| action.name == name).flat_map(|action| &action.inputs) {
                if let Some(text) = query.text(&format!("in.{}", field.name)) {
                    input.insert(field.name.clone(), super::device::form_value(l, field, text)?);
                }
            }
            (parts.action, parts.input) = (Some(name), Some(Value::Object(input).to_string()));
        }
        _ => {}
    }
    act_of(word, parts).map(Some)
}

/// One reason for which devices are left as they are.
struct RefusedLine {
    text: String,
    count: String,
    examples: Vec<String>,
}

/// What would happen, ready for the page.
struct PreviewCard {
    title: String,
    particulars: String,
    preview: BulkPreview,
    refused: Vec<RefusedLine>,
    stack: Stack,
    unjudged: u64,
    can_be_undone: bool,
    revokes: bool,
}

impl PreviewCard {
    fn new(l: Lang, act: &BulkAct, preview: BulkPreview) -> Self {
        let refused: u64 = preview.refused.iter().map(|refusals| refusals.devices).sum();
        let unjudged = preview.devices.saturating_sub(preview.judged);
        let line = |refusals: &crate::backend::groups::Refusals| RefusedLine {
            text: why_named(l, refusals.name, &refusals.text),
            count: l.count("common-devices", refusals.devices),
            examples: refusals.examples.iter().map(ToString::to_string).collect(),
        };
        Self {
            title: title(l, act, preview.devices),
            particulars: particulars(l, act),
            refused: preview.refused.iter().map(line).collect(),
            stack: Stack::new(vec![
                Part::new("part-ok", l.say("bulk-would-change"), preview.changed),
                Part::new("part-warn", l.say("bulk-would-stay"), refused),
                Part::new("part-rest", l.say("bulk-judged-later"), unjudged),
            ]),
            unjudged,
            can_be_undone: act.can_be_undone(),
            revokes: *act == BulkAct::Revoke,
            preview,
        }
    }
}

#[derive(Template)]
#[template(path = "fleet/bulk_new.html")]
struct ChoosePage {
    frame: Frame,
    filter: String,
    ticked: Vec<String>,
    product: Option<String>,
    settings: Vec<FieldView>,
    actions: Vec<ActionView>,
    groups: Vec<String>,
    devices: u64,
    card: Option<PreviewCard>,
    wrong: Option<String>,
    query: Fields,
    hidden: Vec<(String, String)>,
    attempt: Attempt,
}

/// What can be chosen for every device, and what with a group.
const ACTS: [&str; 4] = ["quarantine", "release", "allow-reenrolment", "revoke"];
const GROUP_ACTS: [&str; 2] = ["join", "leave"];

impl ChoosePage {
    fn told(&self, acts: &[&'static str]) -> Vec<(&'static str, String, String)> {
        let l = self.frame.l;
        let one =
            |act: &&'static str| (*act, l.say(&format!("bulk-act-{act}")), l.say(&format!("bulk-act-{act}-text")));
        acts.iter().map(one).collect()
    }

    /// Word, title and meaning of each act that needs nothing more to be said.
    fn acts(&self) -> Vec<(&'static str, String, String)> {
        self.told(&ACTS)
    }

    /// The same for acts with a group.
    fn group_acts(&self) -> Vec<(&'static str, String, String)> {
        self.told(&GROUP_ACTS)
    }
}

/// What a page of choosing works with.
struct Choosing {
    chosen: Chosen,
    product: Option<String>,
    settings: Vec<FieldView>,
    actions: Vec<ActionView>,
    groups: Vec<String>,
    devices: u64,
}

async fn choosing(desk: &Desk, query: &Fields) -> Result<Choosing, Problem> {
    let chosen = chosen(query)?;
    let asked = chosen.clone();
    desk.ask(move |b| {
        let (first, devices) = match &asked {
            Chosen::Ticked(ids) => (ids.first().cloned(), u64::try_from(ids.len()).unwrap_or(u64::MAX)),
            Chosen::Fitting(filter) => {
                let first = b.search(filter, &PageAsk::first(1))?.rows.into_iter().next();
                (first.map(|device| device.id), b.count(filter, u32::MAX)?)
            }
        };
        let view = first.map(|id| b.device(&id)).transpose()?.flatten();
        let groups = b.groups(&PageAsk::first(GROUPS))?.rows;
        let by_hand = |group: &&crate::backend::groups::GroupView| {
            group.group.members == holdfast_domain::fleet::group::Members::Listed
        };
        Ok(Choosing {
            groups: groups.iter().filter(by_hand).map(|view| view.group.id.to_string()).collect(),
            product: view.as_ref().map(|view| view.device.product.to_string()),
            settings: view.as_ref().map(|view| view.model.settings.clone()).unwrap_or_default(),
            actions: view.map(|view| view.model.actions).unwrap_or_default(),
            devices,
            chosen: asked,
        })
    })
    .await
}

async fn choose(desk: Desk) -> PageReply {
    let query = desk.query.clone();
    choose_page(desk, query, Attempt::default()).await
}

/// The fields that say again what was chosen, for the form that orders it.
fn hidden(query: &Fields, choosing: &Choosing) -> Vec<(String, String)> {
    let mut hidden = Vec::new();
    match &choosing.chosen {
        Chosen::Fitting(filter) => hidden.push(("filter".to_owned(), filter.to_string())),
        Chosen::Ticked(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            hidden.push(("devices".to_owned(), ids.join(" ")));
        }
    }
    let kept = |name: &&str| {
        matches!(*name, "act" | "group" | "action") || name.starts_with("set.") || name.starts_with("in.")
    };
    hidden.extend(query.names().filter(kept).map(|name| (name.to_owned(), query.typed(name).to_owned())));
    hidden
}

async fn choose_page(desk: Desk, query: Fields, attempt: Attempt) -> PageReply {
    let choosing = choosing(&desk, &query).await?;
    let (mut card, mut wrong) = (None, None);
    match act(desk.l, &query, &choosing.settings, &choosing.actions) {
        Ok(None) => {}
        Ok(Some(act)) => {
            let (by, ask) = (desk.caller.clone(), BulkAsk { act: act.clone(), chosen: choosing.chosen.clone() });
            match desk.ask(move |b| b.preview_bulk(&by, &ask)).await {
                Ok(preview) => card = Some(PreviewCard::new(desk.l, &act, preview)),
                Err(problem) if problem.reference.is_some() => return Err(problem),
                Err(problem) => wrong = Some(why(desk.l, &problem)),
            }
        }
        Err(problem) => wrong = Some(why(desk.l, &problem)),
    }
    let status = attempt.status();
    let (filter, ticked) = match &choosing.chosen {
        Chosen::Fitting(filter) => (filter.to_string(), Vec::new()),
        Chosen::Ticked(ids) => (String::new(), ids.iter().map(ToString::to_string).collect()),
    };
    page_with(
        status,
        &ChoosePage {
            frame: desk.frame(desk.l.say("bulk-new"), "bulk").await?,
            hidden: hidden(&query, &choosing),
            filter,
            ticked,
            product: choosing.product,
            settings: choosing.settings,
            actions: choosing.actions,
            groups: choosing.groups,
            devices: choosing.devices,
            card,
            wrong,
            query,
            attempt,
        },
    )
}

async fn start(desk: Desk, Sent(fields): Sent) -> PageReply {
    order(desk, fields, false).await
}

async fn revoke(desk: Desk, Sent(fields): Sent) -> PageReply {
    order(desk, fields, true).await
}

async fn order(desk: Desk, fields: Fields, revokes: bool) -> PageReply {
    let ended = try_order(&desk, &fields, revokes).await;
    match ended {
        Ok(id) => Ok(go(&format!("/console/bulk/{id}"), "bulk-ordered")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let (query, attempt) = (fields.clone(), desk.refused("bulk", fields, problem));
            choose_page(desk, query, attempt).await
        }
    }
}

async fn try_order(desk: &Desk, fields: &Fields, revokes: bool) -> Result<BulkId, Problem> {
    let choosing = choosing(desk, fields).await?;
    let act = act(desk.l, fields, &choosing.settings, &choosing.actions)?
        .ok_or_else(|| Problem::malformed("field-missing", "Choose what is to be done."))?;
    if (act == BulkAct::Revoke) != revokes {
        return Err(Problem::malformed("act-elsewhere", "Revoking has a form of its own."));
    }
    let (by, ask) = (desk.caller.clone(), BulkAsk { act, chosen: choosing.chosen });
    let (reason, confirmed) = (fields.typed("reason").to_owned(), fields.needed("confirm_devices")?);
    desk.ask(move |b| b.start_bulk(&by, &ask, &reason, confirmed)).await.map(|view| view.bulk.id)
}

/// One act in the list and on its page.
struct BulkLine {
    id: String,
    title: String,
    particulars: String,
    state: &'static str,
    class: &'static str,
    reason: String,
    by: String,
    undone_by: Option<String>,
    chosen: String,
    ordered: When,
    ended: Option<When>,
    stack: Stack,
    left: u64,
    undoable: bool,
    final_act: bool,
    active: bool,
}

impl BulkLine {
    fn new(view: BulkView, desk: &Desk) -> Self {
        let (l, bulk) = (desk.l, view.bulk);
        let count = |n: u32| u64::from(n);
        let back = count(bulk.restored) + count(bulk.kept);
        let left = match bulk.state {
            BulkState::Running => count(bulk.devices).saturating_sub(count(bulk.changed) + count(bulk.refused)),
            BulkState::Undoing => count(bulk.changed).saturating_sub(back),
            BulkState::Done | BulkState::Undone => 0,
        };
        let parts = vec![
            Part::new("part-ok", l.term("changed"), count(bulk.changed).saturating_sub(back)),
            Part::new("part-busy2", l.term("restored"), count(bulk.restored)),
            Part::new("part-odd", l.say("bulk-kept"), count(bulk.kept)),
            Part::new("part-warn", l.term("refused"), count(bulk.refused)),
            Part::new(
                "part-rest",
                l.say(if bulk.state == BulkState::Running { "bulk-waiting" } else { "bulk-never-reached" }),
                count(bulk.devices).saturating_sub(count(bulk.changed) + count(bulk.refused)),
            ),
        ];
        Self {
            id: bulk.id.to_string(),
            title: title(l, &bulk.act, count(bulk.devices)),
            particulars: particulars(l, &bulk.act),
            state: bulk_state_word(bulk.state),
            class: match bulk.state {
                BulkState::Running | BulkState::Undoing => "busy",
                BulkState::Done => "ok",
                BulkState::Undone => "quiet",
            },
            by: view.by_name,
            undone_by: view.undone_by_name,
            ordered: desk.when(bulk.ordered),
            ended: bulk.undone.or(bulk.done).map(|at| desk.when(at)),
            stack: Stack::new(parts),
            left,
            undoable: bulk.act.can_be_undone() && matches!(bulk.state, BulkState::Running | BulkState::Done),
            final_act: !bulk.act.can_be_undone(),
            active: matches!(bulk.state, BulkState::Running | BulkState::Undoing),
            chosen: bulk.chosen,
            reason: bulk.reason,
        }
    }
}

#[derive(Template)]
#[template(path = "fleet/bulks.html")]
struct BulksPage {
    frame: Frame,
    lines: Vec<BulkLine>,
    next: Option<String>,
}

async fn bulks(desk: Desk) -> PageReply {
    let ask = desk.query.page()?;
    let found = desk.ask(move |b| b.bulks(&ask)).await?;
    page(&BulksPage {
        frame: desk.frame(desk.l.say("console-nav-bulk"), "bulk").await?,
        next: found.next.map(|after| format!("/console/bulk?after={}", encoded(&after))),
        lines: found.rows.into_iter().map(|view| BulkLine::new(view, &desk)).collect(),
    })
}

/// One device of an act.
struct ItemLine {
    device: String,
    state: &'static str,
    class: &'static str,
    why: String,
    at: Option<When>,
}

impl ItemLine {
    fn new(item: &Item, desk: &Desk) -> Self {
        Self {
            device: item.device.to_string(),
            state: item.state.word(),
            class: match item.state {
                ItemState::Waiting => "quiet",
                ItemState::Changed => "ok",
                ItemState::Restored => "busy",
                ItemState::Refused | ItemState::Kept => "warn",
            },
            why: item.why.as_deref().map(|why| desk.l.term(why)).unwrap_or_default(),
            at: item.at.map(|at| desk.when(at)),
        }
    }
}

#[derive(Template)]
#[template(path = "fleet/bulk.html")]
struct BulkPage {
    frame: Frame,
    line: BulkLine,
    items: Vec<ItemLine>,
    picked: String,
    next: Option<String>,
    may_manage: bool,
    attempt: Attempt,
}

async fn show(desk: Desk, Id(id): Id<BulkId>) -> PageReply {
    bulk_page(desk, id, Attempt::default()).await
}

async fn bulk_page(desk: Desk, id: BulkId, attempt: Attempt) -> PageReply {
    let mut ask = desk.query.page()?;
    ask.rows = ask.rows.min(ITEM_ROWS);
    let state = desk.query.text("state").map(item_state_of).transpose()?;
    let (view, found) = desk
        .ask(move |b| {
            let Some(view) = b.bulk(id)? else { return Ok(None) };
            Ok(Some((view, b.bulk_items(id, state, &ask)?)))
        })
        .await?
        .ok_or_else(no_bulk)?;
    let line = BulkLine::new(view, &desk);
    let picked = state.map_or("", ItemState::word).to_owned();
    let next = found.next.map(|after| {
        let mut address = format!("/console/bulk/{id}?after={}", encoded(&after));
        if !picked.is_empty() {
            // Writing to a text never fails.
            let _ = write!(address, "&state={picked}");
        }
        address
    });
    let status = attempt.status();
    page_with(
        status,
        &BulkPage {
            frame: desk.frame(line.title.clone(), "bulk").await?.live_unless(&attempt, format!("bulk={id}")),
            items: found.rows.iter().map(|item| ItemLine::new(item, &desk)).collect(),
            line,
            picked,
            next,
            may_manage: desk.may(Act::ManageGroups),
            attempt,
        },
    )
}

async fn undo(desk: Desk, Id(id): Id<BulkId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    match desk.ask(move |b| b.undo_bulk(&by, id)).await {
        Ok(_) => Ok(go(&format!("/console/bulk/{id}"), "bulk-undone")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("undo", fields, problem);
            bulk_page(desk, id, attempt).await
        }
    }
}

//! The list of devices with its filter, and groups: what a filter finds can be kept as a group, and every group is a filter.

use std::str::FromStr as _;

use askama::Template;
use holdfast_core::id::{DeviceId, GroupId};
use holdfast_domain::fleet::filter::{self, Filter, HELP};
use holdfast_domain::fleet::group::{Members, Wish};
use holdfast_domain::people::access::Act;

use super::fleet::{DeviceLine, encoded};
use super::words::When;
use super::{Attempt, Desk, Frame, PageReply, go, page_with};
use crate::api::{filter_of, no_group};
use crate::backend::PageAsk;
use crate::backend::groups::{COUNT_MAX, GroupView};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, manage) = (Access::May(Act::ViewFleet), Access::May(Act::ManageGroups));
    routes
        .get("/console/devices", look, devices)
        .get("/console/groups", look, groups)
        .post("/console/groups", manage, put)
        .get("/console/groups/{id}", look, group)
        .post("/console/groups/{id}", manage, change)
        .post("/console/groups/{id}/add", manage, add)
        .post("/console/groups/{id}/take", manage, take)
        .post("/console/groups/{id}/remove", manage, remove)
        .get("/console/search", look, search)
}

/// Groups offered as saved filters.
const SAVED: u16 = 24;
/// Rows of the list: each has a box, and a form takes no endless number of them.
const ROWS: u16 = 50;

/// How many devices a list has, as far as it was counted.
pub(crate) fn counted(l: Lang, n: u64) -> String {
    if n > u64::from(COUNT_MAX) {
        l.with("devices-more-than", "n", l.number(COUNT_MAX))
    } else {
        l.count("common-devices", n)
    }
}

/// A filter with what may be done about it from a list.
struct Quick {
    title: &'static str,
    filter: &'static str,
}

/// Filters that most people want, so that nobody begins with an empty box.
const QUICK: [Quick; 6] = [
    Quick { title: "devices-quick-online", filter: "online:yes" },
    Quick { title: "devices-quick-silent", filter: "state:accepted seen:>7d" },
    Quick { title: "devices-quick-quarantine", filter: "quarantine:yes" },
    Quick { title: "devices-quick-alert", filter: "alert:open" },
    Quick { title: "devices-quick-made", filter: "state:preauthorised" },
    Quick { title: "devices-quick-sold", filter: "owner:yes" },
];

/// Keys of what the language of filters means, in the order of [`HELP`].
const HELP_WORDS: [&str; HELP.len()] = [
    "devices-help-id",
    "devices-help-product",
    "devices-help-version",
    "devices-help-state",
    "devices-help-quarantine",
    "devices-help-online",
    "devices-help-seen",
    "devices-help-group",
    "devices-help-batch",
    "devices-help-alert",
    "devices-help-owner",
    "devices-help-not",
];

/// A group as a filter to click.
struct Saved {
    id: String,
    address: String,
}

#[derive(Template)]
#[template(path = "fleet/devices.html")]
struct DevicesPage {
    frame: Frame,
    filter: String,
    wrong: Option<String>,
    saved: Vec<Saved>,
    devices: Vec<DeviceLine>,
    count: String,
    next: Option<String>,
    paged: bool,
    filtered: bool,
    may_manage: bool,
}

impl DevicesPage {
    /// The language of filters with what each term means.
    fn filter_help(&self) -> Vec<(&'static str, String)> {
        HELP.iter().zip(HELP_WORDS).map(|((term, _), key)| (*term, self.frame.l.say(key))).collect()
    }
}

/// The filter of the address as text: one field, or the single fields that older links use.
fn asked_text(query: &Fields) -> String {
    if query.has("filter") {
        return query.typed("filter").to_owned();
    }
    let mut terms = Vec::new();
    for (field, word) in [("product", "product"), ("state", "state"), ("version", "version")] {
        terms.extend(query.text(field).map(|value| format!("{word}:\"{value}\"")));
    }
    for (field, word) in [("quarantined", "quarantine"), ("online", "online")] {
        let value = |text| match text {
            "true" => "yes",
            "false" => "no",
            other => other,
        };
        terms.extend(query.text(field).map(|text| format!("{word}:{}", value(text))));
    }
    terms.extend(query.text("prefix").map(|text| format!("{text}*")));
    terms.join(" ")
}

async fn devices(desk: Desk) -> PageReply {
    let mut ask = desk.query.page()?;
    ask.rows = ask.rows.min(ROWS);
    let typed = asked_text(&desk.query);
    let (paged, read) = (ask.after.is_some(), filter_of(&typed));
    let found = match read {
        Err(problem) => Err(problem),
        Ok(filter) => {
            let asked = filter.clone();
            let found = desk.ask(move |b| Ok((b.search(&asked, &ask)?, b.count(&asked, COUNT_MAX + 1)?))).await;
            found.map(|(page, count)| (filter, page, count))
        }
    };
    let saved = desk.ask(|b| b.groups(&PageAsk::first(SAVED))).await?.rows;
    let saved = saved.iter().map(|view| Saved {
        id: view.group.id.to_string(),
        address: format!("/console/devices?filter=group%3A{}", view.group.id),
    });
    let frame = desk.frame(desk.l.say("console-nav-devices"), "devices").await?.live("all");
    let may_manage = desk.may(Act::ManageGroups);
    let (status, shown) = match found {
        Ok((filter, found, count)) => {
            let text = filter.to_string();
            let next = found.next.as_deref().map(|after| {
                format!("/console/devices?filter={}&limit={}&after={}", encoded(&text), ROWS, encoded(after))
            });
            let lines = found.rows.into_iter().map(|device| DeviceLine::new(device, &desk)).collect();
            let filtered = !filter.is_all();
            let page = DevicesPage {
                frame,
                filter: text,
                wrong: None,
                saved: saved.collect(),
                devices: lines,
                count: counted(desk.l, count),
                next,
                paged,
                filtered,
                may_manage,
            };
            (http::StatusCode::OK, page)
        }
        Err(problem) if problem.reference.is_some() => return Err(problem),
        Err(problem) => {
            desk.app.ground().count_refusal(problem.name);
            let page = DevicesPage {
                frame,
                filter: typed,
                wrong: Some(super::words::why(desk.l, &problem)),
                saved: saved.collect(),
                devices: Vec::new(),
                count: String::new(),
                next: None,
                paged,
                filtered: true,
                may_manage,
            };
            (problem.status, page)
        }
    };
    page_with(status, &shown)
}

/// One group in the list.
struct GroupLine {
    id: String,
    about: String,
    filter: Option<String>,
    count: String,
    address: String,
    made: When,
    by: String,
}

impl GroupLine {
    fn new(view: GroupView, desk: &Desk) -> Self {
        let filter = match &view.group.members {
            Members::Listed => None,
            Members::Fitting(filter) => Some(filter.to_string()),
        };
        Self {
            address: format!("/console/devices?filter=group%3A{}", view.group.id),
            id: view.group.id.to_string(),
            about: view.group.about,
            count: counted(desk.l, view.devices),
            filter,
            made: desk.when(view.group.created),
            by: view.created_by_name,
        }
    }
}

#[derive(Template)]
#[template(path = "fleet/groups.html")]
struct GroupsPage {
    frame: Frame,
    groups: Vec<GroupLine>,
    next: Option<String>,
    may_manage: bool,
    query: Fields,
    attempt: Attempt,
}

async fn groups(desk: Desk) -> PageReply {
    groups_page(desk, Attempt::default()).await
}

async fn groups_page(desk: Desk, attempt: Attempt) -> PageReply {
    let ask = desk.query.page()?;
    let found = desk.ask(move |b| b.groups(&ask)).await?;
    let status = attempt.status();
    page_with(
        status,
        &GroupsPage {
            frame: desk.frame(desk.l.say("console-nav-groups"), "groups").await?,
            next: found.next.map(|after| format!("/console/groups?after={}", encoded(&after))),
            groups: found.rows.into_iter().map(|view| GroupLine::new(view, &desk)).collect(),
            may_manage: desk.may(Act::ManageGroups),
            query: desk.query,
            attempt,
        },
    )
}

fn wish(fields: &Fields) -> Result<Wish, Problem> {
    let members = match fields.text("filter") {
        None => Members::Listed,
        Some(text) => Members::Fitting(filter_of(text)?),
    };
    Ok(Wish { id: fields.needed("id")?, about: fields.typed("about").to_owned(), members })
}

async fn put(desk: Desk, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let made = match wish(&fields) {
        Ok(wish) => desk.ask(move |b| b.put_group(&by, wish)).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(view) => Ok(go(&format!("/console/groups/{}", view.group.id), "group-made")),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused("group", fields, problem);
            groups_page(desk, attempt).await
        }
    }
}

#[derive(Template)]
#[template(path = "fleet/group.html")]
struct GroupPage {
    frame: Frame,
    line: GroupLine,
    devices: Vec<DeviceLine>,
    next: Option<String>,
    may_manage: bool,
    attempt: Attempt,
}

async fn group(desk: Desk, Id(id): Id<GroupId>) -> PageReply {
    group_page(desk, id, Attempt::default()).await
}

async fn group_page(desk: Desk, id: GroupId, attempt: Attempt) -> PageReply {
    let mut ask = desk.query.page()?;
    ask.rows = ask.rows.min(ROWS);
    let asked = id.clone();
    let (view, found) = desk
        .ask(move |b| {
            let Some(view) = b.group(&asked)? else { return Ok(None) };
            let filter = Filter::default().and(filter::Test::Group(asked));
            let found = b.search(&filter.unwrap_or_default(), &ask)?;
            Ok(Some((view, found)))
        })
        .await?
        .ok_or_else(no_group)?;
    let status = attempt.status();
    page_with(
        status,
        &GroupPage {
            frame: desk.frame(id.as_str(), "groups").await?.live_unless(&attempt, "all"),
            line: GroupLine::new(view, &desk),
            next: found.next.map(|after| format!("/console/groups/{id}?after={}", encoded(&after))),
            devices: found.rows.into_iter().map(|device| DeviceLine::new(device, &desk)).collect(),
            may_manage: desk.may(Act::ManageGroups),
            attempt,
        },
    )
}

async fn settle(
    desk: Desk,
    id: GroupId,
    (form, done): (&'static str, &'static str),
    fields: Fields,
    ended: Result<(), Problem>,
) -> PageReply {
    match ended {
        Ok(()) => Ok(go(&format!("/console/groups/{id}"), done)),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused(form, fields, problem);
            group_page(desk, id, attempt).await
        }
    }
}

async fn change(desk: Desk, Id(id): Id<GroupId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let members = match fields.text("filter") {
        None => Ok(Members::Listed),
        Some(text) => filter_of(text).map(Members::Fitting),
    };
    let ended = match members {
        Ok(members) => {
            let wish = Wish { id: id.clone(), about: fields.typed("about").to_owned(), members };
            desk.ask(move |b| b.put_group(&by, wish)).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    settle(desk, id, ("about", "group-changed"), fields, ended).await
}

/// Ids of devices as people type or paste them: apart by white space or commas.
fn typed_ids(text: &str) -> Result<Vec<DeviceId>, Problem> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let read = |word: &str| {
        DeviceId::from_str(word).map_err(|why| Problem::malformed("id-malformed", format!("“{word}”: {why}.")))
    };
    words.map(read).collect()
}

async fn add(desk: Desk, Id(id): Id<GroupId>, Sent(fields): Sent) -> PageReply {
    change_members(desk, id, fields, true).await
}

async fn take(desk: Desk, Id(id): Id<GroupId>, Sent(fields): Sent) -> PageReply {
    change_members(desk, id, fields, false).await
}

async fn change_members(desk: Desk, id: GroupId, fields: Fields, into: bool) -> PageReply {
    let by = desk.caller.clone();
    let (form, done) = if into { ("add", "group-joined") } else { ("take", "group-left") };
    let ended = match typed_ids(fields.typed("devices")) {
        Ok(devices) => {
            let group = id.clone();
            desk.ask(move |b| b.change_members(&by, &group, devices, into)).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    settle(desk, id, (form, done), fields, ended).await
}

async fn remove(desk: Desk, Id(id): Id<GroupId>, Sent(_): Sent) -> PageReply {
    let by = desk.caller.clone();
    desk.ask(move |b| b.remove_group(&by, &id)).await?;
    Ok(go("/console/groups", "group-removed"))
}

/// Goes where a text leads: a device, a release, a deployment, a finding, an alert, an act on many, a product, a group; otherwise to the devices that fit.
async fn search(desk: Desk) -> PageReply {
    let text = desk.query.text("q").unwrap_or_default().to_owned();
    let asked = text.clone();
    let place = desk
        .ask(move |b| {
            if let Ok(id) = asked.parse()
                && b.device(&id)?.is_some()
            {
                return Ok(Some(format!("/console/devices/{id}")));
            }
            if let Ok(id) = asked.parse()
                && b.release(id)?.is_some()
            {
                return Ok(Some(format!("/console/releases/{id}")));
            }
            if let Ok(id) = asked.parse()
                && b.deployment(id)?.is_some()
            {
                return Ok(Some(format!("/console/deployments/{id}")));
            }
            if let Ok(id) = asked.parse()
                && b.finding(id)?.is_some()
            {
                return Ok(Some(format!("/console/findings/{id}")));
            }
            if let Ok(id) = asked.parse()
                && let Some(alert) = b.alert(id)?
            {
                return Ok(Some(format!("/console/alerts?show=all&id={}", alert.id)));
            }
            if let Ok(id) = asked.parse()
                && b.bulk(id)?.is_some()
            {
                return Ok(Some(format!("/console/bulk/{id}")));
            }
            if let Ok(id) = asked.parse()
                && b.product(&id)?.is_some()
            {
                return Ok(Some(format!("/console/products/{id}")));
            }
            if let Ok(id) = asked.parse()
                && b.group(&id)?.is_some()
            {
                return Ok(Some(format!("/console/groups/{id}")));
            }
            let named = b.releases(None, &PageAsk::first(PageAsk::ROWS_MAX))?.rows;
            let release = named.iter().find(|release| release.version == asked);
            Ok(release.map(|release| format!("/console/releases/{}", release.id)))
        })
        .await?;
    let place = place.unwrap_or_else(|| format!("/console/devices?filter={}", encoded(&text)));
    Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to(&place)))
}

//! The page of one device: what is with it, what listens, what people may set and order, what it sent.

use askama::Template;
use axum::response::Response;
use holdfast_core::id::DeviceId;
use holdfast_domain::homes::Rights;
use holdfast_domain::homes::story::urgency;
use holdfast_domain::people::access::Act;
use serde_json::{Map, Value};

use super::words::{Told, badge, class, moment, reading};
use super::{Ended, Frame, Home, check, ended};
use crate::backend::fleet::{ActionView, FieldView};
use crate::backend::owner::{HomeDeviceView, Owners};
use crate::console::device::forms;
use crate::console::{Attempt, PageReply};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes.get("/home/devices/{id}", home, page).post("/home/devices/{id}/settings", home, set).post(
        "/home/devices/{id}/command",
        home,
        order,
    )
}

/// One setting: what is wanted, what is, and the control for it.
struct Setting {
    field: FieldView,
    value: String,
    /// What the device has, if that is something else.
    has: Option<String>,
}

struct Listens {
    title: String,
    sense: String,
    state: String,
    class: &'static str,
    since: Option<String>,
}

struct SentLine {
    title: String,
    readings: String,
    missing: Option<String>,
    newest: Option<String>,
    values: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "home/device.html")]
struct DevicePage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    title: String,
    version: Option<String>,
    badge: String,
    class: &'static str,
    lines: Vec<Told>,
    listens: Vec<Listens>,
    settings: Vec<Setting>,
    shadow_version: u64,
    actions: Vec<ActionView>,
    sent: Vec<SentLine>,
    rights: Rights,
    owner: bool,
    attempt: Attempt,
}

impl DevicePage {
    fn typed<'a>(&'a self, setting: &'a Setting) -> &'a str {
        self.attempt.typed("set", &format!("set.{}", setting.field.name), &setting.value)
    }
}

async fn page(home: Home, Id(id): Id<DeviceId>) -> PageReply {
    device_page(home, id, Attempt::default()).await
}

async fn device_page(home: Home, id: DeviceId, attempt: Attempt) -> PageReply {
    let by = home.caller.clone();
    let view = home.ask(move |b| Owners::home_device(b, &by, &id)).await?;
    let frame = home.frame_of(view.device.name(), "home", &attempt).await?;
    let status = attempt.status();
    crate::console::page_with(status, &DevicePage::new(&home, frame, view, attempt))
}

impl DevicePage {
    fn new(home: &Home, frame: Frame, view: HomeDeviceView, attempt: Attempt) -> Self {
        let (l, device) = (home.l, view.device);
        let id = device.my.device.to_string();
        let document = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
        let (desired, reported) = (document(&view.shadow.desired), document(&view.shadow.reported));
        let level = urgency(&device.lines);
        Self {
            l,
            frame,
            name: device.name().to_owned(),
            title: device.my.title.clone(),
            version: device.version,
            badge: badge(l, level, device.reach),
            class: class(level),
            lines: device.lines.iter().map(|line| Told::of(l, &id, line, home.now)).collect(),
            listens: view.sensing.iter().map(|one| listens(home, one)).collect(),
            settings: view
                .model
                .settings
                .iter()
                .map(|field| setting(l, field, desired.get(&field.name), reported.get(&field.name)))
                .collect(),
            shadow_version: view.shadow.version,
            actions: view.model.actions,
            sent: view.sent.iter().map(|one| sent(home, one)).collect(),
            rights: device.my.place.rights(),
            owner: device.my.place.is_owner(),
            id,
            attempt,
        }
    }
}

fn setting(l: Lang, field: &FieldView, desired: Option<&Value>, reported: Option<&Value>) -> Setting {
    let value = desired.or(reported);
    let differs = desired.is_some() && desired != reported;
    Setting {
        value: value.map(plain).unwrap_or_default(),
        has: differs.then(|| reported.map_or_else(|| l.say("home-unknown"), |value| said(l, value))),
        field: field.clone(),
    }
}

fn said(l: Lang, value: &Value) -> String {
    match value {
        Value::Bool(on) => l.say(if *on { "home-on" } else { "home-off" }),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => plain(value),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn listens(home: &Home, one: &crate::backend::owner::SensingView) -> Listens {
    let l = home.l;
    let (state, class) = match one.active {
        Some((true, _)) => ("home-listens-on", "bad"),
        Some((false, _)) => ("home-listens-off", "ok"),
        None => ("home-listens-unknown", "quiet"),
    };
    Listens {
        title: one.title.clone(),
        sense: l.say(&format!("home-sense-{}", one.sense.word())),
        state: l.say(state),
        class,
        since: one.active.map(|(_, since)| moment(l, since, home.now)),
    }
}

fn sent(home: &Home, one: &crate::backend::owner::SentView) -> SentLine {
    let l = home.l;
    let field = |name: &str| one.fields.iter().find(|field| field.name == name);
    let title = |name: &str| field(name).map_or_else(|| name.to_owned(), |field| field.title.clone());
    let values = one.newest.as_ref().map(|newest| {
        newest.fields.iter().map(|(name, value)| (title(name), reading(l, field(name), value))).collect()
    });
    SentLine {
        title: one.title.clone(),
        readings: l.count("home-sent-readings", one.readings),
        missing: (one.missing > 0).then(|| l.count("home-sent-missing", one.missing)),
        newest: one.newest.as_ref().map(|newest| moment(l, newest.measured, home.now)),
        values: values.unwrap_or_default(),
    }
}

async fn set(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let result = match try_set(&home, &id, &fields).await {
        Ok(Some(danger)) => return Ok(danger),
        Ok(None) => Ok("set"),
        Err(problem) => Err(problem),
    };
    settle(home, id, "set", fields, result).await
}

/// Gives the page of dangers instead, if there are any to be told first.
async fn try_set(home: &Home, id: &DeviceId, fields: &Fields) -> Result<Option<Response>, Problem> {
    let (by, id, fields) = (home.caller.clone(), id.clone(), fields.clone());
    let (who, which) = (by.clone(), id.clone());
    let view = home.ask(move |b| Owners::home_device(b, &who, &which)).await?;
    let change = forms::desired(home.l, &view.model, &fields)?;
    if let Some(danger) = check::danger(home, &id, &change, &fields).await? {
        return Ok(Some(danger));
    }
    let accepted = check::accepted(&fields);
    home.ask(move |b| Owners::set_at_home(b, &by, &id, &change, &accepted)).await.map(|_| None)
}

async fn order(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let result = try_order(&home, &id, &fields).await.map(|()| "ordered");
    settle(home, id, "order", fields, result).await
}

async fn try_order(home: &Home, id: &DeviceId, fields: &Fields) -> Result<(), Problem> {
    let (by, id, fields) = (home.caller.clone(), id.clone(), fields.clone());
    let (who, which) = (by.clone(), id.clone());
    let view = home.ask(move |b| Owners::home_device(b, &who, &which)).await?;
    let new = forms::command(home.l, &view.model, &fields)?;
    home.ask(move |b| Owners::order_at_home(b, &by, &id, &new)).await.map(drop)
}

async fn settle(
    home: Home,
    id: DeviceId,
    form: &'static str,
    fields: Fields,
    result: Result<&'static str, Problem>,
) -> PageReply {
    match ended(&home, &format!("/home/devices/{id}"), form, fields, result)? {
        Ended::Well(response) => Ok(response),
        Ended::Again(attempt) => device_page(home, id, attempt).await,
    }
}

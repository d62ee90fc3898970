//! "Check my set-up" of one device with its one-tap repair, and what it sent in the last month.

use askama::Template;
use holdfast_core::id::DeviceId;
use holdfast_domain::homes::check::Verdict;
use holdfast_domain::people::access::Act;
use holdfast_domain::telemetry::guard::{Stands, read};

use super::words::{link, moment};
use super::{Ended, Frame, Home, ended, show};
use crate::backend::owner::{CheckView, Owners};
use crate::console::{Attempt, PageReply};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::public::words::{day_of, size};

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes.get("/home/devices/{id}/check", home, check).post("/home/devices/{id}/check", home, repair).get(
        "/home/devices/{id}/month",
        home,
        month,
    )
}

/// One point of the check.
struct Line {
    class: &'static str,
    verdict: String,
    title: String,
    words: String,
    more: Vec<String>,
    link: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "home/check.html")]
struct CheckPage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    owner: bool,
    lead: String,
    lines: Vec<Line>,
    repairable: bool,
    attempt: Attempt,
}

async fn check(home: Home, Id(id): Id<DeviceId>) -> PageReply {
    check_page(home, id, Attempt::default()).await
}

async fn check_page(home: Home, id: DeviceId, attempt: Attempt) -> PageReply {
    let by = home.caller.clone();
    let view = home.ask(move |b| Owners::home_check(b, &by, &id)).await?;
    let frame = home.frame(home.l.with("home-check-of", "name", view.device.name()), "home").await?;
    let l = home.l;
    let lines = lines(l, &view);
    let open = lines.iter().filter(|line| line.class == "warn").count();
    let page = CheckPage {
        l,
        frame,
        id: view.device.my.device.to_string(),
        name: view.device.name().to_owned(),
        owner: view.device.my.place.is_owner(),
        lead: if open == 0 { l.say("home-check-well") } else { l.count("home-check-todo", open) },
        lines,
        repairable: view.repairable,
        attempt,
    };
    show(&page.attempt, &page)
}

fn lines(l: Lang, view: &CheckView) -> Vec<Line> {
    let id = view.device.my.device.as_str();
    let points = view.points.iter().map(|point| Line {
        class: class(point.verdict),
        verdict: l.say(&format!("home-verdict-{}", point.verdict.word())),
        title: l.say(point.word),
        words: l.say(&format!("{}-{}", point.word, point.verdict.word())),
        more: Vec::new(),
        link: point.next.and_then(|next| link(l, id, next.place)),
    });
    let settings = view.settings.iter().map(|setting| {
        let verdict = match setting.stands {
            Stands::Safe => Verdict::Good,
            Stands::Waits | Stands::Unknown => Verdict::Unknown,
            Stands::Open => Verdict::Open,
        };
        let open = verdict == Verdict::Open;
        let told = |words| read(words, l.tag()).map(str::to_owned);
        let risk = open.then(|| told(&setting.risk)).flatten();
        let steps = open.then(|| told(&setting.steps)).flatten();
        Line {
            class: class(verdict),
            verdict: l.say(&format!("home-verdict-{}", verdict.word())),
            title: setting.title.clone(),
            words: l.say(&format!("home-setting-{}", setting.stands.word())),
            more: [told(&setting.protects), risk, steps].into_iter().flatten().collect(),
            link: Some((format!("/home/devices/{id}#set-{}", setting.name), l.say("home-check-setting"))),
        }
    });
    let mut all: Vec<Line> = points.chain(settings).collect();
    all.sort_by_key(|line| line.class != "warn");
    all
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "warn",
        Verdict::Unknown => "quiet",
        Verdict::Good => "ok",
    }
}

async fn repair(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let (by, which) = (home.caller.clone(), id.clone());
    let result = home.ask(move |b| Owners::repair_home(b, &by, &which)).await.map(|_| "repaired");
    match ended(&home, &format!("/home/devices/{id}/check"), "repair", fields, result)? {
        Ended::Well(response) => Ok(response),
        Ended::Again(attempt) => check_page(home, id, attempt).await,
    }
}

struct TrafficLine {
    title: String,
    personal: bool,
    messages: String,
    size: String,
}

#[derive(Template)]
#[template(path = "home/month.html")]
struct MonthPage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    owner: bool,
    lead: String,
    lines: Vec<TrafficLine>,
    listening: Vec<(String, String)>,
}

async fn month(home: Home, Id(id): Id<DeviceId>) -> PageReply {
    let by = home.caller.clone();
    let view = home.ask(move |b| Owners::home_summary(b, &by, &id)).await?;
    let l = home.l;
    let frame = home.frame(l.with("home-month-of", "name", view.device.name()), "home").await?;
    let total = view.streams.iter().map(|one| one.messages).sum::<u64>();
    let line = |one: &crate::backend::owner::Traffic| TrafficLine {
        title: one.title.clone(),
        personal: one.personal,
        messages: l.count("home-sent-readings", one.messages),
        size: size(l, one.bytes),
    };
    let listening = view.sensing.iter().filter_map(|one| {
        let (active, since) = one.active?;
        let key = if active { "home-month-on" } else { "home-month-off" };
        Some((one.title.clone(), l.with(key, "at", moment(l, since, home.now))))
    });
    let page = MonthPage {
        l,
        frame,
        id: view.device.my.device.to_string(),
        name: view.device.name().to_owned(),
        owner: view.device.my.place.is_owner(),
        lead: l.with2(
            "home-month-lead",
            ("from", day_of(l, view.from)),
            ("total", l.count("home-sent-readings", total)),
        ),
        lines: view.streams.iter().map(line).collect(),
        listening: listening.collect(),
    };
    show(&Attempt::default(), &page)
}

/// A form that was sent and needs a yes to its dangers first.
#[derive(Template)]
#[template(path = "home/risk.html")]
struct RiskPage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    dangers: Vec<Danger>,
    accepted: String,
    fields: Vec<(String, String)>,
}

struct Danger {
    title: String,
    risk: Option<String>,
    steps: Option<String>,
    protects: Option<String>,
}

/// Tells the dangers of a change before it is made; `None` if there are none that were not accepted.
pub(super) async fn danger(
    home: &Home,
    id: &DeviceId,
    change: &crate::backend::fleet::DesiredChange,
    fields: &Fields,
) -> Result<Option<axum::response::Response>, crate::door::problem::Problem> {
    let (by, which, change) = (home.caller.clone(), id.clone(), change.clone());
    let dangers = home.ask(move |b| Owners::risks_at_home(b, &by, &which, &change)).await?;
    let known = accepted(fields);
    if dangers.iter().all(|danger| known.contains(&danger.name)) {
        return Ok(None);
    }
    let l = home.l;
    let told = |words| read(words, l.tag()).map(str::to_owned);
    let names: Vec<&str> = dangers.iter().map(|danger| danger.name.as_str()).collect();
    let page = RiskPage {
        l,
        frame: home.frame(l.say("home-risk-title"), "home").await?,
        id: id.to_string(),
        name: id.to_string(),
        accepted: names.join(" "),
        dangers: dangers
            .iter()
            .map(|danger| Danger {
                title: danger.title.clone(),
                risk: told(&danger.risk),
                steps: told(&danger.steps),
                protects: told(&danger.protects),
            })
            .collect(),
        fields: fields.pairs().filter(|(name, _)| *name == "version" || name.starts_with("set.")).map(own).collect(),
    };
    crate::console::page_with(http::StatusCode::CONFLICT, &page).map(Some)
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The settings whose danger the form accepts.
pub(super) fn accepted(fields: &Fields) -> Vec<String> {
    fields.typed("accept").split_whitespace().map(str::to_owned).collect()
}

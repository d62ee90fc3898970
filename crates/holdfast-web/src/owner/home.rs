//! The first page: every device as a card, the one that needs somebody first. And the pages about support and settings.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_core::id::DeviceId;
use holdfast_domain::fleet::dossier::{Day, Topic};
use holdfast_domain::homes::story::urgency;
use holdfast_domain::people::access::Act;

use super::words::{Told, badge, class};
use super::{Frame, Home, show};
use crate::backend::dossier::Dossiers;
use crate::backend::homes::Homes;
use crate::backend::notices::Notices;
use crate::backend::owner::{HomeDevice, Owners};
use crate::console::{Attempt, PageReply};
use crate::door::extract::Id;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::public::words;

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes
        .get("/home", home, all)
        .get("/home/add", home, add)
        .get("/home/support", home, support)
        .get("/home/settings", home, settings)
        .get("/home/{device}", home, short)
}

/// A device as a card.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) badge: String,
    pub(super) class: &'static str,
    pub(super) first: Told,
    pub(super) more: Option<String>,
    pub(super) listening: Option<String>,
    pub(super) guest: bool,
}

impl Card {
    fn of(home: &Home, device: &HomeDevice) -> Option<Self> {
        let level = urgency(&device.lines);
        let id = device.my.device.to_string();
        let asks = device.lines.iter().filter(|line| line.urgency.asks()).count();
        Some(Self {
            first: Told::of(home.l, &id, device.lines.first()?, home.now),
            name: device.name().to_owned(),
            title: device.my.nickname.as_ref().map(|_| device.my.title.clone()),
            badge: badge(home.l, level, device.reach),
            class: class(level),
            more: (asks > 1).then(|| home.l.count("home-more", asks.saturating_sub(1))),
            listening: (device.listening > 0).then(|| home.l.count("home-listening", device.listening)),
            guest: !device.my.place.is_owner(),
            id,
        })
    }
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    l: Lang,
    frame: Frame,
    cards: Vec<Card>,
}

async fn all(home: Home) -> PageReply {
    let by = home.caller.clone();
    let devices = home.ask(move |b| Owners::my_home(b, &by)).await?;
    let frame = home.frame_of(home.l.say("home-title"), "home", &Attempt::default()).await?;
    let cards = devices.iter().filter_map(|device| Card::of(&home, device)).collect();
    show(&Attempt::default(), &HomePage { l: home.l, frame, cards })
}

/// Goes to the page of a code that was typed instead of scanned.
async fn add(home: Home) -> Response {
    let typed = home.query.text("code").unwrap_or_default();
    // Whoever types it may write spaces, or the whole address on the label.
    let last = typed.rsplit('/').next().unwrap_or_default();
    let code: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
    let place = if code.is_empty() { "/home".to_owned() } else { format!("/c/{}", code.to_ascii_uppercase()) };
    Redirect::to(&place).into_response()
}

/// The short address of notices.
async fn short(Id(device): Id<DeviceId>) -> Response {
    Redirect::to(&format!("/home/devices/{device}")).into_response()
}

/// What is said about the support of one product that is at home.
struct SupportCard {
    product: String,
    title: String,
    names: String,
    until: Option<String>,
    left: Option<String>,
    over: bool,
    reason: Option<String>,
    after: Option<String>,
    public: bool,
}

#[derive(Template)]
#[template(path = "home/support.html")]
struct SupportPage {
    l: Lang,
    frame: Frame,
    cards: Vec<SupportCard>,
}

async fn support(home: Home) -> PageReply {
    let by = home.caller.clone();
    let (l, now) = (home.l, home.now);
    let cards = home
        .ask(move |b| {
            let mine = Homes::my_devices(b, &by)?;
            let mut cards: Vec<SupportCard> = Vec::new();
            for my in mine {
                let name = my.nickname.clone().unwrap_or_else(|| my.title.clone());
                if let Some(known) = cards.iter_mut().find(|card| card.product == my.product.to_string()) {
                    known.names = format!("{}, {name}", known.names);
                    continue;
                }
                let dossier = Dossiers::dossier_of(b, &my.product)?;
                let says = |topic| {
                    let public = &dossier.as_ref()?.public;
                    public.dossier.says(topic, l.tag()).map(|(_, words)| words.to_owned())
                };
                let until = dossier.as_ref().map(|dossier| dossier.public.until);
                let over = until.is_some_and(|until| until < Day::of(now));
                cards.push(SupportCard {
                    product: my.product.to_string(),
                    title: my.title,
                    names: name,
                    until: until.map(|until| words::day(l, until)),
                    left: until.filter(|_| !over).map(|until| words::left(l, now, until)),
                    over,
                    reason: says(Topic::SupportReason),
                    after: says(Topic::SupportAfter),
                    public: dossier.is_some(),
                });
            }
            Ok(cards)
        })
        .await?;
    let frame = home.frame(home.l.say("home-support-title"), "support").await?;
    show(&Attempt::default(), &SupportPage { l: home.l, frame, cards })
}

#[derive(Template)]
#[template(path = "home/settings.html")]
struct SettingsPage {
    l: Lang,
    frame: Frame,
    name: String,
    mailed: bool,
    sends: bool,
}

async fn settings(home: Home) -> PageReply {
    let by = home.caller.clone();
    let (contact, standing) = home.ask(move |b| Ok((Notices::contact(b, &by)?, Notices::mail_standing(b)?))).await?;
    let mailed = contact.is_some_and(|contact| contact.verified.is_some());
    let frame = home.frame(home.l.say("home-settings-title"), "settings").await?;
    let name = home.caller.person.name.clone();
    show(&Attempt::default(), &SettingsPage { l: home.l, frame, name, mailed, sends: standing.sends })
}

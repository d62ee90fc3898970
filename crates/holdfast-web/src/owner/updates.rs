//! The page of a device's updates: what is offered and why, the choice, what came before.

use askama::Template;
use holdfast_core::id::{DeviceId, ReleaseId};
use holdfast_core::time::Millis;
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::choice::{Standing, Wish};
use holdfast_domain::updates::{ExecutionState, ReleaseKind};

use super::words::{execution, moment};
use super::{Ended, Frame, Home, ended};
use crate::backend::owner::{HomeUpdates, Installed, Offer, Owners, PastUpdate};
use crate::console::words::hex;
use crate::console::{Attempt, PageReply, page_with};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::public::note::NoteView;
use crate::public::words::{day_of, size};

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes.get("/home/devices/{id}/updates", home, page).post("/home/devices/{id}/updates", home, choose)
}

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// The update that is offered or under way.
#[expect(clippy::struct_excessive_bools, reason = "each is shown by itself")]
struct OfferView {
    release: String,
    version: String,
    security: bool,
    description: String,
    size: String,
    published: String,
    signers: String,
    state: String,
    class: &'static str,
    percent: Option<u8>,
    standing: String,
    note: Option<NoteView>,
    open: bool,
    goes: bool,
    declined: bool,
}

/// How the version that runs was checked.
struct CheckView {
    version: String,
    verdict: String,
    class: &'static str,
    at: Option<String>,
    signed: String,
    keys: Vec<String>,
    digest: String,
    entry: Option<(String, String)>,
}

struct PastLine {
    version: String,
    security: bool,
    description: String,
    state: String,
    class: &'static str,
    at: String,
}

#[derive(Template)]
#[template(path = "home/updates.html")]
struct UpdatesPage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    version: Option<String>,
    offer: Option<OfferView>,
    check: Option<CheckView>,
    past: Vec<PastLine>,
    may: bool,
    offset: i32,
    attempt: Attempt,
}

impl UpdatesPage {
    /// Time zones by their distance from UTC, in minutes, and whether each is the likely one.
    fn zones(&self) -> Vec<(i32, String, bool)> {
        let half = [-570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765];
        let mut all: Vec<i32> = (-12..=14).map(|hour| hour * 60).chain(half).collect();
        all.sort_unstable();
        let name = |minutes: i32| {
            let sign = if minutes < 0 { '−' } else { '+' };
            format!("UTC{sign}{}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        };
        all.into_iter().map(|minutes| (minutes, name(minutes), minutes == self.offset)).collect()
    }
}

async fn page(home: Home, Id(id): Id<DeviceId>) -> PageReply {
    updates_page(home, id, Attempt::default()).await
}

async fn updates_page(home: Home, id: DeviceId, attempt: Attempt) -> PageReply {
    let by = home.caller.clone();
    let HomeUpdates { device, installed, offered, past } = home.ask(move |b| Owners::home_updates(b, &by, &id)).await?;
    let frame = home.frame_of(home.l.with("home-updates-of", "name", device.name()), "home", &attempt).await?;
    let chosen = offered.as_ref().and_then(|offer| offer.chosen);
    let offset = match chosen.map(|chosen| chosen.wish) {
        Some(Wish::Tonight { offset_minutes }) => i32::from(offset_minutes),
        Some(Wish::Now | Wish::Later { .. } | Wish::Never) | None if home.l.tag() == "de" => 60,
        Some(Wish::Now | Wish::Later { .. } | Wish::Never) | None => 0,
    };
    let status = attempt.status();
    let page = UpdatesPage {
        l: home.l,
        frame,
        id: device.my.device.to_string(),
        name: device.name().to_owned(),
        may: device.my.place.rights().manage_updates,
        offer: offered.map(|offer| view(&home, offer)),
        check: installed.map(|installed| check(&home, installed)),
        past: past.into_iter().map(|one| line(&home, one)).collect(),
        version: device.version,
        offset,
        attempt,
    };
    page_with(status, &page)
}

fn view(home: &Home, offer: Offer) -> OfferView {
    let l = home.l;
    let (state, class) = execution(l, &offer.state);
    let queued = offer.state == ExecutionState::Queued;
    let standing = match (&offer.state, offer.standing) {
        (ExecutionState::Declined, _) | (ExecutionState::Queued, Standing::Refused) => l.say("home-standing-refused"),
        (ExecutionState::Queued, Standing::Goes) => l.say("home-standing-goes"),
        (ExecutionState::Queued, Standing::WaitsForYes) => l.say("home-standing-yes"),
        (ExecutionState::Queued, Standing::WaitsForNight(at)) => {
            l.with("home-standing-night", "in", moment(l, at, home.now))
        }
        (ExecutionState::Queued, Standing::PutOff(until)) => {
            l.with("home-standing-later", "in", moment(l, until, home.now))
        }
        (_, _) => l.say("home-standing-runs"),
    };
    OfferView {
        release: offer.release.to_string(),
        version: offer.version,
        security: offer.kind == ReleaseKind::Security,
        description: offer.description,
        note: offer.note.as_ref().map(|note| NoteView::new(l, note)),
        size: size(l, offer.bytes),
        published: day_of(l, offer.published),
        signers: l.count("home-signers", offer.signers),
        percent: (offer.state == ExecutionState::Downloading).then_some(offer.percent),
        goes: queued && offer.standing == Standing::Goes,
        declined: offer.state == ExecutionState::Declined,
        state,
        class,
        standing,
        open: offer.open,
    }
}

fn check(home: &Home, installed: Installed) -> CheckView {
    let l = home.l;
    let (verdict, class) = match installed.appraised {
        Some((true, _)) => ("home-check-ok", "ok"),
        Some((false, _)) => ("home-check-bad", "bad"),
        None => ("home-check-not-yet", "quiet"),
    };
    let signers = installed.signer_keys.len();
    CheckView {
        version: installed.version,
        verdict: l.say(verdict),
        class,
        at: installed.appraised.map(|(_, at)| moment(l, at, home.now)),
        signed: l.with2("home-check-signed", ("count", signers), ("needed", installed.signers_needed)),
        keys: installed.signer_keys.iter().map(|key| hex(key)).collect(),
        digest: hex(&installed.manifest_digest),
        entry: installed.entry.map(|entry| (l.with("home-check-entry-line", "index", entry.index), hex(&entry.hash))),
    }
}

fn line(home: &Home, one: PastUpdate) -> PastLine {
    let (state, class) = execution(home.l, &one.state);
    PastLine {
        version: one.version,
        security: one.kind == ReleaseKind::Security,
        description: one.description,
        state,
        class,
        at: moment(home.l, one.at, home.now),
    }
}

async fn choose(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let result = try_choose(&home, &id, &fields).await;
    match ended(&home, &format!("/home/devices/{id}/updates"), "choose", fields, result)? {
        Ended::Well(response) => Ok(response),
        Ended::Again(attempt) => updates_page(home, id, attempt).await,
    }
}

async fn try_choose(home: &Home, id: &DeviceId, fields: &Fields) -> Result<&'static str, Problem> {
    let seen: ReleaseId = fields.needed("release")?;
    let (wish, done) = match fields.text("wish") {
        Some("now") => (Wish::Now, "chosen-now"),
        Some("tonight") => (Wish::Tonight { offset_minutes: fields.needed("offset")? }, "chosen-tonight"),
        Some("later") => {
            let days: u16 = fields.needed("days")?;
            (Wish::Later { until: home.now.plus(Millis(u64::from(days).saturating_mul(DAY_MS))) }, "chosen-later")
        }
        Some("never") => (Wish::Never, "chosen-never"),
        Some(_) | None => {
            return Err(Problem::malformed("wish-unknown", "`wish` is now, tonight, later or never."));
        }
    };
    let (by, id) = (home.caller.clone(), id.clone());
    home.ask(move |b| Owners::choose_update(b, &by, &id, seen, wish)).await?;
    Ok(done)
}

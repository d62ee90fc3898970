//! Interface of the consumer's pages: one's devices with their story, settings, orders, updates and the choice about them.

use axum::extract::State;
use holdfast_core::id::{DeviceId, ReleaseId};
use holdfast_core::time::Timestamp;
use holdfast_domain::homes::story::{Figure, Line, Reach};
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::choice::{Standing, Wish};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Done, List, Reply, command_lifetime, document, done, hex, kind_word, us};
use crate::backend::fleet::{DesiredChange, NewCommand, Reading};
use crate::backend::owner::{HomeDevice, HomeDeviceView, HomeUpdates, Installed, Offer, Owners, PastUpdate};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const SET: About = About::new("Change settings of one's device.")
    .more("A merge patch (RFC 7396) of `desired`; refused if `version` is given and has moved on.");
const CHOOSE: About = About::new("Choose what becomes of the update that is offered to one's device.").more(
    "`wish` is `now`, `tonight` (with `offset_minutes` ahead of UTC), `later` (with `until_us`, at most seven days ahead) or \
     `never`; `release` is the one that was seen.",
);

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes
        .api_get(
            "/api/v1/home",
            home,
            all,
            About::new("One's devices with what is with each, the most urgent first.").query(Ask::PAGE),
        )
        .api_get("/api/v1/home/devices/{id}", home, one, "One of one's devices.")
        .api_patch("/api/v1/home/devices/{id}/settings", home, set, SET)
        .api_post("/api/v1/home/devices/{id}/commands", home, order, "Give one's device a command.")
        .api_get(
            "/api/v1/home/devices/{id}/updates",
            home,
            updates,
            "Updates of one's device: offered and earlier ones.",
        )
        .api_post("/api/v1/home/devices/{id}/choice", home, choose, CHOOSE)
        .api_get(
            "/api/v1/home/devices/{id}/check",
            home,
            check,
            "Whether everything that protects one's device is as it should be.",
        )
        .api_post(
            "/api/v1/home/devices/{id}/check/repair",
            home,
            repair,
            "Set every setting that matters to its safe value.",
        )
        .api_get("/api/v1/home/devices/{id}/summary", home, summary, "What one's device sent in the last thirty days.")
}

#[derive(Serialize, ToSchema)]
struct LineDoc {
    /// `danger`, `attention`, `choice`, `busy` or `fine`.
    urgency: &'static str,
    /// Stable word of what is said.
    word: &'static str,
    /// Figures by name; moments in microseconds.
    figures: Map<String, Value>,
    /// Stable word of what to do.
    next: Option<&'static str>,
}

impl From<&Line> for LineDoc {
    fn from(line: &Line) -> Self {
        let figure = |figure: &Figure| match figure {
            Figure::Text(text) => Value::from(text.clone()),
            Figure::Number(n) => Value::from(*n),
            Figure::Moment(at) => Value::from(us(*at)),
        };
        Self {
            urgency: line.urgency.word(),
            word: line.word,
            figures: line.figures.iter().map(|(name, value)| ((*name).to_owned(), figure(value))).collect(),
            next: line.next.map(|next| next.word),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct HomeRow {
    device: String,
    product: String,
    title: String,
    name: Option<String>,
    owner: bool,
    version: Option<String>,
    online: bool,
    /// How many sensors listen, watch or locate now.
    listening: u32,
    story: Vec<LineDoc>,
}

impl From<HomeDevice> for HomeRow {
    fn from(device: HomeDevice) -> Self {
        Self {
            device: device.my.device.to_string(),
            product: device.my.product.to_string(),
            title: device.my.title,
            name: device.my.nickname,
            owner: device.my.place.is_owner(),
            version: device.version,
            online: device.reach == Reach::Online,
            listening: device.listening,
            story: device.lines.iter().map(LineDoc::from).collect(),
        }
    }
}

async fn all(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<HomeRow>> {
    let ask = query.page()?;
    let home = app.ask(move |b| Owners::my_home(b, &by)).await?;
    List::cut(home.into_iter().map(HomeRow::from).collect(), &ask, |row| row.device.clone())
}

#[derive(Serialize, ToSchema)]
struct SensingDoc {
    title: String,
    /// `microphone`, `camera` or `location`.
    sense: &'static str,
    active: Option<bool>,
    since_us: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct SentDoc {
    stream: String,
    title: String,
    readings: u64,
    missing: u64,
    measured_us: Option<i64>,
    /// The newest values; absent without the right to see them.
    values: Option<Map<String, Value>>,
}

#[derive(Serialize, ToSchema)]
struct HomeDoc {
    #[serde(flatten)]
    device: HomeRow,
    version_of_settings: u64,
    desired: Value,
    reported: Value,
    sensing: Vec<SensingDoc>,
    sent: Vec<SentDoc>,
}

impl From<HomeDeviceView> for HomeDoc {
    fn from(view: HomeDeviceView) -> Self {
        let sensing = view.sensing.into_iter().map(|one| SensingDoc {
            title: one.title,
            sense: one.sense.word(),
            active: one.active.map(|(on, _)| on),
            since_us: one.active.map(|(_, since)| us(since)),
        });
        let sent = view.sent.into_iter().map(|one| SentDoc {
            stream: one.stream.to_string(),
            title: one.title,
            readings: one.readings,
            missing: one.missing,
            measured_us: one.newest.as_ref().map(|newest| us(newest.measured)),
            values: one
                .newest
                .map(|newest| newest.fields.into_iter().map(|(name, value)| (name, json(value))).collect()),
        });
        Self {
            version_of_settings: view.shadow.version,
            desired: document(if view.shadow.desired.is_empty() { "{}" } else { &view.shadow.desired }),
            reported: document(if view.shadow.reported.is_empty() { "{}" } else { &view.shadow.reported }),
            sensing: sensing.collect(),
            sent: sent.collect(),
            device: view.device.into(),
        }
    }
}

fn json(reading: Reading) -> Value {
    match reading {
        Reading::Number(n) => Value::from(n),
        Reading::Flag(on) => Value::from(on),
        Reading::Text(text) => Value::from(text),
        Reading::Redacted => Value::Null,
    }
}

async fn one(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<HomeDoc> {
    Ok(axum::Json(app.ask(move |b| Owners::home_device(b, &by, &id)).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    version: Option<u64>,
    desired: Map<String, Value>,
    /// Settings whose danger was told and accepted; a change away from the safe value of any other is refused
    /// (`risk-not-accepted`).
    #[serde(default)]
    accept_risks: Vec<String>,
}

async fn set(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<SettingsBody>,
) -> Reply<Done> {
    let change = DesiredChange { from_version: body.version, patch: Value::Object(body.desired).to_string() };
    app.ask(move |b| Owners::set_at_home(b, &by, &id, &change, &body.accept_risks)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct CheckDoc {
    points: Vec<PointDoc>,
    settings: Vec<GuardedDoc>,
    /// Whether `repair` would change something.
    repairable: bool,
}

#[derive(Serialize, ToSchema)]
struct PointDoc {
    word: &'static str,
    /// `good`, `open` or `unknown`.
    verdict: &'static str,
}

#[derive(Serialize, ToSchema)]
struct GuardedDoc {
    name: String,
    title: String,
    /// `safe`, `waits`, `open` or `unknown`.
    stands: &'static str,
    /// What the safe value protects against, by language.
    protects: std::collections::BTreeMap<String, String>,
    /// What another value can lead to, by language.
    risk: std::collections::BTreeMap<String, String>,
    /// What lessens that, by language.
    steps: std::collections::BTreeMap<String, String>,
}

async fn check(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<CheckDoc> {
    let view = app.ask(move |b| Owners::home_check(b, &by, &id)).await?;
    let point =
        |point: &holdfast_domain::homes::check::Point| PointDoc { word: point.word, verdict: point.verdict.word() };
    let setting = |one: crate::backend::owner::GuardedSetting| GuardedDoc {
        name: one.name,
        title: one.title,
        stands: one.stands.word(),
        protects: one.protects.into_iter().collect(),
        risk: one.risk.into_iter().collect(),
        steps: one.steps.into_iter().collect(),
    };
    Ok(axum::Json(CheckDoc {
        points: view.points.iter().map(point).collect(),
        settings: view.settings.into_iter().map(setting).collect(),
        repairable: view.repairable,
    }))
}

async fn repair(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<Done> {
    app.ask(move |b| Owners::repair_home(b, &by, &id)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct SummaryDoc {
    from_us: i64,
    to_us: i64,
    streams: Vec<TrafficDoc>,
}

#[derive(Serialize, ToSchema)]
struct TrafficDoc {
    stream: String,
    title: String,
    personal: bool,
    messages: u64,
    bytes: u64,
}

async fn summary(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<SummaryDoc> {
    let view = app.ask(move |b| Owners::home_summary(b, &by, &id)).await?;
    let stream = |one: crate::backend::owner::Traffic| TrafficDoc {
        stream: one.stream.to_string(),
        title: one.title,
        personal: one.personal,
        messages: one.messages,
        bytes: one.bytes,
    };
    let streams = view.streams.into_iter().map(stream).collect();
    Ok(axum::Json(SummaryDoc { from_us: us(view.from), to_us: us(view.to), streams }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    action: String,
    #[serde(default)]
    input: Map<String, Value>,
    expires_s: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct OrderMade {
    id: String,
}

async fn order(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<OrderBody>,
) -> Reply<OrderMade> {
    let lifetime = command_lifetime(body.expires_s);
    let new = NewCommand { action: body.action, input: Value::Object(body.input).to_string(), lifetime };
    let made = app.ask(move |b| Owners::order_at_home(b, &by, &id, &new)).await?;
    Ok(axum::Json(OrderMade { id: made.id.to_string() }))
}

#[derive(Serialize, ToSchema)]
struct OfferDoc {
    release: String,
    version: String,
    kind: &'static str,
    description: String,
    bytes: u64,
    published_us: i64,
    state: &'static str,
    percent: u8,
    /// `goes`, `waits-for-yes`, `waits-for-night`, `put-off` or `refused`.
    standing: &'static str,
    until_us: Option<i64>,
    chosen: Option<&'static str>,
    /// Whether there is still something to choose.
    open: bool,
    /// Why it is needed: risk, urgency, interruption, what to do; null for releases from before there were notes.
    note: Option<Value>,
}

impl From<Offer> for OfferDoc {
    fn from(offer: Offer) -> Self {
        let (standing, until) = match offer.standing {
            Standing::Goes => ("goes", None),
            Standing::WaitsForYes => ("waits-for-yes", None),
            Standing::WaitsForNight(at) => ("waits-for-night", Some(at)),
            Standing::PutOff(until) => ("put-off", Some(until)),
            Standing::Refused => ("refused", None),
        };
        Self {
            release: offer.release.to_string(),
            version: offer.version,
            kind: kind_word(offer.kind),
            description: offer.description,
            bytes: offer.bytes,
            published_us: us(offer.published),
            state: offer.state.name(),
            percent: offer.percent,
            standing,
            until_us: until.map(us),
            chosen: offer.chosen.map(|chosen| chosen.wish.word()),
            open: offer.open,
            note: offer.note.map(|note| document(&note.text())),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PastDoc {
    version: String,
    kind: &'static str,
    description: String,
    state: &'static str,
    at_us: i64,
}

/// The version that runs, and how it was checked.
#[derive(Serialize, ToSchema)]
struct InstalledDoc {
    release: String,
    version: String,
    /// Whether the device's last proof is of exactly what was published; null before the first one.
    proven: Option<bool>,
    proven_us: Option<i64>,
    signer_keys: Vec<String>,
    signers_needed: u32,
    manifest_digest: String,
    artifact_digest: String,
    /// Place of the publication in the history that anyone may check.
    entry: Option<u64>,
    entry_hash: Option<String>,
    entry_line: Option<String>,
}

impl From<Installed> for InstalledDoc {
    fn from(installed: Installed) -> Self {
        let entry = installed.entry;
        Self {
            release: installed.release.to_string(),
            version: installed.version,
            proven: installed.appraised.map(|(good, _)| good),
            proven_us: installed.appraised.map(|(_, at)| us(at)),
            signer_keys: installed.signer_keys.iter().map(|key| hex(key)).collect(),
            signers_needed: installed.signers_needed,
            manifest_digest: hex(&installed.manifest_digest),
            artifact_digest: hex(&installed.artifact_digest),
            entry_hash: entry.as_ref().map(|entry| hex(&entry.hash)),
            entry: entry.as_ref().map(|entry| entry.index),
            entry_line: entry.map(|entry| entry.line),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct UpdatesDoc {
    version: Option<String>,
    installed: Option<InstalledDoc>,
    offered: Option<OfferDoc>,
    past: Vec<PastDoc>,
}

async fn updates(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<UpdatesDoc> {
    let HomeUpdates { device, installed, offered, past } = app.ask(move |b| Owners::home_updates(b, &by, &id)).await?;
    let past = past.into_iter().map(|PastUpdate { version, kind, description, state, at }| PastDoc {
        version,
        kind: kind_word(kind),
        description,
        state: state.name(),
        at_us: us(at),
    });
    Ok(axum::Json(UpdatesDoc {
        version: device.version,
        installed: installed.map(InstalledDoc::from),
        offered: offered.map(OfferDoc::from),
        past: past.collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChoiceBody {
    release: String,
    wish: String,
    offset_minutes: Option<i16>,
    until_us: Option<i64>,
}

impl ChoiceBody {
    fn read(&self) -> Result<(ReleaseId, Wish), Problem> {
        let release = self.release.parse().map_err(|why| Problem::malformed("id-malformed", format!("{why}.")))?;
        let wish = match (self.wish.as_str(), self.offset_minutes, self.until_us) {
            ("now", None, None) => Wish::Now,
            ("never", None, None) => Wish::Never,
            ("tonight", Some(offset_minutes), None) => Wish::Tonight { offset_minutes },
            ("later", None, Some(until)) => Wish::Later { until: Timestamp::from_micros(until) },
            (_, _, _) => {
                let detail = "`wish` is now, never, tonight with `offset_minutes`, or later with `until_us`.";
                return Err(Problem::malformed("wish-unknown", detail));
            }
        };
        Ok((release, wish))
    }
}

async fn choose(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<ChoiceBody>,
) -> Reply<Done> {
    let (seen, wish) = body.read()?;
    app.ask(move |b| Owners::choose_update(b, &by, &id, seen, wish)).await?;
    Ok(done())
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<SettingsBody>(bytes));
    drop(serde_json::from_slice::<OrderBody>(bytes));
    if let Ok(body) = serde_json::from_slice::<ChoiceBody>(bytes) {
        drop(body.read());
    }
}

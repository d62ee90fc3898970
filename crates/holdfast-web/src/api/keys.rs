//! Interface of the room `keys`: inventory, key changes, crypto policy; and the public revocation lists.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::KeyThumbprint;
use holdfast_domain::keys::ServerRole;
use holdfast_domain::keys::inventory::{FleetKeys, KeyEntry};
use holdfast_domain::keys::policy::{PERMITTED, Permission, REVIEW_DUE, REVIEWED, review_overdue};
use holdfast_domain::people::access::Act;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Reply, hex, us};
use crate::backend::keys::{ChangeStep, CrlView, Keys, KeysView, ServerKeyView};
use crate::door::App;
use crate::door::about::About;
use crate::door::extract::{Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const RETIRE: About = About::new("End the old key.")
    .more("Refused while devices still depend on it, unless `anyway` is true; then they must enrol anew.");

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, change) = (Access::May(Act::ViewEvidence), Access::Fresh(Act::ChangeKeys));
    routes
        .api_get("/api/v1/keys", look, keys, "Every key with its dates, and what is due.")
        .api_get("/api/v1/crypto-policy", look, crypto_policy, "Which algorithms are permitted for what, until when.")
        .api_post("/api/v1/authority/{role}/rotate", change, rotate, "Make the successor of a key of the server.")
        .api_post("/api/v1/authority/{role}/activate", change, activate, "Let the successor take over.")
        .api_post("/api/v1/authority/{role}/retire", change, retire, RETIRE)
        .get("/.well-known/holdfast/ca.crl", Access::Public, newest_crl)
        .get("/.well-known/holdfast/crl/{issuer}", Access::Public, crl_of)
}

#[derive(Serialize, ToSchema)]
struct KeyRow {
    id: String,
    purpose: &'static str,
    owner: &'static str,
    place: &'static str,
    algorithm: &'static str,
    state: &'static str,
    created_us: Option<i64>,
    ends_us: Option<i64>,
    last_used_us: Option<i64>,
    change_due_us: Option<i64>,
    due: &'static str,
    to_do: Option<&'static str>,
}

impl KeyRow {
    fn new(key: KeyEntry, now: Timestamp) -> Self {
        let due = key.due(now);
        Self {
            purpose: key.purpose.name(),
            owner: key.purpose.owner(),
            place: key.place.name(),
            algorithm: key.algorithm,
            state: key.state.name(),
            created_us: key.created.map(us),
            ends_us: key.ends.map(us),
            last_used_us: key.last_used.map(us),
            change_due_us: key.change_due.map(us),
            due: due.name(),
            to_do: (due != holdfast_domain::keys::inventory::Due::Fine).then(|| key.purpose.remedy()),
            id: key.id,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FleetRow {
    product: String,
    proven: u64,
    unused: u64,
    ending: u64,
    ended: u64,
    oldest_us: Option<i64>,
    hardware: u64,
    retiring_ca: u64,
}

impl From<FleetKeys> for FleetRow {
    fn from(keys: FleetKeys) -> Self {
        Self {
            product: keys.product.to_string(),
            proven: keys.proven,
            unused: keys.unused,
            ending: keys.ending,
            ended: keys.ended,
            oldest_us: keys.oldest.map(us),
            hardware: keys.hardware,
            retiring_ca: keys.retiring_ca,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ServerKeyRow {
    role: &'static str,
    key: String,
    state: &'static str,
    created_us: i64,
    since_us: i64,
    devices_depending: u64,
    named_in_trust: bool,
}

impl From<&ServerKeyView> for ServerKeyRow {
    fn from(view: &ServerKeyView) -> Self {
        Self {
            role: view.key.role.name(),
            key: hex(&view.key.key.0),
            state: view.key.state.name(),
            created_us: us(view.key.created),
            since_us: us(view.key.since),
            devices_depending: view.depending,
            named_in_trust: view.named,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct CrlRow {
    issuer: String,
    number: u64,
    this_update_us: i64,
    next_update_us: i64,
    entries: u64,
}

impl From<&CrlView> for CrlRow {
    fn from(crl: &CrlView) -> Self {
        Self {
            issuer: hex(&crl.issuer.0),
            number: crl.number,
            this_update_us: us(crl.this_update),
            next_update_us: us(crl.next_update),
            entries: crl.entries,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct KeysDoc {
    items: Vec<KeyRow>,
    devices: Vec<FleetRow>,
    server: Vec<ServerKeyRow>,
    revocation_lists: Vec<CrlRow>,
    tokens: u64,
    first_token_end_us: Option<i64>,
    sealed: bool,
}

impl KeysDoc {
    fn new(view: KeysView, now: Timestamp) -> axum::Json<Self> {
        axum::Json(Self {
            items: view.inventory.keys.into_iter().map(|key| KeyRow::new(key, now)).collect(),
            devices: view.inventory.fleet.into_iter().map(FleetRow::from).collect(),
            server: view.server.iter().map(ServerKeyRow::from).collect(),
            revocation_lists: view.crls.iter().map(CrlRow::from).collect(),
            tokens: view.tokens,
            first_token_end_us: view.first_token_end.map(us),
            sealed: view.sealed,
        })
    }
}

async fn keys(State(app): State<App>) -> Reply<KeysDoc> {
    let now = app.ground().now();
    Ok(KeysDoc::new(app.ask(Keys::keys).await?, now))
}

async fn step(app: App, by: Who, role: String, step: ChangeStep) -> Reply<KeysDoc> {
    let Who(by) = by;
    let role = role_of(&role)?;
    let now = app.ground().now();
    Ok(KeysDoc::new(app.ask(move |b| b.change_key(&by, role, step)).await?, now))
}

/// The role in an address.
pub(crate) fn role_of(name: &str) -> Result<ServerRole, Problem> {
    ServerRole::from_name(name)
        .ok_or_else(|| Problem::absent("key-role-unknown", "There is `operational-ca` and `freshness`."))
}

async fn rotate(State(app): State<App>, by: Who, Path(role): Path<String>) -> Reply<KeysDoc> {
    step(app, by, role, ChangeStep::Rotate).await
}

async fn activate(State(app): State<App>, by: Who, Path(role): Path<String>) -> Reply<KeysDoc> {
    step(app, by, role, ChangeStep::Activate).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetireBody {
    #[serde(default)]
    anyway: bool,
}

async fn retire(
    State(app): State<App>,
    by: Who,
    Path(role): Path<String>,
    Json(body): Json<RetireBody>,
) -> Reply<KeysDoc> {
    step(app, by, role, ChangeStep::Retire { anyway: body.anyway }).await
}

#[derive(Serialize, ToSchema)]
struct PolicyRow {
    algorithm: &'static str,
    purpose: &'static str,
    until_us: Option<i64>,
    source: &'static str,
}

impl From<&Permission> for PolicyRow {
    fn from(row: &Permission) -> Self {
        Self { algorithm: row.algorithm, purpose: row.purpose.name(), until_us: row.until.map(us), source: row.source }
    }
}

#[derive(Serialize, ToSchema)]
struct PolicyDoc {
    items: Vec<PolicyRow>,
    reviewed_us: i64,
    review_due_us: i64,
    review_overdue: bool,
}

async fn crypto_policy(State(app): State<App>) -> Reply<PolicyDoc> {
    Ok(axum::Json(PolicyDoc {
        items: PERMITTED.iter().map(PolicyRow::from).collect(),
        reviewed_us: us(REVIEWED),
        review_due_us: us(REVIEW_DUE),
        review_overdue: review_overdue(app.ground().now()),
    }))
}

async fn newest_crl(State(app): State<App>) -> Result<Response, Problem> {
    crl(app, None).await
}

async fn crl_of(State(app): State<App>, Path(issuer): Path<String>) -> Result<Response, Problem> {
    let issuer: Sha256Digest = issuer.trim_end_matches(".crl").parse().map_err(|_| no_crl())?;
    crl(app, Some(KeyThumbprint(*issuer.as_bytes()))).await
}

fn no_crl() -> Problem {
    Problem::absent("revocation-list-unknown", "There is no revocation list of this CA.")
}

/// RFC 5280 §4.2.1.13, RFC 2585 §4.2.
async fn crl(app: App, issuer: Option<KeyThumbprint>) -> Result<Response, Problem> {
    let der = app.ask(move |b| b.crl(issuer)).await?.ok_or_else(no_crl)?;
    Ok(([(CONTENT_TYPE, "application/pkix-crl"), (CACHE_CONTROL, "public, max-age=60")], der).into_response())
}

/// Reads any bytes as each JSON body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<RetireBody>(bytes));
}

//! Interface of the room `account`: one's own ways in, sessions, and what an administrator does with accounts.
//!
//! Ceremonies of passkeys are in `account/passkeys.rs`.

pub(crate) mod passkeys;

use axum::extract::State;
use holdfast_core::id::{PasskeyId, PersonId, SessionId};
use holdfast_domain::people::access::Act;
use holdfast_domain::people::policy::{Assurance, Rule, assurances, rules};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::backend::credentials::{AccountOrder, AccountRow, PasskeyView};
use crate::backend::people::Proof;
use crate::console::people::role_of;
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const CODES: About = About::new("Make recovery codes.")
    .more("Ten codes that work once each, in this answer only. Older ones are void.")
    .secret();
const FACTOR: About = About::new("Begin a second factor.")
    .more("The secret stands in this answer only, and counts once its first code is confirmed.")
    .secret();

const POLICY: About = About::new("The rules for ways in.")
    .more("Each rule with its figure and the clause that it implements; for each role its assurance level and how long a session lasts.");

const EVERYBODY: About = About::new(
    "The maker's people with an account, and the newest owners; with `owner`, those owners whose name holds it.",
)
.query(&[Ask::of("owner", Kind::Text, "Part of an owner's name."), Ask::AFTER, Ask::LIMIT]);

pub(super) fn routes(routes: Routes) -> Routes {
    let (own, sure) = (Access::May(Act::ManageOwnAccess), Access::Fresh(Act::ManageOwnAccess));
    let people = Access::Fresh(Act::ManagePeople);
    let routes = routes
        .api_get("/api/v1/credentials-policy", Access::Public, policy, POLICY)
        .api_get("/api/v1/account", own, account, "One's own ways in.")
        .api_get("/api/v1/account/passkeys", own, passkeys, About::new("One's own passkeys.").query(Ask::PAGE))
        .api_patch("/api/v1/account/passkeys/{id}", own, rename, "Give a passkey another label.")
        .api_delete("/api/v1/account/passkeys/{id}", sure, remove, "Remove a passkey; the last way in stays.")
        .api_put("/api/v1/account/password", sure, set_password, "Set one's sign-in name and password.")
        .api_delete("/api/v1/account/password", sure, remove_password, "Remove one's password.")
        .api_post("/api/v1/account/second-factor", sure, begin_factor, FACTOR)
        .api_post("/api/v1/account/second-factor/confirm", sure, confirm_factor, "Confirm a second factor by its code.")
        .api_delete("/api/v1/account/second-factor", sure, remove_factor, "Remove one's second factor.")
        .api_post("/api/v1/account/recovery-codes", sure, make_codes, CODES)
        .api_delete("/api/v1/account/recovery", sure, cancel_recovery, "Stop a recovery of one's account that waits.")
        .api_get("/api/v1/sessions", own, sessions, About::new("One's own open sessions.").query(Ask::PAGE))
        .api_delete("/api/v1/sessions/{id}", own, end_session, "End one of one's own sessions.")
        .api_post("/api/v1/sessions/end-others", sure, end_others, "End all of one's own sessions but this one.")
        .api_get("/api/v1/people", Access::May(Act::ManagePeople), people_list, EVERYBODY)
        .api_post("/api/v1/people/{id}/lock", people, lock, "Lock an account: its sessions end.")
        .api_post("/api/v1/people/{id}/unlock", people, unlock, "Unlock an account.")
        .api_put("/api/v1/people/{id}/role", people, set_role, "Give somebody another role; their sessions end.")
        .api_delete("/api/v1/people/{id}", people, remove_person, "Remove a member of the staff.");
    passkeys::routes(routes)
}

#[derive(Serialize, ToSchema)]
struct PolicyRule {
    name: &'static str,
    text: &'static str,
    value: Option<u64>,
    unit: &'static str,
    /// The clause that it implements.
    source: &'static str,
}

#[derive(Serialize, ToSchema)]
struct PolicyRole {
    role: &'static str,
    /// Authentication assurance level of NIST SP 800-63B-4.
    assurance: u8,
    idle_s: u64,
    life_s: u64,
}

#[derive(Serialize, ToSchema)]
struct CredentialsPolicy {
    rules: Vec<PolicyRule>,
    roles: Vec<PolicyRole>,
}

async fn policy() -> axum::Json<CredentialsPolicy> {
    let rule = |rule: Rule| {
        let Rule { name, text, value, unit, source } = rule;
        PolicyRule { name, text, value, unit, source }
    };
    let assured = |one: Assurance| PolicyRole {
        role: one.role.name(),
        assurance: one.level,
        idle_s: one.idle_s,
        life_s: one.life_s,
    };
    axum::Json(CredentialsPolicy {
        rules: rules().into_iter().map(rule).collect(),
        roles: assurances().into_iter().map(assured).collect(),
    })
}

#[derive(Serialize, ToSchema)]
struct WaysBody {
    passkeys: u64,
    password: bool,
    second_factor: bool,
    recovery_codes: u64,
}

fn ways(ways: &holdfast_domain::people::account::Ways) -> WaysBody {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    WaysBody {
        passkeys: count(ways.passkeys),
        password: ways.password,
        second_factor: ways.second_factor,
        recovery_codes: count(ways.recovery_codes),
    }
}

#[derive(Serialize, ToSchema)]
struct AccountBody {
    ways: WaysBody,
    login: Option<String>,
    recovery_until_us: Option<i64>,
}

async fn account(State(app): State<App>, Who(by): Who) -> Reply<AccountBody> {
    let account = app.ask(move |b| b.own_account(&by)).await?;
    Ok(axum::Json(AccountBody {
        ways: ways(&account.ways),
        login: account.login,
        recovery_until_us: account.recovery.map(|recovery| us(recovery.until)),
    }))
}

#[derive(Serialize, ToSchema)]
struct PasskeyBody {
    id: String,
    label: String,
    created_us: i64,
    used_us: Option<i64>,
    counts_from_us: i64,
}

fn passkey(view: PasskeyView) -> PasskeyBody {
    PasskeyBody {
        id: view.id.to_string(),
        label: view.label,
        created_us: us(view.created),
        used_us: view.used.map(us),
        counts_from_us: us(view.counts_from),
    }
}

async fn passkeys(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<PasskeyBody>> {
    let account = app.ask(move |b| b.own_account(&by)).await?;
    List::cut(account.passkeys.into_iter().map(passkey).collect(), &query.page()?, |row| row.id.clone())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LabelBody {
    label: String,
}

async fn rename(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<PasskeyId>,
    Json(body): Json<LabelBody>,
) -> Reply<Done> {
    app.ask(move |b| b.rename_passkey(&by, id, &body.label)).await?;
    Ok(done())
}

async fn remove(State(app): State<App>, Who(by): Who, Id(id): Id<PasskeyId>) -> Reply<Done> {
    app.ask(move |b| b.remove_passkey(&by, id)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    login: String,
    password: String,
}

async fn set_password(State(app): State<App>, Who(by): Who, Json(body): Json<PasswordBody>) -> Reply<Done> {
    app.ask(move |b| b.set_password(&by, &body.login, &body.password)).await?;
    Ok(done())
}

async fn remove_password(State(app): State<App>, Who(by): Who) -> Reply<Done> {
    app.ask(move |b| b.remove_password(&by)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct FactorBody {
    secret: String,
    address: String,
}

async fn begin_factor(State(app): State<App>, Who(by): Who) -> Reply<FactorBody> {
    let setup = app.ask(move |b| b.begin_second_factor(&by)).await?;
    Ok(axum::Json(FactorBody { secret: setup.secret, address: setup.address }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    code: String,
}

async fn confirm_factor(State(app): State<App>, Who(by): Who, Json(body): Json<CodeBody>) -> Reply<Done> {
    app.ask(move |b| b.confirm_second_factor(&by, &body.code)).await?;
    Ok(done())
}

async fn remove_factor(State(app): State<App>, Who(by): Who) -> Reply<Done> {
    app.ask(move |b| b.remove_second_factor(&by)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct CodesBody {
    codes: Vec<String>,
}

async fn make_codes(State(app): State<App>, Who(by): Who) -> Reply<CodesBody> {
    let codes = app.ask(move |b| b.make_recovery_codes(&by)).await?;
    Ok(axum::Json(CodesBody { codes }))
}

async fn cancel_recovery(State(app): State<App>, Who(by): Who) -> Reply<Done> {
    app.ask(move |b| b.cancel_recovery(&by)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct SessionBody {
    id: String,
    kind: &'static str,
    browser: String,
    created_us: i64,
    last_used_us: i64,
    ends_us: i64,
    this: bool,
}

async fn sessions(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<SessionBody>> {
    let this = by.proof;
    let account = app.ask(move |b| b.own_account(&by)).await?;
    let row = |(session, ends): (holdfast_domain::people::Session, _)| SessionBody {
        id: session.id.to_string(),
        kind: session.kind.word(),
        created_us: us(session.created),
        last_used_us: us(session.last_used),
        ends_us: us(ends),
        this: this == Proof::Session(session.id),
        browser: session.browser,
    };
    List::cut(account.sessions.into_iter().map(row).collect(), &query.page()?, |row| row.id.clone())
}

async fn end_session(State(app): State<App>, Who(by): Who, Id(id): Id<SessionId>) -> Reply<Done> {
    app.ask(move |b| b.end_session_of(&by, id)).await?;
    Ok(done())
}

async fn end_others(State(app): State<App>, Who(by): Who) -> Reply<Done> {
    app.ask(move |b| b.end_other_sessions(&by)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct PersonBody {
    id: String,
    name: String,
    role: &'static str,
    created_us: i64,
    ways: WaysBody,
    locked: Option<&'static str>,
}

async fn people_list(State(app): State<App>, Asked(query): Asked) -> Reply<List<PersonBody>> {
    let owner = query.text("owner").map(str::to_owned);
    let rows = app.ask(move |b| b.accounts(owner.as_deref())).await?;
    let row = |row: AccountRow| PersonBody {
        id: row.person.id.to_string(),
        role: row.person.role.name(),
        created_us: us(row.person.created),
        ways: ways(&row.ways),
        locked: row.standing.locked.map(|lock| lock_word(lock.reason)),
        name: row.person.name,
    };
    List::cut(rows.into_iter().map(row).collect(), &query.page()?, |row| row.id.clone())
}

/// Why an account is locked, as a word.
pub(crate) const fn lock_word(reason: holdfast_domain::people::account::LockReason) -> &'static str {
    use holdfast_domain::people::account::LockReason;
    match reason {
        LockReason::Failures => "failures",
        LockReason::Order => "order",
        LockReason::NotMe => "not-me",
    }
}

async fn order(app: App, by: crate::backend::people::Caller, id: PersonId, order: AccountOrder) -> Reply<Done> {
    app.ask(move |b| b.order_account(&by, id, order)).await?;
    Ok(done())
}

async fn lock(State(app): State<App>, Who(by): Who, Id(id): Id<PersonId>) -> Reply<Done> {
    order(app, by, id, AccountOrder::Lock).await
}

async fn unlock(State(app): State<App>, Who(by): Who, Id(id): Id<PersonId>) -> Reply<Done> {
    order(app, by, id, AccountOrder::Unlock).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    role: String,
}

async fn set_role(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<PersonId>,
    Json(body): Json<RoleBody>,
) -> Result<axum::Json<Done>, Problem> {
    let role = role_of(&body.role)?;
    order(app, by, id, AccountOrder::SetRole(role)).await
}

async fn remove_person(State(app): State<App>, Who(by): Who, Id(id): Id<PersonId>) -> Reply<Done> {
    order(app, by, id, AccountOrder::Remove).await
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<LabelBody>(bytes));
    drop(serde_json::from_slice::<PasswordBody>(bytes));
    drop(serde_json::from_slice::<CodeBody>(bytes));
    drop(serde_json::from_slice::<RoleBody>(bytes));
    passkeys::read_bodies(bytes);
}

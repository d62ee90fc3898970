//! Ceremonies of passkeys: each begins with what the browser needs and finishes with what its authenticator said.
//!
//! Owns the wire form of the five purposes; what a credential says is read by the server (W3C `WebAuthn` Level 3 §7).

use axum::extract::State;
use holdfast_domain::people::Role;
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::us;
use crate::backend::RefusalKind;
use crate::backend::credentials::{Ceremony, Finish, SignedIn, Ticket};
use crate::door::App;
use crate::door::arrival::{Cookies, Knock};
use crate::door::extract::{Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    let anyone = Access::Public;
    let (own, sure) = (Access::May(Act::ManageOwnAccess), Access::Fresh(Act::ManageOwnAccess));
    routes
        .api_post("/api/v1/passkeys/sign-in/begin", anyone, begin_sign_in, "Begin to sign in by a passkey.")
        .api_post("/api/v1/passkeys/sign-in/finish", anyone, finish_sign_in, "Sign in by a passkey.")
        .api_post("/api/v1/passkeys/sign-up/begin", anyone, begin_sign_up, "Begin an owner's account with a passkey.")
        .api_post("/api/v1/passkeys/sign-up/finish", anyone, finish_sign_up, "Make an owner's account with a passkey.")
        .api_post("/api/v1/passkeys/recover/begin", anyone, begin_recovery, "Begin a recovery by a recovery code.")
        .api_post("/api/v1/passkeys/recover/finish", anyone, finish_recovery, "Add a passkey by a recovery code.")
        .api_post("/api/v1/passkeys/confirm/begin", own, begin_confirm, "Begin to prove again who one is.")
        .api_post("/api/v1/passkeys/confirm/finish", own, finish_confirm, "Prove again who one is.")
        .api_post("/api/v1/passkeys/add/begin", sure, begin_add, "Begin to add a passkey.")
        .api_post("/api/v1/passkeys/add/finish", sure, finish_add, "Add a passkey.")
}

/// Nothing to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Begin {}

#[derive(Serialize, ToSchema)]
struct CeremonyBody {
    ceremony: String,
    /// Options for `navigator.credentials`, binary values as base64url.
    options: Value,
}

fn begun(ceremony: Ceremony) -> axum::Json<CeremonyBody> {
    axum::Json(CeremonyBody { ceremony: ceremony.id, options: ceremony.options })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FinishBody {
    ceremony: String,
    /// What `navigator.credentials` gave, binary values as base64url.
    credential: Value,
    /// What to call a new passkey.
    label: Option<String>,
}

impl FinishBody {
    fn parts(self) -> (Finish, String) {
        let label = self.label.unwrap_or_else(|| "Passkey".to_owned());
        (Finish { ceremony: self.ceremony, credential: self.credential }, label)
    }
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
struct ThenBody {
    then: String,
}

type Opened = Result<(Cookies, axum::Json<ThenBody>), Problem>;

/// The first page after signing in.
pub(crate) fn first_page(signed_in: &SignedIn) -> &'static str {
    if signed_in.bare {
        "/account/first"
    } else if signed_in.person.role == Role::Owner {
        "/home"
    } else {
        "/console"
    }
}

async fn begin_sign_in(
    State(app): State<App>,
    knock: Knock,
    Json(_): Json<Begin>,
) -> Result<axum::Json<CeremonyBody>, Problem> {
    app.ask(move |b| b.begin_sign_in(knock.address)).await.map(begun)
}

async fn finish_sign_in(State(app): State<App>, knock: Knock, Json(body): Json<FinishBody>) -> Opened {
    let (arrival, keys) = knock.arrival(&app);
    let (finish, _) = body.parts();
    let signed_in = app.ask(move |b| b.finish_sign_in(&finish, &arrival)).await?;
    let then = first_page(&signed_in).to_owned();
    Ok((keys.cookies(&signed_in.session, app.ground().now())?, axum::Json(ThenBody { then })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpBody {
    /// `claim:CODE` or `invitation:SECRET`.
    ticket: String,
    /// What to call the new owner.
    name: String,
}

async fn begin_sign_up(
    State(app): State<App>,
    knock: Knock,
    Json(body): Json<SignUpBody>,
) -> Result<axum::Json<CeremonyBody>, Problem> {
    let unknown =
        || Problem::new(RefusalKind::Malformed, "ticket-malformed", "A ticket is claim:CODE or invitation:SECRET.");
    let ticket = Ticket::parse(&body.ticket).ok_or_else(unknown)?;
    app.ask(move |b| b.begin_sign_up(&ticket, &body.name, knock.address)).await.map(begun)
}

async fn finish_sign_up(State(app): State<App>, knock: Knock, Json(body): Json<FinishBody>) -> Opened {
    let (arrival, keys) = knock.arrival(&app);
    let (finish, _) = body.parts();
    let signed_in = app.ask(move |b| b.finish_sign_up(&finish, &arrival)).await?;
    let then = first_page(&signed_in).to_owned();
    Ok((keys.cookies(&signed_in.session, app.ground().now())?, axum::Json(ThenBody { then })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecoverBody {
    code: String,
}

async fn begin_recovery(
    State(app): State<App>,
    knock: Knock,
    Json(body): Json<RecoverBody>,
) -> Result<axum::Json<CeremonyBody>, Problem> {
    app.ask(move |b| b.begin_recovery(&body.code, knock.address)).await.map(begun)
}

#[derive(Serialize, ToSchema)]
struct RecoveredBody {
    /// From when the new passkey counts.
    counts_from_us: i64,
    then: String,
}

async fn finish_recovery(
    State(app): State<App>,
    Json(body): Json<FinishBody>,
) -> Result<axum::Json<RecoveredBody>, Problem> {
    let (finish, _) = body.parts();
    let from = app.ask(move |b| b.finish_recovery(&finish)).await?;
    let then = format!("/recover?waits={}", us(from));
    Ok(axum::Json(RecoveredBody { counts_from_us: us(from), then }))
}

async fn begin_confirm(
    State(app): State<App>,
    Who(by): Who,
    Json(_): Json<Begin>,
) -> Result<axum::Json<CeremonyBody>, Problem> {
    app.ask(move |b| b.begin_confirm(&by)).await.map(begun)
}

async fn finish_confirm(State(app): State<App>, Who(by): Who, knock: Knock, Json(body): Json<FinishBody>) -> Opened {
    let (arrival, keys) = knock.arrival(&app);
    let (finish, _) = body.parts();
    let session = app.ask(move |b| b.finish_confirm(&by, &finish, &arrival)).await?;
    Ok((keys.cookies(&session, app.ground().now())?, axum::Json(ThenBody { then: "/account".to_owned() })))
}

async fn begin_add(
    State(app): State<App>,
    Who(by): Who,
    Json(_): Json<Begin>,
) -> Result<axum::Json<CeremonyBody>, Problem> {
    app.ask(move |b| b.begin_passkey(&by)).await.map(begun)
}

async fn finish_add(
    State(app): State<App>,
    Who(by): Who,
    Json(body): Json<FinishBody>,
) -> Result<axum::Json<ThenBody>, Problem> {
    let (finish, label) = body.parts();
    app.ask(move |b| b.finish_passkey(&by, &finish, &label)).await?;
    Ok(axum::Json(ThenBody { then: "/account?done=passkey-added".to_owned() }))
}

/// Reads any bytes as each body of this file; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<Begin>(bytes));
    drop(serde_json::from_slice::<SignUpBody>(bytes).map(|body| Ticket::parse(&body.ticket)));
    drop(serde_json::from_slice::<RecoverBody>(bytes));
    drop(serde_json::from_slice::<FinishBody>(bytes).map(FinishBody::parts));
}

//! Interface of the room `people`: sign-in, one-time links, API tokens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use holdfast_core::id::TokenId;
use holdfast_domain::people::access::{Act, may};
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};

use super::{Done, List, Reply, done, us};
use crate::backend::RefusalKind;
use crate::backend::people::{LinkFor, NewLink, NewToken};
use crate::console::people::role_of;
use crate::door::App;
use crate::door::extract::{Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::public::session_cookie;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .post("/api/v1/sign-in", Access::Public, sign_in)
        .post("/api/v1/sign-in-links", Access::May(Act::ManageOwnAccess), add_link)
        .get("/api/v1/tokens", Access::May(Act::ManageOwnAccess), tokens)
        .post("/api/v1/tokens", Access::May(Act::ManageOwnAccess), add_token)
        .delete("/api/v1/tokens/{id}", Access::May(Act::ManageOwnAccess), revoke_token)
        .get("/api/v1/me", Access::SignedIn, me)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    link: String,
}

async fn sign_in(State(app): State<App>, Json(body): Json<SignIn>) -> Result<Response, Problem> {
    let unknown = || Problem::new(RefusalKind::Unauthenticated, "link-unknown", "This link is not one of ours.");
    let link = Secret::parse(&body.link).ok_or_else(unknown)?;
    let secret = Secret::from_random(app.ground().random());
    let (link_hash, session_hash) = (link.hash(), secret.hash());
    let session = app.ask(move |b| b.redeem_link(&link_hash, &session_hash)).await?;
    let cookie = session_cookie(&secret, &session, app.ground().now())?;
    Ok(([(SET_COOKIE, cookie)], done()).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    person: Option<String>,
    name: Option<String>,
    role: Option<String>,
}

#[derive(Serialize)]
struct LinkMade {
    url: String,
    expires_us: i64,
}

/// A body `{}` makes a link for oneself; anything else needs the right to manage people.
async fn add_link(State(app): State<App>, Who(by): Who, Json(body): Json<LinkBody>) -> Reply<LinkMade> {
    let whom = match (body.person, body.name, body.role) {
        (None, None, None) => LinkFor::Person(by.person.id),
        (Some(person), None, None) => {
            LinkFor::Person(person.parse().map_err(|e| Problem::malformed("id-malformed", format!("person: {e}")))?)
        }
        (None, Some(name), Some(role)) => LinkFor::Newcomer { name, role: role_of(&role)? },
        _ => return Err(Problem::malformed("link-for-whom", "Give nothing, or person, or name and role.")),
    };
    if whom != LinkFor::Person(by.person.id) && !may(by.person.role, Act::ManagePeople) {
        return Err(Problem::new(
            RefusalKind::Forbidden,
            "role-insufficient",
            "Links for others need an administrator.",
        ));
    }
    let secret = Secret::from_random(app.ground().random());
    let new = NewLink { whom, secret_hash: secret.hash() };
    let link = app.ask(move |b| b.add_link(&by, &new)).await?;
    Ok(axum::Json(LinkMade { url: format!("/sign-in?link={}", secret.text()), expires_us: us(link.expires) }))
}

#[derive(Serialize)]
struct TokenRow {
    id: String,
    person: String,
    label: String,
    created_us: i64,
    expires_us: i64,
}

async fn tokens(State(app): State<App>, Who(by): Who) -> Reply<List<TokenRow>> {
    let rows = app.ask(move |b| b.tokens(&by)).await?;
    let row = |t: holdfast_domain::people::ApiToken| TokenRow {
        id: t.id.to_string(),
        person: t.person.to_string(),
        label: t.label,
        created_us: us(t.created),
        expires_us: us(t.expires),
    };
    Ok(List::whole(rows.into_iter().map(row).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    label: String,
    days: u16,
}

#[derive(Serialize)]
struct TokenMade {
    id: String,
    token: String,
    expires_us: i64,
}

async fn add_token(State(app): State<App>, Who(by): Who, Json(body): Json<TokenBody>) -> Reply<TokenMade> {
    let secret = Secret::from_random(app.ground().random());
    let new = NewToken { label: body.label, days: body.days, secret_hash: secret.hash() };
    let token = app.ask(move |b| b.add_token(&by, &new)).await?;
    let made = TokenMade { id: token.id.to_string(), token: secret.token_text(), expires_us: us(token.expires) };
    Ok(axum::Json(made))
}

async fn revoke_token(State(app): State<App>, Who(by): Who, Id(id): Id<TokenId>) -> Reply<Done> {
    app.ask(move |b| b.revoke_token(&by, id)).await?;
    Ok(done())
}

#[derive(Serialize)]
struct Me {
    id: String,
    name: String,
    role: &'static str,
}

async fn me(Who(by): Who) -> axum::Json<Me> {
    axum::Json(Me { id: by.person.id.to_string(), name: by.person.name, role: by.person.role.name() })
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<SignIn>(bytes));
    drop(serde_json::from_slice::<LinkBody>(bytes));
    drop(serde_json::from_slice::<TokenBody>(bytes));
}

//! Interface of the room `people`: sign-in, one-time links, API tokens.

use axum::extract::State;
use holdfast_core::id::TokenId;
use holdfast_domain::people::access::{Act, may};
use holdfast_domain::people::scope::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, us};
use crate::backend::RefusalKind;
use crate::backend::people::{Caller, LinkFor, NewLink, NewToken, Proof};
use crate::console::people::role_of;
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::arrival::{Cookies, Knock};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::guard::CONFIRM_AGAIN;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::secret::Secret;

const SIGN_IN: About =
    About::new("Redeem a one-time link.").more("Opens a session: the answer sets its cookie. The link works once.");
const ADD_LINK: About = About::new("Make a one-time sign-in link.")
    .more("`{}` makes one for oneself. `person`, or `name` and `role`, needs the right to manage people.")
    .secret();
const ADD_TOKEN: About = About::new("Make an API token.").more("It has the caller's rights.").secret();

pub(super) fn routes(routes: Routes) -> Routes {
    let own = Access::May(Act::ManageOwnAccess);
    routes
        .api_post("/api/v1/sign-in", Access::Public, sign_in, SIGN_IN)
        .api_post("/api/v1/sign-in-links", Access::Fresh(Act::ManageOwnAccess), add_link, ADD_LINK)
        .api_get(
            "/api/v1/tokens",
            own,
            tokens,
            About::new("API tokens: one's own, or all for who manages people.").query(Ask::PAGE),
        )
        .api_post("/api/v1/tokens", Access::Fresh(Act::ManageOwnAccess), add_token, ADD_TOKEN)
        .api_delete("/api/v1/tokens/{id}", own, revoke_token, "Revoke an API token.")
        .api_get("/api/v1/me", Access::SignedIn, me, "Who the caller is.")
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    link: String,
}

/// The cookies, and that it is done.
type SignedIn = (Cookies, axum::Json<Done>);

async fn sign_in(State(app): State<App>, knock: Knock, Json(body): Json<SignIn>) -> Result<SignedIn, Problem> {
    let unknown = || Problem::new(RefusalKind::Unauthenticated, "link-unknown", "This link is not one of ours.");
    let link = Secret::parse(&body.link).ok_or_else(unknown)?;
    let (arrival, keys) = knock.arrival(&app);
    let link_hash = link.hash();
    let signed_in = app.ask(move |b| b.redeem_link(&link_hash, &arrival)).await?;
    Ok((keys.cookies(&signed_in.session, app.ground().now())?, done()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    person: Option<String>,
    name: Option<String>,
    role: Option<String>,
}

#[derive(Serialize, ToSchema)]
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

#[derive(Serialize, ToSchema)]
struct TokenRow {
    id: String,
    person: String,
    label: String,
    scope: String,
    created_us: i64,
    expires_us: i64,
}

async fn tokens(State(app): State<App>, Who(by): Who, Asked(query): Asked) -> Reply<List<TokenRow>> {
    let rows = app.ask(move |b| b.tokens(&by)).await?;
    let row = |t: holdfast_domain::people::ApiToken| TokenRow {
        id: t.id.to_string(),
        person: t.person.to_string(),
        label: t.label,
        scope: t.scope.to_string(),
        created_us: us(t.created),
        expires_us: us(t.expires),
    };
    List::cut(rows.into_iter().map(row).collect(), &query.page()?, |row| row.id.clone())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    label: String,
    days: u16,
    /// `read`, `full`, `dangerous`, or acts by name with commas between; `full` if it is not said.
    scope: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TokenMade {
    id: String,
    token: String,
    expires_us: i64,
}

/// The scope that a caller wishes for a new token. Whoever says nothing gets what they may give by now; one for dangerous
/// acts needs a fresh proof, as those acts do.
pub(crate) fn scope_of(by: &Caller, wished: Option<&str>) -> Result<Scope, Problem> {
    let wished = wished.filter(|text| !text.is_empty()).map(str::parse::<Scope>).transpose();
    let scope =
        wished.map_err(|why| Problem::malformed("token-scope-malformed", format!("{why}.")))?.unwrap_or_default();
    let reaches_far = matches!(scope, Scope::Dangerous | Scope::Acts(_));
    if reaches_far && matches!(by.proof, Proof::Session(_)) && !by.fresh {
        let detail =
            "A token for dangerous acts needs a new proof of who you are: confirm, then make it within ten minutes.";
        return Err(Problem::new(RefusalKind::Unauthenticated, CONFIRM_AGAIN, detail));
    }
    Ok(scope)
}

async fn add_token(State(app): State<App>, Who(by): Who, Json(body): Json<TokenBody>) -> Reply<TokenMade> {
    let scope = scope_of(&by, body.scope.as_deref())?;
    let secret = Secret::from_random(app.ground().random());
    let new = NewToken { label: body.label, scope, days: body.days, secret_hash: secret.hash() };
    let token = app.ask(move |b| b.add_token(&by, &new)).await?;
    let made = TokenMade { id: token.id.to_string(), token: secret.token_text(), expires_us: us(token.expires) };
    Ok(axum::Json(made))
}

async fn revoke_token(State(app): State<App>, Who(by): Who, Id(id): Id<TokenId>) -> Reply<Done> {
    app.ask(move |b| b.revoke_token(&by, id)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
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

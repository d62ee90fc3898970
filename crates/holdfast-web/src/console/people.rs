//! The page of people and API tokens: who may come in, and with what.

use askama::Template;
use axum::response::Response;
use holdfast_core::id::{PersonId, TokenId};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::Act;
use holdfast_domain::people::account::Ways;
use holdfast_domain::people::scope::Scope;

use super::words::{When, calendar};
use super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use crate::api::people_scope;
use crate::backend::RefusalKind;
use crate::backend::credentials::AccountOrder;
use crate::backend::people::{LinkFor, NewLink, NewToken};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/console/people", Access::May(Act::ManagePeople), people)
        .post("/console/people/link", Access::Fresh(Act::ManagePeople), add_link)
        .post("/console/people/token", Access::Fresh(Act::ManagePeople), add_token)
        .post("/console/people/token/{id}/revoke", Access::May(Act::ManagePeople), revoke_token)
        .post("/console/people/{id}/lock", Access::Fresh(Act::ManagePeople), lock)
        .post("/console/people/{id}/unlock", Access::Fresh(Act::ManagePeople), unlock)
        .post("/console/people/{id}/role", Access::Fresh(Act::ManagePeople), set_role)
        .post("/console/people/{id}/remove", Access::Fresh(Act::ManagePeople), remove)
}

/// A role as people call it.
pub(crate) fn role_title(l: Lang, role: Role) -> String {
    l.say(match role {
        Role::Administrator => "role-administrator",
        Role::FleetOperator => "role-fleet-operator",
        Role::ReleaseEngineer => "role-release-engineer",
        Role::Security => "role-security",
        Role::Assessor => "role-assessor",
        Role::PrivacyOfficer => "role-privacy-officer",
        Role::Support => "role-support",
        Role::Owner => "role-owner",
    })
}

/// What a role is for, in a few words.
fn role_meaning(l: Lang, role: Role) -> String {
    l.say(match role {
        Role::Administrator => "role-administrator-may",
        Role::FleetOperator => "role-fleet-operator-may",
        Role::ReleaseEngineer => "role-release-engineer-may",
        Role::Security => "role-security-may",
        Role::Assessor => "role-assessor-may",
        Role::PrivacyOfficer => "role-privacy-officer-may",
        Role::Support => "role-support-may",
        Role::Owner => "role-owner-may",
    })
}

/// Reads a role.
pub(crate) fn role_of(word: &str) -> Result<Role, Problem> {
    Role::from_name(word).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.into_iter().map(Role::name).collect();
        Problem::malformed("role-unknown", format!("A role is one of: {}.", names.join(", ")))
    })
}

struct PersonLine {
    id: String,
    name: String,
    role: String,
    /// The role's name, for the choice of another.
    word: &'static str,
    since: super::words::Day,
    me: bool,
    /// Ways in, in a few words; nothing for who may not know.
    ways: String,
    locked: bool,
}

struct TokenLine {
    id: String,
    label: String,
    scope: String,
    owner: String,
    created: When,
    expires: When,
}

#[derive(Template)]
#[template(path = "people/people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<PersonLine>,
    tokens: Vec<TokenLine>,
    roles: Vec<(&'static str, String, String)>,
    may_manage: bool,
    /// What was looked for among the owners.
    find: String,
    /// Owners that are not in the list.
    more_owners: u64,
    attempt: Attempt,
}

async fn people(desk: Desk) -> PageReply {
    people_page(desk, Attempt::default()).await
}

async fn people_page(desk: Desk, attempt: Attempt) -> PageReply {
    let by = desk.caller.clone();
    let may_manage = desk.may(Act::ManagePeople);
    let named = desk.query.text("owner").map(str::to_owned);
    let find = named.clone().unwrap_or_default();
    let (people, tokens, accounts, owners) = desk
        .ask(move |b| {
            let named = named.as_deref();
            let accounts = if may_manage { b.accounts(named)? } else { Vec::new() };
            Ok((b.people(named)?, b.tokens(&by)?, accounts, b.consumers_count()?))
        })
        .await?;
    let shown = people.iter().filter(|person| person.role == Role::Owner).count();
    let more_owners = owners.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
    let owner = |id| people.iter().find(|person| person.id == id).map(|person| person.name.clone());
    let token = |token: holdfast_domain::people::ApiToken| TokenLine {
        id: token.id.to_string(),
        owner: owner(token.person).unwrap_or_default(),
        label: token.label,
        scope: scope_words(desk.l, &token.scope),
        created: desk.when(token.created),
        expires: desk.when(token.expires),
    };
    let tokens = tokens.into_iter().map(token).collect();
    let account_of = |id| accounts.iter().find(|row| row.person.id == id);
    let person = |person: &holdfast_domain::people::Person| PersonLine {
        id: person.id.to_string(),
        name: person.name.clone(),
        role: role_title(desk.l, person.role),
        word: person.role.name(),
        ways: account_of(person.id).map(|row| ways(desk.l, &row.ways)).unwrap_or_default(),
        locked: account_of(person.id).is_some_and(|row| row.standing.locked.is_some()),
        since: desk.day(person.created),
        me: person.id == desk.caller.person.id,
    };
    let people = people.iter().map(person).collect();
    let frame = desk.frame(desk.l.say("console-nav-people"), "people").await?;
    let roles =
        Role::ALL.into_iter().map(|role| (role.name(), role_title(desk.l, role), role_meaning(desk.l, role))).collect();
    page_with(attempt.status(), &PeoplePage { frame, people, tokens, roles, may_manage, find, more_owners, attempt })
}

/// What a token may do: one of the named scopes, or the acts it lists.
fn scope_words(l: Lang, scope: &Scope) -> String {
    match scope {
        Scope::Read | Scope::Full | Scope::Dangerous => l.say(&format!("people-scope-{scope}")),
        Scope::Acts(_) => scope.to_string(),
    }
}

/// The ways in that somebody has.
fn ways(l: Lang, ways: &Ways) -> String {
    let mut all = Vec::new();
    if ways.passkeys > 0 {
        all.push(l.count("people-passkeys", ways.passkeys));
    }
    if ways.by_password() {
        all.push(l.say(if ways.second_factor { "people-password-code" } else { "people-password" }));
    }
    if all.is_empty() { l.say("people-only-link") } else { all.join(", ") }
}

/// Something that is shown once and never again.
#[derive(Template)]
#[template(path = "people/made.html")]
struct MadePage {
    frame: Frame,
    heading: String,
    what: String,
    secret: String,
    until: String,
    link: bool,
}

async fn refused(desk: Desk, form: &'static str, fields: Fields, problem: Problem) -> Result<Response, Problem> {
    if problem.reference.is_some() {
        return Err(problem);
    }
    let attempt = desk.refused(form, fields, problem);
    people_page(desk, attempt).await
}

async fn add_link(desk: Desk, Sent(fields): Sent) -> PageReply {
    match try_link(&desk, &fields).await {
        Ok(made) => page(&made),
        Err(problem) => refused(desk, "link", fields, problem).await,
    }
}

/// Either `person` is chosen, or `name` and `role` are given.
async fn try_link(desk: &Desk, fields: &Fields) -> Result<MadePage, Problem> {
    let whom = match (fields.parsed("person")?, fields.text("name")) {
        (Some(person), None) => LinkFor::Person(person),
        (None, Some(name)) => LinkFor::Newcomer { name: name.to_owned(), role: role_of(fields.typed("role"))? },
        (None, None) => return Err(Problem::malformed("link-for-whom", "Say who the link is for.")),
        (Some(_), Some(_)) => {
            let detail = "Choose somebody from the list or give a new name, not both.";
            return Err(Problem::new(RefusalKind::Malformed, "link-for-whom", detail));
        }
    };
    let secret = Secret::from_random(desk.app.ground().random());
    let (by, new) = (desk.caller.clone(), NewLink { whom, secret_hash: secret.hash() });
    let link = desk.ask(move |b| b.add_link(&by, &new)).await?;
    Ok(MadePage {
        frame: desk.frame(desk.l.say("people-link"), "people").await?,
        heading: desk.l.say("people-link"),
        what: desk.l.say("people-link-text"),
        secret: format!("/sign-in?link={}", secret.text()),
        until: calendar(desk.l, link.expires),
        link: true,
    })
}

async fn add_token(desk: Desk, Sent(fields): Sent) -> PageReply {
    match try_token(&desk, &fields).await {
        Ok(made) => page(&made),
        Err(problem) => refused(desk, "token", fields, problem).await,
    }
}

async fn try_token(desk: &Desk, fields: &Fields) -> Result<MadePage, Problem> {
    let secret = Secret::from_random(desk.app.ground().random());
    let label = fields.text("label").unwrap_or_default().to_owned();
    let scope = people_scope(&desk.caller, fields.text("scope"))?;
    let new = NewToken { label, scope, days: fields.needed("days")?, secret_hash: secret.hash() };
    let by = desk.caller.clone();
    let token = desk.ask(move |b| b.add_token(&by, &new)).await?;
    Ok(MadePage {
        frame: desk.frame(desk.l.say("people-token"), "people").await?,
        heading: desk.l.say("people-token"),
        what: desk.l.with("people-token-text", "label", &token.label),
        secret: secret.token_text(),
        until: calendar(desk.l, token.expires),
        link: false,
    })
}

async fn revoke_token(desk: Desk, Id(id): Id<TokenId>, Sent(_): Sent) -> PageReply {
    let by = desk.caller.clone();
    desk.ask(move |b| b.revoke_token(&by, id)).await?;
    Ok(go("/console/people", "token-revoked"))
}

/// An order about somebody else's account.
async fn order(desk: Desk, id: PersonId, order: AccountOrder, fields: Fields, done: &'static str) -> PageReply {
    let by = desk.caller.clone();
    match desk.ask(move |b| b.order_account(&by, id, order)).await {
        Ok(()) => Ok(go("/console/people", done)),
        Err(problem) => refused(desk, "account", fields, problem).await,
    }
}

async fn lock(desk: Desk, Id(id): Id<PersonId>, Sent(fields): Sent) -> PageReply {
    order(desk, id, AccountOrder::Lock, fields, "person-locked").await
}

async fn unlock(desk: Desk, Id(id): Id<PersonId>, Sent(fields): Sent) -> PageReply {
    order(desk, id, AccountOrder::Unlock, fields, "person-unlocked").await
}

async fn set_role(desk: Desk, Id(id): Id<PersonId>, Sent(fields): Sent) -> PageReply {
    match role_of(fields.typed("role")) {
        Ok(role) => order(desk, id, AccountOrder::SetRole(role), fields, "role-changed").await,
        Err(problem) => refused(desk, "account", fields, problem).await,
    }
}

async fn remove(desk: Desk, Id(id): Id<PersonId>, Sent(fields): Sent) -> PageReply {
    order(desk, id, AccountOrder::Remove, fields, "person-removed").await
}

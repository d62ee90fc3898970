//! Pages for anyone: the door of the server, what the public reads about products, the health probe. Signing in is in `account`.

mod claims;
mod code;
mod complaint;
mod feeds;
pub(crate) mod guide;
mod lifetime;
pub(crate) mod note;
mod papers;
pub(crate) mod product;
mod shop;
pub(crate) mod view;
mod visit;
pub(crate) mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use holdfast_domain::people::Role;

use crate::assets;
use crate::backend::dossier::Dossiers;
use crate::backend::integrity::Integrity;
use crate::backend::people::Caller;
use crate::console::{PageReply, page};
use crate::door::App;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = routes.get("/", Access::Public, home).get("/healthz", Access::Public, healthz).get(
        "/static/{version}/{name}",
        Access::Public,
        assets::serve,
    );
    let routes = papers::routes(routes);
    let routes = product::routes(routes);
    let routes = claims::routes(routes);
    let routes = complaint::routes(routes);
    shop::routes(routes)
}

#[derive(Template)]
#[template(path = "public/home.html")]
struct HomePage {
    l: Lang,
    q: &'static str,
    /// Whether an owner or one of the maker's people looks: each door leads in where they may come in.
    owner: bool,
    staff: bool,
    /// Where security problems are reported: the products it is for, the address, and the address as people read it.
    policies: Vec<(String, String, String)>,
}

async fn home(State(app): State<App>, l: Lang, caller: Option<axum::Extension<Caller>>) -> PageReply {
    let mut policies: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for dossier in app.ask(Dossiers::public_dossiers).await? {
        let text = dossier.public.dossier;
        if let Some(link) = text.security.contact {
            policies.entry((link.to_string(), link.plain().to_owned())).or_default().push(text.name);
        }
    }
    let policies = policies.into_iter().map(|((href, plain), names)| (names.join(", "), href, plain)).collect();
    let role = caller.map(|caller| caller.person.role);
    let (owner, staff) = (role == Some(Role::Owner), role.is_some_and(|role| role != Role::Owner));
    page(&HomePage { l, q: "", owner, staff, policies })
}

/// Answers as long as the process answers and its store can be asked.
async fn healthz(State(app): State<App>) -> Result<&'static str, Problem> {
    app.ask(Integrity::open_alerts).await?;
    Ok("ok\n")
}

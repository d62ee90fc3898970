//! What is shown once: the second factor's picture and secret, recovery codes for printing, a new API token.

use askama::Template;
use holdfast_domain::people::access::Act;

use super::words::{moment, why};
use super::{Own, own};
use crate::api::people_scope;
use crate::backend::people::NewToken;
use crate::console::{PageReply, page, page_with};
use crate::door::extract::Sent;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    let sure = Access::Fresh(Act::ManageOwnAccess);
    routes
        .post("/account/second-factor", sure, begin_factor)
        .post("/account/second-factor/confirm", sure, confirm_factor)
        .post("/account/recovery-codes", sure, make_codes)
        .post("/account/tokens", sure, make_token)
}

#[derive(Template)]
#[template(path = "account/factor.html")]
struct FactorPage {
    l: Lang,
    token: String,
    secret: String,
    picture: String,
}

async fn begin_factor(own: Own, Sent(_): Sent) -> PageReply {
    let by = own.caller.clone();
    let setup = own.ask(move |b| b.begin_second_factor(&by)).await?;
    // Groups of four are easier to type.
    let secret: Vec<char> = setup.secret.chars().collect();
    let secret = secret.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    page(&FactorPage { l: own.l, token: own.token.clone(), secret, picture: setup.picture })
}

async fn confirm_factor(page: Own, Sent(fields): Sent) -> PageReply {
    let (by, code) = (page.caller.clone(), fields.typed("code").to_owned());
    own::order(page, ("factor", fields), "factor-set", move |b| b.confirm_second_factor(&by, &code)).await
}

#[derive(Template)]
#[template(path = "account/codes.html")]
struct CodesPage {
    l: Lang,
    codes: Vec<String>,
}

async fn make_codes(own: Own, Sent(_): Sent) -> PageReply {
    let by = own.caller.clone();
    let codes = own.ask(move |b| b.make_recovery_codes(&by)).await?;
    page(&CodesPage { l: own.l, codes })
}

#[derive(Template)]
#[template(path = "account/token.html")]
struct TokenPage {
    l: Lang,
    secret: String,
    until: String,
    problem: Option<String>,
}

async fn make_token(own: Own, Sent(fields): Sent) -> PageReply {
    let made = async {
        let secret = Secret::from_random(own.app.ground().random());
        let new = NewToken {
            label: fields.text("label").unwrap_or_default().to_owned(),
            scope: people_scope(&own.caller, fields.text("scope"))?,
            days: fields.needed("days")?,
            secret_hash: secret.hash(),
        };
        let by = own.caller.clone();
        let token = own.ask(move |b| b.add_token(&by, &new)).await?;
        Ok::<_, Problem>(TokenPage {
            l: own.l,
            secret: secret.token_text(),
            until: moment(own.l, token.expires),
            problem: None,
        })
    };
    match made.await {
        Ok(made) => page(&made),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            own.app.ground().count_refusal(problem.name);
            let said = Some(why(own.l, &problem));
            page_with(
                problem.status,
                &TokenPage { l: own.l, secret: String::new(), until: String::new(), problem: said },
            )
        }
    }
}

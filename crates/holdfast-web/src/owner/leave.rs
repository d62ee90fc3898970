//! Parting with a device: giving it away, handing it on to somebody of the household, or leaving a household. One act; the
//! page says beforehand what happens.

use askama::Template;
use axum::response::{IntoResponse, Redirect};
use holdfast_core::id::{DeviceId, PersonId};
use holdfast_domain::people::access::Act;

use super::{Ended, Frame, Home, ended};
use crate::backend::homes::Homes;
use crate::backend::owner::Owners;
use crate::console::{Attempt, PageReply, page_with};
use crate::door::extract::{Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/home/devices/{id}/leave", Access::May(Act::UseHome), page).post(
        "/home/devices/{id}/leave",
        Access::Fresh(Act::UseHome),
        leave,
    )
}

#[derive(Template)]
#[template(path = "home/leave.html")]
struct LeavePage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    owner: bool,
    fresh: bool,
    members: Vec<(String, String)>,
    attempt: Attempt,
}

async fn page(home: Home, Id(id): Id<DeviceId>) -> PageReply {
    leave_page(home, id, Attempt::default()).await
}

async fn leave_page(home: Home, id: DeviceId, attempt: Attempt) -> PageReply {
    let by = home.caller.clone();
    let (device, household) =
        home.ask(move |b| Ok((Owners::home_device(b, &by, &id)?.device, Homes::household(b, &by, &id)?))).await?;
    let frame = home.frame(home.l.with("home-leave-of", "name", device.name()), "home").await?;
    let status = attempt.status();
    let page = LeavePage {
        l: home.l,
        frame,
        id: device.my.device.to_string(),
        name: device.name().to_owned(),
        owner: device.my.place.is_owner(),
        fresh: home.caller.fresh,
        members: household.members.into_iter().map(|one| (one.person.to_string(), one.name)).collect(),
        attempt,
    };
    page_with(status, &page)
}

async fn leave(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let (by, device) = (home.caller.clone(), id.clone());
    let result = match (fields.text("act"), fields.has("understood")) {
        (Some("release"), true) => home.ask(move |b| Homes::release_device(b, &by, &device)).await.map(drop),
        (Some("transfer"), true) => match fields.needed::<PersonId>("to") {
            Ok(to) => home.ask(move |b| Homes::transfer(b, &by, &device, to)).await.map(drop),
            Err(problem) => Err(problem),
        },
        (Some("leave"), true) => {
            let me = by.person.id;
            home.ask(move |b| Homes::remove_member(b, &by, &device, me)).await
        }
        (Some(_) | None, _) => Err(Problem::malformed("not-understood", "Tick that you understood what happens.")),
    };
    if result.is_ok() {
        return Ok(Redirect::to("/home?done=left").into_response());
    }
    match ended(&home, "/home", "leave", fields, result.map(|()| "left"))? {
        Ended::Well(response) => Ok(response),
        Ended::Again(attempt) => leave_page(home, id, attempt).await,
    }
}

//! The page of a device's people: who has access, with which rights, and which phones are paired.

use askama::Template;
use holdfast_core::id::{DeviceId, InvitationId, PersonId};
use holdfast_domain::homes::Rights;
use holdfast_domain::people::access::Act;

use super::words::moment;
use super::{Ended, Frame, Home, ended};
use crate::backend::homes::{Homes, Household, Resident};
use crate::backend::owner::{HomeDevice, Owners};
use crate::console::{Attempt, PageReply, page_with};
use crate::door::extract::{Fields, Id, Ids, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::secret::Secret;

pub(super) fn routes(routes: Routes) -> Routes {
    let home = Access::May(Act::UseHome);
    routes
        .get("/home/devices/{id}/people", home, page)
        .post("/home/devices/{id}/name", home, rename)
        .post("/home/devices/{id}/people/invite", home, invite)
        .post("/home/devices/{id}/people/invitations/{which}/cancel", home, cancel)
        .post("/home/devices/{id}/people/{which}/rights", home, rights)
        .post("/home/devices/{id}/people/{which}/remove", home, remove)
        .post("/home/devices/{id}/people/phones/{which}/revoke", home, revoke)
        .post("/home/devices/{id}/recall/stop", home, stop_recall)
}

struct PersonLine {
    id: String,
    name: String,
    me: bool,
    rights: Rights,
    since: String,
}

struct InvitationLine {
    id: String,
    rights: Rights,
    expires: String,
}

struct PhoneLine {
    id: String,
    name: String,
    permissions: String,
    paired: String,
}

#[derive(Template)]
#[template(path = "home/people.html")]
struct PeoplePage {
    l: Lang,
    frame: Frame,
    id: String,
    name: String,
    nickname: String,
    owner: bool,
    owner_line: PersonLine,
    members: Vec<PersonLine>,
    invitations: Vec<InvitationLine>,
    phones: Vec<PhoneLine>,
    contested: Option<(String, String)>,
    recall: Option<(String, String)>,
    /// The link of an invitation that was just made; shown once.
    link: Option<String>,
    attempt: Attempt,
}

impl PeoplePage {
    /// What rights let somebody do, in words.
    fn rights(&self, rights: Rights) -> String {
        let words = [
            (true, "home-right-look"),
            (rights.control, "home-right-control"),
            (rights.manage_updates, "home-right-updates"),
            (rights.see_data, "home-right-data"),
        ];
        let said: Vec<String> = words.iter().filter(|(has, _)| *has).map(|(_, key)| self.l.say(key)).collect();
        said.join(", ")
    }
}

async fn page(home: Home, Id(id): Id<DeviceId>) -> PageReply {
    people_page(home, id, Attempt::default(), None).await
}

async fn people_page(home: Home, id: DeviceId, attempt: Attempt, link: Option<String>) -> PageReply {
    let by = home.caller.clone();
    let asked = id.clone();
    let (device, household) =
        home.ask(move |b| Ok((Owners::home_device(b, &by, &asked)?.device, Homes::household(b, &by, &asked)?))).await?;
    let frame = home.frame(home.l.with("home-people-of", "name", device.name()), "home").await?;
    let status = attempt.status();
    page_with(status, &view(&home, frame, &device, &household, link, attempt))
}

fn view(
    home: &Home,
    frame: Frame,
    device: &HomeDevice,
    household: &Household,
    link: Option<String>,
    attempt: Attempt,
) -> PeoplePage {
    let (l, now) = (home.l, home.now);
    let resident = |one: &Resident| PersonLine {
        id: one.person.to_string(),
        name: one.name.clone(),
        me: one.person == home.caller.person.id,
        rights: one.rights,
        since: moment(l, one.since, now),
    };
    PeoplePage {
        l,
        frame,
        id: device.my.device.to_string(),
        name: device.name().to_owned(),
        nickname: device.my.nickname.clone().unwrap_or_default(),
        owner: device.my.place.is_owner(),
        owner_line: resident(&household.owner),
        members: household.members.iter().map(resident).collect(),
        invitations: household
            .invitations
            .iter()
            .map(|one| InvitationLine {
                id: one.id.to_string(),
                rights: one.rights,
                expires: moment(l, one.expires, now),
            })
            .collect(),
        phones: household
            .controllers
            .iter()
            .map(|one| PhoneLine {
                id: one.id.clone(),
                name: one.name.clone(),
                permissions: one.permissions.clone(),
                paired: moment(l, one.paired, now),
            })
            .collect(),
        contested: household.contested.map(|one| (one.claim.to_string(), moment(l, one.until, now))),
        recall: household
            .recall
            .map(|one| (l.say(&format!("home-recall-reason-{}", one.reason.word())), moment(l, one.until, now))),
        link,
        attempt,
    }
}

fn rights_of(fields: &Fields) -> Rights {
    Rights { control: fields.has("control"), manage_updates: fields.has("updates"), see_data: fields.has("data") }
}

async fn settle(
    home: Home,
    id: DeviceId,
    form: &'static str,
    fields: Fields,
    result: Result<&'static str, Problem>,
) -> PageReply {
    match ended(&home, &format!("/home/devices/{id}/people"), form, fields, result)? {
        Ended::Well(response) => Ok(response),
        Ended::Again(attempt) => people_page(home, id, attempt, None).await,
    }
}

async fn rename(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let (by, device, name) = (home.caller.clone(), id.clone(), fields.typed("name").trim().to_owned());
    let result = home.ask(move |b| Homes::rename_device(b, &by, &device, &name)).await.map(|()| "renamed");
    settle(home, id, "name", fields, result).await
}

/// The link stands in this answer and nowhere else.
async fn invite(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let secret = Secret::from_random(home.app.ground().random());
    let (by, device, rights, hash) = (home.caller.clone(), id.clone(), rights_of(&fields), secret.hash());
    match home.ask(move |b| Homes::invite(b, &by, &device, rights, &hash)).await {
        Ok(_) => people_page(home, id, Attempt::default(), Some(format!("/i/{}", secret.text()))).await,
        Err(problem) => settle(home, id, "invite", fields, Err(problem)).await,
    }
}

async fn cancel(home: Home, Ids(id, which): Ids<DeviceId, InvitationId>, Sent(fields): Sent) -> PageReply {
    let (by, device) = (home.caller.clone(), id.clone());
    let result = home.ask(move |b| Homes::cancel_invitation(b, &by, &device, which)).await.map(|()| "cancelled");
    settle(home, id, "invitation", fields, result).await
}

async fn rights(home: Home, Ids(id, whom): Ids<DeviceId, PersonId>, Sent(fields): Sent) -> PageReply {
    let (by, device, rights) = (home.caller.clone(), id.clone(), rights_of(&fields));
    let result = home.ask(move |b| Homes::set_rights(b, &by, &device, whom, rights)).await.map(|()| "rights");
    settle(home, id, "member", fields, result).await
}

async fn remove(home: Home, Ids(id, whom): Ids<DeviceId, PersonId>, Sent(fields): Sent) -> PageReply {
    let (by, device) = (home.caller.clone(), id.clone());
    let result = home.ask(move |b| Homes::remove_member(b, &by, &device, whom)).await.map(|()| "removed");
    settle(home, id, "member", fields, result).await
}

async fn stop_recall(home: Home, Id(id): Id<DeviceId>, Sent(fields): Sent) -> PageReply {
    let (by, device) = (home.caller.clone(), id.clone());
    let result = home.ask(move |b| Homes::stop_recall(b, &by, &device)).await.map(|()| "recall-stopped");
    settle(home, id, "recall", fields, result).await
}

async fn revoke(home: Home, Ids(id, which): Ids<DeviceId, String>, Sent(fields): Sent) -> PageReply {
    let (by, device) = (home.caller.clone(), id.clone());
    let result = home.ask(move |b| Homes::revoke_controller(b, &by, &device, &which)).await.map(|()| "revoked");
    settle(home, id, "phone", fields, result).await
}

//! Forms of groups and of acts on many devices, when something about them is wrong: nothing is ordered, and it is said why.

use std::sync::Arc;

use axum::http::StatusCode;
use holdfast_domain::people::Role;

use crate::samples::Sample;
use crate::samples::groups::bulk_id;
use crate::{As, Reply, busy, form, form_token, get, send};

const ADMIN: As = As::Session(Role::Administrator);

async fn submit(sample: &Arc<Sample>, path: &str, fields: &str) -> Reply {
    let token = form_token(sample, Role::Administrator).await;
    send(sample, ADMIN, form(path, &format!("form_token={token}&{fields}"))).await
}

fn orders(sample: &Sample) -> Vec<String> {
    sample.orders.lock().unwrap().clone()
}

/// Each of these is refused with this status, says this, and orders nothing.
async fn refused(cases: &[(&str, &str, u16, &str)]) {
    for (path, fields, status, says) in cases {
        let sample = busy();
        let reply = submit(&sample, path, fields).await;
        assert_eq!(reply.status.as_u16(), *status, "{path} {fields}: {}", reply.text);
        assert!(reply.text.contains(says), "{path} {fields} does not say {says}: {}", reply.text);
        assert_eq!(orders(&sample), Vec::<String>::new(), "{path} {fields}");
    }
}

#[tokio::test]
async fn a_group_that_cannot_be_made_or_changed_says_why() {
    refused(&[
        ("/console/groups", "id=Beta+Testers&about=x", 400, "about"),
        ("/console/groups", "about=without+a+name", 400, "id"),
        ("/console/groups", "id=late&filter=colour%3Ared", 400, "this word is not known"),
        ("/console/groups", "id=late&filter=group%3Abeta-testers", 422, "names no group"),
        ("/console/groups/beta-testers/add", "devices=hearth-0001+No%2FSuch", 400, "No/Such"),
        ("/console/groups/nobody-knows/add", "devices=hearth-0001", 404, "no such group"),
        ("/console/groups/nobody-knows/take", "devices=hearth-0001", 404, "no such group"),
    ])
    .await;
}

#[tokio::test]
async fn a_group_is_filled_from_ids_as_people_paste_them() {
    let sample = busy();
    let reply =
        submit(&sample, "/console/groups/beta-testers/add", "devices=hearth-0001%2C+hearth-0002%0Ahearth-0003").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
    assert_eq!(orders(&sample), ["change_members beta-testers 3 true"]);
}

#[tokio::test]
async fn an_act_on_nobody_on_strangers_or_without_a_word_is_not_begun() {
    refused(&[
        ("/console/bulk/new", "scope=ticked&act=quarantine&confirm_devices=0", 400, "Tick at least one device"),
        (
            "/console/bulk/new",
            "filter=group%3Anobody-knows&act=quarantine&confirm_devices=1",
            404,
            "no group nobody-knows",
        ),
        ("/console/bulk/new", "filter=colour%3Ared&act=quarantine&confirm_devices=1", 400, "this word is not known"),
        ("/console/bulk/new", "devices=No%2FSuch&act=quarantine&confirm_devices=1", 400, "No/Such"),
        ("/console/bulk/new", "filter=product%3Ahearth-thermostat&confirm_devices=1", 400, "Choose what is to be done"),
        (
            "/console/bulk/new",
            "filter=product%3Ahearth-thermostat&act=explode&confirm_devices=1",
            400,
            "role=\"alert\"",
        ),
        ("/console/bulk/new", "filter=product%3Ahearth-thermostat&act=join&confirm_devices=1", 400, "group"),
        ("/console/bulk/new", "filter=product%3Ahearth-thermostat&act=quarantine", 400, "confirm_devices"),
    ])
    .await;
}

#[tokio::test]
async fn an_act_whose_preview_is_stale_is_shown_anew_with_the_number_as_it_is_now() {
    let sample = busy();
    let shown = send(&sample, ADMIN, get("/console/bulk/new?filter=product%3Ahearth-thermostat&act=quarantine")).await;
    let number = shown.text.split("name=\"confirm_devices\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let number: u64 = number.expect("the number that is confirmed").parse().unwrap();
    let fields = |confirmed| {
        format!("filter=product%3Ahearth-thermostat&act=quarantine&confirm_devices={confirmed}&reason=Recall")
    };
    let stale = submit(&sample, "/console/bulk/new", &fields(number + 1)).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text.contains("look at the preview again"), "{}", stale.text);
    assert!(stale.text.contains(&format!("name=\"confirm_devices\" value=\"{number}\"")), "the preview as it is now");
    assert!(stale.text.contains("value=\"Recall\"") || stale.text.contains(">Recall<"), "what was typed is kept");
    assert_eq!(orders(&sample), Vec::<String>::new());
    let reply = submit(&sample, "/console/bulk/new", &fields(number)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
    assert_eq!(orders(&sample), [format!("start_bulk quarantine {number} Recall")]);
}

#[tokio::test]
async fn revoking_many_has_a_form_of_its_own_and_what_has_no_way_back_is_not_undone() {
    let undo = format!("/console/bulk/{}/undo", bulk_id(3));
    let unknown = format!("/console/bulk/{}/undo", bulk_id(99));
    refused(&[
        (
            "/console/bulk/new",
            "filter=product%3Ahearth-thermostat&act=revoke&confirm_devices=1",
            400,
            "form of its own",
        ),
        (&undo, "", 409, "no way back"),
        (&unknown, "", 404, "no such act"),
    ])
    .await;
}

#[tokio::test]
async fn a_form_without_our_token_or_longer_than_a_form_may_be_orders_nothing() {
    let undo = format!("/console/bulk/{}/undo", bulk_id(1));
    for path in ["/console/groups", "/console/groups/beta-testers/add", "/console/bulk/new", &undo] {
        for token in ["", "form_token=AAAA&", "form_token=%F0%9F%92%A5&"] {
            let sample = busy();
            let fields = "id=late&devices=hearth-0001&act=quarantine&confirm_devices=1";
            let reply = send(&sample, ADMIN, form(path, &format!("{token}{fields}"))).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} with {token}: {}", reply.text);
            assert_eq!(orders(&sample), Vec::<String>::new());
        }
        let sample = busy();
        let reply = submit(&sample, path, &format!("devices={}", "hearth-0001+".repeat(200_000))).await;
        assert!(matches!(reply.status.as_u16(), 400 | 413), "{path}: {}", reply.status);
        assert_eq!(orders(&sample), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_deployment_goes_to_a_group_that_was_chosen_and_to_no_group_that_is_none() {
    let release = crate::samples::updates::release_id(1);
    let path = format!("/console/releases/{release}/deploy");
    let page = send(&busy(), ADMIN, get(&format!("/console/releases/{release}"))).await;
    assert!(page.text.contains("<option value=\"beta-testers\">"), "{}", page.text);
    let fields = "size1=100&unit1=percent&success1=90&abort_threshold_percent=20&min_devices=2&deadline_min=60";
    let sample = busy();
    let reply = submit(&sample, &path, &format!("{fields}&group=beta-testers")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
    assert!(orders(&sample)[0].contains("beta-testers"), "{:?}", orders(&sample));
    refused(&[(&path, &format!("{fields}&group=Beta%2FTesters"), 400, "group")]).await;
}

#[tokio::test]
async fn an_alert_is_found_by_its_id() {
    let sample = busy();
    let id = crate::samples::alert_id(1);
    let reply = send(&sample, ADMIN, get(&format!("/console/search?q={id}"))).await;
    assert_eq!(reply.header("location"), format!("/console/alerts?show=all&id={id}"));
    let page = send(&sample, ADMIN, get(reply.header("location"))).await;
    assert!(page.text.contains(&id.to_string()) && page.text.contains("One alert"), "{}", page.text);
    let none = crate::samples::alert_id(99);
    let page = send(&sample, ADMIN, get(&format!("/console/alerts?id={none}"))).await;
    assert!(page.text.contains("There is no such alert"), "{}", page.text);
}

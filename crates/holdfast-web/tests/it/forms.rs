//! Forms as people use them: sign-in, orders, and what happens when something is wrong.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use holdfast_domain::people::Role;
use holdfast_web::backend::LiveEvent;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::samples::{Sample, good_link, secret_of};
use crate::{As, Reply, busy, form, form_token, get, send};

const ADMIN: As = As::Session(Role::Administrator);

async fn submit(sample: &Arc<Sample>, path: &str, fields: &str) -> Reply {
    let token = form_token(sample, Role::Administrator).await;
    send(sample, ADMIN, form(path, &format!("form_token={token}&{fields}"))).await
}

fn from_our_page(path: &str, body: &str) -> Request<Body> {
    let mut request = form(path, body);
    request.headers_mut().insert("sec-fetch-site", "same-origin".parse().unwrap());
    request
}

#[tokio::test]
async fn opening_a_link_does_not_use_it_up_and_pressing_the_button_signs_in() {
    let sample = busy();
    let link = good_link().text();
    let page = send(&sample, As::Nobody, get(&format!("/sign-in?link={link}"))).await;
    assert!(page.text.contains(&link) && sample.orders.lock().unwrap().is_empty());

    let reply = send(&sample, As::Nobody, from_our_page("/sign-in", &format!("link={link}"))).await;
    assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, "/console"));
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-holdfast="), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=43200"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
}

#[tokio::test]
async fn a_whole_pasted_link_signs_in_and_a_used_one_says_so() {
    let whole = format!("link=https%3A%2F%2Fhf.example%2Fsign-in%3Flink%3D{}", good_link().text());
    let reply = send(&busy(), As::Nobody, from_our_page("/sign-in", &whole)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
    let used = format!("link={}", secret_of(Role::Assessor, true).text());
    let reply = send(&busy(), As::Nobody, from_our_page("/sign-in", &used)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(reply.text.contains("used already"), "{}", reply.text);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let sample = busy();
    let reply = submit(&sample, "/sign-out", "").await;
    assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(sample.orders.lock().unwrap().as_slice(), ["end_session"]);
}

#[tokio::test]
async fn each_order_about_a_device_is_carried_out_and_told() {
    for (path, fields, order, done) in [
        ("quarantine", "", "hearth-0001 Quarantine { reason: \"by-person\" }", "quarantined"),
        ("revoke", "", "hearth-0001 Revoke", "revoked"),
        ("allow-reenrolment", "", "hearth-0001 AllowReenrolment", "reenrolment-allowed"),
        (
            "desired",
            "version=7&set.target=22&set.child_lock=true&set.label=",
            r#"desired hearth-0001 Some(7) {"child_lock":true,"label":null,"target":22.0}"#,
            "desired",
        ),
        (
            "command",
            "action=boost&in.target=22&in.minutes=5",
            r#"command hearth-0001 boost {"minutes":5,"target":22.0} 300000"#,
            "commanded",
        ),
    ] {
        let sample = busy();
        let reply = submit(&sample, &format!("/console/devices/hearth-0001/{path}"), fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path} {}", reply.text);
        assert_eq!(reply.header("location"), format!("/console/devices/hearth-0001?done={done}"));
        assert_eq!(sample.orders.lock().unwrap().as_slice(), [order], "{path}");
        let told = send(&sample, ADMIN, get(reply.header("location"))).await;
        assert!(told.text.contains("class=\"notice\""), "{path}");
    }
}

#[tokio::test]
async fn a_refused_form_keeps_its_values_says_why_and_changes_nothing() {
    let release = format!("/console/releases/{}/deploy", crate::samples::updates::release_id(1));
    for (path, fields, status, kept, why) in [
        (
            "/console/devices/hearth-0001/desired",
            "version=7&set.target=99&set.label=Kitchen",
            422,
            "value=\"Kitchen\"",
            "5 to 30",
        ),
        (
            "/console/devices/hearth-0001/desired",
            "version=7&set.target=warm",
            400,
            "value=\"warm\"",
            "a number is needed",
        ),
        (
            "/console/devices/hearth-0001/command",
            "action=boost&in.minutes=soon",
            400,
            "value=\"soon\"",
            "a whole number is needed",
        ),
        ("/console/devices/hearth-0001/command", "action=explode", 422, "Commands", "declares no such action"),
        ("/console/devices/hearth-0001/release", "", 409, "hearth-0001", ""),
        (
            "/console/people/link",
            "name=Eve&person=019c0000-0000-7000-8000-000000000001&role=security",
            400,
            "value=\"Eve\"",
            "not both",
        ),
        ("/console/people/token", "label=pipeline&days=soon", 400, "value=\"pipeline\"", "days"),
        (
            &release,
            "size1=37&unit1=devices&success1=90&abort_threshold_percent=0&min_devices=2&deadline_min=5",
            422,
            "value=\"37\"",
            "choose 1 or more",
        ),
    ] {
        let sample = busy();
        let reply = submit(&sample, path, fields).await;
        assert_eq!(reply.status.as_u16(), status, "{path} {fields} {}", reply.text);
        assert!(reply.text.contains(kept), "{path} {fields}: {kept}\n{}", reply.text);
        assert!(reply.text.contains(why), "{path} {fields}: {why}");
        assert!(sample.orders.lock().unwrap().is_empty() && !sample.refused.lock().unwrap().is_empty());
        assert_eq!(crate::html::fault(&reply.text), None, "{path}");
    }
}

#[tokio::test]
async fn a_deployment_is_made_from_the_rows_that_are_filled() {
    let sample = busy();
    let path = format!("/console/releases/{}/deploy", crate::samples::updates::release_id(1));
    let fields = "size1=2&unit1=devices&success1=90&size2=100&unit2=percent&success2=95&size3=&unit3=percent&success3=&abort_threshold_percent=20&min_devices=2&deadline_min=60";
    let reply = submit(&sample, &path, fields).await;
    assert!(reply.header("location").starts_with("/console/deployments/"), "{}", reply.text);
    assert_eq!(sample.orders.lock().unwrap().as_slice(), ["add_deployment 2 phases, 3600 s"]);
}

#[tokio::test]
async fn a_deployment_is_paused_and_an_order_against_its_state_is_shown_on_its_page() {
    let (sample, one) = (busy(), crate::samples::updates::deployment_id(1));
    let reply = submit(&sample, &format!("/console/deployments/{one}/pause"), "").await;
    assert_eq!(reply.header("location"), format!("/console/deployments/{one}?done=paused"));
    let done = crate::samples::updates::deployment_id(2);
    let reply = submit(&sample, &format!("/console/deployments/{done}/resume"), "").await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.text.contains("nothing is left to order"), "{}", reply.text);
}

#[tokio::test]
async fn a_new_link_and_a_new_token_are_shown_once() {
    let reply = submit(&busy(), "/console/people/link", "name=Eve&role=assessor&person=").await;
    assert!(reply.text.contains("/sign-in?link=") && reply.text.contains("shown only now"), "{}", reply.text);
    let reply = submit(&busy(), "/console/people/token", "label=pipeline&days=30").await;
    assert!(reply.text.contains("hft_"), "{}", reply.text);
}

#[tokio::test]
async fn an_open_page_hears_of_its_device_and_of_no_other() {
    let sample = busy();
    let router = holdfast_web::router(Arc::clone(&sample) as Arc<dyn holdfast_web::backend::Backend>);
    let cookie = format!("__Host-holdfast={}", secret_of(Role::Assessor, false).text());
    let request =
        Request::get("/console/live?device=hearth-0001").header("cookie", cookie).body(Body::empty()).unwrap();
    let mut body = router.oneshot(request).await.unwrap().into_body();
    sample.news.send(LiveEvent::Device("hearth-0002".parse().unwrap())).unwrap();
    sample.news.send(LiveEvent::Device("hearth-0001".parse().unwrap())).unwrap();
    let mut heard = String::new();
    while !heard.contains("hf-device") {
        let frame = body.frame().await.unwrap().unwrap();
        heard.push_str(&String::from_utf8_lossy(frame.data_ref().unwrap()));
    }
    assert!(heard.contains("event: hf-device\ndata: hearth-0001\n"), "{heard}");
    assert!(!heard.contains("hearth-0002"));
}

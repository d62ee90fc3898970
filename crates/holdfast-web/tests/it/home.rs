//! The consumer's pages: somebody else's device does not exist, forms do what they say, and pages say what to do.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use holdfast_domain::people::Role;

use crate::samples::owner::help_id;
use crate::{As, busy, form, get, send};

const OWNER: As = As::Session(Role::Owner);

/// The form token of the owner's session.
async fn token(sample: &std::sync::Arc<crate::samples::Sample>) -> String {
    let page = send(sample, OWNER, get("/home/settings")).await.text;
    let mark = "name=\"form_token\" value=\"";
    let at = page.find(mark).unwrap() + mark.len();
    page[at..at + 64].to_owned()
}

/// Ratchet: each address under one device, also those of other rooms, answers a stranger's device as an unknown one.
#[tokio::test]
async fn a_device_of_somebody_else_answers_on_every_address_as_one_that_does_not_exist() {
    let sample = busy();
    let token = token(&sample).await;
    let mut looked = 0;
    for row in holdfast_web::route_table(busy()) {
        let ours = row.path.starts_with("/home/devices/{id}") || row.path.starts_with("/api/v1/home/devices/{id}");
        if !ours {
            continue;
        }
        let mut answers = Vec::new();
        // The one is in the fleet and not theirs, the other is nowhere.
        for device in ["hearth-0003", "hearth-9999"] {
            let path = row
                .path
                .replace("{id}", device)
                .replace("{which}", "019c0000-0000-7000-8000-000000000001")
                .replace("{invitation}", "019c0000-0000-7000-8000-000000000001")
                .replace("{person}", "019c0000-0000-7000-8000-000000000001")
                .replace("{controller}", &"ab".repeat(32));
            let api = path.starts_with("/api/");
            let (kind, body) = match (row.method, api) {
                ("GET" | "DELETE", _) => ("text/plain", String::new()),
                (_, true) => ("application/json", body_of(row.path).to_owned()),
                (_, false) => {
                    let fields = "release=019c0000-0000-7000-8000-000000000001&wish=now&action=identify&name=x\
                                  &act=release&understood=on";
                    ("application/x-www-form-urlencoded", format!("form_token={token}&{fields}"))
                }
            };
            let request = Request::builder().method(row.method).uri(&path).header("content-type", kind);
            let reply = send(&sample, OWNER, request.body(Body::from(body)).unwrap()).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{} {path}: {}", row.method, reply.text);
            assert!(reply.text.contains("device-unknown"), "{} {path}: {}", row.method, reply.text);
            answers.push((reply.status, reply.text.len()));
        }
        assert_eq!(answers[0], answers[1], "{} {}", row.method, row.path);
        looked += 1;
    }
    assert!(looked >= 14, "only {looked} addresses");
    let orders = sample.orders.lock().unwrap();
    assert!(!orders.iter().any(|order| order.starts_with("choose") || order.starts_with("set ")), "{orders:?}");
}

/// A body that each address of the interface can read.
fn body_of(path: &str) -> &'static str {
    match path.rsplit('/').next().unwrap() {
        "choice" => r#"{"release":"019c0000-0000-7000-8000-000000000001","wish":"now"}"#,
        "settings" => r#"{"desired":{"target":21}}"#,
        "commands" => r#"{"action":"identify"}"#,
        "transfer" => r#"{"to":"019c0000-0000-7000-8000-000000000001"}"#,
        "name" => r#"{"name":"x"}"#,
        _ => r#"{"control":true,"manage_updates":false,"see_data":false}"#,
    }
}

#[tokio::test]
async fn the_first_page_shows_the_most_urgent_device_first_and_what_to_do() {
    let page = send(&busy(), OWNER, get("/home")).await.text;
    let (front, living) = (page.find("Front door").unwrap(), page.find("Living room").unwrap());
    assert!(front < living, "danger stands before a choice");
    for word in [
        "Software runs on it that its maker did not publish",
        "It goes back to its last good version by itself",
        "1 sensor listens",
    ] {
        assert!(page.contains(word), "{word}");
    }
    let german = send(&busy(), OWNER, get("/home?lang=de")).await.text;
    assert!(german.contains("Meine Geräte") && german.contains("fragt Sie") && german.contains("lang=\"de\""));
}

#[tokio::test]
async fn each_choice_about_an_update_is_passed_on_with_the_release_that_was_seen() {
    let sample = busy();
    let token = token(&sample).await;
    let seen = holdfast_core::id::ReleaseId::new(crate::samples::NOON, [3; 10]);
    for (wish, more) in [("now", ""), ("tonight", "&offset=60"), ("later", "&days=7"), ("never", "")] {
        let body = format!("form_token={token}&release={seen}&wish={wish}{more}");
        let reply = send(&sample, OWNER, form("/home/devices/hearth-0001/updates", &body)).await;
        let wanted = format!("/home/devices/hearth-0001/updates?done=chosen-{wish}");
        assert_eq!(
            (reply.status, reply.header("location")),
            (StatusCode::SEE_OTHER, wanted.as_str()),
            "{}",
            reply.text
        );
    }
    let orders = sample.orders.lock().unwrap().clone();
    let chosen: Vec<_> = orders.iter().filter(|order| order.starts_with("choose")).collect();
    assert_eq!(chosen.len(), 4, "{orders:?}");
    let stale = format!("form_token={token}&release=019c0000-0000-7000-8000-000000000001&wish=now");
    let reply = send(&sample, OWNER, form("/home/devices/hearth-0001/updates", &stale)).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.text.contains("Another version is offered by now"), "{}", reply.text);
}

#[tokio::test]
async fn settings_are_set_by_one_form_and_a_refused_one_keeps_what_was_typed() {
    let sample = busy();
    let token = token(&sample).await;
    let send_form = |body: String| {
        let sample = sample.clone();
        async move { send(&sample, OWNER, form("/home/devices/hearth-0001/settings", &body)).await }
    };
    let well = send_form(format!(
        "form_token={token}&version=4&set.target=22.5&set.mode=eco&set.child_lock=false&accept=child_lock"
    ))
    .await;
    assert_eq!(well.header("location"), "/home/devices/hearth-0001?done=set");
    assert!(
        sample.orders.lock().unwrap().iter().any(|order| order.contains(r#""target":22.5"#) && order.contains("eco"))
    );
    let refused = send_form(format!("form_token={token}&version=4&set.target=99")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("value=\"99\"") && refused.text.contains("outside what the device allows"));
}

#[tokio::test]
async fn giving_a_device_away_needs_a_tick_and_then_is_one_act() {
    let sample = busy();
    let token = token(&sample).await;
    let path = "/home/devices/hearth-0001/leave";
    let without = send(&sample, OWNER, form(path, &format!("form_token={token}&act=release"))).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    assert!(!sample.orders.lock().unwrap().iter().any(|order| order.starts_with("release")));
    let with = send(&sample, OWNER, form(path, &format!("form_token={token}&act=release&understood=on"))).await;
    assert_eq!(with.header("location"), "/home?done=left");
    assert!(sample.orders.lock().unwrap().iter().any(|order| order == "release hearth-0001"));
}

#[tokio::test]
async fn an_invitation_is_shown_once_with_its_link() {
    let sample = busy();
    let token = token(&sample).await;
    let reply = send(
        &sample,
        OWNER,
        form("/home/devices/hearth-0001/people/invite", &format!("form_token={token}&control=on")),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.text.contains("data-link=\"/i/"), "{}", reply.text);
    let again = send(&sample, OWNER, get("/home/devices/hearth-0001/people")).await.text;
    assert!(!again.contains("data-link=\"/i/"));
}

#[tokio::test]
async fn somebody_elses_request_does_not_exist_and_ones_own_has_its_clock() {
    let sample = busy();
    let other = send(&sample, OWNER, get("/home/help/019c0000-0000-7000-8000-000000000009")).await;
    assert!(other.status == StatusCode::NOT_FOUND && other.text.contains("help-unknown"));
    let own = send(&sample, OWNER, get(&format!("/home/help/{}", help_id(1)))).await.text;
    assert!(own.contains("First answer in") && own.contains("The valve hums"), "{own}");
    let token = token(&sample).await;
    let asked = send(
        &sample,
        OWNER,
        form("/home/help", &format!("form_token={token}&topic=complaint&device=&text=Please+look")),
    )
    .await;
    assert_eq!(asked.header("location"), format!("/home/help/{}?done=asked", help_id(1)));
    let empty = send(&sample, OWNER, form("/home/help", &format!("form_token={token}&topic=complaint&text="))).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_typed_code_leads_to_its_page() {
    for (typed, place) in [
        ("abcd-efgh+ijkl", "/c/ABCDEFGHIJKL"),
        ("https%3A%2F%2Fhearth.example%2Fc%2FABCD", "/c/ABCD"),
        ("%2F%2Fevil.example%2F..", "/home"),
    ] {
        let reply = send(&busy(), OWNER, get(&format!("/home/add?code={typed}"))).await;
        assert_eq!(reply.header("location"), place, "{typed}");
    }
}

#[tokio::test]
async fn the_danger_of_a_setting_is_told_before_the_safe_choice_is_left() {
    let sample = busy();
    let token = token(&sample).await;
    let path = "/home/devices/hearth-0001/settings";
    let change = format!("form_token={token}&version=4&set.child_lock=false");
    let told = send(&sample, OWNER, form(path, &change)).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text);
    for words in ["A child can burn itself", "Set a lower limit first.", "name=\"accept\" value=\"child_lock\""] {
        assert!(told.text.contains(words), "{words}: {}", told.text);
    }
    assert!(told.text.contains("name=\"set.child_lock\" value=\"false\""), "{}", told.text);
    assert!(sample.orders.lock().unwrap().iter().all(|order| !order.starts_with("set ")), "nothing was changed");
    let agreed = format!("{change}&accept=child_lock");
    assert_eq!(send(&sample, OWNER, form(path, &agreed)).await.status, StatusCode::SEE_OTHER);
    assert!(sample.orders.lock().unwrap().iter().any(|order| order.contains("child_lock")), "changed after a yes");
}

#[tokio::test]
async fn one_tap_repairs_a_set_up() {
    let sample = busy();
    let token = token(&sample).await;
    let sent = send(&sample, OWNER, form("/home/devices/hearth-0001/check", &format!("form_token={token}"))).await;
    assert_eq!(sent.header("location"), "/home/devices/hearth-0001/check?done=repaired");
    assert!(sample.orders.lock().unwrap().contains(&"repair hearth-0001".to_owned()));
}

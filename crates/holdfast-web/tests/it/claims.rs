//! From the label to a device of one's own, as a phone's browser sees it: three taps, no cookie before, nothing given away.

use std::sync::Arc;

use axum::http::StatusCode;
use holdfast_core::hash::Sha256Digest;
use holdfast_domain::people::Role;

use crate::samples::homes::{CODE, claim_id};
use crate::samples::{Fill, NOON, Sample};
use crate::{As, busy, form, get, html, json, send};

const OWNER: As = As::Session(Role::Owner);

/// What a person could tap in the main part of a page: buttons and links that look like buttons, but not what stops.
fn taps(page: &str) -> usize {
    let main = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    main.matches("class=\"wide\"").count() + main.matches("class=\"button wide\"").count()
}

/// The form token that our pages give to the owner's session.
async fn token(sample: &Arc<Sample>) -> String {
    let page = send(sample, OWNER, get(&format!("/c/{CODE}"))).await.text;
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
    rest[..64].to_owned()
}

#[tokio::test]
async fn three_taps_lead_from_the_label_to_a_device_of_ones_own() {
    let sample = busy();
    let card = send(&sample, OWNER, get(&format!("/c/{CODE}"))).await;
    assert_eq!((card.status, taps(&card.text)), (StatusCode::OK, 1), "the first tap: {}", card.text);
    let token = token(&sample).await;
    let begun = send(
        &sample,
        OWNER,
        form(&format!("/c/{CODE}"), &format!("form_token={token}&notice={}", Sha256Digest::of(b"notice"))),
    )
    .await;
    assert_eq!(begun.header("location"), format!("/claims/{}", claim_id(1)));
    let waiting = send(&sample, OWNER, get(begun.header("location"))).await;
    assert_eq!(taps(&waiting.text), 0, "the second tap is the button on the device: {}", waiting.text);
    assert!(waiting.text.contains("482 913") && waiting.text.contains("http-equiv=\"refresh\""), "{}", waiting.text);
    let done = send(&sample, OWNER, get(&format!("/claims/{}", claim_id(3)))).await;
    assert_eq!(taps(&done.text), 1, "the third tap: {}", done.text);
    assert!(!done.text.contains("http-equiv=\"refresh\""));
    for page in [&card.text, &waiting.text, &done.text] {
        assert_eq!(html::fault(page), None);
        let typed = page.matches("<input ").count() - page.matches("type=\"hidden\"").count();
        assert_eq!(typed, 0, "nothing to type");
    }
}

#[tokio::test]
async fn the_label_tells_a_stranger_everything_and_costs_nothing() {
    let sample = busy();
    let page = send(&sample, As::Nobody, get(&format!("/c/{CODE}"))).await;
    assert_eq!(page.status, StatusCode::OK);
    for word in
        ["Hearth thermostat", "Security updates", "<time datetime=", "class=\"plain-list\"", "personal", "sign-up"]
    {
        assert!(page.text.contains(word), "{word}: {}", page.text);
    }
    assert!(page.headers.get("set-cookie").is_none(), "no cookie before an account");
    assert!(sample.orders.lock().unwrap().is_empty(), "looking spends nothing");
    assert!(!page.text.contains("hearth-0001"), "the device's own name is nobody's business");
}

#[tokio::test]
async fn wrong_malformed_and_endless_codes_look_the_same() {
    let sample = busy();
    let wrong = CODE.replace('A', "B");
    let long = "A".repeat(2_000);
    let mut pages = Vec::new();
    for code in [wrong.as_str(), "x", "%F0%9F%90%99", &long] {
        let page = send(&sample, As::Nobody, get(&format!("/c/{code}"))).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{code}");
        pages.push(page.text);
    }
    assert!(pages.windows(2).all(|two| two[0] == two[1]));
}

#[tokio::test]
async fn a_claim_that_came_to_nothing_says_why_and_can_be_asked_again() {
    let sample = busy();
    let page = send(&sample, OWNER, get(&format!("/claims/{}", claim_id(4)))).await;
    assert!(page.text.contains("Nobody confirmed at the device in time"), "{}", page.text);
    let token = token(&sample).await;
    let again = form(&format!("/claims/{}/again", claim_id(4)), &format!("form_token={token}"));
    assert_eq!(send(&sample, OWNER, again).await.status, StatusCode::SEE_OTHER);
    let contested = send(&sample, OWNER, get(&format!("/claims/{}?lang=de", claim_id(2)))).await;
    assert!(contested.text.contains("Dieses Gerät gehört schon jemandem"), "{}", contested.text);
    assert!(contested.text.contains("26. November 2026, 04:30 UTC"), "{}", contested.text);
}

#[tokio::test]
async fn the_page_of_a_label_does_not_tell_whether_the_device_is_connected() {
    let (away, here) = (Arc::new(Sample::new(Fill::Empty, || NOON)), busy());
    for who in [As::Nobody, OWNER] {
        for (sample, state) in [(&away, "away"), (&here, "here")] {
            let page = send(sample, who, get(&format!("/c/{CODE}"))).await;
            assert!(!page.text.contains("connected"), "{state}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn an_invitation_is_shown_before_it_is_taken_and_a_bad_one_tells_nothing() {
    let sample = busy();
    let secret = holdfast_web::secret::Secret::from_random([0x17; 32]).text();
    let page = send(&sample, As::Nobody, get(&format!("/i/{secret}"))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("see what it measured") && !page.text.contains("give it orders"), "{}", page.text);
    let other = holdfast_web::secret::Secret::from_random([0x18; 32]).text();
    for bad in [other.as_str(), "x"] {
        let page = send(&sample, As::Nobody, get(&format!("/i/{bad}"))).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.text.contains("does not count any more"), "{}", page.text);
    }
    let token = token(&sample).await;
    let joined = send(&sample, OWNER, form(&format!("/i/{secret}"), &format!("form_token={token}"))).await;
    assert_eq!((joined.status, joined.header("location")), (StatusCode::SEE_OTHER, "/home"));
}

#[tokio::test]
async fn whose_device_it_is_is_told_to_staff_only_with_a_reason() {
    let sample = busy();
    let support = As::Session(Role::Support);
    let bare = send(&sample, support, get("/api/v1/devices/hearth-0001/owner")).await;
    assert_eq!((bare.status, bare.problem().as_str()), (StatusCode::BAD_REQUEST, "field-missing"));
    let vague = send(&sample, support, get("/api/v1/devices/hearth-0001/owner?reason=because")).await;
    assert_eq!(vague.status, StatusCode::BAD_REQUEST, "{}", vague.text);
    assert!(sample.orders.lock().unwrap().is_empty());
    let seen = send(&sample, support, get("/api/v1/devices/hearth-0001/owner?reason=help-asked")).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert_eq!(sample.orders.lock().unwrap().as_slice(), ["owner of hearth-0001 seen for help-asked"]);
}

#[tokio::test]
async fn the_interface_shows_digits_only_while_the_device_asks() {
    let sample = busy();
    let waits = send(&sample, OWNER, get(&format!("/api/v1/claims/{}", claim_id(1)))).await;
    assert!(waits.text.contains("\"digits\":\"482913\""), "{}", waits.text);
    let done = send(&sample, OWNER, get(&format!("/api/v1/claims/{}", claim_id(3)))).await;
    assert!(done.text.contains("\"digits\":null") && done.text.contains("\"state\":\"done\""), "{}", done.text);
    let body = r#"{"control":false,"manage_updates":false,"see_data":true}"#;
    let made = send(&sample, OWNER, json("POST", "/api/v1/home/devices/hearth-0001/invitations", body)).await;
    assert!(made.text.contains("\"url\":\"/i/"), "{}", made.text);
}

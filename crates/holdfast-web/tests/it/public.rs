//! What anyone reads about products: no sign-in, no cookie, two languages, an entity tag; and what programs fetch.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use holdfast_core::time::Timestamp;
use holdfast_web::door::routes::Access;
use serde_json::Value;

use crate::samples::{Fill, Sample};
use crate::{As, Reply, busy, get, html, send};

/// Addresses of every public route, with its kind.
fn addresses() -> Vec<(&'static str, String)> {
    let rows = holdfast_web::route_table(busy());
    let of_products = rows.iter().filter(|row| row.path == "/p" || row.path.starts_with("/p/"));
    of_products
        .map(|row| {
            assert_eq!((row.method, row.access), ("GET", Access::Public), "{}", row.path);
            (row.path, row.path.replace("{product}", "hearth-thermostat"))
        })
        .collect()
}

async fn read(path: &str, headers: &[(&'static str, &str)]) -> Reply {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(&busy(), As::Nobody, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_public_address_answers_anyone_without_a_cookie_and_once_held_is_not_sent_again() {
    let all = addresses();
    assert!(all.len() >= 12, "{all:?}");
    let choosing = [("", false), ("?lang=de", false), ("?lang=en", true)];
    for (route, address) in &all {
        for (query, with_cookie) in choosing {
            let cookie: &[(&str, &str)] = if with_cookie { &[("cookie", "hf-lang=de")] } else { &[] };
            let path = format!("{address}{query}");
            let first = read(&path, cookie).await;
            assert_eq!(first.status, StatusCode::OK, "{path}: {}", first.text);
            assert!(first.headers.get("set-cookie").is_none(), "{path}");
            assert_eq!(first.header("cache-control"), "public, no-cache", "{path}");
            let tag = first.header("etag").to_owned();
            assert!(tag.len() > 20, "{path}: {tag}");
            let again = read(&path, &[("if-none-match", &tag)]).await;
            assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
            assert!(again.headers.get("set-cookie").is_none() && again.header("etag") == tag, "{path}");
            let other = read(&path, &[("if-none-match", "\"00000000000000000000000000000000\"")]).await;
            assert_eq!(other.status, StatusCode::OK, "{route}");
        }
    }
}

#[tokio::test]
async fn every_public_page_is_whole_in_both_languages_and_keeps_the_language_on_the_way() {
    for (_, address) in addresses() {
        let page = read(&address, &[]).await;
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        let german = read(&format!("{address}?lang=de"), &[]).await;
        for (reply, tag) in [(&page, "en"), (&german, "de")] {
            assert_eq!(html::fault(&reply.text), None, "{address} {tag}\n{}", reply.text);
            assert!(reply.text.contains(&format!("<html lang=\"{tag}\">")), "{address}");
            assert_eq!(reply.text.matches("<h1").count(), 1, "{address}");
            assert!(!reply.text.contains(">public-") && !reply.text.contains("{ $"), "{address} {tag}");
            assert!(reply.header("vary").contains("Accept-Language"), "{address}");
        }
        assert_ne!(page.text, german.text, "{address}");
        let ways = german.text.split("href=\"/p").skip(1).map(|rest| rest.split('"').next().unwrap());
        for way in ways.filter(|way| !way.contains('.')) {
            assert!(way.ends_with("?lang=de"), "{address}: /p{way} forgets the language");
        }
        let asked = read(&address, &[("accept-language", "de-AT, en;q=0.5")]).await;
        assert!(asked.text.contains("<html lang=\"de\">"), "{address}");
    }
}

#[tokio::test]
async fn what_is_unknown_a_draft_or_no_identifier_looks_the_same() {
    let mut seen = Vec::new();
    for id in ["attic-lamp", "no-such-product", "NO%20ID", "x", "hearth-thermostat.html"] {
        for below in ["", "/support", "/qr.svg", "/label.pdf", "/retail"] {
            let reply = read(&format!("/p/{id}{below}"), &[]).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "/p/{id}{below}");
            assert!(reply.headers.get("set-cookie").is_none());
            let id = reply.header("x-request-id").to_owned();
            seen.push(reply.text.replace(&id, "REQUEST"));
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[tokio::test]
async fn the_first_screen_says_until_when_why_and_what_then() {
    let page = read("/p/hearth-thermostat", &[]).await.text;
    for words in [
        "Hearth thermostat",
        "HT-2",
        "31 December 2034",
        "8 years and 1 month left",
        "A radiator valve works for about eight years",
        "goes on heating by its schedule",
        "No microphone",
        "No camera",
        "Closes a hole in how the schedule is read",
        "Withdrawn",
        "/p/hearth-thermostat/qr.svg",
        "no default password",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let camera = read("/p/porch-camera", &[]).await.text;
    for words in ["Has a microphone", "Has a camera", "lifetime-card warn", "6 months left"] {
        assert!(camera.contains(words), "{words}\n{camera}");
    }
}

#[tokio::test]
async fn each_page_says_what_the_law_and_buyers_ask_for() {
    for (path, words) in [
        (
            "/p/hearth-thermostat/support",
            vec![
                "31 December 2036",
                "3 years from purchase",
                "until 31 December 2032",
                "until 31 December 2034",
                "30 June 2033",
                "free of charge",
            ],
        ),
        (
            "/p/hearth-thermostat/privacy",
            vec![
                "Temperature",
                "Our contract with you",
                "30 days",
                "Hearthworks Ltd",
                "Information Commissioner",
                "hold both keys",
            ],
        ),
        (
            "/p/hearth-thermostat/security",
            vec![
                "mailto:security@hearth.example",
                "acknowledged within: 2 days",
                "14 days",
                "sbom.cdx.json",
                "mud.json",
                "CLS/2026/0412",
            ],
        ),
        (
            "/p/hearth-thermostat/statement",
            vec![
                "Schedule 4",
                "batches from 2026-35",
                "14 Foundry Yard",
                "Hearthworks Europe GmbH",
                "<strong>31 December 2032</strong>",
                "R. Alder",
                "Director of product safety",
                "Sheffield, 24 August 2026",
                "Schedule 1",
            ],
        ),
        (
            "/p/hearth-thermostat/retail",
            vec![
                "gets security updates until 31 December 2034",
                "Warranty: 3 years",
                "No subscription",
                "label.pdf",
                "/p/feed.json",
                "Wipe every returned",
            ],
        ),
        ("/p", vec!["Hearth thermostat", "Porch camera", "Security updates until 31 May 2027"]),
    ] {
        let page = read(path, &[]).await.text;
        for word in words {
            assert!(page.contains(word), "{path}: {word}\n{page}");
        }
    }
}

#[tokio::test]
async fn a_page_without_support_says_so_everywhere() {
    const LATER: Timestamp = Timestamp::from_micros(1_795_408_200_000_000 + 400 * 86_400_000_000);
    let sample = std::sync::Arc::new(Sample::new(Fill::Busy, || LATER));
    for (path, words) in [
        ("/p/porch-camera", "Security updates ended on"),
        ("/p", "No security updates since 31 May 2027"),
        ("/p/porch-camera/retail", "has had no security updates since 31 May 2027"),
        ("/p/porch-camera/label.svg", "No security updates since"),
    ] {
        let reply = send(&sample, As::Nobody, get(path)).await;
        assert!(reply.text.contains(words), "{path}: {words}\n{}", reply.text);
    }
}

#[tokio::test]
async fn programs_read_the_same_dates_as_people_and_may_fetch_them_from_anywhere() {
    let feed = read("/p/feed.json", &[]).await;
    assert_eq!(feed.header("content-type"), "application/feed+json");
    assert_eq!(feed.header("access-control-allow-origin"), "*");
    let feed: Value = serde_json::from_str(&feed.text).unwrap();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    let first = &feed["items"][0];
    assert_eq!(first["url"], "https://hearth.example/p/hearth-thermostat");
    let support = &first["_support"];
    assert_eq!(support["support_until"], "2034-12-31");
    assert_eq!(support["support_until_at_first"], "2032-12-31");
    assert_eq!(
        (support["hardware_until"].as_str(), support["warranty_months"].as_u64()),
        (Some("2036-12-31"), Some(36))
    );
    assert!(support["support_reason"]["de"].as_str().unwrap().contains("Heizkörperventil"));
    assert_eq!(support["promises"].as_array().unwrap().len(), 2);
    assert_eq!(support["models"][0], "HT-2");

    let ld = read("/p/hearth-thermostat.jsonld", &[]).await;
    assert_eq!(ld.header("content-type"), "application/ld+json");
    let ld: Value = serde_json::from_str(&ld.text).unwrap();
    assert_eq!((ld["@type"].as_str(), ld["@context"].as_str()), (Some("Product"), Some("https://schema.org")));
    let end = ld["additionalProperty"].as_array().unwrap().iter().find(|p| p["propertyID"] == "securitySupportEnd");
    assert_eq!(end.unwrap()["value"], "2034-12-31");
    assert_eq!(ld["hasCertification"][1]["name"], "JC-STAR");

    let atom = read("/p/feed.xml", &[]).await;
    assert_eq!(atom.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(
        atom.text.contains("<title>Hearth thermostat: support extended until 31 December 2034</title>"),
        "{}",
        atom.text
    );
    assert!(atom.text.contains("<title>Hearth thermostat: security update 1.2.0</title>"), "{}", atom.text);
    assert!(!atom.text.contains("1.1.0"), "a withdrawn release is no news");
    assert_eq!(atom.text.matches("<entry>").count(), atom.text.matches("</entry>").count());
}

#[tokio::test]
async fn a_server_without_products_has_pages_and_feeds_that_say_so() {
    let sample = std::sync::Arc::new(Sample::new(Fill::Empty, || crate::samples::NOON));
    assert!(send(&sample, As::Nobody, get("/p")).await.text.contains("No product is public yet."));
    let feed: Value = serde_json::from_str(&send(&sample, As::Nobody, get("/p/feed.json")).await.text).unwrap();
    assert_eq!(feed["items"].as_array().unwrap().len(), 0);
    assert!(send(&sample, As::Nobody, get("/")).await.text.contains("has not published an address yet"));
}

#[tokio::test]
async fn the_label_is_a_sheet_of_paper_with_the_code_and_the_day() {
    for (lang, words) in [("en", "Security updates until"), ("de", "Sicherheitsupdates bis")] {
        let svg = read(&format!("/p/hearth-thermostat/label.svg?lang={lang}"), &[]).await;
        assert_eq!(svg.header("content-type"), "image/svg+xml");
        for part in ["width=\"74mm\" height=\"105mm\"", words, "hearth.example/p/hearth-thermostat", "2034"] {
            assert!(svg.text.contains(part), "{part}\n{}", svg.text);
        }
        let pdf = read(&format!("/p/hearth-thermostat/label.pdf?lang={lang}"), &[]).await;
        assert_eq!(pdf.header("content-type"), "application/pdf");
        assert_eq!(
            pdf.header("content-disposition"),
            format!("inline; filename=\"hearth-thermostat-label-{lang}.pdf\"")
        );
        assert!(pdf.text.starts_with("%PDF-1.7") && pdf.text.trim_end().ends_with("%%EOF"));
        for part in [words, "(Hearth thermostat)", "(hearth.example/p/hearth-thermostat)"] {
            assert!(pdf.text.contains(part), "{part}");
        }
    }
}

#[tokio::test]
async fn a_language_chosen_on_another_page_is_kept_by_a_cookie_and_never_by_a_public_one() {
    let home = read("/?lang=de", &[]).await;
    assert!(home.header("set-cookie").starts_with("hf-lang=de; "), "{}", home.header("set-cookie"));
    assert!(read("/", &[]).await.headers.get("set-cookie").is_none());
    assert!(read("/p?lang=de", &[]).await.headers.get("set-cookie").is_none());
    assert!(read("/p/nothing?lang=de", &[]).await.headers.get("set-cookie").is_none());
    assert!(read("/?lang=xx", &[]).await.headers.get("set-cookie").is_none());
}

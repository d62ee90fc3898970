//! Every page with every sample: it renders, is well formed, says what it must, and carries the security headers.

use std::sync::Arc;

use axum::http::StatusCode;
use holdfast_domain::people::Role;
use holdfast_domain::people::access::may;
use holdfast_web::door::routes::{Access, Row};

use crate::samples::{Fill, NOON, ROLES, Sample};
use crate::{As, busy, get, html, send};

/// Addresses of all pages, with words that stand on them over a busy fleet.
#[expect(clippy::too_many_lines, reason = "a table of all pages")]
fn pages() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let release = format!("/console/releases/{}", crate::samples::updates::release_id(1));
    let second = format!("/console/releases/{}", crate::samples::updates::release_id(2));
    let deployment = format!("/console/deployments/{}", crate::samples::updates::deployment_id(1));
    let one = |route, words: &[&'static str]| (route, str::to_owned(route), words.to_vec());
    vec![
        one("/", &["Connected products", "Sign in", "Scan the code on your device", "security@hearth.example"]),
        one("/p", &["Hearth thermostat"]),
        ("/p/{product}", "/p/hearth-thermostat".to_owned(), vec!["31 December 2034"]),
        ("/p/{product}/support", "/p/hearth-thermostat/support".to_owned(), vec!["Why until then"]),
        ("/p/{product}/privacy", "/p/hearth-thermostat/privacy".to_owned(), vec!["What it takes about you"]),
        ("/p/{product}/security", "/p/hearth-thermostat/security".to_owned(), vec!["Report a security problem"]),
        ("/p/{product}/statement", "/p/hearth-thermostat/statement".to_owned(), vec!["Schedule 4"]),
        ("/p/{product}/retail", "/p/hearth-thermostat/retail".to_owned(), vec!["Show this beside the price"]),
        ("/p/{product}/setup", "/p/hearth-thermostat/setup".to_owned(), vec!["securely", "Make it yours", "Check it"]),
        ("/p/{product}/delete", "/p/hearth-thermostat/delete".to_owned(), vec!["At the device, without internet"]),
        one(
            "/policies",
            &["Privacy", "changes on 31 December 2026", "should have been looked at again", "Not published yet"],
        ),
        (
            "/policies/{name}",
            "/policies/privacy".to_owned(),
            vec!["What is different", "30 days instead of 60", "The supervisory authority", "1 Square"],
        ),
        one("/notices", &["Change the battery", "to do"]),
        ("/notices/{name}", "/notices/battery-recall".to_owned(), vec!["Whom it concerns", "Until 31 January 2027"]),
        (
            "/notices/{name}",
            "/notices/battery-recall?serial=HEARTH-0007".to_owned(),
            vec!["Yes: hearth-0007 is among them"],
        ),
        ("/notices/{name}", "/notices/battery-recall?serial=x%3Cb%3E".to_owned(), vec!["No: x&#60;b&#62; is not"]),
        one("/p/compare", &["Products side by side", "Porch camera", "no label now"]),
        (
            "/p/{product}/claims",
            "/p/hearth-thermostat/claims".to_owned(),
            vec!["counts until", "The promise of support"],
        ),
        ("/p/{product}/claims", "/p/porch-camera/claims?lang=de".to_owned(), vec!["derzeit kein Label", "zu alt seit"]),
        one("/complaint", &["No account, no name", "The supervisory authority", "Hearth thermostat"]),
        (
            "/complaint/{secret}",
            "/complaint/FxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxc".to_owned(),
            vec!["The light is on at night.", "answer due by"],
        ),
        (
            "/data-breach/{id}",
            "/data-breach/019c0000-0000-7000-8000-000000000001".to_owned(),
            vec!["You need do nothing", "Whom to ask"],
        ),
        (
            "/shop/{secret}",
            "/shop/FxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxc".to_owned(),
            vec!["For Corner Electrics", "Stop the sale.", "wiped on", "B. Keeper"],
        ),
        one("/console/shops", &["Corner Electrics", "B. Keeper"]),
        (
            "/console/shops/{id}",
            "/console/shops/019c0000-0000-7000-8000-000000000001".to_owned(),
            vec!["sold again unwiped", "41 times", "dock-2"],
        ),
        (
            "/console/products/{id}/proofs",
            "/console/products/hearth-thermostat/proofs".to_owned(),
            vec!["Lab North", "The photograph"],
        ),
        one("/console/complaints", &["watching", "left"]),
        (
            "/console/complaints/{id}",
            "/console/complaints/019c0000-0000-7000-8000-000000000001".to_owned(),
            vec!["The light is on at night."],
        ),
        one("/console/breaches", &["A list of households", "left"]),
        (
            "/console/breaches/{id}",
            "/console/breaches/019c0000-0000-7000-8000-000000000001".to_owned(),
            vec!["31 owners", "The authority was told now"],
        ),
        one("/sign-in", &["One-time link"]),
        ("/sign-in", "/sign-in?link=abc".to_owned(), vec!["Your link is ready"]),
        ("/sign-in", "/sign-in?lang=de".to_owned(), vec!["Mit Passkey anmelden", "Einmal-Link"]),
        one("/recover", &["Do you have another passkey", "data-passkey=\"recover\"", "24 hours"]),
        ("/recover", "/recover?waits=1795494600000000".to_owned(), vec!["counts from 24 Nov 2026, 04:30 UTC"]),
        one(
            "/account",
            &[
                "Ada&#39;s phone",
                "counts from",
                "7 codes are left",
                "Sign out everywhere else",
                "That was not me",
                "this browser",
                "Safari on iPhone",
            ],
        ),
        ("/account", "/account?done=passkey-added".to_owned(), vec!["The passkey is added."]),
        ("/account", "/account?lang=de".to_owned(), vec!["Ihr Konto", "gilt ab 24. November 2026"]),
        one("/account/confirm", &["counts for ten minutes", "data-passkey=\"confirm\"", "Code from your app"]),
        one("/account/first", &["Welcome, Ada Okafor", "data-passkey=\"add\"", "Later"]),
        one(
            "/console",
            &["12", "in quarantine", "1.2.0", "integrity contradicted", "messages a second", "phase 2 of 3"],
        ),
        one("/console/devices", &["hearth-0001", "porch-0016", "never"]),
        (
            "/console/devices",
            "/console/devices?limit=3&state=accepted".to_owned(),
            vec!["Next page", "after=hearth-0003"],
        ),
        ("/console/devices", "/console/devices?prefix=zzz".to_owned(), vec!["No device matches"]),
        (
            "/console/devices",
            "/console/devices?filter=product%3Ahearth-thermostat%20-quarantine%3Ayes".to_owned(),
            vec![
                "product:hearth-thermostat -quarantine:yes",
                "Act on all that fit",
                "tick.hearth-0001",
                "beta-testers",
            ],
        ),
        one("/console/groups", &["beta-testers", "by hand", "version:&#60;1.2.0", "Make a group"]),
        (
            "/console/groups/{id}",
            "/console/groups/beta-testers".to_owned(),
            vec!["First to try a release", "Put in", "hearth-0001", "Act on all of them"],
        ),
        ("/console/groups/{id}", "/console/groups/old-firmware".to_owned(), vec!["by filter"]),
        one(
            "/console/bulk",
            &["Quarantine 12 devices", "A recall of the first batch", "Put 12 devices into beta-testers"],
        ),
        (
            "/console/bulk/new",
            "/console/bulk/new?filter=product%3Ahearth-thermostat&act=quarantine".to_owned(),
            vec!["the device is revoked", "confirm_devices", "It can be taken back"],
        ),
        (
            "/console/bulk/new",
            "/console/bulk/new?scope=ticked&tick.hearth-0001=on&act=revoke".to_owned(),
            vec!["There is no way back", "/console/bulk/revoke", "hearth-0001"],
        ),
        (
            "/console/bulk/new",
            "/console/bulk/new?devices=hearth-0001&act=desired&set.target=19".to_owned(),
            vec!["Change settings of 1 device", "target 19"],
        ),
        (
            "/console/bulk/{id}",
            format!("/console/bulk/{}", crate::samples::groups::bulk_id(1)),
            vec!["6 devices to go", "already quarantined", "Take it back"],
        ),
        (
            "/console/bulk/{id}",
            format!("/console/bulk/{}?state=refused", crate::samples::groups::bulk_id(3)),
            vec!["This act has no way back"],
        ),
        one("/console/settings", &["https://fleet.hearthworks.example", "Secrets are never shown"]),
        (
            "/console/devices/{id}",
            "/console/devices/hearth-0001".to_owned(),
            vec!["Certificates", "on its way", "matches a published release"],
        ),
        (
            "/console/devices/{id}",
            "/console/devices/hearth-0004".to_owned(),
            vec!["In quarantine: slot digest unknown", "What happens next", "contradicted"],
        ),
        ("/console/devices/{id}", "/console/devices/hearth-0012".to_owned(), vec!["never seen", "Not known yet"]),
        one("/console/releases", &["1.2.0", "withdrawn", "2 of 3 keys must sign a release"]),
        ("/console/releases/{id}", release, vec!["Roll it out", "6.3 MB", "verified", "bin/health"]),
        ("/console/releases/{id}", second, vec!["The artifact is missing"]),
        one("/console/deployments", &["running", "abort threshold reached", "paused"]),
        (
            "/console/deployments/{id}",
            deployment,
            vec!["Phase 3", "rolled back", "health check failed", "62%", "when more than 20%"],
        ),
        one(
            "/console/recovery",
            &["Coming back", "at most 640 handshakes a second", "safety", "within 2 s", "connected", "15 minutes ago"],
        ),
        one(
            "/console/findings",
            &["Far more messages than usual", "many devices of hearth-thermostat", "seen 7 times"],
        ),
        (
            "/console/findings",
            "/console/findings?state=dismissed".to_owned(),
            vec!["Far more data taken out than usual"],
        ),
        ("/console/findings", "/console/findings?kind=value-noisy".to_owned(), vec!["No finding matches"]),
        (
            "/console/findings/{id}",
            format!("/console/findings/{}", crate::samples::findings::finding_id(1)),
            vec![
                "912",
                "Detected in",
                "3 minutes",
                "18.0 seconds",
                "Undo",
                "Quarantine all 12 devices",
                "class=\"band\"",
            ],
        ),
        (
            "/console/findings/{id}",
            format!("/console/findings/{}", crate::samples::findings::finding_id(2)),
            vec!["climate.temperature", "only their distance from the usual is kept"],
        ),
        one("/console/alerts", &["integrity contradicted", "field-undeclared", "1,204"]),
        one("/console/custody", &["hearth-0004", "Rotterdam, dock 2", "tag clone suspected", "out of use"]),
        one("/console/ledger", &["131 entries", "holdfast ledger verify", "Older"]),
        (
            "/console/ledger",
            "/console/ledger?kind=device-enrolled&until=2026-11-23".to_owned(),
            vec!["device enrolled", "Clear"],
        ),
        ("/console/ledger", "/console/ledger?until=never".to_owned(), vec!["a day is written as"]),
        (
            "/console/ledger/{index}",
            "/console/ledger/7".to_owned(),
            vec!["0707070707", "Hashes from the leaf to the root", "/api/v1/ledger/entries/7", "Entry 8"],
        ),
        one(
            "/console/keys",
            &[
                "Operational CA",
                "past the end",
                "holdfast authority rotate",
                "1 device still depends",
                "X25519MLKEM768",
                "No. 4",
            ],
        ),
        one("/console/conformity", &["382 requirements", "of 382 shown"]),
        (
            "/console/conformity",
            "/console/conformity?status=not_met".to_owned(),
            vec!["1 of 382 shown", "below the floor"],
        ),
        one("/console/products", &["Hearth thermostat", "hearthworks.example"]),
        (
            "/console/products/{id}",
            "/console/products/hearth-thermostat".to_owned(),
            vec!["Humidity", "0 to 100", "personal", "Heat at once"],
        ),
        one("/account/contact", &["somebody@mail.example", "new@mail.example", "could not be delivered"]),
        one("/account/oidc", &["Linked since", "Hearth accounts"]),
        one("/account/contact/confirm", &["Yes, this address is mine"]),
        (
            "/account/not-me",
            format!("/account/not-me?code={}", crate::samples::good_link().text()),
            vec!["A passkey was added to your account", "This was not me", "nobody gets in by this page"],
        ),
        one("/console/products", &["Support calendar", "until 31 May 2027", "draft"]),
        (
            "/console/products/{id}/dossier",
            "/console/products/hearth-thermostat/dossier".to_owned(),
            vec!["Publish 1 change", "Two AA batteries", "Extend support", "support extended", "8 years"],
        ),
        (
            "/console/products/{id}/dossier",
            "/console/products/attic-lamp/dossier".to_owned(),
            vec!["17 answers missing", "No promise yet", "the law asks for it"],
        ),
        ("/api", "/api".to_owned(), vec!["The interface", "/api/v1/devices/{id}", "shape-Problem", "openapi.json"]),
        (
            "/console/products/{id}/dossier/preview",
            "/console/products/hearth-thermostat/dossier/preview".to_owned(),
            vec!["This is a draft", "noindex", "/dossier/preview/support"],
        ),
        (
            "/console/products/{id}/dossier/preview/{tab}",
            "/console/products/hearth-thermostat/dossier/preview/support".to_owned(),
            vec!["This is a draft", "Why until then"],
        ),
        (
            "/console/products/{id}/dossier/{part}",
            "/console/products/hearth-thermostat/dossier/support".to_owned(),
            vec!["Why until then, Deutsch", "value=\"2034-12-31\"", "What ends on the way: one more"],
        ),
        (
            "/console/products/{id}/dossier/{part}",
            "/console/products/hearth-thermostat/dossier/data".to_owned(),
            vec!["Temperature (climate/temperature)", "Contract (b)"],
        ),
        one("/console/people", &["Ada Okafor", "Release pipeline", "Revoke"]),
        ("/c/{code}", format!("/c/{}", crate::samples::homes::CODE), vec!["Hearth thermostat", "Security updates"]),
        one("/home", &["Front door", "needs you now", "To its updates"]),
        (
            "/home/devices/{id}",
            "/home/devices/porch-0013".to_owned(),
            vec!["Who is listening now?", "41202 readings", "The device still has: 20", "Blink to be found"],
        ),
        (
            "/home/devices/{id}/check",
            "/home/devices/hearth-0001/check".to_owned(),
            vec![
                "2 points are open",
                "Set everything to the safe choice",
                "A child can burn itself",
                "Set a lower limit",
            ],
        ),
        ("/home/devices/{id}/check", "/home/devices/hearth-0002/check".to_owned(), vec!["All that protects it"]),
        (
            "/home/devices/{id}/month",
            "/home/devices/hearth-0001/month".to_owned(),
            vec!["Since 24 October 2026", "40320 readings", "about you"],
        ),
        (
            "/home/devices/{id}/updates",
            "/home/devices/hearth-0001/updates".to_owned(),
            vec!["Version 1.3.0", "6.3 MB", "Install now", "Not this one", "taken back"],
        ),
        (
            "/home/devices/{id}/people",
            "/home/devices/hearth-0001/people".to_owned(),
            vec!["Ben Okafor", "Open invitation", "Object: it is mine", "Ada&#39;s phone"],
        ),
        (
            "/home/devices/{id}/leave",
            "/home/devices/hearth-0001/leave".to_owned(),
            vec!["Give Living room away", "Hand it on within the household"],
        ),
        one("/home/alerts", &["News"]),
        one("/home/support", &["Security updates until", "Why until then", "What happens then"]),
        one("/home/settings", &["Deutsch", "My account"]),
        one("/home/help", &["Your requests", "First answer in", "within 72 hours"]),
        (
            "/home/help/{id}",
            format!("/home/help/{}", crate::samples::owner::help_id(1)),
            vec!["The valve hums at night", "It is solved"],
        ),
        one("/console/help", &["Defect", "left", "hearth-0001"]),
        (
            "/console/help/{id}",
            format!("/console/help/{}", crate::samples::owner::help_id(2)),
            vec!["Goran Ilic", "data done"],
        ),
        ("/claims/{id}", claim(1), vec!["482 913", "The ring glows orange.", "90 more seconds"]),
        ("/claims/{id}", claim(2), vec!["This device has an owner", "26 November 2026, 04:30 UTC"]),
        ("/claims/{id}", claim(3), vec!["Hearth thermostat is yours", "Target temperature", "recovery codes"]),
        ("/claims/{id}", claim(4), vec!["Nobody confirmed at the device in time", "Ask again"]),
        (
            "/i/{secret}",
            format!("/i/{}", holdfast_web::secret::Secret::from_random([0x17; 32]).text()),
            vec!["You are invited", "see what it measured"],
        ),
    ]
}

fn claim(n: u8) -> String {
    format!("/claims/{}", crate::samples::homes::claim_id(n))
}

fn access(route: &str) -> Access {
    let rows: Vec<Row> = holdfast_web::route_table(busy());
    rows.iter().find(|row| row.path == route && row.method == "GET").unwrap().access
}

#[test]
fn every_page_of_the_router_is_looked_at() {
    let looked: Vec<_> = pages().into_iter().map(|(route, ..)| route).collect();
    let not_pages = [
        "/healthz",
        "/sign-in/oidc",
        "/sign-in/oidc/back",
        "/account/oidc/link",
        "/p/feed.json",
        "/p/feed.xml",
        "/p/{product}/qr.svg",
        "/p/{product}/label.svg",
        "/p/{product}/label.pdf",
        "/p/{product}/claims.json",
        "/p/{product}/claims.cose",
        "/p/{product}/claims.svg",
        "/shop/{secret}/feed.json",
        "/console/proofs/{id}/photo",
        "/console/breaches/{id}/report",
        "/static/{version}/{name}",
        "/console/devices/{id}/chart/{stream}",
        "/console/live",
        "/console/search",
        "/home/add",
        "/home/live",
        "/home/{device}",
        "/.well-known/holdfast/ca.crl",
        "/.well-known/holdfast/crl/{issuer}",
    ];
    for row in holdfast_web::route_table(busy()) {
        if row.method == "GET" && !row.path.starts_with("/api/") && !not_pages.contains(&row.path) {
            assert!(looked.contains(&row.path), "{}", row.path);
        }
    }
}

#[tokio::test]
async fn every_page_renders_for_every_role_is_well_formed_and_says_what_it_must() {
    let sample = busy();
    for (route, path, words) in pages() {
        for role in ROLES {
            if let Access::May(act) | Access::Fresh(act) = access(route)
                && !may(role, act)
            {
                continue;
            }
            let reply = send(&sample, As::Session(role), get(&path)).await;
            assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text);
            assert_eq!(html::fault(&reply.text), None, "{path} for {role:?}\n{}", reply.text);
            if role == Role::Administrator {
                let signed_in =
                    if path == "/" { reply.text.replace("Open the console", "Sign in") } else { reply.text };
                for word in &words {
                    assert!(signed_in.contains(*word), "{path}: {word}\n{signed_in}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_page_of_an_empty_server_teaches_the_next_step() {
    let sample = Arc::new(Sample::new(Fill::Empty, || NOON));
    for (path, words) in [
        ("/console", "holdfast product create"),
        ("/console/devices", "holdfast batch import"),
        ("/console/groups", "holdfast group put"),
        ("/console/bulk", "holdfast bulk preview"),
        ("/console/releases", "holdfast release sign"),
        ("/console/deployments", "holdfast deployment create"),
        ("/console/findings", "holdfast finding rule"),
        ("/console/alerts", "Nothing needs you"),
        ("/console/ledger", "Nothing happened yet"),
        ("/console/conformity", "382 requirements"),
        ("/console/products", "holdfast product create"),
        ("/console/people", "holdfast login"),
    ] {
        let reply = send(&sample, As::Session(Role::Administrator), get(path)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(html::fault(&reply.text), None, "{path}");
        assert!(reply.text.contains(words), "{path}: {words}");
    }
}

#[tokio::test]
async fn what_a_home_measures_is_shown_only_to_roles_that_may_read_it() {
    for (role, seen) in
        [(Role::FleetOperator, true), (Role::Security, true), (Role::Assessor, false), (Role::ReleaseEngineer, false)]
    {
        let page = send(&busy(), As::Session(role), get("/console/devices/hearth-0001")).await.text;
        assert_eq!(page.contains("Somebody is at home"), seen, "{role:?}");
        assert_eq!(page.contains("Not for your role"), !seen, "{role:?}");
    }
}

#[tokio::test]
async fn text_from_a_device_or_a_person_is_escaped() {
    let page = send(&busy(), As::Session(Role::Administrator), get("/console/devices?prefix=%22%3E%3Cscript%3E")).await;
    assert!(!page.text.contains("<script>") && page.text.contains("&#34;&#62;&#60;script&#62;"), "{}", page.text);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_own_request_id() {
    let sample = busy();
    let mut ids = Vec::new();
    for (who, path) in [
        (As::Nobody, "/"),
        (As::Nobody, "/nothing"),
        (As::Nobody, "/api/v1/devices"),
        (As::Session(Role::Assessor), "/console"),
        (As::Nobody, "/healthz"),
    ] {
        let reply = send(&sample, who, get(path)).await;
        for (name, part) in [
            ("content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self'"),
            ("content-security-policy", "frame-ancestors 'none'; base-uri 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=63072000"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert!(reply.header(name).contains(part), "{path} {name}");
        }
        ids.push(reply.header("x-request-id").to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn files_are_kept_for_a_year_under_their_version_and_not_at_all_under_another() {
    let page = send(&busy(), As::Nobody, get("/")).await.text;
    let at = page.find("/static/").unwrap();
    let css = &page[at..page[at..].find('"').unwrap() + at];
    let kept = send(&busy(), As::Nobody, get(&css.replace("icon.svg", "app.css"))).await;
    assert_eq!((kept.status, kept.header("cache-control")), (StatusCode::OK, "public, max-age=31536000, immutable"));
    let old = send(&busy(), As::Nobody, get("/static/000000000000/app.css")).await;
    assert_eq!((old.status, old.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(send(&busy(), As::Nobody, get("/static/0/../../Cargo.toml")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_a_page_and_an_address_of_the_interface_is_a_problem() {
    let page = send(&busy(), As::Nobody, get("/console/nothing")).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert_eq!(html::fault(&page.text), None);
    let problem = send(&busy(), As::Nobody, get("/api/v1/nothing")).await;
    assert_eq!((problem.status, problem.problem().as_str()), (StatusCode::NOT_FOUND, "address-unknown"));
}

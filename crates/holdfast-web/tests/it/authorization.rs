//! Ratchet: every route stands in this table with who may use it, and does what the table says.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::may;
use holdfast_web::door::routes::{Access, Row};

use crate::samples::ROLES;
use crate::{As, Reply, busy, send};

/// Method, address, access; in the order of registration. A new route fails the test until it stands here.
const TABLE: &str = include_str!("authorization.txt");

fn rows() -> Vec<Row> {
    holdfast_web::route_table(busy())
}

fn word(access: Access) -> String {
    match access {
        Access::Public => "public".to_owned(),
        Access::SignedIn => "signed-in".to_owned(),
        Access::Reader => "reader".to_owned(),
        Access::May(act) => format!("{act:?}"),
        Access::Fresh(act) => format!("{act:?} fresh"),
    }
}

#[test]
fn every_route_stands_in_the_table() {
    let actual: Vec<String> =
        rows().iter().map(|row| format!("{:<6} {:<50} {}", row.method, row.path, word(row.access))).collect();
    let wanted: Vec<&str> = TABLE.lines().collect();
    let missing: Vec<_> = actual.iter().filter(|line| !wanted.contains(&line.as_str())).collect();
    let gone: Vec<_> = wanted.iter().filter(|line| !actual.iter().any(|a| a == *line)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in the table: {missing:#?}\nnot a route: {gone:#?}");
}

#[test]
fn nothing_but_the_front_door_is_public() {
    let public: Vec<_> = rows().iter().filter(|row| row.access == Access::Public).map(|row| row.path).collect();
    let wanted = [
        "/",
        "/healthz",
        "/static/{version}/{name}",
        "/policies",
        "/policies/{name}",
        "/notices",
        "/notices/{name}",
        "/p",
        "/p/feed.json",
        "/p/feed.xml",
        "/p/{product}",
        "/p/{product}/support",
        "/p/{product}/privacy",
        "/p/{product}/security",
        "/p/{product}/statement",
        "/p/{product}/retail",
        "/p/{product}/setup",
        "/p/{product}/delete",
        "/p/{product}/qr.svg",
        "/p/{product}/label.svg",
        "/p/{product}/label.pdf",
        "/p/compare",
        "/p/{product}/claims",
        "/p/{product}/claims.json",
        "/p/{product}/claims.cose",
        "/p/{product}/claims.svg",
        "/complaint",
        "/complaint",
        "/complaint/{secret}",
        "/complaint/{secret}",
        "/data-breach/{id}",
        "/shop/{secret}",
        "/shop/{secret}",
        "/shop/{secret}/feed.json",
        "/sign-in",
        "/sign-in",
        "/sign-in/password",
        "/recover",
        "/account/not-me",
        "/account/not-me",
        "/c/{code}",
        "/i/{secret}",
        "/account/contact/confirm",
        "/account/contact/confirm",
        "/sign-in/oidc",
        "/sign-in/oidc/back",
        "/api",
        "/api/openapi.json",
        "/api/v1/sign-in",
        "/api/v1/credentials-policy",
        "/api/v1/passkeys/sign-in/begin",
        "/api/v1/passkeys/sign-in/finish",
        "/api/v1/passkeys/sign-up/begin",
        "/api/v1/passkeys/sign-up/finish",
        "/api/v1/passkeys/recover/begin",
        "/api/v1/passkeys/recover/finish",
        "/.well-known/holdfast/ca.crl",
        "/.well-known/holdfast/crl/{issuer}",
        "/api/v1/authority",
    ];
    assert_eq!(public, wanted);
}

/// An address of the route with readable identifiers in it.
fn address(row: &Row) -> String {
    let id = if row.path.contains("/devices/") {
        "hearth-0001"
    } else if row.path.contains("/readers/") {
        "dock-2"
    } else if row.path.contains("/products/") {
        "hearth-thermostat"
    } else {
        "019c0000-0000-7000-8000-000000000001"
    };
    row.path
        .replace("{id}", id)
        .replace("{product}", "hearth-thermostat")
        .replace("{part}", "support")
        .replace("{role}", "freshness")
        .replace("{code}", crate::samples::homes::CODE)
        .replace("{secret}", "FxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxc")
        .replace("{invitation}", "019c0000-0000-7000-8000-000000000001")
        .replace("{person}", "019c0000-0000-7000-8000-000000000001")
        .replace("{controller}", &"ab".repeat(32))
        .replace("{stream}", "climate")
        .replace("{action}", "019c0000-0000-7000-8000-000000000001")
        .replace("{version}", "1")
        .replace("{index}", "7")
        .replace("{command}", "019c0000-0000-7000-8000-000000000001")
        .replace("{which}", "019c0000-0000-7000-8000-000000000001")
        .replace("{device}", "hearth-0001")
        .replace("{digest}", &"0".repeat(64))
}

async fn knock(row: &Row, who: As, site: &str) -> Reply {
    let request = Request::builder().method(row.method).uri(address(row)).header("sec-fetch-site", site);
    send(&busy(), who, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_stranger_gets_nowhere_but_to_the_sign_in_page() {
    for row in rows().iter().filter(|row| !matches!(row.access, Access::Public | Access::Reader)) {
        let reply = knock(row, As::Nobody, "same-origin").await;
        if row.path.starts_with("/api/") {
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (StatusCode::UNAUTHORIZED, "not-signed-in"),
                "{row:?}"
            );
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        } else {
            let to_sign_in = reply.header("location").starts_with("/sign-in?then=/");
            assert_eq!((reply.status, to_sign_in), (StatusCode::SEE_OTHER, true), "{row:?}");
        }
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_domain_says_and_nothing_else() {
    for row in rows() {
        let (Access::May(act) | Access::Fresh(act)) = row.access else { continue };
        if row.path == "/console/live" || row.path == "/home/live" {
            continue; // Does not end by itself; its access is the same layer as everything else.
        }
        for role in ROLES {
            for who in [As::Session(role), As::Token(role)] {
                let reply = knock(&row, who, "same-origin").await;
                let refused = reply.status == StatusCode::FORBIDDEN && reply.text.contains("role-insufficient");
                assert_eq!(refused, !may(role, act), "{row:?} {who:?} {}", reply.text);
            }
        }
    }
}

#[tokio::test]
async fn only_a_readers_own_key_opens_what_is_for_readers() {
    for row in rows().iter().filter(|row| row.access == Access::Reader) {
        for who in [As::Nobody, As::Session(Role::Administrator), As::Token(Role::Administrator)] {
            let reply = knock(row, who, "same-origin").await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (StatusCode::UNAUTHORIZED, "reader-unknown"),
                "{row:?} {who:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_write_that_another_site_caused_is_refused_whoever_is_signed_in() {
    let administrator = As::Session(Role::Administrator);
    for row in rows().iter().filter(|row| row.method != "GET" && row.access != Access::Reader) {
        for site in ["cross-site", "same-site", "none"] {
            let reply = knock(row, administrator, site).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{row:?} {site}");
            assert!(reply.text.contains("cross-site-write"), "{row:?} {site} {}", reply.text);
        }
    }
}

#[tokio::test]
async fn an_old_browser_is_judged_by_its_origin() {
    for (origin, path, ours) in [
        (Some("https://hf.example"), "/console/people/token", true),
        (Some("https://evil.example"), "/console/people/token", false),
        (Some("null"), "/api/v1/tokens", false),
        (None, "/console/people/token", false),
        (None, "/api/v1/tokens", true),
    ] {
        let mut request = Request::post(path).header("host", "hf.example");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let cookie = format!("__Host-holdfast={}", crate::samples::secret_of(Role::Administrator, false).text());
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let reply = send(&busy(), As::Nobody, request).await;
        assert_eq!(!reply.text.contains("cross-site-write"), ours, "{origin:?} {path} {}", reply.text);
    }
}

#[tokio::test]
async fn a_wrong_token_never_falls_back_to_the_cookie() {
    for header in ["Bearer hft_wrong", "Bearer", "Basic YWRhOnBhc3M=", ""] {
        let request = Request::get("/api/v1/devices").header("authorization", header).body(Body::empty()).unwrap();
        let reply = send(&busy(), As::Session(Role::Administrator), request).await;
        assert_eq!((reply.status, reply.problem().as_str()), (StatusCode::UNAUTHORIZED, "token-refused"), "{header}");
    }
}

#[tokio::test]
async fn every_form_of_a_session_needs_the_form_token() {
    for row in rows().iter().filter(|row| row.method == "POST" && row.path.starts_with("/console")) {
        let request = crate::form(&address(row), "form_token=0000&reason=x");
        let reply = send(&busy(), As::Session(Role::Administrator), request).await;
        assert!(reply.text.contains("form-token-wrong"), "{row:?} {}", reply.text);
    }
}

fn raw(n: u8) -> String {
    holdfast_web::secret::Secret::from_random([n; 32]).token_text()
}

#[tokio::test]
async fn what_is_dangerous_needs_a_proof_that_is_not_old() {
    let mut seen = 0;
    for row in rows() {
        let Access::Fresh(act) = row.access else { continue };
        if !may(Role::Administrator, act) {
            continue; // The stale session of the sample is an administrator's.
        }
        seen += 1;
        let cookie = format!("__Host-holdfast={}", crate::samples::stale_secret().text());
        let request = Request::builder().method(row.method).uri(address(&row)).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
        let reply = send(&busy(), As::Nobody, request).await;
        if row.path.starts_with("/api/") {
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (StatusCode::UNAUTHORIZED, "confirm-again"),
                "{row:?}"
            );
        } else {
            assert_eq!(reply.status, StatusCode::SEE_OTHER, "{row:?}");
            assert!(reply.header("location").starts_with("/account/confirm?then=/"), "{row:?}");
        }
    }
    assert!(seen >= 20, "only {seen} dangerous routes");
}

#[tokio::test]
async fn a_token_reaches_as_far_as_its_scope() {
    let try_it = async |n: u8, method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", raw(n)));
        let reply = send(&busy(), As::Nobody, request.body(Body::empty()).unwrap()).await;
        reply.text.contains("token-scope-insufficient")
    };
    let (read, contain, revoke) = (
        ("GET", "/api/v1/devices"),
        ("POST", "/api/v1/devices/hearth-0001/release"),
        ("POST", "/api/v1/devices/hearth-0001/revoke"),
    );
    for (n, scope, [reads, contains, revokes]) in [
        (61, "read", [false, true, true]),
        (62, "full", [false, false, true]),
        (63, "view-fleet,revoke-device", [false, true, false]),
    ] {
        assert!(crate::samples::NARROW.contains(&(n, scope)));
        assert_eq!(try_it(n, read.0, read.1).await, reads, "{scope} reads");
        assert_eq!(try_it(n, contain.0, contain.1).await, contains, "{scope} contains");
        assert_eq!(try_it(n, revoke.0, revoke.1).await, revokes, "{scope} revokes");
    }
}

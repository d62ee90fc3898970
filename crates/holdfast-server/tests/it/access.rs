//! Who gets in, and who may do what, met at the real door. The whole table of routes and roles is tested where it is made.

use std::sync::Arc;

use holdfast_core::id::TokenId;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::people::ApiToken;
use holdfast_server::clock;
use holdfast_web::backend::Backend;
use holdfast_web::door::routes::Access;
use holdfast_web::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::world::World;

const FORM: &str = "application/x-www-form-urlencoded";
const NO_ID: &str = "01930000-0000-7000-8000-000000000000";

/// An address of this route; what it names need not exist.
fn address(path: &str) -> String {
    let path = path.replace("{digest}", &"ab".repeat(32)).replace("{stream}", "climate").replace("{version}", "1");
    let path = path.replace("{command}", NO_ID).replace("/devices/{id}", "/devices/hearth-0001");
    path.replace("/products/{id}", "/products/hearth-thermostat").replace("{id}", NO_ID)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_interface_asks_who_is_there() {
    let world = World::new().await;
    let backend = Arc::clone(world.server().house()) as Arc<dyn Backend>;
    let (nobody, forged) = (world.nobody(), world.nobody().with_token(&Secret::from_random([7; 32]).token_text()));
    let before = world.everything().await;
    let mut asked = 0;
    for row in holdfast_web::route_table(backend) {
        if !row.path.starts_with("/api/v1/") || matches!(row.access, Access::Public | Access::Reader) {
            continue;
        }
        let method: Method = row.method.parse().unwrap();
        for (caller, name) in [(&nobody, "not-signed-in"), (&forged, "token-refused")] {
            let reply = Api::send(caller.request(method.clone(), &address(row.path)).json(&json!({}))).await;
            assert_eq!((reply.status, reply.name()), (401, name), "{} {}", row.method, row.path);
        }
        asked += 1;
    }
    assert!(asked > 30, "{asked} routes");
    assert_eq!(world.counted("not-signed-in").await, asked);
    assert_eq!(world.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_does_not_suffice_is_refused_before_anything_is_read() {
    let world = World::with_product().await;
    world.units(1).await;
    let assessor = world.person("assessor").await;
    let engineer = world.person("release-engineer").await;
    let operator = world.person("fleet-operator").await;
    let device = "/api/v1/devices/hearth-0001";
    let cases = [
        (&assessor, Method::POST, format!("{device}/quarantine")),
        (&assessor, Method::POST, "/api/v1/batches".to_owned()),
        (&assessor, Method::POST, format!("/api/v1/deployments/{NO_ID}/abort")),
        (&assessor, Method::GET, format!("{device}/telemetry/climate")),
        (&engineer, Method::POST, format!("{device}/revoke")),
        (&engineer, Method::POST, format!("{device}/commands")),
        (&engineer, Method::GET, format!("{device}/telemetry/climate")),
        (&operator, Method::POST, "/api/v1/trust".to_owned()),
        (&operator, Method::PUT, "/api/v1/products/hearth-thermostat".to_owned()),
        (&operator, Method::POST, "/api/v1/releases?product=hearth-thermostat".to_owned()),
    ];
    for (caller, method, path) in cases {
        let order = Api::send(caller.request(method, &path).json(&json!({})));
        world.refused(&path, (403, "role-insufficient"), order).await;
    }
    let stranger = json!({"name": "Another", "role": "administrator"});
    let order = operator.post("/api/v1/sign-in-links", stranger);
    world.refused("a link for somebody else", (403, "role-insufficient"), order).await;
    assert_eq!(operator.get("/api/v1/me").await.ok()["role"], "fleet-operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_even_if_two_hold_it() {
    let world = World::uninvited().await;
    let (first, second) = (world.nobody(), world.nobody());
    let (a, b) = tokio::join!(first.sign_in(&world.invitation), second.sign_in(&world.invitation));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{a:?} {b:?}");
    assert!(matches!(statuses[1], 401 | 409), "{a:?} {b:?}");
    let late = world.nobody().sign_in(&world.invitation).await;
    assert_eq!((late.status, late.name()), (401, "link-used"));
    let unknown = world.nobody().sign_in(&Secret::from_random([9; 32]).text()).await;
    assert_eq!((unknown.status, unknown.name()), (401, "link-unknown"));
    let signed_in = if a.status == 200 { first } else { second };
    assert_eq!(signed_in.get("/api/v1/me").await.ok()["role"], "administrator");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_first_sign_in_a_start_invites_nobody() {
    let mut world = World::uninvited().await;
    world.restart().await;
    let again = world.server().invitation().unwrap().to_owned();
    assert_ne!(again, world.invitation, "each start before it makes a new link");
    world.nobody().sign_in(&again).await.ok();
    world.restart().await;
    assert_eq!(world.server().invitation(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_expired_token_is_refused_even_beside_a_good_cookie() {
    let world = World::new().await;
    let made = world.admin.post("/api/v1/tokens", json!({"label": "short", "days": 1})).await.ok();
    let caller = world.nobody().with_token(made["token"].as_str().unwrap());
    caller.get("/api/v1/me").await.ok();
    world.admin.delete(&format!("/api/v1/tokens/{}", made["id"].as_str().unwrap())).await.ok();
    let refused = caller.get("/api/v1/me").await;
    assert_eq!((refused.status, refused.name()), (401, "token-refused"));
    let unknown = world.admin.delete(&format!("/api/v1/tokens/{NO_ID}")).await;
    assert_eq!((unknown.status, unknown.name()), (404, "token-unknown"));

    let me = world.admin.get("/api/v1/me").await.ok();
    let secret = Secret::from_random(clock::random());
    let expired = ApiToken {
        id: TokenId::new(clock::now(), clock::random()),
        secret_hash: secret.hash(),
        person: me["id"].as_str().unwrap().parse().unwrap(),
        label: "over".to_owned(),
        created: Timestamp::from_micros(0),
        expires: Timestamp::from_micros(clock::now().as_micros() - 1),
        scope: holdfast_domain::people::scope::Scope::default(),
        revoked: None,
    };
    world.server().house().store().commit(Decision::quiet(vec![Change::AddToken(expired)])).unwrap();
    let browser = world.nobody();
    browser
        .sign_in(world.admin.post("/api/v1/sign-in-links", json!({})).await.ok()["url"].as_str().unwrap())
        .await
        .ok();
    browser.get("/api/v1/me").await.ok();
    let refused = browser.with_token(&secret.token_text()).get("/api/v1/me").await;
    assert_eq!((refused.status, refused.name()), (401, "token-refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_use_a_persons_cookie() {
    let world = World::uninvited().await;
    let browser = world.nobody();
    browser.sign_in(&world.invitation).await.ok();
    let order = || browser.request(Method::POST, "/api/v1/tokens").json(&json!({"label": "stolen", "days": 1}));
    let (before, counted) =
        (browser.get("/api/v1/tokens").await.ok(), |rows: &Value| rows["items"].as_array().map(Vec::len));
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let reply = Api::send(order().header(header, value)).await;
        assert_eq!((reply.status, reply.name()), (403, "cross-site-write"), "{header}: {value}");
    }
    let form = browser.request(Method::POST, "/console/people/token").header("sec-fetch-site", "same-origin");
    let reply = form.header("content-type", FORM).body("label=stolen&days=1").send().await.unwrap();
    assert_eq!(reply.status(), 403, "a form without the session's token");
    assert_eq!(counted(&browser.get("/api/v1/tokens").await.ok()), counted(&before));
    Api::send(order().header("sec-fetch-site", "same-origin")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_out() {
    let world = World::uninvited().await;
    let browser = world.nobody();
    browser.sign_in(&world.invitation).await.ok();
    let page = browser.request(Method::GET, "/console/people").send().await.unwrap().text().await.unwrap();
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let out = browser.request(Method::POST, "/sign-out").header("sec-fetch-site", "same-origin");
    let reply = out.header("content-type", FORM).body(format!("form_token={token}")).send().await.unwrap();
    assert!(reply.status().is_redirection(), "{}", reply.status());
    let refused = browser.get("/api/v1/me").await;
    assert_eq!((refused.status, refused.name()), (401, "not-signed-in"));
}

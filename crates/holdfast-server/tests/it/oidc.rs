//! The staff's own identity provider: one made by others (oidc-provider-mock) vouches for an account, which its person has
//! linked before; nothing else lets anybody in.

use std::process::Stdio;

use reqwest::header::LOCATION;
use reqwest::{Client, Response, Url};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::mail::{certify, python};
use crate::world::World;

/// A running provider; killed when dropped.
struct Provider {
    child: Child,
    dir: TempDir,
    port: u64,
}

impl Provider {
    async fn start(mode: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        certify(dir.path());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outside/oidc.py");
        let mut command = Command::new(python());
        command.arg(script).arg(dir.path()).arg(mode).stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.kill_on_drop(true).spawn();
        let mut child = child.unwrap_or_else(|why| panic!("{why}; `cargo xtask clients` installs what is missing"));
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next_line().await.unwrap();
        let said: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        Self { child, dir, port: said["port"].as_u64().unwrap() }
    }

    async fn world(&self) -> World {
        let (dir, port) = (self.dir.path().display(), self.port);
        std::fs::write(self.dir.path().join("client.secret"), "a secret of the client\n").unwrap();
        let settings = format!(
            "[oidc]\nissuer = \"https://localhost:{port}\"\nclient_id = \"holdfast\"\nname = \"Hearth accounts\"\n\
             client_secret_file = \"{dir}/client.secret\"\nca_file = \"{dir}/ca.pem\"\n"
        );
        World::configured(&settings).await
    }
}

/// A browser: cookies, and no redirect followed by itself.
fn browser() -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
    client.tls_danger_accept_invalid_certs(true).no_proxy().build().unwrap()
}

async fn get(browser: &Client, url: &str) -> Response {
    browser.get(url).send().await.unwrap()
}

fn location(answer: &Response) -> String {
    let status = answer.status();
    let to = answer.headers().get(LOCATION).unwrap_or_else(|| panic!("{status}: no way on"));
    to.to_str().unwrap().to_owned()
}

/// Begins at this path; signs in at the provider as `subject`; where the provider sends the browser back to.
async fn at_provider(browser: &Client, base: &str, path: &str, subject: &str) -> String {
    let ask = location(&get(browser, &format!("{base}{path}")).await);
    for part in
        ["response_type=code", "code_challenge_method=S256", "code_challenge=", "state=", "nonce=", "scope=openid"]
    {
        assert!(ask.contains(part), "{part}: {ask}");
    }
    let form = format!("sub={subject}");
    let form = browser.post(ask).header("content-type", "application/x-www-form-urlencoded").body(form);
    location(&form.send().await.unwrap())
}

/// Signs in by a one-time link.
async fn by_link(world: &World, browser: &Client) {
    let link = world.admin.post("/api/v1/sign-in-links", serde_json::json!({})).await.ok();
    let secret = link["url"].as_str().unwrap().split("link=").nth(1).unwrap().to_owned();
    let url = format!("{}/api/v1/sign-in", world.admin.base);
    let sent = browser.post(url).header("origin", &world.admin.base).json(&serde_json::json!({"link": secret}));
    assert!(sent.send().await.unwrap().status().is_success());
}

async fn role(world: &World, browser: &Client) -> Option<String> {
    let answer = get(browser, &format!("{}/api/v1/me", world.admin.base)).await;
    let body: serde_json::Value = answer.json().await.unwrap();
    body["role"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_account_that_its_person_has_linked_signs_in_and_only_where_it_was_begun() {
    let provider = Provider::start("honest").await;
    let world = provider.world().await;
    let base = world.admin.base.clone();
    let page = get(&browser(), &format!("{base}/sign-in")).await.text().await.unwrap();
    assert!(page.contains("Sign in with Hearth accounts"), "{page}");

    let stranger = browser();
    let back = at_provider(&stranger, &base, "/sign-in/oidc", "ada").await;
    let refused = get(&stranger, &back).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.text().await.unwrap().contains("not linked with anybody here"));
    assert_eq!(role(&world, &stranger).await, None, "no account comes from outside");

    let ada = browser();
    by_link(&world, &ada).await;
    let back = at_provider(&ada, &base, "/account/oidc/link", "ada").await;
    let other = get(&browser(), &back).await;
    assert_eq!(other.status(), 401, "another browser finishes nothing");
    let back = at_provider(&ada, &base, "/account/oidc/link", "ada").await;
    assert_eq!(location(&get(&ada, &back).await), "/account/oidc?done=linked");
    assert!(get(&ada, &format!("{base}/account/oidc")).await.text().await.unwrap().contains("Linked since"));

    let morning = browser();
    let back = at_provider(&morning, &base, "/sign-in/oidc?then=/console/devices", "ada").await;
    let mut wrong = Url::parse(&back).unwrap();
    wrong.query_pairs_mut().append_pair("iss", "https://id.elsewhere.example");
    assert_eq!(get(&morning, wrong.as_str()).await.status(), 401, "an answer of another issuer");
    assert_eq!(get(&morning, &back).await.status(), 401, "what was begun is used up by the first answer");
    let back = at_provider(&morning, &base, "/sign-in/oidc?then=/console/devices", "ada").await;
    assert_eq!(location(&get(&morning, &back).await), "/console/devices");
    assert_eq!(role(&world, &morning).await.as_deref(), Some("administrator"));
    assert_eq!(get(&morning, &back).await.status(), 401, "a code works once");

    let mallory = browser();
    let back = at_provider(&mallory, &base, "/sign-in/oidc", "mallory").await;
    assert_eq!(get(&mallory, &back).await.status(), 401);
    let kinds = world.kinds_from(0).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "identity-bound").count(), 1);
    assert!(world.admin.get("/api/v1/notices").await.ok().to_string().contains("sign-in-linked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_issuer_lets_nobody_in() {
    let provider = Provider::start("foreign").await;
    let world = provider.world().await;
    let ada = browser();
    by_link(&world, &ada).await;
    let back = at_provider(&ada, &world.admin.base, "/account/oidc/link", "ada").await;
    let refused = get(&ada, &back).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.text().await.unwrap().contains("does not hold"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_is_said_so_and_other_ways_in_stay() {
    let mut provider = Provider::start("honest").await;
    provider.child.kill().await.unwrap();
    let world = provider.world().await;
    let answer = get(&browser(), &format!("{}/sign-in/oidc", world.admin.base)).await;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("Try again later"));
}

//! Notices by mail, handed to a real mail server (aiosmtpd): protected, once, to whom they belong, and put off when it will not.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_server::clock;
use holdfast_store::notices::{Mail, MailState, Tried};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::api::Api;
use crate::world::{World, until};

const LOGIN: &str = "fleet:a long enough password";

/// A running mail server; killed when dropped.
struct MailServer {
    _child: Child,
    said: Lines<BufReader<ChildStdout>>,
    answers: ChildStdin,
    port: u64,
    dir: TempDir,
}

/// Writes a certificate for localhost and the authority that issued it: `server.pem`, `server.key`, `ca.pem`.
pub(crate) fn certify(dir: &Path) {
    let file = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    file("ca.pem", &authority.pem());
    file("server.pem", &own.pem());
    file("server.key", &key.serialize_pem());
}

/// Python with what `cargo xtask clients` has put beside it.
pub(crate) fn python() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    target.join("outside/py/bin/python")
}

impl MailServer {
    async fn start(mode: &str, login: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        certify(dir.path());
        std::fs::write(dir.path().join("password"), login.split_once(':').map_or("", |(_, password)| password))
            .unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outside/smtp.py");
        let mut command = Command::new(python());
        command.args([script, mode]).arg(dir.path()).arg(login).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.kill_on_drop(true).spawn();
        let mut child = child.unwrap_or_else(|why| panic!("{why}; `cargo xtask clients` installs what is missing"));
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let answers = child.stdin.take().unwrap();
        let mut server = Self { _child: child, said, answers, port: 0, dir };
        server.port = server.next().await["port"].as_u64().unwrap();
        server
    }

    /// What it says next.
    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(std::time::Duration::from_secs(30), self.said.next_line()).await;
        serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap()
    }

    /// Refuses the next mail with this answer.
    async fn refuse(&mut self, answer: &str) {
        self.answers.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    }

    fn settings(&self, tls: &str, login: bool) -> String {
        let (dir, port) = (self.dir.path().display(), self.port);
        let text = format!(
            "[mail]\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nfrom = \"fleet@hearth.example\"\nca_file = \"{dir}/ca.pem\"\n"
        );
        if login { format!("{text}user = \"fleet\"\npassword_file = \"{dir}/password\"\n") } else { text }
    }
}

/// The secret in the mail that confirms an address.
fn code(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let (_, rest) = text.split_once("/account/contact/confirm?code=").unwrap_or_else(|| panic!("no link: {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Says yes on the page of the link.
async fn confirm(world: &World, code: &str) -> String {
    let form = format!("code={code}");
    let request = world.nobody().request(Method::POST, "/account/contact/confirm").body(form);
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("origin", &world.admin.base);
    request.send().await.unwrap().text().await.unwrap()
}

async fn wish(admin: &Api, address: &str, language: &str) {
    let request = admin.request(Method::PUT, "/api/v1/contact").header("accept-language", language);
    Api::send(request.json(&json!({"address": address}))).await.ok();
}

async fn me(world: &World) -> holdfast_core::id::PersonId {
    world.admin.get("/api/v1/me").await.ok()["id"].as_str().unwrap().parse().unwrap()
}

async fn tell(world: &World, kind: NoticeKind) {
    let notice = Notice::new(me(world).await, kind, clock::now()).fact("product", "Hearth").fact("version", "1.2.0");
    world.server().house().store().commit(Decision::quiet(vec![Change::AddNotice(notice)])).unwrap();
}

async fn mails(world: &World) -> Vec<Mail> {
    world.server().house().store().mail_of(me(world).await, 50).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_confirmed_by_its_link_and_a_change_is_told_to_the_old_one_and_the_new_one() {
    let mut server = MailServer::start("starttls", LOGIN).await;
    let world = World::configured(&server.settings("starttls", true)).await;
    wish(&world.admin, "ada@mail.example", "en").await;
    let link = server.next().await;
    assert_eq!((&link["to"], &link["tls"], &link["login"]), (&json!(["ada@mail.example"]), &json!(true), &json!(true)));
    assert_eq!((link["type"].as_str(), link["from"].as_str()), (Some("text/plain"), Some("fleet@hearth.example")));
    assert_eq!(world.admin.get("/api/v1/contact").await.ok()["address"], Value::Null, "not yet");
    assert!(confirm(&world, &"0".repeat(64)).await.contains("not known"));
    assert!(confirm(&world, &code(&link)).await.contains("The address is confirmed"));
    assert!(confirm(&world, &code(&link)).await.contains("not known"), "a link works once");
    let told = server.next().await;
    assert_eq!(
        (&told["to"], told["subject"].as_str()),
        (&json!(["ada@mail.example"]), Some("The address for your notices was changed"))
    );

    wish(&world.admin, "ada@other.example", "de").await;
    let link = server.next().await;
    assert!(link["text"].as_str().unwrap().contains("Öffnen Sie diesen Link"), "{link}");
    assert!(confirm(&world, &code(&link)).await.contains("The address is confirmed"));
    let mut both = [server.next().await, server.next().await];
    both.sort_by_key(|mail| mail["to"].to_string());
    assert_eq!(both.each_ref().map(|mail| mail["to"][0].as_str().unwrap()), ["ada@mail.example", "ada@other.example"]);
    assert_ne!(both[0]["id"], both[1]["id"]);
    let lines = world.kinds_from(0).await;
    assert_eq!(lines.iter().filter(|kind| *kind == "contact-confirmed").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_goes_out_once_in_its_persons_language_and_says_nothing_to_trackers() {
    let mut server = MailServer::start("tls", "-").await;
    let world = World::configured(&server.settings("tls", false)).await;
    wish(&world.admin, "ada@mail.example", "de").await;
    let link = server.next().await;
    confirm(&world, &code(&link)).await;
    server.next().await;
    tell(&world, NoticeKind::UpdateInstalled).await;
    let mail = server.next().await;
    assert_eq!(mail["subject"], "Hearth wurde aktualisiert");
    assert!(mail["tls"] == true && mail["text"].as_str().unwrap().contains("Version 1.2.0"), "{mail}");
    let headers = [
        "Auto-Submitted",
        "Content-Language",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
    ];
    let mut expected = headers.to_vec();
    expected.extend(["Message-ID", "Subject", "To"]);
    let mut sent: Vec<&str> = mail["headers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    sent.sort_unstable();
    expected.sort_unstable();
    assert_eq!(
        sent.iter().map(|h| h.to_lowercase()).collect::<Vec<_>>(),
        expected.iter().map(|h| h.to_lowercase()).collect::<Vec<_>>()
    );
    until("the mail written down", || async {
        mails(&world).await.iter().all(|mail| mail.state == MailState::Sent).then_some(())
    })
    .await;
    tell(&world, NoticeKind::UpdateFailed).await;
    assert_eq!(
        server.next().await["subject"],
        "Ein Update von Hearth wurde nicht installiert",
        "nothing came twice before it"
    );
    let standing = world.admin.get("/api/v1/mail").await.ok();
    assert_eq!((&standing["sends"], &standing["given_up"]), (&json!(true), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_put_off_is_tried_again_and_one_refused_for_good_is_given_up_with_an_alert() {
    let mut server = MailServer::start("starttls", "-").await;
    let world = World::configured(&server.settings("starttls", false)).await;
    let store = world.server().house().store();
    wish(&world.admin, "ada@mail.example", "en").await;
    confirm(&world, &code(&server.next().await)).await;
    server.next().await;
    server.refuse("451 4.3.0 come back later").await;
    tell(&world, NoticeKind::Alarm).await;
    assert!(server.next().await["refused"].as_str().unwrap().starts_with("451"));
    let waits = until("the try written down", || async {
        mails(&world).await.into_iter().find(|mail| mail.state == MailState::Waiting && mail.tries == 1)
    });
    let waits = waits.await;
    assert_eq!(waits.answer.as_deref(), Some("put-off"));
    assert!(waits.next > clock::now(), "it is not tried at once");
    let again = |id, tries| {
        let (state, next) = (MailState::Waiting, Timestamp::from_micros(0));
        store.mail_tried(&Tried { id, state, next, tries, answer: None }).unwrap();
    };
    again(waits.id, 1);
    assert_eq!(server.next().await["to"], json!(["ada@mail.example"]));

    server.refuse("550 5.1.1 no such mailbox").await;
    tell(&world, NoticeKind::Quarantined).await;
    server.next().await;
    let waits = until("the refusal written down", || async {
        mails(&world).await.into_iter().find(|mail| mail.answer.as_deref() == Some("refused"))
    });
    let waits = waits.await;
    server.refuse("550 5.1.1 no such mailbox").await;
    again(waits.id, 2);
    server.next().await;
    let alert = until("the alert", || async {
        let alerts = world.admin.get("/api/v1/alerts").await.ok();
        alerts["items"].as_array().unwrap().iter().find(|alert| alert["kind"] == "mail-given-up").cloned()
    });
    assert!(!alert.await.to_string().contains("mail.example"), "an alert names no address");
    assert_eq!(world.admin.get("/api/v1/mail").await.ok()["given_up"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_in_clear_where_protection_was_asked_for_nor_to_a_stranger_in_the_mail_servers_place() {
    let bare = MailServer::start("bare", "-").await;
    let world = World::configured(&bare.settings("starttls", false)).await;
    wish(&world.admin, "ada@mail.example", "en").await;
    let answer = |world| async move { mails(world).await.into_iter().find_map(|mail| mail.answer) };
    assert_eq!(until("a try", || answer(&world)).await, "protection-not-offered");

    let (right, stranger) = (MailServer::start("tls", "-").await, MailServer::start("tls", "-").await);
    let settings = right.settings("tls", false).replace(&right.port.to_string(), &stranger.port.to_string());
    let world = World::configured(&settings).await;
    wish(&world.admin, "ada@mail.example", "en").await;
    let tried = until("a try", || answer(&world)).await;
    assert!(["tls-failed", "unreachable"].contains(&tried.as_str()), "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_addresses_are_refused_and_notices_wait_on_the_pages() {
    let world = World::new().await;
    let refused = world.admin.request(Method::PUT, "/api/v1/contact").json(&json!({"address": "ada@mail.example"}));
    let reply = Api::send(refused).await;
    assert_eq!((reply.status, reply.name()), (409, "mail-not-configured"));
    tell(&world, NoticeKind::Alarm).await;
    let told = world.admin.get("/api/v1/notices").await.ok();
    assert_eq!(told["items"][0]["kind"], "alarm");
    world.admin.post("/api/v1/notices/read", json!({})).await.ok();
    assert_ne!(world.admin.get("/api/v1/notices").await.ok()["items"][0]["read_us"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_would_break_a_header_is_refused_by_name() {
    let server = MailServer::start("starttls", "-").await;
    let world = World::configured(&server.settings("starttls", false)).await;
    for bad in ["ada@mail.example\r\nBcc: all@mail.example", "ada", "ada@mail.example,bob@mail.example", ""] {
        let reply = Api::send(world.admin.request(Method::PUT, "/api/v1/contact").json(&json!({"address": bad}))).await;
        assert_eq!((reply.status, reply.name()), (422, "address-malformed"), "{bad:?}");
    }
    for n in 0..5 {
        wish(&world.admin, &format!("ada{n}@mail.example"), "en").await;
    }
    let reply = Api::send(world.admin.request(Method::PUT, "/api/v1/contact").json(&json!({"address": "b@c.example"})));
    let reply = reply.await;
    assert_eq!((reply.status, reply.name()), (429, "address-links-too-many"));
}

//! The built program, run as a person runs it: exit codes, JSON everywhere, quiet when its reader goes away.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use holdfast_core::release::ReleaseFacts;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::maker::{self, MAKER, PRODUCT, document, image, signed_by};
use crate::world::{COSE, World, until};

/// What owners read about a release, as flags.
const NOTE: &[&str] = &["--risk", "None.", "--urgency", "whenever", "--interruption", "1", "--to-do", "nothing"];

/// What a run of the program left.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// What it printed, as JSON.
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    /// Exit code and name of a failure, as the JSON on standard error says.
    #[track_caller]
    fn failed(&self) -> (i32, String) {
        assert!(self.out.is_empty(), "{}", self.out);
        let said: Value = serde_json::from_str(&self.err).unwrap();
        assert_eq!(said["error"]["exit"], self.code);
        assert!(!said["error"]["text"].as_str().unwrap().is_empty());
        (self.code, said["error"]["name"].as_str().unwrap_or("–").to_owned())
    }
}

fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.stdin(Stdio::null()).env_clear().env("HOLDFAST_PROFILE", dir.join("profile.toml")).kill_on_drop(true);
    command
}

async fn run(dir: &Path, args: &[&str]) -> Ran {
    let done = program(dir).args(args).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) };
    assert!(!ran.err.contains("panicked"), "{args:?}: {}", ran.err);
    ran
}

/// The same, asking for JSON.
async fn json(dir: &Path, args: &[&str]) -> Ran {
    run(dir, &[args, &["-o", "json"]].concat()).await
}

async fn login(world: &World) -> PathBuf {
    let dir = world.dir.path().to_owned();
    let link = world.admin.post("/api/v1/sign-in-links", json!({})).await.ok();
    let link = format!("{}{}", world.admin.base, link["url"].as_str().unwrap());
    let ca = dir.join("state/ca.pem");
    let args = ["login", "--link", &link, "--ca", ca.to_str().unwrap()];
    json(&dir, &args).await.json();
    let again = json(&dir, &args).await.failed();
    assert_eq!(again, (3, "link-used".to_owned()));
    dir
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_ends_with_2_and_says_so_in_json_too() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for args in [
        &["device", "lits"][..],
        &["device", "show"],
        &["device", "show", "../x"],
        &["deployment", "create", "no-id"],
        &["key", "create", "--role", "owner", "--out", "x"],
        &["login", "--link", "http://localhost/", "--ca", "/nowhere"],
        &["ledger", "verify", "/nowhere/ledger.txt"],
        &["device", "list"],
        &["status"],
        &["token", "create", "--label", "x", "--days", "91"],
    ] {
        assert_eq!(json(dir, args).await.failed().0, 2, "{args:?}");
        let plain = run(dir, args).await;
        assert_eq!(plain.code, 2, "{args:?}");
        assert!(plain.out.is_empty() && !plain.err.is_empty(), "{args:?}");
    }
    let bare = run(dir, &[]).await;
    assert!(bare.code == 2 && bare.err.contains("Examples:"), "{}", bare.err);
    for args in
        [&["--help"][..], &["--version"], &["device", "--help"], &["release", "create", "-h"], &["help", "shadow"]]
    {
        let help = run(dir, args).await;
        assert!(help.code == 0 && !help.out.is_empty() && help.err.is_empty(), "{args:?}: {help:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_4() {
    let mut world = World::new().await;
    let dir = login(&world).await;
    assert_eq!(json(&dir, &["whoami"]).await.json()["role"], "administrator");
    world.stop().await;
    for args in [&["device", "list"][..], &["status"], &["refusals"]] {
        assert_eq!(json(&dir, args).await.failed().0, 4, "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_ca_is_not_believed() {
    let (world, other) = (World::new().await, World::new().await);
    let dir = login(&world).await;
    let profile = std::fs::read_to_string(dir.join("profile.toml")).unwrap();
    std::fs::write(dir.join("profile.toml"), profile.replace(&world.admin.base, &other.admin.base)).unwrap();
    let ran = json(&dir, &["whoami"]).await;
    assert_eq!(ran.failed().0, 4, "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_house_says_what_to_do_next_and_a_full_one_shows_everything() {
    let world = World::new().await;
    let dir = login(&world).await;
    for (args, hint) in [
        (&["product", "list"][..], "holdfast product create"),
        (&["batch", "list"], "holdfast factory manifest"),
        (&["device", "list"], "holdfast batch import"),
        (&["release", "list"], "holdfast release create"),
        (&["deployment", "list"], "holdfast deployment create"),
        (&["alert", "list"], "No alert is open."),
        (&["status"], "holdfast product create"),
    ] {
        let shown = run(&dir, args).await;
        assert!(shown.code == 0 && shown.out.contains(hint), "{args:?}: {shown:?}");
        assert!(json(&dir, args).await.json().is_array() || args == ["status"], "{args:?}");
    }
    assert_eq!(json(&dir, &["trust", "status"]).await.failed(), (3, "trust-unknown".to_owned()));

    // The maker's way, with files.
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    json(&dir, &["trust", "authority", "--out", &file("authority.json")]).await.json();
    let content = world.maker.content(&std::fs::read_to_string(dir.join("authority.json")).unwrap());
    let trust = document(&content, &[&world.maker.root[0], &world.maker.root[2]]);
    std::fs::write(dir.join("trust-1.cose"), &trust).unwrap();
    json(&dir, &["trust", "upload", &file("trust-1.cose")]).await.json();
    assert_eq!(json(&dir, &["trust", "status"]).await.json()["version"], 1);
    json(&dir, &["trust", "download", "1", "--out", &file("trust-copy.cose")]).await.json();
    assert_eq!(std::fs::read(dir.join("trust-copy.cose")).unwrap(), trust);
    std::fs::write(dir.join("model.json"), crate::world::MODEL).unwrap();
    let product = ["product", "create", PRODUCT, "--model", &file("model.json"), "--vendor-domain", MAKER];
    json(&dir, &product).await.json();
    let bytes = image("1");
    std::fs::write(dir.join("image.tar"), &bytes).unwrap();
    std::fs::write(dir.join("release-1.suit"), world.maker.signed(&maker::release(1, &bytes))).unwrap();
    let upload = ["release", "upload", &file("release-1.suit"), "--image", &file("image.tar"), "--product", PRODUCT];
    let upload = [&upload[..], NOTE].concat();
    let release = json(&dir, &upload).await.json();
    let id = release["id"].as_str().unwrap();
    json(&dir, &["release", "download", id, "--out", &file("copy.suit")]).await.json();
    let verify = ["release", "verify", &file("copy.suit"), "--trust", &file("trust-copy.cose"), "--product", PRODUCT];
    json(&dir, &[&verify[..], &["--image", &file("image.tar")]].concat()).await.json();
    world.fleet(2).await;
    let deployment = json(&dir, &["deployment", "create", id, "--phases", "50,100"]).await.json();
    let status = json(&dir, &["status"]).await.json();
    let seen =
        ["devices", "preauthorised", "quarantined", "alerts", "running", "trust"].map(|name| status[name].clone());
    assert_eq!(seen, [2, 0, 0, 0, 1, 1].map(|n| json!(n)), "{status}");
    let screen = run(&dir, &["status"]).await.out;
    assert!(screen.contains("phase 1 of 2, 0 of 2 succeeded"), "{screen}");
    for args in [
        &["product", "show", PRODUCT][..],
        &["release", "show", id],
        &["release", "list", "--product", PRODUCT],
        &["deployment", "show", deployment["id"].as_str().unwrap()],
        &["device", "show", "hearth-0001"],
        &["device", "list", "--state", "accepted", "--prefix", "hearth-"],
        &["device", "commands", "hearth-0001"],
        &["device", "ledger", "hearth-0001"],
        &["device", "telemetry", "hearth-0001", "climate"],
        &["shadow", "show", "hearth-0001"],
        &["token", "list"],
        &["link"],
        &["refusals"],
        &["conformity", "report", "--status", "met"],
    ] {
        let shown = run(&dir, args).await;
        assert!(shown.code == 0 && !shown.out.is_empty() && !shown.out.contains("_us"), "{args:?}: {shown:?}");
        json(&dir, args).await.json();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_undone_is_asked_for_and_a_refusal_is_3() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let dir = login(&world).await;
    let state = || async { world.admin.get("/api/v1/devices/hearth-0001").await.ok()["state"].clone() };
    assert_eq!(json(&dir, &["device", "revoke", "hearth-0001"]).await.failed().0, 2, "there is nobody to ask");
    assert_eq!(state().await, "accepted");
    json(&dir, &["device", "revoke", "hearth-0001", "--yes"]).await.json();
    assert_eq!(state().await, "revoked");
    for (args, name) in [
        (&["device", "revoke", "hearth-0001", "--yes"][..], "already-revoked"),
        (&["device", "show", "hearth-0009"], "device-unknown"),
        (&["device", "quarantine", "hearth-0001"], "device-revoked"),
        (&["shadow", "set", "hearth-0001", "targetTemperature=99"], "out-of-range"),
        (&["deployment", "abort", "01930000-0000-7000-8000-000000000000", "--yes"], "deployment-unknown"),
        (&["token", "revoke", "01930000-0000-7000-8000-000000000000"], "token-unknown"),
    ] {
        let (code, said) = json(&dir, args).await.failed();
        assert_eq!(code, 3, "{args:?}");
        assert!(said == name || name == "out-of-range", "{args:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_verify_is_5() {
    let world = World::with_product().await;
    let dir = login(&world).await;
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let ledger = file("ledger.txt");
    let exported = json(&dir, &["ledger", "export", "--out", &ledger]).await.json();
    let verified = json(&dir, &["ledger", "verify", &ledger]).await.json();
    assert_eq!((&verified["lines"], &verified["key_from_file"]), (&exported["lines"], &json!(true)));
    assert!(!dir.join("ledger.txt.part").exists());
    let key = world.admin.get("/api/v1/authority").await.ok()["ledger_key"].as_str().unwrap().to_owned();
    json(&dir, &["ledger", "verify", &ledger, "--key", &key]).await.json();
    let changed = std::fs::read_to_string(&ledger).unwrap().replacen("signed-in", "signed-on", 1);
    std::fs::write(&ledger, changed).unwrap();
    assert_eq!(json(&dir, &["ledger", "verify", &ledger]).await.failed(), (5, "root-differs".to_owned()));

    let bytes = image("1");
    let facts: ReleaseFacts = maker::release(1, &bytes);
    std::fs::write(dir.join("half.suit"), signed_by(&facts, &world.maker.release[..1])).unwrap();
    std::fs::write(dir.join("whole.suit"), world.maker.signed(&facts)).unwrap();
    std::fs::write(dir.join("other.tar"), image("2")).unwrap();
    json(&dir, &["trust", "download", "1", "--out", &file("trust.cose")]).await.json();
    let verify = |envelope: &str| {
        ["release", "verify", envelope, "--trust", &file("trust.cose"), "--product", PRODUCT]
            .map(str::to_owned)
            .to_vec()
    };
    let refused = |args: Vec<String>| {
        let dir = dir.clone();
        async move { json(&dir, &args.iter().map(String::as_str).collect::<Vec<_>>()).await.failed() }
    };
    assert_eq!(refused(verify(&file("half.suit"))).await, (5, "too-few-signatures".to_owned()));
    let mut with_image = verify(&file("whole.suit"));
    with_image.extend(["--image".to_owned(), file("other.tar")]);
    assert_eq!(refused(with_image).await.0, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_fault() {
    let world = World::with_product().await;
    world.units(50).await;
    let dir = login(&world).await;
    for args in
        [&["device", "list"][..], &["device", "list", "-o", "json"], &["completion", "bash"], &["--help"], &["status"]]
    {
        let mut child = program(&dir).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().await.unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(0) && said.is_empty(), "{args:?}: {} {said}", done.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logs_out_leaves_no_token_and_no_profile() {
    let world = World::new().await;
    let dir = login(&world).await;
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(dir.join("profile.toml")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let token = json(&dir, &["token", "create", "--label", "for a script", "--days", "1"]).await.json();
    let live = || async { json(&dir, &["token", "list"]).await.json().as_array().unwrap().len() };
    let before = live().await;
    json(&dir, &["token", "revoke", token["id"].as_str().unwrap()]).await.json();
    assert_eq!(live().await, before - 1);
    json(&dir, &["logout"]).await.json();
    assert!(!dir.join("profile.toml").exists());
    let tokens = world.admin.get("/api/v1/tokens").await.ok();
    assert_eq!(tokens["items"].as_array().unwrap().len(), before - 2, "{tokens}");
    assert_eq!(json(&dir, &["whoami"]).await.failed().0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_process_ends_in_order_and_keeps_what_it_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let any = "127.0.0.1:0";
    let serve = || {
        let mut command = program(dir.path());
        command.args(["serve", "--people", any, "--devices", any, "--mqtt", any, "--state"]).arg(&state);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let addresses = state.join("addresses.json");
    for _ in 0..2 {
        let server = serve().spawn().unwrap();
        until("the doors", || async { addresses.exists().then_some(()) }).await;
        let second = serve().output().await.unwrap();
        assert_eq!(second.status.code(), Some(1), "the state is in use");
        let pid = rustix::process::Pid::from_raw(i32::try_from(server.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let done = server.wait_with_output().await.unwrap();
        let log = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success() && log.trim_end().ends_with("stopped"), "{} {log}", done.status);
        assert!(String::from_utf8(done.stdout).unwrap().contains("/sign-in?link="));
        assert!(!addresses.exists());
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&state).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
}

/// What the interface takes and the command line gives are the same thing.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_what_the_file_holds() {
    let world = World::with_product().await;
    let dir = login(&world).await;
    // More than one piece, and not a multiple of one.
    let mut bytes = image("big");
    bytes.resize(3_000_017, 7);
    std::fs::write(dir.join("big.tar"), &bytes).unwrap();
    let envelope = world.maker.signed(&maker::release(1, &bytes));
    std::fs::write(dir.join("big.suit"), &envelope).unwrap();
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let upload = ["release", "upload", &file("big.suit"), "--image", &file("big.tar"), "--product", PRODUCT];
    let upload = [&upload[..], NOTE].concat();
    assert_eq!(json(&dir, &upload).await.json()["artifact_bytes"], 3_000_017);
    std::fs::write(dir.join("other.tar"), image("2")).unwrap();
    let other = ["release", "upload", &file("big.suit"), "--image", &file("other.tar"), "--product", PRODUCT];
    let other = [&other[..], NOTE].concat();
    assert_eq!(json(&dir, &other).await.failed().0, 3);
    let again = world.admin.bytes(Method::POST, "/api/v1/releases?product=hearth-thermostat", COSE, envelope).await;
    assert_eq!((again.status, again.name()), (422, "sequence-not-newer"));
}

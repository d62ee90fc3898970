//! The local door as a phone meets it: the real agent, `curl` as the client, no server anywhere.

use std::io::{BufRead as _, BufReader, Lines};
use std::net::TcpListener;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_core::cose::{Signer as _, SoftwareKey};
use holdfast_core::hash::Sha256Digest;
use serde_json::{Value, json};

use crate::device::{Device, agent, refused};

/// A lamp that says on the pipe what it is told.
const LAMP: &str = r#"exec 3> $HOLDFAST_DATA/told
printf '{"reported":{"on":false}}\n'
echo up >&3
while IFS= read -r line; do case $line in
*'"restore":'*) echo "$line" >&3 ;;
*'"name":"Button'*'"pairing"'*) printf '{"button":"confirm"}\n' ;;
*'"confirm":{'*) echo "$line" >&3 ;;
*'"desired":'*) case $line in *'"on":true'*) now=true ;; *) now=false ;; esac
    printf '{"reported":{"on":%s}}\n' $now; echo "on $now" >&3 ;;
*'"command":'*) id=$(printf '%s' "$line" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
    printf '{"result":{"id":"%s","ok":true,"output":{}}}\n' "$id"; echo acted >&3 ;;
esac; done"#;
const DECLARED: &str = r#"{"title":"Lamp","controls":{"properties":{"on":{"title":"Light","type":"boolean"}},
    "actions":{"identify":{"title":"Blink"}}},"power_on":{"on":"restore"}}"#;

pub(crate) struct House {
    pub(crate) device: Device,
    pub(crate) port: u16,
    told: Lines<BufReader<std::fs::File>>,
}

impl House {
    fn with_lamp(more: &str) -> Self {
        Self::running_this(LAMP, DECLARED, more)
    }

    /// A device with this application and declaration, and more lines of its local door.
    pub(crate) fn running_this(application: &str, declared: &str, more: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let device = Device::made();
        device.configure(&format!("[local]\nport = {port}\ninterfaces = [\"lo\"]\nannounce = false\n{more}"));
        device.install_release(&Device::release_with(1, application, &[("holdfast.json", declared)]));
        let both_ends = std::fs::File::options().read(true).write(true).open(device.told()).unwrap();
        Self { device, port, told: BufReader::new(both_ends).lines() }
    }

    /// Waits until the lamp is up, and for the first line that it was told.
    fn up(&mut self) -> String {
        assert_eq!(self.next(), "up");
        self.next()
    }

    pub(crate) fn next(&mut self) -> String {
        self.told.next().unwrap().unwrap()
    }

    fn call(&self, (method, path): (&str, &str), body: Option<Value>, more: &[&str]) -> (u16, Value) {
        let mut curl = Command::new("curl");
        curl.args(["-sk", "--max-time", "20", "-w", "\n%{http_code}", "-X", method]);
        if let Some(body) = body {
            curl.args(["-H", "Content-Type: application/json", "-d", &body.to_string()]);
        }
        for field in more {
            curl.args(["-H", field]);
        }
        let output = curl.arg(format!("https://127.0.0.1:{}{path}", self.port)).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap_or(("", "0"));
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn with(&self, token: &str, what: (&str, &str), body: Option<Value>) -> (u16, Value) {
        self.call(what, body, &[&format!("Authorization: Bearer {token}")])
    }

    /// A first link up to the question at the device.
    fn ask_to_pair(&self, key: &SoftwareKey, permissions: &[&str]) -> (String, Value) {
        self.ask_to_pair_as("Ana's phone", key, permissions)
    }

    fn ask_to_pair_as(&self, name: &str, key: &SoftwareKey, permissions: &[&str]) -> (String, Value) {
        let spki = key.public_key().to_spki_der();
        let nonce = [5_u8; 32];
        let link = json!({
            "name": name, "permissions": permissions, "commitment": b64(Sha256Digest::of(&nonce).as_bytes()),
            "key": { "kty": "OKP", "crv": "Ed25519", "x": b64(&spki[spki.len() - 32..]) },
        });
        let (status, begun) = self.call(("POST", "/local/v1/pairing"), Some(link), &[]);
        assert_eq!(status, 202, "{begun}");
        let path = format!("/local/v1/pairing/{}", begun["pairing"].as_str().unwrap());
        let (status, opened) = self.call(("POST", &path), Some(json!({ "nonce": b64(&nonce) })), &[]);
        assert_eq!(status, 202, "{opened}");
        (path, opened)
    }

    pub(crate) fn local(&self, words: &[&str]) -> std::process::Output {
        let dir = self.device.dir();
        agent(&[&["local"], words, &["--dir", &dir, "-o", "json"]].concat())
    }

    /// Pairs a key, confirmed on the command line.
    fn pair(&mut self, key: &SoftwareKey, permissions: &[&str]) {
        let (path, _) = self.ask_to_pair(key, permissions);
        let asked: Value = serde_json::from_str(&self.next()).unwrap();
        let code = asked["confirm"]["code"].as_str().unwrap();
        let done = self.local(&["confirm", code]);
        assert!(done.status.success(), "{done:?}");
        let (_, standing) = self.call(("GET", &path), None, &[]);
        assert_eq!(standing["state"], "confirmed");
    }

    fn sign_in(&self, key: &SoftwareKey) -> (u16, Value) {
        let (_, nonce) = self.call(("POST", "/local/v1/nonce"), Some(json!({})), &[]);
        let fingerprint: Sha256Digest = nonce["fingerprint"].as_str().unwrap().parse().unwrap();
        let challenge = URL_SAFE_NO_PAD.decode(nonce["nonce"].as_str().unwrap()).unwrap();
        let message = [b"holdfast-local-token-1\0".as_slice(), fingerprint.as_bytes(), &challenge].concat();
        let ask = json!({
            "controller": key.public_key().key_id().to_string(), "nonce": nonce["nonce"],
            "signature": b64(&key.sign(&message).unwrap()),
        });
        self.call(("POST", "/local/v1/token"), Some(ask), &[])
    }

    fn token(&self, key: &SoftwareKey) -> String {
        let (status, given) = self.sign_in(key);
        assert_eq!(status, 200, "{given}");
        given["token"].as_str().unwrap().to_owned()
    }
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn phone() -> SoftwareKey {
    SoftwareKey::ed25519(&[21; 32])
}

#[test]
fn a_phone_operates_the_device_without_any_server_also_after_both_restarted() {
    let mut house = House::with_lamp("");
    let mut running = house.device.run();
    assert_eq!(house.up(), r#"{"restore":{"ask":[],"off":[],"state":{}}}"#, "a new device remembers nothing");
    house.pair(&phone(), &["read", "control"]);
    let token = house.token(&phone());
    let (status, state) = house.with(&token, ("GET", "/local/v1/state"), None);
    assert_eq!((status, &state["controls"]["properties"]["on"]["title"]), (200, &json!("Light")));
    let wish = json!({ "desired": { "on": true } });
    assert_eq!(house.with(&token, ("PATCH", "/local/v1/state"), Some(wish.clone())).0, 202);
    assert_eq!(house.next(), "on true");
    assert_eq!(house.with(&token, ("POST", "/local/v1/actions/identify"), Some(json!({}))).0, 200);
    assert_eq!(house.next(), "acted");
    let (_, happened) = house.with(&token, ("GET", "/local/v1/events"), None);
    assert!(happened.to_string().contains("local-change"), "{happened}");
    let (_, state) = house.with(&token, ("GET", "/local/v1/state"), None);
    assert_eq!((&state["reported"]["on"], &state["desired"]), (&json!(true), &json!({})));
    running.stop();

    let mut running = house.device.run();
    assert_eq!(house.up(), r#"{"restore":{"ask":[],"off":[],"state":{"on":true}}}"#, "from the device's own medium");
    assert_eq!(
        house.with(&token, ("GET", "/local/v1/state"), None).0,
        401,
        "a token does not outlive the device's run"
    );
    let token = house.token(&phone());
    assert_eq!(house.with(&token, ("GET", "/local/v1/status"), None).1["online"], false);
    assert_eq!(house.with(&token, ("PATCH", "/local/v1/state"), Some(wish)).0, 202);
    assert_eq!(house.next(), "on true");
    running.stop();
}

#[test]
fn whoever_is_not_paired_learns_nothing_and_changes_nothing() {
    let mut house = House::with_lamp("confirm_within_s = 10\n");
    let mut running = house.device.run();
    house.up();
    for what in
        [("GET", "/local/v1/status"), ("PATCH", "/local/v1/state"), ("GET", "/local/v1/nonsense"), ("GET", "/x")]
    {
        let (status, answer) = house.call(what, None, &[]);
        assert_eq!((status, &answer["error"]["name"]), (403, &json!("sign-in-needed")), "{what:?}");
    }
    let (path, opened) = house.ask_to_pair(&phone(), &["read"]);
    assert!(!opened.to_string().contains("hearth"), "{opened}");
    assert!(house.next().contains(r#""name":"Ana's phone""#));
    let other = json!({ "name": "x", "permissions": ["read"], "commitment": b64(&[0; 32]), "key": {"kty": "x", "crv": "x", "x": "x"} });
    assert_eq!(house.call(("POST", "/local/v1/pairing"), Some(other), &[]).0, 409, "one at a time");
    assert_eq!(house.call(("GET", &path), None, &[]).1, json!({ "state": "waiting" }));
    assert!(house.local(&["deny"]).status.success());
    assert_eq!(house.call(("GET", &path), None, &[]).1, json!({ "state": "denied" }));
    assert_eq!(house.sign_in(&phone()).0, 401);
    assert!(refused(&house.local(&["confirm", "123456"]), 3).contains("nothing-to-confirm"));
    running.stop();
    let queued = events(&house.device);
    assert!(queued.contains("local-pairing-denied") && queued.contains("local-sign-in-failed"), "{queued}");
}

#[test]
fn a_controller_that_was_removed_is_out_at_once_and_permissions_are_kept() {
    let mut house = House::with_lamp("");
    let mut running = house.device.run();
    house.up();
    house.pair(&phone(), &["read"]);
    let token = house.token(&phone());
    let wish = json!({ "desired": { "on": true } });
    for what in [("PATCH", "/local/v1/state"), ("POST", "/local/v1/actions/identify"), ("POST", "/local/v1/reset")] {
        assert_eq!(house.with(&token, what, Some(wish.clone())).1["error"]["name"], "permission-missing", "{what:?}");
    }
    let listed: Value = serde_json::from_slice(&house.local(&["list"]).stdout).unwrap();
    let id = listed["controllers"][0]["controller"].as_str().unwrap().to_owned();
    assert!(house.local(&["revoke", &id[..12]]).status.success());
    assert_eq!(house.with(&token, ("GET", "/local/v1/state"), None).0, 401);
    assert_eq!(house.sign_in(&phone()).0, 401);
    running.stop();
}

#[test]
fn a_button_on_the_device_confirms_and_a_reset_from_a_phone_needs_a_person_at_the_device() {
    let mut house = House::with_lamp("");
    let mut running = house.device.run();
    house.up();
    let (path, _) = house.ask_to_pair_as("Button phone", &phone(), &["read", "manage"]);
    let confirmed = (0..200).any(|_| house.local(&["list"]).stdout.windows(6).any(|part| part == b"Button"));
    assert!(confirmed, "the button was heard");
    assert_eq!(house.call(("GET", &path), None, &[]).1["state"], "confirmed");
    let token = house.token(&phone());
    let before = house.device.status()["local_fingerprint"].clone();
    let reset = ("POST", "/local/v1/reset");
    let (_, waiting) = house.ask_to_pair_as("Another phone", &SoftwareKey::ed25519(&[22; 32]), &["read"]);
    assert!(house.next().contains("Another phone"), "the device asks");
    let refused = house.with(&token, reset, Some(json!({})));
    assert_eq!(refused.0, 409, "a button pressed for the pairing must not confirm a reset: {}", refused.1);
    assert!(house.local(&["deny"]).status.success(), "{waiting}");
    assert_eq!(house.with(&token, reset, Some(json!({}))).0, 202);
    assert!(house.next().contains("factory-reset"), "the device asks");
    assert_eq!(house.with(&token, ("GET", "/local/v1/status"), None).0, 200, "nothing has happened yet");
    assert!(house.local(&["confirm", "reset"]).status.success());
    let renewed = (0..2_000).any(|_| {
        let status = house.device.status();
        status["local_fingerprint"].is_string()
            && status["local_fingerprint"] != before
            && status["running"].is_object()
    });
    assert!(renewed, "a new door with a new key");
    let open = (0..2_000).any(|_| house.call(("POST", "/local/v1/nonce"), Some(json!({})), &[]).0 == 200);
    assert!(open, "the door is open again");
    assert_eq!(house.sign_in(&phone()).0, 401, "nobody is paired any more");
    running.stop();
    assert!(events(&house.device).contains("factory-reset"));
}

#[test]
fn another_sites_page_and_another_hosts_name_are_refused() {
    let mut house = House::with_lamp("");
    let mut running = house.device.run();
    house.up();
    let nonce = ("POST", "/local/v1/nonce");
    assert_eq!(house.call(nonce, Some(json!({})), &["Host: evil.example"]).0, 421);
    assert_eq!(house.call(nonce, Some(json!({})), &["Origin: https://evil.example"]).0, 403);
    assert_eq!(house.call(nonce, Some(json!({})), &["Sec-Fetch-Site: cross-site"]).0, 403);
    assert_eq!(house.call(nonce, Some(json!({})), &[&format!("Origin: https://127.0.0.1:{}", house.port)]).0, 200);
    let plain =
        Command::new("curl").args(["-s", "--max-time", "5", &format!("http://127.0.0.1:{}/", house.port)]).output();
    assert!(plain.unwrap().stdout.is_empty(), "nothing is said without TLS");
    running.stop();
}

/// What stands in the queue's files, all lanes together.
pub(crate) fn events(device: &Device) -> String {
    let mut files: Vec<_> = std::fs::read_dir(device.path("queue")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

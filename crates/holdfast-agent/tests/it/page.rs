//! The device's page as a browser without script meets it: the real agent, `curl` with a cookie jar, no server anywhere.

use std::process::Command;

use serde_json::Value;

use crate::door::{House, events};

/// A lamp with a microphone that says on the pipe what it is told.
const LAMP: &str = r#"exec 3> $HOLDFAST_DATA/told
printf '{"reported":{"on":false,"hears":false,"label":"<b>x</b>"}}\n'
echo up >&3
while IFS= read -r line; do case $line in
*'"confirm":{'*|*'"signals":'*|*'"secret":'*) echo "$line" >&3 ;;
*'"desired":'*) case $line in *'"hears":true'*) printf '{"reported":{"hears":true}}\n' ;;
    *) case $line in *'"on":true'*) now=true ;; *) now=false ;; esac; printf '{"reported":{"on":%s}}\n' $now ;; esac
    echo "wished" >&3 ;;
*'"command":'*) echo acted >&3 ;;
esac; done"#;
const DECLARED: &str = r#"{"title":"Lamp & <radio>","controls":{"properties":{
    "on":{"title":"Light","type":"boolean","help":{"en":"Shines.","de":"Leuchtet."}},
    "hears":{"title":"Listening","type":"boolean","listens":"microphone"},
    "label":{"type":"text","read_only":true},
    "level":{"type":"integer","minimum":0,"maximum":100}},
    "actions":{"identify":{"title":"Blink"},"forget":{"title":"Forget all","confirm":true}}},
    "credentials":{"wifi":{"title":"Wi-Fi key","least":8}},
    "about":{"maker":"Hearth Ltd","site":"https://hearth.example/lamp","support_until":"2033-12-31",
    "support_why":{"en":"As long as the radio lasts."},"signals":{"recording":{"en":"The ring is red."}}}}"#;

/// What a browser says when a form of a page is sent back to it; some hide the origin even then.
const OWN: [&str; 2] = ["Origin: null", "Sec-Fetch-Site: same-origin"];

/// A browser with its cookies.
struct Browser<'a> {
    house: &'a House,
    jar: String,
    token: String,
}

impl<'a> Browser<'a> {
    fn new(house: &'a House, name: &str) -> Self {
        let jar = house.device.path(name).to_str().unwrap().to_owned();
        Self { house, jar, token: String::new() }
    }

    fn call(&self, path: &str, form: Option<&[(&str, &str)]>, more: &[&str]) -> (u16, String) {
        let mut curl = Command::new("curl");
        curl.args(["-skL", "--max-time", "20", "-w", "\n%{http_code}", "-b", &self.jar, "-c", &self.jar]);
        for (name, value) in form.unwrap_or_default() {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        for field in more {
            curl.args(["-H", field]);
        }
        let output = curl.arg(format!("https://127.0.0.1:{}{path}", self.house.port)).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap_or(("", "0"));
        (status.parse().unwrap(), body.to_owned())
    }

    fn page(&self) -> String {
        let (status, page) = self.call("/page", None, &[]);
        assert_eq!(status, 200, "{page}");
        page
    }

    /// Sends a form of the page with its token; gives the page that follows.
    fn send(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let own = [&[("form", self.token.as_str())], form].concat();
        self.call(path, Some(&own), &OWN)
    }
}

impl House {
    fn with_page() -> Self {
        Self::running_this(LAMP, DECLARED, "")
    }

    /// The next line that the lamp was told which holds this text.
    fn told(&mut self, text: &str) -> String {
        loop {
            let line = self.next();
            if line.contains(text) {
                return line;
            }
        }
    }
}

/// A browser that somebody at the device let in.
fn let_in<'a>(house: &'a mut House, name: &str) -> Browser<'a> {
    let page = Browser::new(house, "jar").call("/page/enter", Some(&[("name", name)]), &OWN);
    assert_eq!(page.0, 200, "{}", page.1);
    let asked: Value = serde_json::from_str(&house.told("\"confirm\":{")).unwrap();
    let code = asked["confirm"]["code"].as_str().unwrap().to_owned();
    assert!(page.1.contains(&code), "both show the same digits: {}", page.1);
    assert!(house.local(&["confirm", &code]).status.success());
    let mut browser = Browser::new(house, "jar");
    let page = browser.page();
    let token = page.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    browser.token = token.expect("a form on the page").to_owned();
    browser
}

#[test]
fn a_browser_without_script_sees_the_device_and_changes_it_with_the_internet_gone() {
    let mut house = House::with_page();
    let mut running = house.device.run();
    house.told("up");
    let browser = let_in(&mut house, "Kitchen <tablet>");
    let page = browser.page();
    for said in [
        "Lamp &amp; &lt;radio&gt;",
        "Without internet",
        "Kitchen &lt;tablet&gt;",
        "Hearth Ltd",
        "until 2033-12-31",
        "As long as the radio lasts.",
        "hearth-0001",
        "What a reset deletes",
        "&lt;b&gt;x&lt;/b&gt;",
        "The ring is red.",
        "as the device has it by itself",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("<tablet>"), "{page}");
    let (status, page) = browser.send("/page/set", &[("property", "on"), ("value", "on")]);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("The device was told.") && page.contains("changed here by Kitchen &lt;tablet&gt;"), "{page}");
    let (status, page) = browser.send("/page/set", &[("property", "level"), ("value", "200")]);
    assert_eq!(status, 409, "{page}");
    assert!(page.contains("outside what the device allows"), "{page}");
    assert_eq!(browser.send("/page/do", &[("action", "forget")]).0, 409, "without being sure");
    assert_eq!(browser.send("/page/do", &[("action", "identify")]).0, 200);
    let german = browser.call("/page", None, &["Accept-Language: de-DE,en;q=0.5"]).1;
    assert!(
        german.contains("lang=\"de\"") && german.contains("Leuchtet.") && german.contains("Einstellungen"),
        "{german}"
    );
    let left = browser.send("/page/leave", &[]).1;
    assert!(left.contains("Connect this browser") && !left.contains("hearth-0001"), "{left}");
    running.stop();
    let queued = events(&house.device);
    assert!(queued.contains("local-change") && queued.contains("Kitchen"), "the platform is told who changed what");
}

#[test]
fn who_was_not_let_in_learns_nothing_and_another_sites_form_does_nothing() {
    let mut house = House::with_page();
    let mut running = house.device.run();
    house.told("up");
    let stranger = Browser::new(&house, "stranger");
    for path in ["/page", "/page/now", "/page/help", "/page/nonsense"] {
        let page = stranger.call(path, None, &[]).1;
        assert!(!page.contains("hearth") && !page.contains("Lamp"), "{path}: {page}");
    }
    assert_eq!(stranger.send("/page/set", &[("property", "on"), ("value", "on")]).0, 403);
    let browser = let_in(&mut house, "Ana");
    let without_token = browser.call("/page/set", Some(&[("property", "on"), ("value", "on")]), &[]);
    assert_eq!(without_token.0, 403, "the cookie alone is not enough");
    let form = [("form", browser.token.as_str()), ("property", "on"), ("value", "on")];
    for foreign in ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"] {
        assert_eq!(browser.call("/page/set", Some(&form), &[foreign]).0, 403, "{foreign}");
    }
    assert!(browser.page().contains("as the device has it by itself"), "nothing was changed");
    running.stop();
}

#[test]
fn a_sensor_that_begins_to_listen_shows_at_once_on_page_and_device() {
    let mut house = House::with_page();
    let mut running = house.device.run();
    house.told("up");
    let page = let_in(&mut house, "Ana").page();
    assert!(page.contains("Microphone") && page.contains("chip good\">off"), "{page}");
    let browser = Browser { token: token_of(&page), ..Browser::new(&house, "jar") };
    browser.send("/page/set", &[("property", "hears"), ("value", "on")]);
    let signals = loop {
        let line = house.told("\"signals\":");
        if line.contains("recording") {
            break line;
        }
    };
    assert!(signals.contains(r#"["recording"]"#), "{signals}");
    let now = Browser::new(&house, "jar").call("/page/now", None, &[]).1;
    assert!(now.contains("chip bad\">on") && now.contains("since 20") && now.contains("content=\"2\""), "{now}");
    running.stop();
}

#[test]
fn a_credential_changes_in_one_form_a_browser_is_put_out_and_a_reset_waits_for_the_device() {
    let mut house = House::with_page();
    let mut running = house.device.run();
    house.told("up");
    let page = let_in(&mut house, "Ana").page();
    let token = token_of(&page);
    let browser = Browser { token: token.clone(), ..Browser::new(&house, "jar") };
    assert_eq!(browser.send("/page/credential", &[("name", "wifi"), ("value", "short")]).0, 409);
    let (status, page) = browser.send("/page/credential", &[("name", "wifi"), ("value", "correct horse")]);
    assert_eq!(status, 200, "{page}");
    assert!(!page.contains("correct horse"), "a secret is never shown again");
    assert!(house.told("\"secret\":").contains("correct horse"), "the application has the new one at once");
    assert!(!events(&house.device).contains("correct horse"));
    let browser = Browser { token, ..Browser::new(&house, "jar") };
    let asked = browser.send("/page/reset", &[]).1;
    assert!(asked.contains("confirm at the device itself"), "{asked}");
    assert!(house.told("factory-reset").contains("Ana"));
    assert!(house.local(&["deny"]).status.success());
    let browser = Browser { token: token_of(&asked), ..Browser::new(&house, "jar") };
    let id = asked.split("value=\"browser\"><input type=\"hidden\" name=\"id\" value=\"").nth(1);
    let id = id.and_then(|rest| rest.split('"').next()).expect("a browser that can be removed");
    let out = browser.send("/page/remove", &[("kind", "browser"), ("id", id)]).1;
    assert!(out.contains("Connect this browser"), "{out}");
    running.stop();
}

fn token_of(page: &str) -> String {
    page.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

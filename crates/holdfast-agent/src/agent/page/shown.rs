//! What the device's page says: what the device is, how it does, who listens, what may be set, who is in, how all of it is
//! erased. A reader who has not been let in learns nothing of the device.

use holdfast_core::time::Timestamp;
use serde_json::Value;

use super::super::Agent;
use super::super::local::LocalDoor;
use super::control::write_control;
use super::words::{done, event, problem};
use crate::clock;
use crate::declared::{Property, Sensor, Signal, Words};
use crate::local::html::Html;
use crate::local::http::{Request, Response};
use crate::local::keeper::Permission;
use crate::local::query;
use crate::local::visit::Visit;

/// Seconds after which the page of sensors asks anew.
const SENSING_AGAIN_S: u32 = 2;
/// Seconds after which a browser that waits asks anew.
const WAITING_AGAIN_S: u32 = 3;
/// Newest events that are shown.
const EVENTS_SHOWN: usize = 12;

fn head(page: &mut Html, title: &str, chip: Option<(&'static str, &'static str, &'static str)>) {
    page.raw("<header><h1>").text(title).raw("</h1>");
    if let Some((class, english, german)) = chip {
        page.raw("<p class=\"chip ").raw(class).raw("\">").tell(english, german).raw("</p>");
    }
    page.raw("</header><main>");
}

/// What somebody sees who has not been let in.
pub(super) fn entry(german: bool, why: Option<&str>) -> String {
    let title = if german { "Ihr Gerät" } else { "Your device" };
    let mut page = Html::new(german, title, None, None);
    head(&mut page, title, None);
    if let Some(why) = why {
        problem(&mut page, why);
    }
    page.card("Connect this browser", "Diesen Browser verbinden").p(
        "Works without the internet. Somebody has to confirm at the device itself, so only people who are there can do this.",
        "Funktioniert ohne Internet. Jemand muss am Gerät selbst bestätigen; das kann also nur, wer davor steht.",
    );
    page.form("/page/enter").raw("<label for=\"name\">");
    page.tell("What is this browser called?", "Wie heißt dieser Browser?");
    page.raw("</label><input id=\"name\" name=\"name\" maxlength=\"40\" autocomplete=\"off\" required value=\"");
    page.tell("My phone", "Mein Telefon").raw("\"><button class=\"strong\">");
    page.tell("Connect", "Verbinden").raw("</button></form><p class=\"note\">");
    page.tell(
        "It stays connected for a while and is then forgotten. Do this only in a network that you trust; to pair a phone for good, use the page with script.",
        "Er bleibt eine Weile verbunden und wird dann vergessen. Tun Sie das nur in einem Netz, dem Sie vertrauen; für eine dauerhafte Verbindung gibt es die Seite mit Skript.",
    );
    page.raw("</p><p><a href=\"/\">").tell("The page with script", "Die Seite mit Skript");
    page.raw("</a> · <a href=\"/page/help\">").tell("Reset and delete", "Zurücksetzen und löschen");
    page.raw("</a></p></section>");
    page.end()
}

/// What a browser shows until somebody at the device has decided.
pub(super) fn waiting(german: bool, code: &str, left_s: u64) -> String {
    let title = if german { "Am Gerät bestätigen" } else { "Confirm at the device" };
    let mut page = Html::new(german, title, None, Some(WAITING_AGAIN_S));
    head(&mut page, title, None);
    page.raw("<section class=\"card\"><p>");
    page.tell("Both must show the same number:", "Beide müssen dieselbe Zahl zeigen:");
    page.raw("</p><p class=\"code\">").text(code).raw("</p>").p(
        "Press the button on the device if it shows this number or asks for a yes.",
        "Drücken Sie die Taste am Gerät, wenn es diese Zahl zeigt oder um ein Ja bittet.",
    );
    page.raw("<p class=\"note\">").tell("Seconds left: ", "Sekunden übrig: ").text(&left_s.to_string());
    page.raw("</p></section>");
    page.end()
}

/// How any such device is reset and what that deletes; told to anybody.
pub(super) fn help(german: bool) -> String {
    let title = if german { "Zurücksetzen und löschen" } else { "Reset and delete" };
    let mut page = Html::new(german, title, None, None);
    head(&mut page, title, None);
    deletion(&mut page);
    page.raw("<p><a href=\"/page\">").tell("To the device", "Zum Gerät").raw("</a></p>");
    page.end()
}

fn deletion(page: &mut Html) {
    page.card("What a reset deletes", "Was ein Zurücksetzen löscht").raw("<ul class=\"words\"><li>");
    page.tell(
        "Deleted here: settings, paired phones and browsers, passwords and Wi-Fi keys, everything measured that was not sent yet, data of the program, and the keys with which the device speaks to its maker.",
        "Hier gelöscht: Einstellungen, verbundene Telefone und Browser, Passwörter und WLAN-Schlüssel, alles Gemessene, das noch nicht gesendet ist, Daten des Programms und die Schlüssel, mit denen das Gerät mit seinem Hersteller spricht.",
    );
    page.raw("</li><li>");
    page.tell(
        "Kept: the software, the identity from the factory, counters and the proven time. None of it says anything about you.",
        "Behalten: die Software, die Kennung aus der Fabrik, Zähler und die bewiesene Zeit. Nichts davon sagt etwas über Sie.",
    );
    page.raw("</li><li>");
    page.tell(
        "Not deleted by it: what the maker's service keeps. Choose “Give away” on the owner's page there; it deletes both at once.",
        "Nicht dadurch gelöscht: was der Dienst des Herstellers aufbewahrt. Wählen Sie dort auf der Seite des Geräts „Weggeben“; das löscht beides auf einmal.",
    );
    page.raw("</li></ul></section>");
}

/// A moment as the page says it: the device's own clock, without seconds.
fn moment(at_us: i64) -> String {
    let text = Timestamp::from_micros(at_us).to_string().replace('T', " ");
    format!("{} UTC", text.get(..16).unwrap_or(&text))
}

fn said(words: &Words, german: bool) -> Option<&str> {
    let own = if german { "de" } else { "en" };
    words.get(own).or_else(|| words.get("en")).map(String::as_str)
}

fn value(page: &Html, value: Option<&Value>, unit: &str) -> String {
    let text = match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::Bool(on)) => page.say(if *on { "on" } else { "off" }, if *on { "an" } else { "aus" }).to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

impl Agent {
    /// The page of a browser that was let in.
    pub(super) fn house(&mut self, request: &Request, secret: &str, visit: &Visit, why: Option<&str>) -> Response {
        let title =
            if self.declared.title.is_empty() { self.config.product.to_string() } else { self.declared.title.clone() };
        let mut page = Html::new(request.german, &title, Some(secret), None);
        let online = self.connection.is_ready();
        let chip = match (self.quarantined, online) {
            (true, _) => ("bad", "Shut off", "Abgeschottet"),
            (false, true) => ("good", "Connected", "Verbunden"),
            (false, false) => ("", "Without internet", "Ohne Internet"),
        };
        head(&mut page, &title, Some(chip));
        if let Some(why) = why {
            problem(&mut page, why);
        } else if let Some(word) = query(&request.query).get("done") {
            done(&mut page, word);
        }
        self.write_questions(&mut page);
        self.write_state(&mut page);
        self.write_sensing(&mut page);
        self.write_settings(&mut page, request.german);
        self.write_actions(&mut page);
        self.write_people(&mut page, visit);
        self.write_credentials(&mut page);
        self.write_events(&mut page);
        self.write_reset(&mut page, request.german);
        self.write_about(&mut page, request.german);
        let status = if why.is_some() { 409 } else { 200 };
        Response::page(status, page.end())
    }

    /// Who listens now, and nothing else; asks anew by itself.
    pub(super) fn sensing_page(&self, german: bool) -> String {
        let title = if german { "Wer hört gerade zu?" } else { "Who is listening now?" };
        let mut page = Html::new(german, title, None, Some(SENSING_AGAIN_S));
        head(&mut page, title, None);
        self.write_sensing(&mut page);
        page.raw("<p><a href=\"/page\">").tell("Back", "Zurück").raw("</a></p>");
        page.end()
    }

    fn write_questions(&self, page: &mut Html) {
        if let Some(claim) = self.claim_question(clock::monotonic()) {
            let digits = claim.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
            page.card("Somebody wants to make this device theirs", "Jemand möchte dieses Gerät übernehmen").p(
                "Say yes only if it is you, and the phone shows the same digits.",
                "Sagen Sie nur Ja, wenn Sie es selbst sind und das Telefon dieselben Ziffern zeigt.",
            );
            page.raw("<p class=\"code\">").text(&digits).raw("</p>");
            page.form("/page/claim")
                .hidden("digits", &digits)
                .raw("<button class=\"strong\" name=\"say\" value=\"yes\">");
            page.tell("Yes, it is me", "Ja, das bin ich").raw("</button> <button name=\"say\" value=\"no\">");
            page.tell("No", "Nein").raw("</button></form></section>");
        }
        for name in self.open_questions() {
            page.raw("<p class=\"card problem\">").text(name).raw(": ");
            page.tell(
                "off since the power came back, until you decide below.",
                "aus, seit der Strom zurück ist, bis Sie unten entscheiden.",
            );
            page.raw("</p>");
        }
    }

    fn write_state(&self, page: &mut Html) {
        page.card("How it does", "Wie es ihm geht");
        if self.quarantined {
            page.p(
                "It is shut off from its maker's services: it runs or did something that it should not. It keeps working here. It repairs itself when it can; leave it switched on. If this lasts longer than a day, ask the maker.",
                "Es ist von den Diensten des Herstellers abgeschottet: Es führt etwas aus oder tat etwas, das es nicht soll. Hier arbeitet es weiter. Wenn es kann, repariert es sich selbst; lassen Sie es eingeschaltet. Dauert das länger als einen Tag, fragen Sie den Hersteller.",
            );
        }
        if let Some(percent) = self.software.updating() {
            page.raw("<p>").tell("It is installing an update: ", "Es installiert eine Aktualisierung: ");
            page.text(&format!("{percent} %")).raw("</p>");
        }
        if !self.application.is_alive() {
            page.p("Its program is being started again.", "Sein Programm wird neu gestartet.");
        }
        let online = self.connection.is_ready();
        page.raw("<dl>");
        let words = page.say(
            if online { "yes" } else { "no; it works on" },
            if online { "ja" } else { "nein; es arbeitet weiter" },
        );
        page.fact("Connected to its maker", "Mit dem Hersteller verbunden", words);
        page.fact("Version", "Version", self.software.version().unwrap_or("–"));
        page.fact("Messages that wait", "Wartende Nachrichten", &self.queue.len().to_string());
        page.raw("</dl><p><a href=\"/page\">").tell("Look again", "Neu ansehen").raw("</a></p></section>");
    }

    fn write_sensing(&self, page: &mut Html) {
        page.card("Who is listening now?", "Wer hört gerade zu?");
        let sensors: Vec<(&String, &Property, Sensor)> = self
            .declared
            .controls
            .properties
            .iter()
            .filter_map(|(name, property)| property.listens.map(|sensor| (name, property, sensor)))
            .collect();
        if sensors.is_empty() {
            page.p(
                "It declares no microphone, no camera and nothing that knows where you are.",
                "Es gibt kein Mikrofon, keine Kamera und nichts an, das weiß, wo Sie sind.",
            );
        }
        page.raw("<ul>");
        for (name, property, sensor) in sensors {
            let active = self.shadow.last_reported().get(name).and_then(Value::as_bool);
            let (class, english, german) = match active {
                Some(true) => ("bad", "on", "an"),
                Some(false) => ("good", "off", "aus"),
                None => ("", "not known", "nicht bekannt"),
            };
            let kind = match sensor {
                Sensor::Microphone => page.say("Microphone", "Mikrofon"),
                Sensor::Camera => page.say("Camera", "Kamera"),
                Sensor::Location => page.say("Location", "Standort"),
                Sensor::Presence => page.say("Presence", "Anwesenheit"),
            };
            page.raw("<li><span>").text(if property.title.is_empty() { kind } else { &property.title });
            page.raw(" <small>").text(kind).raw("</small>");
            if let Some(since) = self.senses.since(name) {
                page.raw(" <small>").tell("since ", "seit ").text(&moment(since)).raw("</small>");
            }
            page.raw("</span><span class=\"chip ").raw(class).raw("\">").tell(english, german).raw("</span></li>");
        }
        page.raw("</ul><p><a href=\"/page/now\">");
        page.tell("Watch this", "Das beobachten").raw("</a></p></section>");
    }

    fn write_settings(&self, page: &mut Html, german: bool) {
        let (reported, desired) = (self.shadow.last_reported(), self.shadow.desired());
        page.card("Settings", "Einstellungen");
        if self.declared.controls.properties.is_empty() {
            page.p("It declares nothing that can be set here.", "Es gibt nichts an, das hier einstellbar ist.");
        }
        for (name, property) in &self.declared.controls.properties {
            let title = if property.title.is_empty() { name } else { &property.title };
            page.raw("<div class=\"setting\"><h3>").text(title).raw("</h3><p>");
            let now = value(page, reported.get(name), &property.unit);
            page.tell("Now: ", "Jetzt: ").raw("<strong>").text(&now).raw("</strong>");
            if let Some(wish) = desired.get(name) {
                let wish = value(page, Some(wish), &property.unit);
                page.raw("<br>").tell("Waits: ", "Wartet: ").text(&wish);
            }
            page.raw("<br><small>");
            match self.shadow.author(name) {
                Some(author) if author.by.is_empty() => {
                    page.tell("changed over the internet, ", "über das Internet geändert, ");
                    page.text(&moment(author.at_us));
                }
                Some(author) => {
                    page.tell("changed here by ", "hier geändert von ").text(&author.by);
                    page.raw(", ").text(&moment(author.at_us));
                }
                None => {
                    page.tell("as the device has it by itself", "so hat es das Gerät von sich aus");
                }
            }
            page.raw("</small></p>");
            if let Some(words) = said(&property.help, german) {
                page.raw("<p class=\"note\">").text(words).raw("</p>");
            }
            if !property.read_only {
                write_control(page, (name, title), property, desired.get(name).or_else(|| reported.get(name)));
            }
            page.raw("</div>");
        }
        page.raw("</section>");
    }

    fn write_actions(&self, page: &mut Html) {
        if self.declared.controls.actions.is_empty() {
            return;
        }
        page.card("Do", "Tun");
        for (name, action) in &self.declared.controls.actions {
            page.form("/page/do").hidden("action", name);
            if action.confirm {
                page.raw("<label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> ");
                page.tell("I am sure", "Ich bin sicher").raw("</label>");
            }
            page.raw("<button>").text(if action.title.is_empty() { name } else { &action.title });
            page.raw("</button></form>");
        }
        page.raw("</section>");
    }

    fn write_people(&self, page: &mut Html, own: &Visit) {
        let Some(door) = &self.local else { return };
        page.card("Who is connected here", "Wer hier verbunden ist").raw("<ul>");
        for phone in door.controllers() {
            let may = phone.permissions.iter().map(|permission| match permission {
                Permission::Read => page.say("sees", "sieht"),
                Permission::Control => page.say("changes", "ändert"),
                Permission::Manage => page.say("manages", "verwaltet"),
            });
            let may = may.collect::<Vec<_>>().join(", ");
            page.raw("<li><span>").text(&phone.name).raw(" <small>").text(&may).raw("</small></span>");
            page.form("/page/remove").hidden("kind", "phone").hidden("id", &phone.id).raw("<button>");
            page.tell("Remove", "Entfernen").raw("</button></form></li>");
        }
        for visit in door.visits.inside() {
            page.raw("<li><span>").text(&visit.name).raw(" <small>");
            page.tell("browser", "Browser").raw("</small>");
            if visit.id == own.id {
                page.raw(" <small>").tell("this one", "dieser").raw("</small>");
            }
            page.raw("</span>").form("/page/remove").hidden("kind", "browser").hidden("id", &visit.id).raw("<button>");
            page.tell("Remove", "Entfernen").raw("</button></form></li>");
        }
        page.raw("</ul>").form("/page/leave").raw("<button>").tell("Disconnect this browser", "Diesen Browser trennen");
        page.raw("</button></form></section>");
    }

    fn write_credentials(&self, page: &mut Html) {
        page.card("Passwords and keys", "Passwörter und Schlüssel").p(
            "The device has no password from the factory. What opens it is listed above; here are the secrets of its own.",
            "Das Gerät hat kein Passwort ab Werk. Was es öffnet, steht oben; hier sind seine eigenen Geheimnisse.",
        );
        for (name, credential) in &self.declared.credentials {
            page.form("/page/credential").hidden("name", name).raw("<label>").text(&credential.title);
            page.raw("<input type=\"password\" name=\"value\" autocomplete=\"new-password\" required minlength=\"");
            page.text(&credential.least.to_string()).raw("\"></label><button>");
            page.tell("Change", "Ändern").raw("</button></form>");
        }
        page.p(
            "The keys towards the maker renew themselves. A factory reset makes all of them anew.",
            "Die Schlüssel gegenüber dem Hersteller erneuern sich selbst. Ein Zurücksetzen macht alle neu.",
        );
        page.raw("</section>");
    }

    fn write_events(&self, page: &mut Html) {
        page.card("What happened", "Was geschah").raw("<ol>");
        for (at_us, kind, text) in self.recent.newest(EVENTS_SHOWN) {
            page.raw("<li><span>");
            let known = event(kind);
            match known {
                Some((english, german)) => page.tell(english, german),
                None => page.text(kind),
            };
            if !text.is_empty() {
                page.raw(" <small>").text(text).raw("</small>");
            }
            page.raw("</span><time>").text(&moment(at_us)).raw("</time></li>");
        }
        page.raw("</ol></section>");
    }

    fn write_reset(&self, page: &mut Html, german: bool) {
        page.card("Back to the state of the factory", "Zurück in den Zustand ab Werk");
        match said(&self.declared.about.reset, german) {
            Some(words) => {
                page.raw("<p>").text(words).raw("</p>");
            }
            None => {
                page.p(
                    "Ask for it here, then confirm at the device itself. Nothing of yours comes back.",
                    "Fordern Sie es hier an und bestätigen Sie dann am Gerät selbst. Nichts von Ihnen kommt zurück.",
                );
            }
        }
        page.form("/page/reset").raw("<button>").tell("Ask for a reset …", "Zurücksetzen anfordern …");
        page.raw("</button></form></section>");
        deletion(page);
        if let Some(words) = said(&self.declared.about.deletion, german) {
            page.raw("<p class=\"card\">").text(words).raw("</p>");
        }
    }

    fn write_about(&self, page: &mut Html, german: bool) {
        let about = &self.declared.about;
        page.card("About", "Über das Gerät").raw("<dl>");
        page.fact("Product", "Produkt", self.config.product.as_str());
        page.fact("Device", "Gerät", self.config.device.as_str());
        if !about.maker.is_empty() {
            page.fact("Made by", "Hersteller", &about.maker);
        }
        if let Some(today) = self.trusted_now().to_string().get(..10) {
            let until = about.support_until.as_str();
            let over = !until.is_empty() && until < today;
            let words = match (until.is_empty(), over) {
                (true, _) => page.say("ask the maker", "fragen Sie den Hersteller").to_owned(),
                (false, true) => format!("{} {until}", page.say("ended", "beendet am")),
                (false, false) => format!("{} {until}", page.say("until", "bis")),
            };
            page.fact("Security updates", "Sicherheits-Updates", &words);
        }
        let fingerprint = self.local.as_ref().map(LocalDoor::fingerprint).unwrap_or_default();
        page.fact("Certificate of this page", "Zertifikat dieser Seite", &fingerprint);
        page.raw("</dl>");
        if let Some(words) = said(&about.support_why, german) {
            page.raw("<p>").text(words).raw("</p>");
        }
        if !about.support_until.is_empty() {
            page.raw("<p class=\"note\">").tell(
                "As far as this version knows; the day can only move later.",
                "Soweit diese Version es weiß; der Tag kann nur später werden.",
            );
            page.raw("</p>");
        }
        if !about.site.is_empty() {
            page.raw("<p><a rel=\"noreferrer\" href=\"").text(&about.site).raw("\">");
            page.text(about.site.trim_start_matches("https://")).raw("</a></p>");
        }
        self.write_signals(page, german);
        page.raw("</section>");
    }

    fn write_signals(&self, page: &mut Html, german: bool) {
        if self.declared.about.signals.is_empty() {
            return;
        }
        page.raw("<h3>").tell("What its signals mean", "Was seine Signale bedeuten").raw("</h3><ul>");
        for (signal, words) in &self.declared.about.signals {
            let (english, word) = match signal {
                Signal::Confirm => ("It asks for a yes", "Es bittet um ein Ja"),
                Signal::Update => ("It installs an update", "Es installiert eine Aktualisierung"),
                Signal::Quarantine => ("It is shut off", "Es ist abgeschottet"),
                Signal::Recording => ("Something listens or watches", "Etwas hört oder sieht zu"),
                Signal::Reset => ("It resets itself", "Es setzt sich zurück"),
            };
            page.raw("<li><span>").tell(english, word).raw("</span><span>");
            page.text(said(words, german).unwrap_or("–")).raw("</span></li>");
        }
        page.raw("</ul>");
    }
}

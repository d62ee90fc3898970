//! `holdfast.json` in an image: what an image declares to the agent. Signed with the image, verified with it, read when the
//! image is started. All of it may be absent.
//!
//! `controls`: what a person on the local network may change or start. `power_on`: what becomes of a property when power
//! returns. `core`: the program that is never stopped for an update. `bulk`: streams that are dropped first. `limits`:
//! what the application may use. `about`: what the device's own page says of it. `credentials`: secrets of the application
//! that a person may change there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::durable;
use crate::fault::Fault;

/// The file's name, at the top of the image.
pub(crate) const FILE: &str = "holdfast.json";
/// Most properties, and most actions.
const CONTROLS_MAX: usize = 64;
/// Longest text that is written.
const TEXT_BYTES_MAX: usize = 256;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Declared {
    /// What people call the product.
    pub(crate) title: String,
    pub(crate) about: About,
    pub(crate) controls: Controls,
    pub(crate) credentials: BTreeMap<String, Credential>,
    pub(crate) power_on: BTreeMap<String, PowerOn>,
    pub(crate) core: Option<Core>,
    pub(crate) bulk: BTreeSet<String>,
    pub(crate) limits: Use,
}

/// A text in one or more languages, by tag.
pub(crate) type Words = BTreeMap<String, String>;

/// What the device's own page says of it, also with the internet gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct About {
    /// Who makes it.
    pub(crate) maker: String,
    /// Where more is said.
    pub(crate) site: String,
    /// Last day with security updates, as far as this image knows: `2033-12-31`.
    pub(crate) support_until: String,
    /// Why until then.
    pub(crate) support_why: Words,
    /// How it is brought back to the state of the factory by hand.
    pub(crate) reset: Words,
    /// What a reset deletes and what it does not, and how data elsewhere are deleted.
    pub(crate) deletion: Words,
    /// What the device does to show a state of its security.
    pub(crate) signals: BTreeMap<Signal, Words>,
}

/// A state of security that a device shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Signal {
    /// It asks a person something.
    Confirm,
    /// It installs an update.
    Update,
    /// It is shut off from its maker's services.
    Quarantine,
    /// Something in it listens or watches.
    Recording,
    /// It goes back to the state of the factory.
    Reset,
}

impl Signal {
    /// Its word, as applications are told it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Update => "update",
            Self::Quarantine => "quarantine",
            Self::Recording => "recording",
            Self::Reset => "reset",
        }
    }
}

/// A secret of the application that a person may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    /// What people call it.
    pub(crate) title: String,
    /// Fewest characters.
    pub(crate) least: u16,
}

/// What people may change or start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Controls {
    pub(crate) properties: BTreeMap<String, Property>,
    pub(crate) actions: BTreeMap<String, Action>,
}

/// One property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Property {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) minimum: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<f64>,
    #[serde(default)]
    pub(crate) unit: String,
    #[serde(default)]
    pub(crate) one_of: Vec<String>,
    #[serde(default)]
    pub(crate) read_only: bool,
    /// It says whether this sensor is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) listens: Option<Sensor>,
    /// What the setting is good for, as the page says it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) help: Words,
}

/// What takes something in of its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sensor {
    Microphone,
    Camera,
    Location,
    Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Boolean,
    Integer,
    Number,
    Text,
}

/// One action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Action {
    pub(crate) title: String,
    /// Whether the page asks again.
    pub(crate) confirm: bool,
}

/// What becomes of a property when power returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PowerOn {
    /// As it was.
    Restore,
    /// Off, whatever that is for the property.
    Off,
    /// Off, until a person decides.
    Ask,
}

/// The core function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Core {
    /// Its program, a path in the image.
    pub(crate) program: String,
    /// Longest silence between two signs of life, in milliseconds.
    pub(crate) silent_ms_max: u64,
    /// Longest time from the end of the old one to the first sign of life of the new one, in milliseconds.
    pub(crate) gap_ms_max: u64,
    /// Actions that it carries out itself, so that they work during an update.
    #[serde(default)]
    pub(crate) actions: BTreeSet<String>,
    /// Properties that it keeps itself.
    #[serde(default)]
    pub(crate) properties: BTreeSet<String>,
}

/// What the application may use. Without a figure there is no limit of the agent's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Use {
    /// Address space of each process, in MiB.
    pub(crate) memory_mib: Option<u64>,
    /// Processor time of each process, in seconds, after which it ends; for programs that run for short times.
    pub(crate) cpu_s: Option<u64>,
    /// Largest file that it writes, in MiB.
    pub(crate) file_mib: Option<u64>,
    /// Open files of each process.
    pub(crate) files: Option<u64>,
}

/// Reads the declaration of an unpacked image; an image without one declares nothing.
pub(crate) fn load(dir: &Path) -> Result<Declared, Fault> {
    match durable::read(&dir.join(FILE))? {
        None => Ok(Declared::default()),
        Some(bytes) => parse(&bytes).map_err(|why| Fault::content(&dir.join(FILE), why)),
    }
}

/// Reads the file's bytes; the error is a sentence for whoever wrote it.
pub(crate) fn parse(bytes: &[u8]) -> Result<Declared, String> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err("not an object".to_owned());
    }
    let declared: Declared = serde_json::from_slice(bytes).map_err(|why| why.to_string())?;
    let controls = &declared.controls;
    if controls.properties.len() > CONTROLS_MAX || controls.actions.len() > CONTROLS_MAX {
        return Err(format!("more than {CONTROLS_MAX} properties or actions"));
    }
    let names = controls.properties.keys().chain(controls.actions.keys()).chain(declared.power_on.keys());
    if let Some(bad) = names.into_iter().find(|name| !is_name(name)) {
        return Err(format!("{bad:?} is not a name"));
    }
    declared.about.check()?;
    for (name, credential) in &declared.credentials {
        let fits = (1..=128).contains(&credential.least) && !credential.title.is_empty();
        if !fits || crate::keys::secret_name(name).is_err() {
            return Err(format!("credentials: {name:?} needs a name of a secret, a title and a least length to 128"));
        }
    }
    for (name, property) in &controls.properties {
        property.check().map_err(|why| format!("{name}: {why}"))?;
    }
    if let Some(core) = &declared.core {
        let inside = !core.program.is_empty()
            && Path::new(&core.program).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside {
            return Err("core: program must be a path inside the image".to_owned());
        }
        if !(100..=3_600_000).contains(&core.silent_ms_max) || !(100..=3_600_000).contains(&core.gap_ms_max) {
            return Err("core: limits must be from 100 ms to an hour".to_owned());
        }
    }
    Ok(declared)
}

fn is_name(name: &str) -> bool {
    (1..=48).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl About {
    fn check(&self) -> Result<(), String> {
        let day = self.support_until.as_bytes();
        let digit = |(at, byte): (usize, &u8)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() };
        if !day.is_empty() && (day.len() != 10 || !day.iter().enumerate().all(digit)) {
            return Err("about: support_until must be a day such as 2033-12-31".to_owned());
        }
        if !self.site.is_empty() && !self.site.starts_with("https://") {
            return Err("about: site must start with https://".to_owned());
        }
        Ok(())
    }
}

impl Property {
    /// What somebody typed or chose on a page without script, as a value; `None` if it is none of its kind.
    pub(crate) fn read(&self, typed: &str) -> Option<Value> {
        match self.kind {
            Kind::Boolean => Some(Value::Bool(typed == "on")),
            Kind::Integer => typed.trim().parse::<i64>().ok().map(Value::from),
            Kind::Number => {
                serde_json::Number::from_f64(typed.trim().replace(',', ".").parse().ok()?).map(Value::Number)
            }
            Kind::Text => Some(Value::String(typed.to_owned())),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        let finite = [self.minimum, self.maximum, self.step].into_iter().flatten().all(f64::is_finite);
        let ordered = self.minimum.zip(self.maximum).is_none_or(|(least, most)| least < most);
        if !finite || !ordered || self.step.is_some_and(|step| step <= 0.0) {
            return Err("minimum, maximum and step do not fit together");
        }
        let numeric = matches!(self.kind, Kind::Integer | Kind::Number);
        if !self.read_only && numeric && (self.minimum.is_none() || self.maximum.is_none()) {
            return Err("a number that can be changed needs minimum and maximum");
        }
        if !self.one_of.is_empty() && self.kind != Kind::Text {
            return Err("one_of is for text");
        }
        Ok(())
    }

    fn accepts(&self, value: &Value) -> Result<(), &'static str> {
        if self.read_only {
            return Err("read-only");
        }
        let in_range = |number: f64| {
            let fits =
                self.minimum.is_none_or(|least| number >= least) && self.maximum.is_none_or(|most| number <= most);
            if fits { Ok(()) } else { Err("value-out-of-range") }
        };
        match (self.kind, value) {
            (Kind::Boolean, Value::Bool(_)) => Ok(()),
            (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                in_range(number.as_f64().unwrap_or(f64::NAN))
            }
            (Kind::Number, Value::Number(number)) => in_range(number.as_f64().unwrap_or(f64::NAN)),
            (Kind::Text, Value::String(text)) => {
                let plain = text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
                let known = self.one_of.is_empty() || self.one_of.contains(text);
                if plain && known { Ok(()) } else { Err("value-out-of-range") }
            }
            _ => Err("value-kind"),
        }
    }
}

impl Controls {
    /// Whether people may wish these values; the refusal's stable name otherwise.
    pub(crate) fn accept(&self, wish: &Map<String, Value>) -> Result<(), &'static str> {
        if wish.is_empty() {
            return Err("body-malformed");
        }
        wish.iter().try_for_each(|(name, value)| {
            self.properties.get(name).ok_or("control-not-declared").and_then(|property| property.accepts(value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERMOSTAT: &str = r#"{"title":"Hearth","controls":{"properties":{
        "targetTemperature":{"title":"Target","type":"number","minimum":5,"maximum":30,"step":0.5,"unit":"°C"},
        "mode":{"type":"text","one_of":["off","frost","manual"]},"childLock":{"type":"boolean"},
        "valve":{"type":"integer","read_only":true}},"actions":{"identify":{"title":"Identify"}}},
        "power_on":{"targetTemperature":"restore","pump":"ask"},"bulk":["waveform"],
        "core":{"program":"bin/core","silent_ms_max":2000,"gap_ms_max":1500,"actions":["unlock"]},
        "limits":{"memory_mib":64}}"#;

    #[test]
    fn a_declaration_is_read_whole_or_refused() {
        let declared = parse(THERMOSTAT.as_bytes()).unwrap();
        assert_eq!(declared.power_on["pump"], PowerOn::Ask);
        assert_eq!(parse(b"{}").unwrap(), Declared::default());
        for bad in [
            r#"{"extra":1}"#,
            r#"{"controls":{"properties":{"a b":{"type":"boolean"}}}}"#,
            r#"{"controls":{"properties":{"a":{"type":"number"}}}}"#,
            r#"{"controls":{"properties":{"a":{"type":"number","minimum":2,"maximum":1}}}}"#,
            r#"{"controls":{"properties":{"a":{"type":"boolean","one_of":["x"]}}}}"#,
            r#"{"core":{"program":"../core","silent_ms_max":2000,"gap_ms_max":1000}}"#,
            r#"{"core":{"program":"bin/core","silent_ms_max":1,"gap_ms_max":1000}}"#,
            r#"{"about":{"support_until":"soon"}}"#,
            r#"{"about":{"site":"http://hearth.example"}}"#,
            r#"{"credentials":{"wifi":{"title":"Wi-Fi","least":0}}}"#,
            "[]",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_is_declared_may_be_wished() {
        let controls = parse(THERMOSTAT.as_bytes()).unwrap().controls;
        for (wish, expected) in [
            (r#"{"targetTemperature":21.5,"mode":"frost","childLock":true}"#, Ok(())),
            (r#"{"targetTemperature":31}"#, Err("value-out-of-range")),
            (r#"{"targetTemperature":"21"}"#, Err("value-kind")),
            (r#"{"mode":"party"}"#, Err("value-out-of-range")),
            (r#"{"valve":3}"#, Err("read-only")),
            (r#"{"radioChannel":3}"#, Err("control-not-declared")),
            ("{}", Err("body-malformed")),
        ] {
            let wish: Map<String, Value> = serde_json::from_str(wish).unwrap();
            assert_eq!(controls.accept(&wish), expected, "{wish:?}");
        }
    }
}

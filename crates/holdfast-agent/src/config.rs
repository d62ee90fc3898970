//! `agent.toml`: what the factory and the installer decided about one device.

use std::collections::BTreeMap;
use std::net::IpAddr;

use holdfast_core::id::{DeviceId, ProductId};
use serde::{Deserialize, Serialize};

use crate::declared::PowerOn;
use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::local;

/// Most servers, and most addresses, of one configuration.
const SERVERS_MAX: usize = 8;

/// The file as written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigFile {
    pub(crate) device_id: String,
    pub(crate) product: String,
    pub(crate) maker: String,
    pub(crate) est_url: String,
    pub(crate) mqtt_addr: String,
    /// Further servers, tried in this order when the first one does not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) mqtt_addrs: Vec<String>,
    /// Their devices' doors, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) est_urls: Vec<String>,
    /// Addresses to try for a server's name that does not resolve and never did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fallback_addresses: Vec<IpAddr>,
    #[serde(default)]
    pub(crate) timing: Timing,
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Further environment of the application.
    #[serde(default)]
    pub(crate) application_env: BTreeMap<String, String>,
    /// What becomes of a property when power returns; goes before what the image declares.
    #[serde(default)]
    pub(crate) power_on: BTreeMap<String, PowerOn>,
    /// The door on the local network; closed if the table is not there.
    #[serde(default)]
    pub(crate) local: Option<local::Settings>,
}

/// Waits and intervals.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Timing {
    /// Shortest wait before a new connection, in milliseconds.
    pub(crate) reconnect_ms_min: u64,
    /// Longest wait before a new connection, in milliseconds.
    pub(crate) reconnect_ms_max: u64,
    /// Between two update checks without a nudge, in milliseconds.
    pub(crate) poll_ms: u64,
    /// Keep alive of the MQTT connection, in seconds.
    pub(crate) keep_alive_s: u16,
}

impl Default for Timing {
    fn default() -> Self {
        Self { reconnect_ms_min: 250, reconnect_ms_max: 60_000, poll_ms: 3_600_000, keep_alive_s: 60 }
    }
}

/// Limits of what is kept and sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Most bytes of telemetry that wait for the server.
    pub(crate) queue_bytes_max: u64,
    /// Most telemetry messages without an answer, 1 to 64.
    pub(crate) in_flight_max: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self { queue_bytes_max: 8 * 1024 * 1024, in_flight_max: 16 }
    }
}

/// One server's MQTT door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Host name or address.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

/// A configuration that was read and fits.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The device.
    pub(crate) device: DeviceId,
    /// Its product.
    pub(crate) product: ProductId,
    /// `https://…` without a slash at the end.
    pub(crate) est_url: String,
    /// Every server's devices' door, the first one being `est_url`.
    pub(crate) est_urls: Vec<String>,
    /// Every server's MQTT door.
    pub(crate) mqtt: Vec<Endpoint>,
    /// Addresses to try for a name that does not resolve and never did.
    pub(crate) fallback_addresses: Vec<IpAddr>,
    /// Waits and intervals.
    pub(crate) timing: Timing,
    /// Limits.
    pub(crate) limits: Limits,
    /// Further environment of the application.
    pub(crate) application_env: BTreeMap<String, String>,
    /// What becomes of a property when power returns.
    pub(crate) power_on: BTreeMap<String, PowerOn>,
    /// The door on the local network.
    pub(crate) local: Option<local::Settings>,
}

impl Config {
    /// Reads `agent.toml`.
    pub(crate) fn load(layout: &Layout) -> Result<Self, Fault> {
        let path = layout.config();
        let bytes = durable::read(&path)?.ok_or_else(|| Fault::content(&path, "not there; `init` writes it"))?;
        let text = String::from_utf8(bytes).map_err(|why| Fault::content(&path, why))?;
        Self::parse(&text).map_err(|why| Fault::content(&path, why))
    }

    /// Reads the file's text; the error is a sentence for whoever wrote it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(toml::from_str(text).map_err(|why| why.to_string())?)
    }

    fn read(file: ConfigFile) -> Result<Self, String> {
        let device = file.device_id.parse().map_err(|why| format!("device_id: {why}"))?;
        let product = file.product.parse().map_err(|why| format!("product: {why}"))?;
        let est_urls = std::iter::once(&file.est_url).chain(&file.est_urls).map(|url| https(url));
        let est_urls: Vec<String> = est_urls.collect::<Result<_, _>>()?;
        let est_url = est_urls.first().cloned().unwrap_or_default();
        let mqtt = std::iter::once(&file.mqtt_addr).chain(&file.mqtt_addrs).map(|text| endpoint(text));
        let mqtt: Vec<Endpoint> = mqtt.collect::<Result<_, _>>()?;
        if mqtt.len() > SERVERS_MAX || est_urls.len() > SERVERS_MAX || file.fallback_addresses.len() > SERVERS_MAX {
            return Err(format!("at most {SERVERS_MAX} servers and addresses"));
        }
        let timing = file.timing;
        if timing.reconnect_ms_min == 0 || timing.reconnect_ms_min > timing.reconnect_ms_max {
            return Err("reconnect_ms_min must be from 1 to reconnect_ms_max".to_owned());
        }
        if timing.poll_ms == 0 || timing.keep_alive_s == 0 {
            return Err("intervals must not be 0".to_owned());
        }
        if !(1..=64).contains(&file.limits.in_flight_max) {
            return Err("in_flight_max must be from 1 to 64".to_owned());
        }
        if let Some(local) = &file.local {
            local.check()?;
        }
        Ok(Self {
            device,
            product,
            est_url,
            est_urls,
            mqtt,
            fallback_addresses: file.fallback_addresses,
            timing,
            limits: file.limits,
            application_env: file.application_env,
            power_on: file.power_on,
            local: file.local,
        })
    }
}

fn https(url: &str) -> Result<String, String> {
    let url = url.trim_end_matches('/');
    if url.starts_with("https://") { Ok(url.to_owned()) } else { Err("est_url must start with https://".to_owned()) }
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    let (host, port) = text.rsplit_once(':').ok_or("mqtt_addr must be host:port")?;
    let port = port.parse().map_err(|_| "mqtt_addr: no such port")?;
    Ok(Endpoint { host: host.trim_matches(['[', ']']).to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: &str, good: bool) {
        let base = "device_id = \"hearth-0001\"\nproduct = \"hearth-thermostat\"\nmaker = \"Hearth\"\n\
                    est_url = \"https://localhost:8444/\"\nmqtt_addr = \"localhost:8883\"\n";
        let read = Config::parse(&format!("{base}{change}"));
        assert_eq!(read.is_ok(), good, "{change}: {read:?}");
    }

    #[test]
    fn a_configuration_outside_its_limits_is_refused() {
        check("", true);
        check("[timing]\nreconnect_ms_max = 2000\n", true);
        check("[timing]\nreconnect_ms_min = 0\n", false);
        check("[timing]\nreconnect_ms_min = 9000\nreconnect_ms_max = 8000\n", false);
        check("mqtt_addrs = [\"b.example:8883\"]\nest_urls = [\"https://b.example\"]\n", true);
        check("fallback_addresses = [\"192.0.2.1\", \"2001:db8::1\"]\n", true);
        check("mqtt_addrs = [\"b.example\"]\n", false);
        check("est_urls = [\"http://b.example\"]\n", false);
        check("fallback_addresses = [\"b.example\"]\n", false);
        check(&format!("mqtt_addrs = {:?}\n", ["b.example:1"; 8]), false);
        check("[limits]\nin_flight_max = 65\n", false);
        check("[local]\nport = 8443\n", true);
        check("[local]\nport = 0\n", false);
        check("[local]\ntoken_minutes = 1441\n", false);
        check("[power_on]\nheating = \"off\"\n", true);
        check("[power_on]\nheating = \"maybe\"\n", false);
        check("pasword = \"x\"\n", false);
    }
}

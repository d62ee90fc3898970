//! Clients that others wrote, in both versions of the protocol: mosquitto's programs, paho-mqtt and MQTT.js.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::client::reading;
use super::house::{Credential, House};
use crate::authority::secret_file::pem;

/// Where the clients of the tests and their scripts are.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outside");

/// The folder that `cargo xtask clients` fills with paho-mqtt and MQTT.js.
fn installed() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    target.join("outside")
}

/// Writes what a client needs to prove who it is.
fn files(house: &House, credential: &Credential) -> PathBuf {
    let folder = house.dir.path().join(credential.device.as_str());
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    file("ca.pem", &pem("CERTIFICATE", &house.authority.ca_certificate()));
    file("device.pem", &pem("CERTIFICATE", &credential.chain[0]));
    file("device.key", &credential.key.serialize_pem());
    folder
}

fn mosquitto(program: &str, house: &House, credential: &Credential, version: &str) -> Command {
    let folder = files(house, credential);
    let mut command = Command::new(program);
    command
        .args(["-h", "localhost", "-p", &house.address.port().to_string(), "-V", version, "-q", "1"])
        .args(["-i", credential.device.as_str()])
        .args([OsStr::new("--cafile"), folder.join("ca.pem").as_os_str()])
        .args([OsStr::new("--cert"), folder.join("device.pem").as_os_str()])
        .args([OsStr::new("--key"), folder.join("device.key").as_os_str()])
        .stdin(Stdio::null());
    command
}

async fn run(mut command: Command) -> Output {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.output().await.unwrap_or_else(|why| panic!("{name}: {why}; `cargo xtask clients` installs what is missing"))
}

#[tokio::test]
async fn mosquitto_publishes_in_both_versions_and_is_kept_out_of_other_trees() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let other = house.device("hearth-0002");
    for (counter, version) in [(1, "5"), (2, "311")] {
        let publish = async |topic: &str| {
            let mut command = mosquitto("mosquitto_pub", &house, &credential, version);
            command.args(["-t", topic, "-m", &reading(counter)]);
            run(command).await
        };
        let out = publish("hf/v1/hearth-0001/telemetry/climate").await;
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(house.stored(&credential.device, "climate"), counter);
        publish("hf/v1/hearth-0002/telemetry/climate").await;
        assert_eq!(house.refused().get("foreign-device-tree"), Some(&counter));
    }
    assert_eq!(house.stored(&other.device, "climate"), 0);
}

#[tokio::test]
async fn mosquitto_subscribes_in_both_versions_and_hears_its_policy() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    for version in ["5", "311"] {
        let mut command = mosquitto("mosquitto_sub", &house, &credential, version);
        command.args(["-t", "hf/v1/hearth-0001/policy", "-C", "1"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("mosquitto_sub is installed (package mosquitto-clients)");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap_or_default();
        let policy: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(policy.pointer("/quarantined"), Some(&Value::Bool(false)), "{version}: {line}");
        assert!(child.wait().await.unwrap().success());
    }
}

/// Runs a script once in each version; what it saw must be what the standard and our documents say.
async fn check(client: &str, program: &Path, versions: [&str; 2], environment: Option<(&str, PathBuf)>) {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let folder = files(&house, &credential);
    for (counter, version) in (1_u64..).zip(versions) {
        let mut command = Command::new(program);
        command
            .arg(Path::new(SCRIPTS).join(client))
            .args([house.address.port().to_string().as_str(), credential.device.as_str()])
            .arg(&folder)
            .args([version, &reading(counter)]);
        if let Some((name, value)) = &environment {
            command.env(name, value);
        }
        let out = run(command).await;
        let said = String::from_utf8_lossy(&out.stdout);
        let seen: Value = serde_json::from_str(said.trim())
            .unwrap_or_else(|why| panic!("{client} {version}: {why}: {said}{}", String::from_utf8_lossy(&out.stderr)));
        let at = |pointer: &str| seen.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/connack"), 0, "{seen}");
        assert_eq!(at("/granted"), serde_json::json!([1]), "{seen}");
        assert_eq!(at("/policy/quarantined"), false, "{seen}");
        assert_eq!(at("/puback"), 0, "{seen}");
        if version == "5" {
            assert!([Value::from(0), Value::from(false)].contains(&at("/retain_available")), "{seen}");
        }
        assert_eq!(house.stored(&credential.device, "climate"), counter, "{client} {version}");
    }
    assert!(house.refused().is_empty(), "{client}: {:?}", house.refused());
}

#[tokio::test]
async fn paho_for_python_connects_subscribes_and_publishes_in_both_versions() {
    check("paho_client.py", &installed().join("py/bin/python"), ["5", "311"], None).await;
}

#[tokio::test]
async fn mqtt_js_connects_subscribes_and_publishes_in_both_versions() {
    let modules = installed().join("js/node_modules");
    check("mqttjs_client.js", Path::new("node"), ["5", "4"], Some(("NODE_PATH", modules))).await;
}

//! System packages that tests and benchmarks need: installed where that is allowed (root and apt), named exactly otherwise.

use std::path::Path;

use crate::run;

/// A program that is started, or a file by its whole path, and the Debian package that brings it.
type Need = (&'static str, &'static str);

/// What the tests start.
pub(crate) const TESTS: &[Need] = &[
    ("mosquitto_pub", "mosquitto-clients"),
    ("openssl", "openssl"),
    ("swtpm", "swtpm"),
    ("pkg-config", "pkg-config"),
    ("/usr/include/tss2/tss2_esys.h", "libtss2-dev"),
];

/// What other people's clients run on.
pub(crate) const CLIENTS: &[Need] = &[("python3", "python3-venv"), ("node", "nodejs"), ("npm", "npm")];

/// What the tests of pages start.
pub(crate) const BROWSER: &[Need] = &[
    ("chromium", "chromium"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("python3", "python3-venv"),
    ("sqlite3", "sqlite3"),
];

/// What looks at the doors from outside.
pub(crate) const SCANNERS: &[Need] = &[("testssl", "testssl.sh"), ("nmap", "nmap")];

/// What the check of the systemd units starts.
pub(crate) const UNITS: &[Need] = &[("systemd-analyze", "systemd")];

/// What the benchmarks and the torture start: the peer that we measure ourselves against, and a look at system calls.
pub(crate) const BENCHMARKS: &[Need] = &[("mosquitto", "mosquitto"), ("strace", "strace")];

/// Clients of other people that the tests run against the devices' door, pinned.
const PAHO: &str = "paho-mqtt==2.1.0";
/// The mail server that the tests send to.
const AIOSMTPD: &str = "aiosmtpd==1.4.6";
/// The identity provider that the tests sign in at.
const OIDC_PROVIDER: &str = "oidc-provider-mock==0.3.4";
/// The same from npm.
const MQTT_JS: &str = "mqtt@5.16.0";

/// Puts paho-mqtt, aiosmtpd and oidc-provider-mock (`PyPI`) and MQTT.js (npm) under `dir`, unless they are there.
pub(crate) fn clients(dir: &Path) -> Result<(), String> {
    let python = dir.join("py/bin/python");
    if !python.exists()
        || run::output(run::program(
            &python.to_string_lossy(),
            &["-c", "import paho.mqtt, aiosmtpd, oidc_provider_mock"],
        ))
        .is_err()
    {
        run::say("installing paho-mqtt, aiosmtpd and oidc-provider-mock");
        run::expect(run::program("python3", &["-m", "venv", &dir.join("py").to_string_lossy()]))?;
        let pip = dir.join("py/bin/pip");
        run::expect(run::program(
            &pip.to_string_lossy(),
            &["install", "--quiet", "--disable-pip-version-check", PAHO, AIOSMTPD, OIDC_PROVIDER],
        ))?;
    }
    let js = dir.join("js");
    if !js.join("node_modules/mqtt/package.json").exists() {
        run::say("installing MQTT.js");
        std::fs::create_dir_all(&js).map_err(|why| format!("{}: {why}", js.display()))?;
        let prefix = js.to_string_lossy().into_owned();
        let flags = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", &prefix, MQTT_JS];
        run::expect(run::program("npm", &flags))?;
    }
    Ok(())
}

/// Makes sure that every needed program is there.
pub(crate) fn ensure(needs: &[Need]) -> Result<(), String> {
    let missing: Vec<&str> = needs.iter().filter(|(p, _)| !run::found(p)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    let root = run::output(run::program("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !root || !run::found("apt-get") {
        return Err(format!("these packages are missing: {}\n  as root: {by_hand}", missing.join(" ")));
    }
    run::say(&format!("installing {}", missing.join(" ")));
    let mut update = run::program("apt-get", &["-qq", "update"]);
    update.env("DEBIAN_FRONTEND", "noninteractive");
    run::expect(update)?;
    let mut install = run::program("apt-get", &["-qq", "install", "-y", "--no-install-recommends"]);
    install.args(&missing).env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null());
    run::expect(install)
}

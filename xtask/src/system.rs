//! System packages that tests and benchmarks need: installed where that is allowed (root and apt), named exactly otherwise.

use crate::run;

/// A program that is started, and the Debian package that brings it.
type Need = (&'static str, &'static str);

/// What the tests start.
pub(crate) const TESTS: &[Need] = &[("mosquitto_pub", "mosquitto-clients"), ("openssl", "openssl")];

/// What the benchmarks start: the peer that we measure ourselves against.
pub(crate) const BENCHMARKS: &[Need] = &[("mosquitto", "mosquitto")];

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

//! System packages that tests need: installed where that is allowed (root and apt), named exactly otherwise.

use crate::run;

/// A program the tests start, and the Debian package that brings it.
const NEEDS: &[(&str, &str)] =
    &[("mosquitto_pub", "mosquitto-clients"), ("openssl", "openssl"), ("chromium", "chromium")];

/// Makes sure that every needed program is there.
pub(crate) fn ensure() -> Result<(), String> {
    let missing: Vec<&str> = NEEDS.iter().filter(|(p, _)| !run::found(p)).map(|(_, package)| *package).collect();
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

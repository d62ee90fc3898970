//! The systemd units in `packaging/`: each must be understood by systemd, and expose little.

use std::path::Path;

use crate::{run, system};

/// Highest exposure that `systemd-analyze security` may give, times ten. It counts from 0 (nothing) to 100 (everything).
const EXPOSURE_MAX: u32 = 20;
/// Where the units name the programs.
const INSTALLED: &str = "/usr/bin/";

/// `cargo xtask units`.
pub(crate) fn check() -> Result<(), String> {
    system::ensure(system::UNITS)?;
    let dir = run::root().join("packaging/systemd");
    let entries = std::fs::read_dir(&dir).map_err(|why| format!("{}: {why}", dir.display()))?;
    let mut units: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "service"))
        .collect();
    units.sort();
    if units.is_empty() {
        return Err(format!("{}: no unit", dir.display()));
    }
    let scratch = std::env::temp_dir().join(format!("holdfast-units-{}", std::process::id()));
    let outcome = units.iter().try_for_each(|unit| one(unit, &scratch));
    let _ = std::fs::remove_dir_all(&scratch);
    outcome?;
    run::say(&format!(
        "{} units: understood, exposure at most {}.{}",
        units.len(),
        EXPOSURE_MAX / 10,
        EXPOSURE_MAX % 10
    ));
    Ok(())
}

/// Checks one unit. The programs it names are not installed here, so a copy names one that is.
fn one(unit: &Path, scratch: &Path) -> Result<(), String> {
    let shown = |why: std::io::Error| format!("{}: {why}", unit.display());
    let text = std::fs::read_to_string(unit).map_err(shown)?;
    let stand_in: Vec<String> = text
        .lines()
        .map(|line| {
            let found = ["ExecStart=", "ExecStartPre=+"].iter().find_map(|key| {
                let rest = line.strip_prefix(key)?.strip_prefix(INSTALLED)?;
                Some(format!("{key}/bin/true {}", rest.split_once(' ').map_or("", |(_, args)| args)))
            });
            found.unwrap_or_else(|| line.to_owned())
        })
        .collect();
    let copy = scratch.join(unit.file_name().unwrap_or_default());
    std::fs::create_dir_all(scratch).and_then(|()| std::fs::write(&copy, stand_in.join("\n") + "\n")).map_err(shown)?;
    let copy = copy.to_string_lossy().into_owned();
    let understood =
        run::output(run::program("systemd-analyze", &["verify", "--man=no", "--recursive-errors=no", &copy]));
    understood.map_err(|why| format!("{}: not understood: {why}", unit.display()))?;
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let args = ["security", "--offline=true", "--no-pager", &threshold, &copy];
    let found = run::output(run::program("systemd-analyze", &args));
    let found = found.map_err(|why| format!("{}: exposed: {why}", unit.display()))?;
    run::say(found.lines().last().unwrap_or_default().trim());
    Ok(())
}

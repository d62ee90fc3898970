//! The software images of a demo: the example applications as tar files, filled up with real files of this machine.

use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// Real files are added until an image is at least so large.
pub(super) const IMAGE_BYTES_MIN: u64 = 4 * 1024 * 1024;
/// Files larger than this are not taken.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The two programs of one version of an example application.
pub(super) struct Programs {
    app: &'static str,
    health: &'static str,
}

macro_rules! programs {
    ($product:literal, $version:literal) => {
        Programs {
            app: include_str!(concat!("../../../../examples/firmware/", $product, "/", $version, "/bin/app")),
            health: include_str!(concat!("../../../../examples/firmware/", $product, "/", $version, "/bin/health")),
        }
    };
}

/// Version 1 of the thermostat.
pub(super) const THERMOSTAT_V1: Programs = programs!("hearth-thermostat", "v1");
/// Version 2 of the thermostat.
pub(super) const THERMOSTAT_V2: Programs = programs!("hearth-thermostat", "v2");

/// Writes an image: `bin/app`, `bin/health` and libraries of this machine under `lib/`. Returns its size in bytes.
pub(super) fn write_image(programs: &Programs, skip: usize, to: &Path) -> Result<u64, Failure> {
    let shown = |why: std::io::Error| Failure::fault(format!("{}: {why}", to.display()));
    let file = std::fs::File::create(to).map_err(shown)?;
    let mut tar = tar::Builder::new(file);
    append(&mut tar, "bin/app", programs.app.as_bytes(), 0o755).map_err(shown)?;
    append(&mut tar, "bin/health", programs.health.as_bytes(), 0o755).map_err(shown)?;
    let mut bytes = 0;
    for path in libraries().into_iter().skip(skip) {
        if bytes >= IMAGE_BYTES_MIN {
            break;
        }
        let Ok(content) = std::fs::read(&path) else { continue };
        let Some(name) = path.file_name() else { continue };
        append(&mut tar, &format!("lib/{}", name.to_string_lossy()), &content, 0o644).map_err(shown)?;
        bytes += content.len() as u64;
    }
    let file = tar.into_inner().map_err(shown)?;
    file.sync_all().map_err(shown)?;
    let bytes = file.metadata().map_err(shown)?.len();
    if bytes < IMAGE_BYTES_MIN {
        return Err(Failure::fault("this machine has too few shared libraries to fill a payload of several MB"));
    }
    Ok(bytes)
}

fn append(tar: &mut tar::Builder<std::fs::File>, name: &str, content: &[u8], mode: u32) -> std::io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_cksum();
    tar.append_data(&mut header, name, content)
}

/// Shared libraries of this machine, by name.
fn libraries() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for dir in ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib"] {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_library = path.file_name().is_some_and(|n| n.to_string_lossy().contains(".so"));
            let fits = std::fs::symlink_metadata(&path)
                .is_ok_and(|m| m.is_file() && m.len() > 50_000 && m.len() < FILE_BYTES_MAX);
            if is_library && fits {
                found.push(path);
            }
        }
        if found.len() > 40 {
            break;
        }
    }
    found.sort();
    found
}

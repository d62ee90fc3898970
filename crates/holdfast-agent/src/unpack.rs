//! Unpacks an image, a tar file, into a fresh directory. Even a signed image gets no way out of it.
//!
//! Refused by name: absolute paths, `..`, anything but files, directories and links that stay inside, entries that
//! repeat, too many entries, too much content. The image is hashed again while it is read, so that what was unpacked is
//! what was verified.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use holdfast_core::hash::{Hasher, Sha256Digest};
use tar::{Archive, Entry, EntryType};

use crate::durable;
use crate::fault::Fault;

/// Most entries of an image.
pub(crate) const ENTRIES_MAX: usize = 20_000;
/// Most levels of a path.
const DEPTH_MAX: usize = 16;

/// Reads and hashes.
struct Hashing<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hasher.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Unpacks `image` into `into`, which is emptied first. `digest` is the image's verified digest.
pub(crate) fn unpack(image: &Path, digest: Sha256Digest, into: &Path) -> Result<(), Fault> {
    clear(into)?;
    durable::create_dir(into)?;
    let file = File::open(image).map_err(Fault::files("open", image))?;
    // A tar file holds no more content than its own size: nothing in it is compressed.
    let bytes_max = file.metadata().map_err(Fault::files("read", image))?.len();
    let mut hashing = Hashing { inner: std::io::BufReader::with_capacity(256 * 1024, file), hasher: Hasher::new() };
    let outcome = entries(&mut hashing, into, bytes_max, image).map_err(named);
    std::io::copy(&mut hashing, &mut std::io::sink()).map_err(Fault::files("read", image))?;
    let outcome = outcome.and_then(|()| {
        if hashing.hasher.finish() == digest { Ok(()) } else { Err(Fault::unverified("image-changed-while-read")) }
    });
    if outcome.is_err() {
        clear(into)?;
    }
    outcome
}

/// Removes a directory with all it holds, or whatever else has its name, if it is there.
pub(crate) fn clear(dir: &Path) -> Result<(), Fault> {
    let removed = match std::fs::remove_dir_all(dir) {
        Err(why) if why.kind() == std::io::ErrorKind::NotADirectory => std::fs::remove_file(dir),
        Err(why) if why.kind() == std::io::ErrorKind::PermissionDenied => {
            let_in_everywhere(dir);
            std::fs::remove_dir_all(dir)
        }
        other => other,
    };
    match removed {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(Fault::files("remove", dir)(why)),
        _ => Ok(()),
    }
}

/// Gives the owner back the rights to a directory that a program may have taken away. Links are left alone.
pub(crate) fn let_in(dir: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if std::fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir() && meta.permissions().mode() & 0o700 != 0o700) {
        // If it fails, what follows says why.
        let _ = std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700));
    }
}

/// The same for a directory and all below it.
fn let_in_everywhere(dir: &Path) {
    let_in(dir);
    let inside = std::fs::read_dir(dir).into_iter().flatten().flatten();
    inside
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .for_each(|entry| let_in_everywhere(&entry.path()));
}

/// Removes everything in a directory.
pub(crate) fn clear_within(dir: &Path) -> Result<(), Fault> {
    for entry in std::fs::read_dir(dir).map_err(Fault::files("read", dir))?.flatten() {
        clear(&entry.path())?;
    }
    Ok(())
}

fn entries<R: Read>(from: &mut R, into: &Path, bytes_max: u64, image: &Path) -> Result<(), Fault> {
    let malformed = |_| Fault::refused("image-malformed");
    let mut archive = Archive::new(from);
    let (mut seen, mut bytes) = (BTreeSet::new(), 0_u64);
    for (count, entry) in archive.entries().map_err(malformed)?.enumerate() {
        let mut entry = entry.map_err(malformed)?;
        if count >= ENTRIES_MAX {
            return Err(Fault::refused("image-too-many-entries"));
        }
        let name = inside(&entry.path().map_err(malformed)?)?;
        if name.as_os_str().is_empty() {
            continue;
        }
        bytes = bytes.saturating_add(entry.size());
        if bytes > bytes_max {
            return Err(Fault::refused("image-too-much-content"));
        }
        let kind = entry.header().entry_type();
        if !seen.insert(name.clone()) && kind != EntryType::Directory {
            return Err(Fault::refused("image-entry-repeated"));
        }
        let at = into.join(&name);
        if let Some(parent) = at.parent() {
            no_link_on_the_way(into, &name)?;
            durable::create_dir(parent)?;
        }
        place(&mut entry, kind, &name, &at, image)?;
    }
    Ok(())
}

fn place<R: Read>(
    entry: &mut Entry<'_, R>,
    kind: EntryType,
    name: &Path,
    at: &Path,
    image: &Path,
) -> Result<(), Fault> {
    if kind.is_file() {
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        let mode = if executable { 0o700 } else { 0o600 };
        let mut file =
            File::options().write(true).create_new(true).mode(mode).open(at).map_err(Fault::files("create", at))?;
        std::io::copy(entry, &mut file).map_err(Fault::files("unpack", image))?;
        file.flush().map_err(Fault::files("write", at))
    } else if kind.is_dir() {
        durable::create_dir(at)
    } else if kind.is_symlink() {
        let target = entry.link_name().ok().flatten().ok_or_else(|| Fault::refused("image-malformed"))?;
        stays_inside(name, &target)?;
        std::os::unix::fs::symlink(&target, at).map_err(Fault::files("create", at))
    } else {
        Err(Fault::refused("image-entry-kind"))
    }
}

/// What the file system says of an entry that no directory can hold is a refusal of the image: another try would be the
/// same.
fn named(fault: Fault) -> Fault {
    use std::io::ErrorKind as Kind;
    let Fault::Files { source, .. } = &fault else { return fault };
    let kind = source.kind();
    if matches!(kind, Kind::AlreadyExists | Kind::NotADirectory | Kind::IsADirectory) {
        Fault::refused("image-entry-repeated")
    } else if matches!(kind, Kind::InvalidInput | Kind::InvalidFilename | Kind::NotFound) {
        Fault::refused("image-path-malformed")
    } else if matches!(kind, Kind::UnexpectedEof | Kind::InvalidData | Kind::Other) {
        Fault::refused("image-malformed")
    } else {
        fault
    }
}

/// The path of an entry, if it leads nowhere but down.
fn inside(path: &Path) -> Result<PathBuf, Fault> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(Fault::refused("image-path-outside"));
            }
        }
    }
    if clean.components().count() > DEPTH_MAX { Err(Fault::refused("image-path-too-deep")) } else { Ok(clean) }
}

/// A link may point only to what is in the image. `..` counts only before any name: behind one, which may be another link,
/// it leads somewhere else than it seems to.
fn stays_inside(link: &Path, target: &Path) -> Result<(), Fault> {
    let (mut depth, mut is_down) = (link.components().count().saturating_sub(1), false);
    for part in target.components() {
        match part {
            Component::Normal(_) => is_down = true,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 && !is_down => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(Fault::refused("image-link-outside"));
            }
        }
    }
    Ok(())
}

/// Nothing is ever written through a link that the image itself has put there.
fn no_link_on_the_way(into: &Path, name: &Path) -> Result<(), Fault> {
    let mut at = into.to_path_buf();
    for part in name.parent().into_iter().flat_map(Path::components) {
        at.push(part);
        match std::fs::symlink_metadata(&at) {
            Ok(meta) if !meta.is_dir() => return Err(Fault::refused("image-path-through-link")),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tar::{Builder, Header};

    /// One entry: name, kind, content or link target.
    type Item<'a> = (&'a str, EntryType, &'a [u8]);

    fn image(items: &[Item<'_>]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (name, kind, content) in items {
            let mut header = Header::new_ustar();
            // Names are written raw, because the builder itself refuses the bad ones.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o755);
            let body: &[u8] = if *kind == EntryType::Symlink {
                header.as_mut_bytes()[157..157 + content.len()].copy_from_slice(content);
                &[]
            } else {
                content
            };
            header.set_size(body.len() as u64);
            header.set_cksum();
            tar.append(&header, body).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn check(items: &[Item<'_>], expected: Option<&str>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        let bytes = image(items);
        std::fs::write(&path, &bytes).unwrap();
        let into = dir.path().join("run");
        let outcome = unpack(&path, Sha256Digest::of(&bytes), &into);
        assert_eq!(outcome.as_ref().err().map(Fault::name), expected, "{items:?}");
        assert_eq!(into.exists(), expected.is_none(), "nothing stays of a refused image");
        dir
    }

    #[test]
    fn a_good_image_is_unpacked_with_its_executables() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = check(
            &[
                ("./", EntryType::Directory, b""),
                ("bin/app", EntryType::Regular, b"#!/bin/sh\n"),
                ("bin/go", EntryType::Symlink, b"../bin/app"),
            ],
            None,
        );
        let app = dir.path().join("run/bin/app");
        assert_eq!(std::fs::metadata(&app).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read(dir.path().join("run/bin/go")).unwrap(), b"#!/bin/sh\n");
    }

    #[test]
    fn an_image_that_wants_out_is_refused_by_name() {
        let file = EntryType::Regular;
        check(&[("/etc/passwd", file, b"x")], Some("image-path-outside"));
        check(&[("bin/../../x", file, b"x")], Some("image-path-outside"));
        check(&[("out", EntryType::Symlink, b"/etc")], Some("image-link-outside"));
        check(&[("bin/out", EntryType::Symlink, b"../../etc")], Some("image-link-outside"));
        check(
            &[("here", EntryType::Symlink, b"."), ("out", EntryType::Symlink, b"here/..")],
            Some("image-link-outside"),
        );
        check(&[("d", EntryType::Symlink, b"."), ("d/x", file, b"x")], Some("image-path-through-link"));
        check(&[("dev", EntryType::Char, b"")], Some("image-entry-kind"));
        check(&[("hard", EntryType::Link, b"")], Some("image-entry-kind"));
        check(&[("a", file, b"1"), ("a", file, b"2")], Some("image-entry-repeated"));
        check(&[("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", file, b"x")], Some("image-path-too-deep"));
    }

    #[test]
    fn an_image_that_no_directory_can_hold_is_refused_and_not_tried_again() {
        let (file, long) = (EntryType::Regular, "x".repeat(100));
        check(&[("a", file, b"1"), ("a", EntryType::Directory, b"")], Some("image-entry-repeated"));
        check(&[("a", EntryType::Directory, b""), ("b", EntryType::Symlink, b"")], Some("image-malformed"));
        check(
            &[("long", EntryType::GNULongName, long.repeat(3).as_bytes()), ("a", file, b"1")],
            Some("image-path-malformed"),
        );
    }

    #[test]
    fn what_was_unpacked_before_is_removed_whatever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/bin")).unwrap();
        std::fs::write(dir.path().join("b.new"), b"x").unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("b")).unwrap();
        clear_within(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_image_that_changed_after_it_was_verified_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        std::fs::write(&path, image(&[("bin/app", EntryType::Regular, b"good")])).unwrap();
        let fault = unpack(&path, Sha256Digest::of(b"another"), &dir.path().join("run")).unwrap_err();
        assert_eq!(fault.name(), "image-changed-while-read");
        assert!(!dir.path().join("run").exists());
    }
}

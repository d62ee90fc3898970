//! A blob is there whole and checked, or not at all.

use std::io::Read;
use std::path::Path;

use holdfast_core::hash::Sha256Digest;
use holdfast_store::blobs::Blobs;
use tempfile::TempDir;

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files(&path) } else { 1 })
        .sum()
}

fn put(blobs: &Blobs, announced: &[u8], content: &[u8], bytes_max: u64) -> Result<(u64, bool), &'static str> {
    let mut writer = blobs.put(Sha256Digest::of(announced), bytes_max).map_err(|e| e.name())?;
    for piece in content.chunks(3) {
        writer.write(piece).map_err(|e| e.name())?;
    }
    writer.finish().map(|kept| (kept.bytes, kept.already)).map_err(|e| e.name())
}

#[test]
fn content_is_kept_under_its_digest_and_read_by_range() {
    let dir = TempDir::new().unwrap();
    let blobs = Blobs::open(dir.path()).unwrap();
    let digest = Sha256Digest::of(b"0123456789");
    assert!(!blobs.exists(&digest));
    assert_eq!(put(&blobs, b"0123456789", b"0123456789", 10), Ok((10, false)));
    assert_eq!(put(&blobs, b"0123456789", b"0123456789", 10), Ok((10, true)));
    let name = digest.to_string();
    assert!(dir.path().join(&name[..2]).join(&name[2..]).is_file());
    assert_eq!((blobs.exists(&digest), blobs.len(&digest).unwrap()), (true, Some(10)));
    for (start, bytes, expected) in [(0, 100, "0123456789"), (3, 4, "3456"), (9, 1, "9"), (10, 5, ""), (99, 5, "")] {
        let mut text = String::new();
        blobs.open_range(&digest, start, bytes).unwrap().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, expected);
    }
    let other = Sha256Digest::of(b"other");
    assert_eq!(blobs.len(&other).unwrap(), None);
    assert!(blobs.open_range(&other, 0, 1).unwrap().is_none());
}

#[test]
fn wrong_too_large_and_unfinished_content_leaves_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let blobs = Blobs::open(dir.path()).unwrap();
    assert_eq!(put(&blobs, b"announced", b"something else", 99), Err("artifact-digest-mismatch"));
    assert_eq!(put(&blobs, b"announced", b"announced", 8), Err("artifact-too-large"));
    drop(blobs.put(Sha256Digest::of(b"announced"), 99).unwrap());
    assert_eq!(files(dir.path()), 0);
    assert!(!blobs.exists(&Sha256Digest::of(b"announced")));
}

#[test]
fn what_a_killed_writer_left_is_removed_at_the_next_start() {
    let dir = TempDir::new().unwrap();
    let blobs = Blobs::open(dir.path()).unwrap();
    put(&blobs, b"kept", b"kept", 9).unwrap();
    std::mem::forget(blobs.put(Sha256Digest::of(b"lost"), 99).unwrap());
    assert_eq!(files(dir.path()), 2);
    let blobs = Blobs::open(dir.path()).unwrap();
    assert_eq!(files(dir.path()), 1);
    assert!(blobs.exists(&Sha256Digest::of(b"kept")));
}

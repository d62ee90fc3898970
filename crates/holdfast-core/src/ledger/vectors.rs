//! Reads every Merkle vector in `testdata/tlog`: happy ones verify, all others are refused.

extern crate std;

use alloc::vec::Vec;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::proof::{self, Leaves};
use super::tree::leaf_hash;

/// One vector file; a hash that is not 32 bytes is no hash, which the types of this module refuse.
struct Vector(Value);

impl Vector {
    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    fn bytes(value: &Value) -> Vec<u8> {
        STANDARD.decode(value.as_str().unwrap()).unwrap()
    }

    fn hash(&self, name: &str) -> Option<[u8; 32]> {
        Self::bytes(&self.0[name]).try_into().ok()
    }

    /// Some heads of consistency vectors stand for any value and are shorter than a hash; equal ones stay equal.
    fn head(&self, name: &str) -> [u8; 32] {
        self.hash(name).unwrap_or_else(|| leaf_hash(&Self::bytes(&self.0[name])))
    }

    fn proof(&self) -> Option<Vec<[u8; 32]>> {
        let Some(list) = self.0["proof"].as_array() else { return Some(Vec::new()) };
        list.iter().map(|hash| Self::bytes(hash).try_into().ok()).collect()
    }

    fn leaves(&self) -> Leaves {
        Leaves { start: self.number("start"), end: self.number("end") }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Runs `verify` on every file of a folder; counts must match so that no file is passed over.
fn check(folder: &str, happy: usize, refused: usize, verify: impl Fn(&Vector) -> Option<bool>) {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tlog").join(folder), &mut found);
    let (mut verified, mut not) = (0, 0);
    for path in found {
        let vector = Vector(serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
        let holds = verify(&vector).unwrap_or(false);
        assert_eq!(holds, vector.0["wantErr"] == false, "{}", path.display());
        if holds { verified += 1 } else { not += 1 }
    }
    assert_eq!((verified, not), (happy, refused), "{folder}");
}

#[test]
fn every_inclusion_vector_is_judged_right() {
    check("inclusion", 6, 92, |v| {
        let (leaf, root, proof) = (v.hash("leafHash")?, v.hash("root")?, v.proof()?);
        Some(proof::verify_inclusion(&leaf, v.number("leafIdx"), v.number("treeSize"), &proof, &root).is_ok())
    });
}

#[test]
fn every_consistency_vector_is_judged_right() {
    check("consistency", 6, 92, |v| {
        let (old, new, proof) = (v.head("root1"), v.head("root2"), v.proof()?);
        Some(proof::verify_consistency(v.number("size1"), &old, v.number("size2"), &new, &proof).is_ok())
    });
}

#[test]
fn every_subtree_inclusion_vector_is_judged_right() {
    check("subtreeinclusion", 12, 192, |v| {
        let (leaf, root, proof) = (v.hash("leafHash")?, v.hash("root")?, v.proof()?);
        Some(proof::verify_subtree_inclusion(&leaf, v.number("leafIdx"), v.leaves(), &proof, &root).is_ok())
    });
}

#[test]
fn every_subtree_consistency_vector_is_judged_right() {
    check("subtreeconsistency", 12, 106, |v| {
        let (part, root, proof) = (v.head("root1"), v.head("root2"), v.proof()?);
        Some(proof::verify_subtree_consistency(v.leaves(), &part, v.number("size"), &root, &proof).is_ok())
    });
}

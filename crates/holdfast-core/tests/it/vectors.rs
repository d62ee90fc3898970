//! Where the vectors are and how they are read. `testdata/*/README.md` names origin and licence.

use std::path::PathBuf;

pub(crate) fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(relative)
}

pub(crate) fn json(relative: &str) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path(relative)).unwrap()).unwrap()
}

pub(crate) fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| format!("{folder}/{}", e.unwrap().file_name().into_string().unwrap())).collect();
    names.sort();
    assert!(!names.is_empty(), "{folder} is empty");
    names
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap();
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    assert_eq!(digits.len() % 2, 0, "odd number of digits");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

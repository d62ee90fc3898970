//! Every target over its seeds and a fixed number of mutations; the list of libFuzzer programs is complete.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_sim::fuzz::mutate::Mutator;
use holdfast_sim::fuzz::{TARGETS, seeds};

/// Mutations of each target.
const ROUNDS: usize = 16_000;
/// Mutations of a target that signs, verifies or writes files in most rounds.
const ROUNDS_SIGNING: usize = 2_000;
const SIGNING: [&str; 10] = [
    "agent_image",
    "agent_key_files",
    "certification_request",
    "cose_sign",
    "cose_sign1",
    "evidence",
    "ledger_note",
    "release",
    "statement",
    "trust",
];

#[test]
fn every_parser_returns_whatever_it_is_fed() {
    std::thread::scope(|scope| {
        for ((name, target), seeds) in TARGETS.iter().zip(seeds::all()) {
            scope.spawn(move || {
                assert_eq!(*name, seeds.target);
                check(name, *target, &seeds.inputs);
            });
        }
    });
}

fn check(name: &str, target: fn(&[u8]), inputs: &[Vec<u8>]) {
    let mut mutator = Mutator::new(name.bytes().fold(7_u64, |n, byte| n.wrapping_mul(31) ^ u64::from(byte)));
    for input in inputs {
        target(input);
    }
    let rounds = if SIGNING.contains(&name) { ROUNDS_SIGNING } else { ROUNDS };
    for round in 0..rounds {
        let mut pick = || inputs.get(mutator.below(inputs.len())).map_or(&[][..], Vec::as_slice);
        let (one, other) = (pick(), pick());
        let input = mutator.mutate(one, other);
        let outcome = std::panic::catch_unwind(|| target(&input));
        assert!(outcome.is_ok(), "{name}, round {round}: {input:02x?}");
    }
}

#[test]
fn every_target_has_seeds_and_none_is_empty() {
    for seeds in seeds::all() {
        assert!(!seeds.inputs.is_empty(), "{}", seeds.target);
        assert!(seeds.inputs.iter().all(|input| !input.is_empty()), "{}", seeds.target);
    }
}

#[test]
fn the_libfuzzer_programs_are_exactly_the_targets() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len(), "a target stands twice in the list");
    let files = std::fs::read_dir(fuzz.join("fuzz_targets")).unwrap();
    let found: BTreeSet<String> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(found, names);
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for name in &names {
        let program = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("run(\"{name}\", data)")), "{name}.rs runs another target");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not in Cargo.toml");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), names.len());
}

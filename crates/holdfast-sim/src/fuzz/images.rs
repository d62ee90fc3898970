//! Targets for images: as they come, and with the checksum of each header made right, to reach what stands behind it.

use std::path::PathBuf;

use holdfast_agent::parsers as agent;
use holdfast_server::parsers as server;

/// One block of a tar file (POSIX.1-2017, pax, "ustar Interchange Format").
pub(super) const BLOCK_BYTES: usize = 512;
/// Where the checksum stands in a header.
const SUM_AT: std::ops::Range<usize> = 148..156;

/// Unpacks an image in a directory of this thread.
pub(super) fn unpacked(data: &[u8]) {
    let dir = dir();
    agent::image(data, &dir);
    agent::image(&repaired(data), &dir);
}

pub(super) fn listed(data: &[u8]) {
    server::image_list(data);
    server::image_list(&repaired(data));
}

fn dir() -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_alphanumeric).collect();
    std::env::temp_dir().join(format!("holdfast-fuzz-{}-{thread}", std::process::id()))
}

/// The same with the right checksum in every block that is, or was, a header.
pub(super) fn repaired(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    for block in out.chunks_exact_mut(BLOCK_BYTES) {
        let is_header = block.get(257..260).is_some_and(|magic| magic == b"ust");
        let Some(sum) = block.get_mut(SUM_AT).filter(|_| is_header) else { continue };
        sum.fill(b' ');
        let total: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        if let Some(sum) = block.get_mut(SUM_AT) {
            sum.iter_mut().zip(format!("{total:06o}\0 ").bytes()).for_each(|(to, from)| *to = from);
        }
    }
    out
}

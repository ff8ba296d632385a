//! A merge of segments of which one was damaged, or made to do harm with checksums that are right: an error, or a segment that can
//! be searched; and where nothing was changed, one that holds all rows.
use crate::changed::{change_seeds, changed};
use crate::lab::{SAMPLE, merge, plan, search};
use std::sync::LazyLock;

static EVERYTHING: LazyLock<String> = LazyLock::new(|| plan(r#"{"op":"all","of":[]}"#, "null", "null", true));

static ROWS: LazyLock<usize> =
    LazyLock::new(|| search(&EVERYTHING, &SAMPLE.data, &SAMPLE.address).expect("the sample is whole").0.len());

/// The first byte says what is done: a deletion or none, bytes flipped or structures changed.
pub fn run(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    let deletion = (kind & 2 != 0).then_some(r#"{"op":"has","column":{"parts":["user.name"]},"pattern":{"parts":["bob"]}}"#);
    let (file, address) = if kind & 1 == 0 { flipped(rest) } else { changed(rest) };
    match merge(&[(&SAMPLE.data, &SAMPLE.address), (&file, &address)], deletion) {
        Ok(Some(segment)) => {
            let found = search(&EVERYTHING, &segment.data, &segment.address).expect("what a merge wrote can be read");
            assert!(kind & 3 != 0 || file != SAMPLE.data || found.0.len() == 2 * *ROWS, "a merge lost rows");
        }
        Ok(None) => panic!("the sample has rows that the deletion leaves"),
        Err(error) => assert!(!rest.is_empty(), "whole segments fail to merge: {error}"),
    }
}

fn flipped(changes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut file = SAMPLE.data.clone();
    for change in changes.chunks_exact(3).take(8) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
        file[at] ^= change[2];
    }
    (file, SAMPLE.address.clone())
}

/// Whole segments, a flipped byte, and each kind of change once.
pub fn seeds() -> Vec<Vec<u8>> {
    let changes = change_seeds().enumerate().map(|(kind, seed)| [vec![1 + 2 * (kind % 2) as u8], seed].concat());
    [vec![0], vec![2], vec![0, 40, 0, 1], vec![2, 0, 4, 0x80]].into_iter().chain(changes).collect()
}

//! A bucket of the term index: any look-up names pages of the segment only.
use crate::{take_count, with_counts};
use lakebed_core::format::frame::checksum;
use lakebed_core::format::terms::{BucketWriter, look_up};

const PAGES_MAX: usize = 4096;

pub fn run(mut data: &[u8]) {
    let pages = take_count(&mut data, PAGES_MAX);
    let rest = u64::from(data.first().copied().unwrap_or(0)) << 56;
    // a wrong checksum is refused at once; behind a right one anything may stand
    let bucket = [&checksum(data).to_le_bytes(), data].concat();
    if let Ok(found) = look_up(&bucket, rest, pages) {
        assert!(found.iter().all(|&page| (page as usize) < pages));
        assert!(found.is_sorted());
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut writer = BucketWriter::default();
    let every: Vec<u32> = (0..300).collect();
    for token in 0..200u64 {
        let pages = match token % 4 {
            0 => &every[..],
            1 => &every[3..90],
            2 => &[5, 77, 299][..],
            _ => &[9],
        };
        writer.add(token << 56, pages);
    }
    let mut bucket = Vec::new();
    writer.finish(&mut bucket, 300);
    vec![with_counts(&[300], &bucket[4..])]
}

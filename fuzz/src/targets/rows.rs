//! What every row of a group has: time, object, record, origin.
use crate::{take_count, with_counts};
use lakebed_core::format::frame::Compressor;
use lakebed_core::format::rows::{Origin, RowFacts, Rows, TimeSource, put_rows};

const ROWS_MAX: usize = 20_000;

pub fn run(mut data: &[u8]) {
    let count = take_count(&mut data, ROWS_MAX);
    let Ok(rows) = Rows::read(data, count) else { return };
    for list in [rows.times(), rows.objects(), rows.records()] {
        assert!(list.is_err() || list.is_ok_and(|list| list.len() == count));
    }
    if let Ok(ids) = rows.origin_ids() {
        assert!(ids.iter().all(|&id| usize::try_from(id).is_ok_and(|id| id < rows.origins.len())));
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let origins = ["field", "previous", "field at, zone assumed"].map(TimeSource::of).map(|time_source| Origin {
        source_type: "json".to_string(),
        time_source,
        parse_error: String::new(),
    });
    let facts: Vec<RowFacts> = (0..500u32)
        .map(|n| RowFacts {
            time_ns: i64::from(n / 3) * 1_000_000_000,
            object: n / 100,
            record: u64::from(n % 100),
            origin: n % 2,
        })
        .collect();
    let mut frame = Vec::new();
    put_rows(&mut frame, &mut Compressor::new(), &origins, &facts);
    vec![with_counts(&[500], &frame)]
}

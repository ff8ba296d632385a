//! The values of one column, in every encoding.
use crate::{take_count, with_counts};
use lakebed_core::format::column::{Column, Kind, put_column};
use lakebed_core::format::frame::Compressor;

const VALUES_MAX: usize = 20_000;

pub fn run(mut data: &[u8]) {
    let count = take_count(&mut data, VALUES_MAX);
    let Some((&kind, frame)) = data.split_first() else { return };
    let Ok(kind) = Kind::from_code(kind & 3) else { return };
    let Ok(column) = Column::read(frame, kind, count) else { return };
    let _ = column.constant();
    let _ = column.bools();
    let Ok(decoded) = column.decode() else { return };
    if decoded.ids.prepare().is_err() {
        return;
    }
    let mut buffer = Vec::new();
    for index in 0..count.min(500) {
        let text = decoded.ids.get().map_or(index, |ids| ids.get(index));
        let _ = decoded.texts.get(text, &mut buffer);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let texts: Vec<Vec<String>> = vec![
        (0..300).map(|n| format!("user-{}", n % 7)).collect(),
        (0..300).map(|n| format!("{:08x}-1111-2222-3333-{:012x}", n * 77_777, n * 99_999_999u64)).collect(),
        (0..300).map(|n| format!("2026-01-15T10:{:02}:{:02}Z", n / 60, n % 60)).collect(),
        (0..300).map(|n| format!("arn:aws:iam::123456789012:role/AROA{:016X}", n * 123_456_789_123u64)).collect(),
        (0..300).map(|n| (n * n * 31).to_string()).collect(),
        (0..300).map(|_| "same".to_string()).collect(),
        (0..300).map(|n| format!("{n}.5e{n}")).collect(),
    ];
    let mut seeds = Vec::new();
    for list in &texts {
        let mut distinct: Vec<&String> = Vec::new();
        let mut ids = Vec::new();
        for text in list {
            let at = distinct.iter().position(|known| *known == text).unwrap_or_else(|| {
                distinct.push(text);
                distinct.len() - 1
            });
            ids.push(at as u32);
        }
        for kind in [Kind::Text, Kind::Number] {
            let is_number = list.iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            if kind == Kind::Number && !is_number {
                continue;
            }
            let mut frame = vec![kind.code()];
            put_column(&mut frame, &mut Compressor::new(), kind, &ids, |id| distinct[id as usize].as_bytes());
            seeds.push(with_counts(&[list.len() as u16], &frame));
        }
    }
    seeds
}

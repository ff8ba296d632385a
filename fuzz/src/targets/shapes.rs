//! The shapes of the events of a group, and which event has which.
use crate::{take_count, with_counts};
use lakebed_core::format::column::Kind;
use lakebed_core::format::frame::Compressor;
use lakebed_core::format::shape::{Shapes, put_shapes, value_step};

const ROWS_MAX: usize = 20_000;
const NODES: usize = 50;

pub fn run(mut data: &[u8]) {
    let (count, rows) = (take_count(&mut data, 500), take_count(&mut data, ROWS_MAX));
    let Ok(shapes) = Shapes::read(data, count, rows, NODES) else { return };
    assert!(shapes.len() == count && shapes.ids.len() == rows);
    for row in 0..rows.min(500) {
        let _ = shapes.steps(shapes.ids.get(row));
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let shapes: [&[u32]; 2] = [&[value_step(1, Kind::Text), value_step(2, Kind::Number)], &[value_step(1, Kind::Text)]];
    let ids: Vec<u32> = (0..400).map(|row| u32::from(row % 9 == 0)).collect();
    let mut frame = Vec::new();
    put_shapes(&mut frame, &mut Compressor::new(), shapes.into_iter(), &ids);
    vec![with_counts(&[2, 400], &frame)]
}

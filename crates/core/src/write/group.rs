//! A full batch becomes a row group: pages cut, columns encoded, tokens noted.
use super::batch::{Batch, ColumnBuffer};
use super::layout::{Layout, PageLimits, StoredValues, stored_values};
use super::tokens::TokenSet;
use crate::format::address::{GroupEntry, PageEntry};
use crate::format::column::{Kind, put_column, put_row_epoch, put_row_time};
use crate::format::directory::{DirectoryWriter, Placement, Stamp};
use crate::format::frame::{Compressor, FrameRef};
use crate::format::rows::{RowFacts, put_rows};
use crate::format::shape::put_shapes;
use crate::value::class::class_mask;
use crate::value::decimal::as_i64;
use crate::value::integer::integer_text;
use crate::value::time::iso_form;
use crate::value::token::{for_each_token, is_left_out, token_hash};

/// Columns of up to so many plain bytes stand in the directory: a frame of their own would cost more than they do.
const INLINE_BYTES_MAX: usize = 192;

/// Columns that are estimated to need more than this are stored page by page, so that fetching one event does not fetch the whole
/// group's values.
const STRIP_BYTES_MAX: f64 = 16384.0;

/// Units of an epoch number, as powers of ten of ns: seconds, milliseconds, microseconds, nanoseconds.
const EPOCH_POWERS: [u8; 4] = [9, 6, 3, 0];

enum Stored {
    Inline(Vec<u8>),
    Strip(Vec<u8>),
    Pages(Vec<Vec<u8>>),
}

/// Appends the batch to `file` as a group and adds its tokens, with page numbers of the group, to `tokens`.
pub fn put_group(
    file: &mut Vec<u8>,
    batch: &Batch,
    limits: PageLimits,
    tokens: &mut TokenSet,
    compressor: &mut Compressor,
) -> GroupEntry {
    let offset = file.len() as u64;
    let layout = Layout::of(batch, limits);
    let values = stored_values(batch, &layout);
    let mut order: Vec<usize> = (0..values.len()).filter(|&at| !values[at].ids.is_empty()).collect();
    order.sort_unstable_by_key(|&at| (batch.columns()[at].node, batch.columns()[at].kind));

    let mut strips = Vec::new();
    put_shapes(
        &mut strips,
        compressor,
        layout.shapes.iter().map(|&shape| batch.shape(shape)).collect::<Vec<_>>().into_iter(),
        &layout.shape_ids,
    );
    let shapes_frame = FrameRef::of(&strips);
    let rows: Vec<RowFacts> = layout.by_time.iter().map(|&row| batch.rows[row as usize].facts).collect();
    let rows_start = strips.len();
    put_rows(&mut strips, compressor, &batch.origins, &rows);
    let rows_frame = FrameRef::of(&strips[rows_start..]);

    let mut bodies = vec![Vec::new(); layout.page_ends.len()];
    let mut directory = DirectoryWriter::new(layout.shapes.len(), shapes_frame, rows_frame, order.len());
    for at in order {
        let column = &batch.columns()[at];
        let (stamp, stored) = encode(batch, &layout, column, &values[at], tokens, compressor);
        match stored {
            Stored::Inline(frame) => directory.column(column.node, column.kind, stamp, &Placement::Inline(&frame)),
            Stored::Strip(frame) => {
                directory.column(column.node, column.kind, stamp, &Placement::Strip(FrameRef::of(&frame)));
                strips.extend_from_slice(&frame);
            }
            Stored::Pages(frames) => {
                let references: Vec<FrameRef> = frames.iter().map(|frame| FrameRef::of(frame)).collect();
                directory.column(column.node, column.kind, stamp, &Placement::Pages(&references));
                bodies.iter_mut().zip(&frames).for_each(|(body, frame)| body.extend_from_slice(frame));
            }
        }
    }
    let directory = directory.finish(compressor);
    file.extend_from_slice(&directory);
    file.extend_from_slice(&strips);
    bodies.iter().for_each(|body| file.extend_from_slice(body));
    let pages = layout.pages().zip(&bodies).map(|(page, body)| PageEntry {
        rows: page.len() as u32,
        body_length: body.len() as u32,
        min_time_ns: rows.get(page.start).map_or(0, |row| row.time_ns),
        max_time_ns: rows.get(page.end.wrapping_sub(1)).map_or(0, |row| row.time_ns),
    });
    let pages = pages.collect();
    GroupEntry { offset, directory: FrameRef::of(&directory), strips_length: strips.len() as u32, first_page: 0, pages }
}

/// What a look at a column's distinct values tells.
struct Survey {
    stamp: Stamp,
    distinct: usize,
    distinct_bytes: usize,
}

fn encode(
    batch: &Batch,
    layout: &Layout,
    column: &ColumnBuffer,
    values: &StoredValues,
    tokens: &mut TokenSet,
    compressor: &mut Compressor,
) -> (Stamp, Stored) {
    let survey = survey(column, values, tokens);
    let text = |id| column.dictionary.get(id);
    if let Some(frame) = row_time(batch, layout, column, values) {
        return (survey.stamp, Stored::Inline(frame));
    }
    let mut frame = Vec::new();
    let count = values.ids.len();
    if survey.distinct_bytes + count <= INLINE_BYTES_MAX || survey.distinct == 1 {
        compressor.store_only = true;
        put_column(&mut frame, compressor, column.kind, &values.ids, text);
        compressor.store_only = false;
        return (survey.stamp, Stored::Inline(frame));
    }
    let id_bits = f64::from(usize::BITS - survey.distinct.leading_zeros());
    let estimate = survey.distinct_bytes as f64 * 0.4 + count as f64 * id_bits / 16.0;
    if estimate <= STRIP_BYTES_MAX || values.page_ends.len() == 1 {
        put_column(&mut frame, compressor, column.kind, &values.ids, text);
        return (survey.stamp, Stored::Strip(frame));
    }
    let mut start = 0;
    compressor.begin_pages();
    let frames = values.page_ends.iter().map(|&end| {
        let ids = &values.ids[std::mem::replace(&mut start, end)..end];
        let mut frame = Vec::new();
        if !ids.is_empty() {
            put_column(&mut frame, compressor, column.kind, ids, text);
        }
        frame
    });
    let frames = frames.collect();
    compressor.end_pages();
    (survey.stamp, Stored::Pages(frames))
}

fn survey(column: &ColumnBuffer, values: &StoredValues, tokens: &mut TokenSet) -> Survey {
    let mut survey = Survey {
        stamp: Stamp { count: values.ids.len() as u32, longest: 0, classes: 0 },
        distinct: 0,
        distinct_bytes: 0,
    };
    let texts = if column.kind == Kind::Bool { 2 } else { column.dictionary.len() };
    let mut pages = vec![0u64; texts];
    let mut start = 0;
    for (page, &end) in values.page_ends.iter().enumerate() {
        for &id in &values.ids[std::mem::replace(&mut start, end)..end] {
            pages[id as usize] |= 1 << page;
        }
    }
    for (id, &pages) in pages.iter().enumerate().filter(|(_, pages)| **pages != 0) {
        let text = match column.kind {
            Kind::Bool => [&b"false"[..], b"true"][id],
            _ => column.dictionary.get(id as u32),
        };
        note_text(column.kind, text, pages, tokens);
        survey.distinct += 1;
        survey.distinct_bytes += text.len();
        survey.stamp.longest = survey.stamp.longest.max(text.len() as u32);
        survey.stamp.classes |= class_mask(text);
    }
    survey
}

/// Adds the tokens of a text that stands in these pages of the group, a bit each.
pub fn note_text(kind: Kind, text: &[u8], pages: u64, tokens: &mut TokenSet) {
    note_tokens(text, pages, tokens);
    if kind == Kind::Number && (text == b"-0" || text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))) {
        // `404.0` must be found by whoever looks for the number 404.
        if let Some(integer) = integer_text(text).filter(|integer| integer != text) {
            note_tokens(&integer, pages, tokens);
        }
    }
}

fn note_tokens(text: &[u8], pages: u64, tokens: &mut TokenSet) {
    for_each_token(text, |token| {
        if !is_left_out(token) {
            tokens.add(token_hash(token), pages);
        }
    });
}

/// The frame of a column that only repeats the event time of its row.
fn row_time(batch: &Batch, layout: &Layout, column: &ColumnBuffer, values: &StoredValues) -> Option<Vec<u8>> {
    if !values.is_dense || values.ids.is_empty() {
        return None;
    }
    let times = layout.stored.iter().map(|&row| batch.rows[row as usize].facts.time_ns);
    let mut pairs = values.ids.iter().map(|&id| column.dictionary.get(id)).zip(times);
    let mut frame = Vec::new();
    match column.kind {
        Kind::Text => {
            let (_, digits) = iso_form(column.dictionary.get(values.ids[0]))?;
            pairs
                .all(|(text, time)| iso_form(text) == Some((time, digits)))
                .then(|| put_row_time(&mut frame, digits))?;
        }
        Kind::Number => {
            let first = as_i64(column.dictionary.get(values.ids[0]))?;
            let time = batch.rows[layout.stored[0] as usize].facts.time_ns;
            let power = EPOCH_POWERS.into_iter().find(|&power| epoch_ns(first, power) == Some(time))?;
            pairs
                .all(|(text, time)| as_i64(text).and_then(|number| epoch_ns(number, power)) == Some(time))
                .then(|| put_row_epoch(&mut frame, power))?;
        }
        Kind::Bool => return None,
    }
    Some(frame)
}

fn epoch_ns(number: i64, power: u8) -> Option<i64> {
    number.checked_mul(10i64.pow(u32::from(power)))
}

//! The order of rows and values in a row group.
//!
//! A page is a run of rows in time order. Inside a page, rows stand by shape, then by time: rows of one shape have the same columns,
//! so a column's values for them are one run, and values that belong together stand together, which is what compression lives on.
//! The shape ids, kept in time order, are all that a reader needs to get from one order to the other.
use super::batch::{Batch, Row};
use crate::format::column::Kind;
use crate::format::limits::GROUP_PAGES_MAX;
use crate::format::shape::NULL;

/// When a page ends.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    pub bytes: usize,
    pub rows: usize,
}

pub struct Layout {
    /// Numbers of the batch's shapes in their stored order.
    pub shapes: Vec<u32>,
    /// Shape of each row (stored number), in time order.
    pub shape_ids: Vec<u32>,
    /// Rows of the batch in time order.
    pub by_time: Vec<u32>,
    /// Rows of the batch in stored order: page by page, shape by shape.
    pub stored: Vec<u32>,
    /// End of each page in both orders.
    pub page_ends: Vec<usize>,
}

impl Layout {
    pub fn of(batch: &Batch, limits: PageLimits) -> Self {
        let rows = &batch.rows;
        let mut by_time: Vec<u32> = (0..rows.len() as u32).collect();
        // Of equal times in the order of their coming, also where a merge puts rows in by shape.
        let key = |row: &Row| (row.facts.time_ns, row.facts.object, row.facts.record);
        if !rows.is_sorted_by_key(key) {
            by_time.sort_by_key(|&row| key(&rows[row as usize]));
        }
        let mut shapes: Vec<u32> = (0..batch.shape_count() as u32).collect();
        shapes.sort_by_key(|&shape| batch.shape(shape));
        let mut rank = vec![0u32; shapes.len()];
        for (at, &shape) in shapes.iter().enumerate() {
            rank[shape as usize] = at as u32;
        }
        let shape_ids: Vec<u32> = by_time.iter().map(|&row| rank[rows[row as usize].shape as usize]).collect();
        let page_ends = cut_pages(rows, &by_time, limits);
        let mut stored = by_time.clone();
        let mut start = 0;
        for &end in &page_ends {
            stored[start..end].sort_by_key(|&row| rank[rows[row as usize].shape as usize]);
            start = end;
        }
        Self { shapes, shape_ids, by_time, stored, page_ends }
    }

    pub fn pages(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let mut start = 0;
        self.page_ends.iter().map(move |&end| std::mem::replace(&mut start, end)..end)
    }
}

fn cut_pages(rows: &[Row], by_time: &[u32], limits: PageLimits) -> Vec<usize> {
    let total: usize = rows.iter().map(|row| row.size_bytes as usize).sum();
    let mut limit_bytes = limits.bytes.max(total.div_ceil(GROUP_PAGES_MAX - 1));
    let mut limit_rows = limits.rows.max(rows.len().div_ceil(GROUP_PAGES_MAX - 1));
    loop {
        let mut ends = Vec::new();
        let (mut bytes, mut start) = (0, 0);
        for (at, &row) in by_time.iter().enumerate() {
            if at > start && (bytes >= limit_bytes || at - start >= limit_rows) {
                ends.push(at);
                (bytes, start) = (0, at);
            }
            bytes += rows[row as usize].size_bytes as usize;
        }
        ends.push(by_time.len());
        if ends.len() <= GROUP_PAGES_MAX {
            return ends;
        }
        limit_bytes *= 2;
        limit_rows *= 2;
    }
}

/// A column's values in stored order.
pub struct StoredValues {
    pub ids: Vec<u32>,
    /// End of each page in `ids`.
    pub page_ends: Vec<usize>,
    /// Whether every row has exactly one value.
    pub is_dense: bool,
}

/// The columns of a shape and how many values each takes, in the order of the batch's columns.
fn shape_columns(batch: &Batch, shape: u32) -> Vec<(u32, u32)> {
    let mut columns: Vec<u32> = Vec::new();
    for &step in batch.shape(shape) {
        if step & 7 < NULL
            && let Ok(kind) = Kind::from_code((step & 7) as u8)
        {
            columns.push(batch.paths.column(step >> 3, kind));
        }
    }
    columns.sort_unstable();
    columns.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
}

/// Brings the values of all columns from order of arrival into stored order.
pub fn stored_values(batch: &Batch, layout: &Layout) -> Vec<StoredValues> {
    let mut shapes: Vec<Vec<(u32, u32)>> =
        (0..batch.shape_count() as u32).map(|shape| shape_columns(batch, shape)).collect();
    let rows = batch.rows.len();
    let mut is_dense: Vec<bool> = batch.columns().iter().map(|column| column.ids.len() == rows).collect();
    for &(column, count) in shapes.iter().flatten() {
        is_dense[column as usize] &= count == 1;
    }
    let mut values: Vec<StoredValues> = batch
        .columns()
        .iter()
        .zip(&is_dense)
        .map(|(column, &is_dense)| match is_dense {
            // The number of a value is that of its row.
            true => StoredValues {
                ids: layout.stored.iter().map(|&row| column.ids[row as usize]).collect(),
                page_ends: layout.page_ends.clone(),
                is_dense,
            },
            false => StoredValues { ids: Vec::with_capacity(column.ids.len()), page_ends: Vec::new(), is_dense },
        })
        .collect();
    shapes.iter_mut().for_each(|columns| columns.retain(|&(column, _)| !is_dense[column as usize]));
    if shapes.iter().any(|columns| !columns.is_empty()) {
        scatter_values(batch, layout, &shapes, &mut values);
    }
    values
}

/// Brings the values of the columns that shapes name into stored order.
fn scatter_values(batch: &Batch, layout: &Layout, shapes: &[Vec<(u32, u32)>], values: &mut [StoredValues]) {
    let mut next = vec![0u32; batch.columns().len()];
    let mut first = Vec::with_capacity(batch.rows.len());
    let mut starts: Vec<u32> = Vec::with_capacity(batch.values());
    for row in &batch.rows {
        first.push(starts.len());
        for &(column, count) in &shapes[row.shape as usize] {
            starts.push(next[column as usize]);
            next[column as usize] += count;
        }
    }
    for page in layout.pages() {
        for &row in &layout.stored[page] {
            let shape = &shapes[batch.rows[row as usize].shape as usize];
            for (&(column, count), &start) in shape.iter().zip(&starts[first[row as usize]..]) {
                let source = &batch.columns()[column as usize].ids;
                let target = &mut values[column as usize].ids;
                if count == 1 {
                    target.push(source[start as usize]);
                } else {
                    target.extend_from_slice(&source[start as usize..(start + count) as usize]);
                }
            }
        }
        for column in values.iter_mut().filter(|column| !column.is_dense) {
            column.page_ends.push(column.ids.len());
        }
    }
}

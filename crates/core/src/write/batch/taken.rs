//! What a merge puts into the batch: rows, shapes and values that were taken from another segment, without a parser between.
use super::{Batch, ColumnBuffer, MEMBER_OVERHEAD_BYTES, Row};
use crate::format::column::Kind;
use crate::format::rows::{Origin, RowFacts};
use crate::format::shape::{CLOSE, EMPTY_ARRAY, EMPTY_OBJECT, NULL, OPEN};

impl Batch {
    /// Adds a row whose values come with `take_values`. `size_bytes`: of its shape; `add_size` adds its values.
    pub fn take_row(&mut self, shape: u32, facts: RowFacts, size_bytes: u32) {
        self.size_bytes += size_bytes as usize;
        self.rows.push(Row { shape, facts, size_bytes });
    }

    /// The column at a path, to which `take_values` adds `count` values, those of the rows in their order.
    pub fn take_values(&mut self, node: u32, kind: Kind, count: usize) -> &mut ColumnBuffer {
        self.values += count;
        let column = self.column(node, kind);
        column.dictionary.look_up_all();
        column
    }

    /// Says that the values of rows from `first_row` on are so long together.
    pub fn add_sizes(&mut self, first_row: usize, sizes: &[u32]) {
        for (row, &size) in self.rows[first_row..].iter_mut().zip(sizes) {
            row.size_bytes = row.size_bytes.saturating_add(size);
            self.size_bytes += size as usize;
        }
    }

    /// The number of this way of reading a row.
    pub fn intern_origin(&mut self, origin: &Origin) -> u32 {
        if let Some(at) = self.origins.iter().rposition(|known| known == origin) {
            return at as u32;
        }
        self.origins.push(origin.clone());
        self.origins.len() as u32 - 1
    }

    /// Size of an event of this shape as JSON, its texts and numbers left out: what the sink counts for it.
    pub fn shape_size_bytes(&self, steps: &[u32]) -> u32 {
        let mut size = 2u32;
        for &step in steps {
            if step == CLOSE {
                size += 2;
                continue;
            }
            size = size.saturating_add(self.paths.key(step >> 3).len() as u32);
            size += match step & 7 {
                NULL => 4 + MEMBER_OVERHEAD_BYTES,
                EMPTY_OBJECT | EMPTY_ARRAY => 2,
                OPEN => 0,
                code if code == u32::from(Kind::Bool.code()) => 5 + MEMBER_OVERHEAD_BYTES,
                _ => MEMBER_OVERHEAD_BYTES,
            };
        }
        size
    }
}

//! `count()`: rows. `count(column)`: rows where the column is there.
//!
//! Cost: nothing, the groups count their rows; an addition per row with a column. State: none, or 8 bytes.
use super::{Column, Decoded, Needs, Operand, Parameters, Row, Spec, State, States};
use crate::error::Result;
use crate::format::wire::{Wire, put_varint};

pub const COUNT: Spec = Spec { name: "count", columns: 0..=1, parameters: 0..=0, start };

fn start(parameters: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(if parameters.columns == 0 { Box::new(RowCount) } else { States::<Count>::boxed(()) })
}

/// The rows of a group, which the groups know.
pub struct RowCount;

impl Column for RowCount {
    fn needs(&self) -> Needs {
        Needs::default()
    }
    fn is_row_count(&self) -> bool {
        true
    }
    fn grow(&mut self, _groups: usize) {}
    fn update(&mut self, _groups: &[u32], _operands: &[Operand<'_>]) {}
    fn merge(&mut self, _group: u32, _wire: &mut Wire<'_>) -> Decoded<()> {
        Ok(())
    }
    fn put(&self, _group: u32, _out: &mut Vec<u8>) {}
    fn finish(&self, _group: u32, rows: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(rows.to_string().as_bytes());
    }
    fn inexact(&self, _group: u32) -> Option<u64> {
        None
    }
    fn note(&self, _worst: u64) -> String {
        String::new()
    }
    fn keep(&mut self, _kept: &[u32]) {}
    fn size_bytes(&self) -> usize {
        0
    }
    fn tighten(&mut self) -> bool {
        false
    }
}

struct Count(u64);

impl State for Count {
    const NEEDS: Needs = Needs::NOTHING;
    type Setup = ();

    fn start(_setup: &()) -> Self {
        Self(0)
    }

    fn update(&mut self, _setup: &(), row: Row<'_>) {
        self.0 += u64::from(row.has(0));
    }

    fn merge(&mut self, _setup: &(), other: Self) -> Decoded<()> {
        self.0 = self.0.saturating_add(other.0);
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.0);
    }

    fn read(_setup: &(), wire: &mut Wire<'_>) -> Decoded<Self> {
        wire.varint().map(Self)
    }

    fn finish(&self, _setup: &(), _rows: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.to_string().as_bytes());
    }
}

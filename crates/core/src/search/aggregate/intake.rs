//! Rows on their way into a partial result: which group each belongs to, then one function after the other.
use super::super::bits::RowSet;
use super::super::kernels::{Needs, Operand};
use super::super::numbers::NumberHasher;
use super::super::partial::{Budget, Partial};
use super::super::plan::{self, Aggregate};
use super::cells::{Cells, NONE, ValueList};
use crate::error::Result;
use std::collections::HashMap;

/// No group is known yet.
const UNKNOWN: u32 = u32::MAX;

pub struct Intake {
    pub partial: Partial,
    /// What the aggregate looks at, without repetition, by-operands first.
    pub operands: Vec<plan::Operand>,
    /// Their values over the rows at hand, in the same order.
    pub cells: Vec<Cells>,
    /// Operand of each by-value, and operands of each function.
    by: Vec<usize>,
    functions: Vec<Vec<usize>>,
    /// With one by-operand: the group of each value number; the first is that of rows without a value.
    group_of_value: Vec<u32>,
    /// With several: the group of their numbers.
    group_of_key: HashMap<Vec<u32>, u32, NumberHasher>,
}

impl Intake {
    pub fn new(aggregate: &Aggregate, budget: Budget) -> Result<Self> {
        let mut operands: Vec<plan::Operand> = Vec::new();
        let mut place = |operand: &plan::Operand| {
            operands.iter().position(|known| known == operand).unwrap_or_else(|| {
                operands.push(operand.clone());
                operands.len() - 1
            })
        };
        let by: Vec<usize> = aggregate.by.iter().map(&mut place).collect();
        let functions = aggregate.functions.iter().map(|function| function.columns.iter().map(&mut place).collect());
        let functions: Vec<Vec<usize>> = functions.collect();
        let partial = Partial::with_budget(aggregate, budget)?;
        let mut needs = vec![Needs::NOTHING; operands.len()];
        by.iter().for_each(|&operand| needs[operand] = Needs::VALUES);
        for (own, of_function) in partial.needs().zip(&functions) {
            of_function.iter().for_each(|&operand| needs[operand] = needs[operand].or(own));
        }
        let cells = needs.into_iter().map(|needs| Cells { values: ValueList::new(needs), rows: Vec::new() });
        Ok(Self {
            partial,
            cells: cells.collect(),
            operands,
            by,
            functions,
            group_of_value: Vec::new(),
            group_of_key: HashMap::default(),
        })
    }

    /// Whether the aggregate only counts the rows of one operand's values.
    pub fn counts_values_only(&self) -> bool {
        self.by.len() == 1 && self.operands.len() == 1 && self.partial.counts_rows_only()
    }

    /// Adds the rows of the set, whose values stand in `cells`.
    pub fn add(&mut self, set: &RowSet) -> Result<()> {
        if self.operands.is_empty() {
            let group = self.partial.group(&[])?;
            let rows = vec![group; set.len()];
            self.partial.update(&rows, &vec![Vec::new(); self.functions.len()]);
            return Ok(());
        }
        if !set.is_full() {
            for cells in &mut self.cells {
                cells.rows = set.iter().map(|row| cells.rows[row]).collect();
            }
        }
        let groups = self.groups_of_rows(set.len())?;
        let of_function = |operands: &Vec<usize>| {
            let operand = |&at: &usize| Operand { values: &self.cells[at].values, rows: &self.cells[at].rows };
            operands.iter().map(operand).collect()
        };
        let operands: Vec<Vec<Operand<'_>>> = self.functions.iter().map(of_function).collect();
        self.partial.update(&groups, &operands);
        self.end_rows();
        Ok(())
    }

    /// Counts rows that have this value of the one operand, or none.
    pub fn count_value(&mut self, number: u32, rows: u64) -> Result<()> {
        let group = self.group_of_number(number)?;
        self.partial.count_rows(group, rows);
        Ok(())
    }

    /// To be called when rows were added: groups may be dropped now.
    pub fn end_rows(&mut self) {
        if self.partial.trim() {
            self.group_of_value.clear();
            self.group_of_key.clear();
        }
    }

    /// Forgets the values, whose numbers are given out anew.
    pub fn forget_values(&mut self) {
        self.cells.iter_mut().for_each(|cells| cells.values.clear());
        self.group_of_value.clear();
        self.group_of_key.clear();
    }

    fn groups_of_rows(&mut self, rows: usize) -> Result<Vec<u32>> {
        let mut groups = Vec::with_capacity(rows);
        match self.by[..] {
            [] => groups.resize(rows, self.partial.group(&[])?),
            [operand] => {
                for row in 0..rows {
                    groups.push(self.group_of_number(self.cells[operand].rows[row])?);
                }
            }
            _ => {
                let mut key = Vec::with_capacity(self.by.len());
                for row in 0..rows {
                    key.clear();
                    key.extend(self.by.iter().map(|&operand| self.cells[operand].rows[row]));
                    groups.push(self.group_of_numbers(&key)?);
                }
            }
        }
        Ok(groups)
    }

    #[inline]
    fn group_of_number(&mut self, number: u32) -> Result<u32> {
        let slot = number.wrapping_add(1) as usize;
        match self.group_of_value.get(slot) {
            Some(&group) if group != UNKNOWN => Ok(group),
            _ => self.learn_group(slot, number),
        }
    }

    fn learn_group(&mut self, slot: usize, number: u32) -> Result<u32> {
        if slot >= self.group_of_value.len() {
            self.group_of_value.resize(slot + 1, UNKNOWN);
        }
        let group = self.find_group(&[number])?;
        self.group_of_value[slot] = group;
        Ok(group)
    }

    fn group_of_numbers(&mut self, numbers: &[u32]) -> Result<u32> {
        if let Some(&group) = self.group_of_key.get(numbers) {
            return Ok(group);
        }
        let group = self.find_group(numbers)?;
        self.group_of_key.insert(numbers.to_vec(), group);
        Ok(group)
    }

    fn find_group(&mut self, numbers: &[u32]) -> Result<u32> {
        let mut key = Vec::new();
        for (&operand, &number) in self.by.iter().zip(numbers) {
            match number {
                NONE => super::super::value::ValueRef::Null.put(&mut key),
                number => self.cells[operand].values.get(number).put(&mut key),
            }
        }
        self.partial.group(&key)
    }
}

//! The aggregate over one segment: rows are counted by number, values are looked at once each.
use super::bits::RowSet;
use super::columns::Values;
use super::fetch::Fetched;
use super::metadata::Metadata;
use super::numbers::NumberHasher;
use super::partial::{Group, Kernel, Partial, State, check_distinct, check_groups, is_better};
use super::plan::{Aggregate, Operand};
use super::sum::Addend;
use super::unit::Unit;
use super::value::Value;
use crate::error::Result;
use crate::format::column::Kind;
use crate::format::directory::Directory;
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

mod rows;

const NONE: u32 = u32::MAX;

/// A column that the aggregate names, by-columns first.
struct Named {
    name: Vec<u8>,
    metadata: Option<Metadata>,
    /// Paths that may hold it, and whether it is one position of an array there.
    nodes: Vec<(u32, bool)>,
    /// Numbers of the values already seen, by column and scope; dropped with the group.
    numbers: HashMap<(usize, usize), Vec<u32>>,
}

/// What a function does with a row.
struct Task {
    kernel: Kernel,
    /// Position in the list of named columns.
    column: Option<usize>,
}

pub struct Aggregator {
    named: Vec<Named>,
    by: usize,
    tasks: Vec<Task>,
    /// Every value met, and its number.
    known: HashMap<Value, u32>,
    values: Vec<Value>,
    addends: Vec<Option<Addend>>,
    groups: HashMap<Vec<u32>, usize, NumberHasher>,
    /// Group of each value number, when there is one by-column; the last is the group without the column.
    by_value: Vec<u32>,
    keys: Vec<Vec<u32>>,
    rows: Vec<u64>,
    states: Vec<Vec<Running>>,
    distinct: usize,
}

/// A function's state in numbers of values.
enum Running {
    Count(u64),
    Best(u32),
    Sum(super::sum::ExactSum, u64),
    Distinct(HashSet<u32, NumberHasher>),
}

impl Aggregator {
    pub fn new(aggregate: &Aggregate) -> Result<Self> {
        let mut names = aggregate.by.iter().map(Operand::column).collect::<Result<Vec<_>>>()?;
        let mut tasks = Vec::new();
        for function in &aggregate.functions {
            let name = function.columns.first().map(Operand::column).transpose()?;
            let column = name.map(|name| {
                names.iter().position(|known| *known == name).unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                })
            });
            tasks.push(Task { kernel: Kernel::of(function)?, column });
        }
        let named = names.iter().map(|name| Named {
            name: name.as_bytes().to_vec(),
            metadata: Metadata::named(name.as_bytes()),
            nodes: Vec::new(),
            numbers: HashMap::new(),
        });
        Ok(Self {
            named: named.collect(),
            by: aggregate.by.len(),
            tasks,
            known: HashMap::new(),
            values: Vec::new(),
            addends: Vec::new(),
            groups: HashMap::default(),
            by_value: Vec::new(),
            keys: Vec::new(),
            rows: Vec::new(),
            states: Vec::new(),
            distinct: 0,
        })
    }

    /// Finds the named columns among the segment's paths.
    pub fn resolve(&mut self, paths: &Paths) {
        for named in &mut self.named {
            if named.metadata.is_some_and(|metadata| !metadata.yields) {
                continue;
            }
            named.nodes = paths.named(&named.name).into_iter().map(|(node, whole)| (node, !whole)).collect();
        }
    }

    /// The columns of a group that are needed.
    pub fn columns(&self, directory: &Directory) -> Vec<usize> {
        let mut columns: Vec<usize> =
            self.named.iter().flat_map(|named| columns_of(named, directory)).map(|(column, _)| column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    pub fn needs_rows(&self) -> bool {
        self.named.iter().any(|named| named.metadata.is_some())
    }

    /// Lets go of what belongs to a group.
    pub fn end_group(&mut self) {
        self.named.iter_mut().for_each(|named| named.numbers.clear());
    }

    /// Adds the rows of `set`.
    pub fn add_page(
        &mut self,
        context: &AggregateContext<'_>,
        unit: &mut Unit,
        page: usize,
        set: &RowSet,
    ) -> Result<()> {
        if self.named.is_empty() && self.tasks.iter().all(|task| task.column.is_none()) {
            let group = self.group_of(&[])?;
            self.count_rows(group, set.len() as u64);
            return Ok(());
        }
        if self.count_by_one(context, unit, page, set)? {
            return Ok(());
        }
        let columns =
            (0..self.named.len()).map(|at| self.row_numbers(at, context, unit, page)).collect::<Result<Vec<_>>>()?;
        let mut key = vec![NONE; self.by];
        for row in set.iter() {
            let group = if self.by == 1 {
                self.group_of_value(columns[0][row])?
            } else {
                key.iter_mut().zip(&columns).for_each(|(slot, column)| *slot = column[row]);
                self.group_of(&key)?
            };
            self.rows[group] += 1;
            for at in 0..self.tasks.len() {
                let number = self.tasks[at].column.map(|column| columns[column][row]);
                self.update(group, at, number)?;
            }
        }
        Ok(())
    }

    /// Counts by the texts of one column alone, which needs no look at single rows. False: it is not such a simple case.
    fn count_by_one(
        &mut self,
        context: &AggregateContext<'_>,
        unit: &mut Unit,
        page: usize,
        set: &RowSet,
    ) -> Result<bool> {
        let is_simple = self.by == 1 && self.named.len() == 1 && self.named[0].metadata.is_none();
        if !is_simple || self.tasks.iter().any(|task| task.kernel != Kernel::Count || task.column.is_some()) {
            return Ok(false);
        }
        let facts = unit.facts()?.clone();
        let mut present = columns_of(&self.named[0], &facts.directory);
        present.retain(|&(column, _)| facts.shapes.value_count(page, column) > 0);
        let (column, total) = match present[..] {
            [] => {
                let group = self.group_of_value(NONE)?;
                self.count_rows(group, set.len() as u64);
                return Ok(true);
            }
            [(column, false)] => (column, facts.shapes.value_count(page, column)),
            _ => return Ok(false),
        };
        let (values, start) = unit.values(context.fetched, column, page)?;
        let mut counts = vec![0u64; values.text_count()];
        let mut is_single = true;
        facts.shapes.for_each_run(page, column, |_, per_row, _| is_single &= per_row == 1);
        if set.is_full() && is_single {
            values.for_each(start..start + total, |_, text| counts[text] += 1);
        } else {
            facts.shapes.for_each_run(page, column, |run, per_row, first| {
                for row in (0..run.rows as usize).filter(|row| set.contains(run.row as usize + row)) {
                    counts[values.number(start + first + row * per_row)] += 1;
                }
            });
        }
        let mut missing = set.len() as u64;
        for (text, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let number = self.intern(facts.directory.columns[column].kind, &values, text)?;
            let group = self.group_of_value(number)?;
            self.count_rows(group, count);
            missing -= count;
        }
        if missing > 0 {
            let group = self.group_of_value(NONE)?;
            self.count_rows(group, missing);
        }
        Ok(true)
    }

    fn count_rows(&mut self, group: usize, rows: u64) {
        self.rows[group] += rows;
        for state in &mut self.states[group] {
            if let Running::Count(count) = state {
                *count += rows;
            }
        }
    }

    fn group_of_value(&mut self, number: u32) -> Result<usize> {
        let slot = if number == NONE { 0 } else { number as usize + 1 };
        if slot >= self.by_value.len() {
            self.by_value.resize(slot + 1, NONE);
        }
        if self.by_value[slot] == NONE {
            self.by_value[slot] = self.new_group(vec![number])? as u32;
        }
        Ok(self.by_value[slot] as usize)
    }

    fn group_of(&mut self, key: &[u32]) -> Result<usize> {
        if let Some(&group) = self.groups.get(key) {
            return Ok(group);
        }
        let group = self.new_group(key.to_vec())?;
        self.groups.insert(key.to_vec(), group);
        Ok(group)
    }

    fn new_group(&mut self, key: Vec<u32>) -> Result<usize> {
        check_groups(self.keys.len() + 1)?;
        self.keys.push(key);
        self.rows.push(0);
        let start = |task: &Task| match task.kernel {
            Kernel::Count => Running::Count(0),
            Kernel::Min | Kernel::Max => Running::Best(NONE),
            Kernel::Sum | Kernel::Avg => Running::Sum(super::sum::ExactSum::default(), 0),
            Kernel::CountDistinct => Running::Distinct(HashSet::default()),
        };
        self.states.push(self.tasks.iter().map(start).collect());
        Ok(self.keys.len() - 1)
    }

    #[inline]
    fn update(&mut self, group: usize, task: usize, number: Option<u32>) -> Result<()> {
        let kernel = self.tasks[task].kernel;
        let number = match number {
            None => 0,
            Some(NONE) => return Ok(()),
            Some(number) => number,
        };
        match &mut self.states[group][task] {
            Running::Count(count) => *count += 1,
            Running::Best(best) => {
                let is_first = *best == NONE;
                if is_first
                    || (*best != number
                        && is_better(kernel, &self.values[number as usize], &self.values[*best as usize]))
                {
                    *best = number;
                }
            }
            Running::Sum(sum, count) => {
                if let Some(addend) = self.addends[number as usize] {
                    sum.add(addend);
                    *count += 1;
                }
            }
            Running::Distinct(values) => {
                if values.insert(number) {
                    self.distinct += 1;
                    check_distinct(self.distinct)?;
                }
            }
        }
        Ok(())
    }

    fn intern(&mut self, kind: Kind, values: &Arc<Values>, text: usize) -> Result<u32> {
        let mut buffer = Vec::new();
        let text = values.text(text, &mut buffer).map_err(|error| error.at("column", 0))?;
        check_distinct(self.values.len())?;
        Ok(self.intern_value(Value::new(kind, text)))
    }

    fn intern_value(&mut self, value: Value) -> u32 {
        if let Some(&number) = self.known.get(&value) {
            return number;
        }
        let number = self.values.len() as u32;
        self.addends.push(super::partial::addend(&value));
        self.values.push(value.clone());
        self.known.insert(value, number);
        number
    }

    /// The aggregate so far.
    pub fn partial(&self) -> Partial {
        let value = |number: u32| if number == NONE { Value::Null } else { self.values[number as usize].clone() };
        let groups = self.keys.iter().zip(&self.rows).zip(&self.states).map(|((key, &rows), states)| {
            let states = states.iter().map(|state| match state {
                Running::Count(count) => State::Count(*count),
                Running::Best(best) => State::Best((*best != NONE).then(|| value(*best))),
                Running::Sum(sum, count) => State::Sum(sum.clone(), *count),
                Running::Distinct(numbers) => State::Distinct(numbers.iter().map(|&number| value(number)).collect()),
            });
            (key.iter().map(|&number| value(number)).collect(), Group { rows, states: states.collect() })
        });
        Partial { groups: groups.collect() }
    }
}

/// What an aggregate looks at.
pub struct AggregateContext<'a> {
    pub paths: &'a Paths,
    pub objects: &'a [SourceObject],
    pub fetched: &'a Fetched,
}

fn columns_of(named: &Named, directory: &Directory) -> Vec<(usize, bool)> {
    let found = named.nodes.iter().flat_map(|&(node, is_position)| {
        Kind::ALL.iter().filter_map(move |&kind| Some((directory.find(node, kind)?, is_position)))
    });
    found.collect()
}

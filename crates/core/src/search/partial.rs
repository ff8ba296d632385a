//! Partial results of an aggregate: update, merge, dump, load, finish.
//!
//! Layout: a version byte; the numbers of by-columns and of functions; the number of groups; for each group its by-values, its row
//! count and one state per function. States: see `State::put`.
use super::plan::{Aggregate, Function};
use super::sum::{Addend, ExactSum};
use super::value::Value;
use crate::error::{CoreError, DecodeError, Result};
use crate::format::wire::{Wire, put_varint};
use std::collections::{HashMap, HashSet};

const VERSION: u8 = 1;

/// Groups of one aggregate that fit a worker's memory; beyond it the answer would have to be approximate, and is refused.
pub const GROUPS_MAX: usize = 4_000_000;

/// Distinct values that all groups of one aggregate may hold together.
pub const DISTINCT_MAX: usize = 8_000_000;

/// The aggregate functions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Rows, or rows that have the column.
    Count,
    Min,
    Max,
    Sum,
    Avg,
    /// Number of distinct values.
    CountDistinct,
}

impl Kernel {
    pub const ALL: [(&'static str, Self); 6] = [
        ("count", Self::Count),
        ("min", Self::Min),
        ("max", Self::Max),
        ("sum", Self::Sum),
        ("avg", Self::Avg),
        ("countdistinct", Self::CountDistinct),
    ];

    pub fn of(function: &Function) -> Result<Self> {
        let known = Self::ALL.iter().find(|(name, _)| *name == function.name);
        let (name, kernel) =
            known.ok_or_else(|| CoreError::Plan(format!("unknown aggregate function '{}'", function.name)))?;
        if function.columns.is_empty() && *kernel != Self::Count {
            return Err(CoreError::Plan(format!("aggregate function '{name}' needs a column")));
        }
        if function.columns.len() > 1 || !function.parameters.is_empty() {
            return Err(CoreError::Plan(format!("aggregate function '{name}' takes one column and no parameter")));
        }
        Ok(*kernel)
    }

    pub fn start(self) -> State {
        match self {
            Self::Count => State::Count(0),
            Self::Min | Self::Max => State::Best(None),
            Self::Sum | Self::Avg => State::Sum(ExactSum::default(), 0),
            Self::CountDistinct => State::Distinct(HashSet::new()),
        }
    }
}

/// What one function knows of one group.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Count(u64),
    Best(Option<Value>),
    /// The sum and how many numbers went into it.
    Sum(ExactSum, u64),
    Distinct(HashSet<Value>),
}

impl State {
    fn merge(&mut self, other: Self, kernel: Kernel) -> std::result::Result<(), DecodeError> {
        match (self, other) {
            (Self::Count(a), Self::Count(b)) => *a = a.saturating_add(b),
            (Self::Best(a), Self::Best(b)) => {
                if let Some(b) = b
                    && a.as_ref().is_none_or(|a| is_better(kernel, &b, a))
                {
                    *a = Some(b);
                }
            }
            (Self::Sum(a, n), Self::Sum(b, m)) => {
                a.merge(&b);
                *n = n.saturating_add(m);
            }
            (Self::Distinct(a), Self::Distinct(b)) => a.extend(b),
            _ => return Err(DecodeError("states of two functions do not merge")),
        }
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Count(count) => put_varint(out, *count),
            Self::Best(None) => out.push(0),
            Self::Best(Some(value)) => {
                out.push(1);
                value.put(out);
            }
            Self::Sum(sum, count) => {
                sum.put(out);
                put_varint(out, *count);
            }
            Self::Distinct(values) => {
                put_varint(out, values.len() as u64);
                values.iter().for_each(|value| value.put(out));
            }
        }
    }

    fn read(wire: &mut Wire<'_>, kernel: Kernel) -> std::result::Result<Self, DecodeError> {
        Ok(match kernel {
            Kernel::Count => Self::Count(wire.varint()?),
            Kernel::Min | Kernel::Max => Self::Best(if wire.byte()? == 0 { None } else { Some(Value::read(wire)?) }),
            Kernel::Sum | Kernel::Avg => Self::Sum(ExactSum::read(wire)?, wire.varint()?),
            Kernel::CountDistinct => {
                let count = wire.count()?;
                Self::Distinct((0..count).map(|_| Value::read(wire)).collect::<std::result::Result<_, _>>()?)
            }
        })
    }

    fn put_json(&self, kernel: Kernel, out: &mut Vec<u8>) {
        match (self, kernel) {
            (Self::Count(count), _) => out.extend_from_slice(count.to_string().as_bytes()),
            (Self::Best(value), _) => value.as_ref().unwrap_or(&Value::Null).put_json(out),
            (Self::Distinct(values), _) => out.extend_from_slice(values.len().to_string().as_bytes()),
            (Self::Sum(_, 0), _) => out.extend_from_slice(b"null"),
            (Self::Sum(sum, count), Kernel::Avg) => put_double(sum.mean(*count), out),
            (Self::Sum(sum, _), _) => match sum.integer_text() {
                Some(integer) => out.extend_from_slice(integer.as_bytes()),
                None => put_double(sum.to_f64(), out),
            },
        }
    }
}

/// JSON has no infinity; what does not fit a double is null.
fn put_double(double: f64, out: &mut Vec<u8>) {
    let text = if double.is_finite() { format!("{double:?}") } else { "null".to_string() };
    out.extend_from_slice(text.as_bytes());
}

pub fn is_better(kernel: Kernel, candidate: &Value, best: &Value) -> bool {
    if kernel == Kernel::Min { candidate < best } else { candidate > best }
}

/// An addend for a value of a column; None when it is not a number.
pub fn addend(value: &Value) -> Option<Addend> {
    match value {
        Value::Number(text) => Addend::of(text),
        _ => None,
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub rows: u64,
    pub states: Vec<State>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Partial {
    pub groups: HashMap<Vec<Value>, Group>,
}

fn kernels(aggregate: &Aggregate) -> Result<Vec<Kernel>> {
    aggregate.functions.iter().map(Kernel::of).collect()
}

impl Partial {
    pub fn dump(&self, aggregate: &Aggregate) -> Vec<u8> {
        let mut out = vec![VERSION];
        put_varint(&mut out, aggregate.by.len() as u64);
        put_varint(&mut out, aggregate.functions.len() as u64);
        put_varint(&mut out, self.groups.len() as u64);
        for (by, group) in &self.groups {
            by.iter().for_each(|value| value.put(&mut out));
            put_varint(&mut out, group.rows);
            group.states.iter().for_each(|state| state.put(&mut out));
        }
        out
    }

    pub fn load(aggregate: &Aggregate, bytes: &[u8]) -> Result<Self> {
        let kernels = kernels(aggregate)?;
        let mut wire = Wire::new(bytes);
        let mut read = || {
            let head = (wire.byte()?, wire.varint()?, wire.varint()?);
            if head != (VERSION, aggregate.by.len() as u64, kernels.len() as u64) {
                return Err(DecodeError("partial result is of another aggregate"));
            }
            let mut groups = HashMap::new();
            for _ in 0..wire.count()? {
                let by = aggregate.by.iter().map(|_| Value::read(&mut wire)).collect::<std::result::Result<_, _>>()?;
                let rows = wire.varint()?;
                let states = kernels
                    .iter()
                    .map(|&kernel| State::read(&mut wire, kernel))
                    .collect::<std::result::Result<_, _>>()?;
                groups.insert(by, Group { rows, states });
            }
            wire.end()?;
            Ok(Self { groups })
        };
        read().map_err(|error: DecodeError| error.at("partial result", 0))
    }

    pub fn merge(&mut self, other: Self, aggregate: &Aggregate) -> Result<()> {
        let kernels = kernels(aggregate)?;
        for (by, group) in other.groups {
            match self.groups.get_mut(&by) {
                None => {
                    self.groups.insert(by, group);
                    check_groups(self.groups.len())?;
                }
                Some(own) => {
                    own.rows = own.rows.saturating_add(group.rows);
                    for ((state, other), &kernel) in own.states.iter_mut().zip(group.states).zip(&kernels) {
                        state.merge(other, kernel).map_err(|error| error.at("partial result", 0))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows, most frequent first, then by value, as JSON. Without by-columns there is always one row.
    pub fn finish(mut self, aggregate: &Aggregate) -> Result<Vec<u8>> {
        let kernels = kernels(aggregate)?;
        if aggregate.by.is_empty() && self.groups.is_empty() {
            let states = kernels.iter().map(|kernel| kernel.start()).collect();
            self.groups.insert(Vec::new(), Group { rows: 0, states });
        }
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        groups.sort_unstable_by(|a, b| b.1.rows.cmp(&a.1.rows).then_with(|| a.0.cmp(&b.0)));
        let mut out = b"{\"rows\":[".to_vec();
        for (nth, (by, group)) in groups.iter().enumerate() {
            out.extend_from_slice(if nth > 0 { b",[" } else { b"[" });
            for value in by {
                value.put_json(&mut out);
                out.push(b',');
            }
            for (state, &kernel) in group.states.iter().zip(&kernels) {
                state.put_json(kernel, &mut out);
                out.push(b',');
            }
            out.extend_from_slice(group.rows.to_string().as_bytes());
            out.push(b']');
        }
        out.extend_from_slice(b"],\"notes\":[]}");
        Ok(out)
    }
}

pub fn check_groups(groups: usize) -> Result<()> {
    if groups > GROUPS_MAX {
        return Err(CoreError::Limit(format!(
            "aggregate has more than {GROUPS_MAX} groups; narrow the filter or group by less"
        )));
    }
    Ok(())
}

pub fn check_distinct(values: usize) -> Result<()> {
    if values > DISTINCT_MAX {
        return Err(CoreError::Limit(format!(
            "aggregate holds more than {DISTINCT_MAX} distinct values; narrow the filter"
        )));
    }
    Ok(())
}

//! The aggregate functions. One file each; this one has what they share, and the list of them.
//!
//! A kernel is a `State`: what a function knows of one group. `States` holds those of all groups, so that a page's rows go through
//! one function after the other without a call per row.
use super::aggregate::cells::{Fingerprint, NONE, Number, ValueList};
use super::plan::Function;
use super::sum::Addend;
use super::value::ValueRef;
use crate::error::{CoreError, DecodeError, Result};
use crate::format::wire::Wire;
use lakebed_sketch::HashedItem;
use std::ops::RangeInclusive;

mod count;
mod distinct;
mod edge;
mod extreme;
mod list;
mod mode;
mod percentile;
mod rate;
mod sum;
mod values;
mod variance;

pub use count::RowCount;

type Decoded<T> = std::result::Result<T, DecodeError>;

/// An aggregate function: its name, what it takes, and how it begins.
pub struct Spec {
    pub name: &'static str,
    columns: RangeInclusive<usize>,
    parameters: RangeInclusive<usize>,
    start: fn(&Parameters<'_>) -> Result<Box<dyn Column>>,
}

/// The functions there are.
pub const ALL: [Spec; 16] = [
    count::COUNT,
    extreme::MIN,
    extreme::MAX,
    sum::SUM,
    sum::AVG,
    distinct::COUNTDISTINCT,
    percentile::PERCENTILE,
    percentile::MEDIAN,
    variance::VAR,
    variance::STDEV,
    mode::MODE,
    values::VALUES,
    list::LIST,
    edge::EARLIEST,
    edge::LATEST,
    rate::RATE,
];

/// What a function was given beside its operands.
pub struct Parameters<'a> {
    pub name: &'a str,
    /// How many operands there are.
    pub columns: usize,
    pub numbers: Vec<f64>,
}

impl Parameters<'_> {
    fn refuse<T>(&self, reason: &str) -> Result<T> {
        Err(CoreError::Plan(format!("aggregate function '{}' {reason}", self.name)))
    }
}

/// The states of a function, none yet.
pub fn start(function: &Function) -> Result<Box<dyn Column>> {
    let name = function.name.as_str();
    let known = ALL.iter().find(|spec| spec.name == name);
    let spec = known.ok_or_else(|| CoreError::Plan(format!("unknown aggregate function '{name}'")))?;
    let wrong = |what: &str, range: &RangeInclusive<usize>, found: usize| {
        let (least, most) = (range.start(), range.end());
        let wanted = match (*least, *most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => format!("{least}"),
            (least, most) => format!("{least} to {most}"),
        };
        CoreError::Plan(format!("aggregate function '{name}' takes {wanted} {what}, found {found}"))
    };
    if !spec.columns.contains(&function.columns.len()) {
        return Err(wrong("columns", &spec.columns, function.columns.len()));
    }
    if !spec.parameters.contains(&function.parameters.len()) {
        return Err(wrong("parameters", &spec.parameters, function.parameters.len()));
    }
    let number = |text: &String| {
        let number = crate::value::decimal::to_f64(text.as_bytes()).filter(|number| number.is_finite());
        number.ok_or_else(|| CoreError::Plan(format!("parameter of '{name}' is not a number: '{text}'")))
    };
    let numbers = function.parameters.iter().map(number).collect::<Result<_>>()?;
    (spec.start)(&Parameters { name, columns: function.columns.len(), numbers })
}

/// What a function asks of values beside what they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needs {
    /// The values themselves.
    pub values: bool,
    /// Their numbers, as sums take them.
    pub numbers: bool,
    /// Their fingerprints, and the hashes of these.
    pub fingerprints: bool,
    /// Their JSON texts.
    pub json: bool,
}

impl Needs {
    pub const NOTHING: Self = Self { values: false, numbers: false, fingerprints: false, json: false };
    pub const VALUES: Self = Self { values: true, ..Self::NOTHING };
    pub const NUMBERS: Self = Self { numbers: true, ..Self::NOTHING };
    pub const FINGERPRINTS: Self = Self { fingerprints: true, ..Self::NOTHING };
    pub const JSON: Self = Self { json: true, ..Self::NOTHING };

    pub fn or(self, other: Self) -> Self {
        Self {
            values: self.values || other.values,
            numbers: self.numbers || other.numbers,
            fingerprints: self.fingerprints || other.fingerprints,
            json: self.json || other.json,
        }
    }

    /// Whether their texts are of no interest.
    pub fn is_numbers_only(self) -> bool {
        !(self.values || self.fingerprints || self.json)
    }
}

/// An operand over some rows.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    pub values: &'a ValueList,
    /// The numbers of the rows' values.
    pub rows: &'a [u32],
}

/// One of the rows.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    operands: &'a [Operand<'a>],
    at: usize,
}

impl<'a> Row<'a> {
    #[inline]
    fn place(&self, operand: usize) -> Option<u32> {
        Some(self.operands[operand].rows[self.at]).filter(|&number| number != NONE)
    }

    /// Whether an operand is not null.
    pub fn has(&self, operand: usize) -> bool {
        self.place(operand).is_some()
    }

    /// The value of an operand; None when it is null.
    #[inline]
    pub fn value(&self, operand: usize) -> Option<ValueRef<'a>> {
        self.place(operand).map(|place| self.operands[operand].values.get(place))
    }

    #[inline]
    pub fn addend(&self, operand: usize) -> Option<Addend> {
        self.place(operand).and_then(|place| self.operands[operand].values.addend(place))
    }

    /// The number of an operand, as a double where that says the same.
    #[inline]
    pub fn number(&self, operand: usize) -> Option<Number<'a>> {
        self.place(operand).and_then(|place| self.operands[operand].values.number(place))
    }

    #[inline]
    pub fn fingerprint(&self, operand: usize) -> Option<Fingerprint> {
        self.place(operand).map(|place| self.operands[operand].values.fingerprint(place))
    }

    /// The hash of the fingerprint.
    #[inline]
    pub fn hash(&self, operand: usize) -> Option<HashedItem> {
        self.place(operand).map(|place| self.operands[operand].values.hash(place))
    }

    pub fn json(&self, operand: usize) -> Option<&'a str> {
        self.place(operand).map(|place| self.operands[operand].values.json(place))
    }

    pub fn operands(&self) -> usize {
        self.operands.len()
    }
}

/// What a function knows of one group.
pub trait State: Sized + Send + 'static {
    const NEEDS: Needs;

    /// What is the same for all groups.
    type Setup: Send;

    fn start(setup: &Self::Setup) -> Self;

    fn update(&mut self, setup: &Self::Setup, row: Row<'_>);

    fn merge(&mut self, setup: &Self::Setup, other: Self) -> Decoded<()>;

    fn put(&self, out: &mut Vec<u8>);

    fn read(setup: &Self::Setup, wire: &mut Wire<'_>) -> Decoded<Self>;

    /// Appends the answer as JSON; the group has so many rows.
    fn finish(&self, setup: &Self::Setup, rows: u64, out: &mut Vec<u8>);

    /// Bytes that it holds beside itself.
    fn heap_bytes(&self) -> usize {
        0
    }

    /// None while the answer is exact; else how far off, in a measure that only `note` knows.
    fn inexact(&self) -> Option<u64> {
        None
    }

    /// What is said of inexact answers, after the function's name.
    fn note(_worst: u64) -> String {
        String::new()
    }

    /// Makes states become inexact earlier from now on, to save memory; false when that is not possible (any more).
    fn tighten(_setup: &mut Self::Setup) -> bool {
        false
    }

    /// Brings the state within what the setup allows.
    fn fit(&mut self, _setup: &Self::Setup) {}
}

/// A function over all groups.
pub trait Column: Send {
    fn needs(&self) -> Needs;
    /// Whether it is the number of rows, which the groups know themselves.
    fn is_row_count(&self) -> bool {
        false
    }
    fn grow(&mut self, groups: usize);
    /// Adds rows, each to its group.
    fn update(&mut self, groups: &[u32], operands: &[Operand<'_>]);
    fn merge(&mut self, group: u32, wire: &mut Wire<'_>) -> Decoded<()>;
    fn put(&self, group: u32, out: &mut Vec<u8>);
    fn finish(&self, group: u32, rows: u64, out: &mut Vec<u8>);
    fn inexact(&self, group: u32) -> Option<u64>;
    fn note(&self, worst: u64) -> String;
    /// Drops all groups but these, which are in order.
    fn keep(&mut self, kept: &[u32]);
    fn size_bytes(&self) -> usize;
    fn tighten(&mut self) -> bool;
}

pub struct States<S: State> {
    setup: S::Setup,
    states: Vec<S>,
}

impl<S: State> States<S> {
    fn boxed(setup: S::Setup) -> Box<dyn Column> {
        Box::new(Self { setup, states: Vec::new() })
    }
}

impl<S: State> Column for States<S> {
    fn needs(&self) -> Needs {
        S::NEEDS
    }

    fn grow(&mut self, groups: usize) {
        let setup = &self.setup;
        self.states.resize_with(groups, || S::start(setup));
    }

    fn update(&mut self, groups: &[u32], operands: &[Operand<'_>]) {
        for (at, &group) in groups.iter().enumerate() {
            self.states[group as usize].update(&self.setup, Row { operands, at });
        }
    }

    fn merge(&mut self, group: u32, wire: &mut Wire<'_>) -> Decoded<()> {
        let other = S::read(&self.setup, wire)?;
        self.states[group as usize].merge(&self.setup, other)
    }

    fn put(&self, group: u32, out: &mut Vec<u8>) {
        self.states[group as usize].put(out);
    }

    fn finish(&self, group: u32, rows: u64, out: &mut Vec<u8>) {
        self.states[group as usize].finish(&self.setup, rows, out);
    }

    fn inexact(&self, group: u32) -> Option<u64> {
        self.states[group as usize].inexact()
    }

    fn note(&self, worst: u64) -> String {
        S::note(worst)
    }

    fn keep(&mut self, kept: &[u32]) {
        let mut next = kept.iter().copied().peekable();
        let mut group = 0;
        self.states.retain(|_| {
            group += 1;
            next.next_if_eq(&(group - 1)).is_some()
        });
        self.states.shrink_to_fit();
    }

    fn size_bytes(&self) -> usize {
        let heap: usize = self.states.iter().map(S::heap_bytes).sum();
        heap + self.states.capacity() * size_of::<S>()
    }

    fn tighten(&mut self) -> bool {
        let is_tighter = S::tighten(&mut self.setup);
        if is_tighter {
            self.states.iter_mut().for_each(|state| state.fit(&self.setup));
        }
        is_tighter
    }
}

/// JSON has no infinity; what does not fit a double is null.
fn put_double(double: f64, out: &mut Vec<u8>) {
    let text = if double.is_finite() { format!("{double:?}") } else { "null".to_string() };
    out.extend_from_slice(text.as_bytes());
}

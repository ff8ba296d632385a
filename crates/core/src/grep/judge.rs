//! Whether an event on tape passes a filter: the same tests as over a segment, one value at a time.
use super::tape::{Step, Tape, What};
use crate::expression::{Expression, Value};
use crate::format::column::Kind;
use crate::search::computed::{looked_at, stored};
use crate::search::filter::{Filter, Leaf, Test, Tree};
use crate::search::metadata::{Field, Metadata};
use crate::value::time::format_rfc3339;

/// What is known of an event besides its values.
#[derive(Debug, Clone)]
pub struct EventFacts<'a> {
    pub url: &'a str,
    pub record: u64,
    pub time_ns: i64,
    pub time_source: &'a str,
    pub source_type: &'a str,
    pub parse_error: Option<&'static str>,
    pub received_ns: i64,
}

impl EventFacts<'_> {
    /// The value of a metadata column as text; None when the event has none. As `search::metadata::RowTable::text`.
    fn text(&self, field: Field) -> Option<Vec<u8>> {
        Some(match field {
            Field::Time => format_rfc3339(self.time_ns).into_bytes(),
            Field::TimeNs => self.time_ns.to_string().into_bytes(),
            Field::Record => self.record.to_string().into_bytes(),
            Field::TimeSource => self.time_source.as_bytes().to_vec(),
            Field::SourceType => self.source_type.as_bytes().to_vec(),
            Field::ParseError => self.parse_error?.as_bytes().to_vec(),
            Field::Object => self.url.as_bytes().to_vec(),
            Field::Received => format_rfc3339(self.received_ns).into_bytes(),
        })
    }
}

/// How a leaf's columns fall on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Unknown,
    No,
    Yes,
    /// It depends on the positions in arrays.
    ByName,
}

pub struct Judge {
    filter: Filter,
    /// Of each leaf, by path.
    reaches: Vec<Vec<Reach>>,
    generation: u64,
}

impl Judge {
    pub fn new(filter: Filter) -> Self {
        let reaches = filter.leaves.iter().map(|_| Vec::new()).collect();
        Self { filter, reaches, generation: 0 }
    }

    /// Whether the filter looks at one of these.
    pub fn reads(&self, fields: &[Field]) -> bool {
        self.filter.leaves.iter().any(|leaf| {
            let names = leaf.expression.iter().flat_map(|expression| expression.columns());
            let computed = names.filter_map(|name| Metadata::named(name.as_bytes()));
            leaf.metadata.into_iter().chain(computed).any(|metadata| fields.contains(&metadata.field))
        })
    }

    pub fn passes(&mut self, tape: &Tape, facts: &EventFacts) -> bool {
        if self.generation != tape.generation {
            self.generation = tape.generation;
            self.reaches.iter_mut().for_each(Vec::clear);
        }
        let Self { filter, reaches, .. } = self;
        tree(&filter.root, &filter.leaves, reaches, tape, facts)
    }
}

fn tree(node: &Tree, leaves: &[Leaf], reaches: &mut [Vec<Reach>], tape: &Tape, facts: &EventFacts) -> bool {
    match node {
        Tree::All(of) => of.iter().all(|node| tree(node, leaves, reaches, tape, facts)),
        Tree::Any(of) => of.iter().any(|node| tree(node, leaves, reaches, tape, facts)),
        Tree::Not(of) => !tree(of, leaves, reaches, tape, facts),
        Tree::Leaf(number) => leaf(&leaves[*number], &mut reaches[*number], tape, facts),
    }
}

fn leaf(leaf: &Leaf, reaches: &mut Vec<Reach>, tape: &Tape, facts: &EventFacts) -> bool {
    if let Some(expression) = &leaf.expression {
        return computed(expression, tape, facts).is_some_and(|(kind, text)| leaf.test.passes(kind, &text));
    }
    let Some(metadata) = leaf.metadata else { return any_value(leaf, &leaf.test, reaches, tape) };
    let passes = || facts.text(metadata.field).is_some_and(|text| leaf.test.passes(kind_of(metadata), &text));
    if !metadata.yields {
        return passes();
    }
    // An event's own column of this name comes first.
    if any_value(leaf, &Test::Exists, reaches, tape) {
        return any_value(leaf, &leaf.test, reaches, tape);
    }
    passes()
}

/// What an expression makes of the event.
fn computed(expression: &Expression, tape: &Tape, facts: &EventFacts) -> Option<(Kind, Vec<u8>)> {
    let mut row: Vec<Option<(Kind, Vec<u8>)>> = vec![None; expression.columns().len()];
    tape.for_each_named(|step, name| {
        let What::Value(kind) = step.what else { return };
        for (slot, column) in row.iter_mut().zip(expression.columns()) {
            if slot.is_none() && column.as_bytes() == name {
                *slot = Some((kind, tape.text(step).to_vec()));
            }
        }
    });
    for (slot, column) in row.iter_mut().zip(expression.columns()) {
        if let Some(metadata) = Metadata::named(column.as_bytes())
            && !(metadata.yields && slot.is_some())
        {
            *slot = facts.text(metadata.field).map(|text| (metadata.kind(), text.to_vec()));
        }
    }
    let row: Vec<Value<'_>> =
        row.iter().map(|slot| slot.as_ref().map_or(Value::Null, |(kind, text)| looked_at(*kind, text))).collect();
    stored(expression.evaluate(&row))
}

fn kind_of(metadata: Metadata) -> Kind {
    metadata.kind()
}

/// Whether a value of the leaf's columns passes the test.
fn any_value(leaf: &Leaf, test: &Test, reaches: &mut Vec<Reach>, tape: &Tape) -> bool {
    let passes = |step: &Step| match step.what {
        What::Value(kind) => test.passes(kind, tape.text(step)),
        _ => false,
    };
    let Some(pattern) = &leaf.columns else { return tape.steps().iter().any(passes) };
    let mut depends = false;
    for step in tape.steps().iter().filter(|step| matches!(step.what, What::Value(_))) {
        match reach(leaf, reaches, tape, step.node) {
            Reach::Yes if passes(step) => return true,
            Reach::ByName => depends |= passes(step),
            _ => {}
        }
    }
    if !depends {
        return false;
    }
    let mut found = false;
    tape.for_each_named(|step, name| {
        found =
            found || (reach(leaf, reaches, tape, step.node) == Reach::ByName && passes(step) && pattern.matches(name));
    });
    found
}

fn reach(leaf: &Leaf, reaches: &mut Vec<Reach>, tape: &Tape, node: u32) -> Reach {
    let at = node as usize;
    if reaches.len() <= at {
        reaches.resize(tape.paths.nodes.len(), Reach::Unknown);
    }
    if reaches[at] == Reach::Unknown {
        reaches[at] = find_reach(leaf, tape, node);
    }
    reaches[at]
}

fn find_reach(leaf: &Leaf, tape: &Tape, node: u32) -> Reach {
    let Some(pattern) = &leaf.columns else { return Reach::Yes };
    let (name, arrays) = tape.paths.name_to_array(node);
    if arrays {
        // Positions are not known here; what stands before the first must fit all the same.
        let prefix = pattern.prefix();
        let shared = name.len().min(prefix.len());
        return if name[..shared] == prefix[..shared] { Reach::ByName } else { Reach::No };
    }
    if pattern.matches(&name) { Reach::Yes } else { Reach::No }
}

//! Steps over one event.
use super::grow::{Growing, Inner};
use super::program::{Action, Formula, Program};
use super::tree::{NONE, What};
use crate::expression::Value;
use crate::parse::json::walk::{Walker, skip_space};
use crate::parse::logfmt::pairs::Pairs;
use crate::search::metadata::{Field, Metadata};
use crate::value::column::ColumnPattern;

/// Most values that an event, and all events that it is split into, have together: three times as many as one record has at most, as the event as it came is kept beside.
const NODES_MAX: usize = 3_000_000;

/// Most bytes of keys and values that are copied when events are split: a large parent of many elements would fill the lake.
const COPIED_BYTES_MAX: usize = 64 << 20;

/// Text that one event, and what is made of it, may hold.
const TEXT_BYTES_MAX: usize = 256 << 20;

pub const NOT_JSON: &str = "the field is not JSON";
pub const NOT_AN_OBJECT: &str = "the field is JSON, but not an object";
pub const NO_PAIRS: &str = "the field has no key=value pair";
pub const NOT_AN_ARRAY: &str = "the field is not an array";
pub const NOT_LIFTED: &str = "an element of the array is not an object";
pub const NOT_UNWRAPPED: &str = "the field is not an object";
pub const NAME_TAKEN: &str = "a field of that name is there";
pub const IN_THE_WAY: &str = "a value stands where an object is to be";
pub const TOO_LARGE: &str = "the event becomes too large";

/// Why a step cannot be done; its number in the program, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    pub step: usize,
    pub why: &'static str,
}

#[derive(Default)]
pub struct Runner {
    pub growing: Growing,
    /// The steps for events of this source, in their order.
    pub steps: Vec<usize>,
    pub source_type: String,
    /// What became of the event: the roots of those that are to be told.
    pub events: Vec<u32>,
    /// Events that were left out.
    pub discarded: u64,
    copied_bytes: usize,
    walker: Walker,
    pairs: Pairs,
    scratch: Vec<u8>,
}

impl Runner {
    /// Runs all steps over the event at `root`; `events` has what is left.
    pub fn run(&mut self, program: &Program, root: u32) -> Result<(), Failure> {
        self.events.clear();
        (self.discarded, self.copied_bytes) = (0, 0);
        self.run_from(program, 0, root)
    }

    /// Runs only the steps that hide something; they cannot fail. A mask does not ask its condition: what it asks for may be what a
    /// step would have made that could not be done.
    pub fn hide(&mut self, program: &Program, root: u32) {
        for at in 0..self.steps.len() {
            let step = program.step(self.steps[at]);
            match &step.action {
                Action::Mask(columns, mask) => {
                    self.leaves(columns, root, |growing, leaf| mask.apply(&mut growing.tree, leaf));
                }
                Action::Drop(columns) if step.when.as_ref().is_none_or(|when| self.is_true(when, root)) => {
                    self.drop(columns, root);
                }
                _ => {}
            }
        }
    }

    fn run_from(&mut self, program: &Program, first: usize, root: u32) -> Result<(), Failure> {
        for at in first..self.steps.len() {
            let number = self.steps[at];
            let step = program.step(number);
            if step.when.as_ref().is_some_and(|when| !self.is_true(when, root)) {
                continue;
            }
            let failed = |why: &'static str| Failure { step: number, why };
            match &step.action {
                Action::Choose { condition, discards } => {
                    if self.is_true(condition, root) == *discards {
                        self.discarded += 1;
                        return Ok(());
                    }
                }
                Action::Split { field, lift } => {
                    let Some(array) = self.array(field, root).map_err(failed)? else { continue };
                    let mut element = self.growing.tree.node(array).first;
                    while element != NONE {
                        let split = self.split(root, array, element, *lift).map_err(failed)?;
                        element = self.growing.tree.node(element).next;
                        self.run_from(program, at + 1, split)?;
                    }
                    return Ok(());
                }
                action => self.change(action, root).map_err(failed)?,
            }
            let tree = &self.growing.tree;
            if tree.node_count() > NODES_MAX || tree.text_bytes() > TEXT_BYTES_MAX {
                return Err(failed(TOO_LARGE));
            }
        }
        self.events.push(root);
        Ok(())
    }

    /// A step that leaves one event one event.
    fn change(&mut self, action: &Action, root: u32) -> Result<(), &'static str> {
        match action {
            Action::Rename { from, to } => self.rename(from, to, root),
            Action::Drop(columns) => {
                self.drop(columns, root);
                Ok(())
            }
            Action::Mask(columns, mask) => {
                self.leaves(columns, root, |growing, leaf| mask.apply(&mut growing.tree, leaf));
                Ok(())
            }
            Action::ParseJson { field, into } => self.parse_json(field, into, root),
            Action::ParseKeyValue { field, into } => self.parse_pairs(field, into, root),
            Action::Unwrap { field } => self.unwrap(field, root),
            Action::Set(fields) => fields.iter().try_for_each(|(name, formula)| self.set(name, formula, root)),
            Action::Lookup(lookup) => self.look_up(lookup, root),
            Action::Choose { .. } | Action::Split { .. } => Ok(()),
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8], root: u32) -> Result<(), &'static str> {
        let tree = &mut self.growing.tree;
        let Some(node) = tree.find(root, from) else { return Ok(()) };
        tree.remove(node);
        if tree.find(root, to).is_some_and(|there| tree.node(there).what != What::Null) {
            return Err(NAME_TAKEN);
        }
        if tree.put(root, to, node) { Ok(()) } else { Err(IN_THE_WAY) }
    }

    fn drop(&mut self, columns: &[ColumnPattern], root: u32) {
        for node in self.growing.tree.matching(root, columns) {
            self.growing.tree.remove(node);
        }
    }

    /// Calls `change` with every leaf that the patterns match, or that is below something they match, once.
    fn leaves(&mut self, columns: &[ColumnPattern], root: u32, change: impl Fn(&mut Growing, u32)) {
        let mut leaves = Vec::new();
        for node in self.growing.tree.matching(root, columns) {
            self.growing.tree.for_each_value(node, &mut |leaf| leaves.push(leaf));
        }
        leaves.sort_unstable();
        leaves.dedup();
        leaves.into_iter().for_each(|leaf| change(&mut self.growing, leaf));
    }

    /// The text of a field; None when it has none.
    fn text(&mut self, field: &[u8], root: u32) -> Option<Vec<u8>> {
        let node = self.growing.tree.find(root, field)?;
        let What::Text(span) = self.growing.tree.node(node).what else { return None };
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        text.extend_from_slice(self.growing.tree.bytes(span));
        Some(text)
    }

    fn parse_json(&mut self, field: &[u8], into: &[u8], root: u32) -> Result<(), &'static str> {
        let Some(mut text) = self.text(field, root) else { return Ok(()) };
        text.push(b'\n'); // so that a number is known to be whole
        self.growing.begin();
        let start = skip_space(&text, 0).unwrap_or(text.len());
        let read = self.walker.value::<_, false>(&text, start, &mut Inner(&mut self.growing));
        let is_whole = read.is_ok_and(|end| text[end..].iter().all(u8::is_ascii_whitespace));
        self.scratch = text;
        if !is_whole {
            return Err(NOT_JSON);
        }
        self.put_parsed(into, root)
    }

    fn parse_pairs(&mut self, field: &[u8], into: &[u8], root: u32) -> Result<(), &'static str> {
        let Some(text) = self.text(field, root) else { return Ok(()) };
        let growing = &mut self.growing;
        growing.begin();
        growing.open(What::Object);
        self.pairs.read(&text);
        for (key, value) in self.pairs.iter(&text) {
            growing.key(key);
            value.tell(&mut Inner(growing));
        }
        growing.close();
        self.scratch = text;
        if self.pairs.count() == 0 {
            return Err(NO_PAIRS);
        }
        self.put_parsed(into, root)
    }

    /// Puts what was read from a text under its name, or its members at the top; there, what the event has itself stays, as the
    /// text has the other still.
    fn put_parsed(&mut self, into: &[u8], root: u32) -> Result<(), &'static str> {
        let (tree, parsed) = (&mut self.growing.tree, self.growing.top);
        if !into.is_empty() {
            return if tree.put(root, into, parsed) { Ok(()) } else { Err(IN_THE_WAY) };
        }
        if tree.node(parsed).what != What::Object {
            return Err(NOT_AN_OBJECT);
        }
        let known = tree.keys(root);
        while let Some(child) = tree.first_child(parsed) {
            tree.detach(child);
            let key = tree.node(child).key;
            if !known.contains(tree.bytes(key)) {
                tree.attach(root, key, child);
            }
        }
        Ok(())
    }

    /// Moves the members of an object to the top; those whose names the event has itself stay where they are.
    fn unwrap(&mut self, field: &[u8], root: u32) -> Result<(), &'static str> {
        let tree = &mut self.growing.tree;
        let Some(object) = tree.find(root, field).filter(|&node| tree.node(node).what != What::Null) else {
            return Ok(());
        };
        if tree.node(object).what != What::Object {
            return Err(NOT_UNWRAPPED);
        }
        let known = tree.keys(root);
        let members: Vec<u32> = tree.children(object).collect();
        // Emptied at once: taking members out one by one would look through those before them each time.
        tree.replace(object, What::Object);
        for member in members {
            let is_free = !known.contains(tree.bytes(tree.node(member).key));
            tree.move_to(if is_free { root } else { object }, member);
        }
        if tree.first_child(object).is_none() {
            tree.remove(object);
        }
        Ok(())
    }

    /// The array to split; None when there is nothing to split.
    fn array(&self, field: &[u8], root: u32) -> Result<Option<u32>, &'static str> {
        let tree = &self.growing.tree;
        let Some(node) = tree.find(root, field) else { return Ok(None) };
        match tree.node(node).what {
            What::Array => Ok(Some(node).filter(|&node| tree.node(node).first != NONE)),
            What::Null => Ok(None),
            _ => Err(NOT_AN_ARRAY),
        }
    }

    /// A copy of the event with the element in place of the array, or with its members at the top, where they win.
    fn split(&mut self, root: u32, array: u32, element: u32, lift: bool) -> Result<u32, &'static str> {
        let tree = &mut self.growing.tree;
        let copied = tree.copied_bytes;
        let split = if lift {
            if tree.node(element).what != What::Object {
                return Err(NOT_LIFTED);
            }
            let copy = tree.copy(root, array, NONE);
            let members = tree.copy(element, NONE, NONE);
            let known = tree.keys(members);
            let split = tree.lone(What::Object);
            for from in [copy, members] {
                while let Some(child) = tree.first_child(from) {
                    tree.detach(child);
                    let key = tree.node(child).key;
                    if from == members || !known.contains(tree.bytes(key)) {
                        tree.attach(split, key, child);
                    }
                }
            }
            split
        } else {
            tree.copy(root, array, element)
        };
        self.copied_bytes += tree.copied_bytes - copied;
        if self.copied_bytes > COPIED_BYTES_MAX || tree.node_count() > NODES_MAX {
            return Err(TOO_LARGE);
        }
        Ok(split)
    }

    fn set(&mut self, name: &[u8], formula: &Formula, root: u32) -> Result<(), &'static str> {
        let Some(column) = &formula.column else {
            let value = self.evaluate(formula, root);
            return self.put_value(root, name, &value);
        };
        let tree = &mut self.growing.tree;
        match tree.find(root, column).map(|node| tree.node(node).what) {
            Some(what) if !what.is_container() && what != What::Null => {
                let node = tree.lone(what);
                if tree.put(root, name, node) { Ok(()) } else { Err(IN_THE_WAY) }
            }
            _ => self.put_value(root, name, &Value::Null),
        }
    }

    /// Null and an empty array mean that the field is not there.
    pub fn put_value(&mut self, root: u32, name: &[u8], value: &Value<'_>) -> Result<(), &'static str> {
        let tree = &mut self.growing.tree;
        let is_nothing = match value {
            Value::Null => true,
            Value::Array(values) => values.is_empty(),
            _ => false,
        };
        if is_nothing {
            if let Some(there) = tree.find(root, name) {
                tree.remove(there);
            }
            return Ok(());
        }
        let node = tree.keep_value(value);
        if tree.put(root, name, node) { Ok(()) } else { Err(IN_THE_WAY) }
    }

    fn is_true(&self, formula: &Formula, root: u32) -> bool {
        self.evaluate(formula, root).boolean() == Some(true)
    }

    pub fn evaluate(&self, formula: &Formula, root: u32) -> Value<'static> {
        let tree = &self.growing.tree;
        let columns = formula.expression.columns().iter().map(|name| self.column(name.as_bytes(), root));
        let arrays = formula.patterns.iter().map(|pattern| {
            let leaves = tree.leaves_named(root, std::slice::from_ref(pattern));
            Value::Array(leaves.into_iter().map(|leaf| tree.value(leaf)).collect())
        });
        let row: Vec<Value<'_>> = columns.chain(arrays).collect();
        formula.expression.evaluate(&row).into_owned()
    }

    /// A column as expressions see it. Of metadata only the source type is known before the event is in the lake.
    fn column(&self, name: &[u8], root: u32) -> Value<'_> {
        let own = || self.growing.tree.find(root, name).map_or(Value::Null, |node| self.growing.tree.value(node));
        match Metadata::named(name) {
            Some(metadata) if metadata.field == Field::SourceType => match own() {
                own if metadata.yields && !own.is_null() => own,
                _ => Value::of_str(&self.source_type),
            },
            Some(metadata) if !metadata.yields => Value::Null,
            _ => own(),
        }
    }
}

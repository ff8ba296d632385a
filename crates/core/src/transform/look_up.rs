//! Values of an event looked up in a table.
use super::program::{Lookup, LookupKey};
use super::run::{IN_THE_WAY, NAME_TAKEN, Runner};
use super::tree::{NONE, Span, What};
use crate::expression::Value;

/// Most rows that one step appends to an event: more than anyone reads.
const HITS_MAX: usize = 100;

impl Runner {
    pub fn look_up(&mut self, lookup: &Lookup, root: u32) -> Result<(), &'static str> {
        // Each key with the name of its field.
        let keys: Vec<(Vec<u8>, u32)> = match &lookup.key {
            LookupKey::Formula(formula) => {
                let key = self.evaluate(formula, root);
                key.scalar_text().map(|text| (text.into_owned(), NONE)).into_iter().collect()
            }
            LookupKey::Columns(columns) => {
                let tree = &self.growing.tree;
                let leaves = tree.leaves_named(root, columns).into_iter();
                leaves.filter_map(|leaf| Some((tree.value(leaf).scalar_text()?.into_owned(), leaf))).collect()
            }
        };
        let mut hits = 0;
        for (key, leaf) in keys {
            let Some(values) = lookup.table.look_up(&key, &lookup.columns) else { continue };
            if lookup.append {
                hits += 1;
                if hits > HITS_MAX {
                    return Ok(());
                }
                self.append(lookup, &values, &key, leaf, root)?;
                continue;
            }
            let mut done: Vec<&[u8]> = Vec::new();
            for ((target, _), value) in lookup.columns.iter().zip(&values) {
                if !value.is_null() && !done.contains(&target.as_slice()) {
                    done.push(target);
                    let name = [&lookup.into[..], b".", target].concat();
                    self.put_value(root, &name, value)?;
                }
            }
            return Ok(());
        }
        Ok(())
    }

    /// Adds what was found to an array, with what it was found by.
    fn append(
        &mut self,
        lookup: &Lookup,
        values: &[Value<'_>],
        key: &[u8],
        leaf: u32,
        root: u32,
    ) -> Result<(), &'static str> {
        let tree = &mut self.growing.tree;
        let array = match tree.find(root, &lookup.into) {
            Some(there) if tree.node(there).what == What::Array => there,
            Some(there) if tree.node(there).what != What::Null => return Err(NAME_TAKEN),
            _ => {
                let array = tree.lone(What::Array);
                if !tree.put(root, &lookup.into, array) {
                    return Err(IN_THE_WAY);
                }
                tree.find(root, &lookup.into).ok_or(IN_THE_WAY)?
            }
        };
        let found = tree.lone(What::Object);
        tree.attach(array, Span::default(), found);
        for ((target, _), value) in lookup.columns.iter().zip(values) {
            if !value.is_null() && tree.find(found, target).is_none() {
                let node = tree.keep_value(value);
                tree.put(found, target, node);
            }
        }
        if leaf != NONE {
            let name = tree.name_of(leaf);
            let what = What::Text(tree.keep(&name));
            let node = tree.lone(what);
            tree.put(found, b"matched.field", node);
        }
        let what = What::Text(tree.keep(key));
        let node = tree.lone(what);
        tree.put(found, b"matched.atomic", node);
        Ok(())
    }
}

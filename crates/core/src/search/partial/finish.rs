//! A partial result as the rows of an answer, and notes that say where it is approximate.
use super::Partial;
use crate::error::Result;
use crate::format::wire::Wire;
use crate::search::value::ValueRef;
use crate::value::json::put_string;
use std::cmp::Ordering;

mod ranking;

pub use ranking::Ranking;

impl Partial {
    /// The rows, most frequent first, then by value, and notes, as JSON; at most `limit` rows. Without by-columns there is always one
    /// row.
    pub fn finish(mut self, limit: Option<usize>) -> Result<Vec<u8>> {
        if self.by == 0 && self.groups.is_empty() {
            self.groups.find_or_add(&[])?;
        }
        self.grow();
        let order = self.order(limit);
        Ok(self.write(&order, &[]))
    }

    /// The answer with these groups. `totals` are written before the row counts, where there are any.
    fn write(&self, order: &[u32], totals: &[u64]) -> Vec<u8> {
        let mut worst: Vec<Option<u64>> = vec![None; self.functions.len()];
        let mut out = b"{\"rows\":[".to_vec();
        for (nth, &group) in order.iter().enumerate() {
            out.extend_from_slice(if nth > 0 { b",[" } else { b"[" });
            for value in self.by_values(group) {
                value.put_json(&mut out);
                out.push(b',');
            }
            let rows = self.groups.rows(group);
            for (function, worst) in self.functions.iter().zip(&mut worst) {
                function.finish(group, rows, &mut out);
                out.push(b',');
                *worst = (*worst).max(function.inexact(group));
            }
            for count in totals.get(nth).into_iter().chain([&rows]) {
                out.extend_from_slice(count.to_string().as_bytes());
                out.push(b',');
            }
            out.pop();
            out.push(b']');
        }
        out.extend_from_slice(b"],\"notes\":[");
        for (nth, note) in self.notes(order, &worst).iter().enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            put_string(&mut out, note.as_bytes());
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// The values of a group's key; it was read before, or made here.
    fn by_values(&self, group: u32) -> impl Iterator<Item = ValueRef<'_>> {
        let mut wire = Wire::new(self.groups.key(group));
        std::iter::from_fn(move || if wire.remaining() > 0 { ValueRef::read(&mut wire).ok() } else { None })
    }

    /// Groups as they stand in the answer.
    fn order(&self, limit: Option<usize>) -> Vec<u32> {
        let compare = |&a: &u32, &b: &u32| -> Ordering {
            let by_rows = self.groups.rows(b).cmp(&self.groups.rows(a));
            by_rows.then_with(|| self.by_values(a).cmp(self.by_values(b)))
        };
        let mut order: Vec<u32> = (0..self.groups.len() as u32).collect();
        if let Some(limit) = limit.filter(|&limit| limit < order.len()) {
            if limit > 0 {
                order.select_nth_unstable_by(limit - 1, compare);
            }
            order.truncate(limit);
        }
        order.sort_unstable_by(compare);
        order
    }

    fn notes(&self, order: &[u32], worst: &[Option<u64>]) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        let inexact = self.functions.iter().zip(worst).zip(&self.labels);
        for ((function, worst), label) in inexact {
            if let Some(worst) = worst {
                notes.push(format!("{label} {}", function.note(*worst)));
            }
        }
        notes.dedup();
        let losses = self.groups.losses();
        if losses.groups > 0 {
            let missed = order.iter().map(|&group| self.groups.missed(group)).max().unwrap_or(0);
            notes.push(format!(
                "groups are approximate: memory ran out, and {} rows of rare groups are left out; no group that is left out has \
                 more than {} rows, and no group that is shown misses more than {missed}",
                losses.rows, losses.error
            ));
        }
        notes
    }
}

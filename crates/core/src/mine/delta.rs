//! The answer of `delta`: which values of which fields differ most between two sets of events, A and B.
//!
//! The measure is Pearson's chi-squared of the table "has the value or not" by "in A or B": 0 where both have the same share, and
//! the larger the less likely such a difference comes by chance. Large sets show small differences, small sets only large ones.
use super::fields::{Counts, Fields, order};
use super::patterns::put_notes;
use crate::value::json::put_string;
use std::cmp::Ordering;

struct Row<'a> {
    field: &'a [u8],
    /// None for events without the field.
    value: Option<&'a [u8]>,
    counts: Counts,
    score: f64,
}

impl Fields {
    /// JSON: `{"events": [a, b], "rows": [[field, value, count in A, count in B, score], …], "notes": […]}`, the highest score
    /// first; equal ones by field and value. A value of null stands for events without the field.
    pub fn delta(&self, limit: usize) -> Vec<u8> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (name, field) in &self.fields {
            let missing = [0, 1].map(|side| self.events[side].saturating_sub(field.present[side]));
            let values = field.values.values().map(|counted| (Some(&counted.text[..]), counted.counts));
            for (value, counts) in values.chain([(None, missing)]) {
                let score = chi_squared(counts, self.events);
                if score > 0.0 {
                    rows.push(Row { field: name, value, counts, score });
                }
            }
        }
        rows.sort_unstable_by(|a, b| {
            let by_score = b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal);
            by_score.then_with(|| a.field.cmp(b.field)).then_with(|| match (a.value, b.value) {
                (Some(a), Some(b)) => order(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
        });
        let mut notes = self.notes();
        if rows.len() > limit {
            notes.push(format!("the {limit} most telling of {} differences are shown", rows.len()));
        }
        if let Some(lost) = self.fields.values().map(|field| field.lost).max().filter(|&lost| lost > 0) {
            notes.push(format!("counts of fields with many values may be too low, by at most {lost}"));
        }
        let mut out = format!("{{\"events\":[{},{}],\"rows\":[", self.events[0], self.events[1]).into_bytes();
        for (nth, row) in rows.iter().take(limit).enumerate() {
            out.extend_from_slice(if nth > 0 { b",[" } else { b"[" });
            put_string(&mut out, row.field);
            out.push(b',');
            out.extend_from_slice(row.value.unwrap_or(b"null"));
            out.extend_from_slice(format!(",{},{},{:?}]", row.counts[0], row.counts[1], row.score).as_bytes());
        }
        out.extend_from_slice(b"],\"notes\":[");
        put_notes(&mut out, &notes);
        out.extend_from_slice(b"]}");
        out
    }
}

/// N (ad - bc)² / ((a+b)(c+d)(a+c)(b+d)); 0 when a margin is empty.
fn chi_squared(counts: Counts, events: Counts) -> f64 {
    let [a, b] = counts.map(|count| count as f64);
    let [total_a, total_b] = events.map(|count| count as f64);
    let (c, d) = (total_a - a, total_b - b);
    let margins = ((a + b) * (c + d)) * (total_a * total_b);
    if margins <= 0.0 {
        return 0.0;
    }
    let cross = a * d - b * c;
    (total_a + total_b) * (cross * cross) / margins
}

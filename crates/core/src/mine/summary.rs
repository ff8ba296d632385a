//! The answer of `fieldsummary`: a row for each field.
use super::fields::{Counted, Fields, order, total};
use super::patterns::put_notes;
use crate::value::json::put_string;
use lakebed_sketch::Distinct;

/// The most frequent values of a field that are shown.
pub const TOP_VALUES: usize = 10;

const TYPES: [&str; 3] = ["number", "text", "boolean"];

impl Fields {
    /// JSON: `{"events": n, "rows": [[field, count, distinct, types, min, max, top], …], "notes": […]}`, the most
    /// frequent field first, equal ones by name; `top` is JSON text, `[[value, count], …]`.
    pub fn summary(&self) -> Vec<u8> {
        let mut fields: Vec<_> = self.fields.iter().collect();
        let present = |counts: [u64; 2]| counts[0].saturating_add(counts[1]);
        fields.sort_unstable_by(|a, b| present(b.1.present).cmp(&present(a.1.present)).then_with(|| a.0.cmp(b.0)));
        let mut notes = self.notes();
        let sketched = fields.iter().filter(|(_, field)| field.distinct.is_some()).count();
        if sketched > 0 {
            notes.push(format!(
                "distinct values of {sketched} fields with more than {} are estimated: 95 % of such numbers are within {:.1} %",
                self.limits.values,
                Distinct::ERROR_95 * 100.0
            ));
        }
        if let Some(lost) = fields.iter().map(|(_, field)| field.lost).max().filter(|&lost| lost > 0) {
            notes.push(format!("counts of top values of such fields may be too low, by at most {lost}"));
        }
        let mut out = format!("{{\"events\":{},\"rows\":[", present(self.events)).into_bytes();
        for (nth, (name, field)) in fields.into_iter().enumerate() {
            out.extend_from_slice(if nth > 0 { b",[" } else { b"[" });
            put_string(&mut out, name);
            let distinct = field.distinct.as_ref().map_or(field.values.len() as u64, |d| d.estimate().round() as u64);
            out.extend_from_slice(format!(",{},{distinct},", present(field.present)).as_bytes());
            let types: Vec<&str> =
                TYPES.iter().zip(field.types).filter(|(_, count)| *count > 0).map(|(name, _)| *name).collect();
            put_string(&mut out, types.join(", ").as_bytes());
            for bound in [&field.least, &field.most] {
                out.push(b',');
                out.extend_from_slice(bound.as_deref().unwrap_or(b"null"));
            }
            let mut values: Vec<&Counted> = field.values.values().collect();
            values.sort_unstable_by(|a, b| total(b).cmp(&total(a)).then_with(|| order(&a.text, &b.text)));
            let mut top = b"[".to_vec();
            for (nth, counted) in values.into_iter().take(TOP_VALUES).enumerate() {
                top.extend_from_slice(if nth > 0 { b",[" } else { b"[" });
                top.extend_from_slice(&counted.text);
                top.extend_from_slice(format!(",{}]", total(counted)).as_bytes());
            }
            top.push(b']');
            out.push(b',');
            put_string(&mut out, &top);
            out.push(b']');
        }
        out.extend_from_slice(b"],\"notes\":[");
        put_notes(&mut out, &notes);
        out.extend_from_slice(b"]}");
        out
    }

    /// What was left out.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.dropped > 0 {
            notes
                .push(format!("only {} fields are told apart; others came {} times", self.limits.fields, self.dropped));
        }
        if self.unreadable > 0 {
            notes.push(format!("{} events are nested too deeply to be read", self.unreadable));
        }
        notes
    }
}

//! Shapes that differ in some words only become one template, as in Drain: the words that differ are gaps.
//!
//! Shapes are taken the most frequent first, equal ones by their bytes, so the outcome depends on the set of shapes alone.
use super::template::{GAP, is_word};
use std::collections::HashMap;

/// Of the words that stand in at least one of both, so many of a hundred must be the same.
const SAME_PERCENT_MIN: usize = 60;

/// Templates of one structure that a shape is compared with. More of them are hardly templates, and the cost is their product.
const CANDIDATES_MAX: usize = 100;

/// How often a shape came, and the smallest text of that shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub count: u64,
    pub example: Vec<u8>,
}

impl Seen {
    pub fn add(&mut self, other: Seen) {
        self.count = self.count.saturating_add(other.count);
        if other.example < self.example {
            self.example = other.example;
        }
    }
}

struct Template {
    /// None for a gap.
    words: Vec<Option<Vec<u8>>>,
    seen: Seen,
}

/// The templates of these shapes, as shapes.
pub fn clustered(shapes: impl IntoIterator<Item = (Vec<u8>, Seen)>) -> HashMap<Vec<u8>, Seen> {
    let mut shapes: Vec<(Vec<u8>, Seen)> = shapes.into_iter().collect();
    shapes.sort_unstable_by(|a, b| b.1.count.cmp(&a.1.count).then_with(|| a.0.cmp(&b.0)));
    let mut groups: HashMap<Vec<u8>, Vec<Template>> = HashMap::new();
    for (shape, seen) in shapes {
        let (structure, words) = taken_apart(&shape);
        join(groups.entry(structure).or_default(), words, seen);
    }
    let mut out: HashMap<Vec<u8>, Seen> = HashMap::new();
    for (structure, templates) in groups {
        for template in templates {
            add_to(&mut out, put_together(&structure, &template.words), template.seen);
        }
    }
    out
}

/// Adds to what is known of a shape.
pub fn add_to(shapes: &mut HashMap<Vec<u8>, Seen>, shape: Vec<u8>, seen: Seen) {
    match shapes.get_mut(&shape) {
        Some(known) => known.add(seen),
        None => {
            shapes.insert(shape, seen);
        }
    }
}

fn join(templates: &mut Vec<Template>, words: Vec<Option<Vec<u8>>>, seen: Seen) {
    let mut best: Option<(usize, usize)> = None;
    for (place, template) in templates.iter().take(CANDIDATES_MAX).enumerate() {
        let pairs = template.words.iter().zip(&words);
        let same = pairs.clone().filter(|(a, b)| a.is_some() && a == b).count();
        let fixed = pairs.filter(|(a, b)| a.is_some() || b.is_some()).count();
        let is_alike = same > 0 && same * 100 >= fixed * SAME_PERCENT_MIN;
        if is_alike && best.is_none_or(|(most, _)| same > most) {
            best = Some((same, place));
        }
    }
    let Some((_, place)) = best else {
        templates.push(Template { words, seen });
        return;
    };
    let template = &mut templates[place];
    for (own, other) in template.words.iter_mut().zip(words) {
        if *own != other {
            *own = None;
        }
    }
    template.seen.add(seen);
}

/// The shape with a gap for every word, and its words in order.
fn taken_apart(shape: &[u8]) -> (Vec<u8>, Vec<Option<Vec<u8>>>) {
    let (mut structure, mut words) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < shape.len() {
        let length = shape[at..].iter().take_while(|&&byte| is_word(byte)).count();
        if length > 0 {
            words.push(Some(shape[at..at + length].to_vec()));
            structure.push(GAP);
            at += length;
            continue;
        }
        if shape[at] == GAP {
            words.push(None);
        }
        structure.push(shape[at]);
        at += 1;
    }
    (structure, words)
}

fn put_together(structure: &[u8], words: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut words = words.iter();
    let mut shape = Vec::with_capacity(structure.len());
    for &byte in structure {
        match if byte == GAP { words.next() } else { None } {
            Some(Some(word)) => shape.extend_from_slice(word),
            _ => shape.push(byte),
        }
    }
    shape
}

//! How texts differ from what people write: entropy, and the distance to another text.
use super::super::value::Value;
use super::{Function, Run, or_null};
use std::collections::HashMap;

/// Longest texts, in characters, whose distance is measured: the cost is the product of the lengths.
const DISTANCE_CHARACTERS_MAX: usize = 256;

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "string.entropy",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The Shannon entropy in bits per character: 0 for one letter repeated, about 2.5 to 3.5 for words of people, more for \
              generated domain names and keys.",
        examples: &[("string.entropy(\"aaaa\")", "0"), ("string.entropy(\"abcd\")", "2")],
        run: Run::Plain(|x| or_null(x[0].string().map(|text| Value::double(entropy(&text))))),
    },
    Function {
        name: "string.levenshtein",
        parameters: "text, other",
        least: 2,
        most: 2,
        doc: "How many characters must be inserted, removed or replaced to make one text of the other. Null for more than 256 \
              characters.",
        examples: &[("string.levenshtein(\"paypal\", \"paypa1\")", "1"), ("string.levenshtein(\"\", \"abc\")", "3")],
        run: Run::Plain(|x| or_null(distance(x).map(|(distance, _)| Value::count(distance)))),
    },
    Function {
        name: "string.similarity",
        parameters: "text, other",
        least: 2,
        most: 2,
        doc: "1 for equal texts, 0 for texts without a character in common: 1 - Levenshtein distance / length of the longer one. Null \
              for more than 256 characters.",
        examples: &[("string.similarity(\"abcd\", \"abcx\")", "0.75"), ("string.similarity(\"\", \"\")", "1")],
        run: Run::Plain(|x| or_null(distance(x).map(similarity))),
    },
];

fn entropy(text: &str) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    text.chars().for_each(|letter| *counts.entry(letter).or_default() += 1);
    // In a fixed order, so that the same text gives the same bits in every run.
    let mut counts: Vec<u32> = counts.into_values().collect();
    counts.sort_unstable();
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let bits = |count: u32| {
        let share = f64::from(count) / total;
        share * share.log2()
    };
    counts.into_iter().map(bits).sum::<f64>().abs()
}

/// The distance, and the length of the longer text.
fn distance(x: &[Value<'_>]) -> Option<(usize, usize)> {
    let letters = |value: &Value<'_>| {
        let letters: Vec<char> = value.string()?.chars().take(DISTANCE_CHARACTERS_MAX + 1).collect();
        (letters.len() <= DISTANCE_CHARACTERS_MAX).then_some(letters)
    };
    let (a, b) = (letters(&x[0])?, letters(&x[1])?);
    // The distances of every start of `b` to what was read of `a`.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (nth, letter) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = nth + 1;
        for (place, other) in b.iter().enumerate() {
            let changed = corner + usize::from(letter != other);
            corner = row[place + 1];
            row[place + 1] = changed.min(corner + 1).min(row[place] + 1);
        }
    }
    Some((row[b.len()], a.len().max(b.len())))
}

fn similarity<'a>((distance, longest): (usize, usize)) -> Value<'a> {
    Value::double(if longest == 0 { 1.0 } else { 1.0 - distance as f64 / longest as f64 })
}

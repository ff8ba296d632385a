//! Random filters: over the events' own columns and values, and over ones that are nearly theirs.
use super::dice::Dice;
use super::reference::{Flat, flatten};
use super::world::Event;
use lakebed_core::format::column::Kind;
use lakebed_core::value::cidr::parse_address;
use lakebed_core::value::column::ColumnPart;
use lakebed_core::value::time::parse_time;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub enum Column {
    Any,
    Parts(Vec<ColumnPart>),
}

#[derive(Debug, Clone)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Has(Column, Vec<String>, bool),
    Is(Column, Vec<String>, bool, Option<String>),
    Exists(Column),
    Compare(Column, &'static str, String),
    CompareTime(Column, &'static str, i64),
    Regex(Column, String),
    Cidr(Column, String),
}

/// Columns that no event has, or that are not of the event.
const OTHER_NAMES: [&str; 10] = [
    "nothing",
    "@lb.record",
    "@lb.object",
    "@lb.time",
    "@lb.time_source",
    "@lb.parse_error",
    "@scnr.source_type",
    "%ingest.source_type",
    "@scnr.time_ns",
    "tags[0]",
];

impl Column {
    /// The name, when there is no wildcard.
    pub fn literal(&self) -> Option<String> {
        let Self::Parts(parts) = self else { return None };
        let mut name = Vec::new();
        for part in parts {
            let ColumnPart::Literal(text) = part else { return None };
            name.extend_from_slice(text);
        }
        Some(String::from_utf8_lossy(&name).into_owned())
    }

    fn json(&self) -> Value {
        let Self::Parts(parts) = self else { return Value::Null };
        let part = |part: &ColumnPart| match part {
            ColumnPart::Literal(text) => json!(String::from_utf8_lossy(text)),
            ColumnPart::Star => json!({"star": 1}),
            ColumnPart::DoubleStar => json!({"star": 2}),
        };
        json!({"parts": parts.iter().map(part).collect::<Vec<_>>()})
    }

    fn of(value: &Flat, dice: &mut Dice) -> Self {
        let name = String::from_utf8_lossy(&value.name).into_owned();
        let literal = |text: &str| ColumnPart::Literal(text.as_bytes().to_vec());
        match dice.below(10) {
            0..3 => Self::Any,
            3..7 => Self::Parts(vec![literal(&name)]),
            7 => {
                let name = dice.pick(&OTHER_NAMES);
                Self::Parts(vec![literal(name)])
            }
            kind => {
                let star = if kind == 8 { ColumnPart::Star } else { ColumnPart::DoubleStar };
                let (from, to) = cut(&name, dice);
                Self::Parts(vec![literal(&name[..from]), star, literal(&name[to..])])
            }
        }
    }
}

/// Two places between characters, in order.
fn cut(text: &str, dice: &mut Dice) -> (usize, usize) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let (a, b) = (*dice.pick(&places), *dice.pick(&places));
    (a.min(b), a.max(b))
}

impl Filter {
    pub fn json(&self) -> Value {
        let many = |of: &[Self]| of.iter().map(Self::json).collect::<Vec<_>>();
        match self {
            Self::All(of) => json!({"op": "all", "of": many(of)}),
            Self::Any(of) => json!({"op": "any", "of": many(of)}),
            Self::Not(of) => json!({"op": "not", "of": of.json()}),
            Self::Has(column, parts, exact) => {
                json!({"op": "has", "column": column.json(), "pattern": {"parts": parts, "exact_case": exact}})
            }
            Self::Is(column, parts, exact, number) => {
                let pattern = json!({"parts": parts, "exact_case": exact});
                json!({"op": "is", "column": column.json(), "pattern": pattern, "number": number})
            }
            Self::Exists(column) => json!({"op": "exists", "column": column.json()}),
            Self::Compare(column, relation, number) => {
                json!({"op": "compare", "column": column.json(), "relation": relation, "number": number})
            }
            Self::CompareTime(column, relation, time_ns) => {
                json!({"op": "compare_time", "column": column.json(), "relation": relation, "time_ns": time_ns})
            }
            Self::Cidr(column, network) => json!({"op": "cidr", "column": column.json(), "network": network}),
            Self::Regex(column, regex) => json!({"op": "regex", "column": column.json(), "regex": regex}),
        }
    }

    /// A filter that some of the events are likely to pass.
    pub fn random(events: &[Event], dice: &mut Dice, depth: usize) -> Self {
        if depth > 0 && dice.one_in(3) {
            let count = dice.below(4);
            let mut many = || (0..count).map(|_| Self::random(events, dice, depth - 1)).collect();
            return match count {
                0 => Self::Not(Box::new(Self::random(events, dice, depth - 1))),
                1 | 2 => Self::All(many()),
                _ => Self::Any(many()),
            };
        }
        let values = flatten(&dice.pick(events).json);
        if values.is_empty() {
            return Self::Exists(Column::Any);
        }
        let value = dice.pick(&values);
        let column = Column::of(value, dice);
        let text = String::from_utf8_lossy(&value.text).into_owned();
        let relation: &'static str = dice.pick::<&str>(&["<", "<=", ">", ">="]);
        if let Some(time) = parse_time(&value.text).filter(|_| dice.one_in(2)) {
            return Self::CompareTime(column, relation, time.saturating_add(dice.below(3) as i64 - 1));
        }
        if let Some((network, _)) =
            text.rsplit_once('.').filter(|_| parse_address(&value.text).is_some() && dice.one_in(2))
        {
            return Self::Cidr(column, format!("{network}.0/{}", 24 + dice.below(8)));
        }
        match dice.below(8) {
            0..3 => Self::Has(column, pattern(&text, dice), dice.one_in(3)),
            3 | 4 => {
                let number = (value.kind == Kind::Number).then(|| respelled(&text, dice));
                let parts = number.clone().map_or_else(|| pattern(&text, dice), |number| vec![number]);
                Self::Is(column, parts, dice.one_in(3), number)
            }
            5 => Self::Exists(column),
            6 => {
                let number =
                    if value.kind == Kind::Number { respelled(&text, dice) } else { dice.below(600).to_string() };
                {
                    let relation = dice.pick(&["<", "<=", ">", ">="]);
                    Self::Compare(column, relation, number)
                }
            }
            _ => {
                let (from, to) = cut(&text, dice);
                Self::Regex(column, format!("(?i){}", regex_escape(&text[from..to])))
            }
        }
    }
}

/// Without the escapes of `regex`, which is not needed for anything else here.
fn regex_escape(text: &str) -> String {
    let special = |character: char| r"\.+*?()|[]{}^$#&-~".contains(character);
    text.chars().flat_map(|character| special(character).then_some('\\').into_iter().chain([character])).collect()
}

/// A pattern that the text matches, or nearly.
fn pattern(text: &str, dice: &mut Dice) -> Vec<String> {
    let (from, to) = cut(text, dice);
    let (a, b) = cut(&text[from..to], dice);
    let (a, b) = (from + a, from + b);
    let own = |text: &str| text.to_string();
    let mut parts = match dice.below(8) {
        0 | 1 => vec![own(text)],
        2 => vec![own(&text[from..to])],
        3 => vec![own(&text[..to]), String::new()],
        4 => vec![String::new(), own(&text[from..])],
        5 => vec![String::new(), own(&text[from..to]), String::new()],
        6 => vec![own(&text[..from]), own(&text[to..])],
        _ => vec![own(&text[..from]), own(&text[a..b]), own(&text[to..])],
    };
    match dice.below(8) {
        0 => parts.iter_mut().for_each(|part| *part = part.to_ascii_uppercase()),
        1 => parts.iter_mut().for_each(|part| *part = part.to_ascii_lowercase()),
        2 => dice_char(&mut parts, dice),
        _ => {}
    }
    parts
}

/// Adds a character somewhere, so that most texts no longer match.
fn dice_char(parts: &mut [String], dice: &mut Dice) {
    let nth = dice.below(parts.len());
    let at = cut(&parts[nth], dice).0;
    parts[nth].insert(at, *dice.pick(&['x', '0', '.', '-', ' ', '_', 'é']));
}

/// The same number in other words, or nearly the same.
fn respelled(number: &str, dice: &mut Dice) -> String {
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match dice.below(6) {
        0 if is_plain => format!("{number}.0"),
        1 if is_plain && number != "0" && number != "-0" => format!("{number}0e-1"),
        2 if is_plain => format!("{number}e0"),
        3 if is_plain => format!("{number}.5"),
        4 => dice.below(100).to_string(),
        _ => number.to_string(),
    }
}

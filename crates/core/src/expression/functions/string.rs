//! The shape of texts: length, case, parts, joining. Lengths and places count characters, from 0.
use super::super::value::Value;
use super::array::join;
use super::{ANY, ARRAY_MAX, Bounded, Function, Plain, Run, TEXT_BYTES_MAX, optional, or_null, truth};
use crate::expression::number::Number;
use crate::value::integer::Parts;
use memchr::memmem;
use std::borrow::Cow;

const fn unary(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "text", least: 1, most: 1, doc, examples, run: Run::Plain(run) }
}

const fn trim(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "text[, characters]", least: 1, most: 2, doc, examples, run: Run::Plain(run) }
}

const fn pad(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "text, length[, character]", least: 2, most: 3, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    unary(
        "string.length",
        "The number of characters.",
        &[("string.length(\"héllo\")", "5"), ("string.length(5)", "null")],
        |x| or_null(x[0].string().map(|text| Value::count(text.chars().count()))),
    ),
    unary("string.lower", "The text in lower case.", &[("string.lower(\"ABC\")", "\"abc\"")], |x| {
        change_case(x, <[u8]>::make_ascii_lowercase, str::to_lowercase)
    }),
    unary("string.upper", "The text in upper case.", &[("string.upper(\"abc\")", "\"ABC\"")], |x| {
        change_case(x, <[u8]>::make_ascii_uppercase, str::to_uppercase)
    }),
    trim(
        "string.trim",
        "The text without white space at its ends, or without the characters given.",
        &[("string.trim(\"  a b \")", "\"a b\""), ("string.trim(\"--a-\", \"-\")", "\"a\"")],
        |x| or_null(trimmed(x, true, true)),
    ),
    trim("string.trim_left", "As `string.trim`, at the start only.", &[("string.trim_left(\" a \")", "\"a \"")], |x| {
        or_null(trimmed(x, true, false))
    }),
    trim("string.trim_right", "As `string.trim`, at the end only.", &[("string.trim_right(\" a \")", "\" a\"")], |x| {
        or_null(trimmed(x, false, true))
    }),
    Function {
        name: "string.substring",
        parameters: "text, start[, length]",
        least: 2,
        most: 3,
        doc: "The characters from `start` on (from 0; below zero counts from the end), all or at most `length` of them.",
        examples: &[
            ("string.substring(\"abcdef\", 2)", "\"cdef\""),
            ("string.substring(\"abcdef\", -3, 2)", "\"de\""),
            ("string.substring(\"abc\", 5)", "\"\""),
        ],
        run: Run::Plain(|x| or_null(substring(x))),
    },
    Function {
        name: "string.split",
        parameters: "text, separator",
        least: 2,
        most: 2,
        doc: "The array of the parts between the separators. Null for an empty separator and for more than 10,000 parts.",
        examples: &[("string.split(\"a,b,,c\", \",\")", "[\"a\", \"b\", \"\", \"c\"]")],
        run: Run::Plain(|x| or_null(split(x))),
    },
    Function {
        name: "string.join",
        parameters: "array, separator",
        least: 2,
        most: 2,
        doc: "The texts, numbers and booleans of the array in one text; nulls are left out. The same as `array.join`.",
        examples: &[("string.join(string.split(\"a-b\", \"-\"), \"+\")", "\"a+b\"")],
        run: Run::Plain(|x| or_null(join(x))),
    },
    Function {
        name: "string.concat",
        parameters: "value, …",
        least: 1,
        most: ANY,
        doc: "The texts, numbers and booleans one after the other. Null when one is null; see `coalesce`.",
        examples: &[("string.concat(\"a\", 1, true)", "\"a1true\""), ("string.concat(\"a\", null)", "null")],
        run: Run::Plain(|x| or_null(concat(x))),
    },
    unary("string.reverse", "The characters in reverse order.", &[("string.reverse(\"abc\")", "\"cba\"")], |x| {
        or_null(x[0].string().map(|text| Value::owned_text(text.chars().rev().collect::<String>())))
    }),
    pad(
        "string.pad_left",
        "The text with spaces, or the character given, in front of it until it has `length` characters.",
        &[("string.pad_left(\"7\", 3, \"0\")", "\"007\""), ("string.pad_left(\"long\", 2)", "\"long\"")],
        |x| or_null(padded(x, true)),
    ),
    pad(
        "string.pad_right",
        "As `string.pad_left`, behind the text.",
        &[("string.pad_right(\"a\", 3, \".\")", "\"a..\"")],
        |x| or_null(padded(x, false)),
    ),
    Function {
        name: "string.repeat",
        parameters: "text, count",
        least: 2,
        most: 2,
        doc: "The text `count` times. Null for more than 1 MiB.",
        examples: &[("string.repeat(\"ab\", 2)", "\"abab\""), ("string.repeat(\"a\", -1)", "null")],
        run: Run::Plain(|x| or_null(repeat(x))),
    },
    unary(
        "string.to_number",
        "The number that the text is: decimal, with or without sign, point and exponent, or hexadecimal behind `0x`. White space \
         around it is skipped. A number stays as it is.",
        &[
            ("string.to_number(\" 007.50 \")", "7.5"),
            ("string.to_number(\"0x1F\")", "31"),
            ("string.to_number(\"12 GB\")", "null"),
        ],
        |x| match &x[0] {
            Value::Number(_) => std::mem::replace(&mut x[0], Value::Null),
            Value::Text(text) => or_null(to_number(text).map(Value::Number)),
            _ => Value::Null,
        },
    ),
    Function {
        name: "string.to_text",
        parameters: "value",
        least: 1,
        most: 1,
        doc: "The text form of a number or boolean, the JSON text of an array.",
        examples: &[("string.to_text(1.50)", "\"1.50\""), ("string.to_text(true)", "\"true\"")],
        run: Run::Plain(|x| match &x[0] {
            Value::Array(_) => Value::owned_text(x[0].to_json()),
            other => or_null(other.scalar_text().map(|text| Value::owned_text(text.into_owned()))),
        }),
    },
    Function {
        name: "string.is_number",
        parameters: "value",
        least: 1,
        most: 1,
        doc: "Whether the value is a number, or a text that `string.to_number` reads.",
        examples: &[("string.is_number(\"1e3\")", "true"), ("string.is_number(\"x\")", "false")],
        run: Run::Plain(|x| match &x[0] {
            Value::Text(text) => truth(Some(to_number(text).is_some())),
            other => truth((!other.is_null()).then(|| other.number().is_some())),
        }),
    },
];

fn change_case<'a>(x: &mut [Value<'a>], ascii: fn(&mut [u8]), all: fn(&str) -> String) -> Value<'a> {
    match std::mem::replace(&mut x[0], Value::Null) {
        Value::Text(text) if text.is_ascii() => {
            let mut text = text.into_owned();
            ascii(&mut text);
            Value::owned_text(text)
        }
        Value::Text(text) => Value::owned_text(all(&String::from_utf8_lossy(&text))),
        _ => Value::Null,
    }
}

/// `part` of the argument at 0 without a copy, where it is borrowed and UTF-8.
fn with_text<'a>(x: &mut [Value<'a>], part: impl Fn(&str) -> &str) -> Option<Value<'a>> {
    match std::mem::replace(&mut x[0], Value::Null) {
        Value::Text(Cow::Borrowed(text)) => Some(match String::from_utf8_lossy(text) {
            Cow::Borrowed(text) => Value::of_str(part(text)),
            Cow::Owned(text) => Value::owned_text(part(&text)),
        }),
        Value::Text(Cow::Owned(text)) => Some(Value::owned_text(part(&String::from_utf8_lossy(&text)))),
        _ => None,
    }
}

fn trimmed<'a>(x: &mut [Value<'a>], left: bool, right: bool) -> Option<Value<'a>> {
    let characters = optional(x, 1, None, |set| set.string().map(Some))?.map(|set| sorted_characters(&set));
    let is_cut = |letter: char| match &characters {
        Some(set) => set.binary_search(&letter).is_ok(),
        None => letter.is_whitespace(),
    };
    with_text(x, |text| {
        let text = if left { text.trim_start_matches(is_cut) } else { text };
        if right { text.trim_end_matches(is_cut) } else { text }
    })
}

/// Each character once, to be found by halving: the characters may come from a log as well, and be a million.
fn sorted_characters(set: &str) -> Vec<char> {
    let mut characters: Vec<char> = set.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters
}

fn substring<'a>(x: &mut [Value<'a>]) -> Option<Value<'a>> {
    let start = x[1].as_i64()?;
    let length = optional(x, 2, i64::MAX, Value::as_i64).and_then(|length| usize::try_from(length).ok())?;
    with_text(x, |text| {
        let skipped = match usize::try_from(start) {
            Ok(start) => start,
            Err(_) => {
                let back = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
                text.chars().count().saturating_sub(back)
            }
        };
        let place = |text: &str, nth: usize| text.char_indices().nth(nth).map_or(text.len(), |(place, _)| place);
        let rest = &text[place(text, skipped)..];
        &rest[..place(rest, length)]
    })
}

fn split<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let (text, separator) = (x[0].text()?, x[1].text()?);
    if separator.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for end in memmem::find_iter(text, separator) {
        parts.push(Value::owned_text(&text[start..end]));
        start = end + separator.len();
        if parts.len() == ARRAY_MAX {
            return None;
        }
    }
    parts.push(Value::owned_text(&text[start..]));
    Some(Value::Array(parts))
}

fn concat<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let mut out = Bounded::default();
    x.iter().try_for_each(|value| value.scalar_text().map(|text| out.push(&text)))?;
    Some(out.value())
}

fn padded<'a>(x: &[Value<'a>], in_front: bool) -> Option<Value<'a>> {
    let text = x[0].string()?;
    let length = usize::try_from(x[1].as_i64()?).ok().filter(|&length| length <= TEXT_BYTES_MAX)?;
    let with = optional(x, 2, Cow::Borrowed(" "), Value::string).filter(|with| with.chars().count() == 1)?;
    let missing = length.saturating_sub(text.chars().count());
    let mut out = Bounded::default();
    let padding = |out: &mut Bounded| (0..missing).for_each(|_| out.push(with.as_bytes()));
    if in_front {
        padding(&mut out);
    }
    out.push(text.as_bytes());
    if !in_front {
        padding(&mut out);
    }
    Some(out.value())
}

fn repeat<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let text = x[0].text()?;
    let count = usize::try_from(x[1].as_i64()?).ok()?;
    let length = text.len().checked_mul(count).filter(|&length| length <= TEXT_BYTES_MAX)?;
    let mut out = Vec::with_capacity(length);
    // An empty text may be asked for any number of times.
    (0..if text.is_empty() { 0 } else { count }).for_each(|_| out.extend_from_slice(text));
    Some(Value::owned_text(out))
}

fn to_number(text: &[u8]) -> Option<Number<'static>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => ("-", size),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(digits) = size.strip_prefix("0x").or_else(|| size.strip_prefix("0X")) {
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = i128::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        return Some(Number::Integer(if sign.is_empty() { value } else { -value }));
    }
    let (mantissa, exponent) = match size.find(['e', 'E']) {
        Some(at) => size.split_at(at),
        None => (size, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let or_zero = |digits: &str| if digits.is_empty() { "0".to_string() } else { digits.to_string() };
    let whole = or_zero(whole.trim_start_matches('0'));
    let json = format!("{sign}{whole}.{}{exponent}", or_zero(fraction));
    // An exponent beyond i64 is that of no number that anybody meant.
    let number = Number::parse(json.as_bytes()).filter(|_| Parts::of(json.as_bytes()).is_some())?;
    Some(Number::from_text(&number.canonical()).into_owned())
}

//! Looking for something in texts. Case counts; a regular expression turns that off with `(?i)`.
use super::super::value::Value;
use super::{Bounded, Function, Plain, Ready, Run, or_null, truth};
use crate::value::regex::compile_regex;
use memchr::memmem;
use regex::bytes::{Captures, Regex};

/// Longest text that is searched for every match of a regular expression: one search is linear, but finding all of them is
/// quadratic for some expressions.
const REPLACE_BYTES_MAX: usize = 64 << 10;

const fn test(
    name: &'static str,
    parameters: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters, least: 2, most: 2, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    test(
        "string.contains",
        "text, part",
        "Whether the part stands anywhere in the text.",
        &[("string.contains(\"admin-login\", \"min\")", "true"), ("string.contains(\"Admin\", \"admin\")", "false")],
        |x| both(x, |text, part| memmem::find(text, part).is_some()),
    ),
    test(
        "string.starts_with",
        "text, start",
        "Whether the text starts so.",
        &[("string.starts_with(\"GetObject\", \"Get\")", "true")],
        |x| both(x, |text, start| text.starts_with(start)),
    ),
    test(
        "string.ends_with",
        "text, end",
        "Whether the text ends so.",
        &[("string.ends_with(\"evil.exe\", \".exe\")", "true")],
        |x| both(x, |text, end| text.ends_with(end)),
    ),
    test(
        "string.index_of",
        "text, part",
        "The place of the first character of the part in the text, from 0; null when it is not there.",
        &[("string.index_of(\"héllo\", \"l\")", "2"), ("string.index_of(\"abc\", \"x\")", "null")],
        |x| or_null(index_of(x)),
    ),
    Function {
        name: "string.matches",
        parameters: "text, regex",
        least: 2,
        most: 2,
        doc: "Whether the regular expression finds a match anywhere in the text. It must not depend on the event.",
        examples: &[
            ("string.matches(\"cmd.exe /c\", \"^cmd\")", "true"),
            ("string.matches(\"ABC\", \"(?i)b\")", "true"),
            ("string.matches(5, \"5\")", "null"),
        ],
        run: Run::Prepared(|constants| Ok(Box::new(Matches(regex_of(constants)?)))),
    },
    Function {
        name: "string.extract",
        parameters: "text, regex[, group]",
        least: 2,
        most: 3,
        doc: "What a group (its number, or its name) of the regular expression's first match holds; without `group` the first \
              group, or the whole match where there is none. Null when there is no match.",
        examples: &[
            ("string.extract(\"user=bob ip=1\", \"user=(\\\\w+)\")", "\"bob\""),
            ("string.extract(\"user=bob\", \"(?P<key>\\\\w+)=\", \"key\")", "\"user\""),
            ("string.extract(\"a1\", \"\\\\d\")", "\"1\""),
            ("string.extract(\"a\", \"\\\\d\")", "null"),
        ],
        run: Run::Prepared(|constants| Ok(Box::new(Extract(regex_of(constants)?)))),
    },
    Function {
        name: "string.replace",
        parameters: "text, part, replacement",
        least: 3,
        most: 3,
        doc: "The text with the replacement in every place of the part. Null for an empty part and for more than 1 MiB.",
        examples: &[("string.replace(\"a.b.c\", \".\", \"-\")", "\"a-b-c\"")],
        run: Run::Plain(|x| or_null(replace(x))),
    },
    Function {
        name: "string.replace_regex",
        parameters: "text, regex, replacement",
        least: 3,
        most: 3,
        doc: "The text with the replacement in every place that the regular expression matches. `$1` and `${name}` in the \
              replacement are what the group holds, `$$` is `$`. Null for texts of more than 64 KiB and results of more than 1 MiB.",
        examples: &[
            ("string.replace_regex(\"id 12, id 7\", \"\\\\d+\", \"N\")", "\"id N, id N\""),
            ("string.replace_regex(\"a=1\", \"(\\\\w)=(\\\\w)\", \"$2=$1\")", "\"1=a\""),
        ],
        run: Run::Prepared(|constants| Ok(Box::new(ReplaceRegex(regex_of(constants)?)))),
    },
];

fn both<'a>(x: &[Value<'a>], test: impl Fn(&[u8], &[u8]) -> bool) -> Value<'a> {
    truth(x[0].text().zip(x[1].text()).map(|(text, part)| test(text, part)))
}

fn index_of<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let (text, part) = (x[0].string()?, x[1].string()?);
    let place = memmem::find(text.as_bytes(), part.as_bytes())?;
    Some(Value::count(text[..place].chars().count()))
}

fn replace<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let (text, part, replacement) = (x[0].text()?, x[1].text()?, x[2].text()?);
    if part.is_empty() {
        return None;
    }
    let mut out = Bounded::default();
    let mut start = 0;
    for at in memmem::find_iter(text, part) {
        out.push(&text[start..at]);
        out.push(replacement);
        start = at + part.len();
    }
    out.push(&text[start..]);
    Some(out.value())
}

/// The second argument of the functions here, compiled.
fn regex_of(constants: &[Option<&Value<'static>>]) -> Result<Regex, String> {
    match constants[1] {
        Some(Value::Text(text)) => compile_regex(&String::from_utf8_lossy(text), false),
        Some(other) => Err(format!("the regular expression is a {}, not a text", other.type_name())),
        None => Err("the regular expression must not depend on the event".into()),
    }
}

struct Matches(Regex);

impl Ready for Matches {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        truth(x[0].text().map(|text| self.0.is_match(text)))
    }
}

struct Extract(Regex);

impl Ready for Extract {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        let find = || {
            let captures = self.0.captures(x[0].text()?)?;
            let group = match x.get(2) {
                None => captures.get(usize::from(self.0.captures_len() > 1)),
                Some(Value::Text(name)) => captures.name(std::str::from_utf8(name).ok()?),
                Some(number) => captures.get(usize::try_from(number.as_i64()?).ok()?),
            };
            Some(Value::owned_text(group?.as_bytes()))
        };
        or_null(find())
    }
}

struct ReplaceRegex(Regex);

impl Ready for ReplaceRegex {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        let (Some(text), Some(replacement)) = (x[0].text(), x[2].text()) else { return Value::Null };
        if text.len() > REPLACE_BYTES_MAX {
            return Value::Null;
        }
        let pieces = pieces(replacement);
        let mut out = Bounded::default();
        let mut start = 0;
        for captures in self.0.captures_iter(text) {
            let Some(whole) = captures.get(0) else { break };
            // Between the bytes of a character there is nothing.
            if whole.is_empty() && text.get(whole.start()).is_some_and(|byte| (0x80..0xc0).contains(byte)) {
                continue;
            }
            out.push(&text[start..whole.start()]);
            pieces.iter().for_each(|piece| out.push(piece.text(&captures)));
            start = whole.end();
            if out.is_over {
                break;
            }
        }
        out.push(&text[start..]);
        out.value()
    }
}

/// A piece of a replacement.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Literal(&'a [u8]),
    Group(&'a str),
}

impl Piece<'_> {
    fn text<'t>(&'t self, captures: &'t Captures<'_>) -> &'t [u8] {
        match self {
            Self::Literal(text) => text,
            Self::Group(name) => {
                let group = match name.parse() {
                    Ok(number) => captures.get(number),
                    Err(_) => captures.name(name),
                };
                group.map_or(b"", |group| group.as_bytes())
            }
        }
    }
}

/// As the regex crate reads replacements: `$name` takes the longest name, `${name}` any, a `$` that begins neither is itself.
fn pieces(replacement: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = replacement;
    while let Some(at) = memchr::memchr(b'$', rest) {
        let after = &rest[at + 1..];
        let braced = || {
            let close = memchr::memchr(b'}', after)?;
            Some((after[..close].strip_prefix(b"{")?, close + 1))
        };
        let plain = || {
            let length = after.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            (length > 0).then(|| (&after[..length], length))
        };
        let group = braced().or_else(plain).and_then(|(name, used)| Some((std::str::from_utf8(name).ok()?, used)));
        pieces.push(Piece::Literal(&rest[..at]));
        match group {
            Some((name, used)) => {
                pieces.push(Piece::Group(name));
                rest = &after[used..];
            }
            None => {
                pieces.push(Piece::Literal(b"$"));
                rest = after.strip_prefix(b"$").unwrap_or(after);
            }
        }
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

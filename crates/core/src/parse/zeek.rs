//! `zeek`: logs of Zeek (once Bro) as its ASCII writer makes them: columns parted by tabs, described by lines that start with `#`.
//!
//! *Recognised*: `#separator \x09` and the lines that follow it, or `#fields` and `#types`. The lines may come again in the middle, as in
//! logs that were put together: from there on the new ones hold. The source type is `zeek:` and the `#path`: `zeek:dns`.
//!
//! *Fields*: named and valued as Zeek's own JSON has them, so that a log in either form can be searched alike: `uid`, `id.orig_h`, `id.resp_p`, …
//! are names with a dot in them. `count`, `int`, `port`, `double`, `interval` and `time` are numbers (a time: seconds since 1970), `bool` is true
//! or false, `set` and `vector` are arrays, the rest is text. An unset value (`-`) has no field, in an array it is null; `(empty)` is
//! an empty text or array. Escapes are undone where they stand for printable characters, tabs, line ends or UTF-8; `\x00` and
//! the like stay as they are, as in Zeek's JSON. The event time is `ts`.
//!
//! *Kept raw*: a line with another number of columns than `#fields`, one before any `#fields`, and a line that starts with `#` and is no line
//! that Zeek writes become `message` and say why. The source type is that of the first `#path`.
mod escape;

use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::sink::EventSink;
use crate::value::decimal::is_number;
use escape::unescape;
use memchr::memchr;

/// Longest `#path` that becomes a part of the source type; Zeek's own have at most 20 characters.
const PATH_BYTES_MAX: usize = 64;

/// A line is an event, or describes those that follow.
#[derive(Debug)]
pub struct Zeek {
    separator: u8,
    set_separator: u8,
    empty: Vec<u8>,
    unset: Vec<u8>,
    names: Vec<Vec<u8>>,
    types: Vec<Type>,
    unescaped: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Type {
    kind: Kind,
    is_array: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Bool,
    Text,
}

const TEXT: Type = Type { kind: Kind::Text, is_array: false };

impl Default for Zeek {
    fn default() -> Self {
        Self {
            separator: b'\t',
            set_separator: b',',
            empty: b"(empty)".to_vec(),
            unset: b"-".to_vec(),
            names: Vec::new(),
            types: Vec::new(),
            unescaped: Vec::new(),
        }
    }
}

impl LineFormat for Zeek {
    const NAME: &'static str = "zeek";
    const SIGN: &'static str = "lines `#separator` or `#fields` and `#types` at the start";
    const TIME_FIELDS: &'static [&'static str] = &["ts"];
    const SKIPPABLE: Option<Skippable> = None;

    fn looks_like(head: &Head) -> bool {
        let starts = |name: &[u8]| head.lines().any(|line| line.starts_with(name));
        let first = head.lines().next().unwrap_or_default();
        first.starts_with(b"#separator ") || (first.starts_with(b"#") && starts(b"#fields\t") && starts(b"#types\t"))
    }

    fn source_type(_head: &Head) -> &'static str {
        "zeek"
    }

    fn written_source_type(head: &Head) -> Option<String> {
        let path = head.lines().find_map(|line| line.strip_prefix(b"#path"))?;
        let path = std::str::from_utf8(path.get(1..)?).ok()?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let is_good = (1..=PATH_BYTES_MAX).contains(&path.len()) && path.bytes().all(is_name);
        is_good.then(|| format!("zeek:{}", path.to_ascii_lowercase()))
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        if let Some(directive) = line.strip_prefix(b"#") {
            return self.directive(directive);
        }
        if self.names.is_empty() {
            return Outcome::Unparsed("line comes before any #fields");
        }
        if memchr::memchr_iter(self.separator, line).count() + 1 != self.names.len() {
            return Outcome::Unparsed("number of columns is not that of #fields");
        }
        let has_escapes = memchr(b'\\', line).is_some();
        let mut rest = line;
        for at in 0..self.names.len() {
            let end = memchr(self.separator, rest).unwrap_or(rest.len());
            let value = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if value != self.unset {
                self.column(at, value, has_escapes, members);
            }
        }
        Outcome::Event(None)
    }
}

impl Zeek {
    #[inline]
    fn column<S: EventSink>(&mut self, at: usize, value: &[u8], has_escapes: bool, members: &mut Members<S>) {
        let sink = members.key(&self.names[at]);
        let Type { kind, is_array } = self.types.get(at).copied().unwrap_or(TEXT);
        if !is_array {
            return tell(kind, value, &self.empty, has_escapes.then_some(&mut self.unescaped), sink);
        }
        sink.begin_array();
        if value != self.empty && !value.is_empty() {
            for element in value.split(|&byte| byte == self.set_separator) {
                if element == self.unset {
                    sink.null();
                } else {
                    tell(kind, element, &self.empty, has_escapes.then_some(&mut self.unescaped), sink);
                }
            }
        }
        sink.end_array();
    }

    /// A line that starts with `#`, without it.
    fn directive(&mut self, line: &[u8]) -> Outcome {
        let end = line.iter().position(|&byte| byte == self.separator || byte == b' ').unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let rest = rest.get(1..).unwrap_or_default();
        match name {
            // Another log begins: nothing of the last one holds any more.
            b"separator" => match one_character(rest) {
                Some(separator) => *self = Self { separator, ..Self::default() },
                None => return Outcome::Unparsed("separator is not one character"),
            },
            b"set_separator" => match one_character(rest) {
                Some(separator) => self.set_separator = separator,
                None => return Outcome::Unparsed("separator is not one character"),
            },
            b"empty_field" => self.empty = rest.to_vec(),
            b"unset_field" => self.unset = rest.to_vec(),
            b"fields" => {
                self.names = rest.split(|&byte| byte == self.separator).map(<[u8]>::to_vec).collect();
                self.types.clear();
            }
            b"types" => self.types = rest.split(|&byte| byte == self.separator).map(read_type).collect(),
            b"path" | b"open" | b"close" => {}
            _ => return Outcome::Unparsed("line starts with # and is none that Zeek writes"),
        }
        Outcome::Nothing
    }
}

/// Tells a value, of which `unescaped` is given when there may be escapes in it.
#[inline]
fn tell<S: EventSink>(kind: Kind, value: &[u8], empty: &[u8], unescaped: Option<&mut Vec<u8>>, sink: &mut S) {
    match (kind, value) {
        (Kind::Number, value) if is_number(value) => sink.number(value),
        (Kind::Bool, b"T") => sink.boolean(true),
        (Kind::Bool, b"F") => sink.boolean(false),
        (Kind::Text, value) if value == empty => sink.string(b""),
        (_, value) => match unescaped.filter(|_| memchr(b'\\', value).is_some()) {
            Some(unescaped) => {
                unescape(value, unescaped);
                sink.string(unescaped);
            }
            None => sink.string(value),
        },
    }
}

fn read_type(text: &[u8]) -> Type {
    let is_array = [&b"set["[..], b"vector[", b"table["].iter().any(|container| text.starts_with(container));
    let inner = text.iter().position(|&byte| byte == b'[').filter(|_| is_array).map_or(0, |at| at + 1);
    let kind = match text[inner..].strip_suffix(b"]").unwrap_or(&text[inner..]) {
        b"count" | b"int" | b"counter" | b"port" | b"double" | b"interval" | b"time" => Kind::Number,
        b"bool" => Kind::Bool,
        _ => Kind::Text,
    };
    Type { kind, is_array }
}

/// The character that is written as itself or as `\x09`.
fn one_character(text: &[u8]) -> Option<u8> {
    let mut unescaped = Vec::new();
    unescape(text, &mut unescaped);
    match unescaped[..] {
        [character] if character.is_ascii() && character != b'\\' => Some(character),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

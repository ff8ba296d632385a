//! JSON text to values, and places in it, for the `json` functions and for rows that come as JSON.
//!
//! An object is no value of expressions: it is given as its JSON text. Of members of one name the last counts, as in most
//! readers. One pass without backtracking; deeper nesting than `DEPTH_MAX` is no JSON here.
use super::number::Number;
use super::value::Value;
use crate::parse::json::string::{plain_end, unescape};
use crate::value::decimal::number_end;
use std::borrow::Cow;

/// Reading recurses; logs nest a dozen levels.
pub const DEPTH_MAX: usize = 100;

/// A step of a path such as `a.b[0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(Vec<u8>),
    Position(usize),
}

/// Reads `a.b[0]`; the empty path is the whole. None when it is no path.
pub fn parse_path(path: &[u8]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < path.len() {
        if path[at] == b'[' {
            let close = at + path[at..].iter().position(|&byte| byte == b']')?;
            let digits = path.get(at + 1..close).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
            steps.push(Step::Position(std::str::from_utf8(digits).ok()?.parse().ok()?));
            at = close + 1;
            continue;
        }
        if at > 0 {
            at += usize::from(path[at] == b'.');
        }
        let length = path[at..].iter().position(|byte| matches!(byte, b'.' | b'['));
        let end = length.map_or(path.len(), |length| at + length);
        if end == at {
            return None;
        }
        steps.push(Step::Key(path[at..end].to_vec()));
        at = end;
    }
    Some(steps)
}

/// The value that the whole text is.
pub fn read(text: &[u8]) -> Option<Value<'_>> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let value = reader.value()?;
    reader.end()?;
    Some(value)
}

/// Whether the whole text is JSON.
pub fn is_json(text: &[u8]) -> bool {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.skip().and_then(|()| reader.end()).is_some()
}

/// The value at the path; None when the text is no JSON or nothing is there.
pub fn get<'a>(text: &'a [u8], path: &[Step]) -> Option<Value<'a>> {
    read(slice_at(text, path)?)
}

/// The JSON text at the path.
pub fn slice_at<'a>(text: &'a [u8], path: &[Step]) -> Option<&'a [u8]> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let found = reader.find(path)?;
    reader.end()?;
    found
}

/// The elements of an array, each as its JSON text. None when the text is no JSON array.
pub fn elements(text: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut found = Vec::new();
    reader.space();
    reader.list(b'[', |reader| {
        found.push(reader.slice()?);
        Some(())
    })?;
    reader.end()?;
    Some(found)
}

/// The names of an object's members, each once, in order. None when the text is no JSON object.
pub fn keys(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut known = std::collections::HashSet::new();
    reader.space();
    reader.list(b'{', |reader| {
        let name = reader.name()?;
        reader.skip()?;
        if known.insert(name.to_vec()) {
            found.push(name.into_owned());
        }
        Some(())
    })?;
    reader.end()?;
    Some(found)
}

/// Calls `each` with every value of an event and the name of its column; null is no value. None when the text is no JSON object.
pub fn columns<'a>(text: &'a [u8], each: &mut dyn FnMut(&[u8], Value<'a>)) -> Option<()> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.space();
    (reader.peek()? == b'{').then_some(())?;
    reader.flatten(&mut Vec::new(), each)?;
    reader.end()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn end(&mut self) -> Option<()> {
        self.space();
        (self.at == self.text.len()).then_some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    /// Calls `item` for each element or member of what opens with `open`.
    fn list(&mut self, open: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let close = if open == b'[' { b']' } else { b'}' };
        if self.peek()? != open || self.depth == DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        if self.peek()? == close {
            self.at += 1;
        } else {
            loop {
                item(self)?;
                self.space();
                let byte = self.peek()?;
                self.at += 1;
                if byte == close {
                    break;
                }
                if byte != b',' {
                    return None;
                }
                self.space();
            }
        }
        self.depth -= 1;
        Some(())
    }

    /// A member's name and the colon behind it.
    fn name(&mut self) -> Option<Cow<'a, [u8]>> {
        let name = self.string()?;
        self.space();
        self.word(b":")?;
        self.space();
        Some(name)
    }

    fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let end = plain_end(self.text, start)?;
        if self.text[end] == b'"' {
            self.at = end + 1;
            return Some(Cow::Borrowed(&self.text[start..end]));
        }
        let mut out = Vec::new();
        self.at = unescape(self.text, start, end, &mut out).ok()?;
        Some(Cow::Owned(out))
    }

    fn number(&mut self) -> Option<&'a [u8]> {
        let end = number_end(self.text, self.at)?;
        let number = &self.text[self.at..end];
        self.at = end;
        Some(number)
    }

    fn skip(&mut self) -> Option<()> {
        self.space();
        match self.peek()? {
            b'[' => self.list(b'[', Self::skip),
            b'{' => self.list(b'{', |reader| reader.name().and_then(|_| reader.skip())),
            b'"' => self.string().map(drop),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(drop),
        }
    }

    /// Skips a value and gives its text.
    fn slice(&mut self) -> Option<&'a [u8]> {
        self.space();
        let start = self.at;
        self.skip()?;
        Some(&self.text[start..self.at])
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.space();
        Some(match self.peek()? {
            b'[' => {
                let mut values = Vec::new();
                self.list(b'[', |reader| {
                    values.push(reader.value()?);
                    Some(())
                })?;
                Value::Array(values)
            }
            b'{' => Value::Text(Cow::Borrowed(self.slice()?)),
            b'"' => Value::Text(self.string()?),
            b't' => self.word(b"true").map(|()| Value::Bool(true))?,
            b'f' => self.word(b"false").map(|()| Value::Bool(false))?,
            b'n' => self.word(b"null").map(|()| Value::Null)?,
            _ => Value::Number(Number::from_text(self.number()?)),
        })
    }

    fn flatten(&mut self, name: &mut Vec<u8>, each: &mut dyn FnMut(&[u8], Value<'a>)) -> Option<()> {
        self.space();
        let length = name.len();
        match self.peek()? {
            b'{' => self.list(b'{', |reader| {
                let key = reader.name()?;
                if reader.depth > 1 {
                    name.push(b'.');
                }
                name.extend_from_slice(&key);
                reader.flatten(name, each)?;
                name.truncate(length);
                Some(())
            }),
            b'[' => {
                let mut position = 0;
                self.list(b'[', |reader| {
                    name.extend_from_slice(format!("[{position}]").as_bytes());
                    reader.flatten(name, each)?;
                    name.truncate(length);
                    position += 1;
                    Some(())
                })
            }
            _ => {
                let value = self.value()?;
                if !value.is_null() {
                    each(name, value);
                }
                Some(())
            }
        }
    }

    /// Skips a value. The inner option is the text at the path in it.
    fn find(&mut self, path: &[Step]) -> Option<Option<&'a [u8]>> {
        let Some((first, rest)) = path.split_first() else { return self.slice().map(Some) };
        self.space();
        let mut found = None;
        match (first, self.peek()?) {
            (Step::Key(key), b'{') => self.list(b'{', |reader| {
                if reader.name()?[..] == key[..] {
                    found = reader.find(rest)?;
                } else {
                    reader.skip()?;
                }
                Some(())
            })?,
            (Step::Position(position), b'[') => {
                let mut at = 0;
                self.list(b'[', |reader| {
                    if at == *position {
                        found = reader.find(rest)?;
                    } else {
                        reader.skip()?;
                    }
                    at += 1;
                    Some(())
                })?;
            }
            _ => self.skip()?,
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, path: &str) -> Option<String> {
        let found = get(text.as_bytes(), &parse_path(path.as_bytes()).expect("a path"))?;
        Some(String::from_utf8_lossy(&found.to_json()).into_owned())
    }

    #[test]
    fn places() {
        let text = r#" {"a": {"b": [10, {"c": "x\n"}, null]}, "": 1, "d.e": true} "#;
        assert_eq!(at(text, "a.b[0]").as_deref(), Some("10"));
        assert_eq!(at(text, "a.b[1].c").as_deref(), Some(r#""x\n""#));
        assert_eq!(at(text, "a.b[2]").as_deref(), Some("null"));
        assert_eq!(at(text, "a.b[3]"), None);
        assert_eq!(at(text, "a.b.c"), None);
        assert_eq!(at(text, "a").as_deref(), Some(r#""{\"b\": [10, {\"c\": \"x\\n\"}, null]}""#));
        assert_eq!(at("[[1,2],[3]]", "[1][0]").as_deref(), Some("3"));
        assert_eq!(at("[1,[2,\"a\"]]", "").as_deref(), Some("[1,[2,\"a\"]]"));
        assert_eq!(at(r#"{"a":1,"a":2}"#, "a").as_deref(), Some("2"));
    }

    #[test]
    fn what_is_no_path() {
        for path in ["a..b", "[", "[x]", "[-1]", "a.", ".", "a[99999999999999999999]"] {
            assert_eq!(parse_path(path.as_bytes()), None, "{path}");
        }
        assert_eq!(parse_path(b"[0]a"), Some(vec![Step::Position(0), Step::Key(b"a".to_vec())]));
    }

    #[test]
    fn what_is_no_json() {
        for text in ["", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "nul", "\"", "\"\\x\"", "1 2", "[1}", "\"a\nb\""] {
            assert!(!is_json(text.as_bytes()), "{text}");
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        for text in ["1", " null ", "[]", "{}", "{\"a\":[{}]}", "\"\\ud800\""] {
            assert!(is_json(text.as_bytes()), "{text}");
        }
        assert!(is_json(&[vec![b'['; DEPTH_MAX], vec![b']'; DEPTH_MAX]].concat()));
        assert!(!is_json(&[vec![b'['; DEPTH_MAX + 1], vec![b']'; DEPTH_MAX + 1]].concat()));
        assert!(!is_json(&vec![b'['; 1 << 20]));
    }
}

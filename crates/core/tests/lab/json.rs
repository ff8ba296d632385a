//! A JSON value that keeps what the source said: order, duplicate keys, number text, lone surrogates.
use super::dice::Dice;
use std::fmt;

/// A string as JSON knows it: UTF-16, in which a surrogate may stand alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub Vec<u16>);

#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(Text),
    Array(Vec<Json>),
    Object(Vec<(Text, Json)>),
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.encode_utf16().collect())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Text {
    /// UTF-8, a lone surrogate as its three bytes: what the engine keeps.
    pub fn wtf8(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for unit in char::decode_utf16(self.0.iter().copied()) {
            match unit {
                Ok(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(lone) => {
                    let unit = lone.unpaired_surrogate();
                    bytes.extend([0xe0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 63) as u8, 0x80 | (unit & 63) as u8]);
                }
            }
        }
        bytes
    }

    /// With no escape that is not needed, or with those that the dice want.
    fn put(&self, out: &mut Vec<u8>, mut dice: Option<&mut Dice>) {
        out.push(b'"');
        for unit in char::decode_utf16(self.0.iter().copied()) {
            let character = match unit {
                Ok(character) => character,
                Err(lone) => {
                    put_unit(out, lone.unpaired_surrogate());
                    continue;
                }
            };
            if dice.as_mut().is_some_and(|dice| dice.one_in(6)) {
                character.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| put_unit(out, unit));
                continue;
            }
            match character {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '/' if dice.as_mut().is_some_and(|dice| dice.one_in(2)) => out.extend_from_slice(b"\\/"),
                '\0'..' ' => put_unit(out, character as u16),
                _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out.push(b'"');
    }
}

fn put_unit(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
}

fn put_space(out: &mut Vec<u8>, dice: &mut Option<&mut Dice>) {
    if let Some(dice) = dice
        && dice.one_in(4)
    {
        out.push(*dice.pick(b" \t\r\n"));
    }
}

impl Json {
    /// The one text without white space that the engine gives back.
    pub fn compact(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out, &mut None);
        out
    }

    /// The same value with white space and escapes as they come.
    pub fn loose(&self, dice: &mut Dice) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out, &mut Some(dice));
        out
    }

    fn put(&self, out: &mut Vec<u8>, dice: &mut Option<&mut Dice>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Self::Number(text) => out.extend_from_slice(text.as_bytes()),
            Self::Text(text) => text.put(out, dice.as_deref_mut()),
            Self::Array(elements) => {
                out.push(b'[');
                for (nth, element) in elements.iter().enumerate() {
                    out.extend_from_slice(if nth > 0 { b"," } else { b"" });
                    put_space(out, dice);
                    element.put(out, dice);
                    put_space(out, dice);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (nth, (key, value)) in members.iter().enumerate() {
                    out.extend_from_slice(if nth > 0 { b"," } else { b"" });
                    put_space(out, dice);
                    key.put(out, dice.as_deref_mut());
                    put_space(out, dice);
                    out.push(b':');
                    put_space(out, dice);
                    value.put(out, dice);
                    put_space(out, dice);
                }
                out.push(b'}');
            }
        }
    }

    /// Calls `f` with every value that is neither an array nor an object.
    pub fn for_each_leaf(&mut self, f: &mut impl FnMut(&mut Json)) {
        match self {
            Self::Array(elements) => elements.iter_mut().for_each(|element| element.for_each_leaf(f)),
            Self::Object(members) => members.iter_mut().for_each(|(_, value)| value.for_each_leaf(f)),
            leaf => f(leaf),
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.compact()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Json::Text(self.clone()).fmt(f)
    }
}

//! The encoding of a source's text: whatever it is, parsers get UTF-8.
//!
//! UTF-16 and UTF-32 are known by their byte order mark; UTF-16 without one where the first 32 characters, or all there are, are
//! printable ASCII. Everything else passes as it is, and what of it is no UTF-8 is dealt with by the parsers (see `utf8`), by the
//! same rule as here: a byte that is part of no character becomes the character that it is in Windows-1252, or in Latin-1 where
//! Windows-1252 has none. So no byte is lost, and Latin-1 reads right. The encoding of a text is that of its start: when another one is
//! appended to a log, its bytes are kept, and look as strange as they are.
use super::statistics::Statistics;

/// Bytes that are waited for, until an encoding without a byte order mark is decided on.
const HEAD_BYTES: usize = 64;

/// Fewer are too few to take bytes with zeros for UTF-16.
const HEAD_BYTES_MIN: usize = 4;

/// Text is told in steps of so many bytes of source, so that memory stays bounded.
const STEP_BYTES: usize = 64 << 10;

/// Characters of Windows-1252 at the places where Latin-1 has control characters; 0 where it has none either.
const WINDOWS_1252: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
    0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/// The character that a byte is where it is part of no other.
pub fn character_of_byte(byte: u8) -> char {
    let special = match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => 0,
    };
    if special == 0 { char::from(byte) } else { char::from_u32(special.into()).unwrap_or(char::from(byte)) }
}

/// Whether `character_of_byte` gives this character for a byte that is not ASCII.
pub fn stands_for_byte(character: char) -> bool {
    let code = u32::from(character);
    (0x80..=0xff).contains(&code) || WINDOWS_1252.iter().any(|&special| u32::from(special) == code && code != 0)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Utf32Le => "utf-32le",
            Self::Utf32Be => "utf-32be",
        }
    }

    /// The encoding of a text that starts so, and the length of its byte order mark; None: more of it must be known.
    fn of(head: &[u8], is_whole: bool) -> Option<(Self, usize)> {
        if head.is_empty() {
            return is_whole.then_some((Self::Utf8, 0));
        }
        let is_short = head.len() < HEAD_BYTES_MIN && !is_whole;
        let may_be_wide = matches!(head[0], 0 | 0xfe | 0xff) || head.get(1).is_none_or(|&byte| byte == 0);
        if is_short && may_be_wide {
            return None;
        }
        match head {
            [0xff, 0xfe, 0, 0, ..] => return Some((Self::Utf32Le, 4)),
            [0, 0, 0xfe, 0xff, ..] => return Some((Self::Utf32Be, 4)),
            [0xff, 0xfe, ..] => return Some((Self::Utf16Le, 2)),
            [0xfe, 0xff, ..] => return Some((Self::Utf16Be, 2)),
            _ => {}
        }
        let known = &head[..head.len().min(HEAD_BYTES) & !1];
        let is_text = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
        let is_wide = |text: usize| known.chunks_exact(2).all(|pair| is_text(pair[text]) && pair[1 - text] == 0);
        let wide = match (known.len() >= HEAD_BYTES_MIN, is_wide(0), is_wide(1)) {
            (true, true, _) => Self::Utf16Le,
            (true, _, true) => Self::Utf16Be,
            _ => return Some((Self::Utf8, 0)),
        };
        (is_whole || known.len() == HEAD_BYTES).then_some((wide, 0))
    }

    fn unit_bytes(self) -> usize {
        match self {
            Self::Utf8 => 1,
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf32Le | Self::Utf32Be => 4,
        }
    }

    fn unit(self, bytes: &[u8]) -> u32 {
        match (self, bytes) {
            (Self::Utf16Le, &[a, b]) => u16::from_le_bytes([a, b]).into(),
            (Self::Utf16Be, &[a, b]) => u16::from_be_bytes([a, b]).into(),
            (Self::Utf32Le, &[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
            (Self::Utf32Be, &[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
            _ => u32::MAX,
        }
    }
}

/// Turns a text into UTF-8 as it comes.
///
/// ```
/// use lakebed_core::parse::encoding::TextDecoder;
/// let (mut decoder, mut text) = (TextDecoder::default(), Vec::new());
/// decoder.feed(b"\xff\xfeh\0i\0", |part| text.extend_from_slice(part));
/// decoder.finish(|part| text.extend_from_slice(part));
/// assert_eq!((text.as_slice(), decoder.encoding().name()), (&b"hi"[..], "utf-16le"));
/// ```
#[derive(Debug, Default)]
pub struct TextDecoder {
    /// None: too little is known; what has come is in `pending`.
    encoding: Option<Encoding>,
    /// The start of a text, of a unit, or of a pair of surrogates.
    pending: Vec<u8>,
    invalid: u64,
}

impl TextDecoder {
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or_default()
    }

    /// The counts of a parser that has read the text, and of what was no text for it.
    pub fn and_statistics(&self, statistics: Statistics) -> Statistics {
        Statistics { invalid_utf8: statistics.invalid_utf8 + self.invalid, ..statistics }
    }

    /// Takes the next bytes and tells their text, in parts that may end within a character.
    pub fn feed(&mut self, data: &[u8], mut tell: impl FnMut(&[u8])) {
        self.take(data, false, &mut tell);
    }

    /// Decides on the encoding by what has come: for text that is shown while it is being written.
    pub fn settle(&mut self, mut tell: impl FnMut(&[u8])) {
        if self.encoding.is_none() && !self.pending.is_empty() {
            self.take(&[], true, &mut tell);
        }
    }

    /// The end of the text.
    pub fn finish(&mut self, mut tell: impl FnMut(&[u8])) {
        self.take(&[], true, &mut tell);
        if !self.pending.is_empty() {
            let mut out = Vec::new();
            let rest = std::mem::take(&mut self.pending);
            self.put_bytes(&rest, &mut out);
            tell(&out);
        }
    }

    fn take(&mut self, data: &[u8], is_decided: bool, tell: &mut impl FnMut(&[u8])) {
        if self.encoding == Some(Encoding::Utf8) {
            if !data.is_empty() {
                tell(data);
            }
            return;
        }
        if self.encoding.is_none() && self.pending.is_empty() {
            // The usual case copies nothing.
            if let Some((Encoding::Utf8, _)) = Encoding::of(data, is_decided) {
                self.encoding = Some(Encoding::Utf8);
                return self.take(data, is_decided, tell);
            }
        }
        let mut held = std::mem::take(&mut self.pending);
        held.extend_from_slice(data);
        let encoding = match self.encoding {
            Some(encoding) => (encoding, 0),
            None => match Encoding::of(&held, is_decided) {
                Some(found) => found,
                None => {
                    self.pending = held;
                    return;
                }
            },
        };
        self.encoding = Some(encoding.0);
        let text = &held[encoding.1..];
        match encoding.0 {
            Encoding::Utf8 if text.is_empty() => {}
            Encoding::Utf8 => tell(text),
            wide => self.decode(wide, text, tell),
        }
    }

    fn decode(&mut self, encoding: Encoding, text: &[u8], tell: &mut impl FnMut(&[u8])) {
        let size = encoding.unit_bytes();
        let mut out = Vec::with_capacity(text.len().min(STEP_BYTES) + 8);
        let mut at = 0;
        while at + size <= text.len() {
            let unit = encoding.unit(&text[at..at + size]);
            if unit < 0x80 {
                out.push(unit as u8);
                at += size;
            } else {
                match character(encoding, unit, &text[at + size..]) {
                    Read::Character(character, bytes) => {
                        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                        at += bytes;
                    }
                    Read::Nothing => {
                        self.put_bytes(&text[at..at + size], &mut out);
                        at += size;
                    }
                    Read::Wait => break,
                }
            }
            if out.len() >= STEP_BYTES {
                tell(&out);
                out.clear();
            }
        }
        self.pending.extend_from_slice(&text[at..]);
        if !out.is_empty() {
            tell(&out);
        }
    }

    /// Bytes that are no character.
    fn put_bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.invalid += 1;
        put_bytes(bytes, out);
    }
}

/// Appends the characters that bytes are when they are parts of no other.
pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        out.extend_from_slice(character_of_byte(byte).encode_utf8(&mut [0; 4]).as_bytes());
    }
}

enum Read {
    /// And how many bytes it takes.
    Character(char, usize),
    Nothing,
    /// The rest of it has not come.
    Wait,
}

fn character(encoding: Encoding, unit: u32, rest: &[u8]) -> Read {
    let size = encoding.unit_bytes();
    if size == 2 && (0xd800..0xdc00).contains(&unit) {
        let Some(next) = rest.get(..2) else { return Read::Wait };
        let low = encoding.unit(next);
        if !(0xdc00..0xe000).contains(&low) {
            return Read::Nothing;
        }
        let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return char::from_u32(code).map_or(Read::Nothing, |character| Read::Character(character, 4));
    }
    char::from_u32(unit).map_or(Read::Nothing, |character| Read::Character(character, size))
}

#[cfg(test)]
#[path = "encoding_tests.rs"]
mod tests;

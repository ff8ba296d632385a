//! How the elements of an array begin: the way back after a broken one.
//!
//! Programs write the members of their records in the same order, so the next place that reads `},{"firstName"` is the next
//! element, whatever the broken one did to quotes and brackets.
use memchr::{memchr, memmem};

/// Longest opening that is remembered.
const OPENING_BYTES_MAX: usize = 64;

/// The first bytes of the first element, from `{` to the end of its first name; empty while unknown.
#[derive(Debug, Default)]
pub struct Opening {
    bytes: Vec<u8>,
}

impl Opening {
    /// Remembers the opening of an element that has been read, if it is the first.
    #[inline]
    pub fn learn(&mut self, text: &[u8], at: usize) {
        if self.bytes.is_empty() {
            self.remember(&text[at..]);
        }
    }

    fn remember(&mut self, element: &[u8]) {
        let start = &element[..element.len().min(OPENING_BYTES_MAX)];
        let Some(name) = memchr(b'"', start) else {
            return;
        };
        let Some(length) = memchr(b'"', &start[name + 1..]) else {
            return;
        };
        if start[0] == b'{' && start[1..name].trim_ascii().is_empty() {
            self.bytes = start[..name + length + 2].to_vec();
        }
    }

    pub fn forget(&mut self) {
        self.bytes.clear();
    }

    /// The next place at `from` or later where an element begins, after another object and a comma.
    pub fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        if self.bytes.is_empty() {
            return None;
        }
        let places = memmem::find_iter(text.get(from..)?, &self.bytes);
        places.map(|place| from + place).find(|&place| {
            let before = text[..place].trim_ascii_end().strip_suffix(b",");
            before.is_some_and(|before| before.trim_ascii_end().ends_with(b"}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(first: &[u8], text: &[u8]) -> Option<usize> {
        let mut opening = Opening::default();
        opening.learn(first, 0);
        opening.learn(b"{\"other\":1}", 0);
        opening.next(text, 0)
    }

    #[test]
    fn the_next_element_begins_as_the_first() {
        let text = b"\"x,{\"a\":1},{\"b\":2} ,\n{\"a\":3}";
        assert_eq!(next(b"{\"a\":0}", text), Some(21));
        assert_eq!(next(b"{\"c\":0}", text), None);
        assert_eq!(next(b"{ \"a\":0}", text), None);
        assert_eq!(next(b"{}", text), None);
        assert_eq!(next(b"", text), None);
    }
}

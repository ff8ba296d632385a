//! Text that is UTF-8 from here on: what parsers put between their input and their buffer.
//!
//! Every byte that is not part of UTF-8 becomes the character that it is in Windows-1252 (see `encoding`), so that nothing is lost.
//! Sequences are counted as `std::str::from_utf8` cuts them (the Unicode standard's *maximal subparts*); a character that is split
//! over two feeds is not one of them.
use super::encoding::put_bytes;

/// U+FEFF, which stands where a file begins: of several that were put together, in the middle too.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Longest start of a character that may wait for its rest.
const PENDING_BYTES_MAX: usize = 3;

/// Copies bytes and repairs them on the way.
#[derive(Debug, Default)]
pub struct Utf8Filter {
    pending: Vec<u8>,
    replaced: u64,
}

impl Utf8Filter {
    /// Appends the repaired bytes to `out`; the start of a character at the end waits for the next call.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let (false, Some((&first, rest))) = (self.pending.is_empty(), bytes.split_first()) {
            self.pending.push(first);
            match std::str::from_utf8(&self.pending) {
                Ok(_) => {
                    out.append(&mut self.pending);
                    bytes = rest;
                }
                Err(error) if error.error_len().is_none() => bytes = rest,
                // The byte does not continue what was pending, and is looked at anew.
                Err(_) => {
                    self.pending.pop();
                    self.replace_pending(out);
                }
            }
        }
        while let Err(error) = std::str::from_utf8(bytes) {
            let (good, rest) = bytes.split_at(error.valid_up_to());
            out.extend_from_slice(good);
            let Some(length) = error.error_len() else {
                debug_assert!(rest.len() <= PENDING_BYTES_MAX);
                self.pending.extend_from_slice(rest);
                return;
            };
            put_bytes(&rest[..length], out);
            self.replaced += 1;
            bytes = &rest[length..];
        }
        out.extend_from_slice(bytes);
    }

    /// The end of the data: half a character is a bad sequence.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.pending.is_empty() {
            self.replace_pending(out);
        }
    }

    /// Whether the start of a character waits for its rest.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Bad sequences replaced so far.
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    fn replace_pending(&mut self, out: &mut Vec<u8>) {
        put_bytes(&self.pending, out);
        self.pending.clear();
        self.replaced += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(bytes: &[u8], part: usize) -> (String, u64) {
        let mut filter = Utf8Filter::default();
        let mut out = Vec::new();
        for part in bytes.chunks(part) {
            filter.feed(part, &mut out);
        }
        filter.finish(&mut out);
        (String::from_utf8(out).expect("is repaired"), filter.replaced())
    }

    #[test]
    fn bytes_that_are_no_utf8_become_what_they_are_in_windows_1252() {
        assert_eq!(filter("aé€😀".as_bytes(), 1), ("aé€😀".to_string(), 0));
        assert_eq!(filter(b"a\xffb\xe2\x82c\xf0\x9f", 1), ("aÿbâ‚cðŸ".to_string(), 3));
        assert_eq!(filter(b"\xed\xa0\x80", 1), ("í\u{a0}€".to_string(), 3));
        assert_eq!(filter(b"M\xfcller \x81", 1), ("Müller \u{81}".to_string(), 2));
        assert_eq!(filter(b"", 1), (String::new(), 0));
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(bytes in proptest::collection::vec(prop_oneof![Just(b'a'), Just(0xe2), Just(0x82), Just(0xac), Just(0xf0), any::<u8>()], 0..30), part in 1usize..6) {
            let mut expected = (String::new(), 0);
            for chunk in bytes.utf8_chunks() {
                expected.0.push_str(chunk.valid());
                expected.0.extend(chunk.invalid().iter().map(|&byte| super::super::encoding::character_of_byte(byte)));
                expected.1 += u64::from(!chunk.invalid().is_empty());
            }
            prop_assert_eq!(filter(&bytes, part), expected);
        }
    }
}

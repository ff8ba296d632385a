//! Character classes of a text as one bit mask, so that a chunk of values can be ruled out without looking at them.
//!
//! A chunk that holds only digits and dots cannot contain `admin`. The mask of a chunk is the union of its values' masks; it is
//! stored in segments, so a bit never changes its meaning within one format version.

pub const LOWER_HEX: u16 = 1 << 0;
pub const LOWER_OTHER: u16 = 1 << 1;
pub const UPPER_HEX: u16 = 1 << 2;
pub const UPPER_OTHER: u16 = 1 << 3;
pub const DIGIT: u16 = 1 << 4;
pub const DASH: u16 = 1 << 5;
pub const DOT: u16 = 1 << 6;
pub const COLON: u16 = 1 << 7;
pub const SLASH: u16 = 1 << 8;
pub const UNDERSCORE: u16 = 1 << 9;
pub const SPACE: u16 = 1 << 10;
pub const PLUS_OR_EQUALS: u16 = 1 << 11;
/// `"`, `\`, and brackets of every kind.
pub const QUOTE_OR_BRACKET: u16 = 1 << 12;
pub const OTHER_ASCII: u16 = 1 << 13;
/// Bytes below 0x20 and 0x7f.
pub const CONTROL: u16 = 1 << 14;
pub const NON_ASCII: u16 = 1 << 15;

const LETTERS: u16 = LOWER_HEX | LOWER_OTHER | UPPER_HEX | UPPER_OTHER;

/// The class of each byte; exactly one bit is set.
pub const CLASSES: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8);
        byte += 1;
    }
    table
};

const fn class_of(byte: u8) -> u16 {
    match byte {
        b'a'..=b'f' => LOWER_HEX,
        b'g'..=b'z' => LOWER_OTHER,
        b'A'..=b'F' => UPPER_HEX,
        b'G'..=b'Z' => UPPER_OTHER,
        b'0'..=b'9' => DIGIT,
        b'-' => DASH,
        b'.' => DOT,
        b':' => COLON,
        b'/' => SLASH,
        b'_' => UNDERSCORE,
        b' ' => SPACE,
        b'+' | b'=' => PLUS_OR_EQUALS,
        b'"' | b'\\' | b'[' | b']' | b'{' | b'}' | b'(' | b')' | b'<' | b'>' => QUOTE_OR_BRACKET,
        0..=0x1f | 0x7f => CONTROL,
        0x80..=0xff => NON_ASCII,
        _ => OTHER_ASCII,
    }
}

/// The union of the classes of all bytes.
#[inline]
pub fn class_mask(text: &[u8]) -> u16 {
    text.iter().fold(0, |mask, &byte| mask | CLASSES[byte as usize])
}

/// Whether a chunk with mask `have` may hold all the classes that `need` asks for; with `fold`, letters of either case do.
pub fn may_hold(have: u16, need: u16, fold: bool) -> bool {
    if !fold {
        return need & !have == 0;
    }
    folded(need) & !folded(have) == 0
}

/// The mask with both cases of a letter class wherever one is there.
fn folded(mask: u16) -> u16 {
    let letters = mask & LETTERS;
    mask | letters << 2 & LETTERS | letters >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_class() {
        assert!(CLASSES.iter().all(|class| class.count_ones() == 1));
        assert_eq!(class_mask(b""), 0);
        assert_eq!(class_mask(b"10.0.0.1"), DIGIT | DOT);
        assert_eq!(class_mask("aZ é".as_bytes()), LOWER_HEX | UPPER_OTHER | SPACE | NON_ASCII);
    }

    #[test]
    fn folding_takes_letters_of_either_case() {
        assert!(!may_hold(class_mask(b"ROOT"), class_mask(b"root"), false));
        assert!(may_hold(class_mask(b"ROOT"), class_mask(b"root"), true));
        assert!(may_hold(class_mask(b"root"), class_mask(b"ROOT"), true));
        assert!(!may_hold(class_mask(b"ROOT"), class_mask(b"cafe"), true));
        assert!(!may_hold(class_mask(b"root"), class_mask(b"root1"), true));
    }
}

//! Tests of `encoding`, kept apart for length.
use super::*;
use proptest::prelude::*;

/// The text, the encoding, and how much was no text, when it comes in such parts.
fn decoded(bytes: &[u8], part: usize) -> (Vec<u8>, &'static str, u64) {
    let (mut decoder, mut out) = (TextDecoder::default(), Vec::new());
    for part in bytes.chunks(part) {
        decoder.feed(part, |text| out.extend_from_slice(text));
    }
    decoder.finish(|text| out.extend_from_slice(text));
    (out, decoder.encoding().name(), decoder.and_statistics(Statistics::default()).invalid_utf8)
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn utf32(text: &str, to_bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    text.chars().map(u32::from).flat_map(to_bytes).collect()
}

fn good(text: &str, encoding: &'static str) -> (Vec<u8>, &'static str, u64) {
    (text.as_bytes().to_vec(), encoding, 0)
}

#[test]
fn a_byte_order_mark_tells() {
    let text = "a Zürich €\r\n😀 b\n";
    let marked = format!("\u{feff}{text}");
    for part in [1, 2, 3, 5, usize::MAX] {
        assert_eq!(decoded(&utf16(&marked, u16::to_le_bytes), part), good(text, "utf-16le"));
        assert_eq!(decoded(&utf16(&marked, u16::to_be_bytes), part), good(text, "utf-16be"));
        assert_eq!(decoded(&utf32(&marked, u32::to_le_bytes), part), good(text, "utf-32le"));
        assert_eq!(decoded(&utf32(&marked, u32::to_be_bytes), part), good(text, "utf-32be"));
        assert_eq!(decoded(marked.as_bytes(), part), good(&marked, "utf-8"));
    }
}

#[test]
fn zeros_tell_where_there_is_no_mark() {
    let text = format!("{}\nZürich €\n", "2023-07-10 11:45:07 hello".repeat(2));
    for part in [1, 7, usize::MAX] {
        assert_eq!(decoded(&utf16(&text, u16::to_le_bytes), part), good(&text, "utf-16le"));
        assert_eq!(decoded(&utf16(&text, u16::to_be_bytes), part), good(&text, "utf-16be"));
        assert_eq!(decoded(&utf16("hi", u16::to_le_bytes), part), good("hi", "utf-16le"));
    }
    for bytes in [&b"h\0"[..], b"h\0i", b"\0\0\0\0", b"\x01\0\x02\0", b"h\0ello", b"\xff", b"", b"h", b"\0h\0\xff"] {
        assert_eq!(decoded(bytes, 1), (bytes.to_vec(), "utf-8", 0), "{bytes:?}");
    }
}

#[test]
fn what_is_no_character_is_kept_byte_by_byte() {
    // A lone surrogate, and half a unit at the end.
    let odd = b"\xff\xfea\0\x3d\xd8b\0\x3d\xd8c";
    let expected = ("a=Øb=Øc".as_bytes().to_vec(), "utf-16le", 2);
    assert_eq!(decoded(odd, 1), expected);
    assert_eq!(decoded(odd, usize::MAX), expected);
    let wide = b"\0\0\xfe\xff\0\x11\0\0\0\0\0a";
    assert_eq!(decoded(wide, 3), ("\0\u{11}\0\0a".as_bytes().to_vec(), "utf-32be", 1));
}

#[test]
fn another_encoding_behind_is_kept() {
    let text = [b"hello\n".to_vec(), utf16("\u{feff}ab\n", u16::to_le_bytes)].concat();
    assert_eq!(decoded(&text, 1), (text.clone(), "utf-8", 0));
    let text = [utf16("\u{feff}ab\n", u16::to_be_bytes), b"hello\n".to_vec()].concat();
    assert_eq!(decoded(&text, 1), good("ab\n\u{6865}\u{6c6c}\u{6f0a}", "utf-16be"));
}

#[test]
fn each_byte_has_a_character_of_its_own() {
    let mut seen = std::collections::HashSet::new();
    for byte in 0..=255 {
        let character = character_of_byte(byte);
        assert!(seen.insert(character));
        assert_eq!(stands_for_byte(character), byte >= 0x80, "{byte:x}");
    }
    assert_eq!([0x80, 0x81, 0xe9, 0xff].map(character_of_byte), ['€', '\u{81}', 'é', 'ÿ']);
    assert!(!stands_for_byte('\0') && !stands_for_byte('中'));
}

proptest! {
    #[test]
    fn any_bytes_give_the_same_text_however_they_come(
        start in proptest::sample::select(vec![&b""[..], b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"a\0b\0", b"\0a"]),
        rest in proptest::collection::vec(prop_oneof![Just(0u8), Just(0xd8), Just(0xdc), Just(b'a'), any::<u8>()], 0..90),
        part in 1usize..9,
    ) {
        let bytes = [start, &rest].concat();
        let whole = decoded(&bytes, usize::MAX);
        prop_assert_eq!(&decoded(&bytes, part), &whole);
        if whole.1 == "utf-8" {
            prop_assert_eq!(&whole.0, &bytes);
        } else {
            prop_assert!(std::str::from_utf8(&whole.0).is_ok());
        }
    }

    #[test]
    fn any_text_comes_back(text in any::<String>(), part in 1usize..9) {
        prop_assert_eq!(decoded(&utf16(&format!("\u{feff}{text}"), u16::to_be_bytes), part), good(&text, "utf-16be"));
        let marked = format!("\u{feff}a{text}");
        prop_assert_eq!(decoded(&utf16(&marked, u16::to_le_bytes), part), good(&marked[3..], "utf-16le"));
        prop_assert_eq!(decoded(&utf32(&marked, u32::to_le_bytes), part), good(&marked[3..], "utf-32le"));
    }
}

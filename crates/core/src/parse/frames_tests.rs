//! Messages with their lengths, whole and broken, however they arrive.
use super::*;
use proptest::prelude::*;

/// Messages, and lines with a mark before them.
fn cut(text: &[u8], part: usize) -> Vec<String> {
    let mut frames = Frames::default();
    let (mut told, mut lines) = (Vec::new(), String::new());
    let mut tell = |piece: Piece| match piece {
        Piece::Message(text) => {
            told.push(format!("{lines}{}", String::from_utf8(text.to_vec()).expect("UTF-8")));
            lines.clear();
        }
        Piece::Lines(text) => text.iter().for_each(|&byte| lines.push(char::from(byte))),
    };
    text.chunks(part).for_each(|part| frames.feed(part, &mut tell));
    frames.finish(&mut tell);
    if !lines.is_empty() {
        told.push(lines);
    }
    told
}

fn framed(message: &[u8]) -> Vec<u8> {
    [format!("{} ", message.len()).as_bytes(), message].concat()
}

#[test]
fn lengths_are_believed_when_they_fit() {
    for (text, expected) in [
        ("6 <1>a\nb9 <2>cd\nefg", &["6 <1>a\nb", "9 <2>cd\nefg"][..]),
        ("6 <1>a\nb8 <2>cd\nefg", &["6 <1>a\nb", "8 <2>cd\nefg"]), // the second is lines
        ("5 <1>ab5 <1>cd", &["5 <1>ab", "5 <1>cd"]),
        ("6 <1>ab\n5 <1>cd\n5 <1>ef\r\n5 <1>gh", &["6 <1>ab", "5 <1>cd", "\n5 <1>ef", "\r\n5 <1>gh"]),
        ("\u{feff}5 <1>ab", &["5 <1>ab"]),
        ("5 <1>ab5 <1>c", &["5 <1>ab", "5 <1>c"]), // the last is cut short, and so a line
        ("5 <1>ab12", &["5 <1>ab", "12"]),
        ("5 <1>ab\r", &["5 <1>ab", "\r"]),
        ("4 <1>ab\n5 <1>cd", &["4 <1>ab\n5 <1>cd"]), // one too few
        ("6 <1>ab\r\n5 <1>cd", &["6 <1>ab", "\n5 <1>cd"]),
        ("05 <1>ab", &["05 <1>ab"]),
        ("5 1>abc", &["5 1>abc"]),
        ("99999999 <1>ab", &["99999999 <1>ab"]),
        ("9999999 <1>ab", &["9999999 <1>ab"]),
        ("", &[]),
    ] {
        for part in 1..=text.len().max(1) {
            assert_eq!(cut(text.as_bytes(), part), expected, "{text:?} in parts of {part}");
        }
    }
}

#[test]
fn lengths_are_of_bytes_of_the_source() {
    let text = b"6 <1>M\xfcl7 <1>\xe2\x82\xacb";
    assert_eq!(cut(text, 3), ["6 <1>Mül", "7 <1>€b"]);
    let mut frames = Frames::default();
    frames.feed(text, |_| ());
    frames.finish(|_| ());
    assert_eq!(frames.invalid_utf8(), 1);
}

#[test]
fn a_whole_message_is_told_when_nothing_more_comes_soon() {
    let mut frames = Frames::default();
    let mut told = Vec::new();
    for (text, expected) in [
        ("5 <1>ab5 <1", "5 <1>ab|"),
        ("", ""),
        (">cd", "5 <1>cd|"),
        ("\n5 <1>ef\r", "\n||"),
        ("\nab", "5 <1>ef|\r\n||ab||"),
        ("5 <1>", "5 <1>||"),
    ] {
        let mut tell = |piece: Piece| match piece {
            Piece::Message(text) => told.push(format!("{}|", String::from_utf8_lossy(text))),
            Piece::Lines(text) => told.push(format!("{}||", String::from_utf8_lossy(text))),
        };
        frames.feed(text.as_bytes(), &mut tell);
        frames.settle(&mut tell);
        assert_eq!(told.concat(), expected, "{text:?}");
        told.clear();
    }
}

#[test]
fn a_message_that_is_too_long_is_a_line() {
    let long = [format!("{LINE_BYTES_MAX} <1>").as_bytes(), &vec![b'x'; LINE_BYTES_MAX - 3]].concat();
    let mut frames = Frames::default();
    let mut lengths = Vec::new();
    frames.feed(&long, |piece| lengths.push(matches!(piece, Piece::Lines(_))));
    assert_eq!(lengths, [true]);
    assert!(frames.pending.is_empty());
}

#[test]
fn the_first_messages_tell_the_format() {
    let first = |text: &str, is_whole| {
        let messages = first_messages(&Head::new(text.as_bytes(), is_whole));
        messages.map(|found| found.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>())
    };
    let of = |texts: &[&str]| Some(texts.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(first("5 <1>ab\n6 <1>c\ndx", true), of(&["5 <1>ab"]));
    assert_eq!(first("5 <1>ab\n6 <1>c\nd", true), of(&["5 <1>ab", "6 <1>c\nd"]));
    assert_eq!(first("500 <1>ab\ncd", false), of(&["500 <1>ab\ncd"]));
    assert_eq!(first("500 <1>ab\ncd", true), None);
    assert_eq!(first("4 <1>ab\n5 <1>cd", true), None);
    assert_eq!(first("hello", false), None);
    assert_eq!(first("", true), None);
}

proptest! {
    #[test]
    fn any_messages_come_back(
        messages in proptest::collection::vec(("[ -~\n\r]{0,20}", "(\n|\r\n)?"), 1..6),
        part in 1usize..40,
    ) {
        let text: Vec<u8> = messages.iter().flat_map(|(message, end)| [framed(format!("<1>{message}").as_bytes()), end.clone().into_bytes()].concat()).collect();
        let mut frames = Frames::default();
        let (mut told, mut lines) = (Vec::new(), Vec::new());
        let mut tell = |piece: Piece| match piece {
            Piece::Message(text) => told.push(String::from_utf8(text.to_vec()).expect("UTF-8")),
            Piece::Lines(text) => lines.extend_from_slice(text),
        };
        text.chunks(part).for_each(|part| frames.feed(part, &mut tell));
        frames.finish(&mut tell);
        let expected: Vec<String> = messages
            .iter()
            .map(|(message, _)| {
                let whole = format!("{} <1>{message}", message.len() + 3);
                let line = whole.strip_suffix('\n').unwrap_or(&whole);
                line.strip_suffix('\r').unwrap_or(line).to_string()
            })
            .collect();
        prop_assert_eq!(told, expected);
        prop_assert!(lines.iter().all(|byte| matches!(byte, b'\n' | b'\r')));
    }

    #[test]
    fn nothing_depends_on_the_parts_and_nothing_is_lost(text in "([0-9]{1,2} <1>|[a-c\n\r 0-9<]){0,30}", part in 1usize..20) {
        let whole = cut(text.as_bytes(), usize::MAX);
        prop_assert_eq!(cut(text.as_bytes(), part), whole.clone());
        let kept = |text: &str| text.replace(['\n', '\r'], "");
        prop_assert_eq!(kept(&whole.concat()), kept(&text));
    }
}

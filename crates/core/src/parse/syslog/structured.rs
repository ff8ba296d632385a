//! RFC 5424's structured data: `[id name="value" …][id …]`, or `-`.
use crate::parse::line_format::Members;
use crate::parse::sink::EventSink;
use memchr::memchr2;
use std::borrow::Cow;

/// Members of one element, and elements, that are told; data with more, or with an identifier twice, are a part of
/// the message.
const MEMBERS_MAX: usize = 256;

/// The data at the start of the text, and what follows; data that are malformed are not there.
pub fn split(text: &[u8]) -> (&[u8], &[u8]) {
    if let [b'-', rest @ ..] = text
        && matches!(rest.first(), None | Some(b' '))
    {
        return (&text[..0], rest);
    }
    let mut rest = text;
    let mut ids: Vec<&[u8]> = Vec::new();
    let mut is_good = true;
    while let Some((element, after)) = element(rest).filter(|_| is_good) {
        rest = after;
        is_good = ids.len() < MEMBERS_MAX && !ids.contains(&element.id);
        ids.push(element.id);
    }
    if !is_good || !matches!(rest.first(), None | Some(b' ')) {
        return (&text[..0], text);
    }
    text.split_at(text.len() - rest.len())
}

/// Tells the elements of data that `split` found.
pub fn tell<S: EventSink>(data: &[u8], members: &mut Members<S>) {
    let mut rest = data;
    while let Some((element, after)) = element(rest) {
        rest = after;
        members.object(element.id, |members| tell_element(&element.members, members));
    }
}

fn tell_element<S: EventSink>(pairs: &[(&[u8], &[u8])], members: &mut Members<S>) {
    for (index, (name, value)) in pairs.iter().enumerate() {
        if pairs[..index].iter().any(|(before, _)| before == name) {
            continue;
        }
        let more = pairs[index + 1..].iter().filter(|(other, _)| other == name);
        let sink = members.key(name);
        if more.clone().next().is_none() {
            sink.string(&unescape(value));
            continue;
        }
        sink.begin_array();
        sink.string(&unescape(value));
        more.for_each(|(_, value)| sink.string(&unescape(value)));
        sink.end_array();
    }
}

struct Element<'a> {
    id: &'a [u8],
    members: Vec<(&'a [u8], &'a [u8])>,
}

fn element(text: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let (id, mut rest) = name(inside)?;
    let mut members = Vec::new();
    loop {
        rest = match rest {
            [b']', rest @ ..] => return Some((Element { id, members }, rest)),
            [b' ', rest @ ..] => rest,
            _ => return None,
        };
        if rest.starts_with(b"]") {
            continue;
        }
        let (member, after) = name(rest)?;
        let (value, after) = quoted(after.strip_prefix(b"=\"")?)?;
        if members.len() == MEMBERS_MAX {
            return None;
        }
        members.push((member, value));
        rest = after;
    }
}

fn name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'=' | b']' | b'"'))?;
    (end > 0).then(|| text.split_at(end))
}

/// The text before the next quote that is not escaped, and what follows it.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 2;
    }
}

/// `\"`, `\\` and `\]` stand for what follows the backslash; any other backslash for itself.
fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\\') {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'\\', [escaped @ (b'"' | b'\\' | b']'), after @ ..]) => {
                out.push(*escaped);
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_end_where_they_end() {
        for (text, data, rest) in [
            ("- message", "", " message"),
            ("-", "", ""),
            ("[a] m", "[a]", " m"),
            (r#"[a b="\]\""][c d="e"] m"#, r#"[a b="\]\""][c d="e"]"#, " m"),
            (r#"[a b="c"]"#, r#"[a b="c"]"#, ""),
            // malformed
            (r#"[a b="c"m"#, "", r#"[a b="c"m"#),
            (r#"[a b="c"]m"#, "", r#"[a b="c"]m"#),
            ("[] m", "", "[] m"),
            ("[a][b][a] m", "", "[a][b][a] m"),
            ("-a", "", "-a"),
            ("message", "", "message"),
        ] {
            assert_eq!(split(text.as_bytes()), (data.as_bytes(), rest.as_bytes()), "{text}");
        }
    }

    #[test]
    fn too_much_is_a_part_of_the_message() {
        let text: String = (0..=MEMBERS_MAX).map(|number| format!("[{number}]")).collect();
        assert_eq!(split(text.as_bytes()), (&b""[..], text.as_bytes()));
        let text = format!("[a{}]", " b=\"c\"".repeat(MEMBERS_MAX + 1));
        assert_eq!(split(text.as_bytes()), (&b""[..], text.as_bytes()));
    }

    #[test]
    fn escapes() {
        assert_eq!(*unescape(br#"a\"b\\c\]d\n\"#), *br#"a"b\c]d\n\"#);
    }
}

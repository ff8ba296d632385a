//! Where to go on after text that is not JSON.
//!
//! The text of a broken record ends where its brackets balance, when that can be seen; else at the end of its line. Both are
//! guesses about text that follows no rule: nothing is lost by a wrong one, as all text that is skipped is kept as `message`.
use super::walk::Fault;
use memchr::memchr;

/// Where the brackets that are open at the fault are closed again (`depth` of them): the place after the last. With none open,
/// the place of the next `,`, `]` or `}`. None when the text ends before that.
pub fn balanced_end(text: &[u8], fault: Fault, depth: usize) -> Option<usize> {
    scan(text, fault, depth, |_| false)
}

/// The same, when it is on the line of the fault.
pub fn balanced_end_in_line(text: &[u8], fault: Fault, depth: usize) -> Option<usize> {
    scan(text, fault, depth, |byte| byte == b'\n')
}

fn scan(text: &[u8], fault: Fault, mut depth: usize, gives_up: impl Fn(u8) -> bool) -> Option<usize> {
    let mut in_string = fault.in_string;
    let mut at = fault.at;
    while at < text.len() && !gives_up(text[at]) {
        match (in_string, text[at]) {
            (true, b'\\') => at += 1,
            (_, b'"') => in_string = !in_string,
            (true, _) => {}
            (false, b'{' | b'[') => depth += 1,
            (false, b',' | b'}' | b']') if depth == 0 => return Some(at),
            (false, b'}' | b']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The end of the line that `at` is in (the place of its `\n`).
pub fn line_end(text: &[u8], at: usize) -> Option<usize> {
    memchr(b'\n', text.get(at..)?).map(|length| at + length)
}

/// The end of a broken record that is an object, when another object follows it on the same line (concatenated records).
pub fn neighbour_end(text: &[u8], fault: Fault, depth: usize) -> Option<usize> {
    let end = balanced_end_in_line(text, fault, depth)?;
    let after = text[end..].iter().find(|&&byte| !matches!(byte, b' ' | b'\t' | b',' | b'\r'));
    (after == Some(&b'{')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(at: usize, in_string: bool) -> Fault {
        Fault { at, reason: "", in_string }
    }

    #[test]
    fn brackets_balance() {
        let text = br#"{"a":NaN,"b":["}"]},{"c":1}"#;
        assert_eq!(balanced_end(text, fault(5, false), 1), Some(19));
        assert_eq!(neighbour_end(text, fault(5, false), 1), Some(19));
        assert_eq!(balanced_end(b"nul , 1", fault(0, false), 0), Some(4));
        assert_eq!(balanced_end(b"nul]", fault(0, false), 0), Some(3));
        assert_eq!(balanced_end(b"\\x\" }", fault(0, true), 1), Some(5));
        assert_eq!(balanced_end(b"{{", fault(0, false), 0), None);
        assert_eq!(neighbour_end(b"x} text", fault(0, false), 1), None);
        assert_eq!(neighbour_end(b"x}\n{", fault(0, false), 1), None);
    }

    #[test]
    fn lines_end() {
        assert_eq!(line_end(b"ab\ncd", 0), Some(2));
        assert_eq!(line_end(b"ab\ncd", 3), None);
        assert_eq!(line_end(b"ab", 5), None);
    }
}

//! Lines of columns that are parted by single spaces and whose names are known: what the formats of AWS share.
//!
//! A value that holds spaces stands in quotes or brackets. `-` is nothing, and has no field. The columns that every
//! line has must be as they should; those behind them came with later versions and are taken as they are, and what
//! stands behind the last is told to be there.
use super::line_format::{Members, Outcome};
use super::sink::EventSink;
use crate::value::time::{parse_apache, parse_time};
use memchr::{memchr, memchr2, memrchr};

/// No table has more columns.
const COLUMNS_MAX: usize = 40;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// The event time in an ISO form.
    Time,
    /// The event time in Apache's form, in brackets.
    ApacheTime,
    /// An address and, after a colon, a port, which has this name.
    Address(&'static str),
    /// A request line in quotes; its target has this name.
    Request(&'static str),
    /// Words without spaces, each of them in quotes.
    Words,
    /// Text in quotes that ends at the last quote of the line: quotes in it are not escaped, and no column behind it has any.
    LastQuoted,
}

/// A column, and the field that it becomes.
#[derive(Debug)]
pub struct Column {
    name: &'static str,
    kind: Kind,
}

impl Column {
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }

    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    pub const fn number(name: &'static str) -> Self {
        Self::new(name, Kind::Number)
    }
}

/// The columns of a kind of line, in order.
#[derive(Debug)]
pub struct Table {
    pub columns: &'static [Column],
    /// So many of them every line has.
    pub required: usize,
}

/// A line that fits a table.
#[derive(Debug)]
pub struct Row<'a> {
    table: &'static Table,
    cells: [&'a [u8]; COLUMNS_MAX],
    count: usize,
    has_more: bool,
    time_ns: Option<i64>,
}

impl<'a> Row<'a> {
    pub fn read(line: &'a [u8], table: &'static Table) -> Option<Self> {
        let mut row = Self { table, cells: [b""; COLUMNS_MAX], count: 0, has_more: false, time_ns: None };
        let mut rest = Some(line);
        for column in table.columns {
            let Some(text) = rest else { break };
            let Some((cell, after)) = cut(text, column.kind) else { break };
            let is_needed = row.count < table.required;
            if is_needed && !row.fits(cell, column.kind) {
                return None;
            }
            row.cells[row.count] = cell;
            row.count += 1;
            rest = after;
        }
        row.has_more = rest.is_some();
        (row.count >= table.required).then_some(row)
    }

    /// The cell of the column of that place; empty when the line ends before.
    pub fn cell(&self, at: usize) -> &'a [u8] {
        self.cells[at]
    }

    /// Tells the fields, and the line as `message` when there is more in it.
    pub fn tell<S: EventSink>(&self, line: &[u8], members: &mut Members<S>) -> Outcome {
        for (column, &cell) in self.table.columns.iter().zip(&self.cells[..self.count]) {
            if cell == b"-" {
                continue;
            }
            let name = column.name.as_bytes();
            match column.kind {
                Kind::Number => members.number(name, cell),
                Kind::Address(port_name) => match address(cell) {
                    Some((host, port)) => {
                        members.text(name, host);
                        members.number(port_name.as_bytes(), port);
                    }
                    None => members.text(name, cell),
                },
                Kind::Request(target) => tell_request(name, cell, target.as_bytes(), members),
                _ => members.text(name, cell),
            }
        }
        if self.has_more {
            members.text(b"message", line);
        }
        Outcome::event(self.time_ns)
    }

    fn fits(&mut self, cell: &[u8], kind: Kind) -> bool {
        match kind {
            Kind::Text | Kind::Request(_) | Kind::Words | Kind::LastQuoted => true,
            Kind::Number => cell == b"-" || crate::value::decimal::is_number(cell),
            Kind::Address(_) => cell == b"-" || address(cell).is_some(),
            Kind::Time => {
                self.time_ns = parse_time(cell);
                self.time_ns.is_some()
            }
            Kind::ApacheTime => {
                self.time_ns = parse_apache(cell);
                self.time_ns.is_some()
            }
        }
    }
}

/// The cell that the text starts with, and what follows the space behind it, if there is one.
fn cut(text: &[u8], kind: Kind) -> Option<(&[u8], Option<&[u8]>)> {
    let (cell, after) = match (kind, text.first()?) {
        (Kind::Text | Kind::Request(_), b'"') => quoted(text)?,
        (Kind::LastQuoted, b'"') => split(&text[1..], memrchr(b'"', &text[1..])?, 1),
        (Kind::Request(_), _) => return None,
        (Kind::ApacheTime, b'[') => split(&text[1..], memchr(b']', &text[1..])?, 1),
        _ => match memchr(b' ', text).unwrap_or(text.len()) {
            0 => return None,
            end => text.split_at(end),
        },
    };
    match after {
        [] => Some((cell, None)),
        [b' ', after @ ..] => Some((cell, Some(after))),
        _ => None,
    }
}

/// What stands in quotes at the start of the text, and what follows. A quote ends it only before a space or the end, as
/// clients may send quotes and not every writer escapes them.
pub(super) fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', inside.get(at..)?)?;
        let is_escape = inside[at] == b'\\';
        at += 1;
        match inside.get(at) {
            Some(b' ') | None if !is_escape => return Some((&inside[..at - 1], &inside[at..])),
            _ => at += usize::from(is_escape),
        }
    }
}

/// The text before `at`, and what follows after a separator of `skip` bytes.
pub(super) fn split(text: &[u8], at: usize, skip: usize) -> (&[u8], &[u8]) {
    (&text[..at], &text[at + skip..])
}

/// Host and port of `host:port`, without the brackets of an IPv6 address.
pub(super) fn address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (host, port) = split(text, memrchr(b':', text)?, 1);
    let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    let is_port = (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit);
    (is_port && !host.is_empty()).then_some((host, port))
}

/// Tells a request and, when it is a request line, its parts: `method`, the target, `protocol`.
pub(super) fn tell_request<S: EventSink>(name: &[u8], request: &[u8], target: &[u8], members: &mut Members<S>) {
    members.text(name, request);
    if let Some([method, url, protocol]) = request_parts(request) {
        members.text(b"method", method);
        members.text(target, url);
        members.text(b"protocol", protocol);
    }
}

/// Method, target and protocol of a request line that has just these.
fn request_parts(request: &[u8]) -> Option<[&[u8]; 3]> {
    let (method, rest) = split(request, memchr(b' ', request)?, 1);
    let (target, protocol) = split(rest, memchr(b' ', rest)?, 1);
    let is_request = !method.is_empty() && !target.is_empty() && protocol.starts_with(b"HTTP/");
    (is_request && memchr(b' ', protocol).is_none()).then_some([method, target, protocol])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_end_before_a_space_or_the_end() {
        for (text, expected) in [
            (r#""a b" c"#, Some(("a b", " c"))),
            (r#""""#, Some(("", ""))),
            (r#""a"b" c"#, Some((r#"a"b"#, " c"))),
            (r#""a\" b" c"#, Some((r#"a\" b"#, " c"))),
            (r#""a\\" b"#, Some((r"a\\", " b"))),
            (r#""a"#, None),
            (r#""a\"#, None),
            (r#""a\""#, None),
            ("a", None),
            ("", None),
        ] {
            let expected = expected.map(|(inside, rest)| (inside.as_bytes(), rest.as_bytes()));
            assert_eq!(quoted(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn addresses_have_a_port() {
        assert_eq!(address(b"10.0.0.1:80"), Some((&b"10.0.0.1"[..], &b"80"[..])));
        assert_eq!(address(b"[2001:db8::1]:443"), Some((&b"2001:db8::1"[..], &b"443"[..])));
        for text in ["10.0.0.1", ":80", "10.0.0.1:", "10.0.0.1:8a", "10.0.0.1:123456", "-", ""] {
            assert_eq!(address(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn requests_have_three_parts() {
        assert_eq!(request_parts(b"GET /a HTTP/1.1"), Some([&b"GET"[..], b"/a", b"HTTP/1.1"]));
        for text in ["", "GET", "GET /a", "GET /a b HTTP/1.1", "GET /a FTP/1", " /a HTTP/1.1", "GET  HTTP/1.1"] {
            assert_eq!(request_parts(text.as_bytes()), None, "{text}");
        }
    }
}

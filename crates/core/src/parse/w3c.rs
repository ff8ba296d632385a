//! `w3c`: logs in the W3C extended log format, as IIS and proxies write them.
//!
//! *Recognised*: lines that start with `#`, among them `#Fields:` with the names of the columns, parted by spaces, tabs, or (Exchange)
//! commas. The lines may come again in the middle: from there on the new ones hold. The source type is `iis` when `#Software:` is Microsoft
//! Internet Information Services, else `w3c`.
//!
//! *Fields*: named as in `#Fields:`: `cs-method`, `sc-status`, `cs(User-Agent)`, … What is a number is one, but for addresses, names, user agents and other
//! headers, which are text; `-` has no field. A value may be quoted, with `""` for a quote. `+`, which IIS writes for a
//! space, stays. The event time is `date` and `time`, in UTC; the date of `#Date:` when there is only `time`; else `date-time` or `timestamp`.
//!
//! *Kept raw*: a line with another number of columns than `#Fields:`, one before any, and a line that starts with `#` and is no
//! directive (`#Name: …`) become `message` and say why.
use super::date_and_time::parse_date_and_time;
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::sink::{Certainty, EventSink};
use memchr::memchr;

/// A line is an event, or a directive.
#[derive(Debug, Default)]
pub struct W3c {
    columns: Vec<Column>,
    has_commas: bool,
    date: Option<usize>,
    time: Option<usize>,
    /// Of `#Date:`.
    directive_date: Vec<u8>,
    /// Values of the line at hand.
    values: Vec<std::ops::Range<usize>>,
}

#[derive(Debug)]
struct Column {
    name: Vec<u8>,
    is_text: bool,
}

impl LineFormat for W3c {
    const NAME: &'static str = "w3c";
    const SIGN: &'static str = "lines that start with `#`, among them `#Fields:`";
    const TIME_FIELDS: &'static [&'static str] = &["date-time", "timestamp"];
    const SKIPPABLE: Option<Skippable> = Some(Skippable::NotDirectives);

    fn looks_like(head: &Head) -> bool {
        let mut directives = head.lines().take_while(|line| line.starts_with(b"#"));
        directives.any(|line| line.strip_prefix(b"#Fields:").is_some_and(|names| !names.trim_ascii().is_empty()))
    }

    fn source_type(head: &Head) -> &'static str {
        let is_iis = |line: &[u8]| line.starts_with(b"#Software: Microsoft Internet Information Services");
        if head.lines().any(is_iis) { "iis" } else { "w3c" }
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        if line.starts_with(b"#") {
            return self.directive(line);
        }
        if self.columns.is_empty() {
            return Outcome::Unparsed("line comes before any #Fields:");
        }
        self.split(line);
        if self.values.len() != self.columns.len() {
            return Outcome::Unparsed("number of columns is not that of #Fields:");
        }
        for (column, range) in self.columns.iter().zip(&self.values) {
            match &line[range.clone()] {
                b"-" | b"" => {}
                value if value.starts_with(b"\"") => members.text(&column.name, &unquoted(value)),
                value if column.is_text => members.text(&column.name, value),
                value => members.number(&column.name, value),
            }
        }
        let value = |place: Option<usize>| place.map(|at| &line[self.values[at].clone()]);
        let date = value(self.date).unwrap_or(&self.directive_date);
        let time = value(self.time).and_then(|time| parse_date_and_time(date, time, b""));
        Outcome::Event(time.map(|ns| (ns, Certainty::Certain)))
    }
}

impl W3c {
    fn directive(&mut self, line: &[u8]) -> Outcome {
        let Some(end) = memchr(b':', line).filter(|&end| end > 1 && line[1..end].iter().all(is_name_byte)) else {
            return Outcome::Unparsed("line starts with # and is no directive");
        };
        let rest = line[end + 1..].trim_ascii();
        match &line[1..end] {
            b"Fields" => self.set_columns(rest),
            b"Date" => self.directive_date = rest.get(..10).unwrap_or_default().to_vec(),
            _ => {}
        }
        Outcome::Nothing
    }

    fn set_columns(&mut self, names: &[u8]) {
        self.has_commas = memchr(b',', names).is_some() && !names.iter().any(u8::is_ascii_whitespace);
        let names = names.split(|&byte| if self.has_commas { byte == b',' } else { byte.is_ascii_whitespace() });
        let column = |name: &[u8]| Column { name: name.to_vec(), is_text: is_text(name) };
        self.columns = names.filter(|name| !name.is_empty()).map(column).collect();
        let place = |wanted: &[u8]| self.columns.iter().position(|column| column.name == wanted);
        (self.date, self.time) = (place(b"date"), place(b"time"));
    }

    /// Finds the values of a line.
    fn split(&mut self, line: &[u8]) {
        self.values.clear();
        let is_separator = |byte: &u8| if self.has_commas { *byte == b',' } else { byte.is_ascii_whitespace() };
        let mut at = 0;
        loop {
            // Columns parted by white space are never empty.
            if !self.has_commas {
                at += line[at..].iter().take_while(|byte| is_separator(byte)).count();
                if at == line.len() {
                    return;
                }
            }
            let from = quoted_end(line, at).unwrap_or(at);
            let end = line[from..].iter().position(is_separator).map_or(line.len(), |length| from + length);
            self.values.push(at..end);
            if end == line.len() {
                return;
            }
            at = end + 1;
        }
    }
}

/// Behind the quote that closes the one at `at`; None when there is none.
fn quoted_end(line: &[u8], at: usize) -> Option<usize> {
    if line.get(at) != Some(&b'"') {
        return None;
    }
    let mut from = at + 1;
    loop {
        from += memchr(b'"', &line[from..])? + 1;
        if line.get(from) != Some(&b'"') {
            return Some(from);
        }
        from += 1;
    }
}

/// The text of a quoted value; as it stands when it is not a whole one.
fn unquoted(value: &[u8]) -> Vec<u8> {
    match value.strip_prefix(b"\"").and_then(|inside| inside.strip_suffix(b"\"")) {
        Some(inside) => String::from_utf8_lossy(inside).replace("\"\"", "\"").into_bytes(),
        None => value.to_vec(),
    }
}

fn is_name_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_'
}

/// Columns whose values are text even if they look like a number: `cs(Cookie)`, user names, paths, queries, hosts.
fn is_text(name: &[u8]) -> bool {
    let text = [&b"cs-username"[..], b"cs-uri", b"cs-host", b"s-sitename", b"s-computername"];
    name.contains(&b'(') || text.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::statistics::Statistics;
    use crate::parse::tell::TellSink;

    fn parse(text: &str) -> (Vec<(String, Option<i64>)>, Statistics) {
        let mut parser = LineParser::<W3c>::default();
        let mut sink = TellSink::default();
        text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
        parser.finish(&mut sink);
        let times = sink.events.iter().map(|event| event.facts.time_ns.map(|ns| ns / 1_000_000_000));
        (sink.lines().into_iter().zip(times).collect(), parser.statistics())
    }

    fn of(events: &[(&str, Option<i64>)]) -> Vec<(String, Option<i64>)> {
        events.iter().map(|(json, time)| ((*json).to_string(), *time)).collect()
    }

    #[test]
    fn columns_are_those_of_the_last_fields() {
        let text = "#Software: Microsoft Internet Information Services 10.0\n#Date: 1970-01-02 00:00:00\n\
                    #Fields: date time cs-uri-query sc-status cs(User-Agent) cs-username\n\
                    1970-01-01 00:00:05 7 404 a+b -\n#Fields: time  x\t\"y\n00:00:06   \"a \"\"b\"\" c\" \"d\n";
        let expected = of(&[
            (
                r#"{"date":"1970-01-01","time":"00:00:05","cs-uri-query":"7","sc-status":404,"cs(User-Agent)":"a+b"}"#,
                Some(5),
            ),
            (r#"{"time":"00:00:06","x":"a \"b\" c","\"y":"\"d"}"#, Some(86_406)),
        ]);
        assert_eq!(parse(text), (expected, Statistics { events: 2, ..Statistics::default() }));
    }

    #[test]
    fn columns_may_be_parted_by_commas() {
        let text = "#Fields: date-time,source,n\n1970-01-01T00:00:05Z,\"a,b\",\n,,5\n";
        let expected = of(&[(r#"{"date-time":"1970-01-01T00:00:05Z","source":"a,b"}"#, None), (r#"{"n":5}"#, None)]);
        assert_eq!(parse(text).0, expected);
    }

    #[test]
    fn what_does_not_fit_is_kept() {
        let text = "1 2\n#Fields: a b\n1\n1 2 3\n# a note: so\n#Fields:\n1 2\n";
        let count = "!number of columns is not that of #Fields:";
        let before = "!line comes before any #Fields:";
        let expected = [
            format!(r#"{before}: {{"message":"1 2"}}"#),
            format!(r#"{count}: {{"message":"1"}}"#),
            format!(r#"{count}: {{"message":"1 2 3"}}"#),
            r##"!line starts with # and is no directive: {"message":"# a note: so"}"##.to_string(),
            format!(r#"{before}: {{"message":"1 2"}}"#),
        ];
        let (events, counts) = parse(text);
        assert_eq!(events, expected.map(|json| (json, None)));
        assert_eq!(counts, Statistics { events: 5, unparsed_lines: 5, ..Statistics::default() });
    }

    #[test]
    fn directives_are_recognised() {
        let head = |text: &'static str| Head::new(text.as_bytes(), true);
        let iis = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time\n";
        for (text, source_type) in [(iis, "iis"), ("#Version: 1.0\n#Fields: a\n1\n", "w3c")] {
            assert!(W3c::looks_like(&head(text)), "{text}");
            assert_eq!(W3c::source_type(&head(text)), source_type, "{text}");
        }
        for text in ["", "#Fields:\n", "x\n#Fields: a\n", "#fields\ta\n", "# Fields: a\n"] {
            assert!(!W3c::looks_like(&head(text)), "{text}");
        }
    }
}

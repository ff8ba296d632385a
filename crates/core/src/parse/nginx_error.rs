//! `nginx_error`: error logs of nginx.
//!
//! *Recognised*: `2023/07/10 11:45:07 [error] 123#456: *789 open() "/x" failed (2: No such file or directory), client:
//! 192.0.2.1, server: x, request: "GET /x HTTP/1.1", host: "x"`.
//!
//! *Fields*: `time`, `level`, `pid`, `tid`, `connection` (the number after `*`), `message`, and of what nginx says
//! behind it `client`, `server`, `login`, `upstream`, `request` (its parts are `method`, `path` and `protocol`),
//! `subrequest`, `host`, `referrer`. What a line does not have has no field. The event time is `time`; as no time zone
//! is told, UTC is assumed.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. When what stands behind the message has
//! another form, it stays in `message`.
use super::columns::{split, tell_request};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::{Certainty, EventSink};
use crate::value::time::parse_time;
use memchr::{memchr, memmem};

const LEVELS: [&[u8]; 8] = [b"debug", b"info", b"notice", b"warn", b"error", b"crit", b"alert", b"emerg"];

/// What nginx says behind a message; the first of them is always `client`.
const DETAILS: [&str; 8] = ["client", "server", "login", "upstream", "request", "subrequest", "host", "referrer"];

/// A line is an event.
#[derive(Debug, Default)]
pub struct NginxError;

impl LineFormat for NginxError {
    const NAME: &'static str = "nginx_error";
    const SIGN: &'static str = "lines of a time with slashes, a level in brackets and pid#tid";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| Record::read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "nginx:error"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            return Outcome::Unparsed("line is not in nginx' error log format");
        };
        record.tell(members);
        Outcome::Event(Some((record.time_ns, Certainty::ZoneAssumed)))
    }
}

/// The parts of a line, as they stand in it.
struct Record<'a> {
    time: &'a [u8],
    time_ns: i64,
    level: &'a [u8],
    pid: &'a [u8],
    tid: &'a [u8],
    connection: Option<&'a [u8]>,
    /// The message and all that stands behind it.
    rest: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let (time, rest) = line.split_at_checked("2023/07/10 11:45:07".len())?;
        let mut iso: [u8; 19] = time.try_into().ok()?;
        if (iso[4], iso[7], iso[10]) != (b'/', b'/', b' ') {
            return None;
        }
        (iso[4], iso[7]) = (b'-', b'-');
        let time_ns = parse_time(&iso)?;
        let rest = rest.strip_prefix(b" [")?;
        let (level, rest) = split(rest, memchr(b']', rest)?, 1);
        let (pid, rest) = number(rest.strip_prefix(b" ")?)?;
        let (tid, rest) = number(rest.strip_prefix(b"#")?)?;
        let rest = rest.strip_prefix(b":")?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let numbered = rest.strip_prefix(b"*").and_then(number);
        let numbered = numbered.and_then(|(number, rest)| Some((Some(number), rest.strip_prefix(b" ")?)));
        let (connection, rest) = numbered.unwrap_or((None, rest));
        LEVELS.contains(&level).then_some(Self { time, time_ns, level, pid, tid, connection, rest })
    }

    fn tell<S: EventSink>(&self, members: &mut Members<S>) {
        members.text(b"time", self.time);
        members.text(b"level", self.level);
        members.number(b"pid", self.pid);
        members.number(b"tid", self.tid);
        if let Some(connection) = self.connection {
            members.number(b"connection", connection);
        }
        let details = memmem::find(self.rest, b", client: ").map(|at| self.rest.split_at(at));
        let Some((message, details)) = details.filter(|(_, details)| Details(details).all(|one| one.is_some())) else {
            return members.text(b"message", self.rest);
        };
        members.text(b"message", message);
        for (name, value) in Details(details).flatten() {
            match name {
                "request" => tell_request(b"request", value, b"path", members),
                name => members.text(name.as_bytes(), value),
            }
        }
    }
}

/// Digits, and what follows them.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// `, name: value` one after the other; None is something else, after which nothing comes.
struct Details<'a>(&'a [u8]);

impl<'a> Iterator for Details<'a> {
    type Item = Option<(&'static str, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = detail(self.0);
        self.0 = read.map(|(_, _, rest)| rest).unwrap_or_default();
        Some(read.map(|(name, value, _)| (name, value)))
    }
}

/// Name, value, and what follows.
fn detail(text: &[u8]) -> Option<(&'static str, &[u8], &[u8])> {
    let text = text.strip_prefix(b", ")?;
    let (name, text) = split(text, memmem::find(text, b": ")?, 2);
    let name = DETAILS.iter().find(|known| known.as_bytes() == name)?;
    let Some(inside) = text.strip_prefix(b"\"") else {
        let (value, rest) = text.split_at(memmem::find(text, b", ").unwrap_or(text.len()));
        return Some((name, value, rest));
    };
    // Requests may hold quotes.
    let (value, rest) = match memmem::find(inside, b"\", ") {
        Some(end) => split(inside, end, 1),
        None => (inside.strip_suffix(b"\"")?, &b""[..]),
    };
    Some((name, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::tell::{told, told_lines};

    const START: &str =
        r#"2023/07/10 11:45:07 [error] 12#34: *56 open() "/x, y" failed (2: No such file or directory)"#;
    const FIELDS: &str = r#""time":"2023/07/10 11:45:07","level":"error","pid":12,"tid":34,"connection":56"#;

    #[test]
    fn messages_and_their_details() {
        let line = format!(
            r#"{START}, client: 192.0.2.1, server: , request: "GET /"x HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "h", referrer: "r""#
        );
        let message = r#""message":"open() \"/x, y\" failed (2: No such file or directory)""#;
        let details = r#""client":"192.0.2.1","server":"","request":"GET /\"x HTTP/1.1","method":"GET","path":"/\"x","protocol":"HTTP/1.1","upstream":"http://10.0.0.1:80/","host":"h","referrer":"r""#;
        let started = "2023/07/10 11:45:07 [notice] 1#1: start worker";
        let expected = [
            format!("{{{FIELDS},{message},{details}}}"),
            format!("{{{FIELDS},{message}}}"),
            r#"{"time":"2023/07/10 11:45:07","level":"notice","pid":1,"tid":1,"message":"start worker"}"#.to_string(),
        ];
        assert_eq!(told_lines::<LineParser<NginxError>>(&[&line, START, started].join("\n")), expected);
        let facts = &told::<LineParser<NginxError>>(started).events[0].facts;
        let time_ns = Some(1_688_989_507_000_000_000);
        assert_eq!(*facts, RecordFacts { time_ns, certainty: Certainty::ZoneAssumed, parse_error: None });
    }

    #[test]
    fn details_of_another_form_stay_in_the_message() {
        for more in [", client: 1.1.1.1, bytes: 0/0", ", client: 1.1.1.1, request: \"GET", ", client: 1.1.1.1, host"] {
            let (_, rest) = START.split_once("*56 ").expect("it is there");
            let message = serde_json::to_string(&format!("{rest}{more}")).expect("a string");
            let expected = format!("{{{FIELDS},\"message\":{message}}}");
            assert_eq!(told_lines::<LineParser<NginxError>>(&format!("{START}{more}")), [expected]);
        }
    }

    #[test]
    fn other_lines_are_messages() {
        for (from, to) in [("07/10", "17/10"), ("2023/07", "2023-07"), ("error", "oops"), ("12#34", "12"), ("[", "")] {
            let line = START.replacen(from, to, 1);
            let message = serde_json::to_string(&line).expect("a string");
            let expected = format!("!line is not in nginx' error log format: {{\"message\":{message}}}");
            assert_eq!(told_lines::<LineParser<NginxError>>(&line), [expected]);
        }
    }
}

//! `access`: access logs of nginx and Apache, common and combined.
//!
//! *Recognised*: `addr ident user [10/Oct/2000:13:55:36 -0700] "request" status bytes`, and the same with `"referer"
//! "user agent"`, and a header of addresses behind that, as nginx' packages write it (`"$http_x_forwarded_for"`); or with
//! the virtual host before the address, as `name:port` or before what is an IP address; or with such a header's list in
//! place of the address.
//!
//! *Fields*: `server_name` and `server_port` (of the virtual host), `remote_addr`, `remote_ident`, `remote_user`,
//! `time_local`, `request` and its parts `method`, `path`, `protocol` (when it has just these three), `status` and
//! `body_bytes_sent` (numbers), `http_referer`, `http_user_agent`, `http_x_forwarded_for` (of a list in
//! place of the address the first is `remote_addr` too). What is `-` has no field; referer and agent are null then, so
//! that combined and common lines can be told apart. Backslash escapes inside quotes stay as they are. The event time
//! is `time_local`.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. A line with more behind has its fields, and
//! the line itself as `message`.
use super::columns::{address, split, tell_request};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::EventSink;
use crate::value::time::parse_apache;
use memchr::{memchr, memchr_iter, memchr2};
use std::net::IpAddr;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Access;

impl LineFormat for Access {
    const NAME: &'static str = "access";
    const SIGN: &'static str = "lines of an address, a time in brackets, a quoted request, a status and a size";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| Record::read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "web:access"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            return Outcome::Unparsed("line is not in the common or combined log format");
        };
        record.tell(line, members);
        Outcome::event(Some(record.time_ns))
    }
}

/// Name and port of a virtual host.
type Server<'a> = (&'a [u8], Option<&'a [u8]>);

/// The parts of a line, as they stand in it.
struct Record<'a> {
    server: Option<Server<'a>>,
    addr: &'a [u8],
    ident: &'a [u8],
    user: &'a [u8],
    time: &'a [u8],
    time_ns: i64,
    request: &'a [u8],
    status: &'a [u8],
    bytes: &'a [u8],
    /// Referer and user agent.
    combined: Option<(&'a [u8], &'a [u8])>,
    forwarded_for: &'a [u8],
    has_more: bool,
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let list_end = list_end(line)?;
        let (addr, rest) = split(line, list_end, 1);
        let (ident, rest) = split(rest, memchr(b' ', rest)?, 1);
        // A user name may hold spaces.
        let user_end = memchr_iter(b'[', rest).find(|&at| at > 0 && rest[at - 1] == b' ')? - 1;
        let (user, rest) = split(rest, user_end, 2);
        let (list, addr) = match memchr(b',', addr) {
            Some(comma) => (addr, &addr[..comma]),
            None => (&b"-"[..], addr),
        };
        let (server, [addr, ident, user]) = virtual_host(addr, ident, user);
        let (time, rest) = split(rest, memchr(b']', rest)?, 1);
        let time_ns = parse_apache(time)?;
        let (request, rest) = quoted(rest)?;
        let rest = rest.strip_prefix(b" ")?;
        let (status, rest) = split(rest, memchr(b' ', rest)?, 1);
        let bytes_end = memchr(b' ', rest).unwrap_or(rest.len());
        let (bytes, rest) = rest.split_at(bytes_end);
        let is_count = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let is_good = !addr.is_empty() && !ident.is_empty() && !user.is_empty();
        if !is_good || !is_count(status) || !(is_count(bytes) || bytes == b"-") {
            return None;
        }
        let agents = quoted(rest).and_then(|(referer, rest)| Some((referer, quoted(rest)?)));
        let (combined, rest) = match agents {
            Some((referer, (agent, rest))) => (Some((referer, agent)), rest),
            None => (None, rest),
        };
        let (forwarded_for, rest) = match quoted(rest) {
            Some((addresses, b"")) if combined.is_some() => (addresses, &b""[..]),
            _ => (list, rest),
        };
        Some(Self {
            server,
            addr,
            ident,
            user,
            time,
            time_ns,
            request,
            status,
            bytes,
            combined,
            forwarded_for,
            has_more: !rest.is_empty(),
        })
    }

    fn tell<S: EventSink>(&self, line: &[u8], members: &mut Members<S>) {
        if let Some((name, port)) = self.server {
            members.text(b"server_name", name);
            if let Some(port) = port {
                members.number(b"server_port", port);
            }
        }
        let parts = [(&b"remote_addr"[..], self.addr), (b"remote_ident", self.ident), (b"remote_user", self.user)];
        for (name, value) in parts.into_iter().filter(|(_, value)| *value != b"-") {
            members.text(name, value);
        }
        members.text(b"time_local", self.time);
        if self.request != b"-" {
            tell_request(b"request", self.request, b"path", members);
        }
        for (name, value) in [(&b"status"[..], self.status), (b"body_bytes_sent", self.bytes)] {
            if value != b"-" {
                members.number(name, value);
            }
        }
        if let Some((referer, agent)) = self.combined {
            for (name, value) in [(&b"http_referer"[..], referer), (b"http_user_agent", agent)] {
                if value == b"-" { members.null(name) } else { members.text(name, value) }
            }
        }
        if self.forwarded_for != b"-" {
            members.text(b"http_x_forwarded_for", self.forwarded_for);
        }
        if self.has_more {
            members.text(b"message", line);
        }
    }
}

/// The end of the first word, or of a list of them: `192.0.2.1, 10.0.0.1`.
fn list_end(line: &[u8]) -> Option<usize> {
    memchr_iter(b' ', line).find(|&at| at == 0 || line[at - 1] != b',')
}

/// The virtual host, when the first word is one, and address, ident and user.
fn virtual_host<'a>(addr: &'a [u8], ident: &'a [u8], user: &'a [u8]) -> (Option<Server<'a>>, [&'a [u8]; 3]) {
    let as_they_are = (None, [addr, ident, user]);
    let Some(space) = memchr(b' ', user) else { return as_they_are };
    let (next_ident, next_user) = split(user, space, 1);
    let with_port = address(addr).filter(|(name, _)| !name.contains(&b':'));
    let is_ip = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok());
    if next_ident.is_empty() || next_user.is_empty() || (with_port.is_none() && !is_ip(ident)) {
        return as_they_are;
    }
    let server = with_port.map_or((addr, None), |(name, port)| (name, Some(port)));
    (Some(server), [ident, next_ident, next_user])
}

/// What stands in ` "…"` at the start of the text, and what follows.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b" \"")?;
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside[at] == b'"' {
            return Some(split(inside, at, 1));
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::statistics::Statistics;
    use crate::parse::tell::{TellSink, Told};

    fn parse(text: &str) -> (Vec<Told>, Statistics) {
        let mut parser = LineParser::<Access>::default();
        let mut sink = TellSink::default();
        text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
        parser.finish(&mut sink);
        (sink.events, parser.statistics())
    }

    const TIME_NS: i64 = 971_211_336_000_000_000;
    const COMMON: &str = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326"#;
    const FIELDS: &str = r#""remote_addr":"127.0.0.1","remote_user":"frank","time_local":"10/Oct/2000:13:55:36 -0700","request":"GET /a.gif HTTP/1.0","method":"GET","path":"/a.gif","protocol":"HTTP/1.0","status":200,"body_bytes_sent":2326"#;

    fn told(fields: &str) -> Told {
        let facts = RecordFacts { time_ns: Some(TIME_NS), ..RecordFacts::default() };
        Told { json: format!("{{{fields}}}"), facts }
    }

    #[test]
    fn common_and_combined() {
        assert_eq!(parse(COMMON).0, [told(FIELDS)]);
        let combined = format!(r#"{COMMON} "http://x/" "Mozilla \"5\"""#);
        let expected = format!(r#"{FIELDS},"http_referer":"http://x/","http_user_agent":"Mozilla \\\"5\\\"""#);
        assert_eq!(parse(&combined).0, [told(&expected)]);
        let empty = format!("{COMMON} \"-\" \"-\"\r\n\n");
        let expected = format!(r#"{FIELDS},"http_referer":null,"http_user_agent":null"#);
        assert_eq!(parse(&empty), (vec![told(&expected)], Statistics { events: 1, ..Statistics::default() }));
    }

    #[test]
    fn dashes_and_strange_requests() {
        let time = r#""time_local":"10/Oct/2000:13:55:36 -0700""#;
        let line = r#"::1 x john doe [10/Oct/2000:13:55:36 -0700] "\x16\x03 a" 400 -"#;
        let expected = format!(
            r#""remote_addr":"::1","remote_ident":"x","remote_user":"john doe",{time},"request":"\\x16\\x03 a","status":400"#
        );
        assert_eq!(parse(line).0, [told(&expected)]);
        let line = r#"1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] "-" 408 007"#;
        let expected = format!(r#""remote_addr":"1.1.1.1",{time},"status":408,"body_bytes_sent":"007""#);
        assert_eq!(parse(line).0, [told(&expected)]);
    }

    #[test]
    fn a_virtual_host_may_stand_in_front() {
        for (host, fields) in [
            ("www.example.com:443", r#""server_name":"www.example.com","server_port":443,"#),
            ("www.example.com", r#""server_name":"www.example.com","#),
            ("10.0.0.1", r#""server_name":"10.0.0.1","#),
        ] {
            assert_eq!(parse(&format!("{host} {COMMON}")).0, [told(&format!("{fields}{FIELDS}"))]);
        }
        let line = COMMON.replace("127.0.0.1", "www:80 client.example.com");
        let fields = FIELDS.replace("127.0.0.1", "client.example.com");
        let expected = format!(r#""server_name":"www","server_port":80,{fields}"#);
        assert_eq!(parse(&line).0, [told(&expected)]);
        let line = COMMON.replace("127.0.0.1 - frank", "client.example.com - frank the great");
        let fields = FIELDS.replace("127.0.0.1", "client.example.com").replace("frank", "frank the great");
        assert_eq!(parse(&line).0, [told(&fields)]);
    }

    #[test]
    fn month_names_in_any_case() {
        assert_eq!(parse(&COMMON.replace("Oct", "oct")).0, [told(&FIELDS.replace("Oct", "oct"))]);
    }

    #[test]
    fn addresses_of_a_header_stand_behind_or_in_front() {
        let agents = r#""http_referer":"a","http_user_agent":"b""#;
        let line = format!(r#"{COMMON} "a" "b" "1.2.3.4, 5.6.7.8""#);
        let list = r#""http_x_forwarded_for":"1.2.3.4, 5.6.7.8""#;
        assert_eq!(parse(&line).0, [told(&format!("{FIELDS},{agents},{list}"))]);
        assert_eq!(parse(&format!(r#"{COMMON} "a" "b" "-""#)).0, [told(&format!("{FIELDS},{agents}"))]);
        let line = format!(r#"{} "a" "b""#, COMMON.replace("127.0.0.1", "1.2.3.4, 5.6.7.8"));
        let fields = FIELDS.replace("127.0.0.1", "1.2.3.4");
        assert_eq!(parse(&line).0, [told(&format!("{fields},{agents},{list}"))]);
    }

    #[test]
    fn what_follows_is_kept() {
        let line = format!(r#"{COMMON} "a" "b" "1.2.3.4" 0.005"#);
        let message = serde_json::to_string(&line).expect("a string");
        let expected = format!(r#"{FIELDS},"http_referer":"a","http_user_agent":"b","message":{message}"#);
        assert_eq!(parse(&line).0, [told(&expected)]);
        let line = format!("{COMMON} 0.005");
        let message = serde_json::to_string(&line).expect("a string");
        assert_eq!(parse(&line).0, [told(&format!(r#"{FIELDS},"message":{message}"#))]);
    }

    #[test]
    fn other_lines_are_messages() {
        let lines = [
            "hello",
            r#"127.0.0.1 - - [99/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1"#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" x 1"#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0 200 1"#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0\"#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] GET"#,
        ];
        let facts = RecordFacts::unparsed("line is not in the common or combined log format");
        let expected = lines.map(|line| {
            let message = serde_json::to_string(line).expect("a string");
            Told { json: format!("{{\"message\":{message}}}"), facts }
        });
        let (events, counts) = parse(&lines.join("\n"));
        assert_eq!(events, expected);
        assert_eq!(counts, Statistics { events: 6, unparsed_lines: 6, ..Statistics::default() });
    }
}

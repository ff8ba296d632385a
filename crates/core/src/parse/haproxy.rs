//! `haproxy`: HTTP and TCP log lines of HAProxy.
//!
//! *Recognised*: `192.0.2.1:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ----
//! 1/1/1/1/0 0/0 {host} {} "GET / HTTP/1.1"` (`option httplog`), `… frontend backend/server 0/0/5007 212 -- 0/0/0/0/3
//! 0/0` (`option tcplog`) and `… frontend/bind: message` (connection errors), with a syslog header in front or without.
//!
//! *Fields*: `client_ip`, `client_port`, `accept_date`, `frontend` (with `~` for SSL), `backend`, `server`, the timers
//! `tq`, `tw`, `tc`, `tr`, `tt` in milliseconds (`tw`, `tc`, `tt` of TCP), `status`, `bytes_read`,
//! `captured_request_cookie`, `captured_response_cookie`, `termination_state`, `actconn`, `feconn`, `beconn`,
//! `srv_conn`, `retries`, `srv_queue`, `backend_queue`, the arrays `captured_request_headers` and
//! `captured_response_headers` (a single group in braces counts as the request's), `request` and its parts `method`,
//! `path`, `protocol`. Numbers with a `+` in front stay text. Cookies that are `-` have no field. Of `option httpslog`
//! also `fc_conn_err`, `ssl_fc_err`, `ssl_c_err`, `ssl_c_ca_err`, `ssl_fc_is_resumed`, `ssl_fc_sni`, `ssl_version` and
//! `ssl_ciphers`. Of a syslog header: `syslog_header`, the whole of it, and `hostname`, `process` and `pid`. The event
//! time is `accept_date`; as no time zone is told, UTC is assumed.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. The text of a connection error is `message`,
//! and so is what HAProxy says of itself behind a syslog header (`Server be/srv1 is DOWN, …`); a line with more behind
//! has its fields, and the line itself as `message`.
use super::columns::{address, split, tell_request};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::{Certainty, EventSink};
use crate::value::time::parse_apache_local;
use memchr::{memchr, memchr_iter, memmem, memrchr};

const TIMERS: [&str; 5] = ["tq", "tw", "tc", "tr", "tt"];
const TCP_TIMERS: [&str; 3] = ["tw", "tc", "tt"];
const CONNECTIONS: [&str; 5] = ["actconn", "feconn", "beconn", "srv_conn", "retries"];
const QUEUES: [&str; 2] = ["srv_queue", "backend_queue"];
const COOKIES: [&str; 2] = ["captured_request_cookie", "captured_response_cookie"];
const TLS_ERRORS: [&str; 5] = ["fc_conn_err", "ssl_fc_err", "ssl_c_err", "ssl_c_ca_err", "ssl_fc_is_resumed"];
const TLS: [&str; 3] = ["ssl_fc_sni", "ssl_version", "ssl_ciphers"];
const HEADERS: [&str; 2] = ["captured_request_headers", "captured_response_headers"];

/// A date with nanoseconds and its bracket; looked for no further, so that a line full of brackets takes no longer than others.
const DATE_BYTES_MAX: usize = "06/Feb/2009:12:14:14.655000000]".len();

/// A line is an event.
#[derive(Debug, Default)]
pub struct HaProxy;

impl LineFormat for HaProxy {
    const NAME: &'static str = "haproxy";
    const SIGN: &'static str =
        "lines of a client with its port, a time in brackets, a frontend, a backend/server and timers";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| Record::read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "haproxy"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            let Some((header, message)) = own_words(line) else {
                return Outcome::Unparsed("line is not in HAProxy's HTTP or TCP log format");
            };
            tell_syslog(header, members);
            members.text(b"message", message);
            return Outcome::Event(None);
        };
        record.tell(line, members);
        Outcome::Event(Some((record.time_ns, Certainty::ZoneAssumed)))
    }
}

/// The parts of a line, as they stand in it.
struct Record<'a> {
    syslog: &'a [u8],
    client: (&'a [u8], &'a [u8]),
    accept_date: &'a [u8],
    time_ns: i64,
    frontend: &'a [u8],
    /// A connection error has a message instead.
    session: Result<Session<'a>, &'a [u8]>,
}

struct Session<'a> {
    backend: &'a [u8],
    server: &'a [u8],
    timers: &'a [u8],
    /// Status and cookies of HTTP.
    http: Option<(&'a [u8], [&'a [u8]; 2])>,
    bytes: &'a [u8],
    state: &'a [u8],
    connections: &'a [u8],
    queues: &'a [u8],
    headers: [Option<&'a [u8]>; 2],
    request: Option<&'a [u8]>,
    /// The two words that `option httpslog` adds.
    tls: Option<(&'a [u8], &'a [u8])>,
    has_more: bool,
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let (before, accept_date, time_ns, rest) = memchr_iter(b'[', line).find_map(|at| {
            let before = line[..at].strip_suffix(b" ")?;
            let inside = &line[at + 1..];
            let (date, rest) = split(inside, memchr(b']', &inside[..inside.len().min(DATE_BYTES_MAX)])?, 1);
            Some((before, date, parse_apache_local(date)?, rest.strip_prefix(b" ")?))
        })?;
        let (syslog, client) = before.split_at(memrchr(b' ', before).map_or(0, |at| at + 1));
        let client = address(client)?;
        let (frontend, rest) = word(rest)?;
        let (frontend, session) = match frontend.strip_suffix(b":") {
            Some(frontend) => (frontend, Err(rest)),
            None => (frontend, Ok(Session::read(rest)?)),
        };
        Some(Self { syslog, client, accept_date, time_ns, frontend, session })
    }

    fn tell<S: EventSink>(&self, line: &[u8], members: &mut Members<S>) {
        if !self.syslog.is_empty() {
            tell_syslog(self.syslog.trim_ascii_end(), members);
        }
        members.text(b"client_ip", self.client.0);
        members.number(b"client_port", self.client.1);
        members.text(b"accept_date", self.accept_date);
        members.text(b"frontend", self.frontend);
        match &self.session {
            Err(message) => members.text(b"message", message),
            Ok(session) => session.tell(line, members),
        }
    }
}

impl<'a> Session<'a> {
    fn read(rest: &'a [u8]) -> Option<Self> {
        let (pair, rest) = word(rest)?;
        let (backend, server) = split(pair, memchr(b'/', pair)?, 1);
        let (timers, rest) = word(rest)?;
        let is_http = match slashed(timers)? {
            5 => true,
            3 => false,
            _ => return None,
        };
        let (status, rest) = if is_http { word(rest)? } else { (&b""[..], rest) };
        let (bytes, rest) = word(rest)?;
        let (http, rest) = if is_http {
            let (request_cookie, rest) = word(rest)?;
            let (response_cookie, rest) = word(rest)?;
            (Some((status, [request_cookie, response_cookie])), rest)
        } else {
            (None, rest)
        };
        let (state, rest) = word(rest)?;
        let (connections, rest) = word(rest)?;
        let (queues, rest) = word(rest)?;
        let is_good = slashed(connections)? == 5 && slashed(queues)? == 2 && slashed(bytes)? == 1;
        if !is_good || (is_http && slashed(status)? != 1) {
            return None;
        }
        let (first, rest) = braced(rest);
        let (second, rest) = braced(rest);
        let request = rest.strip_prefix(b"\"").filter(|_| is_http);
        // One that is cut has no quote at its end.
        let request = request.map(|text| memrchr(b'"', text).map_or((text, &b""[..]), |end| split(text, end, 1)));
        let (request, rest) = request.map_or((None, rest), |(request, rest)| (Some(request), rest));
        let tls = rest.strip_prefix(b" ").filter(|_| request.is_some()).and_then(tls_words);
        let has_more = tls.is_none() && !rest.is_empty();
        let headers = [first, second];
        Some(Self { backend, server, timers, http, bytes, state, connections, queues, headers, request, tls, has_more })
    }

    fn tell<S: EventSink>(&self, line: &[u8], members: &mut Members<S>) {
        members.text(b"backend", self.backend);
        members.text(b"server", self.server);
        tell_numbers(if self.http.is_some() { &TIMERS } else { &TCP_TIMERS }, self.timers, members);
        if let Some((status, _)) = self.http {
            members.number(b"status", status);
        }
        members.number(b"bytes_read", self.bytes);
        for (name, cookie) in COOKIES.iter().zip(self.http.map(|(_, cookies)| cookies).unwrap_or([b"-"; 2])) {
            if cookie != b"-" {
                members.text(name.as_bytes(), cookie);
            }
        }
        members.text(b"termination_state", self.state);
        tell_numbers(&CONNECTIONS, self.connections, members);
        tell_numbers(&QUEUES, self.queues, members);
        for (name, headers) in HEADERS.iter().zip(self.headers) {
            let Some(headers) = headers else { continue };
            let sink = members.key(name.as_bytes());
            sink.begin_array();
            headers.split(|&byte| byte == b'|').for_each(|header| sink.string(header));
            sink.end_array();
        }
        if let Some(request) = self.request {
            tell_request(b"request", request, b"path", members);
        }
        if let Some((errors, tls)) = self.tls {
            tell_numbers(&TLS_ERRORS, errors, members);
            for (name, value) in TLS.iter().zip(tls.split(|&byte| byte == b'/')).filter(|(_, value)| *value != b"-") {
                members.text(name.as_bytes(), value);
            }
        }
        if self.has_more {
            members.text(b"message", line);
        }
    }
}

/// A word that is not empty, and what follows the space behind it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match memchr(b' ', text) {
        Some(0) => None,
        Some(end) => Some(split(text, end, 1)),
        None => (!text.is_empty()).then_some((text, &b""[..])),
    }
}

/// How many numbers stand in the word, parted by slashes.
fn slashed(word: &[u8]) -> Option<usize> {
    let is_number = |number: &[u8]| {
        let digits = number.strip_prefix(b"-").or(number.strip_prefix(b"+")).unwrap_or(number);
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    };
    let mut numbers = word.split(|&byte| byte == b'/');
    numbers.try_fold(0, |count, number| is_number(number).then_some(count + 1))
}

/// What stands in braces at the start of the text, and what follows a space.
fn braced(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let Some(inside) = text.strip_prefix(b"{") else { return (None, text) };
    if let Some(end) = memmem::find(inside, b"} ") {
        let (inside, rest) = split(inside, end, 2);
        return (Some(inside), rest);
    }
    match inside.strip_suffix(b"}") {
        Some(inside) => (Some(inside), b""),
        None => (None, text),
    }
}

/// The words of `0/0000000000000000/0/0/0 1wt.eu/TLSv1.3/TLS_AES_256_GCM_SHA384`.
fn tls_words(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (errors, tls) = split(text, memchr(b' ', text)?, 1);
    let count = |text: &[u8]| memchr_iter(b'/', text).count() + 1;
    (count(errors) == TLS_ERRORS.len() && count(tls) == TLS.len() && !tls.contains(&b' ')).then_some((errors, tls))
}

/// The header and the words of a line that HAProxy writes of itself: `Jan  7 00:00:02 lb haproxy[1]: Proxy web started.`
fn own_words(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, message) = split(line, memmem::find(line, b"]: ")? + 2, 1);
    let tag = &header[memrchr(b' ', header)? + 1..];
    (tag.starts_with(b"haproxy[") && !message.is_empty()).then_some((header, message))
}

fn tell_numbers<S: EventSink>(names: &[&str], word: &[u8], members: &mut Members<S>) {
    for (name, number) in names.iter().zip(word.split(|&byte| byte == b'/')) {
        members.number(name.as_bytes(), number);
    }
}

/// The header, and of one that ends as `host haproxy[123]:` does its last words.
fn tell_syslog<S: EventSink>(header: &[u8], members: &mut Members<S>) {
    members.text(b"syslog_header", header);
    let Some((hostname, tag)) = memrchr(b' ', header).map(|at| split(header, at, 1)) else { return };
    let hostname = &hostname[memrchr(b' ', hostname).map_or(0, |at| at + 1)..];
    let process = tag.strip_suffix(b"]:").and_then(|tag| Some(split(tag, memchr(b'[', tag)?, 1)));
    if let Some((process, pid)) = process {
        // HAProxy itself leaves out its host's name.
        if !matches!(hostname, [_, _, b':', _, _, b':', _, _]) {
            members.text(b"hostname", hostname);
        }
        members.text(b"process", process);
        members.number(b"pid", pid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::tell::{told, told_lines};

    const CLIENT: &str = "10.0.1.2:33317 [06/Feb/2009:12:14:14.655]";
    const CLIENT_FIELDS: &str =
        r#""client_ip":"10.0.1.2","client_port":33317,"accept_date":"06/Feb/2009:12:14:14.655""#;
    const HTTP: &str = r#"http-in static/srv1 10/0/30/69/109 200 2750 a=1 - ---- 1/1/1/1/0 0/0 {1wt.eu|x y} {} "GET /index.html HTTP/1.1""#;
    const HTTP_FIELDS: &str = r#""frontend":"http-in","backend":"static","server":"srv1","tq":10,"tw":0,"tc":30,"tr":69,"tt":109,"status":200,"bytes_read":2750,"captured_request_cookie":"a=1","termination_state":"----","actconn":1,"feconn":1,"beconn":1,"srv_conn":1,"retries":0,"srv_queue":0,"backend_queue":0,"captured_request_headers":["1wt.eu","x y"],"captured_response_headers":[""],"request":"GET /index.html HTTP/1.1","method":"GET","path":"/index.html","protocol":"HTTP/1.1""#;

    #[test]
    fn http_with_and_without_a_syslog_header() {
        let header = "<134>Feb  6 12:14:14 lb1 haproxy[14389]:";
        let header_fields = format!(r#""syslog_header":"{header}","hostname":"lb1","process":"haproxy","pid":14389"#);
        let text = format!("{CLIENT} {HTTP}\n{header} {CLIENT} {HTTP}\nlb {CLIENT} {HTTP}");
        let expected = [
            format!("{{{CLIENT_FIELDS},{HTTP_FIELDS}}}"),
            format!("{{{header_fields},{CLIENT_FIELDS},{HTTP_FIELDS}}}"),
            format!("{{\"syslog_header\":\"lb\",{CLIENT_FIELDS},{HTTP_FIELDS}}}"),
        ];
        assert_eq!(told_lines::<LineParser<HaProxy>>(&text), expected);
        let facts = &told::<LineParser<HaProxy>>(&text).events[0].facts;
        let time_ns = Some(1_233_922_454_655_000_000);
        assert_eq!(*facts, RecordFacts { time_ns, certainty: Certainty::ZoneAssumed, parse_error: None });
    }

    #[test]
    fn tcp_errors_and_cut_lines() {
        let tcp = format!("{CLIENT} fnt bck/<NOSRV> 0/-1/+5007 +212 SC 0/0/0/0/+3 0/0");
        let fields = r#""frontend":"fnt","backend":"bck","server":"<NOSRV>","tw":0,"tc":-1,"tt":"+5007","bytes_read":"+212","termination_state":"SC","actconn":0,"feconn":0,"beconn":0,"srv_conn":0,"retries":"+3","srv_queue":0,"backend_queue":0"#;
        let more = format!("{tcp} more");
        let message = serde_json::to_string(&more).expect("a string");
        let error = format!("{CLIENT} https-in/1: SSL handshake failure");
        let cut = format!("{CLIENT} {}", HTTP.strip_suffix(" HTTP/1.1\"").expect("it is there"));
        let (cut_fields, _) = HTTP_FIELDS.split_once(r#" HTTP/1.1","method""#).expect("it is there");
        let expected = [
            format!("{{{CLIENT_FIELDS},{fields}}}"),
            format!("{{{CLIENT_FIELDS},{fields},\"message\":{message}}}"),
            format!(r#"{{{CLIENT_FIELDS},"frontend":"https-in/1","message":"SSL handshake failure"}}"#),
            format!("{{{CLIENT_FIELDS},{cut_fields}\"}}"),
        ];
        assert_eq!(told_lines::<LineParser<HaProxy>>(&[tcp, more, error, cut].join("\n")), expected);
    }

    #[test]
    fn what_https_adds_and_what_haproxy_says_of_itself() {
        let tls = "0/0000000000000000/0/0/1 1wt.eu/TLSv1.3/TLS_AES_256_GCM_SHA384";
        let fields = r#""fc_conn_err":0,"ssl_fc_err":"0000000000000000","ssl_c_err":0,"ssl_c_ca_err":0,"ssl_fc_is_resumed":1,"ssl_fc_sni":"1wt.eu","ssl_version":"TLSv1.3","ssl_ciphers":"TLS_AES_256_GCM_SHA384""#;
        let more = format!("{CLIENT} {HTTP} 7");
        let message = serde_json::to_string(&more).expect("a string");
        let own = "<134>Feb  6 12:14:14 haproxy[7]: Proxy stats started.";
        let expected = [
            format!("{{{CLIENT_FIELDS},{HTTP_FIELDS},{fields}}}"),
            format!("{{{CLIENT_FIELDS},{HTTP_FIELDS},\"message\":{message}}}"),
            r#"{"syslog_header":"<134>Feb  6 12:14:14 haproxy[7]:","process":"haproxy","pid":7,"message":"Proxy stats started."}"#.to_string(),
        ];
        let text = format!("{CLIENT} {HTTP} {tls}\n{more}\n{own}");
        assert_eq!(told_lines::<LineParser<HaProxy>>(&text), expected);
    }

    #[test]
    fn other_lines_are_messages() {
        let line = format!("{CLIENT} {HTTP}");
        for (from, to) in [
            (":33317", ""),
            ("06/Feb", "36/Feb"),
            ("static/srv1", "static"),
            ("10/0/30/69/109", "10/0/30/69"),
            ("10/0/30/69/109", "10/0/x/69/109"),
            (" 200 ", " ok "),
            (" 2750 ", "  "),
            ("1/1/1/1/0", "1/1/1/1"),
        ] {
            let line = line.replacen(from, to, 1);
            let message = serde_json::to_string(&line).expect("a string");
            let expected = format!("!line is not in HAProxy's HTTP or TCP log format: {{\"message\":{message}}}");
            assert_eq!(told_lines::<LineParser<HaProxy>>(&line), [expected]);
        }
    }
}

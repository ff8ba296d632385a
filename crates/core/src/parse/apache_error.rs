//! `apache_error`: error logs of the Apache HTTP server.
//!
//! *Recognised*: `[Wed Oct 11 14:32:52.123456 2000] [core:error] [pid 12:tid 34] [client 192.0.2.1:1234] AH00128: …`,
//! and the same without fractions, module, pid and client, as 2.2 writes it.
//!
//! *Fields*: `time`, `module`, `level`, `pid`, `tid`, `client` and `client_port`, `error` (`(13)Permission denied`,
//! before the client), `code` (`AH00128`), `message` (with the code), `referer`. What a line does not have has no
//! field. The event time is `time`; as no time zone is told, UTC is assumed.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. What stands in brackets and is not known
//! stays in `message`.
use super::columns::{address, split};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::{Certainty, EventSink};
use crate::value::time::parse_ctime;
use memchr::{memchr, memmem};

const LEVELS: [&[u8]; 9] = [b"emerg", b"alert", b"crit", b"error", b"warn", b"notice", b"info", b"debug", b"trace"];

const REFERER: &[u8] = b", referer: ";

/// A line is an event.
#[derive(Debug, Default)]
pub struct ApacheError;

impl LineFormat for ApacheError {
    const NAME: &'static str = "apache_error";
    const SIGN: &'static str = "lines of a time with a weekday and a level, each in brackets";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| Record::read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "apache:error"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            return Outcome::Unparsed("line is not in Apache's error log format");
        };
        record.tell(members);
        Outcome::Event(Some((record.time_ns, Certainty::ZoneAssumed)))
    }
}

/// The parts of a line, as they stand in it.
struct Record<'a> {
    time: &'a [u8],
    time_ns: i64,
    module: Option<&'a [u8]>,
    level: &'a [u8],
    pid: Option<(&'a [u8], Option<&'a [u8]>)>,
    error: Option<&'a [u8]>,
    client: Option<&'a [u8]>,
    message: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let (time, rest) = bracketed(line)?;
        let time_ns = parse_ctime(time)?;
        let (level, rest) = bracketed(rest)?;
        let (module, level) = match memchr(b':', level) {
            Some(at) => (Some(&level[..at]).filter(|module| !module.is_empty()), &level[at + 1..]),
            None => (None, level),
        };
        if !LEVELS.contains(&without_digit(level)) {
            return None;
        }
        let (pid, rest) = match bracketed(rest).and_then(|(inside, rest)| Some((process(inside)?, rest))) {
            Some((pid, rest)) => (Some(pid), rest),
            None => (None, rest),
        };
        let (error, rest) = match os_error(rest) {
            Some((error, rest)) => (Some(error), rest),
            None => (None, rest),
        };
        let client = bracketed(rest).and_then(|(inside, rest)| Some((inside.strip_prefix(b"client ")?, rest)));
        let (client, message) = match client {
            Some((client, rest)) => (Some(client), rest),
            None => (None, rest),
        };
        Some(Self { time, time_ns, module, level, pid, error, client, message })
    }

    fn tell<S: EventSink>(&self, members: &mut Members<S>) {
        members.text(b"time", self.time);
        if let Some(module) = self.module {
            members.text(b"module", module);
        }
        members.text(b"level", self.level);
        if let Some((pid, tid)) = self.pid {
            members.number(b"pid", pid);
            if let Some(tid) = tid {
                members.number(b"tid", tid);
            }
        }
        if let Some(client) = self.client {
            // An IPv6 address without a port has colons too, and no brackets.
            let is_bare = |host: &[u8]| host.contains(&b':') && !client.starts_with(b"[");
            match address(client).filter(|(host, _)| !is_bare(host)) {
                Some((host, port)) => {
                    members.text(b"client", host);
                    members.number(b"client_port", port);
                }
                None => members.text(b"client", client),
            }
        }
        if let Some(error) = self.error {
            members.text(b"error", error);
        }
        if let Some(code) = code(self.message) {
            members.text(b"code", code);
        }
        let referer = memmem::rfind(self.message, REFERER).filter(|_| self.client.is_some());
        let (message, referer) = match referer {
            Some(at) => (&self.message[..at], Some(&self.message[at + REFERER.len()..])),
            None => (self.message, None),
        };
        members.text(b"message", message);
        if let Some(referer) = referer {
            members.text(b"referer", referer);
        }
    }
}

/// What stands in brackets at the start of the text, and what follows after a space.
fn bracketed(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let (inside, rest) = match memmem::find(inside, b"] ") {
        Some(end) => split(inside, end, 2),
        None => (inside.strip_suffix(b"]")?, &b""[..]),
    };
    Some((inside, rest))
}

/// `trace1` to `trace8` are levels too.
fn without_digit(level: &[u8]) -> &[u8] {
    match level {
        [b't', b'r', b'a', b'c', b'e', b'1'..=b'8'] => &level[..5],
        level => level,
    }
}

/// Process and thread of `pid 12:tid 34`.
fn process(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let text = text.strip_prefix(b"pid ")?;
    let (pid, tid) = match memmem::find(text, b":tid ") {
        Some(at) => (&text[..at], Some(&text[at + 5..])),
        None => (text, None),
    };
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    (is_number(pid) && tid.is_none_or(is_number)).then_some((pid, tid))
}

/// `(13)Permission denied` before `: [client `.
fn os_error(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = text.strip_prefix(b"(")?;
    let close = memchr(b')', digits)?;
    let is_number = close > 0 && digits[..close].iter().all(u8::is_ascii_digit);
    let end = memmem::find(text, b": [client ").filter(|_| is_number)?;
    Some(split(text, end, 2))
}

/// The code that a message starts with, as `AH00128`.
fn code(message: &[u8]) -> Option<&[u8]> {
    let digits = message.strip_prefix(b"AH")?;
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0 && digits.get(count) == Some(&b':')).then(|| &message[..2 + count])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::sink::RecordFacts;
    use crate::parse::tell::{told, told_lines};

    const LINE: &str = "[Wed Oct 11 14:32:52.123456 2000] [authz_core:error] [pid 12:tid 34] (13)Permission denied: \
                        [client 192.0.2.1:1234] AH01630: client denied: /x, referer: http://h/";
    const TIME: &str = r#""time":"Wed Oct 11 14:32:52.123456 2000""#;

    #[test]
    fn lines_of_old_and_new_servers() {
        let old = "[Wed Oct 11 14:32:52 2000] [error] [client 2001:db8::1] File does not exist: /x";
        let bare = "[Wed Oct  1 04:32:52 2000] [:trace3] [strange] [client ::1] x, referer: y";
        let expected = [
            format!(
                r#"{{{TIME},"module":"authz_core","level":"error","pid":12,"tid":34,"client":"192.0.2.1","client_port":1234,"error":"(13)Permission denied","code":"AH01630","message":"AH01630: client denied: /x","referer":"http://h/"}}"#
            ),
            r#"{"time":"Wed Oct 11 14:32:52 2000","level":"error","client":"2001:db8::1","message":"File does not exist: /x"}"#.to_string(),
            r#"{"time":"Wed Oct  1 04:32:52 2000","level":"trace3","message":"[strange] [client ::1] x, referer: y"}"#.to_string(),
        ];
        assert_eq!(told_lines::<LineParser<ApacheError>>(&[LINE, old, bare].join("\n")), expected);
        let facts = &told::<LineParser<ApacheError>>(LINE).events[0].facts;
        let time_ns = Some(971_274_772_123_456_000);
        assert_eq!(*facts, RecordFacts { time_ns, certainty: Certainty::ZoneAssumed, parse_error: None });
    }

    #[test]
    fn other_lines_are_messages() {
        for (from, to) in [("Oct 11", "Oct 41"), ("Wed ", ""), (":error", ":oops"), ("] [a", " [a"), ("[Wed", "Wed")] {
            let line = LINE.replacen(from, to, 1);
            let message = serde_json::to_string(&line).expect("a string");
            let expected = format!("!line is not in Apache's error log format: {{\"message\":{message}}}");
            assert_eq!(told_lines::<LineParser<ApacheError>>(&line), [expected]);
        }
    }
}

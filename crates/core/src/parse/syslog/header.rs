//! What stands before the message of syslog: RFC 5424's header, RFC 3164's, and what devices make of it.
use super::structured;
use crate::parse::line_format::Members;
use crate::parse::sink::{Certainty, EventSink};
use crate::parse::utf8::BYTE_ORDER_MARK;
use crate::value::syslog_time::{Stamp, SyslogTimes};
use memchr::memchr;

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// Digits of the count that may stand before a message that is sent over TCP.
const COUNT_DIGITS_MAX: usize = 7;

/// Longest name of a program, and what stands in brackets behind it; what is longer is a part of the message.
const TAG_BYTES_MAX: usize = 128;

/// Words that applications write where syslog has the name of a host.
const LEVELS: [&[u8]; 12] = [
    b"trace",
    b"debug",
    b"info",
    b"notice",
    b"warn",
    b"warning",
    b"err",
    b"error",
    b"crit",
    b"critical",
    b"fatal",
    b"severe",
];

/// The parts of a line as they stand in it; empty ones are not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header<'a> {
    pub priority: &'a [u8],
    priority_value: u8,
    pub timestamp: &'a [u8],
    pub time: Option<(i64, Certainty)>,
    pub hostname: &'a [u8],
    pub app_name: &'a [u8],
    pub process_id: &'a [u8],
    pub message_id: &'a [u8],
    pub structured_data: &'a [u8],
    pub message: &'a [u8],
    is_standard: bool,
    has_offset: bool,
}

impl<'a> Header<'a> {
    /// None: the line starts with neither a priority nor a time.
    pub fn read(line: &'a [u8], times: &SyslogTimes) -> Option<Self> {
        let line = after_count(line);
        let mut header = Self::default();
        let Some((priority, value, rest)) = priority(line) else {
            header.old(line, times)?;
            return Some(header);
        };
        (header.priority, header.priority_value) = (priority, value);
        if header.standard(rest, times).is_none() && header.old(rest, times).is_none() {
            header.tagged(rest);
        }
        Some(header)
    }

    /// Whether no other format would write so.
    pub fn is_sure(&self) -> bool {
        if self.is_standard {
            return true;
        }
        let is_level = LEVELS.iter().any(|level| self.hostname.eq_ignore_ascii_case(level));
        let is_named = !self.app_name.is_empty() || !self.message_id.is_empty();
        let is_timed = match self.timestamp {
            [] => return false,
            [b'0'..=b'9', ..] => self.has_offset && self.timestamp.get(10) == Some(&b'T') && !self.hostname.is_empty(),
            _ => true,
        };
        is_timed && !is_level && (is_named || !self.priority.is_empty())
    }

    /// Tells all members but the message.
    pub fn tell<S: EventSink>(&self, members: &mut Members<S>) {
        if !self.priority.is_empty() {
            members.number(b"priority", self.priority);
            let (facility, severity) = (usize::from(self.priority_value >> 3), usize::from(self.priority_value & 7));
            members.text(b"facility", FACILITIES[facility].as_bytes());
            members.text(b"severity", SEVERITIES[severity].as_bytes());
        }
        let mut text = |name: &[u8], value: &[u8]| {
            if !value.is_empty() {
                members.text(name, value);
            }
        };
        text(b"timestamp", self.timestamp);
        text(b"hostname", self.hostname);
        text(b"app_name", self.app_name);
        if !self.process_id.is_empty() {
            members.number(b"process_id", self.process_id);
        }
        if !self.message_id.is_empty() {
            members.text(b"message_id", self.message_id);
        }
        if !self.structured_data.is_empty() {
            members.object(b"structured_data", |members| structured::tell(self.structured_data, members));
        }
    }

    /// RFC 5424: `1 TIME HOST APP PROCESS ID DATA MESSAGE`.
    fn standard(&mut self, text: &'a [u8], times: &SyslogTimes) -> Option<()> {
        let rest = text.strip_prefix(b"1 ")?;
        let (timestamp, rest) = word(rest)?;
        let stamp = match timestamp {
            b"-" => None,
            text => Some(times.prefix(text).filter(|stamp| stamp.length == text.len())?),
        };
        let (hostname, rest) = word(rest)?;
        let (app_name, rest) = word(rest)?;
        let (process_id, rest) = word(rest)?;
        let (message_id, rest) = word(rest)?;
        let told = |text: &'a [u8]| if text == b"-" { &text[..0] } else { text };
        self.timestamp = told(timestamp);
        self.timed(stamp);
        (self.hostname, self.app_name) = (told(hostname), told(app_name));
        (self.process_id, self.message_id) = (told(process_id), told(message_id));
        self.is_standard = true;
        let (structured_data, rest) = structured::split(rest);
        self.structured_data = structured_data;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        self.message = rest.strip_prefix(BYTE_ORDER_MARK).unwrap_or(rest);
        Some(())
    }

    /// RFC 3164: `TIME HOST PROGRAM[PROCESS]: MESSAGE`, and Cisco's `COUNT: HOST: *TIME: %ID: MESSAGE`.
    fn old(&mut self, text: &'a [u8], times: &SyslogTimes) -> Option<()> {
        let (hostname, text, stamp) = match times.prefix(text) {
            Some(stamp) => (&text[..0], text, stamp),
            None => {
                let (hostname, text) = before_cisco_time(text)?;
                (hostname, text, times.prefix(text)?)
            }
        };
        let rest = match &text[stamp.length..] {
            [] => &text[..0],
            [b' ', rest @ ..] => rest,
            [b':', rest @ ..] => {
                self.hostname = hostname;
                self.stamped(text, stamp);
                self.tagged(rest.strip_prefix(b" ").unwrap_or(rest));
                return Some(());
            }
            _ => return None,
        };
        self.stamped(text, stamp);
        if !hostname.is_empty() || tag(rest).is_some() {
            self.hostname = hostname;
            self.tagged(rest);
            return Some(());
        }
        let (hostname, rest) = word(rest).unwrap_or((rest, &rest[..0]));
        self.hostname = hostname;
        self.tagged(rest.strip_prefix(b": ").unwrap_or(rest));
        Some(())
    }

    fn stamped(&mut self, text: &'a [u8], stamp: Stamp) {
        self.timestamp = &text[..stamp.length];
        self.timed(Some(stamp));
    }

    fn timed(&mut self, stamp: Option<Stamp>) {
        self.has_offset = stamp.is_some_and(|stamp| stamp.has_offset);
        self.time = stamp.map(|stamp| (stamp.ns, certainty(stamp)));
    }

    /// `PROGRAM[PROCESS]: MESSAGE`, or a message alone.
    fn tagged(&mut self, text: &'a [u8]) {
        match tag(text) {
            Some((name, _, _)) if name.starts_with(b"%") => (self.message_id, self.message) = (&name[1..], text),
            Some((name, process_id, rest)) => {
                (self.app_name, self.process_id, self.message) = (name, process_id, rest);
            }
            None => self.message = text,
        }
    }
}

/// What stands before a message of another format: nothing, or a header.
#[derive(Debug, Clone, Copy)]
pub struct Wrapping<'a> {
    pub header: Option<Header<'a>>,
    /// Whether the header is all there is.
    pub is_whole: bool,
}

impl<'a> Wrapping<'a> {
    pub fn read(text: &'a [u8], times: &SyslogTimes) -> Self {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if text.trim_ascii().is_empty() {
            return Self { header: None, is_whole: true };
        }
        let header = Header::read(text, times);
        Self { header, is_whole: header.is_some_and(|header| header.message.trim_ascii().is_empty()) }
    }

    /// Tells the header, below `syslog`.
    pub fn tell<S: EventSink>(&self, members: &mut Members<S>) {
        if let Some(header) = &self.header {
            members.object(b"syslog", |members| header.tell(members));
        }
    }

    pub fn time(&self) -> Option<(i64, Certainty)> {
        self.header.and_then(|header| header.time)
    }
}

/// How sure a time is, by what it tells.
pub fn certainty(stamp: Stamp) -> Certainty {
    match (stamp.has_year, stamp.has_offset) {
        (false, _) => Certainty::YearInferred,
        (true, false) => Certainty::ZoneAssumed,
        (true, true) => Certainty::Certain,
    }
}

/// What follows the length of the message that may stand before its priority.
fn after_count(line: &[u8]) -> &[u8] {
    let digits = line.iter().take(COUNT_DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
    match &line[digits..] {
        [b' ', rest @ ..] if (1..=COUNT_DIGITS_MAX).contains(&digits) && rest.starts_with(b"<") => rest,
        _ => line,
    }
}

/// `<34>`: its text, its value, and what follows.
fn priority(line: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let (text, rest) = rest.split_at(digits);
    let value = text.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    let is_good = (1..=3).contains(&digits) && value < 192 && (digits == 1 || text[0] != b'0');
    Some((text, value as u8, rest.strip_prefix(b">")?)).filter(|_| is_good)
}

/// A word and what follows the space behind it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b' ', text)?;
    (end > 0).then(|| (&text[..end], &text[end + 1..]))
}

/// `12: host: *` and the like: the name of the host, and the text from the time on.
fn before_cisco_time(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut hostname, mut rest) = (&text[..0], text);
    for _ in 0..2 {
        rest = rest.trim_ascii_start();
        if let [b'*' | b'.', time @ ..] = rest {
            return Some((hostname, time));
        }
        let (name, after) = word(rest)?;
        let name = name.strip_suffix(b":")?;
        if !name.iter().all(u8::is_ascii_digit) {
            hostname = name;
        }
        rest = after;
    }
    let rest = rest.trim_ascii_start();
    Some((hostname, rest.strip_prefix(b"*").or(rest.strip_prefix(b".")).unwrap_or(rest)))
}

/// `program: `, `program[process]: ` or `program[process] `, and what follows.
fn tag(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let is_end = |byte: &u8| matches!(byte, b' ' | b':' | b'[');
    let end = text.iter().take(TAG_BYTES_MAX).position(is_end).filter(|&end| end > 0)?;
    let (name, rest) = text.split_at(end);
    let (process_id, rest) = match rest.first()? {
        b'[' => {
            let close = rest.iter().take(TAG_BYTES_MAX).position(|byte| matches!(byte, b']' | b' '))?;
            let rest_after = rest[close..].strip_prefix(b"]")?;
            (&rest[1..close], rest_after.strip_prefix(b":").unwrap_or(rest_after))
        }
        b':' => (&rest[..0], &rest[1..]),
        _ => return None,
    };
    match rest {
        [] => Some((name, process_id, rest)),
        [b' ', rest @ ..] => Some((name, process_id, rest)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;

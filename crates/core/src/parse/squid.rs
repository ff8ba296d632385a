//! `squid`: access logs of the Squid proxy, in its native format.
//!
//! *Recognised*: `1286536310.253    565 192.168.0.68 TCP_MISS/200 507 POST http://example.com/ - DIRECT/192.0.2.1
//! text/html`.
//!
//! *Fields*: `time`, `elapsed` (milliseconds), `remotehost`, `code`, `status`, `bytes`, `method`, `url`, `rfc931` (the
//! user), `peerstatus`, `peerhost`, `type`. What is `-` has no field. The event time is `time`.
//!
//! *Kept raw*: a line that does not look so becomes `message` and says so. A line with more behind has its fields, and
//! the line itself as `message`.
use super::columns::split;
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::EventSink;
use crate::value::time::parse_epoch;
use memchr::memchr;

const WORDS: usize = 10;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Squid;

impl LineFormat for Squid {
    const NAME: &'static str = "squid";
    const SIGN: &'static str = "lines of a count of seconds with milliseconds, a time taken, a client and code/status";
    const TIME_FIELDS: &'static [&'static str] = &[];

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| Record::read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "squid:access"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            return Outcome::Unparsed("line is not in Squid's native log format");
        };
        record.tell(line, members);
        Outcome::event(Some(record.time_ns))
    }
}

/// The parts of a line, as they stand in it.
struct Record<'a> {
    words: [&'a [u8]; WORDS],
    result: (&'a [u8], &'a [u8]),
    peer: (&'a [u8], &'a [u8]),
    time_ns: i64,
    has_more: bool,
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let mut parts = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
        let mut words = [&b""[..]; WORDS];
        for word in &mut words {
            *word = parts.next()?;
        }
        let is_count = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let slashed = |word: &'a [u8]| Some(split(word, memchr(b'/', word)?, 1));
        let (result, peer) = (slashed(words[3])?, slashed(words[8])?);
        let (seconds, milliseconds) = split(words[0], memchr(b'.', words[0])?, 1);
        let is_time = is_count(seconds) && is_count(milliseconds);
        if !is_time || !is_count(words[1]) || !is_count(words[4]) || !is_count(result.1) {
            return None;
        }
        Some(Self { words, result, peer, time_ns: parse_epoch(words[0])?, has_more: parts.next().is_some() })
    }

    fn tell<S: EventSink>(&self, line: &[u8], members: &mut Members<S>) {
        let [time, elapsed, remotehost, _, bytes, method, url, user, _, kind] = self.words;
        members.number(b"time", time);
        members.number(b"elapsed", elapsed);
        members.text(b"remotehost", remotehost);
        members.text(b"code", self.result.0);
        members.number(b"status", self.result.1);
        members.number(b"bytes", bytes);
        let texts = [
            (&b"method"[..], method),
            (b"url", url),
            (b"rfc931", user),
            (b"peerstatus", self.peer.0),
            (b"peerhost", self.peer.1),
            (b"type", kind),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| *text != b"-") {
            members.text(name, text);
        }
        if self.has_more {
            members.text(b"message", line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::tell::{told_lines, told_times};

    const LINE: &str = "1286536310.253    565 192.168.0.68 TCP_MISS/200 507 POST http://x/a - HIER_NONE/- text/html";
    const FIELDS: &str = r#"{"time":1286536310.253,"elapsed":565,"remotehost":"192.168.0.68","code":"TCP_MISS","status":200,"bytes":507,"method":"POST","url":"http://x/a","peerstatus":"HIER_NONE","type":"text/html""#;

    #[test]
    fn lines_with_and_without_more() {
        let more = format!("{LINE} x");
        let expected = [format!("{FIELDS}}}"), format!("{FIELDS},\"message\":\"{more}\"}}")];
        let text = [LINE, &more].join("\n");
        assert_eq!(told_lines::<LineParser<Squid>>(&text), expected);
        assert_eq!(told_times::<LineParser<Squid>>(&text), [Some(1_286_536_310_253_000_000); 2]);
    }

    #[test]
    fn other_lines_are_messages() {
        for (from, to) in [("310.253", "310"), ("565", "x"), ("/200", "/ok"), (" text/html", ""), ("HIER_NONE/-", "-")]
        {
            let line = LINE.replacen(from, to, 1);
            let expected = format!("!line is not in Squid's native log format: {{\"message\":\"{line}\"}}");
            assert_eq!(told_lines::<LineParser<Squid>>(&line), [expected]);
        }
    }
}

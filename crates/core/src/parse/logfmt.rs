//! `logfmt`: lines of `key=value` pairs, as many programs and firewalls write them.
//!
//! *Recognised*: most of the first lines have at least two pairs, which are most of the line: `time=… level=info msg="a b" user=x`. Lines with
//! `devname=`, `devid=` and `logid=` are Fortinet's: their source type is `fortinet:fortigate`.
//!
//! *Fields*: named as the keys. A value without quotes is a number when JSON can write it as it stands (`007` is text), true or
//! false, or text; one in double quotes is text, with `\"`, `\\`, `\n`, `\r` and `\t` undone. A word without `=` is a flag, and true, when it
//! looks like a key and there are at least twice as many pairs. A priority of syslog in front (`<189>date=…`) is `syslog_priority`. The event time is the field with one of the usual names (`time`,
//! `ts`, `timestamp`, `eventtime`, …), else `date` and `time` together (with `tz`, when it is an offset), else what time the line starts with.
//!
//! *Kept raw*: a line without any pair becomes `message` and says so. A line with other words, or with a quote that is not closed, has the
//! fields that it has, and the line itself as `message`.
pub mod pairs;

use super::date_and_time::parse_date_and_time;
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::sink::{Certainty, EventSink};
use crate::value::time::parse_time_prefix;
use pairs::Pairs;

/// Of the bytes of a line that is recognised, three quarters are pairs.
const PAIR_SHARE: (usize, usize) = (3, 4);

/// A line is an event.
#[derive(Debug, Default)]
pub struct Logfmt {
    pairs: Pairs,
}

impl LineFormat for Logfmt {
    const NAME: &'static str = "logfmt";
    const SIGN: &'static str = "lines that are mostly `key=value` pairs";
    const TIME_FIELDS: &'static [&'static str] =
        &["eventtime", "ts", "time", "timestamp", "@timestamp", "datetime", "event_time", "t", "start"];
    /// Escapes are undone, and flags are true: what is searched need not stand in the line.
    const SKIPPABLE: Option<Skippable> = None;

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| {
            let mut pairs = Pairs::default();
            pairs.read(priority_and_rest(line).1);
            pairs.count() >= 2 && pairs.bytes * PAIR_SHARE.1 >= line.trim_ascii().len() * PAIR_SHARE.0
        })
    }

    fn source_type(head: &Head) -> &'static str {
        let is_fortinet = |line: &[u8]| {
            let mut pairs = Pairs::default();
            let (_, line) = priority_and_rest(line);
            pairs.read(line);
            [&b"devname"[..], b"devid", b"logid"].iter().all(|key| pairs.get(line, key).is_some())
        };
        if head.most_lines(is_fortinet) { "fortinet:fortigate" } else { "logfmt" }
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let (priority, line) = priority_and_rest(line);
        self.pairs.read(line);
        if self.pairs.count() == 0 {
            return Outcome::Unparsed("line has no key=value pair");
        }
        if let Some(priority) = priority {
            members.number(b"syslog_priority", priority);
        }
        let is_whole = self.pairs.is_whole(line);
        for (key, value) in self.pairs.iter(line) {
            // The line itself is the message of one that has more than pairs.
            if is_whole || key != b"message" {
                value.tell(members.key(key));
            }
        }
        if is_whole {
            self.pairs.words(line).for_each(|word| members.boolean(word, true));
        } else {
            members.text(b"message", line);
        }
        Outcome::Event(self.time(line))
    }
}

/// The priority of a line that starts as syslog's do, `<189>`, and what stands behind it.
fn priority_and_rest(line: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let digits = line.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    match line {
        [b'<', rest @ ..] if (1..=3).contains(&digits) && rest.get(digits) == Some(&b'>') => {
            (Some(&rest[..digits]), &rest[digits + 1..])
        }
        _ => (None, line),
    }
}

impl Logfmt {
    /// What time `date` and `time` tell, or the start of the line; of fields that tell it alone the sink knows.
    fn time(&self, line: &[u8]) -> Option<(i64, Certainty)> {
        let get = |key: &[u8]| self.pairs.get(line, key).unwrap_or_default();
        let (date, time, offset) = (get(b"date"), get(b"time"), get(b"tz"));
        if !date.is_empty() {
            let with_offset = parse_date_and_time(date, time, offset).filter(|_| !offset.is_empty());
            let certain = with_offset.map(|ns| (ns, Certainty::Certain));
            return certain.or_else(|| Some((parse_date_and_time(date, time, b"")?, Certainty::ZoneAssumed)));
        }
        let (ns, length) = parse_time_prefix(line)?;
        // Not a date alone.
        (length > b"2026-01-15".len()).then_some((ns, Certainty::Certain))
    }
}

#[cfg(test)]
mod tests;

//! `cef`: ArcSight's Common Event Format, with a syslog header before it or without.
//!
//! *Recognised*: `CEF:0|vendor|product|version|class|name|severity|key=value key=value with spaces …`, alone or behind
//! a header as the format `syslog` has them.
//!
//! *Fields*: `cef_version`, `device_vendor`, `device_product`, `device_version`, `device_event_class_id`, `name`,
//! `severity` (a number when it is one), and the extension's keys as they stand there (`src`, `spt`, `act`, `cs1` …):
//! ports, counts, sizes and custom numbers are numbers, the rest is text. Where the event names a custom field
//! (`cs1Label=Rule cs1=block`), its value stands under that name too: `labels.Rule`. The syslog header is below
//! `syslog`. `\|`, `\=`, `\\`, `\n` and `\r` are what they stand for. The event time is `rt`, else `start`, else `end`
//! (ms since 1970, or `MMM dd yyyy HH:mm:ss`), else the header's.
//!
//! *Kept raw*: a line without such a record becomes `message` and says so. A line with text before the record that is
//! no header, with a key twice or with text that belongs to no key has its fields, and the line itself as `message`.
use super::frames::most_messages;
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::settings::SourceContext;
use super::sink::{Certainty, EventSink};
use super::syslog::{Wrapping, certainty};
use crate::value::syslog_time::SyslogTimes;
use memchr::{memchr2, memmem, memrchr};
use std::borrow::Cow;

const NAMES: [&str; 6] =
    ["device_vendor", "device_product", "device_version", "device_event_class_id", "name", "severity"];

/// Keys whose values are integers or decimals by the format's dictionary.
const NUMBERS: [&[u8]; 30] = [
    b"spt",
    b"dpt",
    b"in",
    b"out",
    b"cnt",
    b"cn1",
    b"cn2",
    b"cn3",
    b"cfp1",
    b"cfp2",
    b"cfp3",
    b"cfp4",
    b"flexNumber1",
    b"flexNumber2",
    b"spid",
    b"dpid",
    b"dvcpid",
    b"fsize",
    b"oldFileSize",
    b"type",
    b"sourceTranslatedPort",
    b"destinationTranslatedPort",
    b"slat",
    b"slong",
    b"dlat",
    b"dlong",
    b"eventId",
    b"bytesIn",
    b"bytesOut",
    b"customerID",
];

/// Keys that tell when it happened, best first.
const TIMES: [&[u8]; 3] = [b"rt", b"start", b"end"];

/// Pairs of one event that are told; the dictionary has about 150 keys.
const PAIRS_MAX: usize = 512;

/// Longest key.
const KEY_BYTES_MAX: usize = 64;

type Pair<'a> = (&'a [u8], &'a [u8]);

/// A line is an event.
#[derive(Debug, Default)]
pub struct Cef {
    times: SyslogTimes,
}

impl LineFormat for Cef {
    const NAME: &'static str = "cef";
    const SIGN: &'static str = "lines of CEF:0| and seven fields parted by |, a syslog header before them or not";
    const TIME_FIELDS: &'static [&'static str] = &["rt", "start", "end"];
    const MAKES_TEXT: bool = true;
    const HAS_FRAMES: bool = true;

    fn looks_like(head: &Head) -> bool {
        let times = SyslogTimes::default();
        most_messages(head, |line| {
            Record::read(line).is_some_and(|record| Wrapping::read(record.before, &times).is_whole)
        })
    }

    fn source_type(_head: &Head) -> &'static str {
        "cef"
    }

    fn configure(&mut self, context: SourceContext, _head: &Head) {
        self.times = SyslogTimes::new(context.modified_ns);
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = Record::read(line) else {
            return Outcome::Unparsed("line has no record of CEF with its seven fields");
        };
        let wrapping = Wrapping::read(record.before, &self.times);
        wrapping.tell(members);
        members.number(b"cef_version", record.version);
        for (name, value) in NAMES.iter().zip(record.fields) {
            let value = unescape(value);
            if *name == "severity" {
                members.number(name.as_bytes(), &value);
            } else {
                members.text(name.as_bytes(), &value);
            }
        }
        let (pairs, is_all) = pairs(record.extension);
        let is_told = tell_pairs(&pairs, members);
        if !(is_all && is_told && wrapping.is_whole) {
            members.text(b"message", line);
        }
        Outcome::Event(self.time(&pairs).or(wrapping.time()))
    }
}

impl Cef {
    fn time(&self, pairs: &[Pair]) -> Option<(i64, Certainty)> {
        TIMES.iter().find_map(|name| {
            let (_, value) = pairs.iter().find(|(key, _)| key == name)?;
            self.times.whole(value).map(|stamp| (stamp.ns, certainty(stamp)))
        })
    }
}

/// The parts of a line, as they stand in it.
struct Record<'a> {
    before: &'a [u8],
    version: &'a [u8],
    fields: [&'a [u8]; NAMES.len()],
    extension: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let at = memmem::find(line, b"CEF:")?;
        let (version, mut rest) = until_bar(&line[at + 4..]);
        let version = version.trim_ascii();
        let is_version = !version.is_empty() && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        let mut fields = [&line[..0]; NAMES.len()];
        for field in &mut fields {
            let (value, after) = until_bar(rest?);
            (*field, rest) = (value.trim_ascii(), after);
        }
        is_version.then(|| Self { before: &line[..at], version, fields, extension: rest.unwrap_or_default() })
    }
}

/// The text before the next `|` that is not escaped, and what follows it, when there is one.
fn until_bar(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'|', b'\\', rest)) {
        at += found;
        if text[at] == b'|' {
            return (&text[..at], Some(&text[at + 1..]));
        }
        at += 2;
    }
    (text, None)
}

/// The pairs of an extension, as they stand there; false: there is text that belongs to none.
fn pairs(extension: &[u8]) -> (Vec<Pair<'_>>, bool) {
    let text = extension.trim_ascii();
    let mut pairs: Vec<Pair> = Vec::new();
    let mut open: Option<(&[u8], usize)> = None;
    let mut is_all = true;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'=', b'\\', rest)) {
        let place = at + found;
        at = place + 1 + usize::from(text[place] == b'\\');
        if text[place] == b'\\' {
            continue;
        }
        let value_start = open.map_or(0, |(_, start)| start);
        let Some((key_start, is_first)) = key_start(text, value_start, place) else { continue };
        let key = &text[key_start..place];
        match open {
            // A key stands behind a space; `a=b=c` is one pair.
            Some(_) if is_first => continue,
            Some((name, start)) => pairs.push((name, text[start..key_start].trim_ascii_end())),
            None => is_all = is_first,
        }
        open = Some((key, place + 1));
        if pairs.len() == PAIRS_MAX {
            return (pairs, false);
        }
    }
    match open {
        Some((name, start)) => {
            pairs.push((name, &text[start..]));
            (pairs, is_all)
        }
        None => (pairs, text.is_empty()),
    }
}

/// Where the key before the `=` at `place` starts, and whether that is at `from`.
fn key_start(text: &[u8], from: usize, place: usize) -> Option<(usize, bool)> {
    let least = place.saturating_sub(KEY_BYTES_MAX + 1).max(from);
    let space = memrchr(b' ', &text[least..place]).map(|at| least + at + 1);
    let start = space.unwrap_or(from);
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']');
    let key = &text[start..place];
    let is_key = (1..=KEY_BYTES_MAX).contains(&key.len()) && key.iter().all(is_letter);
    is_key.then_some((start, start == from))
}

/// Tells the pairs; false: a key came twice.
fn tell_pairs<S: EventSink>(pairs: &[Pair], members: &mut Members<S>) -> bool {
    let is_taken = |key: &[u8]| NAMES.iter().any(|name| name.as_bytes() == key) || TAKEN.contains(&key);
    let mut is_all = true;
    let mut has_labels = false;
    for (index, (key, value)) in pairs.iter().enumerate() {
        if is_taken(key) || pairs[..index].iter().any(|(before, _)| before == key) {
            is_all = false;
            continue;
        }
        has_labels |= key.ends_with(LABEL);
        let value = unescape(value);
        if NUMBERS.contains(key) { members.number(key, &value) } else { members.text(key, &value) }
    }
    if has_labels {
        tell_labels(pairs, members);
    }
    is_all
}

/// Names that are taken by what stands around the extension.
const TAKEN: [&[u8]; 4] = [b"cef_version", b"syslog", b"labels", b"message"];

const LABEL: &[u8] = b"Label";

fn tell_labels<S: EventSink>(pairs: &[Pair], members: &mut Members<S>) {
    let value_of = |name: &[u8]| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let mut labels: Vec<(Cow<[u8]>, Pair)> = Vec::new();
    for (key, label) in pairs {
        let Some(name) = key.strip_suffix(LABEL) else { continue };
        let (Some(value), label) = (value_of(name), unescape(label)) else { continue };
        if !label.is_empty() && labels.iter().all(|(before, _)| *before != label) {
            labels.push((label, (name, value)));
        }
    }
    if labels.is_empty() {
        return;
    }
    members.object(b"labels", |members| {
        for (label, (name, value)) in &labels {
            let value = unescape(value);
            if NUMBERS.contains(name) { members.number(label, &value) } else { members.text(label, &value) }
        }
    });
}

/// What the escapes stand for; a backslash before anything else stays.
fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\\') {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'\\', [escaped @ (b'\\' | b'=' | b'|'), after @ ..]) => (*escaped, after),
            (b'\\', [b'n', after @ ..]) => (b'\n', after),
            (b'\\', [b'r', after @ ..]) => (b'\r', after),
            _ => (*first, after),
        };
        out.push(byte);
        rest = after;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::tell::TellSink;

    const HEAD: &str = r#""cef_version":0,"device_vendor":"V","device_product":"P","device_version":"1","device_event_class_id":"7","name":"n","severity":5"#;

    /// What is told of an extension besides the seven fields, and the time.
    fn extension(text: &str) -> (String, Option<i64>) {
        let mut parser = LineParser::<Cef>::default();
        let mut sink = TellSink::default();
        parser.feed(format!("CEF:0|V|P|1|7|n|5|{text}").as_bytes(), &mut sink);
        parser.finish(&mut sink);
        let told = sink.lines().concat();
        let rest = told.strip_prefix(&format!("{{{HEAD}")).expect("the seven fields").strip_suffix('}').expect("whole");
        (rest.strip_prefix(',').unwrap_or(rest).to_string(), sink.events[0].facts.time_ns)
    }

    #[test]
    fn extensions() {
        for (text, expected, time_ns) in [
            ("", "", None),
            ("src=192.0.2.1 spt=22", r#""src":"192.0.2.1","spt":22"#, None),
            (r"msg=a \= b\\c\nd e act=x y ", r#""msg":"a = b\\c\nd e","act":"x y""#, None),
            ("request=http://x/?a=b&c=d e=f", r#""request":"http://x/?a=b&c=d","e":"f""#, None),
            ("a= b=c=d", r#""a":"","b":"c=d""#, None),
            ("rt=1500000000000 start=1", r#""rt":"1500000000000","start":"1""#, Some(1_500_000_000_000_000_000)),
            (
                "rt=never end=Jan 02 1970 00:00:00",
                r#""rt":"never","end":"Jan 02 1970 00:00:00""#,
                Some(86_400_000_000_000),
            ),
            (
                "cs1Label=Rule Name cs1=x cn1=5 cn1Label=N cs2Label=Lost",
                r#""cs1Label":"Rule Name","cs1":"x","cn1":5,"cn1Label":"N","cs2Label":"Lost","labels":{"Rule Name":"x","N":5}"#,
                None,
            ),
        ] {
            assert_eq!(extension(text), (expected.to_string(), time_ns), "{text}");
        }
        for (text, expected) in [("a=1 a=2", r#""a":"1","#), ("junk a=1", r#""a":"1","#), ("junk", ""), ("name=x", "")]
        {
            let message = serde_json::to_string(&format!("CEF:0|V|P|1|7|n|5|{text}")).expect("a string");
            assert_eq!(extension(text).0, format!(r#"{expected}"message":{message}"#), "{text}");
        }
    }

    #[test]
    fn more_pairs_than_are_told() {
        let text: String = (0..PAIRS_MAX + 1).map(|number| format!("k{number}=1 ")).collect();
        let told = extension(&text).0;
        assert!(told.contains(r#""k511":"1","message""#) && !told.contains(r#""k512":"1""#));
    }

    #[test]
    fn records_behind_headers() {
        let mut parser = LineParser::<Cef>::default();
        let mut sink = TellSink::default();
        let record = "CEF:0|V|P|1|7|n|5|";
        let text = format!(
            "<14>Jan  2 00:00:00 host {record}\nwhat {record}\nCEF:0|V|P\nCEF:x|V|P|1|7|n|5|\nCEF:0|a\\|b|P|1|7|n|High"
        );
        parser.feed(text.as_bytes(), &mut sink);
        parser.finish(&mut sink);
        let unparsed = "!line has no record of CEF with its seven fields: ";
        assert_eq!(
            sink.lines(),
            [
                format!(
                    r#"{{"syslog":{{"priority":14,"facility":"user","severity":"info","timestamp":"Jan  2 00:00:00","hostname":"host"}},{HEAD}}}"#
                ),
                format!(r#"{{{HEAD},"message":"what {record}"}}"#),
                format!(r#"{unparsed}{{"message":"CEF:0|V|P"}}"#),
                format!(r#"{unparsed}{{"message":"CEF:x|V|P|1|7|n|5|"}}"#),
                format!(
                    "{{{}}}",
                    HEAD.replace(r#""V""#, r#""a|b""#).replace(r#""severity":5"#, r#""severity":"High""#)
                ),
            ]
        );
        assert_eq!(sink.events[0].facts.certainty, Certainty::YearInferred);
    }
}

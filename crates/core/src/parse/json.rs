//! `json`: JSON in every shape that logs come in.
//!
//! *Recognised*: one object per line; objects one after another, pretty-printed or not, with or without white space between
//! them; an array of objects (each element is an event); an envelope, an object whose events are the elements of one of its arrays.
//! A byte order mark at the start is skipped.
//!
//! *Envelopes*: `Records` (CloudTrail, notifications of S3, SNS and SQS), `Events` (what `aws cloudtrail lookup-events` prints), `records` (Azure diagnostic settings), `logEvents`
//! (CloudWatch Logs subscriptions), `items` (Kubernetes lists, Google Workspace reports, 1Password), `configurationItems` (AWS
//! Config), `findings`, `Findings` and `detail.findings` (Security Hub, GuardDuty, also by EventBridge), `entries` (Slack, gcloud, Box),
//! `value` (Microsoft Graph), `events`, `result` (Cloudflare), `resourceLogs` (OpenTelemetry). But for `Records`, such an array makes an
//! envelope only with what else these services write: members before it, or in its first element. All other objects are
//! events, whatever arrays they have. Members of the envelope that tell where the events are from (`owner`, `logGroup` and `logStream`
//! of CloudWatch Logs, `account` and `region` of EventBridge, …) are copied into every event that has no member of that name, as long as
//! they are no longer than 4 KiB together; all others become one event of their own, after the elements.
//!
//! *CloudWatch Logs*: a `message` that is a JSON object stays what it is, and is also told as `event` (`event.eventName`). A control
//! message is an event like others.
//!
//! *OpenTelemetry* (OTLP as JSON): each log record is an event. A list of attributes becomes an object (`attributes.user.id`), a value
//! loses its wrapping (`{"intValue": "2"}` is 2), `resource` and `scope` are copied in (`resource.attributes.service.name`).
//! A `timeUnixNano` of 0 says nothing and is left out. What does not look so stays as it is.
//!
//! *Fields*: the members of each object, as they are. Numbers keep their text. A value that is no object gives the field
//! `message`; outside of arrays of objects and envelopes it must stand alone on its line. When a name stands twice in an object, both
//! values are told and counted. A lone surrogate escape is kept (WTF-8); bytes that are no UTF-8 are read as
//! Windows-1252 and are counted.
//!
//! *Source type and time*: both are decided by the names in the first record (in the first 16 KiB, where it is longer). Each source
//! type knows where its time is (`published` of Okta, `id.time` of Google Workspace); events without that are asked for `eventTime`,
//! `@timestamp`, `timestamp`, `time` and other usual names.
//!
//! *Source types*: `1password`, `anthropic`, `appomni`, `asana`, `atlassian`, `auth0`, `aws:bedrock`, `aws:cloudtrail`, `aws:cloudtrail:digest`,
//! `aws:cloudwatch`, `aws:config`, `aws:eks`, `aws:eventbridge`, `aws:guardduty`, `aws:route53resolver`, `aws:s3notification`,
//! `aws:securityhub`, `aws:sns`, `aws:sqs`, `aws:vpcflow`, `aws:waf`, `axonius`, `azure:activity`, `azure:aks`, `azure:audit`,
//! `azure:intune`, `azure:signin`, `box`, `canary`, `carbonblack`, `cloudflare:access`, `cloudflare:audit`, `cloudflare:dns`,
//! `cloudflare:firewall`, `cloudflare:gateway_dns`, `cloudflare:gateway_http`, `cloudflare:gateway_network`,
//! `cloudflare:http`, `cloudflare:spectrum`,
//! `crowdstrike`, `databricks`, `docusign`, `dropbox`, `duo`, `falco`, `gcp:audit`, `gcp:log`, `github`, `github:webhook`,
//! `gitlab`, `gworkspace`, `journald`, `kubernetes:audit`, `kubernetes:event`, `m365`, `m365:defender`, `mongodb`, `msgraph:alert`,
//! `netskope`, `notion`, `ocsf`, `okta`, `onelogin`, `openai`, `orca`, `osquery`, `otlp`, `proofpoint`, `salesforce`,
//! `sentinelone`, `slack`, `snowflake`, `snyk`, `suricata`, `tailscale`, `teleport`, `tines`, `tracebit`, `umbrella`, `upwind`,
//! `windows`, `wiz`, `zeek:json`, `zendesk`, `zoom`, `zscaler`. All else is `json`.
//!
//! *Kept raw*: text that is not JSON becomes events `{"message": text}` that say why: the rest of the line; or, of an element of
//! an array, what its brackets enclose or what precedes the next element; or, of one of several objects on a line, what its
//! brackets enclose. Reading goes on behind it. A record that is cut off by the end of the data, is nested too deep or has too
//! many values (see `walk`) is kept likewise. Longer text than `RAW_BYTES_MAX` becomes several events.
mod broken;
mod copied;
mod envelopes;
mod flat;
mod keys;
pub(super) mod kinds;
mod members;
mod names;
mod opening;
mod otlp;
mod salvage;
pub(crate) mod string;
pub(crate) mod walk;

use super::ignore::{IgnoreSink, SkimSink};
use super::registry::{Head, Parser, Skippable};
use super::sink::{EventSink, RecordFacts};
use super::statistics::Statistics;
use super::utf8::{BYTE_ORDER_MARK, Utf8Filter};
use broken::RawLine;
use copied::{Copied, Copier};
use envelopes::Elements;
pub use envelopes::may_open as may_open_envelope;
pub(super) use flat::{Flat, is_object};
pub(super) use kinds::PLAIN as UNKNOWN;
use opening::Opening;
use walk::{Fault, Stop, Walker, skip_space};

/// Where JSON logs keep their time, the most telling names first; last those that may also be of the thing that an event is about.
const TIME_FIELDS: [&str; 28] = [
    "eventTime",
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "datetime",
    "event_time",
    "published",
    "createdDateTime",
    "date",
    "Timestamp",
    "Time",
    "Datetime",
    "DateTime",
    "EventTime",
    "eventtime",
    "event.time",
    "event.timestamp",
    "TimeGenerated",
    "_time",
    "_timestamp",
    "@t",
    "CreationTime",
    "occurred_at",
    "occurredAt",
    "created_at",
    "createdAt",
    "CreatedAt",
];

/// Longest piece of raw text in one event; longer ones only make a value that nobody reads.
pub const RAW_BYTES_MAX: usize = 1024 * 1024;

/// Longest record. It is held in memory whole; real ones reach 20 MB.
pub const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Input is taken in steps of this size, so that the buffer does not depend on how much is fed at once.
const STEP_BYTES: usize = 256 * 1024;

/// A streaming parser: `feed` the text as it comes, then `finish`.
#[derive(Debug, Default)]
pub struct JsonParser {
    filter: Utf8Filter,
    /// Text that is not told yet: at most one record, or one step.
    buffer: Vec<u8>,
    /// An incomplete record is tried again when the buffer has this length: twice what it had, so that a long record that comes
    /// in small parts is not read again for each of them.
    retry_bytes: usize,
    place: Place,
    /// Members of the envelope that become an event of their own, as they stand, separated by commas.
    members: Vec<u8>,
    copied: Copied,
    copier: Copier,
    elements: Elements,
    /// Objects that end behind the array of the envelope.
    objects_open: usize,
    walker: Walker,
    opening: Opening,
    /// Text that recovery from broken records has looked at twice.
    reread_bytes: usize,
    statistics: Statistics,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Top,
    /// Among the elements of an array that is the whole of the text.
    Array,
    /// Among the elements of the array of an envelope.
    Elements,
    /// Among the members of the envelope, after its array.
    Members,
    /// In a line that is not JSON and too long for one piece.
    Raw(RawLine),
}

/// How far a step came.
enum Step {
    To(usize),
    /// More text is needed.
    Wait,
}

/// What of the buffer is looked at, and whether the data end with it.
#[derive(Clone, Copy)]
struct Text<'a> {
    bytes: &'a [u8],
    is_last: bool,
}

impl Parser for JsonParser {
    const NAME: &'static str = "json";
    const SIGN: &'static str = "an object or an array of objects at the start";
    const TIME_FIELDS: &'static [&'static str] = &TIME_FIELDS;

    fn looks_like(head: &Head) -> bool {
        let mut bytes = head.bytes().iter().filter(|byte| !byte.is_ascii_whitespace());
        let inside: &[u8] = match bytes.next() {
            Some(b'{') => b"\"}",
            Some(b'[') => b"{]",
            _ => return false,
        };
        bytes.next().is_none_or(|byte| inside.contains(byte))
    }

    fn source_type(head: &Head) -> &'static str {
        kinds::source_type(head.bytes())
    }

    fn time_fields(source_type: &str) -> &'static [&'static str] {
        kinds::time_fields(source_type)
    }

    fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        for step in data.chunks(STEP_BYTES) {
            self.filter.feed(step, &mut self.buffer);
            if self.buffer.len() >= self.retry_bytes {
                self.read(false, sink);
            }
        }
    }

    /// The end of the data. The parser is then ready for another object's.
    fn finish<S: EventSink>(&mut self, sink: &mut S) {
        self.filter.finish(&mut self.buffer);
        // So that a number at the end has an end.
        self.buffer.push(b'\n');
        self.read(true, sink);
        self.tell_members(sink);
        self.place = Place::Top;
        self.opening.forget();
        self.reread_bytes = 0;
    }

    fn statistics(&self) -> Statistics {
        Statistics { invalid_utf8: self.filter.replaced(), ..self.statistics }
    }

    fn skippable(&self) -> Option<Skippable> {
        let is_at_rest = self.place == Place::Top && self.buffer.is_empty() && !self.filter.is_pending();
        is_at_rest.then_some(Skippable::Objects)
    }
}

impl JsonParser {
    fn read<S: EventSink>(&mut self, is_last: bool, sink: &mut S) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let text = Text { bytes: &buffer, is_last };
        let mut at = 0;
        while let Step::To(next) = self.step(text, at, sink) {
            debug_assert!(next >= at);
            at = next;
        }
        if is_last {
            buffer.clear();
        } else {
            buffer.drain(..at);
        }
        self.retry_bytes = buffer.len() * 2;
        self.buffer = buffer;
    }

    fn step<S: EventSink>(&mut self, text: Text, at: usize, sink: &mut S) -> Step {
        match self.place {
            Place::Raw(raw) => self.raw_line(text, at, raw, sink),
            Place::Top => match skip(text.bytes, at, b" \t\r\n") {
                Some(start) => self.top(text, start, sink),
                None => past_the_end(text, at),
            },
            Place::Array | Place::Elements => match skip(text.bytes, at, b" \t\r\n,") {
                Some(start) => self.element(text, start, sink),
                None => past_the_end(text, at),
            },
            Place::Members => match skip(text.bytes, at, b" \t\r\n,") {
                Some(start) => self.member(text, start, sink),
                None => past_the_end(text, at),
            },
        }
    }

    fn top<S: EventSink>(&mut self, text: Text, at: usize, sink: &mut S) -> Step {
        // It stands where a file begins: of several that were put together too.
        if text.bytes[at..].starts_with(BYTE_ORDER_MARK) {
            return Step::To(at + BYTE_ORDER_MARK.len());
        }
        if text.bytes[at] == b'{' {
            return match self.event::<S, true>(text.bytes, at, sink) {
                Ok(end) => Step::To(end),
                Err(Stop::Envelope(opened)) => self.open_envelope(text.bytes, at, opened),
                Err(stop) => self.stopped(text, at, stop, sink),
            };
        }
        if text.bytes[at] == b'[' {
            match skip_space(text.bytes, at + 1).map(|inside| (inside, text.bytes[inside])) {
                Ok((inside, b']')) => return Step::To(inside + 1),
                Ok((inside, b'{')) => {
                    return match self.event::<S, false>(text.bytes, inside, sink) {
                        Ok(end) => {
                            self.opening.forget();
                            self.opening.learn(text.bytes, inside);
                            self.place = Place::Array;
                            Step::To(end)
                        }
                        Err(stop) => self.stopped(text, at, stop, sink),
                    };
                }
                Ok(_) => {}
                Err(stop) => return self.stopped(text, at, stop, sink),
            }
        }
        self.lone_value(text, at, sink)
    }

    /// A value that is no event by its shape; it counts as JSON only when it is all of its line, as many a line of plain text
    /// starts with a number.
    fn lone_value<S: EventSink>(&mut self, text: Text, at: usize, sink: &mut S) -> Step {
        let told = self.check(text, at, b"\n", "text follows a value on its line");
        match told.and_then(|()| self.event::<S, false>(text.bytes, at, sink)) {
            Ok(end) => Step::To(end),
            Err(stop) => self.stopped(text, at, stop, sink),
        }
    }

    fn element<S: EventSink>(&mut self, text: Text, at: usize, sink: &mut S) -> Step {
        if text.bytes[at] == b']' {
            let is_envelope = self.place == Place::Elements;
            self.place = if is_envelope { Place::Members } else { Place::Top };
            return Step::To(at + 1);
        }
        // In a broken element, a name may stand where an element is expected.
        let checked = match text.bytes[at] {
            b'{' => Ok(()),
            _ => self.check(text, at, b",]", "',' or ']' was expected"),
        };
        match checked.and_then(|()| self.element_event(text.bytes, at, sink)) {
            Ok(end) => {
                self.opening.learn(text.bytes, at);
                Step::To(end)
            }
            Err(stop) => self.stopped(text, at, stop, sink),
        }
    }

    /// Whether a value starts here, and one of `followers` or the end of the data comes after it.
    fn check(&mut self, text: Text, at: usize, followers: &[u8], reason: &'static str) -> Result<(), Stop> {
        let bytes = text.bytes;
        let end = self.walker.value::<_, false>(bytes, at, &mut IgnoreSink)?;
        let space: &[u8] = if followers.contains(&b'\n') { b" \t\r" } else { b" \t\r\n" };
        match skip(bytes, end, space).map(|place| (place, bytes[place])) {
            None if !text.is_last => Err(Stop::Incomplete),
            None => Ok(()),
            Some((_, follower)) if followers.contains(&follower) => Ok(()),
            Some((at, _)) => Err(Stop::Malformed(Fault { at, reason, in_string: false })),
        }
    }

    /// Tells the value that starts at `at` as an event, or takes back what the sink was told of it.
    #[inline]
    fn event<S: EventSink, const TOP: bool>(&mut self, text: &[u8], at: usize, sink: &mut S) -> Result<usize, Stop> {
        if sink.looks_ahead()
            && let Ok(end) = self.walker.value::<_, TOP>(text, at, &mut SkimSink)
            && !sink.wants(&text[at..end])
        {
            sink.skip_event();
            self.statistics.events += 1;
            return Ok(end);
        }
        sink.begin_event();
        let is_object = text[at] == b'{';
        if !is_object {
            sink.begin_object();
            sink.key(b"message");
        }
        let result = self.walker.value::<S, TOP>(text, at, sink);
        if result.is_err() {
            sink.abort_event();
            return result;
        }
        if !is_object {
            sink.end_object();
        }
        if let Ok(end) = result {
            sink.source_text(&text[at..end]);
        }
        sink.end_event(RecordFacts::default());
        self.statistics.events += 1;
        self.statistics.duplicate_keys += self.walker.duplicates();
        result
    }
}

fn skip(text: &[u8], at: usize, what: &[u8]) -> Option<usize> {
    let rest = text.get(at..)?;
    rest.iter().position(|byte| !what.contains(byte)).map(|length| at + length)
}

/// Only what may be skipped is left.
fn past_the_end(text: Text, at: usize) -> Step {
    if at < text.bytes.len() { Step::To(text.bytes.len()) } else { Step::Wait }
}

#[cfg(test)]
mod envelope_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;

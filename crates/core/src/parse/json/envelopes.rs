//! Objects that are no event but hold a list of them: which member has the list, and what else makes such an object an envelope.
//!
//! Ordinary events have members with these names too. So an object is taken apart only when what stands before the list, or the
//! members of its first element, say whose envelope it is.
use super::keys::{OpenKeys, OpenObject};
use super::walk::{Stop, Walker, skip_space};
use crate::parse::sink::{EventSink, RecordFacts};

/// A kind of envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The member whose array holds the events.
    pub member: &'static str,
    /// The array is the first member of the object that is `member`, under this name.
    inside: Option<&'static str>,
    /// Members that stand before it.
    before: &'static [&'static str],
    /// No member stands before it.
    is_first: bool,
    /// Members that its first element has.
    element: &'static [&'static str],
    /// Members before the array that every event gets, as they tell where it is from.
    pub copied: &'static [&'static str],
    /// What is done to an element.
    pub elements: Elements,
}

/// What the elements of an envelope are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Elements {
    #[default]
    Events,
    /// Events whose `message` may be JSON, which is then told too.
    Messages,
    /// `resourceLogs` of OTLP, each a tree of events.
    ResourceLogs,
}

/// An envelope by the name of its member alone.
const PLAIN: Envelope = Envelope {
    member: "Records",
    inside: None,
    before: &[],
    is_first: false,
    element: &[],
    copied: &[],
    elements: Elements::Events,
};

/// Of rows with one `member`, the first that fits counts.
static ENVELOPES: &[Envelope] = &[
    // CloudTrail; notifications of S3, SNS, SQS.
    PLAIN,
    // Azure diagnostic settings, by Event Hub and in storage accounts.
    Envelope { member: "records", is_first: true, element: &["time", "category"], ..PLAIN },
    Envelope { member: "records", is_first: true, element: &["time", "operationName"], ..PLAIN },
    Envelope { member: "records", is_first: true, element: &["time", "resourceId"], ..PLAIN },
    // CloudWatch Logs, subscription filters.
    Envelope {
        member: "logEvents",
        before: &["messageType", "logGroup"],
        copied: &["messageType", "owner", "logGroup", "logStream", "subscriptionFilters"],
        elements: Elements::Messages,
        ..PLAIN
    },
    // Kubernetes lists, of audit events too; `kubectl` writes `kind` behind the items.
    Envelope { member: "items", before: &["apiVersion"], element: &["metadata"], ..PLAIN },
    Envelope { member: "items", before: &["apiVersion"], element: &["auditID"], ..PLAIN },
    // Google Workspace reports.
    Envelope { member: "items", before: &["kind"], element: &["kind", "id", "actor"], ..PLAIN },
    // 1Password events.
    Envelope { member: "items", before: &["cursor", "has_more"], ..PLAIN },
    // AWS Config snapshots and histories.
    Envelope { member: "configurationItems", before: &["fileVersion"], copied: &["configSnapshotId"], ..PLAIN },
    // Security Hub and GuardDuty.
    Envelope { member: "findings", element: &["ProductArn", "AwsAccountId"], ..PLAIN },
    Envelope { member: "findings", element: &["schemaVersion", "service"], ..PLAIN },
    Envelope { member: "Findings", element: &["ProductArn", "AwsAccountId"], ..PLAIN },
    Envelope { member: "Findings", element: &["SchemaVersion", "Service"], ..PLAIN },
    // Security Hub by EventBridge.
    Envelope {
        member: "detail",
        inside: Some("findings"),
        before: &["detail-type", "source"],
        copied: &["version", "id", "detail-type", "source", "account", "time", "region", "resources"],
        ..PLAIN
    },
    // Slack, gcloud and Cloud Logging, Box.
    Envelope { member: "entries", element: &["date_create", "action"], ..PLAIN },
    Envelope { member: "entries", element: &["logName", "timestamp"], ..PLAIN },
    Envelope { member: "entries", element: &["event_id", "event_type"], ..PLAIN },
    // Microsoft Graph.
    Envelope { member: "value", before: &["@odata.context"], copied: &["@odata.context"], ..PLAIN },
    // CloudWatch Logs, what the command line tool writes; exports that are nothing but their events.
    Envelope { member: "events", is_first: true, element: &["timestamp"], ..PLAIN },
    Envelope { member: "events", is_first: true, element: &["time"], ..PLAIN },
    Envelope { member: "events", is_first: true, element: &["created_at"], ..PLAIN },
    // Cloudflare's interface.
    Envelope { member: "result", before: &["success", "errors"], ..PLAIN },
    Envelope { member: "result", is_first: true, element: &["when", "actor"], ..PLAIN },
    // CloudTrail, what the command line tool writes.
    Envelope { member: "Events", is_first: true, element: &["EventId", "CloudTrailEvent"], ..PLAIN },
    // OpenTelemetry.
    Envelope { member: "resourceLogs", element: &["scopeLogs"], elements: Elements::ResourceLogs, ..PLAIN },
];

/// By the first byte of a name: the lengths of the members that begin so, as bits.
const LENGTHS: [u32; 256] = {
    let mut lengths = [0; 256];
    let mut row = 0;
    while row < ENVELOPES.len() {
        let name = ENVELOPES[row].member.as_bytes();
        lengths[name[0] as usize] |= 1 << name.len();
        row += 1;
    }
    lengths
};

/// Whether the array of some envelope is a member of this name. Quick for names that are none.
#[inline(always)]
pub fn is_member(name: &[u8]) -> bool {
    let Some(&first) = name.first() else { return false };
    name.len() < 32 && LENGTHS[first as usize] >> name.len() & 1 == 1 && rows(name).next().is_some()
}

fn rows(name: &[u8]) -> impl Iterator<Item = &'static Envelope> {
    ENVELOPES.iter().filter(move |row| row.member.as_bytes() == name)
}

/// What stands before a member of an object.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    pub keys: &'a OpenKeys,
    pub object: OpenObject,
    /// Nothing is known of what stands before it: an array of the same envelope ended there.
    pub is_unknown: bool,
}

/// An envelope, and the place of its first element, when the member `name` with the value at `value` makes its object one.
pub fn opened(
    name: &[u8],
    text: &[u8],
    value: usize,
    before: Before,
) -> Result<Option<(usize, &'static Envelope)>, Stop> {
    for row in rows(name).filter(|row| row.may_follow(before)) {
        if let Some(elements) = row.first_element(text, value, before)?
            && row.has_wanted(text, elements)?
        {
            return Ok(Some((elements, row)));
        }
    }
    Ok(None)
}

/// Whether the array that opens at `bracket` may be that of an envelope, by the name before it.
pub fn may_open(text: &[u8], bracket: usize) -> bool {
    let Some(name) = text[..bracket].trim_ascii_end().strip_suffix(b":") else { return false };
    let Some(name) = name.trim_ascii_end().strip_suffix(b"\"") else { return false };
    let start = memchr::memrchr(b'"', name).map_or(0, |at| at + 1);
    let name = &name[start..];
    name.contains(&b'\\') || ENVELOPES.iter().any(|row| row.inside.unwrap_or(row.member).as_bytes() == name)
}

impl Envelope {
    /// Whether the array is in an object inside of the envelope.
    pub fn is_nested(&self) -> bool {
        self.inside.is_some()
    }

    /// Whether its name alone makes it one.
    fn is_plain(&self) -> bool {
        !self.is_first && self.before.is_empty() && self.element.is_empty() && self.inside.is_none()
    }

    fn may_follow(&self, before: Before) -> bool {
        if before.is_unknown {
            return self.is_plain();
        }
        let has = |name: &&str| before.keys.has(before.object, name.as_bytes());
        (!self.is_first || before.keys.is_fresh(before.object)) && self.before.iter().all(has)
    }

    /// The first element of the array, which must be an object; or, where the array is all that there is, its end.
    fn first_element(&self, text: &[u8], value: usize, before: Before) -> Result<Option<usize>, Stop> {
        let array = match self.inside {
            Some(name) => match self.array_inside(text, value, name)? {
                Some(array) => array,
                None => return Ok(None),
            },
            None => value,
        };
        if text[array] != b'[' {
            return Ok(None);
        }
        let inside = skip_space(text, array + 1)?;
        match text[inside] {
            b'{' => Ok(Some(inside)),
            b']' if self.is_plain() && before.keys.is_fresh(before.object) => {
                let after = skip_space(text, inside + 1)?;
                Ok((text[after] == b'}').then_some(inside))
            }
            _ => Ok(None),
        }
    }

    /// The value of the first member of the object at `value`, when that is its name.
    fn array_inside(&self, text: &[u8], value: usize, name: &str) -> Result<Option<usize>, Stop> {
        if text[value] != b'{' {
            return Ok(None);
        }
        let mut at = skip_space(text, value + 1)?;
        for byte in [b"\"", name.as_bytes(), b"\""].concat() {
            if *text.get(at).ok_or(Stop::Incomplete)? != byte {
                return Ok(None);
            }
            at += 1;
        }
        let colon = skip_space(text, at)?;
        if text[colon] != b':' {
            return Ok(None);
        }
        skip_space(text, colon + 1).map(Some)
    }

    /// Whether the element has the members that it must have; of one that is damaged, what precedes the damage counts.
    fn has_wanted(&self, text: &[u8], element: usize) -> Result<bool, Stop> {
        if self.element.is_empty() {
            return Ok(true);
        }
        let mut names = MemberNames { wanted: self.element, found: 0, depth: 0 };
        let end = Walker::default().value::<_, false>(text, element, &mut names);
        match (names.found == (1 << self.element.len()) - 1, end) {
            (true, _) => Ok(true),
            (false, Err(Stop::Incomplete)) => Err(Stop::Incomplete),
            (false, _) => Ok(false),
        }
    }
}

/// Looks for members of an object by their names.
struct MemberNames {
    wanted: &'static [&'static str],
    /// One bit for each.
    found: u32,
    depth: usize,
}

impl EventSink for MemberNames {
    const COUNTS_NAMES: bool = false;

    fn begin_event(&mut self) {}
    fn begin_object(&mut self) {
        self.depth += 1;
    }
    fn end_object(&mut self) {
        self.depth -= 1;
    }
    fn begin_array(&mut self) {
        self.depth += 1;
    }
    fn end_array(&mut self) {
        self.depth -= 1;
    }
    #[inline]
    fn key(&mut self, name: &[u8]) {
        if self.depth == 1
            && let Some(at) = self.wanted.iter().position(|wanted| wanted.as_bytes() == name)
        {
            self.found |= 1 << at;
        }
    }
    fn string(&mut self, _value: &[u8]) {}
    fn number(&mut self, _text: &[u8]) {}
    fn boolean(&mut self, _value: bool) {}
    fn null(&mut self) {}
    fn end_event(&mut self, _facts: RecordFacts) {}
    fn abort_event(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_envelopes_are_told_from_others() {
        for row in ENVELOPES {
            assert!(is_member(row.member.as_bytes()), "{}", row.member);
            assert!(row.element.len() < 32 && row.member.len() < 32);
        }
        for name in ["", "record", "Recordz", "a", "valuE", "an unusually long name that is none of them"] {
            assert!(!is_member(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn an_array_may_open_an_envelope() {
        for (text, expected) in [
            ("{\"Records\":[", true),
            ("{\"a\":1, \"value\" : [", true),
            ("{\"detail\":{\"findings\":[", true),
            ("{\"v\\u0061lue\":[", true),
            ("{\"detail\":[", false),
            ("{\"tags\":[", false),
            ("[", false),
            ("[[", false),
            ("{\"a\":1}[", false),
        ] {
            assert_eq!(may_open(text.as_bytes(), text.len() - 1), expected, "{text}");
        }
    }
}

//! Records of Linux' audit: `type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e … key="passwd"`.
use crate::parse::line_format::Members;
use crate::parse::sink::EventSink;
use crate::value::time::parse_epoch;
use memchr::memchr;

/// Fields of one record that are told; `execve` with more arguments than this has the rest in the line only.
const FIELDS_MAX: usize = 256;

/// Fields that the kernel writes as hexadecimal digits when they hold a space, a quote or a control character.
const ENCODED: [&[u8]; 17] = [
    b"proctitle",
    b"comm",
    b"exe",
    b"cwd",
    b"name",
    b"key",
    b"cmd",
    b"acct",
    b"data",
    b"dir",
    b"path",
    b"vm",
    b"grp",
    b"new_group",
    b"file",
    b"ocomm",
    b"watch",
];

/// Fields that are text though they look like numbers.
const TEXTS: [&[u8]; 4] = [b"arch", b"mode", b"saddr", b"proctitle"];

/// Permissions of one decision of SELinux; there are some dozen for a class of objects.
const PERMISSIONS_MAX: usize = 64;

/// Between what the kernel wrote and what the daemon makes of it.
const ENRICHED: u8 = 0x1d;

/// A record: what every one has, and the rest of it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    node: &'a [u8],
    kind: &'a [u8],
    pub time_ns: i64,
    event_id: &'a [u8],
    fields: &'a [u8],
}

impl<'a> Record<'a> {
    /// None: it is no record.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        let line = line.strip_prefix(b"audit: ").unwrap_or(line);
        let (node, rest) = match line.strip_prefix(b"node=") {
            Some(rest) => cut(rest, b' ')?,
            None => (&line[..0], line),
        };
        let (kind, rest) = cut(rest.strip_prefix(b"type=")?, b' ')?;
        let rest = rest.strip_prefix(b"msg=").unwrap_or(rest);
        let (id, rest) = cut(rest.strip_prefix(b"audit(")?, b')')?;
        let (time, event_id) = cut(id, b':')?;
        let fields = rest.strip_prefix(b":")?;
        Some(Self { node, kind, time_ns: parse_epoch(time)?, event_id, fields })
    }

    /// Tells its members; false: something in it is no field.
    pub fn tell<S: EventSink>(&self, members: &mut Members<S>) -> bool {
        if !self.node.is_empty() {
            members.text(b"node", self.node);
        }
        members.text(b"type", self.kind);
        members.number(b"event_id", self.event_id);
        let mut told = vec![&b"node"[..], b"type", b"event_id"];
        let fields = tell_decision(self.fields, &mut told, members);
        tell_fields(fields, self.kind == b"EXECVE", &mut told, members)
    }
}

/// Tells a message that is a record below `audit`; what is none is not told.
pub fn tell<S: EventSink>(message: &[u8], members: &mut Members<S>) {
    if let Some(record) = Record::read(message) {
        members.object(b"audit", |members| {
            record.tell(members);
        });
    }
}

fn tell_fields<'a, S: EventSink>(
    text: &'a [u8],
    is_execve: bool,
    told: &mut Vec<&'a [u8]>,
    members: &mut Members<S>,
) -> bool {
    let mut is_all = true;
    let mut rest = text;
    while let Some((name, value, after)) = field(rest) {
        rest = after;
        if name.is_empty() || told.len() >= FIELDS_MAX || told.contains(&name) {
            is_all = false;
            continue;
        }
        told.push(name);
        match value {
            Value::Nested(inside) => {
                let mut told = Vec::new();
                members.object(name, |members| {
                    let fields = tell_decision(inside, &mut told, members);
                    is_all &= tell_fields(fields, false, &mut told, members);
                });
            }
            Value::Quoted(text) => members.text(name, text),
            Value::Plain(b"(null)" | b"?" | b"") => members.null(name),
            Value::Plain(text) => tell_plain(name, text, is_execve, members),
        }
    }
    is_all
}

/// Tells SELinux' decision, `avc:  denied  { read write } for  pid=…`, under the names that audit's dictionary of fields has
/// for it; the answer is what follows. What does not look so stays what it is: words.
fn tell_decision<'a, S: EventSink>(text: &'a [u8], told: &mut Vec<&'a [u8]>, members: &mut Members<S>) -> &'a [u8] {
    let Some((result, permissions, rest)) = decision(text) else { return text };
    members.text(b"seresult", result);
    let sink = members.key(b"seperms");
    sink.begin_array();
    words(permissions).for_each(|permission| sink.string(permission));
    sink.end_array();
    told.extend([&b"seresult"[..], b"seperms"]);
    rest
}

fn decision(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let rest = text.trim_ascii_start().strip_prefix(b"avc: ")?;
    let (result, rest) = cut(rest.trim_ascii_start(), b' ')?;
    let (permissions, rest) = cut(rest.trim_ascii_start().strip_prefix(b"{ ")?, b'}')?;
    let rest = match rest.strip_prefix(b" for ") {
        Some(rest) => rest,
        None if rest.is_empty() || rest.starts_with(b" ") => rest,
        None => return None,
    };
    let count = words(permissions).take(PERMISSIONS_MAX + 1).count();
    let is_decision = matches!(result, b"denied" | b"granted") && (1..=PERMISSIONS_MAX).contains(&count);
    is_decision.then_some((result, permissions, rest))
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b' ').filter(|word| !word.is_empty())
}

fn tell_plain<S: EventSink>(name: &[u8], text: &[u8], is_execve: bool, members: &mut Members<S>) {
    let is_argument = is_execve && matches!(name, [b'a', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit));
    let is_encoded = is_argument || ENCODED.contains(&name);
    if is_encoded || TEXTS.contains(&name) || is_hexadecimal_argument(name) {
        members.text(name, text);
    } else {
        members.number(name, text);
    }
    if let Some(decoded) = is_encoded.then(|| decode(text)).flatten() {
        members.text(&[name, b"_decoded"].concat(), decoded.as_bytes());
    }
}

/// Arguments of a system call, `a0` to `a3`, are hexadecimal: `10` is sixteen.
fn is_hexadecimal_argument(name: &[u8]) -> bool {
    matches!(name, [b'a', b'0'..=b'9'])
}

/// The text that hexadecimal digits stand for; what parts the arguments of a command becomes a space.
fn decode(text: &[u8]) -> Option<String> {
    if text.len() < 2 || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_lowercase());
    let byte = |pair: &[u8]| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8);
    let bytes = text.chunks_exact(2).map(byte).collect::<Option<Vec<u8>>>()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(text.trim_end_matches('\0').replace('\0', " "))
}

enum Value<'a> {
    Plain(&'a [u8]),
    Quoted(&'a [u8]),
    /// `msg='op=login …'`
    Nested(&'a [u8]),
}

/// The next field and what follows it; one without a name is a word that is no field.
fn field<'a>(rest: &'a [u8]) -> Option<(&'a [u8], Value<'a>, &'a [u8])> {
    let is_space = |byte: &u8| matches!(*byte, b' ' | ENRICHED | b',');
    let start = rest.iter().position(|byte| !is_space(byte))?;
    let text = &rest[start..];
    let end = text.iter().position(|byte| is_space(byte) || *byte == b'=').unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let Some(value) = after.strip_prefix(b"=") else {
        return Some((b"", Value::Plain(name), after));
    };
    let quoted = |quote: u8| {
        let inside = value.strip_prefix(&[quote])?;
        cut(inside, quote)
    };
    if let Some((inside, after)) = quoted(b'"') {
        return Some((name, Value::Quoted(inside), after));
    }
    if let Some((inside, after)) = quoted(b'\'') {
        let is_nested = name == b"msg" && memchr(b'=', inside).is_some();
        return Some((name, if is_nested { Value::Nested(inside) } else { Value::Quoted(inside) }, after));
    }
    let end = value.iter().position(|&byte| matches!(byte, b' ' | ENRICHED)).unwrap_or(value.len());
    let (value, after) = value.split_at(end);
    Some((name, Value::Plain(value), after))
}

fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = memchr(at, text)?;
    Some((&text[..place], &text[place + 1..]))
}

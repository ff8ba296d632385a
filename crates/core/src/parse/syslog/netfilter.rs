//! Packets that netfilter logs: `[prefix ]IN=eth0 OUT= MAC=… SRC=192.0.2.1 … SYN URGP=0`.
use crate::parse::line_format::Members;
use crate::parse::sink::EventSink;
use memchr::memmem;

/// Fields and flags that are told; the kernel writes about half as many.
const FIELDS_MAX: usize = 48;

/// Longest name of a field or flag.
const NAME_BYTES_MAX: usize = 16;

/// Tells the fields below `iptables`; false: the message is none of netfilter's.
pub fn tell<S: EventSink>(message: &[u8], members: &mut Members<S>) -> bool {
    let Some(start) = memmem::find(message, b"IN=") else { return false };
    let is_start = start == 0 || matches!(message[start - 1], b' ' | b']' | b':');
    let fields = &message[start..];
    let is_packet = memmem::find(fields, b" OUT=").is_some() && memmem::find(fields, b" SRC=").is_some();
    if !is_start || !is_packet {
        return false;
    }
    members.object(b"iptables", |members| {
        let prefix = message[..start].trim_ascii();
        if !prefix.is_empty() {
            members.text(b"prefix", prefix);
        }
        tell_fields(fields, members);
    });
    true
}

fn tell_fields<S: EventSink>(fields: &[u8], members: &mut Members<S>) {
    let mut told: [&[u8]; FIELDS_MAX] = [b""; FIELDS_MAX];
    let mut count = 0;
    for word in fields.split(|&byte| byte == b' ').filter(|word| !word.is_empty()) {
        // The packet that an ICMP error is about stands in brackets.
        if word.starts_with(b"[") || count == FIELDS_MAX {
            break;
        }
        let equals = word.iter().position(|&byte| byte == b'=');
        let name = &word[..equals.unwrap_or(word.len())];
        let is_letter = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let is_name = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.iter().all(is_letter);
        // The length of UDP stands behind that of IP, with the same name.
        if !is_name || told[..count].contains(&name) {
            continue;
        }
        told[count] = name;
        count += 1;
        match equals {
            None => members.boolean(name, true),
            Some(at) if at + 1 == word.len() => members.null(name),
            Some(at) => members.number(name, &word[at + 1..]),
        }
    }
}

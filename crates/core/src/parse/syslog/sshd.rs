//! Messages of OpenSSH's server.
//!
//! Names of users are what strangers typed, so a message is read from its end, where sshd writes where they came from.
use super::found::Fields;
use memchr::memmem;

const INVALID_USER: &[u8] = b"invalid user ";

/// None: the message is not known.
pub fn read(message: &[u8]) -> Option<Fields<'_>> {
    let message = message.strip_prefix(b"error: ").unwrap_or(message);
    let (first, rest) = split(message, b" ")?;
    match first {
        b"Accepted" => attempt("accepted", rest),
        b"Failed" => attempt("failed", rest),
        b"Postponed" => attempt("postponed", rest),
        b"Partial" => attempt("partial", rest),
        b"Invalid" => invalid(rest),
        b"Disconnected" => closed("disconnected", rest.strip_prefix(b"from ")?),
        b"Disconnecting" | b"Disconnecting:" => disconnecting(message),
        b"Received" => received(rest.strip_prefix(b"disconnect from ")?),
        b"Connection" => connection(rest),
        b"maximum" => {
            let rest = rest.strip_prefix(b"authentication attempts exceeded for ")?;
            let origin = Origin::last(rest)?;
            Some(origin.fields(user("maximum_attempts", origin.before)))
        }
        b"User" => {
            let end = memmem::rfind(rest, b" not allowed because ")?;
            let (name, from) = split_last(&rest[..end], b" from ")?;
            let fields = Fields::of_action("not_allowed").text("user", name).text("source_ip", from);
            Some(fields.text("reason", &rest[end + b" not allowed because ".len()..]))
        }
        b"Did" => {
            let origin = Origin::after(rest.strip_prefix(b"not receive identification string from ")?)?;
            Some(origin.fields(Fields::of_action("no_identification")))
        }
        b"Bad" => {
            rest.strip_prefix(b"protocol version identification ")?;
            let origin = Origin::last(rest)?;
            Some(origin.fields(Fields::of_action("bad_protocol")))
        }
        b"Server" => {
            let origin = Origin::after(rest.strip_prefix(b"listening on ")?)?;
            let port = origin.port.strip_suffix(b".").unwrap_or(origin.port);
            Some(Fields::of_action("listening").text("listen_ip", origin.ip).number("listen_port", port))
        }
        _ => None,
    }
}

/// `password for [invalid user ]NAME from IP port N ssh2[: KEY]`
fn attempt<'a>(action: &'static str, rest: &'a [u8]) -> Option<Fields<'a>> {
    let (method, rest) = split(rest, b" for ")?;
    let origin = Origin::last(rest)?;
    Some(origin.fields(user(action, origin.before).text("method", method)))
}

/// `user NAME from IP[ port N]`
fn invalid(rest: &[u8]) -> Option<Fields<'_>> {
    let origin = Origin::last(rest.strip_prefix(b"user ")?)?;
    let fields = Fields::of_action("invalid_user").text("user", origin.before).flag("invalid_user", true);
    Some(origin.fields(fields))
}

/// `[authenticating user NAME |invalid user NAME |user NAME ]IP port N[ [preauth]]`
fn closed<'a>(action: &'static str, rest: &'a [u8]) -> Option<Fields<'a>> {
    let prefixes = [(&b"authenticating user "[..], false), (INVALID_USER, true), (b"user ", false)];
    for (prefix, is_invalid) in prefixes {
        if let Some(rest) = rest.strip_prefix(prefix) {
            let (name_and_ip, _) = split_last(rest, b" port ")?;
            let (name, _) = split_last(name_and_ip, b" ")?;
            let origin = Origin::after(&rest[name.len() + 1..])?;
            return Some(origin.fields(Fields::of_action(action).text("user", name).flag("invalid_user", is_invalid)));
        }
    }
    let origin = Origin::after(rest)?;
    Some(origin.fields(Fields::of_action(action)))
}

/// `Disconnecting[ user NAME IP port N]: REASON`
fn disconnecting(message: &[u8]) -> Option<Fields<'_>> {
    let (before, reason) = split(message, b": ")?;
    let reason = reason.strip_suffix(b" [preauth]").unwrap_or(reason);
    let fields = match before.strip_prefix(b"Disconnecting ") {
        Some(who) => closed("disconnecting", who)?,
        None => Fields::of_action("disconnecting"),
    };
    Some(fields.text("reason", reason))
}

/// `IP port N:CODE: REASON`, and of old `IP: CODE: REASON`
fn received(rest: &[u8]) -> Option<Fields<'_>> {
    let (origin, rest) = split(rest, b": ")?;
    let (origin, code, reason) = match split(origin, b" port ") {
        Some((_, port_and_code)) => {
            let (_, code) = split_last(port_and_code, b":")?;
            (&origin[..origin.len() - code.len() - 1], code, rest)
        }
        None => {
            let (code, reason) = split(rest, b": ")?;
            (origin, code, reason)
        }
    };
    let origin = Origin::after(origin)?;
    let reason = reason.strip_suffix(b"[preauth]").unwrap_or(reason).trim_ascii_end();
    Some(origin.fields(Fields::of_action("disconnect_received")).number("code", code).text("reason", reason))
}

fn connection(rest: &[u8]) -> Option<Fields<'_>> {
    if let Some(rest) = rest.strip_prefix(b"closed by ") {
        return closed("connection_closed", rest);
    }
    if let Some(rest) = rest.strip_prefix(b"reset by ") {
        return closed("connection_reset", rest);
    }
    let origin = Origin::after(rest.strip_prefix(b"from ")?)?;
    Some(origin.fields(Fields::of_action("connection")))
}

fn user<'a>(action: &'static str, name: &'a [u8]) -> Fields<'a> {
    let invalid = name.strip_prefix(INVALID_USER);
    Fields::of_action(action).text("user", invalid.unwrap_or(name)).flag("invalid_user", invalid.is_some())
}

/// Where somebody came from: `IP port N ssh2: KEY`.
#[derive(Default)]
struct Origin<'a> {
    /// What stands before ` from `.
    before: &'a [u8],
    ip: &'a [u8],
    port: &'a [u8],
    protocol: &'a [u8],
    key: &'a [u8],
}

impl<'a> Origin<'a> {
    /// What the last ` from ` tells.
    fn last(text: &'a [u8]) -> Option<Self> {
        let (before, rest) = split_last(text, b" from ")?;
        Some(Self { before, ..Self::after(rest)? })
    }

    fn after(text: &'a [u8]) -> Option<Self> {
        let mut words = text.splitn(5, |&byte| byte == b' ');
        let ip = words.next().filter(|ip| is_address_or_name(ip))?;
        let mut origin = Self { ip, ..Self::default() };
        if words.next() != Some(b"port") {
            return Some(origin);
        }
        origin.port = words.next()?;
        let protocol = words.next().unwrap_or_default();
        if protocol.starts_with(b"ssh") {
            origin.protocol = protocol.strip_suffix(b":").unwrap_or(protocol);
            let behind = words.next().unwrap_or_default();
            origin.key = if protocol.ends_with(b":") { behind } else { b"" };
        }
        Some(origin)
    }

    fn fields(&self, fields: Fields<'a>) -> Fields<'a> {
        let fields = fields.text("source_ip", self.ip).number("source_port", self.port);
        fields.text("protocol", self.protocol).text("key", self.key)
    }
}

fn is_address_or_name(text: &[u8]) -> bool {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_' | b'%');
    !text.is_empty() && text.iter().all(is_good)
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = memmem::find(text, at)?;
    Some((&text[..place], &text[place + at.len()..]))
}

fn split_last<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = memmem::rfind(text, at)?;
    Some((&text[..place], &text[place + at.len()..]))
}

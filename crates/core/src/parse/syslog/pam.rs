//! Messages of PAM, and of `su` and `login`, which write the same things in their own words.
use super::found::Fields;
use memchr::memmem;

/// `pam_unix(sshd:session): session opened for user …`, or without its beginning, when `module` is told.
pub fn read<'a>(message: &'a [u8], module: &'a [u8]) -> Option<Fields<'a>> {
    let (mut module, mut service, mut kind, mut text) = (module, &b""[..], &b""[..], message);
    if message.starts_with(b"pam_") {
        let open = message.iter().position(|&byte| byte == b'(')?;
        let close = memmem::find(message, b"): ").filter(|&close| close > open)?;
        let inside = &message[open + 1..close];
        let colon = inside.iter().position(|&byte| byte == b':').unwrap_or(inside.len());
        (module, service) = (&message[..open], &inside[..colon]);
        kind = inside.get(colon + 1..).unwrap_or_default();
        text = &message[close + 3..];
    } else if module.is_empty() {
        return None;
    }
    let fields = event(text)?;
    Some(fields.text("module", module).text("service", service).text("type", kind))
}

fn event(text: &[u8]) -> Option<Fields<'_>> {
    if let Some(rest) = text.strip_prefix(b"session opened for user ") {
        return Some(opened(rest));
    }
    if let Some(user) = text.strip_prefix(b"session closed for user ") {
        return Some(Fields::of_action("session_closed").text("user", user));
    }
    if let Some(rest) = text.strip_prefix(b"authentication failure; ") {
        return Some(failure(rest));
    }
    if let Some(user) = text.strip_prefix(b"password changed for ") {
        return Some(Fields::of_action("password_changed").text("user", user));
    }
    (text == b"check pass; user unknown").then(|| Fields::of_action("user_unknown"))
}

/// `root by ubuntu(uid=0)`, `root(uid=0) by (uid=0)`
fn opened(rest: &[u8]) -> Fields<'_> {
    let fields = Fields::of_action("session_opened");
    let Some(at) = memmem::rfind(rest, b" by ") else { return fields.text("user", rest) };
    let (user, by) = (&rest[..at], &rest[at + 4..]);
    let (user, _) = with_uid(user);
    let (by, uid) = with_uid(by);
    fields.text("user", user).text("by", by).number("uid", uid)
}

/// `name(uid=0)`
fn with_uid(text: &[u8]) -> (&[u8], &[u8]) {
    let read = || {
        let inside = text.strip_suffix(b")")?;
        let at = memmem::rfind(inside, b"(uid=")?;
        Some((&text[..at], &inside[at + 5..]))
    };
    read().unwrap_or((text, b""))
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root`
fn failure(rest: &[u8]) -> Fields<'_> {
    const NAMES: [&str; 7] = ["logname", "uid", "euid", "tty", "ruser", "rhost", "user"];
    let mut fields = Fields::of_action("authentication_failure");
    let mut seen = [false; NAMES.len()];
    for word in rest.split(|&byte| byte == b' ') {
        let Some(at) = word.iter().position(|&byte| byte == b'=') else { continue };
        let Some(index) = NAMES.iter().position(|name| name.as_bytes() == &word[..at]) else { continue };
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let (name, value) = (NAMES[index], &word[at + 1..]);
        fields = if name.ends_with("uid") { fields.number(name, value) } else { fields.text(name, value) };
    }
    fields
}

/// `Successful su for root by user`, `FAILED su for …`, `FAILED SU (to root) user on tty`, `+ tty by:for`.
pub fn su(message: &[u8]) -> Option<Fields<'_>> {
    for (prefix, action) in [(&b"Successful su for "[..], "accepted"), (b"FAILED su for ", "failed")] {
        if let Some(rest) = message.strip_prefix(prefix) {
            let at = memmem::rfind(rest, b" by ")?;
            return Some(Fields::of_action(action).text("user", &rest[..at]).text("by", &rest[at + 4..]));
        }
    }
    let (action, rest) = match message.strip_prefix(b"FAILED SU ") {
        Some(rest) => ("failed", rest),
        None => ("accepted", message),
    };
    if let Some(rest) = rest.strip_prefix(b"(to ") {
        let close = memmem::find(rest, b") ")?;
        let (user, rest) = (&rest[..close], &rest[close + 2..]);
        let on = memmem::rfind(rest, b" on ")?;
        return Some(Fields::of_action(action).text("user", user).text("by", &rest[..on]).text("tty", &rest[on + 4..]));
    }
    let (action, rest) = match message {
        [b'+', b' ', rest @ ..] => ("accepted", rest),
        [b'-', b' ', rest @ ..] => ("failed", rest),
        _ => return None,
    };
    let (tty, names) = cut(rest, b" ")?;
    let (by, user) = cut(names, b":")?;
    Some(Fields::of_action(action).text("user", user).text("by", by).text("tty", tty))
}

/// `FAILED LOGIN (1) on 'tty' FOR 'user', reason`, `ROOT LOGIN ON tty`, `LOGIN ON tty BY user`.
pub fn login(message: &[u8]) -> Option<Fields<'_>> {
    if let Some(rest) = message.strip_prefix(b"FAILED LOGIN ") {
        let (_, rest) = cut(rest, b" on '")?;
        let (tty, rest) = cut(rest, b"' FOR '")?;
        let at = memmem::rfind(rest, b"', ")?;
        let fields = Fields::of_action("failed").text("user", &rest[..at]).text("tty", tty);
        return Some(fields.text("reason", &rest[at + 3..]));
    }
    if let Some(rest) = message.strip_prefix(b"ROOT LOGIN ") {
        let (_, tty) = cut(rest, b"'").or_else(|| cut(rest, b"ON "))?;
        let tty = tty.strip_suffix(b"'").unwrap_or(tty);
        return Some(Fields::of_action("accepted").text("user", b"root").text("tty", tty));
    }
    let (tty, user) = cut(message.strip_prefix(b"LOGIN ON ")?, b" BY ")?;
    Some(Fields::of_action("accepted").text("user", user).text("tty", tty))
}

fn cut<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = memmem::find(text, at)?;
    Some((&text[..place], &text[place + at.len()..]))
}

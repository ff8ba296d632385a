//! Messages of sudo: `user : [reason ; ]TTY=… ; PWD=… ; USER=… ; COMMAND=…`.
use super::found::Fields;
use memchr::memmem;

const SEPARATOR: &[u8] = b" ; ";

/// None: the message is not known.
pub fn read(message: &[u8]) -> Option<Fields<'_>> {
    let message = message.trim_ascii_start();
    let at = memmem::find(message, b" : ")?;
    let (user, mut rest) = (&message[..at], &message[at + 3..]);
    if memmem::find(user, b" ").is_some() {
        return None;
    }
    let first = next(rest).0;
    let is_refused = !is_member(first);
    let fields = Fields::of_action(if is_refused { "refused" } else { "command" }).text("user", user);
    let mut fields = if is_refused { fields.text("reason", first) } else { fields };
    if is_refused {
        rest = next(rest).1?;
    }
    let mut seen = [false; MEMBERS.len()];
    loop {
        // A command may hold anything.
        if let Some(command) = rest.strip_prefix(b"COMMAND=") {
            return Some(fields.text("command", command));
        }
        let (part, after) = next(rest);
        for (index, (prefix, name)) in MEMBERS.iter().enumerate() {
            if let (Some(value), false) = (part.strip_prefix(prefix.as_bytes()), seen[index]) {
                fields = fields.text(name, value);
                seen[index] = true;
            }
        }
        let Some(after) = after else { break };
        rest = after;
    }
    // Without a command only a refusal with its terminal is one of sudo's own messages.
    seen[0].then_some(fields)
}

const MEMBERS: [(&str, &str); 6] = [
    ("TTY=", "tty"),
    ("PWD=", "pwd"),
    ("USER=", "run_as"),
    ("GROUP=", "run_as_group"),
    ("ENV=", "env"),
    ("TSID=", "tsid"),
];

fn is_member(part: &[u8]) -> bool {
    part.starts_with(b"COMMAND=") || MEMBERS.iter().any(|(prefix, _)| part.starts_with(prefix.as_bytes()))
}

/// The part before the next separator, and what follows that.
fn next(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memmem::find(text, SEPARATOR) {
        Some(at) => (&text[..at], Some(&text[at + SEPARATOR.len()..])),
        None => (text, None),
    }
}

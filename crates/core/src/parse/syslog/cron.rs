//! Messages of cron: `(user) CMD (command)`.
use super::found::Fields;
use memchr::memmem;

const ACTIONS: [(&str, &str); 14] = [
    ("CMD", "command"),
    ("CMDOUT", "output"),
    ("CMDEND", "end"),
    ("RELOAD", "reload"),
    ("INFO", "info"),
    ("LIST", "list"),
    ("REPLACE", "replace"),
    ("BEGIN EDIT", "begin_edit"),
    ("END EDIT", "end_edit"),
    ("DELETE", "delete"),
    ("STARTUP", "startup"),
    ("ERROR", "error"),
    ("AUTH", "auth"),
    ("MAIL", "mail"),
];

/// None: the message is not known.
pub fn read(message: &[u8]) -> Option<Fields<'_>> {
    let rest = message.strip_prefix(b"(")?;
    let end = memmem::find(rest, b") ")?;
    let (user, rest) = (&rest[..end], &rest[end + 2..]);
    let open = memmem::find(rest, b" (")?;
    let (word, detail) = (&rest[..open], rest[open + 2..].strip_suffix(b")")?);
    let (_, action) = ACTIONS.iter().find(|(name, _)| name.as_bytes() == word)?;
    let fields = Fields::of_action(action).text("user", user);
    Some(fields.text(if word == b"CMD" { "command" } else { "detail" }, detail))
}

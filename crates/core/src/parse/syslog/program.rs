//! Which program wrote a message, and who reads it.
use super::audit;
use super::header::Header;
use super::{cron, netfilter, pam, sshd, sudo};
use crate::parse::line_format::Members;
use crate::parse::sink::EventSink;

/// Programs that let people in, or give them rights.
const AUTH_PROGRAMS: [&[u8]; 15] = [
    b"sshd",
    b"sshd-session",
    b"sudo",
    b"su",
    b"login",
    b"systemd-logind",
    b"useradd",
    b"userdel",
    b"usermod",
    b"groupadd",
    b"passwd",
    b"chpasswd",
    b"polkitd",
    b"pkexec",
    b"sshd-auth",
];

/// Whether the line is of a program that lets people in.
pub fn lets_people_in(header: &Header) -> bool {
    AUTH_PROGRAMS.contains(&program(header.app_name)) || header.message.starts_with(b"pam_")
}

/// `message repeated 3 times: [ … ]`: what was repeated, and how often.
pub fn repeated(message: &[u8]) -> (&[u8], Option<&[u8]>) {
    let read = || {
        let rest = message.strip_prefix(b"message repeated ")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (count, rest) = rest.split_at(digits);
        let inside = rest.strip_prefix(b" times: [")?.strip_suffix(b"]")?;
        Some((inside.trim_ascii(), Some(count)))
    };
    read().unwrap_or((message, None))
}

/// Tells what the message says, when there is someone who reads it.
pub fn tell<S: EventSink>(app_name: &[u8], message: &[u8], members: &mut Members<S>) {
    let program = program(app_name);
    let (name, fields) = match program {
        b"sshd" | b"sshd-session" | b"sshd-auth" => (&b"sshd"[..], sshd::read(message)),
        b"sudo" => (&b"sudo"[..], sudo::read(message)),
        b"su" => (&b"su"[..], pam::su(message)),
        b"login" => (&b"login"[..], pam::login(message)),
        b"CRON" | b"CROND" | b"cron" | b"crond" | b"crontab" | b"anacron" => (&b"cron"[..], cron::read(message)),
        b"kernel" => {
            let message = after_uptime(message);
            if !netfilter::tell(message, members) {
                audit::tell(message, members);
            }
            return;
        }
        b"ulogd" | b"ufw" => {
            netfilter::tell(message, members);
            return;
        }
        b"audit" | b"auditd" | b"audispd" | b"audisp-syslog" => {
            audit::tell(message, members);
            return;
        }
        _ => (&b"pam"[..], None),
    };
    // Older ones write `su(pam_unix)[123]: session opened …`.
    let module = app_name.get(program.len()..).and_then(|rest| rest.strip_prefix(b"(")?.strip_suffix(b")"));
    let fields = fields.or_else(|| pam::read(message, module.unwrap_or_default()));
    if let Some(fields) = fields {
        fields.tell(name, members);
    }
}

/// The name of the program without its folder and without `(pam_unix)`.
fn program(app_name: &[u8]) -> &[u8] {
    let end = app_name.iter().position(|&byte| byte == b'(').unwrap_or(app_name.len());
    let name = &app_name[..end];
    match name {
        [b'/', ..] => name.rsplit(|&byte| byte == b'/').next().unwrap_or(name),
        name => name,
    }
}

/// What follows the kernel's `[12345.678901] `.
fn after_uptime(message: &[u8]) -> &[u8] {
    let read = || {
        let inside = message.strip_prefix(b"[")?;
        let length = inside.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b' ')).count();
        inside[length..].strip_prefix(b"] ")
    };
    read().unwrap_or(message)
}

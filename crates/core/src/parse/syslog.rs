//! `syslog`: RFC 3164 and RFC 5424, with the messages of some programs read.
//!
//! *Recognised*: `<34>Oct 11 22:14:15 host su[123]: message`, with a priority or without, also with a year, with an ISO
//! 8601 time (rsyslog's file format), with or without a host; Cisco's `<189>29: *Mar  1 00:00:00.123 UTC:
//! %SYS-5-CONFIG_I: message`; and RFC 5424's `<165>1 2003-10-11T22:14:15.003Z host app 12 ID [id name="value"]
//! message`. Its length may stand before a message, as it is sent over TCP (`34 <13>1 …`, RFC 6587): where such lengths
//! fit, messages may hold line ends and stand one behind another in a line.
//!
//! *Fields*: `priority` (a number) and what it means, `facility` (`kern`, `auth`, `local0` …) and `severity` (`emerg`
//! to `debug`); `timestamp` as it stands there, `hostname`, `app_name`, `process_id` (a number when it is one),
//! `message_id` (Cisco's `SYS-5-CONFIG_I` too), `structured_data` (an object by identifier; a name that comes twice in
//! an element is an array), `message`. What is `-` or missing has no field. `message repeated 3 times: [ … ]` is told
//! as `repeated`. The event time is `timestamp`; without a year it is of the latest one that is not later than a day
//! after the object was written; without an offset it is UTC.
//!
//! Of some programs the message is read as well, into fields below the program's name; `message` stays whole:
//!
//! * `sshd`: `action` (`accepted`, `failed`, `invalid_user`, `disconnected`, `connection_closed` …), `method`, `user`,
//!   `invalid_user`, `source_ip`, `source_port`, `protocol`, `key`, `reason`
//! * `sudo`: `action` (`command`, `refused`), `user`, `tty`, `pwd`, `run_as`, `run_as_group`, `env`, `tsid`, `command`,
//!   `reason`
//! * `su`, `login`: `action`, `user`, `by`, `tty`, `reason`
//! * `cron`: `user`, `action`, `command`, `detail`
//! * messages of PAM, below `sshd`, `sudo`, `su`, `login` and `cron`, and below `pam` for all others: `action`
//!   (`session_opened`, `session_closed`, `authentication_failure` …), `module`, `service`, `type`, `user`, `by`,
//!   `uid`, `logname`, `euid`, `tty`, `ruser`, `rhost`
//! * `iptables` (netfilter, ufw): fields as the kernel names them (`IN`, `SRC`, `DPT` …), flags such as `SYN` as
//!   `true`, and `prefix`
//! * `audit`: what the format `audit` has
//!
//! `@lb.source_type` is `linux:auth` when most of the first lines are of programs that let people in, else `syslog`.
//!
//! *Kept raw*: a line without a priority and without a time becomes `message` and says so. What a reader of a program's
//! messages does not know is `message` only.
mod audit;
mod cron;
mod found;
mod header;
mod netfilter;
mod pam;
mod program;
mod sshd;
mod structured;
mod sudo;

pub use audit::Record as AuditRecord;
pub use header::{Header, Wrapping, certainty};

use super::frames::most_messages;
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::settings::SourceContext;
use super::sink::EventSink;
use crate::value::syslog_time::SyslogTimes;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Syslog {
    times: SyslogTimes,
}

impl LineFormat for Syslog {
    const NAME: &'static str = "syslog";
    const SIGN: &'static str = "lines of a priority or a time, a host and a program";
    const TIME_FIELDS: &'static [&'static str] = &["timestamp"];
    const MAKES_TEXT: bool = true;
    const HAS_FRAMES: bool = true;

    fn looks_like(head: &Head) -> bool {
        let times = SyslogTimes::default();
        most_messages(head, |line| Header::read(line, &times).is_some_and(|header| header.is_sure()))
    }

    fn source_type(head: &Head) -> &'static str {
        let times = SyslogTimes::default();
        let is_auth = |line: &[u8]| Header::read(line, &times).is_some_and(|header| program::lets_people_in(&header));
        if most_messages(head, is_auth) { "linux:auth" } else { "syslog" }
    }

    fn configure(&mut self, context: SourceContext, _head: &Head) {
        self.times = SyslogTimes::new(context.modified_ns);
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(header) = Header::read(line, &self.times) else {
            return Outcome::Unparsed("line starts with neither a priority nor a time");
        };
        header.tell(members);
        if !header.message.is_empty() {
            let (message, count) = program::repeated(header.message);
            if let Some(count) = count {
                members.number(b"repeated", count);
            }
            members.text(b"message", header.message);
            program::tell(header.app_name, message, members);
        }
        Outcome::Event(header.time)
    }
}

#[cfg(test)]
#[path = "syslog/syslog_tests.rs"]
mod tests;

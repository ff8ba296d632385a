//! `audit`: Linux' audit log, as auditd writes `audit.log`.
//!
//! *Recognised*: lines of `type=SYSCALL msg=audit(1364481363.243:24287): name=value …`, also with `node=host` before.
//!
//! *Fields*: `node`, `type`, `event_id` (records of one event share it), and the record's own, as they are named there;
//! numbers are numbers, but `arch`, `mode`, `saddr` and the arguments `a0` to `a3` of system calls, which are not
//! decimal, are text. `(null)` and `?` are null. Quotes are taken off. `msg='…'` of a program is an object. Text that
//! the kernel wrote as hexadecimal digits (`proctitle`, `comm`, `exe`, `cwd`, `name`, `key`, `cmd`, `acct`, arguments
//! of `EXECVE` …) stays, and stands beside as `proctitle_decoded` and so on, arguments parted by spaces. What the
//! daemon adds when it enriches records stands under names in capitals (`UID="root"`). SELinux' `avc:  denied  { read
//! write } for  …` becomes `seresult` (`denied` or `granted`) and `seperms`, an array of the permissions, named as in
//! audit's own dictionary of fields. The event time is in `audit(…)`.
//!
//! *Kept raw*: a line that is no record becomes `message` and says so. A line with words that are no fields, or with a
//! name twice, has its fields, and the line itself as `message`.
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::Head;
use super::sink::EventSink;
use super::syslog::AuditRecord;

/// A line is an event.
#[derive(Debug, Default)]
pub struct Audit;

impl LineFormat for Audit {
    const NAME: &'static str = "audit";
    const SIGN: &'static str = "lines of a type and of audit(time:number)";
    const TIME_FIELDS: &'static [&'static str] = &[];
    const MAKES_TEXT: bool = true;

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| AuditRecord::read(line).is_some())
    }

    fn source_type(_head: &Head) -> &'static str {
        "linux:audit"
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some(record) = AuditRecord::read(line) else {
            return Outcome::Unparsed("line is no record of audit");
        };
        if !record.tell(members) {
            members.text(b"message", line);
        }
        Outcome::event(Some(record.time_ns))
    }
}

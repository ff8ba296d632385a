//! `cloudwatch`: exports of CloudWatch Logs, and other logs whose lines are a time and JSON; or a time and a flow log of VPC.
//!
//! *Recognised*: most of the first lines start with `2026-01-07T00:00:01.123Z`, and behind that is a JSON object, or the 14
//! default fields of a flow log. Exports of other messages are `text`, which reads their time and joins their stack traces.
//!
//! *Fields*: those of the object, as the format `json` has them, so that a trail that was exported has the fields of
//! CloudTrail; or those of the format `vpcflow`, also of the `columns` that are declared. `log_time` is the time in front.
//! The source type is that of the first object (`aws:cloudtrail`, `kubernetes:audit`, …, else `json`), or `aws:vpcflow`. The
//! event time is where that source type has it, else the time in front.
//!
//! *Kept raw*: another message stands whole as `message`, beside the time in front. A line without such a time, and one whose
//! message begins as an object and is none, becomes `message` and says so.
use super::json::{Flat, is_object, kinds};
use super::line_format::{LineFormat, Members, Outcome};
use super::registry::{Head, Skippable};
use super::settings::SourceContext;
use super::sink::EventSink;
use super::vpcflow::{VpcFlow, is_default_line, words};
use crate::value::time::parse_time;

/// The length of the time in front.
const TIME_BYTES: usize = "2026-01-07T00:00:01.123Z".len();

/// A line is an event.
#[derive(Debug, Default)]
pub struct CloudWatch {
    flow: VpcFlow,
    /// Fields that the user declares for flow logs of another format; 0: none.
    columns: usize,
}

impl LineFormat for CloudWatch {
    const NAME: &'static str = "cloudwatch";
    const SIGN: &'static str =
        "lines of a time with milliseconds and an object, or the 14 default fields of a flow log";
    const TIME_FIELDS: &'static [&'static str] = &[];
    /// Escapes of JSON are undone.
    const SKIPPABLE: Option<Skippable> = None;

    fn looks_like(head: &Head) -> bool {
        head.most_lines(|line| {
            // The last line may be cut.
            split(line).is_some_and(|(_, message)| message.starts_with(b"{\"") || is_default_line(message))
        })
    }

    fn source_type(head: &Head) -> &'static str {
        let mut messages = head.lines().filter_map(split).map(|(_, message)| message);
        match messages.find(|message| message.starts_with(b"{") || is_default_line(message)) {
            Some(message @ [b'{', ..]) => kinds::source_type(message),
            Some(_) => "aws:vpcflow",
            None => kinds::PLAIN,
        }
    }

    fn time_fields(source_type: &str) -> &'static [&'static str] {
        kinds::own_time_fields(source_type)
    }

    fn configure(&mut self, context: SourceContext, head: &Head) {
        self.columns = context.settings.columns.len();
        self.flow.configure(context, head);
    }

    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
        let Some((time, message)) = split(line) else {
            return Outcome::Unparsed("line does not start with a time as exports of CloudWatch Logs do");
        };
        members.text(b"log_time", time);
        let own_time = Outcome::event(parse_time(time));
        if is_object(message) {
            Flat::tell(message, members.sink());
            return own_time;
        }
        if is_default_line(message) || (self.columns > 0 && words(message).count() == self.columns) {
            return match self.flow.line(message, members) {
                Outcome::Event(Some(time)) => Outcome::Event(Some(time)),
                _ => own_time,
            };
        }
        if message.starts_with(b"{\"") {
            return Outcome::Unparsed("message looks like JSON and is none");
        }
        members.text(b"message", message);
        own_time
    }
}

/// The time in front, and the message.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (time, rest) = line.split_at_checked(TIME_BYTES)?;
    let has_marks = time[10] == b'T' && time[19] == b'.' && time[TIME_BYTES - 1] == b'Z';
    let message = rest.strip_prefix(b" ").filter(|_| has_marks && parse_time(time).is_some())?;
    Some((time, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::line_format::LineParser;
    use crate::parse::registry::Parser;
    use crate::parse::tell::{told_lines, told_times};

    const FLOW: &str = "2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 3 4 5 6 ACCEPT OK";
    const FLOW_FIELDS: &str = r#""version":2,"account_id":"1","interface_id":"eni-1","srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","srcport":1,"dstport":2,"protocol":6,"packets":3,"bytes":4,"start":5,"end":6,"action":"ACCEPT","log_status":"OK""#;
    const TIME: &str = "1970-01-01T00:00:01.500Z";

    #[test]
    fn messages_are_objects_flows_or_text() {
        let text = format!(
            "{TIME} {{\"a\":{{\"b\":[1.50]}},\"c\":\"x\\ty\"}}\n{TIME} {FLOW}\n{TIME} START\n{TIME} {{\"a\":1\n{TIME} {{}} x\n{TIME} {{}}\n at x\n"
        );
        let front = format!("\"log_time\":\"{TIME}\"");
        let expected = [
            format!(r#"{{{front},"a":{{"b":[1.50]}},"c":"x\ty"}}"#),
            format!("{{{front},{FLOW_FIELDS}}}"),
            format!(r#"{{{front},"message":"START"}}"#),
            format!(r#"!message looks like JSON and is none: {{"message":"{TIME} {{\"a\":1"}}"#),
            format!(r#"{{{front},"message":"{{}} x"}}"#),
            format!("{{{front}}}"),
            r#"!line does not start with a time as exports of CloudWatch Logs do: {"message":" at x"}"#.to_string(),
        ];
        assert_eq!(told_lines::<LineParser<CloudWatch>>(&text), expected);
        let half = Some(1_500_000_000);
        let expected = [half, Some(5_000_000_000), half, None, half, half, None];
        assert_eq!(told_times::<LineParser<CloudWatch>>(&text), expected);
    }

    #[test]
    fn what_an_export_is_of() {
        type Export = LineParser<CloudWatch>;
        for (messages, expected) in [
            (r#"{"eventVersion":"1.09","eventSource":"iam.amazonaws.com"}"#, Some("aws:cloudtrail")),
            (r#"{"a":1}"#, Some(kinds::PLAIN)),
            (FLOW, Some("aws:vpcflow")),
            ("START", None),
            ("[ERROR] x", None),
        ] {
            let text = format!("{TIME} {messages}\n{TIME} START\n");
            let head = Head::new(text.as_bytes(), true);
            let found = Export::looks_like(&head).then(|| Export::source_type(&head));
            assert_eq!(found, expected, "{messages}");
        }
        for text in [r#"1970-01-01T00:00:01Z {"a":1}"#, r#"1970-13-01T00:00:01.500Z {"a":1}"#, r#"{"a":1}"#, ""] {
            assert!(!Export::looks_like(&Head::new(text.as_bytes(), true)), "{text}");
        }
        assert_eq!(Export::time_fields("aws:cloudtrail")[0], "eventTime");
        assert!(Export::time_fields(kinds::PLAIN).is_empty() && Export::time_fields("aws:vpcflow") == ["start", "end"]);
    }
}

//! One source object's parser: waits for enough of the first bytes to know the format, then parses.
use super::registry::{AnyParser, Format, Head, Skippable};
use super::settings::{SourceContext, SourceSettings};
use super::sink::EventSink;
use super::statistics::Statistics;
use crate::transform::Transform;
use std::sync::Arc;

/// How much of an object is looked at to tell its format and source type. They must not depend on how the object arrives, so
/// this much is waited for.
const HEAD_BYTES: usize = 16 * 1024;

/// Parses one object, in the format the user named or the one its content looks like.
///
/// ```
/// use lakebed_core::parse::{ignore::IgnoreSink, source::SourceParser};
/// let mut parser = SourceParser::new(Default::default(), 0);
/// parser.feed(b"{\"a\": 1}", &mut IgnoreSink);
/// parser.finish(&mut IgnoreSink);
/// assert_eq!((parser.format_name(), parser.source_type(), parser.statistics().events), ("json", "json", 1));
/// ```
#[derive(Debug)]
pub struct SourceParser {
    settings: Arc<SourceSettings>,
    modified_ns: i64,
    head: Vec<u8>,
    running: Option<Running>,
    transform: Option<Box<Transform>>,
}

#[derive(Debug)]
struct Running {
    format: Format,
    source_type: String,
    parser: AnyParser,
}

/// What a caller asks of the parser.
#[derive(Clone, Copy)]
enum Call<'a> {
    Feed(&'a [u8]),
    Settle,
    Finish,
}

impl SourceParser {
    /// `modified_ns`: when the object was written.
    pub fn new(settings: Arc<SourceSettings>, modified_ns: i64) -> Self {
        let transform = settings.transform.as_ref().map(|program| Box::new(Transform::new(program.clone())));
        Self { settings, modified_ns, head: Vec::new(), running: None, transform }
    }

    /// Takes the next bytes, decompressed.
    pub fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        self.call(Call::Feed(data), sink);
    }

    /// Calls with the sink, or with the transform before it.
    fn call<S: EventSink>(&mut self, call: Call, sink: &mut S) {
        match self.transform.take() {
            None => self.call_to(call, sink),
            Some(mut transform) => {
                self.call_to(call, &mut transform.sink(sink));
                self.transform = Some(transform);
            }
        }
    }

    fn call_to<S: EventSink>(&mut self, call: Call, sink: &mut S) {
        match call {
            Call::Feed(data) => self.feed_to(data, sink),
            Call::Settle => self.settle_to(sink),
            Call::Finish => self.finish_to(sink),
        }
    }

    fn feed_to<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        let Some(data) = self.prepare(data, sink) else {
            return;
        };
        if let Some(running) = &mut self.running {
            if !self.head.is_empty() {
                let head = std::mem::take(&mut self.head);
                running.parser.feed(&head, sink);
            }
            running.parser.feed(data, sink);
        }
    }

    /// Tells what it can by now, the format decided by what has come: for text that is shown while it is being written.
    pub fn settle<S: EventSink>(&mut self, sink: &mut S) {
        self.call(Call::Settle, sink);
    }

    fn settle_to<S: EventSink>(&mut self, sink: &mut S) {
        if self.running.is_none() && !self.head.is_empty() {
            self.start(false, sink);
            self.feed_to(&[], sink);
        }
        if let Some(running) = &mut self.running {
            running.parser.settle(sink);
        }
    }

    /// Whether the object, which starts so, is of a format that makes text of its own; None: too little of it is known.
    pub fn makes_text(&self, start: &[u8], is_whole: bool) -> Option<bool> {
        if self.transform.is_some() {
            return Some(true);
        }
        if let Some(format) = self.format() {
            return Some(format.makes_text());
        }
        let head = &start[..start.len().min(HEAD_BYTES)];
        let is_known = is_whole || head.len() == HEAD_BYTES;
        is_known.then(|| Format::sniff(&Head::new(head, head.len() < HEAD_BYTES)).makes_text())
    }

    /// The end of the object.
    pub fn finish<S: EventSink>(&mut self, sink: &mut S) {
        self.call(Call::Finish, sink);
    }

    fn finish_to<S: EventSink>(&mut self, sink: &mut S) {
        self.start(true, sink);
        if let Some(running) = &mut self.running {
            let head = std::mem::take(&mut self.head);
            running.parser.feed(&head, sink);
            running.parser.finish(sink);
        }
    }

    /// The format; None while too little of the object is known.
    pub fn format(&self) -> Option<Format> {
        self.running.as_ref().map(|running| running.format).or(self.settings.format)
    }

    /// The name of the format; empty while too little of the object is known.
    pub fn format_name(&self) -> &'static str {
        self.format().map_or("", Format::name)
    }

    /// What `@lb.source_type` is; empty while too little of the object is known, which is never so once an event was told.
    pub fn source_type(&self) -> &str {
        self.running.as_ref().map_or("", |running| running.source_type.as_str())
    }

    pub fn statistics(&self) -> Statistics {
        let parsed = self.running.as_ref().map(|running| running.parser.statistics()).unwrap_or_default();
        let Some(counts) = self.transform.as_ref().map(|transform| transform.counts) else { return parsed };
        Statistics { events: counts.events, transform_errors: counts.errors, discarded: counts.discarded, ..parsed }
    }

    /// What lines may be left out now; see `Parser::skippable`.
    pub fn skippable(&self) -> Option<Skippable> {
        if self.transform.is_some() {
            return None; // what a line becomes is not known before
        }
        self.running.as_ref()?.parser.skippable()
    }

    /// Starts the parser once the head is known; the answer is what of the data is not in the head.
    fn prepare<'a, S: EventSink>(&mut self, data: &'a [u8], sink: &mut S) -> Option<&'a [u8]> {
        if self.running.is_some() {
            return Some(data);
        }
        let (head, rest) = data.split_at(data.len().min(HEAD_BYTES - self.head.len()));
        self.head.extend_from_slice(head);
        if self.head.len() < HEAD_BYTES {
            return None;
        }
        self.start(false, sink);
        Some(rest)
    }

    fn start<S: EventSink>(&mut self, is_whole: bool, sink: &mut S) {
        if self.running.is_some() {
            return;
        }
        let head = Head::new(&self.head, is_whole);
        let format = self.settings.format.unwrap_or_else(|| Format::sniff(&head));
        let found = format.source_type(&head);
        let opened_as = self.settings.opened_as.as_ref().filter(|_| found == super::json::UNKNOWN);
        let source_type =
            self.settings.source_type.as_ref().or(opened_as).cloned().unwrap_or_else(|| found.to_string());
        sink.begin_source(&source_type, format.time_fields_of(&found));
        let mut parser = format.create();
        parser.configure(SourceContext { settings: &self.settings, modified_ns: self.modified_ns }, &head);
        self.running = Some(Running { format, source_type, parser });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tell::TellSink;
    use proptest::prelude::*;

    #[test]
    fn what_an_object_was_opened_as_counts_where_nothing_more_is_known() {
        let trail = r#"{"eventVersion":"1.08","eventSource":"iam"}"#;
        for (settings, text, expected) in [
            (r#"{"opened_as":"parquet"}"#, r#"{"a":1}"#, "parquet"),
            (r#"{"opened_as":"parquet"}"#, trail, "aws:cloudtrail"),
            (r#"{"opened_as":"parquet","source_type":"app"}"#, r#"{"a":1}"#, "app"),
        ] {
            let settings = Arc::new(SourceSettings::parse(settings.as_bytes()).expect("settings"));
            let mut parser = SourceParser::new(settings, 0);
            parser.feed(text.as_bytes(), &mut TellSink::default());
            parser.finish(&mut TellSink::default());
            assert_eq!(parser.source_type(), expected, "{text}");
        }
    }

    #[test]
    fn the_format_does_not_depend_on_how_the_object_arrives() {
        let line = "{\"eventVersion\":\"1.08\",\"eventSource\":\"iam\"}\n";
        let text = line.repeat(1000);
        for part in [1, 100, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1, usize::MAX] {
            let mut parser = SourceParser::new(Arc::default(), 0);
            let mut sink = TellSink::default();
            for part in text.as_bytes().chunks(part) {
                parser.feed(part, &mut sink);
                assert!(sink.events.is_empty() || parser.source_type() == "aws:cloudtrail");
            }
            parser.finish(&mut sink);
            assert_eq!((parser.format_name(), parser.statistics().events), ("json", 1000));
            assert!(sink.events.iter().all(|event| event.json == line.trim_end()));
        }
    }

    #[test]
    fn a_named_format_is_not_questioned() {
        let mut parser = SourceParser::new(SourceSettings::of_format(Format::by_name("text")), 0);
        let mut sink = TellSink::default();
        parser.feed(b"{\"a\":1}\n", &mut sink);
        assert_eq!((parser.format_name(), parser.source_type()), ("text", ""));
        parser.finish(&mut sink);
        assert_eq!(sink.lines(), [r#"{"message":"{\"a\":1}"}"#]);
        assert_eq!((parser.format_name(), parser.source_type()), ("text", "text"));
    }

    #[test]
    fn an_empty_object_has_no_events() {
        let mut parser = SourceParser::new(Arc::default(), 0);
        parser.finish(&mut TellSink::default());
        assert_eq!((parser.format_name(), parser.statistics()), ("text", Statistics::default()));
    }

    /// Pieces of every format and of none, so that random text gets deep into the parsers.
    fn any_text() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            "[ -~]{0,6}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..4),
            proptest::sample::select(vec![
                "{\"Records\":[",
                "{\"messageType\":1,\"logGroup\":[2],\"logEvents\":[{\"message\":\"{\\\"a\\\":[1]}\"}",
                "{\"resourceLogs\":[{\"resource\":{\"a\":1},\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[",
                "{\"key\":\"k\",\"value\":{\"intValue\":\"1\"}}",
                "{\"detail-type\":1,\"source\":2,\"detail\":{\"findings\":[{}",
                "{\"events\":[{\"time\":1}",
                "{\"a\":",
                "\"x\"",
                "[",
                "]",
                "{",
                "}",
                ",",
                "\n",
                "\r\n",
                "1.5e3",
                "\\u00e9",
                "\\ud800",
                "\u{feff}",
                "€",
                "2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA",
                "srcaddr start bytes",
                "1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1",
                "2023-07-10T11:45:07Z ",
                "#Fields: date time x-edge-location sc-bytes\n2019-12-04\t21:02:31\tLAX1\t392",
                "2015-05-13T23:39:43Z lb 1.1.1.1:2817 - 0.1 -1 0 200 - 0 29 \"GET http://x/ HTTP/1.1\"",
                "o b [06/Feb/2019:00:00:38 +0000] 1.1.1.1 r 3E REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 2 3 -",
                "2023/07/10 11:45:07 [error] 12#34: *56 x, client: 192.0.2.1, request: \"GET / HTTP/1.1\"",
                "[Wed Oct 11 14:32:52.12 2000] [core:error] [pid 12:tid 34] [client 1.1.1.1:1] AH1: x",
                "1.1.1.1:3 [06/Feb/2009:12:14:14.655] f b/s 1/0/3/6/9 200 27 - - ---- 1/1/1/1/0 0/0 {a|b} \"GET /\"",
                "#fields\ta\tb\n#types\tbool\tset[count]\n",
                "T\t1,-\n",
                "\\xc3\\xa9",
                "#Fields: date time a\n2026-01-15 10:14:02 \"x y\"\n",
                "a,b,c\n1,\"x\n",
                "\",2\n",
                "\"",
                "k=\"v\" w=5 ",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
        ];
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn any_bytes_give_the_same_events_however_they_arrive(text in any_text(), part in 1usize..50, format in 0usize..=crate::parse::format_names().len()) {
            let names = crate::parse::format_names();
            let format = names.get(format).and_then(|name| Format::by_name(name));
            let parse = |part: usize| {
                let mut parser = SourceParser::new(SourceSettings::of_format(format), 0);
                let mut sink = TellSink::default();
                text.chunks(part).for_each(|part| parser.feed(part, &mut sink));
                parser.finish(&mut sink);
                prop_assert_eq!(parser.statistics().events, sink.events.len() as u64);
                Ok((parser.format_name(), parser.source_type().to_string(), parser.statistics(), sink.events))
            };
            prop_assert_eq!(parse(part)?, parse(usize::MAX)?);
        }
    }
}

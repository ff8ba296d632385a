//! The formats that are known, and how one is found by content.
//!
//! A format is one file that implements `Parser` and one line in `formats!` below. The order of the lines is the order in which
//! formats are asked whether the first bytes look like theirs; the last one takes everything.
use super::line_format::LineParser;
use super::settings::SourceContext;
use super::sink::EventSink;
use super::statistics::Statistics;
use super::utf8::BYTE_ORDER_MARK;
use std::borrow::Cow;

/// What a format has to offer. Parsers are plain structs; the sink is known where they are compiled, so that telling it a
/// value is no call through a pointer.
pub trait Parser: Default {
    /// The name users give: `--format json`.
    const NAME: &'static str;
    /// What gives the format away, told to those who ask why it was chosen: `lines of …`.
    const SIGN: &'static str;
    /// Fields that hold the event time unless the user names others, best first; of no use to formats that tell it themselves.
    const TIME_FIELDS: &'static [&'static str];
    /// Whether values are told that do not stand in the source as they are: decoded ones, names of numbers. No text may be left
    /// out then for what it does not hold.
    const MAKES_TEXT: bool = false;
    /// Whether the first bytes look like this format.
    fn looks_like(head: &Head) -> bool;
    /// What `@lb.source_type` is, by the first bytes.
    fn source_type(head: &Head) -> &'static str;
    /// What `@lb.source_type` is when its name stands in the text itself; it comes before `source_type`.
    fn written_source_type(_head: &Head) -> Option<String> {
        None
    }
    /// Fields that hold the event time in text of this source type, unless the user names others, best first.
    fn time_fields(_source_type: &str) -> &'static [&'static str] {
        Self::TIME_FIELDS
    }
    /// Called once before the first bytes of an object are fed.
    fn configure(&mut self, _context: SourceContext, _head: &Head) {}
    fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S);
    /// Tells what may be told by now: nothing more comes soon.
    fn settle<S: EventSink>(&mut self, _sink: &mut S) {}
    /// The end of the data.
    fn finish<S: EventSink>(&mut self, sink: &mut S);
    fn statistics(&self) -> Statistics;
    /// What lines may be left out now; None in the middle of a record, and for formats whose records are not lines.
    fn skippable(&self) -> Option<Skippable> {
        None
    }
}

/// Lines that can be left out, whole, without changing what is told of the others but their numbers and borrowed times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skippable {
    /// Any lines.
    Any,
    /// Lines that do not start with a letter in lower case, as a header does.
    NotHeaders,
    /// Lines that do not start with `#`.
    NotDirectives,
    /// Lines that are objects from their first byte to their last.
    Objects,
    /// Lines that start with a digit, as records do, and all that follow up to the next such line.
    Records,
}

/// How many lines of the first bytes are looked at.
pub(super) const HEAD_LINES_MAX: usize = 20;

/// The first bytes of a source object, decompressed; they may end anywhere unless they are all of it.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    bytes: &'a [u8],
    is_whole: bool,
}

impl<'a> Head<'a> {
    pub fn new(bytes: &'a [u8], is_whole: bool) -> Self {
        Self { bytes: bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes), is_whole }
    }

    /// The bytes, without a byte order mark.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether these are all bytes of the text.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The first lines that are whole and not blank; when not even one is whole, the start of the first.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let end = match self.bytes.iter().rposition(|&byte| byte == b'\n') {
            Some(end) if !self.is_whole => end,
            _ => self.bytes.len(),
        };
        let lines = self.bytes[..end].split(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        lines.filter(|line| !line.trim_ascii().is_empty()).take(HEAD_LINES_MAX)
    }

    /// Whether at least half of the first lines, and at least one, are so.
    pub fn most_lines(&self, is_so: impl Fn(&[u8]) -> bool) -> bool {
        let (mut so, mut all) = (0, 0);
        for line in self.lines() {
            all += 1;
            so += usize::from(is_so(line));
        }
        so > 0 && so * 2 >= all
    }
}

fn source_type_of<P: Parser>(head: &Head) -> Cow<'static, str> {
    P::written_source_type(head).map_or(Cow::Borrowed(P::source_type(head)), Cow::Owned)
}

macro_rules! formats {
    ($($format:ident => $parser:ty),* $(,)?) => {
        /// A format that is known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Format { $($format),* }

        /// Every format, in the order in which they are tried.
        const ALL: &[Format] = &[$(Format::$format),*];

        impl Format {
            /// The name users give.
            pub fn name(self) -> &'static str {
                match self { $(Self::$format => <$parser>::NAME),* }
            }

            /// What gives the format away.
            pub fn sign(self) -> &'static str {
                match self { $(Self::$format => <$parser>::SIGN),* }
            }

            /// Fields that hold the event time unless the user names others, best first.
            pub fn time_fields(self) -> &'static [&'static str] {
                match self { $(Self::$format => <$parser>::TIME_FIELDS),* }
            }

            /// The same for text of this source type.
            pub fn time_fields_of(self, source_type: &str) -> &'static [&'static str] {
                match self { $(Self::$format => <$parser>::time_fields(source_type)),* }
            }

            /// Whether values are told that do not stand in the source as they are.
            pub fn makes_text(self) -> bool {
                match self { $(Self::$format => <$parser>::MAKES_TEXT),* }
            }

            /// What `@lb.source_type` is for an object that starts so.
            pub fn source_type(self, head: &Head) -> Cow<'static, str> {
                match self { $(Self::$format => source_type_of::<$parser>(head)),* }
            }

            fn looks_like(self, head: &Head) -> bool {
                match self { $(Self::$format => <$parser>::looks_like(head)),* }
            }

            /// A parser for one source object.
            pub fn create(self) -> AnyParser {
                match self { $(Self::$format => AnyParser::$format(Box::default())),* }
            }
        }

        /// A parser of any format.
        #[derive(Debug)]
        pub enum AnyParser { $($format(Box<$parser>)),* }

        impl AnyParser {
            pub fn configure(&mut self, context: SourceContext, head: &Head) {
                match self { $(Self::$format(parser) => parser.configure(context, head)),* }
            }

            pub fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
                match self { $(Self::$format(parser) => parser.feed(data, sink)),* }
            }

            pub fn settle<S: EventSink>(&mut self, sink: &mut S) {
                match self { $(Self::$format(parser) => parser.settle(sink)),* }
            }

            pub fn finish<S: EventSink>(&mut self, sink: &mut S) {
                match self { $(Self::$format(parser) => parser.finish(sink)),* }
            }

            pub fn statistics(&self) -> Statistics {
                match self { $(Self::$format(parser) => parser.statistics()),* }
            }

            pub fn skippable(&self) -> Option<Skippable> {
                match self { $(Self::$format(parser) => parser.skippable()),* }
            }
        }
    };
}

formats! {
    Json => super::json::JsonParser,
    CloudWatch => LineParser<super::cloudwatch::CloudWatch>,
    Zeek => LineParser<super::zeek::Zeek>,
    VpcFlow => LineParser<super::vpcflow::VpcFlow>,
    CloudFront => LineParser<super::cloudfront::CloudFront>,
    Elb => LineParser<super::elb::Elb>,
    S3Access => LineParser<super::s3access::S3Access>,
    Route53 => LineParser<super::route53::Route53>,
    NginxError => LineParser<super::nginx_error::NginxError>,
    ApacheError => LineParser<super::apache_error::ApacheError>,
    HaProxy => LineParser<super::haproxy::HaProxy>,
    Squid => LineParser<super::squid::Squid>,
    Access => LineParser<super::access::Access>,
    W3c => LineParser<super::w3c::W3c>,
    Cef => LineParser<super::cef::Cef>,
    Leef => LineParser<super::leef::Leef>,
    Audit => LineParser<super::audit::Audit>,
    Syslog => LineParser<super::syslog::Syslog>,
    Logfmt => LineParser<super::logfmt::Logfmt>,
    Csv => super::csv::CsvParser,
    Text => super::text::TextParser,
}

impl Format {
    /// The format of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|format| format.name() == name)
    }

    /// The first format that the head looks like.
    pub fn sniff(head: &Head) -> Self {
        ALL.iter().copied().find(|format| format.looks_like(head)).unwrap_or(Self::Text)
    }
}

/// Every format, in the order in which they are tried.
pub fn formats() -> &'static [Format] {
    ALL
}

/// The names of all formats.
pub fn format_names() -> Vec<&'static str> {
    ALL.iter().map(|format| format.name()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(text: &str) -> (&'static str, Cow<'static, str>) {
        let head = Head::new(text.as_bytes(), true);
        let format = Format::sniff(&head);
        (format.name(), format.source_type(&head))
    }

    #[test]
    fn formats_are_found_by_content() {
        let flow = "2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA\n";
        let access = "1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1\n";
        for (text, expected) in [
            ("{\"a\":1}", ("json", "json")),
            ("\u{feff} \n[ {\"a\":1}]", ("json", "json")),
            ("{}", ("json", "json")),
            ("[]", ("json", "json")),
            ("{\"Records\":[{\"eventVersion\":\"1.08\",\"eventSource\":\"x\"}]}", ("json", "aws:cloudtrail")),
            ("{\"eventVersion\":\"1.08\",\"eventSource\":\"x\"}\n", ("json", "aws:cloudtrail")),
            (flow, ("vpcflow", "aws:vpcflow")),
            ("version account-id srcaddr\n2 1 x\n", ("vpcflow", "aws:vpcflow")),
            (access, ("access", "web:access")),
            (&format!("garbage\n{access}"), ("access", "web:access")),
            (&format!("garbage\ngarbage\n{access}"), ("text", "text")),
            ("[2023-07-10] hello", ("text", "text")),
            ("{hello} there", ("text", "text")),
            ("12 monkeys", ("text", "text")),
            ("\0\u{1}\u{2}", ("text", "text")),
            ("", ("text", "text")),
        ] {
            let (format, source_type) = sniff(text);
            assert_eq!((format, &*source_type), expected, "{text:?}");
        }
    }

    #[test]
    fn every_format_is_found_by_its_name() {
        assert_eq!((format_names().first(), format_names().last()), (Some(&"json"), Some(&"text")));
        for name in format_names() {
            assert_eq!(Format::by_name(name).map(Format::name), Some(name));
        }
        assert_eq!(Format::by_name("xml"), None);
    }

    #[test]
    fn a_cut_line_is_not_looked_at() {
        let head = |is_whole| Head::new(b"one\r\n \ntwo\nthr", is_whole).lines().collect::<Vec<_>>();
        assert_eq!(head(false), [&b"one"[..], b"two"]);
        assert_eq!(head(true), [&b"one"[..], b"two", b"thr"]);
        assert_eq!(Head::new(b"on", false).lines().collect::<Vec<_>>(), [b"on"]);
    }
}

//! Formats whose record is a line: what they share.
//!
//! Messages of syslog may come with their lengths (`frames`); then such a message is what a line is else. Such a format says what it makes of one line (`LineFormat`), and `LineParser` does the rest: cuts lines, keeps what does not parse
//! as `message`, counts.
use super::frames::{Frames, Piece, first_messages};
use super::lines::{Line, Lines};
use super::registry::{Head, Parser, Skippable};
use super::settings::SourceContext;
use super::sink::{Certainty, EventSink, RecordFacts};
use super::statistics::Statistics;

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An event, all of whose members have been told; its time, when the line tells it.
    Event(Option<(i64, Certainty)>),
    /// A header or a comment: it was taken note of, and is no event.
    Nothing,
    /// It did not parse, and is kept as `message` for this reason. Members that were told are taken back.
    Unparsed(&'static str),
    /// It is kept as `message`, and is nothing worse; the time, when the line tells it.
    Message(Option<(i64, Certainty)>),
}

impl Outcome {
    /// An event whose time the line tells, if it does, without a doubt.
    pub fn event(time_ns: Option<i64>) -> Self {
        Self::Event(time_ns.map(|ns| (ns, Certainty::Certain)))
    }
}

/// A format whose record is a line. `Default` is the state at the start of an object.
pub trait LineFormat: Default + std::fmt::Debug {
    /// See `Parser`.
    const NAME: &'static str;
    const SIGN: &'static str;
    const TIME_FIELDS: &'static [&'static str];
    /// See `Parser`.
    fn time_fields(_source_type: &str) -> &'static [&'static str] {
        Self::TIME_FIELDS
    }
    /// See `Parser`.
    const MAKES_TEXT: bool = false;
    /// Whether records may have their lengths before them, as syslog's messages have when they come over TCP.
    const HAS_FRAMES: bool = false;
    /// What lines may be left out by a reader who does not want them; None: every line must be seen, as values may not stand in
    /// it as they are told.
    const SKIPPABLE: Option<Skippable> = Some(Skippable::Any);
    fn looks_like(head: &Head) -> bool;
    fn source_type(head: &Head) -> &'static str;
    /// See `Parser`.
    fn written_source_type(_head: &Head) -> Option<String> {
        None
    }
    /// Called before the first line.
    fn configure(&mut self, _context: SourceContext, _head: &Head) {}
    /// What a piece of a line that is too long becomes.
    fn piece(_piece: &[u8]) -> Outcome {
        Outcome::Unparsed("line is longer than 1 MiB")
    }
    /// Tells the members of the line's event. `line` is UTF-8 without its line end, and not blank. Line ends are in it only where
    /// it is a record with its length before it.
    fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome;
}

/// The event of a line while its members are told; it begins with the first of them.
pub struct Members<'a, S: EventSink> {
    sink: &'a mut S,
    has_begun: bool,
}

impl<S: EventSink> Members<'_, S> {
    /// The sink, for values that are not scalar: `key`, then the value.
    pub fn key(&mut self, name: &[u8]) -> &mut S {
        if !self.has_begun {
            self.sink.begin_event();
            self.sink.begin_object();
            self.has_begun = true;
        }
        self.sink.key(name);
        self.sink
    }

    /// The sink, in the middle of the event's object: for members that are told elsewhere. Some member must have been told.
    pub fn sink(&mut self) -> &mut S {
        debug_assert!(self.has_begun);
        self.sink
    }

    #[inline]
    pub fn text(&mut self, name: &[u8], value: &[u8]) {
        self.key(name).string(value);
    }

    /// A number when the text is one that JSON can hold as it stands (`007` is not), otherwise text.
    #[inline]
    pub fn number(&mut self, name: &[u8], value: &[u8]) {
        let sink = self.key(name);
        if crate::value::decimal::is_number(value) { sink.number(value) } else { sink.string(value) }
    }

    pub fn null(&mut self, name: &[u8]) {
        self.key(name).null();
    }

    pub fn boolean(&mut self, name: &[u8], value: bool) {
        self.key(name).boolean(value);
    }

    /// An object, whose members are told in turn.
    pub fn object(&mut self, name: &[u8], tell: impl FnOnce(&mut Members<S>)) {
        let sink = self.key(name);
        sink.begin_object();
        tell(&mut Members { sink, has_begun: true });
        sink.end_object();
    }
}

/// A streaming parser of a format whose record is a line.
#[derive(Debug, Default)]
pub struct LineParser<F> {
    lines: Lines,
    frames: Option<Frames>,
    format: F,
    statistics: Statistics,
}

impl<F: LineFormat> Parser for LineParser<F> {
    const NAME: &'static str = F::NAME;
    const SIGN: &'static str = F::SIGN;
    const TIME_FIELDS: &'static [&'static str] = F::TIME_FIELDS;
    const MAKES_TEXT: bool = F::MAKES_TEXT || F::SKIPPABLE.is_none();

    fn looks_like(head: &Head) -> bool {
        F::looks_like(head)
    }

    fn source_type(head: &Head) -> &'static str {
        F::source_type(head)
    }

    fn written_source_type(head: &Head) -> Option<String> {
        F::written_source_type(head)
    }

    fn time_fields(source_type: &str) -> &'static [&'static str] {
        F::time_fields(source_type)
    }

    fn configure(&mut self, context: SourceContext, head: &Head) {
        self.frames = (F::HAS_FRAMES && first_messages(head).is_some()).then(Frames::default);
        self.format.configure(context, head);
    }

    fn feed<S: EventSink>(&mut self, data: &[u8], sink: &mut S) {
        let Self { lines, frames, format, statistics } = self;
        match frames {
            None => lines.feed(data, |line| tell(format, line, statistics, sink)),
            Some(frames) => frames.feed(data, |piece| tell_piece(format, lines, piece, statistics, sink)),
        }
    }

    fn settle<S: EventSink>(&mut self, sink: &mut S) {
        let Self { lines, frames, format, statistics } = self;
        if let Some(frames) = frames {
            frames.settle(|piece| tell_piece(format, lines, piece, statistics, sink));
        }
    }

    fn finish<S: EventSink>(&mut self, sink: &mut S) {
        let Self { lines, frames, format, statistics } = self;
        if let Some(frames) = frames {
            frames.finish(|piece| tell_piece(format, lines, piece, statistics, sink));
        }
        lines.finish(|line| tell(format, line, statistics, sink));
        self.format = F::default();
    }

    fn statistics(&self) -> Statistics {
        let of_frames = self.frames.as_ref().map_or(0, Frames::invalid_utf8);
        Statistics { invalid_utf8: self.lines.invalid_utf8() + of_frames, ..self.statistics }
    }

    fn skippable(&self) -> Option<Skippable> {
        F::SKIPPABLE.filter(|_| !F::MAKES_TEXT && self.frames.is_none() && self.lines.is_at_start())
    }
}

fn tell_piece<F: LineFormat, S: EventSink>(
    format: &mut F,
    lines: &mut Lines,
    piece: Piece,
    statistics: &mut Statistics,
    sink: &mut S,
) {
    match piece {
        Piece::Message(text) => tell(format, Line::Whole(text), statistics, sink),
        Piece::Lines(text) => lines.feed(text, |line| tell(format, line, statistics, sink)),
    }
}

fn tell<F: LineFormat, S: EventSink>(format: &mut F, line: Line, statistics: &mut Statistics, sink: &mut S) {
    let mut members = Members { sink, has_begun: false };
    let (Line::Whole(text) | Line::Piece(text)) = line;
    let outcome = match line {
        Line::Whole(text) => format.line(text, &mut members),
        Line::Piece(text) => F::piece(text),
    };
    let Members { sink, has_begun } = members;
    match outcome {
        Outcome::Event(time) => {
            if !has_begun {
                sink.begin_event();
                sink.begin_object();
            }
            sink.end_object();
            sink.source_text(text);
            sink.end_event(RecordFacts::timed(time));
            statistics.events += 1;
            return;
        }
        _ if has_begun => sink.abort_event(),
        _ => {}
    }
    match outcome {
        Outcome::Unparsed(reason) => statistics.message(text, RecordFacts::unparsed(reason), sink),
        Outcome::Message(time) => statistics.message(text, RecordFacts::timed(time), sink),
        Outcome::Event(_) | Outcome::Nothing => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tell::TellSink;

    /// Lines of a number; `#` starts a comment.
    #[derive(Debug, Default)]
    struct Numbers {
        seen: u32,
    }

    impl LineFormat for Numbers {
        const NAME: &'static str = "numbers";
        const SIGN: &'static str = "a number on each line";
        const TIME_FIELDS: &'static [&'static str] = &[];

        fn looks_like(_head: &Head) -> bool {
            false
        }

        fn source_type(_head: &Head) -> &'static str {
            "numbers"
        }

        fn line<S: EventSink>(&mut self, line: &[u8], members: &mut Members<S>) -> Outcome {
            self.seen += 1;
            match line {
                [b'#', ..] => Outcome::Nothing,
                [b'?', ..] => Outcome::Message(Some((5, Certainty::Certain))),
                _ => {
                    members.number(b"n", line);
                    members.number(b"seen", self.seen.to_string().as_bytes());
                    if line.ends_with(b"!") { Outcome::Unparsed("it shouts") } else { Outcome::event(Some(7)) }
                }
            }
        }
    }

    #[test]
    fn lines_become_what_the_format_makes_of_them() {
        let mut parser = LineParser::<Numbers>::default();
        let mut sink = TellSink::default();
        for part in b"1\n#x\n2!\r\n\n?3\n007".chunks(2) {
            parser.feed(part, &mut sink);
        }
        parser.finish(&mut sink);
        assert_eq!(
            sink.lines(),
            [
                r#"{"n":1,"seen":1}"#,
                r#"!it shouts: {"message":"2!"}"#,
                r#"{"message":"?3"}"#,
                r#"{"n":"007","seen":5}"#
            ]
        );
        let counts = Statistics { events: 4, unparsed_lines: 1, ..Statistics::default() };
        assert_eq!((parser.statistics(), parser.format.seen), (counts, 0));
    }
}

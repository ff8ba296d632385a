//! Every parser, found by content or named: whatever the text, events are well-formed, and the same however the text arrives.
use crate::sink::StrictSink;
use lakebed_core::parse::registry::{Format, format_names};
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::parse::source::SourceParser;

pub fn run(data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else { return };
    let names = format_names();
    let format = names.get(usize::from(choice) % (names.len() + 1)).and_then(|name| Format::by_name(name));
    let whole = parse(format, text, usize::MAX);
    assert!(whole == parse(format, text, 5), "events depend on how the text arrives");
}

fn parse(format: Option<Format>, text: &[u8], part: usize) -> (StrictSink, u64) {
    let (mut sink, mut parser) = (StrictSink::default(), SourceParser::new(SourceSettings::of_format(format), 0));
    for piece in text.chunks(part) {
        parser.feed(piece, &mut sink);
    }
    parser.finish(&mut sink);
    (sink, parser.statistics().events)
}

pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"Records":[{"eventTime":"2026-01-15T10:14:02Z","tags":["a",{"b":null}],"n":-1.5e3},{"eventName":"\ud800\u00e9"}]}"#,
        "{\"time\": 1688989507, \"user\": {\"name\": \"x\"}}\n{\"time\": 1688989508}\nnot json\n",
        "[{\"a\": 1}, {\"a\": true}, 3]",
        "2 123456789012 eni-0 10.0.0.1 10.0.0.2 40000 443 6 10 5000 1768435246 1768435305 ACCEPT OK\n",
        "version account-id srcaddr dstaddr start end action log-status\n2 1 10.0.0.1 - 5 6 REJECT OK\n",
        "203.0.113.99 - - [15/Jan/2026:10:14:02 +0000] \"GET /a?b=%20 HTTP/1.1\" 404 162 \"-\" \"curl/8.11.0\"\n",
        "Jan 15 10:14:02 host sshd[42]: Failed password for root from 192.0.2.1 port 22 ssh2\n",
        "<165>1 2003-10-11T22:14:15.003Z host app 1 ID [a b=\"c\\]\"][d] m\n<4>Oct 11 22:14:15 h kernel: IN=a OUT= SRC=b SYN\n",
        "type=EXECVE msg=audit(1364481364.000:8): argc=1 a0=6563 msg='op=x acct=\"r\"'\n",
        "<14>Sep 19 08:26:10 fw CEF:0|V|P|1|7|n \\||5|src=1 msg=a \\= b cs1Label=L cs1=v rt=1697062455123\n",
        "LEEF:2.0|V|P|1|E|x5E|src=1^devTime=Oct 11 2003 22:14:15^devTimeFormat=MMM dd yyyy HH:mm:ss\n",
        "2023-11-14 10:00:00,123 failed\njava.io.IOException: x\n\tat a.B.c(B.java:1)\n\nCaused by: y\n",
    ];
    // the first byte chooses: each format by name, then by content
    let choices = 0..=format_names().len() as u8;
    choices.flat_map(|choice| texts.map(|text| [&[choice], text.as_bytes()].concat())).collect()
}

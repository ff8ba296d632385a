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
        r#"{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":[{"timestamp":1,"message":"{\"a\":[1]}"},{"logGroup":2}]}"#,
        r#"{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":{"stringValue":"x"},
            "attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}]}]}]}"#,
        r#"{"detail-type":"x","source":"y","detail":{"findings":[{"a":1}]},"z":1}{"events":[{"time":1},{"time":2}],"more":[]}"#,
        "[{\"a\": 1}, {\"a\": true}, 3]",
        "2 123456789012 eni-0 10.0.0.1 10.0.0.2 40000 443 6 10 5000 1768435246 1768435305 ACCEPT OK\n",
        "version account-id srcaddr dstaddr start end action log-status\n2 1 10.0.0.1 - 5 6 REJECT OK\n",
        "203.0.113.99 - - [15/Jan/2026:10:14:02 +0000] \"GET /a?b=%20 HTTP/1.1\" 404 162 \"-\" \"curl/8.11.0\"\n",
        "#separator \\x09\n#path\tdns\n#fields\tts\tq\ta\n#types\ttime\tstring\tset[port]\n1.5\t\\xc3\\xa9\t5,-\n",
        "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time a cs(B)\n2026-01-15 10:14:02 7 \"x\"\n",
        "time,name,n\n2026-01-15T10:14:02Z,\"a \"\"b\"\"\n\",007\n5,\"open\n6,x,1,2\n",
        "date=2026-01-15 time=10:14:02 tz=\"+0100\" msg=\"a \\\"b\" ok=true flag n=5\n",
        "https 2026-01-15T10:14:02.186641Z app/shop/50 203.0.113.99:2817 - 0.086 0.048 -1 200 - 5140 57 \"GET https://x:443/ HTTP/1.1\" \"a\" - -\n",
        "tls 2.0 2026-01-15T10:14:02 net/lb/c6 g3 203.0.113.119:51341 10.0.0.4:443 5 2 98 246 - - - x tlsv12 - d h2 h2 \"h2\",\"http/1.1\" -\n",
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs(Host)\n2026-01-15\t10:14:02\tFRA56\t392\tx\n",
        "79a5 logs [15/Jan/2026:10:14:02 +0000] - - 3E57 REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 2662992 7 6 \"-\" \"a \"b\" c\" -\n",
        "1.0 2026-01-15T10:14:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.0.2.1 -\n",
        "2026/01/15 10:14:02 [error] 24#25: *7 x, client: 192.0.2.1, server: _, request: \"GET / HTTP/1.1\", host: \"x\"\n",
        "[Thu Jan 15 10:14:02.123456 2026] [core:error] [pid 30:tid 13] (13)No: [client 192.0.2.1:4] AH01630: x, referer: y\n",
        "Jan 15 10:14:02 lb haproxy[14]: 192.0.2.1:3 [15/Jan/2026:10:14:02.655] f~ b/s 1/0/3/6/9 200 27 - - ---- 1/1/1/1/0 0/0 {a|b} {} \"GET / HTTP/1.1\"\n",
        "1768472042.253    565 192.168.0.68 TCP_MISS/200 507 POST http://example.com/upload - HIER_DIRECT/192.0.2.1 text/html\n",
        "Jan 15 10:14:02 host sshd[42]: Failed password for root\n",
        "Jan 15 10:14:02 host sshd[42]: Failed password for root from 192.0.2.1 port 22 ssh2\n",
        "34 <13>Oct 11 22:14:15 h a: one\n\ttwo11 <13>b: four5 <1>c\r\n99 <13>x\n",
        "type=AVC msg=audit(1364481366.1:24290): avc:  denied  { read write } for  pid=2465 comm=\"httpd\"\n",
        "<165>1 2003-10-11T22:14:15.003Z host app 1 ID [a b=\"c\\]\"][d] m\n<4>Oct 11 22:14:15 h kernel: IN=a OUT= SRC=b SYN\n",
        "type=EXECVE msg=audit(1364481364.000:8): argc=1 a0=6563 msg='op=x acct=\"r\"'\n",
        "<14>Sep 19 08:26:10 fw CEF:0|V|P|1|7|n \\||5|src=1 msg=a \\= b cs1Label=L cs1=v rt=1697062455123\n",
        "LEEF:2.0|V|P|1|E|x5E|src=1^devTime=Oct 11 2003 22:14:15^devTimeFormat=MMM dd yyyy HH:mm:ss\n",
        "2026-01-15T10:14:02.123Z {\"a\":{\"b\":[1.5]}}\n2026-01-15T10:14:02.123Z 2 1 eni-0 - - - - - - - 5 6 - NODATA\n2026-01-15T10:14:02.123Z {\"a\n",
        "<134>Jan 15 10:14:02 haproxy[1]: 192.0.2.1:3 [15/Jan/2026:10:14:02.655] f b/s 1/0/3/6/9 200 27 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\" 0/0/0/0/1 x/TLSv1.3/-\n",
        "192.0.2.1, 10.0.0.1 - - [15/Jan/2026:10:14:02 +0000] \"GET / HTTP/1.1\" 404 162 \"-\" \"curl\" \"192.0.2.1, 10.0.0.1\"\n",
        "<189>date=2026-01-15 time=10:14:02 devname=\"f\" devid=\"d\" logid=\"1\"\n",
        "Level,Date and Time,Source,Event ID,Task Category\nError,1/15/2026 10:14:02 AM,x,7,None,\"a\n\"\nError,1,x,7,None\n",
        "E0115 10:14:02.123456       1 a.go:5] x\npanic(0x1)\n\t/a.go:1\n}\n",
        "2023-11-14 10:00:00,123 failed\njava.io.IOException: x\n\tat a.B.c(B.java:1)\n\nCaused by: y\n",
    ];
    // the first byte chooses: each format by name, then by content
    let choices = 0..=format_names().len() as u8;
    choices.flat_map(|choice| texts.map(|text| [&[choice], text.as_bytes()].concat())).collect()
}

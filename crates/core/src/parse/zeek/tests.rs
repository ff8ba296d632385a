use super::*;
use crate::parse::line_format::LineParser;
use crate::parse::registry::Parser;
use crate::parse::statistics::Statistics;
use crate::parse::tell::TellSink;

fn parse(text: &str) -> (Vec<String>, Statistics) {
    let mut parser = LineParser::<Zeek>::default();
    let mut sink = TellSink::default();
    text.as_bytes().chunks(7).for_each(|part| parser.feed(part, &mut sink));
    parser.finish(&mut sink);
    (sink.lines(), parser.statistics())
}

const START: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n";

fn log(fields: &str, types: &str, lines: &str) -> String {
    format!(
        "{START}#open\t2026-01-15-10-00-00\n#fields\t{fields}\n#types\t{types}\n{lines}#close\t2026-01-15-11-00-00\n"
    )
}

#[test]
fn values_have_their_types() {
    let fields = "ts\tuid\tid.orig_h\tid.orig_p\trtt\tAA\tanswers\tTTLs\tz\tw";
    let types = "time\tstring\taddr\tport\tinterval\tbool\tvector[string]\tvector[interval]\tset[string]\ttable[port]";
    let lines = "1700000000.25\tC1\t10.0.0.1\t53\t0.5\tT\ta\\x2cb,(empty),-\t60.000000,1e3\t(empty)\t1,x\n\
                 -\t(empty)\t-\t-\t-\tF\t-\t-\t-\t-\n";
    let expected = [
        r#"{"ts":1700000000.25,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":53,"rtt":0.5,"AA":true,"answers":["a,b","",null],"TTLs":[60.000000,1e3],"z":[],"w":[1,"x"]}"#,
        r#"{"uid":"","AA":false}"#,
    ];
    let counts = Statistics { events: 2, ..Statistics::default() };
    assert_eq!(parse(&log(fields, types, lines)), (expected.map(String::from).to_vec(), counts));
}

#[test]
fn what_is_not_of_its_type_is_text() {
    let lines = "soon\tyes\tnan\t\\x2d\t007\n";
    let expected = r#"{"ts":"soon","b":"yes","d":"nan","s":"-","c":"007"}"#;
    assert_eq!(parse(&log("ts\tb\td\ts\tc", "time\tbool\tdouble\tstring\tcount", lines)).0, [expected]);
}

#[test]
fn lines_may_describe_other_columns_in_the_middle() {
    let second = "#separator |\n#set_separator|;\n#empty_field|EMPTY\n#unset_field|NONE\n#fields|a|b|c\n#types|int|set[int]|string\n\
                  1|2;3|-\nNONE|EMPTY|EMPTY\n";
    let third = "#fields|a\n#types|int\n5\n#separator \\x09\n6\n";
    let text = log("a", "string", "x\n") + second + third;
    let expected = [
        r#"{"a":"x"}"#,
        r#"{"a":1,"b":[2,3],"c":"-"}"#,
        r#"{"b":[],"c":""}"#,
        r#"{"a":5}"#,
        r#"!line comes before any #fields: {"message":"6"}"#,
    ];
    assert_eq!(parse(&text).0, expected);
}

#[test]
fn types_may_be_missing() {
    assert_eq!(parse("#fields\tts\tb\n5\tT\n#types\ttime\n6\tT\n").0, [r#"{"ts":"5","b":"T"}"#, r#"{"ts":6,"b":"T"}"#]);
}

#[test]
fn what_does_not_fit_is_kept() {
    let text = "x\ty\n#fields\ta\tb\n1\n1\t2\t3\n#EOF now\n#separator \\x09\\x09\n\t\n1\t2\n#set_separator\t\n";
    let (lines, counts) = parse(text);
    let columns = "!number of columns is not that of #fields";
    let expected = [
        r#"!line comes before any #fields: {"message":"x\ty"}"#.to_string(),
        format!(r#"{columns}: {{"message":"1"}}"#),
        format!(r#"{columns}: {{"message":"1\t2\t3"}}"#),
        r##"!line starts with # and is none that Zeek writes: {"message":"#EOF now"}"##.to_string(),
        r##"!separator is not one character: {"message":"#separator \\x09\\x09"}"##.to_string(),
        r#"{"a":"1","b":"2"}"#.to_string(),
        r##"!separator is not one character: {"message":"#set_separator\t"}"##.to_string(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(counts, Statistics { events: 7, unparsed_lines: 6, ..Statistics::default() });
}

#[test]
fn logs_are_recognised_and_named_after_their_path() {
    let head = |text: &'static str| Head::new(text.as_bytes(), true);
    for (text, source_type) in [
        (START, Some("zeek:dns")),
        ("#separator \\x09\n", None),
        ("#path\tConn_long-1\n#fields\ta\n#types\tint\n", Some("zeek:conn_long-1")),
        ("#separator ,\n#path,x y\n", None),
        ("#separator ,\n#path,\n", None),
        ("#separator ,\n#path\n", None),
    ] {
        assert!(Zeek::looks_like(&head(text)), "{text}");
        assert_eq!(Zeek::written_source_type(&head(text)).as_deref(), source_type, "{text}");
    }
    for text in ["", "# a comment\n", "#fields\ta\n", "a\n#fields\ta\n#types\tb\n", "#Fields: a b\n", "#separators\n"] {
        assert!(!Zeek::looks_like(&head(text)), "{text}");
    }
}

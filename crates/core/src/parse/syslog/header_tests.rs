//! Headers in every shape.
use super::*;
use crate::value::time::parse_time;

fn read(line: &str) -> Option<Header<'_>> {
    let written_ns = parse_time(b"2023-12-01").expect("a time");
    Header::read(line.as_bytes(), &SyslogTimes::new(written_ns))
}

/// Priority, timestamp, host, program, process, identifier, data, message.
fn parts(line: &str) -> Option<[String; 8]> {
    let header = read(line)?;
    let parts = [
        header.priority,
        header.timestamp,
        header.hostname,
        header.app_name,
        header.process_id,
        header.message_id,
        header.structured_data,
        header.message,
    ];
    Some(parts.map(|part| String::from_utf8_lossy(part).into_owned()))
}

#[test]
fn every_shape() {
    let time = "Oct 11 22:14:15";
    let iso = "2003-10-11T22:14:15.003Z";
    for (line, expected) in [
        (format!("<34>{time} host su[12]: m: x"), ["34", time, "host", "su", "12", "", "", "m: x"]),
        (format!("<0>{time} host su: m"), ["0", time, "host", "su", "", "", "", "m"]),
        (format!("{time} host a/b[c-d] m"), ["", time, "host", "a/b", "c-d", "", "", "m"]),
        (format!("{time} su[12]: m"), ["", time, "", "su", "12", "", "", "m"]),
        (format!("{time} host no tag: m"), ["", time, "host", "", "", "", "", "no tag: m"]),
        (format!("{time} host [12]: m"), ["", time, "host", "", "", "", "", "[12]: m"]),
        (format!("{time} host a::b m"), ["", time, "host", "", "", "", "", "a::b m"]),
        (format!("{time} host su[1 2]: m"), ["", time, "host", "", "", "", "", "su[1 2]: m"]),
        (format!("{time} host su:"), ["", time, "host", "su", "", "", "", ""]),
        (format!("{time} host"), ["", time, "host", "", "", "", "", ""]),
        (time.to_string(), ["", time, "", "", "", "", "", ""]),
        (format!("{iso} host su[12]: m"), ["", iso, "host", "su", "12", "", "", "m"]),
        (format!("<191>{iso} host su: m"), ["191", iso, "host", "su", "", "", "", "m"]),
        ("<13>su[12]: m".to_string(), ["13", "", "", "su", "12", "", "", "m"]),
        ("<13>hello you".to_string(), ["13", "", "", "", "", "", "", "hello you"]),
        ("<13>".to_string(), ["13", "", "", "", "", "", "", ""]),
        (
            format!("<165>1 {iso} h app 12 ID [a b=\"c\"] \u{feff}m"),
            ["165", iso, "h", "app", "12", "ID", "[a b=\"c\"]", "m"],
        ),
        ("<165>1 - - - - - -".to_string(), ["165", "", "", "", "", "", "", ""]),
        (format!("77 <165>1 {iso} h app - - - m"), ["165", iso, "h", "app", "", "", "", "m"]),
        (format!("<165>1 {iso} h app - - [a m"), ["165", iso, "h", "app", "", "", "", "[a m"]),
        // cut short, or of another version: what there is of a message
        ("<165>1 yesterday h app - - - m".to_string(), ["165", "", "", "", "", "", "", "1 yesterday h app - - - m"]),
        ("<165>1 - h app".to_string(), ["165", "", "", "", "", "", "", "1 - h app"]),
        (
            "<189>29: *Mar  1 00:00:00.123 UTC: %SYS-5-CONFIG_I: m".to_string(),
            ["189", "Mar  1 00:00:00.123 UTC", "", "", "", "SYS-5-CONFIG_I", "", "%SYS-5-CONFIG_I: m"],
        ),
        (
            "<189>29: r1: .Mar  1 00:00:00: %A-1-B: m".to_string(),
            ["189", "Mar  1 00:00:00", "r1", "", "", "A-1-B", "", "%A-1-B: m"],
        ),
        (
            format!("<166>{time} fw : %ASA-6-302013: m"),
            ["166", time, "fw", "", "", "ASA-6-302013", "", "%ASA-6-302013: m"],
        ),
        (format!("<166>{time}: %ASA-6-302013: m"), ["166", time, "", "", "", "ASA-6-302013", "", "%ASA-6-302013: m"]),
    ] {
        assert_eq!(parts(&line), Some(expected.map(str::to_string)), "{line}");
    }
}

#[test]
fn what_is_no_header() {
    for line in [
        "",
        "hello",
        "<192>m",
        "<013>m",
        "<1234>m",
        "<>m",
        "<1 m",
        "Oct 32 22:14:15 host su: m",
        "12: a: b",
        "12345678 <13>m",
    ] {
        assert_eq!(read(line), None, "{line}");
    }
}

#[test]
fn only_what_nothing_else_writes_is_sure() {
    for (line, expected) in [
        ("Oct 11 22:14:15 host su: m", true),
        ("<13>Oct 11 22:14:15 host m", true),
        ("<13>1 - - - - - - m", true),
        ("2003-10-11T22:14:15Z host su: m", true),
        ("Oct 11 22:14:15 host m", false),
        ("Oct 11 22:14:15 ERROR main: m", false),
        ("2003-10-11T22:14:15Z info main: m", false),
        ("2003-10-11T22:14:15 host su: m", false),
        ("2003-10-11 22:14:15Z host su: m", false),
        ("2003-10-11T22:14:15Z su: m", false),
        ("<13>m", false),
    ] {
        assert_eq!(read(line).is_some_and(|header| header.is_sure()), expected, "{line}");
    }
}

#[test]
fn how_sure_a_time_is() {
    let certainty = |line: &str| read(line)?.time.map(|(_, certainty)| certainty);
    assert_eq!(certainty("Oct 11 22:14:15 h a: m"), Some(Certainty::YearInferred));
    assert_eq!(certainty("Oct 11 2003 22:14:15 h a: m"), Some(Certainty::ZoneAssumed));
    assert_eq!(certainty("<1>1 2003-10-11T22:14:15Z h a - - - m"), Some(Certainty::Certain));
    assert_eq!(certainty("<1>1 - h a - - - m"), None);
}

//! Tests of `time`, kept apart for length.
use super::*;
use proptest::prelude::*;

/// 2023-07-10T11:45:07Z
const BASE: i64 = 1_688_989_507 * NS_PER_SECOND;

fn time(text: &str) -> Option<i64> {
    parse_time(text.as_bytes())
}

fn epoch(text: &str) -> Option<i64> {
    parse_epoch(text.as_bytes())
}

#[test]
fn iso_forms() {
    for text in [
        "2023-07-10T11:45:07Z",
        "2023-07-10t11:45:07z",
        "2023-07-10 11:45:07",
        "2023-07-10T11:45:07",
        "2023-07-10T13:45:07+02:00",
        "2023-07-10T13:45:07+0200",
        "2023-07-10T13:45:07+02",
        "2023-07-10 04:15:07 -0730",
        "2023-07-10T11:45:07.000Z",
        "2023-07-10T11:45:07.0000000000000Z",
    ] {
        assert_eq!(time(text), Some(BASE), "{text}");
    }
    assert_eq!(time("2023-07-10T11:45Z"), Some(BASE - 7 * NS_PER_SECOND));
    assert_eq!(time("2023-07-10"), Some(BASE - (11 * 3600 + 45 * 60 + 7) * NS_PER_SECOND));
    assert_eq!(time("2023-07-10T11:45:07.1Z"), Some(BASE + 100_000_000));
    assert_eq!(time("2023-07-10 11:45:07,123"), Some(BASE + 123_000_000));
    assert_eq!(time("2023-07-10T11:45:07.123456789123+00:00"), Some(BASE + 123_456_789));
    assert_eq!(time("2100-01-01T00:00:00Z"), Some(4_102_444_800 * NS_PER_SECOND));
    assert_eq!(time("1969-12-31T23:59:59.5Z"), Some(-500_000_000));
    assert_eq!(time("2016-12-31T23:59:60Z"), Some(1_483_228_800 * NS_PER_SECOND - 1));
}

#[test]
fn what_is_no_time() {
    for text in [
        "",
        "2023",
        "2023-07",
        "2023-07-10T",
        "2023-07-10T11",
        "2023-07-10T11:45:",
        "2023-07-10T11:45:07.Z",
        "2023-07-10T11:45:07ZZ",
        "2023-07-10T11:45:07 ",
        "2023-07-10T11:45:07+2",
        "2023-07-10T11:45:07+24:00",
        "2023-07-10T11:45:07+02:60",
        "2023-07-10T11:45:61Z",
        "2023-07-10T24:00:00Z",
        "2023-02-29T00:00:00Z",
        "2023-7-10T11:45:07Z",
        " 2023-07-10",
        "+2023-07-10",
        "1676-01-01",
        "2263-01-01",
        "9999-12-31T23:59:59Z",
        "20230710T114507Z",
        "11:45:07",
    ] {
        assert_eq!(time(text), None, "{text}");
    }
}

#[test]
fn a_time_in_front_of_other_text() {
    assert_eq!(parse_time_prefix(b"2023-07-10 11:45:07,5 INFO x"), Some((BASE + 500_000_000, 21)));
    assert_eq!(parse_time_prefix(b"2023-07-10T11:45:07Z: x"), Some((BASE, 20)));
    assert_eq!(parse_time_prefix(b"2023-07-10 text").map(|(_, length)| length), Some(10));
    assert_eq!(parse_time_prefix(b"x 2023-07-10"), None);
}

#[test]
fn apache() {
    for text in ["10/Oct/2000:13:55:36 -0700", "10/oct/2000:13:55:36 -0700", "10/OCT/2000:20:55:36 +0000"] {
        assert_eq!(parse_apache(text.as_bytes()), Some(971_211_336 * NS_PER_SECOND), "{text}");
    }
    for text in [
        "10/Oct/2000:13:55:36",
        "10/Okt/2000:13:55:36 -0700",
        "31/Feb/2000:13:55:36 -0700",
        "10/Oct/2000:13:55 -0700",
        "10/Oct/2000:13:55:36 -0700x",
        "10/Oct",
    ] {
        assert_eq!(parse_apache(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn apache_without_an_offset() {
    let expected = 971_186_136 * NS_PER_SECOND;
    assert_eq!(parse_apache_local(b"10/Oct/2000:13:55:36"), Some(expected));
    assert_eq!(parse_apache_local(b"10/Oct/2000:13:55:36.655"), Some(expected + 655_000_000));
    for text in ["10/Oct/2000:13:55:36 -0700", "10/Oct/2000:13:55:36.", "10/Oct/2000:13:55", "31/Feb/2000:13:55:36"] {
        assert_eq!(parse_apache_local(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn ctime() {
    let expected = 971_274_772 * NS_PER_SECOND;
    assert_eq!(parse_ctime(b"Wed Oct 11 14:32:52 2000"), Some(expected));
    assert_eq!(parse_ctime(b"Wed Oct 11 14:32:52.5 2000"), Some(expected + 500_000_000));
    assert_eq!(parse_ctime(b"Sun Oct  1 14:32:52 2000"), Some(expected - 10 * 86_400 * NS_PER_SECOND));
    for text in [
        "",
        "Wed",
        "Oct 11 14:32:52 2000",
        "W3d Oct 11 14:32:52 2000",
        "Wed Okt 11 14:32:52 2000",
        "Wed Oct 1 14:32:52 2000",
        "Wed Oct 32 14:32:52 2000",
        "Wed Oct 11 14:32 2000",
        "Wed Oct 11 14:32:52. 2000",
        "Wed Oct 11 14:32:52 2000 UTC",
    ] {
        assert_eq!(parse_ctime(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn counts_since_1970() {
    for text in [
        "1688989507",
        "1688989507.0",
        "1.688989507e9",
        "1688989507000",
        "1688989507000000",
        "1688989507000000000",
        "16889895070e-1",
    ] {
        assert_eq!(epoch(text), Some(BASE), "{text}");
    }
    assert_eq!(epoch("0"), Some(0));
    assert_eq!(epoch("0.000000001"), Some(1));
    assert_eq!(epoch("5"), Some(5 * NS_PER_SECOND));
    assert_eq!(epoch("4102444800"), Some(4_102_444_800 * NS_PER_SECOND));
    assert_eq!(epoch("1688989507.1234567899"), Some(BASE + 123_456_789));
    assert_eq!(epoch("1688989507000.5"), Some(BASE + 500_000));
    for text in ["", "-1", "abc", "1e99", "1e999999999999999999999", "99999999999999999999", "9999999999", "0x10", "1 "]
    {
        assert_eq!(epoch(text), None, "{text}");
    }
    let digits = "9".repeat(500);
    assert_eq!(epoch(&digits), None);
}

#[test]
fn seconds_of_flow_logs() {
    assert_eq!(parse_epoch_seconds(b"1688989507"), Some(BASE));
    assert_eq!(parse_epoch_seconds(b"-"), None);
    assert_eq!(parse_epoch_seconds(b"-1"), None);
    assert_eq!(parse_epoch_seconds(b"9999999999"), None);
}

#[test]
fn any_form() {
    assert_eq!(parse_event_time(b"2023-07-10T11:45:07Z"), Some(BASE));
    assert_eq!(parse_event_time(b"1688989507"), Some(BASE));
    assert_eq!(parse_event_time(b"10/Jul/2023:11:45:07 +0000"), Some(BASE));
    assert_eq!(parse_event_time(b"yesterday"), None);
}

#[test]
fn printed_times() {
    assert_eq!(format_rfc3339(1_767_225_600 * NS_PER_SECOND), "2026-01-01T00:00:00Z");
    assert_eq!(format_rfc3339(1_767_225_600 * NS_PER_SECOND + 123_000_000), "2026-01-01T00:00:00.123Z");
    assert_eq!(format_rfc3339(1_767_225_600 * NS_PER_SECOND + 123_456_789), "2026-01-01T00:00:00.123456789Z");
    assert_eq!(format_rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
    assert_eq!(format_rfc3339(i64::MIN), "1677-09-21T00:12:43.145224192Z");
    assert_eq!(format_rfc3339(i64::MAX), "2262-04-11T23:47:16.854775807Z");
}

#[test]
fn only_what_prints_back_has_the_iso_form() {
    assert_eq!(iso_form(b"2023-07-10T11:45:07Z"), Some((BASE, 0)));
    assert_eq!(iso_form(b"2023-07-10T11:45:07.120Z"), Some((BASE + 120_000_000, 3)));
    for text in [
        "2023-07-10T11:45:07.Z",
        "2023-07-10T11:45:07.1234567890Z",
        "2023-07-10T11:45:60Z",
        "2023-07-10 11:45:07Z",
        "2023-07-10T11:45:07+00:00",
        "2023-02-29T11:45:07Z",
        "2023-07-10T11:45:0xZ",
        "2023-07-10T11:45:07.1x3Z",
    ] {
        assert_eq!(iso_form(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn printed_times_come_back(ns in -9_000_000_000_000_000_000i64.., digits in 0u8..=9) {
        let unit = 10i64.pow(9 - u32::from(digits));
        let cut = ns.div_euclid(unit).saturating_mul(unit);
        let mut text = Vec::new();
        write_iso(ns, digits, &mut text);
        prop_assert_eq!(iso_form(&text), Some((cut, digits)));
        prop_assert_eq!(parse_time(format_rfc3339(ns).as_bytes()), Some(ns));
    }

    #[test]
    fn no_text_panics(text in "[0-9TZ:. +/e-]{0,40}") {
        let _ = (parse_event_time(text.as_bytes()), parse_time_prefix(text.as_bytes()));
        if let Some((ns, digits)) = iso_form(text.as_bytes()) {
            let mut again = Vec::new();
            write_iso(ns, digits, &mut again);
            prop_assert_eq!(again, text.as_bytes());
        }
    }
}

//! Tests of `time_forms`, kept apart for length.
use super::*;
use proptest::prelude::*;

/// 2023-07-10T11:45:07Z, a Monday.
const BASE: i64 = 1_688_989_507 * NS_PER_SECOND;

fn read(text: &str) -> Option<TimeText> {
    read_time(text.as_bytes())
}

#[test]
fn forms_with_an_offset() {
    for text in [
        "2023-07-10T11:45:07Z",
        "2023-07-10 11:45:07 UTC",
        "2023-07-10 11:45:07.000 GMT",
        "2023-07-10 13:45:07 CEST",
        "2023-07-10 07:45:07 EDT",
        "2023-07-10 04:45:07 PDT",
        "2023-07-10 13:45:07 +0200 CEST",
        "2023-07-10T13:45:07+02:00[Europe/Berlin]",
        "20230710T114507Z",
        "20230710T134507+0200",
        "20230710T114507.000000Z",
        "2023-W28-1T11:45:07Z",
        "2023W281T114507Z",
        "2023-191T11:45:07Z",
        "2023191T114507Z",
        "2023/07/10 11:45:07 Z",
        "2023/07/10 13:45:07.000 +02:00",
        "Mon, 10 Jul 2023 11:45:07 GMT",
        "Mon, 10 Jul 2023 13:45:07 +0200",
        "Mon, 10 Jul 2023 07:45:07 -0400 (EDT)",
        "10 Jul 2023 11:45:07 UT",
        "Mon Jul 10 11:45:07 UTC 2023",
        "Mon Jul 10 2023 13:45:07 GMT+0200",
        "10/Jul/2023:11:45:07 +0000",
        "10/JUL/2023:11:45:07 +0000",
        "10-Jul-2023 11:45:07 Z",
        "7/10/2023 11:45:07 AM UTC",
        "/Date(1688989507000)/",
        "/Date(1688989507000+0200)/",
        "1688989507",
        "1688989507000000",
        "133334631070000000",
    ] {
        assert_eq!(read(text), Some(TimeText { ns: BASE, is_local: false }), "{text}");
    }
}

#[test]
fn forms_without_an_offset() {
    for text in [
        "2023-07-10T11:45:07",
        "2023-07-10 11:45:07,000",
        "20230710T114507",
        "2023-W28-1T11:45:07",
        "2023-191T11:45:07",
        "2023/07/10 11:45:07",
        "2023/07/10 11:45:07.0",
        "Mon, 10 Jul 2023 11:45:07",
        "Mon Jul 10 11:45:07 2023",
        "Mon Jul 10 11:45:07.000000 2023",
        "mon jul 10 11:45:07 2023",
        "Jul 10 2023 11:45:07",
        "Jul 10, 2023 11:45:07 AM",
        "July 10, 2023, 11:45:07 AM",
        "10 Jul 2023 11:45:07",
        "10 July 2023, 11:45:07",
        "10-Jul-2023 11:45:07.000",
        "07/10/2023 11:45:07 AM",
        "7/10/2023 11:45:07 am",
        "10.07.2023 11:45:07",
        "10.7.2023 11:45:07.000",
        "07/10/2023-11:45:07.000000",
    ] {
        assert_eq!(read(text), Some(TimeText { ns: BASE, is_local: true }), "{text}");
    }
    let at = |text: &str| read(text).map(|time| time.ns - BASE);
    assert_eq!(at("7/10/2023 11:45:07 PM"), Some(12 * 3600 * NS_PER_SECOND));
    assert_eq!(at("7/10/2023 12:45:07 AM"), Some(-11 * 3600 * NS_PER_SECOND));
    assert_eq!(at("Sat Jul  1 11:45:07 2023"), Some(-9 * 86_400 * NS_PER_SECOND));
    assert_eq!(at("2023-W28-1"), Some(-(11 * 3600 + 45 * 60 + 7) * NS_PER_SECOND));
    assert_eq!(at("2023/07/10 11:45"), Some(-7 * NS_PER_SECOND));
    assert_eq!(at("2023/07/10 11:45:07.25"), Some(250_000_000));
    assert_eq!(read("Sat, 31 Dec 2016 23:59:60 GMT").map(|time| time.ns), Some(1_483_228_800 * NS_PER_SECOND - 1));
}

#[test]
fn weeks_at_the_ends_of_years() {
    for (week, day) in [
        ("2009-W01-1", "2008-12-29"),
        ("2009-W53-7", "2010-01-03"),
        ("2020-W53-5", "2021-01-01"),
        ("2021-W01-1", "2021-01-04"),
        ("2024-W01-1", "2024-01-01"),
        ("2004-366", "2004-12-31"),
        ("2023-001", "2023-01-01"),
    ] {
        assert_eq!(read(week), read(day), "{week}");
    }
}

#[test]
fn what_is_not_guessed() {
    for text in [
        "",
        "07/10/2023 11:45:07",
        "10.07.23 11:45:07",
        "10.07.2023-11:45:07",
        "10.7.2023",
        "10-07-2023 11:45:07",
        "13/10/2023-11:45:07.5",
        "07/10/23 11:45:07 AM",
        "13/10/2023 11:45:07 AM",
        "7/10/2023 13:45:07 AM",
        "Tue, 10 Jul 2023 11:45:07 GMT",
        "Tue Jul 10 11:45:07 2023",
        "Mon, 10 Jul 2023",
        "Jul 10 11:45:07",
        "2023-07-10 11:45:07 IST",
        "2023-07-10 11:45:07 +0200 X",
        "2023-W54-1",
        "2023-W53-1",
        "2023-W28-8",
        "2023-W28",
        "2023-366",
        "2023-000",
        "2023/13/10 11:45:07",
        "2023/07/10",
        "10-Jul-23 11:45:07",
        "31 Feb 2023 11:45:07",
        "20230710T1145070",
        "20230710T11",
        "/Date()/",
        "/Date(1688989507000)",
        "/Date(abc)/",
        "noon",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read("20230710114507"), Some(TimeText { ns: 20_230_710_114_507_000, is_local: false }));
}

#[test]
fn at_the_start_of_a_line() {
    let leading =
        |text: &str| read_leading_time(text.as_bytes()).map(|(time, length)| (time.ns - BASE, time.is_local, length));
    assert_eq!(leading("2023-07-10 11:45:07,5 INFO x"), Some((500_000_000, true, 21)));
    assert_eq!(leading("2023-07-10 11:45:07 UTC x"), Some((0, false, 23)));
    assert_eq!(leading("2023-07-10 11:45:07 UTCx"), Some((0, true, 19)));
    assert_eq!(leading("2023/07/10 11:45:07 [error] 1#1: x"), Some((0, true, 19)));
    assert_eq!(leading("Mon Jul 10 11:45:07.5 2023] [core] x"), Some((500_000_000, true, 26)));
    assert_eq!(leading("2023-07-10 x"), None);
    assert_eq!(leading("1688989507 x"), None);
    assert_eq!(leading("x"), None);
}

proptest! {
    #[test]
    fn no_text_panics(text in "([0-9]{1,4}|[A-Z][a-z]{2}|[-/:., TZW+()]|AM|Jul|Mon|UTC|/Date\\(){0,20}") {
        let whole = read_time(text.as_bytes());
        if let Some((time, length)) = read_leading_time(text.as_bytes()) {
            prop_assert!(length <= text.len());
            if length == text.len() && read_count(text.as_bytes()).is_none() {
                prop_assert_eq!(whole, Some(time));
            }
        }
    }
}

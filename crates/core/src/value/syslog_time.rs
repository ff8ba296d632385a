//! Times as syslog writes them: `Oct 11 22:14:15`, most often without a year and an offset from UTC.
//!
//! A time without a year is of the latest year in which it is not later than a day after the object was written; the day is for
//! clocks that are ahead, and for offsets that are not told. So logs are right across New Year, and 29 February is of a leap year.
use super::calendar::{Moment, NS_PER_SECOND};
use super::time::{parse_epoch, parse_time_prefix};

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// How far a time may be ahead of when its object was written.
const AHEAD_NS_MAX: i64 = 86_400 * NS_PER_SECOND;

/// Most years from one 29 February to the next (1896 to 1904).
const LEAP_YEARS_APART_MAX: i64 = 8;

/// Years of two digits from here on are of the last century.
const SHORT_YEAR_OF_1900: u32 = 70;

/// Length of a date alone, `2023-07-10`.
const DATE_BYTES: usize = 10;

/// Length of a date and a time of day, `2023-07-10T01:02:03`: an offset stands behind it.
const SECONDS_BYTES: usize = 19;

/// Letters of a zone's name, `CEST`.
const ZONE_LETTERS: std::ops::RangeInclusive<usize> = 2..=5;

/// A time that a text starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub ns: i64,
    pub length: usize,
    pub has_year: bool,
    pub has_offset: bool,
}

/// Reads times of one object.
///
/// ```
/// use lakebed_core::value::{syslog_time::SyslogTimes, time::format_rfc3339};
/// let written_ns = 1_704_067_200_000_000_000; // 2024-01-01
/// let stamp = SyslogTimes::new(written_ns).prefix(b"Dec 31 23:59:59 host").unwrap();
/// assert_eq!((format_rfc3339(stamp.ns).as_str(), stamp.length), ("2023-12-31T23:59:59Z", 15));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SyslogTimes {
    latest_ns: i64,
    latest_year: i64,
}

impl Default for SyslogTimes {
    fn default() -> Self {
        Self::new(0)
    }
}

impl SyslogTimes {
    /// Of an object that was written then.
    pub fn new(modified_ns: i64) -> Self {
        let latest_ns = modified_ns.saturating_add(AHEAD_NS_MAX);
        Self { latest_ns, latest_year: Moment::from_ns(latest_ns).year }
    }

    /// The time that the text starts with: `Oct 11 22:14:15`, also with a year, a fraction and an offset, or as ISO 8601.
    #[inline]
    pub fn prefix(&self, text: &[u8]) -> Option<Stamp> {
        if text.first()?.is_ascii_digit() { iso(text) } else { self.month_first(text) }
    }

    /// The time that the whole text is: as `prefix`, or a count since 1970.
    pub fn whole(&self, text: &[u8]) -> Option<Stamp> {
        if let Some(ns) = parse_epoch(text) {
            return Some(Stamp { ns, length: text.len(), has_year: true, has_offset: true });
        }
        self.prefix(text).filter(|stamp| stamp.length == text.len())
    }

    /// The time of a moment whose year, or offset, may not be told: the one place that knows what they are then.
    pub fn resolve(&self, moment: Moment, has_year: bool) -> Option<i64> {
        if has_year {
            return moment.to_ns();
        }
        let years = (0..=LEAP_YEARS_APART_MAX).map(|back| self.latest_year - back);
        let mut times = years.filter_map(|year| Moment { year, ..moment }.to_ns());
        times.find(|&ns| ns <= self.latest_ns)
    }

    fn month_first(&self, text: &[u8]) -> Option<Stamp> {
        let mut reader = Reader { text, at: 3 };
        let month = month_number(text.get(..3)?)?;
        reader.spaces(1, 2)?;
        let day = reader.digits(1, 2)?;
        reader.skip(b',');
        reader.spaces(1, 1)?;
        let mut year = None;
        if !matches!(text.get(reader.at + 1..reader.at + 3)?, [b':', _] | [_, b':']) {
            year = Some(reader.year()?);
            reader.spaces(1, 1)?;
        }
        let hour = reader.digits(1, 2)?;
        reader.expect(b':')?;
        let minute = reader.digits(2, 2)?;
        reader.expect(b':')?;
        let second = reader.digits(2, 2)?;
        let nanosecond = reader.fraction();
        if year.is_none() {
            year = reader.late_year();
        }
        let offset = reader.offset();
        let offset_seconds = offset.unwrap_or(0);
        let moment = Moment { year: year.unwrap_or(0), month, day, hour, minute, second, nanosecond, offset_seconds };
        let ns = self.resolve(moment, year.is_some())?;
        Some(Stamp { ns, length: reader.at, has_year: year.is_some(), has_offset: offset.is_some() })
    }
}

/// The number of a month by its name of three letters, in any case.
pub fn month_number(name: &[u8]) -> Option<u32> {
    let name: &[u8; 3] = name.try_into().ok()?;
    let name = name.map(|byte| byte | 0x20);
    MONTHS.iter().position(|month| name == **month).map(|index| index as u32 + 1)
}

/// The year that two digits mean.
pub fn whole_year(short: u32) -> i64 {
    i64::from(short) + if short >= SHORT_YEAR_OF_1900 { 1900 } else { 2000 }
}

fn iso(text: &[u8]) -> Option<Stamp> {
    let (ns, length) = parse_time_prefix(text)?;
    if length <= DATE_BYTES {
        return None;
    }
    let behind = text.get(SECONDS_BYTES..length).unwrap_or_default();
    let has_offset = behind.iter().any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    Some(Stamp { ns, length, has_year: true, has_offset })
}

/// A place in a text; what does not fit leaves it anywhere.
pub(super) struct Reader<'a> {
    pub text: &'a [u8],
    pub at: usize,
}

impl Reader<'_> {
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    pub fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip(byte).then_some(())
    }

    fn spaces(&mut self, least: usize, most: usize) -> Option<()> {
        let count = (0..most).take_while(|_| self.skip(b' ')).count();
        (count >= least).then_some(())
    }

    pub fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let rest = self.text.get(self.at..)?;
        let count = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        let value = rest[..count].iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
        (count >= least).then_some(value)
    }

    /// Four digits, or two.
    fn year(&mut self) -> Option<i64> {
        let start = self.at;
        let year = self.digits(2, 4)?;
        match self.at - start {
            2 => Some(whole_year(year)),
            4 => Some(year.into()),
            _ => None,
        }
    }

    /// ` 2003` behind the time of day, before a space, a colon or the end.
    fn late_year(&mut self) -> Option<i64> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let is_year = match rest {
            [b' ', b'1', b'9', _, _, rest @ ..] | [b' ', b'2', b'0', _, _, rest @ ..] => {
                matches!(rest.first(), None | Some(b' ' | b':'))
            }
            _ => false,
        };
        self.at += usize::from(is_year);
        let year = if is_year { self.digits(4, 4) } else { None };
        if year.is_none() {
            self.at = start;
        }
        year.map(i64::from)
    }

    pub fn fraction(&mut self) -> u32 {
        let start = self.at;
        if !(self.skip(b'.') || self.skip(b',')) {
            return 0;
        }
        let Some(value) = self.digits(1, 9) else {
            self.at = start;
            return 0;
        };
        let count = self.at - start - 1;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        value * 10u32.pow((9 - count) as u32)
    }

    /// `Z`, `+02:00`, ` UTC` …; a name that is not UTC's is read over only before a colon or at the end.
    pub fn offset(&mut self) -> Option<i64> {
        let start = self.at;
        self.skip(b' ');
        let rest = self.text.get(self.at..).unwrap_or_default();
        if let Some(seconds) = self.signed() {
            return Some(seconds);
        }
        let letters = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let is_utc = matches!(&rest[..letters], b"UTC" | b"GMT" | b"Z");
        let is_name = match rest.get(letters) {
            None | Some(b':') => is_utc || ZONE_LETTERS.contains(&letters),
            Some(b' ') => is_utc,
            Some(_) => false,
        };
        self.at = if is_name { self.at + letters } else { start };
        (is_name && is_utc).then_some(0)
    }

    pub fn signed(&mut self) -> Option<i64> {
        let start = self.at;
        let sign = match self.peek()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.at += 1;
        let hours = self.digits(2, 2).filter(|&hours| hours < 24);
        self.skip(b':');
        let minutes = self.digits(2, 2).filter(|&minutes| minutes < 60);
        let (Some(hours), Some(minutes)) = (hours, minutes) else {
            self.at = start;
            return None;
        };
        Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::time::{format_rfc3339, parse_time};

    fn read(text: &str, written: &str) -> Option<(String, usize, bool, bool)> {
        let written_ns = parse_time(written.as_bytes()).expect("a time");
        let stamp = SyslogTimes::new(written_ns).prefix(text.as_bytes())?;
        Some((format_rfc3339(stamp.ns), stamp.length, stamp.has_year, stamp.has_offset))
    }

    #[test]
    fn the_year_is_the_latest_that_is_not_ahead() {
        for (text, written, expected) in [
            ("Oct 11 22:14:15", "2023-12-01", "2023-10-11T22:14:15Z"),
            ("Dec 31 23:59:59", "2024-01-01", "2023-12-31T23:59:59Z"),
            ("Jan  1 00:00:00", "2023-12-31", "2024-01-01T00:00:00Z"),
            ("Jan  1 00:00:01", "2023-12-31", "2023-01-01T00:00:01Z"),
            ("Jan 2 00:00:00", "2023-12-31T23:59:59Z", "2023-01-02T00:00:00Z"),
            ("Feb 29 01:02:03", "2023-12-01", "2020-02-29T01:02:03Z"),
            ("Feb 29 01:02:03", "1903-12-01", "1896-02-29T01:02:03Z"),
            ("DEC 31 23:59:60", "2017-01-01", "2016-12-31T23:59:59.999999999Z"),
        ] {
            assert_eq!(read(text, written), Some((expected.to_string(), text.len(), false, false)), "{text}");
        }
    }

    #[test]
    fn years_fractions_and_offsets() {
        for (text, expected, length, has_year, has_offset) in [
            ("oct 11 2003 22:14:15 host", "2003-10-11T22:14:15Z", 20, true, false),
            ("Oct 11 03 22:14:15 host", "2003-10-11T22:14:15Z", 18, true, false),
            ("Oct 11 71 2:14:15 host", "1971-10-11T02:14:15Z", 17, true, false),
            ("Oct 11, 2003 22:14:15 host", "2003-10-11T22:14:15Z", 21, true, false),
            ("Oct 11 22:14:15 2003 host", "2003-10-11T22:14:15Z", 20, true, false),
            ("Oct 11 22:14:15.25 UTC: %A", "2022-10-11T22:14:15.25Z", 22, false, true),
            ("Oct 11 22:14:15.1234567891 h", "2022-10-11T22:14:15.123456789Z", 26, false, false),
            ("Oct 11 22:14:15. h", "2022-10-11T22:14:15Z", 15, false, false),
            ("Oct 11 22:14:15 CEST: %A", "2022-10-11T22:14:15Z", 20, false, false),
            ("Oct 11 22:14:15 CEST a", "2022-10-11T22:14:15Z", 15, false, false),
            ("Oct 11 2003 22:14:15 +0200", "2003-10-11T20:14:15Z", 26, true, true),
            ("Oct 11 22:14:15 -x", "2022-10-11T22:14:15Z", 15, false, false),
            ("2003-10-11T22:14:15.003+02:00 h", "2003-10-11T20:14:15.003Z", 29, true, true),
            ("2003-10-11T22:14:15 h", "2003-10-11T22:14:15Z", 19, true, false),
        ] {
            let expected = Some((expected.to_string(), length, has_year, has_offset));
            assert_eq!(read(text, "2023-07-10"), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "Oct",
            "Oct 11",
            "Oct 32 22:14:15",
            "Okt 11 22:14:15",
            "Oct 11 24:14:15",
            "Oct 11 22:14",
            "Oct11 22:14:15",
            "Oct 11 203 22:14:15",
            "Feb 30 22:14:15",
            "2003-10-11 a",
            "2003",
            "Feb 29 2003 01:02:03",
            "Oct   1 22:14:15",
        ] {
            assert_eq!(read(text, "2023-07-10"), None, "{text}");
        }
    }

    #[test]
    fn a_whole_text() {
        let times = SyslogTimes::default();
        let ns = |text: &str| times.whole(text.as_bytes()).map(|stamp| stamp.ns);
        assert_eq!(ns("1500"), Some(1_500_000_000_000));
        assert_eq!(ns("1697062455123"), Some(1_697_062_455_123_000_000));
        assert_eq!(ns("Jan 02 1970 00:00:00"), Some(86_400_000_000_000));
        assert_eq!(ns("Jan 02 1970 00:00:00 x"), None);
    }
}

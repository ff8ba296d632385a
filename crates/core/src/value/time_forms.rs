//! The forms in which logs write times, beyond those of `time`, and what a text does not tell.
//!
//! Read are: ISO 8601 and RFC 3339 (`2023-07-10T11:45:07.5+02:00`; `20230710T114507Z`; weeks, `2023-W28-1T11:45:07Z`; days of the
//! year, `2023-191T11:45:07Z`), `2023/07/10 11:45:07`, RFC 2822 and HTTP (`Mon, 10 Jul 2023 11:45:07 GMT`), Apache
//! (`10/Jul/2023:11:45:07 +0000`, `10-Jul-2023 11:45:07.123`), ctime (`Mon Jul 10 11:45:07 2023`, also with a zone before the year),
//! `Jul 10, 2023 11:45:07 AM`, the United States' `7/10/2023 11:45:07 AM`, `10.07.2023 11:45:07`, Suricata's `07/10/2023-11:45:07.1`,
//! .NET's `/Date(1688989507000)/`, counts since 1970, and Windows' FILETIME (18 digits that start with 13: the years 2012 to 2044).
//!
//! An offset may be `Z`, `+02:00`, `+0200`, `+02`, or one of the abbreviations that mean one zone (`UTC`, `GMT`, `EST` to `PDT`,
//! `CET`, `CEST`, …). What can be read in two ways is no time here: `07/10/2023 11:45:07` (which is the month?), years of two
//! digits, `20230710114507` (a count since 1970), `IST`. A source's own rule says what they mean. A day of the week that is wrong
//! makes a text no time.
use super::calendar::{Moment, NS_PER_SECOND, day_of_week_date, days_in_year};
use super::strftime::{DAYS, MONTHS, weekday};
use super::time::{Reader, iso_form, iso_prefix, parse_epoch};
use super::zone::abbreviated;

/// A time as a text tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeText {
    /// Nanoseconds since 1970, by a clock in UTC unless the text tells an offset.
    pub ns: i64,
    /// The text tells no offset.
    pub is_local: bool,
}

/// Length of a date alone, `2023-07-10`.
const DATE_BYTES: usize = 10;

/// FILETIME counts 100 ns since 1601; this many until 1970.
const FILETIME_OF_1970: i64 = 116_444_736_000_000_000;

/// The time that the whole text is.
///
/// ```
/// use lakebed_core::value::time_forms::{TimeText, read_time};
/// assert_eq!(read_time(b"Thu, 01 Jan 1970 00:00:01 GMT"), Some(TimeText { ns: 1_000_000_000, is_local: false }));
/// assert_eq!(read_time(b"1970/01/01 00:00:01"), Some(TimeText { ns: 1_000_000_000, is_local: true }));
/// assert_eq!(read_time(b"01/02/1970 00:00:01"), None);
/// ```
pub fn read_time(text: &[u8]) -> Option<TimeText> {
    if let Some((ns, _)) = iso_form(text) {
        return Some(TimeText { ns, is_local: false });
    }
    if let Some(time) = read_count(text) {
        return Some(time);
    }
    let (time, length) = prefix(text)?;
    (length == text.len()).then_some(time)
}

/// The time that a number, or a text of one, is: since 1970, or Windows' FILETIME.
pub fn read_count(text: &[u8]) -> Option<TimeText> {
    let ns = filetime(text).or_else(|| parse_epoch(text))?;
    Some(TimeText { ns, is_local: false })
}

/// The time, with a time of day, that the text starts with, and its length.
pub fn read_leading_time(text: &[u8]) -> Option<(TimeText, usize)> {
    prefix(text).filter(|&(_, length)| length > DATE_BYTES)
}

fn filetime(text: &[u8]) -> Option<i64> {
    if text.len() != 18 || !text.starts_with(b"13") {
        return None;
    }
    Reader { text, at: 0 }.long(18)?.checked_sub(FILETIME_OF_1970)?.checked_mul(100)
}

fn prefix(text: &[u8]) -> Option<(TimeText, usize)> {
    if let Some((time, length)) = iso_prefix(text) {
        return Some(behind_iso(text, time, length));
    }
    let mut reader = Reader { text, at: 0 };
    let time = match text.first()? {
        b'0'..=b'9' => match text.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count() {
            1 | 2 if text.iter().take(3).any(|byte| b"/- .".contains(byte)) => reader.day_first(None)?,
            4 | 7 | 8 => reader.year_first()?,
            _ => return None,
        },
        b'/' => reader.dotnet()?,
        byte if byte.is_ascii_alphabetic() => reader.name_first()?,
        _ => return None,
    };
    Some((time, reader.at))
}

/// Takes in what some writers put behind an ISO time: the abbreviation of the zone, its name in brackets.
fn behind_iso(text: &[u8], time: TimeText, length: usize) -> (TimeText, usize) {
    let mut reader = Reader { text, at: length };
    if length <= DATE_BYTES {
        return (time, length);
    }
    if !time.is_local {
        reader.zone_again();
        return (time, reader.at);
    }
    let Some(seconds) = reader.zone() else { return (time, length) };
    match time.ns.checked_sub(seconds * NS_PER_SECOND) {
        Some(ns) => (TimeText { ns, is_local: false }, reader.at),
        None => (time, length),
    }
}

/// A date and a time of day, read so far.
#[derive(Default)]
struct Parts {
    year: i64,
    month: u32,
    day: u32,
    clock: Clock,
    offset: Option<i64>,
    /// From 1 for Monday.
    weekday: Option<u32>,
}

#[derive(Default, Clone, Copy)]
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    has_half: bool,
}

impl Parts {
    fn time(self) -> Option<TimeText> {
        let Self { year, month, day, clock, offset, .. } = self;
        let Clock { hour, minute, second, nanosecond, .. } = clock;
        let local = Moment { year, month, day, hour, minute, second, nanosecond, offset_seconds: 0 };
        if self.weekday.is_some_and(|day| local.to_ns().is_none_or(|ns| weekday(ns) != day)) {
            return None;
        }
        let ns = Moment { offset_seconds: offset.unwrap_or(0), ..local }.to_ns()?;
        Some(TimeText { ns, is_local: offset.is_none() })
    }
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    /// A number of one to `most` digits.
    fn number(&mut self, most: usize) -> Option<u32> {
        let count = self.rest().iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 { None } else { self.digits(count) }
    }

    fn long(&mut self, count: usize) -> Option<i64> {
        let digits = std::str::from_utf8(self.text.get(self.at..self.at + count)?).ok()?;
        let value = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        self.at += count;
        value
    }

    /// The letters that stand here.
    fn word(&self) -> &[u8] {
        let length = self.rest().iter().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
        &self.rest()[..length]
    }

    /// The number, from 1, of the name that stands here, in full or by its first three letters.
    fn name(&mut self, names: &[&str]) -> Option<u32> {
        let word = self.word();
        let is_word = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let is_name = |name: &&str| is_word(name) || is_word(&name[..3]);
        let (number, length) = (names.iter().position(is_name)? as u32 + 1, word.len());
        self.at += length;
        Some(number)
    }

    /// `H:MM[:SS[.fraction]]`, and ` AM` or ` PM`; one digit of the hour only with these.
    fn time_with_half(&mut self) -> Option<Clock> {
        let start = self.at;
        let hour = self.number(2)?;
        let is_short = self.at == start + 1;
        self.expect(b":")?;
        let minute = self.digits(2)?;
        let mut clock = Clock { hour, minute, ..Clock::default() };
        if self.expect(b":").is_some() {
            clock.second = self.digits(2)?;
            if matches!(self.peek(), Some(b'.' | b',')) {
                clock.nanosecond = self.fraction().unwrap_or(0);
            }
        }
        let before = self.at;
        let _ = self.expect(b" ");
        let half = self.word();
        let is_afternoon = half.eq_ignore_ascii_case(b"PM");
        if is_afternoon || half.eq_ignore_ascii_case(b"AM") {
            self.at += 2;
            if !(1..=12).contains(&hour) {
                return None;
            }
            clock.hour = hour % 12 + if is_afternoon { 12 } else { 0 };
            clock.has_half = true;
        } else {
            self.at = before;
        }
        (clock.has_half || !is_short).then_some(clock)
    }

    /// `HHMM[SS[.fraction]]`.
    fn basic_clock(&mut self) -> Option<Clock> {
        let mut clock = Clock { hour: self.digits(2)?, minute: self.digits(2)?, ..Clock::default() };
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            clock.second = self.digits(2)?;
            if matches!(self.peek(), Some(b'.' | b',')) {
                clock.nanosecond = self.fraction().unwrap_or(0);
            }
        }
        Some(clock)
    }

    /// An offset or an abbreviation, after one space or none; nothing is read when there is none.
    fn zone(&mut self) -> Option<i64> {
        let before = self.at;
        let zone = self.any_zone();
        if zone.is_none() {
            self.at = before;
        }
        zone
    }

    fn any_zone(&mut self) -> Option<i64> {
        let _ = self.expect(b" ");
        let seconds = match self.peek()? {
            b'+' | b'-' => self.offset()?,
            b'Z' | b'z' if self.word().len() == 1 => self.offset()?,
            _ => {
                let word = self.word();
                let (seconds, length) = (abbreviated(word)?, word.len());
                self.at += length;
                match self.peek() {
                    Some(b'+' | b'-') if seconds == 0 => self.offset()?,
                    _ => seconds,
                }
            }
        };
        if self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        self.zone_again();
        Some(seconds)
    }

    /// The zone's name behind its offset: ` CEST`, ` (CEST)`, `[Europe/Berlin]`.
    fn zone_again(&mut self) {
        let rest = self.rest();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_+- ".contains(byte);
        let closed = |open: usize, close: u8| {
            let length = rest[open..].iter().take(64).take_while(|byte| is_name(byte)).count();
            (rest.get(open + length) == Some(&close)).then_some(open + length + 1)
        };
        let length = match rest {
            [b'[', ..] => closed(1, b']'),
            [b' ', b'(', ..] => closed(2, b')'),
            [b' ', word @ ..] => {
                let length = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                abbreviated(&word[..length]).map(|_| length + 1)
            }
            _ => None,
        };
        self.at += length.unwrap_or(0);
    }

    /// `2023/07/10 11:45:07`, `20230710T114507Z`, and weeks and days of the year.
    fn year_first(&mut self) -> Option<TimeText> {
        let year = i64::from(self.digits(4)?);
        let mut parts = Parts { year, ..Parts::default() };
        match self.peek()? {
            b'/' => {
                self.at += 1;
                parts.month = self.digits(2)?;
                self.expect(b"/")?;
                parts.day = self.digits(2)?;
                self.expect(b" T")?;
                parts.clock = self.time_with_half()?;
                parts.offset = self.zone();
                return parts.time();
            }
            b'-' | b'W' => {
                let is_basic = self.expect(b"-").is_none();
                let ordinal = self.day_of_year(year, is_basic)?;
                return self.at_day(year, ordinal, is_basic);
            }
            _ => {}
        }
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 3 {
            let ordinal = self.day_of_year(year, true)?;
            return self.at_day(year, ordinal, true);
        }
        (parts.month, parts.day) = (self.digits(2)?, self.digits(2)?);
        self.expect(b"Tt")?;
        parts.clock = self.basic_clock()?;
        parts.offset = self.zone();
        parts.time()
    }

    /// `W28-1`, `W281` or `191`, as a day of the year, from 1; days of weeks may lie in the years around it.
    fn day_of_year(&mut self, year: i64, is_basic: bool) -> Option<i64> {
        if self.expect(b"W").is_none() {
            let day = i64::from(self.digits(3)?);
            return (1..=days_in_year(year)).contains(&day).then_some(day);
        }
        let week = self.digits(2)?;
        if !is_basic {
            self.expect(b"-")?;
        }
        day_of_week_date(year, week, self.digits(1)?)
    }

    /// What follows a day of the year: nothing, or `T` and a time of day.
    fn at_day(&mut self, year: i64, ordinal: i64, is_basic: bool) -> Option<TimeText> {
        let mut parts = Parts { year, month: 1, day: 1, ..Parts::default() };
        if self.expect(b"Tt").is_some() {
            parts.clock = if is_basic { self.basic_clock()? } else { self.time_with_half()? };
            parts.offset = self.zone();
        } else if is_basic {
            return None;
        }
        let time = parts.time()?;
        let ns = time.ns.checked_add((ordinal - 1) * 86_400 * NS_PER_SECOND)?;
        Some(TimeText { ns, ..time })
    }

    /// `10 Jul 2023 11:45:07`, `10/Jul/2023:11:45:07`, `10.07.2023 11:45:07`, `7/10/2023 11:45:07 AM`, `07/10/2023-11:45:07`. With names
    /// of months there is no doubt; of two numbers the month is the first where clocks have halves or a `-` joins them.
    fn day_first(&mut self, weekday: Option<u32>) -> Option<TimeText> {
        let first = self.number(2)?;
        let separator = self.expect(b"/- .")?;
        let is_named = self.peek()?.is_ascii_alphabetic();
        let second = if is_named { self.name(&MONTHS)? } else { self.number(2)? };
        self.expect(&[separator])?;
        let year = i64::from(self.digits(4)?);
        let comma = self.expect(b",");
        let joint = self.expect(if comma.is_some() { b" " } else { b" :T-" })?;
        let clock = self.time_with_half()?;
        let is_month_first = separator == b'/' && (clock.has_half || joint == b'-');
        let is_day_first = is_named || (separator == b'.' && joint == b' ');
        if !is_day_first && !is_month_first {
            return None;
        }
        let (day, month) = if is_day_first { (first, second) } else { (second, first) };
        Parts { year, month, day, clock, offset: self.zone(), weekday }.time()
    }

    /// `Mon, 10 Jul 2023 11:45:07 GMT`, `Mon Jul 10 11:45:07 2023`, `Jul 10, 2023 11:45:07 AM`.
    fn name_first(&mut self) -> Option<TimeText> {
        let weekday = self.name(&DAYS);
        if weekday.is_some() {
            let _ = self.expect(b",");
            self.expect(b" ")?;
            if self.peek()?.is_ascii_digit() {
                return self.day_first(weekday);
            }
        }
        let month = self.name(&MONTHS)?;
        self.expect(b" ")?;
        let _ = self.expect(b" ");
        let day = self.number(2)?;
        let _ = self.expect(b",");
        self.expect(b" ")?;
        let mut parts = Parts { month, day, weekday, ..Parts::default() };
        if self.rest().get(2) == Some(&b':') {
            parts.clock = self.time_with_half()?;
            parts.offset = self.zone();
            self.expect(b" ")?;
            parts.year = self.digits(4)?.into();
            return parts.time();
        }
        parts.year = self.digits(4)?.into();
        let _ = self.expect(b",");
        self.expect(b" ")?;
        parts.clock = self.time_with_half()?;
        parts.offset = self.zone();
        parts.time()
    }

    /// `/Date(1688989507000)/`; an offset in it says where it was written, not what the count means.
    fn dotnet(&mut self) -> Option<TimeText> {
        let inside = self.text.strip_prefix(b"/Date(")?;
        let sign = if inside.first() == Some(&b'-') { -1 } else { 1 };
        self.at = 6 + usize::from(sign < 0);
        let count = self.rest().iter().take(16).take_while(|byte| byte.is_ascii_digit()).count();
        let milliseconds = self.long(count).filter(|_| count > 0)?;
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.offset()?;
        }
        self.expect(b")")?;
        self.expect(b"/")?;
        Some(TimeText { ns: (sign * milliseconds).checked_mul(1_000_000)?, is_local: false })
    }
}

#[cfg(test)]
#[path = "time_forms_tests.rs"]
mod tests;

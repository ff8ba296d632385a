//! Event times as text: ISO 8601 / RFC 3339, Apache's format, and counts since 1970.
//!
//! `parse_time` reads `YYYY-MM-DD`, alone or followed by `T`, `t` or one space and `HH:MM[:SS[.fraction]]` (`,` may stand for
//! `.`; digits after the ninth are dropped), then nothing (UTC), `Z`, `z`, or `+hh`, `+hhmm`, `+hh:mm` (or `-`), before which
//! one space may stand. Dates are strict: 2023-02-29 is no time. A leap second counts as the last nanosecond before it.
//! Times outside of what i64 nanoseconds hold (1677 to 2262) are no times.
//!
//! `parse_epoch` reads seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size: below 10^10 seconds,
//! below 10^13 milliseconds, below 10^16 microseconds, else nanoseconds. So each unit covers the years to 2262, and the
//! finer ones start in April 1970; smaller counts are taken as seconds. Negative counts (`-1` for "none") are no times.
use super::time_forms::{TimeText, read_time};
use crate::value::calendar::{Moment, NS_PER_SECOND, seconds_to_ns};
use crate::value::decimal::number_end;

/// Digits of a fraction of a second that count.
const FRACTION_DIGITS_MAX: usize = 9;

/// `+23:59` is the widest offset that is read.
const OFFSET_HOURS_MAX: u32 = 23;

/// Places (of 10) that an epoch's point may be moved by its exponent; more than any real clock.
const EPOCH_EXPONENT_MAX: i64 = 30;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// The time that the whole text is, in any form that `time_forms` lists; without an offset it is taken as UTC.
pub fn parse_event_time(text: &[u8]) -> Option<i64> {
    read_time(text).map(|time| time.ns)
}

/// The time that the whole text is, in an ISO 8601 / RFC 3339 form with a date.
///
/// ```
/// use lakebed_core::value::time::parse_time;
/// assert_eq!(parse_time(b"1970-01-01T00:00:01.5Z"), Some(1_500_000_000));
/// assert_eq!(parse_time(b"2023-02-29"), None);
/// ```
#[inline]
pub fn parse_time(text: &[u8]) -> Option<i64> {
    if let Some((ns, _)) = iso_form(text) {
        return Some(ns);
    }
    parse_time_prefix(text).and_then(|(ns, length)| (length == text.len()).then_some(ns))
}

/// The time that the text starts with, and its length. The time of day belongs to it as far as it is well formed.
pub fn parse_time_prefix(text: &[u8]) -> Option<(i64, usize)> {
    iso_prefix(text).map(|(time, length)| (time.ns, length))
}

/// As `parse_time_prefix`, and whether the text tells an offset.
pub(super) fn iso_prefix(text: &[u8]) -> Option<(TimeText, usize)> {
    let mut reader = Reader { text, at: 0 };
    let year = reader.digits(4)?;
    reader.expect(b"-")?;
    let month = reader.digits(2)?;
    reader.expect(b"-")?;
    let day = reader.digits(2)?;
    let mut moment =
        Moment { year: year.into(), month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset_seconds: 0 };
    let date_end = reader.at;
    let has_offset = reader.time_of_day(&mut moment).unwrap_or_else(|| {
        reader.at = date_end;
        false
    });
    Some((TimeText { ns: moment.to_ns()?, is_local: !has_offset }, reader.at))
}

/// Apache's and nginx' `10/Oct/2000:13:55:36 -0700`.
pub fn parse_apache(text: &[u8]) -> Option<i64> {
    let mut reader = Reader { text, at: 0 };
    let moment = reader.apache_moment()?;
    reader.expect(b" ")?;
    let offset_seconds = reader.offset()?;
    if reader.at == text.len() { Moment { offset_seconds, ..moment }.to_ns() } else { None }
}

/// HAProxy's `06/Feb/2009:12:14:14.655`, with a fraction of the second or not, read as UTC.
pub fn parse_apache_local(text: &[u8]) -> Option<i64> {
    let mut reader = Reader { text, at: 0 };
    let moment = reader.apache_moment()?;
    let nanosecond = if reader.peek() == Some(b'.') { reader.fraction()? } else { 0 };
    if reader.at == text.len() { Moment { nanosecond, ..moment }.to_ns() } else { None }
}

/// The time of C's `asctime`, as Apache writes it into error logs: `Wed Oct 11 14:32:52 2000`, with a fraction of the second or not.
pub fn parse_ctime(text: &[u8]) -> Option<i64> {
    let weekday = text.get(..3)?;
    let mut reader = Reader { text, at: 3 };
    reader.expect(b" ")?;
    let month = month(text.get(4..7)?)?;
    reader.at = 7;
    reader.expect(b" ")?;
    let day = if reader.expect(b" ").is_some() { reader.digits(1)? } else { reader.digits(2)? };
    reader.expect(b" ")?;
    let (hour, minute, second) = reader.clock()?;
    let nanosecond = if reader.peek() == Some(b'.') { reader.fraction()? } else { 0 };
    reader.expect(b" ")?;
    let year = reader.digits(4)?.into();
    let moment = Moment { year, month, day, hour, minute, second: second?, nanosecond, offset_seconds: 0 };
    let is_whole = reader.at == text.len() && weekday.iter().all(u8::is_ascii_alphabetic);
    if is_whole { moment.to_ns() } else { None }
}

/// The number of a month by its English name of three letters.
fn month(name: &[u8]) -> Option<u32> {
    let at = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(*month))?;
    Some(at as u32 + 1)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970: an integer or a decimal, exponent allowed.
///
/// ```
/// use lakebed_core::value::time::parse_epoch;
/// assert_eq!(parse_epoch(b"1689000000.25"), Some(1_689_000_000_250_000_000));
/// assert_eq!(parse_epoch(b"1689000000250"), Some(1_689_000_000_250_000_000));
/// ```
pub fn parse_epoch(text: &[u8]) -> Option<i64> {
    if !text.first()?.is_ascii_digit() || number_end(text, 0) != Some(text.len()) {
        return None;
    }
    let split = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
    let exponent = match std::str::from_utf8(text.get(split + 1..).unwrap_or_default()).ok()? {
        "" => 0,
        digits => digits.parse::<i64>().ok().filter(|exponent| exponent.abs() <= EPOCH_EXPONENT_MAX)?,
    };
    let mantissa = &text[..split];
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let digits = mantissa.iter().filter(|&&byte| byte != b'.').map(|byte| i128::from(byte - b'0'));
    let whole_digits = point as i64 + exponent;
    // The count in units of 10^-9, as far as i128 holds it; more digits before the point than that are no time.
    let mut scaled = 0i128;
    let mut place = whole_digits;
    for digit in digits {
        if place <= -(FRACTION_DIGITS_MAX as i64) {
            break;
        }
        scaled = scaled.checked_mul(10)?.checked_add(digit)?;
        place -= 1;
    }
    for _ in 0..(place + FRACTION_DIGITS_MAX as i64).max(0) {
        scaled = scaled.checked_mul(10)?;
    }
    let unit = match scaled / i128::from(NS_PER_SECOND) {
        0..10_000_000_000 => NS_PER_SECOND,
        10_000_000_000..10_000_000_000_000 => 1_000_000,
        10_000_000_000_000..10_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    let divisor = i128::from(NS_PER_SECOND / unit);
    i64::try_from(scaled / divisor).ok()
}

/// RFC 3339 in UTC, with as many digits of the fraction as are not trailing zeros.
///
/// ```
/// use lakebed_core::value::time::format_rfc3339;
/// assert_eq!(format_rfc3339(0), "1970-01-01T00:00:00Z");
/// assert_eq!(format_rfc3339(120_000_000), "1970-01-01T00:00:00.12Z");
/// ```
pub fn format_rfc3339(ns: i64) -> String {
    let mut digits = FRACTION_DIGITS_MAX as u8;
    let mut fraction = ns.rem_euclid(NS_PER_SECOND);
    while digits > 0 && fraction % 10 == 0 {
        fraction /= 10;
        digits -= 1;
    }
    let mut out = Vec::with_capacity(30);
    write_iso(ns, digits, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// When the text is exactly `YYYY-MM-DDTHH:MM:SS[.fraction of 1 to 9 digits]Z`, and so is what `write_iso` makes of the answer:
/// the time, and the number of digits of the fraction.
#[inline]
pub fn iso_form(text: &[u8]) -> Option<(i64, u8)> {
    let (head, rest) = text.split_first_chunk::<19>()?;
    let fraction = match rest {
        [b'Z'] => &rest[..0],
        [b'.', fraction @ .., b'Z'] if (1..=FRACTION_DIGITS_MAX).contains(&fraction.len()) => fraction,
        _ => return None,
    };
    let separators = [head[4], head[7], head[10], head[13], head[16]];
    if separators != *b"--T::" {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then_some(u32::from(tens) * 10 + u32::from(ones))
    };
    let mut nanosecond = 0;
    for digit in fraction {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        nanosecond = nanosecond * 10 + u32::from(digit);
    }
    nanosecond *= 10u32.pow((FRACTION_DIGITS_MAX - fraction.len()) as u32);
    let year = i64::from(two(0)? * 100 + two(2)?);
    let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);
    if second > 59 {
        return None;
    }
    let moment = Moment { year, month, day, hour, minute, second, nanosecond, offset_seconds: 0 };
    Some((moment.to_ns()?, fraction.len() as u8))
}

/// Appends the time in UTC with `digits` (0 to 9) digits of the fraction; what is finer is cut.
pub fn write_iso(ns: i64, digits: u8, out: &mut Vec<u8>) {
    let moment = Moment::from_ns(ns);
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    put_digits(&mut text[0..4], moment.year as u32);
    put_digits(&mut text[5..7], moment.month);
    put_digits(&mut text[8..10], moment.day);
    put_digits(&mut text[11..13], moment.hour);
    put_digits(&mut text[14..16], moment.minute);
    put_digits(&mut text[17..19], moment.second);
    put_digits(&mut text[20..29], moment.nanosecond);
    let end = match digits {
        0 => 19,
        digits => 20 + usize::from(digits).min(FRACTION_DIGITS_MAX),
    };
    out.extend_from_slice(&text[..end]);
    out.push(b'Z');
}

fn put_digits(place: &mut [u8], mut value: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
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

    pub fn expect(&mut self, one_of: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| one_of.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    pub fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + count)?;
        let value = digits
            .iter()
            .try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))?;
        self.at += count;
        Some(value)
    }

    /// `HH:MM` or `HH:MM:SS`.
    pub fn clock(&mut self) -> Option<(u32, u32, Option<u32>)> {
        let hour = self.digits(2)?;
        self.expect(b":")?;
        let minute = self.digits(2)?;
        let second = match self.expect(b":") {
            Some(_) => Some(self.digits(2)?),
            None => None,
        };
        Some((hour, minute, second))
    }

    /// `10/Oct/2000:13:55:36`.
    fn apache_moment(&mut self) -> Option<Moment> {
        let day = self.digits(2)?;
        self.expect(b"/")?;
        let month = month(self.text.get(3..6)?)?;
        self.at = 6;
        self.expect(b"/")?;
        let year = self.digits(4)?.into();
        self.expect(b":")?;
        let (hour, minute, second) = self.clock()?;
        Some(Moment { year, month, day, hour, minute, second: second?, nanosecond: 0, offset_seconds: 0 })
    }

    /// Whether it tells an offset.
    fn time_of_day(&mut self, moment: &mut Moment) -> Option<bool> {
        self.expect(b"Tt ")?;
        let (hour, minute, second) = self.clock()?;
        let mut nanosecond = 0;
        if second.is_some() && matches!(self.peek(), Some(b'.' | b',')) {
            nanosecond = self.fraction().unwrap_or(0);
        }
        let before_offset = self.at;
        let _ = self.expect(b" ");
        let offset = self.offset();
        if offset.is_none() {
            self.at = before_offset;
        }
        let (second, offset_seconds) = (second.unwrap_or(0), offset.unwrap_or(0));
        *moment = Moment { hour, minute, second, nanosecond, offset_seconds, ..*moment };
        Some(offset.is_some())
    }

    /// A point and digits; left alone when no digit follows the point.
    pub fn fraction(&mut self) -> Option<u32> {
        let digits = self.text[self.at + 1..].iter().take_while(|byte| byte.is_ascii_digit());
        let mut count = 0;
        let mut value = 0;
        for digit in digits {
            if count < FRACTION_DIGITS_MAX {
                value = value * 10 + u32::from(digit - b'0');
            }
            count += 1;
        }
        if count == 0 {
            return None;
        }
        self.at += 1 + count;
        Some(value * 10u32.pow(FRACTION_DIGITS_MAX.saturating_sub(count) as u32))
    }

    /// `Z`, `+hh`, `+hhmm` or `+hh:mm`, in seconds ahead of UTC.
    pub fn offset(&mut self) -> Option<i64> {
        let sign = self.expect(b"Zz+-")?;
        if matches!(sign, b'Z' | b'z') {
            return Some(0);
        }
        let hours = self.digits(2).filter(|&hours| hours <= OFFSET_HOURS_MAX)?;
        let before_minutes = self.at;
        let _ = self.expect(b":");
        let minutes = match self.digits(2) {
            Some(minutes) => minutes,
            None => {
                self.at = before_minutes;
                0
            }
        };
        if minutes > 59 {
            return None;
        }
        let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
        Some(if sign == b'-' { -seconds } else { seconds })
    }
}

/// Nanoseconds of whole seconds since 1970 given as text, as VPC flow logs do; None when it is no such number.
pub fn parse_epoch_seconds(text: &[u8]) -> Option<i64> {
    let seconds = crate::value::decimal::as_i64(text).filter(|&seconds| seconds >= 0)?;
    seconds_to_ns(seconds, 0)
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;

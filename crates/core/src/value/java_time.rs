//! Times by a pattern as Java's `SimpleDateFormat` has them, which LEEF's `devTimeFormat` is: `MMM dd yyyy HH:mm:ss.SSS z`.
use super::calendar::Moment;
use super::syslog_time::{Reader, Stamp, SyslogTimes, month_number, whole_year};

/// Longest pattern that is read; the longest useful ones have about forty characters.
const PATTERN_BYTES_MAX: usize = 128;

/// What has been read of a time.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: Option<u32>,
    day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    is_afternoon: Option<bool>,
    offset_seconds: Option<i64>,
}

/// The time that the whole text is by the pattern. None too when the pattern has letters that are not known.
///
/// ```
/// use lakebed_core::value::{java_time::parse_java_time, syslog_time::SyslogTimes};
/// let stamp = parse_java_time(b"1970-01-01T00:00:02", b"yyyy-MM-dd'T'HH:mm:ss", &SyslogTimes::default());
/// assert_eq!(stamp.map(|stamp| stamp.ns), Some(2_000_000_000));
/// ```
pub fn parse_java_time(text: &[u8], pattern: &[u8], times: &SyslogTimes) -> Option<Stamp> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return None;
    }
    let mut parts = Parts::default();
    let mut reader = Reader { text, at: 0 };
    let mut rest = pattern;
    while let [first, after @ ..] = rest {
        rest = match first {
            b'\'' => quoted(after, &mut reader)?,
            letter if letter.is_ascii_alphabetic() => {
                let count = rest.iter().take_while(|byte| *byte == letter).count();
                parts.read(*letter, count, &mut reader)?;
                &rest[count..]
            }
            byte => {
                reader.expect(*byte)?;
                after
            }
        };
    }
    if reader.at != text.len() {
        return None;
    }
    let ns = times.resolve(parts.moment()?, parts.year.is_some())?;
    let has_offset = parts.offset_seconds.is_some();
    Some(Stamp { ns, length: text.len(), has_year: parts.year.is_some(), has_offset })
}

/// Reads what stands between quotes (`''` is a quote); the answer is the pattern behind it.
fn quoted<'p>(pattern: &'p [u8], reader: &mut Reader) -> Option<&'p [u8]> {
    if let [b'\'', rest @ ..] = pattern {
        reader.expect(b'\'')?;
        return Some(rest);
    }
    let end = pattern.iter().position(|&byte| byte == b'\'')?;
    pattern[..end].iter().try_for_each(|&byte| reader.expect(byte))?;
    Some(&pattern[end + 1..])
}

impl Parts {
    fn read(&mut self, letter: u8, count: usize, reader: &mut Reader) -> Option<()> {
        let most = count.max(2);
        match letter {
            b'y' | b'u' if count == 2 => self.year = Some(whole_year(reader.digits(2, 2)?)),
            b'y' | b'u' => self.year = Some(reader.digits(4, 4)?.into()),
            b'M' | b'L' if count >= 3 => self.month = Some(month_name(reader)?),
            b'M' | b'L' => self.month = Some(reader.digits(1, most)?),
            b'd' => self.day = Some(reader.digits(1, most)?),
            b'H' | b'K' => self.hour = reader.digits(1, most)?,
            b'h' | b'k' => self.hour = reader.digits(1, most)?,
            b'm' => self.minute = reader.digits(1, most)?,
            b's' => self.second = reader.digits(1, most)?,
            b'S' => {
                let start = reader.at;
                let value = reader.digits(1, 9)?;
                self.nanosecond = value * 10u32.pow(9 - (reader.at - start) as u32);
            }
            b'a' => self.is_afternoon = Some(afternoon(reader)?),
            b'E' => {
                letters(reader)?;
            }
            b'z' | b'Z' | b'X' => self.offset_seconds = zone(reader)?,
            _ => return None,
        }
        Some(())
    }

    fn moment(&self) -> Option<Moment> {
        let hour = match self.is_afternoon {
            Some(_) if self.hour > 12 => return None,
            Some(is_afternoon) => self.hour % 12 + if is_afternoon { 12 } else { 0 },
            // `kk` counts from 1 to 24.
            None => self.hour % 24 + if self.hour > 24 { 24 } else { 0 },
        };
        Some(Moment {
            year: self.year.unwrap_or(0),
            month: self.month?,
            day: self.day?,
            hour,
            minute: self.minute,
            second: self.second,
            nanosecond: self.nanosecond,
            offset_seconds: self.offset_seconds.unwrap_or(0),
        })
    }
}

fn letters<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let rest = reader.text.get(reader.at..)?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    reader.at += count;
    (count > 0).then(|| &rest[..count])
}

fn month_name(reader: &mut Reader) -> Option<u32> {
    let name = letters(reader)?;
    reader.skip(b'.');
    month_number(name.get(..3)?)
}

fn afternoon(reader: &mut Reader) -> Option<bool> {
    match letters(reader)?.to_ascii_lowercase().as_slice() {
        b"am" => Some(false),
        b"pm" => Some(true),
        _ => None,
    }
}

/// `+0200`, `Z`, `GMT`, `GMT+02:00`; of a name that is not known the offset is not known.
fn zone(reader: &mut Reader) -> Option<Option<i64>> {
    if let Some(seconds) = reader.signed() {
        return Some(Some(seconds));
    }
    let name = letters(reader)?;
    if !matches!(name, b"Z" | b"UTC" | b"GMT") {
        while reader.skip(b'/') || reader.skip(b'_') {
            letters(reader)?;
        }
        return Some(None);
    }
    Some(Some(reader.signed().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::time::format_rfc3339;

    #[test]
    fn times_by_pattern() {
        let times = SyslogTimes::new(1_700_000_000_000_000_000);
        for (text, pattern, expected) in [
            ("Oct 11 2003 22:14:15.250 GMT", "MMM dd yyyy HH:mm:ss.SSS z", Some("2003-10-11T22:14:15.25Z")),
            ("oct 1 2003 2:14:15 Europe/Berlin", "MMM d yyyy H:mm:ss z", Some("2003-10-01T02:14:15Z")),
            ("2003-10-11T22:14:15+0200", "yyyy-MM-dd'T'HH:mm:ssZ", Some("2003-10-11T20:14:15Z")),
            ("20031011221415", "yyyyMMddHHmmss", Some("2003-10-11T22:14:15Z")),
            ("Sat, 11/Oct/03 10:14 PM", "EEE, dd/MMM/yy hh:mm a", Some("2003-10-11T22:14:00Z")),
            ("Oct 11 22:14:15", "MMM dd HH:mm:ss", Some("2023-10-11T22:14:15Z")),
            ("11 o'clock 1.1.03", "H 'o''clock' d.M.yy", None),
            ("11'1.1.03", "H''d.M.yy", Some("2003-01-01T11:00:00Z")),
            ("Oct 11 22:14:15 x", "MMM dd HH:mm:ss", None),
            ("Oct 11 25:14:15", "MMM dd HH:mm:ss", None),
            ("11", "w", None),
            ("22:14", "HH:mm", None),
            ("x", "'x", None),
        ] {
            let stamp = parse_java_time(text.as_bytes(), pattern.as_bytes(), &times);
            assert_eq!(stamp.map(|stamp| format_rfc3339(stamp.ns)).as_deref(), expected, "{text} {pattern}");
        }
        assert_eq!(parse_java_time(b"1", &[b' '; PATTERN_BYTES_MAX + 1], &times), None);
    }
}

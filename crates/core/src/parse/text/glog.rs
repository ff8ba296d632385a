//! The times of glog, and of klog of Kubernetes: a letter for the level, month and day, time of day: `I0710 11:45:07.123456 1 main.go:5] up`.
use crate::value::calendar::Moment;
use crate::value::syslog_time::SyslogTimes;

/// `I0710 11:45:07.`
const HEAD_BYTES: usize = 15;

/// Digits of the fraction.
const FRACTION: usize = 6;

/// The time that the text starts with; its year is inferred.
pub fn leading_time(text: &[u8], times: &SyslogTimes) -> Option<i64> {
    let head = text.get(..HEAD_BYTES + FRACTION)?;
    let has_marks =
        matches!(head, [b'I' | b'W' | b'E' | b'F', _, _, _, _, b' ', _, _, b':', _, _, b':', _, _, b'.', ..]);
    if !has_marks || text.get(head.len()) != Some(&b' ') {
        return None;
    }
    let number = |at: usize, length: usize| {
        let digits = head[at..at + length].iter();
        digits.copied().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
    };
    let (month, day) = (number(1, 2)?, number(3, 2)?);
    let (hour, minute, second) = (number(6, 2)?, number(9, 2)?, number(12, 2)?);
    let nanosecond = number(HEAD_BYTES, FRACTION)? * 1_000;
    let moment = Moment { year: 0, month, day, hour, minute, second, nanosecond, offset_seconds: 0 };
    times.resolve(moment, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::time::format_rfc3339;

    #[test]
    fn the_year_is_the_latest_that_may_be() {
        let written_ns = 1_704_067_200_000_000_000; // 2024-01-01
        let read = |text: &str| leading_time(text.as_bytes(), &SyslogTimes::new(written_ns)).map(format_rfc3339);
        assert_eq!(read("E1231 23:59:59.123456       1 a.go:5] x").as_deref(), Some("2023-12-31T23:59:59.123456Z"));
        assert_eq!(read("I0101 00:00:01.000000 1 a.go:5] x").as_deref(), Some("2024-01-01T00:00:01Z"));
        for text in [
            "",
            "I0101 00:00:01.000000",
            "X0101 00:00:01.000000 1",
            "I1301 00:00:01.000000 1",
            "I0101 00:00:01.00000a 1",
            "I0101 25:00:01.000000 1",
            "I0101 00:00:01,000000 1",
            "Item 1 of 3: the rest of it",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

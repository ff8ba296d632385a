//! A date and a time of day that stand in two fields.
use crate::value::time::parse_time;

/// `2026-01-15`.
const DATE_BYTES: usize = 10;

/// `10:14:02.123456789` and an offset.
const TIME_BYTES_MAX: usize = 30;

/// The time in ns since 1970, UTC when `offset` (`-0700`, `+02:00`) is empty.
pub fn parse_date_and_time(date: &[u8], time: &[u8], offset: &[u8]) -> Option<i64> {
    let length = DATE_BYTES + 1 + time.len() + offset.len();
    if date.len() != DATE_BYTES || time.is_empty() || length > DATE_BYTES + TIME_BYTES_MAX {
        return None;
    }
    let mut text = [b'T'; DATE_BYTES + TIME_BYTES_MAX];
    text[..DATE_BYTES].copy_from_slice(date);
    text[DATE_BYTES + 1..length - offset.len()].copy_from_slice(time);
    text[length - offset.len()..length].copy_from_slice(offset);
    parse_time(&text[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_needed() {
        let parse = |date: &str, time: &str, offset: &str| {
            parse_date_and_time(date.as_bytes(), time.as_bytes(), offset.as_bytes())
        };
        assert_eq!(parse("1970-01-02", "00:00:01", ""), Some(86_401_000_000_000));
        assert_eq!(parse("1970-01-02", "00:00:01.5", "+0100"), Some(82_801_500_000_000));
        for (date, time, offset) in [
            ("1970-01-02", "", ""),
            ("1970-01-2", "00:00:01", ""),
            ("1970-01-02", "noon", ""),
            ("1970-01-02", "00:00:01", "CET"),
            ("1970-01-02", "00:00:01.00000000000000000000000000", ""),
        ] {
            assert_eq!(parse(date, time, offset), None, "{date} {time} {offset}");
        }
    }
}

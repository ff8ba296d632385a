//! Time zones: offsets from UTC, and the names of the IANA database, which is part of the program.
//!
//! Where clocks are set back, a time of day comes twice: the first of the two is meant. Where they are set forward, some times of
//! day do not come at all: they are read with the offset from before the change.
use super::calendar::{Moment, NS_PER_SECOND};
use super::strftime::parse_offset;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::OnceLock;

/// No name of a zone is longer.
const NAME_BYTES_MAX: usize = 64;

/// A zone that times without one are of.
#[derive(Debug, Clone)]
pub enum Zone {
    /// Seconds that clocks are ahead of UTC.
    Offset(i64),
    Named(TimeZone),
}

impl Zone {
    /// `Europe/Berlin`, `UTC`, `Z`, `+02:00`, `-0530`, `+2`; names in any case.
    ///
    /// ```
    /// use lakebed_core::value::{time::parse_time, zone::Zone};
    /// let zone = Zone::parse(b"Europe/Berlin").unwrap();
    /// assert_eq!(zone.to_utc(parse_time(b"2023-07-10T13:45:07").unwrap()), parse_time(b"2023-07-10T11:45:07Z"));
    /// assert!(Zone::parse(b"Mars/Olympus").is_none());
    /// ```
    pub fn parse(text: &[u8]) -> Option<Self> {
        static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
        if let Some(seconds) = parse_offset(text) {
            return Some(Self::Offset(seconds));
        }
        let name = std::str::from_utf8(text).ok().filter(|name| name.len() <= NAME_BYTES_MAX)?;
        let database = DATABASE.get_or_init(TimeZoneDatabase::bundled);
        database.get(name).ok().filter(|zone| !zone.is_unknown()).map(Self::Named)
    }

    /// The moment at which clocks of the zone show what clocks in UTC show at `local_ns`.
    pub fn to_utc(&self, local_ns: i64) -> Option<i64> {
        match self {
            Self::Offset(seconds) => local_ns.checked_sub(seconds.checked_mul(NS_PER_SECOND)?),
            Self::Named(zone) => {
                let moment = zone.to_ambiguous_timestamp(civil(local_ns)?).compatible().ok()?;
                i64::try_from(moment.as_nanosecond()).ok()
            }
        }
    }

    /// Seconds that clocks of the zone are ahead of UTC at that moment.
    pub fn offset_seconds(&self, ns: i64) -> i64 {
        match self {
            Self::Offset(seconds) => *seconds,
            Self::Named(zone) => {
                let moment = Timestamp::from_nanosecond(ns.into()).unwrap_or_default();
                zone.to_offset(moment).seconds().into()
            }
        }
    }
}

fn civil(ns: i64) -> Option<DateTime> {
    let Moment { year, month, day, hour, minute, second, nanosecond, .. } = Moment::from_ns(ns);
    let small = |value: u32| i8::try_from(value).ok();
    let year = i16::try_from(year).ok()?;
    let (month, day) = (small(month)?, small(day)?);
    DateTime::new(year, month, day, small(hour)?, small(minute)?, small(second)?, nanosecond as i32).ok()
}

/// Offsets of the abbreviations that mean one zone wherever they are read: those of RFC 2822, and Europe's. `IST`, `BST` and
/// others of several meanings are not among them.
const ABBREVIATIONS: [(&[u8], i64); 19] = [
    (b"UTC", 0),
    (b"GMT", 0),
    (b"UT", 0),
    (b"EST", -5),
    (b"EDT", -4),
    (b"CST", -6),
    (b"CDT", -5),
    (b"MST", -7),
    (b"MDT", -6),
    (b"PST", -8),
    (b"PDT", -7),
    (b"WET", 0),
    (b"WEST", 1),
    (b"CET", 1),
    (b"CEST", 2),
    (b"MEZ", 1),
    (b"MESZ", 2),
    (b"EET", 2),
    (b"EEST", 3),
];

/// Seconds ahead of UTC that an abbreviation such as `EST` means.
pub fn abbreviated(word: &[u8]) -> Option<i64> {
    ABBREVIATIONS.iter().find(|(name, _)| *name == word).map(|(_, hours)| hours * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::time::{format_rfc3339, parse_time};

    fn utc(zone: &str, local: &str) -> String {
        let local = parse_time(local.as_bytes()).expect("a time");
        Zone::parse(zone.as_bytes()).expect("a zone").to_utc(local).map_or("none".to_string(), format_rfc3339)
    }

    #[test]
    fn names_and_offsets() {
        for (zone, local, expected) in [
            ("Europe/Berlin", "2023-07-10 13:45:07", "2023-07-10T11:45:07Z"),
            ("europe/berlin", "2023-01-10 12:45:07.5", "2023-01-10T11:45:07.5Z"),
            ("America/New_York", "2023-07-10 07:45:07", "2023-07-10T11:45:07Z"),
            ("Asia/Kolkata", "2023-07-10 17:15:07", "2023-07-10T11:45:07Z"),
            ("+02:00", "2023-07-10 13:45:07", "2023-07-10T11:45:07Z"),
            ("UTC", "2023-07-10 11:45:07", "2023-07-10T11:45:07Z"),
            // Clocks went from 02:00 to 03:00, and from 03:00 back to 02:00.
            ("Europe/Berlin", "2023-03-26 02:30:00", "2023-03-26T01:30:00Z"),
            ("Europe/Berlin", "2023-03-26 03:00:00", "2023-03-26T01:00:00Z"),
            ("Europe/Berlin", "2023-10-29 02:30:00", "2023-10-29T00:30:00Z"),
            ("Europe/Berlin", "2023-10-29 03:00:00", "2023-10-29T02:00:00Z"),
        ] {
            assert_eq!(utc(zone, local), expected, "{zone} {local}");
        }
    }

    #[test]
    fn what_is_no_zone() {
        for text in ["", "Mars/Olympus", "+25:00", "Europe", "../etc/passwd", "Etc/Unknown", &"x".repeat(1000)] {
            assert!(Zone::parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Zone::parse(b"\xff").is_none());
    }

    #[test]
    fn the_ends_of_i64() {
        for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "+23:59", "-23:59"] {
            let zone = Zone::parse(zone.as_bytes()).expect("a zone");
            for ns in [i64::MIN, i64::MIN + 1, 0, i64::MAX - 1, i64::MAX] {
                let there = zone.offset_seconds(ns);
                assert!(there.abs() < 86_400);
                if let Some(utc) = zone.to_utc(ns) {
                    assert_eq!(i128::from(ns) - i128::from(utc), i128::from(zone.offset_seconds(utc)) * 1_000_000_000);
                }
            }
        }
    }

    #[test]
    fn abbreviations() {
        assert_eq!(abbreviated(b"EST"), Some(-18_000));
        assert_eq!(abbreviated(b"CEST"), Some(7_200));
        for word in ["IST", "BST", "est", "", "Z"] {
            assert_eq!(abbreviated(word.as_bytes()), None, "{word}");
        }
    }
}

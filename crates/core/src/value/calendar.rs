//! Dates and times of day in UTC as nanoseconds since 1970, by the proleptic Gregorian calendar, without leap seconds.

pub const NS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The fields of a moment, not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nanosecond: u32,
    /// How far local time is ahead of UTC.
    pub offset_seconds: i64,
}

impl Moment {
    /// Nanoseconds since 1970 UTC. None for a date or time that does not exist, or that i64 cannot hold (years 1677 to 2262).
    /// A leap second counts as the last nanosecond before it.
    #[inline]
    pub fn to_ns(self) -> Option<i64> {
        let day_exists = (1..=days_in_month(self.year, self.month)?).contains(&self.day);
        if !day_exists || self.hour > 23 || self.minute > 59 || self.second > 60 {
            return None;
        }
        let (second, nanosecond) = match self.second {
            60 => (59, NS_PER_SECOND as u32 - 1),
            second => (second, self.nanosecond),
        };
        let of_day = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(second);
        let seconds = days_from_civil(self.year, self.month, self.day) * SECONDS_PER_DAY + of_day - self.offset_seconds;
        seconds_to_ns(seconds, nanosecond)
    }

    /// The moment in UTC.
    pub fn from_ns(ns: i64) -> Self {
        let seconds = ns.div_euclid(NS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY) as u32;
        Self {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            nanosecond: ns.rem_euclid(NS_PER_SECOND) as u32,
            offset_seconds: 0,
        }
    }
}

/// Joins seconds and nanoseconds, when i64 can hold them.
pub fn seconds_to_ns(seconds: i64, nanosecond: u32) -> Option<i64> {
    let ns = i128::from(seconds) * i128::from(NS_PER_SECOND) + i128::from(nanosecond);
    i64::try_from(ns).ok()
}

/// None: there is no such month.
pub fn days_in_month(year: i64, month: u32) -> Option<u32> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap { 29 } else { 28 }),
        _ => None,
    }
}

pub fn days_in_year(year: i64) -> i64 {
    365 + i64::from(days_in_month(year, 2) == Some(29))
}

/// The day of the year, from 1, of a week and a day of ISO 8601 (1 is Monday); it may lie in the years around. None: there is no
/// such week or day.
pub fn day_of_week_date(year: i64, week: u32, day: u32) -> Option<i64> {
    let first = (days_from_civil(year, 1, 1) + 3).rem_euclid(7) + 1;
    let weeks = if first == 4 || (days_in_year(year) == 366 && first == 3) { 53 } else { 52 };
    if !(1..=weeks).contains(&week) || !(1..=7).contains(&day) {
        return None;
    }
    // The first week is the one that has most of its days in the year.
    let first_monday = if first <= 4 { 2 - first } else { 9 - first };
    Some(first_monday + i64::from(week - 1) * 7 + i64::from(day) - 1)
}

/// Days since 1970-01-01. Years start in March here, so that the leap day is the last of its year (Howard Hinnant's
/// `days_from_civil`).
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn midnight(year: i64, month: u32, day: u32) -> Moment {
        Moment { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset_seconds: 0 }
    }

    #[test]
    fn every_day_comes_back() {
        let mut days = days_from_civil(1677, 9, 22);
        let (mut year, mut month, mut day) = (1677, 9, 22);
        while year < 2263 {
            assert_eq!(civil_from_days(days), (year, month, day));
            assert_eq!(days_from_civil(year, month, day), days);
            day += 1;
            if Some(day) > days_in_month(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
            days += 1;
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        let good = midnight(2024, 2, 29);
        assert_eq!(good.to_ns(), Some(1_709_164_800 * NS_PER_SECOND));
        assert_eq!(midnight(2023, 2, 29).to_ns(), None);
        assert_eq!(midnight(1900, 2, 29).to_ns(), None);
        assert_eq!(midnight(2024, 0, 1).to_ns(), None);
        assert_eq!(midnight(2024, 13, 1).to_ns(), None);
        assert_eq!(midnight(2024, 4, 31).to_ns(), None);
        assert_eq!(midnight(2024, 4, 0).to_ns(), None);
        assert_eq!(Moment { hour: 24, ..good }.to_ns(), None);
        assert_eq!(Moment { minute: 60, ..good }.to_ns(), None);
        assert_eq!(Moment { second: 61, ..good }.to_ns(), None);
    }

    #[test]
    fn the_ends_of_i64() {
        for ns in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX] {
            assert_eq!(Moment::from_ns(ns).to_ns(), Some(ns));
        }
        assert_eq!(midnight(1677, 9, 21).to_ns(), None);
        assert_eq!(midnight(2262, 4, 12).to_ns(), None);
    }

    #[test]
    fn a_leap_second_is_the_last_moment_before_it() {
        let leap = Moment { hour: 23, minute: 59, second: 60, nanosecond: 5, ..midnight(2016, 12, 31) };
        assert_eq!(leap.to_ns(), Some(1_483_228_800 * NS_PER_SECOND - 1));
    }
}

//! Times by a format in the manner of strftime, both ways.
//!
//! `%Y %m %d %e %j %H %I %M %S %p %y %b %B %a %A %f %L %N %z %Z %s %u %w %%`, and `%F` (`%Y-%m-%d`), `%T` (`%H:%M:%S`), `%R`
//! (`%H:%M`), `%D` (`%m/%d/%y`). `%f` prints microseconds, `%L` milliseconds, `%N` nanoseconds; each reads one to nine digits.
//! Names are English. When a text is read, white space in the format stands for any run of it, numbers may lack their leading
//! zeros, and a date is needed: year, month and day, year and day of the year, or `%s`.
use super::zone::abbreviated;
use crate::value::calendar::{Moment, NS_PER_SECOND, days_in_month};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Longest format; each of its directives prints some ten characters.
const FORMAT_BYTES_MAX: usize = 1_000;

/// A 29th of February is so many years from the one before it at most.
const LEAP_YEARS_APART: i64 = 8;

const NS_PER_DAY: i64 = 86_400 * NS_PER_SECOND;

/// A format, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format(Vec<Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(u8),
    Directive(u8),
}

impl Format {
    /// The error says what is wrong.
    pub fn parse(format: &[u8]) -> Result<Self, String> {
        if format.len() > FORMAT_BYTES_MAX {
            return Err(format!("time format is longer than {FORMAT_BYTES_MAX} bytes"));
        }
        let mut items = Vec::new();
        let mut bytes = format.iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'%' {
                items.push(Item::Literal(byte));
                continue;
            }
            let letter = bytes.next().copied().ok_or("time format ends in '%'")?;
            let directives = |letters: &[u8]| {
                letters
                    .iter()
                    .map(|&letter| match letter {
                        b'-' | b'/' | b':' => Item::Literal(letter),
                        letter => Item::Directive(letter),
                    })
                    .collect::<Vec<_>>()
            };
            items.extend(match letter {
                b'%' => vec![Item::Literal(b'%')],
                b'F' => directives(b"Y-m-d"),
                b'T' => directives(b"H:M:S"),
                b'R' => directives(b"H:M"),
                b'D' => directives(b"m/d/y"),
                letter if b"YmdejHIMSpybBaAfLNzZsuw".contains(&letter) => vec![Item::Directive(letter)],
                letter => return Err(format!("unknown directive '%{}' in a time format", letter.escape_ascii())),
            });
        }
        Ok(Self(items))
    }

    /// The time as it is where clocks are `offset_seconds` ahead of UTC. None beyond the years that i64 holds.
    pub fn print(&self, ns: i64, offset_seconds: i64) -> Option<Vec<u8>> {
        let local = ns.checked_add(offset_seconds.checked_mul(NS_PER_SECOND)?)?;
        let moment = Moment { offset_seconds, ..Moment::from_ns(local) };
        let mut out = Vec::new();
        for item in &self.0 {
            match item {
                Item::Literal(byte) => out.push(*byte),
                Item::Directive(letter) => out.extend_from_slice(directive(*letter, ns, local, &moment).as_bytes()),
            }
        }
        Some(out)
    }

    /// The time that the whole text is.
    pub fn read(&self, text: &[u8]) -> Option<i64> {
        self.found(text)?.to_ns()
    }

    /// As `read`, and what the text does not tell. The year is then the last in which the time is not later than a day after
    /// `written_ns`.
    pub fn read_with_doubt(&self, text: &[u8], written_ns: i64) -> Option<ReadTime> {
        let mut found = self.found(text)?;
        let is_local = !found.has_offset && found.unix_seconds.is_none();
        if found.year.is_some() || found.unix_seconds.is_some() {
            return Some(ReadTime { ns: found.to_ns()?, is_local, is_year_inferred: false });
        }
        let latest_ns = written_ns.saturating_add(NS_PER_DAY);
        let this_year = Moment::from_ns(latest_ns).year;
        for year in (this_year - LEAP_YEARS_APART..=this_year).rev() {
            found.year = Some(year);
            if let Some(ns) = found.to_ns().filter(|&ns| ns <= latest_ns) {
                return Some(ReadTime { ns, is_local, is_year_inferred: true });
            }
        }
        None
    }

    /// Whether a text in this format tells at least a month and a day, or a day of the year, or seconds since 1970.
    pub fn tells_a_day(&self) -> bool {
        let has = |letters: &[u8]| {
            self.0.iter().any(|item| matches!(item, Item::Directive(letter) if letters.contains(letter)))
        };
        has(b"s") || has(b"j") || (has(b"mbB") && has(b"de"))
    }

    fn found(&self, text: &[u8]) -> Option<Found> {
        let mut reader = Reader { text, at: 0, found: Found::default() };
        for item in &self.0 {
            match item {
                Item::Literal(byte) if byte.is_ascii_whitespace() => reader.space(),
                Item::Literal(byte) => reader.literal(*byte)?,
                Item::Directive(letter) => reader.directive(*letter)?,
            }
        }
        (reader.at == text.len()).then_some(reader.found)
    }
}

/// A time as a text in a format tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTime {
    pub ns: i64,
    /// The text tells no offset: `ns` is by a clock in UTC.
    pub is_local: bool,
    pub is_year_inferred: bool,
}

/// Monday is 1, Sunday 7.
pub fn weekday(ns: i64) -> u32 {
    ((ns.div_euclid(NS_PER_DAY) + 3).rem_euclid(7) + 1) as u32
}

/// From 1.
fn day_of_year(moment: &Moment) -> u32 {
    let before = (1..moment.month).filter_map(|month| days_in_month(moment.year, month));
    before.sum::<u32>() + moment.day
}

/// Month and day of a day of the year, both from 1.
fn date_in_year(year: i64, day_of_year: i64) -> Option<(i64, i64)> {
    let mut day = day_of_year;
    for month in 1..=12 {
        let length = i64::from(days_in_month(year, month)?);
        if day <= length {
            return Some((month.into(), day));
        }
        day -= length;
    }
    None
}

fn directive(letter: u8, ns: i64, local: i64, moment: &Moment) -> String {
    let (month, day) = (MONTHS[moment.month as usize - 1], DAYS[weekday(local) as usize - 1]);
    let hour = (moment.hour + 11) % 12 + 1;
    match letter {
        b'Y' => format!("{:04}", moment.year),
        b'y' => format!("{:02}", moment.year.rem_euclid(100)),
        b'm' => format!("{:02}", moment.month),
        b'd' => format!("{:02}", moment.day),
        b'e' => format!("{:2}", moment.day),
        b'j' => format!("{:03}", day_of_year(moment)),
        b'H' => format!("{:02}", moment.hour),
        b'I' => format!("{hour:02}"),
        b'M' => format!("{:02}", moment.minute),
        b'S' => format!("{:02}", moment.second),
        b'p' => if moment.hour < 12 { "AM" } else { "PM" }.to_string(),
        b'b' => month[..3].to_string(),
        b'B' => month.to_string(),
        b'a' => day[..3].to_string(),
        b'A' => day.to_string(),
        b'f' => format!("{:06}", moment.nanosecond / 1_000),
        b'L' => format!("{:03}", moment.nanosecond / 1_000_000),
        b'N' => format!("{:09}", moment.nanosecond),
        b'z' => offset_text(moment.offset_seconds, ""),
        b'Z' if moment.offset_seconds == 0 => "UTC".to_string(),
        b'Z' => offset_text(moment.offset_seconds, ":"),
        b's' => ns.div_euclid(NS_PER_SECOND).to_string(),
        b'u' => weekday(local).to_string(),
        b'w' => (weekday(local) % 7).to_string(),
        _ => String::new(),
    }
}

fn offset_text(seconds: i64, colon: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

/// Seconds that clocks are ahead of UTC: `Z`, `UTC`, `+02:00`, `-0530`, `+2`; less than a day.
pub fn parse_offset(text: &[u8]) -> Option<i64> {
    if matches!(text, b"Z" | b"z" | b"UTC" | b"utc") {
        return Some(0);
    }
    let (sign, digits) = match text.split_first()? {
        (b'+', digits) => (1, digits),
        (b'-', digits) => (-1, digits),
        _ => return None,
    };
    let digits: Vec<u8> = match digits {
        [a, b, b':', rest @ ..] if rest.len() == 2 => [&[*a, *b], rest].concat(),
        [hour] => vec![b'0', *hour],
        other => other.to_vec(),
    };
    if !digits.iter().all(u8::is_ascii_digit) || ![2, 4].contains(&digits.len()) {
        return None;
    }
    let two =
        |at: usize| digits.get(at..at + 2).map_or(0, |two| i64::from(two[0] - b'0') * 10 + i64::from(two[1] - b'0'));
    let (hours, minutes) = (two(0), two(2));
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// What a text said so far.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    /// Set by `%I`, where noon is 12.
    twelve_hours: Option<i64>,
    is_afternoon: bool,
    minute: i64,
    second: i64,
    nanosecond: i64,
    offset_seconds: i64,
    has_offset: bool,
    unix_seconds: Option<i64>,
}

impl Found {
    fn to_ns(&self) -> Option<i64> {
        if let Some(seconds) = self.unix_seconds {
            return seconds.checked_mul(NS_PER_SECOND)?.checked_add(self.nanosecond);
        }
        let hour = match self.twelve_hours {
            None => self.hour,
            Some(hour) if (1..=12).contains(&hour) => hour % 12 + if self.is_afternoon { 12 } else { 0 },
            Some(_) => return None,
        };
        let (month, day) = match (self.month, self.day, self.day_of_year) {
            (Some(month), Some(day), _) => (month, day),
            (None, _, Some(day)) => date_in_year(self.year?, day)?,
            _ => return None,
        };
        let moment = Moment {
            year: self.year?,
            month: u32::try_from(month).ok()?,
            day: u32::try_from(day).ok()?,
            hour: u32::try_from(hour).ok()?,
            minute: u32::try_from(self.minute).ok()?,
            second: u32::try_from(self.second).ok()?,
            nanosecond: u32::try_from(self.nanosecond).ok()?,
            offset_seconds: self.offset_seconds,
        };
        moment.to_ns()
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    found: Found,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        (self.rest().first() == Some(&byte)).then(|| self.at += 1)
    }

    /// A number of one to `most` digits, and how many there are.
    fn digits(&mut self, most: usize) -> Option<(i64, usize)> {
        let count = self.rest().iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let digits = std::str::from_utf8(&self.rest()[..count]).ok()?;
        let value = digits.parse().ok()?;
        self.at += count;
        Some((value, count))
    }

    fn number(&mut self, most: usize) -> Option<i64> {
        self.digits(most).map(|(value, _)| value)
    }

    /// The place of the name that stands here, in full or by its first three letters.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let starts = |name: &str| {
            let start = self.rest().get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        };
        let place = names.iter().position(|name| starts(&name[..3]))?;
        self.at += if starts(names[place]) { names[place].len() } else { 3 };
        Some(place as i64)
    }

    fn fraction(&mut self) -> Option<i64> {
        let (value, count) = self.digits(9)?;
        Some(value * 10i64.pow(9 - count as u32))
    }

    fn offset(&mut self) -> Option<i64> {
        let letters =
            self.rest().iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-:".contains(byte)).count();
        let zone = &self.rest()[..letters];
        let seconds = parse_offset(zone).or_else(|| abbreviated(zone))?;
        self.at += letters;
        Some(seconds)
    }

    fn directive(&mut self, letter: u8) -> Option<()> {
        match letter {
            b'Y' => self.found.year = Some(self.number(4)?),
            b'y' => self.found.year = self.number(2).map(|year| if year < 69 { 2000 + year } else { 1900 + year }),
            b'm' => self.found.month = Some(self.number(2)?),
            b'd' | b'e' => {
                self.space();
                self.found.day = Some(self.number(2)?);
            }
            b'j' => self.found.day_of_year = Some(self.number(3)?),
            b'H' => self.found.hour = self.number(2)?,
            b'I' => self.found.twelve_hours = Some(self.number(2)?),
            b'M' => self.found.minute = self.number(2)?,
            b'S' => self.found.second = self.number(2)?,
            b'p' => {
                let half = self.rest().get(..2)?.to_ascii_uppercase();
                self.found.is_afternoon = half == b"PM";
                self.at += if matches!(&half[..], b"AM" | b"PM") { 2 } else { return None };
            }
            b'b' | b'B' => self.found.month = Some(self.name(&MONTHS)? + 1),
            b'a' | b'A' => drop(self.name(&DAYS)?),
            b'f' | b'L' | b'N' => self.found.nanosecond = self.fraction()?,
            b'z' | b'Z' => (self.found.offset_seconds, self.found.has_offset) = (self.offset()?, true),
            b's' => {
                let sign = if self.literal(b'-').is_some() { -1 } else { 1 };
                self.found.unix_seconds = Some(sign * self.number(18)?);
            }
            b'u' | b'w' => drop(self.number(1)?),
            _ => return None,
        }
        Some(())
    }
}

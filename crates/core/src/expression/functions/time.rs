//! Times: nanoseconds since 1970 as integers. A time that is given may also be an ISO 8601 text with a date.
use super::super::number::{Number, divide};
use super::super::value::Value;
use super::{Function, Plain, Ready, Run, optional, or_null};
use crate::value::calendar::{Moment, NS_PER_SECOND};
use crate::value::strftime::{Format, weekday};
use crate::value::time::{format_rfc3339, parse_epoch, parse_event_time, parse_time};
use crate::value::zone::Zone;

const NS_PER_DAY: i64 = 86_400 * NS_PER_SECOND;

/// Units of durations, and their lengths.
const UNITS: [(&[u8], i64); 8] = [
    (b"ns", 1),
    (b"us", 1_000),
    (b"ms", 1_000_000),
    (b"s", NS_PER_SECOND),
    (b"m", 60 * NS_PER_SECOND),
    (b"h", 3_600 * NS_PER_SECOND),
    (b"d", NS_PER_DAY),
    (b"w", 7 * NS_PER_DAY),
];

/// 1970-01-05, a Monday: weeks are counted from there.
const FIRST_MONDAY_NS: i64 = 4 * NS_PER_DAY;

const fn field(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "time[, zone]", least: 1, most: 2, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "time.parse",
        parameters: "text[, format]",
        least: 1,
        most: 2,
        doc: "The time that the text is, in nanoseconds since 1970. Without a format: any form that event times are read in (ISO \
              8601, RFC 2822, access logs', a count since 1970, …). With one: as strftime has it, `%Y-%m-%d %H:%M:%S` and so on; a date must be in it.",
        examples: &[
            ("time.parse(\"1970-01-01T00:00:01Z\")", "1000000000"),
            ("time.parse(\"02.01.1970 01:00\", \"%d.%m.%Y %H:%M\")", "90000000000000"),
            ("time.parse(\"yesterday\")", "null"),
        ],
        run: Run::Prepared(|constants| Ok(Box::new(Parse(format_of(constants)?)))),
    },
    Function {
        name: "time.format",
        parameters: "time[, format[, zone]]",
        least: 1,
        most: 3,
        doc: "The time as text: RFC 3339 in UTC, or by a format as strftime has it, in UTC or in a zone: an offset such as \
              `+02:00`, or a name such as `Europe/Berlin`.",
        examples: &[
            ("time.format(1500000000)", "\"1970-01-01T00:00:01.5Z\""),
            ("time.format(0, \"%d %b %Y %H:%M\", \"+02:00\")", "\"01 Jan 1970 02:00\""),
            ("time.format(1688989507000000000, \"%H:%M %z\", \"Europe/Berlin\")", "\"13:45 +0200\""),
        ],
        run: Run::Prepared(|constants| Ok(Box::new(Print(format_of(constants)?)))),
    },
    Function {
        name: "time.floor",
        parameters: "time, duration",
        least: 2,
        most: 2,
        doc: "The start of the span of that duration (`15m`, `1h`, `1d`, `1w`) that the time is in. Spans are counted from 1970 UTC; \
              weeks start on Monday.",
        examples: &[
            ("time.format(time.floor(\"2026-01-15T10:47:00Z\", \"15m\"))", "\"2026-01-15T10:45:00Z\""),
            ("time.format(time.floor(\"2026-01-15\", \"1w\"))", "\"2026-01-12T00:00:00Z\""),
        ],
        run: Run::Plain(|x| or_null(floor(x))),
    },
    Function {
        name: "time.add",
        parameters: "time, duration",
        least: 2,
        most: 2,
        doc: "The time moved by a duration such as `1h30m` or `-2d`, or by a number of nanoseconds.",
        examples: &[("time.format(time.add(\"2026-01-01\", \"-1h30m\"))", "\"2025-12-31T22:30:00Z\"")],
        run: Run::Plain(|x| {
            or_null(time_of(&x[0]).zip(duration(&x[1])).and_then(|(a, b)| Some(Value::integer(a.checked_add(b)?))))
        }),
    },
    Function {
        name: "time.difference",
        parameters: "time, earlier[, unit]",
        least: 2,
        most: 3,
        doc: "How long the first time is after the second, in nanoseconds or in the unit given (`s`, `m`, `1h`); below zero when it is \
              before it.",
        examples: &[("time.difference(\"2026-01-02\", \"2026-01-01\", \"h\")", "24"), ("time.difference(5, 7)", "-2")],
        run: Run::Plain(|x| or_null(difference(x))),
    },
    field(
        "time.year",
        "The year of the time, in UTC or in a zone: an offset such as `+02:00`, or a name such as `Europe/Berlin`.",
        &[("time.year(0)", "1970"), ("time.year(0, \"America/New_York\")", "1969")],
        |x| part(x, |moment, _| moment.year),
    ),
    field("time.month", "The month, 1 to 12.", &[("time.month(\"2026-03-01\")", "3")], |x| {
        part(x, |moment, _| moment.month.into())
    }),
    field("time.day", "The day of the month.", &[("time.day(\"2026-03-09\")", "9")], |x| {
        part(x, |moment, _| moment.day.into())
    }),
    field("time.hour", "The hour, 0 to 23.", &[("time.hour(\"2026-03-09T23:30:00Z\", \"+02:00\")", "1")], |x| {
        part(x, |moment, _| moment.hour.into())
    }),
    field("time.minute", "The minute.", &[("time.minute(\"2026-03-09T23:30:00Z\")", "30")], |x| {
        part(x, |moment, _| moment.minute.into())
    }),
    field("time.second", "The second.", &[("time.second(61000000000)", "1")], |x| {
        part(x, |moment, _| moment.second.into())
    }),
    field("time.weekday", "The day of the week: 1 for Monday to 7 for Sunday.", &[("time.weekday(0)", "4")], |x| {
        part(x, |_, ns| weekday(ns).into())
    }),
    Function {
        name: "time.from_unix",
        parameters: "number[, unit]",
        least: 1,
        most: 2,
        doc: "The time of a count since 1970, in `s`, `ms`, `us` or `ns`; without a unit its size tells: below 10^10 seconds, below 10^13 \
              milliseconds, below 10^16 microseconds.",
        examples: &[
            ("time.from_unix(1689000000.25)", "1689000000250000000"),
            ("time.from_unix(1689000000250)", "1689000000250000000"),
            ("time.from_unix(5, \"ms\")", "5000000"),
        ],
        run: Run::Plain(|x| or_null(from_unix(x))),
    },
    Function {
        name: "time.to_unix",
        parameters: "time[, unit]",
        least: 1,
        most: 2,
        doc: "The time as a count since 1970 in seconds, or in `ms`, `us` or `ns`, with its fraction.",
        examples: &[("time.to_unix(1500000000)", "1.5"), ("time.to_unix(\"1970-01-02\", \"ms\")", "86400000")],
        run: Run::Plain(|x| {
            let places = optional(x, 1, Some(9), |unit| Some(power(unit)));
            let time = time_of(&x[0]).zip(places.flatten());
            or_null(time.map(|(ns, places)| Value::Number(Number::Integer(ns.into()).shifted(-places))))
        }),
    },
];

/// A time in nanoseconds.
pub fn time_of(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Text(text) => parse_time(text),
        other => other.as_i64(),
    }
}

/// The second argument as a format. The outer option: it is there; the inner one: it does not depend on the event.
fn format_of(constants: &[Option<&Value<'static>>]) -> Result<Option<Option<Format>>, String> {
    match constants.get(1) {
        None => Ok(None),
        Some(Some(Value::Text(format))) => Format::parse(format).map(|format| Some(Some(format))),
        Some(_) => Ok(Some(None)),
    }
}

/// Runs with the format, ready or of this row.
fn with_format<T>(ready: &Option<Format>, own: &Value<'_>, run: impl FnOnce(&Format) -> Option<T>) -> Option<T> {
    match ready {
        Some(format) => run(format),
        None => run(&Format::parse(own.text()?).ok()?),
    }
}

struct Parse(Option<Option<Format>>);

impl Ready for Parse {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        let time = x[0].text().and_then(|text| match &self.0 {
            None => parse_event_time(text),
            Some(format) => with_format(format, &x[1], |format| format.read(text)),
        });
        or_null(time.map(Value::integer))
    }
}

struct Print(Option<Option<Format>>);

impl Ready for Print {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        let local = time_of(&x[0]).and_then(|ns| Some((ns, optional(x, 2, 0, |zone| offset(zone, ns))?)));
        let text = local.and_then(|(ns, offset)| match &self.0 {
            None => Some(format_rfc3339(ns).into_bytes()),
            Some(format) => with_format(format, &x[1], |format| format.print(ns, offset)),
        });
        or_null(text.map(Value::owned_text))
    }
}

/// How far clocks of the zone are ahead of UTC at that time, in seconds.
fn offset(zone: &Value<'_>, ns: i64) -> Option<i64> {
    Some(Zone::parse(zone.text()?)?.offset_seconds(ns))
}

/// `1h30m`, `-2d`, or a number of nanoseconds.
fn duration(value: &Value<'_>) -> Option<i64> {
    let Some(text) = value.text() else { return value.as_i64() };
    let (sign, mut rest) = match text.strip_prefix(b"-") {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut total = 0i64;
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let count: i64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        let letters = rest[digits..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let unit = unit_ns(&rest[digits..digits + letters])?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = &rest[digits + letters..];
    }
    (!text.is_empty() && text != b"-").then_some(sign * total)
}

fn unit_ns(unit: &[u8]) -> Option<i64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ns)| *ns)
}

fn floor<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let (time, span) = (time_of(&x[0])?, duration(&x[1]).filter(|&span| span > 0)?);
    let origin = if span % (7 * NS_PER_DAY) == 0 { FIRST_MONDAY_NS } else { 0 };
    let into = (i128::from(time) - i128::from(origin)).rem_euclid(i128::from(span));
    i64::try_from(i128::from(time) - into).ok().map(Value::integer)
}

fn difference<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let unit = optional(x, 2, 1, |unit| unit_ns(unit.text()?).or_else(|| duration(unit))).filter(|&unit| unit > 0)?;
    let apart = i128::from(time_of(&x[0])?) - i128::from(time_of(&x[1])?);
    divide(&Number::Integer(apart), &Number::Integer(unit.into())).map(Value::Number)
}

fn part<'a>(x: &[Value<'a>], part: impl Fn(&Moment, i64) -> i64) -> Value<'a> {
    let local = || {
        let ns = time_of(&x[0])?;
        let offset = optional(x, 1, 0, |zone| offset(zone, ns))?;
        let ns = ns.checked_add(offset.checked_mul(NS_PER_SECOND)?)?;
        Some(Value::integer(part(&Moment::from_ns(ns), ns)))
    };
    or_null(local())
}

/// Digits behind the point of a second that make the unit.
fn power(unit: &Value<'_>) -> Option<i64> {
    match unit.text()? {
        b"s" => Some(9),
        b"ms" => Some(6),
        b"us" => Some(3),
        b"ns" => Some(0),
        _ => None,
    }
}

fn from_unix<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let number = x[0].number()?;
    let ns = match x.get(1) {
        None => parse_epoch(&number.canonical())?,
        Some(unit) => {
            let ns = number.shifted(power(unit)?).rounded(0, super::super::number::Rounding::Down);
            i64::try_from(ns.as_integer()?).ok()?
        }
    };
    Some(Value::integer(ns))
}

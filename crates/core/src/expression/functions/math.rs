//! Functions of numbers. Anything that is no number gives null, and so does a result that is not finite.
use super::super::number::{Number, Rounding, combine, remainder};
use super::super::value::Value;
use super::{ANY, Function, Plain, Run, optional, or_null};

/// Places that `math.round` rounds to; a double has 17 digits.
const ROUND_PLACES_MAX: u64 = 30;

const fn unary(
    name: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    run: Plain,
) -> Function {
    Function { name, parameters: "number", least: 1, most: 1, doc, examples, run: Run::Plain(run) }
}

pub const FUNCTIONS: &[Function] = &[
    unary("math.abs", "The number without its sign.", &[("math.abs(-2.5)", "2.5"), ("math.abs(\"x\")", "null")], |x| {
        exact(x, |number| number.absolute())
    }),
    Function {
        name: "math.round",
        parameters: "number[, digits]",
        least: 1,
        most: 2,
        doc: "The number rounded to `digits` places after the point (0 when left out, before the point when negative, -30 to \
              30). What lies in the middle goes away from zero.",
        examples: &[("math.round(2.5)", "3"), ("math.round(2.675, 2)", "2.68"), ("math.round(-1250, -2)", "-1300")],
        run: Run::Plain(|x| or_null(round(x))),
    },
    unary("math.floor", "The largest integer that is not above the number.", &[("math.floor(-1.5)", "-2")], |x| {
        exact(x, |number| number.rounded(0, Rounding::Down))
    }),
    unary("math.ceil", "The smallest integer that is not below the number.", &[("math.ceil(1.2)", "2")], |x| {
        exact(x, |number| number.rounded(0, Rounding::Up))
    }),
    unary("math.sign", "-1, 0 or 1.", &[("math.sign(-3)", "-1"), ("math.sign(0.0)", "0")], |x| {
        exact(x, |number| Number::Integer(number.sign().into()))
    }),
    unary(
        "math.sqrt",
        "The square root; null below zero.",
        &[("math.sqrt(16)", "4"), ("math.sqrt(-1)", "null")],
        |x| double(x, f64::sqrt),
    ),
    unary("math.exp", "e to the power of the number.", &[("math.exp(0)", "1")], |x| double(x, f64::exp)),
    Function {
        name: "math.log",
        parameters: "number[, base]",
        least: 1,
        most: 2,
        doc: "The logarithm, natural where no base is given; null for what is not above zero.",
        examples: &[("math.log(1)", "0"), ("math.log(8, 2)", "3"), ("math.log(0)", "null")],
        run: Run::Plain(|x| or_null(log(x))),
    },
    unary("math.log10", "The decimal logarithm.", &[("math.log10(1000)", "3")], |x| double(x, f64::log10)),
    Function {
        name: "math.pow",
        parameters: "number, exponent",
        least: 2,
        most: 2,
        doc: "The number to the power of the exponent; exact where both are integers and the result is of at most 38 digits.",
        examples: &[("math.pow(2, 10)", "1024"), ("math.pow(4, 0.5)", "2"), ("math.pow(10, 400)", "null")],
        run: Run::Plain(|x| or_null(pow(x))),
    },
    Function {
        name: "math.mod",
        parameters: "number, divisor",
        least: 2,
        most: 2,
        doc: "What is left when the number is divided, with the sign of the number; null for a divisor of zero.",
        examples: &[("math.mod(7, 3)", "1"), ("math.mod(-7, 3)", "-1"), ("math.mod(1, 0)", "null")],
        run: Run::Plain(|x| {
            let result = x[0].number().zip(x[1].number()).and_then(|(a, b)| remainder(a, b));
            or_null(result.map(Value::Number))
        }),
    },
    Function {
        name: "math.min",
        parameters: "number, …",
        least: 1,
        most: ANY,
        doc: "The smallest of the numbers; null when one of them is no number.",
        examples: &[("math.min(3, 1.5, 2)", "1.5"), ("math.min(1, null)", "null")],
        run: Run::Plain(|x| best(x, |a, b| a.compare(b).is_lt())),
    },
    Function {
        name: "math.max",
        parameters: "number, …",
        least: 1,
        most: ANY,
        doc: "The largest of the numbers; null when one of them is no number.",
        examples: &[("math.max(3, 1.5, 2)", "3")],
        run: Run::Plain(|x| best(x, |a, b| a.compare(b).is_gt())),
    },
];

fn exact<'a>(x: &[Value<'a>], function: impl Fn(&Number<'_>) -> Number<'static>) -> Value<'a> {
    or_null(x[0].number().map(|number| Value::Number(function(number))))
}

fn double<'a>(x: &[Value<'a>], function: impl Fn(f64) -> f64) -> Value<'a> {
    or_null(x[0].number().map(|number| Value::double(function(number.as_f64()))))
}

fn round<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let places = optional(x, 1, 0, Value::as_i64).filter(|places| places.unsigned_abs() <= ROUND_PLACES_MAX)?;
    Some(Value::Number(x[0].number()?.rounded(places, Rounding::Nearest)))
}

fn log<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let number = x[0].number()?.as_f64();
    Some(Value::double(match x.get(1) {
        None => number.ln(),
        Some(base) => {
            let base = base.number().map(Number::as_f64).filter(|&base| base > 0.0)?;
            number.log2() / base.log2()
        }
    }))
}

fn pow<'a>(x: &[Value<'a>]) -> Option<Value<'a>> {
    let exact = |a: i128, b: i128| a.checked_pow(u32::try_from(b).ok()?);
    combine(x[0].number()?, x[1].number()?, exact, f64::powf).map(Value::Number)
}

fn best<'a>(x: &mut [Value<'a>], is_better: impl Fn(&Number<'_>, &Number<'_>) -> bool) -> Value<'a> {
    let mut found = 0;
    for at in 0..x.len() {
        let (Some(number), Some(best)) = (x[at].number(), x[found].number()) else { return Value::Null };
        if is_better(number, best) {
            found = at;
        }
    }
    std::mem::replace(&mut x[found], Value::Null)
}

//! Choosing between values.
use super::super::value::Value;
use super::{ANY, Function, Ready, Run};
use crate::expression::compile::Node;
use crate::value::pattern::ValuePattern;

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "if",
        parameters: "condition, then[, else]",
        least: 2,
        most: 3,
        doc: "`then` when the condition is true; `else` when it is false or null, null where there is no `else`.",
        examples: &[
            ("if(2 > 1, \"yes\", \"no\")", "\"yes\""),
            ("if(null, \"yes\", \"no\")", "\"no\""),
            ("if(false, 1)", "null"),
        ],
        run: Run::Lazy(case),
    },
    Function {
        name: "coalesce",
        parameters: "value, …",
        least: 1,
        most: ANY,
        doc: "The first value that is not null.",
        examples: &[("coalesce(null, \"a\", \"b\")", "\"a\""), ("coalesce(null, null)", "null")],
        run: Run::Lazy(coalesce),
    },
    Function {
        name: "case",
        parameters: "condition, value, …[, default]",
        least: 2,
        most: ANY,
        doc: "The value behind the first condition that is true; else the default, null where there is none.",
        examples: &[
            ("case(5 > 10, \"big\", 5 > 1, \"middle\", \"small\")", "\"middle\""),
            ("case(false, 1, null, 2)", "null"),
            ("case(false, 1, 3)", "3"),
        ],
        run: Run::Lazy(case),
    },
    Function {
        name: "match",
        parameters: "value, pattern, result, …[, default]",
        least: 3,
        most: ANY,
        doc: "The result behind the first pattern that the value matches; else the default, null where there is none. A text \
              pattern is compared with the whole text form of the value, case counts, and `*` stands for any characters; a \
              number or boolean is compared by value.",
        examples: &[
            ("match(\"GetObject\", \"Get*\", \"read\", \"Put*\", \"write\", \"other\")", "\"read\""),
            ("match(503, \"5*\", \"server\", \"4*\", \"client\")", "\"server\""),
            ("match(\"x\", \"y\", 1)", "null"),
            ("match(7, 7.0, \"seven\", \"other\")", "\"seven\""),
        ],
        run: Run::Prepared(|constants| {
            let compiled = |constant: &Option<&Value<'static>>| match constant {
                Some(Value::Text(text)) => Some(wildcards(text)),
                _ => None,
            };
            let pattern_places = (1..constants.len().saturating_sub(1)).step_by(2);
            Ok(Box::new(Match { patterns: pattern_places.map(|place| compiled(&constants[place])).collect() }))
        }),
    },
    Function {
        name: "type",
        parameters: "value",
        least: 1,
        most: 1,
        doc: "The type of the value: `null`, `boolean`, `number`, `text` or `array`.",
        examples: &[("type(1.5)", "\"number\""), ("type(null)", "\"null\""), ("type(\"1\")", "\"text\"")],
        run: Run::Plain(|values| Value::of_str(values[0].type_name())),
    },
    Function {
        name: "is_null",
        parameters: "value",
        least: 1,
        most: 1,
        doc: "Whether the value is null, as that of a missing column is.",
        examples: &[("is_null(null)", "true"), ("is_null(\"\")", "false")],
        run: Run::Plain(|values| Value::Bool(values[0].is_null())),
    },
];

fn coalesce<'a>(nodes: &'a [Node], row: &'a [Value<'a>]) -> Value<'a> {
    let mut values = nodes.iter().map(|node| node.evaluate(row));
    values.find(|value| !value.is_null()).unwrap_or(Value::Null)
}

/// `if` is a case of two.
fn case<'a>(nodes: &'a [Node], row: &'a [Value<'a>]) -> Value<'a> {
    for branch in nodes.chunks(2) {
        match branch {
            [condition, value] if condition.evaluate(row).boolean() == Some(true) => return value.evaluate(row),
            [default] => return default.evaluate(row),
            _ => {}
        }
    }
    Value::Null
}

fn wildcards(pattern: &[u8]) -> ValuePattern {
    let parts: Vec<&[u8]> = pattern.split(|&byte| byte == b'*').collect();
    ValuePattern::new(&parts, true)
}

struct Match {
    /// Those of the patterns that are constant texts.
    patterns: Vec<Option<ValuePattern>>,
}

impl Ready for Match {
    fn run<'a>(&'a self, arguments: &mut [Value<'a>]) -> Value<'a> {
        let Some((value, branches)) = arguments.split_first_mut() else { return Value::Null };
        let own = value.scalar_text();
        let matches = |pattern: &ValuePattern| own.as_ref().is_some_and(|text| pattern.matches_whole(text));
        for (nth, branch) in branches.chunks_mut(2).enumerate() {
            let [pattern, result] = branch else {
                return std::mem::replace(&mut branch[0], Value::Null);
            };
            let is_match = match (self.patterns.get(nth).and_then(Option::as_ref), &*pattern) {
                (Some(ready), _) => matches(ready),
                (None, Value::Text(text)) => matches(&wildcards(text)),
                (None, other) => !other.is_null() && other.is_same(value),
            };
            if is_match {
                return std::mem::replace(result, Value::Null);
            }
        }
        Value::Null
    }
}

//! A scalar expression over values of a log: refused, or a value that is JSON, and the same one again.
//!
//! The first line is the expression: JSON, or, where it begins with no `{`, instructions that stack calls of functions, so that what is
//! not JSON finds its way into every function too. The lines behind it are the values: JSON, or else text.
use lakebed_core::error::Result;
use lakebed_core::expression::{Expression, Syntax, Value, functions, json};
use std::borrow::Cow;

pub fn run(data: &[u8]) {
    let mut lines = data.split(|&byte| byte == b'\n');
    let head = lines.next().unwrap_or_default();
    let row: Vec<Value<'_>> =
        lines.map(|line| json::read(line).unwrap_or(Value::Text(Cow::Borrowed(line)))).collect();
    if head.first() == Some(&b'{') {
        check(Expression::parse(head), &row);
    } else {
        stacked(head).iter().for_each(|syntax| check(Expression::compile(syntax), &row));
    }
}

fn check(expression: Result<Expression>, row: &[Value<'_>]) {
    let Ok(expression) = expression else { return };
    let found = expression.evaluate(row);
    assert!(json::is_json(&found.to_json()), "a value is JSON");
    assert_eq!(expression.evaluate(row), found, "and the same again");
}

/// Texts that the instructions may push besides the columns.
const TEXTS: [&str; 10] = ["", "a", "%Y-%m-%d %H:%M", "+02:00", "1h", "(a+)|b", "a.b[0]", "10.0.0.0/8", "s", "*a"];

fn stacked(instructions: &[u8]) -> Vec<Syntax> {
    let functions: Vec<&functions::Function> = functions::all().collect();
    let mut stack: Vec<Syntax> = Vec::new();
    for pair in instructions.chunks(2) {
        let number = usize::from(pair[pair.len() - 1]);
        let node = match pair[0] % 8 {
            0 | 1 => Syntax { column: Some(["a", "b", "c"][number % 3].into()), ..Syntax::default() },
            2 => Syntax { text: Some(TEXTS[number % TEXTS.len()].into()), ..Syntax::default() },
            3 => Syntax { number: Some((number as i64 - 9).to_string()), ..Syntax::default() },
            more => {
                let function = functions[number % functions.len()];
                let wanted = function.most.min(function.least + usize::from(more) - 4);
                let of = stack.split_off(stack.len() - wanted.min(stack.len()));
                Syntax { call: Some(function.name.into()), of: Some(of), ..Syntax::default() }
            }
        };
        stack.push(node);
    }
    stack
}

pub fn seeds() -> Vec<Vec<u8>> {
    let values = "\"2026-01-15T10:14:02.5Z\"\nhttps://u@a.example.co.uk:8443/b?x=%41#c\n-1.5e3";
    let expressions = [
        r#"{"call":"if","of":[{"call":"less","of":[{"column":"a"},{"number":"1e1"}]},{"column":"b"},{"null":true}]}"#,
        r#"{"call":"string.replace_regex","of":[{"column":"a"},{"text":"(\\d)-"},{"text":"$1${1}"}]}"#,
        r#"{"call":"time.format","of":[{"call":"time.floor","of":[{"column":"a"},{"text":"1h"}]},{"text":"%d %b %j"}]}"#,
        r#"{"call":"divide","of":[{"call":"url.port","of":[{"column":"b"}]},{"column":"a"}]}"#,
        r#"{"call":"json.get","of":[{"column":"a"},{"text":"a[0].b"}]}"#,
    ];
    let written = expressions.map(|expression| format!("{expression}\n{values}").into_bytes());
    // Every function on the first column, and on all three. Ten is a line break, and the numbers go round.
    let count = functions::all().count() as u8;
    let functions = (0..count).map(|function| if function == b'\n' { function + count } else { function });
    let stacks: Vec<u8> = functions.flat_map(|f| [0, 0, 4, f, 0, 0, 0, 1, 0, 2, 6, f]).collect();
    let stacked = stacks.chunks(120).map(|stack| [stack, b"\n", values.as_bytes()].concat());
    written.into_iter().chain(stacked).collect()
}

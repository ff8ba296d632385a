//! JSON inside of texts, as many logs have it. An object is given as its JSON text.
use super::super::json::{self, Step, parse_path};
use super::super::value::Value;
use super::{ARRAY_MAX, Function, Ready, Run, or_null, truth};

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "json.get",
        parameters: "text, path",
        least: 2,
        most: 2,
        doc: "The value at a path such as `a.b[0]` in JSON text. Null when nothing is there, or the text is no JSON.",
        examples: &[
            ("json.get(\"{\\\"a\\\": [1, {\\\"b\\\": \\\"x\\\"}]}\", \"a[1].b\")", "\"x\""),
            ("json.get(\"{\\\"a\\\": {\\\"b\\\": 1}}\", \"a\")", "\"{\\\"b\\\": 1}\""),
            ("json.get(\"{}\", \"a\")", "null"),
        ],
        run: Run::Prepared(|constants| match constants[1] {
            Some(Value::Text(path)) => {
                let wanted = || format!("'{}' is not a path such as 'a.b[0]'", String::from_utf8_lossy(path));
                Ok(Box::new(Get(Some(parse_path(path).ok_or_else(wanted)?))))
            }
            _ => Ok(Box::new(Get(None))),
        }),
    },
    Function {
        name: "json.valid",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "Whether the whole text is JSON.",
        examples: &[("json.valid(\"[1]\")", "true"), ("json.valid(\"[1\")", "false")],
        run: Run::Plain(|x| truth(x[0].text().map(json::is_json))),
    },
    Function {
        name: "json.length",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The number of elements of a JSON array, or of members of a JSON object.",
        examples: &[("json.length(\"{\\\"a\\\": 1, \\\"b\\\": 2}\")", "2"), ("json.length(\"5\")", "null")],
        run: Run::Plain(|x| or_null(x[0].text().and_then(length).map(Value::count))),
    },
    Function {
        name: "json.keys",
        parameters: "text",
        least: 1,
        most: 1,
        doc: "The array of the names of a JSON object's members. Null for more than 10,000.",
        examples: &[("json.keys(\"{\\\"a\\\": 1, \\\"b\\\": 2}\")", "[\"a\", \"b\"]"), ("json.keys(\"[]\")", "null")],
        run: Run::Plain(|x| {
            let keys = x[0].text().and_then(json::keys).filter(|keys| keys.len() <= ARRAY_MAX);
            or_null(keys.map(|keys| Value::Array(keys.into_iter().map(Value::owned_text).collect())))
        }),
    },
];

/// None: the path depends on the event.
struct Get(Option<Vec<Step>>);

impl Ready for Get {
    fn run<'a>(&'a self, x: &mut [Value<'a>]) -> Value<'a> {
        let find = || {
            let text = x[0].text()?;
            match &self.0 {
                Some(path) => json::get(text, path),
                None => json::get(text, &parse_path(x[1].text()?)?),
            }
        };
        or_null(find().map(Value::into_owned))
    }
}

fn length(text: &[u8]) -> Option<usize> {
    json::elements(text).map(|elements| elements.len()).or_else(|| json::keys(text).map(|keys| keys.len()))
}

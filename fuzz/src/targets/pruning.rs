//! The index only leaves out pages that hold no match: with and without it, every filter gives the same answer.
use crate::lab::{COLUMNS, SAMPLE, WORDS, plan, search};
use std::fmt::Write;

/// Deeper trees say nothing new.
const DEPTH_MAX: usize = 5;

pub fn run(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let aggregate = match bytes.next().unwrap_or(0) % 3 {
        0 => r#"{"by":["action"],"functions":[{"name":"count"},{"name":"max","columns":["n"]}]}"#,
        _ => "null",
    };
    let limit = ["null", "3", "50"][usize::from(bytes.next().unwrap_or(0)) % 3];
    let mut filter = String::new();
    node(&mut bytes, 0, &mut filter);
    let answer = |use_index| search(&plan(&filter, aggregate, limit, use_index), &SAMPLE.data, &SAMPLE.address);
    match (answer(true), answer(false)) {
        (Ok(with), Ok(without)) => assert_eq!(with, without, "the index changes the answer of {filter}"),
        (with, without) => assert_eq!(with.is_err(), without.is_err(), "the index changes whether {filter} is an error"),
    }
}

/// A filter, as the bytes say; any bytes give one.
fn node(bytes: &mut impl Iterator<Item = u8>, depth: usize, out: &mut String) {
    let mut next = || bytes.next().unwrap_or(0);
    let (kind, which, where_, how) = (next(), next(), next(), next());
    let word = WORDS[usize::from(which) % WORDS.len()];
    let name = COLUMNS[usize::from(where_) % COLUMNS.len()];
    let column = match where_ / 32 {
        0 | 1 => "null".to_string(),
        2 => r#"{"parts":["tags",{"star":2}]}"#.to_string(),
        3 => r#"{"parts":[{"star":1}]}"#.to_string(),
        _ => format!(r#"{{"parts":["{name}"]}}"#),
    };
    let parts = match how % 8 {
        0 => format!(r#"["{word}",""]"#),
        1 => format!(r#"["","{word}"]"#),
        2 => format!(r#"["","{word}",""]"#),
        3 => format!(r#"["{word}","0"]"#),
        _ => format!(r#"["{word}"]"#),
    };
    let exact = how & 16 != 0;
    let relation = ["<", "<=", ">", ">="][usize::from(how) % 4];
    let written = match kind % 12 {
        0..=2 if depth < DEPTH_MAX => {
            let op = ["all", "any", "not"][usize::from(kind % 12)];
            let children = if op == "not" { 1 } else { usize::from(which) % 4 };
            let _ = write!(out, r#"{{"op":"{op}","of":"#);
            if op == "not" {
                node(bytes, depth + 1, out);
            } else {
                out.push('[');
                for child in 0..children {
                    out.push_str(if child > 0 { "," } else { "" });
                    node(bytes, depth + 1, out);
                }
                out.push(']');
            }
            out.push('}');
            return;
        }
        3..=5 => format!(r#"{{"op":"has","column":{column},"pattern":{{"parts":{parts},"exact_case":{exact}}}}}"#),
        6 => format!(r#"{{"op":"is","column":{column},"pattern":{{"parts":{parts},"exact_case":{exact}}}}}"#),
        7 => format!(r#"{{"op":"is","column":{column},"pattern":{{"parts":["17"]}},"number":"{}.0"}}"#, which % 130),
        8 => format!(r#"{{"op":"exists","column":{column}}}"#),
        9 => format!(r#"{{"op":"compare","column":{column},"relation":"{relation}","number":"{}"}}"#, which),
        10 => format!(r#"{{"op":"regex","column":{column},"regex":"{word}$","ignore_case":{exact}}}"#),
        _ => format!(r#"{{"op":"cidr","column":{column},"network":"10.0.{}.0/{}"}}"#, which % 4, how % 33),
    };
    out.push_str(&written);
}

pub fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0, 0, 1, 3, 0, 0, 3, 0, 4, 4, 6, 5, 200, 4],
        vec![1, 0, 2, 0, 0, 0, 3, 6, 0, 4],
        vec![1, 1, 0, 2, 0, 0, 9, 17, 129, 3, 8, 0, 200, 0],
        vec![2, 2, 11, 0, 230, 24],
    ]
}

//! A plan from outside: JSON of any shape is understood or refused, and what is understood can be run.
use crate::lab::{SAMPLE, plan, search};
use lakebed_core::search::plan::Plan;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(Plan::parse(data).is_err());
        return;
    };
    if Plan::parse(data).is_ok() {
        let _ = search(text, &SAMPLE.data, &SAMPLE.address);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let filters = [
        r#"{"op":"all","of":[]}"#,
        r#"{"op":"has","column":null,"pattern":{"parts":["alice"],"exact_case":false}}"#,
        r#"{"op":"is","column":{"parts":["user.",{"star":1}]},"pattern":{"parts":["","li",""]},"number":"4"}"#,
        r#"{"op":"not","of":{"op":"exists","column":{"parts":["tags",{"star":2}]}}}"#,
        r#"{"op":"any","of":[{"op":"compare","column":{"parts":["n"]},"relation":">=","number":"1e1"}]}"#,
        r#"{"op":"regex","column":{"parts":["action"]},"regex":"^[pP]ut.*t$","ignore_case":true}"#,
        r#"{"op":"cidr","column":{"parts":["ip"]},"network":"10.0.0.0/24"}"#,
        r#"{"op":"compare_time","column":{"parts":["time"]},"relation":"<","time_ns":1768471207000000000}"#,
    ];
    let computed = r#"{"expression":{"call":"string.lower","of":[{"column":"user.name"}]}}"#;
    let is_computed = format!(r#"{{"op":"is","column":{computed},"pattern":{{"parts":["ali",""]}}}}"#);
    let by_computed = format!(r#"{{"by":[{computed}],"functions":[{{"name":"max","columns":[{computed}]}}]}}"#);
    let aggregate = r#"{"by":["user.name"],"functions":[{"name":"count"},{"name":"sum","columns":["n"]}]}"#;
    let plans = filters.iter().flat_map(|filter| [plan(filter, "null", "5", true), plan(filter, aggregate, "null", false)]);
    let over_expressions = [plan(&is_computed, "null", "5", true), plan(&is_computed, &by_computed, "null", true)];
    plans.chain(over_expressions).map(String::into_bytes).collect()
}

//! Rows from the caller for an aggregate: taken or refused; what is taken gives a partial that can be loaded and finished.
use crate::lab::plan;
use lakebed_core::search::aggregate::json_rows::RowAggregate;
use lakebed_core::search::partial::Partial;
use lakebed_core::search::plan::Plan;
use std::sync::LazyLock;

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let one = ["count", "min", "max", "sum", "avg", "countdistinct", "median", "var", "stdev", "mode", "values", "rate"];
    let two = ["countdistinct", "list", "earliest", "latest"];
    let function = |name: &str, columns: &str| format!(r#"{{"name":"{name}","columns":[{columns}]}}"#);
    let one = one.map(|name| function(name, r#""a""#)).join(",");
    let two = two.map(|name| function(name, r#""a","b""#)).join(",");
    let text = format!(r#"{{"by":["b"],"functions":[{one},{two},{{"name":"count"}}]}}"#);
    Plan::parse(plan(r#"{"op":"all","of":[]}"#, &text, "null", true).as_bytes()).expect("a plan")
});

pub fn run(data: &[u8]) {
    let aggregate = PLAN.aggregate.as_ref().expect("the plan has one");
    let mut rows = RowAggregate::new(aggregate).expect("known functions");
    if rows.push(data).is_ok() {
        let partial = Partial::load(aggregate, &rows.partial()).expect("what was dumped can be loaded");
        let answer = partial.finish(None).expect("an answer");
        assert!(std::str::from_utf8(&answer).is_ok(), "the answer is text");
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"[["a",1],["b",2.5],[null,true],["\u0041\n",-0.0],["é",1e400]]"#,
        "[[1,12345678901234567890123],[2,0.1000000000000000055],[3,9223372036854775807],[3,-1]]",
        "[]",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

//! A segment that somebody made to do harm: any structure in it may be wrong, its checksums are right. A search ends with an error
//! or some answer.
use crate::changed::{change_seeds, changed};
use crate::lab::{plan, search};
use std::sync::LazyLock;

static PLANS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let everything = r#"{"op":"all","of":[]}"#;
    let needle = r#"{"op":"has","column":null,"pattern":{"parts":["deadbeef01234567"]}}"#;
    let tags = r#"{"op":"is","column":{"parts":["tags[",{"star":1},"]"]},"pattern":{"parts":["t",""]}}"#;
    let table = r#"{"by":["user.name","tags[1]"],"functions":[{"name":"count"},{"name":"sum","columns":["n"]}]}"#;
    vec![
        plan(everything, "null", "null", true),
        plan(needle, "null", "5", true),
        plan(tags, "null", "9", false),
        plan(everything, table, "null", true),
    ]
});

pub fn run(data: &[u8]) {
    let (file, address) = changed(data);
    for plan in PLANS.iter() {
        let _ = search(plan, &file, &address);
    }
}

/// Each kind of change once.
pub fn seeds() -> Vec<Vec<u8>> {
    change_seeds().collect()
}

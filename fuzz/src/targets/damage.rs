//! A segment with any bytes changed, or cut: an error, or the right answer; never a wrong one.
use crate::lab::{Answer, SAMPLE, plan, search};
use std::sync::LazyLock;

/// Plans that between them read every section; and what they give on the whole file.
static QUESTIONS: LazyLock<Vec<(String, Answer)>> = LazyLock::new(|| {
    let everything = r#"{"op":"all","of":[]}"#;
    let needle = r#"{"op":"has","column":null,"pattern":{"parts":["deadbeef01234567"]}}"#;
    let field = r#"{"op":"has","column":{"parts":["user.name"]},"pattern":{"parts":["bob"]}}"#;
    let table = r#"{"by":["action"],"functions":[{"name":"count"},{"name":"sum","columns":["n"]}]}"#;
    [plan(everything, "null", "null", true), plan(needle, "null", "5", true), plan(field, table, "null", true)]
        .map(|plan| {
            let answer = search(&plan, &SAMPLE.data, &SAMPLE.address).expect("the sample is whole");
            (plan, answer)
        })
        .into()
});

pub fn run(data: &[u8]) {
    let mut file = SAMPLE.data.clone();
    let mut is_changed = false;
    for change in data.chunks_exact(3).take(8) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len().max(1);
        if change[2] == 0 {
            file.truncate(at);
            is_changed = true;
        } else if let Some(byte) = file.get_mut(at) {
            *byte ^= change[2];
            is_changed = true;
        }
    }
    for (plan, answer) in QUESTIONS.iter() {
        match search(plan, &file, &SAMPLE.address) {
            // a file that ends too early is what the store says; the rows before it are right
            Ok(found) if file.len() < SAMPLE.data.len() => assert!(found.0.iter().all(|row| answer.0.contains(row)) || plan.contains("sum")),
            Ok(found) => assert!(found == *answer, "damaged bytes changed the answer of {plan}"),
            Err(error) => assert!(is_changed, "a whole segment fails: {error}"),
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    vec![vec![], vec![40, 0, 1], vec![0, 4, 0x80, 9, 9, 1], vec![0, 8, 0]]
}

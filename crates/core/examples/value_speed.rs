//! How fast values are split and searched: `cargo run --release --example value_speed -- FILE…` (plain text files).
use lakebed_core::value::class::class_mask;
use lakebed_core::value::pattern::ValuePattern;
use lakebed_core::value::time::iso_form;
use lakebed_core::value::token::{for_each_token, token_hash};
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

const ROUNDS: usize = 5;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let text = std::fs::read(&path)?;
        let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        let words: Vec<&[u8]> = text.split(|&byte| byte == b'"').collect();
        let mut count = 0u64;
        let split = best(text.len(), || for_each_token(&text, |token| count += token.len() as u64));
        let hashed = best(text.len(), || for_each_token(&text, |token| count ^= token_hash(token)));
        let values = best(text.len(), || {
            for word in &words {
                for_each_token(word, |token| count ^= token_hash(token));
            }
        });
        let masks = best(text.len(), || words.iter().for_each(|word| count ^= u64::from(class_mask(word))));
        writeln!(
            out,
            "{path}: tokens {split:.0} MB/s, with hashes {hashed:.0} MB/s, of values {values:.0} MB/s, class masks {masks:.0} MB/s"
        )?;
        for (parts, exact) in [
            (&["benjamin"][..], true),
            (&["benjamin"], false),
            (&["", "amin", ""], false),
            (&["zzqq"], false),
            (&["error", "denied"], false),
        ] {
            let pattern = ValuePattern::new(parts, exact);
            let mut found = 0;
            let long = best(text.len(), || lines.iter().for_each(|line| found += u64::from(pattern.contains(line))));
            let short = best(text.len(), || words.iter().for_each(|word| found += u64::from(pattern.contains(word))));
            writeln!(out, "  {parts:?} exact {exact}: lines {long:.0} MB/s, values {short:.0} MB/s ({found})")?;
        }
        let start = Instant::now();
        (0..1_000_000)
            .for_each(|_| count ^= iso_form(black_box(b"2023-07-10T11:45:07.123Z")).map_or(0, |(ns, _)| ns as u64));
        writeln!(out, "  iso_form {:.1} ns ({count})", start.elapsed().as_secs_f64() * 1e3)?;
    }
    Ok(())
}

/// The best MB/s of a few rounds.
fn best(bytes: usize, mut work: impl FnMut()) -> f64 {
    let mut best = 0f64;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work();
        best = best.max(bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
    }
    best
}

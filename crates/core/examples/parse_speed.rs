//! How fast the first steps of ingest are: `cargo run --release --example parse_speed -- FILE…`.
//!
//! Decompresses and parses each file several times with a sink that does nothing, and prints the best of MB of text per second.
use lakebed_core::decompress::{Decompressor, Limits};
use lakebed_core::parse::ignore::IgnoreSink;
use lakebed_core::parse::source::SourceParser;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

const ROUNDS: usize = 7;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let object = std::fs::read(&path)?;
        let mut text = Vec::new();
        let unpacked = best(|| {
            text.clear();
            let mut decompressor = Decompressor::new(Limits::default());
            let mut length = 0;
            let _ = decompressor.feed(&object, |piece| length += black_box(piece).len());
            length
        });
        let mut decompressor = Decompressor::new(Limits::default());
        let _ = decompressor.feed(&object, |piece| text.extend_from_slice(piece));
        let mut statistics = Default::default();
        let mut format = "";
        let parsed = best(|| {
            let mut parser = SourceParser::new(Default::default(), 0);
            parser.feed(&text, &mut IgnoreSink);
            parser.finish(&mut IgnoreSink);
            statistics = black_box(parser.statistics());
            format = parser.format_name();
            text.len()
        });
        let both = best(|| {
            let mut decompressor = Decompressor::new(Limits::default());
            let mut parser = SourceParser::new(Default::default(), 0);
            let _ = decompressor.feed(&object, |piece| parser.feed(piece, &mut IgnoreSink));
            parser.finish(&mut IgnoreSink);
            black_box(parser.statistics());
            text.len()
        });
        let compression = decompressor.compression();
        writeln!(
            out,
            "{path}: {} bytes of text, {compression} {unpacked:.0} MB/s, {format} {parsed:.0} MB/s, both {both:.0} MB/s",
            text.len()
        )?;
        writeln!(out, "  {statistics:?}")?;
    }
    Ok(())
}

/// The best MB/s of a few rounds of work, which answers how many bytes it did.
fn best(mut work: impl FnMut() -> usize) -> f64 {
    let mut best = 0f64;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let bytes = work();
        best = best.max(bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
    }
    best
}

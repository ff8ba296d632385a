//! How fast text becomes segments: `cargo run --release --example index_speed -- ROUNDS FILE…`; a folder stands for its files.
//!
//! Builds segments of all files, each an object, several times, and prints the best of MB of text a CPU second, with the size and
//! the checksum of the segments: what makes no difference to them must leave the checksum as it is.
use lakebed_core::write::builder::{Builder, BuilderOptions, ObjectStart};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// As in the benchmarks in Python.
const NOW_NS: i64 = 1_770_000_000_000_000_000;
const FEED_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().ok_or("how many rounds?")?.parse()?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in arguments {
        let path = Path::new(&path);
        match path.is_dir() {
            true => paths.extend(
                std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?,
            ),
            false => paths.push(path.to_path_buf()),
        }
    }
    paths.sort();
    let objects = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let mut best_s = f64::INFINITY;
    let mut built = Built::default();
    for _ in 0..rounds {
        let started = cpu_s();
        built = build(&objects)?;
        best_s = best_s.min(cpu_s() - started);
    }
    let Built { text_bytes, segment_bytes, events, checksum } = built;
    let speed = text_bytes as f64 / 1e6 / best_s;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{speed:.1} MB/s, {:.0} ns an event, {text_bytes} bytes of {events} events in {segment_bytes}, checksum {checksum:016x}",
        best_s * 1e9 / events as f64
    )?;
    Ok(())
}

#[derive(Default)]
struct Built {
    text_bytes: u64,
    segment_bytes: u64,
    events: u64,
    checksum: u64,
}

fn build(objects: &[Vec<u8>]) -> Result<Built, Box<dyn std::error::Error>> {
    let mut built = Built::default();
    let mut builder = Builder::new("speed", BuilderOptions::default());
    for (number, object) in objects.iter().enumerate() {
        let url = format!("file:///{number}");
        builder.begin_object(ObjectStart {
            url,
            modified_ns: NOW_NS,
            received_ns: NOW_NS,
            ..ObjectStart::default()
        })?;
        for piece in object.chunks(FEED_BYTES) {
            if builder.feed(piece)? {
                built.add(&mut builder);
            }
        }
        built.text_bytes += builder.end_object()?.raw_bytes;
    }
    built.add(&mut builder);
    Ok(built)
}

impl Built {
    fn add(&mut self, builder: &mut Builder) {
        if let Some(segment) = builder.take_segment() {
            self.segment_bytes += segment.data.len() as u64;
            self.events += segment.facts.events;
            self.checksum = xxh3_64_with_seed(&segment.data, self.checksum);
        }
    }
}

/// CPU time of this thread, where the system tells it; else the time of the clock.
fn cpu_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match told.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()) {
        Some(ns) => ns / 1e9,
        None => {
            static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            START.get_or_init(Instant::now).elapsed().as_secs_f64()
        }
    }
}

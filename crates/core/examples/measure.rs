use lakebed_core::parse::sink::{EventSink, RecordFacts};
use lakebed_core::write::batch::{Batch, ObjectContext};
use lakebed_core::write::layout::PageLimits;
use lakebed_core::write::segment::SegmentWriter;
use serde_json::Value;
use std::io::Read;
fn tell(b: &mut Batch, v: &Value) {
    match v {
        Value::Null => b.null(),
        Value::Bool(x) => b.boolean(*x),
        Value::Number(n) => b.number(n.to_string().as_bytes()),
        Value::String(s) => b.string(s.as_bytes()),
        Value::Array(a) => { b.begin_array(); a.iter().for_each(|v| tell(b, v)); b.end_array() }
        Value::Object(o) => { b.begin_object(); o.iter().for_each(|(k, v)| { b.key(k.as_bytes()); tell(b, v) }); b.end_object() }
    }
}
fn main() {
    let env = |name: &str, default: usize| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
    let (group, page) = (env("GROUP", 24 << 20), env("PAGE", 2 << 20));
    let mut batch = Batch::new();
    batch.paths.set_time_fields(&[b"eventTime".to_vec()]);
    let mut writer = SegmentWriter::default();
    let mut raw = 0;
    let mut encode = std::time::Duration::ZERO;
    let mut fill = std::time::Duration::ZERO;
    let limits = PageLimits { bytes: page, rows: 8192 };
    for (_, path) in std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap().lines().map(String::from).enumerate() {
        let mut text = Vec::new();
        let bytes = std::fs::read(&path).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) { flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap(); } else { text = bytes; }
        let Ok(doc) = serde_json::from_slice::<Value>(&text) else { continue };
        let Some(records) = doc["Records"].as_array() else { continue };
        writer.objects.push(lakebed_core::format::objects::SourceObject { url: path, ..Default::default() });
        batch.begin_object_context(ObjectContext { number: writer.objects.len() as u32 - 1, source_type: "aws:cloudtrail".into(), ..Default::default() });
        for event in records {
            raw += event.to_string().len() + 1;
            let t = std::time::Instant::now();
            batch.begin_event();
            tell(&mut batch, event);
            batch.end_event(RecordFacts::default());
            fill += t.elapsed();
            if batch.size_bytes() > group {
                let t = std::time::Instant::now();
                writer.put_batch(&mut batch, limits);
                encode += t.elapsed();
            }
        }
    }
    let t = std::time::Instant::now();
    writer.put_batch(&mut batch, limits);
    let segment = writer.finish(&batch, raw as u64);
    encode += t.elapsed();
    let address = lakebed_core::format::address::Address::read(&segment.address).unwrap();
    let dirs: u32 = address.groups.iter().map(|g| g.directory.length).sum();
    let strips: u32 = address.groups.iter().map(|g| g.strips_length).sum();
    let bodies: u32 = address.groups.iter().flat_map(|g| &g.pages).map(|p| p.body_length).sum();
    let terms: u32 = address.bucket_lengths.iter().sum();
    println!("raw {raw} file {} ratio {:.2} events {} groups {} pages {}", segment.data.len(), raw as f64 / segment.data.len() as f64, address.events, address.groups.len(), address.pages());
    println!("directories {dirs} strips {strips} bodies {bodies} terms {terms} buckets {} schema {} objects {} address {}", address.bucket_lengths.len(), address.schema.length, address.objects.length, segment.address.len());
    println!("fill {fill:?} encode {encode:?}");
    if std::env::var("DUMP").is_ok() {
        use lakebed_core::format::directory::*;
        let paths = lakebed_core::format::paths::Paths::read(&segment.data[address.schema_offset() as usize..][..address.schema.length as usize]).unwrap();
        let mut sizes: std::collections::HashMap<(String, u8), (u64, u64, u64)> = Default::default();
        for g in &address.groups {
            let bodies: Vec<u32> = g.pages.iter().map(|p| p.body_length).collect();
            let d = Directory::read(&segment.data[g.offset as usize..][..g.directory.length as usize], &GroupBounds { strips_offset: g.strips_offset(), strips_length: g.strips_length.into(), bodies: &bodies, nodes: paths.len() }).unwrap();
            let e = sizes.entry(("#shapes".into(), 0)).or_default(); e.1 += d.shapes.frame.length as u64; e.2 += d.shape_count as u64;
            let e = sizes.entry(("#rows".into(), 0)).or_default(); e.1 += d.rows.frame.length as u64;
            for c in &d.columns {
                let e = sizes.entry((String::from_utf8_lossy(&paths.nodes[c.node as usize].name).into(), c.kind.code())).or_default();
                e.2 += c.stamp.count as u64;
                match &c.place { Place::Inline(b) => e.0 += b.len() as u64, Place::Strip(s) => e.1 += s.frame.length as u64, Place::Pages(p) => e.1 += p.iter().map(|l| l.frame.length as u64).sum::<u64>() }
            }
        }
        let mut list: Vec<_> = sizes.into_iter().collect();
        list.sort_by_key(|(_, s)| std::cmp::Reverse(s.0 + s.1));
        for ((name, kind), (inline, stored, count)) in list.iter().take(45) { println!("{:60} {kind} inline {inline:8} stored {stored:9} values {count:8} {:.2} B", name, *stored as f64 / *count as f64); }
        println!("inline total {}", list.iter().map(|x| x.1.0).sum::<u64>());
    }
}

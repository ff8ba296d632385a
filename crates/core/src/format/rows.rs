//! What is known of each row besides its event: time, source object, record number, and how it was read.
//!
//! Layout of the frame: the origins (see `Origin`): their count, then for each the source type, the time source, the parse error
//! (length-prefixed, empty when none); the time source is a code, followed by a text where the code is 3; then payloads of integers, one a row in time order: event time in ns, object, record, origin.
use super::frame::{Compressor, Payload};
use super::ints::{put_ints, read_ints};
use super::wire::{Wire, put_bytes, put_varint};
use crate::error::DecodeError;

/// Where a row's event time came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TimeSource {
    /// Only in segments that do not tell which.
    Field,
    Previous,
    Object,
    /// In words.
    Text(String),
}

/// The code of `TimeSource::Text`.
const TEXT: u8 = 3;

impl TimeSource {
    /// What these words mean.
    pub fn of(text: &str) -> Self {
        match text {
            "field" => Self::Field,
            "previous" => Self::Previous,
            "object" => Self::Object,
            other => Self::Text(other.to_string()),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Field => "field",
            Self::Previous => "previous",
            Self::Object => "object",
            Self::Text(text) => text,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Field => out.push(0),
            Self::Previous => out.push(1),
            Self::Object => out.push(2),
            Self::Text(text) => {
                out.push(TEXT);
                put_bytes(out, text.as_bytes());
            }
        }
    }

    fn read(wire: &mut Wire<'_>) -> Result<Self, DecodeError> {
        match wire.byte()? {
            0 => Ok(Self::Field),
            1 => Ok(Self::Previous),
            2 => Ok(Self::Object),
            TEXT => Ok(Self::Text(String::from_utf8_lossy(wire.bytes()?).into_owned())),
            _ => Err(DecodeError("unknown time source")),
        }
    }
}

/// How a row was read; few rows differ in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    pub source_type: String,
    pub time_source: TimeSource,
    /// Empty when the record parsed.
    pub parse_error: String,
}

/// One row in time order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowFacts {
    pub time_ns: i64,
    pub object: u32,
    pub record: u64,
    pub origin: u32,
}

pub fn put_rows(out: &mut Vec<u8>, compressor: &mut Compressor, origins: &[Origin], rows: &[RowFacts]) {
    put_varint(out, origins.len() as u64);
    for origin in origins {
        put_bytes(out, origin.source_type.as_bytes());
        origin.time_source.put(out);
        put_bytes(out, origin.parse_error.as_bytes());
    }
    let lists: [fn(&RowFacts) -> i64; 4] =
        [|row| row.time_ns, |row| i64::from(row.object), |row| row.record as i64, |row| i64::from(row.origin)];
    for list in lists {
        let mut plain = Vec::new();
        put_ints(&mut plain, &rows.iter().map(list).collect::<Vec<_>>());
        compressor.put(out, &plain);
    }
}

/// Appends a frame of rows with other numbers of their source objects.
pub fn put_with_objects(
    out: &mut Vec<u8>,
    compressor: &mut Compressor,
    frame: &[u8],
    objects: &[u32],
) -> Result<(), DecodeError> {
    let mut wire = Wire::new(frame);
    for _ in 0..wire.count()? {
        wire.bytes()?;
        TimeSource::read(&mut wire)?;
        wire.bytes()?;
    }
    Payload::read(&mut wire)?;
    out.extend_from_slice(&frame[..wire.position()]);
    Payload::read(&mut wire)?;
    let mut plain = Vec::new();
    put_ints(&mut plain, &objects.iter().map(|&object| i64::from(object)).collect::<Vec<_>>());
    compressor.put(out, &plain);
    out.extend_from_slice(&frame[wire.position()..]);
    Ok(())
}

/// The frame, taken apart; the lists are decoded when asked for.
pub struct Rows<'a> {
    pub origins: Vec<Origin>,
    count: usize,
    lists: [Payload<'a>; 4],
}

impl<'a> Rows<'a> {
    pub fn read(frame: &'a [u8], count: usize) -> Result<Self, DecodeError> {
        let mut wire = Wire::new(frame);
        let text = |wire: &mut Wire<'a>| Ok(String::from_utf8_lossy(wire.bytes()?).into_owned());
        let mut origins = Vec::new();
        for _ in 0..wire.count()? {
            origins.push(Origin {
                source_type: text(&mut wire)?,
                time_source: TimeSource::read(&mut wire)?,
                parse_error: text(&mut wire)?,
            });
        }
        let mut lists = [Payload::default(); 4];
        for list in &mut lists {
            *list = Payload::read(&mut wire)?;
        }
        wire.end()?;
        Ok(Self { origins, count, lists })
    }

    fn list(&self, which: usize) -> Result<Vec<i64>, DecodeError> {
        read_ints(&mut Wire::new(&self.lists[which].open()?), self.count)
    }

    /// Event times in ns, in time order.
    pub fn times(&self) -> Result<Vec<i64>, DecodeError> {
        self.list(0)
    }

    /// Numbers of source objects; the caller checks them against its list.
    pub fn objects(&self) -> Result<Vec<i64>, DecodeError> {
        self.list(1)
    }

    pub fn records(&self) -> Result<Vec<i64>, DecodeError> {
        self.list(2)
    }

    /// Positions in `origins`, checked.
    pub fn origin_ids(&self) -> Result<Vec<i64>, DecodeError> {
        let ids = self.list(3)?;
        if ids.iter().any(|&id| id < 0 || id >= self.origins.len() as i64) {
            return Err(DecodeError("row has an unknown origin"));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back() {
        let told = ["object", "previous", "field", "field at, zone assumed"];
        let origins = told.map(|told| Origin {
            source_type: "json".into(),
            time_source: TimeSource::of(told),
            parse_error: "not JSON".into(),
        });
        let rows = [
            RowFacts { time_ns: -5, object: 3, record: 9, origin: 0 },
            RowFacts { time_ns: 1_700_000_000_123_456_789, object: 0, record: 1 << 40, origin: 0 },
            RowFacts { time_ns: 1_700_000_000_123_456_790, object: 1, record: 0, origin: 0 },
        ];
        let mut out = Vec::new();
        put_rows(&mut out, &mut Compressor::new(), &origins, &rows);
        let read = Rows::read(&out, 3).expect("rows");
        assert_eq!(read.origins, origins);
        assert_eq!(read.origins.iter().map(|origin| origin.time_source.name()).collect::<Vec<_>>(), told);
        assert_eq!(read.times(), Ok(rows.map(|row| row.time_ns).to_vec()));
        assert_eq!(read.objects(), Ok(vec![3, 0, 1]));
        assert_eq!(read.records(), Ok(vec![9, 1 << 40, 0]));
        assert_eq!(read.origin_ids(), Ok(vec![0, 0, 0]));
        assert!(Rows::read(&out, 4).expect("rows").times().is_err());
        let mut renamed = Vec::new();
        put_with_objects(&mut renamed, &mut Compressor::new(), &out, &[7, 9, 8]).expect("rows");
        let other = [7, 9, 8].iter().zip(rows).map(|(&object, row)| RowFacts { object, ..row }).collect::<Vec<_>>();
        let mut wanted = Vec::new();
        put_rows(&mut wanted, &mut Compressor::new(), &origins, &other);
        assert_eq!(renamed, wanted);
    }
}

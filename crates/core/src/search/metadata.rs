//! The columns that are not of the event but about it: time, source object, how it was read.
use crate::error::{DecodeError, Result};
use crate::format::column::Kind;
use crate::format::objects::SourceObject;
use crate::format::rows::{Origin, Rows};
use crate::value::time::format_rfc3339;
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Time,
    TimeNs,
    TimeSource,
    Received,
    Object,
    Record,
    SourceType,
    ParseError,
}

/// A metadata column as it was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    pub field: Field,
    /// An event's own column of this name comes first.
    pub yields: bool,
}

impl Metadata {
    pub fn named(name: &[u8]) -> Option<Self> {
        let (field, yields) = match name {
            b"@lb.time" => (Field::Time, false),
            b"@lb.time_ns" => (Field::TimeNs, false),
            b"@lb.time_source" => (Field::TimeSource, false),
            b"@lb.received" => (Field::Received, false),
            b"@lb.object" => (Field::Object, false),
            b"@lb.record" => (Field::Record, false),
            b"@lb.source_type" => (Field::SourceType, false),
            b"@lb.parse_error" => (Field::ParseError, false),
            b"@scnr.datetime" => (Field::Time, true),
            b"@scnr.time_ns" => (Field::TimeNs, true),
            b"@scnr.source_type" | b"%ingest.source_type" => (Field::SourceType, true),
            _ => return None,
        };
        Some(Self { field, yields })
    }

    pub fn kind(self) -> Kind {
        match self.field {
            Field::TimeNs | Field::Record => Kind::Number,
            _ => Kind::Text,
        }
    }
}

/// The metadata of a group's rows, decoded.
pub struct RowTable {
    /// In time order over the group, as all lists here.
    pub times: Vec<i64>,
    pub objects: Vec<i64>,
    pub records: Vec<i64>,
    origins: Vec<Origin>,
    /// Few searches look at how rows were read, so this list waits in its stored form.
    frame: Box<[u8]>,
    origin_ids: OnceLock<Vec<i64>>,
}

impl RowTable {
    pub fn read(frame: &[u8], rows: usize, objects: usize) -> std::result::Result<Self, DecodeError> {
        let rows = Rows::read(frame, rows)?;
        let table = Self {
            times: rows.times()?,
            objects: rows.objects()?,
            records: rows.records()?,
            origins: rows.origins,
            frame: frame.into(),
            origin_ids: OnceLock::new(),
        };
        if table.objects.iter().any(|&object| object < 0 || object >= objects as i64) {
            return Err(DecodeError("row names an unknown source object"));
        }
        Ok(table)
    }

    fn origin_id(&self, row: usize) -> Result<usize> {
        if self.origin_ids.get().is_none() {
            let ids = Rows::read(&self.frame, self.times.len()).and_then(|rows| rows.origin_ids());
            let _ = self.origin_ids.set(ids.map_err(|error| error.at("rows", 0))?);
        }
        Ok(self.origin_ids.get().map_or(0, |ids| ids[row] as usize))
    }

    /// How rows were read; `origin` says which row in which way.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    pub fn origin(&self, row: usize) -> Result<usize> {
        self.origin_id(row)
    }

    /// What the row's value is decided by: rows of equal key have equal values.
    pub fn key(&self, field: Field, row: usize) -> Result<i64> {
        Ok(match field {
            Field::Time | Field::TimeNs => self.times[row],
            Field::Record => self.records[row],
            Field::Object | Field::Received => self.objects[row],
            Field::TimeSource | Field::SourceType | Field::ParseError => self.origin_id(row)? as i64,
        })
    }

    /// The value as text; None when the row has none.
    pub fn text(&self, field: Field, row: usize, objects: &[SourceObject]) -> Result<Option<Vec<u8>>> {
        let origin = || self.origin_id(row).map(|id| &self.origins[id]);
        let object = &objects[self.objects[row] as usize];
        let text = match field {
            Field::Time => format_rfc3339(self.times[row]).into_bytes(),
            Field::TimeNs => self.times[row].to_string().into_bytes(),
            Field::Record => self.records[row].to_string().into_bytes(),
            Field::TimeSource => origin()?.time_source.name().as_bytes().to_vec(),
            Field::SourceType => origin()?.source_type.clone().into_bytes(),
            Field::ParseError if origin()?.parse_error.is_empty() => return Ok(None),
            Field::ParseError => origin()?.parse_error.clone().into_bytes(),
            Field::Object => object.url.clone().into_bytes(),
            Field::Received => format_rfc3339(object.received_ns).into_bytes(),
        };
        Ok(Some(text))
    }
}

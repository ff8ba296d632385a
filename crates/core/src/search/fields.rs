//! The fields of a segment, told without reading a value: for completion and for hints.
use super::reader::SegmentReader;
use crate::error::{CoreError, Result};
use crate::format::column::Kind;

/// Text of names that one call gives: a source of a million random keys must not fill the caller's memory.
const NAMES_BYTES_MAX: usize = 1 << 20;

/// A path of the schema; `[]` stands for every array position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// Whether other paths are below it; it may have values of its own all the same.
    pub holds_others: bool,
}

/// What one row group has of a field, as one kind of value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCount {
    pub name: String,
    pub kind: Kind,
    pub values: u32,
}

impl SegmentReader {
    /// The paths, in the order of the schema, as far as their names fit; false when some are left out. The schema was learned.
    pub fn fields(&self) -> Result<(Vec<Field>, bool)> {
        let paths = self.paths().ok_or_else(|| CoreError::Usage("the schema was not read".to_string()))?;
        let mut holds = vec![false; paths.len()];
        paths.nodes.iter().skip(1).for_each(|node| holds[node.parent as usize] = true);
        let (mut found, mut buffer, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (node, &holds_others) in holds.iter().enumerate().skip(1) {
            let name = paths.name(node as u32, &mut buffer);
            bytes += name.len() + 1;
            if bytes > NAMES_BYTES_MAX {
                return Ok((found, false));
            }
            found.push(Field { name: String::from_utf8_lossy(name).into_owned(), holds_others });
        }
        Ok((found, true))
    }

    /// The columns of a group from its directory's frame, and how many rows the group has.
    pub fn field_counts(&self, group: usize, frame: &[u8]) -> Result<(Vec<FieldCount>, usize)> {
        let paths = self.paths().ok_or_else(|| CoreError::Usage("the schema was not read".to_string()))?;
        if group >= self.address.groups.len() {
            return Err(CoreError::Usage(format!("segment '{}' has no row group {group}", self.name)));
        }
        let located = self.directory_location(group);
        located.frame.check(frame).map_err(|error| error.at("directory", located.offset).in_file(&self.name))?;
        let directory = self.read_directory(group, frame, &paths).map_err(|error| error.in_file(&self.name))?;
        let (mut found, mut buffer, mut bytes) = (Vec::new(), Vec::new(), 0);
        for column in &directory.columns {
            let name = paths.name(column.node, &mut buffer);
            bytes += name.len() + 1;
            if bytes > NAMES_BYTES_MAX {
                break;
            }
            let name = String::from_utf8_lossy(name).into_owned();
            found.push(FieldCount { name, kind: column.kind, values: column.stamp.count });
        }
        Ok((found, self.address.groups[group].rows()))
    }
}

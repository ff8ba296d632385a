//! A group at work: its facts, the pages still in question, and the values decoded so far.
use super::columns::{Values, needs_times};
use super::fetch::Fetched;
use super::metadata::RowTable;
use super::reader::{GroupFacts, SegmentReader};
use crate::error::{CoreError, Result};
use crate::format::column::Column;
use crate::format::directory::{ColumnEntry, Directory, Located, Place};
use std::collections::HashMap;
use std::sync::Arc;

/// Stands for "the whole group" where a page number is asked for.
pub const WHOLE_GROUP: usize = usize::MAX;

pub struct Unit {
    pub group: usize,
    /// Pages of the group, by number in the group, that may hold matches; in ascending order.
    pub pages: Vec<usize>,
    /// Known once the directory is read and until the shapes are.
    pub directory: Option<Directory>,
    pub facts: Option<Arc<GroupFacts>>,
    /// Whether the filter, the aggregate or the output looks at the rows' metadata.
    pub wants_rows: bool,
    pub rows: Option<Arc<RowTable>>,
    /// Values of whole-group columns, by column.
    shared: Vec<Option<Arc<Values>>>,
    /// Values of paged columns, by column and page.
    paged: HashMap<(usize, usize), Arc<Values>>,
}

impl Unit {
    pub fn new(group: usize, pages: Vec<usize>) -> Self {
        Self {
            group,
            pages,
            directory: None,
            facts: None,
            wants_rows: false,
            rows: None,
            shared: Vec::new(),
            paged: HashMap::new(),
        }
    }

    pub fn facts(&self) -> Result<&Arc<GroupFacts>> {
        self.facts.as_ref().ok_or_else(|| CoreError::Usage("the group's directory was not read".to_string()))
    }

    pub fn directory(&self) -> Result<&Directory> {
        match (&self.facts, &self.directory) {
            (Some(facts), _) => Ok(&facts.directory),
            (None, Some(directory)) => Ok(directory),
            (None, None) => Err(CoreError::Usage("the group's directory was not read".to_string())),
        }
    }

    pub fn rows(&self) -> Result<&Arc<RowTable>> {
        self.rows.as_ref().ok_or_else(|| CoreError::Usage("the group's rows were not read".to_string()))
    }

    /// Where a column's values of a page are; None when they stand in the directory or the page has none.
    pub fn frame_of(directory: &Directory, column: usize, page: usize) -> Option<Located> {
        match &directory.columns[column].place {
            Place::Inline(_) => None,
            Place::Strip(strip) => Some(*strip),
            Place::Pages(pages) => pages.get(page).copied().filter(|located| located.frame.length > 0),
        }
    }

    /// Where a column's values of a page are in the file; 0 where they stand in the directory.
    pub fn offset_of(entry: &ColumnEntry, page: usize) -> u64 {
        match &entry.place {
            Place::Inline(_) => 0,
            Place::Strip(located) => located.offset,
            Place::Pages(pages) => pages[page].offset,
        }
    }

    pub fn learn_rows(&mut self, reader: &SegmentReader, fetched: &Fetched, objects: usize) -> Result<()> {
        if self.rows.is_none() {
            let located = self.directory()?.rows;
            let rows = reader.address.groups[self.group].rows();
            let table = RowTable::read(fetched.frame("rows", &located)?, rows, objects)
                .map_err(|error| error.at("rows", located.offset))?;
            self.rows = Some(Arc::new(table));
        }
        Ok(())
    }

    /// The values of a column as they are in a page, and where the page's first value is in them.
    pub fn values(&mut self, fetched: &Fetched, column: usize, page: usize) -> Result<(Arc<Values>, usize)> {
        let (values, start) = self.texts(fetched, column, page)?;
        values.prepare().map_err(|error| error.at("column", 0))?;
        Ok((values, start))
    }

    /// As `values`, with only the texts sure to be decoded.
    pub fn texts(&mut self, fetched: &Fetched, column: usize, page: usize) -> Result<(Arc<Values>, usize)> {
        let facts = self.facts()?.clone();
        let entry = &facts.directory.columns[column];
        let is_paged = matches!(entry.place, Place::Pages(_));
        let (count, start) = match is_paged {
            true => (facts.shapes.value_count(page, column), 0),
            false => (entry.stamp.count as usize, facts.shapes.value_start(page, column)),
        };
        let known = match is_paged {
            true => self.paged.get(&(column, page)),
            false => self.shared.get(column).and_then(Option::as_ref),
        };
        if let Some(values) = known {
            return Ok((values.clone(), start));
        }
        let (frame, offset) = match &entry.place {
            Place::Inline(frame) => (&frame[..], facts.directory.rows.offset),
            Place::Strip(located) => (fetched.frame("column", located)?, located.offset),
            Place::Pages(pages) => (fetched.frame("page", &pages[page])?, pages[page].offset),
        };
        let decode = || {
            let column = Column::read(frame, entry.kind, count)?;
            let times =
                if needs_times(&column) { self.rows.as_deref().map(|rows| (rows, &facts.shapes)) } else { None };
            let values = Values::decode(&column, times)?;
            if values.len() != count {
                return Err(crate::error::DecodeError("column has another number of values than the directory says"));
            }
            Ok(values)
        };
        let values = Arc::new(decode().map_err(|error: crate::error::DecodeError| error.at("column", offset))?);
        if is_paged {
            self.paged.insert((column, page), values.clone());
        } else {
            if self.shared.is_empty() {
                self.shared.resize(facts.directory.columns.len(), None);
            }
            self.shared[column] = Some(values.clone());
        }
        Ok((values, start))
    }

    /// Whether the column, which must stand in the directory to be asked, repeats the event time.
    pub fn repeats_time(directory: &Directory, column: usize) -> bool {
        let entry = &directory.columns[column];
        match &entry.place {
            Place::Inline(frame) => {
                Column::read(frame, entry.kind, entry.stamp.count as usize).is_ok_and(|column| needs_times(&column))
            }
            _ => false,
        }
    }

    /// Lets go of what was decoded of one page's own columns.
    pub fn forget_page(&mut self, page: usize) {
        self.paged.retain(|&(_, known), _| known != page);
    }

    /// Lets go of what was decoded; it can be decoded again.
    pub fn forget_values(&mut self) {
        self.shared.clear();
        self.paged.clear();
    }
}

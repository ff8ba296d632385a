//! A group of which every row is kept, and which is large enough, goes into the output as it is: the frames of its columns are copied,
//! not decoded and encoded again. New are the numbers: of paths, in the shapes and in the order of the columns; of source
//! objects, in the rows. Its texts are looked at for the term index, whose fingerprints cannot be taken over.
use super::transfer::Transfer;
use crate::error::{DecodeError, Result};
use crate::format::address::{GroupEntry, PageEntry};
use crate::format::column::Kind;
use crate::format::directory::{DirectoryWriter, Place, Placement};
use crate::format::frame::{Compressor, FrameRef};
use crate::format::rows::put_with_objects;
use crate::format::shape::{CLOSE, put_shapes};
use crate::search::columns::Values;
use crate::search::unit::Unit;
use crate::write::group::note_text;
use crate::write::paths::PathTable;
use crate::write::segment::SegmentWriter;
use crate::write::tokens::TokenSet;

/// A column's number in the output's order, and in the input.
type Ordered = (u32, Kind, usize);

impl Transfer<'_> {
    /// Whether no row of the group is left out.
    pub fn is_whole(&self) -> bool {
        self.left.iter().all(Option::is_none)
    }

    /// Puts the whole group into the segment, whatever waits in the batch.
    pub fn carry(&mut self, entry: &GroupEntry, paths: &mut PathTable, writer: &mut SegmentWriter) -> Result<()> {
        let facts = self.facts.clone();
        let columns = facts.directory.columns.iter().enumerate();
        let mut order: Vec<Ordered> =
            columns.map(|(at, column)| (self.opened.node(column.node, paths), column.kind, at)).collect();
        order.sort_unstable();
        if order.windows(2).any(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)) {
            return Err(DecodeError("two paths have the same name").at("schema", 0));
        }
        let shapes: Vec<Vec<u32>> =
            (0..facts.shapes.shapes.len() as u32).map(|shape| self.steps(shape, paths)).collect();
        let objects: Vec<u32> = self.table.objects.iter().map(|&object| self.opened.numbers[object as usize]).collect();
        *self.kept_events += objects.len() as u64;
        writer.put_encoded(&objects, |file, tokens, compressor| {
            self.encode(entry, &order, &shapes, &objects, (file, tokens, compressor))
        })
    }

    /// The steps of a shape with the output's paths.
    pub fn steps(&mut self, shape: u32, paths: &mut PathTable) -> Vec<u32> {
        let mut steps = self.facts.shapes.shapes.steps(shape as usize).to_vec();
        for step in steps.iter_mut().filter(|step| **step != CLOSE) {
            *step = self.opened.node(*step >> 3, paths) << 3 | (*step & 7);
        }
        steps
    }

    fn encode(
        &mut self,
        entry: &GroupEntry,
        order: &[Ordered],
        shapes: &[Vec<u32>],
        objects: &[u32],
        (file, tokens, compressor): (&mut Vec<u8>, &mut TokenSet, &mut Compressor),
    ) -> Result<GroupEntry> {
        let facts = self.facts.clone();
        let offset = file.len() as u64;
        let mut strips = Vec::with_capacity(entry.strips_length as usize);
        let mut ids = Vec::with_capacity(objects.len());
        facts.shapes.shapes.ids.for_each(0..objects.len(), |_, shape| ids.push(shape as u32));
        put_shapes(&mut strips, compressor, shapes.iter().map(Vec::as_slice), &ids);
        let shapes_frame = FrameRef::of(&strips);
        let start = strips.len();
        let rows = &facts.directory.rows;
        put_with_objects(&mut strips, compressor, self.fetched.frame("rows", rows)?, objects)
            .map_err(|error| error.at("rows", rows.offset))?;
        let rows_frame = FrameRef::of(&strips[start..]);
        let mut bodies = vec![Vec::new(); entry.pages.len()];
        let mut directory = DirectoryWriter::new(shapes.len(), shapes_frame, rows_frame, order.len());
        for &(node, kind, at) in order {
            let column = &facts.directory.columns[at];
            match &column.place {
                Place::Inline(frame) => directory.column(node, kind, column.stamp, &Placement::Inline(frame)),
                Place::Strip(located) => {
                    directory.column(node, kind, column.stamp, &Placement::Strip(located.frame));
                    strips.extend_from_slice(self.fetched.frame("column", located)?);
                }
                Place::Pages(pages) => {
                    let references: Vec<FrameRef> = pages.iter().map(|located| located.frame).collect();
                    directory.column(node, kind, column.stamp, &Placement::Pages(&references));
                    for (body, located) in bodies.iter_mut().zip(pages).filter(|(_, page)| page.frame.length > 0) {
                        body.extend_from_slice(self.fetched.frame("page", located)?);
                    }
                }
            }
            self.note_column(at, tokens)?;
        }
        let directory = directory.finish(compressor);
        file.extend_from_slice(&directory);
        file.extend_from_slice(&strips);
        bodies.iter().for_each(|body| file.extend_from_slice(body));
        let pages = entry.pages.iter().zip(&bodies);
        let pages = pages.map(|(page, body)| PageEntry { body_length: body.len() as u32, ..page.clone() }).collect();
        let directory = FrameRef::of(&directory);
        Ok(GroupEntry { offset, directory, strips_length: strips.len() as u32, first_page: 0, pages })
    }

    /// Notes the tokens of a column's texts and the pages that they stand in.
    fn note_column(&mut self, column: usize, tokens: &mut TokenSet) -> Result<()> {
        let facts = self.facts.clone();
        let entry = &facts.directory.columns[column];
        let is_paged = matches!(entry.place, Place::Pages(_));
        let mut pages_of: Vec<u64> = Vec::new();
        let mut shared = None;
        for page in (0..self.left.len()).filter(|&page| facts.shapes.value_count(page, column) > 0) {
            let (values, start) = self.unit.values(self.fetched, column, page)?;
            pages_of.resize(values.text_count(), 0);
            let range = start..start + facts.shapes.value_count(page, column);
            values.for_each(range, |_, text| pages_of[text] |= 1 << page);
            if is_paged {
                note_texts(entry.kind, &values, &pages_of, tokens)
                    .map_err(|error| error.at("column", Unit::offset_of(entry, page)))?;
                pages_of.clear();
                self.unit.forget_page(page);
            } else {
                shared = Some(values);
            }
        }
        let Some(values) = shared else { return Ok(()) };
        note_texts(entry.kind, &values, &pages_of, tokens)
            .map_err(|error| error.at("column", Unit::offset_of(entry, 0)))
    }
}

fn note_texts(
    kind: Kind,
    values: &Values,
    pages_of: &[u64],
    tokens: &mut TokenSet,
) -> std::result::Result<(), DecodeError> {
    let mut scratch = Vec::new();
    for (text, &pages) in pages_of.iter().enumerate().filter(|(_, pages)| **pages != 0) {
        note_text(kind, values.text(text, &mut scratch)?, pages, tokens);
    }
    Ok(())
}

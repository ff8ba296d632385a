//! Rows as JSON: the whole event as it was, or chosen columns, flattened.
use super::fetch::Fetched;
use super::metadata::Metadata;
use super::unit::Unit;
use super::walk::{Step, walk};
use crate::error::{DecodeError, Result};
use crate::format::column::Kind;
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;
use crate::value::json::put_string;
use std::collections::HashMap;

/// What of an event is wanted.
pub enum Wanted {
    Event,
    Columns(Vec<WantedColumn>),
}

pub struct WantedColumn {
    pub name: Vec<u8>,
    pub metadata: Option<Metadata>,
}

impl Wanted {
    pub fn of(columns: Option<&[String]>) -> Self {
        match columns {
            None => Self::Event,
            Some(columns) => Self::Columns(
                columns
                    .iter()
                    .map(|name| WantedColumn {
                        name: name.clone().into_bytes(),
                        metadata: Metadata::named(name.as_bytes()),
                    })
                    .collect(),
            ),
        }
    }

    /// The paths that may hold a wanted column; None: all of them.
    pub fn paths(&self, paths: &Paths) -> Option<Vec<u32>> {
        let Self::Columns(columns) = self else { return None };
        let mut nodes: Vec<u32> =
            columns.iter().flat_map(|column| paths.named(&column.name)).map(|(node, _)| node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Some(nodes)
    }
}

/// Where the values of some rows of a page are: for each column of a row's shape, its first value.
struct Cursor {
    next: Vec<u32>,
}

/// Writes rows of one page.
pub struct PageWriter<'a> {
    pub paths: &'a Paths,
    pub objects: &'a [SourceObject],
    pub fetched: &'a Fetched,
    pub wanted: &'a Wanted,
    pub wanted_paths: Option<&'a [u32]>,
}

impl PageWriter<'_> {
    /// The JSON of each row of `rows` (numbers in the page, ascending), in the same order.
    pub fn write(&self, unit: &mut Unit, page: usize, rows: &[usize]) -> Result<Vec<Vec<u8>>> {
        let facts = unit.facts()?.clone();
        let shapes = &facts.shapes;
        let mut next = vec![0u32; facts.directory.columns.len()];
        let mut rows = rows.iter().copied().peekable();
        let mut written = Vec::new();
        let places = shapes.time_places(page);
        for run in &shapes.runs[page] {
            let steps = shapes.shapes.steps(run.shape as usize);
            let columns = shapes.columns_of(run.shape);
            while let Some(row) = rows.next_if(|&row| row < (run.row + run.rows) as usize) {
                let nth = row as u32 - run.row;
                let mut cursor = Cursor { next: Vec::with_capacity(columns.len()) };
                cursor.next.extend(columns.iter().map(|&(column, count)| next[column as usize] + count * nth));
                let at = shapes.page_rows[page] + places[row] as usize;
                written.push(self.row(unit, page, steps, columns, cursor, at)?);
            }
            for &(column, count) in columns {
                next[column as usize] += count * run.rows;
            }
        }
        Ok(written)
    }

    fn row(
        &self,
        unit: &mut Unit,
        page: usize,
        steps: &[u32],
        columns: &[(u32, u32)],
        mut cursor: Cursor,
        at: usize,
    ) -> Result<Vec<u8>> {
        let directory_of = unit.facts()?.clone();
        let mut buffer = Vec::new();
        let mut take = |unit: &mut Unit, node: u32, kind: Kind, out: &mut Vec<u8>| -> Result<()> {
            let column = directory_of
                .directory
                .find(node, kind)
                .ok_or_else(|| DecodeError("shape names no column").at("shapes", 0))?;
            let slot = columns.binary_search_by_key(&(column as u32), |&(column, _)| column);
            let slot = slot.map_err(|_| DecodeError("shape names no column").at("shapes", 0))?;
            let index = cursor.next[slot] as usize;
            cursor.next[slot] += 1;
            if self.wanted_paths.is_some_and(|wanted| wanted.binary_search(&node).is_err()) {
                return Ok(());
            }
            let (values, start) = unit.values(self.fetched, column, page)?;
            let text = values.text(values.number(start + index), &mut buffer).map_err(|error| error.at("column", 0))?;
            if kind == Kind::Text {
                put_string(out, text)
            } else {
                out.extend_from_slice(text)
            }
            Ok(())
        };
        match self.wanted {
            Wanted::Event => write_event(self.paths, steps, |node, kind, out| take(unit, node, kind, out)),
            Wanted::Columns(wanted) => {
                let mut found: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
                let mut failed = None;
                walk(steps, self.paths, true, |node, step, name| {
                    if let (Step::Value(kind), None) = (step, &failed) {
                        let mut out = Vec::new();
                        if let Err(error) = take(unit, node, kind, &mut out) {
                            failed = Some(error);
                        } else if !out.is_empty() {
                            found.entry(name.to_vec()).or_insert(out);
                        }
                    }
                });
                if let Some(error) = failed {
                    return Err(error);
                }
                self.columns(unit, wanted, &found, at)
            }
        }
    }

    fn columns(
        &self,
        unit: &Unit,
        wanted: &[WantedColumn],
        found: &HashMap<Vec<u8>, Vec<u8>>,
        at: usize,
    ) -> Result<Vec<u8>> {
        let mut out = vec![b'{'];
        for column in wanted {
            let own = found.get(&column.name).filter(|_| column.metadata.is_none_or(|metadata| metadata.yields));
            let value = match (own, column.metadata) {
                (Some(value), _) => Some(value.clone()),
                (None, Some(metadata)) => unit.rows()?.text(metadata.field, at, self.objects)?.map(|text| {
                    let mut value = Vec::new();
                    if metadata.kind() == Kind::Text {
                        put_string(&mut value, &text)
                    } else {
                        value = text
                    }
                    value
                }),
                (None, None) => None,
            };
            let Some(value) = value else { continue };
            if out.len() > 1 {
                out.push(b',');
            }
            put_string(&mut out, &column.name);
            out.push(b':');
            out.extend_from_slice(&value);
        }
        out.push(b'}');
        Ok(out)
    }
}

/// The event's JSON; `take` writes the next value of a column.
fn write_event(
    paths: &Paths,
    steps: &[u32],
    mut take: impl FnMut(u32, Kind, &mut Vec<u8>) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut out = vec![b'{'];
    let mut failed = None;
    walk(steps, paths, false, |node, step, _| {
        if failed.is_some() {
            return;
        }
        if let Step::Close { is_array } = step {
            out.push(if is_array { b']' } else { b'}' });
            return;
        }
        if !matches!(out.last(), Some(b'{' | b'[')) {
            out.push(b',');
        }
        out.extend_from_slice(&paths.nodes[node as usize].json_key);
        match step {
            Step::Value(kind) => failed = take(node, kind, &mut out).err(),
            Step::Null => out.extend_from_slice(b"null"),
            Step::EmptyObject => out.extend_from_slice(b"{}"),
            Step::EmptyArray => out.extend_from_slice(b"[]"),
            Step::Open { is_array } => out.push(if is_array { b'[' } else { b'{' }),
            Step::Close { .. } => {}
        }
    });
    out.push(b'}');
    failed.map_or(Ok(out), Err)
}

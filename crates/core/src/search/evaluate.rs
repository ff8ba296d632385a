//! Which rows of a page pass a filter.
use super::bits::RowSet;
use super::columns::Values;
use super::computed::{Computed, Results};
use super::fetch::Fetched;
use super::filter::{Filter, Leaf, Test, Tree};
use super::group::GroupShapes;
use super::matcher::Matcher;
use super::metadata::Metadata;
use super::named::{NONE, Surroundings};
use super::unit::Unit;
use super::walk::{Step, walk};
use crate::error::Result;
use crate::format::column::Kind;
use crate::format::directory::{Directory, Place};
use crate::format::objects::SourceObject;
use crate::format::paths::Paths;
use crate::format::shape::NULL;
use crate::format::template::Seeker;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// How a leaf's columns fall on the paths of a segment.
pub enum Reach {
    /// Every path.
    Every,
    /// These paths, by number; true: every value there, false: it depends on the position in an array.
    Paths(HashMap<u32, bool>),
    /// Those of an expression.
    Computed(Computed),
}

impl Reach {
    pub fn of(leaf: &Leaf, paths: &Paths) -> Self {
        if let Some(expression) = &leaf.expression {
            return Self::Computed(Computed::find(expression.clone(), paths));
        }
        let Some(pattern) = &leaf.columns else { return Self::Every };
        if let Some(name) = pattern.literal() {
            return Self::Paths(paths.named(name).into_iter().collect());
        }
        let (mut reached, mut buffer) = (HashMap::new(), Vec::new());
        for (node, path) in (0u32..).zip(&paths.nodes).skip(1) {
            let fixed = paths.name(path.fixed, &mut buffer);
            if path.arrays == 0 {
                if pattern.matches(fixed) {
                    reached.insert(node, true);
                }
                continue;
            }
            // Positions are not known here; what stands before the first must fit all the same.
            let prefix = pattern.prefix();
            let shared = fixed.len().min(prefix.len());
            if fixed[..shared] == prefix[..shared] {
                reached.insert(node, false);
            }
        }
        Self::Paths(reached)
    }

    /// The columns of a group that the leaf may look at; true: every value counts.
    pub fn columns(&self, directory: &Directory) -> Vec<(usize, bool)> {
        match self {
            Self::Every => (0..directory.columns.len()).map(|column| (column, true)).collect(),
            Self::Computed(computed) => computed.columns(directory).into_iter().map(|column| (column, true)).collect(),
            Self::Paths(nodes) => {
                let mut columns: Vec<(usize, bool)> = nodes
                    .iter()
                    .flat_map(|(&node, &whole)| {
                        Kind::ALL.iter().filter_map(move |&kind| Some((directory.find(node, kind)?, whole)))
                    })
                    .collect();
                columns.sort_unstable();
                columns
            }
        }
    }
}

/// The columns whose values a leaf needs.
pub fn columns_to_read(leaf: &Leaf, reach: &Reach, directory: &Directory) -> Vec<usize> {
    if leaf.expression.is_some() {
        return reach.columns(directory).into_iter().map(|(column, _)| column).collect();
    }
    if matches!(leaf.test, Test::Exists) || leaf.metadata.is_some_and(|metadata| !metadata.yields) {
        return Vec::new();
    }
    let could = |&(column, _): &(usize, bool)| {
        let entry = &directory.columns[column];
        leaf.test.could_pass(entry.kind, &entry.stamp)
    };
    reach.columns(directory).into_iter().filter(could).map(|(column, _)| column).collect()
}

/// Of the values of a row in an array column, by shape: which count.
type Positions = HashMap<u32, Vec<bool>>;

/// A leaf's state over one group.
#[derive(Default)]
struct LeafState {
    /// Columns still in question, with the positions that count where not all do.
    columns: Option<Vec<(usize, Option<Arc<Positions>>)>>,
    /// Of whole-group columns, by column; a page's are used once.
    matchers: HashMap<usize, Arc<Matcher>>,
    seeker: OnceCell<Seeker>,
    results: Results,
    /// Which of the results pass, as far as it is known.
    passing: Vec<Option<bool>>,
}

/// What an evaluation looks at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub filter: &'a Filter,
    pub reaches: &'a [Reach],
    pub paths: &'a Paths,
    pub objects: &'a [SourceObject],
    pub fetched: &'a Fetched,
}

pub struct Evaluation<'a> {
    context: Context<'a>,
    states: Vec<LeafState>,
}

impl<'a> Evaluation<'a> {
    pub fn new(context: Context<'a>) -> Self {
        let states = context.filter.leaves.iter().map(|_| LeafState::default()).collect();
        Self { context, states }
    }

    /// The rows of the page that pass.
    pub fn page(&mut self, unit: &mut Unit, page: usize) -> Result<RowSet> {
        let filter = self.context.filter;
        let rows = unit.facts()?.shapes.rows(page);
        self.tree(&filter.root, unit, page, &RowSet::all(rows))
    }

    /// What it says of rows that are not in `among` is arbitrary: they are already ruled out.
    fn tree(&mut self, tree: &Tree, unit: &mut Unit, page: usize, among: &RowSet) -> Result<RowSet> {
        let (rows, reaches) = (among.rows(), self.context.reaches);
        match tree {
            Tree::All(of) => {
                let mut set = among.clone();
                for tree in of {
                    if set.is_empty() {
                        break;
                    }
                    set.and(&self.tree(tree, unit, page, &set)?);
                }
                Ok(set)
            }
            Tree::Any(of) => {
                let mut set = RowSet::none(rows);
                for tree in of {
                    set.or(&self.tree(tree, unit, page, among)?);
                }
                Ok(set)
            }
            Tree::Not(of) => {
                let mut set = self.tree(of, unit, page, among)?;
                set.negate();
                Ok(set)
            }
            Tree::Leaf(leaf) => match &reaches[*leaf] {
                Reach::Computed(computed) => self.computed(*leaf, computed, unit, page, among),
                _ => self.leaf(*leaf, unit, page),
            },
        }
    }

    /// The rows of `among` whose value of the expression passes.
    fn computed(
        &mut self,
        number: usize,
        computed: &Computed,
        unit: &mut Unit,
        page: usize,
        among: &RowSet,
    ) -> Result<RowSet> {
        let Context { paths, objects, fetched, filter, .. } = self.context;
        let state = &mut self.states[number];
        let around = Surroundings { paths, objects, fetched };
        let (rows, forgot) = state.results.page(computed, &around, unit, page, among)?;
        if forgot {
            state.passing.clear();
        }
        state.passing.resize(state.results.len(), None);
        let test = &filter.leaves[number].test;
        let mut set = RowSet::none(among.rows());
        for row in among.iter().filter(|&row| rows[row] != NONE) {
            let passes = &mut state.passing[rows[row] as usize];
            let (kind, text) = state.results.get(rows[row]);
            if *passes.get_or_insert_with(|| test.passes(kind, text)) {
                set.insert(row);
            }
        }
        Ok(set)
    }

    fn leaf(&mut self, number: usize, unit: &mut Unit, page: usize) -> Result<RowSet> {
        let leaf = &self.context.filter.leaves[number];
        let Some(metadata) = leaf.metadata else { return self.event_columns(number, unit, page) };
        if !metadata.yields {
            return self.metadata(metadata, number, unit, page);
        }
        let own = self.event_columns(number, unit, page)?;
        let facts = unit.facts()?.clone();
        let mut has_own = RowSet::none(facts.shapes.rows(page));
        for (column, whole) in self.context.reaches[number].columns(&facts.directory) {
            let entry = &facts.directory.columns[column];
            let leaf = &self.context.filter.leaves[number];
            let positions = (!whole).then(|| self.positions(leaf, &facts.shapes, column, entry.node, entry.kind));
            mark_existing(&facts.shapes, page, column, positions.as_ref(), &mut has_own);
        }
        let mut set = self.metadata(metadata, number, unit, page)?;
        set.and_not(&has_own);
        set.or(&own);
        Ok(set)
    }

    fn metadata(&self, metadata: Metadata, number: usize, unit: &Unit, page: usize) -> Result<RowSet> {
        let test = &self.context.filter.leaves[number].test;
        let facts = unit.facts()?;
        let table = unit.rows()?;
        let start = facts.shapes.page_rows[page];
        let mut known: HashMap<i64, bool> = HashMap::new();
        let mut set = RowSet::none(facts.shapes.rows(page));
        for (row, place) in facts.shapes.time_places(page).into_iter().enumerate() {
            let at = start + place as usize;
            let key = table.key(metadata.field, at)?;
            let passes = match known.get(&key) {
                Some(&passes) => passes,
                None => {
                    let text = table.text(metadata.field, at, self.context.objects)?;
                    let passes = text.is_some_and(|text| test.passes(metadata.kind(), &text));
                    known.insert(key, passes);
                    passes
                }
            };
            if passes {
                set.insert(row);
            }
        }
        Ok(set)
    }

    fn event_columns(&mut self, number: usize, unit: &mut Unit, page: usize) -> Result<RowSet> {
        let facts = unit.facts()?.clone();
        let mut set = RowSet::none(facts.shapes.rows(page));
        let leaf = &self.context.filter.leaves[number];
        let columns = match self.states[number].columns.take() {
            Some(columns) => columns,
            None => self.columns_in_question(number, &facts.directory, &facts.shapes),
        };
        let mut left = Vec::with_capacity(columns.len());
        for (column, positions) in columns {
            let entry = &facts.directory.columns[column];
            if matches!(leaf.test, Test::Exists) {
                mark_existing(&facts.shapes, page, column, positions.as_deref(), &mut set);
                left.push((column, positions));
                continue;
            }
            let is_paged = matches!(entry.place, Place::Pages(_));
            if facts.shapes.value_count(page, column) == 0 {
                left.push((column, positions));
                continue;
            }
            let (values, start) = unit.texts(self.context.fetched, column, page)?;
            let known = if is_paged { None } else { self.states[number].matchers.get(&column).cloned() };
            let matcher = match known {
                Some(matcher) => matcher,
                None => Arc::new(Matcher::of(&leaf.test, entry.kind, &values, &self.states[number].seeker)?),
            };
            if !is_paged && !matches!(*matcher, Matcher::None) {
                self.states[number].matchers.insert(column, matcher.clone());
            }
            if !matches!(*matcher, Matcher::None) {
                values.prepare().map_err(|error| error.at("column", 0))?;
            }
            mark_matching(&facts.shapes, page, column, &values, start, &matcher, positions.as_deref(), &mut set);
            if is_paged || !matches!(*matcher, Matcher::None) {
                left.push((column, positions));
            }
        }
        self.states[number].columns = Some(left);
        Ok(set)
    }

    fn columns_in_question(
        &self,
        number: usize,
        directory: &Directory,
        shapes: &GroupShapes,
    ) -> Vec<(usize, Option<Arc<Positions>>)> {
        let leaf = &self.context.filter.leaves[number];
        let mut columns = Vec::new();
        for (column, whole) in self.context.reaches[number].columns(directory) {
            let entry = &directory.columns[column];
            if !leaf.test.could_pass(entry.kind, &entry.stamp) {
                continue;
            }
            if whole {
                columns.push((column, None));
                continue;
            }
            let positions = self.positions(leaf, shapes, column, entry.node, entry.kind);
            let mut counted = positions.values().flatten();
            if counted.clone().all(|&counts| counts) {
                columns.push((column, None));
            } else if counted.any(|&counts| counts) {
                columns.push((column, Some(Arc::new(positions))));
            }
        }
        columns
    }

    fn positions(&self, leaf: &Leaf, shapes: &GroupShapes, column: usize, node: u32, kind: Kind) -> Positions {
        let Some(pattern) = &leaf.columns else { return Positions::new() };
        let mut positions = Positions::new();
        for &(shape, _) in &shapes.uses[column] {
            let list = positions.entry(shape).or_default();
            walk(shapes.shapes.steps(shape as usize), self.context.paths, true, |path, step, name| {
                if path == node && step == Step::Value(kind) {
                    list.push(pattern.matches(name));
                }
            });
        }
        positions
    }
}

/// Marks the rows of the page that have a value in the column.
pub fn mark_present(shapes: &GroupShapes, page: usize, column: usize, set: &mut RowSet) {
    shapes.for_each_run(page, column, |run, _, _| set.insert_range(run.row as usize..(run.row + run.rows) as usize));
}

/// As `mark_present`, for the positions that count.
fn mark_existing(shapes: &GroupShapes, page: usize, column: usize, positions: Option<&Positions>, set: &mut RowSet) {
    shapes.for_each_run(page, column, |run, _, _| {
        if positions.is_none_or(|positions| positions[&run.shape].contains(&true)) {
            set.insert_range(run.row as usize..(run.row + run.rows) as usize);
        }
    });
}

#[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename the arguments")]
fn mark_matching(
    shapes: &GroupShapes,
    page: usize,
    column: usize,
    values: &Values,
    start: usize,
    matcher: &Matcher,
    positions: Option<&Positions>,
    set: &mut RowSet,
) {
    let passing = match matcher {
        Matcher::None => return,
        Matcher::All if positions.is_none() => return mark_present(shapes, page, column, set),
        Matcher::All => None,
        Matcher::Some(passing) => Some(passing),
    };
    shapes.for_each_run(page, column, |run, per_row, first| {
        let counts = positions.map(|positions| &positions[&run.shape][..]);
        let from = start + first;
        let range = from..from + per_row * run.rows as usize;
        values.for_each(range, |index, number| {
            if passing.is_none_or(|passing| passing[number]) {
                let nth = index - from;
                if counts.is_none_or(|counts| counts[nth % per_row]) {
                    set.insert(run.row as usize + nth / per_row);
                }
            }
        });
    });
}

/// The columns that a shape has values in, each once, with the number of values.
pub fn shape_columns(steps: &[u32], directory: &Directory) -> Vec<usize> {
    let mut columns: Vec<usize> = steps
        .iter()
        .filter(|&&step| step & 7 < NULL)
        .filter_map(|&step| directory.find(step >> 3, Kind::from_code((step & 7) as u8).ok()?))
        .collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

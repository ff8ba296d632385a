//! What is known of one row group: its columns, the shapes of its rows, and from these where each row's values are.
use crate::error::DecodeError;
use crate::format::directory::Directory;
use crate::format::shape::{NULL, Shapes, value_step};

/// Rows of one shape inside a page; they stand together.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub shape: u32,
    /// First row, counted in the page.
    pub row: u32,
    pub rows: u32,
}

pub struct GroupShapes {
    pub shapes: Shapes,
    /// Page by page.
    pub runs: Vec<Vec<Run>>,
    /// Start of each page in time order.
    pub page_rows: Vec<usize>,
    /// By column: the shapes that have it, and how many values each takes.
    pub uses: Vec<Vec<(u32, u32)>>,
    /// By shape: its columns in order, and how many values each takes.
    by_shape: Vec<Vec<(u32, u32)>>,
    /// By page, then by column: values before the page.
    starts: Vec<Vec<u32>>,
}

impl GroupShapes {
    /// Checks that the shapes want exactly the values that the columns have.
    pub fn new(
        shapes: Shapes,
        directory: &Directory,
        page_rows: impl Iterator<Item = u32>,
    ) -> Result<Self, DecodeError> {
        let uses = uses(&shapes, directory)?;
        let mut by_shape: Vec<Vec<(u32, u32)>> = vec![Vec::new(); shapes.len()];
        for (column, list) in uses.iter().enumerate() {
            for &(shape, count) in list {
                by_shape[shape as usize].push((column as u32, count));
            }
        }
        let mut next = vec![0u32; directory.columns.len()];
        let mut view = Self { shapes, runs: Vec::new(), page_rows: Vec::new(), uses, by_shape, starts: Vec::new() };
        let mut row = 0usize;
        let mut counts = vec![0u32; view.shapes.len()];
        for rows in page_rows {
            let end = row + rows as usize;
            if end > view.shapes.ids.len() {
                return Err(DecodeError("pages have more rows than their group"));
            }
            view.shapes.ids.for_each(row..end, |_, shape| counts[shape] += 1);
            view.page_rows.push(row);
            view.starts.push(next.clone());
            let mut runs = Vec::new();
            let mut at = 0;
            for (shape, count) in counts.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
                runs.push(Run { shape: shape as u32, row: at, rows: *count });
                for &(column, values) in &view.by_shape[shape] {
                    let total = u64::from(next[column as usize]) + u64::from(values) * u64::from(*count);
                    next[column as usize] =
                        u32::try_from(total).map_err(|_| DecodeError("shapes want too many values"))?;
                }
                at += std::mem::take(count);
            }
            view.runs.push(runs);
            row = end;
        }
        if row != view.shapes.ids.len()
            || next.iter().zip(&directory.columns).any(|(&n, column)| n != column.stamp.count)
        {
            return Err(DecodeError("shapes do not fit the columns"));
        }
        view.page_rows.push(row);
        view.starts.push(next);
        Ok(view)
    }

    pub fn rows(&self, page: usize) -> usize {
        self.page_rows[page + 1] - self.page_rows[page]
    }

    /// First value of a column in a page, counted in the group.
    pub fn value_start(&self, page: usize, column: usize) -> usize {
        self.starts[page][column] as usize
    }

    pub fn value_count(&self, page: usize, column: usize) -> usize {
        (self.starts[page + 1][column] - self.starts[page][column]) as usize
    }

    /// The columns of a shape in order, and how many values each takes.
    pub fn columns_of(&self, shape: u32) -> &[(u32, u32)] {
        &self.by_shape[shape as usize]
    }

    /// Calls `f(run, values per row, first value)` for each run of the page that has the column; values counted in the page.
    pub fn for_each_run(&self, page: usize, column: usize, mut f: impl FnMut(&Run, usize, usize)) {
        let mut uses = self.uses[column].iter().peekable();
        let mut value = 0;
        for run in &self.runs[page] {
            while uses.next_if(|(shape, _)| *shape < run.shape).is_some() {}
            if let Some(&&(_, count)) = uses.peek().filter(|(shape, _)| *shape == run.shape) {
                f(run, count as usize, value);
                value += count as usize * run.rows as usize;
            }
        }
    }

    /// For each row of the page as stored, its place in time order.
    pub fn time_places(&self, page: usize) -> Vec<u32> {
        let mut next = vec![0u32; self.shapes.len()];
        for run in &self.runs[page] {
            next[run.shape as usize] = run.row;
        }
        let mut places = vec![0u32; self.rows(page)];
        let start = self.page_rows[page];
        self.shapes.ids.for_each(start..self.page_rows[page + 1], |at, shape| {
            places[next[shape] as usize] = (at - start) as u32;
            next[shape] += 1;
        });
        places
    }

    pub fn memory_bytes(&self) -> usize {
        let uses: usize = self.uses.iter().map(|list| 24 + 8 * list.len()).sum();
        let runs: usize = self.runs.iter().map(|list| 24 + size_of::<Run>() * list.len()).sum();
        self.shapes.memory_bytes() + 2 * uses + runs + self.starts.iter().map(|list| 4 * list.len()).sum::<usize>()
    }
}

fn uses(shapes: &Shapes, directory: &Directory) -> Result<Vec<Vec<(u32, u32)>>, DecodeError> {
    const MISSING: DecodeError = DecodeError("shape names a column that is not there");
    let mut uses: Vec<Vec<(u32, u32)>> = vec![Vec::new(); directory.columns.len()];
    let last = directory.columns.last().map_or(0, |column| column.node as usize);
    let mut by_step = vec![usize::MAX; (last + 1) << 3];
    for (number, column) in directory.columns.iter().enumerate() {
        by_step[value_step(column.node, column.kind) as usize] = number;
    }
    for shape in 0..shapes.len() {
        for &step in shapes.steps(shape).iter().filter(|&&step| step & 7 < NULL) {
            let column = *by_step.get(step as usize).filter(|&&column| column != usize::MAX).ok_or(MISSING)?;
            match uses[column].last_mut() {
                Some((last, count)) if *last == shape as u32 => *count += 1,
                _ => uses[column].push((shape as u32, 1)),
            }
        }
    }
    Ok(uses)
}

//! The rows found so far: the best `limit` of them, in the order of the answer.
use crate::format::objects::SourceObject;
use std::cmp::Ordering;

/// A row that passed, and where its values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Event time in ns, number of the source object, record.
    pub key: (i64, u32, u64),
    pub group: u32,
    pub page: u32,
    pub row: u32,
}

struct Queued {
    found: Found,
    /// Position of the object's URL among all, sorted: ties go by URL.
    object_rank: u32,
    json: Option<Vec<u8>>,
}

/// Rows of one page, by ascending place in it.
pub struct PageRows {
    pub group: usize,
    pub page: usize,
    rows: Vec<Queued>,
}

impl PageRows {
    /// Places of the rows in the page.
    pub fn places(&self) -> Vec<usize> {
        self.rows.iter().map(|queued| queued.found.row as usize).collect()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

pub struct RowQueue {
    limit: Option<u64>,
    newest_first: bool,
    floor_ns: Option<i64>,
    rows: Vec<Queued>,
    taken: u64,
    ranks: Vec<u32>,
}

impl RowQueue {
    pub fn new(limit: Option<u64>, newest_first: bool) -> Self {
        Self { limit, newest_first, floor_ns: None, rows: Vec::new(), taken: 0, ranks: Vec::new() }
    }

    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    fn order(newest_first: bool, a: &Queued, b: &Queued) -> Ordering {
        let key = |queued: &Queued| (queued.found.key.0, queued.object_rank, queued.found.key.2);
        if newest_first { key(b).cmp(&key(a)) } else { key(a).cmp(&key(b)) }
    }

    /// Rows strictly behind this are no longer wanted.
    pub fn narrow(&mut self, floor_ns: i64) {
        self.floor_ns = Some(match self.floor_ns {
            None => floor_ns,
            Some(known) if self.newest_first => known.max(floor_ns),
            Some(known) => known.min(floor_ns),
        });
        self.cut();
    }

    fn is_behind(&self, time_ns: i64, bound_ns: i64) -> bool {
        if self.newest_first { time_ns < bound_ns } else { time_ns > bound_ns }
    }

    pub fn extend(&mut self, rows: impl Iterator<Item = Found>, objects: &[SourceObject]) {
        if self.ranks.len() != objects.len() {
            let mut order: Vec<u32> = (0..objects.len() as u32).collect();
            order.sort_by(|&a, &b| objects[a as usize].url.cmp(&objects[b as usize].url));
            // Parts of one object have one rank: a merge may bring them together.
            self.ranks = vec![0; objects.len()];
            for pair in order.windows(2) {
                let is_other = objects[pair[0] as usize].url != objects[pair[1] as usize].url;
                self.ranks[pair[1] as usize] = self.ranks[pair[0] as usize] + u32::from(is_other);
            }
        }
        let ranks = &self.ranks;
        self.rows.extend(rows.map(|found| Queued { found, object_rank: ranks[found.key.1 as usize], json: None }));
        self.cut();
    }

    /// Sorts, and drops what the limit or the floor leaves no room for.
    fn cut(&mut self) {
        let newest_first = self.newest_first;
        if let Some(limit) = self.limit {
            let room = limit.saturating_sub(self.taken) as usize;
            if self.rows.len() > room {
                self.rows.sort_unstable_by(|a, b| Self::order(newest_first, a, b));
                self.rows.truncate(room);
            }
        }
        if let Some(floor) = self.floor_ns {
            let kept = std::mem::take(&mut self.rows);
            self.rows = kept.into_iter().filter(|queued| !self.is_behind(queued.found.key.0, floor)).collect();
        }
    }

    /// Rows behind this time can no longer get into the answer.
    pub fn bound(&self) -> Option<i64> {
        let full = self.limit.is_some_and(|limit| self.taken + self.rows.len() as u64 >= limit);
        let times = self.rows.iter().map(|queued| queued.found.key.0);
        let last = if self.newest_first { times.min() } else { times.max() };
        let by_limit = match (full, last) {
            (true, Some(last)) => Some(last),
            (true, None) => Some(if self.newest_first { i64::MAX } else { i64::MIN }),
            (false, _) => None,
        };
        match (by_limit, self.floor_ns) {
            (Some(a), Some(b)) => Some(if self.newest_first { a.max(b) } else { a.min(b) }),
            (a, b) => a.or(b),
        }
    }

    /// Takes out the rows that are not written yet, by page.
    pub fn take_unwritten(&mut self) -> Vec<PageRows> {
        let mut unwritten: Vec<Queued> = self.rows.extract_if(.., |queued| queued.json.is_none()).collect();
        unwritten.sort_unstable_by_key(|queued| (queued.found.group, queued.found.page, queued.found.row));
        let mut pages: Vec<PageRows> = Vec::new();
        for queued in unwritten {
            let (group, page) = (queued.found.group as usize, queued.found.page as usize);
            match pages.last_mut() {
                Some(last) if (last.group, last.page) == (group, page) => last.rows.push(queued),
                _ => pages.push(PageRows { group, page, rows: vec![queued] }),
            }
        }
        pages
    }

    /// Puts rows back with their JSON.
    pub fn put_written(&mut self, page: PageRows, written: Vec<Vec<u8>>) {
        let rows = page.rows.into_iter().zip(written);
        self.rows.extend(rows.map(|(queued, json)| Queued { json: Some(json), ..queued }));
        self.cut();
    }

    /// Rows in the order of the answer that nothing still to come (at `next_ns` at best; None: nothing comes) can stand before
    /// or beside.
    pub fn take(&mut self, next_ns: Option<i64>) -> Vec<(Found, Vec<u8>)> {
        let newest_first = self.newest_first;
        self.rows.sort_unstable_by(|a, b| Self::order(newest_first, a, b));
        let is_safe = |queued: &Queued| {
            let time = queued.found.key.0;
            next_ns.is_none_or(|next| if newest_first { time > next } else { time < next })
        };
        let count = self.rows.iter().take_while(|queued| is_safe(queued)).count();
        self.taken += count as u64;
        self.rows.drain(..count).filter_map(|queued| Some((queued.found, queued.json?))).collect()
    }
}

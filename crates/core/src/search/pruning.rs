//! The pages of a segment that a search still has to look at, in the order in which it will.
use crate::format::address::{Address, PageEntry};

/// Event times that are wanted: start inclusive, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    pub since_ns: Option<i64>,
    pub until_ns: Option<i64>,
}

impl TimeRange {
    pub fn contains(&self, time_ns: i64) -> bool {
        self.since_ns.is_none_or(|since| time_ns >= since) && self.until_ns.is_none_or(|until| time_ns < until)
    }

    /// Whether every row of the page is inside.
    pub fn covers(&self, page: &PageEntry) -> bool {
        self.contains(page.min_time_ns) && self.contains(page.max_time_ns)
    }

    fn overlaps(&self, page: &PageEntry) -> bool {
        self.since_ns.is_none_or(|since| page.max_time_ns >= since)
            && self.until_ns.is_none_or(|until| page.min_time_ns < until)
    }
}

struct Waiting {
    group: usize,
    first_page: usize,
    pages: Vec<usize>,
    /// Time that its rows can reach in the direction of the search.
    bound_ns: i64,
}

pub struct Pages {
    /// The group that comes next is last.
    groups: Vec<Waiting>,
    newest_first: bool,
}

impl Pages {
    pub fn new(address: &Address, groups: Option<(usize, usize)>, time: TimeRange, newest_first: bool) -> Self {
        let (first, last) = groups.unwrap_or((0, address.groups.len()));
        let mut waiting: Vec<Waiting> = Vec::new();
        for (group, entry) in address.groups.iter().enumerate().filter(|(group, _)| (first..last).contains(group)) {
            let pages: Vec<usize> = (0..entry.pages.len()).filter(|&page| time.overlaps(&entry.pages[page])).collect();
            if !pages.is_empty() {
                waiting.push(Waiting { group, first_page: entry.first_page as usize, pages, bound_ns: 0 });
            }
        }
        let mut pages = Self { groups: waiting, newest_first };
        pages.order(address);
        pages
    }

    fn order(&mut self, address: &Address) {
        for waiting in &mut self.groups {
            let entries = waiting.pages.iter().map(|&page| &address.groups[waiting.group].pages[page]);
            waiting.bound_ns = if self.newest_first {
                entries.map(|page| page.max_time_ns).max().unwrap_or(i64::MIN)
            } else {
                entries.map(|page| page.min_time_ns).min().unwrap_or(i64::MAX)
            };
        }
        self.groups.sort_by_key(|waiting| if self.newest_first { waiting.bound_ns } else { !waiting.bound_ns });
    }

    /// Keeps the pages (by number in the segment) that are marked. Bounds stay as they were: they may only be too wide.
    pub fn keep(&mut self, marked: &[bool]) {
        for waiting in &mut self.groups {
            waiting.pages.retain(|&page| marked[waiting.first_page + page]);
        }
        self.groups.retain(|waiting| !waiting.pages.is_empty());
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub fn groups_left(&self) -> usize {
        self.groups.len()
    }

    pub fn len(&self) -> usize {
        self.groups.iter().map(|waiting| waiting.pages.len()).sum()
    }

    /// The next group and its pages; None when no row behind `bound_ns` is wanted and all that is left lies there.
    pub fn next_group(&mut self, bound_ns: Option<i64>) -> Option<(usize, Vec<usize>)> {
        let next = self.groups.last()?;
        let is_behind = |bound: i64| if self.newest_first { next.bound_ns < bound } else { next.bound_ns > bound };
        if bound_ns.is_some_and(is_behind) {
            self.groups.clear();
            return None;
        }
        let next = self.groups.pop()?;
        Some((next.group, next.pages))
    }

    /// Time that rows of these pages and of the groups still to come can reach; None when there are none.
    pub fn bound_with<'a>(&self, pages: impl Iterator<Item = &'a PageEntry>) -> Option<i64> {
        let own = self.groups.last().map(|waiting| waiting.bound_ns);
        if self.newest_first {
            pages.map(|page| page.max_time_ns).chain(own).max()
        } else {
            pages.map(|page| page.min_time_ns).chain(own).min()
        }
    }
}

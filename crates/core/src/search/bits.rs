//! A set of rows of one page.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    rows: usize,
}

impl RowSet {
    pub fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows }
    }

    pub fn all(rows: usize) -> Self {
        let mut set = Self { words: vec![u64::MAX; rows.div_ceil(64)], rows };
        set.trim();
        set
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    fn trim(&mut self) {
        if !self.rows.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.rows % 64)) - 1;
        }
    }

    #[inline]
    pub fn insert(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    pub fn insert_range(&mut self, range: std::ops::Range<usize>) {
        let mut row = range.start;
        while row < range.end {
            let end = (row / 64 * 64 + 64).min(range.end);
            let count = end - row;
            let mask = if count == 64 { u64::MAX } else { ((1 << count) - 1) << (row % 64) };
            self.words[row / 64] |= mask;
            row = end;
        }
    }

    pub fn remove(&mut self, row: usize) {
        self.words[row / 64] &= !(1 << (row % 64));
    }

    pub fn contains(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_full(&self) -> bool {
        self.len() == self.rows
    }

    pub fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    pub fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    pub fn negate(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.trim();
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_behave_like_sets() {
        let mut set = RowSet::none(130);
        set.insert_range(60..129);
        set.remove(64);
        assert_eq!(set.iter().collect::<Vec<_>>(), (60..129).filter(|&row| row != 64).collect::<Vec<_>>());
        set.negate();
        assert_eq!(set.len(), 130 - 68);
        assert!(set.contains(129) && !set.contains(128));
        set.or(&RowSet::all(130));
        assert!(set.is_full());
        set.and_not(&RowSet::all(130));
        assert!(set.is_empty());
    }
}

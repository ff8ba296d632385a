//! Whether the texts of a column come again, seen by a few of them: it costs far less than looking each up.

/// Of texts that are counted those whose hash falls into one of so many parts, a window of texts at a time.
const SAMPLE_PARTS: u64 = 16;

/// About a page of texts: what comes again in another page is stored again anyway.
const WINDOW_VALUES: usize = 8192;

/// Slots for the tags of a window's sample, most of them empty.
const SAMPLE_SLOTS: usize = 4096;

/// Texts are looked up again when more than this part of a window's sample came again.
const AGAIN_PARTS: usize = 4;

#[derive(Default)]
pub struct Sample {
    /// By low bits of the hash, its high half; an older one may be lost.
    tags: Vec<u32>,
    values: usize,
    sampled: usize,
    again: usize,
}

impl Sample {
    /// True at the end of a window in which too many came again.
    #[inline]
    pub fn come_again(&mut self, hash: u64) -> bool {
        self.values += 1;
        if hash.is_multiple_of(SAMPLE_PARTS) {
            self.take(hash);
        }
        self.values == WINDOW_VALUES && self.end_window()
    }

    fn take(&mut self, hash: u64) {
        if self.tags.is_empty() {
            self.tags = vec![0; SAMPLE_SLOTS];
        }
        let tag = (hash >> 32) as u32;
        let slot = &mut self.tags[(hash / SAMPLE_PARTS) as usize % SAMPLE_SLOTS];
        self.sampled += 1;
        self.again += usize::from(*slot == tag);
        *slot = tag;
    }

    fn end_window(&mut self) -> bool {
        let is_too_much = self.again * AGAIN_PARTS > self.sampled;
        self.clear();
        is_too_much
    }

    pub fn clear(&mut self) {
        if self.values > 0 {
            self.tags.fill(0);
        }
        (self.values, self.sampled, self.again) = (0, 0, 0);
    }

    pub fn memory_bytes(&self) -> usize {
        4 * self.tags.capacity()
    }
}

//! Duplicate keys, seen as an object goes by.
//!
//! Names are compared by their 64-bit hash. The few names of a normal object are compared one by one, which costs less than any
//! table; an object with many names moves into a set.
use std::collections::HashSet;
use xxhash_rust::xxh3::xxh3_64;

/// Up to this many names of one object are compared one by one.
const LISTED_NAMES_MAX: usize = 64;

/// The names of the objects that are open.
#[derive(Debug, Default)]
pub struct OpenKeys {
    hashes: Vec<u64>,
    /// Names of long objects, with the number of the object.
    many: HashSet<(u32, u64)>,
    objects: u32,
}

/// An open object.
#[derive(Debug, Clone, Copy)]
pub struct OpenObject {
    first: usize,
    number: u32,
}

impl OpenKeys {
    pub fn clear(&mut self) {
        self.hashes.clear();
        self.objects = 0;
        if !self.many.is_empty() {
            self.many = HashSet::new();
        }
    }

    #[inline]
    pub fn open(&mut self) -> OpenObject {
        self.objects = self.objects.wrapping_add(1);
        OpenObject { first: self.hashes.len(), number: self.objects }
    }

    #[inline]
    pub fn close(&mut self, object: OpenObject) {
        self.hashes.truncate(object.first);
    }

    /// Whether no name of the innermost object has been noted.
    pub fn is_fresh(&self, object: OpenObject) -> bool {
        self.hashes.len() == object.first
    }

    /// Whether a name of the innermost object has been noted.
    pub fn has(&self, object: OpenObject, name: &[u8]) -> bool {
        let hash = xxh3_64(name);
        self.hashes[object.first..].contains(&hash) || self.many.contains(&(object.number, hash))
    }

    /// Notes a name of the innermost object; true when it has been there before.
    #[inline]
    pub fn is_duplicate(&mut self, object: OpenObject, name: &[u8]) -> bool {
        let hash = xxh3_64(name);
        let listed = &self.hashes[object.first..];
        if listed.contains(&hash) {
            return true;
        }
        if listed.len() < LISTED_NAMES_MAX {
            self.hashes.push(hash);
            return false;
        }
        !self.many.insert((object.number, hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_duplicates_within_one_object_only() {
        let mut keys = OpenKeys::default();
        let outer = keys.open();
        assert!(!keys.is_duplicate(outer, b"a"));
        let inner = keys.open();
        assert!(!keys.is_duplicate(inner, b"a"));
        assert!(keys.is_duplicate(inner, b"a"));
        keys.close(inner);
        assert!(!keys.is_duplicate(outer, b"b"));
        assert!(keys.is_duplicate(outer, b"a"));
        keys.clear();
        let next = keys.open();
        assert!(!keys.is_duplicate(next, b"a"));
    }

    #[test]
    fn long_objects_count_as_exactly() {
        let mut keys = OpenKeys::default();
        for _ in 0..2 {
            let object = keys.open();
            let duplicates =
                (0..1000).filter(|number| keys.is_duplicate(object, (number % 700).to_string().as_bytes()));
            assert_eq!(duplicates.count(), 300);
            let has = |number: usize| keys.has(object, number.to_string().as_bytes());
            assert_eq!((has(0), has(699), has(700)), (true, true, false));
            keys.close(object);
        }
    }
}

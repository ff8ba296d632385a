//! Flattened names (`tags[0].x`) in a tree: where they are, and where they would be.
use super::tree::{NONE, Tree, What};
use crate::value::column::ColumnPattern;
use crate::value::integer::write_usize;

impl Tree {
    /// The first node of a name. A key may hold dots itself, so every way to read the name is tried.
    pub fn find(&self, object: u32, name: &[u8]) -> Option<u32> {
        self.find_where(object, name, &mut |_| true)
    }

    /// All nodes of a name: a key may come twice, and one that holds dots may look like a nested one.
    pub fn find_all(&self, object: u32, name: &[u8], found: &mut Vec<u32>) {
        self.find_where(object, name, &mut |node| {
            found.push(node);
            false
        });
    }

    /// The first node of a name that is wanted.
    fn find_where(&self, object: u32, name: &[u8], wants: &mut impl FnMut(u32) -> bool) -> Option<u32> {
        if self.node(object).what != What::Object {
            return None;
        }
        self.children(object).find_map(|child| {
            // Whether a key of this length can be meant is seen without looking at it.
            let key = self.node(child).key;
            let rest = name.get(key.len()..).filter(|rest| matches!(rest.first(), None | Some(b'.' | b'[')))?;
            if name[..key.len()] != *self.bytes(key) {
                return None;
            }
            match rest.first() {
                None => wants(child).then_some(child),
                Some(b'.') => self.find_where(child, &rest[1..], wants),
                _ => self.find_element(child, rest, wants),
            }
        })
    }

    /// `name` starts with a position.
    fn find_element(&self, array: u32, name: &[u8], wants: &mut impl FnMut(u32) -> bool) -> Option<u32> {
        if self.node(array).what != What::Array {
            return None;
        }
        let close = name.iter().position(|&byte| byte == b']')?;
        let digits = std::str::from_utf8(&name[1..close]).ok()?;
        let element = self.children(array).nth(digits.parse().ok()?)?;
        match name.get(close + 1) {
            None => wants(element).then_some(element),
            Some(b'.') => self.find_where(element, &name[close + 2..], wants),
            Some(b'[') => self.find_element(element, &name[close + 1..], wants),
            _ => None,
        }
    }

    /// Puts a lone node where the name says, in place of what is there. Objects are made as the name needs them; false: a value
    /// that is no object stands in the way.
    pub fn put(&mut self, root: u32, name: &[u8], node: u32) -> bool {
        let (mut object, mut rest) = (root, name);
        while let Some(dot) = rest.iter().position(|&byte| byte == b'.') {
            match self.child(object, &rest[..dot]) {
                Some(child) if self.node(child).what == What::Object => object = child,
                other => {
                    // The way may go through a key that holds dots.
                    if let Some(there) = self.find(object, rest) {
                        self.put_instead(there, node);
                        return true;
                    }
                    object = match other {
                        Some(child) if self.node(child).what == What::Null => {
                            self.replace(child, What::Object);
                            child
                        }
                        Some(_) => return false,
                        None => {
                            let key = self.keep(&rest[..dot]);
                            self.add(object, key, What::Object)
                        }
                    };
                }
            }
            rest = &rest[dot + 1..];
        }
        match self.child(object, rest) {
            Some(there) => self.put_instead(there, node),
            None => {
                let key = self.keep(rest);
                self.attach(object, key, node);
            }
        }
        true
    }

    /// The value of a lone node, in the place of another: an event keeps the order of its fields.
    fn put_instead(&mut self, there: u32, node: u32) {
        self.replace(there, self.node(node).what);
        while let Some(child) = self.first_child(node) {
            let key = self.node(child).key;
            self.detach(child);
            self.attach(there, key, child);
        }
    }

    /// Takes a node out, and the objects above it that are empty then.
    pub fn remove(&mut self, node: u32) {
        let above = self.node(node).parent;
        self.detach(node);
        if above != NONE && self.node(above).what == What::Object && self.node(above).first == NONE {
            self.remove(above);
        }
    }

    /// The nodes that one of the patterns matches, leaves or containers, none below another.
    pub fn matching(&self, root: u32, patterns: &[ColumnPattern]) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        let mut wild = false;
        for pattern in patterns {
            match pattern.literal() {
                Some(name) => self.find_all(root, name, &mut found),
                None => wild = true,
            }
        }
        if wild {
            found.clear();
            let mut name = Vec::new();
            self.match_below(root, &mut name, &mut |child, name| {
                let is_match = patterns.iter().any(|pattern| pattern.matches(name));
                if is_match {
                    found.push(child);
                }
                !is_match
            });
        }
        found
    }

    /// The leaves, nulls left out, that have a name which one of the patterns matches, in their order.
    pub fn leaves_named(&self, root: u32, patterns: &[ColumnPattern]) -> Vec<u32> {
        let mut found = Vec::new();
        let is_value = |node: u32| !matches!(self.node(node).what, What::Null | What::Array | What::Object);
        if patterns.iter().all(|pattern| pattern.literal().is_some()) {
            let names = patterns.iter().filter_map(ColumnPattern::literal);
            found.extend(names.filter_map(|name| self.find(root, name)).filter(|&node| is_value(node)));
            return found;
        }
        self.match_below(root, &mut Vec::new(), &mut |child, name| {
            if is_value(child) && patterns.iter().any(|pattern| pattern.matches(name)) {
                found.push(child);
            }
            true
        });
        found
    }

    /// Calls `visit` with all that is below a node, and its name; what is below that only where the answer is true.
    fn match_below(&self, node: u32, name: &mut Vec<u8>, visit: &mut impl FnMut(u32, &[u8]) -> bool) {
        let length = name.len();
        let is_array = self.node(node).what == What::Array;
        for (position, child) in self.children(node).enumerate() {
            if is_array {
                name.push(b'[');
                write_usize(position, name);
                name.push(b']');
            } else {
                if length > 0 {
                    name.push(b'.');
                }
                name.extend_from_slice(self.bytes(self.node(child).key));
            }
            if visit(child, name) && self.node(child).what.is_container() {
                self.match_below(child, name, visit);
            }
            name.truncate(length);
        }
    }

    /// The flattened name of a node.
    pub fn name_of(&self, node: u32) -> Vec<u8> {
        let mut above = vec![node];
        while let Some(&last) = above.last()
            && self.node(last).parent != NONE
        {
            above.push(self.node(last).parent);
        }
        above.pop();
        let mut name = Vec::new();
        for &node in above.iter().rev() {
            let parent = self.node(node).parent;
            if self.node(parent).what == What::Array {
                name.push(b'[');
                write_usize(self.children(parent).take_while(|&child| child != node).count(), &mut name);
                name.push(b']');
            } else {
                if !name.is_empty() {
                    name.push(b'.');
                }
                name.extend_from_slice(self.bytes(self.node(node).key));
            }
        }
        name
    }
}

//! One event as a tree that can be changed: what steps work on between the parser and the sink.
//!
//! All nodes of an event, and of the events that it is split into, lie in one arena, and their texts in one buffer that only
//! grows; so a copy of a subtree copies no text, and everything is forgotten at once.
use crate::expression::Value;
use crate::expression::number::Number;
use crate::parse::sink::EventSink;
use std::collections::HashSet;

pub const NONE: u32 = u32::MAX;

/// A text of the event, as a place in its buffer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Null,
    Bool(bool),
    Number(Span),
    Text(Span),
    Array,
    Object,
}

impl What {
    pub fn is_container(self) -> bool {
        matches!(self, Self::Array | Self::Object)
    }

    fn bytes(self) -> usize {
        match self {
            Self::Number(span) | Self::Text(span) => span.len(),
            _ => 0,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Empty in arrays.
    pub key: Span,
    pub what: What,
    pub parent: u32,
    pub first: u32,
    last: u32,
    pub next: u32,
}

#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    text: Vec<u8>,
    /// Of keys and values that were copied since the tree was empty.
    pub copied_bytes: usize,
}

impl Tree {
    /// Empties the tree. Memory beyond `spare_bytes` is given back: one large event must not hold it for ever.
    pub fn forget(&mut self, spare_bytes: usize) {
        self.nodes.clear();
        self.text.clear();
        self.copied_bytes = 0;
        if self.text.capacity() + self.nodes.capacity() * size_of::<Node>() > spare_bytes {
            self.nodes.shrink_to(spare_bytes / 2 / size_of::<Node>());
            self.text.shrink_to(spare_bytes / 2);
        }
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    #[inline]
    pub fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    #[inline]
    pub fn bytes(&self, span: Span) -> &[u8] {
        &self.text[span.start as usize..span.end as usize]
    }

    #[inline]
    pub fn keep(&mut self, text: &[u8]) -> Span {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(text);
        Span { start, end: self.text.len() as u32 }
    }

    /// A node that is nowhere yet.
    pub fn lone(&mut self, what: What) -> u32 {
        let node = Node { key: Span::default(), what, parent: NONE, first: NONE, last: NONE, next: NONE };
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    /// Adds a child at the end.
    #[inline]
    pub fn add(&mut self, parent: u32, key: Span, what: What) -> u32 {
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { key, what, parent, first: NONE, last: NONE, next: NONE });
        self.link(parent, node);
        node
    }

    /// Makes a lone node the last child.
    fn link(&mut self, parent: u32, node: u32) {
        self.nodes[node as usize].parent = parent;
        let above = &mut self.nodes[parent as usize];
        let before = std::mem::replace(&mut above.last, node);
        if before == NONE {
            above.first = node;
        } else {
            self.nodes[before as usize].next = node;
        }
    }

    /// Makes a lone node the last child, under a key.
    pub fn attach(&mut self, parent: u32, key: Span, node: u32) {
        self.nodes[node as usize].key = key;
        self.link(parent, node);
    }

    /// Makes a node, which is in no list any more, the last child of a parent, under the key that it has.
    pub fn move_to(&mut self, parent: u32, node: u32) {
        self.nodes[node as usize].next = NONE;
        self.link(parent, node);
    }

    /// Takes a node out of where it is; it keeps what is below it.
    pub fn detach(&mut self, node: u32) {
        let Node { parent, next, .. } = *self.node(node);
        if parent == NONE {
            return;
        }
        let before = self.children(parent).take_while(|&child| child != node).last();
        match before {
            None => self.nodes[parent as usize].first = next,
            Some(before) => self.nodes[before as usize].next = next,
        }
        if self.nodes[parent as usize].last == node {
            self.nodes[parent as usize].last = before.unwrap_or(NONE);
        }
        let gone = &mut self.nodes[node as usize];
        (gone.parent, gone.next) = (NONE, NONE);
    }

    /// What a node is becomes another; what was below it is forgotten.
    pub fn replace(&mut self, node: u32, what: What) {
        let changed = &mut self.nodes[node as usize];
        (changed.what, changed.first, changed.last) = (what, NONE, NONE);
    }

    pub fn children(&self, node: u32) -> impl Iterator<Item = u32> {
        let mut at = self.node(node).first;
        std::iter::from_fn(move || {
            let child = at;
            if child == NONE {
                return None;
            }
            at = self.node(child).next;
            Some(child)
        })
    }

    pub fn first_child(&self, node: u32) -> Option<u32> {
        Some(self.node(node).first).filter(|&child| child != NONE)
    }

    /// The keys of an object.
    pub fn keys(&self, node: u32) -> HashSet<Vec<u8>> {
        self.children(node).map(|child| self.bytes(self.node(child).key).to_vec()).collect()
    }

    /// The child of an object under this key, the first if there are several.
    pub fn child(&self, node: u32, key: &[u8]) -> Option<u32> {
        self.children(node).find(|&child| self.bytes(self.node(child).key) == key)
    }

    /// Copies a subtree, with a copy of `put` in place of `instead`, or with nothing there when `put` is none. The copy is lone; texts
    /// are shared.
    pub fn copy(&mut self, node: u32, instead: u32, put: u32) -> u32 {
        let copied = *self.node(node);
        let copy = self.lone(copied.what);
        self.nodes[copy as usize].key = copied.key;
        self.copied_bytes += copied.key.len() + copied.what.bytes();
        let mut child = copied.first;
        while child != NONE {
            let Node { key, next, .. } = *self.node(child);
            let taken = if child == instead { put } else { child };
            if taken != NONE {
                let below = self.copy(taken, if child == instead { NONE } else { instead }, put);
                self.attach(copy, key, below);
            }
            child = next;
        }
        copy
    }

    /// The value of a leaf; null of what is none.
    pub fn value(&self, node: u32) -> Value<'_> {
        match self.node(node).what {
            What::Bool(value) => Value::Bool(value),
            What::Number(span) => Value::Number(Number::from_text(self.bytes(span))),
            What::Text(span) => Value::Text(self.bytes(span).into()),
            What::Null | What::Array | What::Object => Value::Null,
        }
    }

    /// Keeps a value as a lone node.
    pub fn keep_value(&mut self, value: &Value<'_>) -> u32 {
        let what = match value {
            Value::Null => What::Null,
            Value::Bool(value) => What::Bool(*value),
            Value::Number(number) => What::Number(self.keep(&number.text())),
            Value::Text(text) => What::Text(self.keep(text)),
            Value::Array(_) => What::Array,
        };
        let node = self.lone(what);
        if let Value::Array(values) = value {
            for value in values {
                let element = self.keep_value(value);
                self.link(node, element);
            }
        }
        node
    }

    /// Calls `visit` with every leaf at or below a node that is neither null nor a container.
    pub fn for_each_value(&self, node: u32, visit: &mut impl FnMut(u32)) {
        match self.node(node).what {
            What::Array | What::Object => self.children(node).for_each(|child| self.for_each_value(child, visit)),
            What::Null => {}
            _ => visit(node),
        }
    }

    /// Tells a value, what is below it included.
    pub fn tell<S: EventSink>(&self, node: u32, sink: &mut S) {
        match self.node(node).what {
            What::Null => sink.null(),
            What::Bool(value) => sink.boolean(value),
            What::Number(span) => sink.number(self.bytes(span)),
            What::Text(span) => sink.string(self.bytes(span)),
            What::Array => {
                sink.begin_array();
                self.children(node).for_each(|child| self.tell(child, sink));
                sink.end_array();
            }
            What::Object => {
                sink.begin_object();
                for child in self.children(node) {
                    sink.key(self.bytes(self.node(child).key));
                    self.tell(child, sink);
                }
                sink.end_object();
            }
        }
    }
}

//! Walking a shape: the values of an event in order, each with its concrete flattened name.
use crate::format::column::Kind;
use crate::format::paths::Paths;
use crate::format::shape::{CLOSE, EMPTY_ARRAY, EMPTY_OBJECT, NULL, OPEN};
use crate::value::integer::write_usize;

/// What a step of a shape means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Value(Kind),
    Null,
    EmptyObject,
    EmptyArray,
    /// A container; `is_array` is known from what comes next.
    Open {
        is_array: bool,
    },
    Close {
        is_array: bool,
    },
}

/// Calls `f(path, step, name)` for each step. The name is the concrete one (`tags[0].x`), and only there when `with_names`.
pub fn walk(steps: &[u32], paths: &Paths, with_names: bool, mut f: impl FnMut(u32, Step, &[u8])) {
    let mut name: Vec<u8> = Vec::new();
    // Of each open container: its path, whether it is an array, the length of its name, the elements seen.
    let mut stack: Vec<(u32, bool, usize, usize)> = vec![(0, false, 0, 0)];
    for (at, &step) in steps.iter().enumerate() {
        if step == CLOSE {
            if let Some((node, is_array, ..)) = stack.pop() {
                f(node, Step::Close { is_array }, &[]);
            }
            continue;
        }
        let node = step >> 3;
        let path = &paths.nodes[node as usize];
        if with_names {
            let Some((_, _, length, seen)) = stack.last_mut() else { return };
            name.truncate(*length);
            match &path.key {
                None => {
                    name.push(b'[');
                    write_usize(*seen, &mut name);
                    name.push(b']');
                    *seen += 1;
                }
                Some(key) => {
                    if path.parent != 0 {
                        name.push(b'.');
                    }
                    name.extend_from_slice(key);
                }
            }
        }
        let meaning = match step & 7 {
            NULL => Step::Null,
            EMPTY_OBJECT => Step::EmptyObject,
            EMPTY_ARRAY => Step::EmptyArray,
            OPEN => {
                let next =
                    steps.get(at + 1).filter(|&&next| next != CLOSE).map(|next| &paths.nodes[(next >> 3) as usize]);
                let is_array = next.is_some_and(|path| path.key.is_none());
                stack.push((node, is_array, name.len(), 0));
                Step::Open { is_array }
            }
            code => Step::Value(Kind::from_code(code as u8).unwrap_or(Kind::Text)),
        };
        f(node, meaning, &name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::frame::Compressor;
    use crate::format::paths::put_paths;

    #[test]
    fn names_count_array_positions() {
        let nodes: [(u32, Option<&[u8]>); 4] = [(0, Some(b"a")), (1, None), (2, Some(b"b")), (0, Some(b"c"))];
        let mut out = Vec::new();
        put_paths(&mut out, &mut Compressor::new(), nodes.into_iter());
        let paths = Paths::read(&out).expect("paths");
        // {"a":[{"b":1},null,{"b":"x"}],"c":{}}
        let steps = [8 | OPEN, 16 | OPEN, 25, CLOSE, 16 | NULL, 16 | OPEN, 24, CLOSE, CLOSE, 32 | EMPTY_OBJECT];
        let mut seen = Vec::new();
        walk(&steps, &paths, true, |_, step, name| {
            if !matches!(step, Step::Open { .. } | Step::Close { .. }) {
                seen.push((String::from_utf8_lossy(name).into_owned(), step));
            }
        });
        let wanted = [
            ("a[0].b", Step::Value(Kind::Number)),
            ("a[1]", Step::Null),
            ("a[2].b", Step::Value(Kind::Text)),
            ("c", Step::EmptyObject),
        ];
        assert_eq!(seen, wanted.map(|(name, step)| (name.to_string(), step)));
    }
}

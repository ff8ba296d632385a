//! The list of targets: one line each.
use crate::Target;

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every target.
        pub static TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), run: $name::run, seeds: $name::seeds }),*];
    };
}

targets! {
    address,
    bucket,
    column,
    damage,
    decompress,
    directory,
    expression,
    hostile,
    json_rows,
    lossless,
    merge,
    mine,
    objects,
    parsers,
    partial,
    paths,
    plan,
    pruning,
    rows,
    shapes,
    sketches,
    transform,
    values,
}

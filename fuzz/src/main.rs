//! The fuzzer: libFuzzer around the target that the environment variable FUZZ_TARGET names.
//!
//! Without a name it lists the targets; with FUZZ_SEEDS it writes the target's seeds into that folder.
#![cfg_attr(feature = "libfuzzer", no_main)]

use lakebed_fuzz::{TARGETS, Target, find};

/// The target to fuzz; ends the process when something else was asked for.
#[cfg_attr(not(feature = "libfuzzer"), allow(dead_code, reason = "without libFuzzer there is nothing to do"))]
fn chosen() -> &'static Target {
    let Some(name) = std::env::var_os("FUZZ_TARGET") else {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    };
    let name = name.to_string_lossy();
    let target = find(&name).unwrap_or_else(|| panic!("FUZZ_TARGET names no target: '{name}'"));
    let Some(folder) = std::env::var_os("FUZZ_SEEDS").map(std::path::PathBuf::from) else { return target };
    for (number, seed) in (target.seeds)().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed).expect("the folder of the seeds can be written");
    }
    std::process::exit(0);
}

#[cfg(feature = "libfuzzer")]
static TARGET: std::sync::LazyLock<&'static Target> = std::sync::LazyLock::new(chosen);

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(
    init: {
        let _ = TARGET.name;
    },
    |data: &[u8]| (TARGET.run)(data)
);

#[cfg(not(feature = "libfuzzer"))]
fn main() {
    eprintln!("built without libFuzzer: see scripts/fuzz");
}

//! A sketch from elsewhere, its kind before it: taken or refused; what is taken merges with itself and says something.
use lakebed_sketch::{Distinct, Frequent, Quantiles};

pub fn run(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 3 {
        0 => {
            let Ok(mut sketch) = Distinct::load(bytes) else { return };
            let again = Distinct::load(&sketch.dump()).expect("what was dumped can be loaded");
            sketch.merge(&again);
            sketch.update(b"one more");
            assert!(sketch.estimate() >= 0.0);
        }
        1 => {
            let Ok(mut sketch) = Quantiles::load(bytes) else { return };
            let again = Quantiles::load(&sketch.dump()).expect("what was dumped can be loaded");
            assert_eq!(again.count(), sketch.count());
            if sketch.merge(&again).is_ok() {
                sketch.update(1.5);
                let _ = (sketch.quantile(0.0), sketch.quantile(0.5), sketch.quantile(1.0));
            }
        }
        _ => {
            let Ok(mut sketch) = Frequent::load(bytes) else { return };
            let again = Frequent::load(&sketch.dump()).expect("what was dumped can be loaded");
            assert_eq!(again.items(), sketch.items());
            if sketch.merge(&again).is_ok() {
                sketch.update("one more", 1);
                let _ = sketch.items();
            }
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for count in [0u32, 1, 5, 100, 5000] {
        let (mut distinct, mut quantiles, mut frequent) = (Distinct::new(), Quantiles::new(), Frequent::new());
        for number in 0..count {
            distinct.update(&number.to_le_bytes());
            quantiles.update(f64::from(number % 1000));
            frequent.update(&format!("{}", number % 700), 1);
        }
        seeds.extend([[&[0], &distinct.dump()[..]].concat(), [&[1], &quantiles.dump()[..]].concat()]);
        seeds.push([&[2], &frequent.dump()[..]].concat());
    }
    seeds
}

//! Partials of patterns and fields, and rows for them: taken or refused; what is taken merges, and says the same after one more trip.
use lakebed_core::mine::fields::Fields;
use lakebed_core::mine::patterns::Patterns;

pub fn run(data: &[u8]) {
    let mut patterns = Patterns::default();
    let _ = patterns.push(data);
    patterns.update(data);
    if patterns.merge(data).is_ok() {
        let _ = patterns.finish(10);
    }
    let dumped = patterns.dump();
    assert_eq!(Patterns::load(&dumped).expect("what was dumped can be loaded").dump(), dumped);
    let mut fields = Fields::default();
    fields.push(data, 1);
    fields.update(data, 0);
    let _ = fields.merge(data);
    let dumped = fields.dump();
    assert_eq!(Fields::load(&dumped).expect("what was dumped can be loaded").dump(), dumped);
    let _ = (fields.summary(), fields.delta(10));
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut patterns = Patterns::default();
    let mut fields = Fields::default();
    for text in ["user alice from 10.0.0.1", "user bob from 10.0.0.2", "x"] {
        patterns.update(text.as_bytes());
        fields.update(format!(r#"{{"a":"{text}","b":[1,true,{{"c":null}}]}}"#).as_bytes(), 0);
    }
    vec![patterns.dump(), fields.dump(), br#"["user 1",null,{"a":{"b":[1.50,"x"]}}]"#.to_vec()]
}

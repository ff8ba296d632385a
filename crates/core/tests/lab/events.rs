//! Random events: everything JSON can say, and things that look like logs.
use super::dice::Dice;
use super::json::{Json, Text};
use proptest::prelude::*;

/// Keys that repeat, and that look like paths, positions, metadata or nothing at all. `Records` would make an envelope.
const KEYS: [&str; 25] = [
    "a",
    "b",
    "c",
    "a.b",
    "b.a",
    "",
    ".",
    "a[0]",
    "a[]",
    "[0]",
    "x[1",
    "1]",
    "user",
    "name",
    "tags",
    "message",
    "time",
    "ts",
    "n",
    "é",
    "\"\\",
    "@lb.time",
    "@lb.record",
    "@scnr.source_type",
    "%ingest.source_type",
];

const WORDS: [&str; 16] = [
    "alice",
    "bob",
    "Alice",
    "PutObject",
    "error: not found",
    "10.0.0.1",
    "10.0.0.17",
    "404",
    "404.0",
    "true",
    "us-east-1",
    "",
    "-",
    "null",
    "a_b",
    "2026-01-15",
];

fn key() -> impl Strategy<Value = Text> {
    prop_oneof![
        12 => proptest::sample::select(&KEYS[..]).prop_map(Text::from),
        1 => "[a-c.\\[\\]0-2]{0,4}".prop_map(|text| Text::from(text.as_str())),
        1 => any_text(),
    ]
}

fn any_text() -> impl Strategy<Value = Text> {
    let from = move |text: String| Text::from(text.as_str());
    prop_oneof![
        6 => proptest::sample::select(&WORDS[..]).prop_map(Text::from),
        2 => "[ -~]{0,16}".prop_map(from),
        2 => random_run().prop_map(from),
        2 => time_text().prop_map(from),
        1 => proptest::collection::vec(any::<char>(), 0..8).prop_map(move |text| from(text.into_iter().collect())),
        1 => proptest::collection::vec(0xd700u16..=0xe0ff, 0..6).prop_map(Text),
        1 => "([\u{0}-\u{8}]|[0-9a-f]{8}|[\u{0}-\u{ff}]){0,6}".prop_map(from),
        1 => ("[ -~é]{1,12}", 1usize..400).prop_map(move |(text, times)| from(text.repeat(times))),
    ]
}

/// Identifiers, and what only nearly is one.
fn random_run() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[0-9A-F]{8}-[0-9A-F]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "(i-|0x|)[0-9a-f]{6,40}",
        "(AKIA|ASIA|)[A-Z0-9]{12,30}",
        "[A-Za-z0-9+/]{20,80}={0,2}",
        "[A-Za-z0-9_-]{20,80}",
        "arn:aws:iam::[0-9]{12}:role/[A-Za-z]{3,12}/[0-9a-f]{17}",
        "[0-9]{6,30}",
    ]
}

fn time_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "20(19|26)-0[1-9]-[0-2][1-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|\\+02:00|)",
        "(1970|0000|2262|9999)-01-01T00:00:00Z",
        "[0-9]{2}/Jan/2026:10:14:02 [+-]0200",
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-20i64..500).prop_map(|number| number.to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<u64>().prop_map(|number| number.to_string()),
        1 => "-?[1-9][0-9]{15,60}",
        2 => "-?(0|[1-9][0-9]{0,3})\\.[0-9]{1,4}",
        1 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?",
        1 => "17[0-9]{8}(\\.[0-9]{1,9}|[0-9]{3}|[0-9]{6}|[0-9]{9})?",
        1 => proptest::sample::select(vec!["-0", "0", "1.0", "1e0", "100e-2", "4.04e2", "1e999999999", "1E+400"]).prop_map(str::to_string),
    ]
}

pub fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        5 => any_text().prop_map(Json::Text),
        3 => number().prop_map(Json::Number),
        1 => any::<bool>().prop_map(Json::Bool),
        1 => Just(Json::Null),
        1 => prop_oneof![Just(Json::Array(Vec::new())), Just(Json::Object(Vec::new()))],
    ]
}

fn value() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            proptest::collection::vec((key(), inner), 0..5).prop_map(Json::Object),
        ]
    })
}

/// An object of any form; now and then something else on the top level, which is kept as `message`.
pub fn event() -> impl Strategy<Value = Json> {
    prop_oneof![
        30 => proptest::collection::vec((key(), value()), 0..7).prop_map(Json::Object),
        1 => number().prop_map(Json::Number),
        1 => any_text().prop_map(Json::Text),
    ]
}

/// Events as a real source has them: few forms, values that repeat, some surprises; half of them lines of one log.
pub fn events(count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<Json>> {
    let forms = proptest::collection::vec(event(), 1..4);
    let values = proptest::collection::vec(leaf(), 1..12);
    (forms, values, proptest::collection::vec(any::<u64>(), count), any::<u64>()).prop_map(
        |(forms, values, seeds, start)| {
            let log = LogForm::of(&mut Dice(start));
            let make = |(nth, seed): (usize, u64)| {
                let mut dice = Dice(seed);
                if dice.one_in(2) {
                    return log.event(nth, &mut dice);
                }
                let mut event = dice.pick(&forms).clone();
                let is_object = matches!(event, Json::Object(_));
                event.for_each_leaf(&mut |leaf| {
                    if is_object && dice.one_in(3) {
                        *leaf = dice.pick(&values).clone();
                    }
                });
                event
            };
            seeds.into_iter().enumerate().map(make).collect()
        },
    )
}

/// A log whose lines differ in their values only.
struct LogForm {
    start_s: i64,
    step_s: i64,
    time: u8,
}

impl LogForm {
    fn of(dice: &mut Dice) -> Self {
        Self {
            start_s: 1_768_000_000 - dice.below(1000) as i64,
            step_s: dice.below(4) as i64 - 1,
            time: dice.below(8) as u8,
        }
    }

    fn event(&self, nth: usize, dice: &mut Dice) -> Json {
        let seconds = self.start_s + self.step_s * nth as i64;
        let ms = dice.below(3);
        let time = match self.time {
            0 => Json::Number(seconds.to_string()),
            1 => Json::Number(format!("{seconds}{ms:03}")),
            2 => Json::Number(format!("{seconds}.{ms}")),
            form => {
                let digits = [0, 0, 3, 6, 9][usize::from(form - 3)];
                let mut text = Vec::new();
                lakebed_core::value::time::write_iso(seconds * 1_000_000_000, digits, &mut text);
                Json::from(String::from_utf8_lossy(&text).as_ref())
            }
        };
        let id = format!("{:08x}-0000-4000-8000-{:012x}", dice.next() as u32, dice.next() >> 16);
        let mut members = vec![
            ("time", time),
            ("user", Json::from(*dice.pick(&WORDS[..3]))),
            ("n", Json::Number(dice.below(30).to_string())),
            ("id", Json::from(id.as_str())),
            ("ok", Json::Bool(dice.one_in(2))),
            ("tags", Json::Array((0..dice.below(3)).map(|_| Json::from(*dice.pick(&WORDS))).collect())),
        ];
        if dice.one_in(5) {
            members.swap(1, 2);
            members.push(("bytes", Json::Number(format!("{}.5", dice.below(9)))));
        }
        Json::Object(members.into_iter().map(|(name, value)| (Text::from(name), value)).collect())
    }
}

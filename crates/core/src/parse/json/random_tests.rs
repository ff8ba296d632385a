//! The JSON parser on random values and random text.
use super::tests::parse_parts;
use proptest::prelude::*;

/// A JSON value as text, in compact form and with white space and escapes as they come.
fn any_value() -> impl Strategy<Value = (String, String)> {
    let number = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?";
    let leaf = prop_oneof![
        number.prop_map(|text| (text.clone(), text)),
        any_string(),
        prop_oneof![Just("true"), Just("false"), Just("null")].prop_map(|text| (text.to_string(), text.to_string())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let array = proptest::collection::vec((inner.clone(), "[ \n\t\r]{0,2}"), 0..5).prop_map(|elements| {
            let compact: Vec<_> = elements.iter().map(|((compact, _), _)| compact.as_str()).collect();
            let loose: Vec<_> = elements.iter().map(|((_, loose), space)| format!("{space}{loose}{space}")).collect();
            (format!("[{}]", compact.join(",")), format!("[{}]", loose.join(",")))
        });
        prop_oneof![array, any_object(inner)]
    })
}

fn any_object(value: impl Strategy<Value = (String, String)>) -> impl Strategy<Value = (String, String)> {
    proptest::collection::vec((any_string(), value, "[ \n\t\r]{0,2}"), 0..5).prop_map(|members| {
        let compact: Vec<_> = members.iter().map(|((name, _), (value, _), _)| format!("{name}:{value}")).collect();
        let loose: Vec<_> = members
            .iter()
            .map(|((_, name), (_, value), space)| format!("{space}{name}{space}:{space}{value}"))
            .collect();
        (format!("{{{}}}", compact.join(",")), format!("{{{} }}", loose.join(",")))
    })
}

fn any_string() -> impl Strategy<Value = (String, String)> {
    let character = prop_oneof![4 => "[ -~]".prop_map(|text| text.chars().next()), 1 => any::<char>().prop_map(Some)];
    proptest::collection::vec((character, 0u8..6), 0..20).prop_map(|characters| {
        let mut plain = String::new();
        let mut loose = String::from("\"");
        for (character, escape) in characters {
            let Some(character) = character else { continue };
            plain.push(character);
            let mut units = [0; 2];
            match escape {
                0 => {
                    character.encode_utf16(&mut units).iter().for_each(|unit| loose.push_str(&format!("\\u{unit:04x}")))
                }
                1 if character == '/' => loose.push_str("\\/"),
                _ => {
                    let quoted = serde_json::to_string(&character).expect("a string");
                    loose.push_str(&quoted[1..quoted.len() - 1]);
                }
            }
        }
        (serde_json::to_string(&plain).expect("a string"), loose + "\"")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn any_event_comes_back(events in proptest::collection::vec(any_object(any_value()), 1..4), part in 1usize..40) {
        let compact: Vec<String> = events.iter().map(|event| event.0.clone()).collect();
        let text = events.into_iter().map(|event| event.1).collect::<Vec<_>>().join("\n");
        prop_assume!(!text.contains("Records"));
        for line in &compact {
            prop_assert!(serde_json::from_str::<serde_json::Value>(line).is_ok() || line.contains(['e', 'E']));
        }
        prop_assert_eq!(parse_parts(text.as_bytes().chunks(part)).0, compact);
    }

    #[test]
    fn any_text_is_kept(text in "[\\[\\]{}\",:a1 \n\\\\é-]{0,80}", part in 1usize..20) {
        let whole = parse_parts([text.as_bytes()]);
        prop_assert_eq!(parse_parts(text.as_bytes().chunks(part)), whole);
    }
}

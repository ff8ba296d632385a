use crate::transform::tests::tables;
use crate::transform::*;

#[test]
fn programs_that_mean_nothing_are_told() {
    for (steps, expected) in [
        (r#"{"do": "drop", "columns": [], "colums": []}"#, "unknown field `colums`"),
        (r#"{"do": "fly"}"#, "the program of a transform is not as wanted: unknown variant `fly`"),
        (
            r#"{"do": "rename", "from": "a", "to": "b..c"}"#,
            "step 1 of the transform: 'b..c' is no name for a field; wanted keys with dots between them, without positions",
        ),
        (
            r#"{"do": "drop", "columns": []}, {"do": "parse_json", "field": "a", "into": "t[0]"}"#,
            "step 2 of the transform: 't[0]' is no name",
        ),
        (
            r#"{"do": "mask", "columns": [], "key": "00"}"#,
            "step 1 of the transform: the key for masks has 1 bytes, the least is 16",
        ),
        (
            r#"{"do": "mask", "columns": [], "key": "xyz"}"#,
            "step 1 of the transform: the key for masks is not of hexadecimal digits",
        ),
        (r#"{"do": "keep", "where": {"call": "f", "of": []}}"#, "step 1 of the transform: unknown function 'f'"),
        (
            r#"{"do": "lookup", "table": 7, "on": [], "into": "a", "columns": []}"#,
            "step 1 of the transform: there is no table 7, only 2",
        ),
        (
            r#"{"do": "lookup", "table": 0, "on": [], "into": "a", "columns": [["a", "none"]]}"#,
            "step 1 of the transform: the table has no column 'none', it has: owner, site.name",
        ),
        (
            r#"{"do": "lookup", "table": 0, "into": "a", "columns": []}"#,
            "step 1 of the transform: a lookup has either 'on' or 'key'",
        ),
    ] {
        let error =
            Program::parse(format!(r#"{{"steps": [{steps}]}}"#).as_bytes(), tables()).expect_err(steps).to_string();
        assert!(error.contains(expected), "{error}");
    }
    let many = vec![r#"{"do": "drop", "columns": []}"#; program::STEPS_MAX + 1].join(",");
    let error =
        Program::parse(format!(r#"{{"steps": [{many}]}}"#).as_bytes(), Vec::new()).expect_err("too many").to_string();
    assert!(error.contains("a transform of 1001 steps, the most is 1000"), "{error}");
    for (header, data, expected) in [
        ("{}", "", "its header: missing field `kind`"),
        (r#"{"kind": "mmdb"}"#, "x", "not an MMDB file"),
        (r#"{"kind": "rows", "match": "exact", "columns": ["a"]}"#, "[1, [2, 3]]", "row 0 is not a key and 1 values"),
        (r#"{"kind": "rows", "match": "cidr", "columns": []}"#, "[\"x\", []]", "row 0: 'x' is not a network"),
    ] {
        let error = Table::parse(header.as_bytes(), data.into()).err().expect(header);
        assert!(error.contains(expected), "{error}");
    }
}

//! Any program over any events: it is refused, or every event comes out, is left out as it says, or is kept as it came.
use crate::sink::StrictSink;
use lakebed_core::parse::settings::SourceSettings;
use lakebed_core::parse::source::SourceParser;
use lakebed_core::transform::{Program, Table};
use std::sync::Arc;

fn tables() -> Vec<Table> {
    let exact = br#"{"kind":"rows","match":"exact","columns":["owner","n"],"ignore_case":true}"#;
    let networks = br#"{"kind":"rows","match":"cidr","columns":["zone"]}"#;
    let exact = Table::parse(exact, b"[\"a\",[\"ann\",1]]\n[1,[null,{\"x\":[]}]]".to_vec());
    let networks = Table::parse(networks, b"[\"10.0.0.0/8\",[\"in\"]]\n[\"::/0\",[\"out\"]]".to_vec());
    exact.into_iter().chain(networks).collect()
}

/// The program ends at the first line end; the rest are events.
pub fn run(data: &[u8]) {
    let Some(end) = data.iter().position(|&byte| byte == b'\n') else { return };
    let (program, events) = (&data[..end], &data[end + 1..]);
    let Ok(program) = Program::parse(program, tables()) else { return };
    let settings = |program| Arc::new(SourceSettings { transform: program, ..SourceSettings::default() });
    let parse = |settings: Arc<SourceSettings>, part: usize| {
        let mut parser = SourceParser::new(settings, 0);
        let mut sink = StrictSink::default();
        events.chunks(part).for_each(|part| parser.feed(part, &mut sink));
        parser.finish(&mut sink);
        assert_eq!(parser.statistics().events, sink.events.len() as u64);
        (parser.statistics(), sink)
    };
    let settings_of_program = settings(Some(Arc::new(program)));
    let (statistics, sink) = parse(settings_of_program.clone(), usize::MAX);
    let (again, same) = parse(settings_of_program, 7);
    assert!(again == statistics && same == sink, "events depend on how the text arrives");
    let (plain, _) = parse(settings(None), usize::MAX);
    // Only a split makes more of an event, and nothing makes less of it without saying so.
    assert!(statistics.events + statistics.discarded >= plain.events, "an event was lost");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let columns = r#"[{"parts":["a"]},{"parts":["t[",{"star":1},"]"]},{"parts":[{"star":2},"x"]}]"#;
    let is_one = r#"{"call":"equal","of":[{"column":"a"},{"number":"1"}]}"#;
    let steps = [
        r#"{"do":"rename","from":"a","to":"b.c"}"#.to_string(),
        r#"{"do":"rename","from":"t[0]","to":"a"}"#.to_string(),
        format!(r#"{{"do":"drop","columns":{columns},"when":{is_one}}}"#),
        format!(r#"{{"do":"mask","columns":{columns},"key":"30313233343536373839616263646566","regex":"[a-z]+"}}"#),
        r#"{"do":"parse_json","field":"m","into":""}"#.to_string(),
        r#"{"do":"parse_json","field":"m","into":"m.j"}"#.to_string(),
        r#"{"do":"parse_key_value","field":"m","into":"kv"}"#.to_string(),
        r#"{"do":"split","field":"t","lift":false}"#.to_string(),
        r#"{"do":"split","field":"t","lift":true}"#.to_string(),
        r#"{"do":"unwrap","field":"b"}"#.to_string(),
        r#"{"do":"set","fields":[{"name":"@ecs.a","value":{"column":"a"}},{"name":"p","value":{"pattern":{"parts":[{"star":2}]}}}]}"#.to_string(),
        format!(r#"{{"do":"keep","where":{is_one}}}"#),
        format!(r#"{{"do":"discard","where":{is_one},"source_types":["json"]}}"#),
        format!(r#"{{"do":"lookup","table":0,"on":{columns},"into":"l","columns":[["o","owner"],["n","n"]]}}"#),
        format!(r#"{{"do":"lookup","table":1,"on":{columns},"into":"l.k","columns":[["zone","zone"]],"append":true}}"#),
    ];
    let events = "{\"a\":1,\"m\":\"{\\\"a\\\":[1,{}],\\\"k\\\":2}\",\"t\":[{\"a\":2,\"x\":\"10.0.0.1\"},{}]}\n\
                  {\"a\":\"A\",\"m\":\"k=v w=\\\"x y\\\"\",\"t\":[1,\"x\"],\"b\":{\"c\":null}}\n{\"m\":5,\"a.x\":true}\nno json {\n";
    let program = |steps: &[String]| format!("{{\"steps\":[{}]}}\n{events}", steps.join(",")).into_bytes();
    let alone = steps.iter().map(|step| program(std::slice::from_ref(step)));
    alone.chain([program(&steps), program(&steps[6..])]).collect()
}

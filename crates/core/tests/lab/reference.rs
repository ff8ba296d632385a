//! What a search must answer, found the slow and obvious way: event after event, value after value.
use super::filters::{Column, Filter};
use super::json::Json;
use super::world::Event;
use lakebed_core::format::column::Kind;
use lakebed_core::value::cidr::{Network, parse_address};
use lakebed_core::value::column::{ColumnPart, ColumnPattern};
use lakebed_core::value::decimal::compare;
use lakebed_core::value::pattern::ValuePattern;
use lakebed_core::value::time::{format_rfc3339, parse_time};
use std::cmp::Ordering;

/// A value of an event with its flattened name.
#[derive(Debug, Clone)]
pub struct Flat {
    pub name: Vec<u8>,
    pub kind: Kind,
    /// The text form.
    pub text: Vec<u8>,
}

/// The columns of an event, in order.
pub fn flatten(event: &Json) -> Vec<Flat> {
    let mut values = Vec::new();
    if let Json::Object(members) = event {
        members.iter().for_each(|(key, value)| flatten_into(key.wtf8(), value, &mut values));
    }
    values
}

fn flatten_into(name: Vec<u8>, value: &Json, values: &mut Vec<Flat>) {
    let (kind, text) = match value {
        Json::Null => return,
        Json::Bool(value) => (Kind::Bool, value.to_string().into_bytes()),
        Json::Number(text) => (Kind::Number, text.clone().into_bytes()),
        Json::Text(text) => (Kind::Text, text.wtf8()),
        Json::Array(elements) => {
            for (nth, element) in elements.iter().enumerate() {
                flatten_into([&name[..], format!("[{nth}]").as_bytes()].concat(), element, values);
            }
            return;
        }
        Json::Object(members) => {
            for (key, value) in members {
                flatten_into([&name[..], b".", &key.wtf8()].concat(), value, values);
            }
            return;
        }
    };
    values.push(Flat { name, kind, text });
}

fn metadata(event: &Event, name: &str) -> Option<(Kind, Vec<u8>)> {
    let text = |text: &str| Some((Kind::Text, text.as_bytes().to_vec()));
    match name {
        "@lb.time" | "@scnr.datetime" => text(&format_rfc3339(event.time_ns)),
        "@lb.time_ns" | "@scnr.time_ns" => Some((Kind::Number, event.time_ns.to_string().into_bytes())),
        "@lb.time_source" => text(&event.time_source),
        "@lb.received" => text(&format_rfc3339(event.received_ns)),
        "@lb.object" => text(&event.object),
        "@lb.record" => Some((Kind::Number, event.record.to_string().into_bytes())),
        "@lb.source_type" | "@scnr.source_type" | "%ingest.source_type" => text("json"),
        _ => None,
    }
}

/// The values of a named column.
pub fn named(event: &Event, name: &str) -> Vec<(Kind, Vec<u8>)> {
    let own = flatten(&event.json).into_iter().filter(|value| value.name == name.as_bytes());
    let own: Vec<_> = own.map(|value| (value.kind, value.text)).collect();
    let is_metadata = name.starts_with("@lb.") && (metadata(event, name).is_some() || name == "@lb.parse_error");
    match metadata(event, name) {
        Some(value) if is_metadata || own.is_empty() => vec![value],
        None if is_metadata => Vec::new(),
        _ => own,
    }
}

fn values(event: &Event, column: &Column) -> Vec<(Kind, Vec<u8>)> {
    if let Some(name) = column.literal() {
        return named(event, &name);
    }
    let pattern = match column {
        Column::Any => ColumnPattern::new(vec![ColumnPart::DoubleStar]),
        Column::Parts(parts) => ColumnPattern::new(parts.clone()),
    };
    let all = flatten(&event.json).into_iter().filter(|value| pattern.matches(&value.name));
    all.map(|value| (value.kind, value.text)).collect()
}

/// Whether an event passes.
pub fn holds(filter: &Filter, event: &Event) -> bool {
    let any = |column: &Column, test: &dyn Fn(Kind, &[u8]) -> bool| {
        values(event, column).iter().any(|(kind, text)| test(*kind, text))
    };
    match filter {
        Filter::All(of) => of.iter().all(|filter| holds(filter, event)),
        Filter::Any(of) => of.iter().any(|filter| holds(filter, event)),
        Filter::Not(of) => !holds(of, event),
        Filter::Has(column, parts, exact) => {
            let pattern = ValuePattern::new(parts, *exact);
            any(column, &|_, text| pattern.contains(text))
        }
        Filter::Is(column, parts, exact, number) => {
            let pattern = ValuePattern::new(parts, *exact);
            any(column, &|kind, text| {
                let equals =
                    |number: &String| kind == Kind::Number && compare(text, number.as_bytes()) == Ordering::Equal;
                pattern.matches_whole(text) || number.as_ref().is_some_and(equals)
            })
        }
        Filter::Exists(column) => any(column, &|_, _| true),
        Filter::Compare(column, relation, number) => {
            any(column, &|kind, text| kind == Kind::Number && relates(compare(text, number.as_bytes()), relation))
        }
        Filter::CompareTime(column, relation, time_ns) => any(column, &|kind, text| {
            kind == Kind::Text && parse_time(text).is_some_and(|time| relates(time.cmp(time_ns), relation))
        }),
        Filter::Cidr(column, network) => {
            let network = Network::parse(network).expect("a network");
            any(column, &|_, text| parse_address(text).is_some_and(|address| network.contains(address)))
        }
        Filter::Regex(column, regex) => {
            let regex = regex::bytes::Regex::new(regex).expect("a regular expression");
            any(column, &|_, text| regex.is_match(text))
        }
    }
}

fn relates(order: Ordering, relation: &str) -> bool {
    match relation {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// A row of chosen columns, as JSON.
pub fn projected(event: &Event, columns: &[String]) -> Vec<u8> {
    let mut out = vec![b'{'];
    for name in columns {
        let Some((kind, text)) = named(event, name).into_iter().next() else { continue };
        if out.len() > 1 {
            out.push(b',');
        }
        lakebed_core::value::json::put_string(&mut out, name.as_bytes());
        out.push(b':');
        match kind {
            Kind::Text => lakebed_core::value::json::put_string(&mut out, &text),
            _ => out.extend_from_slice(&text),
        }
    }
    out.push(b'}');
    out
}

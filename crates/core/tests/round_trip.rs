//! Whatever JSON goes in comes out of a search again, in the right order, and filters and aggregates agree with the obvious
//! evaluator, with and without the index, whole and in parts.
mod lab;

use lab::aggregates::{FUNCTIONS, Function, table};
use lab::dice::Dice;
use lab::filters::Filter;
use lab::index::{Indexed, index};
use lab::json::Json;
use lab::reference::{flatten, holds, projected};
use lab::search::{Ask, How, table as merged};
use lab::world::{Event, Making, Part, build};
use lab::{cases, events};
use lakebed_core::search::leaf::OutputRow;
use lakebed_core::write::builder::BuilderOptions;
use proptest::prelude::*;
use serde_json::json;

fn objects() -> impl Strategy<Value = Vec<Vec<Json>>> {
    proptest::collection::vec(events::events(0..40), 1..6)
}

fn making() -> impl Strategy<Value = Making> {
    (1usize..12, 20usize..2000, 1usize..5000, 1usize..5, any::<u64>())
        .prop_map(|(page_rows, page_bytes, part, cut, seed)| Making { page_rows, page_bytes, part, cut, seed })
}

/// The rows that a plan over a part must give.
fn wanted(part: &Part, ask: &Ask, filter: &Filter) -> Vec<OutputRow> {
    let mut rows = passing(part, ask, filter);
    if ask.newest_first {
        rows.reverse();
    }
    rows.truncate(ask.limit.map_or(usize::MAX, |limit| limit as usize));
    let row = |event: &Event| match &ask.columns {
        Some(columns) => OutputRow { json: projected(event, columns), ..event.row() },
        None => event.row(),
    };
    rows.into_iter().map(row).collect()
}

/// The events of a part that are in the time range and pass, oldest first.
fn passing<'a>(part: &'a Part, ask: &Ask, filter: &Filter) -> Vec<&'a Event> {
    let objects = || part.segment.facts.objects.iter().enumerate();
    let is_dead = |event: &Event| objects().any(|(bit, object)| object.url == event.object && ask.dead >> bit & 1 == 1);
    let in_range = |event: &&Event| {
        ask.since_ns.is_none_or(|since| event.time_ns >= since)
            && ask.until_ns.is_none_or(|until| event.time_ns < until)
            && !is_dead(event)
    };
    part.events.iter().filter(in_range).filter(|event| holds(filter, event)).collect()
}

/// Says where two lists of rows part, and no more than that.
fn same(found: &[OutputRow], wanted: &[OutputRow], what: &str) -> Result<(), TestCaseError> {
    let shown = |row: Option<&OutputRow>| match row {
        Some(row) => format!("{} {} {} {}", row.time_ns, row.object, row.record, String::from_utf8_lossy(&row.json)),
        None => "nothing".to_string(),
    };
    let at = (0..found.len().max(wanted.len())).find(|&at| found.get(at) != wanted.get(at));
    let Some(at) = at else { return Ok(()) };
    let (found, wanted) = (shown(found.get(at)), shown(wanted.get(at)));
    Err(TestCaseError::fail(format!("row {at} of {what}\n  found {found}\n wanted {wanted}")))
}

fn everything() -> Filter {
    Filter::All(Vec::new())
}

/// A time of an event, or one beside it.
fn near_time(part: &Part, dice: &mut Dice) -> i64 {
    dice.pick(&part.events).time_ns.saturating_add(dice.below(3) as i64 - 1)
}

fn column_names(part: &Part, count: usize, dice: &mut Dice) -> Vec<String> {
    let name = |dice: &mut Dice| {
        let values = flatten(&dice.pick(&part.events).json);
        match values.is_empty() || dice.one_in(6) {
            true => dice
                .pick(&["nothing", "@lb.record", "@lb.time", "@lb.time_ns", "@scnr.source_type", "tags[1]"])
                .to_string(),
            false => String::from_utf8_lossy(&dice.pick(&values).name).into_owned(),
        }
    };
    (0..count).map(|_| name(dice)).collect()
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn every_event_comes_back_in_order(objects in objects(), making in making()) {
        for part in build(&objects, &making) {
            for newest_first in [true, false] {
                let ask = Ask { newest_first, ..Ask::default() };
                let answer = part.search(&ask, How::default(), newest_first);
                same(&answer.rows, &wanted(&part, &ask, &everything()), "all")?;
                prop_assert_eq!(answer.cost.events_matched, part.events.len() as u64);
            }
        }
    }

    #[test]
    fn limits_times_and_columns_are_kept(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        for part in build(&objects, &making) {
            let names = dice.below(4);
            let ask = Ask {
                newest_first: dice.one_in(2),
                limit: dice.one_in(2).then(|| dice.below(part.events.len() + 2) as u64),
                since_ns: dice.one_in(2).then(|| near_time(&part, &mut dice)),
                until_ns: dice.one_in(3).then(|| near_time(&part, &mut dice)),
                columns: dice.one_in(2).then(|| column_names(&part, names, &mut dice)),
                dead: if dice.one_in(3) { dice.below(16) as u32 } else { 0 },
                ..Ask::default()
            };
            let answer = part.search(&ask, How::default(), dice.one_in(2));
            same(&answer.rows, &wanted(&part, &ask, &everything()), &format!("{ask:?}"))?;
        }
    }

    /// Rows behind the floor may be missing, all others are there, and nothing else.
    #[test]
    fn a_narrowed_search_loses_nothing_that_is_wanted(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        for part in build(&objects, &making) {
            let ask = Ask {
                newest_first: dice.one_in(2),
                limit: dice.one_in(2).then(|| 1 + dice.below(part.events.len() + 2) as u64),
                ..Ask::default()
            };
            let floor_ns = near_time(&part, &mut dice);
            let how = How { narrow: Some((dice.below(4) as u64, floor_ns)), ..How::default() };
            let answer = part.search(&ask, how, true);
            let all = wanted(&part, &ask, &everything());
            let is_wanted = |row: &&OutputRow| if ask.newest_first { row.time_ns >= floor_ns } else { row.time_ns <= floor_ns };
            let floor = all.iter().filter(is_wanted).count();
            prop_assert!(answer.rows.len() >= floor, "{} of {} rows, {:?} {:?}", answer.rows.len(), floor, ask, how);
            same(&answer.rows, &all[..answer.rows.len().min(all.len())], &format!("{ask:?}"))?;
        }
    }

    #[test]
    fn filters_agree_with_the_obvious_evaluator_with_and_without_the_index(
        objects in objects(),
        making in making(),
        seed: u64,
    ) {
        let mut dice = Dice(seed);
        for part in build(&objects, &making) {
            for _ in 0..12 {
                let filter = Filter::random(&part.events, &mut dice, 2);
                let ask = Ask {
                    filter: filter.json(),
                    newest_first: dice.one_in(2),
                    limit: dice.one_in(3).then(|| dice.below(5) as u64),
                    since_ns: dice.one_in(4).then(|| near_time(&part, &mut dice)),
                    ..Ask::default()
                };
                let expected = wanted(&part, &ask, &filter);
                for use_index in [true, false] {
                    let ask = Ask { use_index, ..ask.clone() };
                    let answer = part.search(&ask, How::default(), dice.one_in(2));
                    same(&answer.rows, &expected, &format!("index {use_index}, filter {}", ask.filter))?;
                }
            }
        }
    }

    #[test]
    fn groups_searched_one_by_one_give_what_one_pass_gives(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        for part in build(&objects, &making) {
            let filter = if dice.one_in(2) { everything() } else { Filter::random(&part.events, &mut dice, 1) };
            let ask = Ask { filter: filter.json(), limit: dice.one_in(2).then(|| dice.below(20) as u64), ..Ask::default() };
            let mut rows = Vec::new();
            for groups in random_cuts(part.groups(), &mut dice) {
                rows.extend(part.search(&ask, How { groups: Some(groups), ..How::default() }, false).rows);
            }
            rows.sort_by(|a, b| (b.time_ns, &b.object, b.record).cmp(&(a.time_ns, &a.object, a.record)));
            rows.truncate(ask.limit.map_or(usize::MAX, |limit| limit as usize));
            same(&rows, &wanted(&part, &ask, &filter), &format!("{ask:?}"))?;
        }
    }

    #[test]
    fn aggregates_merged_over_cuts_give_what_one_pass_gives(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        let parts = build(&objects, &making);
        let Some(first) = parts.first() else { return Ok(()) };
        let count = dice.below(3);
        let by = column_names(first, count, &mut dice);
        let mut functions = Vec::new();
        for (name, columns, parameter) in FUNCTIONS {
            let columns = (0..columns).filter_map(|_| column_names(first, 1, &mut dice).pop()).collect();
            functions.push(Function { name, columns, parameters: parameter.iter().map(|text| text.to_string()).collect() });
        }
        functions.retain(|_| dice.one_in(3));
        let list: Vec<_> = functions.iter().map(Function::json).collect();
        let filter = if dice.one_in(2) { everything() } else { Filter::random(&first.events, &mut dice, 1) };
        let aggregate = Some(json!({"by": by, "functions": list}));
        let dead = if dice.one_in(3) { dice.below(16) as u32 } else { 0 };
        let ask = Ask { filter: filter.json(), aggregate, use_index: dice.one_in(2), dead, ..Ask::default() };
        let (mut whole, mut cut) = (Vec::new(), Vec::new());
        for part in &parts {
            whole.push(part.search(&ask, How::default(), dice.one_in(2)).partial);
            for groups in random_cuts(part.groups(), &mut dice) {
                let at = dice.below(cut.len() + 1);
                cut.insert(at, part.search(&ask, How { groups: Some(groups), ..How::default() }, false).partial);
            }
        }
        let events: Vec<&Event> = parts.iter().flat_map(|part| passing(part, &ask, &filter)).collect();
        let expected = table(&events, &by, &functions, &mut dice);
        prop_assert_eq!(merged(&ask.plan(), &whole).expect("partials"), expected.clone(), "by {:?} {:?}", by, functions);
        prop_assert_eq!(merged(&ask.plan(), &cut).expect("partials"), expected);
    }
}

proptest! {
    #![proptest_config(cases(3))]

    /// Thousands of events: pages of hundreds of rows, columns page by page, many buckets, searches in several batches.
    #[test]
    fn larger_segments_agree_too(
        objects in proptest::collection::vec(events::events(300..3000), 2..5),
        making in (100usize..400, any::<u64>()),
        seed: u64,
    ) {
        let mut dice = Dice(seed);
        let making = Making { page_rows: making.0, page_bytes: 1 << 20, part: 1 << 20, cut: 10, seed: making.1 };
        for part in build(&objects, &making) {
            let ask = Ask { newest_first: dice.one_in(2), ..Ask::default() };
            same(&part.search(&ask, How::default(), true).rows, &wanted(&part, &ask, &everything()), "all")?;
            for _ in 0..25 {
                let filter = Filter::random(&part.events, &mut dice, 2);
                let names = dice.below(4);
                let ask = Ask {
                    filter: filter.json(),
                    newest_first: dice.one_in(2),
                    limit: dice.one_in(2).then(|| dice.below(100) as u64),
                    columns: dice.one_in(3).then(|| column_names(&part, names, &mut dice)),
                    since_ns: dice.one_in(4).then(|| near_time(&part, &mut dice)),
                    ..Ask::default()
                };
                let expected = wanted(&part, &ask, &filter);
                for use_index in [true, false] {
                    let ask = Ask { use_index, ..ask.clone() };
                    let answer = part.search(&ask, How::default(), dice.one_in(2));
                    same(&answer.rows, &expected, &format!("{ask:?}"))?;
                }
            }
        }
    }
}

/// Dictionaries of more than 65,536 texts, whose positions need three bytes.
#[test]
fn dictionaries_of_any_size() {
    for (rows, distinct) in [(250, 100), (98_000, 300), (98_000, 66_000)] {
        let value = |n: usize| n * 7919 % distinct;
        let line = |n: usize| format!("{{\"id\":{},\"name\":\"user {} of many\"}}\n", value(n), value(n));
        let text: String = (0..rows).map(line).collect();
        let Indexed { segments, .. } = index(text.as_bytes(), BuilderOptions::default());
        assert!(lab::index::events(&segments).iter().map(String::as_str).eq(text.lines()));
        let by = |column: &str| {
            let aggregate = json!({"by": [column], "functions": [{"name": "sum", "columns": ["id"]}]});
            let ask = Ask { aggregate: Some(aggregate), ..Ask::default() };
            merged(&ask.plan(), &[lab::index::search(&segments[0], &ask).partial]).expect("a table")
        };
        assert_eq!(by("name").matches("user ").count(), distinct);
        for wanted in [0, 77, distinct - 1] {
            let count = (0..rows).filter(|&n| value(n) == wanted).count();
            assert!(by("id").contains(&format!("[{wanted},{},{count}]", wanted * count)));
            let has = json!({"op": "has", "column": {"parts": ["name"]}, "pattern": {"parts": [format!("user {wanted} of")]}});
            assert_eq!(lab::index::search(&segments[0], &Ask { filter: has, ..Ask::default() }).rows.len(), count);
        }
    }
}

/// Ranges that together are all groups.
fn random_cuts(groups: usize, dice: &mut Dice) -> Vec<(usize, usize)> {
    let mut cuts = Vec::new();
    let mut start = 0;
    while start < groups {
        let end = start + 1 + dice.below(groups - start);
        cuts.push((start, end));
        start = end;
    }
    cuts
}

//! Segments merged hold what their inputs held: every row with all that is known of it, for any events, any cuts into segments, any
//! dead objects, and merged again; what is deleted is gone, and nothing else.
mod lab;

use lab::dice::Dice;
use lab::filters::Filter;
use lab::json::Json;
use lab::merge::{Input, merge, parts_of};
use lab::reference::holds;
use lab::search::{Ask, How};
use lab::world::{Event, Making, Part, build};
use lab::{cases, events};
use lakebed_core::merge::Moved;
use lakebed_core::search::leaf::OutputRow;
use proptest::prelude::*;
use serde_json::json;

fn objects() -> impl Strategy<Value = Vec<Vec<Json>>> {
    proptest::collection::vec(events::events(0..40), 1..6)
}

fn making() -> impl Strategy<Value = Making> {
    (1usize..12, 20usize..2000, 1usize..5000, 1usize..4, any::<u64>())
        .prop_map(|(page_rows, page_bytes, part, cut, seed)| Making { page_rows, page_bytes, part, cut, seed })
}

const METADATA: [&str; 8] = [
    "@lb.time",
    "@lb.time_ns",
    "@lb.time_source",
    "@lb.received",
    "@lb.object",
    "@lb.record",
    "@lb.source_type",
    "@lb.parse_error",
];

/// Every row of a part, as event and as metadata, in the order of an answer.
fn everything(part: &Part) -> Vec<(OutputRow, Vec<u8>)> {
    let columns = Some(METADATA.map(str::to_string).to_vec());
    let rows = part.search(&Ask { newest_first: false, ..Ask::default() }, How::default(), true).rows;
    let told = part.search(&Ask { newest_first: false, columns, ..Ask::default() }, How::default(), true).rows;
    assert_eq!(rows.len(), told.len());
    rows.into_iter().zip(told.into_iter().map(|row| row.json)).collect()
}

/// What the merge of parts must hold, from the parts themselves.
fn wanted(inputs: &[Input<'_>], is_kept: impl Fn(&Event) -> bool) -> Vec<(OutputRow, Vec<u8>)> {
    let mut rows = Vec::new();
    for input in inputs {
        let dead: Vec<&str> =
            input.dead.iter().map(|&number| input.part.segment.facts.objects[number as usize].url.as_str()).collect();
        let events = &input.part.events;
        let all = everything(input.part);
        assert_eq!(all.len(), events.len());
        let kept =
            all.into_iter().zip(events).filter(|(_, event)| !dead.contains(&event.object.as_str()) && is_kept(event));
        rows.extend(kept.map(|(row, _)| row));
    }
    let key = |row: &(OutputRow, Vec<u8>)| (row.0.time_ns, row.0.object.clone(), row.0.record);
    rows.sort_by_key(key);
    rows
}

fn same(found: &[(OutputRow, Vec<u8>)], wanted: &[(OutputRow, Vec<u8>)]) -> Result<(), TestCaseError> {
    let shown = |row: Option<&(OutputRow, Vec<u8>)>| match row {
        Some((row, told)) => {
            format!(
                "{} {} {} {}\n   {}",
                row.time_ns,
                row.object,
                row.record,
                String::from_utf8_lossy(&row.json),
                String::from_utf8_lossy(told)
            )
        }
        None => "nothing".to_string(),
    };
    let Some(at) = (0..found.len().max(wanted.len())).find(|&at| found.get(at) != wanted.get(at)) else {
        return Ok(());
    };
    Err(TestCaseError::fail(format!("row {at}\n  found {}\n wanted {}", shown(found.get(at)), shown(wanted.get(at)))))
}

fn random_dead(part: &Part, dice: &mut Dice) -> Vec<u32> {
    let chance = 1 + dice.below(4);
    (0..part.segment.facts.objects.len() as u32).filter(|_| chance < 4 && dice.one_in(chance + 1)).collect()
}

/// Where each object of the inputs must be in the output.
fn moves(inputs: &[Input<'_>]) -> (Vec<Moved>, Vec<String>) {
    let (mut moved, mut urls) = (Vec::new(), Vec::new());
    for input in inputs {
        moved.push(Moved { first: urls.len() as u32, dropped: input.dead.clone() });
        let objects = (0u32..).zip(&input.part.segment.facts.objects);
        urls.extend(objects.filter(|(number, _)| !input.dead.contains(number)).map(|(_, object)| object.url.clone()));
    }
    (moved, urls)
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_merge_holds_what_its_inputs_held(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        let parts = build(&objects, &making);
        let inputs: Vec<Input<'_>> =
            parts.iter().map(|part| Input { dead: random_dead(part, &mut dice), ..Input::of(part) }).collect();
        let expected = wanted(&inputs, |_| true);
        let done = merge(&inputs, &making).expect("whole segments");
        let (moved, urls) = moves(&inputs);
        prop_assert_eq!(&done.moved, &moved);
        prop_assert_eq!(done.deleted_events, 0);
        let Some(segment) = done.segment else {
            prop_assert!(expected.is_empty());
            return Ok(());
        };
        prop_assert_eq!(segment.facts.events, expected.len() as u64);
        let counts: u64 = segment.facts.objects.iter().map(|object| object.events).sum();
        prop_assert_eq!(counts, expected.len() as u64);
        prop_assert_eq!(&segment.facts.objects.iter().map(|object| object.url.clone()).collect::<Vec<_>>(), &urls);
        if inputs.iter().all(|input| input.dead.is_empty()) {
            let raw_bytes: u64 = parts.iter().map(|part| part.segment.facts.raw_bytes).sum();
            prop_assert_eq!(segment.facts.raw_bytes, raw_bytes);
        }
        let events = parts.iter().flat_map(|part| part.events.clone()).filter(|event| urls.contains(&event.object)).collect();
        let merged = Part::of(segment, events);
        same(&everything(&merged), &expected)?;
        // Once more, with pages of another size: a merge of a merge.
        let other = Making { page_rows: 1 + dice.below(30), ..making.clone() };
        let again = merge(&[Input::of(&merged)], &other).expect("a whole segment");
        let again = Part::of(again.segment.expect("events"), merged.events.clone());
        prop_assert_eq!(again.segment.facts.raw_bytes, merged.segment.facts.raw_bytes);
        same(&everything(&again), &expected)?;
    }

    /// The index of a merge is as good as that of a segment made of the same objects: same answers, same pages read.
    #[test]
    fn a_merge_answers_as_its_inputs_do(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        let parts = build(&objects, &making);
        let inputs: Vec<Input<'_>> = parts.iter().map(Input::of).collect();
        let Some(segment) = merge(&inputs, &making).expect("whole segments").segment else { return Ok(()) };
        let merged = Part::of(segment, parts.iter().flat_map(|part| part.events.clone()).collect());
        for _ in 0..8 {
            let filter = Filter::random(&merged.events, &mut dice, 2);
            let ask = Ask { filter: filter.json(), newest_first: false, ..Ask::default() };
            let mut rows: Vec<OutputRow> = Vec::new();
            parts.iter().for_each(|part| rows.extend(part.search(&ask, How::default(), false).rows));
            rows.sort_by(|a, b| (a.time_ns, &a.object, a.record).cmp(&(b.time_ns, &b.object, b.record)));
            for use_index in [true, false] {
                let answer = merged.search(&Ask { use_index, ..ask.clone() }, How::default(), false);
                prop_assert_eq!(&answer.rows, &rows, "index {}, filter {}", use_index, ask.filter);
            }
        }
    }

    #[test]
    fn what_a_deletion_takes_is_gone_and_nothing_else(objects in objects(), making in making(), seed: u64) {
        let mut dice = Dice(seed);
        let parts = build(&objects, &making);
        let all: Vec<Event> = parts.iter().flat_map(|part| part.events.clone()).collect();
        if all.is_empty() {
            return Ok(());
        }
        let filters: Vec<Filter> = (0..1 + dice.below(2)).map(|_| Filter::random(&all, &mut dice, 2)).collect();
        let (since_ns, until_ns) = (dice.one_in(3).then(|| dice.pick(&all).time_ns), dice.one_in(3).then(|| dice.pick(&all).time_ns));
        let ranged = since_ns.is_some() || until_ns.is_some() || dice.one_in(2);
        let deletions: Vec<String> = filters
            .iter()
            .map(|filter| match ranged {
                true => json!({"filter": filter.json(), "since_ns": since_ns, "until_ns": until_ns}).to_string(),
                false => filter.json().to_string(),
            })
            .collect();
        let inputs: Vec<Input<'_>> = parts
            .iter()
            .map(|part| Input { dead: random_dead(part, &mut dice), deletions: deletions.clone(), ..Input::of(part) })
            .collect();
        let is_deleted = |event: &Event| {
            let is_in = since_ns.is_none_or(|since| event.time_ns >= since) && until_ns.is_none_or(|until| event.time_ns < until);
            is_in && filters.iter().any(|filter| holds(filter, event))
        };
        let expected = wanted(&inputs, |event| !is_deleted(event));
        let alive = wanted(&inputs, |_| true).len();
        let done = merge(&inputs, &making).expect("whole segments");
        prop_assert_eq!(done.deleted_events, (alive - expected.len()) as u64);
        let (moved, urls) = moves(&inputs);
        prop_assert_eq!(&done.moved, &moved);
        let Some(segment) = done.segment else {
            prop_assert!(expected.is_empty());
            return Ok(());
        };
        let (bytes, total) = (segment.facts.raw_bytes, parts.iter().map(|part| part.segment.facts.raw_bytes).sum());
        prop_assert!(bytes <= total && (bytes < total) == (expected.len() < all.len()), "{} of {}", bytes, total);
        prop_assert_eq!(segment.facts.objects.iter().map(|object| object.url.clone()).collect::<Vec<_>>(), urls);
        same(&everything(&Part::of(segment, Vec::new())), &expected)?;
    }
}

proptest! {
    #![proptest_config(cases(3))]

    /// Thousands of events, in groups that the merge cuts anew.
    #[test]
    fn larger_segments_merge_too(
        objects in proptest::collection::vec(events::events(300..3000), 3..7),
        making in (100usize..400, any::<u64>()),
        seed: u64,
    ) {
        let mut dice = Dice(seed);
        let making = Making { page_rows: making.0, page_bytes: 1 << 20, part: 1 << 20, cut: 2, seed: making.1 };
        let parts = build(&objects, &making);
        let inputs: Vec<Input<'_>> =
            parts.iter().map(|part| Input { dead: random_dead(part, &mut dice), ..Input::of(part) }).collect();
        let expected = wanted(&inputs, |_| true);
        let Some(segment) = merge(&inputs, &making).expect("whole segments").segment else { return Ok(()) };
        let merged = Part::of(segment, Vec::new());
        same(&everything(&merged), &expected)?;
    }
}

/// An object that two segments share, with all its events at one time: their order is that of their records, before and after.
#[test]
fn parts_of_one_object_keep_their_order() {
    let lines: Vec<String> = (0..40).map(|n| format!("{{\"time\":\"2026-01-15T10:00:00Z\",\"n\":{n}}}\n")).collect();
    let segments = parts_of(&lines.concat(), 7);
    assert_eq!(segments.len(), 6);
    for order in [[0, 1, 2, 3, 4, 5], [5, 3, 1, 4, 2, 0]] {
        let inputs: Vec<Input<'_>> = order.iter().map(|&at| Input::of(&segments[at])).collect();
        let making = Making { page_rows: 4, page_bytes: 1 << 20, part: 0, cut: 0, seed: 0 };
        let merged = Part::of(merge(&inputs, &making).expect("whole segments").segment.expect("events"), Vec::new());
        let rows = merged.search(&Ask { newest_first: false, ..Ask::default() }, How::default(), true).rows;
        assert_eq!(rows.iter().map(|row| row.record).collect::<Vec<_>>(), (0..40).collect::<Vec<u64>>(), "{order:?}");
    }
}

"""The slow oracle's `patterns`, `fieldsummary` and `delta`: by their description."""

from __future__ import annotations

import json
import re
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests import oracle, oracle_filter
from tests.events import Json, Num
from tests.oracle_filter import text_of
from tests.oracle_functions import MISSING, number, order_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.query.stages.delta import Delta
    from lakebed.query.stages.fieldsummary import FieldSummary
    from lakebed.query.stages.patterns import Patterns

WORD = r"[A-Za-z0-9_\u0080-\U0010ffff]+"
GAP = "\0gap\0"


def patterns(stage: Patterns, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow]:
    """The templates of texts."""
    shapes: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for row in rows:
        value = row.value(stage.column or "message")
        if value is MISSING and stage.column is not None:
            continue
        text = compact(row.answer()) if value is MISSING else text_of(value)
        shape = shape_of(text)
        shapes[shape] += 1
        examples[shape] = min(examples.get(shape, text), text, key=str.encode)
    templates: list[tuple[list[str], list[str]]] = []  # the pieces of a template, the shapes that it stands for
    for shape in sorted(shapes, key=lambda shape: (-shapes[shape], shape.replace(GAP, "\U0010ffff").encode())):
        pieces = re.findall(f"{GAP}|{WORD}|(?s:.)", shape)
        best = max(
            (template for template in templates if alike(template[0], pieces)),
            key=lambda template: len(same_words(template[0], pieces)),
            default=None,
        )
        if best is None:
            templates.append((pieces, [shape]))
        else:
            best[0][:] = [a if a == b else GAP for a, b in zip(best[0], pieces, strict=True)]
            best[1].append(shape)
    named: dict[str, tuple[int, list[str]]] = {}
    for pieces, members in templates:
        name = "".join(pieces).replace(GAP, "<*>")
        count, known = named.get(name, (0, []))
        named[name] = (count + sum(shapes[shape] for shape in members), [*known, *(examples[s] for s in members)])
    ordered = sorted(named.items(), key=lambda item: (-item[1][0], item[0].encode()))
    return [
        oracle.OracleRow(
            None, {"@q.pattern": name, "@q.count": number(count), "@q.example": min(texts, key=str.encode)}
        )
        for name, (count, texts) in ordered[: stage.limit]
    ]


def shape_of(text: str) -> str:
    out = ""
    for piece in re.findall(rf"\s+|{WORD}|(?s:.)", text.strip(" \t\n\r\f")):
        if re.fullmatch(r"[ \t\n\r\f]+", piece):
            out += " "
            continue
        joins = re.search(GAP + "[.:/,+-]$", out)
        is_part = re.search(GAP + "[:-]$", out) and len(piece) in (2, 4, 8, 12) and re.fullmatch("[0-9a-fA-F]+", piece)
        is_value = re.fullmatch(WORD, piece) and (re.search("[0-9]", piece) or re.fullmatch("[a-fA-F]{8,}", piece))
        if not is_part and not is_value:
            out += piece
        elif joins:
            out = out[:-1]
        else:
            out += GAP
    return out


def is_word(piece: str) -> bool:
    return re.fullmatch(WORD, piece) is not None


def same_words(left: list[str], right: list[str]) -> list[str]:
    return [a for a, b in zip(left, right, strict=True) if a == b and is_word(a)]


def alike(left: list[str], right: list[str]) -> bool:
    """Equal but for words and gaps, and with enough words in common."""

    def structure(pieces: list[str]) -> list[str]:
        return [GAP if is_word(piece) else piece for piece in pieces]

    if structure(left) != structure(right):
        return False
    same = len(same_words(left, right))
    fixed = sum(is_word(a) or is_word(b) for a, b in zip(left, right, strict=True))
    return same > 0 and Fraction(same, fixed) >= Fraction(60, 100)


def compact(value: Json) -> str:
    """JSON without spaces."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return value.text if isinstance(value, Num) else json.dumps(value, ensure_ascii=False)


def fields_of(rows: list[oracle.OracleRow], names: tuple[str, ...] = ()) -> list[dict[str, Json]]:
    """The columns of each row; of two of one name the first."""
    if names:
        found = [[(name, row.value(name)) for name in names] for row in rows]
    else:
        found = [oracle.flatten(row.answer()) for row in rows]
    return [{name: value for name, value in reversed(columns) if value is not MISSING} for columns in found]


def spelled(values: list[Json]) -> list[tuple[Json, int]]:
    """Different values with their counts; of several spellings of a number the smallest text."""
    groups: dict[Any, list[Json]] = {}
    for value in values:
        groups.setdefault(order_key(value), []).append(value)
    return [(min(members, key=compact), len(members)) for members in groups.values()]


def shown(value: Json) -> Json:
    """A text whose JSON has more than 256 bytes is shown by its first 256."""
    if not isinstance(value, str) or len(compact(value).encode()) <= 256:
        return value
    return value.encode()[:256].decode(errors="ignore") + "…"


def summary(stage: FieldSummary, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow]:
    """A row for each field."""
    events = fields_of(rows, stage.columns)
    names = {name for event in events for name in event}
    answer = []
    for name in names:
        values = [event[name] for event in events if name in event]
        counted = sorted(spelled(values), key=lambda pair: (-pair[1], order_key(pair[0])))
        kinds = [kind for kind, holds in KINDS if any(holds(value) for value in values)]
        ordered = sorted((value for value, _ in counted), key=order_key)
        top = [[shown(value), number(count)] for value, count in counted[:10]]
        columns = {
            "field": name,
            "@q.count": number(len(values)),
            "coverage": Num(repr(len(values) / len(events))),
            "distinct": number(len(counted)),
            "types": ", ".join(kinds),
            "min": shown(ordered[0]),
            "max": shown(ordered[-1]),
            "top": compact(top),
        }
        answer.append((-len(values), name.encode(), columns))
    return [oracle.OracleRow(None, columns) for _, _, columns in sorted(answer, key=lambda item: item[:2])]


KINDS: list[tuple[str, Callable[[Json], bool]]] = [
    ("number", lambda value: isinstance(value, Num)),
    ("text", lambda value: isinstance(value, str)),
    ("boolean", lambda value: isinstance(value, bool)),
]


def delta(
    stage: Delta, rows: list[oracle.OracleRow], since_ns: int | None, until_ns: int | None
) -> list[oracle.OracleRow]:
    """What differs, most telling first."""
    if stage.filter is not None:
        sides = [(row, oracle_filter.holds(stage.filter, row)) for row in rows]
    else:
        timed = [(row, row.event.time_ns) for row in rows if row.event is not None]
        times = [time_ns for _, time_ns in timed]
        if since_ns is None or until_ns is None:
            since_ns, until_ns = min(times, default=0), max(times, default=0) + 1
        middle = Fraction(since_ns + until_ns - 1, 2)
        sides = [(row, time_ns > middle) for row, time_ns in timed]
    a, b = (fields_of([row for row, is_b in sides if is_b is wanted]) for wanted in (False, True))
    if not a or not b:
        return []
    answer = []
    for name in {name for event in a + b for name in event}:
        every = [event.get(name, MISSING) for event in a + b]
        for value, _ in [*spelled([value for value in every if value is not MISSING]), (MISSING, 0)]:
            counts = [sum(order_key(event.get(name, MISSING)) == order_key(value) for event in side) for side in (a, b)]
            with_it, total = sum(counts), len(a) + len(b)
            cross = counts[0] * (len(b) - counts[1]) - counts[1] * (len(a) - counts[0])
            if not cross:
                continue
            score = Fraction(total * cross * cross, with_it * (total - with_it) * len(a) * len(b))
            answer.append(((-score, name.encode(), order_key(value)), compared(name, value, counts, a, b, score)))
    return [oracle.OracleRow(None, columns) for _, columns in sorted(answer, key=lambda item: item[0])[: stage.limit]]


def compared(name: str, value: Json, counts: list[int], a: list[Any], b: list[Any], score: Fraction) -> dict[str, Json]:
    share_a, share_b = counts[0] / len(a), counts[1] / len(b)
    return {
        "field": name,
        "value": shown(value),
        "share_a": Num(repr(share_a)),
        "share_b": Num(repr(share_b)),
        "difference": Num(repr(share_b - share_a)),
        "lift": Num(repr(share_b / share_a)) if share_a else MISSING,
        "count_a": number(counts[0]),
        "count_b": number(counts[1]),
        "score": Num(repr(float(score))),
    }

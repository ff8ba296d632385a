r"""Idioms of other query languages (SPL, KQL, SQL, Lucene), and what they are called here.

Two kinds. Some do not parse: the error then says how the same is written (`taught`). Others parse, and mean something
else: words are searched for, or a column of that name (`habits_of`). Whoever wrote `index=main` must not take silence
for "nothing there".

Quoted text, regular expressions and comments are blanked before idioms are looked for: `'select x from y'` is data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import QueryError
from lakebed.query.habit_words import FUNCTION_HABITS, FUNCTION_HINTS, STAGE_HABITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TEXT_LOOKED_AT_MAX = 20_000
"""Characters of a query in which idioms are looked for; a list of thousands of hashes has none."""

HABITS_MAX = 5
"""Idioms of one query that are told."""

_NUMBERED_PERCENTILE = re.compile(r"(?:p|perc|percentile)(\d{1,2})")


def stage_habit(word: str) -> str:
    """The end of the message about an unknown stage; empty when no other language has it."""
    return f": {STAGE_HABITS[word]}" if word in STAGE_HABITS else ""


def function_habit(word: str) -> str:
    """The end of the message about an unknown function; empty when no other language has it."""
    numbered = _NUMBERED_PERCENTILE.fullmatch(word)
    if numbered is not None:
        return f': write "percentile({numbered[1]}, a)"'
    if word in FUNCTION_HINTS:
        return f": {FUNCTION_HINTS[word]}"
    return f': it is called "{FUNCTION_HABITS[word]}" here' if word in FUNCTION_HABITS else ""


def taught(error: QueryError) -> QueryError:
    """The error with the way in which the idiom is written here, where it is one of those known; else as it is."""
    if error.start > TEXT_LOOKED_AT_MAX:
        return error
    shown = error.text[:TEXT_LOOKED_AT_MAX]
    blank = _blanked(shown)
    for habits, looked_at in ((_WRONG, blank), (_WRONG_FILTERS, _filters_of(blank))):
        hint = _hint_at(error.start, habits, shown, looked_at)
        if hint:
            message = f"{re.split('[:;] ', error.message, maxsplit=1)[0]}: {hint}"
            return QueryError(message, error.text, error.start, error.end)
    return error


def _hint_at(place: int, habits: Sequence[_Habit], text: str, blank: str) -> str:
    for habit in habits:
        for found in habit.pattern.finditer(blank):
            hint = habit.hint(_Found(found, text)) if found.start() <= place <= found.end() else ""
            if hint:
                return hint
    return ""


_OTHER_STAGE = re.compile(r"\|\s*(?!where\b)[A-Za-z_]\w*[^|]*", re.IGNORECASE)
"""A stage that has no filter: its words are its own, such as the `limit 3` of `patterns`."""


def habits_of(text: str) -> list[str]:
    """A sentence for each idiom that parses and means something else than where it is from.

    >>> habits_of("index=main error")
    ['"index=main" looks at a column named "index"; to search only that index write "@index=main"']
    >>> habits_of("'index=main' error")
    []
    """
    shown = text[:TEXT_LOOKED_AT_MAX]
    blank = _blanked(shown)
    return [*_habits(shown, _filters_of(blank), _MISREAD), *_habits(shown, blank, _MISREAD_STAGES)][:HABITS_MAX]


def _filters_of(blank: str) -> str:
    """Without the stages that have none."""
    return _OTHER_STAGE.sub(lambda match: "|" + "¤" * (len(match[0]) - 1), blank)


def _habits(text: str, blank: str, habits: Sequence[_Habit]) -> Iterator[str]:
    for habit in habits:
        match = habit.pattern.search(blank)
        hint = "" if match is None else habit.hint(_Found(match, text))
        if match is not None and hint:
            yield f"{_quoted(text[match.start() : match.end()].strip())} {hint}"


@dataclass(frozen=True)
class _Found:
    """An idiom's place; `found[n]` is the text of a group."""

    match: re.Match[str]
    text: str

    def __getitem__(self, group: str) -> str:
        start, end = self.match.span(group)
        return self.text[start:end] if start >= 0 else ""


@dataclass(frozen=True)
class _Habit:
    pattern: re.Pattern[str]
    hint: Callable[[_Found], str]


def _habit(pattern: str, hint: str | Callable[[_Found], str]) -> _Habit:
    say = hint if callable(hint) else lambda _: hint
    return _Habit(re.compile(pattern, re.IGNORECASE), say)


_KEPT_OUT = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|~\s*/(?:\\.|[^/\\\n])*/i?|\#[^\n]*""")


def _blanked(text: str) -> str:
    """The text with `¤` for what is quoted, character by character."""
    return _KEPT_OUT.sub(
        lambda match: match[0][0] + "¤" * (len(match[0]) - 2) + match[0][-1:][len(match[0]) == 1 :], text
    )


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _form(text: str) -> Callable[[_Found], str]:
    """A hint with `{group}` for what was written."""

    def say(found: _Found) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: found[match[1]], text)

    return say


def _like(found: _Found) -> str:
    pattern = found["value"].replace("%", "*")
    negation = "not " if found["not"] else ""
    return f"searches for these words; write {negation}{found['name']} = {pattern}"


def _operator_word(found: _Found) -> str:
    name, value, word = found["name"], found["value"].strip("'\""), found["word"].lower().replace("_", "")
    forms = {
        "contains": f'{name}: "*{value}*"',
        "has": f'{name}: "{value}"',
        "startswith": f'{name} = "{value}*"',
        "endswith": f'{name} = "*{value}"',
    }
    return f"searches for these words; write {forms[word]}"


def _values(found: _Found) -> str:
    """For `a in (…)` with values: they are a group of values here, networks an operand of `in` without quotes."""
    values = re.findall(r"'[^']*'|\"[^\"]*\"|[^\s,()|'\"]+", found["of"])[:VALUES_SHOWN]
    bare = [value.strip("'\"") for value in values]
    if bare and all(_NETWORK.fullmatch(value) for value in bare):
        return f"networks stand without quotes and commas, as in {found['name']} in ({' '.join(bare)})"
    shown = " ".join(value if " " in value else plain for value, plain in zip(values, bare, strict=True))
    return f"values are separated by spaces, as in {found['name']} = ({shown or '1 2 3'})"


_NETWORK = re.compile(r"[0-9A-Fa-f:.]*[.:][0-9A-Fa-f:.]*(?:/\d+)?")

VALUES_SHOWN = 3
"""Values of a list that a hint repeats."""


def _function_in_filter(found: _Found) -> str:
    """Filters have no functions; the commonest have a form of their own."""
    from lakebed.query.scalar_functions import scalar_functions  # it asks the engine, which not every message needs

    word = found["name"].lower()
    known = scalar_functions()
    is_known = word in FUNCTION_HABITS or word in FUNCTION_HINTS or word in known
    if not is_known and word not in {name.rpartition(".")[2] for name in known}:
        return ""
    column = re.match(r"\s*([\w.@]+)\s*\)", found["of"])
    if column is not None and word in ("isnotnull", "isnotempty"):
        return f"filters have no functions; write {column[1]}: *"
    if column is not None and word in ("isnull", "isempty", "is_null"):
        return f"filters have no functions; write not {column[1]}: *"
    if word in ("cidrmatch", "cidr_match", "ipv4_is_in_range", "ip.in"):
        return "filters have no functions; write a in 10.0.0.0/8"
    if word in ("like", "match", "string.matches", "matches", "rlike", "contains", "starts_with", "ends_with"):
        return "filters have no functions; write a = b*, a: b, or a ~ /regex/"
    return 'filters have no functions; write "| eval x = …", then "| where x: true" or "| where x > 5"'


def _keys_without_comma(found: _Found) -> str:
    """Only where nothing but columns stands after `by`."""
    stage = re.search(r"\|\s*(\w+)[^|]*$", found.match.string[: found.match.start()])
    is_list = stage is not None and stage[1].lower() in ("stats", "timechart", "top", "rare")
    return "columns are separated by commas" if is_list else ""


_CALL = r"(?<![\w.@:=`])(?P<name>[A-Za-z_][\w.]*)\((?P<of>[^()|]*\))"
_NAME = r"(?<![\w.@\[\]*-])(?P<name>[\w.@\[\]*-]+)"
_VALUE = r"""(?P<value>'¤*'|"¤*")"""

_MISREAD = (
    _habit(
        r"(?<![\w@.])index\s*==?\s*(?P<name>[\w.*-]+)",
        _form('looks at a column named "index"; to search only that index write "@index={name}"'),
    ),
    _habit(
        r"(?<![\w@.])sourcetype\s*=\s*[^\s|)]+",
        'looks at a column named "sourcetype"; what the parser recognised is in "@lb.source_type"',
    ),
    _habit(
        r"(?<![\w@.])(?:earliest|latest)\s*=\s*[-@\w:]+",
        'looks at a column of that name; the time range is given beside the query, as in "--since 24h"',
    ),
    _habit(
        r"^\s*select\s[^|]*?\sfrom\s+[\w.]+",
        'searches for these words; columns are chosen with "| table(a, b)", an index with "@index=name"',
    ),
    _habit(rf"{_NAME}\s+(?P<not>not\s+)?i?like\s+{_VALUE}", _like),
    _habit(rf"{_NAME}\s+(?P<word>contains|has|startswith|starts_with|endswith|ends_with)\s+{_VALUE}", _operator_word),
    _habit(rf"{_NAME}\s+matches\s+(?:regex\s+)?{_VALUE}", _form("searches for these words; write {name} ~ /regex/")),
    _habit(rf"{_NAME}\s+is\s+not\s+null\b", _form("searches for these words; write {name}: *")),
    _habit(rf"{_NAME}\s+is\s+null\b", _form("searches for these words; write not {name}: *")),
    _habit(
        rf"{_NAME}\s*!?==?\s*null\b",
        _form("compares with the text 'null'; a missing column is found with not {name}: *"),
    ),
    _habit(
        rf"{_NAME}\s+between\s+(?P<low>[\w.:-]+)\s+and\s+(?P<high>[\w.:-]+)",
        _form("searches for these words; write {name} in {low}..{high}"),
    ),
    _habit(r"_exists_\s*:\s*(?P<name>[\w.]+)", _form("looks at a column of that name; write {name}: *")),
    _habit(
        rf"{_NAME}\s*:\s*\[\s*(?P<low>[\w.:-]+)\s+to\s+(?P<high>[\w.:-]+)\s*\]",
        _form("searches for these words; write {name} in {low}..{high}"),
    ),
    _habit(
        r"(?<![\w.])[\w.]+\s*:\s*/[^/\s]+/",
        "looks for that text with its slashes; a regular expression is written a ~ /…/",
    ),
    _habit(
        rf"{_NAME}\s+in\s*\((?P<of>[^()|]*)\)(?<![\d/:]\))", _form("searches for these words; write {name} = ({of})")
    ),
    _habit(r"\slimit\s+(?P<rows>\d+)\s*$", _form('searches for these words; write "| head {rows}"')),
    _habit(r"(?:^|\s)(?://\s|/\*)[^|]*", 'is searched for; a comment begins with "#"'),
    _habit(_CALL, lambda found: (hint := _function_in_filter(found)) and f"searches for these words; {hint}"),
    _habit(
        r"(?:^|(?<=[\s(]))-(?P<name>[A-Za-z_@][\w.]*)\s*[:=]",
        _form("looks at a column of that name; write not {name}: …, or the name in backticks"),
    ),
    _habit(
        r"(?<=[<>=])\s*-?\d[\d.]*\s+[-+*/]\s+\S+",
        'is a number and words that are searched for; "eval" computes',
    ),
    _habit(r"^\s*where\s+\S+", 'searches for the word "where"; the first filter of a query has none'),
)
"""What parses and means something else."""

_MISREAD_STAGES = (
    _habit(
        r"""(?:(?<![\w.)`])[\w.)`]{1,60}|'¤*'|"¤*")\s*\+\s*(?:'¤*'|"¤*")|(?:'¤*'|"¤*")\s*\+\s*[\w.@`]+""",
        'is null; "+" adds numbers, texts are joined by string.concat(a, b)',
    ),
    _habit(
        r"\|\s*(?:top|rare)\s+(?P<rows>\d+)\s+by\s+(?P<name>[\w.@]+)",
        _form('looks at a column named "{rows}"; write "top {rows} {name}", or "sort -{name} | head {rows}"'),
    ),
    _habit(
        r"\|\s*patterns\s+(?P<rows>\d+)\b(?!\.)",
        _form('looks at a column named "{rows}"; write "patterns limit {rows}"'),
    ),
)
"""The same in stages other than filters."""

_WRONG_FILTERS = (_habit(rf"{_CALL}\s*(?:[<>]|[=!]=)?", _function_in_filter),)
"""What does not parse in a filter, and may be right elsewhere."""

_WRONG = (
    _habit(r"<>", 'write "!="'),
    _habit(r"=~", "a regular expression is written a ~ /…/"),
    _habit(r"==", 'write one "="'),
    _habit(rf"{_NAME}\s+not\s+in\b", _form('write "not {name} in …"')),
    _habit(rf"{_NAME}\s+in\s*\((?P<of>[^()|]*)[,)]?", _values),
    _habit(
        r"[<>]=?\s*(?:ago|now|datetime|relative_time)\s*\(",
        'the time range is given beside the query, as in "--since 1h"; a time is written 2026-01-31T12:00:00Z',
    ),
    _habit(r"\w\s*:\s*[<>]=?", 'leave the ":" out, as in a > 5'),
    _habit(r"count\s*\(\s*\*", 'write "count()"'),
    _habit(r"\|\s*count(?:\s*\(\s*\))?\s+by\b", 'write "groupbycount(a)", or "stats count() by a"'),
    _habit(r"(?<=[^|\s])\s+group\s+by\b", 'write "by a" after the functions of "stats"'),
    _habit(r"\|\s*table\s*\(?\s*\*", 'without "table" the answer is the whole events'),
    _habit(r"\s\?[^|]*", 'write "if(condition, a, b)"'),
    _habit(r"\s--\s[^|\n]*", 'a comment begins with "#"'),
    _habit(r"[\w'\"]~\d?", "fuzzy words do not exist; write wild*cards, or a ~ /regex/"),
    _habit(r"\bas\s+\w+\s+by\b[^|]*\swhere\b", 'a stage begins with "|", as in "| where n > 5"'),
    _habit(
        rf"{_NAME}\s*[<>]=?\s*[A-Za-z_@][\w.]{{0,60}}(?![\w.])",
        'a filter compares with a number or a time; of two columns write "| eval x = a > b", then "| where x: true"',
    ),
    _habit(r"\|\s*(?P<stage>top|rare)\s+limit\s*=\s*(?P<rows>\d+)\s*", _form('write "{stage} {rows} a"')),
    _habit(r"\|\s*dedup\b[^|]*?\ssortby\b", 'sort before it, as in "sort -a | dedup b"'),
    _habit(r"\|\s*join\s+type\s*=\s*\w+\s*", 'write "join kind=left a (query)"'),
    _habit(r"\|\s*(?:join|union)\b[^|\[]*\[", "a nested query stands in parentheses"),
    _habit(r"\|\s*(?:head|limit|tail)\s+(?P<rows>\d+)\s+by\b", _form('write "dedup {rows} a" for the first of each a')),
    _habit(r"\|\s*sort\s+(?P<rows>\d+)\s+", _form('write "sort a | head {rows}"')),
    _habit(r"\|\s*sort\b[^|]*\slimit\b", 'write "| head 5" after it'),
    _habit(r"\|\s*parse\b[^|]*\swith\b", 'write one pattern, as in parse message "user=<user> ip=<ip>"'),
    _habit(r"(?<=[^|\s])\s+having\b", 'write "| where n > 5"'),
    _habit(r"(?<=[^|\s])\s+(?:where|sort|head|stats|table|eval)\b", 'a stage begins with "|"'),
    _habit(r"(?<=\))\s+[A-Za-z_][\w.]*\s*\(", "functions are separated by commas"),
    _habit(r"(?<=\))\s*[-+*/]", 'name the function with "as"; "eval" in the stage after it computes with that name'),
    _habit(
        r"(?<=\))\s+(?!by\b)[A-Za-z_]\w*(?=\s+by\b|\s*,|\s*\||\s*$)", 'a name stands after "as", as in count() as n'
    ),
    _habit(r"\bby\s+[\w.@]+\s+[\w.@]+", _keys_without_comma),
    _habit(r"[,(]\s*\d+(?:ns|us|ms|s|m|h|d|w)\b", 'a duration stands in quotes, as in time.floor(a, "5m")'),
    _habit(r":=", 'write "="'),
    _habit(r"\s\.\s", "texts are joined by string.concat(a, b)"),
)
"""What does not parse, by the place of the error. The first that holds it is told."""

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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT_LOOKED_AT_MAX = 20_000
"""Characters of a query in which idioms are looked for; a list of thousands of hashes has none."""

HABITS_MAX = 5
"""Idioms of one query that are told."""

STAGE_HABITS = {
    "search": '"where" filters rows; the first filter of a query needs no stage',
    "filter": 'filters are "where"',
    "having": 'filters are "where", also after "stats"',
    "select": '"table" chooses columns, as in "table(a, b)"',
    "project": '"table" chooses columns, as in "table(a, b)"',
    "keep": '"table" chooses columns, as in "table(a, b)"',
    "columns": '"table" chooses columns, as in "table(a, b)"',
    "extend": '"eval" adds columns, as in "eval x = a + b"',
    "let": '"eval" adds columns, as in "eval x = a + b"',
    "fillnull": 'write "eval x = coalesce(x, 0)"',
    "summarize": 'write "stats count() by a"',
    "summarise": 'write "stats count() by a"',
    "aggregate": 'write "stats count() by a"',
    "group": 'write "stats count() by a"',
    "groupby": 'write "groupbycount(a)", or "stats count() by a"',
    "take": 'the first rows are "head 10"',
    "first": 'the first rows are "head 10"',
    "order": 'write "sort a desc"',
    "orderby": 'write "sort a desc"',
    "distinct": 'different values with their counts are "groupbycount(a)"',
    "uniq": 'different values with their counts are "groupbycount(a)"',
    "rex": '"parse" takes fields out of text; in a filter write "a ~ /regex/"',
    "regex": 'write "where a ~ /regex/"',
    "grok": '"parse" takes fields out of text',
    "extract": '"parse" takes fields out of text',
    "mvexpand": 'write "unroll a"',
    "mv-expand": 'write "unroll a"',
    "append": 'write "union (query)"',
    "bin": 'write "timechart", or "eval t = time.floor(…)"',
    "bucket": 'write "timechart", or "eval t = time.floor(…)"',
    "makeseries": 'write "timechart"',
    "make-series": 'write "timechart"',
    "cluster": 'write "patterns"',
    "chart": 'write "stats count() by a, b", or "timechart count() by a"',
    "eventstats": 'groups are added with "stats" only: one row for each group',
    "streamstats": 'groups are added with "stats" only: one row for each group',
    "spath": "nested fields need no stage: write a.b.c",
    "tstats": 'every field is as fast as an indexed one: write "stats"',
    "from": 'an index is chosen with "@index=name" in the filter',
}
"""What a stage of another language is here. Where the word is a stage of ours too, ours is meant."""

FUNCTION_HABITS = {
    "dc": "countdistinct",
    "dcount": "countdistinct",
    "distinct_count": "countdistinct",
    "count_distinct": "countdistinct",
    "uniq": "countdistinct",
    "mean": "avg",
    "average": "avg",
    "total": "sum",
    "stddev": "stdev",
    "variance": "var",
    "perc": "percentile",
    "quantile": "percentile",
    "make_list": "list",
    "make_set": "values",
    "arg_max": "latest",
    "arg_min": "earliest",
    "any": "first",
    "len": "string.length",
    "strlen": "string.length",
    "strcat": "string.concat",
    "tolower": "string.lower",
    "toupper": "string.upper",
    "substr": "string.substring",
    "isnull": "is_null",
    "isempty": "is_null",
    "iff": "if",
    "tonumber": "string.to_number",
    "toint": "string.to_number",
    "tostring": "string.to_text",
    "strftime": "time.format",
    "strptime": "time.parse",
    "cidrmatch": "ip.in",
    "mvcount": "array.length",
    "mvjoin": "array.join",
    "ifnull": "coalesce",
    "nvl": "coalesce",
    "md5": "hash.md5",
    "sha256": "hash.sha256",
}
"""What a function of another language is here."""

_NUMBERED_PERCENTILE = re.compile(r"(?:p|perc|percentile)(\d{1,2})")


def stage_habit(word: str) -> str:
    """The end of the message about an unknown stage; empty when no other language has it."""
    return f": {STAGE_HABITS[word]}" if word in STAGE_HABITS else ""


def function_habit(word: str) -> str:
    """The end of the message about an unknown function; empty when no other language has it."""
    numbered = _NUMBERED_PERCENTILE.fullmatch(word)
    if numbered is not None:
        return f': write "percentile({numbered[1]}, a)"'
    return f': it is called "{FUNCTION_HABITS[word]}" here' if word in FUNCTION_HABITS else ""


def taught(error: QueryError) -> QueryError:
    """The error with the way in which the idiom is written here, where it is one of those known; else as it is."""
    if error.start > TEXT_LOOKED_AT_MAX:
        return error
    shown = error.text[:TEXT_LOOKED_AT_MAX]
    blank = _blanked(shown)
    for habit in _WRONG:
        for found in habit.pattern.finditer(blank):
            if found.start() <= error.start <= found.end():
                message = f"{re.split('[:;] ', error.message, maxsplit=1)[0]}: {habit.hint(_Found(found, shown))}"
                return QueryError(message, error.text, error.start, error.end)
    return error


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
    filters = _OTHER_STAGE.sub(lambda match: "|" + "¤" * (len(match[0]) - 1), _blanked(shown))
    return list(_habits(shown, filters))[:HABITS_MAX]


def _habits(text: str, blank: str) -> Iterator[str]:
    for habit in _MISREAD:
        match = habit.pattern.search(blank)
        if match is not None:
            yield f"{_quoted(text[match.start() : match.end()].strip())} {habit.hint(_Found(match, text))}"


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
)
"""What parses and means something else."""

_WRONG = (
    _habit(r"<>", 'write "!="'),
    _habit(r"=~", "a regular expression is written a ~ /…/"),
    _habit(r"==", 'write one "="'),
    _habit(rf"{_NAME}\s+not\s+in\b", _form('write "not {name} in …"')),
    _habit(rf"{_NAME}\s+in\s*\([^()|]*[,)]?", _form("values are separated by spaces, as in {name} = (1 2 3)")),
    _habit(r"\w\s*:\s*[<>]=?", 'leave the ":" out, as in a > 5'),
    _habit(r"count\s*\(\s*\*", 'write "count()"'),
    _habit(r"\|\s*count(?:\s*\(\s*\))?\s+by\b", 'write "groupbycount(a)", or "stats count() by a"'),
    _habit(r"(?<=[^|\s])\s+group\s+by\b", 'write "by a" after the functions of "stats"'),
    _habit(r"\|\s*table\s*\(?\s*\*", 'without "table" the answer is the whole events'),
    _habit(r"\s\?[^|]*", 'write "if(condition, a, b)"'),
    _habit(r"\s--\s[^|\n]*", 'a comment begins with "#"'),
    _habit(r"\w~\d?", "fuzzy words do not exist; write wild*cards, or a ~ /regex/"),
    _habit(r"\bas\s+\w+\s+by\b[^|]*\swhere\b", 'a stage begins with "|", as in "| where n > 5"'),
    _habit(r"(?<=[^|\s])\s+(?:where|sort|head|stats|table|eval)\b", 'a stage begins with "|"'),
)
"""What does not parse, by the place of the error. The first that holds it is told."""

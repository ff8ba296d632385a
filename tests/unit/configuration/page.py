"""Builds docs/configuration.md: the frame docs/configuration.in.md, and the keys as the code declares them.

python -m tests.unit.configuration.page    # writes the page
"""

from __future__ import annotations

import inspect
from pathlib import Path

from lakebed.configuration import events, kinds, sources, tables, whole
from lakebed.configuration.option import Option, options_of

ROOT = Path(__file__).resolve().parents[3]
FRAME = ROOT / "docs" / "configuration.in.md"
PAGE = ROOT / "docs" / "configuration.md"
EXAMPLE = Path(inspect.getfile(whole)).with_name("example.toml")

HEADER = (
    "<!-- Made by scripts/configuration-page from configuration.in.md and what the code says; change those. -->\n\n"
)

TABLES: dict[str, tuple[type, ...]] = {
    "top": (whole.TopKeys,),
    "index": (tables.IndexConfig,),
    "source": (sources.SourceKeys, events.EventKeys),
    "bucket": (kinds.BucketKeys,),
    "receive": (kinds.ReceiveKeys,),
    "pull": (kinds.PullKeys,),
    "okta": (kinds.OktaKeys,),
    "github": (kinds.GithubKeys,),
    "rest": (kinds.RestKeys,),
    "run": (tables.RunConfig,),
    "receiving": (tables.ReceiveConfig,),
    "usage": (tables.UsageConfig,),
}
"""Where the keys of which dataclasses stand in the page."""


def render() -> str:
    """The text of the page."""
    text = FRAME.read_text()
    for name, declared in TABLES.items():
        text = text.replace(f"<!-- {name} -->", _section(declared))
    return HEADER + text.replace("<!-- example -->\n", EXAMPLE.read_text())


def own_options(declared: type) -> dict[str, Option]:
    """The keys of a dataclass without those of all that is pulled, required ones first."""
    shared = (
        options_of(kinds.PullKeys) if declared is not kinds.PullKeys and issubclass(declared, kinds.PullKeys) else {}
    )
    found = {name: one for name, one in options_of(declared).items() if name not in shared}
    return dict(sorted(found.items(), key=lambda item: not item[1].is_required))


def _section(declared: tuple[type, ...]) -> str:
    words = (inspect.getdoc(declared[0]) or "").replace("\n", " ")
    rows = [_row(one) for table in declared for one in own_options(table).values()]
    return "\n".join([f"{words}\n", "| key | what it is | when nothing is said |", "|---|---|---|", *rows])


def _row(one: Option) -> str:
    default = "must be told" if one.is_required else f"`{one.default}`" if one.default else ""
    return f"| `{one.key}` | {one.doc.replace('|', chr(92) + '|')} | {default} |"


if __name__ == "__main__":
    PAGE.write_text(render())

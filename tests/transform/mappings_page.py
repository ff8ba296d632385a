"""Builds docs/ecs.md: the frame below, and the mappings as their files have them.

python -m tests.transform.mappings_page    # writes the page
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.transform.mappings import mappings_by_file
from lakebed.transform.shapes import shapes_of

if TYPE_CHECKING:
    from lakebed.transform.mappings import Mapping

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ecs.md"

TITLES = {
    "access": "Access logs of nginx and Apache",
    "cloudtrail": "AWS CloudTrail",
    "github": "GitHub audit log",
    "gworkspace": "Google Workspace",
    "kubernetes": "Kubernetes audit",
    "okta": "Okta System Log",
    "vpcflow": "AWS VPC flow logs",
    "windows": "Windows: Security and Sysmon",
}

SCHEMAS = {"ecs": "ECS", "ocsf": "OCSF"}

FRAME = """# One schema for all sources: ECS and OCSF

<!-- Made by scripts/ecs-page from the mappings in src/lakebed/transform; change those. -->

A mapping gives an event the fields of a schema beside its own, which stay as they are: `@ecs.source.ip` of the
[Elastic Common Schema](https://www.elastic.co/guide/en/ecs/current/), `@ocsf.src_endpoint.ip` of the [Open
Cybersecurity Schema Framework](https://schema.ocsf.io/1.4.0/). So one query, and one rule, finds an address, a user
or a failed sign-in in every source:

```lql
@ecs.event.category[*]: authentication @ecs.event.outcome: failure | groupbycount(@ecs.user.name, @ecs.source.ip)
```

```sh
lakebed index s3://my-logs/AWSLogs/ --into cloudtrail --transform ecs
lakebed parse Security.evtx --transform ocsf
```

Which mapping an event gets is told by its `@lb.source_type`; an event of another source gets no such fields, nor does
a line that did not parse, which has none of the fields that such an event needs. Where an
envelope holds events of a known source (EKS' audit log in CloudWatch Logs), the mapping reads them in it. Each
field is the value of an expression of the [query language](query-language.md); where that is null or an empty array,
the event does not have the field.

- Arrays of objects (`resources` and hashes of OCSF, `dns.answers` of ECS) are not made: the event's own fields have
  them.
- `@timestamp` of ECS is `@lb.time`; `event.original` is the event itself.
- OCSF asks for `src_endpoint` and `actor` in some classes; where the source does not tell them, they are not there.

"""


def render() -> str:
    """The text of the page."""
    return FRAME + "\n".join(_source(file) for file in TITLES)


def _source(file: str) -> str:
    mappings = {schema: mappings_by_file(schema)[file] for schema in SCHEMAS}
    types = ", ".join(f"`{one}`" for one in mappings["ecs"].source_types)
    needs = " or ".join(f"`{one}`" for one in mappings["ecs"].needs)
    parts = [f"## {TITLES[file]}\n\nSource types: {types}; events that have {needs}\n", *_shapes(file)]
    parts += [_table(SCHEMAS[schema], mapping) for schema, mapping in mappings.items()]
    return "\n".join(parts)


def _shapes(file: str) -> list[str]:
    """Where else such events are found."""
    rows = []
    for shape in shapes_of(file):
        types = ", ".join(f"`{one}`" for one in shape.source_types)
        when = "" if shape.when is None else f", where {_code(shape.when)}"
        others = ", ".join(f"`{name}` as `{place}`" for name, place in shape.names.items())
        rows.append(f"- {types}, below `{shape.prefix.removesuffix('.')}`{when}{'; ' if others else ''}{others}")
    return ["The same events within others:\n", *rows, ""] if rows else []


def _table(title: str, mapping: Mapping) -> str:
    rows = [f"| `{name}` | {_code(text)} |" for name, text in mapping.fields.items()]
    words = mapping.doc.replace("\n", " ")
    return "\n".join([f"### {title}\n", f"{words}\n", "| field | value |", "|---|---|", *rows, ""])


def _code(text: str) -> str:
    line = re.sub(r"\s+", " ", text.strip()).replace("( ", "(").replace("|", "\\|")
    fence = "``" if "`" in line else "`"
    return f"{fence}{line}{fence}"


if __name__ == "__main__":
    PAGE.write_text(render())

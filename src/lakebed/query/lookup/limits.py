"""Limits of lookup tables, and why."""

from __future__ import annotations

from lakebed.config import MIB

LOOKUP_BYTES_MAX = 64 * MIB
"""Of a CSV or JSON file: in memory a table takes about ten times that of its file at worst."""

LOOKUP_MMDB_BYTES_MAX = 512 * MIB
"""Of an MMDB file, which is used as it stands; the largest that are sold have about 200 MB."""

LOOKUP_ROWS_MAX = 1_000_000
"""Rows of a table; more belong into an index and a `join`."""

LOOKUP_COLUMNS_MAX = 256
"""Columns of a table. Each is a value on every row of the answer."""

LOOKUP_CACHE_BYTES = 64 * MIB
"""Files of tables that a handle on a lake keeps, the newest one in any case."""

LOOKUP_ANSWERS_KEPT = 100_000
"""Answers that a search remembers: the same addresses and users come again and again."""

MMDB_NETWORKS_SAMPLED = 5_000
"""An MMDB file does not say which columns it has; so many of its networks are asked."""

LOOKUP_TABLES_MAX = 1_000
"""Tables of one lake: they are listed when a search names one."""

"""Limits of searches."""

from __future__ import annotations

from lakebed.config.units import MIB

READERS_KEPT = 2_000
"""Segment readers kept open per lake handle."""

READER_CACHE_BYTES = 128 * MIB
"""What those readers may hold together: schemas and directories."""

WAITING_ROWS_BYTES = 8 * MIB
"""Rows that wait for those of other segments before reading ahead stops; the order may need more. Two parts of a
segment: enough that no core waits while rows are written."""

REMOTE_PARALLELISM = 32
"""Leaf tasks at once over a distant store: they mostly wait for it."""

READ_BUDGET_BYTES = 64 * MIB
"""What all tasks over a distant store have read and not yet worked off: bounds the memory of a search."""

SPLIT_SEGMENT_BYTES = 4 * MIB
"""A segment smaller than this is never split between cores: the second reader would cost more than it saves."""
